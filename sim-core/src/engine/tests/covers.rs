//! Covers: hedges and fallbacks. Vectors are those of the resilience reference, sections 4 and 8.

use super::build::*;
use crate::component::pool::Pool;
use crate::engine::{Limits, run};
use crate::ids::ChangeId;
use crate::model::{Change, Cover, Edit, Effect, Gate, Instant, Model, Stage, Tables};
use crate::observe::Record;
use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::bulkhead::{Bulkhead, Semaphore};
use crate::policy::fallback::{Fallback, Kind};
use crate::policy::hedge::{Delay, Hedge, Losers, OnFailure};
use crate::quantity::Factor;
use crate::results::{EdgePart, RunResult};
use crate::rng::Key;
use crate::routing::{Balance, Start};
use crate::time::Span;

fn hedge(hedge: Hedge) -> Stage {
    Stage::Cover(Cover::Hedge(hedge))
}

fn fixed(copies: u32, delay: Span) -> Hedge {
    Hedge {
        max_attempts: copies,
        delay: Delay::Fixed(delay),
        ..Hedge::POLLY
    }
}

fn fallback(kind: Kind) -> Stage {
    Stage::Cover(Cover::Fallback(Fallback::of(kind)))
}

/// A caller of one replica that asks a callee of two, taken in turn, under these policies.
fn pair(requests: &[u64], work: Span, stages: Vec<Stage>) -> Sys {
    Sys::new(vec![
        Svc::new("app", None, vec![call("db.x")]),
        Svc::new("db", always(work), vec![]).replicas(2),
        Svc::new("other", always(ms(7)), vec![]),
    ])
    .requests(requests, "app.x")
    .policy(
        "app",
        "db",
        Policy {
            stages,
            balance: Balance::RoundRobin { start: Start::First },
            instead: Some("other.x".into()),
            ..Policy::default()
        },
    )
}

/// What the caller saw of a service.
fn edge<'a>(system: &Sys, result: &'a RunResult, callee: &str) -> &'a EdgePart {
    let callee = system.service(callee);
    let row = system.model().edges.iter().position(|it| it.callee == callee);
    &result.edges[row.expect("there is one")].total
}

/// A fault that slows down one replica of `db`.
fn slow(system: &Sys, replica: usize, factor: u64) -> crate::model::Fault {
    let mut fault = system.fault(
        "db",
        0,
        9_000,
        Effect::Work {
            endpoint: None,
            factor: Factor(factor * 1_000_000),
        },
    );
    fault.replicas = vec![system.replicas_of("db")[replica]];
    fault
}

#[test]
fn hg_1_the_first_answer_wins_and_the_other_is_cancelled() {
    // The first replica takes 300, the second 30.
    let played = |losers: Losers| {
        let system = pair(
            &[0],
            ms(30),
            vec![hedge(Hedge {
                losers,
                ..fixed(2, ms(50))
            })],
        );
        let result = system.run_with(vec![slow(&system, 0, 10)], 1);
        let service = &result.services[system.service("db").index()].total;
        let cancelled = service.outcomes.of(Outcome::Cancelled);
        let covered = edge(&system, &result, "db").covered;
        assert_eq!((covered.hedges, covered.hedge_wins), (1, 1));
        assert_eq!((service.offered, service.outcomes.total()), (2, 2));
        (system.story(&result), cancelled, service.wasted)
    };
    assert_eq!(played(Losers::Cancelled), ("ok@80".into(), 1, 0));
    // One that runs on is waited for by nobody, and its end is noted all the same.
    assert_eq!(played(Losers::Run), ("ok@80".into(), 0, 0));
}

