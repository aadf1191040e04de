use super::super::tests::{BAD, Bench, at};
use super::super::{Istio, Outlier};
use super::*;

#[test]
fn a_rate_that_equals_the_threshold_stays() {
    // One deviation: mean 50, deviation 50, threshold 0.
    let equal = Envoy {
        consecutive_5xx: 0,
        consecutive_gateway_failure: 0,
        success_rate_stdev_factor: 1_000,
        success_rate_minimum_hosts: 2,
        max_ejection_percent: 100,
        ..Envoy::default()
    };
    let mut bench = Bench::new(Outlier::Envoy(equal), 2);
    bench.rates(1, &[0, 100]);
    bench.run(10);
    assert_eq!(bench.out(), []);
    let below = Envoy {
        success_rate_stdev_factor: 999,
        ..equal
    };
    let mut bench = Bench::new(Outlier::Envoy(below), 2);
    bench.rates(1, &[0, 100]);
    bench.run(10);
    assert_eq!(bench.out(), [0]);
}

#[test]
fn od_3_ejections_last_longer_each_time_and_the_multiplier_shrinks_again() {
    let mut bench = Bench::new(Outlier::Envoy(Envoy::default()), 10);
    bench.ends(3, 0, &[BAD; 5]);
    assert_eq!(bench.log, [(3, 0, true, Cause::Consecutive5xx)]);
    assert_eq!(bench.multiplier(0), 1);
    bench.run(39);
    assert_eq!(bench.out(), [0]);
    bench.ends(45, 0, &[BAD; 5]);
    assert_eq!(
        bench.log[1..],
        [(40, 0, false, Cause::TimeOver), (45, 0, true, Cause::Consecutive5xx)]
    );
    assert_eq!(bench.multiplier(0), 2);
    bench.ends(50, 1, &[BAD; 5]);
    // Refused twice, as a row of gateway failures and as a row of server errors.
    assert_eq!((bench.out(), bench.overflow()), (vec![0], 2));
    bench.run(110);
    assert_eq!(bench.log[3..], [(110, 0, false, Cause::TimeOver)]);
    assert_eq!(bench.multiplier(0), 2);
    bench.run(120);
    assert_eq!(bench.multiplier(0), 1);
    bench.run(130);
    assert_eq!(bench.multiplier(0), 0);
    bench.run(500);
    assert_eq!(bench.multiplier(0), 0);
}

#[test]
fn od_4_a_gateway_failure_counts_twice_and_another_error_ends_only_its_row() {
    let mixed = [Outcome::Error, BAD, BAD, Outcome::Error, BAD];
    let mut bench = Bench::new(Outlier::Envoy(Envoy::default()), 10);
    bench.ends(1, 0, &mixed[..4]);
    assert_eq!(bench.log, []);
    bench.end(1, 0, mixed[4]);
    assert_eq!(bench.log, [(1, 0, true, Cause::Consecutive5xx)]);

    // Five gateway failures: the first trigger is not enforced and draws for nothing, the second ejects.
    let mut gateway = Bench::drawing(Outlier::Envoy(Envoy::default()), 10, &[0.0]);
    gateway.ends(1, 0, &[BAD; 5]);
    assert_eq!(gateway.log, [(1, 0, true, Cause::Consecutive5xx)]);
    assert_eq!(gateway.draw.draws, 2);
    let rows = |it: &Bench| match &it.state {
        super::super::OutlierState::Envoy(of) => (of.hosts[0].row_5xx, of.hosts[0].row_gateway),
        _ => unreachable!("it is Envoy's"),
    };
    assert_eq!(rows(&gateway), (0, 0));
    let mut steps = Bench::new(Outlier::Envoy(Envoy::default()), 10);
    let told = mixed.map(|it| {
        steps.end(1, 0, it);
        rows(&steps)
    });
    assert_eq!(told, [(1, 0), (2, 1), (3, 2), (4, 0), (0, 1)]);

    let enforced = Envoy {
        enforcing_consecutive_gateway_failure: 100,
        ..Envoy::default()
    };
    let mut first = Bench::new(Outlier::Envoy(enforced), 10);
    first.ends(1, 0, &[BAD; 5]);
    assert_eq!(first.log, [(1, 0, true, Cause::ConsecutiveGatewayFailure)]);
}

#[test]
fn a_refused_ejection_starts_the_count_again() {
    let mut bench = Bench::new(Outlier::Envoy(Envoy::default()), 9);
    bench.ends(1, 0, &[Outcome::Error; 14]);
    assert_eq!((bench.log.len(), bench.overflow()), (0, 2));
    bench.end(1, 0, Outcome::Error);
    assert_eq!(bench.overflow(), 3);
}

#[test]
fn od_5_the_multiplier_stops_at_eleven_and_the_time_at_its_longest() {
    let settings = Envoy {
        interval: Span::from_secs(1),
        ..Envoy::default()
    };
    let mut bench = Bench::new(Outlier::Envoy(settings), 10);
    let mut now = 0;
    let mut times = Vec::new();
    for _ in 0..13 {
        bench.ends(now, 0, &[Outcome::Error; 5]);
        let out = bench.log.len();
        assert!(bench.state.is_ejected(0));
        let ejected = now;
        while bench.log.len() == out {
            now += 1;
            bench.run(now);
        }
        times.push((bench.multiplier(0), now - ejected));
        // At once again, before the multiplier shrinks.
    }
    let expected: Vec<(u32, u64)> = (1..=11).map(|m| (m, (30 * u64::from(m)).min(300))).collect();
    assert_eq!(times[..11], expected);
    assert_eq!(times[11..], [(11, 300), (11, 300)]);
}

