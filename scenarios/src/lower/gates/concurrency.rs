//! `concurrency`.

use brownout_sim_core::model::Gate;
use brownout_sim_core::policy::concurrency::{Aimd, Concurrency, Envoy, Gradient, Gradient2, Limit, Vegas, Windowed};

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::concurrency as spec;
use crate::spec::{Opt, Switch};

pub(super) fn lower(written: &spec::Concurrency, settings: &mut Settings<'_, '_>) -> Result<Gate, Mistaken> {
    let (limit, windows) = match written {
        spec::Concurrency::Gradient2(it) => {
            let mut into = Gradient2::DEFAULT;
            overlay!(settings: it => into;
                value initial_limit,
                value min_limit,
                value max_limit,
                number smoothing,
                value queue_size,
                number rtt_tolerance,
                value long_window,
            );
            (Limit::Gradient2(into), &it.windowed)
        }
        spec::Concurrency::Gradient(it) => {
            let mut into = Gradient::DEFAULT;
            overlay!(settings: it => into;
                value initial_limit,
                value min_limit,
                value max_limit,
                number smoothing,
                number rtt_tolerance,
                number backoff_ratio,
                switch probe_interval,
            );
            (Limit::Gradient(into), &it.windowed)
        }
        spec::Concurrency::Vegas(it) => {
            let mut into = Vegas::DEFAULT;
            overlay!(settings: it => into;
                value initial_limit,
                value max_limit,
                number smoothing,
                value probe_multiplier,
            );
            (Limit::Vegas(into), &it.windowed)
        }
        spec::Concurrency::Aimd(it) => {
            let mut into = Aimd::DEFAULT;
            overlay!(settings: it => into;
                value initial_limit,
                value min_limit,
                value max_limit,
                number backoff_ratio,
                value timeout,
            );
            (Limit::Aimd(into), &it.windowed)
        }
        spec::Concurrency::Envoy(it) => {
            let mut into = Envoy::DEFAULT;
            overlay!(settings: it => into;
                share sample_aggregate_percentile,
                value max_concurrency_limit,
                value concurrency_update_interval,
                value min_rtt_interval,
                share jitter,
                value request_count,
                value min_concurrency,
                share buffer,
            );
            (Limit::Envoy(into), &None)
        }
    };
    let concurrency = Concurrency {
        limit,
        windowed: windowed(windows, settings),
    };
    settings.done(concurrency.check())?;
    Ok(Gate::Concurrency(concurrency))
}

fn windowed(written: &Opt<Switch<spec::Windowed>>, settings: &mut Settings<'_, '_>) -> Option<Windowed> {
    let it = written.as_ref()?.value.set()?;
    let mut into = Windowed::DEFAULT;
    overlay!(settings: it => into;
        value min_window_time,
        value max_window_time,
        value window_size,
        value min_rtt_threshold,
    );
    Some(into)
}
