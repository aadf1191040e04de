//! Caches and batches. Vectors are those of the resilience reference, section 9.

use super::build::*;
use crate::dist::Zipf;
use crate::model::{Arrival, Cover, Effect, Gate, Stage, TraceRow};
use crate::outcome::Outcome;
use crate::policy::breaker::{Breaker, Consecutive};
use crate::policy::cache::collapser::Scope;
use crate::policy::cache::{Cache, Collapser, Ttl};
use crate::policy::deadline::Deadline;
use crate::policy::fallback::{Fallback, Kind};
use crate::quantity::Factor;
use crate::results::{Covered, EdgePart, RunResult};
use crate::time::Span;

fn cache(ttl: Ttl) -> Stage {
    Stage::Cover(Cover::Cache(Cache::Ttl(ttl)))
}

fn ttl(it: u64) -> Ttl {
    Ttl {
        ttl: ms(it),
        ..Ttl::default()
    }
}

fn joining(it: u64) -> Ttl {
    Ttl {
        single_flight: true,
        ..ttl(it)
    }
}

fn per_request() -> Stage {
    Stage::Cover(Cover::Cache(Cache::Request))
}

/// A caller of so many replicas, taken in turn, that asks a callee under these policies; all requests are about one thing.
fn asking(requests: &[u64], replicas: u32, flow: Vec<St>, stages: Vec<Stage>, shared: bool) -> Sys {
    let mut system = Sys::new(vec![
        Svc::new("app", None, flow).replicas(replicas),
        Svc::new("db", always(ms(30)), vec![]),
    ])
    .requests(requests, "app.x")
    .policy(
        "app",
        "db",
        Policy {
            stages,
            shared,
            ..Policy::default()
        },
    )
    .policy(
        "*",
        "app",
        Policy {
            balance: crate::routing::Balance::RoundRobin {
                start: crate::routing::Start::First,
            },
            ..Policy::default()
        },
    );
    for load in &mut system.loads {
        load.items = Some(Zipf::new(1, 1.0).expect("one thing"));
    }
    system
}

fn single(requests: &[u64], stages: Vec<Stage>) -> Sys {
    asking(requests, 1, vec![call("db.x")], stages, false)
}

/// One load of requests at these milliseconds, all about one thing, which go to the replicas in turn.
fn in_turn(system: Sys, at_ms: &[u64]) -> Sys {
    let row = |it: &u64| TraceRow {
        at: at(*it),
        item: None,
    };
    let mut users = Ld::new("users", Arrival::Trace(at_ms.iter().map(row).collect()), "app.x");
    users.items = Some(Zipf::new(1, 1.0).expect("one thing"));
    system.load(users)
}

/// What `app` saw of `db`.
fn edge<'a>(system: &Sys, result: &'a RunResult) -> &'a EdgePart {
    let callee = system.service("db");
    let row = system.model().edges.iter().position(|it| it.callee == callee);
    &result.edges[row.expect("there is one")].total
}

/// What became of the requests; attempts, and calls that were hits, misses and joined.
fn told(system: &Sys) -> (String, [u64; 4]) {
    told_of(system, &system.run())
}

fn told_of(system: &Sys, result: &RunResult) -> (String, [u64; 4]) {
    let part = edge(system, result);
    let Covered {
        cache_hits: hits,
        cache_misses: misses,
        cache_joined: joined,
        ..
    } = part.covered;
    (system.story(result), [part.attempts, hits, misses, joined])
}

#[test]
fn an_answer_is_kept_for_its_time_and_a_hit_sends_nothing() {
    // Fresh from 30 to 1030.
    let system = single(&[0, 100, 1_029, 1_030], vec![cache(ttl(1_000))]);
    let (story, counts) = told(&system);
    assert_eq!(story, "ok@30 ok@100 ok@1029 ok@1060");
    assert_eq!(counts, [2, 2, 2, 0]);
    let result = system.run();
    let part = edge(&system, &result);
    assert_eq!((part.calls, part.outcomes.of(Outcome::Ok)), (4, 4));
    assert_eq!(part.response.count(), 4, "a hit has a response time of 0");
}

#[test]
fn a_request_that_a_cache_answers_is_among_the_good_ones() {
    let mut system =
        Sys::new(vec![Svc::new("db", always(ms(30)), vec![])]).stages("users", "db", vec![cache(ttl(100_000))]);
    let mut users = Ld::new("users", even(10.0), "db.x");
    users.items = Some(Zipf::new(1, 1.0).expect("one thing"));
    system = system.load(users);
    let result = system.run();
    let part = &result.loads[0].total;
    assert_eq!(part.response_ok.count(), part.offered);
    assert_eq!(part.response_ok.min(), Some(Span::ZERO));
    assert_eq!(result.edges[0].total.attempts, 1);
}

