//! Random queue disciplines, admission and dimmers.

use super::super::build::*;
use super::Choices;
use crate::model::{Admission, ConcurrencyLimit, Discipline, Expiry, Partition, Queue, QueueOrder, Shedding};
use crate::policy::concurrency::{Aimd, Concurrency, Envoy, Gradient, Gradient2, Limit, Vegas};
use crate::policy::rate_limit::{FixedWindow, RateLimit, TokenBucket};
use crate::quantity::Factor;
use crate::server::adaptive_lifo::AdaptiveLifo;
use crate::server::codel::{Codel, Comparison};
use crate::server::criticality::Thresholds;
use crate::server::deadline_drop::DeadlineDrop;
use crate::server::dimmer::Dimmer;
use crate::server::folly_codel::FollyCodel;
use crate::server::overflow::OnFull;
use crate::server::partition::Partitions;
use crate::server::queue_timeout::QueueTimeout;
use crate::server::red::Red;
use crate::time::Span;

impl Choices<'_> {
    pub fn order(&mut self) -> QueueOrder {
        match self.below(5) {
            0 => QueueOrder::Lifo,
            1 => QueueOrder::Priority,
            2 => QueueOrder::AdaptiveLifo(AdaptiveLifo {
                threshold: self.below(4) as u32,
            }),
            _ => QueueOrder::Fifo,
        }
    }

    pub fn discipline(&mut self) -> Discipline {
        let (target, interval) = (ms(1 + self.below(10)), ms(20 + self.below(100)));
        Discipline {
            on_full: match self.below(3) {
                0 => OnFull::Newcomer,
                1 => OnFull::Oldest,
                _ => OnFull::Lowest,
            },
            shedding: match self.below(5) {
                0 => Some(Shedding::Codel(Codel {
                    target,
                    interval,
                    comparison: if self.one_in(2) {
                        Comparison::Rfc
                    } else {
                        Comparison::Linux
                    },
                })),
                1 => Some(Shedding::FollyCodel(FollyCodel { target, interval })),
                _ => None,
            },
            red: self.one_in(4).then(|| Red {
                min: self.below(3) as u32,
                max: 3 + self.below(4) as u32,
                max_probability: Factor(500_000),
                weight: Factor(300_000),
            }),
            queue_timeout: None,
            expiry: match self.below(5) {
                0 => Expiry::Drop(DeadlineDrop {
                    needed: ms(self.below(20)),
                }),
                1 => Expiry::Serve,
                _ => Expiry::Passed,
            },
        }
    }

    pub fn govern_queue(&mut self, queue: &mut Queue) {
        queue.order = self.order();
        queue.discipline = self.discipline();
        if self.one_in(3) {
            queue.timeout = None;
            queue.discipline.queue_timeout = Some(QueueTimeout {
                short: ms(1 + self.below(10)),
                long: ms(20 + self.below(50)),
            });
        }
    }

    fn concurrency(&mut self) -> Concurrency {
        Concurrency::of(match self.below(5) {
            0 => Limit::Aimd(Aimd {
                initial_limit: 5,
                min_limit: 1,
                ..Aimd::DEFAULT
            }),
            1 => Limit::Vegas(Vegas::DEFAULT),
            2 => Limit::Gradient(Gradient::DEFAULT),
            3 => Limit::Gradient2(Gradient2 {
                initial_limit: 4,
                min_limit: 1,
                ..Gradient2::DEFAULT
            }),
            _ => Limit::Envoy(Envoy::DEFAULT),
        })
    }

    pub fn admission(&mut self, has_workers: bool) -> Admission {
        let bucket = RateLimit::TokenBucket(TokenBucket {
            rate: 20 + self.below(100),
            period: Span::from_secs(1),
            burst: 1 + self.below(5) as u32,
            max_wait: Span::ZERO,
        });
        let window = RateLimit::FixedWindow(FixedWindow {
            limit: 5 + self.below(30) as u32,
            window: ms(100),
        });
        let limit = match self.below(4) {
            0 => Some(ConcurrencyLimit::Fixed(1 + self.below(6) as u32)),
            1 => Some(ConcurrencyLimit::Adaptive(self.concurrency())),
            _ => None,
        };
        let halves = vec![Factor(500_000), Factor(300_000)];
        let partition = (limit.is_some() && self.one_in(2)).then(|| Partition {
            shares: Partitions::new(halves).expect("at most all"),
            of_class: vec![Some(0), Some(1), None],
        });
        Admission {
            local_rate_limit: self.one_in(4).then_some(bucket),
            global_rate_limit: self.one_in(4).then_some(window),
            criticality: (has_workers && self.one_in(3)).then_some(Thresholds::DEFAULT),
            limit,
            partition,
        }
    }

    pub fn dimmer(&mut self) -> Dimmer {
        Dimmer {
            setpoint: ms(1 + self.below(40)),
            control_period: ms(50),
            ..Dimmer::DEFAULT
        }
    }

    /// Some services get a say in whom they serve.
    pub fn govern(&mut self, system: &mut Sys) {
        for service in &mut system.services {
            if self.one_in(2) {
                self.govern_queue(&mut service.queue);
            }
            if self.one_in(3) {
                service.admission = self.admission(service.workers.is_some());
            }
            service.dimmer = self.one_in(4).then(|| self.dimmer());
        }
        for load in &mut system.loads {
            (load.priority, load.class) = (self.below(5) as u8, self.below(3) as u32);
        }
    }
}
