//! Two runs side by side, event by event: where they first differ.

use core::cell::Cell;

use super::pending::{Entry, Pending, Wheel};
use super::{Limits, RunError, Simulation};
use crate::model::Model;
use crate::observe::Record;
use crate::time::SimTime;

/// One event of a run, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Which event it was, from 1.
    pub number: u64,
    /// When.
    pub at: SimTime,
    /// What kind of event.
    pub what: &'static str,
}

/// Where two runs part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// What the first run did; `None` if it had ended.
    pub first: Option<Happening>,
    /// What the second run did; `None` if it had ended.
    pub second: Option<Happening>,
}

/// A pending set that remembers the entry it gave last.
#[derive(Default)]
struct Watched {
    wheel: Wheel,
    last: Cell<Option<Entry>>,
}

impl Pending for Watched {
    fn push(&mut self, entry: Entry) {
        self.wheel.push(entry);
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.wheel.pop();
        self.last.set(entry);
        entry
    }
}

impl Simulation<'_, Watched> {
    /// Goes on to the next event that the model acts on.
    fn next_happening(&mut self) -> Result<Option<Happening>, RunError> {
        let before = self.events;
        while self.events == before {
            if !self.advance_once() {
                return Ok(None);
            }
            if let Some(error) = self.error {
                return Err(error);
            }
            if self.events > self.limits.events {
                return Err(self.too_many_events());
            }
        }
        let entry = self.pending.last.get().expect("an event was popped");
        Ok(Some(Happening {
            number: self.events,
            at: entry.time(),
            what: entry.event().name(),
        }))
    }
}

/// Runs two models from one seed side by side and gives the first event at which their digests differ; `None` if they are
/// the same run.
///
/// # Errors
///
/// As [`run`](super::run), for either model.
pub fn first_divergence(a: &Model, b: &Model, seed: u64, limits: &Limits) -> Result<Option<Divergence>, RunError> {
    let record = Record::default();
    let mut first = Simulation::<Watched>::new(a, seed, &record, limits);
    let mut second = Simulation::<Watched>::new(b, seed, &record, limits);
    loop {
        let (one, other) = (first.next_happening()?, second.next_happening()?);
        if first.digest != second.digest || one.is_none() != other.is_none() {
            return Ok(Some(Divergence {
                first: one,
                second: other,
            }));
        }
        if one.is_none() {
            return Ok(None);
        }
    }
}
