//! The workloads W1 to W5 that the engine's speed is measured on.

use brownout_sim_core::dist::Dist;
use brownout_sim_core::ids::{BlockId, ClassId, EdgeId, EndpointId, LinkId, LoadId, PlanId, ServiceId, SiteId};
use brownout_sim_core::model::{
    Action, Admission, Arrival, Block, Caller, Clock, Edge, Endpoint, Link, Load, MixItem, Model, Plan, Queue, Rate,
    RatePoint, Service, ServiceKind, Site, Stage, Step, Style, Tables, WorkPer,
};
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::quantity::{Chance, Factor, Nanomoney};
use brownout_sim_core::rng::Key;
use brownout_sim_core::routing::Balance;
use brownout_sim_core::time::{SimTime, Span};

/// One workload: what it is, and how many nanoseconds and instructions an event may take.
pub struct Workload {
    pub name: &'static str,
    pub what: &'static str,
    pub target_ns: f64,
    pub target_instructions: Option<f64>,
    pub events_per_request: f64,
    build: fn(u64) -> Model,
    rate: f64,
}

impl Workload {
    /// The model, long enough for about so many events.
    pub fn model(&self, events: u64) -> Model {
        let requests = events as f64 / self.events_per_request;
        (self.build)((requests / self.rate * 1e9) as u64)
    }
}

pub const ALL: [Workload; 6] = [
    Workload {
        name: "W1",
        what: "M/M/1, load 0.9",
        target_ns: 40.0,
        target_instructions: None,
        events_per_request: 2.0,
        build: w1,
        rate: 90.0,
    },
    Workload {
        name: "W2",
        what: "M/M/64, load 0.9",
        target_ns: 50.0,
        target_instructions: None,
        events_per_request: 2.0,
        build: w2,
        rate: 5_760.0,
    },
    Workload {
        name: "W3",
        what: "chain of 3 tiers, 64 workers each",
        target_ns: 70.0,
        target_instructions: Some(600.0),
        events_per_request: 10.0,
        build: w3,
        rate: 4_480.0,
    },
    Workload {
        name: "W4",
        what: "20 leaves in parallel",
        target_ns: 70.0,
        target_instructions: None,
        events_per_request: 64.0,
        build: w4,
        rate: 4_480.0,
    },
    Workload {
        name: "W5",
        what: "5 layers x 40 services x 10 replicas",
        target_ns: 90.0,
        target_instructions: Some(750.0),
        events_per_request: 94.0,
        build: w5,
        // Layer 4 gets 16 calls a request over 40 services of 40 workers at 70 %.
        rate: 35_000.0,
    },
    Workload {
        name: "W5x50",
        what: "the same with 10,000 services",
        target_ns: f64::NAN,
        target_instructions: None,
        events_per_request: 94.0,
        build: w5x50,
        rate: 1_750_000.0,
    },
];

struct Node {
    replicas: u32,
    workers: u32,
    work: Dist,
    calls: Vec<usize>,
    parallel: bool,
}

struct System {
    nodes: Vec<Node>,
    /// Entry nodes and the load's total rate, split evenly.
    entries: Vec<usize>,
    rate: f64,
    hop: Option<Dist>,
    timeout: Option<Span>,
    duration_ns: u64,
}

fn lognormal(mean: Span) -> Dist {
    // sigma = 1 is a coefficient of variation of sqrt(e - 1).
    Dist::lognormal_mean_cv(mean, 1.310_832_494_432_086_2).expect("a mean and a spread above zero")
}

