//! Dimmers: optional steps are left out while a replica is slow.

use super::Simulation;
use super::arena::Parent;
use super::event::Event;
use super::pending::{Entry, Pending};
use super::slab::NONE;
use crate::rng::{Purpose, WordThen};

impl<Q: Pending> Simulation<'_, Q> {
    /// Every dimmer's first period begins.
    pub(super) fn begin_dimmers(&mut self) {
        for (replica, id) in self.layout.service_of.iter().enumerate() {
            if let Some(dimmer) = &self.model.services[id.index()].dimmer {
                self.schedule(self.now + dimmer.control_period, Event::DimmerDue, 0, replica as u32, 0);
            }
        }
    }

    /// A control period has ended.
    pub(super) fn on_dimmer_due(&mut self, entry: Entry) {
        if self.waits_for_thaw(entry.index, entry) {
            return;
        }
        let place = &self.replicas[entry.index as usize];
        let dimmer = self.governors.rules[place.service.index()].dimmer;
        let governor = &mut self.governors.rows[place.governor as usize];
        if governor.dimmer_turn != entry.generation {
            return; // A change has ended that dimmer.
        }
        let (Some(dimmer), Some(state)) = (dimmer, &mut governor.dimmer) else {
            unreachable!("only dimmers have such timers");
        };
        dimmer.on_period(state);
        let key = governor.key.0;
        self.happened(Event::DimmerDue, key);
        let at = self.now + dimmer.control_period;
        self.schedule(at, Event::DimmerDue, 0, entry.index, entry.generation);
    }

    /// Whether an optional step is left out, which degrades the answer. One draw decides for all of an attempt's.
    pub(super) fn is_dimmed(&mut self, attempt: u32, flow: Parent) -> bool {
        let row = &self.attempts[attempt];
        let place = &self.replicas[row.replica as usize];
        if place.governor == NONE {
            return false;
        }
        let dimmer = self.governors.rules[place.service.index()].dimmer;
        let governor = &self.governors.rows[place.governor as usize];
        let (Some(dimmer), Some(state)) = (dimmer, &governor.dimmer) else {
            return false;
        };
        let word = self.streams.block(Purpose::Dimmer, row.key, 0)[0];
        let mut draw = WordThen::new(word, &self.streams, Purpose::Dimmer, row.key, 0);
        if dimmer.serves_optional(state, &mut draw) {
            return false;
        }
        match flow {
            Parent::Frame(frame) => self.frames[frame].degraded = true,
            _ => self.attempts[attempt].degraded = true,
        }
        true
    }
}
