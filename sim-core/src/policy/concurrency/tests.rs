use super::*;
use crate::policy::scripted::{ALMOST_ONE, Scripted};
use crate::rng::{Key, Purpose, Streams};
use proptest::prelude::*;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

/// A limit that is told its samples; its probes come as late as they can.
struct Learner {
    settings: Concurrency,
    state: ConcurrencyState,
    draw: Scripted,
}

impl Learner {
    fn new(limit: Limit) -> Learner {
        Learner::windowed(limit, None)
    }

    fn windowed(limit: Limit, windowed: Option<Windowed>) -> Learner {
        let settings = Concurrency { limit, windowed };
        assert_eq!(settings.check(), Ok(()));
        let mut draw = Scripted::new(&[ALMOST_ONE]);
        let state = settings.start(SimTime::ZERO, &mut draw);
        Learner { settings, state, draw }
    }

    fn at(&mut self, ended_ms: u64, rtt_ms: u64, in_flight: u32, dropped: bool) -> u32 {
        let sample = Sample {
            ended: at(ended_ms),
            rtt: Span::from_millis(rtt_ms),
            in_flight,
            dropped,
        };
        self.settings.on_sample(&mut self.state, &sample, &mut self.draw)
    }

    fn sees(&mut self, rtt_ms: u64, in_flight: u32) -> u32 {
        self.at(0, rtt_ms, in_flight, false)
    }

    fn drops(&mut self, rtt_ms: u64, in_flight: u32) -> u32 {
        self.at(0, rtt_ms, in_flight, true)
    }
}

fn aimd(initial_limit: u32, min_limit: u32, max_limit: u32) -> Limit {
    Limit::Aimd(Aimd {
        initial_limit,
        min_limit,
        max_limit,
        ..Aimd::DEFAULT
    })
}

#[test]
fn ac_1_aimd() {
    let mut limit = Learner::new(aimd(10, 1, 20));
    assert_eq!(limit.sees(1, 4), 10);
    assert_eq!(limit.sees(1, 5), 11);
    assert_eq!(limit.sees(1, 6), 12);
    assert_eq!(limit.sees(1, 5), 12, "10 < 12");
    assert_eq!(limit.drops(1, 12), 10);
    assert_eq!(limit.drops(1, 12), 9);
    assert_eq!(limit.sees(6_000, 9), 8);
    assert_eq!(limit.sees(5_000, 9), 9, "exactly the time-out is in time");
}

#[test]
fn ac_2_vegas() {
    let mut limit = Learner::new(Limit::Vegas(Vegas {
        initial_limit: 10,
        max_limit: 20,
        ..Vegas::DEFAULT
    }));
    assert_eq!(limit.sees(10, 10), 10, "sets the shortest time");
    assert_eq!(limit.sees(10, 10), 16);
    assert_eq!(limit.sees(50, 14), 15);
    assert_eq!(limit.sees(10, 11), 20);
    assert_eq!(limit.drops(10, 20), 19);
    assert_eq!(limit.sees(20, 16), 18);
    assert_eq!(limit.sees(100, 3), 18);
}

#[test]
fn ac_3_gradient2() {
    let mut limit = Learner::new(Limit::Gradient2(Gradient2 {
        min_limit: 1,
        ..Gradient2::DEFAULT
    }));
    let warm: Vec<u32> = (0..10).map(|_| limit.sees(10, 20)).collect();
    assert_eq!(warm, [20, 21, 22, 23, 24, 24, 25, 26, 27, 28]);
    let slow: Vec<u32> = (0..4).map(|_| limit.sees(40, 20)).collect();
    assert_eq!(slow, [26, 24, 22, 21]);
    assert_eq!(limit.sees(5, 40), 21);
    assert_eq!(limit.sees(5, 2), 21);
}

#[test]
fn ac_4_gradient() {
    let mut limit = Learner::new(Limit::Gradient(Gradient {
        probe_interval: None,
        ..Gradient::DEFAULT
    }));
    assert_eq!(limit.sees(10, 50), 57);
    assert_eq!(limit.sees(10, 57), 64);
    assert_eq!(limit.sees(40, 64), 59);
    assert_eq!(limit.drops(40, 59), 58);
    assert_eq!(limit.sees(40, 5), 58);
    assert_eq!(limit.draw.draws, 0);
}