fn system(system: System) -> Model {
    let mut tables = Tables {
        links: vec![Link {
            latency: system.hop.clone(),
            loss: Chance::NEVER,
            bandwidth_bps: None,
            connect: None,
            price_per_gb: Nanomoney(0),
        }],
        ..Tables::empty(Clock {
            warmup: SimTime::ZERO,
            duration: SimTime::from_nanos(system.duration_ns.max(1)),
            drain: Span::from_secs(60),
            window: Span::from_secs(1),
        })
    };
    let site = |tables: &mut Tables, caller: Caller, callee: usize| {
        let key = Key::of(&format!("{caller:?} -> {callee}"));
        let row = tables.sites.len();
        tables.edges.push(Edge {
            key,
            caller,
            callee: ServiceId::from_index(callee),
            links: [LinkId(0); 3],
        });
        tables.plans.push(Plan {
            key,
            stages: system.timeout.map(Stage::Timeout).into_iter().collect(),
            cancel: Cancel::None,
            balance: Balance::TwoChoices { replacement: false },
            routing: None,
            pool: None,
            shared_state: false,
        });
        tables.sites.push(Site {
            key: key.0,
            edge: EdgeId::from_index(row),
            callee: EndpointId::from_index(callee),
            plan: PlanId::from_index(row),
            instead: None,
        });
        SiteId::from_index(row)
    };
    let last = system.entries.len() - 1;
    let mix = system.entries.iter().enumerate().map(|(at, &entry)| MixItem {
        until: if at == last {
            Chance::ALWAYS
        } else {
            Chance::from_parts_per_trillion(1_000_000_000_000 * (at as u64 + 1) / (last as u64 + 1))
        },
        site: site(&mut tables, Caller::Load(LoadId(0)), entry),
    });
    let mix = mix.collect();
    tables.loads.push(Load {
        key: Key::of("load"),
        zone: None,
        clients: 1,
        class: ClassId(0),
        priority: 0,
        objective: None,
        degraded_is_good: false,
        arrival: Arrival::Poisson(Rate {
            points: vec![RatePoint {
                at: SimTime::ZERO,
                per_second: system.rate,
            }],
        }),
        scale: Factor::ONE,
        mix,
        items: None,
        session: None,
    });
    for (row, node) in system.nodes.iter().enumerate() {
        let key = Key::of(&format!("node {row}"));
        let calls: Vec<SiteId> = node
            .calls
            .iter()
            .map(|&it| site(&mut tables, Caller::Service(ServiceId::from_index(row)), it))
            .collect();
        let step = |action| Step {
            key: 1,
            chance: Chance::ALWAYS,
            optional: false,
            background: false,
            action,
        };
        let flow = if calls.is_empty() {
            None
        } else if node.parallel {
            let first = tables.blocks.len() as u32;
            for &call in &calls {
                let at = tables.steps.len() as u32;
                tables.steps.push(step(Action::Call(call)));
                tables.blocks.push(Block { steps: at..at + 1 });
            }
            let at = tables.steps.len() as u32;
            let blocks = first..first + calls.len() as u32;
            tables.steps.push(step(Action::Parallel {
                blocks,
                need: calls.len() as u32,
            }));
            tables.blocks.push(Block { steps: at..at + 1 });
            Some(BlockId::from_index(tables.blocks.len() - 1))
        } else {
            let at = tables.steps.len() as u32;
            tables.steps.extend(calls.iter().map(|&it| step(Action::Call(it))));
            tables.blocks.push(Block {
                steps: at..at + calls.len() as u32,
            });
            Some(BlockId::from_index(tables.blocks.len() - 1))
        };
        tables.endpoints.push(Endpoint {
            service: ServiceId::from_index(row),
            key,
            work: Some(node.work.clone()),
            work_per: WorkPer::Attempt,
            errors: None,
            flow,
            request_bytes: 0,
            response_bytes: 0,
            price_per_call: Nanomoney(0),
        });
        tables.services.push(Service {
            key,
            kind: ServiceKind::Service,
            endpoints: row as u32..row as u32 + 1,
            replicas: node.replicas,
            places: vec![None; node.replicas as usize],
            weights: vec![],
            workers: Some(node.workers),
            cores: None,
            // Held workers would add their callees' time to the load of each tier.
            style: Style::Async,
            queue: Queue::default(),
            slowdown: None,
            quota: None,
            admission: Admission::default(),
            dimmer: None,
            price_per_hour: Nanomoney(0),
        });
    }
    Model::new(tables)
}

fn single(workers: u32, rate: f64, duration_ns: u64) -> Model {
    let work = Dist::exponential(Span::from_millis(10)).expect("a mean above zero");
    let nodes = vec![Node {
        replicas: 1,
        workers,
        work,
        calls: vec![],
        parallel: false,
    }];
    system(System {
        nodes,
        entries: vec![0],
        rate,
        hop: None,
        timeout: None,
        duration_ns,
    })
}

fn w1(duration_ns: u64) -> Model {
    single(1, 90.0, duration_ns)
}

fn w2(duration_ns: u64) -> Model {
    single(64, 5_760.0, duration_ns)
}

fn hop() -> Option<Dist> {
    Some(Dist::exponential(Span::from_micros(500)).expect("a mean above zero"))
}

fn tier(calls: Vec<usize>, parallel: bool) -> Node {
    Node {
        replicas: 1,
        workers: 64,
        work: lognormal(Span::from_millis(10)),
        calls,
        parallel,
    }
}

fn w3(duration_ns: u64) -> Model {
    let nodes = vec![tier(vec![1], false), tier(vec![2], false), tier(vec![], false)];
    let timeout = Some(Span::from_secs(1));
    system(System {
        nodes,
        entries: vec![0],
        rate: 4_480.0,
        hop: hop(),
        timeout,
        duration_ns,
    })
}

fn w4(duration_ns: u64) -> Model {
    let mut nodes = vec![tier((1..=20).collect(), true)];
    nodes.extend((0..20).map(|_| tier(vec![], false)));
    let timeout = Some(Span::from_secs(1));
    system(System {
        nodes,
        entries: vec![0],
        rate: 4_480.0,
        hop: hop(),
        timeout,
        duration_ns,
    })
}

fn layers(width: usize, rate: f64, duration_ns: u64) -> Model {
    let mut nodes = Vec::new();
    for layer in 0..5 {
        for at in 0..width {
            let next = |step: usize| (layer + 1) * width + (at * 2 + step) % width;
            let calls = if layer < 4 { vec![next(0), next(1)] } else { vec![] };
            let work = lognormal(Span::from_millis(2));
            nodes.push(Node {
                replicas: 10,
                workers: 4,
                work,
                calls,
                parallel: true,
            });
        }
    }
    let entries = (0..width).collect();
    system(System {
        nodes,
        entries,
        rate,
        hop: hop(),
        timeout: Some(Span::from_secs(1)),
        duration_ns,
    })
}

fn w5(duration_ns: u64) -> Model {
    layers(40, 35_000.0, duration_ns)
}

fn w5x50(duration_ns: u64) -> Model {
    layers(2_000, 1_750_000.0, duration_ns)
}
