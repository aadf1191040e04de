//! A retry storm over twenty minutes.

use brownout_sim_core::outcome::Outcome;
use brownout_viz::figure::{
    Axis, Carrier, Cascade, Departure, Figure, Level, Line, Mark, Panel, PercentileCurve, Percentiles, Reference, Role,
    Scale, Shade, StateRow, StateSpan, Timeline,
};
use brownout_viz::number::Unit;

use super::wobble;

pub fn figures() -> Vec<(&'static str, Figure)> {
    vec![
        ("timeline", Figure::Timeline(storm())),
        ("timeline-full", Figure::Timeline(everything())),
        ("timeline-empty", Figure::Timeline(nothing())),
        ("percentiles", Figure::Percentiles(percentiles())),
        ("cascade", Figure::Cascade(cascade())),
    ]
}

fn line(label: &str, role: Role, mark: Mark, of: impl Fn(usize) -> Option<f64>) -> Line {
    Line {
        label: label.to_owned(),
        role,
        mark,
        values: (0..1200).map(of).collect(),
    }
}

/// From before to after, between two instants.
fn slope(at: usize, from: usize, to: usize, before: f64, after: f64) -> f64 {
    let share = ((at as f64 - from as f64) / (to - from) as f64).clamp(0.0, 1.0);
    before + (after - before) * share
}

fn offered(at: usize) -> f64 {
    (if at < 480 { 900.0 } else { 1_200.0 }) * (1.0 + 0.04 * wobble(at))
}

fn good_share(at: usize) -> f64 {
    match at {
        0..600 => 1.0,
        600..690 => slope(at, 600, 640, 0.9, 0.08),
        690..840 => 0.06 + 0.02 * wobble(at).abs(),
        840..960 => slope(at, 840, 960, 0.06, 0.97),
        _ => 1.0,
    }
}

fn p50(at: usize) -> f64 {
    (0.03 * (1.0 + 0.1 * wobble(at))) * slope(at, 600, 640, 1.0, 22.0) / slope(at, 840, 960, 1.0, 20.0)
}

fn requests() -> Panel {
    Panel {
        title: "Requests, mean of 30 runs".to_owned(),
        unit: Unit::PerSecond,
        scale: Scale::Linear,
        lines: vec![
            line("goodput", Role::Good, Mark::Area, |at| {
                Some(offered(at) * good_share(at))
            }),
            line("offered", Role::Offered, Mark::Rule, |at| Some(offered(at))),
        ],
    }
}

fn response() -> Panel {
    let times = |factor: f64| move |at: usize| (!(700..760).contains(&at)).then(|| p50(at) * factor);
    Panel {
        title: "Response time of ok requests".to_owned(),
        unit: Unit::Seconds,
        scale: Scale::Log,
        lines: vec![
            line("p50", Role::Nth(0), Mark::Points, times(1.0)),
            line("p99", Role::Nth(1), Mark::Dots, times(4.0)),
            line("p99.9", Role::Nth(2), Mark::Points, times(9.0)),
        ],
    }
}

fn shade(label: &str, from_s: f64, to_s: f64) -> Shade {
    Shade {
        label: label.to_owned(),
        from_s,
        to_s,
    }
}

fn storm() -> Timeline {
    Timeline {
        title: "Three-tier retry storm, variant naive".to_owned(),
        from_s: 0.0,
        to_s: 1_200.0,
        panels: vec![requests(), response()],
        states: Vec::new(),
        shades: vec![shade("db-slow", 600.0, 690.0)],
    }
}

