//! What operators do during a run.

use super::build::*;
use crate::ids::{ChangeId, EndpointId, FaultId, LoadId, PlanId};
use crate::model::{Change, Edit, Effect, Instant, Model, Ramp, Stage, Tables};
use crate::outcome::Outcome;
use crate::quantity::Factor;
use crate::results::RunResult;
use crate::rng::Key;
use crate::time::Span;

fn change(number: u64, at: Instant, edits: Vec<Edit>) -> Change {
    Change {
        key: Key::of("change").child(number),
        at,
        edits,
    }
}

fn run(system: &Sys, faults: Vec<crate::model::Fault>, changes: Vec<Change>) -> RunResult {
    let tables = Tables {
        faults,
        changes,
        ..system.tables()
    };
    go(&Model::new(tables), 1)
}

fn scale(factor: u64, ramp: Option<Ramp>) -> Edit {
    Edit::LoadScale {
        load: LoadId(0),
        scale: Factor(factor),
        ramp,
    }
}

fn idle() -> Sys {
    Sys::new(vec![Svc::new("db", None, vec![])])
}

/// How many requests a load sends in each of so many milliseconds.
fn counts(system: &Sys, changes: Vec<Change>, every_ms: u64) -> Vec<u32> {
    let mut system = system.clone();
    system.clock.window = ms(every_ms);
    let tables = Tables {
        changes,
        ..system.tables()
    };
    let record = crate::observe::Record {
        loads: true,
        ..Default::default()
    };
    let result =
        crate::engine::run(&Model::new(tables), 1, &record, &Default::default(), &mut ()).expect("within limits");
    result.timeline.loads[0][0].iter().map(|it| it.offered).collect()
}

#[test]
fn a_load_cut_keeps_the_intensity_that_has_passed() {
    // 10/s, at 100, 200, ...; at 250 half of the intensity for the next has passed, and half takes 100 ms at 5/s.
    let mut system = idle().load(Ld::new("users", even(10.0), "db.x"));
    system.clock.duration = at(1_200);
    let half = change(0, Instant::At(at(250)), vec![scale(500_000, None)]);
    assert_eq!(
        counts(&system, vec![half], 50),
        [0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
    );
}

#[test]
fn a_load_cut_to_nothing_sends_nothing_more_and_may_come_back() {
    let mut system = idle().load(Ld::new("users", even(10.0), "db.x"));
    system.clock.duration = at(1_200);
    let none = change(0, Instant::At(at(250)), vec![scale(0, None)]);
    assert_eq!(counts(&system, vec![none.clone()], 100).iter().sum::<u32>(), 2);
    // So slow that the next would come after the end.
    let slow = change(0, Instant::At(at(250)), vec![scale(1_000, None)]);
    assert_eq!(counts(&system, vec![slow], 100).iter().sum::<u32>(), 2);
    // Half of the intensity is still there at 750: the next at 800.
    let back = change(1, Instant::At(at(750)), vec![scale(1_000_000, None)]);
    assert_eq!(
        counts(&system, vec![none, back], 100),
        [0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    );
}

#[test]
fn a_ramped_scale_goes_in_equal_steps() {
    let mut system = idle().load(Ld::new("users", even(100.0), "db.x"));
    system.clock.duration = at(5_000);
    let ramp = Ramp {
        over: Span::from_secs(2),
        steps: 4,
    };
    let grow = change(0, Instant::At(at(1_000)), vec![scale(5_000_000, Some(ramp))]);
    // x2 from 1 s, x3 from 1.5 s, x4 from 2 s, x5 from 2.5 s.
    let counts = counts(&system, vec![grow], 500);
    let expected = [50, 50, 100, 150, 200, 250, 250, 250, 250, 250];
    for (count, expected) in counts.iter().zip(expected) {
        assert!(count.abs_diff(expected) <= 1, "{counts:?}");
    }
}

#[test]
fn retries_are_switched_off_and_work_gets_shorter() {
    let system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![])])
        .load(Ld::new("users", even(10.0), "db.x"))
        .stages("*", "db", vec![retry(3, Span::ZERO)]);
    let tables = system.tables();
    let plain = crate::model::Plan {
        stages: vec![Stage::Timeout(ms(5))],
        ..tables.plans[0].clone()
    };
    let faster = crate::model::Endpoint {
        work: Some(always(ms(2))),
        ..tables.endpoints[0].clone()
    };
    let changes = vec![
        change(
            0,
            Instant::At(at(5_050)),
            vec![Edit::Plan {
                plan: PlanId(0),
                row: plain,
            }],
        ),
        change(
            1,
            Instant::Change(ChangeId(0), ms(1_000)),
            vec![Edit::Endpoint {
                endpoint: EndpointId(0),
                row: faster,
            }],
        ),
    ];
    let crash = system.fault("db", 1_050, 2_050, Effect::Crash);
    let result = run(&system, vec![crash], changes);
    let edge = &result.edges[0].total;
    assert_eq!((edge.calls, edge.attempts), (99, 99 + 20));
    let outcomes = &edge.outcomes;
    // Ten from 5.1 s to 6.0 s time out; work is short from 6.05 s on.
    assert_eq!((outcomes.of(Outcome::Refused), outcomes.of(Outcome::Timeout)), (10, 10));
    assert_eq!(result.changes, [(ChangeId(0), at(5_050)), (ChangeId(1), at(6_050))]);
}

