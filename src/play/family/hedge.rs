//! Hedges: further copies of a call while the first has not answered.

use brownout_sim_core::outcome::{Outcome, OutcomeSet};
use brownout_sim_core::policy::budget::{BudgetState, InFlight};
use brownout_sim_core::policy::hedge::{
    Average, Copies, Decision, Delay, Hedge, HedgeCall, HedgeState, Losers, OnFailure, Percentile,
};
use brownout_sim_core::policy::retry::Ended;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::{SimTime, Span};

use super::budget::left;
use super::retry::Kind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, ms};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;
use crate::play::{EventKind, OUTCOME};

/// What can happen to a hedge. One call is played at a time.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call begins, with copy 0; the one before it is over"),
    EventKind::answers(OUTCOME, "(#COPY)", "that copy, or the oldest one out, ends so"),
    EventKind::answers(
        "begun",
        "(#COPY)",
        "a server begins to work on that copy, which ties tell each other",
    ),
    EventKind::asks("abandon", "", "nobody waits for the call any more"),
];

words!(OnFailure: "next_at_once" => OnFailure::NextAtOnce => OnFailure::NextAtOnce,
    "wait" => OnFailure::Wait => OnFailure::Wait);
words!(Losers: "run" => Losers::Run => Losers::Run, "cancelled" => Losers::Cancelled => Losers::Cancelled,
    "cancelled_at_start" => Losers::CancelledAtStart => Losers::CancelledAtStart);

struct Driven {
    hedge: Hedge,
    state: HedgeState,
    call: Option<HedgeCall>,
    /// Copies that have not ended, the settled call's included.
    out: Vec<(u32, SimTime)>,
    settled: bool,
}

fn driven(setup: &mut Setup, hedge: Hedge) -> Result<Box<dyn Player>, Mistake> {
    setup.ready(hedge.check())?;
    Ok(Box::new(Driven {
        state: hedge.start(),
        hedge,
        call: None,
        out: Vec::new(),
        settled: true,
    }))
}

fn listed(copies: Copies) -> String {
    copies.iter().map(|it| format!("#{it}")).collect::<Vec<_>>().join(", ")
}

impl Driven {
    fn sent(&mut self, now: SimTime) -> Said {
        let call = self.call.as_ref().expect("a call is under way");
        let copy = call.sent() - 1;
        self.out.push((copy, now));
        Said::pass(format!("copy #{copy} is sent"))
    }

    fn decided(&mut self, decision: Decision, now: SimTime) -> Said {
        match decision {
            Decision::Wait => Said::nothing(),
            Decision::Send => self.sent(now),
            Decision::Settle { cancel } => {
                self.settled = true;
                let cancelled: Vec<u32> = cancel.iter().collect();
                self.out.retain(|it| !cancelled.contains(&it.0));
                let more = if cancelled.is_empty() {
                    String::new()
                } else {
                    format!("; {} cancelled", listed(cancel))
                };
                Said::note(format!("the call is over{more}"))
            }
        }
    }

    fn copy(&mut self, event: &mut Event<'_>) -> Result<usize, Mistake> {
        let wanted = event.call()?;
        let found = match wanted {
            None => (!self.out.is_empty()).then_some(0),
            Some(copy) => self.out.iter().position(|it| it.0 == copy),
        };
        found.ok_or_else(|| {
            let out: Vec<String> = self.out.iter().map(|it| format!("#{}", it.0)).collect();
            let what = wanted.map_or_else(|| "no copy is out".to_owned(), |it| format!("copy #{it} is not out"));
            let help = match out.is_empty() {
                true => "put a `call` before it; losers are cancelled when a call is over".to_owned(),
                false => format!("out are {}", out.join(", ")),
            };
            Mistake::new(what).help(help)
        })
    }

