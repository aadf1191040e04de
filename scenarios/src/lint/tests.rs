use super::*;
use crate::testing::{Build, Do, at, ms, steady};
use brownout_sim_core::component::pool::Pool;
use brownout_sim_core::dist::Dist;
use brownout_sim_core::measure::{Bound, Comparison, Condition, During, Metric, Moment, Target, Value};
use brownout_sim_core::model::{
    Arrival, Change, ConcurrencyLimit, Cores, Cover, Edit, Effect, Expiry, Instant, QueueOrder, Rate, RatePoint,
    Routing, Schedule, Sharing, Shedding, Spread,
};
use brownout_sim_core::outcome::{Outcome, OutcomeSet};
use brownout_sim_core::policy::backoff::{Backoff, Curve, Grpc, Jitter};
use brownout_sim_core::policy::breaker::{Judge, Resilience4j};
use brownout_sim_core::policy::budget::{Budget, bucket::Bucket, envoy::Envoy, finagle::Finagle, sre::Sre};
use brownout_sim_core::policy::bulkhead::{Bulkhead, Semaphore};
use brownout_sim_core::policy::cache::{Cache, Ttl};
use brownout_sim_core::policy::fallback;
use brownout_sim_core::policy::hedge::{Delay, Hedge, OnFailure};
use brownout_sim_core::policy::retry::Retry;
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::routing::cells::{Cells, Mapping};
use brownout_sim_core::routing::outlier::{self, Outlier};
use brownout_sim_core::routing::shuffle_shard::ShuffleShard;
use brownout_sim_core::routing::subset::Subset;
use brownout_sim_core::routing::zone_aware::ZoneAware;
use brownout_sim_core::server::codel::Codel;
use brownout_sim_core::server::criticality::Thresholds;
use brownout_sim_core::server::dimmer::Dimmer;
use brownout_sim_core::server::folly_codel::FollyCodel;
use brownout_sim_core::server::overflow::OnFull;

