//! `cargo xtask compare-commits A [B]`: is B faster than A? Both are built from working trees of their own below
//! `target/commits`, which stay, so that the next comparison with the same commit builds nothing. Without B the tree as it lies
//! here, changes that are not committed included, is compared with A.
//!
//! Either the two interpreters run the programs of `benches/python` in turns, or (`--primitives`) criterion measures the
//! primitives of the runtime, first of A, then of B, and prints the changes.

use crate::bench;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Plan {
    pub before: String,
    pub after: Option<String>,
    pub profile: String,
    pub primitives: bool,
    pub runs: usize,
    pub filter: String,
}

/// One of the two: a name for the table, and where its sources lie.
struct Side {
    label: String,
    folder: PathBuf,
}

/// False if a commit does not exist, a build failed, or a program.
pub fn run(root: &Path, plan: &Plan) -> bool {
    match compare(root, plan) {
        Ok(good) => good,
        Err(why) => {
            eprintln!("compare-commits: {why}");
            false
        }
    }
}

fn compare(root: &Path, plan: &Plan) -> Result<bool, String> {
    // Both names first: an error shall not come after the first build.
    let before = commit(root, &plan.before)?;
    let after = plan.after.as_deref().map(|name| commit(root, name));
    let after = after.transpose()?;
    let before = check_out(root, &plan.before, &before)?;
    let after = match (&plan.after, after) {
        (Some(name), Some(hash)) => check_out(root, name, &hash)?,
        _ => Side {
            label: "this tree".into(),
            folder: root.to_path_buf(),
        },
    };
    if plan.primitives {
        return primitives(root, &before, &after, plan);
    }
    let (old, new) = (build(&before, plan)?, build(&after, plan)?);
    println!(
        "compare-commits: {} against {}, in turns; a ratio above 1 says that {} is faster",
        after.label, before.label, after.label
    );
    let plan = bench::Plan {
        binary: new,
        peers: vec![old],
        labels: vec![after.label, before.label],
        runs: plan.runs,
        filter: plan.filter.clone(),
    };
    Ok(bench::run(root, &plan))
}

fn commits(root: &Path) -> PathBuf {
    root.join("target/commits")
}

/// The full hash of what a name stands for.
fn commit(root: &Path, name: &str) -> Result<String, String> {
    git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{name}^{{commit}}"),
        ],
    )
    .map_err(|_| format!("{name:?} is no commit"))
}

/// A working tree of a commit.
fn check_out(root: &Path, name: &str, hash: &str) -> Result<Side, String> {
    let short = &hash[..hash.len().min(12)];
    let folder = commits(root).join(short);
    if !folder.join("Cargo.toml").is_file() {
        println!("compare-commits: {name} goes to {}", folder.display());
        // It may be known still though somebody has deleted its folder.
        git(root, &["worktree", "prune"])?;
        let path = folder.display().to_string();
        git(root, &["worktree", "add", "--detach", &path, hash])?;
    }
    Ok(Side {
        label: match hash.starts_with(name) {
            true => short.to_string(),
            false => name.to_string(),
        },
        folder,
    })
}

/// Where a side is built: never in the same place as another. Cargo tells trees apart by their paths below the workspace's
/// root, which are the same, and would take what the other commit left there for its own.
fn target(side: &Side) -> PathBuf {
    side.folder.join("target")
}

/// The interpreter of one side.
fn build(side: &Side, plan: &Plan) -> Result<PathBuf, String> {
    println!("compare-commits: building {}", side.label);
    let arguments = ["build", "--bin", "typhon", "--profile", &plan.profile];
    cargo(side, &arguments, &[])?;
    let folder = match &*plan.profile {
        "dev" => "debug",
        other => other,
    };
    Ok(target(side).join(folder).join("typhon"))
}

/// Criterion's comparison of the runtime's primitives.
fn primitives(root: &Path, before: &Side, after: &Side, plan: &Plan) -> Result<bool, String> {
    for (side, option) in [(before, "--save-baseline"), (after, "--baseline")] {
        println!("compare-commits: measuring {}", side.label);
        let mut arguments = vec!["bench", "-p", "typhon-runtime", "--bench", "runtime", "--"];
        arguments.extend([option, "before"]);
        if !plan.filter.is_empty() {
            arguments.push(&plan.filter);
        }
        let home = commits(root).join("criterion");
        cargo(side, &arguments, &[("CRITERION_HOME", &home)])?;
    }
    Ok(true)
}

fn cargo(side: &Side, arguments: &[&str], environment: &[(&str, &Path)]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(arguments)
        .env("CARGO_TARGET_DIR", target(side))
        .envs(environment.iter().copied())
        .current_dir(&side.folder)
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!(
            "`cargo {}` failed in {}",
            arguments.join(" "),
            side.folder.display()
        )),
    }
}

/// What git prints, or what it complains about.
fn git(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|e| format!("cannot run git: {e}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_string()),
        false => Err(format!(
            "`git {}`: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with two commits.
    fn repository(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("typhon-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("a folder");
        let run = |arguments: &[&str]| git(&root, arguments).expect("git works");
        run(&["init", "-q"]);
        for text in ["first", "second"] {
            std::fs::write(root.join("Cargo.toml"), text).expect("a file");
            run(&["add", "Cargo.toml"]);
            let author = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
            run(&[&author[..], &["commit", "-q", "-m", text]].concat());
        }
        root
    }

    #[test]
    fn commits_have_trees_of_their_own() {
        let root = repository("commits");
        let hash = commit(&root, "HEAD~1").expect("it is there");
        for turn in 0..3 {
            let side = check_out(&root, "HEAD~1", &hash).expect("it can be checked out");
            assert_eq!(side.label, "HEAD~1");
            let text = std::fs::read_to_string(side.folder.join("Cargo.toml"));
            assert_eq!(text.expect("a file"), "first");
            if turn == 1 {
                std::fs::remove_dir_all(&side.folder).expect("it may be deleted");
            }
        }
        let here = std::fs::read_to_string(root.join("Cargo.toml"));
        assert_eq!(here.expect("a file"), "second");
        let why = commit(&root, "nothing").expect_err("there is none");
        assert_eq!(why, "\"nothing\" is no commit");
        let _ = std::fs::remove_dir_all(&root);
    }
}
