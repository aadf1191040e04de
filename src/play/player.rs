//! What every mechanism on the table can do: take an event, say what it decides, and tell how it stands.

use std::collections::BTreeMap;
use std::ops::Range;

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::time::{SimTime, Span};

use super::mistake::{Mistake, suggestion};
use super::script::{self, Item};
use super::value::Value;

/// A mechanism that is driven by hand.
pub trait Player {
    /// Something happens at `now`: what the mechanism decides.
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake>;

    /// How it stands at `now`.
    fn state(&self, now: SimTime) -> State;

    /// When it next acts by itself; `None` if only events move it.
    fn next_at(&self) -> Option<SimTime> {
        None
    }

    /// That instant has come.
    fn tick(&mut self, _now: SimTime) -> Said {
        unreachable!("only a player with an instant of its own is told that it has come")
    }
}

/// What a decision is, for colours, strips and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something passes, is served or ends well.
    Pass,
    /// Something is refused, dropped or given up.
    Refuse,
    /// A call that was let through ends with a failure.
    Fail,
    /// The mechanism changes its mind.
    Change,
    /// Neither.
    Note,
}

/// A decision in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What kind.
    pub mark: Mark,
    /// In words; empty if there is nothing to say.
    pub text: String,
}

impl Said {
    /// Something passes.
    pub fn pass(text: impl Into<String>) -> Said {
        Said {
            mark: Mark::Pass,
            text: text.into(),
        }
    }

    /// Something is refused.
    pub fn refuse(text: impl Into<String>) -> Said {
        Said {
            mark: Mark::Refuse,
            text: text.into(),
        }
    }

    /// The mechanism changes.
    pub fn change(text: impl Into<String>) -> Said {
        Said {
            mark: Mark::Change,
            text: text.into(),
        }
    }

    /// Neither.
    pub fn note(text: impl Into<String>) -> Said {
        Said {
            mark: Mark::Note,
            text: text.into(),
        }
    }

    /// Nothing is said.
    pub fn nothing() -> Said {
        Said::note("")
    }

    /// Passes or is refused.
    pub fn either(passes: bool, text: impl Into<String>) -> Said {
        if passes { Said::pass(text) } else { Said::refuse(text) }
    }

    /// A call that was let through ends so.
    pub fn ended(outcome: Outcome, text: impl Into<String>) -> Said {
        if outcome.is_failure() {
            Said {
                mark: Mark::Fail,
                text: text.into(),
            }
        } else {
            Said::pass(text)
        }
    }

    /// The same, and then something more.
    pub fn and(mut self, more: &str) -> Said {
        if !more.is_empty() {
            if !self.text.is_empty() {
                self.text.push_str("; ");
            }
            self.text.push_str(more);
        }
        self
    }
}

/// How a mechanism stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The name of a state that it is in, such as `half_open`; `None` if it has a level instead.
    pub name: Option<&'static str>,
    /// In words.
    pub detail: String,
    /// How much of how much, such as tokens in a bucket.
    pub level: Option<(f64, f64)>,
}

impl State {
    /// A state with a name.
    pub fn named(name: &'static str, detail: impl Into<String>) -> State {
        State {
            name: Some(name),
            detail: detail.into(),
            level: None,
        }
    }

    /// So much of so much.
    pub fn level(value: f64, most: f64, detail: impl Into<String>) -> State {
        State {
            name: None,
            detail: detail.into(),
            level: Some((value, most)),
        }
    }

    /// Words alone.
    pub fn words(detail: impl Into<String>) -> State {
        State {
            name: None,
            detail: detail.into(),
            level: None,
        }
    }

    /// As it stands in a table.
    pub fn text(&self) -> String {
        match (self.name, self.detail.as_str()) {
            (Some(name), "") => name.to_owned(),
            (Some(name), detail) => format!("{name}, {detail}"),
            (None, detail) => detail.to_owned(),
        }
    }
}

/// An event and its arguments, each of which is to be used.
#[derive(Debug)]
pub struct Event<'a> {
    item: &'a Item,
    used: Vec<bool>,
}

impl<'a> Event<'a> {
    /// Nothing used yet.
    pub fn new(item: &'a Item) -> Event<'a> {
        Event {
            item,
            used: vec![false; item.args.len()],
        }
    }

    /// What it is called.
    pub fn name(&self) -> &'a str {
        &self.item.name
    }

    /// Where it stands.
    pub fn place(&self) -> Range<usize> {
        self.item.place.clone()
    }

