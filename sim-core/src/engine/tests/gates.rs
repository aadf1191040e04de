//! Policies that refuse or let wait, in the stack: where they stand decides what they see. Vectors are those of the
//! resilience reference, sections 7, 10 and 17.

use super::build::*;
use crate::engine::{Limits, run};
use crate::model::{Effect, Gate, Model, Stage};
use crate::observe::Record;
use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::breaker::{Breaker, Circuit, Consecutive, Hystrix, Resilience4j};
use crate::policy::bulkhead::{Bulkhead, Semaphore};
use crate::policy::concurrency::{Aimd, Concurrency, Limit};
use crate::policy::rate_limit::{RateLimit, TokenBucket};
use crate::policy::retry::Retry;
use crate::quantity::Factor;
use crate::results::{RunResult, State, Subject};
use crate::time::Span;

/// Opens at half of four calls.
fn breaker() -> Stage {
    Stage::Gate(Gate::Breaker(Breaker::Resilience4j(Resilience4j {
        sliding_window_size: 4,
        minimum_number_of_calls: 4,
        failure_rate_threshold: Factor(500_000),
        ..Resilience4j::default()
    })))
}

fn semaphore(at_once: u32, wait: Span) -> Stage {
    Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(Semaphore {
        max_concurrent_calls: at_once,
        max_wait_duration: wait,
        queue_limit: None,
    })))
}

/// Three tries at once after each other, also after a breaker's refusal.
fn three() -> Stage {
    let Stage::Retry(it) = retry(3, Span::ZERO) else {
        unreachable!("it is a retry")
    };
    Stage::Retry(Retry {
        on: OutcomeSet::RETRYABLE.with(Outcome::BreakerOpen),
        ..it
    })
}

/// A caller of one replica that asks a callee, at these milliseconds, under these policies.
fn pair(requests: &[u64], work: Span, stages: Vec<Stage>) -> Sys {
    Sys::new(vec![
        Svc::new("app", None, vec![call("db.x")]),
        Svc::new("db", always(work), vec![]),
    ])
    .requests(requests, "app.x")
    .stages("app", "db", stages)
}

/// Calls of the edge from caller to callee, attempts sent, and how many calls ended so.
fn edge(system: &Sys, result: &RunResult, outcome: Outcome) -> (u64, u64, u64) {
    let db = system.service("db");
    let model = system.model();
    let row = model.edges.iter().position(|it| it.callee == db).expect("there is one");
    let total = &result.edges[row].total;
    (total.calls, total.attempts, total.outcomes.of(outcome))
}

