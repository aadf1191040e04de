//! Retry budgets: how many retries all calls of a caller together may make.
//!
//! A limit on attempts bounds one call; when everything fails, every call uses it up, and load multiplies just when the callee
//! has least to spare. A budget ties the retries of all calls to the traffic (`1 + r` times at most) or to how many are out.
//!
//! One file a kind, each with settings and state of its own; this file is the one `match`. The order of events for one call:
//! [`Budget::on_call`] once, then for each attempt that ends [`Budget::settle`], and [`Budget::take`] before a retry.
//!
//! Amounts are integers (millionths of a token unless said otherwise), so that ten tenths are one.

pub mod aws;
pub mod bucket;
pub mod envoy;
pub mod failure_ratio;
pub mod finagle;
pub mod grpc;
pub mod sre;
pub mod success_bucket;
pub mod tower;

pub use aws::Aws;
pub use bucket::Bucket;
pub use envoy::Envoy;
pub use failure_ratio::FailureRatio;
pub use finagle::Finagle;
pub use grpc::Grpc;
pub use sre::Sre;
pub use success_bucket::SuccessBucket;
pub use tower::Tower;

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::time::SimTime;

/// Settings of a retry budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Tokens flow in with calls.
    Bucket(Bucket),
    /// Tokens flow in with successes.
    SuccessBucket(SuccessBucket),
    /// As Finagle's `RetryBudget`.
    Finagle(Finagle),
    /// As tower's `TpsBudget`.
    Tower(Tower),
    /// As gRPC's `retryThrottling`.
    Grpc(Grpc),
    /// As the AWS SDKs' retry quota.
    Aws(Aws),
    /// As Envoy's limits on retries in flight.
    Envoy(Envoy),
    /// As Google's SRE book.
    Sre(Sre),
    /// No retries while too much fails.
    FailureRatio(FailureRatio),
}

/// What has been used of a [`Budget`]; one for each caller instance and callee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetState {
    /// There is no budget.
    None,
    /// Millionths of a token.
    Bucket(bucket::Tokens),
    /// Millionths of a token.
    SuccessBucket(bucket::Tokens),
    /// A sliding window.
    Finagle(finagle::Window),
    /// A sliding window, expired by other rules.
    Tower(tower::Window),
    /// Thousandths of a token.
    Grpc(grpc::Tokens),
    /// Whole tokens.
    Aws(aws::Quota),
    /// Retries in flight.
    Envoy(envoy::Active),
    /// Requests and retries of late.
    Sre(sre::Counts),
    /// First tries and failed attempts so far.
    FailureRatio(failure_ratio::Counts),
}

/// What a caller has out to a callee, the call that asks not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InFlight {
    /// Sent and not answered.
    pub active: u32,
    /// Waiting for a connection.
    pub pending: u32,
}

/// A call asks for one retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// When.
    pub now: SimTime,
    /// How the attempt before it ended.
    pub outcome: Outcome,
    /// How many attempts of the call have ended.
    pub attempts: u32,
    /// What this caller has out; only [`Envoy`] looks at it.
    pub in_flight: InFlight,
}

macro_rules! mismatch {
    () => {
        unreachable!("a budget's state was made by the same settings")
    };
}

