//! Maglev: a table of a prime number of places, filled by the replicas in turn, each in an order of its own; a request goes to
//! the replica at its key's place.
//!
//! A replica's order is `(offset + j skip) mod table_size`, `j = 0, 1, ...`, with `offset` and `skip` hashed from its address;
//! it takes the first place that is free. Shares differ by hardly more than one place; when a replica leaves, its keys move
//! and some few others. One of lower weight sits out turns: it takes place number k only in a round `r` with `r w >= k max w`.
//!
//! Sources: D. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016); Envoy,
//! `MaglevTable` and `MaglevLbConfig`.

use super::View;
use super::bounded_load::{BoundedLoad, Next};
use super::hash::hash;
use crate::policy::{Invalid, require};
use std::sync::Arc;

/// Settings of Maglev.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maglev {
    /// `table_size`: a prime, much larger than the number of replicas.
    pub table_size: u32,
    /// `hash_balance_factor` and what follows from it.
    pub bounded_load: Option<BoundedLoad>,
}

/// The largest table that Envoy allows.
const SIZE_MAX: u32 = 5_000_011;

/// The order of one replica, and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutation {
    /// Where it begins.
    pub offset: u32,
    /// How far it goes each time; not a multiple of the table's size.
    pub skip: u32,
    /// How often it takes a turn, compared with the others.
    pub weight: u32,
}

/// The table, shared by all clones, and room for one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// Slots by place.
    table: Arc<[u32]>,
    order: Vec<u32>,
}

impl Maglev {
    /// Envoy's default.
    pub const DEFAULT: Maglev = Maglev {
        table_size: 65_537,
        bounded_load: None,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.table_size <= SIZE_MAX && is_prime(self.table_size),
            "table_size is a prime up to 5000011; the default is 65537",
        )?;
        let jumps = self.bounded_load.is_none_or(|it| it.next == Next::RandomJump);
        require(
            jumps,
            "Maglev has no ring to go along: who is full jumps, which is the default",
        )?;
        self.bounded_load.as_ref().map_or(Ok(()), BoundedLoad::check)
    }

    pub(super) fn build(&self, placed: &mut Placed, view: &impl View) {
        let size = u64::from(self.table_size);
        let order = |at| Permutation {
            offset: (hash(view.address(at), 0) % size) as u32,
            skip: (hash(view.address(at), 1) % (size - 1) + 1) as u32,
            weight: view.weight(at),
        };
        let orders: Vec<Permutation> = (0..view.len()).map(order).collect();
        placed.table = fill(&orders, self.table_size)
            .into_iter()
            .map(|at| view.slot(at as usize) as u32)
            .collect();
    }

    /// `None` if all weights are zero or nobody in the table may be picked. A replica in the table that may not be picked is
    /// passed over to the next place.
    #[inline]
    pub(super) fn pick(&self, placed: &mut Placed, view: &impl View) -> Option<usize> {
        if placed.table.is_empty() {
            self.build(placed, view);
        }
        let Placed { table, order } = placed;
        let place = (view.key() % u64::from(self.table_size)) as usize;
        let (before, behind) = table.split_at(place.min(table.len()));
        let first = behind
            .iter()
            .chain(before)
            .find_map(|&slot| view.position(slot as usize))?;
        match &self.bounded_load {
            None => Some(first),
            Some(settings) => {
                let bounds = settings.bounds(view);
                if bounds.has_room(first) {
                    return Some(first);
                }
                Some(bounds.jump(first, view.key(), order))
            }
        }
    }
}

/// Who is at each of `size` places (a prime), by index into `orders`; empty if nobody has weight.
pub fn fill(orders: &[Permutation], size: u32) -> Vec<u32> {
    const FREE: u32 = u32::MAX;
    let Some(heaviest) = orders.iter().map(|it| u64::from(it.weight)).max().filter(|it| *it > 0) else {
        return Vec::new();
    };
    let mut table = vec![FREE; size as usize];
    let size = u64::from(size);
    let mut turns: Vec<(u64, u64)> = orders.iter().map(|it| (u64::from(it.offset), heaviest)).collect();
    let mut left = size;
    for round in 1.. {
        for (at, order) in orders.iter().enumerate() {
            let (place, due) = &mut turns[at];
            if left == 0 {
                return table;
            }
            if order.weight == 0 || round * u64::from(order.weight) < *due {
                continue;
            }
            *due += heaviest;
            while table[*place as usize] != FREE {
                *place = (*place + u64::from(order.skip)) % size;
            }
            table[*place as usize] = at as u32;
            left -= 1;
        }
    }
    unreachable!("each round fills a place, as the heaviest takes part in all of them")
}

