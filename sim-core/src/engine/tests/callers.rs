//! Timeouts, deadlines, retries and cancellation, by hand. Vectors are those of the resilience reference, sections 1 and 2.

use super::build::*;
use crate::engine::{Limits, RunError, run};
use crate::model::{Effect, QueueOrder, Stage, Style};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::policy::budget::{Budget, bucket::Bucket};
use crate::policy::deadline::Deadline;
use crate::policy::retry::Retry;
use crate::quantity::Factor;
use crate::routing::Balance;
use crate::time::Span;

fn deadline(limit: u64, propagate: bool) -> Stage {
    Stage::Deadline(Deadline {
        limit: ms(limit),
        propagate,
        margin: Span::ZERO,
    })
}

fn cancelling(stages: Vec<Stage>) -> Policy {
    Policy {
        stages,
        cancel: true,
        ..Policy::default()
    }
}

#[test]
fn to_1_the_server_works_on_after_the_caller_has_left() {
    let system = Sys::new(vec![Svc::new("db", always(ms(150)), vec![]).workers(1)])
        .requests(&[0], "db.x")
        .stages("*", "db", vec![Stage::Timeout(ms(100))]);
    let result = system.run();
    assert_eq!(system.story(&result), "timeout@100");
    let db = &result.services[0];
    assert_eq!((db.total.wasted, db.total.outcomes.of(Outcome::Ok)), (1, 1));
    assert_eq!(db.total.service.max(), Some(ms(150)), "busy until 150");
    assert!((db.in_service.mean - 0.015).abs() < 1e-12, "{}", db.in_service.mean);
}

#[test]
fn to_2_the_third_attempt_gets_what_the_deadline_leaves() {
    let system = Sys::new(vec![Svc::new("db", always(ms(100_000)), vec![])])
        .requests(&[0], "db.x")
        .stages(
            "*",
            "db",
            vec![deadline(250, false), retry(3, ms(20)), Stage::Timeout(ms(100))],
        );
    let result = system.run();
    assert_eq!(system.story(&result), "deadline@250");
    let edge = &result.edges[0].total;
    assert_eq!(edge.attempts, 3);
    // Attempts at 0, 120 and 240, which end at 100, 220 and 250.
    assert_eq!((edge.attempt.min(), edge.attempt.max()), (Some(ms(10)), Some(ms(100))));
    assert_eq!(edge.attempt.sum_nanos(), u128::from(ms(210).nanos()));
}

/// A calls B after 40 ms of work, B calls C after 50 ms, and C works for 350 ms.
fn three_hops(propagate: bool) -> Sys {
    Sys::new(vec![
        Svc::new("a", always(ms(40)), vec![call("b.x")]),
        Svc::new("b", always(ms(50)), vec![call("c.x")]),
        Svc::new("c", always(ms(350)), vec![]),
    ])
    .requests(&[0], "a.x")
    .stages("*", "*", vec![deadline(300, propagate)])
}

#[test]
fn to_3_each_hop_gets_what_is_left() {
    // The edges in order: b -> c, a -> b, load -> a is the order of the sites' first appearance.
    let ends = |propagate| {
        let result = three_hops(propagate).run();
        let mut took: Vec<Span> = result.edges.iter().map(|it| it.total.response.max().unwrap()).collect();
        took.sort();
        took
    };
    assert_eq!(ends(true), [ms(210), ms(260), ms(300)]);
    // Without propagation each waits its own 300 ms: the calls end at 300, 340 and 390.
    assert_eq!(ends(false), [ms(300), ms(300), ms(300)]);
}

/// One worker with work of 40 ms, and three requests at 0 with deadlines 50, 60 and 70.
fn to_4(cancel: bool) -> Sys {
    let mut system = Sys::new(vec![Svc::new("db", always(ms(40)), vec![]).workers(1)]).requests(&[0, 0, 0], "db.x");
    for (load, limit) in [("r0", 50), ("r1", 60), ("r2", 70)] {
        let policy = Policy {
            stages: vec![deadline(limit, true)],
            cancel,
            ..Policy::default()
        };
        system = system.policy(load, "db", policy);
    }
    system
}

