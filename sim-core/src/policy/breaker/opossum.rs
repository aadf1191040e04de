//! opossum: a share of failures over ten one-second buckets, and a timer that lets one call through.
//!
//! The share is failures over *fires*: calls count when they are made, refused ones too, so it is looked at while calls
//! are still out, and refusals dilute it. It is judged after a failure, strictly above the threshold. Nothing is
//! forgotten when the circuit closes; old failures go only with their bucket.
//!
//! A timer, not a call, makes an open circuit half-open; then one call passes. Any success closes a half-open circuit,
//! any failure opens it again, late ones included. An error that the caller's `errorFilter` knows counts as a success:
//! bad requests here. The library's `timeout` (10 s) is a policy of its own here.
//!
//! Source: opossum 9, `lib/circuit.js` and `lib/status.js` (defaults).

use super::slices::Slices;
use super::{Answer, Cause, Circuit, Ended, Judge, Judgement, Permit, Transition};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of an opossum circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opossum {
    /// `errorThresholdPercentage`, as a share: up to 1.
    pub error_threshold_percentage: Factor,
    /// `rollingCountTimeout`: how far back it looks.
    pub rolling_count_timeout: Span,
    /// `rollingCountBuckets`: in how many buckets.
    pub rolling_count_buckets: u32,
    /// `resetTimeout`: how long it stays open.
    pub reset_timeout: Span,
    /// `volumeThreshold`: fires below which nothing opens it.
    pub volume_threshold: u32,
    /// What counts as a failure, and what not at all.
    pub judge: Judge,
}

impl Default for Opossum {
    /// opossum's defaults.
    fn default() -> Opossum {
        Opossum {
            error_threshold_percentage: Factor(500_000),
            rolling_count_timeout: Span::from_secs(10),
            rolling_count_buckets: 10,
            reset_timeout: Span::from_secs(30),
            volume_threshold: 0,
            judge: Judge::BAD_REQUESTS_SUCCEED,
        }
    }
}

/// Where an opossum breaker stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    since: SimTime,
    /// Fires and failures.
    seen: Slices<2>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: SimTime },
    HalfOpen { probe_out: bool },
}

impl State {
    /// Fires and failures that count at the last event.
    pub fn seen(&self) -> (u32, u32) {
        let [fires, failures] = self.seen.sum();
        (fires, failures)
    }
}

impl Opossum {
    pub(super) fn start(&self, now: SimTime) -> State {
        State {
            phase: Phase::Closed,
            epoch: 0,
            since: now,
            seen: Slices::new(self.rolling_count_buckets as usize),
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match state.phase {
            Phase::Closed => Circuit::Closed,
            Phase::Open { .. } => Circuit::Open,
            Phase::HalfOpen { .. } => Circuit::HalfOpen,
        }
    }

    fn count(&self, state: &mut State, now: SimTime, counts: [u32; 2]) {
        let width = self.rolling_count_timeout.nanos() / u64::from(self.rolling_count_buckets);
        state.seen.roll(now.since(state.since).nanos() / width);
        state.seen.add(counts);
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, now: SimTime) -> (Answer, Option<Transition>) {
        self.count(state, now, [1, 0]);
        let permit = |probe, epoch| Answer::Allowed(Permit { probe, epoch });
        let answer = match state.phase {
            Phase::Closed => permit(false, state.epoch),
            Phase::Open { until } => Answer::Refused { until: Some(until) },
            Phase::HalfOpen { probe_out: true } => Answer::Refused { until: None },
            Phase::HalfOpen { probe_out: false } => {
                state.phase = Phase::HalfOpen { probe_out: true };
                permit(true, state.epoch)
            }
        };
        (answer, None)
    }

    #[inline]
    pub(super) fn settle(&self, state: &mut State, ended: &Ended, _: &mut impl Draw) -> Option<Transition> {
        let judgement = self.judge.of(ended.outcome);
        let probe = ended.permit.probe && ended.permit.epoch == state.epoch;
        let failed = u32::from(judgement == Judgement::Failure);
        self.count(state, ended.now, [0, failed]);
        let open = Phase::Open {
            until: ended.now + self.reset_timeout,
        };
        match (state.phase, judgement) {
            (Phase::Closed, Judgement::Failure) => {
                let (fires, failures) = state.seen();
                let share = u64::from(failures) * Factor::ONE.0;
                let above = share > u64::from(fires) * self.error_threshold_percentage.0;
                (fires >= self.volume_threshold && above).then(|| self.change(state, open, Cause::FailureRate))
            }
            (Phase::HalfOpen { .. }, Judgement::Failure) => {
                let cause = if probe { Cause::ProbeFailed } else { Cause::Interference };
                Some(self.change(state, open, cause))
            }
            (Phase::HalfOpen { .. }, Judgement::Success) => {
                let cause = if probe {
                    Cause::ProbeSucceeded
                } else {
                    Cause::LateSuccess
                };
                Some(self.change(state, Phase::Closed, cause))
            }
            (Phase::HalfOpen { .. }, Judgement::Ignored) if probe => {
                state.phase = Phase::HalfOpen { probe_out: false };
                None
            }
            _ => None,
        }
    }

    pub(super) fn next_tick(&self, state: &State) -> Option<SimTime> {
        match state.phase {
            Phase::Open { until } => Some(until),
            Phase::Closed | Phase::HalfOpen { .. } => None,
        }
    }

    pub(super) fn tick(&self, state: &mut State, now: SimTime, _: &mut impl Draw) -> Option<Transition> {
        match state.phase {
            Phase::Open { until } if until <= now => {
                Some(self.change(state, Phase::HalfOpen { probe_out: false }, Cause::WaitOver))
            }
            _ => None,
        }
    }

    fn change(&self, state: &mut State, to: Phase, cause: Cause) -> Transition {
        let from = self.circuit(state);
        state.phase = to;
        state.epoch = state.epoch.wrapping_add(1);
        Transition::new(from, self.circuit(state), cause)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.error_threshold_percentage <= Factor::ONE,
            "opossum's error threshold percentage is at most 100% (default 50%)",
        )?;
        let buckets = u64::from(self.rolling_count_buckets);
        require(
            buckets >= 1 && self.rolling_count_timeout.nanos() / buckets.max(1) >= 1_000_000,
            "opossum's rolling count has at least 1 bucket, each at least 1ms long (default 10 in 10s)",
        )?;
        require(
            self.reset_timeout > Span::ZERO,
            "opossum's reset timeout is longer than 0 (default 30s)",
        )?;
        self.judge.check()
    }
}

#[cfg(test)]
mod tests;
