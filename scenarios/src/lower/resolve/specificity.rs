//! Which of two policies is the more specific.

use core::fmt;

use crate::syntax::address::{Address, EdgeAddress, Subject};

/// Which of two policies is the more specific: the greater one. Callee side first, then caller side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specificity {
    callee: Side,
    caller: Side,
}

/// How specific one side of an edge is: by what names it, then by whether it is only of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Side(Grade, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Grade {
    Any,
    Tag,
    Name,
    Endpoint,
}

impl Specificity {
    /// The specificity of an edge's address; it does not depend on what it is compared with.
    pub fn of(edge: &EdgeAddress) -> Specificity {
        let side = |it: &Address| {
            let grade = match (&it.subject.it, &it.endpoint) {
                (_, Some(_)) => Grade::Endpoint,
                (Subject::Name(_), None) => Grade::Name,
                (Subject::Tag(_), None) => Grade::Tag,
                (Subject::Any, None) => Grade::Any,
            };
            Side(grade, it.zone.is_some())
        };
        Specificity {
            callee: side(&edge.to),
            caller: side(&edge.from),
        }
    }
}

impl fmt::Display for Specificity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |side: Side| match side.0 {
            Grade::Any => "*",
            Grade::Tag => "tag",
            Grade::Name => "name",
            Grade::Endpoint => "endpoint",
        };
        write!(f, "{} -> {}", word(self.caller), word(self.callee))
    }
}
