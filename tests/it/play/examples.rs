//! What a teacher would show.

use brownout::play::{self, Setup};

use super::transcript;
use crate::shell::Shell;

/// Mechanisms whose examples are shown whole: at least one of each family.
const SHOWN: [&str; 32] = [
    "breaker.consecutive",
    "breaker.hystrix",
    "breaker.resilience4j",
    "breaker.polly",
    "breaker.opossum",
    "retry",
    "backoff.curve",
    "backoff.polly",
    "budget.finagle",
    "budget.grpc",
    "budget.aws",
    "hedge",
    "throttle.sre",
    "rate_limit.token_bucket",
    "rate_limit.gcra",
    "rate_limit.resilience4j",
    "bulkhead.thread_pool",
    "bulkhead.envoy",
    "concurrency.vegas",
    "fallback",
    "cache.collapser",
    "timeout",
    "codel",
    "folly_codel",
    "overflow",
    "partition",
    "edf",
    "ring_hash",
    "priority",
    "health.haproxy",
    "outlier.envoy",
    "pool",
];

/// The words of a mechanism's example.
fn words(mechanism: &play::Mechanism) -> Vec<String> {
    let sets = mechanism
        .example_sets
        .iter()
        .flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]);
    let name = [mechanism.name.to_owned()].into_iter();
    name.chain(sets).chain([mechanism.example.to_owned()]).collect()
}

#[test]
fn examples_read_well() {
    for name in SHOWN {
        let words = words(play::find(name).expect("it is in the table"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        insta::assert_snapshot!(format!("play {name}"), transcript(&words));
    }
}

#[test]
fn every_example_works_and_uses_no_more_than_its_mechanism_has() {
    for mechanism in play::table() {
        let sets: Vec<(String, String)> = mechanism
            .example_sets
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let played = play::play(mechanism, &mut Setup::new(None, &sets, 1), mechanism.example)
            .unwrap_or_else(|it| panic!("{}: {}", mechanism.name, it.render(mechanism.example, false)));
        let said = played.lines.iter().filter(|it| !it.said.text.is_empty()).count();
        assert!(
            said > 0 || played.lines.iter().any(|it| it.state != played.start),
            "{}",
            mechanism.name
        );
    }
}

#[test]
fn every_profile_makes_a_mechanism_that_can_be_played() {
    for mechanism in play::table() {
        let mut setup = Setup::new(None, &[], 1);
        (mechanism.make)(&mut setup).unwrap_or_else(|it| panic!("{}: {it:?}", mechanism.name));
        for profile in setup.profiles() {
            let mut setup = Setup::new(Some(profile), &[], 1);
            play::play(mechanism, &mut setup, "0:look")
                .unwrap_or_else(|it| panic!("{} {profile}: {it:?}", mechanism.name));
        }
    }
}

#[test]
fn settings_that_are_shown_can_be_typed_again() {
    for mechanism in play::table() {
        let mut setup = Setup::new(None, &[], 1);
        (mechanism.make)(&mut setup).expect("the defaults make sense");
        let sets: Vec<(String, String)> = setup
            .settings()
            .iter()
            .map(|it| (it.name.to_owned(), it.value.clone()))
            .collect();
        let mut again = Setup::new(None, &sets, 1);
        (mechanism.make)(&mut again).unwrap_or_else(|it| panic!("{}: {}", mechanism.name, it.render("", false)));
        assert_eq!(setup.settings(), again.settings(), "{}", mechanism.name);
    }
}

#[test]
fn the_list_and_a_page_tell_a_stranger_what_to_do() {
    insta::assert_snapshot!("play list", transcript(&[]));
    insta::assert_snapshot!("play page", transcript(&["hystrix"]));
    insta::assert_snapshot!("play page of a pool", transcript(&["pool", "--like", "envoy"]));
}

#[test]
fn mistakes_are_exit_code_2_and_say_what_to_do() {
    let wrong: [&[&str]; 14] = [
        &["hystrics"],
        &["envoy"],
        &["zzzzzz"],
        &["consecutive", "0:cal 1:fail"],
        &["consecutive", "call"],
        &["consecutive", "0:call 1:fail(#7)"],
        &["consecutive", "0:ok"],
        &["consecutive", "0:call(now)"],
        &["consecutive", "--set", "failures=many", "0:call"],
        &["consecutive", "--set", "failures=0", "0:call"],
        &["consecutive", "--set", "failurs=3", "0:call"],
        &["consecutive", "--like", "linkered", "0:call"],
        &["edf", "0:done(d)"],
        &["token_bucket", "--like", "guava", "0:call"],
    ];
    let all: Vec<String> = wrong.iter().map(|it| transcript(it)).collect();
    assert!(all.iter().all(|it| it.ends_with("--- exit 2\n")), "{}", all.join("\n"));
    insta::assert_snapshot!("play mistakes", all.join("\n"));
}

#[test]
fn json_says_the_same_as_the_table() {
    let words = [
        "consecutive",
        "--set",
        "failures=2",
        "--format",
        "json",
        "0:try(fail) x2 10:call",
    ];
    insta::assert_snapshot!("play json", transcript(&words));
    let shell = Shell::new();
    let mut all = vec!["play"];
    all.extend(words);
    let value: serde_json::Value = serde_json::from_slice(&shell.run(&all).stdout).expect("it is JSON");
    assert_eq!(value["decisions"][1]["state"]["name"], "open");
    let list: serde_json::Value =
        serde_json::from_slice(&shell.run(&["play", "--format", "json"]).stdout).expect("it is JSON");
    assert_eq!(list["mechanisms"].as_array().map(Vec::len), Some(play::table().len()));
}

#[test]
fn ascii_and_narrow_terminals_get_the_same_words() {
    let script = "0:try(fail) x5 29999:call 30000:call 30100:ok";
    insta::assert_snapshot!("play ascii", transcript(&["consecutive", "--ascii", script]));
    let shell = Shell::new();
    let output = shell
        .command(&["play", "consecutive", script])
        .env("COLUMNS", "60")
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("output is UTF-8");
    assert!(text.lines().all(|it| it.chars().count() <= 60), "{text}");
}

#[test]
fn a_seed_decides_what_is_drawn() {
    let of =
        |seed: &str| transcript(&["two_choices", "--seed", seed, "0:pick x20"]).replace(&format!("--seed {seed}"), "");
    assert_eq!(of("7"), of("7"));
    let decisions = |text: String| {
        text.lines()
            .filter(|it| it.contains('✓'))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_ne!(decisions(of("7")), decisions(of("8")));
}
