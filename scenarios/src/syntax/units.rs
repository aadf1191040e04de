//! Quantities with units: durations, rates, sizes, bandwidths, percentages, factors and prices, all exact.

use super::number::{Decimal, Kind, decimal, number, scan};
use super::{SyntaxError, trimmed};
use brownout_sim_core::quantity::{Chance, Factor, Nanomoney};
use brownout_sim_core::time::Span;
use core::fmt;

/// Whether zero is a sensible value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// It is.
    Allowed,
    /// It is a mistake.
    Refused,
}

impl Zero {
    /// An error for a zero that is refused.
    fn check(self, text: &str, noun: &str, is_zero: bool) -> Result<(), SyntaxError> {
        if self == Zero::Allowed || !is_zero {
            return Ok(());
        }
        let (inner, from) = trimmed(text);
        Err(SyntaxError::new(
            from..from + inner.len(),
            format!("{noun} of zero makes no sense here"),
        ))
    }
}

const DURATION: Kind = Kind {
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
    micros: u64,
    per: Span,
}

impl Rate {
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
const RATE: Kind = Kind {
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

/// An amount of data in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

const BYTES: Kind = Kind {
    noun: "a size",
    example: "4kB",
    compound: "4kB",
    step: "1 B",
    units: &[
        ("B", 1),
        ("kB", 1_000),
        ("KiB", 1 << 10),
        ("MB", 1_000_000),
        ("MiB", 1 << 20),
        ("GB", 1_000_000_000),
        ("GiB", 1 << 30),
        ("TB", 1_000_000_000_000),
        ("TiB", 1 << 40),
    ],
    aliases: &[
        ("k", "kB"),
        ("kb", "kB"),
        ("m", "MB"),
        ("g", "GB"),
        ("t", "TB"),
        ("ki", "KiB"),
        ("mi", "MiB"),
        ("gi", "GiB"),
        ("ti", "TiB"),
        ("byte", "B"),
        ("bytes", "B"),
    ],
    propose: &["B", "kB"],
};

/// An amount of data: `512B`, `4kB` (1000), `64KiB` (1024), `1MB`, `2GiB`, up to `TB`.
pub fn bytes(text: &str, zero: Zero) -> Result<Bytes, SyntaxError> {
    let bytes = BYTES.parse(text)?;
    zero.check(text, BYTES.noun, bytes == 0)?;
    Ok(Bytes(bytes))
}

impl fmt::Display for Bytes {
    /// In the largest unit that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        largest(f, BYTES.units.iter(), self.0)
    }
}

/// `value` in the largest of `units` that divides it.
fn largest<'a>(
    f: &mut fmt::Formatter<'_>,
    units: impl DoubleEndedIterator<Item = &'a (&'static str, u64)>,
    value: u64,
) -> fmt::Result {
    let fits = |size: u64| {
        if value == 0 {
            size == 1
        } else {
            value.is_multiple_of(size)
        }
    };
    let (name, size) = units.rev().find(|it| fits(it.1)).expect("one divides everything");
    write!(f, "{}{name}", value / size)
}

/// How fast data flows, in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bandwidth(pub u64);

const BANDWIDTH: Kind = Kind {
    noun: "a bandwidth",
    example: "10Mbit/s",
    compound: "10Mbit/s",
    step: "1 bit/s",
    units: &[
        ("bit/s", 1),
        ("B/s", 8),
        ("kbit/s", 1_000),
        ("kB/s", 8_000),
        ("KiB/s", 8 << 10),
        ("Mbit/s", 1_000_000),
        ("MB/s", 8_000_000),
        ("MiB/s", 8 << 20),
        ("Gbit/s", 1_000_000_000),
        ("GB/s", 8_000_000_000),
        ("GiB/s", 8 << 30),
        ("Tbit/s", 1_000_000_000_000),
        ("TB/s", 8_000_000_000_000),
    ],
    aliases: &[
        ("bps", "bit/s"),
        ("kbps", "kbit/s"),
        ("mbps", "Mbit/s"),
        ("gbps", "Gbit/s"),
        ("tbps", "Tbit/s"),
        ("kbit", "kbit/s"),
        ("mbit", "Mbit/s"),
        ("gbit", "Gbit/s"),
    ],
    propose: &["Mbit/s", "Gbit/s"],
};

