//! Timeouts: how long a caller waits for one attempt, and what happens to the callee afterwards.
//!
//! A timeout ends the *caller's* wait and nothing else: the callee's work, its worker and its own calls go on unless the edge
//! cancels. An answer at the very instant of the timeout is in time (the engine delivers before it fires timers).
//!
//! The timeout of one attempt lies within the deadline of the call: an attempt gets `min(timeout, deadline - now)`, and if
//! nothing is left it is not sent.
//!
//! Sources: gRPC deadlines and Envoy's `timeout` and `per_try_timeout` (route API v3); M. Nygard, *Release It!*, 2nd ed.
//! (2018), "Timeouts".

use crate::time::{SimTime, Span};

/// Whether the callee stops when nobody waits for it any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cancel {
    /// It works on: wasted work.
    #[default]
    None,
    /// The caller's network tells the callee, which drops the call from its queue or stops working on it, and passes the
    /// word on to its own callees. The word takes as long as a message on that link.
    Propagate,
}

impl Cancel {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Cancel::None => "none",
            Cancel::Propagate => "propagate",
        }
    }
}

/// How long an attempt that starts at `now` may take: the smaller of its own limit and what the call has left.
///
/// `None` if the call has nothing left, so that the attempt is not sent. [`Span::MAX`] and [`SimTime::MAX`] are no limit.
#[inline]
pub fn attempt_limit(per_attempt: Span, call_deadline: SimTime, now: SimTime) -> Option<Span> {
    if call_deadline == SimTime::MAX {
        return Some(per_attempt);
    }
    let left = now.until(call_deadline);
    (left > Span::ZERO).then(|| left.min(per_attempt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, OutcomeSet};
    use crate::policy::backoff::{Backoff, Curve, Jitter};
    use crate::policy::retry::{Ended, Retry, Verdict};
    use crate::rng::{Key, Purpose, Streams};

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn an_attempt_gets_what_is_left_of_the_call() {
        let limit = Span::from_millis(100);
        assert_eq!(attempt_limit(limit, SimTime::MAX, at(5)), Some(limit));
        assert_eq!(attempt_limit(limit, at(250), at(0)), Some(limit));
        assert_eq!(attempt_limit(limit, at(250), at(150)), Some(limit));
        assert_eq!(attempt_limit(limit, at(250), at(240)), Some(Span::from_millis(10)));
        assert_eq!(attempt_limit(limit, at(250), at(250)), None);
        assert_eq!(attempt_limit(limit, at(250), at(251)), None);
        assert_eq!(attempt_limit(Span::MAX, SimTime::MAX, at(0)), Some(Span::MAX));
    }

    /// One call to a callee that answers nothing for `answer_ms`: when attempts start and end, and how it ends.
    fn play(timeout_ms: u64, deadline_ms: u64, retry: &Retry, answer_ms: u64) -> (Vec<(u64, u64)>, Outcome) {
        let mut draw = Streams::new(1).stream(Purpose::Jitter, Key::of("test"));
        let (mut budget, mut call) = (retry.start(), retry.begin());
        let (mut now, deadline) = (at(0), at(deadline_ms));
        let mut attempts = Vec::new();
        loop {
            let Some(limit) = attempt_limit(Span::from_millis(timeout_ms), deadline, now) else {
                return (attempts, Outcome::Deadline);
            };
            let (took, outcome) = if Span::from_millis(answer_ms) <= limit {
                (Span::from_millis(answer_ms), Outcome::Ok)
            } else if now + limit == deadline {
                (limit, Outcome::Deadline)
            } else {
                (limit, Outcome::Timeout)
            };
            attempts.push((now.nanos() / 1_000_000, (now + took).nanos() / 1_000_000));
            now = now + took;
            let ended = Ended {
                deadline,
                ..Ended::new(now, outcome)
            };
            match retry.after(&mut call, &mut budget, &ended, &mut draw) {
                Verdict::RetryAfter(pause) => now = now + pause,
                Verdict::GiveUp(_) => return (attempts, outcome),
            }
        }
    }

    #[test]
    fn to_1_the_caller_gives_up_and_the_server_works_on() {
        let once = Retry {
            attempts: Some(1),
            ..Retry::default()
        };
        // Timeout 100 ms, work 150 ms, nothing cancelled: the caller fails at 100; what the server does until 150 is waste.
        let (attempts, outcome) = play(100, 1_000_000, &once, 150);
        assert_eq!(
            (attempts.as_slice(), outcome),
            ([(0, 100)].as_slice(), Outcome::Timeout)
        );
        assert_eq!(Cancel::default(), Cancel::None);
    }

    #[test]
    fn an_answer_at_the_instant_of_the_timeout_is_in_time() {
        let (attempts, outcome) = play(100, 250, &Retry::default(), 100);
        assert_eq!((attempts.as_slice(), outcome), ([(0, 100)].as_slice(), Outcome::Ok));
    }

    #[test]
    fn to_2_the_last_attempt_gets_what_the_call_has_left() {
        let retry = Retry {
            attempts: Some(3),
            backoff: Backoff::Curve {
                curve: Curve::Fixed(Span::from_millis(20)),
                jitter: Jitter::None,
            },
            on: OutcomeSet::RETRYABLE,
            ..Retry::default()
        };
        let (attempts, outcome) = play(100, 250, &retry, 10_000);
        assert_eq!(attempts, [(0, 100), (120, 220), (240, 250)]);
        assert_eq!(outcome, Outcome::Deadline);
    }
}
