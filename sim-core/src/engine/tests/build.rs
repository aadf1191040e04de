//! Small systems, readably: services, flows and loads by name, and what became of single requests in one line.

use crate::component::pool::Pool;
use crate::dist::Dist;
use crate::engine::{Limits, RunError, run};
use crate::ids::{BlockId, ClassId, EdgeId, EndpointId, LinkId, LoadId, PlanId, ReplicaId, ServiceId, SiteId};
use crate::model::{
    Action, Admission, Arrival, Block, Caller, ChooseOption, Clock, Cores, Discipline, Edge, Effect, Endpoint, Fault,
    Instant, Link, Load, MixItem, Model, NetworkScope, Pick, Plan, Queue, QueueOrder, Rate, RatePoint, Repeat,
    Schedule, Service, ServiceKind, Sharing, Site, Stage, Step, Style, Tables, TraceRow, WorkPer, Zone,
};
use crate::observe::Record;
use crate::outcome::Outcome;
use crate::policy::backoff::{Backoff, Curve, Jitter};
use crate::policy::retry::Retry;
use crate::policy::timeout::Cancel;
use crate::quantity::{Chance, Factor, Nanomoney};
use crate::results::RunResult;
use crate::rng::Key;
use crate::routing::Balance;
use crate::time::{SimTime, Span};

pub fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

pub fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

pub fn always(span: Span) -> Dist {
    Dist::constant(span)
}

pub fn exponential(mean: Span) -> Dist {
    Dist::exponential(mean).expect("a mean above zero")
}

pub fn chance(p: f64) -> Chance {
    Chance::from_parts_per_trillion((p * 1e12) as u64)
}

pub fn rate(points: &[(u64, f64)]) -> Rate {
    let point = |&(s, per_second): &(u64, f64)| RatePoint {
        at: SimTime::from_secs(s),
        per_second,
    };
    Rate {
        points: points.iter().map(point).collect(),
    }
}

pub fn poisson(per_second: f64) -> Arrival {
    Arrival::Poisson(rate(&[(0, per_second)]))
}

pub fn even(per_second: f64) -> Arrival {
    Arrival::Deterministic(rate(&[(0, per_second)]))
}

/// A step of a flow.
#[derive(Clone)]
pub struct St {
    pub what: Do,
    pub chance: f64,
    pub optional: bool,
    pub background: bool,
}

#[derive(Clone)]
pub enum Do {
    Call(String),
    Repeat(String, u32, bool, u32),
    Work(Dist),
    Wait(Dist),
    Sequence(Vec<St>),
    Parallel(Vec<Vec<St>>, u32),
    Choose(Vec<(f64, Vec<St>)>),
}

impl From<Do> for St {
    fn from(what: Do) -> St {
        St {
            what,
            chance: 1.0,
            optional: false,
            background: false,
        }
    }
}

impl St {
    pub fn optional(self) -> St {
        St { optional: true, ..self }
    }

    pub fn background(self) -> St {
        St {
            background: true,
            ..self
        }
    }

    pub fn chance(self, chance: f64) -> St {
        St { chance, ..self }
    }
}

pub fn call(to: &str) -> St {
    Do::Call(to.into()).into()
}

pub fn work(took: Span) -> St {
    Do::Work(always(took)).into()
}

pub fn wait(took: Span) -> St {
    Do::Wait(always(took)).into()
}

pub fn parallel(branches: Vec<Vec<St>>, need: u32) -> St {
    Do::Parallel(branches, need).into()
}

/// An endpoint: `service.endpoint` is its name.
#[derive(Clone)]
pub struct Ep {
    pub name: String,
    pub work: Option<Dist>,
    pub work_per: WorkPer,
    pub errors: Option<crate::model::ErrorRule>,
    pub flow: Vec<St>,
    pub bytes: (u64, u64),
}

