//! Adaptive concurrency limits: so many calls out at once, the number found from how long they take and whether they fail.
//!
//! One file an algorithm, each with settings and state of its own; this file is the one `match`. A caller asks with
//! [`Concurrency::admit`] before it sends and gives the permit back with [`Concurrency::settle`], whatever became of the call.
//! Over the limit a call is refused at once; a limit that falls cancels nothing.
//!
//! Limits are floats inside and truncated outside, as the originals have them; only `libm` and IEEE operations are used.

pub mod aimd;
pub mod envoy;
pub mod gradient;
pub mod gradient2;
pub mod vegas;
pub mod windowed;

pub use aimd::Aimd;
pub use envoy::Envoy;
pub use gradient::Gradient;
pub use gradient2::Gradient2;
pub use vegas::Vegas;
pub use windowed::Windowed;

use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of an adaptive concurrency limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// How the limit is found.
    pub limit: Limit,
    /// Whether samples are gathered in windows first; only for Netflix's limits.
    pub windowed: Option<Windowed>,
}

/// How a concurrency limit is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// One more after a success, a share fewer after a drop.
    Aimd(Aimd),
    /// As TCP Vegas: from an estimate of what waits.
    Vegas(Vegas),
    /// From the shortest time.
    Gradient(Gradient),
    /// From a long average of times.
    Gradient2(Gradient2),
    /// As Envoy's gradient controller.
    Envoy(Envoy),
}

/// What a [`Concurrency`] limit remembers; one for each caller instance and callee.
#[derive(Clone, Debug, PartialEq)]
pub struct ConcurrencyState {
    in_flight: u32,
    limit: LimitState,
    window: Option<windowed::Window>,
}

/// What a [`Limit`] remembers.
#[derive(Clone, Debug, PartialEq)]
pub enum LimitState {
    /// The limit.
    Aimd(u32),
    /// The limit, and what an idle callee takes.
    Vegas(vegas::Estimate),
    /// The limit, and the shortest time.
    Gradient(gradient::Shortest),
    /// The limit and the long average.
    Gradient2(gradient2::Average),
    /// The limit and its measurements.
    Envoy(envoy::Controller),
}

/// Leave to send one call. It comes back to [`Concurrency::settle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// When it was given.
    pub sent: SimTime,
    /// How many were in flight then, this one included.
    pub in_flight: u32,
}

/// What a call has to say about the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered, with success or not; its time counts.
    Answered,
    /// It was dropped: refused for lack of capacity, or timed out.
    Dropped,
    /// Nothing: cancelled, or failed for a reason of its own.
    Ignored,
}

/// What an algorithm learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When the call ended.
    pub ended: SimTime,
    /// How long it took.
    pub rtt: Span,
    /// How many were in flight when it began, itself included.
    pub in_flight: u32,
    /// Whether it was dropped.
    pub dropped: bool,
}

macro_rules! mismatch {
    () => {
        unreachable!("a limit's state was made by the same settings")
    };
}

impl Concurrency {
    /// This limit, sample by sample.
    pub const fn of(limit: Limit) -> Concurrency {
        Concurrency { limit, windowed: None }
    }

    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self.limit {
            Limit::Aimd(_) => "aimd",
            Limit::Vegas(_) => "vegas",
            Limit::Gradient(_) => "gradient",
            Limit::Gradient2(_) => "gradient2",
            Limit::Envoy(_) => "envoy",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        let own_windows = matches!(self.limit, Limit::Envoy(_)) && self.windowed.is_some();
        require(
            !own_windows,
            "Envoy's controller has windows of its own and takes no others (default: none)",
        )?;
        self.windowed.as_ref().map_or(Ok(()), Windowed::check)?;
        match &self.limit {
            Limit::Aimd(it) => it.check(),
            Limit::Vegas(it) => it.check(),
            Limit::Gradient(it) => it.check(),
            Limit::Gradient2(it) => it.check(),
            Limit::Envoy(it) => it.check(),
        }
    }

    /// A limit that is created at `now` with nothing in flight. [`Vegas`] and [`Gradient`] draw once for their first probe.
    pub fn start(&self, now: SimTime, draw: &mut impl Draw) -> ConcurrencyState {
        let limit = match &self.limit {
            Limit::Aimd(it) => LimitState::Aimd(it.initial_limit),
            Limit::Vegas(it) => LimitState::Vegas(it.start(draw)),
            Limit::Gradient(it) => LimitState::Gradient(it.start(draw)),
            Limit::Gradient2(it) => LimitState::Gradient2(it.start()),
            Limit::Envoy(it) => LimitState::Envoy(it.start(now)),
        };
        ConcurrencyState {
            in_flight: 0,
            limit,
            window: self.windowed.as_ref().map(Windowed::start),
        }
    }

    /// Asks to send a call at `now`; `None` means that it is over the limit.
    #[inline]
    pub fn admit(&self, state: &mut ConcurrencyState, now: SimTime) -> Option<Permit> {
        (state.in_flight < self.limit_at(state, now)).then(|| self.take(state, now))
    }

