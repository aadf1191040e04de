use super::*;
use crate::policy::scripted::{ALMOST_ONE, Scripted};
use crate::rng::{Key, Purpose, Streams};
use proptest::prelude::*;

/// Slots, outstanding calls and weights, side by side, and what else a view may say.
#[derive(Clone)]
pub(super) struct Replicas {
    pub(super) rows: Vec<(usize, u32, u32)>,
    /// Slots that are not well.
    pub(super) sick: Vec<usize>,
    pub(super) age: Span,
    pub(super) now: SimTime,
    pub(super) key: u64,
}

impl Replicas {
    pub(super) fn of(rows: Vec<(usize, u32, u32)>) -> Replicas {
        Replicas {
            rows,
            sick: Vec::new(),
            age: Span::MAX,
            now: SimTime::ZERO,
            key: 0,
        }
    }

    pub(super) fn idle(n: usize) -> Replicas {
        Replicas::of((0..n).map(|slot| (slot, 0, 1)).collect())
    }

    pub(super) fn busy(outstanding: &[u32]) -> Replicas {
        Replicas::of(
            outstanding
                .iter()
                .enumerate()
                .map(|(slot, &out)| (slot, out, 1))
                .collect(),
        )
    }

    pub(super) fn weighted(weights: &[u32]) -> Replicas {
        Replicas::of(
            weights
                .iter()
                .enumerate()
                .map(|(slot, &weight)| (slot, 0, weight))
                .collect(),
        )
    }

    /// Only these slots.
    pub(super) fn only(mut self, slots: &[usize]) -> Replicas {
        self.rows.retain(|it| slots.contains(&it.0));
        self
    }

    /// The same for another key.
    pub(super) fn with_key(&self, key: u64) -> Replicas {
        Replicas { key, ..self.clone() }
    }
}

impl View for Replicas {
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn slot(&self, at: usize) -> usize {
        self.rows[at].0
    }
    fn outstanding(&self, at: usize) -> u32 {
        self.rows[at].1
    }
    fn weight(&self, at: usize) -> u32 {
        self.rows[at].2
    }
    fn now(&self) -> SimTime {
        self.now
    }
    fn key(&self) -> u64 {
        self.key
    }
    fn healthy(&self, at: usize) -> bool {
        !self.sick.contains(&self.rows[at].0)
    }
    fn age(&self, _at: usize) -> Span {
        self.age
    }
}

const FIRST: Balance = Balance::RoundRobin { start: Start::First };
const DISTINCT: Balance = Balance::TwoChoices { replacement: false };
const REPLACED: Balance = Balance::TwoChoices { replacement: true };

/// Picks as letters: a is slot 0.
pub(super) fn letters(balance: Balance, view: &Replicas, picks: usize) -> String {
    let mut draw = Scripted::new(&[0.5]);
    let mut state = balance.start(view.len(), &mut draw);
    let pick = |_| {
        let at = balance.pick(&mut state, view, &mut draw).expect("there is a replica");
        char::from(b'a' + view.slot(at) as u8)
    };
    (0..picks).map(pick).collect()
}

/// How often each position is picked.
pub(super) fn counts(balance: Balance, view: &Replicas, picks: u32) -> Vec<u32> {
    let mut draw = Streams::new(9).stream(Purpose::Balance, Key::of("counts"));
    let mut state = balance.start(view.len(), &mut draw);
    let mut counts = vec![0; view.len()];
    for _ in 0..picks {
        counts[balance.pick(&mut state, view, &mut draw).expect("there is a replica")] += 1;
    }
    counts
}

#[test]
fn lb_1_smooth_weighted_round_robin_spreads_evenly() {
    let smooth = |weights: &[u32], picks| letters(Balance::Weighted, &Replicas::weighted(weights), picks);
    assert_eq!(smooth(&[5, 1, 1], 7), "aabacaa");
    assert_eq!(smooth(&[3, 2, 1], 6), "abacba");
    assert_eq!(smooth(&[5, 1, 1], 14), "aabacaaaabacaa");
    assert_eq!(smooth(&[1, 1, 1], 6), "abcabc");
    assert_eq!(smooth(&[0, 2, 1], 6), "bcbbcb");
}

