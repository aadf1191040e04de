//! `rate_limit`: at most so many calls per second.

use crate::fields::*;
use crate::spec::Opt;
use crate::syntax::units::Rate;
use brownout_sim_core::time::Span;

kinds! {
    /// Sends at most so many per second. A rate alone is a token bucket that refuses what it has no token for.
    pub enum RateLimit "rate_limit" default "token_bucket" {
        "token_bucket" => TokenBucket(TokenBucket),
        "leaky_bucket" => LeakyBucket(LeakyBucket),
        "gcra" => Gcra(Gcra),
        "fixed_window" => FixedWindow(Window),
        "sliding_window_log" => SlidingWindowLog(Window),
        "sliding_window_counter" => SlidingWindowCounter(Window),
        "resilience4j" => Resilience4j(Resilience4jLimiter),
        "aws" => Aws(AdaptiveAws),
    }
}

table! {
    /// A burst at once, a steady rate for the rest.
    pub struct TokenBucket "rate_limit" {
        /// How many tokens flow in; each call takes one.
        rate: Opt<Rate> = rate(), required(), "\"100/s\"";
        /// Most tokens held, and how many there are at the start; without it what flows in within a second, at least 1.
        burst: Opt<u32> = count(1, 1_000_000_000), optional(), "20";
        /// The longest that a call waits for its token; zero refuses it at once.
        max_wait: Opt<Span> = wait(), default("\"0s\""), "\"50ms\"";
    }
}

table! {
    /// Evenly spaced, whatever comes in.
    pub struct LeakyBucket "rate_limit" {
        /// How many leave.
        rate: Opt<Rate> = rate(), required(), "\"100/s\"";
        /// How many may wait to leave; 0 refuses every call that cannot leave at once.
        size: Opt<u32> = count(0, 1_000_000_000), default("0"), "10";
    }
}

table! {
    /// As governor: a virtual schedule in place of tokens.
    pub struct Gcra "rate_limit" {
        /// How many calls pass in the long run.
        rate: Opt<Rate> = rate(), required(), "\"100/s\"";
        /// How many pass at once after a long silence; without it as many as pass in a second, at least 1.
        max_burst: Opt<u32> = count(1, 1_000_000_000), optional(), "20";
        /// Whether a call waits for its turn instead of being refused.
        until_ready: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// So many in each window: an aligned one (`fixed_window`), any (`sliding_window_log`), or any, by an estimate (`sliding_window_counter`).
    pub struct Window "rate_limit" {
        /// Calls in a window.
        limit: Opt<u32> = count(1, 10_000_000), required(), "100";
        /// How long a window is.
        window: Opt<Span> = duration(), required(), "\"1s\"";
    }
}

table! {
    /// As resilience4j's `RateLimiter`: permits for each cycle, which may be reserved in advance.
    pub struct Resilience4jLimiter "rate_limit" {
        /// Permits in each cycle.
        limit_for_period: Opt<u32> = count(1, 1_000_000_000), default("50"), "50";
        /// How long a cycle is.
        limit_refresh_period: Opt<Span> = duration(), default("\"500ns\""), "\"1s\"";
        /// The longest wait for a permit.
        timeout_duration: Opt<Span> = duration_or_zero(), default("\"5s\""), "\"100ms\"";
    }
}

table! {
    /// As the adaptive mode of the AWS SDKs: nothing is limited until something is answered with `quota`; then the rate falls, and grows back along a curve.
    pub struct AdaptiveAws "rate_limit" {
    }
}
