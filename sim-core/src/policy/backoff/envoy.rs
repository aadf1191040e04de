//! Back-off of Envoy's router: a whole number of milliseconds below a range that doubles.
//!
//! The range is `base`, then twice as much each time; once doubling would exceed `max` it is `max`. After a reply with a
//! reset header of value `v` the *rate-limited* back-off applies instead: between `v` and `1.5 v`.
//!
//! Source: Envoy, `source/common/common/backoff_strategy.cc`, and `RetryPolicy.retry_back_off` and
//! `rate_limited_retry_back_off` of route API v3 (defaults: base 25 ms, max 10 times base, reset headers up to 300 s).

use super::{DOUBLING, exponential};
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::Span;

const MILLISECOND: u64 = 1_000_000;

/// Settings of Envoy's back-off. Fractions of a millisecond are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envoy {
    /// The first range.
    pub base: Span,
    /// The largest range.
    pub max: Span,
}

impl Envoy {
    /// Envoy's defaults.
    pub const DEFAULT: Envoy = Envoy {
        base: Span::from_millis(25),
        max: Span::from_millis(250),
    };

    pub(super) fn range(&self, n: u32) -> Span {
        let grown = exponential(self.base, DOUBLING, n - 1, Span::MAX);
        grown.min(self.max)
    }

    #[inline]
    pub(super) fn delay(&self, n: u32, draw: &mut impl Draw) -> Span {
        let range_ms = (self.range(n).nanos() / MILLISECOND).max(1);
        Span::from_nanos(draw.below(range_ms) * MILLISECOND)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.base.nanos() >= MILLISECOND,
            "Envoy's base interval is at least 1ms (default 25ms)",
        )?;
        require(
            self.max >= self.base,
            "Envoy's max interval is at least its base interval (default 10 times that)",
        )
    }
}

/// The pause after a reply that asked for `hint`: a whole number of milliseconds more, less than half of `hint`.
#[inline]
pub fn rate_limited(hint: Span, draw: &mut impl Draw) -> Span {
    let half_ms = (hint.nanos() / MILLISECOND / 2).max(1);
    hint + Span::from_nanos(draw.below(half_ms) * MILLISECOND)
}
