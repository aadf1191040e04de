//! RED, random early drop: the longer the average queue, the likelier a newcomer is refused, before the queue is full.
//!
//! At each arrival the average moves by `weight` towards the queue length. Below `min` nothing is refused, from `max` on
//! everything, and in between the probability rises in a straight line to `max_probability`. Drops are spread at random over
//! callers, so they do not all come back at once.
//!
//! Simpler than the original: it neither ages the average over idle time nor spaces drops evenly by counting calls since the
//! last one. One draw each arrival.
//!
//! Source: S. Floyd, V. Jacobson, "Random early detection gateways for congestion avoidance", IEEE/ACM Trans. Networking 1(4),
//! 1993.

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;

/// Settings of RED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Red {
    /// Average queue length below which nothing is refused.
    pub min: u32,
    /// Average queue length from which everything is refused; above `min`.
    pub max: u32,
    /// The probability just below `max`: a share from 0 to 1.
    pub max_probability: Factor,
    /// How much of the difference the average moves at each arrival: above 0 to 1.
    pub weight: Factor,
}

/// The average queue length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RedState {
    average: f64,
}

impl RedState {
    /// The average queue length.
    pub const fn average(&self) -> f64 {
        self.average
    }
}

impl Red {
    /// The numbers of the paper's simulations, which count packets: 5 and 15, 2 %, and a weight of 0.002.
    pub const DEFAULT: Red = Red {
        min: 5,
        max: 15,
        max_probability: Factor(20_000),
        weight: Factor(2_000),
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.min < self.max, "min is below max (defaults 5 and 15)")?;
        require(
            self.max_probability <= Factor::ONE,
            "max_probability is from 0% to 100% (default 2%)",
        )?;
        let weight = self.weight.0 > 0 && self.weight <= Factor::ONE;
        require(weight, "weight is above 0 and at most 1 (default 0.002)")
    }

    /// The chance that a newcomer is refused at this average queue length.
    pub fn probability(&self, average: f64) -> f64 {
        let (min, max) = (f64::from(self.min), f64::from(self.max));
        if average < min {
            0.0
        } else if average >= max {
            1.0
        } else {
            self.max_probability.as_f64() * (average - min) / (max - min)
        }
    }

    /// A call arrives and finds `waiting` in the queue; `false` refuses it.
    #[inline]
    pub fn admit(&self, state: &mut RedState, waiting: u32, draw: &mut impl Draw) -> bool {
        let weight = self.weight.as_f64();
        state.average = (1.0 - weight) * state.average + weight * f64::from(waiting);
        draw.unit() >= self.probability(state.average)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::{ALMOST_ONE, Scripted};
    use proptest::prelude::*;

    const RED: Red = Red {
        min: 5,
        max: 15,
        max_probability: Factor(100_000),
        weight: Factor(500_000),
    };

    #[test]
    fn ls_7_red() {
        assert_eq!(RED.check(), Ok(()));
        assert_eq!(RED.probability(4.0), 0.0);
        assert_eq!(RED.probability(10.0), 0.05);
        assert!((RED.probability(14.0) - 0.09).abs() < 1e-15);
        assert_eq!(RED.probability(15.0), 1.0);
        assert_eq!(RED.probability(400.0), 1.0);
        let mut state = RedState { average: 4.0 };
        RED.admit(&mut state, 16, &mut Scripted::new(&[0.5]));
        assert_eq!(state.average(), 10.0);
    }

    #[test]
    fn the_bounds_belong_to_what_is_above_them() {
        assert_eq!(RED.probability(5.0), 0.0);
        assert!(RED.probability(5.1) > 0.0);
        assert!(RED.probability(14.999) < 0.1);
    }

    #[test]
    fn a_newcomer_is_refused_iff_the_draw_is_below_the_probability() {
        let half = Red {
            max_probability: Factor::ONE,
            ..RED
        };
        for (u, admitted) in [(0.0, false), (0.499, false), (0.5, true), (ALMOST_ONE, true)] {
            let mut state = RedState { average: 10.0 };
            assert_eq!(half.admit(&mut state, 10, &mut Scripted::new(&[u])), admitted, "{u}");
        }
        // Never below the minimum, always from the maximum on.
        assert!(RED.admit(&mut RedState::default(), 9, &mut Scripted::new(&[0.0])));
        assert!(!RED.admit(&mut RedState { average: 15.0 }, 15, &mut Scripted::new(&[ALMOST_ONE])));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert!(Red { min: 15, ..RED }.check().is_err());
        assert!(
            Red {
                weight: Factor(0),
                ..RED
            }
            .check()
            .is_err()
        );
        assert!(
            Red {
                max_probability: Factor(1_000_001),
                ..RED
            }
            .check()
            .is_err()
        );
        assert_eq!(Red::DEFAULT.check(), Ok(()));
    }

    proptest! {
        #[test]
        fn the_probability_grows_with_the_average(a in 0.0f64..20.0, b in 0.0f64..20.0) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(RED.probability(low) <= RED.probability(high));
            prop_assert!((0.0..=1.0).contains(&RED.probability(a)));
        }
    }
}
