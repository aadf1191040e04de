//! A connection pool: so many connections, and a queue of callers that wait for one.
//!
//! ```text
//! acquire ──▶ an idle one? ──▶ room for another? ──▶ place in the queue? ──▶ refused
//!              │ yes: use it    │ yes: open it        │ yes: wait, at most acquire_timeout
//! release ──▶ too old? closed, and whoever waits opens another; else to whoever waits, else idle
//! ```
//!
//! The connection used last is reused first, so that surplus ones grow old and are closed after `idle_timeout`. Connections are
//! held while their call lasts: throughput is at most `size` over the mean time held, so a slow backend starves the pool.
//!
//! Opening takes time that the pool does not know: the caller says [`Pool::release`] when it is done with a connection, or
//! [`Pool::discard`] when it broke or never opened.
//!
//! Sources: HikariCP (`maximumPoolSize` 10, `connectionTimeout` 30 s, `maxLifetime` 30 min; idle ones are kept unless
//! `minimumIdle` is set); Envoy, cluster circuit breakers and `idle_timeout` (1024, 1024, 1 h).

use std::collections::VecDeque;

use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a connection pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The most connections, idle ones and those being opened included; at least 1.
    pub size: u32,
    /// The most callers that wait; [`u32::MAX`] is no limit.
    pub max_pending: u32,
    /// How long a caller waits for a connection; the engine's timer, which calls [`Pool::give_up`]. [`Span::MAX`] is for ever.
    pub acquire_timeout: Span,
    /// How long an unused connection is kept; [`Span::MAX`] is for ever.
    pub idle_timeout: Span,
    /// How old a connection may grow; it is closed when it is next idle. [`Span::MAX`] is any age.
    pub max_lifetime: Span,
}

/// A connection in somebody's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    opened: SimTime,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// What a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A connection that is open.
    Idle(Connection),
    /// Leave to open one.
    Open(Connection),
}

/// What a pool says to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// A connection.
    Granted(Grant),
    /// A place in the queue.
    Queued(Ticket),
    /// Nothing: the queue is full.
    Refused,
}

/// Connections and those who want them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Idle connections and since when, the one used last at the end.
    idle: VecDeque<(Connection, SimTime)>,
    busy: u32,
    waiting: VecDeque<Ticket>,
    next_ticket: u64,
}

impl PoolState {
    /// The other side is gone: idle connections are closed. Those in use are discarded when their users notice.
    pub fn sever(&mut self) {
        self.idle.clear();
    }

    /// How many connections are in use or being opened.
    pub const fn busy(&self) -> u32 {
        self.busy
    }

    /// How many callers wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Pool {
    /// HikariCP's defaults.
    pub const HIKARI: Pool = Pool {
        size: 10,
        max_pending: u32::MAX,
        acquire_timeout: Span::from_secs(30),
        idle_timeout: Span::MAX,
        max_lifetime: Span::from_secs(1_800),
    };

    /// Envoy's defaults for a cluster of HTTP/1 hosts; waiting is bounded by the caller's own time-outs.
    pub const ENVOY: Pool = Pool {
        size: 1024,
        max_pending: 1024,
        acquire_timeout: Span::MAX,
        idle_timeout: Span::from_secs(3_600),
        max_lifetime: Span::MAX,
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.size >= 1, "a pool's size is at least 1 (default 10)")?;
        require(
            self.idle_timeout > Span::ZERO,
            "idle_timeout is above zero (default 1h in Envoy)",
        )?;
        require(
            self.max_lifetime > Span::ZERO,
            "max_lifetime is above zero (default 30m in HikariCP)",
        )
    }

    /// A pool without connections.
    pub fn start(&self) -> PoolState {
        PoolState::default()
    }

    /// A caller wants a connection at `now`.
    #[inline]
    pub fn acquire(&self, state: &mut PoolState, now: SimTime) -> Acquired {
        while state
            .idle
            .front()
            .is_some_and(|&(_, since)| now.since(since) >= self.idle_timeout)
        {
            state.idle.pop_front();
        }
        while let Some((connection, _)) = state.idle.pop_back() {
            if !self.is_too_old(connection, now) {
                state.busy += 1;
                return Acquired::Granted(Grant::Idle(connection));
            }
        }
        // None is idle, so those in use are all.
        if state.busy < self.size {
            state.busy += 1;
            return Acquired::Granted(Grant::Open(Connection { opened: now }));
        }
        if state.waiting.len() >= self.max_pending as usize {
            return Acquired::Refused;
        }
        let ticket = Ticket(state.next_ticket);
        state.next_ticket += 1;
        state.waiting.push_back(ticket);
        Acquired::Queued(ticket)
    }

    /// A caller is done with a connection; gives it to whoever has waited longest, if anybody does.
    #[inline]
    pub fn release(&self, state: &mut PoolState, now: SimTime, connection: Connection) -> Option<(Ticket, Grant)> {
        if self.is_too_old(connection, now) {
            return self.discard(state, now);
        }
        if let Some(ticket) = state.waiting.pop_front() {
            return Some((ticket, Grant::Idle(connection)));
        }
        state.busy -= 1;
        state.idle.push_back((connection, now));
        None
    }

    /// A connection broke, or could not be opened; whoever has waited longest may open another.
    #[inline]
    pub fn discard(&self, state: &mut PoolState, now: SimTime) -> Option<(Ticket, Grant)> {
        if let Some(ticket) = state.waiting.pop_front() {
            return Some((ticket, Grant::Open(Connection { opened: now })));
        }
        state.busy -= 1;
        None
    }

    /// A caller no longer waits; `false` if it does not wait any more.
    #[inline]
    pub fn give_up(&self, state: &mut PoolState, ticket: Ticket) -> bool {
        // Tickets are in order, and mostly the first one gives up.
        let found = state.waiting.binary_search(&ticket);
        if let Ok(at) = found {
            state.waiting.remove(at);
        }
        found.is_ok()
    }

    /// How many connections there are at `now`; closes those that are too old.
    pub fn open(&self, state: &mut PoolState, now: SimTime) -> u32 {
        state
            .idle
            .retain(|&(connection, since)| now.since(since) < self.idle_timeout && !self.is_too_old(connection, now));
        state.busy + state.idle.len() as u32
    }

    fn is_too_old(&self, connection: Connection, now: SimTime) -> bool {
        now.since(connection.opened) >= self.max_lifetime
    }
}

#[cfg(test)]
mod tests;
