//! A radix wheel: a flat cost for each entry, whether ten are pending or ten million.
//!
//! An entry is filed by the highest base-64 digit in which its time differs from the wheel's reference time: 11 levels of 64
//! buckets. The nearest bucket is spread over lower levels until it is small, then sorted into the *bottom*, a short array
//! from which entries pop. What is pushed for the present instant goes to the *lane*, kept in order beside the bottom.
//!
//! Sources: R. K. Ahuja, K. Mehlhorn, J. Orlin, R. E. Tarjan, "Faster Algorithms for the Shortest Path Problem", JACM 37(2),
//! 1990 (radix heaps); W. T. Tang, R. S. M. Goh, I. L.-J. Thng, "Ladder Queue", ACM TOMACS 15(3), 2005 (the sorted bottom).

use std::collections::VecDeque;

use super::{Entry, Pending};

const DIGIT_BITS: u32 = 6;
const DIGITS: usize = 1 << DIGIT_BITS;
/// Enough for 64 bits; a power of two, so that an index needs no check.
const LEVELS: usize = 16;
/// A bucket of at most this many entries is sorted at once.
const SMALL: usize = 24;
/// Into a bottom of at most this many, an entry is inserted step by step.
const NEAR: usize = 8;
/// A bottom that grew beyond this by insertion is filed again.
const CROWDED: usize = 128;

/// The pending set of a simulation.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// Entries before `bottom_end`, last first.
    bottom: Vec<Entry>,
    /// Entries from this time on are in buckets.
    bottom_end: u64,
    /// Entries pushed for `now`, in order.
    lane: VecDeque<Entry>,
    /// The time of the last popped entry.
    now: u64,
    /// All entries in buckets are at this time or later, and filed by their difference from it.
    reference: u64,
    buckets: [Vec<Entry>; LEVELS * DIGITS],
    /// For each level, which buckets hold something.
    occupied: [u64; LEVELS],
    /// Which levels hold something.
    levels: u32,
}

impl Default for Wheel {
    fn default() -> Self {
        Wheel {
            bottom: Vec::with_capacity(2 * SMALL),
            bottom_end: 0,
            lane: VecDeque::new(),
            now: 0,
            reference: 0,
            buckets: core::array::from_fn(|_| Vec::new()),
            occupied: [0; LEVELS],
            levels: 0,
        }
    }
}

impl Wheel {
    #[inline]
    fn file(&mut self, entry: Entry) {
        let difference = entry.time ^ self.reference;
        let level = (difference | 1).ilog2() / DIGIT_BITS % LEVELS as u32;
        let digit = (entry.time >> (level * DIGIT_BITS)) as usize % DIGITS;
        self.buckets[level as usize * DIGITS + digit].push(entry);
        self.occupied[level as usize] |= 1 << digit;
        self.levels |= 1 << level;
    }

    /// Adds an entry that comes before those in buckets. Its parts come one by one, in registers.
    #[inline(never)]
    fn push_near(&mut self, time: u64, order: u64, index: u32, generation: u32) {
        let entry = Entry {
            time,
            order,
            index,
            generation,
        };
        let len = self.bottom.len();
        if time == self.now || len > NEAR {
            return self.push_nearby(&entry);
        }
        self.bottom.push(entry);
        let bottom = self.bottom.as_mut_slice();
        let mut at = len;
        while at > 0 && at < bottom.len() {
            let before = bottom[at - 1];
            if !before.is_before(&entry) {
                break;
            }
            bottom[at] = before;
            bottom[at - 1] = entry;
            at -= 1;
        }
    }

    /// Adds an entry for the present instant, or one that comes before those in buckets when the bottom is not short.
    #[inline(never)]
    fn push_nearby(&mut self, entry: &Entry) {
        if entry.time == self.now {
            // Almost always the last of its instant; a ring's stand-in may carry an older sequence number.
            let at = self.lane.partition_point(|it| it.key() < entry.key());
            return self.lane.insert(at, *entry);
        }
        if self.bottom.len() >= CROWDED {
            return self.spill(*entry);
        }
        let at = self.bottom.partition_point(|it| it.key() > entry.key());
        self.bottom.insert(at, *entry);
    }

