//! Until when a study repeats a point: `halfwidth(recovery_time) < 5%`.

use super::cursor::Cursor;
use super::expr::{self, Comparison};
use super::units::Quantity;
use super::{Placed, SyntaxError};

/// How narrow the interval of a measure has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The measure's name.
    pub measure: Placed<String>,
    /// The half-width is below this: a percentage of the mean, or a quantity of the measure's own unit.
    pub below: Placed<Quantity>,
}

/// A goal.
pub fn goal(text: &str) -> Result<Goal, SyntaxError> {
    let example = "write it like `halfwidth(recovery_time) < 5%`";
    let mut cursor = Cursor::new(text);
    if cursor.eat_word("halfwidth").is_none() {
        return Err(cursor.expected("`halfwidth`").help(example));
    }
    if cursor.eat("(").is_none() {
        return Err(cursor.expected("`(`").help(example));
    }
    cursor.space();
    let Some(at) = cursor.name() else {
        return Err(cursor.expected("the name of a measure").help(example));
    };
    let measure = Placed::new(cursor.text(at.clone()).to_owned(), at);
    if cursor.eat(")").is_none() {
        return Err(cursor
            .expected("`)`")
            .help("write the name of a measure, which `[measure]` declares"));
    }
    match expr::comparison(&mut cursor)? {
        Some(it) if [Comparison::Below, Comparison::AtMost].contains(&it.it) => {}
        Some(it) => {
            let error = SyntaxError::new(it.at, "an interval has to become narrow, not wide");
            return Err(error.help("write `<`"));
        }
        None => return Err(cursor.expected("`<`").help(example)),
    }
    let (it, at) = cursor.quantity()?;
    cursor.end("the goal")?;
    if it.size() == 0.0 {
        let error = SyntaxError::new(at, "no number of runs makes the half-width zero");
        return Err(error.help(example));
    }
    Ok(Goal {
        measure,
        below: Placed::new(it, at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, shown};

    #[test]
    fn goals_name_a_measure_and_a_width() {
        let it = goal("halfwidth( p99 ) <= 20ms").unwrap();
        assert_eq!(
            (it.measure.it.as_str(), it.below.it.to_string()),
            ("p99", "20ms".to_owned())
        );
        let mut all = String::new();
        for text in [
            "",
            "p99 < 5%",
            "halfwidth < 5%",
            "halfwidth() < 5%",
            "halfwidth(p99(web)) < 5%",
            "halfwidth(a) > 5%",
            "halfwidth(a)",
            "halfwidth(a) < 0%",
            "halfwidth(a) < 5% and",
            "halfwidth(a) < x",
        ] {
            let result = goal(text);
            check_places(text, result.clone());
            all += &format!("{}\n", shown(text, result.unwrap_err()));
        }
        insta::assert_snapshot!(all);
    }
}
