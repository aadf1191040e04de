//! Fields of services and of what they know about requests.

use brownout_sim_core::server::criticality::Criticality;

use super::Custom;
use crate::document::{At, Node, Value};
use crate::fields::cx::Cx;
use crate::fields::read::{Read, count, kind_or_table, name_of, share, wrong_type};
use crate::fields::shape::Shape;
use crate::spec::admission::InsideLimit;
use crate::spec::policy::concurrency::Concurrency;
use crate::syntax::units::Ratio;

/// `concurrency` of a service: a number, a kind or a table.
pub(crate) fn inside_limit() -> Custom<InsideLimit> {
    Custom {
        shape: || {
            Shape::Either(vec![
                Shape::Whole(1, 1_000_000),
                Read::shape(&kind_or_table::<Concurrency>()),
            ])
        },
        read: |cx, node| match node.value {
            Value::Integer(..) => count(1, 1_000_000).read(cx, node).map(InsideLimit::Fixed),
            _ => kind_or_table::<Concurrency>().read(cx, node).map(InsideLimit::Adaptive),
        },
    }
}

/// `priority`: a number, or a class of the SRE book.
pub(crate) fn importance() -> Custom<u32> {
    fn words() -> impl Iterator<Item = &'static str> + Clone {
        Criticality::ALL.into_iter().map(Criticality::name)
    }
    Custom {
        shape: || Shape::Either(vec![Shape::Whole(0, 255), Shape::Words(words().collect())]),
        read: |cx, node| {
            let Some(word) = node.as_str() else {
                return count(0, 255).read(cx, node);
            };
            let found = Criticality::named(word).map(|it| it as u32);
            if found.is_none() {
                cx.out.unknown_word(node.at, word, words());
            }
            found
        },
    }
}

/// `partition`: classes and their shares.
pub(crate) fn partitions() -> Custom<Vec<(At<String>, At<Ratio>)>> {
    fn shape() -> Shape {
        Shape::Map("class", Box::new(Shape::Text("a percentage", "80%")))
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<(At<String>, At<Ratio>)>> {
        let Some(table) = node.as_table() else {
            wrong_type(cx, node, &shape());
            return None;
        };
        if table.0.is_empty() {
            cx.out
                .empty(node.at, "`partition`")
                .help("give classes their shares: `{ checkout = \"80%\", batch = \"20%\" }`");
            return None;
        }
        let mut all = Some(Vec::new());
        for (name, entry) in table.in_order() {
            let key = Node {
                value: Value::String(name.clone()),
                at: entry.key_at,
            };
            let pair = (name_of("a class").read(cx, &key), share().read(cx, &entry.node));
            match (pair, &mut all) {
                ((Some(class), Some(share)), Some(all)) => {
                    all.push((At::new(class, entry.key_at), At::new(share, entry.node.at)));
                }
                _ => all = None,
            }
        }
        all
    }
    Custom { shape, read }
}
