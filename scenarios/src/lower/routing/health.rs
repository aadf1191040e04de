//! `health`.

use brownout_sim_core::ids::ServiceId;
use brownout_sim_core::model::Checks;
use brownout_sim_core::routing::health::{Envoy, Haproxy, Health, Observe};
use brownout_sim_core::time::Span;

use crate::document::At;
use crate::lower::gates::{Mistaken, Settings, overlay};
use crate::lower::index::{Index, listed};
use crate::spec::Opt;
use crate::spec::policy::health as spec;

pub(super) fn lower(
    written: &spec::Health,
    index: &Index<'_>,
    settings: &mut Settings<'_, '_>,
) -> Result<Checks, Mistaken> {
    let (health, depends_on) = match written {
        spec::Health::Haproxy(it) => (Health::Haproxy(haproxy(it, settings)), &it.depends_on),
        spec::Health::Envoy(it) => (Health::Envoy(envoy(it, settings)), &it.depends_on),
    };
    settings.done(health.check())?;
    let depends_on = services(depends_on, index, settings)?;
    Ok(Checks { health, depends_on })
}

fn haproxy(it: &spec::HaproxyHealth, settings: &mut Settings<'_, '_>) -> Haproxy {
    let mut into = Haproxy::default();
    overlay!(settings: it => into;
        value inter,
        maybe fastinter,
        maybe downinter,
        maybe timeout_check,
        value rise,
        value fall,
        value init_state,
        value interval_from,
    );
    if let Some(layer) = &it.observe {
        let mut observe = Observe::of(layer.value == spec::Layer::Layer7);
        overlay!(settings: it => observe; value error_limit, value on_error);
        into.observe = Some(observe);
    } else if let Some(at) = it
        .error_limit
        .as_ref()
        .map(|it| it.at)
        .or(it.on_error.as_ref().map(|it| it.at))
    {
        settings.mistake(
            at,
            "it has no effect: real traffic is not observed",
            "say `observe = \"layer7\"`",
        );
    }
    into
}

fn envoy(it: &spec::EnvoyHealth, settings: &mut Settings<'_, '_>) -> Envoy {
    // What has no default is always written.
    let mut into = Envoy::new(Span::from_secs(1), Span::from_secs(1), 1, 1);
    overlay!(settings: it => into;
        value timeout,
        value interval,
        value healthy_threshold,
        value unhealthy_threshold,
        value no_traffic_interval,
        maybe no_traffic_healthy_interval,
        maybe unhealthy_interval,
        maybe unhealthy_edge_interval,
        maybe healthy_edge_interval,
        value initial_jitter,
        value interval_jitter,
        percent interval_jitter_percent,
        value interval_from,
    );
    into
}

/// Services by their names.
fn services(
    names: &Opt<Vec<At<String>>>,
    index: &Index<'_>,
    settings: &mut Settings<'_, '_>,
) -> Result<Vec<ServiceId>, Mistaken> {
    let mut found = Vec::new();
    for name in listed(names) {
        let known = || index.services.iter().map(|it| it.name().value.as_str());
        match known().position(|it| it == name.value) {
            Some(row) => found.push(ServiceId::from_index(row)),
            None => {
                settings.cx.unknown_service(name, known());
                return Err(Mistaken);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
