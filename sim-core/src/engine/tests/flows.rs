//! Steps, joins and branches, by hand.

use super::build::*;
use crate::model::Effect;
use crate::outcome::Outcome;

/// `a` does this flow; `fast` takes 1 ms, `slow` 10 ms, and `dead` refuses.
fn doing(flow: Vec<St>) -> Sys {
    Sys::new(vec![
        Svc::new("a", None, flow),
        Svc::new("fast", always(ms(1)), vec![]),
        Svc::new("slow", always(ms(10)), vec![]),
        Svc::new("dead", None, vec![]),
        Svc::new("half", always(ms(1)), vec![call("dead.x").optional()]),
    ])
    .requests(&[1], "a.x")
}

fn story(flow: Vec<St>) -> String {
    let system = doing(flow);
    let dead = system.fault("dead", 0, 10_000, Effect::Crash);
    system.play_with(vec![dead])
}

fn times(to: &str, times: u32, parallel: bool, need: u32) -> St {
    Do::Repeat(to.into(), times, parallel, need).into()
}

#[test]
fn steps_come_one_after_another() {
    assert_eq!(
        story(vec![call("fast.x"), work(ms(2)), wait(ms(3)), call("slow.x")]),
        "ok@17"
    );
    assert_eq!(story(vec![call("dead.x"), call("slow.x")]), "error@1");
    assert_eq!(story(vec![call("dead.x").optional(), call("slow.x")]), "degraded@11");
    assert_eq!(
        story(vec![call("half.x"), call("fast.x")]),
        "degraded@3",
        "a missing part far below"
    );
    assert_eq!(story(vec![call("slow.x").background(), call("fast.x")]), "ok@2");
    assert_eq!(story(vec![call("slow.x").chance(0.0), call("fast.x")]), "ok@2");
}

#[test]
fn parallel_needs_all_or_some() {
    let two = |need| story(vec![parallel(vec![vec![call("fast.x")], vec![call("slow.x")]], need)]);
    assert_eq!((two(2), two(1)), ("ok@11".into(), "ok@2".into()));
    let three = |need| {
        let branches = vec![
            vec![call("fast.x")],
            vec![call("dead.x")],
            vec![call("slow.x"), work(ms(5))],
        ];
        story(vec![parallel(branches, need)])
    };
    assert_eq!([three(1), three(2), three(3)], ["ok@2", "ok@16", "error@1"]);
    let nested = parallel(
        vec![
            vec![
                parallel(vec![vec![call("dead.x")], vec![call("slow.x")]], 1),
                work(ms(1)),
            ],
            vec![wait(ms(4))],
        ],
        2,
    );
    assert_eq!(story(vec![nested]), "ok@12");
}

#[test]
fn siblings_still_out_are_abandoned() {
    let system = doing(vec![parallel(
        vec![
            vec![call("slow.x"), call("fast.x")],
            vec![wait(ms(4)), call("dead.x")],
            vec![call("slow.x")],
        ],
        3,
    )]);
    let dead = system.fault("dead", 0, 10_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(system.story(&result), "error@5");
    let cancelled: u64 = result
        .edges
        .iter()
        .map(|it| it.total.outcomes.of(Outcome::Cancelled))
        .sum();
    assert_eq!(cancelled, 2);
    // What was under way goes on for nobody; the second step of the abandoned branch is not taken.
    assert_eq!(
        (result.services[2].total.wasted, result.services[1].total.offered),
        (2, 0)
    );
}

#[test]
fn repetitions_go_side_by_side_or_one_after_another() {
    assert_eq!(story(vec![times("slow.x", 3, true, 3)]), "ok@11");
    assert_eq!(story(vec![times("slow.x", 3, false, 3)]), "ok@31");
    assert_eq!(story(vec![times("slow.x", 3, false, 2)]), "ok@21");
    assert_eq!(story(vec![times("dead.x", 3, false, 1)]), "error@1");
    assert_eq!(story(vec![times("dead.x", 100, true, 1).optional()]), "degraded@1");
    assert_eq!(story(vec![times("half.x", 3, true, 3)]), "degraded@2");
}

#[test]
fn a_sequence_is_one_step() {
    let inner = |last: &str| St::from(Do::Sequence(vec![call("fast.x"), call(last), call("slow.x")]));
    assert_eq!(story(vec![inner("fast.x"), work(ms(1))]), "ok@14");
    assert_eq!(story(vec![inner("dead.x").optional(), work(ms(1))]), "degraded@3");
}

#[test]
fn choices_and_chances_are_as_likely_as_they_say() {
    let choose = Do::Choose(vec![
        (0.7, vec![call("fast.x")]),
        (0.3, vec![call("slow.x"), call("half.x")]),
    ]);
    let system = doing(vec![choose.into(), call("dead.x").chance(0.2).optional()]);
    let system = Sys {
        loads: vec![Ld::new("users", poisson(200.0), "a.x")],
        ..system
    }
    .lasting(100);
    let result = system.run();
    let offered = |at: usize| result.services[at].total.offered as f64;
    // 20 000 requests: standard errors of 0.0032 and 0.0028.
    assert!((offered(1) / offered(0) - 0.7).abs() < 0.013);
    assert_eq!(
        result.services[1].total.offered + result.services[2].total.offered,
        result.services[0].total.offered
    );
    let dead = offered(3) - offered(4);
    assert!((dead / offered(0) - 0.2).abs() < 0.012);
}

#[test]
fn a_blocking_worker_is_held_while_it_waits_and_an_async_one_is_not() {
    let system = |style| {
        Sys::new(vec![
            Svc::new("a", always(ms(1)), vec![call("b.x")]).workers(1).style(style),
            Svc::new("b", always(ms(10)), vec![]),
        ])
        .requests(&[0, 0, 0], "a.x")
    };
    assert_eq!(system(crate::model::Style::Blocking).play(), "ok@11 ok@22 ok@33");
    assert_eq!(system(crate::model::Style::Async).play(), "ok@11 ok@12 ok@13");
}
