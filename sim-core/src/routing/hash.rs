//! Hashes that are compared with each other.
//!
//! [`mix`] gives different words different streams; but with neighbours for its second word its results lie
//! a fixed distance apart, so that one of them would nearly always be the greater. Here that is scrambled as well.
//!
//! Source: the finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014,
//! with D. Stafford's constants).

use crate::rng::mix;

/// A well mixed hash of two words, not symmetric.
#[inline]
pub(crate) const fn hash(a: u64, b: u64) -> u64 {
    let mut word = mix(a, b);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_neighbours_each_is_as_often_the_greater() {
        for (one, other) in [(0, 1), (2, 3), (6, 7), (1, 2), (0, 4)] {
            let greater = (0..10_000u64).filter(|&key| hash(key, one) > hash(key, other)).count();
            let swapped = (0..10_000u64).filter(|&key| hash(one, key) > hash(other, key)).count();
            // Binomial(10000, 1/2): standard deviation 50; five on either side.
            assert!((4_750..5_250).contains(&greater), "{one} and {other}: {greater}");
            assert!((4_750..5_250).contains(&swapped), "{one} and {other}: {swapped}");
        }
    }
}
