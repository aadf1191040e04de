//! From names to ids: what an address means in one compiled variant, and which policy is the more specific one.
//!
//! The [`Directory`] knows names and who calls whom, nothing else. A mistake names the nearest name that would do.

mod edges;
mod lists;
mod specificity;

use std::collections::BTreeMap;

use brownout_sim_core::ids::{ChangeId, EndpointId, FaultId, LoadId, ServiceId, ZoneId};
use brownout_sim_core::model::Caller;
use brownout_sim_core::time::Span;

use crate::syntax::address::{Address, Subject};
use crate::syntax::{Placed, either, nearest};

pub use lists::{Lists, Named, Resolved, Unresolved};
pub use specificity::Specificity;

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

#[cfg(test)]
pub(crate) mod testing {
    //! A small system to address.
    use super::*;
    use brownout_sim_core::ids::EdgeId;

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
mod tests;