pub fn everything() -> Timeline {
    let failed = |at: usize| offered(at) * (1.0 - good_share(at));
    let cause = |outcome: Outcome, share: f64| {
        line(outcome.name(), Role::Outcome(outcome), Mark::Stack, move |at| {
            Some(failed(at) * share)
        })
    };
    let panel = |title: &str, unit, lines| Panel {
        title: title.to_owned(),
        unit,
        scale: Scale::Linear,
        lines,
    };
    let busy = |at: usize| slope(at, 590, 620, 0.55, 1.0) - slope(at, 900, 960, 0.0, 0.32) + 0.02 * wobble(at);
    let open = |from_s: f64, to_s: f64, state: &str, level| StateSpan {
        from_s,
        to_s,
        state: state.to_owned(),
        level,
    };
    let breaker = |label: &str, at: f64| StateRow {
        label: label.to_owned(),
        spans: vec![
            open(0.0, at, "closed", Level::Normal),
            open(at, at + 60.0, "open", Level::Broken),
            open(at + 60.0, at + 70.0, "half-open", Level::Strained),
            open(at + 70.0, at + 130.0, "open", Level::Broken),
            open(at + 130.0, at + 145.0, "half-open", Level::Strained),
            open(at + 145.0, 1_200.0, "closed", Level::Normal),
        ],
    };
    Timeline {
        title: "Everything about one run: retry storm, variant breaker, seed 42".to_owned(),
        panels: vec![
            requests(),
            panel(
                "Failures by cause",
                Unit::PerSecond,
                vec![
                    cause(Outcome::Timeout, 0.5),
                    cause(Outcome::QueueFull, 0.2),
                    cause(Outcome::BreakerOpen, 0.2),
                    cause(Outcome::Deadline, 0.1),
                ],
            ),
            response(),
            panel(
                "Queue length of db",
                Unit::Count,
                vec![line("mean of replicas", Role::Nth(0), Mark::Area, |at| {
                    Some((slope(at, 600, 660, 3.0, 1_000.0) - slope(at, 840, 930, 0.0, 995.0)).max(0.0))
                })],
            ),
            panel(
                "Utilization",
                Unit::Ratio,
                vec![
                    line("db", Role::Nth(0), Mark::Points, move |at| {
                        Some(busy(at).clamp(0.0, 1.0))
                    }),
                    line("app", Role::Nth(1), Mark::Points, move |at| {
                        Some((busy(at) * 0.7).clamp(0.0, 1.0))
                    }),
                ],
            ),
            panel(
                "Amplification: attempts per call",
                Unit::Plain,
                vec![line("app -> db", Role::Nth(0), Mark::Dots, |at| {
                    Some(slope(at, 600, 650, 1.0, 2.9) - slope(at, 850, 950, 0.0, 1.9))
                })],
            ),
        ],
        states: vec![breaker("app -> db", 612.0), breaker("web -> app", 655.0)],
        shades: vec![shade("db-slow", 600.0, 690.0), shade("zone-a-lost", 720.0, 735.0)],
        ..storm()
    }
}

fn nothing() -> Timeline {
    let mut figure = storm();
    for line in figure.panels.iter_mut().flat_map(|it| &mut it.lines) {
        line.values.clear();
    }
    figure
}

fn percentiles() -> Percentiles {
    let shares = [
        0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998,
        0.999, 0.9995, 0.9999,
    ];
    let curve = |label: &str, nth, of: &dyn Fn(f64) -> f64| PercentileCurve {
        label: label.to_owned(),
        role: Role::Nth(nth),
        count: Some(1_080_000),
        points: shares.iter().map(|it| (*it, of(-libm::log(1.0 - it)))).collect(),
    };
    Percentiles {
        title: "Response time of ok requests, 30 runs".to_owned(),
        axis: Axis::log("response time", Unit::Seconds),
        curves: vec![
            curve("no retries", 0, &|it| 0.012 + 0.011 * it),
            curve("naive", 1, &|it| {
                0.012 + 0.011 * it + if it > 3.0 { 0.5 * (it - 3.0) } else { 0.0 }
            }),
            curve("budget", 2, &|it| {
                0.012 + 0.012 * it + if it > 4.0 { 0.12 * (it - 4.0) } else { 0.0 }
            }),
        ],
        references: vec![Reference {
            label: "objective".to_owned(),
            at: 1.0,
        }],
    }
}

pub fn cascade() -> Cascade {
    let step = |service: &str, at_s, until_s, detail: &str, by: Option<(&str, Outcome)>| Departure {
        service: service.to_owned(),
        at_s,
        until_s,
        detail: detail.to_owned(),
        carried_by: by.map(|(from, outcome)| Carrier {
            from: from.to_owned(),
            role: Role::Outcome(outcome),
            label: format!("{} from {from}", outcome.name()),
        }),
    };
    Cascade {
        title: "How the slow database took the shop down".to_owned(),
        from_s: 560.0,
        to_s: 1_000.0,
        departures: vec![
            step("db", 603.0, Some(905.0), "p99 2.1 s", None),
            step("app", 611.0, Some(930.0), "p99 2.0 s", Some(("db", Outcome::Timeout))),
            step(
                "search",
                618.0,
                Some(720.0),
                "success 91 %",
                Some(("db", Outcome::QueueFull)),
            ),
            step("web", 634.0, Some(958.0), "p99 4.0 s", Some(("app", Outcome::Timeout))),
            step(
                "checkout",
                660.0,
                None,
                "success 12 %",
                Some(("app", Outcome::BreakerOpen)),
            ),
            step(
                "partner-api",
                702.0,
                None,
                "over quota",
                Some(("checkout", Outcome::Quota)),
            ),
        ],
        shades: vec![shade("db-slow", 600.0, 690.0)],
    }
}
