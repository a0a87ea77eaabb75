//! The command line of `stress compare`.

use crate::arguments::{absolute, count, counts, seconds};
use crate::regime::Choice;
use regex::Regex;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub const HELP: &str = concat!(
    "usage: stress compare [options] FILE [ARG]... [-- ARG...]

Runs a Python program on the free-threaded build of typhon, on the same build with -X gil=1, on the GIL build and on
every --peer, on each number of threads, in turns (in random order in each round), and tells what the regimes differ in:
time, speedup, memory, pauses, contention, and what the program printed and how it ended.

The program learns the number of threads from the environment variable TYPHON_THREADS, or from `{threads}` in its
arguments, which stands for the number. Words after FILE are its arguments; what begins with a dash and is meant for it
stands behind `--`.

options:
  --threads LIST     numbers of threads (default: 1,2)
  --runs N           measured rounds (default: 9); a round before them warms up, notes where threads met, and is not
                     measured
  --out DIR          where the report goes (default: compare-NAME): report.html, results.json, results.csv,
                     overview, time, throughput, speedup, memory as .svg and .png
  --timeout S        seconds after which a run counts as hanging (default: 300)
  --clock REGEX      the time is what the program itself says: the first group of REGEX, in seconds, in a line of its
                     standard output, for instance 'time: ([0-9.]+) s' (default: the time from its start to its end)
  --ignore REGEX     leave out lines that match when outputs are compared; may be given several times. Nothing is left
                     out by itself but what --clock matches
  --grows            the program does N times the work on N threads (default: the same work)
",
    crate::choice_help!(),
    "  -h, --help         this text

Time is the median of the runs. `from..to` behind it is a confidence interval made of order statistics: the k-th
smallest and the k-th largest run, k as large as 95 % coverage allows, whatever the distribution of times may be. Fewer
than six runs cannot give 95 %: then the interval reaches from the fastest to the slowest and its coverage is stated.
Speedups and costs are medians, with such intervals, of the ratios within each round.

exit status: 0 if every run ended well and all regimes printed the same, 1 otherwise, 2 for a wrong command line
"
);

/// What to compare.
pub struct Options {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub threads: Vec<usize>,
    pub runs: usize,
    pub out: PathBuf,
    pub timeout: Duration,
    pub clock: Option<Regex>,
    pub ignore: Vec<Regex>,
    pub grows: bool,
    pub choice: Choice,
}

/// None: the help was asked for.
pub fn parse(arguments: Vec<OsString>) -> Result<Option<Options>, String> {
    use lexopt::prelude::*;
    // What follows `--` is the program's, whatever it looks like.
    let (own, behind) = match arguments.iter().position(|word| word == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (&arguments[..], &[][..]),
    };
    let mut options = Options {
        program: PathBuf::new(),
        arguments: Vec::new(),
        threads: vec![1, 2],
        runs: 9,
        out: PathBuf::new(),
        timeout: Duration::from_secs(300),
        clock: None,
        ignore: Vec::new(),
        grows: false,
        choice: Choice::new(),
    };
    let mut words = Vec::new();
    let mut parser = lexopt::Parser::from_args(own.iter().cloned());
    while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
        let name = match argument {
            Short('h') => "help".to_string(),
            Long(name) => name.to_string(),
            Value(word) => {
                words.push(word);
                continue;
            }
            other => return Err(hint(&other.unexpected().to_string())),
        };
        if options.choice.take(&name, &mut parser)? {
            continue;
        }
        let mut path = || {
            parser
                .value()
                .map_err(|_| format!("--{name} needs a value"))
        };
        let mut text = || path().map(|value| value.to_string_lossy().into_owned());
        match name.as_str() {
            "help" => return Ok(None),
            "threads" => options.threads = counts(&text()?, "--threads")?,
            "runs" => options.runs = count(&text()?, "--runs")?,
            "out" => options.out = absolute(path()?),
            "timeout" => {
                options.timeout = Duration::from_secs_f64(seconds(&text()?, "--timeout")?);
            }
            "clock" => {
                let clock = regex(&text()?, "--clock")?;
                if clock.captures_len() < 2 {
                    return Err("--clock needs a group: the seconds in parentheses".into());
                }
                options.clock = Some(clock);
            }
            "ignore" => options.ignore.push(regex(&text()?, "--ignore")?),
            "grows" => options.grows = true,
            other => return Err(hint(&format!("no option --{other}"))),
        }
    }
    options.threads.sort_unstable();
    options.threads.dedup();
    let mut words = words.into_iter().chain(behind.iter().cloned());
    let Some(program) = words.next() else {
        return Err("which program? `stress compare FILE`".into());
    };
    options.program = absolute(program);
    options.arguments = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if options.out.as_os_str().is_empty() {
        let stem = options.program.file_stem().unwrap_or_default();
        options.out = absolute(format!("compare-{}", stem.to_string_lossy()).into());
    }
    Ok(Some(options))
}

fn hint(message: &str) -> String {
    format!("{message} (arguments of the program stand behind `--`)")
}

fn regex(text: &str, name: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        Ok(parse(words)?.expect("no help was asked for"))
    }

    #[test]
    fn options_may_stand_around_the_program() {
        let options = parsed("--runs 3 p.py one --threads 4,1,4 two -- --size 5 -x").expect("good");
        assert_eq!(options.arguments, ["one", "two", "--size", "5", "-x"]);
        assert_eq!((options.runs, &*options.threads), (3, &[1, 4][..]));
        assert!(options.out.ends_with("compare-p"));
        assert!(options.program.is_absolute());
    }

    #[test]
    fn wrong_command_lines_are_refused() {
        for line in [
            "",
            "p.py --size 5",
            "p.py --runs 0",
            "p.py --threads 1,x",
            "p.py --clock time",
            "p.py --clock (",
            "p.py --timeout",
            "p.py -q",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
        let message = parsed("p.py --size 5").err().unwrap_or_default();
        assert!(message.contains("behind `--`"), "{message}");
    }
}
