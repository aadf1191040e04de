//! Health checks as messages: sent in the background, delayed and lost like all others, and answered by a replica's process
//! whatever its workers do.
//!
//! A dead process refuses, a lost machine or a frozen process does not answer, a slow one answers as ever: that is what
//! checks do not see. A caller that is down or frozen sends none.

use super::router::Check as Row;
use crate::engine::Simulation;
use crate::engine::event::Event;
use crate::engine::pending::{Entry, Pending};
use crate::engine::replica::Condition;
use crate::ids::ReplicaId;
use crate::model::Caller;
use crate::outcome::Outcome;
use crate::results::{State, Subject};
use crate::rng::Draw;
use crate::routing::health::Check;
use crate::time::{SimTime, Span};

/// Which check an entry is of.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    instance: usize,
    slot: usize,
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Checks of these slots begin for a caller.
    pub(super) fn begin_checks(&mut self, at: usize, instance: usize, came: &[u32]) {
        let router = &mut self.callers.routers[at];
        let Some(checks) = &router.routing.health else { return };
        let hosts = &mut router.callers[instance];
        let first = hosts.checks.is_empty();
        let mut begin = |place: u32, count: u32| checks.health.start(self.now, place, count, &mut router.check_draws);
        if first {
            let nothing = Row {
                state: begin(0, 1),
                serial: 0,
                armed: SimTime::MAX,
                by: SimTime::MAX,
                back: Span::ZERO,
            };
            hosts.checks = vec![nothing; router.slots as usize];
        }
        for (place, &slot) in came.iter().enumerate() {
            let row = &mut hosts.checks[slot as usize];
            row.state = begin(place as u32, came.len() as u32);
            row.serial += 1;
            row.armed = SimTime::MAX;
        }
        for &slot in came {
            let slot = slot as usize;
            self.arm_check(Place { at, instance, slot });
        }
    }

    fn check(&mut self, place: Place) -> &mut Row {
        &mut self.callers.routers[place.at].callers[place.instance].checks[place.slot]
    }

    fn index_of_check(&self, place: Place) -> u32 {
        let router = &self.callers.routers[place.at];
        router.first_check + place.instance as u32 * router.slots + place.slot as u32
    }

    /// The check that an entry is of, if that is still of interest.
    fn place_of_check(&mut self, entry: &Entry) -> Option<Place> {
        let routers = &self.callers.routers;
        let at = routers.partition_point(|it| it.first_check <= entry.index) - 1;
        let router = &routers[at];
        let row = entry.index - router.first_check;
        let place = Place {
            at,
            instance: (row / router.slots) as usize,
            slot: (row % router.slots) as usize,
        };
        let hosts = &router.callers[place.instance];
        let here = router.in_force && hosts.member[place.slot];
        (here && hosts.checks[place.slot].serial == entry.generation).then_some(place)
    }

    /// The next check is scheduled, if it is not already.
    fn arm_check(&mut self, place: Place) {
        let index = self.index_of_check(place);
        let now = self.now;
        let row = self.check(place);
        if let Some(due) = row.state.due()
            && due != row.armed
        {
            row.armed = due;
            let (at, serial) = (due.max(now), row.serial);
            row.armed = at;
            self.schedule(at, Event::CheckDue, 0, index, serial);
        }
    }

    /// The party that sends a caller's checks.
    fn checker(&self, place: Place) -> u32 {
        match self.model.edges[self.callers.routers[place.at].edge.index()].caller {
            Caller::Load(load) => self.replicas.len() as u32 + load.0,
            Caller::Service(service) => self.layout.first_replica[service.index()] + place.instance as u32,
        }
    }

    fn happened_to_check(&mut self, event: Event, place: Place) {
        let key = self.callers.routers[place.at].key;
        let key = key.child(place.instance as u64).child(place.slot as u64).0;
        self.happened(event, key);
    }

    pub(in crate::engine) fn on_check_due(&mut self, entry: Entry) {
        let Some(place) = self.place_of_check(&entry) else {
            return;
        };
        if self.check(place).armed != entry.time() {
            return; // It was brought forward.
        }
        let now = self.now;
        let (party, replica) = (
            self.checker(place),
            self.callers.routers[place.at].first_replica + place.slot as u32,
        );
        let router = &mut self.callers.routers[place.at];
        let checks = router.routing.health.as_ref().expect("only routers with checks check");
        let sends = self
            .replicas
            .get(party as usize)
            .is_none_or(|it| it.exists && it.condition == Condition::Up && !it.paused);
        if !sends {
            let (at, index) = (now + checks.health.interval(), entry.index);
            self.check(place).armed = at;
            return self.schedule(at, Event::CheckDue, 0, index, entry.generation);
        }
        let row = &mut router.callers[place.instance].checks[place.slot];
        row.armed = SimTime::MAX;
        row.by = checks.health.begin(&mut row.state, now);
        let scope = self.callers.scope(party, replica);
        let router = &mut self.callers.routers[place.at];
        let link = self.links[self.model.edges[router.edge.index()].links[scope].index()];
        let draws = &mut router.check_draws;
        let (words, mut delays) = ([draws.bits(), draws.bits()], [Span::ZERO; 2]);
        if let Some(latency) = &link.latency {
            delays = [latency.sample(draws), latency.sample(draws)];
        }
        let mut lost = words.iter().any(|it| link.loss.happens(*it));
        for (way, delay) in delays.iter_mut().enumerate() {
            let (from, to) = if way == 0 { (party, replica) } else { (replica, party) };
            let path = self.disturb(from, to, words[way], *delay);
            *delay = path.0;
            lost |= path.1;
        }
        self.happened_to_check(Event::CheckDue, place);
        let row = self.check(place);
        row.back = delays[1];
        if lost || now + delays[0] > row.by {
            self.end_check_later(place, Check::Failed, None);
        } else if delays[0] == Span::ZERO {
            self.check_arrives(place);
        } else {
            self.schedule(now + delays[0], Event::CheckArrived, 0, entry.index, entry.generation);
        }
    }

    pub(in crate::engine) fn on_check_arrived(&mut self, entry: Entry) {
        let Some(place) = self.place_of_check(&entry) else {
            return;
        };
        self.happened_to_check(Event::CheckArrived, place);
        self.check_arrives(place);
    }

    /// A check reaches its replica, which answers or not.
    fn check_arrives(&mut self, place: Place) {
        let replica = self.callers.routers[place.at].first_replica + place.slot as u32;
        let row = &self.replicas[replica as usize];
        let answer = match row.condition {
            Condition::Gone => None,
            Condition::Crashed => Some(Check::Failed),
            Condition::Up if row.paused => None,
            Condition::Up if self.dependencies_answer(place, replica) => Some(Check::Passed),
            Condition::Up => Some(Check::FailedAtOnce),
        };
        let back = self.check(place).back;
        match answer {
            Some(answer) => self.end_check_later(place, answer, Some(self.now + back)),
            None => self.end_check_later(place, Check::Failed, None),
        }
    }

    /// Whether of all services that a check depends on some replica answers the one checked.
    fn dependencies_answer(&self, place: Place, replica: u32) -> bool {
        let checks = self.callers.routers[place.at].routing.health.as_ref();
        let mut services = checks.into_iter().flat_map(|it| &it.depends_on);
        services.all(|service| {
            let first = self.layout.first_replica[service.index()];
            (first..first + self.services[service.index()].active).any(|other| {
                let row = &self.replicas[other as usize];
                let up = row.condition == Condition::Up && !row.paused;
                // Of losses by chance none happens with this word; a cut is one whatever the word.
                let reached = |from, to| !self.disturb(from, to, u64::MAX, Span::ZERO).1;
                up && reached(replica, other) && reached(other, replica)
            })
        })
    }

    /// A check ends at `answered`, or when it has to be given up.
    fn end_check_later(&mut self, place: Place, check: Check, answered: Option<SimTime>) {
        let index = self.index_of_check(place);
        let (by, serial) = (self.check(place).by, self.check(place).serial);
        match answered.filter(|it| *it <= by) {
            Some(at) if at == self.now => self.end_check(place, check),
            Some(at) => self.schedule(at, Event::CheckEnded, check as u16, index, serial),
            None => self.schedule(by, Event::CheckEnded, Check::Failed as u16, index, serial),
        }
    }

    pub(in crate::engine) fn on_check_ended(&mut self, entry: Entry) {
        let Some(place) = self.place_of_check(&entry) else {
            return;
        };
        self.happened_to_check(Event::CheckEnded, place);
        let all = [Check::Passed, Check::Failed, Check::FailedAtOnce];
        let check = all.into_iter().find(|it| *it as u16 == entry.epoch());
        self.end_check(place, check.expect("a check ends in one of three ways"));
    }

    fn end_check(&mut self, place: Place, check: Check) {
        let Place { at, instance, slot } = place;
        let now = self.now;
        let router = &mut self.callers.routers[at];
        let hosts = &mut router.callers[instance];
        let Some(checks) = &router.routing.health else { return };
        let state = &mut hosts.checks[slot].state;
        let change = checks
            .health
            .result(state, now, check, router.called, &mut router.check_draws);
        let let_in = match (check, &router.routing.outlier, &mut hosts.outlier) {
            (Check::Passed, Some(it), Some(of)) => it.check_passed(of, now, slot),
            _ => None,
        };
        if let Some(change) = change {
            self.check_changed(place, change.up);
        }
        if let Some(change) = let_in {
            self.ejection(at, instance, change);
        }
        self.arm_check(place);
    }

    fn check_changed(&mut self, place: Place, up: bool) {
        let router = &mut self.callers.routers[place.at];
        router.health_changed(place.instance);
        if up {
            router.recovered(place.instance, place.slot as u32, self.now);
        }
        let replica = ReplicaId(router.first_replica + place.slot as u32);
        let of = Subject::Check(router.edge, place.instance as u32, replica);
        self.transition(of, if up { State::Up } else { State::Down });
    }

    /// A call to a replica has ended: checks that observe real traffic learn of it.
    pub(super) fn check_observed(&mut self, at: usize, instance: usize, slot: usize, outcome: Outcome) {
        let router = &mut self.callers.routers[at];
        let (Some(checks), Some(row)) = (&router.routing.health, router.callers[instance].checks.get_mut(slot)) else {
            return;
        };
        let change = checks.health.observed(&mut row.state, self.now, outcome);
        let place = Place { at, instance, slot };
        if let Some(change) = change {
            self.check_changed(place, change.up);
        }
        self.arm_check(place);
    }
}
