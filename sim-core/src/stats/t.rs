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

/// Up to so many degrees of freedom, tails come from the finite sum.
const SUM_UP_TO: u64 = 60;

/// The probability that Student's t with `freedom` (at least one) degrees of freedom is at least as far from zero as `t`: the
/// p-value of a two-sided test.
///
/// Sources: as for [`t_quantile_975`]; above 60 degrees of freedom, where small tails would drown in the rounding of a sum near one,
/// G. W. Hill, Algorithm 395, Comm. ACM 13, 1970.
pub fn t_both_tails(t: f64, freedom: u64) -> f64 {
    assert!(freedom > 0, "one degree of freedom at least");
    let t = t.abs();
    if t == f64::INFINITY {
        return 0.0;
    }
    if freedom <= SUM_UP_TO {
        return (1.0 - within(t, freedom)).clamp(0.0, 1.0);
    }
    let n = freedom as f64;
    let a = n - 0.5;
    let b = 48.0 * a * a;
    let y = a * libm::log1p(t * t / n);
    let shift = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0;
    normal_both_tails((shift / b + 1.0) * y.sqrt())
}

/// The probability that Student's t is above `t`: the p-value of a one-sided test.
pub fn t_above(t: f64, freedom: u64) -> f64 {
    let both = t_both_tails(t, freedom);
    if t >= 0.0 { both / 2.0 } else { 1.0 - both / 2.0 }
}

/// The probability that a standard normal value is at least as far from zero as `z`.
pub fn normal_both_tails(z: f64) -> f64 {
    libm::erfc(z.abs() * core::f64::consts::FRAC_1_SQRT_2)
}

/// The probability that a standard normal value is above `z`.
pub fn normal_above(z: f64) -> f64 {
    libm::erfc(z * core::f64::consts::FRAC_1_SQRT_2) / 2.0
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
    #[test]
    fn statrs_gives_the_same_tails() {
        for freedom in (1..64).chain([99, 500, 5_000, 1_000_000]) {
            let theirs = StudentsT::new(0.0, 1.0, freedom as f64).unwrap();
            for t in [0.0, 0.1, 0.7, 1.0, 1.96, 2.5, 4.0, 6.0] {
                let (above, both) = (theirs.sf(t), t_both_tails(t, freedom));
                assert!(
                    (both - 2.0 * above).abs() < 3e-9,
                    "{freedom} {t}: {both}, theirs {}",
                    2.0 * above
                );
                assert!(
                    (t_above(t, freedom) - above).abs() < 3e-9 && (t_above(-t, freedom) - theirs.cdf(t)).abs() < 3e-9
                );
            }
        }
        // Far out what counts is the order of magnitude.
        let theirs = StudentsT::new(0.0, 1.0, 99.0).unwrap();
        assert!((t_both_tails(12.0, 99) / (2.0 * theirs.sf(12.0)) - 1.0).abs() < 1e-4);
        assert_eq!(t_both_tails(f64::INFINITY, 3), 0.0);
    }

    #[test]
    fn tails_of_the_normal_are_those_of_the_tables() {
        for (z, both) in [
            (0.0, 1.0),
            (1.0, 0.317_310_507_863),
            (1.959_963_984_54, 0.05),
            (3.0, 0.002_699_796_063),
        ] {
            assert!((normal_both_tails(z) - both).abs() < 1e-11, "{z}");
            assert!(
                (normal_above(z) - both / 2.0).abs() < 1e-11 && (normal_above(-z) - 1.0 + both / 2.0).abs() < 1e-11
            );
        }
    }
}
