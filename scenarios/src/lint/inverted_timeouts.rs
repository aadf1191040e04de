//! A caller that gives up while its callee still tries.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::Plan;
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject, deadline_of, sites_of, timeout_of};
use crate::capacity::{Outline, retry_of};

pub(super) const CODE: Code = Code {
    id: "L0115",
    title: "a caller gives up before its callee does",
    why: "The callee goes on with timeouts and retries of its own for an answer that nobody waits for: wasted work, and the \
          more of it the slower things are. Timeouts shrink from the edge inwards, with room for all attempts and pauses \
          below (Google SRE book, ch. 22, \"Deadline propagation\").",
    wrong: "[policy.web-to-app]\nedge = \"web -> app\"\ntimeout = \"1s\"\n[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"500ms\"\nretry = { attempts = 3 }",
    right: "[policy.web-to-app]\nedge = \"web -> app\"\ntimeout = \"2s\"\n[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"500ms\"\nretry = { attempts = 3 }",
};

/// The longest that one attempt of the caller waits.
fn patience(plan: &Plan) -> Option<Span> {
    let (timeout, deadline) = (timeout_of(plan), deadline_of(plan).map(|it| it.limit));
    match (timeout, deadline) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The longest that a whole call can take, all attempts and pauses included, and how it comes about; `None` if nothing ends it.
fn longest(plan: &Plan) -> Option<(Span, String)> {
    let deadline = deadline_of(plan).map(|it| (it.limit, format!("a deadline of {}", it.limit)));
    let Some(timeout) = timeout_of(plan) else {
        return deadline;
    };
    let tried = match retry_of(plan) {
        None => Some((timeout, format!("a timeout of {timeout}"))),
        Some(retry) => retry.attempts.map(|attempts| {
            let pauses = retry.pauses_max();
            let total = timeout.scale(u64::from(attempts), 1) + pauses;
            let rest = if pauses > Span::ZERO {
                format!(" and pauses of {pauses}")
            } else {
                String::new()
            };
            (total, format!("{attempts} attempts of {timeout}{rest}"))
        }),
    };
    deadline.into_iter().chain(tried).min_by_key(|it| it.0)
}

pub(super) fn check(input: Input<'_>, outline: &Outline) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, plan) in model.plans.iter().enumerate() {
        let id = PlanId::from_index(row);
        let Some(patience) = patience(plan) else { continue };
        if plan.cancel == Cancel::Propagate || deadline_of(plan).is_some_and(|it| it.propagate) {
            continue; // The callee learns of it.
        }
        let below = sites_of(input, outline, id).into_iter().flat_map(|it| {
            let calls = &outline.calls[model.sites[it].callee.index()];
            calls.iter().map(|it| model.sites[it.0.index()].plan)
        });
        let worst = below
            .filter_map(|it| longest(&model.plans[it.index()]).map(|(span, how)| (span, it, how)))
            .max_by_key(|it| (it.0, core::cmp::Reverse(it.1)));
        let Some((span, lower, how)) = worst.filter(|it| it.0 > patience) else {
            continue;
        };
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "`{}` gives up after {patience}, while `{}` may go on for {span} ({how})",
                input.names.plans[row],
                input.names.plans[lower.index()]
            ),
            help: "give the caller more time than its callee needs for all attempts, shorten those, or cancel with `cancel = \"propagate\"`"
                .to_owned(),
            subject: Subject::Plan(id),
            also: vec![Subject::Plan(lower)],
        });
    }
    found
}
