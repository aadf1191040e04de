//! Offline help, from the description of the fields and the codes; and the reference chapter of the book.

use crate::diagnostics::codes::{self, Code};
use crate::document::Document;
use crate::fields::{Block, FieldInfo, Shape, TableInfo, lookup};
use crate::spec::Spec;
use crate::spec::study::StudySpec;
use crate::syntax::backoff;
use brownout_sim_core::outcome::Outcome;
use core::fmt::Write;

/// What there is to say about a code (`S0104`), a field (`service.queue.limit`, or just `queue`) or a kind of table
/// (`service`). `None` if nothing is called so.
pub fn explain(topic: &str) -> Option<String> {
    let topic = topic.trim().trim_matches('`');
    if let Some(code) = codes::find(topic) {
        return Some(explain_code(code));
    }
    let keys: Vec<&str> = topic.trim_start_matches('[').trim_end_matches(']').split('.').collect();
    if let Some(fields) = field_at(Spec::info(), &keys) {
        return Some(explain_field(&fields, topic));
    }
    let all = fields_called(&keys);
    if !all.is_empty() {
        let texts: Vec<String> = all.iter().map(|it| explain_field(&it.1, &it.0)).collect();
        return Some(texts.join("\n"));
    }
    if let Some(fields) = field_at(StudySpec::info(), &keys) {
        return Some(explain_field(&fields, topic));
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
fn field_at(root: &'static TableInfo, keys: &[&str]) -> Option<Vec<&'static FieldInfo>> {
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
    if takes_backoff((field.shape)()) {
        let _ = writeln!(text, "A back-off is a duration, {}.", backoffs().join(", "));
    }
    let whole = fields.get(1).unwrap_or(field);
    let of_scenario = |it: &FieldInfo| Spec::info().field(it.name).is_some_and(|own| core::ptr::eq(own, it));
    if fields.len() > 1 && of_scenario(fields[0]) {
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

/// A kind of table: the path that leads to it, its description, and its `kind` where it has one.
type Listed = (String, &'static TableInfo, Option<&'static str>);

/// Every kind of table, of scenarios and then of studies.
fn tables() -> Vec<Listed> {
    [tables_below(Spec::info()), tables_below(StudySpec::info())].concat()
}

/// Every kind of table in a file.
fn tables_below(root: &'static TableInfo) -> Vec<Listed> {
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
    walk(String::new(), root, None, &mut all);
    all
}

/// Every field of a scenario with a default: its path, the `kind` of its table and that value, as TOML.
#[cfg(test)]
pub(crate) fn documented_defaults() -> Vec<(String, Option<&'static str>, &'static str)> {
    let of = |(path, info, kind): (String, &'static TableInfo, Option<&'static str>)| {
        let fields = info.all_fields().into_iter();
        fields
            .filter_map(|it| Some((format!("{path}.{}", it.name), kind, it.rule.default?)))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = tables_below(Spec::info()).into_iter().flat_map(of).collect();
    all.sort();
    all.dedup();
    all
}

/// The path of every field of a scenario that takes a quantity.
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
    for (path, info, _) in tables_below(Spec::info()) {
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
            ("", _) if info.id == StudySpec::info().id => "The file of a study".to_owned(),
            ("", _) => "The file".to_owned(),
            (path, Some(kind)) => format!("`{path}` with `kind = \"{kind}\"`"),
            (path, None) => format!("`{path}`"),
        };
        let _ = write!(text, "\n## {title}\n\n{}\n", info.sentence());
        let fields = info.all_fields();
        if fields.is_empty() {
            continue;
        }
        text.push('\n');
        text.push_str(&rows(&fields));
    }
    text.push_str(
        "\n## Back-offs\n\nA back-off is a string: a duration, `none`, or one of these with its parameters in parentheses, \
         such as `exponential(50ms, factor=2, cap=2s)`. Those of libraries have the names and defaults that they have there.\n",
    );
    for name in backoff::names().filter(|it| *it != "none") {
        text.push('\n');
        text.push_str(&backoff_parameters(name).expect("it was just named"));
    }
    text
}

/// The table of the fields of one kind of table, in Markdown, for a page of the book: `path` leads to it
/// (`service.queue.codel`), `kind` is its `kind` where it has one, and `only`, unless empty, says which fields. `None` if
/// there is no such table or field.
pub fn fields(path: &str, kind: Option<&str>, only: &[&str]) -> Option<String> {
    let (_, info, _) = tables().into_iter().find(|it| it.0 == path && it.2 == kind)?;
    let all = info.all_fields();
    let chosen: Vec<&'static FieldInfo> = match only {
        [] => all,
        names => names.iter().map(|it| info.field(it)).collect::<Option<_>>()?,
    };
    Some(if chosen.is_empty() {
        "It has no settings.\n".to_owned()
    } else {
        narrow_rows(&chosen)
    })
}

/// The `kind` that needs no saying in the tables at `path`, as a bare value or a table without `kind` has it.
pub fn default_kind(path: &str) -> Option<&'static str> {
    fn of(shape: Shape) -> Option<&'static str> {
        match shape {
            Shape::Kinds(_, default, _) => Some(default),
            Shape::Either(all) => all.into_iter().find_map(of),
            Shape::List(inner) | Shape::Map(_, inner) => of(*inner),
            _ => None,
        }
    }
    let (parent, name) = path.rsplit_once('.')?;
    let field = tables()
        .into_iter()
        .filter(|it| it.0 == parent)
        .find_map(|it| it.1.field(name))?;
    of((field.shape)())
}

/// The parameters of the back-off called `name` (`grpc`), as a table in Markdown. `None` if there is no such back-off.
pub fn backoff_parameters(name: &str) -> Option<String> {
    let parameters = backoff::parameters(name)?;
    if parameters.is_empty() {
        return Some(format!("`{name}` has no parameters.\n"));
    }
    let mut text = format!("| parameter of `{name}` | takes | default |\n| --- | --- | --- |\n");
    for (parameter, takes, default) in parameters {
        let default = match default {
            words if words.contains(' ') || words == "required" => words.to_owned(),
            value => format!("`{value}`"),
        };
        let _ = writeln!(text, "| `{parameter}` | {takes} | {default} |");
    }
    Some(text)
}

/// Every back-off with the names of its parameters: `linear(base, cap)`.
fn backoffs() -> Vec<String> {
    let shown = |name: &'static str| {
        let parameters = backoff::parameters(name).expect("it was just named");
        match parameters.iter().map(|it| it.0).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => name.to_owned(),
            names => format!("{name}({names})"),
        }
    };
    backoff::names().map(shown).collect()
}

