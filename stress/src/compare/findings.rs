//! What the regimes differ in and what holds the threads up: found here once, told by the terminal and by the report.

use super::Comparison;
use super::outcome::difference;
use super::scaling::{Budget, Cause};
use super::table::short;

/// On one number of threads runs showed different things.
pub struct Disagreement {
    pub head: String,
    /// Each outcome with the regimes that showed it.
    pub outcomes: Vec<String>,
}

/// A program may print something new in every run.
const OUTCOMES_TOLD: usize = 5;

/// None if nothing differs: then the sentence says so.
pub fn disagreements(comparison: &Comparison) -> Result<Vec<Disagreement>, &'static str> {
    if comparison.differences.is_empty() {
        return Err(match comparison.outcomes.is_empty() {
            true => "nothing ran",
            false => {
                "none: on each number of threads every run printed the same and ended the same way"
            }
        });
    }
    let told = |found: &super::Difference| {
        let within = match found.varies_within {
            true => " (and not always the same under one regime)",
            false => "",
        };
        let plural = if found.threads == 1 { "" } else { "s" };
        let first = found.shares[0].outcome;
        let blocks: Vec<_> = found
            .shares
            .chunk_by(|a, b| a.outcome == b.outcome)
            .collect();
        let mut outcomes: Vec<String> = blocks
            .iter()
            .take(OUTCOMES_TOLD)
            .map(|block| {
                let index = block[0].outcome;
                let outcome = &comparison.outcomes[index];
                let what = match index == first {
                    true => outcome.end.to_string(),
                    false => difference(&comparison.outcomes[first], outcome),
                };
                let who: Vec<_> = block
                    .iter()
                    .map(|share| {
                        format!("{} x {}", share.runs, comparison.regimes[share.regime].name)
                    })
                    .collect();
                format!("outcome {} ({}): {what}", index + 1, who.join("; "))
            })
            .collect();
        let rest = blocks.iter().skip(OUTCOMES_TOLD).copied().flatten();
        let runs: usize = rest.map(|share| share.runs).sum();
        if runs > 0 {
            outcomes.push(format!(
                "and {runs} runs with other outcomes (results.json has all)"
            ));
        }
        Disagreement {
            head: format!(
                "on {} thread{plural} the runs differ{within}:",
                found.threads
            ),
            outcomes,
        }
    };
    Ok(comparison.differences.iter().map(told).collect())
}

/// What holds up one regime on one number of threads.
pub struct Limit<'a> {
    pub head: String,
    pub causes: Vec<Cause>,
    /// Counters that grow with the threads: what, on one thread, on these.
    pub grown: &'a [(String, f64, f64)],
    pub threads: usize,
    /// Where threads met: type of object and line.
    pub places: Vec<String>,
}

pub fn limits(comparison: &Comparison) -> Vec<Limit<'_>> {
    let of_typhon = comparison
        .budgets
        .iter()
        .filter(|budget| comparison.regimes[budget.regime].is_typhon());
    of_typhon
        .map(|budget| Limit {
            head: head(comparison, budget),
            causes: budget.causes(),
            grown: &budget.grown,
            threads: budget.threads,
            places: places(comparison, budget.regime, budget.threads),
        })
        .collect()
}

fn head(comparison: &Comparison, budget: &Budget) -> String {
    let serial = match budget.serial_fraction {
        None => String::new(),
        // Slower than one thread, or faster than ideal: no part of the work can explain that.
        Some(fraction) if fraction > 1.0 => ", slower than one thread".into(),
        Some(fraction) if fraction < 0.0 => ", no serial part to be seen".into(),
        Some(fraction) => format!(", serial fraction (Karp-Flatt) {fraction:.3}"),
    };
    format!(
        "{}, {} threads: {:.2} of {:.2} processor seconds did what one thread does{serial}",
        comparison.regimes[budget.regime].name, budget.threads, budget.needed, budget.capacity
    )
}

impl Limit<'_> {
    /// For the terminal.
    pub fn lines(&self) -> Vec<String> {
        let causes = self
            .causes
            .iter()
            .map(|cause| format!("{:.0} %: {}", 100.0 * cause.share, cause.what));
        let grown = self.grown.iter().map(|(meaning, before, now)| {
            format!("{} -> {}: {meaning}", short(*before), short(*now))
        });
        causes
            .chain(grown)
            .chain(self.places.iter().cloned())
            .collect()
    }
}

/// The model of scaling, or why there is none.
pub fn models(comparison: &Comparison) -> Vec<String> {
    let told = comparison.models.iter().map(|model| match &model.fitted {
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
    told.collect()
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
        // Twenty waits, or a hundredth of a second of them, are worth a line.
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
            sentences.push(format!("at {lines}: {count} {what}{object}{time}"));
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
