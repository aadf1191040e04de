//! Links of the documentation lead somewhere, and every chapter of the book is in its table of contents.

use super::{Text, none, root, texts, with_extension};

/// Prose of a Markdown file: without fenced blocks, inline code and comments.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let (mut fenced, mut comment) = (false, false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            for (at, part) in line.split('`').enumerate() {
                if at % 2 == 0 {
                    out.push_str(part);
                }
            }
        }
        out.push('\n');
    }
    let mut rest = out.as_str();
    let mut kept = String::new();
    while !rest.is_empty() {
        let mark = if comment { "-->" } else { "<!--" };
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        if !comment {
            kept.push_str(before);
        }
        comment = !comment;
        rest = after;
    }
    kept
}

/// Targets of `[text](target)` and of `{{#include target}}`.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let link = |it: &str| it.split([')', ' ']).next().unwrap_or_default().to_owned();
    let links = prose.split("](").skip(1).map(link);
    let included = prose
        .split("{{#include ")
        .skip(1)
        .filter_map(|it| Some(it.split_once("}}")?.0.trim().to_owned()));
    links.chain(included).collect()
}

/// What a heading is called in a link.
fn slug(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn has_heading(text: &str, anchor: &str) -> bool {
    let headings = text
        .lines()
        .filter(|it| it.starts_with('#'))
        .map(|it| it.trim_start_matches('#'));
    headings.map(|it| slug(&it.replace('`', ""))).any(|it| it == anchor)
}

/// Links that lead nowhere. `exists` says whether there is such a path; files among `files` are looked into for headings.
fn dead(files: &[Text], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        for target in targets(&file.text) {
            if ["http://", "https://", "mailto:"]
                .iter()
                .any(|it| target.starts_with(it))
            {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = file.path.rsplit_once('/').map_or("", |it| it.0);
            let path = if path.is_empty() {
                file.path.clone()
            } else {
                join(folder, path)
            };
            if !exists(&path) {
                complaints.push(format!("{}: there is no `{target}`", file.path));
            } else if !anchor.is_empty()
                && let Some(there) = files.iter().find(|it| it.path == path)
                && !has_heading(&there.text, anchor)
            {
                complaints.push(format!("{}: `{path}` has no heading `#{anchor}`", file.path));
            }
        }
    }
    complaints
}

fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => (),
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Chapters that the table of contents does not name and no chapter includes.
fn unlisted(files: &[Text]) -> Vec<String> {
    let mut named = Vec::new();
    for file in files {
        let folder = file.path.rsplit_once('/').map_or("", |it| it.0);
        let included = file.text.contains("{{#include ");
        if file.name() == "SUMMARY.md" || included {
            named.extend(targets(&file.text).iter().map(|it| join(folder, it)));
        }
    }
    let missing = files
        .iter()
        .filter(|it| it.name() != "SUMMARY.md" && !named.contains(&it.path));
    missing.map(|it| format!("{} is not in SUMMARY.md", it.path)).collect()
}

#[test]
fn every_link_in_the_documentation_leads_somewhere() {
    none(dead(&with_extension(texts(""), ".md"), |path| {
        root().join(path).exists()
    }));
}

#[test]
fn every_chapter_of_the_book_is_in_its_contents() {
    none(unlisted(&with_extension(texts("book/src"), ".md")));
}

#[test]
fn dead_links_are_found() {
    let files = [
        Text::new(
            "README.md",
            "# A map\n[a](book/b.md) [b](book/b.md#two-words) [c](#a-map) [d](https://example.com)",
        ),
        Text::new(
            "book/b.md",
            "# One\n## Two `words`\n[up](../README.md)\n```\n[code](nowhere.md)\n```\n`[x](y.md)`",
        ),
    ];
    let exists = |path: &str| files.iter().any(|it| it.path == path);
    none(dead(&files, exists));
    for text in [
        "[a](book/c.md)",
        "[a](b.md)",
        "[a](book/b.md#three)",
        "[a](#b)",
        "{{#include c.md}}",
        "![a](c.svg)",
    ] {
        let wrong = [Text::new("README.md", text), Text::new("book/b.md", "# One")];
        assert_eq!(dead(&wrong, exists).len(), 1, "{text}");
    }
    none(dead(&[Text::new("a.md", "<!-- [a](c.md)\n[b](d.md) --> text")], exists));
}

#[test]
fn an_unlisted_chapter_is_found() {
    let summary = Text::new("book/src/SUMMARY.md", "- [A](a.md)");
    let chapter = |name: &str, text: &str| Text::new(&format!("book/src/{name}.md"), text);
    none(unlisted(&[
        summary,
        chapter("a", "{{#include b.md}}"),
        chapter("b", "a table"),
    ]));
    let summary = Text::new("book/src/SUMMARY.md", "- [A](a.md)");
    assert_eq!(
        unlisted(&[summary, chapter("a", "see b"), chapter("b", "")]),
        ["book/src/b.md is not in SUMMARY.md"]
    );
}
