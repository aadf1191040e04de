//! Constraints of studies: which points are left out and which stay.
//!
//! ```text
//! rule       = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" rule ")" | comparison
//! comparison = sum ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) sum
//! sum        = product { ( "+" | "-" ) product }       product = value { ( "*" | "/" ) value }
//! value      = quantity | "axis." name | "'" text "'" | "(" sum ")"
//! ```

use core::ops::Range;

use super::cursor::Cursor;
use super::expr::{self, Comparison, Operator};
use super::units::Quantity;
use super::{Placed, SyntaxError};

/// Which points stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// All of these hold.
    All(Vec<Rule>),
    /// One of these holds.
    Any(Vec<Rule>),
    /// This does not hold.
    Not(Box<Rule>),
    /// Two values compare so.
    Compare {
        /// The first.
        left: Term,
        /// How.
        comparison: Placed<Comparison>,
        /// The second.
        right: Term,
    },
}

/// A value at a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A fixed quantity.
    Quantity(Placed<Quantity>),
    /// The value of an axis, by the axis's name.
    Axis(Placed<String>),
    /// A text, for axes whose values are no numbers.
    Text(Placed<String>),
    /// Two values together.
    Binary {
        /// How.
        operator: Placed<Operator>,
        /// The first.
        left: Box<Term>,
        /// The second.
        right: Box<Term>,
    },
}

impl Term {
    /// From its first to its last character, parentheses around it left out.
    pub fn at(&self) -> Range<usize> {
        match self {
            Term::Quantity(it) => it.at.clone(),
            Term::Axis(it) | Term::Text(it) => it.at.clone(),
            Term::Binary { left, right, .. } => left.at().start..right.at().end,
        }
    }
}

/// Parentheses and `not`s within each other at most.
const DEPTH_MAX: usize = 32;

/// Parts of one rule at most: a chain of many more would be too deep a tree.
const PARTS_MAX: usize = 200;

