//! tenacity's `wait_exponential`: `max(min, min(max, multiplier · 2^(n-1)))`.
//!
//! Source: tenacity 9.2, `wait.py`.

use super::{DOUBLING, exponential};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::Span;

/// Settings of tenacity's `wait_exponential`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenacity {
    /// `multiplier`, a length since tenacity counts in seconds; 1 s by default.
    pub multiplier: Span,
    /// `exp_base`; 2 by default.
    pub base: Factor,
    /// `min`; 0 by default.
    pub min: Span,
    /// `max`; [`Span::MAX`] is none, the default.
    pub max: Span,
}

impl Tenacity {
    /// tenacity's defaults.
    pub const DEFAULT: Tenacity = Tenacity {
        multiplier: Span::from_secs(1),
        base: DOUBLING,
        min: Span::ZERO,
        max: Span::MAX,
    };

    #[inline]
    pub(super) fn delay(&self, n: u32) -> Span {
        exponential(self.multiplier, self.base, n - 1, self.max).max(self.min)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.max >= self.min, "tenacity's max is at least its min")
    }
}
