//! cockatiel: failures in a row, or a share of failures over a sampled window; one probe.
//!
//! The sampled window has `max(5, ceil(duration / 1 s))` slices. A result that finds the newest slice full of age
//! begins the next one, and only one: after a silence old slices stay until later results push them out. It opens on a
//! failure, strictly above the threshold, and only with enough calls: `n >= duration · minimum_rps`.
//!
//! Open ends at the very end of the wait, with a call, which is the probe. An error that is not handled counts for
//! nothing when closed, but closes a half-open circuit. Calls from before the opening go on being judged as in the
//! closed state, so a late failure may open a half-open circuit again.
//!
//! Simpler than the library: it lets calls wait for the probe when half-open and then asks again; here they are
//! refused.
//!
//! Source: cockatiel 3.2, `CircuitBreakerPolicy`, `ConsecutiveBreaker`, `SamplingBreaker`.

use super::{Answer, Cause, Circuit, Ended, Judge, Judgement, Permit, Transition, check_wait, fixed};
use crate::outcome::Outcome;
use crate::policy::backoff::{Backoff, BackoffState};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of a cockatiel circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cockatiel {
    /// `breaker`: what opens it.
    pub breaker: Rule,
    /// `halfOpenAfter`: the wait, by how often it has opened in a row.
    pub half_open_after: Backoff,
    /// What is handled, and what counts not at all.
    pub judge: Judge,
}

/// What opens a cockatiel circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `ConsecutiveBreaker`: so many failures in a row, at least 1.
    Consecutive {
        /// How many.
        threshold: u32,
    },
    /// `SamplingBreaker`: a share of failures.
    Sampling {
        /// The share above which it opens, between 0 and 1.
        threshold: Factor,
        /// How far back it looks, in whole milliseconds.
        duration: Span,
        /// Calls per second below which nothing opens it; `None` is 5 failures per second: `5 / threshold`.
        minimum_rps: Option<Factor>,
    },
}

