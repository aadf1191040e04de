//! A bounded queue, and what happens to a call that finds it full.
//!
//! Refusing the newcomer (tail drop) keeps those who have waited. Dropping the oldest (head drop) keeps those who will wait
//! longest for their answer yet, and tells callers sooner. Dropping the lowest class keeps what matters. A limit bounds the
//! waiting time: with `limit` calls ahead and a throughput of `mu`, `limit / mu`.
//!
//! Sources: L. Kleinrock, *Queueing Systems* vol. 1 (1975), finite storage; RFC 7567 (head and tail drop); Google SRE book
//! (2016), ch. 21 and 22 (short queues, criticality).

use super::priority;

/// Settings of a bounded queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The most calls that wait; zero lets nobody wait, [`u32::MAX`] is no limit.
    pub limit: u32,
    /// Who goes when it is full.
    pub on_full: OnFull,
}

/// Who goes when a queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFull {
    /// Whoever comes: tail drop.
    #[default]
    Newcomer,
    /// Whoever has waited longest, of the least important class, but of none above the newcomer's: head drop.
    Oldest,
    /// Whoever came last of the least important class, the newcomer being one of them.
    Lowest,
}

/// What happens to a call that wants to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It waits.
    Enqueue,
    /// It is refused.
    Refuse,
    /// The oldest call of this class is dropped, and it waits.
    DropOldest(usize),
    /// The newest call of this class is dropped, and it waits.
    DropNewest(usize),
}

impl Overflow {
    /// A call of class `newcomer` wants to wait; `waiting` says how many of each class do, class 0 being the most important.
    #[inline]
    pub fn admit(&self, waiting: &[u32], newcomer: usize) -> Admission {
        let all: u64 = waiting.iter().map(|&n| u64::from(n)).sum();
        if all < u64::from(self.limit) {
            return Admission::Enqueue;
        }
        let dropped = match self.on_full {
            OnFull::Newcomer => None,
            OnFull::Oldest => priority::lowest(waiting)
                .filter(|&lowest| lowest >= newcomer)
                .map(Admission::DropOldest),
            OnFull::Lowest => priority::victim(waiting, newcomer).map(Admission::DropNewest),
        };
        dropped.unwrap_or(Admission::Refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(limit: u32, on_full: OnFull) -> Overflow {
        Overflow { limit, on_full }
    }

    #[test]
    fn a_queue_takes_calls_up_to_its_limit() {
        for on_full in [OnFull::Newcomer, OnFull::Oldest, OnFull::Lowest] {
            assert_eq!(limit(4, on_full).admit(&[1, 2], 0), Admission::Enqueue);
            assert_ne!(limit(3, on_full).admit(&[1, 2], 0), Admission::Enqueue);
            assert_eq!(limit(0, on_full).admit(&[0, 0], 0), Admission::Refuse);
        }
    }

    #[test]
    fn a_full_queue_gives_up_whom_it_is_told() {
        let full = [2, 0, 1];
        assert_eq!(limit(3, OnFull::Newcomer).admit(&full, 0), Admission::Refuse);
        assert_eq!(limit(3, OnFull::Oldest).admit(&full, 0), Admission::DropOldest(2));
        assert_eq!(limit(3, OnFull::Oldest).admit(&full, 2), Admission::DropOldest(2));
        assert_eq!(limit(3, OnFull::Oldest).admit(&[3, 0, 0], 1), Admission::Refuse);
        assert_eq!(limit(3, OnFull::Oldest).admit(&[3], 0), Admission::DropOldest(0));
        assert_eq!(limit(3, OnFull::Lowest).admit(&full, 1), Admission::DropNewest(2));
        assert_eq!(limit(3, OnFull::Lowest).admit(&full, 2), Admission::Refuse);
    }
}
