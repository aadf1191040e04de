//! gRPC's retry throttling: failures take tokens, successes return a fraction, and retries stop at half.
//!
//! Starts at `max_tokens`. A retryable failure takes 1 (not below 0), a success returns `token_ratio` (not above the maximum).
//! A retry is allowed iff the tokens, *after* that failure took its own, are more than half of the maximum. The first attempt
//! is never blocked.
//!
//! Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs"; grpc-go.

use crate::outcome::Outcome;
use crate::policy::{Invalid, require};

/// One token, in the thousandths that gRPC counts in.
const TOKEN: u32 = 1_000;

/// Settings of gRPC's retry throttling; gRPC has no defaults for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grpc {
    /// `maxTokens`: 1 to 1000.
    pub max_tokens: u32,
    /// `tokenRatio` in thousandths; not zero. gRPC reads three decimals and drops the rest.
    pub token_ratio_milli: u32,
}

/// What is left, in thousandths of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens(pub(super) u32);

impl Tokens {
    /// The tokens that are left.
    pub fn left(&self) -> f64 {
        f64::from(self.0) / f64::from(TOKEN)
    }
}

impl Grpc {
    pub(super) fn start(&self) -> Tokens {
        Tokens(self.max_tokens * TOKEN)
    }

    #[inline]
    pub(super) fn settle(&self, tokens: &mut Tokens, outcome: Outcome) {
        if !outcome.is_failure() {
            tokens.0 = tokens
                .0
                .saturating_add(self.token_ratio_milli)
                .min(self.max_tokens * TOKEN);
        }
    }

    /// A failure takes its token; whether a retry may follow.
    #[inline]
    pub(super) fn take(&self, tokens: &mut Tokens) -> bool {
        tokens.0 = tokens.0.saturating_sub(TOKEN);
        self.allows(tokens)
    }

    /// Whether a retry or a hedge may be sent.
    #[inline]
    pub(super) fn allows(&self, tokens: &Tokens) -> bool {
        // More than half, strictly: twice as much is more than all.
        2 * tokens.0 > self.max_tokens * TOKEN
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.max_tokens >= 1 && self.max_tokens <= 1_000,
            "gRPC's maxTokens is between 1 and 1000; it has no default",
        )?;
        require(
            self.token_ratio_milli > 0,
            "gRPC's tokenRatio is at least 0.001; it has no default",
        )
    }
}