/// One lint a line: code, subject, message, cure.
fn seen(build: Build, expectations: &[Expectation]) -> String {
    let (model, names) = build.done();
    let found = lints(Input {
        model: &model,
        names: &names,
        expectations,
    });
    let called = |it: &Subject| match *it {
        Subject::Load(it) => format!("load {}", names.loads[it.index()]),
        Subject::Service(it) => format!("service {}", names.services[it.index()]),
        Subject::Plan(it) => format!("plan {}", names.plans[it.index()]),
        Subject::Fault(it) => format!("fault {}", names.faults[it.index()]),
        Subject::Change(it) => format!("change {}", names.changes[it.index()]),
        Subject::Expectation(it) => format!("expect {}", expectations[it].name),
    };
    let line = |it: &Lint| {
        let also: Vec<String> = it.also.iter().map(called).collect();
        format!(
            "{} {} [{}]: {} ({})",
            it.code,
            called(&it.subject),
            also.join(", "),
            it.message,
            it.help
        )
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// web -> app -> db, all queues limited.
fn shop(per_second: f64) -> Build {
    let mut build = Build::new();
    let web = build.service("web", 6, Some(64), 5);
    let app = build.service("app", 8, Some(32), 10);
    let db = build.service("db", 2, Some(48), 20);
    build.flow(web, vec![Do::Call(app)]);
    build.flow(app, vec![Do::Call(db)]);
    build.load("shoppers", steady(per_second), web);
    build
        .tables
        .services
        .iter_mut()
        .for_each(|it| it.queue.limit = Some(100));
    build
}

fn jittered() -> Backoff {
    let curve = Curve::Exponential {
        base: ms(50),
        factor: Factor(2_000_000),
        cap: Span::from_secs(2),
    };
    Backoff::Curve {
        curve,
        jitter: Jitter::Full,
    }
}

fn retry(attempts: u32) -> Stage {
    Stage::Retry(Retry {
        attempts: Some(attempts),
        backoff: jittered(),
        ..Retry::default()
    })
}

fn careful(attempts: u32) -> Stage {
    let budget = Some(Budget::Bucket(Bucket::of(Factor(100_000))));
    Stage::Retry(Retry {
        attempts: Some(attempts),
        backoff: jittered(),
        budget,
        ..Retry::default()
    })
}

#[test]
fn a_sound_scenario_gets_no_lint() {
    let mut build = shop(1000.0);
    build.policy("web -> app", vec![Stage::Timeout(Span::from_secs(4))]);
    build.policy("app -> db", vec![careful(3), Stage::Timeout(ms(500))]);
    assert_eq!(seen(build, &[]), "");
}

#[test]
fn retries_at_several_layers_multiply() {
    let mut build = shop(100.0);
    build.policy("shoppers -> web", vec![retry(2)]);
    build.policy("web -> app", vec![retry(3)]);
    build.policy("app -> db", vec![retry(4)]);
    insta::assert_snapshot!(seen(build, &[]));

    let mut build = shop(100.0);
    build.policy("web -> app", vec![retry(3)]);
    build.policy("app -> db", vec![careful(4)]);
    assert_eq!(seen(build, &[]), "", "a budget bounds its layer");

    let mut cycle = Build::new();
    let (a, b) = (cycle.service("a", 1, None, 1), cycle.service("b", 1, None, 1));
    cycle.flow(a, vec![Do::Sometimes(10, Box::new(Do::Call(b)))]);
    cycle.flow(b, vec![Do::Sometimes(10, Box::new(Do::Call(a)))]);
    cycle.load("users", steady(1.0), a);
    cycle.policy("a -> b", vec![retry(3)]);
    cycle.policy("b -> a", vec![retry(3)]);
    insta::assert_snapshot!(seen(cycle, &[]));
}

#[test]
fn a_timeout_below_the_median_fails_healthy_calls() {
    let mut build = shop(100.0);
    build.policy("app -> db", vec![Stage::Timeout(ms(10))]);
    build.policy("web -> app", vec![Stage::Deadline(Deadline::local(ms(25)))]);
    insta::assert_snapshot!(seen(build, &[]));
    // The median of an exponential of 20 ms is 13.9 ms.
    let mut build = shop(100.0);
    build.policy("app -> db", vec![Stage::Timeout(ms(14))]);
    assert_eq!(seen(build, &[]), "");
    let mut build = shop(100.0);
    build.policy("app -> db", vec![Stage::Timeout(ms(14))]);
    build.tables.links[0].latency = Some(Dist::constant(ms(1)));
    assert!(seen(build, &[]).starts_with("L0112"), "the way there and back counts");
}

#[test]
fn capacity_below_the_load_is_told_with_its_phase() {
    let points = [(0, 1000.0), (480, 1000.0), (480, 5000.0)];
    let points = points
        .map(|(second, per_second)| RatePoint {
            at: at(second),
            per_second,
        })
        .to_vec();
    let mut build = shop(0.0);
    build.tables.loads[0].arrival = Arrival::Poisson(Rate { points });
    insta::assert_snapshot!(seen(build, &[]));

    let mut build = shop(1000.0);
    build.tables.services[2].cores = Some(Cores {
        limit: 4,
        sharing: Sharing::Fifo,
    });
    insta::assert_snapshot!(seen(build, &[]));

    let mut build = shop(1000.0);
    let work = Effect::Work {
        endpoint: None,
        factor: Factor(8_000_000),
    };
    build.fault("db-slow", 2, Schedule::Once(Instant::At(at(600))), None, work);
    assert_eq!(seen(build, &[]), "", "an overload by a fault is meant");

    let mut build = shop(0.0);
    build.tables.loads[0].arrival = Arrival::Closed {
        users: 10_000,
        think: Dist::ZERO,
    };
    assert_eq!(seen(build, &[]), "", "closed loads adapt");
}

#[test]
fn a_deadline_below_the_timeout_leaves_it_nothing_to_do() {
    let mut build = shop(100.0);
    let deadline = Stage::Deadline(Deadline::local(ms(500)));
    build.policy(
        "app -> db",
        vec![deadline, careful(3), Stage::Timeout(Span::from_secs(1))],
    );
    insta::assert_snapshot!(seen(build, &[]));
}

#[test]
fn a_caller_that_gives_up_first_wastes_its_callees_retries() {
    let short = |cancel: Cancel| {
        let mut build = shop(100.0);
        build.policy("web -> app", vec![Stage::Timeout(Span::from_secs(1))]);
        build.policy("app -> db", vec![careful(3), Stage::Timeout(ms(500))]);
        let row = build
            .names
            .plans
            .iter()
            .position(|it| it == "web -> app")
            .expect("the edge exists");
        build.tables.plans[row].cancel = cancel;
        seen(build, &[])
    };
    insta::assert_snapshot!(short(Cancel::None));
    assert_eq!(short(Cancel::Propagate), "");
}

#[test]
fn an_unlimited_queue_outlasts_the_callers_patience() {
    let mut build = shop(100.0);
    build.policy("app -> db", vec![Stage::Timeout(ms(500))]);
    build.tables.services[2].queue.limit = None;
    build.tables.services[0].queue.limit = None;
    insta::assert_snapshot!(seen(build, &[]));
}

#[test]
fn retries_in_step_are_told() {
    let plain = |backoff: Backoff| {
        Stage::Retry(Retry {
            attempts: Some(2),
            backoff,
            ..Retry::default()
        })
    };
    let mut build = shop(100.0);
    build.policy("app -> db", vec![plain(Backoff::None)]);
    build.policy(
        "shoppers -> web",
        vec![Stage::Retry(Retry {
            attempts: Some(1),
            ..Retry::default()
        })],
    );
    insta::assert_snapshot!(seen(build, &[]));
    let mut build = shop(100.0);
    build.policy(
        "app -> db",
        vec![plain(Backoff::Curve {
            curve: Curve::Fixed(ms(50)),
            jitter: Jitter::None,
        })],
    );
    insta::assert_snapshot!(seen(build, &[]));
}

#[test]
fn what_begins_after_the_run_is_told() {
    let mut build = shop(100.0);
    build.fault(
        "early",
        2,
        Schedule::Once(Instant::At(at(600))),
        Some(Dist::constant(ms(1))),
        Effect::Crash,
    );
    build.fault("late", 2, Schedule::Once(Instant::At(at(1200))), None, Effect::Crash);
    let after = Schedule::Once(Instant::FaultStart(FaultId(1), Span::from_secs(5)));
    build.fault("later", 2, after, None, Effect::Crash);
    insta::assert_snapshot!(seen(build, &[]));
}

#[test]
fn expectations_about_the_warm_up_are_told() {
    let expect = |name: &str, from: u64, to: u64| Expectation {
        name: name.to_owned(),
        variants: None,
        that: Condition {
            left: Value::Metric(Metric::SuccessRatio, Target::Everything),
            comparison: Comparison::AtLeast,
            right: Bound::Value(Value::Number(0.99)),
        },
        during: Some(During {
            from: Moment::At(at(from)),
            to: Moment::At(at(to)),
        }),
        within: None,
        share: None,
    };
    let all = [
        expect("a", 0, 60),
        expect("b", 60, 300),
        expect("c", 120, 1200),
        expect("d", 300, 2000),
        expect("e", 1200, 1300),
    ];
    insta::assert_snapshot!(seen(shop(100.0), &all));
}

#[test]
fn a_budget_that_can_never_act_is_told() {
    let with = |attempts: u32, budget: Budget| {
        let mut build = shop(100.0);
        let retry = Retry {
            attempts: Some(attempts),
            backoff: jittered(),
            budget: Some(budget),
            ..Retry::default()
        };
        build.policy("app -> db", vec![Stage::Retry(retry), Stage::Timeout(ms(500))]);
        seen(build, &[])
    };
    let finagle = |min_per_second: u32, percent: Factor| {
        Budget::Finagle(Finagle {
            ttl: Span::from_secs(10),
            min_per_second,
            percent,
        })
    };
    let sre = |ratio: Factor| {
        Budget::Sre(Sre {
            ratio,
            attempts: 3,
            window: Some(Span::from_secs(120)),
            per_minute: None,
        })
    };
    let told = [
        with(1, Budget::Bucket(Bucket::of(Factor(100_000)))),
        with(3, Budget::Envoy(Envoy::MaxRetries(0))),
        with(3, finagle(0, Factor(0))),
        with(3, sre(Factor(0))),
    ];
    insta::assert_snapshot!(told.join("\n"));
    for budget in [
        Budget::Bucket(Bucket::of(Factor(0))),
        Budget::Envoy(Envoy::MaxRetries(1)),
        finagle(1, Factor(0)),
        finagle(0, Factor(10_000)),
        sre(Factor(100_000)),
    ] {
        assert_eq!(with(2, budget), "", "{budget:?}");
    }
}

#[test]
fn a_load_that_is_scaled_to_nothing_is_told() {
    let silent = || {
        let mut build = shop(100.0);
        build.tables.loads[0].scale = Factor(0);
        build
    };
    insta::assert_snapshot!(seen(silent(), &[]));
    let mut switched_on = silent();
    switched_on.tables.changes.push(Change {
        key: brownout_sim_core::rng::Key::of("change.on"),
        at: Instant::At(at(300)),
        edits: vec![Edit::LoadScale {
            load: LoadId(0),
            scale: Factor::ONE,
            ramp: None,
        }],
    });
    switched_on.names.changes.push("on".to_owned());
    assert_eq!(seen(switched_on, &[]), "");
}

#[test]
fn codes_are_unique_and_lengths_are_told_shortly() {
    let mut ids: Vec<&str> = CODES.iter().map(|it| it.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CODES.len());
    assert_eq!(
        [1650.0, 2.5, 0.0139, 0.2, 0.000_25].map(told),
        ["1650s", "2.5s", "13.9ms", "200ms", "250us"]
    );
}

/// The codes of what is told about these policies from app to db.
fn codes_of(stages: Vec<Stage>) -> String {
    let mut build = shop(100.0);
    build.policy("app -> db", stages);
    let seen = seen(build, &[]);
    let codes = seen.lines().map(|it| it.split(' ').next().unwrap_or_default());
    codes.collect::<Vec<_>>().join(" ")
}

fn breaker() -> Stage {
    Stage::Gate(Gate::Breaker(Breaker::Resilience4j(Resilience4j::default())))
}

fn slots(wait: Span) -> Stage {
    Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(Semaphore {
        max_wait_duration: wait,
        ..Semaphore::default()
    })))
}

