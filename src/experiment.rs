//! Many runs of one variant, on all cores, merged by index: the same bytes whatever the number of threads.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use brownout_scenarios::Compiled;
use brownout_sim_core::engine::{self, Control, Limits, RunError};
use brownout_sim_core::ids::SiteId;
use brownout_sim_core::measure::{Check, Evaluator, Measured, Needs, Wiring};
use brownout_sim_core::observe::Record;
use brownout_sim_core::results::{RunResult, Timeline};
use brownout_sim_core::time::{SimTime, Span};

use crate::exit::Failure;
use crate::progress::Progress;
use crate::report::points::Points;
use crate::report::story::RunStory;

/// Seeds stay below this, so that every JSON reader keeps them exactly.
pub const SEEDS: u64 = 1 << 53;

/// How to run a variant.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Seed of the first replication.
    pub seed: u64,
    /// How many; their seeds follow each other.
    pub replications: u32,
    /// How many threads; `None` is one for each core.
    pub threads: Option<usize>,
    /// The most events of one run.
    pub events_max: u64,
    /// The most requests, calls and attempts in flight in one run.
    pub live_max: u32,
    /// Keep timelines and transitions with every run.
    pub detail: bool,
    /// Points in time for the report's timeline; 0 if there is none to draw.
    pub columns: usize,
}

/// What an experiment came to.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The replications that finished, in the order of their seeds.
    pub runs: Vec<Replication>,
    /// How many were asked for.
    pub asked: u32,
    /// Whether some are missing because the user interrupted.
    pub interrupted: bool,
}

/// One finished run and what was made of it while its timelines were there.
#[derive(Clone, Debug)]
pub struct Replication {
    /// Its totals; timelines only if they were asked for.
    pub result: RunResult,
    /// By expectation.
    pub checks: Vec<Check>,
    /// By measure.
    pub measures: Vec<Measured>,
    /// What there is to draw.
    pub points: Option<Points>,
    /// What happened to goodput.
    pub story: Option<RunStory>,
}

/// Refuses what would certainly take too long, before anything runs.
pub fn check_estimate(compiled: &Compiled, settings: &Settings) -> Result<(), Failure> {
    if compiled.events_estimate <= settings.events_max as f64 {
        return Ok(());
    }
    let show = |it: f64| brownout_viz::number::show(brownout_viz::number::Unit::Count, it);
    let failure = Failure::usage(format!(
        "one run of `{}` would take about {} events, more than the limit of {}",
        compiled.scenario,
        show(compiled.events_estimate.round()),
        show(settings.events_max as f64)
    ));
    Err(failure.help("lower the rate, shorten `run.duration`, or raise the limit with `--max-events`"))
}

