//! Offline help, from the description of the fields and the codes; and the reference chapter of the book.

use crate::diagnostics::codes::{self, Code};
use crate::document::Document;
use crate::fields::{Block, FieldInfo, Shape, TableInfo, lookup};
use crate::spec::Spec;
use core::fmt::Write;

/// What there is to say about a code (`S0104`), a field (`service.queue.limit`, or just `queue`) or a kind of table
/// (`service`). `None` if nothing is called so.
pub fn explain(topic: &str) -> Option<String> {
    let topic = topic.trim().trim_matches('`');
    if let Some(code) = codes::find(topic) {
        return Some(explain_code(code));
    }
    let keys: Vec<&str> = topic.trim_start_matches('[').trim_end_matches(']').split('.').collect();
    if let Some(fields) = field_at(&keys) {
        return Some(explain_field(&fields, topic));
    }
    let all = fields_called(&keys);
    if !all.is_empty() {
        let texts: Vec<String> = all.iter().map(|it| explain_field(&it.1, &it.0)).collect();
        return Some(texts.join("\n"));
    }
    if let Some((comment, settings)) = Document::profile(topic) {
        let settings: String = settings.lines().map(|it| format!("    {it}\n")).collect();
        return Some(format!(
            "{topic}: a profile, the defaults of a library.\n\n{comment}\n\n    [policy.x]\n    like = \"{topic}\"\n\nIt sets:\n\n{settings}"
        ));
    }
    None
}

/// Everything [`explain`] knows by a name of its own: codes, tables and their fields by path.
pub fn topics() -> Vec<String> {
    let mut all: Vec<String> = codes::all().map(|it| it.id.to_owned()).collect();
    for (path, _, _) in tables() {
        all.push(path);
    }
    all.sort();
    all.dedup();
    all
}

fn explain_code(code: &Code) -> String {
    let mut text = format!("{}: {}\n\n{}\n", code.id, code.title, code.why);
    let indented = |text: &str| text.lines().map(|it| format!("    {it}\n")).collect::<String>();
    if !code.wrong.is_empty() {
        let _ = write!(text, "\nWrong:\n\n{}", indented(code.wrong));
    }
    let _ = write!(text, "\nRight:\n\n{}", indented(code.right));
    text
}

/// The fields along a path, whether or not it has names of the user's own: `service.queue` is `service.web.queue`.
fn field_at(keys: &[&str]) -> Option<Vec<&'static FieldInfo>> {
    let root = Spec::info();
    let first = root.field(keys.first()?)?;
    if keys.len() == 1 {
        return Some(vec![first]);
    }
    let mut named: Vec<&str> = keys.to_vec();
    if first.is_map() {
        named.insert(1, "name");
    }
    let mut endpoint = named.clone();
    if named.get(2) == Some(&"endpoint") {
        endpoint.insert(3, "name");
    }
    lookup(root, &endpoint)
        .filter(|_| keys.len() > 2)
        .or_else(|| lookup(root, &named))
        .or_else(|| lookup(root, keys))
}

/// Every field whose path ends so, with its path.
fn fields_called(keys: &[&str]) -> Vec<(String, Vec<&'static FieldInfo>)> {
    let mut all = Vec::new();
    let Some((name, parents)) = keys.split_last() else {
        return all;
    };
    let end = parents.join(".");
    for (path, info, _) in tables() {
        if !(end.is_empty() || path == end || path.ends_with(&format!(".{end}"))) {
            continue;
        }
        if let Some(field) = info.field(name) {
            let path = if path.is_empty() {
                (*name).to_owned()
            } else {
                format!("{path}.{name}")
            };
            all.push((path, vec![field]));
        }
    }
    all
}

