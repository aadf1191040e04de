//! Shuffle sharding: each customer is dealt a few of the workers, and hardly any two the same ones.
//!
//! A customer whose requests poison or drown its workers takes with it only those who share all of them: with `size` of `n`
//! workers, one in `C(n, size)`. Those who share some still have the others, provided that callers try another worker.
//!
//! The deal depends on the customer's own draws and on `n` alone, so it is the same in every run and for every caller.
//!
//! Sources: C. MacCárthaigh, "Workload isolation using shuffle-sharding", Amazon Builders' Library (2019); R. Floyd's sampling
//! without replacement, in J. Bentley, "Programming Pearls: a sample of brilliance", CACM 30(9), 1987. Overlaps:
//! [`crate::theory::sharding`].

use crate::policy::{Invalid, require};
use crate::rng::Draw;

/// Settings of shuffle sharding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShuffleShard {
    /// How many workers each customer is dealt; at least 1. With that many workers or fewer everybody has all.
    pub size: u32,
}

impl ShuffleShard {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.size >= 1, "a shard has at least 1 worker; it has no default")
    }

    /// Writes the numbers of a customer's workers, out of `0..workers`, into `shard`, in ascending order; what it held before is
    /// gone. `draw` is the customer's own (a keyed block of its name). Draws once for each worker dealt, unless all are.
    pub fn deal(&self, workers: u32, draw: &mut impl Draw, shard: &mut Vec<u32>) {
        shard.clear();
        if self.size >= workers {
            shard.extend(0..workers);
            return;
        }
        // Every set is equally likely: what is drawn twice is replaced by the newest possible number.
        for newest in workers - self.size..workers {
            let drawn = draw.below(u64::from(newest) + 1) as u32;
            shard.push(if shard.contains(&drawn) { newest } else { drawn });
        }
        shard.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Key, Purpose, Streams};
    use crate::theory::sharding;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn deal(size: u32, workers: u32, customer: u64) -> Vec<u32> {
        let settings = ShuffleShard { size };
        assert_eq!(settings.check(), Ok(()));
        let streams = Streams::new(11);
        let mut shard = Vec::new();
        settings.deal(workers, &mut streams.keyed(Purpose::Balance, customer, 0), &mut shard);
        shard
    }

    #[test]
    fn every_shard_is_dealt_equally_often() {
        let mut counts: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        for customer in 0..28_000 {
            *counts.entry(deal(2, 8, customer)).or_default() += 1;
        }
        assert_eq!(counts.len(), 28);
        // Each count is binomial with mean 1000 and sd 31: five sd's on either side.
        assert!(counts.values().all(|&n| (845..=1_155).contains(&n)), "{counts:?}");
    }

    #[test]
    fn ss_1_customers_share_workers_as_often_as_theory_says() {
        let first = deal(2, 8, Key::of("first").0);
        let mut shared = [0u32; 3];
        for customer in 0..30_000 {
            let other = deal(2, 8, customer);
            shared[other.iter().filter(|it| first.contains(it)).count()] += 1;
        }
        for (k, &n) in shared.iter().enumerate() {
            let p = sharding::overlap(8, 2, k as u32);
            let sd = (30_000.0 * p * (1.0 - p)).sqrt();
            assert!((f64::from(n) - 30_000.0 * p).abs() < 5.0 * sd, "{k} shared: {n}");
        }
    }

    #[test]
    fn a_shard_of_everybody_draws_nothing() {
        assert_eq!(deal(3, 3, 5), [0, 1, 2]);
        assert_eq!(deal(4, 3, 5), [0, 1, 2]);
        assert!(ShuffleShard { size: 0 }.check().is_err());
    }

    proptest! {
        #[test]
        fn a_shard_holds_distinct_workers(size in 1u32..10, more in 0u32..20, customer in any::<u64>()) {
            let shard = deal(size, size + more, customer);
            prop_assert_eq!(shard.len(), size as usize);
            prop_assert!(shard.windows(2).all(|pair| pair[0] < pair[1]) && shard[shard.len() - 1] < size + more);
            prop_assert_eq!(&shard, &deal(size, size + more, customer));
        }
    }
}
