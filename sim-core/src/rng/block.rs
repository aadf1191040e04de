//! One ChaCha8 block, and two or four at once where the processor can, or the beginnings of eight.
//!
//! Source: D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008), with 8 rounds, 64-bit counter and 64-bit stream.

/// A block: 64 bytes of key stream as eight words.
pub(super) type Words = [u64; 8];

/// Which block of which stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub stream: u64,
    pub counter: u64,
}

const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Proof that the processor has registers for two blocks at once, which then take hardly more time than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide(());

impl Wide {
    /// Asks the processor.
    pub fn detect() -> Option<Wide> {
        #[cfg(target_arch = "x86_64")]
        return std::is_x86_feature_detected!("avx2").then_some(Wide(()));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }
}

/// One block.
#[inline]
pub(super) fn one(wide: Option<Wide>, key: &[u32; 8], place: Place, to: &mut Words) {
    #[cfg(target_arch = "x86_64")]
    vector::one(wide, key, place, to);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = wide;
        *to = plain::one(key, place);
    }
}

/// Two blocks at once.
#[inline]
pub(super) fn two(wide: Wide, key: &[u32; 8], places: [Place; 2], to: &mut [Words; 2]) {
    #[cfg(target_arch = "x86_64")]
    vector::two(wide, key, places, to);
    #[cfg(not(target_arch = "x86_64"))]
    for (place, to) in places.into_iter().zip(to) {
        one(Some(wide), key, place, to);
    }
}

/// Four blocks at once.
#[inline]
pub(super) fn four(wide: Wide, key: &[u32; 8], places: &[Place; 4], to: &mut [Words; 4]) {
    #[cfg(target_arch = "x86_64")]
    vector::four(wide, key, places, to);
    #[cfg(not(target_arch = "x86_64"))]
    for (place, to) in places.iter().zip(to) {
        one(Some(wide), key, *place, to);
    }
}

/// The first words of the first blocks of eight streams.
#[inline]
pub(super) fn eight_beginnings(wide: Wide, key: &[u32; 8], streams: &[u64; 8], to: &mut [u64; 8]) {
    #[cfg(target_arch = "x86_64")]
    vector::eight_beginnings(wide, key, streams, to);
    #[cfg(not(target_arch = "x86_64"))]
    for (&stream, to) in streams.iter().zip(to) {
        let mut words = [0; 8];
        one(Some(wide), key, Place { stream, counter: 0 }, &mut words);
        *to = words[0];
    }
}

/// Blocks with a row of the matrix in a register, or a row each of two matrices.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "the one way to vector registers; three times as fast as words one by one, six times with two blocks"
)]
mod vector {
    use core::arch::x86_64::{
        __m128i, __m256i, _mm_add_epi32, _mm_or_si128, _mm_set_epi32, _mm_set_epi64x, _mm_shuffle_epi8,
        _mm_shuffle_epi32, _mm_slli_epi32, _mm_srli_epi32, _mm_xor_si128, _mm256_add_epi32,
        _mm256_broadcastsi128_si256, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_or_si256,
        _mm256_permute2x128_si256, _mm256_set_epi64x, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_shuffle_epi32, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_unpackhi_epi32,
        _mm256_unpacklo_epi32, _mm256_xor_si256,
    };
    use core::mem::transmute;

    use super::{CONSTANTS, Place, Wide, Words};

    #[inline]
    pub fn one(wide: Option<Wide>, key: &[u32; 8], place: Place, to: &mut Words) {
        // SAFETY: the newer way needs AVX2, of which `Wide` is the proof; the older one SSE2, which every x86-64 has.
        unsafe {
            match wide {
                Some(Wide(())) => one_newer(key, place.stream, place.counter, to),
                None => one_older(key, place.stream, place.counter, to),
            }
        }
    }

