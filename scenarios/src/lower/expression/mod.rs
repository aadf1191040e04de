//! Expressions as written become the typed trees of `sim_core::measure`: metrics by their names, whom they are about by
//! the directory, and both sides of every comparison in the same unit.
//!
//! | address | figures of |
//! | --- | --- |
//! | `*` | all requests; for a service's own metrics all services |
//! | a load | its requests |
//! | a service or endpoint that loads call | their requests, or its own for a service's metrics (`Target::Front`) |
//! | any other service or endpoint | what it did |
//! | an edge | its calls; for metrics of requests those of the loads on its left side |
//! | `fault.x` | the fault |

mod dimension;
mod metric;

use brownout_sim_core::measure::{
    self, Bound, Comparison, Condition, During, Expectation, Measure, Metric, Moment, Named, Operator, Unit, Value,
    Within,
};
use brownout_sim_core::time::{SimTime, Span};

use super::resolve::{Directory, Unresolved};
use crate::syntax::expr::{Expr, Extreme};
use crate::syntax::instant::{Instant, Offset, Origin};
use crate::syntax::units::{Quantity, Ratio};
use crate::syntax::{Errors, Placed, SyntaxError, expr, instant};
use dimension::Dimension::{Bare, Of};
use dimension::{Dimension, combined};

/// The length of a stretch in which a condition must hold, where `over` does not say otherwise.
pub const OVER: Span = measure::STRETCH;

/// An expectation as written.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its name in the file.
    pub name: &'a str,
    /// `that`.
    pub that: &'a expr::Condition,
    /// `during`.
    pub during: Option<&'a instant::During>,
    /// `within`.
    pub within: Option<&'a instant::Within>,
    /// `over`; [`OVER`] if there is none.
    pub over: Option<Span>,
    /// `share`.
    pub share: Option<Ratio>,
    /// `variants`.
    pub variants: Option<&'a [String]>,
}

/// The key of an expectation that a mistake was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `that`.
    That,
    /// `during`.
    During,
    /// `within`.
    Within,
    /// `over`.
    Over,
}

impl Field {
    /// How the key is written.
    pub const fn name(self) -> &'static str {
        match self {
            Field::That => "that",
            Field::During => "during",
            Field::Within => "within",
            Field::Over => "over",
        }
    }
}

/// A mistake in an expectation: its place is within the string of that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Which key.
    pub field: Field,
    /// What is wrong with it.
    pub error: SyntaxError,
}

/// What expressions are resolved against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Names and who calls whom.
    pub directory: &'a Directory,
    /// The currency of the scenario's prices, if it has any.
    pub currency: Option<&'a str>,
    /// What a request of each load is worth in that currency; nothing where the scenario says nothing.
    pub worth: &'a [Option<f64>],
}

/// The expectation that was written. Fails with all its mistakes; with none if it only lacks calls that a mistake elsewhere
/// took away.
pub fn expectation(written: &Written<'_>, context: Context<'_>) -> Result<Expectation, Vec<Mistake>> {
    let mut lower = Lower::new(context);
    let mut mistakes = Vec::new();
    let mut collect = |lower: &mut Lower<'_>, field: Field| {
        mistakes.extend(lower.errors.drain(..).map(|error| Mistake { field, error }));
    };
    lower.parts = written.during.is_some() || written.within.is_some();
    let that = lower.condition(written.that);
    collect(&mut lower, Field::That);
    let during = written.during.map(|it| (lower.moment(&it.from), lower.moment(&it.to)));
    collect(&mut lower, Field::During);
    let within = written
        .within
        .map(|it| (it.span.it, it.after.as_ref().map(|it| lower.moment(it))));
    if let (Some(_), Some(within)) = (written.during, written.within) {
        let error = SyntaxError::new(within.span.at.clone(), "`during` and `within` do not go together");
        lower
            .errors
            .push(error.help("take one of them away, or write two expectations"));
    }
    collect(&mut lower, Field::Within);
    if written.over.is_some() && written.within.is_none() && !has_time_until(written.that) {
        lower
            .errors
            .push(SyntaxError::new(0..0, "`over` needs `within` or `time until`"));
    }
    if written.over == Some(Span::ZERO) {
        lower
            .errors
            .push(SyntaxError::new(0..0, "a stretch of zero makes no sense here"));
    }
    collect(&mut lower, Field::Over);
    let over = written.over.unwrap_or(OVER);
    let Some(that) = that.filter(|_| mistakes.is_empty()) else {
        return Err(mistakes);
    };
    let sound = "without a mistake every instant is there";
    Ok(Expectation {
        name: written.name.to_owned(),
        variants: written.variants.map(<[String]>::to_vec),
        that: with_over(that, over),
        during: during.map(|(from, to)| During {
            from: from.expect(sound),
            to: to.expect(sound),
        }),
        within: within.map(|(span, after)| Within {
            span,
            after: after.map_or(Moment::At(SimTime::ZERO), |it| it.expect(sound)),
            over,
        }),
        share: written.share.map(Ratio::as_f64),
    })
}

