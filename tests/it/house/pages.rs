//! One mechanism, one name: the machine, its page in the book, its table in files, its player and a shipped scenario hold
//! together.

use brownout::play::{self, table};
use toml::Value;

use super::{Text, none, texts, with_extension};
use crate::pages::{Mark, fields_asked, marks};

/// Machines that have no table in scenario files, each with the reason.
const UNSPOKEN: &[(&str, &str)] = &[];

/// Families of which the library ships one or a few members: the pages of the others show that scenario with their own in its
/// place, by `--set`. Each with the reason.
const ONE_FOR_ALL: [(&str, &str); 14] = [
    ("component/", "its scenario is there for what surrounds it"),
    ("policy/backoff/", "they differ in the pauses alone"),
    ("policy/breaker/", "they differ in what opens and closes them"),
    ("policy/budget/", "they differ in what pays for a retry"),
    ("policy/bulkhead/", "they differ in who may wait"),
    ("policy/cache/", "they differ in which calls are joined"),
    ("policy/concurrency/", "they differ in how the number is found"),
    ("policy/hedge/", "they differ in the delay"),
    ("policy/rate_limit/", "they differ in what a burst may be"),
    ("policy/throttle/", "they differ in what is counted"),
    ("routing/health/", "they differ in thresholds and intervals"),
    ("routing/outlier/", "they differ in thresholds"),
    ("routing/", "balancers are compared in one scenario"),
    ("server/", "disciplines are compared in one scenario"),
];

/// The parts that every page of a mechanism has.
const PARTS: [&str; 4] = [
    "## Rules",
    "## Settings",
    "## A time line",
    "## When it helps, when it hurts",
];

/// A mechanism as its levels call it.
struct Machine<'a> {
    name: &'a str,
    source: &'a str,
}

/// Where the page of a machine is, below `book/src`.
fn page_of(source: &str) -> String {
    let (place, rest) = source.split_once('/').expect("a machine lies in a folder");
    let place = match place {
        "policy" => "policies",
        "component" => "components",
        other => other,
    };
    format!("{place}/{}.md", rest.trim_end_matches(".rs"))
}

/// The page of the family that a machine belongs to.
fn family_of(page: &str) -> String {
    match page.rsplit_once('/') {
        Some((folder, _)) if folder.contains('/') => format!("{folder}.md"),
        Some((folder, _)) => format!("{folder}/index.md"),
        None => unreachable!("a page lies in a folder"),
    }
}

/// A shipped scenario with a change: the text of the file, and of every `--set`.
fn documents(words: &[String], library: &[Text]) -> Option<Vec<Value>> {
    let name = format!("{}.toml", words.first()?);
    let file = library.iter().find(|it| it.name() == name)?;
    let mut all = vec![Value::Table(file.text.parse().expect("shipped scenarios are TOML"))];
    for set in sets(words) {
        let (path, value) = set.split_once('=')?;
        let parsed = format!("{path} = {value}").parse();
        let written = parsed.or_else(|_| format!("{path} = \"{value}\"").parse());
        all.push(Value::Table(written.ok()?));
    }
    Some(all)
}

fn sets(words: &[String]) -> impl Iterator<Item = &String> {
    let values = words.iter().skip(1);
    words.iter().zip(values).filter(|it| it.0 == "--set").map(|it| it.1)
}

/// Every value below a key, wherever it stands.
fn under<'a>(value: &'a Value, key: &str, into: &mut Vec<&'a Value>) {
    match value {
        Value::Table(table) => {
            for (name, inner) in table {
                if name == key {
                    into.push(inner);
                }
                under(inner, key, into);
            }
        }
        Value::Array(all) => all.iter().for_each(|it| under(it, key, into)),
        _ => (),
    }
}

/// Whether a value says this kind: by name, in a table, or by saying none where it is the kind that needs no saying.
fn is_kind(value: &Value, kind: &str, default: Option<&str>) -> bool {
    match value {
        Value::String(text) if text == kind => true,
        Value::String(text) => {
            default == Some(kind) && text != "none" && text.starts_with(|c: char| c.is_ascii_digit())
        }
        Value::Table(table) => match table.get("kind") {
            Some(Value::String(text)) => text == kind,
            _ => default == Some(kind),
        },
        Value::Integer(_) => default == Some(kind),
        _ => false,
    }
}

