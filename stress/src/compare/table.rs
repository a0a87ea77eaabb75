//! The comparison for the terminal. The HTML report shows the same columns and sentences.

use super::Comparison;
use super::figures::Figures;
use super::outcome::difference;
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
    for (title, sentences) in [
        ("Differences between the regimes", differences(comparison)),
        ("What limits scaling", limits(comparison)),
    ] {
        println!("\n{title}");
        for sentence in sentences {
            println!("  {sentence}");
        }
    }
}

/// A program may print something new in every run.
const OUTCOMES_TOLD: usize = 5;

/// What the regimes differ in, in sentences.
pub fn differences(comparison: &Comparison) -> Vec<String> {
    if comparison.differences.is_empty() {
        return vec![match comparison.outcomes.is_empty() {
            true => "nothing ran".into(),
            false => {
                "none: on each number of threads every run printed the same and ended the same way"
                    .into()
            }
        }];
    }
    let mut sentences = Vec::new();
    for found in &comparison.differences {
        let first = found.shares[0].outcome;
        let threads = found.threads;
        let plural = if threads == 1 { "" } else { "s" };
        let within = match found.varies_within {
            true => " (and not always the same under one regime)",
            false => "",
        };
        sentences.push(format!(
            "on {threads} thread{plural} the runs differ{within}:"
        ));
        let mut last = usize::MAX;
        let mut told = 0;
        for (index, share) in found.shares.iter().enumerate() {
            if share.outcome != last {
                if told == OUTCOMES_TOLD {
                    let rest = &found.shares[index..];
                    let runs: usize = rest.iter().map(|share| share.runs).sum();
                    sentences.push(format!(
                        "and {runs} runs with other outcomes (results.json has all)"
                    ));
                    break;
                }
                told += 1;
                last = share.outcome;
                let outcome = &comparison.outcomes[share.outcome];
                sentences.push(match share.outcome == first {
                    true => format!("outcome {}: {}", share.outcome + 1, outcome.end),
                    false => format!(
                        "outcome {}: {}",
                        share.outcome + 1,
                        difference(&comparison.outcomes[first], outcome)
                    ),
                });
            }
            let name = &comparison.regimes[share.regime].name;
            sentences.push(format!("    {} x {name}", share.runs));
        }
    }
    sentences
}

/// Where threads met, each kind with its foremost places.
fn places(comparison: &Comparison, regime: usize, threads: usize) -> Vec<String> {
    const SHOWN: usize = 4;
    let cell = comparison
        .cells
        .iter()
        .find(|cell| cell.regime == regime && cell.threads == threads);
    let Some(cell) = cell else {
        return Vec::new();
    };
    let mut sentences = Vec::new();
    for (kind, what) in [
        ("object_lock", "waits for the lock of a"),
        ("program_lock", "waits for a lock of the program"),
        ("foreign_count", "counts of another thread's"),
    ] {
        // Twenty waits, or a second of them, are worth a line.
        let of_kind = cell
            .places
            .iter()
            .filter(|place| place.kind == kind && (place.count >= 20 || place.seconds >= 0.01));
        for place in of_kind.take(SHOWN) {
            let lines = match place.lines.is_empty() {
                true => "no line of Python (threads that start or end)".into(),
                false => lines_of_interest(&place.lines),
            };
            let time = match place.seconds >= 0.001 {
                true => format!(", {:.3} s", place.seconds),
                false => String::new(),
            };
            let object = match place.object.is_empty() {
                true => String::new(),
                false => format!(" {}", place.object),
            };
            let count = short(place.count as f64);
            sentences.push(format!("    at {lines}: {count} {what}{object}{time}"));
        }
    }
    sentences
}

/// From where it happened to the first line that is not the library's, files without their folders.
fn lines_of_interest(lines: &str) -> String {
    let mut kept = Vec::new();
    for line in lines.split(" < ") {
        kept.push(line.rsplit('/').next().unwrap_or(line));
        if !line.contains("/lib/python3") {
            break;
        }
    }
    kept.join(" < ")
}

/// What holds the threads up, in sentences.
pub fn limits(comparison: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    for budget in &comparison.budgets {
        let regime = &comparison.regimes[budget.regime];
        if !regime.is_typhon() {
            continue;
        }
        let serial = match budget.serial_fraction {
            None => String::new(),
            // Slower than one thread, or faster than ideal: no part of the work can explain that.
            Some(fraction) if fraction > 1.0 => ", slower than one thread".into(),
            Some(fraction) if fraction < 0.0 => ", no serial part to be seen".into(),
            Some(fraction) => format!(", serial fraction (Karp-Flatt) {fraction:.3}"),
        };
        sentences.push(format!(
            "{}, {} threads: {:.2} of {:.2} processor seconds did what one thread does{serial}",
            regime.name, budget.threads, budget.needed, budget.capacity
        ));
        sentences.extend(budget.causes().iter().map(|cause| format!("    {cause}")));
        for (meaning, before, now) in &budget.grown {
            sentences.push(format!(
                "    {} -> {}: {meaning}",
                short(*before),
                short(*now)
            ));
        }
        sentences.extend(places(comparison, budget.regime, budget.threads));
    }
    if sentences.is_empty() {
        sentences.push("needs runs on one thread and on more".into());
    }
    for model in &comparison.models {
        sentences.push(match &model.fitted {
            None => model.reason.clone(),
            Some(fit) => {
                let band = |[value, low, high]: [f64; 3]| format!("{value:.4} ({low:.4}..{high:.4})");
                format!(
                    "universal scalability law (Gunther 2007): contention {}, coherency {}, 95 % bands by bootstrap over the runs",
                    band(fit.sigma),
                    band(fit.kappa)
                )
            }
        });
    }
    sentences
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
    fn places_end_at_the_first_line_of_the_program() {
        let library = "/x/lib/python3.14t/queue.py:5";
        assert_eq!(
            lines_of_interest(&format!("{library} < /y/p.py:7 < {library}")),
            "queue.py:5 < p.py:7"
        );
        assert_eq!(lines_of_interest("/y/p.py:7 < /y/p.py:9"), "p.py:7");
        assert_eq!(lines_of_interest(library), "queue.py:5");
    }

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
