//! Files and values that cannot be right: what a user reads, where it points, and what to do about it. One transcript each.

use crate::shell::Shell;

/// A small file that is right; each test breaks a copy of it.
const SHOP: &str = r#"format = 1
title = "A small shop"

[run]
duration = "10m"
warmup = "1m"
replications = 2

[load.shoppers]
target = "web.home"
rate = "50/s"

[service.web]
replicas = 2
workers = 16
[service.web.endpoint.home]
work = "2ms"
flow = ["db.query | 50%"]

[service.db]
workers = 8
queue = { limit = 100 }
[service.db.endpoint.query]
work = "lognormal(median=4ms, p99=25ms)"

[policy.web-to-db]
edge = "web -> db"
timeout = "500ms"
retry = { attempts = 2, backoff = "exponential(10ms, cap=1s)", jitter = "full", budget = "10%" }

[fault.db-slow]
at = "5m"
for = "30s"
target = "db"
effect = { work = "x4" }

[expect.fine]
that = "success_ratio(web.home) >= 90%"
"#;

/// The shop with lines replaced by others; each must be there.
fn broken(lines: &[(&str, &str)]) -> String {
    lines.iter().fold(SHOP.to_owned(), |text, (right, wrong)| {
        assert!(text.contains(right), "`{right}` is not in the file");
        text.replacen(right, wrong, 1)
    })
}

/// What `check` says of a file, as a transcript.
fn checked(bytes: impl AsRef<[u8]>) -> String {
    let shell = Shell::new();
    shell.write("shop.toml", bytes);
    let told = shell.transcript(&["check", "shop.toml"]);
    assert!(told.ends_with("--- exit 2\n"), "{told}");
    // `run` refuses it with the same words, before it runs anything.
    let run = shell.transcript(&["run", "shop.toml"]);
    assert_eq!(run.replacen("run", "check", 1), told);
    told
}

/// The same without what the operating system says, in its own words, about a file.
fn without_system_words(told: &str) -> String {
    let line = |line: &str| match line.find(" (os error ") {
        Some(end) => {
            let begin = line[..end].rfind(": ").expect("a reason follows a colon");
            format!("{}: [the system's reason]", &line[..begin])
        }
        None => line.to_owned(),
    };
    told.lines().map(|it| line(it) + "\n").collect()
}

#[test]
fn the_shop_itself_is_right() {
    let shell = Shell::new();
    shell.write("shop.toml", SHOP);
    assert_eq!(shell.code(&["check", "shop.toml"]), 0);
}

#[test]
fn bytes_that_are_no_text() {
    insta::assert_snapshot!("bad not utf-8", checked(b"format = 1\ntitle = \"Caf\xe9\"\n"));
    insta::assert_snapshot!("bad empty", checked(""));
    insta::assert_snapshot!("bad blank", checked("\n  \n# nothing yet\n"));
}

#[test]
fn a_file_of_ten_megabytes() {
    // Ten million bytes are read, all the way to a mistake at their end; one more is too many.
    let padded = |bytes: usize, end: &str| format!("{}{end}", "#\n".repeat((bytes - end.len()) / 2));
    insta::assert_snapshot!("bad large", checked(padded(10_000_000, "format = 2\n#")));
    insta::assert_snapshot!("bad too large", checked(padded(10_000_002, "format = 1\n#")));
}

#[test]
fn numbers_that_are_none() {
    insta::assert_snapshot!(
        "bad nan",
        checked(broken(&[
            ("rate = \"50/s\"", "rate = \"nan/s\""),
            ("replicas = 2", "replicas = nan"),
            ("workers = 16", "workers = inf"),
            ("duration = \"10m\"", "duration = \"infm\""),
            ("work = \"2ms\"", "work = \"exponential(mean=NaNms)\""),
            ("| 50%", "| inf%"),
            ("work = \"x4\"", "work = \"xinf\""),
            (">= 90%", ">= nan%"),
        ]))
    );
}

