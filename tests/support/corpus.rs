//! The corpus of Python programs below `tests/`, and how one of them is run and judged.
//!
//! A case is a `.py` file (or, below `cli/`, a `.test` file that holds a command line) beside the file that says what a
//! run must give: `NAME.out` holds the standard output of a conformance program, `NAME.expect` holds exit status,
//! standard output and standard error of the others. Both are written by `cargo xtask golden` with CPython 3.14, never
//! by hand. What may differ between two correct interpreters (folders, addresses, frames inside the library) is made
//! equal by `normalize` before anything is compared or written.
//!
//! The harness (`tests/harness.rs`) and `xtask golden` both include this file, so what is written and what is compared
//! cannot drift apart. It uses the standard library only.
//!
//! Directives stand in lines that begin with `#: ` in a `.py` file, or in any line of a `.test` file:
//!
//! ```text
//! arg: TEXT               one argument more (`\n` and `\\` are escapes)
//! env: NAME=VALUE         one environment variable more
//! stdin: TEXT             standard input (empty without it)
//! interrupt-after: WORD   send SIGINT once WORD was printed; only the last line of standard error is compared
//! close-stdout            close the reading end of standard output after the first bytes
//! last-line               compare only the last line of standard error
//! only: code              compare the exit status and the `-contains` lines only
//! stdout-contains: TEXT   standard output holds TEXT (also stderr-contains)
//! skip                    a file that other cases use, not a case
//! ```

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What a case is compared by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Standard output, and success.
    Conformance,
    /// Exit status, standard output and standard error.
    Whole,
}

/// One program of the corpus and the way it is run.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub kind: Kind,
    pub expect: PathBuf,
    folder: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    stdin: String,
    interrupt_after: Option<String>,
    close_stdout: bool,
    last_line: bool,
    only_code: bool,
    contains: Vec<(bool, String)>,
}

/// What a run gave, normalized.
#[derive(Debug)]
pub struct Outcome {
    pub status: String,
    pub stdout: String,
    pub stderr: String,
}

/// All cases below `tests`, sorted by name.
pub fn cases(tests: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    collect(
        tests,
        &tests.join("conformance"),
        Kind::Conformance,
        &mut found,
    );
    collect(tests, &tests.join("errors"), Kind::Whole, &mut found);
    collect(tests, &tests.join("cli"), Kind::Whole, &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn collect(tests: &Path, folder: &Path, kind: Kind, found: &mut Vec<Case>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    // Below `cli/` the `.py` files are what the command lines name.
    let is_cli = folder.starts_with(tests.join("cli"));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if !is_cli {
                collect(tests, &path, kind, found);
            }
            continue;
        }
        let wanted = if is_cli { "test" } else { "py" };
        if path.extension().is_some_and(|e| e == wanted)
            && let Some(case) = Case::read(tests, &path, kind)
        {
            found.push(case);
        }
    }
}

impl Case {
    fn read(tests: &Path, path: &Path, kind: Kind) -> Option<Case> {
        let is_script = path.extension().is_some_and(|e| e == "py");
        let bytes = fs::read(path).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let expect = path.with_extension(if kind == Kind::Conformance {
            "out"
        } else {
            "expect"
        });
        let relative = path.strip_prefix(tests).unwrap_or(path).with_extension("");
        let mut case = Case {
            name: relative.to_string_lossy().replace('\\', "/"),
            kind,
            expect,
            folder: path.parent()?.to_path_buf(),
            arguments: Vec::new(),
            environment: Vec::new(),
            stdin: String::new(),
            interrupt_after: None,
            close_stdout: false,
            last_line: false,
            only_code: false,
            contains: Vec::new(),
        };
        if is_script {
            case.arguments
                .push(path.file_name()?.to_string_lossy().into_owned());
        }
        for line in text.lines() {
            let Some(directive) = (if is_script {
                line.strip_prefix("#: ")
            } else {
                Some(line)
            }) else {
                continue;
            };
            let (word, value) = match directive.split_once(' ') {
                Some((word, value)) => (word.trim_end_matches(':'), unescape(value)),
                None => (directive.trim_end_matches(':'), String::new()),
            };
            match word {
                "arg" => case.arguments.push(value),
                "env" => {
                    let (name, value) = value.split_once('=').unwrap_or((&value, ""));
                    case.environment.push((name.into(), value.into()));
                }
                "stdin" => case.stdin = value,
                "interrupt-after" => {
                    case.interrupt_after = Some(value);
                    case.last_line = true;
                }
                "close-stdout" => case.close_stdout = true,
                "last-line" => case.last_line = true,
                "only" => case.only_code = true,
                "stdout-contains" => case.contains.push((false, value)),
                "stderr-contains" => case.contains.push((true, value)),
                "skip" => return None,
                "" => {}
                other => panic!("{}: unknown directive {other:?}", path.display()),
            }
        }
        Some(case)
    }

