//! Istio's outlier detection, said in Envoy's words: the success rate is off, `minHealthPercent` is the panic
//! threshold, and an error in a row is enforced if it has a number.
//!
//! Source: Istio, `OutlierDetection` of its destination rule (defaults), and its translation to Envoy.

use super::Envoy;
use crate::time::Span;

/// Istio's outlier detection, as its destination rules say it. Percentages are whole, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Istio {
    /// `consecutive5xxErrors`; 0 is off.
    pub consecutive_5xx_errors: u32,
    /// `consecutiveGatewayErrors`; 0 is off.
    pub consecutive_gateway_errors: u32,
    /// `consecutiveLocalOriginFailures`.
    pub consecutive_local_origin_failures: u32,
    /// `splitExternalLocalOriginErrors`.
    pub split_external_local_origin_errors: bool,
    /// `interval`.
    pub interval: Span,
    /// `baseEjectionTime`.
    pub base_ejection_time: Span,
    /// `maxEjectionPercent`.
    pub max_ejection_percent: u32,
    /// `minHealthPercent`: with fewer available, ejections are ignored.
    pub min_health_percent: u32,
}

impl Default for Istio {
    /// Istio's defaults.
    fn default() -> Istio {
        Istio {
            consecutive_5xx_errors: 5,
            consecutive_gateway_errors: 0,
            consecutive_local_origin_failures: 5,
            split_external_local_origin_errors: false,
            interval: Span::from_secs(10),
            base_ejection_time: Span::from_secs(30),
            max_ejection_percent: 10,
            min_health_percent: 0,
        }
    }
}

impl From<Istio> for Envoy {
    fn from(it: Istio) -> Envoy {
        let enforced = |errors: u32| if errors > 0 { 100 } else { 0 };
        Envoy {
            consecutive_5xx: it.consecutive_5xx_errors,
            enforcing_consecutive_5xx: enforced(it.consecutive_5xx_errors),
            consecutive_gateway_failure: it.consecutive_gateway_errors,
            enforcing_consecutive_gateway_failure: enforced(it.consecutive_gateway_errors),
            consecutive_local_origin_failure: it.consecutive_local_origin_failures,
            split_external_local_origin_errors: it.split_external_local_origin_errors,
            interval: it.interval,
            base_ejection_time: it.base_ejection_time,
            max_ejection_percent: it.max_ejection_percent,
            enforcing_success_rate: 0,
            healthy_panic_threshold: it.min_health_percent,
            ..Envoy::default()
        }
    }
}
