//! One sentence of what happened to goodput, from the runs themselves.
//!
//! *Recovered* means: after the last fault, the goodput ratio is back at 95 % of its baseline (its mean in the minute before
//! the first fault) in every later 10 s until the arrivals stop. A run that does not recover although the fault is over is
//! *metastable*.

use brownout_scenarios::Names;
use brownout_sim_core::ids::LoadId;
use brownout_sim_core::measure::{Bound, Comparison, Condition, Evaluator, Measured, Metric, Moment, Target, Value};
use brownout_sim_core::model::Model;
use brownout_sim_core::results::RunResult;
use brownout_sim_core::stats::Summary;
use brownout_sim_core::time::{SimTime, Span};
use brownout_viz::number::{Unit, show, show_clock, show_interval};

/// The share of its baseline at which goodput counts as recovered.
const RECOVERED: f64 = 0.95;

/// The length of a stretch that goodput is judged by.
const STRETCH: Span = Span::from_secs(10);

/// How long before the first fault the baseline is taken.
const BASELINE: Span = Span::from_secs(60);

/// An offered rate more than this much above the one at the start is a spike.
const SPIKE: f64 = 1.2;

/// An offered rate up to this much above the one at the start is no reason for a lower goodput ratio.
const SAME_LOAD: f64 = 1.05;

/// What happened to goodput in one run. Ratios are goodput over offered, all loads together.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStory {
    /// Over the minute before the first fault, or, without a fault, the first minute that is measured.
    pub before: Option<f64>,
    /// The worst 10 s from the first fault on (without a fault: after the first minute), and when they began, in seconds.
    pub worst: Option<(f64, f64)>,
    /// Over the last minute of arrivals.
    pub last: Option<f64>,
    /// Requests per second: in the time of `before`, and in the last minute.
    pub offered_per_s: (f64, f64),
    /// The most requests per second over 10 s in between.
    pub offered_per_s_max: f64,
    /// The faults of the run; `None` if there were none.
    pub fault: Option<FaultStory>,
}

/// The faults of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultStory {
    /// When the first began, in seconds.
    pub start_s: f64,
    /// When the last ended, in seconds; `None` if it had not when the arrivals stopped.
    pub end_s: Option<f64>,
    /// How recovery went.
    pub recovery: Recovery,
}

/// How recovery went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recovery {
    /// Goodput was good again for good, so many seconds after the last fault ended.
    After(f64),
    /// Not before the arrivals stopped.
    Never,
    /// Nobody can tell: the fault lasted, too little time was left, or there was no baseline.
    Unknown,
}

impl RunStory {
    /// Of a run that recorded its loads.
    pub fn of(model: &Model, result: &RunResult, evaluator: &Evaluator<'_>) -> RunStory {
        let (warmup, duration) = (model.clock.warmup, model.clock.duration);
        let counts = Counts::of(result);
        let first = result
            .faults
            .iter()
            .map(|it| it.start)
            .min()
            .filter(|it| *it < duration);
        let minute = Span::from_secs(60);
        let before = match first {
            Some(start) => (back(start, BASELINE).max(warmup), start),
            None => (warmup, (warmup + minute).min(duration)),
        };
        let last = (back(duration, minute).max(warmup), duration);
        RunStory {
            before: counts.ratio(before),
            worst: counts.worst(before.1, duration),
            last: counts.ratio(last),
            offered_per_s: (counts.offered_per_s(before), counts.offered_per_s(last)),
            offered_per_s_max: counts.offered_per_s_max(before.1, duration),
            fault: first.map(|start| fault_story(model, result, evaluator, start)),
        }
    }

    fn is_metastable(&self) -> bool {
        self.fault
            .as_ref()
            .is_some_and(|it| it.end_s.is_some() && it.recovery == Recovery::Never)
    }

    /// Whether goodput fell by more than recovery would forgive.
    fn fell(&self) -> bool {
        matches!((self.before, self.worst), (Some(before), Some((worst, _))) if worst < RECOVERED * before)
    }
}

