//! Replicas: admission, the queue, workers, and the answer.

use super::arena::{Attempt, Child, Computing, Line, Phase};
use super::caller::SiteShape;
use super::compute::Cores;
use super::event::Event;
use super::pending::{Entry, Pending};
use super::recorder::Recorder;
use super::slab::{NONE, Slab};
use super::{Deed, Simulation};
use crate::component::quota::{Answer, Quota, QuotaState};
use crate::dist::Dist;
use crate::ids::{ReplicaId, ServiceId};
use crate::model::{Endpoint, ErrorWhen, Model, Queue, QueueOrder, Sharing, Style};
use crate::outcome::Outcome;
use crate::results::{State, Subject};
use crate::rng::{Purpose, WordThen};
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

/// One replica.
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
    /// Whether [`Deed::Serve`] is on the agenda.
    serving: bool,
    /// Work slows down with the calls in service.
    pub slows: bool,
    pub busy: u32,
    /// Calls inside: queued, in service, or (async) waiting for others.
    pub inside: u32,
    last: SimTime,
    pub queue: Line,
    /// Async calls that go on, ahead of the queue.
    pub resume: Line,
    /// Arrivals outside a paused process.
    pub held: Line,
    /// Replies and timers that wait for a paused process.
    pub deferred: Vec<Entry>,
    pub cores: Option<Box<Cores>>,
}

/// A service in motion: what is in force, and the areas under its curves.
#[derive(Debug)]
pub(super) struct ServiceState {
    pub active: u32,
    pub workers: u32,
    pub queue: Queue,
    pub queue_limit: u32,
    /// Ring of a constant queue timeout, or [`NONE`].
    queue_ring: u32,
    pub style: Style,
    pub quota: Option<QuotaState>,
    pub areas: Areas,
    pub queue_max: u32,
    pub busy_max: u32,
    pub inside_max: u32,
    /// Replicas that are up, of the active ones; since when; and the areas under both curves.
    pub up: u32,
    up_last: SimTime,
    taken: u64,
    freed: u64,
    pub sojourn: u128,
    pub held: u128,
}

/// Integrals over time since the run began, in nanoseconds times calls.
#[derive(Clone, Debug)]
pub(super) struct Areas {
    pub queue: u128,
    pub busy: u128,
    pub inside: u128,
    pub computing: u128,
    /// Nanoseconds in which some replica was up.
    pub available: u64,
    /// Replica-nanoseconds in which replicas were up, and in which they existed.
    pub up: u128,
    pub active: u128,
    /// Workers of active replicas, where they are limited.
    pub workers: u128,
    pub time_share: Box<[u128; TIME_SHARE_MAX + 1]>,
}

impl Default for Areas {
    fn default() -> Self {
        Areas {
            queue: 0,
            busy: 0,
            inside: 0,
            computing: 0,
            available: 0,
            up: 0,
            active: 0,
            workers: 0,
            time_share: Box::new([0; TIME_SHARE_MAX + 1]),
        }
    }
}

/// The last entry of a time share stands for that many calls or more.
pub(super) const TIME_SHARE_MAX: usize = 64;

const UNLIMITED: u32 = u32::MAX;

pub(super) fn replicas(model: &Model) -> Vec<Replica> {
    let of = |(at, &service): (usize, &ServiceId)| {
        let cores = model.services[service.index()].cores;
        let number = at as u32 - model.layout().first_replica[service.index()];
        Replica {
            exists: number < model.services[service.index()].replicas,
            service,
            condition: Condition::Up,
            paused: false,
            stopped: false,
            disturbed: false,
            serving: false,
            slows: model.services[service.index()].slowdown.is_some(),
            busy: 0,
            inside: 0,
            last: SimTime::ZERO,
            queue: Line::EMPTY,
            resume: Line::EMPTY,
            held: Line::EMPTY,
            deferred: Vec::new(),
            cores: cores.map(|cores| Box::new(Cores::new(cores))),
        }
    };
    model.layout().service_of.iter().enumerate().map(of).collect()
}

pub(super) fn services(model: &Model) -> Vec<ServiceState> {
    let of = |service: &crate::model::Service| ServiceState {
        active: service.replicas,
        workers: service.workers.unwrap_or(UNLIMITED),
        queue_limit: service.queue.limit.unwrap_or(UNLIMITED),
        queue: service.queue.clone(),
        queue_ring: NONE,
        style: service.style,
        quota: service.quota.as_ref().map(Quota::start),
        areas: Areas::default(),
        queue_max: 0,
        busy_max: 0,
        inside_max: 0,
        up: service.replicas,
        up_last: SimTime::ZERO,
        taken: 0,
        freed: 0,
        sojourn: 0,
        held: 0,
    };
    model.services.iter().map(of).collect()
}

