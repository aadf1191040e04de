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

use brownout_sim_core::ids::{BlockId, EndpointId, FaultId, LoadId, ServiceId, SiteId};
use brownout_sim_core::model::{
    Action, Arrival, Caller, Edit, Effect, Endpoint, Fault, Instant, Link, Model, Pick, Plan, Rate, Schedule, Stage,
    Style, Tables,
};
use brownout_sim_core::policy::budget::Budget;
use brownout_sim_core::policy::retry::Retry;
use brownout_sim_core::time::{SimTime, Span};

use crate::compiled::{CapacityRow, Names};

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

/// When a fault lasts or a change is made, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct When {
    start: f64,
    end: f64,
    /// Whether `start` and `end` are certain, not means.
    exact: (bool, bool),
}

struct Timeline {
    /// `None`: recurring, or never known.
    faults: Vec<Option<When>>,
    changes: Vec<Option<When>>,
}

impl Timeline {
    /// Resolves instants that depend on one another; what depends on itself stays unknown.
    fn new(model: &Model) -> Timeline {
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
struct Phase {
    label: String,
    at_s: Option<f64>,
    from: f64,
    to: f64,
    /// While a recurring fault lasts, whenever that is; not a part of the run's length.
    recurring: bool,
    /// The one fault that lasts in a recurring phase.
    only: Option<usize>,
}

fn phases(model: &Model, names: &Names, timeline: &Timeline) -> (Vec<Phase>, Vec<String>) {
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

/// The rows of a model as they are in one phase.
struct System<'m> {
    model: &'m Model,
    /// The factor on each load's rate, and how it arrives.
    loads: Vec<(f64, &'m Arrival)>,
    /// The share of each entry of the mix, for traces that name them.
    traced: Vec<Option<Vec<f64>>>,
    endpoints: Vec<Endpoint>,
    plans: Vec<Plan>,
    replicas: Vec<u32>,
    workers: Vec<Option<u32>>,
    /// Mean factor of faults on the work of each endpoint.
    factors: Vec<f64>,
    /// Replicas that serve.
    serving: Vec<f64>,
    /// Mean one-way delay of each edge in seconds.
    ways: Vec<f64>,
    /// Whether closed loads count.
    closed: bool,
    from: f64,
    to: f64,
}

/// The steady state of a phase, by endpoint.
struct Flow {
    offered: Vec<f64>,
    worst: Vec<f64>,
    held: Vec<f64>,
    computed: Vec<f64>,
    response: Vec<f64>,
    /// First attempts per second of loads, by site.
    entered: Vec<(SiteId, f64)>,
    events_per_s: f64,
    cut: bool,
}

impl<'m> System<'m> {
    fn in_phase(model: &'m Model, timeline: &Timeline, phase: &Phase) -> System<'m> {
        let mut system = System {
            model,
            loads: model.loads.iter().map(|it| (it.scale.as_f64(), &it.arrival)).collect(),
            traced: Vec::new(),
            endpoints: model.endpoints.clone(),
            plans: model.plans.clone(),
            replicas: model.services.iter().map(|it| it.replicas).collect(),
            workers: model.services.iter().map(|it| it.workers).collect(),
            factors: vec![1.0; model.endpoints.len()],
            serving: Vec::new(),
            ways: Vec::new(),
            closed: true,
            from: phase.from,
            to: phase.to,
        };
        let mut links = model.links.clone();
        let mut made: Vec<(f64, usize)> = Vec::new();
        if phase.only.is_none() {
            let begun = timeline
                .changes
                .iter()
                .enumerate()
                .filter_map(|(row, it)| it.map(|it| (it.start, row)));
            made = begun.filter(|it| it.0 <= phase.from).collect();
            made.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        for (_, row) in made {
            model.changes[row]
                .edits
                .iter()
                .for_each(|it| system.edit(it, &mut links));
        }
        system.traced = (0..model.loads.len()).map(|it| system.trace_shares(it)).collect();
        let lasts = |row: &usize| match phase.only {
            Some(only) => *row == only,
            None => timeline
                .faults
                .get(*row)
                .copied()
                .flatten()
                .is_some_and(|it| it.start <= phase.from && phase.from < it.end),
        };
        let faults: Vec<&Fault> = (0..model.faults.len())
            .filter(lasts)
            .map(|it| &model.faults[it])
            .collect();
        system.hit(&faults);
        system.ways = (0..model.edges.len())
            .map(|edge| system.way(edge, &links, &faults))
            .collect();
        system
    }

    fn edit(&mut self, edit: &'m Edit, links: &mut [Link]) {
        match edit {
            Edit::LoadScale { load, scale, .. } => self.loads[load.index()].0 = scale.as_f64(),
            Edit::LoadArrival { load, arrival } => self.loads[load.index()].1 = arrival,
            Edit::Replicas { service, replicas, .. } => self.replicas[service.index()] = *replicas,
            Edit::Workers { service, workers } => self.workers[service.index()] = *workers,
            Edit::Queue { .. } => {}
            Edit::Endpoint { endpoint, row } => self.endpoints[endpoint.index()] = row.clone(),
            Edit::Plan { plan, row } => self.plans[plan.index()] = row.clone(),
            Edit::Link { link, row } => links[link.index()] = row.clone(),
        }
    }

    /// Work factors and lost replicas.
    fn hit(&mut self, faults: &[&Fault]) {
        let layout = self.model.layout();
        self.serving = self.replicas.iter().map(|it| f64::from(*it)).collect();
        for fault in faults {
            let pool = fault.replicas.len() as f64;
            let picked = match fault.pick {
                Pick::All | Pick::Each => pool,
                Pick::Count(n) => f64::from(n).min(pool),
                Pick::Share(share) => (pool * f64::from(share) / 1e6).ceil().min(pool),
            };
            if pool == 0.0 {
                continue;
            }
            for service in 0..self.replicas.len() {
                let slots = layout.first_replica[service]..layout.first_replica[service] + self.replicas[service];
                let meant = fault.replicas.iter().filter(|it| slots.contains(&it.0)).count() as f64;
                let hit = meant * picked / pool;
                if hit == 0.0 || self.replicas[service] == 0 {
                    continue;
                }
                let share = hit / f64::from(self.replicas[service]);
                for effect in &fault.effects {
                    match effect {
                        Effect::Work { endpoint, factor } => {
                            let rows = &self.model.services[service].endpoints;
                            for row in rows.clone().filter(|it| endpoint.is_none_or(|only| only.0 == *it)) {
                                self.factors[row as usize] *= 1.0 + share * (factor.as_f64() - 1.0);
                            }
                        }
                        Effect::Crash | Effect::Pause | Effect::Stall | Effect::Blackhole => {
                            self.serving[service] = (self.serving[service] - hit).max(0.0);
                        }
                        Effect::Errors { .. } | Effect::Latency { .. } | Effect::Loss(_) | Effect::Cut => {}
                    }
                }
            }
        }
    }

    /// The mean one-way delay of an edge, each pair of caller and callee alike, in seconds.
    fn way(&self, edge: usize, links: &[Link], faults: &[&Fault]) -> f64 {
        let model = self.model;
        let layout = model.layout();
        let row = &model.edges[edge];
        let slots = |service: usize| {
            let first = layout.first_replica[service] as usize;
            (0..self.replicas[service] as usize).map(move |it| (first + it, model.services[service].places[it]))
        };
        let callers: Vec<(usize, _)> = match row.caller {
            Caller::Load(load) => vec![(layout.replicas() + load.index(), model.loads[load.index()].zone)],
            Caller::Service(service) => slots(service.index()).collect(),
        };
        let callees: Vec<(usize, _)> = slots(row.callee.index()).collect();
        let region = |zone: Option<brownout_sim_core::ids::ZoneId>| zone.map(|it| model.zones[it.index()].region);
        let mean = |it: &Link| {
            it.latency
                .as_ref()
                .map_or(0.0, |it| it.mean_ns().unwrap_or(f64::INFINITY))
        };
        let means = row.links.map(|it| mean(&links[it.index()]));
        let slowed: Vec<_> = faults
            .iter()
            .filter_map(|it| it.network.as_ref().map(|scope| (scope, &it.effects)))
            .collect();
        if means == [0.0; 3] && slowed.is_empty() {
            return 0.0;
        }
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (from, from_zone) in &callers {
            for (to, to_zone) in &callees {
                let scope = match (from_zone, to_zone) {
                    (Some(a), Some(b)) if a != b && region(*from_zone) != region(*to_zone) => 2,
                    (Some(a), Some(b)) if a != b => 1,
                    _ => 0,
                };
                // There and back, halved.
                for (sender, receiver) in [(*from, *to), (*to, *from)] {
                    let mut delay = means[scope];
                    for (scope, effects) in &slowed {
                        let forth = scope.from[sender] && scope.to[receiver];
                        let back = scope.both_ways && scope.from[receiver] && scope.to[sender];
                        for effect in effects.iter().filter(|_| forth || back) {
                            if let Effect::Latency { factor, add } = effect {
                                delay = delay * factor.as_f64() + add.nanos() as f64;
                            }
                        }
                    }
                    sum += delay / 2.0;
                }
                pairs += 1.0;
            }
        }
        if pairs == 0.0 {
            means[0] / 1e9
        } else {
            sum / pairs / 1e9
        }
    }

    /// The highest rate of a load in this phase, in requests per second; `None` for closed loads.
    fn arrivals(&self, load: LoadId) -> Option<f64> {
        let (scale, arrival) = &self.loads[load.index()];
        let peak = |rate: &Rate| peak(rate, self.from, self.to);
        Some(match arrival {
            Arrival::Poisson(rate) | Arrival::Deterministic(rate) => scale * peak(rate),
            Arrival::Mmpp { rate, states } => {
                let dwell = |it: &brownout_sim_core::model::MmppState| it.dwell.mean_ns().unwrap_or(f64::INFINITY);
                let whole: f64 = states.iter().map(dwell).sum();
                let weighted: f64 = states.iter().map(|it| it.factor.as_f64() * dwell(it) / whole).sum();
                let mean = if weighted.is_finite() {
                    weighted
                } else {
                    states[0].factor.as_f64()
                };
                scale * peak(rate) * mean
            }
            Arrival::Trace(rows) => {
                let (from, to) = (
                    SimTime::from_nanos(self.from as u64),
                    SimTime::from_nanos(self.to as u64),
                );
                let inside = rows.partition_point(|it| it.at < to) - rows.partition_point(|it| it.at < from);
                inside as f64 * 1e9 / (self.to - self.from)
            }
            Arrival::Closed { .. } => return None,
        })
    }

    fn solve(&self) -> Flow {
        let model = self.model;
        let slowed = model.services.iter().any(|it| it.slowdown.is_some());
        let calls: Vec<Vec<(SiteId, f64)>> = (0..model.endpoints.len())
            .map(|it| self.calls_of(EndpointId::from_index(it)))
            .collect();
        let mut slowdowns = vec![1.0; model.services.len()];
        let mut flow = self.solve_with(&calls, &slowdowns);
        for _ in 0..if slowed { SLOWDOWN_ROUNDS } else { 0 } {
            for (row, service) in model.services.iter().enumerate() {
                let Some(slowdown) = &service.slowdown else { continue };
                let held: f64 = service
                    .endpoints
                    .clone()
                    .map(|it| flow.offered[it as usize] * flow.held[it as usize])
                    .sum();
                let each = (held / self.serving[row].max(1.0) - 1e-6).ceil().clamp(1.0, 100_000.0) as u32;
                let limit = self.workers[row].unwrap_or(u32::MAX).max(1);
                slowdowns[row] = slowdown.factor(each.min(limit)).as_f64();
            }
            flow = self.solve_with(&calls, &slowdowns);
        }
        flow
    }

    fn solve_with(&self, calls: &[Vec<(SiteId, f64)>], slowdowns: &[f64]) -> Flow {
        let model = self.model;
        let mut times = Times {
            system: self,
            slowdowns,
            known: vec![None; model.endpoints.len()],
        };
        let all: Vec<Time> = (0..model.endpoints.len())
            .map(|it| times.of(EndpointId::from_index(it), 0))
            .collect();
        let response: Vec<f64> = all.iter().map(|it| it.response).collect();
        let entered = self.entered(&response);
        let mut enter = vec![0.0; model.endpoints.len()];
        let mut worst_enter = enter.clone();
        let mut requests = 0.0;
        for (site, rate) in &entered {
            let site = &model.sites[site.index()];
            enter[site.callee.index()] += rate;
            worst_enter[site.callee.index()] += rate * attempts_worst(&self.plans[site.plan.index()]);
            requests += rate;
        }
        let (offered, cut) = self.spread(calls, enter, |_| 1.0);
        let (worst, _) = self.spread(calls, worst_enter, attempts_worst);
        let mut events_per_s = requests;
        let mut over = |site: SiteId, rate: f64| {
            let row = &model.sites[site.index()];
            let hops = if self.ways[row.edge.index()] > 0.0 { 2.0 } else { 0.0 };
            let timers = self.plans[row.plan.index()]
                .stages
                .iter()
                .filter(|it| !matches!(it, Stage::Retry(_)))
                .count();
            let work = f64::from(u8::from(self.endpoints[row.callee.index()].work.is_some()));
            events_per_s += rate * (hops + timers as f64 + work);
        };
        entered.iter().for_each(|(site, rate)| over(*site, *rate));
        for (endpoint, calls) in calls.iter().enumerate() {
            calls
                .iter()
                .for_each(|(site, mean)| over(*site, mean * offered[endpoint]));
        }
        for (endpoint, rate) in offered.iter().enumerate() {
            events_per_s += rate * self.endpoints[endpoint].flow.map_or(0.0, |it| self.pauses(it, 0));
        }
        Flow {
            offered,
            worst,
            held: all.iter().map(|it| it.held).collect(),
            computed: all.iter().map(|it| it.computed).collect(),
            response,
            entered,
            events_per_s,
            cut,
        }
    }

    /// The chance of each entry of a load's mix.
    fn mix_shares(&self, load: usize) -> Vec<f64> {
        let mut before = 0.0;
        let share = |it: &brownout_sim_core::model::MixItem| {
            let share = it.until.as_f64() - before;
            before = it.until.as_f64();
            share
        };
        self.model.loads[load].mix.iter().map(share).collect()
    }

    /// The share of each entry of the mix in a trace that names entries.
    fn trace_shares(&self, load: usize) -> Option<Vec<f64>> {
        let Arrival::Trace(rows) = self.loads[load].1 else {
            return None;
        };
        if rows.iter().all(|it| it.item.is_none()) {
            return None;
        }
        let drawn = rows.iter().filter(|it| it.item.is_none()).count() as f64;
        let mut each: Vec<f64> = self.mix_shares(load).iter().map(|it| it * drawn).collect();
        rows.iter()
            .filter_map(|it| it.item)
            .for_each(|it| each[usize::from(it)] += 1.0);
        Some(each.into_iter().map(|it| it / rows.len() as f64).collect())
    }

    /// First attempts per second of loads, by site.
    fn entered(&self, response: &[f64]) -> Vec<(SiteId, f64)> {
        let mut entered = Vec::new();
        for (row, load) in self.model.loads.iter().enumerate() {
            let shares = self.mix_shares(row);
            let there_and_back = |site: SiteId| {
                let site = &self.model.sites[site.index()];
                response[site.callee.index()] + 2.0 * self.ways[site.edge.index()]
            };
            let arrivals = self.arrivals(LoadId::from_index(row));
            let per_arrival: Vec<f64> = match (&load.session, self.loads[row].1) {
                (Some(session), _) if !session.path.is_empty() => {
                    let mut each = vec![0.0; load.mix.len()];
                    session
                        .path
                        .iter()
                        .for_each(|it| each[usize::from(it.item)] += it.chance.as_f64());
                    each
                }
                (Some(session), _) => shares.iter().map(|it| it * session.requests_mean).collect(),
                (None, Arrival::Trace(_)) if self.traced[row].is_some() => self.traced[row].clone().unwrap_or_default(),
                (None, _) => shares,
            };
            let rate = arrivals.unwrap_or_else(|| {
                let Arrival::Closed { users, think } = self.loads[row].1 else {
                    return 0.0;
                };
                let answer: f64 = load
                    .mix
                    .iter()
                    .zip(&per_arrival)
                    .map(|(it, share)| share * there_and_back(it.site))
                    .sum();
                let cycle = think.mean_ns().unwrap_or(f64::INFINITY) / 1e9 + answer;
                if cycle > 0.0 && self.closed {
                    self.loads[row].0 * f64::from(*users) / cycle
                } else {
                    0.0
                }
            });
            entered.extend(
                load.mix
                    .iter()
                    .zip(per_arrival)
                    .map(|(it, each)| (it.site, rate * each)),
            );
        }
        entered
    }

    /// Follows rates down the flows, each call multiplied; also whether calls were left out at the depth limit.
    fn spread(&self, calls: &[Vec<(SiteId, f64)>], enter: Vec<f64>, times: impl Fn(&Plan) -> f64) -> (Vec<f64>, bool) {
        let mut total = enter.clone();
        let mut level = enter;
        for _ in 1..self.model.depth_max.max(1) {
            let mut next = vec![0.0; level.len()];
            for (endpoint, calls) in calls.iter().enumerate().filter(|it| level[it.0] > RATE_MIN) {
                for (site, mean) in calls {
                    let site = &self.model.sites[site.index()];
                    next[site.callee.index()] += level[endpoint] * mean * times(&self.plans[site.plan.index()]);
                }
            }
            if next.iter().all(|it| *it <= RATE_MIN) {
                return (total, false);
            }
            total.iter_mut().zip(&next).for_each(|(sum, it)| *sum += it);
            level = next;
        }
        let deeper = calls
            .iter()
            .zip(&level)
            .any(|(calls, rate)| *rate > RATE_MIN && !calls.is_empty());
        (total, deeper)
    }

    /// Mean calls by site for one call of an endpoint.
    fn calls_of(&self, endpoint: EndpointId) -> Vec<(SiteId, f64)> {
        let mut calls: std::collections::BTreeMap<SiteId, f64> = std::collections::BTreeMap::new();
        if let Some(block) = self.endpoints[endpoint.index()].flow {
            self.visit(block, 1.0, 0, &mut |site, mean| *calls.entry(site).or_default() += mean);
        }
        calls.into_iter().filter(|it| it.1 > 0.0).collect()
    }

    fn visit(&self, block: BlockId, chance: f64, depth: u32, found: &mut impl FnMut(SiteId, f64)) {
        let tables: &Tables = self.model;
        if depth > tables.depth_max {
            return;
        }
        let steps = tables.blocks[block.index()].steps.clone();
        for step in &tables.steps[steps.start as usize..steps.end as usize] {
            let chance = chance * step.chance.as_f64();
            match &step.action {
                Action::Call(site) => found(*site, chance),
                Action::Repeat(it) => found(it.site, chance * f64::from(it.times)),
                Action::Work(_) | Action::Wait(_) => {}
                Action::Sequence(inner) => self.visit(*inner, chance, depth + 1, found),
                Action::Parallel { blocks, .. } => {
                    blocks
                        .clone()
                        .for_each(|it| self.visit(BlockId(it), chance, depth + 1, found));
                }
                Action::Choose { options } => {
                    for (share, inner) in shares(tables, options) {
                        self.visit(inner, chance * share, depth + 1, found);
                    }
                }
            }
        }
    }

    /// Mean number of steps that work or wait.
    fn pauses(&self, block: BlockId, depth: u32) -> f64 {
        let tables: &Tables = self.model;
        if depth > tables.depth_max {
            return 0.0;
        }
        let steps = tables.blocks[block.index()].steps.clone();
        let each = |step: &brownout_sim_core::model::Step| {
            let inside = match &step.action {
                Action::Work(_) | Action::Wait(_) => 1.0,
                Action::Call(_) | Action::Repeat(_) => 0.0,
                Action::Sequence(inner) => self.pauses(*inner, depth + 1),
                Action::Parallel { blocks, .. } => blocks.clone().map(|it| self.pauses(BlockId(it), depth + 1)).sum(),
                Action::Choose { options } => shares(tables, options)
                    .into_iter()
                    .map(|(share, it)| share * self.pauses(it, depth + 1))
                    .sum(),
            };
            step.chance.as_f64() * inside
        };
        tables.steps[steps.start as usize..steps.end as usize]
            .iter()
            .map(each)
            .sum()
    }

    /// Also whether cores are the tighter limit.
    fn row(&self, flow: &Flow, service: ServiceId, phase: &Phase, name: &str) -> (CapacityRow, bool) {
        let at = service.index();
        let row = &self.model.services[at];
        let endpoints = || row.endpoints.clone().map(|it| it as usize);
        let offered: f64 = endpoints().map(|it| flow.offered[it]).sum();
        let busy: f64 = endpoints()
            .filter(|it| flow.offered[*it] > 0.0)
            .map(|it| flow.offered[it] * flow.held[it])
            .sum();
        let computing: f64 = endpoints()
            .filter(|it| flow.offered[*it] > 0.0)
            .map(|it| flow.offered[it] * flow.computed[it])
            .sum();
        let over = |erlangs: f64, limit: Option<u32>| {
            let capacity = limit.map(|it| self.serving[at] * f64::from(it));
            let utilization = capacity.map(|it| if erlangs == 0.0 { 0.0 } else { erlangs / it });
            (erlangs, capacity, utilization)
        };
        let workers = over(busy, self.workers[at]);
        let cores = over(computing, row.cores.map(|it| it.limit));
        let tighter = cores.2.is_some_and(|it| workers.2.is_none_or(|workers| it > workers));
        let (erlangs, capacity, utilization) = if tighter { cores } else { workers };
        let row = CapacityRow {
            phase: phase.label.clone(),
            at_s: phase.at_s,
            service: name.to_owned(),
            offered_per_s: offered,
            held_s: if offered > 0.0 {
                busy / offered
            } else {
                endpoints().map(|it| flow.held[it]).fold(0.0, f64::max)
            },
            erlangs,
            capacity,
            utilization,
            worst_per_s: endpoints().map(|it| flow.worst[it]).sum(),
        };
        (row, tighter)
    }
}

/// The chances of the options of a `choose` step.
fn shares(tables: &Tables, options: &core::ops::Range<u32>) -> Vec<(f64, BlockId)> {
    let mut before = 0.0;
    let options = &tables.options[options.start as usize..options.end as usize];
    let share = |it: &brownout_sim_core::model::ChooseOption| {
        let share = it.until.as_f64() - before;
        before = it.until.as_f64();
        (share, it.block)
    };
    options.iter().map(share).collect()
}

/// The highest value of a rate from `from` to `to`, in nanoseconds.
fn peak(rate: &Rate, from: f64, to: f64) -> f64 {
    let at = |it: &brownout_sim_core::model::RatePoint| it.at.nanos() as f64;
    let points = &rate.points;
    // Just after `from` and just before `to`: where two points share an instant the rate jumps.
    let after = points.partition_point(|it| at(it) <= from);
    let before = points.partition_point(|it| at(it) < to);
    let between = |index: usize, instant: f64| match (index.checked_sub(1).map(|it| &points[it]), points.get(index)) {
        (Some(a), Some(b)) => {
            let share = (instant - at(a)) / (at(b) - at(a)).max(1.0);
            a.per_second + share * (b.per_second - a.per_second)
        }
        (Some(only), None) | (None, Some(only)) => only.per_second,
        (None, None) => 0.0,
    };
    let inside = points[after.min(before)..before].iter().map(|it| it.per_second);
    inside.fold(between(after, from).max(between(before, to)), f64::max)
}

/// Mean times of an endpoint in seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Time {
    /// From worker to answer.
    response: f64,
    /// For which a worker is held.
    held: f64,
    /// For which a core is needed.
    computed: f64,
}

struct Times<'a, 'm> {
    system: &'a System<'m>,
    slowdowns: &'a [f64],
    known: Vec<Option<Time>>,
}

impl Times<'_, '_> {
    /// Recursion ends at the depth limit: what is deeper takes no time.
    fn of(&mut self, endpoint: EndpointId, depth: u32) -> Time {
        if let Some(known) = self.known[endpoint.index()] {
            return known;
        }
        // A cycle has no answer of its own before it has been cut once.
        if depth >= self.system.model.depth_max.min(200) {
            return Time::default();
        }
        let system = self.system;
        let row = &system.endpoints[endpoint.index()];
        let service = &system.model.services[row.service.index()];
        let factor = system.factors[endpoint.index()] * self.slowdowns[row.service.index()];
        let mean = |dist: &brownout_sim_core::dist::Dist| dist.mean_ns().unwrap_or(f64::INFINITY) / 1e9;
        let work = row.work.as_ref().map_or(0.0, |it| mean(it) * factor);
        // What is found while this endpoint is open is found under a cut cycle, if at all.
        self.known[endpoint.index()] = Some(Time {
            response: work,
            held: work,
            computed: work,
        });
        let (passed, stepped) = row.flow.map_or((0.0, 0.0), |it| self.block(it, factor, depth));
        let computed = work + stepped;
        let held = match service.style {
            Style::Blocking => work + passed,
            Style::Async => computed,
        };
        let time = Time {
            response: work + passed,
            held,
            computed,
        };
        self.known[endpoint.index()] = Some(time);
        time
    }

    /// Mean time a block takes, and the time it computes.
    fn block(&mut self, block: BlockId, factor: f64, depth: u32) -> (f64, f64) {
        let tables: &Tables = self.system.model;
        let steps = tables.blocks[block.index()].steps.clone();
        let (mut passed, mut computed) = (0.0, 0.0);
        for step in &tables.steps[steps.start as usize..steps.end as usize] {
            let mean = |dist: &brownout_sim_core::dist::Dist| dist.mean_ns().unwrap_or(f64::INFINITY) / 1e9;
            let (time, work) = match &step.action {
                Action::Call(site) => (self.site(*site, depth), 0.0),
                Action::Repeat(it) => {
                    let one = self.site(it.site, depth);
                    (if it.parallel { one } else { one * f64::from(it.times) }, 0.0)
                }
                Action::Work(dist) => (mean(dist) * factor, mean(dist) * factor),
                Action::Wait(dist) => (mean(dist), 0.0),
                Action::Sequence(inner) => self.block(*inner, factor, depth),
                Action::Parallel { blocks, need } => {
                    let mut branches: Vec<(f64, f64)> = blocks
                        .clone()
                        .map(|it| self.block(BlockId(it), factor, depth))
                        .collect();
                    branches.sort_by(|a, b| a.0.total_cmp(&b.0));
                    let last = (*need as usize).clamp(1, branches.len().max(1)) - 1;
                    (
                        branches.get(last).map_or(0.0, |it| it.0),
                        branches.iter().map(|it| it.1).sum(),
                    )
                }
                Action::Choose { options } => {
                    let mut sum = (0.0, 0.0);
                    for (share, inner) in shares(tables, options) {
                        let (time, work) = self.block(inner, factor, depth);
                        sum = (sum.0 + share * time, sum.1 + share * work);
                    }
                    sum
                }
            };
            let chance = step.chance.as_f64();
            passed += if step.background || chance == 0.0 {
                0.0
            } else {
                chance * time
            };
            computed += if chance == 0.0 { 0.0 } else { chance * work };
        }
        (passed, computed)
    }

    fn site(&mut self, site: SiteId, depth: u32) -> f64 {
        let row = &self.system.model.sites[site.index()];
        self.of(row.callee, depth + 1).response + 2.0 * self.system.ways[row.edge.index()]
    }
}

#[cfg(test)]
mod tests;
