//! Retries: send again after a failure, a limited number of times, after a pause, and only if a budget allows.
//!
//! ```text
//! attempt ends ──▶ worth it? ──▶ attempts left? ──▶ time left? ──▶ budget? ──▶ pause ──▶ next attempt
//!                     │ no            │ no             │ no          │ no
//!                     └───────────────┴────────────────┴─────────────┴──▶ the outcome stands
//! ```
//!
//! grpc-go asks in another order ([`Checks::Grpc`]): push-back, outcome, budget (which takes its token), attempts; so the
//! last failing attempt also costs a token.
//!
//! The machine also keeps the books of its budget: it tells it of every call, every end and every retry, so an engine calls
//! [`Retry::on_call`] when a call begins, [`Retry::after`] at each attempt's end, success too, and [`Retry::abandon`] if the
//! call ends otherwise (its deadline, a cancellation).
//!
//! Sources: gRPC proposal A6 and grpc-go; Envoy, "x-envoy-max-retries" and the retry-back-off fields of route API v3; AWS SDKs
//! and Tools reference, "Retry behavior" (2026 rules); Google SRE book (2016), ch. 21 and 22.

use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::backoff::{Backoff, BackoffState, envoy};
use crate::policy::budget::{Ask, Budget, BudgetState, InFlight};
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of a retry policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts per call, the first one included; at least 1. `None` is unlimited: only a budget or a deadline ends it.
    pub attempts: Option<u32>,
    /// How long to wait before each retry.
    pub backoff: Backoff,
    /// Which outcomes are worth another attempt.
    pub on: OutcomeSet,
    /// What a callee's "try again in" means to the caller.
    pub respect_retry_after: RetryAfter,
    /// How many retries all calls together may make.
    pub budget: Option<Budget>,
    /// In which order the checks are made.
    pub checks: Checks,
    /// Give up at once if the pause would outlast the deadline, instead of waiting for the deadline to pass. gRPC and Polly
    /// wait; off by default.
    pub skip_hopeless: bool,
}

impl Default for Retry {
    /// Three attempts without a pause, as a retry loop written in a hurry: what a file gets that says only `retry = {}`.
    fn default() -> Retry {
        Retry {
            attempts: Some(3),
            backoff: Backoff::None,
            on: OutcomeSet::RETRYABLE,
            respect_retry_after: RetryAfter::Ignore,
            budget: None,
            checks: Checks::Standard,
            skip_hopeless: false,
        }
    }
}

/// What a callee's "try again in" (HTTP `Retry-After`, `grpc-retry-pushback-ms`, a quota's answer) means to the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// Nothing, as in a plain retry loop.
    #[default]
    Ignore,
    /// Wait at least that long.
    AtLeast,
    /// Wait exactly that long. With `restart` the back-off begins again afterwards, as gRPC's does.
    Exact {
        /// Whether the back-off begins again.
        restart: bool,
    },
    /// Wait between that long and half as much more, unless it is longer than `max`, which is ignored (Envoy's rate-limited
    /// back-off; its `max_interval` is 300 s by default).
    Jittered {
        /// The longest that is believed.
        max: Span,
    },
    /// Wait that long, but no less than the back-off and at most `stretch` more than it (AWS 2026 rules: 5 s).
    Clamped {
        /// How far beyond the back-off.
        stretch: Span,
    },
}

/// In which order a retry's checks are made. It decides whether a failure that is not retried costs a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checks {
    /// Outcome, attempts, deadline, budget: a token is spent only on a retry that is made.
    #[default]
    Standard,
    /// Push-back, outcome, budget, attempts, as grpc-go: every retryable failure costs a token.
    Grpc,
}

impl Checks {
    /// The order that the library of this budget has.
    pub const fn of(budget: &Option<Budget>) -> Checks {
        match budget {
            Some(Budget::Grpc(_)) => Checks::Grpc,
            _ => Checks::Standard,
        }
    }
}

