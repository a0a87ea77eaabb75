//! `cargo xtask cpython`: CPython's own test modules, unmodified, on an interpreter.
//!
//! The modules come from an archive beside the project; `tests/cpython/modules.txt` says which ones are run and how many
//! cases CPython passes of each, `tests/cpython/known_failures.txt` which tests do not pass here. Each module is a
//! process of its own with a limit on time and on memory, in a folder of its own.

mod log;

use log::{End, Outcome};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ARCHIVE: &str = "cpython-3.14.10-tests.tar.xz";
const LIST: &str = "tests/cpython/modules.txt";
const KNOWN: &str = "tests/cpython/known_failures.txt";
/// Runs each test in several threads.
const PARALLEL: &str = "tests/cpython/parallel.py";
/// Kilobytes of data. Not of address space: the interpreter reserves more of that than it ever uses.
const MEMORY: u64 = 6 << 20;

/// What to run, and what to do with the result.
pub struct Plan {
    pub binary: PathBuf,
    /// The folder with the archive (or `test/`, unpacked) and `stubs/`.
    pub tests: PathBuf,
    pub jobs: usize,
    pub timeout: Duration,
    /// Fail when a test fails that is not listed.
    pub check: bool,
    /// Write the list anew.
    pub update: bool,
    /// How many threads run each test at once.
    pub threads: usize,
    /// All if empty.
    pub modules: Vec<String>,
}

/// Runs the plan; false if something went wrong that the plan wants to know of.
pub fn run(root: &Path, plan: &Plan) -> bool {
    let Some(library) = unpacked(&plan.tests) else {
        println!(
            "cpython: no tests in {}: nothing to run",
            plan.tests.display()
        );
        return true;
    };
    let listed = match read_list(&root.join(LIST)) {
        Ok(listed) => listed,
        Err(problem) => {
            println!("cpython: {problem}");
            return false;
        }
    };
    let chosen: Vec<Module> = if plan.modules.is_empty() {
        listed
    } else {
        let find = |name: &String| listed.iter().find(|module| module.name == *name).cloned();
        let other = |name: &String| Module {
            name: name.clone(),
            count: 0,
            limit: None,
        };
        let chosen = plan.modules.iter();
        chosen
            .map(|name| find(name).unwrap_or_else(|| other(name)))
            .collect()
    };
    let logs = root.join("target/cpython");
    let stubs = plan.tests.join("stubs");
    let binary = match fs::create_dir_all(&logs).and_then(|()| install(plan, &logs, &library)) {
        Ok(binary) => binary,
        Err(error) => {
            println!("cpython: {}: {error}", logs.display());
            return false;
        }
    };
    let place = Place {
        binary,
        threads: plan.threads.max(1),
        parallel: root.join(PARALLEL),
        path: format!("{}:{}", stubs.display(), library.display()),
        logs: &logs,
    };
    let start = Instant::now();
    let outcomes = run_all(plan, &place, &chosen);
    let mut total = Outcome::default();
    let mut expected = 0;
    println!(
        "{:28} {:>6} {:>6} {:>6} {:>7}  {:>7}",
        "module", "passed", "failed", "errors", "skipped", "CPython"
    );
    for (module, outcome) in chosen.iter().zip(&outcomes) {
        println!("{}", row(&module.name, outcome, module.count));
        // A test of another implementation that passes here makes up for no lost one elsewhere.
        total.passed += outcome.passed.min(module.count);
        total.failed += outcome.failed;
        total.errors += outcome.errors;
        total.skipped += outcome.skipped;
        expected += module.count;
    }
    println!("{}", row("total", &total, expected));
    let ends = |ended: fn(&Outcome) -> bool| outcomes.iter().filter(|o| ended(o)).count();
    println!(
        "{:.1} % of CPython's cases, {} modules crashed, {} timed out, {:.0} s; logs in {}",
        100.0 * total.passed as f64 / expected.max(1) as f64,
        ends(|outcome| outcome.crashed),
        ends(|outcome| outcome.timeout),
        start.elapsed().as_secs_f64(),
        logs.display()
    );
    if plan.threads > 1 {
        return !plan.check || !outcomes.iter().any(|o| o.crashed || o.timeout);
    }
    compare(root, plan, &chosen, &outcomes)
}

