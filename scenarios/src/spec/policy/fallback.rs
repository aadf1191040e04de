//! `fallback`: answers something else when a call has failed.

use crate::fields::*;
use crate::spec::{At, Limit, Opt};
use crate::syntax::address::Address;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::time::Span;

kinds! {
    /// Answers something else when a call has failed; such an answer is `degraded`.
    pub enum Fallback "fallback" default "static" {
        "static" => Static(StaticFallback),
        "stale_cache" => StaleCache(StaleFallback),
        "dependency" => Dependency(OtherDependency),
        "fail_silent" => FailSilent(StaticFallback),
        "enqueue" => Enqueue(EnqueueFallback),
    }
}

table! {
    /// A constant, or a stub made of the request; `fail_silent` answers nothing at all, as a success.
    pub struct StaticFallback "fallback" {
        /// Which failures it answers; bad requests and cancelled calls are never helped.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\", \"deadline\", \"throttled\", \"rate_limited\", \"breaker_open\", \"bulkhead_full\", \"over_limit\", \"pool_timeout\"]"), "[\"timeout\", \"breaker_open\"]";
        /// How long making the answer takes.
        takes: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"2ms\"";
        /// How many a caller makes at once; Hystrix has 10.
        max_concurrent_requests: Opt<Limit> = limit(1), default("\"unlimited\""), "10";
    }
}

table! {
    /// The last good answer that this caller had from the callee, if it is not too old: one for all calls, or one for each key.
    pub struct StaleFallback "fallback" {
        /// How old it may be.
        max_stale: Opt<Span> = duration(), required(), "\"60s\"";
        /// How many answers are kept, one for each key of requests, the least recently used going first; without it one answers all.
        keys: Opt<u32> = count(1, 1_000_000_000), optional(), "1000";
        /// Which failures it answers; bad requests and cancelled calls are never helped.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\", \"deadline\", \"throttled\", \"rate_limited\", \"breaker_open\", \"bulkhead_full\", \"over_limit\", \"pool_timeout\"]"), "[\"timeout\", \"breaker_open\"]";
        /// How long making the answer takes.
        takes: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"2ms\"";
        /// How many a caller makes at once; Hystrix has 10.
        max_concurrent_requests: Opt<Limit> = limit(1), default("\"unlimited\""), "10";
    }
}

table! {
    /// Asks somebody else: a call over an edge of its own, with the policies in force there.
    pub struct OtherDependency "fallback" {
        /// Whom: a service, or one of its endpoints.
        call: Opt<Address> = callee(), required(), "\"backup.get\"";
        /// Which failures it answers; bad requests and cancelled calls are never helped.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\", \"deadline\", \"throttled\", \"rate_limited\", \"breaker_open\", \"bulkhead_full\", \"over_limit\", \"pool_timeout\"]"), "[\"timeout\", \"breaker_open\"]";
        /// How many a caller has out at once; Hystrix has 10.
        max_concurrent_requests: Opt<Limit> = limit(1), default("\"unlimited\""), "10";
    }
}

table! {
    /// Accepts the call and does it later: what was put off is sent again at a pace, in the background, until it succeeds.
    pub struct EnqueueFallback "fallback" {
        /// How many a caller puts off.
        limit: Opt<Limit> = limit(1), default("\"unlimited\""), "1000";
        /// How long between two calls that are taken up again.
        every: Opt<Span> = duration(), default("\"1s\""), "\"100ms\"";
        /// Which failures it answers; bad requests and cancelled calls are never helped.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\", \"deadline\", \"throttled\", \"rate_limited\", \"breaker_open\", \"bulkhead_full\", \"over_limit\", \"pool_timeout\"]"), "[\"timeout\", \"breaker_open\"]";
        /// How long making the answer takes.
        takes: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"2ms\"";
    }
}
