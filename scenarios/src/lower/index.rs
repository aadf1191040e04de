//! Who is there: loads, services, third parties, zones and endpoints by name, in the order of names.
//!
//! The order of the file never reaches a model: everything here is sorted, so that reordering a file changes no index.

use std::collections::{BTreeMap, BTreeSet};

use brownout_sim_core::ids::{EndpointId, ServiceId, ZoneId};
use brownout_sim_core::time::Span;

use super::Cx;
use super::resolve;
use crate::document::At;
use crate::spec::external::{External, ExternalEndpoint};
use crate::spec::fault::Fault;
use crate::spec::flow::{Flow, FlowAction};
use crate::spec::link::Link;
use crate::spec::load::Load;
use crate::spec::policy::Policy;
use crate::spec::service::{Body, Endpoint, Service};
use crate::spec::zone::Zone;
use crate::spec::{Named, Opt, Spec, change};
use crate::syntax::address::{Address, Subject};

/// A row of the service table.
#[derive(Clone, Copy)]
pub(crate) enum Component<'s> {
    /// One of our own.
    Service(&'s Named<Service>),
    /// A third party.
    External(&'s Named<External>),
}

impl<'s> Component<'s> {
    pub(crate) fn name(self) -> &'s At<String> {
        match self {
            Component::Service(it) => &it.name,
            Component::External(it) => &it.name,
        }
    }

    /// Its table's kind in files.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Component::Service(_) => "service",
            Component::External(_) => "external",
        }
    }

    pub(crate) fn tags(self) -> &'s [At<String>] {
        let tags = match self {
            Component::Service(it) => &it.it.tags,
            Component::External(it) => &it.it.tags,
        };
        listed(tags)
    }

    /// How many replicas it has at the start.
    pub(crate) fn replicas(self) -> u32 {
        let replicas = match self {
            Component::Service(it) => &it.it.replicas,
            Component::External(it) => &it.it.replicas,
        };
        replicas.as_ref().map_or(1, |it| it.value)
    }
}

/// What a list says; nothing if it is absent.
pub(crate) fn listed<T>(list: &Opt<Vec<At<T>>>) -> &[At<T>] {
    list.as_ref().map_or(&[], |it| &it.value)
}

/// One endpoint's description.
#[derive(Clone, Copy)]
pub(crate) enum Description<'s> {
    /// The service's own body: its only endpoint has no name.
    Whole(&'s Body),
    /// A named endpoint.
    Named(&'s Endpoint),
    /// A third party's operation, if it differs from the rest.
    External(&'s External, Option<&'s ExternalEndpoint>),
}

impl<'s> Description<'s> {
    /// What one of our own endpoints does.
    pub(crate) fn body(self) -> Option<&'s Body> {
        match self {
            Description::Whole(it) => Some(it),
            Description::Named(it) => Some(&it.body),
            Description::External(..) => None,
        }
    }

    /// Its flow, if it has one.
    pub(crate) fn flow(self) -> Option<&'s At<Flow>> {
        self.body().and_then(|it| it.flow.as_ref())
    }
}

/// One version of a file (the file itself, or what a change makes of it), sorted by name.
pub(crate) struct Index<'s> {
    pub loads: Vec<&'s Named<Load>>,
    pub services: Vec<Component<'s>>,
    pub zones: Vec<&'s Named<Zone>>,
    pub links: Vec<&'s Named<Link>>,
    pub policies: Vec<&'s Named<Policy>>,
    pub faults: Vec<&'s Named<Fault>>,
    pub changes: Vec<&'s Named<change::Change>>,
}

fn sorted<T>(rows: &[Named<T>]) -> Vec<&Named<T>> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    rows
}

fn position<T>(rows: &[&Named<T>], name: &str) -> Option<usize> {
    rows.binary_search_by(|it| it.name.value.as_str().cmp(name)).ok()
}

