//! Sweeps over load and timeouts.

use brownout_sim_core::measure::Better;
use brownout_viz::figure::{
    Axis, Comparison, Difference, Facet, Figure, HeatCell, HeatFacet, HeatMap, Lines, LoadCurve, Point, Reference,
    Role, Series, Shading,
};
use brownout_viz::number::Unit;

pub fn figures() -> Vec<(&'static str, Figure)> {
    vec![
        ("load-curve", Figure::LoadCurve(load_curve())),
        ("comparison", Figure::Comparison(comparison())),
        ("comparison-shares", Figure::Comparison(shares())),
        ("phase-map", Figure::HeatMap(phases())),
        ("heat-map", Figure::HeatMap(heat())),
        ("lines", Figure::Lines(lines(1))),
        ("lines-facets", Figure::Lines(lines(6))),
        ("lines-one-point", Figure::Lines(one_point())),
    ]
}

fn series(label: &str, nth: usize, xs: &[f64], spread: f64, of: impl Fn(f64) -> f64) -> Series {
    let point = |x: &f64| Point {
        x: *x,
        y: Some(of(*x)),
        band: Some((of(*x) * (1.0 - spread), of(*x) * (1.0 + spread))),
    };
    Series {
        label: label.to_owned(),
        role: Role::Nth(nth),
        points: xs.iter().map(point).collect(),
    }
}

fn load_curve() -> LoadCurve {
    let loads: Vec<f64> = (1..=15).map(|it| f64::from(it) * 100.0).collect();
    let latency = |cliff: f64| {
        move |x: f64| {
            if x < cliff {
                0.03 / (1.0 - x / (cliff * 1.02))
            } else {
                3.5
            }
        }
    };
    LoadCurve {
        title: "Goodput and latency over offered load, 20 runs each".to_owned(),
        load: Axis::linear("offered load", Unit::PerSecond),
        goodput: Axis::linear("Goodput", Unit::PerSecond),
        goodput_series: vec![
            series("no retries", 0, &loads, 0.03, |x| x.min(1_050.0)),
            series("naive", 1, &loads, 0.08, |x| {
                if x < 950.0 { x } else { (1_900.0 - x).max(180.0) }
            }),
            series("budget", 2, &loads, 0.04, |x| x.min(1_000.0)),
        ],
        latency: Axis::log("p99 response time", Unit::Seconds),
        latency_series: vec![
            series("no retries", 0, &loads, 0.1, latency(1_050.0)),
            series("naive", 1, &loads, 0.2, latency(950.0)),
            series("budget", 2, &loads, 0.1, latency(1_000.0)),
        ],
        references: vec![
            Reference {
                label: "every day".to_owned(),
                at: 700.0,
            },
            Reference {
                label: "capacity".to_owned(),
                at: 1_067.0,
            },
        ],
    }
}

fn difference(label: &str, nth: usize, mean: f64, half: f64, verdict: &str) -> Difference {
    Difference {
        label: label.to_owned(),
        role: Role::Nth(nth),
        mean: Some(mean),
        interval: Some((mean - half, mean + half)),
        pairs: (0..20)
            .map(|at| mean + half * 2.0 * (((at * 7 + nth * 3) % 20) as f64 / 9.5 - 1.0))
            .collect(),
        verdict: verdict.to_owned(),
    }
}

pub fn comparison() -> Comparison {
    Comparison {
        title: "Time to recover after the database was fast again".to_owned(),
        measure: Axis::linear("recovery time", Unit::Seconds),
        against: "naive".to_owned(),
        better: Better::Less,
        rows: vec![
            difference("no-retries", 0, -212.0, 14.0, "better"),
            difference("Backoff, jitter, 10% budget, one layer only", 1, -188.0, 22.0, "better"),
            difference("breaker", 2, -96.0, 41.0, "better"),
            difference("hedged", 3, 6.0, 25.0, "no difference found"),
            difference("more-attempts", 4, 74.0, 30.0, "worse"),
        ],
        margin: Some(15.0),
    }
}

