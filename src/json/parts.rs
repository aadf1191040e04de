//! Loads, services and edges. A part (one endpoint, one class) has the keys of the whole; what is known of the whole only
//! is `null` there.

use brownout_sim_core::ids::EndpointId;
use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::results::{
    EdgePart, EdgeResult, Gauge, LoadPart, LoadResult, Outcomes, ServicePart, ServiceResult,
};
use serde::Serialize;

use super::{Map, finite};

/// Times in seconds.
#[derive(Debug, Serialize)]
pub struct Times {
    count: u64,
    mean: Option<f64>,
    min: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    p999: Option<f64>,
    max: Option<f64>,
}

impl Times {
    fn of(histogram: &Histogram) -> Times {
        Times {
            count: histogram.count(),
            mean: histogram.mean_s(),
            min: histogram.min().map(|it| it.as_secs_f64()),
            p50: histogram.quantile_s(0.5),
            p90: histogram.quantile_s(0.9),
            p95: histogram.quantile_s(0.95),
            p99: histogram.quantile_s(0.99),
            p999: histogram.quantile_s(0.999),
            max: histogram.max().map(|it| it.as_secs_f64()),
        }
    }
}

/// Every kind of failure with how many there were, zeros included.
fn failed(outcomes: &Outcomes) -> Map<u64> {
    let failures = Outcome::ALL.into_iter().filter(|it| it.is_failure());
    Map(failures.map(|it| (it.name().to_owned(), outcomes.of(it))).collect())
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn per_s(count: u64, span_s: f64) -> Option<f64> {
    finite(count as f64 / span_s)
}

#[derive(Debug, Serialize)]
pub struct Load {
    offered: u64,
    ok: u64,
    degraded: u64,
    unfinished: u64,
    failed: Map<u64>,
    goodput_per_s: Option<f64>,
    goodput_ratio: Option<f64>,
    success_ratio: Option<f64>,
    served_ratio: Option<f64>,
    response_ok_s: Times,
    response_all_s: Times,
    by_endpoint: Option<Map<Load>>,
    by_class: Option<Map<Load>>,
}

impl Load {
    /// A load over a measured span of so many seconds.
    pub fn of(load: &LoadResult, span_s: f64, endpoint: &dyn Fn(EndpointId) -> String, classes: &[String]) -> Load {
        // Two entries of a mix may ask for the same endpoint.
        let mut by_endpoint: Vec<(String, LoadPart)> = Vec::new();
        for (id, part) in &load.by_item {
            let name = endpoint(*id);
            match by_endpoint.iter_mut().find(|it| it.0 == name) {
                Some((_, sum)) => add(sum, part),
                None => by_endpoint.push((name, part.clone())),
            }
        }
        by_endpoint.sort_by(|a, b| a.0.cmp(&b.0));
        let by_class = load
            .by_class
            .iter()
            .map(|(id, part)| (classes[id.index()].clone(), Load::part(part, span_s)));
        Load {
            by_endpoint: Some(Map(by_endpoint
                .into_iter()
                .map(|it| (it.0, Load::part(&it.1, span_s)))
                .collect())),
            by_class: Some(Map(by_class.collect())),
            ..Load::part(&load.total, span_s)
        }
    }

    fn part(part: &LoadPart, span_s: f64) -> Load {
        let (ok, degraded) = (part.outcomes.of(Outcome::Ok), part.outcomes.of(Outcome::Degraded));
        Load {
            offered: part.offered,
            ok,
            degraded,
            unfinished: part.unfinished(),
            failed: failed(&part.outcomes),
            goodput_per_s: per_s(part.good, span_s),
            goodput_ratio: ratio(part.good, part.offered),
            success_ratio: ratio(ok, part.offered),
            served_ratio: ratio(ok + degraded, part.offered),
            response_ok_s: Times::of(&part.response_ok),
            response_all_s: Times::of(&part.response_all),
            by_endpoint: None,
            by_class: None,
        }
    }
}

fn add(sum: &mut LoadPart, part: &LoadPart) {
    sum.offered += part.offered;
    sum.outcomes.merge(&part.outcomes);
    sum.good += part.good;
    sum.response_ok.merge(&part.response_ok);
    sum.response_all.merge(&part.response_all);
}

/// A quantity over time.
#[derive(Debug, Serialize)]
struct Level {
    mean: Option<f64>,
    max: u64,
}

impl From<Gauge> for Level {
    fn from(gauge: Gauge) -> Level {
        Level {
            mean: finite(gauge.mean),
            max: gauge.max,
        }
    }
}

#[derive(Debug, Serialize)]
struct Inside {
    mean: Option<f64>,
    max: u64,
    time_share: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub struct Service {
    replicas: Option<u32>,
    offered: u64,
    ok: u64,
    degraded: u64,
    failed: Map<u64>,
    unfinished: u64,
    wasted: u64,
    throughput_per_s: Option<f64>,
    utilization: Option<f64>,
    availability: Option<f64>,
    replica_availability: Option<f64>,
    waited_ratio: Option<f64>,
    slowdown_mean: Option<f64>,
    queue_length: Option<Level>,
    in_service: Option<Level>,
    in_system: Option<Inside>,
    wait_s: Times,
    service_s: Times,
    response_s: Times,
    endpoints: Option<Map<Service>>,
}

impl Service {
    /// A service over a measured span of so many seconds.
    pub fn of(service: &ServiceResult, span_s: f64, endpoint: &dyn Fn(EndpointId) -> String) -> Service {
        let endpoints = service
            .endpoints
            .iter()
            .map(|(id, part)| (endpoint(*id), Service::part(part, span_s)));
        Service {
            replicas: Some(service.replicas),
            utilization: service.utilization.and_then(finite),
            availability: finite(service.availability),
            replica_availability: finite(service.replica_availability),
            queue_length: Some(service.queue_length.into()),
            in_service: Some(service.in_service.into()),
            in_system: Some(Inside {
                mean: finite(service.in_system.mean),
                max: service.in_system.max,
                time_share: service.time_share.clone(),
            }),
            endpoints: Some(Map(endpoints.collect())),
            ..Service::part(&service.total, span_s)
        }
    }

    fn part(part: &ServicePart, span_s: f64) -> Service {
        let (slowdown, slowdowns) = part.slowdown;
        Service {
            replicas: None,
            offered: part.offered,
            ok: part.outcomes.of(Outcome::Ok),
            degraded: part.outcomes.of(Outcome::Degraded),
            failed: failed(&part.outcomes),
            unfinished: part.unfinished(),
            wasted: part.wasted,
            throughput_per_s: per_s(part.completed, span_s),
            utilization: None,
            availability: None,
            replica_availability: None,
            waited_ratio: ratio(part.waited, part.started),
            slowdown_mean: finite(slowdown / slowdowns as f64),
            queue_length: None,
            in_service: None,
            in_system: None,
            wait_s: Times::of(&part.wait),
            service_s: Times::of(&part.service),
            response_s: Times::of(&part.response),
            endpoints: None,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Edge {
    calls: u64,
    attempts: u64,
    amplification: Option<f64>,
    hedges: u64,
    hedge_wins: u64,
    fallbacks: u64,
    fallbacks_failed: u64,
    cache_hits: u64,
    cache_misses: u64,
    cache_joined: u64,
    batches: u64,
    batched: u64,
    ok: u64,
    degraded: u64,
    failed: Map<u64>,
    unfinished: u64,
    response_s: Times,
    attempt_s: Times,
    endpoints: Option<Map<Edge>>,
}

impl Edge {
    pub fn of(edge: &EdgeResult, endpoint: &dyn Fn(EndpointId) -> String) -> Edge {
        let endpoints = edge
            .endpoints
            .iter()
            .map(|(id, part)| (endpoint(*id), Edge::part(part)));
        Edge {
            endpoints: Some(Map(endpoints.collect())),
            ..Edge::part(&edge.total)
        }
    }

    fn part(part: &EdgePart) -> Edge {
        Edge {
            calls: part.calls,
            attempts: part.attempts,
            amplification: ratio(part.attempts, part.calls),
            hedges: part.covered.hedges,
            hedge_wins: part.covered.hedge_wins,
            fallbacks: part.covered.fallbacks,
            fallbacks_failed: part.covered.fallbacks_failed,
            cache_hits: part.covered.cache_hits,
            cache_misses: part.covered.cache_misses,
            cache_joined: part.covered.cache_joined,
            batches: part.covered.batches,
            batched: part.covered.batched,
            ok: part.outcomes.of(Outcome::Ok),
            degraded: part.outcomes.of(Outcome::Degraded),
            failed: failed(&part.outcomes),
            unfinished: part.unfinished(),
            response_s: Times::of(&part.response),
            attempt_s: Times::of(&part.attempt),
            endpoints: None,
        }
    }
}
