//! `retry`: sends again after a failure.

use super::budget::Budget;
use crate::fields::*;
use crate::spec::{At, Limit, Opt, Switch};
use crate::syntax::backoff::Backoff;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::backoff::Jitter;
use brownout_sim_core::time::Span;

table! {
    /// Sends again after a failure: a limited number of times, after a pause, and only if a budget allows.
    pub struct Retry "retry" {
        /// Attempts of a call, the first one included.
        attempts: Opt<Limit> = limit(1), default("3").live(), "3";
        /// How long to wait before each retry.
        backoff: Opt<Backoff> = backoff(), default("\"none\"").live(), "\"exponential(50ms, factor=2, cap=2s)\"";
        /// What chance does to the pause; for `backoff` that is no library's.
        jitter: Opt<Jitter> = words(JITTERS), default("\"none\"").live(), "\"full\"";
        /// Which outcomes are worth another attempt.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\"]").live(), "[\"timeout\", \"refused\"]";
        /// How many retries all calls together may make; `"none"` switches it off.
        budget: Opt<Switch<Budget>> = switch(budget()), default("\"none\"").live(), "\"10%\"";
        /// What a callee's "try again in" means to the caller: nothing, at least that long (`true`), or as a library takes it.
        respect_retry_after: Opt<RetryAfter> = retry_after(), default("false").live(), "true";
        /// Gives up at once if the pause would outlast the deadline.
        skip_hopeless: Opt<bool> = boolean(), default("false").live(), "true";
    }
}

const JITTERS: &[(&str, Jitter)] = &[
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
];

kinds! {
    /// What a callee's "try again in" means to the caller.
    pub enum RetryAfter "respect_retry_after" default "at_least" {
        "ignore" => Ignore(Ignore),
        "at_least" => AtLeast(AtLeast),
        "exact" => Exact(ExactRetryAfter),
        "jittered" => Jittered(JitteredRetryAfter),
        "clamped" => Clamped(ClampedRetryAfter),
    }
}

table! {
    /// Waits as the back-off says, whatever it was told.
    pub struct Ignore "respect_retry_after" {
    }
}

table! {
    /// Waits as the back-off says, and at least as long as it was told.
    pub struct AtLeast "respect_retry_after" {
    }
}

table! {
    /// Waits exactly as long as it was told.
    pub struct ExactRetryAfter "respect_retry_after" {
        /// Whether the back-off begins again afterwards, as gRPC's does.
        restart: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// Waits between that long and half as much more (Envoy's rate-limited back-off).
    pub struct JitteredRetryAfter "respect_retry_after" {
        /// The longest that is believed.
        max: Opt<Span> = duration(), default("\"300s\""), "\"300s\"";
    }
}

table! {
    /// Waits that long, but no less than the back-off and at most so much more (AWS, 2026 rules).
    pub struct ClampedRetryAfter "respect_retry_after" {
        /// How far beyond the back-off.
        stretch: Opt<Span> = duration(), default("\"5s\""), "\"5s\"";
    }
}
