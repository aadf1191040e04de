//! Replicas and services as rows: what is in force, who is inside, and the areas under their curves.

use super::Simulation;
use super::arena::{Attempt, Phase};
use super::compute::Cores;
use super::line::Line;
use super::pending::{Entry, Pending};
use super::slab::NONE;
use crate::component::quota::{Quota, QuotaState};
use crate::ids::ServiceId;
use crate::model::{Model, Queue, QueueOrder, Service, Sharing, Style};
use crate::time::{SimTime, Span};

/// What a replica's process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Serving.
    Up,
    /// Dead: it refuses.
    Crashed,
    /// Its machine is gone: it does not answer.
    Gone,
}

/// One replica, with all of its service that the path of a call looks at.
#[derive(Debug)]
pub(super) struct Replica {
    pub service: ServiceId,
    pub condition: Condition,
    /// The whole process is frozen: arrivals wait outside.
    pub paused: bool,
    /// Workers are stopped (a pause stops them, too).
    pub stopped: bool,
    /// A fault changes work or errors here.
    pub disturbed: bool,
    /// It exists at present: one of its service's active replicas.
    pub exists: bool,
    /// Whether [`Deed::Serve`](super::Deed::Serve) is on the agenda.
    pub serving: bool,
    /// Work slows down with the calls in service.
    slows: bool,
    /// Its service has a quota, or looks at all calls.
    limited: bool,
    /// Calls leave its queue when they have waited too long.
    pub impatient: bool,
    /// Its workers are freed while their calls wait for others.
    pub is_async: bool,
    /// Not as most replicas are most of the time: see [`Replica::refresh`].
    pub odd: bool,
    /// Calls may leave it by the shortest way: it is not odd, and nobody governs it.
    pub ends_plainly: bool,
    /// Calls may come in by the shortest way: the same, and they wait for as long as it takes.
    pub takes_plainly: bool,
    /// Of those who wait, the first is the next one.
    pub is_fifo: bool,
    pub busy: u32,
    /// Calls inside: queued, in service, or (async) waiting for others.
    pub inside: u32,
    pub workers: u32,
    pub queue_limit: u32,
    /// Its row among the governors, or [`NONE`].
    pub governor: u32,
    last: SimTime,
    pub queue: Line,
    /// Async calls that go on, ahead of the queue.
    pub resume: Line,
    areas: ReplicaAreas,
    /// What is not yet in them: up to this time, which never comes where cores are limited.
    recent: RecentAreas,
    recent_end: SimTime,
    /// Where the time shares of its service begin.
    first_share: u32,
    pub queue_max: u32,
    pub busy_max: u32,
    pub inside_max: u32,
    /// Sum of the times from arrival to leaving, in nanoseconds modulo 2^64.
    pub sojourn: u64,
    /// Sum of (freed at) - (taken at) over its workers, in nanoseconds modulo 2^64.
    pub held_for: u64,
    /// Arrivals outside a paused process.
    pub held: Line,
    /// Replies and timers that wait for a paused process.
    pub deferred: Vec<Entry>,
    pub cores: Option<Box<Cores>>,
}

/// Integrals over time since the run began, in nanoseconds times calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReplicaAreas {
    pub queue: u128,
    pub busy: u128,
    pub inside: u128,
    pub computing: u128,
}

/// The same over a stretch so short that a word is enough.
#[derive(Clone, Copy, Debug, Default)]
struct RecentAreas {
    queue: u64,
    busy: u64,
    inside: u64,
}

/// So long a stretch: areas of `u32` calls over it fit into a `u64`.
const RECENT: Span = Span::from_nanos(1 << 32);

/// A service in motion: what is in force, and its availability.
#[derive(Debug)]
pub(super) struct ServiceState {
    pub active: u32,
    pub workers: u32,
    pub queue: Queue,
    /// Ring of a constant queue timeout, or [`NONE`].
    pub queue_ring: u32,
    pub quota: Option<QuotaState>,
    /// Replicas that are up, of the active ones; since when; and the areas under both curves.
    pub up: u32,
    up_last: SimTime,
    pub up_areas: UpAreas,
}

/// Integrals over time since the run began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UpAreas {
    /// Nanoseconds in which some replica was up.
    pub available: u64,
    /// Replica-nanoseconds in which replicas were up, and in which they existed.
    pub up: u128,
    pub active: u128,
    /// Workers of active replicas, where they are limited.
    pub workers: u128,
}

