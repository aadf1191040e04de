//! Which way a number is better.

use super::{Comparison, Condition, Metric, Operator, Value};
use crate::outcome::Outcome;

/// Which of two values a user would rather have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The larger one.
    More,
    /// The smaller one.
    Less,
    /// Neither: it says what happens, not how well (a load, a utilization).
    Neither,
}

use Better::{Less, More, Neither};

impl Better {
    /// The other way round.
    pub fn opposite(self) -> Better {
        match self {
            More => Less,
            Less => More,
            Neither => Neither,
        }
    }

    /// What holds of a sum of both: what is neither good nor bad has no say, and two that disagree leave it open.
    fn and(self, other: Better) -> Better {
        match (self, other) {
            (Neither, it) | (it, Neither) => it,
            (one, other) if one == other => one,
            _ => Neither,
        }
    }
}

impl Metric {
    /// Which way it is better, all else the same. Of a degraded answer, a fallback, a hit of a cache or a utilization nobody can
    /// say.
    pub fn better(self) -> Better {
        match self {
            Metric::Throughput
            | Metric::Goodput
            | Metric::GoodputCount
            | Metric::GoodputRatio
            | Metric::SuccessRatio
            | Metric::ServedRatio
            | Metric::Count(Outcome::Ok)
            | Metric::Ratio(Outcome::Ok)
            | Metric::Availability
            | Metric::ReplicaAvailability => More,
            Metric::Offered
            | Metric::OfferedCount
            | Metric::Count(Outcome::Degraded)
            | Metric::Ratio(Outcome::Degraded)
            | Metric::Hedges
            | Metric::HedgeWins
            | Metric::Fallbacks
            | Metric::CacheHits
            | Metric::CacheMisses
            | Metric::CacheJoined
            | Metric::CacheHitRatio
            | Metric::Batches
            | Metric::Batched
            | Metric::Utilization
            | Metric::InServiceMean
            | Metric::InServiceMax
            | Metric::InSystemMean
            | Metric::InSystemMax
            | Metric::TimeShare(_)
            | Metric::TimeShareFrom(_)
            | Metric::Replicas
            | Metric::FaultStart
            | Metric::FaultEnd
            | Metric::FaultCount
            | Metric::FaultDowntime => Neither,
            Metric::FailureRatio
            | Metric::Count(_)
            | Metric::Ratio(_)
            | Metric::Unfinished
            | Metric::Mean
            | Metric::Quantile(_)
            | Metric::Min
            | Metric::Max
            | Metric::MeanAll
            | Metric::QuantileAll(_)
            | Metric::WaitMean
            | Metric::WaitQuantile(_)
            | Metric::ServiceMean
            | Metric::ServiceQuantile(_)
            | Metric::Attempts
            | Metric::Amplification
            | Metric::FallbacksFailed
            | Metric::AttemptMean
            | Metric::AttemptQuantile(_)
            | Metric::WaitedRatio
            | Metric::SlowdownMean
            | Metric::Wasted
            | Metric::WastedRatio
            | Metric::QueueLengthMean
            | Metric::QueueLengthMax
            | Metric::Cost
            | Metric::CostReplicas
            | Metric::CostCalls
            | Metric::CostTraffic => Less,
        }
    }
}

impl Value {
    /// Which way it is better, as far as that follows from the metrics in it: it does if all that have a direction want the same.
    pub fn better(&self) -> Better {
        match self {
            Value::Number(_) => Neither,
            Value::Metric(metric, _) | Value::MaxOverWindows(metric, _) | Value::MinOverWindows(metric, _) => {
                metric.better()
            }
            Value::ShareSlower(..) => Less,
            // What is good should come soon and last long.
            Value::TimeUntil { condition, .. } => condition.better().opposite(),
            Value::TimeWhile(condition) | Value::Holds(condition) => condition.better(),
            Value::Never(value) => value.better(),
            Value::Binary(operator, left, right) => {
                let scales = matches!(operator, Operator::Multiply | Operator::Divide);
                let (one, mut other) = (left.better(), right.better());
                if matches!(operator, Operator::Subtract | Operator::Divide) {
                    other = other.opposite();
                }
                match (left.as_ref(), right.as_ref()) {
                    (Value::Number(factor), _) if scales && *factor < 0.0 => other.opposite(),
                    (_, Value::Number(factor)) if scales && *factor < 0.0 => one.opposite(),
                    (Value::Number(_), _) => other,
                    (_, Value::Number(_)) => one,
                    _ => one.and(other),
                }
            }
        }
    }

