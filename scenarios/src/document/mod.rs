//! A file as a tree in which every value knows its place, and the versions of it: variants, overrides, changes.
//!
//! Text becomes a [`Document`]; [`Document::variant`] merges one version of it, from the lowest layer to the highest:
//! profile (`like`), `[defaults.<kind>]`, file, the variants it starts `from`, variant, axis and `--set`. The result is a
//! [`Merged`] tree, whose values still say where they stand and which layer put them there. What the keys mean is not known
//! here, but for the few that steer the merging.

mod merge;
mod node;
pub(crate) mod parse;
pub mod path;
mod place;
mod sources;

pub use node::{Entry, Node, Table, Value};
pub use place::{At, Place};
pub use sources::{Source, Sources};

use crate::diagnostics::Diagnostics;
use std::collections::{BTreeMap, BTreeSet};

/// Files above this many bytes are refused.
pub const BYTES_MAX: usize = 10_000_000;

/// Variants at most, and changes at most: each is another version of the whole file to read.
pub const BLOCKS_MAX: usize = 200;

/// The variant that is the file without a patch.
pub const BASE: &str = "base";

/// What no layer above the file can set: a patch of patches would change nothing any more.
const STEERING: [&str; 3] = ["variant", "defaults", "format"];

/// The shipped profiles.
const PROFILES: &str = include_str!("profiles.toml");

/// The source of the file itself.
const FILE: u16 = 0;
/// The source of the profiles.
const PROFILE: u16 = 1;
/// The source of a study, if the file is run by one.
pub(crate) const STUDY: u16 = 2;

/// A layer of settings. Later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file itself.
    File,
    /// A profile, by name.
    Profile(String),
    /// `[defaults.<kind>]`.
    Defaults(String),
    /// A variant, by name.
    Variant(String),
    /// A study's settings for all of its points.
    Study,
    /// A study's axis, by name.
    Axis(String),
    /// `--set`, by path.
    Set(String),
    /// A change during the run, by name.
    Change(String),
}

/// A setting from outside of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Whether it comes from a study's axis; from `--set` otherwise.
    pub axis: bool,
    /// Dotted path.
    pub path: String,
    /// A TOML value; what is none is a text.
    pub value: String,
}

impl Override {
    /// `--set path=value`.
    pub fn set(path: &str, value: &str) -> Override {
        Override {
            axis: false,
            path: path.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// What one point of a study sets: the path and the value keep their places in the study's file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    /// The axis.
    pub axis: &'a str,
    /// The keys of the path.
    pub keys: &'a [String],
    /// Where the path stands.
    pub key_at: Place,
    /// The value.
    pub node: &'a Node,
}

/// What lies above a file and its variants, from the lowest layer to the highest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers<'a> {
    /// The study's file, whose `set` holds for all points.
    pub study: Option<&'a Table>,
    /// What the axes say.
    pub axes: Vec<Setting<'a>>,
    /// `--set`.
    pub overrides: &'a [Override],
}

/// A parsed file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    sources: Sources,
    root: Table,
    profiles: Table,
    /// Lines that a mistake in the notation stands on: what is said about them later would be noise.
    broken: BTreeSet<usize>,
    /// The text could not be read at all.
    unreadable: bool,
}

/// A declared variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantHead {
    /// Its name, standing at the key.
    pub name: At<String>,
    /// Its label, if it has one.
    pub label: Option<String>,
}

impl Document {
    /// Reads a file. `name` is what messages call it. With errors the document holds what could be understood.
    pub fn parse(name: &str, bytes: &[u8]) -> (Document, Diagnostics) {
        let mut document = Document::missing(name);
        let text = text_of(bytes);
        document.sources = Sources::default();
        document.sources.push(name, &text);
        document.sources.push("profiles", PROFILES);
        let mut diagnostics = Diagnostics::new(document.sources.clone());
        if !is_sound(bytes, FILE, &mut diagnostics) {
            return (document, diagnostics);
        }
        document.unreadable = false;
        document.root = parse::document(&text, FILE, &mut diagnostics);
        document.broken = diagnostics.iter().map(|it| it.line).collect();
        document.profiles = parse::document(PROFILES, PROFILE, &mut diagnostics);
        (document, diagnostics)
    }

