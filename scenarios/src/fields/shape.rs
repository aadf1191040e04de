//! What fields accept, as data.

use super::cx::Cx;
use crate::document::Table;

/// What a field accepts.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A text in one of the small languages: what it is, with its article, and an example without quotes.
    Text(&'static str, &'static str),
    /// A whole number in a range.
    Whole(u64, u64),
    /// A negative whole number, down to this.
    Negative(i64),
    /// A number: what it is.
    Number(&'static str),
    /// `true` or `false`.
    Flag,
    /// One of a few words.
    Words(Vec<&'static str>),
    /// A table.
    Table(&'static TableInfo),
    /// One of several tables, told apart by `kind`; with the kind that needs no saying.
    Kinds(&'static str, &'static str, Vec<(&'static str, &'static TableInfo)>),
    /// A list of these.
    List(Box<Shape>),
    /// A table with keys of the user's own: what they are, and what each holds.
    Map(&'static str, Box<Shape>),
    /// Any of these.
    Either(Vec<Shape>),
    /// The fields of another table, written directly in this one.
    Inline(&'static TableInfo),
    /// Settings by their path: a part of a scenario.
    Patch,
    /// Settings by kind of table.
    Defaults,
}

impl Shape {
    /// What it is, with its article, for messages.
    pub fn noun(&self) -> String {
        match self {
            Shape::Text(noun, _) | Shape::Number(noun) => (*noun).to_owned(),
            Shape::Whole(..) => "a whole number".to_owned(),
            Shape::Negative(_) => "a negative whole number".to_owned(),
            Shape::Flag => "`true` or `false`".to_owned(),
            Shape::Words(words) => crate::syntax::either(words.iter().copied()),
            Shape::Table(_) | Shape::Kinds(..) | Shape::Inline(_) | Shape::Map(..) => "a table".to_owned(),
            Shape::List(_) => "a list".to_owned(),
            Shape::Patch => "a table of settings".to_owned(),
            Shape::Defaults => "a table of tables".to_owned(),
            Shape::Either(all) => {
                let mut nouns: Vec<String> = all.iter().map(Shape::noun).collect();
                nouns.dedup();
                nouns.join(" or ")
            }
        }
    }
}

/// Whether a field has to be there, and what holds if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The value that holds otherwise, as TOML.
    pub default: Option<&'static str>,
    /// Whether its absence is a mistake.
    pub required: bool,
    /// Whether a `[change]` can set it during a run.
    pub live: bool,
}

impl Rule {
    /// A `[change]` can set it during a run.
    pub(crate) const fn live(mut self) -> Rule {
        self.live = true;
        self
    }
}

/// The field has to be there.
pub(crate) const fn required() -> Rule {
    Rule {
        default: None,
        required: true,
        live: false,
    }
}

/// The field may be absent; its doc says what holds then.
pub(crate) const fn optional() -> Rule {
    Rule {
        default: None,
        required: false,
        live: false,
    }
}

/// The field may be absent, and this value, as TOML, holds then.
pub(crate) const fn default(value: &'static str) -> Rule {
    Rule {
        default: Some(value),
        required: false,
        live: false,
    }
}

/// One field of a table.
pub struct FieldInfo {
    /// Its key.
    pub name: &'static str,
    /// What it means: sentences.
    pub doc: &'static str,
    /// What it accepts.
    pub shape: fn() -> Shape,
    /// Whether it has to be there.
    pub rule: Rule,
    /// A right value, as TOML; empty for [`Shape::Inline`].
    pub example: &'static str,
    /// Reads a value only to find its mistakes.
    pub(crate) check: fn(&mut Cx<'_>, &Table),
}

/// The fields of one kind of table.
pub struct TableInfo {
    /// Its type's name: unique.
    pub id: &'static str,
    /// What users call it: `service`.
    pub name: &'static str,
    /// What it is: a sentence.
    pub doc: &'static str,
    /// Its fields, in the order of the reference.
    pub fields: &'static [FieldInfo],
}

impl core::fmt::Debug for TableInfo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TableInfo({})", self.id)
    }
}

impl TableInfo {
    /// All fields that can be written in the table, those of inlined tables in their place.
    pub fn all_fields(&self) -> Vec<&'static FieldInfo> {
        let mut all = Vec::new();
        for field in self.fields {
            match (field.shape)() {
                Shape::Inline(info) => all.extend(info.all_fields()),
                _ => all.push(field),
            }
        }
        all
    }

    /// A field by its key.
    pub fn field(&self, name: &str) -> Option<&'static FieldInfo> {
        self.all_fields().into_iter().find(|it| it.name == name)
    }

    /// The field's doc and the whole table's, without line breaks.
    pub fn sentence(&self) -> String {
        one_line(self.doc)
    }
}

impl FieldInfo {
    /// What it means, without line breaks.
    pub fn sentence(&self) -> String {
        one_line(self.doc)
    }

    /// The tables that its value can be, with the `kind` that makes it that one.
    pub fn tables(&self) -> Vec<(Option<&'static str>, &'static TableInfo)> {
        fn collect(shape: Shape, into: &mut Vec<(Option<&'static str>, &'static TableInfo)>) {
            match shape {
                Shape::Table(info) | Shape::Inline(info) => into.push((None, info)),
                Shape::Kinds(_, _, kinds) => into.extend(kinds.into_iter().map(|it| (Some(it.0), it.1))),
                Shape::List(inner) | Shape::Map(_, inner) => collect(*inner, into),
                Shape::Either(all) => all.into_iter().for_each(|it| collect(it, into)),
                _ => {}
            }
        }
        let mut all = Vec::new();
        collect((self.shape)(), &mut all);
        all
    }

    /// Whether its value is a table with keys of the user's own.
    pub fn is_map(&self) -> bool {
        matches!((self.shape)(), Shape::Map(..))
    }
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fields along a path such as `service.db.queue.limit`, from a table down. `None` if no field is called so.
///
/// Names of the user's own are passed over: the result for that path has `service`, `queue` and `limit`.
pub fn lookup(root: &'static TableInfo, path: &[&str]) -> Option<Vec<&'static FieldInfo>> {
    let (first, rest) = path.split_first()?;
    let field = root.field(first)?;
    let rest = match (field.is_map(), rest.split_first()) {
        (true, Some((_, rest))) => rest,
        (_, _) => rest,
    };
    if rest.is_empty() {
        return Some(vec![field]);
    }
    if matches!((field.shape)(), Shape::Map(_, inner) if !matches!(*inner, Shape::Table(_))) {
        return None;
    }
    for (_, info) in field.tables() {
        if let Some(mut found) = lookup(info, rest) {
            found.insert(0, field);
            return Some(found);
        }
    }
    // `kind` is a field of every table that has kinds.
    (rest == ["kind"] && field.tables().iter().any(|it| it.0.is_some())).then(|| vec![field])
}
