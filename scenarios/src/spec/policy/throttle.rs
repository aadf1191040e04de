//! `throttle`: sends less when too much is refused.

use crate::fields::*;
use crate::spec::{At, Opt};
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::time::Span;

kinds! {
    /// Refuses by itself a growing share of calls when the callee takes too few of them.
    pub enum Throttle "throttle" default "sre" {
        "sre" => Sre(SreThrottle),
        "envoy" => Envoy(AdmissionControl),
    }
}

table! {
    /// As Google's SRE book: sends at most `k` times what the callee accepts.
    pub struct SreThrottle "throttle" {
        /// How many calls are sent for one that is accepted.
        k: Opt<Decimal> = number_from_1(1_000_000), default("2"), "1.1";
        /// How far back calls and accepts are counted, at least 20 ms.
        window: Opt<Span> = duration(), default("\"2m\""), "\"2m\"";
        /// Which outcomes mean that the callee did not accept a call.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\", \"deadline\"]"), "[\"queue_full\", \"shed\"]";
    }
}

table! {
    /// As Envoy's admission control: from the share of successes of late.
    pub struct AdmissionControl "throttle" {
        /// How far back calls are counted, at least 1 s.
        sampling_window: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// The share of successes below which calls are refused, at least 1 %.
        sr_threshold: Opt<Ratio> = share(), default("\"95%\""), "\"95%\"";
        /// How eagerly; more refuses more at the same share.
        aggression: Opt<Decimal> = number_from_1(1_000_000), default("1"), "2";
        /// Fewer calls per second are never refused.
        rps_threshold: Opt<u32> = count(0, 1_000_000_000), default("0"), "5";
        /// The largest share that is refused.
        max_rejection_probability: Opt<Ratio> = share(), default("\"80%\""), "\"80%\"";
        /// Which outcomes are no successes.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"refused\", \"reset\", \"unreachable\", \"timeout\", \"deadline\"]"), "[\"error\", \"timeout\"]";
    }
}
