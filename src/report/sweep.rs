//! What a sweep came to: a row for each point and variant, as a table, as CSV and as JSON.

use brownout_viz::number::{show_clock, show_whole};
use serde::Serialize;

use super::Style;
use super::estimate::shown;
use super::grid::{Column, grid};
use crate::exit::Failure;
use crate::store::tables::Coordinate;
use crate::sweep::cells::{Cell, numbers};
use crate::sweep::project::Project;

/// Rows of a table that is not asked to be whole.
const ROWS: usize = 60;

/// What a sweep came to.
#[derive(Debug)]
pub struct SweepReport<'a> {
    /// The study.
    pub project: &'a Project,
    /// Its cells.
    pub cells: &'a [Cell],
    /// The folder that holds everything.
    pub folder: &'a str,
    /// Seconds that the runs took here; `None` if they were not made now.
    pub seconds: Option<f64>,
    /// Show every row.
    pub all_rows: bool,
}

impl SweepReport<'_> {
    fn coordinates(&self, point: u32) -> Vec<Coordinate> {
        self.project.coordinates(point)
    }

    fn variant(&self, cell: &Cell) -> &str {
        &self.project.study.variants()[cell.variant as usize]
    }

    /// As text.
    pub fn text(&self, style: &Style) -> String {
        let study = &self.project.study;
        let mut text = String::new();
        if let Some(title) = study.title() {
            text.push_str(&format!("{}\n", style.paint(1, title)));
        }
        if let Some(question) = study.question() {
            text.push_str(&super::folded(question, style.width));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.table(style));
        text.push('\n');
        text.push_str(&super::folded(&self.how_to_read(style), style.width));
        text.push('\n');
        text
    }

    fn table(&self, style: &Style) -> String {
        let axes = self.project.study.axes();
        let figures = &self.project.figures;
        let variants = self.project.study.variants().len() > 1;
        let mut columns: Vec<Column<'_>> = axes.iter().map(|it| Column::numbers(&it.name)).collect();
        if variants {
            columns.push(Column::words("variant"));
        }
        columns.push(Column::numbers("runs"));
        // The first measures stay longest where there is little room.
        let rank = |at: usize| u8::try_from(at).unwrap_or(u8::MAX).saturating_add(1);
        columns.extend(
            figures
                .iter()
                .enumerate()
                .map(|(at, it)| Column::numbers(&it.heading).rank(rank(at))),
        );
        let shown_rows = if self.all_rows {
            self.cells.len()
        } else {
            ROWS.min(self.cells.len())
        };
        let row = |cell: &Cell| -> Vec<String> {
            let mut row: Vec<String> = self.coordinates(cell.point).into_iter().map(|it| it.text).collect();
            if variants {
                row.push(self.variant(cell).to_owned());
            }
            row.push(match cell.failed {
                0 => cell.runs.to_string(),
                failed => format!("{} (+{failed} failed)", cell.runs),
            });
            let estimates = cell.estimates.iter().zip(figures);
            let mut estimates: Vec<String> = estimates
                .map(|(it, figure)| shown(figure.unit, figure.yes_or_no, it, style.ascii))
                .collect();
            estimates.resize(figures.len(), "-".to_owned());
            row.extend(estimates);
            row
        };
        let rows: Vec<Vec<String>> = self.cells[..shown_rows].iter().map(row).collect();
        let mut text = grid(&columns, &rows, style);
        if shown_rows < self.cells.len() {
            text.push_str(&format!(
                "  ... {} more rows: `--all` shows them\n",
                show_whole((self.cells.len() - shown_rows) as u64)
            ));
        }
        text
    }

    fn how_to_read(&self, style: &Style) -> String {
        let mut text = format!(
            "Numbers are means of the runs, {} half of the 95 % interval.",
            if style.ascii { "+-" } else { "±" }
        );
        if self.project.figures.iter().any(|it| it.yes_or_no) {
            text.push_str(" Of a yes or no: the share of runs [with its 95 % interval, by Wilson].");
        }
        let runs: u64 = self.cells.iter().map(|it| it.runs + it.failed).sum();
        let failed: u64 = self.cells.iter().map(|it| it.failed).sum();
        text.push_str(&format!(" {} runs", show_whole(runs)));
        if let Some(seconds) = self.seconds {
            text.push_str(&format!(" in {}", show_clock((seconds * 10.0).round() / 10.0)));
        }
        text.push('.');
        if failed > 0 {
            text.push_str(&format!(
                " {} of them stopped with an error and are in no number; `note` in runs.parquet tells why.",
                show_whole(failed)
            ));
        }
        text.push_str(&format!(
            " Everything is in {}: cells.csv (this table), runs.parquet (a row for each run and measure).",
            self.folder
        ));
        text
    }

    /// As CSV: a row for each point and variant, numbers in base units.
    pub fn csv(&self) -> Result<Vec<u8>, Failure> {
        let broken = |why: csv::Error| Failure::system(format!("cannot write cells.csv: {why}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut head = vec!["point".to_owned()];
        for axis in self.project.study.axes() {
            head.extend([axis.name.clone(), format!("{}_value", axis.name)]);
        }
        head.extend(["variant", "runs", "failed"].map(str::to_owned));
        for name in &self.project.measures {
            let parts = ["", "_low", "_high", "_censored", "_missing"];
            head.extend(parts.map(|it| format!("{name}{it}")));
        }
        writer.write_record(&head).map_err(broken)?;
        let number = |it: Option<f64>| it.map_or_else(String::new, |it| it.to_string());
        for cell in self.cells {
            let mut row = vec![cell.point.to_string()];
            for it in self.coordinates(cell.point) {
                row.extend([it.text, number(it.value)]);
            }
            row.extend([
                self.variant(cell).to_owned(),
                cell.runs.to_string(),
                cell.failed.to_string(),
            ]);
            for (estimate, figure) in cell.estimates.iter().zip(&self.project.figures) {
                let (mean, interval) = numbers(estimate, figure.yes_or_no).unzip();
                let interval = interval.flatten();
                row.extend([
                    number(mean),
                    number(interval.map(|it| it.0)),
                    number(interval.map(|it| it.1)),
                ]);
                row.extend([estimate.censored.to_string(), estimate.missing.to_string()]);
            }
            row.resize(head.len(), String::new());
            writer.write_record(&row).map_err(broken)?;
        }
        writer
            .into_inner()
            .map_err(|why| Failure::system(format!("cannot write cells.csv: {why}")))
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let study = &self.project.study;
        let cells = self.cells.iter().map(|cell| JsonCell {
            point: cell.point,
            axes: study
                .axes()
                .iter()
                .zip(self.coordinates(cell.point))
                .map(|(axis, it)| JsonPlace {
                    axis: axis.name.clone(),
                    text: it.text,
                    value: it.value,
                })
                .collect(),
            variant: self.variant(cell).to_owned(),
            runs: cell.runs,
            failed: cell.failed,
            measures: cell
                .estimates
                .iter()
                .zip(&self.project.figures)
                .map(|(estimate, figure)| {
                    let (value, interval) = numbers(estimate, figure.yes_or_no).unzip();
                    JsonMeasure {
                        name: figure.key.clone(),
                        value,
                        interval: interval.flatten().map(|it| [it.0, it.1]),
                        censored: estimate.censored,
                        missing: estimate.missing,
                    }
                })
                .collect(),
        });
        crate::json::pretty(&JsonSweep {
            format: 1,
            study: study.name().to_owned(),
            scenario: study.scenario().name().to_owned(),
            engine: crate::store::manifest::ENGINE,
            cells: cells.collect(),
        })
    }
}

#[derive(Debug, Serialize)]
struct JsonSweep {
    format: u32,
    study: String,
    scenario: String,
    engine: &'static str,
    cells: Vec<JsonCell>,
}

#[derive(Debug, Serialize)]
struct JsonCell {
    point: u32,
    axes: Vec<JsonPlace>,
    variant: String,
    runs: u64,
    failed: u64,
    measures: Vec<JsonMeasure>,
}

#[derive(Debug, Serialize)]
struct JsonPlace {
    axis: String,
    text: String,
    value: Option<f64>,
}

#[derive(Debug, Serialize)]
struct JsonMeasure {
    name: String,
    value: Option<f64>,
    interval: Option<[f64; 2]>,
    censored: u64,
    missing: u64,
}
