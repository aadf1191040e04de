//! A radix wheel: a flat cost for each entry, whether ten are pending or ten million.
//!
//! An entry is filed by the highest base-64 digit in which its time differs from the wheel's reference time: 11 levels of 64
//! buckets. The nearest bucket is spread over lower levels until it is small, then sorted into the *bottom*, a short array
//! from which entries pop. What is pushed for the present instant goes to the *lane*, kept in order beside the bottom; one
//! arrival, whenever it is, waits beside both.
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

/// An entry as it is kept: three whole words, each written and read as one. What has just been pushed is often popped next,
/// and a processor has to wait where it reads in one piece what was written in two.
#[derive(Clone, Copy, Debug)]
struct Kept {
    time: u64,
    order: u64,
    /// Row and generation.
    whom: u64,
}

/// In place of an arrival: none.
const NOBODY: Kept = Kept {
    time: u64::MAX,
    order: u64::MAX,
    whom: 0,
};

impl Kept {
    #[inline(always)]
    fn of(entry: Entry) -> Kept {
        Kept {
            time: entry.time,
            order: entry.order,
            whom: u64::from(entry.index) | u64::from(entry.generation) << 32,
        }
    }

    #[inline(always)]
    fn entry(self) -> Entry {
        Entry {
            time: self.time,
            order: self.order,
            index: self.whom as u32,
            generation: (self.whom >> 32) as u32,
        }
    }

    /// Whether it comes first.
    #[inline(always)]
    fn is_before(&self, other: &Kept) -> bool {
        self.time < other.time || self.time == other.time && self.order < other.order
    }

    #[inline]
    fn key(&self) -> u128 {
        u128::from(self.time) << 64 | u128::from(self.order)
    }
}

/// The pending set of a simulation.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// Entries before `bottom_end`, last first.
    bottom: Vec<Kept>,
    /// Entries from this time on are in buckets.
    bottom_end: u64,
    /// An arrival, whenever it is: most systems have one load, which sends one by one, so that its next need not be filed.
    arrival: Kept,
    /// Entries pushed for `now`, in order.
    lane: VecDeque<Kept>,
    /// Entries of the bottom before this time are the next ones: the time of the arrival, or zero while the lane holds some.
    plain_end: u64,
    /// The time of the last popped entry.
    now: u64,
    /// All entries in buckets are at this time or later, and filed by their difference from it.
    reference: u64,
    buckets: [Vec<Kept>; LEVELS * DIGITS],
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
            arrival: NOBODY,
            lane: VecDeque::new(),
            plain_end: u64::MAX,
            now: 0,
            reference: 0,
            buckets: core::array::from_fn(|_| Vec::new()),
            occupied: [0; LEVELS],
            levels: 0,
        }
    }
}

impl Wheel {
    /// Files an entry in its bucket. Its parts come one by one, in registers.
    #[inline]
    fn file(&mut self, time: u64, order: u64, whom: u64) {
        let difference = time ^ self.reference;
        let level = (difference | 1).ilog2() / DIGIT_BITS % LEVELS as u32;
        let digit = (time >> (level * DIGIT_BITS)) as usize % DIGITS;
        self.buckets[level as usize * DIGITS + digit].push(Kept { time, order, whom });
        self.occupied[level as usize] |= 1 << digit;
        self.levels |= 1 << level;
    }

    /// Adds an entry that comes before those in buckets. Its parts come one by one, in registers.
    #[inline(never)]
    fn push_near(&mut self, time: u64, order: u64, whom: u64) {
        let len = self.bottom.len();
        if time == self.now || len > NEAR {
            return self.push_nearby(time, order, whom);
        }
        let entry = Kept { time, order, whom };
        self.bottom.push(entry);
        let bottom = self.bottom.as_mut_slice();
        let mut at = len;
        while at > 0 && at < bottom.len() && bottom[at - 1].is_before(&entry) {
            bottom[at] = bottom[at - 1];
            bottom[at - 1] = entry;
            at -= 1;
        }
    }

    /// Adds an entry for the present instant, or one that comes before those in buckets when the bottom is not short.
    #[inline(never)]
    fn push_nearby(&mut self, time: u64, order: u64, whom: u64) {
        let entry = Kept { time, order, whom };
        if time == self.now {
            // Almost always the last of its instant; a ring's stand-in may carry an older sequence number.
            let at = self.lane.partition_point(|it| it.key() < entry.key());
            self.plain_end = 0;
            return self.lane.insert(at, entry);
        }
        if self.bottom.len() >= CROWDED {
            return self.spill(entry);
        }
        let at = self.bottom.partition_point(|it| it.key() > entry.key());
        self.bottom.insert(at, entry);
    }

