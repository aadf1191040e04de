//! Client-side throttling as in Google's SRE book: a client whose requests are refused sends fewer.
//!
//! Over a window of time a client counts what its application asked for, its own refusals *included*, and what the backend
//! accepted. It refuses the next request itself with probability `max(0, (requests - K accepts) / (requests + 1))`. So a
//! backend that accepts everything is sent everything, and one that accepts `C` per second is sent about `K C` per second: K = 2
//! lets half of what is sent be refused, so that a recovery is noticed soon.
//!
//! A request counts from the moment it is asked for, an accept when it is answered: what is in flight looks refused, so that a
//! client that starts refuses some until its first answers come. In the steady state that is lost in the window.
//!
//! The window slides in twentieths. The decision compares integers; one draw each.
//!
//! Source: Google SRE book (2016), ch. 21, "Client-side throttling" (two minutes, K = 2).

use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of the SRE book's throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sre {
    /// How many requests are sent for one that is accepted; at least 1.
    pub k: Factor,
    /// How far back counts.
    pub window: Span,
    /// What the backend did not accept; every other outcome is an accept.
    pub refused: OutcomeSet,
}

const SLICES: usize = 20;

/// Requests and accepts of late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    slices: [(u32, u32); SLICES],
    pub(super) requests: u64,
    pub(super) accepts: u64,
    /// The number of the newest slice since the run began.
    slice: u64,
}

impl Counts {
    /// What the application asked for, and what the backend accepted, as of the last call or answer.
    pub const fn totals(&self) -> (u64, u64) {
        (self.requests, self.accepts)
    }

    fn expire(&mut self, window: Span, now: SimTime) {
        let slice = now.nanos() / (window.nanos() / SLICES as u64);
        for old in self.slice + 1..=slice.min(self.slice + SLICES as u64) {
            let (requests, accepts) = core::mem::take(&mut self.slices[(old % SLICES as u64) as usize]);
            self.requests -= u64::from(requests);
            self.accepts -= u64::from(accepts);
        }
        self.slice = slice;
    }

    fn newest(&mut self) -> &mut (u32, u32) {
        &mut self.slices[(self.slice % SLICES as u64) as usize]
    }
}

impl Sre {
    /// What a backend answers or does when it does not take a request.
    pub const REFUSED: OutcomeSet = OutcomeSet::EMPTY
        .with(Outcome::QueueFull)
        .with(Outcome::QueueTimeout)
        .with(Outcome::Shed)
        .with(Outcome::Quota)
        .with(Outcome::Refused)
        .with(Outcome::Reset)
        .with(Outcome::Unreachable)
        .with(Outcome::Timeout)
        .with(Outcome::Deadline);

    /// The book's numbers.
    pub const DEFAULT: Sre = Sre {
        k: Factor(2_000_000),
        window: Span::from_secs(120),
        refused: Sre::REFUSED,
    };

    /// `requests - K accepts`, or zero, in millionths.
    fn excess(&self, counts: &Counts) -> u64 {
        let (requests, accepts) = (u128::from(counts.requests), u128::from(counts.accepts));
        let excess = (requests * u128::from(Factor::ONE.0)).saturating_sub(accepts * u128::from(self.k.0));
        u64::try_from(excess).unwrap_or(u64::MAX)
    }

    /// The chance that the next request is refused, as of the last call or answer.
    pub fn reject_probability(&self, counts: &Counts) -> f64 {
        self.excess(counts) as f64 / ((counts.requests + 1) as f64 * 1e6)
    }

    /// Asks to send a request; counts it in either case.
    #[inline]
    pub(super) fn admit(&self, counts: &mut Counts, now: SimTime, draw: &mut impl Draw) -> bool {
        counts.expire(self.window, now);
        // Refused iff u < p, both sides times 2^64 and (requests + 1).
        let refused_below = u128::from(self.excess(counts)) << 64;
        let all = u128::from(counts.requests + 1) * u128::from(Factor::ONE.0);
        let refused = u128::from(draw.bits()) * all < refused_below;
        counts.requests += 1;
        counts.newest().0 += 1;
        !refused
    }

    /// A request that was sent has ended so.
    #[inline]
    pub(super) fn settle(&self, counts: &mut Counts, now: SimTime, outcome: Outcome) {
        counts.expire(self.window, now);
        if !self.refused.contains(outcome) {
            counts.accepts += 1;
            counts.newest().1 += 1;
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.k >= Factor::ONE,
            "k is at least 1, or a healthy backend is throttled (default 2)",
        )?;
        require(
            self.window >= Span::from_millis(20),
            "the window is at least 20ms (default 2m)",
        )
    }
}
