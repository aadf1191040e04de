//! What `--detail` adds to a run: histograms, timelines, changes of state.

use brownout_scenarios::Compiled;
use brownout_sim_core::ids::ReplicaId;
use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::policy::breaker::Circuit;
use brownout_sim_core::results::{LanePoint, LoadPoint, RunResult, ServicePoint, State, Subject, Transition};
use serde::Serialize;

use super::Map;

/// The keys that `--detail` adds.
#[derive(Debug, Serialize)]
pub struct Detail {
    histograms: Histograms,
    series: Series,
    transitions: Vec<Change>,
}

/// `[from_s, to_s, count]` of every bin that holds something.
type Bins = Vec<(f64, f64, u32)>;

#[derive(Debug, Serialize)]
struct Histograms {
    loads: Map<Map<Bins>>,
    services: Map<Map<Bins>>,
    edges: Map<Map<Bins>>,
}

/// A number a window; windows begin at 0.
#[derive(Debug, Serialize)]
struct Series {
    window_s: f64,
    windows: usize,
    loads: Map<Map<Numbers>>,
    services: Map<Map<Numbers>>,
    edges: Map<Map<Numbers>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Numbers {
    Counts(Vec<u64>),
    Levels(Vec<f32>),
    Gauges(Vec<Option<f32>>),
    Times(Vec<Option<f64>>),
}

#[derive(Debug, Serialize)]
struct Change {
    t_s: f64,
    component: String,
    from: Option<&'static str>,
    to: String,
    cause: Option<String>,
}

impl Detail {
    /// Of a run that recorded everything.
    pub fn of(compiled: &Compiled, result: &RunResult) -> Detail {
        Detail {
            histograms: histograms(compiled, result),
            series: series(compiled, result),
            transitions: transitions(compiled, result),
        }
    }
}

fn bins(histogram: &Histogram) -> Bins {
    histogram
        .bins()
        .map(|(from, to, count)| (from.as_secs_f64(), to.as_secs_f64(), count))
        .collect()
}

fn named<T>(entries: impl IntoIterator<Item = (&'static str, T)>) -> Map<T> {
    Map(entries.into_iter().map(|it| (it.0.to_owned(), it.1)).collect())
}

fn histograms(compiled: &Compiled, result: &RunResult) -> Histograms {
    let names = &compiled.names;
    let loads = names.loads.iter().zip(&result.loads).map(|(name, it)| {
        let part = &it.total;
        (
            name.clone(),
            named([
                ("response_ok_s", bins(&part.response_ok)),
                ("response_all_s", bins(&part.response_all)),
            ]),
        )
    });
    let services = names.services.iter().zip(&result.services).map(|(name, it)| {
        let part = &it.total;
        let bins = [
            ("wait_s", bins(&part.wait)),
            ("service_s", bins(&part.service)),
            ("response_s", bins(&part.response)),
        ];
        (name.clone(), named(bins))
    });
    let edges = names.edges.iter().zip(&result.edges).map(|(name, it)| {
        let part = &it.total;
        (
            name.clone(),
            named([("response_s", bins(&part.response)), ("attempt_s", bins(&part.attempt))]),
        )
    });
    Histograms {
        loads: Map(loads.collect()),
        services: Map(services.collect()),
        edges: Map(edges.collect()),
    }
}

fn series(compiled: &Compiled, result: &RunResult) -> Series {
    let (names, timeline) = (&compiled.names, &result.timeline);
    let loads = names
        .loads
        .iter()
        .zip(&timeline.loads)
        .map(|(name, it)| (name.clone(), load_series(it)));
    let services = names
        .services
        .iter()
        .zip(&timeline.services)
        .map(|(name, it)| (name.clone(), service_series(it)));
    let lanes = &compiled.model.layout().lanes;
    let edges = names
        .edges
        .iter()
        .enumerate()
        .filter(|_| !timeline.lanes.is_empty())
        .map(|(edge, name)| {
            let of_edge = lanes
                .iter()
                .zip(&timeline.lanes)
                .filter(|it| it.0.0.index() == edge)
                .map(|it| it.1.as_slice());
            let limits = timeline.edge_limits.get(edge).cloned().unwrap_or_default();
            (name.clone(), edge_series(&of_edge.collect::<Vec<_>>(), limits))
        });
    Series {
        window_s: timeline.window.as_secs_f64(),
        windows: timeline.windows,
        loads: Map(loads.collect()),
        services: Map(services.collect()),
        edges: Map(edges.collect()),
    }
}

/// Sums a counter over parallel timelines, window by window.
fn counts<T>(parts: &[&[T]], of: impl Fn(&T) -> u32) -> Numbers {
    let windows = parts.first().map_or(0, |it| it.len());
    Numbers::Counts(
        (0..windows)
            .map(|at| parts.iter().map(|it| u64::from(of(&it[at]))).sum())
            .collect(),
    )
}

/// A quantile over parallel timelines, window by window.
fn quantiles<T>(parts: &[&[T]], q: f64, of: impl Fn(&T) -> &Histogram) -> Numbers {
    let windows = parts.first().map_or(0, |it| it.len());
    let window = |at: usize| {
        let mut all = Histogram::default();
        parts.iter().for_each(|it| all.merge(of(&it[at])));
        all.quantile_s(q)
    };
    Numbers::Times((0..windows).map(window).collect())
}

fn load_series(items: &[Vec<LoadPoint>]) -> Map<Numbers> {
    let parts: Vec<&[LoadPoint]> = items.iter().map(Vec::as_slice).collect();
    named([
        ("offered", counts(&parts, |it| it.offered)),
        ("ok", counts(&parts, |it| it.ok)),
        ("degraded", counts(&parts, |it| it.degraded)),
        ("failed", counts(&parts, |it| it.failed)),
        ("goodput", counts(&parts, |it| it.good)),
        ("completed", counts(&parts, |it| it.completed)),
        ("response_ok_p50_s", quantiles(&parts, 0.5, |it| &it.response_ok)),
        ("response_ok_p99_s", quantiles(&parts, 0.99, |it| &it.response_ok)),
        ("response_all_p50_s", quantiles(&parts, 0.5, |it| &it.response_all)),
        ("response_all_p99_s", quantiles(&parts, 0.99, |it| &it.response_all)),
    ])
}

fn service_series(points: &[ServicePoint]) -> Map<Numbers> {
    let parts = [points];
    let level = |of: fn(&ServicePoint) -> f32| Numbers::Levels(points.iter().map(of).collect());
    let gauge = |of: fn(&ServicePoint) -> Option<f32>| points.iter().map(of).collect();
    let mut series = named([
        ("offered", counts(&parts, |it| it.offered)),
        ("ok", counts(&parts, |it| it.ok)),
        ("degraded", counts(&parts, |it| it.degraded)),
        ("failed", counts(&parts, |it| it.failed)),
        ("completed", counts(&parts, |it| it.completed)),
        ("queue_length", level(|it| it.queue_length)),
        ("in_service", level(|it| it.in_service)),
        ("replicas_up", level(|it| it.replicas_up)),
        ("response_p50_s", quantiles(&parts, 0.5, |it| &it.response)),
        ("response_p99_s", quantiles(&parts, 0.99, |it| &it.response)),
        ("wait_p50_s", quantiles(&parts, 0.5, |it| &it.wait)),
        ("wait_p99_s", quantiles(&parts, 0.99, |it| &it.wait)),
    ]);
    found(&mut series, "concurrency_limit", gauge(|it| it.concurrency_limit));
    found(&mut series, "theta", gauge(|it| it.theta));
    series
}

/// Adds what machines have found out, where there is such a machine.
fn found(series: &mut Map<Numbers>, name: &str, values: Vec<Option<f32>>) {
    if values.iter().any(Option::is_some) {
        series.0.push((name.to_owned(), Numbers::Gauges(values)));
    }
}

fn edge_series(parts: &[&[LanePoint]], limits: Vec<Option<f32>>) -> Map<Numbers> {
    let mut series = named([
        ("calls", counts(parts, |it| it.calls)),
        ("attempts", counts(parts, |it| it.attempts)),
        ("ok", counts(parts, |it| it.ok)),
        ("degraded", counts(parts, |it| it.degraded)),
        ("failed", counts(parts, |it| it.failed)),
        ("response_p50_s", quantiles(parts, 0.5, |it| &it.response)),
        ("response_p99_s", quantiles(parts, 0.99, |it| &it.response)),
    ]);
    found(&mut series, "concurrency_limit", limits);
    series
}

/// Changes of state, each with the state before and its cause: what a breaker saw, or the fault or change that began or ended
/// at the same instant just before.
fn transitions(compiled: &Compiled, result: &RunResult) -> Vec<Change> {
    let mut last: Vec<(Subject, State)> = Vec::new();
    let mut cause: Option<&Transition> = None;
    let mut changes = Vec::new();
    for transition in &result.transitions {
        let own = matches!(transition.of, Subject::Fault(_) | Subject::Change(_));
        let because = cause.filter(|it| !own && it.at == transition.at && matches!(transition.of, Subject::Replica(_)));
        let before = last.iter_mut().find(|it| it.0 == transition.of);
        let from = match before {
            Some(before) => Some(state(std::mem::replace(&mut before.1, transition.to))),
            None => {
                last.push((transition.of, transition.to));
                // Before its first transition a replica was up and a breaker closed.
                match transition.of {
                    Subject::Replica(_) => Some(state(State::Up)).filter(|it| *it != state(transition.to)),
                    Subject::Breaker(..) => Some(Circuit::Closed.name()),
                    Subject::Outlier(..) => Some("in"),
                    // Envoy's begin down, HAProxy's up: what changed was the other before.
                    Subject::Check(..) if transition.to == State::Up => Some(state(State::Down)),
                    Subject::Check(..) => Some(state(State::Up)),
                    Subject::Fault(_) | Subject::Change(_) | Subject::Load(_) => None,
                }
            }
        };
        changes.push(Change {
            t_s: transition.at.as_secs_f64(),
            component: component(compiled, transition.of),
            from,
            to: match transition.to {
                State::LoadState(number) => format!("state {number}"),
                other => state(other).to_owned(),
            },
            cause: match transition.to {
                State::Circuit(_, cause) => Some(cause.name().to_owned()),
                State::Ejected(cause) | State::LetIn(cause) => Some(cause.name().to_owned()),
                _ => because.map(|it| component(compiled, it.of)),
            },
        });
        if own {
            cause = Some(transition);
        }
    }
    changes
}

/// The address of what a transition is of: `fault.db-slow`, `change.scale-out`, `db/1` (a replica, counted from 0), a load,
/// `app -> db breaker 0` (a plan, and the caller's replica or client, counted from 0), `app -> db outlier 0 of db/3` and
/// `app -> db check 0 of db/3` (an edge, the caller's replica or client, and the callee's replica).
fn component(compiled: &Compiled, subject: Subject) -> String {
    let (names, layout) = (&compiled.names, compiled.model.layout());
    let replica_name = |replica: ReplicaId| {
        let service = layout.service_of[replica.index()];
        let number = replica.0 - layout.first_replica[service.index()];
        format!("{}/{number}", names.services[service.index()])
    };
    match subject {
        Subject::Fault(fault) => format!("fault.{}", names.faults[fault.index()]),
        Subject::Change(change) => format!("change.{}", names.changes[change.index()]),
        Subject::Load(load) => names.loads[load.index()].clone(),
        Subject::Breaker(plan, instance) => format!("{} breaker {instance}", names.plans[plan.index()]),
        Subject::Replica(replica) => replica_name(replica),
        Subject::Outlier(edge, instance, replica) => {
            format!(
                "{} outlier {instance} of {}",
                names.edges[edge.index()],
                replica_name(replica)
            )
        }
        Subject::Check(edge, instance, replica) => {
            format!(
                "{} check {instance} of {}",
                names.edges[edge.index()],
                replica_name(replica)
            )
        }
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Started => "started",
        State::Ended => "ended",
        State::Applied => "applied",
        State::Up => "up",
        State::Crashed => "crashed",
        State::Gone => "gone",
        State::Paused => "paused",
        State::Stalled => "stalled",
        State::Draining => "draining",
        State::LoadState(_) => "state",
        State::Circuit(circuit, _) => circuit.name(),
        State::Ejected(_) => "ejected",
        State::LetIn(_) => "in",
        State::Down => "down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brownout_sim_core::ids::{EdgeId, PlanId};
    use brownout_sim_core::policy::breaker::Cause;
    use brownout_sim_core::time::SimTime;

    #[test]
    fn a_breaker_names_its_edge_its_instance_and_its_reason() {
        let mut result = crate::testing::result(1, 40);
        let breaker = |second: u64, instance: u32, to: Circuit, cause: Cause| Transition {
            at: SimTime::from_secs(second),
            of: Subject::Breaker(PlanId(1), instance),
            to: State::Circuit(to, cause),
        };
        result.transitions = vec![
            breaker(61, 0, Circuit::Open, Cause::FailureRate),
            breaker(62, 1, Circuit::Open, Cause::ConsecutiveFailures),
            breaker(66, 0, Circuit::HalfOpen, Cause::WaitOver),
            breaker(67, 0, Circuit::Closed, Cause::ProbeSucceeded),
        ];
        let told: Vec<String> = transitions(&crate::testing::compiled(), &result)
            .iter()
            .map(|it| format!("{} {}: {:?} {} {:?}", it.t_s, it.component, it.from, it.to, it.cause))
            .collect();
        assert_eq!(
            told,
            [
                "61 shop -> db breaker 0: Some(\"closed\") open Some(\"failure_rate\")",
                "62 shop -> db breaker 1: Some(\"closed\") open Some(\"consecutive_failures\")",
                "66 shop -> db breaker 0: Some(\"open\") half_open Some(\"wait_over\")",
                "67 shop -> db breaker 0: Some(\"half_open\") closed Some(\"probe_succeeded\")",
            ]
        );
    }

    #[test]
    fn ejections_and_checks_name_their_edge_their_caller_and_the_replica() {
        use brownout_sim_core::routing::outlier;
        let mut result = crate::testing::result(1, 40);
        let of = |second: u64, of: Subject, to: State| Transition {
            at: SimTime::from_secs(second),
            of,
            to,
        };
        let (ejected, let_in) = (outlier::Cause::Consecutive5xx, outlier::Cause::TimeOver);
        let outlier = Subject::Outlier(EdgeId(1), 2, ReplicaId(1));
        let check = Subject::Check(EdgeId(1), 0, ReplicaId(1));
        result.transitions = vec![
            of(1, outlier, State::Ejected(ejected)),
            of(2, check, State::Down),
            of(40, outlier, State::LetIn(let_in)),
            of(41, check, State::Up),
        ];
        let told: Vec<String> = transitions(&crate::testing::compiled(), &result)
            .iter()
            .map(|it| format!("{} {}: {:?} {} {:?}", it.t_s, it.component, it.from, it.to, it.cause))
            .collect();
        assert_eq!(
            told,
            [
                "1 shop -> db outlier 2 of db/1: Some(\"in\") ejected Some(\"consecutive_5xx\")",
                "2 shop -> db check 0 of db/1: Some(\"up\") down None",
                "40 shop -> db outlier 2 of db/1: Some(\"ejected\") in Some(\"time_over\")",
                "41 shop -> db check 0 of db/1: Some(\"down\") up None",
            ]
        );
    }
}
