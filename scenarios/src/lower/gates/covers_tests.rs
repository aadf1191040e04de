//! Hedges, fallbacks, caches, collapsers and pools as written, and what they become.

use brownout_sim_core::component::pool::Pool;
use brownout_sim_core::model::{Cover, Model, Stage};
use brownout_sim_core::outcome::{Outcome, OutcomeSet};
use brownout_sim_core::policy::PolicyKind;
use brownout_sim_core::policy::budget::{self, Budget, bucket::Bucket, grpc::Grpc};
use brownout_sim_core::policy::cache::collapser::Scope;
use brownout_sim_core::policy::cache::{Cache, Collapser, Ttl};
use brownout_sim_core::policy::fallback::{Fallback, Kind};
use brownout_sim_core::policy::hedge::{Average, Delay, Hedge, Losers, OnFailure, Percentile};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use crate::scenario::Scenario;

/// The model of a file with this line in its only policy, that from `users` to `db`.
fn model(line: &str) -> Result<Model, String> {
    let text = format!(
        "format = 1\n[run]\nduration = \"1m\"\n[load.users]\ntarget = \"db\"\nrate = \"1/s\"\n[service.db]\nreplicas = 3\n\
         work = \"1ms\"\n[service.spare]\nwork = \"1ms\"\nunused = true\n[policy.p]\nedge = \"users -> db\"\n{line}\n"
    );
    let nothing = |name: &str| Err(format!("there is no file {name}"));
    let compiled = Scenario::load("cover", "cover.toml", text.as_bytes(), &[], &nothing)
        .and_then(|it| it.compile("base"))
        .map_err(|it| it.render(false))?;
    Ok(compiled.model)
}

fn cover(line: &str) -> Result<Cover, String> {
    let model = model(line)?;
    let stages: Vec<&Stage> = model.plans.iter().flat_map(|it| &it.stages).collect();
    match stages.as_slice() {
        [Stage::Cover(cover)] => Ok(*cover),
        other => Err(format!("{other:?}")),
    }
}

#[track_caller]
fn hedges(line: &str, to: Hedge) {
    assert_eq!(cover(line), Ok(Cover::Hedge(to)), "{line}");
}

#[track_caller]
fn falls_back(line: &str, to: Fallback) {
    assert_eq!(cover(line), Ok(Cover::Fallback(to)), "{line}");
}

fn ms(it: u64) -> Span {
    Span::from_millis(it)
}

#[test]
fn every_hedge_is_its_librarys() {
    let fixed = Hedge {
        delay: Delay::Fixed(ms(50)),
        ..Hedge::POLLY
    };
    hedges("hedge = \"50ms\"", fixed);
    let all = Hedge {
        max_attempts: 3,
        non_fatal: OutcomeSet::EMPTY.with(Outcome::Timeout),
        on_failure: OnFailure::Wait,
        losers: Losers::Run,
        budget: Some(Budget::Bucket(Bucket::of(Factor(50_000)))),
        ..fixed
    };
    hedges(
        "hedge = { delay = \"50ms\", attempts = 3, on = [\"timeout\"], on_failure = \"wait\", losers = \"run\", budget = \"5%\" }",
        all,
    );
    hedges("hedge = \"polly\"", Hedge::POLLY);
    hedges("hedge = \"finagle\"", Hedge::finagle(Factor(10_000)));
    hedges(
        "hedge = { kind = \"envoy\", per_try_timeout = \"250ms\" }",
        Hedge::envoy(ms(250), 1),
    );
    hedges(
        "hedge = { kind = \"tied\", network_delay = \"1ms\" }",
        Hedge::tied(ms(1)),
    );
    hedges(
        "hedge = \"resilience4j\"",
        Hedge::resilience4j(Delay::Average(Average::times(Factor::ONE))),
    );
    hedges(
        "hedge = { kind = \"resilience4j\", cutoff = \"20ms\" }",
        Hedge::resilience4j(Delay::Fixed(ms(20))),
    );
    let quantile = Hedge {
        delay: Delay::Percentile(Percentile::finagle(Factor(950_000))),
        ..Hedge::POLLY
    };
    hedges("hedge = \"quantile\"", quantile);
    let tokens = Grpc {
        max_tokens: 10,
        token_ratio_milli: 100,
    };
    let codes = [Outcome::Unreachable, Outcome::Refused, Outcome::Reset, Outcome::Error];
    let non_fatal = codes.into_iter().fold(OutcomeSet::EMPTY, OutcomeSet::with);
    hedges(
        "like = \"grpc-hedging\"",
        Hedge::grpc(4, ms(500), non_fatal, Some(Budget::Grpc(tokens))),
    );
}

#[test]
fn every_fallback_is_as_written() {
    falls_back("fallback = \"static\"", Fallback::of(Kind::Static));
    falls_back("fallback = \"fail_silent\"", Fallback::of(Kind::FailSilent));
    falls_back(
        "fallback = { max_concurrent_requests = 10 }",
        Fallback::hystrix_default(Kind::Static),
    );
    let stale = Fallback {
        on: OutcomeSet::EMPTY.with(Outcome::BreakerOpen),
        takes: ms(2),
        ..Fallback::of(Kind::StaleCache {
            max_stale: Span::from_secs(60),
            keys: None,
        })
    };
    falls_back(
        "fallback = { kind = \"stale_cache\", max_stale = \"60s\", on = [\"breaker_open\"], takes = \"2ms\" }",
        stale,
    );
    let later = |limit: Option<u32>, every: Span| Fallback::of(Kind::Enqueue { limit, every });
    falls_back("fallback = \"enqueue\"", later(None, Span::from_secs(1)));
    falls_back(
        "fallback = { kind = \"enqueue\", limit = 7, every = \"10ms\" }",
        later(Some(7), ms(10)),
    );
}

