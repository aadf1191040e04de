//! A scenario with its overrides: everything that can be known about it before it runs.
//!
//! [`Scenario::load`] reads a file, compiles the base and every declared variant, and reports all mistakes of all of them in
//! one go. What compiled is kept: [`Scenario::compile`] only hands it out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use brownout_sim_core::measure::{Expectation, Measure, Unit};

use crate::compiled::Compiled;
use crate::diagnostics::{Diagnostics, Severity, codes};
use crate::document::{BASE, Document, Layers, Merged, Override, Place};
use crate::lint::{self, Subject};
use crate::lower::expression::{self, Context, Field, Written};
use crate::lower::mistakes::S0201;
use crate::lower::{self, Built, Cx, Lowered, policies};
use crate::spec::{Named, Opt, Spec, decode};
use crate::syntax::{Errors, expr};

/// A declared variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantInfo {
    /// Its name.
    pub name: String,
    /// Its label, if it has one.
    pub label: Option<String>,
}

/// A parsed file with its overrides, compiled in every variant.
#[derive(Clone, Debug)]
pub struct Scenario {
    name: String,
    variants: Vec<VariantInfo>,
    /// The base first, then the declared ones in the order of the file.
    versions: Vec<Version>,
    lints: Diagnostics,
}

/// One variant, at every stage.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub merged: Merged,
    pub spec: Spec,
    pub compiled: Compiled,
    /// By measure: what it counts; nothing for a bare number.
    pub units: Vec<Option<Unit>>,
}

/// What is compiled, apart from the file itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Above<'a> {
    /// The layers above the file.
    pub layers: Layers<'a>,
    /// The measures that stand in for the file's own; those of a study, if it has any.
    pub measures: &'a [Named<Opt<expr::Measure>>],
}

/// A version on its way: read, and lowered as far as its mistakes allow.
struct Draft {
    merged: Merged,
    spec: Spec,
    lowered: Lowered,
    /// Whether a mistake can make anything look unused.
    names_missing: bool,
}