fn row(name: &str, outcome: &Outcome, count: usize) -> String {
    let mut line = format!(
        "{name:28} {:6} {:6} {:6} {:7}  {count:7}",
        outcome.passed, outcome.failed, outcome.errors, outcome.skipped
    );
    if outcome.crashed {
        line.push_str("  crashed");
    }
    if outcome.timeout {
        line.push_str("  timeout");
    }
    line
}

/// Holds the outcomes against the list of known failures, and brings that up to date if wanted.
fn compare(root: &Path, plan: &Plan, chosen: &[Module], outcomes: &[Outcome]) -> bool {
    let path = root.join(KNOWN);
    let mut known = read_known(&fs::read_to_string(&path).unwrap_or_default());
    let mut unknown = 0;
    let mut mended = BTreeSet::new();
    for (module, outcome) in chosen.iter().zip(outcomes) {
        for (id, reason) in &outcome.wrong {
            if !known.contains_key(id) {
                unknown += 1;
                println!("not listed: {id}: {reason}");
            }
        }
        // A run that did not end says nothing about the tests it did not reach.
        if outcome.crashed || outcome.timeout {
            continue;
        }
        let own = |id: &String| belongs(id, &module.name) && !outcome.wrong.contains_key(id);
        mended.extend(known.keys().filter(|id| own(id)).cloned());
    }
    if !mended.is_empty() {
        println!("{} listed tests do not fail any more", mended.len());
    }
    if !plan.update {
        return !plan.check || unknown == 0;
    }
    for id in &mended {
        known.remove(id);
    }
    for outcome in outcomes {
        for (id, reason) in &outcome.wrong {
            known.entry(id.clone()).or_insert_with(|| reason.clone());
        }
    }
    let mut text = String::from(
        "# Tests of CPython that do not pass, TEST: REASON (at first the last line of the traceback). Each is a defect to mend, or a thing\n\
         # only CPython has. `cargo xtask cpython --update` brings the list up to date and keeps the reasons.\n",
    );
    for (id, reason) in &known {
        text.push_str(&format!("{id}: {reason}\n"));
    }
    if let Err(error) = fs::write(&path, text) {
        println!("cpython: {}: {error}", path.display());
        return false;
    }
    true
}

/// Whether a test is one of the module `test.NAME`.
fn belongs(id: &str, name: &str) -> bool {
    id.strip_prefix("test.")
        .and_then(|id| id.strip_prefix(name))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '!']))
}

fn read_known(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(id, reason)| (id.into(), reason.into()))
        .collect()
}

/// A line of the list: a module, how many of its cases CPython passes, and how many seconds it may take if not as many as
/// the others.
#[derive(Clone)]
struct Module {
    name: String,
    count: usize,
    limit: Option<Duration>,
}

fn read_list(path: &Path) -> Result<Vec<Module>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let wrong = || format!("{LIST}: {line:?}");
            let mut words = line.split(' ');
            let name = words.next().ok_or_else(wrong)?.to_owned();
            let count = words
                .next()
                .and_then(|n| n.parse().ok())
                .ok_or_else(wrong)?;
            let limit = match words.next() {
                Some(seconds) => Some(Duration::from_secs(seconds.parse().map_err(|_| wrong())?)),
                None => None,
            };
            Ok(Module { name, count, limit })
        })
        .collect()
}

/// Puts a copy of the interpreter where it finds the tests among its own packages, as CPython does: tests start other
/// interpreters that ignore `PYTHONPATH`, and look into the folder of the library.
fn install(plan: &Plan, logs: &Path, library: &Path) -> std::io::Result<PathBuf> {
    let folder = logs.join("python");
    let binary = folder.join("typhon");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    fs::copy(&plan.binary, &binary)?;
    let ask = ["-I", "-c", "import site; print(site.getsitepackages()[0])"];
    let output = Command::new(&binary).args(ask).output()?;
    let packages = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    // Another Python keeps its packages elsewhere; nothing is put there.
    if !packages.starts_with(&folder) {
        return Ok(plan.binary.clone());
    }
    fs::create_dir_all(&packages)?;
    symlink(library.join("test"), packages.join("test"))?;
    for stub in fs::read_dir(plan.tests.join("stubs"))? {
        let stub = stub?;
        symlink(stub.path(), packages.join(stub.file_name()))?;
    }
    Ok(binary)
}

