//! The shipped scenarios, in teaching order, and the shipped studies.

/// A shipped scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its name, which is the file's stem.
    pub name: &'static str,
    /// Its place in the teaching order.
    pub lesson: u32,
    /// The file.
    pub text: &'static str,
}

impl Shipped {
    /// What it is called.
    pub fn title(&self) -> &'static str {
        quoted(self.text, "title").unwrap_or(self.name)
    }

    /// The question it answers.
    pub fn question(&self) -> &'static str {
        quoted(self.text, "question").unwrap_or_default()
    }

    /// The comment at the beginning of the file, without its `#`: what to look at, sources, what is invented.
    pub fn header(&self) -> String {
        header(self.text)
    }
}

fn header(text: &str) -> String {
    let lines = text.lines().take_while(|it| it.starts_with('#'));
    let lines = lines.map(|it| it.trim_start_matches('#').strip_prefix(' ').unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The value of a text at the top of a file. Shipped files write them without escapes, on one line; a test says so.
fn quoted(text: &'static str, key: &str) -> Option<&'static str> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        rest.trim().strip_prefix('"')?.strip_suffix('"')
    })
}

macro_rules! shipped {
    ($($lesson:literal $name:literal)+) => {
        &[$(Shipped {
            name: $name,
            lesson: $lesson,
            text: include_str!(concat!("../library/", $name, ".toml")),
        }),+]
    };
}

/// All of them, by lesson.
static ALL: &[Shipped] = shipped! {
    1 "one-queue"
    2 "many-workers"
    3 "pooled-or-separate"
    4 "thread-pool-exhaustion"
    5 "async-callers"
    6 "timeouts"
    7 "retry-storm"
    8 "retries-multiply"
    9 "metastable"
    10 "fan-out-tail"
    11 "optional-third-party"
    12 "series-availability"
    13 "balancers"
    14 "zone-loss"
    15 "search-fan-out"
    16 "online-boutique"
    17 "grey-failure"
    18 "cancellation"
    19 "third-party-quota"
    20 "closed-versus-open"
    21 "flapping"
    22 "caller-limits"
    23 "queue-disciplines"
    24 "criticality"
    25 "dimmer"
    26 "outlier-ejection"
    27 "hot-key"
    28 "shuffle-sharding"
    29 "hedging"
    30 "fallback-overload"
    31 "stack-order"
    32 "pool-wait"
    33 "cache-stampede"
    34 "batches"
    35 "one-outage"
    36 "peak-ewma"
    37 "subsetting"
    38 "zone-aware"
};

/// All of them, by lesson.
pub fn all() -> &'static [Shipped] {
    ALL
}

/// A shipped study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippedStudy {
    /// Its name, which is the file's stem.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

impl ShippedStudy {
    /// What it is called.
    pub fn title(&self) -> &'static str {
        quoted(self.text, "title").unwrap_or(self.name)
    }

    /// The question it answers.
    pub fn question(&self) -> &'static str {
        quoted(self.text, "question").unwrap_or_default()
    }

    /// The shipped scenario that it runs, as it names it: `metastable.toml`.
    pub fn scenario(&self) -> &'static str {
        quoted(self.text, "scenario").unwrap_or_default()
    }

    /// The comment at the beginning of the file, without its `#`.
    pub fn header(&self) -> String {
        header(self.text)
    }
}

macro_rules! studies {
    ($($name:literal)+) => {
        &[$(ShippedStudy {
            name: $name,
            text: include_str!(concat!("../library/studies/", $name, ".toml")),
        }),+]
    };
}

/// All shipped studies.
static STUDIES: &[ShippedStudy] = studies! {
    "metastable-map"
    "retry-storm-timeouts"
    "hedge-sensitivity"
};

/// All shipped studies.
pub fn studies() -> &'static [ShippedStudy] {
    STUDIES
}