#[test]
fn gradient_is_smoothed_only_on_the_way_down() {
    let mut limit = Learner::new(Limit::Gradient(Gradient::DEFAULT));
    assert_eq!(limit.sees(10, 50), 57, "all of the way up");
    // 57 · 0.5 + 7 = 35.5, a fifth of the way down.
    assert_eq!(limit.sees(40, 57), 52);
}

#[test]
fn gradient2_ignores_drops() {
    let mut dropping = Learner::new(Limit::Gradient2(Gradient2::DEFAULT));
    let mut plain = Learner::new(Limit::Gradient2(Gradient2::DEFAULT));
    for _ in 0..30 {
        assert_eq!(dropping.drops(10, 30), plain.sees(10, 30));
    }
    assert!(plain.state.limit() > 20);
}

#[test]
fn gradient2_takes_a_long_average_down_that_is_twice_the_sample() {
    let mut limit = Learner::new(Limit::Gradient2(Gradient2::DEFAULT));
    let long_ms = |limit: &Learner| match &limit.state.limit {
        LimitState::Gradient2(average) => average.long_ns / 1e6,
        _ => unreachable!(),
    };
    for _ in 0..10 {
        limit.sees(100, 1);
    }
    assert!((long_ms(&limit) - 100.0).abs() < 1e-9);
    limit.sees(10, 1);
    let moved = 100.0 + (10.0 - 100.0) * 2.0 / 601.0;
    assert!((long_ms(&limit) - moved * 0.95).abs() < 1e-9);
    // Exactly twice is not more than twice.
    let mut exact = Learner::new(Limit::Gradient2(Gradient2::DEFAULT));
    exact.sees(30, 1);
    exact.sees(10, 1);
    assert!((long_ms(&exact) - 20.0).abs() < 1e-9);
}

#[test]
fn gradient_probes_by_falling_to_the_queue() {
    let mut limit = Learner::new(Limit::Gradient(Gradient {
        probe_interval: Some(10),
        ..Gradient::DEFAULT
    }));
    // 10 + trunc(0.99 · 10) = 19 samples, and the twentieth is the probe.
    for _ in 0..19 {
        assert!(limit.sees(10, 200) > 50);
    }
    let before = limit.state.limit();
    assert_eq!(limit.sees(10, 200), before.isqrt());
    let LimitState::Gradient(shortest) = &limit.state.limit else {
        unreachable!()
    };
    assert_eq!(shortest.noload_ns, 0, "the shortest time is measured anew");
}

#[test]
fn vegas_probes_after_a_number_of_samples_that_grows_with_the_limit() {
    let mut limit = Learner::new(Limit::Vegas(Vegas {
        initial_limit: 2,
        max_limit: 2,
        ..Vegas::DEFAULT
    }));
    limit.draw = Scripted::new(&[0.0]);
    limit.state = limit.settings.start(SimTime::ZERO, &mut limit.draw);
    // 0.5 · 30 · 2 = 30: the thirtieth sample is believed to be the shortest, though it is longer.
    for _ in 0..29 {
        limit.sees(10, 2);
    }
    assert_eq!(limit.draw.draws, 1);
    limit.sees(40, 2);
    assert_eq!(limit.draw.draws, 2);
    // Nothing waits at 40 ms any more, so the limit stays at its maximum.
    assert_eq!(limit.sees(40, 2), 2);
}

#[test]
fn vegas_leaves_the_limit_between_alpha_and_beta() {
    let vegas = Limit::Vegas(Vegas {
        initial_limit: 20,
        ..Vegas::DEFAULT
    });
    // L = 1: up to 1 waiting +6, below 3 +1, from 3 to 6 unchanged, above 6 -1. The limit is 20, the shortest time 10 ms.
    for (rtt_us, expected) in [
        (10_000, 26),
        (10_500, 26),
        (11_000, 21),
        (11_500, 20),
        (14_000, 20),
        (15_000, 19),
    ] {
        let mut limit = Learner::new(vegas);
        limit.sees(10, 20);
        let sample = Sample {
            ended: at(0),
            rtt: Span::from_micros(rtt_us),
            in_flight: 20,
            dropped: false,
        };
        let next = limit.settings.on_sample(&mut limit.state, &sample, &mut limit.draw);
        assert_eq!(next, expected, "{rtt_us} us");
    }
}

