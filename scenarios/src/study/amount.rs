//! Quantities as whole steps of their kind, so that levels between two of them are exact.

use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use crate::syntax::number::Decimal;
use crate::syntax::units::{Bandwidth, Bytes, Money, Price, Quantity, Rate, Ratio};

/// Plain numbers are in steps of 10^-12.
const NUMBER_DECIMALS: u32 = 12;

/// No amount has more steps, so that a thousand times as many still fit.
const STEPS_MAX: u128 = 1 << 110;

/// The steps of a quantity: nanoseconds of a duration, bytes of a size. `None` if a plain number is too large or too fine.
pub fn steps(it: &Quantity) -> Option<u128> {
    let steps = match it {
        Quantity::Number(it) => it.in_steps(NUMBER_DECIMALS)?,
        Quantity::Span(it) => u128::from(it.nanos()),
        Quantity::Rate(it) => u128::from(it.micros()),
        Quantity::Bytes(it) => u128::from(it.0),
        Quantity::Bandwidth(it) => u128::from(it.0),
        Quantity::Ratio(it) => u128::from(it.0),
        Quantity::Factor(it) => u128::from(it.0),
        Quantity::Money(it) | Quantity::Price(Price { amount: it, .. }) => u128::from(it.nano),
    };
    (steps <= STEPS_MAX).then_some(steps)
}

/// The quantity of so many steps that is of the same kind as `like`.
pub fn quantity(steps: u128, like: &Quantity) -> Quantity {
    let small = u64::try_from(steps).unwrap_or(u64::MAX);
    let money = |it: &Money| Money {
        nano: small,
        currency: it.currency.clone(),
    };
    match like {
        Quantity::Number(_) => Quantity::Number(Decimal::of(steps, NUMBER_DECIMALS)),
        Quantity::Span(_) => Quantity::Span(Span::from_nanos(small)),
        Quantity::Rate(it) => Quantity::Rate(Rate::new(small, it.per())),
        Quantity::Bytes(_) => Quantity::Bytes(Bytes(small)),
        Quantity::Bandwidth(_) => Quantity::Bandwidth(Bandwidth(small)),
        Quantity::Ratio(_) => Quantity::Ratio(Ratio(small)),
        Quantity::Factor(_) => Quantity::Factor(Factor(small)),
        Quantity::Money(it) => Quantity::Money(money(it)),
        Quantity::Price(it) => Quantity::Price(Price {
            amount: money(&it.amount),
            per: it.per,
        }),
    }
}

/// How many steps of a plain number are one.
pub const WHOLE: u128 = 10_u128.pow(NUMBER_DECIMALS);

/// `above` / `below`, rounded to so many significant digits and at least to whole steps; halves go up.
pub fn rounded(above: u128, below: u128, digits: u32) -> u128 {
    let value = above / below;
    let mut quantum = 1;
    while value / quantum >= 10_u128.pow(digits) {
        quantum *= 10;
    }
    let unit = below * quantum;
    (2 * above + unit) / (2 * unit) * quantum
}

/// A number of steps that is not exact, rounded to so many significant digits and at least to whole steps.
///
/// Formatting a float in decimal rounds its exact binary value and is the same on every platform.
pub fn rounded_float(value: f64, digits: u32) -> u128 {
    if value < 1.0 {
        return u128::from(value >= 0.5);
    }
    let text = format!("{value:.*e}", digits.saturating_sub(1) as usize);
    let (mantissa, exponent) = text.split_once('e').expect("it was written with an exponent");
    let exponent: u32 = exponent.parse().expect("a value from 1 on has no negative exponent");
    let shown: u128 = mantissa
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0, |sum, it| sum * 10 + u128::from(it - b'0'));
    let decimals = digits.saturating_sub(1);
    if exponent >= decimals {
        shown * 10_u128.pow(exponent - decimals)
    } else {
        let unit = 10_u128.pow(decimals - exponent);
        (2 * shown + unit) / (2 * unit)
    }
}

/// What the steps of a quantity's kind are in its base unit: seconds, events a second, bytes, bits a second, fractions.
pub fn number(it: &Quantity) -> f64 {
    match it {
        Quantity::Money(it) | Quantity::Price(Price { amount: it, .. }) => it.nano as f64 / 1e9,
        other => other.size(),
    }
}

/// The unit of [`number`], as tables write it: `s`, `/s`, `B`, `bit/s`, `EUR`; empty for fractions, factors and plain numbers.
pub fn unit(it: &Quantity) -> String {
    match it {
        Quantity::Number(_) | Quantity::Ratio(_) | Quantity::Factor(_) => String::new(),
        Quantity::Span(_) => "s".to_owned(),
        Quantity::Rate(_) => "/s".to_owned(),
        Quantity::Bytes(_) => "B".to_owned(),
        Quantity::Bandwidth(_) => "bit/s".to_owned(),
        Quantity::Money(it) => it.currency.clone(),
        Quantity::Price(it) => format!("{}/{}", it.amount.currency, it.per.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::units::quantity as read;

    #[test]
    fn a_quantity_and_its_steps_are_the_same() {
        for text in [
            "2s",
            "1.5",
            "30/min",
            "4kB",
            "64KiB",
            "1Gbit/s",
            "2%",
            "x8",
            "0.02 EUR",
            "0.02 EUR/call",
            "9007199254740991",
        ] {
            let it = read(text).unwrap();
            assert_eq!(quantity(steps(&it).unwrap(), &it), it, "{text}");
        }
        assert_eq!(steps(&read("0.0000000000001").unwrap()), None);
        assert_eq!(steps(&read("99999999999999999999999999999").unwrap()), None);
    }

    #[test]
    fn rounding_is_exact_in_decimals() {
        // 1125 is between 1120 and 1130: halves go up.
        assert_eq!(rounded(1_125, 1, 3), 1_130);
        assert_eq!(rounded(1_124, 1, 3), 1_120);
        assert_eq!(rounded(2_000, 3, 3), 667);
        assert_eq!(rounded(9_996, 1, 3), 10_000);
        assert_eq!(rounded(99, 2, 3), 50, "no finer than a step");
        assert_eq!(rounded(0, 7, 3), 0);
        assert_eq!(rounded(u128::from(u64::MAX), 1, 3), 18_400_000_000_000_000_000);
        for (value, digits, wanted) in [
            (158_113_883.0, 3, 158_000_000),
            (999_600.0, 3, 1_000_000),
            (3.162, 3, 3),
            (31.62, 3, 32),
            (0.4, 3, 0),
            (0.6, 3, 1),
            (1e30, 3, 1_000_000_000_000_000_000_000_000_000_000),
        ] {
            assert_eq!(rounded_float(value, digits), wanted, "{value}");
        }
    }
}
