//! Random policies of callers, and the way they pick a replica.

use super::super::build::*;
use super::choices::Choices;
use crate::component::pool::Pool;
use crate::model::{Checks, Routing, Spread};
use crate::model::{Cover, Gate, Stage};
use crate::policy::backoff::{Backoff, Curve, Jitter};
use crate::policy::budget::{Budget, Envoy, bucket::Bucket};
use crate::policy::bulkhead::{Bulkhead, Semaphore};
use crate::policy::cache::collapser::Scope;
use crate::policy::cache::{Cache, Collapser, Ttl};
use crate::policy::deadline::Deadline;
use crate::policy::fallback::{Fallback, Kind};
use crate::policy::hedge::{Average, Delay, Hedge, Losers, OnFailure};
use crate::policy::retry::Retry;
use crate::quantity::Factor;
use crate::routing::bounded_load::BoundedLoad;
use crate::routing::cells::{Cells, Mapping};
use crate::routing::health::{self, Health};
use crate::routing::outlier::{self, Outlier};
use crate::routing::priority::Priority;
use crate::routing::shuffle_shard::ShuffleShard;
use crate::routing::subset::Subset;
use crate::routing::zone_aware::ZoneAware;
use crate::routing::{Balance, Maglev, P2c, RingHash};
use crate::time::Span;

impl Choices<'_> {
    pub(super) fn policy(&mut self) -> Policy {
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
    pub(super) fn add_covers(&mut self, stages: &mut Vec<Stage>) {
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

    pub(super) fn balance(&mut self) -> Balance {
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

    pub(super) fn routing(&mut self, balance: &Balance) -> Option<Box<Routing>> {
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
}
