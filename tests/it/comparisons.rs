//! `brownout compare`: transcripts, bad input, the same bytes on any number of threads, and whether its intervals hold what
//! they promise.

use brownout_scenarios::{Compiled, Scenario, library};
use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::measure::{Evaluator, Needs, Value, Wiring};
use brownout_sim_core::stats::{Proportion, Summary};
use rayon::prelude::*;

use crate::shell::Shell;

/// Two queues of one worker and one that is event by event the first.
const QUEUES: &str = r#"format = 1
title = "How fast must it be?"

[run]
duration = "120s"
warmup = "20s"
seed = 1
replications = 4

[load.users]
target = "web"
rate = "50/s"
objective = "100ms"

[load.nobody]
target = "web"
rate = "1/d"

[service.web]
workers = 1
work = "exponential(mean=10ms)"
price = "1 EUR/h"

[value]
users = "0.02 EUR/call"

[variant.fast]
label = "10 ms"

[variant.slow]
set.service.web.work = "exponential(mean=12.5ms)"

[variant.twin]
set.load.users.objective = "100ms"

[measure]
response = "mean(users)"
never_measured = "p99(nobody)"

[expect.quick]
that = "p99(users) < 115ms"
variants = ["fast", "slow"]
"#;

fn json(shell: &Shell, words: &[&str]) -> serde_json::Value {
    let mut all = vec!["compare"];
    all.extend(words);
    all.extend(["--format", "json"]);
    let output = shell.run(&all);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_single_variant_stands_beside_the_file_as_it_is() {
    let shell = Shell::new();
    shell.run(&["new", "shop"]);
    let output = shell.run(&["compare", "shop.toml", "--replications", "2"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(99),
        "without patience the shop does not recover"
    );
    assert!(text.contains("differences are from base"), "{text}");
}

#[test]
fn variants_stand_side_by_side_and_each_has_its_sentence() {
    let shell = Shell::new();
    insta::assert_snapshot!(
        "compare retry-storm",
        shell.transcript(&["compare", "retry-storm", "--replications", "10"])
    );
    insta::assert_snapshot!(
        "compare one-outage",
        shell.transcript(&[
            "compare",
            "one-outage",
            "--replications",
            "3",
            "--figures",
            "full_answers,some_answer,checkout_served,work_for_nobody,recovery_time",
        ])
    );
    insta::assert_snapshot!(
        "compare metastable",
        shell.transcript(&[
            "compare",
            "metastable",
            "--variants",
            "budget,load-cut",
            "--baseline",
            "stuck",
            "--ascii"
        ])
    );
    shell.write("queues.toml", QUEUES);
    let words = ["compare", "queues.toml", "--margin", "goodput_ratio=20%", "--detail"];
    insta::assert_snapshot!("compare queues", shell.transcript(&words));
    assert_eq!(shell.code(&words), 99, "slow is not quick");
}

#[test]
fn what_cannot_be_compared_is_told_with_a_cure() {
    let shell = Shell::new();
    shell.write("queues.toml", QUEUES);
    let lonely = &QUEUES[..QUEUES.find("[variant.fast]").expect("it is there")];
    shell.write("lonely.toml", lonely);
    let all: [&[&str]; 11] = [
        &["compare", "lonely.toml"],
        &["compare", "queues.toml", "--variants", "fast,slwo"],
        &["compare", "queues.toml", "--variants", "fast"],
        &["compare", "queues.toml", "--variants", "fast,fast"],
        &["compare", "queues.toml", "--baseline", "quick"],
        &["compare", "queues.toml", "--replications", "0"],
        &["compare", "queues.toml", "--replications", "many"],
        &["compare", "queues.toml", "--margin", "goodput=1%"],
        &["compare", "queues.toml", "--margin", "p99=1%"],
        &["compare", "queues.toml", "--margin", "p99"],
        &["compare", "queues.toml", "--seed", "9007199254740991"],
    ];
    let said: Vec<String> = all.iter().map(|words| shell.transcript(words)).collect();
    insta::assert_snapshot!("compare bad input", said.join("\n"));
    assert!(all.iter().all(|words| shell.code(words) == 2));
}

#[test]
fn a_single_pair_has_numbers_and_no_findings() {
    let shell = Shell::new();
    shell.write("queues.toml", QUEUES);
    insta::assert_snapshot!(
        "compare one pair",
        shell.transcript(&[
            "compare",
            "queues.toml",
            "--replications",
            "1",
            "--variants",
            "fast,twin"
        ])
    );
}

#[test]
fn mistakes_in_what_requests_are_worth_are_found() {
    let shell = Shell::new();
    shell.write(
        "value.toml",
        QUEUES.replace(
            "users = \"0.02 EUR/call\"",
            "user = \"0.02 EUR/call\"\nnobody = \"1 USD/h\"",
        ),
    );
    shell.write(
        "worth.toml",
        QUEUES
            .replace("[value]\nusers = \"0.02 EUR/call\"\n", "")
            .replace("\"p99(nobody)\"", "\"money_lost(users) + metastable(users)\""),
    );
    let said = ["value.toml", "worth.toml"].map(|it| shell.transcript(&["check", it]));
    insta::assert_snapshot!("compare value mistakes", said.join("\n"));
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let shell = Shell::new();
    shell.write("queues.toml", QUEUES);
    let text = |threads: &str| {
        let words = [
            "compare",
            "queues.toml",
            "--replications",
            "auto",
            "--max-replications",
            "20",
        ];
        let all: Vec<&str> = words.into_iter().chain(["--threads", threads]).collect();
        let output = shell.run(&all);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout).expect("output is UTF-8")
    };
    let one = text("1");
    assert_eq!(one, text("2"));
    assert_eq!(one, text("5"));
    assert!(one.contains("of 2 at most (20 runs)"), "{one}");
    let words = ["queues.toml", "--threads"];
    assert_eq!(
        json(&shell, &[&words[..], &["1"]].concat()),
        json(&shell, &[&words[..], &["2"]].concat())
    );
}

#[test]
fn json_holds_every_estimate_and_every_difference() {
    let shell = Shell::new();
    shell.write("queues.toml", QUEUES);
    let value = json(
        &shell,
        &[
            "queues.toml",
            "--margin",
            "goodput_ratio=20%",
            "--replications",
            "3",
            "-o",
            "out",
        ],
    );
    assert_eq!(value["runs"].as_array().expect("runs").len(), 9);
    let comparison = serde_json::to_string_pretty(&value["comparison"]).expect("it was JSON");
    insta::assert_snapshot!("compare json", comparison);
    let manifest: serde_json::Value = serde_json::from_str(&shell.read("out/manifest.json")).expect("it is JSON");
    assert_eq!(
        manifest["experiment"]["variants"],
        serde_json::json!(["fast", "slow", "twin"])
    );
    assert_eq!(manifest["units"], 9);
}

#[test]
fn twenty_variants_are_as_readable_as_three() {
    let shell = Shell::new();
    let mut text = QUEUES.replace("120s", "30s").replace("\"20s\"", "\"5s\"");
    for at in 0..17 {
        let work = 100 + 5 * at;
        text.push_str(&format!(
            "[variant.work-of-{work}]\nset.service.web.work = \"exponential(mean={}.{}ms)\"\n",
            work / 10,
            work % 10
        ));
    }
    shell.write("many.toml", text);
    let output = shell
        .command(&["compare", "many.toml", "--replications", "3"])
        .env("COLUMNS", "100")
        .output()
        .expect("the built command starts");
    let said = String::from_utf8(output.stdout).expect("output is UTF-8");
    // The last line is a command to copy: it stays whole.
    let long = said
        .lines()
        .find(|it| it.chars().count() > 100 && !it.starts_with("Again"));
    assert_eq!(long, None);
    insta::assert_snapshot!("compare many", said);
}

fn compile(name: &str, text: &str, variant: &str) -> Compiled {
    let nothing = |path: &str| Err(format!("there is no file {path}"));
    let loaded = Scenario::load(name, name, text.as_bytes(), &[], &nothing);
    loaded
        .and_then(|it| it.compile(variant))
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
}

/// A value of each of these runs, by seed.
fn values(compiled: &Compiled, value: &Value, seeds: std::ops::Range<u64>) -> Vec<f64> {
    let wiring = Wiring::of(&compiled.model);
    let record = Needs::of_value(value, false).record;
    let of = |seed: u64| {
        let result = run(&compiled.model, seed, &record, &Limits::default(), &mut ()).expect("it is a short run");
        let measured = Evaluator::new(&result, &wiring).value(value, None);
        measured.number().unwrap_or_else(|| panic!("seed {seed}: {measured:?}"))
    };
    seeds.into_par_iter().map(of).collect()
}

fn measure(compiled: &Compiled, name: &str) -> Value {
    let found = compiled.measures.iter().find(|it| it.name == name);
    found
        .unwrap_or_else(|| panic!("there is a measure {name}"))
        .value
        .clone()
}

fn halfwidth(summary: Option<Summary>) -> f64 {
    let interval = summary
        .expect("there are runs")
        .interval
        .expect("there are two runs or more");
    interval.halfwidth()
}

#[test]
fn pairs_that_share_a_seed_shrink_the_interval_of_a_difference() {
    let storm = library::find("retry-storm").expect("it is shipped").text.replace(
        "[measure]",
        "[measure]\ngoodput = \"goodput_ratio(web.home)\"\nmean_ok = \"mean(web.home)\"",
    );
    let mut said = String::new();
    for (name, at_least) in [("goodput", 1.4), ("mean_ok", 1.4)] {
        let [one, other] = ["no-retries", "budget"].map(|variant| {
            let compiled = compile("retry-storm", &storm, variant);
            (measure(&compiled, name), compiled)
        });
        let ours = values(&one.1, &one.0, 1..21);
        // The same runs of the other variant in pairs of a common seed, and in pairs of strangers.
        let theirs = values(&other.1, &other.0, 1..41);
        let paired = halfwidth(Summary::of_differences(
            theirs[..20].iter().copied().zip(ours.iter().copied()),
        ));
        let strangers = halfwidth(Summary::of_differences(
            theirs[20..].iter().copied().zip(ours.iter().copied()),
        ));
        let factor = strangers / paired;
        said.push_str(&format!(
            "{name}: {factor:.2} times narrower, so {:.1} times fewer runs\n",
            factor * factor
        ));
        assert!(factor > at_least, "{name}: only {factor} times narrower");
    }
    println!("{said}");
}

/// How many of 1,000 experiments have an interval that holds the truth; the interval of that share must hold 95 %, give or take
/// what theory says of such intervals.
fn covered(what: &str, held: usize) -> String {
    let share = held as f64 / 1_000.0;
    assert!((0.93..=0.97).contains(&share), "{what}: {share}");
    format!("{what}: {:.1} %\n", share * 100.0)
}

#[test]
fn intervals_hold_the_truth_in_nineteen_of_twenty_experiments() {
    if std::env::var_os("BROWNOUT_SLOW").is_none() {
        println!("only with BROWNOUT_SLOW=1: twenty thousand runs");
        return;
    }
    const RUNS: usize = 10;
    let [fast, slow] = ["fast", "slow"].map(|variant| compile("queues", QUEUES, variant));
    let response = measure(&fast, "response");
    let seeds = 1..1 + 1_000 * RUNS as u64;
    let ours = values(&fast, &response, seeds.clone());
    let theirs = values(&slow, &response, seeds);
    // M/M/1: 1 / (100 - 50) and 1 / (80 - 50) seconds.
    let (mine, other) = (1.0 / 50.0, 1.0 / 30.0);
    let held = |of: &dyn Fn(usize) -> Option<Summary>, truth: f64| {
        (0..1_000)
            .filter(|it| of(*it).and_then(|it| it.interval).is_some_and(|it| it.contains(truth)))
            .count()
    };
    let stretch = |it: usize| it * RUNS..(it + 1) * RUNS;
    let mut said = covered(
        "mean response time, M/M/1 at 50 %, 10 runs",
        held(&|it| Summary::of(ours[stretch(it)].iter().copied()), mine),
    );
    said.push_str(&covered(
        "the same at 62.5 %",
        held(&|it| Summary::of(theirs[stretch(it)].iter().copied()), other),
    ));
    let pairs = |it: usize| {
        theirs[stretch(it)]
            .iter()
            .copied()
            .zip(ours[stretch(it)].iter().copied())
    };
    said.push_str(&covered(
        "their difference, 10 pairs",
        held(&|it| Summary::of_differences(pairs(it)), other - mine),
    ));
    // A yes or no: at least one arrival in a second of one a second, 1 - 1/e.
    let dots = QUEUES
        .replace("50/s", "1/s")
        .replace("120s", "1s")
        .replace("\"20s\"", "\"0s\"");
    let dots = dots.replace("\"mean(users)\"", "\"offered_count(users) >= 1\"");
    let dots = compile("dots", &dots, "fast");
    let answers = values(&dots, &measure(&dots, "response"), 1..30_001);
    let truth = 1.0 - 1.0 / std::f64::consts::E;
    let of_share = |it: usize| {
        let held = answers[it * 30..(it + 1) * 30].iter().filter(|it| **it == 1.0).count() as u64;
        Proportion::of(held, 30).expect("there are runs").interval
    };
    let held = (0..1_000).filter(|it| of_share(*it).contains(truth)).count();
    said.push_str(&covered("a share of 63 %, Wilson, 30 runs", held));
    println!("{said}");
}
