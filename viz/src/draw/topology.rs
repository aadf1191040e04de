//! Draws services in layers; small ones where there are too many for their names.

mod places;

use super::chart::Frame;
use super::page::{Entry, Swatch, hatched, legend, legend_height};
use super::pen::Pen;
use super::picture::{Anchor, Form, Look, Place, Tags};
use super::text::{SMALL, fit, fit_bold, width};
use crate::figure::parts::shown;
use crate::figure::{Call, Level, Node, NodeKind, Topology};
use crate::layout::{Layout, Slot};
use crate::theme::Theme;
use places::{SMALL_NODE, Spot, places};

/// How far edges that go upwards stand aside.
const ASIDE: f64 = 16.0;
/// With more edges than this none has its numbers.
const NAMED_EDGES: usize = 28;

pub(super) fn draw(figure: &Topology, pen: &Pen, theme: &Theme, frame: Frame) {
    let edges: Vec<&Call> = figure.edges().collect();
    let layout = Layout::new(
        figure.nodes.len(),
        &edges.iter().map(|it| (it.from, it.to)).collect::<Vec<_>>(),
    );
    let keys = keys(figure, &edges, theme);
    let below = legend_height(&keys, frame.width());
    let area = Frame {
        bottom: frame.bottom - below - 10.0,
        ..frame
    };
    let area = area.at_least(40.0, 40.0);
    let (spots, bends) = places(figure, &layout, area);
    let named = edges.len() <= NAMED_EDGES;
    let most = edges.iter().filter_map(|it| shown(it.per_s)).fold(0.0, f64::max);
    let mut middles = Vec::new();
    for (at, call) in edges.iter().enumerate() {
        let points: Vec<Place> = layout.routes[at]
            .iter()
            .enumerate()
            .map(|(step, (layer, place))| match layout.layers[*layer][*place] {
                // From the lower side of the upper box to the upper side of the lower one.
                Slot::Node(node) => {
                    let spot = spots[node];
                    let side = if step == 0 {
                        spot.height / 2.0
                    } else {
                        -spot.height / 2.0
                    };
                    (spot.centre.0, spot.centre.1 + side)
                }
                Slot::Bend(_) => bends[*layer][*place],
            })
            // What goes upwards does not lie on what comes down between the same two.
            .map(|it| if layout.upwards[at] { (it.0 + ASIDE, it.1) } else { it })
            .collect();
        if let Some(middle) = edge(figure, call, &points, layout.upwards[at], most, named, pen, theme) {
            middles.push((middle, *call));
        }
    }
    for (node, spot) in figure.nodes.iter().zip(&spots) {
        draw_node(node, *spot, pen, theme);
    }
    if named {
        edge_words(middles, &spots, pen, theme);
    } else {
        notable_names(figure, &spots, pen, theme, area);
    }
    legend(pen, theme, &keys, (frame.left, frame.bottom - below), frame.width());
}

/// Draws an edge; where its words may stand.
#[expect(clippy::too_many_arguments, reason = "what an edge is, and where")]
fn edge(
    figure: &Topology,
    call: &Call,
    points: &[Place],
    upwards: bool,
    most: f64,
    named: bool,
    pen: &Pen,
    theme: &Theme,
) -> Option<Place> {
    let (first, last) = (*points.first()?, *points.last()?);
    let rate = shown(call.per_s).unwrap_or(0.0).max(0.0);
    let size = |it: f64| libm::log10(1.0 + it);
    // Rates next to nothing are nothing.
    let share = if size(most) > 0.0 {
        (size(rate) / size(most)).min(1.0)
    } else {
        0.0
    };
    let fails = shown(call.failed_ratio).is_some_and(|it| it >= 0.005);
    let mut look = if fails {
        Look::stroke(theme.late, 1.4).dashed(&[7.0, 4.0])
    } else {
        Look::stroke(theme.axis, 1.4)
    };
    if let Some(stroke) = &mut look.stroke {
        stroke.width = if named { 1.2 + 3.0 * share } else { 1.0 };
        stroke.opacity = match (named, fails) {
            (true, _) => 1.0,
            (false, true) => 0.8,
            (false, false) => 0.35,
        };
    }
    let (from, to) = (&figure.nodes[call.from].name, &figure.nodes[call.to].name);
    let words = Topology::call_words(call);
    let mut tags = Tags::class("edge").data("from", &**from).data("to", &**to);
    if let Some(rate) = shown(call.per_s) {
        tags = tags.data("per-s", format!("{rate}"));
    }
    if let Some(failed) = shown(call.failed_ratio) {
        tags = tags.data("failed-ratio", format!("{failed}"));
    }
    pen.open(tags.hint(format!("{from} to {to}: {words}")));
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let bow = (b.1 - a.1) * 0.45;
        pen.shape(
            Form::Curve([a, (a.0, a.1 + bow), (b.0, b.1 - bow), b]),
            look,
            Tags::default(),
        );
    }
    if named {
        let colour = look.stroke.map_or(theme.axis, |it| it.colour);
        // The tip is at the callee, which is above where a circle closes.
        let (tip, back) = if upwards { (first, 9.0) } else { (last, -9.0) };
        let head = vec![tip, (tip.0 - 5.0, tip.1 + back), (tip.0 + 5.0, tip.1 + back)];
        pen.polygon(head, Look::fill(colour), Tags::class("arrow"));
    }
    pen.close();
    let (a, b) = (points[points.len() / 2 - 1], points[points.len() / 2]);
    Some(((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0))
}

