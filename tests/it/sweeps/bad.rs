//! What can be wrong with sweeps and their folders: each a clear error, and nothing lost or mixed.

use super::{bytes, shell};

#[test]
fn shards_and_studies_that_cannot_be() {
    let shell = shell();
    let run = |words: &[&str]| shell.transcript(&[&["sweep", "run"], words].concat());
    let texts = [
        run(&["study.toml", "--shard", "9/4"]),
        run(&["study.toml", "--shard", "auto"]),
        run(&["study.toml", "--shard", "three"]),
        run(&["queue.toml"]),
        run(&["metastable-mop"]),
        run(&["nowhere.toml"]),
        shell.transcript(&["run", "study.toml"]),
        shell.transcript(&["sweep", "status", "queue.toml"]),
        shell.transcript(&["sweep", "status", "nowhere"]),
        shell.transcript(&["sweep", "merge", "nowhere", "-o", "out"]),
        shell.transcript(&["verify", "."]),
    ];
    insta::assert_snapshot!("bad words", texts.join("\n"));
    assert_eq!(bytes(shell.path()).len(), 3, "nothing is written");
}

#[test]
fn results_of_something_else_are_left_alone() {
    let shell = shell();
    assert_eq!(
        shell.code(&["sweep", "run", "study.toml", "-o", "out", "--shard", "1/2"]),
        0
    );
    let before = bytes(shell.path());
    let folder = "out/shards/1-of-2";
    let mut texts = vec![
        shell.transcript(&["sweep", "run", "adaptive.toml", "-o", folder]),
        shell.transcript(&["sweep", "run", "study.toml", "-o", folder]),
        shell.transcript(&[
            "sweep",
            "run",
            "study.toml",
            "-o",
            "out",
            "--shard",
            "1/2",
            "--set",
            "run.seed=9",
        ]),
        shell.transcript(&["run", "queue.toml", "-o", folder]),
    ];
    shell.write("queue.toml", super::SCENARIO.replace("40/s", "41/s"));
    texts.push(shell.transcript(&["sweep", "run", "study.toml", "-o", "out", "--shard", "1/2"]));
    shell.write("queue.toml", super::SCENARIO);
    let manifest = shell.read(&format!("{folder}/manifest.json"));
    let version = format!("\"engine\": \"{}\"", env!("CARGO_PKG_VERSION"));
    shell.write(
        &format!("{folder}/manifest.json"),
        manifest.replace(&version, "\"engine\": \"0.0.1\""),
    );
    texts.push(shell.transcript(&["sweep", "run", "study.toml", "-o", "out", "--shard", "1/2"]));
    texts.push(shell.transcript(&["verify", folder]));
    shell.write(
        &format!("{folder}/manifest.json"),
        manifest.replace("\"format\": 1", "\"format\": 3"),
    );
    texts.push(shell.transcript(&["sweep", "status", "out"]));
    shell.write(&format!("{folder}/manifest.json"), manifest);
    insta::assert_snapshot!("other results", texts.join("\n"));
    assert_eq!(bytes(shell.path()), before);
}

#[test]
fn damaged_tables_are_told_with_what_is_wrong() {
    let shell = shell();
    assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", "out"]), 0);
    let path = shell.path().join("out/runs.parquet");
    let good = std::fs::read(&path).expect("it reads");
    let mut texts = Vec::new();
    for bad in [
        good[..good.len() / 2].to_vec(),
        [&good[..100], &[7; 9], &good[109..]].concat(),
    ] {
        std::fs::write(&path, bad).expect("it writes");
        for words in [
            &["sweep", "run", "study.toml", "-o", "out"][..],
            &["sweep", "status", "out"],
            &["verify", "out"],
        ] {
            texts.push(shell.transcript(words));
        }
    }
    let size = good.len();
    let told = texts
        .join("\n")
        .replace(&format!("{} of {size}", size / 2), "[half] of [all]");
    insta::assert_snapshot!("damaged tables", told);
    std::fs::remove_file(&path).expect("it goes");
    let text = shell.transcript(&["verify", "out"]);
    assert!(
        text.contains("cannot read `out/runs.parquet`, which the manifest names"),
        "{text}"
    );
}

