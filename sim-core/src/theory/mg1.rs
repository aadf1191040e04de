//! M/G/1: Poisson arrivals, one first-come-first-served worker, any service time.

use super::numeric::tail_quantile;
use super::{Unstable, stable};
use crate::dist::Dist;
use crate::dist::special::quantile_of;

/// Mean waiting time in seconds, by the formula of Pollaczek and Khinchine.
///
/// `arrival_rate` per second, `service_mean` in seconds, `service_cv` the coefficient of variation of the service time.
/// Source: L. Kleinrock, *Queueing Systems* vol. 1 (1975), ch. 5.
pub fn wait_mean(arrival_rate: f64, service_mean: f64, service_cv: f64) -> Result<f64, Unstable> {
    let utilization = stable(arrival_rate, 1.0 / service_mean)?;
    Ok(utilization * service_mean * (1.0 + service_cv * service_cv) / (2.0 * (1.0 - utilization)))
}

/// The wait where a share `p_fast` of services is a fast exponential and the rest a slow one: M/H2/1.
///
/// Its tail is a sum of two exponentials, from the roots of the transform's denominator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mh2 {
    terms: [(f64, f64); 2],
}

impl Mh2 {
    /// Arrivals per second, the share of fast services (above 0 and below 1), and both means in seconds (not equal).
    pub fn new(arrival_rate: f64, p_fast: f64, fast_mean: f64, slow_mean: f64) -> Result<Mh2, Unstable> {
        assert!(
            p_fast > 0.0 && p_fast < 1.0 && fast_mean != slow_mean,
            "two kinds of service"
        );
        let (m1, m2) = (1.0 / fast_mean, 1.0 / slow_mean);
        let utilization = stable(arrival_rate, 1.0 / (p_fast * fast_mean + (1.0 - p_fast) * slow_mean))?;
        // s^2 + linear s + constant has the roots -r1 and -r2.
        let (linear, constant) = (m1 + m2 - arrival_rate, m1 * m2 * (1.0 - utilization));
        let large = (linear + (linear * linear - 4.0 * constant).sqrt()) / 2.0;
        let small = constant / large;
        let term = |r: f64, other: f64| ((1.0 - utilization) * (m1 - r) * (m2 - r) / ((other - r) * r), r);
        Ok(Mh2 {
            terms: [term(small, large), term(large, small)],
        })
    }

    /// The probability of a wait above `t` seconds.
    pub fn wait_tail(&self, t: f64) -> f64 {
        self.terms
            .iter()
            .map(|(share, rate)| share * libm::exp(-rate * t))
            .sum()
    }

    /// Mean waiting time in seconds.
    pub fn wait_mean(&self) -> f64 {
        self.terms.iter().map(|(share, rate)| share / rate).sum()
    }

    /// Quantile `p` of the waiting time in seconds.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        tail_quantile(|t| self.wait_tail(t), p, self.wait_mean())
    }
}

/// Response times of M/G/1 for any service distribution, on a grid.
///
/// The wait is a geometric number of residual services: `W = (1 - rho) sum rho^n R^(n)`, summed by the recursion of a
/// compound geometric distribution (H. Panjer, ASTIN Bulletin 12, 1981). The error falls with the square of the step.
#[derive(Clone, Debug)]
pub struct Mg1 {
    service: Dist,
    step_ns: f64,
    /// The probability of a wait of 0, 1, 2 ... steps.
    wait: Vec<f64>,
}

impl Mg1 {
    /// `step` is in seconds, a hundredth of the mean service time is fine; waits beyond `horizon` seconds are left out.
    /// The time this takes grows with the square of `horizon / step`.
    pub fn new(arrival_rate: f64, service: &Dist, step: f64, horizon: f64) -> Result<Mg1, Unstable> {
        let mean_ns = service
            .mean_ns()
            .filter(|mean| *mean > 0.0)
            .expect("a service time with a mean above zero");
        let utilization = stable(arrival_rate, 1e9 / mean_ns)?;
        let (step_ns, count) = (step * 1e9, (horizon / step) as usize + 1);
        let survival = |ns: f64| 1.0 - service.cdf(ns);
        // Simpson's rule over each cell of the residual service time, whose density is survival / mean.
        let cell = |from: f64, to: f64| {
            (to - from) / 6.0 * (survival(from) + 4.0 * survival((from + to) / 2.0) + survival(to)) / mean_ns
        };
        let residual: Vec<f64> = (0..count)
            .map(|i| cell((i as f64 - 0.5).max(0.0) * step_ns, (i as f64 + 0.5) * step_ns))
            .collect();
        let at_once = 1.0 - utilization * residual[0];
        let mut wait = vec![(1.0 - utilization) / at_once];
        for k in 1..count {
            let sum: f64 = residual[1..=k].iter().zip(wait.iter().rev()).map(|(r, w)| r * w).sum();
            wait.push(utilization * sum / at_once);
        }
        Ok(Mg1 {
            service: service.clone(),
            step_ns,
            wait,
        })
    }

    /// The probability of a response within `t` seconds.
    pub fn response_cdf(&self, t: f64) -> f64 {
        let t = t * 1e9;
        let cells = self
            .wait
            .iter()
            .enumerate()
            .take_while(|(i, _)| *i as f64 * self.step_ns <= t);
        cells
            .map(|(i, share)| share * self.service.cdf(t - i as f64 * self.step_ns))
            .sum()
    }

    /// Quantile `p` of the response time in seconds; infinite beyond the horizon.
    pub fn response_quantile(&self, p: f64) -> f64 {
        quantile_of(|t| self.response_cdf(t), p, self.step_ns / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;
    use crate::theory::mm1::Mm1;
    use crate::time::Span;

    #[test]
    fn mg1_lognormal_rho07_cv2() {
        let wait = wait_mean(70.0, 0.01, 2.0).unwrap();
        assert_printed(wait, 0.058333);
        assert_printed(wait + 0.01, 0.068333);
        // The table's quantiles come from a grid too, and are good to 0.3 %.
        let service = Dist::lognormal_mean_cv(Span::from_millis(10), 2.0).unwrap();
        let queue = Mg1::new(70.0, &service, 0.0001, 1.2).unwrap();
        for (p, expected) in [(0.5, 0.027787), (0.99, 0.52689), (0.999, 1.1228)] {
            let measured = queue.response_quantile(p);
            assert!((measured / expected - 1.0).abs() < 0.003, "{measured} {expected}");
        }
    }

    #[test]
    fn mh2_p099_rho05() {
        let queue = Mh2::new(33.333333333333336, 0.99, 0.01, 0.51).unwrap();
        assert_printed(queue.wait_mean(), 0.18);
        assert_printed(wait_mean(33.333333333333336, 0.015, 23f64.sqrt()).unwrap(), 0.18);
        assert_printed(queue.wait_mean() + 0.015, 0.195);
        assert!(queue.wait_quantile(0.5) < 1e-9);
        assert_printed(queue.wait_quantile(0.99), 2.2254);
    }

    #[test]
    fn exponential_service_on_the_grid_is_an_mm1() {
        let service = Dist::exponential(Span::from_millis(10)).unwrap();
        let queue = Mg1::new(70.0, &service, 0.0001, 0.4).unwrap();
        let exact = Mm1::new(70.0, 100.0).unwrap().response_quantile(0.99);
        assert!((queue.response_quantile(0.99) / exact - 1.0).abs() < 1e-4);
    }
}
