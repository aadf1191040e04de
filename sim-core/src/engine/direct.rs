//! Requests that go straight to a service and end there: no delay on the way, nothing around the call, no flow behind its
//! work. It is the way of every other request, step by step and in the same order, without the steps that cannot happen.

use super::Simulation;
use super::arena::{Attempt, CallRef, Child, LEAN, Parent, Phase, Task};
use super::attempt::drawn;
use super::discipline::next_of;
use super::pending::Pending;
use super::recorder::DirectEnd;
use super::server::take_worker;
use super::site::SiteShape;
use super::slab::NONE;
use crate::ids::{LoadId, SiteId};
use crate::model::{Model, WorkPer};
use crate::outcome::Outcome;
use crate::quantity::Chance;
use crate::time::{SimTime, Span};

/// Whether calls from a site go the short way, as long as their replica is as it should be and the network undisturbed.
pub(super) fn is_direct(site: &SiteShape<'_>, model: &Model) -> bool {
    let is_instant = site
        .links
        .iter()
        .all(|it| it.latency.is_none() && it.connect.is_none() && it.loss == Chance::NEVER);
    site.is_lean
        && model.loads.get(site.load as usize).is_some_and(|it| it.mix.len() == 1)
        && is_instant
        && !site.sends_bytes
        && !site.answers_bytes
        && !site.is_choosy
        && site.attempt_timeout == NONE
        && site.first_outstanding == NONE
        && site.steps.0 == site.steps.1
        && site.endpoint.work.is_some()
        && site.endpoint.work_per == WorkPer::Attempt
}

impl<Q: Pending> Simulation<'_, Q> {
    /// The replica that the next request from a direct site goes to, if nothing disturbs its way there.
    #[inline(always)]
    pub(super) fn pick_directly(&mut self, site: SiteId) -> Option<u32> {
        let live = self.limits.live;
        if !self.network_rules.is_empty() || self.calls.reaches(live) || self.attempts.reaches(live) {
            return None;
        }
        self.pick(site, 0)
    }

    /// Sends a request to a replica by the short way, unless that is not as it should be: its attempt's key, and the word
    /// that its work is drawn from.
    #[inline(always)]
    pub(super) fn send_directly(&mut self, load: LoadId, site_id: SiteId, replica: u32, key: u64, word: u64) -> bool {
        let party = self.replicas.len() as u32 + load.0;
        let place = &mut self.replicas[replica as usize];
        if !place.ends_plainly || place.serving || place.impatient {
            return false;
        }
        let site = &self.sites[site_id.index()];
        let waits = !place.has_room();
        if waits && place.queue.len >= place.queue_limit {
            return false;
        }
        let now = self.now;
        let measured = self.recorder.direct_begun(load);
        if self.recorder.draws {
            self.recorder
                .direct_begun_in_timeline(load, site.lane, place.service, now);
        }
        let settings = &self.model.loads[load.index()];
        let work = site.endpoint.work.as_ref().expect("a direct site has work");
        let work = drawn(work, &self.streams, word, key, 0);
        let (attempt, row) = self.attempts.claim();
        row.call = LEAN;
        row.key = key;
        row.site = site_id;
        row.replica = replica;
        row.outstanding = NONE;
        row.plan_state = NONE;
        row.party = party;
        row.outcome = Outcome::Ok;
        row.measured = measured;
        row.measured_at_service = measured;
        row.degraded = false;
        row.doomed = false;
        row.push_back = Span::ZERO;
        row.has_worker = false;
        row.foreseen = false;
        row.reply_lost = false;
        row.class = settings.class.0 as u16;
        row.priority = settings.priority;
        row.depth = 0;
        row.sent = now;
        row.deadline = SimTime::MAX;
        row.child = Child::None;
        row.task = Task::IDLE;
        row.work = work;
        row.back = Span::ZERO;
        row.parent = Parent::Load(NONE);
        (row.sibling_next, row.sibling_previous) = (CallRef::NONE, CallRef::NONE);
        row.item = 0;
        row.arrived = now;
        row.started = SimTime::MAX;
        place.touch(&mut self.time_shares, now);
        place.inside += 1;
        place.inside_max = place.inside_max.max(place.inside);
        if waits {
            row.phase = Phase::Queued;
            place.queue.push_back(&mut self.attempts, attempt);
            place.queue_max = place.queue_max.max(place.queue.len);
        } else {
            let begun = take_worker(row, place, site, &mut self.recorder, now);
            self.begin(attempt, begun);
        }
        true
    }

    /// Whether a request whose work is done, at a replica that is as it should be, ends by the short way: nobody disturbs
    /// the answer.
    #[inline(always)]
    pub(super) fn ends_directly(&self, row: &Attempt) -> bool {
        self.sites[row.site.index()].is_direct
            && row.call == LEAN
            && row.arrived == row.sent
            && self.network_rules.is_empty()
    }

    /// Such a request ends, and the next in line begins.
    #[inline(always)]
    pub(super) fn finish_directly(&mut self, attempt: u32) {
        debug_assert!(self.agenda.is_empty(), "nothing comes first");
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let replica = row.replica;
        let place = &mut self.replicas[replica as usize];
        let site = &self.sites[row.site.index()];
        let load = LoadId(site.load);
        let Parent::Load(slot) = row.parent else {
            unreachable!("a direct site is a load's");
        };
        place.touch(&mut self.time_shares, now);
        place.free_worker(row, now);
        place.inside -= 1;
        place.sojourn = place.sojourn.wrapping_add(now.since(row.arrived).nanos());
        let end = DirectEnd {
            start: row.arrived,
            started: row.started,
            measured: row.measured,
            work: row.work,
            objective: self.model.loads[load.index()].objective,
        };
        row.call = NONE;
        self.recorder.direct_ended(load, site.callee, &end, now);
        if self.recorder.draws {
            self.recorder
                .direct_ended_in_timeline(load, site.lane, place.service, &end, now);
        }
        self.attempts.remove(attempt);
        if place.waiting() > 0 && place.busy < place.workers {
            self.serve_plainly(replica);
        }
        if slot != NONE {
            self.request_is_over(load, slot);
        }
    }

    /// A worker is free where somebody waits: as [`Simulation::serve`] for a replica that is as it should be.
    #[inline(always)]
    fn serve_plainly(&mut self, replica: u32) {
        let now = self.now;
        let place = &mut self.replicas[replica as usize];
        if place.resume.len > 0 {
            return self.serve(replica);
        }
        let first = match place.queue.len {
            1 => place.queue.first,
            _ => next_of(&place.queue, self.services[place.service.index()].queue.order),
        };
        if self.attempts[first].deadline <= now {
            return self.serve(replica);
        }
        place.queue.remove(&mut self.attempts, first);
        let row = &mut self.attempts[first];
        row.task.epoch = row.task.epoch.wrapping_add(1);
        let site = &self.sites[row.site.index()];
        let begun = take_worker(row, place, site, &mut self.recorder, now);
        let goes_on = place.queue.len > 0 && place.busy < place.workers;
        self.begin(first, begun);
        if goes_on {
            self.serve(replica);
        }
    }
}
