//! The loop: events of the script and instants of the mechanism's own, in the order of time.
//!
//! Of one instant, answers come before timers and timers before everything else, as in a run; but what the script puts before
//! an answer stays before it.

use brownout_sim_core::time::SimTime;

use super::mistake::{Mistake, suggestion};
use super::player::{Event, Player, Said, State, outcome_names};
use super::script::{self, Item};
use super::{Mechanism, OUTCOME, Setup};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: SimTime,
    /// The event as the script has it, or `None` if the mechanism acted by itself.
    pub event: Option<String>,
    /// What was decided.
    pub said: Said,
    /// How it stands after it.
    pub state: State,
}

/// A script that was played.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// How it stood at the beginning.
    pub start: State,
    /// What happened.
    pub lines: Vec<Line>,
    /// What the mechanism would do next if nothing else happened.
    pub next: Option<Line>,
}

/// Silent instants of a mechanism's own that are passed over in one gap, before we believe that nothing will come.
const SILENT_MAX: usize = 1_000_000;

/// The most lines of a mechanism's own.
const OWN_LINES_MAX: usize = 10_000;

/// Silent instants that are looked at after the end.
const LOOK_AHEAD: usize = 10_000;

/// Drives a mechanism along a script.
pub fn play(mechanism: &Mechanism, setup: &mut Setup, script: &str) -> Result<Played, Mistake> {
    let mut player = (mechanism.make)(setup)?;
    let items = script::parse(script)?;
    for item in &items {
        known(mechanism, item)?;
    }
    let start = player.state(SimTime::ZERO);
    let mut session = Session {
        player: &mut *player,
        lines: Vec::new(),
        state: start.clone(),
    };
    for item in &items {
        let answer = mechanism.events.iter().any(|it| it.is(&item.name) && it.answer);
        session.until(item.at, !answer)?;
        session.event(item)?;
    }
    let next = session.next();
    let Session { lines, .. } = session;
    Ok(Played { start, lines, next })
}

fn known(mechanism: &Mechanism, item: &Item) -> Result<(), Mistake> {
    let name = item.name.as_str();
    if name == "look" || mechanism.events.iter().any(|it| it.is(name)) {
        return Ok(());
    }
    let own = || mechanism.events.iter().map(|it| it.name).filter(|it| *it != OUTCOME);
    let any = mechanism.events.iter().any(|it| it.name == OUTCOME);
    let outcomes: Vec<&str> = outcome_names().filter(|_| any).collect();
    let near = crate::input::nearest(name, own().chain(outcomes.iter().copied()).chain(["look"]));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if any => {
            let names: Vec<String> = own().map(|it| format!("`{it}`")).collect();
            format!(
                "there are {}, `look`, `ok`, `fail`, and outcomes by name",
                names.join(", ")
            )
        }
        None => suggestion(name, own().chain(["look"])),
    };
    let message = format!("no event of `{}` is called `{name}`", mechanism.name);
    let end = item.place.start + name.len();
    Err(Mistake::new(message).help(help).at(item.place.start..end))
}

struct Session<'a> {
    player: &'a mut dyn Player,
    lines: Vec<Line>,
    state: State,
}

impl Session<'_> {
    /// Lets the mechanism act by itself up to `end`; at `end` itself only if `included`.
    fn until(&mut self, end: SimTime, included: bool) -> Result<(), Mistake> {
        let (mut silent, mut lines) = (0, 0);
        while let Some(at) = self.player.next_at().filter(|it| *it < end || included && *it == end) {
            match self.own(at) {
                Some(line) => {
                    self.lines.push(line);
                    lines += 1;
                }
                None => silent += 1,
            }
            if silent > SILENT_MAX || lines > OWN_LINES_MAX {
                let mistake = Mistake::new("the mechanism acts by itself too often in so long a time");
                return Err(mistake.help("take a shorter time, or longer intervals"));
            }
        }
        Ok(())
    }

    /// The mechanism acts by itself; a line, if that is of any interest.
    fn own(&mut self, at: SimTime) -> Option<Line> {
        let said = self.player.tick(at);
        let state = self.player.state(at);
        let silent = said.text.is_empty() && state == self.state;
        self.state = state.clone();
        (!silent).then_some(Line {
            at,
            event: None,
            said,
            state,
        })
    }

    fn event(&mut self, item: &Item) -> Result<(), Mistake> {
        let mut event = Event::new(item);
        let said = if item.name == "look" {
            Said::nothing()
        } else {
            self.player
                .on(item.at, &mut event)
                .map_err(|it| it.at(item.place.clone()))?
        };
        event.finish()?;
        self.state = self.player.state(item.at);
        self.lines.push(Line {
            at: item.at,
            event: Some(written(item)),
            said,
            state: self.state.clone(),
        });
        Ok(())
    }

    fn next(&mut self) -> Option<Line> {
        for _ in 0..LOOK_AHEAD {
            let at = self.player.next_at()?;
            if let Some(line) = self.own(at) {
                return Some(line);
            }
        }
        None
    }
}

/// The event as it stands in a script.
fn written(item: &Item) -> String {
    if item.args.is_empty() {
        return item.name.clone();
    }
    let args: Vec<String> = item
        .args
        .iter()
        .map(|it| match &it.key {
            Some(key) => format!("{key}={}", it.value),
            None => it.value.clone(),
        })
        .collect();
    format!("{}({})", item.name, args.join(","))
}
