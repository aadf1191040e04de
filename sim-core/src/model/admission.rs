//! Admission: whom a replica lets in at all, before its queue.

use crate::ids::ClassId;
use crate::policy::concurrency::Concurrency;
use crate::policy::rate_limit::RateLimit;
use crate::server::criticality::Thresholds;
use crate::server::partition::Partitions;

/// Whom the replicas of a service let in. The default lets everybody in. What is asked stands in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admission {
    /// At most so many calls per second at each replica; one that does not let wait.
    pub local_rate_limit: Option<RateLimit>,
    /// At most so many calls per second over all replicas; one that does not let wait.
    pub global_rate_limit: Option<RateLimit>,
    /// The least important are refused first as workers fill up. Only with a number of workers.
    pub criticality: Option<Thresholds>,
    /// How many may be inside a replica at once.
    pub limit: Option<ConcurrencyLimit>,
    /// Shares of that limit, by class.
    pub partition: Option<Partition>,
}

/// A limit on the calls inside a replica, queued or in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrencyLimit {
    /// Always the same.
    Fixed(u32),
    /// Found from how long calls take.
    Adaptive(Concurrency),
}

/// Shares of a concurrency limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The share of each partition.
    pub shares: Partitions,
    /// The partition of each class, if it has one.
    pub of_class: Vec<Option<usize>>,
}

impl Partition {
    /// The partition that calls of this class belong to.
    #[inline]
    pub fn of(&self, class: ClassId) -> Option<usize> {
        self.of_class.get(class.index()).copied().flatten()
    }
}

impl Admission {
    /// Whether anybody might not be let in.
    pub fn is_any(&self) -> bool {
        *self != Admission::default()
    }
}
