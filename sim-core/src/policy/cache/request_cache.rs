//! Hystrix's request cache: within one request the same call is made once.
//!
//! The second call with a key gets what the first got, also while that is still out, and also if it fails: the failure is kept
//! like an answer until somebody clears it. Such a call takes no thread and does not count for a breaker's health. A request
//! context holds few keys, so they are kept in a sorted list.
//!
//! Source: Hystrix, `HystrixRequestCache` and `AbstractCommand.toObservable` (`requestCache.enabled`, true by default, applies
//! to commands that give a key).

use super::Lookup;

/// What the calls of one request have got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCache<T> {
    entries: Vec<(u64, Entry<T>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry<T> {
    Out(u32),
    Done(T),
}

impl<T> Default for RequestCache<T> {
    fn default() -> RequestCache<T> {
        RequestCache { entries: Vec::new() }
    }
}

impl<T: Copy> RequestCache<T> {
    fn place(&self, key: u64) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&key, |it| it.0)
    }

    /// Call number `call` wants what `key` names; if it is to be made it is the one that others join.
    pub fn call(&mut self, key: u64, call: u32) -> Lookup<T> {
        match self.place(key) {
            Ok(at) => match self.entries[at].1 {
                Entry::Out(first) => Lookup::Join(first),
                Entry::Done(got) => Lookup::Answer(got),
            },
            Err(at) => {
                self.entries.insert(at, (key, Entry::Out(call)));
                Lookup::Make
            }
        }
    }

    /// The call that was made for `key` has ended. Nothing happens if the key was cleared meanwhile.
    pub fn settle(&mut self, key: u64, call: u32, got: T) {
        if let Ok(at) = self.place(key)
            && matches!(self.entries[at].1, Entry::Out(first) if first == call)
        {
            self.entries[at].1 = Entry::Done(got);
        }
    }

    /// The call that was made goes on for another that had joined it, as it is given up itself.
    pub fn hand_over(&mut self, key: u64, call: u32, to: u32) {
        if let Ok(at) = self.place(key)
            && let Entry::Out(first) = &mut self.entries[at].1
            && *first == call
        {
            *first = to;
        }
    }

    /// The call that was made is given up and nobody waits for it: the next is made.
    pub fn forget(&mut self, key: u64, call: u32) {
        if let Ok(at) = self.place(key)
            && matches!(self.entries[at].1, Entry::Out(first) if first == call)
        {
            self.entries.remove(at);
        }
    }

    /// Forgets one key, as after a write; calls that have joined stay joined.
    pub fn clear(&mut self, key: u64) {
        if let Ok(at) = self.place(key) {
            self.entries.remove(at);
        }
    }

    /// The request ends: forgets all, and keeps the room.
    pub fn reset(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    #[test]
    fn the_second_call_gets_what_the_first_gets_even_a_failure() {
        let mut cache = RequestCache::default();
        assert_eq!(cache.call(7, 1), Lookup::Make);
        assert_eq!(cache.call(3, 2), Lookup::Make);
        assert_eq!(cache.call(7, 3), Lookup::Join(1));
        cache.settle(7, 1, Outcome::Timeout);
        assert_eq!(cache.call(7, 4), Lookup::Answer(Outcome::Timeout));
        assert_eq!(cache.call(3, 5), Lookup::Join(2));
        cache.reset();
        assert_eq!(cache.call(7, 6), Lookup::Make);
    }

    #[test]
    fn a_cleared_key_is_called_again_and_the_old_call_does_not_answer_for_it() {
        let mut cache = RequestCache::default();
        assert_eq!(cache.call(7, 1), Lookup::Make);
        cache.clear(7);
        cache.clear(8);
        assert_eq!(cache.call(7, 2), Lookup::Make);
        cache.settle(7, 1, Outcome::Ok);
        assert_eq!(cache.call(7, 3), Lookup::Join(2));
        cache.settle(7, 2, Outcome::Error);
        assert_eq!(cache.call(7, 4), Lookup::Answer(Outcome::Error));
    }

    #[test]
    fn a_call_that_is_given_up_goes_on_for_one_that_joined() {
        let mut cache = RequestCache::default();
        assert_eq!(cache.call(7, 1), Lookup::Make);
        assert_eq!(cache.call(7, 2), Lookup::Join(1));
        cache.hand_over(7, 1, 2);
        assert_eq!(cache.call(7, 3), Lookup::Join(2));
        cache.settle(7, 1, Outcome::Error);
        assert_eq!(cache.call(7, 4), Lookup::Join(2), "it is another's by now");
        cache.settle(7, 2, Outcome::Ok);
        assert_eq!(cache.call(7, 5), Lookup::Answer(Outcome::Ok));
        assert_eq!(cache.call(8, 6), Lookup::Make);
        cache.forget(8, 6);
        assert_eq!(cache.call(8, 7), Lookup::Make);
    }
}
