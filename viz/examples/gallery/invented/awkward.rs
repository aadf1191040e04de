//! Names that are hard to draw: long ones, ones with marks of other languages, ones that are code.

use brownout_viz::figure::{Figure, Topology};

use super::{sweeps, systems, time};

/// Some figures with other names.
pub fn figures() -> Vec<(&'static str, Figure)> {
    let mut cascade = time::cascade();
    for (at, it) in cascade.departures.iter_mut().enumerate() {
        if let Some(by) = &mut it.carried_by {
            by.from = awkward(&by.from, 0);
            by.label = awkward(&by.label, 1);
        }
        it.service = awkward(&it.service, at * at);
    }
    let mut comparison = sweeps::comparison();
    comparison.title = awkward(&comparison.title, 0);
    for (at, it) in comparison.rows.iter_mut().enumerate() {
        it.label = awkward(&it.label, at);
        it.verdict = awkward(&it.verdict, at);
    }
    let mut timeline = time::everything();
    for (at, panel) in timeline.panels.iter_mut().enumerate() {
        panel.title = awkward(&panel.title, at);
        panel
            .lines
            .iter_mut()
            .enumerate()
            .for_each(|(at, it)| it.label = awkward(&it.label, at));
    }
    timeline
        .states
        .iter_mut()
        .for_each(|it| it.label = awkward(&it.label, 0));
    timeline
        .shades
        .iter_mut()
        .for_each(|it| it.label = awkward(&it.label, 0));
    let mut lines = sweeps::lines(6);
    lines.title = awkward(&lines.title, 1);
    for it in lines.facets.iter_mut().flat_map(|it| &mut it.series) {
        it.label = awkward(&it.label, 0);
    }
    vec![
        ("awkward-cascade", Figure::Cascade(cascade)),
        ("awkward-comparison", Figure::Comparison(comparison)),
        ("awkward-timeline", Figure::Timeline(timeline)),
        ("awkward-lines", Figure::Lines(lines)),
        ("awkward-topology", Figure::Topology(topology())),
    ]
}

fn topology() -> Topology {
    let mut topology = systems::shop();
    for (at, it) in topology.nodes.iter_mut().enumerate() {
        it.name = awkward(&it.name, at);
        it.detail = awkward(&it.detail, at + 1);
    }
    topology
}

fn awkward(name: &str, which: usize) -> String {
    match which % 3 {
        0 => format!("{name}-{}", "which-has-a-very-long-name-".repeat(7)),
        1 => format!("{name} für Größe, Ελλάδα, Київ"),
        _ => format!("<script>alert(\"{name}\")</script>"),
    }
}
