//! Success, failure, or neither: what a breaker makes of outcomes.
//!
//! Libraries differ in what a bad request is, and in whether the caller's own rejections count; none counts its own
//! refusals or what a fallback answers.
//!
//! Sources: the default predicates of each library, named in its file.

use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::{Invalid, require};

/// What a breaker makes of each outcome. What is neither a failure nor ignored is a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judge {
    /// What counts as a failure.
    pub failures: OutcomeSet,
    /// What does not count at all.
    pub ignored: OutcomeSet,
}

/// What an outcome is to a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Success,
    Failure,
    Ignored,
}

/// Every failure but a bad request (the caller's own fault), a cancellation (nobody's) and a breaker's refusal. The
/// caller's own rejections are among them: they come here only if the bulkhead, pool or limiter stands inside the
/// breaker.
pub const FAILURES: OutcomeSet = OutcomeSet::RETRYABLE
    .with(Outcome::Deadline)
    .with(Outcome::Throttled)
    .with(Outcome::RateLimited)
    .with(Outcome::BulkheadFull)
    .with(Outcome::OverLimit)
    .with(Outcome::PoolTimeout);

/// A cancellation, as of a hedge's loser, and a breaker's own refusal.
pub const NEVER_COUNTED: OutcomeSet = OutcomeSet::EMPTY.with(Outcome::Cancelled).with(Outcome::BreakerOpen);

/// `set` without `outcome`.
pub(super) const fn except(set: OutcomeSet, outcome: Outcome) -> OutcomeSet {
    let (mut rest, mut at) = (OutcomeSet::EMPTY, 0);
    while at < Outcome::COUNT {
        let other = Outcome::ALL[at];
        if set.contains(other) && other as u8 != outcome as u8 {
            rest = rest.with(other);
        }
        at += 1;
    }
    rest
}

impl Judge {
    /// Bad requests do not count.
    pub const IGNORING_BAD_REQUESTS: Judge = Judge {
        failures: FAILURES,
        ignored: NEVER_COUNTED.with(Outcome::BadRequest),
    };

    /// As Finagle: the caller's own rejections do not count either.
    pub const IGNORING_LOCAL: Judge = Judge {
        failures: OutcomeSet::RETRYABLE.with(Outcome::Deadline),
        ignored: NEVER_COUNTED
            .with(Outcome::BadRequest)
            .with(Outcome::Throttled)
            .with(Outcome::RateLimited)
            .with(Outcome::BulkheadFull)
            .with(Outcome::OverLimit)
            .with(Outcome::PoolTimeout),
    };

    /// Bad requests are successes: the callee is well.
    pub const BAD_REQUESTS_SUCCEED: Judge = Judge {
        failures: FAILURES,
        ignored: NEVER_COUNTED,
    };

    #[inline]
    pub(super) fn of(&self, outcome: Outcome) -> Judgement {
        if self.failures.contains(outcome) {
            Judgement::Failure
        } else if self.ignored.contains(outcome) {
            Judgement::Ignored
        } else {
            Judgement::Success
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let both = |it: Outcome| self.failures.contains(it) && self.ignored.contains(it);
        require(
            !Outcome::ALL.into_iter().any(both),
            "an outcome is a failure or ignored, not both",
        )?;
        require(
            Outcome::ALL.into_iter().any(|it| self.failures.contains(it)),
            "some outcome has to be a failure, or the breaker never opens",
        )
    }
}