#[test]
fn hg_2_a_failure_that_is_not_fatal_sends_the_next_at_once() {
    // Sends at 0 and 100; the second finds a dead replica at 130 (15 each way), the third goes out at once.
    let grpc = Hedge::grpc(3, ms(100), OutcomeSet::EMPTY.with(Outcome::Refused), None);
    let system = pair(&[0], ms(220), vec![hedge(grpc)]).latency(always(ms(15)));
    let mut dead = system.fault("db", 0, 9_000, Effect::Crash);
    dead.replicas = vec![system.replicas_of("db")[1]];
    let result = system.run_with(vec![dead], 1);
    let part = edge(&system, &result, "db");
    assert_eq!((part.attempts, part.covered.hedges), (3, 2));
    // The link to `app` takes 15 each way as well.
    assert_eq!(system.story(&result), "ok@280");
}

#[test]
fn hg_3_slow_calls_become_rare_and_a_few_more_are_sent() {
    let took = crate::dist::Dist::mix(vec![(0.95, always(ms(10))), (0.05, always(ms(1_000)))]).expect("two parts");
    let mut system = pair(&[], ms(10), vec![hedge(fixed(2, ms(20)))]);
    system.services[1].endpoints[0].work = Some(took);
    let system = system.load(Ld::new("users", poisson(400.0), "app.x")).lasting(100);
    let result = system.run();
    let part = edge(&system, &result, "db");
    let calls = part.calls as f64;
    // 40 000 calls: the shares below are within four standard deviations.
    let extra = part.covered.hedges as f64 / calls;
    assert!((extra - 0.05).abs() < 4.0 * (0.05 * 0.95 / calls).sqrt(), "{extra}");
    let slow = part.response.share_above(ms(999)).expect("there are calls");
    assert!((slow - 0.0025).abs() < 4.0 * (0.0025 / calls).sqrt(), "{slow}");
    let p97 = part.response.quantile_s(0.97).expect("there are calls");
    assert!((p97 - 0.030).abs() < 0.0003, "{p97}");
}

#[test]
fn hg_4_a_tied_copy_is_dropped_when_its_twin_begins() {
    // One way takes 1 ms. The first is begun at 1 (after the link to `app`), and word of it reaches the second's server
    // before the second does.
    let tied = |delay: Span| {
        let stages = vec![hedge(Hedge {
            delay: Delay::Fixed(delay),
            ..Hedge::tied(ms(1))
        })];
        let system = pair(&[0], ms(20), stages).latency(always(ms(1)));
        let result = system.run();
        let service = &result.services[system.service("db").index()].total;
        (
            system.story(&result),
            service.started,
            service.outcomes.of(Outcome::Cancelled),
        )
    };
    assert_eq!(tied(ms(2)), ("ok@24".into(), 1, 1));
    // Sent together, both are begun within one delay, and both work to the end: the loser is cancelled by the answer.
    assert_eq!(tied(Span::ZERO).1, 2);
}

#[test]
fn a_tied_copy_in_a_queue_is_dropped_and_the_call_is_answered_by_its_twin() {
    // Both replicas are busy until 50 and 100; the copy in the shorter queue is begun, the other leaves its queue.
    let mut system = pair(&[0, 0, 10], ms(50), vec![hedge(Hedge::tied(ms(1)))]).latency(always(ms(1)));
    system.services[1].workers = Some(1);
    let result = system.run_with(vec![slow(&system, 1, 2)], 1);
    let service = &result.services[system.service("db").index()].total;
    assert_eq!(
        service.started + service.outcomes.of(Outcome::Cancelled),
        service.offered
    );
    assert!(service.outcomes.of(Outcome::Cancelled) >= 1);
    assert_eq!(edge(&system, &result, "db").outcomes.of(Outcome::Ok), 3);
}

#[test]
fn copies_have_their_own_tries_slots_and_timeouts() {
    // Each copy's attempt is bounded by 40; the copy of 20 times out at 60 and the first at 40: a third follows at once.
    let stages = vec![
        hedge(fixed(3, ms(20))),
        Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(Semaphore {
            max_concurrent_calls: 3,
            max_wait_duration: Span::ZERO,
            queue_limit: None,
        }))),
        Stage::Timeout(ms(40)),
    ];
    let system = pair(&[0], ms(100), stages);
    let result = system.run();
    assert_eq!(edge(&system, &result, "db").attempts, 3);
    // 0, 20 and, as the first has failed, 40.
    assert_eq!(system.story(&result), "error@80");
    let part = edge(&system, &result, "db");
    assert_eq!((part.calls, part.outcomes.of(Outcome::Timeout)), (1, 1));
}

