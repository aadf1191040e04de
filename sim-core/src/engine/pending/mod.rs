//! The pending set: what will happen, in the total order of (time, rank, sequence number).

mod heap;
mod wheel;

pub(crate) use heap::Heap;
pub(crate) use wheel::Wheel;

use crate::engine::event::Event;
use crate::time::SimTime;

/// Events of one instant happen in the order of their rank, so that an answer at the very instant of its timeout is in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
pub(crate) enum Rank {
    /// Completions and deliveries.
    Completion = 0,
    /// Timers: timeouts, pauses between retries, faults, changes.
    Timer = 1,
    /// New arrivals.
    Arrival = 2,
}

/// Bits of the order word: 2 of rank, 40 of sequence number, 22 of tag (which never decides, as no two entries share a
/// sequence number): 6 of kind and 16 of epoch.
const TAG_BITS: u32 = 22;
const EPOCH_BITS: u32 = 16;
const SEQUENCE_BITS: u32 = 40;

/// Rank and kind of an event, where they stand in the order word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag(u64);

impl Tag {
    /// The tag of a kind of event.
    #[inline]
    pub const fn of(event: Event) -> Tag {
        Tag((event.rank() as u64) << (TAG_BITS + SEQUENCE_BITS) | (event as u64) << EPOCH_BITS)
    }
}

/// One event to come. 24 bytes: time, order, and whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    time: u64,
    order: u64,
    /// The row it is about.
    pub index: u32,
    /// The generation of that row; an event of a former tenant is stale.
    pub generation: u32,
}

impl Entry {
    /// Event number `sequence`.
    #[inline]
    pub fn new(time: SimTime, event: Event, sequence: u64, epoch: u16, index: u32, generation: u32) -> Entry {
        Entry::with_tag(time, Tag::of(event), sequence, epoch, index, generation)
    }

    /// Event number `sequence`, of a kind known by its tag.
    #[inline]
    pub fn with_tag(time: SimTime, tag: Tag, sequence: u64, epoch: u16, index: u32, generation: u32) -> Entry {
        Entry {
            time: time.nanos(),
            order: tag.0 | sequence << TAG_BITS | u64::from(epoch),
            index,
            generation,
        }
    }

    /// When it happens.
    #[inline]
    pub fn time(&self) -> SimTime {
        SimTime::from_nanos(self.time)
    }

    /// What happens.
    #[inline]
    pub fn event(&self) -> Event {
        Event::from_bits(self.event_number())
    }

    /// The number of what happens, in the list of events.
    #[inline]
    pub fn event_number(&self) -> u8 {
        (self.order >> EPOCH_BITS) as u8 & 0x3f
    }

    /// The epoch of the row it is about; an event of a former epoch is stale.
    #[inline]
    pub fn epoch(&self) -> u16 {
        self.order as u16
    }

    /// The same place in the order, for another purpose: a ring's stand-in for its first timer.
    #[inline]
    pub fn standing_in(&self, event: Event, index: u32) -> Entry {
        let tag = (event as u64) << EPOCH_BITS;
        Entry {
            time: self.time,
            order: self.order >> TAG_BITS << TAG_BITS | tag,
            index,
            generation: 0,
        }
    }

    /// Whether both have the same place in the order.
    #[inline]
    pub fn same_place(&self, other: &Entry) -> bool {
        self.time == other.time && self.order >> TAG_BITS == other.order >> TAG_BITS
    }
}

/// The highest sequence number there is room for, plus one.
pub(crate) const SEQUENCE_MAX: u64 = 1 << SEQUENCE_BITS;

/// A priority queue of entries that never goes back in time.
pub(crate) trait Pending: Default {
    /// Adds an entry that comes after the last one popped.
    fn push(&mut self, entry: Entry);

    /// The same, for the next arrival of a load.
    fn push_arrival(&mut self, entry: Entry) {
        self.push(entry);
    }

    /// Takes the first entry if it is certain to be an arrival; otherwise [`Pending::pop`] gives it, whatever it is.
    fn pop_arrival(&mut self) -> Option<Entry> {
        None
    }

    /// Takes the first entry.
    fn pop(&mut self) -> Option<Entry>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pushes entries at the given distances from the present, pops in between, and returns the order.
    fn order<Q: Pending>(script: &[(u64, u8, bool)]) -> Vec<Entry> {
        let (mut queue, mut now, mut popped) = (Q::default(), 0u64, Vec::new());
        let mut last_order = 0;
        for (sequence, &(ahead, rank, pop)) in script.iter().enumerate() {
            let event = [Event::Replied, Event::Deadline, Event::Arrival][rank as usize % 3];
            let mut entry = Entry::new(
                SimTime::from_nanos(now.saturating_add(ahead)),
                event,
                sequence as u64,
                0,
                sequence as u32,
                0,
            );
            if entry.time == now && entry.order < last_order {
                entry.time += 1; // The engine never schedules before the event at hand.
            }
            match event {
                Event::Arrival => queue.push_arrival(entry),
                _ => queue.push(entry),
            }
            if pop {
                let entry = queue.pop_arrival().or_else(|| queue.pop()).expect("one was pushed");
                (now, last_order) = (entry.time, entry.order);
                popped.push(entry);
            }
        }
        popped.extend(core::iter::from_fn(|| queue.pop_arrival().or_else(|| queue.pop())));
        popped
    }

    fn ahead() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), 0..4u64, 0..1_000u64, 0..10_000_000u64, 0..(1u64 << 62)]
    }

    proptest! {
        #[test]
        fn the_wheel_pops_as_a_heap_does(script in prop::collection::vec((ahead(), 0..3u8, any::<bool>()), 1..600)) {
            let wheel = order::<Wheel>(&script);
            prop_assert_eq!(&wheel, &order::<Heap>(&script));
            prop_assert_eq!(wheel.len(), script.len());
        }

        #[test]
        fn crowded_instants_pop_as_a_heap_does(script in prop::collection::vec((0..3u64, 0..3u8, prop::bool::weighted(0.3)), 1..900)) {
            prop_assert_eq!(order::<Wheel>(&script), order::<Heap>(&script));
        }
    }
}
