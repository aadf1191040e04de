//! Gates: the policies that may refuse a call or an attempt, or let it wait. One state for each caller instance.
//!
//! A *slot* is one gate of one plan with one set of settings; a change that replaces a plan but not a gate's settings keeps
//! the slot, and with it what the gate remembers and who is inside.

use std::collections::VecDeque;

use super::slab::NONE;
use crate::ids::PlanId;
use crate::model::{Gate, Model, Stage};
use crate::outcome::Outcome;
use crate::policy::breaker::{self, BreakerState, Ended, Transition};
use crate::policy::bulkhead::{self, BulkheadState};
use crate::policy::concurrency::{self, ConcurrencyState};
use crate::policy::rate_limit::{self, RateLimitState};
use crate::policy::throttle::ThrottleState;
use crate::rng::{Key, Purpose, Stream, Streams};
use crate::time::{SimTime, Span};

/// One gate of one plan with one set of settings.
#[derive(Debug)]
pub(super) struct Slot<'m> {
    pub plan: PlanId,
    /// Names it in streams and digests.
    pub key: Key,
    gate: &'m Gate,
    /// The states of its caller instances.
    pub first: u32,
    pub instances: u32,
    draws: Stream,
}

/// What a gate remembers for one caller instance.
#[derive(Debug)]
pub(super) struct GateState {
    pub slot: u32,
    memory: Memory,
    /// When a limiter next lets somebody in who waits.
    due: SimTime,
    /// When the gate is to act by itself; a pending entry of any other instant is void.
    pub armed: SimTime,
}

#[derive(Debug)]
enum Memory {
    Throttle(ThrottleState),
    /// Those who ask again wait here in the order in which they came.
    RateLimit(RateLimitState, VecDeque<Ticket>),
    Breaker(BreakerState),
    Bulkhead(BulkheadState),
    Concurrency(ConcurrencyState),
}

/// A passage and its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub passage: u32,
    pub generation: u32,
}

impl Ticket {
    const fn bits(self) -> bulkhead::Ticket {
        (self.generation as u64) << 32 | self.passage as u64
    }

    const fn from_bits(bits: bulkhead::Ticket) -> Ticket {
        Ticket {
            passage: bits as u32,
            generation: (bits >> 32) as u32,
        }
    }
}

/// What is given back to a gate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Permit {
    /// Nothing: it was not passed, or does not ask.
    #[default]
    None,
    /// A throttle or a limiter only wants to know how it ended.
    Told,
    /// Waits at a bulkhead or limiter.
    Waiting,
    /// Inside a bulkhead.
    Inside,
    Breaker(breaker::Permit, SimTime),
    Concurrency(concurrency::Permit),
}

/// What a gate says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Passed(Permit),
    /// A place is taken: pass after this long.
    After(Span),
    /// The gate lets it in when its turn comes.
    Queued,
    Refused(Outcome),
}

/// Who may go on, or has to turn back, after a gate has acted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    In(Ticket, Permit),
    Out(Ticket, Outcome),
}

/// All gates of a model.
#[derive(Debug, Default)]
pub(super) struct Gates<'m> {
    pub slots: Vec<Slot<'m>>,
    pub states: Vec<GateState>,
}

impl<'m> Gates<'m> {
    /// The slot of a gate of a plan; made if there is none with these settings.
    pub fn slot(&mut self, model: &Model, streams: &Streams, plan: PlanId, gate: &'m Gate) -> u32 {
        if let Some(at) = self.slots.iter().position(|it| it.plan == plan && it.gate == gate) {
            return at as u32;
        }
        let layout = model.layout();
        let instances = layout.first_plan_state[plan.index() + 1] - layout.first_plan_state[plan.index()];
        let key = model.plans[plan.index()].key.child(gate.kind() as u64);
        let mut draws = streams.stream(Purpose::Policy, key);
        let (slot, first) = (self.slots.len() as u32, self.states.len() as u32);
        for _ in 0..instances {
            let memory = match gate {
                Gate::Throttle(it) => Memory::Throttle(it.start()),
                Gate::RateLimit(it) => Memory::RateLimit(it.start(SimTime::ZERO), VecDeque::new()),
                Gate::Breaker(it) => Memory::Breaker(it.start(SimTime::ZERO)),
                Gate::Bulkhead(it) => Memory::Bulkhead(it.start()),
                Gate::Concurrency(it) => Memory::Concurrency(it.start(SimTime::ZERO, &mut draws)),
            };
            self.states.push(GateState {
                slot,
                memory,
                due: SimTime::MAX,
                armed: SimTime::MAX,
            });
        }
        self.slots.push(Slot {
            plan,
            key,
            gate,
            first,
            instances,
            draws,
        });
        slot
    }

