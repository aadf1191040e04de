//! Power of two choices: draw two replicas, take the one with fewer calls of this caller outstanding, the first on a tie.
//!
//! Two distinct replicas by default; with replacement both draws may meet the same one, so that of two replicas the busier is
//! still picked a quarter of the time.
//!
//! Sources: M. Mitzenmacher, "The power of two choices in randomized load balancing" (1996); tower and Finagle (distinct);
//! Envoy and gRPC `least_request` (with replacement).

use super::View;
use crate::rng::Draw;

#[inline(always)]
pub(super) fn pick(view: &impl View, replacement: bool, draw: &mut impl Draw) -> usize {
    let n = view.len() as u64;
    if n == 1 {
        return 0;
    }
    let first = draw.below(n) as usize;
    let second = if replacement {
        draw.below(n) as usize
    } else {
        let other = draw.below(n - 1) as usize;
        if other >= first { other + 1 } else { other }
    };
    if view.outstanding(second) < view.outstanding(first) {
        second
    } else {
        first
    }
}
