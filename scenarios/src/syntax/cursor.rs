//! A place in a string that moves forward: what the hand-written parsers share.

use super::SyntaxError;
use super::units::{Quantity, quantity};
use core::ops::Range;

/// The rest of a string.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    pos: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, pos: 0 }
    }

    pub fn pos(&self) -> usize {
        self.pos
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    pub fn text(&self, at: Range<usize>) -> &'a str {
        &self.text[at]
    }

    /// Passes over white space.
    pub fn space(&mut self) -> &mut Cursor<'a> {
        self.pos = self.text.len() - self.rest().trim_start().len();
        self
    }

    /// Moves on by some bytes and says what they were.
    pub fn take(&mut self, bytes: usize) -> Range<usize> {
        self.pos += bytes;
        self.pos - bytes..self.pos
    }

    /// Passes over white space and then `symbol`, if it is there.
    pub fn eat(&mut self, symbol: &str) -> Option<Range<usize>> {
        self.space();
        self.rest().starts_with(symbol).then(|| self.take(symbol.len()))
    }

    /// Whether `word` is next, after white space, and no part of a longer word.
    pub fn at_word(&mut self, word: &str) -> bool {
        let rest = self.space().rest();
        rest.strip_prefix(word).is_some_and(|it| !it.starts_with(is_name))
    }

    /// Passes over `word` as [`Cursor::at_word`] has it.
    pub fn eat_word(&mut self, word: &str) -> Option<Range<usize>> {
        self.at_word(word).then(|| self.take(word.len()))
    }

    /// Passes over a name: `[A-Za-z][A-Za-z0-9_-]*`. A `-` that begins `->` is not part of it.
    pub fn name(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let length = name_length(rest);
        (length > 0).then(|| self.take(length))
    }

    /// Passes over a quantity: digits with a unit that follows at once, and for money the currency after a space.
    pub fn quantity(&mut self) -> Result<(Quantity, Range<usize>), SyntaxError> {
        let rest = self.space().rest();
        let length = quantity_length(rest);
        if length == 0 {
            return Err(self.expected("a quantity"));
        }
        let value = quantity(&rest[..length]).map_err(|it| it.shifted(self.pos))?;
        Ok((value, self.take(length)))
    }

    /// The place and the looks of what is next, for a message: a word, else one character.
    pub fn here(&mut self) -> (Range<usize>, String) {
        let rest = self.space().rest();
        let Some(first) = rest.chars().next() else {
            return (self.pos..self.pos, "the end".to_owned());
        };
        let length = match rest.find(|it: char| !is_name(it)).unwrap_or(rest.len()) {
            0 => first.len_utf8(),
            length => length,
        };
        (self.pos..self.pos + length, format!("`{}`", &rest[..length]))
    }

    /// An error: something else should be here.
    pub fn expected(&mut self, what: &str) -> SyntaxError {
        let (at, found) = self.here();
        SyntaxError::new(at, format!("expected {what}, found {found}"))
    }

    /// An error if there is more than white space left; `after` is what came before it.
    pub fn end(&mut self, after: &str) -> Result<(), SyntaxError> {
        let rest = self.space().rest().trim_end();
        if rest.is_empty() {
            return Ok(());
        }
        let at = self.pos..self.pos + rest.len();
        Err(SyntaxError::new(
            at,
            format!("expected nothing after {after}, found `{rest}`"),
        ))
    }
}

/// Whether a character can stand in a name.
pub(crate) fn is_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == '-'
}

/// The length of the name that a text begins with; 0 if it does not.
pub(crate) fn name_length(text: &str) -> usize {
    if !text.starts_with(|it: char| it.is_ascii_alphabetic()) {
        return 0;
    }
    let length = text.find(|it| !is_name(it)).unwrap_or(text.len());
    if text[length..].starts_with('>') && text[..length].ends_with('-') {
        length - 1
    } else {
        length
    }
}

/// Whether a text begins with a name and a parenthesis: `2/p99(x)` is a division, not a rate.
fn is_metric(text: &str) -> bool {
    text.trim_start_matches(|it| is_name(it) || it == '.').starts_with('(')
}

/// The length of what looks like a quantity at the start of a text.
fn quantity_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let signed = usize::from(text.starts_with('-'));
    let factor = usize::from(text[signed..].starts_with('x'));
    if !bytes.get(signed + factor).is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let mut end = signed + factor;
    while let Some(it) = text[end..].chars().next() {
        let next = bytes.get(end + it.len_utf8());
        let part = it.is_alphanumeric()
            || matches!(it, '%' | '_' | 'µ')
            || (it == '.' && next.is_some_and(u8::is_ascii_digit))
            || (it == '/' && next.is_some_and(u8::is_ascii_alphabetic) && !is_metric(&text[end + 1..]));
        if !part {
            break;
        }
        end += it.len_utf8();
    }
    let rest = &text[end..];
    let code = rest.trim_start();
    let length = code.find(|it: char| !it.is_ascii_uppercase()).unwrap_or(code.len());
    let plain = text[..end].bytes().all(|it| it.is_ascii_digit() || it == b'.');
    if !plain || length != 3 || code[3..].starts_with(is_name) {
        return end;
    }
    end += rest.len() - code.len() + length;
    let per = text[end..]
        .strip_prefix('/')
        .map_or(0, |it| it.find(|it: char| !it.is_alphabetic()).unwrap_or(it.len()));
    if per > 0 { end + 1 + per } else { end }
}
