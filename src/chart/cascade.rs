//! Which load or service left its objective when in one run, and what carried it there; `health` says what leaving is.
//!
//! Trouble comes up from a callee that had left before or at the same time: by calls that failed on the edge to it, or else by their
//! being slow. It comes down from a caller that had left before, if that one sends more attempts than before it left. Of several
//! edges it is the one with the most failures, the longest calls or the most attempts.

use brownout_sim_core::model::Caller;
use brownout_sim_core::outcome::Outcome;
use brownout_viz::figure::{Carrier, Cascade, Departure, Role};
use brownout_viz::number::{Unit, show};

use super::health::{LASTS, Out, first_out};
use super::runs::Scene;
use crate::recorded::Kind;

/// So many times the attempts of before are more load.
const MORE: f64 = 1.2;

/// A load or a service, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Load(usize),
    Service(usize),
}

/// Who left.
struct Left {
    part: Part,
    name: String,
    out: Out,
}

/// The cascade.
pub fn cascade(scene: &Scene<'_>) -> Cascade {
    let names = &scene.compiled.names;
    let loads = names
        .loads
        .iter()
        .enumerate()
        .map(|(at, name)| (Part::Load(at), Kind::Load, name));
    let services = names
        .services
        .iter()
        .enumerate()
        .map(|(at, name)| (Part::Service(at), Kind::Service, name));
    let left = loads.chain(services).filter_map(|(part, kind, name)| {
        let out = first_out(scene, kind, name)?;
        let name = name.clone();
        Some(Left { part, name, out })
    });
    let left: Vec<Left> = left.collect();
    let at_s = |window: usize| window as f64 * scene.run.window_s();
    let departure = |it: &Left| Departure {
        service: it.name.clone(),
        at_s: at_s(it.out.from),
        until_s: it.out.until.map(at_s),
        detail: detail(it),
        carried_by: carrier(scene, &left, it),
    };
    let mut departures: Vec<Departure> = left.iter().map(departure).collect();
    // Of one instant, what carried trouble stands before where it went.
    let hops: Vec<usize> = departures.iter().map(|it| hops(&departures, it)).collect();
    let mut order: Vec<usize> = (0..departures.len()).collect();
    order.sort_by_key(|it| (left[*it].out.from, hops[*it]));
    departures = order.iter().map(|it| departures[*it].clone()).collect();
    let none = if departures.is_empty() {
        ": nothing left its objective"
    } else {
        ""
    };
    Cascade {
        title: format!("{}{none}", scene.title()),
        from_s: 0.0,
        to_s: scene.end_s(),
        departures,
        shades: scene.faults(),
    }
}

/// How many edges trouble came along.
fn hops(all: &[Departure], it: &Departure) -> usize {
    let mut at = Some(it);
    let before = || {
        let carrier = at?.carried_by.as_ref()?;
        at = all.iter().find(|it| it.service == carrier.from);
        at
    };
    // Services may call each other in a circle.
    std::iter::from_fn(before).take(all.len()).count()
}

fn detail(it: &Left) -> String {
    match (it.part, it.out.slow_s) {
        (Part::Load(_), _) => format!("goodput {}", show(Unit::Ratio, 1.0 - it.out.failed_ratio)),
        (_, Some(slow)) if it.out.failed_ratio <= 0.1 => format!("p99 {}", show(Unit::Seconds, slow)),
        _ => format!("{} failed", show(Unit::Ratio, it.out.failed_ratio)),
    }
}

