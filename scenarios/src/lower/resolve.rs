//! From names to ids: what an address means in one compiled variant, and which policy is the more specific one.
//!
//! The [`Directory`] knows names and who calls whom, nothing else. A mistake names the nearest name that would do.

use core::fmt;
use core::ops::Range;
use std::collections::BTreeMap;

use brownout_sim_core::ids::{ChangeId, EdgeId, EndpointId, FaultId, LoadId, ServiceId, ZoneId};
use brownout_sim_core::model::Caller;
use brownout_sim_core::time::Span;

use crate::syntax::address::{Address, EdgeAddress, Subject};
use crate::syntax::{Placed, SyntaxError, either, nearest};

/// A name and the tags beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The component's name.
    pub name: String,
    /// Its tags, without `#`.
    pub tags: Vec<String>,
}

impl Named {
    /// A name without tags.
    pub fn plain(name: impl Into<String>) -> Named {
        Named {
            name: name.into(),
            tags: Vec::new(),
        }
    }
}

/// Everything that has a name, each list by id, as far as it is known: edges, lanes and mixes may be empty at first.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// By `LoadId`.
    pub loads: Vec<Named>,
    /// By `LoadId`: where its clients are; shorter lists mean nowhere.
    pub load_zones: Vec<Option<ZoneId>>,
    /// By `ServiceId`: services, third parties and all other components that are called.
    pub services: Vec<Named>,
    /// By `ServiceId`: the zone of each replica slot.
    pub places: Vec<Vec<Option<ZoneId>>>,
    /// By `EndpointId`: its service and its name; the single unnamed endpoint of a service has an empty name.
    pub endpoints: Vec<(ServiceId, String)>,
    /// By `ZoneId`.
    pub zones: Vec<Named>,
    /// By `EdgeId`: who calls which service.
    pub edges: Vec<(Caller, ServiceId)>,
    /// Edge and endpoint of each lane, as in `Layout::lanes`.
    pub lanes: Vec<(EdgeId, EndpointId)>,
    /// By `LoadId`: the endpoint of each entry of its mix.
    pub mixes: Vec<Vec<EndpointId>>,
    /// By `FaultId`.
    pub faults: Vec<String>,
    /// By `ChangeId`: the name, and how long the change takes until it is complete.
    pub changes: Vec<(String, Span)>,
    /// Names that the file has, but this variant does not: a better message than "unknown".
    pub absent: Vec<String>,
    /// Whether edges, lanes and entries of mixes may be missing because of a mistake elsewhere.
    pub partial: bool,
}

/// An address that names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Where, in bytes within the string of the address.
    pub at: Range<usize>,
    /// What is wrong: lower case, no full stop.
    pub what: String,
    /// The nearest name that exists.
    pub nearest: Option<String>,
    /// Another cure, where no name is near.
    pub help: Option<String>,
}

impl Unresolved {
    fn new(at: Range<usize>, what: impl Into<String>) -> Unresolved {
        Unresolved {
            at,
            what: what.into(),
            nearest: None,
            help: None,
        }
    }

    fn nearest(self, nearest: Option<impl Into<String>>) -> Unresolved {
        Unresolved {
            nearest: nearest.map(Into::into),
            ..self
        }
    }

    fn help(self, help: impl Into<String>) -> Unresolved {
        Unresolved {
            help: Some(help.into()),
            ..self
        }
    }
}

impl From<Unresolved> for SyntaxError {
    fn from(it: Unresolved) -> SyntaxError {
        let help = it.nearest.map(|it| format!("did you mean `{it}`?")).or(it.help);
        SyntaxError {
            at: it.at,
            message: it.what,
            help,
        }
    }
}

/// What an address means. Lists are in order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Loads.
    pub loads: Vec<LoadId>,
    /// Services, in part or as a whole.
    pub services: Vec<ServiceId>,
    /// Only this endpoint of the one service.
    pub endpoint: Option<EndpointId>,
    /// Only what is in this zone.
    pub zone: Option<ZoneId>,
    /// The address is the zone's own name (or a tag of zones): all in it, and its links.
    pub zones: Vec<ZoneId>,
}

