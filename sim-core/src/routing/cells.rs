//! Cells: the service is there several times over, each cell complete in itself, and a key belongs to one of them; what goes
//! wrong in a cell hits only its keys, `1 / cells` of them.
//!
//! *Modulo* is even but moves nearly all keys when a cell is added. *Rendezvous* gives a key to the cell with the greatest hash
//! of both, so a new cell takes only its own share; finding it costs a hash for each cell. *Jump* does the same with few
//! steps, but cells can be added and removed only at the end.
//!
//! Also here: what zones must keep free so that the loss of some changes nothing ("static stability").
//!
//! Sources: AWS Well-Architected, "Reducing the Scope of Impact with Cell-Based Architecture" (2023); D. Thaler,
//! C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998); J. Lamping, E. Veach, "A Fast, Minimal Memory,
//! Consistent Hash Algorithm" (2014); B. Weiss, M. Furr, "Static stability using Availability Zones" (Amazon Builders' Library).

use super::hash::hash;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// Settings of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// How many there are.
    pub cells: u32,
    /// How a key finds its own.
    pub mapping: Mapping,
}

/// How a key finds its cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// The remainder of its hash.
    Modulo,
    /// The greatest hash of key and cell.
    #[default]
    Rendezvous,
    /// Jump consistent hash.
    Jump,
}

impl Cells {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.cells >= 1,
            "cells are at least 1; the default is 1, the whole service",
        )
    }

    /// The cell of a key, given a well mixed hash of it.
    #[inline]
    pub fn of(&self, key: u64) -> u32 {
        match self.mapping {
            Mapping::Modulo => (key % u64::from(self.cells)) as u32,
            Mapping::Rendezvous => (0..self.cells)
                .max_by_key(|&cell| hash(key, u64::from(cell)))
                .expect("there is a cell"),
            Mapping::Jump => jump(key, self.cells),
        }
    }
}

fn jump(mut key: u64, cells: u32) -> u32 {
    let (mut cell, mut next) = (0, 0);
    while next < u64::from(cells) {
        cell = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((cell + 1) as f64 * ((1u64 << 31) as f64 / ((key >> 33) + 1) as f64)) as u64;
    }
    cell as u32
}

/// How busy the zones that stay are, if `lost` of `zones` go that were all as busy as this; `None` if none stays.
///
/// The system is statically stable if that is at most 1: nothing has to be started, moved or told.
pub fn busy_after_loss(zones: u32, lost: u32, busy: Factor) -> Option<Factor> {
    let left = zones.checked_sub(lost).filter(|it| *it > 0)?;
    let all = u128::from(busy.0) * u128::from(zones);
    u64::try_from(all / u128::from(left)).ok().map(Factor)
}

/// How much must be provisioned, as a factor of what is needed, so that `lost` of `zones` may go; `None` if none stays.
pub fn provision(zones: u32, lost: u32) -> Option<Factor> {
    busy_after_loss(zones, lost, Factor::ONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAPPINGS: [Mapping; 3] = [Mapping::Modulo, Mapping::Rendezvous, Mapping::Jump];

    #[test]
    fn a_cell_has_its_share_of_the_keys() {
        for mapping in MAPPINGS {
            let cells = Cells { cells: 8, mapping };
            let mut counts = [0u32; 8];
            (0..80_000).for_each(|key| counts[cells.of(hash(3, key)) as usize] += 1);
            // Binomial(80000, 1/8): standard deviation 94; five on either side.
            assert!(
                counts.iter().all(|it| (9_530..10_470).contains(it)),
                "{mapping:?} {counts:?}"
            );
        }
        assert!(
            Cells {
                cells: 0,
                mapping: Mapping::Jump
            }
            .check()
            .is_err()
        );
    }

    #[test]
    fn ss_2_three_zones_at_60_percent_survive_the_loss_of_one() {
        let busy = |percent: u64| busy_after_loss(3, 1, Factor(percent * 10_000)).unwrap();
        assert_eq!((busy(60), busy(70)), (Factor(900_000), Factor(1_050_000)));
        assert_eq!(provision(3, 1), Some(Factor(1_500_000)));
        assert_eq!(provision(2, 1), Some(Factor(2_000_000)));
        // 150 % provisioned is 66.7 % busy, and just enough.
        assert!(busy_after_loss(3, 1, Factor(666_666)).unwrap() <= Factor::ONE);
        assert_eq!((provision(3, 3), provision(1, 2)), (None, None));
    }

    proptest! {
        /// A new cell takes keys from the others and gives none; by modulo nearly all keys move.
        #[test]
        fn a_new_cell_only_takes(key in any::<u64>(), cells in 1u32..50) {
            for mapping in [Mapping::Rendezvous, Mapping::Jump] {
                let before = Cells { cells, mapping }.of(key);
                let after = Cells { cells: cells + 1, mapping }.of(key);
                prop_assert!(before < cells && (after == before || after == cells), "{mapping:?}");
            }
        }
    }

    #[test]
    fn by_modulo_most_keys_move() {
        let of = |cells, key| {
            Cells {
                cells,
                mapping: Mapping::Modulo,
            }
            .of(hash(5, key))
        };
        let moved = (0..10_000).filter(|&key| of(8, key) != of(9, key)).count();
        assert!((8_700..9_100).contains(&moved), "{moved}: 8/9 of 10000");
    }
}
