//! A queue that sheds only what its callers have given up.

use brownout_sim_core::ids::{PlanId, ServiceId};
use brownout_sim_core::model::Shedding;
use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject, deadline_of, timeout_of};

pub(super) const CODE: Code = Code {
    id: "L0140",
    title: "a queue sheds later than its callers give up",
    why: "CoDel drops a call that has waited for its target, folly's CoDel one that has waited for twice its target. If the \
          caller has given up by then, shedding tells nobody anything, and the queue serves calls that nobody waits for until \
          it does. A target is a small part of the callers' timeout.",
    wrong: "[service.db]\nworkers = 10\nqueue = { codel = { target = \"2s\", interval = \"5s\" } }\n[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"1s\"",
    right: "[service.db]\nworkers = 10\nqueue = { codel = { target = \"50ms\", interval = \"500ms\" } }\n[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"1s\"",
};

/// The shortest wait after which a call may be shed, with the mechanism's name.
fn soonest(shedding: &Shedding) -> (Span, &'static str) {
    match shedding {
        Shedding::Codel(it) => (it.target, "codel"),
        Shedding::FollyCodel(it) => (it.target + it.target, "folly_codel"),
    }
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, service) in model.services.iter().enumerate() {
        let Some(shedding) = &service.queue.discipline.shedding else {
            continue;
        };
        let (soonest, name) = soonest(shedding);
        let into = model
            .sites
            .iter()
            .filter(|it| model.endpoints[it.callee.index()].service.index() == row);
        let gives_up = |plan: PlanId| {
            let plan = &model.plans[plan.index()];
            let limits = timeout_of(plan).into_iter().chain(deadline_of(plan).map(|it| it.limit));
            limits.min().filter(|it| *it <= soonest)
        };
        let mut plans: Vec<PlanId> = into.map(|it| it.plan).filter(|it| gives_up(*it).is_some()).collect();
        plans.sort_unstable();
        plans.dedup();
        let Some(limit) = plans.first().and_then(|it| gives_up(*it)) else {
            continue;
        };
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "the `{name}` of `{}` sheds calls that have waited for {soonest}, while `{}` gives up after {limit}",
                input.names.services[row],
                input.names.plans[plans[0].index()]
            ),
            help: "take a smaller `target`, a small part of the callers' timeout".to_owned(),
            subject: Subject::Service(ServiceId::from_index(row)),
            also: plans.into_iter().map(Subject::Plan).collect(),
        });
    }
    found
}
