//! Envoy's limits on retries in flight: a number, or a share of what is in flight.
//!
//! A retry is in flight from the decision to make it until its attempt ends, the pause before it included. It is allowed iff
//! fewer are in flight than `max_retries`, or than `max(trunc(percent (active + pending)), min_retry_concurrency)`.
//!
//! Source: Envoy, `CircuitBreakers.Thresholds` of cluster API v3 (defaults: 3 retries; 20 % and 3).

use super::InFlight;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// Settings of Envoy's limits on retries in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envoy {
    /// `max_retries`.
    MaxRetries(u32),
    /// `retry_budget`.
    RetryBudget {
        /// `budget_percent`, as a share of what is in flight.
        percent: Factor,
        /// `min_retry_concurrency`.
        min_concurrency: u32,
    },
}

/// Retries in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active(u32);

impl Active {
    /// How many retries are in flight.
    pub const fn count(&self) -> u32 {
        self.0
    }

    /// The attempt that was charged for, if any, is over.
    #[inline]
    pub(super) fn settle(&mut self, charge: &mut u32) {
        self.0 -= *charge;
        *charge = 0;
    }
}

impl Envoy {
    /// Envoy's default.
    pub const DEFAULT: Envoy = Envoy::MaxRetries(3);
    /// Envoy's defaults for a `retry_budget`.
    pub const BUDGET: Envoy = Envoy::RetryBudget {
        percent: Factor(200_000),
        min_concurrency: 3,
    };

    /// Istio's default: as many as there are.
    pub const ISTIO: Envoy = Envoy::MaxRetries(u32::MAX);

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let share = match self {
            Envoy::MaxRetries(_) => true,
            Envoy::RetryBudget { percent, .. } => *percent <= Factor::ONE,
        };
        require(share, "budget_percent is between 0 and 100 %; the default is 20 %")
    }

    /// How many retries may be in flight.
    #[inline]
    pub fn limit(&self, in_flight: InFlight) -> u32 {
        match *self {
            Envoy::MaxRetries(limit) => limit,
            Envoy::RetryBudget {
                percent,
                min_concurrency,
            } => {
                let all = u128::from(in_flight.active) + u128::from(in_flight.pending);
                let share = all * u128::from(percent.0) / u128::from(Factor::ONE.0);
                u32::try_from(share).unwrap_or(u32::MAX).max(min_concurrency)
            }
        }
    }

    #[inline]
    pub(super) fn take(&self, active: &mut Active, in_flight: InFlight, charge: &mut u32) -> bool {
        let allowed = active.0 < self.limit(in_flight);
        if allowed {
            active.0 += 1;
            *charge = 1;
        }
        allowed
    }
}
