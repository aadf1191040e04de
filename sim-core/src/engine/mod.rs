//! The engine: one pending set, one closed list of events, one `match`.
//!
//! A run is a pure function of a model and a seed. An event takes the next entry of the pending set; what follows from it
//! at the same instant without a delay is put on the *agenda* and done before the next event, so that chains without delay
//! need neither recursion nor events.
//!
//! Each file here adds one part of the simulation: `arrivals` (loads), `site` (what is in force at a call site), `caller`,
//! `attempt`, `direct` and `balance` (calls and attempts as their caller sees them, and the pick of a replica), `network`, `replica`,
//! `queue` and `server` (queues, workers), `governor` with `discipline`, `admission` and `dimmer` (who is let in, next, or
//! given up, where a service has a say in it), `outage` (replicas that stop), `compute` (cores and work in
//! progress), `flow` (steps, joins, branches), `fault` and `change` (what happens to the system), `finish` (conservation
//! and the result).

mod admission;
mod arena;
mod arrivals;
mod attempt;
mod balance;
mod cache;
mod caller;
mod change;
mod collapse;
mod compute;
mod dimmer;
mod direct;
mod discipline;
mod event;
mod fallback;
mod fault;
mod finish;
mod flow;
mod gate;
mod gauges;
mod governor;
mod hedge;
mod item;
mod line;
mod lockstep;
mod network;
mod outage;
mod part;
mod pending;
mod pool;
mod queue;
mod recorder;
mod replica;
mod ring;
mod rules;
mod server;
mod site;
mod slab;
mod stack;
#[cfg(test)]
mod tests;

pub use lockstep::{Divergence, Happening, first_divergence};

use core::ops::ControlFlow;

use arena::{Attempt, Call, Frame, Join, Retrying};
use arrivals::{LoadState, SessionState, UserState};
use attempt::Foreseen;
use balance::CallerState;
use event::Event;
use fault::Process;
use gate::Gates;
use governor::Governors;
use network::{NetworkRule, Pipe};
use part::Covers;
use pending::{Entry, Heap, Pending, SEQUENCE_MAX, Wheel};
use pool::Pools;
use recorder::Recorder;
use replica::{Replica, ServiceState, TIME_SHARES};
use ring::Ring;
use site::{PlanShape, SiteShape};
use slab::Slab;
use stack::{Passage, Passages, Stack};

use crate::ids::{EndpointId, SiteId};
use crate::model::{Endpoint, Layout, Link, Model};
use crate::observe::Record;
use crate::observe::digest::Digest;
use crate::outcome::Outcome;
use crate::results::{RunResult, State, Subject, Transition};
use crate::rng::{Ahead, Streams};
use crate::time::{SimTime, Span};

/// What a run may use up before it stops with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events; a run at W3's pace makes about 10^9 in a minute. The run stops at the first event beyond. Where thousands of
    /// things follow from each other at one instant without an event, they count, too.
    pub events: u64,
    /// Calls and attempts in flight, each.
    pub live: u32,
}

impl Default for Limits {
    /// 10^10 events, 10^7 calls and as many attempts in flight (about 3 GB).
    fn default() -> Self {
        Limits {
            events: 10_000_000_000,
            live: 10_000_000,
        }
    }
}

/// Why a run stopped without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// More events than allowed.
    #[error("more than {limit} events by {at}")]
    TooManyEvents {
        /// The limit.
        limit: u64,
        /// When it was reached.
        at: SimTime,
    },
    /// More calls or attempts in flight than allowed.
    #[error("more than {limit} calls in flight at {at}")]
    TooManyLive {
        /// The limit.
        limit: u32,
        /// When it was reached.
        at: SimTime,
        /// The call site that made the last one.
        site: SiteId,
    },
    /// Calls nest too deeply: services call each other in a circle.
    #[error("calls nest more than {limit} deep at {at}")]
    TooDeep {
        /// The limit.
        limit: u32,
        /// When it was reached.
        at: SimTime,
        /// The call site that would have gone deeper.
        site: SiteId,
    },
}

/// Watches a run from outside: for progress and interruption. It is asked now and then, and cannot change the run.
pub trait Control {
    /// How far the run is. Breaking ends it: what happened so far is the result, marked as interrupted.
    fn poll(&mut self, now: SimTime, events: u64) -> ControlFlow<()>;
}

