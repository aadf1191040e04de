//! Batches: calls of a caller wait for a tick and become one call.

use std::collections::BTreeMap;

use super::Deed;
use super::Simulation;
use super::cache::{Place, Sharing};
use super::event::Event;
use super::item::Asked;
use super::part::{Covering, Memory};
use super::pending::{Entry, Pending};
use super::recorder::Shared;
use super::slab::NONE;
use crate::model::Cover;
use crate::outcome::Outcome;
use crate::policy::cache::collapser::Scope;
use crate::policy::cache::{Collapser, CollapserState, Offer};
use crate::rng::mix;
use crate::time::SimTime;

/// The batches of one caller instance.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// By attempt that asks, or for the whole caller.
    gathering: BTreeMap<u32, Gathering>,
    /// How many calls are out.
    pub out: u32,
}

/// A batch in the making.
#[derive(Debug, Default)]
struct Gathering {
    generation: u32,
    state: CollapserState,
    /// The tick that is pending.
    armed: Option<SimTime>,
}

/// In place of the attempt that asks: a request of a load, by its call.
const OF_LOAD: u32 = 1 << 31;

/// Whose batch a call goes into: a row and its generation.
fn whose(scope: Scope, of: Asked, call: u32, generation: u32) -> (u32, u32) {
    match scope {
        Scope::Global => (NONE, 0),
        Scope::Request if of.by == NONE => (OF_LOAD | call, generation),
        Scope::Request => (of.by, of.generation),
    }
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    fn collapser(&mut self, state: u32) -> (&'m Collapser, &mut Batches) {
        let Cover::Collapse(collapser) = self.cover_of(state) else {
            unreachable!("the state is a collapser's")
        };
        match &mut self.covers.states[state as usize].memory {
            Memory::Collapse(it) => (collapser, it),
            _ => unreachable!("a cover's memory was made by the same settings"),
        }
    }

    /// A call comes to its collapser.
    pub(super) fn begin_gathering(&mut self, call: u32, state: u32) {
        let (key, of) = self.asked(call);
        let (now, generation) = (self.now, self.calls[call].generation);
        let (collapser, batches) = self.collapser(state);
        let (whose, of_generation) = whose(collapser.scope, of, call, generation);
        let gathering = batches.gathering.entry(whose).or_default();
        if gathering.generation != of_generation {
            *gathering = Gathering {
                generation: of_generation,
                ..Gathering::default()
            };
        }
        let full = match collapser.offer(&mut gathering.state, now, key, call) {
            Offer::Duplicate => {
                return self.agenda.push(Deed::Settle(call, generation, Outcome::BadRequest));
            }
            Offer::Joined(first) => {
                self.note_shared(call, Shared::Batched);
                return self.join(call, first, state, key, of);
            }
            Offer::Gathered { run } => run.then(|| members(&gathering.state)),
        };
        let due = gathering.state.next_at();
        let is_armed = gathering.armed.replace(due) == Some(due);
        self.covers.of_call[call as usize] = Covering::Shared(Sharing {
            state,
            key,
            of,
            at: Place::Gathered { joined: Vec::new() },
        });
        self.note_shared(call, Shared::Batched);
        if !is_armed {
            self.schedule(due, Event::BatchDue, 0, state, whose);
        }
        if let Some(full) = full {
            self.send_batch(state, &full);
        }
    }

    /// The tick of a batch: it is sent, if there is anything in it.
    pub(super) fn on_batch_due(&mut self, entry: Entry) {
        let (state, whose) = (entry.index, entry.generation);
        let now = self.now;
        let (collapser, batches) = self.collapser(state);
        let Some(gathering) = batches.gathering.get_mut(&whose) else {
            return;
        };
        let due = gathering.state.next_at();
        if now < due {
            return; // What it was for has been sent, or is nobody's any more.
        }
        let first = gathering.state.gathered()[0].call;
        let slot = &self.covers.slots[self.covers.states[state as usize].slot as usize];
        let (key, is_shared) = (
            mix(slot.key.0, u64::from(state - slot.first)),
            self.model.plans[slot.root.index()].shared_state,
        );
        if !is_shared && self.waits_for_thaw(self.calls[first].party, entry) {
            return;
        }
        self.happened(Event::BatchDue, key);
        let (_, batches) = self.collapser(state);
        let gathering = batches.gathering.get_mut(&whose).expect("it was there");
        gathering.armed = None;
        if collapser.on_tick(&mut gathering.state, now) {
            let batch = members(&gathering.state);
            if collapser.scope == Scope::Request {
                self.forget_unless_waiting(state, whose);
            }
            self.send_batch(state, &batch);
        }
    }

    /// A request of a load makes one call: its batch is not needed again.
    fn forget_unless_waiting(&mut self, state: u32, whose: u32) {
        if whose & OF_LOAD != 0 {
            self.collapser(state).1.gathering.remove(&whose);
        }
    }

    /// One call goes out for all in a batch.
    fn send_batch(&mut self, state: u32, batch: &[u32]) {
        let Some((&first, others)) = batch.split_first() else {
            return;
        };
        let mut all = Vec::new();
        for (at, &call) in batch.iter().enumerate() {
            let Covering::Shared(sharing) = &mut self.covers.of_call[call as usize] else {
                unreachable!("who is in a batch waits")
            };
            let place = core::mem::replace(&mut sharing.at, Place::Joined(first));
            let Place::Gathered { joined } = place else {
                unreachable!("its batch was not sent yet")
            };
            all.extend((at > 0).then_some(call));
            all.extend(joined);
        }
        debug_assert!(all.len() >= others.len());
        for &call in &all {
            if let Covering::Shared(it) = &mut self.covers.of_call[call as usize] {
                it.at = Place::Joined(first);
            }
        }
        if let Covering::Shared(it) = &mut self.covers.of_call[first as usize] {
            it.at = Place::Making {
                part: NONE,
                joined: all,
            };
        }
        self.collapser(state).1.out += 1;
        self.note_shared(first, Shared::Batch);
        self.make_shared(first);
    }

    /// A call is given up before its batch was sent; another that asks for the same may take its place.
    pub(super) fn leave_batch(&mut self, state: u32, of: Asked, call: u32, to: Option<u32>) {
        let generation = self.calls[call].generation;
        let (collapser, batches) = self.collapser(state);
        let (whose, of_generation) = whose(collapser.scope, of, call, generation);
        if let Some(gathering) = batches.gathering.get_mut(&whose)
            && gathering.generation == of_generation
        {
            gathering.state.give_up(call, to);
        }
    }
}

/// The calls of the batch that was run last.
fn members(state: &CollapserState) -> Vec<u32> {
    state.last().iter().map(|it| it.call).collect()
}
