//! `TYPHON_COUNTERS=FILE`: what the runtime counted, as JSON, when the program ends.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::path::PathBuf;
use typhon_modules::sys::config::Config;
use typhon_runtime::traffic::{self, Kind};
use typhon_runtime::{counters, gil, pauses};

/// The places written of each kind: where the most time was spent, or where it happened most often.
const PLACES: usize = 15;

fn file(config: &Config) -> Option<PathBuf> {
    if config.ignore_environment {
        return None;
    }
    let name = std::env::var_os("TYPHON_COUNTERS")?;
    (!name.is_empty()).then(|| name.into())
}

/// Before the program begins.
pub fn prepare(config: &Config) {
    let places = std::env::var_os("TYPHON_COUNTERS_PLACES");
    if file(config).is_some() && places.is_some_and(|v| !v.is_empty() && v != "0") {
        traffic::enable(typhon_vm::places::describe);
    }
}

/// When the program has ended; other threads may still run.
pub fn write(config: &Config) {
    if let Some(path) = file(config)
        && let Err(error) = std::fs::write(&path, json())
    {
        eprintln!("TYPHON_COUNTERS: {}: {error}", path.display());
    }
}

fn json() -> String {
    let mode = if gil::is_enabled() {
        "gil"
    } else {
        "free-threaded"
    };
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{{\n  \"mode\": \"{mode}\",\n  \"gil_build\": {},\n  \"peak_kib\": {},\n  \"counters\": {{",
        typhon_runtime::GIL_BUILD,
        peak_kib().map_or_else(|| "null".into(), |n| n.to_string())
    );
    let all: Vec<String> = counters::Counter::ALL
        .iter()
        .zip(counters::NAMES)
        .map(|(&counter, name)| format!("    \"{name}\": {}", counters::total(counter)))
        .collect();
    text += &all.join(",\n");
    let totals = pauses::totals();
    let histogram: Vec<String> = totals
        .histogram
        .iter()
        .enumerate()
        .map(|(i, n)| format!("[{}, {n}]", 1u64 << i))
        .collect();
    let _ = write!(
        text,
        "\n  }},\n  \"pauses\": {{\n    \"count\": {},\n    \"total_seconds\": {:?},\n    \"longest_seconds\": {:?},\n    \
         \"histogram\": [{}]\n  }},\n  \"places\": [",
        totals.histogram.iter().sum::<u64>(),
        totals.total.as_secs_f64(),
        totals.longest.as_secs_f64(),
        histogram.join(", ")
    );
    let mut places = traffic::places();
    places.sort_by_key(|(kind, _, sum)| (*kind, Reverse((sum.time, sum.count))));
    let lines: Vec<String> = places
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|of_kind| of_kind.iter().take(PLACES))
        .map(|(kind, place, sum)| {
            let kind = match kind {
                Kind::ObjectLock => "object_lock",
                Kind::ProgramLock => "program_lock",
                Kind::ForeignCount => "foreign_count",
            };
            format!(
                "\n    {{\"kind\": \"{kind}\", \"object\": {}, \"lines\": {}, \"count\": {}, \"seconds\": {:?}}}",
                quoted(&place.object),
                quoted(&place.lines),
                sum.count,
                sum.time.as_secs_f64()
            )
        })
        .collect();
    text += &lines.join(",");
    text += "\n  ]\n}\n";
    text
}

/// The most memory that was resident, as far as the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_for_json() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    }
}
