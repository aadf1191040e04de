//! How a call or attempt ended, as the caller of that edge saw it.

/// The end of an attempt, a call or a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Answered as hoped.
    Ok,
    /// Answered by a fallback, or an optional part is missing, here or below.
    Degraded,
    /// The callee answered with an error.
    Error,
    /// The callee blames the caller.
    BadRequest,
    /// The callee's queue was full.
    QueueFull,
    /// The callee dropped it after too long in its queue.
    QueueTimeout,
    /// The callee shed it.
    Shed,
    /// A third party's quota, or a service's rate limit, was used up.
    Quota,
    /// Nobody listens there: an error after one round trip.
    Refused,
    /// The callee crashed with the call inside.
    Reset,
    /// No replica in the caller's view, or connecting took too long.
    Unreachable,
    /// The caller gave up on one attempt.
    Timeout,
    /// The caller gave up on the call: its deadline passed.
    Deadline,
    /// The caller no longer wanted it.
    Cancelled,
    /// The caller's adaptive throttle refused to send it.
    Throttled,
    /// The caller's rate limiter refused to send it.
    RateLimited,
    /// The caller's circuit breaker was open.
    BreakerOpen,
    /// The caller's bulkhead was full.
    BulkheadFull,
    /// The caller's concurrency limit was reached.
    OverLimit,
    /// No connection became free in time.
    PoolTimeout,
}

impl Outcome {
    /// How many kinds of outcome there are.
    pub const COUNT: usize = 20;

    /// Every outcome, in the order of the enum.
    pub const ALL: [Outcome; Outcome::COUNT] = [
        Outcome::Ok,
        Outcome::Degraded,
        Outcome::Error,
        Outcome::BadRequest,
        Outcome::QueueFull,
        Outcome::QueueTimeout,
        Outcome::Shed,
        Outcome::Quota,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::Unreachable,
        Outcome::Timeout,
        Outcome::Deadline,
        Outcome::Cancelled,
        Outcome::Throttled,
        Outcome::RateLimited,
        Outcome::BreakerOpen,
        Outcome::BulkheadFull,
        Outcome::OverLimit,
        Outcome::PoolTimeout,
    ];

    /// The name used in files, tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Degraded => "degraded",
            Outcome::Error => "error",
            Outcome::BadRequest => "bad_request",
            Outcome::QueueFull => "queue_full",
            Outcome::QueueTimeout => "queue_timeout",
            Outcome::Shed => "shed",
            Outcome::Quota => "quota",
            Outcome::Refused => "refused",
            Outcome::Reset => "reset",
            Outcome::Unreachable => "unreachable",
            Outcome::Timeout => "timeout",
            Outcome::Deadline => "deadline",
            Outcome::Cancelled => "cancelled",
            Outcome::Throttled => "throttled",
            Outcome::RateLimited => "rate_limited",
            Outcome::BreakerOpen => "breaker_open",
            Outcome::BulkheadFull => "bulkhead_full",
            Outcome::OverLimit => "over_limit",
            Outcome::PoolTimeout => "pool_timeout",
        }
    }

    /// Neither `ok` nor `degraded`.
    #[inline]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Outcome::Ok | Outcome::Degraded)
    }

    /// Decided by the caller without sending anything: such rejections are no attempts.
    pub const fn is_local_rejection(self) -> bool {
        self as u8 >= Outcome::Throttled as u8
    }
}

/// A set of outcomes, such as the ones a retry policy acts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OutcomeSet(u32);

impl OutcomeSet {
    /// No outcome.
    pub const EMPTY: OutcomeSet = OutcomeSet(0);

    /// What a retry policy acts on unless its `on` says otherwise: every failure but the caller's own rejections, its
    /// deadline, its cancellation and a bad request.
    pub const RETRYABLE: OutcomeSet = OutcomeSet::EMPTY
        .with(Outcome::Error)
        .with(Outcome::QueueFull)
        .with(Outcome::QueueTimeout)
        .with(Outcome::Shed)
        .with(Outcome::Quota)
        .with(Outcome::Refused)
        .with(Outcome::Reset)
        .with(Outcome::Unreachable)
        .with(Outcome::Timeout);

    /// This set and `outcome`.
    pub const fn with(self, outcome: Outcome) -> OutcomeSet {
        OutcomeSet(self.0 | 1 << outcome as u8)
    }

    /// Whether `outcome` is in the set.
    #[inline]
    pub const fn contains(self, outcome: Outcome) -> bool {
        self.0 & (1 << outcome as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_outcomes_is_in_the_order_of_the_enum() {
        for (at, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, at);
        }
    }

    #[test]
    fn local_rejections_are_not_retried_by_default() {
        for outcome in Outcome::ALL {
            assert!(
                !(outcome.is_local_rejection() && OutcomeSet::RETRYABLE.contains(outcome)),
                "{outcome:?}"
            );
        }
    }
}
