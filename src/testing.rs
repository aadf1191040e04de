//! A small compiled scenario and hand-made runs of it, for tests.

use brownout_scenarios::{Compiled, Names};
use brownout_sim_core::dist::Dist;
use brownout_sim_core::ids::{
    BlockId, ClassId, EdgeId, EndpointId, FaultId, LinkId, LoadId, PlanId, ReplicaId, ServiceId, SiteId,
};
use brownout_sim_core::measure::{
    Bound, Comparison, Condition, During, Evaluator, Expectation, Measure, Metric, Moment, Target, Value, Wiring,
    Within,
};
use brownout_sim_core::model::{
    Action, Admission, Arrival, Block, Caller, Clock, Discipline, Edge, Effect, Endpoint, Fault, Instant, Link, Load,
    MixItem, Model, Pick, Plan, Queue, QueueOrder, Rate, RatePoint, Schedule, Service, ServiceKind, Site, Stage, Step,
    Style, Tables, WorkPer,
};
use brownout_sim_core::observe::digest::Digest;
use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::quantity::{Chance, Factor, Nanomoney};
use brownout_sim_core::results::{
    Cost, Covered, EdgePart, EdgeResult, FaultSpan, Gauge, LanePoint, LoadPart, LoadPoint, LoadResult, Outcomes,
    RunResult, ServicePart, ServicePoint, ServiceResult, State, Subject, Timeline, Transition,
};
use brownout_sim_core::rng::Key;
use brownout_sim_core::routing::Balance;
use brownout_sim_core::time::{SimTime, Span};

use crate::experiment::Replication;
use crate::report::points::Points;
use crate::report::story::RunStory;

fn service(name: &str, endpoint: u32, workers: u32) -> Service {
    Service {
        key: Key::of(name),
        kind: ServiceKind::Service,
        endpoints: endpoint..endpoint + 1,
        replicas: 2,
        places: vec![None; 2],
        weights: vec![],
        workers: Some(workers),
        cores: None,
        style: Style::Blocking,
        queue: Queue {
            limit: Some(50),
            order: QueueOrder::Fifo,
            timeout: None,
            discipline: Discipline::default(),
        },
        slowdown: None,
        quota: None,
        admission: Admission::default(),
        dimmer: None,
        price_per_hour: Nanomoney(0),
    }
}

fn endpoint(service: u32, name: &str, work_ms: u64, flow: Option<BlockId>) -> Endpoint {
    Endpoint {
        service: ServiceId(service),
        key: Key::of(name),
        work: Some(Dist::constant(Span::from_millis(work_ms))),
        work_per: WorkPer::Attempt,
        errors: None,
        flow,
        request_bytes: 0,
        response_bytes: 0,
        price_per_call: Nanomoney(0),
    }
}

