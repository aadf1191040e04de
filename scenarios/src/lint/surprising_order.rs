//! Policies in an order that has a consequence few expect.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::policy::{PolicyKind, oddities};

use super::{Code, Input, Lint, Subject, kind_of};

pub(super) const CODE: Code = Code {
    id: "L0122",
    title: "the order of the policies has a surprising consequence",
    why: "What stands above `retry` sees calls, what stands below it sees attempts; what stands within a timeout does not \
          learn that it has passed. Any order is legal, and some are a library's own, but the same settings mean something \
          else in them.",
    wrong: "breaker = \"resilience4j\"\nretry = { attempts = 3 }\norder = [\"breaker\", \"retry\"]",
    right: "breaker = \"resilience4j\"\nretry = { attempts = 3 }\norder = [\"retry\", \"breaker\"]",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (row, plan) in input.model.plans.iter().enumerate() {
        let order: Vec<PolicyKind> = plan.stages.iter().map(kind_of).collect();
        for odd in oddities(&order) {
            found.push(Lint {
                code: CODE.id,
                message: format!(
                    "`{}` stands around `{}` on `{}`: {}",
                    odd.outer.name(),
                    odd.inner.name(),
                    input.names.plans[row],
                    odd.consequence
                ),
                help: format!(
                    "put `{}` before `{}` in `order`, if that is not what is meant",
                    odd.inner.name(),
                    odd.outer.name()
                ),
                subject: Subject::Plan(PlanId::from_index(row)),
                also: Vec::new(),
            });
        }
    }
    found
}
