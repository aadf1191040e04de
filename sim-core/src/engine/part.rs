//! Covers: policies that stand around a call and make what is below them anew, in several copies, or something else instead, or
//! once for several.
//!
//! A plan with covers falls into *parts*: each but the last ends with a cover. A call that comes to the cover at the end of its
//! part makes calls of the next part. Such a call has a row, gates and tries like any other, but it is no call of its own in the
//! statistics, and it counts its attempts with the call at the top, so that the draws of attempt k are the same under every
//! strategy. Plans without covers have one part and never come here.

use super::Simulation;
use super::arena::{CallRef, Parent};
use super::cache::{Cached, Sharing};
use super::caller::NewCall;
use super::collapse::Batches;
use super::event::Event;
use super::fallback::Backlog;
use super::hedge::Copied;
use super::pending::{Entry, Pending};
use super::ring::Ring;
use super::site::{PlanShape, SiteShape};
use super::slab::NONE;
use super::{RunError, change, ring_for};
use crate::ids::{PlanId, SiteId};
use crate::model::{Cover, Model};
use crate::outcome::Outcome;
use crate::policy::cache::TtlState;
use crate::policy::hedge::{Delay, HedgeState, Losers};
use crate::policy::{fallback, hedge};
use crate::rng::Key;
use crate::time::SimTime;

/// One cover of one plan with one set of settings; a change that leaves these keeps its states.
#[derive(Debug)]
pub(super) struct Slot<'m> {
    pub root: PlanId,
    /// Names it in digests.
    pub key: Key,
    pub cover: &'m Cover,
    /// The states of its caller instances.
    pub first: u32,
    pub instances: u32,
    /// Ring of a hedge's delay, if that is always the same, or [`NONE`].
    pub ring: u32,
}

/// What a cover remembers for one caller instance.
#[derive(Debug)]
pub(super) struct CoverState {
    pub slot: u32,
    pub memory: Memory,
}

#[derive(Debug)]
pub(super) enum Memory {
    /// With how many copies are out.
    Hedge(Box<HedgeState>, u32),
    /// With the good answers that are kept by key.
    Fallback(fallback::State, Backlog, TtlState),
    Cache(Box<Cached>),
    Collapse(Batches),
}

/// What a call does at the cover of its part.
#[derive(Debug, Default)]
pub(super) enum Covering {
    /// It has none, or has not come to it.
    #[default]
    None,
    Hedge(Box<Copied>),
    Fallback(super::fallback::Falling),
    /// At a cache or a collapser.
    Shared(Sharing),
}

/// What is noted when a call ends that nobody waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum After {
    /// A hedge's copy that lost and runs on.
    Loser { state: u32, copy: u32, since: SimTime },
    /// Work that a fallback put off.
    Deferred {
        state: u32,
        put_off: super::fallback::PutOff,
    },
}

/// Covers, and where the parts of plans are.
#[derive(Debug)]
pub(super) struct Covers<'m> {
    /// Some plan has a cover, now or after a change.
    pub any: bool,
    /// Some hedge ties its copies.
    pub ties: bool,
    /// Callees are told of attempts that are let go just now.
    pub tells_callees: bool,
    /// The shapes of a plan's parts beyond the first.
    chains: Vec<Vec<u32>>,
    pub slots: Vec<Slot<'m>>,
    pub states: Vec<CoverState>,
    /// By call, as far as calls with covers have come.
    pub of_call: Vec<Covering>,
    /// By call, as far as [`Parent::Aftermath`] is needed.
    pub after: Vec<Option<After>>,
}

impl<'m> Covers<'m> {
    /// The shapes of all plans, then those of their further parts.
    pub fn shapes(model: &'m Model, rings: &mut Vec<Ring>) -> (Vec<PlanShape<'m>>, Covers<'m>) {
        let rows = model.plans.iter().enumerate();
        let all: Vec<Vec<PlanShape<'m>>> = rows
            .map(|(row, plan)| PlanShape::parts(plan, PlanId::from_index(row), rings))
            .collect();
        let mut longest: Vec<usize> = all.iter().map(Vec::len).collect();
        let mut ties = false;
        for (plan, row) in change::edited_plans(model) {
            let parts = row.parts().count();
            longest[plan.index()] = longest[plan.index()].max(parts);
        }
        let edited = change::edited_plans(model).map(|it| it.1);
        for plan in model.plans.iter().chain(edited) {
            ties |= plan.stages.iter().any(|it| match it {
                crate::model::Stage::Cover(Cover::Hedge(it)) => it.losers == Losers::CancelledAtStart,
                _ => false,
            });
        }
        let mut shapes: Vec<PlanShape<'m>> = all.iter().map(|it| it[0]).collect();
        let mut chains = Vec::new();
        for (parts, longest) in all.iter().zip(&longest) {
            let first = shapes.len() as u32;
            // Parts that only a change brings look like the last one until then; nothing comes to them.
            let further = (1..*longest).map(|at| *parts.get(at).unwrap_or(&parts[parts.len() - 1]));
            shapes.extend(further);
            chains.push((first..shapes.len() as u32).collect());
        }
        let covers = Covers {
            any: longest.iter().any(|it| *it > 1),
            ties,
            tells_callees: false,
            chains,
            slots: Vec::new(),
            states: Vec::new(),
            of_call: Vec::new(),
            after: Vec::new(),
        };
        (shapes, covers)
    }

