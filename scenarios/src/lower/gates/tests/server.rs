//! What services say of their queue, of whom they let in, and of their dimmer.

use brownout_sim_core::model::{Admission, ConcurrencyLimit, Discipline, Expiry, Queue, QueueOrder, Service, Shedding};
use brownout_sim_core::policy::concurrency::{Concurrency, Gradient2, Limit};
use brownout_sim_core::policy::rate_limit::{RateLimit, TokenBucket};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::server::adaptive_lifo::AdaptiveLifo;
use brownout_sim_core::server::codel::{Codel, Comparison};
use brownout_sim_core::server::criticality::Thresholds;
use brownout_sim_core::server::deadline_drop::DeadlineDrop;
use brownout_sim_core::server::dimmer::Dimmer;
use brownout_sim_core::server::folly_codel::FollyCodel;
use brownout_sim_core::server::overflow::OnFull;
use brownout_sim_core::server::queue_timeout::QueueTimeout;
use brownout_sim_core::server::red::Red;
use brownout_sim_core::time::Span;

use super::ms;
use crate::scenario::Scenario;

/// The service of a file with this line in it, between loads of the classes `live` and `batch`.
fn service(line: &str) -> Result<Service, String> {
    let text = format!(
        "format = 1\n[run]\nduration = \"1m\"\n[load.a]\ntarget = \"db\"\nrate = \"1/s\"\nclass = \"live\"\n\
         [load.b]\ntarget = \"db\"\nrate = \"1/s\"\nclass = \"batch\"\npriority = \"sheddable\"\n\
         [service.db]\nwork = \"1ms\"\nworkers = 10\n{line}\n"
    );
    let nothing = |name: &str| Err(format!("there is no file {name}"));
    let compiled = Scenario::load("server", "server.toml", text.as_bytes(), &[], &nothing)
        .and_then(|it| it.compile("base"))
        .map_err(|it| it.render(false))?;
    let priorities: Vec<u8> = compiled.model.loads.iter().map(|it| it.priority).collect();
    assert_eq!(priorities, [0, 3], "a criticality is a priority");
    Ok(compiled.model.services[0].clone())
}

#[track_caller]
fn queue(line: &str) -> Queue {
    service(&format!("queue = {line}"))
        .unwrap_or_else(|it| panic!("{it}"))
        .queue
}

#[track_caller]
fn discipline(line: &str) -> Discipline {
    queue(line).discipline
}

#[test]
fn a_queue_is_what_it_says_and_its_machines_defaults() {
    assert_eq!(queue("{}"), Queue::default());
    let threshold = |threshold| QueueOrder::AdaptiveLifo(AdaptiveLifo { threshold });
    assert_eq!(queue("{ order = \"adaptive_lifo\" }").order, threshold(10));
    assert_eq!(
        queue("{ order = \"adaptive_lifo\", threshold = 3 }").order,
        threshold(3)
    );
    assert_eq!(queue("{ order = \"priority\" }").order, QueueOrder::Priority);
    for (word, on_full) in [
        ("newest", OnFull::Newcomer),
        ("oldest", OnFull::Oldest),
        ("lowest_priority", OnFull::Lowest),
    ] {
        let line = format!("{{ limit = 5, overflow = \"{word}\" }}");
        assert_eq!(discipline(&line).on_full, on_full);
    }
    let shedding = |line: &str| discipline(line).shedding;
    assert_eq!(shedding("{ codel = {} }"), Some(Shedding::Codel(Codel::DEFAULT)));
    assert_eq!(
        shedding("{ codel = { target = \"20ms\", interval = \"200ms\", comparison = \"rfc\" } }"),
        Some(Shedding::Codel(Codel {
            target: ms(20),
            interval: ms(200),
            comparison: Comparison::Rfc,
        }))
    );
    let folly = Some(Shedding::FollyCodel(FollyCodel::DEFAULT));
    assert_eq!(shedding("{ folly_codel = {} }"), folly);
    assert_eq!(discipline("{ red = {} }").red, Some(Red::DEFAULT));
    let red = discipline("{ red = { min = 1, max = 2, max_probability = \"50%\", weight = 0.5 } }").red;
    let half = Factor(500_000);
    assert_eq!(
        red,
        Some(Red {
            min: 1,
            max: 2,
            max_probability: half,
            weight: half,
        })
    );
}

#[test]
fn a_queues_timeout_is_a_length_or_depends_on_how_long_it_has_stood() {
    let plain = queue("{ timeout = \"50ms\" }");
    assert_eq!(plain, queue("{ timeout = { after = \"50ms\" } }"));
    assert!(plain.timeout.is_some() && plain.discipline == Discipline::default());
    let controlled = queue("{ timeout = { short = \"7ms\" } }");
    let expected = QueueTimeout {
        short: ms(7),
        long: ms(100),
    };
    assert_eq!(controlled.discipline.queue_timeout, Some(expected));
    assert_eq!(controlled.timeout, None);
    assert_eq!(
        discipline("{ timeout = {} }").queue_timeout,
        Some(QueueTimeout::DEFAULT)
    );
}

#[test]
fn a_deadline_drop_is_a_length_or_none() {
    let needed = |needed| Expiry::Drop(DeadlineDrop { needed });
    assert_eq!(discipline("{ deadline_drop = \"20ms\" }").expiry, needed(ms(20)));
    assert_eq!(discipline("{ deadline_drop = {} }").expiry, needed(Span::ZERO));
    assert_eq!(discipline("{ deadline_drop = \"none\" }").expiry, Expiry::Serve);
}

