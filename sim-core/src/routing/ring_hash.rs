//! Ring hash: replicas have points on a ring of hashes, and a request goes to the first point at or behind its key's hash.
//!
//! When a replica leaves, only its own keys move. The more points, the more even the shares. With normalised weights `w`,
//! `scale = min(ceil(min w · minimum_ring_size) / min w, maximum_ring_size)`; going through the replicas, each gets points
//! until there are as many as `scale` times the weights so far.
//!
//! Where points lie is up to the hash of an address and a number; Envoy and gRPC use xxHash of the address as text, this one
//! mixes two words. A replica on the ring that may not be picked is passed over, so its keys go to its neighbours until the
//! ring is built anew without it.
//!
//! Sources: Envoy, `RingHashLoadBalancer` and `RingHashLbConfig`; gRPC proposal A42 (both sizes capped at 4096).

use super::View;
use super::bounded_load::{BoundedLoad, Next};
use super::hash::hash;
use crate::policy::{Invalid, require};
use std::sync::Arc;

/// Settings of ring hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingHash {
    /// `minimum_ring_size`.
    pub minimum_ring_size: u32,
    /// `maximum_ring_size`.
    pub maximum_ring_size: u32,
    /// `hash_balance_factor` and what follows from it.
    pub bounded_load: Option<BoundedLoad>,
}

/// The most points that Envoy allows.
const POINTS_MAX: u32 = 8 << 20;

/// Points of slots by their hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    points: Vec<(u64, u32)>,
}

/// The ring, shared by all clones, and room for one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    ring: Arc<Ring>,
    order: Vec<u32>,
}

impl RingHash {
    /// Envoy's defaults.
    pub const DEFAULT: RingHash = RingHash {
        minimum_ring_size: 1024,
        maximum_ring_size: POINTS_MAX,
        bounded_load: None,
    };
    /// gRPC's: the same, but `ring_size_cap` 4096.
    pub const GRPC: RingHash = RingHash {
        minimum_ring_size: 1024,
        maximum_ring_size: 4096,
        bounded_load: None,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.minimum_ring_size >= 1 && self.minimum_ring_size <= POINTS_MAX,
            "minimum_ring_size is between 1 and 8388608; the default is 1024",
        )?;
        require(
            self.maximum_ring_size >= self.minimum_ring_size && self.maximum_ring_size <= POINTS_MAX,
            "maximum_ring_size is between minimum_ring_size and 8388608; the default is 8388608 (gRPC: 4096)",
        )?;
        self.bounded_load.as_ref().map_or(Ok(()), BoundedLoad::check)
    }

    /// How many points each weight gets, in exact arithmetic; nothing for nothing.
    pub fn points(&self, weights: &[u32]) -> Vec<u64> {
        let sum: u128 = weights.iter().map(|&it| u128::from(it)).sum();
        let Some(least) = weights.iter().filter(|it| **it > 0).min() else {
            return vec![0; weights.len()];
        };
        let least = u128::from(*least);
        // The scale as a fraction: `ceil(least / sum · minimum)` over `least / sum`, or the maximum.
        let whole = (least * u128::from(self.minimum_ring_size)).div_ceil(sum);
        let maximum = u128::from(self.maximum_ring_size);
        let (scale, per) = if whole * sum > maximum * least {
            (maximum, sum)
        } else {
            (whole, least)
        };
        let (mut so_far, mut points) = (0, 0);
        let upto = weights.iter().map(|&weight| {
            so_far += u128::from(weight);
            let target = (scale * so_far).div_ceil(per);
            let own = target - points;
            points = target;
            own as u64
        });
        upto.collect()
    }

    pub(super) fn build(&self, placed: &mut Placed, view: &impl View) {
        let weights: Vec<u32> = (0..view.len()).map(|at| view.weight(at)).collect();
        let mut points = Vec::new();
        for (at, count) in self.points(&weights).into_iter().enumerate() {
            let (address, slot) = (view.address(at), view.slot(at) as u32);
            points.extend((0..count).map(|number| (hash(address, number), slot)));
        }
        points.sort_unstable();
        placed.ring = Arc::new(Ring { points });
    }

    /// `None` if all weights are zero or nobody on the ring may be picked.
    #[inline]
    pub(super) fn pick(&self, placed: &mut Placed, view: &impl View) -> Option<usize> {
        if placed.ring.points.is_empty() {
            self.build(placed, view);
        }
        let Placed { ring, order } = placed;
        let mut along = ring.from(view.key()).filter_map(|slot| view.position(slot as usize));
        let first = along.next()?;
        let Some(settings) = &self.bounded_load else {
            return Some(first);
        };
        let bounds = settings.bounds(view);
        if bounds.has_room(first) {
            return Some(first);
        }
        match settings.next {
            Next::RandomJump => Some(bounds.jump(first, view.key(), order)),
            Next::AlongTheRing => Some(along.find(|&at| bounds.has_room(at)).unwrap_or(first)),
        }
    }
}

