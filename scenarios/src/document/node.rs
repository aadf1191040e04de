//! A TOML tree in which every key and value keeps its place.

use super::place::Place;
use std::collections::BTreeMap;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; of a table with a header, the header.
    pub at: Place,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    String(String),
    /// A whole number; `None` if it does not fit. With its text.
    Integer(Option<i64>, String),
    /// Another number, as written.
    Float(String),
    /// A yes or no.
    Boolean(bool),
    /// A date or time, which no field takes; as written.
    Datetime(String),
    /// A list.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
    /// Removed by `unset`, so that no default comes back in its place. Never in a merged document.
    Unset,
}

/// A table, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(pub BTreeMap<String, Entry>);

/// A key's place and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key_at: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Its table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(it) => Some(it),
            _ => None,
        }
    }

    /// Its text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(it) => Some(it),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub fn noun(&self) -> &'static str {
        match &self.value {
            Value::String(_) => "a text",
            Value::Integer(..) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "`true` or `false`",
            Value::Datetime(_) => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
            Value::Unset => "nothing",
        }
    }

    /// Says of the node and all below it which layer they belong to.
    pub fn stamp(&mut self, origin: u16) {
        self.at.origin = origin;
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|it| it.stamp(origin)),
            Value::Table(table) => table.stamp(origin),
            _ => {}
        }
    }
}

impl Table {
    /// A table with one entry, standing where its value does.
    pub fn single(key: &str, node: &Node) -> Table {
        let entry = Entry {
            key_at: node.at,
            node: node.clone(),
        };
        Table(BTreeMap::from([(key.to_owned(), entry)]))
    }

    /// A value by its key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.get(key).map(|it| &it.node)
    }

    /// A value by the keys that lead to it.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        let mut path = path.into_iter();
        let mut node = self.get(path.next()?)?;
        for key in path {
            node = node.as_table()?.get(key)?;
        }
        Some(node)
    }

    /// The entries as they stand in the text.
    pub fn in_order(&self) -> Vec<(&String, &Entry)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|it| (it.1.key_at.source, it.1.key_at.start));
        all
    }

    /// As [`Node::stamp`], keys included.
    pub fn stamp(&mut self, origin: u16) {
        for entry in self.0.values_mut() {
            entry.key_at.origin = origin;
            entry.node.stamp(origin);
        }
    }
}
