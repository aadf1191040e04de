//! The way through a plan's stages: down, gate by gate, until something is sent, and up again with its outcome.
//!
//! Plans without gates never come here. Where there are gates, whatever passes them has a *passage*: the call as a whole
//! for the stages above the retry, and each try for those below. A passage knows how far it is and what it has to give back.

use super::event::Event;
use super::gate::{Answer, Call as Called, Gates, Permit, Ticket};
use super::pending::{Entry, Pending};
use super::ring::Ring;
use super::site::PlanShape;
use super::slab::{NONE, Row};
use super::{Deed, Simulation, ring_for};
use crate::ids::PlanId;
use crate::model::{Model, Stage};
use crate::outcome::Outcome;
use crate::policy::breaker::Transition;
use crate::results::{State, Subject};
use crate::rng::{Streams, mix};

/// The stages of one row of a plan, arranged for the engine.
#[derive(Clone, Debug)]
pub(super) struct Stack<'m> {
    stages: &'m [Stage],
    /// By stage: its slot, or [`NONE`] for what is no gate.
    slots: Box<[u32]>,
    /// Ring of the timeout, or [`NONE`].
    timeout: u32,
    timeout_at: usize,
    deadline_at: usize,
    /// The first stage that sees attempts.
    split: usize,
}

impl Stack<'_> {
    /// The slots of its gates.
    pub fn gates(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots.iter().copied().filter(|it| *it != NONE)
    }
}

/// The most gates a plan has.
const GATES_MAX: usize = 5;

/// What passes the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// A call, through the stages above its retry.
    Whole,
    /// One try, through the others.
    Try,
}

/// A way through stages.
#[derive(Debug)]
pub(super) struct Passage {
    generation: u32,
    call: u32,
    stack: u32,
    level: Level,
    /// The stage it stands at.
    at: u8,
    /// By slot, as far as it has come.
    permits: [Permit; GATES_MAX],
}

impl Row for Passage {
    const VACANT: Passage = Passage {
        generation: 0,
        call: NONE,
        stack: NONE,
        level: Level::Whole,
        at: 0,
        permits: [Permit::None; GATES_MAX],
    };

    #[inline]
    fn generation(&mut self) -> &mut u32 {
        &mut self.generation
    }
}

impl Passage {
    pub fn is_alive(&self, generation: u32) -> bool {
        self.generation == generation
    }
}

/// The passages of a call whose plan has gates; [`NONE`] where there is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passages {
    whole: u32,
    current: u32,
}

impl Default for Passages {
    fn default() -> Self {
        Passages {
            whole: NONE,
            current: NONE,
        }
    }
}

impl<'m> Stack<'m> {
    /// The stack of a plan row; `None` if it has no gates.
    fn new(
        model: &Model,
        id: PlanId,
        shape: &PlanShape<'m>,
        gates: &mut Gates<'m>,
        streams: &Streams,
        rings: &mut Vec<Ring>,
    ) -> Option<Stack<'m>> {
        let stages = shape.stages;
        let at = |wanted: fn(&Stage) -> bool| stages.iter().position(wanted);
        if !shape.is_gated {
            return None;
        }
        let timeout_at = at(|it| matches!(it, Stage::Timeout(_)));
        let timeout = timeout_at.map_or(NONE, |it| match stages[it] {
            Stage::Timeout(after) => ring_for(rings, after, Event::PassageTimeout),
            _ => NONE,
        });
        Some(Stack {
            stages,
            slots: gates.slots_of(model, streams, id, stages),
            timeout,
            timeout_at: timeout_at.unwrap_or(usize::MAX),
            deadline_at: at(|it| matches!(it, Stage::Deadline(_))).unwrap_or(usize::MAX),
            split: at(|it| matches!(it, Stage::Retry(_))).map_or(0, |it| it + 1),
        })
    }

    /// The stages of a level.
    fn range(&self, level: Level) -> core::ops::Range<usize> {
        match level {
            Level::Whole => 0..self.split,
            Level::Try => self.split..self.stages.len(),
        }
    }

    /// The number of a gate among the gates of its stack.
    fn ordinal(&self, stage: usize) -> usize {
        self.slots[..stage].iter().filter(|it| **it != NONE).count()
    }
}

