//! Rate limiters, and a third party's quota, which works alike.

use brownout_sim_core::component::quota::{self, Quota, QuotaState};
use brownout_sim_core::policy::Invalid;
use brownout_sim_core::policy::rate_limit::{
    Answer, Aws, FixedWindow, Gcra, LeakyBucket, RateLimit, RateLimitState, Resilience4j, SlidingWindowCounter,
    SlidingWindowLog, TokenBucket,
};
use brownout_sim_core::time::{SimTime, Span};

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, length, ms, short};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;
use crate::play::{EventKind, OUTCOME};

/// What can happen to a rate limiter.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks(
        "call",
        "(permits=N)",
        "a call wants to be sent; it may count as several",
    ),
    EventKind::answers(
        OUTCOME,
        "(#CALL)",
        "that call, or the oldest one out, ends so; only the AWS limiter listens",
    ),
];

/// What can happen to a quota.
pub const QUOTA_EVENTS: &[EventKind] = &[EventKind::asks("call", "", "a call arrives")];

struct Driven {
    limit: RateLimit,
    state: RateLimitState,
    calls: Calls<()>,
}

fn driven(setup: &mut Setup, limit: RateLimit) -> Result<Box<dyn Player>, Mistake> {
    setup.ready(limit.check())?;
    let state = limit.start(SimTime::ZERO);
    Ok(Box::new(Driven {
        limit,
        state,
        calls: Calls::default(),
    }))
}

