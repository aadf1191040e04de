//! `hedge`: sends another copy before the first has answered.

use super::budget::Budget;
use crate::fields::*;
use crate::spec::{At, Opt, Switch};
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::hedge::{Losers, OnFailure};
use brownout_sim_core::time::Span;

kinds! {
    /// Sends another copy of a call before the first has answered; the first good answer wins. A duration alone is `{ kind = "fixed", delay = "50ms" }`.
    pub enum Hedge "hedge" default "fixed" {
        "fixed" => Fixed(FixedHedge),
        "quantile" => Quantile(QuantileHedge),
        "average" => Average(AverageHedge),
        "tied" => Tied(TiedHedge),
        "grpc" => Grpc(GrpcHedge),
        "polly" => Polly(PollyHedge),
        "envoy" => Envoy(EnvoyHedge),
        "finagle" => Finagle(FinagleHedge),
        "resilience4j" => Resilience4j(Resilience4jHedge),
    }
}

table! {
    /// Sends the next copy a fixed time after the one before.
    pub struct FixedHedge "hedge" {
        /// How long after a copy the next one goes out; zero sends all at once.
        delay: Opt<Span> = wait(), required(), "\"50ms\"";
        /// Copies of a call, the first one included; at most 11.
        attempts: Opt<u32> = count(2, 11), default("2"), "2";
        /// Which failures of a copy do not end the call while another may still answer.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\"]"), "[\"timeout\", \"refused\"]";
        /// What follows such a failure: the next copy at once, or the wait for those that are out.
        on_failure: Opt<OnFailure> = words(ON_FAILURE), default("\"next_at_once\""), "\"wait\"";
        /// What becomes of the other copies: their callees are told to stop, or they run on and nobody listens.
        losers: Opt<Losers> = words(LOSERS), default("\"cancel\""), "\"run\"";
        /// How many copies all calls together may send; `"none"` switches it off.
        budget: Opt<Switch<Budget>> = switch(budget()), default("\"none\""), "\"5%\"";
    }
}

table! {
    /// Sends the next copy when a call takes longer than most: by default as Finagle's histogram, which is first looked at after 3 s.
    pub struct QuantileHedge "hedge" {
        /// The share of calls that are quicker than the delay, above zero.
        quantile: Opt<Ratio> = share(), default("\"95%\""), "\"99%\"";
        /// Full buckets that make the histogram.
        num_buckets: Opt<u32> = count(1, 100), default("3"), "3";
        /// How long calls go into one bucket.
        bucket_size: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// How often the delay is computed.
        refresh_interval: Opt<Span> = duration(), default("\"3s\""), "\"3s\"";
        /// The shortest delay.
        min_send_backup_after: Opt<Span> = duration(), default("\"1ms\""), "\"1ms\"";
        /// The longest time that is told apart; when the delay comes to it, nothing is hedged.
        highest_trackable: Opt<Span> = duration(), default("\"2s\""), "\"10s\"";
        /// Copies of a call, the first one included; at most 11.
        attempts: Opt<u32> = count(2, 11), default("2"), "2";
        /// Which failures of a copy do not end the call while another may still answer.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\"]"), "[\"timeout\", \"refused\"]";
        /// What follows such a failure: the next copy at once, or the wait for those that are out.
        on_failure: Opt<OnFailure> = words(ON_FAILURE), default("\"next_at_once\""), "\"wait\"";
        /// What becomes of the other copies: their callees are told to stop, or they run on and nobody listens.
        losers: Opt<Losers> = words(LOSERS), default("\"cancel\""), "\"run\"";
        /// How many copies all calls together may send; `"none"` switches it off.
        budget: Opt<Switch<Budget>> = switch(budget()), default("\"none\""), "\"5%\"";
    }
}

