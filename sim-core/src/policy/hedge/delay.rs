//! How long a hedge waits before it sends the next copy: a fixed time, or one that follows from how long calls take.
//!
//! Sources: see [`Percentile`] and [`Average`].

use super::average::{Average, Last};
use super::percentile::{Percentile, Window};
use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::time::{SimTime, Span};

/// How long to wait before the next copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// So long. Nothing sends all copies at once; [`Span::MAX`] sends further ones only after failures.
    Fixed(Span),
    /// As long as so many calls take.
    Percentile(Percentile),
    /// As long as calls take on average.
    Average(Average),
}

/// What is known of how long calls take.
#[derive(Clone, Debug, PartialEq)]
pub enum DelayState {
    /// Nothing is asked.
    Fixed,
    /// Histograms.
    Percentile(Box<Window>),
    /// The last calls.
    Average(Last),
}

impl Delay {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        match self {
            Delay::Fixed(_) => Ok(()),
            Delay::Percentile(it) => it.check(),
            Delay::Average(it) => it.check(),
        }
    }

    pub(super) fn start(&self) -> DelayState {
        match self {
            Delay::Fixed(_) => DelayState::Fixed,
            Delay::Percentile(it) => DelayState::Percentile(Box::new(it.start())),
            Delay::Average(it) => DelayState::Average(it.start()),
        }
    }

    /// The delay for a copy that goes out now.
    #[inline]
    pub(super) fn next(&self, state: &mut DelayState, now: SimTime) -> Span {
        match (self, state) {
            (Delay::Fixed(delay), _) => *delay,
            (Delay::Percentile(it), DelayState::Percentile(window)) => it.next(window, now),
            (Delay::Average(it), DelayState::Average(last)) => it.next(last),
            _ => unreachable!("a hedge's state was made by the same settings"),
        }
    }

    /// A copy took so long.
    #[inline]
    pub(super) fn record(&self, state: &mut DelayState, copy: u32, now: SimTime, outcome: Outcome, took: Span) {
        match (self, state) {
            (Delay::Fixed(_), _) => (),
            (Delay::Percentile(it), DelayState::Percentile(window)) => it.record(window, now, outcome, took),
            (Delay::Average(it), DelayState::Average(last)) => it.record(last, copy, outcome, took),
            _ => unreachable!("a hedge's state was made by the same settings"),
        }
    }
}