/// A service with unlimited workers and an unlimited queue, unless changed.
#[derive(Clone)]
pub struct Svc {
    pub name: String,
    pub replicas: u32,
    pub slots: u32,
    pub zones: Vec<Option<u32>>,
    pub weights: Vec<u32>,
    pub workers: Option<u32>,
    pub cores: Option<Cores>,
    pub style: Style,
    pub queue: Queue,
    pub slowdown: Option<crate::server::slowdown::Slowdown>,
    pub quota: Option<crate::component::quota::Quota>,
    pub admission: Admission,
    pub dimmer: Option<crate::server::dimmer::Dimmer>,
    pub endpoints: Vec<Ep>,
}

impl Svc {
    /// A service whose one endpoint `x` computes for `work` and then does `flow`.
    pub fn new(name: &str, work: impl Into<Option<Dist>>, flow: Vec<St>) -> Svc {
        Svc {
            name: name.into(),
            replicas: 1,
            slots: 1,
            zones: Vec::new(),
            weights: Vec::new(),
            workers: None,
            cores: None,
            style: Style::Blocking,
            queue: Queue::default(),
            admission: Admission::default(),
            dimmer: None,
            slowdown: None,
            quota: None,
            endpoints: vec![Ep {
                name: "x".into(),
                work: work.into(),
                work_per: WorkPer::Attempt,
                errors: None,
                flow,
                bytes: (0, 0),
            }],
        }
    }

    pub fn workers(self, workers: u32) -> Svc {
        Svc {
            workers: Some(workers),
            ..self
        }
    }

    pub fn replicas(self, replicas: u32) -> Svc {
        Svc {
            replicas,
            slots: self.slots.max(replicas),
            ..self
        }
    }

    pub fn slots(self, slots: u32) -> Svc {
        Svc { slots, ..self }
    }

    pub fn cores(self, limit: u32, sharing: Sharing) -> Svc {
        Svc {
            cores: Some(Cores { limit, sharing }),
            ..self
        }
    }

    pub fn queue(self, limit: Option<u32>, order: QueueOrder, timeout: Option<Dist>) -> Svc {
        Svc {
            queue: Queue {
                limit,
                order,
                timeout,
                ..self.queue
            },
            ..self
        }
    }

    pub fn discipline(mut self, discipline: Discipline) -> Svc {
        self.queue.discipline = discipline;
        self
    }

    pub fn admission(self, admission: Admission) -> Svc {
        Svc { admission, ..self }
    }

    pub fn style(self, style: Style) -> Svc {
        Svc { style, ..self }
    }
}

/// A load on some endpoints.
#[derive(Clone)]
pub struct Ld {
    pub name: String,
    pub arrival: Arrival,
    pub targets: Vec<(f64, String)>,
    pub clients: u32,
    pub scale: Factor,
    pub objective: Option<Span>,
    pub zone: Option<u32>,
    pub class: u32,
    pub priority: u8,
    pub items: Option<crate::dist::Zipf>,
    pub session: Option<crate::model::Session>,
}

impl Ld {
    pub fn new(name: &str, arrival: Arrival, target: &str) -> Ld {
        Ld {
            name: name.into(),
            arrival,
            targets: vec![(1.0, target.into())],
            clients: 1,
            scale: Factor::ONE,
            objective: None,
            zone: None,
            class: 0,
            priority: 0,
            items: None,
            session: None,
        }
    }
}

/// The policies of an edge.
#[derive(Clone, Default)]
pub struct Policy {
    pub stages: Vec<Stage>,
    pub cancel: bool,
    pub balance: Balance,
    pub routing: Option<Box<crate::model::Routing>>,
    pub shared: bool,
    pub pool: Option<Pool>,
    /// Where a fallback calls.
    pub instead: Option<String>,
}

