//! What a run leaves behind: counts, histograms and timelines, by index; names are put to them at the edge.

use crate::ids::{ChangeId, ClassId, EdgeId, EndpointId, FaultId, LoadId, PlanId, ReplicaId};
use crate::observe::digest::Digest;
use crate::observe::histogram::Histogram;
use crate::outcome::Outcome;
use crate::policy::breaker::{Cause, Circuit};
use crate::routing::outlier;
use crate::time::{SimTime, Span};

/// How many there were of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes([u64; Outcome::COUNT]);

impl Outcomes {
    /// Counts one more.
    #[inline]
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// Counts so many more.
    pub fn add_many(&mut self, outcome: Outcome, more: u64) {
        self.0[outcome as usize] += more;
    }

    /// How many ended so.
    #[inline]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// Counts all of another.
    pub fn merge(&mut self, other: &Outcomes) {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(mine, theirs)| *mine += theirs);
    }

    /// How many ended at all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many failed.
    pub fn failed(&self) -> u64 {
        self.total() - self.of(Outcome::Ok) - self.of(Outcome::Degraded)
    }

    /// The kinds of failure that happened, with how many, in the order of [`Outcome`].
    pub fn failures(&self) -> impl Iterator<Item = (Outcome, u64)> {
        let all = Outcome::ALL.into_iter().filter(|it| it.is_failure());
        all.map(|it| (it, self.of(it))).filter(|it| it.1 > 0)
    }
}

/// One run, whole. Statistics are of the measured span: requests by arrival, calls and attempts by their own start, in
/// [warmup, duration).
#[derive(Clone, Debug)]
pub struct RunResult {
    /// The seed it was made from.
    pub seed: u64,
    /// The hash over all its events.
    pub digest: Digest,
    /// How many events the model acted on.
    pub events: u64,
    /// The measured span: from warm-up to duration.
    pub measured: (SimTime, SimTime),
    /// When the last event happened or the drain ended.
    pub end: SimTime,
    /// Why it is partial, if it was interrupted.
    pub interrupted: bool,
    /// Every start and end of every fault, in order of start. A fault with `Pick::Each` has one row for each replica and
    /// time.
    pub faults: Vec<FaultSpan>,
    /// When each change happened.
    pub changes: Vec<(ChangeId, SimTime)>,
    /// By load id.
    pub loads: Vec<LoadResult>,
    /// By service id.
    pub services: Vec<ServiceResult>,
    /// By edge id.
    pub edges: Vec<EdgeResult>,
    /// Money spent in the measured span, in billionths of the currency.
    pub cost: Cost,
    /// Points in time, if they were recorded.
    pub timeline: Timeline,
    /// Changes of state, if they were recorded.
    pub transitions: Vec<Transition>,
    /// The digest at regular instants, if they were recorded.
    pub checkpoints: Vec<(SimTime, Digest)>,
}

/// One stretch of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSpan {
    /// Which fault.
    pub fault: FaultId,
    /// The replica, if each has a fault process of its own.
    pub replica: Option<ReplicaId>,
    /// When it began.
    pub start: SimTime,
    /// When it ended; `None` if the run ended first.
    pub end: Option<SimTime>,
}

/// Requests of one load.
#[derive(Clone, Debug, Default)]
pub struct LoadResult {
    /// All of them.
    pub total: LoadPart,
    /// By what they asked for, in the order of the load's mix (two entries may name one endpoint).
    pub by_item: Vec<(EndpointId, LoadPart)>,
    /// By class.
    pub by_class: Vec<(ClassId, LoadPart)>,
}

/// Some requests of a load.
#[derive(Clone, Debug, Default)]
pub struct LoadPart {
    /// How many arrived.
    pub offered: u64,
    /// How they ended; `offered` less all of these are unfinished.
    pub outcomes: Outcomes,
    /// How many were goodput: `ok` (or `degraded`, if the load says so) within the objective.
    pub good: u64,
    /// Response times of those that ended `ok`.
    pub response_ok: Histogram,
    /// Response times of all that ended.
    pub response_all: Histogram,
}

impl LoadPart {
    /// Requests that had not ended when the drain did.
    pub fn unfinished(&self) -> u64 {
        self.offered - self.outcomes.total()
    }
}

/// A quantity over time: its mean over the measured span (summed over replicas where there are several) and its maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gauge {
    /// Time average, all replicas together.
    pub mean: f64,
    /// The most at any replica at any instant.
    pub max: u64,
}

