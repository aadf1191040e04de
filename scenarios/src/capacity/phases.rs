//! The phases of a run: stretches in which nothing changes but by chance.

use brownout_sim_core::ids::FaultId;
use brownout_sim_core::model::{Arrival, Instant, Model, Schedule};
use brownout_sim_core::time::Span;

use super::{PHASES_MAX, POINTS_MAX};
use crate::compiled::Names;

/// When a fault lasts or a change is made, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct When {
    pub(super) start: f64,
    pub(super) end: f64,
    /// Whether `start` and `end` are certain, not means.
    pub(super) exact: (bool, bool),
}

pub(super) struct Timeline {
    /// `None`: recurring, or never known.
    pub(super) faults: Vec<Option<When>>,
    pub(super) changes: Vec<Option<When>>,
}

impl Timeline {
    /// Resolves instants that depend on one another; what depends on itself stays unknown.
    pub(super) fn new(model: &Model) -> Timeline {
        let mut timeline = Timeline {
            faults: vec![None; model.faults.len()],
            changes: vec![None; model.changes.len()],
        };
        for _ in 0..=model.faults.len() + model.changes.len() {
            for (row, fault) in model.faults.iter().enumerate() {
                let Schedule::Once(at) = &fault.schedule else { continue };
                let Some((start, exact)) = timeline.instant(*at) else {
                    continue;
                };
                let (length, certain) = match &fault.duration {
                    None => (f64::INFINITY, true),
                    Some(dist) => (
                        dist.mean_ns().unwrap_or(f64::INFINITY),
                        dist.variance_ns2() == Some(0.0),
                    ),
                };
                timeline.faults[row] = Some(When {
                    start,
                    end: start + length,
                    exact: (exact, exact && certain),
                });
            }
            for (row, change) in model.changes.iter().enumerate() {
                let Some((start, exact)) = timeline.instant(change.at) else {
                    continue;
                };
                timeline.changes[row] = Some(When {
                    start,
                    end: f64::INFINITY,
                    exact: (exact, exact),
                });
            }
        }
        timeline
    }

    fn instant(&self, instant: Instant) -> Option<(f64, bool)> {
        let later = |it: Span| it.nanos() as f64;
        match instant {
            Instant::At(it) => Some((it.nanos() as f64, true)),
            Instant::FaultStart(FaultId(it), offset) => {
                self.faults[it as usize].map(|it| (it.start + later(offset), it.exact.0))
            }
            Instant::FaultEnd(FaultId(it), offset) => {
                self.faults[it as usize].map(|it| (it.end + later(offset), it.exact.1))
            }
            Instant::Change(it, offset) => self.changes[it.index()].map(|it| (it.start + later(offset), it.exact.0)),
        }
    }
}

/// A stretch in which nothing changes.
pub(super) struct Phase {
    pub(super) label: String,
    pub(super) at_s: Option<f64>,
    pub(super) from: f64,
    pub(super) to: f64,
    /// While a recurring fault lasts, whenever that is; not a part of the run's length.
    pub(super) recurring: bool,
    /// The one fault that lasts in a recurring phase.
    pub(super) only: Option<usize>,
}

pub(super) fn phases(model: &Model, names: &Names, timeline: &Timeline) -> (Vec<Phase>, Vec<String>) {
    let duration = model.clock.duration.nanos() as f64;
    // Instant, label, whether it is certain; names of faults and changes come before plain times.
    let mut marks: Vec<(f64, u8, String, bool)> = vec![(0.0, 2, "0s".to_owned(), true)];
    let mut notes = Vec::new();
    for load in &model.loads {
        let rate = match &load.arrival {
            Arrival::Poisson(rate) | Arrival::Deterministic(rate) | Arrival::Mmpp { rate, .. } => rate,
            Arrival::Closed { .. } | Arrival::Trace(_) => continue,
        };
        if rate.points.len() > POINTS_MAX {
            notes.push("a rate with many points counts as its peak".to_owned());
            continue;
        }
        marks.extend(
            rate.points
                .iter()
                .map(|it| (it.at.nanos() as f64, 2, it.at.to_string(), true)),
        );
    }
    for (when, name) in timeline.faults.iter().zip(&names.faults) {
        let Some(when) = when else { continue };
        marks.push((when.start, 0, format!("fault.{name}.start"), when.exact.0));
        marks.push((when.end, 0, format!("fault.{name}.end"), when.exact.1));
    }
    for (when, name) in timeline.changes.iter().zip(&names.changes) {
        let Some(when) = when else { continue };
        marks.push((when.start, 1, format!("change.{name}.start"), when.exact.0));
    }
    marks.retain(|it| it.0 < duration);
    marks.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (a.1, &a.2).cmp(&(b.1, &b.2))));
    marks.dedup_by(|b, a| a.0 == b.0 && (b.1 == 2 || a.2 == b.2));
    let mut phases: Vec<Phase> = Vec::new();
    for (at, _, label, exact) in marks {
        if let Some(last) = phases.last_mut() {
            if last.from == at {
                last.label = format!("{}, {label}", last.label);
                continue;
            }
            last.to = at;
        }
        if phases.len() == PHASES_MAX {
            notes.push(format!("after {PHASES_MAX} phases the rest counts as one"));
            break;
        }
        phases.push(Phase {
            label,
            at_s: exact.then_some(at / 1e9),
            from: at,
            to: duration,
            recurring: false,
            only: None,
        });
    }
    if let Some(last) = phases.last_mut() {
        last.to = duration;
    }
    for (row, fault) in model.faults.iter().enumerate() {
        if matches!(fault.schedule, Schedule::Every(_)) {
            let label = format!("fault.{}.start", names.faults[row]);
            phases.push(Phase {
                label,
                at_s: None,
                from: 0.0,
                to: duration,
                recurring: true,
                only: Some(row),
            });
        }
    }
    (phases, notes)
}

// One phase.
