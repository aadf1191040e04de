//! Retries: how many attempts they make of one call.

use super::erlang::erlang_b;
use super::power;

/// Mean attempts of a call whose attempts fail independently with probability `p`, with at most `attempts` of them.
pub fn attempts_mean(p: f64, attempts: u32) -> f64 {
    assert!(
        (0.0..=1.0).contains(&p) && attempts > 0,
        "a probability, and at least one attempt"
    );
    if p == 1.0 {
        f64::from(attempts)
    } else {
        (1.0 - power(p, attempts)) / (1.0 - p)
    }
}

/// The share of such calls that succeed in the end.
pub fn success_ratio(p: f64, attempts: u32) -> f64 {
    1.0 - power(p, attempts)
}

/// Attempts at the bottom of `layers` layers that each try `attempts` times, while the bottom always fails.
///
/// Source: B. Beyer et al., *Site Reliability Engineering* (2016), ch. 22.
pub fn nested_attempts(attempts: u32, layers: u32) -> u64 {
    u64::from(attempts).saturating_pow(layers)
}

/// Attempts per call in the long run where a bucket gains `deposit` for each call and a retry takes one token, and calls
/// fail more often than that: retries are what was deposited.
///
/// `burst` is what the bucket held at the start, spread over `calls` calls of its owner; leave it zero for the limit.
/// Source: M. Brooker, "Fixing retries with token buckets and circuit breakers" (2022).
pub fn budgeted_attempts_mean(deposit: f64, burst: f64, calls: f64) -> f64 {
    1.0 + deposit + burst / calls
}

/// Calls whose attempts each time out after `timeout` seconds and are retried at once, with exponential latency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedRetry {
    /// Mean attempts of a call.
    pub attempts_mean: f64,
    /// The share of calls that are answered in the end.
    pub success_ratio: f64,
    /// Mean time until the call is over, answered or not, in seconds (Wald's equation).
    pub elapsed_mean: f64,
}

/// See [`TimedRetry`]; `latency_mean` and `timeout` in seconds, at most `attempts` attempts.
pub fn timed_retry(latency_mean: f64, timeout: f64, attempts: u32) -> TimedRetry {
    let late = libm::exp(-timeout / latency_mean);
    let tries = attempts_mean(late, attempts);
    TimedRetry {
        attempts_mean: tries,
        success_ratio: success_ratio(late, attempts),
        elapsed_mean: tries * latency_mean * (1.0 - late),
    }
}

/// A loss system whose rejected requests come back after a long delay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retrial {
    /// Attempts per request.
    pub amplification: f64,
    /// The share of attempts that is rejected.
    pub reject_per_attempt: f64,
    /// The share of requests that is rejected for good.
    pub failure_ratio: f64,
}

/// The least fixed point of `x = a (1 + p + .. + p^r)`, `p = ErlangB(slots, x)`, for `first_try_erlangs` = a and at most
/// `attempts` = r + 1 attempts. Retries count as Poisson arrivals, which holds for delays far above the service time.
///
/// Source: J. W. Cohen, "Basic problems of telephone traffic theory and the influence of repeated calls", Philips
/// Telecommunication Review 18, 1957.
pub fn retrial(slots: u32, first_try_erlangs: f64, attempts: u32) -> Retrial {
    let mut erlangs = first_try_erlangs;
    for _ in 0..100_000 {
        // Rises from the load without retries to the first fixed point.
        let next = first_try_erlangs * attempts_mean(erlang_b(slots, erlangs), attempts);
        if (next - erlangs).abs() <= 1e-15 * next {
            break;
        }
        erlangs = next;
    }
    let rejected = erlang_b(slots, erlangs);
    Retrial {
        amplification: erlangs / first_try_erlangs,
        reject_per_attempt: rejected,
        failure_ratio: power(rejected, attempts),
    }
}

/// What arrives in second `second` (from 1) when all above `capacity` is rejected and comes back one second later for ever.
///
/// Source: B. Beyer et al., *Site Reliability Engineering* (2016), ch. 22.
pub fn growing_arrivals(offered: f64, capacity: f64, second: u32) -> f64 {
    offered + (offered - capacity).max(0.0) * f64::from(second.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn retry_p01_r3_and_p05_r3_and_nested_k3_r3() {
        assert_printed(attempts_mean(0.1, 4), 1.111);
        assert_printed(success_ratio(0.1, 4), 0.9999);
        assert_printed(attempts_mean(0.5, 4), 1.875);
        assert_printed(success_ratio(0.5, 4), 0.9375);
        assert_eq!(nested_attempts(4, 3), 64);
        assert_eq!(attempts_mean(1.0, 4), 4.0);
    }

    #[test]
    fn retry_fixedpoint_c10_a8_r2() {
        let retrial = retrial(10, 8.0, 3);
        assert_printed(retrial.amplification, 1.2725);
        assert_printed(retrial.reject_per_attempt, 0.22284);
        assert_printed(retrial.failure_ratio, 0.011066);
    }

    #[test]
    fn retry_budget_p05_b01() {
        let attempts = budgeted_attempts_mean(0.1, 0.0, 1.0);
        assert_printed(attempts, 1.1);
        assert_printed(attempts * 0.5, 0.55);
    }

    /// The published simulator's single runs, within the table's bands.
    #[test]
    fn brooker_retry_strategies() {
        let within = |value: f64, expected: f64, band: f64| assert!((value / expected - 1.0).abs() <= band, "{value}");
        within(success_ratio(0.1, 1), 0.9027, 0.02);
        within(success_ratio(0.5, 1), 0.50496, 0.02);
        within(success_ratio(0.1, 4), 0.99965, 0.02);
        within(attempts_mean(0.1, 4), 1.1097, 0.02);
        within(success_ratio(0.5, 4), 0.93722, 0.02);
        within(attempts_mean(0.5, 4), 1.8758, 0.02);
        let attempts = budgeted_attempts_mean(0.1, 5.0, 200.0);
        within(attempts, 1.1212, 0.02);
        within(attempts * 0.5, 0.56499, 0.02);
    }

    #[test]
    fn retry_timeout_exp() {
        let retry = timed_retry(0.05, 0.1, 3);
        assert_printed(retry.attempts_mean, 1.1537);
        assert_printed(retry.success_ratio, 0.99752);
        assert_printed(retry.elapsed_mean, 0.049876);
    }

    #[test]
    fn sre_retry_growth() {
        assert_eq!(growing_arrivals(10_100.0, 10_000.0, 2), 10_200.0);
        assert_eq!(growing_arrivals(10_100.0, 10_000.0, 3), 10_300.0);
        assert_eq!(growing_arrivals(10_100.0, 10_000.0, 10) - 10_000.0, 1_000.0);
    }
}
