//! From typed values with places to the dense tables of a model.
//!
//! Tables are in the order of names, never of the file, and keys are hashes of names: reordering a file changes nothing, and
//! what is added to it shifts no draw of the rest. Every mistake is reported; only a file without any becomes a model.

pub mod backoff;
mod budgets;
mod changes;
pub mod dist;
mod edges;
pub mod expression;
mod faults;
pub(crate) mod flows;
mod gates;
pub(crate) mod index;
pub(crate) mod loads;
pub(crate) mod mistakes;
pub(crate) mod network;
pub(crate) mod policies;
mod rates;
pub mod resolve;
mod routing;
mod services;

use std::collections::BTreeSet;

use brownout_sim_core::ids::{EndpointId, FaultId, LoadId, ServiceId};
use brownout_sim_core::model::{Admission, Arrival, Change, Clock, Endpoint, Instant, Model, Queue, Tables};
use brownout_sim_core::rng::Key;
use brownout_sim_core::time::{SimTime, Span};

use crate::compiled::Names;
use crate::diagnostics::Diagnostics;
use crate::document::{At, Place};
use crate::spec::Spec;
use changes::Rows;
use dist::Files;
use edges::Edges;
use flows::Sites;
use index::{Endpoints, Index};
use resolve::{Directory, Origin};

/// Calls a request may go deep before the run stops with an error.
const DEPTH_MAX: u32 = 64;

/// What everything here needs: where mistakes go, and what was learnt on the way.
pub(crate) struct Cx<'a> {
    pub files: Files<'a>,
    pub out: &'a mut Diagnostics,
    /// Blocks that something uses: `service.db`.
    pub used: BTreeSet<String>,
    pub currency: Option<At<String>>,
    /// Whether calls are missing because of a mistake: that nobody calls something is not certain then.
    pub calls_missing: bool,
    /// Whether a name led nowhere because of a mistake: that nothing uses something is not certain then.
    pub names_missing: bool,
}

impl<'a> Cx<'a> {
    /// Nothing is known yet. `broken` is whether fields could not be read.
    pub(crate) fn new(files: Files<'a>, out: &'a mut Diagnostics, broken: bool) -> Cx<'a> {
        Cx {
            files,
            out,
            used: BTreeSet::new(),
            currency: None,
            calls_missing: broken,
            names_missing: broken,
        }
    }
}

/// What became of a version of a file.
pub(crate) struct Lowered {
    /// All names, and who calls whom as far as it is known: enough to check expressions.
    pub directory: Directory,
    pub currency: Option<String>,
    /// By load: what a request of it is worth.
    pub worth: Vec<Option<f64>>,
    /// Only of a version without mistakes.
    pub system: Option<Built>,
}

/// A compiled version of a file.
pub(crate) struct Built {
    pub model: Model,
    pub names: Names,
    /// Where the policies of each plan are set.
    pub plan_places: Vec<policies::Places>,
}

/// Names that exist before any row is built.
pub(crate) struct System<'s> {
    /// The file, and then what each change makes of it, in the order of time.
    pub versions: Vec<Index<'s>>,
    pub endpoints: Endpoints,
    pub directory: Directory,
}

impl<'s> System<'s> {
    pub(crate) fn new(specs: &[&'s Spec], cx: &mut Cx<'_>) -> System<'s> {
        let versions: Vec<Index<'s>> = specs.iter().map(|it| Index::new(it)).collect();
        let endpoints = Endpoints::new(&versions[0], &versions);
        let slots = services::slots(&versions[..]);
        let places = services::places(&versions[0], &slots, cx);
        let directory = Directory::new(versions[0].lists(&endpoints, places));
        System {
            versions,
            endpoints,
            directory,
        }
    }

    /// Who calls whom, in any version, and what each load asks for.
    pub(crate) fn sites(&self, cx: &mut Cx<'_>) -> (Sites, Vec<loads::Items>) {
        let loads = &self.versions[0].loads;
        let items: Vec<_> = loads.iter().map(|it| loads::items(it, &self.directory, cx)).collect();
        let mut sites = Sites::default();
        for (row, items) in items.iter().enumerate() {
            let from = Origin::Load(LoadId::from_index(row));
            items.mix.iter().for_each(|it| sites.add(from, it.0, 1));
        }
        for version in &self.versions {
            for row in 0..self.endpoints.rows.len() {
                let from = EndpointId::from_index(row);
                if let Some(flow) = self.endpoints.describe(version, from).and_then(|it| it.flow()) {
                    sites.add_flow(cx, &self.directory, from, flow);
                }
            }
        }
        self.add_fallbacks(&mut sites, cx);
        sites.close();
        (sites, items)
    }

