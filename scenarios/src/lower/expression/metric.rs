//! Metrics by their names, and whom they are about.

use brownout_sim_core::ids::LoadId;
use brownout_sim_core::ids::{EdgeId, EndpointId, ServiceId};
use brownout_sim_core::measure::{Figure, Kind, Metric, NAMED, Named, Target, Unit, Value, Worth};

use super::Lower;
use super::dimension::Dimension;
use crate::syntax::address::{Address, EdgeAddress, Subject, Target as Addressed};
use crate::syntax::{Placed, SyntaxError, expr, nearest};

impl Lower<'_> {
    pub(super) fn metric(&mut self, written: &expr::Metric) -> Option<(Metric, Target)> {
        let key = &written.key;
        let Some(metric) = Metric::parse(&key.it) else {
            let error = SyntaxError::new(key.at.clone(), format!("no metric is called `{}`", key.it));
            let mut names = Metric::all_names();
            names.extend(NAMED.iter().map(|it| it.name.to_owned()));
            return self.refuse(
                match (key.it.as_str(), nearest(&key.it, names.iter().map(String::as_str))) {
                    ("response", _) => error.help("write `mean(...)`, `p99(...)` or `share(response(...) > 1s)`"),
                    (_, Some(it)) => error.help(format!("did you mean `{it}`?")),
                    (_, None) => error.help("`brownout explain metrics` lists them"),
                },
            );
        };
        if self.parts && !metric.spans() {
            let message = format!("`{}` is known only for the whole run, not for a part of it", key.it);
            self.errors.push(SyntaxError::new(key.at.clone(), message));
        }
        let target = match &written.target {
            Some(it) => self.target(metric, &key.it, it)?,
            None if Figure::of(metric).of == [Kind::Everything] => Target::Everything,
            None => {
                let error = SyntaxError::new(written.at.clone(), format!("`{}` of what?", key.it));
                let help = match metric.applies_to(&Target::Everything) {
                    true => format!("write `{0}(web)`, or `{0}(*)` for all requests", key.it),
                    false => self.example(metric, &key.it),
                };
                return self.refuse(error.help(help));
            }
        };
        Some((metric, target))
    }

    /// An expression that has a name, of requests.
    pub(super) fn named(&mut self, written: &expr::Metric) -> Option<(Value, Dimension)> {
        let named = Named::find(&written.key.it).expect("the caller has looked");
        let target = match &written.target {
            Some(it) => self.target(Metric::GoodputRatio, named.name, it)?,
            None => {
                let error = SyntaxError::new(written.at.clone(), format!("`{}` of what?", named.name));
                return self.refuse(error.help(format!("write `{0}(web)`, or `{0}(*)` for all requests", named.name)));
            }
        };
        if self.parts && named.unit != Unit::Money && named.name != "error_budget_burn" {
            let message = format!("`{}` is of a whole run, not of a part of it", named.name);
            return self.refuse(SyntaxError::new(written.at.clone(), message));
        }
        if named.needs_fault && self.context.directory.lists().faults.is_empty() {
            let message = format!("`{}` is about what comes after a fault, and there is none", named.name);
            return self.refuse(SyntaxError::new(written.at.clone(), message).help("`collapsed` needs no fault"));
        }
        let worth = self.worth(&target);
        if named.unit == Unit::Money && worth.is_empty() {
            let message = format!("`{}` needs to know what a request is worth", named.name);
            let load = self
                .context
                .directory
                .lists()
                .loads
                .first()
                .map_or("users", |it| it.name.as_str());
            let error = SyntaxError::new(written.at.clone(), message);
            return self.refuse(error.help(format!("write `[value]` and below it `{load} = \"0.02 EUR/call\"`")));
        }
        Some((named.value(&target, &worth), Dimension::Of(named.unit)))
    }

    /// What the requests of a target are worth, by load; loads without a value are left out.
    fn worth(&self, target: &Target) -> Vec<Worth> {
        let entries = match target {
            Target::Requests(entries) | Target::Front { requests: entries, .. } => entries.clone(),
            _ => self.context.directory.entries(|_| true),
        };
        let of_load = |(row, each): (usize, &Option<f64>)| {
            let load = LoadId::from_index(row);
            let entries: Vec<_> = entries.iter().filter(|it| it.0 == load).copied().collect();
            let each = each.filter(|_| !entries.is_empty())?;
            Some(Worth { entries, each })
        };
        self.context.worth.iter().enumerate().filter_map(of_load).collect()
    }

    pub(super) fn target(&mut self, metric: Metric, name: &str, written: &Addressed) -> Option<Target> {
        match written {
            Addressed::Node(it) if Figure::of(metric).of == [Kind::Fault] => self.fault(metric, name, it),
            Addressed::Node(it) => self.node(metric, name, it),
            Addressed::Edge(it) => self.edge(metric, name, it),
        }
    }

    pub(super) fn fault(&mut self, metric: Metric, name: &str, written: &Address) -> Option<Target> {
        let placed = match (&written.subject.it, &written.endpoint, &written.zone) {
            (Subject::Name(fault), Some(it), None) if fault == "fault" => it.clone(),
            (Subject::Name(it), None, None) => Placed::new(it.clone(), written.subject.at.clone()),
            _ => {
                let error = SyntaxError::new(written.at.clone(), format!("`{name}` is of a fault"));
                let help = self.example(metric, name);
                return self.refuse(error.help(help));
            }
        };
        let found = self.context.directory.fault(&placed);
        self.found(found).map(Target::Fault)
    }

    fn node(&mut self, metric: Metric, name: &str, written: &Address) -> Option<Target> {
        let directory = self.context.directory;
        let lists = directory.lists();
        self.not_by_zone(written)?;
        let found = self.found(directory.address(written))?;
        if !found.zones.is_empty() {
            return self.refuse(SyntaxError::new(written.at.clone(), "figures are not kept by zone"));
        }
        let mut candidates = Vec::new();
        if written.subject.it == Subject::Any {
            candidates.push(Target::Everything);
            candidates.push(Target::Services(found.services.clone()));
        } else if found.services.is_empty() {
            let mut entries = directory.entries(|_| true);
            entries.retain(|it| found.loads.contains(&it.0));
            candidates.push(Target::Requests(entries));
        } else if !found.loads.is_empty() {
            let error = SyntaxError::new(
                written.at.clone(),
                format!("`{written}` names loads and services, whose figures differ"),
            );
            return self.refuse(error.help("name one of them, or use two tags"));
        } else if let Some(endpoint) = found.endpoint {
            candidates.push(self.endpoint(endpoint));
            let service = found.services[0];
            if directory.endpoints_of(service).count() == 1 {
                candidates.push(Target::Services(vec![service]));
            }
        } else {
            candidates.push(self.services(&found.services));
        }
        let fits = candidates.into_iter().find(|it| metric.applies_to(it));
        // A load that calls it may be among the calls that are missing.
        if fits.is_none() && lists.partial && Figure::of(metric).of.contains(&Kind::Requests) {
            return None;
        }
        fits.or_else(|| {
            let kind = match (found.loads.as_slice(), found.endpoint) {
                ([], Some(_)) => "an endpoint",
                ([], None) => "a service",
                _ => "a load",
            };
            let of_called = found.services.iter().all(|it| {
                lists
                    .mixes
                    .iter()
                    .flatten()
                    .all(|e| lists.endpoints[e.index()].0 != *it)
            });
            let message = match (Figure::of(metric).of.contains(&Kind::Requests), kind) {
                (true, "a service" | "an endpoint") if of_called => {
                    format!("`{name}` is of requests, and no load calls `{written}`")
                }
                _ => format!("`{name}` is not known of {kind}"),
            };
            let error = SyntaxError::new(written.at.clone(), message);
            let help = self.example(metric, name);
            self.refuse(error.help(help))
        })
    }

    fn services(&self, services: &[ServiceId]) -> Target {
        let directory = self.context.directory;
        let owner = |it: EndpointId| directory.lists().endpoints[it.index()].0;
        let called = |service: &ServiceId| !directory.entries(|it| owner(it) == *service).is_empty();
        let services = services.to_vec();
        if !services.iter().all(called) {
            return Target::Services(services);
        }
        let requests = directory.entries(|it| services.contains(&owner(it)));
        Target::Front {
            requests,
            services,
            endpoints: Vec::new(),
        }
    }

    fn endpoint(&self, endpoint: EndpointId) -> Target {
        let requests = self.context.directory.entries(|it| it == endpoint);
        if requests.is_empty() {
            return Target::Endpoints(vec![endpoint]);
        }
        Target::Front {
            requests,
            services: Vec::new(),
            endpoints: vec![endpoint],
        }
    }

    fn edge(&mut self, metric: Metric, name: &str, written: &EdgeAddress) -> Option<Target> {
        let directory = self.context.directory;
        self.not_by_zone(&written.from)?;
        self.not_by_zone(&written.to)?;
        let (from, to) = self.found(directory.edge(written))?;
        if let (Some(_), [service]) = (from.endpoint, from.services.as_slice())
            && directory.endpoints_of(*service).count() > 1
        {
            let error = SyntaxError::new(
                written.from.at.clone(),
                "calls are counted by calling service, not by its endpoints",
            );
            let service = &directory.lists().services[service.index()].name;
            return self.refuse(error.help(format!("write `{service} -> {}`", written.to)));
        }
        let calls = match to.endpoint {
            Some(_) => self.called(directory.lanes(written)).map(Target::Lanes)?,
            None => self.called(directory.edges(written)).map(Target::Edges)?,
        };
        if metric.applies_to(&calls) {
            return Some(calls);
        }
        let owner = |it: EndpointId| directory.lists().endpoints[it.index()].0;
        let called = |it: EndpointId| to.services.contains(&owner(it)) && to.endpoint.is_none_or(|one| one == it);
        let mut entries = directory.entries(called);
        entries.retain(|it| from.loads.contains(&it.0));
        let requests = Target::Requests(entries);
        if from.services.is_empty() && metric.applies_to(&requests) {
            return Some(requests);
        }
        let error = SyntaxError::new(written.at(), format!("`{name}` is not known of an edge"));
        let help = self.example(metric, name);
        self.refuse(error.help(help))
    }

    fn not_by_zone(&mut self, written: &Address) -> Option<()> {
        let Some(zone) = &written.zone else { return Some(()) };
        let whole = Address {
            zone: None,
            ..written.clone()
        };
        let error = SyntaxError::new(zone.at.clone(), "figures are not kept by zone");
        self.refuse(error.help(format!("write `{whole}`")))
    }

    /// How to write a metric, with a name of this scenario.
    fn example(&self, metric: Metric, name: &str) -> String {
        let directory = self.context.directory;
        let lists = directory.lists();
        let of = Figure::of(metric).of;
        let entrance = lists.mixes.iter().flatten().next();
        if of.contains(&Kind::Requests)
            && let Some(entrance) = entrance
        {
            return format!(
                "write it of a load or of what loads call, such as `{name}({})`",
                directory.endpoint_address(*entrance)
            );
        }
        if of.contains(&Kind::Services)
            && let Some(service) = lists.services.first()
        {
            return format!("write it of a service, such as `{name}({})`", service.name);
        }
        if of.contains(&Kind::Calls) {
            let edge = (0..lists.edges.len()).map(EdgeId::from_index).next();
            if let Some(edge) = edge {
                let (caller, callee) = lists.edges[edge.index()];
                let (caller, callee) = (directory.caller_name(caller), &lists.services[callee.index()].name);
                return format!("write it of an edge, such as `{name}({caller} -> {callee})`");
            }
        }
        if of.contains(&Kind::Fault) {
            let fault = lists.faults.first().map_or("x", String::as_str);
            return format!("write it of a fault, such as `{name}(fault.{fault})`");
        }
        format!("write `{name}`")
    }
}
