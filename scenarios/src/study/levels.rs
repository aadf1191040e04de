//! From the values of an axis, as written, to its levels.
//!
//! Levels of a range are rounded to three significant digits, or to as many as tell them apart; draws to as many as leave each
//! where it was drawn. The ends are what was written.

use std::sync::Arc;

use super::amount;
use crate::document::{Node, Place, Value};
use crate::syntax::number::Decimal;
use crate::syntax::range::{Range, Scale};
use crate::syntax::units::{self, Quantity};

/// Significant digits of levels, at least.
const DIGITS: u32 = 3;
/// Significant digits of draws, at least.
const DRAWN_DIGITS: u32 = 4;
/// Significant digits at most: more than floats have would mean nothing.
const DIGITS_MAX: u32 = 15;

/// One value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// As a file would write it, without quotes: `2s`, `naive`, `{ limit = 8 }`.
    pub text: String,
    /// The value in the axis's unit, if it is a quantity; a fraction of a percentage.
    pub number: Option<f64>,
    /// The quantity.
    pub(crate) quantity: Option<Quantity>,
    /// The value, standing in the study's file.
    pub(crate) node: Node,
}

impl Level {
    /// A value that stands in a list.
    pub(crate) fn listed(node: &Node, written: &str) -> Level {
        let quantity = match &node.value {
            Value::String(it) => units::quantity(it).ok(),
            Value::Integer(Some(_), it) | Value::Float(it) => units::quantity(it).ok(),
            _ => None,
        };
        let text = match &node.value {
            Value::String(it) => it.clone(),
            _ => written.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        Level {
            text,
            number: quantity.as_ref().map(amount::number),
            quantity,
            node: node.clone(),
        }
    }

    /// A value within a range, which stands at `at`.
    fn within(quantity: Quantity, at: Place) -> Level {
        let text = print(&quantity);
        let value = match &quantity {
            Quantity::Number(it) => match it.as_whole().and_then(|it| i64::try_from(it).ok()) {
                Some(whole) => Value::Integer(Some(whole), text.clone()),
                None => Value::Float(text.clone()),
            },
            _ => Value::String(text.clone()),
        };
        let node = Node {
            value,
            at: Place { inset: 0, ..at },
        };
        Level {
            text,
            number: Some(amount::number(&quantity)),
            quantity: Some(quantity),
            node,
        }
    }
}

/// A quantity as people write it: `88.9ms`, where the exact form would be `88900us`.
fn print(quantity: &Quantity) -> String {
    const UNITS: [(u64, &str, u32); 3] = [(1_000_000_000, "s", 9), (1_000_000, "ms", 6), (1_000, "us", 3)];
    match quantity {
        Quantity::Span(span) if !span.nanos().is_multiple_of(1_000_000_000) => {
            let unit = UNITS.into_iter().find(|it| span.nanos() >= it.0);
            match unit {
                Some((_, name, decimals)) => format!("{}{name}", Decimal::of(u128::from(span.nanos()), decimals)),
                None => span.to_string(),
            }
        }
        other => other.to_string(),
    }
}

/// A range whose ends are whole numbers of steps.
#[derive(Clone, Debug)]
pub struct Steps<'a> {
    range: &'a Range,
    from: u128,
    to: u128,
    /// Whether only whole numbers will do.
    whole: bool,
    at: Place,
}

