//! The answer for programs: one object, its keys in a fixed order, times in seconds.

use serde::Serialize;

use super::player::Mark;
use super::session::{Line, Played};
use super::{Mechanism, Setup, table};

/// The version of this format.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Answer<'a> {
    format: u32,
    engine: &'static str,
    mechanism: &'static str,
    profile: Option<&'a str>,
    seed: Option<u64>,
    settings: Vec<Setting<'a>>,
    script: &'a str,
    start: State<'a>,
    decisions: Vec<Entry<'a>>,
    next: Option<Entry<'a>>,
}

#[derive(Serialize)]
struct Setting<'a> {
    name: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct State<'a> {
    name: Option<&'static str>,
    level: Option<f64>,
    level_max: Option<f64>,
    detail: &'a str,
}

#[derive(Serialize)]
struct Entry<'a> {
    t_s: f64,
    event: Option<&'a str>,
    verdict: &'static str,
    decision: String,
    state: State<'a>,
}

fn state(of: &super::player::State) -> State<'_> {
    State {
        name: of.name,
        level: of.level.map(|it| it.0),
        level_max: of.level.map(|it| it.1),
        detail: &of.detail,
    }
}

fn entry(line: &Line) -> Entry<'_> {
    Entry {
        t_s: line.at.as_secs_f64(),
        event: line.event.as_deref(),
        verdict: match line.said.mark {
            Mark::Pass => "pass",
            Mark::Refuse => "refuse",
            Mark::Fail => "fail",
            Mark::Change => "change",
            Mark::Note => "note",
        },
        decision: line.said.text.replace('\u{a0}', " "),
        state: state(&line.state),
    }
}

/// A script that was played.
pub fn played(
    mechanism: &Mechanism,
    setup: &Setup,
    like: Option<&str>,
    seed: u64,
    script: &str,
    played: &Played,
) -> String {
    let settings = setup.settings().iter().map(|it| Setting {
        name: it.name,
        value: &it.value,
    });
    crate::json::pretty(&Answer {
        format: FORMAT,
        engine: env!("CARGO_PKG_VERSION"),
        mechanism: mechanism.name,
        profile: like,
        seed: setup.draws().then_some(seed),
        settings: settings.collect(),
        script,
        start: state(&played.start),
        decisions: played.lines.iter().map(entry).collect(),
        next: played.next.as_ref().map(entry),
    })
}

#[derive(Serialize)]
struct Listed {
    format: u32,
    mechanisms: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    example: &'static str,
}

/// All mechanisms.
pub fn list() -> String {
    let rows = table().iter().map(|it| Row {
        name: it.name,
        about: it.about,
        example: it.example,
    });
    crate::json::pretty(&Listed {
        format: FORMAT,
        mechanisms: rows.collect(),
    })
}
