//! A third party's quota: so many calls per period, and a rejection with "try again in" for the rest.
//!
//! Two forms are common. A *fixed window* counts calls per aligned period (clock minutes, say) and starts again at zero: up
//! to twice the limit can pass around a boundary. A *token bucket* refills steadily and lets a burst through at once.
//! Rejected calls use nothing up.
//!
//! Sources: RFC 6585 section 4 (status 429 and `Retry-After`); J. Turner, "New directions in communications", IEEE
//! Communications Magazine 24(10), 1986 (leaky bucket as a meter).

use core::fmt;

use crate::time::{SimTime, Span};

/// How many calls a third party takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// At most `limit` calls in each period; periods begin at multiples of `period`.
    Window {
        /// Calls per period.
        limit: u64,
        /// Length of a period; not zero.
        period: Span,
    },
    /// A bucket of `burst` tokens, full at the start, that gains `rate` tokens per `period`, steadily.
    Tokens {
        /// Tokens gained in each period.
        rate: u64,
        /// What the rate is per; not zero.
        period: Span,
        /// Most tokens held; at least 1, or no call ever passes.
        burst: u32,
    },
}

/// What a quota says to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Served.
    Allowed,
    /// Refused.
    Rejected {
        /// When a call would pass if nobody else called until then; [`Span::MAX`] if never.
        retry_after: Span,
    },
}

/// What has been used of a [`Quota`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct QuotaState {
    /// Calls of the current window, or tokens times the period in nanoseconds: an exact integer whatever the rate.
    level: u128,
    /// Number of the current window, or the instant up to which tokens have been added, in nanoseconds.
    at: u64,
}

impl fmt::Debug for QuotaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuotaState({} at {})", self.level, self.at)
    }
}

impl Quota {
    /// Nothing used yet. Panics if the period is zero.
    pub fn start(&self) -> QuotaState {
        match *self {
            Quota::Window { period, .. } => {
                assert!(period > Span::ZERO, "a quota's period is not zero");
                QuotaState { level: 0, at: 0 }
            }
            Quota::Tokens { period, burst, .. } => {
                assert!(period > Span::ZERO, "a quota's period is not zero");
                QuotaState {
                    level: u128::from(burst) * u128::from(period.nanos()),
                    at: 0,
                }
            }
        }
    }

    /// A call arrives at `now`. Calls come in the order of time.
    #[inline]
    pub fn admit(&self, state: &mut QuotaState, now: SimTime) -> Answer {
        match *self {
            Quota::Window { limit, period } => {
                let window = now.nanos() / period.nanos();
                if window != state.at {
                    *state = QuotaState { level: 0, at: window };
                }
                if state.level < u128::from(limit) {
                    state.level += 1;
                    return Answer::Allowed;
                }
                let into = now.nanos() % period.nanos();
                let retry_after = if limit == 0 {
                    Span::MAX
                } else {
                    Span::from_nanos(period.nanos() - into)
                };
                Answer::Rejected { retry_after }
            }
            Quota::Tokens { rate, period, burst } => {
                let token = u128::from(period.nanos());
                let gained = u128::from(now.nanos() - state.at) * u128::from(rate);
                state.level = state.level.saturating_add(gained).min(u128::from(burst) * token);
                state.at = now.nanos();
                if state.level >= token {
                    state.level -= token;
                    return Answer::Allowed;
                }
                if rate == 0 || burst == 0 {
                    return Answer::Rejected { retry_after: Span::MAX };
                }
                let wait = (token - state.level).div_ceil(u128::from(rate));
                Answer::Rejected {
                    retry_after: Span::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn play(quota: Quota, arrivals_ms: &[u64]) -> Vec<Option<u64>> {
        let mut state = quota.start();
        arrivals_ms
            .iter()
            .map(|&ms| match quota.admit(&mut state, at(ms)) {
                Answer::Allowed => None,
                Answer::Rejected { retry_after } => Some(retry_after.nanos() / 1_000_000),
            })
            .collect()
    }

    #[test]
    fn a_fixed_window_starts_again_at_each_multiple_of_its_period() {
        let quota = Quota::Window {
            limit: 2,
            period: Span::from_secs(1),
        };
        let answers = play(quota, &[900, 950, 999, 1_000, 1_001, 1_002, 3_500]);
        assert_eq!(answers, [None, None, Some(1), None, None, Some(998), None]);
    }

    #[test]
    fn tokens_refill_steadily_and_burst_at_most_what_the_bucket_holds() {
        let quota = Quota::Tokens {
            rate: 10,
            period: Span::from_secs(1),
            burst: 3,
        };
        let answers = play(quota, &[0, 0, 0, 0, 50, 100, 100, 10_000, 10_000, 10_000, 10_000]);
        assert_eq!(
            answers,
            [
                None,
                None,
                None,
                Some(100),
                Some(50),
                None,
                Some(100),
                None,
                None,
                None,
                Some(100)
            ]
        );
    }

    #[test]
    fn a_quota_of_nothing_never_lets_a_call_through() {
        for quota in [
            Quota::Window {
                limit: 0,
                period: Span::from_secs(1),
            },
            Quota::Tokens {
                rate: 0,
                period: Span::from_secs(1),
                burst: 0,
            },
            Quota::Tokens {
                rate: 5,
                period: Span::from_secs(1),
                burst: 0,
            },
        ] {
            let mut state = quota.start();
            assert_eq!(
                quota.admit(&mut state, at(7)),
                Answer::Rejected { retry_after: Span::MAX },
                "{quota:?}"
            );
        }
    }

    #[test]
    fn a_rate_that_divides_nothing_loses_no_fraction() {
        // 7 tokens per 3 ns: over 3,000,000 ns exactly 7,000,000 tokens flow in, less one below a full token at the end.
        let quota = Quota::Tokens {
            rate: 7,
            period: Span::from_nanos(3),
            burst: 10,
        };
        let mut state = quota.start();
        for ns in 0..30_000 {
            for _ in 0..3 {
                quota.admit(&mut state, SimTime::from_nanos(ns));
            }
        }
        // Three calls a nanosecond want more than 7/3 tokens a nanosecond: all that flows in is used.
        assert!(state.level < 3);
    }

    proptest! {
        #[test]
        fn a_call_after_the_wait_it_was_told_passes(
            window in any::<bool>(), limit in 1u32..5, period in 1u64..1_000, rate in 1u64..50, gaps in prop::collection::vec(0u64..300, 1..60),
        ) {
            let period = Span::from_nanos(period);
            let quota = if window {
                Quota::Window { limit: u64::from(limit), period }
            } else {
                Quota::Tokens { rate, period, burst: limit }
            };
            let mut state = quota.start();
            let mut now = SimTime::ZERO;
            for gap in gaps {
                now = now + Span::from_nanos(gap);
                if let Answer::Rejected { retry_after } = quota.admit(&mut state, now) {
                    prop_assert!(retry_after > Span::ZERO);
                    let mut later = state;
                    prop_assert_eq!(quota.admit(&mut later, now + retry_after), Answer::Allowed);
                    let mut early = state;
                    let just_before = now + (retry_after - Span::from_nanos(1));
                    prop_assert_ne!(quota.admit(&mut early, just_before), Answer::Allowed);
                }
            }
        }
    }
}
