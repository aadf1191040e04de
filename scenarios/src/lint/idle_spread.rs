//! Subsets, shards, cells and zones that leave the choice as it is.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::Spread;
use brownout_sim_core::routing::subset::Subset;

use super::{Code, Input, Lint, Subject};

pub(super) const CODE: Code = Code {
    id: "L0161",
    title: "what should narrow the choice of a replica leaves it as it is",
    why: "A subset or a shard as large as the service is the whole service; cells without replicas answer nobody; and routing by \
          zones needs zones, and as many replicas as Envoy asks for before it looks at them. The run shows the plain balancer.",
    wrong: "[service.db]\nreplicas = 4\n[policy.p]\nedge = \"app -> db\"\nlocality = \"zone_aware\"",
    right: "[service.db]\nreplicas = 6\nzones = [\"a\", \"b\"]\n[policy.p]\nedge = \"app -> db\"\nlocality = \"zone_aware\"",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, plan) in model.plans.iter().enumerate() {
        let (Some(routing), Some(edge)) = (&plan.routing, model.layout().plan_edge[row]) else {
            continue;
        };
        let callee = model.edges[edge.index()].callee;
        let service = &model.services[callee.index()];
        let (replicas, of) = (service.places.len() as u32, &input.names.services[callee.index()]);
        let zoned = service.places.iter().any(Option::is_some);
        let name = &input.names.plans[row];
        let subset = match &routing.subset {
            Some(Subset::Deterministic { subset_size } | Subset::Rendezvous { subset_size })
                if *subset_size >= replicas =>
            {
                Some((
                    format!("the subset of {subset_size} on `{name}` is all of `{of}`, which has {replicas}"),
                    "make `subset_size` smaller than the number of replicas",
                ))
            }
            _ => None,
        };
        let spread = match &routing.spread {
            Some(Spread::Shuffle(it)) if it.size >= replicas => Some((
                format!(
                    "a shard of {} on `{name}` is all of `{of}`, which has {replicas}",
                    it.size
                ),
                "make `size` smaller than the number of replicas",
            )),
            Some(Spread::Cells(it)) if it.cells > replicas => Some((
                format!(
                    "{} cells on `{name}` share the {replicas} of `{of}`, so that some have none",
                    it.cells
                ),
                "have as many replicas as cells, or more",
            )),
            Some(Spread::ZoneAware(it)) if it.min_cluster_size > replicas => Some((
                format!(
                    "routing by zones on `{name}` never begins: `{of}` has {replicas} replicas, and it needs {}",
                    it.min_cluster_size
                ),
                "lower `min_cluster_size`, or add replicas",
            )),
            Some(Spread::ZoneAware(_) | Spread::Priority { .. } | Spread::Weighted { .. }) if !zoned => Some((
                format!("routing by zones on `{name}` has nothing to go by: `{of}` is in no zone"),
                "give the service its `zones`",
            )),
            _ => None,
        };
        for (message, help) in subset.into_iter().chain(spread) {
            found.push(Lint {
                code: CODE.id,
                message,
                help: help.to_owned(),
                subject: Subject::Plan(PlanId::from_index(row)),
                also: Vec::new(),
            });
        }
    }
    found
}