/// Whether a field takes a back-off.
fn takes_backoff(shape: Shape) -> bool {
    match shape {
        Shape::Text(noun, _) => noun == "a back-off",
        Shape::Either(all) => all.into_iter().any(takes_backoff),
        _ => false,
    }
}

/// Whether a field takes any of the outcomes that are failures: too many to list in each row.
fn takes_outcomes(shape: &Shape) -> bool {
    let all = || Outcome::ALL.into_iter().filter(|it| it.is_failure());
    matches!(shape, Shape::List(inner) if matches!(&**inner, Shape::Words(words)
        if words.len() == all().count() && all().all(|it| words.contains(&it.name()))))
}

/// A long list of outcomes, as those that are missing in it.
fn outcomes_in_short(list: &str) -> Option<String> {
    let named: Vec<&str> = list
        .strip_prefix('[')?
        .strip_suffix(']')?
        .split(", ")
        .map(|it| it.trim_matches('"'))
        .collect();
    let all = || Outcome::ALL.into_iter().filter(|it| it.is_failure()).map(Outcome::name);
    if named.len() * 2 <= all().count() || !named.iter().all(|it| all().any(|name| name == *it)) {
        return None;
    }
    let missing: Vec<String> = all()
        .filter(|it| !named.contains(it))
        .map(|it| format!("`{it}`"))
        .collect();
    Some(match missing.as_slice() {
        [] => "all".to_owned(),
        missing => format!("all but {}", missing.join(", ")),
    })
}