/// How fast data flows: `1Gbit/s`, `10Mbit/s`, `5MB/s`.
pub fn bandwidth(text: &str, zero: Zero) -> Result<Bandwidth, SyntaxError> {
    let bits = BANDWIDTH.parse(text)?;
    zero.check(text, BANDWIDTH.noun, bits == 0)?;
    Ok(Bandwidth(bits))
}

impl fmt::Display for Bandwidth {
    /// In the largest unit of bits that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        largest(f, BANDWIDTH.units.iter().filter(|it| it.0.ends_with("bit/s")), self.0)
    }
}

/// A share or a percentage, in parts of 10^12; may be above 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(pub u64);

impl Ratio {
    /// Nothing.
    pub const ZERO: Ratio = Ratio(0);
    /// 100 %.
    pub const ONE: Ratio = Ratio(1_000_000_000_000);

    /// The fraction: 1.0 for 100 %.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e12
    }

    /// As a probability; 100 % and more is certain.
    pub fn chance(self) -> Chance {
        Chance::from_parts_per_trillion(self.0)
    }
}

const RATIO: Kind = Kind {
    noun: "a percentage",
    example: "5%",
    compound: "5%",
    step: "10^-10 %",
    units: &[("%", 10_000_000_000)],
    aliases: &[("percent", "%"), ("pct", "%"), ("pc", "%")],
    propose: &["%"],
};

/// A percentage of any size: `2%`, `0.001%`, `150%`; at most ten digits after the point.
pub fn percentage(text: &str) -> Result<Ratio, SyntaxError> {
    let parts = RATIO.parse(text).map_err(|error| {
        // A bare fraction: `0.05` most probably means 5 %.
        match number(text) {
            Ok(it) if !it.is_zero() && it.cmp_whole(1).is_le() => {
                let hundredfold = RATIO
                    .steps(text, 0..text.len(), it, 1_000_000_000_000)
                    .map(|it| decimal(it, 10));
                match hundredfold {
                    Ok(meant) => error.help(format!("write `{meant}%`, or `{it}%` if that is meant")),
                    Err(_) => error,
                }
            }
            _ => error,
        }
    })?;
    Ok(Ratio(parts))
}

/// A percentage from 0 to 100 %: a share or a probability.
pub fn share(text: &str) -> Result<Ratio, SyntaxError> {
    let ratio = percentage(text)?;
    if ratio > Ratio::ONE {
        let (inner, from) = trimmed(text);
        return Err(SyntaxError::new(
            from..from + inner.len(),
            format!("`{inner}` is more than 100 %"),
        ));
    }
    Ok(ratio)
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", decimal(self.0, 10))
    }
}

const FACTOR: Kind = Kind {
    noun: "a factor",
    example: "x1.5",
    compound: "x1.5",
    step: "x0.000001",
    units: &[("", 1_000_000)],
    aliases: &[],
    propose: &[],
};

/// A factor: `x8`, `x0.5`; at most six digits after the point.
pub fn factor(text: &str, zero: Zero) -> Result<Factor, SyntaxError> {
    let (inner, from) = trimmed(text);
    let all = from..from + inner.len();
    let Some(digits) = inner.strip_prefix('x') else {
        let bare = inner
            .strip_suffix(['x', 'X', '×'])
            .or(inner.strip_prefix(['X', '×', '*']))
            .unwrap_or(inner)
            .trim();
        let error = match number(bare) {
            Ok(it) => {
                SyntaxError::new(all, format!("`{inner}` is not written as a factor")).help(format!("write `x{it}`"))
            }
            Err(_) => {
                let error = SyntaxError::new(all, format!("expected a factor, found `{inner}`"));
                error.help(format!("write it like `{}`", FACTOR.example))
            }
        };
        return Err(error);
    };
    let (number, end) = scan(digits, FACTOR.noun, FACTOR.example).map_err(|it| it.shifted(from + 1))?;
    if end < digits.len() {
        let error = SyntaxError::new(
            from + 1 + end..all.end,
            format!("a factor has no unit, found `{}`", &digits[end..]),
        );
        return Err(error.help(format!("write `x{number}`")));
    }
    let millionths = FACTOR
        .steps(inner, 0..inner.len(), number, 1_000_000)
        .map_err(|it| it.shifted(from))?;
    zero.check(text, FACTOR.noun, millionths == 0)?;
    Ok(Factor(millionths))
}

/// A factor as a scenario writes it: `x0.5`.
pub fn print_factor(factor: Factor) -> String {
    format!("x{}", decimal(factor.0, 6))
}

