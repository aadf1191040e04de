//! How much work a sweep is, before any of it is done: units, events, and time on this machine.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use brownout_sim_core::engine::{self, Limits};

use super::project::Project;
use super::queue::Extent;
use super::work::Work;
use crate::exit::Failure;
use crate::experiment;

/// What a sweep will take.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Units at least.
    pub least: u64,
    /// Units at most; the same if their number is fixed.
    pub most: u64,
    /// Events of the least number of units, from the arithmetic of capacities.
    pub events: f64,
    /// The largest number of events of one run, and the point where that is.
    pub largest: (f64, u32),
    /// Seconds on one core, at the speed of a stretch of the first run.
    pub core_seconds: f64,
}

/// What the threads have found: events of a run by cell, and the first cell that cannot be built.
#[derive(Default)]
struct Sums {
    estimates: Vec<(u32, f64)>,
    failure: Option<(u32, Failure)>,
}

/// How many events the speed is measured over, at most.
const TRIAL_EVENTS: u64 = 500_000;

/// How long it is measured, if runs are short.
const TRIAL_TIME: Duration = Duration::from_millis(50);

/// Builds every system once, which also shows that every point can be built, and adds up what each will take.
pub fn forecast(project: &Project, extent: &Extent, work: &Work<'_>, stop: &AtomicBool) -> Result<Forecast, Failure> {
    let cells = u64::from(extent.points) * u64::from(extent.variants);
    let next = AtomicU32::new(0);
    let count = u32::try_from(cells).map_err(|_| Failure::usage("these are more points than anybody will wait for"))?;
    let sums: Mutex<Sums> = Mutex::default();
    let pool = experiment::pool(work.threads)?;
    pool.broadcast(|_| {
        while !stop.load(Ordering::Relaxed) {
            let cell = next.fetch_add(1, Ordering::Relaxed);
            if cell >= count {
                return;
            }
            let compiled = project.compile(cell / extent.variants, cell % extent.variants);
            let mut sums = sums.lock().expect("nothing panics while it holds this lock");
            match compiled {
                Ok(it) => sums.estimates.push((cell, it.events_estimate)),
                Err(why) => {
                    if sums.failure.as_ref().is_none_or(|it| cell < it.0) {
                        sums.failure = Some((cell, why));
                    }
                }
            }
        }
    });
    let Sums { mut estimates, failure } = sums.into_inner().expect("nothing panicked while it held this lock");
    if let Some((_, why)) = failure {
        return Err(why);
    }
    // Sums of floats depend on their order.
    estimates.sort_by_key(|it| it.0);
    let whole = extent.least_units() as f64 / (cells as f64).max(1.0);
    let largest = estimates.iter().fold((0.0, 0), |largest: (f64, u32), (cell, events)| {
        if *events > largest.0 {
            (*events, cell / extent.variants)
        } else {
            largest
        }
    });
    let events = estimates.iter().map(|it| it.1).sum::<f64>() * whole;
    Ok(Forecast {
        least: extent.least_units(),
        most: extent.units(),
        events,
        largest,
        core_seconds: events * seconds_per_event(project)?,
    })
}

/// The time of an event, from the beginning of a run, or from many if they are short.
fn seconds_per_event(project: &Project) -> Result<f64, Failure> {
    let compiled = project.compile(0, 0)?;
    let limits = Limits {
        events: TRIAL_EVENTS,
        ..Limits::default()
    };
    let recording = brownout_sim_core::observe::Record::default();
    let begin = Instant::now();
    let mut events = 0;
    for seed in compiled.seed.. {
        let ended = engine::run(&compiled.model, seed, &recording, &limits, &mut ());
        events += ended.map_or(TRIAL_EVENTS, |it| it.events).max(1);
        if events >= TRIAL_EVENTS || begin.elapsed() > TRIAL_TIME {
            break;
        }
    }
    Ok(begin.elapsed().max(Duration::from_nanos(1)).as_secs_f64() / events as f64)
}
