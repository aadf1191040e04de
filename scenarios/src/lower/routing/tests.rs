use brownout_sim_core::ids::{ServiceId, ZoneId};
use brownout_sim_core::model::{Checks, Plan, Routing, Spread};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::routing::bounded_load::BoundedLoad;
use brownout_sim_core::routing::cells::{Cells, Mapping};
use brownout_sim_core::routing::health::{Envoy as EnvoyHealth, Haproxy, Health, Observe, OnError};
use brownout_sim_core::routing::least_request::SelectionMethod;
use brownout_sim_core::routing::locality::Locality;
use brownout_sim_core::routing::outlier::{Envoy, Grpc, Istio, Outlier, grpc};
use brownout_sim_core::routing::p2c::Load;
use brownout_sim_core::routing::peak_ewma::{DefaultRtt, PeakEwma};
use brownout_sim_core::routing::priority::Priority;
use brownout_sim_core::routing::shuffle_shard::ShuffleShard;
use brownout_sim_core::routing::slow_start::SlowStart;
use brownout_sim_core::routing::subset::Subset;
use brownout_sim_core::routing::zone_aware::ZoneAware;
use brownout_sim_core::routing::{
    Balance, ClientSideWrr, Edf, LeastRequest, Maglev, P2c, RandomDraws, RingHash, Start,
};
use brownout_sim_core::time::Span;

use crate::scenario::Scenario;

/// The plan of the only edge of a file with these lines in its policy.
fn plan(lines: &str) -> Result<Plan, String> {
    let text = format!(
        "format = 1\n[run]\nduration = \"1m\"\n[zone.a]\n[zone.b]\n[load.users]\ntarget = \"db\"\nrate = \"1/s\"\nzone = \"a\"\n\
         [service.db]\nreplicas = 4\nzones = [\"a\", \"b\"]\nwork = \"1ms\"\n[policy.p]\nedge = \"users -> db\"\n{lines}\n"
    );
    let nothing = |name: &str| Err(format!("there is no file {name}"));
    let compiled = Scenario::load("plan", "plan.toml", text.as_bytes(), &[], &nothing)
        .and_then(|it| it.compile("base"))
        .map_err(|it| it.render(false))?;
    Ok(compiled.model.plans[0].clone())
}

#[track_caller]
fn balances(line: &str, to: Balance) {
    let plan = plan(line).unwrap_or_else(|it| panic!("{line}: {it}"));
    assert_eq!(plan.balance, to, "{line}");
    assert_eq!(plan.routing, None, "{line}");
}

#[track_caller]
fn routes(lines: &str, to: Routing) {
    let plan = plan(lines).unwrap_or_else(|it| panic!("{lines}: {it}"));
    assert_eq!(plan.routing, Some(Box::new(to)), "{lines}");
}

#[track_caller]
fn refuses(lines: &str, message: &str) {
    let told = plan(lines).expect_err(lines);
    assert!(told.contains(message), "{lines}: {told}");
}

#[test]
fn an_empty_table_is_what_the_machine_has_by_default() {
    for balance in Balance::ALL {
        let name = balance.name();
        balances(&format!("balance = \"{name}\""), balance);
        balances(&format!("balance = {{ kind = \"{name}\" }}"), balance);
    }
    balances("balance = \"peak_ewma\"", Balance::P2c(P2c::LINKERD));
    for (kind, outlier) in [
        ("envoy", Outlier::Envoy(Envoy::default())),
        ("grpc", Outlier::Grpc(Grpc::default())),
        ("istio", Outlier::Envoy(Envoy::from(Istio::default()))),
    ] {
        let panic_threshold = if kind == "envoy" { 50 } else { 0 };
        let outlier = Some(outlier);
        let routing = Routing {
            outlier,
            panic_threshold,
            ..Routing::default()
        };
        routes(&format!("outlier = \"{kind}\""), routing);
    }
    let health = Some(Checks {
        health: Health::Haproxy(Haproxy::default()),
        depends_on: vec![],
    });
    let routing = Routing {
        health,
        ..Routing::default()
    };
    routes("health = \"haproxy\"", routing);
    for key in ["outlier", "health", "subset", "locality", "shard"] {
        assert_eq!(plan(&format!("{key} = \"none\"")).expect("it is legal").routing, None);
    }
}

