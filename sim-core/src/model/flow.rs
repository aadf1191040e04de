//! Flows: what an endpoint does after its work, as a small program of steps.

use core::ops::Range;

use crate::dist::Dist;
use crate::ids::{BlockId, EdgeId, EndpointId, PlanId, SiteId};
use crate::quantity::Chance;

/// Steps that happen one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its rows of the step table; never empty.
    pub steps: Range<u32>,
}

/// One step of a flow.
#[derive(Clone, Debug)]
pub struct Step {
    /// Names the step's draws; stable when other steps come or go.
    pub key: u64,
    /// How likely the step is taken at all.
    pub chance: Chance,
    /// Its failure does not fail the flow, only degrades the answer.
    pub optional: bool,
    /// Nobody waits for it, and its outcome is nobody's.
    pub background: bool,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Calls once.
    Call(SiteId),
    /// Calls the same place many times.
    Repeat(Repeat),
    /// Computes: needs a worker and, if limited, a core.
    Work(Dist),
    /// Holds the worker, but no core.
    Wait(Dist),
    /// Takes a block as one step (`sequence`).
    Sequence(BlockId),
    /// Takes blocks side by side and goes on at the `need`-th success.
    Parallel {
        /// First and one past the last block of the branches.
        blocks: Range<u32>,
        /// How many have to succeed; at least 1.
        need: u32,
    },
    /// Takes one of several blocks.
    Choose {
        /// Rows of the option table.
        options: Range<u32>,
    },
}

/// A step that calls the same place many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Where to.
    pub site: SiteId,
    /// How often; at least 1.
    pub times: u32,
    /// All at once, or one after another.
    pub parallel: bool,
    /// How many have to succeed; at least 1, at most `times`.
    pub need: u32,
}

/// One option of a `choose` step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChooseOption {
    /// Chosen if the draw falls below this and below no earlier option's; the last one is [`Chance::ALWAYS`].
    pub until: Chance,
    /// What is done then.
    pub block: BlockId,
}

/// A place that calls an endpoint: a step of a flow, or an entry of a load's mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Names the site: caller endpoint (or load), callee endpoint and its rank among equal ones.
    pub key: u64,
    /// The edge it belongs to.
    pub edge: EdgeId,
    /// The endpoint it calls.
    pub callee: EndpointId,
    /// The policies in force there.
    pub plan: PlanId,
    /// Where its fallback calls, if that asks somebody else.
    pub instead: Option<SiteId>,
}
