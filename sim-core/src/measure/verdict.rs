//! From many runs to pass, fail or inconclusive.
//!
//! Two kinds of expectation:
//!
//! - **A number** (`p99(web) < 200ms`) is judged by its mean over the runs and Student's 95 % interval: pass if the whole
//!   interval is on the right side of the bound, fail if all of it is on the wrong side, else inconclusive. A bound that
//!   differs from run to run (a baseline, another metric) is compared run by run: then it is the interval of the
//!   differences that decides. Runs that gave the same number leave no doubt, and a single run has no interval: the value
//!   alone decides.
//! - **A yes or no per run** (`within`, `share`, and `==` or `!=`, which no mean of many runs would meet) must hold in every
//!   run, or in a share of them: then it passes if the whole of Wilson's 95 % interval is at the share or above, and fails
//!   if all of it is below. Of a single run, the answer alone decides.
//!
//! Runs in which there was nothing to measure are left out; if that is all of them, the expectation is not applicable. A run
//! in which something censored left the answer open counts as neither yes nor no: it makes a verdict inconclusive unless the
//! verdict is the same either way.

use core::fmt;

use super::evaluate::{Check, Measured, Missing};
use super::{Comparison, Expectation};
use crate::stats::{Interval, Proportion, Summary};

/// Whether an expectation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// These runs cannot tell.
    Inconclusive {
        /// How many more runs would probably decide; `None` if more runs of the same length are no help.
        more_runs: Option<u64>,
    },
    /// It says nothing about these runs.
    NotApplicable(Inapplicable),
}

/// Why an expectation says nothing about some runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// It names other variants.
    #[error("it is about other variants")]
    OtherVariants,
    /// There were no runs.
    #[error("there were no runs")]
    NoRuns,
    /// No run had anything to measure.
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// A verdict and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The mean of the left side over the runs; of a yes or no, the share of runs in which it held. Of censored runs, the
    /// least that it can be.
    pub value: Option<f64>,
    /// Its 95 % interval; `None` for a single run.
    pub interval: Option<Interval>,
    /// The mean of the right side over the runs; of a yes or no, the share that was asked for.
    pub bound: Option<f64>,
    /// Whether it was judged as a yes or no per run.
    pub yes_or_no: bool,
    /// How many runs were judged. A single one is judged by its value alone, which the reader should be told.
    pub runs: u64,
    /// In how many of them it held.
    pub held: u64,
    /// In how many of them something had not happened when the arrivals stopped.
    pub censored: u64,
    /// How many runs were left out.
    pub missing: u64,
}

/// One number over many runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of the runs that gave a number; `None` if none did.
    pub summary: Option<Summary>,
    /// In how many runs it had not happened when the arrivals stopped. If there are any, `summary` is of the lucky runs.
    pub censored: u64,
    /// In how many runs there was nothing to measure.
    pub missing: u64,
}

/// Summarises what runs gave, in the order of the runs.
pub fn estimate(values: impl IntoIterator<Item = Measured>) -> Estimate {
    let (mut numbers, mut censored, mut missing) = (Vec::new(), 0, 0);
    for value in values {
        match value {
            Measured::Number(number) => numbers.push(number),
            Measured::Censored(_) => censored += 1,
            Measured::Missing(_) => missing += 1,
        }
    }
    Estimate {
        summary: Summary::of(numbers),
        censored,
        missing,
    }
}

/// Judges an expectation over the runs of `variant`, one check a run, in the order of the runs.
pub fn judge(expectation: &Expectation, variant: &str, checks: &[Check]) -> Judgement {
    if !expectation.is_about(variant) {
        return nothing(Inapplicable::OtherVariants, 0);
    }
    let Some(first_missing) = checks.iter().map(missing).reduce(|a, b| a.or(b)) else {
        return nothing(Inapplicable::NoRuns, 0);
    };
    let judged: Vec<Check> = checks.iter().filter(|it| missing(it).is_none()).copied().collect();
    let left_out = (checks.len() - judged.len()) as u64;
    match first_missing {
        Some(why) if judged.is_empty() => nothing(why.into(), left_out),
        _ => {
            let judgement = if expectation.is_yes_or_no() {
                judge_answers(expectation.share, &judged)
            } else {
                judge_numbers(expectation.that.comparison, &judged)
            };
            Judgement {
                missing: left_out,
                ..judgement
            }
        }
    }
}

