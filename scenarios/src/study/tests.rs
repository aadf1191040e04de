//! Studies as users write them: what they plan, and what is said of those that are wrong.

use super::testing::{find, no_files, study_of};
use super::*;

/// A system small enough to be compiled many times.
const SMALL: &str = r#"format = 1
[run]
duration = "60s"
warmup = "10s"
seed = 7
replications = 3
[load.users]
target = "web"
rate = "50/s"
[service.web]
replicas = 2
workers = 4
work = "exponential(mean=20ms)"
queue = { limit = 100 }
[policy.p]
edge = "users -> web"
timeout = "1s"
[fault.slow]
target = "web"
at = "20s"
for = "10s"
effect = { work = "x5" }
[variant.plain]
[variant.retries]
label = "Three attempts"
set.policy.p.retry = { attempts = 3, backoff = "none" }
[measure]
p99 = "p99(web)"
"#;

const HEAD: &str = "format = 1\nscenario = \"small.toml\"\n";

fn good(text: &str) -> Study {
    good_with(text, &[])
}

fn good_with(text: &str, sets: &[(&str, &str)]) -> Study {
    let sets: Vec<(String, String)> = sets.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
    match study_of(&format!("{HEAD}{text}"), SMALL, &sets) {
        Ok(study) => study,
        Err(mistakes) => panic!("{}", mistakes.render(false)),
    }
}

/// The points in words.
fn described(study: &Study) -> Vec<String> {
    study.points().iter().map(|it| study.describe(it)).collect()
}

#[test]
fn a_study_is_known_by_the_scenario_it_names() {
    assert!(is_study(HEAD.as_bytes()));
    assert!(is_study(b"scenario = 1\n[oops"));
    assert!(!is_study(SMALL.as_bytes()) && !is_study(b"") && !is_study(b"\xff\xfe"));
    assert!(!is_study(b"[load.scenario]\nx = 1\n"));
    let large = [HEAD.as_bytes(), &vec![b'#'; 10_000_001]].concat();
    assert!(!is_study(&large));
}

#[test]
fn a_grid_has_all_combinations_with_the_first_axis_as_the_slowest() {
    let study = good(
        "[axis.load]\npath = \"load.users.scale\"\nvalues = [\"x1\", \"x2\"]\n[axis.timeout]\npath = \"policy.p.timeout\"\nvalues = \"linear(1s .. 3s, 3)\"\n",
    );
    assert_eq!(
        described(&study),
        [
            "load = x1, timeout = 1s",
            "load = x1, timeout = 2s",
            "load = x1, timeout = 3s",
            "load = x2, timeout = 1s",
            "load = x2, timeout = 2s",
            "load = x2, timeout = 3s",
        ]
    );
    assert_eq!(study.points()[4].index, 4);
    assert_eq!(study.points()[4].coordinates[1].number, Some(2.0));
    assert_eq!(study.axes()[1].unit.as_deref(), Some("s"));
    assert_eq!(study.variants(), ["plain", "retries"]);
    assert_eq!((study.first_seed(), study.replications()), (7, &Replications::Fixed(3)));
    assert_eq!(study.measures(), ["p99"]);
}

#[test]
fn zip_takes_the_first_of_each_then_the_second_of_each() {
    let study = good(
        "[plan]\nmethod = \"zip\"\nreplications = 4\n[axis.a]\npath = \"service.web.workers\"\nvalues = [2, 4]\n[axis.b]\npath = \"service.web.queue.limit\"\nvalues = [\"unlimited\", 8]\n",
    );
    assert_eq!(described(&study), ["a = 2, b = unlimited", "a = 4, b = 8"]);
    assert_eq!(study.replications(), &Replications::Fixed(4));
    assert_eq!(
        (study.axes()[1].unit.clone(), study.points()[0].coordinates[1].number),
        (None, None)
    );
}

#[test]
fn a_point_is_compiled_as_if_the_file_said_so() {
    let study = good(
        "set.run.duration = \"45s\"\nvariants = [\"base\", \"retries\"]\n[axis.load]\npath = [\"load.users.scale\", \"fault.slow.effect.work\"]\nvalues = [\"x1\", \"x4\"]\n[measure]\nmean = \"mean(web)\"\nattempts = \"attempts(users -> web)\"\n",
    );
    let compiled = study.compile(&study.points()[1], "retries").unwrap();
    let by_hand = SMALL
        .replace("duration = \"60s\"", "duration = \"45s\"")
        .replace("rate = \"50/s\"", "rate = \"50/s\"\nscale = \"x4\"")
        .replace("work = \"x5\"", "work = \"x4\"");
    let wanted = Scenario::load("small", "small.toml", by_hand.as_bytes(), &[], &no_files).unwrap();
    let wanted = wanted.compile("retries").unwrap();
    assert_eq!(format!("{:?}", compiled.model), format!("{:?}", wanted.model));
    assert_eq!(
        (compiled.variant.as_str(), compiled.label.as_deref()),
        ("retries", Some("Three attempts"))
    );
    let names: Vec<&str> = compiled.measures.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["mean", "attempts"]);
    assert_eq!(study.measures(), names);
    assert!(
        study
            .compile(&study.points()[0], "nobody")
            .unwrap_err()
            .render(false)
            .contains("no variant is called `nobody`")
    );
}

