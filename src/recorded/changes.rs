//! Changes of state with names: who, from what, to what, and why.

use brownout_scenarios::Compiled;
use brownout_sim_core::ids::ReplicaId;
use brownout_sim_core::policy::breaker::Circuit;
use brownout_sim_core::results::{RunResult, State, Subject, Transition};
use serde::{Deserialize, Serialize};

/// One change of state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When, in seconds.
    pub t_s: f64,
    /// The address of what changed.
    pub component: String,
    /// Its state before, where there was one.
    pub from: Option<String>,
    /// Its state from now on.
    pub to: String,
    /// Why, where something caused it.
    pub cause: Option<String>,
}

/// Changes of state, each with the state before and its cause: what a breaker saw, or the fault or change that began or ended
/// at the same instant just before.
pub fn changes(compiled: &Compiled, result: &RunResult) -> Vec<Change> {
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
            from: from.map(str::to_owned),
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
        let told: Vec<String> = changes(&crate::testing::compiled(), &result)
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
        let told: Vec<String> = changes(&crate::testing::compiled(), &result)
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
