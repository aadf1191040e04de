//! folly's CoDel: while a whole interval has been late, whatever waited for more than twice the target is dropped.
//!
//! An interval ends with the first call that comes out after its time. If the shortest delay seen in it was above `target`, the
//! queue is overloaded during the next one. The first call of an interval is never dropped; of the others those are whose delay
//! is above `2 target`. Unlike CoDel proper it sheds a whole backlog at once, which suits calls that somebody waits for.
//!
//! Sources: Facebook, folly, `executors/Codel.cpp` (2026; defaults 5 ms and 100 ms); B. Maurer, "Fail at Scale", ACM Queue
//! 13(8), 2015.

use super::codel::Verdict;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

/// Settings of folly's CoDel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollyCodel {
    /// The delay that is acceptable.
    pub target: Span,
    /// Over how long the shortest delay is taken.
    pub interval: Span,
}

/// The shortest delay of the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollyCodelState {
    interval_end: SimTime,
    min_delay: Span,
    reset: bool,
    overloaded: bool,
}

impl FollyCodelState {
    /// Whether the last whole interval was late.
    pub const fn is_overloaded(&self) -> bool {
        self.overloaded
    }
}

impl FollyCodel {
    /// folly's defaults.
    pub const DEFAULT: FollyCodel = FollyCodel {
        target: Span::from_millis(5),
        interval: Span::from_millis(100),
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.target > Span::ZERO, "target is above zero (default 5ms)")?;
        require(
            self.interval > self.target,
            "interval is longer than target (default 100ms)",
        )
    }

    /// A queue that is created at `now`.
    pub const fn start(&self, now: SimTime) -> FollyCodelState {
        FollyCodelState {
            interval_end: now,
            min_delay: Span::ZERO,
            reset: true,
            overloaded: false,
        }
    }

    /// A call that waited for `delay` comes out at `now`.
    #[inline]
    pub fn on_dequeue(&self, state: &mut FollyCodelState, now: SimTime, delay: Span) -> Verdict {
        if now > state.interval_end && !state.reset {
            state.interval_end = now + self.interval;
            state.overloaded = state.min_delay > self.target;
            state.reset = true;
        }
        if state.reset {
            state.reset = false;
            state.min_delay = delay;
            return Verdict::Keep;
        }
        state.min_delay = state.min_delay.min(delay);
        if state.overloaded && delay > self.slough() {
            Verdict::Drop
        } else {
            Verdict::Keep
        }
    }

    /// How loaded the queue is: the shortest delay as a share of `2 target`, in whole hundredths, at most 1.
    pub fn load(&self, state: &FollyCodelState) -> Factor {
        let percent = u128::from(state.min_delay.nanos()) * 100 / u128::from(self.slough().nanos());
        Factor(percent.min(100) as u64 * 10_000)
    }

    fn slough(&self) -> Span {
        self.target + self.target
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn play(looks: &[(u64, u64)]) -> (Vec<&'static str>, FollyCodelState) {
        let codel = FollyCodel::DEFAULT;
        assert_eq!(codel.check(), Ok(()));
        let mut state = codel.start(at(0));
        let said = looks
            .iter()
            .map(
                |&(t, d)| match codel.on_dequeue(&mut state, at(t), Span::from_millis(d)) {
                    Verdict::Keep => "keep",
                    Verdict::Drop => "DROP",
                },
            )
            .collect();
        (said, state)
    }

    #[test]
    fn ls_1_folly() {
        let (said, _) = play(&[
            (0, 20),
            (50, 20),
            (101, 20),
            (102, 8),
            (103, 11),
            (104, 10),
            (150, 30),
            (250, 30),
            (251, 30),
        ]);
        let expected = ["keep", "keep", "DROP", "keep", "DROP", "keep", "DROP", "keep", "DROP"];
        assert_eq!(said, expected);
    }

    #[test]
    fn ls_2_folly() {
        let looks = [
            (0, 20),
            (50, 3),
            (101, 20),
            (150, 20),
            (202, 20),
            (304, 50),
            (305, 50),
            (405, 50),
            (406, 50),
        ];
        let (said, _) = play(&looks);
        // The vector was noted down with "keep" for the call of 305, against the rule it shows: the shortest delay of the
        // interval that ended before 304 was the 20 of 202, so the next one is overloaded. folly's code drops it as well.
        let expected = ["keep", "keep", "DROP", "DROP", "keep", "keep", "DROP", "keep", "DROP"];
        assert_eq!(said, expected);
        let (_, state) = play(&looks[..5]);
        assert!(!state.is_overloaded(), "the shortest was 3");
    }

    #[test]
    fn overload_and_drop_are_strict() {
        // A shortest delay of exactly the target is no overload.
        let (said, state) = play(&[(0, 5), (1, 5), (102, 50), (103, 50)]);
        assert_eq!(said, ["keep"; 4]);
        assert!(!state.is_overloaded());
        // In overload a delay of exactly twice the target is kept.
        let (said, _) = play(&[(0, 6), (1, 6), (2, 10), (3, 11)]);
        assert_eq!(said, ["keep", "keep", "keep", "DROP"]);
    }

    #[test]
    fn the_first_call_of_an_interval_is_kept_however_late() {
        let (said, _) = play(&[(0, 50), (1, 50), (2, 50), (102, 50), (103, 50)]);
        assert_eq!(said, ["keep", "keep", "DROP", "keep", "DROP"]);
    }

    #[test]
    fn load_is_the_shortest_delay_over_twice_the_target() {
        let load = |delay_us| {
            let codel = FollyCodel::DEFAULT;
            let mut state = codel.start(at(0));
            codel.on_dequeue(&mut state, at(0), Span::from_micros(delay_us));
            codel.load(&state)
        };
        assert_eq!(load(0), Factor(0));
        assert_eq!(load(2_599), Factor(250_000));
        assert_eq!(load(10_000), Factor::ONE);
        assert_eq!(load(99_000), Factor::ONE);
    }

    proptest! {
        #[test]
        fn only_what_waited_for_more_than_twice_the_target_is_dropped(
            looks in prop::collection::vec((0u64..80, 0u64..30), 1..300),
        ) {
            let codel = FollyCodel::DEFAULT;
            let mut state = codel.start(at(0));
            let (mut now, mut kept_first) = (0, 0);
            for (gap, delay) in looks {
                now += gap;
                let verdict = codel.on_dequeue(&mut state, at(now), Span::from_millis(delay));
                if verdict == Verdict::Drop {
                    prop_assert!(delay > 10 && state.is_overloaded() && kept_first > 0);
                } else {
                    kept_first += 1;
                }
            }
        }
    }
}
