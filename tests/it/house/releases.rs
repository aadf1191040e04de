//! What is said about a version, and which commands the README promises.

use super::{Text, none, read};

/// The version of the workspace.
fn version(manifest: &str) -> Option<&str> {
    let package = manifest.split("[workspace.package]").nth(1)?;
    let line = package.lines().find_map(|it| it.strip_prefix("version = "))?;
    Some(line.trim_matches('"'))
}

fn unmentioned(manifest: &str, changelog: &str) -> Vec<String> {
    let Some(version) = version(manifest) else {
        return vec!["Cargo.toml: the workspace has no version".to_owned()];
    };
    let headings = changelog.lines().filter_map(|it| it.strip_prefix("## "));
    if headings.into_iter().any(|it| it.split(' ').next() == Some(version)) {
        Vec::new()
    } else {
        vec![format!("CHANGELOG.md: no heading for {version}")]
    }
}

/// Commands of the README's blocks that begin with `cargo test`; each has to be a line of the checks.
fn unchecked(readme: &Text, checks: &str) -> Vec<String> {
    let commands: Vec<&str> = readme.text.lines().filter(|it| it.starts_with("cargo test")).collect();
    if commands.is_empty() {
        return vec![format!("{}: it does not say how to test", readme.path)];
    }
    let missing = commands
        .into_iter()
        .filter(|it| !checks.lines().any(|line| line == format!("step {it}")));
    missing
        .map(|it| format!(".ci/run does not run `{it}`, which {} names", readme.path))
        .collect()
}

#[test]
fn the_changelog_knows_the_version() {
    none(unmentioned(&read("Cargo.toml").text, &read("CHANGELOG.md").text));
}

#[test]
fn the_checks_run_the_test_command_of_the_readme() {
    none(unchecked(&read("README.md"), &read(".ci/run").text));
}

#[test]
fn a_forgotten_version_or_command_is_found() {
    let manifest = "[workspace]\nversion = \"9.9.9\"\n[workspace.package]\nversion = \"0.2.0\"\n";
    none(unmentioned(manifest, "# Changelog\n\n## 0.2.0 (unreleased)\n"));
    assert_eq!(
        unmentioned(manifest, "# Changelog\n\n## 0.2.0-rc.1\n\n0.2.0 comes soon\n").len(),
        1
    );
    assert_eq!(unmentioned("[package]\n", "## 0.2.0\n").len(), 1);
    let readme = Text::new("README.md", "```console\ncargo test --workspace\n```\n");
    none(unchecked(&readme, "step cargo test --workspace\n"));
    assert_eq!(
        unchecked(&readme, "# step cargo test --workspace\nstep cargo test\n").len(),
        1
    );
    assert_eq!(unchecked(&Text::new("README.md", "Test it."), "").len(), 1);
}
