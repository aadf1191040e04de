//! Runs the built command in a folder of its own and writes down what a user would see.

use std::path::Path;
use std::process::{Command, Output};

/// A folder in which commands run.
pub struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    /// An empty folder.
    pub fn new() -> Shell {
        Shell {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).expect("a file can be written");
    }

    /// Reads a file from there.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// Runs `brownout` with these words.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the built command starts")
    }

    /// `brownout` with these words, ready to start.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brownout"));
        // What a user's environment says must not reach the snapshots.
        for variable in [
            "NO_COLOR",
            "LC_ALL",
            "LC_CTYPE",
            "LANG",
            "TERM",
            "COLUMNS",
            "RUST_BACKTRACE",
        ] {
            command.env_remove(variable);
        }
        command.args(words).current_dir(self.path());
        command
    }

    /// A transcript: the command, its exit code, what it said on standard output and on standard error.
    pub fn transcript(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let stdout = String::from_utf8(output.stdout).expect("output is UTF-8");
        let stderr = String::from_utf8(output.stderr).expect("messages are UTF-8");
        let code = output
            .status
            .code()
            .map_or_else(|| "killed".to_owned(), |it| it.to_string());
        let mut text = format!("$ brownout {}\n", words.join(" "));
        text.push_str(&stdout);
        if !stderr.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(&stderr);
        }
        text.push_str(&format!("--- exit {code}\n"));
        text
    }

    /// The exit code.
    pub fn code(&self, words: &[&str]) -> i32 {
        self.run(words).status.code().expect("the command ends by itself")
    }
}
