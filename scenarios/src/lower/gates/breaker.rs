//! `breaker`.

use brownout_sim_core::model::Gate;
use brownout_sim_core::outcome::{Outcome, OutcomeSet};
use brownout_sim_core::policy::breaker::cockatiel::{self, Cockatiel};
use brownout_sim_core::policy::breaker::consecutive::{self, Consecutive};
use brownout_sim_core::policy::breaker::{Breaker, Finagle, Hystrix, Judge, Opossum, Polly, Resilience4j, finagle};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::breaker as spec;
use crate::spec::{Opt, Switch};
use crate::syntax::units::{Rate, Ratio};

pub(super) fn lower(written: &spec::Breaker, settings: &mut Settings<'_, '_>) -> Result<Gate, Mistaken> {
    let breaker = match written {
        spec::Breaker::Consecutive(it) => Breaker::Consecutive(in_a_row(it, settings)),
        spec::Breaker::Hystrix(it) => Breaker::Hystrix(hystrix(it, settings)?),
        spec::Breaker::Resilience4j(it) => Breaker::Resilience4j(resilience4j(it, settings)),
        spec::Breaker::Polly(it) => Breaker::Polly(polly(it, settings)),
        spec::Breaker::Cockatiel(it) => Breaker::Cockatiel(cockatiel(it, settings)),
        spec::Breaker::Opossum(it) => Breaker::Opossum(opossum(it, settings)),
        spec::Breaker::Finagle(it) => Breaker::Finagle(finagle(it, settings)),
    };
    settings.done(breaker.check())?;
    Ok(Gate::Breaker(breaker))
}

fn without(set: OutcomeSet, other: OutcomeSet) -> OutcomeSet {
    let rest = Outcome::ALL
        .into_iter()
        .filter(|it| set.contains(*it) && !other.contains(*it));
    rest.fold(OutcomeSet::EMPTY, OutcomeSet::with)
}

/// What is listed in one of the two takes it out of the other's default.
fn judge(written: &spec::Judge, into: &mut Judge, settings: &mut Settings<'_, '_>) {
    settings.outcomes("on", &written.on, &mut into.failures);
    settings.outcomes("ignore", &written.ignore, &mut into.ignored);
    match (&written.on, &written.ignore) {
        (Some(_), None) => into.ignored = without(into.ignored, into.failures),
        (None, Some(_)) => into.failures = without(into.failures, into.ignored),
        _ => {}
    }
}

fn in_a_row(it: &spec::Consecutive, settings: &mut Settings<'_, '_>) -> Consecutive {
    let mut into = match it.library.as_ref().map(|it| it.value) {
        None | Some(spec::Library::Plain) => Consecutive::default(),
        Some(spec::Library::Pybreaker) => Consecutive::pybreaker_default(),
        Some(spec::Library::Linkerd) => Consecutive::linkerd_default(),
    };
    overlay!(settings: it => into;
        value failures,
        wait wait,
        value late_results,
        value mask_tripping_call,
        outcomes also_fail_a_probe,
    );
    if let Some(rate) = &it.success_rate {
        // Its three settings are required: the defaults never hold.
        let mut success_rate = consecutive::SuccessRate {
            threshold: Factor::ONE,
            window: Span::MAX,
            min_requests: 1,
        };
        settings.with("success_rate", &it.success_rate);
        overlay!(settings: rate.value => success_rate; share threshold, value window, value min_requests);
        into.success_rate = Some(success_rate);
    }
    judge(&it.judge, &mut into.judge, settings);
    into
}

fn hystrix(it: &spec::Hystrix, settings: &mut Settings<'_, '_>) -> Result<Hystrix, Mistaken> {
    let mut into = Hystrix::default();
    overlay!(settings: it => into;
        value enabled,
        value force_open,
        value force_closed,
        value request_volume_threshold,
        value sleep_window,
        value rolling_stats_time,
        value health_snapshot_interval,
        value health,
        value half_open_interference,
    );
    settings.with("error_threshold_percentage", &it.error_threshold_percentage);
    if let Some(it) = &it.error_threshold_percentage {
        let percent = Ratio::ONE.0 / 100;
        if it.value.0 % percent != 0 {
            let message = "Hystrix's error threshold is a whole percentage between 1% and 100% (default 50%)";
            settings.cx.out.inconsistent(it.at, message);
            return Err(Mistaken);
        }
        into.error_threshold_percentage = (it.value.0 / percent) as u32;
    }
    judge(&it.judge, &mut into.judge, settings);
    Ok(into)
}

