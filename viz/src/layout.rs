//! A place for each node of a graph: layers from callers to callees, and in each layer an order with few crossings.
//!
//! The steps are Sugiyama's (K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical
//! System Structures", 1981): turn around the edges that close circles, put each node one layer below its lowest
//! caller, give long edges a bend in each layer between, then order layers by the mean place of neighbours, down and up
//! again. Everything goes by index, so equal graphs have equal layouts.

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsEvent, EdgeRef, depth_first_search};

/// Where everything is.
pub(crate) struct Layout {
    /// From the top; in each layer from left to right.
    pub(crate) layers: Vec<Vec<Slot>>,
    /// For each edge given, what it passes from its upper to its lower end, as layer and place in it; empty for an edge
    /// from a node to itself.
    pub(crate) routes: Vec<Vec<(usize, usize)>>,
    /// For each edge given, whether it goes upwards: it closes a circle.
    pub(crate) upwards: Vec<bool>,
}

/// What takes a place in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A node.
    Node(usize),
    /// An edge on its way to a lower layer.
    Bend(usize),
}

/// How often the order of layers is improved; few graphs gain from more.
const SWEEPS: usize = 12;

impl Layout {
    /// For nodes `0..nodes` and edges between them; ends of edges are nodes.
    pub(crate) fn new(nodes: usize, edges: &[(usize, usize)]) -> Layout {
        let upwards = closing(nodes, edges);
        let downwards: Vec<(usize, usize)> = edges
            .iter()
            .zip(&upwards)
            .map(|(edge, up)| if *up { (edge.1, edge.0) } else { *edge })
            .collect();
        let layer = longest_paths(nodes, &downwards);
        let mut layers: Vec<Vec<Slot>> = vec![Vec::new(); layer.iter().max().map_or(0, |it| it + 1)];
        for (node, at) in layer.iter().enumerate() {
            layers[*at].push(Slot::Node(node));
        }
        for (edge, (from, to)) in downwards.iter().enumerate() {
            for between in layers.iter_mut().take(layer[*to]).skip(layer[*from] + 1) {
                between.push(Slot::Bend(edge));
            }
        }
        let links = Links::new(&layers, &layer, &downwards);
        let order = ordered(&layers, &links);
        let layers: Vec<Vec<Slot>> = layers
            .iter()
            .zip(&order)
            .map(|(slots, order)| order.iter().map(|it| slots[*it]).collect())
            .collect();
        let place = |at: usize, slot: Slot| (at, layers[at].iter().position(|it| *it == slot).unwrap_or(0));
        let route = |(edge, (from, to)): (usize, &(usize, usize))| {
            if from == to {
                return Vec::new();
            }
            let mut route = vec![place(layer[*from], Slot::Node(*from))];
            route.extend((layer[*from] + 1..layer[*to]).map(|it| place(it, Slot::Bend(edge))));
            route.push(place(layer[*to], Slot::Node(*to)));
            route
        };
        let routes = downwards.iter().enumerate().map(route).collect();
        Layout {
            layers,
            routes,
            upwards,
        }
    }
}

fn graph(nodes: usize, edges: &[(usize, usize)]) -> DiGraph<(), usize> {
    let mut graph = DiGraph::with_capacity(nodes, edges.len());
    for _ in 0..nodes {
        graph.add_node(());
    }
    for (at, (from, to)) in edges.iter().enumerate() {
        graph.add_edge(NodeIndex::new(*from), NodeIndex::new(*to), at);
    }
    graph
}

/// Which edges lead back to where a walk came from; the walk begins at nodes that nobody calls.
fn closing(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    // Edges are walked in the reverse order of their being added.
    let graph = graph(nodes, edges);
    let called: Vec<bool> = (0..nodes)
        .map(|it| edges.iter().any(|edge| edge.1 == it && edge.0 != it))
        .collect();
    let roots = (0..nodes)
        .filter(|it| !called[*it])
        .chain((0..nodes).filter(|it| called[*it]));
    let mut back: Vec<(usize, usize)> = Vec::new();
    depth_first_search(&graph, roots.map(NodeIndex::new), |event| {
        if let DfsEvent::BackEdge(from, to) = event {
            back.push((from.index(), to.index()));
        }
    });
    back.sort_unstable();
    edges
        .iter()
        .map(|it| it.0 != it.1 && back.binary_search(it).is_ok())
        .collect()
}

/// The layer of each node: one below the lowest of its callers.
fn longest_paths(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let without_loops: Vec<(usize, usize)> = edges.iter().filter(|it| it.0 != it.1).copied().collect();
    let graph = graph(nodes, &without_loops);
    let order = toposort(&graph, None).expect("edges that closed circles have been turned around");
    let mut layer = vec![0; nodes];
    for node in order {
        for edge in graph.edges(node) {
            let to = edge.target().index();
            layer[to] = layer[to].max(layer[node.index()] + 1);
        }
    }
    layer
}

/// Between each layer and the next, which of its slots is joined to which, as places in the layers as first given.
struct Links(Vec<Vec<(usize, usize)>>);

