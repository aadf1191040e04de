//! Round robin: each replica in turn.
//!
//! The turn goes over positions in the view, so when a replica leaves, the ones behind it move up. Where it begins matters
//! when there are many callers with few calls each: if all begin at the first replica, the first is hit by all at once.
//!
//! Source: Envoy and Finagle begin at a random host; nginx at the first.

use super::View;
use crate::rng::Draw;

/// Where the turn of a caller begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At a replica drawn from the caller's own stream.
    #[default]
    Random,
    /// At the first.
    First,
}

/// Whose turn it is: counts picks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn(u64);

impl Turn {
    pub(super) fn new(start: Start, slots: usize, draw: &mut impl Draw) -> Turn {
        match start {
            Start::Random if slots > 1 => Turn(draw.below(slots as u64)),
            Start::Random | Start::First => Turn(0),
        }
    }

    #[inline]
    pub(super) fn pick(&mut self, view: &impl View) -> usize {
        let at = self.0 % view.len() as u64;
        self.0 = self.0.wrapping_add(1);
        at as usize
    }
}