#[test]
fn the_command_line_wins_over_what_a_study_sets() {
    let study = good_with(
        "set.service.web.workers = 9\nset.service.web.replicas = 5\n[axis.load]\npath = \"load.users.scale\"\nvalues = [\"x1\"]\n",
        &[("service.web.workers", "3")],
    );
    let web = &study.compile(&study.points()[0], "plain").unwrap().model.services[0];
    assert_eq!((web.replicas, web.workers), (5, Some(3)));
}

#[test]
fn an_axis_can_be_the_variant_or_the_seed() {
    let study = good(
        "[axis.strategy]\npath = \"variant\"\nvalues = [\"base\", \"retries\"]\n[axis.seed]\npath = \"run.seed\"\nvalues = \"linear(1 .. 9, 3)\"\n",
    );
    assert_eq!(study.variants(), ["base"]);
    let last = study.points().last().unwrap();
    assert_eq!(study.describe(last), "strategy = retries, seed = 9");
    let compiled = study.compile(last, "base").unwrap();
    assert_eq!((compiled.variant.as_str(), compiled.seed), ("retries", 9));
    assert_eq!(study.first_seed(), 7);
}

#[test]
fn constraints_take_points_away_and_say_how_many() {
    let study = good(
        "[axis.load]\npath = \"load.users.scale\"\nvalues = [\"x1\", \"x2\", \"x3\"]\n[axis.timeout]\npath = \"policy.p.timeout\"\nvalues = [\"1s\", \"2s\", \"3s\"]\n\
         [constraint.a]\nthat = \"axis.timeout * axis.load <= 4s\"\nwhy = \"too much\"\n[constraint.b]\nthat = \"not (axis.load == x1 and axis.timeout > 2s) or axis.load >= 2 * 50%  + 1\"\nwhy = \"uninteresting\"\n",
    );
    assert_eq!(
        described(&study),
        [
            "load = x1, timeout = 1s",
            "load = x1, timeout = 2s",
            "load = x2, timeout = 1s",
            "load = x2, timeout = 2s",
            "load = x3, timeout = 1s"
        ]
    );
    let told: Vec<(&str, &str, usize)> = study
        .excluded()
        .iter()
        .map(|it| (it.constraint.as_str(), it.why.as_str(), it.points))
        .collect();
    assert_eq!(told, [("a", "too much", 3), ("b", "uninteresting", 1)]);
}

#[test]
fn texts_are_compared_in_single_quotes() {
    let study = good(
        "[axis.how]\npath = \"service.web.queue.order\"\nvalues = [\"fifo\", \"lifo\"]\n[axis.n]\npath = \"service.web.workers\"\nvalues = [1, 2]\n\
         [constraint.c]\nthat = \"axis.how != 'lifo' or axis.n > 1\"\nwhy = \"one is enough\"\n",
    );
    assert_eq!(
        described(&study),
        ["how = fifo, n = 1", "how = fifo, n = 2", "how = lifo, n = 2"]
    );
}

#[test]
fn what_is_rounded_in_binary_is_equal_in_a_constraint() {
    let study = good(
        "[axis.a]\npath = \"load.users.scale\"\nvalues = [\"x0.1\"]\n[constraint.c]\nthat = \"axis.a + axis.a + axis.a == x0.3\"\nwhy = \"0.1 is no binary number\"\n",
    );
    assert_eq!(study.points().len(), 1);
}

#[test]
fn drawn_points_stay_where_they_are_when_an_axis_is_added() {
    let plan = |method: &str| format!("[plan]\nmethod = \"{method}\"\npoints = 8\nseed = 3\n");
    let one = "[axis.timeout]\npath = \"policy.p.timeout\"\nvalues = \"log(100ms .. 3s)\"\n";
    let two = "[axis.load]\npath = \"load.users.scale\"\nvalues = \"linear(x0.5 .. x2)\"\n";
    for method in ["random", "lhs", "sobol"] {
        let texts = |study: &Study, row: usize| {
            let it = study.points().iter().map(|it| it.coordinates[row].text.clone());
            it.collect::<Vec<_>>()
        };
        let alone = good(&format!("{}{one}", plan(method)));
        let both = good(&format!("{}{one}{two}", plan(method)));
        assert_eq!(texts(&alone, 0), texts(&both, 0), "{method}");
        assert_eq!(both.points().len(), 8);
        if method != "sobol" {
            let before = good(&format!("{}{two}{one}", plan(method)));
            assert_eq!(texts(&alone, 0), texts(&before, 1), "{method}");
        }
        insta::assert_snapshot!(format!("points_{method}"), described(&both).join("\n"));
    }
}

