//! Two shares over the same runs: how often a yes or no held for one and for the other.

use super::{Interval, NORMAL_80, NORMAL_975, more_runs, sign_test};

/// A yes or no of two variants over pairs of runs that share a seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedShares {
    /// How many pairs.
    pub pairs: u64,
    /// In how many it held for the first alone.
    pub first_only: u64,
    /// In how many it held for the second alone.
    pub second_only: u64,
    /// The share of the first less that of the second.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

impl PairedShares {
    /// From the pairs that disagree; `None` without any pair. Panics if more disagree than there are.
    ///
    /// The interval is Wald's after half of a pair of each of the four kinds has been added, so it has a width also where no
    /// pair disagrees. Source: D. G. Bonett and R. M. Price, J. Educ. Behav. Stat. 37, 2012.
    pub fn of(first_only: u64, second_only: u64, pairs: u64) -> Option<PairedShares> {
        assert!(
            first_only + second_only <= pairs,
            "{first_only} and {second_only} of {pairs}"
        );
        if pairs == 0 {
            return None;
        }
        let (middle, error) = middle_and_error(first_only as f64, second_only as f64, pairs as f64);
        let half = NORMAL_975 * error;
        Some(PairedShares {
            pairs,
            first_only,
            second_only,
            difference: (first_only as f64 - second_only as f64) / pairs as f64,
            interval: Interval {
                low: (middle - half).max(-1.0),
                high: (middle + half).min(1.0),
            },
        })
    }

    /// The middle of the interval and its standard error.
    pub(super) fn middle_and_error(&self) -> (f64, f64) {
        middle_and_error(self.first_only as f64, self.second_only as f64, self.pairs as f64)
    }

    /// The p-value of McNemar's exact test that both shares are the same.
    pub fn p_value(&self) -> f64 {
        sign_test(self.first_only, self.second_only)
    }

    /// How many more pairs would bring [`PairedShares::p_value`] below `alpha` with a chance of about 80 %, if pairs go on to
    /// disagree as often as they did; `None` where nobody can tell.
    pub fn runs_needed_for(&self, alpha: f64) -> Option<u64> {
        let disagree = (self.first_only + self.second_only) as f64;
        if self.first_only == self.second_only {
            return None;
        }
        let ahead = self.first_only.max(self.second_only) as f64 / disagree;
        more_runs(self.pairs, |n| {
            let n = n as f64 * disagree / self.pairs as f64;
            let expected = n * ahead - NORMAL_80 * (n * ahead * (1.0 - ahead)).sqrt();
            let more = expected.max(n / 2.0).round() as u64;
            sign_test(more, (n.round() as u64).saturating_sub(more)) <= alpha
        })
    }
}

fn middle_and_error(first_only: f64, second_only: f64, pairs: f64) -> (f64, f64) {
    let n = pairs + 2.0;
    let (one, other) = ((first_only + 1.0) / n, (second_only + 1.0) / n);
    let middle = one - other;
    (middle, ((one + other - middle * middle) / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_bonett_and_prices() {
        // By hand: 13 and 3 of 50 are 14 / 52 and 4 / 52, so 0.192308 and sqrt((0.346154 - 0.036982) / 52) = 0.077108.
        let shares = PairedShares::of(13, 3, 50).unwrap();
        assert_eq!(shares.difference, 0.2);
        assert!((shares.interval.low - 0.041_179).abs() < 1e-5 && (shares.interval.high - 0.343_437).abs() < 1e-5);
        assert!((shares.p_value() - 0.021_270_751_953_125).abs() < 1e-12);
        assert_eq!(PairedShares::of(0, 0, 0), None);
    }

    #[test]
    fn no_disagreement_is_no_certainty() {
        let same = PairedShares::of(0, 0, 10).unwrap();
        assert_eq!(
            (same.difference, same.p_value(), same.runs_needed_for(0.05)),
            (0.0, 1.0, None)
        );
        assert!(same.interval.low < -0.2 && same.interval.high > 0.2);
    }

    #[test]
    fn more_pairs_are_asked_for_the_sharper_the_test() {
        let shares = PairedShares::of(3, 0, 10).unwrap();
        let (loose, sharp) = (
            shares.runs_needed_for(0.05).unwrap(),
            shares.runs_needed_for(0.001).unwrap(),
        );
        // Six pairs that all disagree in the same direction give 1/32: twenty pairs.
        assert_eq!(loose, 9, "19 pairs with 5.7, so 6");
        assert!(sharp > loose);
    }

    #[test]
    fn in_nineteen_of_twenty_worlds_the_interval_holds_the_truth() {
        // All tables of 30 pairs in which the first holds alone with 30 %, the second with 10 %, weighed by their chance.
        let (n, one, other) = (30u64, 0.3f64, 0.1f64);
        let log_factorial = |it: u64| libm::lgamma(it as f64 + 1.0);
        let mut covered = 0.0;
        for a in 0..=n {
            for b in 0..=n - a {
                let log = log_factorial(n) - log_factorial(a) - log_factorial(b) - log_factorial(n - a - b)
                    + a as f64 * libm::log(one)
                    + b as f64 * libm::log(other)
                    + (n - a - b) as f64 * libm::log(1.0 - one - other);
                if PairedShares::of(a, b, n).unwrap().interval.contains(one - other) {
                    covered += libm::exp(log);
                }
            }
        }
        assert!((0.93..0.98).contains(&covered), "{covered}");
    }
}
