//! What values count, and which of them can be compared.

use brownout_sim_core::measure::{Metric, Operator, Unit};

use super::Lower;
use crate::syntax::expr::Expr;
use crate::syntax::units::Quantity;
use crate::syntax::{SyntaxError, either};

/// What a value counts: a bare number fits ratios and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    Bare,
    Of(Unit),
}

use Dimension::{Bare, Of};

impl Dimension {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Bare => "a number",
            Of(Unit::Seconds) => "a duration",
            Of(Unit::PerSecond) => "a rate",
            Of(Unit::Ratio) => "a ratio",
            Of(Unit::Count) => "a count",
            Of(Unit::Money) => "an amount of money",
        }
    }
}

impl Lower<'_> {
    /// Checks that two values can be compared or added.
    pub(super) fn fit(&mut self, left: (&Expr, Dimension), right: (&Expr, Dimension)) -> Option<()> {
        let (bare, unit, metric) = match (left.1, right.1) {
            (Bare, Bare) => return Some(()),
            (one, other) if one == other => return self.plausible(left.0, right.0),
            (Bare, Of(unit)) => (left.0, unit, right.0),
            (Of(unit), Bare) => (right.0, unit, left.0),
            (one, other) => {
                let message = format!("`{}` is {}, but `{}` is {}", left.0, one.noun(), right.0, other.noun());
                return self.refuse(SyntaxError::new(right.0.at(), message));
            }
        };
        let suffixes: &[&str] = match unit {
            Unit::Count => return Some(()),
            Unit::Ratio => return self.plausible(metric, bare),
            Unit::Seconds => &["ms", "s"],
            Unit::PerSecond => &["/s"],
            Unit::Money => &[" EUR"],
        };
        let own = self.context.currency.map(|it| format!(" {it}"));
        let suffixes: Vec<&str> = match (unit, &own) {
            (Unit::Money, Some(own)) => vec![own],
            _ => suffixes.to_vec(),
        };
        let cures: Vec<String> = suffixes.iter().map(|it| format!("{bare}{it}")).collect();
        let error = SyntaxError::new(
            bare.at(),
            format!("`{metric}` is {}, but `{bare}` has no unit", Of(unit).noun()),
        );
        let cure = either(cures.iter().map(String::as_str));
        self.refuse(if matches!(bare, Expr::Quantity(_)) {
            error.help(format!("write {cure}"))
        } else {
            error
        })
    }

    /// A share is never above 100 %: whoever compares it with more has forgotten a `%`.
    fn plausible(&mut self, one: &Expr, other: &Expr) -> Option<()> {
        let (metric, quantity) = match (one, other) {
            (Expr::Metric(metric), Expr::Quantity(quantity)) | (Expr::Quantity(quantity), Expr::Metric(metric)) => {
                (metric, quantity)
            }
            _ => return Some(()),
        };
        let Some(parsed) = Metric::parse(&metric.key.it) else {
            return Some(());
        };
        let factor = matches!(parsed, Metric::Amplification | Metric::SlowdownMean);
        let value = match &quantity.it {
            Quantity::Number(it) => it.as_f64(),
            Quantity::Ratio(it) => it.as_f64(),
            Quantity::Factor(it) => it.as_f64(),
            _ => return Some(()),
        };
        if parsed.unit() != Unit::Ratio || factor || value <= 1.0 {
            return Some(());
        }
        let error = SyntaxError::new(quantity.at.clone(), format!("`{}` is never above 100%", metric.key.it));
        self.refuse(match &quantity.it {
            Quantity::Number(it) if value <= 100.0 => error.help(format!("write `{it}%`")),
            _ => error,
        })
    }
}

/// What a product or a quotient counts; `None` if that is nothing anyone measures.
pub(super) fn combined(operator: Operator, left: Dimension, right: Dimension) -> Option<Dimension> {
    use Unit::{Count, PerSecond, Seconds};
    let scalar = |it: Dimension| matches!(it, Bare | Of(Unit::Ratio));
    match operator {
        Operator::Multiply => match (left, right) {
            (it, other) | (other, it) if scalar(other) => Some(it),
            (Of(Seconds), Of(PerSecond)) | (Of(PerSecond), Of(Seconds)) => Some(Of(Count)),
            (Of(Count), it) | (it, Of(Count)) => Some(it),
            _ => None,
        },
        _ => match (left, right) {
            (it, other) if it == other => Some(Of(Unit::Ratio)),
            (it, other) if scalar(other) => Some(it),
            (it, Of(Count)) => Some(if it == Bare { Of(Unit::Ratio) } else { it }),
            (Of(Count), Of(Seconds)) => Some(Of(PerSecond)),
            (Of(Count), Of(PerSecond)) => Some(Of(Seconds)),
            (Bare, Of(Seconds)) => Some(Of(PerSecond)),
            (Bare, Of(PerSecond)) => Some(Of(Seconds)),
            _ => None,
        },
    }
}
