//! `results.json` and `results.csv`: every run and every figure.

use super::Comparison;
use std::fmt::Write as _;

pub fn json(comparison: &Comparison) -> Result<String, String> {
    let text = serde_json::to_string_pretty(comparison).map_err(|e| e.to_string())?;
    Ok(text + "\n")
}

/// One line a measured run, one for each regime that went wrong.
pub fn csv(comparison: &Comparison) -> String {
    let mut text = String::from(
        "regime,threads,round,seconds,wall_seconds,cpu_seconds,others_seconds,peak_kib,pauses,pause_seconds,problem\n",
    );
    for cell in &comparison.cells {
        let regime = quote(&comparison.regimes[cell.regime].name);
        for run in &cell.runs {
            let (count, total) = match &run.counted {
                Some(counted) => (
                    counted.pauses.count.to_string(),
                    counted.pauses.total_seconds.to_string(),
                ),
                None => (String::new(), String::new()),
            };
            let _ = writeln!(
                text,
                "{regime},{},{},{},{},{},{},{},{count},{total},",
                cell.threads,
                run.round,
                run.seconds,
                run.wall_seconds,
                run.cpu_seconds,
                run.others_seconds
                    .map_or(String::new(), |seconds| seconds.to_string()),
                run.peak_kib
            );
        }
        if let Some(problem) = &cell.problem {
            let _ = writeln!(text, "{regime},{},,,,,,,,,{}", cell.threads, quote(problem));
        }
    }
    text
}

pub fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\"").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_fields_are_quoted() {
        assert_eq!(quote("a \"b\", c\nd"), "\"a \"\"b\"\", c d\"");
    }
}
