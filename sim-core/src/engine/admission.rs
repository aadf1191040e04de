//! Admission: whom a replica lets in, before its queue.

use super::Simulation;
use super::pending::Pending;
use super::slab::NONE;
use crate::ids::ClassId;
use crate::model::{Admission, ConcurrencyLimit, Partition, Service};
use crate::outcome::Outcome;
use crate::policy::concurrency::{ConcurrencyState, Permit};
use crate::policy::rate_limit::{Answer, RateLimit, RateLimitState};
use crate::quantity::Factor;
use crate::rng::Stream;
use crate::server::criticality::Criticality;
use crate::server::partition::Busy;
use crate::time::SimTime;

/// What the machines before one replica's queue remember.
#[derive(Debug)]
pub(super) struct AdmissionState {
    limiter: Option<RateLimitState>,
    /// How many are inside, where a limit is always the same.
    inside: u32,
    concurrency: Option<ConcurrencyState>,
    busy: Option<Busy>,
    /// Whether there is a limit, so that somebody counts who is inside.
    counts: bool,
}

/// The limiter over all replicas of a service, at its beginning.
pub(super) fn shared(service: &Service) -> Option<RateLimitState> {
    let limiter = service.admission.global_rate_limit.as_ref();
    limiter.map(|it| it.start(SimTime::ZERO))
}

impl AdmissionState {
    /// Nobody is inside.
    pub fn new(admission: &Admission, now: SimTime, draws: &mut Stream) -> AdmissionState {
        AdmissionState {
            limiter: admission.local_rate_limit.as_ref().map(|it| it.start(now)),
            inside: 0,
            concurrency: match &admission.limit {
                Some(ConcurrencyLimit::Adaptive(it)) => Some(it.start(now, draws)),
                _ => None,
            },
            busy: admission.partition.as_ref().map(|it| it.shares.start()),
            counts: admission.limit.is_some(),
        }
    }

    /// How many may be inside at once, if that is limited.
    pub fn limit(&self, admission: &Admission) -> Option<u32> {
        match (admission.limit?, &self.concurrency) {
            (ConcurrencyLimit::Fixed(limit), _) => Some(limit),
            (ConcurrencyLimit::Adaptive(_), of) => of.as_ref().map(ConcurrencyState::limit),
        }
    }

    /// Other rules take over, with these inside; a machine whose settings stay as they are goes on.
    pub fn replace(
        &mut self,
        before: &Admission,
        after: &Admission,
        inside: &[ClassId],
        now: SimTime,
        draws: &mut Stream,
    ) {
        if before.local_rate_limit != after.local_rate_limit {
            self.limiter = after.local_rate_limit.as_ref().map(|it| it.start(now));
        }
        if before.limit != after.limit {
            self.concurrency = match &after.limit {
                Some(ConcurrencyLimit::Adaptive(it)) => {
                    let mut of = it.start(now, draws);
                    inside.iter().for_each(|_| {
                        it.take(&mut of, now);
                    });
                    Some(of)
                }
                _ => None,
            };
            self.counts = after.limit.is_some();
        }
        self.inside = inside.len() as u32;
        let of = |it: &Partition| it.shares.start_with(inside.iter().map(|class| it.of(*class)));
        self.busy = after.partition.as_ref().map(of);
    }

    /// How many were let in and are still there, if anybody counts them.
    pub fn inside(&self) -> Option<u32> {
        self.counts.then_some(self.inside)
    }

    /// Whether a call is let in under the limit. Gives how many are inside then, itself included.
    fn enter(&mut self, admission: &Admission, now: SimTime, class: ClassId) -> Option<u32> {
        let limit = match (admission.limit?, &mut self.concurrency) {
            (ConcurrencyLimit::Fixed(limit), _) => limit,
            (ConcurrencyLimit::Adaptive(it), Some(of)) => it.limit_at(of, now),
            _ => unreachable!("a limit's state was made by the same settings"),
        };
        let is_let_in = match (&admission.partition, &mut self.busy) {
            (Some(it), Some(busy)) => it.shares.admit(busy, limit, it.of(class)),
            _ => self.inside < limit,
        };
        if !is_let_in {
            return None;
        }
        self.inside += 1;
        if let (Some(ConcurrencyLimit::Adaptive(it)), Some(of)) = (&admission.limit, &mut self.concurrency) {
            it.take(of, now);
        }
        Some(self.inside)
    }
}

