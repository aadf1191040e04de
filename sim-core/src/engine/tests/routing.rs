//! Balancers and what narrows their choice, in motion. Which replica got a call is seen by taking some of them away. Vectors
//! are those of the resilience reference, sections 6, 14, 15 and 16.

use super::build::*;
use crate::dist::Zipf;
use crate::engine::{Limits, run};
use crate::ids::ReplicaId;
use crate::model::{
    Change, Checks, Edit, Effect, ErrorRule, ErrorWhen, Fault, Instant, Model, Routing, Spread, Tables,
};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::quantity::{Chance, Factor};
use crate::results::{RunResult, State, Subject};
use crate::rng::Key;
use crate::routing::bounded_load::BoundedLoad;
use crate::routing::cells::{Cells, Mapping};
use crate::routing::health::{Envoy as EnvoyChecks, Haproxy, Health, IntervalFrom};
use crate::routing::outlier::{self, Outlier};
use crate::routing::priority::Priority;
use crate::routing::shuffle_shard::ShuffleShard;
use crate::routing::slow_start::SlowStart;
use crate::routing::subset::Subset;
use crate::routing::zone_aware::ZoneAware;
use crate::routing::{Balance, ClientSideWrr, Edf, LeastRequest, Maglev, P2c, RingHash, Start};
use crate::time::{SimTime, Span};

const FIRST: Balance = Balance::RoundRobin { start: Start::First };

fn balanced(balance: Balance) -> Policy {
    Policy {
        balance,
        ..Policy::default()
    }
}

fn narrowed(balance: Balance, routing: Routing) -> Policy {
    Policy {
        balance,
        routing: Some(Box::new(routing)),
        ..Policy::default()
    }
}

/// `db` with so many replicas that answer at once.
fn db(replicas: u32) -> Svc {
    Svc::new("db", None, vec![]).replicas(replicas)
}

/// A fault of these replicas of `db`.
fn on(system: &Sys, replicas: &[usize], (from, to): (u64, u64), effect: Effect) -> Fault {
    let all = system.replicas_of("db");
    Fault {
        replicas: replicas.iter().map(|it| all[*it]).collect(),
        ..system.fault("db", from, to, effect)
    }
}

fn failing() -> Effect {
    Effect::Errors {
        endpoint: None,
        rule: ErrorRule {
            ratio: Chance::ALWAYS,
            when: ErrorWhen::After,
        },
    }
}

fn outcomes(result: &RunResult, outcome: Outcome) -> u64 {
    result.loads.iter().map(|it| it.total.outcomes.of(outcome)).sum()
}

/// For each replica of `db`, what share of the requests goes to it.
fn shares(system: &Sys, seed: u64) -> Vec<f64> {
    let count = system.replicas_of("db").len();
    let of = |replica: usize| {
        let result = system.run_with(vec![on(system, &[replica], (0, 1_000_000), Effect::Crash)], seed);
        let offered: u64 = result.loads.iter().map(|it| it.total.offered).sum();
        outcomes(&result, Outcome::Refused) as f64 / offered as f64
    };
    (0..count).map(of).collect()
}

/// Changes of state with their instants in milliseconds.
fn transitions(system: &Sys, faults: Vec<Fault>) -> Vec<(u64, Subject, State)> {
    let record = Record {
        transitions: true,
        ..Record::default()
    };
    let model = Model::new(Tables {
        faults,
        ..system.tables()
    });
    let result = run(&model, 1, &record, &Limits::default(), &mut ()).expect("within the limits");
    let own = |it: &Subject| matches!(it, Subject::Outlier(..) | Subject::Check(..));
    let all = result.transitions.iter().filter(|it| own(&it.of));
    all.map(|it| (it.at.nanos() / 1_000_000, it.of, it.to)).collect()
}

#[test]
fn lb_2_edf_takes_turns_by_weight() {
    let mut two = db(2);
    two.weights = vec![2, 1];
    let edf = Balance::Edf(Edf {
        start: Start::First,
        slow_start: None,
    });
    let system = Sys::new(vec![two])
        .policy("*", "db", balanced(edf))
        .load(Ld::new("users", even(100.0), "db.x"));
    let refused = |seconds: f64| {
        let mut system = system.clone();
        system.clock.duration = SimTime::ZERO + Span::from_nanos_f64(seconds * 1e9);
        let result = system.run_with(vec![on(&system, &[1], (0, 10_000), Effect::Crash)], 1);
        outcomes(&result, Outcome::Refused)
    };
    // a b a a b a: requests at 10 ms, 20 ms ...
    let told: Vec<u64> = (1..=6).map(|it| refused(0.005 + 0.01 * f64::from(it))).collect();
    assert_eq!(told, [0, 1, 1, 1, 2, 2]);
}

