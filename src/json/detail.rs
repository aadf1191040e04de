//! What `--detail` adds to a run: histograms, timelines, changes of state.

use brownout_scenarios::Compiled;
use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::results::RunResult;
use serde::Serialize;

use super::Map;
use crate::recorded::{Change, Component, Kind, Numbers, changes};

/// The keys that `--detail` adds.
#[derive(Debug, Serialize)]
pub struct Detail {
    histograms: Histograms,
    series: Series,
    transitions: Vec<Change>,
}

/// `[from_s, to_s, count]` of every bin that holds something.
type Bins = Vec<(f64, f64, u32)>;

#[derive(Debug, Serialize)]
struct Histograms {
    loads: Map<Map<Bins>>,
    services: Map<Map<Bins>>,
    edges: Map<Map<Bins>>,
}

/// A number a window; windows begin at 0.
#[derive(Debug, Serialize)]
struct Series {
    window_s: f64,
    windows: usize,
    loads: Map<Map<Numbers>>,
    services: Map<Map<Numbers>>,
    edges: Map<Map<Numbers>>,
}

impl Detail {
    /// Of a run that recorded everything.
    pub fn of(compiled: &Compiled, result: &RunResult) -> Detail {
        Detail {
            histograms: histograms(compiled, result),
            series: series(compiled, result),
            transitions: changes(compiled, result),
        }
    }
}

fn bins(histogram: &Histogram) -> Bins {
    histogram
        .bins()
        .map(|(from, to, count)| (from.as_secs_f64(), to.as_secs_f64(), count))
        .collect()
}

fn named<T>(entries: impl IntoIterator<Item = (&'static str, T)>) -> Map<T> {
    Map(entries.into_iter().map(|it| (it.0.to_owned(), it.1)).collect())
}

fn histograms(compiled: &Compiled, result: &RunResult) -> Histograms {
    let names = &compiled.names;
    let loads = names.loads.iter().zip(&result.loads).map(|(name, it)| {
        let part = &it.total;
        (
            name.clone(),
            named([
                ("response_ok_s", bins(&part.response_ok)),
                ("response_all_s", bins(&part.response_all)),
            ]),
        )
    });
    let services = names.services.iter().zip(&result.services).map(|(name, it)| {
        let part = &it.total;
        let bins = [
            ("wait_s", bins(&part.wait)),
            ("service_s", bins(&part.service)),
            ("response_s", bins(&part.response)),
        ];
        (name.clone(), named(bins))
    });
    let edges = names.edges.iter().zip(&result.edges).map(|(name, it)| {
        let part = &it.total;
        (
            name.clone(),
            named([("response_s", bins(&part.response)), ("attempt_s", bins(&part.attempt))]),
        )
    });
    Histograms {
        loads: Map(loads.collect()),
        services: Map(services.collect()),
        edges: Map(edges.collect()),
    }
}

fn series(compiled: &Compiled, result: &RunResult) -> Series {
    let all = crate::recorded::Series::of(compiled, result);
    let (mut loads, mut services, mut edges) = (Vec::new(), Vec::new(), Vec::new());
    for Component { kind, name, series } in all.components {
        let of = match kind {
            Kind::Load => &mut loads,
            Kind::Service => &mut services,
            Kind::Edge => &mut edges,
        };
        of.push((name, named(series)));
    }
    Series {
        window_s: all.window_s,
        windows: all.windows,
        loads: Map(loads),
        services: Map(services),
        edges: Map(edges),
    }
}
