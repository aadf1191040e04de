//! Edges: the calls between two components, with the plans and links in force on them.

use std::collections::{BTreeMap, BTreeSet};

use brownout_sim_core::ids::{EdgeId, EndpointId, LinkId, PlanId, ServiceId};
use brownout_sim_core::model::{Caller, Edge, Plan};
use brownout_sim_core::rng::Key;

use super::flows::Sites;
use super::resolve::{Directory, Origin};
use super::{Cx, System, flows, loads, network, policies};

/// Caller and callee of an edge, and who calls what there.
type Calls = (Caller, ServiceId, Vec<(Origin, EndpointId)>);

/// Edges, with the plans and links of their call sites in every version.
pub(super) struct Edges {
    /// Name and row of each, by name.
    pub(super) rows: Vec<(String, Edge)>,
    pub(super) of_site: BTreeMap<(Origin, EndpointId), (EdgeId, PlanId)>,
    /// Each edge with each endpoint that is called over it.
    pub(super) lanes: BTreeSet<(EdgeId, EndpointId)>,
    /// By plan and version.
    pub(super) plans: Vec<Vec<Plan>>,
    pub(super) plan_names: Vec<String>,
    pub(super) plan_places: Vec<policies::Places>,
    pub(super) links: network::Links,
    /// Whether no mistake was found.
    pub(super) sound: bool,
}

impl Edges {
    pub(super) fn new(sites: &Sites, system: &System<'_>, cx: &mut Cx<'_>) -> Edges {
        let (versions, endpoints, dir) = (&system.versions[..], &system.endpoints, &system.directory);
        let index = &versions[0];
        let name = |caller: Caller| match caller {
            Caller::Load(it) => &index.loads[it.index()].name.value,
            Caller::Service(it) => &index.services[it.index()].name().value,
        };
        // By the names of both sides.
        let mut pairs: BTreeMap<(&str, &str), Calls> = BTreeMap::new();
        for (from, to, rank) in sites.pairs().filter(|it| it.2 == 0) {
            debug_assert_eq!(rank, 0, "one site stands for its pair");
            let caller = flows::caller_of(endpoints, from);
            let callee = endpoints.rows[to.index()].0;
            let key = (
                name(caller).as_str(),
                index.services[callee.index()].name().value.as_str(),
            );
            pairs
                .entry(key)
                .or_insert_with(|| (caller, callee, Vec::new()))
                .2
                .push((from, to));
        }
        let mut edges = Edges {
            rows: Vec::new(),
            of_site: BTreeMap::new(),
            lanes: BTreeSet::new(),
            plans: Vec::new(),
            plan_names: Vec::new(),
            plan_places: Vec::new(),
            links: network::Links::default(),
            sound: true,
        };
        for ((from_name, to_name), (caller, callee, pairs)) in pairs {
            let text = format!("{from_name} -> {to_name}");
            let id = EdgeId::from_index(edges.rows.len());
            edges.lanes.extend(pairs.iter().map(|it| (id, it.1)));
            let plans = policies::plans_of_edge(&text, &pairs, versions, dir, cx);
            let links = edges.links.of_edge(versions, dir, caller, callee, cx);
            edges.sound &= plans.is_some() && links.is_some();
            let first = edges.plans.len();
            if let Some(plans) = plans {
                for (pair, row) in plans.of_site {
                    edges.of_site.insert(pair, (id, PlanId::from_index(first + row)));
                }
                for (label, rows, places) in plans.plans {
                    edges.plan_places.push(places);
                    edges.plan_names.push(if label == "*" {
                        text.clone()
                    } else {
                        format!("{text}.{label}")
                    });
                    edges.plans.push(rows);
                }
            }
            let links = links.unwrap_or([LinkId(0); 3]);
            edges.rows.push((
                text.clone(),
                Edge {
                    key: Key::of(&format!("edge.{text}")),
                    caller,
                    callee,
                    links,
                },
            ));
        }
        edges
    }

    /// The directory with edges, lanes and mixes. `partial` is whether some of them may be missing.
    pub(super) fn directory(&self, directory: &Directory, items: &[loads::Items], partial: bool) -> Directory {
        let mut lists = directory.lists().clone();
        lists.edges = self.rows.iter().map(|it| (it.1.caller, it.1.callee)).collect();
        lists.lanes = self.lanes.iter().copied().collect();
        lists.mixes = items.iter().map(|it| it.mix.iter().map(|it| it.0).collect()).collect();
        lists.partial = partial;
        Directory::new(lists)
    }
}
