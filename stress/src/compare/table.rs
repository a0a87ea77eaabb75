//! The comparison for the terminal. The HTML report shows the same columns and findings.

use super::Comparison;
use super::figures::Figures;
use super::findings;
use crate::stats::{LEVEL, Summary};

/// The heads of the columns.
pub const COLUMNS: &[&str] = &[
    "regime",
    "threads",
    "time s",
    "from..to",
    "speedup",
    "from..to",
    "cores used",
    "peak MiB",
    "pauses",
    "longest ms",
    "lock waits",
    "foreign counts",
];

/// Titles that the report has too.
pub const DIFFERENCES: &str = "Differences between the regimes";
pub const LIMITS: &str = "What limits scaling";
pub const NO_LIMITS: &str = "needs runs on one thread and on more";

/// One row of the table; empty where nothing is known.
pub fn row(comparison: &Comparison, figures: &Figures) -> Vec<String> {
    let regime = &comparison.regimes[figures.regime];
    let mut row = vec![regime.name.clone(), figures.threads.to_string()];
    let Some(seconds) = figures.seconds else {
        return row;
    };
    row.push(format!("{:.3}", seconds.median));
    row.push(interval(&seconds, 3));
    match &figures.speedup {
        Some(speedup) => {
            row.push(format!("{:.2}", speedup.median));
            row.push(interval(speedup, 2));
        }
        None => row.extend([String::new(), String::new()]),
    }
    row.push(format!("{:.2}", figures.cpu_seconds / figures.wall_seconds));
    row.push(format!("{:.1}", figures.peak_kib / 1024.0));
    if let Some(pauses) = figures.pauses {
        row.push(format!("{:.0}", pauses.count));
        row.push(format!("{:.2}", pauses.longest_seconds * 1e3));
        let counter = |name: &str| figures.counters.get(name).copied().unwrap_or(0.0);
        let waits = ["lock_contended", "program_lock_waits", "gil_waits"];
        row.push(short(waits.iter().map(|name| counter(name)).sum()));
        row.push(short(counter("foreign_counts")));
    }
    row
}

fn interval(summary: &Summary, digits: usize) -> String {
    if summary.count < 2 {
        return String::new();
    }
    format!("{:.digits$}..{:.digits$}", summary.low, summary.high)
}

/// 1234567 as 1.2M
pub fn short(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{:.1}G", n / 1e9),
        n if n >= 1e6 => format!("{:.1}M", n / 1e6),
        n if n >= 1e4 => format!("{:.0}k", n / 1e3),
        n => format!("{n:.0}"),
    }
}

pub fn print(comparison: &Comparison) {
    println!("{}\n", comparison.headline());
    let rows: Vec<Vec<String>> = comparison
        .figures
        .iter()
        .map(|figures| row(comparison, figures))
        .collect();
    let widths: Vec<usize> = COLUMNS
        .iter()
        .enumerate()
        .map(|(column, head)| {
            let longest = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|text| text.chars().count());
            longest.max().unwrap_or(0).max(head.len())
        })
        .collect();
    let line = |row: &[String]| {
        let mut line = String::new();
        for (column, (text, &width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => line += &format!("{text:<width$}"),
                _ => line += &format!("  {text:>width$}"),
            }
        }
        line
    };
    let heads: Vec<String> = COLUMNS.iter().map(|head| head.to_string()).collect();
    println!("{}", line(&heads));
    for (row, figures) in rows.iter().zip(&comparison.figures) {
        print!("{}", line(row));
        match &figures.problem {
            Some(problem) => println!("  {problem}"),
            None => println!(),
        }
    }
    for note in comparison.notes() {
        println!("\n{note}");
    }
    println!("\n{DIFFERENCES}");
    match findings::disagreements(comparison) {
        Err(none) => println!("  {none}"),
        Ok(found) => {
            for disagreement in found {
                println!("  {}", disagreement.head);
                for outcome in disagreement.outcomes {
                    println!("    {outcome}");
                }
            }
        }
    }
    println!("\n{LIMITS}");
    let limits = findings::limits(comparison);
    if limits.is_empty() {
        println!("  {NO_LIMITS}");
    }
    for limit in limits {
        println!("  {}", limit.head);
        for line in limit.lines() {
            println!("    {line}");
        }
    }
    for sentence in findings::models(comparison) {
        println!("  {sentence}");
    }
}

/// What the intervals of this comparison are.
pub fn interval_note(summaries: &[Summary]) -> String {
    let Some(least) = summaries.iter().map(|s| s.coverage).min_by(f64::total_cmp) else {
        return String::new();
    };
    let percent = (least * 1000.0).floor() / 10.0;
    match least >= LEVEL {
        true => format!("from..to: order-statistic interval of the median, coverage {percent} %"),
        false => format!(
            "from..to: fastest and slowest run; so few runs make an interval of {percent} % only, 95 % needs six"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::summarize;

    #[test]
    fn numbers_are_short() {
        let given = [5.0, 9999.0, 12_345.0, 1_250_000.0, 2e9].map(short);
        assert_eq!(given, ["5", "9999", "12k", "1.2M", "2.0G"]);
    }

    #[test]
    fn the_coverage_is_told_as_it_is() {
        let of = |n: usize| interval_note(&[summarize(&vec![1.0; n]).expect("values")]);
        assert!(of(7).contains("98.4 %"), "{}", of(7));
        assert!(of(5).contains("93.7 % only"), "{}", of(5));
    }
}
