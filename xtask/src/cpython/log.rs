//! What `python -m unittest -v` printed, read back: counts, and the names of the tests that went wrong.
//!
//! A test may print between its name and its verdict, so the verdict is looked for at the end of any line.

use std::collections::BTreeMap;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// By itself, with whatever result.
    Exit,
    Timeout,
    /// By a signal, or without saying how many tests it ran.
    Crash,
}

/// One module's run.
#[derive(Default, Debug)]
pub struct Outcome {
    pub passed: usize,
    pub failed: usize,
    pub errors: usize,
    pub skipped: usize,
    /// Test, and the last line of its traceback.
    pub wrong: BTreeMap<String, String>,
    pub crashed: bool,
    pub timeout: bool,
}

const RULE: &str = "======================================================================";
const THIN_RULE: &str = "----------------------------------------------------------------------";

/// Reads the log of the module `test.NAME`.
pub fn read(name: &str, text: &str, end: End) -> Outcome {
    let mut outcome = Outcome::default();
    let mut lines = text.lines().peekable();
    let mut complete = false;
    while let Some(line) = lines.next() {
        if line.ends_with("... ok") || line == "ok" {
            outcome.passed += 1;
        } else if line.contains("... skipped ") || line.starts_with("skipped '") {
            outcome.skipped += 1;
        } else if line.starts_with("Ran ") && line.contains(" test") {
            complete = true;
        } else if line == RULE {
            let Some((kind, id)) = lines.peek().and_then(|line| heading(name, line)) else {
                continue;
            };
            if matches!(kind, Kind::Success) {
                // Nothing follows the heading.
                lines.next();
                if outcome
                    .wrong
                    .insert(id, "unexpected success".into())
                    .is_none()
                {
                    outcome.failed += 1;
                }
                continue;
            }
            // The thin rule stands below the heading and the first line of the test's documentation.
            for line in lines.by_ref() {
                if line == THIN_RULE {
                    break;
                }
            }
            let mut reason = "";
            while let Some(line) = lines.peek() {
                if *line == RULE || *line == THIN_RULE {
                    break;
                }
                if line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains(':')
                    || line.ends_with("Error")
                {
                    reason = line;
                }
                lines.next();
            }
            // A test counts once, however many of its subtests go wrong.
            if !outcome.wrong.contains_key(&id) {
                match kind {
                    Kind::Fail | Kind::Success => outcome.failed += 1,
                    Kind::Error => outcome.errors += 1,
                }
                outcome.wrong.insert(id, shorten(reason));
            }
        }
    }
    outcome.timeout = end == End::Timeout;
    outcome.crashed = end == End::Crash || end == End::Exit && !complete;
    if outcome.timeout {
        outcome.wrong.insert(
            format!("test.{name}!timeout"),
            "does not end in time".into(),
        );
    }
    if outcome.crashed {
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        outcome.wrong.insert(
            format!("test.{name}!crash"),
            shorten(last.unwrap_or("ends without a word")),
        );
    }
    outcome
}

enum Kind {
    Fail,
    /// Of a test that is marked as one that fails.
    Success,
    Error,
}

/// `FAIL: test_x (test.test_m.Case.test_x) (i=1)` gives `test.test_m.Case.test_x`.
fn heading(module: &str, line: &str) -> Option<(Kind, String)> {
    let (kind, rest) = if let Some(rest) = line.strip_prefix("FAIL: ") {
        (Kind::Fail, rest)
    } else if let Some(rest) = line.strip_prefix("ERROR: ") {
        (Kind::Error, rest)
    } else if let Some(rest) = line.strip_prefix("UNEXPECTED SUCCESS: ") {
        (Kind::Success, rest)
    } else {
        return None;
    };
    let Some((name, rest)) = rest.split_once(" (") else {
        return Some((kind, rest.trim().into()));
    };
    let place = rest.split_once(')').map_or(rest, |(place, _)| place);
    let id = if place.starts_with("unittest.loader.") {
        format!("test.{module}")
    } else if place == name || place.ends_with(&format!(".{name}")) {
        place.into()
    } else {
        format!("{place}.{name}")
    };
    Some((kind, id))
}

/// At most some hundred characters, without what differs from run to run.
fn shorten(text: &str) -> String {
    let mut short = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..]
            .find(|c: char| !c.is_ascii_hexdigit())
            .map_or(rest.len(), |length| at + 2 + length);
        short.push_str(&rest[..at]);
        // Short ones are constants, long ones addresses.
        short.push_str(if digits - at > 8 {
            "0xADDRESS"
        } else {
            &rest[at..digits]
        });
        rest = &rest[digits..];
    }
    short.push_str(rest);
    // Paths differ from machine to machine, and temporary files from run to run.
    let words = short.split(' ').map(|word| {
        if word.matches('/').count() > 1 || word.contains("@test_") {
            "PATH"
        } else {
            word
        }
    });
    let short = words.collect::<Vec<_>>().join(" ");
    match short.char_indices().nth(110) {
        Some((end, _)) => format!("{}...", &short[..end]),
        None => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
test_a (test.test_m.Case.test_a) ... ok
test_b (test.test_m.Case.test_b)
First line of the documentation ... printed by the test
ok
test_c (test.test_m.Case.test_c) ... skipped 'no reason'
test_d (test.test_m.Case.test_d) ...\x20
  test_d (test.test_m.Case.test_d) (i=1) ... FAIL
  test_d (test.test_m.Case.test_d) (i=2) ... FAIL
setUpClass (test.test_m.Other) ... ERROR

======================================================================
ERROR: setUpClass (test.test_m.Other)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"x\", line 1, in f
OSError: <C object at 0x7f0123456789>

======================================================================
FAIL: test_d (test.test_m.Case.test_d) (i=1)
----------------------------------------------------------------------
AssertionError: 0x10 != 2

======================================================================
FAIL: test_d (test.test_m.Case.test_d) (i=2)
----------------------------------------------------------------------
AssertionError: 3 != 4

----------------------------------------------------------------------
Ran 4 tests in 0.1s

FAILED (failures=2, errors=1, skipped=1)
";

    #[test]
    fn counts_tests_once() {
        let outcome = read("test_m", LOG, End::Exit);
        assert_eq!(
            (
                outcome.passed,
                outcome.failed,
                outcome.errors,
                outcome.skipped
            ),
            (2, 1, 1, 1)
        );
        assert!(!outcome.crashed && !outcome.timeout);
        let wrong: Vec<_> = outcome
            .wrong
            .iter()
            .map(|(id, why)| format!("{id}: {why}"))
            .collect();
        assert_eq!(
            wrong,
            [
                "test.test_m.Case.test_d: AssertionError: 0x10 != 2",
                "test.test_m.Other.setUpClass: OSError: <C object at 0xADDRESS>",
            ]
        );
    }

    #[test]
    fn a_log_without_an_end_is_a_crash() {
        let log = "test_a (test.test_m.Case.test_a) ... ok\ntest_b (test.test_m.Case.test_b) ... ";
        let outcome = read("test_m", log, End::Exit);
        assert_eq!(outcome.passed, 1);
        assert!(outcome.crashed);
        assert!(outcome.wrong.contains_key("test.test_m!crash"));
        let log = "ImportError: x\ntest_m (unittest.loader._FailedTest.test_m) ... ERROR\n";
        assert!(read("test_m", log, End::Timeout).timeout);
        let line = "ERROR: test_m (unittest.loader._FailedTest.test_m)";
        assert_eq!(
            heading("test_m", line).map(|(_, id)| id).as_deref(),
            Some("test.test_m")
        );
    }
}
