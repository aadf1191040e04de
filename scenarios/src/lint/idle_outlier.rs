//! An outlier detection that can eject nobody.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::routing::outlier::Outlier;

use super::{Code, Input, Lint, Subject};

pub(super) const CODE: Code = Code {
    id: "L0160",
    title: "an outlier detection that ejects nobody",
    why: "Envoy counts the host that it is about to eject: with the default of 10 % a cluster of fewer than 10 hosts loses none, \
          however bad. gRPC has both of its rules off until the configuration names one. Either way the file looks protected, and \
          is not.",
    wrong: "[service.db]\nreplicas = 5\n[policy.p]\nedge = \"app -> db\"\noutlier = \"envoy\"",
    right: "[service.db]\nreplicas = 5\n[policy.p]\nedge = \"app -> db\"\noutlier = { kind = \"envoy\", max_ejection_percent = \"40%\" }",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, plan) in model.plans.iter().enumerate() {
        let Some(outlier) = plan.routing.as_ref().and_then(|it| it.outlier.as_ref()) else {
            continue;
        };
        let Some(edge) = model.layout().plan_edge[row] else {
            continue;
        };
        let callee = model.edges[edge.index()].callee;
        let replicas = model.services[callee.index()].places.len();
        let name = &input.names.plans[row];
        let (message, help) = match outlier {
            Outlier::Envoy(it)
                if !it.always_eject_one_host && 100 > it.max_ejection_percent as usize * replicas.max(1) =>
            {
                (
                    format!(
                        "the outlier detection on `{name}` ejects nobody: one of the {replicas} of `{}` is more than {} %",
                        input.names.services[callee.index()],
                        it.max_ejection_percent
                    ),
                    "raise `max_ejection_percent`, or set `always_eject_one_host`",
                )
            }
            Outlier::Grpc(it) if it.success_rate_ejection.is_none() && it.failure_percentage_ejection.is_none() => (
                format!("the outlier detection on `{name}` ejects nobody: both of gRPC's rules are off"),
                "add `success_rate_ejection = {}` or `failure_percentage_ejection = {}`",
            ),
            Outlier::Grpc(it) if it.max_ejection_percent == 0 => (
                format!("the outlier detection on `{name}` ejects nobody: `max_ejection_percent` is 0 %"),
                "raise `max_ejection_percent`",
            ),
            _ => continue,
        };
        found.push(Lint {
            code: CODE.id,
            message,
            help: help.to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        });
    }
    found
}
