use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

/// A queue under CoDel; calls are known by when they came.
struct Queue {
    codel: Codel,
    state: CodelState,
    waiting: VecDeque<SimTime>,
    dropped: Vec<(u64, u32)>,
}

impl Queue {
    fn new(codel: Codel) -> Queue {
        assert_eq!(codel.check(), Ok(()));
        Queue {
            codel,
            state: codel.start(),
            waiting: VecDeque::new(),
            dropped: Vec::new(),
        }
    }

    /// Takes the next call that is worth serving. Notes each drop with its time in milliseconds and CoDel's count.
    fn take(&mut self, now: SimTime) -> Option<SimTime> {
        while let Some(came) = self.waiting.pop_front() {
            let small = self.waiting.is_empty();
            match self.codel.on_dequeue(&mut self.state, now, now.since(came), small) {
                Verdict::Keep => return Some(came),
                Verdict::Drop => self.dropped.push((now.nanos() / 1_000_000, self.state.count())),
            }
        }
        self.codel.on_empty(&mut self.state);
        None
    }
}

#[test]
fn ls_3_the_control_law() {
    let codel = Codel::DEFAULT;
    let mut due = at(110);
    let mut dues = Vec::new();
    for count in 1..=6 {
        let next = codel.after_drop(due, count);
        let hundredths = |ns: u64| (ns + 5_000) / 10_000;
        dues.push((hundredths(next.nanos()), hundredths(next.since(due).nanos())));
        due = next;
    }
    // Hundredths of a millisecond: when, and how long after the one before.
    let expected = [
        (21_000, 10_000),
        (28_071, 7_071),
        (33_845, 5_774),
        (38_845, 5_000),
        (43_317, 4_472),
        (47_399, 4_082),
    ];
    assert_eq!(dues, expected);
}

#[test]
fn ls_3_drops_of_a_permanently_late_queue_come_when_they_are_due() {
    let mut queue = Queue::new(Codel {
        comparison: Comparison::Rfc,
        ..Codel::DEFAULT
    });
    // Looked at every millisecond, late from 10 on.
    for now in 0..480 {
        let came = if now < 10 { now } else { now - 10 };
        queue.waiting.clear();
        queue.waiting.extend([at(came); 5]);
        queue.take(at(now));
    }
    let times: Vec<u64> = queue.dropped.iter().map(|it| it.0).collect();
    assert_eq!(times, [110, 210, 281, 339, 389, 434, 474]);
}

/// Arrivals every 5 ms, one taken every 10 ms, both from 0 to 600 ms.
fn twice_overloaded(comparison: Comparison) -> Queue {
    let mut queue = Queue::new(Codel {
        comparison,
        ..Codel::DEFAULT
    });
    for now in (0..=600).step_by(5) {
        queue.waiting.push_back(at(now));
        if now % 10 == 0 {
            queue.take(at(now));
        }
    }
    queue
}

#[test]
fn ls_4_twice_the_load_that_can_be_served() {
    let queue = twice_overloaded(Comparison::Linux);
    let expected = [
        (120, 1),
        (220, 2),
        (300, 3),
        (350, 4),
        (400, 5),
        (450, 6),
        (490, 7),
        (530, 8),
        (560, 9),
        (600, 10),
    ];
    assert_eq!(queue.dropped, expected);
    assert_eq!(queue.waiting.len(), 50);
}

#[test]
fn the_rfc_drops_at_the_last_instant_of_the_interval() {
    assert_eq!(twice_overloaded(Comparison::Rfc).dropped[0], (110, 1));
}

#[test]
fn codel_first() {
    // The validation case: late from t0 on, looked at often; the first drop comes one interval later.
    let mut queue = Queue::new(Codel::DEFAULT);
    for now in 0..=110 {
        queue.waiting.clear();
        queue.waiting.extend([at(now.max(5) - 5); 3]);
        queue.take(at(now));
    }
    assert_eq!(queue.dropped, [(106, 1)], "late from 5 on, strictly after 105");
}