/// The last entry of a time share stands for that many calls or more.
pub(super) const TIME_SHARE_MAX: usize = 64;

/// Time shares of one service.
pub(super) const TIME_SHARES: usize = TIME_SHARE_MAX + 1;

pub(super) const UNLIMITED: u32 = u32::MAX;

pub(super) fn replicas(model: &Model) -> Vec<Replica> {
    let of = |(at, &id): (usize, &ServiceId)| {
        let service = &model.services[id.index()];
        let number = at as u32 - model.layout().first_replica[id.index()];
        let mut place = Replica {
            service: id,
            condition: Condition::Up,
            paused: false,
            stopped: false,
            disturbed: false,
            exists: number < service.replicas,
            serving: false,
            slows: service.slowdown.is_some(),
            limited: service.quota.is_some()
                || service.admission.is_any()
                || service.dimmer.is_some()
                || service.queue.discipline.sees_all(),
            impatient: service.queue.timeout.is_some(),
            is_async: service.style == Style::Async,
            odd: false,
            ends_plainly: false,
            takes_plainly: false,
            is_fifo: is_fifo(service.queue.order),
            busy: 0,
            inside: 0,
            workers: service.workers.unwrap_or(UNLIMITED),
            queue_limit: service.queue.limit.unwrap_or(UNLIMITED),
            governor: NONE,
            last: SimTime::ZERO,
            queue: Line::EMPTY,
            resume: Line::EMPTY,
            areas: ReplicaAreas::default(),
            recent: RecentAreas::default(),
            recent_end: SimTime::ZERO,
            first_share: (id.index() * TIME_SHARES) as u32,
            queue_max: 0,
            busy_max: 0,
            inside_max: 0,
            sojourn: 0,
            held_for: 0,
            held: Line::EMPTY,
            deferred: Vec::new(),
            cores: service.cores.map(|cores| Box::new(Cores::new(cores))),
        };
        place.refresh();
        place
    };
    model.layout().service_of.iter().enumerate().map(of).collect()
}

pub(super) fn services(model: &Model) -> Vec<ServiceState> {
    let of = |service: &Service| ServiceState {
        active: service.replicas,
        workers: service.workers.unwrap_or(UNLIMITED),
        queue: service.queue.clone(),
        queue_ring: NONE,
        quota: service.quota.as_ref().map(Quota::start),
        up: service.replicas,
        up_last: SimTime::ZERO,
        up_areas: UpAreas::default(),
    };
    model.services.iter().map(of).collect()
}

/// A maximum that is seldom passed, so that seldom something is written.
#[inline(always)]
pub(super) fn raise(max: &mut u32, to: u32) {
    if to > *max {
        *max = to;
    }
}

/// Whether whoever waits first is always the next. (By priority, a line is kept so, too; that is a governor's affair.)
pub(super) fn is_fifo(order: QueueOrder) -> bool {
    matches!(order, QueueOrder::Fifo)
}

impl ServiceState {
    /// Brings the areas of availability up to date.
    pub fn touch_up(&mut self, now: SimTime) {
        let since = now.since(self.up_last).nanos();
        self.up_last = now;
        let areas = &mut self.up_areas;
        areas.available += if self.up > 0 { since } else { 0 };
        areas.up += u128::from(since) * u128::from(self.up);
        let active = u128::from(since) * u128::from(self.active);
        areas.active += active;
        if self.workers != UNLIMITED {
            areas.workers += active * u128::from(self.workers);
        }
    }
}

impl Replica {
    /// Something about it changed: whether the short path is still right for what arrives, computes or ends here.
    pub fn refresh(&mut self) {
        let well = self.condition == Condition::Up && !self.paused && !self.stopped && !self.disturbed;
        self.odd = !well || self.slows || self.limited || self.cores.is_some();
        self.ends_plainly = !self.odd && self.governor == NONE;
        self.takes_plainly = self.ends_plainly && !self.impatient;
    }

    /// It has this row among the governors, from now on.
    pub fn be_governed(&mut self, governor: u32) {
        self.governor = governor;
        self.refresh();
    }

    /// Whether it looks at all calls, from now on.
    pub fn look_at_all(&mut self, it: bool) {
        self.limited = it;
        self.refresh();
    }

