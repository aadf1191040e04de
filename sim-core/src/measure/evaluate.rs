//! Expressions over one run.
//!
//! Where nothing was offered a ratio has no value ([`Missing::NothingThere`]), and where nothing ended a time has none:
//! neither is 0 or 1. Rates and counts of nothing are 0.

use super::spans::{self, Scope};
use super::wiring::Wiring;
use super::{Bound, Comparison, Condition, During, Expectation, Measure, Metric, Operator, Target, Value};
use crate::results::RunResult;

/// What a value of one run came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    /// A number, in the unit of the value.
    Number(f64),
    /// It did not happen before the arrivals stopped: at least this, perhaps for ever.
    Censored(f64),
    /// There is no such number.
    Missing(Missing),
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Nothing was offered or nothing ended in the span, so a ratio or a time has no value.
    #[error("there was nothing to measure in the span")]
    NothingThere,
    /// The span holds no whole window.
    #[error("the span holds no whole window of the run")]
    EmptySpan,
    /// The run was made without recording what is needed.
    #[error("the run did not record the timelines this needs")]
    NotRecorded,
    /// The metric is known for the whole measured span only.
    #[error("this metric is known for the whole measured span only")]
    WholeRunOnly,
    /// Timelines are kept by service, and this is one of several endpoints.
    #[error("timelines of a service do not tell its endpoints apart")]
    NotByEndpoint,
    /// The target has no such metric.
    #[error("the target has no such metric")]
    NotApplicable,
    /// The fault did not begin in this run.
    #[error("the fault did not begin before the run ended")]
    FaultNeverStarted,
    /// The fault did not end in this run.
    #[error("the fault had not ended when the run did")]
    FaultNeverEnded,
    /// The change did not happen in this run.
    #[error("the change did not happen before the run ended")]
    ChangeNeverHappened,
    /// A baseline or a recovery needs a fault, and there was none.
    #[error("there was no fault")]
    NoFault,
    /// The first fault began before or just when measuring did.
    #[error("the first fault left no time before it for a baseline: let it begin a minute after the warm-up")]
    NoBaseline,
    /// A stretch no longer fits between the moment and the end of the arrivals.
    #[error("the arrivals stopped too soon after that moment to tell")]
    TooLate,
    /// The service has no limit of workers or cores.
    #[error("neither workers nor cores are limited, so there is no utilization")]
    Unlimited,
    /// The table of time shares ends before this number.
    #[error("times are kept up to a smaller number of calls")]
    BeyondTheTable,
    /// What is censored was compared with, or put into, what would need its value.
    #[error("it had not happened when the arrivals stopped; a longer run would tell")]
    Undecided,
}

impl Measured {
    /// The number, if there is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Measured::Number(it) => Some(it),
            Measured::Censored(_) | Measured::Missing(_) => None,
        }
    }
}

impl From<Result<f64, Missing>> for Measured {
    fn from(result: Result<f64, Missing>) -> Measured {
        match result {
            Ok(number) => Measured::Number(number),
            Err(why) => Measured::Missing(why),
        }
    }
}

/// What an expectation came to in one run: all that a verdict over many runs needs of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// The left side; with `within`, the seconds until the condition holds for good.
    pub left: Measured,
    /// What it was compared with; with `within`, the seconds it had.
    pub right: Measured,
    /// Whether it held in this run.
    pub holds: Result<bool, Missing>,
}

/// Evaluates expressions over one run.
#[derive(Clone, Copy, Debug)]
pub struct Evaluator<'a> {
    pub(super) run: &'a RunResult,
    pub(super) wiring: &'a Wiring,
}

