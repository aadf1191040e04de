//! From what runs are to what is kept of them.

use std::collections::BTreeMap;

use brownout_scenarios::Compiled;
use brownout_sim_core::measure::{Measured, Missing};
use brownout_sim_core::results::RunResult;
use brownout_viz::number::Unit;
use sha2::{Digest, Sha256};

use super::folder::{FILES, SCENARIO, Text};
use super::manifest::{Measure, hex};
use super::unit::{Done, Number, Timeline};
use crate::comparison::Figure;
use crate::input::Source;
use crate::recorded::{Series, changes};

/// What is kept of a whole run: timelines and changes of state only with `detail`.
pub fn done(compiled: &Compiled, result: &RunResult, values: &[Option<Measured>], detail: bool) -> Done {
    let number = |it: &Option<Measured>| Number::from(it.unwrap_or(Measured::Missing(Missing::NotApplicable)));
    Done {
        digest: result.digest.into(),
        events: result.events,
        measures: values.iter().map(number).collect(),
        checkpoints: result.checkpoints.iter().map(|it| (*it).into()).collect(),
        series: if detail {
            timelines(compiled, result)
        } else {
            Vec::new()
        },
        transitions: if detail { changes(compiled, result) } else { Vec::new() },
    }
}

fn timelines(compiled: &Compiled, result: &RunResult) -> Vec<Timeline> {
    let window_ns = result.timeline.window.nanos();
    let components = Series::of(compiled, result).components.into_iter();
    let of = components.flat_map(|it| {
        let (kind, component) = (it.kind.name(), it.name);
        it.series.into_iter().map(move |(series, numbers)| Timeline {
            kind: kind.to_owned(),
            component: component.clone(),
            series: series.to_owned(),
            window_ns,
            values: numbers.values(),
        })
    });
    of.collect()
}

/// What a manifest says of a figure.
pub fn measure(figure: &Figure) -> Measure {
    let unit = match figure.unit {
        Unit::Seconds => "s",
        Unit::PerSecond => "1/s",
        Unit::Ratio => "share",
        Unit::Count => "count",
        Unit::Plain => "",
    };
    Measure {
        name: figure.name.clone(),
        unit: unit.to_owned(),
        yes_or_no: figure.yes_or_no,
    }
}

/// The texts that a scenario consists of, as they lie in a results folder.
pub fn texts(source: &Source, files: &BTreeMap<String, Vec<u8>>) -> Vec<Text> {
    let scenario = Text {
        name: SCENARIO.to_owned(),
        bytes: source.bytes.clone(),
    };
    let files = files.iter().map(|(name, bytes)| Text {
        name: place(name),
        bytes: bytes.clone(),
    });
    std::iter::once(scenario).chain(files).collect()
}

/// Where a results folder keeps a file that the scenario calls `name`, wherever that leads to.
pub fn place(name: &str) -> String {
    let key = hex(&Sha256::digest(name)[..4]);
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{FILES}/{key}-{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_in_two_folders_have_two_places() {
        let (one, two) = (place("a/trace.csv"), place("../../b/trace.csv"));
        assert_ne!(one, two);
        assert!(one.starts_with("files/") && two.ends_with("-trace.csv") && !two.contains(".."));
    }
}
