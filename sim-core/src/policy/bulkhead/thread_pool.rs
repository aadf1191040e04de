//! A thread pool with a queue before it, by the rules of the JDK's executor.
//!
//! A task starts a thread as long as there are fewer than `core_size`; then it goes to a thread that is idle, or into
//! the queue; only when the queue is full are more threads started, up to `maximum_size`, and such a thread overtakes
//! all who wait. Threads beyond the core go when they have been idle for `keep_alive`. After that, a task is rejected.
//!
//! Hystrix rejects earlier: before anything else, if as many wait as `queue_size_rejection_threshold` says. Its queue
//! of -1, `None` here, is none at all. Its `maximum_size` counts only if it may diverge from the core.
//!
//! Simpler than the JDK: a thread that is idle is always the one that has been idle longest, and threads beyond the
//! core go as soon as their time is over, whichever they are.
//!
//! Sources: `java.util.concurrent.ThreadPoolExecutor`; Hystrix 1.5.18, `HystrixThreadPool`,
//! `HystrixThreadPoolProperties`; resilience4j 2, `FixedThreadPoolBulkhead` (defaults of each).

use super::queue::Queue;
use super::{Entry, Ticket};
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};
use std::collections::VecDeque;

/// Settings of a thread pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadPool {
    /// Threads that are started before the queue is used, at least 1.
    pub core_size: u32,
    /// Threads at the most.
    pub maximum_size: u32,
    /// Hystrix's `allowMaximumSizeToDivergeFromCoreSize`: whether `maximum_size` counts.
    pub allow_maximum_size_to_diverge_from_core_size: bool,
    /// How long a thread beyond the core stays without work.
    pub keep_alive: Span,
    /// `maxQueueSize`, `queueCapacity`: how many may wait; `None` is Hystrix's -1, no queue.
    pub max_queue_size: Option<u32>,
    /// How many wait when Hystrix rejects; `None` never does.
    pub queue_size_rejection_threshold: Option<u32>,
}

impl Default for ThreadPool {
    /// Hystrix's defaults.
    fn default() -> ThreadPool {
        ThreadPool::hystrix_default()
    }
}

/// Threads and waiting tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    busy: u32,
    /// Since when each idle thread has been so.
    idle: VecDeque<SimTime>,
    pub(super) queue: Queue,
}

impl State {
    pub(super) fn inside(&self) -> u32 {
        self.busy
    }

    /// Threads that exist, busy or idle, when it was last used.
    pub fn threads(&self) -> u32 {
        self.busy + self.idle.len() as u32
    }
}

impl ThreadPool {
    /// Hystrix's thread isolation.
    pub const fn hystrix_default() -> ThreadPool {
        ThreadPool {
            core_size: 10,
            maximum_size: 10,
            allow_maximum_size_to_diverge_from_core_size: false,
            keep_alive: Span::from_secs(60),
            max_queue_size: None,
            queue_size_rejection_threshold: Some(5),
        }
    }

    /// resilience4j's `ThreadPoolBulkhead` on a machine with this many processors.
    pub const fn resilience4j_default(processors: u32) -> ThreadPool {
        ThreadPool {
            core_size: if processors > 1 { processors - 1 } else { 1 },
            maximum_size: if processors > 1 { processors } else { 1 },
            allow_maximum_size_to_diverge_from_core_size: true,
            keep_alive: Span::from_millis(20),
            max_queue_size: Some(100),
            queue_size_rejection_threshold: None,
        }
    }

    /// Threads at the most.
    const fn most(&self) -> u32 {
        if self.allow_maximum_size_to_diverge_from_core_size && self.maximum_size > self.core_size {
            self.maximum_size
        } else {
            self.core_size
        }
    }

    pub(super) fn start(&self) -> State {
        State {
            busy: 0,
            idle: VecDeque::with_capacity(self.most().min(1_024) as usize),
            queue: Queue::with_room(Some(self.max_queue_size.unwrap_or(0))),
        }
    }

    /// Lets threads go that have been idle for too long.
    fn retire(&self, state: &mut State, now: SimTime) {
        while state.threads() > self.core_size && state.idle.front().is_some_and(|&it| it + self.keep_alive <= now) {
            state.idle.pop_front();
        }
    }

    #[inline]
    pub(super) fn enter(&self, state: &mut State, now: SimTime, ticket: Ticket) -> Entry {
        self.retire(state, now);
        let waiting = state.queue.len();
        // Without a queue there is nothing to be too long.
        let too_long =
            self.max_queue_size.is_some() && self.queue_size_rejection_threshold.is_some_and(|it| waiting >= it);
        if too_long {
            return Entry::Rejected;
        }
        let thread = state.threads() < self.core_size || state.idle.pop_front().is_some();
        if !thread && waiting < self.max_queue_size.unwrap_or(0) {
            state.queue.push(ticket, now, Span::MAX);
            return Entry::Waiting;
        }
        if !thread && state.threads() >= self.most() {
            return Entry::Rejected;
        }
        state.busy += 1;
        Entry::Started
    }

    #[inline]
    pub(super) fn leave(&self, state: &mut State, now: SimTime) {
        state.busy -= 1;
        state.idle.push_back(now);
    }

    #[inline]
    pub(super) fn next(&self, state: &mut State, now: SimTime) -> Option<Ticket> {
        if state.idle.is_empty() {
            return None;
        }
        let ticket = state.queue.pop()?;
        // Who waits found no thread idle, so the one that is has just become so.
        let since = state.idle.pop_back();
        assert_eq!(since, Some(now), "a thread was idle while a task waited");
        state.busy += 1;
        Some(ticket)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.core_size >= 1,
            "a thread pool has at least 1 core thread (defaults: Hystrix 10, resilience4j one less than processors)",
        )?;
        require(
            !self.allow_maximum_size_to_diverge_from_core_size || self.maximum_size >= self.core_size,
            "a thread pool's maximum size is at least its core size (defaults: Hystrix 10, resilience4j processors)",
        )
    }
}