    /// Files a crowded bottom again: the entry at hand is near the present, so what is beyond it can wait in buckets.
    #[cold]
    fn spill(&mut self, entry: Entry) {
        // The reference may only move back to a time at or before every entry, in buckets and out: the present is one, but
        // buckets are filed by the old one. Times between the two differ from both in the same highest digit or lower, so
        // only entries of the bottom, all before `bottom_end`, are filed anew, against the old reference, which is not
        // after them: it is the start of the bottom's bucket.
        let crowd = core::mem::take(&mut self.bottom);
        self.bottom_end = self.reference;
        for entry in crowd.into_iter().chain([entry]) {
            self.file(entry);
        }
        // The bottom stays empty until the next pop: thousands of entries for one instant, which no bucket tells apart,
        // are filed as they come, not one by one into a long bottom.
    }

    /// Sorts the bottom, last first. Short and often nearly in order: insertion beats a general sort.
    #[inline]
    fn sort_bottom(&mut self) {
        if self.bottom.len() > SMALL {
            return self.bottom.sort_unstable_by_key(|it| core::cmp::Reverse(it.key()));
        }
        let bottom = self.bottom.as_mut_slice();
        for end in 1..bottom.len() {
            let entry = bottom[end];
            let mut at = end;
            while at > 0 && bottom[at - 1].is_before(&entry) {
                bottom[at] = bottom[at - 1];
                at -= 1;
            }
            bottom[at] = entry;
        }
    }

    /// Fills the empty bottom from the nearest bucket; `false` if there is none.
    fn refill(&mut self) -> bool {
        debug_assert!(self.bottom.is_empty());
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied[level].trailing_zeros() as usize;
            let bucket = level * DIGITS + digit;
            self.occupied[level] &= !(1 << digit);
            if self.occupied[level] == 0 {
                self.levels &= !(1 << level);
            }
            let shift = level as u32 * DIGIT_BITS;
            if level == 0 || self.buckets[bucket].len() <= SMALL {
                // The bottom takes the bucket's whole span of time.
                let start = self.buckets[bucket][0].time >> shift << shift;
                self.reference = start;
                self.bottom_end = start.saturating_add(1 << shift);
                core::mem::swap(&mut self.bottom, &mut self.buckets[bucket]);
                self.sort_bottom();
                return true;
            }
            // Spread it: from the beginning of its span of time, all differ in lower digits.
            let mut entries = core::mem::take(&mut self.buckets[bucket]);
            self.reference = entries[0].time >> shift << shift;
            let below = level - 1;
            let mut filled = 0;
            for &entry in &entries {
                let digit = (entry.time >> (below as u32 * DIGIT_BITS)) as usize % DIGITS;
                if digit == 0 && below > 0 {
                    self.file(entry);
                } else {
                    filled |= 1 << digit;
                    self.buckets[(below * DIGITS + digit) % (LEVELS * DIGITS)].push(entry);
                }
            }
            if filled != 0 {
                self.occupied[below] |= filled;
                self.levels |= 1 << below;
            }
            // Keep the allocation for the next time this bucket fills.
            entries.clear();
            self.buckets[bucket] = entries;
        }
        false
    }
}

impl Pending for Wheel {
    #[inline]
    fn push(&mut self, entry: Entry) {
        debug_assert!(entry.time >= self.now, "an event is scheduled in the past");
        if entry.time >= self.bottom_end {
            self.file(entry);
        } else {
            self.push_near(entry.time, entry.order, entry.index, entry.generation);
        }
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<Entry> {
        match self.bottom.last() {
            Some(&last) if self.lane.is_empty() => {
                self.bottom.pop();
                self.now = last.time;
                Some(last)
            }
            _ => self.pop_with_care(),
        }
    }
}

impl Wheel {
    /// Takes the first entry when the bottom is empty, or the lane is not.
    #[inline(never)]
    fn pop_with_care(&mut self) -> Option<Entry> {
        if self.bottom.is_empty() && (!self.lane.is_empty() && self.bottom_end > self.now || !self.refill()) {
            return self.lane.pop_front();
        }
        let last = self.bottom[self.bottom.len() - 1];
        if let Some(first) = self.lane.front()
            && first.key() < last.key()
        {
            return self.lane.pop_front();
        }
        self.bottom.pop();
        self.now = last.time;
        Some(last)
    }
}
