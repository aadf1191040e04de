//! Counts and histograms over a span: from totals where it is the whole measured span, else summed over windows.
//!
//! Ratios of sums are built from these, never means of ratios; quantiles come from the merged histograms.

use std::borrow::Cow;

use super::evaluate::{Evaluator, Missing};
use super::spans::{self, Scope};
use super::{Metric, Target};
use crate::ids::{EndpointId, LoadId, ServiceId};
use crate::observe::histogram::Histogram;
use crate::outcome::Outcome;
use crate::results::{Covered, EdgePart, LanePoint, LoadPart, LoadPoint, Outcomes, ServicePart, ServicePoint};

/// How many there were and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub offered: u64,
    pub ok: u64,
    pub degraded: u64,
    pub failed: u64,
    /// Requests only.
    pub good: u64,
    /// Calls over edges only.
    pub attempts: u64,
    /// Calls over edges only; windows do not keep it.
    pub covered: Covered,
    /// By kind of failure; windows do not keep them.
    pub outcomes: Option<Outcomes>,
}

impl Tally {
    pub fn ended(&self) -> u64 {
        self.ok + self.degraded + self.failed
    }

    fn add(&mut self, offered: u64, outcomes: &Outcomes) {
        self.offered += offered;
        self.ok += outcomes.of(Outcome::Ok);
        self.degraded += outcomes.of(Outcome::Degraded);
        self.failed += outcomes.failed();
        self.outcomes.get_or_insert_default().merge(outcomes);
    }

    fn add_window(&mut self, [offered, ok, degraded, failed]: [u32; 4]) {
        self.offered += u64::from(offered);
        self.ok += u64::from(ok);
        self.degraded += u64::from(degraded);
        self.failed += u64::from(failed);
    }
}

/// Whom something is about once the metric is known: one view, as indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// Entries of loads' mixes; `None` is all of them.
    Requests(Option<&'a [(LoadId, u16)]>),
    /// Whole services.
    Services(&'a [ServiceId]),
    /// Endpoints.
    Endpoints(&'a [EndpointId]),
    /// Lanes.
    Calls(Vec<u32>),
}

/// Which times a metric is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// Responses: of requests that ended `ok`, of all calls and attempts.
    Response,
    /// Responses of all outcomes.
    ResponseAll,
    /// Waits for a worker.
    Wait,
    /// From worker to answer.
    Service,
    /// Attempts as their callers saw them.
    Attempt,
}

/// What is taken of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Mean,
    Quantile(f64),
    Min,
    Max,
}

impl Times {
    /// The times and the statistic that a metric is, if it is of times.
    pub fn of(metric: Metric) -> Option<(Times, Statistic)> {
        Some(match metric {
            Metric::Mean => (Times::Response, Statistic::Mean),
            Metric::Quantile(q) => (Times::Response, Statistic::Quantile(q)),
            Metric::Min => (Times::Response, Statistic::Min),
            Metric::Max => (Times::Response, Statistic::Max),
            Metric::MeanAll => (Times::ResponseAll, Statistic::Mean),
            Metric::QuantileAll(q) => (Times::ResponseAll, Statistic::Quantile(q)),
            Metric::WaitMean => (Times::Wait, Statistic::Mean),
            Metric::WaitQuantile(q) => (Times::Wait, Statistic::Quantile(q)),
            Metric::ServiceMean => (Times::Service, Statistic::Mean),
            Metric::ServiceQuantile(q) => (Times::Service, Statistic::Quantile(q)),
            Metric::AttemptMean => (Times::Attempt, Statistic::Mean),
            Metric::AttemptQuantile(q) => (Times::Attempt, Statistic::Quantile(q)),
            _ => return None,
        })
    }
}

impl Statistic {
    /// In seconds; `None` without values.
    pub fn of(self, times: &Histogram) -> Option<f64> {
        match self {
            Statistic::Mean => times.mean_s(),
            Statistic::Quantile(q) => times.quantile_s(q),
            Statistic::Min => times.min().map(|it| it.as_secs_f64()),
            Statistic::Max => times.max().map(|it| it.as_secs_f64()),
        }
    }
}

