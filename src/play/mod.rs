//! `play`: one mechanism, driven by hand along a script, with its decisions and states on a time line.
//!
//! The machines of `sim-core` have verbs of their own and share no trait, for speed's sake; here nothing has to be fast, so a
//! [`Player`] fits each of them to the same narrow one: an event comes, a decision goes, and the state can be told in words.
//! One file a family in `family/`; [`table()`] lists all of them, and a house test compares it with the source tree.
//!
//! | file | part |
//! | --- | --- |
//! | `script` | the grammar of scripts |
//! | `setup`, `value` | settings by name, as files write them |
//! | `player` | the trait, events with their arguments, decisions and states |
//! | `session` | the loop: events and the mechanism's own instants in the order of time |
//! | `show`, `strip`, `json` | the answer |
//! | `table`, `family` | the mechanisms |

mod family;
pub mod json;
pub mod mistake;
pub mod player;
pub mod script;
pub mod session;
pub mod setup;
pub mod show;
mod strip;
mod table;
pub mod value;

pub use mistake::Mistake;
pub use player::Player;
pub use session::{Line, Played, play};
pub use setup::Setup;
pub use table::{PARTS, table};

/// A mechanism on the table.
#[derive(Clone, Copy, Debug)]
pub struct Mechanism {
    /// Its name: the file's, behind its family's if it has one: `breaker.hystrix`.
    pub name: &'static str,
    /// Where the machine is: below `sim-core/src`.
    pub source: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// What can happen to it.
    pub events: &'static [EventKind],
    /// A script that shows it.
    pub example: &'static str,
    /// Settings for the example, as `--set` has them.
    pub example_sets: &'static [(&'static str, &'static str)],
    /// Makes it.
    pub make: fn(&mut Setup) -> Result<Box<dyn Player>, Mistake>,
}

/// Something that can happen to a mechanism.
#[derive(Clone, Copy, Debug)]
pub struct EventKind {
    /// Its name; `OUTCOME` stands for `ok`, `fail` and every outcome by name.
    pub name: &'static str,
    /// Its arguments, as they are written.
    pub args: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Whether it is an answer: of one instant, answers come before timers, and timers before everything else.
    pub answer: bool,
}

impl EventKind {
    /// Something that asks.
    pub const fn asks(name: &'static str, args: &'static str, about: &'static str) -> EventKind {
        EventKind {
            name,
            args,
            about,
            answer: false,
        }
    }

    /// Something that answers.
    pub const fn answers(name: &'static str, args: &'static str, about: &'static str) -> EventKind {
        EventKind {
            name,
            args,
            about,
            answer: true,
        }
    }

    /// Whether this is meant by `name`.
    fn is(&self, name: &str) -> bool {
        self.name == name || self.name == OUTCOME && player::outcome(name).is_some()
    }
}

/// The name of the event kind that stands for every outcome.
pub const OUTCOME: &str = "OUTCOME";

/// The mechanism called `name`: by its whole name, or by the part behind the family's if only one has it.
pub fn find(name: &str) -> Result<&'static Mechanism, Mistake> {
    let wanted = name.replace([':', '/', ' '], ".");
    if let Some(found) = table().iter().find(|it| it.name == wanted) {
        return Ok(found);
    }
    let short = |it: &&Mechanism| it.name.rsplit('.').next() == Some(wanted.as_str());
    let found: Vec<&'static Mechanism> = table().iter().filter(short).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let message = format!("no mechanism is called `{name}`");
            let last = |it: &&'static Mechanism| it.name.rsplit('.').next().expect("a split has a last part");
            let names = || {
                table()
                    .iter()
                    .map(|it| it.name)
                    .chain(table().iter().map(|it| last(&it)))
            };
            Err(
                Mistake::new(message).help(match crate::input::nearest(&wanted, names()) {
                    Some(near) => format!("did you mean `{near}`? `brownout play` lists all mechanisms"),
                    None => "`brownout play` lists all mechanisms".to_owned(),
                }),
            )
        }
        several => {
            let names: Vec<String> = several.iter().map(|it| format!("`{}`", it.name)).collect();
            let message = format!("several mechanisms are called `{name}`");
            Err(Mistake::new(message).help(format!("say which: {}", names.join(", "))))
        }
    }
}
