//! Queue disciplines in motion: the machines' vectors as calls see them, and what becomes of those who are given up.

use super::build::*;
use crate::model::{Change, Discipline, Edit, Expiry, Instant, Model, Queue, QueueOrder, Shedding, Stage, Tables};
use crate::outcome::Outcome;
use crate::policy::deadline::Deadline;
use crate::quantity::Factor;
use crate::rng::Key;
use crate::server::adaptive_lifo::AdaptiveLifo;
use crate::server::codel::{Codel, Comparison};
use crate::server::deadline_drop::DeadlineDrop;
use crate::server::folly_codel::FollyCodel;
use crate::server::overflow::OnFull;
use crate::server::queue_timeout::QueueTimeout;
use crate::server::red::Red;
use crate::time::Span;

/// One worker that takes so many milliseconds a call.
fn worker(took: u64, limit: Option<u32>, order: QueueOrder, discipline: Discipline) -> Sys {
    Sys::new(vec![
        Svc::new("db", always(ms(took)), vec![])
            .workers(1)
            .queue(limit, order, None)
            .discipline(discipline),
    ])
}

fn fifo(took: u64, discipline: Discipline) -> Sys {
    worker(took, None, QueueOrder::Fifo, discipline)
}

/// One request at each of these milliseconds, with this priority.
fn requests(mut system: Sys, at_and_priority: &[(u64, u8)]) -> Sys {
    for &(at, priority) in at_and_priority {
        system = system.requests(&[at], "db.x");
        system.loads.last_mut().expect("one was added").priority = priority;
    }
    system
}

/// The milliseconds at which requests ended so, in order.
fn ends(system: &Sys, outcome: &str) -> Vec<u64> {
    let story = system.play();
    let of = |it: &str| it.strip_prefix(outcome)?.strip_prefix('@')?.parse().ok();
    let mut ends: Vec<u64> = story.split(' ').filter_map(of).collect();
    ends.sort_unstable();
    ends
}

/// The reference's deterministic queue, one millisecond later, so that the call of an instant comes before the worker looks.
#[test]
fn ls_4_codel_drops_at_the_instants_of_the_control_law() {
    let codel = |comparison| {
        let system = fifo(
            10,
            Discipline {
                shedding: Some(Shedding::Codel(Codel {
                    comparison,
                    ..Codel::DEFAULT
                })),
                ..Discipline::default()
            },
        );
        let at: Vec<u64> = core::iter::once(1).chain((1..=120).map(|it| it * 5)).collect();
        let mut dropped = ends(&system.requests(&at, "db.x"), "shed");
        dropped.retain(|it| *it <= 601);
        dropped
    };
    let linux = codel(Comparison::Linux);
    assert_eq!(linux, [121, 221, 301, 351, 401, 451, 491, 531, 561, 601]);
    // Late for the whole interval at 111: the RFC drops at that instant.
    assert_eq!(codel(Comparison::Rfc)[..2], [111, 211]);
}

#[test]
fn ls_1_folly_codel_drops_what_waited_long_in_an_overloaded_interval() {
    let folly = Discipline {
        shedding: Some(Shedding::FollyCodel(FollyCodel::DEFAULT)),
        ..Discipline::default()
    };
    // The first call has not waited, so that the interval that begins at 40 is not an overloaded one. What comes out until
    // 140 has waited for 39 and more: from 160 on it is, the first call is kept, and whoever waited for more than 10 goes.
    let system = fifo(40, folly).requests(&[0, 1, 2, 4, 5, 6, 115, 130], "db.x");
    assert_eq!(
        system.play(),
        "ok@40 ok@80 ok@120 ok@160 ok@200 shed@200 shed@200 shed@200"
    );
}

#[test]
fn ls_6_who_is_in_time_depends_on_the_order_and_the_check() {
    // The worker is busy until 100; A, B and C came at 10, 20 and 95 and wait for 75 at most; service takes 20.
    let play = |order, expiry| {
        let discipline = Discipline {
            expiry,
            ..Discipline::default()
        };
        let mut system = worker(20, None, order, discipline).stages(
            "*",
            "db",
            vec![Stage::Deadline(Deadline {
                limit: ms(75),
                propagate: true,
                margin: Span::ZERO,
            })],
        );
        let busy = Ep {
            name: "busy".into(),
            work: Some(always(ms(100))),
            ..system.services[0].endpoints[0].clone()
        };
        system.services[0].endpoints.push(busy);
        system = system.requests(&[10, 20, 95], "db.x");
        system.requests(&[0], "db.busy")
    };
    let fifo = |expiry| play(QueueOrder::Fifo, expiry);
    // Without a check A and B are served too late, and C is done at 160, in time.
    let blind = fifo(Expiry::Serve);
    assert_eq!(blind.play(), "deadline@85 deadline@95 ok@160 deadline@75");
    // With one, A and B are dropped unserved, and C is done at 120.
    let checked = fifo(Expiry::Drop(DeadlineDrop::DEFAULT));
    assert_eq!(checked.play(), "deadline@85 deadline@95 ok@120 deadline@75");
    let of = |system: &Sys, outcome| system.run().services[0].total.outcomes.of(outcome);
    assert_eq!((of(&blind, Outcome::Deadline), of(&blind, Outcome::Ok)), (0, 4));
    assert_eq!((of(&checked, Outcome::Deadline), of(&checked, Outcome::Ok)), (2, 2));
    // Last in, first out serves C at once, and the others too late.
    let lifo = play(QueueOrder::Lifo, Expiry::Serve);
    assert_eq!(lifo.play(), "deadline@85 deadline@95 ok@120 deadline@75");
    assert_eq!(of(&lifo, Outcome::Ok), 4);
}

