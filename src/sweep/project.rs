//! What a sweep is of: the study with its texts, the systems of its points, and the experiment that its results belong to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use brownout_scenarios::study::{Found, Goal, Replications, Study, Width};
use brownout_scenarios::{Compiled, library};
use brownout_sim_core::engine::Limits;
use brownout_sim_core::stats::{Proportion, Summary};

use super::queue::{Extent, Values};
use super::shard::Shard;
use crate::comparison::{Figure, Figures};
use crate::exit::Failure;
use crate::input::{self, Source};
use crate::store::folder::{STUDY, Text};
use crate::store::manifest::{Axis, Experiment, FileHash, Kind, Override};
use crate::store::record;
use crate::store::stored::Stored;
use crate::store::tables::Coordinate;

/// A study, loaded, with everything that its results depend on.
#[derive(Debug)]
pub struct Project {
    /// The study.
    pub study: Study,
    /// The numbers that are kept of each run.
    pub figures: Vec<Figure>,
    /// Their names.
    pub measures: Vec<String>,
    texts: Vec<Text>,
    sets: Vec<(String, String)>,
    scenario: String,
}

/// When runs are given up, and what is kept of them besides numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// When a run is given up.
    pub limits: Limits,
    /// Whether timelines and changes of state are kept.
    pub detail: bool,
}

/// The shipped study of this name, where no file is called so.
fn shipped(what: &str) -> Option<Source> {
    let shipped = library::find_study(what).filter(|_| !Path::new(what).exists())?;
    Some(Source {
        name: shipped.name.to_owned(),
        shown: format!("{}.toml", shipped.name),
        bytes: shipped.text.as_bytes().to_vec(),
        folder: None,
    })
}

/// Finds a scenario or a study: a file, or a shipped one by name.
pub fn find_any(what: &str) -> Result<Source, Failure> {
    shipped(what).map_or_else(|| input::find(what), Ok)
}

/// Finds a study: a file, or a shipped one by name.
pub fn find(what: &str) -> Result<Source, Failure> {
    if let Some(shipped) = shipped(what) {
        return Ok(shipped);
    }
    let path = Path::new(what);
    if !path.exists() && library::find(what).is_none() {
        let near = input::nearest(what, library::studies().iter().map(|it| it.name));
        let failure = Failure::usage(format!("no file and no shipped study is called `{what}`"));
        return Err(match near {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`brownout list` names the shipped studies"),
        });
    }
    let source = input::find(what)?;
    if brownout_scenarios::study::is_study(&source.bytes) {
        return Ok(source);
    }
    Err(Failure::usage(format!("`{what}` is a scenario, not a study")).help(
        "a study names a scenario and says what is varied: `brownout explain axis` tells how to write one; `brownout run` and \
         `brownout compare` take scenarios",
    ))
}

impl Project {
    /// Loads a study and the scenario it names, or this one.
    pub fn load(
        source: &Source,
        scenario: Option<&Source>,
        sets: &[(String, String)],
        colour: bool,
    ) -> Result<Project, Failure> {
        let given = scenario;
        let scenario: RefCell<Option<Source>> = RefCell::default();
        let files: RefCell<BTreeMap<String, Vec<u8>>> = RefCell::default();
        let look = |what: &str| {
            let found = match given {
                Some(it) => it.clone(),
                None => beside(source, what).map_err(|it| it.message)?,
            };
            let handed = Found {
                name: found.name.clone(),
                file: found.shown.clone(),
                bytes: found.bytes.clone(),
            };
            *scenario.borrow_mut() = Some(found);
            Ok(handed)
        };
        let file = |name: &str| match &*scenario.borrow() {
            Some(it) => it.file(name, &files),
            None => Err("the scenario was not found".to_owned()),
        };
        let study = Study::load(&source.name, &source.shown, &source.bytes, sets, &look, &file)
            .map_err(|it| Failure::diagnostics(it.render(colour)))?;
        let scenario = scenario.into_inner().expect("a study that loads has a scenario");
        let mut texts = record::texts(&scenario, &files.into_inner());
        texts.insert(
            1,
            Text {
                name: STUDY.to_owned(),
                bytes: source.bytes.clone(),
            },
        );
        Project::of(study, texts, sets, scenario.name)
    }

    /// Loads the study that a results folder was made from, from the texts in it.
    pub fn stored(stored: &Stored) -> Result<Project, Failure> {
        let asked = &stored.manifest.experiment;
        let names = asked.texts.iter().map(|it| it.name.as_str());
        let texts: Vec<Text> = names.map(|it| stored.text(it)).collect::<Result<_, _>>()?;
        let bytes = |name: &str| {
            let text = texts.iter().find(|it| it.name == name);
            text.map(|it| it.bytes.clone())
                .ok_or_else(|| format!("the results folder holds no `{name}`"))
        };
        let sets: Vec<(String, String)> = asked
            .overrides
            .iter()
            .map(|it| (it.path.clone(), it.value.clone()))
            .collect();
        let look = |_: &str| {
            Ok(Found {
                name: asked.scenario.clone(),
                file: texts[0].name.clone(),
                bytes: texts[0].bytes.clone(),
            })
        };
        let file = |name: &str| bytes(&record::place(name));
        let own = bytes(STUDY).map_err(Failure::usage)?;
        let name = asked.study.as_deref().unwrap_or("study");
        let study =
            Study::load(name, STUDY, &own, &sets, &look, &file).map_err(|it| Failure::diagnostics(it.render(false)))?;
        Project::of(study, texts, &sets, asked.scenario.clone())
    }