#[test]
fn round_robin_takes_turns_from_the_first_or_from_anywhere() {
    assert_eq!(letters(FIRST, &Replicas::idle(3), 7), "abcabca");
    assert_eq!(letters(Balance::default(), &Replicas::idle(4), 6), "cdabcd");
    let starts: Vec<u32> = (0..3000).fold(vec![0; 3], |mut starts, caller| {
        let mut draw = Streams::new(4).stream(Purpose::Balance, Key(caller));
        let mut state = Balance::default().start(3, &mut draw);
        starts[Balance::default()
            .pick(&mut state, &Replicas::idle(3), &mut draw)
            .unwrap()] += 1;
        starts
    });
    assert!(starts.iter().all(|&it| (870..1130).contains(&it)), "{starts:?}");
}

#[test]
fn a_turn_goes_on_when_the_view_shrinks_and_grows() {
    let mut draw = Scripted::new(&[0.5]);
    let mut state = FIRST.start(3, &mut draw);
    let mut pick = |n| FIRST.pick(&mut state, &Replicas::idle(n), &mut draw);
    assert_eq!(
        [pick(3), pick(3), pick(1), pick(0), pick(2), pick(3)],
        [Some(0), Some(1), Some(0), None, Some(1), Some(1)]
    );
}

#[test]
fn a_weighted_replica_that_was_away_takes_up_where_it_stood() {
    let all = Replicas::weighted(&[2, 1, 1]);
    let without_a = all.clone().only(&[1, 2]);
    let mut draw = Scripted::new(&[0.5]);
    let mut state = Balance::Weighted.start(3, &mut draw);
    let mut pick = |view: &Replicas| view.slot(Balance::Weighted.pick(&mut state, view, &mut draw).unwrap());
    assert_eq!(pick(&all), 0);
    let away: Vec<usize> = (0..4).map(|_| pick(&without_a)).collect();
    assert_eq!(away, [1, 2, 1, 2]);
    let back: Vec<usize> = (0..4).map(|_| pick(&all)).collect();
    assert_eq!(back.iter().filter(|&&slot| slot == 0).count(), 2);
}

#[test]
fn nobody_is_picked_from_an_empty_view_or_without_weight() {
    for balance in Balance::ALL.into_iter().chain([FIRST, REPLACED]) {
        assert_eq!(balance.check(), Ok(()));
        let mut draw = Scripted::new(&[0.5]);
        let mut state = balance.start(2, &mut draw);
        let at_start = draw.draws;
        assert_eq!(balance.pick(&mut state, &Replicas::idle(0), &mut draw), None);
        assert_eq!(balance.pick(&mut state, &Replicas::idle(1), &mut draw), Some(0));
        assert_eq!(draw.draws, at_start, "{balance:?}: no draw without a choice");
        assert_eq!(Balance::named(balance.name()).map(|it| it.name()), Some(balance.name()));
    }
    for balance in [
        Balance::Weighted,
        Balance::WeightedRandom,
        Balance::Edf(Edf::DEFAULT),
        Balance::LeastRequest(LeastRequest::DEFAULT),
        Balance::RandomDraws(RandomDraws::DEFAULT),
        Balance::LeastConn,
        Balance::RingHash(RingHash::DEFAULT),
        Balance::Maglev(Maglev::DEFAULT),
    ] {
        let mut draw = Scripted::new(&[0.5]);
        let mut state = balance.start(2, &mut draw);
        assert_eq!(balance.pick(&mut state, &Replicas::weighted(&[0, 0]), &mut draw), None);
    }
}

#[test]
fn random_picks_all_alike_and_weighted_random_by_weight() {
    // Binomial, five standard deviations on either side.
    let even = counts(Balance::Random, &Replicas::idle(4), 40_000);
    assert!(even.iter().all(|&it| (9_567..10_433).contains(&it)), "{even:?}");
    let weighted = counts(Balance::WeightedRandom, &Replicas::weighted(&[1, 0, 3]), 40_000);
    assert!(
        (9_567..10_433).contains(&weighted[0]) && weighted[1] == 0,
        "{weighted:?}"
    );
}

