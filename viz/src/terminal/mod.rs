//! A timeline as text: block characters, or plain ASCII.

mod axis;

use crate::figure::{Line, Mark, Panel, Shade, Timeline};
use crate::number::show_clock;
use axis::{Axis, time_axis};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Width of the whole figure in characters; at least 40 are used.
    pub width: usize,
    /// Height of each panel in characters; at least 2 are used.
    pub height: usize,
    /// Only ASCII characters.
    pub ascii: bool,
    /// ANSI colours.
    pub colour: bool,
}

/// Characters at the left that hold the scale.
const GUTTER: usize = 10;

/// The most different shades that are named below the figure.
const SHADES_NAMED: usize = 6;

impl Style {
    /// How many points in time fit side by side: values in this number need no resampling.
    pub fn columns(&self) -> usize {
        self.width.max(40) - GUTTER - 2
    }
}

/// Draws a timeline; each line of the text ends with a newline.
pub fn render(figure: &Timeline, style: &Style) -> String {
    let columns = style.columns();
    let shaded = shaded_columns(figure, columns);
    let mut text = String::new();
    for panel in &figure.panels {
        text.push_str(&panel_text(panel, style, &shaded));
        text.push_str(&time_axis(figure.from_s, figure.to_s, columns, style.ascii));
    }
    text.push_str(&shade_legend(&figure.shades, style.ascii));
    text
}

/// Which columns a shade touches.
fn shaded_columns(figure: &Timeline, columns: usize) -> Vec<bool> {
    let width_s = (figure.to_s - figure.from_s) / columns as f64;
    (0..columns)
        .map(|at| {
            let (from, to) = (
                figure.from_s + at as f64 * width_s,
                figure.from_s + (at + 1) as f64 * width_s,
            );
            figure
                .shades
                .iter()
                .any(|it| it.from_s < to && (it.to_s > from || it.from_s >= from))
        })
        .collect()
}

fn panel_text(panel: &Panel, style: &Style, shaded: &[bool]) -> String {
    let (columns, rows) = (shaded.len(), style.height.max(2));
    let lines: Vec<(Mark, Vec<Option<f64>>)> = panel
        .lines
        .iter()
        .map(|it| (it.mark, resample(&it.values, columns)))
        .collect();
    let axis = Axis::new(panel.scale, lines.iter().flat_map(|it| it.1.iter().flatten().copied()));

    let mut cells: Vec<Vec<(char, Paint)>> = vec![vec![(' ', Paint::Plain); columns]; rows];
    for row in &mut cells {
        for (cell, _) in row.iter_mut().zip(shaded).filter(|it| *it.1) {
            *cell = (if style.ascii { ':' } else { '░' }, Paint::Shade);
        }
    }
    for (mark, values) in &lines {
        for (column, value) in values.iter().enumerate() {
            let Some(height) = value.and_then(|it| axis.height(it)) else {
                continue;
            };
            draw(&mut cells, column, height * rows as f64, *mark, style.ascii);
        }
    }

    let mut text = heading(panel, style);
    let wall = if style.ascii { '|' } else { '│' };
    let labels = axis.labels(panel.unit, rows);
    for (row, label) in labels.iter().enumerate() {
        text.push_str(&format!("{label:>GUTTER$} {wall}"));
        text.push_str(&painted(&cells[row], style.colour));
        text.push('\n');
    }
    text
}

/// Draws one value into its column; `height` is in rows from the bottom.
fn draw(cells: &mut [Vec<(char, Paint)>], column: usize, height: f64, mark: Mark, ascii: bool) {
    let rows = cells.len();
    if mark == Mark::Area {
        // Eighths of a row, at least one for anything above nothing.
        let eighths = (height * 8.0).round().max(if height > 0.0 { 1.0 } else { 0.0 }) as usize;
        for up in 0..rows {
            let filled = eighths.saturating_sub(up * 8).min(8);
            let glyph = match (filled, ascii) {
                (0, _) => continue,
                (1..=3, true) => '_',
                (_, true) => '#',
                (_, false) => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][filled - 1],
            };
            cells[rows - 1 - up][column] = (glyph, Paint::Area);
        }
        return;
    }
    // A rule a quarter of a row above an area is taken to lie on it.
    let up = if mark == Mark::Rule {
        (height - 0.25).ceil() as usize - usize::from(height > 0.25)
    } else {
        height as usize
    };
    let up = up.min(rows - 1);
    let cell = &mut cells[rows - 1 - up][column];
    // A rule is drawn only above an area: where it lies on its edge, the area says the same.
    if mark == Mark::Rule && cell.1 == Paint::Area {
        return;
    }
    *cell = (
        glyph(mark, ascii),
        if mark == Mark::Dots { Paint::Dots } else { Paint::Plain },
    );
}

