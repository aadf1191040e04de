//! Merging trees: tables merge, the rest replaces, and a table whose `kind` changes is replaced whole.

use super::node::{Entry, Node, Table, Value};
use super::place::Place;

/// Puts `over` on top of `base`.
pub(super) fn merge(base: &mut Table, over: &Table) {
    for (key, entry) in &over.0 {
        match base.0.get_mut(key) {
            Some(below) => merge_entry(below, entry),
            None => {
                base.0.insert(key.clone(), entry.clone());
            }
        }
    }
}

fn merge_entry(below: &mut Entry, over: &Entry) {
    if let (Value::Table(base), Value::Table(patch)) = (&mut below.node.value, &over.node.value)
        && !changes_kind(base, patch)
    {
        merge(base, patch);
    } else {
        *below = over.clone();
    }
}

/// Whether a patch makes another kind of thing of a table.
fn changes_kind(base: &Table, patch: &Table) -> bool {
    let kind = |it: &Table| it.get("kind").map(|it| it.value.clone());
    kind(patch).is_some_and(|new| kind(base) != Some(new))
}

/// Removes what a path leads to and leaves a mark, so that no default takes its place. `below`: a default sets it.
/// `false` if there was nothing.
pub(super) fn unset(table: &mut Table, path: &[String], below: bool) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    if !table.0.contains_key(key) && below {
        let value = if rest.is_empty() {
            Value::Unset
        } else {
            Value::Table(Table::default())
        };
        let at = Place::default();
        let node = Node { value, at };
        table.0.insert(key.clone(), Entry { key_at: at, node });
        return rest.is_empty() || unset(table, path, below);
    }
    let Some(entry) = table.0.get_mut(key) else {
        return false;
    };
    match &mut entry.node.value {
        Value::Unset => rest.is_empty() && below,
        value if rest.is_empty() => {
            *value = Value::Unset;
            true
        }
        Value::Table(inner) => unset(inner, rest, below),
        _ => false,
    }
}

/// Removes the marks of [`unset`].
pub(super) fn prune(table: &mut Table) {
    table.0.retain(|_, it| it.node.value != Value::Unset);
    for entry in table.0.values_mut() {
        if let Value::Table(inner) = &mut entry.node.value {
            prune(inner);
        }
    }
}

/// A tree with one value at the end of a path.
pub(super) fn branch(path: &[String], entry: Entry) -> Table {
    let mut table = Table::default();
    let Some((first, rest)) = path.split_first() else {
        return table;
    };
    let (key_at, at) = (entry.key_at, entry.node.at);
    let entry = if rest.is_empty() {
        entry
    } else {
        let value = Value::Table(branch(rest, entry));
        Entry {
            key_at,
            node: Node { value, at },
        }
    };
    table.0.insert(first.clone(), entry);
    table
}
