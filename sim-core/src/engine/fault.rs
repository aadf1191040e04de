//! Faults in motion: when they come and go, whom they hit, and what the system looks like meanwhile.

use super::Simulation;
use super::event::Event;
use super::network::NetworkRule;
use super::pending::{Entry, Pending};
use super::replica::Condition;
use crate::ids::{ChangeId, EndpointId, FaultId, ReplicaId};
use crate::model::{Effect, ErrorRule, ErrorWhen, Instant, Model, Pick, Schedule};
use crate::quantity::{Chance, Factor};
use crate::results::{FaultSpan, State, Subject};
use crate::rng::{Draw, Key, Purpose};
use crate::time::{SimTime, Span};

/// One source of stretches of a fault: the fault itself, or one replica's share of it.
#[derive(Debug)]
pub(super) struct Process {
    fault: FaultId,
    /// The replica, if each has a process of its own.
    replica: Option<u32>,
    key: Key,
    /// Bumped when a stretch begins and ends.
    epoch: u16,
    occurrence: u64,
    active: bool,
    /// In a flapping fault's pause.
    away: bool,
    flaps: u64,
    next_flap: SimTime,
    next_ramp: SimTime,
    /// Strength is this many of the ramp's steps.
    step: u32,
    /// Replicas hit, in order.
    hit: Vec<u32>,
    row: usize,
}

/// What faults do to one replica at present.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Effects {
    pub work: Vec<(Option<EndpointId>, Factor)>,
    pub errors: Vec<(Option<EndpointId>, ErrorRule)>,
    crash: bool,
    gone: bool,
    pause: bool,
    stall: bool,
}

impl Effects {
    fn factor(&self, endpoint: EndpointId) -> Factor {
        let here = self.work.iter().filter(|it| it.0.is_none_or(|only| only == endpoint));
        here.fold(Factor::ONE, |product, it| product.times(it.1))
    }
}

pub(super) fn processes(model: &Model) -> Vec<Process> {
    let mut processes = Vec::new();
    for (row, fault) in model.faults.iter().enumerate() {
        let process = |replica: Option<ReplicaId>| Process {
            fault: FaultId::from_index(row),
            replica: replica.map(|it| it.0),
            key: match replica {
                None => fault.key,
                Some(replica) => {
                    // Named by its service and number, so that other services shift nothing.
                    let service = model.layout().service_of[replica.index()];
                    let number = replica.0 - model.layout().first_replica[service.index()];
                    Key(crate::rng::mix(
                        fault.key.0,
                        model.services[service.index()].key.child(u64::from(number)).0,
                    ))
                }
            },
            epoch: 0,
            occurrence: 0,
            active: false,
            away: false,
            flaps: 0,
            next_flap: SimTime::MAX,
            next_ramp: SimTime::MAX,
            step: 0,
            hit: Vec::new(),
            row: 0,
        };
        match fault.pick {
            Pick::Each => processes.extend(fault.replicas.iter().map(|it| process(Some(*it)))),
            _ => processes.push(process(None)),
        }
    }
    processes
}

/// Draws of a process: which stretch, and which part of it.
const DRAWS_UP: u64 = 0;
const DRAWS_DURATION: u64 = 1;
const DRAWS_PICK: u64 = 2;

