//! How wide text is, without a font: an estimate that wide fonts do not exceed by much.

/// The smallest text of a figure in pixels: what is read from the last row of a room.
pub(crate) const SMALL: f64 = 14.0;
/// Headings of panels, and legends.
pub(crate) const MEDIUM: f64 = 15.0;
/// The title.
pub(crate) const LARGE: f64 = 22.0;

/// How much wider bold text is.
pub(crate) const BOLD: f64 = 1.15;

/// The width of a line of text in pixels at a size in pixels.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// The width of a letter as a share of the size, as the wider ones of common sans-serif fonts have it.
fn advance(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.31,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '·' => 0.39,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' | '—' | '→' | '±' => 0.92,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '#' | '~' => 0.74,
        '0'..='9' | 'a'..='z' => 0.615,
        _ if letter.is_ascii() => 0.62,
        // Wide scripts and pictures.
        _ if letter as u32 >= 0x1100 => 1.05,
        _ => 0.75,
    }
}

/// As much of a text as fits, with an ellipsis where something is left out.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut used = width("…", size);
    let mut kept = String::new();
    for letter in text.chars() {
        used += advance(letter) * size;
        if used > room {
            break;
        }
        kept.push(letter);
    }
    let kept = kept.trim_end();
    if kept.is_empty() {
        String::new()
    } else {
        format!("{kept}…")
    }
}

/// The same for bold text.
pub(crate) fn fit_bold(text: &str, size: f64, room: f64) -> String {
    fit(text, size, room / BOLD)
}

/// Broken into at most `most` lines between words; what does not fit ends in an ellipsis.
pub(crate) fn wrap(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let longer = if current.is_empty() {
            word.to_owned()
        } else {
            format!("{current} {word}")
        };
        if current.is_empty() || width(&longer, size) <= room {
            current = longer;
        } else if lines.len() + 1 < most {
            lines.push(core::mem::replace(&mut current, word.to_owned()));
        } else {
            let rest: Vec<&str> = core::iter::once(word).chain(words.by_ref()).collect();
            current = format!("{current} {}", rest.join(" "));
        }
    }
    lines.push(current);
    lines.iter().map(|it| fit(it, size, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        assert_eq!(fit("short", 14.0, 100.0), "short");
        let long = fit(&"service-".repeat(25), 14.0, 100.0);
        assert!(long.ends_with('…') && width(&long, 14.0) <= 100.0, "{long}");
        assert_eq!(fit("no room", 14.0, 5.0), "");
        assert_eq!(fit("", 14.0, 5.0), "");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 10.0, 50.0, 3), ["one two", "three"]);
        let lines = wrap("one two three four five", 10.0, 50.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
        assert_eq!(wrap("", 10.0, 50.0, 2), [""]);
    }
}
