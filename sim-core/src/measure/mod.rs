//! Expressions over results: what expectations judge and measures report.
//!
//! `scenarios` parses text into these types; they list what a run has to record, and are evaluated over results only.
//!
//! | file | what |
//! | --- | --- |
//! | `names` | names, units and meanings of all metrics |
//! | `named` | whole expressions that have a name: recovery, collapse, money lost |
//! | `direction` | which way a number is better |
//! | `needs` | what a run has to record for an expression |
//! | `wiring` | which lane leads where: all that evaluation needs of a model |
//! | `spans` | moments and windows of a run |
//! | `sums` | counts and histograms over a span |
//! | `figures` | one metric over one span |
//! | `evaluate` | whole expressions over one run |
//! | `recovery` | from when on a condition holds for good |
//! | `verdict` | from the values of many runs to pass, fail or inconclusive |
//! | `compare` | from the values of pairs of runs to better, worse, equivalent or no difference found |

mod compare;
mod direction;
mod evaluate;
mod figures;
mod named;
mod names;
mod needs;
mod recovery;
mod spans;
mod sums;
#[cfg(test)]
mod testing;
mod verdict;
mod wiring;

pub use compare::{Compared, Difference, Effect, Finding, decide};
pub use direction::Better;
pub use evaluate::{Check, Evaluator, Measured, Missing};
pub use named::{NAMED, Named, STRETCH, Worth};
pub use names::{FIGURES, Figure, Kind, Unit};
pub use verdict::{Estimate, Inapplicable, Judgement, Verdict, estimate, judge};
pub use wiring::Wiring;

use crate::ids::{ChangeId, EdgeId, EndpointId, FaultId, LoadId, ServiceId};
use crate::observe::Record;
use crate::time::{SimTime, Span};

/// A named number to report for each run.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its name in the file.
    pub name: String,
    /// What it is.
    pub value: Value,
}

/// A statement that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Its name in the file.
    pub name: String,
    /// The variants it is about; `None` is all of them.
    pub variants: Option<Vec<String>>,
    /// What is compared.
    pub that: Condition,
    /// The span it is taken over; `None` is the measured span.
    pub during: Option<During>,
    /// It holds from some instant within this span on, until the end of the arrivals.
    pub within: Option<Within>,
    /// The share of runs, in `0..=1`, in which a yes or no must hold; `None` is every run.
    pub share: Option<f64>,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The left side.
    pub left: Value,
    /// How they compare.
    pub comparison: Comparison,
    /// The right side.
    pub right: Bound,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// A number or another metric.
    Value(Value),
    /// This share of the left metric's mean in the minute before the first fault, same run.
    OfBaseline(f64),
}

/// A number that a run gives: in seconds, per second, or a plain count, share or amount.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A constant in the unit of what it is compared with.
    Number(f64),
    /// A metric.
    Metric(Metric, Target),
    /// The largest value of a metric over the windows of the span.
    MaxOverWindows(Metric, Target),
    /// The smallest value of a metric over the windows of the span.
    MinOverWindows(Metric, Target),
    /// The share of responses (of all outcomes) slower than this.
    ShareSlower(Target, Span),
    /// Seconds from `after` until the condition holds in every later stretch of length `over` until the arrivals stop;
    /// never is censored at the end of the arrivals.
    TimeUntil {
        /// What must hold.
        condition: Box<Condition>,
        /// From when; the seconds count from here.
        after: Moment,
        /// The length of a stretch.
        over: Span,
    },
    /// Seconds of the span's windows in which the condition holds. Windows with nothing to measure do not count.
    TimeWhile(Box<Condition>),
    /// 1 if the value is censored (it never happened before the arrivals stopped), 0 if it has a number.
    Never(Box<Value>),
    /// 1 if the condition holds, 0 if not.
    Holds(Box<Condition>),
    /// Arithmetic.
    Binary(Operator, Box<Value>, Box<Value>),
}

/// Arithmetic between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// Whom a metric is about, resolved from an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The whole run (`*`): requests of all loads.
    Everything,
    /// Entries of loads' mixes: requests as their senders saw them. An address of a service or endpoint that loads call
    /// directly means these; so does the name of a load.
    Requests(Vec<(LoadId, u16)>),
    /// Services: what they did.
    Services(Vec<ServiceId>),
    /// Endpoints: what their services did there.
    Endpoints(Vec<EndpointId>),
    /// Lanes (an edge and one endpoint of its callee): calls as their callers saw them. Rows of
    /// [`crate::model::Layout::lanes`].
    Lanes(Vec<u32>),
    /// Whole edges.
    Edges(Vec<EdgeId>),
    /// Both views of one service or endpoint that loads call: requests for the metrics of requests, the service for the
    /// service's own.
    Front {
        /// As senders saw them.
        requests: Vec<(LoadId, u16)>,
        /// What the services did, if the address names whole services.
        services: Vec<ServiceId>,
        /// What the services did there.
        endpoints: Vec<EndpointId>,
    },
    /// A fault (`start`, `end`, `count`, `downtime`).
    Fault(FaultId),
}

