//! Those who wait for a bulkhead: first in, first out, each for the same time at most.
//!
//! Source: the waiting of a fair `java.util.concurrent.Semaphore`, of a `LinkedBlockingQueue`, and of HAProxy's server
//! queue.

use super::Ticket;
use crate::time::{SimTime, Span};
use std::collections::VecDeque;

/// Who waits, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue {
    waiting: VecDeque<(Ticket, SimTime)>,
}

impl Queue {
    /// With room for so many, or for a few if there is no limit.
    pub(super) fn with_room(limit: Option<u32>) -> Queue {
        Queue {
            waiting: VecDeque::with_capacity(limit.unwrap_or(16).min(1_024) as usize),
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.waiting.len() as u32
    }

    #[inline]
    pub(super) fn push(&mut self, ticket: Ticket, now: SimTime, wait: Span) {
        self.waiting.push_back((ticket, now + wait));
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Ticket> {
        self.waiting.pop_front().map(|(ticket, _)| ticket)
    }

    /// All wait equally long, so the first has enough first.
    pub(super) fn next_timeout(&self) -> Option<SimTime> {
        let (_, until) = self.waiting.front()?;
        (*until < SimTime::MAX).then_some(*until)
    }

    pub(super) fn expire(&mut self, now: SimTime) -> Option<Ticket> {
        if self.next_timeout()? > now {
            return None;
        }
        self.pop()
    }

    pub(super) fn give_up(&mut self, ticket: Ticket) -> bool {
        let place = self.waiting.iter().position(|it| it.0 == ticket);
        place.is_some_and(|it| self.waiting.remove(it).is_some())
    }
}
