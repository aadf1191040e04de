//! Lines of attempts: who waits in which order.

use super::arena::Attempt;
use super::slab::{NONE, Slab};

/// A list of attempts, linked through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub first: u32,
    pub last: u32,
    pub len: u32,
}

impl Line {
    pub const EMPTY: Line = Line {
        first: NONE,
        last: NONE,
        len: 0,
    };

    #[inline(always)]
    pub fn push_back(&mut self, attempts: &mut Slab<Attempt>, attempt: u32) {
        let row = &mut attempts[attempt];
        row.next = NONE;
        row.previous = self.last;
        match self.last {
            NONE => self.first = attempt,
            last => attempts[last].next = attempt,
        }
        self.last = attempt;
        self.len += 1;
    }

    /// Takes out the first; there is one.
    #[inline(always)]
    pub fn remove_first(&mut self, attempts: &mut Slab<Attempt>) {
        self.first = attempts[self.first].next;
        match self.first {
            NONE => self.last = NONE,
            first => attempts[first].previous = NONE,
        }
        self.len -= 1;
    }

    #[inline(always)]
    pub fn remove(&mut self, attempts: &mut Slab<Attempt>, attempt: u32) {
        let row = &attempts[attempt];
        let (next, previous) = (row.next, row.previous);
        match previous {
            NONE => self.first = next,
            previous => attempts[previous].next = next,
        }
        match next {
            NONE => self.last = previous,
            next => attempts[next].previous = previous,
        }
        self.len -= 1;
    }
}