/// Numbers of edges where none covers another or a node; those with the most calls first.
fn edge_words(mut middles: Vec<(Place, &Call)>, spots: &[Spot], pen: &Pen, theme: &Theme) {
    let rate = |it: &(Place, &Call)| shown(it.1.per_s).unwrap_or(0.0);
    middles.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
    let mut taken: Vec<(Place, f64)> = Vec::new();
    for ((x, y), call) in middles {
        let words = Topology::call_words(call);
        let half = width(&words, SMALL) / 2.0 + 4.0;
        let edge = f64::from(pen.size().width) - 4.0;
        let x = x.clamp(half + 4.0, (edge - half).max(half + 4.0));
        let free = |y: f64| {
            let words = taken
                .iter()
                .all(|(at, other)| (at.1 - y).abs() >= 17.0 || (at.0 - x).abs() >= half + other);
            let boxes = spots.iter().all(|it| {
                (it.centre.1 - y).abs() >= it.height / 2.0 + 10.0 || (it.centre.0 - x).abs() >= it.width / 2.0 + half
            });
            words && boxes
        };
        let places = [0.0, -17.0, 17.0, -34.0, 34.0];
        let Some(y) = places.into_iter().map(|it| y + it).find(|it| free(*it)) else {
            continue;
        };
        taken.push(((x, y), half));
        if words.is_empty() {
            continue;
        }
        // The line is interrupted for its words.
        pen.rect(
            (x - half, y - 9.0),
            (x + half, y + 9.0),
            Look::fill(theme.background),
            Tags::default(),
        );
        pen.text(&words, (x, y + 5.0), Anchor::Middle, SMALL, theme.text);
    }
}

/// Names of small nodes that matter, where they find room.
fn notable_names(figure: &Topology, spots: &[Spot], pen: &Pen, theme: &Theme, area: Frame) {
    let mut taken: Vec<(Place, f64)> = Vec::new();
    let matters = |it: &&(&Node, &Spot)| it.1.is_small() && (it.0.origin || it.0.level == Level::Broken);
    let strained = |it: &&(&Node, &Spot)| it.1.is_small() && !it.0.origin && it.0.level == Level::Strained;
    let all: Vec<(&Node, &Spot)> = figure.nodes.iter().zip(spots).collect();
    for (node, spot) in all.iter().filter(matters).chain(all.iter().filter(strained)) {
        let words = fit(&node.name, SMALL, 150.0);
        let half = width(&words, SMALL) / 2.0 + 3.0;
        let x = spot
            .centre
            .0
            .clamp(area.left + half, (area.right - half).max(area.left + half));
        let y = spot.centre.1 - SMALL_NODE / 2.0 - 7.0;
        if taken
            .iter()
            .all(|(at, other)| (at.1 - y).abs() >= 16.0 || (at.0 - x).abs() >= half + other)
        {
            taken.push(((x, y), half));
            pen.over(&words, (x, y), Anchor::Middle, SMALL, theme.text, theme.background);
        }
    }
}

