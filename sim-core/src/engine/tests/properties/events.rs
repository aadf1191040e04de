//! Random faults and changes.

use super::super::build::*;
use super::choices::{Choices, asks_another, at_ms};
use crate::ids::{ChangeId, FaultId, LoadId, PlanId};
use crate::model::{
    Change, Edit, Effect, ErrorRule, ErrorWhen, Fault, Flap, Instant, Pick, QueueOrder, Ramp, Schedule, Tables,
};
use crate::quantity::Factor;
use crate::rng::Key;

impl Choices<'_> {
    pub(super) fn instant(&mut self, faults: u64, changes: u64) -> Instant {
        match self.below(6) {
            3 if faults > 0 => Instant::FaultStart(FaultId(self.below(faults) as u32), self.span()),
            4 if faults > 0 => Instant::FaultEnd(FaultId(self.below(faults) as u32), self.span()),
            5 if changes > 0 => Instant::Change(ChangeId(self.below(changes) as u32), self.span()),
            _ => Instant::At(at_ms(self.below(1_500))),
        }
    }

    pub(super) fn effect(&mut self, network: bool) -> Effect {
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

    pub(super) fn fault(&mut self, system: &Sys, number: u64) -> Fault {
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

    pub(super) fn change(&mut self, tables: &Tables, number: u64) -> Change {
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
}
