//! Loads in motion: when requests are sent, by whom, and what happens after the answer.

mod change;
mod rate;
mod soon;
mod users;

pub(super) use users::{SessionState, UserState};

use super::Simulation;
use super::arena::Parent;
use super::caller::{NewCall, Over};
use super::event::Event;
use super::pending::{Entry, Pending};
use super::slab::NONE;
use crate::dist::ziggurat;
use crate::ids::{LoadId, SiteId};
use crate::model::{Arrival, Rate};
use crate::outcome::Outcome;
use crate::quantity::Factor;
use crate::rng::{Key, Purpose, Stream};
use crate::time::{SimTime, Span};
use soon::{SOON, Soon};

/// A load in motion.
#[derive(Debug)]
pub(super) struct LoadState<'m> {
    key: Key,
    arrival: &'m Arrival,
    /// Requests per second times the factors, if that is one number for ever.
    constant: Option<f64>,
    /// Every request is like the others: one client, one target, no session.
    is_plain: bool,
    gaps: Stream,
    /// Requests (or sessions) sent so far.
    sent: u64,
    /// Intensity to go until the next arrival, counted from `since` (and a part of a nanosecond).
    left: f64,
    since: SimTime,
    carry: f64,
    pub scale: Factor,
    /// State of a modulated process, and how many it has been through.
    state: u16,
    states_seen: u64,
    /// Bumped whenever the next arrival is scheduled anew; rare ones of long ago must not come back, so 32 bits.
    epoch: u32,
    first_user: u32,
    /// Where it sends to, if that is one place.
    pub site: SiteId,
    pub class: u16,
    pub priority: u8,
    soon: Soon,
}

/// Words of a request's own block.
const WORD_CLIENT: usize = 0;
const WORD_ITEM: usize = 1;

