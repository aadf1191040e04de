use super::*;

fn written(ruler: &Ruler) -> Vec<&str> {
    let labels = ruler.ticks.iter().map(|it| it.label.as_str());
    labels.filter(|it| !it.is_empty()).collect()
}

fn linear(unit: Unit, values: &[f64], room: usize) -> Ruler {
    Ruler::new(Scale::Linear, unit, values.iter().copied(), room)
}

fn log(values: &[f64], room: usize) -> Ruler {
    Ruler::new(Scale::Log, Unit::Seconds, values.iter().copied(), room)
}

#[test]
fn a_linear_scale_begins_at_zero_and_counts_by_one_two_or_five() {
    let ruler = linear(Unit::PerSecond, &[900.0, 1_180.0], 6);
    assert_eq!(
        written(&ruler),
        ["0/s", "200/s", "400/s", "600/s", "800/s", "1,000/s", "1,200/s"]
    );
    assert_eq!(ruler.place(0.0), Some(0.0));
    assert_eq!(ruler.place(300.0), Some(0.25));
    assert_eq!(ruler.place(1_200.0), Some(1.0));
    assert_eq!(
        written(&linear(Unit::Seconds, &[0.72], 4)),
        ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms"]
    );
    assert_eq!(written(&linear(Unit::Ratio, &[1.0], 4)), ["0 %", "50 %", "100 %"]);
}

#[test]
fn ticks_are_the_very_numbers_that_are_written() {
    let values: Vec<f64> = linear(Unit::Plain, &[1.0], 10)
        .ticks
        .iter()
        .map(|it| it.value)
        .collect();
    for number in [0.1, 0.2, 0.3, 0.6, 0.7, 0.9] {
        assert!(values.contains(&number), "{number} in {values:?}");
    }
}

#[test]
fn negative_values_have_zero_among_their_ticks() {
    let ruler = linear(Unit::Plain, &[-3.0, 9.0], 6);
    assert_eq!(written(&ruler), ["-4", "-2", "0", "2", "4", "6", "8", "10"]);
    assert_eq!(written(&linear(Unit::Plain, &[-3.0], 3)), ["-3", "-2", "-1", "0"]);
}

#[test]
fn a_log_scale_writes_one_two_five_while_there_is_room() {
    assert_eq!(
        written(&log(&[0.03, 0.4], 6)),
        ["20 ms", "50 ms", "100 ms", "200 ms", "500 ms"]
    );
    assert_eq!(written(&log(&[0.001, 3.0], 5)), ["1 ms", "10 ms", "100 ms", "1 s"]);
    assert_eq!(
        written(&log(&[1e-9, 1.0], 5)),
        ["10 ns", "1 us", "100 us", "10 ms", "1 s"]
    );
    let ruler = log(&[0.001, 1.0], 5);
    assert_eq!(ruler.place(0.0), None);
    assert_eq!(ruler.place(-1.0), None);
    assert!((ruler.place(0.01).unwrap() - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn values_that_are_all_equal_have_a_scale_around_them() {
    assert_eq!(written(&log(&[0.1, 0.1], 6)), ["50 ms", "100 ms", "200 ms"]);
    assert_eq!(written(&linear(Unit::Count, &[7.0], 4)), ["0", "2", "4", "6", "8"]);
    assert_eq!(written(&linear(Unit::Count, &[0.0], 2)), ["0", "0.5", "1"]);
    assert_eq!(written(&linear(Unit::Count, &[], 2)), ["0", "0.5", "1"]);
}

#[test]
fn time_counts_as_clocks_do_and_ends_where_it_ends() {
    let ruler = Ruler::time(0.0, 1_200.0, 8);
    assert_eq!(written(&ruler), ["0s", "5m", "10m", "15m", "20m"]);
    assert_eq!(
        written(&Ruler::time(30.0, 100.0, 8)),
        ["30s", "40s", "50s", "1m", "1m10s", "1m20s", "1m30s", "1m40s"]
    );
    assert_eq!(
        written(&Ruler::time(0.0, 0.3, 6)),
        ["0 ms", "50 ms", "100 ms", "150 ms", "200 ms", "250 ms", "300 ms"]
    );
    let ruler = Ruler::time(0.0, 1_250.0, 8);
    assert_eq!(ruler.place(1_250.0), Some(1.0));
    assert!(ruler.ticks.iter().all(|it| ruler.contains(it.value)));
}

#[test]
fn each_nine_takes_the_same_room() {
    let ruler = Ruler::nines([0.5, 0.99, 0.9995].into_iter());
    assert_eq!(
        written(&ruler),
        [
            "0 %", "50 %", "90 %", "95 %", "99 %", "99.5 %", "99.9 %", "99.95 %", "99.99 %"
        ]
    );
    for (share, place) in [(0.0, 0.0), (0.9, 0.25), (0.99, 0.5), (0.999, 0.75)] {
        assert!((ruler.place(share).unwrap() - place).abs() < 1e-12, "{share}");
    }
    assert_eq!(ruler.place(1.0), None);
    assert_eq!(written(&Ruler::nines([].into_iter())), ["0 %", "50 %", "90 %"]);
}

#[test]
fn numbers_out_of_this_world_do_no_harm() {
    let wild = [
        f64::NAN,
        f64::INFINITY,
        -f64::INFINITY,
        1e300,
        -1e300,
        5e-324,
        1e-29,
        1e29,
    ];
    for scale in [Scale::Linear, Scale::Log] {
        for unit in [Unit::Seconds, Unit::PerSecond, Unit::Ratio, Unit::Count, Unit::Plain] {
            let ruler = Ruler::new(scale, unit, wild.into_iter(), 5);
            assert!(ruler.ticks.len() < 2_000, "{}", ruler.ticks.len());
            assert!(
                wild.iter()
                    .filter_map(|it| ruler.place(*it))
                    .all(|it| (0.0..=1.0).contains(&it))
            );
        }
    }
}

#[test]
fn long_times_count_in_minutes_and_hours() {
    assert_eq!(
        written(&linear(Unit::Seconds, &[1_000.0], 4)),
        ["0 min", "5 min", "10 min", "15 min", "20 min"]
    );
    assert_eq!(
        written(&linear(Unit::Seconds, &[590.0], 3)),
        ["0 s", "200 s", "400 s", "600 s"]
    );
    assert_eq!(
        written(&linear(Unit::Seconds, &[8_000.0], 3)),
        ["0 h", "1 h", "2 h", "3 h"]
    );
}

#[test]
fn a_log_scale_of_few_decades_has_its_ends_written() {
    assert_eq!(written(&log(&[0.025, 6.0], 3)), ["20 ms", "100 ms", "1 s", "10 s"]);
    assert_eq!(written(&log(&[2.0, 3.0], 2)), ["2 s", "5 s"]);
}

#[test]
fn what_is_varied_far_from_zero_has_a_scale_of_its_own() {
    let across = |values: &[f64]| Ruler::across(Scale::Linear, Unit::Count, values, 5);
    assert_eq!(
        written(&across(&[1_000.0, 1_010.0])),
        ["1,000", "1,002", "1,004", "1,006", "1,008", "1,010"]
    );
    assert_eq!(written(&across(&[100.0, 1_500.0])), ["0", "500", "1,000", "1,500"]);
    assert_eq!(written(&across(&[7.0])), ["0", "2", "4", "6", "8"]);
}
