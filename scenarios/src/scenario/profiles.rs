//! Profiles are what their libraries document, say where each value comes from, and mix with a file's own keys.

use super::tests::{compiled, effective_of, loaded, mistakes, small};
use crate::document::Document;

/// What is in force on `web -> db` with these lines in its policy.
fn in_force(policy: &str) -> String {
    effective_of(
        &loaded(&small(&format!("[policy.p]\nedge = \"web -> db\"\n{policy}\n"))),
        "web -> db",
    )
}

/// Key, value and origin of each setting of the policy.
fn rows(policy: &str) -> Vec<(String, String, String)> {
    let text = in_force(policy);
    let lines = text.lines().skip(1).take_while(|it| !it.contains("-zone "));
    let row = |line: &str| {
        let (key, rest) = line.trim().split_once("  ").expect("a key and more");
        let (value, from) = rest.trim().rsplit_once("  ").expect("a value and where it comes from");
        (key.to_owned(), value.trim().to_owned(), from.trim().to_owned())
    };
    lines.map(row).collect()
}

#[test]
fn every_value_of_a_profile_is_told_with_its_origin() {
    for name in Document::profiles() {
        insta::assert_snapshot!(format!("effective {name}"), in_force(&format!("like = \"{name}\"")));
    }
}

/// A setting, its value, and what the library calls it or where it says so.
type Documented = (&'static str, &'static str, &'static str);

const RETRYABLE: &str =
    r#"["error", "queue_full", "queue_timeout", "shed", "quota", "refused", "reset", "unreachable", "timeout"]"#;
const NOT_HANDLED: &str = r#"["refused", "reset", "unreachable"]"#;

/// The defaults, by profile: all that the library switches on, in its own words.
#[rustfmt::skip]
const DOCUMENTED: &[(&str, &[Documented])] = &[
    ("hystrix-default", &[
        ("timeout", "\"1s\"", "execution.isolation.thread.timeoutInMilliseconds 1000"),
        ("breaker.kind", "\"hystrix\"", ""),
        ("breaker.enabled", "true", "circuitBreaker.enabled"),
        ("breaker.force_open", "false", "circuitBreaker.forceOpen"),
        ("breaker.force_closed", "false", "circuitBreaker.forceClosed"),
        ("breaker.request_volume_threshold", "20", "circuitBreaker.requestVolumeThreshold"),
        ("breaker.error_threshold_percentage", "\"50%\"", "circuitBreaker.errorThresholdPercentage"),
        ("breaker.sleep_window", "\"5s\"", "circuitBreaker.sleepWindowInMilliseconds 5000"),
        ("breaker.rolling_stats_time", "\"10s\"", "metrics.rollingStats.timeInMilliseconds 10000"),
        ("breaker.health_snapshot_interval", "\"500ms\"", "metrics.healthSnapshot.intervalInMilliseconds 500"),
        ("breaker.health", "\"faithful\"", "as the library does"),
        ("breaker.half_open_interference", "\"faithful\"", "as the library does"),
        ("bulkhead.kind", "\"thread_pool\"", "execution.isolation.strategy THREAD"),
        ("bulkhead.core_size", "10", "coreSize"),
        ("bulkhead.maximum_size", "10", "maximumSize"),
        ("bulkhead.allow_maximum_size_to_diverge_from_core_size", "false", "allowMaximumSizeToDivergeFromCoreSize"),
        ("bulkhead.keep_alive", "\"1m\"", "keepAliveTimeMinutes 1"),
        ("bulkhead.max_queue_size", "\"none\"", "maxQueueSize -1"),
        ("bulkhead.queue_size_rejection_threshold", "5", "queueSizeRejectionThreshold"),
    ]),
    ("resilience4j-default", &[
        ("timeout", "\"1s\"", "TimeLimiterConfig.timeoutDuration 1 s"),
        ("retry.attempts", "3", "RetryConfig.maxAttempts"),
        ("retry.backoff", "\"500ms\"", "RetryConfig.waitDuration 500 ms"),
        ("retry.on", r#"["error", "queue_full", "queue_timeout", "shed", "quota", "refused", "reset", "unreachable", "timeout", "breaker_open", "rate_limited", "bulkhead_full"]"#, "every exception"),
        ("breaker.kind", "\"resilience4j\"", ""),
        ("breaker.failure_rate_threshold", "\"50%\"", "failureRateThreshold"),
        ("breaker.slow_call_rate_threshold", "\"100%\"", "slowCallRateThreshold"),
        ("breaker.slow_call_duration_threshold", "\"60s\"", "slowCallDurationThreshold"),
        ("breaker.sliding_window_type", "\"count_based\"", "slidingWindowType COUNT_BASED"),
        ("breaker.sliding_window_size", "100", "slidingWindowSize"),
        ("breaker.minimum_number_of_calls", "100", "minimumNumberOfCalls"),
        ("breaker.permitted_number_of_calls_in_half_open_state", "10", "permittedNumberOfCallsInHalfOpenState"),
        ("breaker.wait_duration_in_open_state", "\"60s\"", "waitDurationInOpenState"),
        ("breaker.max_wait_duration_in_half_open_state", "\"0s\"", "maxWaitDurationInHalfOpenState 0"),
        ("breaker.transition_to_state_after_wait_duration", "\"open\"", "transitionToStateAfterWaitDuration OPEN"),
        ("breaker.automatic_transition_from_open_to_half_open_enabled", "false", "automaticTransitionFromOpenToHalfOpenEnabled"),
        ("order", r#"["retry", "breaker", "rate_limit", "timeout", "bulkhead"]"#, "Retry(CircuitBreaker(RateLimiter(TimeLimiter(Bulkhead))))"),
    ]),
    ("grpc-default", &[
        ("cancel", "\"propagate\"", "a cancelled call is cancelled at the server"),
        ("balance.kind", "\"pick_first\"", "the default policy"),
        ("balance.start", "\"random\"", ""),
    ]),
    ("grpc-retries", &[
        ("cancel", "\"propagate\"", "a cancelled call is cancelled at the server"),
        ("retry.attempts", "4", "A6's example: maxAttempts 4"),
        ("retry.backoff", "\"grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=2)\"", "initialBackoff 0.1s, maxBackoff 1s, backoffMultiplier 2"),
        ("retry.on", r#"["unreachable", "refused", "reset", "error"]"#, "retryableStatusCodes UNAVAILABLE"),
        ("retry.budget.kind", "\"grpc\"", "retryThrottling"),
        ("retry.budget.max_tokens", "10", "maxTokens"),
        ("retry.budget.token_ratio", "0.1", "tokenRatio"),
        ("retry.respect_retry_after.kind", "\"exact\"", "grpc-retry-pushback-ms"),
        ("retry.respect_retry_after.restart", "true", "n restarts after a pushback"),
        ("balance.kind", "\"round_robin\"", ""),
        ("balance.start", "\"random\"", ""),
    ]),
    ("envoy-default", &[
        ("deadline.after", "\"15s\"", "RouteAction.timeout 15 s"),
        ("bulkhead.kind", "\"envoy\"", "cluster thresholds"),
        ("bulkhead.max_connections", "1024", "max_connections"),
        ("bulkhead.max_pending_requests", "1024", "max_pending_requests"),
        ("bulkhead.max_requests", "1024", "max_requests"),
        ("bulkhead.max_retries", "3", "max_retries"),
        ("bulkhead.protocol", "\"http1\"", "HTTP/1 unless http2_protocol_options are set"),
        ("balance.kind", "\"edf\"", "ROUND_ROBIN"),
        ("balance.start", "\"random\"", ""),
        ("panic_threshold", "\"50%\"", "healthy_panic_threshold"),
        ("pool.kind", "\"envoy\"", ""),
        ("pool.size", "1024", "max_connections, again for one host"),
        ("pool.max_pending", "1024", "max_pending_requests"),
        ("pool.acquire_timeout", "\"unlimited\"", ""),
        ("pool.idle_timeout", "\"1h\"", "idle_timeout 1 h"),
        ("pool.max_lifetime", "\"unlimited\"", "max_connection_duration unset"),
    ]),
    ("envoy-retries", &[
        ("deadline.after", "\"15s\"", "RouteAction.timeout 15 s"),
        ("retry.attempts", "2", "num_retries 1"),
        ("retry.backoff", "\"envoy(base_interval=25ms, max_interval=250ms)\"", "base_interval 25 ms, max_interval 10 times that"),
        ("retry.on", r#"["error", "queue_full", "queue_timeout", "shed", "refused", "reset", "unreachable", "timeout"]"#, "retry_on 5xx"),
        ("retry.budget.kind", "\"envoy\"", "max_retries, 3 by default"),
        ("bulkhead.kind", "\"envoy\"", "cluster thresholds"),
        ("bulkhead.max_connections", "1024", "max_connections"),
        ("bulkhead.max_pending_requests", "1024", "max_pending_requests"),
        ("bulkhead.max_requests", "1024", "max_requests"),
        ("bulkhead.max_retries", "3", "max_retries"),
        ("bulkhead.protocol", "\"http1\"", "HTTP/1"),
        ("balance.kind", "\"edf\"", "ROUND_ROBIN"),
        ("balance.start", "\"random\"", ""),
        ("panic_threshold", "\"50%\"", "healthy_panic_threshold"),
        ("pool.kind", "\"envoy\"", ""),
        ("pool.size", "1024", "max_connections"),
        ("pool.max_pending", "1024", "max_pending_requests"),
        ("pool.acquire_timeout", "\"unlimited\"", ""),
        ("pool.idle_timeout", "\"1h\"", "idle_timeout 1 h"),
        ("pool.max_lifetime", "\"unlimited\"", ""),
    ]),
    ("aws-sdk-standard", &[
        ("retry.attempts", "3", "max_attempts"),
        ("retry.backoff", "\"aws_standard\"", "RT-5"),
        ("retry.on", RETRYABLE, "transient and throttling errors"),
        ("retry.budget.kind", "\"aws\"", "retry quota"),
        ("retry.budget.mode", "\"standard\"", "2026 rules: a retry costs 14"),
        ("retry.budget.capacity", "500", "capacity 500"),
        ("retry.budget.throttling_cost", "5", "5 for throttling errors"),
        ("retry.budget.refund", "1", "+1 for a call that was never retried"),
        ("retry.respect_retry_after.kind", "\"clamped\"", "x-amz-retry-after"),
        ("retry.respect_retry_after.stretch", "\"5s\"", "at most 5 s more"),
    ]),
    ("finagle-default", &[
        ("retry.attempts", "\"unlimited\"", "requeues are bounded by their budget"),
        ("retry.backoff", "\"none\"", "requeues go out at once"),
        ("retry.on", NOT_HANDLED, "RetryableWriteException"),
        ("retry.budget.kind", "\"finagle\"", "RetryBudget"),
        ("retry.budget.ttl", "\"10s\"", "ttl 10 s"),
        ("retry.budget.min_retries_per_sec", "10", "minRetriesPerSec"),
        ("retry.budget.percent_can_retry", "\"20%\"", "percentCanRetry 0.2"),
        ("breaker.kind", "\"finagle\"", "FailureAccrualFactory"),
        ("breaker.success_rate.required", "\"80%\"", "success rate 0.8"),
        ("breaker.success_rate.window", "\"30s\"", "over 30 s"),
        ("breaker.success_rate.min_requests", "5", "at least 5 requests"),
        ("breaker.consecutive_failures", "5", "or 5 failures in a row"),
        ("breaker.mark_dead_for", "\"finagle_equal(start=5s, max=300s)\"", "equal jittered, 5 s to 300 s"),
        ("balance.kind", "\"p2c\"", "Balancers.p2c"),
        ("balance.prefer_healthy", "true", "the healthier of the two"),
    ]),
];

#[test]
fn a_profile_sets_what_its_library_documents_and_nothing_else() {
    for (name, documented) in DOCUMENTED {
        let mut set: Vec<(String, String)> = rows(&format!("like = \"{name}\""))
            .into_iter()
            .filter(|it| it.2 != "default")
            .map(|(key, value, from)| {
                assert_eq!(from, format!("profile {name} (policy.p)"), "{key}");
                (key, value)
            })
            .collect();
        let mut should: Vec<(String, String)> =
            documented.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        set.sort();
        should.sort();
        assert_eq!(set, should, "{name}");
    }
}

#[test]
fn both_names_of_the_aws_profile_mean_the_same() {
    let plan = |name: &str| {
        let text = small(&format!("[policy.p]\nedge = \"web -> db\"\nlike = \"{name}\"\n"));
        format!("{:?}", compiled(&text, "base").model.plans)
    };
    assert_eq!(plan("aws-standard"), plan("aws-sdk-standard"));
    assert_ne!(plan("aws-standard"), plan("aws-classic"));
}

#[test]
fn a_profile_alone_gives_no_cause_for_a_lint() {
    for name in Document::profiles() {
        let text = small(&format!("[policy.p]\nedge = \"web -> db\"\nlike = \"{name}\"\n"))
            .replace("[service.db]", "[service.db]\nreplicas = 3");
        let scenario = loaded(&text);
        let lints = scenario.lints();
        // Finagle hedges and retries, each with its budget; Polly's limiter stands around its retries.
        let meant = ["finagle-backup-requests", "polly-default"];
        let told = lints.iter().filter(|it| !(meant.contains(&name) && it.code == "L0122"));
        let told: Vec<String> = told.map(|it| it.message.to_owned()).collect();
        assert_eq!(told, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn explain_says_what_a_profile_is_and_sets() {
    for name in Document::profiles() {
        let text = crate::explain(name).expect("profiles are explained");
        let (comment, settings) = Document::profile(name).expect("it is there");
        assert!(comment.ends_with('.') && comment.len() > 40, "{name}: {comment}");
        assert!(text.contains(&comment), "{name}");
        assert!(settings.lines().all(|it| text.contains(it)), "{name}");
        assert!(!settings.contains("[policy"), "{name}: {settings}");
    }
}

#[test]
fn an_unknown_profile_is_told_with_the_nearest_one() {
    let told = |name: &str| {
        let text = mistakes(&small(&format!(
            "[policy.p]\nedge = \"web -> db\"\nlike = \"{name}\"\n"
        )));
        text.lines().nth(1).unwrap_or_default().trim().to_owned()
    };
    for (asked, meant) in [
        ("hystrix", "hystrix-default"),
        ("histrix", "hystrix-default"),
        ("resilience4j", "resilience4j-default"),
        ("envoy-defualt", "envoy-default"),
        ("envoy", "envoy-default"),
        ("aws_sdk_standard", "aws-sdk-standard"),
        ("grpc-retry", "grpc-retries"),
    ] {
        assert_eq!(told(asked), format!("did you mean `{meant}`?"), "{asked}");
    }
    assert!(told("something else altogether").starts_with("there are `envoy-default`"));
}

/// The value and origin of one setting.
fn of(policy: &str, key: &str) -> Option<(String, String)> {
    let found = rows(policy).into_iter().find(|it| it.0 == key);
    found.map(|it| (it.1, it.2.split(" (").next().unwrap_or_default().to_owned()))
}

#[test]
fn own_keys_lie_above_a_profile_key_by_key() {
    let like = "like = \"hystrix-default\"\n";
    let own = |more: &str, key: &str| of(&format!("{like}{more}"), key).map(|it| it.0);
    // Tables merge, also where the kind is said again.
    for more in [
        "breaker.sleep_window = \"1s\"",
        "breaker = { sleep_window = \"1s\" }",
        "breaker = { kind = \"hystrix\", sleep_window = \"1s\" }",
    ] {
        assert_eq!(own(more, "breaker.sleep_window").as_deref(), Some("\"1s\""), "{more}");
        assert_eq!(
            own(more, "breaker.request_volume_threshold").as_deref(),
            Some("20"),
            "{more}"
        );
        let from = of(&format!("{like}{more}"), "breaker.request_volume_threshold").map(|it| it.1);
        assert_eq!(from.as_deref(), Some("profile hystrix-default"), "{more}");
    }
    // Another kind, or something that is no table, replaces the whole.
    for more in ["breaker = \"polly\"", "breaker = { kind = \"polly\" }"] {
        assert_eq!(own(more, "breaker.sleep_window"), None, "{more}");
        let (value, from) = of(&format!("{like}{more}"), "breaker.failure_ratio").expect("it is Polly's");
        assert_eq!((value.as_str(), from.as_str()), ("\"10%\"", "default"), "{more}");
    }
    assert_eq!(own("breaker = \"none\"", "breaker").as_deref(), Some("\"none\""));
    assert_eq!(own("breaker = \"none\"", "breaker.enabled"), None);
    assert_eq!(own("retry = { attempts = 2 }", "retry.attempts").as_deref(), Some("2"));
    assert_eq!(own("retry = { attempts = 2 }", "timeout").as_deref(), Some("\"1s\""));
}

#[test]
fn defaults_lie_between_a_profile_and_the_file_and_a_variant_above_both() {
    let text = small(
        "[defaults.policy]\ntimeout = \"3s\"\nbreaker = { kind = \"hystrix\", sleep_window = \"7s\" }\n\
         [policy.p]\nedge = \"web -> db\"\nlike = \"hystrix-default\"\nbulkhead.core_size = 20\n\
         [variant.v]\nset.policy.p.breaker.sleep_window = \"9s\"\nunset = [\"policy.p.bulkhead\"]\n\
         [variant.other]\nset.policy.p.like = \"polly-default\"\nunset = [\"policy.p.bulkhead\"]\n",
    );
    let scenario = loaded(&text);
    let line = |variant: &str, key: &str| {
        let text = crate::effective(&scenario, variant, "web -> db").expect("it is called");
        let line = text.lines().find(|it| it.trim().split("  ").next() == Some(key));
        line.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
            .unwrap_or_default()
    };
    assert!(line("base", "timeout").starts_with("timeout \"3s\" [defaults.policy]"));
    assert!(line("base", "breaker.sleep_window").starts_with("breaker.sleep_window \"7s\" [defaults.policy]"));
    assert!(line("base", "breaker.enabled").contains("true profile hystrix-default"));
    assert!(line("base", "bulkhead.core_size").contains("20 shop.toml:"));
    assert!(line("base", "bulkhead.keep_alive").contains("\"1m\" profile hystrix-default"));
    assert!(line("v", "breaker.sleep_window").contains("\"9s\" variant v"));
    assert_eq!(line("v", "bulkhead"), "bulkhead none default");
    // The default of another kind replaces what the other profile says.
    assert!(line("other", "breaker.sleep_window").contains("\"7s\" [defaults.policy]"));
    assert!(line("other", "deadline.after").contains("\"30s\" profile polly-default"));
    assert_eq!(line("other", "bulkhead"), "bulkhead none default");
}
