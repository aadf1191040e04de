//! Admission and dimmers in motion.

use super::build::*;
use crate::model::{Admission, ConcurrencyLimit, Effect, Partition, QueueOrder};
use crate::outcome::Outcome;
use crate::policy::concurrency::{Aimd, Concurrency, Limit};
use crate::policy::rate_limit::{FixedWindow, RateLimit};
use crate::quantity::Factor;
use crate::server::criticality::Thresholds;
use crate::server::dimmer::Dimmer;
use crate::server::partition::Partitions;

/// One request at each of these milliseconds, with this priority and class.
fn requests(mut system: Sys, who: &[(u64, u8, u32)]) -> Sys {
    for &(at, priority, class) in who {
        system = system.requests(&[at], "db.x");
        let load = system.loads.last_mut().expect("one was added");
        (load.priority, load.class) = (priority, class);
    }
    system
}

fn db(took: u64, workers: u32, admission: Admission) -> Svc {
    Svc::new("db", always(ms(took)), vec![])
        .workers(workers)
        .admission(admission)
}

#[test]
fn the_least_important_are_refused_first_as_workers_fill_up() {
    let admission = Admission {
        criticality: Some(Thresholds {
            critical_plus: Factor(u64::MAX),
            critical: Factor::ONE,
            sheddable_plus: Factor(750_000),
            sheddable: Factor(500_000),
        }),
        ..Admission::default()
    };
    // Four workers; of each importance one comes while 1, 2, 3 and 4 of them are busy.
    let system = Sys::new(vec![db(100, 4, admission)]);
    let importance = |busy: u64, priority| (busy * 10, priority, 0);
    let who = [
        (0, 3, 0),
        importance(1, 3),
        importance(2, 3),
        importance(2, 2),
        importance(3, 9),
        importance(3, 2),
        importance(3, 1),
        importance(4, 1),
        importance(4, 0),
    ];
    assert_eq!(
        requests(system, &who).play(),
        "ok@100 ok@110 shed@20 ok@120 shed@30 shed@30 ok@130 shed@40 ok@200"
    );
}

/// The reference's two kinds of call, in one replica with a fixed limit.
#[test]
fn ls_5_a_partition_has_its_share_even_when_the_limit_is_reached() {
    let shares = Partitions::new(vec![Factor(800_000), Factor(200_000)]).expect("all together");
    let admission = Admission {
        limit: Some(ConcurrencyLimit::Fixed(10)),
        partition: Some(Partition {
            shares,
            of_class: vec![Some(0), Some(1)],
        }),
        ..Admission::default()
    };
    let (live, batch) = (0, 1);
    let mut who: Vec<(u64, u8, u32)> = (0..11).map(|it| (it, 0, batch)).collect();
    who.extend((20..29).map(|it| (it, 0, live)));
    // When a batch call has ended, nine of them are still more than their two.
    who.extend([(1_000, 0, batch), (1_020, 0, batch)]);
    let system = Sys::new(vec![db(1_000, 100, admission)]);
    let system = requests(system, &who);
    let story = system.play();
    let shed: Vec<usize> = (0..who.len())
        .filter(|it| story.split(' ').nth(*it).expect("a request").starts_with("shed"))
        .collect();
    // The eleventh batch call; the ninth live call; and then with 17 inside another batch call. At 1020 seven are left.
    assert_eq!(shed, [10, 19, 20], "{story}");
    assert_eq!(system.run().services[0].in_service.max, 18);
}

#[test]
fn a_limit_counts_who_waits_and_is_given_back_by_all_who_go() {
    let admission = Admission {
        limit: Some(ConcurrencyLimit::Fixed(2)),
        ..Admission::default()
    };
    let service = db(10, 1, admission).queue(Some(5), QueueOrder::Fifo, Some(always(ms(4))));
    let system = Sys::new(vec![service]).requests(&[0, 1, 2, 6, 30], "db.x");
    // The second leaves the queue at 5; the fourth takes its place.
    assert_eq!(system.play(), "ok@10 queue_timeout@5 shed@2 ok@20 ok@40");
    // A crash gives everything back, too.
    let crash = system.fault("db", 7, 8, Effect::Crash);
    assert_eq!(
        system.play_with(vec![crash]),
        "reset@7 queue_timeout@5 shed@2 reset@7 ok@40"
    );
}

