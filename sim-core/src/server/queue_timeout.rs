//! Controlled queue time-out: a queue that has not been empty for a while lets newcomers wait only briefly.
//!
//! A queue that empties now and then is taking up bursts, and its calls may wait for `long`. One that has stood for `long` is in
//! overload: whoever comes now may wait for `short`. The time-out of a call is decided when it comes.
//!
//! Source: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015 ("controlled delay": M = 5 ms, N = 100 ms).

use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of a controlled queue time-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueTimeout {
    /// How long a call may wait in a standing queue: M.
    pub short: Span,
    /// How long a call may wait otherwise, and how long a queue must stand: N.
    pub long: Span,
}

/// When the queue was last empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastEmpty(SimTime);

impl QueueTimeout {
    /// The article's numbers.
    pub const DEFAULT: QueueTimeout = QueueTimeout {
        short: Span::from_millis(5),
        long: Span::from_millis(100),
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.short <= self.long,
            "short is at most long (defaults 5ms and 100ms)",
        )
    }

    /// A queue that is created empty at `now`.
    pub const fn start(&self, now: SimTime) -> LastEmpty {
        LastEmpty(now)
    }

    /// How long a call that comes at `now` may wait.
    #[inline]
    pub fn on_enqueue(&self, last_empty: &mut LastEmpty, now: SimTime, queue_is_empty: bool) -> Span {
        if queue_is_empty {
            last_empty.0 = now;
        }
        if last_empty.0 + self.long < now {
            self.short
        } else {
            self.long
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_standing_queue_lets_newcomers_wait_only_briefly() {
        let settings = QueueTimeout::DEFAULT;
        assert_eq!(settings.check(), Ok(()));
        let mut last_empty = settings.start(at(0));
        let mut timeout_ms = |ms, empty| settings.on_enqueue(&mut last_empty, at(ms), empty).nanos() / 1_000_000;
        assert_eq!(timeout_ms(500, true), 100, "however long nobody came");
        assert_eq!(timeout_ms(600, false), 100, "100 ms are not more than 100 ms");
        assert_eq!(timeout_ms(601, false), 5);
        assert_eq!(timeout_ms(700, false), 5);
        assert_eq!(timeout_ms(701, true), 100);
        assert_eq!(timeout_ms(801, false), 100);
    }

    #[test]
    fn the_short_one_is_not_the_longer() {
        let swapped = QueueTimeout {
            short: Span::from_millis(101),
            ..QueueTimeout::DEFAULT
        };
        assert!(swapped.check().is_err());
    }
}
