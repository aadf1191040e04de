//! One run over time: requests, response times, queues, work, attempts per call, states, faults.
//!
//! Where there is more than fits, the most telling are drawn: the services with the longest queues and the most work at some time,
//! the edge with the most attempts beyond its calls, and what was longest not as it should be. What never happens (no queue, no
//! second attempt, no change of state) has no panel.

use brownout_sim_core::outcome::Outcome;
use brownout_viz::figure::{Level, Line, Mark, Panel, Role, Scale, StateRow, StateSpan, Timeline};
use brownout_viz::number::Unit;

use super::runs::{Scene, Stay};
use crate::recorded::Kind;

/// The most services in a panel.
const SERVICES: usize = 3;

/// The most rows of states.
const ROWS: usize = 6;

/// One run over time.
pub fn timeline(scene: &Scene<'_>) -> Timeline {
    let mut panels = vec![requests(scene)];
    panels.extend(response(scene));
    panels.extend(services(scene, "queue_length", "Calls waiting in queues"));
    panels.extend(services(scene, "in_service", "Calls in service"));
    panels.extend(attempts(scene));
    Timeline {
        title: scene.title(),
        from_s: 0.0,
        to_s: scene.end_s(),
        panels,
        states: states(scene),
        shades: scene.faults(),
    }
}

fn line(label: &str, role: Role, mark: Mark, values: Vec<Option<f64>>) -> Line {
    Line {
        label: label.to_owned(),
        role,
        mark,
        values,
    }
}

/// What all loads offered, and what became of it; by the window in which requests arrived.
fn requests(scene: &Scene<'_>) -> Panel {
    let loads = &scene.compiled.names.loads;
    let window_s = scene.run.window_s();
    let rate = |series: &str| -> Vec<f64> {
        let sum = |at: usize| -> f64 {
            loads
                .iter()
                .map(|it| scene.run.number(Kind::Load, it, series, at))
                .sum()
        };
        (0..scene.windows()).map(|at| sum(at) / window_s).collect()
    };
    let (offered, good, failed) = (rate("offered"), rate("goodput"), rate("failed"));
    let well = rate("ok").into_iter().zip(rate("degraded")).map(|it| it.0 + it.1);
    let late: Vec<f64> = well.zip(&good).map(|(well, good)| (well - good).max(0.0)).collect();
    let shown = |it: &[f64]| it.iter().copied().map(Some).collect::<Vec<_>>();
    let any = |it: &[f64]| it.iter().any(|it| *it > 0.0);
    let mut lines = vec![line("goodput", Role::Good, Mark::Stack, shown(&good))];
    if any(&late) {
        lines.push(line(
            "too late",
            Role::Outcome(Outcome::Timeout),
            Mark::Stack,
            shown(&late),
        ));
    }
    if any(&failed) {
        lines.push(line(
            "failed",
            Role::Outcome(Outcome::Error),
            Mark::Stack,
            shown(&failed),
        ));
    }
    lines.push(line("offered", Role::Offered, Mark::Rule, shown(&offered)));
    Panel {
        title: match loads.as_slice() {
            [only] => format!("Requests of {only}"),
            _ => "Requests of all loads".to_owned(),
        },
        unit: Unit::PerSecond,
        scale: Scale::Linear,
        lines,
    }
}

/// Response times of the load that offered the most.
fn response(scene: &Scene<'_>) -> Option<Panel> {
    let offered = |it: &&String| scene.total(Kind::Load, it, "offered");
    let loads = scene.compiled.names.loads.iter().rev();
    let load = loads.max_by(|a, b| offered(a).total_cmp(&offered(b)))?;
    let times = |series: &str| {
        let mut values = scene.run.values(Kind::Load, load, series).to_vec();
        values.truncate(scene.windows());
        values
    };
    let lines = vec![
        line("p50", Role::Nth(0), Mark::Points, times("response_ok_p50_s")),
        line("p99", Role::Nth(1), Mark::Dots, times("response_ok_p99_s")),
    ];
    let any = lines.iter().any(|it| it.values.iter().any(Option::is_some));
    any.then(|| Panel {
        title: format!("Response time of ok requests of {load}"),
        unit: Unit::Seconds,
        scale: Scale::Log,
        lines,
    })
}

/// A level of the services in which it was highest at some time.
fn services(scene: &Scene<'_>, series: &str, title: &str) -> Option<Panel> {
    let most = |it: &String| -> f64 {
        let values = scene.run.values(Kind::Service, it, series).iter().take(scene.windows());
        values.flatten().copied().fold(0.0, f64::max)
    };
    let names = scene.compiled.names.services.iter();
    let mut found: Vec<(&String, f64)> = names.map(|it| (it, most(it))).filter(|it| it.1 > 0.0).collect();
    let all = found.len();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    found.truncate(SERVICES);
    let line = |(at, (name, _)): (usize, &(&String, f64))| {
        let mut values = scene.run.values(Kind::Service, name, series).to_vec();
        values.truncate(scene.windows());
        line(
            name,
            Role::Nth(at),
            if at == 0 { Mark::Dots } else { Mark::Points },
            values,
        )
    };
    let lines: Vec<Line> = found.iter().enumerate().map(line).collect();
    let which = match all {
        all if all > SERVICES => format!(" ({SERVICES} of {all} services: those with the most)"),
        _ => String::new(),
    };
    (!lines.is_empty()).then(|| Panel {
        title: format!("{title}{which}"),
        unit: Unit::Count,
        scale: Scale::Linear,
        lines,
    })
}