#[test]
fn an_order_that_surprises_is_told_for_each_pair() {
    assert_eq!(codes_of(vec![careful(3), breaker(), Stage::Timeout(ms(500))]), "");
    assert_eq!(codes_of(vec![breaker(), careful(3)]), "L0122");
    // Around a retry, a breaker and a bulkhead.
    let around = vec![Stage::Timeout(ms(500)), careful(3), breaker(), slots(Span::ZERO)];
    assert_eq!(codes_of(around), "L0122 L0122 L0122");
}

#[test]
fn more_probes_than_the_window_has_calls_are_told() {
    let of = |calls: u32, probes: u32| {
        codes_of(vec![Stage::Gate(Gate::Breaker(Breaker::Resilience4j(Resilience4j {
            sliding_window_size: calls,
            permitted_number_of_calls_in_half_open_state: probes,
            ..Resilience4j::default()
        })))])
    };
    assert_eq!(of(10, 10), "");
    assert_eq!(of(10, 11), "L0123");
}

#[test]
fn a_wait_as_long_as_the_limit_around_it_is_told() {
    let of = |wait: Span| codes_of(vec![Stage::Deadline(Deadline::local(ms(500))), slots(wait)]);
    assert_eq!(of(ms(499)), "");
    assert_eq!(of(ms(500)), "L0124");
    assert_eq!(of(Span::MAX), "", "an unlimited wait leaves it to the deadline");
    assert_eq!(
        codes_of(vec![slots(ms(900)), Stage::Timeout(ms(500))]),
        "",
        "the timeout stands within"
    );
}

