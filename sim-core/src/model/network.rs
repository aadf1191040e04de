//! The network: zones, edges and the links between them.

use crate::dist::Dist;
use crate::ids::{LinkId, LoadId, ServiceId};
use crate::quantity::{Chance, Nanomoney};
use crate::rng::Key;

/// A place to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Names the zone in streams and digests.
    pub key: Key,
    /// Zones with the same number are in one region.
    pub region: u32,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A load's clients.
    Load(LoadId),
    /// A service's replicas.
    Service(ServiceId),
}

/// A caller and the service it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Names the edge in streams and digests.
    pub key: Key,
    /// Who calls.
    pub caller: Caller,
    /// Who is called.
    pub callee: ServiceId,
    /// The network by [`LinkScope`]: the most specific link for each.
    pub links: [LinkId; 3],
}

/// How far a message goes; the index into [`Edge::links`]. Callers and callees without a zone are in the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkScope {
    /// Within a zone.
    SameZone = 0,
    /// Between two zones of a region.
    CrossZone = 1,
    /// Between regions.
    CrossRegion = 2,
}

/// The network between a caller and a callee; all numbers for one way.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Propagation delay; `None` takes no time and no event.
    pub latency: Option<Dist>,
    /// How likely a message is lost. A lost message is never delivered: its caller pays a timeout.
    pub loss: Chance,
    /// Bits per second of one edge's pipe in each direction; messages queue for it. `None` is unlimited.
    pub bandwidth_bps: Option<u64>,
    /// Extra delay before an attempt that finds no idle connection and has to open one.
    pub connect: Option<Dist>,
    /// Price of 10^9 bytes.
    pub price_per_gb: Nanomoney,
}
