//! M/M/c/K: as M/M/c, but at most `K` in the system; arrivals beyond are rejected.
//!
//! Source: L. Kleinrock, *Queueing Systems* vol. 1 (1975), ch. 3.

use super::numeric::tail_quantile;
use crate::dist::special::{gamma_p, gamma_q};

/// A bounded queue; always has a steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmck {
    arrival_rate: f64,
    service_rate: f64,
    workers: u32,
    /// The share of time with 0, 1, ... K in the system.
    share: Vec<f64>,
}

impl Mmck {
    /// Arrivals per second, services per second of one worker, workers (at least one), and the most in the system, those
    /// in service included (at least `workers`).
    pub fn new(arrival_rate: f64, service_rate: f64, workers: u32, capacity: u32) -> Mmck {
        assert!(arrival_rate > 0.0 && service_rate > 0.0, "rates are above zero");
        assert!(workers > 0 && capacity >= workers, "a worker and a place for it");
        let rate_down = |n: usize| service_rate * (n as f64).min(f64::from(workers));
        let share = birth_death(capacity as usize, |_| arrival_rate, rate_down);
        Mmck {
            arrival_rate,
            service_rate,
            workers,
            share,
        }
    }

    /// The share of time with `n` in the system, for `n` from 0 to the capacity.
    pub fn time_share(&self) -> &[f64] {
        &self.share
    }

    /// The share of arrivals that is rejected.
    pub fn reject_ratio(&self) -> f64 {
        self.share[self.share.len() - 1]
    }

    /// Requests served per second.
    pub fn throughput(&self) -> f64 {
        self.arrival_rate * (1.0 - self.reject_ratio())
    }

    /// The busy fraction of the workers.
    pub fn utilization(&self) -> f64 {
        self.throughput() / (self.service_rate * f64::from(self.workers))
    }

    /// Mean number in the system.
    pub fn in_system_mean(&self) -> f64 {
        self.share.iter().enumerate().map(|(n, share)| n as f64 * share).sum()
    }

    /// Mean response time of those accepted, in seconds (Little's law).
    pub fn response_mean(&self) -> f64 {
        self.in_system_mean() / self.throughput()
    }

    /// The probability that one accepted takes above `t` seconds: its wait is Erlang, by how many it found.
    pub fn response_tail(&self, t: f64) -> f64 {
        let (mu, all) = (self.service_rate, self.service_rate * f64::from(self.workers));
        let found = &self.share[..self.share.len() - 1];
        let tails = found.iter().enumerate().map(|(n, share)| {
            let ahead = (n + 1).saturating_sub(self.workers as usize) as f64;
            let tail = if ahead == 0.0 {
                libm::exp(-mu * t)
            } else if self.workers == 1 {
                gamma_q(ahead + 1.0, mu * t)
            } else {
                let more = libm::exp(ahead * libm::log(all / (all - mu)) - mu * t);
                gamma_q(ahead, all * t) + more * gamma_p(ahead, (all - mu) * t)
            };
            share * tail
        });
        tails.sum::<f64>() / (1.0 - self.reject_ratio())
    }

    /// Quantile `p` of the response time of those accepted, in seconds.
    pub fn response_quantile(&self, p: f64) -> f64 {
        tail_quantile(|t| self.response_tail(t), p, self.response_mean())
    }
}

/// The steady state of a birth-death chain on `0..=last`: `up(n)` leads from n to n + 1, `down(n)` from n to n - 1.
pub fn birth_death(last: usize, up: impl Fn(usize) -> f64, down: impl Fn(usize) -> f64) -> Vec<f64> {
    let (mut weights, mut weight) = (vec![1.0], 1.0);
    for n in 1..=last {
        weight *= up(n - 1) / down(n);
        weights.push(weight);
        if weight > 1e250 {
            weights.iter_mut().for_each(|it| *it /= weight);
            weight = 1.0;
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;
    use crate::theory::mmc::Mmc;

    #[test]
    fn mmck_c1_k10_rho12() {
        let queue = Mmck::new(120.0, 100.0, 1, 10);
        assert_printed(queue.reject_ratio(), 0.19259);
        assert_printed(queue.throughput(), 96.89);
        assert_printed(queue.in_system_mean(), 6.7107);
        assert_printed(queue.response_mean(), 0.069261);
        assert_printed(queue.response_quantile(0.99), 0.16668);
        assert_printed(queue.utilization(), 0.9689);
    }

    #[test]
    fn mmck_c4_k8_rho09() {
        let queue = Mmck::new(360.0, 100.0, 4, 8);
        assert_printed(queue.reject_ratio(), 0.096636);
        assert_printed(queue.throughput(), 325.21);
        assert_printed(queue.in_system_mean(), 4.3319);
        assert_printed(queue.response_mean(), 0.01332);
        assert_printed(queue.response_quantile(0.99), 0.050791);
        assert_printed(queue.utilization(), 0.81303);
    }

    #[test]
    fn a_large_bound_is_no_bound() {
        let (bounded, free) = (Mmck::new(280.0, 100.0, 4, 400), Mmc::new(280.0, 100.0, 4).unwrap());
        assert!((bounded.response_quantile(0.99) / free.response_quantile(0.99) - 1.0).abs() < 1e-9);
        assert!((Mmck::new(1e6, 1.0, 1, 1000).in_system_mean() - 1000.0).abs() < 1e-3);
    }
}
