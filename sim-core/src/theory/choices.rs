//! The power of `d` choices: the limit of very many servers when each request joins the shortest of `d` random ones.
//!
//! Sources: N. D. Vvedenskaya, R. L. Dobrushin, F. I. Karpelevich, Probl. Inf. Transm. 32(1), 1996; M. Mitzenmacher,
//! IEEE Trans. Parallel Distrib. Syst. 12(10), 2001.

use super::{Unstable, stable};

/// The share of servers with `n` or more requests; `d` is at least one.
pub fn at_least(utilization: f64, d: u32, n: u32) -> Result<f64, Unstable> {
    assert!(d > 0, "at least one choice");
    stable(utilization, 1.0)?;
    // The exponent 1 + d + d^2 + .. + d^(n-1).
    let exponent = (0..n).fold(0.0, |sum, _| sum * f64::from(d) + 1.0);
    Ok(if n == 0 { 1.0 } else { libm::pow(utilization, exponent) })
}

/// Mean response time in seconds; exponential service of mean `service_mean` seconds.
pub fn response_mean(utilization: f64, d: u32, service_mean: f64) -> Result<f64, Unstable> {
    assert!(d > 0, "at least one choice");
    stable(utilization, 1.0)?;
    if d == 1 {
        return Ok(service_mean / (1.0 - utilization));
    }
    // The mean number at a server over the utilization, by Little's law.
    let (mut sum, mut exponent) = (0.0, 0.0);
    loop {
        let term = libm::pow(utilization, exponent);
        sum += term;
        if term < sum * 1e-18 {
            return Ok(sum * service_mean);
        }
        exponent = exponent * f64::from(d) + f64::from(d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn p2c_d2_rho09() {
        assert_printed(response_mean(0.9, 2, 0.01).unwrap(), 0.026141);
        assert_printed(at_least(0.9, 2, 1).unwrap(), 0.9);
        assert_printed(at_least(0.9, 2, 2).unwrap(), 0.729);
        assert_printed(at_least(0.9, 2, 3).unwrap(), 0.4783);
        assert_printed(response_mean(0.9, 1, 0.01).unwrap(), 0.1);
        assert!((at_least(0.9, 1, 3).unwrap() - 0.729).abs() < 1e-12);
    }
}