    fn call(&mut self) -> Result<&mut HedgeCall, Mistake> {
        let none = || Mistake::new("no call has begun").help("put a `call` before it");
        self.call.as_mut().ok_or_else(none)
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                if let (Some(call), false) = (&mut self.call, self.settled) {
                    self.hedge.abandon(call, &mut self.state, now);
                }
                self.out.clear();
                self.settled = false;
                self.call = Some(self.hedge.on_start(&mut self.state, now));
                Ok(self.sent(now))
            }
            "abandon" => {
                self.call()?;
                if self.settled {
                    return Ok(Said::note("the call is over already"));
                }
                let call = self.call.as_mut().expect("it was found just now");
                let cancel = self.hedge.abandon(call, &mut self.state, now);
                let said = self.decided(Decision::Settle { cancel }, now);
                Ok(Said::refuse(said.text))
            }
            "begun" => {
                let at = self.copy(event)?;
                let copy = self.out[at].0;
                let told = self.hedge.on_begun(copy);
                let told = listed(told);
                let more = if told.is_empty() {
                    String::new()
                } else {
                    format!("; it tells {told} to drop theirs")
                };
                Ok(Said::note(format!("copy #{copy} is being served{more}")))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let at = self.copy(event)?;
                let (copy, since) = self.out.remove(at);
                let text = format!("copy #{copy} {}", outcome.name());
                if self.settled {
                    self.hedge
                        .observe(&mut self.state, copy, now, outcome, now.since(since));
                    return Ok(Said::note(text).and("too late to matter"));
                }
                let call = self.call.as_mut().expect("a copy is out, so there is a call");
                let end = Ended::new(now, outcome);
                let decision = self.hedge.on_result(call, &mut self.state, copy, &end);
                let said = self.decided(decision, now);
                let text = if said.text.is_empty() {
                    text
                } else {
                    format!("{text}; {}", said.text)
                };
                Ok(Said::ended(outcome, text))
            }
        }
    }

    fn state(&self, now: SimTime) -> State {
        let out: Vec<String> = self.out.iter().map(|it| format!("#{}", it.0)).collect();
        let out = if out.is_empty() {
            "no copy out".to_owned()
        } else {
            format!("{} out", out.join(", "))
        };
        let next = match &self.call {
            Some(call) if !self.settled && call.next_at() < SimTime::MAX => {
                format!(", the next at {}", ms(call.next_at()))
            }
            _ => String::new(),
        };
        let budget = match (&self.hedge.budget, self.state.budget()) {
            (None, _) | (_, BudgetState::None) => String::new(),
            (Some(budget), state) => format!("; budget: {}", left(budget, state, now, InFlight::default()).detail),
        };
        State::words(format!("{out}{next}{budget}"))
    }

    fn next_at(&self) -> Option<SimTime> {
        let call = self.call.as_ref().filter(|_| !self.settled)?;
        (call.next_at() < SimTime::MAX).then_some(call.next_at())
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let call = self.call.as_mut().expect("its instant has come");
        let decision = self.hedge.on_due(call, &mut self.state, now, InFlight::default());
        match decision {
            Decision::Wait => Said::refuse("no further copy: the budget refuses it"),
            other => self.decided(other, now),
        }
    }
}

/// The settings that all hedges have.
fn common(setup: &mut Setup, it: &mut Hedge) {
    settings!(setup, it; value max_attempts, value on_failure, value losers);
    let mut fatal = Vec::<Outcome>::new();
    fatal.extend(
        Outcome::ALL
            .into_iter()
            .filter(|outcome| it.non_fatal.contains(*outcome)),
    );
    let mut non_fatal = if fatal.is_empty() { None } else { Some(fatal) };
    setup.set("non_fatal", &mut non_fatal);
    it.non_fatal = non_fatal
        .unwrap_or_default()
        .into_iter()
        .fold(OutcomeSet::EMPTY, OutcomeSet::with);
    let own = it.budget;
    let mut kind = Kind::None;
    if own.is_none() {
        setup.set("budget", &mut kind);
        it.budget = kind.budget();
    }
}

pub fn hedge(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let second = Span::from_millis(100);
    let mut it = setup.profile(&[
        ("plain", Hedge::grpc(2, second, OutcomeSet::RETRYABLE, None)),
        ("grpc", Hedge::grpc(3, second, OutcomeSet::RETRYABLE, None)),
        ("polly", Hedge::POLLY),
        ("envoy", Hedge::envoy(second, 1)),
        ("resilience4j", Hedge::resilience4j(Delay::Fixed(second))),
        ("finagle", Hedge::finagle(Factor(10_000))),
        ("tied", Hedge::tied(Span::from_millis(1))),
    ]);
    if let Delay::Fixed(delay) = &mut it.delay {
        setup.set("delay", delay);
    }
    common(setup, &mut it);
    driven(setup, it)
}

pub fn average(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut average = Average::times(Factor::ONE);
    settings!(setup, average; value times, value plus, value measure_errors, value window_size);
    let mut it = Hedge::resilience4j(Delay::Average(average));
    common(setup, &mut it);
    driven(setup, it)
}

pub fn percentile(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut load = Factor(50_000);
    setup.share("max_extra_load", &mut load);
    let mut it = Hedge::finagle(load);
    let Delay::Percentile(mut percentile) = it.delay else {
        unreachable!("Finagle's delay is a percentile")
    };
    settings!(setup, percentile; share percentile, value num_buckets, value bucket_size, value refresh_interval,
        value min_send_backup_after, value highest_trackable);
    it.delay = Delay::Percentile(Percentile { ..percentile });
    driven(setup, it)
}
