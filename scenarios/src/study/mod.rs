//! A study (sweep): one scenario at many points.
//!
//! A study's file names a scenario and says what is varied (`[axis.x]`), which points that makes (`[plan]`), which of them stay
//! (`[constraint.x]`), what is measured and what is drawn. [`Study::load`] reads it, plans all points and compiles enough of them
//! to know that each level of each axis is right; [`Study::compile`] makes one point ready to run. Values of axes keep their places
//! in the study's file, above variants and below `--set`.

mod amount;
mod axis;
mod base;
mod chart;
mod checks;
mod constraint;
mod levels;
mod mistakes;
mod path;
mod plan;
mod replications;
mod sample;

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::compiled::Compiled;
use crate::diagnostics::{Diagnostics, Severity};
use crate::document::{BASE, Document, Layers, Override, Setting, StudyFile, Table, parse, text_of};
use crate::scenario::{Above, Scenario};
use crate::spec::study::Method;
use crate::spec::{Named, Opt, decode_study};
use crate::syntax::expr;
use base::{Base, known_measures, measures, method, named_variants, plan_place, scenario_of, variants};

pub use crate::spec::study::{ChartKind, Method as PlanMethod};
pub use axis::Axis;
pub use base::Found;
pub use chart::{Chart, Source};
pub use constraint::Excluded;
pub use levels::Level;
pub(crate) use mistakes::STUDY as STUDY_CODES;
pub use plan::{POINTS_MAX, Point};
pub use replications::{Goal, Replications, Width};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

/// The bytes of files that a scenario names, or why there are none.
type Files = BTreeMap<String, Result<Vec<u8>, String>>;

/// Whether a file is a study: it has `scenario` at its top, which a scenario has not.
pub fn is_study(bytes: &[u8]) -> bool {
    parse::has_key(&text_of(bytes), "scenario")
}

/// A study with its plan, all of whose levels were compiled once.
#[derive(Clone, Debug)]
pub struct Study {
    name: String,
    title: Option<String>,
    question: Option<String>,
    /// The scenario's text as a tree, to make points of.
    document: Document,
    /// The study's own tree, whose `set` holds at every point.
    root: Table,
    overrides: Vec<Override>,
    /// The measures as written; empty if those of the scenario hold.
    written: Vec<Named<Opt<expr::Measure>>>,
    files: Files,
    scenario: Scenario,
    method: Method,
    variants: Vec<String>,
    axes: Vec<Axis>,
    replications: Replications,
    points: Vec<Point>,
    excluded: Vec<Excluded>,
    measures: Vec<String>,
    charts: Vec<Chart>,
    lints: Diagnostics,
}

impl Study {
    /// Reads a study and the scenario it names.
    ///
    /// `name` is the file's stem, `file` what messages call it, `sets` are paths and values from the command line. `find` hands in
    /// what the `scenario` key names, `files` the files that the scenario names; either may give a reason why not. Fails with every
    /// mistake of the study and of the scenario, each at its place in its own file.
    pub fn load(
        name: &str,
        file: &str,
        bytes: &[u8],
        sets: &[(String, String)],
        find: &dyn Fn(&str) -> Result<Found, String>,
        files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Study, Diagnostics> {
        let (text, mut own) = StudyFile::parse(file, bytes);
        let spec = decode_study(&text, &mut own);
        let (found, mut document, notation) = scenario_of(&spec, find, &mut own);
        document.add_study(file, &text.text);
        let overrides: Vec<Override> = sets.iter().map(|it| Override::set(&it.0, &it.1)).collect();
        let above = Above {
            layers: Layers {
                study: Some(&text.root),
                axes: Vec::new(),
                overrides: &overrides,
            },
            measures: &spec.measure,
        };
        let mut all = Diagnostics::new(document.sources().clone());
        all.merge(own);
        let known: RefCell<Files> = RefCell::default();
        let read_once = |path: &str| {
            let mut known = known.borrow_mut();
            known.entry(path.to_owned()).or_insert_with(|| files(path)).clone()
        };
        let mut out = Diagnostics::new(all.sources().clone());
        let names: Vec<String> = document.variants().into_iter().map(|it| it.name.value).collect();
        let versions: Vec<_> = core::iter::once(BASE)
            .chain(names.iter().map(String::as_str))
            .filter(|_| !document.is_broken())
            .map(|it| document.version(it, &above.layers).0)
            .collect();
        let base = Base {
            roots: versions.iter().map(|it| it.root()).collect(),
            sets,
            text: &text.text,
        };
        let axes = axis::axes(&spec, &base, &mut out);
        let broken = axes.len() < spec.axis.len() || !text.broken.is_empty();
        let variants = variants(&spec, &axes, &names, document.is_broken(), &mut out);

        let run = named_variants(&axes, &variants);
        let mut read_scenario =
            |it: &Found, notation: Diagnostics, above: &Above<'_>, only: Option<&[String]>| match Scenario::of(
                &it.name, &document, notation, above, only, &read_once,
            ) {
                Ok(scenario) => Some(scenario),
                Err(mut mistakes) => {
                    mistakes.retain(|it| it.severity() == Severity::Error);
                    all.merge(mistakes);
                    None
                }
            };
        // The scenario has to be right by itself, and in the variants that are run also with what the study sets.
        let scenario = found.and_then(|it| {
            let alone = read_scenario(&it, notation.clone(), &Above::default(), None);
            let with_study = read_scenario(&it, notation, &above, Some(&run));
            alone.and(with_study)
        });
        let method = method(&spec);
        let constraints = constraint::constraints(&spec, &axes, broken, &mut out);
        let complete = !broken && !axes.is_empty() && !out.has_errors() && constraints.len() == spec.constraint.len();
        let everything = if complete {
            plan::all(method, &axes, plan_place(&spec), &mut out)
        } else {
            plan::Indices::new()
        };
        let (indices, excluded) = plan::constrain(everything.clone(), &constraints, &axes, &mut out);
        let measures = measures(&spec, scenario.as_ref());
        let known_measures = scenario.as_ref().map(|it| known_measures(&measures, it));
        let names: Vec<&str> = measures.iter().map(String::as_str).collect();
        let charts = chart::charts(&spec, &axes, scenario.as_ref().map(|_| &names[..]), broken, &mut out);
        let of_file = scenario.as_ref().map_or(1, |it| it.base().compiled.replications);
        let replications = replications::replications(&spec, of_file, known_measures.as_deref(), &mut out);
        drop(known_measures);
        all.merge(out);
        let Some(scenario) = scenario else {
            all.sort();
            return Err(all);
        };
        let mut study = Study {
            name: name.to_owned(),
            title: spec.title.map(|it| it.value),
            question: spec.question.map(|it| it.value),
            document,
            root: text.root,
            overrides,
            written: spec.measure,
            files: Files::new(),
            scenario,
            method,
            variants,
            points: plan::points(&indices, &axes),
            axes,
            replications,
            excluded,
            measures,
            charts,
            lints: Diagnostics::default(),
        };
        checks::levels(&study, &everything, &indices, &read_once, &mut all);
        all.sort();
        if all.has_errors() {
            return Err(all);
        }
        study.files = known.into_inner();
        study.lints = all;
        Ok(study)
    }

