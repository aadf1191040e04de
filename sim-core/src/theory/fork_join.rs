//! Fork-join: every request sends one task to each server and is done when all tasks are.

use super::{Unstable, stable};

/// Mean response time in seconds of two first-come-first-served exponential servers.
///
/// Sources: L. Flatto, S. Hahn, SIAM J. Appl. Math. 44(5), 1984; R. Nelson, A. N. Tantawi, IEEE Trans. Comput. 37(6), 1988.
pub fn two_servers_response_mean(arrival_rate: f64, service_rate: f64) -> Result<f64, Unstable> {
    let utilization = stable(arrival_rate, service_rate)?;
    Ok((12.0 - utilization) / 8.0 / (service_rate - arrival_rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn forkjoin2_rho05() {
        assert_printed(two_servers_response_mean(50.0, 100.0).unwrap(), 0.02875);
    }
}
