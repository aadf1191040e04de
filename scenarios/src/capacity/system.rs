//! The system in one phase: what faults and changes have made of it, and how requests arrive.

use brownout_sim_core::ids::{LoadId, SiteId};
use brownout_sim_core::model::{Arrival, Caller, Edit, Effect, Endpoint, Fault, Link, Model, Pick, Plan, Rate};
use brownout_sim_core::time::SimTime;

use super::phases::{Phase, Timeline};
use super::solve::peak;

/// The rows of a model as they are in one phase.
pub(super) struct System<'m> {
    pub(super) model: &'m Model,
    /// The factor on each load's rate, and how it arrives.
    pub(super) loads: Vec<(f64, &'m Arrival)>,
    /// The share of each entry of the mix, for traces that name them.
    pub(super) traced: Vec<Option<Vec<f64>>>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) plans: Vec<Plan>,
    pub(super) replicas: Vec<u32>,
    pub(super) workers: Vec<Option<u32>>,
    /// Mean factor of faults on the work of each endpoint.
    pub(super) factors: Vec<f64>,
    /// Replicas that serve.
    pub(super) serving: Vec<f64>,
    /// Mean one-way delay of each edge in seconds.
    pub(super) ways: Vec<f64>,
    /// Whether closed loads count.
    pub(super) closed: bool,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// The steady state of a phase, by endpoint.
pub(super) struct Flow {
    pub(super) offered: Vec<f64>,
    pub(super) worst: Vec<f64>,
    pub(super) held: Vec<f64>,
    pub(super) computed: Vec<f64>,
    pub(super) response: Vec<f64>,
    /// First attempts per second of loads, by site.
    pub(super) entered: Vec<(SiteId, f64)>,
    pub(super) events_per_s: f64,
    pub(super) cut: bool,
}

impl<'m> System<'m> {
    pub(super) fn in_phase(model: &'m Model, timeline: &Timeline, phase: &Phase) -> System<'m> {
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
            Edit::Queue { .. } | Edit::Admission { .. } | Edit::Dimmer { .. } => {}
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
    pub(super) fn arrivals(&self, load: LoadId) -> Option<f64> {
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
}