/// Which of two policies is the more specific: the greater one. Callee side first, then caller side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specificity {
    callee: Side,
    caller: Side,
}

/// How specific one side of an edge is: by what names it, then by whether it is only of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Side(Grade, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Grade {
    Any,
    Tag,
    Name,
    Endpoint,
}

impl Specificity {
    /// The specificity of an edge's address; it does not depend on what it is compared with.
    pub fn of(edge: &EdgeAddress) -> Specificity {
        let side = |it: &Address| {
            let grade = match (&it.subject.it, &it.endpoint) {
                (_, Some(_)) => Grade::Endpoint,
                (Subject::Name(_), None) => Grade::Name,
                (Subject::Tag(_), None) => Grade::Tag,
                (Subject::Any, None) => Grade::Any,
            };
            Side(grade, it.zone.is_some())
        };
        Specificity {
            callee: side(&edge.to),
            caller: side(&edge.from),
        }
    }
}

impl fmt::Display for Specificity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |side: Side| match side.0 {
            Grade::Any => "*",
            Grade::Tag => "tag",
            Grade::Name => "name",
            Grade::Endpoint => "endpoint",
        };
        write!(f, "{} -> {}", word(self.caller), word(self.callee))
    }
}

/// Who makes a call: the caller's side of a call site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A load.
    Load(LoadId),
    /// A flow of this endpoint.
    Endpoint(EndpointId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entity {
    Load(LoadId),
    Service(ServiceId),
    Zone(ZoneId),
}

/// Everything that can be addressed in one variant.
#[derive(Clone, Debug)]
pub struct Directory {
    lists: Lists,
    entities: BTreeMap<String, Entity>,
    tags: BTreeMap<String, Vec<Entity>>,
    /// The first replica slot of each service, and one past the last of all: as `Layout::first_replica`.
    first_replica: Vec<usize>,
}

impl Directory {
    /// A directory of `lists`. Names are unique there: that is checked before, where their places are known.
    pub fn new(lists: Lists) -> Directory {
        let (mut entities, mut tags) = (BTreeMap::new(), BTreeMap::<String, Vec<Entity>>::new());
        let ids = |n: usize| 0..n;
        let loads = ids(lists.loads.len()).map(|it| (&lists.loads[it], Entity::Load(LoadId::from_index(it))));
        let services =
            ids(lists.services.len()).map(|it| (&lists.services[it], Entity::Service(ServiceId::from_index(it))));
        let zones = ids(lists.zones.len()).map(|it| (&lists.zones[it], Entity::Zone(ZoneId::from_index(it))));
        // Where a name is taken twice, which has its own message, it means what is called.
        for (named, entity) in services.chain(loads).chain(zones) {
            entities.entry(named.name.clone()).or_insert(entity);
            for tag in &named.tags {
                tags.entry(tag.clone()).or_default().push(entity);
            }
        }
        let mut first_replica = vec![0];
        for service in 0..lists.services.len() {
            let slots = lists.places.get(service).map_or(0, Vec::len);
            first_replica.push(first_replica[service] + slots);
        }
        Directory {
            lists,
            entities,
            tags,
            first_replica,
        }
    }

    /// The lists it was made from.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// What `address` means. Fails where the name, the tag, the endpoint or the zone does not exist, and where nothing of it is
    /// in the zone.
    pub fn address(&self, address: &Address) -> Result<Resolved, Unresolved> {
        let zone = address.zone.as_ref().map(|it| self.zone(it)).transpose()?;
        let mut found = Resolved {
            zone,
            ..Resolved::default()
        };
        match &address.subject.it {
            Subject::Any => {
                found.loads = (0..self.lists.loads.len()).map(LoadId::from_index).collect();
                found.services = (0..self.lists.services.len()).map(ServiceId::from_index).collect();
            }
            Subject::Tag(tag) => {
                let Some(entities) = self.tags.get(tag) else {
                    let error = Unresolved::new(address.subject.at.clone(), format!("nothing has the tag `{tag}`"));
                    let near = nearest(tag, self.tags.keys().map(String::as_str)).map(|it| format!("#{it}"));
                    return Err(error.nearest(near).help("tags are given with `tags = [\"...\"]`"));
                };
                entities.iter().for_each(|it| found.add(*it));
            }
            Subject::Name(name) => {
                let entity = self.entity(name, address)?;
                found.add(entity);
                if let Some(endpoint) = &address.endpoint {
                    let Entity::Service(service) = entity else {
                        let what = if matches!(entity, Entity::Load(_)) {
                            "load"
                        } else {
                            "zone"
                        };
                        let error = Unresolved::new(
                            endpoint.at.clone(),
                            format!("`{name}` is a {what}, which has no endpoints"),
                        );
                        return Err(error.help(format!("write `{name}`")));
                    };
                    found.endpoint = Some(self.endpoint(service, endpoint)?);
                }
            }
        }
        if let Some(zone) = zone {
            found
                .loads
                .retain(|it| self.lists.load_zones.get(it.index()).copied().flatten() == Some(zone));
            found.services.retain(|it| self.is_in(*it, zone));
            if !found.zones.is_empty() || (found.loads.is_empty() && found.services.is_empty()) {
                let text = address.to_string();
                let (subject, zone) = text.split_once(" @ ").expect("it has a zone");
                return Err(Unresolved::new(
                    address.at.clone(),
                    format!("nothing of `{subject}` is in `{zone}`"),
                ));
            }
        }
        Ok(found)
    }

    fn is_in(&self, service: ServiceId, zone: ZoneId) -> bool {
        let places = self.lists.places.get(service.index());
        places.is_some_and(|it| it.contains(&Some(zone)))
    }

    fn zone(&self, zone: &Placed<String>) -> Result<ZoneId, Unresolved> {
        match self.entities.get(&zone.it) {
            Some(Entity::Zone(it)) => Ok(*it),
            Some(_) => Err(Unresolved::new(zone.at.clone(), format!("`{}` is no zone", zone.it))),
            None => {
                let error = Unresolved::new(zone.at.clone(), format!("no zone is called `{}`", zone.it));
                Err(error.nearest(nearest(&zone.it, self.lists.zones.iter().map(|it| it.name.as_str()))))
            }
        }
    }

    fn entity(&self, name: &str, address: &Address) -> Result<Entity, Unresolved> {
        if let Some(found) = self.entities.get(name) {
            return Ok(*found);
        }
        let at = address.subject.at.clone();
        if self.lists.absent.iter().any(|it| it == name) {
            return Err(Unresolved::new(at, format!("`{name}` is not part of this variant")));
        }
        let error = Unresolved::new(at, format!("nothing is called `{name}`"));
        // An endpoint's name without its service is the most likely slip after a misspelling.
        let mut owners = self.lists.endpoints.iter().filter(|it| it.1 == name);
        if let (Some(owner), None) = (owners.next(), owners.next())
            && address.endpoint.is_none()
        {
            let service = &self.lists.services[owner.0.index()].name;
            return Err(error.nearest(Some(format!("{service}.{name}"))));
        }
        Err(error.nearest(nearest(name, self.entities.keys().map(String::as_str))))
    }

    fn endpoint(&self, service: ServiceId, endpoint: &Placed<String>) -> Result<EndpointId, Unresolved> {
        let mut all = self.endpoints_of(service);
        let found = all.find(|it| self.lists.endpoints[it.index()].1 == endpoint.it);
        found.ok_or_else(|| {
            let owner = &self.lists.services[service.index()].name;
            let names: Vec<&str> = self
                .endpoints_of(service)
                .map(|it| self.lists.endpoints[it.index()].1.as_str())
                .collect();
            let error = Unresolved::new(
                endpoint.at.clone(),
                format!("`{owner}` has no endpoint `{}`", endpoint.it),
            );
            match names.as_slice() {
                [] | [""] => error.help(format!("it has one without a name: write `{owner}`")),
                _ => {
                    let error = error.nearest(nearest(&endpoint.it, names.iter().copied()));
                    error.help(format!("it has {}", either(names).replace(" or ", " and ")))
                }
            }
        })
    }

    /// The endpoints of a service, in order.
    pub fn endpoints_of(&self, service: ServiceId) -> impl Iterator<Item = EndpointId> + '_ {
        let numbered = self.lists.endpoints.iter().enumerate();
        numbered
            .filter(move |(_, it)| it.0 == service)
            .map(|(row, _)| EndpointId::from_index(row))
    }

    /// The one endpoint that a step of a flow or an entry of a mix calls. Fails also where the address is no plain name, or
    /// a bare name of a service with several endpoints.
    pub fn callee(&self, address: &Address) -> Result<EndpointId, Unresolved> {
        if address.plain().is_none() {
            let error = Unresolved::new(address.at.clone(), format!("`{address}` is not one endpoint"));
            return Err(error.help("write `service.endpoint`"));
        }
        let found = self.address(address)?;
        let (Some(service), None) = (found.services.first(), found.endpoint) else {
            return found.endpoint.ok_or_else(|| {
                let what = if found.loads.is_empty() { "zone" } else { "load" };
                Unresolved::new(
                    address.at.clone(),
                    format!("`{address}` is a {what}, which cannot be called"),
                )
            });
        };
        let endpoints: Vec<EndpointId> = self.endpoints_of(*service).collect();
        match endpoints.as_slice() {
            [one] => Ok(*one),
            [] => Err(Unresolved::new(
                address.at.clone(),
                format!("`{address}` has no endpoint that could be called"),
            )),
            many => {
                let error = Unresolved::new(address.at.clone(), format!("`{address}` has {} endpoints", many.len()));
                Err(error.help(format!(
                    "write {}",
                    either(
                        many.iter()
                            .map(|it| self.endpoint_address(*it))
                            .collect::<Vec<_>>()
                            .iter()
                            .map(String::as_str)
                    )
                )))
            }
        }
    }

    /// An endpoint's address: `db.query`, or `db` for a single unnamed endpoint.
    pub fn endpoint_address(&self, endpoint: EndpointId) -> String {
        let (service, name) = &self.lists.endpoints[endpoint.index()];
        let service = &self.lists.services[service.index()].name;
        if name.is_empty() {
            service.clone()
        } else {
            format!("{service}.{name}")
        }
    }

    /// The name of a caller: a load or a service.
    pub fn caller_name(&self, caller: Caller) -> &str {
        match caller {
            Caller::Load(it) => &self.lists.loads[it.index()].name,
            Caller::Service(it) => &self.lists.services[it.index()].name,
        }
    }

    /// Checks that both sides of an edge's address exist; with edges known, also that one of them fits.
    pub fn edge(&self, edge: &EdgeAddress) -> Result<(Resolved, Resolved), Unresolved> {
        let (from, to) = (self.address(&edge.from)?, self.address(&edge.to)?);
        if to.services.is_empty() {
            let what = if to.loads.is_empty() { "a zone" } else { "a load" };
            let error = Unresolved::new(
                edge.to.at.clone(),
                format!("`{}` is {what}, which cannot be called", edge.to),
            );
            return Err(error.help(if to.loads.is_empty() {
                format!("write `* -> * @ {}`", edge.to)
            } else {
                format!("write `{} -> ...`", edge.to)
            }));
        }
        if from.loads.is_empty() && from.services.is_empty() {
            let error = Unresolved::new(
                edge.from.at.clone(),
                format!("`{}` is a zone, which calls nothing", edge.from),
            );
            return Err(error.help(format!("write `* @ {} -> {}`", edge.from, edge.to)));
        }
        Ok((from, to))
    }

    /// The edges that an address means. Fails where a side does not exist, and where no caller of the one side ever calls
    /// the other.
    pub fn edges(&self, edge: &EdgeAddress) -> Result<Vec<EdgeId>, Unresolved> {
        let (from, to) = self.edge(edge)?;
        let fits = |&(caller, callee): &(Caller, ServiceId)| from.has_caller(caller) && to.services.contains(&callee);
        let found: Vec<EdgeId> = (0..self.lists.edges.len())
            .filter(|it| fits(&self.lists.edges[*it]))
            .map(EdgeId::from_index)
            .collect();
        if found.is_empty() {
            Err(self.never_calls(edge, &from))
        } else {
            Ok(found)
        }
    }

    /// The lanes (an edge and one endpoint of its callee) that an address means; fails as [`Directory::edges`] does.
    pub fn lanes(&self, edge: &EdgeAddress) -> Result<Vec<u32>, Unresolved> {
        let (from, to) = self.edge(edge)?;
        let fits = |&(edge, endpoint): &(EdgeId, EndpointId)| {
            let (caller, callee) = self.lists.edges[edge.index()];
            from.has_caller(caller) && to.services.contains(&callee) && to.endpoint.is_none_or(|it| it == endpoint)
        };
        let found: Vec<u32> = (0..self.lists.lanes.len())
            .filter(|it| fits(&self.lists.lanes[*it]))
            .map(|it| it as u32)
            .collect();
        if found.is_empty() {
            Err(self.never_calls(edge, &from))
        } else {
            Ok(found)
        }
    }

    fn never_calls(&self, edge: &EdgeAddress, from: &Resolved) -> Unresolved {
        let error = Unresolved::new(edge.at(), format!("`{}` never calls `{}`", edge.from, edge.to));
        let mut called: Vec<&str> = self
            .lists
            .edges
            .iter()
            .filter(|it| from.has_caller(it.0))
            .map(|it| self.lists.services[it.1.index()].name.as_str())
            .collect();
        called.sort_unstable();
        called.dedup();
        match called.as_slice() {
            [] => error.help(format!("`{}` calls nothing", edge.from)),
            _ => error.help(format!("it calls {}", either(called).replace(" or ", " and "))),
        }
    }

    /// Whether a policy or link at `edge` is in force on calls from `from` to `to`, ignoring zones; names that do not exist
    /// fit nothing.
    pub fn fits(&self, edge: &EdgeAddress, from: Origin, to: EndpointId) -> bool {
        let (Ok(caller), Ok(callee)) = (self.address(&edge.from), self.address(&edge.to)) else {
            return false;
        };
        let from_fits = match from {
            Origin::Load(load) => caller.loads.contains(&load),
            Origin::Endpoint(endpoint) => {
                caller.services.contains(&self.lists.endpoints[endpoint.index()].0)
                    && caller.endpoint.is_none_or(|it| it == endpoint)
            }
        };
        let service = self.lists.endpoints[to.index()].0;
        from_fits && callee.services.contains(&service) && callee.endpoint.is_none_or(|it| it == to)
    }

    /// A fault's id by its name.
    pub fn fault(&self, name: &Placed<String>) -> Result<FaultId, Unresolved> {
        let row = self.lists.faults.iter().position(|it| *it == name.it);
        row.map(FaultId::from_index).ok_or_else(|| {
            let error = Unresolved::new(name.at.clone(), format!("no fault is called `{}`", name.it));
            let near = nearest(&name.it, self.lists.faults.iter().map(String::as_str));
            listed(error.nearest(near), self.lists.faults.iter().map(String::as_str))
        })
    }

    /// A change's id by its name, and how long it takes until it is complete.
    pub fn change(&self, name: &Placed<String>) -> Result<(ChangeId, Span), Unresolved> {
        let row = self.lists.changes.iter().position(|it| it.0 == name.it);
        row.map(|it| (ChangeId::from_index(it), self.lists.changes[it].1))
            .ok_or_else(|| {
                let error = Unresolved::new(name.at.clone(), format!("no change is called `{}`", name.it));
                let names = || self.lists.changes.iter().map(|it| it.0.as_str());
                listed(error.nearest(nearest(&name.it, names())), names())
            })
    }

    /// The entries of loads' mixes that call one of `endpoints`, in order.
    pub fn entries(&self, endpoints: impl Fn(EndpointId) -> bool) -> Vec<(LoadId, u16)> {
        let of = |(load, mix): (usize, &Vec<EndpointId>)| {
            let called = mix.iter().enumerate().filter(|it| endpoints(*it.1));
            called
                .map(|(item, _)| (LoadId::from_index(load), item as u16))
                .collect::<Vec<_>>()
        };
        self.lists.mixes.iter().enumerate().flat_map(of).collect()
    }

    /// The replica slots that an address means, counted over all services as in the model's layout.
    pub fn replicas(&self, resolved: &Resolved) -> Vec<usize> {
        let wanted = |service: usize, place: Option<ZoneId>| {
            let named = resolved.services.contains(&ServiceId::from_index(service))
                && resolved.zone.is_none_or(|it| place == Some(it));
            named || place.is_some_and(|it| resolved.zones.contains(&it))
        };
        let of = |(service, places): (usize, &Vec<Option<ZoneId>>)| {
            let hit = places.iter().enumerate().filter(|it| wanted(service, *it.1));
            hit.map(|(slot, _)| self.first_replica[service] + slot)
                .collect::<Vec<_>>()
        };
        self.lists.places.iter().enumerate().flat_map(of).collect()
    }

    /// A flag for each party that an address means, as `NetworkScope` wants them: replica slots first, then loads.
    pub fn parties(&self, resolved: &Resolved) -> Vec<bool> {
        let slots = *self.first_replica.last().expect("it begins with one");
        let mut flags = vec![false; slots + self.lists.loads.len()];
        self.replicas(resolved).into_iter().for_each(|it| flags[it] = true);
        resolved.loads.iter().for_each(|it| flags[slots + it.index()] = true);
        for (load, zone) in self.lists.load_zones.iter().enumerate() {
            if zone.is_some_and(|it| resolved.zones.contains(&it)) {
                flags[slots + load] = true;
            }
        }
        flags
    }
}

