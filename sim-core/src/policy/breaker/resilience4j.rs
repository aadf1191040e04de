//! resilience4j: shares of failed and of slow calls over a window of calls or of seconds, and a few probes at a time.
//!
//! | state | leaves it when |
//! | --- | --- |
//! | closed | `n >= minimum` and either share `>=` its threshold, after every recorded call, successes too |
//! | open | a call asks strictly later than the wait; or a timer at its end, if the transition is automatic |
//! | half-open | enough results of a window of its own are in: shares too high, open; else closed. Or its time is up |
//!
//! A half-open breaker gives out `permitted` permissions and no more: a call that never reports keeps its permission,
//! and if all do, the breaker is stuck unless a longest wait is set. A cancelled call or an ignored error gives its
//! permission back. Faithfully, calls from before the opening take part too: their results count among the probes', and
//! their cancellation adds a permission. As documented, they do not.
//!
//! The window of seconds is made of whole seconds of the clock, the running one included, so its length is between
//! `size - 1` and `size`. Seconds of the simulation's clock stand for those of the epoch.
//!
//! Sources: resilience4j 2, `CircuitBreakerStateMachine`, `CircuitBreakerMetrics`, `CircuitBreakerConfig` (defaults).

use super::{
    Answer, Cause, Circuit, Ended, Fidelity, Judge, Judgement, Permit, Transition, check_wait, fixed, reaches,
};
use crate::policy::backoff::{Backoff, BackoffState};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};
pub use window::Seen;
use window::{CountWindow, Window};

mod window;

/// Settings of a resilience4j circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resilience4j {
    /// `failureRateThreshold`, as a share: above 0, up to 1.
    pub failure_rate_threshold: Factor,
    /// `slowCallRateThreshold`, as a share: above 0, up to 1.
    pub slow_call_rate_threshold: Factor,
    /// `slowCallDurationThreshold`: what takes longer is slow.
    pub slow_call_duration_threshold: Span,
    /// `slidingWindowType`.
    pub sliding_window_type: WindowType,
    /// `slidingWindowSize`, in calls or seconds: at least 1.
    pub sliding_window_size: u32,
    /// `minimumNumberOfCalls`: at least 1; never more than a window of calls holds.
    pub minimum_number_of_calls: u32,
    /// `permittedNumberOfCallsInHalfOpenState`: at least 1.
    pub permitted_number_of_calls_in_half_open_state: u32,
    /// `waitDurationInOpenState`, or `waitIntervalFunctionInOpenState` of how often it has opened in a row: at least 1
    /// ms.
    pub wait_duration_in_open_state: Backoff,
    /// `maxWaitDurationInHalfOpenState`; zero is for ever.
    pub max_wait_duration_in_half_open_state: Span,
    /// `transitionToStateAfterWaitDuration`: where to when that has passed.
    pub transition_to_state_after_wait_duration: AfterHalfOpen,
    /// `automaticTransitionFromOpenToHalfOpenEnabled`: a timer ends the wait, not the next call.
    pub automatic_transition_from_open_to_half_open_enabled: bool,
    /// Whether it acts at all.
    pub mode: Mode,
    /// Whether calls from before an opening take part when half-open.
    pub late_results: Fidelity,
    /// What counts as a failure (`recordException`) and what not at all (`ignoreException`).
    pub judge: Judge,
}

/// `slidingWindowType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowType {
    /// `COUNT_BASED`: the last calls.
    #[default]
    CountBased,
    /// `TIME_BASED`: the last seconds.
    TimeBased,
}

/// `transitionToStateAfterWaitDuration`: where half-open leads when its time is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterHalfOpen {
    /// `OPEN`.
    #[default]
    Open,
    /// `CLOSED`.
    Closed,
}

/// Whether a breaker acts; resilience4j counts these among its states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    #[default]
    Normal,
    /// `DISABLED`: everything passes, nothing is recorded.
    Disabled,
    /// `METRICS_ONLY`: everything passes and is recorded.
    MetricsOnly,
    /// `FORCED_OPEN`: nothing passes.
    ForcedOpen,
}

impl Default for Resilience4j {
    /// resilience4j's defaults, but bad requests are ignored.
    fn default() -> Resilience4j {
        Resilience4j {
            failure_rate_threshold: Factor(500_000),
            slow_call_rate_threshold: Factor::ONE,
            slow_call_duration_threshold: Span::from_secs(60),
            sliding_window_type: WindowType::CountBased,
            sliding_window_size: 100,
            minimum_number_of_calls: 100,
            permitted_number_of_calls_in_half_open_state: 10,
            wait_duration_in_open_state: fixed(Span::from_secs(60)),
            max_wait_duration_in_half_open_state: Span::ZERO,
            transition_to_state_after_wait_duration: AfterHalfOpen::Open,
            automatic_transition_from_open_to_half_open_enabled: false,
            mode: Mode::Normal,
            late_results: Fidelity::Faithful,
            judge: Judge::IGNORING_BAD_REQUESTS,
        }
    }
}

