//! Gradient: compares each round-trip time with the shortest so far, and shrinks the limit in proportion when it is longer.
//!
//! `g = clamp(tolerance · shortest / rtt, 0.5, 1)`, and the limit becomes `limit · g + queue` with a queue of
//! `max(4, trunc(sqrt limit))`; after a drop, `backoff_ratio` of itself. Smoothing applies only on the way down, so the limit
//! grows fast and shrinks slowly. After `probe_interval` samples and up to as many more the limit falls to the queue and the
//! shortest time is measured anew.
//!
//! Source: Netflix concurrency-limits (2026), `GradientLimit`.

use super::{Sample, smoothed};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;

/// Settings of Netflix's `GradientLimit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gradient {
    /// The limit at the start.
    pub initial_limit: u32,
    /// The smallest limit; at least 1. The queue is a lower bound as well.
    pub min_limit: u32,
    /// The largest limit.
    pub max_limit: u32,
    /// The weight of a smaller limit against the old one: above 0 to 1.
    pub smoothing: Factor,
    /// How many times the shortest time a sample may take before the limit shrinks; at least 1.
    pub rtt_tolerance: Factor,
    /// What is left of the limit after a drop: 0.5 to below 1.
    pub backoff_ratio: Factor,
    /// Samples between probes, and as many again at random; `None` never probes and draws nothing.
    pub probe_interval: Option<u32>,
}

/// The queue that is always allowed for.
const QUEUE_MIN: u32 = 4;

/// The limit, and the shortest time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortest {
    pub(super) limit: f64,
    /// Nanoseconds; zero is not known.
    pub(super) noload_ns: u64,
    /// Samples until the next probe.
    countdown: u32,
}

impl Gradient {
    /// Netflix's defaults.
    pub const DEFAULT: Gradient = Gradient {
        initial_limit: 50,
        min_limit: 1,
        max_limit: 1000,
        smoothing: Factor(200_000),
        rtt_tolerance: Factor(2_000_000),
        backoff_ratio: Factor(900_000),
        probe_interval: Some(1000),
    };

    pub(super) fn start(&self, draw: &mut impl Draw) -> Shortest {
        Shortest {
            limit: f64::from(self.initial_limit),
            noload_ns: 0,
            countdown: self.countdown(draw),
        }
    }

    fn countdown(&self, draw: &mut impl Draw) -> u32 {
        self.probe_interval.map_or(0, |interval| {
            interval.saturating_add(draw.below(u64::from(interval)) as u32)
        })
    }

    #[inline]
    pub(super) fn on_sample(&self, state: &mut Shortest, sample: &Sample, draw: &mut impl Draw) {
        let queue = f64::from((state.limit as u32).isqrt().max(QUEUE_MIN));
        let (min, max) = (f64::from(self.min_limit), f64::from(self.max_limit));
        if self.probe_interval.is_some() {
            if state.countdown == 0 {
                *state = Shortest {
                    limit: min.max(queue),
                    noload_ns: 0,
                    countdown: self.countdown(draw),
                };
                return;
            }
            state.countdown -= 1;
        }
        let rtt_ns = sample.rtt.nanos().max(1);
        if state.noload_ns == 0 || rtt_ns < state.noload_ns {
            state.noload_ns = rtt_ns;
        }
        let limit = state.limit;
        let mut next = if sample.dropped {
            limit * self.backoff_ratio.as_f64()
        } else if f64::from(sample.in_flight) < limit / 2.0 {
            return;
        } else {
            let ratio = self.rtt_tolerance.as_f64() * state.noload_ns as f64 / rtt_ns as f64;
            limit * ratio.clamp(0.5, 1.0) + queue
        };
        if next < limit {
            next = smoothed(limit, next, self.smoothing).max(min);
        }
        state.limit = next.min(max).max(queue);
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        super::check_range(self.initial_limit, self.min_limit, self.max_limit)?;
        super::check_smoothing(self.smoothing, "smoothing is above 0 and at most 1 (default 0.2)")?;
        require(
            self.rtt_tolerance >= Factor::ONE,
            "rtt_tolerance is at least 1 (default 2)",
        )?;
        let ratio = self.backoff_ratio >= Factor(500_000) && self.backoff_ratio < Factor::ONE;
        require(ratio, "backoff_ratio is from 0.5 to below 1 (default 0.9)")?;
        let probes = self.probe_interval != Some(0);
        require(
            probes,
            "probe_interval is at least 1 sample, or none at all (default 1000)",
        )
    }
}
