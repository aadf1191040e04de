//! Steps of a flow as strings: `"db.query"`, `"db.query | 8%"`, `"work 2ms"`, `"wait lognormal(...) | 10%"`.

use super::address::{Address, Subject, address};
use super::dist::{self, DistSpec};
use super::units::{Ratio, share};
use super::{Errors, Placed, SyntaxError};
use core::ops::Range;

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Calls a component by its bare name, or an endpoint of it. Always a [`Subject::Name`] without a zone.
    Call(Address),
    /// Computes: needs a core.
    Work(Placed<DistSpec>),
    /// Holds the worker, but no core.
    Wait(Placed<DistSpec>),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// How likely it is done; always where there is none.
    pub chance: Option<Placed<Ratio>>,
    /// From its first to its last character.
    pub at: Range<usize>,
}

/// Reads a step.
pub fn step(text: &str) -> Result<Step, Errors> {
    let (inner, from) = super::trimmed(text);
    if inner.is_empty() {
        let error = SyntaxError::new(0..text.len(), "expected a step, found nothing");
        return Err(error.help("write `db.query`, `work 2ms` or `wait 2ms`").into());
    }
    let mut errors = Errors::new();
    let (body, chance) = match inner.split_once('|') {
        Some((body, chance)) => (body.trim_end(), Some((chance, from + inner.len() - chance.len()))),
        None => (inner, None),
    };
    let chance = chance.and_then(|(text, from)| match share(text) {
        Ok(it) => {
            let (word, lead) = super::trimmed(text);
            let at = from + lead..from + lead + word.len();
            Some(Placed::new(it, at))
        }
        Err(error) => {
            errors.push(error.shifted(from));
            None
        }
    });
    match action(body) {
        Ok(action) if errors.is_empty() => {
            let mut action = action;
            shift(&mut action, from);
            Ok(Step {
                action,
                chance,
                at: from..from + inner.len(),
            })
        }
        Ok(_) => Err(errors),
        Err(more) => Err(more.into_iter().map(|it| it.shifted(from)).chain(errors).collect()),
    }
}

fn action(body: &str) -> Result<Action, Errors> {
    for keyword in ["work", "wait"] {
        let Some(rest) = body.strip_prefix(keyword) else {
            continue;
        };
        if rest.is_empty() {
            let error = SyntaxError::new(0..body.len(), format!("`{keyword}` lacks how long"));
            return Err(error.help(format!("write `{keyword} 2ms`")).into());
        }
        if rest.starts_with(char::is_whitespace) {
            let (inner, lead) = super::trimmed(rest);
            let at = keyword.len() + lead..keyword.len() + lead + inner.len();
            let shifted = |it: Errors| -> Errors { it.into_iter().map(|it| it.shifted(at.start)).collect() };
            let mut spec = dist::parse(inner).map_err(shifted)?;
            spec.shift(at.start);
            let spec = Placed::new(spec, at);
            return Ok(if keyword == "work" {
                Action::Work(spec)
            } else {
                Action::Wait(spec)
            });
        }
    }
    if body.is_empty() {
        let error = SyntaxError::new(0..0, "expected a step before `|`");
        return Err(error.help("write `db.query | 8%`").into());
    }
    if let Some((word, _)) = body.split_once(char::is_whitespace)
        && let Some(keyword) =
            super::nearest(word, ["work", "wait", "sleep", "call"]).filter(|it| *it != word || word.len() > 3)
        && !body.contains(['@', '>'])
    {
        let error = SyntaxError::new(0..word.len(), format!("no step is called `{word}`"));
        let rest = body[word.len()..].trim_start();
        return Err(match keyword {
            "call" => error.help(format!("write `{rest}`")),
            "sleep" => error.help(format!("write `wait {rest}`")),
            _ => error.help(format!("did you mean `{keyword}`?")),
        }
        .into());
    }
    let address = address(body)?;
    if let Some(zone) = &address.zone {
        let error = SyntaxError::new(zone.at.clone(), "a step cannot choose a zone");
        return Err(error
            .help("which replica answers is for the policy's `balance` to say")
            .into());
    }
    if !matches!(address.subject.it, Subject::Name(_)) {
        let error = SyntaxError::new(
            address.at.clone(),
            format!("a step calls one component, not `{address}`"),
        );
        return Err(error.help("write `name.endpoint`").into());
    }
    Ok(Action::Call(address))
}

