//! Back-off: how long to wait before each retry.
//!
//! Pauses give a struggling callee room; growing pauses find the room it needs; jitter keeps callers that failed together from
//! coming back together. Besides the textbook curves ([`Curve`] with a [`Jitter`]) there is one file for each library that has
//! a formula of its own, quirks included.
//!
//! Retries count from 1. What must be remembered between them is a [`BackoffState`] of 16 bytes, kept by each call.
//!
//! Sources: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015); each library's own source, named in
//! its file.

pub mod aws;
pub mod curve;
pub mod envoy;
pub mod finagle;
pub mod grpc;
pub mod haproxy;
pub mod polly;
pub mod resilience4j;
pub mod tenacity;
pub mod tower;

pub use aws::Aws;
pub use curve::{Curve, Jitter};
pub use envoy::Envoy;
pub use finagle::Finagle;
pub use grpc::Grpc;
pub use haproxy::Haproxy;
pub use polly::Polly;
pub use resilience4j::Resilience4j;
pub use tenacity::Tenacity;
pub use tower::Tower;

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

/// How long to wait before each retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// Not at all.
    None,
    /// A curve over the number of the retry, then jitter.
    Curve {
        /// How the pause grows.
        curve: Curve,
        /// What chance does to it.
        jitter: Jitter,
    },
    /// As the AWS SDKs.
    Aws(Aws),
    /// As Envoy's router.
    Envoy(Envoy),
    /// As Finagle's jittered back-offs.
    Finagle(Finagle),
    /// As gRPC.
    Grpc(Grpc),
    /// As HAProxy.
    Haproxy(Haproxy),
    /// As Polly v8.
    Polly(Polly),
    /// As resilience4j's interval functions.
    Resilience4j(Resilience4j),
    /// As tenacity's `wait_exponential`.
    Tenacity(Tenacity),
    /// As tower and linkerd.
    Tower(Tower),
}

/// What a back-off remembers between the retries of one call. Begin each call with the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackoffState {
    /// The previous pause or whatever the formula feeds back; 0 before the first.
    pub(crate) memory: u64,
    /// The number of the retry after which the formula began again.
    from: u32,
}

impl BackoffState {
    /// Begins again after retry number `retry`: the next one counts as the first.
    pub fn restart(&mut self, retry: u32) {
        *self = BackoffState { memory: 0, from: retry };
    }
}

impl Backoff {
    /// The pause before retry number `retry` (1 is the first) after an attempt that ended with `outcome`.
    ///
    /// Called once for each retry, in order; makes at most one draw.
    #[inline]
    pub fn next_delay(&self, state: &mut BackoffState, retry: u32, outcome: Outcome, draw: &mut impl Draw) -> Span {
        let n = retry.saturating_sub(state.from).max(1);
        match self {
            Backoff::None => Span::ZERO,
            Backoff::Curve { curve, jitter } => jitter.apply(curve, n, &mut state.memory, draw),
            Backoff::Aws(it) => it.delay(n, outcome, draw),
            Backoff::Envoy(it) => it.delay(n, draw),
            Backoff::Finagle(it) => it.delay(n, &mut state.memory, draw),
            Backoff::Grpc(it) => it.delay(n, draw),
            Backoff::Haproxy(it) => it.delay(n),
            Backoff::Polly(it) => it.delay(n, &mut state.memory, draw),
            Backoff::Resilience4j(it) => it.delay(n, &mut state.memory, draw),
            Backoff::Tenacity(it) => it.delay(n),
            Backoff::Tower(it) => it.delay(n, draw),
        }
    }

    /// A bound that the pause before retry number `retry` never exceeds, whatever is drawn.
    pub fn delay_max(&self, retry: u32) -> Span {
        let n = retry.max(1);
        match self {
            Backoff::None => Span::ZERO,
            Backoff::Curve { curve, jitter } => jitter.bound(curve, n),
            Backoff::Aws(it) => it.bound(n),
            Backoff::Envoy(it) => it.range(n),
            Backoff::Finagle(it) => it.bound(n),
            Backoff::Grpc(it) => it.bound(n),
            Backoff::Haproxy(it) => it.delay(n),
            Backoff::Polly(it) => it.bound(n),
            Backoff::Resilience4j(it) => it.bound(n),
            Backoff::Tenacity(it) => it.delay(n),
            Backoff::Tower(it) => it.bound(n),
        }
    }

