//! Polly v8: a ratio of failures over ten slices of time, and exactly one probe.
//!
//! The window is judged only when a handled failure arrives in the closed state. A slice begins with the first event
//! that finds the one before it a tenth of the window old, and goes when its beginning is a window old.
//!
//! Open ends at the wait's very end, with a call, and that call is the probe; all others are refused until it is over.
//! A success closes, a handled failure opens again. Outcomes that are not handled count as successes, so a bad request
//! closes too. Faithfully, calls from before the opening decide as well when they end half-open, and a probe that is
//! abandoned closes the circuit, as its exception is not handled; as documented, only the probe decides, and an
//! abandoned one makes room for another. Cancelled calls are in no count.
//!
//! Source: Polly 8, `CircuitStateController`, `AdvancedCircuitBehavior`, `RollingHealthMetrics`,
//! `CircuitBreakerStrategyOptions` (defaults).

use super::{
    Answer, Cause, Circuit, Ended, Fidelity, Judge, Judgement, Permit, Transition, check_wait, fixed, reaches,
};
use crate::policy::backoff::{Backoff, BackoffState};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of a Polly circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polly {
    /// `FailureRatio`: 0 to 1.
    pub failure_ratio: Factor,
    /// `MinimumThroughput`: calls below which nothing opens the circuit, at least 2.
    pub minimum_throughput: u32,
    /// `SamplingDuration`: how far back it looks, 0.5 s to 24 h.
    pub sampling_duration: Span,
    /// `BreakDuration`, 0.5 s to 24 h, or what a `BreakDurationGenerator` makes of the number of probes that have
    /// failed.
    pub break_duration: Backoff,
    /// Held open by hand (`Isolated`).
    pub isolated: bool,
    /// Whether calls that are no probe decide when half-open.
    pub late_results: Fidelity,
    /// What is handled (`ShouldHandle`), and what counts not at all.
    pub judge: Judge,
}

impl Default for Polly {
    /// Polly's defaults.
    fn default() -> Polly {
        Polly {
            failure_ratio: Factor(100_000),
            minimum_throughput: 100,
            sampling_duration: Span::from_secs(30),
            break_duration: fixed(Span::from_secs(5)),
            isolated: false,
            late_results: Fidelity::Faithful,
            judge: Judge::BAD_REQUESTS_SUCCEED,
        }
    }
}

/// A slice that is a tenth of the window younger than the one before: at most ten are young enough.
const SLICES: usize = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slice {
    since: SimTime,
    calls: u32,
    failures: u32,
}

/// Where a Polly breaker stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    /// A ring of slices.
    slices: Box<[Slice; SLICES]>,
    oldest: usize,
    used: usize,
    calls: u32,
    failures: u32,
    /// How many probes there have been since it was last closed.
    half_open_attempts: u32,
    backoff: BackoffState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: SimTime },
    HalfOpen { probe_out: bool },
}

impl State {
    /// Forgets what is too old and finds or begins the slice for `now`.
    fn roll(&mut self, window: Span, now: SimTime) -> &mut Slice {
        let width = Span::from_nanos(window.nanos() / SLICES as u64);
        while self.used > 0 && now.since(self.slices[self.oldest].since) >= window {
            let slice = self.slices[self.oldest];
            self.calls -= slice.calls;
            self.failures -= slice.failures;
            self.oldest = (self.oldest + 1) % SLICES;
            self.used -= 1;
        }
        let newest = (self.oldest + self.used + SLICES - 1) % SLICES;
        if self.used > 0 && now.since(self.slices[newest].since) < width {
            return &mut self.slices[newest];
        }
        let next = (self.oldest + self.used) % SLICES;
        self.used += 1;
        self.slices[next] = Slice {
            since: now,
            ..Slice::default()
        };
        &mut self.slices[next]
    }

    fn clear(&mut self) {
        (self.used, self.calls, self.failures) = (0, 0, 0);
    }

    /// Calls and failures that count at the last event.
    pub fn seen(&self) -> (u32, u32) {
        (self.calls, self.failures)
    }
}