#[test]
fn a_breaker_that_counts_only_what_stands_around_it_is_told() {
    let counting = |failures: OutcomeSet| {
        Stage::Gate(Gate::Breaker(Breaker::Resilience4j(Resilience4j {
            judge: Judge {
                failures,
                ignored: OutcomeSet::EMPTY,
            },
            ..Resilience4j::default()
        })))
    };
    let timeouts = OutcomeSet::EMPTY.with(Outcome::Timeout);
    let timeout = Stage::Timeout(ms(500));
    assert_eq!(codes_of(vec![counting(timeouts), timeout.clone()]), "");
    assert_eq!(codes_of(vec![counting(timeouts)]), "L0125");
    assert_eq!(codes_of(vec![timeout.clone(), counting(timeouts)]), "L0122 L0125");
    let errors_too = counting(timeouts.with(Outcome::Error));
    assert_eq!(codes_of(vec![timeout, errors_too]), "L0122");
}

fn hedge(delay: Span, on_failure: OnFailure) -> Stage {
    Stage::Cover(Cover::Hedge(Hedge {
        delay: Delay::Fixed(delay),
        on_failure,
        ..Hedge::POLLY
    }))
}

#[test]
fn a_hedge_that_comes_after_the_limit_is_told() {
    let of = |delay: Span, on_failure: OnFailure| codes_of(vec![hedge(delay, on_failure), Stage::Timeout(ms(500))]);
    assert_eq!(of(ms(499), OnFailure::Wait), "");
    assert_eq!(of(ms(500), OnFailure::Wait), "L0131");
    assert_eq!(
        of(ms(500), OnFailure::NextAtOnce),
        "L0131",
        "the timeout sends the next, not the delay"
    );
    assert_eq!(of(Span::MAX, OnFailure::Wait), "", "only failures are hedged");
    let deadline = Stage::Deadline(Deadline::local(ms(400)));
    assert_eq!(codes_of(vec![deadline, hedge(ms(450), OnFailure::NextAtOnce)]), "L0131");
}

