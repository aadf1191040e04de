//! What a sweep says and leaves behind.

use brownout::store::stored::Stored;
use brownout::store::unit::Ended;

use super::{bytes, same, shell};

#[test]
fn a_plan_tells_how_much_it_is_before_anything_runs() {
    let shell = shell();
    let output = shell.run(&["sweep", "plan", "study.toml", "--threads", "2"]);
    let text = String::from_utf8(output.stdout).expect("output is UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}");
    // The time depends on the machine.
    let told: Vec<&str> = text.lines().filter(|it| !it.contains("at the speed of")).collect();
    assert_eq!(text.lines().count(), told.len() + 1);
    insta::assert_snapshot!("plan", told.join("\n"));
    assert_eq!(bytes(shell.path()).len(), 3, "nothing is written");
    let shard = shell.transcript(&["sweep", "plan", "adaptive.toml", "--shard", "2/4"]);
    assert!(shard.contains("3 to 12 runs of each"), "{shard}");
    assert!(shard.contains("12 to 48 runs (shard 2/4)"), "{shard}");
}

#[test]
fn a_sweep_tells_what_each_point_came_to_and_is_the_same_on_any_number_of_threads() {
    let shell = shell();
    for (threads, folder) in [("1", "one"), ("2", "two"), ("5", "five")] {
        let words = [
            "sweep",
            "run",
            "study.toml",
            "-o",
            folder,
            "--threads",
            threads,
            "--detail",
        ];
        let output = shell.run(&words);
        let text = String::from_utf8(output.stdout).expect("output is UTF-8");
        assert_eq!(output.status.code(), Some(0), "{text}");
        if threads == "1" {
            let (table, _) = text.split_once(" 48 runs in ").expect("it says how many");
            insta::assert_snapshot!("table", table);
        }
    }
    same(&shell.path().join("one"), &shell.path().join("two"));
    same(&shell.path().join("one"), &shell.path().join("five"));
    insta::assert_snapshot!("cells", shell.read("one/cells.csv"));
    let again = shell.run(&[
        "sweep",
        "run",
        "study.toml",
        "-o",
        "one",
        "--detail",
        "--format",
        "json",
    ]);
    let json: serde_json::Value = serde_json::from_slice(&again.stdout).expect("it is JSON");
    assert_eq!(json["cells"].as_array().expect("cells").len(), 12);
}

#[test]
fn a_point_is_what_run_makes_of_the_same_settings() {
    let shell = shell();
    assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", "out"]), 0);
    let words = [
        "run",
        "queue.toml",
        "--variant",
        "patient",
        "--replications",
        "4",
        "--set",
        "load.users.scale=x1.5",
        "--set",
        "fault.stumble.for=500ms",
        "--format",
        "json",
    ];
    let run = shell.run(&words);
    let run: serde_json::Value = serde_json::from_slice(&run.stdout).expect("it is JSON");
    let mut stored = Stored::open(&shell.path().join("out")).expect("it reads");
    let records = stored.records().expect("it reads").map(|it| it.expect("it reads"));
    // The axis written first is the slowest.
    let of_point = records.filter(|it| it.unit.point == 4 && it.unit.variant == 1);
    let digests: Vec<String> = of_point
        .map(|it| match it.ended {
            Ended::Done(done) => done.digest.to_string(),
            Ended::Failed(why) => why,
        })
        .collect();
    let expected: Vec<&str> = run["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|it| it["digest"].as_str().expect("a digest"))
        .collect();
    assert_eq!(digests, expected);
}

#[test]
fn stored_runs_are_verified_and_a_changed_one_is_found() {
    let shell = shell();
    assert_eq!(shell.code(&["sweep", "run", "adaptive.toml", "-o", "out"]), 0);
    let text = shell.transcript(&["verify", "out"]);
    assert!(text.contains("equal\n--- exit 0"), "{text}");
    let text = shell.transcript(&["verify", "out", "--sample", "5"]);
    assert!(text.contains("5 of "), "{text}");
    assert_eq!(
        shell.code(&["run", "queue.toml", "--replications", "3", "-o", "run"]),
        0
    );
    insta::assert_snapshot!("verify", shell.transcript(&["verify", "run"]));
    shell.write("changed.toml", super::SCENARIO.replace("at = \"10s\"", "at = \"21s\""));
    insta::assert_snapshot!(
        "verify against",
        shell.transcript(&["verify", "run", "--against", "changed.toml"])
    );
    assert_eq!(shell.code(&["verify", "run", "--against", "queue.toml"]), 0);
    // A text that was changed would give other runs: the hash tells.
    shell.write("run/scenario.toml", super::SCENARIO.replace("40/s", "41/s"));
    let text = shell.transcript(&["verify", "run"]);
    assert!(
        text.contains("`run/scenario.toml` is damaged or has been changed"),
        "{text}"
    );
}

#[test]
fn verify_finds_a_result_that_this_engine_does_not_give() {
    let shell = shell();
    assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", "out"]), 0);
    // As if another machine had answered: the manifest says that it is another seed's.
    let manifest = shell.read("out/manifest.json");
    let tables = ["runs.parquet", "checkpoints.parquet", "cells.csv"];
    assert_eq!(
        shell.code(&["sweep", "run", "study.toml", "-o", "other", "--set", "run.seed=8"]),
        0
    );
    let other: serde_json::Value = serde_json::from_str(&shell.read("other/manifest.json")).expect("it is JSON");
    let mut value: serde_json::Value = serde_json::from_str(&manifest).expect("it is JSON");
    value["files"] = other["files"].clone();
    for table in tables {
        std::fs::copy(
            shell.path().join("other").join(table),
            shell.path().join("out").join(table),
        )
        .expect("it copies");
    }
    shell.write("out/manifest.json", value.to_string());
    let text = shell.transcript(&["verify", "out", "--sample", "3"]);
    assert!(
        text.contains("3 of 48 runs made again, 0 equal") && text.ends_with("--- exit 3\n"),
        "{text}"
    );
    assert!(text.contains("the seed is 8 in one and 7 in the other"), "{text}");
}
