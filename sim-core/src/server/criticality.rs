//! Criticality: four classes of requests, of which the least important are refused first as a server fills up.
//!
//! A request carries its class with it to everything that it causes. Each class has a utilization from which it is refused; the
//! thresholds do not fall with importance, so that a class is refused only while all lower ones are.
//!
//! Source: Google SRE book (2016), ch. 21, "Criticality". The book gives no thresholds: those of [`Thresholds::DEFAULT`] are
//! ours.

use crate::policy::{Invalid, require};
use crate::quantity::Factor;

/// How important a request is, the most important first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Criticality {
    /// Users notice and it is serious.
    CriticalPlus,
    /// Users notice; what production sends unless it says otherwise.
    #[default]
    Critical,
    /// Some of it may fail for minutes, even hours; what batch jobs send unless they say otherwise.
    SheddablePlus,
    /// Much of it may fail often.
    Sheddable,
}

impl Criticality {
    /// How many classes there are.
    pub const COUNT: usize = 4;

    /// Every class, the most important first.
    pub const ALL: [Criticality; Criticality::COUNT] = [
        Criticality::CriticalPlus,
        Criticality::Critical,
        Criticality::SheddablePlus,
        Criticality::Sheddable,
    ];

    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Criticality::CriticalPlus => "critical_plus",
            Criticality::Critical => "critical",
            Criticality::SheddablePlus => "sheddable_plus",
            Criticality::Sheddable => "sheddable",
        }
    }

    /// The class with this name in files.
    pub fn named(name: &str) -> Option<Criticality> {
        Criticality::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// From which utilization each class is refused; more than 1 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// For the most important class.
    pub critical_plus: Factor,
    /// For the next one.
    pub critical: Factor,
    /// For the next one.
    pub sheddable_plus: Factor,
    /// For the least important class.
    pub sheddable: Factor,
}

impl Thresholds {
    /// Three quarters, 85 %, 95 %, and never.
    pub const DEFAULT: Thresholds = Thresholds {
        critical_plus: Factor(u64::MAX),
        critical: Factor(950_000),
        sheddable_plus: Factor(850_000),
        sheddable: Factor(750_000),
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        let ordered = self.critical_plus >= self.critical
            && self.critical >= self.sheddable_plus
            && self.sheddable_plus >= self.sheddable;
        require(
            ordered,
            "thresholds do not fall with importance (defaults: sheddable 75%, sheddable_plus 85%, critical 95%, critical_plus never)",
        )
    }

    /// Whether a request of this class is served at this utilization.
    #[inline]
    pub fn admits(&self, criticality: Criticality, utilization: Factor) -> bool {
        let threshold = match criticality {
            Criticality::CriticalPlus => self.critical_plus,
            Criticality::Critical => self.critical,
            Criticality::SheddablePlus => self.sheddable_plus,
            Criticality::Sheddable => self.sheddable,
        };
        utilization < threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lower_classes_go_first() {
        let admitted = |utilization| {
            Criticality::ALL
                .into_iter()
                .filter(|&it| Thresholds::DEFAULT.admits(it, Factor(utilization)))
                .count()
        };
        let steps = [0, 749_999, 750_000, 849_999, 850_000, 949_999, 950_000, 1_000_000];
        assert_eq!(steps.map(admitted), [4, 4, 3, 3, 2, 2, 1, 1]);
    }

    #[test]
    fn thresholds_that_fall_with_importance_are_refused() {
        let upside_down = Thresholds {
            sheddable: Factor(900_000),
            ..Thresholds::DEFAULT
        };
        assert!(upside_down.check().is_err());
        assert_eq!(Thresholds::DEFAULT.check(), Ok(()));
    }

    #[test]
    fn classes_have_names() {
        for class in Criticality::ALL {
            assert_eq!(Criticality::named(class.name()), Some(class));
        }
        assert_eq!(Criticality::named("important"), None);
        assert!(Criticality::CriticalPlus < Criticality::Sheddable);
    }

    proptest! {
        #[test]
        fn a_class_is_refused_only_while_all_lower_ones_are(
            mut bounds in prop::array::uniform4(0u64..1_200_000), utilization in 0u64..1_200_000,
        ) {
            bounds.sort_unstable();
            let [sheddable, sheddable_plus, critical, critical_plus] = bounds.map(Factor);
            let thresholds = Thresholds { critical_plus, critical, sheddable_plus, sheddable };
            prop_assert_eq!(thresholds.check(), Ok(()));
            let admitted = Criticality::ALL.map(|it| thresholds.admits(it, Factor(utilization)));
            prop_assert!(admitted.is_sorted_by(|higher, lower| higher >= lower));
        }
    }
}
