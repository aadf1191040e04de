//! `brownout chart`: each kind from a scenario or a folder as text, SVG, PNG and CSV, and what is refused.

use std::path::Path;

use crate::shell::Shell;

/// A web service and its database, which is slow for a while.
const SHOP: &str = r#"format = 1
title = "A shop"

[run]
duration = "40s"
warmup = "5s"
drain = "5s"
seed = 7
replications = 3

[load.users]
target = "web"
rate = "40/s"
objective = "1s"

[service.web]
workers = 50
work = "5ms"
flow = ["db"]

[service.db]
workers = 4
work = "exponential(mean=50ms)"

[policy.web-to-db]
edge = "web -> db"
timeout = "400ms"
retry = { attempts = 3, backoff = "none" }

[fault.db-slow]
at = "15s"
for = "5s"
target = "db"
effect = { work = "x8" }

[variant.naive]

[variant.patient]
set.policy.web-to-db.timeout = "2s"
"#;

const STUDY: &str = r#"format = 1
title = "Load and slowness"
question = "Where does the shop collapse?"
scenario = "shop.toml"
variants = ["naive", "patient"]

[plan]
method = "grid"
replications = 5

[axis.load]
path = "load.users.scale"
values = ["x0.5", "x1", "x1.5"]
label = "load, of 40 requests a second"

[axis.slow]
path = "fault.db-slow.for"
values = ["500ms", "4s"]

[measure]
collapsed = "collapsed(users)"
goodput = "goodput(users)"
p99 = "p99(users)"

[chart.cliff]
kind = "heatmap"
x = "axis.load"
y = "axis.slow"
color = "collapsed"
facet = "variant"
title = "Share of runs that collapse"

[chart.response]
kind = "lines"
x = "axis.load"
y = "p99"
color = "axis.slow"
"#;

/// A folder with both texts.
fn shell() -> Shell {
    let shell = Shell::new();
    shell.write("shop.toml", SHOP);
    shell.write("study.toml", STUDY);
    shell
}

/// As [`shell`], with results of `run`, `compare` and `sweep`: `plain` and `compared` without timelines, `detailed` with them.
fn with_results() -> Shell {
    let shell = shell();
    for words in [
        &["run", "shop.toml", "-o", "plain", "--replications", "2"][..],
        &["compare", "shop.toml", "-o", "compared"],
        &[
            "compare",
            "shop.toml",
            "-o",
            "detailed",
            "--detail",
            "--format",
            "json",
            "--replications",
            "2",
        ],
        &["sweep", "run", "study.toml", "-o", "swept"],
    ] {
        let code = shell.code(words);
        assert!(code == 0 || code == 99, "{words:?} ends with {code}");
    }
    shell
}

#[test]
fn each_kind_of_a_scenario_is_drawn_on_the_terminal() {
    let shell = shell();
    for kind in ["timeline", "percentiles", "comparison", "topology", "cascade"] {
        insta::assert_snapshot!(kind, shell.transcript(&["chart", "shop.toml", kind]));
    }
    insta::assert_snapshot!(
        "ascii",
        shell.transcript(&["chart", "shop.toml", "timeline", "--ascii", "--variant", "patient"])
    );
}

#[test]
fn each_kind_of_a_sweep_is_drawn_on_the_terminal() {
    let shell = with_results();
    for kind in ["heat-map", "lines", "load-curve", "response"] {
        insta::assert_snapshot!(kind, shell.transcript(&["chart", "swept", kind]));
    }
    let by_name = shell.transcript(&["chart", "swept", "cliff"]);
    let by_kind = shell.transcript(&["chart", "swept", "heatmap"]);
    assert_eq!(
        by_name.lines().skip(1).collect::<Vec<_>>(),
        by_kind.lines().skip(1).collect::<Vec<_>>()
    );
    let other = shell.transcript(&["chart", "swept", "cliff", "--measure", "goodput"]);
    assert!(other.contains("Load and slowness, goodput"), "{other}");
}

