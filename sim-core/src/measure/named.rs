//! Expressions that have a name: what an outage cost, and whether it ended.
//!
//! Each is an expression of the same language, written out in [`Named::written`]; who wants another limit writes it out with
//! that. *Recovered* means: after the last fault goodput is back at 95 % of its baseline and stays there; a run that does not
//! recover although the fault is over is *metastable*.
//!
//! Source of the burn rate: B. Beyer et al., *The Site Reliability Workbook* (2018), chapter 5. The limits (95 %, 50 %, 99 %) are
//! this project's own.

use super::{Bound, Comparison, Condition, Metric, Moment, Operator, Target, Unit, Value};
use crate::ids::LoadId;
use crate::time::{SimTime, Span};

/// The length of a stretch in which a condition must hold, where nothing else is said.
pub const STRETCH: Span = Span::from_secs(10);

/// The share of its baseline at which goodput counts as recovered.
pub const RECOVERED: f64 = 0.95;

/// Below this share of goodput at the end, a run has collapsed.
pub const COLLAPSED: f64 = 0.5;

/// The objective whose error budget is burnt, and below which time counts.
pub const OBJECTIVE: f64 = 0.99;

/// An expression with a name, of requests.
#[derive(Debug)]
pub struct Named {
    /// What it is called.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// The expression it stands for; `{x}` is what it is of.
    pub written: &'static str,
    /// What its numbers count.
    pub unit: Unit,
    /// Whether it wants a fault to be there.
    pub needs_fault: bool,
    make: fn(&Target, &[Worth]) -> Value,
}

/// What requests of a load are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// The entries of the load's mix that are meant.
    pub entries: Vec<(LoadId, u16)>,
    /// What one of them is worth, in the scenario's currency.
    pub each: f64,
}

/// Every named expression, in the order in which `explain` lists them.
pub static NAMED: &[Named] = &[
    Named {
        name: "recovery_time",
        about: "how long after the end of the last fault goodput is back at 95 % of what it was before the first, for good; \
                censored if it never is",
        written: "time until goodput_ratio({x}) >= 95% of baseline after faults.end",
        unit: Unit::Seconds,
        needs_fault: true,
        make: |of, _| recovery_time(of.clone()),
    },
    Named {
        name: "metastable",
        about: "1 if goodput does not recover although the faults are over, else 0; over many runs, the probability of that",
        written: "never(time until goodput_ratio({x}) >= 95% of baseline after faults.end)",
        unit: Unit::Ratio,
        needs_fault: true,
        make: |of, _| Value::Never(Box::new(recovery_time(of.clone()))),
    },
    Named {
        name: "collapsed",
        about: "1 if goodput is below half of what is offered when the arrivals stop, else 0; over many runs, the probability of \
                that",
        written: "never(time until goodput_ratio({x}) >= 50%)",
        unit: Unit::Ratio,
        needs_fault: false,
        make: |of, _| {
            Value::Never(Box::new(Value::TimeUntil {
                condition: Box::new(good(
                    of.clone(),
                    Comparison::AtLeast,
                    Bound::Value(Value::Number(COLLAPSED)),
                )),
                after: Moment::At(SimTime::ZERO),
                over: STRETCH,
            }))
        },
    },
    Named {
        name: "time_below_objective",
        about: "how much of the measured span goodput is below 99 % of what is offered, window by window",
        written: "time while goodput_ratio({x}) < 99%",
        unit: Unit::Seconds,
        needs_fault: false,
        make: |of, _| {
            let low = good(of.clone(), Comparison::Less, Bound::Value(Value::Number(OBJECTIVE)));
            Value::TimeWhile(Box::new(low))
        },
    },
    Named {
        name: "error_budget_burn",
        about: "the share of requests that are no goodput, over the 1 % that an objective of 99 % allows: at 1 the budget of the \
                measured span is just used up",
        written: "(1 - goodput_ratio({x})) / 1%",
        unit: Unit::Ratio,
        needs_fault: false,
        make: |of, _| {
            let ratio = Value::Metric(Metric::GoodputRatio, of.clone());
            let lost = binary(Operator::Subtract, Value::Number(1.0), ratio);
            binary(Operator::Divide, lost, Value::Number(0.01))
        },
    },
    Named {
        name: "money_lost",
        about: "what the requests that are no goodput were worth, by the table `[value]` of the scenario; loads without a value there \
                count as nothing",
        written: "(offered_count({load}) - goodput_count({load})) * {value}",
        unit: Unit::Money,
        needs_fault: false,
        make: |_, worth| {
            let lost = worth.iter().map(|it| {
                let of = || Target::Requests(it.entries.clone());
                let bad = binary(
                    Operator::Subtract,
                    Value::Metric(Metric::OfferedCount, of()),
                    Value::Metric(Metric::GoodputCount, of()),
                );
                binary(Operator::Multiply, bad, Value::Number(it.each))
            });
            let sum = lost.reduce(|all, one| binary(Operator::Add, all, one));
            sum.unwrap_or(Value::Number(0.0))
        },
    },
];

