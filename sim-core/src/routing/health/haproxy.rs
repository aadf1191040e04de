//! HAProxy's health checks: `rise`, `fall`, other intervals in transition and when down, and errors of real traffic.
//!
//! A server starts up, but the first failed check takes it down (`init-state up`). Servers of a backend are checked one
//! after the other over the interval. While results speak against its state the next check comes after `fastinter`,
//! when it is down after `downinter`. With `observe`, so many errors in a row of real traffic do what `on-error` says;
//! if `fastinter` is set, the next check is brought forward as well.
//!
//! Source: HAProxy 3, configuration manual and `check.c` (defaults: inter 2 s, rise 2, fall 3, error-limit 10).

use super::{Change, Check, IntervalFrom, State};
use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of HAProxy's health checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Haproxy {
    /// Between checks.
    pub inter: Span,
    /// Between checks in transition; `None` is `inter`.
    pub fastinter: Option<Span>,
    /// Between checks of a server that is down; `None` is `inter`.
    pub downinter: Option<Span>,
    /// `timeout check`; `None` is `inter`.
    pub timeout_check: Option<Span>,
    /// Passes in a row that bring a server up.
    pub rise: u32,
    /// Failures in a row that take it down.
    pub fall: u32,
    /// What a server is before its first check.
    pub init_state: InitState,
    /// From where the interval counts.
    pub interval_from: IntervalFrom,
    /// Whether real traffic counts.
    pub observe: Option<Observe>,
}

/// `init-state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InitState {
    /// Up, and `fall` failures take it down.
    FullyUp,
    /// Up until the first failure.
    #[default]
    Up,
    /// Down until the first pass.
    Down,
    /// Down, and `rise` passes bring it up.
    FullyDown,
}

/// `observe`: real traffic as a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observe {
    /// `layer7`: answers count too, not only connections (`layer4`).
    pub layer7: bool,
    /// `error-limit`: errors in a row.
    pub error_limit: u32,
    /// `on-error`: what they do.
    pub on_error: OnError,
}

/// `on-error`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// `fastinter`: nothing but an early check.
    Fastinter,
    /// `fail-check`: as a failed check.
    #[default]
    FailCheck,
    /// `sudden-death`: one failed check more takes it down.
    SuddenDeath,
    /// `mark-down`: it is down.
    MarkDown,
}

impl Default for Haproxy {
    /// HAProxy's defaults.
    fn default() -> Haproxy {
        Haproxy {
            inter: Span::from_secs(2),
            fastinter: None,
            downinter: None,
            timeout_check: None,
            rise: 2,
            fall: 3,
            init_state: InitState::Up,
            interval_from: IntervalFrom::Start,
            observe: None,
        }
    }
}

impl Observe {
    /// HAProxy's defaults for one of the two layers.
    pub const fn of(layer7: bool) -> Observe {
        Observe {
            layer7,
            error_limit: 10,
            on_error: OnError::FailCheck,
        }
    }

    /// Whether an outcome is good, or bad, or says nothing.
    pub const fn sees(&self, outcome: Outcome) -> Option<bool> {
        match outcome {
            Outcome::Refused | Outcome::Unreachable => Some(false),
            Outcome::Ok | Outcome::Degraded | Outcome::BadRequest | Outcome::Quota => Some(true),
            Outcome::Error | Outcome::QueueFull | Outcome::QueueTimeout | Outcome::Shed => Some(!self.layer7),
            Outcome::Reset | Outcome::Timeout | Outcome::Deadline if self.layer7 => Some(false),
            _ => None,
        }
    }
}

impl Haproxy {
    pub(super) fn start(&self, now: SimTime, place: u32, count: u32) -> State {
        let offset = self.inter.scale(u64::from(place), u64::from(count.max(1)));
        let up = matches!(self.init_state, InitState::FullyUp | InitState::Up);
        let mut state = State::new(up, now + offset);
        match self.init_state {
            InitState::FullyUp | InitState::FullyDown => (),
            InitState::Up => state.row = self.fall - 1,
            InitState::Down => state.row = self.rise - 1,
        }
        state
    }

    pub(super) fn timeout(&self) -> Span {
        self.timeout_check.unwrap_or(self.inter)
    }

    fn interval(&self, state: &State) -> Span {
        let other = match (state.up, state.row) {
            (true, 0) => None,
            (false, 0) => self.downinter,
            _ => self.fastinter,
        };
        other.unwrap_or(self.inter)
    }

    pub(super) fn result(&self, state: &mut State, now: SimTime, check: Check) -> Option<Change> {
        state.first = false;
        let change = self.count(state, check == Check::Passed);
        state.next(now, self.interval_from, self.interval(state));
        change
    }

    fn count(&self, state: &mut State, passed: bool) -> Option<Change> {
        state.count(passed, if passed { self.rise } else { self.fall })
    }

    pub(super) fn observed(&self, state: &mut State, now: SimTime, outcome: Outcome) -> Option<Change> {
        let observe = self.observe?;
        if observe.sees(outcome)? || !state.up {
            state.errors = 0;
            return None;
        }
        state.errors += 1;
        if state.errors < observe.error_limit {
            return None;
        }
        state.errors = 0;
        let change = match observe.on_error {
            OnError::Fastinter => None,
            OnError::FailCheck => self.count(state, false),
            OnError::SuddenDeath => {
                state.row = state.row.max(self.fall.saturating_sub(2));
                self.count(state, false)
            }
            OnError::MarkDown => {
                state.row = self.fall - 1;
                self.count(state, false)
            }
        };
        if let Some(fastinter) = self.fastinter {
            state.due = state.due.min(now + fastinter);
        }
        change
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.rise >= 1 && self.fall >= 1,
            "HAProxy's rise and fall are at least 1 (defaults 2 and 3)",
        )?;
        let intervals = [Some(self.inter), self.fastinter, self.downinter, self.timeout_check];
        require(
            intervals.iter().flatten().all(|&it| it >= Span::from_millis(1)),
            "HAProxy's intervals and timeouts of checks are at least 1ms (default 2s)",
        )?;
        require(
            self.observe.is_none_or(|it| it.error_limit >= 1),
            "HAProxy's error limit is at least 1 (default 10)",
        )
    }
}