/// Three tries at fixed intervals, or others.
pub fn retry(attempts: u32, pause: Span) -> Stage {
    Stage::Retry(Retry {
        attempts: Some(attempts),
        backoff: if pause == Span::ZERO {
            Backoff::None
        } else {
            Backoff::Curve {
                curve: Curve::Fixed(pause),
                jitter: Jitter::None,
            }
        },
        ..Retry::default()
    })
}

/// A system. Lasts 10 s and as long again to drain, unless changed.
#[derive(Clone)]
pub struct Sys {
    pub clock: Clock,
    pub services: Vec<Svc>,
    pub loads: Vec<Ld>,
    /// Caller and callee, a `*` for any.
    pub policies: Vec<(String, String, Policy)>,
    pub link: Link,
    pub zones: u32,
}

pub fn link(latency: Option<Dist>) -> Link {
    Link {
        latency,
        loss: Chance::NEVER,
        bandwidth_bps: None,
        connect: None,
        price_per_gb: Nanomoney(0),
    }
}

impl Sys {
    pub fn new(services: Vec<Svc>) -> Sys {
        Sys {
            clock: Clock {
                warmup: SimTime::ZERO,
                duration: SimTime::from_secs(10),
                drain: Span::from_secs(10),
                window: Span::from_secs(1),
            },
            services,
            loads: vec![],
            policies: vec![],
            link: link(None),
            zones: 0,
        }
    }

    pub fn lasting(mut self, seconds: u64) -> Sys {
        self.clock.duration = SimTime::from_secs(seconds);
        self
    }

    pub fn warmup(mut self, seconds: u64) -> Sys {
        self.clock.warmup = SimTime::from_secs(seconds);
        self
    }

    pub fn load(mut self, load: Ld) -> Sys {
        self.loads.push(load);
        self
    }

    /// A load of one request at each of these milliseconds.
    pub fn requests(mut self, at_ms: &[u64], target: &str) -> Sys {
        for &at_ms in at_ms {
            let name = format!("r{}", self.loads.len());
            let row = TraceRow {
                at: at(at_ms),
                item: None,
            };
            self.loads.push(Ld::new(&name, Arrival::Trace(vec![row]), target));
        }
        self
    }

    pub fn policy(mut self, caller: &str, callee: &str, policy: Policy) -> Sys {
        self.policies.push((caller.into(), callee.into(), policy));
        self
    }

    pub fn stages(self, caller: &str, callee: &str, stages: Vec<Stage>) -> Sys {
        self.policy(
            caller,
            callee,
            Policy {
                stages,
                ..Policy::default()
            },
        )
    }

    pub fn latency(mut self, latency: Dist) -> Sys {
        self.link.latency = Some(latency);
        self
    }

    pub fn service(&self, name: &str) -> ServiceId {
        ServiceId::from_index(self.services.iter().position(|it| it.name == name).expect("a service"))
    }

    pub fn endpoint(&self, name: &str) -> EndpointId {
        let mut all = self.services.iter().flat_map(|service| {
            let of = |it: &Ep| format!("{}.{}", service.name, it.name);
            service.endpoints.iter().map(of)
        });
        EndpointId::from_index(all.position(|it| it == name).expect("an endpoint"))
    }

    pub fn replicas_of(&self, name: &str) -> Vec<ReplicaId> {
        let before = self.services.iter().take_while(|it| it.name != name);
        let first: u32 = before.map(|it| it.slots).sum();
        let slots = self.services[self.service(name).index()].slots;
        (first..first + slots).map(ReplicaId).collect()
    }

    /// A flag for each party: the replicas of services, and loads.
    pub fn parties(&self, names: &[&str]) -> Vec<bool> {
        let services = self.services.iter();
        let mut flags: Vec<bool> = services
            .flat_map(|it| vec![names.contains(&it.name.as_str()); it.slots as usize])
            .collect();
        flags.extend(self.loads.iter().map(|it| names.contains(&it.name.as_str())));
        flags
    }

