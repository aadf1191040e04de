//! A results folder: one writer at a time, and at every moment either whole or to be gone on with.
//!
//! The manifest is written first, saying *running*; then the texts; then every finished unit goes to the journal. At the end the
//! tables are written from the journal, sorted, each under another name first; then the manifest again, saying *finished*; only
//! then is the journal removed. Whatever the moment at which the process ends, the next one finds all that was finished.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

use super::journal::{Journal, Refused};
use super::manifest::{Experiment, FileHash, Manifest, State};
use super::tables::{self, Coordinate, Layout, Tables};
use super::unit::{Ended, Record, Unit};
use crate::exit::Failure;

/// The file that says what the others are.
pub const MANIFEST: &str = "manifest.json";
/// The scenario's text.
pub const SCENARIO: &str = "scenario.toml";
/// The study's text.
pub const STUDY: &str = "study.toml";
/// The folder of the files that the scenario names.
pub const FILES: &str = "files";
pub(super) const JOURNAL: &str = "journal.bin";
/// The folder of the shards of a sweep, each a results folder of its own.
pub const SHARDS: &str = "shards";
const LOCK: &str = ".lock";

/// A text to be kept with the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its name in the folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Experiment {
    /// The layout of its tables.
    pub fn layout(&self) -> Layout {
        Layout {
            variants: self.variants.clone(),
            measures: self.measures.iter().map(|it| it.name.clone()).collect(),
            axes: self.axes.iter().map(|it| it.name.clone()).collect(),
            detail: self.detail,
        }
    }
}

/// What became of opening a folder.
#[derive(Debug)]
pub enum Opened {
    /// It can be worked on.
    Open(Box<Folder>),
    /// Everything has been done already.
    Finished(Box<Manifest>),
}

/// A folder that is being worked on; nobody else can open it meanwhile.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
    journal: Journal,
    /// Bytes that were cut off the journal: of a unit that was being written when the last process ended.
    pub cut: u64,
    _lock: File,
}

fn cannot(what: &str, path: &Path, why: &io::Error) -> Failure {
    let failure = Failure::system(format!("cannot {what} `{}`: {why}", path.display()));
    match why.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => failure.help(
            "nothing is lost: make room and give the same command again, or move the folder and name its new place",
        ),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure.help("choose a folder that you may write to")
        }
        _ => failure,
    }
}

/// Writes a file under another name first, so that it is there whole or not at all.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let target = folder.join(name);
    let temporary = temporary(&target);
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)
    };
    write().map_err(|why| {
        forget(&temporary);
        cannot("write", &target, &why)
    })
}

fn temporary(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.part"))
}

/// Removes a file that has no use any more.
fn forget(path: &Path) {
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => {
            eprintln!("warning: cannot remove `{}`: {why}", path.display())
        }
        _ => (),
    }
}

/// Makes sure that nobody else works on this folder until the handle is dropped.
fn lock(path: &Path) -> Result<File, Failure> {
    fs::create_dir_all(path).map_err(|why| cannot("write to the folder", path, &why))?;
    let file = path.join(LOCK);
    let lock = File::create(&file).map_err(|why| cannot("write to the folder", path, &why))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::system(format!(
            "another brownout is working on `{}`",
            path.display()
        ))
        .help("wait until it has finished, or choose another folder; shards get folders of their own")),
        Err(TryLockError::Error(why)) => Err(cannot("lock", &file, &why)),
    }
}

/// The manifest of a folder; `None` if it has none.
pub fn manifest(path: &Path) -> Result<Option<Manifest>, Failure> {
    let shown = path.display().to_string();
    match fs::read_to_string(path.join(MANIFEST)) {
        Ok(text) => Manifest::parse(&text, &shown).map(Some),
        // Where a file stands in the way, making the folder will tell.
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(why) => Err(cannot("read", &path.join(MANIFEST), &why)),
    }
}

impl Folder {
    /// Opens a folder for an experiment or a shard of it: a new one, or one in which it was begun. A folder with anything else in
    /// it is refused and left as it is.
    pub fn open(path: &Path, experiment: &Experiment, shard: Option<&str>, texts: &[Text]) -> Result<Opened, Failure> {
        let lock = lock(path)?;
        let wanted = Manifest::new(experiment.clone(), shard.map(str::to_owned));
        match manifest(path)? {
            Some(found) => {
                same(path, &found, &wanted)?;
                if found.state != State::Running {
                    forget(&path.join(JOURNAL));
                    return Ok(Opened::Finished(Box::new(found)));
                }
            }
            None => {
                empty(path)?;
                replace(path, MANIFEST, wanted.text().as_bytes())?;
            }
        }
        for text in texts {
            if let Some(folder) = path.join(&text.name).parent() {
                fs::create_dir_all(folder).map_err(|why| cannot("write to the folder", folder, &why))?;
            }
            replace(path, &text.name, &text.bytes)?;
        }
        let (journal, cut) = open_journal(path, &wanted.experiment)?;
        Ok(Opened::Open(Box::new(Folder {
            path: path.to_path_buf(),
            manifest: wanted,
            journal,
            cut,
            _lock: lock,
        })))
    }

