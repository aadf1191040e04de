//! Strict priority: of several classes of calls, the most important one that waits goes first, and the least important one is
//! given up first.
//!
//! Class 0 is the most important. Within a class calls keep their order. A class is served only while all above it have nobody
//! waiting, so that under overload the lowest ones starve; that is the point, and the danger.
//!
//! Source: A. Cobham, "Priority assignment in waiting line problems", J. Oper. Res. Soc. Am. 2(1), 1954.

/// Which class is served next, given how many of each wait; `None` if nobody does.
#[inline]
pub fn next(waiting: &[u32]) -> Option<usize> {
    waiting.iter().position(|&n| n > 0)
}

/// The least important class of which somebody waits; `None` if nobody does.
#[inline]
pub fn lowest(waiting: &[u32]) -> Option<usize> {
    waiting.iter().rposition(|&n| n > 0)
}

/// From which class a call is given up, so that one of class `newcomer` finds room; `None` if nobody of a lower class waits, so
/// that the newcomer is the least important itself. The call to give up is the newest of its class.
#[inline]
pub fn victim(waiting: &[u32], newcomer: usize) -> Option<usize> {
    waiting.iter().rposition(|&n| n > 0).filter(|&lowest| lowest > newcomer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_most_important_class_that_waits_is_next() {
        assert_eq!(next(&[0, 2, 5]), Some(1));
        assert_eq!(next(&[1, 2, 5]), Some(0));
        assert_eq!(next(&[0, 0, 0]), None);
        assert_eq!(next(&[]), None);
    }

    #[test]
    fn the_least_important_class_that_waits_makes_room_for_a_more_important_call() {
        assert_eq!(victim(&[3, 2, 5], 1), Some(2));
        assert_eq!(victim(&[3, 2, 0], 1), None, "one of its own class is no less important");
        assert_eq!(victim(&[3, 2, 0], 2), None);
        assert_eq!(victim(&[3, 2, 0], 0), Some(1));
        assert_eq!(victim(&[0, 0, 0], 0), None);
    }

    proptest! {
        #[test]
        fn nobody_is_given_up_for_a_call_that_would_be_served_later(
            waiting in prop::collection::vec(0u32..3, 1..6), newcomer in 0usize..6,
        ) {
            if let Some(class) = victim(&waiting, newcomer) {
                prop_assert!(waiting[class] > 0 && class > newcomer);
            }
            if let Some(class) = next(&waiting) {
                prop_assert!(waiting[..class].iter().all(|&n| n == 0));
            }
        }
    }
}
