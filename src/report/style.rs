//! What the reader's terminal can show.

use std::env;
use std::io::IsTerminal;

/// Width of text that goes to a file or a pipe.
const WIDTH_ELSEWHERE: usize = 110;

/// How to write for one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Characters in a line.
    pub width: usize,
    /// Only ASCII characters.
    pub ascii: bool,
    /// ANSI colours.
    pub colour: bool,
}

impl Style {
    /// For standard output as it is. The variable `COLUMNS` sets the width, on a terminal and elsewhere.
    pub fn of_stdout(ascii: bool) -> Style {
        let terminal = std::io::stdout().is_terminal();
        let asked = env::var("COLUMNS").ok().and_then(|it| it.trim().parse().ok());
        let width = asked.or_else(|| {
            let size = console::Term::stdout().size_checked();
            size.map(|it| usize::from(it.1)).filter(|_| terminal)
        });
        Style {
            width: width.unwrap_or(WIDTH_ELSEWHERE).clamp(60, 140),
            ascii: ascii || speaks_no_utf8(),
            colour: terminal && colours_welcome(),
        }
    }

    /// Green, yellow, red and so on around a text, by its ANSI number.
    pub fn paint(&self, colour: u8, text: &str) -> String {
        if self.colour {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Whether diagnostics on standard error may be coloured.
pub fn stderr_colour() -> bool {
    std::io::stderr().is_terminal() && colours_welcome()
}

/// <https://no-color.org>: any value but the empty one switches colours off.
fn colours_welcome() -> bool {
    env::var_os("NO_COLOR").is_none_or(|it| it.is_empty()) && env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// The first locale variable that is set decides, as in POSIX; none at all is taken for a modern system.
fn speaks_no_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|it| env::var(it).ok())
        .find(|it| !it.is_empty());
    set.is_some_and(|it| {
        let it = it.to_lowercase();
        !it.contains("utf-8") && !it.contains("utf8")
    })
}