    /// The place of a part of a plan among the shapes.
    pub fn part(&self, plan: PlanId, part: usize) -> usize {
        match part {
            0 => plan.index(),
            _ => self.chains[plan.index()][part - 1] as usize,
        }
    }

    /// In how many parts a plan may ever be.
    pub fn parts_of(&self, plan: PlanId) -> usize {
        self.chains[plan.index()].len() + 1
    }

    /// Adds the sites of the parts below covers: each as a part, and next to it as a call of its own.
    pub fn add_parts(&self, sites: &mut Vec<SiteShape<'m>>, plans: &[PlanShape<'m>]) {
        if !self.any {
            return;
        }
        for row in 0..sites.len() {
            let (mut above, plan) = (row, sites[row].plan);
            for &part in &self.chains[plan.index()] {
                let at = sites.len();
                let shape = &plans[part as usize];
                let part = SiteShape {
                    plan: PlanId(part),
                    is_part: true,
                    is_lean: false,
                    is_single: shape.is_single(),
                    attempt_timeout: shape.attempt_timeout,
                    beneath: NONE,
                    instead: sites[row].instead,
                    ..sites[row]
                };
                // The same part as a call of its own: for what a fallback puts off.
                sites.extend([part, SiteShape { is_part: false, ..part }]);
                sites[above].beneath = at as u32;
                if above != row {
                    sites[above + 1].beneath = at as u32;
                }
                above = at;
            }
        }
    }

    /// The slot of the cover at the end of a part, or [`NONE`]; made if there is none with these settings.
    pub fn slot(&mut self, model: &Model, shape: &PlanShape<'m>, rings: &mut Vec<Ring>) -> u32 {
        let Some(cover) = shape.cover else { return NONE };
        let known = |it: &Slot<'_>| it.root == shape.root && it.cover == cover;
        if let Some(at) = self.slots.iter().position(known) {
            return at as u32;
        }
        let first = &model.layout().first_plan_state[shape.root.index()..];
        let (slot, instances) = (self.slots.len() as u32, first[1] - first[0]);
        let ring = match cover {
            Cover::Hedge(hedge::Hedge {
                delay: Delay::Fixed(delay),
                ..
            }) => ring_for(rings, *delay, Event::CoverDue),
            _ => NONE,
        };
        self.slots.push(Slot {
            root: shape.root,
            key: model.plans[shape.root.index()].key.child(cover.kind() as u64),
            cover,
            first: self.states.len() as u32,
            instances,
            ring,
        });
        self.states.extend((0..instances).map(|_| CoverState {
            slot,
            memory: match cover {
                Cover::Hedge(it) => Memory::Hedge(Box::new(it.start()), 0),
                Cover::Fallback(it) => Memory::Fallback(it.start(), Backlog::default(), TtlState::default()),
                Cover::Cache(it) => Memory::Cache(Box::new(Cached::start(it))),
                Cover::Collapse(_) => Memory::Collapse(Batches::default()),
            },
        }));
        slot
    }
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    /// The call at the top, whose part this is; itself if it is none.
    pub(super) fn root_of(&self, mut call: u32) -> u32 {
        while self.sites[self.calls[call].site.index()].is_part
            && let Parent::Cover(above) = self.calls[call].parent
        {
            call = above;
        }
        call
    }

    /// The state of the cover that a call has come to.
    pub(super) fn cover_state(&self, slot: u32, call: u32) -> u32 {
        let slot = &self.covers.slots[slot as usize];
        if slot.instances == 1 {
            return slot.first; // One caller, or one state for all of them.
        }
        slot.first + self.calls[call].instance
    }

    /// The cover that a state belongs to.
    pub(super) fn cover_of(&self, state: u32) -> &'m Cover {
        self.covers.slots[self.covers.states[state as usize].slot as usize].cover
    }

    /// A call, or a try of it, has come through its part: at a cover, that begins. Whether there is one.
    pub(super) fn begin_cover(&mut self, call: u32) -> bool {
        let shape = &self.plans[self.sites[self.calls[call].site.index()].plan.index()];
        let Some(cover) = shape.cover else { return false };
        let state = self.cover_state(shape.cover_slot, call);
        if self.calls.reaches(self.limits.live) {
            let site = self.calls[self.root_of(call)].site;
            let (limit, at) = (self.limits.live, self.now);
            self.fail(RunError::TooManyLive { limit, at, site });
            return true;
        }
        let at = call as usize;
        if at >= self.covers.of_call.len() {
            self.covers.of_call.resize_with(at + 1, Covering::default);
        }
        match cover {
            Cover::Hedge(hedge) => self.begin_hedge(call, state, hedge),
            Cover::Fallback(_) => self.begin_falling(call, state),
            Cover::Cache(_) => self.begin_cached(call, state),
            Cover::Collapse(_) => self.begin_gathering(call, state),
        }
        true
    }

    /// Makes a call of the part below a cover; `number` tells it from others of the same cover.
    pub(super) fn start_part(&mut self, cover: u32, number: u16) -> u32 {
        let row = &self.calls[cover];
        let new = NewCall {
            site: SiteId(self.sites[row.site.index()].beneath),
            parent: Parent::Cover(cover),
            instance: row.instance,
            party: row.party,
            by: NONE,
            parent_key: 0,
            repetition: 0,
            deadline: row.deadline,
            depth: row.depth,
            class: row.class,
            priority: row.priority,
            item: number,
            then: None,
            picked: None,
        };
        let key = row.key;
        self.start_call_with_row(&new, key)
    }

    /// A call that a cover made has ended.
    pub(super) fn part_ended(&mut self, cover: u32, number: u16, outcome: Outcome) {
        match &self.covers.of_call[cover as usize] {
            Covering::Hedge(_) => self.copy_ended(cover, u32::from(number), outcome),
            Covering::Fallback(_) => self.fall(cover, number, outcome),
            Covering::Shared(_) => self.shared_ended(cover, outcome),
            Covering::None => unreachable!("a cover lets go of its parts before it ends"),
        }
    }

    /// A call, or a try of it, is given up: so is what its cover has made.
    pub(super) fn let_go_of_parts(&mut self, call: u32) {
        let Some(covering) = self.covers.of_call.get_mut(call as usize) else {
            return;
        };
        match core::mem::take(covering) {
            Covering::None => {}
            Covering::Hedge(copied) => self.let_go_of_copies(*copied),
            Covering::Fallback(falling) => self.stop_falling(&falling),
            Covering::Shared(sharing) => self.stop_sharing(call, sharing),
        }
    }

    pub(super) fn on_cover_due(&mut self, entry: Entry) {
        let row = &self.calls[entry.index];
        if row.generation != entry.generation {
            return;
        }
        let is_due = match self.covers.of_call.get(entry.index as usize) {
            Some(Covering::Hedge(it)) => it.call.next_at() <= self.now,
            Some(Covering::Fallback(it)) => it.due <= self.now,
            _ => false,
        };
        if !is_due || self.waits_for_thaw(row.party, entry) {
            return;
        }
        self.happened(Event::CoverDue, self.calls[entry.index].key);
        match &self.covers.of_call[entry.index as usize] {
            Covering::Hedge(_) => self.send_copy(entry.index),
            _ => self.fallback_made(entry.index, Outcome::Degraded),
        }
    }

    /// Something is to be noted when a call ends that nobody waits for.
    pub(super) fn note_after(&mut self, call: u32, after: After) {
        self.calls[call].parent = Parent::Aftermath(call);
        let at = call as usize;
        if at >= self.covers.after.len() {
            self.covers.after.resize(at + 1, None);
        }
        self.covers.after[at] = Some(after);
    }

    /// A call that nobody waits for has ended.
    pub(super) fn aftermath(&mut self, call: u32, outcome: Outcome) {
        match self.covers.after[call as usize].take() {
            Some(After::Loser { state, copy, since }) => self.loser_ended(state, copy, since, outcome),
            Some(After::Deferred { state, put_off }) => self.deferred_ended(state, put_off, outcome),
            None => unreachable!("what follows was noted"),
        }
    }

    /// The process of a call that nobody waits for is gone.
    pub(super) fn abandon_aftermath(&mut self, call: u32) {
        if let Some(After::Deferred { state, put_off }) = self.covers.after[call as usize].take() {
            self.deferred_ended(state, put_off, Outcome::Cancelled);
        }
        self.abandon_call(CallRef::row(call));
    }

    /// Asserts that every part belongs to a cover that knows it, and that covers have in hand just what their states say.
    pub(super) fn assert_parts(&self) {
        let mut held = vec![0; self.covers.states.len()];
        for (call, covering) in self.covers.of_call.iter().enumerate() {
            match covering {
                Covering::None => {}
                Covering::Hedge(it) => {
                    held[it.state as usize] += it.out();
                    it.parts().for_each(|part| {
                        assert_eq!(
                            self.calls[part].parent,
                            Parent::Cover(call as u32),
                            "a copy belongs to its call"
                        );
                    });
                }
                Covering::Fallback(it) => held[it.state as usize] += u32::from(it.is_running()),
                Covering::Shared(it) => held[it.state as usize] += u32::from(self.assert_sharing(call as u32, it)),
            }
        }
        for (state, held) in self.covers.states.iter().zip(held) {
            let known = match &state.memory {
                Memory::Hedge(_, out) => *out,
                Memory::Fallback(it, ..) => it.running(),
                Memory::Cache(it) => it.out,
                Memory::Collapse(it) => it.out,
            };
            assert_eq!(known, held, "cover of slot {}: begun less ended = in hand", state.slot);
        }
    }
}
