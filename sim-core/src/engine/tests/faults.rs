//! What faults do, by hand: the instants at which single requests end.

use super::build::*;
use crate::dist::Dist;
use crate::model::{
    Change, Edit, Effect, ErrorRule, ErrorWhen, Fault, Flap, Instant, Model, Pick, QueueOrder, Ramp, Schedule, Sharing,
    Stage, Tables,
};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::quantity::Factor;
use crate::rng::Key;
use crate::theory;
use crate::time::Span;

fn times(factor: u64) -> Effect {
    Effect::Work {
        endpoint: None,
        factor: Factor(factor * 1_000_000),
    }
}

/// One service with work of 10 ms, 5 ms away.
fn distant() -> Sys {
    Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).workers(1)]).latency(always(ms(5)))
}

#[test]
fn a_crash_resets_what_is_inside_one_way_later_and_refuses_what_comes() {
    let system = distant().requests(&[0, 1, 5, 8, 20], "db.x");
    // The first is inside from 5, the second waits from 6; the third arrives at 10, the fourth at 13, when all is well again.
    let crash = system.fault("db", 8, 12, Effect::Crash);
    assert_eq!(
        system.play_with(vec![crash]),
        "reset@13 reset@13 refused@15 ok@28 ok@40"
    );
}

#[test]
fn a_lost_machine_never_answers() {
    let system = distant().requests(&[0, 1, 5, 8, 20], "db.x");
    let gone = system.fault("db", 8, 12, Effect::Blackhole);
    assert_eq!(system.play_with(vec![gone.clone()]), "- - - ok@28 ok@40");
    let patient = system.stages("*", "db", vec![Stage::Timeout(ms(50))]);
    assert_eq!(
        patient.play_with(vec![gone]),
        "timeout@50 timeout@51 timeout@55 ok@28 ok@40"
    );
}

#[test]
fn a_pause_keeps_arrivals_outside_until_all_come_in() {
    let system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).workers(1).queue(
        Some(1),
        QueueOrder::Fifo,
        None,
    )])
    .requests(&[0, 8, 9, 9], "db.x");
    let pause = system.fault("db", 4, 30, Effect::Pause);
    // Six milliseconds are left of the first. The others come in at 30: one waits, two are too many.
    let result = system.run_with(vec![pause], 1);
    assert_eq!(system.story(&result), "ok@36 ok@46 queue_full@30 queue_full@30");
    assert_eq!(result.services[0].availability, 1.0, "it is up, if not awake");
}

#[test]
fn a_stall_admits_queues_and_refuses_but_does_not_work() {
    let system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).workers(1).queue(
        Some(1),
        QueueOrder::Fifo,
        None,
    )])
    .requests(&[0, 8, 9], "db.x");
    let stall = system.fault("db", 4, 30, Effect::Stall);
    assert_eq!(system.play_with(vec![stall]), "ok@36 ok@46 queue_full@9");
}

#[test]
fn a_paused_process_takes_in_no_replies_and_fires_no_timers() {
    let tiers = |b_work, stages| {
        Sys::new(vec![
            Svc::new("a", None, vec![call("b.x")]),
            Svc::new("b", always(ms(b_work)), vec![]),
        ])
        .requests(&[0], "a.x")
        .stages("a", "b", stages)
    };
    let pause = |system: &Sys| vec![system.fault("a", 5, 100, Effect::Pause)];
    // The reply is there at 20, and is read at 100.
    let replied = tiers(20, vec![]);
    assert_eq!(replied.play_with(pause(&replied)), "ok@100");
    // Reply and timer are both due when it wakes: the reply was there.
    let late = tiers(50, vec![Stage::Timeout(ms(30))]);
    assert_eq!(late.play_with(pause(&late)), "ok@100");
    // No reply: the timer fires when it wakes, and only then is there another attempt.
    let retrying = tiers(2_000, vec![retry(2, ms(0)), Stage::Timeout(ms(30))]);
    let result = retrying.run_with(pause(&retrying), 1);
    assert_eq!(retrying.story(&result), "error@130");
    assert_eq!(result.services[1].total.offered, 2);
    // A pause between two attempts outlasts the one that was planned.
    let backing_off = tiers(2_000, vec![retry(2, ms(10)), Stage::Timeout(ms(3))]);
    assert_eq!(backing_off.play_with(pause(&backing_off)), "error@103");
}

