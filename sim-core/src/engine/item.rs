//! What requests are about: the key that goes with a request into all calls made for it.
//!
//! A load draws it for each request; without popularities each request has a key of its own. Kept beside the rows of calls
//! and attempts, and only where some plan looks at it.

use super::Simulation;
use super::arena::Parent;
use super::caller::NewCall;
use super::pending::Pending;
use super::slab::NONE;
use crate::model::{Caller, Model};
use crate::rng::{Key, Purpose};
use crate::routing::hash::hash;

/// Equal keys of all loads are the same key.
const KEYS: u64 = Key::of("key").0;

/// Whether some plan, now or after a change, looks at requests' keys.
pub(super) fn are_asked_for(model: &Model) -> bool {
    let later = super::change::edited_plans(model).map(|it| it.1);
    model.plans.iter().chain(later).any(|it| it.asks_for_key())
}

/// Whether some plan, now or after a change, remembers something by them.
pub(super) fn are_remembered(model: &Model) -> bool {
    let later = super::change::edited_plans(model).map(|it| it.1);
    let mut stages = model.plans.iter().chain(later).flat_map(|it| &it.stages);
    stages.any(crate::model::Stage::asks_for_key)
}

/// Who asks, and for which piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Which of the repetitions of a step.
    pub repetition: u32,
    /// The attempt whose flow asks, or [`NONE`] for a load.
    pub by: u32,
    pub generation: u32,
}

const NOBODY: Asked = Asked {
    repetition: 0,
    by: NONE,
    generation: 0,
};

/// The keys of all that is in flight, well mixed.
#[derive(Debug, Default)]
pub(super) struct Items {
    of_call: Vec<u64>,
    of_attempt: Vec<u64>,
    /// That of the call for which a replica is picked.
    pub at_hand: u64,
    /// By call, where something is remembered by keys.
    asked: Vec<Asked>,
    are_remembered: bool,
}

fn put(into: &mut Vec<u64>, at: u32, item: u64) {
    if at as usize >= into.len() {
        into.resize(at as usize + 1, 0);
    }
    into[at as usize] = item;
}

impl Items {
    pub fn new(are_remembered: bool) -> Items {
        Items {
            are_remembered,
            ..Items::default()
        }
    }

    /// What a call is about; zero where nobody asks.
    pub fn of_call(&self, call: u32) -> u64 {
        self.of_call.get(call as usize).copied().unwrap_or(0)
    }

    /// Who makes a call, and for which piece.
    pub fn asked(&self, call: u32) -> Asked {
        self.asked.get(call as usize).copied().unwrap_or(NOBODY)
    }

    /// A call is about to be sent.
    pub fn take(&mut self, call: u32) {
        self.at_hand = self.of_call[call as usize];
    }

    /// A call was sent by this attempt.
    pub fn sent(&mut self, call: u32, attempt: u32) {
        let item = self.of_call[call as usize];
        put(&mut self.of_attempt, attempt, item);
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A call begins: a request's key is drawn, any other call has that of the attempt that makes it.
    pub(super) fn note_item(&mut self, call: u32, new: &NewCall) {
        let item = match (new.parent, new.by) {
            (Parent::Cover(above), _) => self.items.of_call[above as usize],
            // What a fallback has put off.
            (Parent::Nobody, NONE) => self.items.at_hand,
            (_, NONE) => self.draw_item(new),
            (_, by) => self.items.of_attempt[by as usize],
        };
        put(&mut self.items.of_call, call, item);
        if self.items.are_remembered {
            self.note_asked(call, new);
        }
    }

    fn note_asked(&mut self, call: u32, new: &NewCall) {
        let asked = match (new.parent, new.by) {
            (Parent::Cover(above), NONE) => self.items.asked(above),
            (_, NONE) => NOBODY,
            (_, by) => Asked {
                repetition: new.repetition,
                by,
                generation: self.attempts[by].generation,
            },
        };
        let at = call as usize;
        if at >= self.items.asked.len() {
            self.items.asked.resize(at + 1, NOBODY);
        }
        self.items.asked[at] = asked;
    }

    fn draw_item(&self, new: &NewCall) -> u64 {
        let edge = self.sites[new.site.index()].edge;
        let popularity = match self.model.edges[edge.index()].caller {
            Caller::Load(load) => self.model.loads[load.index()].items.as_ref(),
            Caller::Service(_) => None,
        };
        match popularity {
            None => hash(KEYS, new.parent_key),
            Some(it) => {
                let rank = it.sample(&mut self.streams.keyed(Purpose::Item, new.parent_key, 0));
                hash(KEYS, rank)
            }
        }
    }
}
