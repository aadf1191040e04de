//! Random: any replica, all equally likely. One draw, none if there is no choice.

use super::View;
use crate::rng::Draw;

#[inline]
pub(super) fn pick(view: &impl View, draw: &mut impl Draw) -> usize {
    if view.len() == 1 {
        0
    } else {
        draw.below(view.len() as u64) as usize
    }
}