#[test]
fn least_outstanding_finds_the_least_and_breaks_ties_evenly() {
    assert_eq!(
        counts(Balance::LeastOutstanding, &Replicas::busy(&[3, 1, 2]), 10),
        [0, 10, 0]
    );
    let ties = counts(Balance::LeastOutstanding, &Replicas::busy(&[5, 2, 9, 2, 2]), 30_000);
    assert_eq!((ties[0], ties[2]), (0, 0));
    assert!(
        [1, 3, 4].into_iter().all(|at| (9_590..10_410).contains(&ties[at])),
        "{ties:?}"
    );
    let full = counts(Balance::LeastOutstanding, &Replicas::busy(&[u32::MAX, u32::MAX]), 1000);
    assert!(full.iter().all(|&it| it > 400), "{full:?}");
}

#[test]
fn of_two_replicas_the_busier_is_picked_a_quarter_of_the_time_with_replacement() {
    let pair = Replicas::busy(&[7, 2]);
    assert_eq!(counts(DISTINCT, &pair, 1000), [0, 1000]);
    let replaced = counts(REPLACED, &pair, 40_000);
    assert!((9_567..10_433).contains(&replaced[0]), "{replaced:?}");
}

#[test]
fn two_choices_take_the_first_on_a_tie_and_never_the_same_twice() {
    let pick = |balance: Balance, view: &Replicas, shares: &[f64]| {
        let mut draw = Scripted::new(shares);
        balance.pick(&mut BalanceState::None, view, &mut draw)
    };
    let idle = Replicas::idle(4);
    assert_eq!(pick(DISTINCT, &idle, &[0.5, 0.0]), Some(2));
    let busy = Replicas::busy(&[1, 1, 5, 0]);
    // First 2; the others are 0, 1, 3.
    assert_eq!(pick(DISTINCT, &busy, &[0.5, 0.0]), Some(0));
    assert_eq!(pick(DISTINCT, &busy, &[0.5, ALMOST_ONE]), Some(3));
    assert_eq!(pick(REPLACED, &busy, &[0.5, 0.5]), Some(2));
    // All pairs are equally likely: of four idle replicas each is first as often.
    let even = counts(DISTINCT, &idle, 40_000);
    assert!(even.iter().all(|&it| (9_567..10_433).contains(&it)), "{even:?}");
    // The busiest of distinct replicas is never picked.
    assert_eq!(counts(DISTINCT, &Replicas::busy(&[1, 2, 9, 3]), 5_000)[2], 0);
}

#[test]
fn a_part_shows_its_members_and_no_others() {
    let mut all = Replicas::of(vec![(4, 1, 2), (0, 3, 4), (7, 5, 6), (2, 7, 8)]).with_key(99);
    all.sick = vec![2];
    all.now = SimTime::from_secs(3);
    let part = Part {
        of: &all,
        members: &[3, 0],
    };
    assert_eq!(
        (part.len(), part.is_empty(), part.key(), part.now()),
        (2, false, 99, all.now)
    );
    for (at, whole) in [(0, 3), (1, 0)] {
        assert_eq!(part.whole(at), whole);
        assert_eq!(
            (part.slot(at), part.outstanding(at), part.weight(at)),
            (all.slot(whole), all.outstanding(whole), all.weight(whole))
        );
        assert_eq!(
            (part.address(at), part.healthy(at)),
            (all.address(whole), all.healthy(whole))
        );
        assert_eq!((part.zone(at), part.age(at)), (all.zone(whole), all.age(whole)));
    }
    assert_eq!(
        [part.position(2), part.position(4), part.position(7)],
        [Some(0), Some(1), None]
    );
    assert_eq!(
        [all.position(0), all.position(2), all.position(3)],
        [Some(1), Some(3), None]
    );
}

