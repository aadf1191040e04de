use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn pool(size: u32, acquire_timeout_ms: u64) -> Pool {
    Pool {
        size,
        acquire_timeout: Span::from_millis(acquire_timeout_ms),
        ..Pool::HIKARI
    }
}

/// What became of a caller: when it got its connection, or when it gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Got(u64),
    GaveUp(u64),
    Refused(u64),
}

/// Callers that come at these times and hold a connection for `hold_ms`; opening takes no time. What happens at one instant:
/// connections come back, then time-outs, then arrivals.
fn play(pool: Pool, hold_ms: u64, arrivals_ms: &[u64]) -> Vec<Fate> {
    assert_eq!(pool.check(), Ok(()));
    let mut state = pool.start();
    let mut fates: Vec<Option<Fate>> = vec![None; arrivals_ms.len()];
    let mut tickets: Vec<(Ticket, usize)> = Vec::new();
    // (time, kind, number, connection): kinds in the order above.
    let mut agenda: BTreeSet<(u64, u8, usize, u64)> =
        arrivals_ms.iter().enumerate().map(|(k, &ms)| (ms, 2, k, 0)).collect();
    let start = |agenda: &mut BTreeSet<_>, fates: &mut Vec<Option<Fate>>, ms: u64, caller: usize, grant: Grant| {
        let (Grant::Idle(connection) | Grant::Open(connection)) = grant;
        fates[caller] = Some(Fate::Got(ms));
        agenda.insert((ms + hold_ms, 0, caller, connection.opened.nanos()));
    };
    while let Some((ms, kind, caller, opened)) = agenda.pop_first() {
        match kind {
            0 => {
                let connection = Connection {
                    opened: SimTime::from_nanos(opened),
                };
                if let Some((ticket, grant)) = pool.release(&mut state, at(ms), connection) {
                    let &(_, next) = tickets.iter().find(|it| it.0 == ticket).unwrap();
                    start(&mut agenda, &mut fates, ms, next, grant);
                }
            }
            1 => {
                let &(ticket, _) = tickets.iter().find(|it| it.1 == caller).unwrap();
                if pool.give_up(&mut state, ticket) {
                    fates[caller] = Some(Fate::GaveUp(ms));
                }
            }
            _ => match pool.acquire(&mut state, at(ms)) {
                Acquired::Granted(grant) => start(&mut agenda, &mut fates, ms, caller, grant),
                Acquired::Queued(ticket) => {
                    tickets.push((ticket, caller));
                    if pool.acquire_timeout != Span::MAX {
                        agenda.insert((ms + pool.acquire_timeout.nanos() / 1_000_000, 1, caller, 0));
                    }
                }
                Acquired::Refused => fates[caller] = Some(Fate::Refused(ms)),
            },
        }
    }
    fates.into_iter().map(|it| it.expect("everybody has a fate")).collect()
}

#[test]
fn cp_1_throughput_is_size_over_the_time_held() {
    let every_10ms: Vec<u64> = (0..1_000).map(|k| 10 * k).collect();
    // 50 ms held: 200 per second could be served, and nobody waits.
    let quick = play(pool(10, 1_000), 50, &every_10ms);
    assert!(quick.iter().zip(&every_10ms).all(|(fate, &ms)| *fate == Fate::Got(ms)));

    // 500 ms held: 20 per second.
    let slow = play(pool(10, 1_000), 500, &every_10ms);
    let got = |from: u64, to: u64| {
        slow.iter()
            .filter(|it| matches!(it, Fate::Got(ms) if (from..to).contains(ms)))
            .count()
    };
    assert_eq!([got(2_000, 3_000), got(3_000, 4_000), got(8_000, 9_000)], [20, 20, 20]);
    // The first ten are served at once. Of those who then queue, the first 20 get one within the second, and newcomers time out.
    let queued = &slow[10..50];
    assert!(queued[..20].iter().all(|it| matches!(it, Fate::Got(_))));
    assert!(queued[20..].iter().all(|it| matches!(it, Fate::GaveUp(_))));
    // The backlog grows by 80 per second until the first give up.
    let waiting = |ms: u64| {
        let still = |(fate, &came): (&Fate, &u64)| match *fate {
            Fate::Got(end) | Fate::GaveUp(end) | Fate::Refused(end) => came <= ms && end > ms,
        };
        slow.iter().zip(&every_10ms).filter(|&it| still(it)).count()
    };
    assert_eq!(waiting(1_099) - waiting(599), 40);

    let every_4ms: Vec<u64> = (0..600).map(|k| 4 * k).collect();
    let full = play(pool(10, 1_000), 50, &every_4ms);
    let in_a_second = |it: &&Fate| matches!(it, Fate::Got(ms) if (1_000..2_000).contains(ms));
    assert_eq!(full.iter().filter(in_a_second).count(), 200);
    // Evenly spread, one comes back every 50 ms: the k-th to queue waits k/20 s, the 21st in vain.
    let spread: Vec<u64> = (0..10).map(|k| 50 * k).chain([450; 21]).collect();
    let fates = play(pool(10, 1_000), 500, &spread);
    let waits: Vec<Fate> = (1..=20).map(|k| Fate::Got(450 + 50 * k)).collect();
    assert_eq!((&fates[10..30], fates[30]), (waits.as_slice(), Fate::GaveUp(1_450)));
}

#[test]
fn cp_2_two_connections_and_five_callers() {
    let fates = play(pool(2, 25), 30, &[0, 0, 10, 10, 10]);
    assert_eq!(
        fates,
        [
            Fate::Got(0),
            Fate::Got(0),
            Fate::Got(30),
            Fate::Got(30),
            Fate::GaveUp(35)
        ]
    );
}