#[test]
fn negative_quantities() {
    insta::assert_snapshot!(
        "bad negative",
        checked(broken(&[
            ("rate = \"50/s\"", "rate = \"-50/s\""),
            ("replicas = 2", "replicas = -2"),
            ("warmup = \"1m\"", "warmup = \"-1m\""),
            ("work = \"2ms\"", "work = \"-2ms\""),
            ("| 50%", "| -50%"),
            ("limit = 100", "limit = -1"),
            ("timeout = \"500ms\"", "timeout = \"-500ms\""),
            ("work = \"x4\"", "work = \"x-4\""),
        ]))
    );
}

#[test]
fn quantities_of_zero() {
    insta::assert_snapshot!(
        "bad zero",
        checked(broken(&[
            ("duration = \"10m\"", "duration = \"0s\""),
            ("replications = 2", "replications = 0"),
            ("rate = \"50/s\"", "rate = \"0/s\"\nclients = 0"),
            ("replicas = 2", "replicas = 0"),
            ("workers = 16", "workers = 0"),
            ("\"db.query | 50%\"", "{ call = \"db.query\", times = 0 }"),
            ("timeout = \"500ms\"", "timeout = \"0ms\""),
            ("attempts = 2", "attempts = 0"),
            ("work = \"x4\"", "work = \"x0\""),
        ]))
    );
    insta::assert_snapshot!(
        "bad zero users",
        checked(broken(&[("rate = \"50/s\"", "arrival = \"closed\"\nusers = 0")]))
    );
    // Nobody waits: that is legal.
    let shell = Shell::new();
    shell.write("shop.toml", broken(&[("limit = 100", "limit = 0")]));
    assert_eq!(shell.code(&["check", "shop.toml"]), 0);
}

#[test]
fn quantities_beyond_their_types() {
    insta::assert_snapshot!(
        "bad overflow",
        checked(broken(&[
            ("duration = \"10m\"", "duration = \"99999999999d\""),
            ("rate = \"50/s\"", "rate = \"99999999999999999999/s\""),
            ("replicas = 2", "replicas = 99999999999999999999"),
            ("workers = 16", "workers = 4294967296"),
            ("work = \"2ms\"", "work = \"99999999999999999999s\""),
            ("attempts = 2", "attempts = 18446744073709551616"),
            ("work = \"x4\"", "work = \"x99999999999999999999\""),
            (">= 90%", ">= 99999999999999999999%"),
        ]))
    );
}

#[test]
fn quantities_without_a_unit() {
    insta::assert_snapshot!(
        "bad units",
        checked(broken(&[
            ("duration = \"10m\"", "duration = 600"),
            ("rate = \"50/s\"", "rate = \"50\""),
            ("work = \"2ms\"", "work = \"2\""),
            ("| 50%", "| 0.5"),
            ("timeout = \"500ms\"", "timeout = 0.5"),
            ("work = \"x4\"", "work = 4"),
            ("exponential(10ms, cap=1s)", "exponential(10, cap=1s)"),
        ]))
    );
}

#[test]
fn unknown_keys_at_every_depth() {
    insta::assert_snapshot!(
        "bad keys",
        checked(broken(&[
            ("title =", "titel ="),
            ("[run]\n", "[run]\nspeed = 2\n"),
            ("[service.db]\n", "[service.db]\nworker = 8\n"),
            ("limit = 100", "limit = 100, depth = 3"),
            (
                "[service.db.endpoint.query]\n",
                "[service.db.endpoint.query]\nwrok = \"1ms\"\n"
            ),
            ("attempts = 2", "attempts = 2, atempts = 3"),
            (
                "effect = { work = \"x4\" }",
                "effect = { work = \"x4\", crashed = true }"
            ),
            ("[expect.fine]", "[sevrice.mail]\nwork = \"1ms\"\n\n[expect.fine]"),
            ("budget = \"10%\"", "budget = { kind = \"bucket\", deposits = \"10%\" }"),
        ]))
    );
}

#[test]
fn names_that_are_taken() {
    insta::assert_snapshot!(
        "bad duplicates",
        checked(broken(&[
            ("[load.shoppers]", "[load.db]"),
            ("[fault.db-slow]", "[zone.web]\n[fault.db-slow]"),
        ]))
    );
    // The same table twice is a mistake of the notation.
    insta::assert_snapshot!(
        "bad table twice",
        checked(broken(&[(
            "[fault.db-slow]",
            "[service.db]\nreplicas = 2\n\n[fault.db-slow]"
        )]))
    );
}

