//! Circuit breakers: stop calling a callee that keeps failing, then try it again with a few calls.
//!
//! ```text
//!           too much fails                   the wait is over
//! closed ───────────────────▶ open ─────────────────────────────▶ half-open
//!    ▲                          ▲                                   │   │
//!    │                          └────────── a probe fails ──────────┘   │
//!    └───────────────────────────── probes succeed ─────────────────────┘
//! ```
//!
//! One file a library; they differ in what "too much" is, when they look, who leaves the open state (a call or a
//! timer), how many probes there are, and what becomes of answers that come late. This file is what they share and the
//! one `match`.
//!
//! [`Breaker::ask`] before each call, [`Breaker::settle`] when it has ended: every permit comes back, that of an
//! abandoned call too, with [`Outcome::Cancelled`]. [`Breaker::next_tick`] is looked at after each of them; when that
//! instant comes, [`Breaker::tick`]. At most one transition follows from any of them, and the caller is told.
//!
//! Of one instant, answers come before ticks, and ticks before questions.

pub mod cockatiel;
pub mod consecutive;
pub mod finagle;
pub mod hystrix;
mod judge;
pub mod opossum;
pub mod polly;
pub mod resilience4j;
mod slices;

pub use cockatiel::Cockatiel;
pub use consecutive::Consecutive;
pub use finagle::Finagle;
pub use hystrix::Hystrix;
use judge::Judgement;
pub use judge::{FAILURES, Judge, NEVER_COUNTED};
pub use opossum::Opossum;
pub use polly::Polly;
pub use resilience4j::Resilience4j;

use crate::outcome::Outcome;
use crate::policy::backoff::{Backoff, Curve};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of a circuit breaker.
#[derive(Clone, Debug, PartialEq)]
pub enum Breaker {
    /// As Hystrix.
    Hystrix(Hystrix),
    /// As resilience4j.
    Resilience4j(Resilience4j),
    /// As Polly v8.
    Polly(Polly),
    /// After so many failures in a row; also pybreaker and linkerd.
    Consecutive(Consecutive),
    /// As cockatiel.
    Cockatiel(Cockatiel),
    /// As opossum.
    Opossum(Opossum),
    /// As Finagle's failure accrual.
    Finagle(Finagle),
}

/// Where a [`Breaker`] stands; one for each caller instance and callee, or callee replica.
#[derive(Clone, Debug, PartialEq)]
pub enum BreakerState {
    /// As Hystrix.
    Hystrix(hystrix::State),
    /// As resilience4j.
    Resilience4j(resilience4j::State),
    /// As Polly v8.
    Polly(polly::State),
    /// After so many failures in a row.
    Consecutive(consecutive::State),
    /// As cockatiel.
    Cockatiel(cockatiel::State),
    /// As opossum.
    Opossum(opossum::State),
    /// As Finagle's failure accrual.
    Finagle(finagle::State),
}

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Circuit {
    /// They pass.
    #[default]
    Closed,
    /// They are refused.
    Open,
    /// A few pass, as probes.
    HalfOpen,
}

impl Circuit {
    /// The name used in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Circuit::Closed => "closed",
            Circuit::Open => "open",
            Circuit::HalfOpen => "half_open",
        }
    }
}

/// Why a breaker changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// Too large a share of the calls failed.
    FailureRate,
    /// Too large a share of the calls was slow.
    SlowCallRate,
    /// Too many failures in a row.
    ConsecutiveFailures,
    /// The wait in the open state is over.
    WaitOver,
    /// The probes went well.
    ProbeSucceeded,
    /// A probe failed, or too many did.
    ProbeFailed,
    /// A call from before the opening succeeded.
    LateSuccess,
    /// A call that was no probe ended otherwise: one from before the opening, or a refused one.
    Interference,
    /// The probes took too long.
    HalfOpenTimeout,
}

impl Cause {
    /// The name used in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::FailureRate => "failure_rate",
            Cause::SlowCallRate => "slow_call_rate",
            Cause::ConsecutiveFailures => "consecutive_failures",
            Cause::WaitOver => "wait_over",
            Cause::ProbeSucceeded => "probe_succeeded",
            Cause::ProbeFailed => "probe_failed",
            Cause::LateSuccess => "late_success",
            Cause::Interference => "interference",
            Cause::HalfOpenTimeout => "half_open_timeout",
        }
    }
}

/// A change of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// What it did before.
    pub from: Circuit,
    /// What it does now.
    pub to: Circuit,
    /// Why.
    pub cause: Cause,
}

impl Transition {
    const fn new(from: Circuit, to: Circuit, cause: Cause) -> Transition {
        Transition { from, to, cause }
    }
}

/// Whether a mechanism has its library's quirks or does what the library's documentation says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fidelity {
    /// As the library behaves.
    #[default]
    Faithful,
    /// As its documentation reads.
    Documented,
}

impl Fidelity {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Fidelity::Faithful => "faithful",
            Fidelity::Documented => "documented",
        }
    }
}

/// Leave to make one call. It goes back to [`Breaker::settle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    probe: bool,
    /// How often the breaker had changed when it was given.
    epoch: u32,
}

impl Permit {
    /// For a call that is made without or against a breaker's word, as by a balancer that has only bad nodes to choose
    /// from.
    pub const fn unasked() -> Permit {
        Permit { probe: false, epoch: 0 }
    }

