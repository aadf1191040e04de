use super::super::Outlier;
use super::super::tests::Bench;
use super::*;

#[test]
fn grpc_comes_back_strictly_after_its_time_and_its_multiplier_shrinks_at_once() {
    let settings = Grpc {
        base_ejection_time: Span::from_secs(10),
        failure_percentage_ejection: Some(FailurePercentage::default()),
        ..Grpc::default()
    };
    let mut bench = Bench::new(Outlier::Grpc(settings), 5);
    bench.rates(1, &[0, 100, 100, 100, 100]);
    bench.run(20);
    assert_eq!(bench.out(), [0]);
    bench.run(30);
    assert_eq!(bench.log[1..], [(30, 0, false, Cause::TimeOver)]);
    assert_eq!(bench.multiplier(0), 1);
    bench.run(40);
    assert_eq!(bench.multiplier(0), 0);
}

#[test]
fn grpc_does_nothing_unless_an_algorithm_is_on() {
    let mut bench = Bench::new(Outlier::Grpc(Grpc::default()), 5);
    bench.rates(1, &[0, 100, 100, 100, 100]);
    bench.run(100);
    assert_eq!(bench.log, []);
    let rate = Grpc {
        success_rate_ejection: Some(SuccessRate::default()),
        ..Grpc::default()
    };
    let mut bench = Bench::new(Outlier::Grpc(rate), 5);
    bench.rates(1, &[50, 100, 100, 100, 100]);
    bench.run(10);
    assert_eq!(bench.log, [(10, 0, true, Cause::SuccessRate)]);
}
