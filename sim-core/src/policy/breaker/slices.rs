//! A sliding window of counts in slices on a fixed grid, the running slice included; its real length is therefore
//! between one slice less than its length and its length.
//!
//! Sources: resilience4j, `SlidingTimeWindowMetrics`; opossum, `Status`.

/// Sums of `K` counts over the newest slices.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slices<const K: usize> {
    slices: Box<[[u32; K]]>,
    sum: [u32; K],
    running: u64,
}

impl<const K: usize> Slices<K> {
    pub(super) fn new(length: usize) -> Slices<K> {
        Slices {
            slices: vec![[0; K]; length].into(),
            sum: [0; K],
            running: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.slices.fill([0; K]);
        self.sum = [0; K];
    }

    /// Forgets what is too old now that slice number `slice` is running.
    #[inline]
    pub(super) fn roll(&mut self, slice: u64) {
        let length = self.slices.len() as u64;
        for new in self.running + 1..=slice.min(self.running + length) {
            let old = core::mem::replace(&mut self.slices[(new % length) as usize], [0; K]);
            for (sum, old) in self.sum.iter_mut().zip(old) {
                *sum -= old;
            }
        }
        self.running = slice;
    }

    /// Adds to the running slice.
    #[inline]
    pub(super) fn add(&mut self, counts: [u32; K]) {
        let at = (self.running % self.slices.len() as u64) as usize;
        for ((slice, sum), more) in self.slices[at].iter_mut().zip(&mut self.sum).zip(counts) {
            *slice += more;
            *sum += more;
        }
    }

    #[inline]
    pub(super) fn sum(&self) -> [u32; K] {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_sum_is_over_the_newest_slices(gaps in prop::collection::vec(0u64..7, 1..60), length in 1usize..5) {
            let mut slices = Slices::<1>::new(length);
            let (mut slice, mut seen) = (0, Vec::new());
            for gap in gaps {
                slice += gap;
                slices.roll(slice);
                slices.add([1]);
                seen.push(slice);
                let newest = seen.iter().filter(|&&it| it + length as u64 > slice).count();
                prop_assert_eq!(slices.sum(), [newest as u32]);
            }
        }
    }
}
