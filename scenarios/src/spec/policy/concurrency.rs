//! `concurrency`: a limit on calls at once that is found by measuring.

use crate::fields::*;
use crate::spec::{Opt, Switch};
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::time::Span;

kinds! {
    /// As a bulkhead, but finds the number itself, from response times and drops.
    pub enum Concurrency "concurrency" default "gradient2" {
        "gradient2" => Gradient2(Gradient2),
        "gradient" => Gradient(Gradient),
        "vegas" => Vegas(Vegas),
        "aimd" => Aimd(Aimd),
        "envoy" => Envoy(GradientController),
    }
}

table! {
    /// Gathers samples in windows before a limit sees them, as Netflix's `WindowedLimit`.
    pub struct Windowed "windowed" {
        /// The shortest window, at least 100 ms.
        min_window_time: Opt<Span> = duration(), default("\"1s\""), "\"500ms\"";
        /// The longest window, at least 100 ms.
        max_window_time: Opt<Span> = duration(), default("\"1s\""), "\"1s\"";
        /// The fewest samples that tell something.
        window_size: Opt<u32> = count(10, 1_000_000), default("10"), "100";
        /// Shorter samples are ignored.
        min_rtt_threshold: Opt<Span> = duration_or_zero(), default("\"100us\""), "\"100us\"";
    }
}

table! {
    /// As Netflix's `Gradient2Limit`: compares each time with a long average.
    pub struct Gradient2 "concurrency" {
        /// The limit at the start.
        initial_limit: Opt<u32> = count(1, 1_000_000), default("20"), "50";
        /// The smallest limit.
        min_limit: Opt<u32> = count(1, 1_000_000), default("20"), "5";
        /// The largest limit.
        max_limit: Opt<u32> = count(1, 1_000_000), default("200"), "500";
        /// The weight of a new limit against the old one.
        smoothing: Opt<Decimal> = number_above_zero(1), default("0.2"), "0.2";
        /// How much the limit may grow in a step.
        queue_size: Opt<u32> = count(0, 1_000_000), default("4"), "4";
        /// How many times the average a sample may take before the limit shrinks.
        rtt_tolerance: Opt<Decimal> = number_from_1(1_000), default("1.5"), "2";
        /// The length of the long average, in samples.
        long_window: Opt<u32> = count(1, 1_000_000), default("600"), "600";
        /// Whether samples are gathered in windows first.
        windowed: Opt<Switch<Windowed>> = switch(table::<Windowed>()), default("\"none\""), "{ window_size = 100 }";
    }
}

table! {
    /// As Netflix's older `GradientLimit`: compares each time with the shortest one.
    pub struct Gradient "concurrency" {
        /// The limit at the start.
        initial_limit: Opt<u32> = count(1, 1_000_000), default("50"), "50";
        /// The smallest limit.
        min_limit: Opt<u32> = count(1, 1_000_000), default("1"), "5";
        /// The largest limit.
        max_limit: Opt<u32> = count(1, 1_000_000), default("1000"), "500";
        /// The weight of a smaller limit against the old one.
        smoothing: Opt<Decimal> = number_above_zero(1), default("0.2"), "0.2";
        /// How many times the shortest time a sample may take before the limit shrinks.
        rtt_tolerance: Opt<Decimal> = number_from_1(1_000), default("2"), "2";
        /// What is left of the limit after a drop, from 0.5 to below 1.
        backoff_ratio: Opt<Decimal> = number_above_zero(1), default("0.9"), "0.9";
        /// Samples between probes, and as many again at random; `"none"` never probes.
        probe_interval: Opt<Switch<u32>> = switch(count(1, 1_000_000_000)), default("1000"), "1000";
        /// Whether samples are gathered in windows first.
        windowed: Opt<Switch<Windowed>> = switch(table::<Windowed>()), default("\"none\""), "{ window_size = 100 }";
    }
}

table! {
    /// As Netflix's `VegasLimit`, after TCP Vegas: from an estimate of what waits.
    pub struct Vegas "concurrency" {
        /// The limit at the start.
        initial_limit: Opt<u32> = count(1, 1_000_000), default("20"), "20";
        /// The largest limit.
        max_limit: Opt<u32> = count(1, 1_000_000), default("1000"), "500";
        /// The weight of a new limit against the old one.
        smoothing: Opt<Decimal> = number_above_zero(1), default("1"), "0.5";
        /// Samples between probes, for each unit of the limit.
        probe_multiplier: Opt<u32> = count(1, 1_000_000), default("30"), "30";
        /// Whether samples are gathered in windows first.
        windowed: Opt<Switch<Windowed>> = switch(table::<Windowed>()), default("\"none\""), "{ window_size = 100 }";
    }
}

table! {
    /// As Netflix's `AIMDLimit`: one more after a success, a share fewer after a drop.
    pub struct Aimd "concurrency" {
        /// The limit at the start.
        initial_limit: Opt<u32> = count(1, 1_000_000), default("20"), "20";
        /// The smallest limit.
        min_limit: Opt<u32> = count(1, 1_000_000), default("20"), "5";
        /// The largest limit.
        max_limit: Opt<u32> = count(1, 1_000_000), default("200"), "500";
        /// What is left of the limit after a drop, from 0.5 to below 1.
        backoff_ratio: Opt<Decimal> = number_above_zero(1), default("0.9"), "0.9";
        /// A call that takes longer counts as dropped.
        timeout: Opt<Span> = duration(), default("\"5s\""), "\"1s\"";
        /// Whether samples are gathered in windows first.
        windowed: Opt<Switch<Windowed>> = switch(table::<Windowed>()), default("\"none\""), "{ window_size = 100 }";
    }
}

table! {
    /// As Envoy's gradient controller; Envoy wants both intervals given, and the defaults are its documentation's examples.
    pub struct GradientController "concurrency" {
        /// Which percentile stands for a set of samples.
        sample_aggregate_percentile: Opt<Ratio> = share(), default("\"50%\""), "\"90%\"";
        /// The largest limit.
        max_concurrency_limit: Opt<u32> = count(1, 1_000_000), default("1000"), "1000";
        /// How often the limit is computed, at least 1 ms.
        concurrency_update_interval: Opt<Span> = duration(), default("\"100ms\""), "\"100ms\"";
        /// How often the time without load is measured, at least 1 ms.
        min_rtt_interval: Opt<Span> = duration(), default("\"60s\""), "\"60s\"";
        /// How much is added to that interval at most, as a share of it.
        jitter: Opt<Ratio> = share(), default("\"15%\""), "\"15%\"";
        /// How many samples such a measurement takes.
        request_count: Opt<u32> = count(1, 1_000_000), default("50"), "50";
        /// The limit while measuring, and the smallest limit.
        min_concurrency: Opt<u32> = count(1, 1_000_000), default("3"), "3";
        /// How much longer than without load still counts as idle, as a share of it.
        buffer: Opt<Ratio> = share(), default("\"25%\""), "\"25%\"";
    }
}