#[test]
fn to_4_a_doomed_call_is_dropped_when_its_turn_comes() {
    let system = to_4(false);
    let result = system.run();
    assert_eq!(system.story(&result), "ok@40 deadline@60 deadline@70");
    let db = &result.services[0].total;
    assert_eq!((db.started, db.wasted, db.outcomes.of(Outcome::Deadline)), (2, 1, 1));
    let system = to_4(true);
    let result = system.run();
    assert_eq!(system.story(&result), "ok@40 deadline@60 deadline@70");
    let db = &result.services[0].total;
    // The second frees the worker at 60; the third starts then and is cancelled at 70.
    assert_eq!((db.started, db.wasted, db.outcomes.of(Outcome::Cancelled)), (3, 0, 2));
    assert_eq!(db.service.sum_nanos(), u128::from(ms(40 + 20 + 10).nanos()));
}

#[test]
fn rt_6_retries_multiply_over_layers() {
    let fails = Effect::Errors {
        endpoint: None,
        rule: crate::model::ErrorRule {
            ratio: crate::quantity::Chance::ALWAYS,
            when: crate::model::ErrorWhen::After,
        },
    };
    let system = Sys::new(vec![
        Svc::new("a", None, vec![call("b.x")]),
        Svc::new("b", None, vec![call("c.x")]),
        Svc::new("c", None, vec![call("d.x")]),
        Svc::new("d", always(ms(1)), vec![]),
    ])
    .requests(&[1], "a.x")
    .stages("*", "*", vec![retry(3, Span::ZERO)]);
    let result = system.run_with(vec![system.fault("d", 0, 10_000, fails)], 1);
    assert_eq!(result.services[3].total.offered, 81);
    assert_eq!(system.story(&result), "error@82");
}

#[test]
fn a_reply_at_the_instant_of_the_timeout_is_in_time() {
    for work in [100, 101] {
        let system = Sys::new(vec![Svc::new("db", always(ms(work)), vec![])])
            .requests(&[0], "db.x")
            .stages("*", "db", vec![Stage::Timeout(ms(100))]);
        assert_eq!(system.play(), if work == 100 { "ok@100" } else { "timeout@100" });
        // With delays both ways.
        let system = Sys::new(vec![Svc::new("db", always(ms(work - 20)), vec![])])
            .requests(&[0], "db.x")
            .latency(always(ms(10)))
            .stages("*", "db", vec![Stage::Timeout(ms(100))]);
        assert_eq!(system.play(), if work == 100 { "ok@100" } else { "timeout@100" });
    }
}

#[test]
fn a_timeout_above_the_retry_bounds_the_call_and_one_below_the_attempt() {
    let slow = |stages| {
        let system = Sys::new(vec![Svc::new("db", always(ms(500)), vec![])])
            .requests(&[0], "db.x")
            .stages("*", "db", stages);
        let result = system.run();
        (system.story(&result), result.edges[0].total.attempts)
    };
    let both = vec![Stage::Timeout(ms(250)), retry(9, ms(0)), Stage::Timeout(ms(100))];
    // Two timeouts of one plan stand for the bound of the call and of the attempt.
    assert_eq!(slow(both), ("timeout@250".into(), 3));
    assert_eq!(
        slow(vec![retry(2, ms(30)), Stage::Timeout(ms(100))]),
        ("timeout@230".into(), 2)
    );
    assert_eq!(
        slow(vec![Stage::Timeout(ms(100)), retry(2, ms(30))]),
        ("timeout@100".into(), 1)
    );
}

