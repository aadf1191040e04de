//! Vectors of the literature and of the libraries' own behaviour, played by hand.
//!
//! The machines have these vectors among their own tests; here they come through the script, the settings and the
//! session, as a user would type them.

use brownout::play::{self, Setup};
use brownout_sim_core::time::SimTime;

fn ms(at: SimTime) -> String {
    play::player::ms(at)
}

fn played(mechanism: &str, like: Option<&str>, sets: &str, script: &str) -> play::Played {
    let sets: Vec<(String, String)> = sets
        .split_whitespace()
        .map(|it| it.split_once('=').expect("key=value"))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let mechanism = play::find(mechanism).expect("it is in the table");
    let mut setup = Setup::new(like, &sets, 1);
    play::play(mechanism, &mut setup, script).unwrap_or_else(|it| panic!("{}", it.render(script, false)))
}

/// `time:decision` of everything that was said, hard blanks as blanks.
fn said(mechanism: &str, sets: &str, script: &str) -> String {
    said_like(mechanism, None, sets, script)
}

fn said_like(mechanism: &str, like: Option<&str>, sets: &str, script: &str) -> String {
    let played = played(mechanism, like, sets, script);
    let lines = played.lines.iter().filter(|it| !it.said.text.is_empty());
    lines
        .map(|it| format!("{}:{}", ms(it.at), it.said.text.replace('\u{a0}', " ")))
        .collect::<Vec<_>>()
        .join(" | ")
}

/// `Y` for what passes, `N` for what is refused, by instant.
fn passes(mechanism: &str, sets: &str, script: &str) -> String {
    let mut text = String::new();
    let mut last = None;
    for line in &played(mechanism, None, sets, script).lines {
        let letter = match line.said.mark {
            play::player::Mark::Pass => 'Y',
            play::player::Mark::Refuse => 'N',
            _ => continue,
        };
        if last != Some(line.at) {
            text.push_str(&format!(" {}:", ms(line.at)));
            last = Some(line.at);
        }
        text.push(letter);
    }
    text.trim_start().to_owned()
}

/// `time state` of each instant at which the state's name changes.
fn states(mechanism: &str, sets: &str, script: &str) -> String {
    let played = played(mechanism, None, sets, script);
    let mut before = played.start.name;
    let mut changes = Vec::new();
    for line in &played.lines {
        if line.state.name != before {
            changes.push(format!("{} {}", ms(line.at), line.state.name.unwrap_or("-")));
            before = line.state.name;
        }
    }
    changes.join(" | ")
}

#[test]
fn cb_h_1_hystrix_opens_at_the_next_tick_and_never_for_19() {
    assert_eq!(states("hystrix", "", "100:try(fail) x20 3000:look"), "500 open");
    assert_eq!(states("hystrix", "", "100:try(fail) x19 60s:look"), "");
}

#[test]
fn cb_h_2_hystrix_truncates_percentages() {
    assert_eq!(states("hystrix", "", "0:try(fail)x10,try(ok)x10 3000:look"), "500 open");
    assert_eq!(states("hystrix", "", "0:try(fail)x100,try(ok)x101 3000:look"), "");
}

#[test]
fn cb_h_3_another_call_spoils_hystrix_probe() {
    let set = "sleep_window=1s";
    // Open at 500; the probe at +1100 takes 400.
    let quiet = "100:try(fail) x20 1600:call 2000:ok 2500:look";
    assert_eq!(states("hystrix", set, quiet), "500 open | 1600 half_open | 2000 closed");
    let disturbed = "100:try(fail) x20 1600:call 1750:call 2000:ok 2750:call 2751:call";
    assert_eq!(
        states("hystrix", set, disturbed),
        "500 open | 1600 half_open | 1750 open | 2751 half_open"
    );
}

#[test]
fn cb_h_4_a_bad_request_fails_hystrix_probe_and_counts_for_nothing_else() {
    assert_eq!(states("hystrix", "", "0:try(bad_request) x30 3000:look"), "");
    let probe = "100:try(fail) x20 5501:try(bad_request)";
    let last = played("hystrix", None, "", probe)
        .lines
        .pop()
        .expect("something happened");
    assert_eq!(last.state.name, Some("open"));
    assert!(last.said.text.contains("half_open to open"), "{}", last.said.text);
}

#[test]
fn cb_h_5_rejections_of_a_bulkhead_inside_open_hystrix() {
    assert_eq!(states("hystrix", "", "0:try(bulkhead_full) x20 600:look"), "500 open");
}

