//! Plans: the policy stack in force on a call site, and where its state lives.

use super::Routing;
use crate::component::pool::Pool;
use crate::policy::PolicyKind;
use crate::policy::breaker::Breaker;
use crate::policy::bulkhead::Bulkhead;
use crate::policy::cache::{Cache, Collapser};
use crate::policy::concurrency::Concurrency;
use crate::policy::deadline::Deadline;
use crate::policy::fallback::{self, Fallback};
use crate::policy::hedge::Hedge;
use crate::policy::rate_limit::RateLimit;
use crate::policy::retry::Retry;
use crate::policy::throttle::Throttle;
use crate::policy::timeout::Cancel;
use crate::rng::Key;
use crate::routing::Balance;
use crate::time::Span;

/// The policies of a call site, outermost first.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Names the plan in streams and digests.
    pub key: Key,
    /// Stages in order, outermost first; each kind at most once. Those above [`Stage::Retry`] see calls, those below see
    /// attempts.
    pub stages: Vec<Stage>,
    /// Whether the callee stops when nobody waits for it any more.
    pub cancel: Cancel,
    /// How a replica is picked.
    pub balance: Balance,
    /// From which replicas, if not simply all.
    pub routing: Option<Box<Routing>>,
    /// The connections that each caller instance has to each callee replica; `None` is any number at once.
    pub pool: Option<Pool>,
    /// Whether the caller's replicas share one state (`scope = "service"`).
    pub shared_state: bool,
}

/// One policy of a plan.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Bounds the call, all attempts and pauses included.
    Deadline(Deadline),
    /// Sends again after a failure.
    Retry(Retry),
    /// Bounds the wait: of one attempt below a retry, of the whole call above it.
    Timeout(Span),
    /// May refuse to send, or let wait.
    Gate(Gate),
    /// Makes what stands below it anew, in several copies, or not at all.
    Cover(Cover),
}

/// A policy that stands around all that is below it as a call of its own: what is below may be made several times, or
/// something else instead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Sends another copy before the first has answered.
    Hedge(Hedge),
    /// Answers something else when all has failed.
    Fallback(Fallback),
    /// Answers from memory, or joins a call that is out.
    Cache(Cache),
    /// Makes one call of several.
    Collapse(Collapser),
}

impl Cover {
    /// The kind of policy it is.
    pub const fn kind(&self) -> PolicyKind {
        match self {
            Cover::Hedge(_) => PolicyKind::Hedge,
            Cover::Fallback(_) => PolicyKind::Fallback,
            Cover::Cache(_) => PolicyKind::Cache,
            Cover::Collapse(_) => PolicyKind::Collapse,
        }
    }
}

impl Plan {
    /// How it sends again, if it does.
    pub fn retry(&self) -> Option<&Retry> {
        self.stages.iter().find_map(|it| match it {
            Stage::Retry(retry) => Some(retry),
            _ => None,
        })
    }

    /// Its stages in parts: each ends with a cover, but for the last.
    pub fn parts(&self) -> impl Iterator<Item = &[Stage]> {
        self.stages
            .split_inclusive(|it| matches!(it, Stage::Cover(_)))
            .chain(matches!(self.stages.last(), None | Some(Stage::Cover(_))).then_some(&[][..]))
    }
}

/// A policy that may refuse a call or an attempt, or let it wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// Sends less when too much is refused.
    Throttle(Throttle),
    /// Sends at most so many per second.
    RateLimit(RateLimit),
    /// Stops sending to a callee that keeps failing.
    Breaker(Breaker),
    /// Has at most so many out at once.
    Bulkhead(Bulkhead),
    /// As a bulkhead, but finds the number itself.
    Concurrency(Concurrency),
}

impl Plan {
    /// Whether its picks, or what it remembers, go by the request's key.
    pub fn asks_for_key(&self) -> bool {
        self.stages.iter().any(Stage::asks_for_key) || self.picks_by_key()
    }

    fn picks_by_key(&self) -> bool {
        let spread = self.routing.as_ref().and_then(|it| it.spread.as_ref());
        self.balance.asks_for_key() || spread.is_some_and(|it| it.asks_for_key())
    }
}

impl Stage {
    /// Whether it remembers something by the request's key.
    pub fn asks_for_key(&self) -> bool {
        let Stage::Cover(cover) = self else { return false };
        match cover {
            Cover::Cache(_) | Cover::Collapse(_) => true,
            Cover::Fallback(it) => matches!(it.kind, fallback::Kind::StaleCache { keys: Some(_), .. }),
            Cover::Hedge(_) => false,
        }
    }
}

impl Gate {
    /// The kind of policy it is.
    pub const fn kind(&self) -> PolicyKind {
        match self {
            Gate::Throttle(_) => PolicyKind::Throttle,
            Gate::RateLimit(_) => PolicyKind::RateLimit,
            Gate::Breaker(_) => PolicyKind::Breaker,
            Gate::Bulkhead(_) => PolicyKind::Bulkhead,
            Gate::Concurrency(_) => PolicyKind::Concurrency,
        }
    }
}
