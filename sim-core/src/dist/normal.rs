//! Normal lengths (as absolute values) and lognormal ones.

use super::exp::exp;
use super::special::{normal_cdf, normal_quantile};
use super::ziggurat;
use crate::rng::Draw;

/// The logarithm of the length in nanoseconds is normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Lognormal {
    mu: f64,
    sigma: f64,
}

impl Lognormal {
    pub(super) fn new(mu: f64, sigma: f64) -> Lognormal {
        Lognormal { mu, sigma }
    }

    #[inline]
    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        exp(self.mu + self.sigma * ziggurat::normal(draw))
    }

    #[inline]
    pub(super) fn sample_from(&self, word: u64) -> Option<f64> {
        Some(exp(self.mu + self.sigma * ziggurat::normal_from(word)?))
    }

    pub(super) fn mean(&self) -> f64 {
        libm::exp(self.mu + self.sigma * self.sigma / 2.0)
    }

    pub(super) fn variance(&self) -> f64 {
        libm::expm1(self.sigma * self.sigma) * self.mean() * self.mean()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            0.0
        } else {
            normal_cdf((libm::log(x) - self.mu) / self.sigma)
        }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        libm::exp(self.mu + self.sigma * normal_quantile(p))
    }
}

/// The absolute value of a normal number (the folded normal distribution).
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    mean: f64,
    sd: f64,
}

impl Normal {
    pub(super) fn new(mean: f64, sd: f64) -> Normal {
        Normal { mean, sd }
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        (self.mean + self.sd * ziggurat::normal(draw)).abs()
    }

    pub(super) fn mean(&self) -> f64 {
        let ratio = self.mean / self.sd;
        self.sd * (2.0 / core::f64::consts::PI).sqrt() * libm::exp(-0.5 * ratio * ratio)
            + self.mean * libm::erf(ratio / core::f64::consts::SQRT_2)
    }

    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        self.mean * self.mean - mean * mean + self.sd * self.sd
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            0.0
        } else {
            normal_cdf((x - self.mean) / self.sd) - normal_cdf((-x - self.mean) / self.sd)
        }
    }
}
