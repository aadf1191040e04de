//! Figures of numbers and names that nobody would expect.

use brownout_sim_core::measure::Better;
use brownout_sim_core::outcome::Outcome;
use brownout_viz::figure::*;
use brownout_viz::number::Unit;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -1e4..1e4,
        4 => 0.0..1.0,
        1 => proptest::num::f64::ANY,
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, 1e30, -1e30, 1e29, 1e-30,
        ]),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8}",
        1 => Just(String::new()),
        1 => Just("<script>alert(\"it's\" & more)</script>".to_owned()),
        1 => Just("]]> --> \u{0} \u{1b}[31m \n \u{fffe}".to_owned()),
        1 => Just("größe-大きさ-\u{202e}مقاس-🦀".to_owned()),
        1 => Just("service-".repeat(25)),
    ]
}

fn unit() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![
        Unit::Seconds,
        Unit::PerSecond,
        Unit::Ratio,
        Unit::Count,
        Unit::Plain,
    ])
}

fn scale() -> impl Strategy<Value = Scale> {
    prop::sample::select(vec![Scale::Linear, Scale::Log])
}

fn axis() -> impl Strategy<Value = Axis> {
    (name(), unit(), scale()).prop_map(|(label, unit, scale)| Axis { label, unit, scale })
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        Just(Role::Good),
        Just(Role::Offered),
        Just(Role::Muted),
        (0..20usize).prop_map(Role::Nth),
        prop::sample::select(Outcome::ALL.to_vec()).prop_map(Role::Outcome),
    ]
}

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::Unknown, Level::Normal, Level::Strained, Level::Broken])
}

fn series() -> impl Strategy<Value = Series> {
    let point = (number(), option::of(number()), option::of((number(), number())));
    (
        name(),
        role(),
        vec(point.prop_map(|(x, y, band)| Point { x, y, band }), 0..6),
    )
        .prop_map(|(label, role, points)| Series { label, role, points })
}

fn references() -> impl Strategy<Value = Vec<Reference>> {
    vec((name(), number()).prop_map(|(label, at)| Reference { label, at }), 0..3)
}

fn shades() -> impl Strategy<Value = Vec<Shade>> {
    let shade = (name(), number(), number()).prop_map(|(label, from_s, to_s)| Shade { label, from_s, to_s });
    vec(shade, 0..4)
}

fn timeline() -> impl Strategy<Value = Figure> {
    let mark = prop::sample::select(vec![Mark::Area, Mark::Stack, Mark::Rule, Mark::Dots, Mark::Points]);
    let line = (name(), role(), mark, vec(option::of(number()), 0..8)).prop_map(|(label, role, mark, values)| Line {
        label,
        role,
        mark,
        values,
    });
    let panel = (name(), unit(), scale(), vec(line, 0..4)).prop_map(|(title, unit, scale, lines)| Panel {
        title,
        unit,
        scale,
        lines,
    });
    let span = (number(), number(), name(), level()).prop_map(|(from_s, to_s, state, level)| StateSpan {
        from_s,
        to_s,
        state,
        level,
    });
    let row = (name(), vec(span, 0..4)).prop_map(|(label, spans)| StateRow { label, spans });
    let time = prop_oneof![3 => Just((0.0, 60.0)), 1 => (number(), number())];
    (name(), time, vec(panel, 0..4), vec(row, 0..3), shades()).prop_map(|(title, time, panels, states, shades)| {
        Figure::Timeline(Timeline {
            title,
            from_s: time.0,
            to_s: time.1,
            panels,
            states,
            shades,
        })
    })
}

fn curves() -> impl Strategy<Value = Figure> {
    let curve = (
        name(),
        role(),
        option::of(any::<u64>()),
        vec((number(), number()), 0..6),
    )
        .prop_map(|(label, role, count, points)| PercentileCurve {
            label,
            role,
            count,
            points,
        });
    let percentiles = (name(), axis(), vec(curve, 0..4), references()).prop_map(|(title, axis, curves, references)| {
        Figure::Percentiles(Percentiles {
            title,
            axis,
            curves,
            references,
        })
    });
    let facet = (name(), vec(series(), 0..4)).prop_map(|(label, series)| Facet { label, series });
    let lines =
        (name(), axis(), axis(), vec(facet, 0..5), references()).prop_map(|(title, x, y, facets, references)| {
            Figure::Lines(Lines {
                title,
                x,
                y,
                facets,
                references,
            })
        });
    let many = || vec(series(), 0..4);
    let load = (name(), axis(), (axis(), many()), (axis(), many()), references()).prop_map(
        |(title, load, goodput, latency, references)| {
            Figure::LoadCurve(LoadCurve {
                title,
                load,
                goodput: goodput.0,
                goodput_series: goodput.1,
                latency: latency.0,
                latency_series: latency.1,
                references,
            })
        },
    );
    prop_oneof![percentiles, lines, load]
}

