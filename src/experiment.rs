//! Many runs of one or several variants, on all cores, merged by index: the same bytes whatever the number of threads.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use brownout_scenarios::Compiled;
use brownout_sim_core::engine::{self, Control, Limits, RunError};
use brownout_sim_core::ids::SiteId;
use brownout_sim_core::measure::{Check, Evaluator, Measured, Needs, Value, Wiring};
use brownout_sim_core::observe::Record;
use brownout_sim_core::results::{RunResult, Timeline};
use brownout_sim_core::time::{SimTime, Span};

use crate::exit::Failure;
use crate::progress::Progress;
use crate::report::points::Points;
use crate::report::story::RunStory;

/// Seeds stay below this, so that every JSON reader keeps them exactly.
pub const SEEDS: u64 = 1 << 53;

/// Into how many stretches checkpoints divide a run.
const STRETCHES: u64 = 8;

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
    /// Keep the digest at regular instants with every run.
    pub checkpoints: bool,
    /// Points in time for the report's timeline; 0 if there is none to draw.
    pub columns: usize,
    /// Keep the totals of services, edges and loads with every run; else only what was evaluated stays.
    pub totals: bool,
}

/// A variant to run.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The variant.
    pub compiled: &'a Compiled,
    /// What to evaluate over its runs beside its expectations and measures.
    pub values: &'a [Option<Value>],
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
    /// By value that was asked for beside them; `None` where the variant has no such value.
    pub values: Vec<Option<Measured>>,
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

