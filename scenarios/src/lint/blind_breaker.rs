//! A breaker that counts timeouts alone, and never sees one.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::Plan;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::PolicyKind;
use brownout_sim_core::policy::breaker::{Breaker, Judge};

use super::{Code, Input, Lint, Subject, breaker_of, kind_of};

pub(super) const CODE: Code = Code {
    id: "L0125",
    title: "the breaker never sees what it counts",
    why: "A timeout that stands around a breaker ends the call from outside: the breaker sees it cancelled, which is nobody's \
          failure. A breaker that counts timeouts alone opens only if the timeout stands within it.",
    wrong: "timeout = \"1s\"\nbreaker = { failures = 5, on = [\"timeout\"] }\norder = [\"timeout\", \"breaker\"]",
    right: "timeout = \"1s\"\nbreaker = { failures = 5, on = [\"timeout\"] }\norder = [\"breaker\", \"timeout\"]",
};

fn judge_of(breaker: &Breaker) -> &Judge {
    match breaker {
        Breaker::Hystrix(it) => &it.judge,
        Breaker::Resilience4j(it) => &it.judge,
        Breaker::Polly(it) => &it.judge,
        Breaker::Consecutive(it) => &it.judge,
        Breaker::Cockatiel(it) => &it.judge,
        Breaker::Opossum(it) => &it.judge,
        Breaker::Finagle(it) => &it.judge,
    }
}

/// Whether the breaker counts nothing but the caller's own limits, and none of them stands within it.
fn is_blind(plan: &Plan) -> bool {
    let place = |wanted: PolicyKind| plan.stages.iter().position(|it| kind_of(it) == wanted);
    let (Some(breaker), Some(at)) = (breaker_of(plan), place(PolicyKind::Breaker)) else {
        return false;
    };
    let failures = judge_of(breaker).failures;
    Outcome::ALL
        .into_iter()
        .filter(|it| failures.contains(*it))
        .all(|it| match it {
            Outcome::Timeout => place(PolicyKind::Timeout).is_none_or(|it| it < at),
            Outcome::Deadline => place(PolicyKind::Deadline).is_none_or(|it| it < at),
            _ => false,
        })
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let plans = input.model.plans.iter().enumerate();
    plans
        .filter(|it| is_blind(it.1))
        .map(|(row, _)| Lint {
            code: CODE.id,
            message: format!(
                "the breaker on `{}` counts timeouts alone, and no timeout stands within it",
                input.names.plans[row]
            ),
            help: "put `breaker` before `timeout` in `order`, or count other failures too".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        })
        .collect()
}
