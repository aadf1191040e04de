//! Connection pools: an attempt needs a connection to the replica that was picked, and may have to wait for one.
//!
//! There is one pool for each caller instance and callee replica. A connection is held from the grant until the answer; one
//! whose answer is no longer awaited, or that broke, is closed, as nobody else can use it. The wait counts against the timeout
//! of the attempt.

use super::Deed;
use super::Simulation;
use super::balance::WATCHED;
use super::event::Event;
use super::pending::{Entry, Pending};
use super::ring::Ring;
use super::ring_for;
use super::site::PlanShape;
use super::slab::NONE;
use crate::component::pool::{Acquired, Connection, Grant, Pool, PoolState, Ticket};
use crate::ids::PlanId;
use crate::model::Model;
use crate::outcome::Outcome;
use crate::time::SimTime;

/// The pools of one plan with one set of settings.
#[derive(Debug)]
struct Slot<'m> {
    root: PlanId,
    pool: &'m Pool,
    /// The states, by caller instance and callee replica.
    first: u32,
    instances: u32,
    replicas: u32,
    first_replica: u32,
    /// Ring of the acquire timeout.
    ring: u32,
}

/// A pool, and the calls that wait at it.
#[derive(Debug)]
struct State {
    slot: u32,
    memory: PoolState,
    /// In the order of their tickets.
    waiting: Vec<(Ticket, u32)>,
}

/// What a call has at a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A place in the queue, until then.
    Waiting(Ticket, SimTime),
    /// A connection that it is about to use.
    Granted(Grant),
}

/// All pools of a model.
#[derive(Debug, Default)]
pub(super) struct Pools<'m> {
    /// Some plan has a pool, now or after a change.
    pub any: bool,
    slots: Vec<Slot<'m>>,
    states: Vec<State>,
    /// By call: the pool, the replica picked, and what it has there.
    places: Vec<Option<(u32, u32, Place)>>,
    /// By attempt: the pool and the connection that it holds.
    held: Vec<Option<(u32, Connection)>>,
}

fn connection_of(grant: Grant) -> Connection {
    match grant {
        Grant::Idle(it) | Grant::Open(it) => it,
    }
}

impl<'m> Pools<'m> {
    /// The slot of a plan's pools, or [`NONE`]; made if there is none with these settings.
    pub fn slot(&mut self, model: &Model, shape: &PlanShape<'m>, rings: &mut Vec<Ring>) -> u32 {
        let layout = model.layout();
        let (Some(pool), Some(edge)) = (&shape.plan.pool, layout.plan_edge[shape.root.index()]) else {
            return NONE;
        };
        let known = |it: &Slot<'_>| it.root == shape.root && it.pool == pool;
        if let Some(at) = self.slots.iter().position(known) {
            return at as u32;
        }
        self.any = true;
        let first = &layout.first_plan_state[shape.root.index()..];
        let callee = model.edges[edge.index()].callee;
        let (instances, replicas) = (first[1] - first[0], layout.replicas_of(callee));
        let slot = self.slots.len() as u32;
        self.slots.push(Slot {
            root: shape.root,
            pool,
            first: self.states.len() as u32,
            instances,
            replicas: replicas.len() as u32,
            first_replica: replicas.start as u32,
            ring: ring_for(rings, pool.acquire_timeout, Event::PoolTimeout),
        });
        self.states
            .extend((0..instances as usize * replicas.len()).map(|_| State {
                slot,
                memory: pool.start(),
                waiting: Vec::new(),
            }));
        slot
    }