/// When a call would first be sent at once, found by asking copies: what passes at one instant passes later, too.
fn passes_from(now: SimTime, passes: impl Fn(SimTime) -> bool) -> Option<SimTime> {
    if passes(now) {
        return Some(now);
    }
    let mut step = Span::from_nanos(1);
    while !passes(now + step) {
        if step > Span::from_secs(1_000_000_000) {
            return None;
        }
        step = step + step;
    }
    // It passes at `high` and does not at `low`.
    let (mut low, mut high) = (now.nanos(), now.nanos() + step.nanos());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if passes(SimTime::from_nanos(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(SimTime::from_nanos(high))
}

fn passing(now: SimTime, from: Option<SimTime>) -> String {
    match from {
        Some(at) if at == now => "a call passes now".to_owned(),
        Some(at) => format!("a call passes at once from {}", ms(at)),
        None => "nothing passes any more".to_owned(),
    }
}

impl Driven {
    fn at_once(&self, at: SimTime, permits: u32) -> bool {
        self.limit.ask_for(&mut self.state.clone(), at, permits) == Answer::Admitted
    }

    /// How many calls would pass at `now`, one after another.
    fn room(&self, now: SimTime, most: u32) -> u32 {
        let mut state = self.state.clone();
        (0..most)
            .take_while(|_| self.limit.ask(&mut state, now) == Answer::Admitted)
            .count() as u32
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() != "call" {
            let outcome = event.outcome().expect("the event is in the list");
            let (number, ..) = self.calls.end(event)?;
            self.limit.settle(&mut self.state, now, outcome);
            return Ok(Said::ended(outcome, format!("#{number} {}", outcome.name())));
        }
        let permits: u32 = event.value("permits")?.unwrap_or(1);
        if permits == 0 {
            return Err(Mistake::new("a call counts as at least 1").help("leave `permits` away"));
        }
        let number = self.calls.number();
        let answer = self.limit.ask_for(&mut self.state, now, permits);
        Ok(match answer {
            Answer::Admitted => {
                self.calls.begin(number, now, ());
                Said::pass(format!("#{number} sent"))
            }
            Answer::Wait(wait) => {
                self.calls.begin(number, now, ());
                Said::pass(format!("#{number} waits {}, sent at {}", length(wait), ms(now + wait)))
            }
            Answer::Again(wait) => Said::refuse(format!("#{number} has to ask again at {}", ms(now + wait))),
            Answer::Refused => Said::refuse(format!("#{number} refused")),
        })
    }

    fn state(&self, now: SimTime) -> State {
        let from = passes_from(now, |at| self.at_once(at, 1));
        let most = match &self.limit {
            RateLimit::TokenBucket(it) => it.burst,
            RateLimit::Gcra(it) => it.max_burst,
            RateLimit::FixedWindow(it) => it.limit,
            RateLimit::SlidingWindowLog(it) => it.limit,
            RateLimit::SlidingWindowCounter(it) => it.limit,
            RateLimit::Resilience4j(it) => it.limit_for_period,
            RateLimit::LeakyBucket(_) => 1,
            RateLimit::Aws(_) => {
                let RateLimitState::Aws(state) = &self.state else {
                    unreachable!("a limiter's state is of its own kind")
                };
                if !state.is_enabled() {
                    return State::named("off", "nothing has been throttled yet");
                }
                return State::named("on", format!("{} sends per second", short(state.fill_rate_per_s())));
            }
        };
        let room = self.room(now, most.min(10_000));
        let mut detail = if from == Some(now) {
            format!("{room} of {most} would pass now")
        } else {
            passing(now, from)
        };
        if let RateLimitState::Resilience4j(state) = &self.state
            && state.permits() < 0
        {
            detail.push_str(&format!(", {} permits of later cycles reserved", -state.permits()));
        }
        State::level(f64::from(room), f64::from(most), detail)
    }
}

pub fn token_bucket(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = TokenBucket::per_second(10, 10);
    settings!(setup, it; value rate, value period, value burst, value max_wait);
    driven(setup, RateLimit::TokenBucket(it))
}

pub fn leaky_bucket(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = LeakyBucket::per_second(10, 10);
    settings!(setup, it; value rate, value period, value size);
    driven(setup, RateLimit::LeakyBucket(it))
}

pub fn gcra(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Gcra::per_second(10);
    settings!(setup, it; value replenish_one_per, value max_burst, value until_ready);
    driven(setup, RateLimit::Gcra(it))
}

pub fn fixed_window(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = FixedWindow {
        limit: 10,
        window: Span::from_secs(1),
    };
    settings!(setup, it; value limit, value window);
    driven(setup, RateLimit::FixedWindow(it))
}

pub fn sliding_window_log(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = SlidingWindowLog {
        limit: 10,
        window: Span::from_secs(1),
    };
    settings!(setup, it; value limit, value window);
    driven(setup, RateLimit::SlidingWindowLog(it))
}

pub fn sliding_window_counter(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = SlidingWindowCounter {
        limit: 10,
        window: Span::from_secs(1),
    };
    settings!(setup, it; value limit, value window);
    driven(setup, RateLimit::SlidingWindowCounter(it))
}

pub fn resilience4j(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Resilience4j::DEFAULT;
    settings!(setup, it; value limit_for_period, value limit_refresh_period, value timeout_duration);
    driven(setup, RateLimit::Resilience4j(it))
}

pub fn aws(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    driven(setup, RateLimit::Aws(Aws))
}

/// Which of the two forms of a quota.
#[derive(Clone, Copy)]
enum Form {
    Window,
    Tokens,
}

words!(Form: "window" => Form::Window => Form::Window, "tokens" => Form::Tokens => Form::Tokens);

struct Metered {
    quota: Quota,
    state: QuotaState,
    calls: u32,
}

pub fn quota(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut form = Form::Window;
    let (mut limit, mut period, mut burst) = (10_u64, Span::from_secs(60), 10_u32);
    setup.set("form", &mut form);
    setup.set("limit", &mut limit);
    setup.set("period", &mut period);
    setup.set("burst", &mut burst);
    let sound = period > Span::ZERO && burst > 0;
    setup.ready(if sound {
        Ok(())
    } else {
        Err(Invalid("a quota's period is longer than 0, and its burst at least 1"))
    })?;
    let quota = match form {
        Form::Window => Quota::Window { limit, period },
        Form::Tokens => Quota::Tokens {
            rate: limit,
            period,
            burst,
        },
    };
    Ok(Box::new(Metered {
        quota,
        state: quota.start(),
        calls: 0,
    }))
}

impl Player for Metered {
    fn on(&mut self, now: SimTime, _: &mut Event<'_>) -> Result<Said, Mistake> {
        self.calls += 1;
        let number = self.calls;
        Ok(match self.quota.admit(&mut self.state, now) {
            quota::Answer::Allowed => Said::pass(format!("#{number} served")),
            quota::Answer::Rejected { retry_after } => {
                Said::refuse(format!("#{number} refused, try again in {}", length(retry_after)))
            }
        })
    }

    fn state(&self, now: SimTime) -> State {
        let passes = |at| self.quota.admit(&mut self.state.clone(), at) == quota::Answer::Allowed;
        State::words(passing(now, passes_from(now, passes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_instant_at_which_something_passes_is_exact() {
        let from = |at: u64| passes_from(SimTime::from_nanos(7), |it| it.nanos() >= at);
        assert_eq!(
            [7, 8, 1_000, 123_456_789].map(from),
            [7, 8, 1_000, 123_456_789].map(|it| Some(SimTime::from_nanos(it)))
        );
        assert_eq!(passes_from(SimTime::ZERO, |_| false), None);
    }
}
