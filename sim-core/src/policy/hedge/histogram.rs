//! Counts of whole milliseconds up to a limit: a histogram of fixed size, exact to three decimal digits.
//!
//! Values below 2048 have a bin of their own; above, each octave has 1024. A value above the limit counts as the limit.
//!
//! Source: HdrHistogram with three significant digits, as Finagle uses it.

const EXACT: u64 = 2048;
const PER_OCTAVE: u64 = EXACT / 2;

/// Counts of milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Histogram {
    bins: Vec<u32>,
    count: u64,
    limit_ms: u64,
}

fn bin(ms: u64) -> u64 {
    if ms < EXACT {
        return ms;
    }
    let octave = u64::from(ms.ilog2() - EXACT.ilog2()) + 1;
    EXACT + (octave - 1) * PER_OCTAVE + (ms >> octave) - PER_OCTAVE
}

/// The greatest value of a bin.
fn top(bin: u64) -> u64 {
    if bin < EXACT {
        return bin;
    }
    let octave = (bin - EXACT) / PER_OCTAVE + 1;
    (((bin - EXACT) % PER_OCTAVE + PER_OCTAVE + 1) << octave) - 1
}

impl Histogram {
    pub fn new(limit_ms: u64) -> Histogram {
        Histogram {
            bins: vec![0; bin(limit_ms) as usize + 1],
            count: 0,
            limit_ms,
        }
    }

    pub fn record(&mut self, ms: u64) {
        self.bins[bin(ms.min(self.limit_ms)) as usize] += 1;
        self.count += 1;
    }

    pub fn clear(&mut self) {
        self.bins.fill(0);
        self.count = 0;
    }

    /// Adds everything of another of the same limit.
    pub fn add(&mut self, other: &Histogram) {
        self.bins
            .iter_mut()
            .zip(&other.bins)
            .for_each(|(own, other)| *own += other);
        self.count += other.count;
    }

    /// The value that `millionths` of all do not exceed, as exact as its bin; 0 without values.
    pub fn quantile(&self, millionths: u64) -> u64 {
        let rank = u128::from(self.count) * u128::from(millionths);
        let rank = (rank.div_ceil(1_000_000) as u64).max(1);
        let mut so_far = 0;
        let found = self.bins.iter().position(|&count| {
            so_far += u64::from(count);
            so_far >= rank
        });
        found.map_or(0, |bin| top(bin as u64).min(self.limit_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_below_two_seconds_are_exact() {
        let mut histogram = Histogram::new(2_000);
        assert_eq!(histogram.quantile(990_000), 0);
        (1..=1_000).for_each(|ms| histogram.record(ms));
        let quantiles = [0, 1_000, 500_000, 990_000, 990_001, 1_000_000].map(|it| histogram.quantile(it));
        assert_eq!(quantiles, [1, 1, 500, 990, 991, 1_000]);
        (0..100_000).for_each(|_| histogram.record(5_000));
        assert_eq!(histogram.quantile(990_000), 2_000);
        let mut sum = Histogram::new(2_000);
        sum.add(&histogram);
        assert_eq!(sum, histogram);
        sum.clear();
        assert_eq!(sum, Histogram::new(2_000));
    }

    proptest! {
        /// A bin holds its values and is at most a thousandth wide; bins follow each other without a gap.
        #[test]
        fn bins_are_narrow(ms in 0u64..10_000_000) {
            let at = bin(ms);
            prop_assert!(top(at) >= ms && (top(at) - ms) * 1_000 <= ms);
            prop_assert!(at == 0 || top(at - 1) < ms);
            prop_assert_eq!(bin(top(at) + 1), at + 1);
        }
    }
}
