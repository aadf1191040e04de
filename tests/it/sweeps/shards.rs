//! Parts of a sweep on several machines: any number, in any order, to the same bytes.

use super::{same, shell};

#[test]
fn any_number_of_shards_in_any_order_joins_to_the_bytes_of_one_machine() {
    let shell = shell();
    for study in ["study.toml", "adaptive.toml"] {
        let whole = format!("whole-{study}");
        assert_eq!(shell.code(&["sweep", "run", study, "-o", &whole, "--detail"]), 0);
        for of in [1, 2, 5, 16] {
            let folder = format!("parts-{of}-{study}");
            for index in (1..=of).rev() {
                let shard = format!("{index}/{of}");
                let words = [
                    "sweep",
                    "run",
                    study,
                    "-o",
                    &folder,
                    "--detail",
                    "--shard",
                    &shard,
                    "--threads",
                    "1",
                ];
                assert_eq!(shell.code(&words), 0);
            }
            assert_eq!(
                shell.code(&["sweep", "merge", &folder, "-o", &format!("joined-{folder}")]),
                0
            );
            same(
                &shell.path().join(&whole),
                &shell.path().join(format!("joined-{folder}")),
            );
        }
    }
    // Named one by one in any order, overlapping, with the whole among them, and into the folder of the shards itself.
    let part = |of: u32, index: u32| format!("parts-{of}-study.toml/shards/{index}-of-{of}");
    let words = [
        "sweep",
        "merge",
        "whole-study.toml",
        &part(2, 2),
        &part(5, 3),
        &part(2, 1),
        "-o",
        "mixed",
    ];
    assert_eq!(shell.code(&words), 0);
    same(&shell.path().join("whole-study.toml"), &shell.path().join("mixed"));
    assert_eq!(shell.code(&["sweep", "merge", "parts-5-study.toml"]), 0);
    let text = shell.transcript(&["sweep", "run", "study.toml", "--detail", "-o", "parts-5-study.toml"]);
    assert!(text.ends_with("--- exit 0\n") && text.contains("48 runs."), "{text}");
}

#[test]
fn missing_shards_are_told_and_nothing_is_joined() {
    let shell = shell();
    for shard in ["1/3", "3/3"] {
        assert_eq!(
            shell.code(&["sweep", "run", "study.toml", "-o", "out", "--shard", shard]),
            0
        );
    }
    insta::assert_snapshot!("shards missing", shell.transcript(&["sweep", "merge", "out"]));
    insta::assert_snapshot!("shards status", shell.transcript(&["sweep", "status", "out"]));
    assert!(!shell.path().join("out/manifest.json").exists());
}

#[test]
fn two_results_of_one_run_that_differ_stop_the_merge() {
    let shell = shell();
    for folder in ["one", "two"] {
        assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", folder]), 0);
    }
    assert_eq!(
        shell.code(&["sweep", "run", "study.toml", "-o", "other", "--set", "run.duration=39s"]),
        0
    );
    // As if the second machine had computed something else: its tables are those of another experiment.
    let read = |name: &str| -> serde_json::Value { serde_json::from_str(&shell.read(name)).expect("it is JSON") };
    let (mut manifest, other) = (read("two/manifest.json"), read("other/manifest.json"));
    manifest["files"] = other["files"].clone();
    shell.write("two/manifest.json", manifest.to_string());
    for table in ["runs.parquet", "checkpoints.parquet", "cells.csv"] {
        std::fs::copy(
            shell.path().join("other").join(table),
            shell.path().join("two").join(table),
        )
        .expect("it copies");
    }
    insta::assert_snapshot!(
        "merge conflict",
        shell.transcript(&["sweep", "merge", "one", "two", "-o", "joined"])
    );
}

#[test]
fn a_job_file_names_everything_that_matters() {
    let shell = shell();
    let words = [
        "sweep",
        "emit",
        "slurm",
        "study.toml",
        "-o",
        "my results",
        "--shards",
        "8",
        "--threads",
        "2",
        "--set",
        "run.duration=30s",
        "--detail",
    ];
    insta::assert_snapshot!("emit slurm", shell.transcript(&words));
}