/// What the callee said about trying again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushBack {
    /// Nothing.
    #[default]
    None,
    /// Try again in this long.
    After(Span),
    /// Overloaded: do not try again.
    Never,
}

/// The end of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub now: SimTime,
    /// How.
    pub outcome: Outcome,
    /// What the callee said about trying again.
    pub push_back: PushBack,
    /// When the whole call must have ended; [`SimTime::MAX`] is never.
    pub deadline: SimTime,
    /// What this caller has out to the callee; only an Envoy budget looks at it.
    pub in_flight: InFlight,
}

impl Ended {
    /// An end without push-back, deadline or other calls in flight.
    pub const fn new(now: SimTime, outcome: Outcome) -> Ended {
        let in_flight = InFlight { active: 0, pending: 0 };
        Ended {
            now,
            outcome,
            push_back: PushBack::None,
            deadline: SimTime::MAX,
            in_flight,
        }
    }
}

/// What one call remembers between its attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryState {
    backoff: BackoffState,
    /// Attempts that have ended.
    ended: u32,
    /// What the budget wants back: see [`Budget::settle`].
    charge: u32,
}

impl RetryState {
    /// How many attempts have ended.
    #[inline]
    pub const fn ended(&self) -> u32 {
        self.ended
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The outcome stands.
    GiveUp(Reason),
    /// Send the next attempt after this pause.
    RetryAfter(Span),
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// The outcome is not worth another attempt; successes are among these.
    Settled,
    /// The callee said not to.
    PushedBack,
    /// All attempts are used.
    Attempts,
    /// The deadline has passed, or the pause would outlast it.
    Deadline,
    /// The budget has nothing left.
    Budget,
}

impl Reason {
    /// The name used in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Settled => "settled",
            Reason::PushedBack => "pushed_back",
            Reason::Attempts => "attempts",
            Reason::Deadline => "deadline",
            Reason::Budget => "budget",
        }
    }
}

