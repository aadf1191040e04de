//! Laws that hold for any system: random small ones are made, and run in several ways.

mod callers;
mod choices;
mod events;
mod govern;

use proptest::prelude::*;

use super::build::*;
use crate::engine::arena::LEAN;
use crate::engine::pending::Pending;
use crate::engine::slab::NONE;
use crate::engine::{Heap, Limits, RunError, Simulation, Wheel, first_divergence, run};
use crate::model::{Model, QueueOrder, Sharing, Stage};
use crate::observe::Record;
use crate::policy::deadline::Deadline;
use crate::results::RunResult;
use crate::routing::Balance;
use crate::time::{SimTime, Span};

use choices::Choices;

const LIMITS: Limits = Limits {
    events: 300_000,
    live: 20_000,
};

/// Runs a simulation to its end, and looks at its books: when nothing is in flight, nobody holds anything.
fn run_and_look<Q: Pending>(model: &Model, record: &Record, stop_after: u64) -> Result<RunResult, RunError> {
    let mut simulation = Simulation::<Q>::new(model, 9, record, &LIMITS);
    let mut popped = 0u64;
    while popped < stop_after && simulation.advance_once() {
        popped += 1;
        if let Some(error) = simulation.error {
            return Err(error);
        }
        if simulation.events > LIMITS.events {
            return Err(RunError::TooManyEvents {
                limit: LIMITS.events,
                at: simulation.now,
            });
        }
        assert!(simulation.agenda.is_empty());
        assert!(
            popped < 40 * LIMITS.events,
            "events are made without end, and none is acted on"
        );
    }
    let waited_for = |it: &u32| ![NONE, LEAN].contains(&simulation.attempts[*it].call);
    let (calls, attempts) = (simulation.calls.taken(), simulation.attempts.taken());
    let inside = |it: &u32| simulation.attempts[*it].child != crate::engine::arena::Child::None;
    if !attempts.iter().any(inside) {
        assert_eq!(
            (simulation.joins.len(), simulation.frames.len()),
            (0, 0),
            "joins and branches end with their flow"
        );
    }
    let out = attempts.iter().filter(|it| waited_for(it)).count() as u32;
    assert_eq!(
        calls.iter().filter(|it| simulation.calls[**it].attempt != NONE).count() as u32,
        out
    );
    if attempts.is_empty() {
        for replica in &simulation.replicas {
            assert_eq!(
                (
                    replica.busy,
                    replica.inside,
                    replica.queue.len,
                    replica.resume.len,
                    replica.held.len
                ),
                (0, 0, 0, 0, 0)
            );
            assert!(replica.cores.as_ref().is_none_or(|it| it.computing() == 0));
        }
    }
    Ok(simulation.finish(9, false))
}

fn same(one: &Result<RunResult, RunError>, other: &Result<RunResult, RunError>) {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            assert_eq!(
                (one.digest, one.events, one.end),
                (other.digest, other.events, other.end)
            );
            for (one, other) in one.loads.iter().zip(&other.loads) {
                assert_eq!(one.total.outcomes, other.total.outcomes);
                assert_eq!(one.total.response_all, other.total.response_all);
            }
            for (one, other) in one.services.iter().zip(&other.services) {
                assert_eq!(one.total.outcomes, other.total.outcomes);
                assert_eq!((one.in_system, one.queue_length), (other.in_system, other.queue_length));
            }
            assert_eq!(one.faults, other.faults);
        }
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => panic!("{:?} and {:?}", one.as_ref().err(), other.as_ref().err()),
    }
}

