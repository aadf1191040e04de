//! A half-open breaker that wants more probes than its window holds calls.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::policy::breaker::Breaker;
use brownout_sim_core::policy::breaker::resilience4j::WindowType;

use super::{Code, Input, Lint, Subject, breaker_of};

pub(super) const CODE: Code = Code {
    id: "L0123",
    title: "more probes than the breaker's window holds calls",
    why: "A closed breaker opens on what its window shows; a half-open one that waits for more results than that is slower to \
          close than it was to open, and lets more calls through to a callee that may still be down than it took to find out.",
    wrong: "breaker = { kind = \"resilience4j\", sliding_window_size = 5, permitted_number_of_calls_in_half_open_state = 10 }",
    right: "breaker = { kind = \"resilience4j\", sliding_window_size = 20, permitted_number_of_calls_in_half_open_state = 5 }",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (row, plan) in input.model.plans.iter().enumerate() {
        let Some(Breaker::Resilience4j(it)) = breaker_of(plan) else {
            continue;
        };
        let probes = it.permitted_number_of_calls_in_half_open_state;
        if it.sliding_window_type != WindowType::CountBased || probes <= it.sliding_window_size {
            continue;
        }
        found.push(Lint {
            code: CODE.id,
            message: format!(
                "the breaker on `{}` lets {probes} probes pass, more than the {} calls of its window",
                input.names.plans[row], it.sliding_window_size
            ),
            help: "make `permitted_number_of_calls_in_half_open_state` at most `sliding_window_size`".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        });
    }
    found
}
