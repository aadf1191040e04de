//! Single flight: of equal calls that are out at the same time only the first is made, and all get its result.
//!
//! Nothing is kept once it has ended; the next call is made anew. That is what saves a database when a hot key expires from a
//! cache: a thousand misses become one query. Failures are shared as well, and so is waiting for a slow one.
//!
//! Source: Go, `golang.org/x/sync/singleflight` (`Do`, `Forget`), which comes from groupcache.

use super::Lookup;
use std::collections::BTreeMap;

/// Keys that are out, each with the number of the call and of those that have joined it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SingleFlight {
    out: BTreeMap<u64, Flight>,
}

/// A call that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flight {
    call: u32,
    joined: u32,
}

impl SingleFlight {
    /// Call number `call` wants what `key` names: [`Lookup::Make`] or [`Lookup::Join`].
    pub fn call(&mut self, key: u64, call: u32) -> Lookup<core::convert::Infallible> {
        if let Some(flight) = self.out.get_mut(&key) {
            flight.joined += 1;
            return Lookup::Join(flight.call);
        }
        self.out.insert(key, Flight { call, joined: 0 });
        Lookup::Make
    }

    /// The call that was made has ended; gives how many had joined it, if it was not forgotten meanwhile.
    pub fn settle(&mut self, key: u64, call: u32) -> Option<u32> {
        let flight = self.out.get(&key).filter(|it| it.call == call)?;
        let joined = flight.joined;
        self.out.remove(&key);
        Some(joined)
    }

    /// The call that was made goes on for another that had joined it, as it is given up itself.
    pub fn hand_over(&mut self, key: u64, call: u32, to: u32) {
        if let Some(flight) = self.out.get_mut(&key).filter(|it| it.call == call) {
            flight.call = to;
            flight.joined -= 1;
        }
    }

    /// One that had joined gives up.
    pub fn leave(&mut self, key: u64, call: u32) {
        if let Some(flight) = self.out.get_mut(&key).filter(|it| it.call == call) {
            flight.joined -= 1;
        }
    }

    /// The next call with this key is made, although one is out (`Forget`).
    pub fn forget(&mut self, key: u64) {
        self.out.remove(&key);
    }

    /// How many keys are out.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether none is out.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_of_equal_calls_is_made_while_it_is_out() {
        let mut flights = SingleFlight::default();
        assert_eq!(flights.call(7, 1), Lookup::Make);
        assert_eq!(flights.call(7, 2), Lookup::Join(1));
        assert_eq!(flights.call(8, 3), Lookup::Make);
        assert_eq!(flights.call(7, 4), Lookup::Join(1));
        assert_eq!((flights.len(), flights.settle(7, 1)), (2, Some(2)));
        assert_eq!(flights.call(7, 5), Lookup::Make, "nothing is kept");
        assert_eq!((flights.settle(8, 3), flights.settle(7, 5)), (Some(0), Some(0)));
        assert!(flights.is_empty());
    }

    #[test]
    fn a_call_that_is_given_up_goes_on_for_those_who_joined() {
        let mut flights = SingleFlight::default();
        let said = [1, 2, 3].map(|it| flights.call(7, it));
        assert_eq!(said, [Lookup::Make, Lookup::Join(1), Lookup::Join(1)]);
        flights.hand_over(7, 1, 2);
        assert_eq!(flights.call(7, 4), Lookup::Join(2));
        flights.leave(7, 2);
        assert_eq!((flights.settle(7, 1), flights.settle(7, 2)), (None, Some(1)));
    }

    #[test]
    fn a_forgotten_key_is_called_a_second_time() {
        let mut flights = SingleFlight::default();
        assert_eq!(flights.call(7, 1), Lookup::Make);
        flights.forget(7);
        assert_eq!(flights.call(7, 2), Lookup::Make);
        assert_eq!(flights.call(7, 3), Lookup::Join(2));
        assert_eq!(flights.settle(7, 1), None, "the first ends for itself");
        assert_eq!(flights.settle(7, 2), Some(1));
    }
}