#[test]
fn cb_h_6_hystrix_window_is_twenty_complete_buckets() {
    let second = |at: u32| format!("100:try(fail) x12 {at}:try(fail) x8 12000:look");
    assert_eq!(states("hystrix", "", &second(10_400)), "");
    assert_eq!(states("hystrix", "", &second(9_400)), "9500 open");
}

const R4J: &str = "sliding_window_size=10 minimum_number_of_calls=5 wait_duration_in_open_state=1s \
    permitted_number_of_calls_in_half_open_state=3";

#[test]
fn cb_r_1_resilience4j_opens_with_the_fifth_and_admits_three() {
    assert_eq!(states("breaker.resilience4j", R4J, "0:try(fail) x4"), "");
    let script = "0:try(fail) x5 1000:call 1001:call x4 1100:ok,ok 1200:fail";
    assert_eq!(
        states("breaker.resilience4j", R4J, script),
        "0 open | 1001 half_open | 1200 closed"
    );
    let asked = passes("breaker.resilience4j", R4J, "0:try(fail) x5 1000:call 1001:call x4");
    assert!(asked.ends_with("1000:N 1001:YYYN"), "{asked}");
}

#[test]
fn cb_r_2_and_3_resilience4j_looks_after_every_call() {
    let mixed = "0:try(ok)x6,try(fail)x4";
    assert_eq!(states("breaker.resilience4j", R4J, mixed), "");
    assert_eq!(
        states("breaker.resilience4j", R4J, &format!("{mixed} 1:try(fail)")),
        "1 open"
    );
    assert_eq!(
        states("breaker.resilience4j", R4J, "0:try(fail)x3,try(ok) 1:try(ok)"),
        "1 open"
    );
}

#[test]
fn cb_r_4_resilience4j_slow_is_strictly_longer() {
    let set = format!("{R4J} slow_call_duration_threshold=1s slow_call_rate_threshold=60%");
    assert_eq!(states("breaker.resilience4j", &set, "0:call x5 1000:ok x5"), "");
    assert_eq!(
        states("breaker.resilience4j", &set, "0:call x3 1001:ok x3 1001:try(ok) x2"),
        "1001 open"
    );
}

#[test]
fn cb_r_5_resilience4j_judges_its_probes_together() {
    let half = "0:try(fail) x5 1001:call x3";
    let script = format!("{half} 1100:fail,fail 1200:ok");
    assert_eq!(
        states("breaker.resilience4j", R4J, &script),
        "0 open | 1001 half_open | 1200 open"
    );
}

#[test]
fn cb_r_6_resilience4j_time_windows_are_whole_seconds() {
    let set = format!("{R4J} sliding_window_type=time_based sliding_window_size=3 minimum_number_of_calls=4");
    let script = "10s:try(fail)x2 11.5s:try(ok) 12.9s:look 13s:try(fail)x2 13001:try(fail)";
    assert_eq!(states("breaker.resilience4j", &set, script), "13001 open");
}

#[test]
fn cb_r_7_resilience4j_timers_move_it() {
    let set = format!(
        "{R4J} wait_duration_in_open_state=100ms automatic_transition_from_open_to_half_open_enabled=true \
        max_wait_duration_in_half_open_state=200ms"
    );
    let script = "0:try(fail) x5 150:call 350:look";
    let changes = states("breaker.resilience4j", &set, script);
    assert!(changes.starts_with("0 open | 10"), "{changes}");
    assert!(changes.contains("half_open") && changes.ends_with("open"), "{changes}");
}

const POLLY: &str = "failure_ratio=50% minimum_throughput=4 sampling_duration=10s break_duration=5s";

#[test]
fn cb_p_1_polly_looks_after_failures_and_admits_at_the_very_end() {
    let script = "0:try(fail),try(ok)x3,try(fail) 0:try(fail) 4999:call 5000:call 5001:call 5100:ok";
    assert_eq!(
        states("breaker.polly", POLLY, script),
        "0 open | 5000 half_open | 5100 closed"
    );
    // The probe's success is a change rather than a pass.
    let asked = passes("breaker.polly", POLLY, script);
    assert!(asked.ends_with("4999:N 5000:Y 5001:N"), "{asked}");
}

