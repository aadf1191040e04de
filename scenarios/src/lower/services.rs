//! Services, third parties and their endpoints.

use std::collections::BTreeMap;

use brownout_sim_core::component::quota::Quota;
use brownout_sim_core::ids::{BlockId, EndpointId, ServiceId, ZoneId};
use brownout_sim_core::model::{
    Admission, Cores, Endpoint, ErrorRule, ErrorWhen, Queue, Service, ServiceKind, Sharing, Style, WorkPer,
};
use brownout_sim_core::quantity::{Factor, Nanomoney};
use brownout_sim_core::rng::Key;
use brownout_sim_core::server::slowdown::Slowdown;
use brownout_sim_core::time::Span;

use super::Cx;
use super::gates::{admission, discipline};
use super::index::{Component, Description, Endpoints, Index, listed};
use crate::document::At;
use crate::spec::Opt;
use crate::spec::external::{self, External, ExternalEndpoint};
use crate::spec::service as spec;
use crate::syntax::units::{Bytes, Per, Price, Ratio};

/// The zone of each replica slot of every service: `slots` of them, zones dealt in turn.
pub(crate) fn places(index: &Index<'_>, slots: &[u32], cx: &mut Cx<'_>) -> Vec<Vec<Option<ZoneId>>> {
    let zones = |component: &Component<'_>, cx: &mut Cx<'_>| -> Vec<ZoneId> {
        let names: Vec<&At<String>> = match component {
            Component::Service(it) => listed(&it.it.zones).iter().collect(),
            Component::External(it) => it.it.zone.iter().collect(),
        };
        names.into_iter().filter_map(|it| index.zone_at(it, cx)).collect()
    };
    let mut places = Vec::new();
    for (component, slots) in index.services.iter().zip(slots) {
        let zones = zones(component, cx);
        let place = |slot: u32| zones.get(slot as usize % zones.len().max(1)).copied();
        places.push((0..*slots).map(place).collect());
    }
    places
}

/// A factor from a share, to the nearest millionth.
pub(crate) fn factor(ratio: Ratio) -> Factor {
    Factor(ratio.0.saturating_add(500_000) / 1_000_000)
}

/// Workers of a service; `None` is unlimited.
pub(crate) fn workers(service: &spec::Service) -> Option<u32> {
    service.workers.as_ref().and_then(|it| it.value.count())
}

/// The row of a service or a third party.
pub(crate) fn service(
    component: Component<'_>,
    endpoints: core::ops::Range<usize>,
    places: Vec<Option<ZoneId>>,
    classes: &[String],
    cx: &mut Cx<'_>,
) -> Option<Service> {
    let endpoints = endpoints.start as u32..endpoints.end as u32;
    let key = Key::of(&format!("service.{}", component.name().value));
    let replicas = component.replicas();
    match component {
        Component::Service(it) => {
            let it = &it.it;
            let weights = weights(it, places.len());
            let sharing = it.sharing.as_ref().map(|it| it.value);
            let cores = it.cores.as_ref().and_then(|cores| {
                let own = cores.value.sharing.as_ref().map(|it| it.value);
                let limit = cores.value.limit.as_ref()?.value;
                Some(Cores {
                    limit,
                    sharing: shared(own.or(sharing)),
                })
            });
            let price = it.price.as_ref().filter(|it| it.value.per != Per::Call);
            let price_per_hour = price.map_or(Nanomoney(0), |it| per_hour(it, cx));
            Some(Service {
                key,
                kind: ServiceKind::Service,
                endpoints,
                replicas,
                places,
                weights,
                workers: workers(it),
                cores,
                style: match it.style.as_ref().map(|it| it.value) {
                    None | Some(spec::Style::Blocking) => Style::Blocking,
                    Some(spec::Style::Async) => Style::Async,
                },
                queue: discipline::queue(&it.queue, cx)?,
                slowdown: slowdown(&it.slowdown),
                quota: None,
                admission: admission::admission(&it.admission, classes, cx).ok()?,
                dimmer: admission::dimmer(&it.dimmer, cx).ok()?,
                price_per_hour,
            })
        }
        Component::External(it) => {
            let it = &it.it;
            let price = it.price.as_ref().filter(|it| it.value.per != Per::Call);
            Some(Service {
                key,
                kind: ServiceKind::External,
                endpoints,
                replicas,
                places,
                weights: Vec::new(),
                workers: None,
                cores: None,
                style: Style::Blocking,
                queue: Queue::default(),
                slowdown: None,
                quota: it.quota.as_ref().and_then(|it| quota(&it.value)),
                admission: Admission::default(),
                dimmer: None,
                price_per_hour: price.map_or(Nanomoney(0), |it| per_hour(it, cx)),
            })
        }
    }
}

fn shared(sharing: Option<spec::Sharing>) -> Sharing {
    match sharing {
        None | Some(spec::Sharing::Fifo) => Sharing::Fifo,
        Some(spec::Sharing::Processor) => Sharing::Processor,
    }
}

/// A weight for each slot: those of the list, over and over for replicas that a change adds.
fn weights(service: &spec::Service, slots: usize) -> Vec<u32> {
    let given: Vec<u32> = listed(&service.weights).iter().map(|it| it.value).collect();
    if given.is_empty() {
        return Vec::new();
    }
    (0..slots).map(|it| given[it % given.len()]).collect()
}