/// Whether what is shown has what a `fields` mark speaks of.
fn uses(documents: &[Value], mark: &Mark, default: Option<&str>) -> bool {
    let (path, kind, only) = fields_asked(&mark.words);
    let last = path.rsplit('.').next().expect("a split has a last part");
    let word = mark.words.iter().find_map(|it| it.strip_prefix("word="));
    let keys = if only.is_empty() { vec![last] } else { only };
    let mut found = Vec::new();
    for document in documents {
        for key in &keys {
            under(document, key, &mut found);
        }
    }
    match (kind, word) {
        (Some(kind), _) if keys == [last] => found.iter().any(|it| is_kind(it, kind, default)),
        (_, Some(word)) => found.iter().any(|it| it.to_string().contains(word)),
        _ => !found.is_empty(),
    }
}

fn complaints(
    machines: &[Machine<'_>],
    pages: &[Text],
    library: &[Text],
    name_of: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut all = Vec::new();
    for machine in machines {
        let path = page_of(machine.source);
        let find = |path: &str| pages.iter().find(|it| it.path == format!("book/src/{path}"));
        if find(&family_of(&path)).is_none() {
            all.push(format!("book/src/{}: missing, the page of a family", family_of(&path)));
        }
        let Some(page) = find(&path) else {
            all.push(format!("book/src/{path}: missing, the page of {}", machine.name));
            continue;
        };
        let mut complain = |what: String| all.push(format!("{}: {what}", page.path));
        let (all_lines, own) = (page.text.lines().count(), own_lines(&page.text));
        if all_lines > 160 || !(15..=90).contains(&own) {
            complain(format!("it has {all_lines} lines, {own} of them by hand"));
        }
        for part in PARTS.iter().filter(|it| !page.text.lines().any(|line| line == **it)) {
            complain(format!("it has no `{part}`"));
        }
        let marks = marks(&page.text);
        for kind in ["rules", "sources"] {
            if !marks.iter().any(|it| it.kind == kind && it.words == [machine.source]) {
                complain(format!("it has no `<!-- {kind}: {} -->`", machine.source));
            }
        }
        let plays = |it: &Mark| it.kind == "output" && it.words.get(1).is_some_and(|it| it == "play");
        let played = |it: &Mark| it.words.len() > 3 && name_of(&it.words[2]) == machine.name;
        if !marks.iter().any(|it| plays(it) && played(it)) {
            complain(format!("it does not play {}", machine.name));
        }
        let fields: Vec<&Mark> = marks.iter().filter(|it| it.kind == "fields").collect();
        let shown: Vec<&Mark> = marks.iter().filter(|it| it.kind == "shown").collect();
        let unspoken = UNSPOKEN.iter().any(|it| it.0 == machine.source);
        if unspoken != fields.is_empty() {
            complain(if unspoken {
                "it has fields, and the test says that it has none".to_owned()
            } else {
                "it has no `<!-- fields: ... -->`".to_owned()
            });
        }
        if unspoken {
            continue;
        }
        if shown.is_empty() {
            complain("it has no `<!-- shown: ... -->`".to_owned());
        }
        for mark in shown {
            let Some(documents) = documents(&mark.words, library) else {
                complain(format!("there is no `{}`", mark.words.join(" ")));
                continue;
            };
            let default = |it: &Mark| brownout_scenarios::default_kind(&it.words[0]);
            if !fields.iter().any(|it| uses(&documents, it, default(it))) {
                complain(format!("`{}` does not use it", mark.words.join(" ")));
            }
            let excused = ONE_FOR_ALL.iter().any(|it| machine.source.starts_with(it.0));
            if sets(&mark.words).next().is_some() && !excused {
                complain(format!("`{}` uses it by a `--set` only", mark.words[0]));
            }
        }
    }
    all
}

/// The lines of a page that stand in no block.
fn own_lines(text: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for line in text.lines() {
        inside |= line.starts_with("<!-- ") && !line.starts_with("<!-- /");
        count += usize::from(!inside);
        inside &= !line.contains("<!-- /");
    }
    count
}

/// A mechanism's whole name, by what stands in a command.
fn whole_name(name: &str) -> String {
    play::find(name).map_or_else(|_| name.to_owned(), |it| it.name.to_owned())
}

#[test]
fn every_mechanism_has_its_page_its_fields_its_player_and_its_scenario() {
    let machines: Vec<Machine<'_>> = table()
        .iter()
        .map(|it| Machine {
            name: it.name,
            source: it.source,
        })
        .collect();
    let pages = with_extension(texts("book/src"), ".md");
    let library = with_extension(texts("scenarios/library"), ".toml");
    none(complaints(&machines, &pages, &library, whole_name));
    let known = |source: &str| machines.iter().any(|it| it.source.starts_with(source));
    for (source, reason) in UNSPOKEN.iter().chain(&ONE_FOR_ALL) {
        assert!(known(source) && !reason.is_empty(), "{source}");
    }
}

#[test]
fn every_command_that_a_page_shows_can_be_run() {
    let mut wrong = Vec::new();
    for page in with_extension(texts("book/src"), ".md") {
        for mark in marks(&page.text).iter().filter(|it| it.kind == "shown") {
            if let Err(why) = loads(&mark.words) {
                wrong.push(format!("{}: {}: {why}", page.path, mark.words.join(" ")));
            }
        }
    }
    none(wrong);
    let words = |line: &str| crate::pages::words(line);
    assert!(loads(&words("hedging --variant nothing")).is_err());
    assert!(loads(&words("hedging --set policy.web-to-store.hedge=never")).is_err());
}

/// Whether a scenario with these words behind `brownout run` compiles.
fn loads(words: &[String]) -> Result<(), String> {
    let source = brownout::input::find(&words[0]).map_err(|it| it.to_string())?;
    let overrides: Vec<(String, String)> = sets(words)
        .filter_map(|it| it.split_once('='))
        .map(|it| (it.0.to_owned(), it.1.to_owned()))
        .collect();
    let scenario = brownout::input::load(&source, &overrides, false).map_err(|it| it.to_string())?;
    let asked = words.iter().skip_while(|it| *it != "--variant").nth(1);
    let asked = asked.map_or("base", String::as_str);
    let variant = brownout::input::variant(&scenario, asked).map_err(|it| it.to_string())?;
    scenario.compile(variant).map(|_| ()).map_err(|it| it.render(false))
}

/// A page that has everything.
const WHOLE: &str = "# Hedge\n\n## Rules\n<!-- rules: policy/hedge.rs --><!-- /rules -->\n## Settings\n\
    <!-- fields: policy.hedge fixed --><!-- /fields -->\n## A time line\n\
    <!-- output: brownout play hedge '0:call 9:ok' --><!-- /output -->\n## When it helps, when it hurts\n\
    <!-- shown: slow --><!-- /shown -->\n<!-- sources: policy/hedge.rs --><!-- /sources -->\n\n\n\n\n\n\n\n\n\n\n\n\n";

#[test]
fn what_a_page_lacks_is_found() {
    let machines = [Machine {
        name: "hedge",
        source: "policy/hedge.rs",
    }];
    let library = [
        Text::new("scenarios/library/slow.toml", "[policy.a]\nhedge = \"60ms\"\n"),
        Text::new("scenarios/library/quick.toml", "[policy.a]\nhedge = \"none\"\n"),
    ];
    let found = |text: &str| {
        let pages = [
            Text::new("book/src/policies/hedge.md", text),
            Text::new("book/src/policies/index.md", ""),
        ];
        complaints(&machines, &pages, &library, str::to_owned).len()
    };
    assert_eq!(found(WHOLE), 0);
    let lacking = [
        ("## Rules", "## Laws"),
        ("<!-- rules", "<!-- laws"),
        ("<!-- sources: policy/hedge.rs", "<!-- sources: policy/other.rs"),
        ("play hedge", "play retry"),
        ("shown: slow", "shown: nothing"),
        ("shown: slow", "shown: quick"),
        ("shown: slow", "shown: quick --set policy.a.hedge=tied"),
        ("<!-- shown", "<!-- hidden"),
        ("\n\n\n\n\n\n\n\n\n\n\n\n", ""),
    ];
    for (from, to) in lacking {
        assert!(found(&WHOLE.replace(from, to)) > 0, "{from} as {to}");
    }
    // By a setting it is there, but only families may show it so.
    assert_eq!(
        found(&WHOLE.replace("shown: slow", "shown: quick --set policy.a.hedge=60ms")),
        1
    );
    assert_eq!(complaints(&machines, &[], &library, str::to_owned).len(), 2);
}

#[test]
fn pages_have_the_names_of_the_machines() {
    for (source, page, family) in [
        ("policy/hedge.rs", "policies/hedge.md", "policies/index.md"),
        (
            "policy/hedge/average.rs",
            "policies/hedge/average.md",
            "policies/hedge.md",
        ),
        ("server/codel.rs", "server/codel.md", "server/index.md"),
        ("component/pool.rs", "components/pool.md", "components/index.md"),
    ] {
        assert_eq!(page_of(source), page);
        assert_eq!(family_of(page), family);
    }
}
