//! Many tests at once: p-values corrected by Holm's method.

/// The p-values of tests made together, corrected, in the order given: whoever rejects what is at most `alpha` afterwards
/// rejects anything wrongly with a chance of at most `alpha`, however the tests depend on each other.
///
/// Source: S. Holm, Scandinavian Journal of Statistics 6, 1979.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]).then(a.cmp(b)));
    let mut corrected = vec![0.0; p_values.len()];
    let mut most = 0.0f64;
    for (rank, at) in order.into_iter().enumerate() {
        most = most.max((p_values.len() - rank) as f64 * p_values[at]).min(1.0);
        corrected[at] = most;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_those_of_the_rule() {
        // By hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04, which must not be less than the one before.
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (mine, theirs) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((mine - theirs).abs() < 1e-12, "{corrected:?}");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[0.2]), [0.2]);
        assert_eq!(holm(&[0.7, 0.6]), [1.0, 1.0]);
    }

    proptest! {
        #[test]
        fn it_lies_between_no_correction_and_bonferronis_and_keeps_the_order(
            p in prop::collection::vec(0.0f64..=1.0, 1..30),
        ) {
            let corrected = holm(&p);
            for (a, mine) in p.iter().zip(&corrected) {
                prop_assert!(a <= mine && *mine <= (a * p.len() as f64).min(1.0) + 1e-15);
                for (b, other) in p.iter().zip(&corrected) {
                    prop_assert!(a > b || mine <= other);
                }
            }
        }
    }
}
