//! `name(1ms, key=2ms, 10% other(...), "text")`: the notation that distributions and back-offs share.

use super::{Errors, Placed, SyntaxError, either, nearest};
use core::fmt;
use core::ops::Range;

/// Something written: a word or quantity, a quoted text, or a name with arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A bare run of characters: `5ms`, `none`.
    Atom(String),
    /// A text in quotes, without them.
    Text(String),
    /// A name with arguments.
    Call(Call),
}

/// A name with arguments in parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What stands before the parenthesis.
    pub name: Placed<String>,
    /// What stands between the parentheses.
    pub args: Vec<Arg>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// `key` in `key=value`.
    pub key: Option<Placed<String>>,
    /// What stands before a value: `90%` in `90% 5ms`.
    pub weight: Option<Placed<String>>,
    /// The value itself.
    pub value: Placed<Value>,
}

impl Arg {
    /// From its first to its last character.
    pub fn at(&self) -> Range<usize> {
        let starts = [
            self.key.as_ref().map(|it| it.at.start),
            self.weight.as_ref().map(|it| it.at.start),
        ];
        let start = starts.into_iter().flatten().min().unwrap_or(self.value.at.start);
        start..self.value.at.end
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Atom(it) => f.write_str(it),
            Value::Text(it) => write!(f, "\"{it}\""),
            Value::Call(it) => write!(f, "{}(...)", it.name.it),
        }
    }
}

/// Calls within calls at most.
const DEPTH_MAX: usize = 16;

/// Reads a whole text.
pub fn parse(text: &str) -> Result<Placed<Value>, SyntaxError> {
    let mut reader = Reader { text, pos: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.pos < text.len() {
        let rest = text[reader.pos..].trim_end();
        let at = reader.pos..reader.pos + rest.len();
        return Err(SyntaxError::new(
            at,
            format!("expected nothing after `{}`, found `{rest}`", value.it),
        ));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    pos: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.pos..]
    }

    fn space(&mut self) {
        self.pos = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, symbol: char) -> bool {
        self.space();
        let found = self.rest().starts_with(symbol);
        self.pos += if found { symbol.len_utf8() } else { 0 };
        found
    }

    /// What stands here, for a message.
    fn here(&self) -> (Range<usize>, String) {
        match self.rest().chars().next() {
            Some(it) => (self.pos..self.pos + it.len_utf8(), format!("`{it}`")),
            None => (self.pos..self.pos, "the end".to_owned()),
        }
    }

    fn expected(&mut self, what: &str) -> SyntaxError {
        self.space();
        let (at, found) = self.here();
        SyntaxError::new(at, format!("expected {what}, found {found}"))
    }

    fn value(&mut self, depth: usize) -> Result<Placed<Value>, SyntaxError> {
        self.space();
        let start = self.pos;
        if let Some(quote) = self.rest().chars().next().filter(|it| ['"', '\''].contains(it)) {
            let Some(length) = self.rest()[1..].find(quote) else {
                return Err(SyntaxError::new(start..self.text.len(), "this quote has no end"));
            };
            let inner = self.rest()[1..1 + length].to_owned();
            self.pos += length + 2;
            return Ok(Placed::new(Value::Text(inner), start..self.pos));
        }
        let length = self
            .rest()
            .find(|it: char| it.is_whitespace() || "(),=\"'".contains(it));
        let atom = length.map_or(self.rest(), |it| &self.rest()[..it]).to_owned();
        if atom.is_empty() {
            return Err(self.expected("a value"));
        }
        self.pos += atom.len();
        let name = Placed::new(atom, start..self.pos);
        if !self.eat('(') {
            self.pos = name.at.end;
            return Ok(Placed::new(Value::Atom(name.it), name.at));
        }
        if depth == DEPTH_MAX {
            return Err(SyntaxError::new(
                name.at,
                format!("more than {DEPTH_MAX} levels of parentheses"),
            ));
        }
        let mut args = Vec::new();
        loop {
            if self.eat(')') {
                break;
            }
            args.push(self.arg(depth)?);
            if !self.eat(',') {
                if self.eat(')') {
                    break;
                }
                return Err(self.expected("`,` or `)`"));
            }
        }
        Ok(Placed::new(Value::Call(Call { name, args }), start..self.pos))
    }

    fn arg(&mut self, depth: usize) -> Result<Arg, SyntaxError> {
        let first = self.value(depth + 1)?;
        let (key, first) = match first {
            Placed {
                it: Value::Atom(word),
                at,
            } if self.eat('=') => {
                let value = self.value(depth + 1)?;
                (Some(Placed::new(word, at)), value)
            }
            other => (None, other),
        };
        self.space();
        let Placed {
            it: Value::Atom(word),
            at,
        } = &first
        else {
            return Ok(Arg {
                key,
                weight: None,
                value: first,
            });
        };
        if self.rest().is_empty() || self.rest().starts_with([',', ')', '(', '=']) {
            return Ok(Arg {
                key,
                weight: None,
                value: first,
            });
        }
        let weight = Some(Placed::new(word.clone(), at.clone()));
        Ok(Arg {
            key,
            weight,
            value: self.value(depth + 1)?,
        })
    }
}