#[test]
fn requests_about_different_things_share_nothing() {
    let mut system = single(&[0, 100], vec![cache(joining(1_000))]);
    system.loads[1].items = None;
    assert_eq!(told(&system).1, [2, 0, 2, 0]);
}

#[test]
fn equal_calls_are_all_made_unless_they_join() {
    let at = [0, 10, 20, 40];
    let (story, counts) = told(&single(&at, vec![cache(ttl(1_000))]));
    assert_eq!((story.as_str(), counts), ("ok@30 ok@40 ok@50 ok@40", [3, 1, 3, 0]));
    let (story, counts) = told(&single(&at, vec![cache(joining(1_000))]));
    assert_eq!((story.as_str(), counts), ("ok@30 ok@30 ok@30 ok@40", [1, 1, 1, 2]));
}

#[test]
fn who_joins_a_call_that_fails_has_failed_and_nothing_is_kept() {
    let system = single(&[0, 10, 25], vec![cache(joining(1_000)), Stage::Timeout(ms(20))]);
    let (story, counts) = told(&system);
    assert_eq!(story, "error@20 error@20 error@45");
    assert_eq!(counts, [2, 0, 2, 1]);
    let result = system.run();
    assert_eq!(edge(&system, &result).outcomes.of(Outcome::Timeout), 3);
}

#[test]
fn each_replica_has_a_cache_of_its_own_unless_the_service_has_one() {
    let of = |shared: bool| {
        let system = asking(&[], 2, vec![call("db.x")], vec![cache(ttl(5_000))], shared);
        told(&in_turn(system, &[0, 100, 200, 300])).1
    };
    assert_eq!(of(false), [2, 2, 2, 0]);
    assert_eq!(of(true), [1, 3, 1, 0]);
}

#[test]
fn a_cache_is_lost_with_its_process_and_one_outside_is_not() {
    let of = |shared: bool| {
        let system = asking(&[0, 300], 2, vec![call("db.x")], vec![cache(ttl(5_000))], shared);
        let crash = system.fault("app", 100, 200, Effect::Crash);
        let result = system.run_with(vec![crash], 1);
        told_of(&system, &result).1
    };
    assert_eq!(of(true), [1, 1, 1, 0]);
    assert_eq!(of(false), [2, 0, 2, 0]);
}

#[test]
fn a_call_goes_on_for_those_who_joined_when_the_first_is_given_up() {
    // Work takes 30. The first gives up at 25, the second at 45.
    let stages = vec![Stage::Deadline(Deadline::local(ms(25))), cache(joining(1_000))];
    let (story, counts) = told(&single(&[0, 20], stages.clone()));
    assert_eq!((story.as_str(), counts), ("error@25 ok@30", [1, 0, 1, 1]));
    // All give up: the next asks anew.
    let (story, counts) = told(&single(&[0, 2, 40], stages));
    assert_eq!((story.as_str(), counts), ("error@25 error@27 error@65", [2, 0, 2, 1]));
}

#[test]
fn a_call_of_a_process_that_died_is_made_anew_by_one_that_joined_elsewhere() {
    let system = asking(&[], 2, vec![call("db.x")], vec![cache(joining(1_000))], true);
    let system = in_turn(system, &[0, 10]);
    let mut crash = system.fault("app", 20, 1_000, Effect::Crash);
    crash.replicas.truncate(1);
    let result = system.run_with(vec![crash], 1);
    let part = &result.loads[0].total;
    assert_eq!(
        (part.outcomes.of(Outcome::Reset), part.outcomes.of(Outcome::Ok)),
        (1, 1)
    );
    // Sent at 10, made anew at 20.
    assert_eq!(part.response_ok.max(), Some(ms(40)));
    assert_eq!(told_of(&system, &result).1, [2, 0, 1, 1]);
}

#[test]
fn ends_are_spread_by_jitter() {
    let at: Vec<u64> = (0..2_000).map(|it| it * 5).collect();
    let attempts = |jitter: u64| {
        let of = Ttl {
            jitter: Factor(jitter),
            ..ttl(1_000)
        };
        let mut system = single(&at, vec![cache(of)]);
        for load in &mut system.loads {
            // Each is about one of some things.
            load.items = Some(Zipf::new(20, 0.0).expect("twenty things"));
        }
        told(&system).1[0]
    };
    let (even, spread) = (attempts(0), attempts(500_000));
    assert_ne!(even, spread);
    // The mean stays: about as many are asked for again.
    assert!(even.abs_diff(spread) * 5 < even, "{even} {spread}");
}

