//! Adaptive throttles: a client that is refused too much stops asking for some of it.
//!
//! Refusing costs a backend something; beyond some load it does nothing else. A throttle refuses at the client instead, with a
//! probability that follows from what the backend accepted of late, and sends enough to notice when it gets better.
//!
//! One file a kind; this file is the one `match`. A caller asks with [`Throttle::admit`] and tells [`Throttle::settle`] how each
//! request that was sent ended. State is kept for each caller and backend, and for each class of criticality where there are
//! such.

pub mod envoy;
pub mod sre;

pub use envoy::Envoy;
pub use sre::Sre;

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::rng::Draw;
use crate::time::SimTime;

/// Settings of an adaptive throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// As Google's SRE book.
    Sre(Sre),
    /// As Envoy's admission control.
    Envoy(Envoy),
}

/// What a [`Throttle`] remembers; one for each caller instance and callee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThrottleState {
    /// Requests and accepts.
    Sre(sre::Counts),
    /// Requests and successes.
    Envoy(envoy::History),
}

macro_rules! mismatch {
    () => {
        unreachable!("a throttle's state was made by the same settings")
    };
}

impl Throttle {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Throttle::Sre(_) => "sre",
            Throttle::Envoy(_) => "envoy",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Throttle::Sre(it) => it.check(),
            Throttle::Envoy(it) => it.check(),
        }
    }

    /// Nothing seen yet.
    pub fn start(&self) -> ThrottleState {
        match self {
            Throttle::Sre(_) => ThrottleState::Sre(sre::Counts::default()),
            Throttle::Envoy(_) => ThrottleState::Envoy(envoy::History::default()),
        }
    }

    /// Asks to send a request at `now`; `false` refuses it.
    #[inline]
    pub fn admit(&self, state: &mut ThrottleState, now: SimTime, draw: &mut impl Draw) -> bool {
        match (self, state) {
            (Throttle::Sre(it), ThrottleState::Sre(counts)) => it.admit(counts, now, draw),
            (Throttle::Envoy(it), ThrottleState::Envoy(history)) => it.admit(history, now, draw),
            _ => mismatch!(),
        }
    }

    /// A request that was sent has ended so.
    #[inline]
    pub fn settle(&self, state: &mut ThrottleState, now: SimTime, outcome: Outcome) {
        match (self, state) {
            (Throttle::Sre(it), ThrottleState::Sre(counts)) => it.settle(counts, now, outcome),
            (Throttle::Envoy(it), ThrottleState::Envoy(history)) => it.settle(history, now, outcome),
            _ => mismatch!(),
        }
    }
}

#[cfg(test)]
mod tests;
