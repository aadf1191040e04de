//! Fallbacks: what a caller answers instead when a call has failed.
//!
//! | kind | answers |
//! | --- | --- |
//! | static | a constant, or a stub made of the request |
//! | stale cache | the last good answer, if it is not too old |
//! | dependency | what another callee says: a call of its own, with policies of its own |
//! | fail silent | nothing at all, as a success |
//! | enqueue | "accepted"; the work is done later |
//!
//! An answer that came this way is *degraded*, and no breaker counts it. Bad requests and cancelled calls fall back on
//! nothing: nobody is helped by it, or nobody waits. A fallback may take time, and no more than
//! `max_concurrent_requests` of a caller run at once; one that is turned away, finds nothing or fails itself leaves the
//! original outcome standing.
//!
//! Source: Hystrix 1.5.18, "How it Works" and `AbstractCommand` (ten fallbacks at once); resilience4j and Polly 8,
//! where a fallback is the outermost decorator and matches on outcomes.

use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// What it answers.
    pub kind: Kind,
    /// For which outcomes.
    pub on: OutcomeSet,
    /// How long making the answer takes; a dependency takes what it takes.
    pub takes: Span,
    /// How many are being made at once; `None` is any number, Hystrix has 10.
    pub max_concurrent_requests: Option<u32>,
}

/// What a fallback answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A constant or a stub.
    Static,
    /// The last good answer.
    StaleCache {
        /// How old it may be.
        max_stale: Span,
        /// How many are kept, one for each key; `None` is one that answers all.
        keys: Option<u32>,
    },
    /// What another callee says.
    Dependency,
    /// Nothing, as a success.
    FailSilent,
    /// "Accepted": the work goes to a backlog.
    Enqueue {
        /// How much the backlog holds; `None` is anything.
        limit: Option<u32>,
        /// How long between two pieces of work that are taken from it.
        every: Span,
    },
}

impl Kind {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Static => "static",
            Kind::StaleCache { .. } => "stale_cache",
            Kind::Dependency => "dependency",
            Kind::FailSilent => "fail_silent",
            Kind::Enqueue { .. } => "enqueue",
        }
    }
}

/// Every failure but a bad request and a cancellation.
pub const HELPED: OutcomeSet = OutcomeSet::RETRYABLE
    .with(Outcome::Deadline)
    .with(Outcome::Throttled)
    .with(Outcome::RateLimited)
    .with(Outcome::BreakerOpen)
    .with(Outcome::BulkheadFull)
    .with(Outcome::OverLimit)
    .with(Outcome::PoolTimeout);

impl Fallback {
    /// A fallback of this kind on every failure that it can help, at once and any number at a time.
    pub const fn of(kind: Kind) -> Fallback {
        Fallback {
            kind,
            on: HELPED,
            takes: Span::ZERO,
            max_concurrent_requests: None,
        }
    }

    /// A Hystrix fallback of this kind: ten at once.
    pub const fn hystrix_default(kind: Kind) -> Fallback {
        Fallback {
            max_concurrent_requests: Some(10),
            ..Fallback::of(kind)
        }
    }
}

/// Fallbacks in the making, the last good answer and the backlog of one caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    running: u32,
    /// When the last good answer came.
    stored: Option<SimTime>,
    backlog: u32,
}

impl State {
    /// How many fallbacks are being made.
    pub const fn running(&self) -> u32 {
        self.running
    }

    /// The process is gone, and with it the last good answer.
    pub fn forget(&mut self) {
        self.stored = None;
    }

    /// How much work was put off and not yet taken up.
    pub const fn backlog(&self) -> u32 {
        self.backlog
    }
}

/// What follows the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The outcome stands.
    Stands(Reason),
    /// A degraded answer after this long; [`Fallback::done`] then.
    Degraded {
        /// How long it takes.
        after: Span,
        /// How old it is, if it is an old one.
        age: Option<Span>,
    },
    /// The other callee is to be asked; [`Fallback::done`] with what it said.
    Call,
}

