//! Sliding window counter: two counters that pass for a log.
//!
//! The last window is estimated as `previous (1 - f) + current`, f being the elapsed fraction of the current aligned window: as
//! if the calls of the previous one had been evenly spread. A call passes iff the estimate with it is at most the limit.
//!
//! Source: Cloudflare blog, "How we built rate limiting capable of scaling to millions of domains" (2017).

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a sliding window counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingWindowCounter {
    /// Calls per window; at least 1.
    pub limit: u32,
    /// The length of a window; not zero.
    pub window: Span,
}

/// What passed in two neighbouring windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of the current window since the run began.
    window: u64,
    previous: u32,
    current: u32,
}

impl SlidingWindowCounter {
    #[inline]
    pub(super) fn ask(&self, counts: &mut Counts, now: SimTime, permits: u32) -> Answer {
        let width = self.window.nanos();
        let window = now.nanos() / width;
        if window != counts.window {
            let previous = if window == counts.window + 1 { counts.current } else { 0 };
            *counts = Counts {
                window,
                previous,
                current: 0,
            };
        }
        // All terms times the width: exact.
        let left = u128::from(width - now.nanos() % width);
        let wanted = (u128::from(counts.current) + u128::from(permits)) * u128::from(width);
        if u128::from(counts.previous) * left + wanted > u128::from(self.limit) * u128::from(width) {
            return Answer::Refused;
        }
        counts.current += permits;
        Answer::Admitted
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.limit >= 1, "a window's limit is at least 1; it has no default")?;
        require(
            self.window > Span::ZERO,
            "a window is longer than zero; it has no default",
        )
    }
}
