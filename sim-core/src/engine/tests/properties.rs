//! Laws that hold for any system: random small ones are made, and run in several ways.

mod govern;

use proptest::prelude::*;

use super::build::*;
use crate::component::pool::Pool;
use crate::component::quota::Quota;
use crate::dist::Dist;
use crate::engine::arena::LEAN;
use crate::engine::pending::Pending;
use crate::engine::slab::NONE;
use crate::engine::{Heap, Limits, RunError, Simulation, Wheel, first_divergence, run};
use crate::ids::{ChangeId, FaultId, LoadId, PlanId};
use crate::model::{
    Arrival, Change, Cover, Edit, Effect, ErrorRule, ErrorWhen, Fault, Flap, Gate, Instant, MmppState, Model, Pick,
    QueueOrder, Ramp, Schedule, Session, SessionStep, Sharing, Stage, Style, Tables, TraceRow, WorkPer,
};
use crate::model::{Checks, Routing, Spread};
use crate::observe::Record;
use crate::policy::backoff::{Backoff, Curve, Jitter};
use crate::policy::budget::{Budget, Envoy, bucket::Bucket};
use crate::policy::bulkhead::{Bulkhead, Semaphore};
use crate::policy::cache::collapser::Scope;
use crate::policy::cache::{Cache, Collapser, Ttl};
use crate::policy::deadline::Deadline;
use crate::policy::fallback::{Fallback, Kind};
use crate::policy::hedge::{Average, Delay, Hedge, Losers, OnFailure};
use crate::policy::retry::Retry;
use crate::quantity::{Chance, Factor};
use crate::results::RunResult;
use crate::rng::Key;
use crate::routing::bounded_load::BoundedLoad;
use crate::routing::cells::{Cells, Mapping};
use crate::routing::health::{self, Health};
use crate::routing::outlier::{self, Outlier};
use crate::routing::priority::Priority;
use crate::routing::shuffle_shard::ShuffleShard;
use crate::routing::subset::Subset;
use crate::routing::zone_aware::ZoneAware;
use crate::routing::{Balance, Maglev, P2c, RingHash};
use crate::server::slowdown::Slowdown;
use crate::time::{SimTime, Span};

/// Choices, taken one by one from what proptest drew (zeros when all are used), so that fewer and smaller ones make a
/// simpler system.
struct Choices<'a> {
    words: &'a [u16],
    at: usize,
}

