//! Hedged and tied requests: send another copy before the first has answered; the first good answer wins.
//!
//! ```text
//! call begins ──▶ copy 0 ──delay──▶ copies left? ──▶ budget? ──▶ copy 1 ──delay──▶ ...
//!                                      ▲ at once, if a failure is worth it
//! a copy ends ──▶ ok, or a failure that is fatal? ──▶ its outcome stands, the others are let go
//!                     │ no: is another out or due? ──▶ wait, or send the next at once
//!                     └─ no: its outcome stands
//! ```
//!
//! *Hedged* copies are let go when an answer is there. *Tied* ones know each other: the server that begins one tells the other
//! to drop its own, so that the work is done twice only if both begin within one network delay.
//!
//! An engine calls [`Hedge::on_start`] when a call begins, [`Hedge::on_due`] at each [`HedgeCall::next_at`],
//! [`Hedge::on_result`] at each copy's end until the call is settled, and [`Hedge::abandon`] if it ends otherwise.
//!
//! Sources: J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013; gRPC proposal A6; Polly v8; Envoy, `HedgePolicy` of
//! route API v3; Finagle, `BackupRequestFilter`; resilience4j, `HedgeConfig`.

mod average;
mod delay;
mod histogram;
mod libraries;
mod percentile;

use crate::outcome::{Outcome, OutcomeSet};
use crate::policy::budget::{Ask, Budget, BudgetState, InFlight};
use crate::policy::retry::{Ended, PushBack};
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};
pub use average::Average;
pub use delay::{Delay, DelayState};
pub use percentile::Percentile;

/// Settings of hedging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Copies per call, the first one included: 2 to [`COPIES_MAX`].
    pub max_attempts: u32,
    /// How long after a copy the next one goes out.
    pub delay: Delay,
    /// Failures that do not end the call while there is hope. Every other outcome ends it.
    pub non_fatal: OutcomeSet,
    /// What follows such a failure.
    pub on_failure: OnFailure,
    /// What becomes of the other copies.
    pub losers: Losers,
    /// How many copies all calls together may send.
    pub budget: Option<Budget>,
}

/// The most copies that any library sends: Polly's ten besides the first.
pub const COPIES_MAX: usize = 11;

/// What follows a failure that is not fatal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The next copy goes out at once, and the delay begins anew (gRPC, Polly).
    #[default]
    NextAtOnce,
    /// The other copy is awaited; if there is none, the failure stands (Finagle, Envoy).
    Wait,
}

/// What becomes of the other copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Losers {
    /// They run on, and nobody listens; they hold no place in a budget any more.
    Run,
    /// They are cancelled when an answer is there.
    #[default]
    Cancelled,
    /// They are cancelled as soon as a server begins one of them, by that server: tied requests.
    CancelledAtStart,
}

/// What one caller knows of all its calls: how long they take, and what of its budget is used.
#[derive(Clone, Debug, PartialEq)]
pub struct HedgeState {
    delay: DelayState,
    budget: BudgetState,
}

impl HedgeState {
    /// What is left of the budget.
    pub const fn budget(&self) -> &BudgetState {
        &self.budget
    }
}

/// Some of a call's copies; number 0 is the first that was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies(u16);

impl Copies {
    /// Their numbers, in order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..COPIES_MAX as u32).filter(move |it| self.0 & (1 << it) != 0)
    }
}

/// One call and its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgeCall {
    sent: u32,
    /// Copies that have not ended.
    out: u16,
    next_at: SimTime,
    /// No further copy will be sent.
    stopped: bool,
    settled: bool,
    sent_at: [SimTime; COPIES_MAX],
    charges: [u32; COPIES_MAX],
}

impl HedgeCall {
    /// When to call [`Hedge::on_due`]; [`SimTime::MAX`] is never. It may be now.
    #[inline]
    pub const fn next_at(&self) -> SimTime {
        self.next_at
    }

    /// How many copies were sent.
    #[inline]
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.next_at = SimTime::MAX;
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, until a copy ends or the next is due.
    Wait,
    /// Send one more copy now.
    Send,
    /// The outcome that was told last stands; these copies are to be cancelled.
    Settle {
        /// None if losers run on.
        cancel: Copies,
    },
}