    /// Whether it is a yes or no for each run: 1 or 0.
    pub fn is_yes_or_no(&self) -> bool {
        matches!(self, Value::Holds(_) | Value::Never(_))
    }
}

impl Condition {
    /// Whether it is better that it holds ([`Better::More`]) or that it does not.
    pub fn better(&self) -> Better {
        match self.comparison {
            Comparison::Greater | Comparison::AtLeast => self.left.better(),
            Comparison::Less | Comparison::AtMost => self.left.better().opposite(),
            Comparison::Equal | Comparison::NotEqual => Neither,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Bound, Moment, Target};
    use crate::time::{SimTime, Span};

    fn metric(metric: Metric) -> Value {
        Value::Metric(metric, Target::Everything)
    }

    fn binary(operator: Operator, left: Value, right: Value) -> Value {
        Value::Binary(operator, Box::new(left), Box::new(right))
    }

    fn condition(left: Value, comparison: Comparison) -> Condition {
        Condition {
            left,
            comparison,
            right: Bound::Value(Value::Number(0.5)),
        }
    }

    #[test]
    fn goodput_should_be_high_and_what_is_slow_or_costs_low() {
        assert_eq!(Metric::GoodputRatio.better(), More);
        assert_eq!((Metric::Quantile(0.99).better(), Metric::Cost.better()), (Less, Less));
        assert_eq!(
            (
                Metric::Count(Outcome::Ok).better(),
                Metric::Count(Outcome::Timeout).better()
            ),
            (More, Less)
        );
        assert_eq!(Metric::Utilization.better(), Neither);
    }

    #[test]
    fn arithmetic_keeps_the_direction_that_all_parts_agree_on() {
        let (good, slow, offered) = (
            metric(Metric::GoodputRatio),
            metric(Metric::Mean),
            metric(Metric::OfferedCount),
        );
        let number = |it| Value::Number(it);
        for (value, better) in [
            (binary(Operator::Subtract, number(1.0), good.clone()), Less),
            (
                binary(
                    Operator::Divide,
                    binary(Operator::Subtract, number(1.0), good.clone()),
                    number(0.01),
                ),
                Less,
            ),
            (binary(Operator::Multiply, number(-2.0), good.clone()), Less),
            (binary(Operator::Divide, good.clone(), slow.clone()), More),
            (binary(Operator::Add, good.clone(), slow), Neither),
            (binary(Operator::Divide, good, offered.clone()), More),
            (binary(Operator::Divide, metric(Metric::Attempts), offered), Less),
        ] {
            assert_eq!(value.better(), better, "{value:?}");
        }
    }

    #[test]
    fn a_recovery_should_come_soon_and_a_bad_state_never() {
        let back = condition(metric(Metric::GoodputRatio), Comparison::AtLeast);
        let time = Value::TimeUntil {
            condition: Box::new(back.clone()),
            after: Moment::At(SimTime::ZERO),
            over: Span::from_secs(10),
        };
        assert_eq!((time.better(), Value::Never(Box::new(time)).better()), (Less, Less));
        let low = condition(metric(Metric::GoodputRatio), Comparison::Less);
        assert_eq!(Value::TimeWhile(Box::new(low.clone())).better(), Less);
        assert_eq!(
            (
                Value::Holds(Box::new(low)).better(),
                Value::Holds(Box::new(back)).better()
            ),
            (Less, More)
        );
    }
}