/// An amount of money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Billionths of the currency.
    pub nano: u64,
    /// Its code: three capital letters, such as `EUR`.
    pub currency: String,
}

impl Money {
    /// The amount without its currency.
    pub fn amount(&self) -> Nanomoney {
        Nanomoney(self.nano)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal(self.nano, 9), self.currency)
    }
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Per {
    /// One call.
    Call,
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month of 730 hours, a twelfth of 365 days.
    Month,
    /// 10^9 bytes.
    Gigabyte,
}

impl Per {
    const NAMES: [(&'static str, Per); 7] = [
        ("call", Per::Call),
        ("s", Per::Second),
        ("min", Per::Minute),
        ("h", Per::Hour),
        ("d", Per::Day),
        ("month", Per::Month),
        ("GB", Per::Gigabyte),
    ];

    /// How a price names it.
    pub fn name(self) -> &'static str {
        Per::NAMES
            .iter()
            .find(|it| it.1 == self)
            .expect("every one is listed")
            .0
    }

    /// The stretch of time, if the price is for time.
    pub fn span(self) -> Option<Span> {
        let seconds = match self {
            Per::Call | Per::Gigabyte => return None,
            Per::Second => 1,
            Per::Minute => 60,
            Per::Hour => 3_600,
            Per::Day => 86_400,
            Per::Month => 730 * 3_600,
        };
        Some(Span::from_secs(seconds))
    }
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    /// How much.
    pub amount: Money,
    /// For what.
    pub per: Per,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.amount, self.per.name())
    }
}

const MONEY: Kind = Kind {
    noun: "a price",
    example: "0.02 EUR/call",
    compound: "0.02 EUR/call",
    step: "0.000000001 of the currency",
    units: &[("", 1_000_000_000)],
    aliases: &[],
    propose: &[],
};

/// Reads `0.02 EUR`; also returns where it ends.
fn money_prefix(text: &str) -> Result<(Money, usize), SyntaxError> {
    if text.starts_with(['$', '€', '£', '¥']) {
        let error = SyntaxError::new(0..text.len(), "money is a number and the code of its currency");
        return Err(error.help(format!("write it like `{}`", MONEY.example)));
    }
    let (number, end) = scan(text, MONEY.noun, MONEY.example)?;
    let rest = text[end..].trim_start();
    let from = text.len() - rest.len();
    let code = rest.find(|it: char| !it.is_alphabetic()).map_or(rest, |it| &rest[..it]);
    if code.len() != 3 || !code.bytes().all(|it| it.is_ascii_uppercase()) {
        let at = if code.is_empty() {
            0..text.len()
        } else {
            from..from + code.len()
        };
        let error = SyntaxError::new(at, "expected the code of a currency after the number");
        return Err(error.help(format!("write it like `{}`", MONEY.example)));
    }
    let nano = MONEY.steps(text, 0..end, number, 1_000_000_000)?;
    Ok((
        Money {
            nano,
            currency: code.to_owned(),
        },
        from + code.len(),
    ))
}

/// An amount of money: `12 EUR`; at most nine digits after the point.
pub fn money(text: &str) -> Result<Money, SyntaxError> {
    let (inner, from) = trimmed(text);
    let (money, end) = money_prefix(inner).map_err(|it| it.shifted(from))?;
    if end < inner.len() {
        let message = format!("expected nothing after `{money}`");
        return Err(SyntaxError::new(from + end..from + inner.len(), message));
    }
    Ok(money)
}

/// What something costs: `0.02 EUR/call`, also for `/s /min /h /d /month /GB`; at most nine digits after the point.
pub fn price(text: &str) -> Result<Price, SyntaxError> {
    let (inner, from) = trimmed(text);
    let (amount, end) = money_prefix(inner).map_err(|it| it.shifted(from))?;
    let rest = inner[end..].trim_start();
    let names = || Per::NAMES.iter().map(|it| it.0);
    let Some(per) = rest.strip_prefix('/') else {
        let error = SyntaxError::new(from..from + inner.len(), format!("`{inner}` does not say for what"));
        return Err(error.help(format!(
            "write `{amount}/call`, or one of /{}",
            names().skip(1).collect::<Vec<_>>().join(" /")
        )));
    };
    let per = per.trim();
    if let Some(found) = Per::NAMES.iter().find(|it| it.0 == per) {
        return Ok(Price { amount, per: found.1 });
    }
    let alias = match per.to_lowercase().as_str() {
        "request" | "req" | "calls" => Some("call"),
        "hour" | "hr" => Some("h"),
        "minute" | "m" => Some("min"),
        "day" => Some("d"),
        "second" | "sec" => Some("s"),
        "mo" | "mon" => Some("month"),
        "gb" | "gib" => Some("GB"),
        _ => super::nearest(per, names()),
    };
    let error = SyntaxError::new(from + end..from + inner.len(), format!("a price cannot be for `{per}`"));
    Err(match alias {
        Some(right) => error.help(format!("did you mean `{amount}/{right}`?")),
        None => error.help(format!("it is for one of {}", names().collect::<Vec<_>>().join(", "))),
    })
}