#[test]
fn goals_are_relative_absolute_or_in_points() {
    let study = good(
        "[plan]\nreplications = { min = 4, max = 9, until = [\"halfwidth(p99) < 5%\", \"halfwidth(p99) < 20ms\", \"halfwidth(bad) < 10%\", \"halfwidth(share) < 0.01\"] }\n\
         [axis.load]\npath = \"load.users.scale\"\nvalues = [\"x1\"]\n[measure]\np99 = \"p99(web)\"\nbad = \"p99(web) > 1s\"\nshare = \"success_ratio(web)\"\n",
    );
    let Replications::Until { min, max, goals } = study.replications() else {
        panic!("{:?}", study.replications());
    };
    let widths: Vec<Width> = goals.iter().map(|it| it.width).collect();
    assert_eq!((*min, *max), (4, 9));
    assert_eq!(
        widths,
        [
            Width::Relative(0.05),
            Width::Absolute(0.02),
            Width::Absolute(0.1),
            Width::Absolute(0.01)
        ]
    );
}

#[test]
fn charts_know_their_axes_and_measures() {
    let study = good(
        "[axis.load]\npath = \"load.users.scale\"\nvalues = [\"x1\", \"x2\"]\n[axis.n]\npath = \"service.web.workers\"\nvalues = [1, 2]\n\
         [chart.map]\nkind = \"heatmap\"\nx = \"axis.load\"\ny = \"axis.n\"\ncolor = \"p99\"\nfacet = \"variant\"\n[chart.lines]\nkind = \"lines\"\nx = \"axis.load\"\ny = \"p99\"\ncolor = \"axis.n\"\n",
    );
    let [map, lines] = study.charts() else {
        panic!("{:?}", study.charts())
    };
    assert_eq!(
        (&map.x, &map.y, map.facet.as_ref()),
        (&Source::Axis(0), &Source::Axis(1), Some(&Source::Variant))
    );
    assert_eq!(
        (&lines.y, lines.color.as_ref()),
        (&Source::Measure("p99".to_owned()), Some(&Source::Axis(1)))
    );
}

#[test]
fn values_that_do_not_go_together_are_told_with_the_point() {
    // Each level of each axis is fine at the first point that has it; one combination is not.
    let study = good(
        "set.run.warmup = \"0s\"\n[axis.warmup]\npath = \"run.warmup\"\nvalues = [\"1s\", \"40s\"]\n[axis.length]\npath = \"run.duration\"\nvalues = [\"90s\", \"35s\", \"80s\"]\n",
    );
    let point = &study.points()[4];
    let mistakes = study.compile(point, "plain").unwrap_err();
    insta::assert_snapshot!(mistakes.render(false));
    assert!(study.compile(&study.points()[5], "plain").is_ok());
}

/// Every mistake of a study over [`SMALL`].
fn mistakes(text: &str) -> String {
    match study_of(text, SMALL, &[]) {
        Ok(study) => format!("(none)\n{}", study.lints().render(false)),
        Err(mistakes) => mistakes.render(false),
    }
}

#[test]
fn studies_that_are_wrong_are_told_every_mistake_at_its_place() {
    insta::glob!("../../tests/studies", "*.toml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        insta::assert_snapshot!(mistakes(&text));
    });
}

#[test]
fn mistakes_of_study_and_scenario_come_together_each_in_its_own_file() {
    let scenario = SMALL.replace("timeout = \"1s\"", "timeout = 1");
    let text = format!("{HEAD}[axis.a]\npath = \"policy.p.timeot\"\nvalues = [\"1s\"]\n");
    insta::assert_snapshot!(study_of(&text, &scenario, &[]).unwrap_err().render(false));
}

#[test]
fn a_value_set_from_outside_cannot_be_an_axis_too() {
    let text = format!("{HEAD}[axis.a]\npath = \"policy.p.timeout\"\nvalues = [\"1s\", \"2s\"]\n");
    let sets = [("policy.p".to_owned(), "{ timeout = \"2s\" }".to_owned())];
    insta::assert_snapshot!(study_of(&text, SMALL, &sets).unwrap_err().render(false));
}

