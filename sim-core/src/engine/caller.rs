//! Calls as their caller sees them: their beginning, their policies, and their end.
//!
//! Where a plan does nothing but bound attempts, a call has one attempt, which begins and ends with it: such a call is
//! *lean*, and its attempt stands for it. All other calls have rows of their own.

use super::arena::{Call, CallRef, Child, LEAN, Parent, Retrying, Which};
use super::attempt::Sending;
use super::event::Event;
use super::pending::{Entry, Pending};
use super::slab::NONE;
use super::{Deed, RunError, Simulation};
use crate::ids::{LoadId, SiteId};
use crate::outcome::Outcome;
use crate::policy::budget::InFlight;
use crate::policy::deadline;
use crate::policy::retry::{Ended, PushBack, Verdict};
use crate::rng::mix;
use crate::time::{SimTime, Span};

/// What makes a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewCall {
    pub site: SiteId,
    pub parent: Parent,
    pub instance: u32,
    pub party: u32,
    /// Key of the request or of the attempt that makes it.
    pub parent_key: u64,
    pub repetition: u32,
    /// Handed down by the caller's own caller.
    pub deadline: SimTime,
    pub depth: u16,
    pub class: u16,
    pub priority: u8,
    pub item: u16,
    /// The attempt that makes it, or [`NONE`] for a load's request.
    pub by: u32,
    /// The site of the call that the same parent will make next: its draws are made together with this one's.
    pub then: Option<SiteId>,
    /// The replica for its first attempt, if it is picked already.
    pub picked: Option<u32>,
}

/// The key of the first attempt of the first call that is made at a site with this key, for the request or attempt with
/// that one.
#[inline(always)]
pub(super) fn first_attempt_key(parent: u64, site: u64) -> u64 {
    mix(mix(mix(parent, site), 0), 0)
}