#[test]
fn a_call_without_time_enough_left_is_dropped_and_frees_its_place_at_once() {
    let system = |needed| {
        let expiry = Expiry::Drop(DeadlineDrop { needed: ms(needed) });
        fifo(
            20,
            Discipline {
                expiry,
                ..Discipline::default()
            },
        )
        .stages(
            "*",
            "db",
            vec![Stage::Deadline(Deadline {
                limit: ms(50),
                propagate: true,
                margin: Span::ZERO,
            })],
        )
        .requests(&[0, 0, 0, 30], "db.x")
    };
    // At 40 the third has 10 left.
    assert_eq!(system(10).play(), "ok@20 ok@40 deadline@50 ok@80");
    assert_eq!(system(11).play(), "ok@20 ok@40 deadline@40 ok@60");
}

#[test]
fn adaptive_lifo_turns_round_when_the_queue_builds_up() {
    let adaptive = QueueOrder::AdaptiveLifo(AdaptiveLifo { threshold: 2 });
    let system = |at: &[u64]| worker(10, None, adaptive, Discipline::default()).requests(at, "db.x");
    assert_eq!(system(&[0, 1, 2]).play(), "ok@10 ok@20 ok@30", "two wait: first come");
    assert_eq!(
        system(&[0, 1, 2, 3, 4]).play(),
        "ok@10 ok@40 ok@50 ok@30 ok@20",
        "four wait: the newest, until two are left"
    );
}

#[test]
fn the_more_important_goes_first_and_equals_in_turn() {
    let system = requests(
        worker(10, None, QueueOrder::Priority, Discipline::default()),
        &[(0, 9), (1, 3), (2, 0), (3, 3), (4, 1), (5, 0)],
    );
    assert_eq!(system.play(), "ok@10 ok@50 ok@20 ok@60 ok@40 ok@30");
}

#[test]
fn priorities_are_carried_along_to_what_a_request_causes() {
    let mut system = Sys::new(vec![
        Svc::new("web", always(ms(1)), vec![call("db.x")]),
        Svc::new("db", always(ms(10)), vec![])
            .workers(1)
            .queue(None, QueueOrder::Priority, None),
    ]);
    for (at, priority) in [(0, 5), (1, 5), (2, 5), (3, 1)] {
        system = system.requests(&[at], "web.x");
        system.loads.last_mut().expect("one was added").priority = priority;
    }
    assert_eq!(system.play(), "ok@11 ok@31 ok@41 ok@21");
}

#[test]
fn a_full_queue_drops_whom_it_is_told_to() {
    let full = |order, on_full, who: &[(u64, u8)]| {
        let discipline = Discipline {
            on_full,
            ..Discipline::default()
        };
        requests(worker(10, Some(2), order, discipline), who).play()
    };
    let equal = [(0, 0), (1, 0), (2, 0), (3, 0)];
    let fifo = QueueOrder::Fifo;
    assert_eq!(full(fifo, OnFull::Newcomer, &equal), "ok@10 ok@20 ok@30 queue_full@3");
    assert_eq!(full(fifo, OnFull::Oldest, &equal), "ok@10 queue_full@3 ok@20 ok@30");
    assert_eq!(full(fifo, OnFull::Lowest, &equal), "ok@10 ok@20 ok@30 queue_full@3");
    // The least important goes, the newest of them or the oldest, and nobody for a less important newcomer.
    let mixed = [(0, 0), (1, 5), (2, 7), (3, 1), (4, 1), (5, 9)];
    for order in [fifo, QueueOrder::Priority] {
        for on_full in [OnFull::Lowest, OnFull::Oldest] {
            assert_eq!(
                full(order, on_full, &mixed),
                "ok@10 queue_full@4 queue_full@3 ok@20 ok@30 queue_full@5"
            );
        }
    }
    // Among equals only the oldest differ from the newest.
    let low = [(0, 0), (1, 5), (2, 5), (3, 5), (4, 1)];
    assert_eq!(
        full(fifo, OnFull::Oldest, &low),
        "ok@10 queue_full@3 queue_full@4 ok@20 ok@30"
    );
    assert_eq!(
        full(QueueOrder::Priority, OnFull::Lowest, &low),
        "ok@10 ok@30 queue_full@4 queue_full@3 ok@20"
    );
}

