//! Vegas: estimates from the round-trip time how many calls wait at the callee, and keeps that number between two bounds.
//!
//! With the shortest time seen so far standing for an idle callee, `limit (1 - noload / rtt)` calls wait. Up to a threshold the
//! limit grows quickly, below `alpha` slowly, above `beta` it shrinks; a drop shrinks it whatever waits. All bounds are
//! multiples of `L = max(1, trunc(log10 limit))`: threshold and step L, alpha 3 L, beta 6 L.
//!
//! Every so often, after `jitter · probe_multiplier · limit` samples with the jitter drawn from `[0.5, 1)`, a sample is believed
//! to be the shortest whatever it is, so that a callee that has become slower is noticed.
//!
//! Sources: L. Brakmo, L. Peterson, "TCP Vegas", IEEE JSAC 13(8), 1995; Netflix concurrency-limits (2026), `VegasLimit`.

use super::{Sample, smoothed};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;

/// Settings of Netflix's `VegasLimit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vegas {
    /// The limit at the start.
    pub initial_limit: u32,
    /// The largest limit.
    pub max_limit: u32,
    /// The weight of a new limit against the old one: above 0 to 1.
    pub smoothing: Factor,
    /// Samples between probes, per unit of the limit; at least 1.
    pub probe_multiplier: u32,
}

/// The limit, and what an idle callee takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub(super) limit: f64,
    /// Nanoseconds; zero is not known.
    noload_ns: u64,
    samples: u32,
    jitter: f64,
}

impl Vegas {
    /// Netflix's defaults.
    pub const DEFAULT: Vegas = Vegas {
        initial_limit: 20,
        max_limit: 1000,
        smoothing: Factor::ONE,
        probe_multiplier: 30,
    };

    pub(super) fn start(&self, draw: &mut impl Draw) -> Estimate {
        Estimate {
            limit: f64::from(self.initial_limit),
            noload_ns: 0,
            samples: 0,
            jitter: jitter(draw),
        }
    }

    #[inline]
    pub(super) fn on_sample(&self, state: &mut Estimate, sample: &Sample, draw: &mut impl Draw) {
        let rtt_ns = sample.rtt.nanos().max(1);
        state.samples += 1;
        if state.jitter * f64::from(self.probe_multiplier) * state.limit <= f64::from(state.samples) {
            state.jitter = jitter(draw);
            state.samples = 0;
            state.noload_ns = rtt_ns;
            return;
        }
        if state.noload_ns == 0 || rtt_ns < state.noload_ns {
            state.noload_ns = rtt_ns;
            return;
        }
        if let Some(next) = self.next(state, sample, rtt_ns) {
            let next = next.min(f64::from(self.max_limit)).max(1.0);
            state.limit = smoothed(state.limit, next, self.smoothing);
        }
    }

    /// The limit to move to; `None` leaves it.
    fn next(&self, state: &Estimate, sample: &Sample, rtt_ns: u64) -> Option<f64> {
        let limit = state.limit;
        let step = (limit as u32).checked_ilog10().unwrap_or(0).max(1);
        if sample.dropped {
            return Some(limit - f64::from(step));
        }
        // Far from the limit nothing is learnt about it.
        if 2.0 * f64::from(sample.in_flight) < limit {
            return None;
        }
        let waiting = libm::ceil(limit * (1.0 - state.noload_ns as f64 / rtt_ns as f64)) as u32;
        let (threshold, alpha, beta) = (step, 3 * step, 6 * step);
        if waiting <= threshold {
            Some(limit + f64::from(beta))
        } else if waiting < alpha {
            Some(limit + f64::from(step))
        } else if waiting > beta {
            Some(limit - f64::from(step))
        } else {
            None
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        super::check_range(self.initial_limit, 1, self.max_limit)?;
        super::check_smoothing(self.smoothing, "smoothing is above 0 and at most 1 (default 1)")?;
        require(
            self.probe_multiplier >= 1,
            "probe_multiplier is at least 1 (default 30)",
        )
    }
}

/// Uniform in `[0.5, 1)`.
fn jitter(draw: &mut impl Draw) -> f64 {
    0.5 + draw.unit() * 0.5
}
