//! Fallbacks: what becomes of a call when the part below has failed; and the work that they put off.

use std::collections::VecDeque;

use super::Simulation;
use super::arena::{CallRef, Parent};
use super::caller::NewCall;
use super::event::Event;
use super::part::{After, Covering, Memory};
use super::pending::{Entry, Pending};
use super::replica::Condition;
use super::slab::NONE;
use crate::ids::SiteId;
use crate::model::Cover;
use crate::outcome::Outcome;
use crate::policy::cache::Ttl;
use crate::policy::fallback::{Answer, Fallback, Kind, Reason};
use crate::rng::mix;
use crate::time::{SimTime, Span};

/// A call with a fallback.
#[derive(Debug)]
pub(super) struct Falling {
    pub state: u32,
    at: Stage,
    /// How the part below ended.
    original: Outcome,
    /// When an answer has been made.
    pub due: SimTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The part below is out, as this call.
    Trying(u32),
    /// An answer is made.
    Making,
    /// The other callee is asked.
    Asking(CallRef),
}

impl Falling {
    /// Whether it counts among those that are being made.
    pub fn is_running(&self) -> bool {
        !matches!(self.at, Stage::Trying(_))
    }
}

/// Which of the calls of a fallback it is.
const TRY: u16 = 0;
const INSTEAD: u16 = 1;

/// Work that was put off: what its call will need.
#[derive(Clone, Copy, Debug)]
pub(super) struct PutOff {
    site: SiteId,
    instance: u32,
    party: u32,
    depth: u16,
    class: u16,
    priority: u8,
    key: u64,
    /// What the request is about.
    item: u64,
}

