//! What a scenario becomes: a model to run, and everything the edge needs to talk about it.

use brownout_sim_core::measure::{Expectation, Measure};
use brownout_sim_core::model::Model;

/// One variant of a scenario, ready to run.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The file's stem or the shipped scenario's name.
    pub scenario: String,
    /// `title`, if the file has one.
    pub title: Option<String>,
    /// `question`, if the file has one.
    pub question: Option<String>,
    /// The variant this is; `base` is the file without a patch.
    pub variant: String,
    /// The variant's `label`.
    pub label: Option<String>,
    /// The system.
    pub model: Model,
    /// What its rows are called.
    pub names: Names,
    /// Seed of the first replication; the next ones follow it. Below 2^53.
    pub seed: u64,
    /// How many replications.
    pub replications: u32,
    /// Statements that must hold, those of other variants included.
    pub expectations: Vec<Expectation>,
    /// Numbers to report for each run.
    pub measures: Vec<Measure>,
    /// The currency of all prices, if there are any.
    pub currency: Option<String>,
    /// By load: what one of its requests is worth in that currency (`[value]`); `None` if the file does not say.
    pub worth: Vec<Option<f64>>,
    /// Offered load against capacity, for each service in every phase of the file.
    pub capacity: Vec<CapacityRow>,
    /// A rough number of events of one run, from the capacity arithmetic: for the warning before a long run.
    pub events_estimate: f64,
}

/// What the rows of a model are called, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Loads.
    pub loads: Vec<String>,
    /// Services and external dependencies.
    pub services: Vec<String>,
    /// Endpoints, without their service: `query`. A service with a single unnamed endpoint has an empty name there.
    pub endpoints: Vec<String>,
    /// Edges: `app -> db`.
    pub edges: Vec<String>,
    /// Policy plans: the address of the edge or call site they serve.
    pub plans: Vec<String>,
    /// Links.
    pub links: Vec<String>,
    /// Zones.
    pub zones: Vec<String>,
    /// Faults.
    pub faults: Vec<String>,
    /// Changes.
    pub changes: Vec<String>,
    /// Request classes.
    pub classes: Vec<String>,
}

impl Names {
    /// An endpoint's address: `db.query`, or `db` for a single unnamed endpoint.
    pub fn endpoint_address(&self, model: &Model, endpoint: brownout_sim_core::ids::EndpointId) -> String {
        let service = &self.services[model.endpoints[endpoint.index()].service.index()];
        match self.endpoints[endpoint.index()].as_str() {
            "" => service.clone(),
            name => format!("{service}.{name}"),
        }
    }
}

/// Offered load against capacity at one service during one phase (between two instants at which a rate, a fault or a change
/// makes a difference).
#[derive(Clone, Debug, PartialEq)]
pub struct CapacityRow {
    /// When the phase begins, as the file says it: `0s`, `8m`, `fault.db-slow.start`.
    pub phase: String,
    /// The instant in seconds, if it is known before running.
    pub at_s: Option<f64>,
    /// The service.
    pub service: String,
    /// First attempts per second that reach it if nothing fails.
    pub offered_per_s: f64,
    /// Mean time a worker is held for one call, in seconds (work, waits, and, if blocking, calls below).
    pub held_s: f64,
    /// Offered load in erlangs: busy workers on average.
    pub erlangs: f64,
    /// Workers (or cores, where they limit) over all replicas; `None` is unlimited.
    pub capacity: Option<f64>,
    /// `erlangs` over `capacity`; `None` if unlimited.
    pub utilization: Option<f64>,
    /// Most attempts per second that could arrive if every call failed and every retry was made.
    pub worst_per_s: f64,
}