/// Any quantity; its unit says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// No unit.
    Number(Decimal),
    /// A length of time.
    Span(Span),
    /// How often.
    Rate(Rate),
    /// An amount of data.
    Bytes(Bytes),
    /// A flow of data.
    Bandwidth(Bandwidth),
    /// A percentage.
    Ratio(Ratio),
    /// A factor.
    Factor(Factor),
    /// An amount of money.
    Money(Money),
    /// Money for something.
    Price(Price),
}

impl Quantity {
    /// How much it is, in units of its own kind.
    pub(crate) fn size(&self) -> f64 {
        match self {
            Quantity::Number(it) => it.as_f64(),
            Quantity::Span(it) => it.as_secs_f64(),
            Quantity::Rate(it) => it.per_second(),
            Quantity::Bytes(it) => it.0 as f64,
            Quantity::Bandwidth(it) => it.0 as f64,
            Quantity::Ratio(it) => it.as_f64(),
            Quantity::Factor(it) => it.as_f64(),
            Quantity::Money(it) | Quantity::Price(Price { amount: it, .. }) => it.nano as f64,
        }
    }

    /// What it is, with an article: "a duration".
    pub fn noun(&self) -> &'static str {
        match self {
            Quantity::Number(_) => "a number",
            Quantity::Span(_) => DURATION.noun,
            Quantity::Rate(_) => RATE.noun,
            Quantity::Bytes(_) => BYTES.noun,
            Quantity::Bandwidth(_) => BANDWIDTH.noun,
            Quantity::Ratio(_) => RATIO.noun,
            Quantity::Factor(_) => FACTOR.noun,
            Quantity::Money(_) => "an amount of money",
            Quantity::Price(_) => MONEY.noun,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Number(it) => it.fmt(f),
            Quantity::Span(it) => it.fmt(f),
            Quantity::Rate(it) => it.fmt(f),
            Quantity::Bytes(it) => it.fmt(f),
            Quantity::Bandwidth(it) => it.fmt(f),
            Quantity::Ratio(it) => it.fmt(f),
            Quantity::Factor(it) => f.write_str(&print_factor(*it)),
            Quantity::Money(it) => it.fmt(f),
            Quantity::Price(it) => it.fmt(f),
        }
    }
}

/// A quantity of any kind.
pub fn quantity(text: &str) -> Result<Quantity, SyntaxError> {
    let (inner, from) = trimmed(text);
    if inner
        .strip_prefix('x')
        .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()))
    {
        return factor(text, Zero::Allowed).map(Quantity::Factor);
    }
    let (number, end) = scan(inner, "a quantity", "250ms").map_err(|it| it.shifted(from))?;
    let unit = &inner[end..];
    let code = unit.trim_start();
    if unit.is_empty() {
        Ok(Quantity::Number(number))
    } else if code.len() >= 3 && code.bytes().take(3).all(|it| it.is_ascii_uppercase()) {
        if code.contains('/') {
            price(text).map(Quantity::Price)
        } else {
            money(text).map(Quantity::Money)
        }
    } else if RATIO.unit(unit).is_some() {
        percentage(text).map(Quantity::Ratio)
    } else if RATE.unit(unit).is_some() || unit.starts_with('/') {
        rate(text, Zero::Allowed).map(Quantity::Rate)
    } else if BANDWIDTH.unit(unit).is_some() || unit.contains('/') {
        bandwidth(text, Zero::Allowed).map(Quantity::Bandwidth)
    } else if BYTES.unit(unit).is_some() {
        bytes(text, Zero::Allowed).map(Quantity::Bytes)
    } else {
        duration(text, Zero::Allowed).map(Quantity::Span)
    }
}

#[cfg(test)]
mod tests;
