//! The tables of a results folder: what records become in them, and records from them again.
//!
//! | file | a row is |
//! | --- | --- |
//! | `runs.parquet` | a run and a measure |
//! | `checkpoints.parquet` | a run and an instant: the digest until then |
//! | `series.parquet` | a run, a timeline and a window |
//! | `transitions.parquet` | a run and a change of state |
//!
//! All begin with `point`, `variant`, `replication`, and are sorted by these, variants in the order of the study.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use parquet::errors::ParquetError;

use super::table::{Cell, Cells, Column, Kind, Reader, Writer};
use super::unit::{Checkpoint, Done, Ended, Number, Record, Timeline, Unit, Words};
use crate::recorded::Change;

/// Nanoseconds in a second.
const NANOS: f64 = 1e9;

/// What names and coordinates the rows have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The variants, in order.
    pub variants: Vec<String>,
    /// The measures, in order.
    pub measures: Vec<String>,
    /// The axes, in order.
    pub axes: Vec<String>,
    /// Whether timelines and changes of state are kept.
    pub detail: bool,
}

/// Where a point is on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// As a file would write it.
    pub text: String,
    /// As a number in base units (seconds, per second, bytes), if it is one.
    pub value: Option<f64>,
}

/// The four tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Runs and measures.
    Runs,
    /// Digests on the way.
    Checkpoints,
    /// Timelines.
    Series,
    /// Changes of state.
    Transitions,
}

impl Table {
    /// Those of a folder with this layout.
    pub fn of(layout: &Layout) -> &'static [Table] {
        if layout.detail {
            &[Table::Runs, Table::Checkpoints, Table::Series, Table::Transitions]
        } else {
            &[Table::Runs, Table::Checkpoints]
        }
    }

    /// The name of its file.
    pub fn file(self) -> &'static str {
        match self {
            Table::Runs => "runs.parquet",
            Table::Checkpoints => "checkpoints.parquet",
            Table::Series => "series.parquet",
            Table::Transitions => "transitions.parquet",
        }
    }

    fn columns(self, layout: &Layout) -> Vec<Column> {
        let mut columns = vec![
            Column::new("point", Kind::Whole),
            Column::new("variant", Kind::Text),
            Column::new("replication", Kind::Whole),
        ];
        let own: &[(&str, Kind)] = match self {
            Table::Runs => &[
                ("seed", Kind::Whole),
                ("digest", Kind::Text),
                ("events", Kind::Whole),
                ("measure", Kind::Text),
                ("value", Kind::Number),
                ("at_least", Kind::Number),
                ("note", Kind::Text),
            ],
            Table::Checkpoints => &[("at_ns", Kind::Whole), ("digest", Kind::Text)],
            Table::Series => &[
                ("kind", Kind::Text),
                ("component", Kind::Text),
                ("series", Kind::Text),
                ("window_ns", Kind::Whole),
                ("window", Kind::Whole),
                ("t_s", Kind::Number),
                ("value", Kind::Number),
            ],
            Table::Transitions => &[
                ("t_s", Kind::Number),
                ("component", Kind::Text),
                ("from_state", Kind::Text),
                ("to_state", Kind::Text),
                ("cause", Kind::Text),
            ],
        };
        columns.extend(own.iter().map(|(name, kind)| Column::new(name, *kind)));
        if self == Table::Runs {
            for axis in &layout.axes {
                // Parquet's names of columns know no quotes: what is no letter or digit becomes `_`.
                let name = axis.replace('-', "_");
                columns.push(Column::new(&format!("axis_{name}"), Kind::Text));
                columns.push(Column::new(&format!("axis_{name}_value"), Kind::Number));
            }
        }
        columns
    }
}

/// The tables of a folder, being written record by record.
pub struct Tables<'a, W: Write + Send> {
    layout: &'a Layout,
    coordinates: &'a dyn Fn(u32) -> Vec<Coordinate>,
    writers: Vec<(Table, Writer<W>)>,
}

impl<'a, W: Write + Send> Tables<'a, W> {
    /// Begins tables of this layout; `coordinates` tells where a point is, `open` makes a file of this name.
    pub fn new(
        layout: &'a Layout,
        coordinates: &'a dyn Fn(u32) -> Vec<Coordinate>,
        open: &mut dyn FnMut(&'static str) -> io::Result<W>,
    ) -> Result<Tables<'a, W>, ParquetError> {
        let mut writers = Vec::new();
        for table in Table::of(layout) {
            let file = open(table.file())?;
            writers.push((*table, Writer::new(file, &table.columns(layout))?));
        }
        Ok(Tables {
            layout,
            coordinates,
            writers,
        })
    }

