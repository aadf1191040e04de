//! Tails of the binomial distribution: whether a share of runs is surely above or below a bound.

/// How likely it is that something of probability `p` holds in `held` of `runs` or fewer. `p` in `0..=1`, `held` at most `runs`.
///
/// Exact up to rounding: a sum of terms from the largest down. Source: W. J. Conover, *Practical Nonparametric Statistics*, 3rd ed.
/// (1999), 3.1.
pub fn at_most(held: u64, runs: u64, p: f64) -> f64 {
    assert!(held <= runs && (0.0..=1.0).contains(&p), "{held} of {runs} at {p}");
    if held == runs || p == 0.0 {
        return 1.0;
    }
    if p == 1.0 {
        return 0.0;
    }
    if held as f64 > runs as f64 * p {
        // The other tail is the small one, and keeps its digits.
        return (1.0 - tail(runs - held - 1, runs, 1.0 - p)).max(0.0);
    }
    tail(held, runs, p)
}

/// How likely it is that something of probability `p` holds in `held` of `runs` or more; as [`at_most`].
pub fn at_least(held: u64, runs: u64, p: f64) -> f64 {
    assert!(held <= runs, "{held} of {runs}");
    at_most(runs - held, runs, 1.0 - p)
}

/// The lower tail, where its last term is its largest or nearly so.
fn tail(held: u64, runs: u64, p: f64) -> f64 {
    let log_factorial = |it: u64| libm::lgamma(it as f64 + 1.0);
    let log_choose = log_factorial(runs) - log_factorial(held) - log_factorial(runs - held);
    let log_last = log_choose + held as f64 * libm::log(p) + (runs - held) as f64 * libm::log1p(-p);
    let (mut term, mut sum) = (1.0, 0.0);
    for i in (0..=held).rev() {
        sum += term;
        term *= i as f64 * (1.0 - p) / ((runs - i + 1) as f64 * p);
        if term < sum * 1e-18 {
            break;
        }
    }
    (libm::exp(log_last) * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn by_hand() {
        assert!((at_most(0, 10, 0.05) - libm::pow(0.95, 10.0)).abs() < 1e-14);
        assert!((at_least(10, 10, 0.5) - libm::pow(0.5, 10.0)).abs() < 1e-17);
        assert_eq!((at_most(10, 10, 0.3), at_least(0, 10, 0.3)), (1.0, 1.0));
        assert_eq!((at_most(3, 10, 0.0), at_most(3, 10, 1.0)), (1.0, 0.0));
        assert_eq!((at_least(1, 10, 0.0), at_least(3, 10, 1.0)), (0.0, 1.0));
    }

    #[test]
    fn statrs_gives_the_same_tails() {
        for runs in [1u64, 7, 40, 320, 2_000] {
            for p in [0.001, 0.05, 0.3, 0.5, 0.95] {
                let theirs = Binomial::new(p, runs).unwrap();
                for held in [0, 1, runs / 20, runs / 3, runs / 2, runs - 1, runs] {
                    let (mine, expected) = (at_most(held.min(runs), runs, p), theirs.cdf(held.min(runs)));
                    let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 + 1e-8 * b;
                    assert!(close(mine, expected), "{held} of {runs} at {p}: {mine} {expected}");
                    let above = if held == 0 { 1.0 } else { theirs.sf(held - 1) };
                    assert!(close(at_least(held, runs, p), above), "{held} of {runs} at {p}");
                }
            }
        }
    }
}
