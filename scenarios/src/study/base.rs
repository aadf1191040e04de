//! What a study has of its scenario: the file, the versions of it, variants and measures.

use super::replications::Known;
use super::{Axis, is_study};
use crate::diagnostics::Diagnostics;
use crate::document::{BASE, Document, Place, Table};
use crate::scenario::{Scenario, Version};
use crate::spec::study::{Method, StudySpec};

/// What was found for the scenario that a study names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file's stem, or the shipped scenario's name.
    pub name: String,
    /// What messages call it.
    pub file: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What axes are checked against.
pub(super) struct Base<'a> {
    /// Every version of the scenario; none if its text cannot be read as a whole.
    pub roots: Vec<&'a Table>,
    pub sets: &'a [(String, String)],
    /// The study's text.
    pub text: &'a str,
}

impl Base<'_> {
    /// What stands at a place of the study.
    pub fn written(&self, at: Place) -> &str {
        self.text.get(at.range()).unwrap_or_default()
    }
}

/// The scenario that a study names, as far as it is there.
pub(super) fn scenario_of(
    spec: &StudySpec,
    find: &dyn Fn(&str) -> Result<Found, String>,
    out: &mut Diagnostics,
) -> (Option<Found>, Document, Diagnostics) {
    let none = |out: &mut Diagnostics| {
        let document = Document::missing("scenario");
        let nothing = Diagnostics::new(out.sources().clone());
        (None, document, nothing)
    };
    let Some(written) = &spec.scenario else {
        return none(out);
    };
    let found = match find(&written.value) {
        Ok(found) => found,
        Err(why) => {
            out.scenario_missing(written.at, &why);
            return none(out);
        }
    };
    if is_study(&found.bytes) {
        out.scenario_missing(written.at, &format!("`{}` is a study itself", written.value));
        return none(out);
    }
    let (document, notation) = Document::parse(&found.file, &found.bytes);
    (Some(found), document, notation)
}

pub(super) fn method(spec: &StudySpec) -> Method {
    let plan = spec.plan.as_ref();
    plan.and_then(|it| it.value.method.as_ref())
        .map_or(Method::Grid, |it| it.value)
}

pub(super) fn plan_place(spec: &StudySpec) -> Place {
    let first = || spec.axis.first().map(|it| it.name.at);
    spec.plan.as_ref().map(|it| it.at).or_else(first).unwrap_or_default()
}

/// The variants to run; `known` are those that the scenario declares.
pub(super) fn variants(
    spec: &StudySpec,
    axes: &[Axis],
    known: &[String],
    broken: bool,
    out: &mut Diagnostics,
) -> Vec<String> {
    let mut check = |name: &str, at: Place| {
        if !broken && name != BASE && !known.iter().any(|it| it == name) {
            out.unknown_variant(at, name, known);
        }
    };
    if let Some(axis) = axes.iter().find(|it| it.is_variant()) {
        axis.levels.iter().for_each(|it| check(&it.text, it.node.at));
        if let Some(written) = &spec.variants {
            out.conflict(written.at, "`variants`, and an axis that is `variant`")
                .also(axis.at, "this axis says which variant it is")
                .help("take one of them away");
        }
        return vec![BASE.to_owned()];
    }
    let Some(written) = &spec.variants else {
        return if known.is_empty() {
            vec![BASE.to_owned()]
        } else {
            known.to_vec()
        };
    };
    written.value.iter().for_each(|it| check(&it.value, it.at));
    let mut found: Vec<String> = Vec::new();
    for it in &written.value {
        if found.contains(&it.value) {
            out.conflict(it.at, format!("`{}` stands in this list twice", it.value))
                .help("write it once");
        }
        found.push(it.value.clone());
    }
    found
}

/// The variants that some point is run in.
pub(super) fn named_variants(axes: &[Axis], variants: &[String]) -> Vec<String> {
    match axes.iter().find(|it| it.is_variant()) {
        Some(axis) => axis.levels.iter().map(|it| it.text.clone()).collect(),
        None => variants.to_vec(),
    }
}

/// The names of the measures, in order.
pub(super) fn measures(spec: &StudySpec, scenario: Option<&Scenario>) -> Vec<String> {
    let own = spec.measure.iter().map(|it| it.name.value.clone());
    match scenario {
        Some(scenario) if spec.measure.is_empty() => {
            let written = scenario.base().spec.measure.iter();
            written.map(|it| it.name.value.clone()).collect()
        }
        _ => own.collect(),
    }
}

/// What is known of each measure, from the first version that has it.
pub(super) fn known_measures<'a>(names: &'a [String], scenario: &Scenario) -> Vec<Known<'a>> {
    let find = |name: &'a String| {
        let of = |version: &Version| {
            let row = version.compiled.measures.iter().position(|it| it.name == *name)?;
            Some(Known {
                name,
                unit: version.units[row],
                is_yes_or_no: version.compiled.measures[row].value.is_yes_or_no(),
            })
        };
        scenario.all_versions().iter().find_map(of)
    };
    names.iter().filter_map(find).collect()
}
