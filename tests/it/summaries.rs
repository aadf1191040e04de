//! What `brownout run` says of each shipped scenario, in few replications: any change of an answer shows here.

use brownout_scenarios::library;

use crate::shell::Shell;

#[test]
fn every_shipped_scenario_has_its_summary() {
    let shell = Shell::new();
    for shipped in library::all() {
        let text = shell.transcript(&["run", shipped.name, "--replications", "2"]);
        insta::assert_snapshot!(format!("summary of {}", shipped.name), text);
    }
}
