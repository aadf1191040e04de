//! From a merged tree to a [`Spec`], with every mistake that can be seen without looking up names.

use super::Spec;
use super::check;
use crate::diagnostics::{Diagnostics, codes};
use crate::document::{Merged, Place, Value};
use crate::fields::{Cx, block};

/// Reads a version of a file. With errors the result holds what could be read; its named tables are all there.
pub fn decode(document: &Merged) -> (Spec, Diagnostics) {
    let mut out = Diagnostics::new(document.sources().clone());
    if document.is_unreadable() {
        return (Spec::default(), out);
    }
    let top = Place::new(0, 0, 0..0);
    let spec: Spec = block(&mut Cx::new(&mut out), document.root(), top, &[]);
    check_format(document, &mut out);
    check::all(&spec, document.root(), &mut out);
    if document.is_broken() {
        // What follows from a mistake in the notation is no mistake of its own.
        let sources = document.sources().clone();
        out.retain(|it| {
            let line = sources.line_column(it.at).0;
            it.code != &codes::S0104 && !(it.at.source == 0 && document.is_broken_line(line))
        });
    }
    out.sort();
    (spec, out)
}

/// `format` has a version we know and comes first.
fn check_format(document: &Merged, out: &mut Diagnostics) {
    let Some(entry) = document.root().0.get("format") else {
        return;
    };
    if let Value::Integer(_, text) = &entry.node.value
        && text != "1"
    {
        out.retain(|it| !(it.code == &codes::S0105 && it.at == entry.node.at));
        out.unknown_format(entry.node.at, text);
    }
    let first = document
        .root()
        .in_order()
        .into_iter()
        .find(|it| it.1.key_at.source == 0);
    if first.is_some_and(|it| it.0 != "format") {
        out.format_not_first(entry.key_at);
    }
}