#[test]
fn the_answer_to_a_dropped_call_takes_its_way_back() {
    let discipline = Discipline {
        on_full: OnFull::Oldest,
        ..Discipline::default()
    };
    let system = worker(10, Some(1), QueueOrder::Fifo, discipline)
        .latency(always(ms(2)))
        .requests(&[0, 1, 2], "db.x");
    // The second is dropped at 4, when the third arrives; its caller hears of it at 6.
    assert_eq!(system.play(), "ok@14 queue_full@6 ok@24");
}

#[test]
fn a_standing_queue_lets_newcomers_wait_briefly() {
    let discipline = Discipline {
        queue_timeout: Some(QueueTimeout {
            short: ms(5),
            long: ms(100),
        }),
        ..Discipline::default()
    };
    let at = [0, 1, 2, 50, 101, 102, 149];
    let system = fifo(60, discipline).requests(&at, "db.x");
    // The queue is last empty at 1, when the second comes. Who comes by 101 may wait for 100, who comes later for 5.
    assert_eq!(
        system.play(),
        "ok@60 ok@120 queue_timeout@102 ok@180 ok@240 queue_timeout@107 queue_timeout@154"
    );
}

#[test]
fn red_refuses_a_share_of_newcomers_before_the_queue_is_full() {
    let red = |max_probability, min| Discipline {
        red: Some(Red {
            min,
            max: min + 10,
            max_probability: Factor(max_probability),
            weight: Factor::ONE,
        }),
        ..Discipline::default()
    };
    // One call is in service, five wait: the queue a newcomer finds is 0 to 5 long, and never reaches the average's maximum.
    let at: Vec<u64> = (0..7).collect();
    let spared = fifo(100, red(1_000_000, 6)).requests(&at, "db.x");
    assert_eq!(ends(&spared, "shed"), [] as [u64; 0]);
    let certain = Discipline {
        red: Some(Red {
            min: 1,
            max: 2,
            max_probability: Factor::ONE,
            weight: Factor::ONE,
        }),
        ..Discipline::default()
    };
    let all = fifo(100, certain).requests(&at, "db.x");
    assert_eq!(
        ends(&all, "shed"),
        [3, 4, 5, 6],
        "the average is the queue: two wait, and no more"
    );
    // A queue held at 5 of 0 to 10 and a half at most: a quarter is refused, of 4000 within 5 standard deviations.
    let mut shares = worker(1, Some(5), QueueOrder::Fifo, red(500_000, 0));
    shares.services[0].endpoints[0].work = Some(always(Span::from_secs(1_000)));
    let shares = shares.load(Ld::new("users", even(1_000.0), "db.x")).lasting(4);
    let db = shares.run().services[0].total.outcomes;
    let (shed, full) = (db.of(Outcome::Shed), db.of(Outcome::QueueFull));
    assert!(
        shed + full >= 3_990 && shed.abs_diff(1_000) < 137,
        "{shed} of {}",
        shed + full
    );
}

#[test]
fn a_change_of_the_queue_lines_up_those_who_wait() {
    let db = |queue| {
        let system = requests(
            worker(10, None, QueueOrder::Fifo, Discipline::default()),
            &[(0, 5), (1, 5), (2, 5), (3, 1), (40, 1)],
        );
        let changes = vec![Change {
            key: Key::of("change"),
            at: Instant::At(at(5)),
            edits: vec![Edit::Queue {
                service: system.service("db"),
                queue,
            }],
        }];
        let result = go(
            &Model::new(Tables {
                changes,
                ..system.tables()
            }),
            1,
        );
        system.story(&result)
    };
    let priority = Queue {
        order: QueueOrder::Priority,
        ..Queue::default()
    };
    assert_eq!(db(priority), "ok@10 ok@30 ok@40 ok@20 ok@50");
    let shedding = Queue {
        discipline: Discipline {
            shedding: Some(Shedding::FollyCodel(FollyCodel {
                target: ms(1),
                interval: ms(15),
            })),
            ..Discipline::default()
        },
        ..Queue::default()
    };
    // The first call is kept at 10, and so is that at 20, the first of an overloaded interval; the one at 30 is not.
    assert_eq!(db(shedding), "ok@10 ok@20 ok@30 shed@30 ok@50");
}
