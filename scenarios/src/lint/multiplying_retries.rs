//! Retries at several layers multiply.

use brownout_sim_core::ids::{EndpointId, PlanId};

use super::{Code, Input, Lint, Subject};
use crate::capacity::{Outline, attempts_worst};

pub(super) const CODE: Code = Code {
    id: "L0111",
    title: "retries at several layers multiply",
    why: "When the last service of a chain fails, every layer above it retries, and each of its retries is retried by the \
          layers below: three layers of three attempts send 27 calls for one request, exactly when the callee can bear it \
          least. Retry at one layer, or bound retries by a budget (Google SRE book, ch. 22; AWS Builders' Library, \"Timeouts, \
          retries, and backoff with jitter\").",
    wrong: "[policy.web-to-app]\nedge = \"web -> app\"\nretry = { attempts = 3 }\n[policy.app-to-db]\nedge = \"app -> db\"\nretry = { attempts = 3 }",
    right: "[policy.app-to-db]\nedge = \"app -> db\"\nretry = { attempts = 3, budget = \"10%\" }",
};

/// Fewer attempts for one request than this are worth no word.
const PRODUCT_MIN: f64 = 4.0;
/// A layer that sends less than this for one call does not count as one that retries.
const LAYER_MIN: f64 = 1.5;

/// The most attempts that one request can cause at an endpoint, and the layers that multiply to it.
#[derive(Clone, Default)]
struct Chain {
    product: f64,
    layers: Vec<PlanId>,
    /// All plans on the way: a chain takes none of them twice.
    passed: Vec<PlanId>,
}

pub(super) fn check(input: Input<'_>, outline: &Outline) -> Vec<Lint> {
    let model = input.model;
    let mut best: Vec<Option<Chain>> = vec![None; model.endpoints.len()];
    let attempts: Vec<f64> = model.plans.iter().map(attempts_worst).collect();
    let extend = |chain: &Chain, plan: PlanId| {
        let mut chain = chain.clone();
        chain.passed.push(plan);
        if attempts[plan.index()] >= LAYER_MIN {
            chain.product *= attempts[plan.index()];
            chain.layers.push(plan);
        }
        chain
    };
    let offer = |best: &mut Vec<Option<Chain>>, to: EndpointId, chain: Chain| {
        let better = best[to.index()].as_ref().is_none_or(|it| chain.product > it.product);
        if better {
            best[to.index()] = Some(chain);
        }
        better
    };
    let start = Chain {
        product: 1.0,
        ..Chain::default()
    };
    for site in model
        .loads
        .iter()
        .flat_map(|it| &it.mix)
        .map(|it| &model.sites[it.site.index()])
    {
        offer(&mut best, site.callee, extend(&start, site.plan));
    }
    // Each round makes chains one call longer; without cycles there is nothing new after as many rounds as endpoints.
    for _ in 0..model.endpoints.len() {
        let mut changed = false;
        for (endpoint, calls) in outline.calls.iter().enumerate() {
            let Some(chain) = best[endpoint].clone() else { continue };
            for (site, _) in calls {
                let site = &model.sites[site.index()];
                if !chain.passed.contains(&site.plan) {
                    changed |= offer(&mut best, site.callee, extend(&chain, site.plan));
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut chains: Vec<(usize, Chain)> = best
        .into_iter()
        .enumerate()
        .filter_map(|(endpoint, it)| Some((endpoint, it?)))
        .filter(|(_, it)| {
            // Where the last call is not itself a layer, the service above has been told already.
            it.layers.len() > 1 && it.product >= PRODUCT_MIN && it.layers.last() == it.passed.last()
        })
        .collect();
    let all = chains.clone();
    chains.retain(|(_, it)| {
        let longer = |other: &Chain| other.layers.len() > it.layers.len() && other.layers.starts_with(&it.layers);
        !all.iter().any(|(_, other)| longer(other))
    });
    chains.sort_by(|a, b| a.1.layers.cmp(&b.1.layers).then(a.0.cmp(&b.0)));
    chains.dedup_by(|b, a| a.1.layers == b.1.layers);
    let lint = |(endpoint, chain): (usize, Chain)| {
        let factors: Vec<String> = chain.layers.iter().map(|it| attempts[it.index()].to_string()).collect();
        let layers: Vec<String> = chain
            .layers
            .iter()
            .map(|it| format!("`{}`", input.names.plans[it.index()]))
            .collect();
        let last = chain.layers.len() - 1;
        Lint {
            code: CODE.id,
            message: format!(
                "retries multiply: {} = {} attempts at `{}` for one request, through {}",
                factors.join(" x "),
                chain.product,
                input.names.endpoint_address(model, EndpointId::from_index(endpoint)),
                layers.join(", ")
            ),
            help: "retry at one layer only, or give the lower layers a `budget`".to_owned(),
            subject: Subject::Plan(chain.layers[last]),
            also: chain.layers[..last].iter().map(|it| Subject::Plan(*it)).collect(),
        }
    };
    chains.into_iter().map(lint).collect()
}