impl Named {
    /// The expression of this name, if there is one.
    pub fn find(name: &str) -> Option<&'static Named> {
        NAMED.iter().find(|it| it.name == name)
    }

    /// The expression over the requests of `of`. `worth` is what they are worth, by load; only `money_lost` looks at it.
    pub fn value(&self, of: &Target, worth: &[Worth]) -> Value {
        (self.make)(of, worth)
    }
}

/// The time from the end of the last fault until goodput has recovered.
fn recovery_time(of: Target) -> Value {
    Value::TimeUntil {
        condition: Box::new(good(of, Comparison::AtLeast, Bound::OfBaseline(RECOVERED))),
        after: Moment::LastFaultEnd(0),
        over: STRETCH,
    }
}

fn good(of: Target, comparison: Comparison, right: Bound) -> Condition {
    Condition {
        left: Value::Metric(Metric::GoodputRatio, of),
        comparison,
        right,
    }
}

fn binary(operator: Operator, left: Value, right: Value) -> Value {
    Value::Binary(operator, Box::new(left), Box::new(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::{fault, run_with_goodput, wiring};
    use crate::measure::{Better, Evaluator, Measured, Missing};
    use crate::results::RunResult;
    use Measured::{Censored, Number};

    fn of(name: &str, run: &RunResult) -> Measured {
        let worth = [Worth {
            entries: vec![(LoadId(0), 0)],
            each: 0.25,
        }];
        let named = Named::find(name).unwrap_or_else(|| panic!("{name}"));
        let value = named.value(&Target::Requests(vec![(LoadId(0), 0)]), &worth);
        Evaluator::new(run, &wiring()).value(&value, None)
    }

    /// Healthy, an outage from 100 s to 150 s, and `after` from then on, of 100 requests a second.
    fn outage(after: u32) -> RunResult {
        let mut run = run_with_goodput(300, |it| match it {
            0..100 => 100,
            100..150 => 20,
            150..170 => 60,
            _ => after,
        });
        run.faults = vec![fault(0, 100, Some(150))];
        run
    }

    #[test]
    fn a_system_that_recovers_has_a_time_and_is_not_metastable() {
        let run = outage(100);
        assert_eq!(
            of("recovery_time", &run),
            Number(19.0),
            "of ten seconds, one may be as bad as 60"
        );
        assert_eq!(
            (of("metastable", &run), of("collapsed", &run)),
            (Number(0.0), Number(0.0))
        );
        assert_eq!(of("time_below_objective", &run), Number(70.0));
    }

    #[test]
    fn a_system_that_stays_down_is_metastable_and_perhaps_collapsed() {
        let low = outage(30);
        assert_eq!(of("recovery_time", &low), Censored(150.0));
        assert_eq!(
            (of("metastable", &low), of("collapsed", &low)),
            (Number(1.0), Number(1.0))
        );
        let limping = outage(70);
        assert_eq!(
            (of("metastable", &limping), of("collapsed", &limping)),
            (Number(1.0), Number(0.0))
        );
    }

    #[test]
    fn while_the_fault_lasts_nobody_can_say_whether_a_system_would_recover() {
        let mut run = outage(20);
        run.faults.push(fault(1, 120, None));
        assert_eq!(of("metastable", &run), Measured::Missing(Missing::FaultNeverEnded));
        run.faults.clear();
        assert_eq!(of("recovery_time", &run), Measured::Missing(Missing::NoFault));
        assert_eq!(of("collapsed", &run), Number(1.0));
    }

    #[test]
    fn what_was_lost_is_counted_and_priced() {
        let run = outage(100);
        // 50 s of 80 and 20 s of 40 requests were no goodput, of 30,000.
        assert_eq!(of("money_lost", &run), Number(0.25 * 4_800.0));
        let Number(burn) = of("error_budget_burn", &run) else {
            panic!("there were requests")
        };
        assert!((burn - 16.0).abs() < 1e-9, "{burn}");
    }

    #[test]
    fn all_of_them_are_better_low() {
        let worth = [Worth {
            entries: vec![(LoadId(0), 0)],
            each: 1.0,
        }];
        for named in NAMED {
            let value = named.value(&Target::Everything, &worth);
            assert_eq!(value.better(), Better::Less, "{}", named.name);
        }
    }
}