fn comparison() -> impl Strategy<Value = Figure> {
    let row = (
        name(),
        role(),
        option::of(number()),
        option::of((number(), number())),
        vec(number(), 0..5),
        name(),
    )
        .prop_map(|(label, role, mean, interval, pairs, verdict)| Difference {
            label,
            role,
            mean,
            interval,
            pairs,
            verdict,
        });
    let better = prop::sample::select(vec![Better::More, Better::Less, Better::Neither]);
    (name(), axis(), name(), better, vec(row, 0..5), option::of(number())).prop_map(
        |(title, measure, against, better, rows, margin)| {
            Figure::Comparison(Comparison {
                title,
                measure,
                against,
                better,
                rows,
                margin,
            })
        },
    )
}

fn heat_map() -> impl Strategy<Value = Figure> {
    let cell = (option::of(number()), option::of((number(), number())), any::<u64>())
        .prop_map(|(value, interval, runs)| HeatCell { value, interval, runs });
    let facet = (name(), vec(cell, 0..14)).prop_map(|(label, cells)| HeatFacet { label, cells });
    let shading = prop::sample::select(vec![Shading::Range, Shading::Phases]);
    (
        name(),
        vec(name(), 0..5),
        vec(name(), 0..4),
        axis(),
        shading,
        vec(facet, 0..4),
    )
        .prop_map(|(title, columns, rows, value, shading, facets)| {
            Figure::HeatMap(HeatMap {
                x_label: title.clone(),
                y_label: title.clone(),
                title,
                columns,
                rows,
                value,
                shading,
                facets,
            })
        })
}

fn topology() -> impl Strategy<Value = Figure> {
    let kind = prop::sample::select(vec![
        NodeKind::Load,
        NodeKind::Service,
        NodeKind::External,
        NodeKind::Store,
    ]);
    let node = (name(), kind, level(), name(), any::<bool>(), any::<bool>()).prop_map(
        |(name, kind, level, detail, origin, reached)| Node {
            name,
            kind,
            level,
            detail,
            origin,
            reached,
        },
    );
    let call = (0..40usize, 0..40usize, option::of(number()), option::of(number())).prop_map(
        |(from, to, per_s, failed_ratio)| Call {
            from,
            to,
            per_s,
            failed_ratio,
        },
    );
    (name(), option::of(number()), vec(node, 0..40), vec(call, 0..60)).prop_map(|(title, at_s, nodes, calls)| {
        Figure::Topology(Topology {
            title,
            at_s,
            nodes,
            calls,
        })
    })
}

fn cascade() -> impl Strategy<Value = Figure> {
    let carrier = (name(), role(), name()).prop_map(|(from, role, label)| Carrier { from, role, label });
    let step = (name(), number(), option::of(number()), name(), option::of(carrier)).prop_map(
        |(service, at_s, until_s, detail, carried_by)| Departure {
            service,
            at_s,
            until_s,
            detail,
            carried_by,
        },
    );
    let time = prop_oneof![3 => Just((0.0, 60.0)), 1 => (number(), number())];
    (name(), time, vec(step, 0..6), shades()).prop_map(|(title, time, departures, shades)| {
        Figure::Cascade(Cascade {
            title,
            from_s: time.0,
            to_s: time.1,
            departures,
            shades,
        })
    })
}

fn waterfall() -> impl Strategy<Value = Figure> {
    let segment = (prop::sample::select(Activity::ALL.to_vec()), number(), number())
        .prop_map(|(activity, from_s, to_s)| Segment { activity, from_s, to_s });
    let kind = prop::sample::select(vec![TrackKind::Call, TrackKind::Attempt, TrackKind::Hedge]);
    let outcome = || option::of(prop::sample::select(Outcome::ALL.to_vec()));
    let track = (
        name(),
        0..30usize,
        kind,
        outcome(),
        vec(segment, 0..5),
        option::of(number()),
    )
        .prop_map(|(label, depth, kind, outcome, segments, orphaned_s)| Track {
            label,
            depth,
            kind,
            outcome,
            segments,
            orphaned_s,
        });
    (name(), option::of(number()), outcome(), vec(track, 0..6)).prop_map(|(title, answered_s, outcome, tracks)| {
        Figure::Waterfall(Waterfall {
            title,
            answered_s,
            outcome,
            tracks,
        })
    })
}

/// Any figure, of any numbers and names.
pub fn any_figure() -> impl Strategy<Value = Figure> {
    prop_oneof![
        timeline(),
        curves(),
        comparison(),
        heat_map(),
        topology(),
        cascade(),
        waterfall()
    ]
}