fn shift(action: &mut Action, by: usize) {
    let move_by = |at: &mut Range<usize>| *at = at.start + by..at.end + by;
    match action {
        Action::Call(it) => {
            move_by(&mut it.at);
            move_by(&mut it.subject.at);
            it.endpoint.iter_mut().for_each(|it| move_by(&mut it.at));
        }
        Action::Work(it) | Action::Wait(it) => {
            move_by(&mut it.at);
            it.it.shift(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, table};
    use proptest::prelude::*;

    #[test]
    fn a_step_calls_computes_or_waits() {
        let texts = [
            "db",
            " db.query ",
            "db.query | 8%",
            "db.query|8%",
            "work 2ms",
            "work lognormal(median=4ms, p99=25ms)",
            "wait 2ms | 10%",
            "work.get",
            "worker.run",
            " wait empirical('x.csv')",
        ];
        insta::assert_snapshot!(table(&texts, step), @r#"
db => Step { action: Call(Address { subject: Placed { it: Name("db"), at: 0..2 }, endpoint: None, zone: None, at: 0..2 }), chance: None, at: 0..2 }
 db.query  => Step { action: Call(Address { subject: Placed { it: Name("db"), at: 1..3 }, endpoint: Some(Placed { it: "query", at: 4..9 }), zone: None, at: 1..9 }), chance: None, at: 1..9 }
db.query | 8% => Step { action: Call(Address { subject: Placed { it: Name("db"), at: 0..2 }, endpoint: Some(Placed { it: "query", at: 3..8 }), zone: None, at: 0..8 }), chance: Some(Placed { it: Ratio(80000000000), at: 11..13 }), at: 0..13 }
db.query|8% => Step { action: Call(Address { subject: Placed { it: Name("db"), at: 0..2 }, endpoint: Some(Placed { it: "query", at: 3..8 }), zone: None, at: 0..8 }), chance: Some(Placed { it: Ratio(80000000000), at: 9..11 }), at: 0..11 }
work 2ms => Step { action: Work(Placed { it: Constant(Span(2000000)), at: 5..8 }), chance: None, at: 0..8 }
work lognormal(median=4ms, p99=25ms) => Step { action: Work(Placed { it: Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(990000), Span(25000000)) }, at: 5..36 }), chance: None, at: 0..36 }
wait 2ms | 10% => Step { action: Wait(Placed { it: Constant(Span(2000000)), at: 5..8 }), chance: Some(Placed { it: Ratio(100000000000), at: 11..14 }), at: 0..14 }
work.get => Step { action: Call(Address { subject: Placed { it: Name("work"), at: 0..4 }, endpoint: Some(Placed { it: "get", at: 5..8 }), zone: None, at: 0..8 }), chance: None, at: 0..8 }
worker.run => Step { action: Call(Address { subject: Placed { it: Name("worker"), at: 0..6 }, endpoint: Some(Placed { it: "run", at: 7..10 }), zone: None, at: 0..10 }), chance: None, at: 0..10 }
 wait empirical('x.csv') => Step { action: Wait(Placed { it: Empirical { file: Placed { it: "x.csv", at: 16..23 } }, at: 6..24 }), chance: None, at: 1..24 }
"#);
    }

    #[test]
    fn mistakes_in_steps_are_all_found() {
        let texts = [
            "",
            "work",
            "wait",
            "work 2",
            "work 2 | 8",
            "db.query | 101%",
            "db.query |",
            "| 8%",
            "db query",
            "sleep 2ms",
            "call db.query",
            "wrok 2ms",
            "db @ a",
            "#tag",
            "*",
            "app -> db",
            "db.query | 5% | 8%",
            "work(2ms)",
            "db.query 8%",
            "work banana(1ms) | 8",
        ];
        insta::assert_snapshot!(table(&texts, step), @r#"
[]: expected a step, found nothing (write `db.query`, `work 2ms` or `wait 2ms`)
[work]: `work` lacks how long (write `work 2ms`)
[wait]: `wait` lacks how long (write `wait 2ms`)
work [2]: `2` has no unit (write `2ms` or `2s`)
work [2] | 8: `2` has no unit (write `2ms` or `2s`)
work 2 | [8]: `8` has no unit (write `8%`)
db.query | [101%]: `101%` is more than 100 %
db.query |[]: expected a percentage, found nothing (write it like `5%`)
[]| 8%: expected a step before `|` (write `db.query | 8%`)
db [query]: expected nothing after `db`, found `query`
[sleep] 2ms: no step is called `sleep` (write `wait 2ms`)
[call] db.query: no step is called `call` (write `db.query`)
[wrok] 2ms: no step is called `wrok` (did you mean `work`?)
db @ [a]: a step cannot choose a zone (which replica answers is for the policy's `balance` to say)
[#tag]: a step calls one component, not `#tag` (write `name.endpoint`)
[*]: a step calls one component, not `*` (write `name.endpoint`)
[app -> db]: expected one side, found an edge (write `app` or `db`)
db.query | 5[% | 8%]: a percentage has no unit called `% | 8%` (units are %)
work[(2ms)]: expected nothing after `work`, found `(2ms)`
db.query [8%]: expected nothing after `db.query`, found `8%`
work [banana](1ms) | 8: no distribution is called `banana` (there are `constant`, `exponential`, `uniform`, `lognormal`, `gamma`, `erlang`, `hyperexponential`, `pareto`, `weibull`, `shifted_exp`, `normal`, `empirical` and `mix`)
work banana(1ms) | [8]: `8` has no unit (write `8%`)
"#);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", resembling in " ?(work|wait|db|sleep|é)[. ]?(query|5ms|exponential\\(|x)? ?\\|? ?(8%|8|é)?") {
            check_places(&text, step(&text));
            check_places(&resembling, step(&resembling));
        }
    }
}
