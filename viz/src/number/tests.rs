use super::*;

fn table(unit: Unit, rows: &[(f64, &str)]) {
    for &(value, expected) in rows {
        assert_eq!(show(unit, value), expected, "{value}");
    }
}

#[test]
fn times_choose_the_unit_that_reads_well() {
    table(
        Unit::Seconds,
        &[
            (0.0, "0 s"),
            (7e-9, "7.00 ns"),
            (850e-9, "850 ns"),
            (4.214e-6, "4.21 us"),
            (250e-6, "250 us"),
            (0.0123, "12.3 ms"),
            (0.9994, "999 ms"),
            (0.9996, "1.00 s"),
            (1.2345, "1.23 s"),
            (119.96, "120 s"),
            (1_200.0, "20.0 min"),
            (86_400.0, "24.0 h"),
            (-0.0123, "-12.3 ms"),
            (f64::NAN, "-"),
            (f64::INFINITY, "-"),
        ],
    );
}

#[test]
fn shares_near_their_ends_get_more_digits() {
    table(
        Unit::Ratio,
        &[
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.5, "50.0 %"),
            (0.0312, "3.1 %"),
            (0.00512, "0.51 %"),
            (0.9968, "99.68 %"),
            (0.99968, "99.97 %"),
            (0.999_968, "99.997 %"),
            (0.999_999_9, ">99.9999 %"),
            (1e-9, "<0.0001 %"),
            (1.5, "150.0 %"),
        ],
    );
}

#[test]
fn rates_and_counts_have_thousands() {
    table(
        Unit::PerSecond,
        &[
            (0.5, "0.500/s"),
            (45.04, "45.0/s"),
            (1_184.2, "1,184/s"),
            (25e6, "25.0M/s"),
            (0.0, "0/s"),
        ],
    );
    table(
        Unit::Count,
        &[
            (0.0, "0"),
            (3.0, "3"),
            (3.25, "3.25"),
            (1_234_567.0, "1,234,567"),
            (12_345_678.0, "12.3M"),
        ],
    );
    table(
        Unit::Plain,
        &[
            (1.0, "1.00"),
            (1.0312, "1.03"),
            (0.00123, "0.0012"),
            (-1_234.0, "-1,234"),
        ],
    );
    assert_eq!(show_whole(1_234_567), "1,234,567");
}

#[test]
fn what_people_wrote_comes_back_as_they_wrote_it() {
    assert_eq!(show_exact(Unit::Ratio, 0.999), "99.9 %");
    assert_eq!(show_exact(Unit::Ratio, 0.3), "30 %");
    assert_eq!(show_exact(Unit::Seconds, 1.0), "1 s");
    assert_eq!(show_exact(Unit::Seconds, 0.25), "250 ms");
    assert_eq!(show_exact(Unit::PerSecond, 1_200.0), "1,200/s");
    assert_eq!(show_exact(Unit::Plain, 1.05), "1.05");
}

#[test]
fn an_interval_has_the_unit_and_the_digits_of_its_mean() {
    let cases = [
        (Unit::Seconds, 0.0123, Some(0.0004), "12.3 ±0.4 ms"),
        (Unit::Seconds, 0.0123, Some(0.000_04), "12.30 ±0.04 ms"),
        (Unit::Seconds, 0.0123, Some(0.000_000_1), "12.3 ms"),
        (Unit::Seconds, 0.0123, Some(0.0), "12.3 ms"),
        (Unit::Seconds, 0.0123, None, "12.3 ms"),
        (Unit::PerSecond, 1_184.2, Some(12.3), "1,184 ±12/s"),
        (Unit::Ratio, 0.9997, Some(0.0001), "99.97 ±0.01 %"),
        (Unit::Ratio, 0.5, Some(0.25), "50.0 ±25.0 %"),
        (Unit::Ratio, 1.0, Some(0.0), "100 %"),
    ];
    for (unit, mean, half_width, expected) in cases {
        assert_eq!(
            show_interval(unit, mean, half_width, false),
            expected,
            "{mean} {half_width:?}"
        );
    }
    assert_eq!(show_interval(Unit::Plain, 1.5, Some(0.25), true), "1.50 +-0.25");
}

#[test]
fn the_clock_reads_like_a_scenario() {
    let shown: Vec<_> = [0.0, 0.25, 12.5, 59.0, 60.0, 600.0, 690.0, 3_900.0, 90_000.0, -30.0]
        .map(show_clock)
        .into();
    assert_eq!(
        shown,
        [
            "0s", "250ms", "12.5s", "59s", "1m", "10m", "11m30s", "1h5m", "1d1h", "-30s"
        ]
    );
}

#[test]
fn a_scale_keeps_one_unit() {
    let shown: Vec<_> = [0.0, 0.25, 0.5, 1.0].map(|it| show_like(Unit::Seconds, it, 1.0)).into();
    assert_eq!(shown, ["0 s", "0.25 s", "0.5 s", "1 s"]);
    assert_eq!(show_like(Unit::Seconds, 0.0005, 0.02), "0.5 ms");
    assert_eq!(show_like(Unit::Ratio, 0.1 + 0.2, 1.0), "30 %");
    assert_eq!(show_like(Unit::PerSecond, 2_500.0, 10_000.0), "2,500/s");
    assert_eq!(show_like(Unit::Count, f64::NAN, 1.0), "-");
}

#[test]
fn what_is_beyond_all_words_has_an_exponent() {
    table(
        Unit::Count,
        &[(1e17, "100,000T"), (1e18, "1.00e18"), (-3.217e300, "-3.22e300")],
    );
    assert_eq!(show(Unit::Seconds, 1e25), "1.00e25 s");
    assert_eq!(show(Unit::Ratio, 1e30), "1.00e32 %");
    assert_eq!(show_exact(Unit::PerSecond, 1e19), "1.00e19/s");
    assert_eq!(show_clock(1e300), "1.00e300 s");
}