impl Budget {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Budget::Bucket(_) => "bucket",
            Budget::SuccessBucket(_) => "success_bucket",
            Budget::Finagle(_) => "finagle",
            Budget::Tower(_) => "tower",
            Budget::Grpc(_) => "grpc",
            Budget::Aws(_) => "aws",
            Budget::Envoy(_) => "envoy",
            Budget::Sre(_) => "sre",
            Budget::FailureRatio(_) => "failure_ratio",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Budget::Bucket(it) => it.check(),
            Budget::SuccessBucket(it) => it.check(),
            Budget::Finagle(it) => it.check(),
            Budget::Tower(it) => it.check(),
            Budget::Grpc(it) => it.check(),
            Budget::Aws(it) => it.check(),
            Budget::Envoy(it) => it.check(),
            Budget::Sre(it) => it.check(),
            Budget::FailureRatio(_) => Ok(()),
        }
    }

    /// Nothing used yet.
    pub fn start(&self) -> BudgetState {
        match self {
            Budget::Bucket(it) => BudgetState::Bucket(it.start()),
            Budget::SuccessBucket(it) => BudgetState::SuccessBucket(it.start()),
            Budget::Finagle(_) => BudgetState::Finagle(finagle::Window::default()),
            Budget::Tower(_) => BudgetState::Tower(tower::Window::default()),
            Budget::Grpc(it) => BudgetState::Grpc(it.start()),
            Budget::Aws(it) => BudgetState::Aws(it.start()),
            Budget::Envoy(_) => BudgetState::Envoy(envoy::Active::default()),
            Budget::Sre(_) => BudgetState::Sre(sre::Counts::default()),
            Budget::FailureRatio(_) => BudgetState::FailureRatio(failure_ratio::Counts::default()),
        }
    }

    /// A call begins: its first attempt is about to be sent.
    #[inline]
    pub fn on_call(&self, state: &mut BudgetState, now: SimTime) {
        match (self, state) {
            (Budget::Bucket(it), BudgetState::Bucket(tokens)) => it.on_call(tokens),
            (Budget::Finagle(it), BudgetState::Finagle(window)) => it.deposit(window, now),
            (Budget::Tower(it), BudgetState::Tower(window)) => it.deposit(window, now),
            (Budget::Sre(it), BudgetState::Sre(counts)) => it.on_call(counts, now),
            (Budget::FailureRatio(_), BudgetState::FailureRatio(counts)) => counts.on_call(),
            (Budget::SuccessBucket(_), BudgetState::SuccessBucket(_))
            | (Budget::Grpc(_), BudgetState::Grpc(_))
            | (Budget::Aws(_), BudgetState::Aws(_))
            | (Budget::Envoy(_), BudgetState::Envoy(_)) => (),
            _ => mismatch!(),
        }
    }

    /// An attempt ended, or the call was abandoned (`cancelled`). `charge` is what the call was charged for its last retry;
    /// what is due goes back.
    #[inline]
    pub fn settle(&self, state: &mut BudgetState, now: SimTime, outcome: Outcome, charge: &mut u32) {
        let _ = now;
        match (self, state) {
            (Budget::SuccessBucket(it), BudgetState::SuccessBucket(tokens)) => it.settle(tokens, outcome),
            (Budget::Grpc(it), BudgetState::Grpc(tokens)) => it.settle(tokens, outcome),
            (Budget::Aws(it), BudgetState::Aws(quota)) => it.settle(quota, outcome, charge),
            (Budget::Envoy(_), BudgetState::Envoy(active)) => active.settle(charge),
            (Budget::FailureRatio(_), BudgetState::FailureRatio(counts)) => counts.settle(outcome),
            (Budget::Bucket(_), BudgetState::Bucket(_))
            | (Budget::Finagle(_), BudgetState::Finagle(_))
            | (Budget::Tower(_), BudgetState::Tower(_))
            | (Budget::Sre(_), BudgetState::Sre(_)) => (),
            _ => mismatch!(),
        }
    }

    /// Asks for one retry; charges for it if it is allowed.
    #[inline]
    pub fn take(&self, state: &mut BudgetState, ask: &Ask, charge: &mut u32) -> bool {
        match (self, state) {
            (Budget::Bucket(it), BudgetState::Bucket(tokens)) => it.take(tokens),
            (Budget::SuccessBucket(it), BudgetState::SuccessBucket(tokens)) => it.take(tokens),
            (Budget::Finagle(it), BudgetState::Finagle(window)) => it.withdraw(window, ask.now),
            (Budget::Tower(it), BudgetState::Tower(window)) => it.withdraw(window, ask.now),
            (Budget::Grpc(it), BudgetState::Grpc(tokens)) => it.take(tokens),
            (Budget::Aws(it), BudgetState::Aws(quota)) => it.take(quota, ask.outcome, charge),
            (Budget::Envoy(it), BudgetState::Envoy(active)) => it.take(active, ask.in_flight, charge),
            (Budget::Sre(it), BudgetState::Sre(counts)) => it.take(counts, ask.now, ask.attempts),
            (Budget::FailureRatio(it), BudgetState::FailureRatio(counts)) => it.allows(counts),
            _ => mismatch!(),
        }
    }

    /// Asks for one more copy of a call of which none has failed. gRPC, whose failures take the tokens, only looks whether
    /// there are enough; for all others it is as a retry.
    #[inline]
    pub fn take_unprovoked(&self, state: &mut BudgetState, ask: &Ask, charge: &mut u32) -> bool {
        match (self, state) {
            (Budget::Grpc(it), BudgetState::Grpc(tokens)) => it.allows(tokens),
            (_, state) => self.take(state, ask, charge),
        }
    }
}

#[cfg(test)]
mod tests;
