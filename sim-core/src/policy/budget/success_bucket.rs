//! A bucket of retry tokens that only successes fill: when everything fails, retries stop after the burst.
//!
//! Full at the start; each attempt that succeeds (`ok` or `degraded`) adds `deposit`, a retry takes 1.
//!
//! Source: M. Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library (2019), on local token buckets.

use super::bucket::Tokens;
use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// Settings of a bucket that fills with successes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuccessBucket {
    /// What each success adds, in tokens.
    pub deposit: Factor,
    /// The most tokens it holds, and how many it begins with.
    pub burst: u32,
    /// Whether a retry needs more than one token rather than one or more.
    pub strict: bool,
}

impl SuccessBucket {
    /// A bucket with this deposit and the default burst of 10.
    pub const fn of(deposit: Factor) -> SuccessBucket {
        SuccessBucket {
            deposit,
            burst: 10,
            strict: false,
        }
    }

    pub(super) fn start(&self) -> Tokens {
        Tokens::full(self.burst)
    }

    #[inline]
    pub(super) fn settle(&self, tokens: &mut Tokens, outcome: Outcome) {
        if !outcome.is_failure() {
            tokens.add(self.deposit, self.burst);
        }
    }

    #[inline]
    pub(super) fn take(&self, tokens: &mut Tokens) -> bool {
        tokens.take_one(self.strict)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.burst > 0,
            "a bucket holds at least 1 token, or no retry ever passes; the default is 10",
        )
    }
}
