//! Partitions of a concurrency limit: each kind of call is guaranteed a share, and may have what others leave.
//!
//! Below the limit anyone may take any slot. At the limit a partition may still take up to its own share, so that the total may
//! exceed the limit for a while: a guarantee that had to wait for others to finish would be none. A share is
//! `max(1, ceil(limit · share))`; a call of no known partition has no share.
//!
//! Source: Netflix concurrency-limits (2026), `AbstractPartitionedLimiter`. Shares are rounded exactly here; Netflix's product is
//! a float and may round up a whole number.

use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// Settings of a partitioned limit: the share of each partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions(Vec<Factor>);

/// How many of each partition are in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    all: u32,
    each: Vec<u32>,
}

impl Busy {
    /// How many are in flight, those of no partition included.
    pub const fn all(&self) -> u32 {
        self.all
    }
}

impl Partitions {
    /// Partitions with these shares, which add up to at most 1.
    pub fn new(shares: Vec<Factor>) -> Result<Partitions, Invalid> {
        let sum: u128 = shares.iter().map(|it| u128::from(it.0)).sum();
        require(!shares.is_empty(), "at least one partition; there is no default")?;
        require(
            sum <= u128::from(Factor::ONE.0),
            "the shares of all partitions are at most 100% together; there is no default",
        )?;
        Ok(Partitions(shares))
    }

    /// Nothing in flight.
    pub fn start(&self) -> Busy {
        Busy {
            all: 0,
            each: vec![0; self.0.len()],
        }
    }

    /// These in flight already, by partition.
    pub fn start_with(&self, inside: impl IntoIterator<Item = Option<usize>>) -> Busy {
        let mut busy = self.start();
        for partition in inside {
            busy.all += 1;
            if let Some(partition) = partition {
                busy.each[partition] += 1;
            }
        }
        busy
    }

    /// How many of this partition are guaranteed a place under this limit.
    #[inline]
    pub fn share(&self, partition: usize, limit: u32) -> u32 {
        let slots = (u128::from(limit) * u128::from(self.0[partition].0)).div_ceil(u128::from(Factor::ONE.0));
        (slots as u32).max(1)
    }

    /// A call of this partition, or of none, asks for a slot under the limit now in force.
    #[inline]
    pub fn admit(&self, busy: &mut Busy, limit: u32, partition: Option<usize>) -> bool {
        let admitted =
            busy.all < limit || partition.is_some_and(|partition| busy.each[partition] < self.share(partition, limit));
        if admitted {
            busy.all += 1;
            if let Some(partition) = partition {
                busy.each[partition] += 1;
            }
        }
        admitted
    }

    /// A call that was admitted has ended.
    #[inline]
    pub fn release(&self, busy: &mut Busy, partition: Option<usize>) {
        assert!(busy.all > 0, "more calls end than were admitted");
        busy.all -= 1;
        if let Some(partition) = partition {
            assert!(
                busy.each[partition] > 0,
                "more calls of a partition end than were admitted"
            );
            busy.each[partition] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIVE: Option<usize> = Some(0);
    const BATCH: Option<usize> = Some(1);

    fn live_and_batch() -> Partitions {
        Partitions::new(vec![Factor(800_000), Factor(200_000)]).unwrap()
    }

    fn admitted(partitions: &Partitions, busy: &mut Busy, limit: u32, partition: Option<usize>) -> u32 {
        (0..100)
            .take_while(|_| partitions.admit(busy, limit, partition))
            .count() as u32
    }

    #[test]
    fn ls_5_a_partition_gets_its_share_beyond_the_limit() {
        let partitions = live_and_batch();
        let mut busy = partitions.start();
        assert_eq!(admitted(&partitions, &mut busy, 10, BATCH), 10);
        assert_eq!(admitted(&partitions, &mut busy, 10, LIVE), 8);
        assert_eq!(busy.all(), 18);
        // One that goes leaves the limit exceeded, and batch above its share.
        partitions.release(&mut busy, BATCH);
        assert!(!partitions.admit(&mut busy, 10, BATCH));
        partitions.release(&mut busy, LIVE);
        assert!(partitions.admit(&mut busy, 10, LIVE));
    }

    #[test]
    fn who_has_no_partition_has_no_share() {
        let partitions = live_and_batch();
        let mut busy = partitions.start();
        assert_eq!(admitted(&partitions, &mut busy, 3, None), 3);
        assert_eq!(admitted(&partitions, &mut busy, 3, BATCH), 1);
    }

    #[test]
    fn shares_are_rounded_up_to_at_least_one() {
        let partitions = Partitions::new(vec![Factor(70_000), Factor(0)]).unwrap();
        assert_eq!(partitions.share(0, 100), 7);
        assert_eq!(partitions.share(0, 101), 8);
        assert_eq!(partitions.share(1, 100), 1);
    }

    #[test]
    fn shares_add_up_to_at_most_one() {
        assert!(Partitions::new(vec![Factor(800_000), Factor(200_001)]).is_err());
        assert!(Partitions::new(Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn a_partition_below_its_share_is_never_refused(
            course in prop::collection::vec((0u32..12, 0usize..3, any::<bool>()), 1..200),
        ) {
            let partitions = live_and_batch();
            let mut busy = partitions.start();
            for (limit, class, arrives) in course {
                let partition = [LIVE, BATCH, None][class];
                let before = busy.clone();
                if arrives {
                    let admitted = partitions.admit(&mut busy, limit, partition);
                    let entitled = partition.is_some_and(|it| before.each[it] < partitions.share(it, limit));
                    prop_assert_eq!(admitted, entitled || before.all < limit);
                } else {
                    let mine = partition.map_or(before.all - before.each.iter().sum::<u32>(), |it| before.each[it]);
                    if mine > 0 {
                        partitions.release(&mut busy, partition);
                    }
                }
                prop_assert!(busy.each.iter().sum::<u32>() <= busy.all);
            }
        }
    }
}