/// Adds the names there are as a cure.
fn listed<'a>(error: Unresolved, names: impl Iterator<Item = &'a str>) -> Unresolved {
    let names: Vec<&str> = names.take(8).collect();
    match names.as_slice() {
        [] => error,
        [one] => error.help(format!("there is only `{one}`")),
        many => error.help(format!(
            "there are {}",
            either(many.iter().copied()).replace(" or ", " and ")
        )),
    }
}

impl Resolved {
    fn add(&mut self, entity: Entity) {
        match entity {
            Entity::Load(it) => self.loads.push(it),
            Entity::Service(it) => self.services.push(it),
            Entity::Zone(it) => self.zones.push(it),
        }
    }

    /// Whether a caller is among what was addressed.
    pub fn has_caller(&self, caller: Caller) -> bool {
        match caller {
            Caller::Load(it) => self.loads.contains(&it),
            Caller::Service(it) => self.services.contains(&it),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A small system to address.
    use super::*;

    /// Loads `shoppers` and `robots`; services `app` (render), `db` (query, write; two zones), `mail` (one unnamed), `web`
    /// (home, cart).
    pub fn shop() -> Lists {
        let tagged = |name: &str, tags: &[&str]| Named {
            name: name.to_owned(),
            tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        };
        let endpoint = |service: u32, name: &str| (ServiceId(service), name.to_owned());
        let (a, b) = (Some(ZoneId(0)), Some(ZoneId(1)));
        Lists {
            loads: vec![
                tagged("robots", &["outside"]),
                tagged("shoppers", &["outside", "humans"]),
            ],
            load_zones: vec![None, a],
            services: vec![
                tagged("app", &["tier"]),
                tagged("db", &["store", "tier"]),
                tagged("mail", &[]),
                tagged("web", &["tier"]),
            ],
            places: vec![vec![a, b], vec![a, b, a], vec![None], vec![b]],
            endpoints: vec![
                endpoint(0, "render"),
                endpoint(1, "query"),
                endpoint(1, "write"),
                endpoint(2, ""),
                endpoint(3, "cart"),
                endpoint(3, "home"),
            ],
            zones: vec![tagged("east", &[]), tagged("west", &[])],
            edges: vec![
                (Caller::Load(LoadId(0)), ServiceId(3)),
                (Caller::Load(LoadId(1)), ServiceId(3)),
                (Caller::Service(ServiceId(0)), ServiceId(1)),
                (Caller::Service(ServiceId(3)), ServiceId(0)),
                (Caller::Service(ServiceId(3)), ServiceId(2)),
            ],
            lanes: vec![
                (EdgeId(0), EndpointId(5)),
                (EdgeId(1), EndpointId(4)),
                (EdgeId(1), EndpointId(5)),
                (EdgeId(2), EndpointId(1)),
                (EdgeId(2), EndpointId(2)),
                (EdgeId(3), EndpointId(0)),
                (EdgeId(4), EndpointId(3)),
            ],
            mixes: vec![vec![EndpointId(5)], vec![EndpointId(4), EndpointId(5)]],
            faults: vec!["db-slow".to_owned(), "west-down".to_owned()],
            changes: vec![("scale-out".to_owned(), Span::from_secs(30))],
            absent: vec!["cache".to_owned()],
            partial: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::shop;
    use super::*;
    use crate::syntax::address::{Target, address, edge, target};
    use crate::syntax::testing::shown;

    fn seen(text: &str) -> String {
        let directory = Directory::new(shop());
        let lists = directory.lists();
        let told = |result: Result<String, Unresolved>| match result {
            Ok(it) => format!("{text}: {it}"),
            Err(it) => shown(text, SyntaxError::from(it)),
        };
        match target(text).expect("it is well written") {
            Target::Node(it) => told(directory.address(&it).map(|found| {
                let loads = found.loads.iter().map(|it| lists.loads[it.index()].name.clone());
                let services = found.services.iter().map(|it| lists.services[it.index()].name.clone());
                let endpoint = found
                    .endpoint
                    .map(|it| format!("endpoint {}", directory.endpoint_address(it)));
                let zones = found
                    .zones
                    .iter()
                    .map(|it| format!("zone {}", lists.zones[it.index()].name));
                let all: Vec<String> = loads.chain(services).chain(endpoint).chain(zones).collect();
                format!("{} | replicas {:?}", all.join(", "), directory.replicas(&found))
            })),
            Target::Edge(it) => told(directory.edges(&it).and_then(|edges| {
                let edges: Vec<u32> = edges.iter().map(|it| it.0).collect();
                Ok(format!("edges {edges:?} lanes {:?}", directory.lanes(&it)?))
            })),
        }
    }

    #[test]
    fn every_form_of_address_means_what_it_says() {
        let texts = [
            "db",
            "db.query",
            "mail",
            "shoppers",
            "#tier",
            "#outside",
            "*",
            "east",
            "db @ east",
            "db.write @ west",
            "* @ east",
            "#tier @ west",
            "app -> db",
            "app -> db.query",
            "shoppers -> web",
            "#outside -> web.home",
            "* -> *",
            "* -> #store",
            "web -> mail",
            "app.render -> db",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn what_does_not_exist_is_told_with_the_nearest_name() {
        let texts = [
            "bd",
            "dbx.query",
            "db.qurey",
            "db.delete",
            "mail.send",
            "query",
            "home",
            "cache",
            "#teir",
            "#x",
            "db @ eats",
            "db @ app",
            "mail @ east",
            "east @ west",
            "shoppers.home",
            "app -> dv",
            "ap -> db",
            "db -> app",
            "app -> web",
            "web -> shoppers",
            "web -> east",
            "east -> web",
            "web -> db.query",
            "robots -> web.cart",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn a_step_calls_exactly_one_endpoint() {
        let directory = Directory::new(shop());
        let seen = |text: &str| {
            let address = address(text).expect("it is well written");
            match directory.callee(&address) {
                Ok(it) => format!("{text}: {}", directory.endpoint_address(it)),
                Err(it) => shown(text, SyntaxError::from(it)),
            }
        };
        let texts = [
            "db.query",
            "app",
            "mail",
            "db",
            "#tier",
            "*",
            "db @ east",
            "shoppers",
            "east",
            "db.x",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn the_callee_side_decides_then_the_caller_side() {
        let texts = [
            "* -> *",
            "#t -> *",
            "a -> *",
            "a.x -> *",
            "* -> #t",
            "#t -> #t",
            "a.x -> #t",
            "* -> b",
            "#t -> b",
            "a -> b",
            "a.x -> b",
            "a @ z -> b",
            "a -> b @ z",
            "* -> b.y",
            "a -> b.y",
            "a.x -> b.y",
        ];
        let rank = |text: &str| Specificity::of(&edge(text).expect("it is an edge"));
        let mut sorted = texts;
        sorted.sort_by_key(|it| rank(it));
        assert_eq!(
            sorted,
            [
                "* -> *",
                "#t -> *",
                "a -> *",
                "a.x -> *",
                "* -> #t",
                "#t -> #t",
                "a.x -> #t",
                "* -> b",
                "#t -> b",
                "a -> b",
                "a @ z -> b",
                "a.x -> b",
                "a -> b @ z",
                "* -> b.y",
                "a -> b.y",
                "a.x -> b.y"
            ]
        );
        assert_eq!(rank("web -> app"), rank("db -> mail"), "two names are equally specific");
    }

    #[test]
    fn a_policy_fits_the_call_sites_of_its_edge() {
        let directory = Directory::new(shop());
        let fits =
            |text: &str, from: Origin, to: u32| directory.fits(&edge(text).expect("an edge"), from, EndpointId(to));
        let render = Origin::Endpoint(EndpointId(0));
        assert!(fits("app -> db", render, 1) && fits("app.render -> db.query", render, 1));
        assert!(fits("* -> #store", render, 2) && fits("#tier -> *", render, 2));
        assert!(!fits("app -> db.write", render, 1) && !fits("web -> db", render, 1));
        assert!(!fits("#outside -> db", render, 1) && !fits("app.x -> db", render, 1));
        assert!(
            fits("shoppers -> web", Origin::Load(LoadId(1)), 4) && !fits("robots -> web", Origin::Load(LoadId(1)), 4)
        );
        assert!(fits("* -> *", Origin::Load(LoadId(0)), 5));
    }

    #[test]
    fn a_zone_hits_all_in_it() {
        let directory = Directory::new(shop());
        let parties = |text: &str| {
            let found = directory
                .address(&address(text).expect("well written"))
                .expect("it exists");
            let flags = directory.parties(&found);
            flags
                .into_iter()
                .map(|it| if it { 'x' } else { '.' })
                .collect::<String>()
        };
        // app: east west; db: east west east; mail: nowhere; web: west; then robots, shoppers (east).
        assert_eq!(parties("east"), "x.x.x...x");
        assert_eq!(parties("west"), ".x.x..x..");
        assert_eq!(parties("db"), "..xxx....");
        assert_eq!(parties("db @ east"), "..x.x....");
        assert_eq!(parties("*"), "xxxxxxxxx");
        assert_eq!(parties("* @ east"), "x.x.x...x");
    }
}
