//! resilience4j's interval functions: whole milliseconds, truncated at every step, so that rounding compounds.
//!
//! The interval before retry n is the initial one, multiplied n-1 times and truncated each time. Randomised, it is
//! `U[d(1-f), d(1+f)+1)`, truncated, at least 1 ms. The cap applies to what comes out.
//!
//! Source: resilience4j 2, `IntervalFunction` and `IntervalFunctionCompanion` (defaults: 500 ms, multiplier 1.5, randomisation
//! 0.5; `Retry` itself waits a fixed 500 ms).

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

const MILLISECOND: u64 = 1_000_000;

/// Settings of resilience4j's interval functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resilience4j {
    /// The first interval; at least 1 ms, fractions are dropped.
    pub initial: Span,
    /// The growth; 1 is a fixed interval.
    pub multiplier: Factor,
    /// `f`, below 1; `None` draws nothing.
    pub randomization: Option<Factor>,
    /// The longest interval; [`Span::MAX`] is none.
    pub cap: Span,
}

impl Resilience4j {
    /// What a resilience4j retry does unless told otherwise.
    pub const DEFAULT: Resilience4j = Resilience4j {
        initial: Span::from_millis(500),
        multiplier: Factor::ONE,
        randomization: None,
        cap: Span::MAX,
    };

    fn first_ms(&self) -> u64 {
        self.initial.nanos() / MILLISECOND
    }

    fn grow_ms(&self, interval_ms: u64) -> u64 {
        (interval_ms as f64 * self.multiplier.as_f64()) as u64
    }

    #[inline]
    pub(super) fn delay(&self, n: u32, memory: &mut u64, draw: &mut impl Draw) -> Span {
        let interval_ms = if n == 1 { self.first_ms() } else { self.grow_ms(*memory) };
        *memory = interval_ms;
        let drawn_ms = match self.randomization {
            None => interval_ms,
            Some(share) => {
                let (middle, spread) = (interval_ms as f64, interval_ms as f64 * share.as_f64());
                let (low, high) = (middle - spread, middle + spread);
                (low + draw.unit() * (high - low + 1.0)).max(1.0) as u64
            }
        };
        from_ms(drawn_ms).min(self.cap)
    }

    pub(super) fn bound(&self, n: u32) -> Span {
        let mut interval_ms = self.first_ms();
        if self.multiplier > Factor::ONE {
            for _ in 1..n {
                let grown = self.grow_ms(interval_ms);
                if grown <= interval_ms || from_ms(grown) == Span::MAX {
                    interval_ms = grown;
                    break;
                }
                interval_ms = grown;
            }
        }
        let share = self.randomization.map_or(0.0, Factor::as_f64);
        let extra_ms = if self.randomization.is_some() {
            interval_ms as f64 * share + 1.0
        } else {
            0.0
        };
        from_ms(interval_ms.saturating_add(extra_ms as u64)).min(self.cap)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.initial.nanos() >= MILLISECOND,
            "resilience4j's interval is at least 1ms (default 500ms)",
        )?;
        require(
            self.multiplier >= Factor::ONE,
            "resilience4j's multiplier is at least 1 (default 1.5)",
        )?;
        let share = self.randomization.is_none_or(|it| it < Factor::ONE);
        require(
            share,
            "resilience4j's randomization factor is less than 1 (default 0.5)",
        )?;
        require(
            self.cap.nanos() >= MILLISECOND,
            "resilience4j's max interval is at least 1ms",
        )
    }
}

fn from_ms(ms: u64) -> Span {
    Span::from_nanos(ms.saturating_mul(MILLISECOND))
}
