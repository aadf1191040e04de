//! A cache of good answers by key: each is fresh for a time, and the one that was used least recently goes when there is no room.
//!
//! Answers that are stored together expire together, and are asked for again together. A jitter spreads their ends evenly around
//! the `ttl`, so that it stays the mean. What has not been used for longer than it could be fresh is dropped whenever something is
//! stored: without a limit the cache holds the keys of about one `ttl`, not all there ever were.
//!
//! Only successes are stored; failures and degraded answers are asked for again. Nothing is stored before an answer has come.
//!
//! Sources: AWS Builders' Library, "Caching challenges and strategies" (jitter, coalescing); the least recently used goes:
//! R. L. Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970.

use std::collections::BTreeMap;

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

/// Settings of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl {
    /// How long an answer is fresh, on average.
    pub ttl: Span,
    /// How far that varies to either side, as a share of it: 0 to 1.
    pub jitter: Factor,
    /// How many answers are kept; `None` is any number.
    pub limit: Option<u32>,
    /// Whether calls that come while one of their key is out join it, for better or worse.
    pub single_flight: bool,
}

impl Default for Ttl {
    /// Ten thousand answers, for a minute each, and no joining.
    fn default() -> Ttl {
        Ttl {
            ttl: Span::from_secs(60),
            jitter: Factor(0),
            limit: Some(10_000),
            single_flight: false,
        }
    }
}

/// No row.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    key: u64,
    /// Fresh until just before this.
    until: SimTime,
    /// Who was used next after it, and last before it.
    newer: u32,
    older: u32,
}

/// The answers of one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TtlState {
    by_key: BTreeMap<u64, u32>,
    rows: Vec<Row>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

impl Default for TtlState {
    fn default() -> TtlState {
        TtlState {
            by_key: BTreeMap::new(),
            rows: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
        }
    }
}

impl TtlState {
    /// How many answers are kept, stale ones that nobody has asked for since included.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Forgets all answers, as when the process is gone.
    pub fn clear(&mut self) {
        *self = TtlState::default();
    }

