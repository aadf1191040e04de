//! Words on a terminal.

use super::Style;
use crate::figure::parts::NO_DATA;

/// Without what would move the cursor; in ASCII, without other letters.
pub(super) fn plain(text: &str, ascii: bool) -> String {
    let letter = |it: char| match it {
        it if it.is_control() => ' ',
        it if ascii && !it.is_ascii() => '?',
        it => it,
    };
    text.chars().map(letter).collect()
}

/// At most so many characters, the last an ellipsis where something is left out.
pub(super) fn fit(text: &str, room: usize, ascii: bool) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let end = if ascii { '~' } else { '…' };
    text.chars().take(room.saturating_sub(1)).chain([end]).collect()
}

/// The title on a line of its own, if there is one.
pub(super) fn title(text: &str, style: &Style) -> String {
    let text = plain(text, style.ascii);
    match text.trim() {
        "" => String::new(),
        text => format!("{}\n", fit(text, style.width.max(40), style.ascii)),
    }
}

/// What a figure without data says.
pub(super) fn no_data(style: &Style) -> String {
    let mut lines = vec![String::new()];
    for word in format!("{NO_DATA}.").split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + 1 + word.len() <= style.width.max(40) {
            last.push_str(&format!(" {word}"));
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// No line longer than the style asks for; coloured lines are left alone, as they are made to fit.
pub(super) fn within(text: &str, style: &Style) -> String {
    let line = |it: &str| match it {
        it if it.contains('\x1b') => format!("{it}\n"),
        it => format!("{}\n", fit(it, style.width.max(40) + 2, style.ascii)),
    };
    text.lines().map(line).collect()
}

/// The longest of some labels, but no longer than a limit.
pub(super) fn widest<'a>(labels: impl Iterator<Item = &'a str>, most: usize) -> usize {
    labels.map(|it| it.chars().count()).max().unwrap_or(0).min(most)
}
