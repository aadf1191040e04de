//! The tables: what each variant came to, and every difference.

use brownout_sim_core::measure::{Compared, Effect, Finding, Measured};
use brownout_viz::number::Unit;

use super::sentence::{amount, finding};
use crate::comparison::Comparison;
use crate::report::estimate::cell;
use crate::report::grid::{Column, grid, lots};
use crate::report::{Style, folded};

/// A row for each variant, a column for each figure; columns that do not fit stand in a table below.
pub fn estimates(comparison: &Comparison<'_>, style: &Style) -> String {
    let figures = &comparison.figures.rows;
    // What no run measured is no column.
    let told: Vec<usize> = (0..figures.len())
        .filter(|figure| {
            (0..comparison.variants.len()).any(|variant| {
                let measured = comparison.measured(variant, *figure).unwrap_or_default();
                measured.iter().any(|it| !matches!(it, Measured::Missing(_)))
            })
        })
        .collect();
    let mut columns = vec![Column::words("variant")];
    columns.extend(told.iter().map(|it| Column::numbers(&figures[*it].heading)));
    let rows: Vec<Vec<String>> = (0..comparison.variants.len())
        .map(|variant| {
            let name = &comparison.variants[variant].variant;
            let mark = if variant == comparison.baseline { " *" } else { "" };
            let cells = told.iter().map(|figure| {
                let measured = comparison.measured(variant, *figure);
                measured.map_or_else(
                    || "-".to_owned(),
                    |it| cell(figures[*figure].unit, figures[*figure].yes_or_no, it, style.ascii),
                )
            });
            std::iter::once(format!("{name}{mark}")).chain(cells).collect()
        })
        .collect();
    let mut text = style.paint(1, "What each variant came to (* the baseline)");
    text.push('\n');
    for lot in lots(&columns, &rows, style.width) {
        let columns: Vec<Column<'_>> = lot.iter().map(|it| columns[*it]).collect();
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| lot.iter().map(|it| row[*it].clone()).collect())
            .collect();
        text.push_str(&grid(&columns, &rows, style));
        text.push('\n');
    }
    text.push_str(&folded(&how_to_read(comparison, style), style.width));
    text.push('\n');
    text
}

fn how_to_read(comparison: &Comparison<'_>, style: &Style) -> String {
    let figures = &comparison.figures.rows;
    let mut text = match comparison.pairs() {
        1 => String::new(),
        runs => format!(
            "Numbers are means of {runs} runs, {} half of the 95 % interval.",
            if style.ascii { "+-" } else { "±" }
        ),
    };
    if figures.iter().any(|it| it.yes_or_no) {
        text.push_str(" Of a yes or no: the share of runs [with its 95 % interval, by Wilson].");
    }
    let silent: Vec<&str> = (0..figures.len())
        .filter(|figure| {
            let all = (0..comparison.variants.len()).filter_map(|it| comparison.measured(it, *figure));
            all.flatten().all(|it| matches!(it, Measured::Missing(_)))
        })
        .map(|it| figures[it].heading.as_str())
        .collect();
    if !silent.is_empty() {
        text.push_str(&format!(" No run measured {}.", silent.join(", ")));
    }
    text.push_str(" `brownout explain recovery_time` tells what a name means.");
    text.trim_start().to_owned()
}

/// Every difference, a row each.
pub fn differences(comparison: &Comparison<'_>, compared: &[Vec<Option<Compared>>], style: &Style) -> String {
    let columns = [
        Column::words("variant"),
        Column::words("figure"),
        Column::numbers("difference"),
        Column::numbers("95 % CI").rank(2),
        Column::numbers("higher, lower of pairs").rank(3),
        Column::numbers("p, corrected").rank(1),
        Column::words("found"),
    ];
    let mut rows = Vec::new();
    for (variant, row) in comparison.variants.iter().zip(compared) {
        for (figure, compared) in comparison.figures.rows.iter().zip(row) {
            let Some(compared) = compared else { continue };
            let difference = &compared.difference;
            let (size, range) = match difference.effect {
                Effect::None | Effect::Order => ("-".to_owned(), "-".to_owned()),
                _ => amount(figure, difference, false),
            };
            rows.push(vec![
                variant.variant.clone(),
                figure.heading.clone(),
                size,
                range,
                format!("{}, {} of {}", difference.higher, difference.lower, difference.pairs),
                compared.p_corrected.map_or_else(|| "-".to_owned(), p_value),
                match compared.finding {
                    Finding::Equivalent => {
                        let margin = figure.margin.unwrap_or(0.0);
                        format!("equivalent within {}", within(figure.unit, margin))
                    }
                    other => finding(other).to_owned(),
                },
            ]);
        }
    }
    format!(
        "{}\n{}\n",
        style.paint(1, "Every difference"),
        grid(&columns, &rows, style)
    )
}

/// A margin as people write it; of shares, in points.
pub fn within(unit: Unit, margin: f64) -> String {
    match unit {
        Unit::Ratio => brownout_viz::number::show_exact(Unit::Ratio, margin).replace(" %", " points"),
        _ => brownout_viz::number::show_exact(unit, margin),
    }
}

fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "< 0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
}
