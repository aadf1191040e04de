//! Where the parts of a topology stand on the page.

use super::super::chart::Frame;
use super::super::picture::Place;
use crate::figure::Topology;
use crate::layout::{Layout, Slot};

/// Boxes with names are between these widths.
const NARROW: f64 = 64.0;
const WIDE: f64 = 180.0;
const GAP: f64 = 18.0;
/// Room for an edge that only passes.
const BEND: f64 = 26.0;
/// Side of a small node, with the room around it.
pub(super) const SMALL_NODE: f64 = 14.0;
const SMALL_STEP: f64 = 26.0;

/// Where a node is, and how large.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) centre: Place,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Spot {
    pub(super) fn is_small(&self) -> bool {
        self.width <= SMALL_NODE
    }
}

/// Places of nodes, and of bends by layer and place.
pub(super) fn places(figure: &Topology, layout: &Layout, area: Frame) -> (Vec<Spot>, Vec<Vec<Place>>) {
    let nothing = Spot {
        centre: (0.0, 0.0),
        width: 0.0,
        height: 0.0,
    };
    let mut spots = vec![nothing; figure.nodes.len()];
    let mut bends = Vec::new();
    // A layer of small nodes in several rows needs more height than one of boxes.
    let rows: Vec<usize> = layout.layers.iter().map(|it| rows_of(it, area)).collect();
    let heights: Vec<f64> = rows.iter().map(|it| 1.0 + 0.45 * (*it as f64 - 1.0)).collect();
    let whole: f64 = heights.iter().sum();
    let mut top = area.top;
    for ((slots, rows), height) in layout.layers.iter().zip(rows).zip(heights) {
        let band = area.height() * height / whole;
        let middle = top + band / 2.0;
        let count = nodes_of(slots);
        let passing = slots.len() - count;
        let for_boxes = area.width() - passing as f64 * bend_width(passing, area);
        let box_width = (for_boxes / count.max(1) as f64 - GAP).min(WIDE);
        let mut bent = vec![(0.0, 0.0); slots.len()];
        if box_width >= NARROW && rows == 1 {
            // Few boxes stand further apart.
            let gap = ((for_boxes - box_width * count as f64) / (count as f64 + 1.0)).clamp(GAP, 110.0);
            let wide = |slot: &Slot| {
                if is_node(slot) {
                    box_width + gap
                } else {
                    bend_width(passing, area)
                }
            };
            let used: f64 = slots.iter().map(wide).sum();
            let mut left = area.left + (area.width() - used) / 2.0;
            for (at, slot) in slots.iter().enumerate() {
                let wide = wide(slot);
                let centre = (left + wide / 2.0, middle);
                left += wide;
                match slot {
                    Slot::Node(node) => {
                        spots[*node] = Spot {
                            centre,
                            width: box_width,
                            height: (band * 0.62).min(52.0),
                        }
                    }
                    Slot::Bend(_) => bent[at] = centre,
                }
            }
        } else {
            let across = count.div_ceil(rows).max(1);
            let step = (area.width() / across as f64).min(60.0);
            let up = (band * 0.8 / rows as f64).min(SMALL_STEP);
            let mut nth = 0;
            for (at, slot) in slots.iter().enumerate() {
                match slot {
                    Slot::Node(node) => {
                        // Down, then across: neighbours of the order stay neighbours.
                        let (column, row) = (nth / rows, nth % rows);
                        let x = area.left + (area.width() - step * across as f64) / 2.0 + (column as f64 + 0.5) * step;
                        let y = middle + (row as f64 - (rows as f64 - 1.0) / 2.0) * up;
                        spots[*node] = Spot {
                            centre: (x, y),
                            width: SMALL_NODE,
                            height: SMALL_NODE,
                        };
                        nth += 1;
                    }
                    Slot::Bend(_) => {
                        let x = area.left + area.width() * (at as f64 + 0.5) / slots.len() as f64;
                        bent[at] = (x, middle);
                    }
                }
            }
        }
        bends.push(bent);
        top += band;
    }
    (spots, bends)
}

fn is_node(slot: &Slot) -> bool {
    matches!(slot, Slot::Node(_))
}

fn nodes_of(slots: &[Slot]) -> usize {
    slots.iter().filter(|it| is_node(it)).count()
}

/// Room for each of the edges that only pass a layer.
fn bend_width(passing: usize, area: Frame) -> f64 {
    BEND.min(area.width() * 0.4 / passing.max(1) as f64)
}

/// In how many rows the nodes of a layer stand: one of boxes, or as many of small ones as they need.
fn rows_of(slots: &[Slot], area: Frame) -> usize {
    let count = nodes_of(slots);
    let passing = slots.len() - count;
    let boxes = (area.width() - passing as f64 * bend_width(passing, area)) / count.max(1) as f64 - GAP;
    if boxes >= NARROW {
        return 1;
    }
    ((count as f64 * SMALL_STEP * 1.2) / area.width()).ceil().max(1.0) as usize
}
