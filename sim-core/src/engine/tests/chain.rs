//! A chain of services behind one load.

use crate::dist::Dist;
use crate::engine::{Limits, RunError, first_divergence, run, run_on_heap};
use crate::ids::{BlockId, ClassId, EdgeId, EndpointId, LinkId, LoadId, PlanId, ServiceId, SiteId};
use crate::model::{
    Action, Arrival, Block, Caller, Clock, Edge, Endpoint, Link, Load, MixItem, Model, Plan, Queue, Rate, RatePoint,
    Service, ServiceKind, Site, Stage, Step, Style, Tables, WorkPer,
};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::policy::retry::Retry;
use crate::policy::timeout::Cancel;
use crate::quantity::{Chance, Factor, Nanomoney};
use crate::results::RunResult;
use crate::rng::Key;
use crate::routing::Balance;
use crate::time::{SimTime, Span};

/// A chain of services, each calling the next, behind one Poisson load.
struct Chain {
    rate: f64,
    workers: Option<u32>,
    work: Vec<Dist>,
    hop: Option<Dist>,
    stages: Vec<Stage>,
    duration_s: u64,
}

impl Chain {
    fn new(rate: f64, workers: u32, work: Dist) -> Chain {
        Chain {
            rate,
            workers: Some(workers),
            work: vec![work],
            hop: None,
            stages: Vec::new(),
            duration_s: 100,
        }
    }

    fn model(self) -> Model {
        let names: Vec<String> = (0..self.work.len()).map(|it| format!("tier-{it}")).collect();
        let mut tables = Tables {
            links: vec![Link {
                latency: self.hop,
                loss: Chance::NEVER,
                bandwidth_bps: None,
                connect: None,
                price_per_gb: Nanomoney(0),
            }],
            ..Tables::empty(Clock {
                warmup: SimTime::ZERO,
                duration: SimTime::from_secs(self.duration_s),
                drain: Span::from_secs(60),
                window: Span::from_secs(1),
            })
        };
        for (tier, work) in self.work.into_iter().enumerate() {
            let (id, site) = (ServiceId::from_index(tier), SiteId::from_index(tier));
            tables.services.push(Service {
                key: Key::of(&names[tier]),
                kind: ServiceKind::Service,
                endpoints: tier as u32..tier as u32 + 1,
                replicas: 1,
                places: vec![None],
                weights: vec![],
                workers: self.workers,
                cores: None,
                style: Style::Blocking,
                queue: Queue::default(),
                slowdown: None,
                quota: None,
                admission: crate::model::Admission::default(),
                dimmer: None,
                price_per_hour: Nanomoney(0),
            });
            let flow = (tier + 1 < names.len()).then(|| {
                let at = tables.steps.len() as u32;
                tables.steps.push(Step {
                    key: 7,
                    chance: Chance::ALWAYS,
                    optional: false,
                    background: false,
                    action: Action::Call(SiteId::from_index(tier + 1)),
                });
                tables.blocks.push(Block { steps: at..at + 1 });
                BlockId::from_index(tables.blocks.len() - 1)
            });
            tables.endpoints.push(Endpoint {
                service: id,
                key: Key::of(&names[tier]).child(1),
                work: Some(work),
                work_per: WorkPer::Attempt,
                errors: None,
                flow,
                request_bytes: 0,
                response_bytes: 0,
                price_per_call: Nanomoney(0),
            });
            let caller = if tier == 0 {
                Caller::Load(LoadId(0))
            } else {
                Caller::Service(ServiceId(tier as u32 - 1))
            };
            tables.edges.push(Edge {
                key: Key::of(&names[tier]).child(2),
                caller,
                callee: id,
                links: [LinkId(0); 3],
            });
            tables.sites.push(Site {
                key: Key::of(&names[tier]).child(3).0,
                edge: EdgeId::from_index(tier),
                callee: EndpointId::from_index(tier),
                plan: PlanId::from_index(tier),
                instead: None,
            });
            tables.plans.push(Plan {
                key: Key::of(&names[tier]).child(4),
                stages: self.stages.clone(),
                cancel: Cancel::None,
                balance: Balance::default(),
                routing: None,
                pool: None,
                shared_state: false,
            });
            if tier == 0 {
                tables.loads.push(Load {
                    key: Key::of("users"),
                    zone: None,
                    clients: 1,
                    class: ClassId(0),
                    priority: 0,
                    objective: None,
                    degraded_is_good: false,
                    arrival: Arrival::Poisson(Rate {
                        points: vec![RatePoint {
                            at: SimTime::ZERO,
                            per_second: self.rate,
                        }],
                    }),
                    scale: Factor::ONE,
                    mix: vec![MixItem {
                        until: Chance::ALWAYS,
                        site,
                    }],
                    items: None,
                    session: None,
                });
            }
        }
        Model::new(tables)
    }
}

fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

