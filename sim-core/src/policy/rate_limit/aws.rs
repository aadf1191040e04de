//! The AWS SDKs' adaptive mode: a client that is throttled slows down, and speeds up again along a cubic curve.
//!
//! Nothing is limited until the first throttling reply. Then each send takes a token, waiting for it if need be. A throttling
//! reply sets the fill rate to 0.7 of `W`, the smaller of the rate measured and the rate in force; every other reply moves it to
//! `0.4 (t - t0 - K)^3 + W`, with `K = cbrt(0.3 W / 0.4)`, so that the old rate is approached quickly, tested slowly, and passed
//! quickly. The rate never exceeds twice what was measured and never falls below 0.5 per second.
//!
//! The rate is measured from replies, in slots of half a second, smoothed with 0.8 for the newest slot; a slot ends when a reply
//! comes that belongs to a later one. All in floats, as the original.
//!
//! Source: botocore 1.44, `retries/adaptive.py`, `retries/bucket.py` and `retries/throttling.py`.

use super::Answer;
use crate::outcome::Outcome;
use crate::policy::backoff::aws::is_throttling;
use crate::time::{SimTime, Span};

const SCALE: f64 = 0.4;
const BETA: f64 = 0.7;
const SMOOTHING: f64 = 0.8;
const SLOTS_PER_SECOND: f64 = 2.0;
const MIN_RATE: f64 = 0.5;
const MAX_ADJUST: f64 = 2.0;

/// The limiter of the AWS SDKs' adaptive retry mode; it has no settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aws;

/// What a client has measured and how fast it may send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adaptive {
    enabled: bool,
    pub(super) cubic: Cubic,
    pub(super) clocker: Clocker,
    /// Tokens per second.
    pub(super) fill_rate: f64,
    max_capacity: f64,
    pub(super) capacity: f64,
    filled_s: f64,
}

impl Adaptive {
    /// Whether a throttling reply has been seen, so that sends take tokens.
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Tokens per second.
    pub const fn fill_rate_per_s(&self) -> f64 {
        self.fill_rate
    }

    fn refill(&mut self, now_s: f64) {
        let filled = self.capacity + (now_s - self.filled_s) * self.fill_rate;
        self.capacity = filled.min(self.max_capacity);
        self.filled_s = now_s;
    }

    /// What has flowed in so far came at the old rate.
    fn set_rate(&mut self, now_s: f64, rate: f64) {
        self.refill(now_s);
        self.fill_rate = rate.max(MIN_RATE);
        self.max_capacity = rate.max(1.0);
        self.capacity = self.capacity.min(self.max_capacity);
    }
}

/// The cubic curve; rates per second, times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cubic {
    w_max: f64,
    pub(super) k: f64,
    last_fail_s: f64,
}

impl Cubic {
    pub(super) fn new(w_max: f64, now_s: f64) -> Cubic {
        Cubic {
            w_max,
            k: libm::pow(w_max * (1.0 - BETA) / SCALE, 1.0 / 3.0),
            last_fail_s: now_s,
        }
    }

    /// The rate after a reply that was not throttled.
    pub(super) fn on_success(&self, now_s: f64) -> f64 {
        let past = now_s - self.last_fail_s - self.k;
        SCALE * (past * past * past) + self.w_max
    }

    /// The rate after a throttling reply at this rate.
    pub(super) fn on_throttle(&mut self, rate: f64, now_s: f64) -> f64 {
        *self = Cubic::new(rate, now_s);
        rate * BETA
    }
}

/// The measured rate of replies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clocker {
    slot_s: f64,
    count: u32,
    measured: f64,
}

impl Clocker {
    pub(super) fn new(now_s: f64) -> Clocker {
        Clocker {
            slot_s: libm::floor(now_s),
            count: 0,
            measured: 0.0,
        }
    }

    /// Counts a reply and gives the rate per second.
    pub(super) fn record(&mut self, now_s: f64) -> f64 {
        let slot_s = libm::floor(now_s * SLOTS_PER_SECOND) / SLOTS_PER_SECOND;
        self.count += 1;
        if slot_s > self.slot_s {
            let current = f64::from(self.count) / (slot_s - self.slot_s);
            self.measured = current * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            self.count = 0;
            self.slot_s = slot_s;
        }
        self.measured
    }
}

impl Aws {
    pub(super) fn start(&self, now: SimTime) -> Adaptive {
        let now_s = now.as_secs_f64();
        Adaptive {
            enabled: false,
            cubic: Cubic::new(0.0, now_s),
            clocker: Clocker::new(now_s),
            fill_rate: 1.0,
            max_capacity: 1.0,
            capacity: 0.0,
            filled_s: now_s,
        }
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut Adaptive, now: SimTime) -> Answer {
        if !state.enabled {
            return Answer::Admitted;
        }
        state.refill(now.as_secs_f64());
        let missing = 1.0 - state.capacity;
        if missing <= 0.0 {
            state.capacity -= 1.0;
            return Answer::Admitted;
        }
        // Rounded up, and at least a nanosecond: whoever asks again gets on.
        let wait_ns = libm::ceil(missing / state.fill_rate * 1e9).max(1.0);
        Answer::Again(Span::from_nanos(wait_ns as u64))
    }

    /// A reply, or the end of an attempt without one.
    pub(super) fn settle(&self, state: &mut Adaptive, now: SimTime, outcome: Outcome) {
        let now_s = now.as_secs_f64();
        let measured = state.clocker.record(now_s);
        let rate = if is_throttling(outcome) {
            let used = if state.enabled {
                measured.min(state.fill_rate)
            } else {
                measured
            };
            state.enabled = true;
            state.cubic.on_throttle(used, now_s)
        } else {
            state.cubic.on_success(now_s)
        };
        state.set_rate(now_s, rate.min(MAX_ADJUST * measured));
    }
}
