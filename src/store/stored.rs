//! A results folder being read: finished or not, its records come in the order of their units.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::{self, MANIFEST, Text};
use super::journal::{Journal, Refused};
use super::manifest::{ENGINE, FileHash, Manifest, State};
use super::tables::{Layout, Records};
use super::unit::Record;
use crate::exit::Failure;

/// A results folder.
#[derive(Debug)]
pub struct Stored {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    layout: Layout,
    journal: Option<Journal>,
}

impl Stored {
    /// Opens a folder to read it. The texts and tables must be those that the manifest says.
    pub fn open(path: &Path) -> Result<Stored, Failure> {
        let shown = path.display();
        if !path.is_dir() {
            let what = if path.exists() {
                "a file, not a results folder"
            } else {
                "not there"
            };
            return Err(Failure::usage(format!("`{shown}` is {what}")));
        }
        let Some(manifest) = folder::manifest(path)? else {
            return Err(
                Failure::usage(format!("`{shown}` is no results folder: it has no `{MANIFEST}`"))
                    .help("`brownout run FILE -o DIR` and `brownout sweep run STUDY -o DIR` make such folders"),
            );
        };
        for file in &manifest.files {
            if manifest.state == State::Running && !path.join(&file.name).exists() {
                return Err(
                    Failure::usage(format!("what was begun in `{shown}` was stopped before anything ran"))
                        .help("give the same command again"),
                );
            }
            check(path, file)?;
        }
        let journal = match manifest.state {
            State::Running => journal(path, &manifest)?,
            State::Interrupted | State::Finished => None,
        };
        Ok(Stored {
            path: path.to_path_buf(),
            layout: manifest.experiment.layout(),
            manifest,
            journal,
        })
    }

    /// A text that is kept with the results.
    pub fn text(&self, name: &str) -> Result<Text, Failure> {
        let path = self.path.join(name);
        let bytes =
            fs::read(&path).map_err(|why| Failure::system(format!("cannot read `{}`: {why}", path.display())))?;
        Ok(Text {
            name: name.to_owned(),
            bytes,
        })
    }

    /// Refuses results of another engine where the runs must be made again.
    pub fn same_engine(&self) -> Result<(), Failure> {
        if self.manifest.engine == ENGINE {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "the results in `{}` are by brownout {}; this is {ENGINE}, whose runs may differ",
            self.path.display(),
            self.manifest.engine
        ))
        .help(format!(
            "install that version: `cargo install brownout --version {}`",
            self.manifest.engine
        )))
    }

    /// The records, in the order of their units.
    pub fn records(&mut self) -> Result<Box<dyn Iterator<Item = Result<Record, Failure>> + '_>, Failure> {
        let shown = self.path.display().to_string();
        if let Some(journal) = &mut self.journal {
            let broken =
                move |why: std::io::Error| Failure::system(format!("cannot read the journal in `{shown}`: {why}"));
            return Ok(Box::new(journal.records().map(move |it| it.map_err(&broken))));
        }
        if self.manifest.state == State::Running {
            return Ok(Box::new(std::iter::empty()));
        }
        let broken = move |why: super::tables::Broken| {
            Failure::system(format!("in `{shown}`, {why}")).help(
            "the tables have been changed since they were written: restore the folder, or remove it and make it again",
        )
        };
        let records = Records::open(&self.path, &self.layout).map_err(&broken)?;
        Ok(Box::new(records.map(move |it| it.map_err(&broken))))
    }
}

/// The journal of a folder that is not finished, read without disturbing who works on it; `None` if nothing is in it yet.
fn journal(path: &Path, manifest: &Manifest) -> Result<Option<Journal>, Failure> {
    match Journal::read(&path.join(folder::JOURNAL), &manifest.experiment.id()) {
        Ok(journal) => Ok(journal),
        Err(Refused::Io(why)) => Err(Failure::system(format!(
            "cannot read the journal in `{}`: {why}",
            path.display()
        ))),
        Err(why) => Err(Failure::usage(format!(
            "the journal in `{}` cannot be read: {why}",
            path.display()
        ))),
    }
}

/// Makes sure that a file is what the manifest says.
fn check(folder: &Path, file: &FileHash) -> Result<(), Failure> {
    let path = folder.join(&file.name);
    let cure = "restore it from a copy, or remove the folder and make it again";
    let bytes = fs::read(&path).map_err(|why| {
        Failure::system(format!(
            "cannot read `{}`, which the manifest names: {why}",
            path.display()
        ))
        .help(cure)
    })?;
    let found = FileHash::of(&file.name, &bytes);
    if found == *file {
        return Ok(());
    }
    let how = if found.bytes < file.bytes {
        format!("it has {} of {} bytes", found.bytes, file.bytes)
    } else {
        "its bytes are others than those that the manifest was written for".to_owned()
    };
    Err(Failure::system(format!("`{}` is damaged or has been changed: {how}", path.display())).help(cure))
}
