//! Routers: what callers know of the replicas of one callee, where that is more than how many calls are out to each. Who
//! comes into question, by subsets, ejections, checks, zones and keys; and the pick among them.

use super::seen::{Dealt, Out, Seen};
use super::{Room, Stale};
use crate::ids::{EdgeId, ServiceId};
use crate::model::{Caller, Model, Routing, Spread};
use crate::rng::{Key, Purpose, Stream, Streams};
use crate::routing::hash::hash;
use crate::routing::health;
use crate::routing::outlier::OutlierState;
use crate::routing::priority::{self, Share};
use crate::routing::subset::Subset;
use crate::routing::zone_aware::Routes;
use crate::routing::{Balance, BalanceState, LoadReport, Observed, locality};
use crate::time::{SimTime, Span};

/// The picks of all callers over one edge with one balancer.
#[derive(Debug)]
pub(in crate::engine) struct Router {
    pub edge: EdgeId,
    pub service: ServiceId,
    /// Names it in digests.
    pub key: Key,
    pub balance: Balance,
    pub routing: Routing,
    pub slots: u32,
    pub first_outstanding: u32,
    pub first_replica: u32,
    /// The first of its rows, one for each caller instance, and of its checks, one for each of those and each slot.
    pub first_row: u32,
    pub first_check: u32,
    /// Some site picks by it at present.
    pub in_force: bool,
    /// It has picked.
    pub called: bool,
    pub callers: Vec<Hosts>,
    /// A hash that names each slot.
    pub(super) addresses: Vec<u64>,
    pub(super) zones: Vec<u32>,
    draws: Stream,
    /// For outlier detection.
    pub coin: Stream,
    /// For checks.
    pub check_draws: Stream,
    shard: Vec<u32>,
}

/// What one caller instance knows.
#[derive(Debug)]
pub(in crate::engine) struct Hosts {
    pub(super) stale: Stale,
    /// By slot.
    pub member: Vec<bool>,
    /// By slot, since when it is there; [`SimTime::ZERO`] is for ever. Empty unless somebody asks.
    pub(super) since: Vec<SimTime>,
    pub outlier: Option<OutlierState>,
    /// By slot; empty without checks.
    pub checks: Vec<Check>,
    pub(super) groups: Vec<Group>,
    /// By slot, its part among the groups, or [`NO_PART`].
    pub(super) parts: Vec<u32>,
    /// Too few are available: all are used.
    pub(super) panic: bool,
    pub(super) shares: Vec<Share>,
    pub(super) routes: Routes,
    pub(super) turns: locality::Turns,
}

/// What checks say of one replica.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Check {
    pub state: health::State,
    /// Bumped when the replica leaves.
    pub serial: u32,
    /// When the next one is scheduled.
    pub armed: SimTime,
    /// Of the one under way: when it must have been answered, and how long the answer takes.
    pub by: SimTime,
    pub back: Span,
}

/// Replicas that one pick chooses from, and where the balancer stands among them.
#[derive(Debug)]
pub(super) struct Group {
    /// Slots in order.
    pub all: Vec<u32>,
    /// Those of them that may be picked.
    pub members: Vec<u32>,
    pub state: BalanceState,
}

pub(super) const NO_PART: u32 = u32::MAX;

/// A caller or a replica without a zone is in this one.
const NO_ZONE: u32 = u32::MAX;

/// How far it is from zone to zone: the level that a replica is on for its caller.
fn distance(model: &Model, from: u32, to: u32) -> u32 {
    let region = |zone: u32| model.zones.get(zone as usize).map(|it| it.region);
    if from == to || from == NO_ZONE || to == NO_ZONE {
        0
    } else if region(from) == region(to) {
        1
    } else {
        2
    }
}

/// The zones in a caller's order: its own first. The place of each zone by its number.
fn own_first(zone: u32, own: u32) -> u32 {
    match zone {
        _ if zone == own => 0,
        _ if zone < own => zone + 1,
        _ => zone,
    }
}

