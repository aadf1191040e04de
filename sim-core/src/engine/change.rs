//! Operators' actions: rows of the model are replaced by others while it runs.

use super::Simulation;

use super::event::Event;
use super::pending::{Entry, Pending};
use super::replica::Condition;
use super::site::{PlanShape, SiteShape};
use super::stack;
use crate::ids::{ChangeId, PlanId, ReplicaId, ServiceId};
use crate::model::{Edit, Instant, Model, Plan, Ramp};
use crate::quantity::Factor;
use crate::results::{State, Subject};

/// How far each change is.
#[derive(Debug)]
pub(super) struct ChangeStates {
    steps: Vec<u32>,
    /// What ramped edits started from, by change and edit.
    from: Vec<Vec<u64>>,
}

impl ChangeStates {
    pub fn new(model: &Model) -> ChangeStates {
        ChangeStates {
            steps: vec![0; model.changes.len()],
            from: model.changes.iter().map(|it| vec![0; it.edits.len()]).collect(),
        }
    }
}

/// Whether some change replaces a plan.
pub(super) fn edits_plans(model: &Model) -> bool {
    edited_plans(model).next().is_some()
}

/// The plans that changes put in place.
pub(super) fn edited_plans(model: &Model) -> impl Iterator<Item = (PlanId, &Plan)> {
    model
        .changes
        .iter()
        .flat_map(|it| &it.edits)
        .filter_map(|edit| match edit {
            Edit::Plan { plan, row } => Some((*plan, row)),
            _ => None,
        })
}

/// Whether some change replaces a link.
pub(super) fn edits_links(model: &Model) -> bool {
    model
        .changes
        .iter()
        .flat_map(|it| &it.edits)
        .any(|it| matches!(it, Edit::Link { .. }))
}

fn ramp_of(edit: &Edit) -> Option<Ramp> {
    match edit {
        Edit::LoadScale { ramp, .. } | Edit::Replicas { ramp, .. } => *ramp,
        _ => None,
    }
}

