//! Which units are to be run, in which order; what is done, and what that decides.
//!
//! A point asks for a number of replications of each variant. Once these are in, its goals decide whether it asks for as many again.
//! The decision depends on the results of the point alone: not on the order in which they came in, nor on threads or shards.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::shard::Shard;
use crate::store::unit::{Ended, Number, Record, Unit};

/// How many units a study has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Points.
    pub points: u32,
    /// Variants.
    pub variants: u32,
    /// Replications of each variant that a point asks for first.
    pub least: u32,
    /// The most replications that it may ask for; `least` if the number is fixed.
    pub most: u32,
    /// The part that is to be done here; all of it without.
    pub shard: Option<Shard>,
}

impl Extent {
    /// The most units there can be.
    pub fn units(&self) -> u64 {
        self.units_of(self.most)
    }

    /// Units that are made in any case.
    pub fn least_units(&self) -> u64 {
        self.units_of(self.least)
    }

    /// Units if every point asks for so many replications.
    fn units_of(&self, replications: u32) -> u64 {
        let groups = match self.shard {
            None => u64::from(self.points) * u64::from(replications),
            Some(shard) if self.is_fixed() => {
                let all = u64::from(self.points) * u64::from(replications);
                (0..all).filter(|it| shard.holds(*it)).count() as u64
            }
            Some(shard) => {
                let points = (0..u64::from(self.points)).filter(|it| shard.holds(*it)).count();
                points as u64 * u64::from(replications)
            }
        };
        groups * u64::from(self.variants)
    }

    fn is_fixed(&self) -> bool {
        self.least == self.most
    }

    /// Whether this group of units (all variants under one seed at one point) is to be done here. Where goals decide how many
    /// there are, whole points go together.
    fn holds(&self, point: u32, replication: u32) -> bool {
        let number = if self.is_fixed() {
            u64::from(point) * u64::from(self.most) + u64::from(replication)
        } else {
            u64::from(point)
        };
        self.shard.is_none_or(|it| it.holds(number))
    }
}

/// What the measures of a point came to: by variant, replication and measure; a censored or missing one is `None`.
pub type Values = Vec<Vec<Vec<Option<f64>>>>;

/// Whether the goals of a study are reached.
pub type Goals<'a> = &'a (dyn Fn(&Values) -> bool + Sync);

/// A point that is being worked on.
#[derive(Debug)]
struct Open {
    /// Replications asked for so far.
    asked: u32,
    /// Units that are queued or being run.
    missing: u32,
    /// What is known, as far as goals need it.
    values: Values,
}

/// The queue.
pub struct Queue<'a> {
    extent: Extent,
    goals: Goals<'a>,
    /// Finished before, and not yet asked for.
    known: BTreeMap<Unit, Vec<Option<f64>>>,
    next_point: u32,
    open: BTreeMap<u32, Open>,
    ready: VecDeque<Unit>,
    closed: Vec<u32>,
}

impl<'a> Queue<'a> {
    /// A queue of all units. `goals` are looked at where the number of replications is not fixed.
    pub fn new(extent: Extent, goals: Goals<'a>) -> Queue<'a> {
        Queue {
            extent,
            goals,
            known: BTreeMap::new(),
            next_point: 0,
            open: BTreeMap::new(),
            ready: VecDeque::new(),
            closed: Vec::new(),
        }
    }

    /// Takes note of a unit that was finished before. All of these come before the first [`Queue::take`].
    pub fn knows(&mut self, record: &Record) {
        self.known.insert(record.unit, values(record, self.extent.is_fixed()));
    }

    /// The next unit to run; `None` if there is none, or none before some that are being run are finished.
    pub fn take(&mut self) -> Option<Unit> {
        while self.ready.is_empty() && self.next_point < self.extent.points {
            let point = self.next_point;
            self.next_point += 1;
            let values = vec![Vec::new(); self.extent.variants as usize];
            let open = Open {
                asked: 0,
                missing: 0,
                values,
            };
            self.open.insert(point, open);
            self.ask(point, self.extent.least);
            self.look(point);
        }
        self.ready.pop_front()
    }

    /// Takes note of a unit that has been run.
    pub fn done(&mut self, record: &Record) {
        let values = values(record, self.extent.is_fixed());
        self.keep(record.unit, values);
        self.open
            .get_mut(&record.unit.point)
            .expect("its point is open")
            .missing -= 1;
        self.look(record.unit.point);
    }

    /// Points of which nothing is to be run any more, since this was asked last.
    pub fn closed(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.closed)
    }

    /// Whether nothing is left to be run, nor being run.
    pub fn is_finished(&self) -> bool {
        self.ready.is_empty() && self.open.is_empty() && self.next_point == self.extent.points
    }

    /// Units that were known and that nobody asked for: they are not of this extent.
    pub fn strangers(&self) -> BTreeSet<Unit> {
        self.known.keys().copied().collect()
    }

    fn keep(&mut self, unit: Unit, values: Vec<Option<f64>>) {
        if self.extent.is_fixed() {
            return;
        }
        let open = self.open.get_mut(&unit.point).expect("its point is open");
        let of = &mut open.values[unit.variant as usize];
        if of.len() <= unit.replication as usize {
            of.resize(unit.replication as usize + 1, Vec::new());
        }
        of[unit.replication as usize] = values;
    }

