//! What a run has to record so that an expression can be evaluated over it.

use super::names::Figure;
use super::sums::Times;
use super::{Bound, Condition, Expectation, Measure, Metric, Needs, Target, Value};
use crate::observe::Record;

impl Needs {
    /// What an expectation needs.
    pub fn of_expectation(expectation: &Expectation) -> Needs {
        let over_windows = expectation.during.is_some() || expectation.within.is_some();
        Needs::of_condition(&expectation.that, over_windows)
    }

    /// What a measure needs.
    pub fn of_measure(measure: &Measure) -> Needs {
        Needs::of_value(&measure.value, false)
    }

    /// What a condition needs; `over_windows` if it is taken over parts of a run.
    pub fn of_condition(condition: &Condition, over_windows: bool) -> Needs {
        let right = match &condition.right {
            Bound::Value(value) => Needs::of_value(value, over_windows),
            Bound::OfBaseline(_) => Needs::of_value(&condition.left, true),
        };
        Needs::of_value(&condition.left, over_windows).and(right)
    }

    /// What a value needs; `over_windows` if it is taken over parts of a run.
    pub fn of_value(value: &Value, over_windows: bool) -> Needs {
        match value {
            Value::Number(_) => Needs::default(),
            Value::Metric(metric, target) => metric_needs(*metric, target, over_windows),
            Value::MaxOverWindows(metric, target) | Value::MinOverWindows(metric, target) => {
                metric_needs(*metric, target, true)
            }
            Value::ShareSlower(target, _) => metric_needs(Metric::MeanAll, target, over_windows),
            Value::TimeUntil { condition, .. } | Value::TimeWhile(condition) => Needs::of_condition(condition, true),
            Value::Never(value) => Needs::of_value(value, over_windows),
            Value::Holds(condition) => Needs::of_condition(condition, over_windows),
            Value::Binary(_, left, right) => {
                Needs::of_value(left, over_windows).and(Needs::of_value(right, over_windows))
            }
        }
    }

    /// Both.
    pub fn and(self, other: Needs) -> Needs {
        let (a, b) = (self.record, other.record);
        Needs {
            record: Record {
                loads: a.loads || b.loads,
                services: a.services || b.services,
                edges: a.edges || b.edges,
                latencies: a.latencies || b.latencies,
                transitions: a.transitions || b.transitions,
                checkpoints: match (a.checkpoints, b.checkpoints) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                },
            },
        }
    }
}

fn metric_needs(metric: Metric, target: &Target, over_windows: bool) -> Needs {
    let mut record = Record::default();
    // Totals count requests by arrival only; when they finished is in the timeline.
    let finished_requests = metric == Metric::Throughput && metric.is_about_requests(target);
    if (!over_windows || !Figure::of(metric).spans) && !finished_requests {
        return Needs { record };
    }
    match target {
        _ if metric.is_about_attempts() => record.edges = true,
        _ if metric.is_about_requests(target) => record.loads = true,
        Target::Services(_) | Target::Endpoints(_) | Target::Front { .. } => record.services = true,
        Target::Lanes(_) | Target::Edges(_) => record.edges = true,
        Target::Everything | Target::Requests(_) | Target::Fault(_) => (),
    }
    record.latencies = Times::of(metric).is_some();
    Needs { record }
}

impl Metric {
    /// Counted over edges, whatever the target is.
    pub(super) fn is_about_attempts(self) -> bool {
        matches!(
            self,
            Metric::Attempts | Metric::Amplification | Metric::AttemptMean | Metric::AttemptQuantile(_)
        )
    }

    /// Of requests, for this target.
    pub(super) fn is_about_requests(self, target: &Target) -> bool {
        let of = Figure::of(self).of;
        !self.is_about_attempts()
            && matches!(target, Target::Everything | Target::Requests(_) | Target::Front { .. })
            && of.contains(&super::Kind::Requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FaultId, LoadId, ServiceId};
    use crate::measure::{Comparison, During, Moment, Within};
    use crate::time::{SimTime, Span};

    fn requests() -> Target {
        Target::Requests(vec![(LoadId(0), 0)])
    }

    fn expectation(left: Value, right: Bound) -> Expectation {
        Expectation {
            name: "it".into(),
            variants: None,
            that: Condition {
                left,
                comparison: Comparison::AtLeast,
                right,
            },
            during: None,
            within: None,
            share: None,
        }
    }

    #[test]
    fn totals_need_nothing() {
        let value = Value::Metric(Metric::Quantile(0.99), requests());
        let plain = expectation(value, Bound::Value(Value::Number(1.0)));
        assert_eq!(Needs::of_expectation(&plain), Needs::default());
    }

    #[test]
    fn requests_finish_in_the_timeline_only() {
        let value = Value::Metric(Metric::Throughput, requests());
        assert_eq!(
            Needs::of_value(&value, false).record,
            Record {
                loads: true,
                ..Record::default()
            }
        );
        let service = Value::Metric(Metric::Throughput, Target::Services(vec![ServiceId(0)]));
        assert_eq!(Needs::of_value(&service, false), Needs::default());
    }

    #[test]
    fn spans_baselines_and_maxima_need_the_timelines_of_their_targets() {
        let loads = Record {
            loads: true,
            ..Record::default()
        };
        let ratio = || Value::Metric(Metric::GoodputRatio, requests());
        let mut spanned = expectation(ratio(), Bound::Value(Value::Number(0.9)));
        spanned.during = Some(During {
            from: Moment::At(SimTime::ZERO),
            to: Moment::FaultStart(FaultId(0), 0),
        });
        assert_eq!(Needs::of_expectation(&spanned).record, loads);
        assert_eq!(
            Needs::of_expectation(&expectation(ratio(), Bound::OfBaseline(0.95))).record,
            loads
        );
        let mut within = expectation(ratio(), Bound::Value(Value::Number(0.9)));
        within.within = Some(Within {
            span: Span::from_secs(1),
            after: Moment::At(SimTime::ZERO),
            over: Span::from_secs(10),
        });
        assert_eq!(Needs::of_expectation(&within).record, loads);

        let services = Target::Services(vec![ServiceId(0)]);
        let longest = Value::MaxOverWindows(Metric::WaitQuantile(0.99), services.clone());
        assert_eq!(
            Needs::of_value(&longest, false).record,
            Record {
                services: true,
                latencies: true,
                ..Record::default()
            }
        );
        let attempts = Value::Metric(Metric::Amplification, services);
        assert_eq!(
            Needs::of_value(&attempts, true).record,
            Record {
                edges: true,
                ..Record::default()
            }
        );
        let slower = Value::ShareSlower(requests(), Span::from_secs(1));
        assert_eq!(
            Needs::of_value(&slower, true).record,
            Record {
                loads: true,
                latencies: true,
                ..Record::default()
            }
        );
    }
}
