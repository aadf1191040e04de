//! Rates that change during a run: modulated processes, and whatever else puts another rate in place.

use super::LoadState;
use crate::engine::Simulation;
use crate::engine::event::Event;
use crate::engine::pending::{Entry, Pending};
use crate::ids::LoadId;
use crate::model::Arrival;
use crate::results::{State, Subject};
use crate::rng::{Purpose, mix};

impl<'m, Q: Pending> Simulation<'m, Q> {
    pub(super) fn schedule_load_state(&mut self, load: LoadId) {
        let state = &self.loads[load.index()];
        let Arrival::Mmpp { states, .. } = state.arrival else {
            return;
        };
        let key = mix(self.model.loads[load.index()].key.0, state.states_seen);
        let dwell = states[state.state as usize]
            .dwell
            .sample(&mut self.streams.keyed(Purpose::Arrivals, key, 0));
        self.schedule(self.now + dwell, Event::LoadState, 0, load.0, 0);
    }

    pub(in crate::engine) fn on_load_state(&mut self, entry: Entry) {
        let load = LoadId(entry.index);
        self.happened(Event::LoadState, self.model.loads[load.index()].key.0);
        let Arrival::Mmpp { states, .. } = self.loads[load.index()].arrival else {
            return; // A change put another kind of process in place.
        };
        let count = states.len() as u16;
        self.change_rate(load, |state| {
            state.state = (state.state + 1) % count;
            state.states_seen += 1;
        });
        let state = self.loads[load.index()].state;
        self.transition(Subject::Load(load), State::LoadState(state));
        self.schedule_load_state(load);
    }

    /// A load's rate becomes another from now on: what is left until the next arrival is kept as intensity.
    pub(in crate::engine) fn change_rate(&mut self, load: LoadId, change: impl FnOnce(&mut LoadState<'m>)) {
        let now = self.now;
        let state = &mut self.loads[load.index()];
        if let Some(rate) = state.rate() {
            let passed = rate.between(state.since, now, state.factor());
            state.left = (state.left - passed).max(0.0);
            state.since = now;
            state.carry = 0.0;
        }
        change(state);
        state.settle();
        if self.loads[load.index()].rate().is_some() {
            self.schedule_arrival(load);
        }
    }

    /// A change put another arrival process of the same kind in place: another rate, or another think time.
    pub(in crate::engine) fn replace_arrival(&mut self, load: LoadId, arrival: &'m Arrival) {
        self.change_rate(load, |state| state.arrival = arrival);
    }
}