#[test]
fn nobody_leaves_the_queue_of_a_paused_process() {
    let mut system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).workers(1)]).requests(&[0, 1], "db.x");
    system.services[0].queue.timeout = Some(always(ms(15)));
    let pause = system.fault("db", 4, 30, Effect::Pause);
    assert_eq!(system.play_with(vec![pause]), "ok@36 queue_timeout@30");
}

#[test]
fn pause_and_stall_may_overlap_in_any_way() {
    let story = |pause: (u64, u64), stall: (u64, u64), shared: bool| {
        let mut db = Svc::new("db", always(ms(10)), vec![wait(ms(10))]).workers(3);
        if shared {
            db = db.cores(2, Sharing::Processor);
        }
        let system = Sys::new(vec![db]).requests(&[0, 12], "db.x");
        system.play_with(vec![
            system.fault("db", pause.0, pause.1, Effect::Pause),
            system.fault("db", stall.0, stall.1, Effect::Stall),
        ])
    };
    for shared in [false, true] {
        // First request: 5 of its work left at 5, done at 45, and waits until 55. The second comes in at 12, or when the
        // pause ends, and begins to work at 40.
        assert_eq!(story((5, 20), (10, 40), shared), "ok@55 ok@60");
        assert_eq!(story((10, 40), (5, 20), shared), "ok@55 ok@60");
        assert_eq!(story((5, 40), (10, 20), shared), "ok@55 ok@60");
        assert_eq!(story((10, 20), (5, 40), shared), "ok@55 ok@60");
        // A stall lets waiting go on, a pause does not: 5 of the wait are left at 15.
        assert_eq!(story((500, 501), (15, 40), shared), "ok@20 ok@57");
        assert_eq!(story((15, 40), (500, 501), shared), "ok@45 ok@57");
        assert_eq!(story((18, 25), (15, 40), shared), "ok@27 ok@57");
    }
}

#[test]
fn a_crash_during_a_pause_and_a_pause_during_a_crash() {
    let system = distant().requests(&[0, 1, 9, 12, 30], "db.x");
    let faults = |crash: (u64, u64), pause: (u64, u64)| {
        vec![
            system.fault("db", crash.0, crash.1, Effect::Crash),
            system.fault("db", pause.0, pause.1, Effect::Pause),
        ]
    };
    // Paused from 8: the third, at 14, waits outside; the crash at 15 takes them all; the fourth, at 17, is refused; the
    // fifth, at 35, waits until 40.
    assert_eq!(
        system.play_with(faults((15, 20), (8, 40))),
        "reset@20 reset@20 reset@20 refused@22 ok@55"
    );
    // Crashed from 8 to 16, paused from 10 to 40: the third is refused, the fourth waits from 17 on.
    assert_eq!(
        system.play_with(faults((8, 16), (10, 40))),
        "reset@13 reset@13 refused@19 ok@55 ok@65"
    );
}

#[test]
fn a_factor_on_work_applies_to_work_in_progress_exactly() {
    let story = |db: Svc, requests: &[u64], factor: u64| {
        let system = Sys::new(vec![db]).requests(requests, "db.x");
        system.play_with(vec![system.fault("db", 4, 20, times(factor))])
    };
    let plain = || Svc::new("db", always(ms(10)), vec![]);
    // Six are left at 4 and would take 48: by 20 16 of them are done, and the 32 left are worth 4.
    assert_eq!(story(plain(), &[0], 8), "ok@24");
    // Begun within: 80 at 10, 70 left at 20, worth 8.75.
    assert_eq!(story(plain(), &[10], 8), "ok@28750000ns");
    // Done within.
    assert_eq!(story(plain(), &[0], 2), "ok@16");
    // The one in line for the core is slowed while it waits, too: it has not begun by 24, and takes 10.
    assert_eq!(story(plain().cores(1, Sharing::Fifo), &[0, 1], 8), "ok@24 ok@34");
    // Shared: two from 0. At 4 each has 8 left (16 of real time), 64 at an eighth of the speed; at 20 8 of them are done.
    assert_eq!(story(plain().cores(1, Sharing::Processor), &[0, 0], 8), "ok@34 ok@34");
    // Waiting is no work.
    assert_eq!(story(Svc::new("db", None, vec![wait(ms(10))]), &[0], 8), "ok@10");
}