/// `shoppers -> shop.home -> db`, two minutes, the database ten times slower from 1m to 1m20s. Services by name: db, shop.
pub fn compiled() -> Compiled {
    let edge = |name: &str, caller, callee| Edge {
        key: Key::of(name),
        caller,
        callee: ServiceId(callee),
        links: [LinkId(0); 3],
    };
    let plan = |name: &str, stages| Plan {
        key: Key::of(name),
        stages,
        cancel: Cancel::None,
        balance: Balance::default(),
        routing: None,
        pool: None,
        shared_state: false,
    };
    let model = Model::new(Tables {
        loads: vec![Load {
            key: Key::of("shoppers"),
            zone: None,
            clients: 1,
            class: ClassId(0),
            priority: 0,
            objective: Some(Span::from_millis(500)),
            degraded_is_good: false,
            arrival: Arrival::Poisson(Rate {
                points: vec![RatePoint {
                    at: SimTime::ZERO,
                    per_second: 100.0,
                }],
            }),
            scale: Factor::ONE,
            mix: vec![MixItem {
                until: Chance::ALWAYS,
                site: SiteId(0),
            }],
            items: None,
            session: None,
        }],
        services: vec![service("db", 0, 2), service("shop", 1, 8)],
        endpoints: vec![
            endpoint(0, "db", 8, None),
            endpoint(1, "shop.home", 4, Some(BlockId(0))),
        ],
        blocks: vec![Block { steps: 0..1 }],
        steps: vec![Step {
            key: 1,
            chance: Chance::ALWAYS,
            optional: false,
            background: false,
            action: Action::Call(SiteId(1)),
        }],
        sites: vec![
            Site {
                key: 2,
                edge: EdgeId(0),
                callee: EndpointId(1),
                plan: PlanId(0),
                instead: None,
            },
            Site {
                key: 3,
                edge: EdgeId(1),
                callee: EndpointId(0),
                plan: PlanId(1),
                instead: None,
            },
        ],
        edges: vec![
            edge("shoppers -> shop", Caller::Load(LoadId(0)), 1),
            edge("shop -> db", Caller::Service(ServiceId(1)), 0),
        ],
        plans: vec![
            plan("a", vec![]),
            plan("b", vec![Stage::Timeout(Span::from_millis(400))]),
        ],
        links: vec![Link {
            latency: None,
            loss: Chance::NEVER,
            bandwidth_bps: None,
            connect: None,
            price_per_gb: Nanomoney(0),
        }],
        faults: vec![Fault {
            key: Key::of("db-slow"),
            schedule: Schedule::Once(Instant::At(SimTime::from_secs(60))),
            duration: Some(Dist::constant(Span::from_secs(20))),
            ramp: None,
            flap: None,
            replicas: vec![ReplicaId(0), ReplicaId(1)],
            pick: Pick::All,
            network: None,
            effects: vec![Effect::Work {
                endpoint: None,
                factor: Factor(10_000_000),
            }],
        }],
        ..Tables::empty(Clock {
            warmup: SimTime::from_secs(10),
            duration: SimTime::from_secs(120),
            drain: Span::from_secs(10),
            window: Span::from_secs(1),
        })
    });
    let names = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    Compiled {
        scenario: "shop".to_owned(),
        title: Some("A shop and its database".to_owned()),
        question: Some("Does the shop recover by itself when the database has been slow?".to_owned()),
        variant: "base".to_owned(),
        label: None,
        model,
        names: Names {
            loads: names(&["shoppers"]),
            services: names(&["db", "shop"]),
            endpoints: names(&["", "home"]),
            edges: names(&["shoppers -> shop", "shop -> db"]),
            plans: names(&["shoppers -> shop", "shop -> db"]),
            links: names(&["default"]),
            faults: names(&["db-slow"]),
            classes: names(&["default"]),
            ..Names::default()
        },
        seed: 7,
        replications: 3,
        expectations: expectations(),
        measures: vec![
            Measure {
                name: "recovery_time".to_owned(),
                value: time_until_recovered(),
            },
            Measure {
                name: "success".to_owned(),
                value: Value::Metric(Metric::SuccessRatio, requests()),
            },
        ],
        worth: vec![None],
        currency: None,
        capacity: vec![],
        events_estimate: 60_000.0,
    }
}

fn requests() -> Target {
    Target::Requests(vec![(LoadId(0), 0)])
}

fn recovered() -> Condition {
    Condition {
        left: Value::Metric(Metric::GoodputRatio, requests()),
        comparison: Comparison::AtLeast,
        right: Bound::OfBaseline(0.95),
    }
}

fn time_until_recovered() -> Value {
    Value::TimeUntil {
        condition: Box::new(recovered()),
        after: Moment::FaultEnd(FaultId(0), 0),
        over: Span::from_secs(10),
    }
}

fn expectations() -> Vec<Expectation> {
    let at_least = |metric, bound| Condition {
        left: Value::Metric(metric, requests()),
        comparison: Comparison::AtLeast,
        right: Bound::Value(Value::Number(bound)),
    };
    let plain = |name: &str, that| Expectation {
        name: name.to_owned(),
        variants: None,
        that,
        during: None,
        within: None,
        share: None,
    };
    vec![
        Expectation {
            during: Some(During {
                from: Moment::At(SimTime::from_secs(10)),
                to: Moment::FaultStart(FaultId(0), 0),
            }),
            ..plain("steady", at_least(Metric::SuccessRatio, 0.999))
        },
        Expectation {
            within: Some(Within {
                span: Span::from_secs(15),
                after: Moment::FaultEnd(FaultId(0), 0),
                over: Span::from_secs(10),
            }),
            ..plain("recovers", recovered())
        },
        plain(
            "fast",
            Condition {
                comparison: Comparison::Less,
                ..at_least(Metric::Quantile(0.99), 0.1)
            },
        ),
        Expectation {
            variants: Some(vec!["budget".to_owned()]),
            ..plain("elsewhere", at_least(Metric::Goodput, 90.0))
        },
    ]
}

fn times(count: u64, ms: u64) -> Histogram {
    let mut histogram = Histogram::default();
    (0..count).for_each(|it| histogram.record(Span::from_micros(ms * 1_000 + it * 10)));
    histogram
}

fn outcomes(of: &[(Outcome, u64)]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for &(outcome, count) in of {
        (0..count).for_each(|_| outcomes.add(outcome));
    }
    outcomes
}