/// Attempts per call over the edge with the most attempts beyond its calls.
fn attempts(scene: &Scene<'_>) -> Option<Panel> {
    let more = |it: &String| scene.total(Kind::Edge, it, "attempts") - scene.total(Kind::Edge, it, "calls");
    let edges = scene.compiled.names.edges.iter().rev();
    let (edge, more) = edges.map(|it| (it, more(it))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    if more <= 0.0 {
        return None;
    }
    let ratio = |at: usize| {
        let of = |series: &str| scene.run.number(Kind::Edge, edge, series, at);
        (of("calls") > 0.0).then(|| of("attempts") / of("calls"))
    };
    Some(Panel {
        title: "Attempts per call".to_owned(),
        unit: Unit::Plain,
        scale: Scale::Linear,
        lines: vec![line(
            edge,
            Role::Nth(0),
            Mark::Dots,
            (0..scene.windows()).map(ratio).collect(),
        )],
    })
}

/// The states of what was longest not as it should be; faults are shades.
fn states(scene: &Scene<'_>) -> Vec<StateRow> {
    let end_s = scene.end_s();
    let mut rows: Vec<(f64, &str, Vec<Stay>)> = Vec::new();
    for component in scene.run.changing() {
        let own = component.starts_with("fault.") || component.starts_with("change.");
        if own || scene.compiled.names.loads.iter().any(|it| it == component) {
            continue;
        }
        let stays = scene.run.stays(component, end_s);
        let wrong = stays.iter().filter(|it| level(&it.state) > Level::Normal);
        rows.push((wrong.map(|it| it.to_s - it.from_s).sum(), component, stays));
    }
    rows.retain(|it| it.0 > 0.0);
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    rows.truncate(ROWS);
    rows.sort_by(|a, b| a.1.cmp(b.1));
    let span = |it: Stay| StateSpan {
        from_s: it.from_s,
        to_s: it.to_s,
        level: level(&it.state),
        state: it.state.replace('_', "-"),
    };
    rows.into_iter()
        .map(|(_, component, stays)| StateRow {
            label: component.to_owned(),
            spans: stays.into_iter().map(span).collect(),
        })
        .collect()
}

/// How good a state of a breaker or a replica is.
fn level(state: &str) -> Level {
    match state {
        "closed" | "up" | "in" => Level::Normal,
        "half_open" | "draining" | "gone" => Level::Strained,
        "open" | "crashed" | "paused" | "stalled" | "ejected" | "down" => Level::Broken,
        _ => Level::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::runs::Run;
    use crate::testing::{compiled, result};

    #[test]
    fn it_has_panels_for_what_happened_and_rows_for_what_was_wrong() {
        let (compiled, mut result) = (compiled(), result(7, 40));
        for (at, point) in result.timeline.services[0].iter_mut().enumerate() {
            point.queue_length = if at == 70 { 12.0 } else { 0.0 };
        }
        for lane in &mut result.timeline.lanes[1] {
            (lane.calls, lane.attempts) = (100, 150);
        }
        let run = Run::of(&compiled, &result);
        let figure = timeline(&Scene {
            compiled: &compiled,
            run: &run,
            runs: 3,
        });
        let titles: Vec<&str> = figure.panels.iter().map(|it| it.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Requests of shoppers",
                "Response time of ok requests of shoppers",
                "Calls waiting in queues",
                "Attempts per call"
            ]
        );
        let labels: Vec<&str> = figure.panels[0].lines.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(labels, ["goodput", "failed", "offered"]);
        assert_eq!(figure.panels[0].lines[1].values[70], Some(60.0));
        assert_eq!(
            (figure.panels[2].lines.len(), figure.panels[2].lines[0].values[70]),
            (1, Some(12.0))
        );
        assert_eq!(figure.panels[3].lines[0].values[5], Some(1.5));
        assert!(
            figure
                .panels
                .iter()
                .flat_map(|it| &it.lines)
                .all(|it| it.values.len() == 120)
        );
        assert_eq!(figure.states.len(), 1);
        assert_eq!(
            (figure.states[0].label.as_str(), figure.states[0].spans[1].level),
            ("db/1", Level::Broken)
        );
        assert_eq!(figure.shades[0].label, "db-slow");
    }

    #[test]
    fn every_state_that_is_recorded_has_a_level() {
        use brownout_sim_core::policy::breaker::Circuit;
        for circuit in [Circuit::Closed, Circuit::Open, Circuit::HalfOpen] {
            assert!(level(circuit.name()) > Level::Unknown, "{}", circuit.name());
        }
    }
}
