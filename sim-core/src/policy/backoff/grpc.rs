//! gRPC's back-off: `min(initial · mult^(n-1), max)`, then 20 % more or less; so it may exceed `max` by 20 %.
//!
//! Source: gRPC proposal A6 as amended in 2024 (jitter of 0.8 to 1.2), and grpc-go.

use super::{exponential, part};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

/// Settings of gRPC's back-off; gRPC has no defaults for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grpc {
    /// `initialBackoff`; not zero.
    pub initial: Span,
    /// `backoffMultiplier`; not zero.
    pub multiplier: Factor,
    /// `maxBackoff`; not zero.
    pub max: Span,
}

impl Grpc {
    pub(super) fn middle(&self, n: u32) -> Span {
        exponential(self.initial, self.multiplier, n - 1, self.max)
    }

    #[inline]
    pub(super) fn delay(&self, n: u32, draw: &mut impl Draw) -> Span {
        part(self.middle(n), 0.8 + 0.4 * draw.unit())
    }

    pub(super) fn bound(&self, n: u32) -> Span {
        self.middle(n).scale(6, 5) + Span::from_nanos(1)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.initial > Span::ZERO, "gRPC's initial back-off is longer than 0")?;
        require(self.max > Span::ZERO, "gRPC's max back-off is longer than 0")?;
        require(self.multiplier.0 > 0, "gRPC's back-off multiplier is more than 0")
    }
}