/// Adds the stack of a part of a plan; gives its place, or [`NONE`] if it has no gates.
pub(super) fn pile<'m>(
    model: &Model,
    shape: &PlanShape<'m>,
    stacks: &mut Vec<Stack<'m>>,
    gates: &mut Gates<'m>,
    streams: &Streams,
    rings: &mut Vec<Ring>,
) -> u32 {
    match Stack::new(model, shape.root, shape, gates, streams, rings) {
        None => NONE,
        Some(stack) => {
            stacks.push(stack);
            (stacks.len() - 1) as u32
        }
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A call with gates begins.
    pub(super) fn begin_passages(&mut self, call: u32) {
        let at = call as usize;
        if at >= self.passages_of.len() {
            self.passages_of.resize(at + 1, Passages::default());
        }
        let plan = self.sites[self.calls[call].site.index()].plan;
        let stack = self.plans[plan.index()].stack;
        self.begin_passage(call, Level::Whole, stack);
    }

    /// Whether a call began under a plan with gates.
    #[inline]
    pub(super) fn has_passages(&self, call: u32) -> bool {
        self.passages_of.get(call as usize).is_some_and(|it| it.whole != NONE)
    }

    /// The next try of a call goes out: through gates, if there are any.
    pub(super) fn next_try(&mut self, call: u32) {
        if self.has_passages(call) {
            let stack = self.passages[self.passages_of[call as usize].whole].stack;
            self.begin_passage(call, Level::Try, stack);
        } else {
            self.launch(call);
        }
    }

    fn begin_passage(&mut self, call: u32, level: Level, stack: u32) {
        let at = self.stacks[stack as usize].range(level).start as u8;
        let (passage, _) = self.passages.insert_with(|generation| Passage {
            generation,
            call,
            stack,
            level,
            at,
            permits: [Permit::None; GATES_MAX],
        });
        match level {
            Level::Whole => self.passages_of[call as usize].whole = passage,
            Level::Try => self.passages_of[call as usize].current = passage,
        }
        self.walk(passage);
    }

    /// Goes from stage to stage until one stops it, or to the end.
    fn walk(&mut self, passage: u32) {
        loop {
            let row = &self.passages[passage];
            let (stage, call, generation) = (row.at as usize, row.call, row.generation);
            let stack = &self.stacks[row.stack as usize];
            if stage == stack.range(row.level).end {
                return match row.level {
                    Level::Whole => self.begin_tries(call),
                    Level::Try => self.launch(call),
                };
            }
            let (slot, ordinal) = (stack.slots[stage], stack.ordinal(stage));
            if stage == stack.timeout_at {
                let ring = stack.timeout;
                self.start_timer(ring, 0, passage, generation);
            }
            if slot != NONE {
                let state = self.gate_state(passage, stage);
                let ticket = Ticket { passage, generation };
                let (answer, transition) = self.gates.ask(state, self.now, ticket);
                let permit = &mut self.passages[passage].permits[ordinal];
                match answer {
                    Answer::Passed(given) => *permit = given,
                    Answer::After(_) | Answer::Queued => *permit = Permit::Waiting,
                    Answer::Refused(_) => {}
                }
                self.gate_acted(state, transition);
                match answer {
                    Answer::Passed(_) => {}
                    Answer::After(span) => {
                        return self.schedule(self.now + span, Event::PassageDue, 0, passage, generation);
                    }
                    Answer::Queued => return,
                    Answer::Refused(outcome) => {
                        return self.agenda.push(Deed::TurnBack(passage, generation, outcome));
                    }
                }
            }
            self.passages[passage].at += 1;
        }
    }

    /// The state of the gate at a stage that a passage meets.
    fn gate_state(&self, passage: u32, stage: usize) -> u32 {
        let row = &self.passages[passage];
        let slot = &self.gates.slots[self.stacks[row.stack as usize].slots[stage] as usize];
        let instance = if slot.instances == 1 {
            0 // One caller, or one state for all of them.
        } else {
            self.calls[row.call].instance
        };
        slot.first + instance
    }

    /// A gate has been asked or told something: what changed is noted, and it is woken when it next has to act by itself.
    fn gate_acted(&mut self, state: u32, transition: Option<Transition>) {
        if let Some(it) = transition {
            let slot = &self.gates.slots[self.gates.states[state as usize].slot as usize];
            let of = Subject::Breaker(slot.plan, state - slot.first);
            self.transition(of, State::Circuit(it.to, it.cause));
        }
        if let Some(due) = self.gates.newly_due(state) {
            self.schedule(due, Event::GateDue, 0, state, 0);
        }
    }

    pub(super) fn on_gate_due(&mut self, entry: Entry) {
        let state = entry.index;
        let row = &mut self.gates.states[state as usize];
        if row.armed != entry.time() {
            return; // It has other plans by now.
        }
        row.armed = crate::time::SimTime::MAX;
        let slot = &self.gates.slots[row.slot as usize];
        let key = mix(slot.key.0, u64::from(state - slot.first));
        self.happened(Event::GateDue, key);
        let transition = self.gates.tick(state, self.now);
        self.call_in(state);
        self.gate_acted(state, transition);
    }

    /// Those who wait at a gate go on, as far as they may.
    fn call_in(&mut self, state: u32) {
        while let Some(called) = self.gates.next(state, self.now) {
            let (ticket, permit, deed) = match called {
                Called::In(it, permit) => (it, permit, Deed::Pass(it.passage, it.generation)),
                Called::Out(it, outcome) => (it, Permit::None, Deed::TurnBack(it.passage, it.generation, outcome)),
            };
            let row = &mut self.passages[ticket.passage];
            debug_assert_eq!(row.generation, ticket.generation, "who gave up waits no more");
            let ordinal = self.stacks[row.stack as usize].ordinal(row.at as usize);
            row.permits[ordinal] = permit;
            self.agenda.push(deed);
        }
    }

    /// A limiter's wait is over.
    pub(super) fn on_passage_due(&mut self, entry: Entry) {
        let row = &self.passages[entry.index];
        if row.generation != entry.generation {
            return; // The call was given up.
        }
        let (call, ordinal) = (row.call, self.stacks[row.stack as usize].ordinal(row.at as usize));
        if self.waits_for_thaw(self.calls[call].party, entry) {
            return;
        }
        self.happened(Event::PassageDue, self.calls[call].key);
        self.passages[entry.index].permits[ordinal] = Permit::Told;
        self.let_pass(entry.index);
    }

    /// A gate lets in who has waited.
    pub(super) fn let_pass(&mut self, passage: u32) {
        self.passages[passage].at += 1;
        self.walk(passage);
    }

    /// A gate refused.
    pub(super) fn turn_back(&mut self, passage: u32, outcome: Outcome) {
        let row = &self.passages[passage];
        match row.level {
            Level::Try => self.attempt_ended(row.call, outcome),
            Level::Whole => self.call_ended(row.call, outcome),
        }
    }

    pub(super) fn on_passage_timeout(&mut self, entry: Entry) {
        let passage = entry.index;
        let row = &self.passages[passage];
        if row.generation != entry.generation {
            return;
        }
        let (call, level) = (row.call, row.level);
        let beyond = self.stacks[row.stack as usize].timeout_at + 1;
        if self.waits_for_thaw(self.calls[call].party, entry) {
            return;
        }
        self.happened(Event::PassageTimeout, self.calls[call].key);
        self.let_go_of_attempt(call, Outcome::Timeout);
        match level {
            Level::Try => {
                self.settle_passage(passage, beyond, Outcome::Cancelled);
                self.attempt_ended(call, Outcome::Timeout);
            }
            Level::Whole => {
                self.close_try(call, Outcome::Cancelled);
                self.settle_budget(call);
                self.settle_passage(passage, beyond, Outcome::Cancelled);
                self.call_ended(call, Outcome::Timeout);
            }
        }
    }

    /// The try of a call that is under way, if any, ends so. Gives how that is seen above its stages.
    pub(super) fn close_try(&mut self, call: u32, outcome: Outcome) -> Outcome {
        let passage = core::mem::replace(&mut self.passages_of[call as usize].current, NONE);
        self.close(passage, outcome)
    }

    /// A call ends so, for the stages that look at it as a whole. Gives how that is seen above them.
    pub(super) fn close_whole(&mut self, call: u32, outcome: Outcome) -> Outcome {
        let passage = core::mem::replace(&mut self.passages_of[call as usize].whole, NONE);
        self.close(passage, outcome)
    }

    /// A call is given up by its deadline: the stages within see it cancelled.
    pub(super) fn close_within_deadline(&mut self, call: u32) {
        self.close_try(call, Outcome::Cancelled);
        let passage = self.passages_of[call as usize].whole;
        if passage != NONE {
            let deadline = self.stacks[self.passages[passage].stack as usize].deadline_at;
            self.settle_passage(passage, deadline.saturating_add(1), Outcome::Cancelled);
        }
    }

    fn close(&mut self, passage: u32, outcome: Outcome) -> Outcome {
        if passage == NONE {
            return outcome;
        }
        let seen = self.settle_passage(passage, 0, outcome);
        self.passages.remove(passage);
        seen
    }

    /// Gives back what a passage has, from where it stands up to stage `first`, innermost first. Gives the outcome as it
    /// is seen above these stages.
    fn settle_passage(&mut self, passage: u32, first: usize, mut outcome: Outcome) -> Outcome {
        let row = &self.passages[passage];
        let generation = row.generation;
        let stack = &self.stacks[row.stack as usize];
        let range = stack.range(row.level);
        let last = range.end.min(row.at as usize + 1);
        for stage in (first.max(range.start)..last).rev() {
            let stack = &self.stacks[self.passages[passage].stack as usize];
            if stack.slots[stage] == NONE {
                continue;
            }
            let ordinal = stack.ordinal(stage);
            let permit = core::mem::take(&mut self.passages[passage].permits[ordinal]);
            if matches!(permit, Permit::None) {
                continue;
            }
            let state = self.gate_state(passage, stage);
            let ticket = Ticket { passage, generation };
            let transition = self.gates.settle(state, self.now, ticket, permit, outcome);
            outcome = self.gates.reported(state, transition, outcome);
            self.call_in(state);
            self.gate_acted(state, transition);
        }
        outcome
    }

    /// Asserts that gates have inside them just who holds their permits.
    pub(super) fn assert_permits(&self) {
        let mut held = vec![0; self.gates.states.len()];
        for passage in self.passages.taken() {
            let row = &self.passages[passage];
            let stack = &self.stacks[row.stack as usize];
            for stage in stack.range(row.level).filter(|&it| stack.slots[it] != NONE) {
                if matches!(
                    row.permits[stack.ordinal(stage)],
                    Permit::Inside | Permit::Concurrency(_)
                ) {
                    held[self.gate_state(passage, stage) as usize] += 1;
                }
            }
        }
        for (state, held) in held.into_iter().enumerate() {
            let inside = self.gates.inside(state).unwrap_or(held);
            assert_eq!(inside, held, "gate {state}: let in less let go = held");
        }
    }
}