    /// Whether a mistake in the file's notation was found.
    pub fn is_broken(&self) -> bool {
        self.unreadable || !self.broken.is_empty()
    }

    /// The texts that places point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Adds the text of the study that other layers come from.
    pub(crate) fn add_study(&mut self, name: &str, text: &str) {
        let source = self.sources.push(name, text);
        assert_eq!(source, STUDY, "a study's text comes after the file and the profiles");
    }

    /// A document of nothing, for a file that is not there.
    pub(crate) fn missing(name: &str) -> Document {
        let mut sources = Sources::default();
        sources.push(name, "");
        sources.push("profiles", PROFILES);
        Document {
            sources,
            root: Table::default(),
            profiles: Table::default(),
            broken: BTreeSet::new(),
            unreadable: true,
        }
    }

    /// The tree as it is in the file.
    pub fn root(&self) -> &Table {
        &self.root
    }

    /// The declared variants, in the order of the file; [`BLOCKS_MAX`] at most.
    pub fn variants(&self) -> Vec<VariantHead> {
        let Some(table) = self.root.get("variant").and_then(Node::as_table) else {
            return Vec::new();
        };
        let head = |(name, entry): (&String, &Entry)| VariantHead {
            name: At::new(name.clone(), entry.key_at),
            label: entry
                .node
                .as_table()
                .and_then(|it| it.get("label")?.as_str().map(str::to_owned)),
        };
        table.in_order().into_iter().take(BLOCKS_MAX).map(head).collect()
    }

    /// The names of the shipped profiles.
    pub fn profiles() -> Vec<&'static str> {
        let names = PROFILES
            .lines()
            .filter_map(|it| it.strip_prefix("[policy.")?.split(']').next());
        names.collect()
    }

    /// What a shipped profile says of itself, on one line, and its settings as written. `None` if none is called so.
    pub fn profile(name: &str) -> Option<(String, &'static str)> {
        let header = format!("[policy.{name}]\n");
        let at = PROFILES.find(&format!("\n{header}"))? + 1;
        let above = PROFILES[..at].rsplit("\n\n").next().unwrap_or_default();
        let comment: Vec<&str> = above.lines().map(|it| it.trim_start_matches('#').trim()).collect();
        let settings = &PROFILES[at + header.len()..];
        let end = settings.find("\n\n").map_or(settings.len(), |it| it + 1);
        Some((comment.join(" "), &settings[..end]))
    }

    /// One version of the file: a declared variant or [`BASE`], with settings from outside on top.
    pub fn variant(&self, name: &str, overrides: &[Override]) -> (Merged, Diagnostics) {
        let layers = Layers {
            overrides,
            ..Layers::default()
        };
        self.version(name, &layers)
    }

    /// One version of the file with what lies above it.
    pub(crate) fn version(&self, name: &str, layers: &Layers<'_>) -> (Merged, Diagnostics) {
        let overrides = layers.overrides;
        let mut sources = self.sources.clone();
        let texts: Vec<u16> = overrides
            .iter()
            .map(|it| {
                let from = if it.axis { "axis" } else { "--set" };
                sources.push(from, &format!("{}={}", it.path, it.value))
            })
            .collect();
        let mut diagnostics = Diagnostics::new(sources.clone());
        let mut merged = Merged {
            variant: name.to_owned(),
            sources,
            origins: vec![Origin::File],
            root: self.root.clone(),
            profiles: self.profiles.clone(),
            broken: self.broken.clone(),
            unreadable: self.unreadable,
        };
        for name in self.chain(name, &mut diagnostics) {
            let origin = merged.origin_id(Origin::Variant(name.clone()));
            let patch = self.root.find(["variant", name.as_str()]).and_then(Node::as_table);
            if let Some(patch) = patch {
                merged.patch(patch, origin, &mut diagnostics);
            }
        }
        if let Some(study) = layers.study {
            let origin = merged.origin_id(Origin::Study);
            merged.patch(study, origin, &mut diagnostics);
        }
        for it in &layers.axes {
            merged.set_axis(it, &mut diagnostics);
        }
        for (it, source) in overrides.iter().zip(texts) {
            merged.override_with(it, source, &mut diagnostics);
        }
        merged.fill_in(&mut diagnostics);
        merge::prune(&mut merged.root);
        (merged, diagnostics)
    }

    /// The variants that `name` is made of, the first one to apply first.
    fn chain(&self, name: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
        let mut chain: Vec<String> = Vec::new();
        let mut next = name.to_owned();
        let mut at = Place::default();
        while next != BASE {
            let Some(table) = self.root.find(["variant", next.as_str()]).and_then(Node::as_table) else {
                let known: Vec<String> = self.variants().into_iter().map(|it| it.name.value).collect();
                diagnostics.unknown_variant(at, &next, &known);
                break;
            };
            if let Some(begin) = chain.iter().position(|it| *it == next) {
                // Told the same way whichever of them is asked for.
                let mut circle: Vec<&str> = chain[begin..].iter().map(String::as_str).collect();
                let least = (0..circle.len()).min_by_key(|it| circle[*it]).unwrap_or(0);
                circle.rotate_left(least);
                circle.push(circle[0]);
                let from = self.root.find(["variant", circle[0], "from"]);
                diagnostics.circular_from(from.map_or(at, |it| it.at), &circle);
                break;
            }
            chain.push(next);
            if chain.len() > BLOCKS_MAX {
                break;
            }
            let Some((from, from_at)) = table.get("from").and_then(|it| Some((it.as_str()?, it.at))) else {
                break;
            };
            (next, at) = (from.to_owned(), from_at);
        }
        chain.reverse();
        chain
    }
}

