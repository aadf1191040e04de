//! Job files for systems that run one command many times: they start the shards, and say how to join them afterwards.
//!
//! There is no scheduler here. A job file names the command, the array and its size; everything else is the cluster's.

use std::fmt::Write;

use clap::ValueEnum;

use super::shard::COUNT;

/// What runs the shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// An array job of Slurm
    Slurm,
    /// An Indexed Job of Kubernetes
    Kubernetes,
    /// GNU parallel, on one machine or several over SSH
    Parallel,
}

/// What the job file is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The study's name.
    pub study: String,
    /// The words after `brownout` that run the sweep, quoted, without `--shard`.
    pub run: String,
    /// The words that join the shards, quoted, without `brownout`.
    pub merge: String,
    /// How many parts.
    pub shards: u32,
    /// How many threads each may use.
    pub threads: u16,
}

impl System {
    /// The text of the job file.
    pub fn file(self, job: &Job) -> String {
        match self {
            System::Slurm => slurm(job),
            System::Kubernetes => kubernetes(job),
            System::Parallel => parallel(job),
        }
    }
}

/// A name that all systems accept: lower-case letters, digits and `-`, at most 40 of them, a letter first.
fn name(study: &str) -> String {
    let plain = |it: char| {
        if it.is_ascii_alphanumeric() {
            it.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let short: String = study.chars().map(plain).take(40).collect();
    format!("brownout-{}", short.trim_matches('-'))
}

/// The largest index of an array in Slurm, as it is installed.
const SLURM_USUAL: u32 = 1000;

fn slurm(job: &Job) -> String {
    let Job {
        run,
        merge,
        shards,
        threads,
        ..
    } = job;
    let name = name(&job.study);
    format!(
        "#!/usr/bin/env bash\n\
         # A sweep in {shards} shards. Submit it, and join the shards when all are done:\n\
         #\n\
         #   job=$(sbatch --parsable {name}.slurm)\n\
         #   sbatch --dependency=afterok:$job --wrap {wrapped}\n\
         #\n\
         # A shard that was stopped (time limit, preemption) goes on where it was: submit the same file again.\n\
         # What your cluster wants besides (account, partition, --time, --mem), add here.{large}\n\
         #SBATCH --job-name={name}\n\
         #SBATCH --array=1-{shards}\n\
         #SBATCH --ntasks=1\n\
         #SBATCH --cpus-per-task={threads}\n\
         #SBATCH --output={name}-%a.log\n\
         set -euo pipefail\n\
         exec brownout {run} --shard auto/{shards} --threads \"${{SLURM_CPUS_PER_TASK:-{threads}}}\" --progress none\n",
        large = if *shards > SLURM_USUAL {
            format!(
                "\n# Slurm's usual limit (MaxArraySize) is {SLURM_USUAL} jobs: ask for fewer shards, or ask your cluster."
            )
        } else {
            String::new()
        },
        wrapped = shell(&format!("brownout {merge}")),
    )
}

fn parallel(job: &Job) -> String {
    let Job {
        run,
        merge,
        shards,
        threads,
        ..
    } = job;
    let name = name(&job.study);
    format!(
        "#!/usr/bin/env bash\n\
         # A sweep in {shards} shards, as many at a time as there are cores for; then the shards are joined.\n\
         # Run it again to go on after a stop: what is finished stays. Other machines: add --sshloginfile and --workdir to the line of parallel.\n\
         set -euo pipefail\n\
         parallel --quote --jobs \"$(( $(nproc) / {threads} > 0 ? $(nproc) / {threads} : 1 ))\" --joblog {name}.log --halt soon,fail=1 \\\n    \
         brownout {run} --shard {{}}/{shards} --threads {threads} --progress none ::: $(seq {shards})\n\
         brownout {merge}\n"
    )
}

fn kubernetes(job: &Job) -> String {
    let Job {
        run,
        merge,
        shards,
        threads,
        ..
    } = job;
    let name = name(&job.study);
    let mut text = format!(
        "# A sweep in {shards} shards. The image must hold brownout, the volume the study; the results go there, too.\n\
         # Set both names marked with `here`, then: kubectl apply -f {name}.yaml\n\
         # When all are done, join the shards: brownout {merge}\n"
    );
    let command = format!("brownout {run} --shard auto/{shards} --threads {threads} --progress none");
    let _ = write!(
        text,
        "apiVersion: batch/v1\n\
         kind: Job\n\
         metadata:\n  name: {name}\n\
         spec:\n  \
           completions: {shards}\n  \
           parallelism: {shards}\n  \
           completionMode: Indexed\n  \
           backoffLimit: {shards}\n  \
           template:\n    \
             spec:\n      \
               restartPolicy: OnFailure\n      \
               containers:\n        \
                 - name: brownout\n          \
                   image: brownout # here\n          \
                   workingDir: /work\n          \
                   command: [\"sh\", \"-c\", {command}]\n          \
                   env:\n            \
                     - name: {COUNT}\n              \
                       value: \"{shards}\"\n          \
                   resources:\n            \
                     requests:\n              \
                       cpu: \"{threads}\"\n          \
                   volumeMounts:\n            \
                     - name: work\n              \
                       mountPath: /work\n      \
               volumes:\n        \
                 - name: work\n          \
                   persistentVolumeClaim:\n            \
                     claimName: brownout # here\n",
        command = serde_json::Value::String(command),
    );
    text
}

/// A word for a shell.
fn shell(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job {
            study: "Retry storm: the cliff".to_owned(),
            run: "sweep run cliff.toml -o 'my results'".to_owned(),
            merge: "sweep merge 'my results'".to_owned(),
            shards: 16,
            threads: 2,
        }
    }

    #[test]
    fn a_file_for_each_system() {
        insta::assert_snapshot!("slurm", System::Slurm.file(&job()));
        insta::assert_snapshot!("kubernetes", System::Kubernetes.file(&job()));
        insta::assert_snapshot!("parallel", System::Parallel.file(&job()));
    }

    /// The shell scripts are scripts: the shell reads them without complaint.
    #[test]
    #[cfg(unix)]
    fn a_shell_reads_the_scripts() {
        for system in [System::Slurm, System::Parallel] {
            let checked = std::process::Command::new("sh")
                .args(["-n", "-c", &system.file(&job())])
                .status();
            assert!(checked.unwrap().success());
        }
    }
}
