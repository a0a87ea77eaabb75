//! The runtime's protocol files over the model checker's atomics. Each file of `tests/` checks one
//! protocol, and checks that seeded mistakes in it are found. Models of two threads run through every interleaving, those
//! of three through all with at most three preemptions; each header records how many that are
//! (`cargo test -p loom-tests -- --nocapture --test-threads 1` prints them).

// The files say `crate::sync`: here that is loom.
pub mod counted;
pub mod parking;
#[path = "../../runtime/src/protocol/mod.rs"]
pub mod protocol;
pub mod stopping;
pub mod sync;
pub mod thread;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
pub use sync::Bug;

/// Runs the model through every interleaving of its (at most three) threads.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    run(None, model);
}

/// The same with at most `n` preemptions, for models of three threads.
pub fn check_bounded(n: usize, model: impl Fn() + Sync + Send + 'static) {
    run(Some(n), model);
}

fn run(bound: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = bound;
    // The checker's own limit of steps is low for three threads that park.
    builder.max_branches = 10_000;
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    println!("{name}: {} interleavings", count.load(Ordering::Relaxed));
}

/// The model with the mistake in it must fail. It runs in a process of its own, since the checker
/// aborts when a destructor of the model panics as well.
pub fn must_catch(bug: Bug, model: impl Fn() + Sync + Send + 'static) {
    catch(bug, None, model);
}

/// The same with at most `n` preemptions, for models of three threads.
pub fn must_catch_bounded(n: usize, bug: Bug, model: impl Fn() + Sync + Send + 'static) {
    catch(bug, Some(n), model);
}

fn catch(bug: Bug, bound: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    const IN_CHILD: &str = "LOOM_TESTS_SEEDED";
    if std::env::var_os(IN_CHILD).is_some() {
        sync::seed(Some(bug));
        run(bound, model);
        return;
    }
    let test = std::thread::current()
        .name()
        .expect("tests run in named threads")
        .to_owned();
    let child = Command::new(std::env::current_exe().expect("the test's own program"))
        .args(["--exact", &test])
        .env(IN_CHILD, "1")
        .output()
        .expect("the test's own program runs");
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(
        out.contains("running 1 test"),
        "the child did not run {test}: {out}"
    );
    assert!(
        !child.status.success(),
        "the model checker does not see {bug:?}"
    );
}