fn is_prime(n: u32) -> bool {
    n >= 2
        && (2..)
            .take_while(|it| u64::from(*it) * u64::from(*it) <= u64::from(n))
            .all(|it: u32| !n.is_multiple_of(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::tests::Replicas;
    use proptest::prelude::*;

    fn order(offset: u32, skip: u32) -> Permutation {
        Permutation {
            offset,
            skip,
            weight: 1,
        }
    }

    fn table(view: &Replicas) -> Vec<u32> {
        let mut placed = Placed::default();
        Maglev::DEFAULT.build(&mut placed, view);
        placed.table.to_vec()
    }

    #[test]
    fn lb_6_the_table_of_the_paper() {
        let orders = [order(3, 4), order(0, 2), order(3, 1)];
        assert_eq!(fill(&orders, 7), [1, 0, 1, 0, 2, 2, 0]);
        assert_eq!(fill(&[orders[0], orders[2]], 7), [0, 0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn places_follow_weights() {
        let weighted = |weights: &[u32]| {
            let mut counts = vec![0u32; weights.len()];
            table(&Replicas::weighted(weights))
                .iter()
                .for_each(|&slot| counts[slot as usize] += 1);
            counts
        };
        let even = weighted(&[1; 5]);
        assert!(even.iter().all(|it| (13_107..=13_108).contains(it)), "{even:?}");
        let uneven = weighted(&[1, 3, 0, 4]);
        assert_eq!(uneven[2], 0);
        for (count, eighths) in [(uneven[0], 1), (uneven[1], 3), (uneven[3], 4)] {
            assert!(count.abs_diff(65_537 * eighths / 8) <= 2, "{uneven:?}");
        }
        assert_eq!(fill(&[], 7), []);
    }

    #[test]
    fn a_key_goes_to_its_place_and_past_who_is_gone() {
        let settings = Maglev {
            table_size: 101,
            bounded_load: None,
        };
        let (view, mut placed) = (Replicas::idle(4), Placed::default());
        settings.build(&mut placed, &view);
        for key in 0..300 {
            let view = view.with_key(key);
            assert_eq!(
                settings.pick(&mut placed, &view),
                Some(placed.table[key as usize % 101] as usize)
            );
        }
        let rest = view.clone().only(&[2]).with_key(5);
        assert_eq!(settings.pick(&mut placed, &rest), Some(0));
        let mut none = Placed::default();
        assert_eq!(settings.pick(&mut none, &Replicas::weighted(&[0, 0])), None);
    }

    #[test]
    fn a_full_replica_sends_its_keys_on() {
        let settings = Maglev {
            bounded_load: Some(BoundedLoad::envoy(150)),
            ..Maglev::DEFAULT
        };
        let (view, mut placed) = (Replicas::busy(&[90, 1, 1, 1]), Placed::default());
        for key in 0..1_000 {
            let view = view.with_key(hash(6, key));
            let plain = Maglev::DEFAULT.pick(&mut placed, &view).unwrap();
            let got = settings.pick(&mut placed, &view).unwrap();
            assert!(if plain == 0 { got != 0 } else { got == plain });
        }
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let of = |table_size| Maglev {
            table_size,
            bounded_load: None,
        };
        for (size, right) in [
            (65_537, true),
            (2, true),
            (5_000_011, true),
            (0, false),
            (1, false),
            (65_536, false),
        ] {
            assert_eq!(of(size).check().is_ok(), right, "{size}");
        }
        assert!(of(5_000_077).check().is_err());
        let along = Maglev {
            bounded_load: Some(BoundedLoad::haproxy(150)),
            ..Maglev::DEFAULT
        };
        assert!(along.check().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        /// When one of n leaves, its share moves and little else; the shares of the others stay even to within a place or two.
        #[test]
        fn few_keys_move_when_a_replica_leaves(replicas in 3usize..20, gone in 0usize..20) {
            let (all, gone) = (Replicas::idle(replicas), gone % replicas);
            let stay: Vec<usize> = (0..replicas).filter(|it| *it != gone).collect();
            let (before, after) = (table(&all), table(&all.clone().only(&stay)));
            let others = before.iter().zip(&after).filter(|(before, after)| {
                **before != gone as u32 && before != after
            });
            // The paper finds about 3 % for tables a hundred times as large as the number of replicas; ours are larger.
            prop_assert!(others.count() < 65_537 / 20);
            prop_assert!(!after.contains(&(gone as u32)));
        }
    }
}