/// How many groups there are, and the part of each slot for a caller in zone `own`. Where there is a group of all, parts
/// count from the one behind it.
fn parts(model: &Model, spread: Option<&Spread>, zones: &[u32], own: u32) -> (usize, Vec<u32>) {
    let by = |of: &dyn Fn(u32) -> u32| zones.iter().map(|it| of(*it)).collect();
    match spread {
        None | Some(Spread::Shuffle(_)) => (1, Vec::new()),
        Some(Spread::Cells(it)) => {
            let cells = it.cells;
            (
                cells as usize,
                (0..zones.len() as u32).map(|slot| slot % cells).collect(),
            )
        }
        Some(Spread::Priority { levels, .. }) if levels.is_empty() => (3, by(&|zone| distance(model, own, zone))),
        Some(Spread::Priority { levels, .. }) => {
            let level = |zone: u32| levels.iter().position(|it| it.iter().any(|it| it.0 == zone));
            // What no level names comes last.
            (levels.len() + 1, by(&|zone| level(zone).unwrap_or(levels.len()) as u32))
        }
        Some(Spread::ZoneAware(_)) if own == NO_ZONE => (1, Vec::new()),
        Some(Spread::ZoneAware(_)) => {
            let part = |zone| if zone == NO_ZONE { NO_PART } else { own_first(zone, own) };
            (1 + model.zones.len(), by(&part))
        }
        Some(Spread::Weighted { .. }) => (1 + model.zones.len(), by(&|zone| zone)),
    }
}

impl Router {
    /// The router of an edge. `key` names its draws.
    pub fn new(
        model: &Model,
        edge: EdgeId,
        balance: Balance,
        routing: Option<&Routing>,
        key: Key,
        room: Room,
        streams: &Streams,
    ) -> Router {
        let layout = model.layout();
        let row = &model.edges[edge.index()];
        let service = &model.services[row.callee.index()];
        let slots = service.places.len();
        let instances = layout.first_instance[edge.index() + 1] - layout.first_instance[edge.index()];
        let routing = routing.cloned().unwrap_or_default();
        let zones: Vec<u32> = service.places.iter().map(|it| it.map_or(NO_ZONE, |it| it.0)).collect();
        let mut draws = streams.stream(Purpose::Balance, key);
        let callers = (0..instances).map(|instance| {
            let own = match row.caller {
                Caller::Load(load) => model.loads[load.index()].zone,
                Caller::Service(service) => model.services[service.index()].places[instance as usize],
            };
            let own = own.map_or(NO_ZONE, |it| it.0);
            let (groups, parts) = parts(model, routing.spread.as_ref(), &zones, own);
            let group = |_| Group {
                all: Vec::new(),
                members: Vec::new(),
                state: balance.start(slots, &mut draws),
            };
            Hosts {
                stale: Stale::Unseen,
                member: vec![false; slots],
                since: match balance.slow_start() {
                    Some(_) => vec![SimTime::ZERO; slots],
                    None => Vec::new(),
                },
                outlier: None,
                checks: Vec::new(),
                groups: (0..groups).map(group).collect(),
                parts,
                panic: false,
                shares: Vec::new(),
                routes: Routes::Anywhere,
                turns: locality::Turns::default(),
            }
        });
        Router {
            edge,
            service: row.callee,
            key,
            balance,
            slots: slots as u32,
            first_outstanding: room.first_outstanding,
            first_replica: layout.first_replica[row.callee.index()],
            first_row: room.first_row,
            first_check: room.first_check,
            in_force: false,
            called: false,
            callers: callers.collect(),
            addresses: (0..slots as u64).map(|slot| hash(service.key.0, slot)).collect(),
            zones,
            coin: streams.stream(Purpose::Policy, key.child(u64::from(b'o'))),
            check_draws: streams.stream(Purpose::Policy, key.child(u64::from(b'c'))),
            draws,
            routing,
            shard: Vec::new(),
        }
    }

    /// Who is a member for a caller, of the first `active` replicas.
    fn members(&self, instance: usize, active: u32) -> Vec<u32> {
        let all: Vec<u32> = (0..active).collect();
        let Some(subset) = &self.routing.subset else { return all };
        let view = Seen {
            members: &all,
            ..self.nothing()
        };
        let caller = match subset {
            Subset::Deterministic { .. } => instance as u64,
            Subset::Rendezvous { .. } => hash(self.key.0, instance as u64),
        };
        let mut members = Vec::new();
        subset.choose(caller, &view, &mut members);
        members.sort_unstable();
        members
    }