impl ServiceState {
    /// Workers taken less workers freed.
    pub fn workers_out(&self) -> u64 {
        self.taken - self.freed
    }

    /// Brings the areas of availability up to date.
    pub fn touch_up(&mut self, now: SimTime) {
        let since = now.since(self.up_last).nanos();
        self.up_last = now;
        self.areas.available += if self.up > 0 { since } else { 0 };
        self.areas.up += u128::from(since) * u128::from(self.up);
        let active = u128::from(since) * u128::from(self.active);
        self.areas.active += active;
        if self.workers != UNLIMITED {
            self.areas.workers += active * u128::from(self.workers);
        }
    }
}

/// What a replica and its service do with rows in hand, each looked up once.
impl ServiceState {
    /// Brings a replica's areas up to date.
    #[inline(always)]
    fn touch(&mut self, place: &mut Replica, now: SimTime) {
        if place.last != now {
            self.integrate(place, now);
        }
    }

    #[inline(never)]
    fn integrate(&mut self, place: &mut Replica, now: SimTime) {
        let since = now.nanos() - place.last.nanos();
        place.last = now;
        let areas = &mut self.areas;
        if place.exists || place.inside > 0 {
            areas.time_share[(place.inside as usize).min(TIME_SHARE_MAX)] += u128::from(since);
        }
        if place.inside > 0 {
            let since = u128::from(since);
            areas.inside += since * u128::from(place.inside);
            areas.busy += since * u128::from(place.busy);
            areas.queue += since * u128::from(place.queue.len + place.resume.len);
            if let Some(cores) = &place.cores {
                areas.computing += since * u128::from(cores.computing());
            }
        }
    }

    /// Whether a worker is free, and nobody waits for one.
    #[inline(always)]
    fn has_room(&self, place: &Replica) -> bool {
        place.busy < self.workers && place.queue.len + place.resume.len == 0
    }

    /// Counts one worker as taken; the replica's areas are up to date.
    #[inline(always)]
    fn hold_worker(&mut self, place: &mut Replica, row: &mut Attempt, now: SimTime) {
        debug_assert_eq!(place.last, now, "the areas are up to date");
        row.has_worker = true;
        row.phase = Phase::Inside;
        row.started = row.started.min(now);
        place.busy += 1;
        self.taken += 1;
        self.busy_max = self.busy_max.max(place.busy);
        // Held time is the sum of (freed at) - (taken at).
        self.held = self.held.wrapping_sub(u128::from(now.nanos()));
    }

    /// Frees the worker of an attempt that has one; the replica's areas are up to date.
    #[inline(always)]
    fn free_worker(&mut self, place: &mut Replica, row: &mut Attempt, now: SimTime) {
        debug_assert_eq!(place.last, now, "the areas are up to date");
        row.has_worker = false;
        place.busy -= 1;
        self.freed += 1;
        self.held = self.held.wrapping_add(u128::from(now.nanos()));
    }
}

impl Replica {
    /// A worker may have become free: whether somebody waits, and the queue is not about to be looked at anyway.
    #[inline(always)]
    fn is_to_serve(&mut self) -> bool {
        self.queue.len + self.resume.len > 0 && !core::mem::replace(&mut self.serving, true)
    }
}

/// An attempt gets its worker; the replica's areas are up to date.
#[inline(always)]
fn begin(
    row: &mut Attempt,
    place: &mut Replica,
    state: &mut ServiceState,
    site: &SiteShape<'_>,
    recorder: &mut Recorder,
    model: &Model,
    now: SimTime,
) {
    state.hold_worker(place, row, now);
    recorder.got_worker(place.service, site.callee, row.measured_at_service, row.arrived, now);
    if let Some(flow) = site.endpoint.flow {
        let steps = &model.blocks[flow.index()].steps;
        (row.step, row.steps_end) = (steps.start, steps.end);
    }
}

impl Line {
    pub fn push_back(&mut self, attempts: &mut Slab<Attempt>, attempt: u32) {
        attempts[attempt].next = NONE;
        attempts[attempt].previous = self.last;
        match self.last {
            NONE => self.first = attempt,
            last => attempts[last].next = attempt,
        }
        self.last = attempt;
        self.len += 1;
    }

