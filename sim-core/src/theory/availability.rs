//! Availability of components and of systems made of them.
//!
//! Source: K. S. Trivedi, *Probability and Statistics with Reliability, Queuing, and Computer Science Applications*,
//! 2nd ed. (2002), ch. 8.

use super::order::at_least_of;
use super::power;

/// The share of time a component is up, from its mean times to failure and to repair (in any one unit).
pub fn single(mttf: f64, mttr: f64) -> f64 {
    assert!(mttf > 0.0 && mttr >= 0.0, "a time to failure above zero");
    mttf / (mttf + mttr)
}

/// Failures per year (of 365 days) of a component with these mean times in hours.
pub fn failures_per_year(mttf_h: f64, mttr_h: f64) -> f64 {
    8760.0 / (mttf_h + mttr_h)
}

/// The availability of something that needs all of `n` independent parts, each available for a share `each`.
pub fn series(n: u32, each: f64) -> f64 {
    power(each, n)
}

/// The availability of something that needs `k` of `n` independent parts, each available for a share `each`.
pub fn k_of_n(k: u32, n: u32, each: f64) -> f64 {
    at_least_of(n, k, each)
}

/// The mean time until fewer than `k` of `n` components are up, all up at first, each repaired on its own; in the unit of
/// the arguments. Times to failure and to repair are exponential.
pub fn system_mttf(k: u32, n: u32, mttf: f64, mttr: f64) -> f64 {
    assert!(
        (1..=n).contains(&k) && mttf > 0.0 && mttr > 0.0,
        "k of n, and times above zero"
    );
    let (mut sum, mut step) = (0.0, 0.0);
    for down in 0..=(n - k) {
        // From `down` failed components to one more: fail now, or be repaired and come back first.
        step = (1.0 + f64::from(down) / mttr * step) * mttf / f64::from(n - down);
        sum += step;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn avail_single() {
        assert_printed(single(1000.0, 4.0), 0.99602);
        assert_printed(failures_per_year(1000.0, 4.0), 8.7251);
    }

    #[test]
    fn avail_series30_and_hystrix_30deps() {
        let up = series(30, 0.9999);
        assert_printed(up, 0.997);
        assert_printed((1.0 - up) * 720.0, 2.1569);
        assert_printed((1.0 - up) * 1e9, 2.9957e6);
        assert!(((1.0 - up) * 1e9 / 3e6 - 1.0).abs() < 0.01);
    }

    #[test]
    fn avail_1of2_indep_and_2of3() {
        let each = single(100.0, 2.0);
        assert_printed(1.0 - k_of_n(1, 2, each), 0.00038447);
        assert_printed(system_mttf(1, 2, 100.0, 2.0), 2650.0);
        assert_printed(k_of_n(2, 3, each), 0.99886);
        assert_printed(system_mttf(2, 3, 100.0, 2.0), 916.67);
    }

    #[test]
    fn quorum_avail_n3_p01() {
        assert_printed(k_of_n(2, 3, 0.9), 0.972);
        assert!(
            k_of_n(2, 3, 0.4) > k_of_n(3, 5, 0.4),
            "below one half, fewer nodes are better"
        );
    }
}
