//! Joins results folders of one study: by unit, so that any number of shards in any order gives the same bytes.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use brownout_sim_core::engine::Limits;
use brownout_sim_core::time::Span;

use super::difference::{Difference, difference};
use super::project::{Keep, Project};
use super::queue::Queue;
use super::work::Work;
use crate::exit::{Exit, Failure};
use crate::progress::{Progress, Show};
use crate::store::folder::SHARDS;
use crate::store::stored::Stored;
use crate::store::unit::{Record, Unit};

/// The results folders that a path means: itself, or the shards in it.
pub fn folders(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let shards = path.join(SHARDS);
    if !shards.is_dir() {
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
    project: &'a Project,
    keep: Keep,
    last: Option<(Record, usize)>,
}

struct Source<'a> {
    path: PathBuf,
    records: Peekable<Box<dyn Iterator<Item = Result<Record, Failure>> + 'a>>,
}

impl<'a> Joined<'a> {
    /// Begins to read.
    pub fn new(folders: &'a mut [Stored], project: &'a Project) -> Result<Joined<'a>, Failure> {
        let asked = &folders[0].manifest.experiment;
        let keep = Keep {
            limits: Limits {
                events: asked.events_max,
                live: asked.live_max,
            },
            detail: asked.detail,
        };
        let source = |it: &'a mut Stored| {
            Ok(Source {
                path: it.path.clone(),
                records: it.records()?.peekable(),
            })
        };
        Ok(Joined {
            sources: folders.iter_mut().map(source).collect::<Result<_, Failure>>()?,
            project,
            keep,
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
                Some(Ok(record)) if first.is_none_or(|it| record.unit < it.0) => first = Some((record.unit, at)),
                Some(Ok(_)) => (),
            }
        }
        let (_, at) = first?;
        self.sources[at].records.next().map(|it| it.map(|it| (it, at)))
    }
}

impl Joined<'_> {
    /// Two folders say different things of one unit: from when on, and what this machine says.
    fn conflict(&self, parts: [(&Record, &Path); 2], found: &Difference) -> Failure {
        let (record, _) = parts[0];
        let Unit {
            point,
            variant,
            replication,
        } = record.unit;
        let (one, other) = (parts[0].1.display(), parts[1].1.display());
        let here = match self.again(record) {
            None => String::new(),
            Some(here) => match parts.iter().find(|it| it.0.bytes() == here.bytes()) {
                Some((_, path)) => format!("; made again here, it is as in `{}`", path.display()),
                None => "; made again here, it is as in neither".to_owned(),
            },
        };
        Failure {
            exit: Exit::Differs,
            message: format!(
                "`{one}` and `{other}` hold different results of one run (point {point}, variant {variant}, replication {replication}, \
                 seed {}): {}{here}",
                record.seed,
                found.tell(&self.project.measures)
            ),
            help: Some(
                "the same run gives the same bytes on every machine, so one of them is damaged or was made by a changed engine: \
                 `brownout verify DIR` looks at all runs of a folder"
                    .to_owned(),
            ),
            rendered: false,
        }
    }

    /// Makes a unit again.
    fn again(&self, record: &Record) -> Option<Record> {
        let compile = |point: u32, variant: u32| self.project.compile(point, variant);
        let work = Work {
            compile: &compile,
            measures: &self.project.measures,
            seed: None,
            limits: self.keep.limits,
            detail: self.keep.detail,
            threads: None,
        };
        let system = work.system(record.unit.point, record.unit.variant).ok()?;
        let progress = Progress::new(Show::None, 1, Span::ZERO);
        work.unit(&system, record.unit, &|| false, &progress)
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
                let parts = [
                    (last, self.sources[*before].path.as_path()),
                    (&record, self.sources[from].path.as_path()),
                ];
                return Some(Err(self.conflict(parts, &found)));
            }
        }
    }
}

/// What is missing in these folders, and what they hold that is not of the study.
pub fn missing(project: &Project, folders: &mut [Stored]) -> Result<(Vec<Unit>, BTreeSet<Unit>), Failure> {
    let goals = |values: &_| project.is_content(values);
    let mut queue = Queue::new(project.extent(None), &goals);
    let joined = Joined::new(folders, project)?;
    for record in joined {
        queue.knows(&record?);
    }
    let mut missing = Vec::new();
    while let Some(unit) = queue.take() {
        missing.push(unit);
    }
    Ok((missing, queue.strangers()))
}