#[test]
fn a_study_of_a_study_and_files_that_are_none_are_refused() {
    let mut all = String::new();
    let loop_find = |_: &str| {
        Ok(Found {
            name: "loop".to_owned(),
            file: "loop.toml".to_owned(),
            bytes: HEAD.as_bytes().to_vec(),
        })
    };
    let text = format!("{HEAD}[axis.a]\npath = \"load.users.scale\"\nvalues = [\"x1\"]\n");
    all += &Study::load("s", "s.toml", text.as_bytes(), &[], &loop_find, &no_files)
        .unwrap_err()
        .render(false);
    let large = vec![b'#'; 10_000_001];
    for bytes in [&b""[..], b"# nothing\n", b"scenario = \"Caf\xe9\"\n", &large] {
        all += &Study::load("s", "s.toml", bytes, &[], &find, &no_files)
            .unwrap_err()
            .render(false);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_study_in_place_of_a_scenario_is_told_so_and_nothing_else() {
    let study = crate::library::studies()[0];
    let found = Scenario::load("x", "x.toml", study.text.as_bytes(), &[], &no_files).unwrap_err();
    let told: Vec<&str> = found.iter().map(|it| it.code).collect();
    assert_eq!(told, ["S0312"], "{}", found.render(false));
}

#[test]
fn points_can_be_compiled_on_several_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&good("[axis.load]\npath = \"load.users.scale\"\nvalues = [\"x1\"]\n"));
}

mod mutated {
    //! No text, however broken, makes a panic, and none takes long.
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = include_str!("../../library/studies/retry-storm-timeouts.toml");

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn studies_never_panic(
            cuts in prop::collection::vec((0usize..2_600, 0usize..40, "[\\PC\\n\"=\\[\\]{}.,0-9]{0,12}"), 1..5),
            swap in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let mut text = GOOD.replace("retry-storm.toml", "small.toml");
            for (at, length, with) in cuts {
                let boundary = |mut it: usize| {
                    it = it.min(text.len());
                    while !text.is_char_boundary(it) { it -= 1; }
                    it
                };
                let (from, to) = (boundary(at), boundary(at + length));
                text.replace_range(from..to, &with);
            }
            let mut lines: Vec<&str> = text.lines().collect();
            let (a, b) = (swap.0.index(lines.len()), swap.1.index(lines.len()));
            lines.swap(a, b);
            prop_assert!(!mistakes(&lines.join("\n")).is_empty());
        }

        #[test]
        fn values_of_any_type_never_panic(
            at in any::<prop::sample::Index>(),
            value in prop::sample::select(vec![
                "1", "-1", "0", "99999999999999999999", "1.5", "nan", "true", "\"\"", "\"x\"", "\"5ms\"", "[]", "[1]", "[[]]",
                "[\"a\"]", "{}", "{ a = 1 }", "2020-01-01", "\"linear(1 .. 1000000, 1000)\"", "\"log(1ns .. 10000d, 1000)\"",
                "\"lhs\"", "\"sobol\"", "\"axis.timeout < axis.load\"", "\"axis.load == 'x'\"", "\"variant\"", "[\"variant\", \"run.seed\"]",
                "\"format\"", "\"run\"", "\"é\"", "\"halfwidth(collapsed) < 1ms\"", "{ min = 9, max = 2, until = \"halfwidth(p) < 1%\" }",
                "[1, \"x\", true, { limit = 2 }]", "\"linear(0 .. 0.000000000001, 3)\"", "\"linear(1 .. 18446744073709551615, 999)\"",
            ]),
        ) {
            let good = GOOD.replace("retry-storm.toml", "small.toml").replace("load.shoppers", "load.users").replace("policy.app-to-db", "policy.p")
                .replace("\"naive\", \"budget\"", "\"plain\", \"retries\"").replace("web.home", "web").replace("app -> db", "users -> web").replace("shoppers", "users");
            let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
            let keys: Vec<usize> = (0..lines.len()).filter(|it| lines[*it].contains(" = ") && lines[*it].starts_with(char::is_alphabetic)).collect();
            let at = keys[at.index(keys.len())];
            let key = lines[at].split(" = ").next().unwrap().to_owned();
            lines[at] = format!("{key} = {value}");
            prop_assert!(!mistakes(&lines.join("\n")).is_empty());
        }

        #[test]
        fn bytes_and_paths_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), path in "[a-z.\"]{0,20}|service\\.web\\.[a-z]{1,8}", value in "\\PC{0,20}") {
            let bytes = [HEAD.as_bytes(), &bytes].concat();
            let _ = Study::load("s", "s.toml", &bytes, &[], &find, &no_files);
            let text = format!("{HEAD}[axis.a]\npath = '{path}'\nvalues = ['{}']\n", value.replace('\'', ""));
            prop_assert!(!mistakes(&text).is_empty());
        }
    }
}