#[test]
fn cb_p_2_polly_drops_whole_slices() {
    let script = "0:try(fail) 500:try(fail) 9999:try(ok) 10000:try(fail) 10499:try(fail)";
    assert_eq!(states("breaker.polly", POLLY, script), "");
}

#[test]
fn cb_p_3_polly_waits_as_long_again() {
    let set = "failure_ratio=50% minimum_throughput=2 sampling_duration=1s break_duration=2s";
    let script = "0:try(fail) 10:try(fail) 2009:call 2010:call 2500:call 2600:fail 4599:call 4600:call";
    assert_eq!(
        states("breaker.polly", set, script),
        "10 open | 2010 half_open | 2600 open | 4600 half_open"
    );
}

#[test]
fn cb_o_1_opossum_opens_strictly_above() {
    let script = "0:try(fail),try(ok)x2 0:try(fail) 1:try(fail)";
    assert_eq!(states("opossum", "volume_threshold=4", script), "1 open");
    // By a timer, not by a call.
    assert_eq!(
        states("opossum", "volume_threshold=4", &format!("{script} 40s:look")),
        "1 open | 30001 half_open"
    );
}

#[test]
fn cb_c_cockatiel_in_a_row_and_sampled() {
    let row = "0:try(fail)x2,try(ok),try(fail)x2 1:try(fail) 1000:call 1001:call";
    assert_eq!(
        states("cockatiel", "threshold=3 half_open_after=1s", row),
        "1 open | 1001 half_open"
    );
    let sampled = "threshold=50% duration=10s minimum_rps=1";
    let script = "0:try(fail),try(ok) x5 1:try(fail)";
    let played = played("cockatiel", Some("sampling"), sampled, script);
    let opened: Vec<String> = played
        .lines
        .iter()
        .filter(|it| it.state.name == Some("open"))
        .map(|it| ms(it.at))
        .collect();
    assert_eq!(opened, ["1"]);
}

#[test]
fn cb_l_1_linkerd_backs_off_and_starts_again() {
    let script = "0:try(fail) x3 1s:try(fail) 2999:call 3s:try(ok) 5s:try(fail) x3 5999:call 6s:call";
    let sets: Vec<(String, String)> = vec![
        ("failures".into(), "3".into()),
        ("wait".into(), "exponential(1s, factor=2, cap=4s)".into()),
    ];
    let mechanism = play::find("breaker.consecutive").expect("it is in the table");
    let mut setup = Setup::new(Some("linkerd"), &sets, 1);
    let played = play::play(mechanism, &mut setup, script).expect("it can be played");
    let state_at = |at: &str| {
        let line = played
            .lines
            .iter()
            .rfind(|it| ms(it.at) == at)
            .expect("something happened then");
        line.state.name.expect("it has a name")
    };
    let at = ["0", "1000", "2999", "3000", "5000", "5999", "6000"].map(state_at);
    assert_eq!(at, ["open", "open", "open", "closed", "open", "open", "half_open"]);
}

#[test]
fn cb_f_1_finagle_is_dead_for_exactly_its_start() {
    let set = "success_rate=none";
    let script = "0:try(ok),try(fail)x4,try(ok),try(fail)x4 1:try(fail) 5000:call 5001:call";
    let changes = states("breaker.finagle", set, script);
    assert!(changes.starts_with("1 open | 5001 half_open"), "{changes}");
}

#[test]
fn rl_1_and_2_gcra_as_governor() {
    let script = "0:call x4 99:call 100:call 150:call 200:call 450:call x3 10450:call x4";
    assert_eq!(
        passes("gcra", "max_burst=3", script),
        "0:YYYN 99:N 100:Y 150:N 200:Y 450:YYN 10450:YYYN"
    );
    let fifth = "0:call x6 200:call x2 500:call x2 1200:call x5";
    assert_eq!(
        passes("gcra", "replenish_one_per=200ms max_burst=5", fifth),
        "0:YYYYYN 200:YN 500:YN 1200:YYYYN"
    );
}

#[test]
fn rl_1_a_token_bucket_says_the_same_as_gcra() {
    let script = "0:call x4 99:call 100:call 150:call 200:call 450:call x3 10450:call x4";
    assert_eq!(
        passes("token_bucket", "rate=10 burst=3", script),
        "0:YYYN 99:N 100:Y 150:N 200:Y 450:YYN 10450:YYYN"
    );
}

