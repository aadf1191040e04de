//! M/M/c: Poisson arrivals, `c` exponential workers on one first-come-first-served queue.
//!
//! Source: M. Harchol-Balter, *Performance Modeling and Design of Computer Systems* (2013), ch. 14.

use super::erlang::erlang_c;
use super::numeric::tail_quantile;
use super::{Unstable, stable};

/// A stable M/M/c queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    arrival_rate: f64,
    service_rate: f64,
    workers: u32,
    waits: f64,
}

impl Mmc {
    /// Arrivals per second, services per second of one worker, and how many workers (at least one).
    pub fn new(arrival_rate: f64, service_rate: f64, workers: u32) -> Result<Mmc, Unstable> {
        assert!(workers > 0, "a queue has at least one worker");
        stable(arrival_rate, service_rate * f64::from(workers))?;
        let waits = erlang_c(workers, arrival_rate / service_rate)?;
        Ok(Mmc {
            arrival_rate,
            service_rate,
            workers,
            waits,
        })
    }

    /// How fast the wait of those that do wait falls off, per second.
    fn spare_rate(&self) -> f64 {
        self.service_rate * f64::from(self.workers) - self.arrival_rate
    }

    /// The busy fraction of the workers.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate / (self.service_rate * f64::from(self.workers))
    }

    /// The share that has to wait (Erlang C).
    pub fn wait_probability(&self) -> f64 {
        self.waits
    }

    /// Mean waiting time in seconds.
    pub fn wait_mean(&self) -> f64 {
        self.waits / self.spare_rate()
    }

    /// Quantile `p` of the waiting time in seconds.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        ((libm::log(self.waits) - libm::log1p(-p)) / self.spare_rate()).max(0.0)
    }

    /// Mean number waiting.
    pub fn in_queue_mean(&self) -> f64 {
        self.arrival_rate * self.wait_mean()
    }

    /// Mean response time in seconds.
    pub fn response_mean(&self) -> f64 {
        self.wait_mean() + 1.0 / self.service_rate
    }

    /// The probability of a response time above `t` seconds.
    pub fn response_tail(&self, t: f64) -> f64 {
        let difference = self.spare_rate() - self.service_rate;
        // (1 - e^(-difference t)) / difference, which is t where the two rates are equal.
        let excess = if difference == 0.0 {
            t
        } else {
            -libm::expm1(-difference * t) / difference
        };
        libm::exp(-self.service_rate * t) * (1.0 + self.waits * self.service_rate * excess)
    }

    /// Quantile `p` of the response time in seconds.
    pub fn response_quantile(&self, p: f64) -> f64 {
        tail_quantile(|t| self.response_tail(t), p, self.response_mean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;
    use crate::theory::mm1::Mm1;

    #[test]
    fn mmc_c2_rho08_and_c8_rho08_and_c4_rho07() {
        let cases: [(f64, u32, [f64; 8]); 3] = [
            (
                160.0,
                2,
                [0.71111, 0.017778, 0.027778, 0.0204, 0.11937, 0.17694, 2.8444, 0.10661],
            ),
            (
                640.0,
                8,
                [
                    0.45764, 0.0028603, 0.01286, 0.0098633, 0.051522, 0.074697, 1.8306, 0.023897,
                ],
            ),
            (
                280.0,
                4,
                [
                    0.42865, 0.0035721, 0.013572, 0.010285, 0.054926, 0.079017, 1.0002, 0.031317,
                ],
            ),
        ];
        for (arrival_rate, workers, expected) in cases {
            let queue = Mmc::new(arrival_rate, 100.0, workers).unwrap();
            let measured = [
                queue.wait_probability(),
                queue.wait_mean(),
                queue.response_mean(),
                queue.response_quantile(0.5),
                queue.response_quantile(0.99),
                queue.response_quantile(0.999),
                queue.in_queue_mean(),
                queue.wait_quantile(0.99),
            ];
            for (measured, expected) in measured.into_iter().zip(expected) {
                assert_printed(measured, expected);
            }
        }
    }

    #[test]
    fn pool_vs_split() {
        let pooled = Mmc::new(800.0, 100.0, 10).unwrap();
        let split = Mm1::new(80.0, 100.0).unwrap();
        assert_printed(pooled.response_mean(), 0.012046);
        assert_printed(split.response_mean(), 0.05);
        assert_printed(split.wait_mean() / pooled.wait_mean(), 19.551);
    }

    #[test]
    fn one_worker_is_an_mm1_and_equal_rates_are_no_special_case() {
        let (one, mm1) = (Mmc::new(80.0, 100.0, 1).unwrap(), Mm1::new(80.0, 100.0).unwrap());
        assert!((one.response_quantile(0.99) / mm1.response_quantile(0.99) - 1.0).abs() < 1e-12);
        let (equal, nearly) = (
            Mmc::new(100.0, 100.0, 2).unwrap(),
            Mmc::new(100.0 + 1e-7, 100.0, 2).unwrap(),
        );
        assert!((equal.response_tail(0.03) - nearly.response_tail(0.03)).abs() < 1e-8);
    }
}