fn draw_node(node: &Node, spot: Spot, pen: &Pen, theme: &Theme) {
    let Spot { centre, width, height } = spot;
    let (colour, hatch) = theme.level(node.level);
    let (from, to) = (
        (centre.0 - width / 2.0, centre.1 - height / 2.0),
        (centre.0 + width / 2.0, centre.1 + height / 2.0),
    );
    let detail = if node.detail.is_empty() {
        String::new()
    } else {
        format!(", {}", node.detail)
    };
    let tags = Tags::class("node")
        .data("name", &*node.name)
        .data("kind", node.kind.word())
        .data("level", node.level.word())
        .data("detail", &*node.detail)
        .hint(format!(
            "{} ({}): {}{detail}",
            node.name,
            node.kind.word(),
            node.level.word()
        ));
    pen.open(tags);
    let ring = |away: f64, look: Look| {
        let form = Form::Rect {
            from: (from.0 - away, from.1 - away),
            to: (to.0 + away, to.1 + away),
            round: 6.0 + away,
        };
        pen.shape(form, look, Tags::class("reach"));
    };
    if node.origin {
        ring(4.5, Look::stroke(theme.text, 3.0));
    } else if node.reached {
        ring(4.0, Look::stroke(theme.text, 1.3).dashed(&[3.0, 3.0]));
    }
    if spot.is_small() {
        let round = if node.kind == NodeKind::Load {
            SMALL_NODE / 2.0
        } else {
            2.0
        };
        pen.shape(
            Form::Rect { from, to, round },
            hatched(theme, colour, hatch),
            Tags::default(),
        );
        pen.close();
        return;
    }
    let round = if node.kind == NodeKind::Load { height / 2.0 } else { 6.0 };
    let mut look = Look::fill(colour.mixed(theme.background, 0.85)).edged(colour, 2.0);
    if node.kind == NodeKind::External {
        look = look.dashed(&[5.0, 3.0]);
    }
    pen.shape(Form::Rect { from, to, round }, look, Tags::class("box"));
    if node.kind == NodeKind::Store {
        let y = from.1 + 5.0;
        pen.line((from.0 + 3.0, y), (to.0 - 3.0, y), Look::stroke(colour, 1.4), "store");
    }
    // The strip at the left tells the state by its strokes, too.
    let inset = if node.kind == NodeKind::Load { height * 0.3 } else { 7.0 };
    let (top, bottom) = (from.1 + 9.0, to.1 - 6.0);
    if bottom > top {
        let strip = hatched(theme, colour, hatch);
        pen.rect(
            (from.0 + inset, top),
            (from.0 + inset + 9.0, bottom),
            strip,
            Tags::class("level"),
        );
    }
    let left = from.0 + inset + 15.0;
    let room = to.0 - left - 4.0;
    let two = !node.detail.is_empty() && height >= 36.0;
    let y = if two { centre.1 - 2.0 } else { centre.1 + 5.0 };
    pen.bold(
        &fit_bold(&node.name, SMALL, room),
        (left, y),
        Anchor::Start,
        SMALL,
        theme.text,
    );
    if two {
        pen.text(
            &fit(&node.detail, SMALL, room),
            (left, y + 17.0),
            Anchor::Start,
            SMALL,
            theme.muted,
        );
    }
    pen.close();
}

fn keys(figure: &Topology, edges: &[&Call], theme: &Theme) -> Vec<Entry> {
    let mut keys = Vec::new();
    let count = |level: Level| figure.nodes.iter().filter(|it| it.level == level).count();
    for level in [Level::Normal, Level::Strained, Level::Broken, Level::Unknown] {
        if count(level) > 0 {
            let (colour, hatch) = theme.level(level);
            keys.push(Entry {
                label: format!("{} ({})", level.word(), count(level)),
                swatch: Swatch::Box(hatched(theme, colour, hatch)),
            });
        }
    }
    if edges
        .iter()
        .any(|it| shown(it.failed_ratio).is_some_and(|it| it >= 0.005))
    {
        keys.push(Entry {
            label: "calls fail".to_owned(),
            swatch: Swatch::Line(Look::stroke(theme.late, 2.4).dashed(&[7.0, 4.0]), None),
        });
    }
    if figure.nodes.iter().any(|it| it.origin) {
        keys.push(Entry {
            label: "where it began".to_owned(),
            swatch: Swatch::Box(Look::stroke(theme.text, 3.0)),
        });
    }
    if figure.nodes.iter().any(|it| it.reached && !it.origin) {
        keys.push(Entry {
            label: "reached by it".to_owned(),
            swatch: Swatch::Box(Look::stroke(theme.text, 1.3).dashed(&[3.0, 3.0])),
        });
    }
    keys
}