impl Retry {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.attempts != Some(0), "attempts count the first one: at least 1")?;
        let endless = self.attempts.is_none() && self.budget.is_none();
        require(!endless, "unlimited attempts need a budget")?;
        self.backoff.check()?;
        self.budget.as_ref().map_or(Ok(()), Budget::check)
    }

    /// The budget's state at the beginning; without a budget it takes no room worth mentioning.
    pub fn start(&self) -> BudgetState {
        self.budget.as_ref().map_or(BudgetState::None, Budget::start)
    }

    /// What a new call remembers.
    pub fn begin(&self) -> RetryState {
        RetryState::default()
    }

    /// The longest all pauses of one call can last together, hints of the callee aside; [`Span::MAX`] if unlimited.
    pub fn pauses_max(&self) -> Span {
        match self.attempts {
            Some(attempts) => self.backoff.total_max(attempts.saturating_sub(1)),
            None => Span::MAX,
        }
    }

    /// A call begins at `now`: its first attempt is about to be sent.
    #[inline]
    pub fn on_call(&self, budget: &mut BudgetState, now: SimTime) {
        if let Some(settings) = &self.budget {
            settings.on_call(budget, now);
        }
    }

    /// An attempt of the call has ended; successes are reported here too.
    #[inline]
    pub fn after(&self, call: &mut RetryState, budget: &mut BudgetState, end: &Ended, draw: &mut impl Draw) -> Verdict {
        call.ended += 1;
        if let Some(settings) = &self.budget {
            settings.settle(budget, end.now, end.outcome, &mut call.charge);
        }
        let verdict = match self.checks {
            Checks::Standard => self.standard(call, budget, end, draw),
            Checks::Grpc => self.grpc(call, budget, end, draw),
        };
        match verdict {
            Ok(pause) => Verdict::RetryAfter(pause),
            Err(reason) => Verdict::GiveUp(reason),
        }
    }

    /// The call ends while an attempt is out or between two: its deadline has passed or nobody waits any more.
    #[inline]
    pub fn abandon(&self, call: &mut RetryState, budget: &mut BudgetState, now: SimTime) {
        if let Some(settings) = &self.budget {
            settings.settle(budget, now, Outcome::Cancelled, &mut call.charge);
        }
    }

    fn standard(
        &self,
        call: &mut RetryState,
        budget: &mut BudgetState,
        end: &Ended,
        draw: &mut impl Draw,
    ) -> Result<Span, Reason> {
        self.worth_it(end)?;
        self.pushed_back(end)?;
        self.attempts_left(call)?;
        time_left(end)?;
        // The pause comes before the budget, so that no token goes to a retry that would be too late.
        let pause = self.pause(call, end, draw);
        if self.skip_hopeless && end.now + pause >= end.deadline {
            return Err(Reason::Deadline);
        }
        self.take(call, budget, end)?;
        Ok(pause)
    }

    fn grpc(
        &self,
        call: &mut RetryState,
        budget: &mut BudgetState,
        end: &Ended,
        draw: &mut impl Draw,
    ) -> Result<Span, Reason> {
        if let Err(reason) = self.pushed_back(end) {
            // A "do not retry" counts as a failure to the throttle, whatever the status.
            let _ = self.take(call, budget, end);
            return Err(reason);
        }
        self.worth_it(end)?;
        self.take(call, budget, end)?;
        self.attempts_left(call)?;
        time_left(end)?;
        let pause = self.pause(call, end, draw);
        if self.skip_hopeless && end.now + pause >= end.deadline {
            return Err(Reason::Deadline);
        }
        Ok(pause)
    }

    fn worth_it(&self, end: &Ended) -> Result<(), Reason> {
        if self.on.contains(end.outcome) {
            Ok(())
        } else {
            Err(Reason::Settled)
        }
    }

    fn pushed_back(&self, end: &Ended) -> Result<(), Reason> {
        let heeded = self.respect_retry_after != RetryAfter::Ignore && end.push_back == PushBack::Never;
        if heeded { Err(Reason::PushedBack) } else { Ok(()) }
    }

    fn attempts_left(&self, call: &RetryState) -> Result<(), Reason> {
        if self.attempts.is_none_or(|limit| call.ended < limit) {
            Ok(())
        } else {
            Err(Reason::Attempts)
        }
    }

    fn take(&self, call: &mut RetryState, budget: &mut BudgetState, end: &Ended) -> Result<(), Reason> {
        let Some(settings) = &self.budget else { return Ok(()) };
        let ask = Ask {
            now: end.now,
            outcome: end.outcome,
            attempts: call.ended,
            in_flight: end.in_flight,
        };
        if settings.take(budget, &ask, &mut call.charge) {
            Ok(())
        } else {
            Err(Reason::Budget)
        }
    }

    fn pause(&self, call: &mut RetryState, end: &Ended, draw: &mut impl Draw) -> Span {
        let hint = match end.push_back {
            PushBack::After(hint) => hint,
            PushBack::None | PushBack::Never => return self.next_delay(call, end, draw),
        };
        match self.respect_retry_after {
            RetryAfter::Ignore => self.next_delay(call, end, draw),
            RetryAfter::AtLeast => self.next_delay(call, end, draw).max(hint),
            RetryAfter::Exact { restart } => {
                if restart {
                    call.backoff.restart(call.ended);
                }
                hint
            }
            RetryAfter::Jittered { max } if hint <= max => envoy::rate_limited(hint, draw),
            RetryAfter::Jittered { .. } => self.next_delay(call, end, draw),
            RetryAfter::Clamped { stretch } => {
                let own = self.next_delay(call, end, draw);
                hint.clamp(own, own + stretch)
            }
        }
    }

    fn next_delay(&self, call: &mut RetryState, end: &Ended, draw: &mut impl Draw) -> Span {
        self.backoff
            .next_delay(&mut call.backoff, call.ended, end.outcome, draw)
    }
}

fn time_left(end: &Ended) -> Result<(), Reason> {
    if end.now < end.deadline {
        Ok(())
    } else {
        Err(Reason::Deadline)
    }
}

#[cfg(test)]
mod tests;
