//! Settings of policies that do nothing, because another one beside them is not as it would have to be.
//!
//! What a profile sets is its library's, and stands there for whoever sets the other one.

use brownout_sim_core::time::Span;

use crate::diagnostics::Diagnostics;
use crate::spec::policy::Policy;
use crate::spec::policy::breaker::Breaker;
use crate::spec::policy::bulkhead::Bulkhead;
use crate::spec::policy::outlier::Outlier;
use crate::spec::policy::pool::Pool;
use crate::spec::{At, Limit, Opt, Switch};
use crate::syntax::units::Ratio;

fn set<T>(it: &Opt<Switch<T>>) -> Option<&T> {
    it.as_ref().and_then(|it| it.value.set())
}

fn is_none(it: &Opt<Switch<u32>>, default: bool) -> bool {
    it.as_ref().map_or(default, |it| it.value == Switch::None)
}

fn is_true(it: &Opt<bool>) -> bool {
    it.as_ref().is_some_and(|it| it.value)
}

/// Reports a setting of the file's own that does nothing.
fn idle<T>(it: &Opt<T>, message: &str, help: &str, out: &mut Diagnostics) {
    if let Some(it) = it.as_ref().filter(|it| !it.at.in_profile()) {
        out.no_effect(it.at, message).help(help);
    }
}

pub(super) fn policy(policy: &Policy, out: &mut Diagnostics) {
    if let Some(it) = set(&policy.deadline)
        && it.margin.as_ref().is_some_and(|it| it.value > Span::ZERO)
        && !is_true(&it.propagate)
    {
        let what = "`margin` has no effect on a deadline that is not handed down";
        idle(&it.margin, what, "add `propagate = true`, or leave it out", out);
    }
    if let Some(it) = set(&policy.bulkhead) {
        bulkhead(it, out);
    }
    if let Some(it) = set(&policy.breaker) {
        breaker(it, out);
    }
    if let Some(it) = set(&policy.outlier) {
        outlier(it, out);
    }
    if let Some(it) = set(&policy.pool) {
        pool(it, set(&policy.timeout).copied(), out);
    }
}

fn bulkhead(it: &Bulkhead, out: &mut Diagnostics) {
    match it {
        Bulkhead::Semaphore(it) => {
            if it.max_wait_duration.as_ref().is_none_or(|it| it.value == Span::ZERO) {
                let what = "`queue_limit` has no effect: a call without a slot is refused at once, so nobody waits";
                idle(
                    &it.queue_limit,
                    what,
                    "add `max_wait_duration = \"100ms\"`, or leave it out",
                    out,
                );
            }
        }
        Bulkhead::ThreadPool(it) => {
            if !is_true(&it.allow_maximum_size_to_diverge_from_core_size) {
                let what =
                    "`maximum_size` has no effect: Hystrix never starts more than `core_size` threads by default";
                let help = "add `allow_maximum_size_to_diverge_from_core_size = true`, or set `core_size`";
                idle(&it.maximum_size, what, help, out);
            }
            if is_none(&it.max_queue_size, true) {
                let what =
                    "`queue_size_rejection_threshold` has no effect: there is no queue, as in Hystrix by default";
                let help = "add `max_queue_size = 100`, or leave it out";
                idle(&it.queue_size_rejection_threshold, what, help, out);
            }
        }
        Bulkhead::Haproxy(it) => {
            if it.maxconn.as_ref().is_none_or(|it| it.value == 0) {
                let what = "has no effect: without `maxconn` nobody waits, as in HAProxy by default";
                let help = "add `maxconn = 100`, or leave it out";
                idle(&it.minconn, &format!("`minconn` {what}"), help, out);
                idle(&it.fullconn, &format!("`fullconn` {what}"), help, out);
                idle(&it.maxqueue, &format!("`maxqueue` {what}"), help, out);
                idle(&it.timeout_queue, &format!("`timeout_queue` {what}"), help, out);
            } else if it.minconn.as_ref().is_none_or(|it| it.value == 0) {
                let what = "`fullconn` has no effect: without `minconn` the limit is always `maxconn`";
                idle(&it.fullconn, what, "add `minconn = 20`, or leave it out", out);
            }
        }
        Bulkhead::Envoy(_) | Bulkhead::Credits(_) => {}
    }
}

