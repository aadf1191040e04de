//! The moving parts: calls, attempts, joins and branches. Small rows, reused, linked by index.

use crate::engine::slab::{NONE, Row};
use crate::ids::SiteId;
use crate::outcome::Outcome;
use crate::policy::retry::RetryState;
use crate::time::{SimTime, Span};

/// Who waits for a call, a branch or a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// Nobody: a background call.
    Nobody,
    /// A load; for closed loads the user, for sessions the session.
    Load(u32),
    /// The main flow of an attempt.
    Attempt(u32),
    /// A branch of a flow.
    Frame(u32),
    /// A join of several.
    Join(u32),
    /// The call that it is a part of.
    Cover(u32),
    /// Nobody, but something is noted when the call, by its row, ends.
    Aftermath(u32),
}

/// In place of the call that waits for an attempt: the attempt stands for its call.
pub(crate) const LEAN: u32 = NONE - 1;

/// A call: a row of its own, or a lean one, by the attempt that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallRef(u32);

/// What a [`CallRef`] names.
pub(crate) enum Which {
    /// A row among the calls.
    Row(u32),
    /// The attempt that stands for the call.
    Lean(u32),
}

impl CallRef {
    /// No call.
    pub const NONE: CallRef = CallRef(NONE);

    /// The highest bit tells; no slab has so many rows.
    const LEAN_BIT: u32 = 1 << 31;

    /// The call in this row.
    #[inline]
    pub fn row(call: u32) -> CallRef {
        CallRef(call)
    }

    /// The call that this attempt stands for.
    #[inline]
    pub fn lean(attempt: u32) -> CallRef {
        CallRef(attempt | CallRef::LEAN_BIT)
    }

    /// The call of an attempt, by the field for it.
    #[inline]
    pub fn of(call: u32, attempt: u32) -> CallRef {
        if call == LEAN {
            CallRef::lean(attempt)
        } else {
            CallRef(call)
        }
    }

    /// Which of both it is; not for [`CallRef::NONE`].
    #[inline]
    pub fn which(self) -> Which {
        debug_assert_ne!(self, CallRef::NONE, "there is a call");
        if self.0 & CallRef::LEAN_BIT == 0 {
            Which::Row(self.0)
        } else {
            Which::Lean(self.0 & !CallRef::LEAN_BIT)
        }
    }
}

/// What a flow is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Child {
    /// Nothing, or its own work.
    None,
    /// One call.
    Call(CallRef),
    /// Several calls or branches.
    Join(u32),
}

/// One call over an edge, as its caller keeps it, unless an attempt stands for it.
#[derive(Debug)]
pub(crate) struct Call {
    pub generation: u32,
    pub site: SiteId,
    /// Names everything drawn for it.
    pub key: u64,
    pub start: SimTime,
    /// No attempt goes beyond this; [`SimTime::MAX`] if there is no bound.
    pub deadline: SimTime,
    pub parent: Parent,
    /// The attempt that is out, or [`NONE`].
    pub attempt: u32,
    /// Which caller instance of the edge makes it (a caller's replica, a load's client).
    pub instance: u32,
    /// The party that sends: a replica, or a load after all replicas.
    pub party: u32,
    /// Neighbours among the calls of one join.
    pub next: CallRef,
    pub previous: CallRef,
    /// Attempts sent.
    pub attempts: u16,
    pub depth: u16,
    pub class: u16,
    pub priority: u8,
    pub measured: bool,
    /// The entry of the load's mix, for requests.
    pub item: u16,
}

/// What a call that may be sent again keeps besides, apart from its row, as most calls never look at it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retrying {
    pub state: RetryState,
    /// When the callee of the last attempt said to try again; zero if it did not.
    pub push_back: Span,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// On the network towards its replica.
    Outbound,
    /// Arrived at a frozen replica.
    Held,
    /// Waits for a worker.
    Queued,
    /// Has a worker (or, async, had one) and is somewhere in its flow.
    Inside,
    /// An async call that waits for a worker to go on.
    Resuming,
    /// The answer is on the network.
    Returning,
    /// Lost: only its caller's patience ends it.
    Lost,
}

/// How a piece of computing stands: the main work of an attempt, or that of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Computing {
    /// Nothing is computed.
    No,
    /// Waits for a core.
    Queued,
    /// Computes until `until`.
    Running,
    /// Shares the processor; `until` is its virtual finish.
    Sharing,
    /// Waits (holding the worker, no core) until `until`.
    Waiting,
    /// Frozen; `left` is what remains.
    Frozen,
    /// Frozen while it was waiting.
    FrozenWaiting,
}

/// Work in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    /// Bumped whenever a pending completion becomes void.
    pub epoch: u16,
    pub computing: Computing,
    /// When a running piece ends.
    pub until: SimTime,
    /// What is left of a queued or frozen piece, at the replica's present speed.
    pub left: Span,
}

impl Task {
    pub const IDLE: Task = Task {
        epoch: 0,
        computing: Computing::No,
        until: SimTime::ZERO,
        left: Span::ZERO,
    };
}