#[test]
fn balancers_by_load_turn_away_from_a_slow_replica() {
    // One of four takes twenty times as long; each caller has few calls out.
    let share = |balance: Balance| {
        let slow = Svc::new("db", exponential(ms(10)), vec![]).replicas(4);
        let system = Sys::new(vec![slow])
            .load(Ld::new("users", poisson(100.0), "db.x"))
            .policy("*", "db", balanced(balance))
            .lasting(60);
        let effect = Effect::Work {
            endpoint: None,
            factor: Factor(20_000_000),
        };
        let slow = on(&system, &[0], (0, 100_000), effect);
        let fails = on(&system, &[0], (0, 100_000), failing());
        let result = system.run_with(vec![slow, fails], 1);
        outcomes(&result, Outcome::Error) as f64 / result.loads[0].total.offered as f64
    };
    let blind = share(Balance::Random);
    assert!((0.22..0.28).contains(&blind), "{blind}");
    for (balance, most) in [
        (Balance::P2c(P2c::LINKERD), 0.01),
        (Balance::P2c(P2c::FINAGLE_PEAK_EWMA), 0.01),
        (Balance::P2c(P2c::FINAGLE), 0.15),
        (Balance::LeastRequest(LeastRequest::DEFAULT), 0.15),
        (Balance::ALL[10], 0.15),
        (Balance::LeastConn, 0.10),
    ] {
        let share = share(balance);
        assert!(share < most, "{balance:?}: {share}");
    }
}

#[test]
fn reports_lower_the_weight_of_a_replica_that_works_more() {
    let wrr = Balance::ClientSideWrr(ClientSideWrr {
        blackout_period: Span::ZERO,
        error_utilization_penalty: Factor(0),
        ..ClientSideWrr::DEFAULT
    });
    let busy = Svc::new("db", always(ms(5)), vec![]).replicas(2).workers(8);
    let system = Sys::new(vec![busy])
        .load(Ld::new("users", poisson(200.0), "db.x"))
        .policy("*", "db", balanced(wrr))
        .lasting(60);
    let slow = Effect::Work {
        endpoint: None,
        factor: Factor(3_000_000),
    };
    let faults = vec![
        on(&system, &[0], (0, 100_000), slow),
        on(&system, &[0], (0, 100_000), failing()),
    ];
    let result = system.run_with(faults, 1);
    let share = outcomes(&result, Outcome::Error) as f64 / result.loads[0].total.offered as f64;
    // Three times the work for a call: a third of the weight, a quarter of the calls.
    assert!((0.23..0.29).contains(&share), "{share}");
}

#[test]
fn equal_keys_go_to_one_replica_and_keys_go_with_requests() {
    for balance in [Balance::RingHash(RingHash::DEFAULT), Balance::Maglev(Maglev::DEFAULT)] {
        let mut one_key = Ld::new("users", even(50.0), "web.x");
        one_key.items = Some(Zipf::new(1, 0.0).unwrap());
        // Through a caller of three replicas, with a retry on the way.
        let system = Sys::new(vec![Svc::new("web", None, vec![call("db.x")]).replicas(3), db(4)])
            .load(one_key)
            .policy("web", "db", balanced(balance));
        let failed = |replica: usize| {
            let result = system.run_with(vec![on(&system, &[replica], (0, 20_000), Effect::Crash)], 1);
            outcomes(&result, Outcome::Error)
        };
        let mut failed: Vec<u64> = (0..4).map(failed).collect();
        failed.sort_unstable();
        assert_eq!(failed, [0, 0, 0, 499], "{balance:?}");
        // Without popularities each request has a key of its own.
        let many = Sys::new(vec![db(4)])
            .load(Ld::new("users", even(200.0), "db.x"))
            .policy("*", "db", balanced(balance));
        let shares = shares(&many, 1);
        assert!(
            shares.iter().all(|it| (0.15..0.35).contains(it)),
            "{balance:?}: {shares:?}"
        );
    }
}

