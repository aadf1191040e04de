//! A wait for a slot or a permit that a timeout or deadline around it always cuts short.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::{Gate, Stage};
use brownout_sim_core::policy::bulkhead::Bulkhead;
use brownout_sim_core::policy::rate_limit::RateLimit;
use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject, kind_of};

pub(super) const CODE: Code = Code {
    id: "L0124",
    title: "a call may wait longer for its turn than it may take",
    why: "The wait for a slot or a permit counts against every timeout and deadline that stands around it. A wait as long as \
          the limit leaves the call itself no time: it is given up in the queue, or sent only to be abandoned.",
    wrong: "timeout = \"1s\"\nbulkhead = { max_concurrent_calls = 10, max_wait_duration = \"2s\" }\norder = [\"timeout\", \"bulkhead\"]",
    right: "timeout = \"1s\"\nbulkhead = { max_concurrent_calls = 10, max_wait_duration = \"100ms\" }\norder = [\"timeout\", \"bulkhead\"]",
};

/// The longest wait, if one is set; an unlimited one leaves it to the limits around it.
fn wait_of(gate: &Gate) -> Option<Span> {
    let wait = match gate {
        Gate::Bulkhead(Bulkhead::Semaphore(it)) => it.max_wait_duration,
        Gate::Bulkhead(Bulkhead::Haproxy(it)) if it.maxconn > 0 => it.timeout_queue,
        Gate::RateLimit(RateLimit::TokenBucket(it)) => it.max_wait,
        Gate::RateLimit(RateLimit::Resilience4j(it)) => it.timeout_duration,
        _ => return None,
    };
    Some(wait).filter(|it| *it < Span::MAX)
}

fn limit_of(stage: &Stage) -> Option<Span> {
    match stage {
        Stage::Timeout(limit) => Some(*limit),
        Stage::Deadline(it) => Some(it.limit),
        _ => None,
    }
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (row, plan) in input.model.plans.iter().enumerate() {
        for (at, stage) in plan.stages.iter().enumerate() {
            let Stage::Gate(gate) = stage else { continue };
            let Some(wait) = wait_of(gate) else { continue };
            let around = plan.stages[..at].iter();
            let shortest = around.filter_map(|it| Some((limit_of(it)?, kind_of(it))));
            let Some((limit, outer)) = shortest.min().filter(|it| it.0 <= wait) else {
                continue;
            };
            found.push(Lint {
                code: CODE.id,
                message: format!(
                    "a call on `{}` may wait {wait} at the `{}`, but the `{}` around it ends it after {limit}",
                    input.names.plans[row],
                    gate.kind().name(),
                    outer.name()
                ),
                help: "let it wait for a small part of the limit, or put the limit further in".to_owned(),
                subject: Subject::Plan(PlanId::from_index(row)),
                also: Vec::new(),
            });
        }
    }
    found
}
