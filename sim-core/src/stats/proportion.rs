//! The share of runs in which something held.

use super::{Interval, NORMAL_80, NORMAL_975, more_runs};

/// A share of runs with Wilson's 95 % interval, which stays inside `0..=1` and is right at the ends too.
///
/// Source: E. B. Wilson, J. Am. Stat. Assoc. 22, 1927.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// In how many runs it held.
    pub held: u64,
    /// How many runs there were.
    pub runs: u64,
    /// `held / runs`.
    pub share: f64,
    /// Wilson's interval.
    pub interval: Interval,
}

impl Proportion {
    /// `held` of `runs`; `None` for no runs. Panics if more held than there were.
    pub fn of(held: u64, runs: u64) -> Option<Proportion> {
        assert!(held <= runs, "{held} of {runs}");
        if runs == 0 {
            return None;
        }
        let (n, share) = (runs as f64, held as f64 / runs as f64);
        let mut interval = wilson(share, n);
        // Exact at the ends, whatever rounding says.
        if held == 0 {
            interval.low = 0.0;
        }
        if held == runs {
            interval.high = 1.0;
        }
        Some(Proportion {
            held,
            runs,
            share,
            interval,
        })
    }

    /// How many more runs would decide with a chance of about 80 % on which side of `bound` the share lies, if it lies
    /// where these runs say. Zero if decided; `None` for a share at the bound or more than a million runs.
    pub fn runs_needed(&self, bound: f64) -> Option<u64> {
        if !self.interval.contains(bound) {
            return Some(0);
        }
        if self.share == bound {
            return None;
        }
        let above = self.share > bound;
        more_runs(self.runs, |n| {
            let n = n as f64;
            let slip = NORMAL_80 * (self.share * (1.0 - self.share) / n).sqrt();
            let interval = wilson(if above { self.share - slip } else { self.share + slip }, n);
            if above {
                interval.low > bound
            } else {
                interval.high < bound
            }
        })
    }
}

fn wilson(share: f64, n: f64) -> Interval {
    let z2 = NORMAL_975 * NORMAL_975;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let spread = share * (1.0 - share) / n + z2 / (4.0 * n * n);
    let half = NORMAL_975 * spread.max(0.0).sqrt() / (1.0 + z2 / n);
    Interval {
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_published_one() {
        // R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        for (held, runs, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = Proportion::of(held, runs).unwrap().interval;
            assert!(
                (interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5,
                "{interval:?}"
            );
        }
    }

    #[test]
    fn all_or_none_ends_exactly_at_one_or_zero() {
        for runs in 1..200 {
            assert_eq!(Proportion::of(0, runs).unwrap().interval.low, 0.0);
            assert_eq!(Proportion::of(runs, runs).unwrap().interval.high, 1.0);
        }
        assert_eq!(Proportion::of(0, 0), None);
    }

    #[test]
    fn thirty_of_thirty_do_not_show_nine_in_ten_but_some_more_would() {
        let all = Proportion::of(30, 30).unwrap();
        assert!(all.interval.contains(0.9));
        // n / (n + 3.84) > 0.9 from 35 runs on.
        assert_eq!(all.runs_needed(0.9), Some(5));
        assert_eq!(all.runs_needed(0.5), Some(0));
        assert_eq!(all.runs_needed(1.0), None);
        assert!(Proportion::of(20, 30).unwrap().runs_needed(0.6).unwrap() > 100);
    }
}