/// Work that was put off and not yet taken up, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    waiting: VecDeque<PutOff>,
    /// An event is on its way that takes from it.
    is_armed: bool,
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    fn fallback_of(&self, state: u32) -> &'m Fallback {
        match self.cover_of(state) {
            Cover::Fallback(it) => it,
            _ => unreachable!("the state is a fallback's"),
        }
    }

    fn falling(&mut self, call: u32) -> &mut Falling {
        match &mut self.covers.of_call[call as usize] {
            Covering::Fallback(it) => it,
            _ => unreachable!("the call has a fallback"),
        }
    }

    pub(super) fn begin_falling(&mut self, call: u32, state: u32) {
        self.covers.of_call[call as usize] = Covering::Fallback(Falling {
            state,
            at: Stage::Trying(NONE),
            original: Outcome::Ok,
            due: SimTime::MAX,
        });
        let part = self.start_part(call, TRY);
        self.falling(call).at = Stage::Trying(part);
    }

    /// The part below, or the other callee, has ended.
    pub(super) fn fall(&mut self, call: u32, number: u16, outcome: Outcome) {
        if number == INSTEAD {
            return self.fallback_made(call, outcome);
        }
        let now = self.now;
        let falling = self.falling(call);
        let state = falling.state;
        falling.original = outcome;
        if let Stage::Trying(part) = falling.at {
            self.retrying[call as usize].push_back = self.retrying[part as usize].push_back;
        }
        let fallback = self.fallback_of(state);
        let key = self.kept_under(call, fallback);
        let answer = match &mut self.covers.states[state as usize].memory {
            Memory::Fallback(memory, _, kept) => match &key {
                None => fallback.after(memory, now, outcome),
                Some((key, store)) => {
                    if outcome == Outcome::Ok {
                        store.store(kept, now, *key, 0);
                    }
                    match fallback.on.contains(outcome) {
                        true => {
                            let known = store.look(kept, now, *key);
                            fallback.answer(memory, now, known.then_some(now))
                        }
                        false => Answer::Stands(Reason::Settled),
                    }
                }
            },
            _ => unreachable!("a cover's memory was made by the same settings"),
        };
        match answer {
            Answer::Stands(reason) => {
                self.covers.of_call[call as usize] = Covering::None;
                if reason != Reason::Settled {
                    self.note_fallback(call, false);
                }
                self.attempt_ended(call, outcome);
            }
            Answer::Degraded { after, .. } => {
                self.falling(call).at = Stage::Making;
                if matches!(fallback.kind, Kind::Enqueue { .. }) {
                    self.put_off(call, state);
                }
                if after == Span::ZERO {
                    return self.fallback_made(call, Outcome::Degraded);
                }
                let due = now + after;
                self.falling(call).due = due;
                let generation = self.calls[call].generation;
                self.schedule(due, Event::CoverDue, 0, call, generation);
            }
            Answer::Call => self.ask_instead(call),
        }
    }

    /// Where a good answer to a call is kept, if answers are kept by key: for as long as they may be given.
    fn kept_under(&self, call: u32, fallback: &Fallback) -> Option<(u64, Ttl)> {
        let Kind::StaleCache {
            max_stale,
            keys: Some(limit),
        } = fallback.kind
        else {
            return None;
        };
        let store = Ttl {
            // One of just this age may still be given.
            ttl: max_stale + Span::from_nanos(1),
            limit: Some(limit),
            ..Ttl::default()
        };
        Some((self.asked(call).0, store))
    }

    /// Asks the other callee: a call of its own, over its own edge, with the policies in force there.
    fn ask_instead(&mut self, call: u32) {
        let row = &self.calls[call];
        let new = NewCall {
            site: SiteId(self.sites[row.site.index()].instead),
            parent: Parent::Cover(call),
            instance: row.instance,
            party: row.party,
            by: NONE,
            parent_key: row.key,
            repetition: 0,
            deadline: row.deadline,
            depth: row.depth,
            class: row.class,
            priority: row.priority,
            item: INSTEAD,
            then: None,
            picked: None,
        };
        let asked = self.start_call::<false>(new);
        self.falling(call).at = Stage::Asking(asked);
    }

    /// The fallback has its answer.
    pub(super) fn fallback_made(&mut self, call: u32, said: Outcome) {
        let Covering::Fallback(falling) = core::mem::take(&mut self.covers.of_call[call as usize]) else {
            unreachable!("the call has a fallback")
        };
        let outcome = self.fallback_done(&falling, said);
        self.note_fallback(call, outcome == Outcome::Degraded);
        self.attempt_ended(call, outcome);
    }

    fn fallback_done(&mut self, falling: &Falling, said: Outcome) -> Outcome {
        let fallback = self.fallback_of(falling.state);
        match &mut self.covers.states[falling.state as usize].memory {
            Memory::Fallback(memory, ..) => fallback.done(memory, falling.original, said),
            _ => unreachable!("a cover's memory was made by the same settings"),
        }
    }

    fn note_fallback(&mut self, call: u32, answered: bool) {
        let lane = self.sites[self.calls[call].site.index()].lane;
        let measured = self.calls[self.root_of(call)].measured;
        self.recorder.fell_back(lane, measured, answered);
    }

    /// A call with a fallback is given up.
    pub(super) fn stop_falling(&mut self, falling: &Falling) {
        match falling.at {
            Stage::Trying(part) => self.abandon_call(CallRef::row(part)),
            Stage::Making => {
                self.fallback_done(falling, Outcome::Cancelled);
            }
            Stage::Asking(asked) => {
                self.fallback_done(falling, Outcome::Cancelled);
                self.abandon_call(asked);
            }
        }
    }

    /// The work of a call is put off: it is done when its turn comes, as a call of its own.
    fn put_off(&mut self, call: u32, state: u32) {
        let row = &self.calls[call];
        let put_off = PutOff {
            // Next to the part below, the same as a call of its own.
            site: SiteId(self.sites[row.site.index()].beneath + 1),
            instance: row.instance,
            party: row.party,
            depth: row.depth,
            class: row.class,
            priority: row.priority,
            key: row.key,
            item: self.items.of_call(call),
        };
        let Memory::Fallback(_, backlog, _) = &mut self.covers.states[state as usize].memory else {
            unreachable!("a cover's memory was made by the same settings")
        };
        backlog.waiting.push_back(put_off);
        self.arm_backlog(state);
    }

    /// Makes sure that a backlog is looked at, if there is anything in it.
    fn arm_backlog(&mut self, state: u32) {
        let Kind::Enqueue { every, .. } = self.fallback_of(state).kind else {
            return;
        };
        if let Memory::Fallback(_, backlog, _) = &mut self.covers.states[state as usize].memory
            && !backlog.is_armed
            && !backlog.waiting.is_empty()
        {
            backlog.is_armed = true;
            self.schedule(self.now + every, Event::BacklogDue, 0, state, 0);
        }
    }

    /// The oldest work of a backlog is taken up, if its process is there to do so.
    pub(super) fn on_backlog_due(&mut self, entry: Entry) {
        let state = entry.index;
        let fallback = self.fallback_of(state);
        let slot = &self.covers.slots[self.covers.states[state as usize].slot as usize];
        let key = mix(slot.key.0, u64::from(state - slot.first));
        self.happened(Event::BacklogDue, key);
        let replicas = &self.replicas;
        let Memory::Fallback(memory, backlog, _) = &mut self.covers.states[state as usize].memory else {
            unreachable!("a cover's memory was made by the same settings")
        };
        backlog.is_armed = false;
        let is_there = |it: &PutOff| match replicas.get(it.party as usize) {
            Some(replica) => replica.condition == Condition::Up && !replica.paused,
            None => true, // A load.
        };
        if backlog.waiting.front().is_some_and(is_there)
            && let Some(put_off) = backlog.waiting.pop_front()
        {
            assert!(fallback.take_up(memory), "a backlog holds what was put off");
            let new = NewCall {
                site: put_off.site,
                parent: Parent::Nobody,
                instance: put_off.instance,
                party: put_off.party,
                by: NONE,
                parent_key: 0,
                repetition: 0,
                deadline: SimTime::MAX,
                depth: put_off.depth,
                class: put_off.class,
                priority: put_off.priority,
                item: TRY,
                then: None,
                picked: None,
            };
            // Other draws than those of the call that failed, and others at each time.
            let put_off = PutOff {
                key: mix(put_off.key, 1),
                ..put_off
            };
            self.items.at_hand = put_off.item;
            let call = self.start_call_with_row(&new, put_off.key);
            self.note_after(call, After::Deferred { state, put_off });
        }
        self.arm_backlog(state);
    }

    /// Work that was put off has been done, or waits again.
    pub(super) fn deferred_ended(&mut self, state: u32, put_off: PutOff, outcome: Outcome) {
        if !outcome.is_failure() {
            return;
        }
        let fallback = self.fallback_of(state);
        let Memory::Fallback(memory, backlog, _) = &mut self.covers.states[state as usize].memory else {
            unreachable!("a cover's memory was made by the same settings")
        };
        fallback.put_back(memory);
        backlog.waiting.push_back(put_off);
        self.arm_backlog(state);
    }
}
