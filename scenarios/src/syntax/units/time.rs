//! Lengths of time and rates.

use core::fmt;

use brownout_sim_core::time::Span;

use super::Zero;
use crate::syntax::number::{Kind, decimal, scan};
use crate::syntax::{SyntaxError, trimmed};

pub(super) const DURATION: Kind = Kind {
    noun: "a duration",
    example: "250ms",
    compound: "1h30m",
    step: "1 ns",
    units: &[
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ],
    aliases: &[
        ("µs", "us"),
        ("μs", "us"),
        ("usec", "us"),
        ("micros", "us"),
        ("msec", "ms"),
        ("millis", "ms"),
        ("sec", "s"),
        ("secs", "s"),
        ("second", "s"),
        ("seconds", "s"),
        ("min", "m"),
        ("mins", "m"),
        ("minute", "m"),
        ("minutes", "m"),
        ("hr", "h"),
        ("hour", "h"),
        ("hours", "h"),
        ("day", "d"),
        ("days", "d"),
    ],
    propose: &["ms", "s"],
};

/// A length of time: `250us`, `1.5ms`, `2s`, `10m`, `2h`, `7d`, or several units from large to small, `1h30m`.
pub fn duration(text: &str, zero: Zero) -> Result<Span, SyntaxError> {
    let (inner, from) = trimmed(text);
    let nanos = duration_nanos(inner).map_err(|it| it.shifted(from))?;
    zero.check(text, DURATION.noun, nanos == 0)?;
    Ok(Span::from_nanos(nanos))
}

fn duration_nanos(text: &str) -> Result<u64, SyntaxError> {
    let (mut total, mut from, mut last) = (0_u64, 0, u64::MAX);
    loop {
        let rest = &text[from..];
        let (number, end) = scan(rest, DURATION.noun, DURATION.example).map_err(|it| it.shifted(from))?;
        // A unit reaches to the next digit.
        let unit_end = rest[end..]
            .find(|it: char| it.is_ascii_digit())
            .map_or(rest.len(), |it| end + it);
        let size = DURATION
            .size(rest, end..unit_end, number)
            .map_err(|it| it.shifted(from))?;
        if size >= last {
            let error = SyntaxError::new(from..from + unit_end, "the units of a duration go from large to small");
            return Err(error.help("write it like `1h30m`"));
        }
        let nanos = DURATION
            .steps(rest, 0..unit_end, number, size)
            .map_err(|it| it.shifted(from))?;
        let sum = total.checked_add(nanos);
        total = sum.ok_or_else(|| SyntaxError::new(0..text.len(), format!("`{text}` is too large for a duration")))?;
        (from, last) = (from + unit_end, size);
        if from == text.len() {
            return Ok(total);
        }
    }
}

/// How often: a number of events, in millionths, for each stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    pub(super) micros: u64,
    pub(super) per: Span,
}

impl Rate {
    /// `micros` millionths of an event in each `per`, which is one of the units' stretches.
    pub(crate) fn new(micros: u64, per: Span) -> Rate {
        Rate { micros, per }
    }

    /// Millionths of an event in each [`Rate::per`].
    pub fn micros(self) -> u64 {
        self.micros
    }

    /// The stretch of time that [`Rate::micros`] counts for: 1 ms, 1 s, 1 min, 1 h or 1 d.
    pub fn per(self) -> Span {
        self.per
    }

    /// Events per second.
    pub fn per_second(self) -> f64 {
        // Up to 9 * 10^12 micros the product is exact, so that only the division rounds.
        (self.micros as f64 * 1_000.0) / self.per.nanos() as f64
    }
}

/// Units of rates with their stretch of time in nanoseconds.
pub(super) const RATE: Kind = Kind {
    noun: "a rate",
    example: "1200/s",
    compound: "1200/s",
    step: "0.000001",
    units: &[
        ("/ms", 1_000_000),
        ("/s", 1_000_000_000),
        ("/min", 60_000_000_000),
        ("/h", 3_600_000_000_000),
        ("/d", 86_400_000_000_000),
    ],
    aliases: &[
        ("/sec", "/s"),
        ("/second", "/s"),
        ("rps", "/s"),
        ("qps", "/s"),
        ("tps", "/s"),
        ("hz", "/s"),
        ("/m", "/min"),
        ("/minute", "/min"),
        ("rpm", "/min"),
        ("/hour", "/h"),
        ("/day", "/d"),
    ],
    propose: &["/s", "/min"],
};

/// How often something happens: `1200/s`, `30/min`, `5/h`, `1/d`; at most six digits after the point.
pub fn rate(text: &str, zero: Zero) -> Result<Rate, SyntaxError> {
    let (inner, from) = trimmed(text);
    let read = || {
        let (number, end) = scan(inner, RATE.noun, RATE.example)?;
        let per = RATE.size(inner, end..inner.len(), number)?;
        Ok(Rate {
            micros: RATE.steps(inner, 0..end, number, 1_000_000)?,
            per: Span::from_nanos(per),
        })
    };
    let rate = read().map_err(|it: SyntaxError| it.shifted(from))?;
    zero.check(text, RATE.noun, rate.micros == 0)?;
    Ok(rate)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = RATE
            .units
            .iter()
            .find(|it| it.1 == self.per.nanos())
            .expect("a rate is per one of its units");
        write!(f, "{}{}", decimal(self.micros, 6), unit.0)
    }
}