/// The study of this name.
pub fn find_study(name: &str) -> Option<&'static ShippedStudy> {
    STUDIES.iter().find(|it| it.name == name)
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Shipped> {
    ALL.iter().find(|it| it.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;
    use brownout_sim_core::engine::{Limits, RunError, run};
    use brownout_sim_core::observe::Record;

    fn files_in(folder: &str) -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let stem = |it: std::io::Result<std::fs::DirEntry>| {
            let name = it.expect("a file").file_name();
            name.to_str()?.strip_suffix(".toml").map(str::to_owned)
        };
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the library is there")
            .filter_map(stem)
            .collect();
        files.sort();
        files
    }

    #[test]
    fn every_study_is_listed_and_plans_its_points() {
        let mut listed: Vec<&str> = STUDIES.iter().map(|it| it.name).collect();
        listed.sort_unstable();
        assert_eq!(files_in("library/studies"), listed);
        let mut told = String::new();
        for it in STUDIES {
            assert!(!it.title().is_empty() && it.question().ends_with('?'), "{}", it.name);
            for part in ["Question:", "What to look at:", "Source", "Invented:"] {
                assert!(it.header().contains(part), "{}: {part}", it.name);
            }
            assert!(it.text.starts_with("# Question:"), "{}", it.name);
            assert!(find(it.scenario().trim_end_matches(".toml")).is_some(), "{}", it.name);
            let study = crate::study::testing::shipped(it);
            let axes: Vec<String> = study
                .axes()
                .iter()
                .map(|it| {
                    let texts: Vec<&str> = it.levels.iter().map(|it| it.text.as_str()).collect();
                    format!(
                        "  {} [{}]: {}\n",
                        it.name,
                        it.unit.as_deref().unwrap_or("-"),
                        texts.join(" ")
                    )
                })
                .collect();
            told += &format!(
                "{}: {} points, {:?}, {:?}, {:?}\n{}  excluded {:?}\n  lints {:?}\n",
                it.name,
                study.points().len(),
                study.variants(),
                study.measures(),
                study.replications(),
                axes.concat(),
                study.excluded(),
                study.lints().iter().map(|it| it.message).collect::<Vec<_>>(),
            );
            for point in study.points() {
                for variant in study.variants() {
                    if let Err(mistakes) = study.compile(point, variant) {
                        panic!("{}", mistakes.render(false));
                    }
                }
            }
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn every_file_is_listed_under_its_name_and_lesson() {
        let files = files_in("library");
        let mut listed: Vec<&str> = ALL.iter().map(|it| it.name).collect();
        assert!(
            ALL.windows(2).all(|it| it[0].lesson < it[1].lesson),
            "lessons are in order, each once"
        );
        listed.sort_unstable();
        assert_eq!(files, listed);
        for it in ALL {
            let lesson = format!("\nlesson = {}\n", it.lesson);
            assert!(it.text.contains(&lesson), "{} is lesson {}", it.name, it.lesson);
            assert!(!it.title().is_empty() && it.question().ends_with('?'), "{}", it.name);
            assert!(
                !it.title().contains('\\') && !it.question().contains('\\'),
                "{}",
                it.name
            );
            assert!(
                it.header().contains("Invented:") || it.header().contains("invented"),
                "{}",
                it.name
            );
        }
    }

    #[test]
    fn every_scenario_compiles_in_every_variant() {
        for it in ALL {
            let no_files = |path: &str| Err(format!("`{path}` is not shipped"));
            let scenario = match Scenario::load(
                it.name,
                &format!("{}.toml", it.name),
                it.text.as_bytes(),
                &[],
                &no_files,
            ) {
                Ok(scenario) => scenario,
                Err(mistakes) => panic!("{}", mistakes.render(false)),
            };
            assert_eq!(scenario.title(), Some(it.title()));
            assert_eq!(scenario.question(), Some(it.question()));
            for variant in scenario.variants() {
                let compiled = scenario.compile(&variant.name).expect("a declared variant");
                assert!(compiled.events_estimate > 0.0, "{} {}", it.name, variant.name);
            }
        }
    }

    #[test]
    fn every_variant_starts_to_run() {
        let limits = Limits {
            events: 30_000,
            ..Limits::default()
        };
        for it in ALL {
            let no_files = |path: &str| Err(format!("`{path}` is not shipped"));
            let scenario = Scenario::load(it.name, it.name, it.text.as_bytes(), &[], &no_files).expect("it compiles");
            for variant in core::iter::once("base").chain(scenario.variants().iter().map(|it| it.name.as_str())) {
                let compiled = scenario.compile(variant).expect("a declared variant");
                match run(&compiled.model, compiled.seed, &Record::default(), &limits, &mut ()) {
                    Ok(_) | Err(RunError::TooManyEvents { .. }) => {}
                    Err(error) => panic!("{} {variant}: {error}", it.name),
                }
            }
        }
    }
}
