//! Latency histograms: log-linear bins at most 1 % wide that merge exactly; mean, minimum and maximum are exact.
//!
//! A value below 128 ns has a bin of its own; above, each octave is cut in 128 bins (0.78 % wide). A value's bin is the upper
//! end of its bits as a floating-point number: exponent and seven bits of mantissa. Bins are `u32`, whole octaves from the
//! least used to the greatest, because with thousands of histograms the cache miss is the cost.

use crate::time::Span;

const SUB_BITS: u32 = 7;
const SUB: usize = 1 << SUB_BITS;

/// Counts of spans by size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    count: u64,
    sum: u128,
    /// [`u64::MAX`] without values.
    min: u64,
    max: u64,
    /// Bins of the values from 1 to [`LARGE`], from bin number `first` on.
    bins: Vec<u32>,
    first: usize,
    /// How many values were zero.
    zeros: u32,
    /// Bins of the values from [`LARGE`] on; empty if there are none.
    large: Vec<u32>,
}

/// From here on (104 days) not every integer is a floating-point number.
const LARGE: u64 = 1 << 53;

/// The number of the bin of a value from 1 to [`LARGE`].
#[inline(always)]
fn bin_number(ns: u64) -> usize {
    ((ns as i64 as f64).to_bits() >> (52 - SUB_BITS)) as usize
}

/// The number of the bin of a value from [`LARGE`] on, from zero.
fn large_bin_number(ns: u64) -> usize {
    let top = 63 - ns.leading_zeros();
    (top - LARGE.trailing_zeros()) as usize * SUB + ((ns >> (top - SUB_BITS)) as usize & (SUB - 1))
}

/// The smallest value of a bin by its exponent and its number within the octave, and how many values it holds.
fn bin(exponent: u32, at: usize) -> (u64, u64) {
    let mantissa = (SUB + at) as u64;
    if exponent < SUB_BITS {
        (mantissa >> (SUB_BITS - exponent), 1)
    } else {
        (mantissa << (exponent - SUB_BITS), 1 << (exponent - SUB_BITS))
    }
}

/// The filled ones of some bins in a row, of which the first has this number.
fn filled(first: usize, bins: &[u32]) -> impl Iterator<Item = (u64, u64, u32)> {
    let of = move |(at, &count): (usize, &u32)| {
        let number = first + at;
        let (low, width) = bin((number / SUB) as u32, number % SUB);
        (low, width, count)
    };
    bins.iter().enumerate().filter(|it| *it.1 > 0).map(of)
}

/// The exponent of a floating-point number as it stands in its bits, less the number's own.
const BIAS: usize = 1023;

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
            bins: Vec::new(),
            first: 0,
            zeros: 0,
            large: Vec::new(),
        }
    }
}

impl Histogram {
    /// Adds one value.
    #[inline(always)]
    pub fn record(&mut self, value: Span) {
        let ns = value.nanos();
        self.count += 1;
        self.sum += u128::from(ns);
        if ns < self.min || ns > self.max {
            self.widen(ns);
        }
        // Zero and large values have numbers that are in no vector.
        match self.bins.get_mut(bin_number(ns).wrapping_sub(self.first)) {
            Some(bin) => *bin += 1,
            None => *self.bin_mut(ns) += 1,
        }
    }

    /// A value beyond all others.
    #[cold]
    #[inline(never)]
    fn widen(&mut self, ns: u64) {
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
    }

    /// Adds the same value many times.
    pub fn record_many(&mut self, value: Span, times: u64) {
        if times == 0 {
            return;
        }
        self.record(value);
        self.count += times - 1;
        self.sum += u128::from(value.nanos()) * u128::from(times - 1);
        *self.bin_mut(value.nanos()) += u32::try_from(times - 1).unwrap_or(u32::MAX);
    }

