//! The manifest of a results folder: what the results are of, down to the hash of every text, and what state they are in.
//!
//! Nothing in it depends on when, where, or with how many threads or shards it was made: equal experiments have equal manifests.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::journal::Id;
use crate::exit::Failure;

/// The version of the format of results folders.
pub const FORMAT: u32 = 1;

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub format: u32,
    /// The version of what made it.
    pub engine: String,
    /// The hash of format, engine and experiment: results with the same id are of the same runs.
    pub id: String,
    /// What was asked.
    pub experiment: Experiment,
    /// Which part of it this folder is, such as `3/16`; `None` if it is all.
    pub shard: Option<String>,
    /// How far it is.
    pub state: State,
    /// How many units are here; of a folder that is being worked on, how many there will be at least.
    pub units: u64,
    /// How many of them stopped with an error.
    pub failed: u64,
    /// The texts, and once it is finished the tables.
    pub files: Vec<FileHash>,
}

/// How far a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Finished units are in the journal; more may come.
    Running,
    /// The user interrupted; the finished units are in the tables, and no more will come.
    Interrupted,
    /// Everything is in the tables.
    Finished,
}

/// Which command asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `run`.
    Run,
    /// `compare`.
    Compare,
    /// `sweep`.
    Sweep,
}

/// Everything that results depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Which command it was.
    pub kind: Kind,
    /// The scenario's name.
    pub scenario: String,
    /// The study's name, of a sweep.
    pub study: Option<String>,
    /// The texts it is made from: name in the folder and hash. The first is the scenario.
    pub texts: Vec<FileHash>,
    /// What `--set` changed.
    pub overrides: Vec<Override>,
    /// The variants, in order.
    pub variants: Vec<String>,
    /// What is kept of each run as a number, in order.
    pub measures: Vec<Measure>,
    /// The axes of a study, in order.
    pub axes: Vec<Axis>,
    /// How many points a study has; 1 without one.
    pub points: u32,
    /// Seed of the first replication.
    pub seed: u64,
    /// How many replications of each variant at each point, at most.
    pub replications: u32,
    /// Whether fewer may do, when the study's goals are reached.
    pub adaptive: bool,
    /// The most events of one run.
    pub events_max: u64,
    /// The most requests, calls and attempts in flight in one run.
    pub live_max: u32,
    /// Whether timelines and changes of state are kept.
    pub detail: bool,
}

/// One `--set`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The path.
    pub path: String,
    /// Its value.
    pub value: String,
}

/// A number that is kept of each run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Its unit: `s`, `1/s`, `B`, `share`, `count`, `money`, or nothing.
    pub unit: String,
    /// Whether it is a yes (1) or a no (0).
    pub yes_or_no: bool,
}

/// An axis of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// What it changes.
    pub paths: Vec<String>,
}

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of what it holds, in hexadecimal.
    pub sha256: String,
}

