//! Readers: from a node to a value, with every mistake reported.

mod numbers;
mod tables;
mod texts;

use super::cx::Cx;
use super::shape::{Shape, TableInfo};
use crate::document::{At, Node, Place, Table, Value};
use crate::spec::Switch;

pub(crate) use numbers::{count, limit, number_above_zero, number_from_1, number_or_zero, quantity, whole};
pub(crate) use tables::{inline, kind_or_table, named, named_values, short, table};
pub(crate) use texts::{
    Text, backoff, bandwidth, bytes, callee, condition, dist, dist_above_zero, duration, duration_or_zero, during,
    edge, factor, factor_or_zero, file, goal, instant, keys, measure, name_of, path, percentage, price, range, rate,
    rate_or_zero, rule, scenario, share, target, text, within,
};

/// Reads one value. `None` means that an error was reported.
pub(crate) trait Read {
    /// What comes out.
    type Out;

    /// What it accepts.
    fn shape(&self) -> Shape;

    /// Reads it.
    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Self::Out>;
}

/// Fills one field of a struct from its table.
pub(crate) trait Slot {
    /// The field's type.
    type Field;

    /// What it accepts.
    fn shape(&self) -> Shape;

    /// Reads it, if it is there.
    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Self::Field;
}

impl<R: Read> Slot for R {
    type Field = Option<At<R::Out>>;

    fn shape(&self) -> Shape {
        Read::shape(self)
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Option<At<R::Out>> {
        let node = table.get(key)?;
        cx.within(key, |cx| self.read(cx, node))
            .map(|value| At::new(value, node.at))
    }
}

/// A struct declared by `table!`.
pub(crate) trait Block: Sized {
    /// Its description.
    fn info() -> &'static TableInfo;

    /// Reads its fields; other keys are not looked at.
    fn fields(cx: &mut Cx<'_>, table: &Table) -> Self;
}

/// What can be read from a table: a [`Block`] or an enum of them.
pub(crate) trait Form: Sized {
    /// What it accepts.
    fn shape() -> Shape;

    /// Reads it.
    fn from_table(cx: &mut Cx<'_>, table: &Table, at: Place) -> Option<Self>;
}

impl<T: Block> Form for T {
    fn shape() -> Shape {
        Shape::Table(T::info())
    }

    fn from_table(cx: &mut Cx<'_>, table: &Table, at: Place) -> Option<T> {
        Some(block(cx, table, at, &[]))
    }
}

/// Reads a block and checks its keys; `extra` keys are somebody else's.
pub(crate) fn block<T: Block>(cx: &mut Cx<'_>, table: &Table, at: Place, extra: &[&str]) -> T {
    cx.check_keys(T::info(), table, at, extra);
    T::fields(cx, table)
}

/// The `kind` a table says, if it is one of these.
pub(crate) fn kind_of(
    cx: &mut Cx<'_>,
    table: &Table,
    default: &'static str,
    kinds: &[&'static str],
) -> Option<&'static str> {
    let Some(node) = table.get("kind") else {
        return Some(default);
    };
    let Some(word) = node.as_str() else {
        wrong_type(cx, node, &Shape::Words(kinds.to_vec()));
        return None;
    };
    let found = kinds.iter().find(|it| **it == word).copied();
    if found.is_none() {
        cx.out.unknown_word(node.at, word, kinds.iter().copied());
    }
    found
}

/// Reports a value of the wrong type, with the cure where it is clear.
pub(crate) fn wrong_type(cx: &mut Cx<'_>, node: &Node, expected: &Shape) {
    let found = match &node.value {
        Value::String(it) => format!("the text \"{}\"", shortened(it)),
        Value::Integer(_, it) | Value::Float(it) => format!("`{it}`"),
        Value::Boolean(it) => format!("`{it}`"),
        _ => node.noun().to_owned(),
    };
    let help = match (expected, &node.value) {
        (Shape::Whole(..) | Shape::Number(_) | Shape::Negative(_), Value::String(it))
            if !it.is_empty() && it.trim_start_matches('-').bytes().all(|it| it.is_ascii_digit()) =>
        {
            Some(format!("write `{it}`, without quotes"))
        }
        (Shape::Flag, Value::String(it)) if it == "true" || it == "false" => {
            Some(format!("write `{it}`, without quotes"))
        }
        (Shape::Flag, Value::String(it)) if it == "yes" || it == "on" => Some("write `true`".to_owned()),
        (Shape::Flag, Value::String(it)) if it == "no" || it == "off" => Some("write `false`".to_owned()),
        (Shape::List(_), Value::String(it)) => Some(format!("write `[\"{}\"]`", shortened(it))),
        (Shape::Text(_, example), _) => Some(format!("write it like `\"{example}\"`")),
        (Shape::Table(info), _) => info
            .all_fields()
            .first()
            .map(|it| format!("write a table, such as `{{ {} = {} }}`", it.name, it.example)),
        (Shape::Either(all), Value::String(it)) => all.iter().find_map(|shape| match shape {
            Shape::Words(words) => {
                crate::syntax::nearest(it, words.iter().copied()).map(|it| format!("did you mean `{it}`?"))
            }
            _ => None,
        }),
        _ => None,
    };
    cx.out.wrong_type(node.at, &expected.noun(), &found).help = help;
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    let head: String = text.chars().take(37).collect();
    format!("{head}...")
}

/// `true` or `false`.
pub(crate) struct Boolean;

/// `true` or `false`.
pub(crate) fn boolean() -> Boolean {
    Boolean
}

impl Read for Boolean {
    type Out = bool;

