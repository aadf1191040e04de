//! Fewer connections or slots than the calls of an ordinary moment hold.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::{Caller, Gate, Plan, Stage};
use brownout_sim_core::policy::bulkhead::Bulkhead;
use brownout_sim_core::policy::bulkhead::envoy::Protocol;
use brownout_sim_core::routing::subset::Subset;

use super::{Code, Input, Lint, Subject, sites_of, told};
use crate::capacity::Outline;

pub(super) const CODE: Code = Code {
    id: "L0163",
    title: "fewer connections or slots than calls at once",
    why: "A connection or a slot is held until the answer, so that no more calls pass per second than there are of them, divided \
          by how long a call takes (Little's law). Where more come, even with the callee idle, the rest waits or is refused \
          although nothing is wrong.",
    wrong: "pool = { kind = \"hikari\", size = 2 }   # at 100 calls a second of 50 ms each",
    right: "pool = { kind = \"hikari\", size = 10 }",
};

/// What has a number of its own, for each caller, and how many there are.
fn limits(plan: &Plan, replicas: f64) -> Vec<(&'static str, f64)> {
    let reached = match plan.routing.as_ref().and_then(|it| it.subset) {
        Some(Subset::Deterministic { subset_size } | Subset::Rendezvous { subset_size }) => {
            replicas.min(f64::from(subset_size))
        }
        None => replicas,
    };
    let pool = plan.pool.as_ref().map(|it| ("pool", f64::from(it.size) * reached));
    let slots = plan.stages.iter().filter_map(|it| match it {
        Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(it))) => Some(f64::from(it.max_concurrent_calls)),
        Stage::Gate(Gate::Bulkhead(Bulkhead::ThreadPool(it))) => {
            Some(f64::from(match it.allow_maximum_size_to_diverge_from_core_size {
                true => it.core_size.max(it.maximum_size),
                false => it.core_size,
            }))
        }
        Stage::Gate(Gate::Bulkhead(Bulkhead::Envoy(it))) if it.protocol == Protocol::Http1 => {
            Some(f64::from(it.max_connections.min(it.max_requests)))
        }
        Stage::Gate(Gate::Bulkhead(Bulkhead::Envoy(it))) => Some(f64::from(it.max_requests)),
        Stage::Gate(Gate::Bulkhead(Bulkhead::Credits(it))) => Some(f64::from(it.window)),
        Stage::Gate(Gate::Bulkhead(Bulkhead::Haproxy(it))) if it.maxconn > 0 => Some(f64::from(it.maxconn)),
        _ => None,
    });
    pool.into_iter().chain(slots.map(|it| ("bulkhead", it))).collect()
}

pub(super) fn check(input: Input<'_>, outline: &Outline) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, plan) in model.plans.iter().enumerate() {
        let Some(edge) = model.layout().plan_edge[row] else {
            continue;
        };
        let edge = &model.edges[edge.index()];
        let replicas = f64::from(model.services[edge.callee.index()].replicas);
        let callers = match edge.caller {
            _ if plan.shared_state => 1.0,
            Caller::Load(load) => f64::from(model.loads[load.index()].clients),
            Caller::Service(service) => f64::from(model.services[service.index()].replicas),
        };
        // Calls out at once: those per second times how long each is out.
        let (mut per_s, mut out) = (0.0, 0.0);
        for site in sites_of(input, outline, PlanId::from_index(row)) {
            let way = outline.way_s[model.sites[site].edge.index()];
            let held = outline.response_s[model.sites[site].callee.index()] + 2.0 * way;
            per_s += outline.site_per_s[site];
            out += outline.site_per_s[site] * held;
        }
        for (what, each) in limits(plan, replicas) {
            let all = each * callers;
            if out.is_nan() || out <= all {
                continue;
            }
            let held = out / per_s;
            found.push(Lint {
                code: CODE.id,
                message: format!(
                    "the `{what}` on `{}` lets at most {:.0} calls per second pass, each taking {} or more, and {per_s:.0} come",
                    input.names.plans[row],
                    all / held,
                    told(held)
                ),
                help: format!(
                    "{:.0} for each caller would do while nothing is wrong; bursts want more",
                    (out / callers).ceil()
                ),
                subject: Subject::Plan(PlanId::from_index(row)),
                also: Vec::new(),
            });
        }
    }
    found
}
