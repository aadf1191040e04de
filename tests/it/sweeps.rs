//! Sweeps as their users run them: planned, stopped, killed, divided, joined, made again.

mod bad;
#[cfg(unix)]
mod killed;
mod searches;
mod shards;
mod stored;

use std::collections::BTreeMap;
use std::path::Path;

use crate::shell::Shell;

/// A queue that collapses under its users' retries, if the stumble is long enough for the load.
const SCENARIO: &str = r#"format = 1
title = "One queue"

[run]
duration = "40s"
warmup = "2s"
drain = "5s"
seed = 7

[load.users]
target = "web"
rate = "40/s"
objective = "1s"

[service.web]
workers = 4
work = "exponential(mean=50ms)"

[policy.users]
edge = "users -> web"
timeout = "400ms"
retry = { attempts = 3, backoff = "none" }

[fault.stumble]
at = "10s"
for = "2s"
target = "web"
effect = { work = "x8" }

[variant.patient]
set.policy.users.timeout = "2s"
"#;

/// Six points, two variants, four runs each: 48 runs.
const STUDY: &str = r#"format = 1
title = "Load and stumble"
question = "Where does the queue collapse?"
scenario = "queue.toml"
variants = ["base", "patient"]

[plan]
method = "grid"
replications = 4

[axis.load]
path = "load.users.scale"
values = ["x0.5", "x1", "x1.5"]

[axis.stumble]
path = "fault.stumble.for"
values = ["500ms", "4s"]

[measure]
collapsed = "collapsed(users)"
recovery_time = "recovery_time(users)"
p99 = "p99(web)"
"#;

/// The same with goals instead of a number.
fn adaptive() -> String {
    STUDY.replace(
        "replications = 4",
        "replications = { min = 3, max = 12, until = \"halfwidth(p99) < 20%\" }",
    )
}

/// A shell with the scenario and the study.
fn shell() -> Shell {
    let shell = Shell::new();
    shell.write("queue.toml", SCENARIO);
    shell.write("study.toml", STUDY);
    shell.write("adaptive.toml", adaptive());
    shell
}

/// Every file below a folder, by its path in it.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn look(folder: &Path, prefix: &str, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                look(&path, &format!("{name}/"), all);
            } else {
                all.insert(name, std::fs::read(&path).expect("it reads"));
            }
        }
    }
    let mut all = BTreeMap::new();
    look(folder, "", &mut all);
    all
}

/// Two folders hold the same bytes under the same names.
#[track_caller]
fn same(one: &Path, other: &Path) {
    let (one, other) = (bytes(one), bytes(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(*bytes == other[name], "{name} differs");
    }
}
