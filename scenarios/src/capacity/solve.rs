//! The load that each service is offered: rates followed down the flows.

use brownout_sim_core::ids::{BlockId, EndpointId, LoadId, ServiceId, SiteId};
use brownout_sim_core::model::{Action, Arrival, Plan, Rate, Stage, Tables};

use super::phases::Phase;
use super::system::{Flow, System};
use super::times::{Time, Times};
use super::{RATE_MIN, SLOWDOWN_ROUNDS, attempts_worst};
use crate::compiled::CapacityRow;

impl<'m> System<'m> {
    pub(super) fn solve(&self) -> Flow {
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
    pub(super) fn trace_shares(&self, load: usize) -> Option<Vec<f64>> {
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
    pub(super) fn entered(&self, response: &[f64]) -> Vec<(SiteId, f64)> {
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
    pub(super) fn calls_of(&self, endpoint: EndpointId) -> Vec<(SiteId, f64)> {
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
    pub(super) fn row(&self, flow: &Flow, service: ServiceId, phase: &Phase, name: &str) -> (CapacityRow, bool) {
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
pub(super) fn shares(tables: &Tables, options: &core::ops::Range<u32>) -> Vec<(f64, BlockId)> {
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
pub(super) fn peak(rate: &Rate, from: f64, to: f64) -> f64 {
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
