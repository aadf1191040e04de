//! TOML text to a tree with places.

use super::node::{Entry, Node, Table, Value};
use super::place::Place;
use crate::diagnostics::Diagnostics;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Tables within tables at most; deeper ones are refused.
const DEPTH_MAX: usize = 64;

/// Reads a whole text, as far as it can be understood; every mistake in its notation is reported.
pub(crate) fn document(text: &str, source: u16, diagnostics: &mut Diagnostics) -> Table {
    if let Some(at) = too_many_dots(text) {
        diagnostics.too_deep(Place::new(source, 0, at));
        return Table::default();
    }
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        let written = text.get(at.clone()).unwrap_or_default().trim().to_owned();
        diagnostics.bad_toml(Place::new(source, 0, at), error.message(), &written);
    }
    let mut convert = Convert {
        text,
        source,
        shift: 0,
        diagnostics,
    };
    convert.table(tree.into_inner(), 0)
}

/// Whether a text has this key at its top, as far as it can be understood.
pub(crate) fn has_key(text: &str, key: &str) -> bool {
    too_many_dots(text).is_none() && DeTable::parse_recoverable(text).0.get_ref().contains_key(key)
}

/// Reads one value that begins `shift` bytes into its source; `None` if it is none.
pub(super) fn value(text: &str, source: u16, shift: usize, diagnostics: &mut Diagnostics) -> Option<Node> {
    if too_many_dots(text).is_some() {
        return None;
    }
    let tree = DeValue::parse(text).ok()?;
    let mut convert = Convert {
        text,
        source,
        shift,
        diagnostics,
    };
    Some(convert.node(tree, 0))
}

/// A line with so many dotted keys that a tree of them would be too deep for anybody.
fn too_many_dots(text: &str) -> Option<core::ops::Range<usize>> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        // Dots within strings count too: 1000 of them in one line are no scenario's either.
        let head = line.split('=').next().unwrap_or(line);
        if head.bytes().filter(|it| *it == b'.').count() > 1000 {
            return Some(from..from + line.trim_end().len().min(80));
        }
        from += line.len();
    }
    None
}

struct Convert<'a> {
    text: &'a str,
    source: u16,
    shift: usize,
    diagnostics: &'a mut Diagnostics,
}

impl Convert<'_> {
    fn place(&self, range: core::ops::Range<usize>) -> Place {
        Place::new(self.source, 0, range.start + self.shift..range.end + self.shift)
    }

    fn table(&mut self, table: DeTable<'_>, depth: usize) -> Table {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            let key_at = self.place(key.span());
            if depth == DEPTH_MAX {
                self.diagnostics.too_deep(key_at);
                break;
            }
            if matches!(value.get_ref(), DeValue::Integer(_)) && value.span().is_empty() {
                continue; // What stands for a value that could not be read, and that is reported already.
            }
            let node = self.node(value, depth + 1);
            entries.insert(key.into_inner().into_owned(), Entry { key_at, node });
        }
        Table(entries)
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>, depth: usize) -> Node {
        let range = value.span();
        let mut at = self.place(range.clone());
        let value = match value.into_inner() {
            DeValue::String(it) => {
                at.inset = self.inset(range, &it);
                Value::String(it.into_owned())
            }
            DeValue::Integer(it) => {
                let number = i64::from_str_radix(it.as_str(), it.radix()).ok();
                Value::Integer(number, it.to_string())
            }
            DeValue::Float(it) => Value::Float(it.to_string()),
            DeValue::Boolean(it) => Value::Boolean(it),
            DeValue::Datetime(it) => Value::Datetime(it.to_string()),
            DeValue::Array(items) => {
                if depth >= DEPTH_MAX {
                    self.diagnostics.too_deep(at);
                    return Node {
                        value: Value::Array(Vec::new()),
                        at,
                    };
                }
                Value::Array(items.into_iter().map(|it| self.node(it, depth + 1)).collect())
            }
            DeValue::Table(it) => Value::Table(self.table(it, depth)),
        };
        Node { value, at }
    }

    /// See [`Place::inset`].
    fn inset(&self, range: core::ops::Range<usize>, content: &DeString<'_>) -> u8 {
        let Some(raw) = self.text.get(range) else { return 0 };
        for quotes in ["\"\"\"", "'''", "\"", "'"] {
            if let Some(inner) = raw.strip_prefix(quotes).and_then(|it| it.strip_suffix(quotes))
                && inner == content.as_ref()
            {
                return quotes.len() as u8 + 1;
            }
        }
        0
    }
}
