//! Under one seed, strategies meet the same world (the contract, section 2.3).

use std::collections::BTreeMap;

use super::build::*;
use crate::engine::arena::{LEAN, Parent};
use crate::engine::slab::NONE;
use crate::engine::{Limits, Simulation, Wheel};
use crate::model::{Arrival, Effect, Model, Stage, Tables};
use crate::observe::Record;
use crate::policy::backoff::{Backoff, Curve, Jitter};
use crate::policy::retry::Retry;
use crate::rng::mix;
use crate::time::{SimTime, Span};

/// What chance gave an attempt: its work, the ways there and back, its errors.
type Draws = (Span, Span, bool, bool);

/// What chance gave every attempt, by key; and the keys of first attempts with their sites and instants of sending.
#[derive(Default)]
struct Seen {
    attempts: BTreeMap<u64, Draws>,
    firsts: BTreeMap<u64, (u32, SimTime)>,
    /// When requests came, with the number of their load.
    requests: BTreeMap<u64, (u32, SimTime)>,
    out: BTreeMap<u64, Span>,
}

fn watch(model: &Model, seed: u64) -> Seen {
    let mut simulation = Simulation::<Wheel>::new(model, seed, &Record::default(), &Limits::default());
    let mut seen = Seen::default();
    while simulation.advance_once() {
        for attempt in simulation.attempts.taken() {
            let row = &simulation.attempts[attempt];
            seen.attempts
                .insert(row.key, (row.work, row.back, row.doomed, row.reply_lost));
            if row.arrived > SimTime::ZERO {
                seen.out.insert(row.key, row.arrived.since(row.sent));
            }
            let is_first = match row.call {
                NONE => false,
                LEAN => true,
                call => row.key == mix(simulation.calls[call].key, 0),
            };
            if is_first {
                seen.firsts.insert(row.key, (row.site.0, row.sent));
            }
            if row.call == LEAN && matches!(row.parent, Parent::Load(_)) {
                seen.requests.insert(row.key, (row.site.0, row.sent));
            }
        }
        for call in simulation.calls.taken() {
            let row = &simulation.calls[call];
            if let Parent::Load(_) = row.parent {
                seen.requests.insert(mix(row.key, 0), (row.site.0, row.start));
            }
        }
    }
    seen
}

/// A shop with three tiers, two of them behind a network that loses messages.
fn shop(retries: Vec<Stage>) -> Sys {
    let mut db = Svc::new("db", exponential(ms(9)), vec![]).workers(4).replicas(2);
    db.endpoints[0].errors = Some(crate::model::ErrorRule {
        ratio: chance(0.05),
        when: crate::model::ErrorWhen::After,
    });
    let mut system = Sys::new(vec![
        Svc::new("web", exponential(ms(2)), vec![call("app.x"), call("ads.x").optional()]),
        Svc::new(
            "app",
            exponential(ms(3)),
            vec![parallel(vec![vec![call("db.x")], vec![call("db.x"), work(ms(1))]], 1)],
        )
        .workers(16)
        .replicas(3),
        Svc::new("ads", exponential(ms(20)), vec![]),
        db,
    ])
    .load(Ld::new("users", poisson(60.0), "web.x"))
    .latency(exponential(ms(1)))
    .stages("app", "db", retries);
    system.link.loss = chance(0.01);
    system.lasting(20)
}

fn jittered() -> Vec<Stage> {
    let retry = Retry {
        attempts: Some(4),
        backoff: Backoff::Curve {
            curve: Curve::Fixed(ms(20)),
            jitter: Jitter::Full,
        },
        ..Retry::default()
    };
    vec![Stage::Retry(retry), Stage::Timeout(ms(15))]
}

fn assert_same_world(one: &Seen, other: &Seen) {
    assert_eq!(one.requests, other.requests, "the same arrivals");
    assert!(one.requests.len() > 1_000);
    let mut common = 0;
    for (key, draws) in &one.attempts {
        if let Some(theirs) = other.attempts.get(key) {
            assert_eq!(draws, theirs, "attempt {key:x}");
            common += 1;
        }
    }
    for (key, out) in &one.out {
        assert!(
            other.out.get(key).is_none_or(|theirs| theirs == out),
            "the way there of {key:x}"
        );
    }
    assert!(
        common * 3 > one.attempts.len(),
        "{common} of {} attempts are in both",
        one.attempts.len()
    );
}

