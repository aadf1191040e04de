//! Chance: ChaCha8 streams named by purpose and entity, and single blocks keyed by what they are drawn for.
//!
//! Two kinds of draw, one generator:
//!
//! - A **stream** belongs to one entity and one purpose (the gaps of a load, the jitter of a policy). It is a plain
//!   `rand_chacha` generator whose stream number is a hash of names, so creation order means nothing.
//! - A **keyed block** belongs to one occurrence, such as "attempt 2 of this call site in that request". Eight 64-bit
//!   words from one ChaCha block, computed on the spot: whatever a strategy does elsewhere, the same occurrence gets the
//!   same words. This is what makes variants comparable pair by pair (common random numbers).
//!
//! A keyed block equals what `rand_chacha` yields for the same key, stream and position; a test says so.

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

impl Draw for ChaCha8Rng {
    #[inline]
    fn bits(&mut self) -> u64 {
        self.next_u64()
    }
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
        Streams { key, bytes }
    }

    /// The stream of `entity` for `purpose`, from its beginning.
    pub fn stream(&self, purpose: Purpose, entity: Key) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.bytes);
        rng.set_stream(mix(purpose as u64, entity.0));
        rng
    }

    /// The keyed block number `counter` of `key` for `purpose`.
    #[inline]
    pub fn block(&self, purpose: Purpose, key: u64, counter: u64) -> [u64; 8] {
        chacha8_block(&self.key, mix(purpose as u64, key), counter)
    }

    /// The keyed words of `key` for `purpose`, as a source that goes on for as long as it is asked.
    #[inline]
    pub fn keyed(&self, purpose: Purpose, key: u64, counter: u64) -> Keyed<'_> {
        let stream = mix(purpose as u64, key);
        Keyed {
            key: &self.key,
            stream,
            counter,
            words: chacha8_block(&self.key, stream, counter),
            next: 0,
        }
    }
}

/// Keyed words as a [`Draw`]: eight from the first block, then from the blocks after it.
#[derive(Clone, Debug)]
pub struct Keyed<'a> {
    key: &'a [u32; 8],
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
            self.words = chacha8_block(self.key, self.stream, self.counter);
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

/// One ChaCha8 block as eight 64-bit words: the key stream of `key` and `stream` at block `counter`.
///
/// Source: D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008), with 8 rounds, 64-bit counter and 64-bit stream.
#[inline]
fn chacha8_block(key: &[u32; 8], stream: u64, counter: u64) -> [u64; 8] {
    #[cfg(target_arch = "x86_64")]
    {
        #[expect(
            unsafe_code,
            reason = "the one way to a vector register; three times as fast as words one by one"
        )]
        // SAFETY: the function needs SSE2, which every x86-64 has.
        unsafe {
            vector::chacha8_block(key, stream, counter)
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    plain::chacha8_block(key, stream, counter)
}

const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// The block with a row of the matrix in a register.
#[cfg(target_arch = "x86_64")]
mod vector {
    use core::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_cvtsi128_si64, _mm_or_si128, _mm_set_epi32, _mm_set_epi64x, _mm_shuffle_epi32,
        _mm_shufflehi_epi16, _mm_shufflelo_epi16, _mm_slli_epi32, _mm_srli_epi32, _mm_unpackhi_epi64, _mm_xor_si128,
    };

    macro_rules! xor_rotated {
        ($a:expr, $b:expr, $bits:literal) => {{
            let mixed = _mm_xor_si128($a, $b);
            _mm_or_si128(_mm_slli_epi32::<$bits>(mixed), _mm_srli_epi32::<{ 32 - $bits }>(mixed))
        }};
    }

    /// Rotating by 16 bits swaps the halves of each word: two instructions instead of four.
    #[target_feature(enable = "sse2")]
    #[inline]
    fn xor_halves_swapped(a: __m128i, b: __m128i) -> __m128i {
        let mixed = _mm_xor_si128(a, b);
        _mm_shufflehi_epi16::<0b10_11_00_01>(_mm_shufflelo_epi16::<0b10_11_00_01>(mixed))
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn row([a, b, c, d]: [u32; 4]) -> __m128i {
        _mm_set_epi32(d as i32, c as i32, b as i32, a as i32)
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn chacha8_block(key: &[u32; 8], stream: u64, counter: u64) -> [u64; 8] {
        let start = [
            row(super::CONSTANTS),
            row([key[0], key[1], key[2], key[3]]),
            row([key[4], key[5], key[6], key[7]]),
            _mm_set_epi64x(stream as i64, counter as i64),
        ];
        let [mut a, mut b, mut c, mut d] = start;
        for half in 0..8 {
            a = _mm_add_epi32(a, b);
            d = xor_halves_swapped(d, a);
            c = _mm_add_epi32(c, d);
            b = xor_rotated!(b, c, 12);
            a = _mm_add_epi32(a, b);
            d = xor_rotated!(d, a, 8);
            c = _mm_add_epi32(c, d);
            b = xor_rotated!(b, c, 7);
            // Columns become diagonals, and columns again.
            if half % 2 == 0 {
                b = _mm_shuffle_epi32::<0b00_11_10_01>(b);
                c = _mm_shuffle_epi32::<0b01_00_11_10>(c);
                d = _mm_shuffle_epi32::<0b10_01_00_11>(d);
            } else {
                b = _mm_shuffle_epi32::<0b10_01_00_11>(b);
                c = _mm_shuffle_epi32::<0b01_00_11_10>(c);
                d = _mm_shuffle_epi32::<0b00_11_10_01>(d);
            }
        }
        let mut words = [0; 8];
        for (at, (row, start)) in [a, b, c, d].into_iter().zip(start).enumerate() {
            let row = _mm_add_epi32(row, start);
            words[2 * at] = _mm_cvtsi128_si64(row) as u64;
            words[2 * at + 1] = _mm_cvtsi128_si64(_mm_unpackhi_epi64(row, row)) as u64;
        }
        words
    }
}

/// The block word by word.
#[cfg(any(not(target_arch = "x86_64"), test))]
mod plain {
    pub(super) fn chacha8_block(key: &[u32; 8], stream: u64, counter: u64) -> [u64; 8] {
        let place = [
            counter as u32,
            (counter >> 32) as u32,
            stream as u32,
            (stream >> 32) as u32,
        ];
        let mut start = [0; 16];
        start[..4].copy_from_slice(&super::CONSTANTS);
        start[4..12].copy_from_slice(key);
        start[12..].copy_from_slice(&place);
        let mut state: [u32; 16] = start;
        let mut quarter = |a: usize, b: usize, c: usize, d: usize| {
            for (turn, (x, y, z)) in [(16, (a, b, d)), (12, (c, d, b)), (8, (a, b, d)), (7, (c, d, b))] {
                state[x] = state[x].wrapping_add(state[y]);
                state[z] = (state[z] ^ state[x]).rotate_left(turn);
            }
        };
        for _ in 0..4 {
            (0..4).for_each(|i| quarter(i, i + 4, i + 8, i + 12));
            (0..4).for_each(|i| quarter(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12));
        }
        core::array::from_fn(|i| {
            let word = |at: usize| u64::from(state[at].wrapping_add(start[at]));
            word(2 * i) | word(2 * i + 1) << 32
        })
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
    fn a_block_by_words_is_the_same_block() {
        for stream in 0..100u64 {
            let streams = Streams::new(stream);
            let (stream, counter) = (mix(stream, 1), mix(stream, 2));
            assert_eq!(
                plain::chacha8_block(&streams.key, stream, counter),
                chacha8_block(&streams.key, stream, counter)
            );
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
