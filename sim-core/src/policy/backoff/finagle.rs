//! Finagle's jittered back-offs, on whole nanoseconds. Each waits exactly `start` before the first retry.
//!
//! | shape | next pause, `s` being the one before and k counting them from 1 |
//! | --- | --- |
//! | decorrelated | `s + U[0, min(3 s, max) - s)` |
//! | equal | `h + U[0, h)`, `h = start 2^(k-1)`; `max` for good once `h` or the sum reaches it |
//! | exponential | `U[0, s 2^k)`, compounding on what was drawn; `max` for good once the bound reaches it |
//!
//! Source: `com.twitter.finagle.Backoff` (release of October 2024).

use super::{DOUBLING, exponential};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

/// Settings of Finagle's jittered back-offs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finagle {
    /// Which of the three.
    pub shape: Shape,
    /// The first pause; not zero.
    pub start: Span,
    /// The longest pause.
    pub max: Span,
}

/// Finagle's three jittered back-offs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `Backoff.decorrelatedJittered`.
    Decorrelated,
    /// `Backoff.equalJittered`.
    Equal,
    /// `Backoff.exponentialJittered`.
    Exponential,
}

/// What memory holds once an exponential back-off has become constant.
const CONSTANT: u64 = u64::MAX;

impl Finagle {
    #[inline]
    pub(super) fn delay(&self, n: u32, memory: &mut u64, draw: &mut impl Draw) -> Span {
        if n == 1 {
            *memory = self.start.nanos();
            return self.start;
        }
        let before = Span::from_nanos(*memory);
        let pause = match self.shape {
            Shape::Decorrelated => {
                let upper = before.scale(3, 1).min(self.max);
                before + below(upper.saturating_sub(before), draw)
            }
            Shape::Equal => {
                let half = exponential(self.start, DOUBLING, n - 2, self.max);
                let drawn = if half < self.max { below(half, draw) } else { self.max };
                (half + drawn).min(self.max)
            }
            Shape::Exponential if *memory == CONSTANT => return self.max,
            Shape::Exponential => {
                let bound = exponential(before, DOUBLING, n - 1, self.max);
                if bound >= self.max {
                    *memory = CONSTANT;
                    return self.max;
                }
                below(bound, draw)
            }
        };
        *memory = pause.nanos();
        pause
    }

    pub(super) fn bound(&self, n: u32) -> Span {
        if n == 1 {
            return self.start;
        }
        match self.shape {
            Shape::Decorrelated => exponential(self.start, Factor(3_000_000), n - 1, self.max),
            Shape::Equal => exponential(self.start, DOUBLING, n - 1, self.max),
            // The bounds compound: 2^1 · 2^2 · … · 2^(n-1).
            Shape::Exponential => {
                let exponent = u64::from(n) * u64::from(n - 1) / 2;
                exponential(
                    self.start,
                    DOUBLING,
                    u32::try_from(exponent).unwrap_or(u32::MAX),
                    self.max,
                )
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.start > Span::ZERO, "Finagle's first pause is longer than 0")?;
        require(self.max >= self.start, "Finagle's longest pause is at least its first")
    }
}

/// Uniform in `[0, n)`; nothing for nothing.
#[inline]
fn below(n: Span, draw: &mut impl Draw) -> Span {
    if n == Span::ZERO {
        Span::ZERO
    } else {
        Span::from_nanos(draw.below(n.nanos()))
    }
}
