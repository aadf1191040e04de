//! Active health checks: whether a replica is up, from what periodic checks of it say.
//!
//! ```text
//!        `fall` failures in a row                    `rise` passes in a row
//! up ─────────────────────────────▶ down      down ─────────────────────────▶ up
//! ```
//!
//! An opposite result starts the count again. A check that still runs when the next would be due is not started twice;
//! that one follows at once. Whether the interval counts from a check's beginning or its end is a setting.
//!
//! The machine says when a check is due and by when it must have answered; who sends it, and what it touches on its
//! way, is not its affair. (A deep check that calls the replica's own dependencies turns an outage of those into the
//! loss of every replica.) Observing real traffic instead is [`outlier`](super::outlier) detection, and [`Observe`]
//! here.
//!
//! Sources: HAProxy 3, configuration manual (`inter`, `fastinter`, `downinter`, `rise`, `fall`, `observe`,
//! `init-state`) and `check.c`; Envoy, `HealthCheck` of core API v3.

mod envoy;
mod haproxy;

pub use envoy::Envoy;
pub use haproxy::{Haproxy, InitState, Observe, OnError};

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of health checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As HAProxy.
    Haproxy(Haproxy),
    /// As Envoy.
    Envoy(Envoy),
}

/// What a check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Check {
    /// All is well.
    Passed,
    /// It is not: refused, timed out, or told so in a way that may pass.
    Failed,
    /// It said that it is not: to Envoy, an unexpected status that is not listed as retriable. To HAProxy a failure as
    /// any.
    FailedAtOnce,
}

/// From which end of a check the interval to the next one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalFrom {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// What is known of one replica; one for each checker and replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    up: bool,
    /// Results in a row that speak against `up`.
    row: u32,
    /// Whether nothing is known yet.
    first: bool,
    /// Errors in a row of real traffic.
    errors: u32,
    due: SimTime,
    /// When the check that is under way began.
    running: Option<SimTime>,
}

/// A replica is up or down from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it is up.
    pub up: bool,
}

impl State {
    fn new(up: bool, due: SimTime) -> State {
        State {
            up,
            row: 0,
            first: true,
            errors: 0,
            due,
            running: None,
        }
    }

    /// Whether the replica is up.
    #[inline]
    pub const fn is_up(&self) -> bool {
        self.up
    }

    /// When the next check is due; `None` while one is under way.
    #[inline]
    pub const fn due(&self) -> Option<SimTime> {
        if self.running.is_some() { None } else { Some(self.due) }
    }

    /// Takes a result in. With `threshold` of them in a row against it, the replica changes.
    fn count(&mut self, passed: bool, threshold: u32) -> Option<Change> {
        if passed == self.up {
            self.row = 0;
            return None;
        }
        self.row += 1;
        if self.row < threshold {
            return None;
        }
        (self.up, self.row) = (passed, 0);
        Some(Change { up: passed })
    }

    /// Ends the check that is under way; the next is due an interval after its beginning or end, and not before its
    /// end.
    fn next(&mut self, now: SimTime, from: IntervalFrom, interval: Span) {
        let started = self.running.take().unwrap_or(now);
        self.due = match from {
            IntervalFrom::Start => (started + interval).max(now),
            IntervalFrom::End => now + interval,
        };
    }
}

impl Health {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Health::Haproxy(_) => "haproxy",
            Health::Envoy(_) => "envoy",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Health::Haproxy(it) => it.check(),
            Health::Envoy(it) => it.check(),
        }
    }

    /// Nothing known at `now` of the replica that is number `place` of `count`. Envoy may draw a delay of the first
    /// check.
    pub fn start(&self, now: SimTime, place: u32, count: u32, draw: &mut impl Draw) -> State {
        match self {
            Health::Haproxy(it) => it.start(now, place, count),
            Health::Envoy(it) => it.start(now, draw),
        }
    }

    /// How far checks are apart when nothing is wrong.
    pub const fn interval(&self) -> Span {
        match self {
            Health::Haproxy(it) => it.inter,
            Health::Envoy(it) => it.interval,
        }
    }

    /// The check that was due begins. Returns when it must have answered, or else has failed.
    #[inline]
    pub fn begin(&self, state: &mut State, now: SimTime) -> SimTime {
        assert!(state.running.is_none(), "one check at a time");
        state.running = Some(now);
        let timeout = match self {
            Health::Haproxy(it) => it.timeout(),
            Health::Envoy(it) => it.timeout,
        };
        now + timeout
    }

    /// A call to the replica has ended: HAProxy may count it, if it observes real traffic.
    #[inline]
    pub fn observed(&self, state: &mut State, now: SimTime, outcome: Outcome) -> Option<Change> {
        match self {
            Health::Haproxy(it) => it.observed(state, now, outcome),
            Health::Envoy(_) => None,
        }
    }

    /// The check under way has ended. `traffic` tells whether the callee has ever been called; only Envoy asks, and
    /// only Envoy draws, if it has jitter.
    pub fn result(
        &self,
        state: &mut State,
        now: SimTime,
        check: Check,
        traffic: bool,
        draw: &mut impl Draw,
    ) -> Option<Change> {
        match self {
            Health::Haproxy(it) => it.result(state, now, check),
            Health::Envoy(it) => it.result(state, now, check, traffic, draw),
        }
    }
}

#[cfg(test)]
mod tests;
