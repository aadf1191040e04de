//! Hedged requests: a second, independent copy goes out if the first has not answered in time; the first answer wins.
//!
//! Technique: J. Dean, L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013.

use super::numeric::{integral, integral_to, tail_quantile};

/// A hedged call without queueing. `survival(t)` is the probability that one copy takes above `t` seconds.
#[derive(Clone, Copy, Debug)]
pub struct Hedge<F> {
    survival: F,
    delay: f64,
}

impl<F: Fn(f64) -> f64> Hedge<F> {
    /// The second copy goes out `delay` seconds after the first; `delay` is above zero.
    pub fn new(delay: f64, survival: F) -> Hedge<F> {
        assert!(delay > 0.0 && delay.is_finite(), "a delay above zero");
        Hedge { survival, delay }
    }

    /// The share of calls for which a second copy goes out.
    pub fn extra_calls_ratio(&self) -> f64 {
        (self.survival)(self.delay)
    }

    /// The probability of a response time above `t` seconds.
    pub fn response_tail(&self, t: f64) -> f64 {
        (self.survival)(t)
            * if t > self.delay {
                (self.survival)(t - self.delay)
            } else {
                1.0
            }
    }

    /// Mean response time in seconds: the integral of the tail.
    pub fn response_mean(&self) -> f64 {
        let before = integral_to(self.delay, |t| self.response_tail(t));
        before + integral(self.delay, |t| self.response_tail(self.delay + t))
    }

    /// Quantile `p` of the response time in seconds.
    pub fn response_quantile(&self, p: f64) -> f64 {
        tail_quantile(|t| self.response_tail(t), p, self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Dist;
    use crate::theory::assert_printed;
    use crate::time::Span;

    #[test]
    fn hedge_exp_d003() {
        let call = Hedge::new(0.03, |t| libm::exp(-t / 0.01));
        assert_printed(call.response_mean(), 0.0097511);
        assert_printed(call.response_quantile(0.5), 0.0069315);
        assert_printed(call.response_quantile(0.99), 0.038026);
        assert_printed(call.response_quantile(0.999), 0.049539);
        assert_printed(call.extra_calls_ratio(), 0.049787);
    }

    #[test]
    fn hedge_lognormal_d006() {
        let leaf = Dist::lognormal_mean_cv(Span::from_millis(20), 2.0).unwrap();
        let call = Hedge::new(0.06, |t| 1.0 - leaf.cdf(t * 1e9));
        assert_printed(call.response_mean(), 0.016637);
        assert_printed(call.response_quantile(0.5), 0.0089443);
        assert_printed(call.response_quantile(0.95), 0.062979);
        assert_printed(call.response_quantile(0.99), 0.081468);
        assert_printed(call.response_quantile(0.999), 0.12766);
        assert_printed(call.extra_calls_ratio(), 0.066769);
    }
}
