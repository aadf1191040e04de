//! `outlier`.

use brownout_sim_core::routing::outlier::{Envoy, Grpc, Istio, Outlier, grpc};

use crate::lower::gates::{Mistaken, Settings, overlay};
use crate::spec::policy::outlier as spec;

pub(super) fn lower(written: &spec::Outlier, settings: &mut Settings<'_, '_>) -> Result<Outlier, Mistaken> {
    let outlier = match written {
        spec::Outlier::Envoy(it) => Outlier::Envoy(envoy(it, settings)),
        spec::Outlier::Grpc(it) => Outlier::Grpc(of_grpc(it, settings)),
        spec::Outlier::Istio(it) => {
            let mut into = Istio::default();
            overlay!(settings: it => into;
                value consecutive_5xx_errors,
                value consecutive_gateway_errors,
                value consecutive_local_origin_failures,
                value split_external_local_origin_errors,
                value interval,
                value base_ejection_time,
                percent max_ejection_percent,
                percent min_health_percent,
            );
            Outlier::Envoy(Envoy::from(into))
        }
    };
    settings.done(outlier.check())?;
    Ok(outlier)
}

fn envoy(it: &spec::EnvoyOutlier, settings: &mut Settings<'_, '_>) -> Envoy {
    let mut into = Envoy::default();
    overlay!(settings: it => into;
        value consecutive_5xx,
        value consecutive_gateway_failure,
        value consecutive_local_origin_failure,
        value interval,
        value base_ejection_time,
        maybe max_ejection_time,
        value max_ejection_time_jitter,
        percent max_ejection_percent,
        value always_eject_one_host,
        percent enforcing_consecutive_5xx,
        percent enforcing_consecutive_gateway_failure,
        percent enforcing_consecutive_local_origin_failure,
        percent enforcing_success_rate,
        percent enforcing_failure_percentage,
        value success_rate_minimum_hosts,
        value success_rate_request_volume,
        value success_rate_stdev_factor,
        percent failure_percentage_threshold,
        value failure_percentage_minimum_hosts,
        value failure_percentage_request_volume,
        value split_external_local_origin_errors,
        value successful_active_health_check_uneject_host,
    );
    into
}

fn of_grpc(it: &spec::GrpcOutlier, settings: &mut Settings<'_, '_>) -> Grpc {
    let mut into = Grpc::default();
    overlay!(settings: it => into;
        value interval,
        value base_ejection_time,
        value max_ejection_time,
        percent max_ejection_percent,
    );
    if let Some(rule) = it.success_rate_ejection.as_ref().and_then(|it| it.value.set()) {
        let mut rate = grpc::SuccessRate::default();
        overlay!(settings: rule => rate;
            value stdev_factor,
            percent enforcement_percentage,
            value minimum_hosts,
            value request_volume,
        );
        into.success_rate_ejection = Some(rate);
    }
    if let Some(rule) = it.failure_percentage_ejection.as_ref().and_then(|it| it.value.set()) {
        let mut failures = grpc::FailurePercentage::default();
        overlay!(settings: rule => failures;
            percent threshold,
            percent enforcement_percentage,
            value minimum_hosts,
            value request_volume,
        );
        into.failure_percentage_ejection = Some(failures);
    }
    into
}
