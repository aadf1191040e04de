//! A small figure of each kind. The numbers are invented.

use brownout_sim_core::measure::Better;
use brownout_sim_core::outcome::Outcome;
use brownout_viz::figure::*;
use brownout_viz::number::Unit;

/// All of them, each under a name.
pub fn all() -> Vec<(&'static str, Figure)> {
    vec![
        ("timeline", Figure::Timeline(timeline())),
        ("percentiles", Figure::Percentiles(percentiles())),
        ("load_curve", Figure::LoadCurve(load_curve())),
        ("comparison", Figure::Comparison(comparison())),
        ("heat_map", Figure::HeatMap(heat_map(Shading::Range))),
        ("phase_map", Figure::HeatMap(heat_map(Shading::Phases))),
        ("lines", Figure::Lines(lines())),
        ("topology", Figure::Topology(topology())),
        ("cascade", Figure::Cascade(cascade())),
        ("waterfall", Figure::Waterfall(waterfall())),
    ]
}

fn line(label: &str, role: Role, mark: Mark, values: &[f64]) -> Line {
    Line {
        label: label.to_owned(),
        role,
        mark,
        // What is negative stands for a gap.
        values: values.iter().map(|it| (*it >= 0.0).then_some(*it)).collect(),
    }
}

fn shade(label: &str, from_s: f64, to_s: f64) -> Shade {
    Shade {
        label: label.to_owned(),
        from_s,
        to_s,
    }
}

pub fn timeline() -> Timeline {
    let span = |from_s, to_s, state: &str, level| StateSpan {
        from_s,
        to_s,
        state: state.to_owned(),
        level,
    };
    Timeline {
        title: "Storm".to_owned(),
        from_s: 0.0,
        to_s: 60.0,
        panels: vec![
            Panel {
                title: "Requests".to_owned(),
                unit: Unit::PerSecond,
                scale: Scale::Linear,
                lines: vec![
                    line(
                        "timeout",
                        Role::Outcome(Outcome::Timeout),
                        Mark::Stack,
                        &[0.0, 40.0, 20.0],
                    ),
                    line("shed", Role::Outcome(Outcome::Shed), Mark::Stack, &[0.0, 20.0, 0.0]),
                    line("offered", Role::Offered, Mark::Rule, &[90.0, 90.0, 100.0]),
                ],
            },
            Panel {
                title: "Response time".to_owned(),
                unit: Unit::Seconds,
                scale: Scale::Log,
                lines: vec![line("p99", Role::Nth(0), Mark::Dots, &[0.1, -1.0, 0.25])],
            },
        ],
        states: vec![StateRow {
            label: "app -> db".to_owned(),
            spans: vec![
                span(0.0, 20.0, "closed", Level::Normal),
                span(20.0, 50.0, "open", Level::Broken),
                span(50.0, 60.0, "half-open", Level::Strained),
            ],
        }],
        shades: vec![shade("db-slow", 20.0, 40.0)],
    }
}

fn percentiles() -> Percentiles {
    let curve = |label: &str, nth, factor: f64| PercentileCurve {
        label: label.to_owned(),
        role: Role::Nth(nth),
        count: Some(10_000),
        points: vec![
            (0.0, 0.01),
            (0.5, 0.02 * factor),
            (0.99, 0.1 * factor),
            (0.999, 0.4 * factor),
        ],
    };
    Percentiles {
        title: "Tails".to_owned(),
        axis: Axis::log("response time", Unit::Seconds),
        curves: vec![curve("base", 0, 1.0), curve("hedged", 1, 0.5)],
        references: vec![Reference {
            label: "objective".to_owned(),
            at: 0.25,
        }],
    }
}

fn series(label: &str, nth: usize, points: &[(f64, f64)]) -> Series {
    let point = |it: &(f64, f64)| Point {
        x: it.0,
        y: Some(it.1),
        band: Some((it.1 * 0.9, it.1 * 1.1)),
    };
    Series {
        label: label.to_owned(),
        role: Role::Nth(nth),
        points: points.iter().map(point).collect(),
    }
}

fn load_curve() -> LoadCurve {
    LoadCurve {
        title: "The cliff".to_owned(),
        load: Axis::linear("offered load", Unit::PerSecond),
        goodput: Axis::linear("Goodput", Unit::PerSecond),
        goodput_series: vec![series("naive", 1, &[(100.0, 100.0), (200.0, 200.0), (300.0, 60.0)])],
        latency: Axis::log("p99", Unit::Seconds),
        latency_series: vec![series("naive", 1, &[(100.0, 0.05), (200.0, 0.2), (300.0, 3.0)])],
        references: vec![Reference {
            label: "capacity".to_owned(),
            at: 240.0,
        }],
    }
}

fn comparison() -> Comparison {
    let row = |label: &str, nth, mean: f64, half: f64, verdict: &str| Difference {
        label: label.to_owned(),
        role: Role::Nth(nth),
        mean: Some(mean),
        interval: Some((mean - half, mean + half)),
        pairs: vec![mean - half, mean, mean + half],
        verdict: verdict.to_owned(),
    };
    Comparison {
        title: "Recovery".to_owned(),
        measure: Axis::linear("recovery time", Unit::Seconds),
        against: "naive".to_owned(),
        better: Better::Less,
        rows: vec![
            row("budget", 2, -120.0, 20.0, "better"),
            row("hedged", 3, 5.0, 12.0, "no difference found"),
            Difference {
                mean: None,
                interval: None,
                pairs: Vec::new(),
                ..row("crashed", 4, 0.0, 0.0, "")
            },
        ],
        margin: Some(10.0),
    }
}

