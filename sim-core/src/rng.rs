//! Chance: ChaCha8 streams named by purpose and entity, and single blocks keyed by what they are drawn for.
//!
//! Two kinds of draw, one generator:
//!
//! - A **stream** belongs to one entity and one purpose (the gaps of a load, the jitter of a policy). Its number is a hash
//!   of names, so creation order means nothing.
//! - A **keyed block** belongs to one occurrence, such as "attempt 2 of this call site in that request". Eight 64-bit
//!   words from one ChaCha block, computed on the spot: whatever a strategy does elsewhere, the same occurrence gets the
//!   same words. This is what makes variants comparable pair by pair (common random numbers).
//!
//! Both equal what `rand_chacha` yields for the same key, stream and position; tests say so.

mod block;

use block::{Place, Wide, Words};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A source of random 64-bit words.
pub trait Draw {
    /// The next 64 random bits.
    fn bits(&mut self) -> u64;

    /// A uniform number in `[0, 1)` with 53 random bits.
    #[inline]
    fn unit(&mut self) -> f64 {
        unit_from_bits(self.bits())
    }

    /// A uniform integer in `0..n`, without bias. Panics if `n` is zero.
    ///
    /// Source: D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.
    #[inline]
    fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "no integer is below zero");
        let mut wide = u128::from(self.bits()) * u128::from(n);
        if (wide as u64) < n {
            let biased = n.wrapping_neg() % n;
            while (wide as u64) < biased {
                wide = u128::from(self.bits()) * u128::from(n);
            }
        }
        (wide >> 64) as u64
    }
}

/// A uniform number in `[0, 1)` from the upper 53 of `bits`.
#[inline]
pub fn unit_from_bits(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// What a stream or a keyed block is for: no two purposes share a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// When a load sends, and what.
    Arrivals = 1,
    /// A closed user's think times, keyed by user and request.
    Think,
    /// Work, delays and errors of one attempt.
    Attempt,
    /// Choices and works of the steps of one attempt's flow.
    Flow,
    /// When a fault starts and ends, and whom it hits.
    Fault,
    /// A policy's jitter.
    Jitter,
    /// A balancer's random choices.
    Balance,
    /// A policy's own coin (throttles, droppers).
    Policy,
    /// Waiting patience of a queued call.
    Patience,
    /// A session's course.
    Session,
    /// What a replica's own machines draw (droppers, probes of limits).
    Governor,
    /// Whether a call gets the optional steps of its flow.
    Dimmer,
    /// What a request is about.
    Item,
    /// Where the points of a study lie.
    Study,
}

/// A stable 64-bit name of an entity, hashed from its text when the model is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

impl Key {
    /// The key of a name.
    ///
    /// FNV-1a over the bytes, then the finalizer of MurmurHash3 (Appleby, public domain constants), so that short names
    /// that differ in one letter differ in half of the bits.
    pub const fn of(name: &str) -> Key {
        let bytes = name.as_bytes();
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        Key(finalize(hash))
    }

    /// The key of part `index` of this entity.
    #[inline]
    pub const fn child(self, index: u64) -> Key {
        Key(mix(self.0, index))
    }
}