fn resilience4j(it: &spec::Resilience4j, settings: &mut Settings<'_, '_>) -> Resilience4j {
    let mut into = Resilience4j::default();
    overlay!(settings: it => into;
        share failure_rate_threshold,
        share slow_call_rate_threshold,
        value slow_call_duration_threshold,
        value sliding_window_type,
        value sliding_window_size,
        value minimum_number_of_calls,
        value permitted_number_of_calls_in_half_open_state,
        wait wait_duration_in_open_state,
        value max_wait_duration_in_half_open_state,
        value transition_to_state_after_wait_duration,
        value automatic_transition_from_open_to_half_open_enabled,
        value mode,
        value late_results,
    );
    judge(&it.judge, &mut into.judge, settings);
    into
}

fn polly(it: &spec::Polly, settings: &mut Settings<'_, '_>) -> Polly {
    let mut into = Polly::default();
    overlay!(settings: it => into;
        share failure_ratio,
        value minimum_throughput,
        value sampling_duration,
        wait break_duration,
        value isolated,
        value late_results,
    );
    judge(&it.judge, &mut into.judge, settings);
    into
}

/// What holds in a cockatiel breaker where nothing is written: cockatiel has no defaults, this is what the examples of its
/// documentation say.
const HALF_OPEN_AFTER: Span = Span::from_secs(10);
const IN_A_ROW: u32 = 5;
const SAMPLED: (Factor, Span) = (Factor(200_000), Span::from_secs(30));
/// The longest window: cockatiel keeps a slice for each second of it.
const SAMPLED_MAX: Span = Span::from_secs(86_400);

fn cockatiel(it: &spec::Cockatiel, settings: &mut Settings<'_, '_>) -> Cockatiel {
    let mut row = IN_A_ROW;
    let rule = match it.rule.as_ref().map(|it| &it.value) {
        None => cockatiel::Rule::Consecutive { threshold: row },
        Some(spec::Rule::Consecutive(it)) => {
            settings.value("threshold", &it.threshold, &mut row);
            cockatiel::Rule::Consecutive { threshold: row }
        }
        Some(spec::Rule::Sampling(it)) => {
            let (mut threshold, mut duration) = SAMPLED;
            settings.share("threshold", &it.threshold, &mut threshold);
            settings.value("duration", &it.duration, &mut duration);
            if duration > SAMPLED_MAX {
                let message = format!("cockatiel's duration is at most {SAMPLED_MAX} here (default 30s)");
                let at = it.duration.as_ref().map_or(settings.at, |it| it.at);
                settings.cx.out.inconsistent(at, message);
                settings.sound = false;
                duration = SAMPLED_MAX;
            }
            cockatiel::Rule::Sampling {
                threshold,
                duration,
                minimum_rps: it.minimum_rps.as_ref().map(|it| per_second(it.value)),
            }
        }
    };
    let mut into = Cockatiel::new(rule, HALF_OPEN_AFTER);
    overlay!(settings: it => into; wait half_open_after);
    judge(&it.judge, &mut into.judge, settings);
    into
}

/// A rate in millionths per second, rounded down.
fn per_second(rate: Rate) -> Factor {
    let millionths = u128::from(rate.micros()) * 1_000_000_000 / u128::from(rate.per().nanos());
    Factor(u64::try_from(millionths).unwrap_or(u64::MAX))
}

fn opossum(it: &spec::Opossum, settings: &mut Settings<'_, '_>) -> Opossum {
    let mut into = Opossum::default();
    overlay!(settings: it => into;
        share error_threshold_percentage,
        value rolling_count_timeout,
        value rolling_count_buckets,
        value reset_timeout,
        value volume_threshold,
    );
    judge(&it.judge, &mut into.judge, settings);
    into
}

fn finagle(it: &spec::FailureAccrual, settings: &mut Settings<'_, '_>) -> Finagle {
    let mut into = Finagle::default();
    overlay!(settings: it => into; switch consecutive_failures, wait mark_dead_for);
    into.success_rate = average(&it.success_rate, into.success_rate, settings);
    judge(&it.judge, &mut into.judge, settings);
    into
}

fn average(
    written: &Opt<Switch<spec::AverageRate>>,
    default: Option<finagle::SuccessRate>,
    settings: &mut Settings<'_, '_>,
) -> Option<finagle::SuccessRate> {
    settings.with("success_rate", written);
    let Some(written) = written else { return default };
    let (rate, mut into) = (written.value.set()?, default?);
    overlay!(settings: rate => into; share required, value window, value min_requests);
    Some(into)
}