/// Runs the replications of one variant.
pub fn run(
    compiled: &Compiled,
    settings: &Settings,
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<Experiment, Failure> {
    let wiring = Wiring::of(&compiled.model);
    let record = what_to_record(compiled, settings);
    let limits = Limits {
        events: settings.events_max,
        live: settings.live_max,
    };
    let outcome = replicate(settings.replications, settings.threads, interrupt, |index, stop| {
        let seed = settings.seed + u64::from(index);
        let mut watch = Watch {
            stop,
            progress,
            seen: SimTime::ZERO,
        };
        let result =
            engine::run(&compiled.model, seed, &record, &limits, &mut watch).map_err(|why| explain(compiled, why))?;
        if result.interrupted {
            return Ok(None);
        }
        watch.catch_up(result.end.max(compiled.model.clock.duration));
        progress.finish_one();
        Ok(Some(digest_run(compiled, &wiring, settings, result)))
    });
    progress.clear();
    let outcome = outcome?;
    if let Some((index, why)) = outcome.error {
        let seed = settings.seed + u64::from(index);
        let failure = match why {
            Broken::Error(message) => Failure::usage(format!("the run with seed {seed} stopped: {message}")).help(
                "`--max-events` and `--max-live` raise the limits; `brownout check` shows where load exceeds capacity",
            ),
            Broken::Panic(message) => Failure::system(format!(
                "internal error in the run with seed {seed}: {message}"
            ))
            .help(
                "this is a mistake in brownout, not in your scenario: please report it with the scenario and the seed",
            ),
        };
        return Err(failure);
    }
    let runs: Vec<Replication> = outcome.finished.into_iter().flatten().flatten().collect();
    let asked = settings.replications;
    let interrupted = runs.len() < asked as usize;
    Ok(Experiment {
        runs,
        asked,
        interrupted,
    })
}

/// Why a run stopped, with the name of the place where it did.
fn explain(compiled: &Compiled, why: RunError) -> String {
    let callee = |site: SiteId| {
        let endpoint = compiled.model.sites[site.index()].callee;
        compiled.names.endpoint_address(&compiled.model, endpoint)
    };
    match why {
        RunError::TooManyEvents { .. } => why.to_string(),
        RunError::TooManyLive { site, .. } => format!("{why}; the last one was to `{}`", callee(site)),
        RunError::TooDeep { site, .. } => format!(
            "{why}, the last one to `{}`: do services call each other in a circle?",
            callee(site)
        ),
    }
}

fn what_to_record(compiled: &Compiled, settings: &Settings) -> Record {
    if settings.detail {
        return Record {
            checkpoints: None,
            ..Record::ALL
        };
    }
    let mut needs = compiled
        .expectations
        .iter()
        .map(Needs::of_expectation)
        .fold(Needs::default(), Needs::and);
    needs = compiled.measures.iter().map(Needs::of_measure).fold(needs, Needs::and);
    let report = settings.columns > 0;
    Record {
        loads: needs.record.loads || report,
        latencies: needs.record.latencies || report,
        ..needs.record
    }
}

/// Takes from a run what the answer needs, and lets its timelines go unless they are asked for.
fn digest_run(compiled: &Compiled, wiring: &Wiring, settings: &Settings, mut result: RunResult) -> Replication {
    let evaluator = Evaluator::new(&result, wiring);
    let checks = compiled
        .expectations
        .iter()
        .map(|it| evaluator.expectation(it))
        .collect();
    let measures = compiled.measures.iter().map(|it| evaluator.measure(it)).collect();
    let (points, story) = match settings.columns {
        0 => (None, None),
        columns => (
            Some(Points::of(&result, compiled.model.clock.duration, columns)),
            Some(RunStory::of(&compiled.model, &result, &evaluator)),
        ),
    };
    if !settings.detail {
        result.timeline = Timeline::default();
        result.transitions = Vec::new();
    }
    Replication {
        result,
        checks,
        measures,
        points,
        story,
    }
}

/// Watches one run: moves the bar, and stops the run when everybody should stop.
struct Watch<'a> {
    stop: &'a dyn Fn() -> bool,
    progress: &'a Progress,
    seen: SimTime,
}

impl Watch<'_> {
    fn catch_up(&mut self, now: SimTime) {
        self.progress.advance(self.seen.until(now));
        self.seen = self.seen.max(now);
    }
}

impl Control for Watch<'_> {
    fn poll(&mut self, now: SimTime, _events: u64) -> ControlFlow<()> {
        self.catch_up(now);
        if (self.stop)() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Why a replication broke.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Broken {
    /// It said so.
    Error(String),
    /// It panicked.
    Panic(String),
}

/// What a number of replications came to.
#[derive(Clone, Debug)]
struct Replicated<T> {
    /// By index; `None` was not finished.
    finished: Vec<Option<T>>,
    /// The first that broke, by index.
    error: Option<(u32, Broken)>,
}

/// Does `work` for every index below `count`. Indices are handed out in order; after an interruption or an error no more
/// are, and those under way are told to stop.
fn replicate<T: Send>(
    count: u32,
    threads: Option<usize>,
    interrupt: &AtomicBool,
    work: impl Fn(u32, &dyn Fn() -> bool) -> Result<T, String> + Sync,
) -> Result<Replicated<T>, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build();
    let pool = pool.map_err(|why| Failure::system(format!("cannot start threads: {why}")))?;
    let next = AtomicU32::new(0);
    let broken = AtomicBool::new(false);
    let stop = || interrupt.load(Ordering::Relaxed) || broken.load(Ordering::Relaxed);
    let done = Mutex::new(Replicated {
        finished: (0..count).map(|_| None).collect(),
        error: None,
    });
    pool.broadcast(|_| {
        while !stop() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let outcome = match catch_unwind(AssertUnwindSafe(|| work(index, &stop))) {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(message)) => Err(Broken::Error(message)),
                Err(panic) => Err(Broken::Panic(panic_message(&*panic))),
            };
            let mut done = done.lock().expect("nothing panics while it holds this lock");
            match outcome {
                Ok(value) => done.finished[index as usize] = Some(value),
                Err(why) => {
                    broken.store(true, Ordering::Relaxed);
                    if done.error.as_ref().is_none_or(|it| index < it.0) {
                        done.error = Some((index, why));
                    }
                }
            }
        }
    });
    Ok(done.into_inner().expect("nothing panicked while it held this lock"))
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|it| (*it).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned())
}