impl Control for () {
    fn poll(&mut self, _: SimTime, _: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

const DELIVERED: u8 = Event::Delivered as u8;
const WORK_DONE: u8 = Event::WorkDone as u8;
const REPLIED: u8 = Event::Replied as u8;

/// So many deeds done at one instant are forgotten together.
const AGENDA_LONG: usize = 1 << 12;

/// Events between two polls of the control.
const POLL_EVERY: u64 = 1 << 16;

/// Runs a model from one seed.
///
/// The same model and seed give the same result on every machine, whatever is recorded.
///
/// # Errors
///
/// Fails when the run passes its limits or calls nest without end.
pub fn run(
    model: &Model,
    seed: u64,
    record: &Record,
    limits: &Limits,
    control: &mut dyn Control,
) -> Result<RunResult, RunError> {
    Simulation::<Wheel>::new(model, seed, record, limits).run(seed, control)
}

/// Runs a model on a plain binary heap instead of the radix wheel: the oracle for tests, many times slower on large runs.
///
/// # Errors
///
/// As [`run`].
pub fn run_on_heap(model: &Model, seed: u64, record: &Record, limits: &Limits) -> Result<RunResult, RunError> {
    Simulation::<Heap>::new(model, seed, record, limits).run(seed, &mut ())
}

/// Something that follows at the same instant. Each names a row and its generation: if the row is gone by then, nothing
/// follows.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// An attempt reaches its replica.
    Arrive(u32, u32),
    /// A reply reaches its caller.
    Reply(u32, u32),
    /// An attempt of a call has ended with this outcome.
    Settle(u32, u32, Outcome),
    /// The next attempt of a call goes out.
    Launch(u32, u32),
    /// A gate lets a passage go on.
    Pass(u32, u32),
    /// A gate has refused a passage.
    TurnBack(u32, u32, Outcome),
    /// A call has got the connection that it waited for.
    Connected(u32, u32),
    /// A branch goes on.
    AdvanceFrame(u32, u32),
    /// A replica takes from its queue.
    Serve(u32),
}

/// A run in progress.
struct Simulation<'m, Q> {
    model: &'m Model,
    layout: &'m Layout,
    limits: Limits,
    record: Record,
    streams: Streams,
    ahead: Ahead,

    now: SimTime,
    /// When the clock has something to do next.
    next_tick: SimTime,
    /// No event before this needs a look at the clock, or at errors: the next tick, or the time when arrivals have stopped.
    attention: SimTime,
    pending: Q,
    sequence: u64,
    events: u64,
    /// Deeds of instants that had very many of them.
    deeds: u64,
    digest: Digest,
    error: Option<RunError>,
    agenda: Vec<Deed>,
    rings: Vec<Ring>,

    calls: Slab<Call>,
    /// Whether some plan retries or has gates, now or after a change; if so, what calls keep for it, by their index.
    may_retry: bool,
    retrying: Vec<Retrying>,
    /// By call, as far as calls with gates have come.
    passages_of: Vec<Passages>,
    passages: Slab<Passage>,
    stacks: Vec<Stack<'m>>,
    gates: Gates<'m>,
    /// Whether some plan looks at requests' keys; if so, the keys.
    keyed: bool,
    items: item::Items,
    covers: Covers<'m>,
    pools: Pools<'m>,
    attempts: Slab<Attempt>,
    foreseen: Foreseen,
    frames: Slab<Frame>,
    joins: Slab<Join>,

    /// Rows in force: the model's, or those a change put in their place.
    endpoints: Vec<&'m Endpoint>,
    links: Vec<&'m Link>,
    plans: Vec<PlanShape<'m>>,
    sites: Vec<SiteShape<'m>>,
    /// By block: the site of its call, if a plain call is all there is in it.
    only_calls: Vec<Option<SiteId>>,

    callers: CallerState,
    pipes: Vec<[Pipe; 6]>,
    replicas: Vec<Replica>,
    governors: Governors<'m>,
    /// How many replicas are paused.
    frozen: u32,
    services: Vec<ServiceState>,
    /// Time with so many calls inside, summed over replicas: [`TIME_SHARES`] for each service.
    time_shares: Vec<u128>,

