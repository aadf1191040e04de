//! The timeline of a report: goodput and response times, faults shaded.

use brownout_sim_core::results::RunResult;
use brownout_sim_core::time::SimTime;
use brownout_viz::figure::{Line, Mark, Panel, Role, Scale, Shade, Timeline};
use brownout_viz::number::Unit;
use brownout_viz::terminal;

use super::points::Points;
use super::{Report, Style};
use crate::experiment::Replication;

/// Height of each panel in characters.
const HEIGHT: usize = 8;

/// How many points the timeline of a report of this style has.
pub fn columns(style: &Style) -> usize {
    figure_style(style).columns()
}

fn figure_style(style: &Style) -> terminal::Style {
    terminal::Style {
        width: style.width,
        height: HEIGHT,
        ascii: style.ascii,
        colour: style.colour,
    }
}

/// The drawn timeline; the mean over the runs if all had their faults at the same time, else the first run alone.
pub fn text(report: &Report<'_>, style: &Style) -> String {
    let runs = report.runs();
    let Some(first) = runs.first() else {
        return String::new();
    };
    let alike = runs.iter().all(|it| spans(&it.result) == spans(&first.result));
    let shown = if alike { runs } else { &runs[..1] };
    let Some(figure) = figure(report, shown) else {
        return String::new();
    };
    format!("{}\n", terminal::timeline(&figure, &figure_style(style)))
}

/// When faults lasted, whatever their replicas.
fn spans(result: &RunResult) -> Vec<(usize, SimTime, Option<SimTime>)> {
    result
        .faults
        .iter()
        .map(|it| (it.fault.index(), it.start, it.end))
        .collect()
}

fn figure(report: &Report<'_>, runs: &[Replication]) -> Option<Timeline> {
    let points: Vec<&Points> = runs.iter().filter_map(|it| it.points.as_ref()).collect();
    let first = points.first()?;
    if first.offered_per_s.is_empty() {
        return None;
    }
    let mean = |of: &dyn Fn(&Points, usize) -> Option<f64>| -> Vec<Option<f64>> {
        (0..first.offered_per_s.len())
            .map(|at| {
                let here: Vec<f64> = points.iter().filter_map(|it| of(it, at)).collect();
                (!here.is_empty()).then(|| here.iter().sum::<f64>() / here.len() as f64)
            })
            .collect()
    };
    let line = |label: &str, role, mark, values| Line {
        label: label.to_owned(),
        role,
        mark,
        values,
    };
    let over = match (runs.len(), report.runs().len()) {
        (1, 1) => String::new(),
        (1, _) => format!(
            " in the run with seed {} (faults differ from run to run)",
            runs[0].result.seed
        ),
        (count, _) => format!(", mean of {count} runs"),
    };
    let loads = if report.compiled.names.loads.len() > 1 {
        ", all loads"
    } else {
        ""
    };
    let duration = report.compiled.model.clock.duration;
    let shades = runs[0]
        .result
        .faults
        .iter()
        .filter(|it| it.start < duration)
        .map(|it| Shade {
            label: report.compiled.names.faults[it.fault.index()].clone(),
            from_s: it.start.as_secs_f64(),
            to_s: it.end.unwrap_or(duration).min(duration).as_secs_f64(),
        });
    Some(Timeline {
        title: String::new(),
        from_s: 0.0,
        to_s: duration.as_secs_f64(),
        panels: vec![
            Panel {
                title: format!("Requests{loads}{over}"),
                unit: Unit::PerSecond,
                scale: Scale::Linear,
                lines: vec![
                    line(
                        "goodput",
                        Role::Good,
                        Mark::Area,
                        mean(&|it, at| Some(it.goodput_per_s[at])),
                    ),
                    line(
                        "offered (where it is more)",
                        Role::Offered,
                        Mark::Rule,
                        mean(&|it, at| Some(it.offered_per_s[at])),
                    ),
                ],
            },
            Panel {
                title: format!("Response time of ok requests{loads}{over}"),
                unit: Unit::Seconds,
                scale: Scale::Log,
                lines: vec![
                    line("p50", Role::Nth(0), Mark::Points, mean(&|it, at| it.p50_s[at])),
                    line("p99", Role::Nth(1), Mark::Dots, mean(&|it, at| it.p99_s[at])),
                ],
            },
        ],
        states: Vec::new(),
        shades: shades.collect(),
    })
}
