//! Caches of callers, and calls that one call answers for: of equal calls that come together one is made, and all end as it does.
//!
//! The one that is made belongs to the first. If that is given up, it goes on for the next in line; one in another process, where
//! the state is shared, makes it anew.

use std::collections::BTreeMap;

use super::Deed;
use super::Simulation;
use super::arena::{CallRef, Parent};
use super::item::Asked;
use super::part::{Covering, Memory};
use super::pending::Pending;
use super::recorder::Shared;
use super::slab::NONE;
use crate::ids::ReplicaId;
use crate::model::{Caller, Cover, Model};
use crate::outcome::Outcome;
use crate::policy::cache::{Cache, Lookup, RequestCache, SingleFlight, Ttl, TtlState};
use crate::rng::{Purpose, mix};

/// A call that has come to a cache or a collapser.
#[derive(Debug)]
pub(super) struct Sharing {
    pub state: u32,
    /// What it asks for.
    pub key: u64,
    /// Whose request it belongs to, where that matters.
    pub of: Asked,
    pub at: Place,
}

#[derive(Debug)]
pub(super) enum Place {
    /// Its part is out, for itself and for these, in the order in which they came.
    Making { part: u32, joined: Vec<u32> },
    /// That call answers for it.
    Joined(u32),
    /// In a batch that is still to be sent, for itself and for these.
    Gathered { joined: Vec<u32> },
}

/// What a cache remembers for one caller instance.
#[derive(Debug)]
pub(super) struct Cached {
    kept: Kept,
    /// How many calls are out.
    pub out: u32,
}

#[derive(Debug)]
enum Kept {
    Ttl(TtlState, SingleFlight),
    /// By attempt that asks, with its generation.
    Requests(BTreeMap<u32, (u32, RequestCache<Outcome>)>),
}

impl Cached {
    pub fn start(cache: &Cache) -> Cached {
        Cached {
            kept: match cache {
                Cache::Ttl(it) => Kept::Ttl(it.start(), SingleFlight::default()),
                Cache::Request => Kept::Requests(BTreeMap::new()),
            },
            out: 0,
        }
    }

    /// What the request's calls have got, if it is still that request.
    fn request(&mut self, of: Asked) -> Option<&mut RequestCache<Outcome>> {
        let Kept::Requests(all) = &mut self.kept else {
            return None;
        };
        let (generation, request) = all.get_mut(&of.by)?;
        (*generation == of.generation).then_some(request)
    }

    /// A call comes.
    fn look(&mut self, cache: &Cache, now: crate::time::SimTime, key: u64, of: Asked, call: u32) -> Lookup<Outcome> {
        match (cache, &mut self.kept) {
            (Cache::Ttl(ttl), Kept::Ttl(kept, flights)) => {
                if ttl.look(kept, now, key) {
                    return Lookup::Answer(Outcome::Ok);
                }
                match ttl.single_flight {
                    false => Lookup::Make,
                    true => match flights.call(key, call) {
                        Lookup::Make => Lookup::Make,
                        Lookup::Join(first) => Lookup::Join(first),
                        Lookup::Answer(never) => match never {},
                    },
                }
            }
            // A request of a load makes one call.
            (Cache::Request, _) if of.by == NONE => Lookup::Make,
            (Cache::Request, Kept::Requests(all)) => {
                let (generation, request) = all.entry(of.by).or_default();
                if *generation != of.generation {
                    *generation = of.generation;
                    request.reset();
                }
                request.call(key, call)
            }
            _ => unreachable!("a cache's memory was made by the same settings"),
        }
    }

    /// The call that was made has ended; `bits` are random ones.
    fn settle(
        &mut self,
        cache: &Cache,
        now: crate::time::SimTime,
        sharing: &Sharing,
        call: u32,
        outcome: Outcome,
        bits: u64,
    ) {
        let key = sharing.key;
        match (cache, &mut self.kept) {
            (Cache::Ttl(ttl), Kept::Ttl(kept, flights)) => {
                if ttl.single_flight {
                    flights.settle(key, call);
                }
                if outcome == Outcome::Ok {
                    ttl.store(kept, now, key, bits);
                }
            }
            _ => {
                if let Some(request) = self.request(sharing.of) {
                    request.settle(key, call, outcome);
                }
            }
        }
    }

    /// The first of those who wait is given up; the call goes on for another, or for nobody.
    fn hand_over(&mut self, sharing: &Sharing, call: u32, to: Option<u32>) {
        let key = sharing.key;
        match &mut self.kept {
            Kept::Ttl(_, flights) => match to {
                Some(to) => flights.hand_over(key, call, to),
                None => drop(flights.settle(key, call)),
            },
            Kept::Requests(_) => {
                if let Some(request) = self.request(sharing.of) {
                    match to {
                        Some(to) => request.hand_over(key, call, to),
                        None => request.forget(key, call),
                    }
                }
            }
        }
    }
}