/// A study's file as a tree; its places are of the source [`STUDY`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StudyFile {
    /// The tree.
    pub root: Table,
    /// The text.
    pub text: String,
    /// Lines that a mistake in the notation stands on.
    pub broken: BTreeSet<usize>,
    /// Whether there is nothing to speak of.
    pub unreadable: bool,
}

impl StudyFile {
    /// Reads a study's file. The diagnostics have its text at the place where it is among those of a scenario.
    pub fn parse(name: &str, bytes: &[u8]) -> (StudyFile, Diagnostics) {
        let text = text_of(bytes);
        let mut sources = Sources::default();
        sources.push("scenario", "");
        sources.push("profiles", "");
        sources.push(name, &text);
        let mut diagnostics = Diagnostics::new(sources);
        let mut file = StudyFile {
            root: Table::default(),
            text,
            broken: BTreeSet::new(),
            unreadable: true,
        };
        if is_sound(bytes, STUDY, &mut diagnostics) {
            file.root = parse::document(&file.text, STUDY, &mut diagnostics);
            file.broken = diagnostics.iter().map(|it| it.line).collect();
            file.unreadable = false;
        }
        (file, diagnostics)
    }
}

/// The text of a file, as far as it is one; nothing of a file that is too large.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    if bytes.len() > BYTES_MAX {
        return String::new();
    }
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

/// Whether a file can be read at all; reports why not.
fn is_sound(bytes: &[u8], source: u16, diagnostics: &mut Diagnostics) -> bool {
    let top = Place::new(source, 0, 0..0);
    if bytes.len() > BYTES_MAX {
        diagnostics.too_large(top, bytes.len(), BYTES_MAX);
        return false;
    }
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            diagnostics.not_utf8(Place::new(source, 0, at..at + 1), bytes[at]);
            return false;
        }
    };
    let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.trim_start_matches('\u{feff}').lines().all(blank) {
        diagnostics.empty_file(top);
        return false;
    }
    true
}

/// One version of a file, merged from all its layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    variant: String,
    sources: Sources,
    origins: Vec<Origin>,
    root: Table,
    profiles: Table,
    broken: BTreeSet<usize>,
    unreadable: bool,
}

impl Merged {
    /// Which version it is.
    pub fn variant(&self) -> &str {
        &self.variant
    }

    /// The tree.
    pub fn root(&self) -> &Table {
        &self.root
    }

    /// The texts that places point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The layer that put a value where it is.
    pub fn origin(&self, place: Place) -> &Origin {
        &self.origins[usize::from(place.origin).min(self.origins.len() - 1)]
    }