#[test]
fn a_hedge_on_a_single_replica_is_told() {
    let mut build = shop(1.0);
    build.tables.services.iter_mut().for_each(|it| {
        it.places.truncate(1);
        it.replicas = 1;
        it.weights.truncate(1);
    });
    build.policy("app -> db", vec![hedge(ms(50), OnFailure::Wait)]);
    assert!(seen(build, &[]).contains("L0132"));
}

#[test]
fn a_cache_whose_requests_are_all_about_something_else_is_told() {
    let of = |stage: Stage, keyed: bool| {
        let mut build = shop(1.0);
        if keyed {
            build.tables.loads[0].items = Some(brownout_sim_core::dist::Zipf::new(10, 1.0).expect("ten things"));
        }
        build.policy("app -> db", vec![stage]);
        seen(build, &[]).contains("L0133")
    };
    let kept = Stage::Cover(Cover::Cache(Cache::Ttl(Ttl::default())));
    assert!(of(kept.clone(), false) && !of(kept, true));
    // Within a request the same may be asked for twice.
    assert!(!of(Stage::Cover(Cover::Cache(Cache::Request)), false));
    let stale = |keys: Option<u32>| {
        let kind = fallback::Kind::StaleCache {
            max_stale: ms(1_000),
            keys,
        };
        Stage::Cover(Cover::Fallback(fallback::Fallback::of(kind)))
    };
    assert!(of(stale(Some(10)), false) && !of(stale(None), false));
}

#[test]
fn a_queue_that_sheds_later_than_its_callers_give_up_is_told() {
    let of = |shedding| {
        let mut build = shop(100.0);
        build.tables.services[0].queue.discipline.shedding = Some(shedding);
        let web = build
            .tables
            .sites
            .iter()
            .position(|it| it.callee.index() == 0)
            .expect("it is called");
        let plan = build.tables.sites[web].plan.index();
        build.tables.plans[plan].stages = vec![Stage::Timeout(ms(100))];
        seen(build, &[])
    };
    let codel = |target| {
        Shedding::Codel(Codel {
            target,
            interval: ms(1_000),
            ..Codel::DEFAULT
        })
    };
    let folly = |target| {
        Shedding::FollyCodel(FollyCodel {
            target,
            interval: ms(1_000),
        })
    };
    assert_eq!(of(codel(ms(99))), "");
    assert_eq!(of(folly(ms(49))), "");
    let told = of(codel(ms(100)));
    assert!(
        told.starts_with("L0140 service") && told.contains("waited for 100ms"),
        "{told}"
    );
    assert!(of(folly(ms(50))).starts_with("L0140 service"));
}

#[test]
fn a_discipline_that_never_acts_is_told_with_the_reason() {
    let of = |change: fn(&mut Build)| {
        let mut build = shop(100.0);
        change(&mut build);
        seen(build, &[])
    };
    for (told, change) in [
        (
            "its limit is 0",
            (|it| {
                it.tables.services[1].queue.limit = Some(0);
                it.tables.services[1].queue.order = QueueOrder::Lifo;
            }) as fn(&mut Build),
        ),
        ("unlimited", |it| {
            it.tables.services[1].workers = None;
            it.tables.services[1].queue.discipline.on_full = OnFull::Oldest;
        }),
        ("same priority", |it| {
            it.tables.services[1].queue.order = QueueOrder::Priority
        }),
        ("same priority", |it| {
            it.tables.services[1].admission.criticality = Some(Thresholds::DEFAULT)
        }),
        ("hands down", |it| {
            it.tables.services[1].queue.discipline.expiry = Expiry::Serve
        }),
        ("optional", |it| it.tables.services[1].dimmer = Some(Dimmer::DEFAULT)),
    ] {
        let lints = of(change);
        assert!(
            lints.starts_with("L0141 service") && lints.contains(told),
            "{told}: {lints}"
        );
        assert_eq!(lints.lines().count(), 1, "{lints}");
    }
    // And none where there is something to act on.
    assert_eq!(of(|it| it.tables.services[1].queue.order = QueueOrder::Lifo), "");
    let optional = |it: &mut Build| {
        it.tables.services[0].dimmer = Some(Dimmer::DEFAULT);
        it.tables.steps.iter_mut().for_each(|it| it.optional = true);
    };
    assert_eq!(of(optional), "");
}