/// One try of a call: the caller's side until it lets go, the callee's side until it is done.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub generation: u32,
    /// The call that waits for it, [`NONE`], or [`LEAN`].
    pub call: u32,
    pub key: u64,
    pub site: SiteId,
    pub replica: u32,
    /// Where its caller counts it as outstanding, or [`NONE`].
    pub outstanding: u32,
    /// The plan state that counts it as active, or [`NONE`].
    pub plan_state: u32,
    /// The party that sent it.
    pub party: u32,
    pub phase: Phase,
    pub outcome: Outcome,
    pub measured: bool,
    pub measured_at_service: bool,
    /// Some optional part was missing below.
    pub degraded: bool,
    /// A random error waits at its end.
    pub doomed: bool,
    /// When its callee says to try again; zero if it does not.
    pub push_back: Span,
    pub has_worker: bool,
    /// The block of the first attempt of its first call is made already.
    pub foreseen: bool,
    /// Its reply is lost on the way.
    pub reply_lost: bool,
    /// Its site's requests go the short way.
    pub is_direct: bool,
    /// Of a free row: it was left by such a request, and is right for the next one.
    pub is_laid: bool,
    pub class: u16,
    pub priority: u8,
    pub depth: u16,
    pub sent: SimTime,
    pub arrived: SimTime,
    pub started: SimTime,
    /// Propagated to its own calls.
    pub deadline: SimTime,
    /// Neighbours in a queue.
    pub next: u32,
    pub previous: u32,
    /// The next step of its main flow, and one past the last.
    pub step: u32,
    pub steps_end: u32,
    pub child: Child,
    pub task: Task,
    /// The work drawn for it.
    pub work: Span,
    /// The delay drawn for its reply.
    pub back: Span,
    /// If it stands for its call: who waits, its neighbours among the calls of one join, and the entry of the load's mix.
    pub parent: Parent,
    pub sibling_next: CallRef,
    pub sibling_previous: CallRef,
    pub item: u16,
}

/// A branch of a flow that is more than one call.
#[derive(Debug)]
pub(crate) struct Frame {
    pub generation: u32,
    pub attempt: u32,
    pub join: u32,
    pub step: u32,
    pub steps_end: u32,
    pub child: Child,
    pub task: Task,
    /// Neighbours among the branches of one join.
    pub next: u32,
    pub previous: u32,
    pub degraded: bool,
}

/// Several calls or branches that a flow waits for together.
#[derive(Debug)]
pub(crate) struct Join {
    pub generation: u32,
    /// The flow that waits: an attempt's or a branch's.
    pub parent: Parent,
    pub need: u32,
    /// Not ended yet, those not launched yet included.
    pub open: u32,
    pub succeeded: u32,
    /// For repetitions one after another: how many are still to be launched, and where to.
    pub to_launch: u32,
    pub site: SiteId,
    pub launched: u32,
    pub first_call: CallRef,
    pub first_frame: u32,
    pub degraded: bool,
}

impl Row for Call {
    const VACANT: Call = Call {
        generation: 0,
        site: SiteId(0),
        key: 0,
        start: SimTime::ZERO,
        deadline: SimTime::MAX,
        parent: Parent::Nobody,
        attempt: NONE,
        instance: 0,
        party: 0,
        next: CallRef::NONE,
        previous: CallRef::NONE,
        attempts: 0,
        depth: 0,
        class: 0,
        priority: 0,
        measured: false,
        item: 0,
    };

    #[inline]
    fn generation(&mut self) -> &mut u32 {
        &mut self.generation
    }
}

impl Row for Attempt {
    const VACANT: Attempt = Attempt {
        generation: 0,
        call: NONE,
        key: 0,
        site: SiteId(0),
        replica: 0,
        outstanding: NONE,
        plan_state: NONE,
        party: 0,
        phase: Phase::Outbound,
        outcome: Outcome::Ok,
        measured: false,
        measured_at_service: false,
        degraded: false,
        doomed: false,
        push_back: Span::ZERO,
        has_worker: false,
        foreseen: false,
        reply_lost: false,
        is_direct: false,
        is_laid: false,
        class: 0,
        priority: 0,
        depth: 0,
        sent: SimTime::ZERO,
        arrived: SimTime::ZERO,
        started: SimTime::MAX,
        deadline: SimTime::MAX,
        next: NONE,
        previous: NONE,
        step: 0,
        steps_end: 0,
        child: Child::None,
        task: Task::IDLE,
        work: Span::ZERO,
        back: Span::ZERO,
        parent: Parent::Nobody,
        sibling_next: CallRef::NONE,
        sibling_previous: CallRef::NONE,
        item: 0,
    };

    #[inline]
    fn generation(&mut self) -> &mut u32 {
        &mut self.generation
    }
}

impl Row for Frame {
    const VACANT: Frame = Frame {
        generation: 0,
        attempt: NONE,
        join: NONE,
        step: 0,
        steps_end: 0,
        child: Child::None,
        task: Task::IDLE,
        next: NONE,
        previous: NONE,
        degraded: false,
    };

    #[inline]
    fn generation(&mut self) -> &mut u32 {
        &mut self.generation
    }
}

impl Row for Join {
    const VACANT: Join = Join {
        generation: 0,
        parent: Parent::Nobody,
        need: 0,
        open: 0,
        succeeded: 0,
        to_launch: 0,
        site: SiteId(0),
        launched: 0,
        first_call: CallRef::NONE,
        first_frame: NONE,
        degraded: false,
    };

    #[inline]
    fn generation(&mut self) -> &mut u32 {
        &mut self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_small() {
        let sizes = [
            size_of::<Call>(),
            size_of::<Attempt>(),
            size_of::<Frame>(),
            size_of::<Join>(),
        ];
        assert!(sizes[0] <= 72 && sizes[1] <= 176, "{sizes:?}");
        println!("{sizes:?}");
    }
}