/// Along which edge trouble came; `None` where it began.
fn carrier(scene: &Scene<'_>, left: &[Left], it: &Left) -> Option<Carrier> {
    let first = it.out.from..it.out.from + LASTS;
    let edges = || scene.compiled.model.edges.iter().zip(&scene.compiled.names.edges);
    let of = |part: Part| left.iter().find(|other| other.part == part && part != it.part);
    let caller = |caller: Caller| match caller {
        Caller::Load(it) => Part::Load(it.index()),
        Caller::Service(it) => Part::Service(it.index()),
    };
    let sum = |edge: &str, series: &str| -> f64 {
        first
            .clone()
            .map(|at| scene.run.number(Kind::Edge, edge, series, at))
            .sum()
    };
    let most = |series: &'static str| {
        let from_below = edges()
            .filter(|(edge, _)| caller(edge.caller) == it.part)
            .filter_map(move |(edge, name)| {
                let below = of(Part::Service(edge.callee.index())).filter(|below| below.out.from <= it.out.from)?;
                let score = sum(name, series);
                (score > 0.0).then_some((score, below, name))
            });
        from_below.reduce(|best, next| if next.0 > best.0 { next } else { best })
    };
    let carrier = |from: &Left, role: Role, label: String| Carrier {
        from: from.name.clone(),
        role,
        label,
    };
    if let Some((_, from, edge)) = most("failed") {
        return Some(carrier(
            from,
            Role::Outcome(Outcome::Error),
            format!("failures on {edge}"),
        ));
    }
    if let Some((_, from, edge)) = most("response_p99_s") {
        return Some(carrier(
            from,
            Role::Outcome(Outcome::Timeout),
            format!("slow calls on {edge}"),
        ));
    }
    let from_above = edges().filter_map(|(edge, name)| {
        let to = Part::Service(edge.callee.index());
        let above = of(caller(edge.caller)).filter(|above| to == it.part && above.out.from < it.out.from)?;
        let before = above.out.from.saturating_sub(LASTS)..above.out.from;
        let before: f64 = before
            .map(|at| scene.run.number(Kind::Edge, name, "attempts", at))
            .sum();
        let now = sum(name, "attempts");
        (now > MORE * before).then_some((now, above, name))
    });
    let (_, from, edge) = from_above.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    Some(carrier(from, Role::Offered, format!("more attempts on {edge}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::runs::Run;
    use crate::testing::{compiled, result};

    #[test]
    fn failures_carry_trouble_up_to_the_load() {
        let (compiled, mut result) = (compiled(), result(7, 40));
        for at in 62..75 {
            for service in 0..2 {
                let point = &mut result.timeline.services[service][at];
                // The database first, the shop two windows later.
                let failed = if service == 0 || at >= 64 { 50 } else { 0 };
                (point.offered, point.failed) = (100, failed);
            }
            let lane = &mut result.timeline.lanes[1][at];
            (lane.calls, lane.attempts, lane.failed) = (100, 100, 50);
        }
        let run = Run::of(&compiled, &result);
        let figure = cascade(&Scene {
            compiled: &compiled,
            run: &run,
            runs: 2,
        });
        let told: Vec<String> = figure
            .departures
            .iter()
            .map(|it| {
                let by = it.carried_by.as_ref().map_or("-", |it| it.label.as_str());
                format!("{} {} {:?} {} {by}", it.service, it.at_s, it.until_s, it.detail)
            })
            .collect();
        assert_eq!(
            told,
            [
                "shoppers 60 Some(80.0) goodput 40.0 % -",
                "db 62 None 50.0 % failed -",
                "shop 64 None 50.0 % failed failures on shop -> db",
            ]
        );
        assert_eq!(
            (figure.shades[0].label.as_str(), figure.title.as_str()),
            ("db-slow", "A shop and its database, one run of 2, seed 7")
        );
    }

    #[test]
    fn of_one_instant_the_origin_stands_first() {
        let (compiled, mut result) = (compiled(), result(7, 40));
        for at in 60..75 {
            for service in 0..2 {
                let point = &mut result.timeline.services[service][at];
                (point.offered, point.failed) = (100, 50);
            }
            for lane in 0..2 {
                let lane = &mut result.timeline.lanes[lane][at];
                (lane.calls, lane.attempts, lane.failed) = (100, 100, 50);
            }
        }
        let run = Run::of(&compiled, &result);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 1,
        };
        let figure = cascade(&scene);
        let order: Vec<&str> = figure.departures.iter().map(|it| it.service.as_str()).collect();
        assert_eq!(order, ["db", "shop", "shoppers"]);
    }

    #[test]
    fn a_quiet_run_says_that_nothing_left() {
        let (compiled, result) = (compiled(), result(7, 95));
        let run = Run::of(&compiled, &result);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 1,
        };
        let figure = cascade(&scene);
        assert!(figure.departures.is_empty() && figure.title.ends_with("nothing left its objective"));
    }
}
