//! `[policy.x]`: what callers do about failures, key by key.

pub mod balance;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod cache;
pub mod collapse;
pub mod concurrency;
pub mod deadline;
pub mod fallback;
pub mod health;
pub mod hedge;
pub mod outlier;
pub mod pool;
pub mod rate_limit;
pub mod retry;
pub mod throttle;
pub mod timeout;

use super::spread::{Locality, Shard, Subset};
use super::{At, Opt, Switch};
use crate::fields::*;
use crate::syntax::address::EdgeAddress;
use crate::syntax::units::Ratio;
use balance::Balance;
use breaker::Breaker;
use brownout_sim_core::policy::PolicyKind;
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::time::Span;
use bulkhead::Bulkhead;
use cache::Cache;
use collapse::Collapse;
use concurrency::Concurrency;
use deadline::Deadline;
use fallback::Fallback;
use health::Health;
use hedge::Hedge;
use outlier::Outlier;
use pool::Pool;
use rate_limit::RateLimit;
use retry::Retry;
use throttle::Throttle;
use timeout::CANCELS;

table! {
    /// What callers on an edge do about failures. All policies whose `edge` fits apply, key by key; the more specific one wins.
    pub struct Policy "policy" {
        /// Whose calls: caller and callee, each a name, an endpoint, a tag or `*`.
        edge: Opt<EdgeAddress> = edge(), required(), "\"app -> db\"";
        /// How long one attempt may take; `"none"` switches it off.
        timeout: Opt<Switch<Span>> = switch(duration()), optional().live(), "\"500ms\"";
        /// How long a call may take, all its attempts and pauses included; `"none"` switches it off.
        deadline: Opt<Switch<Deadline>> = switch(short::<Deadline>("after")), optional().live(), "{ after = \"1s\", propagate = true }";
        /// Whether the callee stops when nobody waits for it any more.
        cancel: Opt<Cancel> = words(CANCELS), default("\"none\"").live(), "\"propagate\"";
        /// Answers something else when a call has failed; `"none"` switches it off.
        fallback: Opt<Switch<Fallback>> = switch(kind_or_table::<Fallback>()), optional().live(), "\"static\"";
        /// Answers from memory, or joins an equal call that is out; `"none"` switches it off.
        cache: Opt<Switch<Cache>> = switch(cache()), optional().live(), "{ ttl = \"30s\", single_flight = true }";
        /// Makes one call of several; `"none"` switches it off.
        collapse: Opt<Switch<Collapse>> = switch(short::<Collapse>("timer_delay")), optional().live(), "{ timer_delay = \"10ms\", scope = \"global\" }";
        /// Sends another copy before the first has answered; `"none"` switches it off.
        hedge: Opt<Switch<Hedge>> = switch(hedge()), optional().live(), "\"50ms\"";
        /// Sends again after a failure; `"none"` switches it off.
        retry: Opt<Switch<Retry>> = switch(table::<Retry>()), optional().live(), "{ attempts = 3, backoff = \"exponential(50ms, factor=2, cap=2s)\", jitter = \"full\" }";
        /// Sends less when too much is refused; `"none"` switches it off.
        throttle: Opt<Switch<Throttle>> = switch(kind_or_table::<Throttle>()), optional().live(), "\"sre\"";
        /// Sends at most so many per second; `"none"` switches it off.
        rate_limit: Opt<Switch<RateLimit>> = switch(rate_limit()), optional().live(), "\"100/s\"";
        /// Stops calling a callee that keeps failing; `"none"` switches it off.
        breaker: Opt<Switch<Breaker>> = switch(kind_or_table::<Breaker>()), optional().live(), "{ kind = \"resilience4j\", sliding_window_size = 20, minimum_number_of_calls = 10 }";
        /// Has at most so many calls out at once; `"none"` switches it off.
        bulkhead: Opt<Switch<Bulkhead>> = switch(bulkhead()), optional().live(), "10";
        /// As a bulkhead, but finds the number itself; `"none"` switches it off.
        concurrency: Opt<Switch<Concurrency>> = switch(kind_or_table::<Concurrency>()), optional().live(), "\"gradient2\"";
        /// How a replica is picked.
        balance: Opt<Balance> = kind_or_table::<Balance>(), default("\"round_robin\"").live(), "\"two_choices\"";
        /// Takes out replicas that do worse than the others; `"none"` switches it off.
        outlier: Opt<Switch<Outlier>> = switch(kind_or_table::<Outlier>()), optional().live(), "{ kind = \"envoy\", max_ejection_percent = \"50%\" }";
        /// Checks replicas in the background; `"none"` switches it off.
        health: Opt<Switch<Health>> = switch(kind_or_table::<Health>()), optional().live(), "{ kind = \"haproxy\", inter = \"2s\" }";
        /// Below this share of available replicas, all are used, ejected or down as they may be, in whole percent; 0 is never. If absent, 50 % with the outlier detection, checks or localities of Envoy, and else 0.
        panic_threshold: Opt<Ratio> = share(), optional().live(), "\"50%\"";
        /// Each caller uses only some of the replicas; `"none"` switches it off.
        subset: Opt<Switch<Subset>> = switch(kind_or_table::<Subset>()), optional().live(), "{ kind = \"deterministic\", subset_size = 5 }";
        /// Some zones come before others; `"none"` switches it off.
        locality: Opt<Switch<Locality>> = switch(kind_or_table::<Locality>()), optional().live(), "\"zone_aware\"";
        /// Each key of requests uses only some of the replicas; `"none"` switches it off.
        shard: Opt<Switch<Shard>> = switch(kind_or_table::<Shard>()), optional().live(), "{ kind = \"shuffle\", size = 2 }";
        /// The connections to each replica of the callee; `"none"` is any number at once.
        pool: Opt<Switch<Pool>> = switch(pool()), optional().live(), "10";
        /// Whose state it is: each replica of the caller has its own, or the service shares one.
        scope: Opt<Scope> = words(SCOPES), default("\"replica\""), "\"service\"";
        /// All kinds of policy in use, outermost first.
        order: Opt<Vec<At<PolicyKind>>> = many(policy_kind()), optional().live(), "[\"deadline\", \"retry\", \"timeout\"]";
        /// A profile to start from: a library's defaults.
        like: Opt<String> = profile(), optional(), "\"envoy-default\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// Whose state a policy's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each replica of the caller has its own.
    Replica,
    /// The caller's replicas share one.
    Service,
}

const SCOPES: &[(&str, Scope)] = &[("replica", Scope::Replica), ("service", Scope::Service)];