    /// Brings its areas up to date, and its service's time shares.
    #[inline(always)]
    pub fn touch(&mut self, shares: &mut [u128], now: SimTime) {
        if self.last != now {
            self.integrate(shares, now);
        }
    }

    #[inline(always)]
    fn integrate(&mut self, shares: &mut [u128], now: SimTime) {
        let since = now.nanos() - self.last.nanos();
        self.last = now;
        if self.inside == 0 && !self.exists {
            return;
        }
        shares[self.first_share as usize + (self.inside as usize).min(TIME_SHARE_MAX)] += u128::from(since);
        if now >= self.recent_end {
            return self.integrate_widely(since, now);
        }
        self.recent.queue += since * u64::from(self.waiting());
        self.recent.inside += since * u64::from(self.inside);
        self.recent.busy += since * u64::from(self.busy);
    }

    /// The same for any stretch of time, and for limited cores.
    #[inline(never)]
    fn integrate_widely(&mut self, since: u64, now: SimTime) {
        self.areas = self.areas();
        self.recent = RecentAreas::default();
        self.recent_end = if self.cores.is_some() {
            SimTime::ZERO
        } else {
            now + RECENT
        };
        let since = u128::from(since);
        self.areas.inside += since * u128::from(self.inside);
        self.areas.busy += since * u128::from(self.busy);
        self.areas.queue += since * u128::from(self.waiting());
        if let Some(cores) = &self.cores {
            self.areas.computing += since * u128::from(cores.computing());
        }
    }

    /// Its areas as of when it was last touched.
    pub fn areas(&self) -> ReplicaAreas {
        ReplicaAreas {
            queue: self.areas.queue + u128::from(self.recent.queue),
            busy: self.areas.busy + u128::from(self.recent.busy),
            inside: self.areas.inside + u128::from(self.recent.inside),
            computing: self.areas.computing,
        }
    }

    /// Whether a worker is free, and nobody waits for one.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.busy < self.workers && self.waiting() == 0
    }

    /// Calls that wait for a worker.
    #[inline(always)]
    pub fn waiting(&self) -> u32 {
        self.queue.len + self.resume.len
    }

    /// Counts one worker as taken; the areas are up to date.
    #[inline(always)]
    pub fn hold_worker(&mut self, row: &mut Attempt, now: SimTime) {
        debug_assert_eq!(self.last, now, "the areas are up to date");
        row.has_worker = true;
        row.phase = Phase::Inside;
        self.busy += 1;
        raise(&mut self.busy_max, self.busy);
        self.held_for = self.held_for.wrapping_sub(now.nanos());
    }

    /// Frees the worker of an attempt that has one; the areas are up to date.
    #[inline(always)]
    pub fn free_worker(&mut self, row: &mut Attempt, now: SimTime) {
        debug_assert_eq!(self.last, now, "the areas are up to date");
        row.has_worker = false;
        self.busy -= 1;
        self.held_for = self.held_for.wrapping_add(now.nanos());
    }

    /// A worker may have become free: whether somebody waits, and the queue is not about to be looked at anyway.
    #[inline(always)]
    pub fn is_to_serve(&mut self) -> bool {
        self.waiting() > 0 && !core::mem::replace(&mut self.serving, true)
    }

    /// The statistics begin.
    pub fn forget_maxima(&mut self) {
        (self.queue_max, self.busy_max, self.inside_max) = (self.queue.len, self.busy, self.inside);
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Brings a replica's areas up to date; before anything there changes.
    #[inline]
    pub(super) fn touch(&mut self, replica: u32) {
        self.replicas[replica as usize].touch(&mut self.time_shares, self.now);
    }

    /// Brings all areas up to date.
    pub(super) fn touch_all(&mut self) {
        let now = self.now;
        for place in &mut self.replicas {
            place.touch(&mut self.time_shares, now);
        }
        self.services.iter_mut().for_each(|it| it.touch_up(now));
    }

    /// Whether a replica's cores are shared by all who compute.
    pub(super) fn shares_processor(&self, replica: u32) -> bool {
        let service = self.replicas[replica as usize].service;
        self.model.services[service.index()]
            .cores
            .is_some_and(|it| it.sharing == Sharing::Processor)
    }
}
