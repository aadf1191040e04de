//! What is recorded of a run. Recording never changes it.

pub mod digest;
pub mod histogram;

use crate::time::Span;

/// What to record besides the totals. A run's digest and totals are the same whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// A timeline for each entry of each load's mix.
    pub loads: bool,
    /// A timeline for each service.
    pub services: bool,
    /// A timeline for each lane (an edge and one endpoint of its callee).
    pub edges: bool,
    /// Response times for each point of the recorded timelines, too.
    pub latencies: bool,
    /// Changes of state: faults, changes, replicas.
    pub transitions: bool,
    /// The digest at regular instants; `None` keeps only the last.
    pub checkpoints: Option<Span>,
}

impl Record {
    /// Everything.
    pub const ALL: Record = Record {
        loads: true,
        services: true,
        edges: true,
        latencies: true,
        transitions: true,
        checkpoints: Some(Span::from_secs(10)),
    };
}