/// A constraint.
pub fn rule(text: &str) -> Result<Rule, SyntaxError> {
    let mut parser = Parser {
        cursor: Cursor::new(text),
        parts: 0,
    };
    let rule = parser.any(0)?;
    parser.cursor.end("the constraint")?;
    Ok(rule)
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    parts: usize,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Rule, SyntaxError> {
        let mut all = vec![self.all(depth)?];
        while self.cursor.eat_word("or").is_some() || self.cursor.eat("||").is_some() {
            all.push(self.all(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Rule::Any(all) })
    }

    fn all(&mut self, depth: usize) -> Result<Rule, SyntaxError> {
        let mut all = vec![self.one(depth)?];
        while self.cursor.eat_word("and").is_some() || self.cursor.eat("&&").is_some() {
            all.push(self.one(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Rule::All(all) })
    }

    fn one(&mut self, depth: usize) -> Result<Rule, SyntaxError> {
        if depth > DEPTH_MAX {
            return Err(self.cursor.expected(&format!("at most {DEPTH_MAX} levels")));
        }
        if self.cursor.eat_word("not").is_some() {
            return Ok(Rule::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.cursor.space().rest().starts_with('(') && !self.is_sum_in_parentheses() {
            self.cursor.eat("(");
            let inner = self.any(depth + 1)?;
            self.closing()?;
            return Ok(inner);
        }
        let left = self.sum(depth)?;
        let Some(comparison) = expr::comparison(&mut self.cursor)? else {
            let error = self.cursor.expected("a comparison such as `<=`");
            return Err(error.help("write it like `axis.timeout <= 2s`"));
        };
        let right = self.sum(depth)?;
        Ok(Rule::Compare {
            left,
            comparison,
            right,
        })
    }

    /// Whether the parenthesis that comes next holds a sum: no comparison stands in it.
    fn is_sum_in_parentheses(&mut self) -> bool {
        let (mut depth, mut in_text) = (0_usize, false);
        for letter in self.cursor.rest().chars() {
            match letter {
                '\'' => in_text = !in_text,
                _ if in_text => {}
                '(' => depth += 1,
                ')' => depth -= 1,
                '<' | '>' | '=' | '!' => return false,
                _ => {}
            }
            if depth == 0 {
                return true;
            }
        }
        true
    }

    fn sum(&mut self, depth: usize) -> Result<Term, SyntaxError> {
        self.chain(depth, &[("+", Operator::Add), ("-", Operator::Subtract)], Self::product)
    }

    fn product(&mut self, depth: usize) -> Result<Term, SyntaxError> {
        self.chain(
            depth,
            &[("*", Operator::Multiply), ("/", Operator::Divide)],
            Self::value,
        )
    }

    fn chain(
        &mut self,
        depth: usize,
        signs: &[(&str, Operator)],
        part: fn(&mut Self, usize) -> Result<Term, SyntaxError>,
    ) -> Result<Term, SyntaxError> {
        let mut left = part(self, depth)?;
        while let Some((at, operator)) = signs.iter().find_map(|it| Some((self.cursor.eat(it.0)?, it.1))) {
            let right = Box::new(part(self, depth)?);
            left = Term::Binary {
                operator: Placed::new(operator, at),
                left: Box::new(left),
                right,
            };
        }
        Ok(left)
    }

    fn value(&mut self, depth: usize) -> Result<Term, SyntaxError> {
        self.parts += 1;
        if depth > DEPTH_MAX || self.parts > PARTS_MAX {
            return Err(self.cursor.expected("the end of so long a constraint"));
        }
        let example = "write it like `axis.timeout <= 2s`";
        if self.cursor.eat("(").is_some() {
            let inner = self.sum(depth + 1)?;
            self.closing()?;
            return Ok(inner);
        }
        let rest = self.cursor.space().rest();
        let start = self.cursor.pos();
        if let Some(text) = rest.strip_prefix('\'') {
            let Some(length) = text.find('\'') else {
                return Err(SyntaxError::new(start..start + rest.len(), "this quote has no end"));
            };
            let at = self.cursor.take(length + 2);
            return Ok(Term::Text(Placed::new(text[..length].to_owned(), at)));
        }
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let digits = digits.strip_prefix('x').unwrap_or(digits);
        if digits.starts_with(|it: char| it.is_ascii_digit()) {
            let (it, at) = self.cursor.quantity()?;
            return Ok(Term::Quantity(Placed::new(it, at)));
        }
        let Some(word) = self.cursor.name() else {
            return Err(self.cursor.expected("an axis or a quantity").help(example));
        };
        let name = self.cursor.text(word.clone()).to_owned();
        if name != "axis" || !self.cursor.rest().starts_with('.') {
            let error = SyntaxError::new(word, format!("expected an axis or a quantity, found `{name}`"));
            return Err(error.help(format!("an axis is written `axis.{name}`, a text `'{name}'`")));
        }
        self.cursor.take(1);
        let Some(at) = self.cursor.name() else {
            return Err(self.cursor.expected("the name of an axis").help(example));
        };
        Ok(Term::Axis(Placed::new(
            self.cursor.text(at.clone()).to_owned(),
            start..at.end,
        )))
    }

    fn closing(&mut self) -> Result<(), SyntaxError> {
        match self.cursor.eat(")") {
            Some(_) => Ok(()),
            None => Err(self.cursor.expected("`)`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, shown};

    #[test]
    fn and_binds_closer_than_or_and_products_closer_than_sums() {
        let Rule::Any(parts) = rule("axis.a < 1s and axis.b > 2 or not (axis.a + axis.b) * 2 != 'x'").unwrap() else {
            panic!("`or` is the outermost");
        };
        assert!(matches!(&parts[0], Rule::All(it) if it.len() == 2));
        let Rule::Not(inner) = &parts[1] else {
            panic!("{parts:?}")
        };
        assert!(
            matches!(&**inner, Rule::Compare { left: Term::Binary { operator, .. }, .. } if operator.it == Operator::Multiply)
        );
        assert!(matches!(
            rule("((axis.a < 1s) or (2 + 3) * axis.b > 1)").unwrap(),
            Rule::Any(_)
        ));
    }

    #[test]
    fn rules_that_are_none_are_told_why() {
        let deep = format!("{}axis.a < 1s", "not ".repeat(100));
        let nested = format!("{}axis.a < 1s", "(".repeat(100));
        let long = format!("axis.a{} < 1s", " + axis.a".repeat(300));
        let texts = [
            "",
            "axis.a",
            "timeout < 2s",
            "axis. < 2s",
            "axis.a < ",
            "axis.a => 2s",
            "axis.a < 2s and",
            "axis.a < 2s axis.b",
            "(axis.a < 2s",
            "axis.a < 'x",
            "axis.a <= 2 s",
            "p99(web) < 1s",
            "axis.a <= -1s",
        ];
        let mut all = String::new();
        for text in texts {
            let result = rule(text);
            check_places(text, result.clone());
            all += &format!("{}\n", shown(text, result.unwrap_err()));
        }
        insta::assert_snapshot!(all);
        for text in [&deep, &nested, &long] {
            assert!(rule(text).is_err());
        }
    }
}
