//! Latency by percentile, tails in full view.

use super::parts::{Axis, Reference, Role, listed, shown};
use super::table::Table;
use crate::number::{show, show_exact};

/// A value (latency, mostly) over the percentile, on a scale on which each further nine takes as much room as the one
/// before (as HdrHistogram's plots have it).
#[derive(Clone, Debug, PartialEq)]
pub struct Percentiles {
    /// What stands above it.
    pub title: String,
    /// The values.
    pub axis: Axis,
    /// Drawn in this order.
    pub curves: Vec<PercentileCurve>,
    /// What values are compared with, an objective for example.
    pub references: Vec<Reference>,
}

/// One distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct PercentileCurve {
    /// Of what.
    pub label: String,
    /// What it stands for.
    pub role: Role,
    /// How many values it was made of; `None` if that is not known.
    pub count: Option<u64>,
    /// Shares in `0..1` and the value at which so many lie, in the order of the shares. A share of 1 has no place on
    /// the scale.
    pub points: Vec<(f64, f64)>,
}

impl PercentileCurve {
    /// The points that can be shown.
    pub(crate) fn shown(&self) -> Vec<(f64, f64)> {
        let can = |it: &&(f64, f64)| (0.0..1.0).contains(&it.0) && shown(Some(it.1)).is_some();
        self.points.iter().filter(can).copied().collect()
    }

    /// The value at the point nearest to a share.
    fn near(&self, share: f64) -> Option<(f64, f64)> {
        let away = |it: &(f64, f64)| (it.0 - share).abs();
        self.shown().into_iter().min_by(|a, b| away(a).total_cmp(&away(b)))
    }
}

/// `p99.9` for 0.999.
pub(crate) fn percentile_name(share: f64) -> String {
    let text = format!("{:.6}", share * 100.0);
    format!("p{}", text.trim_end_matches('0').trim_end_matches('.'))
}

impl Percentiles {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.curves.iter().all(|it| it.shown().is_empty())
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let curves: Vec<String> = self
            .curves
            .iter()
            .map(|curve| {
                let mut found: Vec<(f64, f64)> =
                    [0.5, 0.99, 0.999].into_iter().filter_map(|it| curve.near(it)).collect();
                found.dedup();
                let words: Vec<String> = found
                    .iter()
                    .map(|it| format!("{} {}", percentile_name(it.0), show(self.axis.unit, it.1)))
                    .collect();
                if words.is_empty() {
                    format!("{} without data", curve.label)
                } else {
                    format!("{} {}", curve.label, words.join(", "))
                }
            })
            .collect();
        let references: String = self
            .references
            .iter()
            .map(|it| format!("; {} at {}", it.label, show_exact(self.axis.unit, it.at)))
            .collect();
        format!(
            "{} by percentile; {}{references}.",
            self.axis.label,
            listed(&curves, "; ")
        )
    }

    /// A row for each point.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new(&[
            "curve",
            "count",
            "at_ratio",
            &format!("value{}", self.axis.unit.suffix()),
        ]);
        for curve in &self.curves {
            for (share, value) in &curve.points {
                let count = curve.count.map(|it| it as f64);
                let row = vec![
                    curve.label.as_str().into(),
                    count.into(),
                    (*share).into(),
                    (*value).into(),
                ];
                table.rows.push(row);
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_have_their_usual_names() {
        let names: Vec<_> = [0.0, 0.5, 0.99, 0.999, 0.9999, 0.95].map(percentile_name).into();
        assert_eq!(names, ["p0", "p50", "p99", "p99.9", "p99.99", "p95"]);
    }
}
