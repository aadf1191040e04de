//! What a user sees of a wrong file, and that a right one is read without a word.

use brownout_scenarios::diagnostics::Diagnostics;
use brownout_scenarios::document::{BASE, Document, Override};
use brownout_scenarios::spec::{Spec, decode};

/// All mistakes of a file and its variants.
fn mistakes(name: &str, bytes: &[u8], overrides: &[Override]) -> Diagnostics {
    let (document, mut all) = Document::parse(name, bytes);
    let variants = document.variants().into_iter().map(|it| it.name.value);
    for variant in [BASE.to_owned()].into_iter().chain(variants) {
        let (merged, found) = document.variant(&variant, overrides);
        all.merge(found);
        all.merge(decode(&merged).1);
    }
    all
}

fn read(text: &str, variant: &str) -> Spec {
    let (document, found) = Document::parse("test.toml", text.as_bytes());
    assert!(found.is_empty(), "{}", found.render(false));
    let (merged, found) = document.variant(variant, &[]);
    assert!(found.is_empty(), "{}", found.render(false));
    let (spec, found) = decode(&merged);
    assert!(found.is_empty(), "{}", found.render(false));
    spec
}

#[test]
fn bad_files_are_told_all_their_mistakes() {
    insta::glob!("bad/*.toml", |path| {
        let bytes = std::fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        insta::assert_snapshot!(mistakes(&name, &bytes, &[]).render(false));
    });
}

#[test]
fn good_files_are_read_without_a_word() {
    insta::glob!("good/*.toml", |path| {
        let found = mistakes("good.toml", &std::fs::read(path).unwrap(), &[]);
        assert!(found.is_empty(), "{}:\n{}", path.display(), found.render(false));
    });
}

#[test]
fn files_that_are_no_scenario_at_all() {
    let mut shown = String::new();
    let large = vec![b'#'; 10_000_001];
    let wide = format!("format = 1\ntitle = \"{}\"\nfoo = 1\n", "x".repeat(100_000));
    let dots = format!("a{} = 1\n", ".a".repeat(100_000));
    let lists = format!("a = {}{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let texts: [(&str, &[u8]); 9] = [
        ("empty.toml", b""),
        ("blank.toml", b"\n  \n# nothing\n"),
        ("latin.toml", b"format = 1\ntitle = \"Caf\xe9\"\n"),
        ("binary.toml", b"\x00\x01\xff"),
        ("large.toml", &large),
        ("wide.toml", wide.as_bytes()),
        ("dots.toml", dots.as_bytes()),
        ("lists.toml", lists.as_bytes()),
        ("bom.toml", b"\xef\xbb\xbfformat = 2\r\ntitle = 1\r\n"),
    ];
    for (name, bytes) in texts {
        shown += &mistakes(name, bytes, &[]).render(false);
        shown += "\n";
    }
    insta::assert_snapshot!(shown);
}

const SMALL: &str = r#"
format = 1
[run]
duration = "10m"
[load.users]
target = "web"
rate = "10/s"
[defaults.service]
workers = 32
queue = { limit = 8 }
[defaults.policy]
timeout = "3s"
cancel = "propagate"
[service.web]
work = "5ms"
queue = { order = "lifo" }
slowdown = { kind = "linear", per_call = "1%" }
[policy.p]
edge = "users -> web"
like = "resilience4j-default"
timeout = "2s"
[variant.a]
set.policy.p.timeout = "4s"
set.service.web.slowdown = { kind = "usl", sigma = "5%" }
[variant.b]
from = "a"
unset = ["policy.p.retry", "policy.p.cancel"]
set.load.users.rate = "20/s"
[change.c]
at = "5m"
set.service.web.workers = 4
unset = ["policy.p.timeout"]
"#;

/// `path = value (where from)` for a few settings of one version.
fn settings(variant: &str, overrides: &[Override], paths: &[&str]) -> String {
    let (document, _) = Document::parse("small.toml", SMALL.as_bytes());
    let (merged, found) = document.variant(variant, overrides);
    let mut text = found.render(false);
    for path in paths {
        let line = match merged.root().find(path.split('.')) {
            Some(node) => format!("{path} = {:?} ({})\n", node.value, merged.comes_from(node.at)),
            None => format!("{path} is not set\n"),
        };
        text += &line;
    }
    text
}

