//! Services: replicas with workers, cores and a queue each.

use core::ops::Range;

use super::admission::Admission;
use super::discipline::Discipline;
use crate::component::quota::Quota;
use crate::dist::Dist;
use crate::ids::{BlockId, ServiceId, ZoneId};
use crate::quantity::{Chance, Nanomoney};
use crate::rng::Key;
use crate::server::adaptive_lifo::AdaptiveLifo;
use crate::server::dimmer::Dimmer;
use crate::server::slowdown::Slowdown;

/// What a row of the service table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// One of our own services.
    Service,
    /// A third party.
    External,
}

/// A service: identical replicas, each with its own workers and queue.
#[derive(Clone, Debug)]
pub struct Service {
    /// Names the service in streams and digests.
    pub key: Key,
    /// Own service or third party.
    pub kind: ServiceKind,
    /// Its rows of the endpoint table.
    pub endpoints: Range<u32>,
    /// Replicas at the start of the run.
    pub replicas: u32,
    /// The zone of each replica that can ever exist (changes may add some); its length is the number of replica slots.
    pub places: Vec<Option<ZoneId>>,
    /// A weight for each slot, for weighted balancing; empty if all weigh the same.
    pub weights: Vec<u32>,
    /// Calls one replica handles at once; `None` is unlimited.
    pub workers: Option<u32>,
    /// How many workers compute at once; `None` is all.
    pub cores: Option<Cores>,
    /// Whether a worker is held while its call waits for others.
    pub style: Style,
    /// Where calls wait for a worker.
    pub queue: Queue,
    /// How work slows down with the calls in service.
    pub slowdown: Option<Slowdown>,
    /// A third party's quota, over all replicas.
    pub quota: Option<Quota>,
    /// Who is let in.
    pub admission: Admission,
    /// How often optional steps are taken, found from response times; always if absent.
    pub dimmer: Option<Dimmer>,
    /// Price of one replica for one hour.
    pub price_per_hour: Nanomoney,
}

/// A limit on how many workers compute at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cores {
    /// At most this many; at least 1.
    pub limit: u32,
    /// What happens when more want to.
    pub sharing: Sharing,
}

/// How workers share cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One after another, in the order they asked.
    Fifo,
    /// All at once, each at an equal share of the speed.
    Processor,
}

/// Whether a worker is held while its call waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Held: the classic thread per request.
    Blocking,
    /// Freed: only the request is kept; its next work queues ahead of new requests and is never refused.
    Async,
}

/// Where calls wait for a worker of one replica.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queue {
    /// At most this many wait; `None` is unlimited, 0 lets nobody wait.
    pub limit: Option<u32>,
    /// Who is next.
    pub order: QueueOrder,
    /// A call that has waited this long is dropped with `queue_timeout`.
    pub timeout: Option<Dist>,
    /// What keeps it short.
    pub discipline: Discipline,
}

/// Who leaves a queue next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueOrder {
    /// The oldest.
    #[default]
    Fifo,
    /// The newest.
    Lifo,
    /// The oldest while the queue is short, the newest once it builds up.
    AdaptiveLifo(AdaptiveLifo),
    /// The oldest of the most important.
    Priority,
}

/// One kind of call a service answers.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The service it belongs to.
    pub service: ServiceId,
    /// Names the endpoint in streams and digests.
    pub key: Key,
    /// Work before the flow; `None` takes no time and no event.
    pub work: Option<Dist>,
    /// Whether each attempt draws new work.
    pub work_per: WorkPer,
    /// Random errors.
    pub errors: Option<ErrorRule>,
    /// Steps after the work; `None` answers at once.
    pub flow: Option<BlockId>,
    /// Size of a request in bytes, for links with a bandwidth or a price.
    pub request_bytes: u64,
    /// Size of a response in bytes, for links with a bandwidth or a price.
    pub response_bytes: u64,
    /// Price of one call that arrives here.
    pub price_per_call: Nanomoney,
}

/// What draws new work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkPer {
    /// Each attempt.
    Attempt,
    /// Each call: all its attempts are the same size.
    Call,
}

/// Random errors of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorRule {
    /// How likely a call fails.
    pub ratio: Chance,
    /// Before or after its work.
    pub when: ErrorWhen,
}

/// When a random error strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorWhen {
    /// On arrival, before the queue.
    Before,
    /// After work and flow.
    After,
}