    /// The units that are finished, in the order in which they came in.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        self.journal.units()
    }

    /// The finished units in their order.
    pub fn records(&mut self) -> impl Iterator<Item = Result<Record, Failure>> {
        let path = self.path.join(JOURNAL);
        self.journal
            .records()
            .map(move |it| it.map_err(|why| cannot("read", &path, &why)))
    }

    /// Keeps a finished unit.
    pub fn append(&mut self, record: &Record) -> Result<(), Failure> {
        let written = self.journal.append(record);
        written.map_err(|why| cannot("write", &self.path.join(JOURNAL), &why))
    }

    /// Forgets all finished units.
    pub fn clear(&mut self) -> Result<(), Failure> {
        let cleared = self.journal.clear();
        cleared.map_err(|why| cannot("write", &self.path.join(JOURNAL), &why))
    }

    /// Makes what is kept safe against a loss of power.
    pub fn sync(&self) -> Result<(), Failure> {
        let synced = self.journal.sync();
        synced.map_err(|why| cannot("write", &self.path.join(JOURNAL), &why))
    }

    /// Writes a file beside the tables.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        replace(&self.path, name, bytes)?;
        self.manifest.files.push(FileHash::of(name, bytes));
        Ok(())
    }

    /// Writes the tables from the journal, and says that the folder is finished. `coordinates` tells where a point is.
    pub fn finish(mut self, state: State, coordinates: &dyn Fn(u32) -> Vec<Coordinate>) -> Result<Manifest, Failure> {
        self.sync()?;
        let layout = self.manifest.experiment.layout();
        let (mut units, mut failed) = (0, 0);
        let path = self.path.clone();
        let broken = |why: ParquetError| match why {
            ParquetError::External(why) => match why.downcast::<io::Error>() {
                Ok(why) => cannot("write the tables in", &path, &why),
                Err(why) => Failure::system(format!("cannot write the tables in `{}`: {why}", path.display())),
            },
            why => Failure::system(format!("cannot write the tables in `{}`: {why}", path.display())),
        };
        let mut open = |name: &'static str| File::create(temporary(&path.join(name))).map(BufWriter::new);
        let mut write = || -> Result<Vec<(&'static str, BufWriter<File>)>, Failure> {
            let mut tables = Tables::new(&layout, coordinates, &mut open).map_err(broken)?;
            for record in self.journal.records() {
                let record = record.map_err(|why| cannot("read", &self.path.join(JOURNAL), &why))?;
                units += 1;
                failed += u64::from(matches!(record.ended, Ended::Failed(_)));
                tables.push(&record).map_err(broken)?;
            }
            tables.finish().map_err(broken)
        };
        let written = write().inspect_err(|_| {
            let all = tables::Table::of(&layout).iter();
            all.for_each(|it| forget(&temporary(&path.join(it.file()))));
        })?;
        for (name, file) in written {
            let target = self.path.join(name);
            let close = || -> io::Result<()> {
                file.into_inner().map_err(|why| why.into_error())?.sync_all()?;
                fs::rename(temporary(&target), &target)
            };
            close().map_err(|why| cannot("write", &target, &why))?;
            let bytes = fs::read(&target).map_err(|why| cannot("read", &target, &why))?;
            self.manifest.files.push(FileHash::of(name, &bytes));
        }
        self.manifest.state = state;
        self.manifest.units = units;
        self.manifest.failed = failed;
        replace(&self.path, MANIFEST, self.manifest.text().as_bytes())?;
        forget(&self.path.join(JOURNAL));
        Ok(self.manifest)
    }
}

fn open_journal(path: &Path, experiment: &Experiment) -> Result<(Journal, u64), Failure> {
    let file = path.join(JOURNAL);
    Journal::open(&file, &experiment.id()).map_err(|why| match why {
        Refused::Io(why) => cannot("read", &file, &why),
        why => Failure::usage(format!("cannot go on with `{}`: {why}", file.display()))
            .help("choose another folder; this one is left as it is"),
    })
}

/// Refuses a folder that holds something of somebody else under a name that is needed.
fn empty(path: &Path) -> Result<(), Failure> {
    let entries = fs::read_dir(path).map_err(|why| cannot("read the folder", path, &why))?;
    for entry in entries {
        let name = entry.map_err(|why| cannot("read the folder", path, &why))?.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && name != SHARDS {
            return Err(Failure::usage(format!(
                "`{}` is no results folder, and it is not empty: it holds `{name}`",
                path.display()
            ))
            .help("name a new folder"));
        }
    }
    Ok(())
}

/// Makes sure that a folder is of the wanted experiment.
fn same(path: &Path, found: &Manifest, wanted: &Manifest) -> Result<(), Failure> {
    let shown = path.display();
    let refuse = |what: String| {
        Err(Failure::usage(format!("`{shown}` holds other results: {what}"))
            .help("choose another folder, or remove this one if it is no longer needed"))
    };
    if found.engine != wanted.engine {
        return refuse(format!(
            "they are by brownout {}, and this is {}",
            found.engine, wanted.engine
        ));
    }
    if let Some(what) = found.experiment.difference(&wanted.experiment) {
        return refuse(format!("they differ in {what}"));
    }
    if found.shard != wanted.shard {
        let part = |it: &Option<String>| it.as_ref().map_or("the whole".to_owned(), |it| format!("shard {it}"));
        return refuse(format!(
            "they are {}, and this is {}",
            part(&found.shard),
            part(&wanted.shard)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
