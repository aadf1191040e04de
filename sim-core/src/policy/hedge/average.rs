//! A hedge's delay by average: as long as calls take, times a factor or plus a time.
//!
//! As resilience4j: the mean of the last 100 first copies, errors too unless said otherwise, and at least 1 ms; 1 ms, too, while
//! there are none.
//!
//! Source: resilience4j, `AverageDurationSupplier` and `HedgeConfig`.

use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::Span;

/// Settings of a delay by average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Average {
    /// `factor` as a percentage of the mean; 1 leaves it.
    pub times: Factor,
    /// `factor` as milliseconds to add.
    pub plus: Span,
    /// `shouldMeasureErrors`.
    pub measure_errors: bool,
    /// `windowSize`: how many calls are averaged.
    pub window_size: u32,
}

/// The last calls, and their sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    took: Vec<u64>,
    oldest: usize,
    sum: u128,
}

impl Average {
    /// resilience4j's `AVERAGE`, with so much times the mean.
    pub const fn times(times: Factor) -> Average {
        Average {
            times,
            plus: Span::ZERO,
            measure_errors: true,
            window_size: 100,
        }
    }

    /// resilience4j's `AVERAGE`, with so much more than the mean.
    pub const fn plus(plus: Span) -> Average {
        Average {
            plus,
            ..Average::times(Factor::ONE)
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.window_size >= 1 && self.window_size <= 100_000,
            "window_size is between 1 and 100000; the default is 100",
        )
    }

    pub(super) fn start(&self) -> Last {
        Last {
            took: Vec::with_capacity(self.window_size as usize),
            oldest: 0,
            sum: 0,
        }
    }

    pub(super) fn next(&self, last: &Last) -> Span {
        let calls = last.took.len() as u128;
        let mean = last.sum.checked_div(calls).unwrap_or(0) as u64;
        let scaled = Span::from_nanos(mean).scale(self.times.0, Factor::ONE.0);
        (scaled + self.plus).max(Span::from_millis(1))
    }

    pub(super) fn record(&self, last: &mut Last, copy: u32, outcome: Outcome, took: Span) {
        let counts = outcome != Outcome::Cancelled && (self.measure_errors || !outcome.is_failure());
        if copy != 0 || !counts {
            return;
        }
        if last.took.len() < self.window_size as usize {
            last.took.push(took.nanos());
        } else {
            let old = core::mem::replace(&mut last.took[last.oldest], took.nanos());
            last.sum -= u128::from(old);
            last.oldest = (last.oldest + 1) % last.took.len();
        }
        last.sum += u128::from(took.nanos());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Span {
        Span::from_millis(ms)
    }

    #[test]
    fn an_average_is_of_the_last_first_copies() {
        let average = Average {
            window_size: 2,
            ..Average::times(Factor(1_500_000))
        };
        let mut state = average.start();
        let mut after = |copy, outcome, took| {
            average.record(&mut state, copy, outcome, ms(took));
            average.next(&state)
        };
        assert_eq!(after(1, Outcome::Ok, 500), ms(1));
        assert_eq!(after(0, Outcome::Ok, 100), ms(150));
        assert_eq!(after(0, Outcome::Error, 300), ms(300));
        assert_eq!(after(0, Outcome::Cancelled, 900), ms(300));
        assert_eq!(after(0, Outcome::Ok, 500), ms(600));
        let plus = Average {
            measure_errors: false,
            ..Average::plus(ms(20))
        };
        let mut state = plus.start();
        plus.record(&mut state, 0, Outcome::Error, ms(900));
        assert_eq!(plus.next(&state), ms(20));
        plus.record(&mut state, 0, Outcome::Ok, ms(30));
        assert_eq!(plus.next(&state), ms(50));
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let none = Average {
            window_size: 0,
            ..Average::plus(Span::ZERO)
        };
        assert!(none.check().unwrap_err().0.starts_with("window_size"));
    }
}
