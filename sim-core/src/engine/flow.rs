//! Flows: steps, joins and branches of an attempt inside its service.

use super::arena::{CallRef, Child, Frame, Join, Parent, Phase, Task, Which};
use super::caller::NewCall;
use super::pending::Pending;
use super::slab::NONE;
use super::{Deed, Simulation};
use crate::ids::SiteId;
use crate::model::{Action, Block, Model, Repeat, Step};
use crate::outcome::Outcome;
use crate::quantity::Chance;
use crate::rng::{Purpose, WordThen, mix};
use crate::time::{SimTime, Span};

/// Words of a step's own block.
const WORD_TAKEN: usize = 0;
const WORD_CHOICE: usize = 1;
const WORD_WORK: usize = 2;

/// By block: the site of its call, if a plain call is all there is in it.
pub(super) fn only_calls(model: &Model) -> Vec<Option<SiteId>> {
    let of = |block: &Block| {
        let [only] = &model.steps[block.steps.start as usize..block.steps.end as usize] else {
            return None;
        };
        match only.action {
            Action::Call(site) if only.chance == Chance::ALWAYS && !only.optional && !only.background => Some(site),
            _ => None,
        }
    };
    model.blocks.iter().map(of).collect()
}

/// Whether a flow goes on at once or waits for something.
enum Went {
    On,
    Waits,
}

