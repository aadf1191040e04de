//! Calls that wait for a worker: their patience, and who is next.

use super::arena::Phase;
use super::discipline::next_of;
use super::event::Event;
use super::pending::{Entry, Pending};
use super::replica::UNLIMITED;
use super::server::take_worker;
use super::slab::NONE;
use super::{Deed, Simulation};
use crate::dist::Dist;
use crate::ids::ServiceId;
use crate::outcome::Outcome;
use crate::rng::{Purpose, WordThen};

impl<Q: Pending> Simulation<'_, Q> {
    /// A queued call has its patience measured out.
    #[inline(never)]
    pub(super) fn lose_patience_later(&mut self, attempt: u32) {
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
        if self.attempts[attempt].phase == Phase::Queued && self.is_governed(attempt) {
            self.note_leaving_line(attempt);
        }
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
            if place.governor != NONE && !resumes {
                if self.serve_governed(replica) {
                    continue;
                }
                return;
            }
            let attempt = match place.queue.first {
                _ if resumes => place.resume.first,
                NONE => return,
                first if place.queue.len == 1 => first,
                _ => next_of(&place.queue, self.services[place.service.index()].queue.order),
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
                let site = &self.sites[row.site.index()];
                let begun = take_worker(row, place, site, &mut self.recorder, self.now);
                self.begin(attempt, begun);
            }
        }
    }
}
