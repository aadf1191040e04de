//! A retry budget that never has anything to decide, or never allows a retry.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::budget::{Ask, Budget, InFlight};
use brownout_sim_core::policy::retry::Retry;
use brownout_sim_core::time::SimTime;

use super::{Code, Input, Lint, Subject};
use crate::capacity::{attempts_max, retry_of};

pub(super) const CODE: Code = Code {
    id: "L0120",
    title: "the retry budget can never act",
    why: "A budget decides whether a retry may be sent. Where no retry would be sent anyway it decides nothing, and where it \
          allows none the retries beside it are never sent. Either way the file promises something that does not happen.",
    wrong: "retry = { attempts = 1, budget = \"10%\" }",
    right: "retry = { attempts = 3, budget = \"10%\" }",
};

/// Calls that end well before a budget is asked: whatever flows in has flowed in then.
const CALLS: u32 = 1_000;

/// Whether a retry is ever allowed: after many calls that ended well, with many more in flight.
fn allows_any(budget: &Budget, retry: &Retry) -> bool {
    let now = SimTime::from_secs(3600);
    let worth = Outcome::ALL
        .into_iter()
        .filter(|it| it.is_failure() && retry.on.contains(*it));
    let allowed = |outcome: Outcome| {
        let (mut state, mut charge) = (budget.start(), 0);
        for _ in 0..CALLS {
            budget.on_call(&mut state, now);
            budget.settle(&mut state, now, Outcome::Ok, &mut 0);
        }
        budget.on_call(&mut state, now);
        budget.settle(&mut state, now, outcome, &mut charge);
        let ask = Ask {
            now,
            outcome,
            attempts: 1,
            in_flight: InFlight {
                active: CALLS,
                pending: 0,
            },
        };
        budget.take(&mut state, &ask, &mut charge)
    };
    worth.into_iter().any(allowed)
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for (row, plan) in input.model.plans.iter().enumerate() {
        let Some((retry, budget)) = retry_of(plan).and_then(|it| Some((it, it.budget.as_ref()?))) else {
            continue;
        };
        let name = &input.names.plans[row];
        let (message, help) = if attempts_max(plan) <= 1.0 {
            (
                format!("the retry budget on `{name}` has nothing to decide: a call has one attempt, so no retry"),
                "leave the budget out, or allow more `attempts`",
            )
        } else if let Budget::Sre(sre) = budget
            && sre.attempts > 1
            && retry.attempts.is_none_or(|it| it > sre.attempts)
        {
            (
                format!(
                    "the retry budget on `{name}` allows {} attempts of a call, so that `retry` never makes more",
                    sre.attempts
                ),
                "make `attempts` of the retry and of its budget the same",
            )
        } else if !allows_any(budget, retry) {
            (
                format!("the retry budget on `{name}` allows no retry at all"),
                "make the budget larger, or leave `retry` out if no retry is meant",
            )
        } else {
            continue;
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
