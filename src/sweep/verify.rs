//! Makes stored runs again and compares them with what is stored.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use brownout_scenarios::{Compiled, Scenario};
use brownout_sim_core::engine::Limits;

use super::difference::{Difference, difference};
use super::project::Project;
use super::work::{System, Work};
use crate::exit::Failure;
use crate::experiment;
use crate::progress::Progress;
use crate::store::folder::SCENARIO;
use crate::store::manifest::Kind;
use crate::store::record;
use crate::store::stored::Stored;
use crate::store::unit::{Record, Unit};

/// The systems behind a results folder, from the texts in it.
pub enum Origin {
    /// A `run` or a `compare`.
    Scenario(Box<Scenario>, Vec<String>),
    /// A sweep.
    Study(Box<Project>),
}

impl Origin {
    /// Of a folder.
    pub fn of(stored: &Stored) -> Result<Origin, Failure> {
        let asked = &stored.manifest.experiment;
        if asked.kind == Kind::Sweep {
            return Project::stored(stored).map(|it| Origin::Study(Box::new(it)));
        }
        let text = stored.text(SCENARIO)?;
        let files = |name: &str| {
            stored
                .text(&record::place(name))
                .map(|it| it.bytes)
                .map_err(|it| it.message)
        };
        let scenario = load(&asked.scenario, SCENARIO, &text.bytes, stored, &files)?;
        Ok(Origin::Scenario(Box::new(scenario), asked.variants.clone()))
    }

    /// A variant at a point.
    pub fn compile(&self, point: u32, variant: u32) -> Result<Compiled, Failure> {
        match self {
            Origin::Study(project) => project.compile(point, variant),
            Origin::Scenario(scenario, variants) => scenario
                .compile(&variants[variant as usize])
                .map_err(|it| Failure::diagnostics(it.render(false))),
        }
    }
}

