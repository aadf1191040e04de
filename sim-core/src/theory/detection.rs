//! How long until a failure is noticed, or news have reached everyone.

use super::power;

/// Mean periods until a crashed one of `members` (at least 3) is pinged by a live one that picks anew each period.
///
/// Source: A. Das, I. Gupta, A. Motivala, "SWIM", DSN 2002.
pub fn swim_periods_mean(members: u32) -> f64 {
    assert!(members > 2, "two live members and a crashed one");
    let others = f64::from(members - 1);
    1.0 / (1.0 - power(1.0 - 1.0 / others, members - 1))
}

/// Mean rounds of push gossip until all of `n` nodes know, one knowing at first; each that knows tells one random other.
///
/// By the exact chain of how many know. Source: B. Pittel, SIAM J. Appl. Math. 47(1), 1987.
pub fn gossip_rounds_mean(n: u32) -> f64 {
    assert!(n > 1, "someone to tell");
    let n = n as usize;
    let mut rounds = vec![0.0; n + 1];
    for know in (1..n).rev() {
        // The chance that exactly j new ones are told, after one teller after another.
        let mut told = vec![0.0; n - know + 1];
        told[0] = 1.0;
        for _ in 0..know {
            for j in (0..told.len()).rev() {
                let new = |j: usize| (n - know - j) as f64 / (n - 1) as f64;
                told[j] = told[j] * (1.0 - new(j)) + if j > 0 { told[j - 1] * new(j - 1) } else { 0.0 };
            }
        }
        let onward: f64 = (1..told.len()).map(|j| told[j] * rounds[know + j]).sum();
        rounds[know] = (1.0 + onward) / (1.0 - told[0]);
    }
    rounds[1]
}

/// Least, mean and greatest time in seconds from a crash to its detection, where a heartbeat goes out every `interval`
/// and a node counts as dead `timeout` seconds after the last one that came.
pub fn heartbeat_detection(interval: f64, timeout: f64) -> (f64, f64, f64) {
    (timeout - interval, timeout - interval / 2.0, timeout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn swim_n50() {
        assert_printed(swim_periods_mean(50), 1.5726);
    }

    #[test]
    fn gossip_push_n64() {
        assert_printed(gossip_rounds_mean(64), 11.158);
        assert_eq!(gossip_rounds_mean(2), 1.0);
    }

    #[test]
    fn heartbeat() {
        assert_eq!(heartbeat_detection(1.0, 5.0), (4.0, 4.5, 5.0));
    }
}