    fn pool_of(&self, state: u32) -> &'m Pool {
        self.slots[self.states[state as usize].slot as usize].pool
    }

    /// All idle connections to a replica are gone.
    pub fn sever(&mut self, replica: u32) {
        for slot in &self.slots {
            let Some(at) = replica.checked_sub(slot.first_replica).filter(|it| *it < slot.replicas) else {
                continue;
            };
            for instance in 0..slot.instances {
                let state = slot.first + instance * slot.replicas + at;
                self.states[state as usize].memory.sever();
            }
        }
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A call that needs a connection to the replica that was picked asks its pool for one. Whether it was sent, waits, or
    /// has failed there; `false` if its plan has no pool.
    pub(super) fn connect_first(&mut self, call: u32, replica: u32) -> bool {
        let row = &self.calls[call];
        let shape = &self.plans[self.sites[row.site.index()].plan.index()];
        if shape.pool_slot == NONE {
            return false;
        }
        let slot = &self.pools.slots[shape.pool_slot as usize];
        let instance = if slot.instances == 1 { 0 } else { row.instance };
        let state = slot.first + instance * slot.replicas + (replica - slot.first_replica);
        let (ring, generation, now) = (slot.ring, row.generation, self.now);
        let pool = slot.pool;
        match pool.acquire(&mut self.pools.states[state as usize].memory, now) {
            Acquired::Granted(grant) => self.send_over(call, replica, state, grant),
            Acquired::Refused => {
                let deed = Deed::Settle(call, generation, Outcome::PoolTimeout);
                self.agenda.push(deed);
            }
            Acquired::Queued(ticket) => {
                self.pools.states[state as usize].waiting.push((ticket, call));
                let due = now + pool.acquire_timeout;
                self.set_place(call, Some((state, replica, Place::Waiting(ticket, due))));
                self.start_timer(ring, 0, call, generation);
            }
        }
        true
    }

    fn set_place(&mut self, call: u32, place: Option<(u32, u32, Place)>) {
        let at = call as usize;
        if at >= self.pools.places.len() {
            self.pools.places.resize(at + 1, None);
        }
        self.pools.places[at] = place;
    }

    /// Sends over a connection; one that has to be opened takes the link's time for that.
    fn send_over(&mut self, call: u32, replica: u32, state: u32, grant: Grant) {
        let row = &self.calls[call];
        let site = &self.sites[row.site.index()];
        if site.first_outstanding != NONE && !self.callers.connections.is_empty() {
            let first = site.first_outstanding & !WATCHED;
            let place = (first + row.instance * site.slots + (replica - site.first_replica)) as usize;
            // What the link knows is whether there is one to spare; here the pool decides.
            let is_open = u32::from(matches!(grant, Grant::Idle(_)));
            self.callers.connections[place] = self.callers.outstanding[place] + is_open;
        }
        let attempt = self.launch_to(call, replica) as usize;
        if attempt >= self.pools.held.len() {
            self.pools.held.resize(attempt + 1, None);
        }
        self.pools.held[attempt] = Some((state, connection_of(grant)));
    }

    /// A call has got its connection.
    pub(super) fn connected(&mut self, call: u32) {
        if let Some((state, replica, Place::Granted(grant))) = self.pools.places[call as usize] {
            self.pools.places[call as usize] = None;
            self.send_over(call, replica, state, grant);
        }
    }

    /// An attempt is over for its caller: its connection goes to whoever waits, or is closed.
    pub(super) fn release_connection(&mut self, attempt: u32, answered: bool) {
        let Some((state, connection)) = self.pools.held.get_mut(attempt as usize).and_then(Option::take) else {
            return;
        };
        let broke = matches!(self.attempts[attempt].outcome, Outcome::Reset | Outcome::Refused);
        self.give_back(state, (answered && !broke).then_some(connection));
    }

    fn give_back(&mut self, state: u32, connection: Option<Connection>) {
        let pool = self.pools.pool_of(state);
        let row = &mut self.pools.states[state as usize];
        let next = match connection {
            Some(it) => pool.release(&mut row.memory, self.now, it),
            None => pool.discard(&mut row.memory, self.now),
        };
        let Some((ticket, grant)) = next else { return };
        let at = row.waiting.iter().position(|it| it.0 == ticket);
        let (_, call) = row.waiting.remove(at.expect("who has a ticket waits"));
        let Some((_, _, place)) = &mut self.pools.places[call as usize] else {
            unreachable!("who waits has a place")
        };
        *place = Place::Granted(grant);
        self.agenda.push(Deed::Connected(call, self.calls[call].generation));
    }

    /// A call that may wait for a connection is given up.
    pub(super) fn stop_waiting(&mut self, call: u32) {
        let Some((state, _, place)) = self.pools.places.get_mut(call as usize).and_then(Option::take) else {
            return;
        };
        match place {
            Place::Waiting(ticket, _) => {
                let pool = self.pools.pool_of(state);
                let row = &mut self.pools.states[state as usize];
                pool.give_up(&mut row.memory, ticket);
                row.waiting.retain(|it| it.0 != ticket);
            }
            // One that was to be opened is not; an open one is there for others.
            Place::Granted(Grant::Open(_)) => self.give_back(state, None),
            Place::Granted(Grant::Idle(it)) => self.give_back(state, Some(it)),
        }
    }

    pub(super) fn on_pool_timeout(&mut self, entry: Entry) {
        let call = entry.index;
        if self.calls[call].generation != entry.generation {
            return;
        }
        let waits = self.pools.places.get(call as usize).copied().flatten();
        let Some((_, _, Place::Waiting(_, due))) = waits else {
            return;
        };
        if due > self.now || self.waits_for_thaw(self.calls[call].party, entry) {
            return;
        }
        self.happened(Event::PoolTimeout, self.calls[call].key);
        self.stop_waiting(call);
        self.attempt_ended(call, Outcome::PoolTimeout);
    }

    /// Asserts that connections are held by just those who have them, and queues hold just those who wait.
    pub(super) fn assert_connections(&self) {
        let mut held = vec![(0, 0); self.pools.states.len()];
        for (state, _) in self.pools.held.iter().flatten() {
            held[*state as usize].0 += 1;
        }
        for (state, _, place) in self.pools.places.iter().flatten() {
            match place {
                Place::Waiting(..) => held[*state as usize].1 += 1,
                Place::Granted(_) => held[*state as usize].0 += 1,
            }
        }
        for (state, (busy, waiting)) in self.pools.states.iter().zip(held) {
            assert_eq!(
                state.memory.busy(),
                busy,
                "pool: connections taken less given back = held"
            );
            assert_eq!(state.memory.waiting(), waiting, "pool: the queue = those who wait");
        }
    }
}