fn fault_story(model: &Model, result: &RunResult, evaluator: &Evaluator<'_>, start: SimTime) -> FaultStory {
    let ends: Option<Vec<SimTime>> = result.faults.iter().map(|it| it.end).collect();
    let end = ends
        .and_then(|it| it.into_iter().max())
        .filter(|it| *it < model.clock.duration);
    let recovery = end.map_or(Recovery::Unknown, |end| {
        let everything = model
            .loads
            .iter()
            .enumerate()
            .flat_map(|(load, row)| (0..row.mix.len()).map(move |item| (LoadId::from_index(load), item as u16)));
        let good = Condition {
            left: Value::Metric(Metric::GoodputRatio, Target::Requests(everything.collect())),
            comparison: Comparison::AtLeast,
            right: Bound::OfBaseline(RECOVERED),
        };
        let until = Value::TimeUntil {
            condition: Box::new(good),
            after: Moment::At(end),
            over: STRETCH,
        };
        match evaluator.value(&until, None) {
            Measured::Number(seconds) => Recovery::After(seconds),
            Measured::Censored(_) => Recovery::Never,
            Measured::Missing(_) => Recovery::Unknown,
        }
    });
    FaultStory {
        start_s: start.as_secs_f64(),
        end_s: end.map(SimTime::as_secs_f64),
        recovery,
    }
}

fn back(from: SimTime, by: Span) -> SimTime {
    SimTime::from_nanos(from.nanos().saturating_sub(by.nanos()))
}

/// Requests offered and goodput a window, all loads together.
struct Counts {
    window: Span,
    offered: Vec<u64>,
    good: Vec<u64>,
}

impl Counts {
    fn of(result: &RunResult) -> Counts {
        let timeline = &result.timeline;
        let mut counts = Counts {
            window: timeline.window,
            offered: vec![0; timeline.windows],
            good: vec![0; timeline.windows],
        };
        for entry in timeline.loads.iter().flatten() {
            for (at, point) in entry.iter().enumerate() {
                counts.offered[at] += u64::from(point.offered);
                counts.good[at] += u64::from(point.good);
            }
        }
        counts
    }

    /// The whole windows of a stretch; where it holds none, those it touches.
    fn windows(&self, (from, to): (SimTime, SimTime)) -> std::ops::Range<usize> {
        let width = self.window.nanos().max(1);
        let inside = from.nanos().div_ceil(width) as usize..(to.nanos() / width) as usize;
        let range = if inside.is_empty() {
            (from.nanos() / width) as usize..to.nanos().div_ceil(width) as usize
        } else {
            inside
        };
        // A stretch may end before it begins: a fault that starts before the warm-up is over. It holds nothing.
        let start = range.start.min(self.offered.len());
        start..range.end.min(self.offered.len()).max(start)
    }

    fn ratio_of(&self, windows: std::ops::Range<usize>) -> Option<f64> {
        let offered: u64 = self.offered[windows.clone()].iter().sum();
        let good: u64 = self.good[windows].iter().sum();
        (offered > 0).then(|| good as f64 / offered as f64)
    }

    fn ratio(&self, stretch: (SimTime, SimTime)) -> Option<f64> {
        self.ratio_of(self.windows(stretch))
    }

    fn offered_per_s(&self, stretch: (SimTime, SimTime)) -> f64 {
        let windows = self.windows(stretch);
        let seconds = windows.len() as f64 * self.window.as_secs_f64();
        if seconds > 0.0 {
            self.offered[windows].iter().sum::<u64>() as f64 / seconds
        } else {
            0.0
        }
    }

    /// The worst ratio over 10 s (at least a window) within a stretch, and when they begin.
    fn worst(&self, from: SimTime, to: SimTime) -> Option<(f64, f64)> {
        let mut worst: Option<(f64, f64)> = None;
        for stretch in self.stretches(from, to) {
            let start_s = stretch.start as f64 * self.window.as_secs_f64();
            if let Some(ratio) = self.ratio_of(stretch)
                && worst.is_none_or(|it| ratio < it.0)
            {
                worst = Some((ratio, start_s));
            }
        }
        worst
    }

    fn offered_per_s_max(&self, from: SimTime, to: SimTime) -> f64 {
        let rate = |it: std::ops::Range<usize>| {
            self.offered[it.clone()].iter().sum::<u64>() as f64 / (it.len() as f64 * self.window.as_secs_f64())
        };
        self.stretches(from, to).map(rate).fold(0.0, f64::max)
    }

