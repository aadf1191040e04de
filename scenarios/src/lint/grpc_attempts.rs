//! More attempts than gRPC would make.

use brownout_sim_core::ids::PlanId;
use brownout_sim_core::policy::backoff::Backoff;

use super::{Code, Input, Lint, Subject};
use crate::capacity::retry_of;

pub(super) const CODE: Code = Code {
    id: "L0164",
    title: "more attempts than gRPC would make",
    why: "gRPC takes a `maxAttempts` above 5 for 5 (proposal A6). A policy that backs off as gRPC does and has more attempts is no \
          client that exists: it sends more than gRPC would.",
    wrong: "retry = { attempts = 8, backoff = \"grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=2)\" }",
    right: "retry = { attempts = 5, backoff = \"grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=2)\" }",
};

/// `maxAttempts` above it counts as it.
const ATTEMPTS_MAX: u32 = 5;

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let plans = input.model.plans.iter().enumerate();
    let told = plans.filter_map(|(row, plan)| {
        let retry = retry_of(plan).filter(|it| matches!(it.backoff, Backoff::Grpc(_)))?;
        let made = match retry.attempts {
            Some(attempts) if attempts <= ATTEMPTS_MAX => return None,
            Some(attempts) => attempts.to_string(),
            None => "any number".to_owned(),
        };
        Some(Lint {
            code: CODE.id,
            message: format!(
                "calls on `{}` back off as gRPC's and have {made} attempts, where gRPC would make {ATTEMPTS_MAX}",
                input.names.plans[row]
            ),
            help: format!("write `attempts = {ATTEMPTS_MAX}`, or another `backoff`"),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        })
    });
    told.collect()
}
