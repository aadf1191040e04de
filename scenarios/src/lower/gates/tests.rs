mod server;

use brownout_sim_core::component::credits::{Credits, WhenOut};
use brownout_sim_core::model::{Gate, Stage};
use brownout_sim_core::outcome::{Outcome, OutcomeSet};
use brownout_sim_core::policy::backoff::{Backoff, Curve, Jitter};
use brownout_sim_core::policy::breaker::cockatiel::{Cockatiel, Rule};
use brownout_sim_core::policy::breaker::{
    Breaker, Consecutive, Finagle, Hystrix, Judge, NEVER_COUNTED, Opossum, Polly, Resilience4j, consecutive, finagle,
    fixed, resilience4j,
};
use brownout_sim_core::policy::bulkhead::{self, Bulkhead, Haproxy, Semaphore, ThreadPool};
use brownout_sim_core::policy::concurrency::{Aimd, Concurrency, Envoy, Gradient, Gradient2, Limit, Vegas, Windowed};
use brownout_sim_core::policy::rate_limit::{self, Aws, FixedWindow, Gcra, LeakyBucket, RateLimit, TokenBucket};
use brownout_sim_core::policy::throttle::{self, Sre, Throttle};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use crate::scenario::Scenario;

/// The gate on the only edge of a file with this line in its policy.
fn gate(line: &str) -> Result<Gate, String> {
    let text = format!(
        "format = 1\n[run]\nduration = \"1m\"\n[load.users]\ntarget = \"db\"\nrate = \"1/s\"\n[service.db]\nwork = \"1ms\"\n\
         [policy.p]\nedge = \"users -> db\"\n{line}\n"
    );
    let nothing = |name: &str| Err(format!("there is no file {name}"));
    let compiled = Scenario::load("gate", "gate.toml", text.as_bytes(), &[], &nothing)
        .and_then(|it| it.compile("base"))
        .map_err(|it| it.render(false))?;
    let stages: Vec<&Stage> = compiled.model.plans.iter().flat_map(|it| &it.stages).collect();
    match stages.as_slice() {
        [Stage::Gate(gate)] => Ok(gate.clone()),
        other => Err(format!("{other:?}")),
    }
}

#[track_caller]
fn lowers(line: &str, to: Gate) {
    assert_eq!(gate(line), Ok(to), "{line}");
}

fn ms(it: u64) -> Span {
    Span::from_millis(it)
}

#[test]
fn an_empty_table_is_what_the_machine_has_by_default() {
    let ten_seconds = Cockatiel::new(Rule::Consecutive { threshold: 5 }, Span::from_secs(10));
    let breakers = [
        ("consecutive", Breaker::Consecutive(Consecutive::default())),
        ("hystrix", Breaker::Hystrix(Hystrix::default())),
        ("resilience4j", Breaker::Resilience4j(Resilience4j::default())),
        ("polly", Breaker::Polly(Polly::default())),
        ("cockatiel", Breaker::Cockatiel(ten_seconds)),
        ("opossum", Breaker::Opossum(Opossum::default())),
        ("finagle", Breaker::Finagle(Finagle::default())),
    ];
    for (kind, breaker) in breakers {
        assert_eq!(breaker.kind(), kind);
        lowers(&format!("breaker = \"{kind}\""), Gate::Breaker(breaker.clone()));
        lowers(&format!("breaker = {{ kind = \"{kind}\" }}"), Gate::Breaker(breaker));
    }
    lowers(
        "breaker = {}",
        Gate::Breaker(Breaker::Consecutive(Consecutive::default())),
    );
    let bulkheads = [
        ("semaphore", Bulkhead::Semaphore(Semaphore::default())),
        ("thread_pool", Bulkhead::ThreadPool(ThreadPool::default())),
        ("haproxy", Bulkhead::Haproxy(Haproxy::default())),
        ("envoy", Bulkhead::Envoy(bulkhead::Envoy::default())),
    ];
    for (kind, bulkhead) in bulkheads {
        assert_eq!(bulkhead.kind(), kind);
        lowers(&format!("bulkhead = {{ kind = \"{kind}\" }}"), Gate::Bulkhead(bulkhead));
    }
    let limits = [
        ("aimd", Limit::Aimd(Aimd::DEFAULT)),
        ("vegas", Limit::Vegas(Vegas::DEFAULT)),
        ("gradient", Limit::Gradient(Gradient::DEFAULT)),
        ("gradient2", Limit::Gradient2(Gradient2::DEFAULT)),
        ("envoy", Limit::Envoy(Envoy::DEFAULT)),
    ];
    for (kind, limit) in limits {
        lowers(
            &format!("concurrency = {{ kind = \"{kind}\" }}"),
            Gate::Concurrency(Concurrency::of(limit)),
        );
    }
    lowers("throttle = \"sre\"", Gate::Throttle(Throttle::Sre(Sre::DEFAULT)));
    let admission = Throttle::Envoy(throttle::Envoy::DEFAULT);
    lowers("throttle = { kind = \"envoy\" }", Gate::Throttle(admission));
    let limiter = RateLimit::Resilience4j(rate_limit::Resilience4j::DEFAULT);
    lowers("rate_limit = \"resilience4j\"", Gate::RateLimit(limiter));
    lowers("rate_limit = { kind = \"aws\" }", Gate::RateLimit(RateLimit::Aws(Aws)));
}

