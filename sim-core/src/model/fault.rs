//! Faults and operators' actions: what changes during a run.

use crate::dist::Dist;
use crate::ids::{ChangeId, EndpointId, FaultId, LinkId, LoadId, PlanId, ReplicaId, ServiceId};
use crate::model::{Admission, Arrival, Endpoint, ErrorRule, Link, Plan, Queue};
use crate::quantity::{Chance, Factor};
use crate::rng::Key;
use crate::server::dimmer::Dimmer;
use crate::time::{SimTime, Span};

/// A fault: when, whom, and what happens to them.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Names the fault in streams and digests.
    pub key: Key,
    /// When it starts.
    pub schedule: Schedule,
    /// How long it lasts; `None` is to the end of the run.
    pub duration: Option<Dist>,
    /// Full strength is reached in steps.
    pub ramp: Option<Ramp>,
    /// While it lasts, it comes and goes.
    pub flap: Option<Flap>,
    /// The replicas it may hit, in order.
    pub replicas: Vec<ReplicaId>,
    /// How many of them it hits.
    pub pick: Pick,
    /// The messages it hits, if it has effects on the network.
    pub network: Option<NetworkScope>,
    /// What happens.
    pub effects: Vec<Effect>,
}

/// When a fault starts.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// Once.
    Once(Instant),
    /// Again and again: this long after the start of the run and after each end (the time to failure).
    Every(Dist),
}

/// An instant, fixed or relative to what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// On the clock.
    At(SimTime),
    /// After the first start of a fault.
    FaultStart(FaultId, Span),
    /// After the first end of a fault.
    FaultEnd(FaultId, Span),
    /// After a change.
    Change(ChangeId, Span),
}

/// A slow onset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// Time from the start to full strength.
    pub over: Span,
    /// In how many equal steps; at least 1.
    pub steps: u32,
}

/// Coming and going while the fault lasts, beginning with the effect.
#[derive(Clone, Debug)]
pub struct Flap {
    /// How long the effect lasts each time.
    pub down: Dist,
    /// How long it is gone in between.
    pub up: Dist,
}

/// How many of a fault's replicas it hits, drawn anew at each start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// All.
    All,
    /// So many; more than there are is all.
    Count(u32),
    /// A share in millionths of all replicas meant, rounded up.
    Share(u32),
    /// Each has a fault process of its own.
    Each,
}

/// Messages between two groups of parties. A party is a replica or a load's clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkScope {
    /// Senders: a flag for each party, replicas by id first, then loads.
    pub from: Vec<bool>,
    /// Receivers.
    pub to: Vec<bool>,
    /// Messages the other way, too.
    pub both_ways: bool,
}

/// What a fault does to its targets.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Work takes longer (or shorter), that in progress too.
    Work {
        /// One endpoint, or all of the replica's.
        endpoint: Option<EndpointId>,
        /// How much.
        factor: Factor,
    },
    /// Calls fail at random.
    Errors {
        /// One endpoint, or all of the replica's.
        endpoint: Option<EndpointId>,
        /// How likely, and when; on top of the endpoint's own.
        rule: ErrorRule,
    },
    /// Messages take longer.
    Latency {
        /// Times this,
        factor: Factor,
        /// and this much more.
        add: Span,
    },
    /// Messages get lost.
    Loss(Chance),
    /// Messages in the scope are all lost: a partition.
    Cut,
    /// The process dies: calls inside end as `reset`, new ones are refused.
    Crash,
    /// The process freezes with everything in it, and goes on afterwards; arrivals wait outside.
    Pause,
    /// Workers stop computing; the replica still accepts, queues and refuses.
    Stall,
    /// The machine is gone: calls inside and new ones are never answered.
    Blackhole,
}

/// An operator's action during the run.
#[derive(Clone, Debug)]
pub struct Change {
    /// Names the change in digests.
    pub key: Key,
    /// When.
    pub at: Instant,
    /// What is different from then on.
    pub edits: Vec<Edit>,
}

/// One row that a change replaces.
#[derive(Clone, Debug)]
pub enum Edit {
    /// The factor on a load's rate, reached at once or in steps.
    LoadScale {
        /// Which load.
        load: LoadId,
        /// The new factor.
        scale: Factor,
        /// In steps, if not at once.
        ramp: Option<Ramp>,
    },
    /// A load's arrival process, of the same kind as before.
    LoadArrival {
        /// Which load.
        load: LoadId,
        /// The new process.
        arrival: Arrival,
    },
    /// How many replicas a service has; those taken away finish what they have.
    Replicas {
        /// Which service.
        service: ServiceId,
        /// The new number, reached at once or in steps.
        replicas: u32,
        /// In steps, if not at once.
        ramp: Option<Ramp>,
    },
    /// A service's workers for each replica.
    Workers {
        /// Which service.
        service: ServiceId,
        /// The new number.
        workers: Option<u32>,
    },
    /// A service's queue.
    Queue {
        /// Which service.
        service: ServiceId,
        /// The new queue.
        queue: Queue,
    },
    /// Whom a service lets in; who is inside stays there.
    Admission {
        /// Which service.
        service: ServiceId,
        /// The new rules.
        admission: Admission,
    },
    /// A service's dimmer; one that stays goes on with what it knows.
    Dimmer {
        /// Which service.
        service: ServiceId,
        /// The new settings, or none.
        dimmer: Option<Dimmer>,
    },
    /// An endpoint's work, errors, flow, sizes and price.
    Endpoint {
        /// Which endpoint.
        endpoint: EndpointId,
        /// The new row.
        row: Endpoint,
    },
    /// The policies of some call sites.
    Plan {
        /// Which plan.
        plan: PlanId,
        /// The new row.
        row: Plan,
    },
    /// A link.
    Link {
        /// Which link.
        link: LinkId,
        /// The new row.
        row: Link,
    },
}