#[test]
fn rl_3_resilience4j_reserves_permits_of_later_cycles() {
    let set = "limit_for_period=2 limit_refresh_period=100ms timeout_duration=250ms";
    let log = said("rate_limit.resilience4j", set, "0:call x7 150:call x4");
    assert_eq!(
        log,
        "0:#1 sent | 0:#2 sent | 0:#3 waits 100 ms, sent at 100 | 0:#4 waits 100 ms, sent at 100 | \
        0:#5 waits 200 ms, sent at 200 | 0:#6 waits 200 ms, sent at 200 | 0:#7 refused | \
        150:#8 waits 150 ms, sent at 300 | 150:#9 waits 150 ms, sent at 300 | 150:#10 waits 250 ms, sent at 400 | \
        150:#11 waits 250 ms, sent at 400"
    );
    let none = "limit_for_period=2 limit_refresh_period=100ms timeout_duration=0s";
    assert_eq!(
        passes("rate_limit.resilience4j", none, "950:call x4 1010:call x3"),
        "950:YYNN 1010:YYN"
    );
}

#[test]
fn rl_4_a_sliding_counter_estimates() {
    let script = "0..400/100:call 1000:call 1250:call 1251:call 1500:call 1750:call";
    assert_eq!(
        passes("sliding_window_counter", "limit=4", script),
        "0:Y 100:Y 200:Y 300:Y 400:N 1000:N 1250:Y 1251:N 1500:Y 1750:Y"
    );
}

#[test]
fn rl_6_and_7_leaky_fixed_and_log() {
    let log = said("leaky_bucket", "size=3", "0:call x5");
    assert!(log.ends_with("0:#4 waits 300 ms, sent at 300 | 0:#5 refused"), "{log}");
    let boundary = "990:call x3 1000:call x3";
    assert_eq!(passes("fixed_window", "limit=3", boundary), "990:YYY 1000:YYY");
    assert_eq!(passes("sliding_window_log", "limit=3", boundary), "990:YYY 1000:NNN");
}

#[test]
fn od_3_envoy_ejects_longer_each_time() {
    let script = "3s:shed(a) x5 45s:shed(a) x5 50s:shed(b) x5 130s:look";
    assert_eq!(
        said("outlier.envoy", "draw=0.5", script),
        "3000:a ejected: consecutive_5xx | 40000:a back in: time_over | 45000:a ejected: consecutive_5xx | \
        50000:b not ejected: too many are out | 110000:a back in: time_over"
    );
}

#[test]
fn od_4_a_gateway_failure_counts_twice() {
    let mixed = "1s:fail(a),shed(a)x2,fail(a) 2s:shed(a)";
    assert_eq!(
        said("outlier.envoy", "draw=0.5", mixed),
        "2000:a ejected: consecutive_5xx"
    );
}

#[test]
fn od_6_grpc_ejects_one_where_envoy_ejects_none() {
    let bad = |count: usize| {
        let rates = (0..5).map(|at| {
            format!(
                "1s:rate({},{}%)",
                ["a", "b", "c", "d", "e"][at],
                if at < count { 0 } else { 100 }
            )
        });
        rates.collect::<Vec<_>>().join(" ") + " 11s:look"
    };
    let log = said("outlier.grpc", "replicas=5 success_rate=false draw=0.5", &bad(3));
    assert_eq!(log, "10000:a ejected: failure_percentage");
    let envoy = "replicas=5 consecutive_5xx=0 enforcing_failure_percentage=100 success_rate_minimum_hosts=10 draw=0.5";
    let log = said("outlier.envoy", envoy, &bad(1));
    assert_eq!(log, "10000:1 not ejected: too many are out");
}

#[test]
fn ls_3_codel_drops_by_its_control_law() {
    let late = said("codel", "comparison=rfc", "10..480:dequeue(10)");
    let dropped: Vec<&str> = late.split(" | ").filter(|it| it.ends_with(":dropped")).collect();
    // The call after a drop is taken at the same instant, which a bare `dequeue` does not do.
    assert_eq!(dropped.first(), Some(&"110:dropped"), "{late}");
}

#[test]
fn ls_4_codel_at_twice_the_load_that_can_be_served() {
    let script: Vec<String> = (0..=600)
        .step_by(5)
        .map(|at| {
            if at % 10 == 0 {
                format!("{at}:arrive,take")
            } else {
                format!("{at}:arrive")
            }
        })
        .collect();
    let played = played("codel", None, "", &script.join(" "));
    let dropped: Vec<String> = played
        .lines
        .iter()
        .filter(|it| it.said.text.contains("dropped"))
        .map(|it| ms(it.at))
        .collect();
    assert_eq!(
        dropped,
        ["120", "220", "300", "350", "400", "450", "490", "530", "560", "600"]
    );
    let last = played.lines.last().expect("something happened");
    assert!(last.state.detail.contains("50 waiting"), "{}", last.state.detail);
}