    loads: Vec<LoadState<'m>>,
    users: Vec<UserState>,
    sessions: Slab<SessionState>,

    processes: Vec<Process>,
    effects: Vec<fault::Effects>,
    network_rules: Vec<NetworkRule>,
    changes: change::ChangeStates,

    recorder: Recorder,
    faults_seen: Vec<crate::results::FaultSpan>,
    changes_seen: Vec<(crate::ids::ChangeId, SimTime)>,
    transitions: Vec<Transition>,
    checkpoints: Vec<(SimTime, Digest)>,
    next_checkpoint: SimTime,
    next_window: SimTime,
    /// Areas of each service (queue, busy, up) at the last window's end.
    window_areas: Vec<(u128, u128, u128)>,
    phase: finish::ClockPhase,
    cost_calls: u128,
    /// Bytes sent times the price of a gigabyte.
    cost_traffic: u128,
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    fn new(model: &'m Model, seed: u64, record: &Record, limits: &Limits) -> Self {
        let layout = model.layout();
        let streams = Streams::new(seed);
        let mut rings = Vec::new();
        let (mut plans, mut covers) = Covers::shapes(model, &mut rings);
        let (mut stacks, mut gates, mut pools) = (Vec::new(), Gates::default(), Pools::default());
        pools.any = change::edited_plans(model).any(|it| it.1.pool.is_some());
        for shape in &mut plans {
            shape.stack = stack::pile(model, shape, &mut stacks, &mut gates, &streams, &mut rings);
            shape.cover_slot = covers.slot(model, shape, &mut rings);
            if shape.cover.is_none() {
                shape.pool_slot = pools.slot(model, shape, &mut rings);
            }
        }
        let keyed = item::are_asked_for(model);
        let mut singles = vec![!keyed && !change::edits_plans(model); layout.lanes.len()];
        for (row, site) in model.sites.iter().enumerate() {
            singles[layout.lane_of[row] as usize] &= plans[site.plan.index()].is_single();
        }
        let recorder = Recorder::new(model, record, &singles);
        let callers = CallerState::new(model, &plans[..model.plans.len()], &streams);
        let (endpoints, links): (Vec<_>, Vec<_>) = (model.endpoints.iter().collect(), model.links.iter().collect());
        let mut replicas = replica::replicas(model);
        let governors = Governors::new(model, &streams, &mut replicas);
        let mut simulation = Simulation {
            model,
            layout,
            limits: *limits,
            record: *record,
            ahead: Ahead::new(&streams),
            now: SimTime::ZERO,
            next_tick: SimTime::ZERO,
            attention: SimTime::ZERO,
            pending: Q::default(),
            sequence: 0,
            events: 0,
            deeds: 0,
            digest: Digest::EMPTY,
            error: None,
            agenda: Vec::with_capacity(64),
            rings,
            calls: Slab::new(),
            may_retry: plans.iter().any(PlanShape::retries)
                || !stacks.is_empty()
                || covers.any
                || pools.any
                || change::edits_plans(model),
            retrying: Vec::new(),
            passages_of: Vec::new(),
            passages: Slab::new(),
            stacks,
            gates,
            keyed,
            items: item::Items::new(keyed && item::are_remembered(model)),
            attempts: Slab::new(),
            foreseen: Foreseen::default(),
            frames: Slab::new(),
            joins: Slab::new(),
            sites: SiteShape::all(model, &callers, &plans, &endpoints, &links, &covers),
            covers,
            pools,
            endpoints,
            links,
            plans,
            only_calls: flow::only_calls(model),
            callers,
            pipes: network::pipes(model),
            replicas,
            governors,
            frozen: 0,
            services: replica::services(model),
            time_shares: vec![0; TIME_SHARES * model.services.len()],
            loads: Vec::new(),
            users: Vec::new(),
            sessions: Slab::new(),
            processes: fault::processes(model),
            effects: vec![fault::Effects::default(); layout.replicas()],
            network_rules: Vec::new(),
            changes: change::ChangeStates::new(model),
            recorder,
            faults_seen: Vec::new(),
            changes_seen: Vec::new(),
            transitions: Vec::new(),
            checkpoints: Vec::new(),
            next_checkpoint: record.checkpoints.map_or(SimTime::MAX, |every| SimTime::ZERO + every),
            next_window: if record.services {
                (SimTime::ZERO + model.clock.window).min(model.clock.duration)
            } else {
                SimTime::MAX
            },
            window_areas: vec![(0, 0, 0); model.services.len()],
            phase: finish::ClockPhase::WarmingUp,
            cost_calls: 0,
            cost_traffic: 0,
            streams,
        };
        simulation.begin_loads();
        simulation.begin_faults();
        simulation.begin_changes();
        simulation.begin_dimmers();
        simulation.begin_routers();
        simulation.note_only_replicas();
        simulation
    }