/// A value on its way from one to another, in so many of so many steps.
fn between(from: u64, to: u64, step: u32, steps: u32) -> u64 {
    let (from, to) = (i128::from(from), i128::from(to));
    (from + (to - from) * i128::from(step) / i128::from(steps)) as u64
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    pub(super) fn begin_changes(&mut self) {
        for (row, change) in self.model.changes.iter().enumerate() {
            if let Instant::At(at) = change.at {
                self.schedule(at, Event::Change, 0, row as u32, 0);
            }
        }
    }

    pub(super) fn on_change(&mut self, entry: Entry) {
        let id = ChangeId(entry.index);
        let model = self.model;
        let change = &model.changes[id.index()];
        self.happened(Event::Change, change.key.0);
        let now = self.now;
        self.changes_seen.push((id, now));
        self.transition(Subject::Change(id), State::Applied);
        let mut steps = 0;
        for (row, edit) in change.edits.iter().enumerate() {
            self.changes.from[id.index()][row] = match edit {
                Edit::LoadScale { load, .. } => self.loads[load.index()].scale.0,
                Edit::Replicas { service, .. } => u64::from(self.services[service.index()].active),
                _ => 0,
            };
            match ramp_of(edit) {
                Some(ramp) => steps = steps.max(ramp.steps),
                None => self.apply(edit, 0, 1, 1),
            }
        }
        if steps > 0 {
            self.changes.steps[id.index()] = 0;
            self.go_on_with_change(id);
        }
        self.follow(|instant, at| match instant {
            Instant::Change(of, after) if of == id => Some(at + after),
            _ => None,
        });
    }

    pub(super) fn on_change_step(&mut self, entry: Entry) {
        let id = ChangeId(entry.index);
        self.happened(Event::ChangeStep, self.model.changes[id.index()].key.0);
        self.go_on_with_change(id);
    }

    /// The next step of a change's ramped edits.
    fn go_on_with_change(&mut self, id: ChangeId) {
        self.changes.steps[id.index()] += 1;
        let step = self.changes.steps[id.index()];
        let mut next = None;
        let model = self.model;
        for (row, edit) in model.changes[id.index()].edits.iter().enumerate() {
            if let Some(ramp) = ramp_of(edit)
                && step <= ramp.steps
            {
                let from = self.changes.from[id.index()][row];
                self.apply(edit, from, step, ramp.steps);
                next = next.or((step < ramp.steps).then(|| ramp.over.scale(1, u64::from(ramp.steps))));
            }
        }
        if let Some(pause) = next {
            self.schedule(self.now + pause, Event::ChangeStep, 0, id.0, 0);
        }
    }

    fn apply(&mut self, edit: &'m Edit, from: u64, step: u32, steps: u32) {
        match edit {
            Edit::LoadScale { load, scale, .. } => {
                let scale = if steps > 1 {
                    Factor(between(from, scale.0, step, steps))
                } else {
                    *scale
                };
                self.change_rate(*load, |state| state.scale = scale);
            }
            Edit::LoadArrival { load, arrival } => self.replace_arrival(*load, arrival),
            Edit::Replicas { service, replicas, .. } => {
                let replicas = if steps > 1 {
                    between(from, u64::from(*replicas), step, steps) as u32
                } else {
                    *replicas
                };
                self.resize(*service, replicas);
            }
            Edit::Workers { service, workers } => self.replace_workers(*service, *workers),
            Edit::Queue { service, queue } => self.replace_queue(*service, queue),
            Edit::Admission { service, admission } => self.replace_admission(*service, admission),
            Edit::Dimmer { service, dimmer } => self.replace_dimmer(*service, dimmer.as_ref()),
            Edit::Endpoint { endpoint, row } => {
                self.endpoints[endpoint.index()] = row;
                self.reshape_sites();
            }
            Edit::Plan { plan, row } => {
                let before = self.plans[plan.index()].plan;
                let mut shapes = PlanShape::parts(row, *plan, &mut self.rings);
                // Calls of parts that are no more go on by the rules of the last.
                let last = *shapes.last().expect("a plan has a part");
                shapes.resize(shapes.len().max(self.covers.parts_of(*plan)), last);
                for (part, mut shape) in shapes.into_iter().enumerate() {
                    shape.stack = stack::pile(
                        self.model,
                        &shape,
                        &mut self.stacks,
                        &mut self.gates,
                        &self.streams,
                        &mut self.rings,
                    );
                    shape.cover_slot = self.covers.slot(self.model, &shape, &mut self.rings);
                    if shape.cover.is_none() {
                        shape.pool_slot = self.pools.slot(self.model, &shape, &mut self.rings);
                    }
                    if part == 0 {
                        self.callers
                            .replace_plan(self.model, *plan, before, &shape, &self.streams);
                    }
                    let at = self.covers.part(*plan, part);
                    self.plans[at] = shape;
                }
                self.reshape_sites();
                self.begin_routers();
            }
            Edit::Link { link, row } => {
                self.links[link.index()] = row;
                self.reshape_sites();
            }
        }
    }

    /// Something else is in force at some call sites.
    fn reshape_sites(&mut self) {
        self.sites = SiteShape::all(
            self.model,
            &self.callers,
            &self.plans,
            &self.endpoints,
            &self.links,
            &self.covers,
        );
        self.note_only_replicas();
        self.redraw_works();
        for attempt in self.attempts.taken() {
            let row = &mut self.attempts[attempt];
            row.is_direct &= self.sites[row.site.index()].is_direct;
        }
    }

    /// A service gets another number of replicas; those taken away finish what they have.
    fn resize(&mut self, service: ServiceId, replicas: u32) {
        let slots = self.model.services[service.index()].places.len() as u32;
        let (before, after) = (self.services[service.index()].active, replicas.min(slots));
        let now = self.now;
        self.services[service.index()].touch_up(now);
        self.services[service.index()].active = after;
        self.note_only_replicas();
        let first = self.layout.first_replica[service.index()];
        for at in before.min(after)..before.max(after) {
            let replica = first + at;
            self.touch(replica);
            let row = &mut self.replicas[replica as usize];
            row.exists = after > before;
            let state = match row.condition {
                Condition::Up if row.exists => State::Up,
                Condition::Up => State::Draining,
                Condition::Crashed => State::Crashed,
                Condition::Gone => State::Gone,
            };
            self.transition(Subject::Replica(ReplicaId(replica)), state);
        }
        self.recount_up(service);
        self.members_changed(service);
    }
}