#[test]
fn overlapping_factors_multiply_and_part_again() {
    let system = Sys::new(vec![Svc::new("db", always(ms(10)), vec![])]).requests(&[0, 100], "db.x");
    let faults = vec![system.fault("db", 4, 40, times(2)), system.fault("db", 6, 20, times(3))];
    // 6 left at 4, 5 left at 6, (20 - 6) / 6 = 2.333 done by 20, 2.667 left at half speed: 5.333.
    let story = system.play_with(faults);
    assert!(story.starts_with("ok@2533333"), "{story}");
    assert!(story.ends_with("ok@110"), "{story}");
}

#[test]
fn a_ramp_grows_in_equal_steps_and_a_flap_comes_and_goes() {
    let system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![])]).requests(&[0, 5, 12, 25, 35, 45, 105], "db.x");
    let mut ramped = system.fault("db", 5, 100, times(5));
    ramped.ramp = Some(Ramp { over: ms(40), steps: 4 });
    // The first quarter at once, the others at 15, 25 and 35: x2, x3, x4, x5. Faults come before arrivals.
    assert_eq!(
        system.play_with(vec![ramped.clone()]),
        "ok@1 ok@7 ok@14 ok@29 ok@40 ok@50 ok@106"
    );
    ramped.ramp = None;
    ramped.flap = Some(Flap {
        down: always(ms(10)),
        up: always(ms(20)),
    });
    // On 5-15, 35-45, 65-75, 95-100; of the third 2 of 5 are left at 15.
    assert_eq!(
        system.play_with(vec![ramped.clone()]),
        "ok@1 ok@10 ok@15400000ns ok@26 ok@40 ok@46 ok@106"
    );
    // Both, with steps of the ramp and turns of the flap at the same instants.
    ramped.ramp = Some(Ramp { over: ms(40), steps: 4 });
    assert_eq!(
        system.play_with(vec![ramped]),
        "ok@1 ok@7 ok@14 ok@26 ok@40 ok@46 ok@106"
    );
}

fn crashed_count(system: &Sys, fault: Fault) -> usize {
    let mut tables = system.tables();
    tables.faults = vec![fault];
    let model = Model::new(tables);
    let record = Record {
        transitions: true,
        ..Record::default()
    };
    let result = crate::engine::run(&model, 3, &record, &Default::default(), &mut ()).expect("within the limits");
    let crashed = result.transitions.iter();
    crashed.filter(|it| it.to == crate::results::State::Crashed).count()
}

#[test]
fn a_fault_picks_as_many_as_it_says() {
    let system = Sys::new(vec![
        Svc::new("other", None, vec![]).replicas(2),
        Svc::new("db", always(ms(1)), vec![]).replicas(5).slots(8),
    ])
    .requests(&[0], "db.x");
    let picked = |pick| {
        crashed_count(
            &system,
            Fault {
                pick,
                ..system.fault("db", 10, 20, Effect::Crash)
            },
        )
    };
    let counts = [
        Pick::All,
        Pick::Count(2),
        Pick::Count(9),
        Pick::Share(400_000),
        Pick::Share(400_001),
        Pick::Share(1),
        Pick::Share(1_000_000),
        Pick::Share(2_000_000),
    ]
    .map(picked);
    assert_eq!(counts, [5, 2, 5, 2, 3, 1, 5, 5]);
}

#[test]
fn replicas_that_come_during_a_fault_of_all_are_hit_and_those_that_leave_finish() {
    let system =
        Sys::new(vec![Svc::new("db", always(ms(10)), vec![]).slots(3)]).requests(&[0, 8, 9, 30, 31, 32], "db.x");
    let scale = |at_ms, replicas| Change {
        key: Key::of("scale").child(at_ms),
        at: Instant::At(at(at_ms)),
        edits: vec![Edit::Replicas {
            service: system.service("db"),
            replicas,
            ramp: None,
        }],
    };
    let run = |fault: Fault, changes: Vec<Change>| {
        let tables = Tables {
            faults: vec![fault],
            changes,
            ..system.tables()
        };
        system.story(&go(&Model::new(tables), 1))
    };
    let slow = system.fault("db", 5, 25, times(2));
    let story = run(slow, vec![scale(6, 3)]);
    // Wherever they go, work takes twice as long.
    assert_eq!(story, "ok@15 ok@26500000ns ok@27 ok@40 ok@41 ok@42");
    // Down to nothing while it works: what is there is finished, what comes is unreachable.
    let far = system.fault("db", 500, 501, times(2));
    let story = run(far, vec![scale(4, 0), scale(31, 1)]);
    assert_eq!(story, "ok@10 unreachable@8 unreachable@9 unreachable@30 ok@41 ok@42");
}