    /// Files a crowded bottom again: the entry at hand is near the present, so what is beyond it can wait in buckets.
    #[cold]
    fn spill(&mut self, entry: Kept) {
        // The reference may only move back to a time at or before every entry, in buckets and out: the present is one, but
        // buckets are filed by the old one. Times between the two differ from both in the same highest digit or lower, so
        // only entries of the bottom, all before `bottom_end`, are filed anew, against the old reference, which is not
        // after them: it is the start of the bottom's bucket.
        let crowd = core::mem::take(&mut self.bottom);
        self.bottom_end = self.reference;
        for entry in crowd.into_iter().chain([entry]) {
            self.file(entry.time, entry.order, entry.whom);
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

    /// Fills the empty bottom from the nearest bucket, if there is one and its span of time has begun by `until`: what may
    /// still be pushed comes after that, and must not come before the reference.
    #[inline(always)]
    fn refill(&mut self, until: u64) {
        debug_assert!(self.bottom.is_empty());
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied[level].trailing_zeros() as usize;
            let bucket = level * DIGITS + digit;
            let shift = level as u32 * DIGIT_BITS;
            let start = self.buckets[bucket][0].time >> shift << shift;
            if start > until {
                return;
            }
            self.reference = start;
            self.occupied[level] &= !(1 << digit);
            if self.occupied[level] == 0 {
                self.levels &= !(1 << level);
            }
            if level == 0 || self.buckets[bucket].len() <= SMALL {
                // The bottom takes the bucket's whole span of time.
                self.bottom_end = start.saturating_add(1 << shift);
                core::mem::swap(&mut self.bottom, &mut self.buckets[bucket]);
                return self.sort_bottom();
            }
            // Spread it: from the beginning of its span of time, all differ in lower digits.
            let mut entries = core::mem::take(&mut self.buckets[bucket]);
            let below = level - 1;
            let mut filled = 0;
            for &entry in &entries {
                let digit = (entry.time >> (below as u32 * DIGIT_BITS)) as usize % DIGITS;
                if digit == 0 && below > 0 {
                    self.file(entry.time, entry.order, entry.whom);
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
    }
}

impl Pending for Wheel {
    /// Inlined by force: an entry handed over by its address would be written in four pieces and read in three.
    #[inline(always)]
    fn push(&mut self, entry: Entry) {
        debug_assert!(entry.time >= self.now, "an event is scheduled in the past");
        let kept = Kept::of(entry);
        if kept.time >= self.bottom_end {
            self.file(kept.time, kept.order, kept.whom);
        } else {
            self.push_near(kept.time, kept.order, kept.whom);
        }
    }

    #[inline(always)]
    fn push_arrival(&mut self, entry: Entry) {
        if self.arrival.time != u64::MAX {
            return self.push(entry);
        }
        debug_assert!(entry.time >= self.now, "an event is scheduled in the past");
        self.arrival = Kept::of(entry);
        self.plain_end = self.plain_end.min(entry.time);
    }

    #[inline(always)]
    fn pop_arrival(&mut self) -> Option<Entry> {
        let first = self.arrival;
        let is_first = match self.bottom.last() {
            Some(last) if last.time < self.plain_end => false,
            Some(last) => first.is_before(last),
            None => first.time < self.bottom_end,
        };
        if !is_first || self.plain_end == 0 {
            return None;
        }
        self.arrival.time = u64::MAX;
        self.plain_end = u64::MAX;
        self.now = first.time;
        Some(first.entry())
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<Entry> {
        if self.bottom.last().is_none_or(|it| it.time >= self.plain_end) {
            self.settle();
        }
        let last = self.bottom.pop()?;
        self.now = last.time;
        Some(last.entry())
    }
}

impl Wheel {
    /// Brings the first entry of all to where it is popped from.
    #[inline(never)]
    fn settle(&mut self) {
        if self.bottom.is_empty() && self.lane.is_empty() {
            self.refill(self.arrival.time);
            if self.bottom.last().is_some_and(|it| it.time < self.arrival.time) {
                return;
            }
        }
        self.settle_early();
    }

    /// The same where it may be the arrival, or stand in the lane.
    #[inline(never)]
    fn settle_early(&mut self) {
        let waiting = self.lane.front().copied().unwrap_or(NOBODY);
        let is_arrival = self.arrival.is_before(&waiting);
        let early = if is_arrival { self.arrival } else { waiting };
        if self.bottom.is_empty() && early.time >= self.bottom_end {
            self.refill(early.time);
        }
        if early.time == u64::MAX || self.bottom.last().is_some_and(|it| it.is_before(&early)) {
            return;
        }
        if is_arrival {
            self.arrival = NOBODY;
        } else {
            self.lane.pop_front();
        }
        if self.lane.is_empty() {
            self.plain_end = self.arrival.time;
        }
        self.bottom.push(early);
    }
}