    /// The file's stem, or the shipped study's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The question it answers.
    pub fn question(&self) -> Option<&str> {
        self.question.as_deref()
    }

    /// The scenario with what the study sets at every point, and nothing of its axes: the base and the variants that are run.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How its points are made.
    pub fn method(&self) -> PlanMethod {
        self.method
    }

    /// The variants to run at each point, in order. Where an axis is `variant`, this is `base` alone: the point says which it is.
    pub fn variants(&self) -> &[String] {
        &self.variants
    }

    /// What is varied, in the order of the file.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How often each variant is run at each point.
    pub fn replications(&self) -> &Replications {
        &self.replications
    }

    /// The scenario's `run.seed`, the seed of each point's first run; the next ones count up. At a point whose axis is `run.seed`
    /// the seed of what [`Study::compile`] makes holds instead.
    pub fn first_seed(&self) -> u64 {
        self.scenario.base().compiled.seed
    }

    /// The points to run, after constraints.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// What each constraint removed, in the order of the file.
    pub fn excluded(&self) -> &[Excluded] {
        &self.excluded
    }

    /// The names of the measures, in order: the study's own, or those of the scenario if it has none. A variant in which a
    /// measure's names do not exist lacks it.
    pub fn measures(&self) -> &[String] {
        &self.measures
    }

    /// The figures to draw.
    pub fn charts(&self) -> &[Chart] {
        &self.charts
    }

    /// Warnings about the study; those about its scenario are [`Scenario::lints`].
    pub fn lints(&self) -> &Diagnostics {
        &self.lints
    }

    /// A variant at a point, ready to run. Fails if the values of the point do not go together; the error names the point.
    pub fn compile(&self, point: &Point, variant: &str) -> Result<Compiled, Diagnostics> {
        let files = |path: &str| {
            let known = self.files.get(path).cloned();
            known.unwrap_or_else(|| Err(format!("`{path}` was not there when the study was read")))
        };
        self.compile_with(point, variant, &files)
    }

    fn compile_with(
        &self,
        point: &Point,
        variant: &str,
        files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Compiled, Diagnostics> {
        let mut variant = variant;
        let mut settings = Vec::new();
        for (axis, level) in self.axes.iter().zip(&point.coordinates) {
            if axis.is_variant() {
                variant = &level.text;
                continue;
            }
            settings.extend(axis.keys.iter().map(|it| Setting {
                axis: &axis.name,
                keys: &it.0,
                key_at: it.1,
                node: &level.node,
            }));
        }
        let above = Above {
            layers: Layers {
                study: Some(&self.root),
                axes: settings,
                overrides: &self.overrides,
            },
            measures: &self.written,
        };
        let info = self.scenario.variants().iter().find(|it| it.name == variant);
        let called = (variant, info.and_then(|it| it.label.as_deref()));
        Scenario::one(self.scenario.name(), &self.document, called, &above, files).map_err(|mut mistakes| {
            mistakes.note_all(&format!(
                "at the point {}, in the variant `{variant}`",
                self.describe(point)
            ));
            mistakes
        })
    }

    /// A point in words: `load = x1, timeout = 2s`.
    pub fn describe(&self, point: &Point) -> String {
        let parts = self.axes.iter().zip(&point.coordinates);
        let parts: Vec<String> = parts
            .map(|(axis, level)| format!("{} = {}", axis.name, level.text))
            .collect();
        parts.join(", ")
    }
}
