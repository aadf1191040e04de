//! W1 to W5 under criterion: for comparing a change with what was there before. `cargo bench --bench engine`

#[expect(dead_code, reason = "the targets are printed by the other bench")]
mod workloads;

use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::observe::Record;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const EVENTS: u64 = 500_000;

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("events");
    group.sample_size(10);
    for workload in workloads::ALL.iter().filter(|it| it.name != "W5x50") {
        let model = workload.model(EVENTS);
        let go =
            |seed: u64| run(&model, seed, &Record::default(), &Limits::default(), &mut ()).expect("within the limits");
        group.throughput(Throughput::Elements(go(1).events));
        group.bench_function(workload.name, |bencher| {
            bencher.iter_batched(|| 1, go, BatchSize::PerIteration)
        });
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