impl Choices<'_> {
    fn below(&mut self, n: u64) -> u64 {
        let word = self.words.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        u64::from(word) % n
    }

    /// One time in `n`, never once all choices are used.
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == n - 1
    }

    fn span(&mut self) -> Span {
        // Whole milliseconds meet at one instant often.
        match self.below(4) {
            0 => ms(self.below(4)),
            1 | 2 => ms(1 + self.below(40)),
            _ => Span::from_micros(1 + self.below(30_000)),
        }
    }

    fn dist(&mut self) -> Dist {
        match self.below(3) {
            0 | 1 => always(self.span()),
            _ => exponential(ms(1 + self.below(30))),
        }
    }

    fn chance(&mut self) -> f64 {
        self.below(11) as f64 / 10.0
    }

    fn sharing(&mut self) -> Sharing {
        if self.one_in(2) {
            Sharing::Processor
        } else {
            Sharing::Fifo
        }
    }

    fn step(&mut self, service: usize, services: usize, depth: u32) -> St {
        // Calls go to later services, so that they end; seldom anywhere.
        let target = |it: &mut Self| {
            let later = services - service - 1;
            if later == 0 || it.one_in(40) {
                it.below(services as u64) as usize
            } else {
                service + 1 + it.below(later as u64) as usize
            }
        };
        let last = service + 1 == services;
        let what = match self.below(if depth > 2 { 4 } else { 8 }) {
            0 | 1 if !last => Do::Call(format!("s{}.x", target(self))),
            2 => Do::Wait(self.dist()),
            3 if !last => {
                let times = 1 + self.below(4) as u32;
                Do::Repeat(
                    format!("s{}.x", target(self)),
                    times,
                    self.one_in(2),
                    1 + self.below(u64::from(times)) as u32,
                )
            }
            4 => Do::Sequence(self.steps(service, services, depth + 1)),
            5 | 6 => {
                let branches: Vec<_> = (0..1 + self.below(3))
                    .map(|_| self.steps(service, services, depth + 1))
                    .collect();
                let need = 1 + self.below(branches.len() as u64) as u32;
                Do::Parallel(branches, need)
            }
            7 => Do::Choose(
                (0..1 + self.below(3))
                    .map(|_| (0.3, self.steps(service, services, depth + 1)))
                    .collect(),
            ),
            _ => Do::Work(self.dist()),
        };
        let background = matches!(what, Do::Call(_) | Do::Repeat(..)) && self.one_in(8);
        St {
            what,
            chance: if self.one_in(5) { self.chance() } else { 1.0 },
            optional: self.one_in(4),
            background,
        }
    }

    fn steps(&mut self, service: usize, services: usize, depth: u32) -> Vec<St> {
        (0..1 + self.below(3))
            .map(|_| self.step(service, services, depth))
            .collect()
    }

    fn service(&mut self, at: usize, services: usize) -> Svc {
        let work = if self.one_in(5) { None } else { Some(self.dist()) };
        let flow = if at + 1 < services || self.one_in(4) {
            self.steps(at, services, 0)
        } else {
            vec![]
        };
        let mut service = Svc::new(&format!("s{at}"), work, flow);
        service.replicas = 1 + self.below(3) as u32;
        service.slots = service.replicas + self.below(3) as u32;
        service.workers = (!self.one_in(3)).then(|| 1 + self.below(4) as u32);
        if self.one_in(3) {
            service = {
                let (limit, sharing) = (1 + self.below(3) as u32, self.sharing());
                service.cores(limit, sharing)
            };
        }
        if self.one_in(3) {
            service.style = Style::Async;
        }
        service.queue.limit = (!self.one_in(3)).then(|| self.below(6) as u32);
        if self.one_in(3) {
            service.queue.order = QueueOrder::Lifo;
        }
        service.queue.timeout = self.one_in(4).then(|| self.dist());
        if self.one_in(6) {
            service.slowdown = Some(Slowdown::Linear {
                per_call: Factor(50_000),
            });
        }
        if self.one_in(8) {
            service.quota = Some(Quota::Window {
                limit: 1 + self.below(20),
                period: ms(200),
            });
        }
        if self.one_in(4) {
            let when = if self.one_in(2) {
                ErrorWhen::Before
            } else {
                ErrorWhen::After
            };
            service.endpoints[0].errors = Some(ErrorRule {
                ratio: chance(self.chance()),
                when,
            });
        }
        if self.one_in(4) {
            service.endpoints[0].work_per = WorkPer::Call;
        }
        service.endpoints[0].bytes = (self.below(3) * 500, self.below(3) * 500);
        service.zones = vec![Some(0), Some(1), Some(2)];
        service.weights = if self.one_in(3) {
            vec![1, 2, 3, 4, 5][..service.slots as usize].to_vec()
        } else {
            vec![]
        };
        service
    }

    fn load(&mut self, at: usize, services: usize) -> Ld {
        let per_second = 10.0 + self.below(150) as f64;
        let arrival = match self.below(6) {
            0 | 1 => poisson(per_second),
            2 => even(per_second),
            3 => Arrival::Closed {
                users: 1 + self.below(20) as u32,
                think: exponential(ms(5 + self.below(100))),
            },
            4 => Arrival::Mmpp {
                rate: rate(&[(0, per_second), (1, per_second / 2.0)]),
                states: vec![
                    MmppState {
                        factor: Factor::ONE,
                        dwell: exponential(ms(200)),
                    },
                    MmppState {
                        factor: Factor(self.below(4) * 1_000_000),
                        dwell: always(ms(100)),
                    },
                ],
            },
            _ => {
                let mut now = 0;
                let rows = (0..self.below(60)).map(|_| {
                    now += self.below(40);
                    TraceRow {
                        at: at_ms(now),
                        item: None,
                    }
                });
                Arrival::Trace(rows.collect())
            }
        };
        let closed = matches!(arrival, Arrival::Closed { .. });
        let mut load = Ld::new(
            &format!("load{at}"),
            arrival,
            &format!("s{}.x", self.below(services as u64)),
        );
        if self.one_in(3) {
            load.targets.push((0.5, "s0.x".into()));
            load.targets[0].0 = 0.5;
        }
        load.clients = if closed { 1 } else { 1 + self.below(4) as u32 };
        load.objective = self.one_in(2).then(|| ms(50));
        load.zone = self.one_in(2).then_some(0);
        if !closed && self.one_in(3) {
            let path = if self.one_in(2) {
                (0..3)
                    .map(|_| SessionStep {
                        item: 0,
                        chance: chance(self.chance()),
                    })
                    .collect()
            } else {
                vec![]
            };
            load.session = Some(Session {
                path,
                requests_mean: 1.0 + self.below(4) as f64,
                think: self.dist(),
            });
        }
        load
    }

    fn policy(&mut self) -> Policy {
        let mut stages = Vec::new();
        if self.one_in(3) {
            stages.push(Stage::Deadline(Deadline {
                limit: ms(1 + self.below(200)),
                propagate: !self.one_in(3),
                margin: ms(self.below(10)),
            }));
        }
        if self.one_in(6) {
            stages.push(Stage::Timeout(ms(1 + self.below(100))));
        }
        if self.one_in(2) {
            let backoff = match self.below(3) {
                0 => Backoff::None,
                1 => Backoff::Curve {
                    curve: Curve::Fixed(self.span()),
                    jitter: Jitter::None,
                },
                _ => Backoff::Curve {
                    curve: Curve::Fixed(ms(10)),
                    jitter: Jitter::Full,
                },
            };
            let budget = self.one_in(2).then_some(Budget::Bucket(Bucket {
                deposit: Factor(100_000),
                burst: 10,
                strict: false,
            }));
            stages.push(Stage::Retry(Retry {
                attempts: Some(1 + self.below(4) as u32),
                backoff,
                budget,
                ..Retry::default()
            }));
        }
        if !self.one_in(3) {
            stages.push(Stage::Timeout(ms(1 + self.below(60))));
        }
        self.add_covers(&mut stages);
        let instead = stages.iter().any(|it| matches!(it, Stage::Cover(Cover::Fallback(_))));
        let balance = self.balance();
        Policy {
            stages,
            cancel: self.one_in(2),
            balance,
            routing: self.routing(&balance),
            shared: self.one_in(4),
            pool: self.one_in(4).then(|| Pool {
                size: 1 + self.below(3) as u32,
                max_pending: if self.one_in(3) { 1 } else { u32::MAX },
                acquire_timeout: if self.one_in(3) {
                    Span::MAX
                } else {
                    ms(1 + self.below(40))
                },
                idle_timeout: ms(1 + self.below(100)),
                max_lifetime: ms(1 + self.below(300)),
            }),
            instead: instead.then(|| "s0.x".into()),
        }
    }

    /// Gates, hedges and fallbacks, anywhere among the stages.
    fn add_covers(&mut self, stages: &mut Vec<Stage>) {
        let mut put = |it: &mut Self, stage: Stage| {
            let at = it.below(stages.len() as u64 + 1) as usize;
            stages.insert(at, stage);
        };
        if self.one_in(4) {
            let semaphore = Semaphore {
                max_concurrent_calls: 1 + self.below(3) as u32,
                max_wait_duration: self.span(),
                queue_limit: None,
            };
            put(self, Stage::Gate(Gate::Bulkhead(Bulkhead::Semaphore(semaphore))));
        }
        if self.one_in(3) {
            let hedge = Hedge {
                max_attempts: 2 + self.below(3) as u32,
                delay: match self.below(4) {
                    0 => Delay::Fixed(Span::ZERO),
                    1 => Delay::Fixed(Span::MAX),
                    2 => Delay::Average(Average::times(Factor::ONE)),
                    _ => Delay::Fixed(self.span()),
                },
                on_failure: if self.one_in(2) {
                    OnFailure::Wait
                } else {
                    OnFailure::NextAtOnce
                },
                losers: match self.below(3) {
                    0 => Losers::Cancelled,
                    1 => Losers::Run,
                    _ => Losers::CancelledAtStart,
                },
                budget: self.one_in(3).then_some(Budget::Envoy(Envoy::MaxRetries(2))),
                ..Hedge::POLLY
            };
            put(self, Stage::Cover(Cover::Hedge(hedge)));
        }
        if self.one_in(4) {
            let cache = match self.below(3) {
                0 => Cache::Request,
                _ => Cache::Ttl(Ttl {
                    ttl: ms(1 + self.below(200)),
                    jitter: Factor(self.below(3) * 500_000),
                    limit: Some(1 + self.below(4) as u32),
                    single_flight: self.one_in(2),
                }),
            };
            put(self, Stage::Cover(Cover::Cache(cache)));
        }
        if self.one_in(4) {
            let collapser = Collapser {
                max_requests_in_batch: self.one_in(2).then_some(1 + self.below(3) as u32),
                timer_delay: ms(1 + self.below(20)),
                request_cache: self.one_in(2),
                scope: if self.one_in(2) { Scope::Global } else { Scope::Request },
            };
            put(self, Stage::Cover(Cover::Collapse(collapser)));
        }
        if self.one_in(3) {
            let kind = match self.below(5) {
                0 => Kind::Static,
                1 => Kind::StaleCache {
                    max_stale: ms(50),
                    keys: self.one_in(2).then_some(3),
                },
                2 => Kind::FailSilent,
                3 => Kind::Dependency,
                _ => Kind::Enqueue {
                    limit: Some(1 + self.below(4) as u32),
                    every: ms(1 + self.below(30)),
                },
            };
            let fallback = Fallback {
                takes: self.span(),
                max_concurrent_requests: self.one_in(2).then_some(2),
                ..Fallback::of(kind)
            };
            put(self, Stage::Cover(Cover::Fallback(fallback)));
        }
    }

    fn balance(&mut self) -> Balance {
        let all = Balance::ALL;
        match all[self.below(all.len() as u64) as usize] {
            Balance::TwoChoices { .. } => Balance::TwoChoices {
                replacement: self.one_in(2),
            },
            Balance::P2c(_) if self.one_in(2) => Balance::P2c(P2c::LINKERD),
            Balance::RingHash(it) => Balance::RingHash(RingHash {
                bounded_load: self.one_in(2).then_some(BoundedLoad::envoy(125)),
                minimum_ring_size: 64,
                ..it
            }),
            Balance::Maglev(_) => Balance::Maglev(Maglev {
                table_size: 251,
                bounded_load: None,
            }),
            other => other,
        }
    }

    fn routing(&mut self, balance: &Balance) -> Option<Box<Routing>> {
        if self.one_in(2) {
            return None;
        }
        let seconds = |it: u64| Span::from_millis(100 + 100 * it);
        let outlier = match self.below(3) {
            0 => None,
            1 => Some(Outlier::Envoy(outlier::Envoy {
                interval: seconds(self.below(10)),
                base_ejection_time: seconds(self.below(10)),
                max_ejection_percent: 50,
                ..outlier::Envoy::default()
            })),
            _ => Some(Outlier::Grpc(outlier::Grpc {
                interval: seconds(self.below(10)),
                base_ejection_time: seconds(self.below(10)),
                failure_percentage_ejection: Some(outlier::grpc::FailurePercentage {
                    threshold: 5,
                    request_volume: 2,
                    minimum_hosts: 1,
                    ..outlier::grpc::FailurePercentage::default()
                }),
                ..outlier::Grpc::default()
            })),
        };
        let health = self.one_in(2).then(|| Checks {
            health: if self.one_in(2) {
                Health::Haproxy(health::Haproxy {
                    inter: seconds(self.below(5)),
                    observe: Some(health::Observe::of(true)),
                    ..health::Haproxy::default()
                })
            } else {
                Health::Envoy(health::Envoy::new(ms(50), seconds(self.below(5)), 1, 2))
            },
            depends_on: vec![],
        });
        let subset_size = 1 + self.below(3) as u32;
        let subset = self.one_in(3).then_some(Subset::Deterministic { subset_size });
        let spread = match self.below(8) {
            0 => Some(Spread::Priority {
                priority: Priority::DEFAULT,
                levels: vec![],
            }),
            1 => Some(Spread::ZoneAware(ZoneAware {
                min_cluster_size: 0,
                ..ZoneAware::DEFAULT
            })),
            2 => Some(Spread::Cells(Cells {
                cells: 2,
                mapping: Mapping::Rendezvous,
            })),
            3 if !balance.has_schedule() => Some(Spread::Shuffle(ShuffleShard { size: 2 })),
            _ => None,
        };
        Some(Box::new(Routing {
            outlier,
            health,
            panic_threshold: 50 * self.below(2) as u32,
            subset,
            spread,
        }))
    }

    fn system(&mut self) -> Sys {
        let services = 1 + self.below(4) as usize;
        let mut system = Sys::new((0..services).map(|at| self.service(at, services)).collect());
        for at in 0..1 + self.below(2) as usize {
            let load = self.load(at, services);
            system = system.load(load);
        }
        for at in 0..services {
            let mut policy = self.policy();
            if at == 0 {
                policy.stages.retain(|it| !asks_another(it)); // It would ask itself.
            }
            let callee = format!("s{at}");
            system = system.policy("*", &callee, policy);
        }
        system.link.latency = self.one_in(2).then(|| self.dist());
        system.link.loss = if self.one_in(4) { chance(0.05) } else { Chance::NEVER };
        system.link.bandwidth_bps = self.one_in(4).then_some(1_000_000);
        system.link.connect = self.one_in(4).then(|| self.dist());
        system.zones = if self.one_in(2) { 3 } else { 0 };
        if system.zones == 0 {
            system.services.iter_mut().for_each(|it| it.zones.clear());
            system.loads.iter_mut().for_each(|it| it.zone = None);
        }
        system.clock.duration = at_ms(1_500);
        system.clock.warmup = at_ms(self.below(3) * 250);
        system.clock.drain = ms(self.below(3) * 500);
        system.clock.window = ms(1 + self.below(400));
        system
    }

    fn instant(&mut self, faults: u64, changes: u64) -> Instant {
        match self.below(6) {
            3 if faults > 0 => Instant::FaultStart(FaultId(self.below(faults) as u32), self.span()),
            4 if faults > 0 => Instant::FaultEnd(FaultId(self.below(faults) as u32), self.span()),
            5 if changes > 0 => Instant::Change(ChangeId(self.below(changes) as u32), self.span()),
            _ => Instant::At(at_ms(self.below(1_500))),
        }
    }

    fn effect(&mut self, network: bool) -> Effect {
        if network {
            return match self.below(3) {
                0 => Effect::Cut,
                1 => Effect::Loss(chance(self.chance())),
                _ => Effect::Latency {
                    factor: Factor(self.below(5) * 1_000_000),
                    add: self.span(),
                },
            };
        }
        match self.below(6) {
            0 => Effect::Work {
                endpoint: None,
                factor: Factor(self.below(30) * 500_000),
            },
            1 => Effect::Crash,
            2 => Effect::Pause,
            3 => Effect::Stall,
            4 => Effect::Blackhole,
            _ => Effect::Errors {
                endpoint: None,
                rule: ErrorRule {
                    ratio: chance(self.chance()),
                    when: if self.one_in(2) {
                        ErrorWhen::Before
                    } else {
                        ErrorWhen::After
                    },
                },
            },
        }
    }

    fn fault(&mut self, system: &Sys, number: u64) -> Fault {
        let service = format!("s{}", self.below(system.services.len() as u64));
        let network = self.one_in(3);
        let mut fault = if network {
            let from = format!("s{}", self.below(system.services.len() as u64));
            let mut fault = system.network_fault((&from, &service), self.one_in(2), (0, 1), Effect::Cut);
            fault
                .network
                .as_mut()
                .unwrap()
                .from
                .iter_mut()
                .for_each(|it| *it |= number.is_multiple_of(2));
            fault.replicas = system.replicas_of(&service);
            fault
        } else {
            system.fault(&service, 0, 1, Effect::Crash)
        };
        fault.key = Key::of("fault").child(number);
        fault.effects = (0..1 + self.below(2)).map(|_| self.effect(network)).collect();
        fault.schedule = if self.one_in(3) {
            Schedule::Every(exponential(ms(50 + self.below(500))))
        } else {
            Schedule::Once(self.instant(number, 0))
        };
        fault.duration = (!self.one_in(6)).then(|| match self.below(3) {
            0 => always(ms(self.below(400))),
            1 => always(self.span()),
            _ => exponential(ms(100)),
        });
        fault.ramp = self.one_in(4).then(|| Ramp {
            over: ms(self.below(200)),
            steps: 1 + self.below(4) as u32,
        });
        fault.flap = self.one_in(4).then(|| Flap {
            down: self.dist(),
            up: exponential(ms(20)),
        });
        fault.pick = match self.below(5) {
            0 | 1 => Pick::All,
            2 => Pick::Count(self.below(4) as u32),
            3 => Pick::Share(self.below(11) as u32 * 100_000),
            _ => Pick::Each,
        };
        fault
    }

    fn change(&mut self, tables: &Tables, number: u64) -> Change {
        let service = crate::ids::ServiceId(self.below(tables.services.len() as u64) as u32);
        let ramp = self.one_in(3).then(|| Ramp {
            over: ms(self.below(300)),
            steps: 1 + self.below(4) as u32,
        });
        let edit = match self.below(9) {
            0 => Edit::LoadScale {
                load: LoadId(self.below(tables.loads.len() as u64) as u32),
                scale: Factor(self.below(5) * 500_000),
                ramp,
            },
            1 => Edit::Replicas {
                service,
                replicas: self.below(tables.services[service.index()].places.len() as u64 + 1) as u32,
                ramp,
            },
            2 => Edit::Workers {
                service,
                workers: (!self.one_in(4)).then(|| 1 + self.below(4) as u32),
            },
            3 => Edit::Queue {
                service,
                queue: {
                    let mut queue = crate::model::Queue {
                        limit: (!self.one_in(3)).then(|| self.below(6) as u32),
                        order: if self.one_in(2) {
                            QueueOrder::Lifo
                        } else {
                            QueueOrder::Fifo
                        },
                        timeout: self.one_in(3).then(|| self.dist()),
                        ..crate::model::Queue::default()
                    };
                    if self.one_in(2) {
                        self.govern_queue(&mut queue);
                    }
                    queue
                },
            },
            4 => {
                let endpoint = self.below(tables.endpoints.len() as u64) as u32;
                let mut row = tables.endpoints[endpoint as usize].clone();
                row.work = (!self.one_in(4)).then(|| self.dist());
                if self.one_in(4) {
                    row.flow = None;
                }
                Edit::Endpoint {
                    endpoint: crate::ids::EndpointId(endpoint),
                    row,
                }
            }
            5 => {
                let plan = self.below(tables.plans.len() as u64) as u32;
                let mut row = tables.plans[plan as usize].clone();
                let mut policy = self.policy();
                policy.stages.retain(|it| !asks_another(it)); // Its sites would not know whom.
                (row.stages, row.balance, row.pool) = (policy.stages, policy.balance, policy.pool);
                row.routing = policy.routing;
                Edit::Plan {
                    plan: PlanId(plan),
                    row,
                }
            }
            6 => Edit::Admission {
                service,
                admission: match self.one_in(4) {
                    true => crate::model::Admission::default(),
                    // Without a number of workers nothing is a share of them.
                    false => self.admission(false),
                },
            },
            7 => Edit::Dimmer {
                service,
                dimmer: (!self.one_in(3)).then(|| self.dimmer()),
            },
            _ => {
                let mut row = tables.links[0].clone();
                (row.latency, row.connect) = (self.one_in(2).then(|| self.dist()), self.one_in(3).then(|| self.dist()));
                Edit::Link {
                    link: crate::ids::LinkId(0),
                    row,
                }
            }
        };
        Change {
            key: Key::of("change").child(number),
            at: self.instant(tables.faults.len() as u64, number),
            edits: vec![edit],
        }
    }

    fn tables(&mut self) -> (Sys, Tables) {
        let mut system = self.system();
        if self.one_in(2) {
            self.govern(&mut system);
        }
        let mut tables = system.tables();
        tables.depth_max = 12;
        tables.faults = (0..self.below(4)).map(|number| self.fault(&system, number)).collect();
        for number in 0..self.below(4) {
            let change = self.change(&tables, number);
            tables.changes.push(change);
        }
        (system, tables)
    }
}

