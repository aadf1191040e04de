//! Small models, built by hand, for tests of what looks at models.

use brownout_sim_core::dist::Dist;
use brownout_sim_core::ids::{BlockId, ClassId, EdgeId, EndpointId, LinkId, LoadId, PlanId, ServiceId, SiteId};
use brownout_sim_core::model::{
    Action, Admission, Arrival, Block, Caller, ChooseOption, Clock, Edge, Endpoint, Fault, Link, Load, MixItem, Model,
    Pick, Plan, Queue, Rate, RatePoint, Repeat, Schedule, Service, ServiceKind, Site, Stage, Step, Style, Tables,
    WorkPer,
};
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::quantity::{Chance, Factor, Nanomoney};
use brownout_sim_core::rng::Key;
use brownout_sim_core::routing::Balance;
use brownout_sim_core::time::{SimTime, Span};

use crate::compiled::Names;

/// What a step does; services by their number.
pub enum Do {
    Call(u32),
    Many(u32, u32, bool),
    Work(u64),
    Wait(u64),
    Parallel(Vec<Vec<Do>>, u32),
    Choose(Vec<(u64, Vec<Do>)>),
    /// With a chance in percent.
    Sometimes(u64, Box<Do>),
    Background(Box<Do>),
    Optional(Box<Do>),
}

/// A model in the making: every service has one unnamed endpoint.
pub struct Build {
    pub tables: Tables,
    pub names: Names,
}

pub fn percent(it: u64) -> Chance {
    Chance::from_parts_per_trillion(it * 10_000_000_000)
}

pub fn ms(it: u64) -> Span {
    Span::from_millis(it)
}

pub fn at(seconds: u64) -> SimTime {
    SimTime::from_secs(seconds)
}

pub fn steady(per_second: f64) -> Arrival {
    Arrival::Poisson(Rate {
        points: vec![RatePoint {
            at: SimTime::ZERO,
            per_second,
        }],
    })
}

impl Build {
    /// 20 minutes, of which 2 are warm-up; a link that takes no time.
    pub fn new() -> Build {
        let clock = Clock {
            warmup: at(120),
            duration: at(1200),
            drain: Span::from_secs(60),
            window: Span::from_secs(1),
        };
        let link = Link {
            latency: None,
            loss: Chance::NEVER,
            bandwidth_bps: None,
            connect: None,
            price_per_gb: Nanomoney(0),
        };
        let tables = Tables {
            links: vec![link],
            depth_max: 16,
            ..Tables::empty(clock)
        };
        let names = Names {
            links: vec!["default".to_owned()],
            classes: vec!["default".to_owned()],
            ..Names::default()
        };
        Build { tables, names }
    }

    /// A blocking service with this work in milliseconds (exponential) and an unlimited queue.
    pub fn service(&mut self, name: &str, replicas: u32, workers: Option<u32>, work_ms: u64) -> u32 {
        let row = self.tables.services.len() as u32;
        self.names.services.push(name.to_owned());
        self.names.endpoints.push(String::new());
        self.tables.services.push(Service {
            key: Key::of(name),
            kind: ServiceKind::Service,
            endpoints: row..row + 1,
            replicas,
            places: vec![None; replicas as usize],
            weights: vec![],
            workers,
            cores: None,
            style: Style::Blocking,
            queue: Queue::default(),
            slowdown: None,
            quota: None,
            admission: Admission::default(),
            dimmer: None,
            price_per_hour: Nanomoney(0),
        });
        self.tables.endpoints.push(Endpoint {
            service: ServiceId(row),
            key: Key::of(name).child(1),
            work: (work_ms > 0).then(|| Dist::exponential(ms(work_ms)).expect("above zero")),
            work_per: WorkPer::Attempt,
            errors: None,
            flow: None,
            request_bytes: 0,
            response_bytes: 0,
            price_per_call: Nanomoney(0),
        });
        row
    }

    pub fn load(&mut self, name: &str, arrival: Arrival, target: u32) -> u32 {
        let row = self.tables.loads.len();
        self.names.loads.push(name.to_owned());
        let site = self.site(Caller::Load(LoadId::from_index(row)), target);
        self.tables.loads.push(Load {
            key: Key::of(name),
            zone: None,
            clients: 1,
            class: ClassId(0),
            priority: 0,
            objective: None,
            degraded_is_good: false,
            arrival,
            scale: Factor::ONE,
            mix: vec![MixItem {
                until: Chance::ALWAYS,
                site,
            }],
            items: None,
            session: None,
        });
        row as u32
    }

