//! One thing after another: tandem queues and chains of calls.

use super::numeric::{poisson, tail_quantile};
use super::{Unstable, stable};
use crate::dist::special::gamma_q;

/// Single-worker queues in series with Poisson arrivals and exponential services.
///
/// The response times of one request at the stations are independent exponentials.
/// Sources: J. R. Jackson, Operations Research 5, 1957; E. Reich, Ann. Math. Stat. 28, 1957.
#[derive(Clone, Debug, PartialEq)]
pub struct Tandem {
    spare_rates: Vec<f64>,
}

impl Tandem {
    /// Arrivals and the services of each station per second; fails at the first station that cannot keep up.
    pub fn new(arrival_rate: f64, service_rates: &[f64]) -> Result<Tandem, Unstable> {
        assert!(!service_rates.is_empty(), "a tandem has at least one station");
        let spare = |rate: &f64| stable(arrival_rate, *rate).map(|_| rate - arrival_rate);
        Ok(Tandem {
            spare_rates: service_rates.iter().map(spare).collect::<Result<_, _>>()?,
        })
    }

    /// Mean response time at station `at` (from 0), in seconds.
    pub fn station_response_mean(&self, at: usize) -> f64 {
        1.0 / self.spare_rates[at]
    }

    /// Mean response time of the whole in seconds.
    pub fn response_mean(&self) -> f64 {
        self.spare_rates.iter().map(|rate| 1.0 / rate).sum()
    }

    /// Quantile `p` of the response time of the whole in seconds.
    pub fn response_quantile(&self, p: f64) -> f64 {
        hypoexponential_quantile(&self.spare_rates, p)
    }
}

/// The probability that a sum of independent exponentials with these rates (per second, equal or not) exceeds `t` seconds.
///
/// By uniformization, whose terms are all positive, so equal rates are no special case.
/// Source: A. Jensen, "Markoff chains as an aid in the study of Markoff processes", Skand. Aktuarietidskr. 36, 1953.
pub fn hypoexponential_tail(rates: &[f64], t: f64) -> f64 {
    if t <= 0.0 {
        return 1.0;
    }
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    let expected = fastest * t;
    let last = expected + 12.0 * expected.sqrt() + 60.0;
    let mut at = vec![0.0; rates.len()];
    at[0] = 1.0;
    let mut tail = 0.0;
    for n in 0..last as u32 {
        tail += poisson(n, expected) * at.iter().sum::<f64>();
        for i in (0..rates.len()).rev() {
            let moves = rates[i] / fastest;
            at[i] = at[i] * (1.0 - moves)
                + if i > 0 {
                    at[i - 1] * (rates[i - 1] / fastest)
                } else {
                    0.0
                };
        }
    }
    tail.min(1.0)
}

/// Quantile `p` of a sum of independent exponentials with these rates, in seconds.
pub fn hypoexponential_quantile(rates: &[f64], p: f64) -> f64 {
    assert!(
        !rates.is_empty() && rates.iter().all(|rate| *rate > 0.0),
        "rates are above zero"
    );
    tail_quantile(
        |t| hypoexponential_tail(rates, t),
        p,
        rates.iter().map(|rate| 1.0 / rate).sum(),
    )
}

/// Quantile `p` of the sum of `k` exponentials of mean `mean` seconds each: Erlang's distribution.
pub fn erlang_quantile(k: u32, mean: f64, p: f64) -> f64 {
    tail_quantile(|t| gamma_q(f64::from(k), t / mean), p, f64::from(k) * mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn jackson_tandem3() {
        let tandem = Tandem::new(40.0, &[50.0, 80.0, 100.0]).unwrap();
        assert_printed(tandem.response_mean(), 0.14167);
        assert_printed(tandem.response_quantile(0.5), 0.11436);
        assert_printed(tandem.response_quantile(0.99), 0.50752);
        assert_printed(tandem.station_response_mean(0), 0.1);
        assert_printed(tandem.station_response_mean(1), 0.025);
        assert_printed(tandem.station_response_mean(2), 0.016667);
    }

    #[test]
    fn chain5_exp() {
        assert_printed(5.0 * 0.01, 0.05);
        assert_printed(erlang_quantile(5, 0.01, 0.5), 0.046709);
        assert_printed(erlang_quantile(5, 0.01, 0.99), 0.11605);
        let equal = hypoexponential_quantile(&[100.0; 5], 0.99);
        assert!((equal / erlang_quantile(5, 0.01, 0.99) - 1.0).abs() < 1e-10);
    }
}
