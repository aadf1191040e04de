//! What the runs of each point and variant came to: a row each, for the table at the end and for spreadsheets.

use std::collections::BTreeMap;

use brownout_sim_core::measure::{Estimate, Measured, Missing, estimate};
use brownout_sim_core::stats::Proportion;

use crate::exit::Failure;
use crate::store::unit::{Ended, Number, Record};

/// A point and a variant with their estimates.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The point.
    pub point: u32,
    /// The variant, by its place.
    pub variant: u32,
    /// Runs that ended.
    pub runs: u64,
    /// Runs that stopped with an error.
    pub failed: u64,
    /// By measure.
    pub estimates: Vec<Estimate>,
}

/// Collects records into cells.
#[derive(Debug, Default)]
pub struct Cells {
    values: BTreeMap<(u32, u32), Values>,
}

#[derive(Debug, Default)]
struct Values {
    runs: u64,
    failed: u64,
    by_measure: Vec<Vec<Measured>>,
}

impl Cells {
    /// Takes note of a record. Those of a cell come in the order of their replications.
    pub fn add(&mut self, record: &Record) {
        let values = self.values.entry((record.unit.point, record.unit.variant)).or_default();
        let Ended::Done(done) = &record.ended else {
            values.failed += 1;
            return;
        };
        values.runs += 1;
        values.by_measure.resize_with(done.measures.len(), Vec::new);
        for (of, number) in values.by_measure.iter_mut().zip(&done.measures) {
            of.push(match number {
                Number::Is(it) => Measured::Number(*it),
                Number::AtLeast(it) => Measured::Censored(*it),
                // Why does not matter for an estimate.
                Number::Missing(_) => Measured::Missing(Missing::NothingThere),
            });
        }
    }

    /// The cells, by point and variant.
    pub fn finish(self) -> Vec<Cell> {
        let cell = |((point, variant), values): ((u32, u32), Values)| Cell {
            point,
            variant,
            runs: values.runs,
            failed: values.failed,
            estimates: values.by_measure.into_iter().map(estimate).collect(),
        };
        self.values.into_iter().map(cell).collect()
    }

    /// Cells of all these records.
    pub fn of(records: impl Iterator<Item = Result<Record, Failure>>) -> Result<Vec<Cell>, Failure> {
        let mut cells = Cells::default();
        for record in records {
            cells.add(&record?);
        }
        Ok(cells.finish())
    }
}

/// A number with the ends of its 95 % interval.
pub type WithInterval = (f64, Option<(f64, f64)>);

/// The estimate as a number: of a yes or no the share with Wilson's interval, otherwise the mean with Student's. `None` if no run
/// has a number.
pub fn numbers(estimate: &Estimate, yes_or_no: bool) -> Option<WithInterval> {
    let summary = estimate.summary.as_ref()?;
    if !yes_or_no {
        return Some((summary.mean, summary.interval.map(|it| (it.low, it.high))));
    }
    let held = (summary.mean * summary.count as f64).round() as u64;
    let share = Proportion::of(held, summary.count)?;
    Some((share.share, Some((share.interval.low, share.interval.high))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::unit::tests::record;

    #[test]
    fn records_become_cells_by_point_and_variant() {
        let mut failed = record(1, 2, 0);
        failed.ended = Ended::Failed("too many events".to_owned());
        let records = [
            record(0, 0, 0),
            record(0, 1, 0),
            record(1, 0, 0),
            record(1, 1, 0),
            failed,
        ];
        let cells = Cells::of(records.into_iter().map(Ok)).unwrap();
        let found: Vec<_> = cells
            .iter()
            .map(|it| (it.point, it.variant, it.runs, it.failed))
            .collect();
        assert_eq!(found, [(0, 0, 2, 0), (1, 1, 2, 1)]);
        // 1 + 0/16 and 1 + 1/16.
        let (mean, interval) = numbers(&cells[1].estimates[0], false).unwrap();
        let (low, high) = interval.unwrap();
        assert!((mean - 1.03125).abs() < 1e-12 && low < mean && mean < high);
        assert_eq!((cells[1].estimates[1].censored, cells[1].estimates[2].missing), (2, 2));
        assert_eq!(numbers(&cells[1].estimates[1], false), None);
    }

    #[test]
    fn a_yes_or_no_is_a_share_with_wilsons_interval() {
        let estimate = estimate([1.0, 0.0, 1.0, 1.0].map(Measured::Number));
        let (share, interval) = numbers(&estimate, true).unwrap();
        let wilson = Proportion::of(3, 4).unwrap().interval;
        assert_eq!((share, interval), (0.75, Some((wilson.low, wilson.high))));
    }
}
