//! `new`: a file to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use brownout_scenarios::library;

use super::print;
use crate::exit::{Exit, Failure};
use crate::input::nearest;

/// The commented scenario that `new` writes.
const STARTER: &str = include_str!("starter.toml");

/// Writes NAME.toml: a small commented scenario that runs, or a copy of a shipped one
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout new shop                       writes shop.toml, a service with a database\n  \
    brownout new mine --from retry-storm    writes mine.toml, a copy of a shipped scenario\n\n\
    A file that exists is never overwritten."
)]
pub struct Args {
    /// Name of the new scenario; a folder may stand before it
    name: String,
    /// The shipped scenario to copy (`brownout list` names them)
    #[arg(long, value_name = "SCENARIO")]
    from: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let path = path(&args.name)?;
    let text = match &args.from {
        None => STARTER.to_owned(),
        Some(name) => copy_of(name)?,
    };
    let shown = path.display();
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    file.and_then(|mut it| it.write_all(text.as_bytes())).map_err(|why| {
        if why.kind() == ErrorKind::AlreadyExists {
            Failure::usage(format!("`{shown}` exists already")).help("choose another name, or remove the file first")
        } else {
            Failure::system(format!("cannot write `{shown}`: {why}"))
        }
    })?;
    print(&format!(
        "Wrote {shown}. Next:\n  brownout check {shown}     its mistakes, and offered load against capacity\n  \
         brownout run {shown}       what happens\n"
    ))?;
    Ok(Exit::Success)
}

/// Where the scenario goes.
fn path(name: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(name.strip_suffix(".toml").unwrap_or(name));
    let stem = path
        .file_name()
        .map(|it| it.to_string_lossy().into_owned())
        .unwrap_or_default();
    let well_formed = stem.starts_with(|it: char| it.is_ascii_alphabetic())
        && stem
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
    if !well_formed {
        return Err(Failure::usage(format!("`{name}` is no name for a scenario"))
            .help("a name begins with a letter and goes on with letters, digits, `-` and `_`"));
    }
    Ok(path.with_file_name(format!("{stem}.toml")))
}

/// A shipped scenario's text, with its header.
fn copy_of(name: &str) -> Result<String, Failure> {
    if let Some(shipped) = library::find(name) {
        return Ok(shipped.text.to_owned());
    }
    let failure = Failure::usage(format!("no shipped scenario is called `{name}`"));
    Err(match nearest(name, library::all().iter().map(|it| it.name)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`brownout list` names them"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_files_beside_where_they_point() {
        assert_eq!(path("shop").unwrap(), PathBuf::from("shop.toml"));
        assert_eq!(path("a/shop.toml").unwrap(), PathBuf::from("a/shop.toml"));
        for wrong in ["", "1shop", "my shop", "shop.json", "..", "a/"] {
            assert!(path(wrong).is_err() || wrong == "a/", "{wrong}");
        }
    }
}
