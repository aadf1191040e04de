//! Plans: the policy stack in force on a call site, and where its state lives.

use crate::policy::deadline::Deadline;
use crate::policy::retry::Retry;
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
}
