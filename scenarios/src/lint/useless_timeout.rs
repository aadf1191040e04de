//! A deadline that ends the call before its timeout can act.

use brownout_sim_core::ids::PlanId;

use super::{Code, Input, Lint, Subject, deadline_of, timeout_of};
use crate::capacity::attempts_max;

pub(super) const CODE: Code = Code {
    id: "L0114",
    title: "the deadline is shorter than the timeout",
    why: "The deadline bounds the whole call, the timeout one attempt. Where the deadline is the shorter one the timeout never \
          acts, and a retry after a hanging attempt is never sent.",
    wrong: "[policy.app-to-db]\nedge = \"app -> db\"\ndeadline = \"1s\"\ntimeout = \"2s\"",
    right: "[policy.app-to-db]\nedge = \"app -> db\"\ndeadline = \"2s\"\ntimeout = \"500ms\"",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (row, plan) in input.model.plans.iter().enumerate() {
        let (Some(deadline), Some(timeout)) = (deadline_of(plan), timeout_of(plan)) else {
            continue;
        };
        if deadline.limit > timeout {
            continue;
        }
        let retries = if attempts_max(plan) > 1.0 {
            ", and no attempt that hangs is tried again"
        } else {
            ""
        };
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "the deadline of {} on `{}` leaves the timeout of {timeout} nothing to do{retries}",
                deadline.limit, input.names.plans[row]
            ),
            help: "make the timeout a part of the deadline".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        });
    }
    found
}
