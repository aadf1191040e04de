//! A results folder: the answer, the scenario's text, and a manifest, each written under another name first.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::exit::Failure;

/// What the manifest says of a run.
#[derive(Debug, Serialize)]
pub struct Manifest<'a> {
    /// The version of this format.
    pub format: u32,
    /// What made it.
    pub engine: &'static str,
    /// The scenario's name.
    pub scenario: &'a str,
    /// The variant that ran; of a comparison, the baseline.
    pub variant: &'a str,
    /// The variants of a comparison.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<&'a str>,
    /// Seed of the first replication.
    pub seed: u64,
    /// How many replications were asked for.
    pub replications: u32,
    /// Whether some of them are missing.
    pub interrupted: bool,
    /// What `--set` changed.
    pub overrides: Vec<Override<'a>>,
    /// The digest of every run.
    pub runs: Vec<RunDigest>,
    /// The files beside the manifest.
    pub files: Vec<FileHash>,
}

/// One `--set`.
#[derive(Debug, Serialize)]
pub struct Override<'a> {
    /// The path.
    pub path: &'a str,
    /// Its value.
    pub value: &'a str,
}

/// The digest of one run.
#[derive(Debug, Serialize)]
pub struct RunDigest {
    /// Its variant, in a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Its seed.
    pub seed: u64,
    /// Its digest.
    pub digest: String,
}

/// One file of the folder.
#[derive(Debug, Serialize)]
pub struct FileHash {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of what it holds, in hexadecimal.
    pub sha256: String,
}

/// A folder that results go to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes sure, before anything runs, that results can be written: creates the folder if need be and writes to it. A
    /// folder that already holds results is refused, so that nothing is lost.
    pub fn open(path: &Path) -> Result<Folder, Failure> {
        let shown = path.display();
        let fail = |why: std::io::Error| Failure::system(format!("cannot write to the folder `{shown}`: {why}"));
        fs::create_dir_all(path).map_err(fail)?;
        if path.join("manifest.json").exists() {
            return Err(Failure::usage(format!("`{shown}` already holds results"))
                .help("choose another folder, or remove this one if it is no longer needed"));
        }
        let probe = path.join(format!(".brownout-{}", std::process::id()));
        fs::write(&probe, b"")
            .and_then(|()| fs::remove_file(&probe))
            .map_err(fail)?;
        Ok(Folder {
            path: path.to_path_buf(),
        })
    }

    /// Writes one file and says what to put into the manifest.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<FileHash, Failure> {
        let target = self.path.join(name);
        let temporary = self.path.join(format!(".{name}-{}", std::process::id()));
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &target)
        };
        write().map_err(|why| {
            match fs::remove_file(&temporary) {
                Err(it) if it.kind() != ErrorKind::NotFound => {
                    eprintln!("warning: cannot remove `{}`: {it}", temporary.display())
                }
                _ => (),
            }
            Failure::system(format!("cannot write `{}`: {why}", target.display()))
        })?;
        let sha256 = Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect();
        Ok(FileHash {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            sha256,
        })
    }

    /// Writes the manifest: last, so that a folder with one is complete.
    pub fn finish(&self, manifest: &Manifest<'_>) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(manifest).expect("a manifest has string keys only");
        text.push('\n');
        self.write("manifest.json", text.as_bytes()).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_whole_and_hashed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let folder = Folder::open(&path).unwrap();
        let hash = folder.write("scenario.toml", b"abc").unwrap();
        assert_eq!(
            hash.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_folder_with_results_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("manifest.json"), "{}").unwrap();
        assert!(
            Folder::open(parent.path())
                .unwrap_err()
                .message
                .ends_with("already holds results")
        );
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("out"), "").unwrap();
        assert_eq!(
            Folder::open(&parent.path().join("out")).unwrap_err().exit,
            crate::exit::Exit::Failure
        );
    }
}