fn explain_field(fields: &[&'static FieldInfo], path: &str) -> String {
    let field = fields.last().expect("a path has a field");
    let mut text = format!("{path}: {}\n\n{}\n\n", accepted((field.shape)()), field.sentence());
    let _ = writeln!(text, "    {} = {}", field.name, field.example);
    text.push('\n');
    match field.rule.default {
        Some(default) => {
            let _ = writeln!(text, "Default: {default}");
        }
        None if field.rule.required => text.push_str("Required.\n"),
        None => {}
    }
    let whole = fields.get(1).unwrap_or(field);
    if fields.len() > 1 {
        let live = if whole.rule.live { "can" } else { "cannot" };
        let _ = writeln!(text, "A `[change]` {live} set it during a run.");
    }
    for (kind, info) in field.tables() {
        let names: Vec<&str> = info.all_fields().iter().map(|it| it.name).collect();
        let names = if names.is_empty() {
            "nothing else".to_owned()
        } else {
            names.join(", ")
        };
        let _ = match kind {
            Some(kind) => writeln!(text, "kind = \"{kind}\": {} It has {names}.", info.sentence()),
            None => writeln!(text, "The table has {names}."),
        };
    }
    text
}

/// What a shape accepts, in a few words.
fn accepted(shape: Shape) -> String {
    match shape {
        Shape::Whole(least, most) if most < 1 << 30 => format!("a whole number from {least} to {most}"),
        Shape::Whole(least, _) => format!("a whole number from {least}"),
        Shape::List(inner) => format!("a list: {}", accepted(*inner)),
        Shape::Map(_, inner) if matches!(*inner, Shape::Table(_)) => "tables by name".to_owned(),
        Shape::Map(what, inner) => format!("a table of {} by the name of the {what}", accepted(*inner)),
        Shape::Kinds(..) => "a table with a `kind`".to_owned(),
        Shape::Either(all) => all.into_iter().map(accepted).collect::<Vec<_>>().join(", or "),
        other => other.noun(),
    }
}

/// Every kind of table: the path that leads to it, its description, and its `kind` where it has one.
fn tables() -> Vec<(String, &'static TableInfo, Option<&'static str>)> {
    fn walk(
        path: String,
        info: &'static TableInfo,
        kind: Option<&'static str>,
        into: &mut Vec<(String, &'static TableInfo, Option<&'static str>)>,
    ) {
        if path.split('.').count() > 6 {
            return;
        }
        into.push((path.clone(), info, kind));
        for field in info.all_fields() {
            let name = if path.is_empty() {
                field.name.to_owned()
            } else {
                format!("{path}.{}", field.name)
            };
            for (kind, inner) in field.tables() {
                // Steps have steps; once is enough.
                if into
                    .iter()
                    .any(|it| it.1.id == inner.id && it.0 != name && inner.id == "StepTable")
                {
                    continue;
                }
                walk(name.clone(), inner, kind, into);
            }
        }
    }
    let mut all = Vec::new();
    walk(String::new(), Spec::info(), None, &mut all);
    all
}

/// Every field with a default: its path, the `kind` of its table and that value, as TOML.
#[cfg(test)]
pub(crate) fn documented_defaults() -> Vec<(String, Option<&'static str>, &'static str)> {
    let of = |(path, info, kind): (String, &'static TableInfo, Option<&'static str>)| {
        let fields = info.all_fields().into_iter();
        fields
            .filter_map(|it| Some((format!("{path}.{}", it.name), kind, it.rule.default?)))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = tables().into_iter().flat_map(of).collect();
    all.sort();
    all.dedup();
    all
}

/// The path of every field that takes a quantity.
#[cfg(test)]
pub(crate) fn quantities() -> Vec<String> {
    fn measures(shape: Shape) -> bool {
        match shape {
            Shape::Text(noun, _) => [
                "a duration",
                "a rate",
                "a size",
                "a bandwidth",
                "a percentage",
                "a factor",
                "a price",
                "a distribution",
                "a distribution of keys",
                "a back-off",
                "an instant",
                "a stretch of time",
                "a time limit",
            ]
            .contains(&noun),
            Shape::Whole(..) | Shape::Negative(_) | Shape::Number(_) => true,
            Shape::List(inner) | Shape::Map(_, inner) => measures(*inner),
            Shape::Either(all) => all.into_iter().any(measures),
            _ => false,
        }
    }
    let mut all: Vec<String> = Vec::new();
    for (path, info, _) in tables() {
        for field in info.all_fields() {
            let path = if path.is_empty() {
                field.name.to_owned()
            } else {
                format!("{path}.{}", field.name)
            };
            if measures((field.shape)()) && !all.contains(&path) {
                all.push(path);
            }
        }
    }
    all
}

/// The reference chapter of the book: every table and field, in Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Reference of the scenario format\n\nMade from the same description that the decoder checks files with.\n",
    );
    let mut seen: Vec<(&str, Option<&str>)> = Vec::new();
    for (path, info, kind) in tables() {
        if seen.contains(&(info.id, kind)) {
            continue;
        }
        seen.push((info.id, kind));
        let title = match (path.as_str(), kind) {
            ("", _) => "The file".to_owned(),
            (path, Some(kind)) => format!("`{path}` with `kind = \"{kind}\"`"),
            (path, None) => format!("`{path}`"),
        };
        let _ = write!(text, "\n## {title}\n\n{}\n", info.sentence());
        let fields = info.all_fields();
        if fields.is_empty() {
            continue;
        }
        text.push_str("\n| field | takes | default | meaning | example |\n| --- | --- | --- | --- | --- |\n");
        for field in fields {
            let default = match field.rule.default {
                Some(it) => format!("`{it}`"),
                None if field.rule.required => "required".to_owned(),
                None => String::new(),
            };
            let cell = |it: &str| it.replace('|', "\\|");
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | `{}` |",
                field.name,
                cell(&accepted((field.shape)())),
                cell(&default),
                cell(&field.sentence()),
                cell(field.example),
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Diagnostics;
    use crate::document::{Document, Table};
    use crate::fields::Cx;

    /// What the field says of this value.
    fn mistakes(field: &FieldInfo, value: &str) -> String {
        let text = format!("{} = {value}\n", field.name);
        let (document, found) = Document::parse("example", text.as_bytes());
        assert!(found.is_empty(), "{text}{}", found.render(false));
        let mut out = Diagnostics::new(document.sources().clone());
        let table: &Table = document.root();
        (field.check)(&mut Cx::new(&mut out), table);
        out.render(false)
    }

    #[test]
    fn every_field_is_described_with_an_example_and_a_default_that_it_accepts() {
        let mut count = 0;
        for (path, info, _) in tables() {
            assert!(info.sentence().ends_with('.'), "{path}: {}", info.sentence());
            for field in info.all_fields() {
                let doc = field.sentence();
                assert!(doc.len() > 8 && doc.ends_with('.'), "{path}.{}: {doc}", field.name);
                assert_eq!(mistakes(field, field.example), "", "{path}.{}", field.name);
                if let Some(default) = field.rule.default {
                    assert_eq!(mistakes(field, default), "", "{path}.{}", field.name);
                }
                count += 1;
            }
        }
        assert!(count > 150, "{count}");
    }

    #[test]
    fn explain_knows_codes_tables_fields_and_profiles() {
        let topics = [
            "s0104",
            "service",
            "service.queue.limit",
            "queue.limit",
            "service.db.queue",
            "policy.retry.budget",
            "[run]",
            "service.endpoint.work",
            "amplitude",
            "envoy-default",
            "nothing",
        ];
        let all: Vec<String> = topics
            .iter()
            .map(|it| format!("=== {it}\n{}", explain(it).unwrap_or_else(|| "(nothing)\n".to_owned())))
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn the_reference_has_every_table() {
        let text = reference();
        for (_, info, _) in tables() {
            assert!(text.contains(&info.sentence()), "{}", info.id);
        }
        insta::assert_snapshot!(text);
    }
}
