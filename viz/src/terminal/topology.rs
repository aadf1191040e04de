//! Services and who calls whom as text: layer by layer, with each one's share of its callers' calls.

use super::Style;
use super::words::{plain, title};
use crate::figure::parts::shown;
use crate::figure::{Call, Level, Node, Topology};
use crate::layout::{Layout, Slot};
use crate::number::{Unit, show};

/// With more parts than this, only those that are not well are told one by one.
const TOLD: usize = 60;

pub(super) fn render(figure: &Topology, style: &Style) -> String {
    let ascii = style.ascii;
    let calls: Vec<&Call> = figure.edges().collect();
    let layout = Layout::new(
        figure.nodes.len(),
        &calls.iter().map(|it| (it.from, it.to)).collect::<Vec<_>>(),
    );
    let mut text = title(&figure.title, style);
    let all = figure.nodes.len() <= TOLD;
    for (depth, slots) in layout.layers.iter().enumerate() {
        let indent = "  ".repeat(depth);
        let nodes: Vec<usize> = slots
            .iter()
            .filter_map(|it| if let Slot::Node(it) = it { Some(*it) } else { None })
            .collect();
        let told = |it: &&usize| {
            let node = &figure.nodes[**it];
            all || node.origin || node.level > Level::Normal
        };
        for node in nodes.iter().filter(told) {
            text.push_str(&format!(
                "{indent}{}\n",
                plain(&node_words(&figure.nodes[*node]), ascii)
            ));
            let out: Vec<&&Call> = calls.iter().filter(|it| it.from == *node).collect();
            let sum: f64 = out.iter().filter_map(|it| shown(it.per_s)).sum();
            for call in out.iter().filter(|it| all || told(&&it.to)) {
                text.push_str(&format!("{indent}    {}\n", call_line(figure, call, sum, ascii)));
            }
        }
        let rest = nodes.len() - nodes.iter().filter(told).count();
        if rest > 0 {
            text.push_str(&format!("{indent}and {rest} more in this layer, all well or unknown\n"));
        }
    }
    text
}

fn node_words(node: &Node) -> String {
    let mut words = format!("{} ({}, {})", node.name, node.kind.word(), node.level.word());
    if !node.detail.is_empty() {
        words.push_str(&format!(" {}", node.detail));
    }
    if node.origin {
        words.push_str(" [where it began]");
    } else if node.reached {
        words.push_str(" [reached]");
    }
    words
}

fn call_line(figure: &Topology, call: &Call, sum: f64, ascii: bool) -> String {
    let arrow = if ascii { "->" } else { "→" };
    let name = plain(&figure.nodes[call.to].name, ascii);
    let words = Topology::call_words(call);
    let share = match shown(call.per_s) {
        Some(per_s) if sum > 0.0 => format!(" ({} of its calls)", show(Unit::Ratio, per_s / sum)),
        _ => String::new(),
    };
    let words = if words.is_empty() {
        String::new()
    } else {
        format!("  {words}{share}")
    };
    format!("{arrow} {name}{words}")
}
