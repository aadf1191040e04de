//! Requests that go straight to a service and end there: no delay on the way, nothing around the call, no flow behind its
//! work. It is the way of every other request, step by step and in the same order, without the steps that cannot happen.

use super::Simulation;
use super::arena::{Attempt, CallRef, Child, Computing, LEAN, Parent, Phase, Task};
use super::arrivals::LoadState;
use super::event::Event;
use super::pending::Pending;
use super::recorder::Recorder;
use super::replica::{Replica, raise};
use super::site::SiteShape;
use super::slab::{NONE, Row};
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

    /// Sends a request to a replica by the short way, unless that is not as it should be. Its key and work are known ahead,
    /// at this place.
    #[inline(always)]
    pub(super) fn send_directly(&mut self, load: LoadId, replica: u32, place_ahead: usize) -> bool {
        let party = self.replicas.len() as u32 + load.0;
        let place = &mut self.replicas[replica as usize];
        if !place.takes_plainly || place.serving {
            return false;
        }
        let waits = !place.has_room();
        if waits && place.queue.len >= place.queue_limit {
            return false;
        }
        let now = self.now;
        let state = &self.loads[load.index()];
        let (key, work) = state.known_soon(place_ahead);
        let measured = self.recorder.direct_begun(load);
        if self.recorder.draws {
            let lane = self.sites[state.site.index()].lane;
            self.recorder.direct_begun_in_timeline(load, lane, place.service, now);
        }
        let (attempt, row) = self.attempts.claim();
        if !(row.is_laid && row.site == state.site && row.party == party) {
            lay(row, state, party);
        }
        debug_assert!(is_laid(row, state, party), "nothing of it has changed");
        row.is_laid = false;
        row.call = LEAN;
        row.key = key;
        row.replica = replica;
        row.measured = measured;
        row.measured_at_service = measured;
        row.sent = now;
        row.task = Task::IDLE;
        row.work = work;
        row.arrived = now;
        row.started = SimTime::MAX;
        place.touch(&mut self.time_shares, now);
        place.inside += 1;
        raise(&mut place.inside_max, place.inside);
        if waits {
            row.phase = Phase::Queued;
            place.queue.push_back(&mut self.attempts, attempt);
            raise(&mut place.queue_max, place.queue.len);
        } else {
            take_worker_directly(row, place, &mut self.recorder, load, now);
            let (until, epoch, generation) = (row.task.until, row.task.epoch, row.generation);
            self.schedule_work(until, epoch, attempt, generation);
        }
        true
    }

    /// A request whose work is done, at a replica that is as it should be, ends by the short way, and the next in line
    /// begins.
    #[inline(always)]
    pub(super) fn finish_directly(&mut self, attempt: u32) {
        debug_assert!(self.agenda.is_empty(), "nothing comes first");
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let (replica, load) = (row.replica, LoadId(row.party - self.replicas.len() as u32));
        let place = &mut self.replicas[replica as usize];
        let Parent::Load(slot) = row.parent else {
            unreachable!("a direct site is a load's");
        };
        place.touch(&mut self.time_shares, now);
        place.free_worker(row, now);
        place.inside -= 1;
        place.sojourn = place.sojourn.wrapping_add(now.since(row.arrived).nanos());
        row.call = NONE;
        row.is_laid = true;
        row.generation = row.generation.wrapping_add(1);
        self.recorder.direct_ended(load, row, now);
        if self.recorder.draws {
            let lane = self.sites[row.site.index()].lane;
            self.recorder
                .direct_ended_in_timeline(load, lane, place.service, row, now);
        }
        self.attempts.remove_ended(attempt);
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
        let party = self.replicas.len() as u32;
        let place = &mut self.replicas[replica as usize];
        let first = place.queue.first;
        if place.resume.len > 0 || !place.is_fifo || !self.attempts[first].is_direct {
            return self.serve(replica);
        }
        place.queue.remove_first(&mut self.attempts);
        let row = &mut self.attempts[first];
        row.task.epoch = row.task.epoch.wrapping_add(1);
        let load = LoadId(row.party - party);
        take_worker_directly(row, place, &mut self.recorder, load, now);
        let goes_on = place.queue.len > 0 && place.busy < place.workers;
        let (until, epoch, generation) = (row.task.until, row.task.epoch, row.generation);
        self.schedule_work(until, epoch, first, generation);
        if goes_on {
            self.serve(replica);
        }
    }

    #[inline(always)]
    fn schedule_work(&mut self, until: SimTime, epoch: u16, attempt: u32, generation: u32) {
        if until != SimTime::MAX {
            let entry = self.entry(until, Event::WorkDone, epoch, attempt, generation);
            self.pending.push(entry);
        }
    }
}

/// Makes a row one of a request from this load to its direct site, but for what differs from request to request.
#[inline(never)]
fn lay(row: &mut Attempt, load: &LoadState<'_>, party: u32) {
    *row = Attempt {
        generation: row.generation,
        site: load.site,
        party,
        is_direct: true,
        class: load.class,
        priority: load.priority,
        parent: Parent::Load(NONE),
        ..Attempt::VACANT
    };
}

/// Whether a row is as if it were just made so. A request that ends by the short way leaves it like this for the next one.
fn is_laid(row: &Attempt, load: &LoadState<'_>, party: u32) -> bool {
    let of_load =
        row.site == load.site && row.party == party && row.class == load.class && row.priority == load.priority;
    let goes_well = row.outcome == Outcome::Ok && !row.degraded && !row.doomed && !row.reply_lost && !row.has_worker;
    let is_plain = row.is_direct && !row.foreseen && row.depth == 0 && row.item == 0 && row.child == Child::None;
    let is_free = (row.outstanding, row.plan_state) == (NONE, NONE) && row.parent == Parent::Load(NONE);
    let is_alone = (row.sibling_next, row.sibling_previous) == (CallRef::NONE, CallRef::NONE);
    let is_instant = (row.push_back, row.back, row.deadline) == (Span::ZERO, Span::ZERO, SimTime::MAX);
    of_load && goes_well && is_plain && is_free && is_alone && is_instant
}

/// A request of a direct site gets its worker, at a replica that is as it should be, whose areas are up to date: as
/// [`take_worker`](super::server::take_worker), without what cannot happen. No twin of it waits for word, as its site has no
/// hedge.
#[inline(always)]
fn take_worker_directly(row: &mut Attempt, place: &mut Replica, recorder: &mut Recorder, load: LoadId, now: SimTime) {
    debug_assert!(!place.odd && row.is_direct, "nothing changes its work");
    place.hold_worker(row, now);
    row.started = now;
    recorder.direct(load).got_worker(row, now);
    if recorder.draws {
        recorder.direct_got_worker_in_timeline(place.service, row, now);
    }
    // There are no steps behind the work.
    (row.step, row.steps_end) = (0, 0);
    row.task.computing = Computing::Running;
    row.task.until = now + row.work;
}

/// Whether a request whose work is done ends by the short way, if its replica is as it should be and the network
/// undisturbed: its site is a direct one, somebody waits, and it came in when it was sent.
#[inline(always)]
pub(super) fn ends_directly(row: &Attempt) -> bool {
    row.is_direct && row.call == LEAN && row.arrived == row.sent
}
