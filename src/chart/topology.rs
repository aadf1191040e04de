//! Services and who calls whom, over all runs: calls and the share that failed on each edge.
//!
//! A part is normal while less than 1 % of what it got failed (of a load: was not goodput), strained below 10 %, broken from there
//! on. The trouble begins where faults strike, and has reached every other part that is not normal.

use brownout_scenarios::Compiled;
use brownout_sim_core::model::{Caller, ServiceKind};
use brownout_viz::figure::{Call, Level, Node, NodeKind, Topology};
use brownout_viz::number::{Unit, show};

use super::runs::title;
use super::traffic::{Flow, Traffic};

/// From this share of failures on a part is strained.
const STRAINED: f64 = 0.01;

/// From this share of failures on a part is broken.
const BROKEN: f64 = 0.1;

/// The parts and their calls.
pub fn topology(compiled: &Compiled, traffic: &Traffic) -> Topology {
    let (model, names) = (&compiled.model, &compiled.names);
    let struck = struck(compiled);
    let loads = names.loads.iter().zip(&traffic.loads).map(|(name, flow)| Node {
        name: name.clone(),
        kind: NodeKind::Load,
        level: level(flow),
        detail: detail(flow, "goodput", 1.0 - flow.failed_ratio().unwrap_or(0.0)),
        origin: false,
        reached: level(flow) > Level::Normal,
    });
    let services = names.services.iter().zip(&traffic.services).enumerate();
    let services = services.map(|(at, (name, flow))| Node {
        name: name.clone(),
        kind: match model.services[at].kind {
            ServiceKind::Service => NodeKind::Service,
            ServiceKind::External => NodeKind::External,
        },
        level: level(flow),
        detail: detail(flow, "failed", flow.failed_ratio().unwrap_or(0.0)),
        origin: struck[at],
        reached: struck[at] || level(flow) > Level::Normal,
    });
    let place = |at: usize| names.loads.len() + at;
    let calls = model.edges.iter().zip(&traffic.edges).map(|(edge, flow)| Call {
        from: match edge.caller {
            Caller::Load(it) => it.index(),
            Caller::Service(it) => place(it.index()),
        },
        to: place(edge.callee.index()),
        per_s: (traffic.seconds > 0.0).then(|| flow.count / traffic.seconds),
        failed_ratio: flow.failed_ratio(),
    });
    let runs = match traffic.runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    Topology {
        title: format!("{}, {runs}", title(compiled)),
        at_s: None,
        nodes: loads.chain(services).collect(),
        calls: calls.collect(),
    }
}

/// Which services a fault strikes.
fn struck(compiled: &Compiled) -> Vec<bool> {
    let mut struck = vec![false; compiled.names.services.len()];
    for replica in compiled.model.faults.iter().flat_map(|it| &it.replicas) {
        struck[compiled.model.layout().service_of[replica.index()].index()] = true;
    }
    struck
}

fn level(flow: &Flow) -> Level {
    match flow.failed_ratio() {
        None => Level::Unknown,
        Some(it) if it < STRAINED => Level::Normal,
        Some(it) if it < BROKEN => Level::Strained,
        Some(_) => Level::Broken,
    }
}

fn detail(flow: &Flow, what: &str, share: f64) -> String {
    if flow.count == 0.0 {
        return "nothing came".to_owned();
    }
    format!("{what} {}", show(Unit::Ratio, share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{compiled, result};

    #[test]
    fn loads_stand_before_services_and_edges_join_them() {
        let (compiled, result) = (compiled(), result(7, 40));
        let traffic = Traffic::of_results(&compiled, std::iter::once(&result));
        let figure = topology(&compiled, &traffic);
        let names: Vec<&str> = figure.nodes.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["shoppers", "db", "shop"]);
        let edges: Vec<_> = figure.calls.iter().map(|it| (it.from, it.to, it.per_s)).collect();
        assert_eq!(edges, [(0, 2, Some(100.0)), (2, 1, Some(100.0))]);
        assert_eq!(
            (figure.nodes[0].level, figure.nodes[0].detail.as_str()),
            (Level::Broken, "goodput 89.1 %")
        );
        assert!(figure.nodes[1].origin && !figure.nodes[2].origin && figure.nodes[2].reached);
    }

    #[test]
    fn levels_follow_the_share_that_failed() {
        let of = |count: f64, failed: f64| level(&Flow { count, failed });
        assert_eq!(
            [of(0.0, 0.0), of(1000.0, 9.0), of(1000.0, 10.0), of(1000.0, 100.0)],
            [Level::Unknown, Level::Normal, Level::Strained, Level::Broken]
        );
    }
}
