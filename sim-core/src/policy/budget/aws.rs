//! The AWS SDKs' retry quota: a bucket of 500 that retries are paid from and successes pay back.
//!
//! A retry costs by the kind of error before it, all or nothing. When a call succeeds without a retry, 1 comes back; after
//! retries, what the *last* one cost. Failures return nothing.
//!
//! Source: botocore 1.44, `retries/quota.py` and `retries/standard.py` (classic: 5, after a timeout 10; 2026 rules: 14, after
//! throttling 5).

use crate::outcome::Outcome;
use crate::policy::backoff::aws::is_throttling;
use crate::policy::{Invalid, require};

/// Settings of the AWS SDKs' retry quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aws {
    /// What it begins with and never exceeds.
    pub capacity: u32,
    /// What a retry costs.
    pub cost: u32,
    /// What it costs after a timeout.
    pub timeout_cost: u32,
    /// What it costs after a throttling error.
    pub throttling_cost: u32,
    /// What a call that never retried returns when it succeeds.
    pub refund: u32,
}

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota(pub(super) u32);

impl Quota {
    /// What is left.
    pub const fn left(&self) -> u32 {
        self.0
    }
}

impl Aws {
    /// The rules up to 2025.
    pub const CLASSIC: Aws = Aws {
        capacity: 500,
        cost: 5,
        timeout_cost: 10,
        throttling_cost: 5,
        refund: 1,
    };
    /// The rules of 2026.
    pub const STANDARD: Aws = Aws {
        capacity: 500,
        cost: 14,
        timeout_cost: 14,
        throttling_cost: 5,
        refund: 1,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.capacity >= 1,
            "an AWS retry quota's capacity is at least 1, or no retry ever passes; the default is 500",
        )
    }

    pub(super) fn start(&self) -> Quota {
        Quota(self.capacity)
    }

    #[inline]
    pub(super) fn settle(&self, quota: &mut Quota, outcome: Outcome, charge: &mut u32) {
        if !outcome.is_failure() {
            let back = if *charge == 0 { self.refund } else { *charge };
            quota.0 = quota.0.saturating_add(back).min(self.capacity);
            *charge = 0;
        }
    }

    #[inline]
    pub(super) fn take(&self, quota: &mut Quota, outcome: Outcome, charge: &mut u32) -> bool {
        let cost = match outcome {
            Outcome::Timeout => self.timeout_cost,
            _ if is_throttling(outcome) => self.throttling_cost,
            _ => self.cost,
        };
        let allowed = cost <= quota.0;
        if allowed {
            quota.0 -= cost;
            *charge = cost;
        }
        allowed
    }
}
