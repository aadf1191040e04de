//! A table without borders: a header, a line, rows; as wide as the reader's terminal allows, and no word of it broken.
//!
//! Where a table is too wide, its headings and words take several lines. If that is not enough, whole columns are left out,
//! those of the highest rank first, and a line below names them.

use comfy_table::{Cell, CellAlignment, LineStyle, Table, TableStyle};

use super::{Style, hanging};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    heading: &'a str,
    align: Align,
    rank: u8,
}

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

impl<'a> Column<'a> {
    /// A column of words, which may take several lines.
    pub const fn words(heading: &'a str) -> Column<'a> {
        Column {
            heading,
            align: Align::Left,
            rank: 0,
        }
    }

    /// A column of numbers, which stay on their line.
    pub const fn numbers(heading: &'a str) -> Column<'a> {
        Column {
            heading,
            align: Align::Right,
            rank: 0,
        }
    }

    /// When it is left out: the highest rank goes first, and rank 0 stays always.
    pub const fn rank(self, rank: u8) -> Column<'a> {
        Column { rank, ..self }
    }

    /// The least width, with a heading of several lines, and the width at which every line is whole.
    fn widths(&self, cells: impl Iterator<Item = String>) -> (usize, usize) {
        let word = |text: &str| text.split(' ').map(length).max().unwrap_or(0);
        let (mut least, mut whole) = (word(self.heading), length(self.heading));
        for cell in cells {
            whole = whole.max(length(&cell));
            least = least.max(match self.align {
                Align::Left => word(&cell).max(length(&cell).min(WORDS)),
                Align::Right => length(&cell),
            });
        }
        (least, whole)
    }
}

/// Characters before the first column, and between two.
const GAP: usize = 2;

/// Words that take no more characters than this stay on one line.
const WORDS: usize = 14;

/// A blank at which no line is broken; it is shown as any other.
pub const HARD_BLANK: char = '\u{a0}';

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The table as text; every line ends with a newline and with nothing blank before it.
pub fn grid(columns: &[Column<'_>], rows: &[Vec<String>], style: &Style) -> String {
    let widths: Vec<(usize, usize)> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| column.widths(rows.iter().map(|row| row[at].clone())))
        .collect();
    let kept = kept(columns, &widths, style.width);
    let widths = shared(columns, &widths, &kept, style.width);

    let line = if style.ascii { '-' } else { '─' };
    let separator = LineStyle::none().fill(line).junction(line);
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(separator));
    let cell = |text: String, align: Align| {
        Cell::new(text).set_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        })
    };
    let of_kept = || {
        kept.iter()
            .zip(&widths)
            .map(|(at, width)| (*at, columns[*at].align, *width))
    };
    let headings: Vec<String> = of_kept()
        .map(|(at, _, width)| broken(columns[at].heading, width))
        .collect();
    let lines = headings.iter().map(|it| it.lines().count()).max().unwrap_or(1);
    // Headings stand on the line below them.
    let raised = |heading: &String| format!("{}{heading}", "\n".repeat(lines - heading.lines().count()));
    table.set_header(headings.iter().zip(of_kept()).map(|(it, of)| cell(raised(it), of.1)));
    for row in rows {
        table.add_row(of_kept().map(|(at, align, width)| {
            let text = match align {
                Align::Left => broken(&row[at], width),
                Align::Right => row[at].clone(),
            };
            cell(text, align)
        }));
    }
    for column in table.column_iter_mut() {
        // The table itself puts another blank between columns.
        column.set_padding((0, GAP as u16 - 1));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((GAP as u16, GAP as u16 - 1));
    }
    let shown = |it: String| format!("{}\n", it.replace(HARD_BLANK, " ").trim_end());
    let mut text: String = table.lines().map(shown).collect();
    let left_out: Vec<&str> = (0..columns.len())
        .filter(|it| !kept.contains(it))
        .map(|it| columns[it].heading)
        .collect();
    if !left_out.is_empty() {
        let note = format!("not at this width: {}", left_out.join(", "));
        text.push_str(&hanging("  ", 2, &note, style.width));
    }
    text
}

/// The columns after the first in lots that fit, each beside the first: for tables in which no column may be missing.
pub fn lots(columns: &[Column<'_>], rows: &[Vec<String>], width: usize) -> Vec<Vec<usize>> {
    let least = |at: usize| columns[at].widths(rows.iter().map(|row| row[at].clone())).0 + GAP;
    let mut lots: Vec<Vec<usize>> = Vec::new();
    let mut over = 0;
    for at in 1..columns.len() {
        if over < least(at) || lots.is_empty() {
            lots.push(vec![0]);
            over = width.saturating_sub(1 + least(0));
        }
        over = over.saturating_sub(least(at));
        lots.last_mut().expect("one was just begun").push(at);
    }
    lots
}

/// What these columns take at least, with the blanks around them.
fn taken(widths: &[(usize, usize)], kept: &[usize]) -> usize {
    1 + kept.iter().map(|it| widths[*it].0 + GAP).sum::<usize>()
}

/// The columns that fit, in order.
fn kept(columns: &[Column<'_>], widths: &[(usize, usize)], width: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    while taken(widths, &kept) > width {
        let last = kept.iter().copied().filter(|it| columns[*it].rank > 0);
        let Some(last) = last.max_by_key(|it| columns[*it].rank) else {
            break; // What is left is needed to make any sense of the table.
        };
        kept.retain(|it| *it != last);
    }
    kept
}

/// How wide each kept column is: first the least, then what is over from left to right, to whoever can use it.
fn shared(columns: &[Column<'_>], widths: &[(usize, usize)], kept: &[usize], width: usize) -> Vec<usize> {
    let mut over = width.saturating_sub(taken(widths, kept));
    let share = |at: &usize| {
        let (least, whole) = widths[*at];
        let more = match columns[*at].align {
            Align::Left => (whole - least).min(over),
            // A heading is on one line or is not.
            Align::Right if whole - least <= over => whole - least,
            Align::Right => 0,
        };
        over -= more;
        least + more
    };
    kept.iter().map(share).collect()
}

/// A text broken at blanks into lines of at most `width`; a longer word has a line of its own.
fn broken(text: &str, width: usize) -> String {
    hanging("", 0, text, width).trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<'_>; 4] = [
        Column::words("service"),
        Column::numbers("goodput ratio").rank(1),
        Column::numbers("wait p99").rank(2),
        Column::words("failed as"),
    ];

    fn of(width: usize) -> String {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["web", "99.9 ±0.1 %", "120 ms", "queue_full 3 %, timeout 1 %"]),
            row(["database", "100 %", "9 ms", "-"]),
        ];
        let style = Style {
            width,
            ascii: false,
            colour: false,
        };
        grid(&COLUMNS, &rows, &style)
    }

    #[test]
    fn a_narrower_table_breaks_between_words_and_then_leaves_columns_out() {
        insta::assert_snapshot!([80, 60, 48, 44, 34, 10].map(of).join("\n"));
    }

    #[test]
    fn no_line_is_too_long_and_no_word_is_broken() {
        for width in 27..90 {
            let text = of(width);
            assert!(text.lines().all(|it| length(it) <= width), "{width}:\n{text}");
            for word in ["service", "database", "queue_full"] {
                assert!(text.contains(word), "{width}:\n{text}");
            }
        }
    }
}