impl<'a> Evaluator<'a> {
    /// Over `run`, made from the model that `wiring` is of.
    pub fn new(run: &'a RunResult, wiring: &'a Wiring) -> Evaluator<'a> {
        Evaluator { run, wiring }
    }

    /// A measure, over the measured span.
    pub fn measure(&self, measure: &Measure) -> Measured {
        self.value(&measure.value, None)
    }

    /// A value over a span; `None` is the measured span, from the totals.
    pub fn value(&self, value: &Value, during: Option<&During>) -> Measured {
        match spans::scope(self.run, during) {
            Ok(scope) => self.value_over(value, &scope),
            Err(why) => Measured::Missing(why),
        }
    }

    /// Whether a condition holds over a span; `None` is the measured span.
    pub fn condition(&self, condition: &Condition, during: Option<&During>) -> Check {
        match spans::scope(self.run, during) {
            Ok(scope) => self.check_over(condition, &scope),
            Err(why) => Check {
                left: Measured::Missing(why),
                right: Measured::Missing(why),
                holds: Err(why),
            },
        }
    }

    /// An expectation. Its `variants` are not looked at; with `within`, nor is `during`.
    pub fn expectation(&self, expectation: &Expectation) -> Check {
        let Some(within) = &expectation.within else {
            return self.condition(&expectation.that, expectation.during.as_ref());
        };
        let left = self.time_until(&expectation.that, within.after, within.over);
        let right = Measured::Number(within.span.as_secs_f64());
        Check {
            left,
            right,
            holds: compare(left, Comparison::AtMost, right),
        }
    }

    pub(super) fn value_over(&self, value: &Value, scope: &Scope) -> Measured {
        match value {
            Value::Number(number) => Measured::Number(*number),
            Value::Metric(metric, target) => self.figure(*metric, target, scope).into(),
            Value::MaxOverWindows(metric, target) => self.over_windows(*metric, target, scope, f64::max).into(),
            Value::MinOverWindows(metric, target) => self.over_windows(*metric, target, scope, f64::min).into(),
            Value::ShareSlower(target, limit) => self.share_slower(target, *limit, scope).into(),
            Value::TimeUntil { condition, after, over } => self.time_until(condition, *after, *over),
            Value::TimeWhile(condition) => self.time_while(condition, scope).into(),
            Value::Never(value) => match self.value_over(value, scope) {
                Measured::Number(_) => Measured::Number(0.0),
                Measured::Censored(_) => Measured::Number(1.0),
                missing => missing,
            },
            Value::Holds(condition) => self
                .check_over(condition, scope)
                .holds
                .map(|it| if it { 1.0 } else { 0.0 })
                .into(),
            Value::Binary(operator, left, right) => {
                combine(*operator, self.value_over(left, scope), self.value_over(right, scope))
            }
        }
    }

    pub(super) fn check_over(&self, condition: &Condition, scope: &Scope) -> Check {
        let left = self.value_over(&condition.left, scope);
        let right = match &condition.right {
            Bound::Value(value) => self.value_over(value, scope),
            Bound::OfBaseline(share) => self.baseline(&condition.left, *share),
        };
        Check {
            left,
            right,
            holds: compare(left, condition.comparison, right),
        }
    }

    /// The share of the value's baseline: the value over the minute before the first fault of the run, as far as that is in
    /// the measured span. Of a maximum or minimum over windows, the baseline is the metric's mean, too.
    pub(super) fn baseline(&self, value: &Value, share: f64) -> Measured {
        let scope = match spans::baseline(self.run) {
            Ok(scope) => scope,
            Err(why) => return Measured::Missing(why),
        };
        let usual = match value {
            Value::MaxOverWindows(metric, target) | Value::MinOverWindows(metric, target) => {
                self.figure(*metric, target, &scope).into()
            }
            other => self.value_over(other, &scope),
        };
        combine(Operator::Multiply, Measured::Number(share), usual)
    }

    /// The value that `pick` prefers of those of all windows; windows that have none are left out.
    fn over_windows(
        &self,
        metric: Metric,
        target: &Target,
        scope: &Scope,
        pick: fn(f64, f64) -> f64,
    ) -> Result<f64, Missing> {
        let mut picked = Err(Missing::NothingThere);
        for window in spans::windows_of(self.run, scope)? {
            match self.figure(metric, target, &Scope::Windows(window..window + 1)) {
                Ok(value) => picked = Ok(picked.map_or(value, |it| pick(it, value))),
                Err(Missing::NothingThere) => (),
                Err(why) => return Err(why),
            }
        }
        picked
    }
}

impl Comparison {
    /// Whether two numbers compare like this.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Greater => left > right,
            Comparison::AtLeast => left >= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
        }
    }

    /// The comparison that holds of `right` and `left` whenever this one holds of `left` and `right`.
    pub(super) fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::Greater => Comparison::Less,
            Comparison::AtLeast => Comparison::AtMost,
            same => same,
        }
    }
}

/// Compares what was measured. Something censored is more than everything below its bound; beyond that nobody knows.
fn compare(left: Measured, comparison: Comparison, right: Measured) -> Result<bool, Missing> {
    match (left, right) {
        (Measured::Missing(why), _) | (_, Measured::Missing(why)) => Err(why),
        (Measured::Number(left), Measured::Number(right)) => Ok(comparison.holds(left, right)),
        (Measured::Censored(least), Measured::Number(number)) if number <= least => Ok(matches!(
            comparison,
            Comparison::Greater | Comparison::AtLeast | Comparison::NotEqual
        )),
        (Measured::Number(number), Measured::Censored(least)) if number <= least => {
            compare(right, comparison.mirrored(), left)
        }
        (Measured::Censored(_), _) | (_, Measured::Censored(_)) => Err(Missing::Undecided),
    }
}

