//! Load-dependent slowdown: the more calls a replica serves at once, the longer each of them takes.
//!
//! Contention (a share of the work that cannot overlap) makes work grow linearly with the calls in service; coherency (each
//! call has to agree with each other one) makes it grow quadratically. A slowdown turns the number of calls in service into
//! a factor on work, in whole millionths, so that no rounding depends on the platform.
//!
//! Sources: N. Gunther, *Guerrilla Capacity Planning* (2007), ch. 4 (universal scalability law); M. Brooker,
//! `simulator_example`, `simple_collapse_sim` (2021; the linear form).

use crate::quantity::Factor;
use crate::time::Span;

/// How work slows down with the calls in service at a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slowdown {
    /// `1 + per_call n`.
    Linear {
        /// What each call in service, this one included, adds.
        per_call: Factor,
    },
    /// `1 + sigma (n - 1) + kappa n (n - 1)`.
    Usl {
        /// Contention: what each other call in service adds.
        sigma: Factor,
        /// Coherency: what each ordered pair of calls in service adds.
        kappa: Factor,
    },
}

impl Slowdown {
    /// The factor on work while `in_service` calls are in service, this one included; at least 1.
    ///
    /// Saturates where it does not fit. `in_service = 0` counts as one.
    #[inline]
    pub fn factor(&self, in_service: u32) -> Factor {
        let n = u128::from(in_service.max(1));
        let extra = match *self {
            Slowdown::Linear { per_call } => u128::from(per_call.0) * n,
            Slowdown::Usl { sigma, kappa } => {
                let contention = u128::from(sigma.0) * (n - 1);
                // At most 2^64 · 2^32 · 2^32: the product of three can fill 128 bits, so it saturates.
                contention.saturating_add(u128::from(kappa.0).saturating_mul(n * (n - 1)))
            }
        };
        let parts = extra.saturating_add(u128::from(Factor::ONE.0));
        Factor(u64::try_from(parts).unwrap_or(u64::MAX))
    }

    /// How long `work` takes while `in_service` calls are in service, this one included; rounded down to a nanosecond.
    #[inline]
    pub fn stretch(&self, work: Span, in_service: u32) -> Span {
        work.scale(self.factor(in_service).0, Factor::ONE.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_slowdown_counts_the_call_itself() {
        let brooker = Slowdown::Linear {
            per_call: Factor(10_000),
        };
        let factors: Vec<u64> = [1, 2, 40, 80].map(|n| brooker.factor(n).0).to_vec();
        assert_eq!(factors, [1_010_000, 1_020_000, 1_400_000, 1_800_000]);
        assert_eq!(brooker.stretch(Span::from_secs(1), 80), Span::from_millis(1_800));
    }

    #[test]
    fn usl_n8_gives_the_throughput_of_the_validation_case() {
        let law = Slowdown::Usl {
            sigma: Factor(50_000),
            kappa: Factor(1_000),
        };
        assert_eq!(law.factor(1), Factor::ONE);
        assert_eq!(law.factor(8).0, 1_406_000);
        let throughput = 100.0 * 8.0 / law.factor(8).as_f64();
        assert!((throughput - 568.99).abs() < 0.057, "{throughput}");
    }

    #[test]
    fn usl_throughput_peaks_where_gunther_says() {
        let law = Slowdown::Usl {
            sigma: Factor(50_000),
            kappa: Factor(1_000),
        };
        let peak = (1..200u32).max_by(|&a, &b| {
            let throughput = |n: u32| f64::from(n) / law.factor(n).as_f64();
            throughput(a).total_cmp(&throughput(b))
        });
        // The continuous peak is sqrt((1 - 0.05) / 0.001) = 30.82.
        assert_eq!(peak, Some(31));
    }

    #[test]
    fn absurd_numbers_saturate() {
        let law = Slowdown::Usl {
            sigma: Factor(u64::MAX),
            kappa: Factor(u64::MAX),
        };
        assert_eq!(law.factor(u32::MAX), Factor(u64::MAX));
        assert_eq!(law.factor(0), Factor::ONE);
    }
}