/// A scenario with what `--set` changed when the results were made.
pub fn load(
    name: &str,
    shown: &str,
    bytes: &[u8],
    stored: &Stored,
    files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Scenario, Failure> {
    let sets = stored.manifest.experiment.overrides.iter();
    let sets: Vec<(String, String)> = sets.map(|it| (it.path.clone(), it.value.clone())).collect();
    Scenario::load(name, shown, bytes, &sets, files).map_err(|it| Failure::diagnostics(it.render(false)))
}

/// What a verification found.
#[derive(Debug, PartialEq)]
pub struct Verified {
    /// Runs made again.
    pub runs: u64,
    /// Those that differ, in order, and how.
    pub different: Vec<(Unit, u64, Difference)>,
    /// Whether the user interrupted before all were made.
    pub interrupted: bool,
}

/// Which of so many runs to make again, spread evenly; all if fewer than asked for.
pub fn sample(count: usize, most: Option<usize>) -> Vec<usize> {
    match most {
        Some(most) if most < count => (0..most).map(|it| it * count / most).collect(),
        _ => (0..count).collect(),
    }
}

/// Makes runs again and compares them. Timelines and changes of state are made again where they are stored.
pub fn verify(
    stored: &mut Stored,
    origin: &(dyn Fn(u32, u32) -> Result<Compiled, Failure> + Sync),
    most: Option<usize>,
    threads: Option<usize>,
    interrupt: &AtomicBool,
    progress: &dyn Fn(u32) -> Progress,
) -> Result<Verified, Failure> {
    let asked = stored.manifest.experiment.clone();
    let measures: Vec<String> = asked.measures.iter().map(|it| it.name.clone()).collect();
    let work = Work {
        compile: origin,
        measures: &measures,
        seed: (asked.kind != Kind::Sweep).then_some(asked.seed),
        limits: Limits {
            events: asked.events_max,
            live: asked.live_max,
        },
        detail: asked.detail,
        threads,
    };
    let count = usize::try_from(stored.manifest.units).unwrap_or(usize::MAX);
    let chosen = sample(count, most);
    let mut wanted = chosen.iter().copied().peekable();
    let mut records: Vec<Record> = Vec::with_capacity(chosen.len());
    for (at, record) in stored.records()?.enumerate() {
        let record = record?;
        // Of a folder that is not finished the number of units is not known.
        if count == 0 || wanted.next_if_eq(&at).is_some() {
            records.push(record);
        }
    }
    let progress = progress(u32::try_from(records.len()).unwrap_or(u32::MAX));
    let found = again(&work, &records, interrupt, &progress);
    progress.clear();
    found
}

/// What the threads have found.
#[derive(Default)]
struct Found {
    runs: u64,
    different: Vec<(usize, Difference)>,
    failure: Option<Failure>,
}

type Slot = OnceLock<Result<System, Failure>>;

fn again(
    work: &Work<'_>,
    records: &[Record],
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<Verified, Failure> {
    let pool = experiment::pool(work.threads)?;
    let next = AtomicUsize::new(0);
    let broken = AtomicBool::new(false);
    let stop = || interrupt.load(Ordering::Relaxed) || broken.load(Ordering::Relaxed);
    let systems: Mutex<HashMap<(u32, u32), Weak<Slot>>> = Mutex::default();
    // A system lives as long as some thread uses it, and neighbours in the order of the units mostly share one.
    let system = |unit: Unit| -> Arc<Slot> {
        let mut systems = systems.lock().expect("nothing panics while it holds this lock");
        let place = systems.entry((unit.point, unit.variant)).or_default();
        place.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Slot::new());
            *place = Arc::downgrade(&new);
            new
        })
    };
    let done: Mutex<Found> = Mutex::default();
    pool.broadcast(|_| {
        let mut mine: Option<((u32, u32), Arc<Slot>)> = None;
        while !stop() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(record) = records.get(at) else { return };
            let key = (record.unit.point, record.unit.variant);
            let slot = match &mine {
                Some((mine, slot)) if *mine == key => slot.clone(),
                _ => system(record.unit),
            };
            mine = Some((key, slot.clone()));
            let outcome = match slot.get_or_init(|| work.system(record.unit.point, record.unit.variant)) {
                Ok(system) => Ok(work.unit(system, record.unit, &stop, progress)),
                Err(why) => Err(why.clone()),
            };
            let mut done = done.lock().expect("nothing panics while it holds this lock");
            match outcome {
                Ok(None) => return,
                Ok(Some(again)) => {
                    done.runs += 1;
                    done.different.extend(difference(record, &again).map(|it| (at, it)));
                }
                Err(why) => {
                    broken.store(true, Ordering::Relaxed);
                    done.failure.get_or_insert(why);
                }
            }
        }
    });
    let Found {
        runs,
        mut different,
        failure,
    } = done.into_inner().expect("nothing panicked while it held this lock");
    if let Some(why) = failure {
        return Err(why);
    }
    different.sort_by_key(|it| it.0);
    let named = |(at, it): (usize, Difference)| (records[at].unit, records[at].seed, it);
    Ok(Verified {
        runs,
        different: different.into_iter().map(named).collect(),
        interrupted: runs < records.len() as u64,
    })
}

/// The scenario of another file, to compare stored runs with.
pub fn against(stored: &Stored, path: &str) -> Result<Scenario, Failure> {
    let source = crate::input::find(path)?;
    let found = std::cell::RefCell::default();
    let files = |name: &str| source.file(name, &found);
    let name = Path::new(path)
        .file_stem()
        .map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    load(&name, &source.shown, &source.bytes, stored, &files)
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn a_sample_is_spread_over_all() {
        assert_eq!(sample(10, Some(4)), [0, 2, 5, 7]);
        assert_eq!(sample(3, Some(9)), [0, 1, 2]);
        assert_eq!(sample(4, None), [0, 1, 2, 3]);
        assert!(sample(0, Some(3)).is_empty());
    }
}
