//! Adaptive LIFO: first in first out while the queue is short, last in first out once it builds up.
//!
//! In a long queue the oldest calls are those whose callers have given up, or soon will; serving the newest first keeps at least
//! some in time. The old end is left to a time-out ([`super::queue_timeout`], [`super::deadline_drop`]), without which it would
//! starve.
//!
//! Source: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015. It gives no number for "builds up".

/// Settings of an adaptive LIFO queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdaptiveLifo {
    /// The most that may wait for the queue to count as short; zero is always last in first out, [`u32::MAX`] never.
    pub threshold: u32,
}

/// An end of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where the call is that has waited longest.
    Oldest,
    /// Where the call is that came last.
    Newest,
}

impl AdaptiveLifo {
    /// Which of `waiting` calls is served next.
    #[inline]
    pub const fn next(&self, waiting: u32) -> End {
        if waiting > self.threshold {
            End::Newest
        } else {
            End::Oldest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::deadline_drop::DeadlineDrop;
    use crate::time::{SimTime, Span};
    use std::collections::VecDeque;

    #[test]
    fn the_order_turns_when_more_wait_than_the_threshold() {
        let order = AdaptiveLifo { threshold: 3 };
        assert_eq!([3, 4].map(|n| order.next(n)), [End::Oldest, End::Newest]);
        assert_eq!(AdaptiveLifo { threshold: 0 }.next(1), End::Newest);
        assert_eq!(AdaptiveLifo { threshold: u32::MAX }.next(u32::MAX), End::Oldest);
    }

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    /// One worker from t = 100 ms on, 20 ms a call, over A (came at 10), B (20) and C (95), whose callers wait for 75 ms: each
    /// call that was served, when it was done and whether in time.
    fn serve(order: AdaptiveLifo, expiry: Option<DeadlineDrop>) -> Vec<(char, u64, bool)> {
        let mut queue = VecDeque::from([('A', 10), ('B', 20), ('C', 95)]);
        let mut now = 100;
        let mut done = Vec::new();
        while !queue.is_empty() {
            let (name, came) = match order.next(queue.len() as u32) {
                End::Oldest => queue.pop_front().unwrap(),
                End::Newest => queue.pop_back().unwrap(),
            };
            let deadline = at(came) + Span::from_millis(75);
            if expiry.is_some_and(|it| it.drops(at(now), deadline)) {
                continue;
            }
            now += 20;
            done.push((name, now, at(now) <= deadline));
        }
        done
    }

    #[test]
    fn ls_6_lifo_against_fifo() {
        let fifo = AdaptiveLifo { threshold: u32::MAX };
        let lifo = AdaptiveLifo { threshold: 0 };
        assert_eq!(
            serve(fifo, None),
            [('A', 120, false), ('B', 140, false), ('C', 160, true)]
        );
        assert_eq!(
            serve(lifo, None),
            [('C', 120, true), ('B', 140, false), ('A', 160, false)]
        );
        let expiry = Some(DeadlineDrop::DEFAULT);
        assert_eq!(serve(fifo, expiry), [('C', 120, true)]);
        assert_eq!(serve(lifo, expiry), [('C', 120, true)]);
    }
}
