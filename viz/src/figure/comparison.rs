//! Differences between variants, with their intervals.

use brownout_sim_core::measure::Better;

use super::parts::{Axis, Role, ends, listed, shown};
use super::table::{Cell, Table};
use crate::number::{show_difference, show_exact};

/// How other variants differ from one of them, in one measure, run by run under the same seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What stands above it.
    pub title: String,
    /// The measure, with its unit; differences of shares are shown in points of a percentage.
    pub measure: Axis,
    /// The variant that differences are against.
    pub against: String,
    /// Which way the measure is better.
    pub better: Better,
    /// One for each other variant, drawn from top to bottom.
    pub rows: Vec<Difference>,
    /// Differences not larger than this count as none; in the unit of the measure.
    pub margin: Option<f64>,
}

/// One variant against another.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Which variant.
    pub label: String,
    /// What it stands for.
    pub role: Role,
    /// The mean difference in the unit of the measure; `None` if there was nothing to measure.
    pub mean: Option<f64>,
    /// Lower and upper end of its interval.
    pub interval: Option<(f64, f64)>,
    /// The difference of each pair of runs, drawn faintly; may be empty.
    pub pairs: Vec<f64>,
    /// In a word or two: `better`, `worse`, `equivalent`, `no difference found`.
    pub verdict: String,
}

impl Difference {
    /// The mean, if it can be shown.
    pub(crate) fn value(&self) -> Option<f64> {
        shown(self.mean)
    }

    /// The interval in order, if both ends can be shown.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        ends(self.interval)
    }

    /// All values that can be shown.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        let ends = self.ends();
        let pairs = self.pairs.iter().copied().filter(|it| shown(Some(*it)).is_some());
        pairs.chain(
            [self.value(), ends.map(|it| it.0), ends.map(|it| it.1)]
                .into_iter()
                .flatten(),
        )
    }
}

impl Comparison {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|it| it.value().is_none())
    }

    /// A difference with its interval in words: `-12.3 ms (-14.0 to -10.6)`.
    pub(crate) fn words(&self, row: &Difference) -> String {
        let Some(mean) = row.value() else {
            return "nothing to measure".to_owned();
        };
        let (low, high) = row.ends().unwrap_or((mean, mean));
        let (mean, range) = show_difference(self.measure.unit, mean, low, high);
        if row.ends().is_some() {
            format!("{mean} ({range})")
        } else {
            mean
        }
    }

    /// Which way is better, in words; empty if neither is.
    pub(crate) fn direction(&self) -> &'static str {
        match self.better {
            Better::More => "more is better",
            Better::Less => "less is better",
            Better::Neither => "",
        }
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|it| {
                let verdict = if it.verdict.is_empty() {
                    String::new()
                } else {
                    format!(", {}", it.verdict)
                };
                format!("{} {}{verdict}", it.label, self.words(it))
            })
            .collect();
        let direction = match self.direction() {
            "" => String::new(),
            it => format!(" ({it})"),
        };
        let margin = self.margin.map_or(String::new(), |it| {
            format!("; up to {} counts as none", show_exact(self.measure.unit, it))
        });
        let label = &self.measure.label;
        format!(
            "Differences in {label}{direction} against {}; {}{margin}.",
            self.against,
            listed(&rows, "; ")
        )
    }

    /// A row for each variant, and one for each pair of runs.
    pub fn to_table(&self) -> Table {
        let unit = self.measure.unit.suffix();
        let names = ["difference", "low", "high"].map(|it| format!("{it}{unit}"));
        let mut table = Table::new(&["variant", "against", "pair", &names[0], &names[1], &names[2], "verdict"]);
        for row in &self.rows {
            let (label, against) = (row.label.as_str(), self.against.as_str());
            let ends = row.ends();
            table.rows.push(vec![
                label.into(),
                against.into(),
                "all".into(),
                row.value().into(),
                ends.map(|it| it.0).into(),
                ends.map(|it| it.1).into(),
                row.verdict.as_str().into(),
            ]);
            for (at, pair) in row.pairs.iter().enumerate() {
                let missing = || Cell::Missing;
                let at = Cell::Number((at + 1) as f64);
                table.rows.push(vec![
                    label.into(),
                    against.into(),
                    at,
                    (*pair).into(),
                    missing(),
                    missing(),
                    missing(),
                ]);
            }
        }
        table
    }
}
