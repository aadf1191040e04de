//! The data behind a figure, as rows.

/// Rows under named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the columns; those of numbers end in their unit (`time_s`, `rate_per_s`, `share_ratio`).
    pub columns: Vec<String>,
    /// As many cells in each row as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// One entry of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A number in the unit of its column.
    Number(f64),
    /// Nothing was measured.
    Missing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Cell {
        Cell::Number(number)
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Cell {
        number.map_or(Cell::Missing, Cell::Number)
    }
}

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Table {
        Table {
            columns: columns.iter().map(|it| (*it).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// As comma-separated values with a line of names (RFC 4180, but with plain line feeds). Numbers are written in
    /// full; what is missing, and what is no finite number, is empty.
    pub fn to_csv(&self) -> String {
        let mut text = self.columns.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(",");
        text.push('\n');
        for row in &self.rows {
            let cells = row.iter().map(|it| match it {
                Cell::Text(text) => quoted(text),
                Cell::Number(number) if number.is_finite() => format!("{number}"),
                Cell::Number(_) | Cell::Missing => String::new(),
            });
            text.push_str(&cells.collect::<Vec<_>>().join(","));
            text.push('\n');
        }
        text
    }
}

/// In quotation marks where the text would fall apart without.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_commas_and_quotes_stay_whole() {
        let mut table = Table::new(&["name", "time_s"]);
        table.rows.push(vec!["a,\"b\"".into(), 0.25.into()]);
        table.rows.push(vec!["plain".into(), Cell::Missing]);
        table.rows.push(vec!["never".into(), f64::INFINITY.into()]);
        assert_eq!(table.to_csv(), "name,time_s\n\"a,\"\"b\"\"\",0.25\nplain,\nnever,\n");
    }
}
