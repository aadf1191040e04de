//! Percentages and factors.

use core::fmt;

use brownout_sim_core::quantity::{Chance, Factor};

use super::Zero;
use crate::syntax::number::{Kind, decimal, number, scan};
use crate::syntax::{SyntaxError, trimmed};

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

pub(super) const RATIO: Kind = Kind {
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

pub(super) const FACTOR: Kind = Kind {
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