/// The measure that was written; a condition is 1 where it holds and 0 where not. Fails with all its mistakes, as
/// [`expectation`] does.
pub fn measure(name: &str, written: &expr::Measure, context: Context<'_>) -> Result<Measure, Errors> {
    let mut lower = Lower::new(context);
    let value = match written {
        expr::Measure::Value(it) => lower.value(it).map(|it| it.0),
        expr::Measure::Condition(it) => lower.condition(it).map(|it| Value::Holds(Box::new(it))),
    };
    match value {
        Some(value) if lower.errors.is_empty() => Ok(Measure {
            name: name.to_owned(),
            value,
        }),
        _ => Err(lower.errors),
    }
}

/// What a measure without mistakes counts; nothing for a bare number or a yes or no.
pub fn unit(written: &expr::Measure, context: Context<'_>) -> Option<Unit> {
    let expr::Measure::Value(value) = written else {
        return None;
    };
    match Lower::new(context).value(value)?.1 {
        Of(unit) => Some(unit),
        Bare => None,
    }
}

/// The moment that an instant means. Faults and changes must be known.
pub fn moment(instant: &Instant, directory: &Directory) -> Result<Moment, SyntaxError> {
    let later = match instant.offset {
        Offset::After(it) => i64::try_from(it.nanos()).unwrap_or(i64::MAX),
        Offset::Before(it) => i64::try_from(it.nanos()).map_or(i64::MIN, |it| -it),
    };
    Ok(match &instant.origin {
        Origin::Run => Moment::At(SimTime::from_nanos(u64::try_from(later).unwrap_or(0))),
        Origin::FaultStart(name) => Moment::FaultStart(directory.fault(name)?, later),
        Origin::FaultEnd(name) => Moment::FaultEnd(directory.fault(name)?, later),
        Origin::FaultsStart => Moment::FirstFaultStart(later),
        Origin::FaultsEnd => Moment::LastFaultEnd(later),
        Origin::ChangeStart(name) => Moment::Change(directory.change(name)?.0, later),
        Origin::ChangeEnd(name) => {
            let (change, takes) = directory.change(name)?;
            let takes = i64::try_from(takes.nanos()).unwrap_or(i64::MAX);
            Moment::Change(change, later.saturating_add(takes))
        }
    })
}

fn has_time_until(condition: &expr::Condition) -> bool {
    fn within(it: &Expr) -> bool {
        match it {
            Expr::TimeUntil { .. } => true,
            Expr::Binary { left, right, .. } => within(left) || within(right),
            Expr::Never { of, .. } => within(of),
            Expr::Quantity(_)
            | Expr::Metric(_)
            | Expr::Extreme { .. }
            | Expr::Share { .. }
            | Expr::TimeWhile { .. } => false,
        }
    }
    within(&condition.left) || matches!(&condition.bound, expr::Bound::Value(it) if within(it))
}

/// The same with `over` as the length of every stretch.
fn with_over(condition: Condition, over: Span) -> Condition {
    fn value(it: Value, over: Span) -> Value {
        match it {
            Value::TimeUntil { condition, after, .. } => Value::TimeUntil { condition, after, over },
            Value::Binary(operator, left, right) => {
                Value::Binary(operator, Box::new(value(*left, over)), Box::new(value(*right, over)))
            }
            Value::Never(it) => Value::Never(Box::new(value(*it, over))),
            other => other,
        }
    }
    Condition {
        left: value(condition.left, over),
        right: match condition.right {
            Bound::Value(it) => Bound::Value(value(it, over)),
            baseline => baseline,
        },
        ..condition
    }
}

struct Lower<'a> {
    context: Context<'a>,
    /// Whether values are taken over a part of the run.
    parts: bool,
    errors: Errors,
}