impl<Q: Pending> Simulation<'_, Q> {
    /// An attempt's main flow goes on, or ends.
    #[inline(always)]
    pub(super) fn advance(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        if row.step == row.steps_end {
            self.flow_done(attempt);
        } else {
            self.take_steps(attempt);
        }
    }

    #[inline(never)]
    fn take_steps(&mut self, attempt: u32) {
        loop {
            let row = &mut self.attempts[attempt];
            if row.step == row.steps_end {
                return self.flow_done(attempt);
            }
            let at = row.step;
            row.step += 1;
            let key = row.key;
            let foreseen = core::mem::take(&mut row.foreseen);
            let step = &self.model.steps[at as usize];
            if let Action::Call(site) = step.action
                && step.chance == Chance::ALWAYS
                && !step.background
                && !step.optional
            {
                // The common case, without a detour.
                if foreseen {
                    self.foreseen.recall(attempt, &mut self.ahead);
                }
                let call = self.call_from(attempt, site, 0, Parent::Attempt(attempt), None);
                self.attempts[attempt].child = Child::Call(call);
                return self.release_if_async(attempt);
            }
            if let Went::Waits = self.take_step(step, attempt, key, Parent::Attempt(attempt)) {
                return;
            }
        }
    }

    /// A branch goes on.
    pub(super) fn advance_frame(&mut self, frame: u32) {
        loop {
            let row = &mut self.frames[frame];
            let attempt = row.attempt;
            if row.step == row.steps_end {
                let outcome = if row.degraded { Outcome::Degraded } else { Outcome::Ok };
                return self.frame_ended(frame, outcome);
            }
            let at = row.step;
            row.step += 1;
            let key = self.attempts[attempt].key;
            let step = &self.model.steps[at as usize];
            if let Went::Waits = self.take_step(step, attempt, key, Parent::Frame(frame)) {
                return;
            }
        }
    }

    fn take_step(&mut self, step: &Step, attempt: u32, key: u64, flow: Parent) -> Went {
        if step.chance != Chance::ALWAYS && !step.chance.happens(self.step_word(key, step, WORD_TAKEN)) {
            return Went::On;
        }
        if step.optional && self.is_dimmed(attempt, flow) {
            return Went::On;
        }
        match &step.action {
            Action::Call(site) => {
                let parent = if step.background { Parent::Nobody } else { flow };
                let call = self.call_from(attempt, *site, 0, parent, None);
                if step.background {
                    return Went::On;
                }
                self.set_child(flow, Child::Call(call));
                self.release_if_async(attempt);
            }
            Action::Repeat(repeat) if step.background => {
                for repetition in 0..repeat.times {
                    self.call_from(attempt, repeat.site, repetition, Parent::Nobody, None);
                }
                return Went::On;
            }
            Action::Repeat(repeat) => self.begin_repeat(*repeat, attempt, flow),
            Action::Parallel { blocks, need } => self.begin_branches(blocks.clone(), *need, attempt, flow),
            Action::Sequence(block) => self.begin_branches(block.0..block.0 + 1, 1, attempt, flow),
            Action::Choose { options } => {
                let word = self.step_word(key, step, WORD_CHOICE);
                let options = &self.model.options[options.start as usize..options.end as usize];
                let chosen = options
                    .iter()
                    .find(|it| it.until.happens(word))
                    .expect("the last option always fits");
                self.begin_branches(chosen.block.0..chosen.block.0 + 1, 1, attempt, flow);
            }
            Action::Work(work) => {
                if self.needs_worker(attempt, flow) {
                    return Went::Waits;
                }
                let span = self.step_span(key, step, work);
                match flow {
                    Parent::Frame(frame) => self.compute_frame(frame, span),
                    _ => {
                        // What a later slowdown is measured against: all the work there was.
                        let row = &mut self.attempts[attempt];
                        row.work += span;
                        self.compute(attempt, span);
                    }
                }
            }
            Action::Wait(wait) => {
                let span = self.step_span(key, step, wait);
                self.release_if_async(attempt);
                match flow {
                    Parent::Frame(frame) => self.wait(true, frame, span),
                    _ => self.wait(false, attempt, span),
                }
            }
        }
        Went::Waits
    }

    fn step_word(&self, key: u64, step: &Step, word: usize) -> u64 {
        self.streams.block(Purpose::Flow, mix(key, step.key), 0)[word]
    }

    fn step_span(&self, key: u64, step: &Step, dist: &crate::dist::Dist) -> Span {
        let key = mix(key, step.key);
        let word = self.streams.block(Purpose::Flow, key, 0)[WORD_WORK];
        dist.sample(&mut WordThen::new(word, &self.streams, Purpose::Flow, key, 0))
    }

    /// An async call that works again needs a worker; it goes ahead of new requests. Branches compute without one.
    fn needs_worker(&mut self, attempt: u32, flow: Parent) -> bool {
        let row = &self.attempts[attempt];
        if row.has_worker || matches!(flow, Parent::Frame(_)) {
            return false;
        }
        let replica = row.replica;
        self.touch(replica);
        let place = &mut self.replicas[replica as usize];
        let row = &mut self.attempts[attempt];
        if place.busy < place.workers && place.resume.len == 0 {
            place.hold_worker(row, self.now);
            return false;
        }
        // The step is taken when a worker is there.
        row.step -= 1;
        row.phase = Phase::Resuming;
        place.resume.push_back(&mut self.attempts, attempt);
        true
    }

    /// An async call has its worker again.
    pub(super) fn go_on(&mut self, attempt: u32) {
        self.advance(attempt);
    }

    #[inline]
    fn release_if_async(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        if !row.has_worker {
            return;
        }
        let place = &mut self.replicas[row.replica as usize];
        if place.is_async {
            place.touch(&mut self.time_shares, self.now);
            place.free_worker(row, self.now);
            if place.is_to_serve() {
                self.agenda.push(Deed::Serve(row.replica));
            }
        }
    }

    fn set_child(&mut self, flow: Parent, child: Child) {
        match flow {
            Parent::Attempt(attempt) => self.attempts[attempt].child = child,
            Parent::Frame(frame) => self.frames[frame].child = child,
            _ => unreachable!("only flows have children"),
        }
    }

    /// An attempt's flow makes a call.
    #[inline(never)]
    fn call_from(
        &mut self,
        attempt: u32,
        site: SiteId,
        repetition: u32,
        parent: Parent,
        then: Option<SiteId>,
    ) -> CallRef {
        let row = &self.attempts[attempt];
        let replica = row.replica;
        let first = self.sites[row.site.index()].first_replica;
        let deadline = if parent == Parent::Nobody {
            SimTime::MAX
        } else {
            row.deadline
        };
        self.start_call::<false>(NewCall {
            site,
            parent,
            instance: replica - first,
            party: replica,
            parent_key: row.key,
            repetition,
            deadline,
            depth: row.depth + 1,
            class: row.class,
            priority: row.priority,
            item: 0,
            by: attempt,
            then,
            picked: None,
        })
    }

    fn begin_repeat(&mut self, repeat: Repeat, attempt: u32, flow: Parent) {
        let at_once = if repeat.parallel { repeat.times } else { 1 };
        let (join, _) = self.joins.insert_with(|generation| Join {
            generation,
            parent: flow,
            need: repeat.need,
            open: repeat.times,
            succeeded: 0,
            to_launch: repeat.times - at_once,
            site: repeat.site,
            launched: at_once,
            first_call: CallRef::NONE,
            first_frame: NONE,
            degraded: false,
        });
        self.set_child(flow, Child::Join(join));
        for repetition in 0..at_once {
            let call = self.call_from(attempt, repeat.site, repetition, Parent::Join(join), None);
            self.link_call(join, call);
        }
        self.release_if_async(attempt);
    }

    fn begin_branches(&mut self, blocks: core::ops::Range<u32>, need: u32, attempt: u32, flow: Parent) {
        let (join, _) = self.joins.insert_with(|generation| Join {
            generation,
            parent: flow,
            need,
            open: blocks.end - blocks.start,
            succeeded: 0,
            to_launch: 0,
            site: SiteId(0),
            launched: 0,
            first_call: CallRef::NONE,
            first_frame: NONE,
            degraded: false,
        });
        self.set_child(flow, Child::Join(join));
        let mut next = self.only_call_of(blocks.start);
        for block in blocks.clone() {
            let only_call = next;
            next = if block + 1 < blocks.end {
                self.only_call_of(block + 1)
            } else {
                None
            };
            if let Some(site) = only_call {
                // A branch that is one call needs no row of its own.
                let call = self.call_from(attempt, site, 0, Parent::Join(join), next);
                self.link_call(join, call);
            } else {
                let steps = self.model.blocks[block as usize].steps.clone();
                let next = self.joins[join].first_frame;
                let (frame, _) = self.frames.insert_with(|generation| Frame {
                    generation,
                    attempt,
                    join,
                    step: steps.start,
                    steps_end: steps.end,
                    child: Child::None,
                    task: Task::IDLE,
                    next,
                    previous: NONE,
                    degraded: false,
                });
                if next != NONE {
                    self.frames[next].previous = frame;
                }
                self.joins[join].first_frame = frame;
                self.agenda
                    .push(Deed::AdvanceFrame(frame, self.frames[frame].generation));
            }
        }
        self.release_if_async(attempt);
    }

    /// The next and the previous call of a join, as one of its calls knows them.
    #[inline(always)]
    fn neighbours(&mut self, call: CallRef) -> (&mut CallRef, &mut CallRef) {
        match call.which() {
            Which::Lean(attempt) => {
                let row = &mut self.attempts[attempt];
                (&mut row.sibling_next, &mut row.sibling_previous)
            }
            Which::Row(call) => {
                let row = &mut self.calls[call];
                (&mut row.next, &mut row.previous)
            }
        }
    }

    /// The site of a block that is one plain call.
    #[inline]
    fn only_call_of(&self, block: u32) -> Option<SiteId> {
        self.only_calls[block as usize]
    }

    #[inline]
    fn link_call(&mut self, join: u32, call: CallRef) {
        if call == CallRef::NONE {
            return; // A limit stopped the run.
        }
        let next = core::mem::replace(&mut self.joins[join].first_call, call);
        *self.neighbours(call).0 = next;
        if next != CallRef::NONE {
            *self.neighbours(next).1 = call;
        }
    }

    pub(super) fn unlink_call(&mut self, join: u32, call: CallRef) {
        let (next, previous) = self.neighbours(call);
        let (next, previous) = (*next, *previous);
        self.close_gap(join, next, previous);
    }

    /// Two calls of a join become neighbours, as the one between them leaves.
    #[inline(always)]
    pub(super) fn close_gap(&mut self, join: u32, next: CallRef, previous: CallRef) {
        if previous == CallRef::NONE {
            self.joins[join].first_call = next;
        } else {
            *self.neighbours(previous).0 = next;
        }
        if next != CallRef::NONE {
            *self.neighbours(next).1 = previous;
        }
    }

    /// What an attempt's main flow waited for has ended.
    pub(super) fn child_ended(&mut self, attempt: u32, outcome: Outcome) {
        let row = &mut self.attempts[attempt];
        if outcome == Outcome::Ok {
            return self.advance(attempt);
        }
        let optional = self.model.steps[row.step as usize - 1].optional;
        if outcome.is_failure() && !optional {
            return self.finish_attempt(attempt, Outcome::Error);
        }
        row.degraded = true;
        self.advance(attempt);
    }

    /// What a branch waited for has ended.
    pub(super) fn frame_child_ended(&mut self, frame: u32, outcome: Outcome) {
        let row = &mut self.frames[frame];
        if outcome == Outcome::Ok {
            return self.advance_frame(frame);
        }
        let optional = self.model.steps[row.step as usize - 1].optional;
        if outcome.is_failure() && !optional {
            return self.frame_ended(frame, Outcome::Error);
        }
        row.degraded = true;
        self.advance_frame(frame);
    }

    fn frame_ended(&mut self, frame: u32, outcome: Outcome) {
        let join = self.frames[frame].join;
        self.unlink_frame(frame);
        self.frames.remove(frame);
        self.join_child_ended(join, outcome);
    }

    fn unlink_frame(&mut self, frame: u32) {
        let row = &self.frames[frame];
        let (next, previous, join) = (row.next, row.previous, row.join);
        match previous {
            NONE => self.joins[join].first_frame = next,
            previous => self.frames[previous].next = next,
        }
        if next != NONE {
            self.frames[next].previous = previous;
        }
    }

    /// One of several has ended: go on at the `need`-th success, fail once that cannot be reached.
    pub(super) fn join_child_ended(&mut self, join: u32, outcome: Outcome) {
        let row = &mut self.joins[join];
        row.open -= 1;
        if !outcome.is_failure() {
            row.succeeded += 1;
            row.degraded |= outcome == Outcome::Degraded;
        }
        let outcome = if row.succeeded >= row.need {
            if row.degraded { Outcome::Degraded } else { Outcome::Ok }
        } else if row.succeeded + row.open < row.need {
            Outcome::Error
        } else {
            if row.to_launch > 0 {
                row.to_launch -= 1;
                row.launched += 1;
                let (site, repetition, parent) = (row.site, row.launched - 1, row.parent);
                let attempt = match parent {
                    Parent::Attempt(attempt) => attempt,
                    Parent::Frame(frame) => self.frames[frame].attempt,
                    _ => unreachable!("only flows join"),
                };
                let call = self.call_from(attempt, site, repetition, Parent::Join(join), None);
                self.link_call(join, call);
            }
            return;
        };
        let parent = row.parent;
        if row.first_call == CallRef::NONE && row.first_frame == NONE {
            self.joins.remove(join);
        } else {
            self.abandon_join(join);
        }
        self.set_child(parent, Child::None);
        match parent {
            Parent::Attempt(attempt) => self.child_ended(attempt, outcome),
            Parent::Frame(frame) => self.frame_child_ended(frame, outcome),
            _ => unreachable!("only flows join"),
        }
    }

    /// Nobody waits for what is still out.
    #[inline(never)]
    fn abandon_join(&mut self, join: u32) {
        loop {
            let call = self.joins[join].first_call;
            if call == CallRef::NONE {
                break;
            }
            self.unlink_call(join, call);
            self.abandon_call(call);
        }
        loop {
            let frame = self.joins[join].first_frame;
            if frame == NONE {
                break;
            }
            self.unlink_frame(frame);
            self.stop_work(true, frame);
            let child = core::mem::replace(&mut self.frames[frame].child, Child::None);
            self.abandon_child(child);
            self.frames.remove(frame);
        }
        self.joins.remove(join);
    }

    fn abandon_child(&mut self, child: Child) {
        match child {
            Child::None | Child::Call(CallRef::NONE) => (), // A limit stopped the run before the call began.
            Child::Call(call) => self.abandon_call(call),
            Child::Join(join) => self.abandon_join(join),
        }
    }

    /// Everything an attempt is doing stops; what it called is abandoned.
    pub(super) fn stop(&mut self, attempt: u32) {
        self.stop_work(false, attempt);
        let child = core::mem::replace(&mut self.attempts[attempt].child, Child::None);
        self.abandon_child(child);
    }
}
