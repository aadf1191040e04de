//! Earliest deadline first: each replica in turn, as often as its weight says.
//!
//! Every replica has a deadline, and the earliest (of equals, the one put in first) is picked. It is put back `1 / weight`
//! later, so one of twice the weight comes twice as often. The weight is read when a replica is put back: what changes it in
//! between (slow start, requests in flight) has its effect a turn late.
//!
//! When replicas come or go the schedule is made anew. Each caller then skips as many picks as its own seed says, so that
//! callers do not all begin with the same replica.
//!
//! Source: Envoy, `EdfScheduler` and `EdfLoadBalancerBase::refresh` (the weighted `ROUND_ROBIN`).

use super::slow_start::SlowStart;
use super::{Start, View};
use crate::policy::Invalid;
use crate::rng::Draw;

/// Settings of Envoy's weighted round robin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edf {
    /// Where the turn of a caller begins.
    pub start: Start,
    /// `slow_start_config`: new replicas gain weight step by step.
    pub slow_start: Option<SlowStart>,
}

/// What is due when.
///
/// Kept sorted, latest first: a service has few enough replicas that moving some words is cheaper than a heap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deadlines {
    queue: Vec<Due>,
    now: f64,
    order: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Due {
    deadline: f64,
    order: u64,
    slot: u32,
}

impl Deadlines {
    /// Nothing is due; back to the beginning.
    pub fn clear(&mut self) {
        self.queue.clear();
        (self.now, self.order) = (0.0, 0);
    }

    /// Puts `slot` in, due `1 / weight` from now; not at all without weight.
    pub fn add(&mut self, slot: u32, weight: f64) {
        if weight <= 0.0 {
            return;
        }
        self.order += 1;
        let due = Due {
            deadline: self.now + 1.0 / weight,
            order: self.order,
            slot,
        };
        // The newest of equals goes behind the others, that is, further to the front.
        let at = self.queue.partition_point(|it| it.deadline > due.deadline);
        self.queue.insert(at, due);
    }

    /// Takes out what is due first and puts it back by `weight` of its slot. What has no weight any more is dropped.
    pub fn next(&mut self, weight: impl Fn(u32) -> Option<f64>) -> Option<u32> {
        while let Some(due) = self.queue.pop() {
            if let Some(weight) = weight(due.slot).filter(|it| *it > 0.0) {
                self.now = due.deadline;
                self.add(due.slot, weight);
                return Some(due.slot);
            }
        }
        None
    }
}

/// Deadlines, and how many picks this caller skips after a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    deadlines: Deadlines,
    seed: u64,
    built: bool,
}

impl Edf {
    /// Envoy's `ROUND_ROBIN`: from a random replica, no slow start.
    pub const DEFAULT: Edf = Edf {
        start: Start::Random,
        slow_start: None,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        self.slow_start.as_ref().map_or(Ok(()), SlowStart::check)
    }

    pub(super) fn start(&self, slots: usize, draw: &mut impl Draw) -> Schedule {
        let seed = match self.start {
            Start::Random if slots > 1 => draw.bits(),
            Start::Random | Start::First => 0,
        };
        Schedule {
            deadlines: Deadlines::default(),
            seed,
            built: false,
        }
    }

    fn weight(&self, view: &impl View, at: usize) -> f64 {
        let weight = f64::from(view.weight(at));
        match &self.slow_start {
            Some(slow) => weight * slow.factor(view.age(at)),
            None => weight,
        }
    }

    pub(super) fn build(&self, schedule: &mut Schedule, view: &impl View) {
        schedule.deadlines.clear();
        for at in 0..view.len() {
            schedule.deadlines.add(view.slot(at) as u32, self.weight(view, at));
        }
        schedule.built = true;
        for _ in 0..schedule.seed % view.len().max(1) as u64 {
            self.next(schedule, view);
        }
    }

    fn next(&self, schedule: &mut Schedule, view: &impl View) -> Option<usize> {
        let weight = |slot: u32| view.position(slot as usize).map(|at| self.weight(view, at));
        let slot = schedule.deadlines.next(weight)?;
        view.position(slot as usize)
    }