#[test]
fn a_sojourn_of_exactly_the_target_is_late() {
    for (sojourn, dropping) in [(Span::from_nanos(4_999_999), false), (ms(5), true)] {
        let codel = Codel::DEFAULT;
        let mut state = codel.start();
        codel.on_dequeue(&mut state, at(0), sojourn, false);
        let verdict = codel.on_dequeue(&mut state, at(101), sojourn, false);
        assert_eq!(verdict == Verdict::Drop, dropping);
    }
}

#[test]
fn nothing_is_dropped_from_a_small_queue() {
    let codel = Codel::DEFAULT;
    let mut state = codel.start();
    for now in 0..1_000 {
        assert_eq!(codel.on_dequeue(&mut state, at(now), ms(50), true), Verdict::Keep);
    }
    // And a small queue in between starts the interval anew.
    assert_eq!(codel.on_dequeue(&mut state, at(1_000), ms(50), false), Verdict::Keep);
    assert_eq!(codel.on_dequeue(&mut state, at(1_100), ms(50), true), Verdict::Keep);
    assert_eq!(codel.on_dequeue(&mut state, at(1_101), ms(50), false), Verdict::Keep);
}

#[test]
fn the_call_after_the_first_drop_is_delivered() {
    let codel = Codel::DEFAULT;
    let mut state = codel.start();
    codel.on_dequeue(&mut state, at(0), ms(50), false);
    assert_eq!(codel.on_dequeue(&mut state, at(5_000), ms(50), false), Verdict::Drop);
    assert_eq!(codel.on_dequeue(&mut state, at(5_000), ms(50), false), Verdict::Keep);
    assert!(state.is_dropping());
}

#[test]
fn drops_that_are_overdue_are_made_at_once() {
    let codel = Codel::DEFAULT;
    let mut state = codel.start();
    codel.on_dequeue(&mut state, at(0), ms(50), false);
    codel.on_dequeue(&mut state, at(101), ms(50), false);
    codel.on_dequeue(&mut state, at(101), ms(50), false);
    // Due at 201, 271.7 and 329.4: at 330 three go, and the next is due at 379.4.
    let verdicts: Vec<Verdict> = (0..4)
        .map(|_| codel.on_dequeue(&mut state, at(330), ms(50), false))
        .collect();
    assert_eq!(verdicts, [Verdict::Drop, Verdict::Drop, Verdict::Drop, Verdict::Keep]);
    assert_eq!(state.drop_next().nanos() / 100_000, 3_794);
}

/// Late from `from` ms on until `drops` calls have been dropped, then not late; gives when the last one was.
fn late_stretch(codel: &Codel, state: &mut CodelState, from: u64, drops: u32) -> u64 {
    let (mut now, mut dropped) = (from, 0);
    loop {
        while codel.on_dequeue(state, at(now), ms(50), false) == Verdict::Drop {
            dropped += 1;
        }
        if dropped >= drops {
            assert_eq!(codel.on_dequeue(state, at(now + 1), ms(1), false), Verdict::Keep);
            assert!(!state.is_dropping());
            return now;
        }
        now += 1;
    }
}

#[test]
fn a_queue_that_is_late_again_soon_goes_on_near_its_rate() {
    let codel = Codel::DEFAULT;
    let mut state = codel.start();
    let end = late_stretch(&codel, &mut state, 0, 6);
    assert_eq!(state.count(), 6);
    let mut much_later = state;
    late_stretch(&codel, &mut state, end + 10, 1);
    assert_eq!(state.count(), 5, "six less the one that began the last stretch");
    late_stretch(&codel, &mut much_later, end + 1_700, 1);
    assert_eq!(much_later.count(), 1);
}

#[test]
fn an_empty_queue_ends_dropping() {
    let codel = Codel::DEFAULT;
    let mut state = codel.start();
    codel.on_dequeue(&mut state, at(0), ms(50), false);
    assert_eq!(codel.on_dequeue(&mut state, at(101), ms(50), false), Verdict::Drop);
    codel.on_empty(&mut state);
    assert!(!state.is_dropping());
    // The next late call is the first of a new interval, not the one that follows a drop.
    assert_eq!(codel.on_dequeue(&mut state, at(102), ms(50), false), Verdict::Keep);
    assert_eq!(codel.on_dequeue(&mut state, at(202), ms(50), false), Verdict::Keep);
    assert_eq!(codel.on_dequeue(&mut state, at(203), ms(50), false), Verdict::Drop);
}