#[test]
fn ls_1_folly_keeps_the_first_of_an_interval() {
    let script = "0:dequeue(20) 50:dequeue(20) 101:dequeue(20) 102:dequeue(8) 103:dequeue(11) 104:dequeue(10) \
        150:dequeue(30) 250:dequeue(30) 251:dequeue(30)";
    assert_eq!(
        passes("folly_codel", "", script),
        "0:Y 50:Y 101:N 102:Y 103:N 104:Y 150:N 250:Y 251:N"
    );
}

#[test]
fn rb_1_tower_and_finagle_reserve_a_hundred() {
    for name in ["budget.tower", "budget.finagle"] {
        let allowed = |script: &str| passes(name, "", script).matches('Y').count();
        assert_eq!(allowed("0:retry x101"), 100, "{name}");
        assert_eq!(allowed("0:deposit x100 0:retry x130"), 120, "{name}");
    }
}

#[test]
fn rb_2_tower_rounds_its_cost() {
    let set = "min_per_second=0";
    assert_eq!(
        passes("budget.tower", set, "0:deposit x9 0:retry x2 0:deposit 1:retry x2"),
        "0:YN 1:YN"
    );
    assert_eq!(
        passes(
            "budget.tower",
            "min_per_second=0 percent=75%",
            "0:deposit x4 0:retry x5"
        ),
        "0:YYYYN"
    );
    assert_eq!(
        passes(
            "budget.finagle",
            "min_per_second=0 percent=75%",
            "0:deposit x4 0:retry x4"
        ),
        "0:YYYN"
    );
}

#[test]
fn rb_4_a_look_at_finagle_budget_after_a_silence_forgets_more() {
    let set = "ttl=1s min_per_second=0 percent=50%";
    assert_eq!(
        passes("budget.finagle", set, "0:deposit x10 999:retry x6"),
        "999:YYYYYN"
    );
    assert_eq!(passes("budget.finagle", set, "0:deposit x10 1000:retry"), "1000:N");
    assert_eq!(
        passes("budget.tower", set, "0:deposit x10 1000:retry x6"),
        "1000:YYYYYN"
    );
}

#[test]
fn rb_5_grpc_stops_at_half() {
    let script = "0:call x8 1:fail(#1) 2:fail(#2) 3:fail(#3) 4:fail(#4) 5:fail(#5) 6:ok(#6) 7:fail(#7)";
    // The first attempts fail at 9, 8, 7, 6 and 5 tokens left; a success brings 0.1.
    assert_eq!(passes("budget.grpc", "", script), "1:Y 2:Y 3:Y 4:Y 5:N 6:Y 7:N");
}

#[test]
fn rb_6_aws_quota_of_22() {
    // Costs of the classic rules: 10 after a timeout, 5 otherwise.
    let script = "0:retry(timeout) 1:retry(timeout) 2:retry 3:call x2 4:ok x2 5:retry 6:call 7:ok 8:retry";
    let played = played("budget.aws", Some("classic"), "capacity=22", script);
    let left: Vec<String> = played
        .lines
        .iter()
        .filter_map(|it| it.state.level.map(|level| format!("{}:{}", ms(it.at), level.0)))
        .collect();
    assert_eq!(
        left,
        [
            "0:12", "1:2", "2:2", "3:2", "3:2", "4:3", "4:4", "5:4", "6:4", "7:5", "8:0"
        ]
    );
}

#[test]
fn rb_7_envoy_budget_follows_what_is_in_flight() {
    let limit = |active: u32, pending: u32| {
        let script = format!("0:active({active}),pending({pending})");
        let played = played("budget.envoy", Some("retry_budget"), "", &script);
        played
            .lines
            .last()
            .and_then(|it| it.state.level)
            .expect("it has a level")
            .1
    };
    assert_eq!([limit(10, 0), limit(40, 10), limit(24, 0)], [3.0, 10.0, 4.0]);
}