const fn finalize(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Mixes two words into one; not symmetric.
#[inline]
pub const fn mix(a: u64, b: u64) -> u64 {
    let wide = (a ^ 0x9e37_79b9_7f4a_7c15) as u128 * ((b.wrapping_add(0xd1b5_4a32_d192_ed03)) | 1) as u128;
    let folded = (wide as u64) ^ ((wide >> 64) as u64);
    // `b | 1` loses its lowest bit, and a folded product can lose either side: fold both back in.
    (folded ^ a.rotate_left(32))
        .wrapping_mul(0x9e6c_63d0_876a_9a47)
        .wrapping_add(b)
        .rotate_left(29)
        .wrapping_mul(0xff51_afd7_ed55_8ccd)
}

/// All randomness of one run: everything drawn anywhere follows from this seed.
#[derive(Clone, Debug)]
pub struct Streams {
    key: [u32; 8],
    wide: Option<Wide>,
    #[cfg(test)]
    bytes: [u8; 32],
}

impl Streams {
    /// The randomness of the run with this seed.
    pub fn new(seed: u64) -> Streams {
        let mut bytes = [0; 32];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        let mut key = [0; 8];
        for (word, chunk) in key.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        Streams {
            key,
            wide: Wide::detect(),
            #[cfg(test)]
            bytes,
        }
    }

    /// The stream of `entity` for `purpose`, from its beginning.
    pub fn stream(&self, purpose: Purpose, entity: Key) -> Stream {
        Stream {
            key: self.key,
            wide: self.wide,
            stream: mix(purpose as u64, entity.0),
            counter: 0,
            words: [[0; 8]; 2],
            next: 16,
        }
    }

    /// The keyed block number `counter` of `key` for `purpose`.
    #[inline]
    pub fn block(&self, purpose: Purpose, key: u64, counter: u64) -> [u64; 8] {
        let stream = mix(purpose as u64, key);
        let mut words = [0; 8];
        block::one(self.wide, &self.key, Place { stream, counter }, &mut words);
        words
    }

    /// Makes the first keyed block of `key`, and with it the first one of `next`, the key that will probably be asked for
    /// next, if that costs nothing. Both are in `ahead` then.
    #[inline(never)]
    pub fn make_ahead(&self, key: u64, next: Option<u64>, ahead: &mut Ahead) {
        match (next, self.wide) {
            (Some(next), Some(wide)) => {
                ahead.next = next;
                let places = [Ahead::place(key), Ahead::place(next)];
                block::two(wide, &self.key, places, &mut ahead.words);
            }
            _ => block::one(self.wide, &self.key, Ahead::place(key), &mut ahead.words[0]),
        }
    }

    /// Makes the first keyed blocks of four keys together: four cost little more than two where the processor can.
    #[inline(never)]
    pub fn make_four(&self, keys: &[u64; 4], to: &mut [[u64; 8]; 4]) {
        let places = keys.map(Ahead::place);
        match self.wide {
            Some(wide) => block::four(wide, &self.key, &places, to),
            None => {
                let both = places.iter().zip(to);
                both.for_each(|(place, to)| block::one(None, &self.key, *place, to));
            }
        }
    }

    /// Makes the first words of the first keyed blocks of eight keys together, where nothing else of them is wanted: half
    /// the work of whole blocks.
    #[inline(never)]
    pub fn make_first_words(&self, keys: &[u64; 8], to: &mut [u64; 8]) {
        let streams = keys.map(|it| Ahead::place(it).stream);
        match self.wide {
            Some(wide) => block::eight_beginnings(wide, &self.key, &streams, to),
            None => {
                for (key, to) in keys.iter().zip(to) {
                    *to = self.block(Purpose::Attempt, *key, 0)[0];
                }
            }
        }
    }

    /// The keyed words of `key` for `purpose`, as a source that goes on for as long as it is asked.
    #[inline]
    pub fn keyed(&self, purpose: Purpose, key: u64, counter: u64) -> Keyed<'_> {
        Keyed {
            streams: self,
            stream: mix(purpose as u64, key),
            counter,
            words: self.block(purpose, key, counter),
            next: 0,
        }
    }
}

/// The words of one entity for one purpose, from the first on: what a `rand_chacha` generator yields for the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 8],
    wide: Option<Wide>,
    stream: u64,
    /// Of the block after those at hand.
    counter: u64,
    words: [Words; 2],
    next: usize,
}