#[test]
fn bounded_loads_send_a_hot_key_elsewhere() {
    let most = |bounded_load: Option<BoundedLoad>| {
        let mut hot = Ld::new("users", poisson(400.0), "db.x");
        hot.items = Some(Zipf::new(1, 0.0).unwrap());
        let work = Svc::new("db", exponential(ms(20)), vec![]).replicas(4);
        let ring = Balance::RingHash(RingHash {
            bounded_load,
            ..RingHash::DEFAULT
        });
        let system = Sys::new(vec![work]).load(hot).policy("*", "db", balanced(ring));
        let fails = |replica: usize| {
            let result = system.run_with(vec![on(&system, &[replica], (0, 100_000), failing())], 1);
            outcomes(&result, Outcome::Error) as f64 / result.loads[0].total.offered as f64
        };
        (0..4).map(fails).fold(0.0, f64::max)
    };
    assert_eq!(most(None), 1.0);
    let (envoy, haproxy) = (
        most(Some(BoundedLoad::envoy(125))),
        most(Some(BoundedLoad::haproxy(125))),
    );
    assert!(envoy < 0.55 && haproxy < 0.55, "{envoy} {haproxy}");
}

fn envoy(max_ejection_percent: u32) -> outlier::Envoy {
    outlier::Envoy {
        max_ejection_percent,
        ..outlier::Envoy::default()
    }
}

#[test]
fn od_3_an_ejection_ends_at_a_tick_and_the_next_one_is_longer() {
    let routing = Routing {
        outlier: Some(Outlier::Envoy(outlier::Envoy {
            enforcing_success_rate: 0,
            ..envoy(10)
        })),
        panic_threshold: 50,
        ..Routing::default()
    };
    let system = Sys::new(vec![db(10)])
        .load(Ld::new("users", even(100.0), "db.x"))
        .policy("*", "db", narrowed(FIRST, routing))
        .lasting(150);
    // The first replica gets a request every 100 ms from 10 ms on: its fifth in a row fails at 410 ms, and at 40 s + 410 ms
    // or so, after which it is out for 60 s.
    let fails = on(&system, &[0, 1], (0, 60_000), failing());
    let told = transitions(&system, vec![fails]);
    let of = |it: &(u64, Subject, State)| match (it.1, it.2) {
        (Subject::Outlier(_, 0, ReplicaId(replica)), State::Ejected(outlier::Cause::Consecutive5xx)) => {
            (it.0 / 1_000, replica, true)
        }
        (Subject::Outlier(_, 0, ReplicaId(replica)), State::LetIn(outlier::Cause::TimeOver)) => {
            (it.0 / 1_000, replica, false)
        }
        other => panic!("{other:?}"),
    };
    // The second fails as well, but one of ten is all that may be out; when the first is let in, whoever fails first is next.
    let told: Vec<_> = told.iter().map(of).collect();
    assert_eq!(told[..2], [(0, 0, true), (40, 0, false)], "{told:?}");
    assert_eq!(told[2].0, 40);
    let (second, until) = (told[2].1, told[3]);
    assert_eq!(until, (if second == 0 { 110 } else { 80 }, second, false), "{told:?}");
}

#[test]
fn when_most_are_out_the_panic_threshold_uses_all() {
    let refused = |panic_threshold: u32| {
        let routing = Routing {
            outlier: Some(Outlier::Envoy(envoy(100))),
            panic_threshold,
            ..Routing::default()
        };
        let system = Sys::new(vec![db(4)])
            .load(Ld::new("users", even(100.0), "db.x"))
            .policy("*", "db", narrowed(FIRST, routing));
        let dead = on(&system, &[0, 1, 2], (0, 100_000), Effect::Crash);
        outcomes(&system.run_with(vec![dead], 1), Outcome::Refused)
    };
    // All three are out after five failures each; with one of four left, 50 % panics.
    assert_eq!(refused(0), 15);
    assert!(refused(50) > 600, "{}", refused(50));
}

