//! CoDel, controlled delay: drops from the head of a queue that has been late for a whole interval, ever more often.
//!
//! ```text
//!                 late for an interval: drop one
//! delivering ───────────────────────────────────▶ dropping: the n-th drop comes
//!     ▲                                            interval / sqrt(n) after the one before
//!     └──────────── not late any more ─────────────┘
//! ```
//!
//! Late is a sojourn of `target` or more (equal counts as late) while the queue is not small. A queue that comes back soon after
//! it left the dropping state goes on near the drop rate it had. CoDel lets bursts pass and takes away a standing queue; it does
//! not bound an overload from callers that do not slow down.
//!
//! [`Codel::on_dequeue`] is asked for each call that is taken from the queue. After [`Verdict::Drop`] the next call is taken and
//! asked for at the same instant; if there is none, [`Codel::on_empty`] says so.
//!
//! Sources: RFC 8289, section 5; Linux, `include/net/codel_impl.h`, which compares strictly where the RFC does not (the RFC's
//! `now >= first_above` is [`Comparison::Rfc`]). The square root is exact; Linux approximates it by Newton's method.

use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of CoDel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codel {
    /// The sojourn that is acceptable as a standing delay. For calls rather than packets a larger one may suit.
    pub target: Span,
    /// For how long a queue may be late: about the longest round trip through its callers.
    pub interval: Span,
    /// Whose comparison.
    pub comparison: Comparison,
}

/// When a queue has been late for long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// After the interval, its last instant excluded.
    #[default]
    Linux,
    /// From the last instant of the interval on.
    Rfc,
}

/// What to do with a call that comes out of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it.
    Keep,
    /// Answer that it was shed.
    Drop,
}

/// How late the queue has been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodelState {
    /// When the queue will have been late for an interval; `None` if it is not late.
    first_above: Option<SimTime>,
    dropping: bool,
    /// When the next drop is due.
    drop_next: SimTime,
    /// Drops of this stretch, and at the beginning of the last one.
    count: u32,
    last_count: u32,
    /// The drop that was just made, if the next call is part of the same look at the queue.
    after: After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Nothing,
    /// The drop that began the dropping state: the next call is delivered.
    First,
    /// A later drop: the next call may go as well.
    Later,
}

impl CodelState {
    /// Whether CoDel is in its dropping state.
    pub const fn is_dropping(&self) -> bool {
        self.dropping
    }

    /// Drops in the present stretch of dropping, or in the last.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// When the next drop is due, while dropping.
    pub const fn drop_next(&self) -> SimTime {
        self.drop_next
    }
}

/// A stretch of dropping that begins within so many intervals of the last drop due goes on from its rate.
const MEMORY: u64 = 16;

impl Codel {
    /// The RFC's constants, and Linux's comparison.
    pub const DEFAULT: Codel = Codel {
        target: Span::from_millis(5),
        interval: Span::from_millis(100),
        comparison: Comparison::Linux,
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.target > Span::ZERO, "target is above zero (default 5ms)")?;
        require(
            self.interval > self.target,
            "interval is longer than target (default 100ms)",
        )
    }

    /// A queue that has never been late.
    pub const fn start(&self) -> CodelState {
        CodelState {
            first_above: None,
            dropping: false,
            drop_next: SimTime::ZERO,
            count: 0,
            last_count: 0,
            after: After::Nothing,
        }
    }

    /// A call that waited for `sojourn` comes out at `now`. `queue_is_small`: what it leaves behind is not worth dropping from
    /// (the RFC's "no more than one packet": nobody, or one).
    #[inline]
    pub fn on_dequeue(&self, state: &mut CodelState, now: SimTime, sojourn: Span, queue_is_small: bool) -> Verdict {
        let late = self.is_late(state, now, sojourn, queue_is_small);
        match core::mem::replace(&mut state.after, After::Nothing) {
            After::First => Verdict::Keep,
            After::Later if late => {
                state.drop_next = self.after_drop(state.drop_next, state.count);
                self.drop_if_due(state, now)
            }
            After::Nothing if state.dropping && late => self.drop_if_due(state, now),
            After::Nothing if late => self.begin(state, now),
            After::Later | After::Nothing => {
                state.dropping = false;
                Verdict::Keep
            }
        }
    }

    /// The queue is empty when somebody wants a call.
    #[inline]
    pub fn on_empty(&self, state: &mut CodelState) {
        state.first_above = None;
        state.dropping = false;
        state.after = After::Nothing;
    }

    /// Whether the queue has been late for an interval.
    fn is_late(&self, state: &mut CodelState, now: SimTime, sojourn: Span, queue_is_small: bool) -> bool {
        if sojourn < self.target || queue_is_small {
            state.first_above = None;
            return false;
        }
        match (state.first_above, self.comparison) {
            (None, _) => {
                state.first_above = Some(now + self.interval);
                false
            }
            (Some(first_above), Comparison::Linux) => now > first_above,
            (Some(first_above), Comparison::Rfc) => now >= first_above,
        }
    }

    fn begin(&self, state: &mut CodelState, now: SimTime) -> Verdict {
        state.dropping = true;
        state.after = After::First;
        let of_late = state.count.saturating_sub(state.last_count);
        let recent = now < state.drop_next + self.interval.scale(MEMORY, 1);
        state.count = if of_late > 1 && recent { of_late } else { 1 };
        state.last_count = state.count;
        state.drop_next = self.after_drop(now, state.count);
        Verdict::Drop
    }

    fn drop_if_due(&self, state: &mut CodelState, now: SimTime) -> Verdict {
        if now < state.drop_next {
            return Verdict::Keep;
        }
        state.count = state.count.saturating_add(1);
        state.after = After::Later;
        Verdict::Drop
    }

    /// The control law: when the next drop is due after one at `at`, the `count`-th.
    pub fn after_drop(&self, at: SimTime, count: u32) -> SimTime {
        at + Span::from_nanos_f64(self.interval.nanos() as f64 / libm::sqrt(f64::from(count)))
    }
}

#[cfg(test)]
mod tests;
