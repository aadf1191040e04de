//! Differences as text: dots with intervals around zero, and in numbers.

use super::Style;
use super::words::{fit, plain, title, widest};
use crate::figure::{Comparison, Difference, Scale};
use crate::number::show_exact;
use crate::ruler::Ruler;

pub(super) fn render(figure: &Comparison, style: &Style) -> String {
    let ascii = style.ascii;
    let width = style.width.max(40);
    let labels: Vec<String> = figure.rows.iter().map(|it| plain(&it.label, ascii)).collect();
    let label = widest(labels.iter().map(String::as_str), width / 4);
    let words: Vec<String> = figure
        .rows
        .iter()
        .map(|it| plain(format!("{}  {}", figure.words(it), it.verdict).trim_end(), ascii))
        .collect();
    let right = widest(words.iter().map(String::as_str), width / 2);
    let columns = width.saturating_sub(label + right + 4).max(12);
    let values = figure.rows.iter().flat_map(Difference::values);
    let x = Ruler::new(Scale::Linear, figure.measure.unit, values, columns / 10);
    let column = |at: f64| x.place(at).map(|it| ((it * columns as f64) as usize).min(columns - 1));

    let direction = match figure.direction() {
        "" => String::new(),
        words => format!(" ({words})"),
    };
    let mut text = title(&figure.title, style);
    let head = format!(
        "Difference in {}{direction} against {}",
        figure.measure.label, figure.against
    );
    text.push_str(&format!("{}\n", plain(&head, ascii)));
    let (zero, line, ends, dot) = if ascii {
        ('|', '-', ['[', ']'], 'o')
    } else {
        ('│', '─', ['├', '┤'], '●')
    };
    for ((row, name), words) in figure.rows.iter().zip(&labels).zip(&words) {
        let mut cells = vec![' '; columns];
        if let Some(at) = column(0.0) {
            cells[at] = zero;
        }
        if let Some((from, to)) = row.ends().and_then(|it| Some((column(it.0)?, column(it.1)?))) {
            cells[from..=to].fill(line);
            if to > from {
                (cells[from], cells[to]) = (ends[0], ends[1]);
            }
        }
        if let Some(at) = row.value().and_then(column) {
            cells[at] = dot;
        }
        let cells: String = cells.into_iter().collect();
        let name = fit(name, label, ascii);
        let words = fit(words, right.max(20), ascii);
        text.push_str(format!("{name:>label$}  {cells}  {words}").trim_end());
        text.push('\n');
    }
    let blank = " ".repeat(label + 2);
    text.push_str(&format!("{blank}{}\n", scale(&x, columns)));
    if let Some(margin) = figure.margin {
        text.push_str(&format!(
            "{blank}up to {} counts as none\n",
            show_exact(figure.measure.unit, margin)
        ));
    }
    text
}

/// What is written below: the ends, and zero where there is room.
fn scale(x: &Ruler, columns: usize) -> String {
    let mut line = String::new();
    for tick in x.ticks.iter().filter(|it| !it.label.is_empty()) {
        let Some(place) = x.place(tick.value) else { continue };
        let long = tick.label.chars().count();
        let begins = ((place * columns as f64) as usize).min(columns.saturating_sub(long));
        let written = line.chars().count();
        if begins >= written + usize::from(written > 0) {
            line.extend(core::iter::repeat_n(' ', begins - written));
            line.push_str(&tick.label);
        }
    }
    line
}