#[test]
fn a_ring_of_all_serves_a_part() {
    let ring = Balance::RingHash(RingHash::DEFAULT);
    let (all, mut draw) = (Replicas::idle(4), Scripted::new(&[0.5]));
    let mut state = ring.start(4, &mut draw);
    for key in 0..200 {
        let all = all.with_key(hash::hash(1, key));
        let whole = ring.pick(&mut state, &all, &mut draw).unwrap();
        let part = Part {
            of: &all,
            members: &[1, 3],
        };
        let at = ring.pick(&mut state, &part, &mut draw).unwrap();
        assert!(
            part.members.contains(&(whole as u32)) <= (part.whole(at) == whole),
            "only keys of others move"
        );
    }
}

#[test]
fn the_state_of_a_small_picker_stays_small() {
    assert!(size_of::<BalanceState>() <= 32);
}

proptest! {
    #[test]
    fn smooth_weighting_is_exact_over_a_round(weights in prop::collection::vec(0u32..9, 1..8)) {
        let sum: u32 = weights.iter().sum();
        prop_assume!(sum > 0);
        let got = counts(Balance::Weighted, &Replicas::weighted(&weights), 3 * sum);
        let expected: Vec<u32> = weights.iter().map(|it| 3 * it).collect();
        prop_assert_eq!(got, expected);
    }

    /// Also right after others came and went, told or not. A picker that draws says so, and one that says it does not look at
    /// calls outstanding picks the same without them.
    #[test]
    fn picks_are_in_the_view(
        outstanding in prop::collection::vec(0u32..4, 2..9), weights in prop::collection::vec(1u32..5, 9),
        seed in any::<u64>(), gone in 0usize..9,
    ) {
        let mut view = Replicas::busy(&outstanding);
        view.rows.iter_mut().zip(&weights).for_each(|(row, weight)| row.2 = *weight);
        let stay: Vec<usize> = (0..view.len()).filter(|slot| *slot != gone % view.len()).collect();
        let fewer = view.clone().only(&stay);
        let bounded = Some(bounded_load::BoundedLoad::envoy(120));
        let others = [
            FIRST,
            REPLACED,
            Balance::P2c(P2c::LINKERD),
            Balance::P2c(P2c::FINAGLE_PEAK_EWMA),
            Balance::RingHash(RingHash { bounded_load: bounded, ..RingHash::DEFAULT }),
            Balance::RingHash(RingHash {
                bounded_load: Some(bounded_load::BoundedLoad::haproxy(120)),
                ..RingHash::GRPC
            }),
            Balance::Maglev(Maglev { table_size: 101, bounded_load: bounded }),
        ];
        for balance in Balance::ALL.into_iter().chain(others) {
            let mut draw = Streams::new(seed).stream(Purpose::Balance, Key(1));
            let mut state = balance.start(view.len(), &mut draw);
            let mut blind = state.clone();
            let blind_draw = draw.clone();
            for number in 0..60u64 {
                let view = if (20..40).contains(&number) { &fewer } else { &view };
                let view = view.with_key(hash::hash(seed, number));
                if number == 30 {
                    balance.host_changed(&mut state, &view, gone % outstanding.len());
                }
                let before = draw.clone();
                let at = balance.pick(&mut state, &view, &mut draw).unwrap();
                prop_assert!(at < view.len(), "{balance:?}");
                prop_assert!(balance.draws() || draw == before, "{balance:?} draws");
                let least = view.rows.iter().map(|it| it.1).min().unwrap();
                prop_assert!(balance != Balance::LeastOutstanding || view.outstanding(at) == least);
                let end = Observed {
                    now: view.now, slot: view.slot(at), rtt: Span::from_millis(number), outcome: Outcome::Ok,
                };
                balance.observe(&mut state, &end);
            }
            if !balance.counts_outstanding() {
                let mut idle = view.clone();
                let (mut one, mut other) = (blind_draw.clone(), blind_draw);
                let mut state = blind.clone();
                idle.rows.iter_mut().for_each(|row| row.1 = 0);
                for _ in 0..10 {
                    let seeing = balance.pick(&mut blind, &view, &mut one);
                    prop_assert_eq!(seeing, balance.pick(&mut state, &idle, &mut other), "{:?}", balance);
                }
            }
        }
    }
}