    #[inline]
    pub fn two(Wide(()): Wide, key: &[u32; 8], [a, b]: [Place; 2], to: &mut [Words; 2]) {
        // SAFETY: it needs AVX2, of which `Wide` is the proof.
        unsafe { two_wide(key, (a.stream, a.counter), (b.stream, b.counter), to) }
    }

    #[inline]
    pub fn four(Wide(()): Wide, key: &[u32; 8], places: &[Place; 4], to: &mut [Words; 4]) {
        // SAFETY: it needs AVX2, of which `Wide` is the proof.
        unsafe { four_wide(key, places, to) }
    }

    #[inline]
    pub fn eight_beginnings(Wide(()): Wide, key: &[u32; 8], streams: &[u64; 8], to: &mut [u64; 8]) {
        // SAFETY: it needs AVX2, of which `Wide` is the proof.
        unsafe { eight_beginnings_wide(key, streams, to) }
    }

    /// The eight half rounds on four rows, with the operations of one width of register: addition, exclusive or, the
    /// rotations by 16, 12, 8 and 7 bits, and the shuffle of a row's words.
    macro_rules! rounds {
        ($start:expr, $add:ident, $xor:ident, [$by_16:ident, $by_12:ident, $by_8:ident, $by_7:ident], $shuffle:ident) => {{
            let [mut a, mut b, mut c, mut d] = $start;
            for half in 0..8 {
                a = $add(a, b);
                d = $by_16($xor(d, a));
                c = $add(c, d);
                b = $by_12($xor(b, c));
                a = $add(a, b);
                d = $by_8($xor(d, a));
                c = $add(c, d);
                b = $by_7($xor(b, c));
                // Columns become diagonals, and columns again.
                c = $shuffle::<0b01_00_11_10>(c);
                if half % 2 == 0 {
                    b = $shuffle::<0b00_11_10_01>(b);
                    d = $shuffle::<0b10_01_00_11>(d);
                } else {
                    b = $shuffle::<0b10_01_00_11>(b);
                    d = $shuffle::<0b00_11_10_01>(d);
                }
            }
            [a, b, c, d]
        }};
    }

    /// A rotation of every word of a register, from two shifts.
    macro_rules! rotation {
        ($name:ident, $feature:literal, $register:ident, $bits:literal, $or:ident, $left:ident, $right:ident) => {
            #[inline]
            #[target_feature(enable = $feature)]
            fn $name(it: $register) -> $register {
                $or($left::<$bits>(it), $right::<{ 32 - $bits }>(it))
            }
        };
    }

    /// A rotation by whole bytes, from one shuffle of bytes: byte `i` of a word comes from byte `i - $bytes`.
    macro_rules! byte_rotation {
        ($name:ident, $register:ident, $shuffle:ident, $bytes:literal, $set:expr) => {
            #[inline]
            #[target_feature(enable = "avx2")]
            fn $name(it: $register) -> $register {
                const PAIR: i64 = {
                    let (mut bytes, mut at) = (0u64, 0);
                    while at < 8 {
                        bytes |= (at / 4 * 4 + (at + 4 - $bytes) % 4) << (8 * at);
                        at += 1;
                    }
                    bytes as i64
                };
                let of_four: __m128i = _mm_set_epi64x(PAIR + 0x0808_0808_0808_0808, PAIR);
                $shuffle(it, $set(of_four))
            }
        };
    }