#[test]
fn rl_5_aws_adaptive_bucket_slows_down_when_it_is_throttled() {
    // Nothing is limited before the first throttling reply; the rate is then 0.7 of what was measured, and at least 0.5.
    let script = "0..1900/100:call 2000:ok x20 2001:call 2002:quota 2003:look";
    let played = played("rate_limit.aws", None, "", script);
    let states: Vec<&str> = played
        .lines
        .iter()
        .map(|it| it.state.name.expect("it is on or off"))
        .collect();
    assert_eq!(states.iter().filter(|it| **it == "on").count(), 2);
    assert_eq!((states[0], states[states.len() - 1]), ("off", "on"));
}

#[test]
fn at_1_sre_throttle_refuses_by_its_formula() {
    // With every draw just below one, nothing is refused, and the chance can be read off.
    let chance = |requests: u32, accepts: u32, k: &str| {
        let refused = requests - accepts;
        let mut script = String::from("0:look ");
        if accepts > 0 {
            script.push_str(&format!("0:try(ok) x{accepts} "));
        }
        if refused > 0 {
            script.push_str(&format!("0:try(queue_full) x{refused} "));
        }
        let played = played("throttle.sre", None, &format!("draw=0.9999999 k={k}"), &script);
        let level = played
            .lines
            .last()
            .and_then(|it| it.state.level)
            .expect("it has a level")
            .0;
        (level * 10_000.0).round() / 10_000.0
    };
    let vectors = [
        (0, 0, "2", 0.0),
        (1, 0, "2", 0.5),
        (10, 0, "2", 0.9091),
        (100, 50, "2", 0.0),
        (100, 49, "2", 0.0198),
        (100, 20, "2", 0.5941),
        (100, 90, "1.1", 0.0099),
        (100, 91, "1.1", 0.0),
    ];
    for (requests, accepts, k, expected) in vectors {
        assert_eq!(
            chance(requests, accepts, k),
            expected,
            "({requests}, {accepts}), K = {k}"
        );
    }
}

#[test]
fn hg_1_the_second_copy_answers_first() {
    // The copy's own time is 30, so its answer comes at 80.
    assert_eq!(
        said("hedge", "delay=50ms", "0:call 80:ok(#1)"),
        "0:copy #0 is sent | 50:copy #1 is sent | 80:copy #1 ok; the call is over; #0 cancelled"
    );
}

#[test]
fn hg_2_grpc_sends_the_next_copy_when_one_fails() {
    let log = said_like("hedge", Some("grpc"), "", "0:call 130:fail(#1) 250:ok(#0)");
    assert_eq!(
        log,
        "0:copy #0 is sent | 100:copy #1 is sent | 130:copy #1 error; copy #2 is sent | \
        250:copy #0 ok; the call is over; #2 cancelled"
    );
}

#[test]
fn hg_4_ties_tell_each_other() {
    let log = said_like("hedge", Some("tied"), "", "0:call 1:begun(#0) 2:look");
    assert!(
        log.contains("copy #0 is being served; it tells #1 to drop theirs"),
        "{log}"
    );
}

/// The pauses of a back-off, as they are said.
fn pauses(mechanism: &str, like: Option<&str>, sets: &str, count: usize) -> Vec<String> {
    let log = said_like(mechanism, like, sets, &format!("0:fail x{count}"));
    let pause = |it: &str| {
        let (_, rest) = it.split_once(" after ").expect("a pause is said");
        rest.rsplit_once(", at ").expect("and until when").0.to_owned()
    };
    log.split(" | ").map(pause).collect()
}

#[test]
fn rt_1_resilience4j_truncates_at_each_step() {
    let of = |sets: &str, count| pauses("backoff.resilience4j", None, sets, count);
    assert_eq!(of("multiplier=1.5", 4), ["500 ms", "750 ms", "1.125 s", "1.687 s"]);
    assert_eq!(
        of("initial=101ms multiplier=1.5", 4),
        ["101 ms", "151 ms", "226 ms", "339 ms"]
    );
}

#[test]
fn rt_3_full_and_equal_jitter() {
    let of = |jitter: &str| {
        let sets = format!("base=100ms cap=1s draw=0.5 jitter={jitter}");
        pauses("backoff.curve", None, &sets, 6)
    };
    assert_eq!(of("full"), ["50 ms", "100 ms", "200 ms", "400 ms", "500 ms", "500 ms"]);
    assert_eq!(of("equal"), ["75 ms", "150 ms", "300 ms", "600 ms", "750 ms", "750 ms"]);
}