impl<'a> Steps<'a> {
    /// Of a range that stands at `at`; `whole`: its path takes a count. `None` if an end is too large or too fine.
    pub fn new(range: &'a Range, whole: bool, at: Place) -> Option<Steps<'a>> {
        let whole = whole && matches!(range.from.it, Quantity::Number(_));
        Some(Steps {
            from: amount::steps(&range.from.it)?,
            to: amount::steps(&range.to.it)?,
            range,
            whole,
            at,
        })
    }

    /// `count` levels, both ends included; those that become the same whole number are one. Also returns how many were dropped.
    pub fn levels(&self, count: u32) -> (Vec<Arc<Level>>, usize) {
        let last = u128::from(count - 1);
        let inner = |digits: u32| -> Vec<u128> {
            let one = |at: u128| match (at, self.range.scale) {
                (0, _) => self.from,
                (it, _) if it == last => self.to,
                (it, Scale::Linear) => amount::rounded(self.from * (last - it) + self.to * it, last, digits),
                (it, Scale::Log) => amount::rounded_float(self.between(it as f64 / last as f64), digits),
            };
            (0..=last).map(one).map(|it| self.made_whole(it)).collect()
        };
        let mut found = inner(DIGITS);
        for digits in DIGITS + 1..=DIGITS_MAX {
            if !found.windows(2).any(|it| it[0] == it[1]) {
                break;
            }
            found = inner(digits);
        }
        let before = found.len();
        found.dedup();
        let dropped = before - found.len();
        (found.into_iter().map(|it| self.level(it)).collect(), dropped)
    }

    /// The level at each of these shares of the way, for points that are drawn.
    pub fn drawn(&self, shares: &[f64]) -> Vec<Arc<Level>> {
        let digits = self.drawn_digits(shares.len());
        let (low, high) = (self.from.min(self.to), self.from.max(self.to));
        let one = |share: &f64| {
            let steps = amount::rounded_float(self.between(*share), digits);
            self.level(self.made_whole(steps.clamp(low, high)))
        };
        shares.iter().map(one).collect()
    }

    /// As many digits as leave a draw within a tenth of its slice.
    fn drawn_digits(&self, count: usize) -> u32 {
        let (low, high) = (self.from.min(self.to) as f64, self.from.max(self.to) as f64);
        let relative = match self.range.scale {
            Scale::Linear => (high - low) / high,
            Scale::Log => libm::log(high / low),
        };
        let needed = 1.0 - libm::log10(relative / (10.0 * count.max(1) as f64));
        (libm::ceil(needed).clamp(0.0, f64::from(DIGITS_MAX)) as u32).clamp(DRAWN_DIGITS, DIGITS_MAX)
    }

    /// What lies at a share of the way, in steps.
    fn between(&self, share: f64) -> f64 {
        let (from, to) = (self.from as f64, self.to as f64);
        match self.range.scale {
            Scale::Linear => from + (to - from) * share,
            Scale::Log => from * libm::exp(libm::log(to / from) * share),
        }
    }

    fn made_whole(&self, steps: u128) -> u128 {
        if self.whole {
            (steps + amount::WHOLE / 2) / amount::WHOLE * amount::WHOLE
        } else {
            steps
        }
    }

    fn level(&self, steps: u128) -> Arc<Level> {
        Arc::new(Level::within(amount::quantity(steps, &self.range.from.it), self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::range::range;

    fn texts(levels: &[Arc<Level>]) -> String {
        levels.iter().map(|it| it.text.clone()).collect::<Vec<_>>().join(" ")
    }

    fn levels(text: &str, whole: bool) -> (String, usize) {
        let range = range(text).unwrap();
        let steps = Steps::new(&range, whole, Place::default()).unwrap();
        let (levels, dropped) = steps.levels(range.count.as_ref().unwrap().it);
        (texts(&levels), dropped)
    }

    #[test]
    fn levels_are_rounded_to_three_digits_and_the_ends_are_as_written() {
        let all = [
            (
                "log(50ms .. 5s, 9)",
                "50ms 88.9ms 158ms 281ms 500ms 889ms 1.58s 2.81s 5s",
            ),
            ("linear(x0.5 .. x2, 4)", "x0.5 x1 x1.5 x2"),
            ("linear(1234ms .. 5678ms, 3)", "1.234s 3.46s 5.678s"),
            ("linear(1 .. 2, 9)", "1 1.13 1.25 1.38 1.5 1.63 1.75 1.88 2"),
            ("linear(10% .. 0%, 3)", "10% 5% 0%"),
            ("log(1kB .. 1MB, 4)", "1kB 10kB 100kB 1MB"),
            ("linear(1h .. 3h, 4)", "1h 100m 140m 3h"),
            ("log(1/s .. 100/s, 3)", "1/s 10/s 100/s"),
            ("log(10/min .. 1000/min, 3)", "10/min 100/min 1000/min"),
            ("log(5s .. 50ms, 3)", "5s 500ms 50ms"),
        ];
        for (text, wanted) in all {
            assert_eq!(levels(text, false), (wanted.to_owned(), 0), "{text}");
        }
    }

    #[test]
    fn levels_that_three_digits_cannot_tell_apart_have_more() {
        assert_eq!(
            levels("linear(1000/s .. 1004/s, 5)", false).0,
            "1000/s 1001/s 1002/s 1003/s 1004/s"
        );
        // There is nothing between two neighbouring nanoseconds.
        assert_eq!(levels("linear(1ns .. 3ns, 5)", false), ("1ns 2ns 3ns".to_owned(), 2));
    }

    #[test]
    fn counts_stay_whole_and_equal_ones_are_one() {
        assert_eq!(
            levels("log(1 .. 1000, 7)", true),
            ("1 3 10 32 100 316 1000".to_owned(), 0)
        );
        assert_eq!(levels("linear(1 .. 3, 5)", true), ("1 2 3".to_owned(), 2));
        assert_eq!(levels("linear(1 .. 3, 5)", false).0, "1 1.5 2 2.5 3");
    }

    #[test]
    fn draws_stay_in_the_range_and_in_their_slice() {
        for text in [
            "linear(1000 .. 1001)",
            "log(1ms .. 10s)",
            "linear(0s .. 3s)",
            "log(5s .. 4s)",
        ] {
            let range = range(text).unwrap();
            let steps = Steps::new(&range, false, Place::default()).unwrap();
            let count = 2_000;
            let shares: Vec<f64> = (0..count).map(|it| (f64::from(it) + 0.5) / f64::from(count)).collect();
            let drawn = steps.drawn(&shares);
            for (at, level) in drawn.iter().enumerate() {
                let value = amount::steps(level.quantity.as_ref().unwrap()).unwrap() as f64;
                let (low, high) = (
                    steps.between(at as f64 / f64::from(count)),
                    steps.between((at + 1) as f64 / f64::from(count)),
                );
                assert!(
                    value >= low.min(high) && value <= low.max(high),
                    "{text} {at}: {value} in {low} .. {high}"
                );
            }
        }
    }
}
