//! Goodput and latency over offered load.

use super::lines::{series_caption, series_rows};
use super::parts::{Axis, Reference, Series, listed};
use super::table::Table;
use crate::number::show_exact;

/// How goodput and latency follow the offered load: one above the other.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadCurve {
    /// What stands above it.
    pub title: String,
    /// The offered load. Where goodput has the same unit, goodput that equals it is drawn as a faint line.
    pub load: Axis,
    /// What goodput is called, and its unit.
    pub goodput: Axis,
    /// Goodput over load.
    pub goodput_series: Vec<Series>,
    /// What latency is called, and its unit.
    pub latency: Axis,
    /// Latency over load.
    pub latency_series: Vec<Series>,
    /// Loads to compare with: capacity, the load of every day.
    pub references: Vec<Reference>,
}

impl LoadCurve {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.goodput_series
            .iter()
            .chain(&self.latency_series)
            .all(Series::is_empty)
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let mut parts = Vec::new();
        for (axis, series) in [
            (&self.goodput, &self.goodput_series),
            (&self.latency, &self.latency_series),
        ] {
            let words: Vec<String> = series.iter().map(|it| series_caption(it, &self.load, axis)).collect();
            if !words.is_empty() {
                parts.push(format!("{}: {}", axis.label, listed(&words, ", ")));
            }
        }
        for it in &self.references {
            parts.push(format!("{} at {}", it.label, show_exact(self.load.unit, it.at)));
        }
        format!(
            "{} and {} over {}; {}.",
            self.goodput.label,
            self.latency.label,
            self.load.label,
            parts.join("; ")
        )
    }

    /// A row for each point.
    pub fn to_table(&self) -> Table {
        let load = format!("load{}", self.load.unit.suffix());
        let mut table = Table::new(&["panel", "series", "unit", &load, "value", "low", "high"]);
        for (axis, series) in [
            (&self.goodput, &self.goodput_series),
            (&self.latency, &self.latency_series),
        ] {
            series_rows(&mut table, &axis.label, axis, series);
        }
        table
    }
}
