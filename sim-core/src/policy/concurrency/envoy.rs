//! Envoy's gradient controller: measures the time of a nearly idle callee now and then, and compares every interval with it.
//!
//! ```text
//!                      request_count samples
//!   measuring minRTT ─────────────────────────▶ normal: a new limit every update interval
//!   limit = min_concurrency                      limit as it was before
//!          ▲                                         │
//!          └── interval + jitter has passed, or five ┘
//!              limits in a row at min_concurrency
//! ```
//!
//! In the normal phase every interval that has samples gives
//! `g = clamp(minRTT (1 + buffer) / sampleRTT, 0.5, 2)` and the limit `trunc(limit · g + sqrt(limit · g))`, between
//! `min_concurrency` and the maximum. Samples of calls that were sent before the last measuring began are ignored.
//!
//! Percentiles here are exact over the samples (the smallest that covers the share); Envoy reads them from a histogram whose
//! buckets are a few per cent wide. Timers are caught up with when the controller is next asked, those of an instant after the
//! samples of that instant.
//!
//! Source: Envoy, HTTP filter `adaptive_concurrency` v3 and `gradient_controller.cc` (2026).

use super::{End, Permit};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of Envoy's gradient controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envoy {
    /// Which percentile stands for a set of samples: a share from 0 to 1.
    pub sample_aggregate_percentile: Factor,
    /// The largest limit.
    pub max_concurrency_limit: u32,
    /// How often the limit is computed; at least 1 ms. Envoy has no default; its documentation uses 100 ms.
    pub concurrency_update_interval: Span,
    /// How often minRTT is measured; at least 1 ms. Envoy has no default; its documentation uses 60 s.
    pub min_rtt_interval: Span,
    /// How much is added to that interval at most, as a share of it.
    pub jitter: Factor,
    /// How many samples a measurement takes.
    pub request_count: u32,
    /// The limit while measuring, and the smallest limit.
    pub min_concurrency: u32,
    /// How much longer than minRTT still counts as idle, as a share of it.
    pub buffer: Factor,
}

/// Limits in a row at the minimum after which minRTT is measured again.
const PINNED: u32 = 5;

/// The limit and its measurements.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    limit: u32,
    /// The limit to come back to; `Some` while minRTT is measured.
    deferred: Option<u32>,
    min_rtt_us: u64,
    samples_us: Vec<u64>,
    /// When the present or the last measuring began.
    epoch: SimTime,
    next_measuring: SimTime,
    next_update: SimTime,
    pinned: u32,
}

impl Controller {
    /// Whether minRTT is being measured.
    pub const fn is_measuring(&self) -> bool {
        self.deferred.is_some()
    }

    /// The limit in force.
    pub(super) const fn limit(&self) -> u32 {
        self.limit
    }
}

impl Envoy {
    /// Envoy's defaults, and its documentation's intervals.
    pub const DEFAULT: Envoy = Envoy {
        sample_aggregate_percentile: Factor(500_000),
        max_concurrency_limit: 1000,
        concurrency_update_interval: Span::from_millis(100),
        min_rtt_interval: Span::from_secs(60),
        jitter: Factor(150_000),
        request_count: 50,
        min_concurrency: 3,
        buffer: Factor(250_000),
    };

    pub(super) fn start(&self, now: SimTime) -> Controller {
        Controller {
            limit: self.min_concurrency,
            deferred: Some(self.min_concurrency),
            min_rtt_us: 0,
            samples_us: Vec::new(),
            epoch: now,
            next_measuring: SimTime::MAX,
            next_update: now + self.concurrency_update_interval,
            pinned: 0,
        }
    }

    /// Catches up with the timers that were due up to `now`.
    #[inline]
    pub(super) fn advance(&self, state: &mut Controller, now: SimTime) {
        while state.next_update.min(state.next_measuring) <= now {
            if state.next_measuring <= state.next_update {
                self.measure(state);
            } else {
                self.update(state, now);
            }
        }
    }

    /// Begins to measure minRTT.
    fn measure(&self, state: &mut Controller) {
        debug_assert!(!state.is_measuring(), "a measurement sets this timer only when it ends");
        state.epoch = state.next_measuring;
        state.next_measuring = SimTime::MAX;
        state.deferred = Some(state.limit);
        state.samples_us.clear();
        self.set_limit(state, self.min_concurrency);
    }

