//! What pages of the book are told rather than say themselves. Between a mark and its end stands what it asks for:
//!
//! | mark | stands for |
//! | --- | --- |
//! | `<!-- output: brownout WORDS -->` | what the command prints |
//! | `<!-- rules: policy/hedge.rs -->` | the header of that file of `sim-core/src`, but for its sources and its verbs |
//! | `<!-- fields: policy.breaker hystrix -->` | a table of the fields at that path, of that kind; `only=a,b` chooses some |
//! | `<!-- backoff: grpc -->` | a table of the parameters of that back-off |
//! | `<!-- shown: hedging --variant low-hedged -->` | that shipped scenario, and the command |
//! | `<!-- sources: policy/hedge.rs -->` | the sources of that file |
//!
//! Each ends with `<!-- /` and its first word.

use std::path::Path;

use brownout_scenarios::library;

use crate::shell::Shell;

const KINDS: [&str; 6] = ["output", "rules", "fields", "backoff", "shown", "sources"];

/// A mark on a page: what is asked for, and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// One of the kinds of block.
    pub kind: &'static str,
    /// What follows the colon, word by word.
    pub words: Vec<String>,
}

/// The words of a command line; what stands between single quotes is one, quotes inside a word are left out.
pub fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            if !open {
                words.push(String::new());
            }
            words.last_mut().expect("one is open").push_str(part);
            open = true;
            continue;
        }
        for (at, piece) in part.split(' ').enumerate() {
            if at > 0 {
                open = false;
            }
            if piece.is_empty() {
                continue;
            }
            if open {
                words.last_mut().expect("one is open").push_str(piece);
            } else {
                words.push(piece.to_owned());
                open = true;
            }
        }
    }
    words
}

/// The first mark in a text, with where it begins and where it ends.
fn next(text: &str) -> Option<(usize, usize, Mark)> {
    let marks = KINDS.iter().filter_map(|kind| {
        let begin = format!("<!-- {kind}: ");
        let at = text.find(&begin)?;
        let from = at + begin.len();
        let to = from + text[from..].find(" -->").expect("the mark is closed");
        let words = words(&text[from..to]);
        Some((at, to + " -->".len(), Mark { kind, words }))
    });
    marks.min_by_key(|it| it.0)
}

/// Every mark of a page.
pub fn marks(text: &str) -> Vec<Mark> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((_, end, mark)) = next(rest) {
        all.push(mark);
        rest = &rest[end..];
    }
    all
}

/// The text with every block as it is to be now.
pub fn with_blocks(path: &str, text: &str) -> String {
    let shell = Shell::new();
    let mut whole = String::new();
    let mut rest = text;
    while let Some((_, end, mark)) = next(rest) {
        let close = format!("<!-- /{} -->", mark.kind);
        let close_at = end
            + rest[end..]
                .find(&close)
                .unwrap_or_else(|| panic!("{path}: `{}` is not closed", mark.kind));
        let block = block(&shell, &mark).unwrap_or_else(|| panic!("{path}: there is nothing for {mark:?}"));
        let up = "../".repeat(path.matches('/').count().saturating_sub(2));
        whole.push_str(&rest[..end]);
        whole.push_str("\n\n");
        whole.push_str(block.replace("](model.md#", &format!("]({up}model.md#")).trim());
        whole.push_str("\n\n");
        rest = &rest[close_at..];
    }
    whole + rest
}

fn block(shell: &Shell, mark: &Mark) -> Option<String> {
    let words: Vec<&str> = mark.words.iter().map(String::as_str).collect();
    match mark.kind {
        "output" => {
            assert_eq!(words.first(), Some(&"brownout"), "only our own command is run");
            let said = String::from_utf8(shell.run(&words[1..]).stdout).expect("output is UTF-8");
            (!said.is_empty()).then(|| format!("```text\n{}\n```", said.trim_end()))
        }
        "rules" => Some(header(words.first()?).0),
        "sources" => Some(header(words.first()?).1),
        "fields" => {
            let (path, kind, only) = fields_asked(&mark.words);
            let table = brownout_scenarios::fields_at(path, kind, &only)?;
            Some(format!("{}\n\n{table}", place_in_a_file(path, kind, only.is_empty())))
        }
        "backoff" => brownout_scenarios::backoff_parameters(words.first()?),
        "shown" => {
            let shipped = library::find(words.first()?)?;
            let changed = if mark.words.iter().any(|it| it == "--set") {
                "\nIt does not have it by itself; `--set` puts it there."
            } else {
                ""
            };
            Some(format!(
                "`{}`, *{}*: {}{changed}\n\n```console\nbrownout run {}\n```",
                shipped.name,
                shipped.title(),
                shipped.question(),
                command(&mark.words)
            ))
        }
        _ => None,
    }
}

/// What a `fields` mark asks for: path, kind, and which ones. (`word=` is for the house rules alone.)
pub fn fields_asked(words: &[String]) -> (&str, Option<&str>, Vec<&str>) {
    let (path, rest) = words.split_first().expect("a mark for fields names a path");
    let kind = rest.iter().find(|it| !it.contains('=')).map(String::as_str);
    let only = rest.iter().find_map(|it| it.strip_prefix("only="));
    (path, kind, only.map_or_else(Vec::new, |it| it.split(',').collect()))
}

