//! The journal: finished units, one after another, as they come in. What is in it survives the end of the process at any moment.
//!
//! ```text
//! "brownout" 00 version:u8 ......(6 zeros)  id: 32 bytes        the head: whose journal it is
//! length:u32  check: 8 bytes  record: `length` bytes            a unit; little-endian; check is the beginning of its SHA-256
//! ...
//! ```
//!
//! A record counts once it is whole. A process that was killed may leave half of one at the end; it is cut off when the
//! journal is opened again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::unit::{Record, Unit};

const MAGIC: [u8; 16] = *b"brownout\0\x01\0\0\0\0\0\0";
const HEAD: u64 = 16 + 32;

/// More bytes than any record has: a longer one is no record but damage.
const RECORD_BYTES_MAX: u32 = 1 << 30;

/// Which experiment a journal is of: the SHA-256 of everything that its results depend on.
pub type Id = [u8; 32];

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    unit: Unit,
    at: u64,
    length: u32,
}

/// A journal, open for more.
#[derive(Debug)]
pub struct Journal {
    file: File,
    end: u64,
    places: Vec<Place>,
}

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The file system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no journal.
    #[error("it is no journal of brownout")]
    Foreign,
    /// It belongs to another experiment.
    #[error("it belongs to another experiment")]
    Other,
}

impl Journal {
    /// Opens the journal of this experiment, or begins one. Gives the number of bytes at its end that were no whole record and
    /// have been cut off.
    pub fn open(path: &Path, id: &Id) -> Result<(Journal, u64), Refused> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let size = file.metadata()?.len();
        if size < HEAD {
            // Killed before the head was whole, or new.
            let mut found = Vec::new();
            file.read_to_end(&mut found)?;
            let head = [&MAGIC[..], &id[..]].concat();
            if !head.starts_with(&found) {
                return Err(Refused::Foreign);
            }
            file.set_len(0)?;
            file.write_all(&head)?;
        }
        let (places, end) = scan(&file, id)?;
        let cut = file.metadata()?.len() - end;
        if cut > 0 {
            file.set_len(end)?;
        }
        Ok((Journal { file, end, places }, cut))
    }

    /// Reads the journal of this experiment as far as it is whole, and leaves it as it is; `None` if there is none yet. Somebody
    /// may be writing to it meanwhile.
    pub fn read(path: &Path, id: &Id) -> Result<Option<Journal>, Refused> {
        let file = match File::open(path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        if file.metadata()?.len() < HEAD {
            return Ok(None);
        }
        let (places, end) = scan(&file, id)?;
        Ok(Some(Journal { file, end, places }))
    }

    /// The units in it, in the order in which they came in.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        self.places.iter().map(|it| it.unit)
    }

    /// Adds a record. If that fails the journal is as it was before.
    pub fn append(&mut self, record: &Record) -> io::Result<()> {
        let bytes = record.bytes();
        let length = u32::try_from(bytes.len()).ok().filter(|it| *it <= RECORD_BYTES_MAX);
        let length = length.ok_or_else(|| io::Error::other("the record of a run is larger than a gigabyte"))?;
        let frame = [&length.to_le_bytes()[..], &check(&bytes)[..], &bytes[..]].concat();
        if let Err(why) = self.file.write_all(&frame) {
            // A full disk may have taken half of it.
            self.file.set_len(self.end)?;
            return Err(why);
        }
        self.places.push(Place {
            unit: record.unit,
            at: self.end,
            length,
        });
        self.end += frame.len() as u64;
        Ok(())
    }

    /// Removes all records.
    pub fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(HEAD)?;
        self.end = HEAD;
        self.places.clear();
        Ok(())
    }

    /// Makes sure that everything is on the disk, and not only with the operating system.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// The records in the order of their units.
    pub fn records(&mut self) -> Records<'_> {
        self.places.sort_by_key(|it| it.unit);
        Records {
            file: &self.file,
            places: self.places.iter(),
        }
    }
}

/// The records of a journal, in the order of their units.
#[derive(Debug)]
pub struct Records<'a> {
    file: &'a File,
    places: std::slice::Iter<'a, Place>,
}

impl Iterator for Records<'_> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<io::Result<Record>> {
        let place = self.places.next()?;
        Some(read_at(self.file, place))
    }
}

fn read_at(mut file: &File, place: &Place) -> io::Result<Record> {
    let mut bytes = vec![0; place.length as usize];
    file.seek(SeekFrom::Start(place.at + 12))?;
    file.read_exact(&mut bytes)?;
    Record::from_bytes(&bytes).ok_or_else(|| io::Error::other("a record has changed since it was read last"))
}

