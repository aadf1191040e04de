//! M/D/1: Poisson arrivals, one first-come-first-served worker, constant service time.

use super::numeric::poisson;
use super::{Unstable, stable};
use crate::dist::special::{gamma_p, quantile_of};

/// A stable M/D/1 queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Md1 {
    arrival_rate: f64,
    service: f64,
}

impl Md1 {
    /// Arrivals per second and the service time in seconds; fails if their product is not below one.
    pub fn new(arrival_rate: f64, service: f64) -> Result<Md1, Unstable> {
        stable(arrival_rate, 1.0 / service)?;
        Ok(Md1 { arrival_rate, service })
    }

    /// The busy fraction of the worker.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate * self.service
    }

    /// Mean waiting time in seconds (Pollaczek and Khinchine).
    pub fn wait_mean(&self) -> f64 {
        self.utilization() * self.service / (2.0 * (1.0 - self.utilization()))
    }

    /// Mean response time in seconds.
    pub fn response_mean(&self) -> f64 {
        self.wait_mean() + self.service
    }

    /// The probability of a wait of at most `t` seconds.
    ///
    /// Erlang's alternating series loses all digits under load; this form has positive terms only. With
    /// `(k-1) D <= t < k D` it is the sum over `j < k` of P(at most k-1-j wait) × P(j arrivals in `k D - t`).
    /// Source: G. J. Franx, "A simple solution for the M/D/c waiting time distribution", Oper. Res. Letters 29, 2001.
    pub fn wait_cdf(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 0.0;
        }
        let k = libm::floor(t / self.service) as u32 + 1;
        let left = (f64::from(k) * self.service - t).max(0.0) * self.arrival_rate;
        let states = embedded(self.utilization(), k as usize + 1);
        let mut at_most = (1.0 - self.utilization()) * states[0];
        let waiting: Vec<f64> = states[1..]
            .iter()
            .map(|state| {
                at_most += (1.0 - self.utilization()) * state;
                at_most
            })
            .collect();
        (0..k)
            .map(|j| waiting[(k - 1 - j) as usize] * poisson(j, left))
            .sum::<f64>()
            .min(1.0)
    }

    /// Quantile `p` of the waiting time in seconds.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        quantile_of(|t| self.wait_cdf(t), p, self.service)
    }
}

/// How many a departing request leaves behind, 0 to `count - 1`, relative to none: the chain of M/D/1 at departures.
///
/// By balancing the flows over each cut, so nothing is subtracted.
pub(super) fn embedded(utilization: f64, count: usize) -> Vec<f64> {
    // At least n arrivals during one service.
    let at_least = |n: usize| gamma_p(n as f64, utilization);
    let arrivals: Vec<f64> = (0..=count).map(|n| if n == 0 { 1.0 } else { at_least(n) }).collect();
    let none = libm::exp(-utilization);
    let mut states = vec![1.0];
    for n in 1..count {
        let up: f64 = (1..n).map(|i| states[i] * arrivals[n - i + 1]).sum();
        states.push((arrivals[n] + up) / none);
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn md1_rho07() {
        let queue = Md1::new(70.0, 0.01).unwrap();
        assert_printed(queue.wait_mean(), 0.011667);
        assert_printed(queue.response_mean(), 0.021667);
        assert_printed(queue.wait_quantile(0.99), 0.064855);
        assert_printed(queue.wait_cdf(0.0), 0.3);
    }

    #[test]
    fn the_cdf_is_erlangs_series_where_that_can_be_computed() {
        let queue = Md1::new(70.0, 0.01).unwrap();
        for t in [0.003, 0.01, 0.0251, 0.04] {
            let (mut sum, mut factorial) = (0.0, 1.0);
            for j in 0..=(t / 0.01 + 1e-9) as u32 {
                let x = 70.0 * (t - f64::from(j) * 0.01);
                factorial *= f64::from(j.max(1));
                sum += libm::pow(-x, f64::from(j)) / factorial * libm::exp(x);
            }
            assert!((queue.wait_cdf(t) - 0.3 * sum).abs() < 1e-12, "{t}");
        }
    }

    #[test]
    fn the_mean_is_the_integral_of_the_tail_even_under_load() {
        let queue = Md1::new(95.0, 0.01).unwrap();
        let step = 0.001;
        let mean: f64 = (0..2_000)
            .map(|i| step * (1.0 - queue.wait_cdf((f64::from(i) + 0.5) * step)))
            .sum();
        assert!(
            (mean / queue.wait_mean() - 1.0).abs() < 1e-4,
            "{mean} {}",
            queue.wait_mean()
        );
    }
}