#[test]
fn one_that_begins_while_it_lasts_changes_nothing_and_ends_follow_ends() {
    let system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![])]).requests(&[5, 15, 25, 45, 55], "db.x");
    let first = system.fault("db", 10, 20, Effect::Crash);
    let mut second = system.fault("db", 0, 10, Effect::Crash);
    second.schedule = Schedule::Once(Instant::FaultEnd(crate::ids::FaultId(0), ms(20)));
    let result = system.run_with(vec![first, second], 1);
    assert_eq!(system.story(&result), "ok@6 refused@15 ok@26 refused@45 ok@56");
    let spans: Vec<_> = result.faults.iter().map(|it| (it.fault.0, it.start, it.end)).collect();
    assert_eq!(spans, [(0, at(10), Some(at(20))), (1, at(40), Some(at(50)))]);
}

#[test]
fn a_partition_cuts_both_ways_or_one_and_replies_get_lost() {
    let system = distant()
        .requests(&[0, 4, 30], "db.x")
        .stages("*", "db", vec![Stage::Timeout(ms(50))]);
    let cut = |from, to, both_ways, window| {
        let mut tables = system.tables();
        let mut fault = system.network_fault((from, to), both_ways, window, Effect::Cut);
        if from == "r*" {
            fault.network.as_mut().unwrap().from = system.parties(&["r0", "r1", "r2"]);
        }
        if to == "r*" {
            fault.network.as_mut().unwrap().to = system.parties(&["r0", "r1", "r2"]);
        }
        tables.faults = vec![fault];
        let result = go(&Model::new(tables), 1);
        (system.story(&result), result.services[0].total.offered)
    };
    // The first is under way when the cut comes at 3; it is served at 15, and its reply goes out at 15.
    assert_eq!(
        cut("r*", "db", true, (3, 20)),
        ("timeout@50 timeout@54 ok@50".into(), 2)
    );
    assert_eq!(cut("r*", "db", false, (3, 20)), ("ok@20 timeout@54 ok@50".into(), 2));
    assert_eq!(cut("db", "r*", false, (3, 20)), ("timeout@50 ok@30 ok@50".into(), 3));
    assert_eq!(cut("db", "r*", false, (3, 16)), ("timeout@50 ok@30 ok@50".into(), 3));
}

#[test]
fn latency_and_loss_are_of_the_messages_in_scope() {
    let system = distant().requests(&[0, 40, 80], "db.x");
    let slow = Effect::Latency {
        factor: Factor(3_000_000),
        add: ms(2),
    };
    // Three times 5 and 2 more are 17. The reply goes out at 27, the second request at 40, its reply at 67.
    let story = |both_ways, to| {
        let mut fault = system.network_fault(("r0", "db"), both_ways, (0, to), slow.clone());
        fault.network.as_mut().unwrap().from = system.parties(&["r0", "r1", "r2"]);
        system.play_with(vec![fault])
    };
    assert_eq!(story(false, 60), "ok@32 ok@72 ok@100");
    assert_eq!(story(true, 60), "ok@44 ok@72 ok@100");
    // A tenth is lost each way, so 81 % come through.
    let many = distant().load(Ld::new("users", poisson(50.0), "db.x")).lasting(400);
    let mut fault = many.network_fault(("users", "db"), true, (0, 1_000_000), Effect::Loss(chance(0.1)));
    fault.duration = None;
    let result = many.run_with(vec![fault], 1);
    let part = &result.loads[0].total;
    let share = part.outcomes.of(Outcome::Ok) as f64 / part.offered as f64;
    // 20 000 requests: a standard error of 0.0028.
    assert!((share - 0.81).abs() < 0.011, "{share}");
}

#[test]
fn a_network_fault_that_picks_hits_only_whom_it_picked() {
    let mut system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![]).replicas(4)])
        .load(Ld::new("users", even(100.0), "db.x"))
        .stages("*", "db", vec![Stage::Timeout(ms(50))]);
    system.clock.duration = at(4_010);
    let mut fault = system.network_fault(("users", "db"), true, (0, 9_000), Effect::Cut);
    (fault.replicas, fault.pick) = (system.replicas_of("db"), Pick::Count(1));
    let result = system.run_with(vec![fault], 1);
    assert_eq!(result.loads[0].total.offered, 400);
    assert_eq!(result.loads[0].total.outcomes.of(Outcome::Timeout), 100);
}

