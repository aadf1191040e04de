//! Envoy's "circuit breakers": caps on connections, waiting requests, requests and retries of a cluster and priority.
//! They have no state beyond what they count, and no memory: allowed iff `current < max` at that moment.
//!
//! HTTP/1: a connection carries one request. A request without a free one is *pending*, and another connection is made
//! if their cap allows. HTTP/2: a connection carries any number, so requests are pending only while there is none yet.
//! The cap on pending requests comes before the connection is made, so a pool that has to make connections needs room
//! there even if making them takes no time. What overflows is answered with a 503 at once and not retried.
//!
//! Retries in flight are counted from the decision to make one until its attempt has ended.
//!
//! Simpler than Envoy: it makes a first connection to a host even above the cap, and caps its pools of connections
//! (`max_connection_pools`, by default not at all).
//!
//! Source: Envoy, `CircuitBreakers.Thresholds` of cluster API v3 (defaults), "Circuit breaking" of its documentation.

use super::{Ticket, queue::Queue};
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of Envoy's caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envoy {
    /// Connections.
    pub max_connections: u32,
    /// Requests that wait for one.
    pub max_pending_requests: u32,
    /// Requests in flight.
    pub max_requests: u32,
    /// Retries in flight.
    pub max_retries: u32,
    /// How many requests a connection carries.
    pub protocol: Protocol,
}

/// How many requests a connection carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// One at a time.
    #[default]
    Http1,
    /// Any number.
    Http2,
}

impl Default for Envoy {
    /// Envoy's defaults, over HTTP/1.
    fn default() -> Envoy {
        Envoy {
            max_connections: 1_024,
            max_pending_requests: 1_024,
            max_requests: 1_024,
            max_retries: 3,
            protocol: Protocol::Http1,
        }
    }
}

impl Protocol {
    /// Names in files.
    pub const NAMES: [(&'static str, Protocol); 2] = [("http1", Protocol::Http1), ("http2", Protocol::Http2)];
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Connections that are ready.
    ready: u32,
    /// Connections in the making.
    connecting: u32,
    requests: u32,
    retries: u32,
    pub(super) queue: Queue,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is sent.
    Sent,
    /// It waits for a connection.
    Pending {
        /// Whether one has to be made for it now.
        connect: bool,
    },
    /// A cap is reached: 503.
    Overflow,
}

/// What becomes of a request that was pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Which.
    pub ticket: Ticket,
    /// Whether it is sent; otherwise the cap on requests is reached: 503.
    pub sent: bool,
}

impl State {
    /// Connections, those in the making included.
    pub fn connections(&self) -> u32 {
        self.ready + self.connecting
    }

    /// Requests that wait for a connection.
    pub fn pending(&self) -> u32 {
        self.queue.len()
    }

    /// Requests in flight.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    pub(super) fn inside(&self) -> u32 {
        self.requests
    }

    /// A pending request is given up; whether it was pending.
    pub fn give_up(&mut self, ticket: Ticket) -> bool {
        self.queue.give_up(ticket)
    }
}

impl Envoy {
    /// No connection, no request.
    pub fn start(&self) -> State {
        State {
            ready: 0,
            connecting: 0,
            requests: 0,
            retries: 0,
            queue: Queue::with_room(Some(self.max_pending_requests)),
        }
    }

    fn is_free(&self, state: &State) -> bool {
        match self.protocol {
            Protocol::Http1 => state.requests < state.ready,
            Protocol::Http2 => state.ready > 0,
        }
    }

    /// A request asks to be sent.
    #[inline]
    pub fn request(&self, state: &mut State, ticket: Ticket) -> Entry {
        if self.is_free(state) && state.queue.len() == 0 {
            if state.requests >= self.max_requests {
                return Entry::Overflow;
            }
            state.requests += 1;
            return Entry::Sent;
        }
        if state.queue.len() >= self.max_pending_requests {
            return Entry::Overflow;
        }
        state.queue.push(ticket, SimTime::ZERO, Span::MAX);
        let wanted = match self.protocol {
            Protocol::Http1 => state.connecting < state.queue.len(),
            Protocol::Http2 => state.connecting == 0,
        };
        let connect = wanted && state.connections() < self.max_connections;
        state.connecting += u32::from(connect);
        Entry::Pending { connect }
    }

    /// A connection that was being made is ready. [`Envoy::next`] says for whom.
    #[inline]
    pub fn connected(&self, state: &mut State) {
        state.connecting -= 1;
        state.ready += 1;
    }

    /// A connection could not be made, or one without a request was closed.
    #[inline]
    pub fn disconnected(&self, state: &mut State, was_ready: bool) {
        if was_ready {
            state.ready -= 1;
        } else {
            state.connecting -= 1;
        }
    }

    /// A request in flight is over, and its connection stays. [`Envoy::next`] says for whom it is free.
    #[inline]
    pub fn finished(&self, state: &mut State) {
        state.requests -= 1;
    }

    /// A pending request that a connection is free for, if there is one; to be asked until there is none.
    #[inline]
    pub fn next(&self, state: &mut State) -> Option<Next> {
        if !self.is_free(state) {
            return None;
        }
        let ticket = state.queue.pop()?;
        let sent = state.requests < self.max_requests;
        state.requests += u32::from(sent);
        Some(Next { ticket, sent })
    }

    /// A call enters, where connections take no time to make.
    #[inline]
    pub(super) fn enter(&self, state: &mut State, ticket: Ticket) -> super::Entry {
        match self.request(state, ticket) {
            Entry::Sent => super::Entry::Started,
            Entry::Overflow => super::Entry::Rejected,
            Entry::Pending { connect: false } => super::Entry::Waiting,
            Entry::Pending { connect: true } => {
                self.connected(state);
                match self.next(state) {
                    Some(Next { sent: true, .. }) => super::Entry::Started,
                    _ => super::Entry::Rejected,
                }
            }
        }
    }

    /// The same of one that is pending. Its connection has just been left by another, so there is room for a request.
    #[inline]
    pub(super) fn next_sent(&self, state: &mut State) -> Option<Ticket> {
        let next = self.next(state)?;
        assert!(next.sent, "one request less, and one more");
        Some(next.ticket)
    }

    /// Asks for a retry; it holds its slot until [`Envoy::retry_done`].
    #[inline]
    pub fn retry(&self, state: &mut State) -> bool {
        let allowed = state.retries < self.max_retries;
        state.retries += u32::from(allowed);
        allowed
    }

    /// The attempt of a retry that was allowed has ended, or the retry was abandoned.
    #[inline]
    pub fn retry_done(&self, state: &mut State) {
        state.retries -= 1;
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.max_connections >= 1 && self.max_pending_requests >= 1 && self.max_requests >= 1,
            "Envoy's caps on connections, pending and active requests are at least 1 (default 1024)",
        )
    }
}

#[cfg(test)]
mod tests;
