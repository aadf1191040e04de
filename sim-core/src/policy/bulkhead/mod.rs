//! Bulkheads: at most so many calls of a caller to a callee at once, so that one slow callee does not take everything.
//!
//! A call *enters*: it starts, waits its turn, or is rejected. When one that had started *leaves*, those who may start
//! now are asked for with [`Bulkhead::next`], until there is none. Who waits may have enough: after
//! [`BulkheadState::next_timeout`], [`BulkheadState::expire`] names those whose time is over, and
//! [`Bulkhead::give_up`] takes out any other, such as a cancelled one. Waiting is first in, first out.
//!
//! A wait here is not bounded by the timeout of one attempt if that stands inside, as it does by default; around a
//! Hystrix thread pool the timeout runs in the queue too, so it stands outside.
//!
//! One file a kind, each with settings of its own; this file is the one `match`. [`Envoy`]'s caps have verbs of their own as well,
//! for connections that take time to make; here they take none.

pub mod credits;
pub mod envoy;
pub mod haproxy;
mod queue;
pub mod semaphore;
pub mod thread_pool;

pub use envoy::Envoy;
pub use haproxy::Haproxy;
pub use semaphore::Semaphore;
pub use thread_pool::ThreadPool;

use crate::component::credits::Credits;
use crate::policy::Invalid;
use crate::time::SimTime;

/// Settings of a bulkhead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulkhead {
    /// So many at once: Hystrix's and resilience4j's semaphores, Polly's concurrency limiter.
    Semaphore(Semaphore),
    /// Threads and a queue: Hystrix's and resilience4j's thread pools.
    ThreadPool(ThreadPool),
    /// A limit that grows with the load: a HAProxy server's `maxconn`.
    Haproxy(Haproxy),
    /// Caps on connections, on requests that wait for one, and on requests: Envoy's "circuit breakers".
    Envoy(Envoy),
    /// A window of credits: backpressure.
    Credits(Credits),
}

/// Who is inside a [`Bulkhead`] and who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkheadState {
    /// So many at once.
    Semaphore(semaphore::State),
    /// Threads and a queue.
    ThreadPool(thread_pool::State),
    /// A limit that grows with the load.
    Haproxy(haproxy::State),
    /// Envoy's caps.
    Envoy(envoy::State),
    /// A window of credits.
    Credits(credits::State),
}

/// A name that the caller gives to a call, to be told it again when its turn has come.
pub type Ticket = u64;

/// What becomes of a call that enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It starts now.
    Started,
    /// It waits.
    Waiting,
    /// It is turned away.
    Rejected,
}

