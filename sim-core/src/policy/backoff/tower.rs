//! tower's back-off, which linkerd shares: `x = min(max, min 2^(n-1))`, then up to `jitter · x` more, but never above `max`.
//!
//! Source: tower 0.5, `retry/backoff.rs` (default: min 50 ms, jitter 0.99) and linkerd2-proxy `exp-backoff`.

use super::{DOUBLING, exponential, part};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

/// Settings of tower's `ExponentialBackoff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tower {
    /// The first pause without jitter; not zero.
    pub min: Span,
    /// The longest pause.
    pub max: Span,
    /// The largest share of the pause that is added; 0 draws nothing.
    pub jitter: Factor,
}

impl Tower {
    /// tower's defaults: 50 ms, jitter 0.99, and no bound below the largest length it can count.
    pub const DEFAULT: Tower = Tower {
        min: Span::from_millis(50),
        max: Span::MAX,
        jitter: Factor(990_000),
    };

    #[inline]
    pub(super) fn delay(&self, n: u32, draw: &mut impl Draw) -> Span {
        let base = exponential(self.min, DOUBLING, n - 1, self.max);
        if self.jitter.0 == 0 {
            return base;
        }
        let extra = part(base, draw.unit() * self.jitter.as_f64());
        base + extra.min(self.max.saturating_sub(base))
    }

    pub(super) fn bound(&self, n: u32) -> Span {
        let base = exponential(self.min, DOUBLING, n - 1, self.max);
        (base + base.scale(self.jitter.0, Factor::ONE.0) + Span::from_nanos(1)).min(self.max)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.min > Span::ZERO, "tower's min is longer than 0 (default 50ms)")?;
        require(self.max >= self.min, "tower's max is at least its min")?;
        require(
            self.jitter.0 <= 100_000_000,
            "tower's jitter is at most 100 (default 0.99)",
        )
    }
}