    /// Adds the calls that fallbacks make.
    fn add_fallbacks(&self, sites: &mut Sites, cx: &mut Cx<'_>) {
        let mut reported = BTreeSet::new();
        let mut open: Vec<_> = sites.pairs().filter(|it| it.2 == 0).map(|it| (it.0, it.1)).collect();
        while let Some((from, to)) = open.pop() {
            for version in &self.versions {
                // Which policies are in force is looked at again, and complained about, when plans are made.
                let (no_files, mut out) = (|_: &str| Err(String::new()), Diagnostics::default());
                let found = policies::effective(
                    version,
                    &self.directory,
                    from,
                    to,
                    &mut Cx::new(&no_files, &mut out, false),
                );
                let Some(target) = policies::asks_instead(&found) else {
                    continue;
                };
                let Ok(other) = self.directory.callee(&target.value) else {
                    if reported.insert(target.at) {
                        cx.callee(&self.directory, target);
                    }
                    continue;
                };
                if other == to {
                    if reported.insert(target.at) {
                        cx.falls_back_on_itself(target.at, &self.directory.endpoint_address(to));
                    }
                    continue;
                }
                match sites.add_instead(from, to, &At::new(other, target.at)) {
                    Ok(true) => open.push((from, other)),
                    Ok(false) => {}
                    Err(()) => cx.not_live_now(
                        target.at,
                        "whom a fallback asks",
                        "keep the fallback's `call`, or switch the fallback off",
                    ),
                }
            }
        }
    }
}

/// The names of the changes in the order in which they will happen; where lengths are random, by their means.
pub(crate) fn changes_in_time(spec: &Spec) -> Vec<String> {
    let mut out = Diagnostics::default();
    let no_files = |_: &str| Err(String::new());
    let mut cx = Cx::new(&no_files, &mut out, false);
    let system = System::new(&[spec], &mut cx);
    let index = &system.versions[0];
    let (faults, changes) = instants(index, &system.directory, &mut cx);
    let lasts = |fault: FaultId| {
        let written = index.faults[fault.index()].it.lasts.as_ref();
        let mut out = Diagnostics::default();
        let mut cx = Cx::new(&no_files, &mut out, false);
        let mean = written.and_then(|it| cx.dist(it)).and_then(|it| it.mean_ns());
        Span::from_nanos_f64(mean.unwrap_or(0.0))
    };
    let mut order: Vec<(SimTime, &str)> = (0..changes.len())
        .map(|row| {
            let at = changes[row].map_or(SimTime::MAX, |it| faults::estimate(&it, &faults, &changes, &lasts, 0));
            (at, index.changes[row].name.value.as_str())
        })
        .collect();
    order.sort();
    order.into_iter().map(|it| it.1.to_owned()).collect()
}

type Instants = Vec<Option<Instant>>;

/// When faults and changes begin.
fn instants(index: &Index<'_>, dir: &Directory, cx: &mut Cx<'_>) -> (Instants, Instants) {
    let faults = index.faults.iter().map(|it| it.it.at.as_ref()).collect::<Vec<_>>();
    let changes = index.changes.iter().map(|it| it.it.at.as_ref()).collect::<Vec<_>>();
    let of = |all: Vec<Option<&At<crate::syntax::instant::Instant>>>, cx: &mut Cx<'_>| {
        all.into_iter()
            .map(|it| it.and_then(|it| faults::instant(it, index, dir, cx)))
            .collect()
    };
    (of(faults, cx), of(changes, cx))
}

