//! A plain binary heap: the oracle that the wheel is tested against.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Entry, Pending};

/// A binary heap of entries.
#[derive(Debug, Default)]
pub(crate) struct Heap(BinaryHeap<Reverse<Entry>>);

impl Pending for Heap {
    fn push(&mut self, entry: Entry) {
        self.0.push(Reverse(entry));
    }

    fn pop(&mut self) -> Option<Entry> {
        self.0.pop().map(|Reverse(entry)| entry)
    }
}