impl FileHash {
    /// Of these bytes.
    pub fn of(name: &str, bytes: &[u8]) -> FileHash {
        FileHash {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        }
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// The version of this engine.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

impl Experiment {
    /// The hash of it with the format and the engine.
    pub fn id(&self) -> Id {
        let text = serde_json::to_string(&(FORMAT, ENGINE, self)).expect("an experiment has string keys only");
        Sha256::digest(text).into()
    }

    /// In which respect another one differs, for people; `None` if it does not.
    pub fn difference(&self, other: &Experiment) -> Option<String> {
        let text = |it: &Experiment, name: &str| it.texts.iter().find(|it| it.name == name).cloned();
        for name in self.texts.iter().chain(&other.texts).map(|it| it.name.as_str()) {
            if text(self, name) != text(other, name) {
                return Some(format!("the text of `{name}`"));
            }
        }
        let sets = |it: &Experiment| -> String {
            let sets = it.overrides.iter().map(|it| format!("{}={}", it.path, it.value));
            sets.collect::<Vec<_>>().join(" ")
        };
        let named = |what: &str, mine: String, theirs: String| {
            (mine != theirs).then(|| {
                let show = |it: &str| {
                    if it.is_empty() {
                        "none".to_owned()
                    } else {
                        format!("`{it}`")
                    }
                };
                format!("{what}: {} here, {} there", show(&mine), show(&theirs))
            })
        };
        let measures = |it: &Experiment| {
            it.measures
                .iter()
                .map(|it| it.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        named("the command", format!("{:?}", self.kind), format!("{:?}", other.kind))
            .or_else(|| named("the scenario", self.scenario.clone(), other.scenario.clone()))
            .or_else(|| named("what `--set` changes", sets(self), sets(other)))
            .or_else(|| named("the variants", self.variants.join(", "), other.variants.join(", ")))
            .or_else(|| named("the measures", measures(self), measures(other)))
            .or_else(|| named("the first seed", self.seed.to_string(), other.seed.to_string()))
            .or_else(|| {
                let shown = |it: &Experiment| it.replications.to_string();
                named("the replications", shown(self), shown(other))
            })
            .or_else(|| {
                named(
                    "`--max-events`",
                    self.events_max.to_string(),
                    other.events_max.to_string(),
                )
            })
            .or_else(|| named("`--max-live`", self.live_max.to_string(), other.live_max.to_string()))
            .or_else(|| named("`--detail`", self.detail.to_string(), other.detail.to_string()))
            .or_else(|| (self != other).then(|| "the plan of the study".to_owned()))
    }
}

impl Manifest {
    /// A manifest of something that begins now.
    pub fn new(experiment: Experiment, shard: Option<String>) -> Manifest {
        Manifest {
            format: FORMAT,
            engine: ENGINE.to_owned(),
            id: hex(&experiment.id()),
            files: experiment.texts.clone(),
            experiment,
            shard,
            state: State::Running,
            units: 0,
            failed: 0,
        }
    }

    /// From its text; `shown` is what messages call the folder.
    pub fn parse(text: &str, shown: &str) -> Result<Manifest, Failure> {
        let broken = |why: String| {
            Failure::usage(format!("`manifest.json` in `{shown}` is not a manifest of brownout: {why}"))
                .help("is it the right folder? `brownout run FILE -o DIR` and `brownout sweep run STUDY -o DIR` make such folders")
        };
        let value: serde_json::Value = serde_json::from_str(text).map_err(|why| broken(why.to_string()))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        let format = format.ok_or_else(|| broken("it says no `format`".to_owned()))?;
        if format > u64::from(FORMAT) {
            let engine = value.get("engine").and_then(serde_json::Value::as_str).unwrap_or("?");
            return Err(Failure::usage(format!(
                "the results in `{shown}` have format {format}, made by brownout {engine}; this is {ENGINE}, which reads format \
                 {FORMAT}"
            ))
            .help("read them with that version, or make them again with this one"));
        }
        serde_json::from_value(value).map_err(|why| broken(why.to_string()))
    }

    /// As a text.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest has string keys only");
        text.push('\n');
        text
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An experiment with a value everywhere.
    pub fn experiment() -> Experiment {
        Experiment {
            kind: Kind::Sweep,
            scenario: "shop".to_owned(),
            study: Some("cliff".to_owned()),
            texts: vec![FileHash::of("scenario.toml", b"format = 1\n")],
            overrides: vec![Override {
                path: "run.duration".to_owned(),
                value: "5m".to_owned(),
            }],
            variants: vec!["naive".to_owned(), "budget".to_owned()],
            measures: ["p99", "recovery_time", "collapsed"]
                .map(|name| Measure {
                    name: name.to_owned(),
                    unit: "s".to_owned(),
                    yes_or_no: false,
                })
                .to_vec(),
            axes: vec![Axis {
                name: "load".to_owned(),
                paths: vec!["load.shoppers.scale".to_owned()],
            }],
            points: 5,
            seed: 42,
            replications: 3,
            adaptive: false,
            events_max: 1_000_000,
            live_max: 1_000,
            detail: true,
        }
    }

    #[test]
    fn a_manifest_survives_its_text() {
        let manifest = Manifest::new(experiment(), Some("3/16".to_owned()));
        assert_eq!(Manifest::parse(&manifest.text(), "out"), Ok(manifest));
    }

    #[test]
    fn a_foreign_and_a_newer_manifest_are_told_apart() {
        let message = |text: &str| Manifest::parse(text, "out").unwrap_err().message;
        assert!(message("{").contains("not a manifest of brownout"));
        assert!(message("{\"format\": 1, \"name\": \"something else\"}").contains("not a manifest of brownout"));
        let newer = message("{\"format\": 7, \"engine\": \"9.1.0\"}");
        assert!(newer.contains("format 7") && newer.contains("9.1.0"), "{newer}");
    }

    #[test]
    fn every_difference_has_a_name_and_changes_the_id() {
        let one = experiment();
        assert_eq!(one.difference(&one), None);
        let change = |with: fn(&mut Experiment), word: &str| {
            let mut other = experiment();
            with(&mut other);
            let told = one.difference(&other).expect(word);
            assert!(told.contains(word), "{told}");
            assert_ne!(one.id(), other.id(), "{word}");
        };
        change(|it| it.kind = Kind::Compare, "command");
        change(|it| it.scenario = "other".to_owned(), "scenario");
        change(|it| it.texts[0].sha256.replace_range(0..1, "x"), "scenario.toml");
        change(|it| it.texts.push(FileHash::of("study.toml", b"")), "study.toml");
        change(|it| it.overrides.clear(), "--set");
        change(|it| it.variants.truncate(1), "variants");
        change(|it| it.measures.clear(), "measures");
        change(|it| it.seed = 1, "seed");
        change(|it| it.replications = 4, "replications");
        change(|it| it.events_max = 7, "--max-events");
        change(|it| it.live_max = 7, "--max-live");
        change(|it| it.detail = false, "--detail");
        change(|it| it.points = 6, "plan");
        change(|it| it.axes.clear(), "plan");
        change(|it| it.adaptive = true, "plan");
        change(|it| it.study = None, "plan");
    }
}