    /// A bound on the sum of the pauses before the first `retries` retries; [`Span::MAX`] where it does not fit.
    pub fn total_max(&self, retries: u32) -> Span {
        /// Long before this many retries every curve has met its cap or left the clock; the last bound stands for the rest.
        const SUMMED: u32 = 1_000;
        let summed = (1..=retries.min(SUMMED)).fold(Span::ZERO, |sum, retry| sum + self.delay_max(retry));
        let rest = u64::from(retries.saturating_sub(SUMMED));
        summed + self.delay_max(retries).scale(rest, 1)
    }

    /// The mean pause before retry number `retry` in seconds, where the formula gives it simply; otherwise `None`.
    pub fn delay_mean(&self, retry: u32) -> Option<f64> {
        let n = retry.max(1);
        match self {
            Backoff::None => Some(0.0),
            Backoff::Curve { curve, jitter } => jitter.mean(curve, n),
            Backoff::Aws(it) => Some(it.bound_for(n, Outcome::Error).as_secs_f64() / 2.0),
            // A whole number of milliseconds below the range.
            Backoff::Envoy(it) => Some((it.range(n).as_secs_f64() - 0.001).max(0.0) / 2.0),
            Backoff::Grpc(it) => Some(it.middle(n).as_secs_f64()),
            Backoff::Haproxy(it) => Some(it.delay(n).as_secs_f64()),
            Backoff::Tenacity(it) => Some(it.delay(n).as_secs_f64()),
            Backoff::Finagle(_) | Backoff::Polly(_) | Backoff::Resilience4j(_) | Backoff::Tower(_) => None,
        }
    }

    /// Whether pauses are drawn at random: without jitter, callers that fail together come back together.
    pub const fn is_random(&self) -> bool {
        match self {
            Backoff::None | Backoff::Haproxy(_) | Backoff::Tenacity(_) => false,
            Backoff::Curve { jitter, .. } => !matches!(jitter, Jitter::None),
            Backoff::Polly(it) => it.jitter,
            Backoff::Resilience4j(it) => it.randomization.is_some(),
            Backoff::Tower(it) => it.jitter.0 > 0,
            Backoff::Aws(_) | Backoff::Envoy(_) | Backoff::Finagle(_) | Backoff::Grpc(_) => true,
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Backoff::None => Ok(()),
            Backoff::Curve { curve, jitter } => jitter.check(curve),
            Backoff::Aws(it) => it.check(),
            Backoff::Envoy(it) => it.check(),
            Backoff::Finagle(it) => it.check(),
            Backoff::Grpc(it) => it.check(),
            Backoff::Haproxy(_) => Ok(()),
            Backoff::Polly(it) => it.check(),
            Backoff::Resilience4j(it) => it.check(),
            Backoff::Tenacity(it) => it.check(),
            Backoff::Tower(it) => it.check(),
        }
    }
}

/// `min(cap, base · factor^exponent)`.
#[inline]
fn exponential(base: Span, factor: Factor, exponent: u32, cap: Span) -> Span {
    let grown = if factor == DOUBLING {
        if exponent >= u64::BITS {
            if base == Span::ZERO { Span::ZERO } else { Span::MAX }
        } else {
            base.scale(1 << exponent, 1)
        }
    } else {
        Span::from_nanos_f64(base.nanos() as f64 * libm::pow(factor.as_f64(), f64::from(exponent)))
    };
    grown.min(cap)
}

/// The factor that most back-offs grow by.
pub const DOUBLING: Factor = Factor(2_000_000);

/// `span · share`, rounded to the nearest nanosecond.
#[inline]
fn part(span: Span, share: f64) -> Span {
    Span::from_nanos_f64(span.nanos() as f64 * share)
}

#[cfg(test)]
mod tests;