    /// A fault of a service from one millisecond to another.
    pub fn fault(&self, service: &str, from: u64, to: u64, effect: Effect) -> Fault {
        Fault {
            key: Key::of("fault").child(from).child(to),
            schedule: Schedule::Once(Instant::At(at(from))),
            duration: Some(always(ms(to - from))),
            ramp: None,
            flap: None,
            replicas: self.replicas_of(service),
            pick: Pick::All,
            network: None,
            effects: vec![effect],
        }
    }

    /// A fault of the messages from some parties to others.
    pub fn network_fault(
        &self,
        (a, b): (&str, &str),
        both_ways: bool,
        (from, to): (u64, u64),
        effect: Effect,
    ) -> Fault {
        Fault {
            network: Some(NetworkScope {
                from: self.parties(&[a]),
                to: self.parties(&[b]),
                both_ways,
            }),
            replicas: vec![],
            ..self.fault(&self.services[0].name.clone(), from, to, effect)
        }
    }

    pub fn model(&self) -> Model {
        Model::new(self.tables())
    }

    pub fn tables(&self) -> Tables {
        let mut tables = Tables {
            clock: self.clock,
            zones: (0..self.zones)
                .map(|it| Zone {
                    key: Key::of("zone").child(u64::from(it)),
                    region: it / 2,
                })
                .collect(),
            loads: vec![],
            services: vec![],
            endpoints: vec![],
            blocks: vec![],
            steps: vec![],
            options: vec![],
            sites: vec![],
            edges: vec![],
            plans: vec![],
            links: vec![self.link.clone()],
            faults: vec![],
            changes: vec![],
            classes: self.loads.iter().map(|it| it.class + 1).max().unwrap_or(1),
            depth_max: 32,
        };
        for (row, service) in self.services.iter().enumerate() {
            let first = tables.endpoints.len() as u32;
            for endpoint in &service.endpoints {
                let key = Key::of(&format!("{}.{}", service.name, endpoint.name));
                let mut steps = 0;
                let caller = Caller::Service(ServiceId::from_index(row));
                let flow = (!endpoint.flow.is_empty()).then(|| {
                    let steps = self.steps(&mut tables, &endpoint.flow, (caller, key), &mut steps);
                    tables.blocks.push(Block { steps });
                    BlockId::from_index(tables.blocks.len() - 1)
                });
                tables.endpoints.push(Endpoint {
                    service: ServiceId::from_index(row),
                    key,
                    work: endpoint.work.clone(),
                    work_per: endpoint.work_per,
                    errors: endpoint.errors,
                    flow,
                    request_bytes: endpoint.bytes.0,
                    response_bytes: endpoint.bytes.1,
                    price_per_call: Nanomoney(0),
                });
            }
            let zones = service.zones.iter().cycle();
            let zones = zones
                .map(|it| it.map(crate::ids::ZoneId))
                .chain(core::iter::repeat(None));
            tables.services.push(Service {
                key: Key::of(&service.name),
                kind: ServiceKind::Service,
                endpoints: first..tables.endpoints.len() as u32,
                replicas: service.replicas,
                places: zones.take(service.slots as usize).collect(),
                weights: service.weights.clone(),
                workers: service.workers,
                cores: service.cores,
                style: service.style,
                queue: service.queue.clone(),
                slowdown: service.slowdown,
                quota: service.quota,
                admission: service.admission.clone(),
                dimmer: service.dimmer,
                price_per_hour: Nanomoney(0),
            });
        }
        for (row, load) in self.loads.iter().enumerate() {
            let key = Key::of(&load.name);
            let (mut mix, mut until) = (Vec::new(), 0.0);
            for (share, target) in &load.targets {
                until += share;
                let site = self.site(&mut tables, (Caller::Load(LoadId::from_index(row)), key), target);
                let until = if mix.len() + 1 == load.targets.len() {
                    Chance::ALWAYS
                } else {
                    chance(until)
                };
                mix.push(MixItem { until, site });
            }
            tables.loads.push(Load {
                key,
                zone: load.zone.map(crate::ids::ZoneId),
                clients: load.clients,
                class: ClassId(load.class),
                priority: load.priority,
                objective: load.objective,
                degraded_is_good: false,
                arrival: load.arrival.clone(),
                scale: load.scale,
                mix,
                items: load.items.clone(),
                session: load.session.clone(),
            });
        }
        tables
    }

