//! HAProxy's `random(draws)`: several draws with chances in proportion to weight; the replica with the fewest calls for its
//! weight wins, and among equals the one drawn *last*.
//!
//! Draws may meet the same replica again. HAProxy draws a point of its consistent-hash tree, where a server's points are only
//! about as many as its weight; here the chances are exact.
//!
//! Source: HAProxy 3, `balance random` and `get_server_rnd` (`draws` 2 by default).

use super::View;
use crate::policy::{Invalid, require};
use crate::rng::Draw;

/// Settings of HAProxy's `random`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomDraws {
    /// How many are drawn.
    pub draws: u32,
}

impl RandomDraws {
    /// HAProxy's default.
    pub const DEFAULT: RandomDraws = RandomDraws { draws: 2 };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.draws >= 1, "draws of `random` are at least 1; the default is 2")
    }

    /// Draws as often as it says, not at all without a choice. `None` if all weights are zero.
    #[inline]
    pub(super) fn pick(&self, view: &impl View, draw: &mut impl Draw) -> Option<usize> {
        let weight = |at| u64::from(view.weight(at));
        let sum: u64 = (0..view.len()).map(weight).sum();
        if sum == 0 {
            return None;
        }
        if view.len() == 1 {
            return Some(0);
        }
        let mut best: Option<usize> = None;
        for _ in 0..self.draws {
            let mut left = draw.below(sum);
            let drawn = (0..view.len()).find(|&at| {
                let inside = left < weight(at);
                left = left.saturating_sub(weight(at));
                inside
            })?;
            let busier = |best: usize| {
                u64::from(view.outstanding(drawn)) * weight(best) > u64::from(view.outstanding(best)) * weight(drawn)
            };
            if !best.is_some_and(busier) {
                best = Some(drawn);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use crate::routing::Balance;
    use crate::routing::tests::{Replicas, counts};

    fn of(draws: u32) -> RandomDraws {
        RandomDraws { draws }
    }

    #[test]
    fn the_last_drawn_of_equals_is_taken() {
        let pick = |view: &Replicas, shares: &[f64]| of(shares.len() as u32).pick(view, &mut Scripted::new(shares));
        let idle = Replicas::idle(4);
        assert_eq!(pick(&idle, &[0.5, 0.0]), Some(0));
        assert_eq!(pick(&idle, &[0.0, 0.5]), Some(2));
        let busy = Replicas::busy(&[1, 0, 2, 0]);
        assert_eq!(pick(&busy, &[0.25, 0.0]), Some(1), "0 has more");
        assert_eq!(pick(&busy, &[0.5, 0.0, 0.5]), Some(0));
    }

    #[test]
    fn load_is_compared_for_its_weight() {
        // 3 of weight 4 are fewer than 1 of weight 1.
        let view = Replicas::of(vec![(0, 1, 1), (1, 3, 4)]);
        let pick = |shares: &[f64]| of(2).pick(&view, &mut Scripted::new(shares));
        assert_eq!(pick(&[0.0, 0.3]), Some(1));
        assert_eq!(pick(&[0.3, 0.0]), Some(1));
        assert_eq!(pick(&[0.1, 0.1]), Some(0));
    }

    #[test]
    fn one_draw_is_weighted_random() {
        let view = Replicas::weighted(&[1, 0, 3]);
        let got = counts(Balance::RandomDraws(of(1)), &view, 40_000);
        assert!((9_567..10_433).contains(&got[0]) && got[1] == 0, "{got:?}");
        // With two, the busier of a pair is picked when both draws meet it: 1/4.
        let two = counts(Balance::RandomDraws(of(2)), &Replicas::busy(&[7, 2]), 40_000);
        assert!((9_567..10_433).contains(&two[0]), "{two:?}");
        assert!(of(0).check().is_err());
    }
}
