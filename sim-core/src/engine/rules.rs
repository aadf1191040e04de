//! What is in force of services' admission and dimmers, and how a change puts something else in its place.
//!
//! Who was let in stays in. An adaptive limit that another one replaces begins to learn anew, with those inside in flight; one
//! that stays as it is goes on with what it knows, and so does a dimmer, whatever is new about its settings. Calls that
//! came while there was no limit are never counted.

use super::Simulation;
use super::event::Event;
use super::governor;
use super::pending::Pending;
use super::slab::NONE;
use crate::ids::{ClassId, ServiceId};
use crate::model::{Admission, Model};
use crate::server::dimmer::Dimmer;

/// What is in force of one service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'m> {
    pub admission: &'m Admission,
    pub dimmer: Option<&'m Dimmer>,
}

impl<'m> Rules<'m> {
    /// What a model begins with, by service.
    pub fn of(model: &'m Model) -> Vec<Rules<'m>> {
        let services = model.services.iter();
        services
            .map(|it| Rules {
                admission: &it.admission,
                dimmer: it.dimmer.as_ref(),
            })
            .collect()
    }

    /// Whether replicas need a governor for it.
    pub fn is_any(&self) -> bool {
        self.admission.is_any() || self.dimmer.is_some()
    }
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    /// A change put other rules of admission in place.
    pub(super) fn replace_admission(&mut self, service: ServiceId, admission: &'m Admission) {
        let before = core::mem::replace(&mut self.governors.rules[service.index()].admission, admission);
        let now = self.now;
        if before.global_rate_limit != admission.global_rate_limit {
            let limiter = admission.global_rate_limit.as_ref();
            self.governors.shared[service.index()] = limiter.map(|it| it.start(now));
        }
        self.govern(service);
        let replicas = self.layout.replicas_of(service);
        let mut inside: Vec<Vec<ClassId>> = vec![Vec::new(); replicas.len()];
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            let counted = self.governors.admitted.get(attempt as usize).is_some_and(|it| *it > 0);
            if counted && replicas.contains(&(row.replica as usize)) {
                inside[row.replica as usize - replicas.start].push(ClassId(u32::from(row.class)));
            }
        }
        for (at, inside) in replicas.zip(inside) {
            let row = self.replicas[at].governor;
            if row != NONE {
                let governor = &mut self.governors.rows[row as usize];
                governor
                    .admission
                    .replace(before, admission, &inside, now, &mut governor.draws);
            }
        }
    }

    /// A change put another dimmer in place, or none.
    pub(super) fn replace_dimmer(&mut self, service: ServiceId, dimmer: Option<&'m Dimmer>) {
        let before = core::mem::replace(&mut self.governors.rules[service.index()].dimmer, dimmer);
        self.govern(service);
        for at in self.layout.replicas_of(service) {
            let row = self.replicas[at].governor;
            if row == NONE {
                continue;
            }
            let governor = &mut self.governors.rows[row as usize];
            match (before, dimmer) {
                (None, Some(it)) => {
                    governor.dimmer = Some(it.start());
                    governor.dimmer_turn += 1;
                    let turn = governor.dimmer_turn;
                    self.schedule(self.now + it.control_period, Event::DimmerDue, 0, at as u32, turn);
                }
                (Some(_), None) => {
                    // The timer that is still out is nobody's.
                    governor.dimmer = None;
                    governor.dimmer_turn += 1;
                }
                _ => {}
            }
        }
    }

    /// Gives each replica a governor that needs one now, and lets it look at all calls if it has to.
    fn govern(&mut self, service: ServiceId) {
        let queue = self.services[service.index()].queue.clone();
        let rules = self.governors.rules[service.index()];
        let row = &self.model.services[service.index()];
        let sees_all = governor::sees_all(rules, &queue) || row.quota.is_some();
        for at in self.layout.replicas_of(service) {
            let place = &mut self.replicas[at];
            place.look_at_all(sees_all);
            if place.governor == NONE && rules.is_any() {
                place.be_governed(self.governors.install(self.model, &self.streams, at, self.now));
                self.line_up_again(at, &queue);
            }
        }
    }
}
