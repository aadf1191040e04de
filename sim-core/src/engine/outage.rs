//! Replicas that stop and come back: what becomes of those inside, outside and on their way.

use super::arena::Phase;
use super::pending::Pending;
use super::replica::Condition;
use super::slab::NONE;
use super::{Deed, Simulation};
use crate::ids::{ReplicaId, ServiceId};
use crate::outcome::Outcome;
use crate::results::{State, Subject};

impl<Q: Pending> Simulation<'_, Q> {
    /// A request reaches a replica that is not there to take it in.
    #[cold]
    pub(super) fn arrive_in_vain(&mut self, attempt: u32) {
        let row = &mut self.replicas[self.attempts[attempt].replica as usize];
        match row.condition {
            Condition::Up => {
                self.attempts[attempt].phase = Phase::Held;
                row.held.push_back(&mut self.attempts, attempt);
            }
            Condition::Crashed => self.answer(attempt, Outcome::Refused),
            Condition::Gone => self.lose(attempt),
        }
    }

    /// Nothing will ever come back: only the caller's patience ends it.
    pub(super) fn lose(&mut self, attempt: u32) {
        if self.attempts[attempt].call == NONE {
            self.attempts.remove(attempt);
        } else {
            self.attempts[attempt].phase = Phase::Lost;
        }
    }

    /// How many of a service's replicas are up changed, or how many there are.
    pub(super) fn recount_up(&mut self, service: ServiceId) {
        let now = self.now;
        let first = self.layout.first_replica[service.index()] as usize;
        let state = &mut self.services[service.index()];
        state.touch_up(now);
        let active = &self.replicas[first..first + state.active as usize];
        state.up = active.iter().filter(|it| it.condition == Condition::Up).count() as u32;
    }

    /// Everything inside a replica ends at once: `reset` if its process died, unanswered if its machine is gone.
    pub(super) fn kill(&mut self, replica: u32, answered: bool) {
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            if row.replica != replica {
                continue;
            }
            match row.phase {
                Phase::Held => {
                    self.leave_queue(attempt);
                    if answered {
                        self.answer(attempt, Outcome::Reset)
                    } else {
                        self.lose(attempt)
                    }
                }
                Phase::Queued | Phase::Resuming | Phase::Inside => {
                    self.leave_queue(attempt);
                    self.stop(attempt);
                    self.leave(attempt, Outcome::Reset);
                    if answered {
                        self.answer(attempt, Outcome::Reset)
                    } else {
                        self.lose(attempt)
                    }
                }
                Phase::Outbound | Phase::Returning | Phase::Lost => (),
            }
        }
        self.renew_governor(replica);
        self.abandon_background(replica);
        if let Some(cores) = &mut self.replicas[replica as usize].cores {
            cores.clear();
        }
        self.callers.disconnect(self.model, replica);
        self.pools.sever(replica);
        self.lose_caches(replica);
        self.happen_deferred(replica);
    }

    /// Those who waited outside a paused process come in.
    pub(super) fn admit_held(&mut self, replica: u32) {
        loop {
            let attempt = self.replicas[replica as usize].held.first;
            if attempt == NONE {
                return;
            }
            self.leave_queue(attempt);
            self.attempts[attempt].phase = Phase::Outbound;
            let generation = self.attempts[attempt].generation;
            self.agenda.push(Deed::Arrive(attempt, generation));
        }
    }

    pub(super) fn replica_became(&mut self, replica: u32, state: State) {
        let row = &self.replicas[replica as usize];
        if row.exists || row.inside > 0 {
            self.transition(Subject::Replica(ReplicaId(replica)), state);
        }
    }
}