/// What is measured. Unless a variant says otherwise: of requests for [`Target::Requests`], of calls for lanes and edges, of
/// arrived attempts for services and endpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// How many arrived, per second of the span.
    Offered,
    /// How many arrived.
    OfferedCount,
    /// Finished well (`ok` or `degraded`) per second, by completion.
    Throughput,
    /// Goodput per second, by arrival.
    Goodput,
    /// How many were goodput.
    GoodputCount,
    /// Goodput over offered.
    GoodputRatio,
    /// `ok` over offered.
    SuccessRatio,
    /// `ok` and `degraded` over offered.
    ServedRatio,
    /// Failures over offered (unfinished ones are not failures).
    FailureRatio,
    /// Ended with this outcome.
    Count(crate::outcome::Outcome),
    /// Ended with this outcome, over offered.
    Ratio(crate::outcome::Outcome),
    /// Neither ended nor failed when the drain ended.
    Unfinished,
    /// Mean response time in seconds: of requests that ended `ok`; of all calls or attempts that ended.
    Mean,
    /// Quantile of the same, in seconds; the share in `0..=1`.
    Quantile(f64),
    /// Smallest of the same, in seconds.
    Min,
    /// Largest of the same, in seconds.
    Max,
    /// Mean response time of all outcomes, in seconds.
    MeanAll,
    /// Quantile of the response time of all outcomes, in seconds.
    QuantileAll(f64),
    /// Mean waiting time in the queue, in seconds (services and endpoints).
    WaitMean,
    /// Quantile of the waiting time, in seconds (services and endpoints).
    WaitQuantile(f64),
    /// Mean time from worker to answer, in seconds (services and endpoints).
    ServiceMean,
    /// Quantile of the same, in seconds.
    ServiceQuantile(f64),
    /// Attempts sent (lanes and edges; for requests and services: over all edges into what they name).
    Attempts,
    /// Attempts over calls.
    Amplification,
    /// Copies that hedges sent besides the first.
    Hedges,
    /// Calls that a further copy answered first.
    HedgeWins,
    /// Calls that failed and were answered by their fallback.
    Fallbacks,
    /// Calls that their fallback could not help.
    FallbacksFailed,
    /// Calls that the cache answered.
    CacheHits,
    /// Calls that the cache had nothing for.
    CacheMisses,
    /// Calls that joined one that was out.
    CacheJoined,
    /// Calls that the cache answered over those that came to it.
    CacheHitRatio,
    /// Calls that were made for batches.
    Batches,
    /// Calls that went into batches.
    Batched,
    /// Mean time of an attempt as its caller saw it, in seconds (lanes and edges).
    AttemptMean,
    /// Quantile of the same.
    AttemptQuantile(f64),
    /// Busy share of workers or cores (services).
    Utilization,
    /// Share of time at least one replica was up (services).
    Availability,
    /// Share of replica-time in which replicas were up (services).
    ReplicaAvailability,
    /// Share of those that got a worker who had to wait for it (services and endpoints).
    WaitedRatio,
    /// Mean of response time over unhindered work (services and endpoints).
    SlowdownMean,
    /// Ended well but nobody waited any more (services and endpoints).
    Wasted,
    /// The same over all that arrived.
    WastedRatio,
    /// Time-average calls waiting (services).
    QueueLengthMean,
    /// Most calls waiting at one replica (services).
    QueueLengthMax,
    /// Time-average calls holding a worker (services).
    InServiceMean,
    /// Most calls holding a worker at one replica (services).
    InServiceMax,
    /// Time-average calls inside (services).
    InSystemMean,
    /// Most calls inside one replica (services).
    InSystemMax,
    /// Share of time a replica had exactly so many calls inside (services).
    TimeShare(u16),
    /// Share of time a replica had so many calls inside, or more (services).
    TimeShareFrom(u16),
    /// Replicas at the end of the measured span (services).
    Replicas,
    /// Money spent, in the scenario's currency (whole run).
    Cost,
    /// The part of it for replicas, by the hour.
    CostReplicas,
    /// The part of it for calls.
    CostCalls,
    /// The part of it for traffic.
    CostTraffic,
    /// Start of the fault's first stretch, in seconds.
    FaultStart,
    /// End of its last stretch, in seconds.
    FaultEnd,
    /// How many stretches began in the measured span.
    FaultCount,
    /// Seconds of the measured span in which at least one stretch lasted.
    FaultDowntime,
}

/// A span of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct During {
    /// From here.
    pub from: Moment,
    /// Up to here.
    pub to: Moment,
}

/// `within = "2m after fault.x.end"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// So long,
    pub span: Span,
    /// after this.
    pub after: Moment,
    /// The length of a stretch in which it must hold.
    pub over: Span,
}

/// An instant of a run, known when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// On the clock.
    At(SimTime),
    /// This many nanoseconds after (before, if negative) the first start of a fault.
    FaultStart(FaultId, i64),
    /// The same after its last end.
    FaultEnd(FaultId, i64),
    /// The same after the first start of any fault.
    FirstFaultStart(i64),
    /// The same after the last end of all faults.
    LastFaultEnd(i64),
    /// The same after a change.
    Change(ChangeId, i64),
}

/// What must be recorded to evaluate some expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Beyond the totals.
    pub record: Record,
}