    fn of(study: Study, texts: Vec<Text>, sets: &[(String, String)], scenario: String) -> Result<Project, Failure> {
        let mut project = Project {
            study,
            figures: Vec::new(),
            measures: Vec::new(),
            texts,
            sets: sets.to_vec(),
            scenario,
        };
        let first: Vec<Compiled> = (0..project.study.variants().len())
            .map(|it| project.compile(0, it as u32))
            .collect::<Result<_, _>>()?;
        let mut figures = Figures::of(&first);
        figures.choose(project.study.measures())?;
        project.measures = figures.rows.iter().map(|it| it.name.clone()).collect();
        project.figures = figures.rows;
        Ok(project)
    }

    /// A variant at a point.
    pub fn compile(&self, point: u32, variant: u32) -> Result<Compiled, Failure> {
        let point = &self.study.points()[point as usize];
        let variant = &self.study.variants()[variant as usize];
        self.study
            .compile(point, variant)
            .map_err(|it| Failure::diagnostics(it.render(false)))
    }

    /// Where a point is.
    pub fn coordinates(&self, point: u32) -> Vec<Coordinate> {
        let levels = self.study.points()[point as usize].coordinates.iter();
        let coordinate = |it: &std::sync::Arc<brownout_scenarios::study::Level>| Coordinate {
            text: it.text.clone(),
            value: it.number,
        };
        levels.map(coordinate).collect()
    }

    /// How many units there are.
    pub fn extent(&self, shard: Option<Shard>) -> Extent {
        let (least, most) = match self.study.replications() {
            Replications::Fixed(it) => (*it, *it),
            Replications::Until { min, max, .. } => (*min, *max),
        };
        Extent {
            points: self.study.points().len() as u32,
            variants: self.study.variants().len() as u32,
            least,
            most,
            shard,
        }
    }

    /// Whether the goals of the study are reached by these values of a point.
    pub fn is_content(&self, values: &Values) -> bool {
        let Replications::Until { goals, .. } = self.study.replications() else {
            return true;
        };
        goals.iter().all(|goal| {
            let at = self.measures.iter().position(|it| *it == goal.measure);
            let at = at.expect("goals are of measures; loading has made sure");
            values.iter().all(|of| {
                let numbers: Vec<Option<f64>> = of.iter().map(|it| it.get(at).copied().flatten()).collect();
                reached(goal, self.figures[at].yes_or_no, &numbers)
            })
        })
    }

    /// What results of this are of.
    pub fn experiment(&self, keep: &Keep) -> Experiment {
        let overrides = self.sets.iter().map(|(path, value)| Override {
            path: path.clone(),
            value: value.clone(),
        });
        let axes = self.study.axes().iter().map(|it| Axis {
            name: it.name.clone(),
            paths: it.paths.clone(),
        });
        let extent = self.extent(None);
        Experiment {
            kind: Kind::Sweep,
            scenario: self.scenario.clone(),
            study: Some(self.study.name().to_owned()),
            texts: self.texts.iter().map(|it| FileHash::of(&it.name, &it.bytes)).collect(),
            overrides: overrides.collect(),
            variants: self.study.variants().to_vec(),
            measures: self.figures.iter().map(record::measure).collect(),
            axes: axes.collect(),
            points: extent.points,
            seed: self.study.first_seed(),
            replications: extent.most,
            adaptive: extent.least < extent.most,
            events_max: keep.limits.events,
            live_max: keep.limits.live,
            detail: keep.detail,
        }
    }

    /// The texts that are kept with the results.
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }
}

/// Whether the interval of one variant's numbers is as narrow as a goal wants it. What did not happen in some run (`None`) has no
/// interval: it never is.
fn reached(goal: &Goal, yes_or_no: bool, numbers: &[Option<f64>]) -> bool {
    let numbers: Option<Vec<f64>> = numbers.iter().copied().collect();
    let Some(numbers) = numbers else { return false };
    if yes_or_no {
        let held = numbers.iter().filter(|it| **it != 0.0).count() as u64;
        let width = Proportion::of(held, numbers.len() as u64).map(|it| it.interval.halfwidth());
        let (Width::Absolute(most) | Width::Relative(most)) = goal.width;
        return width.is_some_and(|it| it < most);
    }
    let Some(summary) = Summary::of(numbers) else {
        return false;
    };
    let Some(interval) = summary.interval else { return false };
    let most = match goal.width {
        Width::Absolute(it) => it,
        Width::Relative(it) => it * summary.mean.abs(),
    };
    // Equal numbers have an interval of no width, of a mean of 0 too.
    interval.halfwidth() < most || interval.halfwidth() == 0.0
}

/// The scenario that a study names: a file beside it, or else a shipped scenario.
fn beside(study: &Source, what: &str) -> Result<Source, Failure> {
    let folder = study.folder.clone().unwrap_or_default();
    let path = folder.join(what);
    if study.folder.is_some() && path.is_file() {
        return input::find(&path.to_string_lossy());
    }
    let stem = what.strip_suffix(".toml").unwrap_or(what);
    match library::find(stem) {
        Some(_) => input::find_shipped(stem),
        None => Err(Failure::usage(format!(
            "there is no file `{}` and no shipped scenario `{stem}`",
            path.display()
        ))),
    }
}
