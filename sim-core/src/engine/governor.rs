//! Governors: what a replica keeps for the machines that decide who is let in, who is next and who is given up.
//!
//! Only replicas whose service says something of the kind have one; to all others it is one comparison on the way. The
//! machines act in `discipline` (the queue), `admission` (before it) and `dimmer` (optional steps).

use super::admission::AdmissionState;
use super::discipline::LineState;
use super::replica::Replica;
use super::rules::Rules;
use super::slab::NONE;
use super::{Pending, Simulation};
use crate::ids::ServiceId;
use crate::model::{Model, Queue, QueueOrder};
use crate::policy::rate_limit::RateLimitState;
use crate::rng::{Key, Purpose, Stream, Streams};
use crate::server::dimmer::{Dimmer, DimmerState};
use crate::time::SimTime;

/// What one replica keeps.
#[derive(Debug)]
pub(super) struct Governor {
    /// Names it in streams and digests.
    pub key: Key,
    pub line: LineState,
    pub admission: AdmissionState,
    pub dimmer: Option<DimmerState>,
    /// How often a change has begun or ended a dimmer here; timers of another turn are stale.
    pub dimmer_turn: u32,
    pub draws: Stream,
}

/// All governors of a model.
#[derive(Debug)]
pub(super) struct Governors<'m> {
    pub rows: Vec<Governor>,
    /// What is in force, by service.
    pub rules: Vec<Rules<'m>>,
    /// Which of the priorities in use one is, the most important first; by priority.
    ranks: Vec<u8>,
    /// How many priorities are in use.
    classes: usize,
    /// Limiters over all replicas, by service.
    pub shared: Vec<Option<RateLimitState>>,
    /// By attempt: how many were inside when it was let in, itself included; 0 if nobody counts it.
    pub admitted: Vec<u32>,
}

/// Whether a queue needs a governor.
pub(super) fn governs(queue: &Queue) -> bool {
    queue.discipline.is_any() || queue.order == QueueOrder::Priority
}

/// Whether every call has to be looked at when it comes and when it goes, those that need not wait, too: such a replica is
/// never one that calls pass without a detour.
pub(super) fn sees_all(rules: Rules<'_>, queue: &Queue) -> bool {
    rules.is_any() || queue.discipline.sees_all()
}

impl<'m> Governors<'m> {
    /// The governors that a model begins with; each replica learns of its own.
    pub fn new(model: &'m Model, streams: &Streams, replicas: &mut [Replica]) -> Governors<'m> {
        let mut used: Vec<u8> = model.loads.iter().map(|it| it.priority).collect();
        used.sort_unstable();
        used.dedup();
        let rank = |priority: u8| {
            used.partition_point(|it| *it < priority)
                .min(used.len().saturating_sub(1)) as u8
        };
        let mut governors = Governors {
            rows: Vec::new(),
            rules: Rules::of(model),
            ranks: (0..=u8::MAX).map(rank).collect(),
            classes: used.len().max(1),
            shared: model.services.iter().map(super::admission::shared).collect(),
            admitted: Vec::new(),
        };
        for (row, service) in model.services.iter().enumerate() {
            if governs(&service.queue) || governors.rules[row].is_any() {
                for replica in model.layout().replicas_of(ServiceId::from_index(row)) {
                    replicas[replica].be_governed(governors.install(model, streams, replica, SimTime::ZERO));
                }
            }
        }
        governors
    }

    /// A governor for a replica that had none.
    pub fn install(&mut self, model: &Model, streams: &Streams, replica: usize, now: SimTime) -> u32 {
        let id = model.layout().service_of[replica];
        let (service, rules) = (&model.services[id.index()], self.rules[id.index()]);
        let number = replica as u32 - model.layout().first_replica[id.index()];
        let key = service.key.child(u64::from(number));
        let mut draws = streams.stream(Purpose::Governor, key);
        self.rows.push(Governor {
            key,
            line: LineState::new(&service.queue.discipline, self.classes, now),
            admission: AdmissionState::new(rules.admission, now, &mut draws),
            dimmer: rules.dimmer.map(Dimmer::start),
            dimmer_turn: 0,
            draws,
        });
        (self.rows.len() - 1) as u32
    }

    /// Which of the priorities in use this one is.
    #[inline]
    pub fn rank(&self, priority: u8) -> usize {
        usize::from(self.ranks[usize::from(priority)])
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A replica's process begins anew: whatever its machines had learnt is gone. Nobody is inside.
    pub(super) fn renew_governor(&mut self, replica: u32) {
        let place = &self.replicas[replica as usize];
        if place.governor == NONE {
            return;
        }
        let rules = self.governors.rules[place.service.index()];
        let queue = &self.services[place.service.index()].queue;
        let classes = self.governors.classes;
        let governor = &mut self.governors.rows[place.governor as usize];
        governor.line = LineState::new(&queue.discipline, classes, self.now);
        governor.admission = AdmissionState::new(rules.admission, self.now, &mut governor.draws);
        governor.dimmer = rules.dimmer.map(Dimmer::start);
    }

    /// Asserts that what governors count is what there is: who waits, by priority, and who was let in.
    pub(super) fn assert_governed(&self) {
        let rows = self.governors.rows.len();
        let mut waiting = vec![vec![0u32; self.governors.classes]; rows];
        let mut admitted = vec![0u32; rows];
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            let governor = self.replicas[row.replica as usize].governor;
            if governor == NONE {
                continue;
            }
            if row.phase == super::arena::Phase::Queued {
                waiting[governor as usize][self.governors.rank(row.priority)] += 1;
            }
            let mark = self.governors.admitted.get(attempt as usize).copied();
            admitted[governor as usize] += u32::from(mark.unwrap_or(0) > 0);
        }
        for (row, governor) in self.governors.rows.iter().enumerate() {
            assert_eq!(
                governor.line.waiting, waiting[row],
                "governor {row}: calls lined up less calls gone, by priority = waiting"
            );
            let inside = governor.admission.inside().unwrap_or(admitted[row]);
            assert_eq!(
                inside, admitted[row],
                "governor {row}: calls let in less calls gone = inside"
            );
        }
    }
}
