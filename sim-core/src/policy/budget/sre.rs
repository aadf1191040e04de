//! The budget of Google's SRE book: at most three attempts per request, and only while few of a client's requests are retries.
//!
//! A retry is allowed while `retries / requests` of late is below the ratio, requests being everything that was sent, retries
//! included: load then grows to at most `1 / (1 - ratio)`, 1.1 times for 10 %. Optionally a process makes at most so many
//! retries a minute (aligned to the clock), and fails beyond.
//!
//! "Of late" is a sliding window in tenths: the book counts the last two minutes where it throttles clients. `None` counts the
//! client's whole life, in which quiet hours save up a storm.
//!
//! Source: Google SRE book (2016), ch. 21, "Deciding to retry", and ch. 22, "Retries".

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

/// Settings of the SRE book's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sre {
    /// Retries per request sent that are not reached.
    pub ratio: Factor,
    /// Attempts per request, the first included.
    pub attempts: u32,
    /// How far back counts; `None` is for ever.
    pub window: Option<Span>,
    /// Retries per clock minute; `None` is any number.
    pub per_minute: Option<u32>,
}

const SLICES: usize = 10;
const MINUTE: u64 = 60_000_000_000;

/// Requests and retries of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    slices: [(u32, u32); SLICES],
    pub(super) requests: u64,
    pub(super) retries: u64,
    /// The number of the newest slice since the run began.
    slice: u64,
    minute: u64,
    this_minute: u32,
}

impl Counts {
    fn expire(&mut self, window: Option<Span>, now: SimTime) {
        let Some(window) = window else { return };
        let slice = now.nanos() / (window.nanos() / SLICES as u64);
        for old in self.slice + 1..=slice.min(self.slice + SLICES as u64) {
            let (requests, retries) = core::mem::take(&mut self.slices[(old % SLICES as u64) as usize]);
            self.requests -= u64::from(requests);
            self.retries -= u64::from(retries);
        }
        self.slice = slice;
    }

    fn count(&mut self, windowed: bool, retry: bool) {
        self.requests += 1;
        self.retries += u64::from(retry);
        if windowed {
            let slice = &mut self.slices[(self.slice % SLICES as u64) as usize];
            slice.0 += 1;
            slice.1 += u32::from(retry);
        }
    }
}

impl Sre {
    /// The book's numbers, over two minutes.
    pub const DEFAULT: Sre = Sre {
        ratio: Factor(100_000),
        attempts: 3,
        window: Some(Span::from_secs(120)),
        per_minute: None,
    };

    #[inline]
    pub(super) fn on_call(&self, counts: &mut Counts, now: SimTime) {
        counts.expire(self.window, now);
        counts.count(self.window.is_some(), false);
    }

    #[inline]
    pub(super) fn take(&self, counts: &mut Counts, now: SimTime, attempts: u32) -> bool {
        if attempts >= self.attempts {
            return false;
        }
        counts.expire(self.window, now);
        let (retries, requests) = (u128::from(counts.retries), u128::from(counts.requests));
        if retries * u128::from(Factor::ONE.0) >= requests * u128::from(self.ratio.0) {
            return false;
        }
        if let Some(limit) = self.per_minute {
            let minute = now.nanos() / MINUTE;
            if minute != counts.minute {
                (counts.minute, counts.this_minute) = (minute, 0);
            }
            if counts.this_minute >= limit {
                return false;
            }
            counts.this_minute += 1;
        }
        counts.count(self.window.is_some(), true);
        true
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.attempts >= 1,
            "attempts count the first one: at least 1; the default is 3",
        )?;
        let wide = self.window.is_none_or(|it| it >= Span::from_millis(10));
        require(wide, "the window of an SRE budget is at least 10ms; the default is 2m")
    }
}