/// Finds the whole records, and where they end.
fn scan(file: &File, id: &Id) -> Result<(Vec<Place>, u64), Refused> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    reader.seek(SeekFrom::Start(0))?;
    let mut head = [0; HEAD as usize];
    reader.read_exact(&mut head)?;
    if head[..16] != MAGIC {
        return Err(Refused::Foreign);
    }
    if head[16..] != id[..] {
        return Err(Refused::Other);
    }
    let (mut places, mut end) = (Vec::new(), HEAD);
    let mut bytes = Vec::new();
    while let Some(record) = next(&mut reader, &mut bytes)? {
        let length = bytes.len() as u32;
        places.push(Place {
            unit: record.unit,
            at: end,
            length,
        });
        end += 12 + u64::from(length);
    }
    Ok((places, end))
}

/// The next whole record; `None` if there is none, or half of one.
fn next(reader: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Option<Record>> {
    let mut head = [0; 12];
    if !fill(reader, &mut head)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(head[..4].try_into().expect("four of twelve bytes"));
    if length > RECORD_BYTES_MAX {
        return Ok(None);
    }
    bytes.clear();
    reader.take(u64::from(length)).read_to_end(bytes)?;
    if bytes.len() < length as usize || check(bytes) != head[4..] {
        return Ok(None);
    }
    Ok(Record::from_bytes(bytes))
}

/// Fills the whole buffer; false if the file ends before.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(why) => Err(why),
    }
}

fn check(bytes: &[u8]) -> [u8; 8] {
    let hash = Sha256::digest(bytes);
    hash[..8].try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::super::unit::tests::record;
    use super::*;

    const ID: Id = [7; 32];

    fn filled(folder: &Path) -> (std::path::PathBuf, Vec<Record>) {
        let path = folder.join("journal.bin");
        let records = vec![record(2, 0, 1), record(0, 1, 2), record(1, 0, 3), record(0, 0, 4)];
        let (mut journal, cut) = Journal::open(&path, &ID).unwrap();
        assert_eq!(cut, 0);
        records.iter().for_each(|it| journal.append(it).unwrap());
        journal.sync().unwrap();
        (path, records)
    }

    fn all(journal: &mut Journal) -> Vec<Record> {
        journal.records().map(Result::unwrap).collect()
    }

    #[test]
    fn records_come_back_in_the_order_of_their_units() {
        let folder = tempfile::tempdir().unwrap();
        let (path, mut records) = filled(folder.path());
        let (mut journal, cut) = Journal::open(&path, &ID).unwrap();
        assert_eq!(cut, 0);
        records.sort_by_key(|it| it.unit);
        assert_eq!(all(&mut journal), records);
        journal.append(&record(9, 9, 9)).unwrap();
        assert_eq!(all(&mut journal).len(), 5);
    }

    #[test]
    fn cut_anywhere_it_keeps_what_was_whole_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (path, records) = filled(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = records
            .iter()
            .scan(HEAD as usize, |end, it| {
                *end += 12 + it.bytes().len();
                Some(*end)
            })
            .collect();
        for length in 0..=bytes.len() {
            let cut_path = folder.path().join("cut.bin");
            std::fs::write(&cut_path, &bytes[..length]).unwrap();
            let (mut journal, cut) = Journal::open(&cut_path, &ID).unwrap();
            let whole = ends.iter().filter(|it| **it <= length).count();
            assert_eq!(journal.units().count(), whole, "cut at {length}");
            if length >= HEAD as usize {
                let end = if whole == 0 { HEAD as usize } else { ends[whole - 1] };
                assert_eq!(cut as usize, length - end);
            }
            let more = record(8, 8, 8);
            journal.append(&more).unwrap();
            assert!(all(&mut journal).contains(&more));
            let (journal, cut) = Journal::open(&cut_path, &ID).unwrap();
            assert_eq!((journal.units().count(), cut), (whole + 1, 0));
        }
    }

    #[test]
    fn a_changed_byte_ends_the_journal_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, records) = filled(folder.path());
        let mut bytes = std::fs::read(&path).unwrap();
        let second = HEAD as usize + 12 + records[0].bytes().len() + 20;
        bytes[second] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let (journal, cut) = Journal::open(&path, &ID).unwrap();
        assert_eq!(journal.units().collect::<Vec<_>>(), [records[0].unit]);
        assert!(cut > 0);
    }

    #[test]
    fn another_experiment_and_another_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = filled(folder.path());
        assert!(matches!(Journal::open(&path, &[8; 32]), Err(Refused::Other)));
        for foreign in ["x", "something else altogether, and long enough to be one"] {
            std::fs::write(&path, foreign).unwrap();
            assert!(matches!(Journal::open(&path, &ID), Err(Refused::Foreign)));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign, "it is left alone");
        }
    }
}
