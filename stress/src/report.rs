//! The table for people, and the same figures as JSON and CSV.

use crate::catalogue;
use crate::compare::quote;
use crate::measure::{Measured, Regime, Variant};
use crate::stats::summarize;
use crate::transfer;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Prints the table: one block per workload, one line per variant.
pub fn print(results: &[Measured], variants: &[Variant], transfers: &[f64]) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runs = results
        .iter()
        .map(|result| result.throughputs.len())
        .max()
        .unwrap_or(0);
    println!("medians of {runs} interleaved runs on {cores} cores\n");
    println!(
        "{:<19}{:<32}{:>9}{:>10}{:>16}{:>9}{:>18}{:>19}",
        "example",
        "variant",
        "time s",
        "jobs/s",
        "least..largest",
        "speedup",
        "of two processes",
        "by processor time"
    );
    for block in results.chunk_by(|a, b| a.workload == b.workload) {
        let median_of = |wanted: &dyn Fn(&Variant) -> bool| {
            let result = block
                .iter()
                .find(|result| wanted(&variants[result.variant]))?;
            Some(summarize(&result.throughputs)?.median)
        };
        let two_processes = median_of(&|variant| variant.regime == Regime::TwoProcesses);
        let by_processor_time = beside_two_processes(block, variants, &|result| {
            Some(1.0 / summarize(&result.cpu_seconds)?.median)
        });
        for (index, result) in block.iter().enumerate() {
            let variant = &variants[result.variant];
            let name = if index == 0 { result.workload } else { "" };
            print!("{name:<19}{:<32}", result.label);
            let Some(summary) = summarize(&result.throughputs) else {
                println!(
                    "  failed: {}",
                    result.problems.first().map_or("no run", String::as_str)
                );
                continue;
            };
            let seconds = match variant.regime {
                Regime::Threads(_) => 1.0 / summary.median,
                Regime::TwoProcesses => 2.0 / summary.median,
            };
            let spread = format!("{:.3}..{:.3}", summary.least, summary.largest);
            print!("{seconds:>9.3}{:>10.3}{spread:>16}", summary.median);
            let one = median_of(&|other| {
                other.interpreter == variant.interpreter && other.regime == Regime::Threads(1)
            });
            match one {
                Some(one) => print!("{:>9.2}", summary.median / one),
                None => print!("{:>9}", ""),
            }
            let comparable =
                variant.interpreter == "free-threaded" && variant.regime == Regime::Threads(2);
            if let (true, Some(reference)) = (comparable, two_processes) {
                print!("{:>18.2}", summary.median / reference);
                if let Some(share) = by_processor_time {
                    print!("{share:>19.2}");
                }
            }
            if !result.problems.is_empty() {
                print!(
                    "  {} runs, then: {}",
                    result.throughputs.len(),
                    result.problems[0]
                );
            }
            println!();
        }
    }
    independent(results, variants);
    if let Some(text) = transfer::told(transfers) {
        println!("\n{text}");
    }
    let bad = results
        .iter()
        .filter(|result| !result.problems.is_empty())
        .count();
    if bad == 0 {
        println!("\nevery run printed the same result as the others of its example");
    } else {
        println!("\n{bad} of {} variants went wrong", results.len());
    }
}

/// How two threads of the free-threaded build do beside two processes, by what is better the larger it is.
fn beside_two_processes(
    block: &[Measured],
    variants: &[Variant],
    value: &dyn Fn(&Measured) -> Option<f64>,
) -> Option<f64> {
    let of = |regime| {
        let result = block.iter().find(|result| {
            let variant = &variants[result.variant];
            variant.interpreter == "free-threaded" && variant.regime == regime
        });
        value(result?)
    };
    Some(of(Regime::Threads(2))? / of(Regime::TwoProcesses)?)
}

/// Two threads beside two processes where nothing is shared: least first. Where other programs run, the ratio of the
/// processor times tells more: they take turns from both alike.
fn independent(results: &[Measured], variants: &[Variant]) {
    let mut shares: Vec<(f64, f64, &str)> = results
        .chunk_by(|a, b| a.workload == b.workload)
        .filter(|block| catalogue::is_independent(block[0].workload))
        .filter_map(|block| {
            let share = beside_two_processes(block, variants, &|result| {
                Some(summarize(&result.throughputs)?.median)
            })?;
            let by_processor_time = beside_two_processes(block, variants, &|result| {
                Some(1.0 / summarize(&result.cpu_seconds)?.median)
            })?;
            Some((share, by_processor_time, block[0].workload))
        })
        .collect();
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    if shares.is_empty() {
        return;
    }
    let told: Vec<_> = shares
        .iter()
        .map(|(share, by_processor_time, name)| {
            format!("{name} {share:.2} ({by_processor_time:.2})")
        })
        .collect();
    println!(
        "\nwhere threads share nothing, two of them beside two processes (by processor time): {}",
        told.join(", ")
    );
}

#[derive(Serialize)]
struct File<'a> {
    cores: usize,
    threads: &'a [usize],
    /// Once a round.
    cache_line_transfer_ns: &'a [f64],
    results: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    example: &'a str,
    variant: &'a str,
    median_jobs_per_second: Option<f64>,
    jobs_per_second: &'a [f64],
    processor_seconds_per_job: &'a [f64],
    problems: &'a [String],
}

fn rows(results: &[Measured]) -> Vec<Row<'_>> {
    results
        .iter()
        .map(|result| Row {
            example: result.workload,
            variant: &result.label,
            median_jobs_per_second: summarize(&result.throughputs).map(|summary| summary.median),
            jobs_per_second: &result.throughputs,
            processor_seconds_per_job: &result.cpu_seconds,
            problems: &result.problems,
        })
        .collect()
}

/// Writes every measurement as JSON.
pub fn write_json(
    path: &Path,
    results: &[Measured],
    threads: &[usize],
    transfers: &[f64],
) -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let file = File {
        cores,
        threads,
        cache_line_transfer_ns: transfers,
        results: rows(results),
    };
    let text = serde_json::to_string_pretty(&file).map_err(|e| e.to_string())?;
    std::fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes every measurement as CSV, one run a line.
pub fn write_csv(path: &Path, results: &[Measured]) -> Result<(), String> {
    let mut text =
        String::from("example,variant,run,jobs_per_second,processor_seconds_per_job,problem\n");
    for row in rows(results) {
        let measured = row
            .jobs_per_second
            .iter()
            .zip(row.processor_seconds_per_job);
        for (run, (throughput, cpu)) in measured.enumerate() {
            let _ = writeln!(
                text,
                "{},{},{},{throughput},{cpu},",
                row.example,
                quote(row.variant),
                run + 1
            );
        }
        for problem in row.problems {
            let _ = writeln!(
                text,
                "{},{},,,,{}",
                row.example,
                quote(row.variant),
                quote(problem)
            );
        }
    }
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
