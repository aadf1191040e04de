//! Retries: when the next attempt goes out, and when the outcome stands.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::backoff::Backoff;
use brownout_sim_core::policy::budget::{
    Aws, Bucket, Budget, BudgetState, Envoy, Finagle, Grpc, InFlight, Sre, SuccessBucket, Tower,
};
use brownout_sim_core::policy::retry::{Checks, Ended, PushBack, Retry, RetryAfter, RetryState, Verdict};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::{SimTime, Span};

use super::budget::left;
use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, length, many, ms};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::{Value, words};
use crate::play::{EventKind, OUTCOME};

/// What can happen to a retry.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call begins, with its first attempt"),
    EventKind::answers(
        OUTCOME,
        "(#CALL,after=MS)",
        "the attempt of that call, or of the oldest with one out, ends so; the callee may say when to try again, or `after=never`",
    ),
    EventKind::asks("abandon", "(#CALL)", "nobody waits for that call any more"),
];

words!(RetryAfter: "ignore" => RetryAfter::Ignore => RetryAfter::Ignore,
    "at_least" => RetryAfter::AtLeast => RetryAfter::AtLeast,
    "exact" => RetryAfter::Exact { .. } => RetryAfter::Exact { restart: true },
    "jittered" => RetryAfter::Jittered { .. } => RetryAfter::Jittered { max: Span::from_secs(300) },
    "clamped" => RetryAfter::Clamped { .. } => RetryAfter::Clamped { stretch: Span::from_secs(5) });
words!(Checks: "standard" => Checks::Standard => Checks::Standard, "grpc" => Checks::Grpc => Checks::Grpc);
words!(Kind: "none" => Kind::None => Kind::None, "bucket" => Kind::Bucket => Kind::Bucket,
    "success_bucket" => Kind::SuccessBucket => Kind::SuccessBucket, "finagle" => Kind::Finagle => Kind::Finagle,
    "tower" => Kind::Tower => Kind::Tower, "grpc" => Kind::Grpc => Kind::Grpc, "aws" => Kind::Aws => Kind::Aws,
    "envoy" => Kind::Envoy => Kind::Envoy, "sre" => Kind::Sre => Kind::Sre);

/// A budget with its library's defaults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    None,
    Bucket,
    SuccessBucket,
    Finagle,
    Tower,
    Grpc,
    Aws,
    Envoy,
    Sre,
}

impl Kind {
    pub fn budget(self) -> Option<Budget> {
        let tenth = Factor(100_000);
        Some(match self {
            Kind::None => return None,
            Kind::Bucket => Budget::Bucket(Bucket::of(tenth)),
            Kind::SuccessBucket => Budget::SuccessBucket(SuccessBucket::of(tenth)),
            Kind::Finagle => Budget::Finagle(Finagle::DEFAULT),
            Kind::Tower => Budget::Tower(Tower::DEFAULT),
            Kind::Grpc => Budget::Grpc(Grpc {
                max_tokens: 10,
                token_ratio_milli: 100,
            }),
            Kind::Aws => Budget::Aws(Aws::STANDARD),
            Kind::Envoy => Budget::Envoy(Envoy::DEFAULT),
            Kind::Sre => Budget::Sre(Sre::DEFAULT),
        })
    }
}

/// What the callee says about trying again.
struct Hint(PushBack);

impl Value for Hint {
    fn takes() -> String {
        "a length of time or `never`".to_owned()
    }

    fn read(text: &str) -> Result<Hint, String> {
        if text == "never" {
            return Ok(Hint(PushBack::Never));
        }
        let span = crate::play::script::span(text).map_err(|it| it.help.unwrap_or_default())?;
        Ok(Hint(PushBack::After(span.0)))
    }

    fn show(&self) -> String {
        match self.0 {
            PushBack::None => "nothing".to_owned(),
            PushBack::After(span) => span.show(),
            PushBack::Never => "never".to_owned(),
        }
    }
}

struct Call {
    retry: RetryState,
    deadline: SimTime,
    /// When the next attempt goes out; `None` while one is out.
    next: Option<SimTime>,
}

struct Driven {
    retry: Retry,
    budget: BudgetState,
    deadline: Span,
    calls: Calls<Call>,
    luck: Luck,
}

