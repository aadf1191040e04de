//! Bounded loads: no replica gets more than its share of what is in flight, times a factor; who is full sends its keys on.
//!
//! A replica with share `w` of the weights has `max(1, ceil(w floor(((active + 1) factor + 99) / 100)))` slots, `active` being
//! all calls in flight. Envoy takes one while `outstanding / slots <= 1` and else jumps over the replicas in an order that the
//! key decides, until one has room, or to the least overloaded. HAProxy takes one while `outstanding < slots` and else goes on
//! to the next on the ring; it rounds slots so that their sum stays right, which is left out here.
//!
//! Sources: V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded Loads" (2016); J. Chen, B. Coleman,
//! A. Shrivastava, "Revisiting Consistent Hashing with Bounded Loads" (2019); Envoy, `BoundedLoadHashingLoadBalancer`;
//! HAProxy, `hash-balance-factor` and `chash_server_is_eligible`.

use super::View;
use super::subset::Shuffle;
use crate::policy::{Invalid, require};

/// Settings of bounded loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundedLoad {
    /// `hash_balance_factor`, in per cent of the mean.
    pub hash_balance_factor: u32,
    /// Where a key goes whose replica is full.
    pub next: Next,
}

/// Where a key goes whose replica is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// To the others in a random order that the key decides, as Envoy.
    #[default]
    RandomJump,
    /// To the next on the ring, as HAProxy.
    AlongTheRing,
}

impl BoundedLoad {
    /// Envoy's way, with this factor; it has no default.
    pub const fn envoy(hash_balance_factor: u32) -> BoundedLoad {
        BoundedLoad {
            hash_balance_factor,
            next: Next::RandomJump,
        }
    }

    /// HAProxy's way, with this factor; it has no default.
    pub const fn haproxy(hash_balance_factor: u32) -> BoundedLoad {
        BoundedLoad {
            hash_balance_factor,
            next: Next::AlongTheRing,
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        match self.next {
            Next::RandomJump => require(
                self.hash_balance_factor >= 100,
                "hash_balance_factor is at least 100; by default there is none",
            ),
            Next::AlongTheRing => require(
                self.hash_balance_factor > 100,
                "HAProxy's hash-balance-factor is above 100; the default is 0, which is off",
            ),
        }
    }

    /// How many calls a replica of `weight` in `weights` may have, when `active` are in flight in all.
    pub fn slots(&self, weight: u64, weights: u64, active: u64) -> u64 {
        let total = ((active + 1) * u64::from(self.hash_balance_factor)).div_ceil(100);
        (total * weight).div_ceil(weights).max(1)
    }

    /// What holds for the replicas of `view` now.
    pub(super) fn bounds<'a, V: View>(&'a self, view: &'a V) -> Bounds<'a, V> {
        let (weights, active) = (0..view.len()).fold((0, 0), |(weights, active), at| {
            (
                weights + u64::from(view.weight(at)),
                active + u64::from(view.outstanding(at)),
            )
        });
        Bounds {
            settings: self,
            view,
            weights,
            active,
        }
    }
}

/// The bounds of one instant.
pub(super) struct Bounds<'a, V> {
    settings: &'a BoundedLoad,
    view: &'a V,
    weights: u64,
    active: u64,
}

impl<V: View> Bounds<'_, V> {
    fn slots(&self, at: usize) -> u64 {
        let weight = u64::from(self.view.weight(at));
        self.settings.slots(weight, self.weights, self.active)
    }

    /// Whether it may take one more.
    pub fn has_room(&self, at: usize) -> bool {
        let outstanding = u64::from(self.view.outstanding(at));
        match self.settings.next {
            Next::RandomJump => outstanding <= self.slots(at),
            Next::AlongTheRing => outstanding < self.slots(at),
        }
    }

    /// Whether `one` is further above its bound than `other`.
    fn fuller(&self, one: usize, other: usize) -> bool {
        let outstanding = |at| u128::from(self.view.outstanding(at));
        outstanding(one) * u128::from(self.slots(other)) > outstanding(other) * u128::from(self.slots(one))
    }

    /// The first with room in the order that `key` decides, or else the least overloaded. `first` was asked already.
    pub fn jump(&self, first: usize, key: u64, order: &mut Vec<u32>) -> usize {
        let n = self.view.len();
        order.clear();
        order.extend(0..n as u32);
        let mut least = first;
        for place in 0..n {
            let at = Shuffle::next(order, place, key) as usize;
            if at == first || self.view.weight(at) == 0 {
                continue;
            }
            if self.has_room(at) {
                return at;
            }
            if self.fuller(least, at) {
                least = at;
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::hash::hash;
    use crate::routing::tests::Replicas;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn slots_are_the_share_of_what_is_in_flight() {
        let factor = BoundedLoad::envoy(125);
        // floor((11 125 + 99) / 100) = 14 in all; of four equals ceil(14 / 4) each.
        assert_eq!(factor.slots(1, 4, 10), 4);
        assert_eq!(factor.slots(1, 4, 0), 1);
        assert_eq!(factor.slots(0, 4, 100), 1);
        assert_eq!(factor.slots(3, 4, 99), 94);
    }

    #[test]
    fn envoy_lets_a_full_one_take_one_more_and_haproxy_does_not() {
        let view = Replicas::busy(&[4, 3, 2, 1]);
        let room = |settings: BoundedLoad| {
            (0..4)
                .map(|at| settings.bounds(&view).has_room(at))
                .collect::<Vec<bool>>()
        };
        assert_eq!(room(BoundedLoad::envoy(125)), [true, true, true, true]);
        assert_eq!(room(BoundedLoad::haproxy(125)), [false, true, true, true]);
    }

    #[test]
    fn jumps_depend_on_the_key_and_meet_everybody() {
        let view = Replicas::busy(&[30, 0, 0, 0, 0]);
        let settings = BoundedLoad::envoy(100);
        let (bounds, mut order) = (settings.bounds(&view), Vec::new());
        let met: BTreeSet<usize> = (0..100).map(|key| bounds.jump(0, hash(1, key), &mut order)).collect();
        assert_eq!(met, BTreeSet::from([1, 2, 3, 4]));
        let twice = [bounds.jump(0, 77, &mut order), bounds.jump(0, 77, &mut order)];
        assert_eq!(twice[0], twice[1]);
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        assert!(BoundedLoad::envoy(100).check().is_ok() && BoundedLoad::envoy(99).check().is_err());
        assert!(BoundedLoad::haproxy(101).check().is_ok() && BoundedLoad::haproxy(100).check().is_err());
    }

    proptest! {
        /// Filling up one call at a time: whoever takes one is below its bound plus the one that Envoy grants.
        #[test]
        fn nobody_is_far_above_its_bound(keys in prop::collection::vec(any::<u64>(), 1..200), factor in 100u32..300) {
            let mut view = Replicas::idle(5);
            let settings = BoundedLoad::envoy(factor);
            let mut order = Vec::new();
            for (active, key) in keys.into_iter().enumerate() {
                // Everybody wants the same one.
                let bounds = settings.bounds(&view);
                let at = if bounds.has_room(0) { 0 } else { bounds.jump(0, key, &mut order) };
                prop_assert!(u64::from(view.rows[at].1) <= settings.slots(1, 5, active as u64));
                view.rows[at].1 += 1;
            }
        }
    }
}