/// What lints say of these stages, routing and pool on `app -> db`, which has `replicas` there.
fn told_of(replicas: u32, change: impl FnOnce(&mut Plan)) -> String {
    let mut build = shop(100.0);
    let db = &mut build.tables.services[2];
    db.replicas = replicas;
    db.places = vec![None; replicas as usize];
    let row = build
        .names
        .plans
        .iter()
        .position(|it| it == "app -> db")
        .expect("it calls");
    change(&mut build.tables.plans[row]);
    seen(build, &[])
}

fn routed(with: impl FnOnce(&mut Routing)) -> impl FnOnce(&mut Plan) {
    |plan| {
        let mut routing = Routing::default();
        with(&mut routing);
        plan.routing = Some(Box::new(routing));
    }
}

#[test]
fn an_outlier_detection_that_ejects_nobody_is_told() {
    let envoy = |percent: u32, one: bool| {
        routed(move |it| {
            it.outlier = Some(Outlier::Envoy(outlier::Envoy {
                max_ejection_percent: percent,
                always_eject_one_host: one,
                ..outlier::Envoy::default()
            }));
        })
    };
    assert!(
        told_of(9, envoy(10, false)).contains("L0160"),
        "one of nine is more than 10 %"
    );
    assert_eq!(told_of(10, envoy(10, false)), "");
    assert_eq!(told_of(9, envoy(10, true)), "");
    assert_eq!(told_of(2, envoy(50, false)), "");
    assert!(told_of(10, envoy(0, false)).contains("L0160"));
    let grpc = |rule: Option<outlier::grpc::SuccessRate>| {
        routed(move |it| {
            it.outlier = Some(Outlier::Grpc(outlier::Grpc {
                success_rate_ejection: rule,
                ..outlier::Grpc::default()
            }));
        })
    };
    assert!(told_of(10, grpc(None)).contains("both of gRPC's rules are off"));
    assert_eq!(told_of(5, grpc(Some(outlier::grpc::SuccessRate::default()))), "");
}

#[test]
fn what_leaves_the_choice_as_it_is_is_told() {
    let subset = |subset_size| routed(move |it| it.subset = Some(Subset::Deterministic { subset_size }));
    assert!(told_of(4, subset(4)).contains("L0161"));
    assert_eq!(told_of(4, subset(3)), "");
    let spread = |spread| routed(move |it| it.spread = Some(spread));
    assert!(told_of(4, spread(Spread::Shuffle(ShuffleShard { size: 4 }))).contains("L0161"));
    assert_eq!(told_of(4, spread(Spread::Shuffle(ShuffleShard { size: 2 }))), "");
    let cells = |cells| {
        let mapping = Mapping::default();
        spread(Spread::Cells(Cells { cells, mapping }))
    };
    assert!(told_of(4, cells(5)).contains("L0161"));
    assert_eq!(told_of(4, cells(4)), "");
    let zones = || spread(Spread::ZoneAware(ZoneAware::DEFAULT));
    assert!(told_of(5, zones()).contains("it needs 6"));
    assert!(told_of(6, zones()).contains("is in no zone"));
}

#[test]
fn a_line_without_any_limit_is_told() {
    let semaphore = |wait, queue_limit| {
        Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(Semaphore {
            max_concurrent_calls: 100,
            max_wait_duration: wait,
            queue_limit,
        })))
    };
    let endless = || semaphore(Span::MAX, None);
    assert_eq!(codes_of(vec![endless()]), "L0162");
    assert_eq!(codes_of(vec![semaphore(Span::MAX, Some(20))]), "");
    assert_eq!(codes_of(vec![semaphore(Span::from_secs(1), None)]), "");
    let deadline = Stage::Deadline(Deadline::local(Span::from_secs(2)));
    assert_eq!(codes_of(vec![deadline, endless()]), "");
    // A timeout further in bounds the attempt, not the wait before it.
    assert_eq!(codes_of(vec![endless(), Stage::Timeout(ms(500))]), "L0162");
    let pool = |acquire_timeout| {
        move |plan: &mut Plan| {
            plan.pool = Some(Pool {
                size: 50,
                max_pending: u32::MAX,
                acquire_timeout,
                idle_timeout: Span::MAX,
                max_lifetime: Span::MAX,
            });
        }
    };
    assert!(told_of(2, pool(Span::MAX)).contains("L0162"));
    assert_eq!(told_of(2, pool(Span::from_secs(1))), "");
    let timeout = |plan: &mut Plan| {
        pool(Span::MAX)(plan);
        plan.stages = vec![Stage::Timeout(ms(500))];
    };
    assert_eq!(told_of(2, timeout), "");
}