    /// The most that may be in flight at `now`.
    #[inline]
    pub fn limit_at(&self, state: &mut ConcurrencyState, now: SimTime) -> u32 {
        if let (Limit::Envoy(it), LimitState::Envoy(controller)) = (&self.limit, &mut state.limit) {
            it.advance(controller, now);
        }
        state.limit()
    }

    /// Lets a call through whatever the limit is: somebody else has decided, by [`Concurrency::limit_at`].
    #[inline]
    pub fn take(&self, state: &mut ConcurrencyState, now: SimTime) -> Permit {
        state.in_flight += 1;
        Permit {
            sent: now,
            in_flight: state.in_flight,
        }
    }

    /// Takes a permit back at `now`. Every permit comes back, those of cancelled calls too.
    #[inline]
    pub fn settle(&self, state: &mut ConcurrencyState, now: SimTime, permit: Permit, end: End, draw: &mut impl Draw) {
        assert!(state.in_flight > 0, "more permits come back than were given");
        state.in_flight -= 1;
        if let (Limit::Envoy(it), LimitState::Envoy(controller)) = (&self.limit, &mut state.limit) {
            return it.settle(controller, now, permit, end, draw);
        }
        if end == End::Ignored {
            return;
        }
        let sample = Sample {
            ended: now,
            rtt: now.since(permit.sent),
            in_flight: permit.in_flight,
            dropped: end == End::Dropped,
        };
        self.on_sample(state, &sample, draw);
    }

    /// What a call that ended so has to say.
    ///
    /// Netflix's gRPC interceptor takes the time of successes only, and what was not taken in or timed out as dropped; any
    /// other failure says nothing. Envoy's filter takes the time of every answer.
    pub const fn end_of(&self, outcome: Outcome) -> End {
        match outcome {
            Outcome::Ok | Outcome::Degraded => End::Answered,
            Outcome::Error | Outcome::BadRequest if matches!(self.limit, Limit::Envoy(_)) => End::Answered,
            Outcome::Error | Outcome::BadRequest | Outcome::Cancelled => End::Ignored,
            _ => End::Dropped,
        }
    }

    /// Learns from a sample without a permit, and gives the new limit. Envoy's controller has no samples without permits.
    #[inline]
    pub fn on_sample(&self, state: &mut ConcurrencyState, sample: &Sample, draw: &mut impl Draw) -> u32 {
        let gathered = match (&self.windowed, &mut state.window) {
            (Some(settings), Some(window)) => settings.add(window, sample),
            _ => Some(*sample),
        };
        if let Some(sample) = &gathered {
            match (&self.limit, &mut state.limit) {
                (Limit::Aimd(it), LimitState::Aimd(limit)) => it.on_sample(limit, sample),
                (Limit::Vegas(it), LimitState::Vegas(estimate)) => it.on_sample(estimate, sample, draw),
                (Limit::Gradient(it), LimitState::Gradient(shortest)) => it.on_sample(shortest, sample, draw),
                (Limit::Gradient2(it), LimitState::Gradient2(average)) => it.on_sample(average, sample),
                (Limit::Envoy(_), LimitState::Envoy(_)) => (),
                _ => mismatch!(),
            }
        }
        state.limit()
    }
}

impl ConcurrencyState {
    /// The most that may be in flight, as far as is known: Envoy's controller catches up with its timers in
    /// [`Concurrency::admit`].
    #[inline]
    pub fn limit(&self) -> u32 {
        match &self.limit {
            LimitState::Aimd(limit) => *limit,
            LimitState::Vegas(estimate) => estimate.limit as u32,
            LimitState::Gradient(shortest) => shortest.limit as u32,
            LimitState::Gradient2(average) => average.limit as u32,
            LimitState::Envoy(controller) => controller.limit(),
        }
    }

    /// How many are in flight.
    #[inline]
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// What the limit has learnt.
    pub const fn learnt(&self) -> &LimitState {
        &self.limit
    }
}

/// A step from `old` towards `new`.
fn smoothed(old: f64, new: f64, smoothing: Factor) -> f64 {
    let weight = smoothing.as_f64();
    old * (1.0 - weight) + new * weight
}

fn check_range(initial: u32, min: u32, max: u32) -> Result<(), Invalid> {
    require(
        min >= 1,
        "min_limit is at least 1 (default 20 for aimd and gradient2, 1 for gradient)",
    )?;
    require(
        min <= max,
        "max_limit is at least min_limit (default 200 for aimd and gradient2, 1000 for vegas and gradient)",
    )?;
    require(
        (min..=max).contains(&initial),
        "initial_limit lies between min_limit and max_limit (default 50 for gradient, 20 for the others)",
    )
}

fn check_smoothing(smoothing: Factor, message: &'static str) -> Result<(), Invalid> {
    require(smoothing.0 > 0 && smoothing <= Factor::ONE, message)
}

#[cfg(test)]
mod tests;