#[test]
fn an_interval_not_above_the_target_is_refused() {
    for (target, interval) in [(0, 100), (5, 5)] {
        let codel = Codel {
            target: ms(target),
            interval: ms(interval),
            ..Codel::DEFAULT
        };
        assert!(codel.check().is_err());
    }
}

/// The algorithm as the RFC writes it: one look at the queue gives at most one call to serve.
struct Reference {
    codel: Codel,
    first_above: Option<SimTime>,
    dropping: bool,
    drop_next: SimTime,
    count: u32,
    last_count: u32,
}

impl Reference {
    fn look(&mut self, waiting: &mut VecDeque<SimTime>, now: SimTime) -> (Option<SimTime>, bool) {
        let Some(came) = waiting.pop_front() else {
            self.first_above = None;
            return (None, false);
        };
        if now.since(came) < self.codel.target || waiting.is_empty() {
            self.first_above = None;
            return (Some(came), false);
        }
        let Some(first_above) = self.first_above else {
            self.first_above = Some(now + self.codel.interval);
            return (Some(came), false);
        };
        (Some(came), now > first_above)
    }

    fn take(&mut self, waiting: &mut VecDeque<SimTime>, now: SimTime) -> (Option<SimTime>, usize) {
        let before = waiting.len();
        let (mut call, mut late) = self.look(waiting, now);
        if self.dropping {
            if !late {
                self.dropping = false;
            }
            while self.dropping && now >= self.drop_next {
                self.count += 1;
                (call, late) = self.look(waiting, now);
                if late {
                    self.drop_next = self.codel.after_drop(self.drop_next, self.count);
                } else {
                    self.dropping = false;
                }
            }
        } else if late {
            (call, _) = self.look(waiting, now);
            self.dropping = true;
            let delta = self.count - self.last_count;
            let recent = now.nanos() < self.drop_next.nanos() + 16 * self.codel.interval.nanos();
            self.count = if delta > 1 && recent { delta } else { 1 };
            self.last_count = self.count;
            self.drop_next = self.codel.after_drop(now, self.count);
        }
        (call, before - waiting.len() - usize::from(call.is_some()))
    }
}

proptest! {
    #[test]
    fn call_by_call_is_the_same_as_in_one_loop(
        course in prop::collection::vec((0u64..60, 0usize..6, 0usize..6), 1..400),
    ) {
        let codel = Codel::DEFAULT;
        let mut queue = Queue::new(codel);
        let mut reference = Reference {
            codel,
            first_above: None,
            dropping: false,
            drop_next: SimTime::ZERO,
            count: 0,
            last_count: 0,
        };
        let mut waiting = VecDeque::new();
        let mut now = 0;
        for (gap, arrivals, takes) in course {
            now += gap;
            queue.waiting.extend((0..arrivals).map(|_| at(now)));
            waiting.extend((0..arrivals).map(|_| at(now)));
            for _ in 0..takes {
                let before = queue.dropped.len();
                let taken = queue.take(at(now));
                prop_assert_eq!((taken, queue.dropped.len() - before), reference.take(&mut waiting, at(now)));
                prop_assert_eq!(queue.waiting.len(), waiting.len());
            }
        }
    }
}

#[test]
fn ls_4_the_first_drop_is_the_call_of_60_and_the_next_is_delivered() {
    let mut queue = Queue::new(Codel::DEFAULT);
    for now in (0..120).step_by(5) {
        queue.waiting.push_back(at(now));
        if now % 10 == 0 {
            assert_eq!(queue.take(at(now)), Some(at(now / 2)));
            assert_eq!(queue.state.first_above, (now >= 10).then(|| at(110)));
        }
    }
    queue.waiting.push_back(at(120));
    assert_eq!(queue.waiting[0], at(60));
    assert_eq!(queue.take(at(120)), Some(at(65)));
    assert_eq!(queue.dropped, [(120, 1)]);
}