    /// Runs the case on `binary`; an error text if it could not be started or did not end in time.
    pub fn run(&self, binary: &Path, timeout: Duration) -> Result<Outcome, String> {
        let mut command = Command::new(binary);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        command
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHON_COLORS", "0")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        let start = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|e| format!("cannot run {}: {e}", binary.display()))?;

        let mut stdin = child.stdin.take().expect("piped");
        let input = self.stdin.clone();
        // A program that ends without reading its input closes the pipe: that is its right.
        thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let (printed, seen) = mpsc::channel();
        let stdout = child.stdout.take().expect("piped");
        let close_early = self.close_stdout;
        let stdout = thread::spawn(move || read_all(stdout, close_early, Some(printed)));
        let stderr = child.stderr.take().expect("piped");
        let stderr = thread::spawn(move || read_all(stderr, false, None));

        let mut text = Vec::new();
        let mut awaited = self.interrupt_after.as_deref();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
                break status;
            }
            if let Some(word) = awaited {
                text.extend(seen.try_iter().flatten());
                if String::from_utf8_lossy(&text).contains(word) {
                    awaited = None;
                    // Let it reach what stands after the print.
                    thread::sleep(Duration::from_millis(100));
                    let _ = Command::new("kill")
                        .args(["-INT", &child.id().to_string()])
                        .status();
                }
            }
            if start.elapsed() > timeout {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!(
                    "did not end within {:.0} s; standard output so far:\n{}\nstandard error so far:\n{}",
                    timeout.as_secs_f64(),
                    tail(
                        &String::from_utf8_lossy(&stdout.join().unwrap_or_default()),
                        15
                    ),
                    tail(
                        &String::from_utf8_lossy(&stderr.join().unwrap_or_default()),
                        15
                    ),
                ));
            }
            thread::sleep(Duration::from_millis(
                if start.elapsed().as_millis() < 100 {
                    2
                } else {
                    10
                },
            ));
        };
        let stdout = stdout.join().unwrap_or_default();
        let stderr = stderr.join().unwrap_or_default();
        let stdout = String::from_utf8_lossy(&stdout).into_owned();
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Ok(match self.kind {
            Kind::Conformance => Outcome {
                status: describe(status),
                stdout,
                stderr,
            },
            Kind::Whole => {
                let mut stderr = self.normalize(&stderr);
                if self.last_line {
                    stderr = stderr.lines().last().unwrap_or("").to_string() + "\n";
                }
                let stdout = if self.close_stdout {
                    String::new()
                } else {
                    self.normalize(&stdout)
                };
                Outcome {
                    status: describe(status),
                    stdout,
                    stderr,
                }
            }
        })
    }

    /// The text of the expectation file that `outcome` would make.
    pub fn golden(&self, outcome: &Outcome) -> String {
        match self.kind {
            Kind::Conformance => outcome.stdout.clone(),
            Kind::Whole if self.only_code => format!("{}\n", outcome.status),
            Kind::Whole => {
                format!(
                    "{}\n--- stdout\n{}--- stderr\n{}",
                    outcome.status, outcome.stdout, outcome.stderr
                )
            }
        }
    }

    /// Runs the case on `binary` and compares; an error text says what differs.
    pub fn check(&self, binary: &Path, timeout: Duration) -> Result<(), String> {
        let outcome = self.run(binary, timeout)?;
        let expected = fs::read_to_string(&self.expect).map_err(|e| {
            format!(
                "{}: {e}; `cargo xtask golden` writes it",
                self.expect.display()
            )
        })?;
        for (in_stderr, text) in &self.contains {
            let (name, stream) = if *in_stderr {
                ("error", &outcome.stderr)
            } else {
                ("output", &outcome.stdout)
            };
            if !stream.contains(text) {
                return Err(format!(
                    "standard {name} does not hold {text:?}:\n{}",
                    tail(stream, 15)
                ));
            }
        }
        let given = self.golden(&outcome);
        let failed = self.kind == Kind::Conformance && outcome.status != "exit 0";
        if given == expected && !failed {
            return Ok(());
        }
        let mut message = difference(&expected, &given);
        if failed {
            message += &format!(
                "\nended with {}; standard error:\n{}",
                outcome.status,
                tail(&outcome.stderr, 15)
            );
        }
        Err(message)
    }

    /// Makes equal what two correct interpreters may print differently.
    fn normalize(&self, text: &str) -> String {
        let folder = self.folder.to_string_lossy();
        let text = text
            .replace(&format!("{folder}/"), "")
            .replace(&*folder, ".");
        let mut lines: Vec<String> = Vec::new();
        let mut library_indent = None;
        for line in text.split('\n') {
            let body = line.trim_start_matches([' ', '|']);
            let indent = line.len() - body.len();
            if let Some(frame) = body.strip_prefix("File \"") {
                let local = !frame.starts_with('/') && !frame.starts_with("<frozen");
                if local {
                    library_indent = None;
                } else {
                    // Frames inside the library: another version, other places. One line stands for all in a row.
                    if library_indent.is_none() {
                        lines.push(format!("{}File <library>", &line[..indent]));
                    }
                    library_indent = Some(indent);
                    continue;
                }
            } else if let Some(frame_indent) = library_indent {
                if indent > frame_indent || body.starts_with("[Previous line repeated") {
                    continue;
                }
                library_indent = None;
            }
            if let Some(rest) = body.strip_prefix("[Previous line repeated ") {
                let unit = rest.split_once(' ').map_or(rest, |(_, unit)| unit);
                lines.push(format!(
                    "{}[Previous line repeated N {unit}",
                    &line[..indent]
                ));
                continue;
            }
            lines.push(hide_addresses(&hide_stack_size(&hide_library(line))));
        }
        lines.join("\n")
    }
}