fn breaker(it: &Breaker, out: &mut Diagnostics) {
    match it {
        Breaker::Hystrix(it) if is_true(&it.force_open) && is_true(&it.force_closed) => {
            let what = "`force_closed` has no effect beside `force_open`, which comes first";
            idle(&it.force_closed, what, "leave one of them out", out);
        }
        Breaker::Resilience4j(it) => {
            let wait = &it.max_wait_duration_in_half_open_state;
            if wait.as_ref().is_none_or(|it| it.value == Span::ZERO) {
                let what = "`transition_to_state_after_wait_duration` has no effect: a half-open breaker waits for its probes \
                            for ever, as in resilience4j by default";
                let help = "add `max_wait_duration_in_half_open_state = \"10s\"`, or leave it out";
                idle(&it.transition_to_state_after_wait_duration, what, help, out);
            }
        }
        _ => {}
    }
}

fn outlier(it: &Outlier, out: &mut Diagnostics) {
    let never = |it: &Opt<Ratio>, default: bool| it.as_ref().map_or(default, |it| it.value == Ratio::ZERO);
    match it {
        Outlier::Envoy(it) => {
            if never(&it.enforcing_consecutive_gateway_failure, true) {
                let what =
                    "`consecutive_gateway_failure` has no effect: it is enforced in 0 % of the cases, Envoy's default";
                let help = "add `enforcing_consecutive_gateway_failure = \"100%\"`, or leave it out";
                idle(&it.consecutive_gateway_failure, what, help, out);
            }
            if never(&it.enforcing_failure_percentage, true) {
                let what =
                    "has no effect: ejection by failure percentage is enforced in 0 % of the cases, Envoy's default";
                let help = "add `enforcing_failure_percentage = \"100%\"`, or leave it out";
                idle(
                    &it.failure_percentage_threshold,
                    &format!("`failure_percentage_threshold` {what}"),
                    help,
                    out,
                );
            }
            if !is_true(&it.split_external_local_origin_errors) {
                local_origin(
                    &it.consecutive_local_origin_failure,
                    "consecutive_local_origin_failure",
                    out,
                );
            }
        }
        Outlier::Istio(it) if !is_true(&it.split_external_local_origin_errors) => {
            local_origin(
                &it.consecutive_local_origin_failures,
                "consecutive_local_origin_failures",
                out,
            );
        }
        _ => {}
    }
}

fn local_origin(it: &Opt<u32>, name: &str, out: &mut Diagnostics) {
    let what = format!("`{name}` has no effect: failures on the caller's side count with the others, as by default");
    idle(
        it,
        &what,
        "add `split_external_local_origin_errors = true`, or leave it out",
        out,
    );
}

fn pool(it: &Pool, timeout: Option<Span>, out: &mut Diagnostics) {
    let (pending, acquire, idle_timeout, lifetime) = match it {
        Pool::Hikari(it) => (&it.max_pending, &it.acquire_timeout, &it.idle_timeout, &it.max_lifetime),
        Pool::Envoy(it) => (&it.max_pending, &it.acquire_timeout, &it.idle_timeout, &it.max_lifetime),
    };
    let nobody_waits = matches!(
        pending,
        Some(At {
            value: Limit::Count(0),
            ..
        })
    );
    if nobody_waits {
        let what = "`acquire_timeout` has no effect: `max_pending` is 0, so nobody waits for a connection";
        idle(acquire, what, "let somebody wait, or leave it out", out);
    } else if let (Some(wait), Some(timeout)) = (acquire, timeout)
        && wait.value >= timeout
        && wait.value < Span::MAX
    {
        let what = format!(
            "`acquire_timeout` has no effect: the `timeout` of {timeout} bounds the wait for a connection, too, and ends it first"
        );
        idle(
            acquire,
            &what,
            "make it shorter than the `timeout`, or leave it out",
            out,
        );
    }
    if let (Some(unused), Some(age)) = (idle_timeout, lifetime)
        && unused.value > age.value
    {
        let what = "`idle_timeout` has no effect: a connection never grows that old (`max_lifetime`)";
        idle(
            idle_timeout,
            what,
            "make it shorter than `max_lifetime`, or leave it out",
            out,
        );
    }
}
