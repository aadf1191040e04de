//! The settings with which a hedge behaves as that of a library.
//!
//! Not modelled: resilience4j runs its copies on a pool of 10 threads; Finagle charges the client's own retry budget as well.
//!
//! Sources: gRPC proposal A6, `hedgingPolicy`; Polly v8, `HedgingStrategyOptions`; Envoy, `hedge_on_per_try_timeout` of route API
//! v3; Finagle, `BackupRequestFilter`; resilience4j, `HedgeConfig`; J. Dean, L. A. Barroso, "The Tail at Scale" (2013).

use super::{Delay, Hedge, Losers, OnFailure, Percentile};
use crate::outcome::OutcomeSet;
use crate::policy::budget::{Budget, Finagle};
use crate::quantity::Factor;
use crate::time::Span;

impl Hedge {
    /// gRPC's `hedgingPolicy`: more than 5 attempts count as 5; a delay of 0 sends all at once. It has no defaults.
    pub const fn grpc(max_attempts: u32, hedging_delay: Span, non_fatal: OutcomeSet, budget: Option<Budget>) -> Hedge {
        Hedge {
            max_attempts: if max_attempts > 5 { 5 } else { max_attempts },
            delay: Delay::Fixed(hedging_delay),
            non_fatal,
            on_failure: OnFailure::NextAtOnce,
            losers: Losers::Cancelled,
            budget,
        }
    }

    /// Polly's defaults: one more after 2 s, or at once after a failure. A delay of [`Span::MAX`] is its "infinite".
    pub const POLLY: Hedge = Hedge {
        max_attempts: 2,
        delay: Delay::Fixed(Span::from_secs(2)),
        non_fatal: OutcomeSet::RETRYABLE,
        on_failure: OnFailure::NextAtOnce,
        losers: Losers::Cancelled,
        budget: None,
    };

    /// Envoy's `hedge_on_per_try_timeout`: so many retries, each when the one before has had its time.
    pub const fn envoy(per_try_timeout: Span, num_retries: u32) -> Hedge {
        Hedge {
            max_attempts: num_retries + 1,
            delay: Delay::Fixed(per_try_timeout),
            non_fatal: OutcomeSet::RETRYABLE,
            on_failure: OnFailure::Wait,
            losers: Losers::Cancelled,
            budget: None,
        }
    }

    /// Finagle's backup requests: a second copy to the share `max_extra_load` of calls that take longest.
    pub const fn finagle(max_extra_load: Factor) -> Hedge {
        let percentile = Factor(Factor::ONE.0.saturating_sub(max_extra_load.0));
        Hedge {
            max_attempts: 2,
            delay: Delay::Percentile(Percentile::finagle(percentile)),
            non_fatal: OutcomeSet::RETRYABLE,
            on_failure: OnFailure::Wait,
            losers: Losers::Cancelled,
            budget: Some(Budget::Finagle(Finagle {
                ttl: Span::from_secs(10),
                min_per_second: 0,
                percent: max_extra_load,
            })),
        }
    }

    /// resilience4j's `Hedge`: one more, and whichever ends first stands, a failure too.
    pub const fn resilience4j(delay: Delay) -> Hedge {
        Hedge {
            max_attempts: 2,
            delay,
            non_fatal: OutcomeSet::EMPTY,
            on_failure: OnFailure::Wait,
            losers: Losers::Cancelled,
            budget: None,
        }
    }

    /// Tied requests: the second goes out after twice the mean network delay.
    pub const fn tied(mean_network_delay: Span) -> Hedge {
        Hedge {
            max_attempts: 2,
            delay: Delay::Fixed(mean_network_delay.saturating_add(mean_network_delay)),
            non_fatal: OutcomeSet::RETRYABLE,
            on_failure: OnFailure::Wait,
            losers: Losers::CancelledAtStart,
            budget: None,
        }
    }
}
