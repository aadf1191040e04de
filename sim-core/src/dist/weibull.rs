//! Weibull lengths.

use super::special::rising_root;
use super::ziggurat;
use crate::rng::Draw;

/// `P(X > x) = exp(-(x / scale)^shape)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Weibull {
    shape: f64,
    scale: f64,
}

impl Weibull {
    pub(super) fn new(shape: f64, scale: f64) -> Weibull {
        Weibull { shape, scale }
    }

    pub(super) fn with_mean_cv(mean: f64, cv: f64) -> Weibull {
        // The cv falls as the shape grows.
        let shape = rising_root(0.05, 2_000.0, |shape| cv * cv - scv(shape));
        Weibull {
            shape,
            scale: mean / libm::tgamma(1.0 + 1.0 / shape),
        }
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        self.scale * libm::pow(ziggurat::exponential(draw), 1.0 / self.shape)
    }

    pub(super) fn mean(&self) -> f64 {
        self.scale * libm::tgamma(1.0 + 1.0 / self.shape)
    }

    pub(super) fn variance(&self) -> f64 {
        scv(self.shape) * self.mean() * self.mean()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            0.0
        } else {
            -libm::expm1(-libm::pow(x / self.scale, self.shape))
        }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.scale * libm::pow(-libm::log1p(-p), 1.0 / self.shape)
    }
}

/// The squared coefficient of variation: `gamma(1 + 2/shape) / gamma(1 + 1/shape)^2 - 1`.
fn scv(shape: f64) -> f64 {
    libm::expm1(libm::lgamma(1.0 + 2.0 / shape) - 2.0 * libm::lgamma(1.0 + 1.0 / shape))
}