    /// `None` if all weights are zero.
    #[inline]
    pub(super) fn pick(&self, schedule: &mut Schedule, view: &impl View) -> Option<usize> {
        if !schedule.built {
            self.build(schedule, view);
        }
        self.next(schedule, view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use crate::routing::tests::{Replicas, counts, letters};
    use crate::routing::{Balance, BalanceState};
    use crate::time::Span;
    use proptest::prelude::*;

    const FIRST: Edf = Edf {
        start: Start::First,
        slow_start: None,
    };

    #[test]
    fn lb_2_the_earliest_deadline_is_first() {
        let picked = |weights: &[u32], picks| letters(Balance::Edf(FIRST), &Replicas::weighted(weights), picks);
        assert_eq!(picked(&[2, 1], 6), "abaaba");
        assert_eq!(picked(&[1, 1, 2], 8), "cabccabc");
        assert_eq!(picked(&[1, 1, 1], 7), "abcabca");
        assert_eq!(picked(&[0, 2, 1], 6), "bcbbcb");
    }

    #[test]
    fn callers_begin_at_places_of_their_own() {
        let from = |seed: f64| {
            let mut draw = Scripted::new(&[seed]);
            let edf = Edf::DEFAULT;
            let mut schedule = edf.start(3, &mut draw);
            edf.pick(&mut schedule, &Replicas::weighted(&[1, 1, 2])).unwrap()
        };
        let starts: std::collections::BTreeSet<usize> = (0..50).map(|it| from(f64::from(it) / 50.0)).collect();
        assert_eq!(starts.len(), 3, "skipping 0, 1 or 2 of c a b");
    }

    #[test]
    fn a_new_weight_counts_when_a_replica_is_put_back() {
        let mut draw = Scripted::new(&[0.5]);
        let (balance, mut state) = (Balance::Edf(FIRST), FIRST.start(2, &mut draw));
        let before = Replicas::weighted(&[1, 1]);
        let after = Replicas::weighted(&[1, 4]);
        assert_eq!(FIRST.pick(&mut state, &before), Some(0));
        // b was put in with weight 1 and is due at 1; from then on every quarter. a is due at 2.
        let picks: Vec<usize> = (0..6).map(|_| FIRST.pick(&mut state, &after).unwrap()).collect();
        assert_eq!(picks, [1, 1, 1, 1, 0, 1]);
        let mut state = BalanceState::Edf(Box::new(state));
        balance.host_changed(&mut state, &before, 1);
        let picks: Vec<usize> = (0..4)
            .map(|_| balance.pick(&mut state, &before, &mut draw).unwrap())
            .collect();
        assert_eq!(picks, [0, 1, 0, 1]);
    }

    #[test]
    fn a_young_replica_comes_less_often() {
        let slow = Edf {
            start: Start::First,
            slow_start: Some(SlowStart::envoy(Span::from_secs(60))),
        };
        // Both are 30 s old: half of the weight each, so shares stay; and one that has left is dropped.
        let mut view = Replicas::weighted(&[3, 1]);
        view.age = Span::from_secs(30);
        assert_eq!(counts(Balance::Edf(slow), &view, 400), [300, 100]);
        let mut state = slow.start(2, &mut Scripted::new(&[0.5]));
        slow.pick(&mut state, &view);
        let rest = view.only(&[1]);
        assert!((0..10).all(|_| slow.pick(&mut state, &rest) == Some(0)));
    }

    proptest! {
        /// Over a round of picks each replica has its share, give or take one where thirds and the like are rounded.
        #[test]
        fn shares_follow_weights(weights in prop::collection::vec(1u32..9, 1..8)) {
            let sum: u32 = weights.iter().sum();
            let got = counts(Balance::Edf(FIRST), &Replicas::weighted(&weights), 3 * sum);
            for (got, weight) in got.iter().zip(&weights) {
                prop_assert!(got.abs_diff(3 * weight) <= 1, "{got} of {}", 3 * weight);
            }
        }
    }
}