impl Stream {
    #[cold]
    #[inline(never)]
    fn refill(&mut self) {
        let place = |counter| Place {
            stream: self.stream,
            counter,
        };
        let places = [place(self.counter), place(self.counter + 1)];
        match self.wide {
            Some(wide) => block::two(wide, &self.key, places, &mut self.words),
            None => {
                block::one(None, &self.key, places[0], &mut self.words[0]);
                block::one(None, &self.key, places[1], &mut self.words[1]);
            }
        }
        self.counter += 2;
        self.next = 0;
    }
}

impl Draw for Stream {
    #[inline]
    fn bits(&mut self) -> u64 {
        if self.next >= 16 {
            self.refill();
        }
        let word = self.words.as_flattened()[self.next & 15];
        self.next += 1;
        word
    }
}

/// Keyed blocks of attempts made ahead of their use, together with others: where the processor can, several cost hardly more
/// than one.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// The block at hand, and the one that may be next.
    words: [Words; 2],
    /// The key that the second is the first block of.
    next: u64,
}

impl Ahead {
    /// With some block of no special use.
    pub fn new(streams: &Streams) -> Ahead {
        let mut words = [0; 8];
        block::one(streams.wide, &streams.key, Ahead::place(0), &mut words);
        Ahead {
            words: [words; 2],
            next: 0,
        }
    }

    #[inline(always)]
    fn place(key: u64) -> Place {
        Place {
            stream: mix(Purpose::Attempt as u64, key),
            counter: 0,
        }
    }

    /// Whether the first keyed block of `key` was made ahead.
    #[inline(always)]
    pub fn has(&self, key: u64) -> bool {
        self.next == key
    }

    /// The block that was made together with the one that was asked for last, and the key that it is the first of.
    #[inline(always)]
    pub fn spare(&self) -> (u64, &[u64; 8]) {
        (self.next, &self.words[1])
    }

    /// Takes in a block that was made elsewhere, the first of this key.
    #[inline(always)]
    pub fn put(&mut self, key: u64, words: &[u64; 8]) {
        self.next = key;
        self.words[1] = *words;
    }

    /// The block that was made ahead, or else the one that was asked for last.
    #[inline(always)]
    pub fn words(&self, was_ahead: bool) -> &[u64; 8] {
        &self.words[usize::from(was_ahead)]
    }
}

/// Keyed words as a [`Draw`]: eight from the first block, then from the blocks after it.
#[derive(Clone, Debug)]
pub struct Keyed<'a> {
    streams: &'a Streams,
    stream: u64,
    counter: u64,
    words: [u64; 8],
    next: usize,
}

impl Draw for Keyed<'_> {
    #[inline]
    fn bits(&mut self) -> u64 {
        if self.next == 8 {
            self.counter = self.counter.wrapping_add(1);
            let (stream, counter) = (self.stream, self.counter);
            let streams = self.streams;
            block::one(streams.wide, &streams.key, Place { stream, counter }, &mut self.words);
            self.next = 0;
        }
        let word = self.words[self.next];
        self.next += 1;
        word
    }
}

/// One word that was drawn already, then, should the sampler want more, a stretch of keyed blocks of its own.
///
/// A fixed word for each purpose keeps draws aligned: a rejection in one sample shifts no other.
pub struct WordThen<'a> {
    first: Option<u64>,
    streams: &'a Streams,
    purpose: Purpose,
    key: u64,
    stretch: u64,
    rest: Option<Keyed<'a>>,
}