#[test]
fn a_folder_gives_the_figures_of_the_runs_in_it() {
    let shell = with_results();
    let csv = |words: &[&str]| {
        let mut all = vec!["chart"];
        all.extend(words);
        all.push("--csv");
        shell
            .transcript(&all)
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for kind in ["timeline", "cascade"] {
        let (made, stored) = (
            csv(&["shop.toml", kind, "--variant", "patient"]),
            csv(&["detailed", kind, "--variant", "patient"]),
        );
        assert!(made.len() > 3, "{made:?}");
        assert_eq!(made, stored, "{kind}");
        let (made, stored) = (
            csv(&["shop.toml", kind, "--variant", "naive", "--seed", "8"]),
            csv(&["detailed", kind, "--seed", "8"]),
        );
        assert_eq!(made, stored, "{kind} of the second seed");
    }
    assert_eq!(csv(&["shop.toml", "comparison"]), csv(&["compared", "comparison"]));
    // Totals of runs and sums of their windows are the same.
    let two = ["shop.toml", "topology", "--variant", "naive", "--replications", "2"];
    assert_eq!(csv(&two), csv(&["detailed", "topology"]));
}

#[test]
fn every_svg_parses_and_all_bytes_are_the_same_again() {
    let shell = with_results();
    let figures = [
        ("shop.toml", "timeline"),
        ("shop.toml", "percentiles"),
        ("shop.toml", "comparison"),
        ("shop.toml", "topology"),
        ("shop.toml", "cascade"),
        ("detailed", "timeline"),
        ("swept", "heat-map"),
        ("swept", "lines"),
        ("swept", "load-curve"),
    ];
    for (source, kind) in figures {
        let draw = |file: &str, threads: &str| -> Vec<u8> {
            let words = [
                "chart",
                source,
                kind,
                "-o",
                file,
                "--theme",
                "dark",
                "--size",
                "900x600",
                "--threads",
                threads,
            ];
            let said = shell.transcript(&words);
            assert!(said.contains("--- exit 0"), "{said}");
            std::fs::read(shell.path().join(file)).expect("the file was written")
        };
        let svg = draw("a.svg", "1");
        assert_eq!(svg, draw("a.svg", "3"), "{source} {kind}");
        let text = String::from_utf8(svg).expect("an SVG is UTF-8");
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|why| panic!("{source} {kind}: {why}"));
        let root = document.root_element();
        assert_eq!((root.tag_name().name(), root.attribute("width")), ("svg", Some("900")));
        let png = draw("a.png", "2");
        assert!(png.starts_with(b"\x89PNG\r\n"), "{source} {kind}");
        assert_eq!(png, draw("a.png", "2"), "{source} {kind}");
    }
    let left = std::fs::read_dir(shell.path()).expect("there is a folder").count();
    assert_eq!(left, 8, "two texts, four folders and two figures: nothing else is left");
}

#[test]
fn what_cannot_be_drawn_is_told_with_a_cure() {
    let shell = with_results();
    std::fs::create_dir(shell.path().join("foreign")).expect("a folder can be made");
    shell.write("foreign/notes.txt", "nothing of ours");
    let all = [
        &["chart", "shop.toml", "timelime"][..],
        &["chart", "shop.toml", "pie"],
        &["chart", "swept", "clif"],
        &["chart", "shop.toml", "waterfall"],
        &["chart", "shop.toml", "heat-map"],
        &["chart", "study.toml", "heat-map"],
        &["chart", "study.toml", "timeline"],
        &["chart", "plain", "heat-map"],
        &["chart", "plain", "timeline"],
        &["chart", "compared", "percentiles"],
        &["chart", "swept", "topology", "--point", "0"],
        &["chart", "plain", "comparison"],
        &["chart", "swept", "comparison"],
        &["chart", "swept", "comparison", "--point", "99"],
        &["chart", "detailed", "timeline", "--seed", "99"],
        &["chart", "detailed", "timeline", "--variant", "pateint"],
        &["chart", "detailed", "timeline", "--set", "run.seed=1"],
        &["chart", "swept", "heat-map", "--measure", "goodptu"],
        &["chart", "shop.toml", "comparison", "--measure", "goodptu"],
        &["chart", "foreign", "timeline"],
        &["chart", "shpo.toml", "timeline"],
        &["chart", "shop.toml", "timeline", "-o", "a.pdf"],
        &["chart", "shop.toml", "timeline", "-o", "nowhere/a.svg"],
        &["chart", "shop.toml", "timeline", "-o", "a.svg", "--size", "1x1"],
    ];
    let told: Vec<String> = all.iter().map(|it| shell.transcript(it)).collect();
    insta::assert_snapshot!("refused", told.join("\n"));
    assert!(!Path::new(&shell.path().join("a.svg")).exists());
}
