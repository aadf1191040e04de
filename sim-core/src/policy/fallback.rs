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
//! An answer that came this way is *degraded*, and no breaker counts it. Bad requests and cancelled calls fall back on nothing:
//! nobody is helped by it, or nobody waits. A fallback may take time, and no more than `max_concurrent_requests` of a caller run at
//! once; one that is turned away, finds nothing or fails itself leaves the original outcome standing.
//!
//! Source: Hystrix 1.5.18, "How it Works" and `AbstractCommand` (ten fallbacks at once); resilience4j and Polly 8, where a
//! fallback is the outermost decorator and matches on outcomes.

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
    },
    /// What another callee says.
    Dependency,
    /// Nothing, as a success.
    FailSilent,
    /// "Accepted": the work goes to a backlog.
    Enqueue {
        /// How much the backlog holds; `None` is anything.
        limit: Option<u32>,
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
        let stale = !matches!(self.kind, Kind::StaleCache { max_stale: Span::ZERO });
        require(stale, "a stale answer may be older than 0 (no default)")?;
        let backlog = !matches!(self.kind, Kind::Enqueue { limit: Some(0) });
        require(backlog, "a backlog holds at least 1 call (default: any number)")
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

    /// The fallback for a call that failed at `now`, given when the last good answer to it was stored: for callers that keep
    /// their answers by key.
    #[inline]
    pub fn answer(&self, state: &mut State, now: SimTime, stored: Option<SimTime>) -> Answer {
        if self.max_concurrent_requests.is_some_and(|it| state.running >= it) {
            return Answer::Stands(Reason::Rejected);
        }
        let mut age = None;
        match self.kind {
            Kind::Static | Kind::FailSilent | Kind::Dependency => (),
            Kind::StaleCache { max_stale } => {
                age = stored.map(|it| now.since(it));
                if age.is_none_or(|it| it > max_stale) {
                    return Answer::Stands(Reason::TooOld);
                }
            }
            Kind::Enqueue { limit } => {
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

    /// A fallback has been made, or the other callee has answered with `fallback`: what becomes of a call that had ended with
    /// `original`.
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(s: u64) -> SimTime {
        SimTime::from_secs(s)
    }

    const NOW: Answer = Answer::Degraded {
        after: Span::ZERO,
        age: None,
    };

    #[test]
    fn fb_1_ten_slow_fallbacks_answer_and_the_eleventh_is_turned_away_at_once() {
        let takes = Span::from_millis(50);
        let fallback = Fallback {
            takes,
            ..Fallback::hystrix_default(Kind::Static)
        };
        let mut state = fallback.start();
        let answers: Vec<Answer> = (0..11)
            .map(|_| fallback.after(&mut state, at(0), Outcome::Error))
            .collect();
        let degraded = Answer::Degraded {
            after: takes,
            age: None,
        };
        assert_eq!(answers[..10], [degraded; 10]);
        assert_eq!(answers[10], Answer::Stands(Reason::Rejected));
        for _ in 0..10 {
            let end = fallback.done(&mut state, Outcome::Error, Outcome::Ok);
            assert_eq!(end, Outcome::Degraded);
        }
        assert_eq!(state.running(), 0);
        assert_eq!(fallback.after(&mut state, at(1), Outcome::Error), degraded);
    }

    #[test]
    fn fb_2_a_stale_answer_is_good_until_it_is_too_old() {
        let fallback = Fallback::of(Kind::StaleCache {
            max_stale: Span::from_secs(60),
        });
        let mut state = fallback.start();
        let down = |state: &mut State, s| fallback.after(state, at(s), Outcome::Unreachable);
        assert_eq!(
            down(&mut state, 0),
            Answer::Stands(Reason::TooOld),
            "nothing stored yet"
        );
        assert_eq!(
            fallback.after(&mut state, at(0), Outcome::Ok),
            Answer::Stands(Reason::Settled)
        );
        let aged = |s| Answer::Degraded {
            after: Span::ZERO,
            age: Some(Span::from_secs(s)),
        };
        assert_eq!(down(&mut state, 30), aged(30));
        assert_eq!(down(&mut state, 60), aged(60));
        assert_eq!(down(&mut state, 61), Answer::Stands(Reason::TooOld));
    }

    #[test]
    fn a_degraded_answer_is_not_worth_storing() {
        let fallback = Fallback::of(Kind::StaleCache {
            max_stale: Span::from_secs(60),
        });
        let mut state = fallback.start();
        fallback.after(&mut state, at(0), Outcome::Degraded);
        assert_eq!(
            fallback.after(&mut state, at(1), Outcome::Error),
            Answer::Stands(Reason::TooOld)
        );
    }

    #[test]
    fn bad_requests_cancelled_calls_and_successes_fall_back_on_nothing() {
        let fallback = Fallback::of(Kind::FailSilent);
        let stands: Vec<Outcome> = Outcome::ALL
            .into_iter()
            .filter(|&it| fallback.after(&mut fallback.start(), at(0), it) != NOW)
            .collect();
        assert_eq!(
            stands,
            [Outcome::Ok, Outcome::Degraded, Outcome::BadRequest, Outcome::Cancelled]
        );
    }

    #[test]
    fn another_callee_is_asked_and_its_failure_leaves_the_original_outcome() {
        let fallback = Fallback::hystrix_default(Kind::Dependency);
        let mut state = fallback.start();
        for (said, end) in [
            (Outcome::Ok, Outcome::Degraded),
            (Outcome::Degraded, Outcome::Degraded),
            (Outcome::Timeout, Outcome::BreakerOpen),
        ] {
            let answer = fallback.after(&mut state, at(0), Outcome::BreakerOpen);
            assert_eq!(answer, Answer::Call);
            assert_eq!(fallback.done(&mut state, Outcome::BreakerOpen, said), end);
        }
        assert_eq!(state.running(), 0);
    }

    #[test]
    fn work_is_put_off_until_the_backlog_is_full() {
        let fallback = Fallback::of(Kind::Enqueue { limit: Some(2) });
        let mut state = fallback.start();
        let fail = |state: &mut State| fallback.after(state, at(0), Outcome::Timeout);
        assert_eq!([fail(&mut state), fail(&mut state)], [NOW, NOW]);
        assert_eq!(fail(&mut state), Answer::Stands(Reason::BacklogFull));
        assert!(fallback.take_up(&mut state));
        assert_eq!(state.backlog(), 1);
        assert_eq!(fail(&mut state), NOW);
        assert!(fallback.take_up(&mut state) && fallback.take_up(&mut state));
        assert!(!fallback.take_up(&mut state));
    }

    #[test]
    fn settings_out_of_range_are_told() {
        let wrong = [
            Fallback {
                max_concurrent_requests: Some(0),
                ..Fallback::of(Kind::Static)
            },
            Fallback {
                on: HELPED.with(Outcome::Cancelled),
                ..Fallback::of(Kind::Static)
            },
            Fallback::of(Kind::StaleCache { max_stale: Span::ZERO }),
            Fallback::of(Kind::Enqueue { limit: Some(0) }),
        ];
        assert!(wrong.iter().all(|it| it.check().is_err()));
        assert_eq!(Fallback::hystrix_default(Kind::Dependency).check(), Ok(()));
    }

    proptest! {
        #[test]
        fn no_more_fallbacks_run_than_may(steps in prop::collection::vec(any::<bool>(), 1..100), most in 1u32..6) {
            let fallback = Fallback {
                max_concurrent_requests: Some(most),
                ..Fallback::of(Kind::Static)
            };
            let mut state = fallback.start();
            let mut running = 0;
            for begins in steps {
                if begins {
                    let answered = fallback.after(&mut state, at(0), Outcome::Error) == NOW;
                    prop_assert_eq!(answered, running < most);
                    running += u32::from(answered);
                } else if running > 0 {
                    fallback.done(&mut state, Outcome::Error, Outcome::Ok);
                    running -= 1;
                }
                prop_assert_eq!(state.running(), running);
            }
        }
    }
}