#[test]
fn a_cancelled_call_stops_two_layers_below() {
    let system = |cancel| {
        let policy = |stages| Policy {
            stages,
            cancel,
            ..Policy::default()
        };
        Sys::new(vec![
            Svc::new("a", always(ms(10)), vec![call("b.x")]).workers(1),
            Svc::new("b", always(ms(10)), vec![call("c.x")]).workers(1),
            Svc::new("c", always(ms(500)), vec![]).workers(1),
        ])
        .requests(&[0], "a.x")
        .latency(always(ms(5)))
        .policy("*", "a", policy(vec![Stage::Timeout(ms(100))]))
        .policy("*", "*", policy(vec![]))
    };
    let cancelled = system(true).run();
    assert_eq!(system(true).story(&cancelled), "timeout@100");
    // The word is at a at 105, at b at 110 and at c at 115; c had begun at 5 + 10 + 5 + 10 + 5 = 35.
    let ended = |at: usize| cancelled.services[at].total.response.max().unwrap();
    assert_eq!([ended(0), ended(1), ended(2)], [ms(100), ms(90), ms(80)]);
    for service in &cancelled.services {
        assert_eq!(service.total.outcomes.of(Outcome::Cancelled), 1);
    }
    let works_on = system(false).run();
    assert_eq!(works_on.services[2].total.response.max(), Some(ms(500)));
    assert_eq!(works_on.services[0].total.wasted, 1);
}

#[test]
fn a_cancel_may_overtake_the_request() {
    // The request takes long because of a fault of the way there; the word that nobody waits does not.
    let system = Sys::new(vec![Svc::new("db", always(ms(50)), vec![]).workers(1)])
        .requests(&[0, 20], "db.x")
        .latency(always(ms(1)))
        .policy("r0", "db", cancelling(vec![Stage::Timeout(ms(20))]));
    let slow_way = Effect::Latency {
        factor: Factor::ONE,
        add: ms(100),
    };
    let fault = system.network_fault(("r0", "db"), false, (0, 10), slow_way);
    let result = system.run_with(vec![fault], 1);
    assert_eq!(system.story(&result), "timeout@20 ok@72");
    let db = &result.services[0].total;
    assert_eq!((db.offered, db.started, db.outcomes.of(Outcome::Cancelled)), (2, 1, 1));
}

#[test]
fn a_callee_that_begins_a_call_too_late_does_not_send_it() {
    for own in [false, true] {
        let mut system = Sys::new(vec![
            Svc::new("a", always(ms(150)), vec![call("b.x")]).workers(1),
            Svc::new("b", always(ms(10)), vec![]),
        ])
        .requests(&[0], "a.x")
        .stages("*", "a", vec![deadline(100, true)]);
        if own {
            let careful = Stage::Deadline(Deadline {
                limit: ms(500),
                propagate: true,
                margin: ms(20),
            });
            system = system.stages("a", "b", vec![careful]);
        }
        let result = system.run();
        assert_eq!(system.story(&result), "deadline@100");
        let a = &result.services[0];
        assert_eq!(a.total.unfinished(), 0, "it gives its worker back");
        assert_eq!(a.total.response.max(), Some(ms(150)));
        assert_eq!(result.services[1].total.offered, 0);
    }
}

#[test]
fn a_retry_that_comes_too_late_is_not_sent() {
    // b has no deadline of its own; the pause outlasts the one handed down.
    let system = Sys::new(vec![
        Svc::new("a", None, vec![call("b.x")]),
        Svc::new("b", always(ms(40)), vec![]),
    ])
    .requests(&[0], "a.x")
    .stages("*", "a", vec![deadline(100, true)])
    .stages("a", "b", vec![retry(3, ms(50)), Stage::Timeout(ms(30))]);
    let result = system.run();
    assert_eq!(system.story(&result), "deadline@100");
    // Attempts at 0 and 80; the third would go out at 160.
    assert_eq!(result.services[1].total.offered, 2);
    assert_eq!(result.services[0].total.unfinished(), 0);
}

#[test]
fn a_budget_bounds_the_retries() {
    let budget = Budget::Bucket(Bucket {
        deposit: Factor(100_000),
        burst: 10,
        strict: false,
    });
    let retrying = Stage::Retry(Retry {
        attempts: Some(3),
        budget: Some(budget),
        ..Retry::default()
    });
    let down = |clients| {
        let mut load = Ld::new("users", even(100.0), "db.x");
        load.clients = clients;
        let system = Sys::new(vec![Svc::new("db", None, vec![])])
            .load(load)
            .stages("*", "db", vec![retrying.clone()]);
        let result = system.run_with(vec![system.fault("db", 0, 10_000, Effect::Crash)], 1);
        let edge = &result.edges[0].total;
        (edge.calls, edge.attempts - edge.calls)
    };
    // 999 calls: ten tokens at the start, and the deposits while the bucket is not full: the first adds nothing.
    assert_eq!(down(1), (999, 10 + 99));
    let (calls, retries) = down(3);
    assert_eq!((calls, retries), (999, 30 + 99), "a bucket for each client");
}