    pub fn remove(&mut self, attempts: &mut Slab<Attempt>, attempt: u32) {
        let (next, previous) = (attempts[attempt].next, attempts[attempt].previous);
        match previous {
            NONE => self.first = next,
            previous => attempts[previous].next = next,
        }
        match next {
            NONE => self.last = previous,
            next => attempts[next].previous = previous,
        }
        self.len -= 1;
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Brings a replica's areas up to date; before anything there changes.
    #[inline(always)]
    pub(super) fn touch(&mut self, replica: u32) {
        let place = &mut self.replicas[replica as usize];
        if place.last != self.now {
            self.services[place.service.index()].integrate(place, self.now);
        }
    }

    /// Brings all areas up to date.
    pub(super) fn touch_all(&mut self) {
        (0..self.replicas.len() as u32).for_each(|replica| self.touch(replica));
        let now = self.now;
        self.services.iter_mut().for_each(|it| it.touch_up(now));
    }

    pub(super) fn on_delivered(&mut self, entry: Entry) {
        debug_assert_eq!(
            self.attempts[entry.index].generation, entry.generation,
            "an outbound attempt stays"
        );
        self.happened(Event::Delivered, self.attempts[entry.index].key);
        self.arrive(entry.index);
    }

    /// A request reaches its replica: it is refused, queued, or at once in service.
    pub(super) fn arrive(&mut self, attempt: u32) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        let replica = row.replica;
        let place = &mut self.replicas[replica as usize];
        if place.condition != Condition::Up || place.paused {
            return self.arrive_in_vain(attempt);
        }
        let measured = self.recorder.measures(now);
        row.arrived = now;
        row.measured_at_service = measured;
        let site = &self.sites[row.site.index()];
        let (endpoint, service) = (site.endpoint, place.service);
        self.recorder.arrived_at_service(service, site.callee, measured, now);
        if measured {
            self.cost_calls += u128::from(endpoint.price_per_call.0);
        }
        let state = &mut self.services[service.index()];
        state.touch(place, now);
        place.inside += 1;
        let judged = row.outcome == Outcome::Cancelled || state.quota.is_some() || endpoint.errors.is_some();
        if judged || place.disturbed || place.serving {
            if self.is_turned_away(attempt) {
                return;
            }
            return self.take_in(attempt);
        }
        if state.has_room(place) {
            state.inside_max = state.inside_max.max(place.inside);
            begin(row, place, state, site, &mut self.recorder, self.model, now);
            self.begin_work(attempt, endpoint);
        } else {
            self.take_in(attempt);
        }
    }

    /// A request reaches a replica that is not there to take it in.
    #[cold]
    fn arrive_in_vain(&mut self, attempt: u32) {
        let row = &mut self.replicas[self.attempts[attempt].replica as usize];
        match row.condition {
            Condition::Up => {
                self.attempts[attempt].phase = Phase::Held;
                row.held.push_back(&mut self.attempts, attempt);
            }
            Condition::Crashed => self.answer(attempt, Outcome::Refused),
            Condition::Gone => self.lose(attempt),
        }
    }

    /// Nothing will ever come back: only the caller's patience ends it.
    pub(super) fn lose(&mut self, attempt: u32) {
        if self.attempts[attempt].call == NONE {
            self.attempts.remove(attempt);
        } else {
            self.attempts[attempt].phase = Phase::Lost;
        }
    }

    /// Whether anything but a full queue turns away a request that has just come in.
    #[inline(never)]
    fn is_turned_away(&mut self, attempt: u32) -> bool {
        let row = &self.attempts[attempt];
        let (replica, site) = (row.replica, &self.sites[row.site.index()]);
        if row.outcome == Outcome::Cancelled {
            self.finish_attempt(attempt, Outcome::Cancelled);
            return true;
        }
        let (endpoint, service) = (site.endpoint, site.service);
        let state = &mut self.services[service.index()];
        if let (Some(state), Some(quota)) = (&mut state.quota, &self.model.services[service.index()].quota)
            && let Answer::Rejected { retry_after } = quota.admit(state, self.now)
        {
            self.attempts[attempt].push_back = retry_after;
            self.finish_attempt(attempt, Outcome::Quota);
            return true;
        }
        let before = endpoint.errors.is_some_and(|it| it.when == ErrorWhen::Before) && row.doomed;
        let disturbed = self.replicas[replica as usize].disturbed;
        if before || disturbed && self.fails_by_fault(attempt, ErrorWhen::Before) {
            self.finish_attempt(attempt, Outcome::Error);
            return true;
        }
        if self.replicas[replica as usize].serving {
            // A worker became free at this very instant: it takes who waits before anybody is refused.
            self.serve(replica);
        }
        false
    }

