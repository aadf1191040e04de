//! Routers in motion: picks, what becomes of calls, and outlier detection.

use super::WATCHED;
use crate::engine::Simulation;
use crate::engine::event::Event;
use crate::engine::pending::{Entry, Pending};
use crate::engine::slab::NONE;
use crate::ids::{ReplicaId, ServiceId};
use crate::model::{Caller, Spread};
use crate::outcome::Outcome;
use crate::results::{State, Subject};
use crate::routing::{Balance, Observed, outlier};

impl<Q: Pending> Simulation<'_, Q> {
    /// Picks among those who are eligible for a caller.
    #[inline(never)]
    pub(super) fn pick_by_router(&mut self, router: u32, instance: u32) -> Option<u32> {
        let (at, instance) = (router as usize, instance as usize);
        if self.callers.routers[at].is_stale(instance) {
            self.look(at, instance);
        }
        let router = &mut self.callers.routers[at];
        router.called = true;
        let from = router.first_outstanding as usize + instance * router.slots as usize;
        let counts = &self.callers.outstanding[from..from + router.slots as usize];
        let weights = &self.model.services[router.service.index()].weights;
        let slot = router.pick(instance, self.now, self.items.at_hand, counts, weights)?;
        Some(router.first_replica + slot)
    }

    /// A caller finds out who is eligible.
    fn look(&mut self, at: usize, instance: usize) {
        let callers = self.callers_by_zone(at, instance);
        let router = &mut self.callers.routers[at];
        let from = router.first_outstanding as usize + instance * router.slots as usize;
        let counts = &self.callers.outstanding[from..from + router.slots as usize];
        let weights = &self.model.services[router.service.index()].weights;
        router.look(instance, self.now, counts, weights, &callers);
    }

    /// How many callers there are in each zone, the zone of this one first; for routers that ask.
    fn callers_by_zone(&self, at: usize, instance: usize) -> Vec<u32> {
        let router = &self.callers.routers[at];
        let asks = matches!(router.routing.spread, Some(Spread::ZoneAware(_)));
        if !asks || self.model.zones.is_empty() {
            return Vec::new();
        }
        let mut callers = vec![0; self.model.zones.len()];
        let own = match self.model.edges[router.edge.index()].caller {
            Caller::Load(load) => {
                let load = &self.model.loads[load.index()];
                let own = load.zone.map_or(0, |it| it.index());
                callers[own] = load.clients;
                own
            }
            Caller::Service(service) => {
                let places = &self.model.services[service.index()].places;
                let active = self.services[service.index()].active as usize;
                let zones = places[..active].iter().flatten();
                zones.for_each(|it| callers[it.index()] += 1);
                places[instance].map_or(0, |it| it.index())
            }
        };
        callers[..=own].rotate_right(1);
        callers
    }

    /// An attempt of a caller with a router has ended for its caller: its count, and what the router makes of it.
    #[inline(never)]
    pub(in crate::engine) fn watched_ended(&mut self, attempt: u32, outcome: Outcome) {
        let row = &self.attempts[attempt];
        let place = row.outstanding & !WATCHED;
        self.callers.outstanding[place as usize] -= 1;
        let at = self.sites[row.site.index()].router;
        let (sent, replica) = (row.sent, row.replica);
        if at == NONE {
            return; // A change has put a simpler balancer in place.
        }
        let now = self.now;
        let at = at as usize;
        let router = &mut self.callers.routers[at];
        let instance = ((place - router.first_outstanding) / router.slots) as usize;
        let slot = (replica - router.first_replica) as usize;
        let rtt = now.since(sent);
        router.observe(
            instance,
            &Observed {
                now,
                slot,
                rtt,
                outcome,
            },
        );
        if matches!(router.balance, Balance::ClientSideWrr(_)) {
            self.report_load(at, instance, slot, outcome);
        }
        let router = &mut self.callers.routers[at];
        if let (Some(it), Some(of)) = (&router.routing.outlier, &mut router.callers[instance].outlier)
            && let Some(change) = it.settle(of, now, slot, outcome, &mut router.coin)
        {
            self.ejection(at, instance, change);
        }
        self.check_observed(at, instance, slot, outcome);
    }

    /// Outlier detection has acted.
    pub(super) fn ejection(&mut self, at: usize, instance: usize, change: outlier::Change) {
        let router = &mut self.callers.routers[at];
        router.health_changed(instance);
        let replica = ReplicaId(router.first_replica + change.slot as u32);
        let of = Subject::Outlier(router.edge, instance as u32, replica);
        self.transition(
            of,
            match change.ejected {
                true => State::Ejected(change.cause),
                false => State::LetIn(change.cause),
            },
        );
    }

    /// Routers by which some site picks now, and did not before, begin: nothing is known yet.
    pub(in crate::engine) fn begin_routers(&mut self) {
        let now = self.now;
        for at in 0..self.callers.routers.len() {
            let in_force = self.sites.iter().any(|it| it.router == at as u32);
            let router = &mut self.callers.routers[at];
            if core::mem::replace(&mut router.in_force, in_force) || !in_force {
                continue;
            }
            let slots = router.slots as usize;
            let first_row = router.first_row;
            for instance in 0..self.callers.routers[at].callers.len() {
                let router = &mut self.callers.routers[at];
                let hosts = &mut router.callers[instance];
                hosts.member.fill(false);
                hosts.checks.clear();
                hosts.outlier = router.routing.outlier.as_ref().map(|it| it.start(slots, 0, now));
                let tick = router.routing.outlier.as_ref().zip(hosts.outlier.as_ref());
                if let Some(due) = tick.map(|(it, of)| it.next_tick(of)) {
                    self.schedule(due, Event::OutlierDue, 0, first_row + instance as u32, 0);
                }
                self.find_members(at, instance);
            }
        }
    }

    /// A service has another number of replicas.
    pub(in crate::engine) fn members_changed(&mut self, service: ServiceId) {
        for at in 0..self.callers.routers.len() {
            let router = &self.callers.routers[at];
            let callee = router.in_force && router.service == service;
            let calls = self.model.edges[router.edge.index()].caller == Caller::Service(service);
            for instance in 0..router.callers.len() {
                if callee {
                    self.find_members(at, instance);
                } else if calls {
                    // Zones weigh callers against replicas.
                    self.callers.routers[at].health_changed(instance);
                }
            }
        }
    }

    fn find_members(&mut self, at: usize, instance: usize) {
        let router = &mut self.callers.routers[at];
        let active = self.services[router.service.index()].active;
        let came = router.resize(instance, active, self.now);
        self.begin_checks(at, instance, &came);
    }

    pub(in crate::engine) fn on_outlier_due(&mut self, entry: Entry) {
        let at = self.callers.routers.partition_point(|it| it.first_row <= entry.index) - 1;
        let router = &mut self.callers.routers[at];
        let instance = (entry.index - router.first_row) as usize;
        let (Some(it), Some(of)) = (&router.routing.outlier, &mut router.callers[instance].outlier) else {
            return;
        };
        if !router.in_force || it.next_tick(of) != entry.time() {
            return; // It is no longer asked, or began anew.
        }
        let mut changes = Vec::new();
        it.tick(of, self.now, &mut router.coin, |it| changes.push(it));
        let due = it.next_tick(of);
        let key = router.key.child(instance as u64).0;
        self.happened(Event::OutlierDue, key);
        for change in changes {
            self.ejection(at, instance, change);
        }
        self.schedule(due, Event::OutlierDue, 0, entry.index, 0);
    }
}
