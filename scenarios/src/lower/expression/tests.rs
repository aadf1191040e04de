use super::super::resolve::testing::shop;
use super::*;
use crate::syntax::testing::shown;

fn seen(text: &str) -> String {
    let directory = Directory::new(shop());
    let context = Context {
        directory: &directory,
        currency: Some("EUR"),
        worth: &[Some(0.5)],
    };
    let written = expr::measure(text).expect("it is well written");
    match measure("m", &written, context) {
        Ok(it) => format!("{text}: {:?}", it.value),
        Err(errors) => shown(text, errors),
    }
}

#[test]
fn an_address_means_requests_services_or_calls() {
    let texts = [
        "success_ratio(web.home)",
        "p99(web)",
        "p99(db)",
        "p99(db.query)",
        "utilization(web)",
        "utilization(app.render)",
        "goodput(shoppers)",
        "goodput(*)",
        "utilization(*)",
        "success_ratio(#outside)",
        "in_system(#tier)",
        "cost",
        "p99(app -> db)",
        "attempts(app.render -> db.query)",
        "goodput_ratio(shoppers -> web)",
        "failed.timeout(* -> *)",
        "goodput_ratio(#outside -> web.cart)",
        "downtime(fault.db-slow)",
        "start(west-down)",
        "wait_p99(web.home)",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
}

#[test]
fn a_metric_that_nobody_keeps_is_a_mistake_with_a_cure() {
    let texts = [
        "goodput_ratio(db)",
        "utilization(db.query)",
        "utilization(shoppers)",
        "utilization(app -> db)",
        "attempt_s.p99(db)",
        "p99",
        "utilization",
        "cost(web)",
        "downtime(db)",
        "downtime(app -> db)",
        "p99(db @ east)",
        "p99(east)",
        "p98z(web)",
        "sucess_ratio(web)",
        "response(web)",
        "p99(wbe)",
        "p99(db -> app)",
        "goodput_ratio(web -> app)",
        "offered(#tier -> db @ west)",
        "axis.timeout",
        "attempts(web.home -> mail)",
        "max(utilization(db))",
        "max(p99(db) + p50(db))",
        "share(p99(web) > 1s)",
        "share(response(web) > 5)",
        "share(response(web) == 1s)",
        "share(response(web) / 2 > 1s)",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
}

#[test]
fn both_sides_have_one_unit() {
    let texts = [
        "p99(web) <= 250ms",
        "p99(web) <= 250",
        "p99(web) <= 3/s",
        "p99(web) <= 50%",
        "offered(web) > 5/s",
        "offered(web) > 5",
        "success_ratio(web) >= 99.9%",
        "success_ratio(web) >= 0.999",
        "success_ratio(web) >= 99.9",
        "success_ratio(web) >= 150%",
        "success_ratio(web) >= x0.9",
        "amplification(app -> db) < 1.5",
        "amplification(app -> db) < 150%",
        "attempts(app -> db) == 0",
        "attempts(app -> db) < 5%",
        "cost <= 12 EUR",
        "cost <= 12 USD",
        "cost <= 12",
        "cost < 1 EUR/call",
        "p99(web) < 5kB",
        "p99(web) / p50(web) < 3",
        "p99(web) - p50(web) < 100ms",
        "p99(web) + 5 < 1s",
        "offered(web) * p99(web) < 64",
        "p99(web) * p99(web) < 1s",
        "attempts(app -> db) / offered_count(app -> db) < 2",
        "p99(web) < p99(db) * 2",
        "p99(web) < offered(db)",
        "250ms > p99(web)",
        "99.9 < success_ratio(web)",
        "cost / offered_count(*) < 0.1 EUR",
        "1 < 2",
        "goodput(web) >= 95% of baseline",
        "utilization(db) < 120% of baseline",
        "5 > 90% of baseline",
        "share(response(web) > 1s) <= 1%",
        "share(response(web) < 1s) >= 99%",
        "share(response(web) >= 1s) <= 1%",
        "(time until p99(web) < 1s after fault.db-slow.end) < 2m",
        "(time until utilization(db) < 50%) < 2m",
        "time until goodput_ratio(web.home) >= 95% of baseline after change.scale-out.end - 5s",
        "time until p99(web) < 1s after fault.db-slo.end",
        "time until p99(web) < 1s after change.nothing.start",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
}

fn expected(that: &str, during: Option<&str>, within: Option<&str>, over: Option<Span>) -> String {
    let directory = Directory::new(shop());
    let context = Context {
        directory: &directory,
        currency: None,
        worth: &[],
    };
    let that_read = expr::condition(that).expect("it is well written");
    let during_read = during.map(|it| instant::during(it).expect("it is well written"));
    let within_read = within.map(|it| instant::within(it).expect("it is well written"));
    let variants = ["budget".to_owned()];
    let written = Written {
        name: "e",
        that: &that_read,
        during: during_read.as_ref(),
        within: within_read.as_ref(),
        over,
        share: Some(Ratio(900_000_000_000)),
        variants: Some(&variants),
    };
    match expectation(&written, context) {
        Ok(it) => format!("{it:?}"),
        Err(mistakes) => {
            let text = |field: Field| match field {
                Field::That => that,
                Field::During => during.unwrap_or(""),
                Field::Within => within.unwrap_or(""),
                Field::Over => "",
            };
            let told = mistakes
                .into_iter()
                .map(|it| format!("{}: {}", it.field.name(), shown(text(it.field), it.error)));
            told.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn an_expectation_takes_its_spans_along() {
    let recovers = "goodput_ratio(web.home) >= 95% of baseline";
    let seconds = Span::from_secs;
    let seen = [
        expected("p99(web) < 1s", Some("2m .. fault.db-slow.start"), None, None),
        expected(recovers, None, Some("2m after fault.db-slow.end + 30s"), None),
        expected(recovers, None, Some("2m"), Some(seconds(30))),
        expected("(time until p99(web) < 1s) < 2m", None, None, Some(seconds(5))),
    ];
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn all_mistakes_of_an_expectation_come_at_once() {
    let seen = [
        expected(
            "p99(wbe) < 1s",
            Some("fault.x.start .. fault.db-slo.end"),
            Some("2m after change.y.start"),
            None,
        ),
        expected("utilization(db) < 50%", Some("2m .. 3m"), None, None),
        expected("failed.timeout(app -> db) < 5", None, Some("2m"), None),
        expected("p99(web) < 1s", None, None, Some(Span::ZERO)),
    ];
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn named_expressions_and_their_parts_are_read() {
    let texts = [
        "recovery_time(web)",
        "metastable(shoppers)",
        "collapsed(*)",
        "time_below_objective(web.home)",
        "error_budget_burn(web)",
        "money_lost(shoppers)",
        "time while goodput_ratio(web) < 99%",
        "never(time until p99(web) < 1s after faults.end + 1m)",
        "never(recovery_time(web))",
        "cost.replicas",
    ];
    insta::assert_snapshot!(texts.map(seen).join("\n"));
    let mistakes = [
        "recovery_time",
        "recovery_time(db)",
        "recovery_tim(web)",
        "never(p99(web))",
        "never p99(web)",
        "time while p99(web)",
        "time until p99(web) < 1s after faults.middle",
        "recovery_time(web) + 3",
    ];
    let said = mistakes.map(|text| match expr::measure(text) {
        Ok(_) => seen(text),
        Err(error) => shown(text, vec![error]),
    });
    insta::assert_snapshot!(said.join("\n"));
}