/// Arithmetic. What is censored stays so where more of it gives more; elsewhere its result is unknown.
fn combine(operator: Operator, left: Measured, right: Measured) -> Measured {
    use Measured::{Censored, Number};
    let result = match (operator, left, right) {
        (_, Measured::Missing(why), _) | (_, _, Measured::Missing(why)) => Measured::Missing(why),
        (Operator::Add, Number(a), Number(b)) => Number(a + b),
        (Operator::Subtract, Number(a), Number(b)) => Number(a - b),
        (Operator::Multiply, Number(a), Number(b)) => Number(a * b),
        (Operator::Divide, Number(_), Number(0.0)) => Measured::Missing(Missing::NothingThere),
        (Operator::Divide, Number(a), Number(b)) => Number(a / b),
        (Operator::Add, Censored(a), Number(b) | Censored(b)) | (Operator::Add, Number(a), Censored(b)) => {
            Censored(a + b)
        }
        (Operator::Subtract, Censored(a), Number(b)) => Censored(a - b),
        (Operator::Multiply, Censored(a), Number(b)) | (Operator::Multiply, Number(a), Censored(b))
            if (matches!(left, Censored(_)) && b > 0.0) || (matches!(right, Censored(_)) && a > 0.0) =>
        {
            Censored(a * b)
        }
        (Operator::Divide, Censored(a), Number(b)) if b > 0.0 => Censored(a / b),
        _ => Measured::Missing(Missing::Undecided),
    };
    match result {
        // Too large for a number: no better than a division by zero.
        Number(it) | Censored(it) if !it.is_finite() => Measured::Missing(Missing::NothingThere),
        fine => fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FaultId, LoadId};
    use crate::measure::testing::{fault, run_with_goodput, wiring};
    use crate::measure::{Moment, Within};
    use crate::time::{SimTime, Span};
    use Measured::{Censored, Number};

    fn ratio() -> Value {
        Value::Metric(Metric::GoodputRatio, Target::Requests(vec![(LoadId(0), 0)]))
    }

    fn at_least(right: Bound) -> Condition {
        Condition {
            left: ratio(),
            comparison: Comparison::AtLeast,
            right,
        }
    }

    fn seconds(from: u64, to: u64) -> During {
        During {
            from: Moment::At(SimTime::from_secs(from)),
            to: Moment::At(SimTime::from_secs(to)),
        }
    }

    #[test]
    fn values_are_taken_over_the_span_asked_for() {
        let wiring = wiring();
        let run = run_with_goodput(100, |second| if second < 50 { 100 } else { 50 });
        let evaluator = Evaluator::new(&run, &wiring);
        assert_eq!(evaluator.value(&ratio(), Some(&seconds(0, 50))), Number(1.0));
        assert_eq!(evaluator.value(&ratio(), Some(&seconds(40, 60))), Number(0.75));
        assert_eq!(
            evaluator.value(&ratio(), Some(&seconds(60, 60))),
            Measured::Missing(Missing::EmptySpan)
        );
        let until_fault = During {
            from: Moment::At(SimTime::ZERO),
            to: Moment::FaultStart(FaultId(0), 0),
        };
        assert_eq!(
            evaluator.value(&ratio(), Some(&until_fault)),
            Measured::Missing(Missing::FaultNeverStarted)
        );
        let (metric, target) = (Metric::Goodput, Target::Everything);
        let most = Value::MaxOverWindows(metric, target);
        assert_eq!(evaluator.value(&most, None), Number(100.0));
        assert_eq!(evaluator.value(&most, Some(&seconds(70, 90))), Number(50.0));
        let least = Value::MinOverWindows(metric, Target::Everything);
        assert_eq!(evaluator.value(&least, None), Number(50.0));
        assert_eq!(evaluator.value(&least, Some(&seconds(20, 50))), Number(100.0));
    }

    #[test]
    fn windows_with_nothing_offered_are_left_out_of_a_maximum() {
        let wiring = wiring();
        let mut run = run_with_goodput(10, |_| 60);
        run.timeline.loads[0][0][3] = Default::default();
        let most = Value::MaxOverWindows(Metric::GoodputRatio, Target::Requests(vec![(LoadId(0), 0)]));
        let evaluator = Evaluator::new(&run, &wiring);
        assert_eq!(evaluator.value(&most, Some(&seconds(2, 5))), Number(0.6));
        assert_eq!(
            evaluator.value(&most, Some(&seconds(3, 4))),
            Measured::Missing(Missing::NothingThere)
        );
    }

    #[test]
    fn a_baseline_is_of_the_minute_before_the_first_fault() {
        let wiring = wiring();
        let mut run = run_with_goodput(300, |second| match second {
            0..140 => 10,
            140..200 => 80,
            200..250 => 30,
            _ => 78,
        });
        run.faults = vec![fault(0, 200, Some(250))];
        let evaluator = Evaluator::new(&run, &wiring);
        let check = |from, to| evaluator.condition(&at_least(Bound::OfBaseline(0.95)), Some(&seconds(from, to)));
        assert_eq!(
            check(250, 300),
            Check {
                left: Number(0.78),
                right: Number(0.76),
                holds: Ok(true)
            }
        );
        assert_eq!(check(200, 250).holds, Ok(false));
        run.faults.clear();
        let without = Evaluator::new(&run, &wiring);
        let check = without.condition(&at_least(Bound::OfBaseline(0.95)), Some(&seconds(0, 300)));
        assert_eq!(check.holds, Err(Missing::NoFault));
    }

    #[test]
    fn within_asks_whether_the_time_until_is_short_enough() {
        let wiring = wiring();
        let mut run = run_with_goodput(300, |second| if (100..160).contains(&second) { 0 } else { 100 });
        run.faults = vec![fault(0, 100, Some(130))];
        let expectation = |span| Expectation {
            name: "recovers".into(),
            variants: None,
            that: at_least(Bound::OfBaseline(0.95)),
            during: None,
            within: Some(Within {
                span: Span::from_secs(span),
                after: Moment::FaultEnd(FaultId(0), 0),
                over: Span::from_secs(10),
            }),
            share: None,
        };
        let evaluator = Evaluator::new(&run, &wiring);
        assert_eq!(
            evaluator.expectation(&expectation(30)),
            Check {
                left: Number(30.0),
                right: Number(30.0),
                holds: Ok(true)
            }
        );
        assert_eq!(evaluator.expectation(&expectation(29)).holds, Ok(false));
    }

    #[test]
    fn what_never_happened_is_more_than_the_time_there_was() {
        let never = Censored(100.0);
        for (comparison, at_100, beyond) in [
            (Comparison::Less, Ok(false), Err(Missing::Undecided)),
            (Comparison::AtMost, Ok(false), Err(Missing::Undecided)),
            (Comparison::Greater, Ok(true), Err(Missing::Undecided)),
            (Comparison::AtLeast, Ok(true), Err(Missing::Undecided)),
            (Comparison::Equal, Ok(false), Err(Missing::Undecided)),
            (Comparison::NotEqual, Ok(true), Err(Missing::Undecided)),
        ] {
            assert_eq!(compare(never, comparison, Number(100.0)), at_100);
            assert_eq!(compare(never, comparison, Number(50.0)), at_100);
            assert_eq!(compare(never, comparison, Number(100.1)), beyond);
            assert_eq!(compare(Number(50.0), comparison.mirrored(), never), at_100);
            assert_eq!(compare(never, comparison, never), beyond);
        }
    }

    #[test]
    fn arithmetic_keeps_what_is_known() {
        use Operator::{Add, Divide, Multiply, Subtract};
        let (two, never) = (Number(2.0), Censored(10.0));
        assert_eq!(combine(Divide, Number(3.0), two), Number(1.5));
        assert_eq!(
            combine(Divide, two, Number(0.0)),
            Measured::Missing(Missing::NothingThere)
        );
        assert_eq!(combine(Add, two, never), Censored(12.0));
        assert_eq!(combine(Subtract, never, two), Censored(8.0));
        assert_eq!(combine(Multiply, never, two), Censored(20.0));
        assert_eq!(combine(Divide, never, two), Censored(5.0));
        assert_eq!(combine(Subtract, two, never), Measured::Missing(Missing::Undecided));
        assert_eq!(
            combine(Multiply, never, Number(-1.0)),
            Measured::Missing(Missing::Undecided)
        );
        assert_eq!(
            combine(Multiply, Number(f64::MAX), two),
            Measured::Missing(Missing::NothingThere)
        );
        assert_eq!(
            combine(Add, Measured::Missing(Missing::NoFault), two),
            Measured::Missing(Missing::NoFault)
        );
    }

    #[test]
    fn a_condition_can_be_a_measure_of_one_or_zero() {
        let wiring = wiring();
        let run = run_with_goodput(10, |_| 60);
        let collapsed = |limit| {
            let less = Condition {
                left: Value::Metric(Metric::Goodput, Target::Everything),
                comparison: Comparison::Less,
                right: Bound::Value(Value::Number(limit)),
            };
            let value = Value::Holds(Box::new(less));
            Evaluator::new(&run, &wiring).value(&value, Some(&seconds(0, 9)))
        };
        assert_eq!((collapsed(61.0), collapsed(60.0)), (Number(1.0), Number(0.0)));
    }
}