#[test]
fn an_adaptive_limit_finds_what_a_replica_can_take() {
    let aimd = Limit::Aimd(Aimd {
        initial_limit: 20,
        min_limit: 1,
        max_limit: 200,
        timeout: ms(50),
        ..Aimd::DEFAULT
    });
    let system = |limit| {
        let admission = Admission {
            limit,
            ..Admission::default()
        };
        Sys::new(vec![db(10, 2, admission)])
            .load(Ld::new("users", poisson(400.0), "db.x"))
            .lasting(60)
            .run()
    };
    let (with, without) = (
        system(Some(ConcurrencyLimit::Adaptive(Concurrency::of(aimd)))),
        system(None),
    );
    // 200 a second get through either way. With the limit they take as long as they may, without it ever longer.
    let p99 = |it: &crate::results::RunResult| it.loads[0].total.response_ok.quantile_s(0.99);
    let (limited, unlimited) = (p99(&with).expect("some"), p99(&without).expect("some"));
    assert!(limited < 0.1, "{limited:?}");
    assert!(unlimited > 10.0, "{unlimited:?}");
    let done = with.loads[0].total.outcomes;
    // At least nine tenths of what the workers can do.
    assert!(done.of(Outcome::Ok) > 10_800, "{}", done.of(Outcome::Ok));
    assert!(done.of(Outcome::Shed) > 11_000);
}

#[test]
fn rate_limits_count_at_each_replica_or_over_all() {
    let window = Some(RateLimit::FixedWindow(FixedWindow {
        limit: 2,
        window: ms(100),
    }));
    let local = Admission {
        local_rate_limit: window,
        ..Admission::default()
    };
    let global = Admission {
        global_rate_limit: window,
        ..Admission::default()
    };
    let of = |admission| {
        Sys::new(vec![db(1, 9, admission).replicas(2)])
            .load(Ld::new("users", even(100.0), "db.x"))
            .lasting(10)
            .run()
            .loads[0]
            .total
            .outcomes
    };
    // 999 in ten seconds to two replicas: 40 of them with two in 100 ms each, 20 with two over both.
    let (each, all) = (of(local), of(global));
    assert_eq!((each.of(Outcome::Ok), each.of(Outcome::Quota)), (400, 599));
    assert_eq!((all.of(Outcome::Ok), all.of(Outcome::Quota)), (200, 799));
}

#[test]
fn a_dimmer_leaves_out_what_is_optional_until_answers_are_quick() {
    let dimmer = Dimmer {
        setpoint: ms(100),
        ..Dimmer::DEFAULT
    };
    let shop = |dimmer| {
        let mut shop = Svc::new("shop", exponential(ms(5)), vec![work(ms(20)).optional()]).workers(1);
        shop.dimmer = dimmer;
        Sys::new(vec![shop])
            .load(Ld::new("users", poisson(80.0), "shop.x"))
            .lasting(300)
            .warmup(100)
            .run()
    };
    let (dimmed, bright) = (shop(Some(dimmer)), shop(None));
    let p95 = |it: &crate::results::RunResult| it.loads[0].total.response_all.quantile_s(0.95).expect("some");
    // 80 a second of 25 ms are twice what the worker can do, of 5 ms two fifths.
    assert!(p95(&bright) > 10.0, "{:?}", p95(&bright));
    assert!(p95(&dimmed) < 0.25, "{:?}", p95(&dimmed));
    let outcomes = dimmed.loads[0].total.outcomes;
    let (ok, degraded) = (outcomes.of(Outcome::Ok), outcomes.of(Outcome::Degraded));
    // Nobody fails, some get all, the others less.
    assert_eq!(ok + degraded, outcomes.total());
    assert!(
        ok > outcomes.total() / 20 && degraded > outcomes.total() / 4,
        "{ok}, {degraded}"
    );
}

#[test]
fn a_dimmer_at_its_ends_takes_all_optional_steps_or_none() {
    let theta = |initial_theta| {
        let mut shop = Svc::new("shop", always(ms(5)), vec![work(ms(20)).optional(), work(ms(1))]);
        shop.dimmer = Some(Dimmer {
            initial_theta,
            ..Dimmer::DEFAULT
        });
        Sys::new(vec![shop]).requests(&[0, 10], "shop.x").play()
    };
    assert_eq!(theta(Factor::ONE), "ok@26 ok@36");
    assert_eq!(theta(Factor(0)), "degraded@6 degraded@16");
}
