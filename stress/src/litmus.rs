//! `stress litmus`: the races of `stress/litmus/`, and which outcomes each regime shows.

use crate::arguments::seconds;
use crate::catalogue::programs;
use crate::compare::progress;
use crate::process::{self, last_line};
use crate::regime::{Choice, Kind, Regime};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

const HELP: &str = concat!(
    "usage: stress litmus [options] [TEST]...

Runs the tests of stress/litmus/ (or those named) in every regime and lists side by side which outcomes each one showed,
and how often. A test is a small race: two threads and more do something to the same instance of a little state, for many
instances. Outcomes marked with a star were seen without the global lock only; those that no regime may show are marked
NEVER, and one of them is a defect of the interpreter. That an outcome was not seen does not say that it cannot come.

options:
  --seconds S        how long each test runs in each regime (default: 1)
  --list             print the names of the tests
",
    crate::choice_help!(),
    "  -h, --help         this text

exit status: 0 if no run went wrong and no forbidden outcome was seen, 1 otherwise, 2 for a wrong command line
"
);

/// What a test needs beyond its time.
const GRACE: Duration = Duration::from_secs(60);

/// What a test prints.
#[derive(Deserialize, Debug)]
struct Printed {
    about: String,
    outcomes: BTreeMap<String, u64>,
    never: Vec<String>,
}

pub fn main(root: &Path, arguments: Vec<OsString>) -> Result<bool, String> {
    use lexopt::prelude::*;
    let folder = root.join("stress/litmus");
    let mut choice = Choice::new();
    let mut time = 1.0;
    let mut wanted = Vec::new();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
        let name = match argument {
            Short('h') => "help".to_string(),
            Long(name) => name.to_string(),
            Value(name) => {
                wanted.push(name.to_string_lossy().into_owned());
                continue;
            }
            other => return Err(other.unexpected().to_string()),
        };
        if choice.take(&name, &mut parser)? {
            continue;
        }
        match name.as_str() {
            "help" => {
                print!("{HELP}");
                return Ok(true);
            }
            "list" => {
                for name in programs(&folder, &[])? {
                    println!("{name}");
                }
                return Ok(true);
            }
            "seconds" => {
                let value = parser.value().map_err(|_| "--seconds needs a value")?;
                time = seconds(&value.to_string_lossy(), "--seconds")?;
            }
            other => return Err(format!("no option --{other}")),
        }
    }
    let tests = programs(&folder, &wanted)?;
    let regimes = choice.regimes();
    let mut good = true;
    for regime in &regimes {
        if let Some(problem) = &regime.missing {
            println!("{}: {problem}", regime.name);
            good = false;
        }
    }
    let bar = progress((tests.len() * regimes.len()) as u64);
    for test in &tests {
        let mut columns = Vec::new();
        for regime in &regimes {
            bar.set_message(format!("{test}, {}", regime.name));
            if regime.missing.is_none() {
                columns.push((regime, run(&folder, test, regime, time)));
            }
            bar.inc(1);
        }
        bar.suspend(|| good &= print(test, &columns));
    }
    bar.finish_and_clear();
    Ok(good)
}

fn run(folder: &Path, test: &str, regime: &Regime, time: f64) -> Result<Printed, String> {
    let mut command = regime.command();
    command
        .arg(format!("{test}.py"))
        .arg(time.to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder);
    let timeout = Duration::from_secs_f64(time) + GRACE;
    let ended = process::run(&mut command, timeout)?;
    if !ended.stderr.is_empty() {
        return Err(format!("{}: {}", ended.end, last_line(&ended.stderr)));
    }
    let text = ended.good(timeout)?;
    serde_json::from_str(&text).map_err(|error| format!("printed {text:?}: {error}"))
}

/// The outcomes of one test, a column for each regime; false if something is wrong.
fn print(test: &str, columns: &[(&Regime, Result<Printed, String>)]) -> bool {
    let mut good = true;
    let printed = || {
        columns
            .iter()
            .filter_map(|(_, result)| result.as_ref().ok())
    };
    let Some(any) = printed().next() else {
        for (regime, result) in columns {
            if let Err(problem) = result {
                println!("{test}: {}: {problem}", regime.name);
            }
        }
        return columns.is_empty();
    };
    println!("\n{test}: {}", any.about);
    let outcomes: BTreeSet<&String> = printed()
        .flat_map(|printed| printed.outcomes.keys().chain(&printed.never))
        .collect();
    let widest = outcomes.iter().map(|outcome| outcome.chars().count()).max();
    let width = widest.unwrap_or(0) + 2;
    print!("    {:width$}", "");
    for (regime, _) in columns {
        print!("  {:>24}", short_name(regime));
    }
    println!();
    for outcome in outcomes {
        print!("    {outcome:width$}");
        let (mut free, mut locked) = (0, 0);
        for (regime, result) in columns {
            match result {
                Ok(printed) => {
                    let count = printed.outcomes.get(outcome).copied().unwrap_or(0);
                    print!("  {count:>24}");
                    match regime.kind {
                        Kind::Free => free += count,
                        _ => locked += count,
                    }
                }
                Err(_) => print!("  {:>24}", "-"),
            }
        }
        if any.never.contains(outcome) {
            print!("  NEVER");
            if free + locked > 0 {
                print!(", but seen");
                good = false;
            }
        } else if free > 0 && locked == 0 && columns.len() > 1 {
            print!("  *");
        }
        println!();
    }
    for (regime, result) in columns {
        if let Err(problem) = result {
            println!("    {}: {problem}", regime.name);
            good = false;
        }
    }
    good
}

/// Fits over a column.
fn short_name(regime: &Regime) -> String {
    regime.name.chars().take(24).collect()
}
