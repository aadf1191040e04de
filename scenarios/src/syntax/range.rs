//! Ranges of values for the axes of studies: `log(50ms .. 5s, 9)`, `linear(x0.5 .. x2)`.
//!
//! ```text
//! range = ( "linear" | "log" ) "(" quantity ".." quantity [ "," count ] ")"
//! ```

use super::cursor::Cursor;
use super::units::Quantity;
use super::{Placed, SyntaxError, nearest};

/// Levels of one axis at most.
pub const LEVELS_MAX: u64 = 1_000;

/// Whether levels lie at even distances or at even ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// At even distances.
    Linear,
    /// At even ratios.
    Log,
}

impl Scale {
    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Linear => "linear",
            Scale::Log => "log",
        }
    }
}

/// A range as written; both ends belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// How values lie in it.
    pub scale: Scale,
    /// One end.
    pub from: Placed<Quantity>,
    /// The other one; another quantity of the same kind.
    pub to: Placed<Quantity>,
    /// How many levels, both ends included: from 2 to [`LEVELS_MAX`].
    pub count: Option<Placed<u32>>,
}

/// A range.
pub fn range(text: &str) -> Result<Range, SyntaxError> {
    let example = "write it like `log(50ms .. 5s, 9)`, `linear(50ms .. 5s)` or as a list";
    let mut cursor = Cursor::new(text);
    cursor.space();
    let Some(name) = cursor.name() else {
        return Err(cursor.expected("`linear` or `log`").help(example));
    };
    let scale = match cursor.text(name.clone()) {
        "linear" => Scale::Linear,
        "log" => Scale::Log,
        other => {
            let error = SyntaxError::new(name, format!("expected `linear` or `log`, found `{other}`"));
            return Err(match nearest(other, ["linear", "log"]) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(example),
            });
        }
    };
    if cursor.eat("(").is_none() {
        return Err(cursor.expected("`(`").help(example));
    }
    let (from, at) = cursor.quantity()?;
    let from = Placed::new(from, at);
    if cursor.eat("..").is_none() {
        return Err(cursor.expected("`..` and the other end").help(example));
    }
    let (to, at) = cursor.quantity()?;
    let to = Placed::new(to, at);
    let count = match cursor.eat(",") {
        Some(_) => Some(count(&mut cursor)?),
        None => None,
    };
    if cursor.eat(")").is_none() {
        return Err(cursor.expected("`)`"));
    }
    cursor.end("the range")?;
    if !from.it.is_like(&to.it) {
        let message = format!(
            "`{}` is {}, but `{}` is {}",
            from.it,
            from.it.noun(),
            to.it,
            to.it.noun()
        );
        let error = SyntaxError::new(to.at, message);
        return Err(error.help("write both ends in the same unit"));
    }
    if from.it == to.it {
        let error = SyntaxError::new(to.at, "the two ends are the same");
        return Err(error.help("leave the axis out, or write a list with one value"));
    }
    for end in [&from, &to] {
        if scale == Scale::Log && end.it.size() == 0.0 {
            let error = SyntaxError::new(end.at.clone(), "a logarithmic range cannot touch zero");
            return Err(error.help("begin above zero, or use `linear`"));
        }
    }
    Ok(Range { scale, from, to, count })
}

fn count(cursor: &mut Cursor<'_>) -> Result<Placed<u32>, SyntaxError> {
    let (it, at) = cursor.quantity()?;
    let Quantity::Number(number) = it else {
        return Err(SyntaxError::new(
            at,
            format!("expected how many levels, found {}", it.noun()),
        ));
    };
    match number.as_whole() {
        Some(it @ 2..=LEVELS_MAX) => Ok(Placed::new(it as u32, at)),
        _ => {
            let error = SyntaxError::new(at, format!("`{number}` is not between 2 and {LEVELS_MAX}"));
            Err(error.help("say how many levels there are, both ends included"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, shown};

    #[test]
    fn ranges_are_read_with_their_places() {
        let it = range(" log(50ms .. 5s, 9) ").unwrap();
        assert_eq!((it.scale, it.count.map(|it| it.it)), (Scale::Log, Some(9)));
        assert_eq!((it.from.it.to_string(), it.from.at), ("50ms".to_owned(), 5..9));
        for text in [
            "linear(x0.5..x2)",
            "log(1 .. 1000, 7)",
            "linear(1 EUR .. 2 EUR, 2)",
            "linear(5% .. 0%)",
        ] {
            assert!(range(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn ranges_that_are_none_are_told_why() {
        let texts = [
            "",
            "2s",
            "lienar(1s .. 2s)",
            "linear 1s",
            "linear(1s, 2s)",
            "linear(1s .. 2)",
            "log(0s .. 1s, 3)",
            "linear(1s .. 1s)",
            "linear(1s .. 2s, 1)",
            "linear(1s .. 2s, 1001)",
            "linear(1s .. 2s, 2.5)",
            "linear(1s .. 2s, 3s)",
            "linear(1s .. 2s",
            "linear(1s .. 2s) x",
            "linear(-1s .. 2s)",
            "linear(1/s .. 2/min)",
        ];
        let mut all = String::new();
        for text in texts {
            let result = range(text);
            check_places(text, result.clone());
            all += &format!("{}\n", shown(text, result.unwrap_err()));
        }
        insta::assert_snapshot!(all);
    }
}
