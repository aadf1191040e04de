//! Expressions of expectations, measures and constraints: `goodput_ratio(web.home) >= 95% of baseline`.
//!
//! ```text
//! condition  = sum ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) bound
//! bound      = percentage "of" "baseline" | sum
//! sum        = product { ( "+" | "-" ) product }
//! product    = value { ( "*" | "/" ) value }
//! value      = quantity | "(" sum ")" | metric | ( "max" | "min" ) "(" sum ")" | "share" "(" condition ")"
//!            | "time" "until" condition [ "after" instant ] | "time" "while" condition | "never" "(" sum ")"
//! metric     = key [ "(" target ")" ]          key = name { "." name-or-digits }
//! ```
//!
//! A `-` or `/` between words or numbers wants spaces around it, since names have `-` and rates have `/`. Which metrics
//! there are, what they measure and whether both sides of a comparison fit is for the next layer to know.

mod parse;

use core::fmt;
use core::ops::Range;

use super::Placed;
use super::address::Target;
use super::instant::Instant;
use super::units::{Quantity, Ratio};

pub(crate) use parse::comparison;
pub use parse::{condition, measure};

/// A value computed from the results of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A fixed quantity.
    Quantity(Placed<Quantity>),
    /// Something measured.
    Metric(Box<Metric>),
    /// The most or least of a value over the windows of the timeline.
    Extreme {
        /// Which.
        which: Extreme,
        /// Of what; has at least one metric.
        of: Box<Expr>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// The share of requests, calls or attempts for which a condition holds.
    Share {
        /// The condition on each.
        of: Box<Condition>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// How long until a condition holds for good.
    TimeUntil {
        /// The condition.
        condition: Box<Condition>,
        /// Counted from here; from the run's beginning where there is none.
        after: Option<Instant>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// For how long a condition holds in all, window by window.
    TimeWhile {
        /// The condition.
        condition: Box<Condition>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// Whether what a value waits for never comes.
    Never {
        /// The value: a time until something, or a metric that is one.
        of: Box<Expr>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// Two values together.
    Binary {
        /// How.
        operator: Placed<Operator>,
        /// The first.
        left: Box<Expr>,
        /// The second.
        right: Box<Expr>,
    },
}

/// Something measured, by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, dots included: `p99`, `response_ok_s.p99`, `failed.timeout`, `axis.timeout`.
    pub key: Placed<String>,
    /// Of what; a metric of the whole run has none.
    pub target: Option<Target>,
    /// From its first to its last character.
    pub at: Range<usize>,
}

/// The most or the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The most.
    Max,
    /// The least.
    Min,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// A comparison of a value with a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is compared.
    pub left: Expr,
    /// How.
    pub comparison: Placed<Comparison>,
    /// With what.
    pub bound: Bound,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Another value.
    Value(Expr),
    /// A share of what the left side was before the first fault.
    OfBaseline(Placed<Ratio>),
}

/// What a measure is: a number, or a yes or no for each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A number.
    Value(Expr),
    /// A yes or no.
    Condition(Condition),
}

impl Expr {
    /// From its first to its last character, parentheses around it left out.
    pub fn at(&self) -> Range<usize> {
        match self {
            Expr::Quantity(it) => it.at.clone(),
            Expr::Metric(it) => it.at.clone(),
            Expr::Extreme { at, .. }
            | Expr::Share { at, .. }
            | Expr::TimeUntil { at, .. }
            | Expr::TimeWhile { at, .. }
            | Expr::Never { at, .. } => at.clone(),
            Expr::Binary { left, right, .. } => left.at().start..right.at().end,
        }
    }

    /// Every metric in it, in order of writing.
    pub fn metrics(&self) -> Vec<&Metric> {
        match self {
            Expr::Quantity(_) => Vec::new(),
            Expr::Metric(it) => vec![it],
            Expr::Extreme { of, .. } | Expr::Never { of, .. } => of.metrics(),
            Expr::Share { of: condition, .. }
            | Expr::TimeUntil { condition, .. }
            | Expr::TimeWhile { condition, .. } => condition.metrics(),
            Expr::Binary { left, right, .. } => [left.metrics(), right.metrics()].concat(),
        }
    }

    /// Every instant in it, in order of writing.
    pub fn instants(&self) -> Vec<&Instant> {
        match self {
            Expr::Quantity(_) | Expr::Metric(_) => Vec::new(),
            Expr::Extreme { of, .. } | Expr::Never { of, .. } => of.instants(),
            Expr::Share { of, .. } | Expr::TimeWhile { condition: of, .. } => of.instants(),
            Expr::TimeUntil { condition, after, .. } => condition.instants().into_iter().chain(after).collect(),
            Expr::Binary { left, right, .. } => [left.instants(), right.instants()].concat(),
        }
    }
}

impl Condition {
    /// Every metric in it, in order of writing.
    pub fn metrics(&self) -> Vec<&Metric> {
        let right = match &self.bound {
            Bound::Value(it) => it.metrics(),
            Bound::OfBaseline(_) => Vec::new(),
        };
        [self.left.metrics(), right].concat()
    }

    /// Every instant in it, in order of writing.
    pub fn instants(&self) -> Vec<&Instant> {
        let right = match &self.bound {
            Bound::Value(it) => it.instants(),
            Bound::OfBaseline(_) => Vec::new(),
        };
        [self.left.instants(), right].concat()
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Quantity(it) => it.it.fmt(f),
            Expr::Metric(it) => match &it.target {
                Some(target) => write!(f, "{}({target})", it.key.it),
                None => f.write_str(&it.key.it),
            },
            Expr::Extreme {
                which: Extreme::Max,
                of,
                ..
            } => write!(f, "max({of})"),
            Expr::Extreme {
                which: Extreme::Min,
                of,
                ..
            } => write!(f, "min({of})"),
            Expr::Share { of, .. } => write!(f, "share({of})"),
            Expr::TimeUntil {
                condition,
                after: Some(after),
                ..
            } => write!(f, "time until {condition} after {after}"),
            Expr::TimeUntil { condition, .. } => write!(f, "time until {condition}"),
            Expr::TimeWhile { condition, .. } => write!(f, "time while {condition}"),
            Expr::Never { of, .. } => write!(f, "never({of})"),
            Expr::Binary { operator, left, right } => {
                let sign = match operator.it {
                    Operator::Add => '+',
                    Operator::Subtract => '-',
                    Operator::Multiply => '*',
                    Operator::Divide => '/',
                };
                let side = |it: &Expr, parentheses: bool| if parentheses { format!("({it})") } else { it.to_string() };
                let product = matches!(operator.it, Operator::Multiply | Operator::Divide);
                // What would be read back in another order stands in parentheses.
                let looser = |it: &Expr| match it {
                    Expr::Binary { operator, .. } => {
                        matches!(operator.it, Operator::Add | Operator::Subtract) && product
                    }
                    Expr::TimeUntil { .. } | Expr::TimeWhile { .. } => true,
                    _ => false,
                };
                let nested = matches!(**right, Expr::Binary { .. });
                let right_in = looser(right) || nested && (product || !is_product(right));
                write!(f, "{} {sign} {}", side(left, looser(left)), side(right, right_in))
            }
        }
    }
}

fn is_product(it: &Expr) -> bool {
    matches!(it, Expr::Binary { operator, .. } if matches!(operator.it, Operator::Multiply | Operator::Divide))
}

impl Comparison {
    const SIGNS: [(&'static str, Comparison); 6] = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
        (">", Comparison::Above),
        ("<", Comparison::Below),
    ];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        Comparison::SIGNS
            .iter()
            .find(|it| it.1 == self)
            .expect("every one is listed")
            .0
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = self.comparison.it.sign();
        let side = |it: &Expr| {
            if matches!(it, Expr::TimeUntil { .. } | Expr::TimeWhile { .. }) {
                format!("({it})")
            } else {
                it.to_string()
            }
        };
        match &self.bound {
            Bound::Value(it) => write!(f, "{} {sign} {}", side(&self.left), side(it)),
            Bound::OfBaseline(it) => write!(f, "{} {sign} {} of baseline", side(&self.left), it.it),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Value(it) => it.fmt(f),
            Measure::Condition(it) => it.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
