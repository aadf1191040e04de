//! From a merged tree to a [`Spec`], with every mistake that can be seen without looking up names.

use super::Spec;
use super::check;
use super::study::StudySpec;
use crate::diagnostics::{Diagnostics, codes};
use crate::document::{Merged, Place, STUDY, StudyFile, Table, Value};
use crate::fields::{Cx, block};

/// Reads a version of a file. With errors the result holds what could be read; its named tables are all there.
pub fn decode(document: &Merged) -> (Spec, Diagnostics) {
    let mut out = Diagnostics::new(document.sources().clone());
    if document.is_unreadable() {
        return (Spec::default(), out);
    }
    let top = Place::new(0, 0, 0..0);
    let spec: Spec = block(&mut Cx::new(&mut out), document.root(), top, &[]);
    check_format(document.root(), 0, &mut out);
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

/// `format` has a version we know and comes first, in the text that is this source.
fn check_format(root: &Table, source: u16, out: &mut Diagnostics) {
    let Some(entry) = root.0.get("format") else {
        return;
    };
    if let Value::Integer(_, text) = &entry.node.value
        && text != "1"
    {
        out.retain(|it| !(it.code == &codes::S0105 && it.at == entry.node.at));
        out.unknown_format(entry.node.at, text);
    }
    let first = root.in_order().into_iter().find(|it| it.1.key_at.source == source);
    if first.is_some_and(|it| it.0 != "format") {
        out.format_not_first(entry.key_at);
    }
}

/// Reads a study; its mistakes go to `out`, which has its text. With errors the result holds what could be read.
pub(crate) fn decode_study(file: &StudyFile, out: &mut Diagnostics) -> StudySpec {
    if file.unreadable {
        return StudySpec::default();
    }
    let sources = out.sources().clone();
    let mut found = Diagnostics::new(sources.clone());
    let top = Place::new(STUDY, 0, 0..0);
    let spec: StudySpec = block(&mut Cx::of_study(&mut found), &file.root, top, &[]);
    check_format(&file.root, STUDY, &mut found);
    if !file.broken.is_empty() {
        found.retain(|it| it.code != &codes::S0104 && !file.broken.contains(&sources.line_column(it.at).0));
    }
    out.merge(found);
    spec
}
