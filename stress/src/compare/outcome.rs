//! What a run showed to the outside, and how two of them differ.

use crate::process::{End, Ended};
use regex::Regex;
use serde::Serialize;

/// All that is compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Outcome {
    #[serde(serialize_with = "as_text")]
    pub end: End,
    pub stdout: String,
    pub stderr: String,
}

fn as_text<S: serde::Serializer>(end: &End, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(end)
}

impl Outcome {
    /// Without the lines that the user leaves out.
    pub fn of(ended: &Ended, ignore: &[Regex]) -> Outcome {
        let kept = |text: &str| {
            if ignore.is_empty() {
                return text.to_string();
            }
            text.split_inclusive('\n')
                .filter(|line| !ignore.iter().any(|regex| regex.is_match(line)))
                .collect()
        };
        Outcome {
            end: ended.end,
            stdout: kept(&ended.stdout),
            stderr: kept(&ended.stderr),
        }
    }
}

/// Where two outcomes part, in words.
pub fn difference(old: &Outcome, new: &Outcome) -> String {
    let mut parts = Vec::new();
    if old.end != new.end {
        parts.push(format!("{}, not {}", new.end, old.end));
    }
    for (stream, old, new) in [
        ("standard output", &old.stdout, &new.stdout),
        ("standard error", &old.stderr, &new.stderr),
    ] {
        if old != new {
            parts.push(format!("{stream}: {}", first_difference(old, new)));
        }
    }
    parts.join("; ")
}

pub fn first_difference(expected: &str, given: &str) -> String {
    for (number, (old, new)) in expected.lines().zip(given.lines()).enumerate() {
        if old != new {
            return format!(
                "line {} is {:?}, was {:?}",
                number + 1,
                shorten(new),
                shorten(old)
            );
        }
    }
    let (old, new) = (expected.lines().count(), given.lines().count());
    match old == new {
        true => "the last line ends otherwise".into(),
        false => format!("{new} lines, were {old}"),
    }
}

/// At most so much of a line is shown.
pub fn shorten(line: &str) -> String {
    const LONGEST: usize = 160;
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.to_string(),
    }
}

/// The regimes and runs that showed one outcome, on one number of threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    pub regime: usize,
    pub outcome: usize,
    pub runs: usize,
}

/// On one number of threads: more than one outcome was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    pub threads: usize,
    /// Sorted by outcome: the first ones belong to what the most runs showed.
    pub shares: Vec<Share>,
    /// Whether one regime alone showed several outcomes.
    pub varies_within: bool,
}

/// `seen`: regime, number of threads, outcome of every run.
pub fn differences(seen: &[(usize, usize, usize)], threads: &[usize]) -> Vec<Difference> {
    let mut found = Vec::new();
    for &threads in threads {
        let mut shares: Vec<Share> = Vec::new();
        for &(regime, _, outcome) in seen.iter().filter(|run| run.1 == threads) {
            let known = shares
                .iter_mut()
                .find(|share| share.regime == regime && share.outcome == outcome);
            match known {
                Some(share) => share.runs += 1,
                None => shares.push(Share {
                    regime,
                    outcome,
                    runs: 1,
                }),
            }
        }
        let total = |outcome: usize| -> usize {
            let of_it = shares.iter().filter(|share| share.outcome == outcome);
            of_it.map(|share| share.runs).sum()
        };
        let mut order: Vec<usize> = shares.iter().map(|share| share.outcome).collect();
        order.sort_unstable();
        order.dedup();
        if order.len() < 2 {
            continue;
        }
        order.sort_by_key(|&outcome| std::cmp::Reverse(total(outcome)));
        let varies_within =
            (0..shares.len()).any(|i| (0..i).any(|j| shares[i].regime == shares[j].regime));
        let rank = |outcome: usize| order.iter().position(|&other| other == outcome);
        shares.sort_by_key(|share| (rank(share.outcome), share.regime));
        found.push(Difference {
            threads,
            shares,
            varies_within,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(stdout: &str, status: i32) -> Outcome {
        Outcome {
            end: End::Status(status),
            stdout: stdout.into(),
            stderr: String::new(),
        }
    }

    #[test]
    fn names_the_first_difference() {
        assert_eq!(
            difference(&outcome("a\nb\n", 0), &outcome("a\nc\n", 1)),
            "exit status 1, not exit status 0; standard output: line 2 is \"c\", was \"b\""
        );
        assert_eq!(first_difference("a\n", "a\nb\n"), "2 lines, were 1");
        assert_eq!(first_difference("a\n", "a"), "the last line ends otherwise");
    }

    #[test]
    fn same_outcomes_are_no_difference() {
        assert!(differences(&[(0, 1, 0), (1, 1, 0), (0, 2, 1), (1, 2, 1)], &[1, 2]).is_empty());
    }

    #[test]
    fn differences_are_shared_out_among_the_regimes() {
        let seen = [
            (0, 2, 5),
            (0, 2, 7),
            (1, 2, 7),
            (1, 2, 7),
            (0, 1, 7),
            (1, 1, 7),
        ];
        let found = differences(&seen, &[1, 2]);
        assert_eq!(found.len(), 1);
        assert!(found[0].varies_within && found[0].threads == 2);
        let shares: Vec<_> = found[0]
            .shares
            .iter()
            .map(|share| (share.outcome, share.regime, share.runs))
            .collect();
        assert_eq!(shares, [(7, 0, 1), (7, 1, 2), (5, 0, 1)]);
    }

    #[test]
    fn only_what_the_user_names_is_left_out() {
        let ended = Ended {
            end: End::Status(0),
            wall: Default::default(),
            cpu: Default::default(),
            others: None,
            peak_kib: 0,
            stdout: "sum 5\ntime: 1.5\nsum 6".into(),
            stderr: String::new(),
        };
        assert_eq!(Outcome::of(&ended, &[]).stdout, ended.stdout);
        let ignore = [Regex::new("^time: ").expect("a regex")];
        assert_eq!(Outcome::of(&ended, &ignore).stdout, "sum 5\nsum 6");
    }
}