#[test]
fn changes_and_faults_may_follow_each_other() {
    let system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![])]).load(Ld::new("users", even(10.0), "db.x"));
    let crash = system.fault("db", 1_000, 1_500, Effect::Crash);
    let mut follows = system.fault("db", 0, 100, Effect::Crash);
    follows.schedule = crate::model::Schedule::Once(Instant::Change(ChangeId(0), ms(300)));
    let changes = vec![
        change(0, Instant::FaultEnd(FaultId(0), ms(200)), vec![]),
        change(1, Instant::FaultStart(FaultId(1), ms(50)), vec![]),
    ];
    let result = run(&system, vec![crash, follows], changes);
    assert_eq!(result.changes, [(ChangeId(0), at(1_700)), (ChangeId(1), at(2_050))]);
    assert_eq!(result.faults[1].start, at(2_000));
}

#[test]
fn workers_and_queues_are_replaced_while_busy() {
    let mut system =
        Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).workers(1)]).requests(&[0, 0, 0, 0, 8], "db.x");
    system.clock.duration = at(100);
    let queue = crate::model::Queue {
        limit: Some(1),
        order: crate::model::QueueOrder::Lifo,
        timeout: None,
        discipline: crate::model::Discipline::default(),
    };
    let db = system.service("db");
    let changes = vec![
        change(
            0,
            Instant::At(at(5)),
            vec![Edit::Workers {
                service: db,
                workers: Some(2),
            }],
        ),
        change(1, Instant::At(at(7)), vec![Edit::Queue { service: db, queue }]),
    ];
    let result = run(&system, vec![], changes);
    // The second begins at 5; of the two that wait the newer goes first at 10; the fifth finds two waiting.
    assert_eq!(system.story(&result), "ok@10 ok@15 ok@25 ok@20 queue_full@8");
    // 40 of 5 + 2 * 95.
    let utilization = result.services[0].utilization.unwrap();
    assert!((utilization - 40.0 / 195.0).abs() < 1e-12, "{utilization}");
}

#[test]
fn places_without_a_replica_count_for_nothing() {
    let mut system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).workers(1).slots(4)]).requests(&[0], "db.x");
    system.clock.duration = at(100);
    let more = change(
        0,
        Instant::At(at(50)),
        vec![Edit::Replicas {
            service: system.service("db"),
            replicas: 2,
            ramp: None,
        }],
    );
    let result = run(&system, vec![], vec![more]);
    let db = &result.services[0];
    // 150 ms of replicas, 10 of them busy.
    assert!((db.time_share[1] - 10.0 / 150.0).abs() < 1e-12, "{:?}", db.time_share);
    assert!((db.utilization.unwrap() - 10.0 / 150.0).abs() < 1e-12);
    assert_eq!((db.replicas, db.availability, db.replica_availability), (2, 1.0, 1.0));
}

#[test]
fn a_plan_edit_may_change_the_balancer_while_calls_are_out() {
    use crate::routing::Balance;
    let mut db = Svc::new("db", exponential(ms(30)), vec![]).replicas(3);
    db.weights = vec![1, 2, 3];
    let system = Sys::new(vec![db]).load(Ld::new("users", poisson(100.0), "db.x"));
    let all = [
        Balance::Weighted,
        Balance::LeastOutstanding,
        Balance::default(),
        Balance::TwoChoices { replacement: true },
        Balance::WeightedRandom,
        Balance::Random,
    ];
    let edits = all.iter().enumerate().map(|(at_s, balance)| {
        let row = crate::model::Plan {
            balance: *balance,
            ..system.tables().plans[0].clone()
        };
        change(
            at_s as u64,
            Instant::At(at(1_000 + 1_000 * at_s as u64)),
            vec![Edit::Plan { plan: PlanId(0), row }],
        )
    });
    let result = run(&system, vec![], edits.collect());
    let load = &result.loads[0].total;
    assert_eq!(load.outcomes.of(Outcome::Ok), load.offered);
}