fn glyph(mark: Mark, ascii: bool) -> char {
    match (mark, ascii) {
        (Mark::Area, false) => '█',
        (Mark::Area, true) => '#',
        (Mark::Rule, false) => '─',
        (Mark::Rule, true) => '-',
        (Mark::Dots, false) => '●',
        (Mark::Dots, true) => 'o',
        (Mark::Points, false) => '·',
        (Mark::Points, true) => '.',
    }
}

/// The title and what each mark means; on lines of their own where one is too short.
fn heading(panel: &Panel, style: &Style) -> String {
    let entry = |it: &Line| format!("{} {}", glyph(it.mark, style.ascii), it.label);
    let entries: Vec<String> = panel.lines.iter().map(entry).collect();
    if entries.is_empty() {
        return format!("{}\n", panel.title);
    }
    let line = format!("{}: {}\n", panel.title, entries.join("  "));
    if line.chars().count() <= style.width.max(40) + 1 {
        return line;
    }
    let blank = " ".repeat(GUTTER + 2);
    format!("{}:\n{blank}{}\n", panel.title, entries.join("  "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Paint {
    Plain,
    Area,
    Dots,
    Shade,
}

/// A row of cells without trailing blanks, coloured where asked.
fn painted(cells: &[(char, Paint)], colour: bool) -> String {
    let end = cells.iter().rposition(|it| it.0 != ' ').map_or(0, |it| it + 1);
    let mut text = String::new();
    let mut current = Paint::Plain;
    for &(glyph, paint) in &cells[..end] {
        if colour && paint != current && glyph != ' ' {
            text.push_str(match paint {
                Paint::Plain => "\x1b[0m",
                Paint::Area => "\x1b[0;32m",
                Paint::Dots => "\x1b[0;33m",
                Paint::Shade => "\x1b[0;31m",
            });
            current = paint;
        }
        text.push(glyph);
    }
    if current != Paint::Plain {
        text.push_str("\x1b[0m");
    }
    text
}

/// The mean of the values that fall into each of `columns` equal stretches; fewer values than columns are repeated.
fn resample(values: &[Option<f64>], columns: usize) -> Vec<Option<f64>> {
    if values.is_empty() {
        return vec![None; columns];
    }
    (0..columns)
        .map(|column| {
            let from = column * values.len() / columns;
            let to = ((column + 1) * values.len() / columns).max(from + 1);
            let here: Vec<f64> = values[from..to].iter().flatten().copied().collect();
            (!here.is_empty()).then(|| here.iter().sum::<f64>() / here.len() as f64)
        })
        .collect()
}

/// A line for each label: the stretch, or how many and the first and last instant.
fn shade_legend(shades: &[Shade], ascii: bool) -> String {
    let mut labels: Vec<&str> = Vec::new();
    for shade in shades {
        if !labels.contains(&shade.label.as_str()) {
            labels.push(&shade.label);
        }
    }
    let mark = if ascii { ':' } else { '░' };
    let blank = " ".repeat(GUTTER);
    let mut text = String::new();
    for label in labels.iter().take(SHADES_NAMED) {
        let stretches: Vec<&Shade> = shades.iter().filter(|it| it.label == **label).collect();
        let first = stretches.iter().map(|it| it.from_s).fold(f64::MAX, f64::min);
        let last = stretches.iter().map(|it| it.to_s).fold(f64::MIN, f64::max);
        let times = if stretches.len() > 1 {
            format!(", {} times", stretches.len())
        } else {
            String::new()
        };
        text.push_str(&format!(
            "{blank} {mark} {label}: {} to {}{times}\n",
            show_clock(first),
            show_clock(last)
        ));
    }
    if labels.len() > SHADES_NAMED {
        text.push_str(&format!("{blank}   and {} more\n", labels.len() - SHADES_NAMED));
    }
    text
}

#[cfg(test)]
mod tests;