#[test]
fn cm_1_a_breaker_within_the_retry_counts_attempts() {
    let system = pair(&[0, 10, 20, 30], ms(1), vec![three(), breaker()]);
    let dead = system.fault("db", 0, 9_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    // Three failures of the first call; the fourth, of the second call, opens it.
    assert_eq!(edge(&system, &result, Outcome::BreakerOpen), (4, 4, 3));
}

#[test]
fn cm_1_a_breaker_around_the_retry_counts_calls() {
    let system = pair(&[0, 10, 20, 30, 40], ms(1), vec![breaker(), three()]);
    let dead = system.fault("db", 0, 9_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(edge(&system, &result, Outcome::BreakerOpen), (5, 12, 1));
}

#[test]
fn a_breaker_opens_probes_and_closes_again() {
    let requests: Vec<u64> = (0..8).map(|it| it * 10).chain([61_000, 61_100, 61_200]).collect();
    let system = pair(&requests, ms(1), vec![breaker()]).lasting(70);
    let dead = system.fault("db", 0, 1_000, Effect::Crash);
    let mut tables = system.tables();
    tables.faults.push(dead);
    let record = Record {
        transitions: true,
        ..Record::default()
    };
    let result = run(&Model::new(tables), 1, &record, &Limits::default(), &mut ()).expect("within the limits");
    assert_eq!(edge(&system, &result, Outcome::BreakerOpen), (11, 7, 4));
    let circuits: Vec<Circuit> = result
        .transitions
        .iter()
        .filter_map(|it| match (it.of, it.to) {
            (Subject::Breaker(_, 0), State::Circuit(circuit, _)) => Some(circuit),
            _ => None,
        })
        .collect();
    // Ten probes close it by resilience4j's default; three leave it half-open.
    assert_eq!(circuits, [Circuit::Open, Circuit::HalfOpen]);
}

#[test]
fn a_bulkhead_lets_wait_and_refuses() {
    // Work of 30: starts at 0, 30, 60; the fourth has waited 50 at 50.
    let system = pair(&[0, 0, 10, 0], ms(30), vec![semaphore(1, ms(50))]);
    assert_eq!(system.play(), "ok@30 ok@60 error@60 error@50");
    let result = system.run();
    assert_eq!(edge(&system, &result, Outcome::BulkheadFull), (4, 2, 2));
}

#[test]
fn a_wait_above_the_timeout_is_not_bounded_by_it() {
    let inside = pair(&[0, 0], ms(30), vec![semaphore(1, Span::MAX), Stage::Timeout(ms(40))]);
    assert_eq!(inside.play(), "ok@30 ok@60");
    let around = pair(&[0, 0], ms(30), vec![Stage::Timeout(ms(40)), semaphore(1, Span::MAX)]);
    assert_eq!(around.play(), "ok@30 error@40");
    let result = around.run();
    assert_eq!(edge(&around, &result, Outcome::Timeout), (2, 2, 1));
}

#[test]
fn a_timeout_while_waiting_frees_no_slot_and_leaves_the_queue() {
    // The second gives up at 40 while the first works until 100; the third gets the slot then.
    let stages = vec![Stage::Timeout(ms(150)), semaphore(1, ms(40))];
    let system = pair(&[0, 0, 65], ms(100), stages);
    assert_eq!(system.play(), "ok@100 error@40 ok@200");
}

#[test]
fn a_slot_within_the_retry_is_free_during_the_pause() {
    let run = |stages: Vec<Stage>| {
        let system = pair(&[0, 60], ms(20), stages);
        let flaky = system.fault("db", 0, 50, Effect::Crash);
        system.play_with(vec![flaky])
    };
    // The first try fails at once and pauses until 100; the second request comes at 60.
    assert_eq!(run(vec![retry(2, ms(100)), semaphore(1, Span::ZERO)]), "ok@120 ok@80");
    assert_eq!(
        run(vec![semaphore(1, Span::ZERO), retry(2, ms(100))]),
        "ok@120 error@60"
    );
}

#[test]
fn siblings_that_are_let_go_give_their_slots_back() {
    // One of two parallel calls is enough; the other waits for the slot and is abandoned at 30.
    let flow = vec![parallel(vec![vec![call("db.x")], vec![call("db.x")]], 1)];
    let system = Sys::new(vec![
        Svc::new("app", None, flow),
        Svc::new("db", always(ms(30)), vec![]),
    ])
    .requests(&[0, 40], "app.x")
    .stages("app", "db", vec![semaphore(1, Span::MAX)]);
    assert_eq!(system.play(), "ok@30 ok@70");
}

#[test]
fn a_deadline_gives_back_what_waits() {
    let deadline = Stage::Deadline(crate::policy::deadline::Deadline::local(ms(20)));
    let system = pair(&[0, 0, 31], ms(30), vec![deadline, semaphore(1, Span::MAX)]);
    // The first is given up at 20, which lets the second in; its own deadline has come by then.
    assert_eq!(system.play(), "error@20 error@20 error@51");
    let result = system.run();
    assert_eq!(edge(&system, &result, Outcome::Deadline), (3, 2, 3));
}

#[test]
fn a_limiter_makes_calls_wait_for_their_place() {
    let bucket = TokenBucket {
        max_wait: ms(250),
        ..TokenBucket::per_second(10, 1)
    };
    let limit = Stage::Gate(Gate::RateLimit(RateLimit::TokenBucket(bucket)));
    let system = pair(&[0, 0, 0, 0, 0], ms(5), vec![limit]);
    assert_eq!(system.play(), "ok@5 ok@105 ok@205 error@0 error@0");
}

#[test]
fn a_concurrency_limit_refuses_what_is_over_it() {
    let aimd = Aimd {
        initial_limit: 2,
        min_limit: 1,
        ..Aimd::DEFAULT
    };
    let limit = Stage::Gate(Gate::Concurrency(Concurrency::of(Limit::Aimd(aimd))));
    // Two at once; the first success makes it three.
    let system = pair(&[0, 0, 0, 11, 11, 11, 11], ms(10), vec![limit]);
    let result = system.run();
    assert_eq!(system.story(&result), "ok@10 ok@10 error@0 ok@21 ok@21 ok@21 ok@21");
    assert_eq!(edge(&system, &result, Outcome::OverLimit), (7, 6, 1));
}

#[test]
fn a_paused_caller_gives_up_when_it_goes_on() {
    // At 100 the answer to the first is there before its timer; the second has just been let in when its own comes.
    let system = pair(&[0, 0], ms(80), vec![Stage::Timeout(ms(40)), semaphore(1, Span::MAX)]);
    let pause = system.fault("app", 35, 100, Effect::Pause);
    assert_eq!(system.play_with(vec![pause]), "ok@100 error@100");
}

#[test]
fn pybreaker_reports_the_call_that_opens_it_as_refused() {
    let breaker = Consecutive {
        failures: 2,
        ..Consecutive::pybreaker_default()
    };
    let system = pair(
        &[0, 10, 20],
        ms(1),
        vec![Stage::Gate(Gate::Breaker(Breaker::Consecutive(breaker)))],
    );
    let dead = system.fault("db", 0, 9_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    // The second was sent and refused by the callee; the third was not sent.
    assert_eq!(edge(&system, &result, Outcome::BreakerOpen), (3, 2, 2));
    assert_eq!(edge(&system, &result, Outcome::Refused), (3, 2, 1));
}

#[test]
fn cb_h_5_a_semaphore_within_the_breaker_opens_it_and_fails_its_probe() {
    let hystrix = Hystrix {
        sleep_window: ms(1_000),
        ..Hystrix::default()
    };
    let stages = vec![
        Stage::Gate(Gate::Breaker(Breaker::Hystrix(hystrix))),
        semaphore(5, Span::ZERO),
    ];
    let requests: Vec<u64> = [0; 5]
        .into_iter()
        .chain([10; 20])
        .chain([1_501, 2_501, 2_502])
        .collect();
    let told = format!(
        "{}{}error@1501 error@2501 ok@4102",
        "ok@1600 ".repeat(5),
        "error@10 ".repeat(20)
    );
    assert_eq!(pair(&requests, ms(1_600), stages).play(), told);
}
