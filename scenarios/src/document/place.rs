//! Where a value stands and which layer of settings put it there.

use core::ops::Range;

/// A stretch of one source text, and the layer it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which text: an index into [`Sources`](super::Sources).
    pub source: u16,
    /// Which layer: an index into the document's [layers](super::Merged::origin).
    pub origin: u16,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// For a string whose content is written without escapes: one more than the bytes of quotes before it. 0: it has escapes.
    pub inset: u8,
}

impl Place {
    /// `range` in the text, without quotes.
    pub fn new(source: u16, origin: u16, range: Range<usize>) -> Place {
        let clamp = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        Place {
            source,
            origin,
            start: clamp(range.start),
            end: clamp(range.end),
            inset: 0,
        }
    }

    /// Whether it stands in a shipped profile.
    pub fn in_profile(self) -> bool {
        self.source == super::PROFILE
    }

    /// The bytes it covers.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// A part of a string value, given in bytes within the string; the whole value if its text has escapes.
    pub fn within(self, part: Range<usize>) -> Place {
        if self.inset == 0 {
            return self;
        }
        let quotes = usize::from(self.inset - 1);
        let from = self.start as usize + quotes;
        let last = (self.end as usize).saturating_sub(quotes).max(from);
        let part = from.saturating_add(part.start).min(last)..from.saturating_add(part.end).min(last);
        Place::new(self.source, self.origin, part)
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place; of a string with its quotes.
    pub at: Place,
}

impl<T> At<T> {
    /// `value`, standing at `at`.
    pub fn new(value: T, at: Place) -> At<T> {
        At { value, at }
    }

    /// The same place with another value.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> At<U> {
        At::new(with(self.value), self.at)
    }
}

impl<T> core::ops::Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