#[test]
fn there_is_room_for_so_many_answers() {
    let of = Ttl {
        limit: Some(1),
        ..ttl(5_000)
    };
    let mut system = single(&[0, 100, 200], vec![cache(of)]);
    system.loads[1].items = None;
    assert_eq!(told(&system).1, [3, 0, 3, 0]);
}

#[test]
fn within_a_request_the_same_call_is_made_once() {
    let of = |flow: Vec<St>| told(&asking(&[0, 100], 1, flow, vec![per_request()], false));
    // Requests do not share.
    assert_eq!(
        of(vec![call("db.x"), call("db.x")]),
        ("ok@30 ok@130".into(), [2, 2, 2, 0])
    );
    let both = parallel(vec![vec![call("db.x")], vec![call("db.x")]], 2);
    assert_eq!(of(vec![both]), ("ok@30 ok@130".into(), [2, 0, 2, 2]));
    // The repetitions of a step ask for different pieces.
    let thrice = St::from(Do::Repeat("db.x".into(), 3, true, 3));
    assert_eq!(of(vec![thrice.clone()]).1, [6, 0, 6, 0]);
    assert_eq!(of(vec![thrice.clone(), thrice]).1, [6, 6, 6, 0]);
}

#[test]
fn within_a_request_a_failure_is_kept_like_an_answer() {
    let flow = vec![call("db.x").optional(), call("db.x").optional()];
    let system = asking(&[0], 1, flow, vec![per_request(), Stage::Timeout(ms(10))], false);
    assert_eq!(told(&system), ("degraded@10".into(), [1, 1, 1, 0]));
    let result = system.run();
    assert_eq!(edge(&system, &result).outcomes.of(Outcome::Timeout), 2);
}

#[test]
fn a_fallback_may_keep_an_answer_for_each_key() {
    let stale = |keys: Option<u32>| {
        let kind = Kind::StaleCache {
            max_stale: Span::from_secs(60),
            keys,
        };
        let mut system = single(
            &[0, 2_000, 2_000, 60_030, 60_031],
            vec![Stage::Cover(Cover::Fallback(Fallback::of(kind)))],
        )
        .lasting(70);
        system.loads[2].items = None;
        let dead = system.fault("db", 1_000, 69_000, Effect::Crash);
        system.play_with(vec![dead])
    };
    // The answer came at 30 and is too old from 60.030 s on, exclusively. The third request is about something else.
    assert_eq!(
        stale(Some(5)),
        "ok@30 degraded@2000 error@2000 degraded@60030 error@60031"
    );
    assert_eq!(
        stale(None),
        "ok@30 degraded@2000 degraded@2000 degraded@60030 error@60031"
    );
}

#[test]
fn stale_answers_are_lost_with_their_process() {
    let of = |keys: Option<u32>| {
        let kind = Kind::StaleCache {
            max_stale: Span::from_secs(60),
            keys,
        };
        let system = single(
            &[0, 500, 3_000],
            vec![Stage::Cover(Cover::Fallback(Fallback::of(kind)))],
        );
        let dead = system.fault("db", 400, 9_000, Effect::Crash);
        let restart = system.fault("app", 1_000, 2_000, Effect::Crash);
        system.play_with(vec![dead, restart])
    };
    assert_eq!(of(None), "ok@30 degraded@500 error@3000");
    assert_eq!(of(Some(5)), "ok@30 degraded@500 error@3000");
}

#[test]
fn a_paused_process_sends_its_batch_when_it_goes_on() {
    let system = single(&[0, 4], vec![batches(None)]);
    let pause = system.fault("app", 5, 100, Effect::Pause);
    // The tick of 10 waits until 100.
    assert_eq!(system.play_with(vec![pause]), "ok@130 ok@130");
}

fn collapse(max: Option<u32>, scope: Scope) -> Collapser {
    Collapser {
        max_requests_in_batch: max,
        scope,
        ..Collapser::default()
    }
}

/// What became of requests, each about something else, whose calls are gathered; batches, and calls in them.
fn gathered(requests: &[u64], stages: Vec<Stage>) -> (String, [u64; 3]) {
    let mut system = single(requests, stages);
    system.loads.iter_mut().for_each(|it| it.items = None);
    let result = system.run();
    let part = edge(&system, &result);
    (
        system.story(&result),
        [part.attempts, part.covered.batches, part.covered.batched],
    )
}

fn batches(max: Option<u32>) -> Stage {
    Stage::Cover(Cover::Collapse(collapse(max, Scope::Global)))
}

