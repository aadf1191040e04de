//! A timeline as text.

use super::axis::{Axis, time_axis};
use super::plot::sign;
use super::words::{fit, no_data, plain, title};
use super::{GUTTER, SHADES_NAMED, Style};
use crate::figure::parts::is_stretch;
use crate::figure::{Level, Line, Mark, Panel, Shade, Timeline};
use crate::number::show_clock;

/// Draws a timeline; each line of the text ends with a newline.
pub fn timeline(figure: &Timeline, style: &Style) -> String {
    let columns = style.columns();
    if !is_stretch(figure.from_s, figure.to_s) {
        return no_data(style);
    }
    let shaded = shaded_columns(figure, columns);
    let mut text = title(&figure.title, style);
    for panel in &figure.panels {
        text.push_str(&panel_text(panel, style, &shaded));
        text.push_str(&time_axis(figure.from_s, figure.to_s, columns, style.ascii));
    }
    if !figure.states.is_empty() {
        text.push_str(&states(figure, style));
        text.push_str(&time_axis(figure.from_s, figure.to_s, columns, style.ascii));
    }
    text.push_str(&shade_legend(&figure.shades, style.ascii));
    text
}

/// A row for each part, and what its signs mean.
fn states(figure: &Timeline, style: &Style) -> String {
    let sign = |level: Level| match (level, style.ascii) {
        (Level::Unknown, _) => ' ',
        (Level::Normal, false) => '─',
        (Level::Normal, true) => '-',
        (Level::Strained, false) => '▒',
        (Level::Strained, true) => '~',
        (Level::Broken, false) => '█',
        (Level::Broken, true) => '#',
    };
    let mut known: Vec<(Level, &str)> = Vec::new();
    for span in figure.states.iter().flat_map(|it| &it.spans) {
        if !known.contains(&(span.level, span.state.as_str())) {
            known.push((span.level, &span.state));
        }
    }
    known.sort_by_key(|it| it.0);
    let keys: Vec<String> = known
        .iter()
        .take(SHADES_NAMED)
        .map(|it| format!("{} {}", sign(it.0), plain(it.1, style.ascii)))
        .collect();
    let mut text = format!("States: {}\n", keys.join("  "));
    let (columns, length) = (style.columns(), figure.to_s - figure.from_s);
    for row in &figure.states {
        let mut cells = vec![' '; columns];
        // What is worse covers what is better, so that nothing short is lost.
        let mut spans: Vec<_> = row.spans.iter().filter(|it| it.to_s >= it.from_s).collect();
        spans.sort_by_key(|it| it.level);
        for span in spans {
            let column = |at: f64| ((at - figure.from_s) / length * columns as f64).clamp(0.0, columns as f64);
            let from = (column(span.from_s).floor() as usize).min(columns - 1);
            let to = (column(span.to_s).ceil() as usize).clamp(from + 1, columns);
            cells[from..to].fill(sign(span.level));
        }
        let label = fit(&plain(&row.label, style.ascii), GUTTER, style.ascii);
        let wall = if style.ascii { '|' } else { '│' };
        let cells: String = cells.into_iter().collect();
        text.push_str(&format!("{label:>GUTTER$} {wall}{}\n", cells.trim_end()));
    }
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
    let mut lines: Vec<(char, Mark, Vec<Option<f64>>)> = panel
        .lines
        .iter()
        .enumerate()
        .map(|(at, it)| (glyph(panel, at, style.ascii), it.mark, resample(&it.shown(), columns)))
        .collect();
    stack(&mut lines);
    let axis = Axis::new(panel.scale, lines.iter().flat_map(|it| it.2.iter().flatten().copied()));

    let mut cells: Vec<Vec<(char, Paint)>> = vec![vec![(' ', Paint::Plain); columns]; rows];
    for row in &mut cells {
        for (cell, _) in row.iter_mut().zip(shaded).filter(|it| *it.1) {
            *cell = (if style.ascii { ':' } else { '░' }, Paint::Shade);
        }
    }
    for (glyph, mark, values) in &lines {
        for (column, value) in values.iter().enumerate() {
            let Some(height) = value.and_then(|it| axis.height(it)) else {
                continue;
            };
            draw(&mut cells, column, height * rows as f64, *mark, *glyph, style.ascii);
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
fn draw(cells: &mut [Vec<(char, Paint)>], column: usize, height: f64, mark: Mark, glyph: char, ascii: bool) {
    let rows = cells.len();
    if mark == Mark::Stack {
        // Whole rows of letters, at least one for anything above nothing.
        let filled = height.round().max(if height > 0.0 { 1.0 } else { 0.0 }) as usize;
        for row in cells.iter_mut().rev().take(filled) {
            row[column] = (glyph, Paint::Dots);
        }
        return;
    }
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
    *cell = (glyph, if mark == Mark::Dots { Paint::Dots } else { Paint::Plain });
}

/// Stacks stand on those before them; the highest comes first, so that the others cover its lower part.
fn stack(lines: &mut [(char, Mark, Vec<Option<f64>>)]) {
    let columns = lines.iter().map(|it| it.2.len()).max().unwrap_or(0);
    let mut below = vec![0.0; columns];
    for (_, _, values) in lines.iter_mut().filter(|it| it.1 == Mark::Stack) {
        for (value, below) in values.iter_mut().zip(&mut below) {
            *value = value.map(|it| {
                *below += it.max(0.0);
                *below
            });
        }
    }
    let stacks: Vec<usize> = (0..lines.len()).filter(|it| lines[*it].1 == Mark::Stack).collect();
    for (first, last) in stacks.iter().zip(stacks.iter().rev()).take(stacks.len() / 2) {
        lines.swap(*first, *last);
    }
}

/// What a line is drawn with: stacks have letters.
fn glyph(panel: &Panel, place: usize, ascii: bool) -> char {
    let mark = panel.lines[place].mark;
    let before = panel.lines[..place].iter().filter(|it| it.mark == mark).count();
    match (mark, ascii) {
        // What has had its sign already gets another.
        (Mark::Dots | Mark::Points, _) if before > 0 => sign(before, ascii),
        (Mark::Area, false) => '█',
        (Mark::Area, true) => '#',
        (Mark::Rule, false) => '─',
        (Mark::Rule, true) => '-',
        (Mark::Dots, false) => '●',
        (Mark::Dots, true) => 'o',
        (Mark::Points, false) => '·',
        (Mark::Points, true) => '.',
        (Mark::Stack, _) => char::from(b'a' + (before % 26) as u8),
    }
}

/// The title and what each mark means; on lines of their own where one is too short.
fn heading(panel: &Panel, style: &Style) -> String {
    let title = plain(&panel.title, style.ascii);
    let entry =
        |(at, it): (usize, &Line)| format!("{} {}", glyph(panel, at, style.ascii), plain(&it.label, style.ascii));
    let entries: Vec<String> = panel.lines.iter().enumerate().map(entry).collect();
    if entries.is_empty() {
        return format!("{title}\n");
    }
    let line = format!("{title}: {}\n", entries.join("  "));
    if line.chars().count() <= style.width.max(40) + 1 {
        return line;
    }
    let blank = " ".repeat(GUTTER + 2);
    format!("{title}:\n{blank}{}\n", entries.join("  "))
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
            "{blank} {mark} {}: {} to {}{times}\n",
            plain(label, ascii),
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
