//! Who sends more than once: users of closed loads, and sessions.

use super::WORD_ITEM;
use crate::dist::Dist;
use crate::engine::Simulation;
use crate::engine::event::Event;
use crate::engine::pending::{Entry, Pending};
use crate::engine::slab::Row;
use crate::ids::LoadId;
use crate::model::Arrival;
use crate::rng::{Key, Purpose, mix};

/// A user of a closed load.
#[derive(Debug)]
pub(in crate::engine) struct UserState {
    pub(super) load: LoadId,
    pub(super) requests: u64,
}

/// Somebody who came once and sends several requests.
#[derive(Debug)]
pub(in crate::engine) struct SessionState {
    pub(super) generation: u32,
    pub(super) load: LoadId,
    pub(super) key: u64,
    pub(super) client: u32,
    /// Requests sent, or steps of the path looked at.
    pub(super) step: u32,
}

impl Row for SessionState {
    const VACANT: SessionState = SessionState {
        generation: 0,
        load: LoadId(0),
        key: 0,
        client: 0,
        step: 0,
    };

    fn generation(&mut self) -> &mut u32 {
        &mut self.generation
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A closed user thinks before the next request.
    pub(super) fn think(&mut self, user: u32) {
        let state = &mut self.users[user as usize];
        let load = state.load;
        let Arrival::Closed { think, .. } = self.loads[load.index()].arrival else {
            unreachable!("users are of closed loads");
        };
        let number = user - self.loads[load.index()].first_user;
        let key = mix(
            self.model.loads[load.index()].key.child(u64::from(number)).0,
            state.requests,
        );
        let think = think.sample(&mut self.streams.keyed(Purpose::Think, key, 0));
        let at = self.now + think;
        if at < self.model.clock.duration {
            self.schedule(at, Event::Thought, 0, user, 0);
        }
    }

    pub(in crate::engine) fn on_thought(&mut self, entry: Entry) {
        let user = entry.index;
        let state = &mut self.users[user as usize];
        let load = state.load;
        let number = user - self.loads[load.index()].first_user;
        let key = self.model.loads[load.index()]
            .key
            .child(u64::from(number))
            .child(state.requests);
        state.requests += 1;
        self.happened(Event::Thought, key.0);
        let row = &self.model.loads[load.index()];
        let item = if row.mix.len() > 1 {
            self.choose_item(load, self.request_words(key)[WORD_ITEM])
        } else {
            0
        };
        self.send_request(load, item, number, key, user);
    }

    pub(super) fn pause_session(&mut self, session: u32, think: &Dist) {
        let state = &self.sessions[session];
        let key = mix(state.key, u64::from(state.step));
        let think = think.sample(&mut self.streams.keyed(Purpose::Think, key, 0));
        let (at, generation) = (self.now + think, state.generation);
        if at < self.model.clock.duration {
            self.schedule(at, Event::SessionNext, 0, session, generation);
        } else {
            self.sessions.remove(session);
        }
    }

    pub(in crate::engine) fn on_session_next(&mut self, entry: Entry) {
        self.happened(Event::SessionNext, self.sessions[entry.index].key);
        self.go_on_with_session(entry.index);
    }

    /// Sends a session's next request, or ends it.
    pub(super) fn go_on_with_session(&mut self, session: u32) {
        let (load, key, client) = {
            let state = &self.sessions[session];
            (state.load, state.key, state.client)
        };
        let settings = self.model.loads[load.index()]
            .session
            .as_ref()
            .expect("the load has sessions");
        loop {
            let step = self.sessions[session].step;
            self.sessions[session].step += 1;
            let request = Key(key).child(u64::from(step));
            let words = self.request_words(request);
            let item = if settings.path.is_empty() {
                // The first request is certain; each next one follows with 1 - 1/mean.
                let goes_on = step == 0 || crate::rng::unit_from_bits(words[2]) >= 1.0 / settings.requests_mean;
                if !goes_on {
                    break;
                }
                self.choose_item(load, words[WORD_ITEM])
            } else {
                let Some(next) = settings.path.get(step as usize) else {
                    break;
                };
                if !next.chance.happens(words[2]) {
                    continue;
                }
                next.item
            };
            return self.send_request(load, item, client, request, session);
        }
        self.sessions.remove(session);
    }
}
