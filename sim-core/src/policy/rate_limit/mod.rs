//! Rate limiters: at most so many calls in a stretch of time, the rest refused or made to wait.
//!
//! One file a kind, each with settings and state of its own; this file is the one `match`. A caller asks with
//! [`RateLimit::ask`] before it sends, and tells [`RateLimit::settle`] how it ended (only [`Aws`] listens).
//!
//! Counts are integers, and times whole nanoseconds: a rate that divides nothing loses no fraction. Only [`Aws`] computes in
//! floats, because the original does.

pub mod aws;
pub mod fixed_window;
pub mod gcra;
pub mod leaky_bucket;
pub mod resilience4j;
pub mod sliding_window_counter;
pub mod sliding_window_log;
pub mod token_bucket;

pub use aws::Aws;
pub use fixed_window::FixedWindow;
pub use gcra::Gcra;
pub use leaky_bucket::LeakyBucket;
pub use resilience4j::Resilience4j;
pub use sliding_window_counter::SlidingWindowCounter;
pub use sliding_window_log::SlidingWindowLog;
pub use token_bucket::TokenBucket;

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::time::{SimTime, Span};

/// Settings of a rate limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// A burst at once, a steady rate for the rest.
    TokenBucket(TokenBucket),
    /// Evenly spaced, whatever comes in.
    LeakyBucket(LeakyBucket),
    /// As governor.
    Gcra(Gcra),
    /// A counter that starts again at each window.
    FixedWindow(FixedWindow),
    /// Exact over every window.
    SlidingWindowLog(SlidingWindowLog),
    /// Two counters in place of a log.
    SlidingWindowCounter(SlidingWindowCounter),
    /// As resilience4j's `RateLimiter`.
    Resilience4j(Resilience4j),
    /// As the AWS SDKs' adaptive mode.
    Aws(Aws),
}

/// What a [`RateLimit`] remembers; one for each caller instance and callee.
#[derive(Clone, Debug, PartialEq)]
pub enum RateLimitState {
    /// Tokens.
    TokenBucket(token_bucket::Tokens),
    /// What has not leaked out.
    LeakyBucket(leaky_bucket::Backlog),
    /// The theoretical arrival time.
    Gcra(gcra::Tat),
    /// What the window has seen.
    FixedWindow(fixed_window::Count),
    /// When calls passed.
    SlidingWindowLog(sliding_window_log::Log),
    /// What two windows have seen.
    SlidingWindowCounter(sliding_window_counter::Counts),
    /// What is left of the cycle.
    Resilience4j(resilience4j::Cycles),
    /// What was measured, and the rate that follows.
    Aws(aws::Adaptive),
}

/// What a rate limiter says to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send now.
    Admitted,
    /// A place is taken: send after this long, without asking again.
    Wait(Span),
    /// Nothing is taken: ask again after this long. Others may be faster; callers that wait should ask in the order in which
    /// they came.
    Again(Span),
    /// Do not send. Nothing is taken.
    Refused,
}

macro_rules! mismatch {
    () => {
        unreachable!("a rate limiter's state was made by the same settings")
    };
}

impl RateLimit {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            RateLimit::TokenBucket(_) => "token_bucket",
            RateLimit::LeakyBucket(_) => "leaky_bucket",
            RateLimit::Gcra(_) => "gcra",
            RateLimit::FixedWindow(_) => "fixed_window",
            RateLimit::SlidingWindowLog(_) => "sliding_window_log",
            RateLimit::SlidingWindowCounter(_) => "sliding_window_counter",
            RateLimit::Resilience4j(_) => "resilience4j",
            RateLimit::Aws(_) => "aws",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            RateLimit::TokenBucket(it) => it.check(),
            RateLimit::LeakyBucket(it) => it.check(),
            RateLimit::Gcra(it) => it.check(),
            RateLimit::FixedWindow(it) => it.check(),
            RateLimit::SlidingWindowLog(it) => it.check(),
            RateLimit::SlidingWindowCounter(it) => it.check(),
            RateLimit::Resilience4j(it) => it.check(),
            RateLimit::Aws(_) => Ok(()),
        }
    }

    /// A limiter that is created at `now` and has let nothing through.
    pub fn start(&self, now: SimTime) -> RateLimitState {
        match self {
            RateLimit::TokenBucket(it) => RateLimitState::TokenBucket(it.start(now)),
            RateLimit::LeakyBucket(it) => RateLimitState::LeakyBucket(it.start(now)),
            RateLimit::Gcra(it) => RateLimitState::Gcra(it.start(now)),
            RateLimit::FixedWindow(_) => RateLimitState::FixedWindow(fixed_window::Count::default()),
            RateLimit::SlidingWindowLog(_) => RateLimitState::SlidingWindowLog(sliding_window_log::Log::default()),
            RateLimit::SlidingWindowCounter(_) => {
                RateLimitState::SlidingWindowCounter(sliding_window_counter::Counts::default())
            }
            RateLimit::Resilience4j(it) => RateLimitState::Resilience4j(it.start(now)),
            RateLimit::Aws(it) => RateLimitState::Aws(it.start(now)),
        }
    }

    /// A call wants to be sent at `now`. Calls ask in the order of time.
    #[inline]
    pub fn ask(&self, state: &mut RateLimitState, now: SimTime) -> Answer {
        self.ask_for(state, now, 1)
    }

    /// A call that counts as `permits` calls wants to be sent at `now`: all or nothing. [`Aws`] counts every call as one.
    #[inline]
    pub fn ask_for(&self, state: &mut RateLimitState, now: SimTime, permits: u32) -> Answer {
        match (self, state) {
            (RateLimit::TokenBucket(it), RateLimitState::TokenBucket(tokens)) => it.ask(tokens, now, permits),
            (RateLimit::LeakyBucket(it), RateLimitState::LeakyBucket(backlog)) => it.ask(backlog, now, permits),
            (RateLimit::Gcra(it), RateLimitState::Gcra(tat)) => it.ask(tat, now, permits),
            (RateLimit::FixedWindow(it), RateLimitState::FixedWindow(count)) => it.ask(count, now, permits),
            (RateLimit::SlidingWindowLog(it), RateLimitState::SlidingWindowLog(log)) => it.ask(log, now, permits),
            (RateLimit::SlidingWindowCounter(it), RateLimitState::SlidingWindowCounter(counts)) => {
                it.ask(counts, now, permits)
            }
            (RateLimit::Resilience4j(it), RateLimitState::Resilience4j(cycles)) => it.ask(cycles, now, permits),
            (RateLimit::Aws(it), RateLimitState::Aws(adaptive)) => it.ask(adaptive, now),
            _ => mismatch!(),
        }
    }

    /// A call that was sent has ended so.
    #[inline]
    pub fn settle(&self, state: &mut RateLimitState, now: SimTime, outcome: Outcome) {
        if let (RateLimit::Aws(it), RateLimitState::Aws(adaptive)) = (self, state) {
            it.settle(adaptive, now, outcome);
        }
    }

    /// How long a refused call is held before it hears so: resilience4j's `acquirePermission` sits out its time-out although it
    /// knows at once; all others say no at once.
    pub const fn refusal_delay(&self) -> Span {
        match self {
            RateLimit::Resilience4j(it) => it.timeout_duration,
            _ => Span::ZERO,
        }
    }
}

#[cfg(test)]
mod tests;
