//! A cache that no later request finds anything in.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::{Cover, Plan, Stage};
use brownout_sim_core::policy::cache::Cache;
use brownout_sim_core::policy::fallback::{self, Fallback};

use super::{Code, Input, Lint, Subject};

pub(super) const CODE: Code = Code {
    id: "L0133",
    title: "a cache is never asked for the same twice",
    why: "What a call asks for is named by its request's key. A load without `key` makes requests that are each about something \
          else, so that no request finds the answer to another, and the cache only fills up.",
    wrong: "[load.users]\ntarget = \"web\"\nrate = \"100/s\"\n[policy.web-to-db]\nedge = \"web -> db\"\ncache = \"30s\"",
    right: "[load.users]\ntarget = \"web\"\nrate = \"100/s\"\nkey = \"zipf(1000, 1)\"\n[policy.web-to-db]\nedge = \"web -> db\"\ncache = \"30s\"",
};

/// The policy that keeps answers for requests with the same key.
fn keeper(plan: &Plan) -> Option<&'static str> {
    plan.stages.iter().find_map(|it| match it {
        Stage::Cover(Cover::Cache(Cache::Ttl(_))) => Some("cache"),
        Stage::Cover(Cover::Fallback(Fallback {
            kind: fallback::Kind::StaleCache { keys: Some(_), .. },
            ..
        })) => Some("stale cache of the fallback"),
        _ => None,
    })
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    if input.model.loads.iter().any(|it| it.items.is_some()) {
        return Vec::new();
    }
    let plans = input.model.plans.iter().enumerate();
    plans
        .filter_map(|(row, plan)| {
            let keeper = keeper(plan)?;
            Some(Lint {
                code: CODE.id,
                message: format!(
                    "the {keeper} on `{}` keeps answers that no later request asks for: no load has a `key`",
                    input.names.plans[row]
                ),
                help: "say what requests are about, such as `key = \"zipf(1000, 1)\"`".to_owned(),
                subject: Subject::Plan(PlanId::from_index(row)),
                also: Vec::new(),
            })
        })
        .collect()
}