    fn nothing(&self) -> Seen<'_> {
        Seen {
            members: &[],
            counts: &[],
            weights: &[],
            addresses: &self.addresses,
            zones: &self.zones,
            since: &[],
            out: Out {
                outlier: None,
                checks: &[],
            },
            now: SimTime::ZERO,
            key: 0,
        }
    }

    /// The service has so many active replicas at `now`: gives the slots that are new to a caller, in order. What is
    /// eligible is found out by the next pick.
    pub fn resize(&mut self, instance: usize, active: u32, now: SimTime) -> Vec<u32> {
        let members = self.members(instance, active);
        let hosts = &mut self.callers[instance];
        let first = hosts.stale == Stale::Unseen;
        let mut came = Vec::new();
        for slot in 0..self.slots {
            let (was, is) = (hosts.member[slot as usize], members.binary_search(&slot).is_ok());
            if was == is {
                continue;
            }
            hosts.member[slot as usize] = is;
            if let Some(outlier) = &mut hosts.outlier {
                if is {
                    outlier.join(slot as usize)
                } else {
                    outlier.leave(slot as usize)
                }
            }
            if is {
                came.push(slot);
                if !first && !hosts.since.is_empty() {
                    hosts.since[slot as usize] = now;
                }
            }
        }
        if !first {
            hosts.stale = Stale::Changed;
        }
        came
    }

    /// Somebody was taken out or let in.
    pub fn health_changed(&mut self, instance: usize) {
        let hosts = &mut self.callers[instance];
        if hosts.stale == Stale::No {
            hosts.stale = Stale::Changed;
        }
    }

    /// A replica has been found well after it was not.
    pub fn recovered(&mut self, instance: usize, slot: u32, now: SimTime) {
        if let Some(since) = self.callers[instance].since.get_mut(slot as usize) {
            *since = now;
        }
    }

    /// Picks one of those who are eligible, by slot, for a request with this key.
    pub fn pick(&mut self, instance: usize, now: SimTime, key: u64, counts: &[u32], weights: &[u32]) -> Option<u32> {
        let Router {
            balance,
            routing,
            callers,
            addresses,
            zones,
            draws,
            shard,
            ..
        } = self;
        let Hosts {
            groups,
            outlier,
            checks,
            since,
            panic,
            shares,
            routes,
            turns,
            ..
        } = &mut callers[instance];
        let group = match &routing.spread {
            None | Some(Spread::Shuffle(_)) => 0,
            Some(Spread::Cells(it)) => it.of(key) as usize,
            Some(Spread::Priority { .. }) => priority::pick(shares, draws)?,
            Some(_) if *panic => 0,
            Some(Spread::ZoneAware(it)) => {
                let zone = it.pick(routes, draws).map_or(0, |zone| zone + 1);
                if groups[zone].members.is_empty() { 0 } else { zone }
            }
            Some(Spread::Weighted { .. }) => turns.pick()? + 1,
        };
        let Group { all, members, state } = &mut groups[group];
        let mut members: &[u32] = members;
        if let Some(Spread::Shuffle(it)) = &routing.spread {
            it.deal(all.len() as u32, &mut Dealt { key, place: 0 }, shard);
            shard.iter_mut().for_each(|it| *it = all[*it as usize]);
            let is_well = |it: &u32| members.binary_search(it).is_ok();
            if routing.panic_threshold == 0 || shard.iter().any(is_well) {
                shard.retain(is_well);
            }
            members = shard;
        }
        let view = Seen {
            members,
            counts,
            weights,
            addresses,
            zones,
            since,
            out: Out {
                outlier: outlier.as_ref(),
                checks,
            },
            now,
            key,
        };
        let at = balance.pick(state, &view, draws)?;
        Some(members[at])
    }

    /// A call to a replica has ended: the balancer learns of it.
    pub fn observe(&mut self, instance: usize, observed: &Observed) {
        for Group { all, state, .. } in &mut self.callers[instance].groups {
            if all.binary_search(&(observed.slot as u32)).is_ok() {
                self.balance.observe(state, observed);
            }
        }
    }

    /// A replica has said how loaded it is.
    pub fn report(&mut self, instance: usize, slot: usize, report: &LoadReport) {
        for Group { state, .. } in &mut self.callers[instance].groups {
            self.balance.report(state, slot, report);
        }
    }
}