/// Where in a file the fields at a path are written.
fn place_in_a_file(path: &str, kind: Option<&str>, whole: bool) -> String {
    let (table, rest) = path.split_once('.').unwrap_or((path, ""));
    match (rest, kind) {
        ("", _) if ["run", "plan"].contains(&table) => format!("In `[{table}]`:"),
        ("", _) => format!("In `[{table}.x]`:"),
        (rest, None) => format!("In `[{table}.x]`, `{rest} = {{ ... }}`:"),
        (rest, Some(kind)) => {
            let silent = if whole && brownout_scenarios::default_kind(path) == Some(kind) {
                "; this kind needs no saying"
            } else {
                ""
            };
            format!("In `[{table}.x]`, `{rest} = {{ kind = \"{kind}\", ... }}`{silent}:")
        }
    }
}

/// Words as they are typed into a shell.
fn command(words: &[String]) -> String {
    let plain = |it: &String| it.chars().all(|c| c.is_alphanumeric() || "-_.=/:%".contains(c));
    let quoted = |it: &String| if plain(it) { it.clone() } else { format!("'{it}'") };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The header of a file of `sim-core/src`: the rules it states, and its sources.
///
/// Paragraphs about its functions are left out: they are for those who call it.
fn header(path: &str) -> (String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sim-core/src").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    split_header(&text)
}

fn split_header(text: &str) -> (String, String) {
    let lines = text.lines().map_while(|it| it.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|it| it.strip_prefix(' ').unwrap_or(it)).collect();
    let (mut rules, mut sources) = (Vec::new(), Vec::new());
    let mut fenced = false;
    for paragraph in lines.split(|it| it.is_empty()).filter(|it| !it.is_empty()) {
        let text = paragraph.join("\n");
        let whole = !fenced;
        fenced ^= text.matches("```").count() % 2 == 1;
        if whole && (text.starts_with("Source: ") || text.starts_with("Sources: ")) {
            sources.push(without_links(&text));
        } else if !(whole && names_a_function(&text)) {
            rules.push(without_links(&text));
        }
    }
    (rules.join("\n\n"), sources.join("\n\n"))
}

/// Whether it links to a function, as opposed to a type or a module: `` [`Codel::on_dequeue`] ``.
fn names_a_function(text: &str) -> bool {
    let links = text.split("[`").skip(1).filter_map(|it| Some(it.split_once("`]")?.0));
    let mut parts = links.filter_map(|it| it.rsplit_once("::"));
    parts.any(|(of, name)| {
        of.chars().next_back().is_some_and(char::is_alphanumeric)
            && of
                .rsplit("::")
                .next()
                .is_some_and(|it| it.starts_with(char::is_uppercase))
            && name.starts_with(char::is_lowercase)
    })
}

/// Links to code, as code.
fn without_links(text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("[`") {
        let Some(length) = rest[at..].find("`]") else { break };
        whole.push_str(&rest[..at]);
        let name = &rest[at + 2..at + length];
        let name = name.rsplit("super::").next().expect("a split has a last part");
        whole.push_str(&format!("`{}`", name.strip_prefix("crate::").unwrap_or(name)));
        rest = &rest[at + length + 2..];
        if let Some(target) = rest.strip_prefix('(') {
            rest = &target[target.find(')').expect("a link has a target") + 1..];
        }
    }
    whole + rest
}

#[test]
fn a_script_is_one_word_of_a_command_line() {
    assert_eq!(words("play hedge '0:call 5:ok'"), ["play", "hedge", "0:call 5:ok"]);
    assert_eq!(words("--set a.b='{ c = 1 }' d"), ["--set", "a.b={ c = 1 }", "d"]);
}

#[test]
fn words_come_back_as_they_are_typed() {
    for line in ["hedging --variant low", "x --set 'a={ c = 1 }'"] {
        assert_eq!(command(&words(line)), line);
    }
}

#[test]
fn fields_have_their_place_in_a_file() {
    assert_eq!(place_in_a_file("policy", None, false), "In `[policy.x]`:");
    assert_eq!(
        place_in_a_file("service.queue.codel", None, true),
        "In `[service.x]`, `queue.codel = { ... }`:"
    );
    let kind = |kind| place_in_a_file("policy.hedge", Some(kind), true);
    assert_eq!(kind("tied"), "In `[policy.x]`, `hedge = { kind = \"tied\", ... }`:");
    assert!(kind("fixed").contains("needs no saying"));
}

#[test]
fn marks_are_found_in_their_order() {
    let found = marks("a <!-- rules: policy/hedge.rs --> b <!-- fields: policy only=timeout --> <!-- other: c -->");
    assert_eq!(found.iter().map(|it| it.kind).collect::<Vec<_>>(), ["rules", "fields"]);
    assert_eq!(fields_asked(&found[1].words), ("policy", None, vec!["timeout"]));
    assert_eq!(
        fields_asked(&words("policy.breaker hystrix word=x")),
        ("policy.breaker", Some("hystrix"), vec![])
    );
}

#[test]
fn a_header_is_split_into_rules_and_sources() {
    let text = "//! A machine, see [`super::other`] and [`B`](super::B).\n//!\n//! ```text\n//! a\n//!\n//! b\n//! ```\n//!\n\
                //! Call [`A::next`] first.\n//!\n//! Source: a book.\n\nfn a() {}\n";
    let (rules, sources) = split_header(text);
    assert_eq!(rules, "A machine, see `other` and `B`.\n\n```text\na\n\nb\n```");
    assert_eq!(sources, "Source: a book.");
}
