//! Closed forms: what theory says about the systems that it can solve, to check the engine and to answer without running.
//!
//! Rates are per second, lengths in seconds, shares in `0..=1`. Everything rests on `libm`: the same bits everywhere.
//! Arguments outside the stated range are the caller's mistake and panic; a queue that grows without end is an
//! [`Unstable`] error. Tests give the values of the validation table to its printed digits, and name its cases.

pub mod abandonment;
pub mod availability;
pub mod backoff;
pub mod cache;
pub mod choices;
pub mod closed;
pub mod detection;
pub mod erlang;
pub mod fork_join;
pub mod gim1;
pub mod hedge;
pub mod md1;
pub mod mg1;
pub mod mm1;
pub mod mmc;
pub mod mmck;
mod numeric;
pub mod order;
pub mod overload;
pub mod retry;
pub mod scalability;
pub mod series;
pub mod sharding;
pub mod sharing;
pub mod shortest_queue;
pub mod token_bucket;

/// More arrives than can be served: the queue grows without end and has no steady state.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("unstable: {arrival_rate_per_s}/s arrive and at most {capacity_per_s}/s can be served")]
pub struct Unstable {
    /// Arrivals per second.
    pub arrival_rate_per_s: f64,
    /// The most that can be served per second.
    pub capacity_per_s: f64,
}

/// Checks that the rates make a stable queue, and gives the utilization.
fn stable(arrival_rate_per_s: f64, capacity_per_s: f64) -> Result<f64, Unstable> {
    assert!(
        arrival_rate_per_s >= 0.0 && arrival_rate_per_s.is_finite(),
        "an arrival rate is zero or more"
    );
    assert!(
        capacity_per_s > 0.0 && capacity_per_s.is_finite(),
        "a service rate is above zero"
    );
    if arrival_rate_per_s >= capacity_per_s {
        return Err(Unstable {
            arrival_rate_per_s,
            capacity_per_s,
        });
    }
    Ok(arrival_rate_per_s / capacity_per_s)
}

/// `x^n` by squaring: multiplications only.
fn power(x: f64, n: u32) -> f64 {
    let (mut result, mut square, mut left) = (1.0, x, n);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

/// Asserts that `value` prints as `expected` does at five significant digits.
#[cfg(test)]
#[track_caller]
fn assert_printed(value: f64, expected: f64) {
    let digits = libm::floor(libm::log10(expected.abs())) - 4.0;
    let half = 0.500_001 * libm::pow(10.0, digits);
    assert!((value - expected).abs() <= half, "{value} is not {expected}");
}