fn windowed_aimd() -> Learner {
    Learner::windowed(aimd(10, 1, 20), Some(Windowed::DEFAULT))
}

#[test]
fn a_window_loses_its_first_sample_and_needs_ten() {
    let mut limit = windowed_aimd();
    assert_eq!(
        limit.at(10, 10, 10, true),
        10,
        "closes a window of one sample, until 1010"
    );
    for k in 1..10 {
        assert_eq!(limit.at(10 + k * 100, 10, 10, false), 10);
    }
    assert_eq!(limit.at(1_010, 10, 10, false), 10, "at its very end a window is open");
    assert_eq!(limit.at(1_011, 10, 10, false), 11);
}

#[test]
fn a_window_tells_the_mean_the_most_in_flight_and_any_drop() {
    let samples = |rtts_ms: [u64; 11], dropped| {
        let settings = Windowed::DEFAULT;
        let mut window = settings.start();
        let sample = |ended_ms, rtt_ms, in_flight, dropped| Sample {
            ended: at(ended_ms),
            rtt: Span::from_millis(rtt_ms),
            in_flight,
            dropped,
        };
        assert_eq!(settings.add(&mut window, &sample(0, 1, 1, false)), None);
        assert_eq!(settings.add(&mut window, &sample(1, 1, 1, false)), None);
        for (k, rtt_ms) in rtts_ms.into_iter().enumerate() {
            let last = k == 10;
            let ended_ms = if last { 2_000 } else { 100 };
            let told = settings.add(&mut window, &sample(ended_ms, rtt_ms, k as u32, dropped && k == 3));
            if last {
                return told;
            }
            assert_eq!(told, None);
        }
        unreachable!()
    };
    let told = samples([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110], true).unwrap();
    assert_eq!(
        (told.rtt, told.in_flight, told.dropped),
        (Span::from_millis(60), 10, true)
    );
    assert!(!samples([10; 11], false).unwrap().dropped);
}

#[test]
fn a_window_ignores_what_is_too_short() {
    let settings = Windowed::DEFAULT;
    let mut window = settings.start();
    let short = Sample {
        ended: at(5_000),
        rtt: Span::from_nanos(99_999),
        in_flight: 1,
        dropped: true,
    };
    assert_eq!(settings.add(&mut window, &short), None);
    assert_eq!(window, settings.start());
}

