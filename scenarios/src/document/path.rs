//! Dotted paths: `policy.app-to-db.timeout`, `load.x.mix."web.home"`.

use crate::syntax::SyntaxError;

/// The keys of a path; each bare, or in quotes if it has other characters than letters, digits, `_` and `-`.
pub fn keys(text: &str) -> Result<Vec<String>, SyntaxError> {
    let mut keys = Vec::new();
    let mut rest = text;
    loop {
        let from = text.len() - rest.len();
        let (key, after) = if let Some(quote) = rest.chars().next().filter(|it| ['"', '\''].contains(it)) {
            let Some(length) = rest[1..].find(quote) else {
                return Err(SyntaxError::new(from..text.len(), "this quote has no end"));
            };
            (&rest[1..1 + length], &rest[length + 2..])
        } else {
            let length = rest
                .find(|it: char| !(it.is_ascii_alphanumeric() || it == '_' || it == '-'))
                .unwrap_or(rest.len());
            rest.split_at(length)
        };
        if key.is_empty() {
            let error = SyntaxError::new(from..text.len(), "expected the name of a setting");
            return Err(error.help("write a path such as `service.db.replicas`"));
        }
        keys.push(key.to_owned());
        if after.is_empty() {
            return Ok(keys);
        }
        let Some(next) = after.strip_prefix('.') else {
            let at = text.len() - after.len()..text.len();
            let error = SyntaxError::new(at, format!("expected `.` after `{key}`, found `{after}`"));
            return Err(error.help("the keys of a path stand together, with `.` between them"));
        };
        rest = next;
    }
}

/// A path as a reader would write it.
pub fn print<'a>(keys: impl IntoIterator<Item = &'a str>) -> String {
    let one = |key: &str| {
        let bare = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
        if !key.is_empty() && key.chars().all(bare) {
            key.to_owned()
        } else {
            format!("\"{key}\"")
        }
    };
    keys.into_iter().map(one).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_keys_with_dots_between_them() {
        let read = |text: &str| keys(text).map(|it| it.join("|")).map_err(|it| it.message);
        assert_eq!(read("service.db.replicas"), Ok("service|db|replicas".to_owned()));
        assert_eq!(read("load.x.mix.\"web.home\""), Ok("load|x|mix|web.home".to_owned()));
        for wrong in ["", ".", "a.", ".a", "a..b", "a b", "a.\"b", "a.\"\"", "é", "a=b"] {
            assert!(keys(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(print(["load", "x", "mix", "web.home"]), "load.x.mix.\"web.home\"");
    }
}
