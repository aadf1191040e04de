//! Finagle's failure accrual, one for each node: too low a success rate, or too many failures in a row.
//!
//! ```text
//! alive ──▶ dead ──(timer)──▶ probe open ──(a call)──▶ probe closed ──▶ alive, or dead for the next wait
//! ```
//!
//! The success rate is a moving average with exponential weights of the time since the result before, in milliseconds;
//! it can mark a node dead once a whole window has passed since the node was made or revived and enough requests are in
//! the last window. Failures in a row have a back-off of their own; if both speak, the longer wait holds. A probe that
//! fails asks them again, and if neither speaks, the node is probed again; an ignorable probe, too. Ignorable are
//! cancelled calls, bad requests and the caller's own rejections.
//!
//! Whatever result comes first after the door has closed decides, a late one as well. Finagle itself refuses nothing:
//! its balancer avoids nodes that are dead or have the door closed, and uses them when there are no others.
//!
//! What is sent to such a node all the same comes back with [`Permit::unasked`].
//!
//! Source: Finagle (2024), `FailureAccrualFactory`, `FailureAccrualPolicy` (defaults), `util.Ema`,
//! `util.WindowedAdder`.

use super::{Answer, Cause, Circuit, Ended, Judge, Judgement, Permit, Transition, check_wait};
use crate::outcome::Outcome;
use crate::policy::backoff::{self, Backoff, BackoffState};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of Finagle's failure accrual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finagle {
    /// The success rate below which a node is dead; `None` looks at failures in a row alone.
    pub success_rate: Option<SuccessRate>,
    /// Failures in a row at which it is dead; `None` looks at the success rate alone.
    pub consecutive_failures: Option<u32>,
    /// `markDeadFor`: how long, by how often in a row.
    pub mark_dead_for: Backoff,
    /// What counts as a failure, and what is ignorable.
    pub judge: Judge,
}

/// Settings of `successRateWithinDuration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuccessRate {
    /// `requiredSuccessRate`: 0 to 1.
    pub required: Factor,
    /// `window`: the time constant of the average, in whole milliseconds.
    pub window: Span,
    /// `minRequestThreshold`: requests in the last window below which it says nothing.
    pub min_requests: u32,
}

impl Default for Finagle {
    /// Finagle's defaults: 80 % over 30 s with 5 requests, or 5 in a row; dead for 5 s to 300 s, equally jittered.
    fn default() -> Finagle {
        Finagle {
            success_rate: Some(SuccessRate {
                required: Factor(800_000),
                window: Span::from_secs(30),
                min_requests: 5,
            }),
            consecutive_failures: Some(5),
            mark_dead_for: Backoff::Finagle(backoff::Finagle {
                shape: backoff::finagle::Shape::Equal,
                start: Span::from_secs(5),
                max: Span::from_secs(300),
            }),
            judge: Judge::IGNORING_LOCAL,
        }
    }
}

const MILLISECOND: u64 = 1_000_000;

fn ms(now: SimTime) -> u64 {
    now.nanos() / MILLISECOND
}

/// Old slices of the count of requests, beside the one that is written.
const OLD: usize = 4;

/// Requests in the last window: slices that end when somebody looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Requests {
    old: [u32; OLD],
    next: usize,
    writer: u32,
    since_ms: u64,
}

impl Requests {
    fn expire(&mut self, width_ms: u64, now_ms: u64) {
        let passed = now_ms - self.since_ms;
        if passed < width_ms {
            return;
        }
        self.old[self.next] = core::mem::take(&mut self.writer);
        self.next = (self.next + 1) % OLD;
        for _ in 1..(passed / width_ms).min(OLD as u64 + 1) {
            self.old[self.next] = 0;
            self.next = (self.next + 1) % OLD;
        }
        self.since_ms = now_ms;
    }

    fn count(&mut self, width_ms: u64, now_ms: u64) -> u32 {
        self.expire(width_ms, now_ms);
        self.writer += 1;
        self.old.iter().sum::<u32>() + self.writer
    }
}

/// The success rate of late.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    /// When it was made or revived.
    since_ms: u64,
    /// The average and when it last changed.
    average: Option<(u64, f64)>,
    requests: Requests,
    deaths: u32,
    backoff: BackoffState,
}

impl Rate {
    fn fresh(now_ms: u64) -> Rate {
        Rate {
            since_ms: now_ms,
            average: None,
            requests: Requests {
                since_ms: now_ms,
                ..Requests::default()
            },
            deaths: 0,
            backoff: BackoffState::default(),
        }
    }

    /// Takes a result in; whether the node should be dead.
    fn record(&mut self, settings: &SuccessRate, now_ms: u64, success: bool) -> bool {
        let window_ms = settings.window.nanos() / MILLISECOND;
        let requests = self.requests.count(window_ms / (OLD as u64 + 1), now_ms);
        let stamp = now_ms - self.since_ms;
        let result = f64::from(u8::from(success));
        let average = match self.average {
            None => result,
            Some((before, average)) => {
                let weight = libm::exp(-((stamp - before) as f64) / window_ms as f64);
                result * (1.0 - weight) + average * weight
            }
        };
        self.average = Some((stamp, average));
        let enough = stamp >= window_ms && requests >= settings.min_requests;
        !success && enough && average < settings.required.as_f64()
    }
}

/// Failures in a row, and how often they have killed the node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    failures: u32,
    deaths: u32,
    backoff: BackoffState,
}

