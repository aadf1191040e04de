//! Policies.

use brownout_sim_core::policy::backoff::Jitter;

use super::{Written, idle};
use crate::diagnostics::Diagnostics;
use crate::spec::policy::Policy;
use crate::spec::policy::budget::Budget;
use crate::spec::{At, Limit, Named, Switch};
use crate::syntax::backoff::Backoff;

pub(super) fn policy(policy: &Named<Policy>, written: &Written<'_>, out: &mut Diagnostics) {
    if let (
        Some(At {
            value: Switch::Set(timeout),
            at,
        }),
        Some(At {
            value: Switch::Set(deadline),
            ..
        }),
    ) = (&policy.timeout, &policy.deadline)
        && let Some(after) = &deadline.after
        && *timeout > after.value
    {
        let message = format!(
            "an attempt may take {timeout}, longer than the call with its {}",
            after.value
        );
        out.inconsistent(*at, message)
            .help("make `timeout` shorter than `deadline`");
    }
    if let Some(At {
        value: Switch::Set(deadline),
        ..
    }) = &policy.deadline
        && let (Some(margin), Some(after)) = (&deadline.margin, &deadline.after)
        && margin.value >= after.value
    {
        out.inconsistent(margin.at, "the margin leaves nothing of the deadline");
    }
    if let Some(order) = &policy.order {
        for (at, kind) in order.value.iter().enumerate() {
            if order.value[..at].iter().any(|it| it.value == kind.value) {
                out.inconsistent(kind.at, format!("`{}` is listed twice", kind.value.name()));
            }
        }
    }
    idle::policy(policy, out);
    let Some(At {
        value: Switch::Set(retry),
        at,
    }) = &policy.retry
    else {
        return;
    };
    if let (Some(jitter), Some(backoff)) = (&retry.jitter, &retry.backoff)
        && jitter.value != Jitter::None
    {
        match &backoff.value {
            Backoff::Library(it) => {
                let message = format!(
                    "`jitter` has no effect on the back-off of a library, `{}`",
                    it.kind.it.name()
                );
                out.no_effect(jitter.at, message).help("it brings its own");
            }
            Backoff::None => {
                out.no_effect(jitter.at, "`jitter` has no effect without a back-off");
            }
            _ => {}
        }
    } else if let (Some(jitter), false) = (&retry.jitter, written.within("retry").any(&["backoff"]))
        && jitter.value != Jitter::None
    {
        out.no_effect(jitter.at, "`jitter` has no effect without a back-off")
            .help("add `backoff = \"exponential(50ms, factor=2, cap=2s)\"`");
    }
    let ends = policy.deadline.is_some() || retry.budget.as_ref().is_some_and(|it| it.set().is_some());
    if matches!(
        retry.attempts,
        Some(At {
            value: Limit::Unlimited,
            ..
        })
    ) && !ends
    {
        let at = retry.attempts.as_ref().map_or(*at, |it| it.at);
        out.inconsistent(at, "unlimited attempts never end if every one fails")
            .help("add a `deadline` or a `budget`, or give a number");
    }
    if let Some(At {
        value: Switch::Set(Budget::Envoy(envoy)),
        ..
    }) = &retry.budget
    {
        match (&envoy.max_retries, &envoy.budget_percent, &envoy.min_retry_concurrency) {
            (Some(max), Some(percent), _) => {
                out.conflict(
                    max.at.max(percent.at),
                    "Envoy has `max_retries` or `budget_percent`, not both",
                );
            }
            (_, None, Some(least)) => {
                out.no_effect(
                    least.at,
                    "`min_retry_concurrency` has no effect without `budget_percent`",
                );
            }
            _ => {}
        }
    }
}