fn at_ms(ms: u64) -> SimTime {
    at(ms)
}

const LIMITS: Limits = Limits {
    events: 300_000,
    live: 20_000,
};

/// Runs a simulation to its end, and looks at its books: when nothing is in flight, nobody holds anything.
fn run_and_look<Q: Pending>(model: &Model, record: &Record, stop_after: u64) -> Result<RunResult, RunError> {
    let mut simulation = Simulation::<Q>::new(model, 9, record, &LIMITS);
    let mut popped = 0u64;
    while popped < stop_after && simulation.advance_once() {
        popped += 1;
        if let Some(error) = simulation.error {
            return Err(error);
        }
        if simulation.events > LIMITS.events {
            return Err(RunError::TooManyEvents {
                limit: LIMITS.events,
                at: simulation.now,
            });
        }
        assert!(simulation.agenda.is_empty());
        assert!(
            popped < 40 * LIMITS.events,
            "events are made without end, and none is acted on"
        );
    }
    let waited_for = |it: &u32| ![NONE, LEAN].contains(&simulation.attempts[*it].call);
    let (calls, attempts) = (simulation.calls.taken(), simulation.attempts.taken());
    let inside = |it: &u32| simulation.attempts[*it].child != crate::engine::arena::Child::None;
    if !attempts.iter().any(inside) {
        assert_eq!(
            (simulation.joins.len(), simulation.frames.len()),
            (0, 0),
            "joins and branches end with their flow"
        );
    }
    let out = attempts.iter().filter(|it| waited_for(it)).count() as u32;
    assert_eq!(
        calls.iter().filter(|it| simulation.calls[**it].attempt != NONE).count() as u32,
        out
    );
    if attempts.is_empty() {
        for replica in &simulation.replicas {
            assert_eq!(
                (
                    replica.busy,
                    replica.inside,
                    replica.queue.len,
                    replica.resume.len,
                    replica.held.len
                ),
                (0, 0, 0, 0, 0)
            );
            assert!(replica.cores.as_ref().is_none_or(|it| it.computing() == 0));
        }
    }
    Ok(simulation.finish(9, false))
}

