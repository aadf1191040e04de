//! A unit of work and what became of it: one run of one variant under one seed at one point of a study.
//!
//! A `run` or `compare` is a study of one point.

use brownout_sim_core::measure::Measured;
use brownout_sim_core::observe::digest::Digest;
use brownout_sim_core::time::SimTime;
use serde::{Deserialize, Serialize};

use crate::recorded::Change;

/// Which run: the place of a unit in the order of all of them. Points first, then variants, then replications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Unit {
    /// The point of the study.
    pub point: u32,
    /// The variant, by its place in the list of variants.
    pub variant: u32,
    /// The replication, from 0; its seed is the point's first one plus this.
    pub replication: u32,
}

/// What became of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which unit.
    pub unit: Unit,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub ended: Ended,
}

/// How a unit ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ended {
    /// It ran to its end.
    Done(Done),
    /// The run stopped, for a reason that will come again: it took too many events, say.
    Failed(String),
}

/// A whole run, as far as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The digest of all its events.
    pub digest: Words,
    /// How many events there were.
    pub events: u64,
    /// By measure.
    pub measures: Vec<Number>,
    /// The digest at regular instants.
    pub checkpoints: Vec<Checkpoint>,
    /// Timelines, if they were asked for.
    pub series: Vec<Timeline>,
    /// Changes of state, if they were asked for.
    pub transitions: Vec<Change>,
}

/// A digest as two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words(pub u64, pub u64);

impl Words {
    /// From what [`Words::to_string`](ToString::to_string) gave.
    pub fn parse(text: &str) -> Option<Words> {
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        let half = |it: &str| u64::from_str_radix(it, 16).ok();
        Some(Words(half(&text[..16])?, half(&text[16..])?))
    }
}

impl From<Digest> for Words {
    fn from(digest: Digest) -> Words {
        let (high, low) = digest.words();
        Words(high, low)
    }
}

impl std::fmt::Display for Words {
    /// 32 hexadecimal digits, as the digest itself is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Digest::from_words(self.0, self.1).fmt(f)
    }
}

/// The digest at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// When, in nanoseconds.
    pub at_ns: u64,
    /// The digest of all events until then.
    pub digest: Words,
}

impl From<(SimTime, Digest)> for Checkpoint {
    fn from((at, digest): (SimTime, Digest)) -> Checkpoint {
        Checkpoint {
            at_ns: at.nanos(),
            digest: digest.into(),
        }
    }
}

/// What a measure came to in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// A number, in the unit of the measure.
    Is(f64),
    /// It did not happen before the arrivals stopped: at least this.
    AtLeast(f64),
    /// There is no such number, and why.
    Missing(String),
}

impl From<Measured> for Number {
    fn from(measured: Measured) -> Number {
        match measured {
            Measured::Number(it) => Number::Is(it),
            Measured::Censored(it) => Number::AtLeast(it),
            Measured::Missing(why) => Number::Missing(why.to_string()),
        }
    }
}

/// One timeline of one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// What the component is: `load`, `service` or `edge`.
    pub kind: String,
    /// Its name.
    pub component: String,
    /// The name of the timeline; one that ends in `_s` is of seconds.
    pub series: String,
    /// The width of a window, in nanoseconds. Windows begin at 0.
    pub window_ns: u64,
    /// By window; `None` where nothing was to be measured.
    pub values: Vec<Option<f64>>,
}

impl Record {
    /// Its bytes; records are equal if these are, not-a-numbers and signs of zero included.
    pub fn bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a record has no part that cannot be written")
    }

    /// From its bytes; `None` if they are no record.
    pub fn from_bytes(bytes: &[u8]) -> Option<Record> {
        match postcard::take_from_bytes(bytes) {
            Ok((record, [])) => Some(record),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record with something of everything, different for every unit and salt.
    pub fn record(point: u32, replication: u32, salt: u64) -> Record {
        let number = f64::from(point) + f64::from(replication) / 16.0;
        Record {
            unit: Unit {
                point,
                variant: point % 2,
                replication,
            },
            seed: 42 + u64::from(replication),
            ended: Ended::Done(Done {
                digest: Words(salt, u64::from(replication)),
                events: 1000 + salt,
                measures: vec![
                    Number::Is(number),
                    Number::AtLeast(600.0),
                    Number::Missing("there was no fault".to_owned()),
                ],
                checkpoints: vec![Checkpoint {
                    at_ns: 75_000_000_000,
                    digest: Words(1, salt),
                }],
                series: vec![Timeline {
                    kind: "service".to_owned(),
                    component: "db".to_owned(),
                    series: "queue_length".to_owned(),
                    window_ns: 1_000_000_000,
                    values: vec![Some(0.5), None, Some(number)],
                }],
                transitions: vec![Change {
                    t_s: 61.5,
                    component: "db/1".to_owned(),
                    from: Some("up".to_owned()),
                    to: "crashed".to_owned(),
                    cause: None,
                }],
            }),
        }
    }

    #[test]
    fn a_record_survives_its_bytes() {
        let mut records = vec![record(3, 7, 9)];
        records.push(Record {
            ended: Ended::Failed("too many events".to_owned()),
            ..records[0].clone()
        });
        for record in records {
            let bytes = record.bytes();
            assert_eq!(Record::from_bytes(&bytes), Some(record));
            assert_eq!(Record::from_bytes(&bytes[..bytes.len() - 1]), None);
            assert_eq!(Record::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
        }
    }

    #[test]
    fn a_digest_is_read_as_it_was_printed() {
        let digest = Words(1, 0xab << 56);
        assert_eq!(Words::parse(&digest.to_string()), Some(digest));
        for wrong in [
            "",
            "0",
            "zz000000000000010000000000000000",
            "é0000000000000000000000000000000",
        ] {
            assert_eq!(Words::parse(wrong), None, "{wrong}");
        }
    }
}
