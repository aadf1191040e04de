//! Slow start: a replica that has just come gets less than its share, and more from moment to moment.
//!
//! Sources: Envoy, `SlowStartConfig` and `EdfLoadBalancerBase::applySlowStartFactor`; HAProxy 3, `slowstart` and
//! `server_recalc_eweight`.

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::Span;

/// Settings of slow start: by which factor the weight of a young replica is lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowStart {
    /// Envoy: `max(min_weight_percent, (max(1 s, age) / slow_start_window)^(1 / aggression))`.
    Envoy {
        /// `slow_start_window`: how long it takes; Envoy has no default.
        window: Span,
        /// `aggression`: 1 is linear; more begins faster.
        aggression: Factor,
        /// `min_weight_percent`, as a share.
        min_weight: Factor,
    },
    /// HAProxy: linear in whole seconds, in sixteenths of the weight. It applies only to a server that was down before, and
    /// is computed at each health check; both are up to whoever says how old a replica is.
    Haproxy {
        /// `slowstart`: how long it takes.
        slowstart: Span,
    },
}

const SECOND: u64 = 1_000_000_000;

/// HAProxy's `BE_WEIGHT_SCALE`.
const STEPS: u64 = 16;

impl SlowStart {
    /// Envoy's with its defaults: linear, and no less than a tenth.
    pub const fn envoy(window: Span) -> SlowStart {
        SlowStart::Envoy {
            window,
            aggression: Factor::ONE,
            min_weight: Factor(100_000),
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            SlowStart::Envoy {
                window,
                aggression,
                min_weight,
            } => {
                require(
                    *window > Span::ZERO,
                    "slow_start_window is longer than 0; it has no default",
                )?;
                require(aggression.0 > 0, "aggression is above 0; the default is 1")?;
                require(
                    *min_weight <= Factor::ONE,
                    "min_weight_percent is between 0 and 100 %; the default is 10 %",
                )
            }
            SlowStart::Haproxy { slowstart } => require(
                slowstart.nanos() >= SECOND,
                "HAProxy's slowstart is at least 1s, in whole seconds; it has no default",
            ),
        }
    }

    /// The share of its weight that a replica of this age has.
    pub fn factor(&self, age: Span) -> f64 {
        match self {
            SlowStart::Envoy {
                window,
                aggression,
                min_weight,
            } => {
                if age >= *window {
                    return 1.0;
                }
                let age = age.max(Span::from_nanos(SECOND));
                let passed = age.nanos() as f64 / window.nanos() as f64;
                let share = if *aggression == Factor::ONE {
                    passed
                } else {
                    libm::pow(passed, 1.0 / aggression.as_f64())
                };
                share.max(min_weight.as_f64()).min(1.0)
            }
            SlowStart::Haproxy { slowstart } => {
                let (age, window) = (age.nanos() / SECOND, slowstart.nanos().div_ceil(SECOND));
                if age >= window {
                    return 1.0;
                }
                ((STEPS * age + window) / window) as f64 / STEPS as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envoy(aggression: u64) -> SlowStart {
        SlowStart::Envoy {
            window: Span::from_secs(60),
            aggression: Factor(aggression),
            min_weight: Factor(100_000),
        }
    }

    #[test]
    fn lb_9_envoy_warms_up_by_age_and_aggression() {
        let at = |aggression, age| envoy(aggression).factor(Span::from_secs(age));
        assert_eq!(at(1_000_000, 3), 0.1);
        assert_eq!(at(1_000_000, 30), 0.5);
        assert!((at(1_000_000, 59) - 0.9833).abs() < 5e-5);
        assert!((at(2_000_000, 15) - 0.5).abs() < 1e-12);
        assert_eq!(at(500_000, 15), 0.1, "0.0625, were there no floor");
        assert_eq!(at(1_000_000, 0), 0.1);
        assert_eq!(at(1_000_000, 60), 1.0);
        assert_eq!(SlowStart::envoy(Span::from_secs(60)), envoy(1_000_000));
    }

    #[test]
    fn an_age_below_a_second_counts_as_one() {
        let ten = SlowStart::Envoy {
            window: Span::from_secs(10),
            aggression: Factor::ONE,
            min_weight: Factor(0),
        };
        assert_eq!(ten.factor(Span::ZERO), 0.1);
        assert_eq!(ten.factor(Span::from_millis(999)), 0.1);
        assert_eq!(
            SlowStart::envoy(Span::from_millis(500)).factor(Span::from_millis(499)),
            1.0
        );
    }

    #[test]
    fn haproxy_gains_a_sixteenth_at_a_time() {
        let slow = SlowStart::Haproxy {
            slowstart: Span::from_secs(20),
        };
        let sixteenths = [0, 1, 2, 5, 10, 19, 20].map(|age| slow.factor(Span::from_secs(age)) * 16.0);
        assert_eq!(sixteenths, [1.0, 1.0, 2.0, 5.0, 9.0, 16.0, 16.0]);
        assert_eq!(slow.factor(Span::from_millis(1_999)), slow.factor(Span::from_secs(1)));
    }

    #[test]
    fn a_warming_replica_never_loses_weight() {
        for slow in [
            envoy(1_000_000),
            envoy(300_000),
            envoy(4_000_000),
            SlowStart::Haproxy {
                slowstart: Span::from_secs(7),
            },
        ] {
            assert_eq!(slow.check(), Ok(()));
            let factors: Vec<f64> = (0..700)
                .map(|tenth| slow.factor(Span::from_millis(tenth * 100)))
                .collect();
            assert!(
                factors.is_sorted() && factors[0] > 0.0 && factors[699] == 1.0,
                "{slow:?}"
            );
        }
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let slow = |window, aggression, min_weight| SlowStart::Envoy {
            window,
            aggression: Factor(aggression),
            min_weight: Factor(min_weight),
        };
        for (bad, word) in [
            (slow(Span::ZERO, 1, 0), "slow_start_window"),
            (slow(Span::from_secs(1), 0, 0), "aggression"),
            (slow(Span::from_secs(1), 1, 1_000_001), "min_weight_percent"),
        ] {
            assert!(bad.check().unwrap_err().0.starts_with(word));
        }
        let tiny = SlowStart::Haproxy {
            slowstart: Span::from_millis(999),
        };
        assert!(tiny.check().is_err());
    }
}
