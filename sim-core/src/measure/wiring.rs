//! Which lane leads where: all that evaluation needs to know of a model.

use crate::ids::{EdgeId, EndpointId, LoadId, ServiceId};
use crate::model::Model;

/// The lanes of a model (see [`crate::model::Layout::lanes`]) and what they connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// Edge and callee endpoint of each lane, in order of both.
    pub lanes: Vec<(EdgeId, EndpointId)>,
    /// The service of each endpoint.
    pub service_of: Vec<ServiceId>,
    /// The lane of each entry of each load's mix.
    pub mix_lanes: Vec<Vec<u32>>,
}

impl Wiring {
    /// The wiring of a model.
    pub fn of(model: &Model) -> Wiring {
        let layout = model.layout();
        let mix_lanes = |load: &crate::model::Load| load.mix.iter().map(|it| layout.lane(it.site)).collect();
        Wiring {
            lanes: layout.lanes.clone(),
            service_of: model.endpoints.iter().map(|it| it.service).collect(),
            mix_lanes: model.loads.iter().map(mix_lanes).collect(),
        }
    }

    /// The lanes over which the load's entries are called; each once.
    pub(super) fn lanes_of_mix(&self, entries: &[(LoadId, u16)]) -> Vec<u32> {
        let mut lanes: Vec<u32> = entries
            .iter()
            .map(|&(load, item)| self.mix_lanes[load.index()][usize::from(item)])
            .collect();
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    }

    /// The lanes that `wanted` accepts, by edge and callee endpoint.
    pub(super) fn lanes_where(&self, wanted: impl Fn(EdgeId, EndpointId) -> bool) -> Vec<u32> {
        let numbered = self.lanes.iter().enumerate();
        numbered
            .filter(|(_, it)| wanted(it.0, it.1))
            .map(|(lane, _)| lane as u32)
            .collect()
    }

    /// Whether an endpoint is its service's only one.
    pub(super) fn is_only_endpoint(&self, endpoint: EndpointId) -> bool {
        let service = self.service_of[endpoint.index()];
        self.service_of.iter().filter(|it| **it == service).count() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClassId, LinkId, PlanId, SiteId};
    use crate::measure::testing;
    use crate::model::{
        Arrival, Caller, Clock, Edge, Endpoint, Load, MixItem, Plan, Queue, Service, ServiceKind, Site, Style, Tables,
        WorkPer,
    };
    use crate::policy::timeout::Cancel;
    use crate::quantity::{Chance, Factor, Nanomoney};
    use crate::rng::Key;
    use crate::routing::Balance;
    use crate::time::{SimTime, Span};

    fn service(name: &str, endpoints: core::ops::Range<u32>) -> Service {
        Service {
            key: Key::of(name),
            kind: ServiceKind::Service,
            endpoints,
            replicas: 1,
            places: vec![None],
            weights: vec![],
            workers: None,
            cores: None,
            style: Style::Blocking,
            queue: Queue::default(),
            slowdown: None,
            quota: None,
            admission: crate::model::Admission::default(),
            dimmer: None,
            price_per_hour: Nanomoney(0),
        }
    }

    fn endpoint(service: u32, name: &str) -> Endpoint {
        Endpoint {
            service: ServiceId(service),
            key: Key::of(name),
            work: None,
            work_per: WorkPer::Attempt,
            errors: None,
            flow: None,
            request_bytes: 0,
            response_bytes: 0,
            price_per_call: Nanomoney(0),
        }
    }

    fn edge(caller: Caller, callee: u32) -> Edge {
        Edge {
            key: Key::of("edge"),
            caller,
            callee: ServiceId(callee),
            links: [LinkId(0); 3],
        }
    }

    fn site(edge: u32, callee: u32) -> Site {
        Site {
            key: 0,
            edge: EdgeId(edge),
            callee: EndpointId(callee),
            plan: PlanId(edge),
            instead: None,
        }
    }

    fn plan() -> Plan {
        Plan {
            key: Key::of("plan"),
            stages: vec![],
            cancel: Cancel::None,
            balance: Balance::Random,
            routing: None,
            pool: None,
            shared_state: false,
        }
    }

    #[test]
    fn lanes_are_those_of_the_layout_and_mixes_know_theirs() {
        let entry = |until, site| MixItem {
            until,
            site: SiteId(site),
        };
        let load = Load {
            key: Key::of("shoppers"),
            zone: None,
            clients: 1,
            class: ClassId(0),
            priority: 0,
            objective: None,
            degraded_is_good: false,
            arrival: Arrival::Trace(vec![]),
            scale: Factor::ONE,
            // The sites are not in the order of the lanes.
            mix: vec![
                entry(Chance::from_parts_per_trillion(500_000_000_000), 2),
                entry(Chance::ALWAYS, 1),
            ],
            items: None,
            session: None,
        };
        let model = Model::new(Tables {
            loads: vec![load],
            services: vec![service("web", 0..2), service("db", 2..3)],
            endpoints: vec![endpoint(0, "home"), endpoint(0, "cart"), endpoint(1, "query")],
            sites: vec![site(1, 2), site(0, 1), site(0, 0)],
            edges: vec![edge(Caller::Load(LoadId(0)), 0), edge(Caller::Service(ServiceId(0)), 1)],
            plans: vec![plan(), plan()],
            depth_max: 10,
            ..Tables::empty(Clock {
                warmup: SimTime::ZERO,
                duration: SimTime::from_secs(10),
                drain: Span::ZERO,
                window: Span::from_secs(1),
            })
        });
        assert_eq!(Wiring::of(&model), testing::wiring());
        let wiring = Wiring::of(&model);
        assert_eq!(
            wiring.lanes_of_mix(&[(LoadId(0), 1), (LoadId(0), 0), (LoadId(0), 1)]),
            [0, 1]
        );
        assert!(wiring.is_only_endpoint(EndpointId(2)) && !wiring.is_only_endpoint(EndpointId(1)));
    }
}