/// The caller instance that a replica is, where each has a state of its own.
fn instance_of(model: &Model, root: crate::ids::PlanId, replica: u32) -> Option<u32> {
    let layout = model.layout();
    let edge = layout.plan_edge[root.index()]?;
    let Caller::Service(service) = model.edges[edge.index()].caller else {
        return None;
    };
    let all = layout.replicas_of(service);
    let is_own = !model.plans[root.index()].shared_state && all.contains(&(replica as usize));
    is_own.then(|| replica - ReplicaId(all.start as u32).0)
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    pub(super) fn cached(&mut self, state: u32) -> (&'m Cache, &mut Cached) {
        let Cover::Cache(cache) = self.cover_of(state) else {
            unreachable!("the state is a cache's")
        };
        match &mut self.covers.states[state as usize].memory {
            Memory::Cache(it) => (cache, it),
            _ => unreachable!("a cover's memory was made by the same settings"),
        }
    }

    /// What a call asks for: the endpoint, what its request is about, and which of the repetitions of a step it is.
    pub(super) fn asked(&self, call: u32) -> (u64, Asked) {
        let callee = self.sites[self.calls[call].site.index()].callee;
        let of = self.items.asked(call);
        let key = mix(
            mix(self.items.of_call(call), u64::from(callee.0)),
            u64::from(of.repetition),
        );
        (key, of)
    }

    pub(super) fn note_shared(&mut self, call: u32, how: Shared) {
        let lane = self.sites[self.calls[call].site.index()].lane;
        let measured = self.calls[self.root_of(call)].measured;
        self.recorder.shared(lane, measured, how);
    }

    /// A call comes to its cache.
    pub(super) fn begin_cached(&mut self, call: u32, state: u32) {
        let (key, of) = self.asked(call);
        let now = self.now;
        let (cache, cached) = self.cached(state);
        match cached.look(cache, now, key, of, call) {
            Lookup::Answer(outcome) => {
                self.note_shared(call, Shared::Hit);
                let generation = self.calls[call].generation;
                self.agenda.push(Deed::Settle(call, generation, outcome));
            }
            Lookup::Join(first) => {
                self.note_shared(call, Shared::Joined);
                self.join(call, first, state, key, of);
            }
            Lookup::Make => {
                cached.out += 1;
                self.note_shared(call, Shared::Missed);
                let sharing = Sharing {
                    state,
                    key,
                    of,
                    at: Place::Making {
                        part: NONE,
                        joined: Vec::new(),
                    },
                };
                self.covers.of_call[call as usize] = Covering::Shared(sharing);
                self.make_shared(call);
            }
        }
    }

    /// A call waits for the end of another.
    pub(super) fn join(&mut self, call: u32, first: u32, state: u32, key: u64, of: Asked) {
        self.covers.of_call[call as usize] = Covering::Shared(Sharing {
            state,
            key,
            of,
            at: Place::Joined(first),
        });
        self.joined(first).push(call);
    }

    /// Those who wait for the end of a call.
    fn joined(&mut self, first: u32) -> &mut Vec<u32> {
        match &mut self.covers.of_call[first as usize] {
            Covering::Shared(Sharing {
                at: Place::Making { joined, .. } | Place::Gathered { joined },
                ..
            }) => joined,
            _ => unreachable!("the first is made, or will be"),
        }
    }

    /// The part below goes out, for all who wait.
    pub(super) fn make_shared(&mut self, call: u32) {
        let made = self.start_part(call, 0);
        if let Covering::Shared(Sharing {
            at: Place::Making { part, .. },
            ..
        }) = &mut self.covers.of_call[call as usize]
        {
            *part = made;
        }
    }

    /// The part below has ended, for all who wait.
    pub(super) fn shared_ended(&mut self, call: u32, outcome: Outcome) {
        let Covering::Shared(sharing) = core::mem::take(&mut self.covers.of_call[call as usize]) else {
            unreachable!("the call is made for others, too")
        };
        let Place::Making { part, joined } = &sharing.at else {
            unreachable!("its part was out")
        };
        self.release_shared(&sharing, call, outcome);
        let told = self.retrying[*part as usize].push_back;
        for &it in joined {
            self.covers.of_call[it as usize] = Covering::None;
            self.retrying[it as usize].push_back = told;
            let generation = self.calls[it].generation;
            self.agenda.push(Deed::Settle(it, generation, outcome));
        }
        self.retrying[call as usize].push_back = told;
        self.attempt_ended(call, outcome);
    }

    /// A call that was made is out no longer.
    fn release_shared(&mut self, sharing: &Sharing, call: u32, outcome: Outcome) {
        let (state, now) = (sharing.state, self.now);
        if let Memory::Collapse(batches) = &mut self.covers.states[state as usize].memory {
            batches.out -= 1;
            return;
        }
        let mut bits = 0;
        if let Cover::Cache(Cache::Ttl(Ttl { jitter, .. })) = self.cover_of(state)
            && jitter.0 > 0
        {
            let slot = &self.covers.slots[self.covers.states[state as usize].slot as usize];
            let key = mix(slot.key.0, self.calls[call].key);
            bits = self.streams.block(Purpose::Policy, key, 0)[0];
        }
        let (cache, cached) = self.cached(state);
        cached.out -= 1;
        cached.settle(cache, now, sharing, call, outcome, bits);
    }

    /// A call is given up that was answered for by another, or answered for others.
    pub(super) fn stop_sharing(&mut self, call: u32, sharing: Sharing) {
        let Sharing { state, key, of, at } = sharing;
        match at {
            Place::Joined(first) => {
                self.joined(first).retain(|it| *it != call);
                if let Memory::Cache(cached) = &mut self.covers.states[state as usize].memory
                    && let Kept::Ttl(_, flights) = &mut cached.kept
                {
                    flights.leave(key, first);
                }
            }
            Place::Gathered { mut joined } => {
                let next = (!joined.is_empty()).then(|| joined.remove(0));
                self.leave_batch(state, of, call, next);
                if let Some(next) = next {
                    self.answer_for(next, joined, |joined| Place::Gathered { joined });
                }
            }
            Place::Making { part, mut joined } => {
                let next = (!joined.is_empty()).then(|| joined.remove(0));
                let sharing = Sharing {
                    state,
                    key,
                    of,
                    at: Place::Joined(call),
                };
                if let Memory::Cache(cached) = &mut self.covers.states[state as usize].memory {
                    cached.hand_over(&sharing, call, next);
                }
                let goes_on = next.is_some_and(|it| self.calls[it].party == self.calls[call].party);
                if !goes_on {
                    self.abandon_call(CallRef::row(part));
                }
                let Some(next) = next else {
                    match &mut self.covers.states[state as usize].memory {
                        Memory::Cache(it) => it.out -= 1,
                        Memory::Collapse(it) => it.out -= 1,
                        _ => unreachable!("a cover's memory was made by the same settings"),
                    }
                    return;
                };
                self.answer_for(next, joined, |joined| Place::Making { part, joined });
                // Attempts go on being counted where they were.
                let (before, after) = (self.root_of(call), self.root_of(next));
                self.calls[after].attempts = self.calls[after].attempts.max(self.calls[before].attempts);
                if goes_on {
                    self.calls[part].parent = Parent::Cover(next);
                } else {
                    self.make_shared(next);
                }
            }
        }
    }

    /// One that had joined takes the place of the first.
    fn answer_for(&mut self, next: u32, joined: Vec<u32>, place: impl FnOnce(Vec<u32>) -> Place) {
        for &it in &joined {
            if let Covering::Shared(it) = &mut self.covers.of_call[it as usize] {
                it.at = Place::Joined(next);
            }
        }
        if let Covering::Shared(it) = &mut self.covers.of_call[next as usize] {
            it.at = place(joined);
        }
    }

    /// Asserts that who waits for another is known to it; whether the call is the one that is made.
    pub(super) fn assert_sharing(&self, call: u32, sharing: &Sharing) -> bool {
        let waits = |it: &Sharing, by: u32| matches!(it.at, Place::Joined(first) if first == by);
        let all_wait = |joined: &[u32]| {
            let mut of = joined.iter().map(|it| &self.covers.of_call[*it as usize]);
            of.all(|it| matches!(it, Covering::Shared(it) if waits(it, call)))
        };
        match &sharing.at {
            Place::Making { part, joined } => {
                assert_eq!(
                    self.calls[*part].parent,
                    Parent::Cover(call),
                    "what is made belongs to the first"
                );
                assert!(all_wait(joined), "who has joined waits");
            }
            Place::Gathered { joined } => assert!(all_wait(joined), "who has joined waits"),
            Place::Joined(first) => match &self.covers.of_call[*first as usize] {
                Covering::Shared(Sharing {
                    at: Place::Making { joined, .. } | Place::Gathered { joined },
                    ..
                }) => assert!(joined.contains(&call), "who waits is known"),
                _ => panic!("call {call} waits for nothing"),
            },
        }
        matches!(sharing.at, Place::Making { .. })
    }

    /// A replica's process is gone, and with it the answers that it has kept for itself.
    pub(super) fn lose_caches(&mut self, replica: u32) {
        for at in 0..self.covers.slots.len() {
            let slot = &self.covers.slots[at];
            let Some(instance) = instance_of(self.model, slot.root, replica) else {
                continue;
            };
            let state = slot.first + instance;
            match &mut self.covers.states[state as usize].memory {
                Memory::Cache(cached) => {
                    if let Kept::Ttl(kept, _) = &mut cached.kept {
                        kept.clear();
                    }
                }
                Memory::Fallback(memory, _, kept) => {
                    memory.forget();
                    kept.clear();
                }
                _ => {}
            }
        }
    }
}