    /// A request that nobody turned away gets a worker, or waits for one, or finds the queue full.
    #[inline(never)]
    fn take_in(&mut self, attempt: u32) {
        let place = &self.replicas[self.attempts[attempt].replica as usize];
        let state = &mut self.services[place.service.index()];
        let waits = !state.has_room(place);
        if waits && place.queue.len >= state.queue_limit {
            return self.finish_attempt(attempt, Outcome::QueueFull);
        }
        state.inside_max = state.inside_max.max(place.inside);
        if waits {
            self.enqueue(attempt)
        } else {
            self.take_worker(attempt)
        }
    }

    fn enqueue(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        row.phase = Phase::Queued;
        let (replica, generation, epoch, key) = (row.replica, row.generation, row.task.epoch, row.key);
        let place = &mut self.replicas[replica as usize];
        place.queue.push_back(&mut self.attempts, attempt);
        let state = &mut self.services[place.service.index()];
        state.queue_max = state.queue_max.max(place.queue.len);
        match &state.queue.timeout {
            None => (),
            Some(Dist::Constant(after)) => {
                if state.queue_ring == NONE {
                    state.queue_ring = super::ring_for(&mut self.rings, *after, Event::QueueTimeout);
                }
                let ring = state.queue_ring;
                self.start_timer(ring, epoch, attempt, generation);
            }
            Some(patience) => {
                let word = self.streams.block(Purpose::Patience, key, 0)[0];
                let patience = patience.sample(&mut WordThen::new(word, &self.streams, Purpose::Patience, key, 0));
                self.schedule(self.now + patience, Event::QueueTimeout, epoch, attempt, generation);
            }
        }
    }

    /// A change put another queue in place.
    pub(super) fn replace_queue(&mut self, service: ServiceId, queue: &Queue) {
        let state = &mut self.services[service.index()];
        state.queue_limit = queue.limit.unwrap_or(UNLIMITED);
        state.queue = queue.clone();
        state.queue_ring = NONE;
    }

    /// A change put another number of workers in place.
    pub(super) fn replace_workers(&mut self, service: ServiceId, workers: Option<u32>) {
        let now = self.now;
        let state = &mut self.services[service.index()];
        state.touch_up(now);
        state.workers = workers.unwrap_or(UNLIMITED);
        let first = self.layout.first_replica[service.index()];
        for replica in first..self.layout.first_replica[service.index() + 1] {
            self.wake(replica);
        }
    }

    pub(super) fn on_queue_timeout(&mut self, entry: Entry) {
        let row = &self.attempts[entry.index];
        if row.generation != entry.generation || row.task.epoch != entry.epoch() {
            return; // It left the queue before.
        }
        if self.waits_for_thaw(self.attempts[entry.index].replica, entry) {
            return;
        }
        let row = &self.attempts[entry.index];
        self.happened(Event::QueueTimeout, row.key);
        self.leave_queue(entry.index);
        self.finish_attempt(entry.index, Outcome::QueueTimeout);
    }

    /// Takes an attempt out of the line it waits in.
    pub(super) fn leave_queue(&mut self, attempt: u32) {
        let (replica, phase) = (self.attempts[attempt].replica, self.attempts[attempt].phase);
        self.touch(replica);
        let place = &mut self.replicas[replica as usize];
        match phase {
            Phase::Queued => place.queue.remove(&mut self.attempts, attempt),
            Phase::Resuming => place.resume.remove(&mut self.attempts, attempt),
            Phase::Held => place.held.remove(&mut self.attempts, attempt),
            Phase::Outbound | Phase::Inside | Phase::Returning | Phase::Lost => return,
        }
        let task = &mut self.attempts[attempt].task;
        task.epoch = task.epoch.wrapping_add(1);
    }

    /// A worker may have become free: look at the queue, once, at this instant.
    pub(super) fn wake(&mut self, replica: u32) {
        if self.replicas[replica as usize].is_to_serve() {
            self.agenda.push(Deed::Serve(replica));
        }
    }