impl<'s> Index<'s> {
    pub(crate) fn new(spec: &'s Spec) -> Index<'s> {
        let mut services: Vec<Component<'s>> = spec.service.iter().map(Component::Service).collect();
        services.extend(spec.external.iter().map(Component::External));
        services.sort_by(|a, b| a.name().value.cmp(&b.name().value));
        Index {
            loads: sorted(&spec.load),
            services,
            zones: sorted(&spec.zone),
            links: sorted(&spec.link),
            policies: sorted(&spec.policy),
            faults: sorted(&spec.fault),
            changes: sorted(&spec.change),
        }
    }

    pub(crate) fn zone(&self, name: &str) -> Option<ZoneId> {
        position(&self.zones, name).map(ZoneId::from_index)
    }

    /// The zone that `name` says; a mistake if there is none.
    pub(crate) fn zone_at(&self, name: &At<String>, cx: &mut Cx<'_>) -> Option<ZoneId> {
        let found = self.zone(name);
        match found {
            Some(zone) => cx.used("zone", &self.zones[zone.index()].name),
            None => cx.unknown_zone(name, &self.zones),
        }
        found
    }

    /// Everything with a name, for addresses; edges, lanes and mixes are not known yet.
    pub(crate) fn lists(&self, endpoints: &Endpoints, places: Vec<Vec<Option<ZoneId>>>) -> resolve::Lists {
        let named = |name: &str, tags: &[At<String>]| resolve::Named {
            name: name.to_owned(),
            tags: tags.iter().map(|it| it.value.clone()).collect(),
        };
        let zone = |it: &Named<Load>| it.it.zone.as_ref().and_then(|it| self.zone(it));
        let lasts = |it: &change::Change| it.ramp.as_ref().and_then(|it| Some(it.value.over.as_ref()?.value));
        resolve::Lists {
            loads: self
                .loads
                .iter()
                .map(|it| named(&it.name, listed(&it.it.tags)))
                .collect(),
            load_zones: self.loads.iter().map(|it| zone(it)).collect(),
            services: self.services.iter().map(|it| named(it.name(), it.tags())).collect(),
            places,
            endpoints: endpoints.rows.clone(),
            zones: self
                .zones
                .iter()
                .map(|it| resolve::Named::plain(it.name.value.clone()))
                .collect(),
            faults: self.faults.iter().map(|it| it.name.value.clone()).collect(),
            changes: self
                .changes
                .iter()
                .map(|it| (it.name.value.clone(), lasts(&it.it).unwrap_or(Span::ZERO)))
                .collect(),
            ..resolve::Lists::default()
        }
    }
}

/// Every endpoint of every service, those of a service next to each other, by name.
pub(crate) struct Endpoints {
    /// Service and name of each; a service's only endpoint may have the empty name.
    pub rows: Vec<(ServiceId, String)>,
    /// The first of each service, and one past the last of all.
    first: Vec<usize>,
}

impl Endpoints {
    /// All endpoints of `index`. A third party has those it describes and those that any of `versions` calls.
    pub(crate) fn new(index: &Index<'_>, versions: &[Index<'_>]) -> Endpoints {
        let mut called: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for version in versions {
            for address in version.calls() {
                if let Subject::Name(name) = &address.subject.it {
                    let endpoint = address.endpoint.as_ref().map_or("", |it| it.it.as_str());
                    called.entry(name).or_default().insert(endpoint);
                }
            }
        }
        let (mut rows, mut first) = (Vec::new(), vec![0]);
        for (row, component) in index.services.iter().enumerate() {
            let names: BTreeSet<String> = match component {
                Component::Service(it) if it.endpoint.is_empty() => BTreeSet::from([String::new()]),
                Component::Service(it) => it.endpoint.iter().map(|it| it.name.value.clone()).collect(),
                Component::External(it) => {
                    let described = it.endpoint.iter().map(|it| it.name.value.clone());
                    let called = called.get(it.name.value.as_str()).into_iter().flatten();
                    let mut names: BTreeSet<String> = described.chain(called.map(|it| (*it).to_owned())).collect();
                    if names.is_empty() {
                        names.insert(String::new());
                    }
                    names
                }
            };
            rows.extend(names.into_iter().map(|it| (ServiceId::from_index(row), it)));
            first.push(rows.len());
        }
        Endpoints { rows, first }
    }

    /// How many services there are.
    pub(crate) fn services(&self) -> usize {
        self.first.len() - 1
    }

    pub(crate) fn range(&self, service: ServiceId) -> core::ops::Range<usize> {
        self.first[service.index()]..self.first[service.index() + 1]
    }

    /// `db.query`, or `db` for an endpoint without a name.
    pub(crate) fn address(&self, index: &Index<'_>, endpoint: EndpointId) -> String {
        let (service, name) = &self.rows[endpoint.index()];
        let service = &index.services[service.index()].name().value;
        if name.is_empty() {
            service.clone()
        } else {
            format!("{service}.{name}")
        }
    }

    /// The text of its key: `service.db.query`, whatever kind of component it belongs to.
    pub(crate) fn key_text(&self, index: &Index<'_>, endpoint: EndpointId) -> String {
        let (service, name) = &self.rows[endpoint.index()];
        format!("service.{}.{name}", index.services[service.index()].name().value)
    }

    /// What an endpoint does in one version of the file; `None` if it is not there.
    pub(crate) fn describe<'s>(&self, index: &Index<'s>, endpoint: EndpointId) -> Option<Description<'s>> {
        let (service, name) = &self.rows[endpoint.index()];
        Some(match *index.services.get(service.index())? {
            Component::Service(it) if it.it.endpoint.is_empty() => Description::Whole(&it.it.body),
            Component::Service(it) => Description::Named(&it.it.endpoint.iter().find(|it| it.name.value == *name)?.it),
            Component::External(it) => {
                let own = it.it.endpoint.iter().find(|it| it.name.value == *name);
                Description::External(&it.it, own.map(|it| &it.it))
            }
        })
    }
}

impl<'s> Index<'s> {
    /// The address of every call in the file.
    fn calls(&self) -> Vec<&'s Address> {
        let mut calls = Vec::new();
        for load in &self.loads {
            let load = &load.it;
            calls.extend(load.target.as_ref().map(|it| &it.value));
            calls.extend(load.mix.iter().flat_map(|it| it.value.iter().map(|it| &it.0.value)));
            let path = load.session.as_ref().map_or(&[][..], |it| listed(&it.value.path));
            calls.extend(path.iter().map(|it| &it.value.target.value));
        }
        for component in &self.services {
            if let Component::Service(service) = component {
                calls_of(&service.it.body.flow, &mut calls);
                service
                    .it
                    .endpoint
                    .iter()
                    .for_each(|it| calls_of(&it.it.body.flow, &mut calls));
            }
        }
        calls
    }
}

fn calls_of<'s>(flow: &'s Opt<Flow>, calls: &mut Vec<&'s Address>) {
    flow.iter().for_each(|it| calls_in(&it.value, calls));
}

fn calls_in<'s>(flow: &'s Flow, calls: &mut Vec<&'s Address>) {
    for step in flow {
        match &step.action {
            FlowAction::Call { target, .. } => calls.push(&target.value),
            FlowAction::Work(_) | FlowAction::Wait(_) => {}
            FlowAction::Parallel { branches, .. } => branches.iter().for_each(|it| calls_in(it, calls)),
            FlowAction::Choose(options) => options.iter().for_each(|it| calls_in(&it.0, calls)),
        }
    }
}
