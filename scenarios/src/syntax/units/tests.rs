use super::*;
use crate::syntax::number::{count, number};
use crate::syntax::testing::{check_places, table};
use proptest::prelude::*;

#[test]
fn quantities_are_exact() {
    let texts = [
        "250us",
        "1.5ms",
        "2s",
        "10m",
        "2h",
        "7d",
        "3ns",
        "0s",
        "1h30m",
        "1m0.5s",
        " 5ms ",
        "0.000000001s",
        "1.50000000000s",
        "18446744073709551615ns",
    ];
    insta::assert_snapshot!(table(&texts, |it| duration(it, Zero::Allowed)), @r#"
250us => Span(250000)
1.5ms => Span(1500000)
2s => Span(2000000000)
10m => Span(600000000000)
2h => Span(7200000000000)
7d => Span(604800000000000)
3ns => Span(3)
0s => Span(0)
1h30m => Span(5400000000000)
1m0.5s => Span(60500000000)
 5ms  => Span(5000000)
0.000000001s => Span(1)
1.50000000000s => Span(1500000000)
18446744073709551615ns => Span(18446744073709551615)
"#);
    insta::assert_snapshot!(table(&["1200/s", "30/min", "5/h", "1/d", "0.5/s", "2/ms", "0/s"], |it| rate(it, Zero::Allowed)), @r#"
1200/s => Rate { micros: 1200000000, per: Span(1000000000) }
30/min => Rate { micros: 30000000, per: Span(60000000000) }
5/h => Rate { micros: 5000000, per: Span(3600000000000) }
1/d => Rate { micros: 1000000, per: Span(86400000000000) }
0.5/s => Rate { micros: 500000, per: Span(1000000000) }
2/ms => Rate { micros: 2000000, per: Span(1000000) }
0/s => Rate { micros: 0, per: Span(1000000000) }
"#);
    insta::assert_snapshot!(table(&["512B", "4kB", "64KiB", "1MB", "2GiB", "0.5MiB", "1TB"], |it| bytes(it, Zero::Allowed)), @r#"
512B => Bytes(512)
4kB => Bytes(4000)
64KiB => Bytes(65536)
1MB => Bytes(1000000)
2GiB => Bytes(2147483648)
0.5MiB => Bytes(524288)
1TB => Bytes(1000000000000)
"#);
    insta::assert_snapshot!(table(&["1Gbit/s", "10Mbit/s", "5MB/s", "1.5kbit/s"], |it| bandwidth(it, Zero::Refused)), @r#"
1Gbit/s => Bandwidth(1000000000)
10Mbit/s => Bandwidth(10000000)
5MB/s => Bandwidth(40000000)
1.5kbit/s => Bandwidth(1500)
"#);
    insta::assert_snapshot!(table(&["2%", "0.001%", "100%", "0%", "0.0000000001%"], share), @r#"
2% => Ratio(20000000000)
0.001% => Ratio(10000000)
100% => Ratio(1000000000000)
0% => Ratio(0)
0.0000000001% => Ratio(1)
"#);
    insta::assert_snapshot!(table(&["150%", "1000%"], percentage), @r#"
150% => Ratio(1500000000000)
1000% => Ratio(10000000000000)
"#);
    insta::assert_snapshot!(table(&["x8", "x0.5", "x0", "x0.000001"], |it| factor(it, Zero::Allowed)), @r#"
x8 => Factor(8000000)
x0.5 => Factor(500000)
x0 => Factor(0)
x0.000001 => Factor(1)
"#);
    insta::assert_snapshot!(table(&["0.02 EUR/call", "12.5 USD/h", "3 EUR/month", "0.09 USD/GB", "1 EUR/min", "0.0000002USD/call"], price), @r#"
0.02 EUR/call => Price { amount: Money { nano: 20000000, currency: "EUR" }, per: Call }
12.5 USD/h => Price { amount: Money { nano: 12500000000, currency: "USD" }, per: Hour }
3 EUR/month => Price { amount: Money { nano: 3000000000, currency: "EUR" }, per: Month }
0.09 USD/GB => Price { amount: Money { nano: 90000000, currency: "USD" }, per: Gigabyte }
1 EUR/min => Price { amount: Money { nano: 1000000000, currency: "EUR" }, per: Minute }
0.0000002USD/call => Price { amount: Money { nano: 200, currency: "USD" }, per: Call }
"#);
}

#[test]
fn mistakes_in_durations_name_the_cure() {
    let texts = [
        "200",
        "200 ms",
        "",
        "  ",
        "ms",
        "-5ms",
        "- 5ms",
        "+5ms",
        "NaN",
        "inf",
        "-inf",
        "nans",
        "5min",
        "5sec",
        "5 seconds",
        "5µs",
        "5M",
        "5x",
        "5parsecs",
        "0.5ns",
        "1.0000000001s",
        "20000000000000s",
        "99999999999999999999999999999999999999999999s",
        "213504d",
        "0s",
        "1h30",
        "30m1h",
        "1m1m",
        ".5s",
        "5.s",
        "1e3s",
        "1_000ms",
        "1,5s",
        "1h 30m",
        "5ms5",
        "۵s",
        "0.0000000000000000000000000000000000001s",
        "lognormal(1ms)",
    ];
    insta::assert_snapshot!(table(&texts, |it| duration(it, Zero::Refused)), @r#"
[200]: `200` has no unit (write `200ms` or `200s`)
200[ ms]: a number and its unit stand together (write `200ms`)
[]: expected a duration, found nothing (write it like `250ms`)
  []: expected a duration, found nothing (write it like `250ms`)
[ms]: expected a duration, found `ms` (write it like `250ms`)
[-5ms]: a duration cannot be negative
[- 5ms]: expected a duration, found `- 5ms` (write it like `250ms`)
[+]5ms: a duration has no sign
[NaN]: a duration is a finite number, not `NaN`
[inf]: a duration is a finite number, not `inf`
[-inf]: a duration is a finite number, not `-inf`
[nans]: a duration is a finite number, not `nans`
5[min]: a duration has no unit called `min` (did you mean `5m`?)
5[sec]: a duration has no unit called `sec` (did you mean `5s`?)
5[ seconds]: a duration has no unit called `seconds` (did you mean `5s`?)
5[µs]: a duration has no unit called `µs` (did you mean `5us`?)
5[M]: a duration has no unit called `M` (did you mean `5m`?)
5[x]: a duration has no unit called `x` (units are ns, us, ms, s, m, h, d)
5[parsecs]: a duration has no unit called `parsecs` (units are ns, us, ms, s, m, h, d)
[0.5ns]: `0.5ns` is too fine for a duration (the smallest step is 1 ns)
[1.0000000001s]: `1.0000000001s` is too fine for a duration (the smallest step is 1 ns)
[20000000000000s]: `20000000000000s` is too large for a duration
[99999999999999999999999999999999999999999999]s: `99999999999999999999999999999999999999999999` has too many digits
[213504d]: `213504d` is too large for a duration
[0s]: a duration of zero makes no sense here
1h[30]: `30` has no unit (write `30ms` or `30s`)
30m[1h]: the units of a duration go from large to small (write it like `1h30m`)
1m[1m]: the units of a duration go from large to small (write it like `1h30m`)
[.]5s: a number begins with a digit (write `0.5s`)
5[.]s: expected digits after the point
1[e3s]: numbers have no exponent (write all digits)
1[_]000ms: numbers have no separators (write the digits together, with a point before decimals)
1[,]5s: numbers have no separators (write the digits together, with a point before decimals)
1h[ ]30m: the parts of a duration stand together (write it like `1h30m`)
5ms[5]: `5` has no unit (write `5ms` or `5s`)
[۵s]: expected a duration, found `۵s` (write it like `250ms`)
[0.0000000000000000000000000000000000001]s: more than 30 digits after the point
[lognormal(1ms)]: expected a duration, found `lognormal(1ms)` (write it like `250ms`)
"#);
}

#[test]
fn mistakes_in_other_quantities_name_the_cure() {
    let rates = [
        "1200",
        "5rps",
        "5/m",
        "5/sec",
        "-1/s",
        "0/s",
        "0.0000001/s",
        "99999999999999/s",
        "5 /s",
        "inf/s",
        "5/fortnight",
    ];
    insta::assert_snapshot!(table(&rates, |it| rate(it, Zero::Refused)), @r#"
[1200]: `1200` has no unit (write `1200/s` or `1200/min`)
5[rps]: a rate has no unit called `rps` (did you mean `5/s`?)
5[/m]: a rate has no unit called `/m` (did you mean `5/min`?)
5[/sec]: a rate has no unit called `/sec` (did you mean `5/s`?)
[-1/s]: a rate cannot be negative
[0/s]: a rate of zero makes no sense here
[0.0000001]/s: `0.0000001` is too fine for a rate (the smallest step is 0.000001)
[99999999999999]/s: `99999999999999` is too large for a rate
5[ /s]: a number and its unit stand together (write `5/s`)
[inf/s]: a rate is a finite number, not `inf/s`
5[/fortnight]: a rate has no unit called `/fortnight` (units are /ms, /s, /min, /h, /d)
"#);
    let sizes = ["512", "4KB", "4k", "1.5B", "4 kB", "99999999TiB", "5ms", "0B"];
    insta::assert_snapshot!(table(&sizes, |it| bytes(it, Zero::Refused)), @r#"
[512]: `512` has no unit (write `512B` or `512kB`)
4[KB]: a size has no unit called `KB` (did you mean `4kB`?)
4[k]: a size has no unit called `k` (did you mean `4kB`?)
[1.5B]: `1.5B` is too fine for a size (the smallest step is 1 B)
4[ kB]: a number and its unit stand together (write `4kB`)
[99999999TiB]: `99999999TiB` is too large for a size
5[ms]: a size has no unit called `ms` (did you mean `5MB`?)
[0B]: a size of zero makes no sense here
"#);
    let widths = ["10", "10Mbps", "10MBit/s", "1Gbit", "0bit/s", "0.5bit/s"];
    insta::assert_snapshot!(table(&widths, |it| bandwidth(it, Zero::Refused)), @r#"
[10]: `10` has no unit (write `10Mbit/s` or `10Gbit/s`)
10[Mbps]: a bandwidth has no unit called `Mbps` (did you mean `10Mbit/s`?)
10[MBit/s]: a bandwidth has no unit called `MBit/s` (did you mean `10Mbit/s`?)
1[Gbit]: a bandwidth has no unit called `Gbit` (did you mean `1Gbit/s`?)
[0bit/s]: a bandwidth of zero makes no sense here
[0.5bit/s]: `0.5bit/s` is too fine for a bandwidth (the smallest step is 1 bit/s)
"#);
    let shares = [
        "0.05",
        "5",
        "1",
        "101%",
        "-1%",
        "5 %",
        "5percent",
        "nan%",
        "0.00000000001%",
        "0.000000000001",
        "%",
    ];
    insta::assert_snapshot!(table(&shares, share), @r#"
[0.05]: `0.05` has no unit (write `5%`, or `0.05%` if that is meant)
[5]: `5` has no unit (write `5%`)
[1]: `1` has no unit (write `100%`, or `1%` if that is meant)
[101%]: `101%` is more than 100 %
[-1%]: a percentage cannot be negative
5[ %]: a number and its unit stand together (write `5%`)
5[percent]: a percentage has no unit called `percent` (did you mean `5%`?)
[nan%]: a percentage is a finite number, not `nan%`
[0.00000000001%]: `0.00000000001%` is too fine for a percentage (the smallest step is 10^-10 %)
[0.000000000001]: `0.000000000001` has no unit (write `0.0000000001%`, or `0.000000000001%` if that is meant)
[%]: expected a percentage, found `%` (write it like `5%`)
"#);
    let factors = [
        "8",
        "8x",
        "X8",
        "x",
        "x-1",
        "x0",
        "xnan",
        "x8ms",
        "x0.0000001",
        "times two",
        "800%",
    ];
    insta::assert_snapshot!(table(&factors, |it| factor(it, Zero::Refused)), @r#"
[8]: `8` is not written as a factor (write `x8`)
[8x]: `8x` is not written as a factor (write `x8`)
[X8]: `X8` is not written as a factor (write `x8`)
x[]: expected a factor, found nothing (write it like `x1.5`)
x[-1]: a factor cannot be negative
[x0]: a factor of zero makes no sense here
x[nan]: a factor is a finite number, not `nan`
x8[ms]: a factor has no unit, found `ms` (write `x8`)
[x0.0000001]: `x0.0000001` is too fine for a factor (the smallest step is x0.000001)
[times two]: expected a factor, found `times two` (write it like `x1.5`)
[800%]: expected a factor, found `800%` (write it like `x1.5`)
"#);
    let prices = [
        "0.02",
        "0.02 EUR",
        "$0.02/call",
        "0.02 eur/call",
        "0.02 EUR/request",
        "0.02 EUR/banana",
        "-1 EUR/h",
        "0.0000000001 EUR/call",
        "5 EUROS/h",
    ];
    insta::assert_snapshot!(table(&prices, price), @r#"
[0.02]: expected the code of a currency after the number (write it like `0.02 EUR/call`)
[0.02 EUR]: `0.02 EUR` does not say for what (write `0.02 EUR/call`, or one of /s /min /h /d /month /GB)
[$0.02/call]: money is a number and the code of its currency (write it like `0.02 EUR/call`)
0.02 [eur]/call: expected the code of a currency after the number (write it like `0.02 EUR/call`)
0.02 EUR[/request]: a price cannot be for `request` (did you mean `0.02 EUR/call`?)
0.02 EUR[/banana]: a price cannot be for `banana` (it is for one of call, s, min, h, d, month, GB)
[-1 EUR/h]: a price cannot be negative
[0.0000000001] EUR/call: `0.0000000001` is too fine for a price (the smallest step is 0.000000001 of the currency)
5 [EUROS]/h: expected the code of a currency after the number (write it like `0.02 EUR/call`)
"#);
}

#[test]
fn the_unit_says_what_a_quantity_is() {
    let texts = [
        "1.5",
        "8",
        "2s",
        "5/s",
        "4kB",
        "1Gbit/s",
        "95%",
        "x8",
        "12 EUR",
        "0.02 EUR/call",
        "5 potatoes",
        "5/potato",
        "q",
    ];
    insta::assert_snapshot!(table(&texts, quantity), @r#"
1.5 => Number(Decimal { mantissa: 15, decimals: 1 })
8 => Number(Decimal { mantissa: 8, decimals: 0 })
2s => Span(Span(2000000000))
5/s => Rate(Rate { micros: 5000000, per: Span(1000000000) })
4kB => Bytes(Bytes(4000))
1Gbit/s => Bandwidth(Bandwidth(1000000000))
95% => Ratio(Ratio(950000000000))
x8 => Factor(Factor(8000000))
12 EUR => Money(Money { nano: 12000000000, currency: "EUR" })
0.02 EUR/call => Price(Price { amount: Money { nano: 20000000, currency: "EUR" }, per: Call })
5[ potatoes]: a duration has no unit called `potatoes` (units are ns, us, ms, s, m, h, d)
5[/potato]: a rate has no unit called `/potato` (units are /ms, /s, /min, /h, /d)
[q]: expected a quantity, found `q` (write it like `250ms`)
"#);
}

#[test]
fn a_rate_per_second_is_the_nearest_float() {
    let shown: Vec<f64> = ["1200/s", "30/min", "0.1/s", "1/d", "2/ms"]
        .map(|it| rate(it, Zero::Allowed).unwrap().per_second())
        .into();
    assert_eq!(shown, [1200.0, 0.5, 0.1, 1.0 / 86_400.0, 2000.0]);
}

#[test]
fn plain_numbers_keep_every_digit() {
    let texts = [
        "1",
        "1.50",
        "0.1",
        "1e3",
        "1.5.5",
        "-1",
        "five",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
    ];
    insta::assert_snapshot!(table(&texts, number), @r#"
1 => Decimal { mantissa: 1, decimals: 0 }
1.50 => Decimal { mantissa: 15, decimals: 1 }
0.1 => Decimal { mantissa: 1, decimals: 1 }
1[e3]: numbers have no exponent (write all digits)
1.5[.5]: expected a plain number, found `1.5.5` (write `1.5`)
[-1]: a number cannot be negative
[five]: expected a number, found `five` (write it like `1.5`)
340282366920938463463374607431768211455 => Decimal { mantissa: 340282366920938463463374607431768211455, decimals: 0 }
[340282366920938463463374607431768211456]: `340282366920938463463374607431768211456` has too many digits
"#);
    insta::assert_snapshot!(table(&["5", "5.0", "5.5", "18446744073709551615", "18446744073709551616", "5ms", ""], count), @r#"
5 => 5
5.0 => 5
[5.5]: expected a whole number, found `5.5`
18446744073709551615 => 18446744073709551615
[18446744073709551616]: `18446744073709551616` is too large
5[ms]: expected a plain number, found `5ms` (write `5`)
[]: expected a number, found nothing (write it like `1.5`)
"#);
    assert_eq!(number("0.1").unwrap().as_f64(), 0.1);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        every_parser(&text);
    }

    #[test]
    fn no_text_that_resembles_a_quantity_panics(text in "[-+x.0-9eE]{0,45}[ .]?[0-9_]{0,9}(ms|s|m|%|/s|/|kB|Mbit/s| EUR/call|µ|é|EUR|EU€)?[0-9]{0,2}[a-zµ]{0,3}") {
        every_parser(&text);
    }

    #[test]
    fn what_is_printed_reads_back(value: u64, pick in 0_usize..5) {
        let span = Span::from_nanos(value);
        prop_assert_eq!(duration(&span.to_string(), Zero::Allowed), Ok(span));
        let rate_ = Rate { micros: value, per: Span::from_nanos(RATE.units[pick].1) };
        prop_assert_eq!(rate(&rate_.to_string(), Zero::Allowed), Ok(rate_));
        prop_assert_eq!(bytes(&Bytes(value).to_string(), Zero::Allowed), Ok(Bytes(value)));
        prop_assert_eq!(bandwidth(&Bandwidth(value).to_string(), Zero::Allowed), Ok(Bandwidth(value)));
        prop_assert_eq!(percentage(&Ratio(value).to_string()), Ok(Ratio(value)));
        prop_assert_eq!(factor(&print_factor(Factor(value)), Zero::Allowed), Ok(Factor(value)));
        let price_ = Price { amount: Money { nano: value, currency: "EUR".into() }, per: Per::NAMES[pick].1 };
        prop_assert_eq!(price(&price_.to_string()), Ok(price_.clone()));
        for it in [Quantity::Span(span), Quantity::Rate(rate_), Quantity::Ratio(Ratio(value)), Quantity::Price(price_)] {
            prop_assert_eq!(quantity(&it.to_string()), Ok(it));
        }
    }

    #[test]
    fn decimals_scale_without_rounding(whole in 0_u64..1_000_000, nanos in 0_u64..1_000_000_000) {
        let text = format!("{whole}.{nanos:09}s");
        prop_assert_eq!(duration(&text, Zero::Allowed), Ok(Span::from_nanos(whole * 1_000_000_000 + nanos)));
    }
}

fn every_parser(text: &str) {
    check_places(text, duration(text, Zero::Refused));
    check_places(text, rate(text, Zero::Refused));
    check_places(text, bytes(text, Zero::Refused));
    check_places(text, bandwidth(text, Zero::Refused));
    check_places(text, percentage(text));
    check_places(text, share(text));
    check_places(text, factor(text, Zero::Refused));
    check_places(text, price(text));
    check_places(text, money(text));
    check_places(text, quantity(text));
    check_places(text, number(text));
    check_places(text, count(text));
}
