//! Deadline-aware drop: a call that can no longer be in time is not served.
//!
//! Asked when a call comes out of the queue. Serving it would be wasted work; answering that it was dropped is cheap. With
//! `needed` set to what serving usually takes, calls that have time left but not enough go as well.
//!
//! Sources: gRPC and Finagle, which refuse to begin work whose deadline has passed; Google SRE book (2016), ch. 22, "Missed
//! deadlines".

use crate::time::{SimTime, Span};

/// Settings of deadline-aware drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineDrop {
    /// How much time a call must have left to be served. An answer at the very instant of the deadline is in time.
    pub needed: Span,
}

impl DeadlineDrop {
    /// Drops only what is too late already.
    pub const DEFAULT: DeadlineDrop = DeadlineDrop { needed: Span::ZERO };

    /// Whether a call with this deadline is dropped when it comes out of the queue at `now`. [`SimTime::MAX`] is no deadline.
    #[inline]
    pub fn drops(&self, now: SimTime, deadline: SimTime) -> bool {
        deadline != SimTime::MAX && now + self.needed > deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_call_is_dropped_when_its_time_is_over() {
        let late = DeadlineDrop::DEFAULT;
        assert!(!late.drops(at(100), at(100)));
        assert!(late.drops(at(101), at(100)));
        let hopeless = DeadlineDrop {
            needed: Span::from_millis(20),
        };
        assert!(!hopeless.drops(at(80), at(100)));
        assert!(hopeless.drops(at(81), at(100)));
    }

    #[test]
    fn a_call_without_a_deadline_is_served() {
        let hopeless = DeadlineDrop { needed: Span::MAX };
        assert!(!hopeless.drops(at(81), SimTime::MAX));
        assert!(hopeless.drops(at(81), at(100)));
    }
}
