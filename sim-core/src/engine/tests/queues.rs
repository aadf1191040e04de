//! Queues, workers and cores: by hand and against theory. Intervals are of ten seeds, 99.9 %.

use super::build::*;
use crate::engine::{Limits, run};
use crate::model::{QueueOrder, Sharing};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::quantity::Factor;
use crate::server::slowdown::Slowdown;
use crate::theory;

fn one_worker(order: QueueOrder, limit: Option<u32>, timeout: Option<u64>) -> Sys {
    let timeout = timeout.map(|it| always(ms(it)));
    Sys::new(vec![
        Svc::new("db", always(ms(10)), vec![])
            .workers(1)
            .queue(limit, order, timeout),
    ])
}

#[test]
fn the_oldest_or_the_newest_is_next() {
    let at = [0, 1, 2, 3];
    let fifo = one_worker(QueueOrder::Fifo, None, None).requests(&at, "db.x");
    assert_eq!(fifo.play(), "ok@10 ok@20 ok@30 ok@40");
    let lifo = one_worker(QueueOrder::Lifo, None, None).requests(&at, "db.x");
    assert_eq!(lifo.play(), "ok@10 ok@40 ok@30 ok@20");
}

#[test]
fn a_full_queue_refuses_and_a_limit_of_zero_lets_nobody_wait() {
    let at = [0, 1, 2, 10, 15];
    let two = one_worker(QueueOrder::Fifo, Some(1), None).requests(&at, "db.x");
    // At 10 the first ends before the fourth arrives: the queue has room again.
    assert_eq!(two.play(), "ok@10 ok@20 queue_full@2 ok@30 queue_full@15");
    let none = one_worker(QueueOrder::Fifo, Some(0), None).requests(&at, "db.x");
    assert_eq!(none.play(), "ok@10 queue_full@1 queue_full@2 ok@20 queue_full@15");
    let result = two.run();
    assert_eq!(
        (result.services[0].queue_length.max, result.services[0].in_system.max),
        (1, 2)
    );
}

#[test]
fn who_waits_too_long_is_dropped_at_that_instant() {
    let system = one_worker(QueueOrder::Fifo, None, Some(15)).requests(&[0, 1, 2, 5], "db.x");
    // The third would begin at 20, and is dropped at 17; the fourth begins at 20, the very instant of its timeout: in time.
    assert_eq!(system.play(), "ok@10 ok@20 queue_timeout@17 ok@30");
    let drawn = exponential(ms(15));
    let mut system = one_worker(QueueOrder::Fifo, None, None);
    system.services[0].queue.timeout = Some(drawn);
    let system = system.load(Ld::new("users", poisson(150.0), "db.x")).lasting(200);
    let result = system.run();
    let db = &result.services[0].total;
    let (ok, dropped) = (db.outcomes.of(Outcome::Ok), db.outcomes.of(Outcome::QueueTimeout));
    assert_eq!(ok + dropped, db.offered);
    assert!(dropped > db.offered / 4, "offered 1.5 times what it can do");
}

#[test]
fn cores_are_taken_in_turn() {
    let system = Sys::new(vec![
        Svc::new("db", always(ms(10)), vec![])
            .workers(9)
            .cores(2, Sharing::Fifo),
    ])
    .requests(&[0, 0, 1, 5], "db.x");
    assert_eq!(system.play(), "ok@10 ok@10 ok@20 ok@20");
}

#[test]
fn a_shared_processor_serves_all_at_once() {
    let system = Sys::new(vec![
        Svc::new("db", always(ms(12)), vec![]).cores(1, Sharing::Processor),
    ])
    .requests(&[0, 6, 12], "db.x");
    // Alone until 6 (6 left), halves until 12 (3 and 9 left), thirds until 21 (the first is done; 6 and 9 left), halves
    // until 33 (the second is done; 3 left).
    assert_eq!(system.play(), "ok@21 ok@33 ok@36");
    let two = Sys::new(vec![
        Svc::new("db", always(ms(12)), vec![]).cores(2, Sharing::Processor),
    ])
    .requests(&[0, 0, 0, 0], "db.x");
    assert_eq!(two.play(), "ok@24 ok@24 ok@24 ok@24");
}

#[test]
fn slowdown_counts_those_in_service() {
    let slow = |slowdown| {
        let mut db = Svc::new("db", always(ms(10)), vec![]);
        db.slowdown = Some(slowdown);
        Sys::new(vec![db]).requests(&[0, 1, 2], "db.x").play()
    };
    let linear = slow(Slowdown::Linear {
        per_call: Factor(100_000),
    });
    assert_eq!(linear, "ok@11 ok@13 ok@15");
    let usl = slow(Slowdown::Usl {
        sigma: Factor(100_000),
        kappa: Factor(50_000),
    });
    // 1; 1 + 0.1 + 0.1; 1 + 0.2 + 0.3.
    assert_eq!(usl, "ok@10 ok@13 ok@17");
}

