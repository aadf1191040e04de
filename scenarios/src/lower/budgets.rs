//! Retries and their budgets, with the defaults that the reference gives each kind.

use brownout_sim_core::outcome::OutcomeSet;
use brownout_sim_core::policy::backoff::{Backoff, Jitter};
use brownout_sim_core::policy::budget::{
    Aws, Bucket, Budget, Envoy, FailureRatio, Finagle, Grpc, Sre, SuccessBucket, Tower,
};
use brownout_sim_core::policy::retry::{Checks, Retry, RetryAfter};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use super::Cx;
use super::backoff;
use super::services::factor;
use crate::document::At;
use crate::spec::policy::budget as spec;
use crate::spec::policy::retry as spec_retry;
use crate::spec::{Limit, Opt, Switch};
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;

/// The retry policy that a table describes. `None` if a mistake was found in it.
pub(crate) fn retry(retry: &At<Switch<spec_retry::Retry>>, cx: &mut Cx<'_>) -> Option<Retry> {
    let written = retry.value.set()?;
    let jitter = written.jitter.as_ref().map_or(Jitter::None, |it| it.value);
    let pause = match &written.backoff {
        None => Backoff::None,
        Some(it) => match backoff::backoff(&it.value, 0..usize::MAX, jitter) {
            Ok(pause) => pause,
            Err(error) => {
                cx.in_text(it.at, error);
                return None;
            }
        },
    };
    let budget = match written.budget.as_ref().and_then(|it| it.value.set()) {
        Some(it) => Some(budget(it, written.budget.as_ref()?.at, cx)?),
        None => None,
    };
    let attempts = match written.attempts.as_ref().map(|it| it.value) {
        None => Some(3),
        Some(Limit::Count(it)) => Some(it),
        Some(Limit::Unlimited) => None,
    };
    let on = written.on.as_ref().map_or(OutcomeSet::RETRYABLE, |it| {
        it.value.iter().fold(OutcomeSet::EMPTY, |set, it| set.with(it.value))
    });
    let compiled = Retry {
        attempts,
        backoff: pause,
        on,
        respect_retry_after: retry_after(&written.respect_retry_after),
        budget,
        checks: Checks::of(&budget),
        skip_hopeless: written.skip_hopeless.as_ref().is_some_and(|it| it.value),
    };
    if let Err(error) = compiled.check() {
        let at = if attempts.is_none() {
            written.attempts.as_ref().map(|it| it.at)
        } else {
            None
        };
        cx.out.inconsistent(at.unwrap_or(retry.at), error.0);
        return None;
    }
    Some(compiled)
}

fn retry_after(written: &Opt<spec_retry::RetryAfter>) -> RetryAfter {
    match written.as_ref().map(|it| &it.value) {
        None | Some(spec_retry::RetryAfter::Ignore(_)) => RetryAfter::Ignore,
        Some(spec_retry::RetryAfter::AtLeast(_)) => RetryAfter::AtLeast,
        Some(spec_retry::RetryAfter::Exact(it)) => RetryAfter::Exact {
            restart: it.restart.as_ref().is_some_and(|it| it.value),
        },
        Some(spec_retry::RetryAfter::Jittered(it)) => RetryAfter::Jittered {
            max: it.max.as_ref().map_or(Span::from_secs(300), |it| it.value),
        },
        Some(spec_retry::RetryAfter::Clamped(it)) => RetryAfter::Clamped {
            stretch: it.stretch.as_ref().map_or(Span::from_secs(5), |it| it.value),
        },
    }
}

fn share(ratio: &Opt<Ratio>, default_millionths: u64) -> Factor {
    ratio.as_ref().map_or(Factor(default_millionths), |it| factor(it.value))
}

fn or<T: Copy>(value: &Opt<T>, default: T) -> T {
    value.as_ref().map_or(default, |it| it.value)
}

pub(super) fn budget(written: &spec::Budget, at: crate::document::Place, cx: &mut Cx<'_>) -> Option<Budget> {
    let budget = match written {
        spec::Budget::Bucket(it) => Budget::Bucket(Bucket {
            deposit: share(&it.deposit, 100_000),
            burst: or(&it.burst, 10),
            strict: or(&it.strict, false),
        }),
        spec::Budget::SuccessBucket(it) => Budget::SuccessBucket(SuccessBucket {
            deposit: share(&it.deposit, 100_000),
            burst: or(&it.burst, 10),
            strict: or(&it.strict, false),
        }),
        spec::Budget::Finagle(it) => Budget::Finagle(Finagle {
            ttl: or(&it.ttl, Span::from_secs(10)),
            min_per_second: or(&it.min_retries_per_sec, 10),
            percent: share(&it.percent_can_retry, 200_000),
        }),
        spec::Budget::Tower(it) => Budget::Tower(Tower {
            ttl: or(&it.ttl, Span::from_secs(10)),
            min_per_second: or(&it.min_retries_per_sec, 10),
            percent: share(&it.percent_can_retry, 200_000),
        }),
        spec::Budget::Grpc(it) => {
            let ratio = it.token_ratio.as_ref().map_or(0.1, |it| Decimal::as_f64(it.value));
            Budget::Grpc(Grpc {
                max_tokens: or(&it.max_tokens, 10),
                token_ratio_milli: (ratio * 1000.0 + 0.5) as u32,
            })
        }
        spec::Budget::Aws(it) => {
            let (cost, timeout_cost) = match it.mode.as_ref().map(|it| it.value) {
                Some(spec::AwsMode::Classic) => (5, 10),
                None | Some(spec::AwsMode::Standard) => (14, 14),
            };
            Budget::Aws(Aws {
                capacity: or(&it.capacity, 500),
                cost: or(&it.cost, cost),
                timeout_cost: or(&it.timeout_cost, timeout_cost),
                throttling_cost: or(&it.throttling_cost, 5),
                refund: or(&it.refund, 1),
            })
        }
        spec::Budget::Envoy(it) => Budget::Envoy(match &it.budget_percent {
            Some(percent) => Envoy::RetryBudget {
                percent: factor(percent.value),
                min_concurrency: or(&it.min_retry_concurrency, 3),
            },
            None => Envoy::MaxRetries(match it.max_retries.as_ref().map(|it| it.value) {
                None => 3,
                Some(Limit::Count(it)) => it,
                Some(Limit::Unlimited) => u32::MAX,
            }),
        }),
        spec::Budget::Sre(it) => Budget::Sre(Sre {
            ratio: share(&it.ratio, 100_000),
            attempts: or(&it.attempts, 3),
            window: Some(or(&it.window, Span::from_secs(120))),
            per_minute: it.per_minute.as_ref().map(|it| it.value),
        }),
        spec::Budget::FailureRatio(it) => Budget::FailureRatio(FailureRatio {
            ratio: share(&it.ratio, 100_000),
        }),
    };
    match budget.check() {
        Ok(()) => Some(budget),
        Err(error) => {
            cx.out.inconsistent(at, error.0);
            None
        }
    }
}
