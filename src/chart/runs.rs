//! Single runs with their timelines and changes of state, just made or from a results folder: both hold the same.

use brownout_scenarios::Compiled;
use brownout_sim_core::results::RunResult;
use brownout_viz::figure::Shade;

use crate::recorded::{Change, Kind};
use crate::store::record;
use crate::store::unit::{Done, Timeline};

/// A run with what it recorded.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its seed.
    pub seed: u64,
    timelines: Vec<Timeline>,
    changes: Vec<Change>,
}

/// A stretch in which something was in one state.
#[derive(Clone, Debug, PartialEq)]
pub struct Stay {
    /// From here, in seconds.
    pub from_s: f64,
    /// To here, in seconds.
    pub to_s: f64,
    /// The state.
    pub state: String,
}

/// Everything about what is drawn that is not in the run itself.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The variant.
    pub compiled: &'a Compiled,
    /// The run.
    pub run: &'a Run,
    /// How many runs of the variant there are.
    pub runs: usize,
}

impl Run {
    /// A run that was just made, with all of [`brownout_sim_core::observe::Record`] recorded.
    pub fn of(compiled: &Compiled, result: &RunResult) -> Run {
        Run::stored(result.seed, record::done(compiled, result, &[], true))
    }

    /// A run from a results folder.
    pub fn stored(seed: u64, done: Done) -> Run {
        Run {
            seed,
            timelines: done.series,
            changes: done.transitions,
        }
    }

    /// Whether timelines were kept.
    pub fn is_detailed(&self) -> bool {
        !self.timelines.is_empty()
    }

    /// The width of a window, in seconds.
    pub fn window_s(&self) -> f64 {
        self.timelines.first().map_or(0.0, |it| it.window_ns as f64 / 1e9)
    }

    /// A timeline, by window; nothing if there is none.
    pub fn values(&self, kind: Kind, component: &str, series: &str) -> &[Option<f64>] {
        let found = self
            .timelines
            .iter()
            .find(|it| it.kind == kind.name() && it.component == component && it.series == series);
        found.map_or(&[], |it| &it.values)
    }

    /// What a window holds of a timeline; 0 if it holds nothing.
    pub fn number(&self, kind: Kind, component: &str, series: &str, window: usize) -> f64 {
        let values = self.values(kind, component, series);
        values.get(window).copied().flatten().unwrap_or(0.0)
    }

    /// What ever changed its state, by first change.
    pub fn changing(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for change in &self.changes {
            if !found.contains(&change.component.as_str()) {
                found.push(&change.component);
            }
        }
        found
    }

    /// The states of a component from 0 to `end_s`; a component without a state before its first change has none there.
    pub fn stays(&self, component: &str, end_s: f64) -> Vec<Stay> {
        let mut stays: Vec<Stay> = Vec::new();
        let mine = self
            .changes
            .iter()
            .filter(|it| it.component == component && it.t_s < end_s);
        for change in mine {
            match stays.last_mut() {
                Some(last) => last.to_s = change.t_s,
                None => stays.extend(change.from.clone().map(|state| Stay {
                    from_s: 0.0,
                    to_s: change.t_s,
                    state,
                })),
            }
            stays.push(Stay {
                from_s: change.t_s,
                to_s: end_s,
                state: change.to.clone(),
            });
        }
        stays.retain(|it| it.to_s > it.from_s);
        stays
    }
}

impl Scene<'_> {
    /// How many whole windows lie before the arrivals stop: what is drawn.
    pub fn windows(&self) -> usize {
        let (window_s, end_s) = (self.run.window_s(), self.compiled.model.clock.duration.as_secs_f64());
        if window_s > 0.0 {
            // A duration is mostly a whole number of windows, and its quotient may be a little less.
            ((end_s / window_s + 1e-9) as usize).max(1)
        } else {
            0
        }
    }

    /// Where the time axis ends, in seconds.
    pub fn end_s(&self) -> f64 {
        self.windows() as f64 * self.run.window_s()
    }

    /// The first window after the warm-up.
    pub fn first_measured(&self) -> usize {
        let warmup_s = self.compiled.model.clock.warmup.as_secs_f64();
        let window_s = self.run.window_s();
        if window_s > 0.0 {
            ((warmup_s / window_s - 1e-9).ceil().max(0.0)) as usize
        } else {
            0
        }
    }

    /// Sum of a timeline over the measured windows.
    pub fn total(&self, kind: Kind, component: &str, series: &str) -> f64 {
        let values = self.run.values(kind, component, series);
        let measured = values.iter().take(self.windows()).skip(self.first_measured());
        measured.flatten().sum()
    }

    /// When faults lasted.
    pub fn faults(&self) -> Vec<Shade> {
        let mut shades: Vec<Shade> = Vec::new();
        for component in self.run.changing() {
            let Some(name) = component.strip_prefix("fault.") else {
                continue;
            };
            let on = self.run.stays(component, self.end_s()).into_iter();
            shades.extend(on.filter(|it| it.state == "started").map(|it| Shade {
                label: name.to_owned(),
                from_s: it.from_s,
                to_s: it.to_s,
            }));
        }
        shades.sort_by(|a, b| a.from_s.total_cmp(&b.from_s).then_with(|| a.label.cmp(&b.label)));
        shades
    }

    /// The scenario and the variant, and which of how many runs is drawn.
    pub fn title(&self) -> String {
        let which = match self.runs {
            0 | 1 => String::new(),
            runs => format!(", one run of {runs}"),
        };
        format!("{}{which}, seed {}", title(self.compiled), self.run.seed)
    }
}

/// The scenario and the variant.
pub fn title(compiled: &Compiled) -> String {
    let scenario = compiled.title.as_ref().unwrap_or(&compiled.scenario);
    match compiled.variant.as_str() {
        "base" => scenario.clone(),
        variant => format!("{scenario}, {variant}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{compiled, result};

    #[test]
    fn states_follow_each_other_and_faults_are_stretches() {
        let (compiled, result) = (compiled(), result(7, 40));
        let run = Run::of(&compiled, &result);
        assert_eq!(run.changing(), ["fault.db-slow", "db/1"]);
        let told: Vec<String> = run
            .stays("db/1", 120.0)
            .iter()
            .map(|it| format!("{} {}..{}", it.state, it.from_s, it.to_s))
            .collect();
        assert_eq!(told, ["up 0..60", "crashed 60..90", "up 90..120"]);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 3,
        };
        let faults = scene.faults();
        assert_eq!((faults.len(), faults[0].from_s, faults[0].to_s), (1, 60.0, 80.0));
        assert_eq!(
            (scene.windows(), scene.first_measured(), scene.end_s()),
            (120, 10, 120.0)
        );
        assert_eq!(scene.title(), "A shop and its database, one run of 3, seed 7");
    }

    #[test]
    fn totals_are_of_the_measured_windows() {
        let (compiled, result) = (compiled(), result(7, 40));
        let run = Run::of(&compiled, &result);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 1,
        };
        assert_eq!(scene.total(Kind::Load, "shoppers", "offered"), 11_000.0);
        assert_eq!(scene.total(Kind::Load, "shoppers", "goodput"), 9_800.0);
        assert_eq!(scene.total(Kind::Load, "nobody", "goodput"), 0.0);
    }
}