impl Scenario {
    /// Reads and compiles a file.
    ///
    /// `name` is the file's stem, `file` what messages call it, `overrides` are paths and values from outside. `files` hands
    /// in the bytes of files that the scenario names (traces, empirical data), or a reason why not. Fails with every mistake
    /// of the base and all variants.
    pub fn load(
        name: &str,
        file: &str,
        bytes: &[u8],
        overrides: &[(String, String)],
        files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Scenario, Diagnostics> {
        let (document, mut all) = Document::parse(file, bytes);
        if let Some(written) = document.root().0.get("scenario") {
            // Nothing else that could be said of it as a scenario would help.
            all = Diagnostics::new(document.sources().clone());
            all.is_a_study(written.key_at);
            return Err(all);
        }
        let overrides: Vec<Override> = overrides.iter().map(|it| Override::set(&it.0, &it.1)).collect();
        let layers = Layers {
            overrides: &overrides,
            ..Layers::default()
        };
        let above = Above { layers, measures: &[] };
        Scenario::of(name, &document, all, &above, None, files)
    }

    /// Compiles a document in every variant, or in the base and those named in `only`; `all` has the mistakes in its notation.
    pub(crate) fn of(
        name: &str,
        document: &Document,
        mut all: Diagnostics,
        above: &Above<'_>,
        only: Option<&[String]>,
        files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Scenario, Diagnostics> {
        if document.root().0.is_empty() {
            all.sort();
            return Err(all);
        }
        let known: RefCell<BTreeMap<String, Result<Vec<u8>, String>>> = RefCell::default();
        let read_once = |path: &str| {
            known
                .borrow_mut()
                .entry(path.to_owned())
                .or_insert_with(|| files(path))
                .clone()
        };
        let variants: Vec<VariantInfo> = document
            .variants()
            .into_iter()
            .filter(|it| only.is_none_or(|only| only.contains(&it.name.value)))
            .map(|it| VariantInfo {
                name: it.name.value,
                label: it.label,
            })
            .collect();
        let mut used = BTreeSet::new();
        let mut drafts = Vec::new();
        for variant in core::iter::once(BASE).chain(variants.iter().map(|it| it.name.as_str())) {
            let draft = draft(document, variant, above, &read_once, &mut used, &mut all);
            drafts.push(draft);
        }
        // What looks unused may be for the variants that are left out.
        if only.is_none() && !drafts.iter().any(|it| it.names_missing) {
            check_unused(&drafts, &used, &mut all);
        }
        let versions = finish(name, &variants, drafts, &mut all);
        all.sort();
        match versions {
            Some(versions) if !all.has_errors() => {
                let name = name.to_owned();
                Ok(Scenario {
                    name,
                    variants,
                    versions,
                    lints: all,
                })
            }
            _ => Err(all),
        }
    }

    /// One version alone, without lints; measures that do not fit it are left out.
    pub(crate) fn one(
        name: &str,
        document: &Document,
        (variant, label): (&str, Option<&str>),
        above: &Above<'_>,
        files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Compiled, Diagnostics> {
        let mut all = Diagnostics::new(document.sources().clone());
        let draft = draft(document, variant, above, files, &mut BTreeSet::new(), &mut all);
        let version = version(name, (variant, label), draft, None, &mut all);
        match version {
            Some(version) if !all.has_errors() => Ok(version.compiled),
            _ => {
                all.retain(|it| it.severity() == Severity::Error);
                all.sort();
                Err(all)
            }
        }
    }

    /// The file's stem, or the shipped scenario's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called.
    pub fn title(&self) -> Option<&str> {
        self.versions[0].compiled.title.as_deref()
    }

    /// The question it answers.
    pub fn question(&self) -> Option<&str> {
        self.versions[0].compiled.question.as_deref()
    }

    /// The declared variants, in the order of the file; `base` is not among them.
    pub fn variants(&self) -> &[VariantInfo] {
        &self.variants
    }

    /// A variant ready to run: `base`, or a declared one. Fails if there is none of that name.
    pub fn compile(&self, variant: &str) -> Result<Compiled, Diagnostics> {
        self.version(variant).map(|it| it.compiled.clone())
    }

    /// Warnings over the base and all variants.
    pub fn lints(&self) -> &Diagnostics {
        &self.lints
    }

    /// The file without a patch.
    pub(crate) fn base(&self) -> &Version {
        &self.versions[0]
    }

    /// The base and all declared variants.
    pub(crate) fn all_versions(&self) -> &[Version] {
        &self.versions
    }

    pub(crate) fn version(&self, variant: &str) -> Result<&Version, Diagnostics> {
        let found = self.versions.iter().find(|it| it.compiled.variant == variant);
        found.ok_or_else(|| {
            let mut diagnostics = Diagnostics::new(self.versions[0].merged.sources().clone());
            let known: Vec<String> = self.variants.iter().map(|it| it.name.clone()).collect();
            diagnostics.unknown_variant(Place::default(), variant, &known);
            diagnostics
        })
    }
}

/// Reads and lowers one variant; its mistakes go to `all`.
fn draft(
    document: &Document,
    variant: &str,
    above: &Above<'_>,
    files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    used: &mut BTreeSet<String>,
    all: &mut Diagnostics,
) -> Draft {
    let (merged, mistakes) = document.version(variant, &above.layers);
    let mut broken = document.is_broken() || mistakes.has_errors();
    all.merge(mistakes);
    let (mut spec, mistakes) = decode(&merged);
    broken |= mistakes.has_errors();
    all.merge(mistakes);
    if !above.measures.is_empty() {
        spec.measure = above.measures.to_vec();
    }
    let mut changed = Vec::new();
    let mut state = merged.clone();
    for name in lower::changes_in_time(&spec) {
        let (next, mistakes) = state.with_change(&name);
        broken |= mistakes.has_errors();
        all.merge(mistakes);
        let (after, mistakes) = decode(&next);
        broken |= mistakes.has_errors();
        all.merge(mistakes);
        changed.push((name, after));
        state = next;
    }
    let mut out = Diagnostics::new(merged.sources().clone());
    let mut cx = Cx::new(files, &mut out, broken);
    let lowered = lower::lower(&spec, &changed, &mut cx);
    used.append(&mut cx.used);
    let names_missing = cx.names_missing;
    if broken {
        // Fields that could not be read are missing here: only what does not depend on them is told.
        let certain = |code: &str| code.starts_with("S02") || code == codes::S0103.id;
        let about_names = |code: &str| merged.headers_missing() && code == S0201.id;
        out.retain(|it| it.severity() == Severity::Error && certain(it.code.id) && !about_names(it.code.id));
    }
    all.merge(out);
    Draft {
        merged,
        spec,
        lowered,
        names_missing,
    }
}

/// Services, third parties, zones, links and policies that no variant uses.
fn check_unused(drafts: &[Draft], used: &BTreeSet<String>, all: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for spec in drafts.iter().map(|it| &it.spec) {
        let mut look = |kind: &str, name: &str, at: Place, meant: bool, why: &str| {
            let path = format!("{kind}.{name}");
            if !meant && !used.contains(&path) && seen.insert(path) {
                all.unused(at, kind, name, why);
            }
        };
        let meant = |it: &Opt<bool>| it.as_ref().is_some_and(|it| it.value);
        for it in &spec.service {
            look("service", &it.name, it.name.at, meant(&it.unused), "is never called");
        }
        for it in &spec.external {
            look("external", &it.name, it.name.at, meant(&it.unused), "is never called");
        }
        for it in &spec.zone {
            look("zone", &it.name, it.name.at, meant(&it.unused), "has nothing in it");
        }
        for it in &spec.link {
            look("link", &it.name, it.name.at, meant(&it.unused), "is for no call");
        }
        for it in &spec.policy {
            look("policy", &it.name, it.name.at, meant(&it.unused), "is for no call");
        }
    }
}

/// Adds expressions and arithmetic to what was lowered. `None` if a version has a mistake; expressions are checked all the
/// same.
fn finish(name: &str, variants: &[VariantInfo], drafts: Vec<Draft>, all: &mut Diagnostics) -> Option<Vec<Version>> {
    let mut measures = Unfit::new();
    let mut versions = Vec::new();
    let mut complete = true;
    for (row, draft) in drafts.into_iter().enumerate() {
        let variant = row.checked_sub(1).map(|it| &variants[it]);
        let called = variant.map_or((BASE, None), |it| (it.name.as_str(), it.label.as_deref()));
        match version(name, called, draft, Some(&mut measures), all) {
            Some(version) => versions.push(version),
            None => complete = false,
        }
    }
    let mut out = Diagnostics::new(all.sources().clone());
    for (at, errors) in measures.into_values().flatten() {
        errors.into_iter().for_each(|it| out.in_expression(at, it));
    }
    all.merge(out);
    complete.then_some(versions)
}

/// Measures that no version seen so far has; nothing for one that fits somewhere. A measure is of those variants in which its
/// names exist; a mistake only if there is none.
type Unfit = BTreeMap<String, Option<(Place, Errors)>>;

/// One version, complete; `None` after a mistake. Lints are looked for where all versions are, that is with `unfit`.
fn version(
    name: &str,
    (variant, label): (&str, Option<&str>),
    draft: Draft,
    unfit: Option<&mut Unfit>,
    all: &mut Diagnostics,
) -> Option<Version> {
    let Draft {
        merged, spec, lowered, ..
    } = draft;
    let context = Context {
        directory: &lowered.directory,
        currency: lowered.currency.as_deref(),
        worth: &lowered.worth,
    };
    let mut out = Diagnostics::new(merged.sources().clone());
    if merged.headers_missing() {
        return None;
    }
    let lints = unfit.is_some();
    let expectations = expectations(&spec, variant, context, &mut out);
    let mut apart = Unfit::new();
    let found = measures_of(&spec, context, unfit.unwrap_or(&mut apart));
    let (units, measures) = found.into_iter().unzip();
    let Some(built) = lowered.system else {
        all.merge(out);
        return None;
    };
    let capacity = crate::capacity::capacity(&built.model, &built.names);
    if lints {
        lint(&built, &spec, &expectations, variant, &mut out);
    }
    all.merge(out);
    let run = spec.run.as_ref().map(|it| &it.value);
    let compiled = Compiled {
        scenario: name.to_owned(),
        title: spec.title.as_ref().map(|it| it.value.clone()),
        question: spec.question.as_ref().map(|it| it.value.clone()),
        variant: variant.to_owned(),
        label: label.map(str::to_owned),
        model: built.model,
        names: built.names,
        seed: run.and_then(|it| it.seed.as_ref()).map_or(1, |it| it.value),
        replications: run.and_then(|it| it.replications.as_ref()).map_or(10, |it| it.value),
        expectations,
        measures,
        currency: lowered.currency,
        worth: lowered.worth,
        capacity: capacity.rows,
        events_estimate: capacity.events_estimate,
    };
    Some(Version {
        merged,
        spec,
        compiled,
        units,
    })
}

/// The expectations of a variant. Those of other variants stay if their names exist here.
fn expectations(spec: &Spec, variant: &str, context: Context<'_>, out: &mut Diagnostics) -> Vec<Expectation> {
    let mut found = Vec::new();
    for expect in &spec.expect {
        let Some(that) = &expect.it.that else { continue };
        let variants: Option<Vec<String>> = expect
            .it
            .variants
            .as_ref()
            .map(|it| it.value.iter().map(|it| it.value.clone()).collect());
        let written = Written {
            name: &expect.name,
            that: &that.value,
            during: expect.it.during.as_ref().map(|it| &it.value),
            within: expect.it.within.as_ref().map(|it| &it.value),
            over: expect.it.over.as_ref().map(|it| it.value),
            share: expect.it.share.as_ref().map(|it| it.value),
            variants: variants.as_deref(),
        };
        match expression::expectation(&written, context) {
            Ok(expectation) => found.push(expectation),
            Err(mistakes) => {
                if variants.as_ref().is_some_and(|it| !it.iter().any(|it| it == variant)) {
                    continue; // It is about what other variants have.
                }
                for mistake in mistakes {
                    out.in_expression(place_of(expect, mistake.field).unwrap_or(that.at), mistake.error);
                }
            }
        }
    }
    found
}

/// Reports what is probably not meant. The base comes first; a variant adds what it alone has.
fn lint(built: &Built, spec: &Spec, expectations: &[Expectation], variant: &str, out: &mut Diagnostics) {
    let (model, names) = (&built.model, &built.names);
    let input = lint::Input {
        model,
        names,
        expectations,
    };
    fn named<T>(rows: &[Named<T>], name: &str) -> Option<Place> {
        rows.iter().find(|it| it.name.value == name).map(|it| it.name.at)
    }
    let place = |subject: Subject, code: &str| match subject {
        Subject::Load(it) => named(&spec.load, &names.loads[it.index()]),
        Subject::Service(it) => {
            let name = &names.services[it.index()];
            named(&spec.service, name).or_else(|| named(&spec.external, name))
        }
        Subject::Plan(it) => {
            let places = &built.plan_places[it.index()];
            let about = match code {
                "L0111" | "L0117" | "L0120" | "L0164" | "L0165" => &["retry"][..],
                "L0122" => &["order"],
                "L0123" | "L0125" => &["breaker"],
                "L0124" => &["bulkhead", "rate_limit"],
                "L0131" | "L0132" => &["hedge"],
                "L0160" => &["outlier"],
                "L0161" => &["subset", "locality", "shard"],
                "L0162" => &["bulkhead", "rate_limit", "pool"],
                "L0163" => &["pool", "bulkhead"],
                _ => &[],
            };
            about
                .iter()
                .find_map(|it| places[policies::key_of(it)])
                .or_else(|| places.iter().flatten().next().copied())
        }
        Subject::Fault(it) => named(&spec.fault, &names.faults[it.index()]),
        Subject::Change(it) => named(&spec.change, &names.changes[it.index()]),
        Subject::Expectation(it) => named(&spec.expect, &expectations[it].name),
    };
    for found in lint::lints(input) {
        let Some(code) = codes::find(found.code) else { continue };
        let at = place(found.subject, found.code).unwrap_or_default();
        let report = out.report(code, at, found.message);
        report.help(found.help);
        for other in found
            .also
            .iter()
            .filter_map(|it| place(*it, found.code))
            .filter(|it| *it != at)
        {
            report.also(other, "has part in it");
        }
        if variant != BASE {
            report.note(format!("in the variant `{variant}`"));
        }
    }
}

fn place_of(expect: &Named<crate::spec::expect::Expect>, field: Field) -> Option<Place> {
    let it = &expect.it;
    match field {
        Field::That => it.that.as_ref().map(|it| it.at),
        Field::During => it.during.as_ref().map(|it| it.at),
        Field::Within => it.within.as_ref().map(|it| it.at),
        Field::Over => it.over.as_ref().map(|it| it.at),
    }
}

/// The measures of a variant with what they count; what does not fit it is kept aside.
fn measures_of(spec: &Spec, context: Context<'_>, unfit: &mut Unfit) -> Vec<(Option<Unit>, Measure)> {
    let mut found = Vec::new();
    for measure in &spec.measure {
        let Some(written) = &measure.it else { continue };
        match expression::measure(&measure.name, &written.value, context) {
            Ok(it) => {
                unfit.insert(measure.name.value.clone(), None);
                found.push((expression::unit(&written.value, context), it));
            }
            Err(errors) => {
                unfit
                    .entry(measure.name.value.clone())
                    .or_insert(Some((written.at, errors)));
            }
        }
    }
    found
}

#[cfg(test)]
mod profiles;
#[cfg(test)]
mod ranges;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;
