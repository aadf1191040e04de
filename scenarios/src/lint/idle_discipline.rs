//! Disciplines of a queue, admission or dimmers that have nothing to tell apart or to act on.

use brownout_sim_core::ids::{BlockId, ServiceId};
use brownout_sim_core::model::{Action, ConcurrencyLimit, Expiry, Model, QueueOrder, Service, Style};
use brownout_sim_core::server::overflow::OnFull;

use super::{Code, Input, Lint, Subject, deadline_of};

pub(super) const CODE: Code = Code {
    id: "L0141",
    title: "a service's discipline never acts",
    why: "An order, an overflow or a discipline acts on calls that wait: with `limit = 0` or unlimited workers nobody does. \
          Priorities tell requests apart only if loads differ in `priority`. A deadline drop knows only deadlines that callers \
          hand down. A dimmer leaves out steps that are `optional`. A limit on calls inside acts below what workers and queue hold. Without these the setting is there, and nothing changes.",
    wrong: "[service.db]\nworkers = 10\nqueue = { limit = 0, order = \"lifo\" }",
    right: "[service.db]\nworkers = 10\nqueue = { limit = 100, order = \"lifo\" }",
};

/// Whether a step of a block, or of those within it, is optional.
fn has_optional(model: &Model, block: BlockId) -> bool {
    let steps = model.blocks[block.index()].steps.clone();
    model.steps[steps.start as usize..steps.end as usize]
        .iter()
        .any(|step| {
            let within = |mut blocks: core::ops::Range<u32>| blocks.any(|it| has_optional(model, BlockId(it)));
            step.optional
                || match &step.action {
                    Action::Sequence(block) => has_optional(model, *block),
                    Action::Parallel { blocks, .. } => within(blocks.clone()),
                    Action::Choose { options } => model.options[options.start as usize..options.end as usize]
                        .iter()
                        .any(|it| has_optional(model, it.block)),
                    Action::Call(_) | Action::Repeat(_) | Action::Work(_) | Action::Wait(_) => false,
                }
        })
}

/// What never acts, why, and what to do.
fn idle(model: &Model, service: &Service) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut idle = Vec::new();
    let discipline = &service.queue.discipline;
    let nobody_waits = service.queue.limit == Some(0) || service.workers.is_none();
    if nobody_waits && (discipline.is_any() || service.queue.order != QueueOrder::Fifo) {
        let why = if service.workers.is_none() {
            "its workers are unlimited, so that nobody ever waits"
        } else {
            "its limit is 0, so that nobody ever waits"
        };
        idle.push((
            "queue discipline",
            why,
            "give it `workers` and a queue, or leave the discipline out",
        ));
    }
    let mut priorities = model.loads.iter().map(|it| it.priority);
    let first = priorities.next();
    if priorities.all(|it| Some(it) == first) {
        let why = "every load has the same priority";
        let help = "give loads a `priority`";
        if service.queue.order == QueueOrder::Priority || discipline.on_full == OnFull::Lowest {
            idle.push(("order of priority", why, help));
        }
        if service.admission.criticality.is_some() {
            idle.push(("criticality", why, help));
        }
    }
    let handed_down = |it: &brownout_sim_core::model::Plan| deadline_of(it).is_some_and(|it| it.propagate);
    if discipline.expiry != Expiry::Passed && !model.plans.iter().any(handed_down) {
        idle.push((
            "deadline drop",
            "no caller hands down a deadline",
            "write `deadline = { after = \"1s\", propagate = true }` in a policy",
        ));
    }
    if let (Some(ConcurrencyLimit::Fixed(limit)), Some(workers), Some(queue), Style::Blocking) = (
        service.admission.limit,
        service.workers,
        service.queue.limit,
        service.style,
    ) && limit >= workers.saturating_add(queue)
        && service.admission.partition.is_none()
    {
        idle.push((
            "concurrency limit",
            "its workers and its queue hold no more calls than that",
            "make it smaller than both together",
        ));
    }
    let flows = &model.endpoints[service.endpoints.start as usize..service.endpoints.end as usize];
    if service.dimmer.is_some() && !flows.iter().filter_map(|it| it.flow).any(|it| has_optional(model, it)) {
        idle.push((
            "dimmer",
            "no step of its flows is optional",
            "write `optional = true` in what may be left out",
        ));
    }
    idle
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (row, service) in input.model.services.iter().enumerate() {
        for (what, why, help) in idle(input.model, service) {
            found.push(Lint {
                code: CODE.id,
                message: format!("the {what} of `{}` never acts: {why}", input.names.services[row]),
                help: help.to_owned(),
                subject: Subject::Service(ServiceId::from_index(row)),
                also: Vec::new(),
            });
        }
    }
    found
}
