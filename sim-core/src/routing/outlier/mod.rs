//! Outlier detection: a caller takes out a replica that does worse than the others, for a while, and looks at nothing
//! but the answers it gets.
//!
//! It sees each result of each replica and runs a timer; it decides who is *ejected*. An ejected replica finishes what
//! it has, and is picked again when its time is over. A cap protects the rest: with the usual 10 %, Envoy ejects nobody
//! of fewer than ten, gRPC one of any number. If too few are left, a balancer may stop believing in health at all (see
//! [`panics`]).
//!
//! One file a kind, each with settings and state of its own; this file is the one `match`. Replicas are slots, numbered
//! as [`View::slot`](super::View::slot) does; a slot may leave and join.

pub mod envoy;
pub mod grpc;
mod istio;

pub use envoy::Envoy;
pub use grpc::Grpc;
pub use istio::Istio;

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::rng::Draw;
use crate::time::SimTime;

/// Settings of outlier detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlier {
    /// As Envoy, and with it Istio.
    Envoy(Envoy),
    /// As gRPC (proposal A50).
    Grpc(Grpc),
}

/// What is known of each replica; one for each caller instance and callee.
#[derive(Clone, Debug, PartialEq)]
pub enum OutlierState {
    /// As Envoy.
    Envoy(envoy::State),
    /// As gRPC.
    Grpc(grpc::State),
}

/// Why a replica was taken out or let back in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// Too many server errors in a row.
    Consecutive5xx,
    /// Too many gateway failures in a row.
    ConsecutiveGatewayFailure,
    /// Too many failures on the caller's side in a row.
    ConsecutiveLocalOriginFailure,
    /// It succeeds less often than the others.
    SuccessRate,
    /// It fails too often.
    FailurePercentage,
    /// Its time is over.
    TimeOver,
    /// An active health check passed.
    HealthCheck,
}

impl Cause {
    /// The name used in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Consecutive5xx => "consecutive_5xx",
            Cause::ConsecutiveGatewayFailure => "consecutive_gateway_failure",
            Cause::ConsecutiveLocalOriginFailure => "consecutive_local_origin_failure",
            Cause::SuccessRate => "success_rate",
            Cause::FailurePercentage => "failure_percentage",
            Cause::TimeOver => "time_over",
            Cause::HealthCheck => "health_check",
        }
    }
}

/// A replica is taken out or let back in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub slot: usize,
    /// Whether it is out now.
    pub ejected: bool,
    /// Why.
    pub cause: Cause,
}

impl Change {
    const fn eject(slot: usize, cause: Cause) -> Change {
        Change {
            slot,
            ejected: true,
            cause,
        }
    }

    const fn let_in(slot: usize, cause: Cause) -> Change {
        Change {
            slot,
            ejected: false,
            cause,
        }
    }
}

macro_rules! machine {
    ($outlier:expr, $state:expr, $it:ident, $of:ident => $call:expr) => {
        match ($outlier, $state) {
            (Outlier::Envoy($it), OutlierState::Envoy($of)) => $call,
            (Outlier::Grpc($it), OutlierState::Grpc($of)) => $call,
            _ => unreachable!("an outlier detector's state was made by the same settings"),
        }
    };
}

