//! Student's t distribution, for whole degrees of freedom, in finite sums.

use crate::dist::special::rising_root;

/// The 97.5 % quantile of the standard normal distribution.
pub const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Above so many degrees of freedom, an expansion around the normal quantile is as good as the sum, and faster.
const EXPAND_ABOVE: u64 = 500;

/// The 97.5 % quantile of Student's t with `freedom` (at least one) degrees of freedom: half of a 95 % interval.
///
/// Sources: Abramowitz & Stegun 26.7.3, 26.7.4 (cdf), 26.7.5 (expansion).
pub fn t_quantile_975(freedom: u64) -> f64 {
    assert!(freedom > 0, "one degree of freedom at least");
    if freedom > EXPAND_ABOVE {
        let (n, z) = (freedom as f64, NORMAL_975);
        let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z);
        let g1 = (z3 + z) / 4.0;
        let g2 = (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0;
        let g3 = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0;
        return z + (g1 + (g2 + g3 / n) / n) / n;
    }
    rising_root(NORMAL_975, 13.0, |t| within(t, freedom) - 0.95)
}

/// The probability that |t| is at most `t`.
fn within(t: f64, freedom: u64) -> f64 {
    let n = freedom as f64;
    let (sine, cosine2) = (t / (n + t * t).sqrt(), n / (n + t * t));
    // 1 + 1/2 cos^2 + 1·3/2·4 cos^4 ... (even), or cos + 2/3 cos^3 + 2·4/3·5 cos^5 ... (odd), up to cos^(n-2).
    let odd = freedom % 2 == 1;
    let (mut term, mut sum, mut i) = (if odd { cosine2.sqrt() } else { 1.0 }, 0.0, if odd { 1u64 } else { 0 });
    while i + 2 <= freedom {
        sum += term;
        i += 2;
        term *= cosine2 * (i - 1) as f64 / i as f64;
    }
    if odd {
        core::f64::consts::FRAC_2_PI * (libm::atan(t / n.sqrt()) + sine * sum)
    } else {
        sine * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [
            (1, 12.706204736),
            (2, 4.302652730),
            (3, 3.182446305),
            (4, 2.776445105),
            (9, 2.262157163),
            (29, 2.045229642),
            (120, 1.979930405),
        ] {
            assert!(
                (t_quantile_975(freedom) - expected).abs() < 1e-9,
                "{freedom}: {}",
                t_quantile_975(freedom)
            );
        }
    }

    #[test]
    fn statrs_gives_the_same_probability() {
        for freedom in (1..40).chain([499, 500, 501, 5_000, 1_000_000]) {
            let theirs = StudentsT::new(0.0, 1.0, freedom as f64).unwrap();
            let p = theirs.cdf(t_quantile_975(freedom));
            assert!((p - 0.975).abs() < 1e-9, "{freedom}: {p}");
        }
    }
}
