use super::*;
use crate::time::Span;
use proptest::prelude::*;
use std::collections::{BTreeSet, VecDeque};

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

/// A bulkhead in motion, spoken to in milliseconds; the load is all that is inside or waits.
struct Bench {
    bulkhead: Bulkhead,
    state: BulkheadState,
    load: u32,
}

impl Bench {
    fn new(bulkhead: Bulkhead) -> Bench {
        assert_eq!(bulkhead.check(), Ok(()));
        Bench {
            state: bulkhead.start(),
            bulkhead,
            load: 0,
        }
    }

    fn enter(&mut self, ms: u64, ticket: Ticket) -> Entry {
        self.bulkhead.enter(&mut self.state, at(ms), ticket, self.load)
    }

    /// One leaves: who starts for it.
    fn leave(&mut self, ms: u64) -> Vec<Ticket> {
        self.bulkhead.leave(&mut self.state, at(ms));
        self.nexts(ms)
    }

    fn nexts(&mut self, ms: u64) -> Vec<Ticket> {
        core::iter::from_fn(|| self.bulkhead.next(&mut self.state, at(ms), self.load)).collect()
    }

    /// Arrivals at these instants that each take 100 ms, and who starts when; a rejection has no start.
    fn play(mut self, arrivals: &[u64]) -> Vec<(Ticket, Option<u64>)> {
        let mut log = Vec::new();
        let mut ends: VecDeque<u64> = VecDeque::new();
        let mut arrivals = arrivals.iter().copied().enumerate().peekable();
        loop {
            let arrival = arrivals.peek().map(|it| it.1);
            match (ends.front().copied(), arrival) {
                (None, None) => return log,
                // Completions come before arrivals of the same instant.
                (Some(end), arrival) if arrival.is_none_or(|it| end <= it) => {
                    ends.pop_front();
                    for ticket in self.leave(end) {
                        log.push((ticket, Some(end)));
                        ends.push_back(end + 100);
                    }
                }
                _ => {
                    let (ticket, now) = arrivals.next().expect("an arrival");
                    match self.enter(now, ticket as u64) {
                        Entry::Started => {
                            log.push((ticket as u64, Some(now)));
                            ends.push_back(now + 100);
                        }
                        Entry::Waiting => (),
                        Entry::Rejected => log.push((ticket as u64, None)),
                    }
                }
            }
        }
    }
}

fn semaphore(max_concurrent_calls: u32, wait_ms: u64, queue_limit: Option<u32>) -> Bench {
    Bench::new(Bulkhead::Semaphore(Semaphore {
        max_concurrent_calls,
        max_wait_duration: Span::from_millis(wait_ms),
        queue_limit,
    }))
}

fn hystrix_pool(core_size: u32, max_queue_size: Option<u32>, threshold: u32) -> Bench {
    Bench::new(Bulkhead::ThreadPool(ThreadPool {
        core_size,
        maximum_size: core_size,
        max_queue_size,
        queue_size_rejection_threshold: Some(threshold),
        ..ThreadPool::hystrix_default()
    }))
}

fn jdk_pool(core_size: u32, maximum_size: u32, queue: u32) -> Bench {
    Bench::new(Bulkhead::ThreadPool(ThreadPool {
        core_size,
        maximum_size,
        max_queue_size: Some(queue),
        ..ThreadPool::resilience4j_default(4)
    }))
}

#[test]
fn bh_1_two_are_let_in_and_another_when_one_has_left() {
    let mut bench = semaphore(2, 0, None);
    assert_eq!(
        [0, 1, 2].map(|it| bench.enter(0, it)),
        [Entry::Started, Entry::Started, Entry::Rejected]
    );
    assert_eq!(bench.leave(0), []);
    assert_eq!(bench.enter(0, 3), Entry::Started);
}

#[test]
fn bh_2_hystrix_queues_up_to_its_threshold_and_without_a_queue_not_at_all() {
    let queued = hystrix_pool(2, Some(10), 1).play(&[0, 1, 2, 3]);
    assert_eq!(queued, [(0, Some(0)), (1, Some(1)), (3, None), (2, Some(100))]);
    let without = hystrix_pool(2, None, 1).play(&[0, 1, 2]);
    assert_eq!(without, [(0, Some(0)), (1, Some(1)), (2, None)]);
}

#[test]
fn bh_3_a_thread_beyond_the_core_overtakes_who_waits() {
    let log = jdk_pool(1, 2, 1).play(&[0, 1, 2, 3]);
    assert_eq!(log, [(0, Some(0)), (2, Some(2)), (3, None), (1, Some(100))]);
}