impl Outlier {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Outlier::Envoy(_) => "envoy",
            Outlier::Grpc(_) => "grpc",
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Outlier::Envoy(it) => it.check(),
            Outlier::Grpc(it) => it.check(),
        }
    }

    /// Nothing known of this many slots at `now`, the first `members` of which are there.
    pub fn start(&self, slots: usize, members: usize, now: SimTime) -> OutlierState {
        match self {
            Outlier::Envoy(it) => OutlierState::Envoy(it.start(slots, members, now)),
            Outlier::Grpc(it) => OutlierState::Grpc(it.start(slots, members, now)),
        }
    }

    /// A call to this replica has ended. May draw, once or twice, if the replica could be ejected for it.
    #[inline]
    pub fn settle(
        &self,
        state: &mut OutlierState,
        now: SimTime,
        slot: usize,
        outcome: Outcome,
        draw: &mut impl Draw,
    ) -> Option<Change> {
        match (self, state) {
            (Outlier::Envoy(it), OutlierState::Envoy(of)) => it.settle(of, now, slot, outcome, draw),
            (Outlier::Grpc(it), OutlierState::Grpc(of)) => {
                it.settle(of, slot, outcome);
                None
            }
            _ => unreachable!("an outlier detector's state was made by the same settings"),
        }
    }

    /// An active health check of this replica has passed: Envoy lets it back in.
    pub fn check_passed(&self, state: &mut OutlierState, now: SimTime, slot: usize) -> Option<Change> {
        match (self, state) {
            (Outlier::Envoy(it), OutlierState::Envoy(of)) => it.check_passed(of, now, slot),
            _ => None,
        }
    }

    /// When it next looks at all replicas.
    #[inline]
    pub fn next_tick(&self, state: &OutlierState) -> SimTime {
        machine!(self, state, it, of => it.next_tick(of))
    }

    /// That instant has come. Each change is told, in the order in which it happens.
    pub fn tick(&self, state: &mut OutlierState, now: SimTime, draw: &mut impl Draw, tell: impl FnMut(Change)) {
        machine!(self, state, it, of => it.tick(of, now, draw, tell));
    }
}

impl OutlierState {
    /// Whether the replica is out.
    #[inline]
    pub fn is_ejected(&self, slot: usize) -> bool {
        match self {
            OutlierState::Envoy(it) => it.is_ejected(slot),
            OutlierState::Grpc(it) => it.is_ejected(slot),
        }
    }

    /// How many are out.
    pub fn ejected(&self) -> u32 {
        match self {
            OutlierState::Envoy(it) => it.ejected(),
            OutlierState::Grpc(it) => it.ejected(),
        }
    }

    /// A replica appears in this slot; nothing is known of it.
    pub fn join(&mut self, slot: usize) {
        match self {
            OutlierState::Envoy(it) => it.join(slot),
            OutlierState::Grpc(it) => it.join(slot),
        }
    }

    /// The replica in this slot is gone.
    pub fn leave(&mut self, slot: usize) {
        match self {
            OutlierState::Envoy(it) => it.leave(slot),
            OutlierState::Grpc(it) => it.leave(slot),
        }
    }
}

/// Whether a balancer ignores health and ejections because fewer than `threshold_percent` of the replicas are
/// available. A threshold of 0 never panics. Envoy's `healthy_panic_threshold` is 50.
///
/// Source: Envoy, "Panic threshold" of its load balancing documentation.
#[inline]
pub fn panics(available: u32, members: u32, threshold_percent: u32) -> bool {
    u64::from(available) * 100 < u64::from(members) * u64::from(threshold_percent)
}

/// Successes and calls of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    successes: u32,
    calls: u32,
}

impl Tally {
    fn add(&mut self, success: bool) {
        self.successes += u32::from(success);
        self.calls += 1;
    }

    /// Successes of a hundred calls. Not to be asked of no calls.
    fn rate(self) -> f64 {
        f64::from(self.successes) * 100.0 / f64::from(self.calls)
    }
}

/// How many rates there are, and the rate below which one is an outlier: mean less `factor` (in thousandths) standard
/// deviations of the population.
fn success_rate_threshold(rates: impl Iterator<Item = f64> + Clone, factor: u32) -> (u32, f64) {
    let (count, sum) = rates.clone().fold((0u32, 0.0), |(n, sum), rate| (n + 1, sum + rate));
    let mean = sum / f64::from(count);
    let squares = rates.fold(0.0, |sum, rate| sum + (rate - mean) * (rate - mean));
    let deviation = (squares / f64::from(count)).sqrt();
    (count, mean - deviation * (f64::from(factor) / 1000.0))
}

#[cfg(test)]
mod tests;
