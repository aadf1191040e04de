//! Searches for cliffs.

use super::shell;

/// A queue at a rate: more than 100 requests a second cannot be served.
const KNEE: &str = r#"format = 1

[run]
duration = "60s"
seed = 3

[load.users]
target = "web"
arrival = "deterministic"
rate = "100/s"
objective = "200ms"

[service.web]
workers = 1
work = "10ms"

[variant.two]
set.service.web.replicas = 2
"#;

fn search(words: &[&str]) -> String {
    let shell = shell();
    shell.write("knee.toml", KNEE);
    shell.transcript(&[&["search"], words].concat())
}

#[test]
fn the_cliff_of_a_queue_without_chance_is_found_to_the_step() {
    // A request takes 10 ms, so a replica does 100 a second: one more and the queue grows for ever.
    let words = ["knee.toml", "--axis", "load.users.rate=linear(51/s .. 251/s, 201)"];
    let until = ["--until", "goodput_ratio(users) < 90%", "--variants", "base,two"];
    let text = search(&[&words[..], &until[..]].concat());
    // At 100/s nobody waits. At 101/s the queue is one longer after each second: after 20 of 60 they wait for more than 200 ms.
    insta::assert_snapshot!("search", text);
    let again = search(&[&words[..], &until[..], &["--threads", "1"]].concat());
    assert_eq!(
        text.split_once('\n').map(|it| it.1),
        again.split_once('\n').map(|it| it.1)
    );
}

#[test]
fn a_noisy_cliff_is_an_interval_that_holds_what_many_runs_say() {
    let words = [
        "queue.toml",
        "--axis",
        "load.users.scale=log(x0.2 .. x4)",
        "--until",
        "collapsed(users)",
        "--max-replications",
        "100",
        "--format",
        "json",
    ];
    let text = search(&words);
    let body = text.split_once('\n').expect("a command line").1;
    let body = body.rsplit_once("--- exit 0").expect("it ends well").0;
    let json: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
    let cliff = &json["cliffs"][0];
    let end = |at: usize| cliff["interval"][at]["value"].as_f64().expect("a number");
    // 300 runs with other seeds at both ends.
    let shell = shell();
    for (at, more) in [(0, false), (1, true)] {
        let scale = format!("load.users.scale=x{}", end(at));
        let words = [
            "run",
            "queue.toml",
            "--seed",
            "5000",
            "--replications",
            "300",
            "--set",
            &scale,
            "--set",
            "measure.c=collapsed(users)",
            "--format",
            "json",
        ];
        let run: serde_json::Value = serde_json::from_slice(&shell.run(&words).stdout).expect("it is JSON");
        let runs = run["runs"].as_array().expect("runs");
        let held = runs.iter().filter(|it| it["measures"]["c"] == 1.0).count();
        assert_eq!(held > 150, more, "{held} of 300 at {scale}");
    }
}

#[test]
fn what_cannot_be_searched_says_so() {
    let axis = ["--axis", "load.users.scale=x0.2 .. x0.4"];
    let texts = [
        search(&[&["knee.toml"], &axis[..], &["--until", "collapsed(users)"]].concat()),
        search(&[&["knee.toml"], &axis[..], &["--until", "p99(users)"]].concat()),
        search(&[&["knee.toml"], &axis[..], &["--until", "p99(user) > 1s"]].concat()),
        search(&[
            "knee.toml",
            "--axis",
            "load.user.scale=x1 .. x2",
            "--until",
            "p99(users) > 1s",
        ]),
        search(&[
            "knee.toml",
            "--axis",
            "load.users.scale=1s .. 2s",
            "--until",
            "p99(users) > 1s",
        ]),
        search(&[
            "knee.toml",
            "--axis",
            "load.users.scale=[\"x1\"]",
            "--until",
            "p99(users) > 1s",
        ]),
        search(
            &[
                &["knee.toml"],
                &axis[..],
                &["--until", "p99(users) > 1s", "--share", "120%"],
            ]
            .concat(),
        ),
        search(
            &[
                &["knee.toml"],
                &axis[..],
                &["--until", "p99(users) > 1s", "--variants", "tow"],
            ]
            .concat(),
        ),
    ];
    insta::assert_snapshot!("search bad", texts.join("\n"));
}