impl<Q: Pending> Simulation<'_, Q> {
    pub(super) fn begin_faults(&mut self) {
        for process in 0..self.processes.len() {
            match &self.model.faults[self.processes[process].fault.index()].schedule {
                Schedule::Once(Instant::At(at)) => self.schedule(*at, Event::FaultStart, 0, process as u32, 0),
                Schedule::Once(_) => (), // What it follows starts it.
                Schedule::Every(_) => self.schedule_recurrence(process),
            }
        }
    }

    fn fault_draws(&self, process: usize, part: u64) -> crate::rng::Keyed<'_> {
        let process = &self.processes[process];
        self.streams
            .keyed(Purpose::Fault, process.key.child(part).0, process.occurrence << 16)
    }

    fn schedule_recurrence(&mut self, process: usize) {
        let Schedule::Every(up) = &self.model.faults[self.processes[process].fault.index()].schedule else {
            return;
        };
        let up = up.sample(&mut self.fault_draws(process, DRAWS_UP));
        self.schedule(self.now + up, Event::FaultStart, 0, process as u32, 0);
    }

    pub(super) fn on_fault_start(&mut self, entry: Entry) {
        let process = entry.index as usize;
        if self.processes[process].active {
            return;
        }
        self.happened(Event::FaultStart, self.processes[process].key.0);
        let id = self.processes[process].fault;
        let fault = &self.model.faults[id.index()];
        let hit = self.choose_replicas(process);
        let duration = fault
            .duration
            .as_ref()
            .map(|it| it.sample(&mut self.fault_draws(process, DRAWS_DURATION)));
        let first = !self.faults_seen.iter().any(|it| it.fault == id);
        let (now, row) = (self.now, self.faults_seen.len());
        self.faults_seen.push(FaultSpan {
            fault: id,
            replica: self.processes[process].replica.map(ReplicaId),
            start: now,
            end: None,
        });
        self.transition(Subject::Fault(id), State::Started);
        let state = &mut self.processes[process];
        state.epoch = state.epoch.wrapping_add(1);
        (state.row, state.hit) = (row, hit);
        state.step = 1;
        state.next_ramp = SimTime::MAX;
        state.next_flap = SimTime::MAX;
        let epoch = state.epoch;
        if let Some(duration) = duration {
            self.schedule(now + duration, Event::FaultEnd, epoch, process as u32, 0);
        }
        if let Some(ramp) = fault.ramp
            && ramp.steps > 1
        {
            self.processes[process].next_ramp = now + ramp.over.scale(1, u64::from(ramp.steps));
            self.schedule(
                self.processes[process].next_ramp,
                Event::FaultStep,
                epoch,
                process as u32,
                0,
            );
        }
        if fault.flap.is_some() {
            self.schedule_flap(process);
        }
        self.alter(process, |it| it.active = true);
        if first {
            self.follow(|instant, at| match instant {
                Instant::FaultStart(fault, after) if fault == id => Some(at + after),
                _ => None,
            });
        }
    }

    pub(super) fn on_fault_end(&mut self, entry: Entry) {
        let process = entry.index as usize;
        if self.processes[process].epoch != entry.epoch() {
            return;
        }
        self.happened(Event::FaultEnd, self.processes[process].key.0);
        let id = self.processes[process].fault;
        let first = !self.faults_seen.iter().any(|it| it.fault == id && it.end.is_some());
        self.faults_seen[self.processes[process].row].end = Some(self.now);
        self.transition(Subject::Fault(id), State::Ended);
        self.alter(process, |it| {
            it.active = false;
            it.away = false;
            it.epoch = it.epoch.wrapping_add(1);
        });
        self.processes[process].hit.clear();
        self.processes[process].occurrence += 1;
        self.schedule_recurrence(process);
        if first {
            self.follow(|instant, at| match instant {
                Instant::FaultEnd(fault, after) if fault == id => Some(at + after),
                _ => None,
            });
        }
    }

    pub(super) fn on_fault_step(&mut self, entry: Entry) {
        let process = entry.index as usize;
        if self.processes[process].epoch != entry.epoch() {
            return;
        }
        self.happened(Event::FaultStep, self.processes[process].key.0);
        let now = self.now;
        let fault = &self.model.faults[self.processes[process].fault.index()];
        if self.processes[process].next_ramp == now
            && let Some(ramp) = fault.ramp
        {
            self.alter(process, |it| it.step += 1);
            let state = &mut self.processes[process];
            state.next_ramp = SimTime::MAX;
            if state.step < ramp.steps {
                state.next_ramp = now + ramp.over.scale(1, u64::from(ramp.steps));
                let (at, epoch) = (state.next_ramp, state.epoch);
                self.schedule(at, Event::FaultStep, epoch, process as u32, 0);
            }
        }
        if self.processes[process].next_flap == now {
            self.alter(process, |it| {
                it.away = !it.away;
                it.flaps += 1;
            });
            self.schedule_flap(process);
        }
    }

    fn schedule_flap(&mut self, process: usize) {
        let state = &self.processes[process];
        let Some(flap) = &self.model.faults[state.fault.index()].flap else {
            return;
        };
        let key = state.key.child(u64::MAX - state.occurrence).0;
        let lasts = if state.away { &flap.up } else { &flap.down };
        let lasts = lasts.sample(&mut self.streams.keyed(Purpose::Fault, key, state.flaps << 8));
        let at = self.now + lasts.max(Span::from_nanos(1));
        let epoch = state.epoch;
        self.processes[process].next_flap = at;
        self.schedule(at, Event::FaultStep, epoch, process as u32, 0);
    }

    /// Whom a stretch hits.
    fn choose_replicas(&self, process: usize) -> Vec<u32> {
        let state = &self.processes[process];
        if let Some(replica) = state.replica {
            return vec![replica];
        }
        let fault = &self.model.faults[state.fault.index()];
        // Only replicas that exist at present can be picked.
        let exists = |it: &&ReplicaId| {
            let service = self.layout.service_of[it.index()];
            it.0 - self.layout.first_replica[service.index()] < self.services[service.index()].active
        };
        let mut all: Vec<u32> = fault.replicas.iter().filter(exists).map(|it| it.0).collect();
        let count = match fault.pick {
            // Those that come while it lasts are hit, too: a zone that is lost has no healthy places.
            Pick::All | Pick::Each => return fault.replicas.iter().map(|it| it.0).collect(),
            Pick::Count(count) => (count as usize).min(all.len()),
            Pick::Share(millionths) => {
                (all.len() as u64 * u64::from(millionths.min(1_000_000))).div_ceil(1_000_000) as usize
            }
        };
        let mut draws = self.fault_draws(process, DRAWS_PICK);
        for chosen in 0..count {
            let other = chosen + draws.below((all.len() - chosen) as u64) as usize;
            all.swap(chosen, other);
        }
        all.truncate(count);
        all.sort_unstable();
        all
    }

    /// Starts what follows a fault or a change.
    pub(super) fn follow(&mut self, when: impl Fn(Instant, SimTime) -> Option<SimTime>) {
        let now = self.now;
        for process in 0..self.processes.len() {
            if let Schedule::Once(instant) = &self.model.faults[self.processes[process].fault.index()].schedule
                && let Some(at) = when(*instant, now)
            {
                self.schedule(at, Event::FaultStart, 0, process as u32, 0);
            }
        }
        for (row, change) in self.model.changes.iter().enumerate() {
            if let Some(at) = when(change.at, now) {
                self.schedule(at, Event::Change, 0, ChangeId::from_index(row).0, 0);
            }
        }
    }

    /// Changes a process and brings whom it hits up to date.
    fn alter(&mut self, process: usize, change: impl FnOnce(&mut Process)) {
        change(&mut self.processes[process]);
        let hit = self.processes[process].hit.clone();
        let touches_network = self.model.faults[self.processes[process].fault.index()]
            .network
            .is_some();
        for replica in hit {
            self.bring_up_to_date(replica);
        }
        if touches_network {
            self.renew_network_rules();
        }
    }

    /// The strength of a process as a fraction of its ramp.
    fn strength(&self, process: &Process) -> (u64, u64) {
        match self.model.faults[process.fault.index()].ramp {
            Some(ramp) => (u64::from(process.step.min(ramp.steps)), u64::from(ramp.steps)),
            None => (1, 1),
        }
    }

    fn effects_on(&self, replica: u32) -> Effects {
        let mut effects = Effects::default();
        for process in &self.processes {
            if !process.active || process.away || process.hit.binary_search(&replica).is_err() {
                continue;
            }
            let strength = self.strength(process);
            for effect in &self.model.faults[process.fault.index()].effects {
                match effect {
                    Effect::Work { endpoint, factor } => effects.work.push((*endpoint, weaken(*factor, strength))),
                    Effect::Errors { endpoint, rule } => {
                        let ratio = weaken_chance(rule.ratio, strength);
                        effects.errors.push((*endpoint, ErrorRule { ratio, ..*rule }));
                    }
                    Effect::Crash => effects.crash = true,
                    Effect::Blackhole => effects.gone = true,
                    Effect::Pause => effects.pause = true,
                    Effect::Stall => effects.stall = true,
                    Effect::Latency { .. } | Effect::Loss(_) | Effect::Cut => (),
                }
            }
        }
        effects
    }

    /// Makes a replica what the active faults say it is.
    fn bring_up_to_date(&mut self, replica: u32) {
        let after = self.effects_on(replica);
        let before = core::mem::replace(&mut self.effects[replica as usize], after.clone());
        if before == after {
            return;
        }
        self.touch(replica);
        let place = &mut self.replicas[replica as usize];
        place.disturbed = !after.work.is_empty() || !after.errors.is_empty();
        place.refresh();
        if before.work != after.work {
            self.rescale(replica, |endpoint| (before.factor(endpoint), after.factor(endpoint)));
        }
        let was = self.replicas[replica as usize].condition;
        let is = match (after.gone, after.crash) {
            (true, _) => Condition::Gone,
            (false, true) => Condition::Crashed,
            (false, false) => Condition::Up,
        };
        if was != is {
            if was == Condition::Up {
                self.kill(replica, is == Condition::Crashed);
            }
            let place = &mut self.replicas[replica as usize];
            place.condition = is;
            place.refresh();
            self.replica_became(
                replica,
                match is {
                    Condition::Up => State::Up,
                    Condition::Crashed => State::Crashed,
                    Condition::Gone => State::Gone,
                },
            );
            self.recount_up(self.replicas[replica as usize].service);
        }
        self.freeze_or_thaw(replica, after.pause, after.stall);
    }

    fn freeze_or_thaw(&mut self, replica: u32, pause: bool, stall: bool) {
        let place = &mut self.replicas[replica as usize];
        let (paused, stopped) = (place.paused, place.stopped);
        if (paused, stopped) == (pause, pause || stall) {
            return;
        }
        let stops = pause || stall;
        if stops && !stopped || pause && !paused {
            self.freeze(replica, pause);
        }
        let place = &mut self.replicas[replica as usize];
        (place.paused, place.stopped) = (pause, stops);
        place.refresh();
        self.frozen = self.frozen + u32::from(pause) - u32::from(paused);
        if stopped && !stops || paused && !pause {
            self.thaw(replica);
        }
        self.replica_became(
            replica,
            match (pause, stall) {
                (true, _) => State::Paused,
                (false, true) => State::Stalled,
                (false, false) => State::Up,
            },
        );
        if paused && !pause {
            self.happen_deferred(replica);
            self.wake(replica);
            self.admit_held(replica);
        }
    }

    /// The factor on work of an endpoint at a replica.
    pub(super) fn work_factor(&self, replica: u32, endpoint: EndpointId) -> Factor {
        self.effects[replica as usize].factor(endpoint)
    }

    /// Whether a fault's random error strikes an attempt.
    pub(super) fn fails_by_fault(&self, attempt: u32, when: ErrorWhen) -> bool {
        let row = &self.attempts[attempt];
        let endpoint = self.endpoint_of(row.site);
        let rules = &self.effects[row.replica as usize].errors;
        let ratio = rules
            .iter()
            .filter(|it| it.1.when == when && it.0.is_none_or(|only| only == endpoint))
            .fold(Chance::NEVER, |all, it| all.or(it.1.ratio));
        ratio != Chance::NEVER && ratio.happens(self.streams.block(Purpose::Attempt, row.key, 0)[7])
    }

    fn renew_network_rules(&mut self) {
        let mut rules = Vec::new();
        for process in &self.processes {
            let fault = &self.model.faults[process.fault.index()];
            let Some(scope) = fault.network.as_ref().filter(|_| process.active && !process.away) else {
                continue;
            };
            let strength = self.strength(process);
            let mut rule = NetworkRule {
                scope: scope.clone(),
                factor: Factor::ONE,
                add: Span::ZERO,
                loss: Chance::NEVER,
                cut: false,
            };
            for replica in &fault.replicas {
                if process.hit.binary_search(&replica.0).is_err() {
                    rule.scope.to[replica.index()] = false;
                }
            }
            for effect in &fault.effects {
                match effect {
                    Effect::Latency { factor, add } => {
                        rule.factor = rule.factor.times(weaken(*factor, strength));
                        rule.add += add.scale(strength.0, strength.1);
                    }
                    Effect::Loss(chance) => rule.loss = rule.loss.or(weaken_chance(*chance, strength)),
                    Effect::Cut => rule.cut = true,
                    _ => (),
                }
            }
            rules.push(rule);
        }
        self.network_rules = rules;
    }
}

/// A factor at part of its strength.
fn weaken(factor: Factor, (part, whole): (u64, u64)) -> Factor {
    let (one, full) = (i128::from(Factor::ONE.0), i128::from(factor.0));
    Factor((one + (full - one) * i128::from(part) / i128::from(whole)).max(0) as u64)
}

fn weaken_chance(chance: Chance, (part, whole): (u64, u64)) -> Chance {
    if part == whole {
        chance
    } else {
        chance.share(part, whole)
    }
}
