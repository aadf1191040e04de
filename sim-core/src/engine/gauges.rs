//! What machines have found out by themselves, noted at the end of each window: concurrency limits, and how likely dimmers take
//! optional steps. A mean over those who have one, as it stands at that instant.

use super::Simulation;
use super::pending::Pending;
use super::slab::NONE;
use crate::ids::ServiceId;

/// A mean in the making.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, it: f64) {
        self.sum += it;
        self.count += 1;
    }

    fn value(self) -> Option<f32> {
        (self.count > 0).then(|| (self.sum / f64::from(self.count)) as f32)
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Notes the limit and the theta of a service's replicas for this window.
    pub(super) fn note_service_gauges(&mut self, row: usize, window: usize) {
        let rules = self.governors.rules[row];
        if !rules.is_any() {
            return;
        }
        let (mut limit, mut theta) = (Mean::default(), Mean::default());
        for place in &self.replicas[self.layout.replicas_of(ServiceId::from_index(row))] {
            if !place.exists || place.governor == NONE {
                continue;
            }
            let governor = &self.governors.rows[place.governor as usize];
            if let Some(it) = governor.admission.limit(rules.admission) {
                limit.add(f64::from(it));
            }
            if let Some(it) = &governor.dimmer {
                theta.add(it.theta());
            }
        }
        let point = &mut self.recorder.timeline.services[row][window];
        point.concurrency_limit = limit.value();
        point.theta = theta.value();
    }

    /// Notes the limits that callers have found for the callee of each edge, for this window.
    pub(super) fn note_edge_gauges(&mut self, window: usize) {
        let edges = self.model.edges.len();
        if self.recorder.timeline.edge_limits.len() != edges {
            return; // Edges are not recorded.
        }
        let mut limits = vec![Mean::default(); edges];
        for shape in self.plans.iter().filter(|it| it.stack != NONE) {
            for slot in self.stacks[shape.stack as usize].gates() {
                let slot = &self.gates.slots[slot as usize];
                let Some(edge) = self.model.layout().plan_edge[slot.plan.index()] else {
                    continue;
                };
                let states = slot.first as usize..(slot.first + slot.instances) as usize;
                for limit in states.filter_map(|it| self.gates.limit(it)) {
                    limits[edge.index()].add(f64::from(limit));
                }
            }
        }
        for (points, limit) in self.recorder.timeline.edge_limits.iter_mut().zip(limits) {
            points[window] = limit.value();
        }
    }
}
