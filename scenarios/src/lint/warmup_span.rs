//! Expectations about what is not measured.

use brownout_sim_core::measure::Moment;

use super::{Code, Input, Lint, Subject};

pub(super) const CODE: Code = Code {
    id: "L0119",
    title: "an expectation looks at the warm-up or past the end",
    why: "Requests that arrive before `warmup` are in no statistic because the system is still filling up, and after `duration` \
          none arrive. A span that reaches there judges a start from empty, or nothing.",
    wrong: "[run]\nwarmup = \"2m\"\n[expect.steady]\nthat = \"success_ratio(web) >= 99%\"\nduring = \"0s .. 5m\"",
    right: "[run]\nwarmup = \"2m\"\n[expect.steady]\nthat = \"success_ratio(web) >= 99%\"\nduring = \"2m .. 5m\"",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let clock = &input.model.clock;
    let mut found = Vec::new();
    for (row, expectation) in input.expectations.iter().enumerate() {
        let Some(during) = &expectation.during else { continue };
        let fixed = |moment: Moment| if let Moment::At(it) = moment { Some(it) } else { None };
        let (from, to) = (fixed(during.from), fixed(during.to));
        let problem = if to.is_some_and(|it| it <= clock.warmup) {
            Some((
                format!("lies within the warm-up, which ends at {}", clock.warmup),
                "begin after the warm-up",
            ))
        } else if from.is_some_and(|it| it >= clock.duration) {
            Some((
                format!("begins after the last arrival, at {}", clock.duration),
                "end before the run does",
            ))
        } else if from.is_some_and(|it| it < clock.warmup) {
            Some((
                format!("begins within the warm-up, which ends at {}", clock.warmup),
                "begin after the warm-up",
            ))
        } else if to.is_some_and(|it| it > clock.duration) {
            Some((
                format!("ends after the last arrival, at {}", clock.duration),
                "end before the run does",
            ))
        } else {
            None
        };
        let Some((what, help)) = problem else { continue };
        found.push(Lint {
            code: CODE.id,
            message: format!("the span of `expect.{}` {what}", expectation.name),
            help: help.to_owned(),
            subject: Subject::Expectation(row),
            also: Vec::new(),
        });
    }
    found
}
