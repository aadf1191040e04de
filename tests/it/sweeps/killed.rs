//! Stopped and killed sweeps: nothing that was finished is lost, and the end is the same.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{bytes, same, shell};

/// A study long enough to be killed many times: 240 runs.
const LONG: &str = "replications = 20";

#[test]
fn killed_at_random_moments_it_ends_with_the_same_bytes() {
    let shell = shell();
    shell.write("long.toml", super::STUDY.replace("replications = 4", LONG));
    let words = ["sweep", "run", "long.toml", "--detail", "--threads", "2", "-o"];
    let whole = [&words[..], &["whole"]].concat();
    assert_eq!(shell.code(&whole), 0);
    let killed = [&words[..], &["killed"]].concat();
    // Moments from 5 to 150 ms, from a sequence of its own; later and later, so that a slow machine gets to the end, too.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut kills = 0_u64;
    let mut progress = Vec::new();
    loop {
        let mut child = shell
            .command(&killed)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the built command starts");
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(5 + (state >> 33) % (146 + 10 * kills)));
        if let Some(status) = child.try_wait().expect("it can be asked") {
            assert!(status.success());
            break;
        }
        child.kill().expect("it can be killed");
        if !child.wait().expect("it was started").success() {
            kills += 1;
        }
        let journal = std::fs::metadata(shell.path().join("killed/journal.bin")).map_or(0, |it| it.len());
        progress.push(journal);
        assert!(kills < 500, "it never ends");
    }
    assert!(kills >= 5, "it was killed {kills} times only");
    // Never less than before: what was finished stays. At the very end the journal goes.
    let grown: Vec<u64> = progress.iter().copied().take_while(|it| *it > 0).collect();
    assert!(grown.windows(2).all(|it| it[1] + 4096 >= it[0]), "{progress:?}");
    same(&shell.path().join("whole"), &shell.path().join("killed"));
}

#[test]
fn interrupted_it_says_how_to_go_on_and_does() {
    let shell = shell();
    shell.write(
        "long.toml",
        super::STUDY.replace("replications = 4", "replications = 200"),
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
    let mut child = shell
        .command(&words)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut messages = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut told = String::new();
    while !told.contains("finished 5 of ") {
        assert!(
            messages.read_line(&mut told).expect("messages are UTF-8") > 0,
            "it ended by itself:\n{told}"
        );
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill starts").success());
    std::io::Read::read_to_string(&mut messages, &mut told).expect("messages are UTF-8");
    assert_eq!(child.wait().expect("it was started").code(), Some(130), "{told}");
    assert!(
        told.contains("the same command goes on:\n  brownout sweep run long.toml -o out"),
        "{told}"
    );
    let status = shell.transcript(&["sweep", "status", "out"]);
    assert!(status.contains(" to do (running, or stopped)"), "{status}");
    // The finished runs are there to be read; none is made twice.
    let kept = brownout::store::stored::Stored::open(&shell.path().join("out")).expect("it reads");
    drop(kept);
    let before = bytes(&shell.path().join("out"))["journal.bin"].clone();
    let mut child = shell
        .command(&words)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut messages = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut told = String::new();
    while !told.contains("finished 3 of ") {
        assert!(
            messages.read_line(&mut told).expect("messages are UTF-8") > 0,
            "it ended by itself:\n{told}"
        );
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it was started");
    let after = bytes(&shell.path().join("out"))["journal.bin"].clone();
    assert!(after.starts_with(&before) && after.len() > before.len());
}
