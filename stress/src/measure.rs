//! Runs the workloads on every variant, in turns, and keeps times and differences.

use crate::catalogue::Workload;
use crate::compare::{first_difference, progress};
use crate::process;
use crate::stats::Random;
use crate::transfer;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How the work is shared out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Regime {
    /// One process, so many threads.
    Threads(usize),
    /// Two processes that each do the whole job on one thread, at the same time.
    TwoProcesses,
}

/// One column of the comparison.
#[derive(Clone)]
pub struct Variant {
    pub interpreter: String,
    pub path: PathBuf,
    pub regime: Regime,
    /// Why it cannot run.
    pub missing: Option<String>,
}

impl Variant {
    /// `free-threaded, 2 threads`
    pub fn label(&self) -> String {
        match self.regime {
            Regime::Threads(1) => format!("{}, 1 thread", self.interpreter),
            Regime::Threads(count) => format!("{}, {count} threads", self.interpreter),
            Regime::TwoProcesses => format!("{}, two processes", self.interpreter),
        }
    }
}

/// What holds for all measurements.
pub struct Plan {
    /// Of the project.
    pub root: PathBuf,
    pub runs: usize,
    pub quick: bool,
    pub has_peers: bool,
    pub timeout: Duration,
}

/// The measurements of one workload on one variant.
pub struct Measured {
    pub workload: &'static str,
    pub variant: usize,
    pub label: String,
    /// Whole jobs per second, one entry per run.
    pub throughputs: Vec<f64>,
    /// Processor seconds per job, start-up included, one entry per run.
    pub cpu_seconds: Vec<f64>,
    /// What went wrong: crashes, hangs, other output.
    pub problems: Vec<String>,
}

/// Measures every workload on every variant. In each round all variants of a workload take their turn, in random order, so that
/// a machine that slows down slows all of them. Also returned: how long a cache line took between processors, once a round.
pub fn measure(
    plan: &Plan,
    workloads: &[&'static Workload],
    variants: &[Variant],
) -> (Vec<Measured>, Vec<f64>) {
    let bar = progress((workloads.len() * variants.len() * plan.runs) as u64);
    let mut results = Vec::new();
    let mut transfers = Vec::new();
    let mut random = Random(1);
    let mut order: Vec<usize> = (0..variants.len()).collect();
    for workload in workloads {
        let mut measured: Vec<Measured> = variants
            .iter()
            .enumerate()
            .map(|(index, variant)| Measured {
                workload: workload.name,
                variant: index,
                label: variant.label(),
                throughputs: Vec::new(),
                cpu_seconds: Vec::new(),
                problems: variant.missing.iter().cloned().collect(),
            })
            .collect();
        let mut expected: Option<String> = None;
        for _ in 0..plan.runs {
            transfers.extend(transfer::nanoseconds());
            // What comes behind the same run every time pays or gains by it, one that leaves a processor idle or one that leaves both
            // busy.
            random.shuffle(&mut order);
            for &at in &order {
                let (variant, measured) = (&variants[at], &mut measured[at]);
                bar.set_message(format!("{}: {}", workload.name, measured.label));
                // What failed once fails again; the rest of the table is wanted sooner.
                if measured.problems.is_empty() {
                    match run_once(plan, workload, variant, &mut expected) {
                        Ok(job) => {
                            measured.throughputs.push(job.throughput);
                            measured.cpu_seconds.push(job.cpu_seconds);
                        }
                        Err(problem) => {
                            bar.println(format!(
                                "{}, {}: {problem}",
                                workload.name, measured.label
                            ));
                            measured.problems.push(problem);
                        }
                    }
                }
                bar.inc(1);
            }
        }
        results.append(&mut measured);
    }
    bar.finish_and_clear();
    (results, transfers)
}

/// A folder in which processes leave a file each and wait for the other's (`meet` of examples/common.py).
struct Meeting(PathBuf);

impl Meeting {
    fn call() -> Result<Meeting, String> {
        static CALLED: AtomicUsize = AtomicUsize::new(0);
        let number = CALLED.fetch_add(1, Ordering::Relaxed);
        let name = format!("typhon-stress-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match std::fs::create_dir(&folder) {
            Ok(()) => Ok(Meeting(folder)),
            Err(error) => Err(format!("cannot make {}: {error}", folder.display())),
        }
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        // What stays is an empty folder among the temporary ones.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What one measurement gave.
struct Jobs {
    /// Jobs per second.
    throughput: f64,
    /// Processor seconds per job.
    cpu_seconds: f64,
}

fn run_once(
    plan: &Plan,
    workload: &Workload,
    variant: &Variant,
    expected: &mut Option<String>,
) -> Result<Jobs, String> {
    let (threads, processes) = match variant.regime {
        Regime::Threads(count) => (count, 1),
        Regime::TwoProcesses => (1, 2),
    };
    let sizes = if plan.has_peers && !workload.beside_peers.is_empty() {
        workload.beside_peers
    } else if plan.quick {
        workload.quick
    } else {
        workload.arguments
    };
    // Each generates its input first, which takes one of them longer: of json_report the jobs of two processes overlapped for
    // 93 % of their time, and for the rest each had the machine to itself.
    let meeting = (processes > 1).then(Meeting::call).transpose()?;
    let run = || {
        let mut command = Command::new(&variant.path);
        command
            .arg(format!("{}.py", workload.name))
            .args(sizes)
            .args(["--no-baseline", "--threads", &threads.to_string()])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(plan.root.join(workload.folder));
        if let Some(Meeting(folder)) = &meeting {
            command.env("STRESS_MEET", folder);
        }
        let ended = process::run(&mut command, plan.timeout)?;
        let cpu = ended.cpu.as_secs_f64();
        Ok::<_, String>((ended.good(plan.timeout)?, cpu))
    };
    let outputs: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..processes).map(|_| scope.spawn(run)).collect();
        let ended = running.into_iter().map(|process| process.join());
        ended.collect()
    });
    let mut jobs = Jobs {
        throughput: 0.0,
        cpu_seconds: 0.0,
    };
    for output in outputs {
        let (text, cpu) = output.map_err(|_| "the measuring thread panicked".to_string())??;
        let (seconds, result) = split_time(&text)?;
        match expected {
            None => *expected = Some(result),
            Some(expected) if *expected == result => {}
            Some(expected) => {
                return Err(format!(
                    "other output: {}",
                    first_difference(expected, &result)
                ));
            }
        }
        jobs.throughput += 1.0 / seconds;
        jobs.cpu_seconds += cpu / processes as f64;
    }
    Ok(jobs)
}

