//! Points over two scales, as characters.

use super::words::{fit, plain};
use super::{GUTTER, Style};
use crate::ruler::Ruler;

/// What is drawn with one sign.
pub(super) struct Drawn {
    pub(super) label: String,
    /// In the order of x; `None` where there is a gap.
    pub(super) points: Vec<Option<(f64, f64)>>,
    /// Lower and upper ends, likewise.
    pub(super) bands: Vec<Option<(f64, f64, f64)>>,
}

/// The sign of the nth series.
pub(super) fn sign(nth: usize, ascii: bool) -> char {
    let signs = if ascii {
        ['o', '#', '^', '*', 'v', '+', 'x']
    } else {
        ['●', '■', '▲', '◆', '▼', '✚', '○']
    };
    signs[nth % signs.len()]
}

/// What each sign means, in as many lines as it takes.
pub(super) fn legend(drawn: &[Drawn], style: &Style) -> String {
    let mut text = String::new();
    let mut used = 0;
    for (nth, it) in drawn.iter().enumerate() {
        let entry = format!("{} {}", sign(nth, style.ascii), plain(&it.label, style.ascii));
        let entry = fit(&entry, style.width.max(40) - GUTTER - 2, style.ascii);
        let long = entry.chars().count() + 2;
        if used == 0 || used + long > style.width.max(40) {
            if used > 0 {
                text.push('\n');
            }
            text.push_str(&" ".repeat(GUTTER + 2));
            used = GUTTER + 2;
        }
        text.push_str(&entry);
        text.push_str("  ");
        used += long;
    }
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    text.iter().map(|it| format!("{it}\n")).collect()
}

/// Draws series over a grid of characters, with both scales.
pub(super) fn plot(drawn: &[Drawn], x: &Ruler, y: &Ruler, rows: usize, style: &Style) -> String {
    let (columns, rows) = (style.columns(), rows.max(4));
    let mut cells = vec![vec![' '; columns]; rows];
    let column = |at: f64| x.place(at).map(|it| ((it * columns as f64) as usize).min(columns - 1));
    let row = |at: f64| {
        y.place(at)
            .map(|it| rows - 1 - ((it * rows as f64) as usize).min(rows - 1))
    };
    let (between, shade) = if style.ascii { ('.', ':') } else { ('·', '░') };
    for it in drawn.iter().flat_map(|it| it.bands.iter().flatten()) {
        if let (Some(column), Some(low), Some(high)) = (column(it.0), row(it.1), row(it.2)) {
            for row in &mut cells[high..=low] {
                row[column] = shade;
            }
        }
    }
    for it in drawn {
        for pair in it.points.windows(2) {
            let [Some(a), Some(b)] = pair else { continue };
            let ends = [(a.0, a.1), (b.0, b.1)].map(|it| Some((column(it.0)?, y.place(it.1)?)));
            let [Some((from, low)), Some((to, high))] = ends else {
                continue;
            };
            let length = to.saturating_sub(from);
            for step in 1..length {
                let height = low + (high - low) * step as f64 / length as f64;
                let row = rows - 1 - ((height * rows as f64) as usize).min(rows - 1);
                let cell = &mut cells[row][from + step];
                if *cell == ' ' || *cell == shade {
                    *cell = between;
                }
            }
        }
    }
    // From the last to the first: what comes first lies on top, as everywhere something must.
    for (nth, it) in drawn.iter().enumerate().rev() {
        for point in it.points.iter().flatten() {
            if let (Some(column), Some(row)) = (column(point.0), row(point.1)) {
                cells[row][column] = sign(nth, style.ascii);
            }
        }
    }
    let mut labels = vec![String::new(); rows];
    for tick in y.ticks.iter().filter(|it| !it.label.is_empty()) {
        if let Some(row) = row(tick.value).filter(|it| labels[*it].is_empty()) {
            labels[row] = fit(&tick.label, GUTTER, style.ascii);
        }
    }
    let wall = if style.ascii { '|' } else { '│' };
    let mut text = String::new();
    for (label, cells) in labels.iter().zip(cells) {
        let cells: String = cells.into_iter().collect();
        text.push_str(&format!("{label:>GUTTER$} {wall}{}\n", cells.trim_end()));
    }
    text + &axis(x, columns, style)
}

/// The scale below.
pub(super) fn axis(x: &Ruler, columns: usize, style: &Style) -> String {
    let (line, tick, corner) = if style.ascii {
        ('-', '+', '+')
    } else {
        ('─', '┴', '└')
    };
    let mut marks = vec![line; columns];
    let mut labels = String::new();
    for it in x.ticks.iter().filter(|it| !it.label.is_empty()) {
        let Some(place) = x.place(it.value) else { continue };
        let column = ((place * columns as f64) as usize).min(columns - 1);
        let written = labels.chars().count();
        let begins = column.min(columns.saturating_sub(it.label.chars().count()));
        if begins >= written + usize::from(written > 0) {
            marks[column] = tick;
            labels.extend(core::iter::repeat_n(' ', begins - written));
            labels.push_str(&it.label);
        }
    }
    let blank = " ".repeat(GUTTER + 1);
    format!(
        "{blank}{corner}{}\n{blank} {labels}\n",
        marks.into_iter().collect::<String>()
    )
}