/// The folder that holds `test/`, unpacked on the first use.
fn unpacked(tests: &Path) -> Option<PathBuf> {
    if tests.join("test/__init__.py").exists() {
        return Some(tests.into());
    }
    let archive = tests.join(ARCHIVE);
    if !archive.exists() {
        return None;
    }
    let home = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let folder = home
        .join("typhon")
        .join(ARCHIVE.trim_end_matches(".tar.xz"));
    if folder.join("test/__init__.py").exists() {
        return Some(folder);
    }
    println!("unpacking {} into {}", archive.display(), folder.display());
    // Into a folder of another name first, so that one cut short is not taken for a whole one.
    let part = folder.with_extension(format!("part-{}", std::process::id()));
    fs::create_dir_all(&part).ok()?;
    let mut tar = Command::new("tar");
    tar.arg("xJf").arg(&archive).arg("-C").arg(&part);
    if !tar.status().is_ok_and(|status| status.success()) || fs::rename(&part, &folder).is_err() {
        println!("cpython: cannot unpack {}", archive.display());
        return None;
    }
    Some(folder)
}

/// Where the modules run.
struct Place<'a> {
    binary: PathBuf,
    threads: usize,
    parallel: PathBuf,
    /// `PYTHONPATH`.
    path: String,
    logs: &'a Path,
}

fn run_all(plan: &Plan, place: &Place, chosen: &[Module]) -> Vec<Outcome> {
    let done = AtomicUsize::new(0);
    let run = |module: &Module| {
        let outcome = run_module(plan, place, module);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        eprint!(
            "\r\x1b[K[{done}/{}] {}: {} of {}",
            chosen.len(),
            module.name,
            outcome.passed,
            module.count
        );
        let _ = std::io::stderr().flush();
        outcome
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(plan.jobs.max(1));
    // Single modules are dealt out: they take unlike times.
    let run_all = || {
        chosen
            .par_iter()
            .with_max_len(1)
            .map(run)
            .collect::<Vec<_>>()
    };
    let outcomes = match pool.build() {
        Ok(pool) => pool.install(run_all),
        Err(_) => chosen.iter().map(run).collect(),
    };
    eprint!("\r\x1b[K");
    outcomes
}

fn run_module(plan: &Plan, place: &Place, module: &Module) -> Outcome {
    let name = &module.name;
    let path = place.logs.join(format!("{name}.log"));
    let folder = place.logs.join(format!("{name}.run"));
    let _ = fs::remove_dir_all(&folder);
    let end = start_module(place, name, &path, &folder)
        .map(|child| wait(child, module.limit.unwrap_or(plan.timeout)));
    let _ = fs::remove_dir_all(&folder);
    let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
    match end {
        Ok(end) => log::read(name, &text, end),
        Err(error) => log::read(name, &error.to_string(), End::Crash),
    }
}

fn start_module(place: &Place, name: &str, log: &Path, folder: &Path) -> std::io::Result<Child> {
    fs::create_dir_all(folder)?;
    let output = File::create(log)?;
    let memory = MEMORY * place.threads as u64;
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -d {memory}; exec \"$0\" \"$@\"")])
        .arg(&place.binary);
    match place.threads {
        1 => command.args(["-m", "unittest", "-v"]),
        n => command.arg(&place.parallel).arg(n.to_string()),
    };
    command
        .arg(format!("test.{name}"))
        .env("PYTHONPATH", &place.path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0)
        .spawn()
}

/// Waits until a module ends, or ends it and what it started.
fn wait(mut child: Child, limit: Duration) -> End {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    let end = loop {
        match child.try_wait() {
            Ok(Some(status)) => break ending(status),
            Ok(None) if start.elapsed() < limit => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(100));
            }
            _ => break End::Timeout,
        }
    };
    // Children of the module share its process group; one that hangs would outlive it.
    let group = format!("-{}", child.id());
    let mut kill = Command::new("kill");
    kill.args(["-KILL", "--", &group]).stderr(Stdio::null());
    let _ = kill.status();
    let _ = child.wait();
    end
}

fn ending(status: ExitStatus) -> End {
    if status.signal().is_some() {
        End::Crash
    } else {
        End::Exit
    }
}