#[test]
fn errors_come_as_often_as_they_should_before_or_after_the_work() {
    for when in [ErrorWhen::Before, ErrorWhen::After] {
        let system = Sys::new(vec![Svc::new("db", always(ms(1)), vec![])])
            .load(Ld::new("users", poisson(200.0), "db.x"))
            .lasting(100);
        let rule = ErrorRule {
            ratio: chance(0.05),
            when,
        };
        let mut fault = system.fault("db", 0, 1, Effect::Errors { endpoint: None, rule });
        fault.duration = None;
        // Two of the same kind are independent.
        let other = Fault {
            key: Key::of("other"),
            ..fault.clone()
        };
        let result = system.run_with(vec![fault, other], 1);
        let db = &result.services[0].total;
        let errors = db.outcomes.of(Outcome::Error);
        let share = errors as f64 / db.offered as f64;
        // 20 000 requests, 9.75 %: a standard error of 0.0021.
        assert!((share - 0.0975).abs() < 0.0085, "{share}");
        let served = if when == ErrorWhen::Before {
            db.offered - errors
        } else {
            db.offered
        };
        assert_eq!(db.started, served);
    }
}

#[test]
fn recurring_faults_are_down_as_often_as_theory_says() {
    let system = Sys::new(vec![Svc::new("db", None, vec![]).replicas(3)]).lasting(50_000);
    let mut fault = system.fault("db", 0, 1, Effect::Crash);
    fault.schedule = Schedule::Every(Dist::exponential(Span::from_secs(90)).unwrap());
    fault.duration = Some(Dist::exponential(Span::from_secs(10)).unwrap());
    fault.pick = Pick::Each;
    let each = theory::availability::single(90.0, 10.0);
    agrees("one replica", each, 0.01, |seed| {
        system.run_with(vec![fault.clone()], seed).services[0].replica_availability
    });
    agrees(
        "one of three",
        theory::availability::k_of_n(1, 3, each),
        0.001,
        |seed| system.run_with(vec![fault.clone()], seed).services[0].availability,
    );
}

#[test]
fn a_cancel_does_not_cross_a_partition() {
    let policy = Policy {
        stages: vec![Stage::Timeout(ms(12))],
        cancel: true,
        ..Policy::default()
    };
    let system = distant().requests(&[0], "db.x").policy("*", "db", policy);
    assert_eq!(
        system.run().services[0].total.outcomes.of(Outcome::Cancelled),
        0,
        "it would come at 17, and is done at 15"
    );
    let slow = Sys {
        services: vec![Svc::new("db", always(ms(100)), vec![])],
        ..system.clone()
    };
    assert_eq!(slow.run().services[0].total.outcomes.of(Outcome::Cancelled), 1);
    let cut = slow.network_fault(("r0", "db"), true, (8, 50), Effect::Cut);
    let db = &slow.run_with(vec![cut], 1).services[0].total;
    assert_eq!((db.outcomes.of(Outcome::Cancelled), db.wasted), (0, 1));
}

#[test]
fn background_calls_end_with_the_process_that_made_them() {
    let tiers = |cancel| {
        let flow = vec![call("db.x").background(), call("db.x").background(), wait(ms(1))];
        Sys::new(vec![
            Svc::new("web", None, flow),
            Svc::new("db", always(ms(20)), vec![]).workers(1),
        ])
        .latency(always(ms(1)))
        .policy(
            "web",
            "db",
            Policy {
                stages: vec![Stage::Timeout(ms(1_000))],
                cancel,
                ..Policy::default()
            },
        )
        .requests(&[0], "web.x")
    };
    let crashed = |cancel| {
        let system = tiers(cancel);
        // The flow is long over; one background call is in service since 2 ms, the other waits behind it.
        let crash = system.fault("web", 10, 12, Effect::Crash);
        let result = system.run_with(vec![crash], 1);
        assert_eq!(system.story(&result), "ok@3");
        let edge = &result
            .edges
            .iter()
            .find(|it| it.total.calls == 2)
            .expect("web calls db")
            .total;
        let db = &result.services[system.service("db").index()].total;
        (
            edge.outcomes.of(Outcome::Cancelled),
            edge.outcomes.total(),
            db.wasted,
            db.outcomes.of(Outcome::Cancelled),
        )
    };
    // What was sent goes on at the callee for nobody, unless word of the end gets there.
    assert_eq!(crashed(false), (2, 2, 2, 0));
    assert_eq!(crashed(true), (2, 2, 0, 2));
}