    rotation!(
        by_16_older,
        "sse2",
        __m128i,
        16,
        _mm_or_si128,
        _mm_slli_epi32,
        _mm_srli_epi32
    );
    rotation!(
        by_12_older,
        "sse2",
        __m128i,
        12,
        _mm_or_si128,
        _mm_slli_epi32,
        _mm_srli_epi32
    );
    rotation!(
        by_8_older,
        "sse2",
        __m128i,
        8,
        _mm_or_si128,
        _mm_slli_epi32,
        _mm_srli_epi32
    );
    rotation!(
        by_7_older,
        "sse2",
        __m128i,
        7,
        _mm_or_si128,
        _mm_slli_epi32,
        _mm_srli_epi32
    );
    byte_rotation!(by_16, __m128i, _mm_shuffle_epi8, 2, |it| it);
    rotation!(by_12, "avx2", __m128i, 12, _mm_or_si128, _mm_slli_epi32, _mm_srli_epi32);
    byte_rotation!(by_8, __m128i, _mm_shuffle_epi8, 1, |it| it);
    rotation!(by_7, "avx2", __m128i, 7, _mm_or_si128, _mm_slli_epi32, _mm_srli_epi32);
    byte_rotation!(wide_by_16, __m256i, _mm256_shuffle_epi8, 2, |it| {
        _mm256_broadcastsi128_si256(it)
    });
    rotation!(
        wide_by_12,
        "avx2",
        __m256i,
        12,
        _mm256_or_si256,
        _mm256_slli_epi32,
        _mm256_srli_epi32
    );
    byte_rotation!(wide_by_8, __m256i, _mm256_shuffle_epi8, 1, |it| {
        _mm256_broadcastsi128_si256(it)
    });
    rotation!(
        wide_by_7,
        "avx2",
        __m256i,
        7,
        _mm256_or_si256,
        _mm256_slli_epi32,
        _mm256_srli_epi32
    );

    /// An operation on two registers side by side, so that neither has to wait for the other.
    macro_rules! on_both {
        ($name:ident, $each:ident $(, $bits:ident)?) => {
            #[inline]
            #[target_feature(enable = "avx2")]
            fn $name$(<const $bits: i32>)?(it: [__m256i; 2]) -> [__m256i; 2] {
                [$each$(::<$bits>)?(it[0]), $each$(::<$bits>)?(it[1])]
            }
        };
        ($name:ident, $each:ident of two) => {
            #[inline]
            #[target_feature(enable = "avx2")]
            fn $name(a: [__m256i; 2], b: [__m256i; 2]) -> [__m256i; 2] {
                [$each(a[0], b[0]), $each(a[1], b[1])]
            }
        };
    }

    on_both!(both_by_16, wide_by_16);
    on_both!(both_by_12, wide_by_12);
    on_both!(both_by_8, wide_by_8);
    on_both!(both_by_7, wide_by_7);
    on_both!(both_shuffled, _mm256_shuffle_epi32, MASK);
    on_both!(both_added, _mm256_add_epi32 of two);
    on_both!(both_mixed, _mm256_xor_si256 of two);

    #[inline]
    #[target_feature(enable = "sse2")]
    fn row(it: &[u32]) -> __m128i {
        _mm_set_epi32(it[3] as i32, it[2] as i32, it[1] as i32, it[0] as i32)
    }

    /// One block, for the processor that a function is compiled for.
    macro_rules! one_block {
        ($key:ident, $stream:ident, $counter:ident, $to:ident, $turns:tt) => {{
            let start = [
                row(&CONSTANTS),
                row(&$key[..4]),
                row(&$key[4..]),
                _mm_set_epi64x($stream as i64, $counter as i64),
            ];
            let end = rounds!(start, _mm_add_epi32, _mm_xor_si128, $turns, _mm_shuffle_epi32);
            let rows = [
                _mm_add_epi32(end[0], start[0]),
                _mm_add_epi32(end[1], start[1]),
                _mm_add_epi32(end[2], start[2]),
                _mm_add_epi32(end[3], start[3]),
            ];
            // SAFETY: four registers of 16 bytes are eight words.
            *$to = unsafe { transmute::<[__m128i; 4], Words>(rows) };
        }};
    }

    #[target_feature(enable = "sse2")]
    fn one_older(key: &[u32; 8], stream: u64, counter: u64, to: &mut Words) {
        one_block!(
            key,
            stream,
            counter,
            to,
            [by_16_older, by_12_older, by_8_older, by_7_older]
        );
    }