impl Bulkhead {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Bulkhead::Semaphore(_) => "semaphore",
            Bulkhead::ThreadPool(_) => "thread_pool",
            Bulkhead::Haproxy(_) => "haproxy",
            Bulkhead::Envoy(_) => "envoy",
            Bulkhead::Credits(_) => "credits",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Bulkhead::Semaphore(it) => it.check(),
            Bulkhead::ThreadPool(it) => it.check(),
            Bulkhead::Haproxy(it) => it.check(),
            Bulkhead::Envoy(it) => it.check(),
            Bulkhead::Credits(it) => it.check(),
        }
    }

    /// Nobody inside, nobody waiting.
    pub fn start(&self) -> BulkheadState {
        match self {
            Bulkhead::Semaphore(it) => BulkheadState::Semaphore(it.start()),
            Bulkhead::ThreadPool(it) => BulkheadState::ThreadPool(it.start()),
            Bulkhead::Haproxy(it) => BulkheadState::Haproxy(it.start()),
            Bulkhead::Envoy(it) => BulkheadState::Envoy(it.start()),
            Bulkhead::Credits(it) => BulkheadState::Credits(credits::start(it)),
        }
    }

    /// A call enters. `load` is what all callees of the caller have in hand and waiting, this call included; only
    /// [`Haproxy`] looks at it.
    #[inline]
    pub fn enter(&self, state: &mut BulkheadState, now: SimTime, ticket: Ticket, load: u32) -> Entry {
        match (self, state) {
            (Bulkhead::Semaphore(it), BulkheadState::Semaphore(of)) => it.enter(of, now, ticket),
            (Bulkhead::ThreadPool(it), BulkheadState::ThreadPool(of)) => it.enter(of, now, ticket),
            (Bulkhead::Haproxy(it), BulkheadState::Haproxy(of)) => it.enter(of, now, ticket, load),
            (Bulkhead::Envoy(it), BulkheadState::Envoy(of)) => it.enter(of, ticket),
            (Bulkhead::Credits(it), BulkheadState::Credits(of)) => credits::enter(it, of, now, ticket),
            _ => unreachable!("a bulkhead's state was made by the same settings"),
        }
    }

    /// A call that had started is over.
    #[inline]
    pub fn leave(&self, state: &mut BulkheadState, now: SimTime) {
        match (self, state) {
            (Bulkhead::Semaphore(it), BulkheadState::Semaphore(of)) => it.leave(of, now),
            (Bulkhead::ThreadPool(it), BulkheadState::ThreadPool(of)) => it.leave(of, now),
            (Bulkhead::Haproxy(it), BulkheadState::Haproxy(of)) => it.leave(of, now),
            (Bulkhead::Envoy(it), BulkheadState::Envoy(of)) => it.finished(of),
            (Bulkhead::Credits(it), BulkheadState::Credits(of)) => credits::leave(it, of),
            _ => unreachable!("a bulkhead's state was made by the same settings"),
        }
    }

    /// Who has waited and starts now, if anybody may.
    #[inline]
    pub fn next(&self, state: &mut BulkheadState, now: SimTime, load: u32) -> Option<Ticket> {
        match (self, state) {
            (Bulkhead::Semaphore(it), BulkheadState::Semaphore(of)) => it.next(of),
            (Bulkhead::ThreadPool(it), BulkheadState::ThreadPool(of)) => it.next(of, now),
            (Bulkhead::Haproxy(it), BulkheadState::Haproxy(of)) => it.next(of, load),
            (Bulkhead::Envoy(it), BulkheadState::Envoy(of)) => it.next_sent(of),
            (Bulkhead::Credits(_), BulkheadState::Credits(of)) => credits::next(of),
            _ => unreachable!("a bulkhead's state was made by the same settings"),
        }
    }

    /// A call that waits does so no longer; whether it did.
    #[inline]
    pub fn give_up(&self, state: &mut BulkheadState, ticket: Ticket) -> bool {
        match (self, state) {
            (Bulkhead::Credits(it), BulkheadState::Credits(of)) => of.give_up(it, ticket),
            (_, BulkheadState::Credits(_)) => unreachable!("a bulkhead's state was made by the same settings"),
            (_, BulkheadState::Semaphore(of)) => of.queue.give_up(ticket),
            (_, BulkheadState::ThreadPool(of)) => of.queue.give_up(ticket),
            (_, BulkheadState::Haproxy(of)) => of.queue.give_up(ticket),
            (_, BulkheadState::Envoy(of)) => of.give_up(ticket),
        }
    }
}

macro_rules! state {
    ($state:expr, $of:ident => $call:expr) => {
        match $state {
            BulkheadState::Semaphore($of) => $call,
            BulkheadState::ThreadPool($of) => $call,
            BulkheadState::Haproxy($of) => $call,
            BulkheadState::Envoy($of) => $call,
            BulkheadState::Credits($of) => $call,
        }
    };
}

impl BulkheadState {
    /// When somebody who waits next has enough.
    #[inline]
    pub fn next_timeout(&self) -> Option<SimTime> {
        state!(self, it => it.queue.next_timeout())
    }

    /// Somebody whose time to wait is over at `now`, if there is anybody; to be asked until there is none.
    #[inline]
    pub fn expire(&mut self, now: SimTime) -> Option<Ticket> {
        state!(self, it => it.queue.expire(now))
    }

    /// How many have started and not left.
    pub fn inside(&self) -> u32 {
        state!(self, it => it.inside())
    }

    /// How many wait.
    pub fn waiting(&self) -> u32 {
        state!(self, it => it.queue.len())
    }
}

#[cfg(test)]
mod tests;
