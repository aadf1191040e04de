//! A line before a bulkhead, a limiter or a pool that nothing ends.

use brownout_sim_core::component::credits::WhenOut;
use brownout_sim_core::ids::PlanId;
use brownout_sim_core::model::{Gate, Plan, Stage};
use brownout_sim_core::policy::bulkhead::Bulkhead;
use brownout_sim_core::policy::rate_limit::RateLimit;
use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject, deadline_of, timeout_of};

pub(super) const CODE: Code = Code {
    id: "L0162",
    title: "calls may wait for their turn without end",
    why: "A line without a limit on its length, on the wait, or on the call around it grows as long as more calls come than get \
          through, and everybody in it waits for ever longer: the caller holds a worker for each. One of the three limits turns \
          that into quick failures.",
    wrong: "bulkhead = { max_concurrent_calls = 10, max_wait_duration = \"unlimited\" }",
    right: "bulkhead = { max_concurrent_calls = 10, max_wait_duration = \"unlimited\", queue_limit = 20 }\ndeadline = \"2s\"",
};

fn is_endless(gate: &Gate) -> bool {
    match gate {
        Gate::Bulkhead(Bulkhead::Semaphore(it)) => it.max_wait_duration == Span::MAX && it.queue_limit.is_none(),
        Gate::Bulkhead(Bulkhead::Haproxy(it)) => it.maxconn > 0 && it.timeout_queue == Span::MAX && it.maxqueue == 0,
        Gate::Bulkhead(Bulkhead::Credits(it)) => it.when_out == WhenOut::Block,
        Gate::RateLimit(RateLimit::TokenBucket(it)) => it.max_wait == Span::MAX,
        Gate::RateLimit(RateLimit::Gcra(it)) => it.until_ready,
        _ => false,
    }
}

/// What has a line without end, if something has.
fn line_of(plan: &Plan) -> Option<&'static str> {
    let mut around = plan.stages.iter();
    let gate = around.by_ref().find_map(|it| match it {
        // What ends the call or the attempt ends its wait, too.
        Stage::Deadline(_) | Stage::Timeout(_) => Some(None),
        Stage::Gate(gate) if is_endless(gate) => Some(Some(gate.kind().name())),
        _ => None,
    });
    let pool = plan.pool.as_ref().filter(|it| {
        let bounded = timeout_of(plan).is_some() || deadline_of(plan).is_some();
        it.acquire_timeout == Span::MAX && it.max_pending == u32::MAX && !bounded
    });
    gate.flatten().or(pool.map(|_| "pool"))
}

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let plans = input.model.plans.iter().enumerate();
    let told = plans.filter_map(|(row, plan)| {
        let what = line_of(plan)?;
        Some(Lint {
            code: CODE.id,
            message: format!(
                "calls on `{}` may wait at the `{what}` for ever, and any number of them: in an overload the line only grows",
                input.names.plans[row]
            ),
            help: "limit the line or the wait, or put a `deadline` around it".to_owned(),
            subject: Subject::Plan(PlanId::from_index(row)),
            also: Vec::new(),
        })
    });
    told.collect()
}