fn cases() -> u32 {
    if std::env::var_os("BROWNOUT_SLOW").is_some() {
        20_000
    } else {
        400
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_system_runs_to_its_end_the_same_in_every_way(
        words in prop::collection::vec(any::<u16>(), 0..360),
        stop_after in 1..3_000u64,
    ) {
        let (system, tables) = Choices { words: &words, at: 0 }.tables();
        let model = Model::new(tables.clone());
        let wheel = run_and_look::<Wheel>(&model, &Record::default(), u64::MAX);
        let heap = run_and_look::<Heap>(&model, &Record::default(), u64::MAX);
        same(&wheel, &heap);
        let record = Record { checkpoints: Some(ms(70)), ..Record::ALL };
        let recorded = run_and_look::<Wheel>(&model, &record, u64::MAX);
        same(&wheel, &recorded);
        if let (Ok(recorded), Ok(_)) = (&recorded, &wheel) {
            // The timelines add up to the totals when nothing is left out as warm-up.
            for (row, load) in recorded.loads.iter().enumerate() {
                let points = recorded.timeline.loads[row].iter().flatten();
                let offered: u64 = points.map(|it| u64::from(it.offered)).sum();
                prop_assert!(offered >= load.total.offered);
                if model.clock.warmup == SimTime::ZERO {
                    prop_assert_eq!(offered, load.total.offered);
                }
            }
            for service in &recorded.services {
                let shares: f64 = service.time_share.iter().sum();
                prop_assert!(service.time_share.is_empty() || (shares - 1.0).abs() < 1e-9, "{}", shares);
                prop_assert!(service.total.outcomes.total() <= service.total.offered);
            }
        }
        // Stopped anywhere, the books balance (asserted within).
        let _ = run_and_look::<Wheel>(&model, &Record::default(), stop_after);

        // An unrelated service before all others changes nothing: same digest.
        let mut more = system.clone();
        more.services.insert(0, Svc::new("idle", always(ms(1)), vec![]).replicas(2));
        if tables.faults.is_empty() && tables.changes.is_empty() {
            let mut more = more.tables();
            more.depth_max = tables.depth_max;
            let more = run_and_look::<Wheel>(&Model::new(more), &Record::default(), u64::MAX);
            match (&wheel, &more) {
                (Ok(wheel), Ok(more)) => prop_assert_eq!(wheel.digest, more.digest),
                (Err(_), Err(_)) => (),
                _ => prop_assert!(false, "one ended, the other did not"),
            }
        }
    }
}

#[test]
fn an_interrupted_run_balances() {
    struct Impatient(u32);
    impl crate::engine::Control for Impatient {
        fn poll(&mut self, _: SimTime, _: u64) -> core::ops::ControlFlow<()> {
            self.0 -= 1;
            if self.0 == 0 {
                core::ops::ControlFlow::Break(())
            } else {
                core::ops::ControlFlow::Continue(())
            }
        }
    }
    let system = Sys::new(vec![
        Svc::new("a", exponential(ms(1)), vec![call("b.x"), call("b.x")]).workers(8),
        Svc::new("b", exponential(ms(5)), vec![]).workers(8),
    ])
    .load(Ld::new("users", poisson(1_000.0), "a.x"))
    .latency(exponential(ms(1)))
    .lasting(1_000)
    .warmup(20);
    for polls in [1, 3] {
        let result = run(
            &system.model(),
            1,
            &Record::ALL,
            &Limits::default(),
            &mut Impatient(polls),
        )
        .unwrap();
        assert!(result.interrupted && result.end < SimTime::from_secs(1_000));
        assert_eq!(result.measured.1, result.end);
        let load = &result.loads[0].total;
        assert_eq!(load.offered, load.outcomes.total() + load.unfinished());
    }
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_run() {
    // Timeouts, retries, cancellation, queue timeouts and processor sharing, at a steady pace.
    let policy = Policy {
        stages: vec![
            Stage::Deadline(Deadline {
                limit: ms(200),
                propagate: true,
                margin: Span::ZERO,
            }),
            retry(3, ms(5)),
            Stage::Timeout(ms(30)),
        ],
        cancel: true,
        balance: Balance::LeastOutstanding,
        routing: None,
        shared: false,
        pool: None,
        instead: None,
    };
    let system = Sys::new(vec![
        Svc::new(
            "a",
            exponential(ms(1)),
            vec![call("b.x").optional(), call("b.x").optional()],
        )
        .workers(40)
        .cores(2, Sharing::Processor),
        Svc::new("b", exponential(ms(20)), vec![])
            .workers(8)
            .replicas(2)
            .cores(4, Sharing::Fifo)
            .queue(Some(50), QueueOrder::Fifo, Some(always(ms(25)))),
    ])
    .load(Ld::new("users", poisson(200.0), "a.x"))
    .policy("*", "*", policy);
    let sizes = |seconds| {
        let model = system.clone().lasting(seconds).model();
        let mut simulation = Simulation::<Wheel>::new(&model, 1, &Record::default(), &Limits::default());
        let mut rows = 0;
        let mut popped = 0u64;
        while simulation.now < SimTime::from_secs(seconds - 1) && simulation.advance_once() {
            popped += 1;
            rows = rows.max(
                simulation.calls.len() + simulation.attempts.len() + simulation.joins.len() + simulation.frames.len(),
            );
        }
        let rings: usize = simulation.rings.iter().map(|it| it.len()).sum();
        (
            rings,
            rows,
            simulation.agenda.capacity(),
            popped as f64 / simulation.events as f64,
        )
    };
    let (short, long) = (sizes(20), sizes(200));
    assert!(long.0 <= short.0.max(256) * 2, "rings: {} and {}", short.0, long.0);
    assert!(long.1 <= short.1 * 2, "rows: {} and {}", short.1, long.1);
    assert!(long.2 <= short.2.max(64), "agenda: {} and {}", short.2, long.2);
    assert!(
        (long.3 / short.3 - 1.0).abs() < 0.05,
        "entries for each event: {} and {}",
        short.3,
        long.3
    );
}

#[test]
fn two_runs_of_one_random_system_go_hand_in_hand() {
    let words: Vec<u16> = (0..240u32).map(|it| ((it * 40_503) >> 3) as u16).collect();
    let (_, tables) = Choices { words: &words, at: 0 }.tables();
    let model = Model::new(tables);
    assert_eq!(first_divergence(&model, &model, 3, &LIMITS), Ok(None));
}