#[test]
fn gauges_and_shares_of_time_are_exact() {
    // One replica, one worker, 10 ms each; 100 ms measured after 50 ms.
    let mut system = one_worker(QueueOrder::Fifo, None, None).requests(&[45, 48, 60, 149, 149], "db.x");
    system.clock.warmup = at(50);
    system.clock.duration = at(150);
    system.clock.window = ms(40);
    let record = Record::ALL;
    let result = run(&system.model(), 1, &record, &Limits::default(), &mut ()).expect("within the limits");
    assert_eq!(
        system.story(&result),
        "- - ok@75 ok@159 ok@169",
        "the first two came during the warm-up"
    );
    let db = &result.services[0];
    // Busy 50-75 and 149-150; the queue holds one 50-55, another 60-65 and one 149-150.
    assert!((db.in_service.mean - 0.26).abs() < 1e-12);
    assert!((db.queue_length.mean - 0.11).abs() < 1e-12);
    assert!((db.in_system.mean - 0.37).abs() < 1e-12);
    assert_eq!((db.in_system.max, db.queue_length.max, db.in_service.max), (2, 1, 1));
    let shares: Vec<i64> = db.time_share.iter().map(|it| (it * 1000.0).round() as i64).collect();
    // None 75-149; one 55-60 and 65-75; two 50-55, 60-65 and 149-150.
    assert_eq!(shares, [740, 150, 110]);
    assert!((db.utilization.unwrap() - 0.26).abs() < 1e-12);
    assert_eq!(
        (db.total.offered, db.total.started, db.total.waited, db.total.completed),
        (3, 3, 2, 3)
    );
    assert_eq!(db.total.wait.sum_nanos(), u128::from(ms(5 + 10).nanos()));
    // Windows 0-40, 40-80, 80-120, 120-150.
    let points = &result.timeline.services[0];
    let busy: Vec<i64> = points
        .iter()
        .map(|it| (it.in_service * 1000.0).round() as i64)
        .collect();
    assert_eq!(busy, [0, 750, 0, 33]);
    assert_eq!(points.iter().map(|it| it.offered).collect::<Vec<_>>(), [0, 3, 0, 2]);
    assert_eq!(points.iter().map(|it| it.completed).collect::<Vec<_>>(), [0, 3, 0, 0]);
}

#[test]
fn a_window_longer_than_the_run_is_cut_at_its_end() {
    let mut system = one_worker(QueueOrder::Fifo, None, None).requests(&[0], "db.x");
    system.clock.duration = at(100);
    system.clock.window = ms(1_000);
    let result = run(&system.model(), 1, &Record::ALL, &Limits::default(), &mut ()).expect("within the limits");
    assert!((result.timeline.services[0][0].in_service - 0.1).abs() < 1e-6);
}

#[test]
fn a_loss_system_refuses_as_erlang_b_says() {
    let system = Sys::new(vec![Svc::new("db", exponential(ms(100)), vec![]).workers(5).queue(
        Some(0),
        QueueOrder::Fifo,
        None,
    )])
    .load(Ld::new("users", poisson(40.0), "db.x"))
    .lasting(2_000)
    .warmup(10);
    agrees("Erlang B", theory::erlang::erlang_b(5, 4.0), 0.03, |seed| {
        let db = &system.run_with(vec![], seed).services[0].total;
        db.outcomes.of(Outcome::QueueFull) as f64 / db.offered as f64
    });
}

#[test]
fn many_workers_wait_as_erlang_c_says() {
    let system = Sys::new(vec![Svc::new("db", exponential(ms(100)), vec![]).workers(4)])
        .load(Ld::new("users", poisson(28.0), "db.x"))
        .lasting(3_000)
        .warmup(60);
    let theory = theory::mmc::Mmc::new(28.0, 10.0, 4).unwrap();
    agrees("share that waits", theory.wait_probability(), 0.05, |seed| {
        let db = &system.run_with(vec![], seed).services[0].total;
        db.waited as f64 / db.started as f64
    });
    agrees("mean response", theory.response_mean(), 0.05, |seed| {
        system.run_with(vec![], seed).loads[0]
            .total
            .response_ok
            .mean_s()
            .unwrap()
    });
}

#[test]
fn a_shared_processor_answers_as_theory_says_whatever_the_work_is_like() {
    for work in [
        exponential(ms(10)),
        crate::dist::Dist::hyperexponential(ms(10), 2.0).unwrap(),
        always(ms(10)),
    ] {
        let system = Sys::new(vec![Svc::new("db", work, vec![]).cores(1, Sharing::Processor)])
            .load(Ld::new("users", poisson(60.0), "db.x"))
            .lasting(2_000)
            .warmup(20);
        let mean = theory::sharing::response_mean(60.0, 0.01).unwrap();
        agrees("mean response", mean, 0.05, |seed| {
            system.run_with(vec![], seed).loads[0]
                .total
                .response_ok
                .mean_s()
                .unwrap()
        });
    }
}

#[test]
fn queues_in_a_row_are_as_if_each_stood_alone() {
    // Burke: the second queue sees Poisson arrivals. One worker each, and neither waits for the other (async).
    let style = crate::model::Style::Async;
    let system = Sys::new(vec![
        Svc::new("a", exponential(ms(10)), vec![call("b.x")])
            .workers(1)
            .style(style),
        Svc::new("b", exponential(ms(8)), vec![]).workers(1),
    ])
    .load(Ld::new("users", poisson(60.0), "a.x"))
    .lasting(2_000)
    .warmup(20);
    let mean = |rate| theory::mm1::Mm1::new(60.0, rate).unwrap().response_mean();
    agrees("both", mean(100.0) + mean(125.0), 0.05, |seed| {
        system.run_with(vec![], seed).loads[0]
            .total
            .response_ok
            .mean_s()
            .unwrap()
    });
    agrees("the second", mean(125.0), 0.05, |seed| {
        system.run_with(vec![], seed).services[1]
            .total
            .response
            .mean_s()
            .unwrap()
    });
}

#[test]
fn unlimited_workers_hold_as_many_as_little_says() {
    let system = Sys::new(vec![Svc::new("db", exponential(ms(200)), vec![])])
        .load(Ld::new("users", poisson(50.0), "db.x"))
        .lasting(1_000)
        .warmup(5);
    agrees("in service", 10.0, 0.02, |seed| {
        system.run_with(vec![], seed).services[0].in_service.mean
    });
}
