//! What is drawn and worked out for several requests of a load together, ahead of their time.
//!
//! A load whose requests are all alike has nothing to decide when one of them comes: its attempt's key, the gap to the next
//! one, the instant after that gap, and (if it goes the short way) its work follow from its number. Made eight at a time
//! they cost a half, and the instant of the next arrival, which the next event waits for, is there at once.

use super::LoadState;
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
    /// Draws for the next requests, from this number and instant on. With `work`, they go the short way.
    #[inline(never)]
    pub(super) fn look_ahead(
        &mut self,
        streams: &Streams,
        site_key: u64,
        number: u64,
        now: SimTime,
        work: Option<&Dist>,
    ) {
        let soon = &mut self.soon;
        for (at, key) in soon.keys.iter_mut().enumerate() {
            *key = first_attempt_key(self.key.child(number + at as u64).0, site_key);
        }
        soon.gaps = core::array::from_fn(|_| ziggurat::exponential(&mut self.gaps));
        soon.is_direct = work.is_some();
        if let Some(work) = work {
            streams.make_first_words(&soon.keys, &mut soon.words);
            self.draw_works(streams, work);
        }
        self.plan(now);
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

    /// Works out when the next requests come, if they come at random and the rate is one for ever.
    #[inline(always)]
    fn plan(&mut self, now: SimTime) {
        let per_second = match (self.arrival, self.constant) {
            (Arrival::Poisson(_) | Arrival::Mmpp { .. }, Some(per_second)) => per_second,
            _ => return self.soon.planned = false,
        };
        let soon = &mut self.soon;
        soon.planned = true;
        let spans = soon.gaps.map(|it| it * 1e9 / per_second);
        let (mut at, mut carry) = (now, self.carry);
        for (place, gap) in spans.into_iter().enumerate() {
            (at, carry) = super::after(at, carry, gap).unwrap_or((SimTime::MAX, 0.0));
            (soon.next[place], soon.carries[place]) = (at, carry);
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