table! {
    /// Sends the next copy when a call takes longer than average: `times` the mean of the last first copies, and `plus` so much.
    pub struct AverageHedge "hedge" {
        /// How many times the mean.
        times: Opt<Decimal> = number_above_zero(1_000), default("1"), "2";
        /// How much more.
        plus: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"20ms\"";
        /// How many calls are averaged.
        window_size: Opt<u32> = count(1, 1_000_000), default("100"), "100";
        /// Whether failures count.
        measure_errors: Opt<bool> = boolean(), default("true"), "false";
        /// Copies of a call, the first one included; at most 11.
        attempts: Opt<u32> = count(2, 11), default("2"), "2";
        /// Which failures of a copy do not end the call while another may still answer.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\"]"), "[\"timeout\", \"refused\"]";
        /// What follows such a failure: the next copy at once, or the wait for those that are out.
        on_failure: Opt<OnFailure> = words(ON_FAILURE), default("\"next_at_once\""), "\"wait\"";
        /// What becomes of the other copies: their callees are told to stop, or they run on and nobody listens.
        losers: Opt<Losers> = words(LOSERS), default("\"cancel\""), "\"run\"";
        /// How many copies all calls together may send; `"none"` switches it off.
        budget: Opt<Switch<Budget>> = switch(budget()), default("\"none\""), "\"5%\"";
    }
}

table! {
    /// Tied requests: the copies know each other, and the server that begins one tells the other to drop its own.
    pub struct TiedHedge "hedge" {
        /// The mean network delay, one way; the second copy goes out after twice that, so that word of a beginning comes before it.
        network_delay: Opt<Span> = duration(), required(), "\"1ms\"";
        /// Which failures of a copy do not end the call while another may still answer.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\"]"), "[\"timeout\", \"refused\"]";
        /// How many copies all calls together may send; `"none"` switches it off.
        budget: Opt<Switch<Budget>> = switch(budget()), default("\"none\""), "\"5%\"";
    }
}

table! {
    /// As gRPC's `hedgingPolicy`.
    pub struct GrpcHedge "hedge" {
        /// Copies of a call, the first one included; more than 5 count as 5.
        max_attempts: Opt<u32> = count(2, 1000), required(), "3";
        /// How long after a copy the next one goes out; zero sends all at once.
        hedging_delay: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"500ms\"";
        /// Which failures do not end the call; gRPC's default is none.
        non_fatal: Opt<Vec<At<Outcome>>> = many(outcome()), optional(), "[\"unreachable\", \"refused\"]";
        /// gRPC's `retryThrottling`, which bounds copies as well: `{ kind = "grpc" }`.
        budget: Opt<Switch<Budget>> = switch(budget()), default("\"none\""), "{ kind = \"grpc\", max_tokens = 10, token_ratio = 0.1 }";
    }
}

table! {
    /// As Polly's hedging strategy.
    pub struct PollyHedge "hedge" {
        /// Copies besides the first.
        max_hedged_attempts: Opt<u32> = count(1, 10), default("1"), "1";
        /// How long after a copy the next one goes out; zero sends all at once, `"unlimited"` only after failures.
        delay: Opt<Span> = wait(), default("\"2s\""), "\"2s\"";
        /// Which failures are handled, so that another copy is sent at once.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), default("[\"error\", \"queue_full\", \"queue_timeout\", \"shed\", \"quota\", \"refused\", \"reset\", \"unreachable\", \"timeout\"]"), "[\"timeout\", \"refused\"]";
    }
}

table! {
    /// As Envoy's `hedge_on_per_try_timeout`: at the timeout of a try the next goes out, and the first is not let go.
    pub struct EnvoyHedge "hedge" {
        /// When the next goes out.
        per_try_timeout: Opt<Span> = duration(), required(), "\"250ms\"";
        /// Tries besides the first.
        num_retries: Opt<u32> = count(1, 10), default("1"), "1";
    }
}

table! {
    /// As Finagle's backup requests: a second copy of the calls that take longest, with a budget of the same share.
    pub struct FinagleHedge "hedge" {
        /// The share of calls that are sent twice, below 100 %.
        max_extra_load: Opt<Ratio> = share(), default("\"1%\""), "\"5%\"";
    }
}

table! {
    /// As resilience4j's hedge: one more copy, and whatever ends first stands, a failure too.
    pub struct Resilience4jHedge "hedge" {
        /// The fixed delay (`PRECONFIGURED`); without it the mean of the last 100 calls counts (`AVERAGE`).
        cutoff: Opt<Span> = duration(), optional(), "\"50ms\"";
        /// How much of that mean, without `cutoff`.
        percentage: Opt<Ratio> = percentage(), default("\"100%\""), "\"150%\"";
    }
}

const ON_FAILURE: &[(&str, OnFailure)] = &[("next_at_once", OnFailure::NextAtOnce), ("wait", OnFailure::Wait)];

const LOSERS: &[(&str, Losers)] = &[("cancel", Losers::Cancelled), ("run", Losers::Run)];