impl Expectation {
    /// Whether it is about runs of this variant.
    pub fn is_about(&self, variant: &str) -> bool {
        self.variants
            .as_ref()
            .is_none_or(|it| it.iter().any(|name| name == variant))
    }

    /// Whether it is judged as a yes or no per run, not by a mean.
    pub fn is_yes_or_no(&self) -> bool {
        let exact = matches!(self.that.comparison, Comparison::Equal | Comparison::NotEqual);
        self.within.is_some() || self.share.is_some() || exact
    }
}

impl Verdict {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive { .. } => "inconclusive",
            Verdict::NotApplicable(_) => "not_applicable",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if let Verdict::NotApplicable(_) = self {
            "not applicable"
        } else {
            self.name()
        })
    }
}

/// Why a run has to be left out, if it has to. A censored one need not.
fn missing(check: &Check) -> Option<Missing> {
    match (check.left, check.right) {
        (Measured::Missing(why), _) | (_, Measured::Missing(why)) if why != Missing::Undecided => Some(why),
        _ => None,
    }
}

fn is_censored(check: &Check) -> bool {
    let open = |it| matches!(it, Measured::Censored(_) | Measured::Missing(Missing::Undecided));
    open(check.left) || open(check.right)
}

fn nothing(why: Inapplicable, missing: u64) -> Judgement {
    Judgement {
        verdict: Verdict::NotApplicable(why),
        value: None,
        interval: None,
        bound: None,
        yes_or_no: false,
        runs: 0,
        held: 0,
        censored: 0,
        missing,
    }
}

fn count(checks: &[Check], of: impl Fn(&Check) -> bool) -> u64 {
    checks.iter().filter(|it| of(it)).count() as u64
}

fn judge_answers(share: Option<f64>, checks: &[Check]) -> Judgement {
    let runs = checks.len() as u64;
    let held = count(checks, |it| it.holds == Ok(true));
    let open = count(checks, |it| it.holds.is_err());
    let wanted = share.unwrap_or(1.0);
    // Open answers are taken as a no, then as a yes.
    let [worst, best] = [held, held + open].map(|it| Proportion::of(it, runs).expect("there are runs"));
    let verdict = if wanted >= 1.0 || runs == 1 {
        match (worst.share >= wanted, best.share < wanted) {
            (true, _) => Verdict::Pass,
            (_, true) => Verdict::Fail,
            _ => Verdict::Inconclusive { more_runs: None },
        }
    } else if worst.interval.low >= wanted {
        Verdict::Pass
    } else if best.interval.high < wanted {
        Verdict::Fail
    } else {
        let more_runs = if open == 0 { worst.runs_needed(wanted) } else { None };
        Verdict::Inconclusive { more_runs }
    };
    Judgement {
        verdict,
        value: Some(worst.share),
        interval: (runs > 1).then_some(worst.interval),
        bound: Some(wanted),
        yes_or_no: true,
        runs,
        held,
        censored: count(checks, is_censored),
        missing: 0,
    }
}

fn judge_numbers(comparison: Comparison, checks: &[Check]) -> Judgement {
    // Censored numbers enter with the least they can be, so the difference of the sides may be more (left) or less (right).
    let least = |it| match it {
        Measured::Number(number) | Measured::Censored(number) => Some(number),
        Measured::Missing(_) => None,
    };
    let pairs: Vec<(f64, f64)> = checks
        .iter()
        .filter_map(|it| Some((least(it.left)?, least(it.right)?)))
        .collect();
    let unknown = pairs.len() < checks.len();
    let left_open = unknown || checks.iter().any(|it| matches!(it.left, Measured::Censored(_)));
    let right_open = unknown || checks.iter().any(|it| matches!(it.right, Measured::Censored(_)));

    let judgement = Judgement {
        verdict: Verdict::Inconclusive { more_runs: None },
        value: None,
        interval: None,
        bound: None,
        yes_or_no: false,
        runs: checks.len() as u64,
        held: count(checks, |it| it.holds == Ok(true)),
        censored: count(checks, is_censored),
        missing: 0,
    };
    let (Some(left), Some(right)) = (
        Summary::of(pairs.iter().map(|it| it.0)),
        Summary::of(pairs.iter().map(|it| it.1)),
    ) else {
        return judgement;
    };

    // One bound for all is compared with as it is; bounds of each run by the differences.
    let one_bound = right.min == right.max;
    let (judged, bound) = if one_bound {
        (left, right.min)
    } else {
        (Summary::of_differences(pairs).expect("there are pairs"), 0.0)
    };
    let interval = judged.interval.unwrap_or(Interval {
        low: judged.mean,
        high: judged.mean,
    });
    let wants_less = matches!(comparison, Comparison::Less | Comparison::AtMost);
    let (may_rise, may_fall) = (left_open, right_open);
    let verdict = match side(comparison, interval, bound) {
        Some(true) if !(if wants_less { may_rise } else { may_fall }) => Verdict::Pass,
        Some(false) if !(if wants_less { may_fall } else { may_rise }) => Verdict::Fail,
        Some(_) => Verdict::Inconclusive { more_runs: None },
        None if left_open || right_open => Verdict::Inconclusive { more_runs: None },
        None => Verdict::Inconclusive {
            more_runs: judged.runs_needed(bound),
        },
    };
    Judgement {
        verdict,
        value: Some(left.mean),
        interval: left.interval,
        bound: Some(right.mean),
        ..judgement
    }
}

