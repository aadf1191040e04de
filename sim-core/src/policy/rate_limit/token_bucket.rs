//! Token bucket: a burst at once, a steady rate for the rest.
//!
//! The bucket is full at the start and gains `rate` tokens per `period` without steps; a call takes its permits if they are
//! there. In any stretch of time at most `burst + rate · stretch / period` permits are given. The leaky bucket *as a meter* is
//! the same thing seen from the other side.
//!
//! With `max_wait` a call may take tokens that are not there yet and wait for them: the bucket goes into debt, and waiting calls
//! leave in the order in which they asked.
//!
//! Source: J. Turner, "New directions in communications", IEEE Communications Magazine 24(10), 1986 (leaky bucket as a meter).

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    /// Tokens gained in each period; at least 1.
    pub rate: u64,
    /// What the rate is per; not zero.
    pub period: Span,
    /// Most tokens held, and how many it begins with; at least 1.
    pub burst: u32,
    /// The longest that a call waits for tokens; zero refuses it at once.
    pub max_wait: Span,
}

/// What is in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Tokens times the period in nanoseconds: an exact integer whatever the rate. Negative while calls wait.
    level: i128,
    /// Up to when tokens have been added.
    at: SimTime,
}

impl TokenBucket {
    /// A bucket of `burst` that gains `rate` tokens a second and lets nobody wait.
    pub const fn per_second(rate: u64, burst: u32) -> TokenBucket {
        TokenBucket {
            rate,
            period: Span::from_secs(1),
            burst,
            max_wait: Span::ZERO,
        }
    }

    fn of(&self, permits: u32) -> i128 {
        i128::from(permits) * i128::from(self.period.nanos())
    }

    pub(super) fn start(&self, now: SimTime) -> Tokens {
        Tokens {
            level: self.of(self.burst),
            at: now,
        }
    }

    #[inline]
    pub(super) fn ask(&self, tokens: &mut Tokens, now: SimTime, permits: u32) -> Answer {
        let gained = u128::from(now.since(tokens.at).nanos()) * u128::from(self.rate);
        let gained = i128::try_from(gained).unwrap_or(i128::MAX);
        tokens.level = tokens.level.saturating_add(gained).min(self.of(self.burst));
        tokens.at = now;
        let left = tokens.level - self.of(permits);
        if left >= 0 {
            tokens.level = left;
            return Answer::Admitted;
        }
        let wait = left.unsigned_abs().div_ceil(u128::from(self.rate));
        if wait > u128::from(self.max_wait.nanos()) {
            return Answer::Refused;
        }
        tokens.level = left;
        Answer::Wait(Span::from_nanos(wait as u64))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.rate >= 1,
            "a token bucket's rate is at least 1 per period; it has no default",
        )?;
        require(
            self.period > Span::ZERO,
            "a token bucket's period is above zero (default 1s)",
        )?;
        require(
            self.burst >= 1,
            "a token bucket's burst is at least 1, or no call ever passes; it has no default",
        )
    }
}