    fn shape(&self) -> Shape {
        Shape::Flag
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<bool> {
        let Value::Boolean(it) = node.value else {
            wrong_type(cx, node, &Shape::Flag);
            return None;
        };
        Some(it)
    }
}

/// One of a few words.
pub(crate) struct Words<T: 'static>(&'static [(&'static str, T)]);

/// One of a few words.
pub(crate) fn words<T: Copy>(words: &'static [(&'static str, T)]) -> Words<T> {
    Words(words)
}

impl<T: Copy> Read for Words<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Words(self.0.iter().map(|it| it.0).collect())
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        let Some(word) = node.as_str() else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        let found = self.0.iter().find(|it| it.0 == word).map(|it| it.1);
        if found.is_none() {
            cx.out.unknown_word(node.at, word, self.0.iter().map(|it| it.0));
        }
        found
    }
}

/// A value, or `"none"`.
pub(crate) struct SwitchRead<R>(R);

/// A value, or `"none"`.
pub(crate) fn switch<R: Read>(reader: R) -> SwitchRead<R> {
    SwitchRead(reader)
}

impl<R: Read> Read for SwitchRead<R> {
    type Out = Switch<R::Out>;

    fn shape(&self) -> Shape {
        let mut all = match Read::shape(&self.0) {
            Shape::Either(all) => all,
            one => vec![one],
        };
        all.push(Shape::Words(vec!["none"]));
        Shape::Either(all)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Switch<R::Out>> {
        if node.as_str() == Some("none") {
            return Some(Switch::None);
        }
        self.0.read(cx, node).map(Switch::Set)
    }
}

/// A list.
pub(crate) struct Many<R> {
    reader: R,
    alone: bool,
}

/// A list; never empty.
pub(crate) fn many<R: Read>(reader: R) -> Many<R> {
    Many { reader, alone: false }
}

/// A list, or one value alone.
pub(crate) fn one_or_many<R: Read>(reader: R) -> Many<R> {
    Many { reader, alone: true }
}

impl<R: Read> Read for Many<R> {
    type Out = Vec<At<R::Out>>;

    fn shape(&self) -> Shape {
        let list = Shape::List(Box::new(Read::shape(&self.reader)));
        if self.alone {
            Shape::Either(vec![Read::shape(&self.reader), list])
        } else {
            list
        }
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Vec<At<R::Out>>> {
        let items = match &node.value {
            Value::Array(items) => items.as_slice(),
            _ if self.alone => core::slice::from_ref(node),
            _ => {
                wrong_type(cx, node, &Read::shape(self));
                return None;
            }
        };
        if items.is_empty() {
            let here = cx.here();
            cx.out.empty(node.at, &here).help("leave it out if nothing is meant");
            return None;
        }
        let read: Vec<_> = items
            .iter()
            .map(|it| Some(At::new(self.reader.read(cx, it)?, it.at)))
            .collect();
        read.into_iter().collect()
    }
}