    #[target_feature(enable = "avx2")]
    fn one_newer(key: &[u32; 8], stream: u64, counter: u64, to: &mut Words) {
        one_block!(key, stream, counter, to, [by_16, by_12, by_8, by_7]);
    }

    /// The rows of two blocks to begin with.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn two_starts(key: &[u32; 8], a: (u64, u64), b: (u64, u64)) -> [__m256i; 4] {
        [
            _mm256_broadcastsi128_si256(row(&CONSTANTS)),
            _mm256_broadcastsi128_si256(row(&key[..4])),
            _mm256_broadcastsi128_si256(row(&key[4..])),
            _mm256_set_epi64x(b.0 as i64, b.1 as i64, a.0 as i64, a.1 as i64),
        ]
    }

    /// The words of two blocks from their rows at the end: the lower halves of all rows are the one block, the upper halves
    /// the other.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn two_ends(start: [__m256i; 4], end: [__m256i; 4], to: &mut [Words; 2]) {
        let a = _mm256_add_epi32(end[0], start[0]);
        let b = _mm256_add_epi32(end[1], start[1]);
        let c = _mm256_add_epi32(end[2], start[2]);
        let d = _mm256_add_epi32(end[3], start[3]);
        let rows = [
            _mm256_permute2x128_si256::<0x20>(a, b),
            _mm256_permute2x128_si256::<0x20>(c, d),
            _mm256_permute2x128_si256::<0x31>(a, b),
            _mm256_permute2x128_si256::<0x31>(c, d),
        ];
        // SAFETY: four registers of 32 bytes are sixteen words.
        *to = unsafe { transmute::<[__m256i; 4], [Words; 2]>(rows) };
    }

    #[target_feature(enable = "avx2")]
    fn two_wide(key: &[u32; 8], a: (u64, u64), b: (u64, u64), to: &mut [Words; 2]) {
        let start = two_starts(key, a, b);
        let end = rounds!(
            start,
            _mm256_add_epi32,
            _mm256_xor_si256,
            [wide_by_16, wide_by_12, wide_by_8, wide_by_7],
            _mm256_shuffle_epi32
        );
        two_ends(start, end, to);
    }

    #[target_feature(enable = "avx2")]
    fn four_wide(key: &[u32; 8], places: &[Place; 4], to: &mut [Words; 4]) {
        let [a, b, c, d] = places.map(|it| (it.stream, it.counter));
        let (one, other) = (two_starts(key, a, b), two_starts(key, c, d));
        let start = [
            [one[0], other[0]],
            [one[1], other[1]],
            [one[2], other[2]],
            [one[3], other[3]],
        ];
        let end = rounds!(
            start,
            both_added,
            both_mixed,
            [both_by_16, both_by_12, both_by_8, both_by_7],
            both_shuffled
        );
        let (first, last) = to.split_at_mut(2);
        let ends = |at: usize| [end[0][at], end[1][at], end[2][at], end[3][at]];
        two_ends(one, ends(0), first.try_into().expect("two"));
        two_ends(other, ends(1), last.try_into().expect("two"));
    }

    /// A quarter round on one word each of eight blocks.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn quarter(x: &mut [__m256i; 16], a: usize, b: usize, c: usize, d: usize) {
        x[a] = _mm256_add_epi32(x[a], x[b]);
        x[d] = wide_by_16(_mm256_xor_si256(x[d], x[a]));
        x[c] = _mm256_add_epi32(x[c], x[d]);
        x[b] = wide_by_12(_mm256_xor_si256(x[b], x[c]));
        x[a] = _mm256_add_epi32(x[a], x[b]);
        x[d] = wide_by_8(_mm256_xor_si256(x[d], x[a]));
        x[c] = _mm256_add_epi32(x[c], x[d]);
        x[b] = wide_by_7(_mm256_xor_si256(x[b], x[c]));
    }

    /// A register for each word of the matrix, with that word of eight blocks: no shuffles, and what the first two words do
    /// not need of the last round is left out by the compiler.
    #[target_feature(enable = "avx2")]
    fn eight_beginnings_wide(key: &[u32; 8], streams: &[u64; 8], to: &mut [u64; 8]) {
        let [a, b, c, d, e, f, g, h] = streams.map(|it| it as i64);
        let first = _mm256_castsi256_ps(_mm256_set_epi64x(d, c, b, a));
        let last = _mm256_castsi256_ps(_mm256_set_epi64x(h, g, f, e));
        let mut x = [_mm256_setzero_si256(); 16];
        for (x, &word) in x.iter_mut().zip(CONSTANTS.iter().chain(key)) {
            *x = _mm256_set1_epi32(word as i32);
        }
        // Lower and upper halves of the streams, in an order that interleaving undoes in the end.
        x[14] = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(first, last));
        x[15] = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(first, last));
        for _ in 0..4 {
            quarter(&mut x, 0, 4, 8, 12);
            quarter(&mut x, 1, 5, 9, 13);
            quarter(&mut x, 2, 6, 10, 14);
            quarter(&mut x, 3, 7, 11, 15);
            quarter(&mut x, 0, 5, 10, 15);
            quarter(&mut x, 1, 6, 11, 12);
            quarter(&mut x, 2, 7, 8, 13);
            quarter(&mut x, 3, 4, 9, 14);
        }
        let low = _mm256_add_epi32(x[0], _mm256_set1_epi32(CONSTANTS[0] as i32));
        let high = _mm256_add_epi32(x[1], _mm256_set1_epi32(CONSTANTS[1] as i32));
        let words = [_mm256_unpacklo_epi32(low, high), _mm256_unpackhi_epi32(low, high)];
        // SAFETY: two registers of 32 bytes are eight words.
        *to = unsafe { transmute::<[__m256i; 2], [u64; 8]>(words) };
    }
}