    /// Where a value comes from, in words: `shop.toml:12`, `variant naive (shop.toml:40)`, `profile envoy-default`.
    pub fn comes_from(&self, place: Place) -> String {
        let line = self.sources.line_column(place).0;
        let name = self.sources.get(place).map_or("", |it| it.name.as_str());
        match self.origin(place) {
            Origin::File => format!("{name}:{line}"),
            Origin::Profile(it) => format!("profile {it}"),
            Origin::Defaults(it) => format!("[defaults.{it}] ({name}:{line})"),
            Origin::Variant(it) => format!("variant {it} ({name}:{line})"),
            Origin::Study => format!("study ({name}:{line})"),
            Origin::Axis(it) => format!("axis {it}"),
            Origin::Set(it) => format!("--set {it}"),
            Origin::Change(it) => format!("change {it} ({name}:{line})"),
        }
    }

    /// Whether a mistake in the file's notation stands on this line, counted from 1.
    pub(crate) fn is_broken_line(&self, line: usize) -> bool {
        self.broken.contains(&line)
    }

    /// Whether there is no text to speak of.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    /// Whether a mistake in the file's notation was found.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Whether such a mistake may have swallowed the header of a table, so that a name that the file has is unknown.
    pub(crate) fn headers_missing(&self) -> bool {
        let Some(source) = self.sources.get(Place::default()) else {
            return self.is_broken();
        };
        let header = |it: &str| it.trim_start().starts_with('[') || it.contains("\"\"\"") || it.contains("'''");
        let mut lines = source.text.lines().enumerate();
        self.is_broken() && lines.any(|(row, line)| self.is_broken_line(row + 1) && header(line))
    }

    /// The same version after a change during the run has been made (and, if given several, after those before it).
    pub fn with_change(&self, name: &str) -> (Merged, Diagnostics) {
        let mut diagnostics = Diagnostics::new(self.sources.clone());
        let mut changed = self.clone();
        let patch = self.root.find(["change", name]).and_then(Node::as_table);
        if let Some(patch) = patch {
            let origin = changed.origin_id(Origin::Change(name.to_owned()));
            changed.patch(patch, origin, &mut diagnostics);
        }
        merge::prune(&mut changed.root);
        (changed, diagnostics)
    }

    fn origin_id(&mut self, origin: Origin) -> u16 {
        if let Some(at) = self.origins.iter().position(|it| *it == origin) {
            return at as u16;
        }
        self.origins.push(origin);
        u16::try_from(self.origins.len() - 1).unwrap_or(u16::MAX)
    }

    /// Applies a variant's or change's `unset`, then its `set`.
    fn patch(&mut self, patch: &Table, origin: u16, diagnostics: &mut Diagnostics) {
        if let Some(Value::Array(paths)) = patch.get("unset").map(|it| &it.value) {
            for node in paths {
                // What is no path is the decoder's to report.
                let Some(keys) = node.as_str().and_then(|it| path::keys(it).ok()) else {
                    continue;
                };
                let below = self.is_below(&keys);
                if !merge::unset(&mut self.root, &keys, below) {
                    diagnostics.nothing_to_unset(node.at, node.as_str().unwrap_or_default());
                }
            }
        }
        if let Some(Value::Table(set)) = patch.get("set").map(|it| &it.value) {
            let mut set = set.clone();
            set.stamp(origin);
            for steering in STEERING {
                if let Some(entry) = set.0.remove(steering) {
                    diagnostics.not_settable(entry.key_at, steering);
                }
            }
            merge::merge(&mut self.root, &set);
        }
    }

    /// Whether a default or the table's profile sets a path.
    fn is_below(&self, keys: &[String]) -> bool {
        let [kind, name, rest @ ..] = keys else {
            return false;
        };
        let rest = || rest.iter().map(String::as_str);
        let within = |table: Option<&Node>| {
            table
                .and_then(Node::as_table)
                .is_some_and(|it| it.find(rest()).is_some())
        };
        let like = self.root.find([kind.as_str(), name.as_str(), "like"]);
        let profile = like.and_then(Node::as_str).unwrap_or_default();
        self.root.find([kind.as_str(), name.as_str()]).is_some()
            && (within(self.root.find(["defaults", kind.as_str()]))
                || within(self.profiles.find([kind.as_str(), profile])))
    }