#[test]
fn no_replica_is_unreachable_and_no_attempt() {
    let system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![]).replicas(0).slots(1)])
        .requests(&[5], "db.x")
        .stages("*", "db", vec![retry(3, ms(10))]);
    let result = system.run();
    assert_eq!(system.story(&result), "unreachable@25");
    assert_eq!(result.edges[0].total.attempts, 0);
}

#[test]
fn two_plans_of_one_edge_may_balance_differently() {
    let mut db = Svc::new("db", always(ms(1)), vec![]).replicas(3);
    db.weights = vec![1, 0, 0];
    let mut second = db.endpoints[0].clone();
    second.name = "y".into();
    db.endpoints.push(second);
    let system = Sys::new(vec![Svc::new("a", None, vec![call("db.x"), call("db.y")]), db]).load(Ld::new(
        "users",
        even(100.0),
        "a.x",
    ));
    let mut tables = system.tables();
    let row = tables
        .sites
        .iter()
        .position(|it| it.callee == system.endpoint("db.y"))
        .unwrap();
    let mut other = tables.plans[tables.sites[row].plan.index()].clone();
    other.balance = Balance::Weighted;
    tables.sites[row].plan = crate::ids::PlanId::from_index(tables.plans.len());
    tables.plans.push(other);
    let result = go(&crate::model::Model::new(tables), 1);
    assert_eq!(result.loads[0].total.outcomes.of(Outcome::Ok), 999);
}

#[test]
fn a_timer_that_starts_another_of_its_ring_leaves_nothing_behind() {
    // Two optional calls with the same timeout, one after the other, to somebody who never answers.
    let system = Sys::new(vec![
        Svc::new("a", None, vec![call("b.x").optional(), call("b.x").optional()]),
        Svc::new("b", always(ms(100_000_000)), vec![]),
    ])
    .load(Ld::new("users", even(1_000.0), "a.x"))
    .stages("a", "b", vec![Stage::Timeout(ms(50))]);
    let model = system.model();
    let mut simulation =
        crate::engine::Simulation::<crate::engine::Wheel>::new(&model, 1, &Record::default(), &Limits::default());
    let mut popped = 0u64;
    while simulation.now < at(9_000) && simulation.advance_once() {
        popped += 1;
    }
    // An arrival and two timeouts for each request, and the ring's stand-ins: one for each timer at most.
    assert!(
        popped <= simulation.events + 9_000 * 2 + 100,
        "{popped} entries for {} events",
        simulation.events
    );
}

#[test]
fn a_limit_reached_within_branches_is_an_error_and_no_panic() {
    let branch = || vec![call("b.x"), call("b.x")];
    let fails_at_once = vec![work(ms(0)), call("none.x")];
    let system = Sys::new(vec![
        Svc::new(
            "a",
            None,
            vec![parallel(vec![branch(), branch(), branch(), fails_at_once], 4)],
        ),
        Svc::new("b", always(ms(10)), vec![]),
        Svc::new("none", None, vec![]).replicas(0).slots(1),
    ])
    .load(Ld::new("users", even(1_000.0), "a.x"));
    let model = system.model();
    for live in 1..60 {
        let limits = Limits {
            live,
            ..Limits::default()
        };
        match run(&model, 1, &Record::default(), &limits, &mut ()) {
            Ok(_) => (),
            Err(error) => assert!(matches!(error, RunError::TooManyLive { .. }), "{error}"),
        }
    }
}

