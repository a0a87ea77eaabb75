//! The library's code objects against CPython's, where one is installed and named by `TYPHON_CPYTHON`.
//!
//! `TYPHON_CPYTHON=python3.14 TYPHON_LIBRARY=.../Lib cargo test -p typhon-compiler --test library`

use std::path::{Path, PathBuf};
use std::process::Command;

fn python_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

#[test]
fn code_objects_are_cpythons() {
    let (Ok(python), Ok(library)) = (
        std::env::var("TYPHON_CPYTHON"),
        std::env::var("TYPHON_LIBRARY"),
    ) else {
        println!("skipped: TYPHON_CPYTHON and TYPHON_LIBRARY name no CPython 3.14 and no library");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    python_files(Path::new(&library), &mut files);
    files.sort();
    let list = std::env::temp_dir().join(format!("typhon-library-{}", std::process::id()));
    let lines: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    std::fs::write(&list, lines.join("\n")).expect("the list is written");
    // Examples lie beside the folder of the test's own binary.
    let here = std::env::current_exe().expect("this program has a path");
    let tool = here
        .parent()
        .and_then(Path::parent)
        .expect("a target folder")
        .join("examples/pycompile");
    let output = Command::new(python)
        .arg(root.join("examples/compare.py"))
        .arg(tool)
        .arg(format!("@{}", list.display()))
        .current_dir(root)
        .output()
        .expect("CPython runs");
    let _ = std::fs::remove_file(&list);
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(
        output.status.success(),
        "code objects differ:\n{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
