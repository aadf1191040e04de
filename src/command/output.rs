//! `-o` of `run` and `compare`: the answer and every run into a results folder.

use std::collections::BTreeMap;
use std::path::Path;

use brownout_scenarios::Compiled;

use crate::comparison::Figures;
use crate::exit::Failure;
use crate::experiment::{Replication, Settings};
use crate::input::Source;
use crate::store::folder::{self, Folder, Opened};
use crate::store::manifest::{Experiment, FileHash, Kind, Override, State};
use crate::store::record;
use crate::store::unit::{Ended, Record, Unit};

/// What goes into the folder besides the runs.
pub struct Output<'a> {
    /// Which command asked.
    pub kind: Kind,
    /// The scenario.
    pub source: &'a Source,
    /// The files that it names.
    pub files: &'a BTreeMap<String, Vec<u8>>,
    /// What `--set` changed.
    pub sets: &'a [(String, String)],
    /// What is kept of each run as a number.
    pub figures: &'a Figures,
    /// How it runs.
    pub settings: &'a Settings,
    /// Whether the results decide how many runs there are.
    pub adaptive: bool,
}

impl Output<'_> {
    /// Makes sure, before anything runs, that results can be written. A folder that already holds results is refused, so that
    /// nothing is lost.
    pub fn open(&self, path: &Path, variants: &[Compiled]) -> Result<Folder, Failure> {
        let refuse = || {
            Err(Failure::usage(format!("`{}` already holds results", path.display()))
                .help("choose another folder, or remove this one if it is no longer needed"))
        };
        if folder::manifest(path)?.is_some_and(|it| it.state != State::Running) {
            return refuse();
        }
        let texts = record::texts(self.source, self.files);
        let overrides = self.sets.iter().map(|(path, value)| Override {
            path: path.clone(),
            value: value.clone(),
        });
        let experiment = Experiment {
            kind: self.kind,
            scenario: self.source.name.clone(),
            study: None,
            texts: texts.iter().map(|it| FileHash::of(&it.name, &it.bytes)).collect(),
            overrides: overrides.collect(),
            variants: variants.iter().map(|it| it.variant.clone()).collect(),
            measures: self.figures.rows.iter().map(record::measure).collect(),
            axes: Vec::new(),
            points: 1,
            seed: self.settings.seed,
            replications: self.settings.replications,
            adaptive: self.adaptive,
            events_max: self.settings.events_max,
            live_max: self.settings.live_max,
            detail: self.settings.detail,
        };
        match Folder::open(path, &experiment, None, &texts)? {
            Opened::Open(mut folder) => {
                // Killed while it wrote: all runs are made again.
                folder.clear()?;
                Ok(*folder)
            }
            Opened::Finished(_) => refuse(),
        }
    }

    /// Writes the answer and the runs of each variant.
    pub fn write(
        &self,
        mut folder: Folder,
        variants: &[Compiled],
        runs: &[Vec<Replication>],
        interrupted: bool,
        json: &str,
    ) -> Result<(), Failure> {
        for (variant, (compiled, runs)) in variants.iter().zip(runs).enumerate() {
            for run in runs {
                let result = &run.result;
                let record = Record {
                    unit: Unit {
                        point: 0,
                        variant: variant as u32,
                        replication: (result.seed - self.settings.seed) as u32,
                    },
                    seed: result.seed,
                    ended: Ended::Done(record::done(compiled, result, &run.values, self.settings.detail)),
                };
                folder.append(&record)?;
            }
        }
        folder.write("result.json", json.as_bytes())?;
        let state = if interrupted {
            State::Interrupted
        } else {
            State::Finished
        };
        folder.finish(state, &|_| Vec::new()).map(|_| ())
    }
}