#[test]
fn a_threshold_of_zero_rejects_everything_but_only_if_there_is_a_queue() {
    assert_eq!(hystrix_pool(2, Some(10), 0).enter(0, 0), Entry::Rejected);
    assert_eq!(hystrix_pool(2, None, 0).enter(0, 0), Entry::Started);
}

#[test]
fn the_queue_is_as_long_as_the_shorter_of_size_and_threshold() {
    for (size, threshold, waiting) in [(3, 5, 3), (5, 3, 3)] {
        let mut bench = hystrix_pool(1, Some(size), threshold);
        let waits = (0..20).filter(|&it| bench.enter(0, it) == Entry::Waiting).count();
        assert_eq!(waits, waiting);
    }
}

#[test]
fn a_maximum_counts_only_if_it_may_diverge() {
    let mut bench = Bench::new(Bulkhead::ThreadPool(ThreadPool {
        core_size: 1,
        maximum_size: 3,
        ..ThreadPool::hystrix_default()
    }));
    assert_eq!([0, 1].map(|it| bench.enter(0, it)), [Entry::Started, Entry::Rejected]);
    let mut may = Bench::new(Bulkhead::ThreadPool(ThreadPool {
        core_size: 1,
        maximum_size: 3,
        allow_maximum_size_to_diverge_from_core_size: true,
        ..ThreadPool::hystrix_default()
    }));
    let started = (0..5).filter(|&it| may.enter(0, it) == Entry::Started).count();
    assert_eq!(started, 3);
}

#[test]
fn an_idle_thread_beyond_the_core_works_until_it_goes() {
    let second_starts = |second: u64| {
        let mut bench = jdk_pool(1, 2, 1);
        (0..3).for_each(|it| assert_ne!(bench.enter(0, it), Entry::Rejected));
        assert_eq!(bench.leave(100), [1]);
        assert_eq!(bench.leave(100), []);
        // One thread works, one is idle from 100 on and goes after 20 ms.
        bench.enter(second, 3)
    };
    assert_eq!(second_starts(119), Entry::Started);
    assert_eq!(second_starts(120), Entry::Waiting);
}

#[test]
fn waiting_is_in_order_and_not_for_longer_than_allowed() {
    let mut bench = semaphore(1, 50, None);
    assert_eq!(bench.enter(0, 0), Entry::Started);
    assert_eq!(
        [1, 2, 3].map(|it| bench.enter(10 * it, it)),
        [Entry::Waiting, Entry::Waiting, Entry::Waiting]
    );
    assert_eq!(bench.state.next_timeout(), Some(at(60)));
    assert_eq!(bench.state.expire(at(59)), None);
    assert_eq!(bench.leave(59), [1]);
    assert_eq!(bench.state.expire(at(70)), Some(2));
    assert_eq!(bench.state.expire(at(70)), None);
    assert!(bench.bulkhead.give_up(&mut bench.state, 3) && !bench.bulkhead.give_up(&mut bench.state, 3));
    assert_eq!(bench.state.next_timeout(), None);
    assert_eq!(bench.leave(100), []);
    assert_eq!((bench.state.inside(), bench.state.waiting()), (0, 0));
}

#[test]
fn who_leaves_at_the_end_of_a_wait_is_in_time() {
    let mut bench = semaphore(1, 50, None);
    bench.enter(0, 0);
    bench.enter(0, 1);
    // Completions come before timers.
    assert_eq!(bench.leave(50), [1]);
    assert_eq!(bench.state.expire(at(50)), None);
}

#[test]
fn polly_waits_for_ever_with_as_many_as_its_queue_holds() {
    let mut bench = Bench::new(Bulkhead::Semaphore(Semaphore {
        max_concurrent_calls: 1,
        queue_limit: Some(2),
        ..Semaphore::polly_default()
    }));
    assert_eq!(
        [0, 1, 2, 3].map(|it| bench.enter(0, it)),
        [Entry::Started, Entry::Waiting, Entry::Waiting, Entry::Rejected]
    );
    assert_eq!(bench.state.next_timeout(), None);
    assert_eq!(bench.leave(1_000_000), [1]);
}