fn same(one: &Result<RunResult, RunError>, other: &Result<RunResult, RunError>) {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            assert_eq!(
                (one.digest, one.events, one.end),
                (other.digest, other.events, other.end)
            );
            for (one, other) in one.loads.iter().zip(&other.loads) {
                assert_eq!(one.total.outcomes, other.total.outcomes);
                assert_eq!(one.total.response_all, other.total.response_all);
            }
            for (one, other) in one.services.iter().zip(&other.services) {
                assert_eq!(one.total.outcomes, other.total.outcomes);
                assert_eq!((one.in_system, one.queue_length), (other.in_system, other.queue_length));
            }
            assert_eq!(one.faults, other.faults);
        }
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => panic!("{:?} and {:?}", one.as_ref().err(), other.as_ref().err()),
    }
}

/// Whether it is a fallback on another callee.
fn asks_another(stage: &Stage) -> bool {
    matches!(stage, Stage::Cover(Cover::Fallback(it)) if it.kind == Kind::Dependency)
}

fn cases() -> u32 {
    if std::env::var_os("BROWNOUT_SLOW").is_some() {
        20_000
    } else {
        400
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_system_runs_to_its_end_the_same_in_every_way(
        words in prop::collection::vec(any::<u16>(), 0..360),
        stop_after in 1..3_000u64,
    ) {
        let (system, tables) = Choices { words: &words, at: 0 }.tables();
        let model = Model::new(tables.clone());
        let wheel = run_and_look::<Wheel>(&model, &Record::default(), u64::MAX);
        let heap = run_and_look::<Heap>(&model, &Record::default(), u64::MAX);
        same(&wheel, &heap);
        let record = Record { checkpoints: Some(ms(70)), ..Record::ALL };
        let recorded = run_and_look::<Wheel>(&model, &record, u64::MAX);
        same(&wheel, &recorded);
        if let (Ok(recorded), Ok(_)) = (&recorded, &wheel) {
            // The timelines add up to the totals when nothing is left out as warm-up.
            for (row, load) in recorded.loads.iter().enumerate() {
                let points = recorded.timeline.loads[row].iter().flatten();
                let offered: u64 = points.map(|it| u64::from(it.offered)).sum();
                prop_assert!(offered >= load.total.offered);
                if model.clock.warmup == SimTime::ZERO {
                    prop_assert_eq!(offered, load.total.offered);
                }
            }
            for service in &recorded.services {
                let shares: f64 = service.time_share.iter().sum();
                prop_assert!(service.time_share.is_empty() || (shares - 1.0).abs() < 1e-9, "{}", shares);
                prop_assert!(service.total.outcomes.total() <= service.total.offered);
            }
        }
        // Stopped anywhere, the books balance (asserted within).
        let _ = run_and_look::<Wheel>(&model, &Record::default(), stop_after);

        // An unrelated service before all others changes nothing: same digest.
        let mut more = system.clone();
        more.services.insert(0, Svc::new("idle", always(ms(1)), vec![]).replicas(2));
        if tables.faults.is_empty() && tables.changes.is_empty() {
            let mut more = more.tables();
            more.depth_max = tables.depth_max;
            let more = run_and_look::<Wheel>(&Model::new(more), &Record::default(), u64::MAX);
            match (&wheel, &more) {
                (Ok(wheel), Ok(more)) => prop_assert_eq!(wheel.digest, more.digest),
                (Err(_), Err(_)) => (),
                _ => prop_assert!(false, "one ended, the other did not"),
            }
        }
    }
}

#[test]
fn an_interrupted_run_balances() {
    struct Impatient(u32);
    impl crate::engine::Control for Impatient {
        fn poll(&mut self, _: SimTime, _: u64) -> core::ops::ControlFlow<()> {
            self.0 -= 1;
            if self.0 == 0 {
                core::ops::ControlFlow::Break(())
            } else {
                core::ops::ControlFlow::Continue(())
            }
        }
    }
    let system = Sys::new(vec![
        Svc::new("a", exponential(ms(1)), vec![call("b.x"), call("b.x")]).workers(8),
        Svc::new("b", exponential(ms(5)), vec![]).workers(8),
    ])
    .load(Ld::new("users", poisson(1_000.0), "a.x"))
    .latency(exponential(ms(1)))
    .lasting(1_000)
    .warmup(20);
    for polls in [1, 3] {
        let result = run(
            &system.model(),
            1,
            &Record::ALL,
            &Limits::default(),
            &mut Impatient(polls),
        )
        .unwrap();
        assert!(result.interrupted && result.end < SimTime::from_secs(1_000));
        assert_eq!(result.measured.1, result.end);
        let load = &result.loads[0].total;
        assert_eq!(load.offered, load.outcomes.total() + load.unfinished());
    }
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_run() {
    // Timeouts, retries, cancellation, queue timeouts and processor sharing, at a steady pace.
    let policy = Policy {
        stages: vec![
            Stage::Deadline(Deadline {
                limit: ms(200),
                propagate: true,
                margin: Span::ZERO,
            }),
            retry(3, ms(5)),
            Stage::Timeout(ms(30)),
        ],
        cancel: true,
        balance: Balance::LeastOutstanding,
        routing: None,
        shared: false,
        pool: None,
        instead: None,
    };
    let system = Sys::new(vec![
        Svc::new(
            "a",
            exponential(ms(1)),
            vec![call("b.x").optional(), call("b.x").optional()],
        )
        .workers(40)
        .cores(2, Sharing::Processor),
        Svc::new("b", exponential(ms(20)), vec![])
            .workers(8)
            .replicas(2)
            .cores(4, Sharing::Fifo)
            .queue(Some(50), QueueOrder::Fifo, Some(always(ms(25)))),
    ])
    .load(Ld::new("users", poisson(200.0), "a.x"))
    .policy("*", "*", policy);
    let sizes = |seconds| {
        let model = system.clone().lasting(seconds).model();
        let mut simulation = Simulation::<Wheel>::new(&model, 1, &Record::default(), &Limits::default());
        let mut rows = 0;
        let mut popped = 0u64;
        while simulation.now < SimTime::from_secs(seconds - 1) && simulation.advance_once() {
            popped += 1;
            rows = rows.max(
                simulation.calls.len() + simulation.attempts.len() + simulation.joins.len() + simulation.frames.len(),
            );
        }
        let rings: usize = simulation.rings.iter().map(|it| it.len()).sum();
        (
            rings,
            rows,
            simulation.agenda.capacity(),
            popped as f64 / simulation.events as f64,
        )
    };
    let (short, long) = (sizes(20), sizes(200));
    assert!(long.0 <= short.0.max(256) * 2, "rings: {} and {}", short.0, long.0);
    assert!(long.1 <= short.1 * 2, "rows: {} and {}", short.1, long.1);
    assert!(long.2 <= short.2.max(64), "agenda: {} and {}", short.2, long.2);
    assert!(
        (long.3 / short.3 - 1.0).abs() < 0.05,
        "entries for each event: {} and {}",
        short.3,
        long.3
    );
}

#[test]
fn two_runs_of_one_random_system_go_hand_in_hand() {
    let words: Vec<u16> = (0..240u32).map(|it| ((it * 40_503) >> 3) as u16).collect();
    let (_, tables) = Choices { words: &words, at: 0 }.tables();
    let model = Model::new(tables);
    assert_eq!(first_divergence(&model, &model, 3, &LIMITS), Ok(None));
}
