//! The twelve kinds of policy and the order in which they stand around a call.
//!
//! What stands above `hedge` and `retry` sees calls, what stands below sees attempts; so the order decides what a breaker
//! counts, how long a slot is held and what a timeout bounds. Any order is legal; some have a consequence that surprises,
//! which [`oddities`] names.
//!
//! Sources for the default order: resilience4j's decorators (retry, breaker, rate limiter, time limiter, bulkhead, call),
//! Polly's standard pipeline (rate limiter, total timeout, retry, breaker, attempt timeout) and Hystrix (cache, breaker,
//! semaphore, timeout, run, fallback), joined so that each keeps its relative places where they agree.

use core::cmp::Ordering;

/// A kind of policy; each stands at most once in a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PolicyKind {
    /// Answers instead when the call fails.
    Fallback,
    /// Answers from memory.
    Cache,
    /// Bounds the call with all its attempts.
    Deadline,
    /// Sends a second copy when the first is slow.
    Hedge,
    /// Sends again after a failure.
    Retry,
    /// Sends less when too much is refused.
    Throttle,
    /// Sends at most so many per second.
    RateLimit,
    /// Stops sending to a callee that keeps failing.
    Breaker,
    /// Has at most so many out at once.
    Bulkhead,
    /// As a bulkhead, but finds the number itself.
    Concurrency,
    /// Bounds the wait for one attempt.
    Timeout,
    /// Makes one call of several. Last, as these numbers name states in digests; its place in the order is another.
    Collapse,
}

use PolicyKind::*;

impl PolicyKind {
    /// How many kinds there are.
    pub const COUNT: usize = 12;

    /// Every kind in the default order, outermost first.
    pub const DEFAULT_ORDER: [PolicyKind; PolicyKind::COUNT] = [
        Fallback,
        Cache,
        Collapse,
        Deadline,
        Hedge,
        Retry,
        Throttle,
        RateLimit,
        Breaker,
        Bulkhead,
        Concurrency,
        Timeout,
    ];

    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Fallback => "fallback",
            Cache => "cache",
            Collapse => "collapse",
            Deadline => "deadline",
            Hedge => "hedge",
            Retry => "retry",
            Throttle => "throttle",
            RateLimit => "rate_limit",
            Breaker => "breaker",
            Bulkhead => "bulkhead",
            Concurrency => "concurrency",
            Timeout => "timeout",
        }
    }

    /// The kind with this name in files.
    pub fn named(name: &str) -> Option<PolicyKind> {
        PolicyKind::DEFAULT_ORDER.into_iter().find(|it| it.name() == name)
    }

    /// Its place in the default order, from 0.
    pub fn rank(self) -> usize {
        let place = PolicyKind::DEFAULT_ORDER.iter().position(|it| *it == self);
        place.expect("the order has every kind")
    }

    /// Puts the kinds that are in use in the default order.
    pub fn sort(used: &mut [PolicyKind]) {
        used.sort_unstable_by_key(|it| it.rank());
    }

    /// `order` with what it lacks of `used` put in its place: right within the innermost of those that usually stand around it.
    pub fn complete(order: &[PolicyKind], used: &[PolicyKind]) -> Vec<PolicyKind> {
        let mut all = order.to_vec();
        for kind in PolicyKind::DEFAULT_ORDER {
            if used.contains(&kind) && !all.contains(&kind) {
                let around = all.iter().rposition(|it| *it < kind);
                all.insert(around.map_or(0, |it| it + 1), kind);
            }
        }
        all
    }

    /// Checks that `order` lists each kind in `used` exactly once and nothing else. Returns every mistake, in the order of
    /// the list, then what is missing.
    pub fn check_order(order: &[PolicyKind], used: &[PolicyKind]) -> Vec<OrderError> {
        let mut errors = Vec::new();
        for (at, &kind) in order.iter().enumerate() {
            if order[..at].contains(&kind) {
                errors.push(OrderError::Twice(kind));
            } else if !used.contains(&kind) {
                errors.push(OrderError::Unused(kind));
            }
        }
        let missing = PolicyKind::DEFAULT_ORDER
            .into_iter()
            .filter(|it| used.contains(it) && !order.contains(it));
        errors.extend(missing.map(OrderError::Missing));
        errors
    }
}

/// By the place in the default order, outermost first.
impl Ord for PolicyKind {
    fn cmp(&self, other: &PolicyKind) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for PolicyKind {
    fn partial_cmp(&self, other: &PolicyKind) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What can be wrong with a written order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Listed more than once.
    #[error("`{}` stands in the order twice", .0.name())]
    Twice(PolicyKind),
    /// Listed, but no such policy applies.
    #[error("`{}` stands in the order, but no such policy applies here", .0.name())]
    Unused(PolicyKind),
    /// In use, but not listed.
    #[error("`{}` applies here, but does not stand in the order", .0.name())]
    Missing(PolicyKind),
}

/// A legal order with a consequence that surprises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The kind that stands further out.
    pub outer: PolicyKind,
    /// The kind that stands further in.
    pub inner: PolicyKind,
    /// What follows, as a sentence without its full stop.
    pub consequence: &'static str,
}

