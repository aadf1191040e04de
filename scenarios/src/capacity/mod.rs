//! Offered load against capacity, by arithmetic alone: what `check` prints before anything runs.
//!
//! Every phase of a file (between two instants at which a rate, a fault or a change makes a difference) is judged on its own,
//! in its steady state, as if nothing failed and nobody waited in a queue:
//!
//! - first attempts follow the flows: chances, repetitions and choices, down to `depth_max`;
//! - a call holds a worker for its work (times slowdown and faults) and, in a blocking service, for the answers it waits for:
//!   callees' mean responses and the way there and back. Branches side by side count as their longest mean, a lower bound;
//! - erlangs are held time times rate (Little's law), utilization is erlangs over workers, or over cores where those are the
//!   tighter limit;
//! - a closed load offers `users / (think + response)`, its asymptotic bound (D. Ferrari; see `theory::closed`);
//! - the worst case takes every call as failing and every retry as made. A retry budget that fills with calls bounds it.
//!
//! Ramps count as if they were complete at their beginning.

mod phases;
mod solve;
mod system;
mod times;

use brownout_sim_core::ids::{EndpointId, ServiceId, SiteId};
use brownout_sim_core::model::{Model, Plan, Stage};
use brownout_sim_core::policy::budget::Budget;
use brownout_sim_core::policy::retry::Retry;

use crate::compiled::{CapacityRow, Names};
use phases::{Phase, Timeline, When, phases};
use system::System;

/// What arithmetic says about a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capacity {
    /// Each service in each phase, phases in order of time.
    pub rows: Vec<CapacityRow>,
    /// A rough number of events of one run, if nothing fails.
    pub events_estimate: f64,
    /// What the numbers leave out, one sentence each.
    pub notes: Vec<String>,
}

/// A rate with more points than this (a diurnal curve, say) counts as its peak.
const POINTS_MAX: usize = 8;
/// More phases than this are not told apart.
const PHASES_MAX: usize = 40;
/// Endless retries count as this many: no caller has more patience.
const ENDLESS_ATTEMPTS: f64 = 1_000.0;
/// Rates below this (per second) are no longer followed down.
const RATE_MIN: f64 = 1e-9;
/// Rounds until a slowdown and the concurrency it depends on agree.
const SLOWDOWN_ROUNDS: usize = 12;

/// The capacity arithmetic of a model.
pub fn capacity(model: &Model, names: &Names) -> Capacity {
    let timeline = Timeline::new(model);
    let (phases, mut notes) = phases(model, names, &timeline);
    let mut rows = Vec::new();
    let mut events = 0.0;
    for phase in &phases {
        let system = System::in_phase(model, &timeline, phase);
        let flow = system.solve();
        if flow.cut {
            notes.push(format!("calls deeper than {} levels are left out", model.depth_max));
        }
        if !phase.recurring {
            events += flow.events_per_s * (phase.to - phase.from) / 1e9;
        }
        for service in (0..model.services.len()).map(ServiceId::from_index) {
            rows.push(system.row(&flow, service, phase, &names.services[service.index()]).0);
        }
    }
    notes.sort();
    notes.dedup();
    Capacity {
        rows,
        events_estimate: events,
        notes,
    }
}

/// The rates, retries and mean times of one model without its faults and changes, at the highest rate of its loads: what
/// lints look at.
pub(crate) struct Outline {
    /// Mean response time of each endpoint in seconds, nobody waiting and nothing failing; at the start of the run.
    pub response_s: Vec<f64>,
    /// First attempts per second over each site.
    pub site_per_s: Vec<f64>,
    /// Mean calls of each endpoint by site, for one call of its own.
    pub calls: Vec<Vec<(SiteId, f64)>>,
    /// Mean one-way delay of each edge in seconds.
    pub way_s: Vec<f64>,
}

/// The outline of a model in its peak, before faults and changes.
pub(crate) fn outline(model: &Model) -> Outline {
    let timeline = Timeline {
        faults: Vec::new(),
        changes: Vec::new(),
    };
    let phase = Phase {
        label: String::new(),
        at_s: None,
        from: 0.0,
        to: model.clock.duration.nanos() as f64,
        recurring: false,
        only: None,
    };
    let system = System::in_phase(model, &timeline, &phase);
    let flow = system.solve();
    let calls: Vec<Vec<(SiteId, f64)>> = (0..model.endpoints.len())
        .map(|it| system.calls_of(EndpointId::from_index(it)))
        .collect();
    let mut site_per_s = vec![0.0; model.sites.len()];
    for (endpoint, calls) in calls.iter().enumerate() {
        calls
            .iter()
            .for_each(|(site, mean)| site_per_s[site.index()] += mean * flow.offered[endpoint]);
    }
    flow.entered
        .iter()
        .for_each(|(site, rate)| site_per_s[site.index()] += rate);
    Outline {
        response_s: flow.response,
        site_per_s,
        calls,
        way_s: system.ways,
    }
}

/// The rows of a model if no fault ever happened and closed loads offered nothing (they adapt to what there is): what open
/// loads alone demand; and whether cores are what limits.
pub(crate) fn calm(model: &Model, names: &Names) -> Vec<(CapacityRow, bool)> {
    let mut timeline = Timeline::new(model);
    timeline.faults.fill(None);
    let (phases, _) = phases(model, names, &timeline);
    let mut rows = Vec::new();
    for phase in phases.iter().filter(|it| !it.recurring) {
        let mut system = System::in_phase(model, &timeline, phase);
        system.closed = false;
        let flow = system.solve();
        let services = (0..model.services.len()).map(ServiceId::from_index);
        rows.extend(services.map(|it| system.row(&flow, it, phase, &names.services[it.index()])));
    }
    rows
}

/// When each fault starts, in seconds, where that is certain.
pub(crate) fn fault_starts(model: &Model) -> Vec<Option<f64>> {
    let certain = |it: &Option<When>| it.filter(|it| it.exact.0).map(|it| it.start / 1e9);
    Timeline::new(model).faults.iter().map(certain).collect()
}

/// When each change is made, in seconds, where that is certain.
pub(crate) fn change_starts(model: &Model) -> Vec<Option<f64>> {
    let certain = |it: &Option<When>| it.filter(|it| it.exact.0).map(|it| it.start / 1e9);
    Timeline::new(model).changes.iter().map(certain).collect()
}

/// How many attempts a call of this plan makes at most; endless ones count as a large number.
pub(crate) fn attempts_max(plan: &Plan) -> f64 {
    retry_of(plan).map_or(1.0, |it| it.attempts.map_or(ENDLESS_ATTEMPTS, f64::from))
}

/// The same, bounded in the long run by a budget that fills with calls.
pub(crate) fn attempts_worst(plan: &Plan) -> f64 {
    let most = attempts_max(plan);
    match retry_of(plan).and_then(|it| it.budget) {
        Some(Budget::Bucket(it)) => most.min(1.0 + it.deposit.as_f64()),
        Some(Budget::SuccessBucket(_)) => 1.0,
        _ => most,
    }
}

/// The retry of a plan.
pub(crate) fn retry_of(plan: &Plan) -> Option<&Retry> {
    plan.stages.iter().find_map(|it| {
        if let Stage::Retry(retry) = it {
            Some(retry)
        } else {
            None
        }
    })
}

// When things are different.

#[cfg(test)]
mod tests;
