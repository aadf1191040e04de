//! What is addressed: the lists of names, what an address means in them, and how it fails.

use core::ops::Range;

use brownout_sim_core::ids::{EdgeId, EndpointId, LoadId, ServiceId, ZoneId};
use brownout_sim_core::model::Caller;
use brownout_sim_core::time::Span;

use super::Entity;
use crate::syntax::SyntaxError;

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
    pub(super) fn new(at: Range<usize>, what: impl Into<String>) -> Unresolved {
        Unresolved {
            at,
            what: what.into(),
            nearest: None,
            help: None,
        }
    }

    pub(super) fn nearest(self, nearest: Option<impl Into<String>>) -> Unresolved {
        Unresolved {
            nearest: nearest.map(Into::into),
            ..self
        }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Unresolved {
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

impl Resolved {
    pub(super) fn add(&mut self, entity: Entity) {
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
