//! Addresses: `db`, `db.query`, `db @ zone-a`, `#tag`, `*`, and edges between two of them, `app -> db`.
//!
//! ```text
//! target  = address [ "->" address ]
//! address = ( name [ "." name ] | "#" name | "*" ) [ "@" name ]
//! name    = letter { letter | digit | "_" | "-" }
//! ```

use super::cursor::Cursor;
use super::{Placed, SyntaxError};
use core::fmt;
use core::ops::Range;

/// What an address means, before anyone knows whether it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A load, service, zone or other component.
    Name(String),
    /// Everything with this tag.
    Tag(String),
    /// Everything.
    Any,
}

/// One or several components, perhaps only one endpoint of them, perhaps only in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Which components.
    pub subject: Placed<Subject>,
    /// Which endpoint or operation of it; only of a [`Subject::Name`].
    pub endpoint: Option<Placed<String>>,
    /// Only what is in this zone.
    pub zone: Option<Placed<String>>,
    /// From its first to its last character.
    pub at: Range<usize>,
}

impl Address {
    /// The component's name and the endpoint, if it is nothing but that.
    pub fn plain(&self) -> Option<(&str, Option<&str>)> {
        match (&self.subject.it, &self.zone) {
            (Subject::Name(name), None) => Some((name, self.endpoint.as_ref().map(|it| it.it.as_str()))),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject.it {
            Subject::Name(it) => f.write_str(it)?,
            Subject::Tag(it) => write!(f, "#{it}")?,
            Subject::Any => f.write_str("*")?,
        }
        if let Some(it) = &self.endpoint {
            write!(f, ".{}", it.it)?;
        }
        if let Some(it) = &self.zone {
            write!(f, " @ {}", it.it)?;
        }
        Ok(())
    }
}

/// A caller and a callee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeAddress {
    /// Who calls.
    pub from: Address,
    /// Who is called.
    pub to: Address,
}

impl EdgeAddress {
    /// From its first to its last character.
    pub fn at(&self) -> Range<usize> {
        self.from.at.start..self.to.at.end
    }
}

impl fmt::Display for EdgeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

/// What a target names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Components.
    Node(Address),
    /// Edges.
    Edge(EdgeAddress),
}