#[test]
fn rt_4_grpc_may_exceed_its_maximum() {
    let sets = |draw: &str| format!("max=300ms draw={draw}");
    assert_eq!(
        pauses("backoff.grpc", None, &sets("0"), 4),
        ["80 ms", "160 ms", "240 ms", "240 ms"]
    );
}

#[test]
fn rt_5_aws_standard_and_classic() {
    let standard = pauses("backoff.aws", None, "draw=0.5", 11);
    let expected = [
        "25 ms", "50 ms", "100 ms", "200 ms", "400 ms", "800 ms", "1.6 s", "3.2 s", "6.4 s", "10 s", "10 s",
    ];
    assert_eq!(standard, expected);
    let classic = pauses("backoff.aws", Some("classic"), "draw=0.5", 7);
    assert_eq!(classic, ["500 ms", "1 s", "2 s", "4 s", "8 s", "10 s", "10 s"]);
}

#[test]
fn to_2_three_attempts_within_a_deadline() {
    let script = "0:call 120:attempt 240:attempt 300:look";
    assert_eq!(
        said("timeout", "timeout=100ms deadline=250ms", script),
        "0:#1 attempt 1; waits at most 100 ms | 100:#1 timeout; the callee works on | \
        120:#1 attempt 2; waits at most 100 ms | 220:#1 timeout; the callee works on | \
        240:#1 attempt 3; waits at most 10 ms | 250:#1 deadline; the callee works on"
    );
}

#[test]
fn to_2_the_same_by_retries() {
    let script = "0:call 100:timeout 220:timeout 260:look";
    assert_eq!(
        said("retry", "backoff=20ms deadline=250ms", script),
        "0:#1 attempt 1 | 100:#1 timeout: again after 20 ms | 120:#1 attempt 2 | 220:#1 timeout: again after 20 ms | \
        240:#1 attempt 3 | 250:#1 ends with deadline"
    );
}

#[test]
fn bh_1_2_and_3_bulkheads() {
    assert_eq!(
        said("semaphore", "max_concurrent_calls=2", "0:call x3 1:done 2:call"),
        "0:#1 starts | 0:#2 starts | 0:#3 rejected | 1:#1 is over | 2:#4 starts"
    );
    let hystrix = "core_size=2 max_queue_size=10 queue_size_rejection_threshold=1";
    assert_eq!(
        said("thread_pool", hystrix, "0..3:call"),
        "0:#1 starts | 1:#2 starts | 2:#3 waits | 3:#4 rejected"
    );
    let jdk = "core_size=1 maximum_size=2 max_queue_size=1";
    assert_eq!(
        said_like("thread_pool", Some("resilience4j"), jdk, "0..3:call 100:done"),
        "0:#1 starts | 1:#2 waits | 2:#3 starts | 3:#4 rejected | 100:#1 is over; #2 starts"
    );
}

#[test]
fn er_1_envoy_caps() {
    let script = "0:call,connected 1:call,connected 2:call 3:call 100:done";
    let log = said("bulkhead.envoy", "max_connections=2 max_pending_requests=1", script);
    assert!(
        log.contains("2:#3 pending") && log.contains("3:#4 503, overflow"),
        "{log}"
    );
    assert!(log.ends_with("100:#1 is over; #3 sent"), "{log}");
}

#[test]
fn co_1_a_full_batch_is_pushed_by_the_next_call() {
    let log = said("collapser", "max_requests_in_batch=3", "0:register 1..4:call 11:look");
    assert!(
        log.contains("4:runs the batch of #1, #2, #3; #4 begins another"),
        "{log}"
    );
    assert!(log.ends_with("10:runs the batch of #4"), "{log}");
}

#[test]
fn ac_1_aimd() {
    let script = "0:sample(10ms,4) 1:sample(10ms,5) 2:sample(10ms,6) 3:sample(10ms,5) 4:sample(10ms,6,dropped=true) \
        5:sample(10ms,6,dropped=true) 6:sample(6s,9) 7:sample(5s,9)";
    let played = played("aimd", None, "initial_limit=10 min_limit=1 max_limit=20", script);
    let limits: Vec<f64> = played
        .lines
        .iter()
        .filter_map(|it| it.state.level.map(|level| level.0))
        .collect();
    assert_eq!(limits, [10.0, 11.0, 12.0, 12.0, 10.0, 9.0, 8.0, 9.0]);
}