#[test]
fn calls_in_a_circle_are_an_error() {
    let system = Sys::new(vec![
        Svc::new("a", None, vec![call("b.x")]),
        Svc::new("b", None, vec![call("a.x")]),
    ])
    .requests(&[1], "a.x");
    assert!(matches!(
        try_run(&system.model(), 1),
        Err(RunError::TooDeep { limit: 32, .. })
    ));
}

#[test]
fn a_connection_is_opened_when_none_is_idle() {
    let mut system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![])]).requests(&[0, 1, 20, 21, 22], "db.x");
    // One caller for all: a load of a trace.
    system.loads.truncate(1);
    let rows = [0, 1, 20, 21, 22].map(|it| crate::model::TraceRow { at: at(it), item: None });
    system.loads[0].arrival = crate::model::Arrival::Trace(rows.to_vec());
    system.link.connect = Some(always(ms(3)));
    let result = system.run();
    // Two open one each; of the three at 20, 21 and 22 two find one idle.
    let took = &result.edges[0].total.response;
    assert_eq!(took.sum_nanos(), u128::from(ms(13 + 13 + 10 + 10 + 13).nanos()));
}

#[test]
fn bandwidth_makes_messages_queue() {
    let mut db = Svc::new("db", None, vec![]);
    db.endpoints[0].bytes = (1_000, 0);
    let mut system = Sys::new(vec![db]).latency(always(ms(2)));
    let rows = [0, 0, 5].map(|it| crate::model::TraceRow { at: at(it), item: None });
    system.loads = vec![Ld::new("users", crate::model::Arrival::Trace(rows.to_vec()), "db.x")];
    system.link.bandwidth_bps = Some(1_000_000); // 8 ms for a message.
    let result = system.run();
    // Sent from 0 to 8, 8 to 16 and 16 to 24; 2 ms there and 2 ms back.
    let took = &result.edges[0].total.response;
    assert_eq!((took.min(), took.max()), (Some(ms(12)), Some(ms(23))));
    assert_eq!(took.sum_nanos(), u128::from(ms(12 + 20 + 23).nanos()));
}

#[test]
fn async_work_goes_ahead_of_new_requests_and_is_never_refused() {
    // One worker; the first frees it at 10 to wait for b, and wants it again at 15, when the second holds it and the third waits.
    let system = Sys::new(vec![
        Svc::new("a", always(ms(10)), vec![call("b.x"), work(ms(10))])
            .workers(1)
            .style(Style::Async)
            .queue(Some(1), QueueOrder::Fifo, None),
        Svc::new("b", always(ms(5)), vec![]),
    ])
    .requests(&[0, 1, 12, 13], "a.x");
    // a: 0-10 first, 10-20 second (its b until 25), 20-30 first again, 30-40 second again, 40-50 third, its b until 55, 55-65.
    assert_eq!(system.play(), "ok@30 ok@40 ok@65 queue_full@13");
    let blocking = Sys {
        services: vec![
            system.services[0].clone().style(Style::Blocking),
            system.services[1].clone(),
        ],
        ..system.clone()
    };
    assert_eq!(blocking.play(), "ok@25 ok@50 queue_full@12 queue_full@13");
}

#[test]
fn a_call_that_is_never_sent_is_no_attempt_of_no_length() {
    let flow = vec![call("db.x").optional()];
    let system = Sys::new(vec![
        Svc::new("web", None, flow),
        Svc::new("db", always(ms(4)), vec![]).replicas(0).slots(1),
    ])
    .requests(&[0, 1, 2], "web.x")
    .requests(&[3], "db.x");
    let result = system.run();
    assert_eq!(system.story(&result), "degraded@0 degraded@1 degraded@2 unreachable@3");
    let calls: u64 = result.edges.iter().map(|it| it.total.calls).sum();
    assert_eq!(calls, 7);
    for edge in result.edges.iter().map(|it| &it.total) {
        assert_eq!(edge.calls, edge.response.count());
        assert_eq!(edge.attempts, edge.attempt.count(), "what was not sent has no length");
    }
    let load = &result.loads[3].total;
    assert_eq!((load.response_all.count(), load.response_ok.count()), (1, 0));
}