    /// The end of an update interval; those that follow without a sample up to `now` are skipped.
    fn update(&self, state: &mut Controller, now: SimTime) {
        let due = state.next_update;
        if state.is_measuring() {
            // The end of the measuring sets the timer again.
            state.next_update = SimTime::MAX;
            return;
        }
        if state.samples_us.is_empty() {
            let idle = now.min(state.next_measuring).since(due).nanos() / self.concurrency_update_interval.nanos();
            state.next_update = due + self.concurrency_update_interval.scale(idle + 1, 1);
            return;
        }
        let sample_us = self.take_percentile(&mut state.samples_us);
        let next = self.next_limit(state.limit, state.min_rtt_us, sample_us);
        self.set_limit(state, next);
        state.next_update = due + self.concurrency_update_interval;
        if state.pinned >= PINNED {
            state.next_measuring = due;
        }
    }

    fn set_limit(&self, state: &mut Controller, next: u32) {
        let stays = state.limit == self.min_concurrency && next == self.min_concurrency;
        state.pinned = if stays && !state.is_measuring() {
            state.pinned + 1
        } else {
            0
        };
        state.limit = next;
    }

    /// The limit that follows `limit` when calls take `sample_us` that take `min_rtt_us` at an idle callee.
    pub(super) fn next_limit(&self, limit: u32, min_rtt_us: u64, sample_us: u64) -> u32 {
        let buffered = min_rtt_us as f64 + min_rtt_us as f64 * self.buffer.as_f64();
        let gradient = if sample_us == 0 {
            2.0
        } else {
            (buffered / sample_us as f64).clamp(0.5, 2.0)
        };
        let next = f64::from(limit) * gradient;
        ((next + libm::sqrt(next)) as u32).clamp(self.min_concurrency, self.max_concurrency_limit)
    }

    /// The percentile of the samples, which are gone afterwards; there is at least one.
    fn take_percentile(&self, samples_us: &mut Vec<u64>) -> u64 {
        let covered = samples_us.len() as u64 * self.sample_aggregate_percentile.0;
        let rank = covered.div_ceil(Factor::ONE.0).saturating_sub(1) as usize;
        let (_, &mut found, _) = samples_us.select_nth_unstable(rank);
        samples_us.clear();
        found
    }

    /// A call has ended. Draws once if that ends a measurement and there is jitter.
    #[inline]
    pub(super) fn settle(&self, state: &mut Controller, now: SimTime, permit: Permit, end: End, draw: &mut impl Draw) {
        // Timers of this very instant come after it.
        self.advance(state, SimTime::from_nanos(now.nanos().saturating_sub(1)));
        if end == End::Ignored || permit.sent < state.epoch {
            return;
        }
        state.samples_us.push(now.since(permit.sent).nanos() / 1_000);
        if state.samples_us.len() < self.request_count as usize {
            return;
        }
        if let Some(before) = state.deferred {
            state.min_rtt_us = self.take_percentile(&mut state.samples_us);
            self.set_limit(state, before);
            state.deferred = None;
            state.next_measuring = now + self.jittered(draw);
            state.next_update = now + self.concurrency_update_interval;
        }
    }

    /// In whole milliseconds, as Envoy.
    fn jittered(&self, draw: &mut impl Draw) -> Span {
        let interval_ms = self.min_rtt_interval.nanos() / 1_000_000;
        let range_ms = libm::ceil(interval_ms as f64 * self.jitter.as_f64()) as u64;
        let extra_ms = if range_ms == 0 { 0 } else { draw.below(range_ms) };
        Span::from_millis(interval_ms + extra_ms)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.sample_aggregate_percentile <= Factor::ONE,
            "sample_aggregate_percentile is from 0% to 100% (default 50%)",
        )?;
        require(self.min_concurrency >= 1, "min_concurrency is at least 1 (default 3)")?;
        require(
            self.max_concurrency_limit >= self.min_concurrency,
            "max_concurrency_limit is at least min_concurrency (default 1000)",
        )?;
        let shortest = Span::from_millis(1);
        require(
            self.concurrency_update_interval >= shortest,
            "concurrency_update_interval is at least 1ms (default 100ms)",
        )?;
        require(
            self.min_rtt_interval >= shortest,
            "the interval of minRTT is at least 1ms (default 60s)",
        )?;
        require(self.jitter <= Factor::ONE, "jitter is from 0% to 100% (default 15%)")?;
        require(self.request_count >= 1, "request_count is at least 1 (default 50)")?;
        require(self.buffer <= Factor::ONE, "buffer is from 0% to 100% (default 25%)")
    }
}

#[cfg(test)]
mod tests;