#[test]
fn a_retry_around_a_hedge_hedges_each_try_and_one_below_it_retries_each_copy() {
    let attempts = |stages: Vec<Stage>| {
        let system = pair(&[0], ms(1), stages);
        let dead = system.fault("db", 0, 9_000, Effect::Crash);
        let result = system.run_with(vec![dead], 1);
        edge(&system, &result, "db").attempts
    };
    assert_eq!(attempts(vec![retry(3, ms(5)), hedge(fixed(2, ms(50)))]), 6);
    // The copy beside the first goes out at 50, when the first has long had its three tries.
    assert_eq!(attempts(vec![hedge(fixed(2, ms(50))), retry(3, ms(5))]), 6);
    let one = vec![
        hedge(Hedge {
            on_failure: OnFailure::Wait,
            ..fixed(2, ms(50))
        }),
        retry(3, ms(5)),
    ];
    assert_eq!(attempts(one), 3);
}

#[test]
fn a_deadline_above_a_hedge_ends_all_copies() {
    let deadline = Stage::Deadline(crate::policy::deadline::Deadline::local(ms(30)));
    let system = pair(&[0], ms(100), vec![deadline, hedge(fixed(2, ms(10)))]);
    let result = system.run();
    let part = edge(&system, &result, "db");
    assert_eq!((part.attempts, part.outcomes.of(Outcome::Deadline)), (2, 1));
    assert_eq!(system.story(&result), "error@30");
}

#[test]
fn an_attempt_draws_the_same_whether_retried_or_hedged() {
    // Attempt k of a call has the same work under every strategy: with one callee replica and no waiting, the first
    // attempts take as long hedged as not.
    let of = |stages: Vec<Stage>| {
        let mut system = pair(&[], ms(1), stages);
        system.services[1].endpoints[0].work = Some(exponential(ms(20)));
        let system = system.load(Ld::new("users", poisson(20.0), "app.x"));
        system.run().loads[0].total.response_all.clone()
    };
    let patient = Hedge {
        on_failure: OnFailure::Wait,
        ..fixed(2, Span::from_secs(5))
    };
    let (plain, hedged) = (of(vec![]), of(vec![hedge(patient)]));
    assert_eq!((plain.count(), plain.sum_nanos()), (hedged.count(), hedged.sum_nanos()));
}

#[test]
fn an_operator_may_switch_hedging_off() {
    let system = pair(&[0, 1_000, 1_000], ms(100), vec![hedge(fixed(2, ms(20)))]);
    let mut tables: Tables = system.tables();
    let (row, plan) = tables
        .plans
        .iter()
        .enumerate()
        .find(|it| !it.1.stages.is_empty())
        .expect("one plan hedges");
    let without = crate::model::Plan {
        stages: vec![],
        ..plan.clone()
    };
    tables.changes.push(Change {
        key: Key::of("off"),
        at: Instant::At(at(50)),
        edits: vec![Edit::Plan {
            plan: crate::ids::PlanId::from_index(row),
            row: without,
        }],
    });
    let result = run(&Model::new(tables), 1, &Record::default(), &Limits::default(), &mut ()).expect("it ends");
    assert_eq!(result.changes, [(ChangeId(0), at(50))]);
    assert_eq!(edge(&system, &result, "db").attempts, 4);
}

#[test]
fn a_static_fallback_answers_and_is_told_apart() {
    let stages = vec![fallback(Kind::Static), Stage::Timeout(ms(20))];
    let system = pair(&[0, 100], ms(30), stages);
    let result = system.run();
    let part = edge(&system, &result, "db");
    assert_eq!(system.story(&result), "degraded@20 degraded@120");
    assert_eq!((part.calls, part.outcomes.of(Outcome::Degraded)), (2, 2));
    assert_eq!((part.covered.fallbacks, part.covered.fallbacks_failed), (2, 0));
}