#[test]
fn every_cache_and_collapser_is_as_written() {
    let caches = |line: &str, to: Cache| assert_eq!(cover(line), Ok(Cover::Cache(to)), "{line}");
    caches("cache = \"ttl\"", Cache::Ttl(Ttl::default()));
    let half = Ttl {
        ttl: Span::from_secs(30),
        ..Ttl::default()
    };
    caches("cache = \"30s\"", Cache::Ttl(half));
    let all = Ttl {
        jitter: Factor(100_000),
        limit: None,
        single_flight: true,
        ..half
    };
    caches(
        "cache = { ttl = \"30s\", ttl_jitter = \"10%\", limit = \"unlimited\", single_flight = true }",
        Cache::Ttl(all),
    );
    caches("cache = \"request\"", Cache::Request);
    let wrong = model("cache = { kind = \"request\", ttl = \"1s\" }").expect_err("it keeps for the request");
    assert!(wrong.contains("`ttl`"), "{wrong}");

    let collapses = |line: &str, to: Collapser| assert_eq!(cover(line), Ok(Cover::Collapse(to)), "{line}");
    collapses("collapse = \"10ms\"", Collapser::default());
    let batch = Collapser {
        max_requests_in_batch: Some(100),
        timer_delay: ms(5),
        request_cache: false,
        scope: Scope::Global,
    };
    collapses(
        "collapse = { timer_delay = \"5ms\", max_requests_in_batch = 100, request_cache = false, scope = \"global\" }",
        batch,
    );
    falls_back(
        "fallback = { kind = \"stale_cache\", max_stale = \"60s\", keys = 5 }",
        Fallback::of(Kind::StaleCache {
            max_stale: Span::from_secs(60),
            keys: Some(5),
        }),
    );
    // A cache stands above the batch, and both above the limits of a call.
    let model =
        model("deadline = \"1s\"\ncollapse = \"5ms\"\ncache = \"30s\"\nfallback = \"static\"").expect("it compiles");
    let order: Vec<PolicyKind> = model.plans[0].stages.iter().filter_map(kind_of).collect();
    assert_eq!(order, [PolicyKind::Fallback, PolicyKind::Cache, PolicyKind::Collapse]);
    assert!(matches!(model.plans[0].stages[3], Stage::Deadline(_)));
}

fn kind_of(stage: &Stage) -> Option<PolicyKind> {
    match stage {
        Stage::Cover(it) => Some(it.kind()),
        _ => None,
    }
}

#[test]
fn envoys_cap_on_retries_is_the_budget_of_a_retry_that_has_none() {
    let budget = |line: &str| {
        let model = model(&format!("retry = {{ attempts = 3{line}")).expect("it compiles");
        model.plans[0].retry().expect("it retries").budget
    };
    let envoy = |max: u32| Some(Budget::Envoy(budget::envoy::Envoy::MaxRetries(max)));
    assert_eq!(budget(" }"), None);
    assert_eq!(budget(" }\nbulkhead = \"envoy\""), envoy(3));
    assert_eq!(budget(" }\nbulkhead = { kind = \"envoy\", max_retries = 7 }"), envoy(7));
    let own = ", budget = { kind = \"envoy\", max_retries = 5 } }\nbulkhead = { kind = \"envoy\", max_retries = 7 }";
    assert_eq!(budget(own), envoy(5));
}

#[test]
fn a_fallback_that_asks_somebody_else_brings_an_edge_of_its_own() {
    let model = model("fallback = { kind = \"dependency\", call = \"spare\" }").expect("it compiles");
    assert_eq!((model.edges.len(), model.sites.len()), (2, 2));
    let asks: Vec<Option<usize>> = model.sites.iter().map(|it| it.instead.map(|it| it.index())).collect();
    assert_eq!(asks.iter().flatten().count(), 1);
    let other = asks.into_iter().flatten().next().expect("one site asks another");
    let callee = model.edges[model.sites[other].edge.index()].callee;
    assert!(model.services[callee.index()].replicas == 1, "it is `spare`");
}

#[test]
fn mistakes_of_covers_are_told() {
    let told = |line: &str| model(line).expect_err("it is a mistake");
    assert!(told("fallback = { kind = \"dependency\", call = \"db\" }").contains("`db` itself"));
    assert!(told("fallback = { kind = \"dependency\", call = \"spar\" }").contains("spare"));
    assert!(told("hedge = { delay = \"1ms\", attempts = 12 }").contains("11"));
    assert!(told("hedge = { kind = \"quantile\", quantile = \"0%\" }").contains("percentile"));
    assert!(told("pool = 0").contains('1'));
}

#[test]
fn a_pool_is_hikaris_or_envoys() {
    let pool = |line: &str| model(line).map(|it| it.plans[0].pool);
    assert_eq!(
        pool("pool = 20"),
        Ok(Some(Pool {
            size: 20,
            ..Pool::HIKARI
        }))
    );
    assert_eq!(pool("pool = \"envoy\""), Ok(Some(Pool::ENVOY)));
    assert_eq!(pool("pool = \"none\""), Ok(None));
    let all = Pool {
        size: 2,
        max_pending: 3,
        acquire_timeout: ms(250),
        idle_timeout: Span::from_secs(60),
        max_lifetime: Span::MAX,
    };
    assert_eq!(
        pool(
            "pool = { size = 2, max_pending = 3, acquire_timeout = \"250ms\", idle_timeout = \"1m\", max_lifetime = \"unlimited\" }"
        ),
        Ok(Some(all))
    );
}
