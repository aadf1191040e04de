//! Latency histograms: log-linear bins at most 1 % wide that merge exactly; mean, minimum and maximum are exact.
//!
//! A value below 128 ns has a bin of its own; above, each octave is cut in 128 bins (0.78 % wide). Bins are `u32`, in
//! pages of one octave allocated when first used, because with thousands of histograms the cache miss is the cost.

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
    /// Page of octave `first + i`; an empty page was never used.
    pages: Vec<Option<Box<[u32; SUB]>>>,
    first: u32,
}

/// Octave and bin of a value.
#[inline]
fn place(ns: u64) -> (u32, usize) {
    if ns < SUB as u64 {
        return (0, ns as usize);
    }
    let top = 63 - ns.leading_zeros();
    (top - SUB_BITS + 1, (ns >> (top - SUB_BITS)) as usize & (SUB - 1))
}

/// The smallest value of a bin, and how many values it holds.
fn bin(octave: u32, at: usize) -> (u64, u64) {
    match octave {
        0 => (at as u64, 1),
        _ => (((SUB + at) as u64) << (octave - 1), 1 << (octave - 1)),
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
            pages: Vec::new(),
            first: 0,
        }
    }
}

impl Histogram {
    /// Adds one value.
    #[inline]
    pub fn record(&mut self, value: Span) {
        let ns = value.nanos();
        self.count += 1;
        self.sum += u128::from(ns);
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
        let (octave, at) = place(ns);
        let page = octave.wrapping_sub(self.first) as usize;
        match self.pages.get_mut(page) {
            Some(Some(bins)) => bins[at] += 1,
            _ => *self.bin_mut(octave, at) += 1,
        }
    }

    /// Adds the same value many times.
    pub fn record_many(&mut self, value: Span, times: u64) {
        if times == 0 {
            return;
        }
        self.record(value);
        self.count += times - 1;
        self.sum += u128::from(value.nanos()) * u128::from(times - 1);
        let (octave, at) = place(value.nanos());
        *self.bin_mut(octave, at) += u32::try_from(times - 1).unwrap_or(u32::MAX);
    }

    #[cold]
    fn bin_mut(&mut self, octave: u32, at: usize) -> &mut u32 {
        if self.pages.is_empty() {
            self.first = octave;
        }
        if octave < self.first {
            let missing = (self.first - octave) as usize;
            self.pages.splice(0..0, core::iter::repeat_n(None, missing));
            self.first = octave;
        }
        let page = (octave - self.first) as usize;
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        &mut self.pages[page].get_or_insert_with(|| Box::new([0; SUB]))[at]
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
        for (octave, bins) in other.octaves() {
            for (at, &count) in bins.iter().enumerate().filter(|it| *it.1 > 0) {
                *self.bin_mut(octave, at) += count;
            }
        }
    }

    fn octaves(&self) -> impl Iterator<Item = (u32, &[u32; SUB])> {
        let numbered = self.pages.iter().enumerate();
        numbered.filter_map(|(page, bins)| bins.as_deref().map(|bins| (self.first + page as u32, bins)))
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
        for (octave, bins) in self.octaves() {
            for (at, &count) in bins.iter().enumerate().filter(|it| *it.1 > 0) {
                if (below + u64::from(count)) as f64 >= rank {
                    let (low, width) = bin(octave, at);
                    // A bin of width 1 holds one value; wider ones are taken as evenly filled.
                    let inside = ((rank - below as f64) / f64::from(count)).clamp(0.0, 1.0);
                    let ns = low as f64 + if width == 1 { 0.0 } else { inside * width as f64 };
                    return Some(ns.clamp(self.min as f64, self.max as f64) / 1e9);
                }
                below += u64::from(count);
            }
        }
        Some(self.max as f64 / 1e9)
    }

    /// The share of values greater than `limit`, in `0..=1`, interpolated within its bin; `None` without values.
    pub fn share_above(&self, limit: Span) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let (limit_octave, limit_at) = place(limit.nanos());
        let mut above = 0.0;
        for (octave, bins) in self.octaves() {
            for (at, &count) in bins.iter().enumerate().filter(|it| *it.1 > 0) {
                if (octave, at) > (limit_octave, limit_at) {
                    above += f64::from(count);
                } else if (octave, at) == (limit_octave, limit_at) {
                    let (low, width) = bin(octave, at);
                    above += f64::from(count) * ((low + width - 1 - limit.nanos()) as f64 / width as f64);
                }
            }
        }
        Some(above / self.count as f64)
    }

    /// Every bin that holds something: its smallest value, one past its largest, and how many, in order.
    pub fn bins(&self) -> impl Iterator<Item = (Span, Span, u32)> {
        self.octaves().flat_map(|(octave, bins)| {
            bins.iter().enumerate().filter(|it| *it.1 > 0).map(move |(at, &count)| {
                let (low, width) = bin(octave, at);
                (
                    Span::from_nanos(low),
                    Span::from_nanos(low.saturating_add(width)),
                    count,
                )
            })
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
        let mut next = 0u64;
        for octave in 0..=57 {
            for at in 0..SUB {
                let (low, width) = bin(octave, at);
                assert_eq!(low, next);
                assert!(width == 1 || width as f64 / low as f64 <= 0.01);
                assert_eq!(place(low), (octave, at));
                assert_eq!(place(low + (width - 1)), (octave, at));
                next = low.wrapping_add(width);
            }
        }
        assert_eq!(next, 0, "the last bin ends at 2^64");
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