#[test]
fn fb_1_the_eleventh_fallback_at_once_is_rejected() {
    let hystrix = Fallback {
        takes: ms(50),
        ..Fallback::hystrix_default(Kind::Static)
    };
    let system = pair(&[0; 11], ms(1), vec![Stage::Cover(Cover::Fallback(hystrix))]);
    let dead = system.fault("db", 0, 9_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(system.story(&result), format!("{}error@0", "degraded@50 ".repeat(10)));
    let covered = edge(&system, &result, "db").covered;
    assert_eq!((covered.fallbacks, covered.fallbacks_failed), (10, 1));
}

#[test]
fn fb_2_a_stale_answer_may_be_too_old() {
    let stale = fallback(Kind::StaleCache {
        max_stale: Span::from_secs(60),
        keys: None,
    });
    let system = pair(&[0, 30_000, 61_000], ms(0), vec![stale]).lasting(70);
    let dead = system.fault("db", 1_000, 69_000, Effect::Crash);
    assert_eq!(system.play_with(vec![dead]), "ok@0 degraded@30000 error@61000");
}

#[test]
fn another_dependency_is_a_call_of_its_own() {
    let stages = vec![fallback(Kind::Dependency), Stage::Timeout(ms(20))];
    let system = pair(&[0], ms(30), stages);
    let result = system.run();
    // 20 until the timeout, then 7 of the other.
    assert_eq!(system.story(&result), "degraded@27");
    let other = edge(&system, &result, "other");
    assert_eq!((other.calls, other.outcomes.of(Outcome::Ok)), (1, 1));
    // The other one fails as well: the first failure stands.
    let dead = system.fault("other", 0, 9_000, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    assert_eq!(system.story(&result), "error@20");
    let part = edge(&system, &result, "db");
    assert_eq!(part.outcomes.of(Outcome::Timeout), 1);
    assert_eq!(part.covered.fallbacks_failed, 1);
}

#[test]
fn work_that_is_put_off_is_done_later_once() {
    let later = Kind::Enqueue {
        limit: Some(2),
        every: ms(100),
    };
    let system = pair(&[0, 1, 2], ms(1), vec![fallback(later)]);
    let dead = system.fault("db", 0, 150, Effect::Crash);
    let result = system.run_with(vec![dead], 1);
    // The backlog holds two. Both are tried from 100 on: one in vain, and again after the other.
    assert_eq!(system.story(&result), "degraded@0 degraded@1 error@2");
    let part = edge(&system, &result, "db");
    assert_eq!((part.covered.fallbacks, part.covered.fallbacks_failed), (2, 1));
    assert_eq!((part.calls, part.outcomes.of(Outcome::Ok)), (3 + 3, 2));
    assert_eq!(part.outcomes.of(Outcome::Refused), 1 + 1);
}

#[test]
fn a_bad_request_falls_back_on_nothing() {
    assert!(!crate::policy::fallback::HELPED.contains(Outcome::BadRequest));
    let only = Fallback {
        on: OutcomeSet::EMPTY.with(Outcome::Refused),
        ..Fallback::of(Kind::Static)
    };
    let system = pair(
        &[0],
        ms(30),
        vec![Stage::Cover(Cover::Fallback(only)), Stage::Timeout(ms(20))],
    );
    assert_eq!(system.play(), "error@20");
}

/// A pool of connections that are kept for ever.
fn pool(size: u32, acquire_timeout: Span) -> Pool {
    Pool {
        size,
        max_pending: u32::MAX,
        acquire_timeout,
        idle_timeout: Span::MAX,
        max_lifetime: Span::MAX,
    }
}

/// A caller with a pool of connections to a callee of one replica.
fn pooled(requests: &[u64], work: Span, pool: Pool, stages: Vec<Stage>) -> Sys {
    Sys::new(vec![
        Svc::new("app", None, vec![call("db.x")]),
        Svc::new("db", always(work), vec![]),
    ])
    .requests(requests, "app.x")
    .policy(
        "app",
        "db",
        Policy {
            stages,
            pool: Some(pool),
            ..Policy::default()
        },
    )
}

#[test]
fn cp_1_throughput_is_the_size_over_the_time_held() {
    // Ten connections held for 500 ms carry 20 a second.
    let system = pooled(&[], ms(500), pool(10, ms(1_000)), vec![])
        .load(Ld::new("users", even(100.0), "app.x"))
        .lasting(100)
        .warmup(10);
    let result = system.run();
    let part = edge(&system, &result, "db");
    let per_second = part.outcomes.of(Outcome::Ok) as f64 / 90.0;
    assert!((per_second - 20.0).abs() < 0.2, "{per_second}");
    assert!(part.outcomes.of(Outcome::PoolTimeout) > 7_000);
    // Nobody waits longer than the acquire timeout, and 20 wait with success in each second.
    assert!(part.response.max() <= Some(ms(1_500)));
}

#[test]
fn cp_2_a_connection_goes_to_whoever_has_waited_longest() {
    let system = pooled(&[0, 0, 10, 10, 10], ms(30), pool(2, ms(25)), vec![]);
    assert_eq!(system.play(), "ok@30 ok@30 ok@60 ok@60 error@35");
    let result = system.run();
    let part = edge(&system, &result, "db");
    assert_eq!((part.attempts, part.outcomes.of(Outcome::PoolTimeout)), (4, 1));
}

#[test]
fn a_full_queue_for_connections_refuses() {
    let short = Pool {
        max_pending: 1,
        ..pool(1, Span::MAX)
    };
    assert_eq!(pooled(&[0, 0, 0], ms(30), short, vec![]).play(), "ok@30 ok@60 error@0");
}

#[test]
fn the_timeout_of_an_attempt_bounds_its_wait_for_a_connection() {
    let system = pooled(&[0, 0, 45], ms(30), pool(1, Span::MAX), vec![Stage::Timeout(ms(40))]);
    // The second waits until 30 and is given up at 40; its connection is closed, and the third opens another at once.
    assert_eq!(system.play(), "ok@30 error@40 ok@75");
    let result = system.run();
    assert_eq!(edge(&system, &result, "db").outcomes.of(Outcome::Timeout), 1);
}

#[test]
fn a_connection_is_opened_once_and_used_again() {
    let mut system = pooled(&[0, 50, 50], ms(10), pool(2, Span::MAX), vec![]);
    system.link = crate::model::Link {
        connect: Some(always(ms(5))),
        ..link(None)
    };
    // Each request opens its own connection to `app` in 5 ms. The pool has one to `db` for the second, and opens another.
    assert_eq!(system.play(), "ok@20 ok@65 ok@70");
}

#[test]
fn a_retry_waits_for_a_connection_anew() {
    let system = pooled(&[0, 0], ms(30), pool(1, ms(20)), vec![retry(3, Span::ZERO)]);
    // A pool's timeout is no failure of the callee, and is not retried unless asked for.
    assert_eq!(system.play(), "ok@30 error@20");
}

#[test]
fn hg_1_cancelling_the_slow_copy_saves_120_ms_of_its_server() {
    let busy = |losers: Losers| {
        let system = pair(
            &[0],
            ms(200),
            vec![hedge(Hedge {
                losers,
                ..fixed(2, ms(50))
            })],
        );
        let mut quick = slow(&system, 1, 1);
        quick.effects = vec![Effect::Work {
            endpoint: None,
            factor: Factor(150_000), // 30 ms
        }];
        let result = system.run_with(vec![quick], 1);
        assert_eq!(system.story(&result), "ok@80");
        result.services[system.service("db").index()].total.service.sum_nanos()
    };
    assert_eq!(busy(Losers::Cancelled), u128::from(ms(80 + 30).nanos()));
    assert_eq!(busy(Losers::Run), u128::from(ms(200 + 30).nanos()));
}