#[test]
fn nobody_left_without_panic_is_unreachable() {
    let routing = Routing {
        outlier: Some(Outlier::Envoy(envoy(100))),
        ..Routing::default()
    };
    let system = Sys::new(vec![db(2)])
        .load(Ld::new("users", even(100.0), "db.x"))
        .policy("*", "db", narrowed(FIRST, routing));
    let dead = on(&system, &[0, 1], (0, 100_000), Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(outcomes(&result, Outcome::Refused), 10);
    assert_eq!(outcomes(&result, Outcome::Unreachable), 989);
}

#[test]
fn od_6_grpc_ejects_one_of_five_and_envoy_none() {
    let grpc = outlier::Grpc {
        failure_percentage_ejection: Some(outlier::grpc::FailurePercentage::default()),
        ..outlier::Grpc::default()
    };
    for (outlier, ejected) in [(Outlier::Grpc(grpc), 1), (Outlier::Envoy(envoy(10)), 0)] {
        let routing = Routing {
            outlier: Some(outlier),
            ..Routing::default()
        };
        let system = Sys::new(vec![db(5)])
            .load(Ld::new("users", even(100.0), "db.x"))
            .policy("*", "db", narrowed(FIRST, routing))
            .lasting(25);
        let told = transitions(&system, vec![on(&system, &[3], (0, 100_000), failing())]);
        assert_eq!(told.len(), ejected, "{told:?}");
    }
}

fn checked(health: Health) -> Sys {
    let routing = Routing {
        health: Some(Checks {
            health,
            depends_on: vec![],
        }),
        ..Routing::default()
    };
    Sys::new(vec![db(1)])
        .load(Ld::new("users", even(10.0), "db.x"))
        .policy("*", "db", narrowed(FIRST, routing))
        .lasting(20)
}

#[test]
fn hc_1_checks_take_a_replica_down_and_bring_it_up() {
    let haproxy = Haproxy {
        init_state: crate::routing::health::InitState::FullyUp,
        timeout_check: Some(ms(1_000)),
        interval_from: IntervalFrom::Start,
        ..Haproxy::default()
    };
    let system = checked(Health::Haproxy(haproxy));
    let told = |effect: Effect| -> Vec<(u64, State)> {
        let fault = on(&system, &[0], (1_000, 9_000), effect);
        transitions(&system, vec![fault])
            .iter()
            .map(|it| (it.0, it.2))
            .collect()
    };
    // A dead process refuses at once; a lost machine or a frozen process lets each check wait for its second.
    assert_eq!(told(Effect::Crash), [(6_000, State::Down), (12_000, State::Up)]);
    assert_eq!(told(Effect::Blackhole), [(7_000, State::Down), (12_000, State::Up)]);
    assert_eq!(told(Effect::Pause), [(7_000, State::Down), (12_000, State::Up)]);
    // A slow one answers checks as ever.
    let slow = Effect::Work {
        endpoint: None,
        factor: Factor(100_000_000),
    };
    assert_eq!(told(slow), []);
    // What is down is not called: requests from 6.1 s to 11.9 s and that of 12.0 s before its check passes.
    let dead = on(&system, &[0], (1_000, 9_000), Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(outcomes(&result, Outcome::Refused), 50, "from 1.0 s to 5.9 s");
    assert_eq!(outcomes(&result, Outcome::Unreachable), 60, "from 6.0 s to 11.9 s");
}

#[test]
fn hc_2_fastinter_asks_again_sooner() {
    let haproxy = Haproxy {
        init_state: crate::routing::health::InitState::FullyUp,
        fastinter: Some(ms(500)),
        ..Haproxy::default()
    };
    let system = checked(Health::Haproxy(haproxy));
    let told = transitions(&system, vec![on(&system, &[0], (1_000, 100_000), Effect::Crash)]);
    assert_eq!(told[0].0, 3_000);
}

#[test]
fn checks_take_the_way_of_messages() {
    let haproxy = Haproxy {
        init_state: crate::routing::health::InitState::FullyUp,
        timeout_check: Some(ms(100)),
        ..Haproxy::default()
    };
    let mut system = checked(Health::Haproxy(haproxy)).latency(always(ms(20)));
    let cut = system.network_fault(("users", "db"), true, (1_000, 100_000), Effect::Cut);
    let told = transitions(&system, vec![cut]);
    assert_eq!((told[0].0, told[0].2), (6_100, State::Down));
    // Longer on its way than a check may take: never up, whatever the replica says.
    system.link.latency = Some(always(ms(60)));
    let told = transitions(&system, vec![]);
    assert_eq!((told.len(), told[0].2), (1, State::Down));
}

#[test]
fn a_check_that_asks_its_dependencies_loses_every_replica_with_them() {
    let deep = |depends_on: Vec<crate::ids::ServiceId>| {
        let routing = Routing {
            health: Some(Checks {
                health: Health::Envoy(EnvoyChecks {
                    no_traffic_interval: ms(1_000),
                    ..EnvoyChecks::new(ms(500), ms(1_000), 1, 3)
                }),
                depends_on,
            }),
            ..Routing::default()
        };
        let system = Sys::new(vec![
            Svc::new("web", None, vec![call("db.x").optional()]).replicas(3),
            db(2),
        ])
        .load(Ld::new("users", even(100.0), "web.x"))
        .policy("users", "web", narrowed(FIRST, routing));
        let dead = on(&system, &[0, 1], (2_500, 20_000), Effect::Crash);
        let result = system.run_with(vec![dead], 1);
        (
            outcomes(&result, Outcome::Degraded),
            outcomes(&result, Outcome::Unreachable),
        )
    };
    let (degraded, unreachable) = deep(vec![]);
    assert_eq!((degraded, unreachable), (750, 0));
    let (degraded, unreachable) = deep(vec![crate::ids::ServiceId(1)]);
    assert!(degraded <= 100 && unreachable >= 650, "{degraded} {unreachable}");
}

#[test]
fn a_passed_check_lets_an_ejected_replica_in_again() {
    let routing = Routing {
        outlier: Some(Outlier::Envoy(envoy(100))),
        health: Some(Checks {
            health: Health::Haproxy(Haproxy::default()),
            depends_on: vec![],
        }),
        ..Routing::default()
    };
    let system = Sys::new(vec![db(2)])
        .load(Ld::new("users", even(100.0), "db.x"))
        .policy("*", "db", narrowed(FIRST, routing));
    let told = transitions(&system, vec![on(&system, &[0], (0, 1_000), failing())]);
    let causes: Vec<State> = told.iter().map(|it| it.2).collect();
    assert_eq!(
        causes,
        [
            State::Ejected(outlier::Cause::Consecutive5xx),
            State::LetIn(outlier::Cause::HealthCheck)
        ]
    );
}

#[test]
fn a_subset_is_all_that_a_caller_ever_uses() {
    let routing = Routing {
        subset: Some(Subset::Deterministic { subset_size: 2 }),
        ..Routing::default()
    };
    let mut users = Ld::new("users", even(100.0), "db.x");
    users.clients = 4;
    let system = Sys::new(vec![db(8)])
        .load(users)
        .policy("*", "db", narrowed(FIRST, routing));
    // A round of four callers shares eight replicas out: an eighth to each.
    let shares = shares(&system, 1);
    assert!(shares.iter().all(|it| (0.11..0.14).contains(it)), "{shares:?}");
    // With a single caller, two of them have it all.
    let mut one = system.clone();
    one.loads[0].clients = 1;
    let used = self::shares(&one, 1).iter().filter(|it| **it > 0.0).count();
    assert_eq!(used, 2);
}

/// Four replicas in two zones and callers in the first, who prefer it somehow.
fn zoned(spread: Spread) -> Sys {
    let mut four = db(4);
    four.zones = vec![Some(0), Some(1)];
    let routing = Routing {
        outlier: Some(Outlier::Envoy(envoy(100))),
        spread: Some(spread),
        panic_threshold: 50,
        ..Routing::default()
    };
    let mut users = Ld::new("users", even(200.0), "db.x");
    users.zone = Some(0);
    let mut system = Sys::new(vec![four])
        .load(users)
        .policy("*", "db", narrowed(FIRST, routing));
    system.zones = 2;
    system
}

#[test]
fn lb_7_the_next_level_gets_what_the_first_cannot_take() {
    let by_distance = Spread::Priority {
        priority: Priority {
            healthy_panic_threshold: 0,
            ..Priority::DEFAULT
        },
        levels: vec![],
    };
    let errors = |dead: &[usize], fails: &[usize]| {
        let system = zoned(by_distance.clone());
        let faults = vec![
            on(&system, dead, (0, 100_000), Effect::Crash),
            on(&system, fails, (5_000, 5_500), failing()),
        ];
        outcomes(&system.run_with(faults, 1), Outcome::Error)
    };
    // All well: the zone has everything. (Replicas 0 and 2 are in zone 0.)
    assert_eq!(errors(&[], &[1, 3]), 0);
    // One of two is out: h = 70, so the others get 30 % of a hundred calls, until five in a row take them out.
    let some = errors(&[0], &[1, 3]);
    assert!((5..=10).contains(&some), "{some}");
    // Nobody is left: the others have all.
    assert_eq!(errors(&[0, 2], &[1, 3]), 10);
}

#[test]
fn explicit_levels_come_in_their_order() {
    let system = zoned(Spread::Priority {
        priority: Priority::DEFAULT,
        levels: vec![vec![crate::ids::ZoneId(1)], vec![crate::ids::ZoneId(0)]],
    });
    let result = system.run_with(vec![on(&system, &[0, 2], (0, 100_000), Effect::Crash)], 1);
    assert_eq!(outcomes(&result, Outcome::Refused), 0);
}

#[test]
fn zone_aware_calls_stay_as_far_as_the_zone_can_take_them() {
    // Callers in zone 0 alone: their two replicas of four can take a half of the calls.
    let aware = ZoneAware {
        min_cluster_size: 0,
        ..ZoneAware::DEFAULT
    };
    let shares_of = |spread: Spread, callers: &[Option<u32>]| {
        let mut system = zoned(spread);
        let mut web = Svc::new("web", None, vec![call("db.x")]).replicas(callers.len() as u32);
        web.zones = callers.to_vec();
        system.services.push(web);
        system.loads[0].targets[0].1 = "web.x".into();
        let all = [0, 1, 2, 3].map(|it| {
            let fails = on(&system, &[it], (0, 400), failing());
            let result = system.run_with(vec![fails], 1);
            outcomes(&result, Outcome::Error)
        });
        (all[0] + all[2], all[1] + all[3])
    };
    // As many callers there as here: all stay, and each replica is hit by those of its zone alone.
    let (here, there) = shares_of(Spread::ZoneAware(aware), &[Some(0), Some(1)]);
    assert!(here > 0 && here == there, "{here} {there}");
    let (here, there) = shares_of(Spread::ZoneAware(aware), &[Some(0), Some(0)]);
    assert!(here > 0 && there > 0, "{here} {there}");
}

#[test]
fn lb_8_localities_take_turns_by_weight() {
    let weighted = Spread::Weighted {
        locality: crate::routing::locality::Locality::DEFAULT,
        weights: vec![1, 2],
    };
    let mut system = zoned(weighted);
    system.policies[0].2.routing.as_mut().unwrap().outlier = None;
    let shares = shares(&system, 1);
    let (first, second) = (shares[0] + shares[2], shares[1] + shares[3]);
    assert!(
        (first - 1.0 / 3.0).abs() < 0.01 && (second - 2.0 / 3.0).abs() < 0.01,
        "{shares:?}"
    );
}

#[test]
fn a_key_uses_its_shard_and_no_more() {
    for (spread, used) in [
        (Spread::Shuffle(ShuffleShard { size: 3 }), 3),
        (
            Spread::Cells(Cells {
                cells: 4,
                mapping: Mapping::Rendezvous,
            }),
            2,
        ),
    ] {
        let routing = Routing {
            spread: Some(spread.clone()),
            ..Routing::default()
        };
        let mut one = Ld::new("users", even(100.0), "db.x");
        one.items = Some(Zipf::new(1, 0.0).unwrap());
        let system = Sys::new(vec![db(8)])
            .load(one)
            .policy("*", "db", narrowed(Balance::Random, routing.clone()));
        let of_one = shares(&system, 1);
        let there: Vec<usize> = (0..8).filter(|&it| of_one[it] > 0.0).collect();
        assert_eq!(there.len(), used, "{of_one:?}");
        if let Spread::Cells(_) = spread {
            assert_eq!(there[0] % 4, there[1] % 4);
        }
        // Many keys use them all.
        let mut many = Ld::new("users", even(200.0), "db.x");
        many.items = Some(Zipf::new(1_000, 0.0).unwrap());
        let system = Sys::new(vec![db(8)])
            .load(many)
            .policy("*", "db", narrowed(Balance::Random, routing));
        assert!(shares(&system, 1).iter().all(|it| *it > 0.05));
    }
}

#[test]
fn a_new_replica_starts_slowly() {
    let first_seconds = |slow_start: Option<SlowStart>| {
        let edf = Balance::Edf(Edf {
            start: Start::First,
            slow_start,
        });
        let system = Sys::new(vec![db(1).slots(2)])
            .load(Ld::new("users", even(100.0), "db.x"))
            .policy("*", "db", balanced(edf))
            .lasting(15);
        let mut tables = system.tables();
        tables.faults = vec![on(&system, &[1], (0, 100_000), failing())];
        tables.changes = vec![Change {
            key: Key::of("scale-out"),
            at: Instant::At(at(5_000)),
            edits: vec![Edit::Replicas {
                service: system.service("db"),
                replicas: 2,
                ramp: None,
            }],
        }];
        outcomes(&go(&Model::new(tables), 1), Outcome::Error)
    };
    // Ten seconds: a half of a thousand calls, or first a tenth of the other's weight and then age / 60 s of it.
    assert!((495..=505).contains(&first_seconds(None)));
    let slow = first_seconds(Some(SlowStart::envoy(Span::from_secs(60))));
    assert!((85..=125).contains(&slow), "{slow}");
}
