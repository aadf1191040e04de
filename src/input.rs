//! Where scenarios come from: files, or the shipped library by name.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use brownout_scenarios::{Scenario, library};

use crate::exit::Failure;

/// More bytes than any text file of ours has; beyond this, the argument is not what the user meant.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A scenario's text before anything is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's stem or the shipped scenario's name.
    pub name: String,
    /// As messages show it.
    pub shown: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Where the files that it names are; `None` for a shipped scenario.
    pub folder: Option<PathBuf>,
}

/// Finds `what`: a file, or else a shipped scenario of that name.
pub fn find(what: &str) -> Result<Source, Failure> {
    let path = Path::new(what);
    if path.is_file() || (path.exists() && !path.is_dir()) {
        let bytes = read(path).map_err(|why| Failure::system(format!("cannot read `{what}`: {why}")))?;
        let stem = path
            .file_stem()
            .map_or_else(|| what.to_owned(), |it| it.to_string_lossy().into_owned());
        let folder = path.parent().map(Path::to_path_buf);
        return Ok(Source {
            name: stem,
            shown: what.to_owned(),
            bytes,
            folder: Some(folder.unwrap_or_default()),
        });
    }
    if library::find(what).is_some() {
        return find_shipped(what);
    }
    if path.is_dir() {
        return Err(Failure::usage(format!("`{what}` is a folder, not a scenario file")));
    }
    Err(unknown(what))
}

/// The shipped scenario of this name.
pub fn find_shipped(name: &str) -> Result<Source, Failure> {
    let shipped = library::find(name).ok_or_else(|| unknown(name))?;
    Ok(Source {
        name: shipped.name.to_owned(),
        shown: format!("{}.toml", shipped.name),
        bytes: shipped.text.as_bytes().to_vec(),
        folder: None,
    })
}

/// Neither a file nor a shipped scenario.
fn unknown(what: &str) -> Failure {
    let failure = Failure::usage(format!("no file and no shipped scenario is called `{what}`"));
    let stem = Path::new(what)
        .file_stem()
        .map_or_else(|| what.to_owned(), |it| it.to_string_lossy().into_owned());
    let shipped = nearest(&stem, library::all().iter().map(|it| it.name));
    let nearby = files_beside(Path::new(what));
    let file = nearest(what, nearby.iter().map(String::as_str));
    match (file, shipped) {
        (Some(file), _) => failure.help(format!("did you mean the file `{file}`?")),
        (None, Some(shipped)) => failure.help(format!("did you mean the shipped scenario `{shipped}`?")),
        (None, None) => failure.help("`brownout list` names the shipped scenarios; `brownout new NAME` starts a file"),
    }
}

/// The scenario files in the folder that `path` would be in, as the user would type them.
fn files_beside(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new(".")))
        .into_iter()
        .flatten()
        .flatten();
    let named =
        entries.map(|it| folder.map_or_else(|| PathBuf::from(it.file_name()), |folder| folder.join(it.file_name())));
    let mut files: Vec<String> = named
        .filter(|it| it.extension().is_some_and(|it| it == "toml"))
        .map(|it| it.to_string_lossy().into_owned())
        .collect();
    files.sort();
    files
}

/// The candidate that `what` was probably meant to be.
pub fn nearest<'a>(what: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |it: &'a str| {
        (
            strsim::damerau_levenshtein(&what.to_lowercase(), &it.to_lowercase()),
            it,
        )
    };
    let allowed = what.chars().count() / 3 + 1;
    candidates.map(near).filter(|it| it.0 <= allowed).min().map(|it| it.1)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|why| why.to_string())?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| why.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20));
    }
    Ok(bytes)
}

/// Parses a source with its overrides; a mistake comes back as rendered diagnostics.
pub fn load(source: &Source, overrides: &[(String, String)], colour: bool) -> Result<Scenario, Failure> {
    load_with_files(source, overrides, colour).map(|it| it.0)
}

/// As [`load`], and every file that the scenario names and that could be read, by name.
pub fn load_with_files(
    source: &Source,
    overrides: &[(String, String)],
    colour: bool,
) -> Result<(Scenario, BTreeMap<String, Vec<u8>>), Failure> {
    if brownout_scenarios::study::is_study(&source.bytes) {
        return Err(Failure::usage(format!("`{}` is a study, not a scenario", source.shown))
            .help(format!("run it with `brownout sweep run {}`", source.shown)));
    }
    let found = RefCell::default();
    let files = |name: &str| source.file(name, &found);
    let scenario = Scenario::load(&source.name, &source.shown, &source.bytes, overrides, &files)
        .map_err(|mistakes| Failure::diagnostics(mistakes.render(colour)))?;
    Ok((scenario, found.into_inner()))
}

impl Source {
    /// Reads a file that this scenario names, and takes note of it.
    pub fn file(&self, name: &str, found: &RefCell<BTreeMap<String, Vec<u8>>>) -> Result<Vec<u8>, String> {
        let bytes = match &self.folder {
            Some(folder) => read(&folder.join(name))?,
            None => return Err("a shipped scenario has no files beside it".to_owned()),
        };
        found.borrow_mut().insert(name.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// The names of all variants: `base`, then the declared ones.
pub fn variants(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let declared = scenario.variants().iter().map(|it| it.name.as_str());
    core::iter::once("base").chain(declared)
}

/// The variant asked for, if the scenario has it.
pub fn variant<'a>(scenario: &Scenario, asked: &'a str) -> Result<&'a str, Failure> {
    if variants(scenario).any(|it| it == asked) {
        return Ok(asked);
    }
    let names: Vec<&str> = variants(scenario).collect();
    let failure = Failure::usage(format!("the scenario has no variant `{asked}`"));
    Err(match nearest(asked, names.iter().copied()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("it has {}", names.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        let names = ["retry-storm", "one-queue", "many-workers"];
        assert_eq!(nearest("retrystorm", names.into_iter()), Some("retry-storm"));
        assert_eq!(nearest("One-Queu", names.into_iter()), Some("one-queue"));
        assert_eq!(nearest("shop", names.into_iter()), None);
    }

    #[test]
    fn a_file_wins_over_the_library_and_knows_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.toml");
        std::fs::write(&path, "format = 1\n").unwrap();
        let source = find(path.to_str().unwrap()).unwrap();
        assert_eq!(
            (source.name.as_str(), source.bytes.as_slice()),
            ("shop", b"format = 1\n".as_slice())
        );
        assert_eq!(source.folder.as_deref(), Some(folder.path()));
    }

    #[test]
    fn a_misspelt_file_is_told_from_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.toml"), "").unwrap();
        let asked = folder.path().join("shpo.toml");
        let failure = find(asked.to_str().unwrap()).unwrap_err();
        assert!(failure.help.unwrap().ends_with("shop.toml`?"));
    }
}