impl Links {
    fn new(layers: &[Vec<Slot>], layer: &[usize], edges: &[(usize, usize)]) -> Links {
        let place = |at: usize, slot: Slot| layers[at].iter().position(|it| *it == slot).unwrap_or(0);
        let mut links = vec![Vec::new(); layers.len().saturating_sub(1)];
        for (edge, (from, to)) in edges.iter().enumerate().filter(|it| it.1.0 != it.1.1) {
            let (first, last) = (layer[*from], layer[*to]);
            for (at, between) in links.iter_mut().enumerate().take(last).skip(first) {
                let upper = if at == first {
                    Slot::Node(*from)
                } else {
                    Slot::Bend(edge)
                };
                let lower = if at + 1 == last {
                    Slot::Node(*to)
                } else {
                    Slot::Bend(edge)
                };
                between.push((place(at, upper), place(at + 1, lower)));
            }
        }
        Links(links)
    }

    /// How many pairs of edges cross in this order.
    fn crossings(&self, order: &[Vec<usize>]) -> usize {
        let mut count = 0;
        for (at, links) in self.0.iter().enumerate() {
            let (above, below) = (inverse(&order[at]), inverse(&order[at + 1]));
            let mut ends: Vec<(usize, usize)> = links.iter().map(|it| (above[it.0], below[it.1])).collect();
            ends.sort_unstable();
            for (first, a) in ends.iter().enumerate() {
                count += ends[first + 1..].iter().filter(|b| b.0 > a.0 && b.1 < a.1).count();
            }
        }
        count
    }
}

/// Where each slot stands in an order.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut place = vec![0; order.len()];
    for (at, slot) in order.iter().enumerate() {
        place[*slot] = at;
    }
    place
}

/// The best order found, as slots of each layer.
fn ordered(layers: &[Vec<Slot>], links: &Links) -> Vec<Vec<usize>> {
    let mut order: Vec<Vec<usize>> = layers.iter().map(|it| (0..it.len()).collect()).collect();
    let mut best = (links.crossings(&order), order.clone());
    for sweep in 0..SWEEPS {
        if sweep % 2 == 0 {
            for at in 1..layers.len() {
                let fixed = inverse(&order[at - 1]);
                let joined: Vec<(usize, usize)> = links.0[at - 1].iter().map(|it| (it.1, fixed[it.0])).collect();
                by_mean(&mut order[at], &joined);
            }
        } else {
            for at in (0..layers.len().saturating_sub(1)).rev() {
                let fixed = inverse(&order[at + 1]);
                let joined: Vec<(usize, usize)> = links.0[at].iter().map(|it| (it.0, fixed[it.1])).collect();
                by_mean(&mut order[at], &joined);
            }
        }
        let crossings = links.crossings(&order);
        if crossings < best.0 {
            best = (crossings, order.clone());
        }
        if best.0 == 0 {
            break;
        }
    }
    best.1
}

/// Sorts slots by the mean place of what they are joined to; those joined to nothing stay about where they are.
fn by_mean(order: &mut Vec<usize>, joined: &[(usize, usize)]) {
    let mut sums = vec![(0usize, 0usize); order.len()];
    for (slot, place) in joined {
        sums[*slot].0 += place;
        sums[*slot].1 += 1;
    }
    let key = |at: usize, slot: usize| match sums[slot] {
        (_, 0) => at as f64,
        (sum, count) => sum as f64 / count as f64,
    };
    let mut keyed: Vec<(f64, usize)> = order
        .iter()
        .enumerate()
        .map(|(at, slot)| (key(at, *slot), *slot))
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    *order = keyed.into_iter().map(|it| it.1).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer_of(layout: &Layout, node: usize) -> usize {
        layout
            .layers
            .iter()
            .position(|it| it.contains(&Slot::Node(node)))
            .unwrap()
    }

    #[test]
    fn a_node_stands_below_its_lowest_caller() {
        let layout = Layout::new(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]);
        assert_eq!([0, 1, 2, 3].map(|it| layer_of(&layout, it)), [0, 1, 2, 3]);
        // The long edge bends in the layer between.
        assert!(layout.layers[1].contains(&Slot::Bend(2)));
        assert_eq!(layout.routes[2].len(), 3);
    }

    #[test]
    fn an_edge_that_closes_a_circle_goes_upwards() {
        let layout = Layout::new(3, &[(0, 1), (1, 2), (2, 1), (1, 1)]);
        assert_eq!(layout.upwards, [false, false, true, false]);
        assert_eq!([0, 1, 2].map(|it| layer_of(&layout, it)), [0, 1, 2]);
        assert!(layout.routes[3].is_empty());
        let circle = Layout::new(2, &[(0, 1), (1, 0)]);
        assert_eq!(circle.layers.len(), 2);
    }

    #[test]
    fn crossings_that_need_not_be_are_not() {
        // Two pairs, given crosswise.
        let layout = Layout::new(4, &[(0, 3), (1, 2)]);
        let place = |node: usize| layout.layers[1].iter().position(|it| *it == Slot::Node(node));
        let upper = |node: usize| layout.layers[0].iter().position(|it| *it == Slot::Node(node));
        assert_eq!(upper(0) < upper(1), place(3) < place(2));
    }

    #[test]
    fn nothing_has_no_layers() {
        assert!(Layout::new(0, &[]).layers.is_empty());
    }
}