    /// Adds a record. Records come in the order of their units.
    pub fn push(&mut self, record: &Record) -> Result<(), ParquetError> {
        let variant = self.layout.variants[record.unit.variant as usize].as_str();
        let unit = [
            Cell::Whole(u64::from(record.unit.point)),
            Cell::Text(Some(variant)),
            Cell::Whole(u64::from(record.unit.replication)),
        ];
        let coordinates = (self.coordinates)(record.unit.point);
        for (table, writer) in &mut self.writers {
            match (table, &record.ended) {
                (Table::Runs, ended) => {
                    let mut row = |own: [Cell<'_>; 7]| {
                        let places = coordinates
                            .iter()
                            .flat_map(|it| [Cell::Text(Some(&it.text)), Cell::Number(it.value)]);
                        writer.row(unit.into_iter().chain(own).chain(places))
                    };
                    runs(record.seed, ended, &self.layout.measures, &mut row)?;
                }
                (_, Ended::Failed(_)) => (),
                (Table::Checkpoints, Ended::Done(done)) => {
                    for it in &done.checkpoints {
                        let digest = it.digest.to_string();
                        let own = [Cell::Whole(it.at_ns), Cell::Text(Some(&digest))];
                        writer.row(unit.into_iter().chain(own))?;
                    }
                }
                (Table::Series, Ended::Done(done)) => {
                    for it in &done.series {
                        for (window, value) in it.values.iter().enumerate() {
                            let own = [
                                Cell::Text(Some(&it.kind)),
                                Cell::Text(Some(&it.component)),
                                Cell::Text(Some(&it.series)),
                                Cell::Whole(it.window_ns),
                                Cell::Whole(window as u64),
                                Cell::Number(Some(window as f64 * (it.window_ns as f64 / NANOS))),
                                Cell::Number(*value),
                            ];
                            writer.row(unit.into_iter().chain(own))?;
                        }
                    }
                }
                (Table::Transitions, Ended::Done(done)) => {
                    for it in &done.transitions {
                        let own = [
                            Cell::Number(Some(it.t_s)),
                            Cell::Text(Some(&it.component)),
                            Cell::Text(it.from.as_deref()),
                            Cell::Text(Some(&it.to)),
                            Cell::Text(it.cause.as_deref()),
                        ];
                        writer.row(unit.into_iter().chain(own))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the tables and hands back their files.
    pub fn finish(self) -> Result<Vec<(&'static str, W)>, ParquetError> {
        let finish = |(table, writer): (Table, Writer<W>)| Ok((table.file(), writer.finish()?));
        self.writers.into_iter().map(finish).collect()
    }
}

/// The rows of a run: one for each measure, or one for all if there are none.
fn runs(
    seed: u64,
    ended: &Ended,
    measures: &[String],
    row: &mut dyn FnMut([Cell<'_>; 7]) -> Result<(), ParquetError>,
) -> Result<(), ParquetError> {
    let none = (None, None, None);
    let (digest, events) = match ended {
        Ended::Done(done) => (Some(done.digest.to_string()), done.events),
        Ended::Failed(_) => (None, 0),
    };
    let mut one = |measure: Option<&str>, (value, at_least, note): (Option<f64>, Option<f64>, Option<&str>)| {
        row([
            Cell::Whole(seed),
            Cell::Text(digest.as_deref()),
            Cell::Whole(events),
            Cell::Text(measure),
            Cell::Number(value),
            Cell::Number(at_least),
            Cell::Text(note),
        ])
    };
    match ended {
        Ended::Failed(why) => one(None, (None, None, Some(why))),
        Ended::Done(done) if done.measures.is_empty() => one(None, none),
        Ended::Done(done) => {
            assert_eq!(done.measures.len(), measures.len(), "every measure has its name");
            for (name, number) in measures.iter().zip(&done.measures) {
                let cells = match number {
                    Number::Is(it) => (Some(*it), None, None),
                    Number::AtLeast(it) => (None, Some(*it), None),
                    Number::Missing(why) => (None, None, Some(why.as_str())),
                };
                one(Some(name), cells)?;
            }
            Ok(())
        }
    }
}

/// The records of a folder's tables, in the order of their units, read group by group.
pub struct Records<'a> {
    layout: &'a Layout,
    cursors: Vec<(Table, Cursor)>,
}

impl<'a> Records<'a> {
    /// Opens the tables of a folder.
    pub fn open(folder: &Path, layout: &'a Layout) -> Result<Records<'a>, Broken> {
        let mut cursors = Vec::new();
        for table in Table::of(layout) {
            let path = folder.join(table.file());
            let broken = |why: ParquetError| Broken(table.file(), why);
            let file = File::open(path).map_err(|why| broken(why.into()))?;
            let reader = Reader::open(file, &table.columns(layout)).map_err(broken)?;
            let cursor = Cursor {
                reader,
                group: None,
                row: 0,
            };
            cursors.push((*table, cursor));
        }
        Ok(Records { layout, cursors })
    }

    /// The next record; `None` at the end.
    fn read(&mut self) -> Result<Option<Record>, Broken> {
        let layout = self.layout;
        let mut record: Option<Record> = None;
        for (table, cursor) in &mut self.cursors {
            loop {
                let broken = |why: ParquetError| Broken(table.file(), why);
                let Some((cells, row)) = cursor.peek().map_err(broken)? else {
                    break;
                };
                let unit = unit_of(layout, cells, row).map_err(broken)?;
                match (&mut record, *table) {
                    (None, Table::Runs) => record = Some(begin(unit, cells, row).map_err(broken)?),
                    (Some(record), _) if record.unit == unit => {
                        add(record, *table, cells, row).map_err(broken)?;
                    }
                    // Runs come first: rows of a unit that has none belong to nobody.
                    (Some(record), _) if record.unit < unit => break,
                    _ => return Err(broken(damage("its rows are out of order"))),
                }
                cursor.row += 1;
            }
            if record.is_none() && *table != Table::Runs {
                break;
            }
        }
        Ok(record)
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Result<Record, Broken>> {
        self.read().transpose()
    }
}

/// A table that cannot be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` cannot be read: {1}")]
pub struct Broken(pub &'static str, #[source] pub ParquetError);

struct Cursor {
    reader: Reader,
    group: Option<Vec<Cells>>,
    row: usize,
}

impl Cursor {
    /// The row that is next, in its group.
    fn peek(&mut self) -> Result<Option<(&[Cells], usize)>, ParquetError> {
        let rows = |group: &[Cells]| match &group[0] {
            Cells::Whole(it) => it.len(),
            _ => 0,
        };
        while self.group.as_ref().is_none_or(|it| self.row == rows(it)) {
            self.group = self.reader.group()?;
            self.row = 0;
            if self.group.is_none() {
                return Ok(None);
            }
        }
        Ok(self.group.as_deref().map(|it| (it, self.row)))
    }
}

fn damage(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

fn small(number: u64) -> Result<u32, ParquetError> {
    u32::try_from(number).map_err(|_| damage("a number is too large"))
}

fn unit_of(layout: &Layout, cells: &[Cells], row: usize) -> Result<Unit, ParquetError> {
    let name = cells[1].text(row).ok_or_else(|| damage("a row names no variant"))?;
    let variant = layout.variants.iter().position(|it| it == name);
    let variant = variant.ok_or_else(|| damage("a row is of a variant that the manifest does not name"))?;
    Ok(Unit {
        point: small(cells[0].whole(row))?,
        variant: variant as u32,
        replication: small(cells[2].whole(row))?,
    })
}

fn digest(cells: &Cells, row: usize) -> Result<Words, ParquetError> {
    let text = cells.text(row);
    text.and_then(Words::parse).ok_or_else(|| damage("a digest is none"))
}

/// A record from the first row of its unit.
fn begin(unit: Unit, cells: &[Cells], row: usize) -> Result<Record, ParquetError> {
    let ended = if cells[4].text(row).is_none() {
        Ended::Failed(cells[9].text(row).unwrap_or_default().to_owned())
    } else {
        Ended::Done(Done {
            digest: digest(&cells[4], row)?,
            events: cells[5].whole(row),
            ..Done::default()
        })
    };
    let mut record = Record {
        unit,
        seed: cells[3].whole(row),
        ended,
    };
    add(&mut record, Table::Runs, cells, row)?;
    Ok(record)
}

/// Adds to a record what a row says of it.
fn add(record: &mut Record, table: Table, cells: &[Cells], row: usize) -> Result<(), ParquetError> {
    let Ended::Done(done) = &mut record.ended else {
        return Ok(());
    };
    let text = |column: usize| cells[column].text(row).map(str::to_owned);
    let named = |column: usize| text(column).ok_or_else(|| damage("a name is missing"));
    match table {
        Table::Runs => {
            let note = text(9).unwrap_or_default();
            match (cells[6].text(row), cells[7].number(row), cells[8].number(row)) {
                (None, ..) => (),
                (_, Some(it), _) => done.measures.push(Number::Is(it)),
                (_, _, Some(it)) => done.measures.push(Number::AtLeast(it)),
                (..) => done.measures.push(Number::Missing(note)),
            }
        }
        Table::Checkpoints => done.checkpoints.push(Checkpoint {
            at_ns: cells[3].whole(row),
            digest: digest(&cells[4], row)?,
        }),
        Table::Series => {
            if cells[7].whole(row) == 0 {
                done.series.push(Timeline {
                    kind: named(3)?,
                    component: named(4)?,
                    series: named(5)?,
                    window_ns: cells[6].whole(row),
                    values: Vec::new(),
                });
            }
            let series = done
                .series
                .last_mut()
                .filter(|it| it.values.len() as u64 == cells[7].whole(row));
            let series = series.ok_or_else(|| damage("a window is missing"))?;
            series.values.push(cells[9].number(row));
        }
        Table::Transitions => done.transitions.push(Change {
            t_s: cells[3].number(row).ok_or_else(|| damage("an instant is missing"))?,
            component: named(4)?,
            from: text(5),
            to: named(6)?,
            cause: text(7),
        }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::unit::tests::record;
    use super::*;

    fn layout() -> Layout {
        Layout {
            variants: vec!["naive".to_owned(), "budget".to_owned()],
            measures: vec!["p99".to_owned(), "recovery_time".to_owned(), "collapsed".to_owned()],
            axes: vec!["load".to_owned(), "time-out".to_owned()],
            detail: true,
        }
    }

    fn write(folder: &Path, records: &[Record]) {
        let layout = layout();
        let coordinates = |point: u32| {
            vec![
                Coordinate {
                    text: format!("x{point}"),
                    value: Some(f64::from(point)),
                },
                Coordinate {
                    text: "off".to_owned(),
                    value: None,
                },
            ]
        };
        let mut open = |name: &'static str| File::create(folder.join(name));
        let mut tables = Tables::new(&layout, &coordinates, &mut open).unwrap();
        records.iter().for_each(|it| tables.push(it).unwrap());
        assert_eq!(tables.finish().unwrap().len(), 4);
    }

    fn records() -> Vec<Record> {
        let mut records: Vec<Record> = (0..5)
            .flat_map(|point| (0..3).map(move |it| record(point, it, u64::from(point) << 40)))
            .collect();
        records[4].ended = Ended::Failed("more than 1000 events".to_owned());
        if let Ended::Done(done) = &mut records[6].ended {
            *done = Done {
                digest: Words(1, 2),
                ..Done::default()
            };
        }
        records
    }

    #[test]
    fn records_come_back_from_the_tables() {
        let folder = tempfile::tempdir().unwrap();
        let records = records();
        write(folder.path(), &records);
        let layout = layout();
        let back: Vec<Record> = Records::open(folder.path(), &layout)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(back, records);
    }

    #[test]
    fn another_layout_a_missing_file_and_rows_out_of_order_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let mut records = records();
        write(folder.path(), &records);
        let other = Layout {
            axes: vec![],
            ..layout()
        };
        let why = |layout: &Layout| {
            let read = Records::open(folder.path(), layout).and_then(|it| it.collect::<Result<Vec<_>, _>>());
            read.unwrap_err().to_string()
        };
        assert!(why(&other).contains("other columns"));
        let renamed = Layout {
            variants: vec!["naive".to_owned()],
            ..layout()
        };
        assert!(why(&renamed).contains("the manifest does not name"));
        records.swap(0, 3);
        write(folder.path(), &records);
        assert!(why(&layout()).contains("out of order"));
        std::fs::remove_file(folder.path().join("series.parquet")).unwrap();
        assert!(why(&layout()).starts_with("`series.parquet` cannot be read"));
    }
}