#[test]
fn short_forms_say_the_one_thing_that_matters() {
    let ten = Semaphore {
        max_concurrent_calls: 10,
        ..Semaphore::default()
    };
    lowers("bulkhead = 10", Gate::Bulkhead(Bulkhead::Semaphore(ten)));
    let hundred = RateLimit::TokenBucket(TokenBucket::per_second(100, 100));
    lowers("rate_limit = \"100/s\"", Gate::RateLimit(hundred));
    let gradient = Concurrency::of(Limit::Gradient2(Gradient2::DEFAULT));
    lowers("concurrency = \"gradient2\"", Gate::Concurrency(gradient));
    for key in ["breaker", "bulkhead", "rate_limit", "concurrency", "throttle"] {
        assert_eq!(gate(&format!("{key} = \"none\"")), Err("[]".to_owned()));
    }
}

#[test]
fn a_rate_is_exact_whatever_it_is_per() {
    let bucket = |rate: u64, period: Span, burst: u32| {
        Gate::RateLimit(RateLimit::TokenBucket(TokenBucket {
            rate,
            period,
            burst,
            max_wait: Span::ZERO,
        }))
    };
    lowers("rate_limit = \"0.5/s\"", bucket(1, Span::from_secs(2), 1));
    lowers("rate_limit = \"90/min\"", bucket(90, Span::from_secs(60), 2));
    lowers("rate_limit = \"2.5/ms\"", bucket(5, ms(2), 2_500));
    let gcra = RateLimit::Gcra(Gcra::per_second(8).allow_burst(3));
    lowers(
        "rate_limit = { kind = \"gcra\", rate = \"8/s\", max_burst = 3 }",
        Gate::RateLimit(gcra),
    );
    let leaky = RateLimit::LeakyBucket(LeakyBucket::per_second(10, 3));
    lowers(
        "rate_limit = { kind = \"leaky_bucket\", rate = \"10/s\", size = 3 }",
        Gate::RateLimit(leaky),
    );
}

