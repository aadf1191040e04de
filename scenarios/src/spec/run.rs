//! `[run]`: how long, how often, with which seed.

use super::Opt;
use crate::fields::*;
use brownout_sim_core::time::Span;

table! {
    /// How long a run takes, which part of it counts, and how often it is repeated.
    pub struct Run "run" {
        /// How long loads send; faults and changes happen before this.
        duration: Opt<Span> = duration(), required(), "\"20m\"";
        /// Requests that arrive before this are in no statistic; shorter than `duration`.
        warmup: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"2m\"";
        /// How long to wait, after `duration`, for requests still in flight.
        drain: Opt<Span> = duration_or_zero(), default("\"1m\""), "\"1m\"";
        /// Seed of the first replication; the next ones count up. Below 2^53.
        seed: Opt<u64> = whole(0, SEED_MAX), default("1"), "42";
        /// How many runs of each variant, each with its own seed, the same for each variant.
        replications: Opt<u32> = count(1, 1_000_000), default("10"), "30";
        /// Width of a point in the timelines.
        window: Opt<Span> = duration(), default("\"1s\""), "\"1s\"";
    }
}

/// Largest seed, so that JSON readers keep every digit.
const SEED_MAX: u64 = (1 << 53) - 1;
