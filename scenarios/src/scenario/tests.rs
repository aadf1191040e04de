//! Files in, models and messages out.

use super::*;
use proptest::prelude::*;

const SHOP: &str = r#"format = 1
title = "Three-tier retry storm"
question = "Which retry strategy lets the shop recover by itself after a database slowdown?"

[run]
duration = "20m"
warmup = "2m"
drain = "1m"
seed = 42
replications = 30
window = "1s"

[load.shoppers]
target = "web.home"
arrival = "poisson"
rate = [{ at = "0s", value = "900/s" }, { at = "8m", value = "1200/s" }]
objective = "1s"

[service.web]
replicas = 6
workers = 64
cores = 4
queue = { limit = 256, order = "fifo" }
[service.web.endpoint.home]
work = "lognormal(median=4ms, p99=25ms)"
flow = ["app.render"]

[service.app]
replicas = 8
workers = 32
queue = { limit = 128 }
[service.app.endpoint.render]
work = "lognormal(median=9ms, p99=60ms)"
flow = ["db.query"]

[service.db]
replicas = 2
workers = 48
queue = { limit = 1000 }
[service.db.endpoint.query]
work = "lognormal(median=11ms, p99=70ms)"

[link.default]
latency = "shifted_exp(min=250us, mean=400us)"
loss = "0.001%"

[policy.web-to-app]
edge = "web -> app"
timeout = "2s"

[policy.app-to-db]
edge = "app -> db"
timeout = "500ms"

[fault.db-slow]
at = "10m"
for = "90s"
target = "db"
effect = { work = "x8" }

[variant.no-retries]

[variant.naive]
set.policy.app-to-db.retry = { attempts = 3, backoff = "none" }
set.policy.web-to-app.retry = { attempts = 3, backoff = "none" }

[variant.budget]
label = "Backoff, jitter, 10% budget, one layer only"
set.policy.app-to-db.retry = { attempts = 3, backoff = "exponential(50ms, factor=2, cap=2s)", jitter = "full", budget = "10%" }

[expect.steady]
that = "success_ratio(web.home) >= 99.9%"
during = "2m .. fault.db-slow.start"

[expect.recovers]
that = "goodput_ratio(web.home) >= 95% of baseline"
within = "2m after fault.db-slow.end"
variants = ["budget"]
"#;

fn files(name: &str) -> Result<Vec<u8>, String> {
    let text = match name {
        "good.csv" => "at_s,target\n0.5,web.home\n1.25,web.cart\n2,web.home\n",
        "times.csv" => "100ms\n0.2\n3s\n",
        "broken.csv" => "at_s,target\n0.5,web.home\nsoon,web.home\n",
        "backwards.csv" => "at_s\n2\n1\n",
        "stranger.csv" => "at_s,target\n1,web.hmoe\n",
        _ => return Err("no such file".to_owned()),
    };
    Ok(text.as_bytes().to_vec())
}

fn load(text: &str) -> Result<Scenario, Diagnostics> {
    Scenario::load("shop", "shop.toml", text.as_bytes(), &[], &files)
}

pub(super) fn loaded(text: &str) -> Scenario {
    load(text).unwrap_or_else(|it| panic!("{}", it.render(false)))
}

pub(super) fn compiled(text: &str, variant: &str) -> Compiled {
    loaded(text)
        .compile(variant)
        .unwrap_or_else(|it| panic!("{}", it.render(false)))
}