impl Target {
    /// From its first to its last character.
    pub fn at(&self) -> Range<usize> {
        match self {
            Target::Node(it) => it.at.clone(),
            Target::Edge(it) => it.at(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Node(it) => it.fmt(f),
            Target::Edge(it) => it.fmt(f),
        }
    }
}

/// Components: no edge.
pub fn address(text: &str) -> Result<Address, SyntaxError> {
    match target(text)? {
        Target::Node(it) => Ok(it),
        Target::Edge(it) => Err(SyntaxError::new(it.at(), "expected one side, found an edge")
            .help(format!("write `{}` or `{}`", it.from, it.to))),
    }
}

/// An edge: both sides.
pub fn edge(text: &str) -> Result<EdgeAddress, SyntaxError> {
    match target(text)? {
        Target::Edge(it) => Ok(it),
        Target::Node(it) => Err(
            SyntaxError::new(it.at.clone(), format!("expected an edge, found `{it}`"))
                .help(format!("write `caller -> {it}`, or `* -> {it}` for every caller")),
        ),
    }
}

/// Components or an edge.
pub fn target(text: &str) -> Result<Target, SyntaxError> {
    let mut cursor = Cursor::new(text);
    let target = read_target(&mut cursor)?;
    cursor.end(&format!("`{target}`"))?;
    Ok(target)
}

/// A name and nothing else.
pub fn name(text: &str) -> Result<(), SyntaxError> {
    let mut cursor = Cursor::new(text);
    if cursor.name().is_some() && cursor.rest().is_empty() {
        return Ok(());
    }
    let error = SyntaxError::new(0..text.len(), format!("`{text}` is not a name"));
    Err(error.help("a name begins with a letter; letters, digits, `_` and `-` follow"))
}

pub(crate) fn read_target(cursor: &mut Cursor<'_>) -> Result<Target, SyntaxError> {
    let from = read_address(cursor)?;
    if cursor.eat("->").is_some() {
        let to = read_address(cursor)?;
        if let Some(at) = cursor.eat("->") {
            return Err(SyntaxError::new(at, "an edge has two sides"));
        }
        return Ok(Target::Edge(EdgeAddress { from, to }));
    }
    for arrow in ["=>", "→", ">", "-->"] {
        if let Some(at) = cursor.eat(arrow) {
            return Err(
                SyntaxError::new(at, format!("expected `->`, found `{arrow}`")).help("write `caller -> callee`")
            );
        }
    }
    Ok(Target::Node(from))
}

pub(crate) fn read_address(cursor: &mut Cursor<'_>) -> Result<Address, SyntaxError> {
    let start = cursor.space().pos();
    let named = |cursor: &Cursor<'_>, at: Range<usize>| Placed::new(cursor.text(at.clone()).to_owned(), at);
    let subject = if cursor.eat("*").is_some() {
        Subject::Any
    } else if cursor.eat("#").is_some() {
        let at = cursor.name().ok_or_else(|| cursor.expected("the name of a tag"))?;
        Subject::Tag(cursor.text(at).to_owned())
    } else {
        let at = cursor.name().ok_or_else(|| {
            let error = cursor.expected("a name, `#tag` or `*`");
            if error.at.is_empty() || !error.message.ends_with('`') {
                error
            } else {
                bad_name(cursor, error)
            }
        })?;
        Subject::Name(cursor.text(at).to_owned())
    };
    let subject = Placed::new(subject, start..cursor.pos());
    let mut endpoint = None;
    if cursor.rest().starts_with('.') && !cursor.rest().starts_with("..") {
        let dot = cursor.take(1);
        if !matches!(subject.it, Subject::Name(_)) {
            let error = SyntaxError::new(dot, "only a name has endpoints");
            return Err(error.help(format!("write `{}`", cursor.text(subject.at))));
        }
        let at = cursor
            .name()
            .ok_or_else(|| cursor.expected("the name of an endpoint"))?;
        endpoint = Some(named(cursor, at));
        if cursor.rest().starts_with('.') && !cursor.rest().starts_with("..") {
            let dot = cursor.take(1);
            return Err(SyntaxError::new(
                dot,
                "an address has one `.`, between a name and an endpoint",
            ));
        }
    }
    let mut end = cursor.pos();
    let mut zone = None;
    if cursor.eat("@").is_some() {
        cursor.space();
        let at = cursor.name().ok_or_else(|| cursor.expected("the name of a zone"))?;
        end = at.end;
        zone = Some(named(cursor, at));
    }
    Ok(Address {
        subject,
        endpoint,
        zone,
        at: start..end,
    })
}

fn bad_name(cursor: &Cursor<'_>, error: SyntaxError) -> SyntaxError {
    if cursor
        .rest()
        .starts_with(|it: char| it.is_alphanumeric() || it == '_' || it == '-')
    {
        return error.help("a name begins with a letter; letters, digits, `_` and `-` follow");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, shown};
    use proptest::prelude::*;

    /// What is found, printed, and the places of its parts.
    fn seen(text: &str) -> String {
        let places = |it: &Address| {
            let parts = [
                Some(&it.subject.at),
                it.endpoint.as_ref().map(|it| &it.at),
                it.zone.as_ref().map(|it| &it.at),
            ];
            parts
                .into_iter()
                .flatten()
                .map(|at| format!("[{}]", &text[at.clone()]))
                .collect::<String>()
        };
        match target(text) {
            Ok(Target::Node(it)) => format!("{it}: {}", places(&it)),
            Ok(Target::Edge(it)) => format!("{it}: {} -> {}", places(&it.from), places(&it.to)),
            Err(it) => shown(text, it),
        }
    }

    #[test]
    fn addresses_are_one_grammar() {
        let texts = [
            "db",
            "db.query",
            "db @ zone-a",
            "db.query@zone-a",
            "#tier",
            "#tier @ eu",
            "*",
            "* @ a",
            "app -> db",
            "app->db",
            "a-b->c_d.e2",
            "* -> #slow @ z",
            "  app.x @ a  ->  db.y @ b ",
            "",
            "->",
            "app ->",
            "-> db",
            "app -> db -> x",
            "app => db",
            "app → db",
            "app > db",
            "db.",
            "db.a.b",
            "#",
            "#a.b",
            "*.x",
            "db @",
            "db @ *",
            "db query",
            "2db",
            "_db",
            "db@",
            "app -- > db",
            "dé",
            "*a",
            "db..query",
            "db(x)",
        ];
        let all: Vec<String> = texts.into_iter().map(seen).collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
db: [db]
db.query: [db][query]
db @ zone-a: [db][zone-a]
db.query @ zone-a: [db][query][zone-a]
#tier: [#tier]
#tier @ eu: [#tier][eu]
*: [*]
* @ a: [*][a]
app -> db: [app] -> [db]
app -> db: [app] -> [db]
a-b -> c_d.e2: [a-b] -> [c_d][e2]
* -> #slow @ z: [*] -> [#slow][z]
app.x @ a -> db.y @ b: [app][x][a] -> [db][y][b]
[]: expected a name, `#tag` or `*`, found the end
[-]>: expected a name, `#tag` or `*`, found `-` (a name begins with a letter; letters, digits, `_` and `-` follow)
app ->[]: expected a name, `#tag` or `*`, found the end
[-]> db: expected a name, `#tag` or `*`, found `-` (a name begins with a letter; letters, digits, `_` and `-` follow)
app -> db [->] x: an edge has two sides
app [=>] db: expected `->`, found `=>` (write `caller -> callee`)
app [→] db: expected `->`, found `→` (write `caller -> callee`)
app [>] db: expected `->`, found `>` (write `caller -> callee`)
db.[]: expected the name of an endpoint, found the end
db.a[.]b: an address has one `.`, between a name and an endpoint
#[]: expected the name of a tag, found the end
#a[.]b: only a name has endpoints (write `#a`)
*[.]x: only a name has endpoints (write `*`)
db @[]: expected the name of a zone, found the end
db @ [*]: expected the name of a zone, found `*`
db [query]: expected nothing after `db`, found `query`
[2db]: expected a name, `#tag` or `*`, found `2db` (a name begins with a letter; letters, digits, `_` and `-` follow)
[_db]: expected a name, `#tag` or `*`, found `_db` (a name begins with a letter; letters, digits, `_` and `-` follow)
db@[]: expected the name of a zone, found the end
app [-- > db]: expected nothing after `app`, found `-- > db`
d[é]: expected nothing after `d`, found `é`
*[a]: expected nothing after `*`, found `a`
db[..query]: expected nothing after `db`, found `..query`
db[(x)]: expected nothing after `db`, found `(x)`
"#);
    }

    #[test]
    fn an_edge_is_no_component_and_a_component_no_edge() {
        insta::assert_snapshot!(shown(" app -> db", address(" app -> db").unwrap_err()), @r#"
 [app -> db]: expected one side, found an edge (write `app` or `db`)
"#);
        insta::assert_snapshot!(shown("db.query ", edge("db.query ").unwrap_err()), @r#"
[db.query] : expected an edge, found `db.query` (write `caller -> db.query`, or `* -> db.query` for every caller)
"#);
        assert_eq!(
            ["a", "a-b_2", "2a", "", "a.b", "a ", "ä"].map(|it| name(it).is_ok()),
            [true, true, false, false, false, false, false]
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", resembling in "[a-z*#@.> é-]{0,12}") {
            for text in [text, resembling] {
                check_places(&text, target(&text));
                check_places(&text, address(&text));
                check_places(&text, edge(&text));
                check_places(&text, name(&text));
            }
        }

        #[test]
        fn what_is_printed_reads_back(text in "([a-z][a-z0-9_]{0,3}(\\.[a-z]{1,3})?|#[a-z]{1,3}|\\*)( @ [a-z])?( -> ([a-z]{1,3}|\\*)( @ z)?)?") {
            prop_assert_eq!(target(&text).map(|it| it.to_string()), Ok(text));
        }
    }
}
