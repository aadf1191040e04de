//! gRPC's `pick_first`: everything goes to one replica, for as long as its connection stands.
//!
//! The addresses are a list, here the slots in their order, from where the caller's own list begins. When the connection is
//! refused or breaks, or the replica leaves the view, the next one in the list takes over, and keeps the calls when the first is
//! well again. A slow answer or an error changes nothing: the connection stands.
//!
//! Simpler than gRPC, which begins at the top of the list again, and looks for an address that connects before a call is sent:
//! here the call that meets the broken connection fails.
//!
//! Source: gRPC, "Load Balancing Policies" (`pick_first`, the default), and proposal A62.

use super::round_robin::Start;
use super::{Observed, View};
use crate::outcome::Outcome;
use crate::rng::Draw;

/// The replica that has all calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    slot: usize,
    slots: usize,
}

impl Chosen {
    pub(super) fn new(start: Start, slots: usize, draw: &mut impl Draw) -> Chosen {
        let slot = match start {
            Start::Random if slots > 1 => draw.below(slots as u64) as usize,
            Start::Random | Start::First => 0,
        };
        Chosen { slot, slots }
    }

    /// The chosen one, or the next in the list that can be picked, which is the chosen one then.
    #[inline]
    pub(super) fn pick(&mut self, view: &impl View) -> usize {
        let slots = self.slots.max(1);
        let behind = |at: &usize| (view.slot(*at) + slots - self.slot) % slots;
        let at = (0..view.len()).min_by_key(behind).expect("the view is not empty");
        self.slot = view.slot(at);
        at
    }

    /// A call has ended; where the connection did, too, the next in the list is the chosen one.
    #[inline]
    pub(super) fn observe(&mut self, observed: &Observed) {
        let is_broken = matches!(
            observed.outcome,
            Outcome::Refused | Outcome::Reset | Outcome::Unreachable
        );
        // Whoever learns it late has moved on already.
        if is_broken && observed.slot == self.slot {
            self.slot = (self.slot + 1) % self.slots.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use crate::routing::tests::Replicas;
    use crate::time::{SimTime, Span};

    fn ended(slot: usize, outcome: Outcome) -> Observed {
        Observed {
            now: SimTime::ZERO,
            slot,
            rtt: Span::from_millis(1),
            outcome,
        }
    }

    #[test]
    fn all_calls_go_to_one_until_its_connection_breaks() {
        let mut chosen = Chosen::new(Start::First, 3, &mut Scripted::new(&[]));
        let view = Replicas::idle(3);
        assert_eq!([chosen.pick(&view), chosen.pick(&view)], [0, 0]);
        for harmless in [Outcome::Ok, Outcome::Error, Outcome::Timeout, Outcome::QueueFull] {
            chosen.observe(&ended(0, harmless));
            assert_eq!(chosen.pick(&view), 0, "{harmless:?}");
        }
        chosen.observe(&ended(0, Outcome::Reset));
        assert_eq!(chosen.pick(&view), 1);
        // The others that were inside are reset, too; that is old news.
        chosen.observe(&ended(0, Outcome::Reset));
        assert_eq!(chosen.pick(&view), 1);
        chosen.observe(&ended(1, Outcome::Refused));
        chosen.observe(&ended(2, Outcome::Unreachable));
        assert_eq!(chosen.pick(&view), 0, "the list goes round");
    }

    #[test]
    fn who_takes_over_keeps_the_calls() {
        let mut chosen = Chosen::new(Start::First, 3, &mut Scripted::new(&[]));
        let all = Replicas::idle(3);
        let without_first = all.clone().only(&[1, 2]);
        assert_eq!(all.slot(chosen.pick(&all)), 0);
        assert_eq!(without_first.slot(chosen.pick(&without_first)), 1);
        assert_eq!(all.slot(chosen.pick(&all)), 1);
    }

    #[test]
    fn a_random_start_draws_once() {
        let mut draw = Scripted::new(&[0.7]);
        let mut chosen = Chosen::new(Start::Random, 3, &mut draw);
        assert_eq!((chosen.pick(&Replicas::idle(3)), draw.draws), (2, 1));
    }
}
