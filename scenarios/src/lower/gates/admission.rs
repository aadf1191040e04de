//! `admission` and `dimmer` of a service.

use brownout_sim_core::model::{Admission, ConcurrencyLimit, Gate, Partition};
use brownout_sim_core::policy::rate_limit::RateLimit;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::server::criticality::Thresholds;
use brownout_sim_core::server::dimmer::Dimmer;
use brownout_sim_core::server::partition::Partitions;
use brownout_sim_core::time::Span;

use super::{Mistaken, Settings, concurrency, overlay, rate_limit};
use crate::document::At;
use crate::lower::Cx;
use crate::lower::services::factor;
use crate::spec::admission as spec;
use crate::spec::policy::rate_limit as limits;
use crate::spec::{Opt, Switch};
use crate::syntax::units::Ratio;

/// The shortest control period of a dimmer: each is an event, in every replica.
const PERIOD_MIN: Span = Span::from_millis(1);

/// Whom a service lets in; `classes` are those in use, in order. Fails on a mistake.
pub(crate) fn admission(
    written: &Opt<spec::Admission>,
    classes: &[String],
    cx: &mut Cx<'_>,
) -> Result<Admission, Mistaken> {
    let Some(written) = written else {
        return Ok(Admission::default());
    };
    let it = &written.value;
    Ok(Admission {
        local_rate_limit: limiter(&it.local_rate_limit, cx)?,
        global_rate_limit: limiter(&it.global_rate_limit, cx)?,
        criticality: criticality(&it.criticality, cx)?,
        limit: inside_limit(&it.concurrency, cx)?,
        partition: partition(&it.partition, classes, cx)?,
    })
}

/// What is set, and where.
fn set<T>(written: &Opt<Switch<T>>) -> Option<(&T, crate::document::Place)> {
    let written = written.as_ref()?;
    written.value.set().map(|it| (it, written.at))
}

fn limiter(written: &Opt<Switch<limits::RateLimit>>, cx: &mut Cx<'_>) -> Result<Option<RateLimit>, Mistaken> {
    let Some((it, at)) = set(written) else {
        return Ok(None);
    };
    let Gate::RateLimit(limiter) = rate_limit::lower(it, &mut Settings::new(cx, at))? else {
        unreachable!("a rate limiter was written");
    };
    let waits = match &limiter {
        RateLimit::TokenBucket(it) => it.max_wait > Span::ZERO,
        RateLimit::Gcra(it) => it.until_ready,
        RateLimit::LeakyBucket(it) => it.size > 0,
        RateLimit::Resilience4j(it) => it.timeout_duration > Span::ZERO,
        RateLimit::Aws(_) => true,
        RateLimit::FixedWindow(_) | RateLimit::SlidingWindowLog(_) | RateLimit::SlidingWindowCounter(_) => false,
    };
    if waits {
        cx.out
            .inconsistent(
                at,
                "a service refuses what is above its rate limit; it lets nobody wait for it",
            )
            .help("write `{ rate = \"200/s\", burst = 50 }`, or give the callers a `rate_limit`");
        return Err(Mistaken);
    }
    Ok(Some(limiter))
}

fn criticality(written: &Opt<Switch<spec::Criticality>>, cx: &mut Cx<'_>) -> Result<Option<Thresholds>, Mistaken> {
    let Some((it, at)) = set(written) else {
        return Ok(None);
    };
    let never = Factor(u64::MAX);
    let of = |it: &Opt<Switch<Ratio>>, default: Factor| match it.as_ref().map(|it| &it.value) {
        None => default,
        Some(Switch::None) => never,
        Some(Switch::Set(it)) => factor(*it),
    };
    let default = Thresholds::DEFAULT;
    let thresholds = Thresholds {
        critical_plus: of(&it.critical_plus, default.critical_plus),
        critical: of(&it.critical, default.critical),
        sheddable_plus: of(&it.sheddable_plus, default.sheddable_plus),
        sheddable: of(&it.sheddable, default.sheddable),
    };
    Settings::new(cx, at).done(thresholds.check())?;
    Ok(Some(thresholds))
}

fn inside_limit(
    written: &Opt<Switch<spec::InsideLimit>>,
    cx: &mut Cx<'_>,
) -> Result<Option<ConcurrencyLimit>, Mistaken> {
    Ok(match set(written) {
        None => None,
        Some((spec::InsideLimit::Fixed(limit), _)) => Some(ConcurrencyLimit::Fixed(*limit)),
        Some((spec::InsideLimit::Adaptive(it), at)) => {
            let Gate::Concurrency(it) = concurrency::lower(it, &mut Settings::new(cx, at))? else {
                unreachable!("a concurrency limit was written");
            };
            Some(ConcurrencyLimit::Adaptive(it))
        }
    })
}

fn partition(
    written: &Opt<Vec<(At<String>, At<Ratio>)>>,
    classes: &[String],
    cx: &mut Cx<'_>,
) -> Result<Option<Partition>, Mistaken> {
    let Some(written) = written else { return Ok(None) };
    let mut of_class = vec![None; classes.len()];
    let mut sound = true;
    for (row, (class, _)) in written.value.iter().enumerate() {
        match classes.iter().position(|it| *it == class.value) {
            Some(at) => of_class[at] = Some(row),
            None => {
                let known = classes.iter().map(String::as_str);
                cx.out.unknown_word(class.at, &class.value, known);
                sound = false;
            }
        }
    }
    let shares = written.value.iter().map(|it| factor(it.1.value)).collect();
    let shares = match Partitions::new(shares) {
        Ok(shares) if sound => shares,
        Ok(_) => return Err(Mistaken),
        Err(error) => {
            cx.out.inconsistent(written.at, error.0);
            return Err(Mistaken);
        }
    };
    Ok(Some(Partition { shares, of_class }))
}

/// A service's dimmer. Fails on settings that do not fit together.
pub(crate) fn dimmer(written: &Opt<spec::Dimmer>, cx: &mut Cx<'_>) -> Result<Option<Dimmer>, Mistaken> {
    let Some(written) = written else { return Ok(None) };
    let (it, mut into) = (&written.value, Dimmer::DEFAULT);
    let mut settings = Settings::new(cx, written.at);
    overlay!(settings: it => into;
        value setpoint,
        number pole,
        value control_period,
        share initial_theta,
        value gain,
    );
    settings.with("forgetting", &it.forgetting);
    into.forgetting = match &it.forgetting {
        None => into.forgetting,
        Some(At {
            value: Switch::None, ..
        }) => None,
        Some(At {
            value: Switch::Set(number),
            at,
        }) => {
            let mut factor = Factor::ONE;
            settings.number("forgetting", &Some(At::new(*number, *at)), &mut factor);
            Some(factor)
        }
    };
    settings.done(into.check())?;
    if let Some(period) = it.control_period.as_ref().filter(|it| it.value < PERIOD_MIN) {
        cx.out
            .inconsistent(period.at, "a dimmer moves at most once in a millisecond (default 1s)");
        return Err(Mistaken);
    }
    Ok(Some(into))
}