    fn name_of(&self, caller: Caller) -> &str {
        match caller {
            Caller::Load(load) => &self.loads[load.index()].name,
            Caller::Service(service) => &self.services[service.index()].name,
        }
    }

    fn site(&self, tables: &mut Tables, (caller, caller_key): (Caller, Key), to: &str) -> SiteId {
        let callee = self.endpoint(to);
        let service = self.service(to.split('.').next().expect("a service's name"));
        let name = format!("{} -> {}", self.name_of(caller), self.services[service.index()].name);
        let found = tables
            .edges
            .iter()
            .position(|it| it.caller == caller && it.callee == service);
        let edge = found.unwrap_or_else(|| {
            tables.edges.push(Edge {
                key: Key::of(&name),
                caller,
                callee: service,
                links: [LinkId(0); 3],
            });
            let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
            let policy = self
                .policies
                .iter()
                .find(|it| fits(&it.0, self.name_of(caller)) && fits(&it.1, &self.services[service.index()].name));
            let policy = policy.map(|it| it.2.clone()).unwrap_or_default();
            tables.plans.push(Plan {
                key: Key::of(&name).child(9),
                stages: policy.stages,
                cancel: if policy.cancel { Cancel::Propagate } else { Cancel::None },
                balance: policy.balance,
                routing: policy.routing,
                pool: policy.pool,
                shared_state: policy.shared,
            });
            tables.edges.len() - 1
        });
        let rank = tables
            .sites
            .iter()
            .filter(|it| it.edge.index() == edge && it.callee == callee)
            .count();
        tables.sites.push(Site {
            key: caller_key.child(Key::of(to).0).child(rank as u64).0,
            edge: EdgeId::from_index(edge),
            callee,
            plan: PlanId::from_index(edge),
            instead: None,
        });
        let site = tables.sites.len() - 1;
        let name = &self.services[service.index()].name;
        let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        let mut policies = self.policies.iter();
        let policy = policies.find(|it| fits(&it.0, self.name_of(caller)) && fits(&it.1, name));
        if let Some(to) = policy.and_then(|it| it.2.instead.as_ref()).filter(|it| *it != to) {
            tables.sites[site].instead = Some(self.site(tables, (caller, caller_key), to));
        }
        SiteId::from_index(site)
    }

    fn steps(
        &self,
        tables: &mut Tables,
        steps: &[St],
        caller: (Caller, Key),
        count: &mut u64,
    ) -> core::ops::Range<u32> {
        let mut rows = Vec::new();
        for step in steps {
            *count += 1;
            let key = caller.1.child(1_000 + *count).0;
            let action = match &step.what {
                Do::Call(to) => Action::Call(self.site(tables, caller, to)),
                Do::Repeat(to, times, parallel, need) => Action::Repeat(Repeat {
                    site: self.site(tables, caller, to),
                    times: *times,
                    parallel: *parallel,
                    need: *need,
                }),
                Do::Work(it) => Action::Work(it.clone()),
                Do::Wait(it) => Action::Wait(it.clone()),
                Do::Sequence(inner) => {
                    let steps = self.steps(tables, inner, caller, count);
                    tables.blocks.push(Block { steps });
                    Action::Sequence(BlockId::from_index(tables.blocks.len() - 1))
                }
                Do::Parallel(branches, need) => {
                    let inner: Vec<_> = branches
                        .iter()
                        .map(|it| self.steps(tables, it, caller, count))
                        .collect();
                    let first = tables.blocks.len() as u32;
                    tables.blocks.extend(inner.into_iter().map(|steps| Block { steps }));
                    Action::Parallel {
                        blocks: first..tables.blocks.len() as u32,
                        need: *need,
                    }
                }
                Do::Choose(options) => {
                    let (mut until, mut rows) = (0.0, Vec::new());
                    for (share, inner) in options {
                        until += share;
                        let steps = self.steps(tables, inner, caller, count);
                        tables.blocks.push(Block { steps });
                        rows.push(ChooseOption {
                            until: if rows.len() + 1 == options.len() {
                                Chance::ALWAYS
                            } else {
                                chance(until)
                            },
                            block: BlockId::from_index(tables.blocks.len() - 1),
                        });
                    }
                    let first = tables.options.len() as u32;
                    tables.options.extend(rows);
                    Action::Choose {
                        options: first..tables.options.len() as u32,
                    }
                }
            };
            rows.push(Step {
                key,
                chance: if step.chance >= 1.0 {
                    Chance::ALWAYS
                } else {
                    chance(step.chance)
                },
                optional: step.optional,
                background: step.background,
                action,
            });
        }
        let first = tables.steps.len() as u32;
        tables.steps.extend(rows);
        first..tables.steps.len() as u32
    }

