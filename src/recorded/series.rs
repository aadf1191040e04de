//! Timelines with names: a number a window for every counter and gauge.

use brownout_scenarios::Compiled;
use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::results::{LanePoint, LoadPoint, RunResult, ServicePoint};
use serde::Serialize;

/// What numbers of a timeline are, window by window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Numbers {
    /// Things that happened in the window.
    Counts(Vec<u64>),
    /// Means over the window.
    Levels(Vec<f32>),
    /// What a machine had found at the end of the window; `None` before it has found anything.
    Gauges(Vec<Option<f32>>),
    /// Quantiles of what happened in the window, in seconds; `None` if nothing did.
    Times(Vec<Option<f64>>),
}

impl Numbers {
    /// The numbers, all of one type.
    pub fn values(&self) -> Vec<Option<f64>> {
        match self {
            Numbers::Counts(it) => it.iter().map(|it| Some(*it as f64)).collect(),
            Numbers::Levels(it) => it.iter().map(|it| Some(widened(*it))).collect(),
            Numbers::Gauges(it) => it.iter().map(|it| it.map(widened)).collect(),
            Numbers::Times(it) => it.clone(),
        }
    }
}

/// The number of double precision that is written with the same digits, so that tables and JSON hold equal ones.
fn widened(it: f32) -> f64 {
    it.to_string().parse().expect("a number is read as it was written")
}

/// What a timeline is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A load.
    Load,
    /// A service, or a third party.
    Service,
    /// An edge.
    Edge,
}

impl Kind {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Load => "load",
            Kind::Service => "service",
            Kind::Edge => "edge",
        }
    }
}

/// The timelines of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Name and numbers of each timeline; a name that ends in `_s` is of seconds.
    pub series: Vec<(&'static str, Numbers)>,
}

/// All timelines of a run. Windows begin at 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The width of a window, in seconds.
    pub window_s: f64,
    /// How many windows there are.
    pub windows: usize,
    /// Loads, then services, then edges, each in the order of their names.
    pub components: Vec<Component>,
}

impl Series {
    /// What was recorded of a run; no components if no timeline was.
    pub fn of(compiled: &Compiled, result: &RunResult) -> Series {
        let (names, timeline) = (&compiled.names, &result.timeline);
        let component = |kind: Kind, name: &String, series| Component {
            kind,
            name: name.clone(),
            series,
        };
        let loads = names.loads.iter().zip(&timeline.loads);
        let loads = loads.map(|(name, it)| component(Kind::Load, name, load_series(it)));
        let services = names.services.iter().zip(&timeline.services);
        let services = services.map(|(name, it)| component(Kind::Service, name, service_series(it)));
        let lanes = &compiled.model.layout().lanes;
        let recorded = names.edges.iter().enumerate().filter(|_| !timeline.lanes.is_empty());
        let edges = recorded.map(|(edge, name)| {
            let of_edge = lanes
                .iter()
                .zip(&timeline.lanes)
                .filter(|it| it.0.0.index() == edge)
                .map(|it| it.1.as_slice());
            let limits = timeline.edge_limits.get(edge).cloned().unwrap_or_default();
            component(Kind::Edge, name, edge_series(&of_edge.collect::<Vec<_>>(), limits))
        });
        Series {
            window_s: timeline.window.as_secs_f64(),
            windows: timeline.windows,
            components: loads.chain(services).chain(edges).collect(),
        }
    }
}

/// Sums a counter over parallel timelines, window by window.
fn counts<T>(parts: &[&[T]], of: impl Fn(&T) -> u32) -> Numbers {
    let windows = parts.first().map_or(0, |it| it.len());
    Numbers::Counts(
        (0..windows)
            .map(|at| parts.iter().map(|it| u64::from(of(&it[at]))).sum())
            .collect(),
    )
}

/// A quantile over parallel timelines, window by window.
fn quantiles<T>(parts: &[&[T]], q: f64, of: impl Fn(&T) -> &Histogram) -> Numbers {
    let windows = parts.first().map_or(0, |it| it.len());
    let window = |at: usize| {
        let mut all = Histogram::default();
        parts.iter().for_each(|it| all.merge(of(&it[at])));
        all.quantile_s(q)
    };
    Numbers::Times((0..windows).map(window).collect())
}

fn load_series(items: &[Vec<LoadPoint>]) -> Vec<(&'static str, Numbers)> {
    let parts: Vec<&[LoadPoint]> = items.iter().map(Vec::as_slice).collect();
    Vec::from([
        ("offered", counts(&parts, |it| it.offered)),
        ("ok", counts(&parts, |it| it.ok)),
        ("degraded", counts(&parts, |it| it.degraded)),
        ("failed", counts(&parts, |it| it.failed)),
        ("goodput", counts(&parts, |it| it.good)),
        ("completed", counts(&parts, |it| it.completed)),
        ("response_ok_p50_s", quantiles(&parts, 0.5, |it| &it.response_ok)),
        ("response_ok_p99_s", quantiles(&parts, 0.99, |it| &it.response_ok)),
        ("response_all_p50_s", quantiles(&parts, 0.5, |it| &it.response_all)),
        ("response_all_p99_s", quantiles(&parts, 0.99, |it| &it.response_all)),
    ])
}

fn service_series(points: &[ServicePoint]) -> Vec<(&'static str, Numbers)> {
    let parts = [points];
    let level = |of: fn(&ServicePoint) -> f32| Numbers::Levels(points.iter().map(of).collect());
    let gauge = |of: fn(&ServicePoint) -> Option<f32>| points.iter().map(of).collect();
    let mut series = Vec::from([
        ("offered", counts(&parts, |it| it.offered)),
        ("ok", counts(&parts, |it| it.ok)),
        ("degraded", counts(&parts, |it| it.degraded)),
        ("failed", counts(&parts, |it| it.failed)),
        ("completed", counts(&parts, |it| it.completed)),
        ("queue_length", level(|it| it.queue_length)),
        ("in_service", level(|it| it.in_service)),
        ("replicas_up", level(|it| it.replicas_up)),
        ("response_p50_s", quantiles(&parts, 0.5, |it| &it.response)),
        ("response_p99_s", quantiles(&parts, 0.99, |it| &it.response)),
        ("wait_p50_s", quantiles(&parts, 0.5, |it| &it.wait)),
        ("wait_p99_s", quantiles(&parts, 0.99, |it| &it.wait)),
    ]);
    found(&mut series, "concurrency_limit", gauge(|it| it.concurrency_limit));
    found(&mut series, "theta", gauge(|it| it.theta));
    series
}

/// Adds what machines have found out, where there is such a machine.
fn found(series: &mut Vec<(&'static str, Numbers)>, name: &'static str, values: Vec<Option<f32>>) {
    if values.iter().any(Option::is_some) {
        series.push((name, Numbers::Gauges(values)));
    }
}

fn edge_series(parts: &[&[LanePoint]], limits: Vec<Option<f32>>) -> Vec<(&'static str, Numbers)> {
    let mut series = Vec::from([
        ("calls", counts(parts, |it| it.calls)),
        ("attempts", counts(parts, |it| it.attempts)),
        ("ok", counts(parts, |it| it.ok)),
        ("degraded", counts(parts, |it| it.degraded)),
        ("failed", counts(parts, |it| it.failed)),
        ("response_p50_s", quantiles(parts, 0.5, |it| &it.response)),
        ("response_p99_s", quantiles(parts, 0.99, |it| &it.response)),
    ]);
    found(&mut series, "concurrency_limit", limits);
    series
}
