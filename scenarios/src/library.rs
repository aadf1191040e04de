//! The shipped scenarios, in teaching order.

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
        let lines = self.text.lines().take_while(|it| it.starts_with('#'));
        lines
            .map(|it| it.trim_start_matches('#').strip_prefix(' ').unwrap_or(""))
            .collect::<Vec<_>>()
            .join("\n")
    }
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

    #[test]
    fn every_file_is_listed_under_its_name_and_lesson() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the library is there")
            .filter_map(|it| {
                it.expect("a file")
                    .file_name()
                    .to_str()?
                    .strip_suffix(".toml")
                    .map(str::to_owned)
            })
            .collect();
        files.sort();
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
