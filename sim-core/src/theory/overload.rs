//! Overload in the fluid limit: backlogs after an outage, states that sustain themselves, and adaptive throttling.

/// The backlog when an outage of `outage` seconds ends.
pub fn backlog(arrival_rate: f64, outage: f64) -> f64 {
    arrival_rate * outage
}

/// Seconds from the end of an outage until a new arrival waits less than `timeout` seconds behind the backlog, served in
/// order; `None` if there is no spare capacity. Rates per second.
pub fn recovery_time(arrival_rate: f64, capacity: f64, outage: f64, timeout: f64) -> Option<f64> {
    let harmless = capacity * timeout;
    (capacity > arrival_rate).then(|| (backlog(arrival_rate, outage) - harmless).max(0.0) / (capacity - arrival_rate))
}

/// The load in the state in which every attempt times out, of at most `attempts` attempts each.
///
/// Source: N. Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021.
pub fn bad_state_load(arrival_rate: f64, attempts: u32) -> f64 {
    arrival_rate * f64::from(attempts)
}

/// Whether a state in which every attempt times out keeps itself up.
pub fn is_metastable(arrival_rate: f64, capacity: f64, attempts: u32) -> bool {
    bad_state_load(arrival_rate, attempts) > capacity
}

/// The arrival rate below which the system always recovers by itself.
pub fn stable_below(capacity: f64, attempts: u32) -> f64 {
    capacity / f64::from(attempts)
}

/// What an adaptive client throttle of multiplier `k` sends, has accepted and has rejected per second, in steady state.
///
/// Source: B. Beyer et al., *Site Reliability Engineering* (2016), ch. 21, "Client-Side Throttling".
pub fn adaptive_throttle(demand: f64, k: f64, capacity: f64) -> (f64, f64, f64) {
    let sent = demand.min((k * capacity).max(capacity));
    let accepted = sent.min(capacity);
    (sent, accepted, sent - accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outage_noretry_l120_d10() {
        assert_eq!(backlog(120.0, 10.0), 1200.0);
        assert_eq!(recovery_time(120.0, 200.0, 10.0, 0.3), Some(14.25));
        assert_eq!(recovery_time(200.0, 200.0, 10.0, 0.3), None);
    }

    #[test]
    fn metastable_l120_r3_and_l40_r3() {
        assert!(is_metastable(120.0, 200.0, 4));
        assert!(!is_metastable(40.0, 200.0, 4));
        assert_eq!(stable_below(200.0, 4), 50.0);
    }

    #[test]
    fn hotos21_db() {
        assert_eq!(bad_state_load(280.0, 2), 560.0);
        assert_eq!(stable_below(300.0, 2), 150.0);
        assert!(is_metastable(280.0, 300.0, 2) && !is_metastable(149.0, 300.0, 2));
    }

    #[test]
    fn adaptive_throttle_k2_d300() {
        assert_eq!(adaptive_throttle(300.0, 2.0, 100.0), (200.0, 100.0, 100.0));
        assert_eq!(adaptive_throttle(80.0, 2.0, 100.0), (80.0, 80.0, 0.0));
    }
}
