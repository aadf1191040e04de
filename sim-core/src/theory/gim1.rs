//! GI/M/1 with Erlang gaps: what each server sees when a Poisson stream is dealt round robin over `k` of them.
//!
//! Source: L. Kleinrock, *Queueing Systems* vol. 1 (1975), ch. 6.

use super::{Unstable, power, stable};

/// A stable E_k/M/1 queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangM1 {
    service_rate: f64,
    waits: f64,
}

impl ErlangM1 {
    /// `arrival_rate` per second at this server, in gaps of `k` (at least one) exponential phases.
    pub fn new(arrival_rate: f64, k: u32, service_rate: f64) -> Result<ErlangM1, Unstable> {
        assert!(k > 0, "a gap has at least one phase");
        stable(arrival_rate, service_rate)?;
        let phase_rate = f64::from(k) * arrival_rate;
        // sigma = A*(mu (1 - sigma)) below one: iterating from zero rises to the root.
        let mut waits = 0.0;
        for _ in 0..1_000_000 {
            let next = power(phase_rate / (phase_rate + service_rate * (1.0 - waits)), k);
            if next - waits <= 1e-17 {
                break;
            }
            waits = next;
        }
        Ok(ErlangM1 { service_rate, waits })
    }

    /// The share of arrivals that has to wait.
    pub fn wait_probability(&self) -> f64 {
        self.waits
    }

    /// Mean response time in seconds.
    pub fn response_mean(&self) -> f64 {
        1.0 / (self.service_rate * (1.0 - self.waits))
    }

    /// Quantile `p` of the response time, which is exponential, in seconds.
    pub fn response_quantile(&self, p: f64) -> f64 {
        -libm::log1p(-p) * self.response_mean()
    }

    /// Mean waiting time in seconds.
    pub fn wait_mean(&self) -> f64 {
        self.waits * self.response_mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;
    use crate::theory::mm1::Mm1;

    #[test]
    fn gim1_e4m1_roundrobin() {
        let queue = ErlangM1::new(35.0, 4, 50.0).unwrap();
        assert_printed(queue.response_mean(), 0.044734);
        assert_printed(queue.response_quantile(0.5), 0.031007);
        assert_printed(queue.response_quantile(0.99), 0.20601);
        assert_printed(queue.wait_probability(), 0.55291);
        assert_printed(queue.wait_mean(), 0.024734);
    }

    #[test]
    fn one_phase_is_an_mm1() {
        let (one, mm1) = (ErlangM1::new(80.0, 1, 100.0).unwrap(), Mm1::new(80.0, 100.0).unwrap());
        assert!((one.response_mean() / mm1.response_mean() - 1.0).abs() < 1e-9);
    }
}
