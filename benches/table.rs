//! The speed table: nanoseconds and instructions per event, requests per second, and memory, beside the targets.
//!
//! `cargo bench --bench table` prints it; `-- W3` runs one workload only, `-- W3 --events 1000000` for so many events. With
//! valgrind installed, instructions are counted by callgrind on two lengths of run, so that building the model cancels out.

mod workloads;

use std::process::Command;
use std::time::Instant;

use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::observe::Record;
use workloads::Workload;

const REPEATS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let value = |flag: &str| {
        let at = arguments.iter().position(|it| it == flag)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let wanted = |it: &Workload| {
        arguments.iter().all(|word| !word.starts_with('W')) || arguments.iter().any(|word| word == it.name)
    };
    if let Some(events) = value("--once") {
        // One bare run, for callgrind and for memory.
        for workload in workloads::ALL.iter().filter(|it| wanted(it)) {
            once(workload, events);
        }
        return;
    }
    let events = value("--events").unwrap_or(5_000_000);
    println!("| workload | ns/event | target | instructions/event | target | requests/s | events/request | peak MiB |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for workload in workloads::ALL.iter().filter(|it| wanted(it)) {
        let model = workload.model(events);
        let mut best = f64::INFINITY;
        let (mut made, mut requests) = (0, 0);
        for seed in 0..REPEATS as u64 {
            let begun = Instant::now();
            let result = run(&model, seed, &Record::default(), &Limits::default(), &mut ()).expect("within the limits");
            best = best.min(begun.elapsed().as_secs_f64() / result.events as f64);
            (made, requests) = (result.events, result.loads[0].total.offered);
        }
        let per_request = made as f64 / requests as f64;
        let instructions = instructions(workload).map_or("-".to_owned(), |it| format!("{it:.0}"));
        let memory = memory_mib(workload, events).map_or("-".to_owned(), |it| format!("{it:.1}"));
        let target = workload
            .target_instructions
            .map_or("-".to_owned(), |it| format!("{it:.0}"));
        let nanoseconds = if workload.target_ns.is_nan() {
            "-".to_owned()
        } else {
            format!("{:.0}", workload.target_ns)
        };
        println!(
            "| {} {} | {:.1} | {nanoseconds} | {instructions} | {target} | {:.0} | {per_request:.1} | {memory} |",
            workload.name,
            workload.what,
            best * 1e9,
            1.0 / best / per_request,
        );
    }
}

fn once(workload: &Workload, events: u64) {
    let model = workload.model(events);
    let result = run(&model, 1, &Record::default(), &Limits::default(), &mut ()).expect("within the limits");
    println!("{} {} {}", workload.name, result.events, result.digest);
}

/// Events of a bare run of this length, and what a tool says of it.
fn under(tool: &[&str], workload: &Workload, events: u64) -> Option<(f64, String)> {
    let this = std::env::current_exe().ok()?;
    let output = Command::new(tool[0])
        .args(&tool[1..])
        .arg(this)
        .args([workload.name, "--once", &events.to_string()])
        .output()
        .ok()
        .filter(|it| it.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let made = text
        .lines()
        .find(|it| it.starts_with(workload.name))?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    Some((made, String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn instructions(workload: &Workload) -> Option<f64> {
    let count = |events| {
        let tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let (made, said) = under(&tool, workload, events)?;
        let line = said.lines().find(|it| it.contains("Collected :"))?;
        Some((made, line.split(':').nth(1)?.trim().parse::<f64>().ok()?))
    };
    let scale = if workload.name == "W5x50" { 4 } else { 1 };
    let (short, long) = (count(400_000 * scale)?, count(1_200_000 * scale)?);
    Some((long.1 - short.1) / (long.0 - short.0))
}

fn memory_mib(workload: &Workload, events: u64) -> Option<f64> {
    let (_, said) = under(&["/usr/bin/time", "-v"], workload, events)?;
    let line = said.lines().find(|it| it.contains("Maximum resident"))?;
    Some(line.split(':').nth(1)?.trim().parse::<f64>().ok()? / 1024.0)
}
