//! What a replica does with a call: admission, the queue, workers, and the answer.

use super::arena::{Computing, Phase};
use super::event::Event;
use super::pending::{Entry, Pending};
use super::replica::{Condition, UNLIMITED};
use super::slab::NONE;
use super::{Deed, Simulation};
use crate::component::quota::Answer;
use crate::dist::Dist;
use crate::ids::ServiceId;
use crate::model::{ErrorWhen, Queue, QueueOrder};
use crate::outcome::Outcome;
use crate::rng::{Purpose, WordThen};
use crate::time::{SimTime, Span};

impl<Q: Pending> Simulation<'_, Q> {
    pub(super) fn on_delivered(&mut self, entry: Entry) {
        let row = &self.attempts[entry.index];
        debug_assert_eq!(row.generation, entry.generation, "an outbound attempt stays");
        let key = row.key;
        self.happened(Event::Delivered, key);
        self.arrive(entry.index);
    }

    /// A request reaches its replica: it is refused, queued, or at once in service.
    #[inline]
    pub(super) fn arrive(&mut self, attempt: u32) {
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
        self.begin(attempt);
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
        false
    }

    /// A request that nobody turned away gets a worker, or waits for one, or finds the queue full.
    #[inline(never)]
    fn take_in(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let waits = !place.has_room();
        if waits && place.queue.len >= place.queue_limit {
            return self.finish_attempt(attempt, Outcome::QueueFull);
        }
        place.inside_max = place.inside_max.max(place.inside);
        if !waits {
            return self.begin(attempt);
        }
        row.phase = Phase::Queued;
        place.queue.push_back(&mut self.attempts, attempt);
        place.queue_max = place.queue_max.max(place.queue.len);
        if place.impatient {
            self.lose_patience_later(attempt);
        }
    }

    /// A queued call has its patience measured out.
    #[inline(never)]
    fn lose_patience_later(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let (generation, epoch, key) = (row.generation, row.task.epoch, row.key);
        let state = &mut self.services[self.replicas[row.replica as usize].service.index()];
        match &state.queue.timeout {
            None => (),
            Some(Dist::Constant(after)) => {
                if state.queue_ring == NONE {
                    state.queue_ring = super::ring_for(&mut self.rings, *after, Event::QueueTimeout);
                }
                let ring = state.queue_ring;
                self.start_timer(ring, epoch, attempt, generation);
            }
            Some(patience) => {
                let word = self.streams.block(Purpose::Patience, key, 0)[0];
                let patience = patience.sample(&mut WordThen::new(word, &self.streams, Purpose::Patience, key, 0));
                self.schedule(self.now + patience, Event::QueueTimeout, epoch, attempt, generation);
            }
        }
    }

    /// A change put another queue in place.
    pub(super) fn replace_queue(&mut self, service: ServiceId, queue: &Queue) {
        let state = &mut self.services[service.index()];
        state.queue = queue.clone();
        state.queue_ring = NONE;
        for place in self.layout.replicas_of(service) {
            let place = &mut self.replicas[place];
            place.queue_limit = queue.limit.unwrap_or(UNLIMITED);
            place.impatient = queue.timeout.is_some();
        }
    }

    /// A change put another number of workers in place.
    pub(super) fn replace_workers(&mut self, service: ServiceId, workers: Option<u32>) {
        let now = self.now;
        let state = &mut self.services[service.index()];
        state.touch_up(now);
        state.workers = workers.unwrap_or(UNLIMITED);
        for replica in self.layout.replicas_of(service) {
            self.replicas[replica].workers = workers.unwrap_or(UNLIMITED);
            self.wake(replica as u32);
        }
    }

    pub(super) fn on_queue_timeout(&mut self, entry: Entry) {
        let row = &self.attempts[entry.index];
        if row.generation != entry.generation || row.task.epoch != entry.epoch() {
            return; // It left the queue before.
        }
        if self.waits_for_thaw(self.attempts[entry.index].replica, entry) {
            return;
        }
        let row = &self.attempts[entry.index];
        self.happened(Event::QueueTimeout, row.key);
        self.leave_queue(entry.index);
        self.finish_attempt(entry.index, Outcome::QueueTimeout);
    }

    /// Takes an attempt out of the line it waits in.
    #[inline]
    pub(super) fn leave_queue(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        place.touch(&mut self.time_shares, self.now);
        let line = match row.phase {
            Phase::Queued => &mut place.queue,
            Phase::Resuming => &mut place.resume,
            Phase::Held => &mut place.held,
            Phase::Outbound | Phase::Inside | Phase::Returning | Phase::Lost => return,
        };
        row.task.epoch = row.task.epoch.wrapping_add(1);
        line.remove(&mut self.attempts, attempt);
    }

    /// A worker may have become free: look at the queue, once, at this instant.
    pub(super) fn wake(&mut self, replica: u32) {
        if self.replicas[replica as usize].is_to_serve() {
            self.agenda.push(Deed::Serve(replica));
        }
    }

    /// Free workers take what waits: calls that go on first, then the queue in its order.
    pub(super) fn serve(&mut self, replica: u32) {
        self.replicas[replica as usize].serving = false;
        loop {
            let place = &mut self.replicas[replica as usize];
            if place.busy >= place.workers || place.paused {
                return;
            }
            let resumes = place.resume.first != NONE;
            let attempt = match place.queue.first {
                _ if resumes => place.resume.first,
                NONE => return,
                first if place.queue.len == 1 => first,
                first => match self.services[place.service.index()].queue.order {
                    QueueOrder::Fifo => first,
                    QueueOrder::Lifo => place.queue.last,
                },
            };
            place.touch(&mut self.time_shares, self.now);
            let line = if resumes { &mut place.resume } else { &mut place.queue };
            line.remove(&mut self.attempts, attempt);
            let row = &mut self.attempts[attempt];
            row.task.epoch = row.task.epoch.wrapping_add(1);
            if resumes {
                place.hold_worker(row, self.now);
                self.go_on(attempt);
            } else if row.deadline <= self.now {
                // Nobody can use the answer any more: dropped unserved.
                self.finish_attempt(attempt, Outcome::Deadline);
            } else {
                self.begin(attempt);
            }
        }
    }

    /// A new call gets its worker; the replica's areas are up to date.
    #[inline(always)]
    fn begin(&mut self, attempt: u32) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let site = &self.sites[row.site.index()];
        place.hold_worker(row, now);
        row.started = now;
        self.recorder
            .got_worker(place.service, site.callee, row.measured_at_service, row.arrived, now);
        (row.step, row.steps_end) = site.steps;
        if !site.works {
            self.advance(attempt);
        } else if place.odd {
            let work = row.work;
            self.compute(attempt, work);
        } else {
            let until = now + row.work;
            row.task.computing = Computing::Running;
            row.task.until = until;
            let (epoch, generation) = (row.task.epoch, row.generation);
            self.schedule(until, Event::WorkDone, epoch, attempt, generation);
        }
    }

    /// Frees the worker, if there is one.
    #[inline]
    pub(super) fn free_worker(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        if !row.has_worker {
            return;
        }
        let place = &mut self.replicas[row.replica as usize];
        place.touch(&mut self.time_shares, self.now);
        place.free_worker(row, self.now);
        if place.is_to_serve() {
            self.agenda.push(Deed::Serve(row.replica));
        }
    }

    /// The main flow has come to its end.
    #[inline]
    pub(super) fn flow_done(&mut self, attempt: u32) {
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
        self.leave(attempt, outcome);
        self.answer(attempt, outcome);
    }

    /// An attempt leaves its replica, which frees what it held.
    #[inline(always)]
    pub(super) fn leave(&mut self, attempt: u32, outcome: Outcome) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        place.touch(&mut self.time_shares, now);
        if row.has_worker {
            place.free_worker(row, now);
            if place.is_to_serve() {
                self.agenda.push(Deed::Serve(row.replica));
            }
        }
        row.task.epoch = row.task.epoch.wrapping_add(1);
        row.task.computing = Computing::No;
        debug_assert_eq!(
            row.child,
            super::arena::Child::None,
            "what it waited for was abandoned before"
        );
        place.inside -= 1;
        let took = now.since(row.arrived);
        place.sojourn = place.sojourn.wrapping_add(took.nanos());
        let callee = self.sites[row.site.index()].callee;
        self.recorder
            .left_service(place.service, callee, row, took, now, outcome);
    }

    /// Sends an answer back, if anybody waits for it.
    #[inline]
    pub(super) fn answer(&mut self, attempt: u32, outcome: Outcome) {
        let row = &mut self.attempts[attempt];
        if row.call == NONE {
            self.attempts.remove(attempt);
            return;
        }
        row.outcome = outcome;
        row.phase = Phase::Returning;
        if row.reply_lost || !self.network_rules.is_empty() || self.sites[row.site.index()].answers_bytes {
            return self.answer_oddly(attempt);
        }
        let (back, generation) = (row.back, row.generation);
        self.deliver_answer(attempt, generation, back);
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
