//! A hedge that never gets to send its copy, or has nowhere else to send it.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::{Cover, Plan, Stage};
use brownout_sim_core::policy::PolicyKind;
use brownout_sim_core::policy::hedge::{Delay, Hedge, OnFailure};
use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject, kind_of};

pub(super) const CODE: Code = Code {
    id: "L0131",
    title: "a hedge comes too late to send a copy",
    why: "The copy goes out when the delay has passed. A timeout or deadline that has ended the call by then, or the only try of \
          the first copy, leaves it nothing to help, or makes it a plain retry: the delay belongs near the p95 of the callee, \
          well below every limit (J. Dean, L. A. Barroso, \"The Tail at Scale\").",
    wrong: "timeout = \"500ms\"\nhedge = { delay = \"1s\", on_failure = \"wait\" }",
    right: "timeout = \"500ms\"\nhedge = { delay = \"50ms\", on_failure = \"wait\" }",
};

pub(super) const LONE: Code = Code {
    id: "L0132",
    title: "a hedge has only one replica to send to",
    why: "The copy of a hedged call goes to the replica that the first one already waits for: it queues behind it, and its work \
          is done twice. Hedging helps where replicas are slow independently of each other.",
    wrong: "[service.db]\nreplicas = 1\n[policy.app-to-db]\nedge = \"app -> db\"\nhedge = \"50ms\"",
    right: "[service.db]\nreplicas = 3\n[policy.app-to-db]\nedge = \"app -> db\"\nhedge = \"50ms\"",
};

fn hedge_of(plan: &Plan) -> Option<(usize, &Hedge)> {
    let stages = plan.stages.iter().enumerate();
    stages
        .filter_map(|(at, it)| match it {
            Stage::Cover(Cover::Hedge(it)) => Some((at, it)),
            _ => None,
        })
        .next()
}

/// The limit that has always ended a call, or its first copy, when the delay has passed.
fn limit_of(plan: &Plan) -> Option<(Span, PolicyKind, Span)> {
    let (at, hedge) = hedge_of(plan)?;
    let Delay::Fixed(delay) = hedge.delay else { return None };
    if delay == Span::MAX {
        return None; // Only failures are hedged, and that is meant.
    }
    let around = plan.stages[..at].iter().filter_map(|it| match it {
        Stage::Timeout(limit) => Some((*limit, kind_of(it))),
        Stage::Deadline(deadline) => Some((deadline.limit, kind_of(it))),
        _ => None,
    });
    // Within, a copy that has timed out sends the next at once, unless it waits: as a retry would, and no sooner. A retry
    // goes on after it.
    let retries = plan.stages[at..].iter().any(|it| matches!(it, Stage::Retry(_)));
    let within = plan.stages[at..].iter().filter_map(|it| match it {
        Stage::Timeout(limit) if !retries => Some((*limit, kind_of(it))),
        _ => None,
    });
    let shortest = around.chain(within).min()?;
    (shortest.0 <= delay).then_some((delay, shortest.1, shortest.0))
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let plans = input.model.plans.iter().enumerate();
    let late = plans.filter_map(|(row, plan)| {
        let (delay, kind, limit) = limit_of(plan)?;
        let goes_on = kind == PolicyKind::Timeout
            && hedge_of(plan).is_some_and(|(at, it)| {
                let within = plan.stages[at..].iter().any(|it| matches!(it, Stage::Timeout(_)));
                within && it.on_failure != OnFailure::Wait
            });
        Some(Lint {
            code: CODE.id,
            message: format!(
                "the hedge on `{}` sends its copy after {delay}, but the {} has ended the first by {limit}{}",
                input.names.plans[row],
                kind.name(),
                if goes_on {
                    ": the copy goes out then, as a retry would"
                } else {
                    ""
                },
            ),
            help: "make the delay shorter, near the p95 of the callee".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        })
    });
    let model = input.model;
    let lone = model.plans.iter().enumerate().filter_map(|(row, plan)| {
        hedge_of(plan)?;
        let edge = model.layout().plan_edge[row]?;
        let callee = model.edges[edge.index()].callee;
        (model.services[callee.index()].places.len() == 1).then(|| Lint {
            code: LONE.id,
            message: format!(
                "the hedge on `{}` sends its copy to the replica that the first one waits for: `{}` has no other",
                input.names.plans[row],
                input.names.services[callee.index()]
            ),
            help: "give the callee more replicas, or leave the hedge out".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        })
    });
    late.chain(lone).collect()
}
