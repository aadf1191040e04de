//! Token bucket: how much of a Poisson stream a rate limiter turns away.

use super::md1::embedded;

/// The share of Poisson arrivals rejected by a bucket of `burst` (whole, at least one) tokens that refills at
/// `refill_rate` per second without steps.
///
/// The missing tokens behave as the work in an M/D/1 queue that holds at most `burst` requests, so this is its loss.
/// Source: H. Takagi, *Queueing Analysis* vol. 2 (1993), M/G/1/K.
pub fn reject_ratio(arrival_rate: f64, refill_rate: f64, burst: u32) -> f64 {
    assert!(
        arrival_rate > 0.0 && refill_rate > 0.0 && burst > 0,
        "rates above zero and a token"
    );
    let utilization = arrival_rate / refill_rate;
    let states = embedded(utilization, burst as usize);
    let none = 1.0 / states.iter().rev().sum::<f64>();
    1.0 - 1.0 / (none + utilization)
}

/// What a full bucket admits in `duration` seconds of far more arrivals than it refills.
pub fn admitted_when_flooded(refill_rate: f64, burst: u32, duration: f64) -> f64 {
    f64::from(burst) + refill_rate * duration
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn tokenbucket_l120_b10() {
        let rejected = reject_ratio(120.0, 100.0, 10);
        assert_printed(rejected, 0.17091);
        assert_printed(120.0 * (1.0 - rejected), 99.491);
    }

    #[test]
    fn tokenbucket_saturated() {
        assert_eq!(admitted_when_flooded(50.0, 25, 10.0), 525.0);
    }

    #[test]
    fn one_token_is_a_server_without_a_queue() {
        assert!((reject_ratio(50.0, 100.0, 1) - 0.5 / 1.5).abs() < 1e-12);
    }
}
