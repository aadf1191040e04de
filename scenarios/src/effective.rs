//! `explain FILE --effective EDGE`: every setting in force on an edge, and the line, profile or default it comes from.

use core::fmt::Write;
use std::collections::{BTreeMap, BTreeSet};

use brownout_sim_core::model::Caller;

use crate::diagnostics::Diagnostics;
use crate::document::{Document, Merged, Node, Place, Table};
use crate::fields::{Block, Shape, TableInfo};
use crate::lower::resolve::Origin;
use crate::lower::{Cx, System, flows, network, policies};
use crate::scenario::Scenario;
use crate::spec::link::Link;
use crate::spec::policy::Policy;
use crate::syntax::{SyntaxError, address};

/// One setting: its key, its value as written, and where it comes from.
type Row = (String, String, String);

/// The policies and links in force on the calls of `edge` (an address such as `app -> db` or `* -> db.query`) in `variant`.
///
/// Call sites where the same holds are told together. Fails on an unknown variant, on an address that is none, and where
/// nobody makes such a call.
pub fn effective(scenario: &Scenario, variant: &str, edge: &str) -> Result<String, Diagnostics> {
    let version = scenario.version(variant)?;
    let wrong = |error: SyntaxError| {
        let (asked, _) = Document::parse("--effective", edge.as_bytes());
        let mut diagnostics = Diagnostics::new(asked.sources().clone());
        let at = error.at.start.min(edge.len())..error.at.end.min(edge.len());
        diagnostics.bad_value(Place::new(0, 0, at), vec![error]);
        diagnostics
    };
    let wanted = address::edge(edge).map_err(wrong)?;
    let no_files = |path: &str| Err(format!("`{path}` is not read here"));
    let mut out = Diagnostics::default();
    let mut cx = Cx::new(&no_files, &mut out, false);
    let system = System::new(&[&version.spec], &mut cx);
    let index = &system.versions[0];
    let dir = &system.directory;
    let (sites, _) = system.sites(&mut cx);
    dir.edge(&wanted).map_err(|it| wrong(SyntaxError::from(it)))?;

    // Call sites where the same settings hold, in the order of their names.
    let mut groups: BTreeMap<Vec<Row>, BTreeSet<String>> = BTreeMap::new();
    for (from, to, _) in sites.pairs().filter(|it| it.2 == 0 && dir.fits(&wanted, it.0, it.1)) {
        let rows = policy_rows(&policies::effective(index, dir, from, to, &mut cx), &version.merged);
        let caller = match from {
            Origin::Load(load) => dir.caller_name(Caller::Load(load)).to_owned(),
            Origin::Endpoint(endpoint) => dir.endpoint_address(endpoint),
        };
        let callee = &system.endpoints.rows[to.index()].0;
        let mut rows = rows;
        let caller_row = flows::caller_of(&system.endpoints, from);
        for (scope, _, word) in network::SCOPES {
            let found = network::effective(index, dir, caller_row, *callee, scope, &mut cx);
            rows.extend(link_rows(&found, word, &version.merged));
        }
        groups
            .entry(rows)
            .or_default()
            .insert(format!("{caller} -> {}", dir.endpoint_address(to)));
    }
    if groups.is_empty() {
        let error = SyntaxError::new(0..edge.len(), format!("`{}` never calls `{}`", wanted.from, wanted.to));
        return Err(wrong(error));
    }
    let mut groups: Vec<(BTreeSet<String>, Vec<Row>)> = groups.into_iter().map(|it| (it.1, it.0)).collect();
    groups.sort();
    let mut text = String::new();
    for (row, (calls, settings)) in groups.into_iter().enumerate() {
        if row > 0 {
            text.push('\n');
        }
        let calls: Vec<String> = calls.into_iter().collect();
        let _ = writeln!(text, "{} (variant {variant})", calls.join(", "));
        let width = |of: fn(&Row) -> &String| settings.iter().map(|it| of(it).chars().count()).max().unwrap_or(0);
        let (keys, values) = (width(|it| &it.0), width(|it| &it.1).min(60));
        for (key, value, from) in &settings {
            let _ = writeln!(text, "  {key:keys$}  {value:values$}  {from}");
        }
    }
    Ok(text)
}

