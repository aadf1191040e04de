//! The universal scalability law: throughput against the number of workers, with contention and coherency costs.
//!
//! Source: N. J. Gunther, *Guerrilla Capacity Planning* (2007), ch. 4.

/// Throughput per second of `n` workers: `gamma n / (1 + sigma (n - 1) + kappa n (n - 1))`, where one gives `gamma`.
pub fn throughput(n: f64, gamma: f64, sigma: f64, kappa: f64) -> f64 {
    gamma * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

/// The number of workers with the highest throughput; infinite without coherency cost.
pub fn peak_workers(sigma: f64, kappa: f64) -> f64 {
    ((1.0 - sigma) / kappa).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn usl_n8() {
        assert_printed(throughput(8.0, 100.0, 0.05, 0.001), 568.99);
        assert_printed(peak_workers(0.05, 0.001), 30.822);
    }
}