impl Polly {
    pub(super) fn start(&self) -> State {
        State {
            phase: Phase::Closed,
            epoch: 0,
            slices: Box::new([Slice::default(); SLICES]),
            oldest: 0,
            used: 0,
            calls: 0,
            failures: 0,
            half_open_attempts: 0,
            backoff: BackoffState::default(),
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match state.phase {
            _ if self.isolated => Circuit::Open,
            Phase::Closed => Circuit::Closed,
            Phase::Open { .. } => Circuit::Open,
            Phase::HalfOpen { .. } => Circuit::HalfOpen,
        }
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, now: SimTime) -> (Answer, Option<Transition>) {
        if self.isolated {
            return (Answer::Refused { until: None }, None);
        }
        let permit = |probe, epoch| Answer::Allowed(Permit { probe, epoch });
        match state.phase {
            Phase::Closed => (permit(false, state.epoch), None),
            Phase::Open { until } if now < until => (Answer::Refused { until: Some(until) }, None),
            Phase::Open { .. } => {
                state.half_open_attempts += 1;
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
        if judgement != Judgement::Ignored {
            let failed = u32::from(judgement == Judgement::Failure);
            let slice = state.roll(self.sampling_duration, ended.now);
            slice.calls += 1;
            slice.failures += failed;
            state.calls += 1;
            state.failures += failed;
        }
        let faithful = self.late_results == Fidelity::Faithful;
        let probe = ended.permit.probe && ended.permit.epoch == state.epoch;
        match (state.phase, judgement) {
            (Phase::Closed, Judgement::Failure) => {
                let (calls, failures) = state.seen();
                let trips = calls >= self.minimum_throughput && reaches(failures, calls, self.failure_ratio);
                trips.then(|| self.open(state, ended.now, Cause::FailureRate, draw))
            }
            (Phase::HalfOpen { .. }, Judgement::Ignored) if probe && !faithful => {
                state.phase = Phase::HalfOpen { probe_out: false };
                None
            }
            (Phase::HalfOpen { .. }, Judgement::Ignored) if !probe => None,
            (Phase::HalfOpen { .. }, Judgement::Success | Judgement::Ignored) if probe || faithful => {
                state.clear();
                state.half_open_attempts = 0;
                state.backoff = BackoffState::default();
                let cause = if probe {
                    Cause::ProbeSucceeded
                } else {
                    Cause::LateSuccess
                };
                Some(self.change(state, Phase::Closed, cause))
            }
            (Phase::HalfOpen { .. }, Judgement::Failure) if probe || faithful => {
                let cause = if probe { Cause::ProbeFailed } else { Cause::Interference };
                Some(self.open(state, ended.now, cause, draw))
            }
            _ => None,
        }
    }

    pub(super) fn next_tick(&self, _: &State) -> Option<SimTime> {
        None
    }

    pub(super) fn tick(&self, _: &mut State, _: SimTime, _: &mut impl Draw) -> Option<Transition> {
        None
    }

    fn open(&self, state: &mut State, now: SimTime, cause: Cause, draw: &mut impl Draw) -> Transition {
        let (n, outcome) = (state.half_open_attempts + 1, crate::outcome::Outcome::Error);
        let until = now + self.break_duration.next_delay(&mut state.backoff, n, outcome, draw);
        self.change(state, Phase::Open { until }, cause)
    }

    fn change(&self, state: &mut State, to: Phase, cause: Cause) -> Transition {
        let from = self.circuit(state);
        state.phase = to;
        state.epoch = state.epoch.wrapping_add(1);
        Transition::new(from, self.circuit(state), cause)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.failure_ratio <= Factor::ONE,
            "Polly's failure ratio is between 0 and 1 (default 0.1)",
        )?;
        require(
            self.minimum_throughput >= 2,
            "Polly's minimum throughput is at least 2 (default 100)",
        )?;
        let window = Span::from_millis(500) <= self.sampling_duration && self.sampling_duration <= DAY;
        require(
            window,
            "Polly's sampling duration is between 500ms and 24h (default 30s)",
        )?;
        let message = "Polly's break duration is between 500ms and 24h (default 5s)";
        check_wait(&self.break_duration, Span::from_millis(500), message)?;
        let Backoff::Curve { curve, .. } = &self.break_duration else {
            return self.judge.check();
        };
        require(curve.at(1) <= DAY, message)?;
        self.judge.check()
    }
}

const DAY: Span = Span::from_secs(86_400);

#[cfg(test)]
mod tests;