    /// Fails if an argument was not asked for.
    pub fn finish(&self) -> Result<(), Mistake> {
        let Some(at) = self.used.iter().position(|it| !it) else {
            return Ok(());
        };
        let arg = &self.item.args[at];
        let message = match &arg.key {
            Some(key) => format!("`{}` has no argument `{key}` here", self.name()),
            None => format!("`{}` has no use for `{}` here", self.name(), arg.value),
        };
        let help = "`brownout play MECHANISM` shows what each event takes";
        Err(Mistake::new(message).help(help).at(arg.place.clone()))
    }

    /// The argument called `name`, or else the next one without a name.
    fn take(&mut self, name: &str) -> Option<(&'a str, Range<usize>)> {
        let item: &'a Item = self.item;
        let free = |(at, _): &(usize, &'a script::Arg)| !self.used[*at];
        let args = || item.args.iter().enumerate();
        let named = args().filter(free).find(|(_, it)| it.key.as_deref() == Some(name));
        let plain = |it: &script::Arg| it.key.is_none() && !it.value.starts_with('#');
        let (at, arg) = named.or_else(|| args().filter(free).find(|(_, it)| plain(it)))?;
        self.used[at] = true;
        Some((&arg.value, arg.place.clone()))
    }

    fn read<T>(
        &mut self,
        name: &str,
        takes: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Mistake> {
        let Some((value, place)) = self.take(name) else {
            return Ok(None);
        };
        let wrong = |help| {
            Mistake::new(format!("`{value}` cannot be `{name}`: {takes} is wanted"))
                .help(help)
                .at(place.clone())
        };
        read(value).map(Some).map_err(wrong)
    }

    /// A mistake about something that has to be there.
    fn missing<T>(&self, found: Option<T>, name: &str, example: &str) -> Result<T, Mistake> {
        found.ok_or_else(|| {
            Mistake::new(format!("`{}` needs {name}", self.name()))
                .help(format!("such as `{}({example})`", self.name()))
                .at(self.place())
        })
    }

    /// A length of time, in milliseconds unless it has a unit.
    pub fn span(&mut self, name: &str) -> Result<Option<Span>, Mistake> {
        self.read(name, "a length of time", |it| {
            script::span(it)
                .map(|it| it.0)
                .map_err(|it| it.help.unwrap_or_default())
        })
    }

    /// The same, which has to be there.
    pub fn need_span(&mut self, name: &str) -> Result<Span, Mistake> {
        let found = self.span(name)?;
        self.missing(found, &format!("a length of time, `{name}`"), "20ms")
    }

    /// A value as settings have it.
    pub fn value<V: Value>(&mut self, name: &str) -> Result<Option<V>, Mistake> {
        self.read(name, &V::takes(), V::read)
    }

    /// The same, which has to be there.
    pub fn need<V: Value>(&mut self, name: &str, example: &str) -> Result<V, Mistake> {
        let found = self.value(name)?;
        self.missing(found, &format!("{}, `{name}`", V::takes()), example)
    }

    /// A number, with or without a fraction.
    pub fn number(&mut self, name: &str) -> Result<Option<f64>, Mistake> {
        self.read(name, "a number", |it| match it.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err("such as `0.8`".to_owned()),
        })
    }

    /// A replica, `a` being the first of `count`.
    pub fn replica(&mut self, count: usize) -> Result<Option<usize>, Mistake> {
        self.read("replica", "a replica", |it| {
            let found = (0..count).find(|at| letter(*at) == it);
            let last = letter(count.saturating_sub(1));
            found.ok_or_else(|| format!("replicas are `a` to `{last}`"))
        })
    }

    /// The same, which has to be there.
    pub fn need_replica(&mut self, count: usize) -> Result<usize, Mistake> {
        let found = self.replica(count)?;
        self.missing(found, "a replica", "a")
    }

    /// The outcome that the event is the name of: `ok`, `fail` for `error`, or any outcome by its own.
    pub fn outcome(&self) -> Option<Outcome> {
        outcome(self.name())
    }

    /// The outcome in its arguments.
    pub fn outcome_arg(&mut self) -> Result<Option<Outcome>, Mistake> {
        self.read("outcome", "an outcome", |it| {
            outcome(it).ok_or_else(|| suggestion(it, outcome_names()))
        })
    }

    /// The number in `#2`.
    pub fn call(&mut self) -> Result<Option<u32>, Mistake> {
        let item: &'a Item = self.item;
        let Some(at) = item
            .args
            .iter()
            .position(|it| it.key.is_none() && it.value.starts_with('#'))
        else {
            return Ok(None);
        };
        self.used[at] = true;
        let arg = &item.args[at];
        arg.value[1..].parse().map(Some).map_err(|_| {
            Mistake::new(format!("`{}` is no call", arg.value))
                .help("calls are numbered as they come: `#1` is the first")
                .at(arg.place.clone())
        })
    }
}

/// `fail` is an error; every other outcome has its own name.
pub fn outcome(name: &str) -> Option<Outcome> {
    match name {
        "fail" => Some(Outcome::Error),
        _ => Outcome::ALL.into_iter().find(|it| it.name() == name),
    }
}

/// Every name of an outcome.
pub fn outcome_names() -> impl Iterator<Item = &'static str> + Clone {
    let names = Outcome::ALL.map(|it| it.name());
    ["fail"].into_iter().chain(names)
}