    /// Runs it with these faults.
    pub fn run_with(&self, faults: Vec<Fault>, seed: u64) -> RunResult {
        go(
            &Model::new(Tables {
                faults,
                ..self.tables()
            }),
            seed,
        )
    }

    pub fn run(&self) -> RunResult {
        self.run_with(vec![], 1)
    }

    /// What became of each load's single request, with the milliseconds of its end: `ok@40 timeout@100 -`.
    pub fn story(&self, result: &RunResult) -> String {
        let of = |(load, part): (&Ld, &crate::results::LoadResult)| {
            let Arrival::Trace(rows) = &load.arrival else {
                return String::from("*");
            };
            let outcome = Outcome::ALL.into_iter().find(|&it| part.total.outcomes.of(it) > 0);
            match (outcome, part.total.response_all.max()) {
                (Some(outcome), Some(took)) => {
                    let end = (rows[0].at + took).nanos();
                    if end % 1_000_000 == 0 {
                        format!("{}@{}", outcome.name(), end / 1_000_000)
                    } else {
                        format!("{}@{}ns", outcome.name(), end)
                    }
                }
                _ => String::from("-"),
            }
        };
        let all: Vec<String> = self.loads.iter().zip(&result.loads).map(of).collect();
        all.join(" ")
    }

    /// The story of a run without faults.
    pub fn play(&self) -> String {
        self.story(&self.run())
    }

    /// The story of a run with these faults.
    pub fn play_with(&self, faults: Vec<Fault>) -> String {
        self.story(&self.run_with(faults, 1))
    }
}

pub fn go(model: &Model, seed: u64) -> RunResult {
    try_run(model, seed).expect("within the limits")
}

pub fn try_run(model: &Model, seed: u64) -> Result<RunResult, RunError> {
    run(model, seed, &Record::default(), &Limits::default(), &mut ())
}

/// Mean and half-width of the 99.9 % interval over seeds, by Student's t with 9 degrees of freedom (4.781).
pub fn interval(values: &[f64; 10]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / 10.0;
    let variance = values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / 9.0;
    (mean, 4.781 * (variance / 10.0).sqrt())
}

/// The interval of ten seeds holds `expected`, and is no wider than `band` of it to each side.
pub fn agrees(what: &str, expected: f64, band: f64, of: impl Fn(u64) -> f64) {
    let values = core::array::from_fn(|seed| of(seed as u64 + 1));
    let (mean, half) = interval(&values);
    assert!(
        half <= band * expected.abs(),
        "{what}: {mean} ± {half} is too wide for {expected}"
    );
    assert!(
        (mean - expected).abs() <= half,
        "{what}: {mean} ± {half}, expected {expected}"
    );
}
