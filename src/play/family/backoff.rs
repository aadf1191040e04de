//! Back-offs: the pauses before the retries of one call.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::backoff::{
    Aws, Backoff, BackoffState, Curve, DOUBLING, Envoy, Finagle, Grpc, Haproxy, Jitter, Polly, Resilience4j, Tenacity,
    Tower, finagle, polly,
};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::{SimTime, Span};

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, length, ms};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::words;

/// What can happen to a back-off.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks(
        "fail",
        "(OUTCOME)",
        "the attempt fails: how long to wait before the next",
    ),
    EventKind::asks("restart", "", "the formula begins again, as after a push-back"),
    EventKind::asks("new", "", "another call: it begins again with its first retry"),
];

words!(Jitter: "none" => Jitter::None => Jitter::None, "full" => Jitter::Full => Jitter::Full,
    "equal" => Jitter::Equal => Jitter::Equal, "decorrelated" => Jitter::Decorrelated => Jitter::Decorrelated);
words!(finagle::Shape: "decorrelated" => finagle::Shape::Decorrelated => finagle::Shape::Decorrelated,
    "equal" => finagle::Shape::Equal => finagle::Shape::Equal,
    "exponential" => finagle::Shape::Exponential => finagle::Shape::Exponential);
words!(polly::Shape: "constant" => polly::Shape::Constant => polly::Shape::Constant,
    "linear" => polly::Shape::Linear => polly::Shape::Linear,
    "exponential" => polly::Shape::Exponential => polly::Shape::Exponential);

struct Driven {
    backoff: Backoff,
    state: BackoffState,
    retry: u32,
    waited: Span,
    luck: Luck,
}

fn driven(setup: &mut Setup, backoff: Backoff) -> Result<Box<dyn Player>, Mistake> {
    let luck = setup.luck();
    setup.ready(backoff.check())?;
    Ok(Box::new(Driven {
        backoff,
        state: BackoffState::default(),
        retry: 0,
        waited: Span::ZERO,
        luck,
    }))
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "fail" => {
                let outcome = event.outcome_arg()?.unwrap_or(Outcome::Error);
                self.retry += 1;
                let pause = self
                    .backoff
                    .next_delay(&mut self.state, self.retry, outcome, &mut self.luck);
                self.waited = self.waited.saturating_add(pause);
                Ok(Said::pass(format!(
                    "retry {} after {}, at {}",
                    self.retry,
                    length(pause),
                    ms(now + pause)
                )))
            }
            "restart" => {
                self.state.restart(self.retry);
                Ok(Said::note("the next pause is as the first"))
            }
            _ => {
                (self.state, self.retry, self.waited) = (BackoffState::default(), 0, Span::ZERO);
                Ok(Said::note("a new call"))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let most = self.backoff.delay_max(self.retry + 1);
        // A bound may be a nanosecond above what it bounds.
        let most = if most == Span::MAX {
            most
        } else {
            Span::from_micros(most.nanos() / 1_000)
        };
        let (waited, retries) = (length(self.waited), if self.retry == 1 { "retry" } else { "retries" });
        State::words(format!(
            "{} {retries}, {waited} waited; the next pause is at most {}",
            self.retry,
            length(most)
        ))
    }
}

/// The textbook curves, in any combination with a jitter.
#[derive(Clone, Copy)]
enum Shape {
    Fixed,
    Linear,
    Exponential,
}

words!(Shape: "fixed" => Shape::Fixed => Shape::Fixed, "linear" => Shape::Linear => Shape::Linear,
    "exponential" => Shape::Exponential => Shape::Exponential);

pub fn curve(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let (mut shape, mut jitter) = (Shape::Exponential, Jitter::None);
    let (mut base, mut factor, mut cap) = (Span::from_millis(100), DOUBLING, Span::from_secs(10));
    setup.set("shape", &mut shape);
    setup.set("base", &mut base);
    setup.set("factor", &mut factor);
    setup.set("cap", &mut cap);
    setup.set("jitter", &mut jitter);
    let curve = match shape {
        Shape::Fixed => Curve::Fixed(base),
        Shape::Linear => Curve::Linear { base, cap },
        Shape::Exponential => Curve::Exponential { base, factor, cap },
    };
    driven(setup, Backoff::Curve { curve, jitter })
}

pub fn aws(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let profiles = [
        ("standard", Aws::STANDARD),
        ("classic", Aws::CLASSIC),
        ("dynamodb", Aws::DYNAMODB),
    ];
    let mut it = setup.profile(&profiles);
    settings!(setup, it; value base, value throttling_base, value cap);
    driven(setup, Backoff::Aws(it))
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Envoy::DEFAULT;
    settings!(setup, it; value base, value max);
    driven(setup, Backoff::Envoy(it))
}

pub fn finagle(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Finagle {
        shape: finagle::Shape::Equal,
        start: Span::from_secs(5),
        max: Span::from_secs(300),
    };
    settings!(setup, it; value shape, value start, value max);
    driven(setup, Backoff::Finagle(it))
}

pub fn grpc(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Grpc {
        initial: Span::from_millis(100),
        multiplier: DOUBLING,
        max: Span::from_secs(1),
    };
    settings!(setup, it; value initial, value multiplier, value max);
    driven(setup, Backoff::Grpc(it))
}

pub fn haproxy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Haproxy {
        connect: Span::from_secs(5),
        redispatch_at: Some(3),
    };
    settings!(setup, it; value connect, value redispatch_at);
    driven(setup, Backoff::Haproxy(it))
}

pub fn polly(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Polly::DEFAULT;
    settings!(setup, it; value shape, value base, value jitter, value cap);
    driven(setup, Backoff::Polly(it))
}

pub fn resilience4j(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let exponential = Resilience4j {
        multiplier: Factor(1_500_000),
        ..Resilience4j::DEFAULT
    };
    let mut it = setup.profile(&[("fixed", Resilience4j::DEFAULT), ("exponential", exponential)]);
    settings!(setup, it; value initial, value multiplier, value randomization, value cap);
    driven(setup, Backoff::Resilience4j(it))
}

pub fn tenacity(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Tenacity::DEFAULT;
    settings!(setup, it; value multiplier, value base, value min, value max);
    driven(setup, Backoff::Tenacity(it))
}

pub fn tower(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Tower::DEFAULT;
    settings!(setup, it; value min, value max, share jitter);
    driven(setup, Backoff::Tower(it))
}
