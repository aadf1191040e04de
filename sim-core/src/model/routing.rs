//! Routing: which replicas come into question for a caller, before its balancer picks one of them.

use crate::ids::{ServiceId, ZoneId};
use crate::routing::cells::Cells;
use crate::routing::health::Health;
use crate::routing::locality::Locality;
use crate::routing::outlier::Outlier;
use crate::routing::priority::Priority;
use crate::routing::shuffle_shard::ShuffleShard;
use crate::routing::subset::Subset;
use crate::routing::zone_aware::ZoneAware;

/// What narrows a balancer's choice. Each caller instance keeps a state of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routing {
    /// Takes out replicas that do worse than the others.
    pub outlier: Option<Outlier>,
    /// Takes out replicas that do not pass checks.
    pub health: Option<Checks>,
    /// Below this percentage of available replicas, all are used; 0 is never.
    pub panic_threshold: u32,
    /// Only some of the replicas, the same ones all the time.
    pub subset: Option<Subset>,
    /// Only some of the replicas, or some before others.
    pub spread: Option<Spread>,
}

/// Active health checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Checks {
    /// When, and what follows from them.
    pub health: Health,
    /// A check fails if none of these services' replicas answers the one checked, for one of these services.
    pub depends_on: Vec<ServiceId>,
}

/// How calls spread over parts of a service.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// Levels: the next ones get what the first cannot take.
    Priority {
        /// How much each can take, and when it panics.
        priority: Priority,
        /// The zones of each level, the first level first; none: the caller's own zone, then its region, then all others.
        levels: Vec<Vec<ZoneId>>,
    },
    /// In the caller's zone, as far as its replicas can take the zone's callers.
    ZoneAware(ZoneAware),
    /// By the weight of each zone and the health of its replicas.
    Weighted {
        /// How much of its weight a zone has that is not all well.
        locality: Locality,
        /// A weight for each zone of the model.
        weights: Vec<u32>,
    },
    /// A key's own cell; replicas are dealt to cells in turn.
    Cells(Cells),
    /// A key's own shard.
    Shuffle(ShuffleShard),
}

impl Spread {
    /// Whether it looks at the request's key.
    pub const fn asks_for_key(&self) -> bool {
        matches!(self, Spread::Cells(_) | Spread::Shuffle(_))
    }
}
