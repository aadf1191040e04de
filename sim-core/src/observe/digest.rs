//! A rolling 128-bit hash over everything that happened: equal digests, equal runs.

use core::fmt;

use crate::time::SimTime;

/// The state of the hash; two words that each event is folded into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    high: u64,
    low: u64,
}

impl Digest {
    /// Of a run in which nothing happened.
    pub const EMPTY: Digest = Digest {
        high: 0x6a09_e667_f3bc_c908,
        low: 0xbb67_ae85_84ca_a73b,
    };

    /// Folds in one event: when, what kind, and whom (the key of the entity's name).
    ///
    /// Each fold is a bijection of the state, so a difference once made is never forgotten by it.
    #[inline]
    pub fn fold(&mut self, time: SimTime, kind: u8, entity: u64) {
        let what = entity ^ u64::from(kind).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.low = (self.low ^ time.nanos())
            .wrapping_mul(0xff51_afd7_ed55_8ccd)
            .rotate_left(31)
            ^ self.high;
        self.high = (self.high ^ what)
            .wrapping_mul(0xc4ce_b9fe_1a85_ec53)
            .rotate_left(29)
            .wrapping_add(self.low);
    }

    /// From its two words, as [`Digest::words`] gave them.
    pub const fn from_words(high: u64, low: u64) -> Digest {
        Digest { high, low }
    }

    /// Its two words, the first of the printed ones first.
    pub const fn words(self) -> (u64, u64) {
        (self.high, self.low)
    }
}

impl fmt::Display for Digest {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.high, self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(events: &[(u64, u8, u64)]) -> Digest {
        let mut digest = Digest::EMPTY;
        for &(time, kind, entity) in events {
            digest.fold(SimTime::from_nanos(time), kind, entity);
        }
        digest
    }

    #[test]
    fn time_kind_entity_and_order_all_count() {
        let one = of(&[(1, 2, 3), (4, 5, 6)]);
        assert_eq!(one, of(&[(1, 2, 3), (4, 5, 6)]));
        for other in [
            of(&[(2, 2, 3), (4, 5, 6)]),
            of(&[(1, 3, 3), (4, 5, 6)]),
            of(&[(1, 2, 4), (4, 5, 6)]),
            of(&[(4, 5, 6), (1, 2, 3)]),
            of(&[(1, 2, 3)]),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_digest_prints_as_32_digits() {
        assert_eq!(
            Digest::from_words(1, 0xab).to_string(),
            "000000000000000100000000000000ab"
        );
    }
}
