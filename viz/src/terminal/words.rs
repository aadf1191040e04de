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
pub(super) fn no_data() -> String {
    format!("{NO_DATA}.\n")
}

/// The longest of some labels, but no longer than a limit.
pub(super) fn widest<'a>(labels: impl Iterator<Item = &'a str>, most: usize) -> usize {
    labels.map(|it| it.chars().count()).max().unwrap_or(0).min(most)
}
