//! A semaphore: so many calls at once; the others wait in order, or are rejected.
//!
//! | | at once | wait | may wait |
//! | --- | --- | --- | --- |
//! | Hystrix | 10 | not at all | |
//! | resilience4j | 25 | not at all, or `maxWaitDuration` | any number |
//! | Polly | 1000 | for ever | none, or `QueueLimit` |
//!
//! Sources: Hystrix 1.5.18, `TryableSemaphoreActual`; resilience4j 2, `SemaphoreBulkhead`; Polly 8,
//! `ConcurrencyLimiter` (defaults of each).

use super::queue::Queue;
use super::{Entry, Ticket};
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Semaphore {
    /// `maxConcurrentCalls`, `maxConcurrentRequests`, `PermitLimit`: calls at once, at least 1.
    pub max_concurrent_calls: u32,
    /// `maxWaitDuration`: how long a call waits; zero is not at all, [`Span::MAX`] for ever.
    pub max_wait_duration: Span,
    /// `QueueLimit`: how many may wait; `None` is any number.
    pub queue_limit: Option<u32>,
}

impl Default for Semaphore {
    /// resilience4j's defaults.
    fn default() -> Semaphore {
        Semaphore::resilience4j_default()
    }
}

/// Who is inside a semaphore and who waits.
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

impl Semaphore {
    /// Hystrix's semaphore isolation, and the semaphore of its fallbacks.
    pub const fn hystrix_default() -> Semaphore {
        Semaphore {
            max_concurrent_calls: 10,
            max_wait_duration: Span::ZERO,
            queue_limit: Some(0),
        }
    }

    /// resilience4j's `SemaphoreBulkhead`.
    pub const fn resilience4j_default() -> Semaphore {
        Semaphore {
            max_concurrent_calls: 25,
            max_wait_duration: Span::ZERO,
            queue_limit: None,
        }
    }

    /// Polly's concurrency limiter.
    pub const fn polly_default() -> Semaphore {
        Semaphore {
            max_concurrent_calls: 1_000,
            max_wait_duration: Span::MAX,
            queue_limit: Some(0),
        }
    }

    pub(super) fn start(&self) -> State {
        State {
            inside: 0,
            queue: Queue::with_room(self.queue_limit),
        }
    }

    #[inline]
    pub(super) fn enter(&self, state: &mut State, now: SimTime, ticket: Ticket) -> Entry {
        if state.inside < self.max_concurrent_calls && state.queue.len() == 0 {
            state.inside += 1;
            return Entry::Started;
        }
        let room = self.queue_limit.is_none_or(|it| state.queue.len() < it);
        if self.max_wait_duration == Span::ZERO || !room {
            return Entry::Rejected;
        }
        state.queue.push(ticket, now, self.max_wait_duration);
        Entry::Waiting
    }

    #[inline]
    pub(super) fn leave(&self, state: &mut State, _: SimTime) {
        state.inside -= 1;
    }

    #[inline]
    pub(super) fn next(&self, state: &mut State) -> Option<Ticket> {
        if state.inside >= self.max_concurrent_calls {
            return None;
        }
        let ticket = state.queue.pop()?;
        state.inside += 1;
        Some(ticket)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.max_concurrent_calls >= 1,
            "a semaphore lets at least 1 call in (defaults: resilience4j 25, Hystrix 10, Polly 1000)",
        )
    }
}
