//! resilience4j's `RateLimiter`: permits for each cycle, and reservations in cycles to come.
//!
//! Cycles begin when the limiter is created. Each brings `limit_for_period` permits, and unused ones never exceed one cycle's
//! worth. A call that finds too few waits for the cycle that will have them, provided that this is at most `timeout_duration`
//! away; then its permits are taken now, so that the balance goes below zero and the next call sees a longer wait. A call that
//! would have to wait longer takes nothing.
//!
//! Source: resilience4j 2, `AtomicRateLimiter` and `RateLimiterConfig` (defaults: 50 per 500 ns, 5 s).

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of resilience4j's `RateLimiter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resilience4j {
    /// Permits in each cycle; at least 1.
    pub limit_for_period: u32,
    /// The length of a cycle; at least 1 ns.
    pub limit_refresh_period: Span,
    /// The longest wait for a permit.
    pub timeout_duration: Span,
}

/// What is left of the current cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycles {
    origin: SimTime,
    cycle: u64,
    /// Negative when permits of later cycles are reserved.
    permits: i64,
}

impl Cycles {
    /// The permits that are left; negative when permits of later cycles are reserved.
    pub const fn permits(&self) -> i64 {
        self.permits
    }
}

impl Resilience4j {
    /// resilience4j's defaults.
    pub const DEFAULT: Resilience4j = Resilience4j {
        limit_for_period: 50,
        limit_refresh_period: Span::from_nanos(500),
        timeout_duration: Span::from_secs(5),
    };

    pub(super) fn start(&self, now: SimTime) -> Cycles {
        Cycles {
            origin: now,
            cycle: 0,
            permits: i64::from(self.limit_for_period),
        }
    }

    #[inline]
    pub(super) fn ask(&self, cycles: &mut Cycles, now: SimTime, permits: u32) -> Answer {
        let (period, limit) = (self.limit_refresh_period.nanos(), i64::from(self.limit_for_period));
        let age = now.since(cycles.origin).nanos();
        let cycle = age / period;
        let refilled = i128::from(cycle - cycles.cycle) * i128::from(limit) + i128::from(cycles.permits);
        // At most the limit, and never less than it was.
        cycles.permits = refilled.min(i128::from(limit)) as i64;
        cycles.cycle = cycle;

        let missing = i64::from(permits) - cycles.permits;
        if missing <= 0 {
            cycles.permits -= i64::from(permits);
            return Answer::Admitted;
        }
        let to_next = Span::from_nanos(period - age % period);
        // The next cycle brings one limit; for what it does not cover, whole cycles more.
        let cycles_more = (missing - limit).max(0).unsigned_abs().div_ceil(limit.unsigned_abs());
        let wait = self.limit_refresh_period.scale(cycles_more, 1) + to_next;
        if wait > self.timeout_duration {
            return Answer::Refused;
        }
        cycles.permits -= i64::from(permits);
        Answer::Wait(wait)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.limit_for_period >= 1,
            "limit_for_period is at least 1 (default 50)",
        )?;
        require(
            self.limit_refresh_period >= Span::from_nanos(1),
            "limit_refresh_period is at least 1ns (default 500ns)",
        )
    }
}