    /// Asks for replications of a point up to this number.
    fn ask(&mut self, point: u32, upto: u32) {
        let from = std::mem::replace(&mut self.open.get_mut(&point).expect("it is open").asked, upto);
        let extent = self.extent;
        for replication in (from..upto).filter(|it| extent.holds(point, *it)) {
            for variant in 0..self.extent.variants {
                let unit = Unit {
                    point,
                    variant,
                    replication,
                };
                match self.known.remove(&unit) {
                    Some(values) => self.keep(unit, values),
                    None => {
                        self.ready.push_back(unit);
                        self.open.get_mut(&point).expect("it is open").missing += 1;
                    }
                }
            }
        }
    }

    /// Asks for more of a point, or closes it, if nothing of it is out any more.
    fn look(&mut self, point: u32) {
        loop {
            let open = &self.open[&point];
            if open.missing > 0 {
                return;
            }
            let here = self.extent.holds(point, 0);
            if open.asked >= self.extent.most || (!self.extent.is_fixed() && (!here || (self.goals)(&open.values))) {
                self.open.remove(&point);
                self.closed.push(point);
                return;
            }
            let upto = open.asked.saturating_mul(2).min(self.extent.most);
            self.ask(point, upto);
        }
    }
}

/// What goals need of a record; nothing if there are none.
fn values(record: &Record, fixed: bool) -> Vec<Option<f64>> {
    match &record.ended {
        Ended::Done(done) if !fixed => {
            let number = |it: &Number| match it {
                Number::Is(it) => Some(*it),
                Number::AtLeast(_) | Number::Missing(_) => None,
            };
            done.measures.iter().map(number).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::unit::Done;

    fn record(unit: Unit) -> Record {
        let done = Done {
            measures: vec![Number::Is(f64::from(unit.point))],
            ..Done::default()
        };
        Record {
            unit,
            seed: u64::from(unit.replication),
            ended: Ended::Done(done),
        }
    }

    const EXTENT: Extent = Extent {
        points: 5,
        variants: 2,
        least: 3,
        most: 3,
        shard: None,
    };

    /// Runs a queue with so many units in hand at a time, those that came last finished first.
    fn run(extent: Extent, goals: Goals<'_>, known: &[Unit], in_hand: usize) -> Vec<Unit> {
        let mut queue = Queue::new(extent, goals);
        known.iter().for_each(|it| queue.knows(&record(*it)));
        let (mut hand, mut all) = (Vec::new(), Vec::new());
        loop {
            while hand.len() < in_hand {
                let Some(unit) = queue.take() else { break };
                hand.push(unit);
            }
            let Some(unit) = hand.pop() else { break };
            queue.done(&record(unit));
            all.push(unit);
        }
        assert!(queue.is_finished());
        assert_eq!(queue.closed().len(), extent.points as usize);
        assert!(queue.strangers().is_empty());
        all.sort();
        all
    }

    fn never(_: &Values) -> bool {
        unreachable!("a fixed number needs no goals")
    }

    #[test]
    fn a_fixed_number_of_units_comes_out_whole_in_any_order() {
        let all = run(EXTENT, &never, &[], 1);
        assert_eq!(all.len() as u64, EXTENT.units());
        assert_eq!(run(EXTENT, &never, &[], 7), all);
        let left = run(EXTENT, &never, &all[3..20], 4);
        assert_eq!(left, [&all[..3], &all[20..]].concat());
    }

    #[test]
    fn goals_decide_by_point_and_the_same_in_any_order_and_after_a_restart() {
        let extent = Extent { most: 20, ..EXTENT };
        // Point p is content with 3 * 2^p replications.
        let goals = |values: &Values| {
            let point = values[0][0][0].unwrap();
            assert!(values.iter().all(|it| it.len() == values[0].len()), "whole pairs only");
            values[0].len() as f64 >= 3.0 * f64::from(1 << point as u32)
        };
        let all = run(extent, &goals, &[], 1);
        let of = |point: u32| all.iter().filter(|it| it.point == point && it.variant == 1).count();
        assert_eq!([0, 1, 2, 3, 4].map(of), [3, 6, 12, 20, 20]);
        assert_eq!(run(extent, &goals, &[], 9), all);
        let (before, after) = all.split_at(all.len() / 3);
        assert_eq!(run(extent, &goals, before, 2), after);
    }

    #[test]
    fn shards_share_the_units_among_them() {
        for extent in [EXTENT, Extent { most: 6, ..EXTENT }] {
            let goals = |values: &Values| values[0][0][0].unwrap() < 3.0;
            let all = run(extent, &goals, &[], 3);
            let mut joined = Vec::new();
            for index in 1..=4 {
                let shard = Some(Shard { index, of: 4 });
                let part = run(Extent { shard, ..extent }, &goals, &[], 2);
                assert!(part.len() as u64 <= Extent { shard, ..extent }.units());
                joined.extend(part);
            }
            joined.sort();
            assert_eq!(joined, all);
        }
    }

    #[test]
    fn what_nobody_asks_for_is_a_stranger() {
        let stranger = Unit {
            point: 7,
            variant: 0,
            replication: 0,
        };
        let mut queue = Queue::new(EXTENT, &never);
        queue.knows(&record(stranger));
        while let Some(unit) = queue.take() {
            queue.done(&record(unit));
        }
        assert_eq!(queue.strangers(), BTreeSet::from([stranger]));
    }
}