impl Hedge {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.max_attempts >= 2 && self.max_attempts <= COPIES_MAX as u32,
            "a hedge's attempts count the first one: 2 to 11 (gRPC: 2 to 5); the default is 2",
        )?;
        self.delay.check()?;
        self.budget.as_ref().map_or(Ok(()), Budget::check)
    }

    /// What a caller knows at the beginning.
    pub fn start(&self) -> HedgeState {
        HedgeState {
            delay: self.delay.start(),
            budget: self.budget.as_ref().map_or(BudgetState::None, Budget::start),
        }
    }

    /// A call begins: its first copy goes out.
    pub fn on_start(&self, state: &mut HedgeState, now: SimTime) -> HedgeCall {
        if let Some(budget) = &self.budget {
            budget.on_call(&mut state.budget, now);
        }
        let mut call = HedgeCall {
            sent: 0,
            out: 0,
            next_at: SimTime::MAX,
            stopped: false,
            settled: false,
            sent_at: [SimTime::ZERO; COPIES_MAX],
            charges: [0; COPIES_MAX],
        };
        self.sending(&mut call, state, now);
        call
    }

    /// A copy goes out, and the delay begins.
    fn sending(&self, call: &mut HedgeCall, state: &mut HedgeState, now: SimTime) {
        call.sent_at[call.sent as usize] = now;
        call.out |= 1 << call.sent;
        call.sent += 1;
        call.next_at = if call.sent < self.max_attempts {
            now + self.delay.next(&mut state.delay, now)
        } else {
            SimTime::MAX
        };
    }

    /// The delay has passed. Asked at another time than its own, a call changes nothing.
    pub fn on_due(&self, call: &mut HedgeCall, state: &mut HedgeState, now: SimTime, in_flight: InFlight) -> Decision {
        if now < call.next_at || call.next_at == SimTime::MAX {
            return Decision::Wait;
        }
        let ask = self.ask(call, now, Outcome::Ok, in_flight);
        let charge = &mut call.charges[call.sent as usize];
        let allowed = match &self.budget {
            Some(budget) => budget.take_unprovoked(&mut state.budget, &ask, charge),
            None => true,
        };
        if allowed {
            self.sending(call, state, now);
            return Decision::Send;
        }
        // A copy that the budget refuses ends the hedging of its call.
        call.stop();
        if call.out == 0 {
            return self.settle(call, state, now);
        }
        Decision::Wait
    }

    fn ask(&self, call: &HedgeCall, now: SimTime, outcome: Outcome, in_flight: InFlight) -> Ask {
        Ask {
            now,
            outcome,
            attempts: call.sent - call.out.count_ones(),
            in_flight,
        }
    }

    /// A copy has ended. Ends of copies after the call is settled are told to [`Hedge::observe`] alone.
    pub fn on_result(&self, call: &mut HedgeCall, state: &mut HedgeState, copy: u32, end: &Ended) -> Decision {
        assert!(
            call.out & (1 << copy) != 0 && !call.settled,
            "a copy ends once, before its call"
        );
        call.out &= !(1 << copy);
        let took = end.now.since(call.sent_at[copy as usize]);
        self.observe(state, copy, end.now, end.outcome, took);
        self.settle_budget(call, state, copy, end.now, end.outcome);

        let twin_begun = end.outcome == Outcome::Cancelled && self.losers == Losers::CancelledAtStart;
        if twin_begun && call.out != 0 {
            return Decision::Wait;
        }
        if !end.outcome.is_failure() {
            return self.settle(call, state, end.now);
        }
        let fatal = !self.non_fatal.contains(end.outcome);
        let next_at_once = self.on_failure == OnFailure::NextAtOnce && !fatal && end.push_back == PushBack::None;
        let wanted = next_at_once && !call.stopped && call.sent < self.max_attempts;
        let ask = self.ask(call, end.now, end.outcome, end.in_flight);
        let mut charge = 0;
        let refused = match &self.budget {
            // Each failure that is not fatal takes a token, and one that says "do not retry", whatever follows.
            Some(grpc @ Budget::Grpc(_)) if !fatal || end.push_back == PushBack::Never => {
                !grpc.take(&mut state.budget, &ask, &mut charge)
            }
            Some(budget) if wanted => !budget.take(&mut state.budget, &ask, &mut charge),
            _ => false,
        };
        if fatal {
            return self.settle(call, state, end.now);
        }
        if refused || end.push_back == PushBack::Never {
            call.stop();
        } else if wanted {
            call.charges[call.sent as usize] = charge;
            self.sending(call, state, end.now);
            return Decision::Send;
        }
        if let PushBack::After(pause) = end.push_back
            && self.on_failure == OnFailure::NextAtOnce
            && !call.stopped
            && call.sent < self.max_attempts
        {
            call.next_at = end.now + pause;
        }
        let hopeless = call.next_at == SimTime::MAX || self.on_failure == OnFailure::Wait;
        if call.out == 0 && hopeless {
            return self.settle(call, state, end.now);
        }
        Decision::Wait
    }

    /// A server has begun to work on a copy: which copies it tells the others to drop, whether they have arrived yet or not.
    pub fn on_begun(&self, copy: u32) -> Copies {
        match self.losers {
            Losers::CancelledAtStart => Copies(((1 << self.max_attempts) - 1) & !(1 << copy)),
            Losers::Run | Losers::Cancelled => Copies::default(),
        }
    }

    /// How long a copy took that ended, for delays that follow from it. The engine calls it for copies that end after their
    /// call was settled and were not cancelled; all others are known already.
    pub fn observe(&self, state: &mut HedgeState, copy: u32, now: SimTime, outcome: Outcome, took: Span) {
        self.delay.record(&mut state.delay, copy, now, outcome, took);
    }

    /// The call ends without an answer: its deadline has passed, or nobody waits any more. Gives the copies to cancel.
    pub fn abandon(&self, call: &mut HedgeCall, state: &mut HedgeState, now: SimTime) -> Copies {
        match self.settle(call, state, now) {
            Decision::Settle { cancel } => cancel,
            Decision::Wait | Decision::Send => unreachable!("settling settles"),
        }
    }

    fn settle(&self, call: &mut HedgeCall, state: &mut HedgeState, now: SimTime) -> Decision {
        call.settled = true;
        call.stop();
        let out = Copies(core::mem::take(&mut call.out));
        for copy in out.iter() {
            self.settle_budget(call, state, copy, now, Outcome::Cancelled);
            if self.losers != Losers::Run {
                let took = now.since(call.sent_at[copy as usize]);
                self.observe(state, copy, now, Outcome::Cancelled, took);
            }
        }
        let cancel = match self.losers {
            Losers::Run => Copies::default(),
            Losers::Cancelled | Losers::CancelledAtStart => out,
        };
        Decision::Settle { cancel }
    }

    /// What a copy was charged, if anything, is due back.
    fn settle_budget(&self, call: &mut HedgeCall, state: &mut HedgeState, copy: u32, now: SimTime, outcome: Outcome) {
        if let Some(budget) = &self.budget {
            budget.settle(&mut state.budget, now, outcome, &mut call.charges[copy as usize]);
        }
    }
}

#[cfg(test)]
mod tests;
