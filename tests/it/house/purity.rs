//! What the pure crates must not touch: files, threads, clocks, the environment, and maps without an order.

use super::{Text, code, none, texts, with_extension, without_tests};

/// Names of the outside world, and of maps whose order differs from run to run.
const FORBIDDEN: [&str; 11] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::time",
    "std::thread",
    "std::process",
    "Instant::now",
    "SystemTime",
    "HashMap",
    "HashSet",
];

fn impure(files: &[Text]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files
        .iter()
        .filter(|it| !matches!(it.name(), "tests.rs" | "testing.rs") && !it.path.contains("/tests/"))
    {
        for (number, line) in without_tests(&file.text).lines().enumerate() {
            for word in FORBIDDEN.into_iter().filter(|it| code(line).contains(it)) {
                complaints.push(format!("{}:{}: `{word}` has no place here", file.path, number + 1));
            }
        }
    }
    complaints
}

#[test]
fn the_pure_crates_touch_nothing_outside() {
    none(impure(&with_extension(texts("sim-core/src"), ".rs")));
    none(impure(&with_extension(texts("scenarios/src"), ".rs")));
}

#[test]
fn what_touches_the_outside_is_found() {
    let found = |text: &str| impure(&[Text::new("sim-core/src/a.rs", text)]).len();
    assert_eq!(found("use std::fs;\nlet map = HashMap::new();"), 2);
    assert_eq!(
        found("// No std::fs here.\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}"),
        0
    );
}