/// The seeds of an experiment, checked.
pub fn check_seeds(seed: u64, replications: u32) -> Result<(), Failure> {
    if seed < SEEDS && SEEDS - seed >= u64::from(replications) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "seeds from {seed} on do not stay below 2^53 ({SEEDS})"
    )))
}

/// How long the bar takes one replication to be.
pub fn length(compiled: &Compiled) -> Span {
    SimTime::ZERO.until(compiled.model.clock.duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Show;

    static GO: AtomicBool = AtomicBool::new(false);

    #[test]
    fn results_come_in_the_order_of_their_index_on_any_number_of_threads() {
        for threads in [1, 2, 7] {
            let done = replicate(100, Some(threads), &GO, |index, _| Ok(index * index)).unwrap();
            assert_eq!(
                done.finished.into_iter().flatten().collect::<Vec<_>>(),
                (0..100).map(|it| it * it).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        let done = replicate(4, Some(2), &GO, |index, _| {
            assert!(index != 1, "a worker was freed twice");
            Ok(())
        });
        assert_eq!(
            done.unwrap().error,
            Some((1, Broken::Panic("a worker was freed twice".to_owned())))
        );
    }

    #[test]
    fn an_error_stops_what_has_not_begun() {
        let done = replicate(1_000, Some(1), &GO, |index, _| {
            if index == 3 { Err("too much".to_owned()) } else { Ok(()) }
        });
        let done = done.unwrap();
        assert_eq!(done.error, Some((3, Broken::Error("too much".to_owned()))));
        assert_eq!(done.finished.iter().flatten().count(), 3);
    }

    #[test]
    fn an_interruption_keeps_what_is_finished() {
        let interrupt = AtomicBool::new(false);
        let done = replicate(1_000, Some(1), &interrupt, |index, stop| {
            if index == 4 {
                interrupt.store(true, Ordering::Relaxed);
            }
            assert_eq!(stop(), index == 4);
            Ok(index)
        });
        assert_eq!(
            done.unwrap().finished.into_iter().flatten().collect::<Vec<_>>(),
            [0, 1, 2, 3, 4]
        );
    }

    fn settings(threads: usize) -> Settings {
        Settings {
            seed: 7,
            replications: 5,
            threads: Some(threads),
            events_max: 10_000_000,
            live_max: 100_000,
            detail: true,
            columns: 40,
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bytes() {
        let compiled = crate::testing::compiled();
        let answer = |threads| {
            let settings = settings(threads);
            let progress = Progress::new(Show::None, 5, length(&compiled));
            let experiment = run(&compiled, &settings, &GO, &progress).unwrap();
            let again = String::new();
            let report = crate::report::Report {
                compiled: &compiled,
                others: &[],
                experiment: &experiment,
                again: &again,
                all_rows: false,
            };
            let style = crate::report::Style {
                width: 100,
                ascii: false,
                colour: false,
            };
            (
                report.text(&style),
                crate::json::render(&compiled, &experiment, &report.judgements(), true),
            )
        };
        let one = answer(1);
        assert_eq!(one, answer(2));
        assert_eq!(one, answer(7));
        let value: serde_json::Value = serde_json::from_str(&one.1).unwrap();
        assert!(value["runs"][4]["loads"]["shoppers"]["offered"].as_u64().unwrap() > 10_000);
    }

    #[test]
    fn limits_stop_a_run_with_its_seed_and_a_cure() {
        let compiled = crate::testing::compiled();
        let settings = Settings {
            events_max: 1_000,
            ..settings(1)
        };
        let estimate = check_estimate(&compiled, &settings).unwrap_err();
        assert_eq!(
            estimate.message,
            "one run of `shop` would take about 60,000 events, more than the limit of 1,000"
        );
        let progress = Progress::new(Show::None, 5, length(&compiled));
        let stopped = run(&compiled, &settings, &GO, &progress).unwrap_err();
        assert!(
            stopped
                .message
                .starts_with("the run with seed 7 stopped: more than 1000 events by "),
            "{stopped}"
        );
        assert_eq!(stopped.exit, crate::exit::Exit::Usage);
    }

    #[test]
    fn seeds_stay_exact_in_json() {
        assert!(check_seeds(SEEDS - 30, 30).is_ok());
        assert!(check_seeds(SEEDS - 30, 31).is_err());
        assert!(check_seeds(u64::MAX, 1).is_err());
    }
}
