//! What a picker sees of the replicas: the questions that the balancers here ask, and no others.
//!
//! Source: compare Envoy, `Upstream::Host`, and Finagle, `loadbalancer.NodeT`.

use super::hash::hash;
use crate::rng::Key;
use crate::time::{SimTime, Span};

/// Slots that have no address of their own are hashed with this.
const SLOTS: u64 = Key::of("slot").0;

/// The replicas that may be picked, in a fixed order, with what is known of each.
///
/// The first four say enough for most pickers; the others have defaults for callers that do not know them.
pub trait View {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The replica at `at`: its number among all replica slots of the service, which stays its own when others come and go.
    fn slot(&self, at: usize) -> usize;

    /// What this caller has out to it.
    fn outstanding(&self, at: usize) -> u32;

    /// Its weight; 1 where none is set.
    fn weight(&self, at: usize) -> u32;

    /// Now; for pickers whose statistics grow old.
    fn now(&self) -> SimTime {
        SimTime::ZERO
    }

    /// A well mixed hash of the request's key; for pickers that send equal keys to one replica.
    fn key(&self) -> u64 {
        0
    }

    /// A well mixed hash of its address. Unless said otherwise, that of its slot.
    fn address(&self, at: usize) -> u64 {
        hash(SLOTS, self.slot(at) as u64)
    }

    /// Whether it is thought to be well.
    fn healthy(&self, _at: usize) -> bool {
        true
    }

    /// The number of its zone.
    fn zone(&self, _at: usize) -> u32 {
        0
    }

    /// How long it has been up; [`Span::MAX`] if for ever.
    fn age(&self, _at: usize) -> Span {
        Span::MAX
    }

    /// Where the replica with this slot stands, if it may be picked. At its own number, in most views.
    fn position(&self, slot: usize) -> Option<usize> {
        if slot < self.len() && self.slot(slot) == slot {
            return Some(slot);
        }
        (0..self.len()).find(|&at| self.slot(at) == slot)
    }
}

/// Some replicas of a view: a subset, a zone, a priority level.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a, V> {
    /// The whole.
    pub of: &'a V,
    /// Positions in the whole.
    pub members: &'a [u32],
}

impl<V> Part<'_, V> {
    /// The position in the whole of the one that stands here at `at`.
    #[inline]
    pub fn whole(&self, at: usize) -> usize {
        self.members[at] as usize
    }
}

impl<V: View> View for Part<'_, V> {
    fn len(&self) -> usize {
        self.members.len()
    }
    fn slot(&self, at: usize) -> usize {
        self.of.slot(self.whole(at))
    }
    fn outstanding(&self, at: usize) -> u32 {
        self.of.outstanding(self.whole(at))
    }
    fn weight(&self, at: usize) -> u32 {
        self.of.weight(self.whole(at))
    }
    fn now(&self) -> SimTime {
        self.of.now()
    }
    fn key(&self) -> u64 {
        self.of.key()
    }
    fn address(&self, at: usize) -> u64 {
        self.of.address(self.whole(at))
    }
    fn healthy(&self, at: usize) -> bool {
        self.of.healthy(self.whole(at))
    }
    fn zone(&self, at: usize) -> u32 {
        self.of.zone(self.whole(at))
    }
    fn age(&self, at: usize) -> Span {
        self.of.age(self.whole(at))
    }
}
