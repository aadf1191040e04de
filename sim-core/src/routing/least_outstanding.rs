//! Least outstanding: the replica to which this caller has the fewest calls out; ties at random, one draw if there are any.
//!
//! The caller knows only its own calls: with many callers it is much less than joining the shortest queue.
//!
//! Source: Envoy, `LeastRequestLbConfig` with `FULL_SCAN`.

use super::View;
use crate::rng::Draw;

#[inline]
pub(super) fn pick(view: &impl View, draw: &mut impl Draw) -> usize {
    let (mut least, mut ties, mut first) = (u32::MAX, 0u64, 0);
    for at in 0..view.len() {
        let outstanding = view.outstanding(at);
        if outstanding < least || ties == 0 {
            (least, ties, first) = (outstanding, 1, at);
        } else if outstanding == least {
            ties += 1;
        }
    }
    if ties == 1 {
        return first;
    }
    let chosen = draw.below(ties) as usize;
    let mut tied = (first..view.len()).filter(|&at| view.outstanding(at) == least);
    tied.nth(chosen).expect("the view does not change during a pick")
}
