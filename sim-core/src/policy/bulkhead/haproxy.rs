//! A HAProxy server's `maxconn`: a limit that grows with the load of the whole backend, and a queue with a timeout.
//!
//! With `minconn` the limit is `max(minconn, maxconn · load / fullconn)`, no more than `maxconn`, and `maxconn` once
//! the load reaches `fullconn`. Who does not fit waits, no longer than `timeout queue`; with `maxqueue` waiting
//! already, it is turned away.
//!
//! Simpler than HAProxy: who is turned away does not look for another server.
//!
//! Source: HAProxy 3, configuration manual (`maxconn`, `minconn`, `fullconn`, `maxqueue`, `timeout queue`) and
//! `srv_dynamic_maxconn`.

use super::queue::Queue;
use super::{Entry, Ticket};
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a HAProxy server's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Haproxy {
    /// Calls at once at the most; 0 is any number.
    pub maxconn: u32,
    /// Calls at once while there is little load; 0, or as much as `maxconn`, makes the limit constant.
    pub minconn: u32,
    /// The load of the backend at which the limit is `maxconn`; at least 1 if `minconn` is below `maxconn`.
    pub fullconn: u32,
    /// How many may wait; 0 is any number.
    pub maxqueue: u32,
    /// `timeout queue`: how long; [`Span::MAX`] is for ever.
    pub timeout_queue: Span,
}

impl Default for Haproxy {
    /// HAProxy's defaults: no limit.
    fn default() -> Haproxy {
        Haproxy {
            maxconn: 0,
            minconn: 0,
            fullconn: 0,
            maxqueue: 0,
            timeout_queue: Span::MAX,
        }
    }
}

/// Who is served and who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    inside: u32,
    pub(super) queue: Queue,
}

impl State {
    pub(super) fn inside(&self) -> u32 {
        self.inside
    }
}

impl Haproxy {
    /// How many are served at once under this load of the backend.
    #[inline]
    pub fn limit(&self, load: u32) -> u32 {
        if self.maxconn == 0 {
            return u32::MAX;
        }
        if !self.is_dynamic() || load >= self.fullconn {
            return self.maxconn;
        }
        let share = u64::from(load) * u64::from(self.maxconn) / u64::from(self.fullconn);
        (share as u32).max(self.minconn)
    }

    fn is_dynamic(&self) -> bool {
        self.minconn > 0 && self.minconn < self.maxconn
    }

    pub(super) fn start(&self) -> State {
        State {
            inside: 0,
            queue: Queue::with_room((self.maxqueue > 0).then_some(self.maxqueue)),
        }
    }

    #[inline]
    pub(super) fn enter(&self, state: &mut State, now: SimTime, ticket: Ticket, load: u32) -> Entry {
        if state.queue.len() == 0 && state.inside < self.limit(load) {
            state.inside += 1;
            return Entry::Started;
        }
        if self.maxqueue > 0 && state.queue.len() >= self.maxqueue {
            return Entry::Rejected;
        }
        state.queue.push(ticket, now, self.timeout_queue);
        Entry::Waiting
    }

    #[inline]
    pub(super) fn leave(&self, state: &mut State, _: SimTime) {
        state.inside -= 1;
    }

    #[inline]
    pub(super) fn next(&self, state: &mut State, load: u32) -> Option<Ticket> {
        if state.inside >= self.limit(load) {
            return None;
        }
        let ticket = state.queue.pop()?;
        state.inside += 1;
        Some(ticket)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.minconn <= self.maxconn || self.maxconn == 0,
            "HAProxy's minconn is at most its maxconn (default 0: the limit is constant)",
        )?;
        require(
            !self.is_dynamic() || self.fullconn >= 1,
            "a limit that grows from minconn to maxconn needs a fullconn of at least 1 (no default)",
        )?;
        require(
            self.timeout_queue > Span::ZERO,
            "HAProxy's queue timeout is longer than 0 (default: none)",
        )
    }
}