impl Cockatiel {
    /// A breaker of this rule that stays open for `half_open_after`; the library has no defaults.
    pub fn new(breaker: Rule, half_open_after: Span) -> Cockatiel {
        Cockatiel {
            breaker,
            half_open_after: fixed(half_open_after),
            judge: Judge::IGNORING_BAD_REQUESTS,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slice {
    /// `None` before the first result, and after a reset.
    since: Option<SimTime>,
    calls: u32,
    failures: u32,
}

/// Where a cockatiel breaker stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    /// Failures in a row.
    row: u32,
    slices: Box<[Slice]>,
    newest: usize,
    calls: u32,
    failures: u32,
    openings: u32,
    backoff: BackoffState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: SimTime },
    HalfOpen { probe_out: bool },
}

const MILLISECOND: u64 = 1_000_000;

/// How many slices a sampled window has, and how long each is: whole milliseconds, rounded.
fn slices(duration: Span) -> (usize, Span) {
    let ms = duration.nanos() / MILLISECOND;
    let count = ms.div_ceil(1_000).max(5);
    (count as usize, Span::from_millis((2 * ms + count) / (2 * count)))
}

impl State {
    fn push(&mut self, width: Span, now: SimTime, failed: bool) {
        let old = |since: SimTime| now.since(since) >= width;
        if self.slices[self.newest].since.is_none_or(old) {
            self.newest = (self.newest + 1) % self.slices.len();
            let fresh = Slice {
                since: Some(now),
                ..Slice::default()
            };
            let gone = core::mem::replace(&mut self.slices[self.newest], fresh);
            self.calls -= gone.calls;
            self.failures -= gone.failures;
        }
        let slice = &mut self.slices[self.newest];
        slice.calls += 1;
        slice.failures += u32::from(failed);
        self.calls += 1;
        self.failures += u32::from(failed);
    }
}

impl Cockatiel {
    pub(super) fn start(&self) -> State {
        let count = match self.breaker {
            Rule::Consecutive { .. } => 0,
            Rule::Sampling { duration, .. } => slices(duration).0,
        };
        State {
            phase: Phase::Closed,
            epoch: 0,
            row: 0,
            slices: vec![Slice::default(); count].into(),
            newest: 0,
            calls: 0,
            failures: 0,
            openings: 0,
            backoff: BackoffState::default(),
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match state.phase {
            Phase::Closed => Circuit::Closed,
            Phase::Open { .. } => Circuit::Open,
            Phase::HalfOpen { .. } => Circuit::HalfOpen,
        }
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, now: SimTime) -> (Answer, Option<Transition>) {
        let permit = |probe, epoch| Answer::Allowed(Permit { probe, epoch });
        match state.phase {
            Phase::Closed => (permit(false, state.epoch), None),
            Phase::Open { until } if now < until => (Answer::Refused { until: Some(until) }, None),
            Phase::Open { .. } => {
                let transition = self.change(state, Phase::HalfOpen { probe_out: true }, Cause::WaitOver);
                (permit(true, state.epoch), Some(transition))
            }
            Phase::HalfOpen { probe_out: true } => (Answer::Refused { until: None }, None),
            Phase::HalfOpen { probe_out: false } => {
                state.phase = Phase::HalfOpen { probe_out: true };
                (permit(true, state.epoch), None)
            }
        }
    }

    #[inline]
    pub(super) fn settle(&self, state: &mut State, ended: &Ended, draw: &mut impl Draw) -> Option<Transition> {
        let judgement = self.judge.of(ended.outcome);
        let probe = ended.permit.probe && ended.permit.epoch == state.epoch;
        if probe {
            return self.settle_probe(state, ended, judgement, draw);
        }
        let trips = match judgement {
            Judgement::Ignored => return None,
            Judgement::Success => self.success(state, ended.now),
            Judgement::Failure => self.failure(state, ended.now),
        };
        match (state.phase, trips) {
            (Phase::Closed, Some(cause)) => Some(self.open(state, ended.now, cause, draw)),
            (Phase::HalfOpen { .. }, Some(_)) => Some(self.open(state, ended.now, Cause::Interference, draw)),
            _ => None,
        }
    }

    fn settle_probe(
        &self,
        state: &mut State,
        ended: &Ended,
        judgement: Judgement,
        draw: &mut impl Draw,
    ) -> Option<Transition> {
        match judgement {
            Judgement::Failure => {
                self.failure(state, ended.now);
                return Some(self.open(state, ended.now, Cause::ProbeFailed, draw));
            }
            Judgement::Ignored if ended.outcome == Outcome::Cancelled => {
                state.phase = Phase::HalfOpen { probe_out: false };
                return None;
            }
            Judgement::Ignored => (),
            Judgement::Success => {
                state.slices.fill(Slice::default());
                (state.calls, state.failures) = (0, 0);
                self.success(state, ended.now);
            }
        }
        (state.openings, state.backoff) = (0, BackoffState::default());
        Some(self.change(state, Phase::Closed, Cause::ProbeSucceeded))
    }

    fn success(&self, state: &mut State, now: SimTime) -> Option<Cause> {
        match self.breaker {
            Rule::Consecutive { .. } => state.row = 0,
            Rule::Sampling { duration, .. } => state.push(slices(duration).1, now, false),
        }
        None
    }

    fn failure(&self, state: &mut State, now: SimTime) -> Option<Cause> {
        match self.breaker {
            Rule::Consecutive { threshold } => {
                state.row += 1;
                (state.row >= threshold).then_some(Cause::ConsecutiveFailures)
            }
            Rule::Sampling {
                threshold,
                duration,
                minimum_rps,
            } => {
                let (count, width) = slices(duration);
                state.push(width, now, true);
                let one = u128::from(Factor::ONE.0);
                let (calls, failures) = (u128::from(state.calls), u128::from(state.failures));
                // Nanoseconds times calls per second: both sides in billionths of a call, times the factor's scale.
                let window = u128::from(width.nanos()) * count as u128;
                let enough = match minimum_rps {
                    Some(rate) => calls * one * 1_000_000_000 >= window * u128::from(rate.0),
                    None => calls * u128::from(threshold.0) * 1_000_000_000 >= window * 5 * one,
                };
                let above = failures * one > u128::from(threshold.0) * calls;
                (enough && above).then_some(Cause::FailureRate)
            }
        }
    }

    pub(super) fn next_tick(&self, _: &State) -> Option<SimTime> {
        None
    }

    pub(super) fn tick(&self, _: &mut State, _: SimTime, _: &mut impl Draw) -> Option<Transition> {
        None
    }

    fn open(&self, state: &mut State, now: SimTime, cause: Cause, draw: &mut impl Draw) -> Transition {
        state.openings += 1;
        let (n, wait) = (state.openings, &self.half_open_after);
        let until = now + wait.next_delay(&mut state.backoff, n, Outcome::Error, draw);
        self.change(state, Phase::Open { until }, cause)
    }

    fn change(&self, state: &mut State, to: Phase, cause: Cause) -> Transition {
        let from = self.circuit(state);
        state.phase = to;
        state.epoch = state.epoch.wrapping_add(1);
        Transition::new(from, self.circuit(state), cause)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        match self.breaker {
            Rule::Consecutive { threshold } => require(threshold >= 1, "failures in a row are at least 1")?,
            Rule::Sampling {
                threshold, duration, ..
            } => {
                require(
                    threshold.0 > 0 && threshold < Factor::ONE,
                    "cockatiel's threshold lies between 0 and 1, both excluded (no default)",
                )?;
                require(
                    duration >= Span::from_millis(5) && duration.nanos().is_multiple_of(MILLISECOND),
                    "cockatiel's duration is a whole number of milliseconds, at least 5ms (no default)",
                )?;
            }
        }
        check_wait(
            &self.half_open_after,
            Span::from_nanos(1),
            "cockatiel's halfOpenAfter is longer than 0 (no default)",
        )?;
        self.judge.check()
    }
}

#[cfg(test)]
mod tests;
