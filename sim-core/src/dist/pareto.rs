//! Pareto lengths: a power law from a least length on, perhaps cut off at a greatest.

use super::ziggurat;
use crate::rng::Draw;

/// `P(X > x) = (min / x)^alpha`, conditioned on `X <= max` where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Pareto {
    min: f64,
    alpha: f64,
    /// Infinite where not bounded.
    max: f64,
    /// `1 - (min / max)^alpha`: the share of the unbounded law below `max`.
    kept: f64,
}

impl Pareto {
    pub(super) fn new(min: f64, alpha: f64, max: Option<f64>) -> Pareto {
        let max = max.unwrap_or(f64::INFINITY);
        let kept = -libm::expm1(alpha * libm::log(min / max));
        Pareto { min, alpha, max, kept }
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        if self.max == f64::INFINITY {
            return self.min * libm::exp(ziggurat::exponential(draw) / self.alpha);
        }
        self.quantile(draw.unit())
    }

    /// The `k`-th moment about zero; `None` where it is infinite.
    pub(super) fn moment(&self, k: f64) -> Option<f64> {
        let (excess, log_range) = (self.alpha - k, libm::log(self.max / self.min));
        if self.max == f64::INFINITY {
            return (excess > 0.0).then(|| self.alpha * libm::pow(self.min, k) / excess);
        }
        // alpha min^k (1 - (min/max)^excess) / excess / kept, whose limit at excess = 0 is the logarithm.
        let integral = if excess.abs() < 1e-12 {
            log_range
        } else {
            -libm::expm1(-excess * log_range) / excess
        };
        Some(self.alpha * libm::pow(self.min, k) * integral / self.kept)
    }

    pub(super) fn variance(&self) -> Option<f64> {
        let mean = self.moment(1.0)?;
        if self.max == f64::INFINITY {
            let a = self.alpha;
            return (a > 2.0).then(|| mean * mean / (a * (a - 2.0)));
        }
        Some((self.moment(2.0)? - mean * mean).max(0.0))
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x <= self.min {
            return 0.0;
        }
        if x >= self.max {
            return 1.0;
        }
        -libm::expm1(self.alpha * libm::log(self.min / x)) / self.kept
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        (self.min * libm::exp(-libm::log1p(-p * self.kept) / self.alpha)).min(self.max)
    }
}
