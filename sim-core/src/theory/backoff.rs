//! Exponential back-off: how long the retries of a call that always fails wait altogether.
//!
//! Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog (2015).

/// The total of `retries` delays in seconds: `min(cap, base 2^i)` for i from 0, without jitter.
pub fn total(base: f64, cap: f64, retries: u32) -> f64 {
    (0..retries)
        .scan(base, |delay, _| Some(core::mem::replace(delay, *delay * 2.0).min(cap)))
        .sum()
}

/// The mean total with full jitter, uniform from zero to the delay.
pub fn full_jitter_total_mean(base: f64, cap: f64, retries: u32) -> f64 {
    total(base, cap, retries) / 2.0
}

/// The mean total with equal jitter, half the delay and a uniform half.
pub fn equal_jitter_total_mean(base: f64, cap: f64, retries: u32) -> f64 {
    total(base, cap, retries) * 0.75
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn backoff_total_b01() {
        assert_printed(total(0.1, 2.0, 5), 3.1);
        assert_printed(full_jitter_total_mean(0.1, 2.0, 5), 1.55);
        assert_printed(equal_jitter_total_mean(0.1, 2.0, 5), 2.325);
        assert_printed(total(0.1, 0.3, 4), 0.9);
    }
}