/// The name of the replica at `at`: `a` to `z`, then `aa` and so on.
pub fn letter(at: usize) -> String {
    let last = char::from(b'a' + (at % 26) as u8);
    match at / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

/// An instant in milliseconds, exact: `5000`, `0.25`.
pub fn ms(at: SimTime) -> String {
    let (whole, rest) = (at.nanos() / 1_000_000, at.nanos() % 1_000_000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:06}").trim_end_matches('0').to_owned()
}

/// A length of time as it reads best.
pub fn length(span: Span) -> String {
    match span {
        Span::MAX => "for ever".to_owned(),
        it => brownout_viz::number::show_exact(brownout_viz::number::Unit::Seconds, it.as_secs_f64())
            .replace(' ', "\u{a0}"),
    }
}

/// A number with at most four decimals.
pub fn short(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// So many of something: `1 call`, `2 calls`.
pub fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The calls that are out, numbered as they came, each with when it began and what it holds.
#[derive(Clone, Debug)]
pub struct Calls<T> {
    out: BTreeMap<u32, (SimTime, T)>,
    next: u32,
}

impl<T> Default for Calls<T> {
    fn default() -> Calls<T> {
        Calls {
            out: BTreeMap::new(),
            next: 1,
        }
    }
}

impl<T> Calls<T> {
    /// The number of a call that comes, whether it will be let through or not.
    pub fn number(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// It is let through at `now`, and holds this.
    pub fn begin(&mut self, number: u32, now: SimTime, held: T) {
        self.out.insert(number, (now, held));
    }

    /// How many are out.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether none is out.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The call with this number.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut (SimTime, T)> {
        self.out.get_mut(&number)
    }

    /// All that are out, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.out.iter().map(|(number, it)| (*number, &it.1))
    }

    /// Takes out the one with this number, if it is out.
    pub fn remove(&mut self, number: u32) -> Option<(SimTime, T)> {
        self.out.remove(&number)
    }

    /// The call that an event is about: `#2` in its arguments, or else the oldest.
    pub fn about(&self, event: &mut Event<'_>) -> Result<u32, Mistake> {
        match event.call()? {
            Some(number) if self.out.contains_key(&number) => Ok(number),
            Some(number) => {
                let message = format!("call #{number} is not out");
                let out: Vec<String> = self.out.keys().map(|it| format!("#{it}")).collect();
                let help = match out.as_slice() {
                    [] => "none is: it has ended, was refused, or never came".to_owned(),
                    _ => format!("out are {}", out.join(", ")),
                };
                Err(Mistake::new(message).help(help).at(event.place()))
            }
            None => self.out.keys().next().copied().ok_or_else(|| {
                Mistake::new(format!("`{}` ends a call, and none is out", event.name()))
                    .help("put a `call` before it, and see whether it was let through")
                    .at(event.place())
            }),
        }
    }

    /// The same, taken out: its number, when it began, what it held.
    pub fn end(&mut self, event: &mut Event<'_>) -> Result<(u32, SimTime, T), Mistake> {
        let number = self.about(event)?;
        let (began, held) = self.out.remove(&number).expect("it was found just now");
        Ok((number, began, held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_read_well() {
        assert_eq!([0, 25, 26, 701].map(letter), ["a", "z", "aa", "zz"]);
        assert_eq!(
            [0, 250_000, 5_000_000_000].map(|it| ms(SimTime::from_nanos(it))),
            ["0", "0.25", "5000"]
        );
        assert_eq!([0.5, 2.0, 1.0 / 3.0].map(short), ["0.5", "2", "0.3333"]);
    }

    #[test]
    fn arguments_come_by_name_or_in_turn_and_each_has_to_be_used() {
        let items = script::parse("0:reply(b,rtt=5,ok,#3,extra)").unwrap();
        let mut event = Event::new(&items[0]);
        assert_eq!(event.replica(3), Ok(Some(1)));
        assert_eq!(event.outcome_arg(), Ok(Some(Outcome::Ok)));
        assert_eq!(event.call(), Ok(Some(3)));
        assert_eq!(event.span("rtt"), Ok(Some(Span::from_millis(5))));
        assert!(event.finish().unwrap_err().message.contains("extra"));
    }
}