#[test]
fn a_full_breaker_table_says_everything() {
    let failures = OutcomeSet::EMPTY.with(Outcome::Error).with(Outcome::Timeout);
    let judge = Judge {
        failures,
        ignored: NEVER_COUNTED.with(Outcome::BadRequest),
    };
    let hystrix = Hystrix {
        enabled: false,
        force_open: false,
        force_closed: true,
        request_volume_threshold: 4,
        error_threshold_percentage: 25,
        sleep_window: ms(1_500),
        rolling_stats_time: ms(4_000),
        health_snapshot_interval: ms(100),
        judge,
        ..Hystrix::documented()
    };
    lowers(
        "breaker = { kind = \"hystrix\", enabled = false, force_closed = true, \
         request_volume_threshold = 4, error_threshold_percentage = \"25%\", sleep_window = \"1500ms\", \
         rolling_stats_time = \"4s\", health_snapshot_interval = \"100ms\", health = \"documented\", \
         half_open_interference = \"documented\", on = [\"error\", \"timeout\"] }",
        Gate::Breaker(Breaker::Hystrix(hystrix)),
    );
    lowers(
        "breaker = { kind = \"hystrix\", force_open = true }",
        Gate::Breaker(Breaker::Hystrix(Hystrix {
            force_open: true,
            ..Hystrix::default()
        })),
    );
    let resilience4j = Resilience4j {
        failure_rate_threshold: Factor(100_000),
        slow_call_rate_threshold: Factor(200_000),
        slow_call_duration_threshold: ms(300),
        sliding_window_type: resilience4j::WindowType::TimeBased,
        sliding_window_size: 4,
        minimum_number_of_calls: 5,
        permitted_number_of_calls_in_half_open_state: 3,
        wait_duration_in_open_state: Backoff::Curve {
            curve: Curve::Exponential {
                base: ms(1_000),
                factor: Factor(2_000_000),
                cap: ms(8_000),
            },
            jitter: Jitter::None,
        },
        max_wait_duration_in_half_open_state: ms(700),
        transition_to_state_after_wait_duration: resilience4j::AfterHalfOpen::Closed,
        automatic_transition_from_open_to_half_open_enabled: true,
        mode: resilience4j::Mode::MetricsOnly,
        late_results: brownout_sim_core::policy::breaker::Fidelity::Documented,
        judge,
    };
    lowers(
        "breaker = { kind = \"resilience4j\", failure_rate_threshold = \"10%\", slow_call_rate_threshold = \"20%\", \
         slow_call_duration_threshold = \"300ms\", sliding_window_type = \"time_based\", sliding_window_size = 4, \
         minimum_number_of_calls = 5, permitted_number_of_calls_in_half_open_state = 3, \
         wait_duration_in_open_state = \"exponential(1s, factor=2, cap=8s)\", \
         max_wait_duration_in_half_open_state = \"700ms\", transition_to_state_after_wait_duration = \"closed\", \
         automatic_transition_from_open_to_half_open_enabled = true, mode = \"metrics_only\", \
         late_results = \"documented\", on = [\"error\", \"timeout\"] }",
        Gate::Breaker(Breaker::Resilience4j(resilience4j)),
    );
    let polly = Polly {
        failure_ratio: Factor(500_000),
        minimum_throughput: 4,
        sampling_duration: ms(10_000),
        break_duration: fixed(ms(2_000)),
        isolated: true,
        late_results: brownout_sim_core::policy::breaker::Fidelity::Documented,
        judge: Judge {
            failures,
            ignored: OutcomeSet::EMPTY.with(Outcome::Quota),
        },
    };
    lowers(
        "breaker = { kind = \"polly\", failure_ratio = \"50%\", minimum_throughput = 4, sampling_duration = \"10s\", \
         break_duration = \"2s\", isolated = true, late_results = \"documented\", on = [\"error\", \"timeout\"], \
         ignore = [\"quota\"] }",
        Gate::Breaker(Breaker::Polly(polly)),
    );
    let rule = Rule::Sampling {
        threshold: Factor(500_000),
        duration: ms(10_000),
        minimum_rps: Some(Factor(1_500_000)),
    };
    lowers(
        "breaker = { kind = \"cockatiel\", half_open_after = \"1s\", \
         rule = { kind = \"sampling\", threshold = \"50%\", duration = \"10s\", minimum_rps = \"90/min\" } }",
        Gate::Breaker(Breaker::Cockatiel(Cockatiel::new(rule, ms(1_000)))),
    );
    let opossum = Opossum {
        error_threshold_percentage: Factor(333_000),
        rolling_count_timeout: ms(5_000),
        rolling_count_buckets: 5,
        reset_timeout: ms(400),
        volume_threshold: 4,
        ..Opossum::default()
    };
    lowers(
        "breaker = { kind = \"opossum\", error_threshold_percentage = \"33.3%\", rolling_count_timeout = \"5s\", \
         rolling_count_buckets = 5, reset_timeout = \"400ms\", volume_threshold = 4 }",
        Gate::Breaker(Breaker::Opossum(opossum)),
    );
    let finagle = Finagle {
        success_rate: Some(finagle::SuccessRate {
            required: Factor(900_000),
            window: ms(20_000),
            min_requests: 7,
        }),
        consecutive_failures: None,
        mark_dead_for: fixed(ms(5_000)),
        ..Finagle::default()
    };
    lowers(
        "breaker = { kind = \"finagle\", success_rate = { required = \"90%\", window = \"20s\", min_requests = 7 }, \
         consecutive_failures = \"none\", mark_dead_for = \"5s\" }",
        Gate::Breaker(Breaker::Finagle(finagle)),
    );
}

