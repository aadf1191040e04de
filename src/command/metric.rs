//! What metrics mean, from the one table that gives them their names.

use brownout_sim_core::measure::{Better, FIGURES, Figure, Kind, Metric, NAMED, Named, Unit};

use super::capitalised;
use crate::report::{Style, hanging};

/// What stands for any metric of a family in its name.
const PLACEHOLDERS: [&str; 3] = ["{p}", "{outcome}", "{n}"];

/// Explains a metric by any of its names, a family by its pattern (`p{p}`), or a named expression; `None` if there is none of that
/// name.
pub fn explain(name: &str) -> Option<String> {
    if let Some(named) = Named::find(name) {
        return Some(explain_named(named));
    }
    let figure = Figure::named(name)?;
    let member = Metric::parse(name).map_or_else(|| figure.names[0].to_owned(), Metric::name);
    let inside = inside(figure.names[0], &member);
    let of_member = |pattern: &str| match inside {
        Some(inside) => PLACEHOLDERS
            .iter()
            .fold(pattern.to_owned(), |it, hole| it.replace(hole, inside)),
        None => pattern.to_owned(),
    };
    let others: Vec<String> = figure.names[1..]
        .iter()
        .map(|it| format!("`{}`", of_member(it)))
        .collect();
    let others = match others.as_slice() {
        [] => String::new(),
        some => format!(" (also {})", some.join(", ")),
    };
    let span = if figure.spans {
        "Over the whole measured span, or a part of it: `during`, `within`, `time until`, `max(...)`, `of baseline`."
    } else {
        "Over the whole measured span only."
    };
    Some(format!(
        "Metric {member}{others}: {}\n\n{}.\n\nOf {}. {span}\n\n    {}\n",
        unit(figure.unit),
        capitalised(figure.about),
        either(figure.of),
        example(figure, &member)
    ))
}

/// A named expression, with what it stands for.
fn explain_named(named: &Named) -> String {
    let written = ["{x}", "{load}"]
        .iter()
        .zip(["web.home", "shoppers"])
        .fold(named.written.to_owned(), |it, (hole, with)| it.replace(hole, with))
        .replace("{value}", "0.02 EUR");
    let bound = match named.unit {
        Unit::Seconds => "<= 2m",
        Unit::Money => "<= 100 EUR",
        _ if named.name == "error_budget_burn" => "<= 50%",
        _ => "== 0",
    };
    format!(
        "Metric {}: {}\n\n{}.\n\nOf {}. Over the whole run. It stands for\n\n    {written}\n\n\
        and who wants other limits writes that, with them. As a measure, or in an expectation:\n\n    that = \"{}(web.home) {bound}\"\n",
        named.name,
        unit(named.unit),
        capitalised(named.about),
        either(&[Kind::Everything, Kind::Requests]),
        named.name,
    )
}

/// Every metric with what it means.
pub fn list(style: &Style) -> String {
    let width = FIGURES.iter().map(|it| it.names[0].len()).max().unwrap_or(0);
    let mut text = String::from("Metrics; `brownout explain METRIC` tells more about one of them\n\n");
    for figure in FIGURES {
        let first = format!("  {:<width$}  ", figure.names[0]);
        text.push_str(&hanging(&first, width + 4, figure.about, style.width));
    }
    for named in NAMED {
        let first = format!("  {:<width$}  ", named.name);
        text.push_str(&hanging(&first, width + 4, named.about, style.width));
    }
    text.push_str("\n{p} is the digits of a quantile (99, 999), {outcome} a failure (timeout), {n} a whole number.\n");
    text
}

/// What stands in the placeholder of `pattern` in `name`, if it has one.
fn inside<'a>(pattern: &str, name: &'a str) -> Option<&'a str> {
    let (before, rest) = pattern.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    name.strip_prefix(before)?
        .strip_suffix(after)
        .filter(|it| !it.starts_with('{'))
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a length of time",
        Unit::PerSecond => "a rate, per second",
        Unit::Ratio => "a share or a factor",
        Unit::Count => "a number",
        Unit::Money => "money",
    }
}

fn either(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds
        .iter()
        .map(|kind| match kind {
            Kind::Everything => "the whole run (`*`)",
            Kind::Requests => "requests (of a load, or to a service that loads call)",
            Kind::Services => "a service",
            Kind::Endpoints => "an endpoint",
            Kind::Calls => "an edge",
            Kind::Fault => "a fault",
        })
        .collect();
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        words => words.concat(),
    }
}

