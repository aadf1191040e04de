//! Weighted: each replica as often as its weight says, in turn or at random.
//!
//! In turn is nginx's smooth weighted round robin: at each pick every replica gains its weight; the one that has most (the
//! first on a tie) is picked and pays the sum of all weights. {5, 1, 1} gives a a b a c a a instead of a a a a a b c. A
//! replica that is away from the view gains nothing, and takes up where it stood when it comes back.
//!
//! Source: nginx, `ngx_http_upstream_round_robin.c`.

use super::View;
use crate::rng::Draw;

/// The current weight of each replica slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current(Vec<i64>);

impl Current {
    pub(super) fn new(slots: usize) -> Current {
        Current(vec![0; slots])
    }

    /// `None` if all weights are zero.
    #[inline]
    pub(super) fn pick(&mut self, view: &impl View) -> Option<usize> {
        let (mut sum, mut best, mut best_weight) = (0, None, i64::MIN);
        for at in 0..view.len() {
            let weight = i64::from(view.weight(at));
            if weight == 0 {
                continue;
            }
            let current = &mut self.0[view.slot(at)];
            *current += weight;
            sum += weight;
            if *current > best_weight {
                (best, best_weight) = (Some(at), *current);
            }
        }
        self.0[view.slot(best?)] -= sum;
        best
    }
}

/// One draw, none if there is no choice; `None` if all weights are zero.
#[inline]
pub(super) fn pick_random(view: &impl View, draw: &mut impl Draw) -> Option<usize> {
    let weight = |at| u64::from(view.weight(at));
    let sum: u64 = (0..view.len()).map(weight).sum();
    if sum == 0 {
        return None;
    }
    if view.len() == 1 {
        return Some(0);
    }
    let mut left = draw.below(sum);
    (0..view.len()).find(|&at| {
        let inside = left < weight(at);
        left = left.saturating_sub(weight(at));
        inside
    })
}
