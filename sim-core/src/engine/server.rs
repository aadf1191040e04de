//! What a replica does with a call: admission, workers, and the answer.

use super::arena::{Attempt, Child, Computing, Phase};
use super::event::Event;
use super::pending::{Entry, Pending};
use super::recorder::Recorder;
use super::replica::{Condition, Replica};
use super::site::SiteShape;
use super::slab::NONE;
use super::{Deed, Simulation};
use crate::component::quota::Answer;
use crate::model::ErrorWhen;
use crate::outcome::Outcome;
use crate::rng::Purpose;
use crate::time::{SimTime, Span};

/// An attempt leaves its replica. Gives whether its worker is free for somebody who may wait.
#[inline(always)]
fn leave(
    row: &mut Attempt,
    place: &mut Replica,
    site: &SiteShape<'_>,
    recorder: &mut Recorder,
    shares: &mut [u128],
    now: SimTime,
    outcome: Outcome,
) -> bool {
    place.touch(shares, now);
    let frees = row.has_worker;
    if frees {
        place.free_worker(row, now);
    }
    row.task.epoch = row.task.epoch.wrapping_add(1);
    row.task.computing = Computing::No;
    debug_assert_eq!(row.child, Child::None, "what it waited for was abandoned before");
    place.inside -= 1;
    let took = now.since(row.arrived);
    place.sojourn = place.sojourn.wrapping_add(took.nanos());
    recorder.left_service(place.service, site.callee, row, took, now, outcome);
    frees
}

/// How a call goes on that has just got its worker.
pub(super) enum Begun {
    /// It computes, with nothing out of the ordinary.
    Works {
        until: SimTime,
        epoch: u16,
        generation: u32,
    },
    /// It computes for so long, if nothing slows it down.
    WorksOddly(Span),
    /// Its flow begins at once.
    Flows,
}