#[test]
fn a_breaker_that_counts_in_a_row_starts_from_a_librarys_numbers() {
    let of = |it: Consecutive| Gate::Breaker(Breaker::Consecutive(it));
    lowers(
        "breaker = { library = \"pybreaker\" }",
        of(Consecutive::pybreaker_default()),
    );
    lowers(
        "breaker = { library = \"linkerd\" }",
        of(Consecutive::linkerd_default()),
    );
    let full = Consecutive {
        failures: 3,
        wait: fixed(ms(250)),
        success_rate: Some(consecutive::SuccessRate {
            threshold: Factor(800_000),
            window: ms(30_000),
            min_requests: 10,
        }),
        late_results: brownout_sim_core::policy::breaker::Fidelity::Faithful,
        mask_tripping_call: true,
        judge: Judge {
            failures: OutcomeSet::EMPTY.with(Outcome::BadRequest),
            ignored: NEVER_COUNTED,
        },
        also_fail_a_probe: OutcomeSet::EMPTY.with(Outcome::Quota),
    };
    lowers(
        "breaker = { failures = 3, wait = \"250ms\", late_results = \"faithful\", mask_tripping_call = true, \
         success_rate = { threshold = \"80%\", window = \"30s\", min_requests = 10 }, \
         on = [\"bad_request\"], also_fail_a_probe = [\"quota\"] }",
        of(full),
    );
}

