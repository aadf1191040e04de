//! Ctrl-C while replications run: the finished ones are answered, and everybody can see that some are missing.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::shell::Shell;

/// Ten minutes of a busy queue; thousands of replications of it take longer than any test waits.
const LONG: &str = r#"format = 1
title = "A long wait"

[run]
duration = "10m"
seed = 5

[load.users]
target = "web"
rate = "50/s"

[service.web]
workers = 4
work = "exponential(mean=50ms)"

[expect.calm]
that = "success_ratio(web) >= 99%"
"#;

const ASKED: u64 = 10_000;

/// Starts a command with these words more, presses Ctrl-C once two runs are finished (of two variants, two of each), and returns the exit code, standard output
/// and standard error.
fn interrupted(shell: &Shell, command: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let asked = ASKED.to_string();
    let enough = if command == "run" {
        "finished 2 of "
    } else {
        "finished 4 of "
    };
    let mut all = vec![
        command,
        "long.toml",
        "--replications",
        &asked,
        "--threads",
        "1",
        "--progress",
        "lines",
    ];
    all.extend(words);
    let mut child = shell
        .command(&all)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built command starts");
    // The answer may be longer than a pipe holds, so it is read while the messages are.
    let mut stdout = child.stdout.take().expect("it is piped");
    let answer = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let mut messages = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut told = String::new();
    while !told.contains(enough) {
        let read = messages.read_line(&mut told).expect("messages are UTF-8");
        assert!(read > 0, "it ended by itself:\n{told}");
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill starts").success());
    messages.read_to_string(&mut told).expect("messages are UTF-8");
    let code = child.wait().expect("it was started").code();
    let answer = answer.join().expect("reading does not panic");
    (code, answer.expect("output is UTF-8"), told)
}

#[test]
fn an_interrupted_run_reports_what_is_finished_and_says_so() {
    let shell = Shell::new();
    shell.write("long.toml", LONG);
    let (code, answer, told) = interrupted(&shell, "run", &[]);
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("interrupted: finishing with the replications that are done"));
    let marked = answer.lines().find_map(|it| it.strip_prefix("Interrupted: "));
    let marked = marked.unwrap_or_else(|| panic!("it is not marked:\n{answer}"));
    let (finished, rest) = marked.split_once(' ').expect("a number comes first");
    let finished: u64 = finished.parse().expect("it is a number");
    assert!((2..ASKED).contains(&finished), "{marked}");
    assert!(rest.starts_with(&format!("of {ASKED} replications")), "{marked}");
    // All parts of a whole report are there.
    for part in [
        "Expectations",
        "Loads: ",
        "Services: ",
        "Edges: ",
        "Requests, mean of",
        "Digest  ",
        "Again   ",
    ] {
        assert!(answer.contains(part), "{part} is missing:\n{answer}");
    }
}

#[test]
fn interrupted_json_is_a_valid_object_over_the_runs_that_are_finished() {
    let shell = Shell::new();
    shell.write("long.toml", LONG);
    let (code, answer, told) = interrupted(&shell, "run", &["--format", "json", "-o", "out"]);
    assert_eq!(code, Some(130), "{told}");
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("it is JSON");
    let part = read(&answer);
    assert_eq!(
        (&part["interrupted"], &part["replications"]),
        (&true.into(), &ASKED.into())
    );
    let runs = part["runs"].as_array().expect("a list");
    assert!((2..ASKED as usize).contains(&runs.len()));
    assert_eq!(part["expectations"][0]["runs"], runs.len());
    // What is finished is what it would have been without an interruption.
    let output = shell.run(&["run", "long.toml", "--replications", "2", "--format", "json"]);
    let whole = read(&String::from_utf8(output.stdout).expect("output is UTF-8"));
    assert_eq!((output.status.code(), &whole["interrupted"]), (Some(0), &false.into()));
    assert_eq!(whole["runs"].as_array().expect("a list")[..], runs[..2]);
    // The folder holds the same, and its manifest says that it is a part.
    assert_eq!(shell.read("out/result.json"), answer);
    assert_eq!(read(&shell.read("out/manifest.json"))["state"], "interrupted");
}

#[test]
fn an_interrupted_comparison_keeps_the_pairs_that_are_whole() {
    let shell = Shell::new();
    let variants = "[variant.two]\nset.service.web.workers = 3\n[variant.four]\nset.service.web.workers = 4\n";
    shell.write("long.toml", format!("{LONG}{variants}"));
    let (code, answer, told) = interrupted(&shell, "compare", &["--format", "json"]);
    assert_eq!(code, Some(130), "{told}");
    let value: serde_json::Value = serde_json::from_str(&answer).expect("it is JSON");
    assert_eq!(value["interrupted"], true);
    let runs = value["runs"].as_array().expect("a list");
    let of = |variant: &str| -> Vec<u64> {
        let own = runs.iter().filter(|it| it["variant"] == variant);
        own.map(|it| it["seed"].as_u64().expect("a number")).collect()
    };
    assert!(
        of("two").len() >= 2 && of("two") == of("four"),
        "{:?} {:?}",
        of("two"),
        of("four")
    );
    assert_eq!(value["comparison"]["pairs"], of("two").len());
    let (_, answer, _) = interrupted(&shell, "compare", &[]);
    let marked = answer.lines().find_map(|it| it.strip_prefix("Interrupted: "));
    let marked = marked.unwrap_or_else(|| panic!("it is not marked:\n{answer}"));
    assert!(
        marked.contains(&format!("of {ASKED} replications had finished for all variants")),
        "{marked}"
    );
    assert!(answer.contains("Against two, pair by pair"), "{answer}");
}
