//! A table without borders: a header, a line, rows; as wide as the reader's terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::Style;

/// A column's name, and whether it holds words (left) or numbers (right).
pub type Column = (&'static str, Align);

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The table as text; every line ends with a newline and with nothing blank before it.
pub fn grid(columns: &[Column], rows: &[Vec<String>], style: &Style) -> String {
    let line = if style.ascii { '-' } else { '─' };
    let separator = LineStyle::none().fill(line).junction(line);
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(separator));
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(style.width as u16);
    let cell = |text: &str, align: Align| {
        Cell::new(text).set_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        })
    };
    table.set_header(columns.iter().map(|it| cell(it.0, it.1)));
    for row in rows {
        table.add_row(row.iter().zip(columns).map(|(text, column)| cell(text, column.1)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((2, 2));
    }
    table.lines().map(|it| format!("{}\n", it.trim_end())).collect()
}