#[test]
fn permits_count_what_is_in_flight() {
    let settings = Concurrency::of(aimd(2, 1, 3));
    let mut draw = Scripted::new(&[0.0]);
    let mut state = settings.start(SimTime::ZERO, &mut draw);
    let first = settings.admit(&mut state, at(0)).unwrap();
    let second = settings.admit(&mut state, at(0)).unwrap();
    assert_eq!((first.in_flight, second.in_flight), (1, 2));
    assert_eq!(settings.admit(&mut state, at(1)), None);
    settings.settle(&mut state, at(5), first, End::Ignored, &mut draw);
    assert_eq!((state.limit(), state.in_flight()), (2, 1));
    settings.settle(&mut state, at(5), second, End::Answered, &mut draw);
    assert_eq!((state.limit(), state.in_flight()), (3, 0));
    // A limit that falls below what is in flight cancels nothing.
    let three: Vec<Permit> = (0..3).map(|_| settings.admit(&mut state, at(6)).unwrap()).collect();
    settings.settle(&mut state, at(7), three[0], End::Dropped, &mut draw);
    settings.settle(&mut state, at(7), three[1], End::Dropped, &mut draw);
    assert_eq!((state.limit(), state.in_flight()), (1, 1));
    assert_eq!(settings.admit(&mut state, at(8)), None);
    settings.settle(&mut state, at(9), three[2], End::Ignored, &mut draw);
    assert!(settings.admit(&mut state, at(9)).is_some());
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let bad = [
        Concurrency::of(aimd(10, 0, 20)),
        Concurrency::of(aimd(30, 1, 20)),
        Concurrency::of(Limit::Aimd(Aimd {
            backoff_ratio: Factor(499_999),
            ..Aimd::DEFAULT
        })),
        Concurrency::of(Limit::Vegas(Vegas {
            smoothing: Factor(1_000_001),
            ..Vegas::DEFAULT
        })),
        Concurrency::of(Limit::Gradient(Gradient {
            probe_interval: Some(0),
            ..Gradient::DEFAULT
        })),
        Concurrency::of(Limit::Gradient2(Gradient2 {
            rtt_tolerance: Factor(999_999),
            ..Gradient2::DEFAULT
        })),
        Concurrency::of(Limit::Envoy(Envoy {
            max_concurrency_limit: 2,
            ..Envoy::DEFAULT
        })),
        Concurrency {
            limit: Limit::Envoy(Envoy::DEFAULT),
            windowed: Some(Windowed::DEFAULT),
        },
        Concurrency {
            limit: aimd(10, 1, 20),
            windowed: Some(Windowed {
                window_size: 9,
                ..Windowed::DEFAULT
            }),
        },
    ];
    for settings in bad {
        let Err(Invalid(message)) = settings.check() else {
            panic!("{settings:?} was accepted")
        };
        assert!(message.contains("default"), "{message}");
    }
    let limits = [
        Limit::Aimd(Aimd::DEFAULT),
        Limit::Vegas(Vegas::DEFAULT),
        Limit::Gradient(Gradient::DEFAULT),
        Limit::Gradient2(Gradient2::DEFAULT),
        Limit::Envoy(Envoy::DEFAULT),
    ];
    for limit in limits {
        assert_eq!(Concurrency::of(limit).check(), Ok(()));
    }
}

proptest! {
    #[test]
    fn a_limit_stays_in_its_range_and_is_never_exceeded_by_admission(
        kind in 0usize..5, in_windows in any::<bool>(), seed in any::<u64>(),
        course in prop::collection::vec((0u64..3, 0u64..50_000, 0u8..10), 1..300),
    ) {
        let limits = [
            aimd(10, 2, 20),
            Limit::Vegas(Vegas { initial_limit: 10, max_limit: 20, probe_multiplier: 1, ..Vegas::DEFAULT }),
            Limit::Gradient(Gradient { initial_limit: 10, max_limit: 20, probe_interval: Some(20), ..Gradient::DEFAULT }),
            Limit::Gradient2(Gradient2 { initial_limit: 10, min_limit: 2, max_limit: 20, ..Gradient2::DEFAULT }),
            Limit::Envoy(Envoy { max_concurrency_limit: 20, request_count: 5, ..Envoy::DEFAULT }),
        ];
        let windowed = (in_windows && kind < 4).then_some(Windowed::DEFAULT);
        let settings = Concurrency { limit: limits[kind], windowed };
        let mut draw = Streams::new(seed).stream(Purpose::Policy, Key::of("test"));
        let mut state = settings.start(SimTime::ZERO, &mut draw);
        let mut out: Vec<Permit> = Vec::new();
        let mut now = SimTime::ZERO;
        for (calls, gap_us, end) in course {
            now = now + Span::from_micros(gap_us);
            for _ in 0..calls {
                if let Some(permit) = settings.admit(&mut state, now) {
                    prop_assert!(state.in_flight() <= state.limit());
                    out.push(permit);
                }
            }
            if !out.is_empty() {
                let permit = out.swap_remove(end as usize % out.len());
                let end = match end { 0 => End::Dropped, 1 => End::Ignored, _ => End::Answered };
                settings.settle(&mut state, now, permit, end, &mut draw);
            }
            prop_assert_eq!(state.in_flight() as usize, out.len());
            prop_assert!((1..=20).contains(&state.limit()), "{}", state.limit());
        }
    }
}