#[test]
fn cp_1_a_pool_that_carries_less_than_comes_is_told_with_both_rates() {
    // 100 calls a second of 20 ms hold two connections at once; 8 callers with one each to each of 2 replicas have 16.
    let pool = |size, clients: u32| {
        move |plan: &mut Plan| {
            plan.shared_state = clients == 1;
            plan.pool = Some(Pool {
                size,
                max_pending: 100,
                acquire_timeout: Span::from_secs(1),
                idle_timeout: Span::MAX,
                max_lifetime: Span::MAX,
            });
        }
    };
    assert_eq!(told_of(2, pool(1, 8)), "");
    // One caller for all, and one connection to the only replica: 50 a second.
    let told = told_of(1, pool(1, 1));
    assert!(
        told.contains(
            "the `pool` on `app -> db` lets at most 50 calls per second pass, each taking 20ms or more, and 100 come"
        ),
        "{told}"
    );
    assert!(!told_of(1, pool(2, 1)).contains("L0163"));
    let slots = |max_concurrent_calls| {
        move |plan: &mut Plan| {
            plan.shared_state = true;
            plan.stages = vec![Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(Semaphore {
                max_concurrent_calls,
                ..Semaphore::default()
            })))];
        }
    };
    assert!(told_of(2, slots(1)).contains("L0163"));
    assert!(!told_of(2, slots(2)).contains("L0163"));
}

#[test]
fn more_attempts_than_grpc_has_are_told() {
    let grpc = |attempts| {
        Stage::Retry(Retry {
            attempts,
            backoff: Backoff::Grpc(Grpc {
                initial: ms(100),
                max: Span::from_secs(1),
                multiplier: Factor(2_000_000),
            }),
            budget: Some(Budget::Bucket(Bucket {
                deposit: Factor(100_000),
                burst: 10,
                strict: false,
            })),
            ..Retry::default()
        })
    };
    assert_eq!(codes_of(vec![grpc(Some(5))]), "");
    assert_eq!(codes_of(vec![grpc(Some(6))]), "L0164");
    assert_eq!(codes_of(vec![grpc(None)]), "L0164");
}

#[test]
fn sparing_hopeless_attempts_without_a_deadline_is_told() {
    let retry = || {
        Stage::Retry(Retry {
            attempts: Some(3),
            backoff: jittered(),
            skip_hopeless: true,
            ..Retry::default()
        })
    };
    assert_eq!(codes_of(vec![retry()]), "L0165");
    let deadline = Stage::Deadline(Deadline::local(Span::from_secs(2)));
    assert_eq!(codes_of(vec![deadline, retry()]), "");
}

#[test]
fn a_budget_with_fewer_attempts_than_the_retry_is_told() {
    let retry = |attempts| {
        Stage::Retry(Retry {
            attempts: Some(attempts),
            backoff: jittered(),
            budget: Some(Budget::Sre(Sre {
                ratio: Factor(100_000),
                attempts: 3,
                window: Some(Span::from_secs(120)),
                per_minute: None,
            })),
            ..Retry::default()
        })
    };
    assert_eq!(codes_of(vec![retry(3)]), "");
    assert_eq!(codes_of(vec![retry(4)]), "L0120");
}

#[test]
fn a_limit_above_what_workers_and_queue_hold_is_told() {
    let of = |limit| {
        let mut build = shop(100.0);
        build.tables.services[2].admission.limit = Some(ConcurrencyLimit::Fixed(limit));
        seen(build, &[])
    };
    // 48 workers and a queue of 100.
    assert!(
        of(148).contains("the concurrency limit of `db` never acts"),
        "{}",
        of(148)
    );
    assert_eq!(of(147), "");
}
