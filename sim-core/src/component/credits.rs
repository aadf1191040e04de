//! Backpressure: a producer may be only so far ahead of its consumer.
//!
//! A window of credits: each item that is sent takes one, each that is finished gives one back. Without a credit the producer
//! waits, so that the queue moves upstream to where the load comes from, or is refused (429, or 503 with `Retry-After`). A
//! bounded buffer is the same thing: its credits are the places in the buffer and at the consumer.
//!
//! Sources: H. T. Kung, R. Morris, "Credit-based flow control for ATM networks", IEEE Network 9(2), 1995; Reactive Streams 1.0
//! (`request(n)`); HTTP/2 flow control, RFC 9113 section 5.2.

use crate::policy::{Invalid, require};

/// Settings of a window of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credits {
    /// How many items may be out at once; at least 1.
    pub window: u32,
    /// What happens without a credit.
    pub when_out: WhenOut,
}

/// What happens to a producer without a credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenOut {
    /// It waits for one.
    #[default]
    Block,
    /// It is refused.
    Refuse,
}

/// Credits in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditState {
    left: u32,
    blocked: u32,
}

impl CreditState {
    /// How many items may be sent now.
    pub const fn left(&self) -> u32 {
        self.left
    }

    /// How many wait for a credit.
    pub const fn blocked(&self) -> u32 {
        self.blocked
    }
}

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is sent, and has taken a credit.
    Sent,
    /// It waits behind those that wait already.
    Blocked,
    /// It is refused.
    Refused,
}

impl Credits {
    /// Credits that stand for a buffer of this size before this many consumers.
    pub const fn of_buffer(buffer: u32, consumers: u32, when_full: WhenOut) -> Credits {
        Credits {
            window: buffer.saturating_add(consumers),
            when_out: when_full,
        }
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.window >= 1,
            "a window has at least 1 credit, or nothing is ever sent; it has no default",
        )
    }

    /// All credits in hand.
    pub const fn start(&self) -> CreditState {
        CreditState {
            left: self.window,
            blocked: 0,
        }
    }

    /// An item is ready to be sent.
    #[inline]
    pub fn ask(&self, state: &mut CreditState) -> Answer {
        if state.left > 0 {
            state.left -= 1;
            return Answer::Sent;
        }
        match self.when_out {
            WhenOut::Block => {
                state.blocked += 1;
                Answer::Blocked
            }
            WhenOut::Refuse => Answer::Refused,
        }
    }

    /// An item that was sent is finished; `true` means that whoever has waited longest sends with its credit at once.
    #[inline]
    pub fn give_back(&self, state: &mut CreditState) -> bool {
        if state.blocked > 0 {
            state.blocked -= 1;
            return true;
        }
        assert!(state.left < self.window, "more credits come back than were taken");
        state.left += 1;
        false
    }

    /// One that waits no longer wants to.
    #[inline]
    pub fn give_up(&self, state: &mut CreditState) {
        assert!(state.blocked > 0, "nobody waits for a credit");
        state.blocked -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// When items are sent that are ready at `ready_ms` (or as soon as the one before is sent), to one consumer that takes
    /// `serve_ms` for each, and when they depart.
    fn play(credits: Credits, serve_ms: u64, ready_ms: &[u64]) -> (Vec<u64>, Vec<u64>) {
        assert_eq!(credits.check(), Ok(()));
        let mut state = credits.start();
        let (mut sent, mut departed): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        // Departures up to this one have given their credit back.
        let mut back = 0;
        let mut producer_free_at = 0;
        for &ready in ready_ms {
            let ready = ready.max(producer_free_at);
            while departed.get(back).is_some_and(|&at| at <= ready) {
                assert!(!credits.give_back(&mut state));
                back += 1;
            }
            let at = match credits.ask(&mut state) {
                Answer::Sent => ready,
                Answer::Blocked => {
                    let next = departed[back];
                    assert!(credits.give_back(&mut state));
                    back += 1;
                    next
                }
                Answer::Refused => continue,
            };
            producer_free_at = at;
            sent.push(at);
            departed.push(at.max(departed.last().copied().unwrap_or(0)) + serve_ms);
        }
        (sent, departed)
    }

    #[test]
    fn bp_1_a_full_buffer_blocks_its_producer() {
        let ready: Vec<u64> = (0..12).map(|k| 10 * k).collect();
        let (sent, departed) = play(Credits::of_buffer(4, 1, WhenOut::Block), 25, &ready);
        assert_eq!(departed[..3], [25, 50, 75]);
        // The eighth item, ready at 70, is the first to wait; from then on one goes in when one goes out.
        assert_eq!(sent, [0, 10, 20, 30, 40, 50, 60, 75, 100, 125, 150, 175]);
    }

    #[test]
    fn bp_2_three_credits_before_a_serial_consumer() {
        let credits = Credits {
            window: 3,
            when_out: WhenOut::Block,
        };
        let (sent, _) = play(credits, 20, &[0, 1, 2, 3, 4]);
        assert_eq!(sent, [0, 1, 2, 20, 40]);
    }

    #[test]
    fn a_buffer_that_refuses_lets_nobody_wait() {
        let (sent, _) = play(Credits::of_buffer(1, 1, WhenOut::Refuse), 20, &[0, 1, 2, 3, 20, 21, 40]);
        assert_eq!(sent, [0, 1, 20, 40]);
    }

    #[test]
    fn whoever_gives_up_waiting_leaves_the_credit_to_the_next() {
        let credits = Credits {
            window: 1,
            when_out: WhenOut::Block,
        };
        let mut state = credits.start();
        let said = [0; 3].map(|_| credits.ask(&mut state));
        assert_eq!(said, [Answer::Sent, Answer::Blocked, Answer::Blocked]);
        credits.give_up(&mut state);
        assert!(credits.give_back(&mut state));
        assert!(!credits.give_back(&mut state));
        assert_eq!((state.left(), state.blocked()), (1, 0));
        assert!(
            Credits {
                window: 0,
                when_out: WhenOut::Block
            }
            .check()
            .is_err()
        );
    }

    proptest! {
        #[test]
        fn never_more_are_out_than_the_window_allows(window in 1u32..6, asks in prop::collection::vec(any::<bool>(), 1..200)) {
            let credits = Credits { window, when_out: WhenOut::Block };
            let mut state = credits.start();
            let mut out = 0;
            for ask in asks {
                if ask {
                    out += u32::from(credits.ask(&mut state) == Answer::Sent);
                } else if out > 0 && !credits.give_back(&mut state) {
                    out -= 1;
                }
                prop_assert!(out <= window && state.left() == window - out);
                prop_assert!(state.blocked() == 0 || state.left() == 0);
            }
        }
    }
}
