//! Leaky bucket as a queue: whatever comes in, calls leave `period / rate` apart.
//!
//! An arrival waits until everything before it has leaked out; it is refused if all waiting places are taken. There is no
//! burst: that is the difference from a token bucket, whose output may be as bursty as its input.
//!
//! Sources: A. S. Tanenbaum, *Computer Networks* (leaky bucket as a queue); nginx, `limit_req` with `burst` and without
//! `nodelay`.

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a leaky bucket as a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakyBucket {
    /// Calls that leave in each period; at least 1.
    pub rate: u64,
    /// What the rate is per; not zero.
    pub period: Span,
    /// How many may wait; zero refuses every call that cannot leave at once.
    pub size: u32,
}

/// What has not leaked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Calls times the period in nanoseconds, those that have left but still keep the next one waiting included.
    level: u128,
    /// Up to when it has leaked.
    at: SimTime,
}

impl LeakyBucket {
    /// A queue of `size` places that lets `rate` calls a second leave.
    pub const fn per_second(rate: u64, size: u32) -> LeakyBucket {
        LeakyBucket {
            rate,
            period: Span::from_secs(1),
            size,
        }
    }

    fn of(&self, permits: u32) -> u128 {
        u128::from(permits) * u128::from(self.period.nanos())
    }

    pub(super) fn start(&self, now: SimTime) -> Backlog {
        Backlog { level: 0, at: now }
    }

    /// A call of several permits leaves when its first permit may, and keeps the next call waiting for all of them.
    #[inline]
    pub(super) fn ask(&self, backlog: &mut Backlog, now: SimTime, permits: u32) -> Answer {
        let leaked = u128::from(now.since(backlog.at).nanos()) * u128::from(self.rate);
        backlog.level = backlog.level.saturating_sub(leaked);
        backlog.at = now;
        // Whoever waits has less than a whole call in front of it for each place: more is one place too many.
        if backlog.level > self.of(self.size) {
            return Answer::Refused;
        }
        let wait = backlog.level.div_ceil(u128::from(self.rate));
        backlog.level += self.of(permits);
        match u64::try_from(wait).unwrap_or(u64::MAX) {
            0 => Answer::Admitted,
            wait => Answer::Wait(Span::from_nanos(wait)),
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.rate >= 1,
            "a leaky bucket's rate is at least 1 per period; it has no default",
        )?;
        require(
            self.period > Span::ZERO,
            "a leaky bucket's period is above zero (default 1s)",
        )
    }
}
