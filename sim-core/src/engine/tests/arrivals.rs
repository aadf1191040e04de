//! How requests come.

use super::build::*;
use crate::dist::Dist;
use crate::engine::{Limits, RunError, run};
use crate::model::{Arrival, MmppState, Session, SessionStep, Stage, TraceRow};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::policy::backoff::Backoff;
use crate::policy::retry::Retry;
use crate::quantity::Factor;
use crate::results::RunResult;
use crate::theory;
use crate::time::{SimTime, Span};

fn idle(load: Ld) -> Sys {
    let mut db = Svc::new("db", None, vec![]);
    for name in ["y", "z"] {
        let mut other = db.endpoints[0].clone();
        other.name = name.into();
        db.endpoints.push(other);
    }
    Sys::new(vec![db]).load(load)
}

fn windows(system: &Sys, seed: u64) -> Vec<u32> {
    let record = Record {
        loads: true,
        ..Default::default()
    };
    let result = run(&system.model(), seed, &record, &Default::default(), &mut ()).expect("within limits");
    result.timeline.loads[0][0].iter().map(|it| it.offered).collect()
}

fn offered(result: &RunResult) -> u64 {
    result.loads[0].total.offered
}

#[test]
fn even_gaps_do_not_drift() {
    // A million gaps of a third of a millisecond, and one third more than a nanosecond's part: 3000.7/s.
    let system = idle(Ld::new("users", even(3_000.7), "db.x")).lasting(400);
    let counts = windows(&system, 1);
    assert_eq!(
        counts.iter().map(|&it| u64::from(it)).sum::<u64>(),
        1_200_279,
        "the last at 399.99..."
    );
    for (second, pair) in counts.windows(2).enumerate() {
        assert!(
            pair[0].abs_diff(3_000) <= 1 && pair[1].abs_diff(3_000) <= 1,
            "second {second}: {pair:?}"
        );
    }
}