/// Compiles a file. `changed` has what each change makes of it, with the change's name, in the order of time.
pub(crate) fn lower(base: &Spec, changed: &[(String, Spec)], cx: &mut Cx<'_>) -> Lowered {
    let changed = if same_parts(base, changed, cx) { changed } else { &[] };
    let specs: Vec<&Spec> = core::iter::once(base).chain(changed.iter().map(|it| &it.1)).collect();
    let mut system = System::new(&specs, cx);
    let clock = clock(base);
    let (sites, items) = system.sites(cx);
    policies::check_edges(&system.versions[0], &system.directory, cx);
    network::check_edges(&system.versions[0], &system.directory, cx);
    flows::check_circles(cx, &system.versions[0], &system.endpoints, &sites.arcs);
    let services = system.versions[0].services.iter();
    for (component, reached) in services.zip(flows::reached(&sites, &system.endpoints)) {
        if reached {
            cx.used(component.kind(), component.name());
        }
    }

    let edges = Edges::new(&sites, &system, cx);
    system.directory = edges.directory(&system.directory, &items, cx.calls_missing);
    let system = system;
    let (index, endpoints, directory) = (&system.versions[0], &system.endpoints, &system.directory);
    let (fault_at, change_at) = instants(index, directory, cx);
    check_instants(index, &fault_at, &change_at, cx);
    let faults = index.faults.iter().zip(&fault_at);
    let faults: Vec<_> = faults
        .map(|(it, start)| faults::fault(it, *start, directory, cx))
        .collect();

    // Rows.
    let mut flows = changes::Flows::default();
    let mut rows: Vec<Rows> = Vec::new();
    for version in &system.versions {
        rows.push(rows_of(
            version,
            &items,
            &system,
            &sites,
            &mut flows,
            clock.duration,
            cx,
        ));
    }
    let worth = loads::worth(base, index, cx);
    let classes = loads::classes(index);
    let loads: Vec<_> = (0..index.loads.len())
        .map(|row| {
            let (id, from) = (LoadId::from_index(row), Origin::Load(LoadId::from_index(row)));
            loads::load(
                index,
                id,
                &items[row],
                rows[0].arrivals[row].clone(),
                &classes,
                |to| sites.site(from, to, 0),
                cx,
            )
        })
        .collect();
    let services: Vec<_> = (0..index.services.len())
        .map(|row| {
            let range = endpoints.range(ServiceId::from_index(row));
            let places = directory.lists().places[row].clone();
            services::service(index.services[row], range, places, &classes, cx)
        })
        .collect();
    let changes = edits(index, changed, &rows, &edges, &change_at, cx);
    let sound = edges.sound && !cx.calls_missing && !cx.out.has_errors();
    let place = |from: Origin, to: EndpointId| edges.of_site[&(from, to)];
    let tables = || {
        Some(Tables {
            clock,
            zones: network::zones(index),
            loads: loads.into_iter().collect::<Option<_>>()?,
            services: services.into_iter().collect::<Option<_>>()?,
            endpoints: rows[0].endpoints.iter().cloned().collect::<Option<_>>()?,
            blocks: flows.steps.blocks,
            steps: flows.steps.steps,
            options: flows.steps.options,
            sites: sites.rows(index, endpoints, place),
            edges: edges.rows.iter().map(|it| it.1).collect(),
            plans: edges.plans.iter().map(|it| it[0].clone()).collect(),
            links: edges.links.rows.iter().map(|it| it[0].clone()).collect(),
            faults: faults.into_iter().collect::<Option<_>>()?,
            changes: changes.into_iter().collect::<Option<_>>()?,
            classes: classes.len() as u32,
            depth_max: DEPTH_MAX,
        })
    };
    let system = sound.then(tables).flatten().map(|tables| Built {
        model: Model::new(tables),
        names: names(index, endpoints, &edges),
        plan_places: edges.plan_places,
    });
    Lowered {
        directory: directory.clone(),
        currency: cx.currency.as_ref().map(|it| it.value.clone()),
        worth,
        system,
    }
}

/// What the rows of the tables are called.
fn names(index: &Index<'_>, endpoints: &Endpoints, edges: &Edges) -> Names {
    Names {
        loads: index.loads.iter().map(|it| it.name.value.clone()).collect(),
        services: index.services.iter().map(|it| it.name().value.clone()).collect(),
        endpoints: endpoints.rows.iter().map(|it| it.1.clone()).collect(),
        edges: edges.rows.iter().map(|it| it.0.clone()).collect(),
        plans: edges.plan_names.clone(),
        links: edges.links.names.clone(),
        zones: index.zones.iter().map(|it| it.name.value.clone()).collect(),
        faults: index.faults.iter().map(|it| it.name.value.clone()).collect(),
        changes: index.changes.iter().map(|it| it.name.value.clone()).collect(),
        classes: loads::classes(index),
    }
}

/// Whether every version has the same parts as the file. A change replaces rows, but adds and removes none.
fn same_parts(base: &Spec, changed: &[(String, Spec)], cx: &mut Cx<'_>) -> bool {
    fn parts(spec: &Spec) -> BTreeSet<String> {
        let mut parts: BTreeSet<String> = BTreeSet::new();
        parts.extend(spec.load.iter().map(|it| format!("load.{}", it.name.value)));
        parts.extend(spec.link.iter().map(|it| format!("link.{}", it.name.value)));
        parts.extend(spec.policy.iter().map(|it| format!("policy.{}", it.name.value)));
        parts.extend(spec.external.iter().map(|it| format!("external.{}", it.name.value)));
        for service in &spec.service {
            let name = &service.name.value;
            parts.insert(format!("service.{name}"));
            let endpoints = service.it.endpoint.iter();
            parts.extend(endpoints.map(|it| format!("service.{name}.endpoint.{}", it.name.value)));
        }
        parts
    }
    let there = parts(base);
    let mut same = true;
    for (name, spec) in changed {
        let after = parts(spec);
        if let Some(part) = there.symmetric_difference(&after).next() {
            let change = base.change.iter().find(|it| it.name.value == *name);
            let at = change.map(|it| it.name.at).unwrap_or_default();
            let verb = if after.contains(part) { "adding" } else { "removing" };
            cx.not_live_now(
                at,
                &format!("{verb} `{part}`: what a scenario is made of"),
                "declare it from the start, and change its settings",
            );
            same = false;
        }
    }
    same
}