/// A call that has ended, with all that is told of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    pub site: SiteId,
    pub parent: Parent,
    pub start: SimTime,
    pub measured: bool,
    /// An attempt was sent.
    pub sent: bool,
    pub item: u16,
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Makes a call; its first attempt goes out at once. Gives [`CallRef::NONE`] if a limit was reached.
    ///
    /// `LAST` says that it is the last thing an event does, as for [`Simulation::send`].
    #[inline(always)]
    pub(super) fn start_call<const LAST: bool>(&mut self, new: NewCall) -> CallRef {
        let live = self.limits.live;
        if u32::from(new.depth) > self.model.depth_max || self.calls.reaches(live) || self.attempts.reaches(live) {
            return self.refuse_call(new.site, new.depth);
        }
        let site = &self.sites[new.site.index()];
        let key = mix(mix(new.parent_key, site.key), u64::from(new.repetition));
        if site.is_lean
            && new.deadline > self.now
            && let Some(replica) = new.picked.or_else(|| self.pick(new.site, new.instance))
        {
            let measured = self.recorder.measuring;
            let sending = Sending {
                call: LEAN,
                key,
                deadline: new.deadline,
                site: new.site,
                instance: new.instance,
                party: new.party,
                number: 0,
                depth: new.depth,
                class: new.class,
                priority: new.priority,
                measured,
                parent: new.parent,
                item: new.item,
                parent_key: new.parent_key,
                then: new.then,
            };
            return CallRef::lean(self.send::<LAST>(sending, replica));
        }
        let new = NewCall { ..new };
        CallRef::row(self.start_call_with_row(&new, key))
    }

    #[cold]
    #[inline(never)]
    fn refuse_call(&mut self, site: SiteId, depth: u16) -> CallRef {
        let at = self.now;
        let limit = self.model.depth_max;
        self.fail(if u32::from(depth) > limit {
            RunError::TooDeep { limit, at, site }
        } else {
            let limit = self.limits.live;
            RunError::TooManyLive { limit, at, site }
        });
        CallRef::NONE
    }

    /// Makes a call that has a row of its own: one with policies around all its attempts, or one that nothing is sent for.
    #[inline(never)]
    pub(super) fn start_call_with_row(&mut self, new: &NewCall, key: u64) -> u32 {
        let site = &self.sites[new.site.index()];
        let (now, lane, is_single, is_part) = (self.now, site.lane, site.is_single, site.is_part);
        let measured = self.recorder.measuring;
        let mut deadline = new.deadline;
        let mut own_deadline = false;
        if !is_single && let Some(policy) = self.plans[site.plan.index()].deadline {
            deadline = policy.instant(now, new.deadline);
            own_deadline = deadline == now + policy.limit;
        }
        let (call, _) = self.calls.insert_with(|generation| Call {
            generation,
            site: new.site,
            key,
            start: now,
            deadline,
            parent: new.parent,
            attempt: NONE,
            instance: new.instance,
            party: new.party,
            next: CallRef::NONE,
            previous: CallRef::NONE,
            attempts: 0,
            depth: new.depth,
            class: new.class,
            priority: new.priority,
            measured,
            item: new.item,
        });
        if self.may_retry {
            self.begin_retrying(call);
        }
        if self.keyed {
            self.note_item(call, new);
        }
        if !is_part {
            self.recorder.call_started(lane, measured, now);
        }
        if !is_single {
            self.begin_stages(call, new, deadline, own_deadline);
        }
        if !is_single && self.plans[self.sites[new.site.index()].plan.index()].stack != NONE {
            self.begin_passages(call);
        } else {
            self.launch(call);
        }
        call
    }

    /// The stages of a plan that look at a whole call see it begin.
    fn begin_stages(&mut self, call: u32, new: &NewCall, deadline: SimTime, own_deadline: bool) {
        let plan = self.sites[new.site.index()].plan;
        let shape = self.plans[plan.index()];
        let generation = self.calls[call].generation;
        // What is over already needs no timer: sending ends it.
        if shape.deadline.is_some() && !deadline::passed(deadline, self.now) {
            if own_deadline {
                self.start_timer(shape.deadline_ring, 0, call, generation);
            } else {
                self.schedule(deadline, Event::Deadline, 0, call, generation);
            }
        }
        if shape.call_timeout != NONE {
            self.start_timer(shape.call_timeout, 0, call, generation);
        }
        if shape.stack == NONE {
            self.begin_budget(call);
        }
    }

    /// The stages above the retry let a call with gates through: its tries begin.
    pub(super) fn begin_tries(&mut self, call: u32) {
        self.begin_budget(call);
        self.next_try(call);
    }

    /// The budget of a call's retries learns of it.
    fn begin_budget(&mut self, call: u32) {
        let row = &self.calls[call];
        let plan = self.sites[row.site.index()].plan;
        let shape = &self.plans[plan.index()];
        if let Some(retry) = shape.retry {
            let state = self
                .layout
                .plan_state(shape.root, row.instance, shape.plan.shared_state);
            retry.on_call(&mut self.callers.budgets[state], self.now);
        }
    }

    /// A call begins without a retry behind it.
    fn begin_retrying(&mut self, call: u32) {
        let at = call as usize;
        if at >= self.retrying.len() {
            self.retrying.resize(at + 1, Retrying::default());
        }
        self.retrying[at] = Retrying::default();
    }

    pub(super) fn on_call_timeout(&mut self, entry: Entry) {
        let row = &self.calls[entry.index];
        if row.generation != entry.generation || self.waits_for_thaw(row.party, entry) {
            return;
        }
        self.happened(Event::CallTimeout, self.calls[entry.index].key);
        self.give_up(entry.index, Outcome::Timeout);
    }

    pub(super) fn on_deadline(&mut self, entry: Entry) {
        if self.calls[entry.index].generation != entry.generation {
            return; // The call ended before; only deadlines handed down are scheduled one by one.
        }
        if self.waits_for_thaw(self.calls[entry.index].party, entry) {
            return;
        }
        self.happened(Event::Deadline, self.calls[entry.index].key);
        self.give_up(entry.index, Outcome::Deadline);
    }

    /// A call ends though an attempt may be out; its parent is told.
    fn give_up(&mut self, call: u32, outcome: Outcome) {
        self.let_go_of_attempt(call, outcome);
        if self.has_passages(call) {
            self.close_within_deadline(call);
        }
        self.settle_budget(call);
        self.call_ended(call, outcome);
    }

    /// What is out of a call is let go.
    pub(super) fn let_go_of_attempt(&mut self, call: u32, outcome: Outcome) {
        let attempt = core::mem::replace(&mut self.calls[call].attempt, NONE);
        if attempt != NONE {
            self.drop_attempt(attempt, outcome);
        }
        if self.covers.any {
            self.let_go_of_parts(call);
        }
        if self.pools.any {
            self.stop_waiting(call);
        }
    }

    /// A call ends otherwise than by an attempt's end: its budget is told.
    pub(super) fn settle_budget(&mut self, call: u32) {
        let row = &self.calls[call];
        let plan = self.sites[row.site.index()].plan;
        let shape = &self.plans[plan.index()];
        if let Some(retry) = shape.retry {
            let state = self
                .layout
                .plan_state(shape.root, row.instance, shape.plan.shared_state);
            retry.abandon(
                &mut self.retrying[call as usize].state,
                &mut self.callers.budgets[state],
                self.now,
            );
        }
    }

    /// Nobody waits for a call any more: it ends as `cancelled`, and its parent is not told.
    pub(super) fn abandon_call(&mut self, call: CallRef) {
        let over = self.over(call);
        match call.which() {
            Which::Lean(attempt) => self.drop_attempt(attempt, Outcome::Cancelled),
            Which::Row(call) => {
                self.let_go_of_attempt(call, Outcome::Cancelled);
                if self.has_passages(call) {
                    self.close_try(call, Outcome::Cancelled);
                    self.close_whole(call, Outcome::Cancelled);
                }
                self.settle_budget(call);
                self.calls.remove(call);
            }
        }
        self.note_end(&over, Outcome::Cancelled);
    }

    /// A replica's process is gone, and with it the calls that it made in the background: those with an attempt out first.
    pub(super) fn abandon_background(&mut self, replica: u32) {
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            if row.call == NONE || row.party != replica {
                continue;
            }
            let call = CallRef::of(row.call, attempt);
            if self.over(call).parent == Parent::Nobody {
                self.abandon_call(call);
            }
        }
        for call in self.calls.taken() {
            let row = &self.calls[call];
            if row.party == replica && row.parent == Parent::Nobody {
                self.abandon_call(CallRef::row(call));
            } else if row.party == replica && matches!(row.parent, Parent::Aftermath(_)) {
                self.abandon_aftermath(call);
            }
        }
    }

    /// What is told of a call when it ends.
    #[inline]
    pub(super) fn over(&self, call: CallRef) -> Over {
        match call.which() {
            Which::Lean(attempt) => {
                let row = &self.attempts[attempt];
                Over {
                    site: row.site,
                    parent: row.parent,
                    start: row.sent,
                    measured: row.measured,
                    sent: true,
                    item: row.item,
                }
            }
            Which::Row(call) => {
                let row = &self.calls[call];
                Over {
                    site: row.site,
                    parent: row.parent,
                    start: row.start,
                    measured: row.measured,
                    sent: row.attempts > 0,
                    item: row.item,
                }
            }
        }
    }

    /// What becomes of a call whose attempt has ended: another attempt, or its end.
    #[inline(always)]
    pub(super) fn attempt_ended(&mut self, call: u32, outcome: Outcome) {
        if self.may_retry {
            self.attempt_ended_indeed(call, outcome);
        } else {
            self.call_ended(call, outcome);
        }
    }

    #[inline(never)]
    fn attempt_ended_indeed(&mut self, call: u32, mut outcome: Outcome) {
        if self.has_passages(call) {
            outcome = self.close_try(call, outcome);
        }
        let row = &self.calls[call];
        let plan = self.sites[row.site.index()].plan;
        let shape = &self.plans[plan.index()];
        let Some(retry) = shape.retry else {
            return self.call_ended(call, outcome);
        };
        let state = self
            .layout
            .plan_state(shape.root, row.instance, shape.plan.shared_state);
        let retrying = &mut self.retrying[call as usize];
        let ended = Ended {
            now: self.now,
            outcome,
            push_back: if retrying.push_back == Span::ZERO {
                PushBack::None
            } else {
                PushBack::After(retrying.push_back)
            },
            deadline: row.deadline,
            in_flight: InFlight {
                active: self.callers.active[state],
                pending: 0,
            },
        };
        let draws = self.callers.jitter[shape.root.index()]
            .as_mut()
            .expect("a plan that retries has a stream");
        let verdict = retry.after(&mut retrying.state, &mut self.callers.budgets[state], &ended, draws);
        match verdict {
            Verdict::GiveUp(_) => self.call_ended(call, outcome),
            Verdict::RetryAfter(Span::ZERO) => self.agenda.push(Deed::Launch(call, self.calls[call].generation)),
            Verdict::RetryAfter(pause) => {
                let (at, generation) = (self.now + pause, row.generation);
                self.schedule(at, Event::Retry, 0, call, generation);
            }
        }
    }

    pub(super) fn on_retry(&mut self, entry: Entry) {
        if self.calls[entry.index].generation != entry.generation {
            return; // The call was given up during the pause.
        }
        if self.waits_for_thaw(self.calls[entry.index].party, entry) {
            return;
        }
        self.happened(Event::Retry, self.calls[entry.index].key);
        self.next_try(entry.index);
    }

    /// The final outcome of a call with a row; its parent is told.
    pub(super) fn call_ended(&mut self, call: u32, mut outcome: Outcome) {
        if self.has_passages(call) {
            outcome = self.close_whole(call, outcome);
        }
        let over = self.over(CallRef::row(call));
        self.note_end(&over, outcome);
        if let Parent::Join(join) = over.parent {
            self.unlink_call(join, CallRef::row(call));
        }
        self.tell(&over, outcome);
        self.calls.remove(call);
    }

    /// The end of a call is counted.
    #[inline(always)]
    pub(super) fn note_end(&mut self, over: &Over, outcome: Outcome) {
        let site = &self.sites[over.site.index()];
        if !site.is_part {
            self.recorder.call_ended(site.lane, over, self.now, outcome);
        }
    }

    /// Whoever waited for a call goes on.
    #[inline(always)]
    pub(super) fn tell(&mut self, over: &Over, outcome: Outcome) {
        match over.parent {
            Parent::Nobody => (),
            Parent::Load(slot) => {
                let load = LoadId(self.sites[over.site.index()].load);
                self.request_ended(load, over, slot, outcome);
            }
            Parent::Attempt(attempt) => {
                self.attempts[attempt].child = Child::None;
                self.child_ended(attempt, outcome);
            }
            Parent::Frame(frame) => {
                self.frames[frame].child = Child::None;
                self.frame_child_ended(frame, outcome);
            }
            Parent::Join(join) => self.join_child_ended(join, outcome),
            Parent::Cover(call) => self.part_ended(call, over.item, outcome),
            Parent::Aftermath(call) => self.aftermath(call, outcome),
        }
    }
}