impl Evaluator<'_> {
    /// The view of `target` that `metric` is about.
    pub(super) fn subject<'t>(&self, metric: Metric, target: &'t Target) -> Result<Subject<'t>, Missing> {
        if !metric.applies_to(target) {
            return Err(Missing::NotApplicable);
        }
        if metric.is_about_attempts() {
            return Ok(Subject::Calls(self.lanes(target)));
        }
        Ok(match target {
            Target::Everything => Subject::Requests(None),
            Target::Requests(entries) => Subject::Requests(Some(entries)),
            Target::Front { requests, .. } if metric.is_about_requests(target) => Subject::Requests(Some(requests)),
            Target::Services(ids) => Subject::Services(ids),
            Target::Front { services, .. } if !services.is_empty() => Subject::Services(services),
            Target::Endpoints(ids) | Target::Front { endpoints: ids, .. } => Subject::Endpoints(ids),
            Target::Lanes(_) | Target::Edges(_) => Subject::Calls(self.lanes(target)),
            Target::Fault(_) => return Err(Missing::NotApplicable),
        })
    }

    /// The lanes whose attempts are the target's: those over its edges; into its services or endpoints; of its requests'
    /// senders; all.
    fn lanes(&self, target: &Target) -> Vec<u32> {
        let wiring = self.wiring;
        let into = |services: &[ServiceId]| {
            wiring.lanes_where(|_, endpoint| services.contains(&wiring.service_of[endpoint.index()]))
        };
        match target {
            Target::Everything => wiring.lanes_where(|_, _| true),
            Target::Requests(entries) => wiring.lanes_of_mix(entries),
            Target::Services(services) => into(services),
            Target::Front { services, .. } if !services.is_empty() => into(services),
            Target::Endpoints(ids) | Target::Front { endpoints: ids, .. } => {
                wiring.lanes_where(|_, endpoint| ids.contains(&endpoint))
            }
            Target::Lanes(lanes) => lanes.clone(),
            Target::Edges(edges) => wiring.lanes_where(|edge, _| edges.contains(&edge)),
            Target::Fault(_) => Vec::new(),
        }
    }

    /// How many there were over the span and how they ended.
    pub(super) fn tally(&self, subject: &Subject, scope: &Scope) -> Result<Tally, Missing> {
        let mut tally = Tally::default();
        match (subject, scope) {
            (Subject::Requests(entries), Scope::Whole) => {
                for part in self.load_parts(*entries) {
                    tally.add(part.offered, &part.outcomes);
                    tally.good += part.good;
                }
            }
            (Subject::Requests(entries), Scope::Windows(_)) => {
                self.load_points(*entries, scope, |it| {
                    tally.add_window([it.offered, it.ok, it.degraded, it.failed]);
                    tally.good += u64::from(it.good);
                })?;
            }
            (Subject::Services(_) | Subject::Endpoints(_), Scope::Whole) => {
                self.service_parts(subject)
                    .iter()
                    .for_each(|it| tally.add(it.offered, &it.outcomes));
            }
            (Subject::Services(_) | Subject::Endpoints(_), Scope::Windows(_)) => {
                self.service_points(subject, scope, |it| {
                    tally.add_window([it.offered, it.ok, it.degraded, it.failed]);
                })?;
            }
            (Subject::Calls(lanes), Scope::Whole) => {
                for part in self.edge_parts(lanes) {
                    tally.add(part.calls, &part.outcomes);
                    tally.attempts += part.attempts;
                    tally.covered.merge(&part.covered);
                }
            }
            (Subject::Calls(lanes), Scope::Windows(_)) => {
                self.lane_points(lanes, scope, |it| {
                    tally.add_window([it.calls, it.ok, it.degraded, it.failed]);
                    tally.attempts += u64::from(it.attempts);
                })?;
            }
        }
        Ok(tally)
    }

    /// How many finished well in the span, whenever they arrived.
    pub(super) fn completed(&self, subject: &Subject, scope: &Scope) -> Result<u64, Missing> {
        let mut completed = 0;
        match (subject, scope) {
            (Subject::Requests(entries), _) => {
                let scope = Scope::Windows(spans::windows_of(self.run, scope)?);
                self.load_points(*entries, &scope, |it| completed += u64::from(it.completed))?;
            }
            (Subject::Services(_) | Subject::Endpoints(_), Scope::Whole) => {
                completed = self.service_parts(subject).iter().map(|it| it.completed).sum();
            }
            (Subject::Services(_) | Subject::Endpoints(_), Scope::Windows(_)) => {
                self.service_points(subject, scope, |it| completed += u64::from(it.completed))?;
            }
            (Subject::Calls(_), _) => return Err(Missing::NotApplicable),
        }
        Ok(completed)
    }

    /// The times over the span; never empty.
    pub(super) fn times(&self, subject: &Subject, times: Times, scope: &Scope) -> Result<Cow<'_, Histogram>, Missing> {
        if *scope == Scope::Whole {
            let merged = merge(self.whole_times(subject, times));
            return if merged.count() > 0 {
                Ok(merged)
            } else {
                Err(Missing::NothingThere)
            };
        }
        let merged = self.window_times(subject, times, scope)?;
        if merged.count() > 0 {
            return Ok(Cow::Owned(merged));
        }
        // No values: either nothing ended in the span, or its windows have counts but were not asked to keep times. That
        // shows in the response times, because everything that ended has one.
        let tally = self.tally(subject, scope)?;
        let requests_ok = matches!((subject, times), (Subject::Requests(_), Times::Response));
        let ended = if requests_ok { tally.ok } else { tally.ended() };
        let responses = self.window_times(subject, Times::Response, scope)?.count();
        Err(if ended > 0 && responses == 0 {
            Missing::NotRecorded
        } else {
            Missing::NothingThere
        })
    }

    fn whole_times(&self, subject: &Subject, times: Times) -> Vec<&Histogram> {
        match subject {
            Subject::Requests(entries) => {
                let parts = self.load_parts(*entries).into_iter();
                parts
                    .map(|it| {
                        if times == Times::Response {
                            &it.response_ok
                        } else {
                            &it.response_all
                        }
                    })
                    .collect()
            }
            Subject::Services(_) | Subject::Endpoints(_) => {
                let parts = self.service_parts(subject).into_iter();
                parts
                    .map(|it| match times {
                        Times::Wait => &it.wait,
                        Times::Service => &it.service,
                        Times::Response | Times::ResponseAll | Times::Attempt => &it.response,
                    })
                    .collect()
            }
            Subject::Calls(lanes) => {
                let parts = self.edge_parts(lanes).into_iter();
                parts
                    .map(|it| {
                        if times == Times::Attempt {
                            &it.attempt
                        } else {
                            &it.response
                        }
                    })
                    .collect()
            }
        }
    }

    fn window_times(&self, subject: &Subject, times: Times, scope: &Scope) -> Result<Histogram, Missing> {
        let mut merged = Histogram::default();
        match (subject, times) {
            (Subject::Requests(entries), Times::Response) => {
                self.load_points(*entries, scope, |it| merged.merge(&it.response_ok))?;
            }
            (Subject::Requests(entries), _) => {
                self.load_points(*entries, scope, |it| merged.merge(&it.response_all))?;
            }
            (_, Times::Service | Times::Attempt) => return Err(Missing::WholeRunOnly),
            (Subject::Services(_) | Subject::Endpoints(_), Times::Wait) => {
                self.service_points(subject, scope, |it| merged.merge(&it.wait))?;
            }
            (Subject::Services(_) | Subject::Endpoints(_), _) => {
                self.service_points(subject, scope, |it| merged.merge(&it.response))?;
            }
            (Subject::Calls(lanes), _) => self.lane_points(lanes, scope, |it| merged.merge(&it.response))?,
        }
        Ok(merged)
    }

    fn load_parts(&self, entries: Option<&[(LoadId, u16)]>) -> Vec<&LoadPart> {
        let loads = &self.run.loads;
        match entries {
            None => loads.iter().map(|it| &it.total).collect(),
            Some(entries) => entries
                .iter()
                .map(|&(load, item)| &loads[load.index()].by_item[usize::from(item)].1)
                .collect(),
        }
    }

    /// What services did, whole or at endpoints.
    pub(super) fn service_parts(&self, subject: &Subject) -> Vec<&ServicePart> {
        let services = &self.run.services;
        match subject {
            Subject::Services(ids) => ids.iter().map(|it| &services[it.index()].total).collect(),
            Subject::Endpoints(ids) => {
                let part = |id: &EndpointId| {
                    let service = &services[self.wiring.service_of[id.index()].index()];
                    service.endpoints.iter().find(|it| it.0 == *id).map(|it| &it.1)
                };
                ids.iter().filter_map(part).collect()
            }
            Subject::Requests(_) | Subject::Calls(_) => Vec::new(),
        }
    }

    fn edge_parts(&self, lanes: &[u32]) -> Vec<&EdgePart> {
        let part = |lane: &u32| {
            let (edge, endpoint) = self.wiring.lanes[*lane as usize];
            self.run.edges[edge.index()]
                .endpoints
                .iter()
                .find(|it| it.0 == endpoint)
                .map(|it| &it.1)
        };
        lanes.iter().filter_map(part).collect()
    }

    fn load_points(
        &self,
        entries: Option<&[(LoadId, u16)]>,
        scope: &Scope,
        mut each: impl FnMut(&LoadPoint),
    ) -> Result<(), Missing> {
        let windows = spans::windows_of(self.run, scope)?;
        let table = &self.run.timeline.loads;
        if table.is_empty() {
            return Err(Missing::NotRecorded);
        }
        match entries {
            None => table
                .iter()
                .flatten()
                .for_each(|it| it[windows.clone()].iter().for_each(&mut each)),
            Some(entries) => {
                for &(load, item) in entries {
                    table[load.index()][usize::from(item)][windows.clone()]
                        .iter()
                        .for_each(&mut each);
                }
            }
        }
        Ok(())
    }

    /// The points of services; an endpoint's are its service's, if it is the only one there.
    pub(super) fn service_points(
        &self,
        subject: &Subject,
        scope: &Scope,
        mut each: impl FnMut(&ServicePoint),
    ) -> Result<(), Missing> {
        let windows = spans::windows_of(self.run, scope)?;
        let table = &self.run.timeline.services;
        if table.is_empty() {
            return Err(Missing::NotRecorded);
        }
        let services: Vec<ServiceId> = match subject {
            Subject::Services(ids) => ids.to_vec(),
            Subject::Endpoints(ids) => {
                if !ids.iter().all(|it| self.wiring.is_only_endpoint(*it)) {
                    return Err(Missing::NotByEndpoint);
                }
                ids.iter().map(|it| self.wiring.service_of[it.index()]).collect()
            }
            Subject::Requests(_) | Subject::Calls(_) => return Err(Missing::NotApplicable),
        };
        for service in services {
            table[service.index()][windows.clone()].iter().for_each(&mut each);
        }
        Ok(())
    }

    fn lane_points(&self, lanes: &[u32], scope: &Scope, mut each: impl FnMut(&LanePoint)) -> Result<(), Missing> {
        let windows = spans::windows_of(self.run, scope)?;
        let table = &self.run.timeline.lanes;
        if table.is_empty() {
            return Err(Missing::NotRecorded);
        }
        for &lane in lanes {
            table[lane as usize][windows.clone()].iter().for_each(&mut each);
        }
        Ok(())
    }
}

/// One histogram of all; the only one is not copied.
fn merge(parts: Vec<&Histogram>) -> Cow<'_, Histogram> {
    match parts.as_slice() {
        [only] => Cow::Borrowed(only),
        _ => {
            let mut merged = Histogram::default();
            parts.iter().for_each(|it| merged.merge(it));
            Cow::Owned(merged)
        }
    }
}
