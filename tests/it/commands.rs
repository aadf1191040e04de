//! Transcripts of the commands, and what scripts rely on.

use crate::shell::Shell;

/// A small file that passes: an M/M/2 queue at half its capacity.
const CALM: &str = r#"format = 1
title = "A calm queue"
question = "Does it stay calm?"

[run]
duration = "60s"
warmup = "5s"
seed = 3
replications = 4

[load.users]
target = "web"
rate = "20/s"
objective = "1s"

[service.web]
workers = 2
work = "exponential(mean=50ms)"

[expect.calm]
that = "success_ratio(web) >= 99%"
"#;

/// The same with an expectation that cannot hold.
fn impossible() -> String {
    CALM.replace("success_ratio(web) >= 99%", "p99(web) < 1ms")
}

#[test]
fn help_tells_a_stranger_what_to_do() {
    let shell = Shell::new();
    for command in [
        &["--help"][..],
        &["run", "--help"],
        &["compare", "--help"],
        &["new", "--help"],
        &["check", "--help"],
        &["explain", "--help"],
        &["play", "--help"],
    ] {
        insta::assert_snapshot!(format!("help {}", command[0]), shell.transcript(command));
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let shell = Shell::new();
    insta::assert_snapshot!("wrong command", shell.transcript(&["rnu", "shop.toml"]));
    insta::assert_snapshot!(
        "wrong flag",
        shell.transcript(&["run", "shop.toml", "--replication", "3"])
    );
    insta::assert_snapshot!("wrong set", shell.transcript(&["run", "shop.toml", "--set", "timeout"]));
    insta::assert_snapshot!(
        "no replications",
        shell.transcript(&["run", "shop.toml", "--replications", "0"])
    );
}

#[test]
fn an_unknown_file_gets_the_nearest_name() {
    let shell = Shell::new();
    shell.write("shop.toml", CALM);
    insta::assert_snapshot!("unknown file", shell.transcript(&["run", "shpo.toml"]));
    insta::assert_snapshot!("unknown scenario", shell.transcript(&["run", "retry-strom"]));
    insta::assert_snapshot!("unknown all", shell.transcript(&["check", "quarterly-figures.xlsx"]));
    insta::assert_snapshot!("a folder", shell.transcript(&["check", "."]));
}

#[test]
fn the_shipped_scenarios_are_listed_in_teaching_order() {
    let shell = Shell::new();
    insta::assert_snapshot!("list", shell.transcript(&["list"]));
    insta::assert_snapshot!("list long", shell.transcript(&["list", "--long"]));
}

#[test]
fn a_new_scenario_checks_and_runs_and_is_never_overwritten() {
    let shell = Shell::new();
    insta::assert_snapshot!("new", shell.transcript(&["new", "shop"]));
    insta::assert_snapshot!("new checks", shell.transcript(&["check", "shop.toml"]));
    insta::assert_snapshot!("new again", shell.transcript(&["new", "shop"]));
    insta::assert_snapshot!("new bad name", shell.transcript(&["new", "2 shops"]));
    // The naive retries of the starter do not recover; the other variant does: that is its lesson.
    assert_eq!(shell.code(&["run", "shop.toml", "--replications", "3"]), 99);
    assert_eq!(
        shell.code(&["run", "shop.toml", "--replications", "3", "--variant", "patient"]),
        0
    );
}

#[test]
fn a_shipped_scenario_can_be_copied() {
    let shell = Shell::new();
    assert_eq!(shell.code(&["new", "mine", "--from", "retry-storm"]), 0);
    assert_eq!(shell.code(&["check", "mine.toml"]), 0);
    insta::assert_snapshot!(
        "new from nowhere",
        shell.transcript(&["new", "other", "--from", "retrystorm"])
    );
    assert!(!shell.path().join("other.toml").exists());
}

#[test]
fn a_run_answers_and_says_how_to_do_it_again() {
    let shell = Shell::new();
    shell.write("calm.toml", CALM);
    insta::assert_snapshot!(
        "run",
        shell.transcript(&["run", "calm.toml", "--set", "load.users.rate=24/s"])
    );
    insta::assert_snapshot!(
        "run ascii",
        shell.transcript(&["run", "calm.toml", "--ascii", "--replications", "1"])
    );
}

#[test]
fn exit_codes_tell_a_script_how_it_went() {
    let shell = Shell::new();
    shell.write("calm.toml", CALM);
    shell.write("impossible.toml", impossible());
    // Half of the runs: nobody can tell.
    shell.write(
        "open.toml",
        CALM.replace("success_ratio(web) >= 99%\"", "mean(web) < 66.5ms\"\nshare = \"50%\""),
    );
    assert_eq!(shell.code(&["run", "calm.toml"]), 0);
    assert_eq!(shell.code(&["run", "impossible.toml"]), 99);
    assert_eq!(shell.code(&["run", "open.toml"]), 0);
    assert_eq!(shell.code(&["run", "open.toml", "--strict"]), 98);
    shell.write("broken.toml", CALM.replace("rate", "rat"));
    assert_eq!(shell.code(&["run", "broken.toml"]), 2);
    assert_eq!(shell.code(&["check", "broken.toml"]), 2);
}

#[test]
fn json_is_one_object_on_standard_output_and_nothing_else() {
    let shell = Shell::new();
    shell.write("impossible.toml", impossible());
    let output = shell.run(&["run", "impossible.toml", "--format", "json", "--replications", "2"]);
    assert_eq!(output.status.code(), Some(99));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(value["runs"][1]["seed"], 4);
    assert_eq!(value["expectations"][0]["verdict"], "fail");
    assert!(value["runs"][0].get("series").is_none());
    let detailed = shell.run(&[
        "run",
        "impossible.toml",
        "--format",
        "json",
        "--detail",
        "--replications",
        "1",
    ]);
    let value: serde_json::Value = serde_json::from_slice(&detailed.stdout).expect("it is JSON");
    assert_eq!(value["runs"][0]["series"]["windows"], 60);
}

#[test]
fn threads_and_detail_change_no_digest() {
    let shell = Shell::new();
    shell.write("calm.toml", CALM);
    let digests = |words: &[&str]| -> Vec<String> {
        let mut all = vec!["run", "calm.toml", "--format", "json"];
        all.extend(words);
        let value: serde_json::Value = serde_json::from_slice(&shell.run(&all).stdout).expect("it is JSON");
        value["runs"]
            .as_array()
            .expect("runs")
            .iter()
            .map(|it| it["digest"].to_string())
            .collect()
    };
    let one = digests(&["--threads", "1"]);
    assert_eq!(one.len(), 4);
    assert_eq!(one, digests(&["--threads", "2"]));
    assert_eq!(one, digests(&["--detail"]));
}

#[test]
fn results_go_to_a_new_folder_whole_or_not_at_all() {
    let shell = Shell::new();
    shell.write("calm.toml", CALM);
    let words = [
        "run",
        "calm.toml",
        "--replications",
        "2",
        "--set",
        "run.seed=9",
        "-o",
        "out",
    ];
    assert_eq!(shell.code(&words), 0);
    let mut files: Vec<String> = std::fs::read_dir(shell.path().join("out"))
        .expect("the folder is there")
        .map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            ".lock",
            "checkpoints.parquet",
            "manifest.json",
            "result.json",
            "runs.parquet",
            "scenario.toml"
        ]
    );
    assert_eq!(shell.read("out/scenario.toml"), CALM);
    let manifest: serde_json::Value = serde_json::from_str(&shell.read("out/manifest.json")).expect("it is JSON");
    let result: serde_json::Value = serde_json::from_str(&shell.read("out/result.json")).expect("it is JSON");
    assert_eq!(manifest["experiment"]["seed"], 9);
    let mut stored = brownout::store::stored::Stored::open(&shell.path().join("out")).expect("it reads");
    let digests = stored
        .records()
        .expect("it reads")
        .map(|it| match it.expect("it reads").ended {
            brownout::store::unit::Ended::Done(done) => done.digest.to_string(),
            brownout::store::unit::Ended::Failed(why) => why,
        });
    let digests: Vec<serde_json::Value> = digests.map(Into::into).collect();
    let shown = result["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|it| it["digest"].clone());
    assert_eq!(digests, shown.collect::<Vec<_>>());
    // Again into the same folder, or where no folder can be: refused before anything runs.
    insta::assert_snapshot!("output exists", shell.transcript(&words));
    shell.write("file", "");
    let output = shell.run(&["run", "calm.toml", "-o", "file"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[test]
fn too_many_events_are_refused_before_running_with_the_estimate() {
    let shell = Shell::new();
    shell.write("calm.toml", CALM);
    insta::assert_snapshot!(
        "estimate",
        shell.transcript(&["run", "calm.toml", "--set", "load.users.rate=2000000000/s"])
    );
}

#[test]
fn an_unknown_variant_gets_the_nearest_name() {
    let shell = Shell::new();
    shell.write(
        "calm.toml",
        format!("{CALM}\n[variant.busy]\nset.load.users.rate = \"30/s\"\n"),
    );
    insta::assert_snapshot!(
        "unknown variant",
        shell.transcript(&["run", "calm.toml", "--variant", "bussy"])
    );
    assert_eq!(
        shell.code(&["run", "calm.toml", "--variant", "busy", "--replications", "1"]),
        0
    );
}

#[test]
fn outcomes_metrics_and_fields_are_explained_offline() {
    let shell = Shell::new();
    insta::assert_snapshot!("explain outcome", shell.transcript(&["explain", "queue_full"]));
    insta::assert_snapshot!("explain metric", shell.transcript(&["explain", "goodput_ratio"]));
    insta::assert_snapshot!("explain field", shell.transcript(&["explain", "retry"]));
    insta::assert_snapshot!("explain unknown", shell.transcript(&["explain", "queue_fool"]));
}

#[test]
fn the_settings_of_an_edge_say_where_they_come_from() {
    let shell = Shell::new();
    assert_eq!(shell.code(&["new", "shop"]), 0);
    let words = [
        "explain",
        "shop.toml",
        "--effective",
        "shop -> db",
        "--variant",
        "patient",
    ];
    insta::assert_snapshot!("explain effective", shell.transcript(&words));
}

#[test]
fn the_schema_and_completions_are_what_they_should_be() {
    let shell = Shell::new();
    let schema: serde_json::Value = serde_json::from_slice(&shell.run(&["schema"]).stdout).expect("it is JSON");
    assert!(schema["$schema"].is_string() && schema["properties"]["service"].is_object());
    for name in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = shell.run(&["completions", name]);
        assert!(
            output.status.success() && String::from_utf8_lossy(&output.stdout).contains("replications"),
            "{name}"
        );
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_brownout"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built command starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned()
        ),
        (Some(0), String::new())
    );
}
