//! Order statistics: waiting for all of `n` parallel calls, or for the `k`-th of them.
//!
//! Source: H. A. David, H. N. Nagaraja, *Order Statistics*, 3rd ed. (2003).

use super::numeric::tail_quantile;

/// Mean of the `k`-th fastest of `n` exponentials of mean `mean` seconds; `k = n` is the maximum.
pub fn exponential_mean(n: u32, k: u32, mean: f64) -> f64 {
    assert!((1..=n).contains(&k), "the k-th of n");
    mean * ((n - k + 1)..=n).map(|i| 1.0 / f64::from(i)).sum::<f64>()
}

/// The probability that at least `k` of `n` have come, each with probability `p` on its own.
pub fn at_least_of(n: u32, k: u32, p: f64) -> f64 {
    assert!(k <= n && (0.0..=1.0).contains(&p), "k of n, and a probability");
    // The chance of exactly j, one trial after another: positive terms only.
    let mut exactly = vec![0.0; n as usize + 1];
    exactly[0] = 1.0;
    for trial in 1..=n as usize {
        for j in (1..=trial).rev() {
            exactly[j] = exactly[j] * (1.0 - p) + exactly[j - 1] * p;
        }
        exactly[0] *= 1.0 - p;
    }
    exactly[k as usize..].iter().rev().sum()
}

/// Quantile `p` of the `k`-th fastest of `n` exponentials of mean `mean` seconds.
pub fn exponential_quantile(n: u32, k: u32, mean: f64, p: f64) -> f64 {
    assert!((1..=n).contains(&k), "the k-th of n");
    tail_quantile(|t| 1.0 - at_least_of(n, k, -libm::expm1(-t / mean)), p, mean)
}

/// The quantile of one leaf at which all `n` leaves together reach quantile `p`: `p^(1/n)`.
pub fn leaf_probability(n: u32, p: f64) -> f64 {
    libm::pow(p, 1.0 / f64::from(n))
}

/// The share of requests that meet at least one slow leaf of `n`, each slow with probability `p`.
///
/// Source: J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013.
pub fn any_slow(n: u32, p: f64) -> f64 {
    -libm::expm1(f64::from(n) * libm::log1p(-p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Dist;
    use crate::theory::assert_printed;
    use crate::time::Span;

    #[test]
    fn fanout_max_exp_n10() {
        assert_printed(exponential_mean(10, 10, 0.01), 0.02929);
        assert_printed(exponential_quantile(10, 10, 0.01, 0.5), 0.027036);
        assert_printed(exponential_quantile(10, 10, 0.01, 0.99), 0.069032);
        assert_printed(exponential_quantile(10, 10, 0.01, 0.999), 0.092099);
        assert_printed(-0.01 * libm::log1p(-leaf_probability(10, 0.5)), 0.027036);
    }

    #[test]
    fn fanout_max_lognormal_n20() {
        let leaf = Dist::lognormal_mean_cv(Span::from_millis(10), 2.0).unwrap();
        assert_printed(leaf.quantile(leaf_probability(20, 0.5)) / 1e9, 0.045244);
        assert_printed(leaf.quantile(leaf_probability(20, 0.99)) / 1e9, 0.29022);
        assert_printed(leaf.quantile(0.99) / 1e9, 0.085555);
    }

    #[test]
    fn tail_fanout_n100_and_n1_and_n2000() {
        assert_printed(any_slow(100, 0.01), 0.63397);
        assert_printed(any_slow(1, 0.01), 0.01);
        assert_printed(any_slow(2000, 0.0001), 0.18128);
    }

    #[test]
    fn quorum_2of3() {
        assert_printed(exponential_mean(3, 2, 0.01), 0.0083333);
        assert_printed(exponential_quantile(3, 2, 0.01, 0.5), 0.0069315);
        assert_printed(exponential_quantile(3, 2, 0.01, 0.99), 0.028319);
    }
}
