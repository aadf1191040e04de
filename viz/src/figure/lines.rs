//! A measure over one axis of a sweep.

use super::parts::{Axis, Reference, Series, counted, extent, listed, range_words};
use super::table::Table;
use crate::number::{show, show_exact};

/// Lines with bands, in one or more facets with common axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// What stands above it.
    pub title: String,
    /// What is varied.
    pub x: Axis,
    /// What is measured.
    pub y: Axis,
    /// Drawn side by side.
    pub facets: Vec<Facet>,
    /// Values of `y` to compare with.
    pub references: Vec<Reference>,
}

/// One part of a figure, for one value of what the figure is divided by.
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// Which part; empty if it is the only one.
    pub label: String,
    /// Drawn in this order.
    pub series: Vec<Series>,
}

/// What a series does over its axis: `p99 20.0 ms at 100/s to 2.00 s at 900/s`.
pub(super) fn series_caption(series: &Series, x: &Axis, y: &Axis) -> String {
    let points: Vec<(f64, f64)> = series
        .points
        .iter()
        .filter_map(|it| Some((it.x, it.value()?)))
        .collect();
    let at = |it: &(f64, f64)| format!("{} at {}", show(y.unit, it.1), show_exact(x.unit, it.0));
    match (points.first(), points.last()) {
        (Some(first), Some(last)) if points.len() > 1 => {
            let most = points
                .iter()
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .expect("there are points");
            let most = if most.1 > first.1.max(last.1) {
                format!(" with {} in between", at(most))
            } else {
                String::new()
            };
            format!("{} {} to {}{most}", series.label, at(first), at(last))
        }
        (Some(only), _) => format!("{} {}", series.label, at(only)),
        _ => format!("{} without data", series.label),
    }
}

/// A row for each point of some series: group, series, unit, x, value, low, high.
pub(super) fn series_rows(table: &mut Table, group: &str, y: &Axis, series: &[Series]) {
    for series in series {
        for point in &series.points {
            let band = point.interval();
            table.rows.push(vec![
                group.into(),
                series.label.as_str().into(),
                y.unit.name().into(),
                point.x.into(),
                point.value().into(),
                band.map(|it| it.0).into(),
                band.map(|it| it.1).into(),
            ]);
        }
    }
}

impl Lines {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.facets.iter().flat_map(|it| &it.series).all(Series::is_empty)
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let mut parts = Vec::new();
        for facet in &self.facets {
            let words: Vec<String> = facet
                .series
                .iter()
                .map(|it| series_caption(it, &self.x, &self.y))
                .collect();
            let before = if facet.label.is_empty() {
                String::new()
            } else {
                format!("{}: ", facet.label)
            };
            parts.push(format!("{before}{}", listed(&words, ", ")));
        }
        for it in &self.references {
            parts.push(format!("{} at {}", it.label, show_exact(self.y.unit, it.at)));
        }
        let across = self
            .facets
            .iter()
            .flat_map(|it| &it.series)
            .flat_map(|it| &it.points)
            .map(|it| it.x);
        let across = extent(across).map_or(String::new(), |it| {
            format!(", {}", range_words(self.x.unit, it.0, it.1))
        });
        let facets = if self.facets.len() > 1 {
            format!(" in {}", counted(self.facets.len(), "facet"))
        } else {
            String::new()
        };
        format!(
            "{} over {}{across}{facets}; {}.",
            self.y.label,
            self.x.label,
            listed(&parts, "; ")
        )
    }

    /// A row for each point.
    pub fn to_table(&self) -> Table {
        let x = format!("x{}", self.x.unit.suffix());
        let mut table = Table::new(&["facet", "series", "unit", &x, "value", "low", "high"]);
        for facet in &self.facets {
            series_rows(&mut table, &facet.label, &self.y, &facet.series);
        }
        table
    }
}