fn heat_map(shading: Shading) -> HeatMap {
    let cell = |value: Option<f64>| HeatCell {
        value,
        interval: value.map(|it| (it * 0.5, (it * 1.5).min(1.0))),
        runs: 20,
    };
    let values = [Some(0.0), Some(0.3), Some(0.9), Some(0.1), Some(0.6), None];
    HeatMap {
        title: "Where it collapses".to_owned(),
        x_label: "load".to_owned(),
        columns: ["x0.5", "x1", "x1.5"].map(str::to_owned).into(),
        y_label: "timeout".to_owned(),
        rows: ["50 ms", "1 s"].map(str::to_owned).into(),
        value: Axis::linear("probability of collapse", Unit::Ratio),
        shading,
        facets: vec![HeatFacet {
            label: "naive".to_owned(),
            cells: values.map(cell).into(),
        }],
    }
}

fn lines() -> Lines {
    Lines {
        title: "Timeouts".to_owned(),
        x: Axis::log("timeout", Unit::Seconds),
        y: Axis::linear("recovery time", Unit::Seconds),
        facets: vec![
            Facet {
                label: "load x1".to_owned(),
                series: vec![series("naive", 1, &[(0.05, 40.0), (0.5, 120.0), (5.0, 300.0)])],
            },
            Facet {
                label: "load x2".to_owned(),
                series: vec![series("naive", 1, &[(0.05, 400.0)]), series("budget", 2, &[])],
            },
        ],
        references: vec![Reference {
            label: "promised".to_owned(),
            at: 60.0,
        }],
    }
}

fn topology() -> Topology {
    let node = |name: &str, kind, level, origin| Node {
        name: name.to_owned(),
        kind,
        level,
        detail: "p99 1 s".to_owned(),
        origin,
        reached: level == Level::Broken,
    };
    let call = |from, to, per_s, failed| Call {
        from,
        to,
        per_s: Some(per_s),
        failed_ratio: Some(failed),
    };
    Topology {
        title: "Shop".to_owned(),
        at_s: Some(90.0),
        nodes: vec![
            node("users", NodeKind::Load, Level::Broken, false),
            node("web", NodeKind::Service, Level::Broken, false),
            node("cache", NodeKind::Store, Level::Normal, false),
            node("db", NodeKind::Store, Level::Broken, true),
            node("mail", NodeKind::External, Level::Unknown, false),
        ],
        calls: vec![
            call(0, 1, 900.0, 0.4),
            call(1, 2, 900.0, 0.0),
            call(1, 3, 300.0, 0.8),
            call(2, 3, 100.0, 0.5),
            call(3, 1, 1.0, 0.0),
            // Nobody is there.
            call(1, 99, 1.0, 0.0),
        ],
    }
}

fn cascade() -> Cascade {
    let step = |service: &str, at_s, until_s, from: Option<&str>| Departure {
        service: service.to_owned(),
        at_s,
        until_s,
        detail: "p99 2 s".to_owned(),
        carried_by: from.map(|from| Carrier {
            from: from.to_owned(),
            role: Role::Outcome(Outcome::Timeout),
            label: format!("timeouts on {from}"),
        }),
    };
    Cascade {
        title: "Down it goes".to_owned(),
        from_s: 0.0,
        to_s: 120.0,
        departures: vec![
            step("web", 40.0, None, Some("app")),
            step("db", 10.0, Some(70.0), None),
            step("app", 25.0, Some(95.0), Some("db")),
        ],
        shades: vec![shade("db-slow", 8.0, 60.0)],
    }
}

fn waterfall() -> Waterfall {
    let track = |label: &str, depth, kind, outcome, segments: &[(Activity, f64, f64)], orphaned_s| Track {
        label: label.to_owned(),
        depth,
        kind,
        outcome: Some(outcome),
        segments: segments
            .iter()
            .map(|it| Segment {
                activity: it.0,
                from_s: it.1,
                to_s: it.2,
            })
            .collect(),
        orphaned_s,
    };
    use Activity::{Backoff, Network, Queue, Waiting, Work};
    Waterfall {
        title: "One request".to_owned(),
        answered_s: Some(0.5),
        outcome: Some(Outcome::Ok),
        tracks: vec![
            track(
                "web",
                0,
                TrackKind::Call,
                Outcome::Ok,
                &[
                    (Work, 0.0, 0.05),
                    (Waiting, 0.05, 0.22),
                    (Backoff, 0.22, 0.25),
                    (Waiting, 0.25, 0.5),
                ],
                None,
            ),
            track(
                "attempt 1",
                1,
                TrackKind::Attempt,
                Outcome::Timeout,
                &[(Network, 0.05, 0.06), (Queue, 0.06, 0.3), (Work, 0.3, 0.6)],
                Some(0.22),
            ),
            track(
                "hedge",
                1,
                TrackKind::Hedge,
                Outcome::Ok,
                &[(Network, 0.25, 0.26), (Work, 0.26, 0.49), (Network, 0.49, 0.5)],
                None,
            ),
        ],
    }
}
