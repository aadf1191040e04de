//! The sign test: pairs of which only the order is known.

/// The p-value of the exact two-sided sign test: how often, if neither side were better, so few of `one` and `other` pairs, or
/// fewer, would be on the smaller side. Pairs that are equal are left out by the caller. For a yes or no this is McNemar's exact
/// test on the pairs that disagree.
///
/// Source: W. J. Conover, *Practical Nonparametric Statistics*, 3rd ed. (1999), 3.4 and 3.5.
pub fn sign_test(one: u64, other: u64) -> f64 {
    let (n, fewer) = (one + other, one.min(other));
    if one == other {
        return 1.0;
    }
    // From the largest term of the tail down: each is the one before times i / (n - i + 1).
    let log_first = log_choose(n, fewer) - n as f64 * core::f64::consts::LN_2;
    let (mut term, mut sum) = (1.0, 0.0);
    for i in (0..=fewer).rev() {
        sum += term;
        term *= i as f64 / (n - i + 1) as f64;
        if term < sum * 1e-18 {
            break;
        }
    }
    (2.0 * libm::exp(log_first) * sum).min(1.0)
}

fn log_choose(n: u64, k: u64) -> f64 {
    let log_factorial = |it: u64| libm::lgamma(it as f64 + 1.0);
    log_factorial(n) - log_factorial(k) - log_factorial(n - k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn values_are_those_of_the_binomial_by_hand() {
        // Twice the tail of the binomial, by hand: 2 x 56 / 1,024 for 2 of 10.
        for (one, other, p) in [
            (0, 1, 1.0),
            (0, 5, 0.0625),
            (2, 8, 0.109375),
            (8, 2, 0.109375),
            (5, 5, 1.0),
            (0, 0, 1.0),
        ] {
            assert!(
                (sign_test(one, other) - p).abs() < 1e-12,
                "{one} {other}: {}",
                sign_test(one, other)
            );
        }
    }

    #[test]
    fn statrs_gives_the_same_tails() {
        for n in [3u64, 10, 30, 200, 1_000] {
            let theirs = Binomial::new(0.5, n).unwrap();
            for fewer in [0, 1, n / 4, n / 3, (n - 1) / 2] {
                let p = (2.0 * theirs.cdf(fewer)).min(1.0);
                let mine = sign_test(fewer, n - fewer);
                assert!((mine - p).abs() < 1e-10, "{fewer} of {n}: {mine}, theirs {p}");
            }
        }
        assert!(sign_test(0, 1_000_000) < 1e-300);
    }
}
