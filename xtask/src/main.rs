//! The developer's commands: `cargo xtask test`, `corpus`, `golden`, `cpython`, `bench`, `compare-commits`,
//! `pyperformance`, `soak`, `pgo`, `licences`, `tidy`, `tsan`.
//!
//! Each command is a module; this file reads the command line. No dependency beyond the standard library, so that the
//! first `cargo xtask` on a fresh machine starts at once.

mod bench;
mod commits;
#[path = "../../tests/support/corpus.rs"]
#[allow(dead_code, reason = "the harness uses the rest")]
mod corpus;
mod cpython;
mod golden;
mod licences;
mod pgo;
mod pyperformance;
mod soak;
mod suite;
mod tidy;
mod tsan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask COMMAND

  test [STEP]      everything that must pass: formatting, clippy, both builds, unit tests, models, the Python
                   programs of tests/ on both builds, workloads and races, the examples on several numbers of threads
                   (STEP: only the steps whose name contains it)
  corpus [--binary PATH] [--verbose] [FILTER]
                   compare the programs of tests/ on an interpreter (default: target/debug/typhon), one line per failure
  golden [--python PATH] [--check] [FILTER]
                   run the programs of tests/ on CPython 3.14 (default: python3.14) and write what they must print
                   (--check: compare only)
  cpython [--binary PATH] [--tests DIR] [--jobs N] [--timeout S] [--check] [--update]
          [--parallel-threads N] [MODULE...]
                   CPython's own test modules (default: those of tests/cpython/modules.txt) on an interpreter (default:
                   target/debug/typhon), from the archive in DIR (default: ../shared/cpython-tests)
                   (--check: fail when a test fails that tests/cpython/known_failures.txt does not list;
                   --update: write that list anew;
                   --parallel-threads: every test in N threads at once, as CPython's own runner does; what tests then say
                   is not counted, --check fails when a module crashes or hangs)
  bench [--binary PATH] [--peer PATH]... [--runs N] [FILTER]
                   the micro programs of benches/python, typhon (default: target/release/typhon) against other Pythons
  compare-commits BEFORE [AFTER] [--filter TEXT] [--runs N] [--profile NAME] [--primitives]
                   is AFTER (default: the tree as it lies here) faster than BEFORE? Builds both below target/commits, then runs
                   the micro programs on the two in turns; --primitives: what criterion says of the runtime's primitives
  pyperformance [--suite DIR] [--binary PATH] [--gil PATH] [--peer PATH] [--runs N] [--into FILE] [NAME...]
                   programs of the public pyperformance suite, typhon (default: target/release/typhon, and
                   target/gil/release/typhon if it is there) against another Python; DIR (or TYPHON_PYPERFORMANCE) holds
                   the suite, and without it the command says how to get it (--into: the table in FILE, the README's for
                   instance, is written anew)
  soak [--binary PATH]... [--threads 1,2,4,16] [--rounds N] [--seconds S] [FILTER]
                   the examples again and again; every run must print the same
                   (default: both builds, target/release/typhon and target/gil/release/typhon)
  soak --memory [--repeat N] ...
                   does the memory in use grow when an example runs N times (default: 20) in one process?
  pgo [--gil]      a release build guided by what runs often: target/pgo/release/typhon (--gil: target/pgo-gil/release/typhon)
  licences [--check]
                   write THIRD-PARTY.md: the crates in the binary and their licences
  tidy             the rules of the house that a program can check
  tsan             the runtime's own tests under ThreadSanitizer (wants a nightly toolchain with rust-src)
