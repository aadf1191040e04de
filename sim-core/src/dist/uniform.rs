//! Uniform lengths.

use crate::rng::Draw;

/// Anything from `min` to `max` alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Uniform {
    min: f64,
    width: f64,
}

impl Uniform {
    pub(super) fn new(min: f64, max: f64) -> Uniform {
        Uniform { min, width: max - min }
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        self.min + self.width * draw.unit()
    }

    pub(super) fn mean(&self) -> f64 {
        self.min + self.width / 2.0
    }

    pub(super) fn variance(&self) -> f64 {
        self.width * self.width / 12.0
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        ((x - self.min) / self.width).clamp(0.0, 1.0)
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.min + p * self.width
    }
}