/// Runs the replications of one variant; `values` are evaluated beside its expectations and measures.
pub fn run(
    compiled: &Compiled,
    values: &[Option<Value>],
    settings: &Settings,
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<Experiment, Failure> {
    let subjects = [Subject { compiled, values }];
    let runs = units(&subjects, settings, 0..settings.replications, interrupt, progress);
    progress.clear();
    let runs: Vec<Replication> = runs?.into_iter().flatten().flatten().collect();
    let asked = settings.replications;
    let interrupted = runs.len() < asked as usize;
    Ok(Experiment {
        runs,
        asked,
        interrupted,
    })
}

/// Runs variants with the seeds of these indices, counted from the first: by variant, then by seed; `None` was not finished.
///
/// A unit is one variant under one seed. Units are handed out seed by seed, so that an interruption leaves whole pairs and no
/// core waits for the others between variants.
pub fn units(
    subjects: &[Subject<'_>],
    settings: &Settings,
    indices: std::ops::Range<u32>,
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<Vec<Vec<Option<Replication>>>, Failure> {
    let wirings: Vec<Wiring> = subjects.iter().map(|it| Wiring::of(&it.compiled.model)).collect();
    let records: Vec<Record> = subjects.iter().map(|it| what_to_record(it, settings)).collect();
    let limits = Limits {
        events: settings.events_max,
        live: settings.live_max,
    };
    let variants = subjects.len() as u32;
    let seed_of = |unit: u32| settings.seed + u64::from(indices.start + unit / variants);
    let count = (indices.end - indices.start).checked_mul(variants);
    let count = count.ok_or_else(|| Failure::usage("these are more runs than anybody will wait for"))?;
    let outcome = replicate(count, settings.threads, interrupt, |unit, stop| {
        let at = (unit % variants) as usize;
        let subject = &subjects[at];
        let record = &records[at];
        let Some(result) = one(subject.compiled, seed_of(unit), record, &limits, stop, progress)? else {
            return Ok(None);
        };
        Ok(Some(digest_run(subject, &wirings[at], settings, result)))
    })?;
    if let Some((unit, why)) = outcome.error {
        let seed = seed_of(unit);
        let of = match subjects {
            [_] => String::new(),
            _ => format!(" of `{}`", subjects[(unit % variants) as usize].compiled.variant),
        };
        let failure = match why {
            Broken::Error(message, help) => {
                Failure::usage(format!("the run{of} with seed {seed} stopped: {message}")).help(help)
            }
            Broken::Panic(message) => Failure::system(format!(
                "internal error in the run{of} with seed {seed}: {message}"
            ))
            .help(
                "this is a mistake in brownout, not in your scenario: please report it with the scenario and the seed",
            ),
        };
        return Err(failure);
    }
    let mut runs: Vec<Vec<Option<Replication>>> = subjects.iter().map(|_| Vec::new()).collect();
    for (unit, replication) in outcome.finished.into_iter().enumerate() {
        runs[unit % subjects.len()].push(replication.flatten());
    }
    Ok(runs)
}

/// Makes one run and moves the bar; `None` if it was told to stop. Fails with a reason and a cure.
pub fn one(
    compiled: &Compiled,
    seed: u64,
    record: &Record,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
    progress: &Progress,
) -> Result<Option<RunResult>, (String, &'static str)> {
    let mut watch = Watch {
        stop,
        progress,
        seen: SimTime::ZERO,
    };
    let model = &compiled.model;
    let result = engine::run(model, seed, record, limits, &mut watch).map_err(|why| explain(compiled, why))?;
    if result.interrupted {
        return Ok(None);
    }
    watch.catch_up(result.end.max(model.clock.duration));
    progress.finish_one();
    Ok(Some(result))
}

/// Why a run stopped, with the name of the place where it did.
fn explain(compiled: &Compiled, why: RunError) -> (String, &'static str) {
    let callee = |site: SiteId| {
        let endpoint = compiled.model.sites[site.index()].callee;
        compiled.names.endpoint_address(&compiled.model, endpoint)
    };
    let limits = "`--max-events` and `--max-live` raise the limits; `brownout check` shows where load exceeds capacity";
    match why {
        RunError::TooManyEvents { .. } => (why.to_string(), limits),
        RunError::TooManyLive { site, .. } => (format!("{why}; the last one was to `{}`", callee(site)), limits),
        RunError::TooDeep { site, .. } => (
            format!("{why}, the last one to `{}`", callee(site)),
            "do services call each other in a circle, perhaps by way of a fallback? Break it, or give one call a chance below \
             100 %",
        ),
    }
}

fn what_to_record(subject: &Subject<'_>, settings: &Settings) -> Record {
    let compiled = subject.compiled;
    let checkpoints = settings.checkpoints.then(|| stretch(compiled));
    if settings.detail {
        return Record {
            checkpoints,
            ..Record::ALL
        };
    }
    let mut needs = compiled
        .expectations
        .iter()
        .map(Needs::of_expectation)
        .fold(Needs::default(), Needs::and);
    needs = compiled.measures.iter().map(Needs::of_measure).fold(needs, Needs::and);
    let values = needs_of(subject.values).and(needs);
    let report = settings.columns > 0;
    Record {
        loads: values.record.loads || report,
        latencies: values.record.latencies || report,
        checkpoints,
        ..values.record
    }
}

/// How long it is from one checkpoint of a run to the next.
pub fn stretch(compiled: &Compiled) -> Span {
    Span::from_nanos((compiled.model.clock.duration.nanos() / STRETCHES).max(1))
}

/// What these values need.
pub fn needs_of(values: &[Option<Value>]) -> Needs {
    let needs = values.iter().flatten().map(|it| Needs::of_value(it, false));
    needs.fold(Needs::default(), Needs::and)
}

/// Takes from a run what the answer needs, and lets its timelines go unless they are asked for.
fn digest_run(subject: &Subject<'_>, wiring: &Wiring, settings: &Settings, mut result: RunResult) -> Replication {
    let compiled = subject.compiled;
    let evaluator = Evaluator::new(&result, wiring);
    let checks = compiled
        .expectations
        .iter()
        .map(|it| evaluator.expectation(it))
        .collect();
    let measures = compiled.measures.iter().map(|it| evaluator.measure(it)).collect();
    let values = subject.values.iter();
    let values = values
        .map(|it| it.as_ref().map(|it| evaluator.value(it, None)))
        .collect();
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
    if !settings.totals {
        (result.loads, result.services, result.edges) = (Vec::new(), Vec::new(), Vec::new());
    }
    Replication {
        result,
        checks,
        measures,
        values,
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
    Error(String, &'static str),
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
    work: impl Fn(u32, &dyn Fn() -> bool) -> Result<T, (String, &'static str)> + Sync,
) -> Result<Replicated<T>, Failure> {
    let pool = pool(threads)?;
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
                Ok(Err((message, help))) => Err(Broken::Error(message, help)),
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

/// Threads to work on; `None` is one for each core.
pub fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build();
    pool.map_err(|why| Failure::system(format!("cannot start threads: {why}")))
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
            if index == 3 {
                Err(("too much".to_owned(), "do less"))
            } else {
                Ok(())
            }
        });
        let done = done.unwrap();
        assert_eq!(done.error, Some((3, Broken::Error("too much".to_owned(), "do less"))));
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
            checkpoints: false,
            columns: 40,
            totals: true,
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bytes() {
        let compiled = crate::testing::compiled();
        let answer = |threads| {
            let settings = settings(threads);
            let progress = Progress::new(Show::None, 5, length(&compiled));
            let experiment = run(&compiled, &[], &settings, &GO, &progress).unwrap();
            let again = String::new();
            let report = crate::report::Report {
                compiled: &compiled,
                others: &[],
                file: "shop.toml",
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
        let stopped = run(&compiled, &[], &settings, &GO, &progress).unwrap_err();
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