#[test]
fn lb_1_2_and_3_weights() {
    let picks = |mechanism: &str, sets: &str, count: usize| {
        let log = said(mechanism, sets, &format!("0:pick x{count}"));
        log.split(" | ")
            .filter_map(|it| it.split_once(':'))
            .map(|it| it.1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(picks("weighted", "weights=5,1,1", 7), "a a b a c a a");
    assert_eq!(picks("weighted", "weights=3,2,1", 6), "a b a c b a");
    assert_eq!(picks("edf", "weights=2,1", 6), "a b a a b a");
    assert_eq!(picks("static_stride", "weights=1,1,2", 8), "b c a c b c a c");
}

#[test]
fn lb_4_peak_ewma() {
    let script = "0:took(10) 1s:took(100) 1.1s:took(10) 11.1s:took(10) 21.1s:load(0)";
    let played = played("peak_ewma", None, "", script);
    let estimates: Vec<&str> = played.lines.iter().map(|it| it.state.detail.as_str()).collect();
    let expected = ["30", "100", "99.1045", "42.7797", "15.7378"].map(|it| format!("estimate {it} ms"));
    assert_eq!(estimates, expected);
}

#[test]
fn lb_7_levels_and_panic() {
    let script = "0:healthy(0,72) 1:healthy(0,71) 2:healthy(0,50) 3:healthy(0,25) 3:healthy(1,25)";
    let played = played("priority", None, "", script);
    let loads = |detail: &str| -> String {
        let levels = detail
            .split(", level ")
            .map(|it| it.rsplit_once(") ").expect("a share is said").1.replace('\u{a0}', ""));
        levels.collect::<Vec<_>>().join(" ")
    };
    let all: Vec<String> = played.lines.iter().map(|it| loads(&it.state.detail)).collect();
    assert_eq!(all[..3], ["100% 0%", "99% 1%", "70% 30%"]);
    assert_eq!(all[4], "50% in panic 50% in panic");
}

#[test]
fn lb_9_slow_start() {
    let log = said("slow_start", "", "3s:weight 30s:weight 59s:weight");
    assert_eq!(
        log,
        "3000:0.1 of its weight | 30000:0.5 of its weight | 59000:0.9833 of its weight"
    );
}

#[test]
fn hc_1_and_2_three_failures_take_a_server_down() {
    assert_eq!(
        states("health.haproxy", "", "1s:dead 9s:alive 13s:look"),
        "6000 down | 12000 up"
    );
    assert_eq!(
        states("health.haproxy", "fastinter=500ms", "1s:dead 4s:look"),
        "3000 down"
    );
}

#[test]
fn bp_2_and_cp_2_credits_and_pools() {
    let log = said("credits", "window=3", "0..4:ready 20:done 40:done");
    assert!(
        log.ends_with("3:#4 waits for a credit | 4:#5 waits for a credit | 20:#4 sent | 40:#5 sent"),
        "{log}"
    );
    let log = said(
        "pool",
        "size=2 acquire_timeout=25ms",
        "0:call x2 10:call x3 30:done,done 36:look",
    );
    assert!(
        log.contains("30:#1 is done; #3 gets a connection | 30:#2 is done; #4 gets a connection"),
        "{log}"
    );
    assert!(log.ends_with("35:#5 pool_timeout"), "{log}");
}

#[test]
fn ls_5_and_bo_1_partitions_and_the_dimmer() {
    let asked = passes("partition", "", "0:call(1) x11 1:call(0) x9");
    assert_eq!(asked, "0:YYYYYYYYYYN 1:YYYYYYYYN");
    let log = said(
        "dimmer",
        "initial_theta=0.6 gain=500ms forgetting=none",
        "0:t95(1500) 10:t95(200)",
    );
    assert_eq!(log, "0:theta 0.6 to 0.5 | 10:theta 0.5 to 0.66");
}

#[test]
fn fb_1_and_2_fallbacks() {
    let eleven = said_like("fallback", Some("hystrix"), "takes=50ms", "0:fail x11 60:look");
    assert!(eleven.contains("0:#11 error stands: rejected"), "{eleven}");
    assert_eq!(eleven.matches("ends as degraded").count(), 10);
    let stale = said("fallback", "kind=stale_cache", "0:ok 30s:fail 61s:fail");
    assert!(
        stale.contains("an answer 30 s old") && stale.ends_with("61000:#3 error stands: too_old"),
        "{stale}"
    );
}