/// Takes the `time: SECONDS s` line out of what a workload printed.
fn split_time(text: &str) -> Result<(f64, String), String> {
    let mut seconds = None;
    let mut result = String::new();
    for line in text.lines() {
        match line.strip_prefix("time: ") {
            Some(rest) => seconds = rest.split(' ').next().and_then(|word| word.parse().ok()),
            None => {
                result += line;
                result.push('\n');
            }
        }
    }
    match seconds {
        // The clock is printed with three digits: anything shorter cannot be compared.
        Some(seconds) if seconds > 0.0 => Ok((seconds, result)),
        Some(_) => Err("too short to be measured".into()),
        None => Err("printed no `time:` line".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn takes_the_time_out_of_the_output() {
        let text = "sum: 5\ntime: 1.250 s on 2 threads\n";
        assert_eq!(split_time(text), Ok((1.25, "sum: 5\n".to_string())));
        assert!(split_time("sum: 5\n").is_err());
        assert!(split_time("time: 0.000 s\n").is_err());
    }

    #[test]
    fn every_meeting_has_a_folder_of_its_own_and_leaves_none() {
        let (one, other) = (Meeting::call().unwrap(), Meeting::call().unwrap());
        assert_ne!(one.0, other.0);
        let folder = one.0.clone();
        std::fs::write(folder.join("1"), "").unwrap();
        drop(one);
        assert!(!folder.exists() && other.0.exists());
    }

    #[test]
    fn every_workload_has_a_program() {
        for workload in crate::catalogue::WORKLOADS {
            let path = format!(
                "{}/../{}/{}.py",
                env!("CARGO_MANIFEST_DIR"),
                workload.folder,
                workload.name
            );
            assert!(Path::new(&path).exists(), "{path}");
        }
    }
}