/// Why an outcome stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// It needs no fallback, or none helps.
    Settled,
    /// Too many fallbacks are being made.
    Rejected,
    /// There is no good answer, or it is too old.
    TooOld,
    /// The backlog is full.
    BacklogFull,
}

impl Reason {
    /// The name used in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Settled => "settled",
            Reason::Rejected => "rejected",
            Reason::TooOld => "too_old",
            Reason::BacklogFull => "backlog_full",
        }
    }
}

impl Fallback {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.max_concurrent_requests != Some(0),
            "at least 1 fallback at a time, or it never answers (default: any number; Hystrix 10)",
        )?;
        let never = self.on.contains(Outcome::Cancelled);
        require(!never, "a cancelled call has nobody to answer to")?;
        let stale = !matches!(
            self.kind,
            Kind::StaleCache {
                max_stale: Span::ZERO,
                ..
            }
        );
        require(stale, "a stale answer may be older than 0 (no default)")?;
        let keys = !matches!(self.kind, Kind::StaleCache { keys: Some(0), .. });
        require(keys, "answers for at least 1 of the `keys` (default: one for all)")?;
        let backlog = !matches!(self.kind, Kind::Enqueue { limit: Some(0), .. });
        require(backlog, "a backlog holds at least 1 call (default: any number)")?;
        let pace = !matches!(self.kind, Kind::Enqueue { every: Span::ZERO, .. });
        require(
            pace,
            "what was put off is taken up at a pace, `every` above 0 (default 1s)",
        )
    }

    /// Nothing stored, nothing in the making.
    pub fn start(&self) -> State {
        State::default()
    }

    /// A call has ended at `now`. A good answer is remembered.
    #[inline]
    pub fn after(&self, state: &mut State, now: SimTime, outcome: Outcome) -> Answer {
        if outcome == Outcome::Ok {
            state.stored = Some(now);
        }
        if !self.on.contains(outcome) {
            return Answer::Stands(Reason::Settled);
        }
        self.answer(state, now, state.stored)
    }

    /// The fallback for a call that failed at `now`, given when the last good answer to it was stored: for callers that
    /// keep their answers by key.
    #[inline]
    pub fn answer(&self, state: &mut State, now: SimTime, stored: Option<SimTime>) -> Answer {
        if self.max_concurrent_requests.is_some_and(|it| state.running >= it) {
            return Answer::Stands(Reason::Rejected);
        }
        let mut age = None;
        match self.kind {
            Kind::Static | Kind::FailSilent | Kind::Dependency => (),
            Kind::StaleCache { max_stale, .. } => {
                age = stored.map(|it| now.since(it));
                if age.is_none_or(|it| it > max_stale) {
                    return Answer::Stands(Reason::TooOld);
                }
            }
            Kind::Enqueue { limit, .. } => {
                if limit.is_some_and(|it| state.backlog >= it) {
                    return Answer::Stands(Reason::BacklogFull);
                }
                state.backlog += 1;
            }
        }
        state.running += 1;
        if self.kind == Kind::Dependency {
            return Answer::Call;
        }
        Answer::Degraded { after: self.takes, age }
    }

    /// A fallback has been made, or the other callee has answered with `fallback`: what becomes of a call that had
    /// ended with `original`.
    #[inline]
    pub fn done(&self, state: &mut State, original: Outcome, fallback: Outcome) -> Outcome {
        state.running -= 1;
        if fallback.is_failure() {
            original
        } else {
            Outcome::Degraded
        }
    }

    /// Work is taken from the backlog; whether there was any.
    #[inline]
    pub fn take_up(&self, state: &mut State) -> bool {
        let any = state.backlog > 0;
        state.backlog -= u32::from(any);
        any
    }

    /// Work that was taken up has failed, or its process died: it waits again, whatever the limit.
    #[inline]
    pub fn put_back(&self, state: &mut State) {
        state.backlog += 1;
    }
}

#[cfg(test)]
mod tests;
