//! The script's grammar: what happens, and when.
//!
//! ```text
//! script   word ...
//! word     TIME:EVENT,EVENT...    at TIME, these in order
//!          xCOUNT                 the word before it, so often in all
//! TIME     5000  5s  250us        milliseconds unless there is a unit: ns us ms s m h
//!          0..9   0..900/100      each millisecond (or unit of the end), or each step, both ends included
//!          +100                   so long after the word before
//! EVENT    call  fail(timeout)  pick(key=7)  callx10
//! ```
//!
//! Events happen in the order of their instants; of one instant, in the order in which they are written. Which events there
//! are is the mechanism's affair.

use std::ops::Range;

use brownout_sim_core::time::{SimTime, Span};

use super::mistake::Mistake;

/// One event of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// When.
    pub at: SimTime,
    /// What.
    pub name: String,
    /// What stands in its brackets.
    pub args: Vec<Arg>,
    /// Where the event stands in the script, in bytes.
    pub place: Range<usize>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// `key` of `key=value`.
    pub key: Option<String>,
    /// The value.
    pub value: String,
    /// Where it stands in the script.
    pub place: Range<usize>,
}

/// The most events of a script, repetitions counted.
pub const EVENTS_MAX: usize = 10_000;

/// The latest instant: a script is a lesson, and the clock of a run ends after 584 years.
const LATEST: Span = Span::from_secs(1_000_000_000);

/// Reads a script.
pub fn parse(script: &str) -> Result<Vec<Item>, Mistake> {
    let mut items: Vec<Item> = Vec::new();
    let mut last: Option<Word> = None;
    for (place, text) in words(script) {
        let mut new = match count(text) {
            Some(times) => {
                let times = times.map_err(|it| it.at(place.clone()))?;
                let Some(word) = &mut last else {
                    let mistake = Mistake::new(format!("`{text}` repeats nothing")).at(place);
                    return Err(mistake.help("write the event first, such as `0:call x10`"));
                };
                word.again(times - 1).map_err(|it| it.at(place))?
            }
            None => {
                let before = last.as_ref().map_or(SimTime::ZERO, |it| it.end);
                let word = Word::parse(script, place, before)?;
                let items = word.items(word.times.clone())?;
                last = Some(word);
                items
            }
        };
        items.append(&mut new);
        if items.len() > EVENTS_MAX {
            return Err(too_many());
        }
    }
    items.sort_by_key(|it| it.at);
    Ok(items)
}

fn too_many() -> Mistake {
    Mistake::new(format!("the script has more than {EVENTS_MAX} events"))
        .help("`play` is for what can be read; `brownout run` simulates whole systems")
}

/// The words between blanks, with their places; blanks inside brackets belong to a word.
fn words(script: &str) -> Vec<(Range<usize>, &str)> {
    let (mut found, mut begin, mut depth) = (Vec::new(), None, 0_usize);
    for (at, it) in script.char_indices() {
        match it {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => (),
        }
        if it.is_whitespace() && depth == 0 {
            if let Some(begin) = begin.take() {
                found.push((begin..at, &script[begin..at]));
            }
        } else if begin.is_none() {
            begin = Some(at);
        }
    }
    if let Some(begin) = begin {
        found.push((begin..script.len(), &script[begin..]));
    }
    found
}

/// The number of `x10`; `None` if this is no repetition.
fn count(text: &str) -> Option<Result<usize, Mistake>> {
    let digits = text.strip_prefix('x')?;
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    Some(match digits.parse() {
        Ok(0) => Err(Mistake::new("repeated 0 times, it does not happen").help("`x1` is once")),
        Ok(times) if times <= EVENTS_MAX => Ok(times),
        _ => Err(too_many()),
    })
}

/// `TIME:EVENT,EVENT`.
struct Word {
    times: Vec<SimTime>,
    /// How far `+TIME` goes each time.
    step: Span,
    end: SimTime,
    events: Vec<(Item, usize)>,
}

impl Word {
    fn parse(script: &str, place: Range<usize>, before: SimTime) -> Result<Word, Mistake> {
        let text = &script[place.clone()];
        let Some(colon) = text.find(':') else {
            let mistake = Mistake::new(format!("`{text}` has no time")).at(place);
            return Err(mistake.help(format!("write the instant first: `0:{text}`")));
        };
        let time_at = place.start..place.start + colon;
        let (times, step) = times(&text[..colon], before).map_err(|it| it.at(time_at.clone()))?;
        let end = *times.last().expect("a word happens at least once");
        let events = events(script, place.start + colon + 1..place.end)?;
        Ok(Word {
            times,
            step,
            end,
            events,
        })
    }

    fn items(&self, times: Vec<SimTime>) -> Result<Vec<Item>, Mistake> {
        let each: usize = self.events.iter().map(|it| it.1).sum();
        if times.len().saturating_mul(each) > EVENTS_MAX {
            return Err(too_many());
        }
        let mut items = Vec::new();
        for at in times {
            for (event, count) in &self.events {
                let item = Item { at, ..event.clone() };
                items.extend(std::iter::repeat_n(item, *count));
            }
        }
        Ok(items)
    }

    /// The word so often more; `+TIME` goes on, other instants stay.
    fn again(&mut self, more: usize) -> Result<Vec<Item>, Mistake> {
        let mut times = Vec::new();
        for _ in 0..more {
            if self.step > Span::ZERO {
                self.end = self.end + self.step;
                times.push(self.end);
            } else {
                times.extend(&self.times);
            }
        }
        if self.end.since(SimTime::ZERO) > LATEST {
            return Err(too_late());
        }
        self.items(times)
    }
}