    /// The bin of a value, made if there is none.
    #[cold]
    #[inline(never)]
    fn bin_mut(&mut self, ns: u64) -> &mut u32 {
        match ns {
            0 => &mut self.zeros,
            LARGE.. => {
                let octaves = (u64::BITS - LARGE.trailing_zeros()) as usize;
                self.large.resize(octaves * SUB, 0);
                &mut self.large[large_bin_number(ns)]
            }
            _ => {
                let number = bin_number(ns);
                let octave = number & !(SUB - 1);
                self.cover(octave, octave + SUB);
                &mut self.bins[number - self.first]
            }
        }
    }

    /// Makes room for all bins from `first` to before `end`, both at the beginning of an octave.
    fn cover(&mut self, first: usize, end: usize) {
        if self.bins.is_empty() {
            self.first = first;
        }
        if first < self.first {
            self.bins.splice(0..0, core::iter::repeat_n(0, self.first - first));
            self.first = first;
        }
        let length = (end - self.first).max(self.bins.len());
        self.bins.resize(length, 0);
    }

    /// Adds everything of another histogram, exactly.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
        self.zeros += other.zeros;
        if !other.bins.is_empty() {
            self.cover(other.first, other.first + other.bins.len());
            let mine = &mut self.bins[other.first - self.first..];
            mine.iter_mut()
                .zip(&other.bins)
                .for_each(|(mine, theirs)| *mine += theirs);
        }
        if !other.large.is_empty() {
            self.large.resize(other.large.len(), 0);
            self.large
                .iter_mut()
                .zip(&other.large)
                .for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// Every bin that holds something: its smallest value, how many values there are in it, and how often they were added.
    fn filled(&self) -> impl Iterator<Item = (u64, u64, u32)> {
        let zeros = (self.zeros > 0).then_some((0, 1, self.zeros));
        let small = filled(self.first.saturating_sub(BIAS * SUB), &self.bins);
        let large = filled(LARGE.trailing_zeros() as usize * SUB, &self.large);
        zeros.into_iter().chain(small).chain(large)
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all values in nanoseconds, exact.
    pub fn sum_nanos(&self) -> u128 {
        self.sum
    }

    /// The exact mean in seconds; `None` without values.
    pub fn mean_s(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 / 1e9)
    }

    /// The exact smallest value; `None` without values.
    pub fn min(&self) -> Option<Span> {
        (self.count > 0).then(|| Span::from_nanos(self.min))
    }

    /// The exact largest value; `None` without values.
    pub fn max(&self) -> Option<Span> {
        (self.count > 0).then(|| Span::from_nanos(self.max))
    }

    /// The value that a share `q` (in `0..=1`) of all values does not exceed, in seconds, interpolated within its bin and
    /// never beyond the exact minimum and maximum; `None` without values.
    pub fn quantile_s(&self, q: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = q.clamp(0.0, 1.0) * self.count as f64;
        let mut below = 0u64;
        for (low, width, count) in self.filled() {
            if (below + u64::from(count)) as f64 >= rank {
                // A bin of width 1 holds one value; wider ones are taken as evenly filled.
                let inside = ((rank - below as f64) / f64::from(count)).clamp(0.0, 1.0);
                let ns = low as f64 + if width == 1 { 0.0 } else { inside * width as f64 };
                return Some(ns.clamp(self.min as f64, self.max as f64) / 1e9);
            }
            below += u64::from(count);
        }
        Some(self.max as f64 / 1e9)
    }

    /// The share of values greater than `limit`, in `0..=1`, interpolated within its bin; `None` without values.
    pub fn share_above(&self, limit: Span) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let mut above = 0.0;
        for (low, width, count) in self.filled() {
            if low > limit.nanos() {
                above += f64::from(count);
            } else if limit.nanos() - low < width {
                above += f64::from(count) * ((low + width - 1 - limit.nanos()) as f64 / width as f64);
            }
        }
        Some(above / self.count as f64)
    }