/// Says `<library>/` for the folder of the standard library, where an import error names a module's file.
fn hide_library(line: &str) -> String {
    let Some(start) = line.find(" (/") else {
        return line.to_string();
    };
    for folder in ["/lib/python3.14/", "/lib/python3.14t/"] {
        if let Some(at) = line[start..].find(folder) {
            let (before, after) = (&line[..start], &line[start + at + folder.len()..]);
            return format!("{before} (<library>/{after}");
        }
    }
    line.to_string()
}

/// Says "maximum recursion depth exceeded" where CPython tells how many kilobytes of native stack were used.
fn hide_stack_size(line: &str) -> String {
    if let Some((before, after)) = line.split_once("Stack overflow (used ")
        && let Some((_, after)) = after.split_once(" kB)")
    {
        return format!("{before}maximum recursion depth exceeded{after}");
    }
    line.to_string()
}

/// Replaces `0x` and at least six hexadecimal digits by `0xADDRESS`.
fn hide_addresses(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..]
            .bytes()
            .take_while(u8::is_ascii_hexdigit)
            .count();
        out += &rest[..at];
        out += if digits >= 6 {
            "0xADDRESS"
        } else {
            &rest[at..at + 2 + digits]
        };
        rest = &rest[at + 2 + digits..];
    }
    out + rest
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

fn read_all(
    mut from: impl Read,
    close_early: bool,
    tell: Option<mpsc::Sender<Vec<u8>>>,
) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => return all,
            Ok(count) => {
                all.extend_from_slice(&buffer[..count]);
                if let Some(tell) = &tell {
                    let _ = tell.send(buffer[..count].to_vec());
                }
                if close_early {
                    return all;
                }
            }
        }
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("signal {signal}");
        }
    }
    format!("exit {}", status.code().unwrap_or(-1))
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A readable difference: lines only in `expected` begin with `-`, lines only in `given` with `+`.
pub fn difference(expected: &str, given: &str) -> String {
    const MOST: usize = 40;
    const LONGEST: usize = 600;
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), given.lines().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let end = a[start..]
        .iter()
        .rev()
        .zip(b[start..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    let (a, b) = (&a[..a.len().min(1000)], &b[..b.len().min(1000)]);
    // The longest common subsequence of what stands between the common beginning and the common end.
    let mut common = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = if a[i] == b[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            i += 1;
            j += 1;
        } else if j < b.len() && (i == a.len() || common[i][j + 1] > common[i + 1][j]) {
            out.push(format!("+{}", b[j]));
            j += 1;
        } else {
            out.push(format!("-{}", a[i]));
            i += 1;
        }
    }
    let hidden = out.len().saturating_sub(MOST);
    out.truncate(MOST);
    for line in &mut out {
        if line.chars().count() > LONGEST {
            *line = line.chars().take(LONGEST).collect::<String>() + "…";
        }
    }
    if hidden > 0 {
        out.push(format!("({hidden} more)"));
    }
    if out.is_empty() {
        out.push("only the line ends differ".into());
    }
    format!(
        "from line {} (- expected, + given):\n{}",
        start + 1,
        out.join("\n")
    )
}