/// Whether all of the interval is on the right side of the bound, or all on the wrong one; `None` if it straddles.
fn side(comparison: Comparison, interval: Interval, bound: f64) -> Option<bool> {
    let [low, high] = [interval.low, interval.high].map(|end| comparison.holds(end, bound));
    (low == high).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Bound, Condition, Moment, Value, Within};
    use crate::time::{SimTime, Span};
    use Measured::{Censored, Number};
    use proptest::prelude::*;

    fn expectation(comparison: Comparison) -> Expectation {
        let that = Condition {
            left: Value::Number(0.0),
            comparison,
            right: Bound::Value(Value::Number(0.0)),
        };
        Expectation {
            name: "it".into(),
            variants: None,
            that,
            during: None,
            within: None,
            share: None,
        }
    }

    fn in_share(share: f64) -> Expectation {
        Expectation {
            share: Some(share),
            ..expectation(Comparison::AtLeast)
        }
    }

    fn check(comparison: Comparison, left: f64, right: f64) -> Check {
        Check {
            left: Number(left),
            right: Number(right),
            holds: Ok(comparison.holds(left, right)),
        }
    }

    fn numbers(comparison: Comparison, values: &[f64], bound: f64) -> Judgement {
        let checks: Vec<Check> = values.iter().map(|it| check(comparison, *it, bound)).collect();
        judge(&expectation(comparison), "base", &checks)
    }

    fn answers(expectation: &Expectation, held: usize, broken: usize) -> Judgement {
        let yes = check(Comparison::AtLeast, 1.0, 1.0);
        let no = check(Comparison::AtLeast, 0.0, 1.0);
        let checks: Vec<Check> = [vec![yes; held], vec![no; broken]].concat();
        judge(expectation, "base", &checks)
    }

    const MISSING: Check = Check {
        left: Measured::Missing(Missing::FaultNeverStarted),
        right: Number(1.0),
        holds: Err(Missing::FaultNeverStarted),
    };

    #[test]
    fn a_number_is_judged_by_its_interval() {
        // 3 ± 1.963
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(numbers(Comparison::AtLeast, &values, 1.0).verdict, Verdict::Pass);
        assert_eq!(numbers(Comparison::AtMost, &values, 5.0).verdict, Verdict::Pass);
        assert_eq!(numbers(Comparison::Less, &values, 1.0).verdict, Verdict::Fail);
        assert_eq!(numbers(Comparison::Greater, &values, 5.0).verdict, Verdict::Fail);
        let straddling = numbers(Comparison::AtLeast, &values, 2.5);
        assert!(
            matches!(
                straddling.verdict,
                Verdict::Inconclusive {
                    more_runs: Some(1..200)
                }
            ),
            "{straddling:?}"
        );
        assert_eq!(
            (straddling.value, straddling.bound, straddling.runs, straddling.held),
            (Some(3.0), Some(2.5), 5, 3)
        );
        assert!(straddling.interval.unwrap().contains(2.5));
        assert_eq!(
            numbers(Comparison::AtLeast, &values, 3.0).verdict,
            Verdict::Inconclusive { more_runs: None }
        );
    }

    #[test]
    fn equal_runs_and_single_runs_are_decided_by_the_value() {
        for values in [&[0.5; 4][..], &[0.5]] {
            assert_eq!(numbers(Comparison::AtLeast, values, 0.5).verdict, Verdict::Pass);
            assert_eq!(numbers(Comparison::AtMost, values, 0.5).verdict, Verdict::Pass);
            assert_eq!(numbers(Comparison::Greater, values, 0.5).verdict, Verdict::Fail);
            assert_eq!(numbers(Comparison::Less, values, 0.5).verdict, Verdict::Fail);
            assert_eq!(numbers(Comparison::Equal, values, 0.5).verdict, Verdict::Pass);
            assert_eq!(numbers(Comparison::NotEqual, values, 0.5).verdict, Verdict::Fail);
        }
        assert_eq!(numbers(Comparison::AtLeast, &[0.5], 0.5).interval, None);
        assert!(numbers(Comparison::AtLeast, &[0.5; 4], 0.5).interval.is_some());
    }

    #[test]
    fn bounds_that_differ_are_compared_run_by_run() {
        // The values spread far more than their distance from the bounds.
        let checks: Vec<Check> = [(10.0, 9.0), (100.0, 99.1), (50.0, 48.9), (20.0, 19.0)]
            .map(|(left, right)| check(Comparison::AtLeast, left, right))
            .to_vec();
        let judgement = judge(&expectation(Comparison::AtLeast), "base", &checks);
        assert_eq!((judgement.verdict, judgement.value), (Verdict::Pass, Some(45.0)));
        assert_eq!(
            judge(&expectation(Comparison::Less), "base", &checks).verdict,
            Verdict::Fail
        );
    }

    #[test]
    fn an_equality_must_hold_in_every_run() {
        assert_eq!(numbers(Comparison::Equal, &[0.0, 0.0, 0.0], 0.0).verdict, Verdict::Pass);
        assert_eq!(numbers(Comparison::Equal, &[0.0, 0.0, 1.0], 0.0).verdict, Verdict::Fail);
        assert_eq!(
            numbers(Comparison::NotEqual, &[2.0, 3.0, 0.0], 0.0).verdict,
            Verdict::Fail
        );
    }

    #[test]
    fn a_yes_or_no_must_hold_in_every_run() {
        let within = Within {
            span: Span::from_secs(1),
            after: Moment::At(SimTime::ZERO),
            over: Span::from_secs(10),
        };
        let every = Expectation {
            within: Some(within),
            ..expectation(Comparison::AtLeast)
        };
        assert_eq!(answers(&every, 30, 0).verdict, Verdict::Pass);
        let one_broke = answers(&every, 29, 1);
        assert_eq!(
            (one_broke.verdict, one_broke.held, one_broke.runs),
            (Verdict::Fail, 29, 30)
        );
        assert_eq!(one_broke.value, Some(29.0 / 30.0));
    }

    #[test]
    fn a_share_is_judged_by_wilsons_interval() {
        assert_eq!(answers(&in_share(0.9), 35, 0).verdict, Verdict::Pass);
        assert_eq!(
            answers(&in_share(0.9), 30, 0).verdict,
            Verdict::Inconclusive { more_runs: Some(5) }
        );
        assert_eq!(answers(&in_share(0.9), 10, 20).verdict, Verdict::Fail);
        assert_eq!(
            answers(&in_share(0.5), 20, 20).verdict,
            Verdict::Inconclusive { more_runs: None }
        );
        assert_eq!(answers(&in_share(1.0), 3, 0).verdict, Verdict::Pass, "all is every run");
        assert_eq!(answers(&in_share(1.0), 300, 1).verdict, Verdict::Fail);
        let single = answers(&in_share(0.9), 1, 0);
        assert_eq!((single.verdict, single.interval, single.runs), (Verdict::Pass, None, 1));
        assert_eq!(answers(&in_share(0.9), 0, 1).verdict, Verdict::Fail);
    }

    #[test]
    fn what_was_censored_decides_only_what_is_the_same_either_way() {
        let never = |comparison, least: f64, bound: f64| {
            let known = least >= bound;
            let holds = matches!(comparison, Comparison::Greater | Comparison::AtLeast);
            Check {
                left: Censored(least),
                right: Number(bound),
                holds: if known { Ok(holds) } else { Err(Missing::Undecided) },
            }
        };
        let judged = |comparison, checks: &[Check]| judge(&expectation(comparison), "base", checks).verdict;
        let open = Verdict::Inconclusive { more_runs: None };
        // All runs never recovered: surely more than two minutes.
        assert_eq!(
            judged(Comparison::Less, &[never(Comparison::Less, 500.0, 120.0); 5]),
            Verdict::Fail
        );
        assert_eq!(
            judged(Comparison::Greater, &[never(Comparison::Greater, 500.0, 120.0); 5]),
            Verdict::Pass
        );
        // Most recovered at once, one never: the mean may be anything above.
        let mut mixed = vec![check(Comparison::Less, 5.0, 120.0); 29];
        mixed.push(never(Comparison::Less, 200.0, 120.0));
        assert_eq!(judged(Comparison::Less, &mixed), open);
        // As a yes or no it is clear.
        let every = Expectation {
            share: Some(1.0),
            ..expectation(Comparison::Less)
        };
        let judgement = judge(&every, "base", &mixed);
        assert_eq!(
            (judgement.verdict, judgement.censored, judgement.held),
            (Verdict::Fail, 1, 29)
        );
        // The run was too short to know.
        let mut short = vec![check(Comparison::Less, 5.0, 120.0); 40];
        short.push(never(Comparison::Less, 100.0, 120.0));
        assert_eq!(judge(&every, "base", &short).verdict, open);
        let most = Expectation {
            share: Some(0.8),
            ..expectation(Comparison::Less)
        };
        assert_eq!(
            judge(&most, "base", &short).verdict,
            Verdict::Pass,
            "40 of 41 are enough either way"
        );
    }

    #[test]
    fn runs_without_anything_to_measure_are_left_out() {
        let about = expectation(Comparison::AtLeast);
        let checks = [
            check(Comparison::AtLeast, 2.0, 1.0),
            MISSING,
            check(Comparison::AtLeast, 2.0, 1.0),
        ];
        let judgement = judge(&about, "base", &checks);
        assert_eq!(
            (judgement.verdict, judgement.runs, judgement.missing),
            (Verdict::Pass, 2, 1)
        );
        let none = judge(&about, "base", &[MISSING; 3]);
        let why = Inapplicable::Missing(Missing::FaultNeverStarted);
        assert_eq!(
            (none.verdict, none.missing, none.value),
            (Verdict::NotApplicable(why), 3, None)
        );
        assert_eq!(
            judge(&about, "base", &[]).verdict,
            Verdict::NotApplicable(Inapplicable::NoRuns)
        );
    }

    #[test]
    fn other_variants_are_not_judged() {
        let named = Expectation {
            variants: Some(vec!["budget".into()]),
            ..expectation(Comparison::AtLeast)
        };
        let checks = [check(Comparison::AtLeast, 0.0, 1.0)];
        let other = judge(&named, "naive", &checks).verdict;
        assert_eq!(other, Verdict::NotApplicable(Inapplicable::OtherVariants));
        assert_eq!(
            (other.name(), other.to_string().as_str()),
            ("not_applicable", "not applicable")
        );
        assert_eq!(judge(&named, "budget", &checks).verdict, Verdict::Fail);
    }

    #[test]
    fn estimates_keep_count_of_what_gave_no_number() {
        let estimate = estimate([
            Number(1.0),
            Censored(9.0),
            Number(3.0),
            Measured::Missing(Missing::NoFault),
        ]);
        let summary = estimate.summary.unwrap();
        assert_eq!(
            (summary.mean, summary.count, estimate.censored, estimate.missing),
            (2.0, 2, 1, 1)
        );
    }

    proptest! {
        #[test]
        fn a_statement_and_its_opposite_get_opposite_verdicts(
            values in prop::collection::vec(0.0f64..1.0, 1..20),
            bound in 0.0f64..1.0,
        ) {
            for (one, opposite) in [(Comparison::AtLeast, Comparison::Less), (Comparison::AtMost, Comparison::Greater)] {
                let (a, b) = (numbers(one, &values, bound).verdict, numbers(opposite, &values, bound).verdict);
                match a {
                    Verdict::Pass => prop_assert_eq!(b, Verdict::Fail),
                    Verdict::Fail => prop_assert_eq!(b, Verdict::Pass),
                    other => prop_assert_eq!(other, b),
                }
            }
        }

        #[test]
        fn shares_stay_between_zero_and_one(held in 0usize..60, broken in 0usize..60, share in 0.01f64..1.0) {
            prop_assume!(held + broken > 0);
            let judgement = answers(&in_share(share), held, broken);
            let value = judgement.value.unwrap();
            prop_assert!((0.0..=1.0).contains(&value));
            if let Some(interval) = judgement.interval {
                prop_assert!(0.0 <= interval.low && interval.low <= value && value <= interval.high && interval.high <= 1.0);
            }
        }
    }
}