impl Ring {
    /// The slots of all points, from the first at or behind `hash` once around.
    #[inline]
    fn from(&self, hash: u64) -> impl Iterator<Item = u32> {
        let first = self.points.partition_point(|it| it.0 < hash);
        let (before, behind) = self.points.split_at(first);
        behind.iter().chain(before).map(|it| it.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::tests::Replicas;
    use proptest::prelude::*;

    fn ring(view: &Replicas, settings: RingHash) -> Placed {
        let mut placed = Placed::default();
        settings.build(&mut placed, view);
        placed
    }

    fn slot_of(settings: RingHash, placed: &mut Placed, view: &Replicas, key: u64) -> usize {
        let view = view.with_key(key);
        view.slot(settings.pick(placed, &view).unwrap())
    }

    #[test]
    fn lb_5_points_follow_weights_and_sizes() {
        assert_eq!(RingHash::DEFAULT.points(&[1, 1, 1]), [342, 342, 342]);
        let small = RingHash {
            minimum_ring_size: 10,
            ..RingHash::DEFAULT
        };
        assert_eq!(small.points(&[3, 3, 4]), [3, 3, 4]);
        // One in a hundred gets ceil(1024 / 100) points, the others in proportion, up to the maximum.
        assert_eq!(RingHash::DEFAULT.points(&[1, 99]), [11, 1_089]);
        assert_eq!(RingHash::GRPC.points(&[1, 99_999]), [1, 4_095]);
        assert_eq!(RingHash::GRPC.points(&[0, 5]), [0, 1_024]);
        assert_eq!(RingHash::DEFAULT.points(&[0, 0]), [0, 0]);
        assert_eq!(ring(&Replicas::idle(3), RingHash::DEFAULT).ring.points.len(), 1_026);
    }

    #[test]
    fn a_key_goes_to_the_first_point_at_or_behind_it() {
        let view = Replicas::idle(3);
        let mut placed = ring(&view, RingHash::DEFAULT);
        let points = placed.ring.points.clone();
        let mut of = |key| slot_of(RingHash::DEFAULT, &mut placed, &view, key) as u32;
        assert_eq!(of(points[7].0), points[7].1);
        assert_eq!(of(points[7].0 + 1), points[8].1);
        assert_eq!((of(0), of(u64::MAX)), (points[0].1, points[0].1));
    }

    #[test]
    fn shares_are_about_even() {
        let view = Replicas::weighted(&[1, 1, 2]);
        let mut placed = ring(&view, RingHash::DEFAULT);
        let mut counts = [0u32; 3];
        for key in 0..40_000 {
            counts[slot_of(RingHash::DEFAULT, &mut placed, &view, hash(2, key))] += 1;
        }
        // 256 points or more each: a share deviates by a sixteenth; three of them on either side.
        for (count, share) in counts.into_iter().zip([10_000.0, 10_000.0, 20_000.0]) {
            assert!((f64::from(count) / share - 1.0).abs() < 3.0 / 16.0, "{counts:?}");
        }
    }

    #[test]
    fn clones_share_the_ring() {
        let view = Replicas::idle(3);
        let placed = ring(&view, RingHash::DEFAULT);
        assert!(Arc::ptr_eq(&placed.ring, &placed.clone().ring));
    }

    #[test]
    fn a_full_replica_sends_its_keys_on() {
        let view = Replicas::busy(&[90, 1, 1, 1]);
        for bounded in [BoundedLoad::envoy(150), BoundedLoad::haproxy(150)] {
            let settings = RingHash {
                bounded_load: Some(bounded),
                ..RingHash::DEFAULT
            };
            let mut placed = ring(&view, settings);
            for key in 0..1_000 {
                let key = hash(4, key);
                let plain = slot_of(RingHash::DEFAULT, &mut placed, &view, key);
                let got = slot_of(settings, &mut placed, &view, key);
                assert!(if plain == 0 { got != 0 } else { got == plain });
            }
        }
        // HAProxy goes on along the ring: to where the key would go without the full one.
        let settings = RingHash {
            bounded_load: Some(BoundedLoad::haproxy(150)),
            ..RingHash::DEFAULT
        };
        let (mut placed, rest) = (ring(&view, settings), view.clone().only(&[1, 2, 3]));
        for key in 0..1_000 {
            let on = slot_of(settings, &mut placed, &view, hash(4, key));
            assert_eq!(on, slot_of(RingHash::DEFAULT, &mut placed, &rest, hash(4, key)));
        }
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let of = |minimum_ring_size, maximum_ring_size| RingHash {
            minimum_ring_size,
            maximum_ring_size,
            bounded_load: None,
        };
        assert!(of(0, 10).check().unwrap_err().0.starts_with("minimum_ring_size"));
        assert!(of(10, 9).check().unwrap_err().0.starts_with("maximum_ring_size"));
        assert!(of(10, POINTS_MAX + 1).check().is_err() && RingHash::GRPC.check().is_ok());
    }

    proptest! {
        /// When a replica leaves, only its own keys move; whether the ring is built anew or walks on makes no difference.
        #[test]
        fn only_the_keys_of_a_replica_that_leaves_move(
            weights in prop::collection::vec(1u32..5, 2..9), gone in 0usize..9, keys in prop::collection::vec(any::<u64>(), 50),
        ) {
            let all = Replicas::weighted(&weights);
            let gone = gone % weights.len();
            let stay: Vec<usize> = (0..weights.len()).filter(|it| *it != gone).collect();
            let fewer = all.clone().only(&stay);
            let settings = RingHash::DEFAULT;
            let mut placed = ring(&all, settings);
            for key in keys {
                let before = slot_of(settings, &mut placed, &all, key);
                let after = slot_of(settings, &mut placed, &fewer, key);
                prop_assert!(after != gone && (before == gone || after == before));
            }
        }

        /// Points are in proportion to weights to within one, and as many as the minimum says or a little more.
        #[test]
        fn points_are_in_proportion(weights in prop::collection::vec(1u32..1000, 1..20)) {
            let points = RingHash::DEFAULT.points(&weights);
            prop_assert!(points.iter().sum::<u64>() >= 1024);
            let (sum, least) = (f64::from(weights.iter().sum::<u32>()), f64::from(*weights.iter().min().unwrap()));
            let scale = (least / sum * 1024.0 - 1e-9).ceil() / least;
            for (got, weight) in points.into_iter().zip(weights) {
                prop_assert!((got as f64 - scale * f64::from(weight)).abs() < 1.0 + 1e-6);
            }
        }
    }
}