pub fn retry(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Retry {
        attempts: Some(3),
        backoff: Backoff::read("100ms").expect("a length of time is a back-off"),
        on: brownout_sim_core::outcome::OutcomeSet::RETRYABLE,
        respect_retry_after: RetryAfter::Ignore,
        budget: None,
        checks: Checks::Standard,
        skip_hopeless: false,
    };
    settings!(setup, it; value attempts, value backoff);
    let (mut kind, mut deadline) = (Kind::None, Span::MAX);
    setup.set("budget", &mut kind);
    it.budget = kind.budget();
    it.checks = Checks::of(&it.budget);
    settings!(setup, it; value checks, value respect_retry_after, value skip_hopeless);
    setup.set("deadline", &mut deadline);
    let luck = setup.luck();
    setup.ready(it.check())?;
    Ok(Box::new(Driven {
        budget: it.start(),
        retry: it,
        deadline,
        calls: Calls::default(),
        luck,
    }))
}

impl Driven {
    /// The call with this number, or the oldest that has an attempt out.
    fn about(&mut self, event: &mut Event<'_>) -> Result<u32, Mistake> {
        let out = self.calls.iter().find(|it| it.1.next.is_none()).map(|it| it.0);
        match event.call()? {
            None => out.ok_or_else(|| {
                Mistake::new(format!("`{}` ends an attempt, and none is out", event.name()))
                    .help("the next one goes out by itself when the pause is over")
            }),
            Some(number) => match self.calls.get_mut(number) {
                Some((_, call)) if call.next.is_none() => Ok(number),
                Some((_, call)) => {
                    let at = call.next.map_or_else(String::new, ms);
                    Err(Mistake::new(format!("call #{number} has no attempt out"))
                        .help(format!("the next one goes out at {at}")))
                }
                None => Err(Mistake::new(format!("call #{number} is over, or never began"))),
            },
        }
    }

    fn due(&self) -> Option<(SimTime, u32)> {
        let due = |(number, it): (u32, &Call)| Some((it.next.unwrap_or(SimTime::MAX).min(it.deadline), number));
        let due = self.calls.iter().filter_map(due).min()?;
        (due.0 < SimTime::MAX).then_some(due)
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let number = self.calls.number();
                self.retry.on_call(&mut self.budget, now);
                let call = Call {
                    retry: self.retry.begin(),
                    deadline: now + self.deadline,
                    next: None,
                };
                self.calls.begin(number, now, call);
                Ok(Said::pass(format!("#{number} attempt 1")))
            }
            "abandon" => {
                let (number, _, mut call) = self.calls.end(event)?;
                self.retry.abandon(&mut call.retry, &mut self.budget, now);
                Ok(Said::refuse(format!("#{number} abandoned")))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let number = self.about(event)?;
                let push_back = event.value::<Hint>("after")?.map_or(PushBack::None, |it| it.0);
                let (_, call) = self.calls.get_mut(number).expect("it was found just now");
                let end = Ended {
                    push_back,
                    deadline: call.deadline,
                    ..Ended::new(now, outcome)
                };
                match self
                    .retry
                    .after(&mut call.retry, &mut self.budget, &end, &mut self.luck)
                {
                    Verdict::RetryAfter(pause) => {
                        call.next = Some(now + pause);
                        Ok(Said::note(format!(
                            "#{number} {}: again after {}",
                            outcome.name(),
                            length(pause)
                        )))
                    }
                    Verdict::GiveUp(reason) => {
                        self.calls.remove(number);
                        let text = format!("#{number} ends with {}", outcome.name());
                        let why = if outcome.is_failure() { reason.name() } else { "" };
                        Ok(Said::ended(outcome, text).and(why))
                    }
                }
            }
        }
    }

    fn state(&self, now: SimTime) -> State {
        let pausing = self.calls.iter().filter(|it| it.1.next.is_some()).count();
        let calls = format!("{}, {pausing} between attempts", many(self.calls.len(), "call"));
        match &self.retry.budget {
            None => State::words(calls),
            Some(budget) => {
                let left = left(budget, &self.budget, now, InFlight::default());
                State {
                    detail: format!("{calls}; {}", left.detail),
                    ..left
                }
            }
        }
    }

    fn next_at(&self) -> Option<SimTime> {
        self.due().map(|it| it.0)
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let (_, number) = self.due().expect("its instant has come");
        let (_, call) = self.calls.get_mut(number).expect("it is out");
        if call.deadline <= now {
            let (_, mut call) = self.calls.remove(number).expect("it is out");
            self.retry.abandon(&mut call.retry, &mut self.budget, now);
            return Said::refuse(format!("#{number} ends with {}", Outcome::Deadline.name()));
        }
        call.next = None;
        Said::pass(format!("#{number} attempt {}", call.retry.ended() + 1))
    }
}
