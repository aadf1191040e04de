//! HAProxy's `leastconn`: the replica with the fewest calls for its weight; equals take turns.
//!
//! Servers stand in a tree by `(inflight + 1) 256 / weight` in whole numbers, and at 0 without calls, so that idle ones come
//! first whatever their weight. A server goes behind its equals whenever it gets a call and whenever one ends.
//!
//! Source: HAProxy 2.x, `lb_fwlc.c` (`fwlc_queue_srv`). Version 3.2 put lists of random order in place of the turns.

use super::View;

/// When each slot last went behind its equals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    moved: Vec<u64>,
    moves: u64,
}

/// HAProxy's `SRV_EWGHT_MAX / BE_WEIGHT_SCALE`.
const WEIGHT_MAX: u64 = 256;

impl Places {
    pub(super) fn new(slots: usize) -> Places {
        Places {
            moved: vec![0; slots],
            moves: 0,
        }
    }

    /// The replica in `slot` goes behind its equals.
    #[inline]
    pub(super) fn moved(&mut self, slot: usize) {
        self.moves += 1;
        self.moved[slot] = self.moves;
    }

    /// `None` if all weights are zero.
    #[inline]
    pub(super) fn pick(&mut self, view: &impl View) -> Option<usize> {
        let place = |at: usize| {
            let inflight = u64::from(view.outstanding(at));
            let key = match inflight {
                0 => 0,
                _ => (inflight + 1) * WEIGHT_MAX / u64::from(view.weight(at)),
            };
            (key, self.moved[view.slot(at)])
        };
        let best = (0..view.len())
            .filter(|&at| view.weight(at) > 0)
            .min_by_key(|&at| place(at))?;
        self.moved(view.slot(best));
        Some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::tests::Replicas;

    fn letters(places: &mut Places, view: &mut Replicas, picks: usize) -> String {
        let pick = |_| {
            let at = places.pick(view).unwrap();
            view.rows[at].1 += 1;
            char::from(b'a' + at as u8)
        };
        (0..picks).map(pick).collect()
    }

    #[test]
    fn equals_take_turns_and_idle_ones_come_first() {
        let mut places = Places::new(3);
        let mut view = Replicas::weighted(&[1, 1, 4]);
        // All idle: in turn, whatever their weight. Then by (inflight + 1) / weight: 2, 2 and 1/2 and so on, until c, at its
        // 7 calls, is at 2 as well and stands behind the others.
        assert_eq!(letters(&mut places, &mut view, 10), "abccccccca");
    }

    #[test]
    fn whoever_gets_or_ends_a_call_goes_behind_its_equals() {
        let mut places = Places::new(3);
        let mut view = Replicas::idle(3);
        assert_eq!(letters(&mut places, &mut view, 3), "abc");
        // b ends a call and is idle; then c; they are taken in that order, not in theirs.
        for slot in [2, 1] {
            view.rows[slot].1 -= 1;
            places.moved(slot);
        }
        assert_eq!(letters(&mut places, &mut view, 2), "cb");
        assert_eq!(letters(&mut places, &mut view, 3), "acb");
    }

    #[test]
    fn places_are_compared_in_whole_numbers() {
        let mut places = Places::new(2);
        // 2 256 / 255 and 2 256 / 256 are both 2.
        let view = Replicas::of(vec![(0, 1, 255), (1, 1, 256)]);
        assert_eq!(
            (places.pick(&view), places.pick(&view), places.pick(&view)),
            (Some(0), Some(1), Some(0))
        );
        assert_eq!(places.pick(&Replicas::weighted(&[0])), None);
    }
}
