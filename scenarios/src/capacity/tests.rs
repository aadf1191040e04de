use super::solve::peak;
use super::*;
use crate::testing::{Build, Do, at, ms, percent, steady};
use brownout_sim_core::dist::Dist;
use brownout_sim_core::ids::{ChangeId, FaultId, LoadId, ReplicaId};
use brownout_sim_core::model::{
    Arrival, Change, Cores, Edit, Effect, Instant, MixItem, Pick, Rate, RatePoint, Schedule, Session, SessionStep,
    Sharing, Style, TraceRow,
};
use brownout_sim_core::policy::budget::bucket::Bucket;
use brownout_sim_core::quantity::{Chance, Factor};
use brownout_sim_core::rng::Key;
use brownout_sim_core::server::slowdown::Slowdown;
use brownout_sim_core::time::{SimTime, Span};

/// One row a line: phase, service, offered, held in ms, erlangs / capacity = utilization, worst.
fn seen(build: Build) -> String {
    let (model, names) = build.done();
    let found = capacity(&model, &names);
    let row = |it: &CapacityRow| {
        let time = it.at_s.map_or("?".to_owned(), |it| format!("{it}s"));
        let limit = it.capacity.map_or("unlimited".to_owned(), |it| format!("{it}"));
        let busy = it
            .utilization
            .map_or("-".to_owned(), |it| format!("{:.1}%", it * 100.0));
        format!(
            "{} ({time}) {}: {:.2}/s, {:.3}ms, {:.3} of {limit} = {busy}, worst {:.1}/s",
            it.phase,
            it.service,
            it.offered_per_s,
            it.held_s * 1e3,
            it.erlangs,
            it.worst_per_s
        )
    };
    let mut lines: Vec<String> = found.rows.iter().map(row).collect();
    lines.extend(found.notes);
    lines.join("\n")
}

fn retry(attempts: u32, budget: Option<Budget>) -> Stage {
    Stage::Retry(Retry {
        attempts: Some(attempts),
        budget,
        ..Retry::default()
    })
}

/// web (6 x 64) -> app (8 x 32) -> db (2 x 48).
fn shop(rate: Arrival) -> Build {
    let mut build = Build::new();
    let web = build.service("web", 6, Some(64), 5);
    let app = build.service("app", 8, Some(32), 10);
    let db = build.service("db", 2, Some(48), 20);
    build.flow(web, vec![Do::Call(app)]);
    build.flow(app, vec![Do::Call(db)]);
    build.load("shoppers", rate, web);
    build
}