/// The mistakes of a file, without the source lines.
pub(super) fn mistakes(text: &str) -> String {
    let all = match load(text) {
        Ok(scenario) => scenario.lints().clone(),
        Err(all) => all,
    };
    let line = |it: crate::diagnostics::Row<'_>| {
        let help = it.help.map(|it| format!("\n    {it}")).unwrap_or_default();
        format!("{} {}:{} {}{help}", it.code, it.line, it.column, it.message)
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A small system that is right, with `more` at its end.
pub(super) fn small(more: &str) -> String {
    let base = r#"format = 1
[run]
duration = "10m"
[load.users]
target = "web.home"
rate = "100/s"
[service.web.endpoint.home]
work = "5ms"
flow = ["db"]
[service.web.endpoint.cart]
work = "5ms"
[service.db]
work = "2ms"
"#;
    format!("{base}{more}")
}

#[test]
fn the_scenario_of_the_contract_compiles() {
    let scenario = loaded(SHOP);
    assert_eq!(
        scenario
            .lints()
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .count(),
        0
    );
    assert_eq!(scenario.title(), Some("Three-tier retry storm"));
    let names: Vec<&str> = scenario.variants().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["no-retries", "naive", "budget"]);
    let budget = scenario.compile("budget").expect("it is declared");
    assert_eq!((budget.seed, budget.replications), (42, 30));
    assert_eq!(budget.names.edges, ["app -> db", "shoppers -> web", "web -> app"]);
    assert_eq!(budget.names.plans, budget.names.edges);
    assert_eq!(budget.expectations.len(), 2);
    insta::assert_debug_snapshot!(budget.model.plans.clone());
    let naive = scenario.compile("naive").expect("it is declared");
    let keys = |it: &Compiled| it.model.sites.iter().map(|it| it.key).collect::<Vec<_>>();
    assert_eq!(keys(&budget), keys(&naive));
    assert!(scenario.compile("nobody").is_err());
}

#[test]
fn the_order_of_tables_means_nothing() {
    let shuffled = |seed: usize| {
        let mut blocks: Vec<&str> = SHOP.split("\n\n").collect();
        let first = blocks.remove(0);
        // Blocks with two headers stay whole: an endpoint's table may stand anywhere.
        let count = blocks.len();
        for at in 0..count {
            blocks.swap(at, (at * 7 + seed) % count);
        }
        format!("{first}\n\n{}", blocks.join("\n\n"))
    };
    let straight = loaded(SHOP);
    for seed in 1..6 {
        let other = loaded(&shuffled(seed));
        for variant in ["base", "no-retries", "naive", "budget"] {
            let (one, two) = (straight.compile(variant).unwrap(), other.compile(variant).unwrap());
            assert_eq!(format!("{:?}", one.model), format!("{:?}", two.model));
            assert_eq!(one.names, two.names);
        }
    }
}

#[test]
fn an_idle_service_changes_no_key() {
    let one = compiled(SHOP, "naive");
    let idle = format!("{SHOP}\n[service.aaa]\nwork = \"5ms\"\nunused = true\n");
    let two = compiled(&idle, "naive");
    let keys = |it: &Compiled| {
        let mut keys: Vec<u64> = it.model.sites.iter().map(|it| it.key).collect();
        keys.extend(it.model.plans.iter().map(|it| it.key.0));
        keys.extend(it.model.edges.iter().map(|it| it.key.0));
        keys.extend(it.model.steps.iter().map(|it| it.key));
        keys.extend(it.model.loads.iter().map(|it| it.key.0));
        keys.extend(it.model.faults.iter().map(|it| it.key.0));
        keys
    };
    assert_eq!(keys(&one), keys(&two));
}

#[test]
fn a_step_more_shifts_no_key_of_the_others() {
    let keys = |flow: &str| {
        let text = small("").replace("flow = [\"db\"]", flow);
        let it = compiled(&text, "base");
        it.model.steps.iter().map(|it| it.key).collect::<Vec<_>>()
    };
    let one = keys("flow = [\"db\", \"work 2ms | 50%\"]");
    let two = keys("flow = [\"web.cart\", \"db\", \"wait 1ms\", \"work 2ms | 50%\"]");
    assert!(one.iter().all(|it| two.contains(it)));
    assert_eq!(two.len(), 4);
}

#[test]
fn flows_become_steps() {
    let flow = r#"flow = ["db | 8%", "work 2ms", { call = "db", times = 10, parallel = true, need = 9, optional = true },
        ["db", "web.cart"], { choose = [["db", "70%"], ["web.cart", "30%"]] }, { call = "db", background = true }]"#;
    let it = compiled(&small("").replace("flow = [\"db\"]", flow), "base");
    insta::assert_debug_snapshot!((&it.model.steps, &it.model.blocks, &it.model.options, &it.model.sites));
}

