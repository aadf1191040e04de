//! Tables on disk: rows of plain cells in Parquet files, which every tool for data reads.
//!
//! A table is a list of columns; this file knows what a column can hold and how it is written and read, not what it means. Rows
//! go out in groups of a fixed number, so equal rows give equal bytes, and only one group is held in memory.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Rows in a group.
const GROUP_ROWS: usize = 1 << 16;

/// What a column holds. Any cell may be empty, except in columns of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers, from 0 to 2^63 - 1.
    Whole,
    /// Numbers.
    Number,
    /// Text in UTF-8.
    Text,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column of this name.
    pub fn new(name: &str, kind: Kind) -> Column {
        Column {
            name: name.to_owned(),
            kind,
        }
    }
}

/// One cell on its way out.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// A whole number.
    Whole(u64),
    /// A number, or nothing.
    Number(Option<f64>),
    /// A text, or nothing.
    Text(Option<&'a str>),
}

/// The cells of a column in a group of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Whole numbers.
    Whole(Vec<u64>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// Texts.
    Text(Vec<Option<String>>),
}

impl Cells {
    fn new(kind: Kind) -> Cells {
        match kind {
            Kind::Whole => Cells::Whole(Vec::new()),
            Kind::Number => Cells::Number(Vec::new()),
            Kind::Text => Cells::Text(Vec::new()),
        }
    }

    /// The whole number in this row.
    ///
    /// # Panics
    ///
    /// If the column holds something else; [`Reader::open`] has made sure of the kinds.
    pub fn whole(&self, row: usize) -> u64 {
        match self {
            Cells::Whole(it) => it[row],
            _ => unreachable!("the column holds no whole numbers"),
        }
    }

    /// The number in this row.
    ///
    /// # Panics
    ///
    /// As [`Cells::whole`].
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Cells::Number(it) => it[row],
            _ => unreachable!("the column holds no numbers"),
        }
    }

    /// The text in this row.
    ///
    /// # Panics
    ///
    /// As [`Cells::whole`].
    pub fn text(&self, row: usize) -> Option<&str> {
        match self {
            Cells::Text(it) => it[row].as_deref(),
            _ => unreachable!("the column holds no texts"),
        }
    }
}

