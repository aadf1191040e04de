//! Exponential lengths, with a least length, and mixed from a fast and a slow one.

use super::ziggurat;
use crate::rng::Draw;

/// `P(X > x) = exp(-x / mean)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Exponential {
    mean: f64,
}

impl Exponential {
    pub(super) fn new(mean: f64) -> Exponential {
        Exponential { mean }
    }

    #[inline]
    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        self.mean * ziggurat::exponential(draw)
    }

    #[inline]
    pub(super) fn sample_from(&self, word: u64) -> Option<f64> {
        Some(self.mean * ziggurat::exponential_from(word)?)
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn variance(&self) -> f64 {
        self.mean * self.mean
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 { 0.0 } else { -libm::expm1(-x / self.mean) }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        -self.mean * libm::log1p(-p)
    }
}

/// A least length and an exponential beyond it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShiftedExponential {
    min: f64,
    beyond: Exponential,
}

impl ShiftedExponential {
    pub(super) fn new(min: f64, mean: f64) -> ShiftedExponential {
        ShiftedExponential {
            min,
            beyond: Exponential::new(mean - min),
        }
    }

    #[inline]
    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        self.min + self.beyond.sample(draw)
    }

    #[inline]
    pub(super) fn sample_from(&self, word: u64) -> Option<f64> {
        Some(self.min + self.beyond.sample_from(word)?)
    }

    pub(super) fn mean(&self) -> f64 {
        self.min + self.beyond.mean
    }

    pub(super) fn variance(&self) -> f64 {
        self.beyond.variance()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.beyond.cdf(x - self.min)
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.min + self.beyond.quantile(p)
    }
}

/// With probability `p_fast` a fast exponential, else a slow one.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperexponential {
    p_fast: f64,
    fast: Exponential,
    slow: Exponential,
}

impl Hyperexponential {
    /// Balanced means: `p_fast * fast = p_slow * slow = mean / 2`.
    ///
    /// Source: W. Whitt, "Approximating a Point Process by a Renewal Process, I", Operations Research 30(1), 1982.
    pub(super) fn balanced(mean: f64, cv: f64) -> Hyperexponential {
        let scv = cv * cv;
        let root = ((scv - 1.0) / (scv + 1.0)).sqrt();
        let (p_fast, p_slow) = (0.5 * (1.0 + root), 1.0 / ((1.0 + root) * (scv + 1.0)));
        Hyperexponential {
            p_fast,
            fast: Exponential::new(mean / (2.0 * p_fast)),
            // 1 - root^2 = 2 / (scv + 1): without the cancellation of 1 - root.
            slow: Exponential::new(mean / (2.0 * p_slow)),
        }
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        let phase = if draw.unit() < self.p_fast {
            &self.fast
        } else {
            &self.slow
        };
        phase.sample(draw)
    }

    pub(super) fn mean(&self) -> f64 {
        self.p_fast * self.fast.mean + (1.0 - self.p_fast) * self.slow.mean
    }

    pub(super) fn variance(&self) -> f64 {
        let second = 2.0 * (self.p_fast * self.fast.variance() + (1.0 - self.p_fast) * self.slow.variance());
        second - self.mean() * self.mean()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.p_fast * self.fast.cdf(x) + (1.0 - self.p_fast) * self.slow.cdf(x)
    }
}
