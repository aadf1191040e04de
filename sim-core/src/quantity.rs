//! Exact small quantities: chances, factors and money, as integers.

/// A probability that is compared with 64 random bits, so that no float decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chance(u64);

impl Chance {
    /// Never happens; draws nothing.
    pub const NEVER: Chance = Chance(0);
    /// Always happens.
    pub const ALWAYS: Chance = Chance(u64::MAX);

    /// `parts` out of 10^12; more is always.
    pub const fn from_parts_per_trillion(parts: u64) -> Chance {
        if parts >= 1_000_000_000_000 {
            return Chance::ALWAYS;
        }
        Chance((((parts as u128) << 64) / 1_000_000_000_000) as u64)
    }

    /// The probability, a fraction in `0..=1`.
    pub fn as_f64(self) -> f64 {
        if self == Chance::ALWAYS {
            1.0
        } else {
            self.0 as f64 / 18_446_744_073_709_551_616.0
        }
    }

    /// Whether it happens, given 64 random bits.
    #[inline]
    pub const fn happens(self, bits: u64) -> bool {
        bits < self.0 || self.0 == u64::MAX
    }

    /// A part of the chance: `part` in `whole`, which is not zero.
    pub fn share(self, part: u64, whole: u64) -> Chance {
        Chance((u128::from(self.0) * u128::from(part) / u128::from(whole)) as u64)
    }

    /// The chance that at least one of two independent chances happens.
    pub fn or(self, other: Chance) -> Chance {
        if self == Chance::ALWAYS || other == Chance::ALWAYS {
            return Chance::ALWAYS;
        }
        let both = ((u128::from(self.0) * u128::from(other.0)) >> 64) as u64;
        Chance(self.0.saturating_add(other.0 - both))
    }
}

/// A factor in millionths, such as `x8` or `x0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(pub u64);

impl Factor {
    /// Changes nothing.
    pub const ONE: Factor = Factor(1_000_000);

    /// The factor as a number.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This factor on top of another, rounded to a millionth.
    pub fn times(self, other: Factor) -> Factor {
        let wide = (u128::from(self.0) * u128::from(other.0) + 500_000) / 1_000_000;
        Factor(u64::try_from(wide).unwrap_or(u64::MAX))
    }
}

/// An amount of money: billionths of the scenario's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanomoney(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_at_the_ends_are_certain() {
        assert!(!Chance::NEVER.happens(0));
        assert!(Chance::ALWAYS.happens(u64::MAX));
        assert_eq!(Chance::from_parts_per_trillion(1_000_000_000_000), Chance::ALWAYS);
        let half = Chance::from_parts_per_trillion(500_000_000_000);
        assert!(half.happens((1 << 63) - 1) && !half.happens(1 << 63));
    }

    #[test]
    fn independent_chances_combine() {
        let half = Chance::from_parts_per_trillion(500_000_000_000);
        assert!((half.or(half).as_f64() - 0.75).abs() < 1e-12);
        assert_eq!(half.or(Chance::NEVER), half);
        assert_eq!(half.or(Chance::ALWAYS), Chance::ALWAYS);
    }
}
