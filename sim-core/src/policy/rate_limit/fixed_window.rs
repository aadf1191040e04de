//! Fixed window: so many calls in each aligned window of time.
//!
//! The counter starts again at every multiple of the window, so up to twice the limit can pass around a boundary.
//!
//! Source: RFC 6585 section 4 and the `X-RateLimit-Limit` and `-Reset` headers of public interfaces, which count this way.

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a fixed window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedWindow {
    /// Calls per window; at least 1.
    pub limit: u32,
    /// The length of a window; not zero.
    pub window: Span,
}

/// What has been used of the current window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The number of the window since the run began.
    window: u64,
    used: u32,
}

impl FixedWindow {
    #[inline]
    pub(super) fn ask(&self, count: &mut Count, now: SimTime, permits: u32) -> Answer {
        let window = now.nanos() / self.window.nanos();
        if window != count.window {
            *count = Count { window, used: 0 };
        }
        if permits > self.limit - count.used {
            return Answer::Refused;
        }
        count.used += permits;
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
