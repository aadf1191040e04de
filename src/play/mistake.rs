//! What is wrong with a script or a setting: where, what, and the cure.

use std::ops::Range;

/// A mistake in what somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where in the script, in bytes; `None` where the message names the setting.
    pub at: Option<Range<usize>>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The cure, where it is clear.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake without a place or a cure.
    pub fn new(message: impl Into<String>) -> Mistake {
        Mistake {
            at: None,
            message: message.into(),
            help: None,
        }
    }

    /// The same with a cure.
    pub fn help(self, help: impl Into<String>) -> Mistake {
        Mistake {
            help: Some(help.into()),
            ..self
        }
    }

    /// The same with a place, unless it has one.
    pub fn at(self, at: Range<usize>) -> Mistake {
        Mistake {
            at: self.at.or(Some(at)),
            ..self
        }
    }

    /// As the tool's other diagnostics look: the message, the script with a mark under the place, the cure.
    pub fn render(&self, script: &str, colour: bool) -> String {
        let paint = |code: &str, text: &str| {
            if colour {
                format!("\x1b[{code}m{text}\x1b[0m")
            } else {
                text.to_owned()
            }
        };
        let mut text = format!("{}: {}\n", paint("1;31", "error"), self.message);
        let Some(at) = &self.at else {
            if let Some(help) = &self.help {
                text.push_str(&format!("help: {help}\n"));
            }
            return text;
        };
        let characters = |range: Range<usize>| script[range].chars().count();
        let (before, marked) = (characters(0..at.start), characters(at.clone()).max(1));
        // Of a long script only the surroundings.
        let (skipped, shown) = (before.saturating_sub(BEFORE), BEFORE + marked.min(MARKED) + AFTER);
        let all = script.chars().count();
        let begin = if skipped > 0 { "..." } else { "" };
        let end = if skipped + shown < all { "..." } else { "" };
        let line: String = script
            .chars()
            .skip(skipped)
            .take(shown)
            .map(|it| if it.is_whitespace() { ' ' } else { it })
            .collect();
        let indent = " ".repeat(begin.len() + before - skipped);
        let (arrow, bar, equals) = (paint("1;34", "-->"), paint("1;34", "|"), paint("1;34", "="));
        let under = paint("1;31", &"^".repeat(marked.min(MARKED)));
        text.push_str(&format!(" {arrow} script:{}\n", before + 1));
        text.push_str(&format!(
            "  {bar}\n  {bar} {begin}{line}{end}\n  {bar} {indent}{under}\n"
        ));
        if let Some(help) = &self.help {
            text.push_str(&format!("  {bar}\n  {equals} help: {help}\n"));
        }
        text
    }
}

/// Characters of a script shown before and after the place, and the longest mark under it.
const BEFORE: usize = 50;
const AFTER: usize = 30;
const MARKED: usize = 40;

/// A help that names the nearest candidate, or all of them.
pub fn suggestion<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> String {
    match crate::input::nearest(word, candidates.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = candidates.map(|it| format!("`{it}`")).collect();
            match names.as_slice() {
                [] => "there are none".to_owned(),
                [one] => format!("there is {one}"),
                _ => format!("there are {}", names.join(", ")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_marked_and_long_scripts_are_cut() {
        let mistake = Mistake::new("no event is called `cal`").help("did you mean `call`?");
        let short = mistake.clone().at(2..5).render("0:cal 1:fail", false);
        let script = format!("{}5000:cal {}", "0:call ".repeat(30), "6000:call ".repeat(10));
        let at = script.find("cal ").unwrap();
        let long = mistake.clone().at(at..at + 3).render(&script, false);
        insta::assert_snapshot!(format!("{short}\n{long}\n{}", mistake.render("", false)));
    }
}
