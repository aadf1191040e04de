//! Changes during the run: the rows that differ between two versions of a file.

use brownout_sim_core::ids::{BlockId, EndpointId, LinkId, LoadId, PlanId, ServiceId};
use brownout_sim_core::model::{Admission, Arrival, Edit, Endpoint, Link, Plan, Queue, Ramp};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::server::dimmer::Dimmer;

use super::Cx;
use super::flows::Steps;
use crate::document::Place;
use crate::spec::flow::Flow;

/// The rows of one version of a file that a change can replace.
#[derive(Clone)]
pub(crate) struct Rows {
    /// By load.
    pub scales: Vec<Factor>,
    /// By load; `None` where a mistake was found.
    pub arrivals: Vec<Option<Arrival>>,
    /// By service.
    pub replicas: Vec<u32>,
    /// By service.
    pub workers: Vec<Option<u32>>,
    /// By service; `None` where a mistake was found.
    pub queues: Vec<Option<Queue>>,
    /// By service; `None` where a mistake was found.
    pub admissions: Vec<Option<Admission>>,
    /// By service; `None` where a mistake was found.
    pub dimmers: Vec<Option<Option<Dimmer>>>,
    /// By endpoint; `None` where a mistake was found.
    pub endpoints: Vec<Option<Endpoint>>,
}

/// Whether two rows are the same. Rows are plain numbers, and print alike if and only if they are.
fn same<T: core::fmt::Debug>(a: &T, b: &T) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

/// What turns the rows of one version into those of the next. Plans and links come by version, numbered as `before` and
/// `after`.
pub(crate) fn edits(
    (before, after): (&Rows, &Rows),
    (plans, links): (&[Vec<Plan>], &[Vec<Link>]),
    (from, to): (usize, usize),
    ramp: Option<Ramp>,
    at: Place,
    cx: &mut Cx<'_>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut ramped = false;
    for (row, scale) in after.scales.iter().enumerate() {
        if before.scales[row] != *scale {
            edits.push(Edit::LoadScale {
                load: LoadId::from_index(row),
                scale: *scale,
                ramp,
            });
            ramped = true;
        }
    }
    for (row, arrival) in after.arrivals.iter().enumerate() {
        let (Some(was), Some(arrival)) = (&before.arrivals[row], arrival) else {
            continue;
        };
        if same(was, arrival) {
            continue;
        }
        match (was, arrival) {
            (Arrival::Closed { users: was, .. }, Arrival::Closed { users: is, .. }) if was != is => {
                cx.not_live_now(
                    at,
                    "the number of users of a closed load",
                    "give the load a `scale`, or use two loads",
                );
            }
            (Arrival::Mmpp { states: was, .. }, Arrival::Mmpp { states: is, .. }) if was.len() != is.len() => {
                cx.not_live_now(
                    at,
                    "the number of states of a bursty load",
                    "keep the states, and change their factors",
                );
            }
            (Arrival::Trace(_), _) => cx.not_live_now(at, "a trace", "change the load's `scale` or another load"),
            _ => edits.push(Edit::LoadArrival {
                load: LoadId::from_index(row),
                arrival: arrival.clone(),
            }),
        }
    }
    for (row, replicas) in after.replicas.iter().enumerate() {
        let service = ServiceId::from_index(row);
        if before.replicas[row] != *replicas {
            edits.push(Edit::Replicas {
                service,
                replicas: *replicas,
                ramp,
            });
            ramped = true;
        }
        if before.workers[row] != after.workers[row] {
            edits.push(Edit::Workers {
                service,
                workers: after.workers[row],
            });
        }
        if let (Some(was), Some(queue)) = (&before.queues[row], &after.queues[row])
            && was != queue
        {
            edits.push(Edit::Queue {
                service,
                queue: queue.clone(),
            });
        }
        if let (Some(was), Some(admission)) = (&before.admissions[row], &after.admissions[row])
            && was != admission
        {
            edits.push(Edit::Admission {
                service,
                admission: admission.clone(),
            });
        }
        if let (Some(was), Some(dimmer)) = (&before.dimmers[row], &after.dimmers[row])
            && was != dimmer
        {
            edits.push(Edit::Dimmer {
                service,
                dimmer: *dimmer,
            });
        }
    }
    for (row, endpoint) in after.endpoints.iter().enumerate() {
        if let (Some(was), Some(endpoint)) = (&before.endpoints[row], endpoint)
            && !same(was, endpoint)
        {
            edits.push(Edit::Endpoint {
                endpoint: EndpointId::from_index(row),
                row: endpoint.clone(),
            });
        }
    }
    for (row, versions) in plans.iter().enumerate() {
        if !same(&versions[from], &versions[to]) {
            edits.push(Edit::Plan {
                plan: PlanId::from_index(row),
                row: versions[to].clone(),
            });
        }
    }
    for (row, versions) in links.iter().enumerate() {
        if versions[from] != versions[to] {
            edits.push(Edit::Link {
                link: LinkId::from_index(row),
                row: versions[to].clone(),
            });
        }
    }
    if ramp.is_some() && !ramped {
        cx.out
            .no_effect(
                at,
                "only a load's `scale` and a service's `replicas` can change slowly, and neither does",
            )
            .help("leave `ramp` out, or change the `scale` instead of the rate");
    }
    // A row that could not be read might differ.
    if edits.is_empty() && !cx.calls_missing && !cx.out.has_errors() {
        cx.changes_nothing(at);
    }
    edits
}

/// The compiled flows of all versions. A flow that is the same as in an earlier version is compiled once.
#[derive(Default)]
pub(crate) struct Flows {
    pub steps: Steps,
    known: Vec<(EndpointId, Flow, Option<BlockId>)>,
}

impl Flows {
    /// The block of an endpoint's flow: an earlier one, or what `compile` makes of it.
    pub(crate) fn block(
        &mut self,
        endpoint: EndpointId,
        flow: &Flow,
        compile: impl FnOnce(&mut Steps) -> Option<BlockId>,
    ) -> Option<BlockId> {
        if let Some(known) = self.known.iter().find(|it| it.0 == endpoint && it.1 == *flow) {
            return known.2;
        }
        let block = compile(&mut self.steps);
        self.known.push((endpoint, flow.clone(), block));
        block
    }
}
