//! The runtime's protocol files over the model checker's atomics. Each file of `tests/` checks one
//! protocol, and checks that a seeded mistake in it is found.

// The files say `crate::sync`: here that is loom.
#[path = "../../runtime/src/protocol/mod.rs"]
pub mod protocol;
pub mod sync;

use std::process::Command;
pub use sync::Bug;

/// Runs the model through every interleaving of its (at most three) threads.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    loom::model::Builder::new().check(model);
}

/// The same with at most `n` preemptions, for models of three threads.
pub fn check_bounded(n: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(n);
    builder.check(model);
}

/// The model with the mistake in it must fail. It runs in a process of its own, since the checker
/// aborts when a destructor of the model panics as well.
pub fn must_catch(bug: Bug, model: impl Fn() + Sync + Send + 'static) {
    const IN_CHILD: &str = "LOOM_TESTS_SEEDED";
    if std::env::var_os(IN_CHILD).is_some() {
        sync::seed(Some(bug));
        check(model);
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
