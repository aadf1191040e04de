//! `throttle`.

use brownout_sim_core::model::Gate;
use brownout_sim_core::policy::throttle::{Envoy, Sre, Throttle};

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::throttle as spec;

pub(super) fn lower(written: &spec::Throttle, settings: &mut Settings<'_, '_>) -> Result<Gate, Mistaken> {
    let throttle = match written {
        spec::Throttle::Sre(it) => {
            let mut into = Sre::DEFAULT;
            overlay!(settings: it => into; number k, value window);
            settings.outcomes("on", &it.on, &mut into.refused);
            Throttle::Sre(into)
        }
        spec::Throttle::Envoy(it) => {
            let mut into = Envoy::DEFAULT;
            overlay!(settings: it => into;
                value sampling_window,
                share sr_threshold,
                number aggression,
                value rps_threshold,
                share max_rejection_probability,
            );
            settings.outcomes("on", &it.on, &mut into.failures);
            Throttle::Envoy(into)
        }
    };
    settings.done(throttle.check())?;
    Ok(Gate::Throttle(throttle))
}