/// What a field takes, in a cell of a table.
fn takes(field: &FieldInfo) -> String {
    if takes_outcomes(&(field.shape)()) {
        "a list of [outcomes](model.md#outcomes)".to_owned()
    } else {
        accepted((field.shape)())
    }
}

/// A cell: bars would end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Fields as a table in Markdown, with an example of each.
fn rows(fields: &[&'static FieldInfo]) -> String {
    let mut text = String::from("| field | takes | default | meaning | example |\n| --- | --- | --- | --- | --- |\n");
    for field in fields {
        let default = match field.rule.default {
            Some(it) => outcomes_in_short(it).unwrap_or_else(|| format!("`{it}`")),
            None if field.rule.required => "required".to_owned(),
            None => String::new(),
        };
        let (takes, default, meaning) = (cell(&takes(field)), cell(&default), cell(&field.sentence()));
        let example = cell(field.example);
        let _ = writeln!(
            text,
            "| `{}` | {takes} | {default} | {meaning} | `{example}` |",
            field.name
        );
    }
    text
}

/// Fields as a narrower table, with an example of those that have no default.
fn narrow_rows(fields: &[&'static FieldInfo]) -> String {
    let mut text = String::from("| field | takes | default | meaning |\n| --- | --- | --- | --- |\n");
    for field in fields {
        let default = match field.rule.default {
            Some(it) => outcomes_in_short(it).unwrap_or_else(|| format!("`{it}`")),
            None if field.rule.required => format!("required, such as `{}`", field.example),
            None => format!("such as `{}`", field.example),
        };
        let (takes, default, meaning) = (cell(&takes(field)), cell(&default), cell(&field.sentence()));
        let _ = writeln!(text, "| `{}` | {takes} | {default} | {meaning} |", field.name);
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
            "variants",
            "axis.load.values",
            "plan.replications",
            "nothing",
        ];
        let all: Vec<String> = topics
            .iter()
            .map(|it| format!("=== {it}\n{}", explain(it).unwrap_or_else(|| "(nothing)\n".to_owned())))
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn long_lists_of_outcomes_are_told_by_what_they_leave_out() {
        let all: Vec<String> = Outcome::ALL
            .iter()
            .filter(|it| it.is_failure())
            .map(|it| format!("\"{}\"", it.name()))
            .collect();
        let list = |names: &[String]| format!("[{}]", names.join(", "));
        assert_eq!(outcomes_in_short(&list(&all)).as_deref(), Some("all"));
        let but_one = format!("all but `{}`", all[0].trim_matches('"'));
        assert_eq!(outcomes_in_short(&list(&all[1..])), Some(but_one));
        assert_eq!(outcomes_in_short(&list(&all[..2])), None);
        assert_eq!(outcomes_in_short("\"none\""), None);
    }

    #[test]
    fn fields_of_a_table_are_found_by_path_and_kind() {
        let hystrix = fields("policy.breaker", Some("hystrix"), &[]).unwrap();
        assert!(
            hystrix.contains("| `sleep_window` | a duration | `\"5s\"` |"),
            "{hystrix}"
        );
        let one = fields("policy", None, &["timeout"]).unwrap();
        assert_eq!(one.lines().count(), 3, "{one}");
        assert_eq!(fields("policy", None, &["nothing"]), None);
        assert_eq!(fields("policy.breaker", Some("nothing"), &[]), None);
        assert_eq!(fields("policy.breaker", None, &[]), None);
        assert_eq!(default_kind("policy.hedge"), Some("fixed"));
        assert_eq!(default_kind("policy.timeout"), None);
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
