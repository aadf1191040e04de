//! Whether a difference is so small that it does not matter: two one-sided tests.
//!
//! That no difference was found does not say that there is none. Here the burden of proof is the other way round: a difference
//! of the margin or more, in either direction, is what the test has to refuse.
//!
//! Source: D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987.

use super::{PairedShares, Summary, normal_above, t_above};

/// The p-value of equivalence within `margin` (above zero, in the unit of the summary) of the mean of differences; `None` for one
/// pair.
pub fn equivalence_of_mean(differences: &Summary, margin: f64) -> Option<f64> {
    let error = differences.sd? / (differences.count as f64).sqrt();
    Some(larger(differences.mean, error, margin, |t| {
        t_above(t, differences.count - 1)
    }))
}

/// The same for the difference of two shares, by the normal approximation of their interval.
pub fn equivalence_of_shares(shares: &PairedShares, margin: f64) -> f64 {
    let (middle, error) = shares.middle_and_error();
    larger(middle, error, margin, normal_above)
}

/// The larger p-value of the two tests: that the mean is at most `-margin`, and that it is at least `margin`.
fn larger(mean: f64, error: f64, margin: f64, above: impl Fn(f64) -> f64) -> f64 {
    assert!(margin > 0.0, "a margin of {margin}");
    if error == 0.0 {
        return if mean.abs() < margin { 0.0 } else { 1.0 };
    }
    above((mean + margin) / error).max(above((margin - mean) / error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::t_quantile_975;

    #[test]
    fn it_is_the_interval_of_twice_the_level_inside_the_margin() {
        let differences = Summary::of([0.3, -0.1, 0.2, 0.4, 0.0, 0.1]).unwrap();
        let interval = differences.interval.unwrap();
        // At the end of the 95 % interval a one-sided test has 2.5 %.
        let p = equivalence_of_mean(&differences, interval.high).unwrap();
        assert!((p - 0.025).abs() < 1e-9, "{p}");
        assert!(equivalence_of_mean(&differences, 2.0 * interval.high).unwrap() < 0.001);
        assert!(equivalence_of_mean(&differences, differences.mean / 2.0).unwrap() > 0.5);
        assert_eq!(equivalence_of_mean(&Summary::of([0.3]).unwrap(), 1.0), None);
        assert!(t_quantile_975(5) > 2.0);
    }

    #[test]
    fn runs_that_agree_leave_no_doubt() {
        let same = Summary::of([0.5; 8]).unwrap();
        assert_eq!(equivalence_of_mean(&same, 0.6), Some(0.0));
        assert_eq!(equivalence_of_mean(&same, 0.5), Some(1.0));
    }

    #[test]
    fn shares_need_many_pairs_to_be_the_same() {
        let few = PairedShares::of(0, 0, 10).unwrap();
        let many = PairedShares::of(0, 0, 200).unwrap();
        assert!(equivalence_of_shares(&few, 0.05) > 0.05);
        assert!(equivalence_of_shares(&many, 0.05) < 0.05);
    }
}
