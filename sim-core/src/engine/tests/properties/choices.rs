//! Random systems, from choices that proptest shrinks.

use super::super::build::*;
use crate::component::quota::Quota;
use crate::dist::Dist;
use crate::model::{
    Arrival, Cover, ErrorRule, ErrorWhen, MmppState, QueueOrder, Session, SessionStep, Sharing, Stage, Style, Tables,
    TraceRow, WorkPer,
};
use crate::policy::fallback::Kind;
use crate::quantity::{Chance, Factor};
use crate::server::slowdown::Slowdown;
use crate::time::{SimTime, Span};

/// Choices, taken one by one from what proptest drew (zeros when all are used), so that fewer and smaller ones make a
/// simpler system.
pub(super) struct Choices<'a> {
    pub(super) words: &'a [u16],
    pub(super) at: usize,
}

impl Choices<'_> {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        let word = self.words.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        u64::from(word) % n
    }

    /// One time in `n`, never once all choices are used.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == n - 1
    }

    pub(super) fn span(&mut self) -> Span {
        // Whole milliseconds meet at one instant often.
        match self.below(4) {
            0 => ms(self.below(4)),
            1 | 2 => ms(1 + self.below(40)),
            _ => Span::from_micros(1 + self.below(30_000)),
        }
    }

    pub(super) fn dist(&mut self) -> Dist {
        match self.below(3) {
            0 | 1 => always(self.span()),
            _ => exponential(ms(1 + self.below(30))),
        }
    }

    pub(super) fn chance(&mut self) -> f64 {
        self.below(11) as f64 / 10.0
    }

    pub(super) fn sharing(&mut self) -> Sharing {
        if self.one_in(2) {
            Sharing::Processor
        } else {
            Sharing::Fifo
        }
    }

    pub(super) fn step(&mut self, service: usize, services: usize, depth: u32) -> St {
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

    pub(super) fn steps(&mut self, service: usize, services: usize, depth: u32) -> Vec<St> {
        (0..1 + self.below(3))
            .map(|_| self.step(service, services, depth))
            .collect()
    }

    pub(super) fn service(&mut self, at: usize, services: usize) -> Svc {
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

    pub(super) fn load(&mut self, at: usize, services: usize) -> Ld {
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

    pub(super) fn system(&mut self) -> Sys {
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

    pub(super) fn tables(&mut self) -> (Sys, Tables) {
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

pub(super) fn at_ms(ms: u64) -> SimTime {
    at(ms)
}

/// Whether it is a fallback on another callee.
pub(super) fn asks_another(stage: &Stage) -> bool {
    matches!(stage, Stage::Cover(Cover::Fallback(it)) if it.kind == Kind::Dependency)
}
