//! Services and who calls whom.

use super::parts::{Level, counted, listed, shown};
use super::table::{Cell, Table};
use crate::number::{Unit, show, show_clock};

/// The parts of a system in layers, callers above what they call.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// What stands above it.
    pub title: String,
    /// The instant of the states, in seconds of simulated time; `None` if they are of the whole run.
    pub at_s: Option<f64>,
    /// All parts.
    pub nodes: Vec<Node>,
    /// Who calls whom.
    pub calls: Vec<Call>,
}

/// One part.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// How it is.
    pub level: Level,
    /// More about its state, in a few words: `util 97 %`.
    pub detail: String,
    /// Where the trouble began.
    pub origin: bool,
    /// Whether the trouble reached it: it belongs to the blast radius.
    pub reached: bool,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Sends requests.
    Load,
    /// Answers them.
    Service,
    /// A third party.
    External,
    /// Keeps data, or answers from memory.
    Store,
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// The caller, by its place among the nodes. Edges whose ends are no nodes are left out.
    pub from: usize,
    /// The callee, likewise.
    pub to: usize,
    /// How often, per second.
    pub per_s: Option<f64>,
    /// The share of calls that failed, in `0..=1`.
    pub failed_ratio: Option<f64>,
}

impl NodeKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            NodeKind::Load => "load",
            NodeKind::Service => "service",
            NodeKind::External => "external",
            NodeKind::Store => "store",
        }
    }
}

impl Topology {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The edges whose ends are there.
    pub(crate) fn edges(&self) -> impl Iterator<Item = &Call> {
        self.calls
            .iter()
            .filter(|it| it.from < self.nodes.len() && it.to < self.nodes.len())
    }

    /// How many of an edge's calls there are, and how many fail: `900/s, 2.0 % failed`; empty if nothing is known.
    pub(crate) fn call_words(call: &Call) -> String {
        let rate = shown(call.per_s).map(|it| show(Unit::PerSecond, it));
        let failed = shown(call.failed_ratio).filter(|it| *it > 0.0);
        let failed = failed.map(|it| format!("{} failed", show(Unit::Ratio, it)));
        rate.into_iter().chain(failed).collect::<Vec<_>>().join(", ")
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let names = |which: &dyn Fn(&Node) -> bool| -> Vec<String> {
            self.nodes
                .iter()
                .filter(|it| which(it))
                .map(|it| it.name.clone())
                .collect()
        };
        let mut parts = vec![format!(
            "{} with {}",
            counted(self.nodes.len(), "part"),
            counted(self.edges().count(), "edge")
        )];
        for level in [Level::Broken, Level::Strained, Level::Normal, Level::Unknown] {
            let found = names(&|it| it.level == level);
            if !found.is_empty() {
                parts.push(format!("{} {}: {}", found.len(), level.word(), listed(&found, ", ")));
            }
        }
        let origins = names(&|it| it.origin);
        if !origins.is_empty() {
            let reached = names(&|it| it.reached && !it.origin);
            let reach = if reached.is_empty() {
                "nothing else".to_owned()
            } else {
                listed(&reached, ", ")
            };
            parts.push(format!(
                "the trouble began in {} and reached {reach}",
                listed(&origins, ", ")
            ));
        }
        let busiest = self
            .edges()
            .filter_map(|it| Some((it, shown(it.per_s)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.from.cmp(&a.0.from)));
        if let Some((call, _)) = busiest {
            let (from, to) = (&self.nodes[call.from].name, &self.nodes[call.to].name);
            parts.push(format!(
                "most calls go from {from} to {to} ({})",
                Topology::call_words(call)
            ));
        }
        let at = self.at_s.map_or(String::new(), |it| format!(" at {}", show_clock(it)));
        format!("Topology{at}; {}.", parts.join("; "))
    }

    /// A row for each part and each edge.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new(&[
            "kind",
            "name",
            "to",
            "level",
            "detail",
            "origin",
            "reached",
            "calls_per_s",
            "failed_ratio",
        ]);
        let yes = |it: bool| Cell::from(if it { "yes" } else { "no" });
        for node in &self.nodes {
            table.rows.push(vec![
                node.kind.word().into(),
                node.name.as_str().into(),
                Cell::Missing,
                node.level.word().into(),
                node.detail.as_str().into(),
                yes(node.origin),
                yes(node.reached),
                Cell::Missing,
                Cell::Missing,
            ]);
        }
        for call in self.edges() {
            let mut row = vec!["edge".into()];
            row.extend([call.from, call.to].map(|it| Cell::from(self.nodes[it].name.as_str())));
            row.extend((0..4).map(|_| Cell::Missing));
            row.extend([call.per_s.into(), call.failed_ratio.into()]);
            table.rows.push(row);
        }
        table
    }
}