#[test]
fn admission_is_what_it_says() {
    let of = |line: &str| service(&format!("[service.db.admission]\n{line}")).map(|it| it.admission);
    assert_eq!(of(""), Ok(Admission::default()));
    let bucket = Some(RateLimit::TokenBucket(TokenBucket {
        rate: 100,
        period: Span::from_secs(1),
        burst: 100,
        max_wait: Span::ZERO,
    }));
    let limits = of("local_rate_limit = \"100/s\"\nglobal_rate_limit = \"100/s\"").expect("it is right");
    assert_eq!((limits.local_rate_limit, limits.global_rate_limit), (bucket, bucket));
    let criticality = |line: &str| of(line).expect("it is right").criticality;
    assert_eq!(criticality("criticality = {}"), Some(Thresholds::DEFAULT));
    assert_eq!(
        criticality("criticality = { critical_plus = \"300%\", critical = \"200%\", sheddable = \"10%\" }"),
        Some(Thresholds {
            critical_plus: Factor(3_000_000),
            critical: Factor(2_000_000),
            sheddable_plus: Factor(850_000),
            sheddable: Factor(100_000),
        })
    );
    let limit = |line: &str| of(line).expect("it is right").limit;
    assert_eq!(limit("concurrency = 50"), Some(ConcurrencyLimit::Fixed(50)));
    assert_eq!(
        limit("concurrency = \"gradient2\""),
        Some(ConcurrencyLimit::Adaptive(Concurrency::of(Limit::Gradient2(
            Gradient2::DEFAULT
        ))))
    );
    assert_eq!(limit("concurrency = \"none\""), None);
    let shared = of("concurrency = 10\npartition = { live = \"80%\" }").expect("it is right");
    let partition = shared.partition.expect("there is one");
    // Classes in order: batch, live.
    assert_eq!(partition.of_class, [None, Some(0)]);
    assert_eq!(partition.shares.share(0, 10), 8);
}

#[test]
fn a_dimmer_is_its_setpoint_or_a_table() {
    let of = |line: &str| service(&format!("dimmer = {line}")).map(|it| it.dimmer);
    let half_a_second = Dimmer {
        setpoint: ms(500),
        ..Dimmer::DEFAULT
    };
    assert_eq!(of("\"500ms\""), Ok(Some(half_a_second)));
    assert_eq!(of("{}"), Ok(Some(Dimmer::DEFAULT)));
    assert_eq!(
        of(
            "{ pole = 0.5, control_period = \"2s\", initial_theta = \"100%\", gain = \"200ms\", forgetting = \"none\" }"
        ),
        Ok(Some(Dimmer {
            setpoint: Span::from_secs(1),
            pole: Factor(500_000),
            control_period: Span::from_secs(2),
            initial_theta: Factor::ONE,
            gain: ms(200),
            forgetting: None,
        }))
    );
    assert_eq!(
        of("{ forgetting = 0.8 }").map(|it| it.and_then(|it| it.forgetting)),
        Ok(Some(Factor(800_000)))
    );
}

#[test]
fn what_contradicts_itself_is_told() {
    for (line, told) in [
        ("queue = { codel = {}, folly_codel = {} }", "not both"),
        ("queue = { threshold = 5 }", "`threshold` has no effect"),
        (
            "queue = { timeout = { after = \"1s\", short = \"5ms\" } }",
            "`after`, or `short` and `long`",
        ),
        (
            "queue = { timeout = { short = \"2s\", long = \"1s\" } }",
            "short is at most long",
        ),
        (
            "queue = { codel = { target = \"1s\" } }",
            "interval is longer than target",
        ),
        ("queue = { red = { min = 20 } }", "min is below max"),
        ("admission = { partition = { live = \"50%\" } }", "a limit to share"),
        (
            "admission = { concurrency = 5, partition = { live = \"80%\", batch = \"30%\" } }",
            "at most 100%",
        ),
        (
            "admission = { concurrency = 5, partition = { lvie = \"80%\" } }",
            "did you mean `live`?",
        ),
        (
            "admission = { criticality = { sheddable = \"99%\" } }",
            "thresholds do not fall",
        ),
        (
            "admission = { local_rate_limit = { rate = \"5/s\", max_wait = \"1s\" } }",
            "lets nobody wait",
        ),
        ("admission = { global_rate_limit = \"aws\" }", "lets nobody wait"),
        ("dimmer = { pole = 1 }", "pole is from 0 to below 1"),
    ] {
        let said = service(line).expect_err(line);
        assert!(said.contains(told), "{line}: {said}");
    }
    // Criticality needs workers to fill up.
    let text = "format = 1\n[run]\nduration = \"1m\"\n[load.a]\ntarget = \"db\"\nrate = \"1/s\"\n\
                [service.db]\nwork = \"1ms\"\nadmission = { criticality = {} }\n";
    let nothing = |name: &str| Err(format!("there is no file {name}"));
    let Err(said) = Scenario::load("server", "server.toml", text.as_bytes(), &[], &nothing) else {
        panic!("it has no workers");
    };
    assert!(
        said.render(false).contains("a number of `workers`"),
        "{}",
        said.render(false)
    );
}
