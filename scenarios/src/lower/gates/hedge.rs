//! `hedge`.

use brownout_sim_core::model::{Cover, Stage};
use brownout_sim_core::policy::hedge::{Average, Delay, Hedge, Losers, OnFailure, Percentile};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::hedge as spec;

/// A hedge of a delay, with what no library says otherwise.
const fn plain(delay: Delay) -> Hedge {
    Hedge {
        max_attempts: 2,
        delay,
        on_failure: OnFailure::NextAtOnce,
        losers: Losers::Cancelled,
        budget: None,
        ..Hedge::POLLY
    }
}

/// What the kinds that are no library's have in common.
macro_rules! common {
    ($settings:ident: $from:expr => $into:expr) => {
        $settings.value("attempts", &$from.attempts, &mut $into.max_attempts);
        $settings.outcomes("on", &$from.on, &mut $into.non_fatal);
        $settings.value("on_failure", &$from.on_failure, &mut $into.on_failure);
        $settings.value("losers", &$from.losers, &mut $into.losers);
        $settings.budget(&$from.budget, &mut $into.budget);
    };
}

pub(super) fn lower(written: &spec::Hedge, settings: &mut Settings<'_, '_>) -> Result<Stage, Mistaken> {
    let hedge = match written {
        spec::Hedge::Fixed(it) => {
            let mut delay = Span::ZERO;
            settings.value("delay", &it.delay, &mut delay);
            let mut into = plain(Delay::Fixed(delay));
            common!(settings: it => into);
            into
        }
        spec::Hedge::Quantile(it) => {
            let mut of = Percentile::finagle(Factor(950_000));
            overlay!(settings: it => of;
                value num_buckets,
                value bucket_size,
                value refresh_interval,
                value min_send_backup_after,
                value highest_trackable,
            );
            settings.share("quantile", &it.quantile, &mut of.percentile);
            let mut into = plain(Delay::Percentile(of));
            common!(settings: it => into);
            into
        }
        spec::Hedge::Average(it) => {
            let mut of = Average::times(Factor::ONE);
            overlay!(settings: it => of; number times, value plus, value window_size, value measure_errors);
            let mut into = plain(Delay::Average(of));
            common!(settings: it => into);
            into
        }
        spec::Hedge::Tied(it) => {
            let mut network = Span::ZERO;
            settings.value("network_delay", &it.network_delay, &mut network);
            let mut into = Hedge::tied(network);
            settings.outcomes("on", &it.on, &mut into.non_fatal);
            settings.budget(&it.budget, &mut into.budget);
            into
        }
        spec::Hedge::Grpc(it) => {
            let (mut attempts, mut delay) = (2, Span::ZERO);
            settings.value("max_attempts", &it.max_attempts, &mut attempts);
            settings.value("hedging_delay", &it.hedging_delay, &mut delay);
            let mut into = Hedge::grpc(attempts, delay, Default::default(), None);
            settings.outcomes("non_fatal", &it.non_fatal, &mut into.non_fatal);
            settings.budget(&it.budget, &mut into.budget);
            into
        }
        spec::Hedge::Polly(it) => {
            let (mut extra, mut delay) = (1, Span::from_secs(2));
            settings.value("max_hedged_attempts", &it.max_hedged_attempts, &mut extra);
            settings.value("delay", &it.delay, &mut delay);
            let mut into = Hedge {
                max_attempts: extra + 1,
                delay: Delay::Fixed(delay),
                ..Hedge::POLLY
            };
            settings.outcomes("on", &it.on, &mut into.non_fatal);
            into
        }
        spec::Hedge::Envoy(it) => {
            let (mut timeout, mut retries) = (Span::ZERO, 1);
            settings.value("per_try_timeout", &it.per_try_timeout, &mut timeout);
            settings.value("num_retries", &it.num_retries, &mut retries);
            Hedge::envoy(timeout, retries)
        }
        spec::Hedge::Finagle(it) => {
            let mut extra = Factor(10_000);
            settings.share("max_extra_load", &it.max_extra_load, &mut extra);
            Hedge::finagle(extra)
        }
        spec::Hedge::Resilience4j(it) => {
            let mut times = Factor::ONE;
            settings.share("percentage", &it.percentage, &mut times);
            Hedge::resilience4j(match &it.cutoff {
                Some(it) => Delay::Fixed(it.value),
                None => Delay::Average(Average::times(times)),
            })
        }
    };
    settings.done(hedge.check())?;
    Ok(Stage::Cover(Cover::Hedge(hedge)))
}
