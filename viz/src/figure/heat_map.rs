//! A measure over two axes of a sweep; with probabilities, a phase map.

use super::parts::{Axis, ends, extent, listed, range_words, shown};
use super::table::Table;
use crate::number::show;

/// Coloured cells over two axes, in one or more facets with a common scale of colours.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// What stands above it.
    pub title: String,
    /// What is varied across, with its unit.
    pub x_label: String,
    /// The values across, from left to right, as they are to be read: `x0.5`, `50 ms`.
    pub columns: Vec<String>,
    /// What is varied upwards, with its unit.
    pub y_label: String,
    /// The values upwards, from the bottom to the top.
    pub rows: Vec<String>,
    /// What the colours tell.
    pub value: Axis,
    /// How values become colours.
    pub shading: Shading,
    /// Drawn side by side.
    pub facets: Vec<HeatFacet>,
}

/// How values become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shading {
    /// From the least to the greatest value, from zero if the axis is linear.
    Range,
    /// Probabilities from 0 to 1, of a collapse for example: a line divides what is likely (50 % or more) from what is
    /// not.
    Phases,
}

/// The cells of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatFacet {
    /// Which part; empty if it is the only one.
    pub label: String,
    /// Row by row from the bottom, in each row from left to right; as many as rows times columns. Missing ones are
    /// gaps.
    pub cells: Vec<HeatCell>,
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatCell {
    /// The value; `None` if there is none.
    pub value: Option<f64>,
    /// Lower and upper end of its interval.
    pub interval: Option<(f64, f64)>,
    /// How many runs it was made of.
    pub runs: u64,
}

/// From here on a probability counts as likely.
pub(crate) const LIKELY: f64 = 0.5;

impl HeatCell {
    /// The value, if it can be shown.
    pub(crate) fn shown(&self) -> Option<f64> {
        shown(self.value)
    }

    /// Its interval, if there are a value and two ends.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        self.shown().and(ends(self.interval))
    }
}

impl HeatMap {
    /// The cell of a facet.
    pub(crate) fn cell<'a>(&self, facet: &'a HeatFacet, row: usize, column: usize) -> Option<&'a HeatCell> {
        facet.cells.get(row * self.columns.len() + column)
    }

    /// Row, column and value of each cell of a facet that can be shown.
    pub(crate) fn values<'a>(&'a self, facet: &'a HeatFacet) -> impl Iterator<Item = (usize, usize, f64)> + 'a {
        let places = (0..self.rows.len()).flat_map(|row| (0..self.columns.len()).map(move |column| (row, column)));
        places.filter_map(|(row, column)| Some((row, column, self.cell(facet, row, column)?.shown()?)))
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.facets.iter().all(|it| self.values(it).next().is_none())
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let place = |it: &(usize, usize, f64)| {
            format!(
                "{} {} and {} {}",
                self.x_label, self.columns[it.1], self.y_label, self.rows[it.0]
            )
        };
        let facet_words = |facet: &HeatFacet| {
            let values: Vec<(usize, usize, f64)> = self.values(facet).collect();
            let before = if facet.label.is_empty() {
                String::new()
            } else {
                format!("{}: ", facet.label)
            };
            let Some((low, high)) = extent(values.iter().map(|it| it.2)) else {
                return format!("{before}without data");
            };
            let most = values
                .iter()
                .max_by(|a, b| a.2.total_cmp(&b.2))
                .expect("there are values");
            let likely = values.iter().filter(|it| it.2 >= LIKELY).count();
            match self.shading {
                _ if low == high => format!("{before}{} everywhere", show(self.value.unit, low)),
                Shading::Phases => format!(
                    "{before}{}, likely (50 % or more) in {likely} of {} cells, most at {}",
                    range_words(self.value.unit, low, high),
                    values.len(),
                    place(most)
                ),
                Shading::Range => {
                    format!(
                        "{before}{}, most at {}",
                        range_words(self.value.unit, low, high),
                        place(most)
                    )
                }
            }
        };
        let words: Vec<String> = self.facets.iter().map(facet_words).collect();
        let (value, x, y) = (&self.value.label, &self.x_label, &self.y_label);
        format!("{value} over {x} and {y}; {}.", listed(&words, "; "))
    }

    /// A row for each cell.
    pub fn to_table(&self) -> Table {
        let names = ["value", "low", "high"].map(|it| format!("{it}{}", self.value.unit.suffix()));
        let mut table = Table::new(&["facet", "x", "y", &names[0], &names[1], &names[2], "runs"]);
        for facet in &self.facets {
            for (row, y) in self.rows.iter().enumerate() {
                for (column, x) in self.columns.iter().enumerate() {
                    let cell = self.cell(facet, row, column);
                    let ends = cell.and_then(HeatCell::ends);
                    table.rows.push(vec![
                        facet.label.as_str().into(),
                        x.as_str().into(),
                        y.as_str().into(),
                        cell.and_then(HeatCell::shown).into(),
                        ends.map(|it| it.0).into(),
                        ends.map(|it| it.1).into(),
                        cell.map(|it| it.runs as f64).into(),
                    ]);
                }
            }
        }
        table
    }
}
