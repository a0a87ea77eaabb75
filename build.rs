//! Compiles Python's library into two files that the binary embeds: `library_code.bin` has the code objects, in a form that
//! is read where it stands, and `library.bin` the source texts (deflate, for tracebacks). Files of `src/import/overlay`
//! win over those of the library's crate. `library_index.rs` is the sorted table of what stands where.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_compiler::{Mode, Options, Source, compile, packed};

/// Files and folders that are left out: tests, demonstrations, and what needs a graphical toolkit.
const SKIP: &[&str] = &[
    "test",
    "tests",
    "idlelib",
    "turtledemo",
    "tkinter",
    "lib2to3",
    "turtle.py",
    "_dummy_thread.py",
    "_dummy_os.py",
    "dummy_threading.py",
];

/// Modules that CPython freezes too; their code names no file.
#[path = "src/import/frozen.rs"]
mod frozen;

#[path = "src/import/edits.rs"]
mod edits;

struct Input {
    /// Relative to the library's root, with `/`.
    name: String,
    path: PathBuf,
    size: u64,
}

struct Packed {
    name: String,
    code: Vec<u8>,
    source: Vec<u8>,
    source_len: usize,
}

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let overlay = root.join("src/import/overlay");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux")
        && std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu")
    {
        // At a fixed place, as CPython's builds: what is relocated at start is written, 1.2 megabytes of memory otherwise.
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/import/frozen.rs");
    println!("cargo::rerun-if-changed=src/import/edits.rs");
    println!("cargo::rerun-if-changed=src/import/overlay");

    let mut files = std::collections::BTreeMap::new();
    for dir in [Path::new(rustpython_pylib::LIB_PATH), &overlay] {
        let mut found = Vec::new();
        walk(dir, "", &mut found);
        for f in found {
            files.insert(f.name.clone(), f);
        }
    }
    if let Some(f) = files.remove("_typhon_sysconfig.py") {
        for name in edits::SYSCONFIG_NAMES {
            files.insert(
                (*name).to_owned(),
                Input {
                    name: (*name).to_owned(),
                    path: f.path.clone(),
                    size: f.size,
                },
            );
        }
    }
    let mut inputs: Vec<Input> = files.into_values().collect();
    // The large ones first, so that the threads end together.
    inputs.sort_by_key(|f| std::cmp::Reverse(f.size));

    let (next, done) = (
        AtomicUsize::new(0),
        Mutex::new(Vec::with_capacity(inputs.len())),
    );
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(|| {
                while let Some(input) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let packed = pack(input);
                    done.lock().expect("no thread panicked").push(packed);
                }
            });
        }
    });
    let mut all = done.into_inner().expect("no thread panicked");
    all.sort_by(|a, b| a.name.cmp(&b.name));
    write(&all);
}

fn walk(dir: &Path, prefix: &str, out: &mut Vec<Input>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if SKIP.contains(&file_name.as_str()) || file_name == "__pycache__" {
            continue;
        }
        let name = if prefix.is_empty() {
            file_name
        } else {
            format!("{prefix}/{file_name}")
        };
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() {
            walk(&entry.path(), &name, out);
        } else if wanted(&name) {
            out.push(Input {
                name,
                path: entry.path(),
                size: meta.len(),
            });
        }
    }
}

/// Python files, and the data files that modules read at run time.
fn wanted(name: &str) -> bool {
    name.ends_with(".py")
        || name.ends_with(".whl")
        || name.ends_with(".css")
        || name.starts_with("venv/scripts/")
}

fn pack(input: &Input) -> Packed {
    let mut source =
        std::fs::read(&input.path).unwrap_or_else(|e| panic!("{}: {e}", input.path.display()));
    if let Some((_, edits)) = edits::EDITS.iter().find(|(f, _)| *f == input.name) {
        source = edited(&input.name, source, edits);
    }
    let code = if input.name.ends_with(".py") {
        code_of(&input.name, &source)
    } else {
        Vec::new()
    };
    Packed {
        name: input.name.clone(),
        code,
        source_len: source.len(),
        source: miniz_oxide::deflate::compress_to_vec(&source, 6),
    }
}

fn edited(name: &str, source: Vec<u8>, edits: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8(source).unwrap_or_else(|e| panic!("{name}: {e}"));
    for (from, to) in edits {
        assert!(
            text.contains(from),
            "the library's {name} has changed: {from:?} is not in it"
        );
        text = text.replacen(from, to, 1);
    }
    text.into_bytes()
}

/// The code of a file; empty when it does not compile (some files of the library are bad on purpose).
fn code_of(name: &str, source: &[u8]) -> Vec<u8> {
    let filename = match frozen::frozen_name(name) {
        Some(module) => format!("<frozen {module}>"),
        None => format!("<lib>/{name}"),
    };
    let made = Source::from_bytes(source, None)
        .and_then(|s| compile(&s, &filename, Mode::Exec, &Options::default()));
    match made {
        Ok(code) => packed::pack(&code),
        Err(e) => {
            println!("cargo::warning=the library's {name} does not compile: {e}");
            Vec::new()
        }
    }
}

/// The code of all files, and where each stands. What every start reads lies together, so that it takes few pages.
fn codes(all: &[Packed]) -> (Vec<u8>, Vec<(usize, usize)>) {
    let first = |p: &Packed| frozen::FROZEN.iter().any(|(_, file)| *file == p.name);
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&i| !first(&all[i]));
    let mut codes = Vec::new();
    let mut places = vec![(0, 0); all.len()];
    for i in order {
        let at = codes.len();
        codes.extend_from_slice(&all[i].code);
        places[i] = (at, codes.len());
    }
    (codes, places)
}

fn write(all: &[Packed]) {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut sources = Vec::new();
    let mut index = String::from("pub static INDEX: &[Entry] = &[\n");
    let (codes, places) = codes(all);
    for (p, code) in all.iter().zip(places) {
        let source_at = sources.len();
        sources.extend_from_slice(&p.source);
        let end = sources.len();
        let _ = writeln!(
            index,
            "    Entry {{ name: {:?}, code: {code:?}, source: ({source_at}, {end}), source_len: {} }},",
            p.name, p.source_len
        );
    }
    index.push_str("];\n");
    std::fs::write(out.join("library.bin"), sources).expect("the output folder can be written");
    std::fs::write(out.join("library_code.bin"), codes).expect("the output folder can be written");
    std::fs::write(out.join("library_index.rs"), index).expect("the output folder can be written");
}