    /// Somebody wants to pass.
    pub fn ask(&mut self, at: u32, now: SimTime, ticket: Ticket) -> (Answer, Option<Transition>) {
        let state = &mut self.states[at as usize];
        let Slot { gate, draws, .. } = &mut self.slots[state.slot as usize];
        let answer = match (*gate, &mut state.memory) {
            (Gate::Throttle(it), Memory::Throttle(of)) => match it.admit(of, now, draws) {
                true => Answer::Passed(Permit::Told),
                false => Answer::Refused(Outcome::Throttled),
            },
            (Gate::RateLimit(it), Memory::RateLimit(of, waiting)) => {
                if waiting.is_empty() {
                    match it.ask(of, now) {
                        rate_limit::Answer::Admitted => Answer::Passed(Permit::Told),
                        rate_limit::Answer::Wait(span) => Answer::After(span),
                        rate_limit::Answer::Refused => Answer::Refused(Outcome::RateLimited),
                        rate_limit::Answer::Again(span) => {
                            waiting.push_back(ticket);
                            state.due = now + span;
                            Answer::Queued
                        }
                    }
                } else {
                    waiting.push_back(ticket);
                    Answer::Queued
                }
            }
            (Gate::Breaker(it), Memory::Breaker(of)) => {
                let (answer, transition) = it.ask(of, now);
                let answer = match answer {
                    breaker::Answer::Allowed(permit) => Answer::Passed(Permit::Breaker(permit, now)),
                    breaker::Answer::Refused { .. } => Answer::Refused(Outcome::BreakerOpen),
                };
                return (answer, transition);
            }
            (Gate::Bulkhead(it), Memory::Bulkhead(of)) => {
                // What this caller has in hand and waiting at this gate, this one included.
                let load = of.inside() + of.waiting() + 1;
                match it.enter(of, now, ticket.bits(), load) {
                    bulkhead::Entry::Started => Answer::Passed(Permit::Inside),
                    bulkhead::Entry::Waiting => Answer::Queued,
                    bulkhead::Entry::Rejected => Answer::Refused(Outcome::BulkheadFull),
                }
            }
            (Gate::Concurrency(it), Memory::Concurrency(of)) => match it.admit(of, now) {
                Some(permit) => Answer::Passed(Permit::Concurrency(permit)),
                None => Answer::Refused(Outcome::OverLimit),
            },
            _ => unreachable!("a gate's memory was made by the same settings"),
        };
        (answer, None)
    }

    /// Somebody who had asked is done, or gives up.
    pub fn settle(
        &mut self,
        at: u32,
        now: SimTime,
        ticket: Ticket,
        permit: Permit,
        outcome: Outcome,
    ) -> Option<Transition> {
        let state = &mut self.states[at as usize];
        let Slot { gate, draws, .. } = &mut self.slots[state.slot as usize];
        match (*gate, &mut state.memory, permit) {
            (_, _, Permit::None) => {}
            (Gate::Throttle(it), Memory::Throttle(of), _) => it.settle(of, now, outcome),
            (Gate::RateLimit(_), Memory::RateLimit(_, waiting), Permit::Waiting) => {
                waiting.retain(|it| *it != ticket);
            }
            (Gate::RateLimit(it), Memory::RateLimit(of, _), _) => it.settle(of, now, outcome),
            (Gate::Breaker(it), Memory::Breaker(of), Permit::Breaker(permit, since)) => {
                let ended = Ended {
                    now,
                    permit,
                    outcome,
                    duration: now.since(since),
                };
                return it.settle(of, &ended, draws);
            }
            (Gate::Bulkhead(it), Memory::Bulkhead(of), Permit::Waiting) => {
                it.give_up(of, ticket.bits());
            }
            (Gate::Bulkhead(it), Memory::Bulkhead(of), _) => it.leave(of, now),
            (Gate::Concurrency(it), Memory::Concurrency(of), Permit::Concurrency(permit)) => {
                it.settle(of, now, permit, it.end_of(outcome), draws);
            }
            _ => unreachable!("a permit goes back where it came from"),
        }
        None
    }