/// The instants that every run has. What could not be read has been reported; something sensible stands in.
fn clock(spec: &Spec) -> Clock {
    let run = spec.run.as_ref().map(|it| &it.value);
    let of = |it: Option<&crate::spec::Opt<Span>>, default: u64| {
        it.and_then(|it| it.as_ref())
            .map_or(Span::from_secs(default), |it| it.value)
    };
    Clock {
        warmup: SimTime::ZERO + of(run.map(|it| &it.warmup), 0),
        duration: SimTime::ZERO + of(run.map(|it| &it.duration), 60),
        drain: of(run.map(|it| &it.drain), 60),
        window: of(run.map(|it| &it.window), 1),
    }
}

/// Faults and changes that wait for each other.
fn check_instants(index: &Index<'_>, faults: &Instants, changes: &Instants, cx: &mut Cx<'_>) {
    let place = |at: Option<&At<crate::syntax::instant::Instant>>, name: Place| at.map_or(name, |it| it.at);
    let all_faults: Vec<_> = index
        .faults
        .iter()
        .zip(faults)
        .map(|(it, at)| (place(it.it.at.as_ref(), it.name.at), *at))
        .collect();
    let all_changes: Vec<_> = index
        .changes
        .iter()
        .zip(changes)
        .map(|(it, at)| (place(it.it.at.as_ref(), it.name.at), *at))
        .collect();
    faults::check_circles(&all_faults, &all_changes, index, cx);
}

/// The rows of one version that a change can replace.
fn rows_of(
    version: &Index<'_>,
    items: &[loads::Items],
    system: &System<'_>,
    sites: &Sites,
    flows: &mut changes::Flows,
    end: SimTime,
    cx: &mut Cx<'_>,
) -> Rows {
    let endpoints = &system.endpoints;
    let mut arrivals: Vec<Option<Arrival>> = Vec::new();
    for (load, items) in version.loads.iter().zip(items) {
        arrivals.push(loads::arrival(load, items, end, cx));
    }
    let mut rows: Vec<Option<Endpoint>> = Vec::new();
    for row in 0..endpoints.rows.len() {
        let id = EndpointId::from_index(row);
        let flow = endpoints.describe(version, id).and_then(|it| it.flow());
        let block =
            flow.and_then(|it| flows.block(id, &it.value, |steps| steps.compile(cx, system, sites, id, &it.value)));
        rows.push(services::endpoint(version, endpoints, id, block, cx));
    }
    let mut queues = Vec::new();
    let mut workers = Vec::new();
    let (mut admissions, mut dimmers) = (Vec::new(), Vec::new());
    let classes = loads::classes(version);
    for component in &version.services {
        let index::Component::Service(service) = component else {
            queues.push(Some(Queue::default()));
            workers.push(None);
            admissions.push(Some(Admission::default()));
            dimmers.push(Some(None));
            continue;
        };
        queues.push(gates::discipline::queue(&service.it.queue, cx));
        workers.push(services::workers(&service.it));
        admissions.push(gates::admission::admission(&service.it.admission, &classes, cx).ok());
        dimmers.push(gates::admission::dimmer(&service.it.dimmer, cx).ok());
    }
    Rows {
        scales: version.loads.iter().map(|it| loads::scale(&it.it)).collect(),
        arrivals,
        replicas: version.services.iter().map(|it| it.replicas()).collect(),
        workers,
        queues,
        admissions,
        dimmers,
        endpoints: rows,
    }
}

/// The rows of all changes, in the order of their names.
fn edits(
    index: &Index<'_>,
    changed: &[(String, Spec)],
    rows: &[Rows],
    edges: &Edges,
    at: &Instants,
    cx: &mut Cx<'_>,
) -> Vec<Option<Change>> {
    let mut changes = Vec::new();
    for (row, change) in index.changes.iter().enumerate() {
        let Some(version) = changed.iter().position(|it| it.0 == change.name.value).map(|it| it + 1) else {
            changes.push(None);
            continue;
        };
        let ramp = change.it.ramp.as_ref().and_then(|it| faults::ramp(&it.value));
        let place = change.it.ramp.as_ref().map_or(change.name.at, |it| it.at);
        let before_after = (&rows[version - 1], &rows[version]);
        let tables = (&edges.plans[..], &edges.links.rows[..]);
        let edits = changes::edits(before_after, tables, (version - 1, version), ramp, place, cx);
        let key = Key::of(&format!("change.{}", change.name.value));
        changes.push(at[row].map(|at| Change { key, at, edits }));
    }
    changes
}
