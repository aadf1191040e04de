//! A bucket of retry tokens that every call fills a little: `budget = "10%"`.
//!
//! Full at the start; each call adds `deposit`, a retry takes 1. However much fails, attempts stay below
//! `(1 + deposit) calls + burst`.
//!
//! Sources: M. Brooker, "Fixing retries with token buckets and circuit breakers" (2022); his simulator wants *more* than one
//! token for a retry, which `strict` does.

use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// One token, in the millionths that amounts are counted in.
pub(super) const TOKEN: u64 = 1_000_000;

/// Settings of a bucket that fills with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// What each call adds, in tokens.
    pub deposit: Factor,
    /// The most tokens it holds, and how many it begins with.
    pub burst: u32,
    /// Whether a retry needs more than one token rather than one or more.
    pub strict: bool,
}

/// What is in a bucket, in millionths of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens(pub(super) u64);

impl Tokens {
    /// The tokens that are left.
    pub fn left(&self) -> f64 {
        self.0 as f64 / TOKEN as f64
    }

    pub(super) fn full(burst: u32) -> Tokens {
        Tokens(u64::from(burst) * TOKEN)
    }

    #[inline]
    pub(super) fn add(&mut self, amount: Factor, burst: u32) {
        self.0 = self.0.saturating_add(amount.0).min(u64::from(burst) * TOKEN);
    }

    #[inline]
    pub(super) fn take_one(&mut self, strict: bool) -> bool {
        let enough = if strict { self.0 > TOKEN } else { self.0 >= TOKEN };
        if enough {
            self.0 -= TOKEN;
        }
        enough
    }
}

impl Bucket {
    /// A bucket with this deposit and the default burst of 10.
    pub const fn of(deposit: Factor) -> Bucket {
        Bucket {
            deposit,
            burst: 10,
            strict: false,
        }
    }

    pub(super) fn start(&self) -> Tokens {
        Tokens::full(self.burst)
    }

    #[inline]
    pub(super) fn on_call(&self, tokens: &mut Tokens) {
        tokens.add(self.deposit, self.burst);
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
