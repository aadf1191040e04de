//! What every shipped scenario says about itself.

use super::{Text, none, texts, with_extension};

/// What a header has to hold: lines that begin so.
const HEADER: [&str; 4] = ["# Question:", "# What to look at:", "# Source", "# Invented:"];
const KEYS: [&str; 3] = ["title", "question", "lesson"];

/// The value of a key at the top of a file.
fn top<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text.lines().take_while(|it| !it.starts_with('['));
    lines
        .filter_map(|it| it.split_once('='))
        .find(|it| it.0.trim() == key)
        .map(|it| it.1.trim())
}

fn incomplete(files: &[Text]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        let header: Vec<&str> = file.text.lines().take_while(|it| it.starts_with('#')).collect();
        for part in HEADER {
            if !header.iter().any(|it| it.starts_with(part)) {
                complaints.push(format!("{}: its header has no line `{part}`", file.path));
            }
        }
        for key in KEYS {
            if top(&file.text, key).is_none_or(|it| it.trim_matches('"').is_empty()) {
                complaints.push(format!("{}: it has no `{key}`", file.path));
            }
        }
        if !file.text.lines().any(|it| it.starts_with("[expect.")) {
            complaints.push(format!("{}: it expects nothing", file.path));
        }
    }
    let mut lessons: Vec<usize> = files
        .iter()
        .filter_map(|it| top(&it.text, "lesson")?.parse().ok())
        .collect();
    lessons.sort_unstable();
    if lessons != (1..=files.len()).collect::<Vec<_>>() {
        complaints.push(format!("lessons are not numbered 1, 2, 3 ...: {lessons:?}"));
    }
    complaints
}

#[test]
fn every_shipped_scenario_has_its_header_title_question_and_lesson() {
    let mut files = with_extension(texts("scenarios/library"), ".toml");
    // Studies have no lesson; their own crate looks at their headers.
    files.retain(|it| !it.path.starts_with("scenarios/library/studies/"));
    none(incomplete(&files));
}

#[test]
fn what_a_scenario_leaves_out_is_found() {
    let whole = "# Question: why?\n#\n# What to look at: the queue.\n# Source: a book.\n# Invented: all numbers.\n\n\
                 format = 1\nlesson = 1\ntitle = \"A\"\nquestion = \"Why?\"\n\n[expect.it]\nthat = \"p99(*) < 1s\"\n";
    let found = |text: String| incomplete(&[Text::new("scenarios/library/a.toml", &text)]).len();
    assert_eq!(found(whole.to_owned()), 0);
    for part in HEADER.into_iter().chain(["title", "question", "[expect"]) {
        assert_eq!(found(whole.replace(part, "# other")), 1, "{part}");
    }
    assert_eq!(found(whole.replace("\"A\"", "\"\"")), 1);
    // Without its number the lessons do not count up either.
    assert_eq!(found(whole.replace("lesson", "# other")), 2);
    assert_eq!(found(whole.replace("lesson = 1", "lesson = 3")), 1);
    assert_eq!(found(format!("\n{whole}")), 4, "the header comes first");
}