impl LoadState<'_> {
    fn factor(&self) -> f64 {
        let state = match self.arrival {
            Arrival::Mmpp { states, .. } => states[self.state as usize].factor,
            _ => Factor::ONE,
        };
        self.scale.as_f64() * state.as_f64()
    }

    /// The arrival process, or a factor on it, has changed.
    fn settle(&mut self) {
        self.constant = match self.rate().map(|it| it.points.as_slice()) {
            Some([only]) if only.per_second > 0.0 => Some(only.per_second * self.factor()),
            _ => None,
        };
        self.soon.planned = false;
    }

    #[inline(never)]
    fn time_to_next(&self) -> Option<f64> {
        let rate = self.rate().expect("an open load has a rate");
        rate.time_to(self.since, self.factor(), self.left)
    }

    /// What is known of a request that goes the short way: the key of its attempt, and its work.
    #[inline(always)]
    pub(super) fn known_soon(&self, place: usize) -> (u64, Span) {
        (self.soon.keys[place % SOON], self.soon.works[place % SOON])
    }

    fn rate(&self) -> Option<&Rate> {
        match self.arrival {
            Arrival::Poisson(rate) | Arrival::Deterministic(rate) | Arrival::Mmpp { rate, .. } => Some(rate),
            Arrival::Closed { .. } | Arrival::Trace(_) => None,
        }
    }
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    pub(super) fn begin_loads(&mut self) {
        let model = self.model;
        for (row, load) in model.loads.iter().enumerate() {
            let id = LoadId::from_index(row);
            let first_user = self.users.len() as u32;
            let mut state = LoadState {
                key: load.key,
                arrival: &load.arrival,
                constant: None,
                is_plain: load.clients == 1 && load.mix.len() == 1 && load.session.is_none(),
                gaps: self.streams.stream(Purpose::Arrivals, load.key),
                sent: 0,
                left: 0.0,
                since: SimTime::ZERO,
                carry: 0.0,
                scale: load.scale,
                state: 0,
                states_seen: 0,
                epoch: 0,
                first_user,
                site: load.mix[0].site,
                class: load.class.0 as u16,
                priority: load.priority,
                soon: Soon::default(),
            };
            state.settle();
            self.loads.push(state);
            match &load.arrival {
                Arrival::Closed { users, .. } => {
                    self.users
                        .extend((0..*users).map(|_| UserState { load: id, requests: 0 }));
                    for user in first_user..first_user + users {
                        self.think(user);
                    }
                }
                Arrival::Mmpp { .. } => {
                    self.next_gap(id);
                    self.schedule_load_state(id);
                }
                _ => self.next_gap(id),
            }
        }
    }

    /// Draws the intensity until a load's next arrival, and schedules it.
    fn next_gap(&mut self, load: LoadId) {
        let state = &mut self.loads[load.index()];
        match state.arrival {
            Arrival::Poisson(_) | Arrival::Mmpp { .. } => state.left = ziggurat::exponential(&mut state.gaps),
            Arrival::Deterministic(_) => state.left = 1.0,
            Arrival::Trace(rows) => {
                let at = rows.get(state.sent as usize).map(|it| it.at);
                if let Some(at) = at.filter(|at| *at < self.model.clock.duration) {
                    self.schedule(at, Event::Arrival, 0, load.0, 0);
                }
                return;
            }
            Arrival::Closed { .. } => return,
        }
        self.schedule_arrival(load);
    }

    #[inline(never)]
    fn schedule_arrival(&mut self, load: LoadId) {
        let state = &mut self.loads[load.index()];
        // Whatever was scheduled before is void, also if nothing takes its place.
        state.epoch = state.epoch.wrapping_add(1);
        let gap = match state.constant {
            // The common case.
            Some(per_second) => state.left * 1e9 / per_second,
            None => match state.time_to_next() {
                Some(gap) => gap,
                None => return,
            },
        };
        if let Some((at, carry)) = after(state.since, state.carry, gap)
            && at < self.model.clock.duration
        {
            state.carry = carry;
            let epoch = state.epoch;
            let entry = self.entry(at, Event::Arrival, 0, load.0, epoch);
            self.pending.push_arrival(entry);
        } // Otherwise arrivals have stopped by then.
    }

    #[inline(never)]
    pub(super) fn on_arrival(&mut self, load: u32, epoch: u32) {
        let load = LoadId(load);
        let now = self.now;
        let state = &mut self.loads[load.index()];
        if state.epoch != epoch && !matches!(state.arrival, Arrival::Trace(_)) {
            return; // The rate changed since, and with it the instant.
        }
        let number = state.sent;
        state.sent += 1;
        state.since = now;
        if !state.is_plain {
            self.send_one_of_many(load, number);
            return self.next_gap(load);
        }
        self.events += 1;
        self.digest.fold(now, Event::Arrival as u8, state.key.0);
        let place = number as usize % SOON;
        let (site_id, site) = (state.site, &self.sites[state.site.index()]);
        if place == 0 {
            let work = site.endpoint.work.as_ref().filter(|_| site.is_direct);
            state.look_ahead(&self.streams, site.key, number, now, work);
        }
        let is_direct = site.is_direct && state.soon.is_direct;
        // The next one is settled first, so that this request can go all its way at once.
        if state.soon.planned {
            state.left = state.soon.gaps[place];
            state.epoch = state.epoch.wrapping_add(1);
            let at = state.soon.next[place];
            if at < self.model.clock.duration {
                state.carry = state.soon.carries[place];
                let entry = Entry::new(at, Event::Arrival, self.sequence, 0, load.0, state.epoch);
                self.sequence += 1;
                self.pending.push_arrival(entry);
            }
        } else {
            self.settle_next(load, place);
        }
        let replica = match is_direct {
            true => self.pick_directly(site_id),
            false => None,
        };
        if replica.is_none_or(|it| !self.send_directly(load, it, place)) {
            self.send_alike(load, number, replica);
        }
    }

    /// The arrival after one of a load whose requests are all alike, where it is not planned.
    #[inline(never)]
    fn settle_next(&mut self, load: LoadId, place: usize) {
        let state = &mut self.loads[load.index()];
        match state.arrival {
            Arrival::Poisson(_) | Arrival::Mmpp { .. } => {
                state.left = state.soon.gaps[place];
                self.schedule_arrival(load);
            }
            _ => self.next_gap(load),
        }
    }

    /// Other work is in force at some sites.
    pub(super) fn redraw_works(&mut self) {
        for state in &mut self.loads {
            let site = &self.sites[state.site.index()];
            if let Some(work) = site.endpoint.work.as_ref().filter(|_| site.is_direct) {
                state.draw_works(&self.streams, work);
            }
        }
    }

    /// A request that may be of one of several clients, to one of several targets, or the first of a session.
    #[inline(never)]
    fn send_one_of_many(&mut self, load: LoadId, number: u64) {
        let row = &self.model.loads[load.index()];
        self.happened(Event::Arrival, row.key.0);
        let key = row.key.child(number);
        let clients = u64::from(row.clients);
        let recorded = match &row.arrival {
            Arrival::Trace(rows) => rows[number as usize].item,
            _ => None,
        };
        let needs_words = clients > 1 || recorded.is_none() && row.mix.len() > 1;
        let words = if needs_words { self.request_words(key) } else { [0; 8] };
        let client = match &row.arrival {
            _ if clients == 1 => 0,
            Arrival::Deterministic(_) | Arrival::Trace(_) => number % clients,
            _ => ((u128::from(words[WORD_CLIENT]) * u128::from(clients)) >> 64) as u64,
        } as u32;
        if row.session.is_some() {
            let (session, _) = self.sessions.insert_with(|generation| SessionState {
                generation,
                load,
                key: key.0,
                client,
                step: 0,
            });
            self.go_on_with_session(session);
        } else {
            let item = recorded.unwrap_or_else(|| self.choose_item(load, words[WORD_ITEM]));
            self.send_request(load, item, client, key, NONE);
        }
    }

    fn request_words(&self, request: Key) -> [u64; 8] {
        self.streams.block(Purpose::Session, request.0, 0)
    }

    fn choose_item(&self, load: LoadId, word: u64) -> u16 {
        let mix = &self.model.loads[load.index()].mix;
        mix.iter()
            .position(|it| it.until.happens(word))
            .expect("the last item always fits") as u16
    }

    /// A request of a load whose requests are all alike, and that does not go the short way; perhaps its replica is known.
    #[inline(never)]
    fn send_alike(&mut self, load: LoadId, number: u64, replica: Option<u32>) {
        let state = &mut self.loads[load.index()];
        let (key, attempt) = (state.key.child(number), state.soon.keys[number as usize % SOON]);
        if let Some(block) = state.block_of(&self.streams, number) {
            self.ahead.put(attempt, block);
        }
        self.send_by::<true>(load, 0, 0, key, NONE, replica);
    }

    #[inline(never)]
    fn send_request(&mut self, load: LoadId, item: u16, client: u32, key: Key, slot: u32) {
        self.send_by::<false>(load, item, client, key, slot, None);
    }

    #[inline(always)]
    fn send_by<const LAST: bool>(
        &mut self,
        load: LoadId,
        item: u16,
        client: u32,
        key: Key,
        slot: u32,
        picked: Option<u32>,
    ) {
        let row = &self.model.loads[load.index()];
        self.recorder.request_arrived(load, item, self.now);
        self.start_call::<LAST>(NewCall {
            site: row.mix[item as usize].site,
            parent: Parent::Load(slot),
            instance: client,
            party: self.replicas.len() as u32 + load.0,
            parent_key: key.0,
            repetition: 0,
            deadline: SimTime::MAX,
            depth: 0,
            class: row.class.0 as u16,
            priority: row.priority,
            item,
            by: NONE,
            then: None,
            picked,
        });
    }

    /// The final outcome of a request.
    #[inline]
    pub(super) fn request_ended(&mut self, load: LoadId, over: &Over, slot: u32, outcome: Outcome) {
        let settings = &self.model.loads[load.index()];
        let in_time = settings.objective.is_none_or(|it| self.now.since(over.start) <= it);
        let served = outcome == Outcome::Ok || outcome == Outcome::Degraded && settings.degraded_is_good;
        self.recorder
            .request_ended(load, over, self.now, outcome, in_time && served);
        if slot != NONE {
            self.request_is_over(load, slot);
        }
    }

    /// Who waited for a request goes on.
    pub(super) fn request_is_over(&mut self, load: LoadId, slot: u32) {
        let settings = &self.model.loads[load.index()];
        match (&settings.arrival, &settings.session) {
            (_, Some(session)) => self.pause_session(slot, &session.think),
            (Arrival::Closed { .. }, None) => self.think(slot),
            _ => unreachable!("only users and sessions wait"),
        }
    }
}

/// The instant so long after another, given the part of a nanosecond that is carried on (so that even gaps do not drift),
/// and the part carried on from there; `None` where it is beyond the clock.
#[inline(always)]
fn after(since: SimTime, carry: f64, gap: f64) -> Option<(SimTime, f64)> {
    let exact = carry + gap;
    if exact >= i64::MAX as f64 {
        return None;
    }
    // What is a whole number but for the rounding of floats is that number. A signed integer takes one instruction.
    let whole = (exact + 1e-6) as i64;
    Some((since + Span::from_nanos(whole as u64), exact - whole as f64))
}
