//! `explain`: help for one thing, and where the settings of an edge come from.

use brownout_sim_core::measure::{Metric, NAMED};
use brownout_sim_core::outcome::Outcome;

use super::{capitalised, metric, parse_override, print};
use crate::exit::{Exit, Failure};
use crate::input;
use crate::report::Style;
use crate::report::style::stderr_colour;

/// Explains a diagnostic's code, a field, a metric or an outcome
///
/// With --effective: shows every setting in force on an edge of a scenario, and the line, default or profile it comes from.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout explain S0107                what a code means and how to cure it\n  \
    brownout explain retry                a field\n  brownout explain goodput_ratio        a metric\n  \
    brownout explain metrics              all metrics\n  \
    brownout explain queue_full           an outcome\n  \
    brownout explain retry-storm --effective 'app -> db' --variant budget"
)]
pub struct Args {
    /// A code, field, metric or outcome; with --effective, a scenario file or shipped scenario
    topic: String,
    /// Show every setting in force on this edge (`caller -> callee`) and the line, default or profile it comes from
    #[arg(long, value_name = "EDGE")]
    effective: Option<String>,
    /// The variant to look at
    #[arg(long, value_name = "NAME", default_value = "base", requires = "effective")]
    variant: String,
    /// Change a value of the file, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override, requires = "effective")]
    sets: Vec<(String, String)>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let text = match &args.effective {
        Some(edge) => effective(args, edge)?,
        None => topic(&args.topic)?,
    };
    print(&format!("{}\n", text.trim_end()))?;
    Ok(Exit::Success)
}

fn effective(args: &Args, edge: &str) -> Result<String, Failure> {
    let colour = stderr_colour();
    let source = input::find(&args.topic)?;
    let scenario = input::load(&source, &args.sets, colour)?;
    let variant = input::variant(&scenario, &args.variant)?;
    brownout_scenarios::effective(&scenario, variant, edge).map_err(|it| Failure::diagnostics(it.render(colour)))
}

fn topic(topic: &str) -> Result<String, Failure> {
    if topic == "metrics" {
        return Ok(metric::list(&Style::of_stdout(false)));
    }
    let outcome = Outcome::ALL.into_iter().find(|it| it.name() == topic);
    let texts = [
        metric::explain(topic),
        outcome.map(explain_outcome),
        brownout_scenarios::explain(topic),
    ];
    let known: Vec<String> = texts.into_iter().flatten().map(|it| it.trim_end().to_owned()).collect();
    if !known.is_empty() {
        return Ok(known.join("\n\n"));
    }
    let mut metrics = Metric::all_names();
    metrics.extend(NAMED.iter().map(|it| it.name.to_owned()));
    let outcomes = Outcome::ALL.iter().map(|it| it.name());
    let failure = Failure::usage(format!("nothing is known about `{topic}`"));
    Err(
        match input::nearest(topic, metrics.iter().map(String::as_str).chain(outcomes)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None if input::find(topic).is_ok() => failure.help(format!(
                "for a scenario: `brownout explain {topic} --effective 'caller -> callee'`"
            )),
            None => failure.help(
                "give a code (`S0107`), a field (`retry`), a metric (`goodput_ratio`) or an outcome (`queue_full`)",
            ),
        },
    )
}

fn explain_outcome(outcome: Outcome) -> String {
    let (who, what) = match outcome {
        Outcome::Ok => ("answered by the callee", "answered as hoped"),
        Outcome::Degraded => (
            "answered by the callee",
            "answered by a fallback, or an optional part is missing, here or below",
        ),
        Outcome::Error => (
            "answered by the callee",
            "it answered with an error; a mandatory step of its flow that fails ends so, too",
        ),
        Outcome::BadRequest => (
            "answered by the callee",
            "it blames the caller; each breaker treats this as its library does",
        ),
        Outcome::QueueFull => ("answered by the callee", "its queue was full when the call arrived"),
        Outcome::QueueTimeout => (
            "answered by the callee",
            "it dropped the call after too long in its queue",
        ),
        Outcome::Shed => ("answered by the callee", "its admission control shed the call"),
        Outcome::Quota => (
            "answered by the callee",
            "a third party's quota, or a service's rate limit, was used up",
        ),
        Outcome::Refused => (
            "on the way",
            "nobody listens there: the process is down, and an error comes back after one round trip",
        ),
        Outcome::Reset => ("on the way", "the callee's process crashed with the call inside"),
        Outcome::Unreachable => (
            "on the way",
            "no replica was in the caller's view, or connecting took too long",
        ),
        Outcome::Timeout => (
            "the caller's own",
            "the caller gave up on one attempt; the callee goes on unless the edge says `cancel = \"propagate\"`",
        ),
        Outcome::Deadline => (
            "the caller's own",
            "the caller gave up on the call, all attempts and pauses included",
        ),
        Outcome::Cancelled => (
            "the caller's own",
            "the caller no longer wanted it: a hedge's loser, or a branch whose siblings decided",
        ),
        Outcome::Throttled => (
            "rejected without sending",
            "the caller's adaptive throttle did not send it",
        ),
        Outcome::RateLimited => ("rejected without sending", "the caller's rate limiter did not send it"),
        Outcome::BreakerOpen => ("rejected without sending", "the caller's circuit breaker was open"),
        Outcome::BulkheadFull => ("rejected without sending", "the caller's bulkhead was full"),
        Outcome::OverLimit => ("rejected without sending", "the caller's concurrency limit was reached"),
        Outcome::PoolTimeout => (
            "rejected without sending",
            "no connection of the pool became free in time",
        ),
    };
    let kind = match outcome {
        Outcome::Ok => "success",
        Outcome::Degraded => "served, but not a success",
        _ => "failure",
    };
    let retried = match outcome {
        Outcome::Ok | Outcome::Degraded => "",
        it if brownout_sim_core::outcome::OutcomeSet::RETRYABLE.contains(it) => {
            "\nA retry policy acts on it by default."
        }
        _ => "\nA retry policy acts on it only if its `on` lists it.",
    };
    format!(
        "Outcome {}: {kind}, {who}\n\n{}.{retried}",
        outcome.name(),
        capitalised(what)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_explained() {
        insta::assert_snapshot!(Outcome::ALL.map(explain_outcome).join("\n\n"));
    }
}