fn exponential(mean: Span) -> Dist {
    Dist::exponential(mean).expect("a mean above zero")
}

fn go(model: &Model, seed: u64) -> RunResult {
    run(model, seed, &Record::default(), &Limits::default(), &mut ()).expect("within the limits")
}

#[test]
fn a_queue_waits_as_long_as_theory_says() {
    let model = Chain {
        duration_s: 20_000,
        ..Chain::new(80.0, 1, exponential(ms(10)))
    }
    .model();
    let result = go(&model, 1);
    let load = &result.loads[0].total;
    assert_eq!(load.unfinished(), 0);
    assert_eq!(load.outcomes.of(Outcome::Ok), load.offered);
    // 1.6 million requests: the relative standard error of the mean is 0.9 % (validation-cases, "How to judge a run").
    let mean = load.response_ok.mean_s().unwrap();
    assert!((mean / 0.05 - 1.0).abs() < 0.04, "{mean}");
    let service = &result.services[0];
    assert!((service.utilization.unwrap() - 0.8).abs() < 0.01);
    assert!((service.in_system.mean - 4.0).abs() < 0.2, "{}", service.in_system.mean);
    assert_eq!(result.events, 2 * load.offered, "an arrival and a completion each");
}

#[test]
fn the_wheel_and_a_plain_heap_give_the_same_digest() {
    let chain = || Chain {
        hop: Some(exponential(Span::from_micros(500))),
        work: vec![exponential(ms(10)), exponential(ms(5)), exponential(ms(20))],
        stages: vec![Stage::Retry(Retry::default()), Stage::Timeout(ms(40))],
        ..Chain::new(200.0, 4, exponential(ms(10)))
    };
    for seed in 0..4 {
        let model = chain().model();
        let heap = run_on_heap(&model, seed, &Record::default(), &Limits::default()).expect("within the limits");
        let wheel = go(&model, seed);
        assert_eq!((wheel.digest, wheel.events), (heap.digest, heap.events));
        assert!(
            wheel.edges[2].total.attempts > wheel.edges[2].total.calls,
            "retries happened"
        );
    }
}

#[test]
fn what_is_recorded_changes_nothing() {
    let chain = || Chain {
        stages: vec![Stage::Timeout(ms(30))],
        ..Chain::new(90.0, 1, exponential(ms(10)))
    };
    let model = chain().model();
    let all = run(&model, 5, &Record::ALL, &Limits::default(), &mut ()).expect("within the limits");
    let none = go(&model, 5);
    assert_eq!(all.digest, none.digest);
    assert_eq!(all.loads[0].total.outcomes, none.loads[0].total.outcomes);
    let offered: u64 = all.timeline.loads[0][0].iter().map(|it| u64::from(it.offered)).sum();
    assert_eq!(offered, all.loads[0].total.offered);
}

#[test]
fn an_overloaded_run_leaves_the_rest_unfinished() {
    let model = Chain::new(300.0, 1, exponential(ms(10))).model();
    let result = go(&model, 2);
    let load = &result.loads[0].total;
    assert!(load.unfinished() > 0);
    assert_eq!(load.offered, load.outcomes.total() + load.unfinished());
}

#[test]
fn limits_stop_a_run() {
    let model = Chain {
        duration_s: 10_000,
        ..Chain::new(300.0, 1, exponential(ms(10)))
    }
    .model();
    let limits = Limits {
        events: 100_000,
        ..Limits::default()
    };
    let error = run(&model, 1, &Record::default(), &limits, &mut ()).expect_err("it needs more events");
    assert!(matches!(error, RunError::TooManyEvents { limit: 100_000, .. }));
    let limits = Limits {
        live: 500,
        ..Limits::default()
    };
    let error = run(&model, 1, &Record::default(), &limits, &mut ()).expect_err("the queue grows without end");
    assert!(matches!(error, RunError::TooManyLive { limit: 500, .. }));
}

#[test]
fn two_runs_of_one_model_are_the_same_event_by_event() {
    let model = Chain {
        duration_s: 5,
        ..Chain::new(80.0, 1, exponential(ms(10)))
    }
    .model();
    assert_eq!(first_divergence(&model, &model, 3, &Limits::default()), Ok(None));
}

#[test]
fn the_first_event_that_differs_is_named() {
    let slow = |after| Chain {
        duration_s: 5,
        stages: vec![Stage::Timeout(after)],
        ..Chain::new(80.0, 1, Dist::constant(ms(12)))
    };
    let parted = first_divergence(&slow(ms(200)).model(), &slow(ms(13)).model(), 3, &Limits::default());
    let parted = parted.expect("within the limits").expect("some wait longer than 13 ms");
    // The second run gives up on somebody before the first does anything else.
    assert_eq!(parted.second.expect("it goes on").what, "timer");
    assert!(parted.first.expect("it goes on").number > 1);
}
