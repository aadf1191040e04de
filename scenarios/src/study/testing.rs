//! Studies for tests: their scenario is a shipped one, or given as text.

use super::{Found, Study};
use crate::diagnostics::Diagnostics;
use crate::library::{self, ShippedStudy};

/// A shipped scenario by the name of its file.
pub fn find(what: &str) -> Result<Found, String> {
    let shipped = library::find(what.trim_end_matches(".toml"));
    let shipped = shipped.ok_or_else(|| format!("there is no file `{what}` and no shipped scenario of that name"))?;
    Ok(Found {
        name: shipped.name.to_owned(),
        file: format!("{}.toml", shipped.name),
        bytes: shipped.text.as_bytes().to_vec(),
    })
}

/// No scenario here names files.
pub fn no_files(path: &str) -> Result<Vec<u8>, String> {
    Err(format!("`{path}` is not shipped"))
}

/// A study of this text; its scenario is `scenario`, called `small.toml`.
pub fn study_of(text: &str, scenario: &str, sets: &[(String, String)]) -> Result<Study, Diagnostics> {
    let find = |what: &str| match what {
        "small.toml" => Ok(Found {
            name: "small".to_owned(),
            file: "small.toml".to_owned(),
            bytes: scenario.as_bytes().to_vec(),
        }),
        other => find(other),
    };
    Study::load("study", "study.toml", text.as_bytes(), sets, &find, &no_files)
}

/// A shipped study.
pub fn shipped(it: &ShippedStudy) -> Study {
    let file = format!("{}.toml", it.name);
    match Study::load(it.name, &file, it.text.as_bytes(), &[], &find, &no_files) {
        Ok(study) => study,
        Err(mistakes) => panic!("{}", mistakes.render(false)),
    }
}
