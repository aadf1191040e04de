//! A timeout shorter than what the callee usually takes.

use brownout_sim_core::ids::PlanId;

use super::{Code, Input, Lint, Subject, deadline_of, sites_of, timeout_of, told};
use crate::capacity::Outline;

pub(super) const CODE: Code = Code {
    id: "L0112",
    title: "a timeout is shorter than the callee's median",
    why: "At least every second call times out although nothing is wrong, and the callee's work is wasted. A timeout belongs \
          above the highest percentile that is still acceptable, say p99.9 (AWS Builders' Library, \"Timeouts, retries, and \
          backoff with jitter\").",
    wrong: "[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"10ms\"     # db takes 20 ms",
    right: "[policy.app-to-db]\nedge = \"app -> db\"\ntimeout = \"500ms\"",
};

pub(super) fn check(input: Input<'_>, outline: &Outline) -> Vec<Lint> {
    let model = input.model;
    let mut found = Vec::new();
    for (row, plan) in model.plans.iter().enumerate() {
        let timeout = timeout_of(plan).map(|it| ("timeout", it));
        let deadline = deadline_of(plan).map(|it| ("deadline", it.limit));
        let Some((word, limit)) = timeout.into_iter().chain(deadline).min_by_key(|it| it.1) else {
            continue;
        };
        // The slowest of the endpoints behind the plan.
        let usual = |site: usize| {
            let site = &model.sites[site];
            let endpoint = &model.endpoints[site.callee.index()];
            let ways = 2.0 * outline.way_s[site.edge.index()];
            let (seconds, how) = match (&endpoint.work, endpoint.flow) {
                (Some(work), None) => (work.quantile(0.5) / 1e9, "takes more than that every second time"),
                _ => (
                    outline.response_s[site.callee.index()],
                    "takes longer than that on average",
                ),
            };
            (seconds + ways, how, site.callee)
        };
        let slowest = sites_of(input, outline, PlanId::from_index(row))
            .into_iter()
            .map(usual)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((seconds, how, callee)) = slowest else {
            continue;
        };
        if limit.as_secs_f64() >= seconds {
            continue;
        }
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "the {word} of {limit} is too short: `{}` {how} ({}), idle as it may be",
                input.names.endpoint_address(model, callee),
                told(seconds)
            ),
            help: "set it above the slowest answer that is still good, such as the p99.9".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        });
    }
    found
}