    /// Whether the call decides what a half-open breaker does next.
    #[inline]
    pub const fn is_probe(self) -> bool {
        self.probe
    }
}

/// What a breaker says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It may be made.
    Allowed(Permit),
    /// It may not.
    Refused {
        /// The first instant at which a call can pass, if time alone decides.
        until: Option<SimTime>,
    },
}

/// The end of a call that was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub now: SimTime,
    /// What [`Breaker::ask`] gave.
    pub permit: Permit,
    /// How.
    pub outcome: Outcome,
    /// How long the call took.
    pub duration: Span,
}

/// A wait that is the same each time.
pub const fn fixed(wait: Span) -> Backoff {
    Backoff::Curve {
        curve: Curve::Fixed(wait),
        jitter: crate::policy::backoff::Jitter::None,
    }
}

/// Checks a wait in the open state, so far as it is a curve that is at least `least` at its beginning.
fn check_wait(wait: &Backoff, least: Span, message: &'static str) -> Result<(), Invalid> {
    wait.check()?;
    match wait {
        Backoff::None => Err(Invalid(message)),
        Backoff::Curve { curve, .. } => require(curve.at(1) >= least, message),
        _ => Ok(()),
    }
}

/// Whether `part` of `whole` calls is at least the share `threshold`, exactly.
#[inline]
fn reaches(part: u32, whole: u32, threshold: Factor) -> bool {
    u64::from(part) * Factor::ONE.0 >= u64::from(whole).saturating_mul(threshold.0)
}

/// The one match: calls the machine that settings and state belong to.
macro_rules! machine {
    ($breaker:expr, $state:expr, $it:ident, $of:ident => $call:expr) => {
        match ($breaker, $state) {
            (Breaker::Hystrix($it), BreakerState::Hystrix($of)) => $call,
            (Breaker::Resilience4j($it), BreakerState::Resilience4j($of)) => $call,
            (Breaker::Polly($it), BreakerState::Polly($of)) => $call,
            (Breaker::Consecutive($it), BreakerState::Consecutive($of)) => $call,
            (Breaker::Cockatiel($it), BreakerState::Cockatiel($of)) => $call,
            (Breaker::Opossum($it), BreakerState::Opossum($of)) => $call,
            (Breaker::Finagle($it), BreakerState::Finagle($of)) => $call,
            _ => unreachable!("a breaker's state was made by the same settings"),
        }
    };
}

impl Breaker {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Breaker::Hystrix(_) => "hystrix",
            Breaker::Resilience4j(_) => "resilience4j",
            Breaker::Polly(_) => "polly",
            Breaker::Consecutive(_) => "consecutive",
            Breaker::Cockatiel(_) => "cockatiel",
            Breaker::Opossum(_) => "opossum",
            Breaker::Finagle(_) => "finagle",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Breaker::Hystrix(it) => it.check(),
            Breaker::Resilience4j(it) => it.check(),
            Breaker::Polly(it) => it.check(),
            Breaker::Consecutive(it) => it.check(),
            Breaker::Cockatiel(it) => it.check(),
            Breaker::Opossum(it) => it.check(),
            Breaker::Finagle(it) => it.check(),
        }
    }

    /// A closed breaker that has seen nothing, made at `now`. All room that it will ever need is taken here.
    pub fn start(&self, now: SimTime) -> BreakerState {
        match self {
            Breaker::Hystrix(it) => BreakerState::Hystrix(it.start(now)),
            Breaker::Resilience4j(it) => BreakerState::Resilience4j(it.start()),
            Breaker::Polly(it) => BreakerState::Polly(it.start()),
            Breaker::Consecutive(it) => BreakerState::Consecutive(it.start()),
            Breaker::Cockatiel(it) => BreakerState::Cockatiel(it.start()),
            Breaker::Opossum(it) => BreakerState::Opossum(it.start(now)),
            Breaker::Finagle(it) => BreakerState::Finagle(it.start(now)),
        }
    }

    /// Asks to make a call at `now`.
    #[inline]
    pub fn ask(&self, state: &mut BreakerState, now: SimTime) -> (Answer, Option<Transition>) {
        machine!(self, state, it, of => it.ask(of, now))
    }

    /// A call that was allowed has ended. Draws if the breaker opens and its wait is random.
    #[inline]
    pub fn settle(&self, state: &mut BreakerState, ended: &Ended, draw: &mut impl Draw) -> Option<Transition> {
        machine!(self, state, it, of => it.settle(of, ended, draw))
    }

    /// When the breaker next acts by itself, if it might.
    #[inline]
    pub fn next_tick(&self, state: &BreakerState) -> Option<SimTime> {
        machine!(self, state, it, of => it.next_tick(of))
    }

    /// The instant that [`Breaker::next_tick`] named has come.
    #[inline]
    pub fn tick(&self, state: &mut BreakerState, now: SimTime, draw: &mut impl Draw) -> Option<Transition> {
        machine!(self, state, it, of => it.tick(of, now, draw))
    }

    /// Whether the call whose end brought this transition is itself reported as refused; only pybreaker does so.
    pub fn masks(&self, transition: Transition) -> bool {
        matches!(self, Breaker::Consecutive(it) if it.masks(transition))
    }

    /// What the breaker does with calls.
    #[inline]
    pub fn circuit(&self, state: &BreakerState) -> Circuit {
        machine!(self, state, it, of => it.circuit(of))
    }
}

#[cfg(test)]
mod tests;
