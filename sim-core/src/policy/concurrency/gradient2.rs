//! Gradient2: compares each round-trip time with a long average, and shrinks the limit in proportion when it is longer.
//!
//! `g = clamp(tolerance · long / rtt, 0.5, 1)`, and the limit moves towards `limit · g + queue_size`, a fifth of the way at a
//! time. The long average is the mean of the first ten samples, then moves by `2 / (window + 1)` of the difference. When it is
//! more than twice the sample, latency has come back to normal after a long overload: it is taken down by a twentieth, from the
//! next sample on. Drops are ignored: this limit learns from time alone.
//!
//! Source: Netflix concurrency-limits (2026), `Gradient2Limit` and `ExpAvgMeasurement`.

use super::{Sample, smoothed};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// Settings of Netflix's `Gradient2Limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gradient2 {
    /// The limit at the start.
    pub initial_limit: u32,
    /// The smallest limit; at least 1.
    pub min_limit: u32,
    /// The largest limit.
    pub max_limit: u32,
    /// The weight of a new limit against the old one: above 0 to 1.
    pub smoothing: Factor,
    /// How much the limit may grow in a step: the queue that is allowed for.
    pub queue_size: u32,
    /// How many times the average a sample may take before the limit shrinks; at least 1.
    pub rtt_tolerance: Factor,
    /// The length of the long average in samples.
    pub long_window: u32,
}

/// Samples of which the long average is a plain mean.
const WARMUP: u32 = 10;
/// The long average is too long if it is so many times the sample.
const DRIFT: f64 = 2.0;
/// What is left of it then.
const DECAY: f64 = 0.95;

/// The limit and the long average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    pub(super) limit: f64,
    /// Nanoseconds.
    pub(super) long_ns: f64,
    /// Of the samples of the warm-up.
    sum_ns: f64,
    samples: u32,
}

impl Average {
    fn add(&mut self, rtt_ns: f64, window: u32) -> f64 {
        if self.samples < WARMUP {
            self.samples += 1;
            self.sum_ns += rtt_ns;
            self.long_ns = self.sum_ns / f64::from(self.samples);
        } else {
            let factor = 2.0 / (f64::from(window) + 1.0);
            self.long_ns = self.long_ns * (1.0 - factor) + rtt_ns * factor;
        }
        self.long_ns
    }
}

impl Gradient2 {
    /// Netflix's defaults.
    pub const DEFAULT: Gradient2 = Gradient2 {
        initial_limit: 20,
        min_limit: 20,
        max_limit: 200,
        smoothing: Factor(200_000),
        queue_size: 4,
        rtt_tolerance: Factor(1_500_000),
        long_window: 600,
    };

    pub(super) fn start(&self) -> Average {
        Average {
            limit: f64::from(self.initial_limit),
            long_ns: 0.0,
            sum_ns: 0.0,
            samples: 0,
        }
    }

    #[inline]
    pub(super) fn on_sample(&self, state: &mut Average, sample: &Sample) {
        let short_ns = sample.rtt.nanos().max(1) as f64;
        let long_ns = state.add(short_ns, self.long_window);
        if long_ns / short_ns > DRIFT {
            state.long_ns = long_ns * DECAY;
        }
        if f64::from(sample.in_flight) < state.limit / 2.0 {
            return;
        }
        let gradient = (self.rtt_tolerance.as_f64() * long_ns / short_ns).clamp(0.5, 1.0);
        let next = state.limit * gradient + f64::from(self.queue_size);
        let next = smoothed(state.limit, next, self.smoothing);
        state.limit = next.clamp(f64::from(self.min_limit), f64::from(self.max_limit));
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        super::check_range(self.initial_limit, self.min_limit, self.max_limit)?;
        super::check_smoothing(self.smoothing, "smoothing is above 0 and at most 1 (default 0.2)")?;
        require(
            self.rtt_tolerance >= Factor::ONE,
            "rtt_tolerance is at least 1 (default 1.5)",
        )?;
        require(self.long_window >= 1, "long_window is at least 1 sample (default 600)")
    }
}