    /// The next of those who wait and may go on or have waited too long, if there is any; to be asked until there is none.
    pub fn next(&mut self, at: u32, now: SimTime) -> Option<Call> {
        let state = &mut self.states[at as usize];
        match (self.slots[state.slot as usize].gate, &mut state.memory) {
            (Gate::Bulkhead(it), Memory::Bulkhead(of)) => {
                if let Some(late) = of.expire(now) {
                    return Some(Call::Out(Ticket::from_bits(late), Outcome::BulkheadFull));
                }
                let load = of.inside() + of.waiting();
                it.next(of, now, load)
                    .map(|it| Call::In(Ticket::from_bits(it), Permit::Inside))
            }
            (Gate::RateLimit(it), Memory::RateLimit(of, waiting)) => {
                let first = *waiting.front()?;
                match it.ask(of, now) {
                    rate_limit::Answer::Again(span) => {
                        state.due = now + span;
                        None
                    }
                    rate_limit::Answer::Refused => {
                        waiting.pop_front();
                        Some(Call::Out(first, Outcome::RateLimited))
                    }
                    rate_limit::Answer::Admitted | rate_limit::Answer::Wait(_) => {
                        waiting.pop_front();
                        Some(Call::In(first, Permit::Told))
                    }
                }
            }
            _ => None,
        }
    }

    /// How many are inside, for gates that count them.
    pub fn inside(&self, at: usize) -> Option<u32> {
        match &self.states[at].memory {
            Memory::Bulkhead(of) => Some(of.inside()),
            Memory::Concurrency(of) => Some(of.in_flight()),
            Memory::Throttle(_) | Memory::RateLimit(..) | Memory::Breaker(_) => None,
        }
    }

    /// The limit that a caller has found by itself, if it looks for one.
    pub fn limit(&self, at: usize) -> Option<u32> {
        match &self.states[at].memory {
            Memory::Concurrency(of) => Some(of.limit()),
            _ => None,
        }
    }

    /// How a call is reported whose end with `outcome` brought this transition.
    pub fn reported(&self, at: u32, transition: Option<Transition>, outcome: Outcome) -> Outcome {
        let slot = self.states[at as usize].slot;
        match (self.slots[slot as usize].gate, transition) {
            (Gate::Breaker(it), Some(transition)) if it.masks(transition) => Outcome::BreakerOpen,
            _ => outcome,
        }
    }

    /// The instant has come that [`Gates::newly_due`] named.
    pub fn tick(&mut self, at: u32, now: SimTime) -> Option<Transition> {
        let state = &mut self.states[at as usize];
        let Slot { gate, draws, .. } = &mut self.slots[state.slot as usize];
        match (*gate, &mut state.memory) {
            (Gate::Breaker(it), Memory::Breaker(of)) => it.tick(of, now, draws),
            _ => None,
        }
    }

    /// When a gate next acts by itself, if that is another instant than was known: it is to be scheduled then.
    pub fn newly_due(&mut self, at: u32) -> Option<SimTime> {
        let state = &mut self.states[at as usize];
        let due = match (self.slots[state.slot as usize].gate, &state.memory) {
            (Gate::Breaker(it), Memory::Breaker(of)) => it.next_tick(of).unwrap_or(SimTime::MAX),
            (Gate::Bulkhead(_), Memory::Bulkhead(of)) => of.next_timeout().unwrap_or(SimTime::MAX),
            (Gate::RateLimit(_), Memory::RateLimit(_, waiting)) if !waiting.is_empty() => state.due,
            _ => SimTime::MAX,
        };
        let known = core::mem::replace(&mut state.armed, due);
        (due != known && due != SimTime::MAX).then_some(due)
    }

    /// The slots of the stages of a plan row, [`NONE`] for what is no gate.
    pub fn slots_of(&mut self, model: &Model, streams: &Streams, plan: PlanId, stages: &'m [Stage]) -> Box<[u32]> {
        let of = |stage: &'m Stage| match stage {
            Stage::Gate(gate) => self.slot(model, streams, plan, gate),
            Stage::Deadline(_) | Stage::Retry(_) | Stage::Timeout(_) | Stage::Cover(_) => NONE,
        };
        stages.iter().map(of).collect()
    }
}