fn too_late() -> Mistake {
    Mistake::new("the script ends after more than 30 years").help("take a smaller step, or a smaller unit")
}

/// The instants of `5000`, `0..900/100` or `+100`, and the step of the last.
fn times(text: &str, before: SimTime) -> Result<(Vec<SimTime>, Span), Mistake> {
    let instant = |length: Span| {
        if length > LATEST {
            Err(too_late())
        } else {
            Ok(SimTime::ZERO + length)
        }
    };
    if let Some(length) = text.strip_prefix('+') {
        let (length, _) = span(length)?;
        let at = instant(before.since(SimTime::ZERO) + length)?;
        return Ok((vec![at], length));
    }
    let Some((from, rest)) = text.split_once("..") else {
        return Ok((vec![instant(span(text)?.0)?], Span::ZERO));
    };
    let (to, step) = match rest.split_once('/') {
        Some((to, step)) => (span(to)?, span(step)?.0),
        None => {
            let to = span(rest)?;
            (to, to.1)
        }
    };
    let (from, to) = (instant(span(from)?.0)?, instant(to.0)?);
    if step == Span::ZERO {
        return Err(Mistake::new("a step of 0 never arrives").help("write a step, such as `0..900/100`"));
    }
    if to < from {
        let message = format!("`{text}` ends before it begins");
        return Err(Mistake::new(message).help("write the earlier instant first"));
    }
    if to.since(from).nanos() / step.nanos() >= EVENTS_MAX as u64 {
        return Err(too_many());
    }
    let mut times = vec![from];
    while let Some(next) = times.last().map(|it| *it + step).filter(|it| *it <= to) {
        times.push(next);
    }
    Ok((times, Span::ZERO))
}

const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A length of time, in milliseconds unless it has a unit, and one of its unit; exact to the nanosecond.
pub fn span(text: &str) -> Result<(Span, Span), Mistake> {
    let digits = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = if unit.is_empty() { "ms" } else { unit };
    let wrong = || {
        let help = "write milliseconds, such as `5000`, or a number with ns, us, ms, s, m or h, such as `5s`";
        Mistake::new(format!("`{text}` is no time")).help(help)
    };
    let size = UNITS.iter().find(|it| it.0 == unit).ok_or_else(wrong)?.1;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return Err(wrong());
    }
    let finer = || Mistake::new(format!("`{text}` is finer than a nanosecond")).help("time is whole nanoseconds");
    let scale = 10_u64.checked_pow(fraction.len() as u32).ok_or_else(finer)?;
    let part = match fraction {
        "" => 0,
        _ => u128::from(fraction.parse::<u64>().map_err(|_| finer())?) * u128::from(size),
    };
    if part % u128::from(scale) != 0 {
        return Err(finer());
    }
    let whole: u64 = whole.parse().map_err(|_| too_late())?;
    let nanos = u128::from(whole) * u128::from(size) + part / u128::from(scale);
    let nanos = u64::try_from(nanos).map_err(|_| too_late())?;
    Ok((Span::from_nanos(nanos), Span::from_nanos(size)))
}

/// `EVENT,EVENT` at this place, each with how often.
fn events(script: &str, place: Range<usize>) -> Result<Vec<(Item, usize)>, Mistake> {
    let mut events = Vec::new();
    for at in split(script, place.clone()) {
        let text = &script[at.clone()];
        let open = text.find('(');
        // `callx10` or `fail(timeout)x10`: the repetition stands at the end.
        let tail_from = text.rfind(')').map_or(0, |it| it + 1);
        let mut end = at.end;
        let mut times = 1;
        let tail = &text[tail_from..];
        if let Some(x) = tail.rfind('x')
            && (x > 0 || tail_from > 0)
            && let Some(found) = count(&tail[x..])
        {
            end = at.start + tail_from + x;
            times = found.map_err(|it| it.at(end..at.end))?;
        }
        let (name_end, args) = match open {
            None => (end, Vec::new()),
            Some(open) => {
                let open = at.start + open;
                if !script[..end].ends_with(')') || end <= open {
                    let mistake = Mistake::new("a bracket is not closed").at(open..open + 1);
                    return Err(mistake.help("end the arguments with `)`"));
                }
                (open, arguments(script, open + 1..end - 1)?)
            }
        };
        let name = &script[at.start..name_end];
        if name.is_empty() {
            let mistake = Mistake::new("an event is missing here").at(at.start..at.end.max(at.start));
            return Err(mistake.help("write what happens, such as `0:call`"));
        }
        let item = Item {
            at: SimTime::ZERO,
            name: name.to_owned(),
            args,
            place: at,
        };
        events.push((item, times));
    }
    Ok(events)
}

fn arguments(script: &str, place: Range<usize>) -> Result<Vec<Arg>, Mistake> {
    if script[place.clone()].trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut args = Vec::new();
    for at in split(script, place) {
        let text = &script[at.clone()];
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key.trim().to_owned()), value.trim()),
            None => (None, text.trim()),
        };
        if value.is_empty() {
            return Err(Mistake::new("an argument is missing here").at(at));
        }
        args.push(Arg {
            key,
            value: value.to_owned(),
            place: at,
        });
    }
    Ok(args)
}

/// The parts between commas that stand in no bracket.
fn split(script: &str, place: Range<usize>) -> Vec<Range<usize>> {
    let (mut parts, mut begin, mut depth) = (Vec::new(), place.start, 0_usize);
    for (at, it) in script[place.clone()].char_indices() {
        let at = place.start + at;
        match it {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(begin..at);
                begin = at + 1;
            }
            _ => (),
        }
    }
    parts.push(begin..place.end);
    parts
}

#[cfg(test)]
mod tests;
