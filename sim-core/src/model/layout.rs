//! What follows from the tables: where each replica, lane and policy state lives.

use crate::ids::{EdgeId, EndpointId, PlanId, ReplicaId, ServiceId, SiteId};
use crate::model::{Arrival, Caller, Tables};

/// Positions derived from a model's tables.
///
/// A *lane* is an edge and one endpoint of its callee: the finest part calls are counted by. A *party* is a replica slot
/// or a load: what a network fault separates.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The first replica of each service, and one past the last of all.
    pub first_replica: Vec<u32>,
    /// The service of each replica.
    pub service_of: Vec<ServiceId>,
    /// The lane of each site.
    pub lane_of: Vec<u32>,
    /// Edge and callee endpoint of each lane, in order of both.
    pub lanes: Vec<(EdgeId, EndpointId)>,
    /// The first caller instance of each edge (a caller's replica or a load's client), and one past the last of all.
    pub first_instance: Vec<u32>,
    /// The first policy state of each plan, and one past the last of all.
    pub first_plan_state: Vec<u32>,
    /// The edge of each plan; `None` if no site uses it.
    pub plan_edge: Vec<Option<EdgeId>>,
}

impl Layout {
    /// Derives the layout; panics if an index of `tables` points nowhere or a plan serves two edges.
    pub fn new(tables: &Tables) -> Layout {
        let mut first_replica = vec![0];
        let mut service_of = Vec::new();
        for (row, service) in tables.services.iter().enumerate() {
            assert!(
                service.replicas as usize <= service.places.len(),
                "a service has more replicas than places"
            );
            assert!(
                service.endpoints.end as usize <= tables.endpoints.len(),
                "a service's endpoints are in the table"
            );
            service_of.extend(core::iter::repeat_n(ServiceId::from_index(row), service.places.len()));
            first_replica.push(service_of.len() as u32);
        }

        let mut lanes: Vec<(EdgeId, EndpointId)> = tables.sites.iter().map(|it| (it.edge, it.callee)).collect();
        lanes.sort_unstable();
        lanes.dedup();
        let lane_of = tables
            .sites
            .iter()
            .map(|it| {
                lanes
                    .binary_search(&(it.edge, it.callee))
                    .expect("each site has a lane") as u32
            })
            .collect();

        let mut first_instance = vec![0u32];
        for edge in &tables.edges {
            let instances = match edge.caller {
                Caller::Load(load) => clients(tables, load.index()),
                Caller::Service(service) => tables.services[service.index()].places.len() as u32,
            };
            first_instance.push(first_instance.last().expect("it begins with one") + instances);
        }

        let mut plan_edge = vec![None; tables.plans.len()];
        for site in &tables.sites {
            assert!(
                site.callee.index() < tables.endpoints.len(),
                "a site's callee is in the table"
            );
            let edge = &mut plan_edge[site.plan.index()];
            assert!(
                edge.is_none_or(|it| it == site.edge),
                "a plan serves the sites of one edge"
            );
            *edge = Some(site.edge);
        }
        let mut first_plan_state = vec![0u32];
        for (plan, edge) in tables.plans.iter().zip(&plan_edge) {
            let states = match edge {
                None => 0,
                Some(_) if plan.shared_state => 1,
                Some(edge) => first_instance[edge.index() + 1] - first_instance[edge.index()],
            };
            first_plan_state.push(first_plan_state.last().expect("it begins with one") + states);
        }
        Layout {
            first_replica,
            service_of,
            lane_of,
            lanes,
            first_instance,
            first_plan_state,
            plan_edge,
        }
    }

    /// How many replica slots there are, over all services.
    pub fn replicas(&self) -> usize {
        self.service_of.len()
    }

    /// Replica number `at` of `service`.
    #[inline]
    pub fn replica(&self, service: ServiceId, at: u32) -> ReplicaId {
        ReplicaId(self.first_replica[service.index()] + at)
    }

    /// The replica slots of a service.
    pub fn replicas_of(&self, service: ServiceId) -> core::ops::Range<usize> {
        self.first_replica[service.index()] as usize..self.first_replica[service.index() + 1] as usize
    }

    /// The lane of a site.
    #[inline]
    pub fn lane(&self, site: SiteId) -> u32 {
        self.lane_of[site.index()]
    }

    /// The rows of [`Layout::lanes`] that belong to `edge`.
    pub fn lanes_of(&self, edge: EdgeId) -> core::ops::Range<usize> {
        self.lanes.partition_point(|it| it.0 < edge)..self.lanes.partition_point(|it| it.0 <= edge)
    }

    /// Where the state of `plan` for caller instance `instance` of its edge lives.
    #[inline]
    pub fn plan_state(&self, plan: PlanId, instance: u32, shared: bool) -> usize {
        self.first_plan_state[plan.index()] as usize + if shared { 0 } else { instance as usize }
    }
}

/// How many independent callers a load has.
pub(crate) fn clients(tables: &Tables, load: usize) -> u32 {
    match &tables.loads[load].arrival {
        Arrival::Closed { users, .. } => *users,
        _ => tables.loads[load].clients,
    }
}