/// A table being written.
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    group: Vec<Cells>,
    rows: usize,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a table.
    pub fn new(out: W, columns: &[Column]) -> Result<Writer<W>, ParquetError> {
        let schema = Arc::new(parse_message_type(&schema(columns))?);
        let properties = WriterProperties::builder()
            .set_created_by("brownout".to_owned())
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        Ok(Writer {
            file: SerializedFileWriter::new(out, schema, Arc::new(properties))?,
            group: columns.iter().map(|it| Cells::new(it.kind)).collect(),
            rows: 0,
        })
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If its cells are not what the columns hold.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<(), ParquetError> {
        let mut columns = self.group.iter_mut();
        for cell in cells {
            match (columns.next(), cell) {
                (Some(Cells::Whole(column)), Cell::Whole(it)) => column.push(it),
                (Some(Cells::Number(column)), Cell::Number(it)) => column.push(it),
                (Some(Cells::Text(column)), Cell::Text(it)) => column.push(it.map(str::to_owned)),
                (column, cell) => unreachable!("{cell:?} does not belong into {column:?}"),
            }
        }
        assert!(columns.next().is_none(), "a row has a cell for every column");
        self.rows += 1;
        if self.rows == GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for cells in &mut self.group {
            let mut column = group.next_column()?.expect("the schema has a column for each");
            match cells {
                Cells::Whole(cells) => {
                    let cells: Vec<i64> = cells
                        .drain(..)
                        .map(|it| i64::try_from(it).expect("whole numbers of results stay below 2^63"))
                        .collect();
                    column.typed::<Int64Type>().write_batch(&cells, None, None)?;
                }
                Cells::Number(cells) => {
                    let there: Vec<i16> = cells.iter().map(|it| i16::from(it.is_some())).collect();
                    let cells: Vec<f64> = cells.drain(..).flatten().collect();
                    column.typed::<DoubleType>().write_batch(&cells, Some(&there), None)?;
                }
                Cells::Text(cells) => {
                    let there: Vec<i16> = cells.iter().map(|it| i16::from(it.is_some())).collect();
                    let cells: Vec<ByteArray> = cells
                        .drain(..)
                        .flatten()
                        .map(|it| ByteArray::from(it.into_bytes()))
                        .collect();
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&cells, Some(&there), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Ends the table and hands back what it was written to.
    pub fn finish(mut self) -> Result<W, ParquetError> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.file.into_inner()
    }
}

fn schema(columns: &[Column]) -> String {
    let column = |it: &Column| match it.kind {
        Kind::Whole => format!("required int64 {};", it.name),
        Kind::Number => format!("optional double {};", it.name),
        Kind::Text => format!("optional binary {} (utf8);", it.name),
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("message brownout {{ {} }}", columns.join(" "))
}

/// A table being read, group by group.
pub struct Reader {
    file: Box<dyn FileReader>,
    columns: Vec<Column>,
    next: usize,
}

impl Reader {
    /// Opens a table, whose columns must be these.
    pub fn open(file: impl ChunkReader + 'static, columns: &[Column]) -> Result<Reader, ParquetError> {
        let file = SerializedFileReader::new(file)?;
        let found = file.metadata().file_metadata().schema_descr();
        let expected = parse_message_type(&schema(columns))?;
        if found.root_schema() != &expected {
            return Err(ParquetError::General("it has other columns".to_owned()));
        }
        Ok(Reader {
            file: Box::new(file),
            columns: columns.to_vec(),
            next: 0,
        })
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.file.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The next group of rows, by column; `None` at the end.
    pub fn group(&mut self) -> Result<Option<Vec<Cells>>, ParquetError> {
        if self.next == self.file.num_row_groups() {
            return Ok(None);
        }
        let group = self.file.get_row_group(self.next)?;
        self.next += 1;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let columns = self.columns.iter().enumerate();
        let read = |(at, column): (usize, &Column)| read(group.get_column_reader(at)?, column.kind, rows);
        columns.map(read).collect::<Result<_, _>>().map(Some)
    }
}

/// Reads a whole column of a group.
fn read(column: ColumnReader, kind: Kind, rows: usize) -> Result<Cells, ParquetError> {
    let short = |found: usize| ParquetError::General(format!("a column ends after {found} of {rows} rows"));
    let broken = |_| ParquetError::General("a text is not UTF-8".to_owned());
    let mut there = Vec::with_capacity(rows);
    match (column, kind) {
        (ColumnReader::Int64ColumnReader(mut column), Kind::Whole) => {
            let mut cells = Vec::with_capacity(rows);
            let (found, ..) = column.read_records(rows, None, None, &mut cells)?;
            let cells: Option<Vec<u64>> = cells.into_iter().map(|it| u64::try_from(it).ok()).collect();
            let cells = cells.ok_or_else(|| ParquetError::General("a whole number is negative".to_owned()))?;
            if found == rows {
                Ok(Cells::Whole(cells))
            } else {
                Err(short(found))
            }
        }
        (ColumnReader::DoubleColumnReader(mut column), Kind::Number) => {
            let mut cells = Vec::with_capacity(rows);
            let (found, ..) = column.read_records(rows, Some(&mut there), None, &mut cells)?;
            let spread = spread(there, cells.into_iter());
            if found == rows {
                spread.map(Cells::Number)
            } else {
                Err(short(found))
            }
        }
        (ColumnReader::ByteArrayColumnReader(mut column), Kind::Text) => {
            let mut cells = Vec::with_capacity(rows);
            let (found, ..) = column.read_records(rows, Some(&mut there), None, &mut cells)?;
            let texts: Result<Vec<String>, ParquetError> = cells
                .iter()
                .map(|it| String::from_utf8(it.data().to_vec()).map_err(broken))
                .collect();
            let spread = spread(there, texts?.into_iter());
            if found == rows {
                spread.map(Cells::Text)
            } else {
                Err(short(found))
            }
        }
        _ => Err(ParquetError::General(
            "a column is not of the kind that its name promises".to_owned(),
        )),
    }
}

/// Puts values back between the empty cells.
fn spread<T>(there: Vec<i16>, mut values: impl Iterator<Item = T>) -> Result<Vec<Option<T>>, ParquetError> {
    let missing = || ParquetError::General("a column has fewer values than it says".to_owned());
    let cell = |it: i16| match it {
        0 => Ok(None),
        _ => values.next().ok_or_else(missing).map(Some),
    };
    there.into_iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns() -> Vec<Column> {
        vec![
            Column::new("unit", Kind::Whole),
            Column::new("value", Kind::Number),
            Column::new("note", Kind::Text),
        ]
    }

    type Row = (u64, Option<f64>, Option<String>);

    fn write(rows: &[Row]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &columns()).unwrap();
        for (unit, value, note) in rows {
            let cells = [Cell::Whole(*unit), Cell::Number(*value), Cell::Text(note.as_deref())];
            writer.row(cells).unwrap();
        }
        writer.finish().unwrap()
    }

    fn read_back(bytes: Vec<u8>) -> Result<Vec<Row>, ParquetError> {
        let mut reader = Reader::open(bytes::Bytes::from(bytes), &columns())?;
        let mut rows = Vec::new();
        while let Some(group) = reader.group()? {
            let Cells::Whole(units) = &group[0] else { unreachable!() };
            let row = |at: usize| (units[at], group[1].number(at), group[2].text(at).map(str::to_owned));
            rows.extend((0..units.len()).map(row));
        }
        assert_eq!(rows.len() as u64, reader.rows());
        Ok(rows)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(
            (0u64..1 << 63, prop::option::of(-1e300f64..1e300), prop::option::of(".{0,12}")), 0..200)) {
            prop_assert_eq!(read_back(write(&rows)).unwrap(), rows);
        }
    }

    #[test]
    fn many_rows_make_several_groups_and_equal_rows_equal_bytes() {
        let rows: Vec<Row> = (0..150_000).map(|it| (it, Some(it as f64 / 7.0), None)).collect();
        let bytes = write(&rows);
        assert_eq!(bytes, write(&rows));
        assert_eq!(read_back(bytes).unwrap(), rows);
    }

    #[test]
    fn numbers_keep_their_bits() {
        let odd = [0.1 + 0.2, -0.0, f64::MIN_POSITIVE / 3.0, f64::INFINITY, f64::NAN];
        let rows: Vec<Row> = odd.iter().map(|it| (0, Some(*it), None)).collect();
        let back = read_back(write(&rows)).unwrap();
        let bits: Vec<u64> = back.iter().map(|it| it.1.unwrap().to_bits()).collect();
        assert_eq!(bits, odd.map(f64::to_bits));
    }

    #[test]
    fn a_broken_file_is_an_error_and_never_other_rows() {
        let rows: Vec<Row> = (0..300)
            .map(|it| (it, Some(it as f64), Some(format!("row {it}"))))
            .collect();
        let bytes = write(&rows);
        for cut in 0..bytes.len() {
            let read = std::panic::catch_unwind(|| read_back(bytes[..cut].to_vec()));
            assert!(!matches!(read, Ok(Ok(_))), "cut at {cut} reads as a whole table");
        }
    }
}