fn shares() -> Comparison {
    Comparison {
        title: "Goodput ratio".to_owned(),
        measure: Axis::linear("goodput ratio", Unit::Ratio),
        against: "base".to_owned(),
        better: Better::More,
        rows: vec![
            difference("budget", 2, 0.123, 0.01, "better"),
            Difference {
                mean: None,
                interval: None,
                pairs: Vec::new(),
                ..difference("crashed", 1, 0.0, 0.0, "")
            },
        ],
        margin: None,
    }
}

fn phases() -> HeatMap {
    let facet = |label: &str, cliff: f64| HeatFacet {
        label: label.to_owned(),
        cells: (0..9)
            .flat_map(|row| (0..8).map(move |column| (row, column)))
            .map(|(row, column)| {
                let depth = column as f64 * 0.35 + row as f64 * 0.28 - cliff;
                let value = (1.0 / (1.0 + libm::exp(-4.0 * depth)) * 20.0).round() / 20.0;
                HeatCell {
                    value: (row != 8 || column != 7).then_some(value),
                    interval: Some(((value - 0.15).max(0.0), (value + 0.15).min(1.0))),
                    runs: 20,
                }
            })
            .collect(),
    };
    HeatMap {
        title: "Where the shop collapses".to_owned(),
        x_label: "load, times today's".to_owned(),
        columns: ["x0.5", "x0.6", "x0.7", "x0.8", "x0.9", "x1", "x1.1", "x1.2"]
            .map(str::to_owned)
            .into(),
        y_label: "timeout of app -> db".to_owned(),
        rows: [
            "50 ms", "89 ms", "158 ms", "281 ms", "500 ms", "889 ms", "1.58 s", "2.81 s", "5 s",
        ]
        .map(str::to_owned)
        .into(),
        value: Axis::linear("probability of collapse", Unit::Ratio),
        shading: Shading::Phases,
        facets: vec![facet("naive", 1.6), facet("budget", 3.4)],
    }
}

fn heat() -> HeatMap {
    HeatMap {
        title: "p99 response time over load and workers".to_owned(),
        x_label: "load".to_owned(),
        columns: (1..=20).map(|it| format!("{}/s", it * 60)).collect(),
        y_label: "workers of db".to_owned(),
        rows: (1..=12).map(|it| format!("{}", it * 8)).collect(),
        value: Axis::log("p99 response time", Unit::Seconds),
        shading: Shading::Range,
        facets: vec![HeatFacet {
            label: String::new(),
            cells: (0..240)
                .map(|at| {
                    let load = ((at % 20 + 1) * 60) as f64 / (((at / 20 + 1) * 8) as f64 * 16.0);
                    HeatCell {
                        value: Some(if load < 0.97 { 0.07 / (1.0 - load) } else { 4.0 }),
                        interval: None,
                        runs: 10,
                    }
                })
                .collect(),
        }],
    }
}

pub fn lines(facets: usize) -> Lines {
    let xs = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2];
    let facet = |at: usize| Facet {
        label: if facets == 1 {
            String::new()
        } else {
            format!("load x{}", 0.5 + 0.25 * at as f64)
        },
        series: vec![
            series("naive", 1, &xs, 0.15, move |x| {
                40.0 + 260.0 * (x.sqrt() * (1.0 + at as f64 * 0.2)).min(1.6)
            }),
            series("budget", 2, &xs, 0.1, move |x| {
                30.0 + 30.0 * x * (1.0 + at as f64 * 0.1)
            }),
            series("no retries", 0, &xs, 0.05, |_| 22.0),
        ],
    };
    Lines {
        title: "Recovery time over the timeout of app -> db".to_owned(),
        x: Axis::log("timeout", Unit::Seconds),
        y: Axis::linear("recovery time", Unit::Seconds),
        facets: (0..facets).map(facet).collect(),
        references: vec![Reference {
            label: "promised".to_owned(),
            at: 120.0,
        }],
    }
}

fn one_point() -> Lines {
    Lines {
        title: "A sweep with one point, and gaps".to_owned(),
        facets: vec![Facet {
            label: String::new(),
            series: vec![
                series("one point", 0, &[0.4], 0.2, |_| 55.0),
                Series {
                    label: "never measured".to_owned(),
                    role: Role::Nth(1),
                    points: vec![Point {
                        x: 0.4,
                        y: Some(f64::NAN),
                        band: None,
                    }],
                },
            ],
        }],
        ..lines(1)
    }
}
