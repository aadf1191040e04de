//! AIMD: one more after a success at more than half the limit, a share fewer after a drop.
//!
//! A call that takes longer than `timeout` counts as dropped. The limit is a whole number, so that a tenth less of 9 is 8.
//!
//! Sources: D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", Computer Networks
//! and ISDN Systems 17(1), 1989; Netflix concurrency-limits (2026), `AIMDLimit`.

use super::Sample;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::Span;

/// Settings of Netflix's `AIMDLimit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aimd {
    /// The limit at the start.
    pub initial_limit: u32,
    /// The smallest limit; at least 1.
    pub min_limit: u32,
    /// The largest limit.
    pub max_limit: u32,
    /// What is left of the limit after a drop: 0.5 to below 1.
    pub backoff_ratio: Factor,
    /// A call that takes longer counts as dropped.
    pub timeout: Span,
}

impl Aimd {
    /// Netflix's defaults.
    pub const DEFAULT: Aimd = Aimd {
        initial_limit: 20,
        min_limit: 20,
        max_limit: 200,
        backoff_ratio: Factor(900_000),
        timeout: Span::from_secs(5),
    };

    #[inline]
    pub(super) fn on_sample(&self, limit: &mut u32, sample: &Sample) {
        let next = if sample.dropped || sample.rtt > self.timeout {
            (f64::from(*limit) * self.backoff_ratio.as_f64()) as u32
        } else if 2 * u64::from(sample.in_flight) >= u64::from(*limit) {
            limit.saturating_add(1)
        } else {
            *limit
        };
        *limit = next.clamp(self.min_limit, self.max_limit);
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        super::check_range(self.initial_limit, self.min_limit, self.max_limit)?;
        let ratio = self.backoff_ratio >= Factor(500_000) && self.backoff_ratio < Factor::ONE;
        require(ratio, "backoff_ratio is from 0.5 to below 1 (default 0.9)")?;
        require(self.timeout > Span::ZERO, "timeout is above zero (default 5s)")
    }
}