/// A run made by hand: 100 requests a second; from 60 s to 80 s only `slow` of them a second are well, then all again.
pub fn result(seed: u64, slow: u32) -> RunResult {
    let window = |at: u64| if (60..80).contains(&at) { slow } else { 100 };
    let ok: u64 = (10..120).map(|it| u64::from(window(it))).sum();
    let failed = 11_000 - ok - 5;
    let load = LoadPart {
        offered: 11_000,
        outcomes: outcomes(&[(Outcome::Ok, ok), (Outcome::Error, failed)]),
        good: ok,
        response_ok: times(ok, 13),
        response_all: times(ok + failed, 13),
    };
    let service = |ok: u64, wasted: u64| ServicePart {
        offered: 11_000,
        outcomes: outcomes(&[(Outcome::Ok, ok), (Outcome::QueueFull, 10_995 - ok)]),
        wasted,
        completed: ok,
        started: ok,
        waited: ok / 10,
        slowdown: (ok as f64 * 1.5, ok),
        wait: times(ok, 0),
        service: times(ok, 8),
        response: times(10_995, 9),
    };
    let edge = |ok: u64, outcome| EdgePart {
        calls: 11_000,
        attempts: 11_500,
        covered: Covered::default(),
        outcomes: outcomes(&[(Outcome::Ok, ok), (outcome, 10_995 - ok)]),
        response: times(10_995, 10),
        attempt: times(10_995, 9),
    };
    let whole = |replicas, endpoint, part: ServicePart| ServiceResult {
        replicas,
        total: part.clone(),
        endpoints: vec![(endpoint, part)],
        utilization: Some(0.25),
        availability: 1.0,
        replica_availability: 1.0,
        queue_length: Gauge { mean: 0.5, max: 50 },
        in_service: Gauge { mean: 1.0, max: 2 },
        in_system: Gauge { mean: 1.5, max: 52 },
        time_share: vec![0.5, 0.25, 0.25],
    };
    let lane = |ok: u64, outcome, endpoint| EdgeResult {
        total: edge(ok, outcome),
        endpoints: vec![(endpoint, edge(ok, outcome))],
    };
    let load_point = |at: u64| LoadPoint {
        offered: 100,
        ok: window(at),
        degraded: 0,
        failed: 100 - window(at),
        good: window(at),
        completed: window(at),
        response_ok: times(u64::from(window(at)), 13 + u64::from(100 - window(at))),
        response_all: times(100, 13),
    };
    RunResult {
        seed,
        digest: Digest::from_words(seed, 0xab),
        events: 66_000,
        measured: (SimTime::from_secs(10), SimTime::from_secs(120)),
        end: SimTime::from_secs(121),
        interrupted: false,
        faults: vec![FaultSpan {
            fault: FaultId(0),
            replica: None,
            start: SimTime::from_secs(60),
            end: Some(SimTime::from_secs(80)),
        }],
        changes: vec![],
        loads: vec![LoadResult {
            total: load.clone(),
            by_item: vec![(EndpointId(1), load.clone())],
            by_class: vec![(ClassId(0), load)],
        }],
        services: vec![
            whole(2, EndpointId(0), service(ok, 40)),
            whole(2, EndpointId(1), service(ok, 0)),
        ],
        edges: vec![
            lane(ok, Outcome::QueueFull, EndpointId(1)),
            lane(ok, Outcome::Timeout, EndpointId(0)),
        ],
        cost: Cost {
            replicas: 1_500_000_000,
            calls: 0,
            traffic: 0,
        },
        timeline: Timeline {
            window: Span::from_secs(1),
            windows: 120,
            loads: vec![vec![(0..120).map(load_point).collect()]],
            services: vec![vec![ServicePoint::default(); 120]; 2],
            lanes: vec![vec![LanePoint::default(); 120]; 2],
            edge_limits: vec![vec![None; 120]; 2],
        },
        transitions: vec![
            Transition {
                at: SimTime::from_secs(60),
                of: Subject::Fault(FaultId(0)),
                to: State::Started,
            },
            Transition {
                at: SimTime::from_secs(60),
                of: Subject::Replica(ReplicaId(1)),
                to: State::Crashed,
            },
            Transition {
                at: SimTime::from_secs(80),
                of: Subject::Fault(FaultId(0)),
                to: State::Ended,
            },
            Transition {
                at: SimTime::from_secs(90),
                of: Subject::Replica(ReplicaId(1)),
                to: State::Up,
            },
        ],
        checkpoints: vec![],
    }
}

/// What an experiment makes of a run.
pub fn replication(compiled: &Compiled, result: RunResult, columns: usize) -> Replication {
    let wiring = Wiring::of(&compiled.model);
    let evaluator = Evaluator::new(&result, &wiring);
    Replication {
        checks: compiled
            .expectations
            .iter()
            .map(|it| evaluator.expectation(it))
            .collect(),
        measures: compiled.measures.iter().map(|it| evaluator.measure(it)).collect(),
        values: vec![],
        points: Some(Points::of(&result, compiled.model.clock.duration, columns)),
        story: Some(RunStory::of(&compiled.model, &result, &evaluator)),
        result,
    }
}