/// A new call gets its worker; the replica's areas are up to date.
#[inline(always)]
pub(super) fn take_worker(
    row: &mut Attempt,
    place: &mut Replica,
    site: &SiteShape<'_>,
    recorder: &mut Recorder,
    now: SimTime,
) -> Begun {
    place.hold_worker(row, now);
    row.started = now;
    recorder.got_worker(place.service, site.callee, row.measured_at_service, row.arrived, now);
    (row.step, row.steps_end) = site.steps;
    if !site.works {
        return Begun::Flows;
    }
    if place.odd {
        return Begun::WorksOddly(row.work);
    }
    let until = now + row.work;
    row.task.computing = Computing::Running;
    row.task.until = until;
    Begun::Works {
        until,
        epoch: row.task.epoch,
        generation: row.generation,
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A request reaches its replica: an outbound attempt stays.
    #[inline(never)]
    pub(super) fn on_delivered(&mut self, attempt: u32) {
        let key = self.attempts[attempt].key;
        self.happened(Event::Delivered, key);
        self.arrive_here(attempt);
    }

    /// A request reaches its replica at the instant it was sent.
    #[inline(never)]
    pub(super) fn arrive(&mut self, attempt: u32) {
        self.arrive_here(attempt);
    }

    /// A request reaches its replica: it is refused, queued, or at once in service.
    #[inline(always)]
    fn arrive_here(&mut self, attempt: u32) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let site = &self.sites[row.site.index()];
        if place.odd || place.serving || site.is_choosy || row.outcome == Outcome::Cancelled {
            return self.arrive_oddly(attempt);
        }
        row.arrived = now;
        row.started = SimTime::MAX;
        row.measured_at_service = self.recorder.arrived_at_service(place.service, site.callee, now);
        place.touch(&mut self.time_shares, now);
        place.inside += 1;
        if !place.has_room() {
            return self.take_in(attempt);
        }
        place.inside_max = place.inside_max.max(place.inside);
        let begun = take_worker(row, place, site, &mut self.recorder, now);
        self.begin(attempt, begun);
    }

    /// A request reaches a replica that is not there to take it in, or that looks at it closely.
    #[inline(never)]
    fn arrive_oddly(&mut self, attempt: u32) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        if place.condition != Condition::Up || place.paused {
            return self.arrive_in_vain(attempt);
        }
        let site = &self.sites[row.site.index()];
        row.arrived = now;
        row.started = SimTime::MAX;
        row.measured_at_service = self.recorder.arrived_at_service(place.service, site.callee, now);
        if row.measured_at_service {
            self.cost_calls += u128::from(site.endpoint.price_per_call.0);
        }
        place.touch(&mut self.time_shares, now);
        place.inside += 1;
        if !self.is_turned_away(attempt) {
            self.take_in(attempt);
        }
    }

    /// Whether anything but a full queue turns away a request that has just come in.
    #[inline(never)]
    fn is_turned_away(&mut self, attempt: u32) -> bool {
        let row = &self.attempts[attempt];
        let (replica, site) = (row.replica, &self.sites[row.site.index()]);
        if row.outcome == Outcome::Cancelled {
            self.finish_attempt(attempt, Outcome::Cancelled);
            return true;
        }
        let (endpoint, service) = (site.endpoint, site.service);
        let state = &mut self.services[service.index()];
        if let (Some(state), Some(quota)) = (&mut state.quota, &self.model.services[service.index()].quota)
            && let Answer::Rejected { retry_after } = quota.admit(state, self.now)
        {
            self.attempts[attempt].push_back = retry_after;
            self.finish_attempt(attempt, Outcome::Quota);
            return true;
        }
        let before = endpoint.errors.is_some_and(|it| it.when == ErrorWhen::Before) && row.doomed;
        let disturbed = self.replicas[replica as usize].disturbed;
        if before || disturbed && self.fails_by_fault(attempt, ErrorWhen::Before) {
            self.finish_attempt(attempt, Outcome::Error);
            return true;
        }
        if self.replicas[replica as usize].serving {
            // A worker became free at this very instant: it takes who waits before anybody is refused.
            self.serve(replica);
        }
        self.replicas[replica as usize].governor != NONE && self.is_not_admitted(attempt)
    }

    /// A request that nobody turned away gets a worker, or waits for one, or finds the queue full.
    #[inline(never)]
    fn take_in(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        if place.governor != NONE {
            return self.take_in_governed(attempt);
        }
        let waits = !place.has_room();
        if waits && place.queue.len >= place.queue_limit {
            return self.finish_attempt(attempt, Outcome::QueueFull);
        }
        place.inside_max = place.inside_max.max(place.inside);
        if !waits {
            return self.give_worker(attempt);
        }
        row.phase = Phase::Queued;
        place.queue.push_back(&mut self.attempts, attempt);
        place.queue_max = place.queue_max.max(place.queue.len);
        if place.impatient {
            self.lose_patience_later(attempt);
        }
    }

    /// The same where a discipline has its say.
    #[inline(never)]
    fn take_in_governed(&mut self, attempt: u32) {
        let replica = self.attempts[attempt].replica as usize;
        let place = &self.replicas[replica];
        let waits = !place.has_room();
        if waits && place.queue.len >= place.queue_limit && !self.makes_room(attempt) {
            return self.finish_attempt(attempt, Outcome::QueueFull);
        }
        let place = &mut self.replicas[replica];
        place.inside_max = place.inside_max.max(place.inside);
        if !waits {
            self.note_unqueued(attempt);
            return self.give_worker(attempt);
        }
        self.attempts[attempt].phase = Phase::Queued;
        self.wait_in_line(attempt);
        let place = &mut self.replicas[replica];
        place.queue_max = place.queue_max.max(place.queue.len);
        if place.impatient {
            self.lose_patience_later(attempt);
        }
    }

    /// A request gets a free worker as soon as it comes in.
    #[inline(always)]
    fn give_worker(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let site = &self.sites[row.site.index()];
        let begun = take_worker(row, place, site, &mut self.recorder, self.now);
        self.begin(attempt, begun);
    }

    /// A new call that has just got its worker begins.
    #[inline(always)]
    pub(super) fn begin(&mut self, attempt: u32, begun: Begun) {
        if self.covers.ties {
            self.tell_twins(attempt);
        }
        match begun {
            Begun::Works {
                until,
                epoch,
                generation,
            } => {
                self.schedule(until, Event::WorkDone, epoch, attempt, generation);
            }
            Begun::WorksOddly(work) => self.compute(attempt, work),
            Begun::Flows => self.advance(attempt),
        }
    }

    /// The main flow has come to its end.
    #[inline]
    pub(super) fn flow_done(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        if !row.degraded && !row.doomed && !self.replicas[row.replica as usize].odd {
            return self.finish_attempt(attempt, Outcome::Ok);
        }
        self.flow_done_oddly(attempt);
    }

    /// The end of a flow where something may have gone wrong.
    #[inline(never)]
    fn flow_done_oddly(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let endpoint = self.sites[row.site.index()].endpoint;
        let after = endpoint.errors.is_some_and(|it| it.when == ErrorWhen::After) && row.doomed;
        let disturbed = self.replicas[row.replica as usize].disturbed;
        let degraded = row.degraded;
        let outcome = if after || disturbed && self.fails_by_fault(attempt, ErrorWhen::After) {
            Outcome::Error
        } else if degraded {
            Outcome::Degraded
        } else {
            Outcome::Ok
        };
        self.finish_attempt(attempt, outcome);
    }

    /// The service is done with an attempt: it leaves, and the answer goes out.
    #[inline(never)]
    pub(super) fn finish_attempt(&mut self, attempt: u32, outcome: Outcome) {
        if self.is_governed(attempt) {
            self.finish_governed(attempt, outcome);
        } else {
            self.finish_ungoverned(attempt, outcome);
        }
    }

    /// The same where a discipline has its say.
    #[inline(never)]
    fn finish_governed(&mut self, attempt: u32, outcome: Outcome) {
        self.settle_governed(attempt, outcome);
        self.finish_ungoverned(attempt, outcome);
    }

    #[inline(always)]
    fn finish_ungoverned(&mut self, attempt: u32, outcome: Outcome) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let site = &self.sites[row.site.index()];
        if leave(
            row,
            place,
            site,
            &mut self.recorder,
            &mut self.time_shares,
            now,
            outcome,
        ) && place.is_to_serve()
        {
            self.agenda.push(Deed::Serve(row.replica));
        }
        if row.call == NONE {
            return self.attempts.remove(attempt);
        }
        row.outcome = outcome;
        row.phase = Phase::Returning;
        if row.reply_lost || site.answers_bytes || !self.network_rules.is_empty() {
            return self.answer_oddly(attempt);
        }
        let (back, generation) = (row.back, row.generation);
        self.deliver_answer(attempt, generation, back);
    }

    /// An attempt leaves its replica, which frees what it held.
    pub(super) fn leave(&mut self, attempt: u32, outcome: Outcome) {
        if self.is_governed(attempt) {
            self.settle_governed(attempt, outcome);
        }
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let site = &self.sites[row.site.index()];
        let shares = &mut self.time_shares;
        if leave(row, place, site, &mut self.recorder, shares, self.now, outcome) && place.is_to_serve() {
            self.agenda.push(Deed::Serve(row.replica));
        }
    }

    /// The service is done with an attempt, all went well, and nothing else happens in this event: its worker takes the
    /// next one, and an answer without a delay is there, before this returns. The same as [`Simulation::finish_attempt`] and
    /// then the agenda, in the same order.
    #[inline(always)]
    pub(super) fn finish_last(&mut self, attempt: u32) {
        debug_assert!(self.agenda.is_empty(), "nothing comes first");
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let replica = row.replica;
        let place = &mut self.replicas[replica as usize];
        let site = &self.sites[row.site.index()];
        let (recorder, shares) = (&mut self.recorder, &mut self.time_shares);
        let serves = leave(row, place, site, recorder, shares, now, Outcome::Ok) && place.waiting() > 0;
        row.outcome = Outcome::Ok;
        row.phase = Phase::Returning;
        let (back, generation) = (row.back, row.generation);
        let is_odd = row.reply_lost || site.answers_bytes || !self.network_rules.is_empty();
        let mut replies = false;
        if row.call == NONE {
            self.attempts.remove(attempt);
        } else if is_odd {
            self.answer_oddly(attempt);
        } else if back == Span::ZERO {
            replies = true;
        } else {
            self.schedule(now + back, Event::Replied, 0, attempt, generation);
        }
        if serves {
            self.serve(replica);
        }
        if replies {
            self.reply_at_once(attempt, generation);
        }
    }

    /// Sends an answer back, if anybody waits for it.
    pub(super) fn answer(&mut self, attempt: u32, outcome: Outcome) {
        let row = &mut self.attempts[attempt];
        if row.call == NONE {
            return self.attempts.remove(attempt);
        }
        row.outcome = outcome;
        row.phase = Phase::Returning;
        self.answer_oddly(attempt);
    }

    #[inline(always)]
    fn deliver_answer(&mut self, attempt: u32, generation: u32, back: Span) {
        if back == Span::ZERO {
            self.agenda.push(Deed::Reply(attempt, generation));
        } else {
            self.schedule(self.now + back, Event::Replied, 0, attempt, generation);
        }
    }

    /// An answer that is lost, disturbed, or long.
    #[inline(never)]
    fn answer_oddly(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let (mut back, generation, replica, party) = (row.back, row.generation, row.replica, row.party);
        let (site, outcome, mut lost) = (row.site, row.outcome, row.reply_lost);
        if !self.network_rules.is_empty() {
            let word = self.streams.block(Purpose::Attempt, row.key, 0)[5];
            let path = self.disturb(replica, party, word, back);
            back = path.0;
            lost |= path.1;
        }
        let endpoint = self.sites[site.index()].endpoint;
        if endpoint.response_bytes > 0 && matches!(outcome, Outcome::Ok | Outcome::Degraded) {
            let scope = self.callers.scope(party, replica);
            back += self.transmit(self.sites[site.index()].edge, scope, true, endpoint.response_bytes);
        }
        if lost {
            self.attempts[attempt].phase = Phase::Lost;
        } else {
            self.deliver_answer(attempt, generation, back);
        }
    }

    pub(super) fn on_cancel_arrived(&mut self, entry: Entry) {
        let attempt = entry.index;
        let row = &self.attempts[attempt];
        if row.generation != entry.generation {
            return; // It was done before the word came.
        }
        let inside = matches!(row.phase, Phase::Queued | Phase::Resuming | Phase::Inside);
        if inside && self.waits_for_thaw(row.replica, entry) {
            return;
        }
        let row = &mut self.attempts[attempt];
        let key = row.key;
        match row.phase {
            Phase::Outbound => row.outcome = Outcome::Cancelled, // Overtaken: it will be dropped on arrival.
            Phase::Held => {
                self.leave_queue(attempt);
                self.attempts.remove(attempt);
            }
            Phase::Queued | Phase::Resuming | Phase::Inside => {
                self.leave_queue(attempt);
                self.stop(attempt);
                self.finish_attempt(attempt, Outcome::Cancelled);
            }
            Phase::Returning | Phase::Lost => return,
        }
        self.happened(Event::CancelArrived, key);
    }
}