impl<'a> WordThen<'a> {
    /// `first`, then the blocks of stretch number `stretch` (each 2^32 blocks long) of `key`.
    #[inline]
    pub fn new(first: u64, streams: &'a Streams, purpose: Purpose, key: u64, stretch: u32) -> WordThen<'a> {
        WordThen {
            first: Some(first),
            streams,
            purpose,
            key,
            stretch: (u64::from(stretch) + 1) << 32,
            rest: None,
        }
    }

    #[cold]
    #[inline(never)]
    fn more(&mut self) -> u64 {
        let (streams, purpose, key, stretch) = (self.streams, self.purpose, self.key, self.stretch);
        self.rest
            .get_or_insert_with(|| streams.keyed(purpose, key, stretch))
            .bits()
    }
}

impl Draw for WordThen<'_> {
    #[inline]
    fn bits(&mut self) -> u64 {
        match self.first.take() {
            Some(word) => word,
            None => self.more(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyed_block_is_what_rand_chacha_yields() {
        for (seed, key, counter) in [
            (1, 2, 0u64),
            (42, u64::MAX, 7),
            (u64::MAX, 0x0123_4567_89ab_cdef, u64::MAX - 3),
        ] {
            let streams = Streams::new(seed);
            let mut theirs = ChaCha8Rng::from_seed(streams.bytes);
            theirs.set_stream(mix(Purpose::Attempt as u64, key));
            theirs.set_word_pos(u128::from(counter) << 4);
            let expected: [u64; 8] = core::array::from_fn(|_| theirs.next_u64());
            assert_eq!(streams.block(Purpose::Attempt, key, counter), expected);
        }
    }

    #[test]
    fn a_stream_is_what_rand_chacha_yields() {
        let streams = Streams::new(9);
        let mut theirs = ChaCha8Rng::from_seed(streams.bytes);
        theirs.set_stream(mix(Purpose::Jitter as u64, 5));
        let mut ours = streams.stream(Purpose::Jitter, Key(5));
        for _ in 0..100 {
            assert_eq!(ours.bits(), theirs.next_u64());
        }
    }

    #[test]
    fn a_block_made_ahead_is_the_same_block() {
        let streams = Streams::new(4);
        let mut ahead = Ahead::new(&streams);
        let keys: Vec<u64> = (0..40).map(|it| mix(it / 2, it % 3)).collect();
        for (at, &key) in keys.iter().enumerate() {
            // Right guesses, wrong ones, and none.
            let guess = match at % 4 {
                0 => keys.get(at + 1).copied(),
                1 => Some(key ^ 1),
                _ => None,
            };
            let was_ahead = ahead.has(key);
            if !was_ahead {
                streams.make_ahead(key, guess, &mut ahead);
            }
            assert_eq!(*ahead.words(was_ahead), streams.block(Purpose::Attempt, key, 0));
        }
    }

    #[test]
    fn keyed_words_go_on_into_the_next_block() {
        let streams = Streams::new(3);
        let mut keyed = streams.keyed(Purpose::Flow, 9, 5);
        let words: Vec<u64> = (0..16).map(|_| keyed.bits()).collect();
        assert_eq!(words[..8], streams.block(Purpose::Flow, 9, 5));
        assert_eq!(words[8..], streams.block(Purpose::Flow, 9, 6));
    }

    #[test]
    fn streams_depend_on_seed_purpose_and_name_only() {
        let draw = |seed, purpose, name: &str| Streams::new(seed).stream(purpose, Key::of(name)).bits();
        let one = draw(1, Purpose::Arrivals, "web");
        assert_eq!(one, draw(1, Purpose::Arrivals, "web"));
        assert_ne!(one, draw(2, Purpose::Arrivals, "web"));
        assert_ne!(one, draw(1, Purpose::Jitter, "web"));
        assert_ne!(one, draw(1, Purpose::Arrivals, "wec"));
    }

    #[test]
    fn mixing_small_numbers_gives_different_words() {
        let mut seen = std::collections::BTreeSet::new();
        for a in 0..300 {
            for b in 0..300 {
                assert!(seen.insert(mix(a, b)), "mix({a}, {b}) was seen before");
            }
        }
    }

    #[test]
    fn integers_below_n_are_uniform() {
        let mut rng = Streams::new(5).stream(Purpose::Policy, Key::of("die"));
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[rng.below(6) as usize] += 1;
        }
        // Each count is binomial with sd 91: five sd's on either side.
        assert!(counts.iter().all(|&it| (9_540..10_460).contains(&it)), "{counts:?}");
    }
}