    /// Free workers take what waits: calls that go on first, then the queue in its order.
    pub(super) fn serve(&mut self, replica: u32) {
        self.replicas[replica as usize].serving = false;
        loop {
            let place = &self.replicas[replica as usize];
            let state = &self.services[place.service.index()];
            if place.busy >= state.workers || place.paused {
                return;
            }
            let attempt = match (place.resume.first, state.queue.order) {
                (NONE, QueueOrder::Fifo) => place.queue.first,
                (NONE, QueueOrder::Lifo) => place.queue.last,
                (resuming, _) => resuming,
            };
            if attempt == NONE {
                return;
            }
            self.leave_queue(attempt);
            let row = &mut self.attempts[attempt];
            if row.phase == Phase::Resuming {
                self.hold_worker(attempt);
                self.go_on(attempt);
            } else if row.deadline <= self.now {
                // Nobody can use the answer any more: dropped unserved.
                self.finish_attempt(attempt, Outcome::Deadline);
            } else {
                self.take_worker(attempt);
            }
        }
    }

    /// Counts one worker as taken; the replica's areas are up to date.
    #[inline(always)]
    pub(super) fn hold_worker(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        self.services[place.service.index()].hold_worker(place, row, self.now);
    }

    /// Frees the worker, if there is one.
    pub(super) fn free_worker(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        if !row.has_worker {
            return;
        }
        let place = &mut self.replicas[row.replica as usize];
        let state = &mut self.services[place.service.index()];
        state.touch(place, self.now);
        state.free_worker(place, row, self.now);
        if place.is_to_serve() {
            self.agenda.push(Deed::Serve(row.replica));
        }
    }