";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
        .to_path_buf();
    let mut arguments = Arguments(std::env::args().skip(1).collect());
    let command = if arguments.0.is_empty() {
        String::new()
    } else {
        arguments.0.remove(0)
    };
    if arguments.flag("--help")
        || arguments.flag("-h")
        || matches!(&*command, "" | "-h" | "--help" | "help")
    {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let good = match &*command {
        "test" => suite::run(&root, &arguments.filter()),
        "tidy" => {
            arguments.end();
            tidy::run(&root)
        }
        "pgo" => {
            let gil = arguments.flag("--gil");
            arguments.end();
            pgo::run(&root, gil)
        }
        "tsan" => {
            arguments.end();
            tsan::run(&root)
        }
        "licences" => {
            let check = arguments.flag("--check");
            arguments.end();
            licences::run(&root, check)
        }
        "corpus" => {
            let binary = arguments
                .path("--binary")
                .unwrap_or_else(|| root.join("target/debug/typhon"));
            let verbose = arguments.flag("--verbose");
            golden::check(&root, &binary, &arguments.filter(), verbose)
        }
        "golden" => {
            let python = golden::find_python(arguments.value("--python").map(PathBuf::from));
            let check = arguments.flag("--check");
            golden::run(&root, &python, &arguments.filter(), check)
        }
        "cpython" => {
            let plan = cpython::Plan {
                binary: arguments
                    .path("--binary")
                    .unwrap_or_else(|| root.join("target/debug/typhon")),
                tests: arguments
                    .path("--tests")
                    .unwrap_or_else(|| root.join("../shared/cpython-tests")),
                jobs: arguments.number("--jobs", 2),
                timeout: Duration::from_secs(arguments.number("--timeout", 120) as u64),
                check: arguments.flag("--check"),
                update: arguments.flag("--update"),
                threads: arguments.number("--parallel-threads", 1),
                modules: arguments.rest(),
            };
            cpython::run(&root, &plan)
        }
        "bench" => {
            let plan = bench::Plan {
                binary: arguments
                    .path("--binary")
                    .unwrap_or_else(|| root.join("target/release/typhon")),
                peers: std::iter::from_fn(|| arguments.path("--peer")).collect(),
                labels: Vec::new(),
                runs: arguments.number("--runs", 5),
                filter: arguments.filter(),
            };
            bench::run(&root, &plan)
        }
        "compare-commits" => {
            let profile = arguments.value("--profile");
            let primitives = arguments.flag("--primitives");
            let runs = arguments.number("--runs", 5);
            let filter = arguments.value("--filter").unwrap_or_default();
            let mut names = arguments.rest().into_iter();
            let Some(before) = names.next() else {
                fail("which commit? `cargo xtask compare-commits BEFORE [AFTER]`");
            };
            let after = names.next();
            if let Some(name) = names.next() {
                fail(&format!("two commits are compared, {name:?} is the third"));
            }
            let plan = commits::Plan {
                before,
                after,
                profile: profile.unwrap_or_else(|| "release".into()),
                primitives,
                runs,
                filter,
            };
            commits::run(&root, &plan)
        }
        "pyperformance" => {
            let gil = arguments.path("--gil").or_else(|| {
                Some(root.join("target/gil/release/typhon")).filter(|path| path.is_file())
            });
            let plan = pyperformance::Plan {
                suite: arguments
                    .path("--suite")
                    .or_else(|| std::env::var_os("TYPHON_PYPERFORMANCE").map(PathBuf::from)),
                binary: arguments
                    .path("--binary")
                    .unwrap_or_else(|| root.join("target/release/typhon")),
                gil,
                peer: arguments.path("--peer"),
                runs: arguments.number("--runs", 3),
                into: arguments.path("--into"),
                names: arguments.rest(),
            };
            pyperformance::run(&root, &plan)
        }
        "soak" => {
            let mut binaries: Vec<soak::Binary> = std::iter::from_fn(|| arguments.path("--binary"))
                .map(|path| soak::Binary::new(&path.display().to_string(), path))
                .collect();
            let whole_library = binaries.is_empty();
            if binaries.is_empty() {
                binaries = soak::both_builds(&root, "release");
            }
            let threads = arguments
                .value("--threads")
                .unwrap_or_else(|| "1,2,4,16".into());
            let threads = threads
                .split(',')
                .map(|text| parse(text, "--threads"))
                .collect();
            let memory = arguments.flag("--memory");
            let turns = arguments.number("--repeat", 20);
            let seconds = arguments.number("--seconds", 0) as u64;
            let rounds = arguments.number("--rounds", 1);
            let plan = soak::Plan {
                binaries,
                threads,
                rounds,
                seconds,
                whole_library,
                filter: arguments.filter(),
            };
            if memory {
                soak::memory(&root, &plan, turns)
            } else {
                soak::run(&root, &plan)
            }
        }
        other => {
            eprint!("xtask: no command {other:?}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What stands behind the command; each method takes out what it read.
struct Arguments(Vec<String>);

impl Arguments {
    fn value(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|argument| argument == name)?;
        if at + 1 == self.0.len() {
            fail(&format!("{name} needs a value"));
        }
        self.0.remove(at);
        Some(self.0.remove(at))
    }

    /// A path, made absolute: the programs run in other folders.
    fn path(&mut self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.value(name)?);
        Some(std::path::absolute(&path).unwrap_or(path))
    }

    fn number(&mut self, name: &str, default: usize) -> usize {
        self.value(name).map_or(default, |text| parse(&text, name))
    }

    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() < before
    }

    /// The one argument that may be left.
    fn filter(&mut self) -> String {
        let filter = if self.0.first().is_some_and(|text| !text.starts_with('-')) {
            self.0.remove(0)
        } else {
            String::new()
        };
        self.end();
        filter
    }

    /// All arguments that are left.
    fn rest(&mut self) -> Vec<String> {
        if let Some(at) = self.0.iter().position(|text| text.starts_with('-')) {
            self.0.swap(0, at);
            self.end();
        }
        std::mem::take(&mut self.0)
    }

    fn end(&self) {
        if let Some(argument) = self.0.first() {
            fail(&format!(
                "unknown argument {argument:?}; `cargo xtask --help` lists them"
            ));
        }
    }
}

fn parse(text: &str, name: &str) -> usize {
    text.trim()
        .parse()
        .unwrap_or_else(|_| fail(&format!("{name} needs a whole number, not {text:?}")))
}

fn fail(message: &str) -> ! {
    eprintln!("xtask: {message}");
    std::process::exit(2)
}
