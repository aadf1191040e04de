//! Quantities with units: durations, rates, sizes, bandwidths, percentages, factors and prices, all exact.

mod data;
mod money;
mod share;
mod time;

use core::fmt;

use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use super::number::{Decimal, scan};
use super::{SyntaxError, trimmed};
use data::{BANDWIDTH, BYTES};
use money::MONEY;
use share::{FACTOR, RATIO};
use time::{DURATION, RATE};

pub use data::{Bandwidth, Bytes, bandwidth, bytes};
pub use money::{Money, Per, Price, money, price};
pub use share::{Ratio, factor, percentage, print_factor, share};
pub use time::{Rate, duration, rate};

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

    /// Whether it can be compared with another one: of one kind, for the same stretch of time, in one currency.
    pub(crate) fn is_like(&self, other: &Quantity) -> bool {
        match (self, other) {
            (Quantity::Rate(it), Quantity::Rate(other)) => it.per() == other.per(),
            (Quantity::Money(it), Quantity::Money(other)) => it.currency == other.currency,
            (Quantity::Price(it), Quantity::Price(other)) => {
                it.per == other.per && it.amount.currency == other.amount.currency
            }
            _ => core::mem::discriminant(self) == core::mem::discriminant(other),
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