/// Where a resilience4j breaker stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    /// What the closed breaker has seen; goes on in the open state, without effect.
    window: Window,
    /// What the half-open breaker has seen.
    probes: CountWindow,
    /// How often it has opened since it was last closed.
    openings: u32,
    backoff: BackoffState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: SimTime },
    HalfOpen { permissions: u32, until: SimTime },
}

impl State {
    /// What the breaker counts at `now`: the closed window, or the probes.
    pub fn seen(&mut self, now: SimTime) -> Seen {
        match self.phase {
            Phase::Closed | Phase::Open { .. } => self.window.seen(now),
            Phase::HalfOpen { .. } => self.probes.seen(),
        }
    }
}

impl Resilience4j {
    pub(super) fn start(&self) -> State {
        let window = match self.sliding_window_type {
            WindowType::CountBased => Window::calls(self.sliding_window_size),
            WindowType::TimeBased => Window::seconds(self.sliding_window_size),
        };
        State {
            phase: Phase::Closed,
            epoch: 0,
            window,
            probes: CountWindow::new(self.permitted_number_of_calls_in_half_open_state),
            openings: 0,
            backoff: BackoffState::default(),
        }
    }

    /// The calls below which a closed breaker says nothing.
    fn minimum(&self) -> u32 {
        match self.sliding_window_type {
            WindowType::CountBased => self.minimum_number_of_calls.min(self.sliding_window_size),
            WindowType::TimeBased => self.minimum_number_of_calls,
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match (self.mode, state.phase) {
            (Mode::Disabled | Mode::MetricsOnly, _) => Circuit::Closed,
            (Mode::ForcedOpen, _) => Circuit::Open,
            (Mode::Normal, Phase::Closed) => Circuit::Closed,
            (Mode::Normal, Phase::Open { .. }) => Circuit::Open,
            (Mode::Normal, Phase::HalfOpen { .. }) => Circuit::HalfOpen,
        }
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, now: SimTime) -> (Answer, Option<Transition>) {
        let mut transition = None;
        if let Phase::Open { until } = state.phase
            && now > until
        {
            transition = self.half_open(state, now);
        }
        let permit = |probe| {
            Answer::Allowed(Permit {
                probe,
                epoch: state.epoch,
            })
        };
        let answer = match &mut state.phase {
            _ if self.mode == Mode::ForcedOpen => Answer::Refused { until: None },
            Phase::Closed => permit(false),
            Phase::Open { until } => Answer::Refused {
                until: Some(*until + Span::from_nanos(1)),
            },
            Phase::HalfOpen { permissions: 0, .. } => Answer::Refused { until: None },
            Phase::HalfOpen { permissions, .. } => {
                *permissions -= 1;
                permit(true)
            }
        };
        (answer, transition)
    }

    #[inline]
    pub(super) fn settle(&self, state: &mut State, ended: &Ended, draw: &mut impl Draw) -> Option<Transition> {
        if matches!(self.mode, Mode::Disabled | Mode::ForcedOpen) {
            return None;
        }
        let slow = ended.duration > self.slow_call_duration_threshold;
        let failed = match self.judge.of(ended.outcome) {
            Judgement::Ignored => {
                self.release(state, ended.permit);
                return None;
            }
            Judgement::Failure => true,
            Judgement::Success => false,
        };
        match state.phase {
            Phase::Closed => {
                state.window.record(ended.now, failed, slow);
                let cause = self.too_much(state.window.seen(ended.now), self.minimum())??;
                if self.mode == Mode::MetricsOnly {
                    return None;
                }
                self.open(state, ended.now, cause, draw)
            }
            Phase::Open { .. } => {
                state.window.record(ended.now, failed, slow);
                None
            }
            Phase::HalfOpen { .. } => {
                if self.late_results == Fidelity::Documented && !is_probe(state, ended.permit) {
                    return None;
                }
                state.probes.record(failed, slow);
                let minimum = self.minimum().min(self.permitted_number_of_calls_in_half_open_state);
                match self.too_much(state.probes.seen(), minimum)? {
                    Some(_) => self.open(state, ended.now, Cause::ProbeFailed, draw),
                    None => self.close(state, Cause::ProbeSucceeded),
                }
            }
        }
    }

    /// `None` with too few calls to say; then the cause if a threshold is reached.
    fn too_much(&self, seen: Seen, minimum: u32) -> Option<Option<Cause>> {
        if seen.calls < minimum {
            return None;
        }
        Some(if reaches(seen.failed, seen.calls, self.failure_rate_threshold) {
            Some(Cause::FailureRate)
        } else if reaches(seen.slow, seen.calls, self.slow_call_rate_threshold) {
            Some(Cause::SlowCallRate)
        } else {
            None
        })
    }

    fn release(&self, state: &mut State, permit: Permit) {
        let own = is_probe(state, permit);
        if let Phase::HalfOpen { permissions, .. } = &mut state.phase
            && (own || self.late_results == Fidelity::Faithful)
        {
            *permissions += 1;
        }
    }

    pub(super) fn next_tick(&self, state: &State) -> Option<SimTime> {
        match state.phase {
            Phase::Open { until } if self.automatic_transition_from_open_to_half_open_enabled => Some(until),
            Phase::HalfOpen { until, .. } if self.max_wait_duration_in_half_open_state > Span::ZERO => Some(until),
            _ => None,
        }
    }

    pub(super) fn tick(&self, state: &mut State, now: SimTime, draw: &mut impl Draw) -> Option<Transition> {
        if self.next_tick(state).is_none_or(|it| now < it) {
            return None;
        }
        match (state.phase, self.transition_to_state_after_wait_duration) {
            (Phase::Closed, _) => None,
            (Phase::Open { .. }, _) => self.half_open(state, now),
            (Phase::HalfOpen { .. }, AfterHalfOpen::Open) => self.open(state, now, Cause::HalfOpenTimeout, draw),
            (Phase::HalfOpen { .. }, AfterHalfOpen::Closed) => self.close(state, Cause::HalfOpenTimeout),
        }
    }

    fn open(&self, state: &mut State, now: SimTime, cause: Cause, draw: &mut impl Draw) -> Option<Transition> {
        state.openings += 1;
        let (n, wait) = (state.openings, &self.wait_duration_in_open_state);
        let until = now + wait.next_delay(&mut state.backoff, n, crate::outcome::Outcome::Error, draw);
        self.change(state, Phase::Open { until }, cause)
    }

    fn half_open(&self, state: &mut State, now: SimTime) -> Option<Transition> {
        state.probes.clear();
        let phase = Phase::HalfOpen {
            permissions: self.permitted_number_of_calls_in_half_open_state,
            until: now + self.max_wait_duration_in_half_open_state,
        };
        self.change(state, phase, Cause::WaitOver)
    }

    fn close(&self, state: &mut State, cause: Cause) -> Option<Transition> {
        state.window.clear();
        state.openings = 0;
        state.backoff = BackoffState::default();
        self.change(state, Phase::Closed, cause)
    }

    fn change(&self, state: &mut State, to: Phase, cause: Cause) -> Option<Transition> {
        let from = self.circuit(state);
        state.phase = to;
        state.epoch = state.epoch.wrapping_add(1);
        Some(Transition::new(from, self.circuit(state), cause))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let share = |it: Factor| it.0 > 0 && it <= Factor::ONE;
        require(
            share(self.failure_rate_threshold),
            "resilience4j's failure rate threshold is above 0 and at most 100% (default 50%)",
        )?;
        require(
            share(self.slow_call_rate_threshold),
            "resilience4j's slow call rate threshold is above 0 and at most 100% (default 100%)",
        )?;
        require(
            self.slow_call_duration_threshold > Span::ZERO,
            "resilience4j's slow call duration threshold is longer than 0 (default 60s)",
        )?;
        require(
            self.sliding_window_size >= 1,
            "resilience4j's sliding window size is at least 1 call or second (default 100)",
        )?;
        require(
            self.minimum_number_of_calls >= 1,
            "resilience4j's minimum number of calls is at least 1 (default 100)",
        )?;
        require(
            self.permitted_number_of_calls_in_half_open_state >= 1,
            "resilience4j permits at least 1 call in the half-open state (default 10)",
        )?;
        check_wait(
            &self.wait_duration_in_open_state,
            Span::from_millis(1),
            "resilience4j's wait duration in the open state is at least 1ms (default 60s)",
        )?;
        self.judge.check()
    }
}

/// Whether the call was let through by this half-open state.
fn is_probe(state: &State, permit: Permit) -> bool {
    permit.probe && permit.epoch == state.epoch
}

#[cfg(test)]
mod tests;
