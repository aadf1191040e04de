//! An unlimited queue before a service whose callers do not wait for ever.

use brownout_sim_core::ids::{PlanId, ServiceId};
use brownout_sim_core::model::Discipline;
use brownout_sim_core::policy::timeout::Cancel;

use super::{Code, Input, Lint, Subject, deadline_of, timeout_of};

pub(super) const CODE: Code = Code {
    id: "L0116",
    title: "an unlimited queue before callers with timeouts",
    why: "In an overload the queue grows until every call in it has waited longer than its caller's timeout. From then on the \
          service does nothing but work that nobody waits for, and stays like that when the overload is gone. A limit of a \
          few times the workers, or a queue timeout, keeps the wait below the callers' patience (Google SRE book, ch. 22, \
          \"Queue management\").",
    wrong: "[service.db]\nworkers = 48\n[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"500ms\"",
    right: "[service.db]\nworkers = 48\nqueue = { limit = 100 }\n[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"500ms\"",
};

/// Whether a discipline gives up calls that have waited for long, or refuses newcomers to a long queue.
fn bounds_waits(discipline: &Discipline) -> bool {
    discipline.shedding.is_some() || discipline.queue_timeout.is_some() || discipline.red.is_some()
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, service) in model.services.iter().enumerate() {
        let queue = &service.queue;
        let bounded = queue.limit.is_some() || queue.timeout.is_some() || bounds_waits(&queue.discipline);
        if service.workers.is_none() || bounded {
            continue;
        }
        let into = model
            .sites
            .iter()
            .filter(|it| model.endpoints[it.callee.index()].service.index() == row);
        let mut plans: Vec<PlanId> = into
            .map(|it| it.plan)
            .filter(|it| {
                let plan = &model.plans[it.index()];
                let told = plan.cancel == Cancel::Propagate || deadline_of(plan).is_some_and(|it| it.propagate);
                !told && (timeout_of(plan).is_some() || deadline_of(plan).is_some())
            })
            .collect();
        plans.sort_unstable();
        plans.dedup();
        let Some(first) = plans.first() else { continue };
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "the queue of `{}` is unlimited, while `{}` does not wait for ever: in an overload it serves only calls that were given up",
                input.names.services[row],
                input.names.plans[first.index()]
            ),
            help: "write `queue = { limit = ... }`, or a `timeout` in the queue".to_owned(),
            subject: Subject::Service(ServiceId::from_index(row)),
            also: plans.into_iter().map(Subject::Plan).collect(),
        });
    }
    found
}
