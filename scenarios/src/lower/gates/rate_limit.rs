//! `rate_limit`.

use brownout_sim_core::model::Gate;
use brownout_sim_core::policy::rate_limit::{
    Aws, FixedWindow, Gcra, LeakyBucket, RateLimit, Resilience4j, SlidingWindowCounter, SlidingWindowLog, TokenBucket,
};
use brownout_sim_core::time::Span;

use super::{Mistaken, Settings, overlay};
use crate::spec::Opt;
use crate::spec::policy::rate_limit as spec;
use crate::syntax::units::Rate;

/// What burst there can be at most; the most that a file can say.
const BURST_MAX: u128 = 1_000_000_000;

pub(super) fn lower(written: &spec::RateLimit, settings: &mut Settings<'_, '_>) -> Result<Gate, Mistaken> {
    let limit = match written {
        spec::RateLimit::TokenBucket(it) => {
            let (rate, period) = whole(rate(&it.rate, settings)?);
            let mut into = TokenBucket {
                rate,
                period,
                burst: in_a_second(&it.rate),
                max_wait: Span::ZERO,
            };
            overlay!(settings: it => into; value burst, value max_wait);
            RateLimit::TokenBucket(into)
        }
        spec::RateLimit::LeakyBucket(it) => {
            let (rate, period) = whole(rate(&it.rate, settings)?);
            let mut into = LeakyBucket { rate, period, size: 0 };
            overlay!(settings: it => into; value size);
            RateLimit::LeakyBucket(into)
        }
        spec::RateLimit::Gcra(it) => {
            let (calls, period) = whole(rate(&it.rate, settings)?);
            let mut into = Gcra {
                replenish_one_per: period.scale(1, calls),
                max_burst: in_a_second(&it.rate),
                until_ready: false,
            };
            overlay!(settings: it => into; value max_burst, value until_ready);
            RateLimit::Gcra(into)
        }
        spec::RateLimit::FixedWindow(it) => {
            let (limit, window) = window(it, settings)?;
            RateLimit::FixedWindow(FixedWindow { limit, window })
        }
        spec::RateLimit::SlidingWindowLog(it) => {
            let (limit, window) = window(it, settings)?;
            RateLimit::SlidingWindowLog(SlidingWindowLog { limit, window })
        }
        spec::RateLimit::SlidingWindowCounter(it) => {
            let (limit, window) = window(it, settings)?;
            RateLimit::SlidingWindowCounter(SlidingWindowCounter { limit, window })
        }
        spec::RateLimit::Resilience4j(it) => {
            let mut into = Resilience4j::DEFAULT;
            overlay!(settings: it => into;
                value limit_for_period,
                value limit_refresh_period,
                value timeout_duration,
            );
            RateLimit::Resilience4j(into)
        }
        spec::RateLimit::Aws(_) => RateLimit::Aws(Aws),
    };
    settings.done(limit.check())?;
    Ok(Gate::RateLimit(limit))
}

/// A rate that has to be there; that it is not has been reported.
fn rate(written: &Opt<Rate>, settings: &mut Settings<'_, '_>) -> Result<Rate, Mistaken> {
    settings.with("rate", written);
    written.as_ref().map(|it| it.value).ok_or(Mistaken)
}

fn window(written: &spec::Window, settings: &mut Settings<'_, '_>) -> Result<(u32, Span), Mistaken> {
    settings.with("limit", &written.limit);
    settings.with("window", &written.window);
    let (limit, window) = (written.limit.as_ref(), written.window.as_ref());
    match (limit, window) {
        (Some(limit), Some(window)) => Ok((limit.value, window.value)),
        _ => Err(Mistaken),
    }
}

/// As few whole calls in as short a period as the rate is exact in: 0.5/s is 1 in 2 s.
fn whole(rate: Rate) -> (u64, Span) {
    let (mut divisor, mut rest) = (rate.micros(), 1_000_000);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let times = 1_000_000 / divisor;
    let period = Span::from_nanos(rate.per().nanos().saturating_mul(times));
    (rate.micros() / divisor, period)
}

/// How many calls that is in a second, rounded up: at least 1.
fn in_a_second(rate: &Opt<Rate>) -> u32 {
    let calls = rate.as_ref().map_or(0, |it| {
        let of = (u128::from(it.value.micros()), u128::from(it.value.per().nanos()));
        (of.0 * 1_000).div_ceil(of.1)
    });
    calls.clamp(1, BURST_MAX) as u32
}
