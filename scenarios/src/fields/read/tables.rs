//! Tables, and tables by name.

use core::marker::PhantomData;

use super::{Block, Form, Read, Slot, wrong_type};
use crate::document::{At, Node, Table};
use crate::fields::cx::Cx;
use crate::fields::shape::{Shape, TableInfo};
use crate::spec::Named;
use crate::syntax::address;

/// A table.
pub(crate) struct TableRead<T>(PhantomData<T>);

/// A table.
pub(crate) fn table<T: Form>() -> TableRead<T> {
    TableRead(PhantomData)
}

impl<T: Form> Read for TableRead<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        T::shape()
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        let Some(table) = node.as_table() else {
            wrong_type(cx, node, &T::shape());
            return None;
        };
        T::from_table(cx, table, node.at)
    }
}

/// A table, or the value of one of its fields alone.
pub(crate) struct Short<T> {
    key: &'static str,
    form: PhantomData<T>,
}

/// A table, or the value of its field `key` alone.
pub(crate) fn short<T: Form>(key: &'static str) -> Short<T> {
    Short { key, form: PhantomData }
}

impl<T: Form> Read for Short<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        let table = T::shape();
        let of = |info: &'static TableInfo| info.field(self.key).map(|it| (it.shape)());
        let alone = match &table {
            Shape::Table(info) => of(info),
            Shape::Kinds(_, default, kinds) => kinds.iter().find(|it| it.0 == *default).and_then(|it| of(it.1)),
            _ => None,
        };
        Shape::Either(alone.into_iter().chain([table]).collect())
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        match node.as_table() {
            Some(table) => T::from_table(cx, table, node.at),
            None => T::from_table(cx, &Table::single(self.key, node), node.at),
        }
    }
}

/// A kind's name alone, or a table with it.
pub(crate) struct KindOrTable<T>(PhantomData<T>);

/// A kind's name alone, or a table with it.
pub(crate) fn kind_or_table<T: Form>() -> KindOrTable<T> {
    KindOrTable(PhantomData)
}

impl<T: Form> Read for KindOrTable<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        let table = T::shape();
        let words = match &table {
            Shape::Kinds(_, _, kinds) => kinds.iter().map(|it| it.0).collect(),
            _ => Vec::new(),
        };
        Shape::Either(vec![Shape::Words(words), table])
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        match node.as_table() {
            Some(table) => T::from_table(cx, table, node.at),
            None => T::from_table(cx, &Table::single("kind", node), node.at),
        }
    }
}

/// Named tables: `[service.web]`.
pub(crate) struct NamedTables<T> {
    what: &'static str,
    form: PhantomData<T>,
}

/// Named tables of one kind.
pub(crate) fn named<T: Form>(what: &'static str) -> NamedTables<T> {
    NamedTables {
        what,
        form: PhantomData,
    }
}

impl<T: Form> Slot for NamedTables<T> {
    type Field = Vec<Named<T>>;

    fn shape(&self) -> Shape {
        Shape::Map(self.what, Box::new(T::shape()))
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Vec<Named<T>> {
        entries(cx, table, key, self.what, |cx, node| {
            let Some(table) = node.as_table() else {
                wrong_type(cx, node, &T::shape());
                return None;
            };
            T::from_table(cx, table, node.at)
        })
    }
}

/// Named values: `[measure]`.
pub(crate) struct NamedValues<R> {
    reader: R,
    what: &'static str,
}

/// Named values of one kind.
pub(crate) fn named_values<R: Read>(reader: R, what: &'static str) -> NamedValues<R> {
    NamedValues { reader, what }
}

impl<R: Read> Slot for NamedValues<R> {
    type Field = Vec<Named<Option<At<R::Out>>>>;

    fn shape(&self) -> Shape {
        Shape::Map(self.what, Box::new(Read::shape(&self.reader)))
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Self::Field {
        entries(cx, table, key, self.what, |cx, node| {
            Some(self.reader.read(cx, node).map(|it| At::new(it, node.at)))
        })
    }
}

/// Reads a table with keys of the user's own, in the order of the text.
fn entries<T>(
    cx: &mut Cx<'_>,
    table: &Table,
    key: &str,
    what: &str,
    read: impl Fn(&mut Cx<'_>, &Node) -> Option<T>,
) -> Vec<Named<T>> {
    let Some(node) = table.get(key) else {
        return Vec::new();
    };
    let Some(tables) = node.as_table() else {
        let example = if ["measure", "value"].contains(&what) {
            String::new()
        } else {
            format!("write `[{key}.name]`")
        };
        let it = cx
            .out
            .wrong_type(node.at, &format!("a table of {what}s by name"), node.noun());
        it.help = Some(example).filter(|it| !it.is_empty());
        return Vec::new();
    };
    cx.within(key, |cx| {
        let mut all = Vec::new();
        for (name, entry) in tables.in_order() {
            if address::name(name).is_err() {
                cx.out.bad_name(entry.key_at, name);
            }
            if let Some(it) = cx.within(name, |cx| read(cx, &entry.node)) {
                all.push(Named {
                    name: At::new(name.clone(), entry.key_at),
                    it,
                    at: entry.node.at,
                });
            }
        }
        all
    })
}

/// The fields of another block, written directly in this one's table.
pub(crate) struct InlineRead<T>(PhantomData<T>);

/// The fields of another block, written directly in this one's table.
pub(crate) fn inline<T: Block>() -> InlineRead<T> {
    InlineRead(PhantomData)
}

impl<T: Block> Slot for InlineRead<T> {
    type Field = T;

    fn shape(&self) -> Shape {
        Shape::Inline(T::info())
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, _key: &str) -> T {
        T::fields(cx, table)
    }
}
