//! Deadlines: how long a whole call may take, and what its callees learn of it.
//!
//! A deadline bounds all attempts and pauses. With propagation a callee's own calls end no later than `parent - margin`, and a
//! server drops a call whose deadline has passed when its turn comes; without, it serves calls that nobody waits for.
//!
//! Sources: Google SRE book (2016), ch. 22, "Propagate deadlines"; gRPC, "Deadlines" (a deadline is passed on as the time
//! left).

use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// A bound on a whole call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The longest the call may take, pauses and all attempts included; not zero. [`Span::MAX`] sets no limit of its own and
    /// only passes on the parent's.
    pub limit: Span,
    /// Whether the call also ends when the call that made it does, less the margin; its callees are told.
    pub propagate: bool,
    /// What is kept back from the parent's time for the way home.
    pub margin: Span,
}

impl Deadline {
    /// A deadline of its own, told to nobody.
    pub const fn local(limit: Span) -> Deadline {
        Deadline {
            limit,
            propagate: false,
            margin: Span::ZERO,
        }
    }

    /// Whether the settings make sense.
    pub const fn check(&self) -> Result<(), Invalid> {
        require(self.limit.nanos() > 0, "a deadline is longer than 0")
    }

    /// When a call that starts at `now` inside a call that ends by `parent` must have ended: `min(now + limit, parent -
    /// margin)`. [`SimTime::MAX`] is no deadline. The result may lie at or before `now`: then nothing is sent.
    #[inline]
    pub fn instant(&self, now: SimTime, parent: SimTime) -> SimTime {
        let own = now + self.limit;
        if !self.propagate || parent == SimTime::MAX {
            return own;
        }
        own.min(SimTime::from_nanos(parent.nanos().saturating_sub(self.margin.nanos())))
    }
}

/// Whether a call with this deadline is doomed at `now`: nothing is left of its time.
#[inline]
pub fn passed(deadline: SimTime, now: SimTime) -> bool {
    deadline <= now && deadline != SimTime::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn hop(propagate: bool) -> Deadline {
        Deadline {
            limit: Span::from_millis(300),
            propagate,
            margin: Span::ZERO,
        }
    }

    #[test]
    fn to_3_each_hop_gets_what_is_left() {
        let a = hop(true).instant(at(0), SimTime::MAX);
        let b = hop(true).instant(at(40), a);
        let c = hop(true).instant(at(90), b);
        assert_eq!(
            (at(40).until(b), at(90).until(c)),
            (Span::from_millis(260), Span::from_millis(210))
        );
        // Without propagation C may work on until 390, 90 ms after the user left.
        let c = hop(false).instant(at(90), b);
        assert_eq!((c, a.until(c)), (at(390), Span::from_millis(90)));
    }

    #[test]
    fn a_margin_is_kept_back_for_the_way_home() {
        let careful = Deadline {
            margin: Span::from_millis(25),
            ..hop(true)
        };
        assert_eq!(careful.instant(at(50), at(300)), at(275));
        // A short limit of its own is not shortened further.
        let short = Deadline {
            limit: Span::from_millis(10),
            ..careful
        };
        assert_eq!(short.instant(at(50), at(300)), at(60));
        // A margin larger than the parent's time leaves nothing.
        assert!(passed(careful.instant(at(10), at(20)), at(10)));
    }

    #[test]
    fn no_limit_is_no_deadline() {
        let unlimited = Deadline {
            limit: Span::MAX,
            propagate: true,
            margin: Span::from_millis(5),
        };
        assert_eq!(unlimited.instant(at(7), SimTime::MAX), SimTime::MAX);
        assert_eq!(unlimited.instant(at(7), at(100)), at(95));
        assert!(!passed(SimTime::MAX, SimTime::MAX));
        assert_eq!(
            Deadline::local(Span::ZERO).check(),
            Err(Invalid("a deadline is longer than 0"))
        );
    }

    /// One FIFO server with work of 40 ms, and calls that all arrive at 0 with these deadlines. For each that is served: when
    /// its turn comes, when its caller hears, and how long the server works for nothing.
    fn serve(deadlines: [u64; 3], cancel: bool) -> Vec<Option<(u64, u64, u64)>> {
        let mut free = 0;
        deadlines
            .map(|deadline| {
                let start = free;
                if passed(at(deadline), at(start)) {
                    return None;
                }
                let end = start + 40;
                free = if cancel { end.min(deadline) } else { end };
                Some((start, end.min(deadline), free.saturating_sub(deadline)))
            })
            .to_vec()
    }

    #[test]
    fn to_4_a_doomed_call_is_dropped_when_its_turn_comes() {
        assert_eq!(serve([50, 60, 70], false), [Some((0, 40, 0)), Some((40, 60, 20)), None]);
        // With cancellation the second frees the server at 60, and the third starts then and fails at 70.
        assert_eq!(
            serve([50, 60, 70], true),
            [Some((0, 40, 0)), Some((40, 60, 0)), Some((60, 70, 0))]
        );
    }
}
