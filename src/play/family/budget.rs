//! Retry budgets: how many retries all calls of a caller together may make.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::budget::{
    Ask, Aws, Bucket, Budget, BudgetState, Envoy, FailureRatio, Finagle, Grpc, InFlight, Sre, SuccessBucket, Tower,
};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::SimTime;

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, short};
use crate::play::setup::{Setup, settings};
use crate::play::{EventKind, OUTCOME};

/// What can happen to a budget.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call begins, with its first attempt"),
    EventKind::answers(
        OUTCOME,
        "(#CALL)",
        "the attempt of that call, or of the oldest one out, ends so; a failure asks for a retry",
    ),
    EventKind::asks(
        "retry",
        "(OUTCOME)",
        "asks for a retry, on its own: as a new call whose first attempt ended so would",
    ),
    EventKind::asks("deposit", "", "a call that is of no further interest begins"),
    EventKind::asks(
        "active",
        "(N)",
        "so many attempts are in flight; only Envoy looks at it",
    ),
    EventKind::asks(
        "pending",
        "(N)",
        "so many wait for a connection; only Envoy looks at it",
    ),
];

struct Driven {
    budget: Budget,
    state: BudgetState,
    /// What each call out was charged for its last retry, and how many of its attempts have ended.
    calls: Calls<(u32, u32)>,
    in_flight: InFlight,
    /// Retries asked for on their own: their charges.
    retries: (u32, u32),
}

pub fn driven(setup: &mut Setup, budget: Budget) -> Result<Box<dyn Player>, Mistake> {
    setup.ready(budget.check())?;
    let state = budget.start();
    Ok(Box::new(Driven {
        budget,
        state,
        calls: Calls::default(),
        in_flight: InFlight::default(),
        retries: (0, 0),
    }))
}

/// What is left of a budget, and of how much.
pub fn left(budget: &Budget, state: &BudgetState, now: SimTime, in_flight: InFlight) -> State {
    let tokens = |left: f64, most: f64| State::level(left, most, format!("{} of {} tokens", short(left), short(most)));
    match (budget, state) {
        (Budget::Bucket(it), BudgetState::Bucket(state)) => tokens(state.left(), f64::from(it.burst)),
        (Budget::SuccessBucket(it), BudgetState::SuccessBucket(state)) => tokens(state.left(), f64::from(it.burst)),
        (Budget::Grpc(it), BudgetState::Grpc(state)) => tokens(state.left(), f64::from(it.max_tokens)),
        (Budget::Aws(it), BudgetState::Aws(state)) => tokens(f64::from(state.left()), f64::from(it.capacity)),
        (Budget::Envoy(it), BudgetState::Envoy(state)) => {
            let (count, limit) = (state.count(), it.limit(in_flight));
            State::level(
                f64::from(count),
                f64::from(limit),
                format!("{count} of {limit} retries in flight"),
            )
        }
        _ => {
            let covered = covered(budget, state, now, in_flight);
            let more = if covered == MANY { " or more" } else { "" };
            State::words(format!("retries covered: {covered}{more}"))
        }
    }
}

const MANY: u32 = 1_000;

