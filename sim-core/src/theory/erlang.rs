//! Erlang's formulas: how often all of `c` servers are busy.
//!
//! Source: A. K. Erlang (1917); L. Kleinrock, *Queueing Systems* vol. 1 (1975), ch. 3.

use super::{Unstable, stable};

/// Erlang B: the share of Poisson arrivals that find all `servers` busy where nobody waits.
///
/// `erlangs` is the offered load, arrival rate × mean service time. Only the mean of the service time matters.
pub fn erlang_b(servers: u32, erlangs: f64) -> f64 {
    assert!(erlangs >= 0.0, "an offered load is zero or more");
    let mut blocked = 1.0;
    for k in 1..=servers {
        blocked = erlangs * blocked / (f64::from(k) + erlangs * blocked);
    }
    blocked
}

/// The mean number in service of a loss system: the load that is not turned away.
pub fn loss_in_service_mean(servers: u32, erlangs: f64) -> f64 {
    erlangs * (1.0 - erlang_b(servers, erlangs))
}

/// Erlang C: the share of Poisson arrivals that have to wait for one of `servers` exponential servers.
///
/// Fails if the offered load is not below the number of servers.
pub fn erlang_c(servers: u32, erlangs: f64) -> Result<f64, Unstable> {
    assert!(servers > 0, "a queue has at least one server");
    let utilization = stable(erlangs, f64::from(servers))?;
    let blocked = erlang_b(servers, erlangs);
    Ok(blocked / (1.0 - utilization * (1.0 - blocked)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn erlang_b_c8_a64_exponential_and_lognormal() {
        assert_printed(erlang_b(8, 6.4), 0.14439);
        assert_printed(loss_in_service_mean(8, 6.4), 5.4759);
    }

    #[test]
    fn bulkhead_shared_pool() {
        let (a, b, b_slow) = (100.0 * 0.02, 40.0 * 0.05, 40.0 * 1.5);
        assert!(erlang_b(50, a + b) < 1e-9);
        assert_printed(erlang_b(50, a + b_slow), 0.23715);
        assert!(erlang_b(25, a) < 1e-9);
        assert_printed(erlang_b(25, b_slow), 0.59425);
    }

    #[test]
    fn sre_hung_requests() {
        let rejected = erlang_b(1000, 950.0 * 0.1 + 50.0 * 100.0);
        assert_printed(rejected, 0.80378);
        assert_printed(1.0 - rejected, 0.19622);
    }

    #[test]
    fn no_server_blocks_all_and_no_load_blocks_none() {
        assert_eq!((erlang_b(0, 3.0), erlang_b(3, 0.0)), (1.0, 0.0));
        assert!(erlang_c(2, 2.0).is_err());
    }
}
