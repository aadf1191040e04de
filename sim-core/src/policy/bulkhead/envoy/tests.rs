use super::*;
use proptest::prelude::*;

fn http1(max_connections: u32, max_pending_requests: u32) -> Envoy {
    Envoy {
        max_connections,
        max_pending_requests,
        ..Envoy::default()
    }
}

/// A request, with connections that take no time to make.
fn send(caps: &Envoy, state: &mut State, ticket: Ticket) -> Entry {
    let entry = caps.request(state, ticket);
    if entry == (Entry::Pending { connect: true }) {
        caps.connected(state);
        let next = caps.next(state).expect("a connection for it");
        assert_eq!((next.ticket, next.sent), (ticket, true));
        return Entry::Sent;
    }
    entry
}

#[test]
fn er_1_two_are_served_the_third_is_pending_and_the_fourth_gets_a_503() {
    let caps = http1(2, 1);
    let mut state = caps.start();
    let entries = [0, 1, 2, 3].map(|it| send(&caps, &mut state, it));
    let waits = Entry::Pending { connect: false };
    assert_eq!(entries, [Entry::Sent, Entry::Sent, waits, Entry::Overflow]);
    assert_eq!((state.connections(), state.requests(), state.pending()), (2, 2, 1));
    // The first is over, at 100 ms: its connection takes the third.
    caps.finished(&mut state);
    assert_eq!(caps.next(&mut state), Some(Next { ticket: 2, sent: true }));
    assert_eq!(caps.next(&mut state), None);
    caps.finished(&mut state);
    assert_eq!(caps.next(&mut state), None);
    assert_eq!(send(&caps, &mut state, 4), Entry::Sent);
}

#[test]
fn er_2_three_retries_hold_their_slots_through_back_off_and_attempt() {
    let caps = Envoy::default();
    let mut state = caps.start();
    let allowed = (0..5).filter(|_| caps.retry(&mut state)).count();
    assert_eq!(allowed, 3);
    caps.retry_done(&mut state);
    assert!(caps.retry(&mut state));
    assert!(!caps.retry(&mut state));
}

#[test]
fn pending_requests_are_capped_even_while_connections_are_made() {
    let caps = http1(10, 1);
    let mut state = caps.start();
    assert_eq!(caps.request(&mut state, 0), Entry::Pending { connect: true });
    assert_eq!(caps.request(&mut state, 1), Entry::Overflow);
    caps.connected(&mut state);
    assert_eq!(caps.next(&mut state), Some(Next { ticket: 0, sent: true }));
}

#[test]
fn over_http_2_only_the_first_requests_wait_for_the_one_connection() {
    let caps = Envoy {
        protocol: Protocol::Http2,
        max_requests: 3,
        ..Envoy::default()
    };
    let mut state = caps.start();
    assert_eq!(caps.request(&mut state, 0), Entry::Pending { connect: true });
    assert_eq!(caps.request(&mut state, 1), Entry::Pending { connect: false });
    assert!(state.give_up(0) && !state.give_up(0));
    assert_eq!(caps.next(&mut state), None);
    caps.connected(&mut state);
    assert_eq!(caps.next(&mut state), Some(Next { ticket: 1, sent: true }));
    assert_eq!(caps.next(&mut state), None);
    assert_eq!(
        [2, 3, 4].map(|it| caps.request(&mut state, it)),
        [Entry::Sent, Entry::Sent, Entry::Overflow]
    );
    assert_eq!(state.connections(), 1);
}

#[test]
fn the_cap_on_requests_also_holds_for_those_that_were_pending() {
    let caps = Envoy {
        max_requests: 1,
        ..Envoy::default()
    };
    let mut state = caps.start();
    assert_eq!(send(&caps, &mut state, 0), Entry::Sent);
    assert_eq!(caps.request(&mut state, 1), Entry::Pending { connect: true });
    caps.connected(&mut state);
    assert_eq!(caps.next(&mut state), Some(Next { ticket: 1, sent: false }));
    assert_eq!(caps.request(&mut state, 2), Entry::Overflow);
}

#[test]
fn a_connection_that_fails_makes_room_for_another() {
    let caps = http1(1, 2);
    let mut state = caps.start();
    assert_eq!(caps.request(&mut state, 0), Entry::Pending { connect: true });
    caps.disconnected(&mut state, false);
    assert_eq!(caps.request(&mut state, 1), Entry::Pending { connect: true });
    caps.connected(&mut state);
    assert_eq!(caps.next(&mut state).map(|it| it.ticket), Some(0));
    caps.finished(&mut state);
    caps.disconnected(&mut state, true);
    assert_eq!(state.connections(), 0);
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        http1(0, 1),
        http1(1, 0),
        Envoy {
            max_requests: 0,
            ..Envoy::default()
        },
    ];
    for caps in wrong {
        let told = caps.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
    assert_eq!(Envoy::default().check(), Ok(()));
}

proptest! {
    #[test]
    fn no_cap_is_ever_exceeded(
        steps in prop::collection::vec(0u8..5, 1..300),
        connections in 1u32..5,
        pending in 1u32..5,
        requests in 1u32..5,
        http2 in any::<bool>(),
    ) {
        let caps = Envoy {
            max_connections: connections,
            max_pending_requests: pending,
            max_requests: requests,
            max_retries: 2,
            protocol: if http2 { Protocol::Http2 } else { Protocol::Http1 },
        };
        let mut state = caps.start();
        for (ticket, step) in steps.into_iter().enumerate() {
            match step {
                0 | 1 => {
                    caps.request(&mut state, ticket as u64);
                }
                2 if state.connecting > 0 => caps.connected(&mut state),
                3 if state.requests > 0 => caps.finished(&mut state),
                _ => (),
            }
            while caps.next(&mut state).is_some() {}
            prop_assert!(state.connections() <= connections);
            prop_assert!(state.pending() <= pending);
            prop_assert!(state.requests() <= requests);
            prop_assert!(http2 || state.requests() <= state.ready);
        }
    }
}
