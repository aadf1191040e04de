//! `cache`: answers from memory.

use crate::fields::*;
use crate::spec::{Limit, Opt};
use crate::syntax::units::Ratio;
use brownout_sim_core::time::Span;

kinds! {
    /// Answers from memory, without sending anything. What a call asks for is named by the endpoint, its request's `key` and, for repeated steps, the number of the repetition. A duration alone is a `ttl`.
    pub enum Cache "cache" default "ttl" {
        "ttl" => Ttl(TtlCache),
        "request" => Request(RequestCache),
    }
}

table! {
    /// Good answers are kept for a time; the least recently used goes when there is no room. Failures and degraded answers are not kept. What a replica keeps for itself is lost when its process dies; with `scope = "service"` the store is outside.
    pub struct TtlCache "cache" {
        /// How long an answer is fresh, on average.
        ttl: Opt<Span> = duration(), default("\"1m\""), "\"30s\"";
        /// How far that varies to either side, evenly, so that answers stored together do not expire together.
        ttl_jitter: Opt<Ratio> = share(), default("\"0%\""), "\"10%\"";
        /// How many answers are kept.
        limit: Opt<Limit> = limit(1), default("10000"), "500";
        /// Whether calls that come while an equal one is out join it and end as it does, also if it fails.
        single_flight: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// Within one request, equal calls are made once, as Hystrix: later ones join the first or get what it got, also a failure.
    pub struct RequestCache "cache" {
    }
}