    fn unlink(&mut self, row: u32) {
        let Row { newer, older, .. } = self.rows[row as usize];
        match newer {
            NONE => self.newest = older,
            it => self.rows[it as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            it => self.rows[it as usize].newer = newer,
        }
    }

    fn link_newest(&mut self, row: u32) {
        let before = core::mem::replace(&mut self.newest, row);
        self.rows[row as usize].older = before;
        self.rows[row as usize].newer = NONE;
        match before {
            NONE => self.oldest = row,
            it => self.rows[it as usize].newer = row,
        }
    }

    fn remove(&mut self, row: u32) {
        self.unlink(row);
        self.by_key.remove(&self.rows[row as usize].key);
        self.free.push(row);
    }
}

impl Ttl {
    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.ttl > Span::ZERO,
            "an answer is fresh for longer than 0, its `ttl` (default 1m)",
        )?;
        require(
            self.jitter <= Factor::ONE,
            "the `ttl_jitter` is at most the whole `ttl`, 100% (default 0%)",
        )?;
        require(
            self.limit != Some(0),
            "a cache holds at least 1 answer (`limit`, default 10000)",
        )
    }

    /// Nothing kept.
    pub fn start(&self) -> TtlState {
        TtlState::default()
    }

    /// Whether there is a fresh answer for `key` at `now`; then it counts as just used.
    #[inline]
    pub fn look(&self, state: &mut TtlState, now: SimTime, key: u64) -> bool {
        let Some(&row) = state.by_key.get(&key) else {
            return false;
        };
        if state.rows[row as usize].until <= now {
            state.remove(row);
            return false;
        }
        state.unlink(row);
        state.link_newest(row);
        true
    }

    /// How long an answer is fresh, given 64 random bits; without jitter they are not looked at.
    pub fn fresh_for(&self, bits: u64) -> Span {
        if self.jitter == Factor(0) {
            return self.ttl;
        }
        // Evenly from `ttl - far` to `ttl + far`.
        let far = self.ttl.scale(self.jitter.0, Factor::ONE.0);
        let least = Span::from_nanos(self.ttl.nanos() - far.nanos());
        let more = (u128::from(far.nanos()) * 2 * u128::from(bits)) >> 64;
        least + Span::from_nanos(more as u64)
    }

    /// A good answer for `key` has come at `now`; `bits` are 64 random ones. Gives how many others had to go for want of room.
    pub fn store(&self, state: &mut TtlState, now: SimTime, key: u64, bits: u64) -> u32 {
        let until = now + self.fresh_for(bits);
        if let Some(&row) = state.by_key.get(&key) {
            state.rows[row as usize].until = until;
            state.unlink(row);
            state.link_newest(row);
            return 0;
        }
        while state.oldest != NONE && state.rows[state.oldest as usize].until <= now {
            state.remove(state.oldest);
        }
        let mut gone = 0;
        while self.limit.is_some_and(|it| state.by_key.len() >= it as usize) {
            state.remove(state.oldest);
            gone += 1;
        }
        let new = Row {
            key,
            until,
            newer: NONE,
            older: NONE,
        };
        let row = match state.free.pop() {
            Some(row) => {
                state.rows[row as usize] = new;
                row
            }
            None => {
                state.rows.push(new);
                (state.rows.len() - 1) as u32
            }
        };
        state.by_key.insert(key, row);
        state.link_newest(row);
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn of(ttl_ms: u64, limit: u32) -> Ttl {
        Ttl {
            ttl: Span::from_millis(ttl_ms),
            limit: Some(limit),
            ..Ttl::default()
        }
    }

    #[test]
    fn an_answer_is_fresh_until_its_time_is_over() {
        let (cache, mut state) = (of(10, 5), TtlState::default());
        assert!(!cache.look(&mut state, at(0), 7));
        cache.store(&mut state, at(0), 7, 0);
        assert!(cache.look(&mut state, at(9), 7));
        assert!(!cache.look(&mut state, at(10), 7), "fresh is before the end");
        assert!(state.is_empty(), "what is found stale is dropped");
        // A use does not make it fresh for longer, another answer does.
        cache.store(&mut state, at(20), 7, 0);
        cache.store(&mut state, at(28), 7, 0);
        assert!(cache.look(&mut state, at(37), 7));
        state.clear();
        assert!(!cache.look(&mut state, at(37), 7));
    }

    #[test]
    fn the_least_recently_used_goes() {
        let (cache, mut state) = (of(1_000, 2), TtlState::default());
        assert_eq!(cache.store(&mut state, at(0), 1, 0), 0);
        assert_eq!(cache.store(&mut state, at(1), 2, 0), 0);
        assert!(cache.look(&mut state, at(2), 1));
        assert_eq!(cache.store(&mut state, at(3), 3, 0), 1);
        let left = [1, 2, 3].map(|it| cache.look(&mut state, at(4), it));
        assert_eq!(left, [true, false, true]);
    }

    #[test]
    fn without_a_limit_unused_answers_go_when_they_are_stale() {
        let cache = Ttl {
            limit: None,
            ..of(10, 1)
        };
        let mut state = cache.start();
        for key in 0..1_000 {
            cache.store(&mut state, at(key), key, 0);
            assert!(state.len() <= 10, "{}", state.len());
        }
    }

    #[test]
    fn jitter_spreads_the_ends_evenly_around_the_ttl() {
        let cache = Ttl {
            jitter: Factor(100_000),
            ..of(1_000, 1)
        };
        assert_eq!(cache.fresh_for(0), Span::from_millis(900));
        assert_eq!(cache.fresh_for(1 << 63), Span::from_millis(1_000));
        assert_eq!(cache.fresh_for(u64::MAX), Span::from_nanos(1_099_999_999));
        assert_eq!(of(1_000, 1).fresh_for(u64::MAX), Span::from_millis(1_000));
        let whole = Ttl {
            jitter: Factor::ONE,
            ..cache
        };
        assert_eq!((whole.check(), whole.fresh_for(0)), (Ok(()), Span::ZERO));
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        for (wrong, named) in [
            (of(0, 1), "`ttl`"),
            (of(1, 0), "`limit`"),
            (
                Ttl {
                    jitter: Factor(1_000_001),
                    ..of(1, 1)
                },
                "`ttl_jitter`",
            ),
        ] {
            let told = wrong.check().expect_err("out of range").0;
            assert!(told.contains(named) && told.contains("default"), "{told}");
        }
        assert_eq!(Ttl::default().check(), Ok(()));
    }

    proptest! {
        /// Compared with a list in order of use.
        #[test]
        fn it_keeps_what_a_plain_list_would(steps in prop::collection::vec((any::<bool>(), 0u64..8, 0u64..4), 1..200)) {
            let cache = of(20, 4);
            let (mut state, mut list): (TtlState, Vec<(u64, SimTime)>) = (cache.start(), Vec::new());
            let mut now = 0;
            for (stores, key, pause) in steps {
                now += pause;
                let known = list.iter().position(|it| it.0 == key);
                if stores {
                    cache.store(&mut state, at(now), key, 0);
                    if let Some(known) = known {
                        list.remove(known);
                    } else {
                        while list.first().is_some_and(|it| it.1 <= at(now)) {
                            list.remove(0);
                        }
                        if list.len() == 4 {
                            list.remove(0);
                        }
                    }
                    list.push((key, at(now + 20)));
                } else {
                    let fresh = known.is_some_and(|it| list[it].1 > at(now));
                    prop_assert_eq!(cache.look(&mut state, at(now), key), fresh);
                    if let Some(known) = known {
                        let entry = list.remove(known);
                        if fresh {
                            list.push(entry);
                        }
                    }
                }
                prop_assert_eq!(state.len(), list.len());
            }
        }
    }
}
