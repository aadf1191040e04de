//! One constructor for each kind of mistake in a file's notation and fields.

use super::codes::*;
use super::{Diagnostic, Diagnostics};
use crate::document::Place;
use crate::syntax::{Errors, either, nearest};

/// "did you mean `x`?", or what there is.
fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(it) = nearest(word, known.clone()) {
        return Some(format!("did you mean `{it}`?"));
    }
    let all: Vec<&str> = known.into_iter().collect();
    match all.len() {
        0 => None,
        1..=24 => Some(format!(
            "there {} {}",
            if all.len() == 1 { "is" } else { "are" },
            either(all).replace(" or ", " and ")
        )),
        _ => None,
    }
}

impl Diagnostics {
    /// The file is no text.
    pub fn not_utf8(&mut self, at: Place, byte: u8) {
        self.report(
            &S0001,
            at,
            format!("the file is not UTF-8: byte 0x{byte:02x} is no character"),
        )
        .help("save it as UTF-8; if it is a binary file, it is the wrong one");
    }

    /// There is nothing in the file.
    pub fn empty_file(&mut self, at: Place) {
        self.report(&S0002, at, "the file is empty")
            .help("`brownout new NAME` writes a commented scenario to start from");
    }

    /// The file is too large for a scenario.
    pub fn too_large(&mut self, at: Place, bytes: usize, most: usize) {
        let message = format!("the file has {bytes} bytes; a scenario has at most {most}");
        self.report(&S0003, at, message)
            .help("measured values belong into a CSV file, named by `trace` or `empirical(...)`");
    }

    /// It is not TOML; with what is written there.
    pub fn bad_toml(&mut self, at: Place, message: &str, written: &str) {
        let mut message = message.to_owned();
        if let Some(first) = message.get(..1).map(str::to_lowercase) {
            message.replace_range(..1, &first);
        }
        let help = match () {
            () if message.contains("must be quoted") && !written.is_empty() => {
                Some(format!("write `\"{}\"`", written.trim_matches('"')))
            }
            () if message.contains("must be quoted") => Some("a value is missing after the `=`".to_owned()),
            () if message.contains("duplicate key") => Some(format!(
                "`{written}` stands in this table before: keep one of them, or give the other a name of its own"
            )),
            () => None,
        };
        let diagnostic = self.report(&S0004, at, message);
        if let Some(help) = help {
            diagnostic.help(help);
        }
    }

    /// Tables within tables without end.
    pub fn too_deep(&mut self, at: Place) {
        self.report(&S0005, at, "tables are nested too deeply");
    }

    /// The format's version is unknown.
    pub fn unknown_format(&mut self, at: Place, found: &str) {
        self.report(&S0006, at, format!("no format has the version {found}"))
            .help("write `format = 1`");
    }

    /// A key that a table does not have.
    pub fn unknown_key<'a>(
        &mut self,
        at: Place,
        table: &str,
        key: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> &mut Diagnostic {
        let help = suggestion(key, known);
        let it = self.report(&S0101, at, format!("{table} has no field `{key}`"));
        it.help = help;
        it
    }

    /// A value of another type than the field's.
    pub fn wrong_type(&mut self, at: Place, expected: &str, found: &str) -> &mut Diagnostic {
        self.report(&S0102, at, format!("expected {expected}, found {found}"))
    }

    /// A text that is not what the field takes.
    pub fn bad_value(&mut self, at: Place, errors: Errors) {
        for error in errors {
            let at = at.within(error.at);
            let help = error.help;
            self.report(&S0103, at, error.message).help = help;
        }
    }

    /// A field that has to be there.
    pub fn missing(&mut self, at: Place, table: &str, key: &str, example: &str) {
        self.report(&S0104, at, format!("{table} lacks `{key}`"))
            .help(format!("add `{key} = {example}`"));
    }

    /// Named tables of which there has to be one.
    pub fn missing_tables(&mut self, at: Place, table: &str, kind: &str) {
        let article = if kind.starts_with(['a', 'e', 'i', 'o']) {
            "an"
        } else {
            "a"
        };
        self.report(&S0104, at, format!("{table} lacks {article} {kind}"))
            .help(format!(
                "add a table `[{kind}.NAME]`; `brownout explain {kind}` tells what it has"
            ));
    }

    /// A number outside of its range.
    pub fn out_of_range(&mut self, at: Place, found: &str, least: u64, most: u64) {
        let message = if found.starts_with('-') && least == 0 {
            format!("`{found}` is negative")
        } else {
            format!("`{found}` is not between {least} and {most}")
        };
        self.report(&S0105, at, message)
            .help(format!("write a number from {least} to {most}"));
    }