    fn site(&mut self, caller: Caller, callee: u32) -> SiteId {
        let callee = ServiceId(callee);
        let edge = self
            .tables
            .edges
            .iter()
            .position(|it| it.caller == caller && it.callee == callee);
        let edge = edge.unwrap_or_else(|| {
            let from = match caller {
                Caller::Load(it) => &self.names.loads[it.index()],
                Caller::Service(it) => &self.names.services[it.index()],
            };
            let name = format!("{from} -> {}", self.names.services[callee.index()]);
            self.tables.edges.push(Edge {
                key: Key::of(&name),
                caller,
                callee,
                links: [LinkId(0); 3],
            });
            self.tables.plans.push(Plan {
                key: Key::of(&name),
                stages: vec![],
                cancel: Cancel::None,
                balance: Balance::default(),
                routing: None,
                pool: None,
                shared_state: false,
            });
            self.names.plans.push(name.clone());
            self.names.edges.push(name);
            self.tables.edges.len() - 1
        });
        let key = self.tables.sites.len() as u64;
        let (edge, plan) = (EdgeId::from_index(edge), PlanId::from_index(edge));
        self.tables.sites.push(Site {
            key,
            edge,
            callee: EndpointId(callee.0),
            plan,
            instead: None,
        });
        SiteId::from_index(self.tables.sites.len() - 1)
    }

    /// What the service does after its work.
    pub fn flow(&mut self, service: u32, steps: Vec<Do>) {
        let block = self.new_block();
        self.fill(service, block, steps);
        self.tables.endpoints[service as usize].flow = Some(block);
    }

    fn new_block(&mut self) -> BlockId {
        self.tables.blocks.push(Block { steps: 0..0 });
        BlockId::from_index(self.tables.blocks.len() - 1)
    }

    fn fill(&mut self, service: u32, block: BlockId, steps: Vec<Do>) {
        let steps: Vec<Step> = steps.into_iter().map(|it| self.step(service, it)).collect();
        let from = self.tables.steps.len() as u32;
        self.tables.steps.extend(steps);
        self.tables.blocks[block.index()].steps = from..self.tables.steps.len() as u32;
    }

    fn step(&mut self, service: u32, what: Do) -> Step {
        let caller = Caller::Service(ServiceId(service));
        let action = match what {
            Do::Call(callee) => Action::Call(self.site(caller, callee)),
            Do::Many(callee, times, parallel) => Action::Repeat(Repeat {
                site: self.site(caller, callee),
                times,
                parallel,
                need: times,
            }),
            Do::Work(length) => Action::Work(Dist::constant(ms(length))),
            Do::Wait(length) => Action::Wait(Dist::constant(ms(length))),
            Do::Parallel(branches, need) => {
                let ids: Vec<BlockId> = branches.iter().map(|_| self.new_block()).collect();
                let blocks = ids[0].0..ids[0].0 + ids.len() as u32;
                branches
                    .into_iter()
                    .zip(ids)
                    .for_each(|(steps, id)| self.fill(service, id, steps));
                Action::Parallel { blocks, need }
            }
            Do::Choose(branches) => {
                let mut until = 0;
                let mut options = Vec::new();
                for (share, steps) in branches {
                    until += share;
                    let block = self.new_block();
                    self.fill(service, block, steps);
                    options.push(ChooseOption {
                        until: percent(until),
                        block,
                    });
                }
                let from = self.tables.options.len() as u32;
                self.tables.options.extend(options);
                Action::Choose {
                    options: from..self.tables.options.len() as u32,
                }
            }
            Do::Sometimes(chance, inner) => {
                return Step {
                    chance: percent(chance),
                    ..self.step(service, *inner)
                };
            }
            Do::Background(inner) => {
                return Step {
                    background: true,
                    ..self.step(service, *inner)
                };
            }
            Do::Optional(inner) => {
                return Step {
                    optional: true,
                    ..self.step(service, *inner)
                };
            }
        };
        Step {
            key: 0,
            chance: Chance::ALWAYS,
            optional: false,
            background: false,
            action,
        }
    }

    /// The policies of an edge, such as `app -> db`.
    pub fn policy(&mut self, edge: &str, stages: Vec<Stage>) {
        let row = self
            .names
            .plans
            .iter()
            .position(|it| it == edge)
            .expect("the edge exists");
        self.tables.plans[row].stages = stages;
    }

    /// A fault on a whole service.
    pub fn fault(
        &mut self,
        name: &str,
        service: u32,
        schedule: Schedule,
        duration: Option<Dist>,
        effect: brownout_sim_core::model::Effect,
    ) {
        let before: u32 = self.tables.services[..service as usize]
            .iter()
            .map(|it| it.places.len() as u32)
            .sum();
        let replicas = self.tables.services[service as usize].replicas;
        self.names.faults.push(name.to_owned());
        self.tables.faults.push(Fault {
            key: Key::of(name),
            schedule,
            duration,
            ramp: None,
            flap: None,
            replicas: (before..before + replicas)
                .map(brownout_sim_core::ids::ReplicaId)
                .collect(),
            pick: Pick::All,
            network: None,
            effects: vec![effect],
        });
    }

    pub fn done(self) -> (Model, Names) {
        (Model::new(self.tables), self.names)
    }
}