/// The block word by word.
#[cfg(any(not(target_arch = "x86_64"), test))]
mod plain {
    use super::{CONSTANTS, Place, Words};

    pub fn one(key: &[u32; 8], Place { stream, counter }: Place) -> Words {
        let place = [
            counter as u32,
            (counter >> 32) as u32,
            stream as u32,
            (stream >> 32) as u32,
        ];
        let mut start = [0; 16];
        start[..4].copy_from_slice(&CONSTANTS);
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
    use crate::rng::mix;

    #[test]
    fn every_way_to_a_block_gives_the_same_block() {
        for number in 0..200u64 {
            let key = core::array::from_fn(|at| mix(number, at as u64) as u32);
            let place = |at| Place {
                stream: mix(number, at),
                counter: mix(at, number),
            };
            let places = [place(100), place(101)];
            let expected = places.map(|it| plain::one(&key, it));
            for wide in [None, Wide::detect()] {
                let mut words = [[0; 8]; 2];
                places
                    .iter()
                    .zip(&mut words)
                    .for_each(|(place, to)| one(wide, &key, *place, to));
                assert_eq!(words, expected);
                if let Some(wide) = wide {
                    words = [[0; 8]; 2];
                    two(wide, &key, places, &mut words);
                    assert_eq!(words, expected);
                    let places = [place(100), place(101), place(102), place(103)];
                    let mut words = [[0; 8]; 4];
                    four(wide, &key, &places, &mut words);
                    assert_eq!(words, places.map(|it| plain::one(&key, it)));
                    let streams = core::array::from_fn(|at| mix(number, at as u64));
                    let mut words = [0; 8];
                    eight_beginnings(wide, &key, &streams, &mut words);
                    assert_eq!(
                        words,
                        streams.map(|stream| plain::one(&key, Place { stream, counter: 0 })[0])
                    );
                }
            }
        }
    }
}