#[test]
fn later_layers_win_and_each_value_knows_its_own() {
    let paths = [
        "load.users.rate",
        "policy.p.timeout",
        "policy.p.cancel",
        "policy.p.retry.attempts",
        "service.web.workers",
        "service.web.queue.limit",
        "service.web.queue.order",
        "service.web.slowdown.per_call",
    ];
    let set = [
        Override::set("policy.p.timeout", "1s"),
        Override::set("service.web.queue.limit", "3"),
        Override {
            axis: true,
            path: "load.users.scale".to_owned(),
            value: "x2".to_owned(),
        },
    ];
    let all = [
        settings("base", &[], &paths),
        settings("a", &[], &paths),
        settings("b", &[], &paths),
        settings("b", &set, &paths),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn overrides_that_cannot_be_are_shown_as_they_were_typed() {
    let set = [
        Override::set("policy.p.timeot", "1s"),
        Override::set("policy.p.timeout", "10"),
        Override::set("service..x", "1"),
        Override::set("variant.a", "1"),
        Override::set("run.duration", "10m extra"),
    ];
    insta::assert_snapshot!(mistakes("small.toml", SMALL.as_bytes(), &set).render(false));
}

#[test]
fn a_change_is_the_version_it_is_made_in_with_a_patch() {
    let (document, _) = Document::parse("small.toml", SMALL.as_bytes());
    let (merged, _) = document.variant("a", &[]);
    let (changed, found) = merged.with_change("c");
    assert!(found.is_empty(), "{}", found.render(false));
    let (spec, found) = decode(&changed);
    assert!(found.is_empty(), "{}", found.render(false));
    let workers = spec.service[0].workers.as_ref().unwrap();
    assert_eq!(workers.value.count(), Some(4));
    assert_eq!(changed.comes_from(workers.at), "change c (small.toml:31)");
    assert!(spec.policy[0].timeout.is_none());
}

#[test]
fn a_variant_is_read_as_if_the_file_said_so() {
    let base = read(SMALL, "base");
    let b = read(SMALL, "b");
    assert!(base.policy[0].retry.is_some() && b.policy[0].retry.is_none());
    assert!(base.policy[0].cancel.is_some() && b.policy[0].cancel.is_none());
}

#[test]
fn a_file_full_of_mistakes_is_told_some_of_them_at_once() {
    let mut text = String::from("format = 1\n");
    for number in 0..60_000 {
        text += &format!("k{number} = \"x\"\n[service.s{number}]\nwrok = 1\nwork = 1\n");
    }
    let found = mistakes("full.toml", text.as_bytes(), &[]);
    assert!(found.has_errors() && found.dropped() > 1_000);
    assert!(found.render(false).len() < 200_000);
}

mod mutated {
    //! No text, however broken, makes a panic.
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = include_str!("good/everything.toml");

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn scenarios_never_panic(
            cuts in prop::collection::vec((0usize..6_000, 0usize..40, "[\\PC\\n\"=\\[\\]{}.,0-9]{0,12}"), 1..6),
            swap in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let mut text = GOOD.to_owned();
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
            let found = mistakes("mutated.toml", lines.join("\n").as_bytes(), &[]);
            found.render(false);
            prop_assert!(found.iter().all(|it| it.line >= 1 && it.column >= 1));
        }

        #[test]
        fn values_of_any_type_never_panic(at in any::<prop::sample::Index>(), value in prop::sample::select(vec![
            "1", "-1", "0", "9223372036854775807", "99999999999999999999", "1.5", "nan", "inf", "true", "\"\"", "\"x\"", "\"5ms\"",
            "[]", "[1]", "[[]]", "[\"a\"]", "{}", "{ a = 1 }", "2020-01-01", "\"18446744073709551615ns\"", "\"100%\"", "\"é\"", "\"\\u0000\"",
        ])) {
            let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
            let keys: Vec<usize> = (0..lines.len()).filter(|it| lines[*it].contains(" = ") && lines[*it].starts_with(char::is_alphabetic)).collect();
            let at = keys[at.index(keys.len())];
            let key = lines[at].split(" = ").next().unwrap().to_owned();
            lines[at] = format!("{key} = {value}");
            mistakes("typed.toml", lines.join("\n").as_bytes(), &[]).render(true);
        }

        #[test]
        fn bytes_and_overrides_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), path in "[a-z.\"]{0,20}|service\\.web\\.[a-z]{1,8}", value in "\\PC{0,20}") {
            mistakes("bytes.toml", &bytes, &[]).render(false);
            mistakes("small.toml", SMALL.as_bytes(), &[Override::set(&path, &value)]).render(false);
        }
    }
}
