//! The mean of one number over many runs.

use super::{Interval, NORMAL_80, more_runs, t_both_tails, t_quantile_975};

/// A number that several runs gave, one value a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many runs gave it.
    pub count: u64,
    /// The mean over the runs.
    pub mean: f64,
    /// The standard deviation between runs; `None` for one run.
    pub sd: Option<f64>,
    /// Student's 95 % interval of the mean; `None` for one run.
    pub interval: Option<Interval>,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
}

impl Summary {
    /// Summarises values, which must be finite, in the order given; `None` if there are none.
    ///
    /// Runs that did not measure the number are left out by the caller.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Summary> {
        let mut values = values.into_iter();
        let first = values.next()?;
        let (mut count, mut sum, mut squares) = (1u64, 0.0, 0.0);
        let (mut min, mut max) = (first, first);
        assert!(first.is_finite(), "a run gave {first}");
        for value in values {
            assert!(value.is_finite(), "a run gave {value}");
            // Measured from the first value: equal values have exactly their mean, and no spread.
            let off = value - first;
            count += 1;
            sum += off;
            squares += off * off;
            min = min.min(value);
            max = max.max(value);
        }
        let n = count as f64;
        let mean = (first + sum / n).clamp(min, max);
        let sd = (count > 1).then(|| ((squares - sum * sum / n).max(0.0) / (n - 1.0)).sqrt());
        let interval = sd.map(|sd| {
            let half = t_quantile_975(count - 1) * sd / n.sqrt();
            Interval {
                low: mean - half,
                high: mean + half,
            }
        });
        Some(Summary {
            count,
            mean,
            sd,
            interval,
            min,
            max,
        })
    }

    /// Summarises the differences `a - b` of pairs that share a seed.
    ///
    /// What both owe to the seed cancels, so this tells variants apart with far fewer runs than their two intervals do.
    pub fn of_differences(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<Summary> {
        Summary::of(pairs.into_iter().map(|(a, b)| a - b))
    }

    /// How many more runs would decide with a chance of about 80 % on which side of `bound` the mean lies, if it lies
    /// where these runs say and varies as they did.
    ///
    /// Zero if the interval leaves the bound out already; `None` where nobody can tell: one run only, a mean at the bound,
    /// or more than a million runs.
    pub fn runs_needed(&self, bound: f64) -> Option<u64> {
        let (sd, interval) = (self.sd?, self.interval?);
        if !interval.contains(bound) {
            return Some(0);
        }
        let gap = (self.mean - bound).abs();
        more_runs(self.count, |n| {
            (t_quantile_975(n - 1) + NORMAL_80) * sd / (n as f64).sqrt() < gap
        })
    }

    /// The p-value of Student's two-sided test that the mean is `of`; `None` for one run. Values that are all alike leave no
    /// doubt: 1 if they are `of`, else 0.
    pub fn p_value(&self, of: f64) -> Option<f64> {
        let error = self.sd? / (self.count as f64).sqrt();
        let off = self.mean - of;
        Some(if off == 0.0 {
            1.0
        } else {
            t_both_tails(off / error, self.count - 1)
        })
    }

    /// How many more runs would bring [`Summary::p_value`] of zero below `alpha` with a chance of about 80 %, if the mean lies
    /// where these runs say and varies as they did. `None` where nobody can tell, as for [`Summary::runs_needed`].
    pub fn runs_needed_for(&self, alpha: f64) -> Option<u64> {
        let sd = self.sd?;
        if self.mean == 0.0 {
            return None;
        }
        let slope = self.mean.abs() / sd;
        more_runs(self.count, |n| {
            let t = slope * (n as f64).sqrt() - NORMAL_80;
            t > 0.0 && t_both_tails(t, n - 1) <= alpha
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_comes_with_students_interval() {
        let summary = Summary::of([1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(
            (summary.count, summary.mean, summary.min, summary.max),
            (5, 3.0, 1.0, 5.0)
        );
        assert!((summary.sd.unwrap() - 2.5f64.sqrt()).abs() < 1e-15);
        // 3 ± 2.776445 sqrt(2.5 / 5)
        let interval = summary.interval.unwrap();
        assert!((interval.low - 1.036756838522439).abs() < 1e-9 && (interval.high - 4.963243161477561).abs() < 1e-9);
        assert!((interval.halfwidth() - 1.963243161477561).abs() < 1e-9);
    }

    #[test]
    fn one_run_has_no_interval_and_none_no_mean() {
        let one = Summary::of([0.25]).unwrap();
        assert_eq!(
            (one.mean, one.sd, one.interval, one.runs_needed(0.0)),
            (0.25, None, None, None)
        );
        assert_eq!(Summary::of([]), None);
    }

    #[test]
    fn equal_values_have_no_spread_not_even_of_rounding() {
        let summary = Summary::of([0.1; 7]).unwrap();
        assert_eq!(summary.interval, Some(Interval { low: 0.1, high: 0.1 }));
        assert_eq!((summary.runs_needed(0.2), summary.runs_needed(0.1)), (Some(0), None));
    }

    #[test]
    fn large_values_with_a_small_spread_keep_it() {
        let summary = Summary::of([1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]).unwrap();
        assert_eq!((summary.mean, summary.sd), (1e9 + 2.0, Some(1.0)));
    }

    #[test]
    fn a_pairs_common_part_cancels() {
        let pairs = [(10.0, 9.0), (100.0, 99.1), (50.0, 48.9), (20.0, 19.0)];
        let difference = Summary::of_differences(pairs).unwrap();
        assert!(difference.interval.unwrap().low > 0.8 && difference.interval.unwrap().high < 1.2);
        assert!(
            Summary::of(pairs.map(|pair| pair.0))
                .unwrap()
                .interval
                .unwrap()
                .contains(19.0)
        );
    }

    #[test]
    fn more_runs_are_asked_for_the_closer_the_bound() {
        let summary = Summary::of([1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let needed = |bound| summary.runs_needed(bound);
        assert_eq!(needed(5.5), Some(0));
        let (far, near) = (needed(4.5).unwrap(), needed(3.5).unwrap());
        assert!(far > 0 && near > far, "{far} {near}");
        // (1.96 + 0.84)^2 * 2.5 / 0.25 = 78.5 in all, and a little more for Student.
        assert!((73..80).contains(&near), "{near}");
        assert_eq!(needed(3.0), None);
        assert_eq!(needed(3.0 + 1e-9), None);
    }
    #[test]
    fn the_p_value_is_below_a_twentieth_where_the_interval_leaves_the_value_out() {
        let summary = Summary::of([1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let interval = summary.interval.unwrap();
        for (at, p) in [(interval.low, 0.05), (interval.high, 0.05), (3.0, 1.0)] {
            assert!((summary.p_value(at).unwrap() - p).abs() < 1e-9, "{at}");
        }
        // By hand: t is sqrt(18), and the sum of four degrees of freedom 0.904534 (1 + 0.181818 / 2).
        assert!((summary.p_value(0.0).unwrap() - 0.013_236).abs() < 1e-5);
        let alike = Summary::of([2.0; 4]).unwrap();
        assert_eq!((alike.p_value(2.0), alike.p_value(1.0)), (Some(1.0), Some(0.0)));
        assert_eq!(Summary::of([2.0]).unwrap().p_value(0.0), None);
    }

    #[test]
    fn a_sharper_test_needs_more_runs() {
        let summary = Summary::of([-1.0, 2.0, 0.5, 1.0, -0.5, 1.5]).unwrap();
        let (loose, sharp) = (
            summary.runs_needed_for(0.05).unwrap(),
            summary.runs_needed_for(0.001).unwrap(),
        );
        assert!(loose > 0 && sharp > 2 * loose, "{loose} {sharp}");
        // The old rule, by the quantile, asks for as many.
        assert!(loose.abs_diff(summary.runs_needed(0.0).unwrap()) <= 1);
        assert_eq!(Summary::of([-1.0, 1.0]).unwrap().runs_needed_for(0.05), None);
    }

    proptest::proptest! {
        #[test]
        fn a_difference_is_as_sure_as_its_opposite(
            pairs in proptest::collection::vec((-50.0f64..50.0, -50.0f64..50.0), 2..20),
        ) {
            let there = Summary::of_differences(pairs.iter().copied()).unwrap();
            let back = Summary::of_differences(pairs.iter().map(|it| (it.1, it.0))).unwrap();
            proptest::prop_assert!((there.mean + back.mean).abs() < 1e-9);
            proptest::prop_assert!((there.p_value(0.0).unwrap() - back.p_value(0.0).unwrap()).abs() < 1e-9);
        }
    }
}