#[test]
fn a_retry_policy_changes_no_arrival_work_or_delay_of_first_attempts() {
    for seed in 1..4 {
        let once = watch(&shop(vec![Stage::Timeout(ms(15))]).model(), seed);
        let retried = watch(&shop(jittered()).model(), seed);
        assert_same_world(&once, &retried);
        assert!(retried.attempts.len() > once.attempts.len() + 50, "there were retries");
        // Every first attempt of a call that both made, whatever happened before it.
        let both: Vec<&u64> = once
            .firsts
            .keys()
            .filter(|it| retried.firsts.contains_key(it))
            .collect();
        assert!(
            both.len() * 10 > once.firsts.len() * 9,
            "{} of {}",
            both.len(),
            once.firsts.len()
        );
        for key in both {
            assert_eq!(once.attempts[key], retried.attempts[key]);
        }
    }
}

#[test]
fn a_fault_elsewhere_and_another_step_shift_nothing() {
    let plain = shop(vec![]);
    let base = watch(&plain.model(), 7);
    let crash = plain.fault("ads", 5_000, 15_000, Effect::Crash);
    let faulty = Model::new(Tables {
        faults: vec![crash],
        ..plain.tables()
    });
    assert_same_world(&base, &watch(&faulty, 7));
    // One more call in the flow of web, to another endpoint: the calls that were there keep their draws.
    let mut more = plain.clone();
    more.services.insert(0, Svc::new("new", exponential(ms(1)), vec![]));
    more.services[1].endpoints[0].flow.insert(0, call("new.x"));
    let mut seen = watch(&more.model(), 7);
    // Sites are numbered anew; all else is the same.
    seen.requests = seen
        .requests
        .into_iter()
        .zip(base.requests.values())
        .map(|((key, mine), theirs)| (key, (theirs.0, mine.1)))
        .collect();
    assert_same_world(&base, &seen);
}

#[test]
fn work_per_call_is_the_same_for_all_its_attempts() {
    for (per, sizes) in [(crate::model::WorkPer::Call, 1), (crate::model::WorkPer::Attempt, 3)] {
        let mut db = Svc::new("db", exponential(ms(500)), vec![]);
        db.endpoints[0].work_per = per;
        let system =
            Sys::new(vec![db])
                .requests(&[1], "db.x")
                .stages("*", "db", vec![retry(3, ms(1)), Stage::Timeout(ms(1))]);
        let mut works: Vec<Span> = watch(&system.model(), 5).attempts.values().map(|it| it.0).collect();
        works.sort();
        works.dedup();
        assert_eq!(works.len(), sizes);
    }
}

#[test]
fn a_closed_user_thinks_as_long_before_each_request_whatever_the_answers_take() {
    let thinks = |work: Span| {
        let system = Sys::new(vec![Svc::new("db", always(work), vec![])]).load(Ld::new(
            "users",
            Arrival::Closed {
                users: 3,
                think: exponential(ms(100)),
            },
            "db.x",
        ));
        let mut starts: BTreeMap<u32, Vec<SimTime>> = BTreeMap::new();
        let model = system.model();
        let mut simulation = Simulation::<Wheel>::new(&model, 11, &Record::default(), &Limits::default());
        while simulation.advance_once() {
            for attempt in simulation.attempts.taken() {
                let row = &simulation.attempts[attempt];
                let Parent::Load(user) = row.parent else {
                    unreachable!("only users call");
                };
                let starts = starts.entry(user).or_default();
                if starts.last() != Some(&row.sent) {
                    starts.push(row.sent);
                }
            }
        }
        let think = |starts: &Vec<SimTime>| -> Vec<Span> {
            let rest = starts.windows(2).map(|pair| pair[1].since(pair[0] + work));
            [starts[0].since(SimTime::ZERO)]
                .into_iter()
                .chain(rest)
                .take(20)
                .collect()
        };
        starts.values().map(think).collect::<Vec<_>>()
    };
    let fast = thinks(ms(1));
    assert_eq!((fast.len(), fast[0].len()), (3, 20));
    assert_eq!(fast, thinks(ms(200)));
    assert_ne!(fast[0], fast[1]);
}

#[test]
fn more_load_sends_the_same_requests_sooner() {
    // Thinning and scale draw nothing: request number n of the load has the same draws at any rate.
    let works = |per_second| {
        let system = Sys::new(vec![Svc::new("db", exponential(ms(5)), vec![])])
            .load(Ld::new("users", poisson(per_second), "db.x"))
            .latency(exponential(ms(1)));
        watch(&system.model(), 3).attempts
    };
    let (few, many) = (works(50.0), works(100.0));
    assert!(few.iter().all(|(key, draws)| many.get(key) == Some(draws)));
    assert!(few.len() > 400 && many.len() > 900);
}