/// What a service did.
#[derive(Clone, Debug, Default)]
pub struct ServiceResult {
    /// Replicas at the end of the measured span.
    pub replicas: u32,
    /// All endpoints together.
    pub total: ServicePart,
    /// By endpoint.
    pub endpoints: Vec<(EndpointId, ServicePart)>,
    /// Busy share of all workers (of all cores where they are limited); `None` if neither is limited.
    pub utilization: Option<f64>,
    /// Share of the measured span in which at least one replica was up (neither crashed nor gone).
    pub availability: f64,
    /// Share of replica-time in which replicas were up.
    pub replica_availability: f64,
    /// Calls waiting for a worker.
    pub queue_length: Gauge,
    /// Calls holding a worker.
    pub in_service: Gauge,
    /// Calls inside: waiting, in service, or (async) waiting for others.
    pub in_system: Gauge,
    /// Share of time a replica had 0, 1, 2 ... calls inside, averaged over replicas; the last entry is that many or more.
    pub time_share: Vec<f64>,
}

/// Attempts that reached a service.
#[derive(Clone, Debug, Default)]
pub struct ServicePart {
    /// How many arrived.
    pub offered: u64,
    /// How the service ended them; `offered` less all of these are unfinished.
    pub outcomes: Outcomes,
    /// Ended well, but nobody waited for them any more.
    pub wasted: u64,
    /// How many finished in the measured span, whenever they arrived.
    pub completed: u64,
    /// How many got a worker.
    pub started: u64,
    /// How many of those had to wait for it.
    pub waited: u64,
    /// Sum over calls that ended well of response time over unhindered work, and how many such calls there were.
    pub slowdown: (f64, u64),
    /// Time in the queue of those that got a worker.
    pub wait: Histogram,
    /// From worker to answer.
    pub service: Histogram,
    /// From arrival to answer, of all that ended.
    pub response: Histogram,
}

impl ServicePart {
    /// Attempts inside when the drain ended.
    pub fn unfinished(&self) -> u64 {
        self.offered - self.outcomes.total()
    }
}

/// What callers saw over an edge.
#[derive(Clone, Debug, Default)]
pub struct EdgeResult {
    /// All endpoints of the callee together.
    pub total: EdgePart,
    /// By endpoint of the callee.
    pub endpoints: Vec<(EndpointId, EdgePart)>,
}

/// Some calls over an edge.
#[derive(Clone, Debug, Default)]
pub struct EdgePart {
    /// How many calls were made.
    pub calls: u64,
    /// How many attempts were sent.
    pub attempts: u64,
    /// What its covers did.
    pub covered: Covered,
    /// How the calls ended; `calls` less all of these are unfinished.
    pub outcomes: Outcomes,
    /// From call to final outcome.
    pub response: Histogram,
    /// From sending an attempt to its fate.
    pub attempt: Histogram,
}

impl EdgePart {
    /// Calls that had not ended when the drain did.
    pub fn unfinished(&self) -> u64 {
        self.calls - self.outcomes.total()
    }
}

/// What covers did for calls over an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// Copies that hedges sent besides the first.
    pub hedges: u64,
    /// Calls that one of those answered first.
    pub hedge_wins: u64,
    /// Calls that failed and were answered by their fallback.
    pub fallbacks: u64,
    /// Calls that their fallback could not help.
    pub fallbacks_failed: u64,
    /// Calls that the cache answered.
    pub cache_hits: u64,
    /// Calls that the cache had nothing for: they were made.
    pub cache_misses: u64,
    /// Calls that joined one that was out.
    pub cache_joined: u64,
    /// Calls that were made for batches.
    pub batches: u64,
    /// Calls that went into those.
    pub batched: u64,
}

impl Covered {
    /// Counts all of another.
    pub fn merge(&mut self, other: &Covered) {
        self.hedges += other.hedges;
        self.hedge_wins += other.hedge_wins;
        self.fallbacks += other.fallbacks;
        self.fallbacks_failed += other.fallbacks_failed;
        self.cache_hits += other.cache_hits;
        self.cache_misses += other.cache_misses;
        self.cache_joined += other.cache_joined;
        self.batches += other.batches;
        self.batched += other.batched;
    }
}

/// Money spent in the measured span, in billionths of the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// For replicas, by the hour.
    pub replicas: u128,
    /// For calls.
    pub calls: u128,
    /// For traffic.
    pub traffic: u128,
}

impl Cost {
    /// All of it.
    pub fn total(&self) -> u128 {
        self.replicas + self.calls + self.traffic
    }
}

/// Points in time, one each window from 0 to duration (the last may be shorter); requests, calls and attempts count in the
/// window of their own start. Empty tables were not recorded.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Width of a window.
    pub window: Span,
    /// How many windows.
    pub windows: usize,
    /// By load, then entry of its mix, then window.
    pub loads: Vec<Vec<Vec<LoadPoint>>>,
    /// By service, then window.
    pub services: Vec<Vec<ServicePoint>>,
    /// By lane (see [`crate::model::Layout`]), then window.
    pub lanes: Vec<Vec<LanePoint>>,
    /// By edge, then window: the concurrency limit that its callers have found, on average, at the end of the window; `None`
    /// where nobody looks for one. Recorded if services and edges both are.
    pub edge_limits: Vec<Vec<Option<f32>>>,
}