#[test]
fn a_damaged_journal_costs_no_more_than_what_is_damaged() {
    let shell = shell();
    assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", "whole"]), 0);
    assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", "out"]), 0);
    // As if killed before the tables were written, by a machine that then lost a piece of its disk.
    let mut manifest: serde_json::Value = serde_json::from_str(&shell.read("out/manifest.json")).expect("it is JSON");
    manifest["state"] = "running".into();
    manifest["files"] = manifest["experiment"]["texts"].clone();
    shell.write("out/manifest.json", manifest.to_string());
    shell.write(
        "out/journal.bin",
        "no journal at all, but something that was here before it",
    );
    let text = shell.transcript(&["sweep", "run", "study.toml", "-o", "out"]);
    assert!(text.contains("it is no journal of brownout"), "{text}");
    std::fs::remove_file(shell.path().join("out/journal.bin")).expect("it goes");
    assert_eq!(shell.code(&["sweep", "run", "study.toml", "-o", "out"]), 0);
    super::same(&shell.path().join("whole"), &shell.path().join("out"));
}

/// A limit on the size of files stands for a full disk: both make a write fail in the middle.
#[test]
#[cfg(unix)]
fn a_full_disk_stops_the_sweep_and_room_lets_it_go_on() {
    let shell = shell();
    assert_eq!(
        shell.code(&["sweep", "run", "study.toml", "-o", "whole", "--detail"]),
        0
    );
    // The limit counts blocks of 512 bytes; the signal that comes with it is ignored, as the full disk sends none.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 200; exec {} sweep run study.toml -o out --detail --threads 2",
        env!("CARGO_BIN_EXE_brownout")
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &limited])
        .current_dir(shell.path())
        .output()
        .expect("sh starts");
    let told = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("cannot write `out/journal.bin`") && told.contains("nothing is lost: make room"),
        "{told}"
    );
    let status = shell.transcript(&["sweep", "status", "out"]);
    assert!(status.contains(" to do ("), "{status}");
    let text = shell.transcript(&["sweep", "run", "study.toml", "-o", "out", "--detail"]);
    assert!(text.contains("runs are there already"), "{text}");
    super::same(&shell.path().join("whole"), &shell.path().join("out"));
}

#[test]
fn two_on_one_folder_and_a_folder_that_cannot_be_written() {
    let shell = shell();
    shell.write(
        "long.toml",
        super::STUDY.replace("replications = 4", "replications = 2000"),
    );
    let words = [
        "sweep",
        "run",
        "long.toml",
        "--threads",
        "1",
        "--progress",
        "lines",
        "-o",
        "out",
    ];
    let mut first = shell
        .command(&words)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut told = String::new();
    let mut messages = std::io::BufReader::new(first.stderr.take().expect("it is piped"));
    std::io::BufRead::read_line(&mut messages, &mut told).expect("messages are UTF-8");
    let text = shell.transcript(&words);
    first.kill().expect("it can be killed");
    first.wait().expect("it was started");
    assert!(
        text.contains("error: another brownout is working on `out`") && text.ends_with("--- exit 1\n"),
        "{text}"
    );
    shell.write("file", "");
    let text = shell.transcript(&["sweep", "run", "study.toml", "-o", "file"]);
    assert!(
        text.contains("cannot write to the folder `file`") && text.ends_with("--- exit 1\n"),
        "{text}"
    );
}

#[test]
fn a_run_that_fails_is_told_and_the_others_go_on() {
    let shell = shell();
    let words = ["sweep", "run", "study.toml", "-o", "out", "--max-events", "9000"];
    let text = shell.transcript(&words);
    assert!(
        text.contains("failed)") && text.contains("stopped with an error"),
        "{text}"
    );
    assert!(text.ends_with("--- exit 1\n"), "{text}");
    // Made again it fails again, for the same reason.
    assert_eq!(shell.code(&["verify", "out"]), 0);
}