#[test]
fn defaults_are_those_of_the_libraries() {
    let inside = |bulkhead| {
        let mut bench = Bench::new(bulkhead);
        (0..2_000)
            .take_while(|&it| bench.enter(0, it) == Entry::Started)
            .count()
    };
    assert_eq!(inside(Bulkhead::Semaphore(Semaphore::hystrix_default())), 10);
    assert_eq!(inside(Bulkhead::Semaphore(Semaphore::default())), 25);
    assert_eq!(inside(Bulkhead::Semaphore(Semaphore::polly_default())), 1_000);
    assert_eq!(inside(Bulkhead::ThreadPool(ThreadPool::default())), 10);
    let mut four = Bench::new(Bulkhead::ThreadPool(ThreadPool::resilience4j_default(4)));
    let entries: Vec<Entry> = (0..105).map(|it| four.enter(0, it)).collect();
    let count = |what| entries.iter().filter(|&&it| it == what).count();
    assert_eq!(
        [Entry::Started, Entry::Waiting, Entry::Rejected].map(count),
        [4, 100, 1]
    );
    let one = ThreadPool::resilience4j_default(1);
    assert_eq!((one.core_size, one.maximum_size), (1, 1));
}

fn growing() -> Haproxy {
    Haproxy {
        maxconn: 100,
        minconn: 10,
        fullconn: 1_000,
        maxqueue: 2,
        timeout_queue: Span::from_secs(5),
    }
}

#[test]
fn haproxys_limit_grows_with_the_load_of_the_backend() {
    let limits = [0, 50, 100, 101, 110, 500, 999, 1_000, 5_000].map(|it| growing().limit(it));
    assert_eq!(limits, [10, 10, 10, 10, 11, 50, 99, 100, 100]);
    assert_eq!(Haproxy::default().limit(0), u32::MAX);
    let constant = Haproxy {
        minconn: 0,
        ..growing()
    };
    assert_eq!(constant.limit(1), 100);
}

#[test]
fn haproxys_queue_moves_when_the_limit_grows_and_not_when_it_has_shrunk() {
    let mut bench = Bench::new(Bulkhead::Haproxy(growing()));
    (0..10).for_each(|it| assert_eq!(bench.enter(0, it), Entry::Started));
    assert_eq!(
        [10, 11, 12].map(|it| bench.enter(0, it)),
        [Entry::Waiting, Entry::Waiting, Entry::Rejected]
    );
    bench.load = 110;
    assert_eq!(bench.nexts(0), [10]);
    bench.load = 0;
    assert_eq!(bench.leave(1), []);
    assert_eq!(bench.leave(2), [11]);
    assert_eq!(bench.state.inside(), 10);
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Bulkhead::Semaphore(Semaphore {
            max_concurrent_calls: 0,
            ..Semaphore::default()
        }),
        Bulkhead::ThreadPool(ThreadPool {
            core_size: 0,
            ..ThreadPool::default()
        }),
        Bulkhead::ThreadPool(ThreadPool {
            maximum_size: 2,
            ..ThreadPool::resilience4j_default(4)
        }),
        Bulkhead::Haproxy(Haproxy {
            minconn: 101,
            ..growing()
        }),
        Bulkhead::Haproxy(Haproxy {
            fullconn: 0,
            ..growing()
        }),
        Bulkhead::Haproxy(Haproxy {
            timeout_queue: Span::ZERO,
            ..growing()
        }),
    ];
    for bulkhead in wrong {
        let told = bulkhead.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nobody_is_lost_and_no_limit_exceeded(steps in prop::collection::vec((0u8..5, 0u64..30), 1..300)) {
        for (mut bench, most, longest) in [
            (semaphore(3, 40, Some(4)), 3, 4),
            (semaphore(1, 0, None), 1, 0),
            (hystrix_pool(2, Some(5), 3), 2, 3),
            (jdk_pool(2, 4, 3), 4, 3),
        ] {
            let (mut now, mut inside, mut waiting) = (0, BTreeSet::new(), VecDeque::new());
            for (ticket, &(step, gap)) in steps.iter().enumerate() {
                now += gap;
                let ticket = ticket as u64;
                match step {
                    0..=2 => match bench.enter(now, ticket) {
                        Entry::Started => prop_assert!(inside.insert(ticket)),
                        Entry::Waiting => waiting.push_back(ticket),
                        Entry::Rejected => prop_assert!(inside.len() as u32 >= most.min(2) || longest == 0),
                    },
                    3 if !inside.is_empty() => {
                        inside.pop_first();
                        for next in bench.leave(now) {
                            prop_assert_eq!(Some(next), waiting.pop_front());
                            inside.insert(next);
                        }
                    }
                    _ => {
                        while let Some(late) = bench.state.expire(at(now)) {
                            prop_assert_eq!(Some(late), waiting.pop_front());
                        }
                    }
                }
                prop_assert_eq!(bench.state.inside() as usize, inside.len());
                prop_assert_eq!(bench.state.waiting() as usize, waiting.len());
                prop_assert!(inside.len() as u32 <= most && waiting.len() <= longest);
            }
        }
    }
}