fn slowdown(slowdown: &Opt<spec::Slowdown>) -> Option<Slowdown> {
    let share = |it: &Opt<Ratio>| it.as_ref().map_or(Factor(0), |it| factor(it.value));
    slowdown.as_ref().map(|it| match &it.value {
        spec::Slowdown::Linear(it) => Slowdown::Linear {
            per_call: share(&it.per_call),
        },
        spec::Slowdown::Usl(it) => Slowdown::Usl {
            sigma: share(&it.sigma),
            kappa: share(&it.kappa),
        },
    })
}

fn quota(quota: &external::Quota) -> Option<Quota> {
    let limit = quota.limit.as_ref()?.value;
    let period = quota.per.as_ref().map_or(Span::from_secs(1), |it| it.value);
    Some(match &quota.burst {
        None => Quota::Window { limit, period },
        Some(burst) => Quota::Tokens {
            rate: limit,
            period,
            burst: burst.value,
        },
    })
}

fn per_hour(price: &At<Price>, cx: &mut Cx<'_>) -> Nanomoney {
    cx.currency(price);
    let Some(span) = price.value.per.span() else {
        return Nanomoney(0); // The decoder has said so.
    };
    let hour = u128::from(Span::from_secs(3600).nanos());
    let nano = u128::from(price.value.amount.nano) * hour / u128::from(span.nanos());
    Nanomoney(u64::try_from(nano).unwrap_or(u64::MAX))
}

fn per_call(price: &At<Price>, cx: &mut Cx<'_>) -> Nanomoney {
    cx.currency(price);
    price.value.amount.amount()
}

/// Random errors; none if they never happen.
pub(crate) fn errors(errors: &Opt<spec::Errors>) -> Option<ErrorRule> {
    let errors = &errors.as_ref()?.value;
    let when = match errors.when.as_ref().map(|it| it.value) {
        Some(spec::ErrorsWhen::Before) => ErrorWhen::Before,
        None | Some(spec::ErrorsWhen::After) => ErrorWhen::After,
    };
    let ratio = errors.ratio.as_ref()?.value;
    (ratio > Ratio::ZERO).then(|| ErrorRule {
        ratio: ratio.chance(),
        when,
    })
}

fn size(bytes: &Opt<Bytes>) -> u64 {
    bytes.as_ref().map_or(0, |it| it.value.0)
}

/// The row of an endpoint, its flow compiled already. `None` if a mistake was found in it.
pub(crate) fn endpoint(
    index: &Index<'_>,
    endpoints: &Endpoints,
    id: EndpointId,
    flow: Option<BlockId>,
    cx: &mut Cx<'_>,
) -> Option<Endpoint> {
    let service = endpoints.rows[id.index()].0;
    let key = Key::of(&endpoints.key_text(index, id));
    let described = endpoints.describe(index, id)?;
    if let Description::External(whole, own) = described {
        return external_endpoint(service, key, whole, own, cx);
    }
    let body = described.body()?;
    let work = match &body.work {
        Some(it) => Some(cx.dist(it)?),
        None => None,
    };
    let price = match (described, index.services[service.index()]) {
        (Description::Named(it), _) => it.price.as_ref(),
        (_, Component::Service(it)) => it.it.price.as_ref().filter(|it| it.value.per == Per::Call),
        _ => None,
    };
    Some(Endpoint {
        service,
        key,
        work,
        work_per: match body.work_per.as_ref().map(|it| it.value) {
            None | Some(spec::WorkPer::Attempt) => WorkPer::Attempt,
            Some(spec::WorkPer::Call) => WorkPer::Call,
        },
        errors: errors(&body.errors),
        flow,
        request_bytes: size(&body.request_size),
        response_bytes: size(&body.reply_size),
        price_per_call: price.map_or(Nanomoney(0), |it| per_call(it, cx)),
    })
}

/// What a third party does: its latency is work of unlimited workers, so a slow third party can be slowed down by a fault.
fn external_endpoint(
    service: ServiceId,
    key: Key,
    whole: &External,
    own: Option<&ExternalEndpoint>,
    cx: &mut Cx<'_>,
) -> Option<Endpoint> {
    let latency = own.and_then(|it| it.latency.as_ref()).or(whole.latency.as_ref());
    let work = match latency {
        Some(it) => Some(cx.dist(it)?),
        None => None,
    };
    let own_errors = own.map_or(&None, |it| &it.errors);
    let own_price = own.and_then(|it| it.price.as_ref());
    let price = own_price.or(whole.price.as_ref().filter(|it| it.value.per == Per::Call));
    let either = |own: Option<&At<Bytes>>, whole: &Opt<Bytes>| own.or(whole.as_ref()).map_or(0, |it| it.value.0);
    Some(Endpoint {
        service,
        key,
        work,
        work_per: WorkPer::Attempt,
        errors: if own_errors.is_some() {
            errors(own_errors)
        } else {
            errors(&whole.errors)
        },
        flow: None,
        request_bytes: either(own.and_then(|it| it.request_size.as_ref()), &whole.request_size),
        response_bytes: either(own.and_then(|it| it.reply_size.as_ref()), &whole.reply_size),
        price_per_call: price.map_or(Nanomoney(0), |it| per_call(it, cx)),
    })
}

/// How many replica slots each service needs: the most that it or any change of it has.
pub(crate) fn slots(versions: &[Index<'_>]) -> Vec<u32> {
    let mut most: BTreeMap<&str, u32> = BTreeMap::new();
    for component in versions.iter().flat_map(|it| &it.services) {
        let slots = most.entry(&component.name().value).or_default();
        *slots = (*slots).max(component.replicas());
    }
    most.into_values().collect()
}
