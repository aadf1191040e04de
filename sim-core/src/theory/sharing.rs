//! M/G/1 with processor sharing: one server shared equally by all requests in progress.
//!
//! Only the mean of the service time matters. Source: M. Harchol-Balter, *Performance Modeling and Design of Computer
//! Systems* (2013), ch. 30.

use super::{Unstable, power, stable};

/// Mean slowdown, response time over service time: `1 / (1 - utilization)`, for requests of every size.
pub fn slowdown_mean(arrival_rate: f64, service_mean: f64) -> Result<f64, Unstable> {
    Ok(1.0 / (1.0 - stable(arrival_rate, 1.0 / service_mean)?))
}

/// Mean response time in seconds.
pub fn response_mean(arrival_rate: f64, service_mean: f64) -> Result<f64, Unstable> {
    Ok(service_mean * slowdown_mean(arrival_rate, service_mean)?)
}

/// The probability of `n` or more in the system.
pub fn at_least(arrival_rate: f64, service_mean: f64, n: u32) -> Result<f64, Unstable> {
    Ok(power(stable(arrival_rate, 1.0 / service_mean)?, n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn ps_rho08_exponential() {
        assert_printed(response_mean(40.0, 0.02).unwrap(), 0.1);
        assert_printed(slowdown_mean(40.0, 0.02).unwrap(), 5.0);
        assert_printed(1.0 - at_least(40.0, 0.02, 1).unwrap(), 0.2);
        assert_printed(at_least(40.0, 0.02, 5).unwrap(), 0.32768);
    }
}