/// How it is written in an expectation.
fn example(figure: &Figure, name: &str) -> String {
    let has = |kind: Kind| figure.of.contains(&kind);
    let target = if has(Kind::Requests) {
        "(web.home)"
    } else if has(Kind::Services) {
        "(db)"
    } else if has(Kind::Calls) {
        "(app -> db)"
    } else if has(Kind::Fault) {
        "(fault.db-slow)"
    } else {
        ""
    };
    let bound = match figure.unit {
        Unit::Seconds => "<= 10s",
        Unit::PerSecond => ">= 100/s",
        Unit::Ratio if matches!(name, "amplification" | "slowdown_mean") => "<= 1.2",
        Unit::Ratio => match Metric::parse(name).map_or(Better::Neither, Metric::better) {
            Better::More => ">= 99%",
            Better::Less => "<= 1%",
            Better::Neither => "<= 90%",
        },
        Unit::Count => "<= 100",
        Unit::Money => "<= 12 EUR",
    };
    format!("that = \"{name}{target} {bound}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_explained_by_each_of_its_names() {
        for name in Metric::all_names() {
            let text = explain(&name).unwrap_or_else(|| panic!("{name} is not explained"));
            let metric = Metric::parse(&name).expect("it is a name");
            assert!(text.starts_with(&format!("Metric {}", metric.name())), "{name}: {text}");
            assert!(text.contains(&capitalised(Figure::of(metric).about)), "{name}: {text}");
            assert!(text.contains(&name), "{name}: {text}");
            assert!(!text.contains('{'), "{name}: {text}");
        }
    }

    #[test]
    fn every_explained_metric_exists() {
        let style = Style {
            width: 100,
            ascii: false,
            colour: false,
        };
        let text = list(&style);
        let named: Vec<&str> = text
            .lines()
            .filter_map(|it| it.strip_prefix("  ")?.split(' ').next().filter(|it| !it.is_empty()))
            .collect();
        let figures = FIGURES.iter().map(|it| it.names[0]);
        assert_eq!(named, figures.chain(NAMED.iter().map(|it| it.name)).collect::<Vec<_>>());
        for name in named {
            assert!(explain(name).is_some(), "{name}");
        }
        assert_eq!(explain("p99s"), None);
    }

    #[test]
    fn every_example_is_a_statement_that_can_be_read() {
        for figure in FIGURES {
            let member = PLACEHOLDERS
                .iter()
                .zip(["99", "timeout", "3"])
                .fold(figure.names[0].to_owned(), |it, (hole, with)| it.replace(hole, with));
            let written = example(figure, &member);
            let text = format!(
                "format = 1\nrun.duration = \"10m\"\n[load.users]\ntarget = \"web.home\"\nrate = \"1/s\"\n\
                 [service.web.endpoint.home]\nflow = [\"app\"]\n[service.app]\nflow = [\"db\"]\n\
                 [service.db]\nwork = \"1ms\"\nprice = \"1 EUR/h\"\n\
                 [fault.db-slow]\nat = \"1m\"\ntarget = \"db\"\neffect = {{ work = \"x2\" }}\n[expect.e]\n{written}\n"
            );
            let nothing = |path: &str| Err(format!("there is no file {path}"));
            let loaded = brownout_scenarios::Scenario::load("e", "e.toml", text.as_bytes(), &[], &nothing);
            if let Err(mistakes) = loaded {
                panic!("{}", mistakes.render(false));
            }
        }
    }
    #[test]
    fn what_a_named_expression_stands_for_is_that_very_expression() {
        let compile = |measure: &str| {
            let text = format!(
                "format = 1\nrun.duration = \"10m\"\n[load.shoppers]\ntarget = \"web.home\"\nrate = \"1/s\"\n\
                 [service.web.endpoint.home]\nwork = \"1ms\"\n[value]\nshoppers = \"0.02 EUR/call\"\n\
                 [fault.f]\nat = \"1m\"\nfor = \"1m\"\ntarget = \"web\"\neffect = {{ work = \"x2\" }}\n[measure]\nm = \"{measure}\"\n"
            );
            let nothing = |path: &str| Err(format!("there is no file {path}"));
            let loaded = brownout_scenarios::Scenario::load("m", "m.toml", text.as_bytes(), &[], &nothing);
            let compiled = loaded.and_then(|it| it.compile("base"));
            compiled
                .unwrap_or_else(|it| panic!("{measure}: {}", it.render(false)))
                .measures[0]
                .value
                .clone()
        };
        for named in NAMED {
            let text = explain(named.name).unwrap();
            let indented: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("    ")).collect();
            let [written, statement] = indented[..] else {
                panic!("{text}")
            };
            assert!(statement.starts_with("that = "), "{statement}");
            if named.name == "money_lost" {
                // Money per request is no unit of the language: the factor stands there as a price of one.
                assert_eq!(
                    written,
                    "(offered_count(shoppers) - goodput_count(shoppers)) * 0.02 EUR"
                );
            }
            assert_eq!(
                compile(&format!("{}(web.home)", named.name)),
                compile(written),
                "{written}"
            );
        }
    }
}