#[test]
fn er_1_a_full_queue_refuses_at_once() {
    // Envoy, HTTP/1: two connections, one pending.
    let envoy = Pool {
        size: 2,
        max_pending: 1,
        ..Pool::ENVOY
    };
    let fates = play(envoy, 100, &[0, 1, 2, 3]);
    assert_eq!(fates, [Fate::Got(0), Fate::Got(1), Fate::Got(100), Fate::Refused(3)]);
}

/// Opens so many connections at 0 and gives them back at 1 ms.
fn warm(pool: Pool, connections: u32) -> PoolState {
    let mut state = pool.start();
    let open: Vec<Connection> = (0..connections)
        .map(|_| match pool.acquire(&mut state, at(0)) {
            Acquired::Granted(Grant::Open(connection)) => connection,
            other => panic!("{other:?}"),
        })
        .collect();
    for connection in open {
        assert_eq!(pool.release(&mut state, at(1), connection), None);
    }
    state
}

#[test]
fn the_connection_used_last_is_reused_first_and_others_are_closed_when_idle() {
    let pool = Pool {
        idle_timeout: Span::from_millis(100),
        ..pool(10, 1_000)
    };
    let mut state = warm(pool, 3);
    let Acquired::Granted(Grant::Idle(connection)) = pool.acquire(&mut state, at(50)) else {
        panic!("one is idle")
    };
    pool.release(&mut state, at(60), connection);
    assert_eq!(pool.open(&mut state, at(100)), 3);
    assert_eq!(pool.open(&mut state, at(101)), 1, "idle for exactly the time-out");
    assert_eq!(pool.open(&mut state, at(159)), 1);
    assert_eq!(pool.open(&mut state, at(160)), 0);
    assert!(matches!(
        pool.acquire(&mut state, at(160)),
        Acquired::Granted(Grant::Open(_))
    ));
}

#[test]
fn a_connection_is_not_used_beyond_its_lifetime() {
    let pool = Pool {
        max_lifetime: Span::from_millis(100),
        ..pool(1, 1_000)
    };
    let mut state = warm(pool, 1);
    let Acquired::Granted(Grant::Idle(old)) = pool.acquire(&mut state, at(99)) else {
        panic!("it is young enough")
    };
    let Acquired::Queued(ticket) = pool.acquire(&mut state, at(99)) else {
        panic!("there is no other")
    };
    // Too old when it comes back: closed, and the next in line opens another.
    let Some((next, Grant::Open(young))) = pool.release(&mut state, at(100), old) else {
        panic!("the next one opens its own")
    };
    assert_eq!((next, young.opened), (ticket, at(100)));
    assert_eq!(pool.release(&mut state, at(150), young), None);
    assert!(matches!(
        pool.acquire(&mut state, at(199)),
        Acquired::Granted(Grant::Idle(_))
    ));
}

#[test]
fn a_broken_connection_makes_room_for_another() {
    let pool = pool(1, 1_000);
    let mut state = pool.start();
    assert!(matches!(pool.acquire(&mut state, at(0)), Acquired::Granted(_)));
    let Acquired::Queued(ticket) = pool.acquire(&mut state, at(0)) else {
        panic!("there is no other")
    };
    let opened = Connection { opened: at(5) };
    assert_eq!(pool.discard(&mut state, at(5)), Some((ticket, Grant::Open(opened))));
    assert_eq!(pool.discard(&mut state, at(6)), None);
    assert_eq!((state.busy(), state.waiting()), (0, 0));
}

#[test]
fn whoever_got_a_connection_no_longer_gives_up() {
    let pool = pool(1, 25);
    let mut state = pool.start();
    let Acquired::Granted(Grant::Open(connection)) = pool.acquire(&mut state, at(0)) else {
        panic!("it is empty")
    };
    let Acquired::Queued(ticket) = pool.acquire(&mut state, at(0)) else {
        panic!("there is no other")
    };
    pool.release(&mut state, at(25), connection);
    assert!(!pool.give_up(&mut state, ticket));
}

#[test]
fn settings_out_of_range_are_refused() {
    assert!(pool(0, 1).check().is_err());
    let never_idle = Pool {
        idle_timeout: Span::ZERO,
        ..Pool::ENVOY
    };
    assert!(never_idle.check().is_err());
    assert_eq!(Pool::HIKARI.check().and(Pool::ENVOY.check()), Ok(()));
}

proptest! {
    #[test]
    fn callers_are_served_in_order_and_never_more_than_the_pool_holds(
        size in 1u32..5, hold in 1u64..50, timeout in 0u64..100, gaps in prop::collection::vec(0u64..20, 1..100),
    ) {
        let arrivals: Vec<u64> = gaps.iter().scan(0, |now, gap| { *now += gap; Some(*now) }).collect();
        let fates = play(pool(size, timeout), hold, &arrivals);
        let got: Vec<u64> = fates.iter().filter_map(|it| match *it { Fate::Got(ms) => Some(ms), _ => None }).collect();
        prop_assert!(got.is_sorted());
        // Whoever is served is served at least a hold after the one `size` places before it.
        for pair in got.windows(size as usize + 1) {
            prop_assert!(pair[size as usize] >= pair[0] + hold);
        }
        for (fate, came) in fates.iter().zip(&arrivals) {
            match *fate {
                Fate::Got(ms) => prop_assert!(ms - came <= timeout),
                Fate::GaveUp(ms) => prop_assert_eq!(ms - came, timeout),
                Fate::Refused(_) => prop_assert!(false, "the queue has no limit"),
            }
        }
    }
}