    /// A new call gets its worker and begins.
    fn take_worker(&mut self, attempt: u32) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let state = &mut self.services[place.service.index()];
        let site = &self.sites[row.site.index()];
        begin(row, place, state, site, &mut self.recorder, self.model, self.now);
        self.begin_work(attempt, site.endpoint);
    }

    #[inline(always)]
    fn begin_work(&mut self, attempt: u32, endpoint: &Endpoint) {
        if endpoint.work.is_some() {
            self.compute(attempt, self.attempts[attempt].work);
        } else {
            self.advance(attempt);
        }
    }

    /// The main flow has come to its end.
    pub(super) fn flow_done(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let endpoint = self.sites[row.site.index()].endpoint;
        let after = endpoint.errors.is_some_and(|it| it.when == ErrorWhen::After) && row.doomed;
        let disturbed = self.replicas[row.replica as usize].disturbed;
        let degraded = row.degraded;
        let outcome = if after || disturbed && self.fails_by_fault(attempt, ErrorWhen::After) {
            Outcome::Error
        } else if degraded {
            Outcome::Degraded
        } else {
            Outcome::Ok
        };
        self.finish_attempt(attempt, outcome);
    }

    /// The service is done with an attempt: it leaves, and the answer goes out.
    #[inline(never)]
    pub(super) fn finish_attempt(&mut self, attempt: u32, outcome: Outcome) {
        self.leave(attempt, outcome);
        self.send_answer(attempt, outcome);
    }

    /// An attempt leaves its replica, which frees what it held.
    #[inline(always)]
    pub(super) fn leave(&mut self, attempt: u32, outcome: Outcome) {
        let row = &mut self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let state = &mut self.services[place.service.index()];
        state.touch(place, self.now);
        if row.has_worker {
            state.free_worker(place, row, self.now);
            if place.is_to_serve() {
                self.agenda.push(Deed::Serve(row.replica));
            }
        }
        row.task.epoch = row.task.epoch.wrapping_add(1);
        row.task.computing = Computing::No;
        debug_assert_eq!(row.child, Child::None, "what it waited for was abandoned before");
        place.inside -= 1;
        state.sojourn += u128::from(self.now.since(row.arrived).nanos());
        self.recorder.left_service(
            place.service,
            self.sites[row.site.index()].callee,
            row.measured_at_service,
            row.arrived,
            (row.started != SimTime::MAX).then_some(row.started),
            self.now,
            outcome,
            row.work,
            row.call != NONE,
        );
    }

    /// Sends an answer back, if anybody waits for it.
    #[inline(never)]
    pub(super) fn answer(&mut self, attempt: u32, outcome: Outcome) {
        self.send_answer(attempt, outcome);
    }

    #[inline(always)]
    fn send_answer(&mut self, attempt: u32, outcome: Outcome) {
        let row = &mut self.attempts[attempt];
        if row.call == NONE {
            self.attempts.remove(attempt);
            return;
        }
        row.outcome = outcome;
        row.phase = Phase::Returning;
        let (mut back, generation, replica, party) = (row.back, row.generation, row.replica, row.party);
        let (site, key, mut lost) = (row.site, row.key, row.reply_lost);
        if !self.network_rules.is_empty() {
            let word = self.streams.block(Purpose::Attempt, key, 0)[5];
            let path = self.disturb(replica, party, word, back);
            back = path.0;
            lost |= path.1;
        }
        let endpoint = self.sites[site.index()].endpoint;
        if endpoint.response_bytes > 0 && matches!(outcome, Outcome::Ok | Outcome::Degraded) {
            let scope = self.callers.scope(party, replica);
            back += self.transmit(self.sites[site.index()].edge, scope, true, endpoint.response_bytes);
        }
        if lost {
            self.attempts[attempt].phase = Phase::Lost;
        } else if back == Span::ZERO {
            self.agenda.push(Deed::Reply(attempt, generation));
        } else {
            self.schedule(self.now + back, Event::Replied, 0, attempt, generation);
        }
    }

    pub(super) fn on_cancel_arrived(&mut self, entry: Entry) {
        let attempt = entry.index;
        let row = &self.attempts[attempt];
        if row.generation != entry.generation {
            return; // It was done before the word came.
        }
        let inside = matches!(row.phase, Phase::Queued | Phase::Resuming | Phase::Inside);
        if inside && self.waits_for_thaw(row.replica, entry) {
            return;
        }
        let row = &mut self.attempts[attempt];
        let key = row.key;
        match row.phase {
            Phase::Outbound => row.outcome = Outcome::Cancelled, // Overtaken: it will be dropped on arrival.
            Phase::Held => {
                self.leave_queue(attempt);
                self.attempts.remove(attempt);
            }
            Phase::Queued | Phase::Resuming | Phase::Inside => {
                self.leave_queue(attempt);
                self.stop(attempt);
                self.finish_attempt(attempt, Outcome::Cancelled);
            }
            Phase::Returning | Phase::Lost => return,
        }
        self.happened(Event::CancelArrived, key);
    }

    /// How many of a service's replicas are up changed, or how many there are.
    pub(super) fn recount_up(&mut self, service: ServiceId) {
        let now = self.now;
        let first = self.layout.first_replica[service.index()] as usize;
        let state = &mut self.services[service.index()];
        state.touch_up(now);
        let active = &self.replicas[first..first + state.active as usize];
        state.up = active.iter().filter(|it| it.condition == Condition::Up).count() as u32;
    }

    /// Everything inside a replica ends at once: `reset` if its process died, unanswered if its machine is gone.
    pub(super) fn kill(&mut self, replica: u32, answered: bool) {
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            if row.replica != replica {
                continue;
            }
            match row.phase {
                Phase::Held => {
                    self.leave_queue(attempt);
                    if answered {
                        self.answer(attempt, Outcome::Reset)
                    } else {
                        self.lose(attempt)
                    }
                }
                Phase::Queued | Phase::Resuming | Phase::Inside => {
                    self.leave_queue(attempt);
                    self.stop(attempt);
                    self.leave(attempt, Outcome::Reset);
                    if answered {
                        self.answer(attempt, Outcome::Reset)
                    } else {
                        self.lose(attempt)
                    }
                }
                Phase::Outbound | Phase::Returning | Phase::Lost => (),
            }
        }
        self.abandon_background(replica);
        if let Some(cores) = &mut self.replicas[replica as usize].cores {
            cores.clear();
        }
        self.callers.disconnect(self.model, replica);
        self.happen_deferred(replica);
    }

    /// Those who waited outside a paused process come in.
    pub(super) fn admit_held(&mut self, replica: u32) {
        loop {
            let attempt = self.replicas[replica as usize].held.first;
            if attempt == NONE {
                return;
            }
            self.leave_queue(attempt);
            self.attempts[attempt].phase = Phase::Outbound;
            let generation = self.attempts[attempt].generation;
            self.agenda.push(Deed::Arrive(attempt, generation));
        }
    }

    pub(super) fn replica_became(&mut self, replica: u32, state: State) {
        let row = &self.replicas[replica as usize];
        if row.exists || row.inside > 0 {
            self.transition(Subject::Replica(ReplicaId(replica)), state);
        }
    }

    /// Whether a replica's cores are shared by all who compute.
    pub(super) fn shares_processor(&self, replica: u32) -> bool {
        let service = self.replicas[replica as usize].service;
        self.model.services[service.index()]
            .cores
            .is_some_and(|it| it.sharing == Sharing::Processor)
    }
}