    /// Puts the value of a study's axis where its path says.
    fn set_axis(&mut self, it: &Setting<'_>, diagnostics: &mut Diagnostics) {
        if STEERING.contains(&it.keys[0].as_str()) {
            diagnostics.not_settable(it.key_at, &it.keys[0]);
            return;
        }
        let origin = self.origin_id(Origin::Axis(it.axis.to_owned()));
        let mut node = it.node.clone();
        node.stamp(origin);
        let key_at = Place { origin, ..it.key_at };
        merge::merge(&mut self.root, &merge::branch(it.keys, Entry { key_at, node }));
    }

    fn override_with(&mut self, it: &Override, source: u16, diagnostics: &mut Diagnostics) {
        let origin = self.origin_id(if it.axis {
            Origin::Axis(it.path.clone())
        } else {
            Origin::Set(it.path.clone())
        });
        let key_at = Place::new(source, origin, 0..it.path.len());
        let keys = match path::keys(&it.path) {
            Ok(keys) => keys,
            Err(error) => {
                diagnostics.bad_value(Place { inset: 1, ..key_at }, vec![error]);
                return;
            }
        };
        if STEERING.contains(&keys[0].as_str()) {
            diagnostics.not_settable(key_at, &keys[0]);
            return;
        }
        let shift = it.path.len() + 1;
        let mut node = parse::value(&it.value, source, shift, diagnostics).unwrap_or_else(|| {
            let mut at = Place::new(source, origin, shift..shift + it.value.len());
            at.inset = 1;
            Node {
                value: Value::String(it.value.clone()),
                at,
            }
        });
        node.stamp(origin);
        let tree = merge::branch(&keys, Entry { key_at, node });
        merge::merge(&mut self.root, &tree);
    }

    /// Puts defaults and profiles below what the tables say themselves.
    fn fill_in(&mut self, diagnostics: &mut Diagnostics) {
        let defaults = match self.root.get("defaults").map(|it| &it.value) {
            Some(Value::Table(it)) => it.clone(),
            _ => Table::default(),
        };
        let mut below: BTreeMap<String, Table> = BTreeMap::new();
        for (kind, entry) in &defaults.0 {
            if let Value::Table(table) = &entry.node.value {
                let mut table = table.clone();
                table.stamp(self.origin_id(Origin::Defaults(kind.clone())));
                below.insert(kind.clone(), table);
            }
        }
        let mut root = core::mem::take(&mut self.root);
        for (kind, entry) in &mut root.0 {
            let Value::Table(tables) = &mut entry.node.value else {
                continue;
            };
            if ["run", "defaults", "measure", "value", "variant", "change"].contains(&kind.as_str()) {
                continue;
            }
            for entry in tables.0.values_mut() {
                let Value::Table(own) = &mut entry.node.value else {
                    continue;
                };
                if kind == "service"
                    && let Some(defaults) = below.get("endpoint")
                {
                    match own.0.get_mut("endpoint").map(|it| &mut it.node.value) {
                        Some(Value::Table(endpoints)) => {
                            for endpoint in endpoints.0.values_mut() {
                                if let Value::Table(own) = &mut endpoint.node.value {
                                    put_below(own, defaults);
                                }
                            }
                        }
                        Some(_) => {}
                        None => put_below(own, defaults),
                    }
                }
                if let Some(defaults) = below.get(kind) {
                    put_below(own, defaults);
                }
                if kind == "policy"
                    && let Some((name, at)) = own.get("like").and_then(|it| Some((it.as_str()?.to_owned(), it.at)))
                {
                    match self
                        .profiles
                        .find([kind.as_str(), name.as_str()])
                        .and_then(Node::as_table)
                    {
                        Some(profile) => {
                            let mut profile = profile.clone();
                            profile.stamp(self.origin_id(Origin::Profile(name)));
                            put_below(own, &profile);
                        }
                        None => diagnostics.unknown_profile(at, &name, &Document::profiles()),
                    }
                }
            }
        }
        self.root = root;
    }
}

/// Merges `own` on top of `defaults`.
fn put_below(own: &mut Table, defaults: &Table) {
    let mut result = defaults.clone();
    merge::merge(&mut result, own);
    *own = result;
}