/// Where Finagle's failure accrual stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    rate: Rate,
    row: Row,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Alive,
    Dead { until: SimTime },
    ProbeOpen,
    ProbeClosed,
}

impl State {
    /// The average success rate at the last result; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        self.rate.average.map(|(_, average)| average)
    }

    /// Whether a balancer avoids the node.
    pub fn is_busy(&self) -> bool {
        matches!(self.phase, Phase::Dead { .. } | Phase::ProbeClosed)
    }
}

impl Finagle {
    pub(super) fn start(&self, now: SimTime) -> State {
        State {
            phase: Phase::Alive,
            epoch: 0,
            rate: Rate::fresh(ms(now)),
            row: Row::default(),
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match state.phase {
            Phase::Alive => Circuit::Closed,
            Phase::Dead { .. } => Circuit::Open,
            Phase::ProbeOpen | Phase::ProbeClosed => Circuit::HalfOpen,
        }
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, _: SimTime) -> (Answer, Option<Transition>) {
        let permit = |probe, epoch| Answer::Allowed(Permit { probe, epoch });
        let answer = match state.phase {
            Phase::Alive => permit(false, state.epoch),
            Phase::Dead { until } => Answer::Refused { until: Some(until) },
            Phase::ProbeOpen => {
                state.phase = Phase::ProbeClosed;
                permit(true, state.epoch)
            }
            Phase::ProbeClosed => Answer::Refused { until: None },
        };
        (answer, None)
    }

    #[inline]
    pub(super) fn settle(&self, state: &mut State, ended: &Ended, draw: &mut impl Draw) -> Option<Transition> {
        let probe = ended.permit.probe && ended.permit.epoch == state.epoch;
        match (self.judge.of(ended.outcome), state.phase) {
            (Judgement::Success, Phase::ProbeClosed) => {
                let cause = if probe {
                    Cause::ProbeSucceeded
                } else {
                    Cause::LateSuccess
                };
                (state.rate, state.row) = (Rate::fresh(ms(ended.now)), Row::default());
                self.succeed(state, ended.now);
                Some(self.change(state, Phase::Alive, cause))
            }
            (Judgement::Success, _) => {
                self.succeed(state, ended.now);
                None
            }
            (Judgement::Failure, phase @ (Phase::Alive | Phase::ProbeClosed)) => {
                let Some((wait, cause)) = self.fail(state, ended.now, draw) else {
                    if phase == Phase::ProbeClosed {
                        state.phase = Phase::ProbeOpen;
                    }
                    return None;
                };
                let cause = match phase {
                    Phase::ProbeClosed if probe => Cause::ProbeFailed,
                    Phase::ProbeClosed => Cause::Interference,
                    _ => cause,
                };
                let until = ended.now + wait;
                Some(self.change(state, Phase::Dead { until }, cause))
            }
            (Judgement::Ignored, Phase::ProbeClosed) => {
                state.phase = Phase::ProbeOpen;
                None
            }
            _ => None,
        }
    }

    fn succeed(&self, state: &mut State, now: SimTime) {
        state.row.failures = 0;
        if let Some(rate) = &self.success_rate {
            state.rate.record(rate, ms(now), true);
        }
    }

    /// Takes a failure in; how long the node should be dead, and why.
    fn fail(&self, state: &mut State, now: SimTime, draw: &mut impl Draw) -> Option<(Span, Cause)> {
        let mut next = |deaths: &mut u32, backoff: &mut BackoffState| {
            *deaths += 1;
            self.mark_dead_for.next_delay(backoff, *deaths, Outcome::Error, draw)
        };
        let (rate, row) = (&mut state.rate, &mut state.row);
        let low = self.success_rate.is_some_and(|it| rate.record(&it, ms(now), false));
        let by_rate = low.then(|| (next(&mut rate.deaths, &mut rate.backoff), Cause::FailureRate));
        row.failures += 1;
        let many = self.consecutive_failures.is_some_and(|it| row.failures >= it);
        let by_row = many.then(|| (next(&mut row.deaths, &mut row.backoff), Cause::ConsecutiveFailures));
        match (by_rate, by_row) {
            (Some(rate), Some(row)) => Some(if row.0 > rate.0 { row } else { rate }),
            (one, other) => one.or(other),
        }
    }

    pub(super) fn next_tick(&self, state: &State) -> Option<SimTime> {
        match state.phase {
            Phase::Dead { until } => Some(until),
            _ => None,
        }
    }

    pub(super) fn tick(&self, state: &mut State, now: SimTime, _: &mut impl Draw) -> Option<Transition> {
        match state.phase {
            Phase::Dead { until } if until <= now => Some(self.change(state, Phase::ProbeOpen, Cause::WaitOver)),
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
            self.success_rate.is_some() || self.consecutive_failures.is_some(),
            "failure accrual needs a success rate or a number of failures in a row (default both: 80% and 5)",
        )?;
        require(
            self.consecutive_failures != Some(0),
            "failures in a row are at least 1 (default 5)",
        )?;
        if let Some(rate) = &self.success_rate {
            require(
                rate.required <= Factor::ONE,
                "Finagle's required success rate is at most 1 (default 0.8)",
            )?;
            require(
                rate.window >= Span::from_millis(OLD as u64 + 1),
                "Finagle's window is at least 5ms (default 30s)",
            )?;
        }
        check_wait(
            &self.mark_dead_for,
            Span::from_nanos(1),
            "a node is dead for longer than 0 (default 5s to 300s)",
        )?;
        self.judge.check()
    }
}

#[cfg(test)]
mod tests;