#[test]
fn balancers_take_their_settings() {
    balances(
        "balance = { kind = \"edf\", start = \"first\", slow_start = { slow_start_window = \"60s\", aggression = 2, min_weight_percent = \"5%\" } }",
        Balance::Edf(Edf {
            start: Start::First,
            slow_start: Some(SlowStart::Envoy {
                window: Span::from_secs(60),
                aggression: Factor(2_000_000),
                min_weight: Factor(50_000),
            }),
        }),
    );
    balances(
        "balance = { kind = \"client_side_wrr\", blackout_period = \"0s\", error_utilization_penalty = 0.5 }",
        Balance::ClientSideWrr(ClientSideWrr {
            blackout_period: Span::ZERO,
            error_utilization_penalty: Factor(500_000),
            ..ClientSideWrr::DEFAULT
        }),
    );
    balances(
        "balance = { kind = \"least_request\", choice_count = 3, selection_method = \"full_scan\", active_request_bias = 0, slow_start = { kind = \"haproxy\", slowstart = \"30s\" } }",
        Balance::LeastRequest(LeastRequest {
            choice_count: 3,
            selection_method: SelectionMethod::FullScan,
            active_request_bias: Factor(0),
            slow_start: Some(SlowStart::Haproxy {
                slowstart: Span::from_secs(30),
            }),
        }),
    );
    balances(
        "balance = { kind = \"peak_ewma\", library = \"finagle\", decay = \"5s\" }",
        Balance::P2c(P2c {
            load: Load::PeakEwma(PeakEwma {
                decay: Span::from_secs(5),
                default_rtt: DefaultRtt::Penalty,
            }),
            prefer_healthy: true,
        }),
    );
    balances(
        "balance = { kind = \"random_draws\", draws = 3 }",
        Balance::RandomDraws(RandomDraws { draws: 3 }),
    );
    balances(
        "balance = { kind = \"ring_hash\", maximum_ring_size = 4096, hash_balance_factor = 150, overflow = \"along_the_ring\" }",
        Balance::RingHash(RingHash {
            bounded_load: Some(BoundedLoad::haproxy(150)),
            ..RingHash::GRPC
        }),
    );
    balances(
        "balance = { kind = \"maglev\", table_size = 251, hash_balance_factor = 125 }",
        Balance::Maglev(Maglev {
            table_size: 251,
            bounded_load: Some(BoundedLoad::envoy(125)),
        }),
    );
}

#[test]
fn detectors_and_checks_take_their_settings() {
    routes(
        "outlier = { max_ejection_percent = \"50%\", max_ejection_time = \"60s\" }\npanic_threshold = \"20%\"",
        Routing {
            outlier: Some(Outlier::Envoy(Envoy {
                max_ejection_percent: 50,
                max_ejection_time: Some(Span::from_secs(60)),
                ..Envoy::default()
            })),
            panic_threshold: 20,
            ..Routing::default()
        },
    );
    routes(
        "outlier = { kind = \"grpc\", failure_percentage_ejection = { threshold = \"40%\" } }",
        Routing {
            outlier: Some(Outlier::Grpc(Grpc {
                failure_percentage_ejection: Some(grpc::FailurePercentage {
                    threshold: 40,
                    ..grpc::FailurePercentage::default()
                }),
                ..Grpc::default()
            })),
            ..Routing::default()
        },
    );
    let observe = Observe {
        on_error: OnError::MarkDown,
        ..Observe::of(true)
    };
    routes(
        "health = { fall = 2, observe = \"layer7\", on_error = \"mark_down\", depends_on = [\"db\"] }",
        Routing {
            health: Some(Checks {
                health: Health::Haproxy(Haproxy {
                    fall: 2,
                    observe: Some(observe),
                    ..Haproxy::default()
                }),
                depends_on: vec![ServiceId(0)],
            }),
            ..Routing::default()
        },
    );
    let second = Span::from_secs(1);
    routes(
        "health = { kind = \"envoy\", timeout = \"1s\", interval = \"1s\", healthy_threshold = 1, unhealthy_threshold = 3 }",
        Routing {
            health: Some(Checks {
                health: Health::Envoy(EnvoyHealth::new(second, second, 1, 3)),
                depends_on: vec![],
            }),
            panic_threshold: 50,
            ..Routing::default()
        },
    );
}

#[test]
fn parts_of_a_service_take_their_settings() {
    let of = |spread: Spread, panic_threshold: u32| Routing {
        spread: Some(spread),
        panic_threshold,
        ..Routing::default()
    };
    let priority = Priority::DEFAULT;
    let levels = vec![vec![ZoneId(1)], vec![ZoneId(0)]];
    routes(
        "locality = { levels = [[\"b\"], [\"a\"]] }",
        of(Spread::Priority { priority, levels }, 50),
    );
    routes(
        "locality = \"zone_aware\"",
        of(Spread::ZoneAware(ZoneAware::DEFAULT), 50),
    );
    let weighted = Spread::Weighted {
        locality: Locality::DEFAULT,
        weights: vec![0, 3],
    };
    routes(
        "locality = { kind = \"weighted\", weights = { b = 3 } }",
        of(weighted, 50),
    );
    routes("shard = { size = 2 }", of(Spread::Shuffle(ShuffleShard { size: 2 }), 0));
    let cells = Cells {
        cells: 4,
        mapping: Mapping::Jump,
    };
    routes(
        "shard = { kind = \"cells\", cells = 4, mapping = \"jump\" }",
        of(Spread::Cells(cells), 0),
    );
    routes(
        "subset = { kind = \"rendezvous\", subset_size = 2 }",
        Routing {
            subset: Some(Subset::Rendezvous { subset_size: 2 }),
            ..Routing::default()
        },
    );
}

#[test]
fn what_makes_no_sense_is_told() {
    refuses(
        "outlier = { max_ejection_percent = \"12.5%\" }",
        "is a whole percentage",
    );
    refuses(
        "balance = { kind = \"maglev\", table_size = 250 }",
        "table_size is a prime",
    );
    refuses("health = { depends_on = [\"dbb\"] }", "no service is called `dbb`");
    refuses("health = { on_error = \"mark_down\" }", "real traffic is not observed");
    refuses("locality = { levels = [[\"c\"]] }", "no zone is called `c`");
    refuses(
        "locality = { levels = [[\"a\"], [\"a\"]] }",
        "stands in the levels twice",
    );
    refuses("locality = \"priority\"\nshard = { size = 2 }", "only one of them");
    refuses(
        "balance = \"edf\"\nshard = { size = 2 }",
        "keeps a schedule of all replicas",
    );
}