#[test]
fn full_tables_of_the_other_gates_say_everything() {
    let semaphore = Semaphore {
        max_concurrent_calls: 1_000,
        max_wait_duration: Span::MAX,
        queue_limit: Some(0),
    };
    assert_eq!(semaphore, Semaphore::polly_default());
    lowers(
        "bulkhead = { max_concurrent_calls = 1000, max_wait_duration = \"unlimited\", queue_limit = 0 }",
        Gate::Bulkhead(Bulkhead::Semaphore(semaphore)),
    );
    lowers(
        "bulkhead = { kind = \"thread_pool\", core_size = 7, maximum_size = 8, keep_alive = \"20ms\", \
         allow_maximum_size_to_diverge_from_core_size = true, max_queue_size = 100, \
         queue_size_rejection_threshold = \"none\" }",
        Gate::Bulkhead(Bulkhead::ThreadPool(ThreadPool::resilience4j_default(8))),
    );
    let haproxy = Haproxy {
        maxconn: 100,
        minconn: 20,
        fullconn: 400,
        maxqueue: 50,
        timeout_queue: ms(5_000),
    };
    lowers(
        "bulkhead = { kind = \"haproxy\", maxconn = 100, minconn = 20, fullconn = 400, maxqueue = 50, timeout_queue = \"5s\" }",
        Gate::Bulkhead(Bulkhead::Haproxy(haproxy)),
    );
    let caps = bulkhead::Envoy {
        max_connections: 1,
        max_pending_requests: 2,
        max_requests: 3,
        max_retries: 4,
        protocol: bulkhead::envoy::Protocol::Http2,
    };
    lowers(
        "bulkhead = { kind = \"envoy\", max_connections = 1, max_pending_requests = 2, max_requests = 3, max_retries = 4, \
         protocol = \"http2\" }",
        Gate::Bulkhead(Bulkhead::Envoy(caps)),
    );
    let window = |when_out: WhenOut| Gate::Bulkhead(Bulkhead::Credits(Credits { window: 3, when_out }));
    lowers("bulkhead = { kind = \"credits\", window = 3 }", window(WhenOut::Block));
    lowers(
        "bulkhead = { kind = \"credits\", window = 3, when_out = \"refuse\" }",
        window(WhenOut::Refuse),
    );
    let bucket = TokenBucket {
        max_wait: ms(50),
        ..TokenBucket::per_second(100, 20)
    };
    lowers(
        "rate_limit = { rate = \"100/s\", burst = 20, max_wait = \"50ms\" }",
        Gate::RateLimit(RateLimit::TokenBucket(bucket)),
    );
    let window = FixedWindow {
        limit: 3,
        window: ms(1_000),
    };
    lowers(
        "rate_limit = { kind = \"fixed_window\", limit = 3, window = \"1s\" }",
        Gate::RateLimit(RateLimit::FixedWindow(window)),
    );
    let gcra = Gcra {
        until_ready: true,
        ..Gcra::per_second(10)
    };
    lowers(
        "rate_limit = { kind = \"gcra\", rate = \"10/s\", until_ready = true }",
        Gate::RateLimit(RateLimit::Gcra(gcra)),
    );
    let limiter = rate_limit::Resilience4j {
        limit_for_period: 2,
        limit_refresh_period: ms(100),
        timeout_duration: ms(250),
    };
    lowers(
        "rate_limit = { kind = \"resilience4j\", limit_for_period = 2, limit_refresh_period = \"100ms\", \
         timeout_duration = \"250ms\" }",
        Gate::RateLimit(RateLimit::Resilience4j(limiter)),
    );
    let aimd = Concurrency {
        limit: Limit::Aimd(Aimd {
            initial_limit: 10,
            min_limit: 1,
            max_limit: 20,
            backoff_ratio: Factor(500_000),
            timeout: ms(900),
        }),
        windowed: Some(Windowed {
            min_window_time: ms(200),
            max_window_time: ms(300),
            window_size: 12,
            min_rtt_threshold: Span::ZERO,
        }),
    };
    lowers(
        "concurrency = { kind = \"aimd\", initial_limit = 10, min_limit = 1, max_limit = 20, backoff_ratio = 0.5, \
         timeout = \"900ms\", windowed = { min_window_time = \"200ms\", max_window_time = \"300ms\", \
         window_size = 12, min_rtt_threshold = \"0s\" } }",
        Gate::Concurrency(aimd),
    );
    let gradient = Gradient {
        initial_limit: 10,
        min_limit: 2,
        max_limit: 30,
        smoothing: Factor(125_000),
        rtt_tolerance: Factor(1_250_000),
        backoff_ratio: Factor(750_000),
        probe_interval: None,
    };
    lowers(
        "concurrency = { kind = \"gradient\", initial_limit = 10, min_limit = 2, max_limit = 30, smoothing = 0.125, \
         rtt_tolerance = 1.25, backoff_ratio = 0.75, probe_interval = \"none\" }",
        Gate::Concurrency(Concurrency::of(Limit::Gradient(gradient))),
    );
    let sre = Sre {
        k: Factor(1_100_000),
        window: ms(60_000),
        refused: OutcomeSet::EMPTY.with(Outcome::Shed),
    };
    lowers(
        "throttle = { k = 1.1, window = \"1m\", on = [\"shed\"] }",
        Gate::Throttle(Throttle::Sre(sre)),
    );
    let admission = throttle::Envoy {
        sampling_window: ms(10_000),
        sr_threshold: Factor(900_000),
        aggression: Factor(2_000_000),
        rps_threshold: 5,
        max_rejection_probability: Factor(500_000),
        failures: OutcomeSet::EMPTY.with(Outcome::Error),
    };
    lowers(
        "throttle = { kind = \"envoy\", sampling_window = \"10s\", sr_threshold = \"90%\", aggression = 2, \
         rps_threshold = 5, max_rejection_probability = \"50%\", on = [\"error\"] }",
        Gate::Throttle(Throttle::Envoy(admission)),
    );
}

#[test]
fn what_a_machine_refuses_is_told_at_the_setting() {
    let told = |line: &str| {
        let text = gate(line).expect_err("it is a mistake");
        let place = text.lines().find(|it| it.contains('^')).unwrap_or_default().len();
        (text, place)
    };
    let line = "concurrency = { kind = \"aimd\", min_limit = 50, max_limit = 500, backoff_ratio = 0.4 }";
    let (text, end) = told(line);
    assert!(
        text.contains("initial_limit lies between min_limit and max_limit"),
        "{text}"
    );
    let (text, other) = told(&line.replace("50,", "5,"));
    assert!(
        text.contains("backoff_ratio is from 0.5 to below 1 (default 0.9)"),
        "{text}"
    );
    assert!(other > end, "{text}");
}
