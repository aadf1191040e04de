//! Backpressure, caps and head-room. Vectors are those of the resilience reference, sections 6.4 and 14.

use super::build::*;
use crate::component::credits::{Credits, WhenOut};
use crate::model::{Effect, Gate, Stage};
use crate::outcome::Outcome;
use crate::policy::budget::{self, Budget};
use crate::policy::bulkhead::{Bulkhead, Envoy};
use crate::results::{EdgePart, RunResult};
use crate::time::Span;

fn credits(window: u32, when_out: WhenOut) -> Stage {
    Stage::Gate(Gate::Bulkhead(Bulkhead::Credits(Credits { window, when_out })))
}

/// A caller that asks a serial callee, at these milliseconds, under these policies.
fn pair(requests: &[u64], work: Span, stages: Vec<Stage>) -> Sys {
    Sys::new(vec![
        Svc::new("app", None, vec![call("db.x")]),
        Svc::new("db", always(work), vec![]).workers(1),
    ])
    .requests(requests, "app.x")
    .stages("app", "db", stages)
}

fn edge<'a>(system: &Sys, result: &'a RunResult) -> &'a EdgePart {
    let callee = system.service("db");
    let row = system.model().edges.iter().position(|it| it.callee == callee);
    &result.edges[row.expect("there is one")].total
}

#[test]
fn bp_1_a_full_buffer_blocks_its_producer() {
    // A buffer of 4 and the one at the consumer: the eighth, ready at 70, is sent when the third departs, and one by one from
    // then on.
    let ready: Vec<u64> = (0..12).map(|it| 10 * it).collect();
    let system = pair(&ready, ms(25), vec![credits(4 + 1, WhenOut::Block)]);
    let result = system.run();
    let departures: Vec<String> = (1..=12).map(|it| format!("ok@{}", 25 * it)).collect();
    assert_eq!(system.story(&result), departures.join(" "));
    let sent = [0, 10, 20, 30, 40, 50, 60, 75, 100, 125, 150, 175];
    let out = (1..=12).zip(sent).map(|(it, sent)| ms(25 * it - sent));
    let part = edge(&system, &result);
    assert_eq!(part.attempt.max(), out.clone().max());
    assert_eq!(part.attempt.sum_nanos(), out.map(|it| u128::from(it.nanos())).sum());
    assert_eq!(result.services[system.service("db").index()].queue_length.max, 4);
}

#[test]
fn bp_2_three_credits_before_a_serial_consumer() {
    let system = pair(&[0, 1, 2, 3, 4], ms(20), vec![credits(3, WhenOut::Block)]);
    let result = system.run();
    assert_eq!(system.story(&result), "ok@20 ok@40 ok@60 ok@80 ok@100");
    // Sent at 0, 1, 2, 20 and 40.
    let out = [20, 40 - 1, 60 - 2, 80 - 20, 100 - 40].map(|it| u128::from(ms(it).nanos()));
    assert_eq!(edge(&system, &result).attempt.sum_nanos(), out.iter().sum());
}

#[test]
fn without_a_credit_a_producer_may_be_refused() {
    let system = pair(&[0, 1, 2, 25], ms(20), vec![credits(2, WhenOut::Refuse)]);
    let result = system.run();
    assert_eq!(system.story(&result), "ok@20 ok@40 error@2 ok@60");
    let part = edge(&system, &result);
    assert_eq!((part.attempts, part.outcomes.of(Outcome::BulkheadFull)), (3, 1));
}

#[test]
fn who_gives_up_while_blocked_leaves_the_turn_to_the_next() {
    let stages = vec![Stage::Timeout(ms(15)), credits(1, WhenOut::Block)];
    // The first is out until 10; the second waits from 0 until 10; the third, from 8, gets its turn at 20.
    assert_eq!(
        pair(&[0, 0, 8], ms(10), stages.clone()).play(),
        "ok@10 error@15 error@23"
    );
    assert_eq!(pair(&[0, 0, 16], ms(10), stages).play(), "ok@10 error@15 ok@30");
}

#[test]
fn blocked_producers_shift_the_queue_upstream() {
    let of = |stages: Vec<Stage>| {
        let mut system = pair(&[0; 10], ms(20), stages);
        system.services[0].workers = Some(2);
        let result = system.run();
        ["app", "db"].map(|it| result.services[system.service(it).index()].queue_length.max)
    };
    assert_eq!(of(vec![]), [8, 1]);
    assert_eq!(of(vec![credits(1, WhenOut::Block)]), [8, 0]);
}

fn envoy(caps: Envoy) -> Stage {
    Stage::Gate(Gate::Bulkhead(Bulkhead::Envoy(caps)))
}

#[test]
fn er_1_two_are_served_the_third_is_pending_and_the_fourth_gets_a_503() {
    let caps = Envoy {
        max_connections: 2,
        max_pending_requests: 1,
        ..Envoy::default()
    };
    let mut system = pair(&[0, 1, 2, 3], ms(100), vec![envoy(caps)]);
    system.services[1].workers = None;
    let result = system.run();
    assert_eq!(system.story(&result), "ok@100 ok@101 ok@200 error@3");
    assert_eq!(edge(&system, &result).outcomes.of(Outcome::BulkheadFull), 1);
    // Over HTTP/2 one connection carries all of them, up to the cap on requests.
    let many = Envoy {
        protocol: crate::policy::bulkhead::envoy::Protocol::Http2,
        max_requests: 3,
        ..caps
    };
    let mut system = pair(&[0, 1, 2, 3], ms(100), vec![envoy(many)]);
    system.services[1].workers = None;
    assert_eq!(system.play(), "ok@100 ok@101 ok@102 error@3");
}

#[test]
fn er_2_three_of_five_retries_get_a_slot() {
    let Stage::Retry(twice) = retry(2, ms(50)) else {
        unreachable!("it is a retry")
    };
    let capped = Stage::Retry(crate::policy::retry::Retry {
        budget: Some(Budget::Envoy(budget::Envoy::MaxRetries(3))),
        ..twice
    });
    let system = pair(&[0; 5], ms(1), vec![capped]);
    let dead = system.fault("db", 0, 9_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(system.story(&result), "error@50 error@50 error@50 error@0 error@0");
    assert_eq!(edge(&system, &result).attempts, 5 + 3);
}

#[test]
fn ss_2_three_zones_survive_the_loss_of_one_at_60_percent_and_collapse_at_70() {
    // A replica of 100 a second in each; one is gone all the time, and nobody acts: callers go on to the next.
    let of = |per_second: f64| {
        let db = Svc::new("db", exponential(ms(10)), vec![]).replicas(3).workers(1);
        let system = Sys::new(vec![db])
            .stages("*", "db", vec![retry(4, Span::ZERO)])
            .load(Ld::new("users", poisson(per_second), "db.x"))
            .lasting(320)
            .warmup(20);
        let mut gone = system.fault("db", 0, 330_000, Effect::Crash);
        gone.replicas.truncate(1);
        let service = &system.run_with(vec![gone], 1).services[0];
        (service.in_service.mean / 2.0, service.queue_length.max)
    };
    let (busy, queued) = of(0.6 * 300.0);
    assert!((busy - 0.9).abs() < 0.02 && queued < 300, "{busy} {queued}");
    // 105 % of what is left: of 210 a second 10 are left over, half of them at each.
    let (busy, queued) = of(0.7 * 300.0);
    assert!(busy > 0.999 && queued > 1_000, "{busy} {queued}");
}