impl<'a> Lower<'a> {
    fn new(context: Context<'a>) -> Lower<'a> {
        Lower {
            context,
            parts: false,
            errors: Errors::new(),
        }
    }

    fn refuse<T>(&mut self, error: SyntaxError) -> Option<T> {
        self.errors.push(error);
        None
    }

    fn found<T>(&mut self, result: Result<T, Unresolved>) -> Option<T> {
        result.map_err(|it| self.errors.push(it.into())).ok()
    }

    /// Who calls whom; where calls are missing, a call that is not there may be one of them.
    fn called<T>(&mut self, result: Result<T, Unresolved>) -> Option<T> {
        match result {
            Err(_) if self.context.directory.lists().partial => None,
            result => self.found(result),
        }
    }

    fn moment(&mut self, instant: &Instant) -> Option<Moment> {
        moment(instant, self.context.directory)
            .map_err(|it| self.errors.push(it))
            .ok()
    }

    fn condition(&mut self, written: &expr::Condition) -> Option<Condition> {
        let comparison = match written.comparison.it {
            expr::Comparison::AtLeast => Comparison::AtLeast,
            expr::Comparison::AtMost => Comparison::AtMost,
            expr::Comparison::Above => Comparison::Greater,
            expr::Comparison::Below => Comparison::Less,
            expr::Comparison::Equal => Comparison::Equal,
            expr::Comparison::Unequal => Comparison::NotEqual,
        };
        match &written.bound {
            expr::Bound::Value(bound) => {
                let (left, right) = (self.value(&written.left), self.value(bound));
                let ((left, one), (right, other)) = (left?, right?);
                self.fit((&written.left, one), (bound, other))?;
                Some(Condition {
                    left,
                    comparison,
                    right: Bound::Value(right),
                })
            }
            expr::Bound::OfBaseline(share) => {
                if written.left.metrics().is_empty() {
                    let error =
                        SyntaxError::new(written.left.at(), "there is nothing measured here that has a baseline");
                    return self.refuse(error);
                }
                let parts = core::mem::replace(&mut self.parts, true);
                let left = self.value(&written.left);
                self.parts = parts;
                if self.context.directory.lists().faults.is_empty() {
                    let message = "a baseline is taken before the first fault, and there is none";
                    return self.refuse(SyntaxError::new(share.at.clone(), message).help("compare with a quantity"));
                }
                let right = Bound::OfBaseline(share.it.as_f64());
                Some(Condition {
                    left: left?.0,
                    comparison,
                    right,
                })
            }
        }
    }

    fn value(&mut self, written: &Expr) -> Option<(Value, Dimension)> {
        match written {
            Expr::Quantity(it) => self.quantity(it),
            Expr::Metric(it) if Named::find(&it.key.it).is_some() => self.named(it),
            Expr::Metric(it) => {
                let (metric, target) = self.metric(it)?;
                Some((Value::Metric(metric, target), Of(metric.unit())))
            }
            Expr::Extreme { which, of, at } => {
                let Expr::Metric(inner) = of.as_ref() else {
                    let error = SyntaxError::new(at.clone(), "the windows of the timeline are of one metric");
                    return self.refuse(error.help("write it like `max(p99(web))`"));
                };
                let parts = core::mem::replace(&mut self.parts, true);
                let found = self.metric(inner);
                self.parts = parts;
                let (metric, target) = found?;
                let value = match which {
                    Extreme::Max => Value::MaxOverWindows(metric, target),
                    Extreme::Min => Value::MinOverWindows(metric, target),
                };
                Some((value, Of(metric.unit())))
            }
            Expr::Share { of, .. } => self.share(of),
            Expr::TimeUntil { condition, after, .. } => {
                let parts = core::mem::replace(&mut self.parts, true);
                let condition = self.condition(condition);
                self.parts = parts;
                let after = match after {
                    Some(it) => self.moment(it),
                    None => Some(Moment::At(SimTime::ZERO)),
                };
                let value = Value::TimeUntil {
                    condition: Box::new(condition?),
                    after: after?,
                    over: OVER,
                };
                Some((value, Of(Unit::Seconds)))
            }
            Expr::TimeWhile { condition, .. } => {
                let parts = core::mem::replace(&mut self.parts, true);
                let condition = self.condition(condition);
                self.parts = parts;
                Some((Value::TimeWhile(Box::new(condition?)), Of(Unit::Seconds)))
            }
            Expr::Never { of, at } => {
                let (value, _) = self.value(of)?;
                if !matches!(value, Value::TimeUntil { .. }) {
                    let error = SyntaxError::new(at.clone(), "`never` is of a time until something");
                    return self.refuse(error.help("write it like `never(time until p99(web) < 1s after faults.end)`"));
                }
                Some((Value::Never(Box::new(value)), Of(Unit::Ratio)))
            }
            Expr::Binary { operator, left, right } => {
                let (first, second) = (self.value(left), self.value(right));
                let ((first, one), (second, other)) = (first?, second?);
                let sign = match operator.it {
                    expr::Operator::Add => Operator::Add,
                    expr::Operator::Subtract => Operator::Subtract,
                    expr::Operator::Multiply => Operator::Multiply,
                    expr::Operator::Divide => Operator::Divide,
                };
                let dimension = match sign {
                    Operator::Add | Operator::Subtract => {
                        self.fit((left, one), (right, other))?;
                        if one == Bare { other } else { one }
                    }
                    Operator::Multiply | Operator::Divide => match combined(sign, one, other) {
                        Some(it) => it,
                        None => {
                            let what = if sign == Operator::Multiply { "times" } else { "over" };
                            let message =
                                format!("{} {what} {} is nothing that can be compared", one.noun(), other.noun());
                            return self.refuse(SyntaxError::new(written.at(), message));
                        }
                    },
                };
                Some((Value::Binary(sign, Box::new(first), Box::new(second)), dimension))
            }
        }
    }

    fn quantity(&mut self, written: &Placed<Quantity>) -> Option<(Value, Dimension)> {
        let at = || written.at.clone();
        let (number, dimension) = match &written.it {
            Quantity::Number(it) => (it.as_f64(), Bare),
            Quantity::Span(it) => (it.as_secs_f64(), Of(Unit::Seconds)),
            Quantity::Rate(it) => (it.per_second(), Of(Unit::PerSecond)),
            Quantity::Ratio(it) => (it.as_f64(), Of(Unit::Ratio)),
            Quantity::Factor(it) => (it.as_f64(), Of(Unit::Ratio)),
            Quantity::Money(it) => {
                match self.context.currency {
                    Some(currency) if currency == it.currency => {}
                    Some(currency) => {
                        let error = SyntaxError::new(
                            at(),
                            format!("the prices of this file are in {currency}, not in {}", it.currency),
                        );
                        return self.refuse(error);
                    }
                    None if self.context.directory.lists().partial => return None,
                    None => return self.refuse(SyntaxError::new(at(), "nothing in this file has a price")),
                }
                (it.nano as f64 / 1e9, Of(Unit::Money))
            }
            Quantity::Price(it) => {
                let error = SyntaxError::new(at(), "expected an amount of money, found a price");
                return self.refuse(error.help(format!("write `{}`", it.amount)));
            }
            other @ (Quantity::Bytes(_) | Quantity::Bandwidth(_)) => {
                let error = SyntaxError::new(at(), format!("no metric is {}", other.noun()));
                return self.refuse(error);
            }
        };
        Some((Value::Number(number), dimension))
    }

    /// `share(response(web) > 1s)`; to a nanosecond, so that `>=` and `>` differ.
    fn share(&mut self, of: &expr::Condition) -> Option<(Value, Dimension)> {
        let example = "write it like `share(response(web) > 1s)`";
        let (Expr::Metric(metric), expr::Bound::Value(Expr::Quantity(limit))) = (&of.left, &of.bound) else {
            let error = SyntaxError::new(of.left.at(), "a share is of responses slower or faster than a duration");
            return self.refuse(error.help(example));
        };
        if metric.key.it != "response" {
            let error = SyntaxError::new(
                metric.key.at.clone(),
                format!("a share is of `response`, not of `{}`", metric.key.it),
            );
            return self.refuse(error.help(example));
        }
        let Quantity::Span(span) = limit.it else {
            let error = SyntaxError::new(
                limit.at.clone(),
                format!("expected a duration, found {}", limit.it.noun()),
            );
            return self.refuse(error.help(example));
        };
        let Some(target) = &metric.target else {
            return self
                .refuse(SyntaxError::new(metric.at.clone(), "of what?").help("write `response(*)` for all requests"));
        };
        let target = self.target(Metric::MeanAll, "response", target)?;
        let slower = |limit: Span| Value::ShareSlower(target.clone(), limit);
        let before = Span::from_nanos(span.nanos().saturating_sub(1));
        let rest = |it: Value| Value::Binary(Operator::Subtract, Box::new(Value::Number(1.0)), Box::new(it));
        let value = match of.comparison.it {
            expr::Comparison::Above => slower(span),
            expr::Comparison::AtLeast => slower(before),
            expr::Comparison::AtMost => rest(slower(span)),
            expr::Comparison::Below => rest(slower(before)),
            expr::Comparison::Equal | expr::Comparison::Unequal => {
                let error = SyntaxError::new(
                    of.comparison.at.clone(),
                    "a share is of responses slower or faster than a duration",
                );
                return self.refuse(error.help(example));
            }
        };
        Some((value, Of(Unit::Ratio)))
    }
}

#[cfg(test)]
mod tests;
