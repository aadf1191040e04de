//! Everything that can happen.

use crate::engine::pending::Rank;

/// The closed list of events; [`Simulation::step`](crate::engine::Simulation) matches on it, and only there. The comment
/// says what the index of the entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Event {
    /// An open load sends. Load.
    Arrival,
    /// A closed user has thought. User.
    Thought,
    /// A session goes on. Session.
    SessionNext,
    /// A request reaches its replica. Attempt.
    Delivered,
    /// An attempt's work, or wait, is done. Attempt; of the epoch.
    WorkDone,
    /// A branch's work, or wait, is done. Frame; of the epoch.
    BranchDone,
    /// Somebody on a shared processor is done. Replica; of the epoch.
    ShareDone,
    /// A reply reaches its caller. Attempt.
    Replied,
    /// Word that nobody waits any more reaches the replica. Attempt.
    CancelArrived,
    /// The first timer of a ring is due: a stand-in, not an event of its own. Ring.
    RingDue,
    /// A caller gives up on an attempt. Attempt.
    AttemptTimeout,
    /// A caller gives up on a call, whatever attempt is out. Call.
    CallTimeout,
    /// A call's deadline has passed. Call.
    Deadline,
    /// The pause before another attempt is over. Call.
    Retry,
    /// A queued call has waited too long. Attempt; of the epoch.
    QueueTimeout,
    /// A fault begins. Fault process.
    FaultStart,
    /// A fault ends. Fault process; of the epoch.
    FaultEnd,
    /// A fault grows, comes or goes. Fault process; of the epoch.
    FaultStep,
    /// An operator acts. Change.
    Change,
    /// A ramped change goes on. Change.
    ChangeStep,
    /// A modulated load enters its next state. Load.
    LoadState,
    /// A limiter's wait is over. Passage.
    PassageDue,
    /// A caller gives up on a call or a try that has gates. Passage.
    PassageTimeout,
    /// A gate acts by itself. Gate state.
    GateDue,
    /// A dimmer's control period has ended. Replica.
    DimmerDue,
    /// A caller compares its callee's replicas. Caller of a router.
    OutlierDue,
    /// A caller checks a replica. Check; of the serial number.
    CheckDue,
    /// A check reaches its replica. Check; of the serial number.
    CheckArrived,
    /// A check is answered, or given up. Check; of the serial number.
    CheckEnded,
    /// A cover of a call goes on by itself. Call.
    CoverDue,
    /// Word that the twin of an attempt was begun reaches its replica. Attempt.
    TwinBegun,
    /// What a cover put off is taken up. Cover state.
    BacklogDue,
    /// A caller no longer waits for a connection. Call.
    PoolTimeout,
    /// A batch of calls is to be sent. Cover state; of the attempt whose calls they are.
    BatchDue,
}

/// Every number an entry has room for; those beyond the last event stand for none.
const EVENTS: [Event; 64] = {
    let mut events = [Event::DimmerDue; 64];
    let mut at = 0;
    while at < KINDS.len() {
        events[at] = KINDS[at];
        at += 1;
    }
    events
};

const KINDS: [Event; 34] = [
    Event::Arrival,
    Event::Thought,
    Event::SessionNext,
    Event::Delivered,
    Event::WorkDone,
    Event::BranchDone,
    Event::ShareDone,
    Event::Replied,
    Event::CancelArrived,
    Event::RingDue,
    Event::AttemptTimeout,
    Event::CallTimeout,
    Event::Deadline,
    Event::Retry,
    Event::QueueTimeout,
    Event::FaultStart,
    Event::FaultEnd,
    Event::FaultStep,
    Event::Change,
    Event::ChangeStep,
    Event::LoadState,
    Event::PassageDue,
    Event::PassageTimeout,
    Event::GateDue,
    Event::DimmerDue,
    Event::OutlierDue,
    Event::CheckDue,
    Event::CheckArrived,
    Event::CheckEnded,
    Event::CoverDue,
    Event::TwinBegun,
    Event::BacklogDue,
    Event::PoolTimeout,
    Event::BatchDue,
];

impl Event {
    /// The event with this number.
    #[inline]
    pub fn from_bits(bits: u8) -> Event {
        EVENTS[bits as usize & 0x3f]
    }

    /// The name used when two runs are compared.
    pub const fn name(self) -> &'static str {
        match self {
            Event::Arrival => "arrival",
            Event::Thought => "thought",
            Event::SessionNext => "session_next",
            Event::Delivered => "delivered",
            Event::WorkDone => "work_done",
            Event::BranchDone => "branch_done",
            Event::ShareDone => "share_done",
            Event::Replied => "replied",
            Event::CancelArrived => "cancel_arrived",
            Event::RingDue => "timer",
            Event::AttemptTimeout => "attempt_timeout",
            Event::CallTimeout => "call_timeout",
            Event::Deadline => "deadline",
            Event::Retry => "retry",
            Event::QueueTimeout => "queue_timeout",
            Event::FaultStart => "fault_start",
            Event::FaultEnd => "fault_end",
            Event::FaultStep => "fault_step",
            Event::Change => "change",
            Event::ChangeStep => "change_step",
            Event::LoadState => "load_state",
            Event::PassageDue => "passage_due",
            Event::PassageTimeout => "passage_timeout",
            Event::GateDue => "gate_due",
            Event::DimmerDue => "dimmer_due",
            Event::OutlierDue => "outlier_due",
            Event::CheckDue => "check_due",
            Event::CheckArrived => "check_arrived",
            Event::CheckEnded => "check_ended",
            Event::CoverDue => "cover_due",
            Event::TwinBegun => "twin_begun",
            Event::BacklogDue => "backlog_due",
            Event::PoolTimeout => "pool_timeout",
            Event::BatchDue => "batch_due",
        }
    }

    /// Where it stands among others of its instant.
    #[inline]
    pub const fn rank(self) -> Rank {
        match self {
            Event::Arrival | Event::Thought | Event::SessionNext => Rank::Arrival,
            Event::Delivered
            | Event::WorkDone
            | Event::BranchDone
            | Event::ShareDone
            | Event::Replied
            | Event::CancelArrived
            | Event::CheckArrived
            | Event::CheckEnded
            | Event::TwinBegun => Rank::Completion,
            Event::RingDue
            | Event::AttemptTimeout
            | Event::CallTimeout
            | Event::Deadline
            | Event::Retry
            | Event::QueueTimeout
            | Event::FaultStart
            | Event::FaultEnd
            | Event::FaultStep
            | Event::Change
            | Event::ChangeStep
            | Event::LoadState
            | Event::PassageDue
            | Event::PassageTimeout
            | Event::GateDue
            | Event::DimmerDue
            | Event::OutlierDue
            | Event::CheckDue
            | Event::CoverDue
            | Event::BacklogDue
            | Event::PoolTimeout
            | Event::BatchDue => Rank::Timer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_events_is_in_the_order_of_the_enum() {
        for (at, event) in KINDS.into_iter().enumerate() {
            assert_eq!(event as usize, at);
        }
    }
}
