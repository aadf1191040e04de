//! `admission`: whom a replica lets in, before its queue; and `dimmer`: what it leaves out.

use super::policy::concurrency::Concurrency;
use super::policy::rate_limit::RateLimit;
use super::{At, Opt, Switch};
use crate::fields::*;
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::time::Span;

table! {
    /// Whom a replica lets in, before its queue. What is said is asked in this order.
    pub struct Admission "admission" {
        /// At most so many calls per second at each replica; others are answered with `quota`. Only kinds that let nobody wait.
        local_rate_limit: Opt<Switch<RateLimit>> = switch(rate_limit()), optional(), "{ rate = \"200/s\", burst = 50 }";
        /// At most so many calls per second over all replicas; others are answered with `quota`. Only kinds that let nobody wait.
        global_rate_limit: Opt<Switch<RateLimit>> = switch(rate_limit()), optional(), "\"1000/s\"";
        /// Refuses the least important requests first as workers fill up; they are answered with `shed`. Needs `workers`.
        criticality: Opt<Switch<Criticality>> = switch(table::<Criticality>()), optional(), "{ sheddable = \"75%\", critical = \"150%\" }";
        /// At most so many calls at once inside each replica, waiting or in service; others are answered with `shed`. A number, or how to find it.
        concurrency: Opt<Switch<InsideLimit>> = switch(inside_limit()), optional(), "\"gradient2\"";
        /// Shares of `concurrency` by class of request: below the limit anyone may come in, at the limit whoever's class is below its share.
        partition: Opt<Vec<(At<String>, At<Ratio>)>> = partitions(), optional(), "{ checkout = \"80%\", batch = \"20%\" }";
    }
}

/// A limit on the calls inside a replica.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one a service, read once")]
pub enum InsideLimit {
    /// Always the same.
    Fixed(u32),
    /// Found from how long calls take.
    Adaptive(Concurrency),
}

table! {
    /// From which utilization each class is refused: calls in service and in the queue, for each worker. A load's `priority` says its class. Utilization is that of the instant. The thresholds are ours.
    pub struct Criticality "criticality" {
        /// For `priority = "critical_plus"` (0); `"none"` is never.
        critical_plus: Opt<Switch<Ratio>> = switch(percentage()), default("\"none\""), "\"200%\"";
        /// For `priority = "critical"` (1).
        critical: Opt<Switch<Ratio>> = switch(percentage()), default("\"95%\""), "\"150%\"";
        /// For `priority = "sheddable_plus"` (2).
        sheddable_plus: Opt<Switch<Ratio>> = switch(percentage()), default("\"85%\""), "\"90%\"";
        /// For `priority = "sheddable"` (3, and all above).
        sheddable: Opt<Switch<Ratio>> = switch(percentage()), default("\"75%\""), "\"60%\"";
    }
}

table! {
    /// Brownout: takes the optional steps of flows less often while answers are slow. A step that is left out degrades the answer. Defaults as in the simulator of Klein et al. (ICSE 2014).
    pub struct Dimmer "dimmer" {
        /// The 95th percentile of response times that is aimed at.
        setpoint: Opt<Span> = duration(), default("\"1s\""), "\"500ms\"";
        /// How slowly it moves, below 1.
        pole: Opt<Decimal> = number_above_zero(1), default("0.9"), "0.5";
        /// How often it moves, at least 1 ms.
        control_period: Opt<Span> = duration(), default("\"1s\""), "\"500ms\"";
        /// How likely optional steps are taken at the start.
        initial_theta: Opt<Ratio> = share(), default("\"50%\""), "\"100%\"";
        /// How much longer answers take with all optional steps than with none; at the start, if it is estimated.
        gain: Opt<Span> = duration(), default("\"1s\""), "\"200ms\"";
        /// How much of what was known about the gain is kept each period; `"none"` does not estimate it.
        forgetting: Opt<Switch<Decimal>> = switch(number_above_zero(1)), default("0.95"), "\"none\"";
    }
}
