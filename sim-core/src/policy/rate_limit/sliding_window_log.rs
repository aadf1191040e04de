//! Sliding window log: remembers when each call of the last window was let through, and is therefore exact.
//!
//! A call counts from its instant until a whole window later, that instant excluded. In no stretch as long as the window do
//! more than `limit` pass. The price is a memory of `limit` instants.
//!
//! Source: Figma engineering blog, "An alternative approach to rate limiting" (2017), which compares the kinds of window.

use std::collections::VecDeque;

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a sliding window log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingWindowLog {
    /// Calls per window; at least 1.
    pub limit: u32,
    /// The length of the window; not zero.
    pub window: Span,
}

/// When the calls of the last window passed, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(VecDeque<SimTime>);

impl SlidingWindowLog {
    #[inline]
    pub(super) fn ask(&self, log: &mut Log, now: SimTime, permits: u32) -> Answer {
        while log.0.front().is_some_and(|&passed| passed + self.window <= now) {
            log.0.pop_front();
        }
        // What is in the log never exceeds the limit.
        if permits > self.limit - log.0.len() as u32 {
            return Answer::Refused;
        }
        log.0.extend((0..permits).map(|_| now));
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
