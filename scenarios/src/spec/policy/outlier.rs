//! `outlier`: takes out replicas that do worse than the others.

use crate::fields::*;
use crate::spec::{Opt, Switch};
use crate::syntax::units::Ratio;
use brownout_sim_core::time::Span;

kinds! {
    /// Takes out replicas that do worse than the others, for a while, by nothing but the answers a caller gets. Each caller judges for itself.
    pub enum Outlier "outlier" default "envoy" {
        "envoy" => Envoy(EnvoyOutlier),
        "grpc" => Grpc(GrpcOutlier),
        "istio" => Istio(IstioOutlier),
    }
}

table! {
    /// As Envoy. All percentages are whole.
    pub struct EnvoyOutlier "outlier" {
        /// Failures in a row that eject; 0 is never.
        consecutive_5xx: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Full queues, shed calls and failures on the caller's side in a row that eject, if enforced; 0 is never.
        consecutive_gateway_failure: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Timeouts, refused and reset connections in a row that eject, if they are split from the others; 0 is never.
        consecutive_local_origin_failure: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// How often all replicas are compared, and ejections end.
        interval: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// How long the first ejection lasts; the n-th in a row n times as long.
        base_ejection_time: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// How long an ejection lasts at most; if absent 300 s, or `base_ejection_time` if that is longer.
        max_ejection_time: Opt<Span> = duration(), optional(), "\"300s\"";
        /// Up to how much is added at random, in whole milliseconds.
        max_ejection_time_jitter: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"5s\"";
        /// How many of all replicas may be out at once.
        max_ejection_percent: Opt<Ratio> = share(), default("\"10%\""), "\"50%\"";
        /// Whether one may be out however few there are.
        always_eject_one_host: Opt<bool> = boolean(), default("false"), "true";
        /// How likely an ejection for failures in a row is carried out.
        enforcing_consecutive_5xx: Opt<Ratio> = share(), default("\"100%\""), "\"100%\"";
        /// The same for gateway failures.
        enforcing_consecutive_gateway_failure: Opt<Ratio> = share(), default("\"0%\""), "\"100%\"";
        /// The same for failures on the caller's side.
        enforcing_consecutive_local_origin_failure: Opt<Ratio> = share(), default("\"100%\""), "\"100%\"";
        /// The same for the success rate.
        enforcing_success_rate: Opt<Ratio> = share(), default("\"100%\""), "\"0%\"";
        /// The same for the failure percentage.
        enforcing_failure_percentage: Opt<Ratio> = share(), default("\"0%\""), "\"100%\"";
        /// Replicas with enough calls without which success rates say nothing.
        success_rate_minimum_hosts: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Calls in an interval without which a replica's success rate says nothing.
        success_rate_request_volume: Opt<u32> = count(0, 1_000_000_000), default("100"), "100";
        /// How far below the mean a success rate is an outlier, in thousandths of the standard deviation.
        success_rate_stdev_factor: Opt<u32> = count(0, 1_000_000), default("1900"), "1900";
        /// The share of failures from which a replica is out, if enforced.
        failure_percentage_threshold: Opt<Ratio> = share(), default("\"85%\""), "\"85%\"";
        /// Replicas with enough calls without which the failure percentage says nothing.
        failure_percentage_minimum_hosts: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Calls in an interval without which a replica's failure percentage says nothing.
        failure_percentage_request_volume: Opt<u32> = count(0, 1_000_000_000), default("50"), "50";
        /// Whether timeouts, refused and reset connections count apart.
        split_external_local_origin_errors: Opt<bool> = boolean(), default("false"), "true";
        /// Whether a passed health check lets a replica back in.
        successful_active_health_check_uneject_host: Opt<bool> = boolean(), default("true"), "false";
    }
}

table! {
    /// As gRPC (proposal A50): both rules are off unless asked for. All percentages are whole.
    pub struct GrpcOutlier "outlier" {
        /// How often all replicas are compared, and ejections end.
        interval: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// How long the first ejection lasts; the n-th in a row n times as long.
        base_ejection_time: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// How long an ejection lasts at most.
        max_ejection_time: Opt<Span> = duration(), default("\"300s\""), "\"300s\"";
        /// Once so many are out, nobody more is ejected; one always may be.
        max_ejection_percent: Opt<Ratio> = share(), default("\"10%\""), "\"50%\"";
        /// Ejects those that succeed less often than the others; `"none"` is off.
        success_rate_ejection: Opt<Switch<GrpcSuccessRate>> = switch(table::<GrpcSuccessRate>()), default("\"none\""), "{}";
        /// Ejects those that fail too often; `"none"` is off.
        failure_percentage_ejection: Opt<Switch<GrpcFailurePercentage>> = switch(table::<GrpcFailurePercentage>()), default("\"none\""), "{ threshold = \"85%\" }";
    }
}

table! {
    /// Ejection by success rate.
    pub struct GrpcSuccessRate "success_rate_ejection" {
        /// How far below the mean a success rate is an outlier, in thousandths of the standard deviation.
        stdev_factor: Opt<u32> = count(0, 1_000_000), default("1900"), "1900";
        /// How likely an ejection is carried out.
        enforcement_percentage: Opt<Ratio> = share(), default("\"100%\""), "\"100%\"";
        /// Replicas with enough calls without which it says nothing.
        minimum_hosts: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Calls in an interval without which a replica's rate says nothing.
        request_volume: Opt<u32> = count(0, 1_000_000_000), default("100"), "100";
    }
}

table! {
    /// Ejection by failure percentage.
    pub struct GrpcFailurePercentage "failure_percentage_ejection" {
        /// The share of failures above which a replica is out.
        threshold: Opt<Ratio> = share(), default("\"85%\""), "\"85%\"";
        /// How likely an ejection is carried out.
        enforcement_percentage: Opt<Ratio> = share(), default("\"100%\""), "\"100%\"";
        /// Replicas with enough calls without which it says nothing.
        minimum_hosts: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Calls in an interval without which a replica's percentage says nothing.
        request_volume: Opt<u32> = count(0, 1_000_000_000), default("50"), "50";
    }
}

table! {
    /// As a destination rule of Istio says it, with Envoy behind it. All percentages are whole.
    pub struct IstioOutlier "outlier" {
        /// Failures in a row that eject; 0 is never.
        consecutive_5xx_errors: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Gateway failures in a row that eject; 0 is never.
        consecutive_gateway_errors: Opt<u32> = count(0, 1_000_000), default("0"), "5";
        /// Failures on the caller's side in a row that eject, if they are split from the others.
        consecutive_local_origin_failures: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// Whether timeouts, refused and reset connections count apart.
        split_external_local_origin_errors: Opt<bool> = boolean(), default("false"), "true";
        /// How often ejections end.
        interval: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// How long the first ejection lasts; the n-th in a row n times as long.
        base_ejection_time: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// How many of all replicas may be out at once.
        max_ejection_percent: Opt<Ratio> = share(), default("\"10%\""), "\"50%\"";
        /// Below so many available replicas all are used; the same as `panic_threshold` of the policy.
        min_health_percent: Opt<Ratio> = share(), default("\"0%\""), "\"50%\"";
    }
}
