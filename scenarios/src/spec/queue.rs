//! `queue`: where calls wait for a worker, and what keeps the queue short.

use super::{Limit, Opt, Switch};
use crate::fields::*;
use crate::syntax::dist::DistSpec;
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::server::codel::Comparison;
use brownout_sim_core::server::overflow::OnFull;
use brownout_sim_core::time::Span;

table! {
    /// Where calls wait for a worker of one replica.
    pub struct Queue "queue" {
        /// Most calls that wait; 0: nobody waits.
        limit: Opt<Limit> = limit(0), default("\"unlimited\"").live(), "256";
        /// Who is next: the oldest, the newest, the oldest while at most `threshold` wait and else the newest, or the most important.
        order: Opt<QueueOrder> = words(ORDERS), default("\"fifo\"").live(), "\"lifo\"";
        /// With `order = "adaptive_lifo"`: as long as at most so many wait, the oldest is next. The source gives no number; this one is ours.
        threshold: Opt<u32> = count(0, 1_000_000_000), default("10").live(), "20";
        /// Who is answered with `queue_full` when the queue is full: whoever comes; whoever has waited longest, or came last, of the least important.
        overflow: Opt<OnFull> = words(OVERFLOWS), default("\"newest\"").live(), "\"oldest\"";
        /// A call that has waited this long is dropped with `queue_timeout`. A length or a distribution; or `short` and `long` for one that depends on how long the queue has stood.
        timeout: Opt<Timeout> = short::<Timeout>("after"), optional().live(), "\"500ms\"";
        /// Drops from the head of a queue that has been late for an interval, ever more often; answered with `shed`.
        codel: Opt<Codel> = table::<Codel>(), optional().live(), "{ target = \"20ms\", interval = \"200ms\" }";
        /// Drops whoever waited for more than twice the target while a whole interval was late; answered with `shed`.
        folly_codel: Opt<FollyCodel> = table::<FollyCodel>(), optional().live(), "{ target = \"20ms\", interval = \"200ms\" }";
        /// Refuses newcomers at random before the queue is full, the likelier the longer it is on average; answered with `shed`.
        red: Opt<Red> = table::<Red>(), optional().live(), "{ min = 10, max = 50, max_probability = \"10%\" }";
        /// Does not begin calls that have less than this left until their deadline; answered with `deadline`. Without it, those whose deadline has passed; `"none"` begins them all the same. Only deadlines that callers hand down are known.
        deadline_drop: Opt<Switch<DeadlineDrop>> = switch(short::<DeadlineDrop>("needed")), optional().live(), "\"20ms\"";
    }
}

/// Who leaves a queue next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueOrder {
    /// The oldest.
    Fifo,
    /// The newest.
    Lifo,
    /// The oldest of a short queue, the newest of a long one.
    AdaptiveLifo,
    /// The oldest of the most important.
    Priority,
}

const ORDERS: &[(&str, QueueOrder)] = &[
    ("fifo", QueueOrder::Fifo),
    ("lifo", QueueOrder::Lifo),
    ("adaptive_lifo", QueueOrder::AdaptiveLifo),
    ("priority", QueueOrder::Priority),
];

const OVERFLOWS: &[(&str, OnFull)] = &[
    ("newest", OnFull::Newcomer),
    ("oldest", OnFull::Oldest),
    ("lowest_priority", OnFull::Lowest),
];

table! {
    /// How long a call may wait: either `after`, or `short` and `long`, as in "Fail at Scale" (ACM Queue 13(8), 2015).
    pub struct Timeout "queue timeout" {
        /// The same for every call, or drawn.
        after: Opt<DistSpec> = dist_above_zero(), optional().live(), "\"500ms\"";
        /// For calls that come when the queue has not been empty for `long`; 5 ms if only `long` is said.
        short: Opt<Span> = duration(), optional().live(), "\"5ms\"";
        /// For all others; 100 ms if only `short` is said.
        long: Opt<Span> = duration(), optional().live(), "\"100ms\"";
    }
}

table! {
    /// Controlled delay, RFC 8289. The defaults are for packets; calls may want larger ones.
    pub struct Codel "codel" {
        /// The wait that is acceptable as a standing delay.
        target: Opt<Span> = duration(), default("\"5ms\"").live(), "\"20ms\"";
        /// For how long the queue may be late.
        interval: Opt<Span> = duration(), default("\"100ms\"").live(), "\"200ms\"";
        /// Whether the very end of the interval is late enough: by the RFC it is, in Linux not.
        comparison: Opt<Comparison> = words(COMPARISONS), default("\"linux\"").live(), "\"rfc\"";
    }
}

const COMPARISONS: &[(&str, Comparison)] = &[("linux", Comparison::Linux), ("rfc", Comparison::Rfc)];

table! {
    /// Facebook's CoDel for calls, in folly.
    pub struct FollyCodel "folly_codel" {
        /// The wait that is acceptable; whoever waited for more than twice as long goes.
        target: Opt<Span> = duration(), default("\"5ms\"").live(), "\"20ms\"";
        /// Over how long the shortest wait is taken.
        interval: Opt<Span> = duration(), default("\"100ms\"").live(), "\"200ms\"";
    }
}

table! {
    /// Random early drop, by Floyd and Jacobson. The defaults are those of the paper, for packets.
    pub struct Red "red" {
        /// Average queue length below which nothing is refused.
        min: Opt<u32> = count(0, 1_000_000_000), default("5").live(), "10";
        /// Average queue length from which everything is refused.
        max: Opt<u32> = count(1, 1_000_000_000), default("15").live(), "50";
        /// How likely a newcomer is refused just below `max`.
        max_probability: Opt<Ratio> = share(), default("\"2%\"").live(), "\"10%\"";
        /// How much of the difference the average moves at each arrival.
        weight: Opt<Decimal> = number_above_zero(1), default("0.002").live(), "0.1";
    }
}

table! {
    /// Which calls are not begun any more.
    pub struct DeadlineDrop "deadline_drop" {
        /// How much time has to be left, such as what serving takes.
        needed: Opt<Span> = duration_or_zero(), default("\"0s\"").live(), "\"20ms\"";
    }
}