#[test]
fn a_blocking_tier_holds_its_workers_for_the_tiers_below() {
    insta::assert_snapshot!(seen(shop(steady(1000.0))), @r"
    0s (0s) web: 1000.00/s, 35.000ms, 35.000 of 384 = 9.1%, worst 1000.0/s
    0s (0s) app: 1000.00/s, 30.000ms, 30.000 of 256 = 11.7%, worst 1000.0/s
    0s (0s) db: 1000.00/s, 20.000ms, 20.000 of 96 = 20.8%, worst 1000.0/s
    ");
}

#[test]
fn an_async_tier_holds_them_for_its_own_work_and_links_take_time() {
    let mut build = shop(steady(1000.0));
    build.tables.services[1].style = Style::Async;
    build.tables.links[0].latency = Some(Dist::constant(ms(1)));
    insta::assert_snapshot!(seen(build), @r"
    0s (0s) web: 1000.00/s, 39.000ms, 39.000 of 384 = 10.2%, worst 1000.0/s
    0s (0s) app: 1000.00/s, 10.000ms, 10.000 of 256 = 3.9%, worst 1000.0/s
    0s (0s) db: 1000.00/s, 20.000ms, 20.000 of 96 = 20.8%, worst 1000.0/s
    ");
}

#[test]
fn retries_multiply_through_layers_and_a_budget_bounds_them() {
    let mut build = shop(steady(100.0));
    build.policy("shoppers -> web", vec![retry(2, None)]);
    build.policy("web -> app", vec![retry(3, None)]);
    build.policy(
        "app -> db",
        vec![retry(4, Some(Budget::Bucket(Bucket::of(Factor(100_000)))))],
    );
    insta::assert_snapshot!(seen(build), @r"
    0s (0s) web: 100.00/s, 35.000ms, 3.500 of 384 = 0.9%, worst 200.0/s
    0s (0s) app: 100.00/s, 30.000ms, 3.000 of 256 = 1.2%, worst 600.0/s
    0s (0s) db: 100.00/s, 20.000ms, 2.000 of 96 = 2.1%, worst 660.0/s
    ");
}

#[test]
fn rates_faults_and_changes_make_phases() {
    let rate = Rate {
        points: vec![
            RatePoint {
                at: at(0),
                per_second: 900.0,
            },
            RatePoint {
                at: at(480),
                per_second: 900.0,
            },
            RatePoint {
                at: at(480),
                per_second: 1200.0,
            },
        ],
    };
    let mut build = shop(Arrival::Poisson(rate));
    let work = Effect::Work {
        endpoint: None,
        factor: Factor(8_000_000),
    };
    let length = Some(Dist::constant(Span::from_secs(90)));
    build.fault("db-slow", 2, Schedule::Once(Instant::At(at(600))), length, work.clone());
    let relative = Schedule::Once(Instant::FaultEnd(FaultId(0), Span::from_secs(10)));
    let length = Some(Dist::exponential(Span::from_secs(30)).expect("above zero"));
    build.fault("half-gone", 2, relative, length, Effect::Crash);
    build.tables.faults[1].pick = Pick::Count(1);
    build.fault(
        "often",
        1,
        Schedule::Every(Dist::constant(Span::from_secs(1))),
        None,
        work,
    );
    build.names.changes.push("calm".to_owned());
    build.tables.changes.push(Change {
        key: Key::of("calm"),
        at: Instant::FaultEnd(FaultId(1), Span::ZERO),
        edits: vec![
            Edit::LoadScale {
                load: LoadId(0),
                scale: Factor(500_000),
                ramp: None,
            },
            Edit::Workers {
                service: ServiceId(2),
                workers: Some(100),
            },
        ],
    });
    insta::assert_snapshot!(seen(build));
}

#[test]
fn flows_are_followed_by_chance_times_and_choice() {
    let mut build = Build::new();
    let hub = build.service("hub", 1, Some(100), 0);
    let leaves: Vec<u32> = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|it| build.service(it, 1, Some(10), 10))
        .collect();
    build.flow(
        hub,
        vec![
            Do::Sometimes(8, Box::new(Do::Call(leaves[0]))),
            Do::Many(leaves[1], 5, true),
            Do::Many(leaves[2], 3, false),
            Do::Choose(vec![(70, vec![Do::Call(leaves[3])]), (30, vec![Do::Wait(100)])]),
            Do::Parallel(vec![vec![Do::Work(4)], vec![Do::Wait(6)]], 2),
            Do::Background(Box::new(Do::Call(leaves[4]))),
            Do::Optional(Box::new(Do::Work(1))),
        ],
    );
    build.load("users", steady(10.0), hub);
    // Held: 0.8 + 10 + 30 + 7 + 30 + 6 + 1.
    insta::assert_snapshot!(seen(build), @r"
    0s (0s) hub: 10.00/s, 84.800ms, 0.848 of 100 = 0.8%, worst 10.0/s
    0s (0s) a: 0.80/s, 10.000ms, 0.008 of 10 = 0.1%, worst 0.8/s
    0s (0s) b: 50.00/s, 10.000ms, 0.500 of 10 = 5.0%, worst 50.0/s
    0s (0s) c: 30.00/s, 10.000ms, 0.300 of 10 = 3.0%, worst 30.0/s
    0s (0s) d: 7.00/s, 10.000ms, 0.070 of 10 = 0.7%, worst 7.0/s
    0s (0s) e: 10.00/s, 10.000ms, 0.100 of 10 = 1.0%, worst 10.0/s
    ");
}

#[test]
fn cores_limit_where_they_are_the_tighter_ones() {
    let mut build = shop(steady(100.0));
    build.tables.services[0].cores = Some(Cores {
        limit: 1,
        sharing: Sharing::Fifo,
    });
    build.tables.services[2].workers = None;
    insta::assert_snapshot!(seen(build), @r"
    0s (0s) web: 100.00/s, 35.000ms, 0.500 of 6 = 8.3%, worst 100.0/s
    0s (0s) app: 100.00/s, 30.000ms, 3.000 of 256 = 1.2%, worst 100.0/s
    0s (0s) db: 100.00/s, 20.000ms, 2.000 of unlimited = -, worst 100.0/s
    ");
}

#[test]
fn a_closed_load_offers_its_asymptotic_bound() {
    let think = Dist::constant(ms(965));
    insta::assert_snapshot!(seen(shop(Arrival::Closed { users: 50, think })), @r"
    0s (0s) web: 50.00/s, 35.000ms, 1.750 of 384 = 0.5%, worst 50.0/s
    0s (0s) app: 50.00/s, 30.000ms, 1.500 of 256 = 0.6%, worst 50.0/s
    0s (0s) db: 50.00/s, 20.000ms, 1.000 of 96 = 1.0%, worst 50.0/s
    ");
}

#[test]
fn sessions_and_traces_count_their_requests() {
    let mut build = shop(steady(10.0));
    build.tables.loads[0].mix[0].until = percent(50);
    let site = build.tables.loads[0].mix[0].site;
    build.tables.loads[0].mix.push(MixItem {
        until: Chance::ALWAYS,
        site,
    });
    build.tables.loads[0].session = Some(Session {
        path: vec![
            SessionStep {
                item: 0,
                chance: Chance::ALWAYS,
            },
            SessionStep {
                item: 1,
                chance: percent(50),
            },
        ],
        requests_mean: 1.0,
        think: Dist::ZERO,
    });
    let (model, names) = build.done();
    assert!((capacity(&model, &names).rows[0].offered_per_s - 15.0).abs() < 1e-9);

    let rows = (0..2400)
        .map(|it| TraceRow {
            at: SimTime::from_nanos(it * 500_000_000),
            item: Some(0),
        })
        .collect();
    let (model, names) = shop(Arrival::Trace(rows)).done();
    assert!((capacity(&model, &names).rows[0].offered_per_s - 2.0).abs() < 1e-9);
}

#[test]
fn a_slowdown_is_taken_at_the_concurrency_it_causes() {
    let mut build = Build::new();
    let db = build.service("db", 1, Some(100), 10);
    build.tables.services[0].slowdown = Some(Slowdown::Usl {
        sigma: Factor(100_000),
        kappa: Factor(0),
    });
    build.load("users", steady(400.0), db);
    let (model, names) = build.done();
    // n = 400 * 0.01 * (1 + 0.1 (n - 1)): n = 4 * 0.9 / (1 - 0.4) = 6, which is whole.
    let row = &capacity(&model, &names).rows[0];
    assert!((row.erlangs - 6.0).abs() < 1e-6, "{row:?}");
}

#[test]
fn a_cycle_ends_at_the_depth_limit_with_a_note() {
    let mut build = Build::new();
    let a = build.service("a", 1, Some(10), 1);
    let b = build.service("b", 1, Some(10), 1);
    build.flow(a, vec![Do::Call(b)]);
    build.flow(b, vec![Do::Call(a)]);
    build.load("users", steady(1.0), a);
    let (model, names) = build.done();
    let found = capacity(&model, &names);
    assert_eq!(
        found.rows.iter().map(|it| it.offered_per_s).collect::<Vec<_>>(),
        [8.0, 8.0]
    );
    assert_eq!(found.notes, ["calls deeper than 16 levels are left out"]);
}

#[test]
fn events_grow_with_rate_and_length() {
    let (model, names) = shop(steady(1000.0)).done();
    // Per request: its arrival and three works.
    assert_eq!(capacity(&model, &names).events_estimate, 4.0 * 1000.0 * 1200.0);
}

#[test]
fn a_rate_is_taken_at_its_highest_in_the_phase() {
    let point = |it: u64, per_second: f64| RatePoint { at: at(it), per_second };
    let rate = Rate {
        points: vec![
            point(10, 100.0),
            point(20, 200.0),
            point(30, 0.0),
            point(40, 0.0),
            point(40, 500.0),
        ],
    };
    let peak = |from: u64, to: u64| peak(&rate, from as f64 * 1e9, to as f64 * 1e9);
    assert_eq!(peak(0, 10), 100.0);
    assert_eq!(peak(10, 15), 150.0);
    assert_eq!(peak(12, 30), 200.0);
    assert_eq!(peak(25, 30), 100.0);
    assert_eq!(peak(30, 40), 0.0);
    assert_eq!(peak(40, 99), 500.0);
}

#[test]
fn what_depends_on_itself_is_in_no_phase() {
    let mut build = shop(steady(1.0));
    build.fault(
        "a",
        2,
        Schedule::Once(Instant::Change(ChangeId(0), Span::ZERO)),
        None,
        Effect::Crash,
    );
    build.tables.faults[0].replicas = vec![ReplicaId(14)];
    build.names.changes.push("x".to_owned());
    build.tables.changes.push(Change {
        key: Key::of("x"),
        at: Instant::FaultStart(FaultId(0), Span::ZERO),
        edits: vec![],
    });
    let (model, names) = build.done();
    assert_eq!(capacity(&model, &names).rows.len(), 3);
}
