//! Services and third parties.

use super::{Written, place};
use crate::diagnostics::Diagnostics;
use crate::spec::admission::Admission;
use crate::spec::external::External;
use crate::spec::queue::{Queue, QueueOrder};
use crate::spec::service::Service;
use crate::spec::{At, Limit, Named, Opt, Switch};
use crate::syntax::units::Per;

pub(super) fn service(service: &Named<Service>, out: &mut Diagnostics) {
    let body = &service.body;
    let direct = [
        (place(&body.work), "work"),
        (place(&body.work_per), "work_per"),
        (place(&body.errors), "errors"),
        (place(&body.flow), "flow"),
        (place(&body.request_size), "request_size"),
        (place(&body.reply_size), "reply_size"),
    ];
    if !service.endpoint.is_empty()
        && let Some((at, key)) = direct.into_iter().find_map(|it| Some((it.0?, it.1)))
    {
        out.conflict(at, format!("a service with endpoints does not say `{key}` itself"))
            .help(format!(
                "move `{key}` into `[service.{}.endpoint.NAME]`",
                service.name.value
            ));
    }
    if let (Some(cores), Some(sharing)) = (&service.cores, &service.sharing)
        && cores.sharing.is_some()
    {
        out.conflict(sharing.at, "`sharing` is already said in `cores`");
    }
    if let (None, Some(sharing)) = (&service.cores, &service.sharing) {
        out.no_effect(sharing.at, "`sharing` has no effect without a limit of `cores`")
            .help("add `cores = 4`");
    }
    if let (
        Some(cores),
        Some(At {
            value: Limit::Count(workers),
            ..
        }),
    ) = (&service.cores, &service.workers)
        && let Some(limit) = &cores.limit
        && limit.value > *workers
    {
        let message = format!(
            "{} cores for {workers} workers: a worker uses one core at a time",
            limit.value
        );
        out.inconsistent(limit.at, message)
            .help("leave `cores` out if they are no limit");
    }
    if let (Some(weights), Some(replicas)) = (&service.weights, &service.replicas)
        && weights.value.len() != replicas.value as usize
    {
        let message = format!("{} weights for {} replicas", weights.value.len(), replicas.value);
        out.inconsistent(weights.at, message)
            .help("give each replica its weight");
    }
    if let Some(weights) = &service.weights
        && weights.value.iter().all(|it| it.value == 0)
    {
        out.inconsistent(weights.at, "all weights are zero, so nothing could be picked");
    }
    if let Some(price) = &service.price {
        match price.per {
            Per::Gigabyte => {
                out.inconsistent(price.at, "a service costs for a time or a call, not for data")
                    .help("a link has a price for data");
            }
            Per::Call if !service.endpoint.is_empty() => {
                out.inconsistent(price.at, "a service with endpoints has no price for a call")
                    .help("give its endpoints a price");
            }
            _ => {}
        }
    }
    for endpoint in &service.endpoint {
        price_for(&endpoint.price, "an endpoint", &[Per::Call], "0.001 EUR/call", out);
    }
    if let Some(it) = &service.queue {
        queue(&it.value, out);
    }
    if let Some(it) = &service.admission {
        admission(&it.value, service, out);
    }
}

fn queue(queue: &Queue, out: &mut Diagnostics) {
    if let (Some(_), Some(folly)) = (&queue.codel, &queue.folly_codel) {
        out.conflict(folly.at, "a queue has `codel` or `folly_codel`, not both");
    }
    if let Some(threshold) = &queue.threshold
        && queue.order.as_ref().map(|it| it.value) != Some(QueueOrder::AdaptiveLifo)
    {
        out.no_effect(threshold.at, "`threshold` has no effect in this order")
            .help("write `order = \"adaptive_lifo\"`, or leave it out");
    }
    if let Some(timeout) = &queue.timeout
        && timeout.after.is_some()
        && let Some(at) = place(&timeout.short).or(place(&timeout.long))
    {
        out.conflict(at, "a queue's timeout is `after`, or `short` and `long`");
    }
}

fn admission(admission: &Admission, service: &Service, out: &mut Diagnostics) {
    let is_set = |it: &Switch<_>| it.set().is_some();
    if let Some(criticality) = admission.criticality.as_ref().filter(|it| it.set().is_some())
        && service.workers.as_ref().and_then(|it| it.value.count()).is_none()
    {
        out.needs(criticality.at, "`criticality`", "a number of `workers`", "workers = 64");
    }
    if let Some(partition) = &admission.partition
        && !admission.concurrency.as_ref().is_some_and(|it| is_set(&it.value))
    {
        out.needs(partition.at, "`partition`", "a limit to share", "concurrency = 50");
    }
}

pub(super) fn external(external: &Named<External>, written: &Written<'_>, out: &mut Diagnostics) {
    if let Some(price) = &external.price
        && price.per == Per::Gigabyte
    {
        out.inconsistent(
            price.at,
            "a third party costs for a call or a time; a link has a price for data",
        );
    }
    for endpoint in &external.endpoint {
        price_for(&endpoint.price, "an endpoint", &[Per::Call], "0.02 EUR/call", out);
    }
    if !written.any(&["latency"])
        && (external.endpoint.is_empty() || external.endpoint.iter().any(|it| it.latency.is_none()))
    {
        out.needs(
            external.at,
            &format!("the third party `{}`", external.name.value),
            "a latency",
            "latency = \"80ms\"",
        );
    }
}

pub(super) fn price_for(
    price: &Opt<crate::syntax::units::Price>,
    what: &str,
    fits: &[Per],
    example: &str,
    out: &mut Diagnostics,
) {
    if let Some(price) = price
        && !fits.contains(&price.per)
    {
        let message = format!("{what} has no price for `/{}`", price.per.name());
        out.inconsistent(price.at, message)
            .help(format!("write it like `\"{example}\"`"));
    }
}
