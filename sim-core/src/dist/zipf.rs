//! Zipf's law: the popularity of keys.

use super::error::{DistError, require};
use crate::rng::Draw;

/// Ranks `1..=n`, rank `k` with probability proportional to `k^-s`.
///
/// Sampled by rejection-inversion: no table, about one word a draw, whatever `n`.
/// Source: W. Hörmann, G. Derflinger, "Rejection-Inversion to Generate Variates from Monotone Discrete Distributions",
/// ACM TOMACS 6(3), 1996.
#[derive(Clone, Debug, PartialEq)]
pub struct Zipf {
    n: u64,
    s: f64,
    /// The integral of the hat up to 1.5, less the probability of rank 1, and up to n + 0.5.
    first: f64,
    last: f64,
    /// A point no further than this above its rank is under the histogram.
    squeeze: f64,
}

impl Zipf {
    /// `n` in `1..=2^53` ranks, exponent `s` in `0..=100`; 0 is uniform.
    pub fn new(n: u64, s: f64) -> Result<Zipf, DistError> {
        require((1..=1 << 53).contains(&n), "n", "between 1 and 2^53")?;
        require((0.0..=100.0).contains(&s), "s", "between 0 and 100")?;
        let first = integral(s, 1.5) - 1.0;
        let last = integral(s, n as f64 + 0.5);
        let squeeze = 2.0 - inverse(s, integral(s, 2.5) - height(s, 2.0));
        Ok(Zipf {
            n,
            s,
            first,
            last,
            squeeze,
        })
    }

    /// How many ranks there are.
    pub fn ranks(&self) -> u64 {
        self.n
    }

    /// The exponent.
    pub fn exponent(&self) -> f64 {
        self.s
    }

    /// Draws a rank in `1..=n`.
    #[inline]
    pub fn sample(&self, draw: &mut impl Draw) -> u64 {
        loop {
            let u = self.last + draw.unit() * (self.first - self.last);
            let x = inverse(self.s, u);
            let rank = ((x + 0.5) as u64).clamp(1, self.n);
            let at = rank as f64;
            if at - x <= self.squeeze || u >= integral(self.s, at + 0.5) - height(self.s, at) {
                return rank;
            }
        }
    }

    /// The probability of each rank from 1 on. Takes time and memory in proportion to `n`.
    pub fn probabilities(&self) -> Vec<f64> {
        let heights: Vec<f64> = (1..=self.n).map(|rank| height(self.s, rank as f64)).collect();
        // From the smallest up, for the last digits.
        let total: f64 = heights.iter().rev().sum();
        heights.into_iter().map(|height| height / total).collect()
    }
}

fn height(s: f64, x: f64) -> f64 {
    libm::exp(-s * libm::log(x))
}

/// The integral of `t^-s` from 1 to `x`: `(x^(1-s) - 1) / (1 - s)`, and `ln x` at `s = 1`.
fn integral(s: f64, x: f64) -> f64 {
    let log = libm::log(x);
    let t = (1.0 - s) * log;
    if t.abs() < 1e-8 {
        log * (1.0 + t / 2.0)
    } else {
        log * (libm::expm1(t) / t)
    }
}

/// The `x` whose integral is `area`.
fn inverse(s: f64, area: f64) -> f64 {
    let t = ((1.0 - s) * area).max(-1.0);
    libm::exp(if t.abs() < 1e-8 {
        area * (1.0 - t / 2.0)
    } else {
        area * (libm::log1p(t) / t)
    })
}
