//! So many failures in a row: open; after the wait, one probe.
//!
//! A success sets the count to zero. Open ends at the wait's very end, with a call, which is the probe; a probe that
//! fails opens again, for the next wait of the back-off, one that succeeds closes and lets the back-off begin again. A
//! probe that ends without a result makes room for another.
//!
//! - pybreaker: 5 failures, 60 s; the call that trips it is itself reported as refused.
//! - linkerd's consecutive accrual, one for each endpoint: 7 failures; shut for 1 s, doubling up to 60 s, up to half as
//!   much more; a 429 is no failure but fails a probe. Whatever response arrives while it waits for the probe's
//!   decides, also a late one. Newer ones also open at too low a success rate over ten slices of time.
//!
//! Sources: pybreaker 1.4, `CircuitBreaker`; linkerd2-proxy, `outbound/http/breaker/consecutive_failures.rs`.

use super::slices::Slices;
use super::{
    Answer, Cause, Circuit, Ended, FAILURES, Fidelity, Judge, Judgement, NEVER_COUNTED, Permit, Transition, check_wait,
    fixed, judge, reaches,
};
use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::backoff::{Backoff, BackoffState, Tower};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of a breaker that counts failures in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Consecutive {
    /// Failures in a row that open it: pybreaker's `fail_max`, linkerd's `max_failures`; at least 1.
    pub failures: u32,
    /// How long it stays open, by how often it has opened in a row: pybreaker's `reset_timeout`, linkerd's `backoff`.
    pub wait: Backoff,
    /// linkerd's newer rule: also too low a success rate.
    pub success_rate: Option<SuccessRate>,
    /// Whether any call decides when half-open, not only the probe.
    pub late_results: Fidelity,
    /// Whether the call that opens it ends as refused (see [`Consecutive::masks`]).
    pub mask_tripping_call: bool,
    /// What counts as a failure, and what not at all.
    pub judge: Judge,
    /// What fails a probe besides.
    pub also_fail_a_probe: OutcomeSet,
}

/// A success rate below which it opens as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuccessRate {
    /// The share of successes below which it opens: up to 1.
    pub threshold: Factor,
    /// How far back it looks, in ten slices.
    pub window: Span,
    /// Results in the window below which it says nothing: at least 1.
    pub min_requests: u32,
}

const SLICES: u64 = 10;

impl SuccessRate {
    /// Takes a result in; whether the rate is too low now.
    fn record(&self, seen: &mut Slices<2>, now: SimTime, success: bool) -> bool {
        seen.roll(now.nanos() / (self.window.nanos() / SLICES));
        seen.add([1, u32::from(success)]);
        let [calls, successes] = seen.sum();
        calls >= self.min_requests && !reaches(successes, calls, self.threshold)
    }
}

impl Default for Consecutive {
    /// Five failures, then 30 s; only the probe decides.
    fn default() -> Consecutive {
        Consecutive {
            failures: 5,
            wait: fixed(Span::from_secs(30)),
            success_rate: None,
            late_results: Fidelity::Documented,
            mask_tripping_call: false,
            judge: Judge::IGNORING_BAD_REQUESTS,
            also_fail_a_probe: OutcomeSet::EMPTY,
        }
    }
}

/// Where a breaker that counts failures in a row stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    openings: u32,
    backoff: BackoffState,
    /// Results and successes of late, if the rate matters.
    seen: Option<Slices<2>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed { failures: u32 },
    Open { until: SimTime },
    HalfOpen { probe_out: bool },
}

impl Consecutive {
    /// pybreaker's defaults.
    pub fn pybreaker_default() -> Consecutive {
        Consecutive {
            failures: 5,
            wait: fixed(Span::from_secs(60)),
            mask_tripping_call: true,
            judge: Judge::BAD_REQUESTS_SUCCEED,
            ..Consecutive::default()
        }
    }

