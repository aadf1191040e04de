//! Envoy's admission control: the SRE book's idea, seen from the share of successes.
//!
//! Of `n` requests *forwarded* in the window (its own refusals are not recorded), `ok` succeeded. The next one is refused with
//! probability `min(max_rejection_probability, max(0, (n - ok / sr_threshold) / (n + 1)) ^ (1 / aggression))`, compared with
//! four digits, unless fewer than `rps_threshold` requests per second came in the window.
//!
//! A request enters the window when it is answered. The window is a list of parts that begin with a request and last a second; a
//! part leaves when it is as old as the window, as somebody looks. The rate is a whole number, over the longer of the window and
//! the age of the oldest part, and is read before old parts leave. In floats, as the original; one draw for each decision above
//! the rate.
//!
//! Source: Envoy, HTTP filter `admission_control` v3, `admission_control.cc` and `thread_local_controller.cc` (2026).

use std::collections::VecDeque;

use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of Envoy's admission control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envoy {
    /// How far back counts; at least 1 s.
    pub sampling_window: Span,
    /// The share of successes below which requests are refused: 1 % to 100 %.
    pub sr_threshold: Factor,
    /// How eagerly; at least 1. More refuses more at the same share.
    pub aggression: Factor,
    /// Fewer requests per second are never refused.
    pub rps_threshold: u32,
    /// The largest probability to refuse: a share from 0 to 1.
    pub max_rejection_probability: Factor,
    /// What is no success; an HTTP status below 500 is one.
    pub failures: OutcomeSet,
}

/// How long a part of the window lasts.
const PART: Span = Span::from_secs(1);
/// Four digits.
const ACCURACY: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    since: SimTime,
    requests: u32,
    successes: u32,
}

/// Requests and successes of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    parts: VecDeque<Part>,
    pub(super) requests: u64,
    pub(super) successes: u64,
}

impl History {
    /// Requests that were forwarded and answered, and how many of them succeeded, as of the last look.
    pub const fn totals(&self) -> (u64, u64) {
        (self.requests, self.successes)
    }

    fn expire(&mut self, window: Span, now: SimTime) {
        while let Some(part) = self.parts.front().filter(|it| now.since(it.since) >= window) {
            self.requests -= u64::from(part.requests);
            self.successes -= u64::from(part.successes);
            self.parts.pop_front();
        }
        if self.parts.back().is_none_or(|it| now.since(it.since) >= PART) {
            self.parts.push_back(Part {
                since: now,
                requests: 0,
                successes: 0,
            });
        }
    }

    fn average_rps(&self, window: Span, now: SimTime) -> u64 {
        let Some(oldest) = self.parts.front() else { return 0 };
        let seconds = now.since(oldest.since).max(window).nanos() / 1_000_000_000;
        self.requests / seconds
    }
}

impl Envoy {
    /// What makes an HTTP status of 500 or more, or no status at all; a used-up quota (429) does not.
    pub const FAILURES: OutcomeSet = OutcomeSet::EMPTY
        .with(Outcome::Error)
        .with(Outcome::QueueFull)
        .with(Outcome::QueueTimeout)
        .with(Outcome::Shed)
        .with(Outcome::Refused)
        .with(Outcome::Reset)
        .with(Outcome::Unreachable)
        .with(Outcome::Timeout)
        .with(Outcome::Deadline);

    /// Envoy's defaults.
    pub const DEFAULT: Envoy = Envoy {
        sampling_window: Span::from_secs(30),
        sr_threshold: Factor(950_000),
        aggression: Factor::ONE,
        rps_threshold: 0,
        max_rejection_probability: Factor(800_000),
        failures: Envoy::FAILURES,
    };

    /// The chance that the next request is refused, as of the last look.
    pub fn reject_probability(&self, history: &History) -> f64 {
        let (all, successes) = (history.requests as f64, history.successes as f64);
        let share = (all - successes / self.sr_threshold.as_f64()) / (all + 1.0);
        if share <= 0.0 {
            return 0.0;
        }
        let eager = if self.aggression == Factor::ONE {
            share
        } else {
            libm::pow(share, 1.0 / self.aggression.as_f64())
        };
        eager.min(self.max_rejection_probability.as_f64())
    }

    /// Asks to forward a request.
    #[inline]
    pub(super) fn admit(&self, history: &mut History, now: SimTime, draw: &mut impl Draw) -> bool {
        if history.average_rps(self.sampling_window, now) < u64::from(self.rps_threshold) {
            return true;
        }
        history.expire(self.sampling_window, now);
        let digits = draw.below(ACCURACY);
        self.reject_probability(history) * ACCURACY as f64 <= digits as f64
    }

    /// A request that was forwarded has ended so; one that was cancelled is not recorded.
    #[inline]
    pub(super) fn settle(&self, history: &mut History, now: SimTime, outcome: Outcome) {
        if outcome == Outcome::Cancelled {
            return;
        }
        history.expire(self.sampling_window, now);
        let success = !self.failures.contains(outcome);
        history.requests += 1;
        history.successes += u64::from(success);
        if let Some(part) = history.parts.back_mut() {
            part.requests += 1;
            part.successes += u32::from(success);
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.sampling_window >= PART,
            "sampling_window is at least 1s (default 30s)",
        )?;
        let threshold = self.sr_threshold >= Factor(10_000) && self.sr_threshold <= Factor::ONE;
        require(threshold, "sr_threshold is from 1% to 100% (default 95%)")?;
        require(self.aggression >= Factor::ONE, "aggression is at least 1 (default 1)")?;
        require(
            self.max_rejection_probability <= Factor::ONE,
            "max_rejection_probability is from 0% to 100% (default 80%)",
        )
    }
}