    /// Every run of windows that is 10 s long (one window, if that is longer; all, if they are fewer).
    fn stretches(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = std::ops::Range<usize>> {
        let windows = self.windows((from, to));
        let length = (STRETCH.nanos() / self.window.nanos().max(1)).max(1) as usize;
        let length = length.min(windows.len());
        let starts = windows.start..if length == 0 {
            windows.start
        } else {
            windows.end - length + 1
        };
        starts.map(move |start| start..start + length)
    }
}

/// What happened, over all runs, as one sentence that ends with a full stop.
pub fn sentence(stories: &[&RunStory], fault_names: &str, ascii: bool) -> String {
    let mean = |of: &dyn Fn(&RunStory) -> Option<f64>| Summary::of(stories.iter().filter_map(|it| of(it)));
    let percent = |it: Option<Summary>| it.map_or_else(|| "-".to_owned(), |it| show(Unit::Ratio, it.mean));
    let before = percent(mean(&|it| it.before));
    let worst = percent(mean(&|it| it.worst.map(|it| it.0)));
    let runs = stories.len();
    if runs == 0 {
        return "No run finished, so there is nothing to tell.".to_owned();
    }

    let faulty: Vec<&FaultStory> = stories.iter().filter_map(|it| it.fault.as_ref()).collect();
    if faulty.is_empty() {
        return without_fault(stories, &before, &worst, ascii);
    }
    let start = same(faulty.iter().map(|it| Some(it.start_s)));
    let end = same(faulty.iter().map(|it| it.end_s));
    let began = start.map_or_else(String::new, |it| format!(" began at {}", show_clock(it)));
    let over = end.map_or_else(String::new, |it| format!(" at {}", show_clock(it)));
    if mean(&|it| it.before).is_none() {
        return format!(
            "{fault_names}{began} and there is no healthy time before it to compare with: goodput was {} of what was offered in the last minute.",
            percent(mean(&|it| it.last))
        );
    }
    if !stories.iter().any(|it| it.fell()) {
        return format!(
            "Goodput stayed healthy: {before} of what was offered before {fault_names}{began}, and {worst} in the worst 10 s after."
        );
    }

    let fell = format!(
        "Goodput was {before} of what was offered until {fault_names}{began}, and fell to {worst} in the worst 10 s"
    );
    let metastable = stories.iter().filter(|it| it.is_metastable()).count();
    let recovered: Vec<f64> = faulty
        .iter()
        .filter_map(|it| match it.recovery {
            Recovery::After(seconds) => Some(seconds),
            Recovery::Never | Recovery::Unknown => None,
        })
        .collect();
    let took = Summary::of(recovered.iter().copied()).map(|it| {
        let half_width = it.interval.map(|it| it.halfwidth());
        if it.max == 0.0 {
            "at once".to_owned()
        } else {
            format!("{} later", show_interval(Unit::Seconds, it.mean, half_width, ascii))
        }
    });
    let last = percent(mean(&|it| it.is_metastable().then_some(it.last).flatten()));
    match (took, metastable) {
        (Some(took), 0) if recovered.len() == runs => {
            format!(
                "{fell}; the fault was over{over} and goodput recovered {took}{}.",
                in_all(runs)
            )
        }
        (Some(took), 0) => {
            format!(
                "{fell}; the fault was over{over} and goodput recovered {took} in {} of {runs} runs; of the others nobody can tell.",
                recovered.len()
            )
        }
        (Some(took), _) => format!(
            "{fell}; the fault was over{over}, but in {metastable} of {runs} runs goodput did not recover and ended at {last}: metastable; in {} it recovered {took}.",
            recovered.len()
        ),
        (None, 0) if faulty.iter().all(|it| it.end_s.is_none()) => {
            format!(
                "{fell}; the fault lasted until the arrivals stopped, so nobody can tell whether the system would recover."
            )
        }
        (None, 0) => format!(
            "{fell}; after the fault was over{over} too little time was left to tell whether goodput recovered."
        ),
        (None, _) => format!(
            "{fell}; the fault was over{over}, but goodput did not recover{} and ended at {last}: metastable.",
            in_some(metastable, runs)
        ),
    }
}

/// Where something did *not* happen.
fn in_some(count: usize, runs: usize) -> String {
    match count {
        _ if runs == 1 => String::new(),
        _ if count == runs => format!(" in any of {runs} runs"),
        _ => format!(" in {count} of {runs} runs"),
    }
}

fn in_all(runs: usize) -> String {
    if runs == 1 {
        String::new()
    } else {
        format!(" in all {runs} runs")
    }
}

fn without_fault(stories: &[&RunStory], before: &str, worst: &str, ascii: bool) -> String {
    let runs = stories.len();
    let mean = |of: &dyn Fn(&RunStory) -> Option<f64>| Summary::of(stories.iter().filter_map(|it| of(it)));
    let Some(last) = mean(&|it| it.last) else {
        return "No request was offered in the last minute, and there was no fault.".to_owned();
    };
    let is_low =
        |it: &&&RunStory| matches!((it.before, it.last), (Some(before), Some(last)) if last < RECOVERED * before);
    let down = stories.iter().filter(is_low).count();
    let shown = show_interval(Unit::Ratio, last.mean, last.interval.map(|it| it.halfwidth()), ascii);
    if down == 0 {
        return if stories.iter().any(|it| it.fell()) {
            format!(
                "No fault: goodput was {before} of what was offered in the first minute, dipped to {worst} in the worst 10 s, and was {shown} in the last minute."
            )
        } else {
            format!("No fault: goodput was {before} of what was offered in the first minute and {shown} in the last.")
        };
    }
    let how_many = if down == runs {
        in_all(runs)
    } else {
        format!(" in {down} of {runs} runs")
    };
    let rate = |of: &dyn Fn(&RunStory) -> f64| Summary::of(stories.iter().map(|it| of(it))).map_or(0.0, |it| it.mean);
    let (first, end) = (rate(&|it| it.offered_per_s.0), rate(&|it| it.offered_per_s.1));
    let most = rate(&|it| it.offered_per_s_max);
    let why = if end <= first * SAME_LOAD && most > first * SPIKE {
        format!(
            "although the spike to {} is over and {} is offered as at the start: metastable",
            show(Unit::PerSecond, most),
            show(Unit::PerSecond, end)
        )
    } else if end <= first * SAME_LOAD {
        format!(
            "although no more was offered than at the start ({})",
            show(Unit::PerSecond, end)
        )
    } else {
        format!(
            "as the offered load rose from {} to {}",
            show(Unit::PerSecond, first),
            show(Unit::PerSecond, end)
        )
    };
    format!(
        "No fault: goodput was {before} of what was offered in the first minute and fell to {shown} in the last{how_many}, {why}."
    )
}

/// The value all agree on.
fn same(mut values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let first = values.next()??;
    values.all(|it| it == Some(first)).then_some(first)
}

/// What to call the faults of some runs: their names, or how many there are.
pub fn fault_names(names: &Names, result: &RunResult) -> String {
    let mut faults: Vec<usize> = result.faults.iter().map(|it| it.fault.index()).collect();
    let times = faults.len();
    faults.sort_unstable();
    faults.dedup();
    match faults.as_slice() {
        [] => "the fault".to_owned(),
        [one] if times == 1 => format!("`{}`", names.faults[*one]),
        [one] => format!("the first of {times} `{}`", names.faults[*one]),
        [first, second] => format!("`{}` and `{}`", names.faults[*first], names.faults[*second]),
        [first, rest @ ..] => format!("`{}` and {} other faults", names.faults[*first], rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(before: f64, worst: f64, last: f64, recovery: Recovery) -> RunStory {
        let fault = FaultStory {
            start_s: 600.0,
            end_s: Some(690.0),
            recovery,
        };
        RunStory {
            before: Some(before),
            worst: Some((worst, 640.0)),
            last: Some(last),
            offered_per_s: (900.0, 900.0),
            offered_per_s_max: 940.0,
            fault: Some(fault),
        }
    }

    fn told(stories: &[RunStory]) -> String {
        sentence(&stories.iter().collect::<Vec<_>>(), "`db-slow`", false)
    }

    #[test]
    fn one_that_recovers_says_when() {
        let runs = [
            story(1.0, 0.2, 1.0, Recovery::After(12.0)),
            story(1.0, 0.4, 1.0, Recovery::After(14.0)),
        ];
        insta::assert_snapshot!(told(&runs[..1]), @"Goodput was 100 % of what was offered until `db-slow` began at 10m, and fell to 20.0 % in the worst 10 s; the fault was over at 11m30s and goodput recovered 12.0 s later.");
        insta::assert_snapshot!(told(&runs), @"Goodput was 100 % of what was offered until `db-slow` began at 10m, and fell to 30.0 % in the worst 10 s; the fault was over at 11m30s and goodput recovered 13.0 ±12.7 s later in all 2 runs.");
    }

    #[test]
    fn one_that_stays_down_is_metastable() {
        let down = story(0.999, 0.03, 0.031, Recovery::Never);
        insta::assert_snapshot!(told(&[down.clone(), down.clone()]), @"Goodput was 99.90 % of what was offered until `db-slow` began at 10m, and fell to 3.0 % in the worst 10 s; the fault was over at 11m30s, but goodput did not recover in any of 2 runs and ended at 3.1 %: metastable.");
        insta::assert_snapshot!(told(&[down, story(0.999, 0.03, 1.0, Recovery::After(0.0))]), @"Goodput was 99.90 % of what was offered until `db-slow` began at 10m, and fell to 3.0 % in the worst 10 s; the fault was over at 11m30s, but in 1 of 2 runs goodput did not recover and ended at 3.1 %: metastable; in 1 it recovered at once.");
    }

    #[test]
    fn a_fault_without_effect_and_one_that_lasts_are_told_apart() {
        insta::assert_snapshot!(told(&[story(1.0, 0.99, 1.0, Recovery::After(0.0))]), @"Goodput stayed healthy: 100 % of what was offered before `db-slow` began at 10m, and 99.0 % in the worst 10 s after.");
        let mut lasting = story(1.0, 0.5, 0.5, Recovery::Unknown);
        lasting.fault.as_mut().unwrap().end_s = None;
        insta::assert_snapshot!(told(&[lasting]), @"Goodput was 100 % of what was offered until `db-slow` began at 10m, and fell to 50.0 % in the worst 10 s; the fault lasted until the arrivals stopped, so nobody can tell whether the system would recover.");
    }

    #[test]
    fn without_a_fault_the_load_is_the_reason_or_not() {
        let mut calm = story(0.99, 0.98, 0.99, Recovery::Unknown);
        calm.fault = None;
        insta::assert_snapshot!(told(&[calm.clone()]), @"No fault: goodput was 99.0 % of what was offered in the first minute and 99.0 % in the last.");
        let mut fallen = RunStory {
            worst: Some((0.1, 0.0)),
            last: Some(0.2),
            ..calm
        };
        insta::assert_snapshot!(told(&[fallen.clone()]), @"No fault: goodput was 99.0 % of what was offered in the first minute and fell to 20.0 % in the last, although no more was offered than at the start (900/s).");
        fallen.offered_per_s_max = 2_000.0;
        insta::assert_snapshot!(told(&[fallen.clone()]), @"No fault: goodput was 99.0 % of what was offered in the first minute and fell to 20.0 % in the last, although the spike to 2,000/s is over and 900/s is offered as at the start: metastable.");
        fallen.offered_per_s.1 = 1_200.0;
        insta::assert_snapshot!(told(&[fallen]), @"No fault: goodput was 99.0 % of what was offered in the first minute and fell to 20.0 % in the last, as the offered load rose from 900/s to 1,200/s.");
    }

    #[test]
    fn the_worst_stretch_is_ten_seconds_long() {
        let counts = Counts {
            window: Span::from_secs(1),
            offered: vec![10; 60],
            good: (0..60).map(|at| if (30..35).contains(&at) { 0 } else { 10 }).collect(),
        };
        assert_eq!(counts.worst(SimTime::ZERO, SimTime::from_secs(60)), Some((0.5, 25.0)));
        assert_eq!(
            counts.ratio((SimTime::from_secs(30), SimTime::from_secs(35))),
            Some(0.0)
        );
        assert_eq!(counts.worst(SimTime::from_secs(60), SimTime::from_secs(60)), None);
    }
}