/// Requests of one entry of a load's mix that arrived in one window.
#[derive(Clone, Debug, Default)]
pub struct LoadPoint {
    /// How many arrived.
    pub offered: u32,
    /// Ended `ok`.
    pub ok: u32,
    /// Ended `degraded`.
    pub degraded: u32,
    /// Failed.
    pub failed: u32,
    /// Were goodput.
    pub good: u32,
    /// Finished well (`ok` or `degraded`) in this window, whenever they arrived.
    pub completed: u32,
    /// Response times of those that ended `ok`, if recorded.
    pub response_ok: Histogram,
    /// Response times of all that ended, if recorded.
    pub response_all: Histogram,
}

/// A service in one window.
#[derive(Clone, Debug, Default)]
pub struct ServicePoint {
    /// Attempts that arrived.
    pub offered: u32,
    /// Of those: ended `ok`.
    pub ok: u32,
    /// Of those: ended `degraded`.
    pub degraded: u32,
    /// Of those: failed here.
    pub failed: u32,
    /// Attempts that finished well in this window, whenever they arrived.
    pub completed: u32,
    /// Time-average calls waiting, over all replicas.
    pub queue_length: f32,
    /// Time-average calls holding a worker, over all replicas.
    pub in_service: f32,
    /// Time-average replicas that are up.
    pub replicas_up: f32,
    /// Calls that may be inside a replica at once, on average over them, at the end of the window, if that is limited.
    pub concurrency_limit: Option<f32>,
    /// How likely its dimmers take an optional step, on average over the replicas, at the end of the window, if there are any.
    pub theta: Option<f32>,
    /// Response times, by arrival, if recorded.
    pub response: Histogram,
    /// Waiting times, by arrival, if recorded.
    pub wait: Histogram,
}

/// Calls over one lane that started in one window.
#[derive(Clone, Debug, Default)]
pub struct LanePoint {
    /// Calls.
    pub calls: u32,
    /// Attempts sent in this window.
    pub attempts: u32,
    /// Calls that ended `ok`.
    pub ok: u32,
    /// Calls that ended `degraded`.
    pub degraded: u32,
    /// Calls that failed.
    pub failed: u32,
    /// Response times of calls, if recorded.
    pub response: Histogram,
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: SimTime,
    /// Of what.
    pub of: Subject,
    /// To what.
    pub to: State,
}

/// What a transition is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A fault.
    Fault(FaultId),
    /// A change.
    Change(ChangeId),
    /// A replica.
    Replica(ReplicaId),
    /// A load's arrival process.
    Load(LoadId),
    /// The breaker of a plan, of one caller instance.
    Breaker(PlanId, u32),
    /// What outlier detection of one caller instance of an edge makes of a replica.
    Outlier(EdgeId, u32, ReplicaId),
    /// What the checks of one caller instance of an edge say of a replica.
    Check(EdgeId, u32, ReplicaId),
}

/// What a transition leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A fault began.
    Started,
    /// A fault ended.
    Ended,
    /// A change was made.
    Applied,
    /// A replica serves.
    Up,
    /// A replica's process is dead: it refuses.
    Crashed,
    /// A replica's machine is gone: it does not answer.
    Gone,
    /// A replica is frozen.
    Paused,
    /// A replica's workers are stopped.
    Stalled,
    /// A replica takes no new calls and finishes what it has.
    Draining,
    /// A modulated load entered its state of this number.
    LoadState(u16),
    /// A breaker changed, for this reason.
    Circuit(Circuit, Cause),
    /// A replica was ejected, for this reason.
    Ejected(outlier::Cause),
    /// An ejected replica was let in, for this reason.
    LetIn(outlier::Cause),
    /// A replica does not pass checks.
    Down,
}

impl LoadPart {
    /// Adds all of another part.
    pub fn merge(&mut self, other: &LoadPart) {
        self.offered += other.offered;
        self.outcomes.merge(&other.outcomes);
        self.good += other.good;
        self.response_ok.merge(&other.response_ok);
        self.response_all.merge(&other.response_all);
    }
}

impl ServicePart {
    /// Adds all of another part.
    pub fn merge(&mut self, other: &ServicePart) {
        self.offered += other.offered;
        self.outcomes.merge(&other.outcomes);
        self.wasted += other.wasted;
        self.completed += other.completed;
        self.started += other.started;
        self.waited += other.waited;
        self.slowdown.0 += other.slowdown.0;
        self.slowdown.1 += other.slowdown.1;
        self.wait.merge(&other.wait);
        self.service.merge(&other.service);
        self.response.merge(&other.response);
    }
}

impl EdgePart {
    /// Adds all of another part.
    pub fn merge(&mut self, other: &EdgePart) {
        self.calls += other.calls;
        self.attempts += other.attempts;
        self.covered.merge(&other.covered);
        self.outcomes.merge(&other.outcomes);
        self.response.merge(&other.response);
        self.attempt.merge(&other.attempt);
    }
}
