//! Retries that come back all at the same time.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::Caller;
use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject};
use crate::capacity::{attempts_max, retry_of};

pub(super) const CODE: Code = Code {
    id: "L0117",
    title: "retries without pause or jitter on a shared dependency",
    why: "Callers that failed together come back together. Without a pause they hit a callee that has had no time to recover; \
          without jitter they hit it in waves (M. Brooker, \"Exponential Backoff And Jitter\", AWS Architecture Blog, 2015).",
    wrong: "retry = { attempts = 3, backoff = \"none\" }",
    right: "retry = { attempts = 3, backoff = \"exponential(50ms, cap=2s)\", jitter = \"full\", budget = \"10%\" }",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, plan) in model.plans.iter().enumerate() {
        let Some(retry) = retry_of(plan).filter(|_| attempts_max(plan) > 1.0) else {
            continue;
        };
        let Some(edge) = model.layout().plan_edge[row] else {
            continue;
        };
        // A load stands for many callers; a service is shared if several replicas call.
        let edge = &model.edges[edge.index()];
        let instances = match edge.caller {
            Caller::Load(_) => u32::MAX,
            Caller::Service(it) => model.services[it.index()].replicas,
        };
        let others = model.edges.iter().filter(|it| it.callee == edge.callee).count();
        if retry.budget.is_some() || retry.backoff.is_random() || (instances < 2 && others < 2) {
            continue;
        }
        let none = retry.backoff.delay_max(1) == Span::ZERO;
        let (what, help) = match none {
            true => (
                "at once",
                "write `backoff = \"exponential(50ms, cap=2s)\"` with `jitter = \"full\"`, or a `budget`",
            ),
            false => ("without jitter", "write `jitter = \"full\"`, or a `budget`"),
        };
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "`{}` retries {what}: callers that fail together hit `{}` together again",
                input.names.plans[row],
                input.names.services[edge.callee.index()]
            ),
            help: help.to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        });
    }
    found
}
