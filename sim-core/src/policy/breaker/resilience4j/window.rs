//! What resilience4j remembers of calls: the last so many, or those of the last so many whole seconds of the clock.
//!
//! Sources: resilience4j 2, `FixedSizeSlidingWindowMetrics`, `SlidingTimeWindowMetrics`.

use super::super::slices::Slices;
use crate::time::SimTime;

const SECOND: u64 = 1_000_000_000;

/// Calls remembered, and what was wrong with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Calls.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
    /// Those that were slow, failed or not.
    pub slow: u32,
}

/// The last so many calls.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CountWindow {
    /// Failed is bit 0, slow is bit 1.
    ring: Box<[u8]>,
    next: u32,
    seen: Seen,
}

const FAILED: u8 = 1;
const SLOW: u8 = 2;

impl CountWindow {
    pub(super) fn new(length: u32) -> CountWindow {
        CountWindow {
            ring: vec![0; length as usize].into(),
            next: 0,
            seen: Seen::default(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.next = 0;
        self.seen = Seen::default();
    }

    #[inline]
    pub(super) fn record(&mut self, failed: bool, slow: bool) {
        let length = self.ring.len() as u32;
        let slot = &mut self.ring[self.next as usize];
        if self.seen.calls == length {
            self.seen.failed -= u32::from(*slot & FAILED != 0);
            self.seen.slow -= u32::from(*slot & SLOW != 0);
        } else {
            self.seen.calls += 1;
        }
        *slot = (u8::from(failed) * FAILED) | (u8::from(slow) * SLOW);
        self.seen.failed += u32::from(failed);
        self.seen.slow += u32::from(slow);
        self.next = (self.next + 1) % length;
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen
    }
}

/// What a closed breaker remembers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Window {
    Calls(CountWindow),
    /// The running second and those before it.
    Seconds(Slices<3>),
}

impl Window {
    pub(super) fn calls(length: u32) -> Window {
        Window::Calls(CountWindow::new(length))
    }

    pub(super) fn seconds(length: u32) -> Window {
        Window::Seconds(Slices::new(length as usize))
    }

    pub(super) fn clear(&mut self) {
        match self {
            Window::Calls(it) => it.clear(),
            Window::Seconds(it) => it.clear(),
        }
    }

    #[inline]
    pub(super) fn record(&mut self, now: SimTime, failed: bool, slow: bool) {
        match self {
            Window::Calls(it) => it.record(failed, slow),
            Window::Seconds(it) => {
                it.roll(now.nanos() / SECOND);
                it.add([1, u32::from(failed), u32::from(slow)]);
            }
        }
    }

    #[inline]
    pub(super) fn seen(&mut self, now: SimTime) -> Seen {
        match self {
            Window::Calls(it) => it.seen(),
            Window::Seconds(it) => {
                it.roll(now.nanos() / SECOND);
                let [calls, failed, slow] = it.sum();
                Seen { calls, failed, slow }
            }
        }
    }
}
