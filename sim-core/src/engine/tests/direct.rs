//! Requests that go the short way, against the same ones that go the long one.

use proptest::prelude::*;

use super::build::*;
use crate::ids::ServiceId;
use crate::model::{Change, Edit, Effect, ErrorRule, ErrorWhen, Instant, Model, QueueOrder, Stage, Tables};
use crate::observe::Record;
use crate::quantity::Factor;
use crate::results::RunResult;
use crate::rng::Key;
use crate::time::Span;

/// What may befall the service at 3 s, for 4 s.
fn effects() -> Vec<Option<Effect>> {
    let errors = |when| Effect::Errors {
        endpoint: None,
        rule: ErrorRule {
            ratio: chance(0.3),
            when,
        },
    };
    let work = Effect::Work {
        endpoint: None,
        factor: Factor(3_000_000),
    };
    let mut all = vec![
        None,
        Some(work),
        Some(errors(ErrorWhen::Before)),
        Some(errors(ErrorWhen::After)),
    ];
    all.extend([Effect::Crash, Effect::Pause, Effect::Stall, Effect::Blackhole].map(Some));
    all
}

fn run(system: &Sys, effect: &Option<Effect>, network: bool, workers: Option<u32>) -> RunResult {
    let mut faults: Vec<_> = effect
        .iter()
        .map(|it| system.fault("db", 3_000, 7_000, it.clone()))
        .collect();
    if network {
        let slow = Effect::Latency {
            factor: Factor::ONE,
            add: ms(30),
        };
        faults.push(system.network_fault(("users", "db"), true, (5_000, 8_000), slow));
    }
    let fewer = Change {
        key: Key::of("change"),
        at: Instant::At(at(4_500)),
        edits: vec![Edit::Workers {
            service: ServiceId(0),
            workers,
        }],
    };
    let tables = Tables {
        faults,
        changes: vec![fewer],
        ..system.tables()
    };
    crate::engine::run(&Model::new(tables), 7, &Record::ALL, &Default::default(), &mut ()).expect("within limits")
}

/// All that is told of a run, but for its seed and when nothing more happened.
fn told(result: &RunResult) -> String {
    let statistics = (&result.loads, &result.services, &result.edges, &result.timeline);
    format!(
        "{} {} {:?} {statistics:?}",
        result.digest, result.events, result.transitions
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_short_way_ends_where_the_long_one_does(
        workers in 1..4u32,
        changed in 1..5u32,
        replicas in 1..4u32,
        load in 0.3..1.6f64,
        limit in prop::option::of(0..6u32),
        lifo in any::<bool>(),
        even_arrivals in any::<bool>(),
        constant in any::<bool>(),
        effect in prop::sample::select(effects()),
        network in any::<bool>(),
        objective in any::<bool>(),
    ) {
        let mean = ms(10);
        let work = if constant { always(mean) } else { exponential(mean) };
        let order = if lifo { QueueOrder::Lifo } else { QueueOrder::Fifo };
        let per_second = load * f64::from(workers * replicas) * 100.0;
        let arrival = if even_arrivals { even(per_second) } else { poisson(per_second) };
        let db = Svc::new("db", work, vec![]).workers(workers).replicas(replicas).queue(limit, order, None);
        let mut users = Ld::new("users", arrival, "db.x");
        users.objective = objective.then_some(ms(25));
        let short = Sys::new(vec![db]).load(users).warmup(1);
        // A timeout that nobody lives to see sends them the long way.
        let long = short.clone().stages("*", "db", vec![Stage::Timeout(Span::from_secs(1_000_000))]);
        let of = |system| told(&run(system, &effect, network, Some(changed)));
        prop_assert_eq!(of(&short), of(&long));
    }
}

#[test]
fn a_plain_request_to_a_plain_service_goes_the_short_way() {
    let is_direct = |system: &Sys| {
        let model = system.model();
        let simulation =
            crate::engine::Simulation::<crate::engine::Wheel>::new(&model, 1, &Record::default(), &Default::default());
        simulation.sites[0].is_direct
    };
    let plain =
        Sys::new(vec![Svc::new("db", exponential(ms(10)), vec![])]).load(Ld::new("users", poisson(10.0), "db.x"));
    assert!(is_direct(&plain));
    assert!(!is_direct(&plain.clone().latency(always(ms(1)))));
    assert!(!is_direct(&plain.clone().stages(
        "*",
        "db",
        vec![Stage::Timeout(ms(500))]
    )));
    let flowing = Sys::new(vec![Svc::new("db", exponential(ms(10)), vec![wait(ms(1))])]);
    assert!(!is_direct(&flowing.load(Ld::new("users", poisson(10.0), "db.x"))));
}
