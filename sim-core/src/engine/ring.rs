//! Timers of one constant delay: they end in the order they began, so a queue will do, and a cancelled one is just a mark.
//!
//! Only a ring's first timer has a stand-in in the pending set. A timer is alive while the row it is about is still of its
//! generation and still waits for it; the dead are dropped when they come to the head, and all together when a ring has
//! grown fourfold since it was last swept.

use crate::engine::event::Event;
use crate::engine::pending::{Entry, Tag};
use crate::time::{SimTime, Span};

/// Timers with the same delay and for the same purpose.
#[derive(Debug)]
pub(crate) struct Ring {
    /// The delay.
    pub delay: Span,
    /// What its timers are for.
    pub event: Event,
    tag: Tag,
    /// Those before `first` are gone.
    timers: Vec<Entry>,
    first: usize,
    /// Whether a stand-in for some timer of this ring is pending.
    armed: bool,
    sweep_at: usize,
}

const SWEEP_MIN: usize = 64;

impl Ring {
    pub fn new(delay: Span, event: Event) -> Ring {
        Ring {
            delay,
            event,
            tag: Tag::of(event),
            timers: Vec::new(),
            first: 0,
            armed: false,
            sweep_at: SWEEP_MIN,
        }
    }

    /// One of its timers.
    #[inline]
    pub fn timer(&self, at: SimTime, sequence: u64, epoch: u16, index: u32, generation: u32) -> Entry {
        Entry::with_tag(at, self.tag, sequence, epoch, index, generation)
    }

    /// Whether it has grown fourfold since the dead were last dropped.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.timers.len() >= self.sweep_at
    }

    /// Drops the dead.
    #[inline(never)]
    pub fn sweep(&mut self, alive: impl Fn(&Entry) -> bool) {
        self.timers.drain(..core::mem::take(&mut self.first));
        self.timers.retain(alive);
        self.sweep_at = (4 * self.timers.len()).max(SWEEP_MIN);
    }

    /// Starts a timer, given that there is room. Gives the stand-in to push, if none is pending.
    #[inline]
    pub fn start(&mut self, timer: Entry, ring: u32) -> Option<Entry> {
        self.timers.push(timer);
        (!core::mem::replace(&mut self.armed, true)).then(|| timer.standing_in(Event::RingDue, ring))
    }

    /// The stand-in is due: gives the timer that fires, if it is still alive.
    pub fn due(&mut self, stand_in: &Entry, alive: impl Fn(&Entry) -> bool) -> Option<Entry> {
        self.armed = false;
        let first = self.first_alive(alive)?;
        if !first.same_place(stand_in) {
            return None;
        }
        self.first += 1;
        Some(first)
    }

    /// The stand-in for the next timer, after one was due.
    pub fn rearm(&mut self, ring: u32, alive: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let first = self.first_alive(alive)?;
        self.armed = true;
        Some(first.standing_in(Event::RingDue, ring))
    }

    /// Passes over the dead at the head.
    fn first_alive(&mut self, alive: impl Fn(&Entry) -> bool) -> Option<Entry> {
        while let Some(first) = self.timers.get(self.first) {
            if alive(first) {
                return Some(*first);
            }
            self.first += 1;
        }
        self.timers.clear();
        self.first = 0;
        None
    }

    /// How many timers are held, dead ones included.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.timers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let mut ring = Ring::new(Span::from_secs(1), Event::AttemptTimeout);
        for sequence in 0..100_000u64 {
            let timer = Entry::new(
                SimTime::from_nanos(sequence),
                Event::AttemptTimeout,
                sequence,
                0,
                sequence as u32,
                0,
            );
            if ring.is_full() {
                // All but the last ten are dead.
                ring.sweep(|it| u64::from(it.index) + 10 > sequence);
            }
            ring.start(timer, 0);
            assert!(ring.len() <= 2 * SWEEP_MIN);
        }
    }

    #[test]
    fn the_stand_in_moves_on_to_the_next_live_timer() {
        let timer = |at, index| Entry::new(SimTime::from_nanos(at), Event::AttemptTimeout, at, 0, index, 0);
        let mut ring = Ring::new(Span::from_secs(1), Event::AttemptTimeout);
        let first = ring.start(timer(1, 1), 7).expect("the first is armed");
        assert_eq!((first.event(), first.index), (Event::RingDue, 7));
        assert!(ring.start(timer(2, 2), 7).is_none());
        assert!(ring.start(timer(3, 3), 7).is_none());
        let alive = |it: &Entry| it.index == 3;
        assert_eq!(
            ring.due(&first, alive),
            None,
            "the first was cancelled, the second, too"
        );
        let third = ring.rearm(7, alive).expect("the third lives");
        assert_eq!(ring.due(&third, alive).map(|it| it.index), Some(3));
        assert!(ring.rearm(7, alive).is_none());
    }
}
