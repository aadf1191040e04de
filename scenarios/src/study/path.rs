//! Whether the path of an axis leads to a setting.

use crate::diagnostics::Diagnostics;
use crate::document::{At, Node, Table, path};
use crate::fields::{Block, FieldInfo, Shape, TableInfo};
use crate::spec::Spec;

/// What an axis changes besides settings: which variant it is.
pub const VARIANT: &str = "variant";

/// Looks for a setting along a path; `roots` are the versions of the scenario, in one of which named tables have to be. Reports
/// what is not there. The field it ends at, if it is known.
pub fn check(
    written: &At<String>,
    keys: &[String],
    roots: &[&Table],
    out: &mut Diagnostics,
) -> Option<&'static FieldInfo> {
    let mut tables: Vec<(Option<&'static str>, &'static TableInfo)> = vec![(None, Spec::info())];
    let (mut here, mut row, mut last) = ("a scenario".to_owned(), 0, None);
    while row < keys.len() {
        let key = keys[row].as_str();
        let found = tables.iter().find_map(|it| it.1.field(key));
        let Some(field) = found else {
            if key == "kind" && tables.iter().any(|it| it.0.is_some()) {
                return last;
            }
            if tables.is_empty() {
                let message = format!("{here} has no settings below it");
                out.no_such_setting(part(written, keys, row), message, key, []);
                return None;
            }
            let known: Vec<&str> = tables
                .iter()
                .flat_map(|it| it.1.all_fields())
                .map(|it| it.name)
                .collect();
            let message = format!("{here} has no field `{key}`");
            out.no_such_setting(part(written, keys, row), message, key, known);
            return None;
        };
        last = Some(field);
        row += 1;
        let shape = (field.shape)();
        if matches!(shape, Shape::Patch | Shape::Defaults) {
            return last;
        }
        if field.is_map() {
            let Some(name) = keys.get(row) else {
                let message = format!("`{}` are many tables, of which a path names one", path_of(keys, row));
                out.no_such_setting(part(written, keys, row - 1), message, "", names(keys, row, roots));
                return None;
            };
            let known = names(keys, row, roots);
            if !known.contains(&name.as_str()) {
                let message = format!("no {} is called `{name}`", field.name);
                out.no_such_setting(part(written, keys, row), message, name, known);
                return None;
            }
            row += 1;
        }
        tables = field.tables();
        here = format!("`{}`", path_of(keys, row));
    }
    last
}

fn path_of(keys: &[String], count: usize) -> String {
    path::print(keys[..count].iter().map(String::as_str))
}

/// The names that some version has where `keys[row]` is one.
fn names<'a>(keys: &[String], row: usize, roots: &[&'a Table]) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for root in roots {
        let table = root
            .find(keys[..row].iter().map(String::as_str))
            .and_then(Node::as_table);
        let in_order = table.map(Table::in_order).unwrap_or_default();
        for (name, _) in in_order {
            if !all.contains(&name.as_str()) {
                all.push(name);
            }
        }
    }
    all
}

/// The place of one key of a path.
fn part(written: &At<String>, keys: &[String], row: usize) -> crate::document::Place {
    // Keys in quotes are longer than what they hold: the last ones tell where one begins.
    let before: usize = keys[..row].iter().map(|it| path::print([it.as_str()]).len() + 1).sum();
    let length = path::print([keys[row].as_str()]).len();
    written.at.within(before..before + length)
}

/// Whether a setting is a whole number, so that levels between two are rounded.
pub fn is_count(field: &FieldInfo) -> bool {
    fn of(shape: &Shape) -> Option<bool> {
        match shape {
            Shape::Whole(..) | Shape::Negative(_) => Some(true),
            Shape::Number(_) => Some(false),
            Shape::Either(all) => {
                let found: Vec<bool> = all.iter().filter_map(of).collect();
                (!found.is_empty()).then(|| found.iter().all(|it| *it))
            }
            _ => None,
        }
    }
    of(&(field.shape)()).unwrap_or(false)
}
