//! GCRA, the generic cell rate algorithm, as governor has it: a token bucket in one number.
//!
//! The number is the *theoretical arrival time* of the next call, were calls evenly spaced. With T the time per call and
//! `tau = T (burst - 1)`, a call passes iff `now >= TAT - tau`, and moves `TAT` to `max(now, TAT) + T`. T is a whole number of
//! nanoseconds, truncated as governor's is: 3 per second are one per 333 333 333 ns.
//!
//! Sources: ITU-T I.371 (virtual scheduling algorithm); governor 0.10, `Quota` and `gcra`.

use super::Answer;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of governor's rate limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    /// How long one call takes to be replenished; not zero.
    pub replenish_one_per: Span,
    /// How many calls pass at once after a long silence; at least 1.
    pub max_burst: u32,
    /// Whether a call waits for its turn, as governor's `until_ready`, instead of being refused. It takes nothing while it
    /// waits, and asks again.
    pub until_ready: bool,
}

/// When the next call would come if calls were evenly spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tat(SimTime);

impl Gcra {
    /// `n` calls per second, and as many at once: governor's `Quota::per_second`. `n` is not zero.
    pub const fn per_second(n: u32) -> Gcra {
        Gcra {
            replenish_one_per: Span::from_nanos(1_000_000_000 / n as u64),
            max_burst: n,
            until_ready: false,
        }
    }

    /// The same rate with another burst.
    pub const fn allow_burst(self, max_burst: u32) -> Gcra {
        Gcra { max_burst, ..self }
    }

    fn times(&self, n: u32) -> Span {
        self.replenish_one_per.scale(u64::from(n), 1)
    }

    pub(super) fn start(&self, now: SimTime) -> Tat {
        Tat(now)
    }

    #[inline]
    pub(super) fn ask(&self, tat: &mut Tat, now: SimTime, permits: u32) -> Answer {
        if permits == 0 {
            return Answer::Admitted;
        }
        if permits > self.max_burst {
            return Answer::Refused;
        }
        // Several at once pass iff the last of them would.
        let tau = self.times(self.max_burst - permits);
        if now + tau >= tat.0 {
            tat.0 = tat.0.max(now) + self.times(permits);
            Answer::Admitted
        } else if self.until_ready {
            Answer::Again((now + tau).until(tat.0))
        } else {
            Answer::Refused
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.replenish_one_per > Span::ZERO,
            "the time to replenish one call is above zero, so at most 1000000000 per second; it has no default",
        )?;
        require(
            self.max_burst >= 1,
            "max_burst is at least 1 (default: the calls per second)",
        )
    }
}