#[test]
fn the_first_of_an_even_load_comes_after_a_gap() {
    let system = idle(Ld::new("users", even(1.0), "db.x"));
    assert_eq!(windows(&system, 1), [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn jumps_and_slopes_give_the_area_under_the_rate() {
    let jump = Arrival::Deterministic(rate(&[
        (0, 100.0),
        (4, 100.0),
        (4, 300.0),
        (6, 300.0),
        (6, 0.0),
        (8, 0.0),
        (8, 50.0),
    ]));
    let counts = windows(&idle(Ld::new("users", jump, "db.x")), 1);
    let expected = [100u32, 100, 100, 100, 300, 300, 0, 0, 50, 50];
    assert!(
        counts.iter().zip(expected).all(|it| it.0.abs_diff(it.1) <= 1),
        "{counts:?}"
    );
    let slope = Arrival::Deterministic(rate(&[(0, 0.0), (5, 100.0), (10, 0.0)]));
    let counts = windows(&idle(Ld::new("users", slope, "db.x")), 1);
    let expected = [10u32, 30, 50, 70, 90, 90, 70, 50, 30, 10];
    assert!(
        counts.iter().zip(expected).all(|it| it.0.abs_diff(it.1) <= 1),
        "{counts:?}"
    );
}

#[test]
fn poisson_counts_have_the_variance_of_their_mean() {
    let system = idle(Ld::new("users", poisson(40.0), "db.x")).lasting(4_000);
    let counts: Vec<f64> = windows(&system, 2).into_iter().map(f64::from).collect();
    let mean = counts.iter().sum::<f64>() / 4_000.0;
    let variance = counts.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / 3_999.0;
    // Standard errors: 0.1 of the mean, and 2.2 % of the ratio.
    assert!((mean - 40.0).abs() < 0.35, "{mean}");
    assert!((variance / mean - 1.0).abs() < 0.08, "{}", variance / mean);
}

#[test]
fn bursts_have_the_mean_of_their_states_and_more_variance() {
    let state = |factor: u64, seconds| MmppState {
        factor: Factor(factor * 1_000_000),
        dwell: Dist::exponential(Span::from_secs(seconds)).unwrap(),
    };
    let arrival = Arrival::Mmpp {
        rate: rate(&[(0, 10.0)]),
        states: vec![state(1, 6), state(5, 2), state(0, 2)],
    };
    let system = idle(Ld::new("users", arrival, "db.x")).lasting(20_000);
    agrees("requests per second", 10.0 * (0.6 + 5.0 * 0.2), 0.05, |seed| {
        offered(&system.run_with(vec![], seed)) as f64 / 20_000.0
    });
    let counts: Vec<f64> = windows(&system, 2).into_iter().map(f64::from).collect();
    let mean = counts.iter().sum::<f64>() / 20_000.0;
    let variance = counts.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / 19_999.0;
    assert!(variance / mean > 5.0, "{}", variance / mean);
}

#[test]
fn a_trace_is_sent_as_recorded() {
    let row = |ms, item| TraceRow { at: at(ms), item };
    let rows = vec![
        row(0, Some(1)),
        row(1_000, Some(0)),
        row(1_000, Some(1)),
        row(9_999, Some(2)),
        row(10_000, Some(0)),
    ];
    let mut load = Ld::new("users", Arrival::Trace(rows), "db.x");
    load.targets = vec![(0.4, "db.x".into()), (0.3, "db.y".into()), (0.3, "db.z".into())];
    let result = idle(load).run();
    let by_item: Vec<u64> = result.loads[0].by_item.iter().map(|it| it.1.offered).collect();
    assert_eq!(by_item, [1, 2, 1], "what comes at the end of the run comes too late");
}

#[test]
fn sessions_send_as_many_requests_as_they_should() {
    let mut load = Ld::new("users", poisson(20.0), "db.x");
    load.targets = vec![(0.5, "db.x".into()), (0.5, "db.y".into())];
    load.session = Some(Session {
        path: vec![],
        requests_mean: 4.0,
        think: always(ms(1)),
    });
    let sessions = |load: &Ld| idle(load.clone()).lasting(2_000);
    // 40 000 sessions, each 4 requests with a standard deviation of 3.46.
    agrees("requests per second", 80.0, 0.015, |seed| {
        offered(&sessions(&load).run_with(vec![], seed)) as f64 / 2_000.0
    });
    load.session = Some(Session {
        path: [(0, 1.0), (1, 0.25), (0, 0.5)]
            .map(|(item, p)| SessionStep {
                item,
                chance: if p == 1.0 {
                    crate::quantity::Chance::ALWAYS
                } else {
                    chance(p)
                },
            })
            .to_vec(),
        requests_mean: 1.0,
        think: exponential(ms(100)),
    });
    let result = sessions(&load).run();
    let by_item: Vec<f64> = result.loads[0].by_item.iter().map(|it| it.1.offered as f64).collect();
    let sessions_begun = by_item[0] / 1.5;
    assert!((sessions_begun / 40_000.0 - 1.0).abs() < 0.02, "{by_item:?}");
    assert!((by_item[1] / sessions_begun - 0.25).abs() < 0.01, "{by_item:?}");
    let part = &result.loads[0].total;
    assert_eq!(part.outcomes.of(Outcome::Ok), part.offered);
}

#[test]
fn a_closed_load_sends_as_much_as_theory_says() {
    let system = Sys::new(vec![Svc::new("db", exponential(ms(100)), vec![]).workers(2)])
        .load(Ld::new(
            "users",
            Arrival::Closed {
                users: 20,
                think: exponential(ms(900)),
            },
            "db.x",
        ))
        .lasting(1_000)
        .warmup(20);
    let theory = theory::closed::MachineRepair::new(20, 0.9, 0.1, 2);
    agrees("throughput", theory.throughput(), 0.02, |seed| {
        system.run_with(vec![], seed).services[0].total.completed as f64 / 980.0
    });
    agrees("response", theory.response_mean(), 0.05, |seed| {
        system.run_with(vec![], seed).loads[0]
            .total
            .response_ok
            .mean_s()
            .unwrap()
    });
}

#[test]
fn clients_share_an_open_load_and_keep_a_state_each() {
    // Round robin from the first: each client's first request goes to the first of ten replicas.
    let mut load = Ld::new("users", even(100.0), "db.x");
    load.clients = 7;
    let system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![]).replicas(10)])
        .load(load)
        .policy(
            "*",
            "db",
            Policy {
                balance: crate::routing::Balance::RoundRobin {
                    start: crate::routing::Start::First,
                },
                ..Policy::default()
            },
        );
    let mut short = system.clone();
    short.clock.duration = at(71); // Seven requests, in turn from seven clients, all to the first replica.
    let first = short.replicas_of("db")[0].0;
    let model = short.model();
    let mut simulation =
        crate::engine::Simulation::<crate::engine::Wheel>::new(&model, 1, &Default::default(), &Limits::default());
    let mut seen = 0;
    while simulation.advance_once() {
        for attempt in simulation.attempts.taken() {
            assert_eq!(simulation.attempts[attempt].replica, first);
            seen += 1;
        }
    }
    assert_eq!(seen, 7);
}

/// The error of a system that is stopped by a limit of so many events.
fn stopped(system: &Sys, events: u64) -> RunError {
    let limits = Limits {
        events,
        ..Limits::default()
    };
    run(&system.model(), 1, &Record::default(), &limits, &mut ()).expect_err("it makes more events")
}

#[test]
fn a_run_stops_at_the_first_event_beyond_its_limit() {
    let system = Sys::new(vec![Svc::new("a", None, vec![])]).load(Ld::new("even", even(1_000.0), "a.x"));
    let at_ms = |limit| RunError::TooManyEvents {
        limit,
        at: at(limit + 1),
    };
    assert_eq!(stopped(&system, 2_500), at_ms(2_500));
    assert_eq!(stopped(&system, 7), at_ms(7));
}

#[test]
fn a_run_that_makes_no_headway_stops_at_its_limit() {
    let never = RunError::TooManyEvents {
        limit: 100_000,
        at: SimTime::ZERO,
    };
    let spinning = Arrival::Closed {
        users: 3,
        think: always(Span::ZERO),
    };
    let users = Sys::new(vec![Svc::new("a", None, vec![])]).load(Ld::new("users", spinning, "a.x"));
    assert_eq!(stopped(&users, 100_000), never);
    // Whoever never gives up and never pauses makes no event at all when nobody is there.
    let for_ever = Stage::Retry(Retry {
        attempts: None,
        backoff: Backoff::None,
        ..Retry::default()
    });
    let nobody = Sys::new(vec![Svc::new("a", None, vec![]).replicas(0).slots(1)])
        .stages("*", "a", vec![for_ever])
        .requests(&[0], "a.x");
    assert_eq!(stopped(&nobody, 100_000), never);
}
