//! What a reader needs besides the node: where to report, and which table it is in.

use super::shape::{Rule, TableInfo};
use crate::diagnostics::Diagnostics;
use crate::document::{Place, Table, path};

/// Where reading stands.
pub(crate) struct Cx<'a> {
    /// Where mistakes go.
    pub out: &'a mut Diagnostics,
    /// The keys that lead to the table at hand.
    path: Vec<String>,
    /// What the whole file is, for messages.
    file: &'static str,
    /// Whether missing fields are mistakes; they are not in `[defaults]`.
    pub complete: bool,
    /// Mistakes up to this one know the default of their field.
    told: usize,
}

impl<'a> Cx<'a> {
    pub fn new(out: &'a mut Diagnostics) -> Cx<'a> {
        Cx {
            out,
            path: Vec::new(),
            file: "a scenario",
            complete: true,
            told: 0,
        }
    }

    /// For a study's file.
    pub fn of_study(out: &'a mut Diagnostics) -> Cx<'a> {
        Cx {
            file: "a study",
            ..Cx::new(out)
        }
    }

    /// Reads a field: whoever writes a value out of its range is told the default besides.
    pub fn field<T>(&mut self, rule: Rule, read: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        let before = self.out.len();
        let result = read(self);
        // Fields within this one have told theirs.
        let from = before.max(self.told);
        if let Some(default) = rule.default {
            self.out.tell_default(from, default);
        }
        self.told = self.out.len();
        result
    }

    /// Goes one key down for a while.
    pub fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        self.path.push(key.to_owned());
        let mut inner = Cx {
            out: self.out,
            path: core::mem::take(&mut self.path),
            file: self.file,
            complete: self.complete,
            told: self.told,
        };
        let result = read(&mut inner);
        self.path = inner.path;
        self.told = inner.told;
        self.path.pop();
        result
    }

    /// The table at hand, for messages: `[service.web.queue]`, or the file.
    pub fn here(&self) -> String {
        if self.path.is_empty() {
            return self.file.to_owned();
        }
        format!("`{}`", path::print(self.path.iter().map(String::as_str)))
    }

    /// Reports keys that the table does not have and required ones that are missing.
    pub fn check_keys(&mut self, info: &TableInfo, table: &Table, at: Place, extra: &[&str]) {
        let fields = info.all_fields();
        let known: Vec<&str> = fields.iter().map(|it| it.name).chain(extra.iter().copied()).collect();
        for (key, entry) in table.in_order() {
            if !known.contains(&key.as_str()) {
                let here = self.here();
                super::special::unknown_key(self.out, entry.key_at, &here, info, key, &known);
            }
        }
        if !self.complete {
            return;
        }
        for field in fields {
            if field.rule.required && !table.0.contains_key(field.name) {
                let here = self.here();
                if field.is_map() {
                    self.out.missing_tables(at, &here, field.name);
                } else {
                    self.out.missing(at, &here, field.name, field.example);
                }
            }
        }
    }
}
