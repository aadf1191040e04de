//! Readers of what studies alone have.

use super::Custom;
use crate::document::{Node, Value};
use crate::fields::cx::Cx;
use crate::fields::read::{Block, Read, Text, count, range, table, wrong_type};
use crate::fields::shape::Shape;
use crate::spec::study::{Replications, Until, Values};

/// `values`: a list of values of any type, or a range.
pub(crate) fn values() -> Custom<Values> {
    fn shape() -> Shape {
        let one = Shape::Either(vec![
            Shape::Text("a value", "2s"),
            Shape::Number("a number"),
            Shape::Flag,
            Shape::Patch,
        ]);
        Shape::Either(vec![
            Shape::List(Box::new(one)),
            Shape::Text("a range", "log(50ms .. 5s, 9)"),
        ])
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Values> {
        match &node.value {
            Value::Array(items) if items.is_empty() => {
                cx.out
                    .empty(node.at, "`values`")
                    .help("write at least one value, or leave the axis out");
                None
            }
            Value::Array(items) => {
                let wrong: Vec<&Node> = items
                    .iter()
                    .filter(|it| matches!(it.value, Value::Array(_) | Value::Datetime(_)))
                    .collect();
                for it in &wrong {
                    let found = it.noun();
                    cx.out
                        .wrong_type(it.at, "a text, a number, `true`, `false` or a table", found);
                }
                wrong.is_empty().then(|| Values::List(items.clone()))
            }
            Value::String(_) => {
                let reader: Text<_> = range();
                reader.read(cx, node).map(Values::Range)
            }
            _ => {
                wrong_type(cx, node, &Shape::List(Box::new(Shape::Number("a value"))));
                None
            }
        }
    }
    Custom { shape, read }
}

/// `replications`: a count, or a table.
pub(crate) fn replications() -> Custom<Replications> {
    fn shape() -> Shape {
        Shape::Either(vec![Read::shape(&count(1, 1_000_000)), Shape::Table(Until::info())])
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Replications> {
        if node.as_table().is_some() {
            return table::<Until>().read(cx, node).map(Replications::Until);
        }
        if matches!(node.value, Value::Integer(..)) {
            return count(1, 1_000_000).read(cx, node).map(Replications::Fixed);
        }
        wrong_type(cx, node, &shape());
        None
    }
    Custom { shape, read }
}