/// What stands at a place, on one line.
fn written(merged: &Merged, at: Place) -> String {
    let text = merged
        .sources()
        .get(at)
        .and_then(|it| it.text.get(at.range()))
        .unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn policy_rows(found: &policies::Effective<'_>, merged: &Merged) -> Vec<Row> {
    let mut rows = Vec::new();
    for (key, name) in policies::KEYS.into_iter().enumerate() {
        let field = Policy::info().field(name).expect("every key is a field");
        let node = found.by_key[key].and_then(|it| {
            let policy = it.name.value.as_str();
            Some((policy, merged.root().find(["policy", policy, name])?))
        });
        match node {
            Some((policy, node)) => value_rows(name.to_owned(), node, (field.shape)(), policy, merged, &mut rows),
            None => {
                let value = field.rule.default;
                let value = value.unwrap_or(if name == "order" { "as always" } else { "none" });
                rows.push((name.to_owned(), value.to_owned(), DEFAULT.to_owned()));
            }
        }
    }
    rows
}

/// Where a value comes from that nobody has set.
const DEFAULT: &str = "default";

/// The tables that a value can be: with the kind each is, and the kind that needs no saying.
type Forms = (Vec<(Option<&'static str>, &'static TableInfo)>, Option<&'static str>);

fn forms(shape: Shape) -> Option<Forms> {
    match shape {
        Shape::Table(info) => Some((vec![(None, info)], None)),
        Shape::Kinds(_, default, kinds) => {
            let kinds = kinds.into_iter().map(|(kind, info)| (Some(kind), info));
            Some((kinds.collect(), Some(default)))
        }
        Shape::Either(all) => all.into_iter().find_map(forms),
        _ => None,
    }
}

/// A setting, and of a table every part of it: what a line or a layer has set, and the defaults of the rest.
fn value_rows(path: String, node: &Node, shape: Shape, policy: &str, merged: &Merged, rows: &mut Vec<Row>) {
    let from = |at: Place| format!("{} (policy.{policy})", merged.comes_from(at));
    let table = node.as_table();
    if table.is_none() {
        rows.push((path.clone(), written(merged, node.at), from(node.at)));
    }
    let Some((kinds, usual)) = forms(shape) else {
        for (key, entry) in table.into_iter().flat_map(Table::in_order) {
            let at = entry.node.at;
            rows.push((format!("{path}.{key}"), written(merged, at), from(at)));
        }
        return;
    };
    let kind = match (table, usual) {
        (None, _) => node.as_str(),
        (Some(table), Some(usual)) => {
            let said = table.get("kind");
            rows.push(match said {
                Some(said) => (format!("{path}.kind"), written(merged, said.at), from(said.at)),
                None => (format!("{path}.kind"), format!("\"{usual}\""), DEFAULT.to_owned()),
            });
            said.map_or(Some(usual), Node::as_str)
        }
        (Some(_), None) => None,
    };
    // A short form, such as a number alone, is all there is to it.
    let Some((_, info)) = kinds.into_iter().find(|it| it.0 == kind) else {
        return;
    };
    if table.is_none() && kind.is_none() {
        return;
    }
    for field in info.all_fields() {
        let path = format!("{path}.{}", field.name);
        match table.and_then(|it| it.get(field.name)) {
            Some(node) => value_rows(path, node, (field.shape)(), policy, merged, rows),
            None => {
                let value = field.rule.default.unwrap_or("(as described)");
                rows.push((path, value.to_owned(), DEFAULT.to_owned()));
            }
        }
    }
}

/// The rows of a link in one scope.
fn link_rows(
    found: &[Option<&crate::spec::Named<Link>>; network::KEYS.len()],
    scope: &str,
    merged: &Merged,
) -> Vec<Row> {
    let row = |key: usize| {
        let name = network::KEYS[key];
        let path = format!("{scope} {name}");
        match found[key].and_then(|it| Some((it, network::place_of(&it.it, key)?))) {
            Some((link, at)) => (
                path,
                written(merged, at),
                format!("{} (link.{})", merged.comes_from(at), link.name.value),
            ),
            None => {
                let default = Link::info()
                    .field(name)
                    .and_then(|it| it.rule.default)
                    .unwrap_or("none");
                (path, default.to_owned(), "default".to_owned())
            }
        }
    };
    (0..network::KEYS.len()).map(row).collect()
}