/// What is surprising about `order` (outermost first): each pair of kinds whose order differs from the default in a way that
/// matters, and hedge together with retry.
pub fn oddities(order: &[PolicyKind]) -> Vec<Oddity> {
    let place = |kind: PolicyKind| order.iter().position(|&it| it == kind);
    ODD.iter()
        .filter(|it| matches!((place(it.outer), place(it.inner)), (Some(outer), Some(inner)) if outer < inner))
        .copied()
        .collect()
}

const fn odd(outer: PolicyKind, inner: PolicyKind, consequence: &'static str) -> Oddity {
    Oddity {
        outer,
        inner,
        consequence,
    }
}

/// The pairs that matter.
const ODD: [Oddity; 18] = [
    odd(
        Hedge,
        Retry,
        "each copy of a hedged call retries on its own, so attempts multiply",
    ),
    odd(Retry, Hedge, "each retry is hedged again, so attempts multiply"),
    odd(
        Breaker,
        Retry,
        "the breaker counts one result a call, trips later, and retries go on unseen beneath it",
    ),
    odd(
        Breaker,
        Hedge,
        "the breaker counts one result a call and never sees the slow copies",
    ),
    odd(
        Timeout,
        Retry,
        "the timeout bounds all attempts together, so a slow first attempt leaves no time for a second",
    ),
    odd(Timeout, Hedge, "the timeout bounds all copies together"),
    odd(Timeout, Bulkhead, "the wait for a bulkhead slot uses up the timeout"),
    odd(
        Timeout,
        Breaker,
        "the breaker sees an attempt that timed out end as cancelled, not as a failure, and may never trip",
    ),
    odd(Timeout, RateLimit, "the wait for the rate limiter uses up the timeout"),
    odd(
        Bulkhead,
        Retry,
        "a slot stays taken while the call waits between attempts",
    ),
    odd(
        Concurrency,
        Retry,
        "the limit counts calls that wait between attempts, and learns from times that contain pauses",
    ),
    odd(
        RateLimit,
        Retry,
        "retries pass unlimited: only the first attempt is counted",
    ),
    odd(
        Throttle,
        Retry,
        "the throttle counts calls, so a call that succeeds at its third attempt hides two refusals",
    ),
    odd(
        Retry,
        Deadline,
        "the deadline bounds the whole call all the same, not each attempt",
    ),
    odd(
        Retry,
        Cache,
        "each retry looks into the cache again, and may find or join what others have asked meanwhile",
    ),
    odd(
        Collapse,
        Cache,
        "calls wait for their batch before anybody looks whether the answer is in the cache",
    ),
    odd(
        Retry,
        Collapse,
        "each retry waits for another batch, so a batch that failed is sent again as several",
    ),
    odd(
        Retry,
        Fallback,
        "the fallback answers the first failure, so there is nothing left to retry",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_order_has_every_kind_once_and_no_surprises() {
        let names: Vec<&str> = PolicyKind::DEFAULT_ORDER.iter().map(|it| it.name()).collect();
        assert_eq!(
            names.join(", "),
            "fallback, cache, collapse, deadline, hedge, retry, throttle, rate_limit, breaker, bulkhead, concurrency, timeout"
        );
        for (at, kind) in PolicyKind::DEFAULT_ORDER.into_iter().enumerate() {
            assert_eq!(kind.rank(), at);
            assert_eq!(PolicyKind::named(kind.name()), Some(kind));
        }
        assert_eq!(PolicyKind::named("retries"), None);
        let without_hedge: Vec<PolicyKind> = PolicyKind::DEFAULT_ORDER
            .into_iter()
            .filter(|&it| it != Hedge)
            .collect();
        assert_eq!(oddities(&without_hedge), []);
    }

    #[test]
    fn an_order_lists_each_policy_in_use_exactly_once() {
        assert_eq!(PolicyKind::check_order(&[Timeout, Retry], &[Retry, Timeout]), []);
        assert_eq!(
            PolicyKind::check_order(&[Retry, Retry, Breaker], &[Retry, Timeout]),
            [
                OrderError::Twice(Retry),
                OrderError::Unused(Breaker),
                OrderError::Missing(Timeout)
            ]
        );
        let mut used = [Timeout, Retry, Fallback];
        PolicyKind::sort(&mut used);
        assert_eq!(used, [Fallback, Retry, Timeout]);
        let mut used = [Deadline, Collapse, Cache];
        PolicyKind::sort(&mut used);
        assert_eq!(used, [Cache, Collapse, Deadline]);
    }

    #[test]
    fn what_an_order_lacks_comes_within_what_usually_stands_around_it() {
        let annotations = [Retry, Breaker, RateLimit, Timeout, Bulkhead];
        assert_eq!(PolicyKind::complete(&annotations, &annotations), annotations);
        assert_eq!(
            PolicyKind::complete(
                &annotations,
                &[Concurrency, Hedge, Throttle, Deadline, Fallback, Collapse]
            ),
            [
                Fallback,
                Collapse,
                Deadline,
                Hedge,
                Retry,
                Throttle,
                Breaker,
                RateLimit,
                Timeout,
                Bulkhead,
                Concurrency
            ]
        );
    }

    #[test]
    fn an_odd_order_is_told_its_consequence() {
        let found = oddities(&[Timeout, Retry]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].outer, found[0].inner), (Timeout, Retry));
        assert_eq!(oddities(&[Retry, Timeout]), []);
        assert_eq!(oddities(&[Hedge, Retry]).len(), 1);
    }
}
