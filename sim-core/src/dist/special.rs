//! Special functions on `libm`: the same bits on every platform, since model parameters come out of them.

/// The probability that a standard normal number is at most `z`.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

/// The standard normal quantile: the `z` with `normal_cdf(z) = p`, for `p` in `0..=1` (infinite at the ends).
///
/// Newton's method on the cdf from Hastings's rational start (Abramowitz & Stegun 26.2.23), to the last digits.
pub fn normal_quantile(p: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "a probability lies in 0..=1, not {p}");
    if p > 0.5 {
        return -normal_quantile_lower(1.0 - p);
    }
    normal_quantile_lower(p)
}

fn normal_quantile_lower(p: f64) -> f64 {
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    let t = (-2.0 * libm::log(p)).sqrt();
    let mut z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for _ in 0..4 {
        let density = libm::exp(-0.5 * z * z) / (2.0 * core::f64::consts::PI).sqrt();
        if density == 0.0 {
            break;
        }
        // Halley's step: the second derivative of the cdf is -z times the density.
        let step = (normal_cdf(z) - p) / density;
        z -= step / (1.0 + 0.5 * z * step);
    }
    z
}

/// The regularised lower incomplete gamma function P(a, x): the cdf at `x` of a gamma number of shape `a` and scale 1.
///
/// Series below `a + 1`, continued fraction (Lentz) above. Source: Abramowitz & Stegun 6.5.29 and 6.5.31.
pub fn gamma_p(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x < a + 1.0 {
        gamma_series(a, x)
    } else {
        1.0 - gamma_fraction(a, x)
    }
}

/// The complement Q(a, x) = 1 - P(a, x), without cancellation in the tail.
pub fn gamma_q(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < a + 1.0 {
        1.0 - gamma_series(a, x)
    } else {
        gamma_fraction(a, x)
    }
}

fn gamma_scale(a: f64, x: f64) -> f64 {
    libm::exp(a * libm::log(x) - x - libm::lgamma(a))
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
    for _ in 0..1_000_000 {
        n += 1.0;
        term *= x / n;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (sum * gamma_scale(a, x)).min(1.0)
}

fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..1_000_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = an * d + b;
        d = if d.abs() < TINY { TINY } else { d };
        c = b + an / c;
        c = if c.abs() < TINY { TINY } else { c };
        d = 1.0 / d;
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (h * gamma_scale(a, x)).min(1.0)
}

/// The root of a rising function in `low..=high`, by bisection down to neighbouring floats.
///
/// Gives `low` or `high` if the function does not change sign in between.
pub fn rising_root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..2_000 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The smallest `x >= 0` with `cdf(x) >= p`, by doubling from `start` and then bisection; infinite where none is found.
pub fn quantile_of(cdf: impl Fn(f64) -> f64, p: f64, start: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "a probability lies in 0..=1, not {p}");
    if cdf(0.0) >= p {
        return 0.0;
    }
    let mut high = start.max(f64::MIN_POSITIVE);
    while cdf(high) < p {
        high *= 2.0;
        if high > 1e300 {
            return f64::INFINITY;
        }
    }
    rising_root(0.0, high, |x| cdf(x) - p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_agree_with_the_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.95, 1.6448536269514722),
            (0.975, 1.959963984540054),
            (0.99, 2.3263478740408408),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-14, "{p}: {}", normal_quantile(p));
            assert!((normal_quantile(1.0 - p) + z).abs() < 1e-13);
        }
        assert!((normal_quantile(1e-12) + 7.034483825301132).abs() < 1e-9);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn the_incomplete_gamma_of_whole_shapes_is_a_poisson_tail() {
        for shape in [1u32, 2, 7, 40] {
            for x in [0.01, 0.5, 3.0, 20.0, 60.0] {
                let (mut term, mut sum) = (libm::exp(-x), 0.0);
                for n in 1..=shape {
                    sum += term;
                    term *= x / f64::from(n);
                }
                assert!((gamma_q(f64::from(shape), x) - sum).abs() < 1e-13, "{shape} {x}");
            }
        }
    }

    #[test]
    fn the_incomplete_gamma_at_one_half_is_the_error_function() {
        for x in [1e-6f64, 0.1, 1.0, 4.0] {
            assert!((gamma_p(0.5, x) - libm::erf(x.sqrt())).abs() < 1e-14, "{x}");
        }
    }
}
