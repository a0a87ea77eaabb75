//! `cargo xtask licences`: THIRD-PARTY.md, the crates that are part of the binary and the licences they come under.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The licences a dependency may offer; one of those it offers must be here.
const ACCEPTED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Zlib",
    "0BSD",
    "MIT-0",
    "CC0-1.0",
    "Unlicense",
    "MPL-2.0",
    "PSF-2.0",
    "Python-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
];

/// Crates that state their licence in a file instead of a name.
const IN_A_FILE: &[(&str, &str)] = &[("rustpython-pylib", "PSF-2.0")];

const HEAD: &str = "# Licences of what the binary contains

Typhon itself is under MIT or Apache-2.0, as you choose (LICENSE-MIT, LICENSE-APACHE). The binary also contains:

- the pure-Python part of CPython's standard library, under the licence of the Python Software Foundation
  (LICENSES/PSF.txt), taken from the crate `rustpython-pylib`, with the changes that crate documents and those in
  `src/import`;
- the Rust crates below, which `cargo xtask licences` lists from Cargo.lock.

| crate | version | licence |
|-------|---------|---------|
";

/// Writes THIRD-PARTY.md, or with `check_only` says whether it is up to date. False if a licence is not acceptable.
pub fn run(root: &Path, check_only: bool) -> bool {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let output = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--package",
            "typhon",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--target", "all", "--format", "{p}|{l}"])
        .current_dir(root)
        .output();
    let text = match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
        Ok(output) => {
            println!(
                "licences: cargo tree: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            return false;
        }
        Err(error) => {
            println!("licences: cannot run cargo: {error}");
            return false;
        }
    };
    let mut crates = BTreeMap::new();
    for line in text.lines() {
        let Some((package, licence)) = line.split_once('|') else {
            continue;
        };
        let licence = licence.trim_end_matches(" (*)");
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        // Packages of this workspace show where they lie.
        if package.contains("(/") || package.contains(":\\") {
            continue;
        }
        let named = IN_A_FILE
            .iter()
            .find(|(crate_name, _)| *crate_name == name)
            .map(|(_, licence)| *licence);
        let licence = if licence.is_empty() {
            named.unwrap_or("")
        } else {
            licence
        };
        crates.insert(
            (
                name.to_string(),
                version.trim_start_matches('v').to_string(),
            ),
            licence.to_string(),
        );
    }
    let mut good = true;
    let mut page = HEAD.to_string();
    for ((name, version), licence) in &crates {
        if !acceptable(licence) {
            println!("licences: {name} {version} is under {licence:?}, which is not on the list");
            good = false;
        }
        page += &format!("| {name} | {version} | {licence} |\n");
    }
    let path = root.join("THIRD-PARTY.md");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if old == page {
        println!(
            "licences: {} crates, THIRD-PARTY.md is up to date",
            crates.len()
        );
    } else if check_only {
        println!("licences: THIRD-PARTY.md is out of date; `cargo xtask licences` writes it");
        good = false;
    } else if let Err(error) = std::fs::write(&path, page) {
        println!("licences: {}: {error}", path.display());
        good = false;
    } else {
        println!(
            "licences: {} crates written to THIRD-PARTY.md",
            crates.len()
        );
    }
    good
}

/// Whether every part joined by AND offers, among its alternatives, a licence of the list.
fn acceptable(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|part| {
        part.split(" OR ")
            .any(|name| ACCEPTED.contains(&name.trim_matches(['(', ')', ' '])))
    })
}

#[cfg(test)]
mod tests {
    use super::acceptable;

    #[test]
    fn reads_licence_expressions() {
        assert!(acceptable("MIT OR GPL-3.0"));
        assert!(acceptable("MIT/Apache-2.0"));
        assert!(acceptable("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!acceptable("GPL-3.0"));
        assert!(!acceptable("MIT AND GPL-3.0"));
        assert!(!acceptable(""));
    }
}
