//! How the process ends: exit codes, and errors that carry one.

use std::fmt;
use std::process::ExitCode;

/// What a command's exit code says. Scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all expectations hold.
    Success,
    /// 1: an internal error, or reading or writing failed.
    Failure,
    /// 2: the command line or the scenario is wrong.
    Usage,
    /// 3: a result differs from the recorded one.
    Differs,
    /// 98: an expectation is inconclusive, and `--strict` was given.
    Inconclusive,
    /// 99: an expectation failed.
    ExpectationFailed,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Differs => 3,
            Exit::Inconclusive => 98,
            Exit::ExpectationFailed => 99,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What is wrong, in lower case; may already be rendered over several lines.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The message is complete as it is: a list of diagnostics, with `error:` in each.
    pub rendered: bool,
}

impl Failure {
    /// The command line or the scenario is wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure {
            exit: Exit::Usage,
            message: message.into(),
            help: None,
            rendered: false,
        }
    }

    /// Reading or writing failed, or we made a mistake.
    pub fn system(message: impl Into<String>) -> Failure {
        Failure {
            exit: Exit::Failure,
            message: message.into(),
            help: None,
            rendered: false,
        }
    }

    /// A scenario is wrong, and its diagnostics say how.
    pub fn diagnostics(rendered: impl Into<String>) -> Failure {
        Failure {
            exit: Exit::Usage,
            message: rendered.into(),
            help: None,
            rendered: true,
        }
    }

    /// With a cure.
    pub fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rendered {
            return f.write_str(self.message.trim_end());
        }
        write!(f, "error: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        let all = [
            Exit::Success,
            Exit::Failure,
            Exit::Usage,
            Exit::Differs,
            Exit::Inconclusive,
            Exit::ExpectationFailed,
            Exit::Interrupted,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 98, 99, 130]);
    }

    #[test]
    fn a_failure_reads_as_message_and_cure() {
        let failure = Failure::usage("no file `shop.toml`").help("`brownout list` names the shipped scenarios");
        assert_eq!(
            failure.to_string(),
            "error: no file `shop.toml`\nhelp: `brownout list` names the shipped scenarios"
        );
    }
}