#[test]
fn names_that_nothing_has() {
    insta::assert_snapshot!(
        "bad references",
        checked(broken(&[
            ("target = \"web.home\"", "target = \"web.hmoe\"\nzone = \"north\""),
            ("db.query | 50%", "bd.query | 50%"),
            ("edge = \"web -> db\"", "edge = \"wbe -> db\"\nlike = \"finagel\""),
            ("target = \"db\"", "target = \"cache\""),
            ("at = \"5m\"", "at = \"fault.other.end\""),
            (
                "success_ratio(web.home) >= 90%\"",
                "sucess_ratio(web.home) >= 90%\"\nvariants = [\"naive\"]"
            ),
        ]))
    );
}

#[test]
fn calls_without_end_and_flows_without_steps() {
    insta::assert_snapshot!(
        "bad self-call",
        checked(broken(&[("\"db.query | 50%\"", "\"db.query | 50%\", \"web.home\"")]))
    );
    insta::assert_snapshot!(
        "bad circle",
        checked(broken(&[
            ("db.query | 50%", "db.query"),
            ("work = \"lognormal(median=4ms, p99=25ms)\"", "flow = [\"web.home\"]"),
        ]))
    );
    insta::assert_snapshot!("bad empty flow", checked(broken(&[("[\"db.query | 50%\"]", "[]")])));
}

#[test]
fn probabilities_over_one() {
    insta::assert_snapshot!(
        "bad probabilities",
        checked(broken(&[
            ("| 50%", "| 150%"),
            (
                "target = \"web.home\"",
                "mix = { \"web.home\" = \"80%\", \"db.query\" = \"30%\" }"
            ),
            (
                "[service.db]\n",
                "[service.db]\nslowdown = { kind = \"usl\", sigma = \"5\" }\n"
            ),
            ("work = \"2ms\"", "work = \"mix(90% 1ms, 20% 9ms)\"\nerrors = \"101%\""),
            (
                "effect = { work = \"x4\" }",
                "pick = \"120%\"\neffect = { errors = \"200%\" }"
            ),
        ]))
    );
}

#[test]
fn a_warm_up_longer_than_the_run() {
    insta::assert_snapshot!(
        "bad warm-up",
        checked(broken(&[("warmup = \"1m\"", "warmup = \"20m\"")]))
    );
}

#[test]
fn a_trace_with_a_broken_line() {
    let shell = Shell::new();
    let replayed = |file: &str| {
        broken(&[
            ("rate = \"50/s\"", &format!("arrival = \"trace\"\ntrace = \"{file}\"")),
            ("success_ratio(web.home)", "success_ratio(web.hmoe)"),
        ])
    };
    shell.write(
        "friday.csv",
        "at_s,target\n0.5,web.home\n1.25,web.home\nsoon,web.home\n2,web.home\n",
    );
    shell.write("shop.toml", replayed("friday.csv"));
    insta::assert_snapshot!("bad trace", shell.transcript(&["check", "shop.toml"]));
    shell.write("shop.toml", replayed("firday.csv"));
    let told = without_system_words(&shell.transcript(&["check", "shop.toml"]));
    insta::assert_snapshot!("bad trace missing", told);
}

#[test]
fn a_rate_beyond_the_limit_of_events_is_refused_before_anything_runs() {
    let shell = Shell::new();
    shell.write("shop.toml", broken(&[("rate = \"50/s\"", "rate = \"50000000/s\"")]));
    insta::assert_snapshot!("bad rate", shell.transcript(&["run", "shop.toml"]));
    insta::assert_snapshot!(
        "bad rate by flag",
        shell.transcript(&[
            "run",
            "shop.toml",
            "--set",
            "load.shoppers.rate=50/s",
            "--max-events",
            "10000"
        ])
    );
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let shell = Shell::new();
    shell.write("shop.toml", SHOP);
    shell.write("file", "");
    // Below a file there is no folder, whoever asks; nothing runs, and nothing is printed.
    let told = shell.transcript(&["run", "shop.toml", "-o", "file/results"]);
    insta::assert_snapshot!("bad output", without_system_words(&told));
}
