use super::*;
use crate::syntax::testing::{check_places, shown};
use proptest::prelude::*;

fn seen(text: &str) -> String {
    match measure(text) {
        Ok(it) => {
            let (kind, metrics) = match &it {
                Measure::Value(it) => ("value", it.metrics()),
                Measure::Condition(it) => ("condition", it.metrics()),
            };
            let places: Vec<&str> = metrics.into_iter().map(|it| &text[it.at.clone()]).collect();
            format!("{it} => {kind} of {places:?}")
        }
        Err(it) => shown(text, it),
    }
}

fn table(texts: &[&str]) -> String {
    texts.iter().map(|it| seen(it)).collect::<Vec<_>>().join("\n")
}

#[test]
fn expressions_of_the_format_are_read() {
    let texts = [
        "success_ratio(web.home) >= 99.9%",
        "goodput_ratio(web.home) >= 95% of baseline",
        "time until goodput_ratio(web.home) >= 95% of baseline after fault.db-slow.end",
        "success_ratio(web.home) < 70%",
        "p99(web.home)",
        "response_ok_s.p99(shop) <= 250ms",
        "failed.timeout(app -> db) == 0",
        "amplification(app->db @ zone-a) < 1.5",
        "max(p99(web.home)) < 2s",
        "share(response(web) > 1s) <= 1%",
        "axis.timeout <= 2s",
        "cost <= 12 EUR",
        "cost() < 0.02 EUR/call",
        "offered(shoppers) > 5/s",
        "halfwidth(recovery_time) < 5%",
        "time_share.3(db) != 0",
        "by_class.gold.success_ratio(shop) > 1%",
        "(time until p99(a) < 1s) <= 2m",
        "time until p99(a) < 1s after fault.x.end + 30s <= 2m",
        "p99(#tier) / p50(*) < 3",
        "p99(a)-p99(b) > 0s",
        "offered(a) + offered(b) * 2 - 3 / (throughput(c) + 1)",
        "a(x) - (b(x) - c(x))",
        "min(goodput(a) / offered(a)) > x0.5",
        "(p99(a)) > (1s)",
        " time ( x ) >= 2",
        "throughput(a) >= 95%of baseline",
    ];
    insta::assert_snapshot!(table(&texts), @r#"
success_ratio(web.home) >= 99.9% => condition of ["success_ratio(web.home)"]
goodput_ratio(web.home) >= 95% of baseline => condition of ["goodput_ratio(web.home)"]
time until goodput_ratio(web.home) >= 95% of baseline after fault.db-slow.end => value of ["goodput_ratio(web.home)"]
success_ratio(web.home) < 70% => condition of ["success_ratio(web.home)"]
p99(web.home) => value of ["p99(web.home)"]
response_ok_s.p99(shop) <= 250ms => condition of ["response_ok_s.p99(shop)"]
failed.timeout(app -> db) == 0 => condition of ["failed.timeout(app -> db)"]
amplification(app -> db @ zone-a) < 1.5 => condition of ["amplification(app->db @ zone-a)"]
max(p99(web.home)) < 2s => condition of ["p99(web.home)"]
share(response(web) > 1s) <= 1% => condition of ["response(web)"]
axis.timeout <= 2s => condition of ["axis.timeout"]
cost <= 12 EUR => condition of ["cost"]
cost < 0.02 EUR/call => condition of ["cost()"]
offered(shoppers) > 5/s => condition of ["offered(shoppers)"]
halfwidth(recovery_time) < 5% => condition of ["halfwidth(recovery_time)"]
time_share.3(db) != 0 => condition of ["time_share.3(db)"]
by_class.gold.success_ratio(shop) > 1% => condition of ["by_class.gold.success_ratio(shop)"]
(time until p99(a) < 1s) <= 2m => condition of ["p99(a)"]
(time until p99(a) < 1s after fault.x.end + 30s) <= 2m => condition of ["p99(a)"]
p99(#tier) / p50(*) < 3 => condition of ["p99(#tier)", "p50(*)"]
p99(a) - p99(b) > 0s => condition of ["p99(a)", "p99(b)"]
offered(a) + offered(b) * 2 - 3 / (throughput(c) + 1) => value of ["offered(a)", "offered(b)", "throughput(c)"]
a(x) - (b(x) - c(x)) => value of ["a(x)", "b(x)", "c(x)"]
min(goodput(a) / offered(a)) > x0.5 => condition of ["goodput(a)", "offered(a)"]
p99(a) > 1s => condition of ["p99(a)"]
 time [( x ) >= 2]: expected nothing after `time`, found `( x ) >= 2`
throughput(a) >= 95[%of] baseline: a duration has no unit called `%of` (units are ns, us, ms, s, m, h, d)
"#);
}

#[test]
fn mistakes_in_expressions_name_the_cure() {
    let texts = [
        "",
        "p99(web.home",
        "p99(web.home))",
        "p99(web) >",
        "p99(web) => 5ms",
        "p99(web) = 5ms",
        "p99(web) ≥ 5ms",
        "p99(web) >= 5",
        "p99(web) >= 5parsecs",
        "p99(web) >= -5ms",
        "p99(web) >= baseline",
        "p99(web) >= 95% of",
        "p99(web) >= 95% of normal",
        "p99(web) >= 2s of baseline",
        "p99(web) > 1s and p50(web) < 1s",
        "1s < p99(web) < 2s",
        "max(5ms)",
        "max(app -> db)",
        "max()",
        "share(response(web))",
        "share(web)",
        "time until p99(web)",
        "time until",
        "time until p99(a) < 1s after",
        "time until p99(a) < 1s after noon",
        "p99(web.home.x) > 1s",
        "p99(2web) > 1s",
        "p99(a, b)",
        "p99 web > 1s",
        "2/p99(x)",
        "p99(a) +",
        "* 3",
        "p99(a) > nan",
        "é",
        "p99(a b)",
        "goodput(a) > 5 5",
    ];
    insta::assert_snapshot!(table(&texts), @r#"
[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
p99(web.home[]: expected `)`, found the end
p99(web.home)[)]: expected nothing after `p99(web.home)`, found `)`
p99(web) >[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
p99(web) [=>] 5ms: no comparison is written `=>` (write `>=`)
p99(web) [=] 5ms: no comparison is written `=` (write `==`)
p99(web) [≥] 5ms: no comparison is written `≥` (write `>=`)
p99(web) >= 5 => condition of ["p99(web)"]
p99(web) >= 5[parsecs]: a duration has no unit called `parsecs` (units are ns, us, ms, s, m, h, d)
p99(web) >= [-5ms]: a quantity cannot be negative
p99(web) >= [baseline]: `baseline` stands after a percentage (write `100% of baseline`)
p99(web) >= 95% of[]: expected `baseline`, found the end (write `95% of baseline`)
p99(web) >= 95% of [normal]: expected `baseline`, found `normal` (write `95% of baseline`)
p99(web) >= [2s] of baseline: expected a percentage before `of`, found `2s` (write `95% of baseline`)
p99(web) > 1s [and p50(web) < 1s]: expected nothing after `p99(web) > 1s`, found `and p50(web) < 1s` (write two expectations)
1s < p99(web) [< 2s]: expected nothing after `1s < p99(web)`, found `< 2s` (compare two values only)
[max(5ms]): `max` is of a metric over the windows (write it like `max(p99(web.home))`)
[max(app ->] db): `max` is of a metric over the windows (write it like `max(p99(web.home))`)
max([)]: expected a metric or a quantity, found `)` (write it like `p99(web.home)` or `250ms`)
share(response(web)[)]: expected a comparison, found `)` (write it like `response(web) > 1s`)
share(web[)]: expected a comparison, found `)` (write it like `response(web) > 1s`)
time until p99(web)[]: expected a comparison, found the end (write it like `response(web) > 1s`)
time until[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
time until p99(a) < 1s after[]: expected an instant, found the end (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
time until p99(a) < 1s after [noon]: expected an instant, found `noon` (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
p99(web.home[.]x) > 1s: an address has one `.`, between a name and an endpoint
p99([2web]) > 1s: expected a name, `#tag` or `*`, found `2web` (a name begins with a letter; letters, digits, `_` and `-` follow)
p99(a[,] b): expected `)`, found `,`
p99 [web > 1s]: expected nothing after `p99`, found `web > 1s`
2 / p99(x) => value of ["p99(x)"]
p99(a) +[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
[*] 3: expected a metric or a quantity, found `*` (write it like `p99(web.home)` or `250ms`)
p99(a) > [nan]: a quantity is a finite number, not `nan`
[é]: expected a metric or a quantity, found `é` (write it like `p99(web.home)` or `250ms`)
p99(a [b]): expected `)`, found `b`
goodput(a) > 5 [5]: expected nothing after `goodput(a) > 5`, found `5`
"#);
    insta::assert_snapshot!(shown("p99(web) ", condition("p99(web) ").unwrap_err()), @r#"
p99(web)[] : `p99(web)` is compared with nothing (add a bound, such as `>= 99%` or `< 500ms`)
"#);
    assert!(measure(&"(".repeat(100_000)).is_err());
    assert!(measure(&"a+".repeat(100_000)).is_err());
    assert!(measure(&"time until ".repeat(10_000)).is_err());
}

#[test]
fn operators_bind_as_in_arithmetic() {
    let Ok(Measure::Value(Expr::Binary { operator, left, right })) = measure("1 + 2 * 3") else {
        panic!("a sum")
    };
    assert_eq!(
        (operator.it, left.to_string().as_str(), right.to_string().as_str()),
        (Operator::Add, "1", "2 * 3")
    );
    let Ok(Measure::Value(Expr::Binary { operator, left, right })) = measure("1 - 2 - 3") else {
        panic!("a sum")
    };
    assert_eq!(
        (operator.it, left.to_string().as_str(), right.to_string().as_str()),
        (Operator::Subtract, "1 - 2", "3")
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*", words in prop::collection::vec(prop::sample::select(vec![
        "p99", "max", "share", "time", "until", "while", "never", "after", "fault.x.end", "faults.end", "(", "(", ")", ")", "web.home", "app -> db", " ", " ", ">=", "<", "=", "+", "-", "*", "/", "95%", "of",
        "baseline", "5ms", "3", "x2", "1 EUR", "é", ".", "..",
    ]), 0..20)) {
        check_places(&text, measure(&text));
        let text = words.concat();
        check_places(&text, measure(&text));
        check_places(&text, condition(&text));
    }

    #[test]
    fn what_is_printed_reads_back(words in prop::collection::vec(prop::sample::select(vec![
        "p99(a)", "max(p50(b -> c))", "5ms", "3", "(1 + p9(x))", "share(response(w) > 1s)", "time until p9(a) < 1s after fault.x.end",
        "time while p9(a) < 1s", "never(time until p9(a) < 1s after faults.end + 5s)",
    ]), 1..6), signs in prop::collection::vec(prop::sample::select(vec![" + ", " - ", " * ", " / ", " < "]), 6)) {
        let text: String = words.iter().zip(&signs).flat_map(|(word, sign)| [*word, *sign]).collect();
        let text = text.trim_end_matches(|it| " +-*/<".contains(it));
        if let Ok(first) = measure(text) {
            let again = measure(&first.to_string()).map(|it| it.to_string());
            prop_assert_eq!(again, Ok(first.to_string()));
        }
    }
}