fn refuses(limiter: &RateLimit, state: &mut RateLimitState, now: SimTime) -> bool {
    limiter.ask(state, now) != Answer::Admitted
}

/// The importance that a priority stands for.
const fn criticality(priority: u8) -> Criticality {
    match priority {
        0 => Criticality::CriticalPlus,
        1 => Criticality::Critical,
        2 => Criticality::SheddablePlus,
        _ => Criticality::Sheddable,
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Whether a request that has come in is not let in; it has its answer then.
    #[inline(never)]
    pub(super) fn is_not_admitted(&mut self, attempt: u32) -> bool {
        let Some(outcome) = self.admission_of(attempt) else {
            return false;
        };
        self.finish_attempt(attempt, outcome);
        true
    }

    /// Why a request is not let in, if it is not.
    fn admission_of(&mut self, attempt: u32) -> Option<Outcome> {
        let (now, row) = (self.now, &self.attempts[attempt]);
        let (replica, priority, class) = (row.replica, row.priority, row.class);
        let place = &self.replicas[replica as usize];
        let (service, row) = (place.service, place.governor as usize);
        let admission = self.governors.rules[service.index()].admission;
        if let (Some(it), Some(of)) = (
            &admission.local_rate_limit,
            &mut self.governors.rows[row].admission.limiter,
        ) && refuses(it, of, now)
        {
            return Some(Outcome::Quota);
        }
        if let (Some(it), Some(of)) = (
            &admission.global_rate_limit,
            &mut self.governors.shared[service.index()],
        ) && refuses(it, of, now)
        {
            return Some(Outcome::Quota);
        }
        if let Some(thresholds) = &admission.criticality {
            let wanted = u64::from(place.busy + place.queue.len + place.resume.len);
            let utilization = Factor(wanted * Factor::ONE.0 / u64::from(place.workers));
            if !thresholds.admits(criticality(priority), utilization) {
                return Some(Outcome::Shed);
            }
        }
        if self.is_dropped_early(replica) {
            return Some(Outcome::Shed);
        }
        admission.limit?;
        let entered = self.governors.rows[row]
            .admission
            .enter(admission, now, ClassId(u32::from(class)));
        let Some(inside) = entered else {
            return Some(Outcome::Shed);
        };
        let marks = &mut self.governors.admitted;
        if marks.len() <= attempt as usize {
            marks.resize(attempt as usize + 1, 0);
        }
        marks[attempt as usize] = inside;
        None
    }

    /// An attempt leaves a governed replica: it gives back its place, and its time is told to whoever learns from it.
    #[inline(never)]
    pub(super) fn settle_governed(&mut self, attempt: u32, outcome: Outcome) {
        let (now, row) = (self.now, &self.attempts[attempt]);
        let (arrived, class) = (row.arrived, row.class);
        let place = &self.replicas[row.replica as usize];
        let rules = self.governors.rules[place.service.index()];
        let governor = &mut self.governors.rows[place.governor as usize];
        if let (Some(dimmer), Some(of)) = (rules.dimmer, &mut governor.dimmer)
            && !outcome.is_failure()
        {
            dimmer.on_response(of, now.since(arrived));
        }
        let mark = self.governors.admitted.get_mut(attempt as usize);
        let in_flight = mark.map_or(0, core::mem::take);
        if in_flight == 0 {
            return;
        }
        let (admission, state) = (rules.admission, &mut governor.admission);
        state.inside -= 1;
        if let (Some(it), Some(busy)) = (&admission.partition, &mut state.busy) {
            it.shares.release(busy, it.of(ClassId(u32::from(class))));
        }
        if let (Some(ConcurrencyLimit::Adaptive(it)), Some(of)) = (&admission.limit, &mut state.concurrency) {
            let permit = Permit {
                sent: arrived,
                in_flight,
            };
            it.settle(of, now, permit, it.end_of(outcome), &mut governor.draws);
        }
    }

    /// Whether a replica has a governor.
    #[inline(always)]
    pub(super) fn is_governed(&self, attempt: u32) -> bool {
        self.replicas[self.attempts[attempt].replica as usize].governor != NONE
    }
}
