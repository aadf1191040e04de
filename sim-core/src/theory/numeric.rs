//! Integrals and quantiles of functions given as code.

use crate::dist::special::quantile_of;

/// The `t` at which a falling survival function reaches `1 - p`; `scale` is any rough size of the answer.
pub(super) fn tail_quantile(tail: impl Fn(f64) -> f64, p: f64, scale: f64) -> f64 {
    quantile_of(|t| 1.0 - tail(t), p, scale)
}

/// The integral of `f` from 0 to `end`, by the double exponential (tanh-sinh) rule.
///
/// Source: H. Takahasi, M. Mori, "Double Exponential Formulas for Numerical Integration", Publ. RIMS 9, 1974.
pub(super) fn integral_to(end: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1.0 / 32.0;
    let mut sum = 0.0;
    for i in -128..=128 {
        let t = f64::from(i) * STEP;
        let inner = core::f64::consts::FRAC_PI_2 * libm::sinh(t);
        let cosh = libm::cosh(inner);
        let weight = core::f64::consts::FRAC_PI_2 * libm::cosh(t) / (cosh * cosh);
        let x = end / (1.0 + libm::exp(-2.0 * inner));
        if weight > 0.0 && x > 0.0 && x < end {
            sum += weight * f(x);
        }
    }
    sum * STEP * end / 2.0
}

/// The integral of `f` from 0 to infinity, by the exp-sinh rule; `scale` is the rough size at which `f` falls off.
pub(super) fn integral(scale: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1.0 / 32.0;
    let mut sum = 0.0;
    for i in -144..=144 {
        let t = f64::from(i) * STEP;
        let x = libm::exp(core::f64::consts::FRAC_PI_2 * libm::sinh(t));
        let term = f(scale * x) * x * core::f64::consts::FRAC_PI_2 * libm::cosh(t);
        if term.is_finite() {
            sum += term;
        }
    }
    sum * STEP * scale
}

/// The Poisson probability of `n` when `mean` are expected.
pub(super) fn poisson(n: u32, mean: f64) -> f64 {
    if mean == 0.0 {
        return f64::from(u8::from(n == 0));
    }
    let n = f64::from(n);
    libm::exp(n * libm::log(mean) - mean - libm::lgamma(n + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrals_of_known_functions_come_out() {
        assert!((integral_to(3.0, |x| x * x) - 9.0).abs() < 1e-12);
        assert!((integral(0.01, |x| libm::exp(-x / 0.03)) - 0.03).abs() < 1e-12);
        assert!((integral(1.0, |x| 1.0 / (1.0 + x * x)) - core::f64::consts::FRAC_PI_2).abs() < 1e-10);
    }
}
