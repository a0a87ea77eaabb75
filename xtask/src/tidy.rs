//! `cargo xtask tidy`: the rules of the house that a program can check.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines a source file may have.
const LONGEST_FILE: usize = 1100;

/// Where `unsafe` may stand: the runtime, the interpreter, and files of `objects/` that own a layout.
const UNSAFE_FOLDERS: &[&str] = &[
    "runtime/",
    "src/vm/",
    "src/objects/",
    "loom-tests/",
    "benches/",
];

/// Words that must not reach a user.
const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "dbg!("];

/// Prints what breaks a rule; true if nothing does.
pub fn run(root: &Path) -> bool {
    let mut files = Vec::new();
    for folder in [
        "src",
        "runtime",
        "stress",
        "loom-tests",
        "benches",
        "tests",
        "xtask",
    ] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let mut problems = Vec::new();
    for path in &files {
        let Ok(text) = fs::read_to_string(path) else {
            problems.push(format!("{}: not UTF-8", path.display()));
            continue;
        };
        let name = path
            .strip_prefix(root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/");
        check(&name, &text, &mut problems);
    }
    for needed in [
        "README.md",
        "ARCHITECTURE.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "LICENSES/PSF.txt",
        ".ci/run",
    ] {
        if !root.join(needed).exists() {
            problems.push(format!("{needed} is missing"));
        }
    }
    for problem in &problems {
        println!("{problem}");
    }
    println!(
        "tidy: {} source files, {} problems",
        files.len(),
        problems.len()
    );
    problems.is_empty()
}

fn check(name: &str, text: &str, problems: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    // Tables that a program wrote are as long as their data.
    let generated = lines
        .iter()
        .take(3)
        .any(|line| line.contains("enerated by"));
    let is_test = ["/tests/", "/benches/"]
        .iter()
        .any(|folder| name.contains(folder))
        || name.ends_with("/tests.rs");
    if lines.len() > LONGEST_FILE && !generated {
        problems.push(format!(
            "{name}: {} lines, more than {LONGEST_FILE}: it has two rooms in it",
            lines.len()
        ));
    }
    if !generated && !lines.iter().take(2).any(|line| line.starts_with("//!")) {
        problems.push(format!(
            "{name}:1: does not begin with a `//!` line that says what lives here"
        ));
    }
    let own_rules = name == "xtask/src/tidy.rs";
    for (number, line) in lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for word in UNFINISHED {
            if code.contains(word) && !own_rules && !is_test {
                problems.push(format!(
                    "{name}:{}: {word}...) stands in the code",
                    number + 1
                ));
            }
        }
        if !own_rules && opens_unsafe(code) {
            if !is_test && !UNSAFE_FOLDERS.iter().any(|folder| name.starts_with(folder)) {
                problems.push(format!(
                    "{name}:{}: `unsafe` is not for this folder",
                    number + 1
                ));
            }
            // A test file may state once, at its top, what makes its unsafe calls sound.
            let covered = is_test && lines.iter().take(20).any(|line| line.contains("SAFETY"));
            if !covered && !has_safety_line(&lines, number) {
                problems.push(format!(
                    "{name}:{}: `unsafe` without a `// SAFETY:` line",
                    number + 1
                ));
            }
        }
    }
}

/// Whether a line opens an unsafe block or an unsafe impl (an `unsafe fn` states its duty in its documentation).
fn opens_unsafe(code: &str) -> bool {
    let Some(at) = code.find("unsafe") else {
        return false;
    };
    let before = code[..at].chars().next_back();
    if before.is_some_and(|c| {
        c.is_alphanumeric() || c == '_' || c == '"' || c == '(' && code.contains("(unsafe(")
    }) {
        return false;
    }
    let after = code[at + "unsafe".len()..].trim_start();
    after.starts_with('{') || after.starts_with("impl")
}

/// Whether `SAFETY:` stands on the line or in the comment above the statement it belongs to.
fn has_safety_line(lines: &[&str], number: usize) -> bool {
    const STATEMENT: usize = 8;
    if lines[number].contains("SAFETY:")
        || lines
            .get(number + 1)
            .is_some_and(|line| line.contains("SAFETY:"))
    {
        return true;
    }
    let mut code_lines = 0;
    for line in lines[..number].iter().rev() {
        let line = line.trim();
        if line.starts_with("//") || line.starts_with("#[") {
            if line.contains("SAFETY:") || line.contains("SAFETY (") || line.contains("# Safety") {
                return true;
            }
            continue;
        }
        // Neighbours under one comment, and statements that span lines, share it.
        code_lines += 1;
        if line.is_empty() || code_lines > STATEMENT {
            return false;
        }
    }
    false
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
    {
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