#[test]
fn co_1_a_full_batch_is_pushed_out_by_one_more() {
    // The call at 0 starts the timer, which ticks at 10, 20 ...; work takes 30.
    let (story, counts) = gathered(&[0, 11, 12, 13, 14], vec![batches(Some(3))]);
    assert_eq!(story, "ok@40 ok@44 ok@44 ok@44 ok@50");
    assert_eq!(counts, [3, 3, 5]);
}

#[test]
fn co_2_a_batch_runs_at_the_next_tick() {
    // A tick comes before the calls of its instant.
    let (story, counts) = gathered(&[0, 11, 19, 20, 29], vec![batches(None)]);
    assert_eq!(story, "ok@40 ok@50 ok@50 ok@60 ok@60");
    assert_eq!(counts, [3, 3, 5]);
}

#[test]
fn calls_wait_half_the_delay_on_average_for_their_batch() {
    let system = Sys::new(vec![
        Svc::new("app", None, vec![call("db.x")]),
        Svc::new("db", always(ms(30)), vec![]),
    ])
    .stages("app", "db", vec![batches(None)])
    .load(Ld::new("users", poisson(500.0), "app.x"))
    .lasting(100);
    // 5 ms of waiting, 30 of work; the mean of 50 000 even waits of 10 ms is known to 13 us.
    agrees("added wait", 35e-3, 0.004, |seed| {
        let result = system.run_with(vec![], seed);
        let part = edge(&system, &result);
        // A batch belongs to its first call, and may be sent when measuring is over.
        let (batches, calls) = (part.covered.batches, part.covered.batched);
        assert!(calls == part.calls && batches.abs_diff(part.attempts) <= 1);
        part.response.mean_s().expect("there are calls")
    });
}

#[test]
fn a_batch_that_fails_has_failed_for_all_and_counts_once() {
    // A breaker of two in a row sees one failure, and another.
    let mut two = Consecutive::pybreaker_default();
    two.failures = 2;
    let breaker = Stage::Gate(Gate::Breaker(Breaker::Consecutive(two)));
    let stages = vec![batches(None), breaker, Stage::Timeout(ms(20))];
    let (story, counts) = gathered(&[0, 1, 2, 100, 101, 200], stages);
    // Ticks at 10, 110, 210: the third finds the breaker open.
    assert_eq!(story, "error@30 error@30 error@30 error@130 error@130 error@210");
    assert_eq!(counts, [2, 3, 6]);
}

#[test]
fn equal_arguments_are_joined_or_an_error() {
    let of = |request_cache: bool| {
        let collapser = Collapser {
            request_cache,
            ..collapse(None, Scope::Global)
        };
        let system = single(&[0, 1], vec![Stage::Cover(Cover::Collapse(collapser))]);
        let result = system.run();
        (system.story(&result), edge(&system, &result).covered.batched)
    };
    assert_eq!(of(true), ("ok@40 ok@40".into(), 2));
    assert_eq!(of(false), ("ok@40 error@1".into(), 1));
}

#[test]
fn batches_of_a_request_hold_its_own_calls_alone() {
    let flow = vec![St::from(Do::Repeat("db.x".into(), 5, true, 5))];
    let stages = vec![Stage::Cover(Cover::Collapse(collapse(None, Scope::Request)))];
    let system = asking(&[0, 3], 1, flow, stages, false);
    let result = system.run();
    // Each request has a timer of its own.
    assert_eq!(system.story(&result), "ok@40 ok@43");
    let part = edge(&system, &result);
    assert_eq!((part.attempts, part.covered.batches, part.covered.batched), (2, 2, 10));
}

#[test]
fn who_gives_up_leaves_the_batch_or_the_call_to_the_others() {
    let patient = |of: u64| vec![Stage::Deadline(Deadline::local(ms(of))), batches(None)];
    // The first gives up at 5, before the batch is sent.
    assert_eq!(gathered(&[0], patient(5)), ("error@5".into(), [0, 0, 1]));
    // At 35, when it is out: the call goes on for the second, until 40.
    let (story, counts) = gathered(&[0, 9], patient(35));
    assert_eq!((story.as_str(), counts), ("error@35 ok@40", [1, 1, 2]));
}

#[test]
fn fb_2_a_stale_answer_serves_beyond_its_fresh_time_and_not_for_ever() {
    let stale = Fallback::of(Kind::StaleCache {
        max_stale: Span::from_secs(60),
        keys: None,
    });
    let stages = vec![Stage::Cover(Cover::Fallback(stale)), cache(ttl(10_000))];
    let system = single(&[0, 30_000, 61_000], stages).lasting(70);
    let dead = system.fault("db", 1_000, 69_000, Effect::Crash);
    assert_eq!(system.play_with(vec![dead]), "ok@30 degraded@30000 error@61000");
}