    /// linkerd's defaults for a service that asks for it.
    pub fn linkerd_default() -> Consecutive {
        let judge = Judge {
            failures: judge::except(FAILURES, Outcome::Quota),
            ignored: NEVER_COUNTED,
        };
        Consecutive {
            failures: 7,
            wait: Backoff::Tower(Tower {
                min: Span::from_secs(1),
                max: Span::from_secs(60),
                jitter: Factor(500_000),
            }),
            late_results: Fidelity::Faithful,
            judge,
            also_fail_a_probe: OutcomeSet::EMPTY.with(Outcome::Quota),
            ..Consecutive::default()
        }
    }

    pub(super) fn start(&self) -> State {
        State {
            phase: Phase::Closed { failures: 0 },
            epoch: 0,
            openings: 0,
            backoff: BackoffState::default(),
            seen: self.success_rate.map(|_| Slices::new(SLICES as usize)),
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match state.phase {
            Phase::Closed { .. } => Circuit::Closed,
            Phase::Open { .. } => Circuit::Open,
            Phase::HalfOpen { .. } => Circuit::HalfOpen,
        }
    }

    /// Whether the call whose end brought this transition is reported as refused by the breaker.
    pub fn masks(&self, transition: Transition) -> bool {
        self.mask_tripping_call && transition.to == Circuit::Open
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, now: SimTime) -> (Answer, Option<Transition>) {
        let permit = |probe, epoch| Answer::Allowed(Permit { probe, epoch });
        match state.phase {
            Phase::Closed { .. } => (permit(false, state.epoch), None),
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
        match &mut state.phase {
            Phase::Closed { failures } => {
                let success = match judgement {
                    Judgement::Ignored => return None,
                    Judgement::Success => true,
                    Judgement::Failure => false,
                };
                *failures = if success { 0 } else { *failures + 1 };
                let many = *failures >= self.failures;
                let rate = self.success_rate.as_ref().zip(state.seen.as_mut());
                let low = rate.is_some_and(|(rate, seen)| rate.record(seen, ended.now, success));
                if many {
                    Some(self.open(state, ended.now, Cause::ConsecutiveFailures, draw))
                } else if low {
                    Some(self.open(state, ended.now, Cause::FailureRate, draw))
                } else {
                    None
                }
            }
            Phase::Open { .. } => None,
            Phase::HalfOpen { .. } if !probe && self.late_results == Fidelity::Documented => None,
            Phase::HalfOpen { probe_out } => {
                let failed = judgement == Judgement::Failure || self.also_fail_a_probe.contains(ended.outcome);
                if failed {
                    let cause = if probe { Cause::ProbeFailed } else { Cause::Interference };
                    Some(self.open(state, ended.now, cause, draw))
                } else if judgement == Judgement::Success {
                    let cause = if probe {
                        Cause::ProbeSucceeded
                    } else {
                        Cause::LateSuccess
                    };
                    (state.openings, state.backoff) = (0, BackoffState::default());
                    state.seen.iter_mut().for_each(Slices::clear);
                    Some(self.change(state, Phase::Closed { failures: 0 }, cause))
                } else {
                    *probe_out &= !probe;
                    None
                }
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
        let wait = self
            .wait
            .next_delay(&mut state.backoff, state.openings, Outcome::Error, draw);
        self.change(state, Phase::Open { until: now + wait }, cause)
    }

    fn change(&self, state: &mut State, to: Phase, cause: Cause) -> Transition {
        let from = self.circuit(state);
        state.phase = to;
        state.epoch = state.epoch.wrapping_add(1);
        Transition::new(from, self.circuit(state), cause)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.failures >= 1,
            "failures in a row are at least 1 (default 5; pybreaker 5, linkerd 7)",
        )?;
        if let Some(rate) = &self.success_rate {
            let share = rate.threshold <= Factor::ONE && rate.min_requests >= 1;
            require(
                share && rate.window >= Span::from_millis(SLICES),
                "a success rate is at most 1, over at least 10ms and 1 request (no default)",
            )?;
        }
        check_wait(
            &self.wait,
            Span::from_nanos(1),
            "the wait in the open state is longer than 0 (default 30s; pybreaker 60s, linkerd 1s to 60s)",
        )?;
        self.judge.check()
    }
}

#[cfg(test)]
mod tests;