#[test]
fn rates_are_piecewise_linear() {
    let points = |rate: &str| {
        let it = compiled(&small("").replace("rate = \"100/s\"", rate), "base");
        let brownout_sim_core::model::Arrival::Poisson(rate) = &it.model.loads[0].arrival else {
            panic!("it is open");
        };
        rate.points
            .iter()
            .map(|it| format!("{} {}", it.at, it.per_second))
            .collect::<Vec<_>>()
    };
    let jump = points(r#"rate = [{ at = "0s", value = "10/s" }, { at = "1m", value = "20/s" }]"#);
    assert_eq!(jump, ["0s 10", "1m 10", "1m 20"]);
    let slope = points(r#"rate = [{ at = "0s", value = "10/s" }, { at = "1m", value = "20/s", ramp = "30s" }]"#);
    assert_eq!(slope, ["0s 10", "1m 10", "90s 20"]);
    let spike = points("rate = \"10/s\"\nspike = [{ at = \"10s\", for = \"5s\", factor = \"x3\" }]");
    assert_eq!(spike, ["0s 10", "10s 10", "10s 30", "15s 30", "15s 10"]);
    let wave = points("diurnal = { mean = \"100/s\", amplitude = \"50%\", period = \"10m\" }");
    assert!(wave.len() >= 96);
    assert_eq!(
        wave.iter()
            .map(|it| it.split(' ').next_back().unwrap().parse::<f64>().unwrap())
            .fold(0.0, f64::max),
        150.0
    );
}

#[test]
fn a_trace_is_read_and_its_mistakes_have_a_line() {
    let with = |file: &str| small("").replace("rate = \"100/s\"", &format!("arrival = \"trace\"\ntrace = \"{file}\""));
    let it = compiled(&with("good.csv"), "base");
    let brownout_sim_core::model::Arrival::Trace(rows) = &it.model.loads[0].arrival else {
        panic!("it is a trace");
    };
    let rows: Vec<_> = rows.iter().map(|it| (it.at.nanos() / 1_000_000, it.item)).collect();
    // Entries of the mix are in the order of the endpoints: cart, home.
    assert_eq!(rows, [(500, Some(1)), (1250, Some(0)), (2000, Some(1))]);
    loaded(&with("times.csv"));
    let told = ["broken.csv", "backwards.csv", "stranger.csv", "missing.csv"].map(|it| mistakes(&with(it)));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_trace_that_says_what_it_asks_for_needs_no_target() {
    let with = |file: &str| {
        let what = format!("arrival = \"trace\"\ntrace = \"{file}\"");
        small("").replace("target = \"web.home\"\nrate = \"100/s\"", &what)
    };
    assert_eq!(compiled(&with("good.csv"), "base").model.loads[0].mix.len(), 2);
    assert!(mistakes(&with("times.csv")).contains("a trace without a column `target` needs"));
}

/// Mistakes everywhere, and files that are not there.
const WITHOUT_FILES: &str = r#"format = 1
[run]
duration = "10m"
[load.replay]
arrival = "trace"
trace = "gone.csv"
target = "web.hom"
[load.more]
arrival = "trace"
trace = "broken.csv"
zone = "nowhere"
[load.users]
target = "web.home"
arrival = "closed"
users = 3
think = "lognormal(mean=5ms, p99=90ms)"
key = "zipf(10, 500)"
[service.web.endpoint.home]
work = "empirical('no.csv')"
flow = ["db"]
[service.web.endpoint.cart]
work = "5ms"
[service.db]
work = "2ms"
price = "1 EUR/h"
[service.old]
work = "2ms"
price = "1 USD/h"
[fault.x]
at = "1m"
target = "more -> old"
effect = { latency = "x2" }
[fault.y]
at = "1m"
target = "nobody"
effect = { crash = true }
[change.y]
at = "2m"
set.service.db.work = "lognormal(mean=6ms, p99=99ms)"
set.load.users.users = 4
[variant.v]
set.service.db.work = "gamma(mean=10ms, cv=0.0001)"
[expect.name]
that = "p99(wbe) < 1s"
[expect.unit]
that = "success_ratio(web -> db) >= 5s"
[expect.instant]
that = "p99(web) < 1s"
during = "1m .. fault.z.end"
[expect.perhaps-called]
that = "goodput(db) >= 3/s"
[expect.perhaps-an-edge]
that = "amplification(more -> db) < 2"
[measure]
m = "p99(nothing)"
n = "goodput(db)"
"#;

#[test]
fn a_file_that_is_not_there_hides_no_other_mistake() {
    insta::assert_snapshot!(mistakes(WITHOUT_FILES));
    // A field that cannot be read hides none of the rest either.
    let more = mistakes(&WITHOUT_FILES.replace("users = 3", "users = \"3\""));
    let missing: Vec<String> = mistakes(WITHOUT_FILES)
        .lines()
        .filter(|it| !more.contains(*it))
        .map(str::to_owned)
        .collect();
    assert_eq!(missing.join("\n"), "");
    assert!(more.contains("S0102 15:9"), "{more}");
}

#[test]
fn a_broken_header_is_no_unknown_name() {
    let broken = small("[expect.e]\nthat = \"p99(web) < 1s\"\n").replace("[service.web.endpoint.home]", "[service.web");
    let told = mistakes(&broken);
    assert!(told.contains("S0004") && !told.contains("`web`"), "{told}");
    // Another line's notation swallows no name.
    let other = small("[expect.e]\nthat = \"p99(wbe) < 1s\"\n").replace("duration = \"10m\"", "duration = \"10m");
    let told = mistakes(&other);
    assert!(told.contains("S0004") && told.contains("`wbe`"), "{told}");
}

#[test]
fn what_nothing_uses_is_told_beside_other_mistakes() {
    let told = mistakes(&small(
        "[service.old]\nwork = \"empirical('no.csv')\"\n[expect.e]\nthat = \"p99(wbe) < 1s\"\n",
    ));
    assert!(
        told.contains("S0212") && told.contains("S0211") && told.contains("S0215"),
        "{told}"
    );
}

#[test]
fn the_more_specific_policy_wins_key_by_key() {
    let text = small(
        r#"tags = ["store"]
[policy.all]
edge = "* -> *"
timeout = "9s"
retry = { attempts = 2 }
[policy.store]
edge = "* -> #store"
timeout = "8s"
[policy.home]
edge = "web.home -> db"
retry = "none"
[policy.web]
edge = "web -> *"
timeout = "7s"
balance = "random"
"#,
    );
    let it = loaded(&text);
    let plain = |edge: &str| effective_of(&it, edge).lines().take(13).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!([plain("web -> db"), plain("users -> web")].join("\n\n"));
}

pub(super) fn effective_of(it: &Scenario, edge: &str) -> String {
    crate::effective(it, "base", edge).unwrap_or_else(|it| it.render(false))
}

#[test]
fn effective_settings_name_their_line_layer_or_default() {
    let scenario = loaded(SHOP);
    let of = |edge: &str| crate::effective(&scenario, "budget", edge).unwrap_or_else(|it| it.render(false));
    insta::assert_snapshot!([of("app -> db"), of("web -> db"), of("app -> bd"), of("app")].join("\n"));
}

#[test]
fn faults_hit_whom_they_name() {
    let text = small(
        r#"zones = ["a", "b"]
replicas = 4
[zone.a]
[zone.b]
[fault.crash]
at = "1m"
for = "10s"
target = "db @ a"
effect = { crash = true }
[fault.cut]
at = "fault.crash.end + 30s"
target = "web -> db"
effect = { partition = "one-way" }
[fault.gone]
every = "exponential(mean=5m)"
for = "1m"
target = "b"
effect = { blackhole = true }
[fault.lost]
at = "2m"
target = "db"
effect = { replicas = -2 }
[fault.slow]
at = "3m"
ramp = "30s"
pick = "50%"
target = "db"
effect = { work = "x8", latency = "x2 +5ms" }
"#,
    );
    insta::assert_debug_snapshot!(compiled(&text, "base").model.faults.clone());
}

#[test]
fn changes_replace_what_differs() {
    let text = small(
        r#"[policy.web]
edge = "web -> db"
retry = { attempts = 3 }
[fault.slow]
at = "3m"
for = "1m"
target = "db"
effect = { work = "x8" }
[change.off]
at = "fault.slow.start + 10s"
set.policy.web.retry = "none"
[change.on]
at = "fault.slow.end"
set.policy.web.retry = { attempts = 3 }
[change.out]
at = "2m"
ramp = "30s"
set.service.db.replicas = 5
set.load.users.scale = "x0.5"
[change.flow]
at = "5m"
set.service.web.endpoint.home.flow = ["db", "work 1ms"]
"#,
    );
    let it = compiled(&text, "base");
    assert_eq!(it.model.services[0].places.len(), 5);
    assert_eq!(it.names.changes, ["flow", "off", "on", "out"]);
    insta::assert_debug_snapshot!(it.model.changes.clone());
}

#[test]
fn a_change_adds_and_removes_no_part() {
    let with = |what: &str| mistakes(&small(&format!("[change.x]\nat = \"1m\"\n{what}\n")));
    let told = [
        with("set.service.web.endpoint.new.work = \"5ms\""),
        with("unset = [\"service.web.endpoint.cart\"]"),
        with("set.link.wan.latency = \"5ms\""),
        with("set.load.users.scale = \"x1\""),
        with("set.service.db.work = \"2ms\"\nset.run.seed = 7"),
        with("set.service.db.replicas = 2\nset.service.web.endpoint.home.flow = [\"bd\"]"),
        with("ramp = \"10s\"\nset.service.db.work = \"9ms\""),
    ];
    insta::assert_snapshot!(told.join("\n--\n"));
}

#[test]
fn mistakes_of_names_come_all_at_once() {
    let told = mistakes(
        r##"format = 1
[run]
duration = "10m"
[load.users]
target = "web.hmoe"
rate = "100/s"
[service.web.endpoint.home]
work = "5ms"
flow = ["db.query", "bd.query", { call = "db.query", times = 3, need = 5 }, { work = "1ms", background = true }]
[service.web.endpoint.loop]
flow = ["web.loop"]
[service.db.endpoint.query]
work = "5ms"
flow = ["app"]
[service.app]
flow = ["db.query"]
[policy.a]
edge = "app -> db"
timeout = "1s"
[policy.b]
edge = "app -> db"
timeout = "2s"
[policy.c]
edge = "app @ z -> #nothing"
timeout = "2s"
[fault.x]
at = "fault.y.end"
for = "1s"
target = "dbb"
effect = { crash = true }
[fault.y]
at = "fault.x.end"
for = "1s"
target = "app -> db"
effect = { crash = true }
[fault.z]
at = "fault.q.start"
target = "db.query"
effect = { pause = true }
[expect.e]
that = "p99(wbe) <= 1s"
"##,
    );
    insta::assert_snapshot!(told);
}

#[test]
fn what_nothing_uses_is_a_mistake_unless_it_is_meant() {
    let more = r#"[service.old]
work = "5ms"
[external.bank]
latency = "80ms"
[zone.z]
[policy.none]
edge = "db -> web"
timeout = "1s"
[link.none]
edge = "db -> web"
latency = "1ms"
"#;
    insta::assert_snapshot!(mistakes(&small(more)));
    let meant = more
        .replace("\n[", "\nunused = true\n[")
        .replace("latency = \"1ms\"", "latency = \"1ms\"\nunused = true");
    assert_eq!(mistakes(&small(&meant)), "");
    let by_a_variant = format!(
        "{}[variant.v]\nset.service.db.flow = [\"old\", \"bank\"]\n",
        "[service.old]\nwork = \"5ms\"\n[external.bank]\nlatency = \"80ms\"\n"
    );
    assert_eq!(mistakes(&small(&by_a_variant)), "");
}

#[test]
fn a_mistake_in_one_table_hides_none_in_another() {
    let told = mistakes(&small(
        "wrok = \"5ms\"\n[fault.x]\nat = \"1m\"\ntarget = \"dbb\"\neffect = { crash = true }\n",
    ));
    assert!(told.contains("wrok") && told.contains("dbb"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn mutated_scenarios_never_panic(which in 0usize..21, cuts in prop::collection::vec((0usize..4000, 0usize..40, "[a-z0-9=\\[\\]\"{}.%* \n-]{0,6}"), 1..4)) {
        let mut text = crate::library::all().get(which).map_or(SHOP, |it| it.text).to_owned();
        for (at, length, with) in cuts {
            let floor = |mut it: usize| {
                it = it.min(text.len());
                while !text.is_char_boundary(it) {
                    it -= 1;
                }
                it
            };
            let (from, to) = (floor(at), floor(at + length));
            text.replace_range(from..to, &with);
        }
        let _ = load(&text);
    }

    #[test]
    fn values_from_elsewhere_never_panic(from in 0usize..60, to in 0usize..60, which in 0usize..21) {
        // The value of one line becomes that of another.
        let text = crate::library::all().get(which).map_or(SHOP, |it| it.text);
        let lines: Vec<&str> = text.lines().collect();
        let value = lines[from % lines.len()].split_once('=').map_or("\"x\"", |it| it.1);
        let target = to % lines.len();
        let swapped: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(row, line)| match line.split_once('=') {
                Some((key, _)) if row == target => format!("{key}={value}"),
                _ => (*line).to_owned(),
            })
            .collect();
        let _ = load(&swapped.join("\n"));
    }
}

/// Attempts sent from `app` to `db`, and how many of the calls the breaker refused.
fn sent_to_a_dead_db(policy: &str) -> (u64, u64) {
    let text = format!(
        "format = 1\n[run]\nduration = \"55ms\"\nwindow = \"5ms\"\n[load.users]\ntarget = \"app\"\n\
         arrival = \"deterministic\"\nrate = \"100/s\"\n[service.app]\nflow = [\"db\"]\n[service.db]\nwork = \"1ms\"\n\
         [fault.dead]\ntarget = \"db\"\nat = \"0s\"\neffect = {{ crash = true }}\n\
         [policy.p]\nedge = \"app -> db\"\n{policy}\n"
    );
    let compiled = compiled(&text, "base");
    let record = brownout_sim_core::observe::Record::default();
    let limits = brownout_sim_core::engine::Limits::default();
    let result = brownout_sim_core::engine::run(&compiled.model, 1, &record, &limits, &mut ());
    let result = result.expect("it is within the limits");
    let row = compiled.names.edges.iter().position(|it| it == "app -> db");
    let total = &result.edges[row.expect("app calls db")].total;
    let refused = total.outcomes.of(brownout_sim_core::outcome::Outcome::BreakerOpen);
    (total.attempts, refused)
}

#[test]
fn cm_1_a_breaker_around_the_retries_lets_three_times_as_many_through() {
    let settings = "retry = { attempts = 3 }\n\
                    breaker = { kind = \"resilience4j\", sliding_window_size = 4, minimum_number_of_calls = 4 }\n";
    // Five calls: the fourth failure is the second call's first attempt.
    assert_eq!(sent_to_a_dead_db(settings), (4, 4));
    // The fourth failure is that of the fourth call, after its third attempt.
    let around = format!("{settings}order = [\"breaker\", \"retry\"]");
    assert_eq!(sent_to_a_dead_db(&around), (12, 1));
}

/// The policies of the edge from web to db, outermost first.
fn stack(policy: &str) -> String {
    let text = small(&format!("[policy.p]\nedge = \"web -> db\"\n{policy}\n"));
    let compiled = compiled(&text, "base");
    let row = compiled.names.plans.iter().position(|it| it.starts_with("web -> db"));
    let stages = &compiled.model.plans[row.expect("web calls db")].stages;
    let name = |it: &brownout_sim_core::model::Stage| match it {
        brownout_sim_core::model::Stage::Deadline(_) => "deadline",
        brownout_sim_core::model::Stage::Retry(_) => "retry",
        brownout_sim_core::model::Stage::Timeout(_) => "timeout",
        brownout_sim_core::model::Stage::Gate(it) => it.kind().name(),
        brownout_sim_core::model::Stage::Cover(it) => it.kind().name(),
    };
    stages.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[test]
fn profiles_stand_as_their_libraries_do() {
    for name in Document::profiles() {
        stack(&format!("like = \"{name}\""));
    }
    assert_eq!(stack("like = \"hystrix-default\""), "breaker, bulkhead, timeout");
    assert_eq!(stack("like = \"resilience4j-default\""), "retry, breaker, timeout");
    assert_eq!(
        stack("like = \"polly-default\""),
        "bulkhead, deadline, retry, breaker, timeout"
    );
    assert_eq!(stack("like = \"finagle-default\""), "retry, breaker");
    assert_eq!(stack("like = \"envoy-default\""), "deadline, bulkhead");
    assert_eq!(
        stack(
            "like = \"resilience4j-default\"\nbulkhead = \"semaphore\"\nrate_limit = \"resilience4j\"\nfallback = \"static\""
        ),
        "fallback, retry, breaker, rate_limit, timeout, bulkhead"
    );
    assert_eq!(
        stack(
            "like = \"hystrix-default\"\nretry = { attempts = 2 }\nthrottle = \"sre\"\nrate_limit = \"10/s\"\nconcurrency = \"vegas\""
        ),
        "retry, throttle, rate_limit, breaker, bulkhead, concurrency, timeout"
    );
}

#[test]
fn what_is_switched_off_may_stand_in_the_order() {
    assert_eq!(
        stack("like = \"polly-default\"\nretry = \"none\""),
        "bulkhead, deadline, breaker, timeout"
    );
    let stranger = small("[policy.p]\nedge = \"web -> db\"\ntimeout = \"1s\"\norder = [\"breaker\", \"timeout\"]\n");
    assert!(
        mistakes(&stranger).contains("`breaker` stands in the order, but no such policy applies here"),
        "{}",
        mistakes(&stranger)
    );
}

#[test]
fn a_profiles_gates_are_effective_key_by_key() {
    let text = small(
        "[policy.p]\nedge = \"web -> db\"\nlike = \"hystrix-default\"\nbreaker.sleep_window = \"1s\"\nbulkhead = 5\n",
    );
    insta::assert_snapshot!(effective_of(&loaded(&text), "web -> db"));
}

#[test]
fn settings_of_gates_that_contradict_each_other_are_told() {
    let policies = [
        "breaker = { kind = \"resilience4j\", sliding_window_size = 5, minimum_number_of_calls = 5 }",
        "timeout = \"100ms\"\nbulkhead = { max_concurrent_calls = 5, max_wait_duration = \"1s\" }\norder = [\"timeout\", \"bulkhead\"]",
        "timeout = \"100ms\"\nbreaker = { on = [\"timeout\"] }\norder = [\"timeout\", \"breaker\"]",
        "breaker = { on = [\"timeout\"] }",
        "timeout = \"100ms\"\nbreaker = { on = [\"timeout\"] }",
        "breaker = \"hystrix\"\nretry = { attempts = 3, backoff = \"exponential(50ms, cap=1s)\", jitter = \"full\" }\norder = [\"breaker\", \"retry\"]",
        "breaker = { kind = \"hystrix\", error_threshold_percentage = \"0.5%\" }",
        "breaker = { kind = \"resilience4j\", wait_duration_in_open_state = \"none\" }",
        "breaker = { on = [\"error\"], ignore = [\"error\", \"quota\"] }",
        "bulkhead = { kind = \"haproxy\", maxconn = 10, minconn = 20 }",
        "bulkhead = 0",
        "rate_limit = \"fast\"",
        "rate_limit = { burst = 5 }",
        "concurrency = { kind = \"gradient2\", min_limit = 500 }",
        "throttle = { kind = \"envoy\", sampling_window = \"10ms\" }",
        "deadline = { after = \"1s\", margin = \"10ms\" }",
        "bulkhead = { max_concurrent_calls = 10, queue_limit = 20 }",
        "bulkhead = { max_concurrent_calls = 10, max_wait_duration = \"unlimited\" }",
        "bulkhead = { kind = \"thread_pool\", maximum_size = 20 }",
        "bulkhead = { kind = \"thread_pool\", queue_size_rejection_threshold = 2 }",
        "like = \"hystrix-default\"\nbulkhead.queue_size_rejection_threshold = 2",
        "bulkhead = { kind = \"haproxy\", minconn = 5, maxqueue = 10 }",
        "bulkhead = { kind = \"haproxy\", maxconn = 10, fullconn = 100 }",
        "breaker = { kind = \"hystrix\", force_open = true, force_closed = true }",
        "breaker = { kind = \"resilience4j\", transition_to_state_after_wait_duration = \"closed\" }",
        "outlier = { kind = \"envoy\", max_ejection_percent = \"100%\", consecutive_gateway_failure = 3, failure_percentage_threshold = \"50%\", consecutive_local_origin_failure = 3 }",
        "timeout = \"1s\"\npool = { size = 10, acquire_timeout = \"2s\" }",
        "pool = { size = 10, max_pending = 0, acquire_timeout = \"1s\" }",
        "pool = { size = 10, idle_timeout = \"1h\", max_lifetime = \"10m\" }",
        "pool = { size = 10, acquire_timeout = \"unlimited\" }",
        "pool = 0",
        "bulkhead = { kind = \"semaphore\", max_concurrent_calls = 0 }",
    ];
    let told = policies.map(|it| {
        let text = small(&format!("[policy.p]\nedge = \"web -> db\"\n{it}\n"));
        format!("{it}\n{}\n", mistakes(&text))
    });
    insta::assert_snapshot!(told.join("\n"));
}
