//! The table for people, and the same figures as JSON and CSV.

use crate::catalogue;
use crate::compare::quote;
use crate::measure::{Measured, Regime, Variant};
use crate::stats::{Summary, summarize};
use crate::transfer;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Prints the table: one block per workload, one line per variant. Ratios are medians of the ratios within the rounds:
/// what slows one round slows both of its runs, where medians of their own may come from different minutes.
pub fn print(results: &[Measured], variants: &[Variant], transfers: &[f64]) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runs = results
        .iter()
        .map(|result| result.throughputs.len())
        .max()
        .unwrap_or(0);
    println!(
        "{runs} interleaved rounds on {cores} cores: medians; ratios are medians of those within the rounds\n"
    );
    println!(
        "{:<19}{:<32}{:>9}{:>10}{:>16}{:>9}{:>28}{:>19}",
        "example",
        "variant",
        "time s",
        "jobs/s",
        "least..largest",
        "speedup",
        "of two processes (interval)",
        "by processor time"
    );
    let mut coverage = None;
    for block in results.chunk_by(|a, b| a.workload == b.workload) {
        let beside = Beside::of(block, variants);
        coverage = coverage.or(beside.as_ref().map(|beside| beside.throughput.coverage));
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
            let one = find(block, variants, &variant.interpreter, Regime::Threads(1));
            match one.and_then(|one| in_rounds(&result.throughputs, &one.throughputs)) {
                Some(speedup) => print!("{:>9.2}", speedup.median),
                None => print!("{:>9}", ""),
            }
            let comparable =
                variant.interpreter == "free-threaded" && variant.regime == Regime::Threads(2);
            if let (true, Some(beside)) = (comparable, &beside) {
                print!("{:>28}", told(&beside.throughput));
                print!("{:>19.2}", beside.processor_time.median);
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
    if let Some(coverage) = coverage {
        let percent = coverage * 100.0;
        println!("\ninterval: order statistics of the rounds' ratios, coverage {percent:.1} %");
    }
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

/// What one variant of a workload gave.
fn find<'a>(
    block: &'a [Measured],
    variants: &[Variant],
    interpreter: &str,
    regime: Regime,
) -> Option<&'a Measured> {
    block.iter().find(|result| {
        let variant = &variants[result.variant];
        variant.interpreter == interpreter && variant.regime == regime
    })
}

/// The ratios of two variants within each round that both have run. (A variant runs from the first round on until it
/// fails, so equal places are equal rounds.)
fn in_rounds(these: &[f64], those: &[f64]) -> Option<Summary> {
    let ratios: Vec<f64> = these
        .iter()
        .zip(those)
        .map(|(this, that)| this / that)
        .collect();
    summarize(&ratios)
}

/// `0.97 (0.95..0.99)`
fn told(ratio: &Summary) -> String {
    format!("{:.2} ({:.2}..{:.2})", ratio.median, ratio.low, ratio.high)
}

/// Two threads of the free-threaded build beside two processes, larger is better.
struct Beside {
    throughput: Summary,
    /// Where other programs run, this tells more: they take turns from both alike.
    processor_time: Summary,
}

impl Beside {
    fn of(block: &[Measured], variants: &[Variant]) -> Option<Beside> {
        let of = |regime| find(block, variants, "free-threaded", regime);
        let (threads, processes) = (of(Regime::Threads(2))?, of(Regime::TwoProcesses)?);
        Some(Beside {
            throughput: in_rounds(&threads.throughputs, &processes.throughputs)?,
            processor_time: in_rounds(&processes.cpu_seconds, &threads.cpu_seconds)?,
        })
    }
}

/// Where nothing is shared: least first.
fn independent(results: &[Measured], variants: &[Variant]) {
    let mut shares: Vec<(Beside, &str)> = results
        .chunk_by(|a, b| a.workload == b.workload)
        .filter(|block| catalogue::is_independent(block[0].workload))
        .filter_map(|block| Some((Beside::of(block, variants)?, block[0].workload)))
        .collect();
    shares.sort_by(|a, b| a.0.throughput.median.total_cmp(&b.0.throughput.median));
    if shares.is_empty() {
        return;
    }
    let told: Vec<_> = shares
        .iter()
        .map(|(beside, name)| {
            let (share, by_time) = (beside.throughput.median, beside.processor_time.median);
            format!("{name} {share:.2} ({by_time:.2})")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_round_is_slow_for_both() {
        // The second round ran at half speed, and something hit the threads in the third: the ratio of medians would be 1 / 2.
        let threads = [1.9, 0.95, 1.0];
        let processes = [2.0, 1.0, 2.0];
        let ratio = in_rounds(&threads, &processes).expect("three rounds");
        assert_eq!((ratio.count, ratio.median), (3, 0.95));
        assert_eq!(told(&ratio), "0.95 (0.50..0.95)");
    }

    #[test]
    fn rounds_that_one_of_them_missed_do_not_count() {
        let ratio = in_rounds(&[3.0, 3.0], &[3.0]).expect("one round");
        assert_eq!((ratio.count, ratio.median), (1, 1.0));
        assert!(in_rounds(&[], &[1.0]).is_none());
    }
}
