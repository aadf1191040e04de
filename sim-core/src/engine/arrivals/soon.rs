//! What is drawn and worked out for several requests of a load together, ahead of their time.
//!
//! A load whose requests are all alike has nothing to decide when one of them comes: its attempt's key, the gap to the next
//! one, the instant after that gap, and (if it goes the short way) its work follow from its number. Made eight at a time
//! they cost a half, and the instant of the next arrival, which the next event waits for, is there at once.

use super::{LoadState, after};
use crate::dist::{Dist, ziggurat};
use crate::engine::attempt::{WORD_WORK, drawn};
use crate::engine::caller::first_attempt_key;
use crate::model::Arrival;
use crate::rng::Streams;
use crate::time::{SimTime, Span};

/// How many requests are drawn for together.
pub(super) const SOON: usize = 8;

/// How many whole blocks are made together.
const BLOCKS: usize = 4;

/// What is known of the next requests of a load: request number `n` is at place `n % 8`.
#[derive(Debug, Default)]
pub(super) struct Soon {
    /// Intensity from this request to the one after it.
    pub gaps: [f64; SOON],
    /// The instant of the one after it, and the part of a nanosecond that is carried on from there; as long as they are
    /// `planned`, that is, the rate has not changed since.
    pub next: [SimTime; SOON],
    pub carries: [f64; SOON],
    pub planned: bool,
    /// The keys of their first attempts.
    pub keys: [u64; SOON],
    /// The work of those attempts, and the words it is drawn from, if they go the short way.
    pub works: [Span; SOON],
    words: [u64; SOON],
    pub is_direct: bool,
    /// If they do not, the blocks of those attempts: of request number `n` at place `n % 4`.
    blocks: [[u64; 8]; BLOCKS],
}

impl LoadState<'_> {
    /// Draws for the next requests, from this number and instant on, and plans when they come, if they come at random and the
    /// rate is one for ever. With `work`, they go the short way.
    #[inline(never)]
    pub(super) fn look_ahead(
        &mut self,
        streams: &Streams,
        site_key: u64,
        number: u64,
        now: SimTime,
        work: Option<&Dist>,
    ) {
        let per_second = match (self.arrival, self.constant) {
            (Arrival::Poisson(_) | Arrival::Mmpp { .. }, Some(per_second)) => Some(per_second),
            _ => None,
        };
        let soon = &mut self.soon;
        soon.planned = per_second.is_some();
        let (mut at, mut carry) = (now, self.carry);
        // All in one loop: each instant has to wait for the one before it, and keys are mixed meanwhile.
        for place in 0..SOON {
            soon.keys[place] = first_attempt_key(self.key.child(number + place as u64).0, site_key);
            let gap = ziggurat::exponential(&mut self.gaps);
            soon.gaps[place] = gap;
            (at, carry) = after(at, carry, gap * 1e9 / per_second.unwrap_or(1.0)).unwrap_or((SimTime::MAX, 0.0));
            (soon.next[place], soon.carries[place]) = (at, carry);
        }
        soon.is_direct = work.is_some();
        if let Some(work) = work {
            streams.make_first_words(&soon.keys, &mut soon.words);
            self.draw_works(streams, work);
        }
    }

    /// Draws the work of the next requests.
    #[inline(always)]
    pub(super) fn draw_works(&mut self, streams: &Streams, work: &Dist) {
        let soon = &mut self.soon;
        debug_assert_eq!(WORD_WORK, 0, "the work is drawn from the first word");
        for (at, to) in soon.works.iter_mut().enumerate() {
            *to = drawn(work, streams, soon.words[at], soon.keys[at], 0);
        }
    }

    /// The block of the first attempt of this request, which does not go the short way; `None` if it was to go.
    #[inline(always)]
    pub(super) fn block_of(&mut self, streams: &Streams, number: u64) -> Option<&[u64; 8]> {
        let soon = &mut self.soon;
        if soon.is_direct {
            return None;
        }
        let (place, block) = (number as usize % SOON, number as usize % BLOCKS);
        if block == 0 {
            let keys = core::array::from_fn(|at| soon.keys[(place + at) % SOON]);
            streams.make_four(&keys, &mut soon.blocks);
        }
        Some(&soon.blocks[block])
    }
}