/// How many retries would be allowed now, one after another.
fn covered(budget: &Budget, state: &BudgetState, now: SimTime, in_flight: InFlight) -> u32 {
    let mut state = state.clone();
    let ask = Ask {
        now,
        outcome: Outcome::Error,
        attempts: 1,
        in_flight,
    };
    (0..MANY).take_while(|_| budget.take(&mut state, &ask, &mut 0)).count() as u32
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" | "deposit" => {
                self.budget.on_call(&mut self.state, now);
                if event.name() == "deposit" {
                    return Ok(Said::nothing());
                }
                let number = self.calls.number();
                self.calls.begin(number, now, (0, 0));
                return Ok(Said::note(format!("#{number} begins")));
            }
            "active" => self.in_flight.active = event.need("n", "10")?,
            "pending" => self.in_flight.pending = event.need("n", "10")?,
            "retry" => {
                let outcome = event.outcome_arg()?.unwrap_or(Outcome::Error);
                let ask = Ask {
                    now,
                    outcome,
                    attempts: 1,
                    in_flight: self.in_flight,
                };
                let allowed = self.budget.take(&mut self.state, &ask, &mut 0);
                let count = if allowed {
                    &mut self.retries.0
                } else {
                    &mut self.retries.1
                };
                *count += 1;
                let text = if allowed {
                    format!("retry {} allowed", *count)
                } else {
                    "no retry".to_owned()
                };
                return Ok(Said::either(allowed, text));
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let number = self.calls.about(event)?;
                let (_, (charge, ended)) = self.calls.get_mut(number).expect("it is out");
                self.budget.settle(&mut self.state, now, outcome, charge);
                *ended += 1;
                if !outcome.is_failure() || outcome == Outcome::Cancelled {
                    self.calls.remove(number);
                    return Ok(Said::ended(outcome, format!("#{number} {}", outcome.name())));
                }
                let ask = Ask {
                    now,
                    outcome,
                    attempts: *ended,
                    in_flight: self.in_flight,
                };
                let allowed = self.budget.take(&mut self.state, &ask, charge);
                if !allowed {
                    self.calls.remove(number);
                }
                let what = if allowed {
                    "it may retry"
                } else {
                    "no retry, the call fails"
                };
                return Ok(Said::either(allowed, format!("#{number} {}: {what}", outcome.name())));
            }
        }
        Ok(Said::nothing())
    }

    fn state(&self, now: SimTime) -> State {
        left(&self.budget, &self.state, now, self.in_flight)
    }
}

pub fn aws(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[("standard", Aws::STANDARD), ("classic", Aws::CLASSIC)]);
    settings!(setup, it; value capacity, value cost, value timeout_cost, value throttling_cost, value refund);
    driven(setup, Budget::Aws(it))
}

pub fn bucket(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Bucket::of(Factor(100_000));
    settings!(setup, it; value deposit, value burst, value strict);
    driven(setup, Budget::Bucket(it))
}

pub fn success_bucket(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = SuccessBucket::of(Factor(100_000));
    settings!(setup, it; value deposit, value burst, value strict);
    driven(setup, Budget::SuccessBucket(it))
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let profiles = [
        ("max_retries", Envoy::DEFAULT),
        ("retry_budget", Envoy::BUDGET),
        ("istio", Envoy::ISTIO),
    ];
    let mut it = setup.profile(&profiles);
    match &mut it {
        Envoy::MaxRetries(limit) => setup.set("max_retries", limit),
        Envoy::RetryBudget {
            percent,
            min_concurrency,
        } => {
            setup.share("percent", percent);
            setup.set("min_concurrency", min_concurrency);
        }
    }
    driven(setup, Budget::Envoy(it))
}

pub fn failure_ratio(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = FailureRatio { ratio: Factor(100_000) };
    settings!(setup, it; share ratio);
    driven(setup, Budget::FailureRatio(it))
}

pub fn finagle(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Finagle::DEFAULT;
    settings!(setup, it; value ttl, value min_per_second, share percent);
    driven(setup, Budget::Finagle(it))
}

pub fn grpc(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Grpc {
        max_tokens: 10,
        token_ratio_milli: 100,
    };
    settings!(setup, it; value max_tokens, value token_ratio_milli);
    driven(setup, Budget::Grpc(it))
}

pub fn sre(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Sre::DEFAULT;
    settings!(setup, it; share ratio, value attempts, value window, value per_minute);
    driven(setup, Budget::Sre(it))
}

pub fn tower(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Tower::DEFAULT;
    settings!(setup, it; value ttl, value min_per_second, share percent);
    driven(setup, Budget::Tower(it))
}
