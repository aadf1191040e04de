//! Balancers, and what narrows their choice, as written become the machines of `routing`, each on top of the defaults that its
//! machine has.

mod balance;
mod health;
mod outlier;
mod spread;
#[cfg(test)]
mod tests;

use brownout_sim_core::model::{Checks, Routing, Spread};
use brownout_sim_core::routing::Balance;
use brownout_sim_core::routing::health::Health;
use brownout_sim_core::routing::outlier::Outlier;
use brownout_sim_core::routing::priority::Priority;

use super::Cx;
use super::gates::{Mistaken, Settings, set};
use super::index::Index;
use crate::spec::policy::Policy;

/// The balancer that a policy sets, or the default.
pub(crate) fn balance(policy: Option<&Policy>, cx: &mut Cx<'_>) -> Result<Balance, Mistaken> {
    match policy.and_then(|it| it.balance.as_ref()) {
        None => Ok(Balance::default()),
        Some(it) => balance::lower(&it.value, &mut Settings::new(cx, it.at)),
    }
}

/// What narrows the choice, key by key; `None` if nothing does.
pub(crate) fn routing<'p>(
    of: impl Fn(&str) -> Option<&'p Policy>,
    index: &Index<'_>,
    cx: &mut Cx<'_>,
) -> Result<Option<Routing>, Mistaken> {
    let outlier = of("outlier").map(|it| set(&it.outlier, cx, outlier::lower));
    let health = of("health").map(|it| set(&it.health, cx, |it, settings| health::lower(it, index, settings)));
    let subset = of("subset").map(|it| set(&it.subset, cx, |it, _| spread::subset(it)));
    let locality = of("locality").map(|it| set(&it.locality, cx, |it, to| spread::locality(it, index, to)));
    let shard = of("shard").map(|it| set(&it.shard, cx, spread::shard));
    let mut threshold = None;
    if let Some(it) = of("panic_threshold").and_then(|it| it.panic_threshold.as_ref()) {
        let mut percent = 0;
        let mut settings = Settings::new(cx, it.at);
        settings.percent("panic_threshold", &Some(it.clone()), &mut percent);
        settings.done(Ok(()))?;
        threshold = Some(percent);
    }
    let (outlier, health) = (outlier.transpose()?.flatten(), health.transpose()?.flatten());
    let (subset, locality) = (subset.transpose()?.flatten(), locality.transpose()?.flatten());
    let shard = shard.transpose()?.flatten();
    if let (Some(_), Some(_)) = (&locality, &shard)
        && let Some(at) = of("shard").and_then(|it| it.shard.as_ref()).map(|it| it.at)
    {
        cx.out
            .inconsistent(
                at,
                "`shard` and `locality` both divide the replicas: only one of them can be set",
            )
            .help("leave one of them out");
        return Err(Mistaken);
    }
    let spread = locality.or(shard);
    if outlier.is_none() && health.is_none() && subset.is_none() && spread.is_none() {
        return Ok(None);
    }
    let panic_threshold =
        threshold.unwrap_or_else(|| default_threshold(outlier.as_ref(), health.as_ref(), spread.as_ref()));
    let spread = spread.map(|it| match it {
        Spread::Priority { priority, levels } => Spread::Priority {
            priority: Priority {
                healthy_panic_threshold: panic_threshold,
                ..priority
            },
            levels,
        },
        other => other,
    });
    Ok(Some(Routing {
        outlier,
        health,
        panic_threshold,
        subset,
        spread,
    }))
}

/// Envoy's 50 %, or what Istio says, where the library has such a thing.
fn default_threshold(outlier: Option<&Outlier>, health: Option<&Checks>, spread: Option<&Spread>) -> u32 {
    let is_envoys = matches!(
        spread,
        Some(Spread::Priority { .. } | Spread::ZoneAware(_) | Spread::Weighted { .. })
    ) || matches!(health.map(|it| &it.health), Some(Health::Envoy(_)));
    match outlier {
        Some(Outlier::Envoy(it)) => it.healthy_panic_threshold,
        _ if is_envoys => Priority::DEFAULT.healthy_panic_threshold,
        _ => 0,
    }
}

/// Whether a balancer can do with what narrows its choice; reports it if not.
pub(crate) fn fit<'p>(
    balance: &Balance,
    routing: &Routing,
    of: impl Fn(&str) -> Option<&'p Policy>,
    cx: &mut Cx<'_>,
) -> bool {
    let fits = !(matches!(routing.spread, Some(Spread::Shuffle(_))) && balance.has_schedule());
    if !fits && let Some(at) = of("balance").and_then(|it| it.balance.as_ref()).map(|it| it.at) {
        let message = format!(
            "`{}` keeps a schedule of all replicas, but shuffle sharding gives each key others",
            balance.name()
        );
        cx.out
            .inconsistent(at, message)
            .help("take a balancer without a schedule, such as `two_choices`");
    }
    fits
}
