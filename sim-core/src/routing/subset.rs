//! Subsetting: each caller uses only some of the replicas, so that connections do not grow as callers times replicas.
//!
//! *Deterministic*: callers are numbered; `n / size` callers in a row form a round, share the replicas out among themselves in
//! an order shuffled by the round's number, and so load them evenly. What does not fill a subset is left out for that round.
//! *Rendezvous*: each caller sorts the replicas by a hash of their address and its own seed and takes the first; nobody needs
//! a number, shares are only even on average, and a replica that leaves changes no other choice.
//!
//! Sources: Google SRE book (2016), ch. 20, "A Subset Selection Algorithm: Deterministic Subsetting"; gRPC proposal A68,
//! "Random subsetting".

use super::View;
use super::hash::hash;
use crate::policy::{Invalid, require};
use crate::rng::Draw;

/// Settings of subsetting; there is no default size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// By the caller's number.
    Deterministic {
        /// Replicas per caller.
        subset_size: u32,
    },
    /// By the caller's seed.
    Rendezvous {
        /// `subset_size`: replicas per caller.
        subset_size: u32,
    },
}

impl Subset {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.size() >= 1, "subset_size is at least 1; there is no default")
    }

    fn size(&self) -> usize {
        let (Subset::Deterministic { subset_size } | Subset::Rendezvous { subset_size }) = *self;
        subset_size as usize
    }

    /// Puts the positions in `view` that caller `caller` uses into `members`, in the order in which it came to them.
    ///
    /// `caller` is its number for a deterministic subset, its seed for rendezvous. With `subset_size` or fewer replicas
    /// all are used.
    pub fn choose(&self, caller: u64, view: &impl View, members: &mut Vec<u32>) {
        let n = view.len();
        members.clear();
        members.extend(0..n as u32);
        if n <= self.size() {
            return;
        }
        match *self {
            Subset::Deterministic { subset_size } => {
                let subsets = (n / subset_size as usize) as u64;
                let (round, id) = (caller / subsets, caller % subsets);
                (0..n).for_each(|place| {
                    Shuffle::next(members, place, round);
                });
                let first = id as usize * subset_size as usize;
                members.truncate(first + subset_size as usize);
                members.drain(..first);
            }
            Subset::Rendezvous { subset_size } => {
                members.sort_by_cached_key(|&at| (hash(view.address(at as usize), caller), at));
                members.truncate(subset_size as usize);
            }
        }
    }
}

/// A source of words from a seed, without state of its own but where it stands.
pub(super) struct Shuffle {
    seed: u64,
    place: u64,
}

impl Draw for Shuffle {
    fn bits(&mut self) -> u64 {
        self.place += 1;
        hash(self.seed, self.place)
    }
}

impl Shuffle {
    /// The next step of shuffling `items` by `seed`: puts one of those from `place` on there, and gives it.
    pub fn next(items: &mut [u32], place: usize, seed: u64) -> u32 {
        let mut draw = Shuffle {
            seed,
            place: (place as u64) << 32,
        };
        let other = place + draw.below((items.len() - place) as u64) as usize;
        items.swap(place, other);
        items[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::tests::Replicas;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn members(subset: Subset, caller: u64, view: &Replicas) -> Vec<u32> {
        let mut members = vec![9; 3];
        subset.choose(caller, view, &mut members);
        members
    }

    #[test]
    fn callers_of_a_round_share_the_replicas_out() {
        let (subset, view) = (Subset::Deterministic { subset_size: 3 }, Replicas::idle(13));
        for round in 0..5 {
            let all: Vec<u32> = (0..4).flat_map(|id| members(subset, round * 4 + id, &view)).collect();
            let different: BTreeSet<&u32> = all.iter().collect();
            assert_eq!(
                (all.len(), different.len()),
                (12, 12),
                "one of 13 is left out of the round"
            );
        }
        assert_ne!(
            members(subset, 0, &view),
            members(subset, 4, &view),
            "rounds are shuffled anew"
        );
    }

    #[test]
    fn a_subset_as_large_as_the_service_is_the_service() {
        for subset in [
            Subset::Deterministic { subset_size: 5 },
            Subset::Rendezvous { subset_size: 7 },
        ] {
            assert_eq!(members(subset, 3, &Replicas::idle(5)), [0, 1, 2, 3, 4]);
            assert_eq!(subset.check(), Ok(()));
        }
        assert!(Subset::Rendezvous { subset_size: 0 }.check().is_err());
    }

    proptest! {
        /// After whole rounds every replica has the same number of callers, but for those left out of a round.
        #[test]
        fn deterministic_subsets_are_even(replicas in 1usize..40, subset_size in 1u32..10, rounds in 1u64..20) {
            let (subset, view) = (Subset::Deterministic { subset_size }, Replicas::idle(replicas));
            let callers = rounds * (replicas as u64 / u64::from(subset_size)).max(1);
            let mut connections = vec![0u64; replicas];
            for caller in 0..callers {
                for at in members(subset, caller, &view) {
                    connections[at as usize] += 1;
                }
            }
            prop_assert!(connections.iter().all(|&it| it <= rounds));
            if replicas.is_multiple_of(subset_size as usize) {
                prop_assert!(connections.iter().all(|&it| it == rounds));
            }
        }

        /// A replica that leaves is replaced by one other; nothing else changes.
        #[test]
        fn rendezvous_changes_as_little_as_it_can(seed in any::<u64>(), replicas in 4usize..30, gone in 0usize..30) {
            let subset = Subset::Rendezvous { subset_size: 3 };
            let (all, gone) = (Replicas::idle(replicas), gone % replicas);
            let stay: Vec<usize> = (0..replicas).filter(|it| *it != gone).collect();
            let fewer = all.clone().only(&stay);
            let slots = |view: &Replicas| -> BTreeSet<usize> {
                members(subset, seed, view).into_iter().map(|at| view.slot(at as usize)).collect()
            };
            let (before, after) = (slots(&all), slots(&fewer));
            let lost = before.difference(&after).copied().collect::<Vec<usize>>();
            prop_assert_eq!(lost, if before.contains(&gone) { vec![gone] } else { vec![] });
        }
    }

    #[test]
    fn rendezvous_is_even_on_average() {
        let view = Replicas::idle(10);
        let mut connections = [0u32; 10];
        for caller in 0..10_000 {
            for at in members(Subset::Rendezvous { subset_size: 2 }, hash(7, caller), &view) {
                connections[at as usize] += 1;
            }
        }
        // Binomial(10000, 0.2): standard deviation 40; five on either side.
        assert!(
            connections.iter().all(|it| (1_800..2_200).contains(it)),
            "{connections:?}"
        );
    }
}
