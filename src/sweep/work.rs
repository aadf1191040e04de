//! Makes the units of a queue on all cores, and hands each to the folder as soon as it is finished.
//!
//! Of each point and variant the model is built once, when its first unit is taken, and let go when the point asks for no more.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use brownout_scenarios::Compiled;
use brownout_sim_core::engine::Limits;
use brownout_sim_core::measure::{Evaluator, Measured, Value, Wiring};
use brownout_sim_core::observe::Record as Recording;
use brownout_sim_core::results::RunResult;

use super::queue::Queue;
use crate::comparison::value_of;
use crate::exit::Failure;
use crate::experiment::{self, panic_message};
use crate::progress::Progress;
use crate::store::folder::Folder;
use crate::store::record;
use crate::store::unit::{Done, Ended, Record, Unit};

/// How often finished units are made safe against a loss of power.
const SYNC: Duration = Duration::from_secs(2);

/// Hands out the system of a point and a variant.
pub type Compile<'a> = &'a (dyn Fn(u32, u32) -> Result<Compiled, Failure> + Sync);

/// How units are made.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// The systems.
    pub compile: Compile<'a>,
    /// What is kept of each run as a number.
    pub measures: &'a [String],
    /// Seed of the first replication, if it is not the one of the system.
    pub seed: Option<u64>,
    /// When a run is given up.
    pub limits: Limits,
    /// Whether timelines and changes of state are kept.
    pub detail: bool,
    /// How many threads; `None` is one for each core.
    pub threads: Option<usize>,
}

/// The system of a point and a variant, ready to run.
pub struct System {
    /// The variant at the point.
    pub compiled: Compiled,
    wiring: Wiring,
    recording: Recording,
    values: Vec<Option<Value>>,
}

impl Work<'_> {
    /// Builds the system of a point and a variant.
    pub fn system(&self, point: u32, variant: u32) -> Result<System, Failure> {
        let compiled = (self.compile)(point, variant)?;
        let values: Vec<Option<Value>> = self.measures.iter().map(|it| value_of(it, &compiled)).collect();
        let recording = Recording {
            checkpoints: Some(experiment::stretch(&compiled)),
            ..if self.detail {
                Recording::ALL
            } else {
                experiment::needs_of(&values).record
            }
        };
        Ok(System {
            wiring: Wiring::of(&compiled.model),
            compiled,
            recording,
            values,
        })
    }

    /// Makes one unit; `None` if it was told to stop.
    pub fn unit(&self, system: &System, unit: Unit, stop: &dyn Fn() -> bool, progress: &Progress) -> Option<Record> {
        let seed = self.seed.unwrap_or(system.compiled.seed) + u64::from(unit.replication);
        let run = || experiment::one(&system.compiled, seed, &system.recording, &self.limits, stop, progress);
        let ended = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(result))) => Ended::Done(self.keep(system, &result)),
            Ok(Err((why, _))) => Ended::Failed(why),
            Err(panic) => Ended::Failed(format!("internal error: {}", panic_message(&*panic))),
        };
        Some(Record { unit, seed, ended })
    }

    fn keep(&self, system: &System, result: &RunResult) -> Done {
        let evaluator = Evaluator::new(result, &system.wiring);
        let value = |it: &Option<Value>| it.as_ref().map(|it| evaluator.value(it, None));
        let values: Vec<Option<Measured>> = system.values.iter().map(value).collect();
        record::done(&system.compiled, result, &values, self.detail)
    }
}

/// A system that is built when it is needed first.
type Slot = Arc<OnceLock<Result<System, Failure>>>;

/// What the threads share.
struct Shared<'a> {
    queue: Queue<'a>,
    systems: HashMap<(u32, u32), Slot>,
    folder: Folder,
    synced: Instant,
    failure: Option<Failure>,
}

/// Makes all units that are left. Gives the folder back, and whether everything is in it; not so after an interruption.
pub fn work(
    work: &Work<'_>,
    queue: Queue<'_>,
    folder: Folder,
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<(Folder, bool), Failure> {
    let pool = experiment::pool(work.threads)?;
    let broken = AtomicBool::new(false);
    let stop = || interrupt.load(Ordering::Relaxed) || broken.load(Ordering::Relaxed);
    let shared = Mutex::new(Shared {
        queue,
        systems: HashMap::new(),
        folder,
        synced: Instant::now(),
        failure: None,
    });
    let more = Condvar::new();
    pool.broadcast(|_| {
        while let Some((unit, slot)) = next(&shared, &more, &stop) {
            let system = slot.get_or_init(|| work.system(unit.point, unit.variant));
            let outcome = match system {
                Ok(system) => Ok(work.unit(system, unit, &stop, progress)),
                Err(why) => Err(why.clone()),
            };
            let mut shared = shared.lock().expect("nothing panics while it holds this lock");
            let kept = outcome.and_then(|it| it.map_or(Ok(()), |it| shared.keep(&it)));
            if let Err(why) = kept {
                broken.store(true, Ordering::Relaxed);
                shared.failure.get_or_insert(why);
            }
            drop(shared);
            more.notify_all();
        }
    });
    let shared = shared.into_inner().expect("nothing panicked while it held this lock");
    match shared.failure {
        Some(why) => Err(why),
        None => Ok((shared.folder, shared.queue.is_finished())),
    }
}

impl Shared<'_> {
    /// Keeps a finished unit, and lets go of the systems that nobody needs any more.
    fn keep(&mut self, record: &Record) -> Result<(), Failure> {
        self.folder.append(record)?;
        self.queue.done(record);
        for point in self.queue.closed() {
            self.systems.retain(|it, _| it.0 != point);
        }
        if self.synced.elapsed() > SYNC {
            self.folder.sync()?;
            self.synced = Instant::now();
        }
        Ok(())
    }
}

/// The next unit and its system. Waits while none is ready, but may become so; `None` if all is done or everybody should stop.
fn next(shared: &Mutex<Shared<'_>>, more: &Condvar, stop: &dyn Fn() -> bool) -> Option<(Unit, Slot)> {
    let mut guard = shared.lock().expect("nothing panics while it holds this lock");
    loop {
        if stop() || guard.queue.is_finished() {
            return None;
        }
        if let Some(unit) = guard.queue.take() {
            let slot = guard.systems.entry((unit.point, unit.variant)).or_default().clone();
            return Some((unit, slot));
        }
        if guard.queue.is_finished() {
            return None;
        }
        // A wait without an end would not see Ctrl-C.
        let waited = more.wait_timeout(guard, Duration::from_millis(100));
        guard = waited.expect("nothing panics while it holds this lock").0;
    }
}
