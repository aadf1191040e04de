//! Back-off of the AWS SDKs: full jitter, `u min(20 s, b 2^(n-1))`.
//!
//! The classic "standard" mode has `b` = 1 s for every error. The rules of 2026 have 50 ms (25 ms for DynamoDB) and 1 s only
//! after a throttling error.
//!
//! Sources: botocore 1.44 and AWS SDK for .NET (SEP 2.1 rules); AWS SDKs and Tools reference, "Retry behavior".

use super::{DOUBLING, exponential, part};
use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::Span;

/// Settings of the AWS SDKs' back-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aws {
    /// `b` after an error that is not throttling.
    pub base: Span,
    /// `b` after a throttling error.
    pub throttling_base: Span,
    /// The cap, applied before the jitter.
    pub cap: Span,
}

impl Aws {
    /// The rules up to 2025.
    pub const CLASSIC: Aws = Aws {
        base: Span::from_secs(1),
        throttling_base: Span::from_secs(1),
        cap: Span::from_secs(20),
    };
    /// The rules of 2026.
    pub const STANDARD: Aws = Aws {
        base: Span::from_millis(50),
        throttling_base: Span::from_secs(1),
        cap: Span::from_secs(20),
    };
    /// The rules of 2026 for DynamoDB.
    pub const DYNAMODB: Aws = Aws {
        base: Span::from_millis(25),
        throttling_base: Span::from_secs(1),
        cap: Span::from_secs(20),
    };

    #[inline]
    pub(super) fn delay(&self, n: u32, outcome: Outcome, draw: &mut impl Draw) -> Span {
        part(self.bound_for(n, outcome), draw.unit())
    }

    pub(super) fn bound_for(&self, n: u32, outcome: Outcome) -> Span {
        let base = if is_throttling(outcome) {
            self.throttling_base
        } else {
            self.base
        };
        exponential(base, DOUBLING, n - 1, self.cap)
    }

    pub(super) fn bound(&self, n: u32) -> Span {
        self.bound_for(n, Outcome::Error).max(self.bound_for(n, Outcome::Quota))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let base = self.base.max(self.throttling_base);
        require(self.cap >= base, "the cap of a back-off is at least its first pause")
    }
}

/// Whether the AWS SDKs would call this outcome throttling: the callee said that it was asked too much.
#[inline]
pub const fn is_throttling(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Quota | Outcome::Shed)
}