    /// Every bin that holds something: its smallest value, one past its largest, and how many, in order.
    pub fn bins(&self) -> impl Iterator<Item = (Span, Span, u32)> {
        self.filled().map(|(low, width, count)| {
            (
                Span::from_nanos(low),
                Span::from_nanos(low.saturating_add(width)),
                count,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        values.into_iter().for_each(|ns| histogram.record(Span::from_nanos(ns)));
        histogram
    }

    #[test]
    fn bins_are_at_most_one_percent_wide_and_leave_no_gap() {
        let mut next = 1u64;
        for exponent in 0..64 {
            for at in 0..SUB {
                let (low, width) = bin(exponent, at);
                if low < next {
                    // Below 128, several numbers stand for one value, of which only the first is used.
                    assert!(exponent < SUB_BITS && low == next - 1);
                    continue;
                }
                assert_eq!(low, next);
                assert!(width == 1 || width as f64 / low as f64 <= 0.01);
                for ns in [low, low + (width - 1)] {
                    let number = if ns < LARGE {
                        bin_number(ns) - BIAS * SUB
                    } else {
                        large_bin_number(ns) + LARGE.trailing_zeros() as usize * SUB
                    };
                    assert_eq!((number / SUB, number % SUB), (exponent as usize, at));
                }
                next = low.wrapping_add(width);
            }
        }
        assert_eq!(next, 0, "the last bin ends at 2^64");
    }

    #[test]
    fn the_least_and_the_greatest_values_have_their_bins() {
        let values = [0, 0, 1, 2, 3, LARGE - 1, LARGE, LARGE + 1, u64::MAX];
        let histogram = of(values);
        let mut twice = of(values);
        twice.merge(&histogram);
        assert_eq!(histogram.bins().map(|it| u64::from(it.2)).sum::<u64>(), 9);
        for value in values {
            let holds = |it: &(Span, Span, u32)| it.0.nanos() <= value && value <= it.1.nanos();
            assert!(histogram.bins().any(|it| holds(&it)), "{value}");
        }
        let doubled = histogram.bins().map(|(low, high, count)| (low, high, 2 * count));
        assert!(twice.bins().eq(doubled));
        assert_eq!(twice.max(), Some(Span::MAX));
    }

    #[test]
    fn merging_is_the_same_as_recording_together() {
        let values: Vec<u64> = (0..2_000u64).map(|i| i * i * i * 37 % 100_000_007).collect();
        let together = of(values.iter().copied());
        let mut merged = of(values[..700].iter().copied());
        merged.merge(&of(values[700..].iter().copied()));
        assert_eq!(merged.bins().collect::<Vec<_>>(), together.bins().collect::<Vec<_>>());
        assert_eq!(
            (merged.count, merged.sum, merged.min, merged.max),
            (together.count, together.sum, together.min, together.max)
        );
    }

    #[test]
    fn quantiles_are_within_a_bin_of_the_exact_ones() {
        let histogram = of((1..=100_000).map(|i| i * 1_000));
        for q in [0.01, 0.5, 0.9, 0.99, 0.999] {
            let exact = q * 0.1;
            assert!((histogram.quantile_s(q).unwrap() / exact - 1.0).abs() < 0.01, "{q}");
        }
        assert_eq!(histogram.quantile_s(0.0), Some(1e-6));
        assert_eq!(histogram.quantile_s(1.0), Some(0.1));
    }

    #[test]
    fn shares_above_a_limit_count_whole_and_partial_bins() {
        let histogram = of([10, 20, 30, 40]);
        assert_eq!(histogram.share_above(Span::from_nanos(20)), Some(0.5));
        assert_eq!(histogram.share_above(Span::from_nanos(9)), Some(1.0));
        assert_eq!(histogram.share_above(Span::from_nanos(40)), Some(0.0));
        assert_eq!(Histogram::default().share_above(Span::ZERO), None);
    }
}
