//! A retry that would spare hopeless attempts, but knows no deadline.

use brownout_sim_core::ids::PlanId;

use super::{Code, Input, Lint, Subject, deadline_of};
use crate::capacity::retry_of;

pub(super) const CODE: Code = Code {
    id: "L0165",
    title: "no attempt is ever hopeless without a deadline",
    why: "`skip_hopeless` gives up at once when the pause before a retry would outlast the deadline. A call that has none, and is \
          handed none down, always has time: the setting does nothing.",
    wrong: "retry = { attempts = 3, backoff = \"1s\", skip_hopeless = true }",
    right: "deadline = \"2s\"\nretry = { attempts = 3, backoff = \"1s\", skip_hopeless = true }",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let plans = &input.model.plans;
    let handed_down = plans
        .iter()
        .any(|it| deadline_of(it).is_some_and(|deadline| deadline.propagate));
    let told = plans.iter().enumerate().filter_map(|(row, plan)| {
        retry_of(plan).filter(|it| it.skip_hopeless)?;
        if handed_down || deadline_of(plan).is_some() {
            return None;
        }
        Some(Lint {
            code: CODE.id,
            message: format!(
                "`skip_hopeless` on `{}` never acts: calls there have no deadline",
                input.names.plans[row]
            ),
            help: "add a `deadline`, or leave it out".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        })
    });
    told.collect()
}