    fn run(mut self, seed: u64, control: &mut dyn Control) -> Result<RunResult, RunError> {
        let interrupted = self.play(control)?;
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.finish(seed, interrupted)),
        }
    }

    /// Event after event, to the end; gives whether that came from outside. A function of its own, so that the compiler
    /// arranges the loop for itself and not for all that stands around it.
    #[inline(never)]
    fn play(&mut self, control: &mut dyn Control) -> Result<bool, RunError> {
        let limit = self.limits.events.saturating_add(1);
        let mut next_look = POLL_EVERY.min(limit);
        while self.advance_once() {
            if self.events >= next_look {
                if self.events > self.limits.events || self.sequence >= SEQUENCE_MAX - POLL_EVERY * 16 {
                    return Err(self.too_many_events());
                }
                next_look = (self.events + POLL_EVERY).min(limit);
                if control.poll(self.now, self.events).is_break() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn too_many_events(&self) -> RunError {
        RunError::TooManyEvents {
            limit: self.limits.events,
            at: self.now,
        }
    }

    /// Takes the next entry of the pending set, and does all that follows at its instant. `false` if the run is over.
    #[inline(always)]
    fn advance_once(&mut self) -> bool {
        if let Some(arrival) = self.pending.pop_arrival() {
            // Known for what it is before it is looked at, so that the processor is not wrong about it for long.
            if self.ends_before(arrival.time()) {
                return false;
            }
            self.on_arrival(arrival.index, arrival.generation);
        } else {
            let Some(entry) = self.pending.pop() else {
                return false;
            };
            if self.ends_before(entry.time()) {
                return false;
            }
            self.step(entry);
        }
        if !self.agenda.is_empty() {
            self.perform_agenda();
        }
        true
    }

    /// The clock goes on to an event at `at`, unless the run is over.
    #[inline(always)]
    fn ends_before(&mut self, at: SimTime) -> bool {
        if at >= self.attention && self.is_over(at) {
            return true;
        }
        self.now = at;
        false
    }

    /// The clock does what it has to before an event at `at`, unless the run is over.
    #[cold]
    fn is_over(&mut self, at: SimTime) -> bool {
        let clock = self.model.clock;
        if self.error.is_some() {
            return true;
        }
        if at >= clock.duration && (at > clock.duration + clock.drain || self.is_quiet()) {
            return true;
        }
        while at >= self.next_tick {
            self.tick();
        }
        self.attention = self.next_tick.min(clock.duration);
        false
    }

    /// Does what follows at this instant, and what follows from that.
    #[inline(never)]
    fn perform_agenda(&mut self) {
        let mut at = 0;
        while let Some(&deed) = self.agenda.get(at) {
            at += 1;
            self.perform(deed);
            if at == AGENDA_LONG {
                self.agenda.drain(..at);
                at = 0;
                if self.is_endless() {
                    break;
                }
            }
        }
        self.agenda.clear();
    }

    /// Whether to stop amid the deeds of one instant: a limit was reached, or would have been if so many of them counted as
    /// events (which they might go on for ever without making).
    #[cold]
    fn is_endless(&mut self) -> bool {
        self.deeds += AGENDA_LONG as u64;
        if self.events.saturating_add(self.deeds) > self.limits.events {
            let error = self.too_many_events();
            self.fail(error);
        }
        self.error.is_some()
    }

    /// Nothing is in flight: after the arrivals have stopped, nothing more can happen to anybody.
    fn is_quiet(&self) -> bool {
        self.calls.len() == 0 && self.attempts.len() == 0
    }

    /// Acts on one event. The only place that looks at what kind it is; an arrival from its own place is known for one.
    #[inline(always)]
    fn step(&mut self, entry: Entry) {
        // By number: these three need no look at the list.
        match entry.event_number() {
            DELIVERED => self.on_delivered(entry.index),
            WORK_DONE => self.on_work_done(entry.index, entry.generation, entry.epoch()),
            REPLIED => self.on_replied(entry.index, entry.generation),
            _ => self.step_rarely(entry.event(), entry),
        }
    }

    /// Acts on an event of a less common kind.
    #[inline(never)]
    fn step_rarely(&mut self, event: Event, entry: Entry) {
        match event {
            Event::Arrival => self.on_arrival(entry.index, entry.generation),
            Event::Delivered | Event::WorkDone | Event::Replied => self.step(entry),
            Event::Thought => self.on_thought(entry),
            Event::SessionNext => self.on_session_next(entry),
            Event::BranchDone => self.on_branch_done(entry),
            Event::ShareDone => self.on_share_done(entry),
            Event::CancelArrived => self.on_cancel_arrived(entry),
            Event::RingDue => self.on_ring_due(entry),
            Event::AttemptTimeout => self.on_attempt_timeout(entry),
            Event::CallTimeout => self.on_call_timeout(entry),
            Event::Deadline => self.on_deadline(entry),
            Event::Retry => self.on_retry(entry),
            Event::QueueTimeout => self.on_queue_timeout(entry),
            Event::FaultStart => self.on_fault_start(entry),
            Event::FaultEnd => self.on_fault_end(entry),
            Event::FaultStep => self.on_fault_step(entry),
            Event::Change => self.on_change(entry),
            Event::ChangeStep => self.on_change_step(entry),
            Event::LoadState => self.on_load_state(entry),
            Event::PassageDue => self.on_passage_due(entry),
            Event::PassageTimeout => self.on_passage_timeout(entry),
            Event::GateDue => self.on_gate_due(entry),
            Event::DimmerDue => self.on_dimmer_due(entry),
            Event::OutlierDue => self.on_outlier_due(entry),
            Event::CheckDue => self.on_check_due(entry),
            Event::CheckArrived => self.on_check_arrived(entry),
            Event::CheckEnded => self.on_check_ended(entry),
            Event::CoverDue => self.on_cover_due(entry),
            Event::TwinBegun => self.on_twin_begun(entry),
            Event::BacklogDue => self.on_backlog_due(entry),
            Event::BatchDue => self.on_batch_due(entry),
            Event::PoolTimeout => self.on_pool_timeout(entry),
        }
    }

    #[inline]
    fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Arrive(attempt, generation) if self.attempts[attempt].generation == generation => {
                self.arrive(attempt)
            }
            Deed::Reply(attempt, generation) if self.attempts[attempt].generation == generation => {
                self.reply_at_once(attempt, generation)
            }
            Deed::Settle(call, generation, outcome) if self.calls[call].generation == generation => {
                self.attempt_ended(call, outcome);
            }
            Deed::Launch(call, generation) if self.calls[call].generation == generation => self.next_try(call),
            Deed::Connected(call, generation) if self.calls[call].generation == generation => self.connected(call),
            Deed::Pass(passage, generation) if self.passages[passage].is_alive(generation) => self.let_pass(passage),
            Deed::TurnBack(passage, generation, outcome) if self.passages[passage].is_alive(generation) => {
                self.turn_back(passage, outcome);
            }
            Deed::AdvanceFrame(frame, generation) if self.frames[frame].generation == generation => {
                self.advance_frame(frame);
            }
            Deed::Serve(replica) => self.serve(replica),
            _ => (), // Its row ended in between.
        }
    }

    /// Counts an event the model acts on and folds it into the digest.
    #[inline]
    fn happened(&mut self, event: Event, entity: u64) {
        self.events += 1;
        self.digest.fold(self.now, event as u8, entity);
    }

    #[inline]
    fn entry(&mut self, at: SimTime, event: Event, epoch: u16, index: u32, generation: u32) -> Entry {
        let sequence = self.sequence;
        self.sequence += 1;
        Entry::new(at, event, sequence, epoch, index, generation)
    }

    /// Makes an event happen later (or at this instant, in its turn).
    #[inline]
    fn schedule(&mut self, at: SimTime, event: Event, epoch: u16, index: u32, generation: u32) {
        if at == SimTime::MAX {
            return; // Never.
        }
        let entry = self.entry(at, event, epoch, index, generation);
        self.pending.push(entry);
    }

    /// Starts a timer of constant delay.
    #[inline(always)]
    fn start_timer(&mut self, ring: u32, epoch: u16, index: u32, generation: u32) {
        let timers = &mut self.rings[ring as usize];
        let at = self.now + timers.delay;
        if at == SimTime::MAX {
            return;
        }
        let sequence = self.sequence;
        self.sequence += 1;
        let timer = timers.timer(at, sequence, epoch, index, generation);
        if timers.is_full() {
            let (calls, attempts, passages) = (&self.calls, &self.attempts, &self.passages);
            let event = timers.event;
            timers.sweep(|it| is_alive(calls, attempts, passages, event, it));
        }
        if let Some(stand_in) = timers.start(timer, ring) {
            self.pending.push(stand_in);
        }
    }

    fn on_ring_due(&mut self, entry: Entry) {
        let ring = entry.index;
        let (calls, attempts, passages) = (&self.calls, &self.attempts, &self.passages);
        let event = self.rings[ring as usize].event;
        let due = self.rings[ring as usize].due(&entry, |it| is_alive(calls, attempts, passages, event, it));
        // The next stand-in first: what follows may start a timer of this very ring, which must find it armed.
        let (calls, attempts, passages) = (&self.calls, &self.attempts, &self.passages);
        if let Some(stand_in) =
            self.rings[ring as usize].rearm(ring, |it| is_alive(calls, attempts, passages, event, it))
        {
            self.pending.push(stand_in);
        }
        if let Some(timer) = due {
            self.step_rarely(event, timer);
        }
    }

    /// Whether what was to happen at a party has to wait, because its process is frozen; it happens when that goes on.
    #[inline]
    fn waits_for_thaw(&mut self, party: u32, entry: Entry) -> bool {
        if self.frozen == 0 {
            return false;
        }
        match self.replicas.get_mut(party as usize) {
            Some(row) if row.paused => {
                row.deferred.push(entry);
                true
            }
            _ => false,
        }
    }

    /// What had to wait for a frozen replica happens now: what came in first, then timers.
    fn happen_deferred(&mut self, replica: u32) {
        for entry in core::mem::take(&mut self.replicas[replica as usize].deferred) {
            let (event, epoch) = (entry.event(), entry.epoch());
            self.schedule(self.now, event, epoch, entry.index, entry.generation);
        }
    }

    fn transition(&mut self, of: Subject, to: State) {
        if self.record.transitions {
            self.transitions.push(Transition { at: self.now, of, to });
        }
    }

    fn fail(&mut self, error: RunError) {
        self.error.get_or_insert(error);
        self.attention = SimTime::ZERO;
    }

    #[inline]
    fn endpoint_of(&self, site: SiteId) -> EndpointId {
        self.sites[site.index()].callee
    }
}

/// Whether what a timer of a ring for `event` is about still waits for it.
#[inline]
fn is_alive(
    calls: &Slab<Call>,
    attempts: &Slab<Attempt>,
    passages: &Slab<Passage>,
    event: Event,
    timer: &Entry,
) -> bool {
    match event {
        Event::AttemptTimeout => {
            let attempt = &attempts[timer.index];
            attempt.generation == timer.generation && attempt.call != slab::NONE
        }
        Event::QueueTimeout => {
            let attempt = &attempts[timer.index];
            attempt.generation == timer.generation && attempt.task.epoch == timer.epoch()
        }
        Event::PassageTimeout => passages[timer.index].is_alive(timer.generation),
        _ => calls[timer.index].generation == timer.generation,
    }
}

/// The ring for timers of this delay and purpose; made if there is none.
fn ring_for(rings: &mut Vec<Ring>, delay: Span, event: Event) -> u32 {
    let found = rings.iter().position(|it| it.delay == delay && it.event == event);
    found.unwrap_or_else(|| {
        rings.push(Ring::new(delay, event));
        rings.len() - 1
    }) as u32
}