    /// A word that is none of those a field knows.
    pub fn unknown_word<'a>(&mut self, at: Place, word: &str, known: impl IntoIterator<Item = &'a str> + Clone) {
        let help = nearest(word, known.clone()).map(|it| format!("did you mean `{it}`?"));
        let message = format!("expected {}, found `{word}`", either(known));
        self.report(&S0106, at, message).help = help;
    }

    /// A name that cannot be one.
    pub fn bad_name(&mut self, at: Place, name: &str) {
        self.report(&S0107, at, format!("`{name}` cannot be a name"))
            .help("a name begins with a letter; letters, digits, `_` and `-` follow");
    }

    /// Two things of one name.
    pub fn duplicate_name(&mut self, at: Place, name: &str, first: Place, kind: &str) {
        self.report(&S0108, at, format!("the name `{name}` is already taken"))
            .also(first, format!("by this {kind}"))
            .help("names are unique over loads, services, zones and all other components");
    }

    /// Settings that exclude each other.
    pub fn conflict(&mut self, at: Place, message: impl Into<String>) -> &mut Diagnostic {
        self.report(&S0109, at, message)
    }

    /// Something that needs a setting which is not there.
    pub fn needs(&mut self, at: Place, what: &str, needs: &str, example: &str) {
        self.report(&S0110, at, format!("{what} needs {needs}"))
            .help(format!("add `{example}`"));
    }

    /// Shares that are no whole.
    pub fn not_a_whole(&mut self, at: Place, what: &str, sum: &str) {
        self.report(&S0111, at, format!("the shares of {what} add up to {sum}"))
            .help("they add up to 100 %");
    }

    /// A list or table with nothing in it.
    pub fn empty(&mut self, at: Place, what: &str) -> &mut Diagnostic {
        self.report(&S0112, at, format!("{what} is empty"))
    }

    /// Numbers that do not fit each other.
    pub fn inconsistent(&mut self, at: Place, message: impl Into<String>) -> &mut Diagnostic {
        self.report(&S0113, at, message)
    }

    /// A setting that does nothing where it is.
    pub fn no_effect(&mut self, at: Place, message: impl Into<String>) -> &mut Diagnostic {
        self.report(&S0114, at, message)
    }

    /// Says the default besides, where a value from `from` on is out of its range.
    pub fn tell_default(&mut self, from: usize, default: &str) {
        for it in self.list.iter_mut().skip(from) {
            if ![S0103.id, S0105.id].contains(&it.code.id) {
                continue;
            }
            it.help = Some(match it.help.take() {
                Some(help) => format!("{help}; the default is `{default}`"),
                None => format!("the default is `{default}`"),
            });
        }
    }

    /// More variants or changes than anybody can compare.
    pub fn too_many(&mut self, at: Place, what: &str, most: usize) {
        self.report(&S0115, at, format!("more than {most} {what}"))
            .help("vary numbers with a study (`brownout sweep`) instead");
    }

    /// A variant that does not exist.
    pub fn unknown_variant(&mut self, at: Place, name: &str, known: &[String]) {
        let known: Vec<&str> = known
            .iter()
            .map(String::as_str)
            .chain([crate::document::BASE])
            .collect();
        let help = suggestion(name, known);
        self.report(&S0121, at, format!("no variant is called `{name}`")).help = help;
    }

    /// Variants that start from each other.
    pub fn circular_from(&mut self, at: Place, circle: &[&str]) {
        let message = format!("variants start from each other: {}", circle.join(", then "));
        self.report(&S0122, at, message)
            .help("one of them has to start from the file itself: remove its `from`");
    }

    /// An `unset` of what is not set.
    pub fn nothing_to_unset(&mut self, at: Place, path: &str) {
        self.report(&S0123, at, format!("nothing is set at `{path}`"))
            .help("`unset` removes what the file sets; remove this path");
    }

    /// A path that a patch cannot change.
    pub fn not_settable(&mut self, at: Place, path: &str) {
        self.report(&S0124, at, format!("a patch cannot set `{path}`"));
    }

    /// A change of a setting that is fixed during a run.
    pub fn not_live(&mut self, at: Place, path: &str, live: &str) {
        self.report(&S0125, at, format!("`{path}` cannot change during a run"))
            .help(format!("these can: {live}"));
    }

    /// A profile that does not exist.
    pub fn unknown_profile(&mut self, at: Place, name: &str, known: &[&'static str]) {
        // Whoever says only whose profile it is means that library's first one.
        let library = |it: &'static str| it.split('-').next().unwrap_or(it);
        let of_library = nearest(name, known.iter().map(|it| library(it)));
        let first = of_library.and_then(|of| known.iter().find(|it| library(it) == of));
        let help = match (nearest(name, known.iter().copied()), first) {
            (None, Some(first)) => Some(format!("did you mean `{first}`?")),
            _ => suggestion(name, known.iter().copied()),
        };
        self.report(&S0126, at, format!("no profile is called `{name}`")).help = help;
    }

    /// A lint: the format's version does not come first.
    pub fn format_not_first(&mut self, at: Place) {
        self.report(&L0101, at, "`format` does not come first")
            .help("put `format = 1` on the first line, so that later versions know how to read the rest");
    }
}