#[test]
fn one_host_may_be_out_in_any_case_if_told_so() {
    let settings = Envoy {
        always_eject_one_host: true,
        ..Envoy::default()
    };
    let mut bench = Bench::new(Outlier::Envoy(settings), 3);
    bench.ends(1, 2, &[BAD; 5]);
    bench.ends(1, 1, &[BAD; 5]);
    assert_eq!((bench.out(), bench.overflow()), (vec![2], 2));
}

#[test]
fn an_enforcement_is_a_draw_below_its_percentage_and_jitter_comes_on_top() {
    let settings = Envoy {
        enforcing_consecutive_5xx: 50,
        enforcing_consecutive_gateway_failure: 0,
        max_ejection_time_jitter: Span::from_secs(10),
        interval: Span::from_secs(1),
        ..Envoy::default()
    };
    let mut not = Bench::drawing(Outlier::Envoy(settings), 10, &[0.50]);
    not.ends(0, 0, &[Outcome::Error; 5]);
    assert_eq!(not.out(), []);
    let mut out = Bench::drawing(Outlier::Envoy(settings), 10, &[0.499, 0.5]);
    out.ends(0, 0, &[Outcome::Error; 5]);
    assert_eq!(out.out(), [0]);
    out.run(34);
    assert_eq!(out.out(), [0]);
    out.run(35);
    assert_eq!(out.out(), []);
}

#[test]
fn what_the_caller_decides_itself_counts_for_nothing_and_a_bad_request_is_a_success() {
    let mut bench = Bench::new(Outlier::Envoy(Envoy::default()), 10);
    for end in [Outcome::BadRequest, Outcome::Quota, Outcome::Ok, Outcome::Degraded] {
        bench.ends(1, 0, &[Outcome::Error; 4]);
        bench.end(1, 0, end);
    }
    bench.ends(1, 0, &[Outcome::Error; 4]);
    for nothing in [Outcome::Cancelled, Outcome::BreakerOpen, Outcome::PoolTimeout] {
        bench.end(1, 0, nothing);
    }
    assert_eq!(bench.log, []);
    bench.end(1, 0, Outcome::Timeout);
    assert_eq!(bench.out(), [0]);
}

#[test]
fn failures_of_local_origin_are_apart_if_split() {
    let settings = Envoy {
        split_external_local_origin_errors: true,
        ..Envoy::default()
    };
    let mut bench = Bench::new(Outlier::Envoy(settings), 10);
    let local = [Outcome::Timeout, Outcome::Refused, Outcome::Reset, Outcome::Unreachable];
    bench.ends(1, 0, &local);
    // An answer, even an error, means that the connection works.
    bench.end(1, 0, Outcome::Error);
    bench.ends(1, 0, &local);
    assert_eq!(bench.log, []);
    bench.end(1, 0, Outcome::Refused);
    assert_eq!(bench.log, [(1, 0, true, Cause::ConsecutiveLocalOriginFailure)]);
}

#[test]
fn a_passed_health_check_lets_back_in() {
    for (told, back) in [(true, true), (false, false)] {
        let settings = Envoy {
            successful_active_health_check_uneject_host: told,
            ..Envoy::default()
        };
        let mut bench = Bench::new(Outlier::Envoy(settings), 10);
        bench.ends(1, 0, &[Outcome::Error; 5]);
        let change = bench.outlier.check_passed(&mut bench.state, at(2), 0);
        assert_eq!(change.is_some(), back);
        assert_eq!(bench.out().is_empty(), back);
        assert_eq!(bench.outlier.check_passed(&mut bench.state, at(2), 1), None);
    }
}

#[test]
fn who_leaves_is_forgotten_and_counts_no_more() {
    let mut bench = Bench::new(Outlier::Envoy(Envoy::default()), 20);
    bench.ends(1, 0, &[Outcome::Error; 5]);
    bench.ends(1, 1, &[Outcome::Error; 5]);
    assert_eq!(bench.state.ejected(), 2);
    bench.state.leave(0);
    bench.state.leave(0);
    assert_eq!(bench.state.ejected(), 1);
    // One of nineteen is out; a second would be more than ten percent.
    bench.ends(2, 2, &[Outcome::Error; 5]);
    assert_eq!(bench.out(), [1]);
    bench.state.join(0);
    assert_eq!(bench.multiplier(0), 0);
    bench.ends(2, 2, &[Outcome::Error; 5]);
    assert_eq!(bench.out(), [1, 2]);
}

#[test]
fn istio_says_it_in_envoys_words() {
    let default = Envoy::from(Istio::default());
    assert_eq!(default.enforcing_consecutive_5xx, 100);
    assert_eq!(default.enforcing_consecutive_gateway_failure, 0);
    assert_eq!(
        (default.enforcing_success_rate, default.healthy_panic_threshold),
        (0, 0)
    );
    let gateway = Envoy::from(Istio {
        consecutive_gateway_errors: 3,
        consecutive_5xx_errors: 0,
        min_health_percent: 30,
        ..Istio::default()
    });
    assert_eq!(gateway.healthy_panic_threshold, 30);
    let mut bench = Bench::new(Outlier::Envoy(gateway), 10);
    bench.ends(1, 0, &[Outcome::Error; 9]);
    assert_eq!(bench.out(), []);
    bench.ends(1, 0, &[BAD; 3]);
    assert_eq!(bench.log, [(1, 0, true, Cause::ConsecutiveGatewayFailure)]);
}
