//! Fallbacks: what is answered instead.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::fallback::{Answer, Fallback, Kind, State as Made};
use brownout_sim_core::time::{SimTime, Span};

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, length, outcome};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;
use crate::play::{EventKind, OUTCOME};

/// What can happen to a fallback.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks(OUTCOME, "", "a call ends so; its answer may be replaced"),
    EventKind::answers(
        "answered",
        "(OUTCOME,#CALL)",
        "the other callee has answered so, for that call or the oldest",
    ),
    EventKind::asks("take_up", "", "work is taken from the backlog"),
];

/// Which kind, without its setting.
#[derive(Clone, Copy)]
enum Which {
    Static,
    StaleCache,
    Dependency,
    FailSilent,
    Enqueue,
}

words!(Which: "static" => Which::Static => Which::Static, "stale_cache" => Which::StaleCache => Which::StaleCache,
    "dependency" => Which::Dependency => Which::Dependency, "fail_silent" => Which::FailSilent => Which::FailSilent,
    "enqueue" => Which::Enqueue => Which::Enqueue);

struct Driven {
    fallback: Fallback,
    made: Made,
    /// Fallbacks in the making: how the call ended, and when they are done unless a callee decides that.
    calls: Calls<(Outcome, Option<SimTime>)>,
}

pub fn fallback(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let start = Fallback::of(Kind::Static);
    let mut it = setup.profile(&[("plain", start), ("hystrix", Fallback::hystrix_default(Kind::Static))]);
    let (mut which, mut max_stale, mut limit) = (Which::Static, Span::from_secs(60), Option::<u32>::None);
    let mut every = Span::from_secs(1);
    setup.set("kind", &mut which);
    setup.set("max_stale", &mut max_stale);
    setup.set("limit", &mut limit);
    setup.set("every", &mut every);
    settings!(setup, it; value takes, value max_concurrent_requests);
    it.kind = match which {
        Which::Static => Kind::Static,
        Which::StaleCache => Kind::StaleCache { max_stale, keys: None },
        Which::Dependency => Kind::Dependency,
        Which::FailSilent => Kind::FailSilent,
        Which::Enqueue => Kind::Enqueue { limit, every },
    };
    setup.ready(it.check())?;
    Ok(Box::new(Driven {
        fallback: it,
        made: it.start(),
        calls: Calls::default(),
    }))
}

impl Driven {
    fn due(&self) -> Option<(SimTime, u32)> {
        self.calls.iter().filter_map(|(number, it)| Some((it.1?, number))).min()
    }

    fn done(&mut self, number: u32, original: Outcome, fallback: Outcome) -> Said {
        let end = self.fallback.done(&mut self.made, original, fallback);
        Said::ended(end, format!("#{number} ends as {}", end.name()))
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "answered" => {
                let fallback = event.outcome_arg()?.unwrap_or(Outcome::Ok);
                let (number, _, (original, at)) = self.calls.end(event)?;
                if at.is_some() {
                    return Err(Mistake::new("no other callee was asked").help("`--set kind=dependency` asks one"));
                }
                Ok(self.done(number, original, fallback))
            }
            "take_up" => {
                let any = self.fallback.take_up(&mut self.made);
                Ok(Said::note(if any {
                    "one is taken from the backlog"
                } else {
                    "the backlog is empty"
                }))
            }
            name => {
                let ended = outcome(name).expect("the event is in the list");
                let number = self.calls.number();
                let text = format!("#{number} {}", ended.name());
                Ok(match self.fallback.after(&mut self.made, now, ended) {
                    Answer::Stands(reason) if ended.is_failure() => {
                        Said::refuse(format!("{text} stands: {}", reason.name()))
                    }
                    Answer::Stands(_) => Said::pass(text),
                    Answer::Degraded { after, age } => {
                        self.calls.begin(number, now, (ended, Some(now + after)));
                        let old = age.map_or_else(String::new, |it| format!(", an answer {} old", length(it)));
                        let wait = if after == Span::ZERO {
                            String::new()
                        } else {
                            format!(", in {}", length(after))
                        };
                        Said::note(format!("{text}: falls back{wait}{old}"))
                    }
                    Answer::Call => {
                        self.calls.begin(number, now, (ended, None));
                        Said::note(format!("{text}: the other callee is asked"))
                    }
                })
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let mut text = format!("{} in the making", self.made.running());
        if let Some(most) = self.fallback.max_concurrent_requests {
            text = format!("{} of {most} in the making", self.made.running());
        }
        if let Kind::Enqueue { .. } = self.fallback.kind {
            text.push_str(&format!(", backlog {}", self.made.backlog()));
        }
        State::words(text)
    }

    fn next_at(&self) -> Option<SimTime> {
        self.due().map(|it| it.0)
    }

    fn tick(&mut self, _: SimTime) -> Said {
        let (_, number) = self.due().expect("its instant has come");
        let (_, (original, _)) = self.calls.remove(number).expect("it is in the making");
        self.done(number, original, Outcome::Ok)
    }
}
