//! Finagle's `RetryBudget`: a sliding window of deposits and withdrawals over a reserve.
//!
//! Each call deposits 1000, a retry costs `trunc(1000 / percent)`; it is allowed while deposits less withdrawals of the last
//! `ttl`, plus a reserve of `min_per_second · ttl` retries, cover it. The reserve is for the whole window: without traffic,
//! all of it can be spent at once and comes back when those debits expire.
//!
//! The window is a writer and nine old slices of `ttl / 10`. Slices end when somebody looks, not on a grid; a look after a
//! long silence can therefore forget up to a slice more than one that came step by step.
//!
//! Source: `com.twitter.finagle.service.RetryBudget` and `com.twitter.util.WindowedAdder` (2024; defaults 10 s, 10/s, 20 %).

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

/// Settings of Finagle's `RetryBudget`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finagle {
    /// How long a deposit or withdrawal counts: 1 s to 60 s.
    pub ttl: Span,
    /// Retries per second that are allowed without traffic.
    pub min_per_second: u32,
    /// Retries per call: 0 to 1000 (so 20 % is 0.2).
    pub percent: Factor,
}

/// Old slices beside the writer.
const OLD: usize = 9;

/// Deposits less withdrawals of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    old: [i64; OLD],
    next: u8,
    writer: i64,
    since: SimTime,
}

impl Window {
    fn expire(&mut self, width: Span, now: SimTime) {
        let passed = now.since(self.since);
        if passed < width {
            return;
        }
        self.old[usize::from(self.next)] = self.writer;
        self.writer = 0;
        let skipped = (passed.nanos() / width.nanos() - 1).min(OLD as u64) as usize;
        let first = usize::from(self.next) + 1;
        for slice in first..first + skipped {
            self.old[slice % OLD] = 0;
        }
        self.next = ((first + skipped) % OLD) as u8;
        self.since = now;
    }

    fn sum(&self) -> i64 {
        self.old.iter().sum::<i64>() + self.writer
    }
}

impl Finagle {
    /// Finagle's defaults.
    pub const DEFAULT: Finagle = Finagle {
        ttl: Span::from_secs(10),
        min_per_second: 10,
        percent: Factor(200_000),
    };

    fn width(&self) -> Span {
        Span::from_nanos(self.ttl.nanos() / 10)
    }

    /// What a call deposits.
    const fn amount(&self) -> i64 {
        if self.percent.0 == 0 { 0 } else { 1_000 }
    }

    /// What a retry costs: `trunc(1000 / percent)`.
    const fn cost(&self) -> i64 {
        match 1_000_000_000_u64.checked_div(self.percent.0) {
            Some(cost) => cost as i64,
            None => 1,
        }
    }

    fn reserve(&self) -> i64 {
        let seconds = (self.ttl.nanos() / 1_000_000_000) as i64;
        i64::from(self.min_per_second) * seconds * self.cost()
    }

    #[inline]
    pub(super) fn deposit(&self, window: &mut Window, now: SimTime) {
        window.expire(self.width(), now);
        window.writer += self.amount();
    }

    #[inline]
    pub(super) fn withdraw(&self, window: &mut Window, now: SimTime) -> bool {
        if self.percent.0 == 0 && self.min_per_second == 0 {
            return false;
        }
        window.expire(self.width(), now);
        let allowed = window.sum() + self.reserve() >= self.cost();
        if allowed {
            window.writer -= self.cost();
        }
        allowed
    }

    /// How many retries are covered at `now`.
    pub fn balance(&self, window: &mut Window, now: SimTime) -> i64 {
        window.expire(self.width(), now);
        (window.sum() + self.reserve()) / self.cost()
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let ttl = self.ttl >= Span::from_secs(1) && self.ttl <= Span::from_secs(60);
        require(ttl, "Finagle's ttl is between 1s and 60s; the default is 10s")?;
        require(
            self.percent.0 <= 1_000_000_000,
            "Finagle's percent is between 0 and 1000 retries per call; the default is 0.2",
        )
    }
}
