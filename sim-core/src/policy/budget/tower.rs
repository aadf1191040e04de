//! tower's `TpsBudget`, which linkerd shares: Finagle's idea with coarser amounts and another way to forget.
//!
//! Up to one retry per call, a call deposits 1 and a retry costs `trunc(1 / percent)`: 30 % costs 3 (33 %), and everything above
//! 50 % costs 1 (100 %). Above one retry per call, 1000 and `trunc(1000 / percent)`. The reserve is as Finagle's.
//!
//! Ten slots of `ttl / 10` beside the writer. The slot that becomes current keeps its old value in the sum until it is
//! overwritten, so a deposit lives up to eleven widths.
//!
//! Source: tower 0.5, `retry/budget/tps_budget.rs` (defaults 10 s, 10/s, 20 %).

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

/// Settings of tower's `TpsBudget`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tower {
    /// How long a deposit or withdrawal counts: 1 s to 60 s.
    pub ttl: Span,
    /// Retries per second that are allowed without traffic.
    pub min_per_second: u32,
    /// Retries per call: 0 to 1000.
    pub percent: Factor,
}

const SLOTS: usize = 10;

/// Deposits less withdrawals of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    slots: [i64; SLOTS],
    current: u8,
    writer: i64,
    since: SimTime,
}

impl Window {
    fn expire(&mut self, width: Span, now: SimTime) {
        let passed = now.since(self.since);
        if passed < width {
            return;
        }
        self.slots[usize::from(self.current)] = self.writer;
        self.writer = 0;
        // A step for each whole width strictly beyond the first.
        let steps = passed.nanos().div_ceil(width.nanos()) - 1;
        let first = usize::from(self.current) + 1;
        for slot in first..first + steps.min(SLOTS as u64) as usize {
            self.slots[slot % SLOTS] = 0;
        }
        self.current = ((first as u64 + steps) % SLOTS as u64) as u8;
        self.since = now;
    }

    fn sum(&self) -> i64 {
        self.slots.iter().sum::<i64>() + self.writer
    }
}

impl Tower {
    /// tower's defaults.
    pub const DEFAULT: Tower = Tower {
        ttl: Span::from_secs(10),
        min_per_second: 10,
        percent: Factor(200_000),
    };

    fn width(&self) -> Span {
        Span::from_nanos(self.ttl.nanos() / SLOTS as u64)
    }

    /// What a call deposits and a retry costs.
    const fn amounts(&self) -> (i64, i64) {
        match self.percent.0 {
            0 => (0, 1),
            percent if percent <= 1_000_000 => (1, (1_000_000 / percent) as i64),
            percent => (1_000, (1_000_000_000 / percent) as i64),
        }
    }

    #[inline]
    pub(super) fn deposit(&self, window: &mut Window, now: SimTime) {
        window.expire(self.width(), now);
        window.writer += self.amounts().0;
    }

    #[inline]
    pub(super) fn withdraw(&self, window: &mut Window, now: SimTime) -> bool {
        window.expire(self.width(), now);
        let (_, cost) = self.amounts();
        let seconds = (self.ttl.nanos() / 1_000_000_000) as i64;
        let reserve = i64::from(self.min_per_second) * seconds * cost;
        let allowed = window.sum() + reserve >= cost;
        if allowed {
            window.writer -= cost;
        }
        allowed
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let ttl = self.ttl >= Span::from_secs(1) && self.ttl <= Span::from_secs(60);
        require(ttl, "tower's ttl is between 1s and 60s; the default is 10s")?;
        require(
            self.percent.0 <= 1_000_000_000,
            "tower's percent is between 0 and 1000 retries per call; the default is 0.2",
        )
    }
}