/// The arguments of a call by parameter.
pub(crate) struct Bound<'a> {
    call: &'a Call,
    by_name: Vec<(&'a str, &'a Arg)>,
}

impl<'a> Bound<'a> {
    /// Gives every argument its parameter; those without a key go to `positional` in order. `known` are further keys.
    pub fn new(
        call: &'a Call,
        positional: &[&'a str],
        known: impl Fn(&str) -> bool,
        all: &[&'a str],
        errors: &mut Errors,
    ) -> Bound<'a> {
        let mut by_name: Vec<(&'a str, &'a Arg)> = Vec::new();
        let (mut next, mut named) = (0, false);
        let name = &call.name.it;
        for arg in &call.args {
            if let Some(weight) = &arg.weight {
                let error = SyntaxError::new(arg.at(), format!("expected `,` after `{}`", weight.it));
                errors.push(error);
                continue;
            }
            let key = match &arg.key {
                Some(key) if known(&key.it) || all.contains(&key.it.as_str()) => key.it.as_str(),
                Some(key) => {
                    let error = SyntaxError::new(key.at.clone(), format!("`{name}` has no parameter `{}`", key.it));
                    errors.push(match nearest(&key.it, all.iter().copied()) {
                        Some(it) => error.help(format!("did you mean `{it}`?")),
                        None if all.is_empty() => error.help(format!("write `{name}`")),
                        None => error.help(format!(
                            "it has {}",
                            either(all.iter().copied()).replace(" or ", " and ")
                        )),
                    });
                    continue;
                }
                None if named => {
                    let error = SyntaxError::new(arg.at(), "a parameter without a name follows one with a name");
                    errors.push(error.help("name it, or put it first"));
                    continue;
                }
                None => match positional.get(next) {
                    Some(key) => *key,
                    None if positional.is_empty() && !all.is_empty() => {
                        let error = SyntaxError::new(arg.at(), format!("the parameters of `{name}` have names"));
                        errors.push(error.help(format!("write `{}={}`", all[0], arg.value.it)));
                        continue;
                    }
                    None => {
                        let error =
                            SyntaxError::new(arg.at(), format!("`{name}` takes no more parameters without a name"));
                        errors.push(error);
                        continue;
                    }
                },
            };
            named |= arg.key.is_some();
            next += 1;
            if by_name.iter().any(|it| it.0 == key) {
                errors.push(SyntaxError::new(arg.at(), format!("`{key}` is given twice")));
            } else {
                by_name.push((key, arg));
            }
        }
        Bound { call, by_name }
    }

    /// The whole call's name, for messages.
    pub fn name(&self) -> &'a Placed<String> {
        &self.call.name
    }

    /// The parameters given, in order of writing.
    pub fn keys(&self) -> Vec<&'a str> {
        self.by_name.iter().map(|it| it.0).collect()
    }

    /// Whether a parameter is given.
    pub fn has(&self, key: &str) -> bool {
        self.by_name.iter().any(|it| it.0 == key)
    }

    /// A parameter's value, read by `parse`; `None` and an error if it is missing or wrong.
    pub fn read<T>(
        &self,
        key: &str,
        errors: &mut Errors,
        parse: impl Fn(&str) -> Result<T, SyntaxError>,
    ) -> Option<Placed<T>> {
        let (_, arg) = self.by_name.iter().find(|it| it.0 == key)?;
        let value = &arg.value;
        match &value.it {
            Value::Atom(text) => match parse(text) {
                Ok(it) => Some(Placed::new(it, value.at.clone())),
                Err(error) => {
                    errors.push(error.shifted(value.at.start));
                    None
                }
            },
            other => {
                let message = format!("`{key}` is a plain value, not `{other}`");
                errors.push(SyntaxError::new(value.at.clone(), message));
                None
            }
        }
    }
}
