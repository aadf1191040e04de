//! M/M/1: Poisson arrivals, one first-come-first-served worker, exponential service.
//!
//! Source: M. Harchol-Balter, *Performance Modeling and Design of Computer Systems* (2013), ch. 13.

use super::{Unstable, power, stable};

/// A stable M/M/1 queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    arrival_rate: f64,
    service_rate: f64,
}

impl Mm1 {
    /// Both rates per second and positive; fails if `arrival_rate >= service_rate`.
    pub fn new(arrival_rate: f64, service_rate: f64) -> Result<Mm1, Unstable> {
        stable(arrival_rate, service_rate)?;
        Ok(Mm1 {
            arrival_rate,
            service_rate,
        })
    }

    /// The busy fraction of the worker.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate / self.service_rate
    }

    /// Mean response time in seconds.
    pub fn response_mean(&self) -> f64 {
        1.0 / (self.service_rate - self.arrival_rate)
    }

    /// Quantile `p` of the response time, which is exponential, in seconds.
    pub fn response_quantile(&self, p: f64) -> f64 {
        -libm::log1p(-p) * self.response_mean()
    }

    /// The probability of a response time above `t` seconds.
    pub fn response_tail(&self, t: f64) -> f64 {
        libm::exp(-t / self.response_mean())
    }

    /// Mean waiting time in seconds.
    pub fn wait_mean(&self) -> f64 {
        self.utilization() * self.response_mean()
    }

    /// Quantile `p` of the waiting time in seconds; zero up to the share of those that need not wait.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        (libm::log(self.utilization()) - libm::log1p(-p)).max(0.0) * self.response_mean()
    }

    /// Mean number in the system.
    pub fn in_system_mean(&self) -> f64 {
        self.arrival_rate * self.response_mean()
    }

    /// Mean number waiting.
    pub fn in_queue_mean(&self) -> f64 {
        self.arrival_rate * self.wait_mean()
    }

    /// The probability of `n` or more in the system.
    pub fn at_least(&self, n: u32) -> f64 {
        power(self.utilization(), n)
    }

    /// Goodput per second where only answers within `timeout` seconds count, but all work is done.
    pub fn goodput(&self, timeout: f64) -> f64 {
        self.arrival_rate * (1.0 - self.response_tail(timeout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn mm1_rho05_and_mm1_rho08() {
        let queue = Mm1::new(50.0, 100.0).unwrap();
        assert_printed(queue.response_mean(), 0.02);
        assert_printed(queue.response_quantile(0.5), 0.013863);
        assert_printed(queue.response_quantile(0.99), 0.092103);
        assert_printed(queue.response_quantile(0.999), 0.13816);
        assert_printed(queue.wait_mean(), 0.01);
        assert_printed(queue.in_system_mean(), 1.0);
        assert_printed(queue.in_queue_mean(), 0.5);
        assert_printed(queue.utilization(), 0.5);
        assert_printed(queue.at_least(10), 0.00097656);
        let queue = Mm1::new(80.0, 100.0).unwrap();
        assert_printed(queue.response_mean(), 0.05);
        assert_printed(queue.response_quantile(0.5), 0.034657);
        assert_printed(queue.response_quantile(0.99), 0.23026);
        assert_printed(queue.response_quantile(0.999), 0.34539);
        assert_printed(queue.wait_mean(), 0.04);
        assert_printed(queue.in_system_mean(), 4.0);
        assert_printed(queue.in_queue_mean(), 3.2);
        assert_printed(queue.at_least(10), 0.10737);
        assert!((libm::exp(-queue.wait_quantile(0.99) * 20.0) * 0.8 - 0.01).abs() < 1e-12);
        assert_eq!(queue.wait_quantile(0.1), 0.0);
    }

    #[test]
    fn timeout_mm1_wasted() {
        let queue = Mm1::new(80.0, 100.0).unwrap();
        assert_printed(queue.response_tail(0.2), 0.018316);
        assert_printed(queue.goodput(0.2), 78.535);
    }

    #[test]
    fn a_full_worker_has_no_steady_state() {
        let error = Mm1::new(100.0, 100.0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unstable: 100/s arrive and at most 100/s can be served"
        );
    }
}
