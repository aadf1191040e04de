//! No retries while too much fails: a retry is refused while `failed attempts / first tries`, over the client's whole life,
//! exceeds the ratio.
//!
//! Compared with a bucket it stops retrying altogether as soon as failures are common, and each client decides for itself.
//!
//! Source: M. Brooker, "Fixing retries with token buckets and circuit breakers" (2022), the "circuit breaker" strategy of
//! `simulator_example`, `retry_sim`.

use crate::outcome::Outcome;
use crate::quantity::Factor;

/// Settings of a failure ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureRatio {
    /// Failed attempts per first try up to which retries are made.
    pub ratio: Factor,
}

/// First tries and failed attempts so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    first_tries: u64,
    failed: u64,
}

impl Counts {
    #[inline]
    pub(super) fn on_call(&mut self) {
        self.first_tries += 1;
    }

    #[inline]
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.failed += u64::from(outcome.is_failure() && outcome != Outcome::Cancelled);
    }
}

impl FailureRatio {
    #[inline]
    pub(super) fn allows(&self, counts: &Counts) -> bool {
        let failed = u128::from(counts.failed) * u128::from(Factor::ONE.0);
        failed <= u128::from(counts.first_tries) * u128::from(self.ratio.0)
    }
}
