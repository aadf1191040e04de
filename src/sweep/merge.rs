//! Joins results folders of one study: by unit, so that any number of shards in any order gives the same bytes.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use super::difference::{Difference, difference};
use super::project::Project;
use super::queue::Queue;
use crate::exit::{Exit, Failure};
use crate::store::folder::{MANIFEST, SHARDS};
use crate::store::stored::Stored;
use crate::store::unit::{Record, Unit};

/// The results folders that a path means: itself, or the shards in it.
pub fn folders(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let shards = path.join(SHARDS);
    if path.join(MANIFEST).exists() || !shards.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let fail = |why: std::io::Error| Failure::system(format!("cannot read the folder `{}`: {why}", shards.display()));
    let entries = std::fs::read_dir(&shards).map_err(fail)?;
    let mut found = entries
        .map(|it| it.map(|it| it.path()))
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(fail)?;
    found.retain(|it| it.is_dir());
    found.sort();
    if found.is_empty() {
        return Err(Failure::usage(format!("`{}` holds no shards yet", path.display())));
    }
    Ok(found)
}

/// Opens folders that must be of one study, made by this engine.
pub fn open(paths: &[PathBuf]) -> Result<Vec<Stored>, Failure> {
    let mut all: Vec<Stored> = Vec::new();
    for path in paths {
        let stored = Stored::open(path)?;
        stored.same_engine()?;
        if let Some(first) = all.first()
            && let Some(what) = first.manifest.experiment.difference(&stored.manifest.experiment)
        {
            return Err(Failure::usage(format!(
                "`{}` and `{}` are results of different experiments: they differ in {what}",
                first.path.display(),
                path.display()
            )));
        }
        all.push(stored);
    }
    Ok(all)
}

/// The records of several folders, each unit once, in order. Two of one unit must be equal.
pub struct Joined<'a> {
    sources: Vec<Source<'a>>,
    measures: &'a [String],
    last: Option<(Record, usize)>,
}

struct Source<'a> {
    path: PathBuf,
    records: Peekable<Box<dyn Iterator<Item = Result<Record, Failure>> + 'a>>,
}

impl<'a> Joined<'a> {
    /// Begins to read.
    pub fn new(folders: &'a mut [Stored], measures: &'a [String]) -> Result<Joined<'a>, Failure> {
        let source = |it: &'a mut Stored| {
            Ok(Source {
                path: it.path.clone(),
                records: it.records()?.peekable(),
            })
        };
        Ok(Joined {
            sources: folders.iter_mut().map(source).collect::<Result<_, Failure>>()?,
            measures,
            last: None,
        })
    }

    /// The next record, and which folder it is from.
    fn take(&mut self) -> Option<Result<(Record, usize), Failure>> {
        let mut first: Option<(Unit, usize)> = None;
        for (at, source) in self.sources.iter_mut().enumerate() {
            match source.records.peek() {
                None => (),
                Some(Err(_)) => return source.records.next().map(|it| it.map(|it| (it, at))),
                Some(Ok(record)) => {
                    if first.is_none_or(|it| record.unit < it.0) {
                        first = Some((record.unit, at));
                    }
                }
            }
        }
        let (_, at) = first?;
        self.sources[at].records.next().map(|it| it.map(|it| (it, at)))
    }
}

impl Iterator for Joined<'_> {
    type Item = Result<Record, Failure>;

    fn next(&mut self) -> Option<Result<Record, Failure>> {
        loop {
            let (record, from) = match self.take()? {
                Ok(it) => it,
                Err(why) => return Some(Err(why)),
            };
            let Some((last, before)) = &self.last else {
                self.last = Some((record.clone(), from));
                return Some(Ok(record));
            };
            if last.unit != record.unit {
                self.last = Some((record.clone(), from));
                return Some(Ok(record));
            }
            if let Some(found) = difference(last, &record) {
                let paths = [&self.sources[*before].path, &self.sources[from].path];
                return Some(Err(conflict(&record, &found, paths, self.measures)));
            }
        }
    }
}

/// Two folders say different things of one unit.
fn conflict(record: &Record, found: &Difference, paths: [&PathBuf; 2], measures: &[String]) -> Failure {
    let Unit {
        point,
        variant,
        replication,
    } = record.unit;
    Failure {
        exit: Exit::Differs,
        message: format!(
            "`{}` and `{}` hold different results of one run (point {point}, variant {variant}, replication {replication}, seed \
             {}): {}",
            paths[0].display(),
            paths[1].display(),
            record.seed,
            found.tell(measures)
        ),
        help: Some(
            "the same run gives the same bytes on every machine, so one of them is damaged or was made by a changed engine: \
             `brownout verify DIR` tells which"
                .to_owned(),
        ),
        rendered: false,
    }
}

/// What is missing in these folders, and what they hold that is not of the study.
pub fn missing(project: &Project, folders: &mut [Stored]) -> Result<(Vec<Unit>, BTreeSet<Unit>), Failure> {
    let goals = |values: &_| project.is_content(values);
    let mut queue = Queue::new(project.extent(None), &goals);
    let joined = Joined::new(folders, &project.measures)?;
    for record in joined {
        queue.knows(&record?);
    }
    let mut missing = Vec::new();
    while let Some(unit) = queue.take() {
        missing.push(unit);
    }
    Ok((missing, queue.strangers()))
}
