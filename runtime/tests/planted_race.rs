//! A race made on purpose: what watches the other tests has to report it, else its silence would mean nothing. Two threads
//! change what an object's lock protects, both under the lock, then one of them without.
//!
//! Only for `cargo xtask tsan`. A report ends the process, so the changes are made in a child: this program again, with the test
//! that otherwise nobody asks for.
#![cfg(feature = "sanitized")]
// SAFETY (whole file): the object is counted by the test as long as it is used. The race is one, and meant to be.

mod common;
use common::*;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use typhon_runtime::{Guarded, Header, Thread, TypeInfo, Value, region};

const BOX: u32 = region::static_type_word(21);
const HOW: &str = "TYPHON_PLANTED_RACE";
/// What the sanitizer ends a process with that had a race, unless told otherwise.
const REPORTED: i32 = 66;

#[repr(C)]
struct Box {
    head: Header,
    state: Guarded<u64>,
}

unsafe fn drop_box(_: *mut Header, _: &Thread) {}

fn make(t: &Thread) -> Value {
    unsafe {
        let cell = region::type_ptr(BOX) as *mut u8;
        (cell.add(16) as *mut TypeInfo).write(TypeInfo {
            drop_payload: drop_box,
            ..TypeInfo::new(0, 32)
        });
        (*(cell as *const Header)).init_static(TYPE);
        typhon_runtime::alloc_with::<Box>(t, BOX, |p| {
            (&raw mut (*p).state).write(Guarded::new(0));
        })
        .unwrap()
    }
}

/// In the child: many changes by two threads, `locked` or not.
fn change(locked: bool) {
    attached(|t| {
        let value = make(t);
        // Relaxed, so that they order nothing: both go on until both have come far, or one might be done before the other begins.
        let done = [AtomicU32::new(0), AtomicU32::new(0)];
        t.detach(|| {
            std::thread::scope(|s| {
                for k in 0..2 {
                    let (value, done) = (&value, &done);
                    s.spawn(move || {
                        attached(|t| {
                            let it = unsafe { &*(value.as_ptr() as *const Box) };
                            while done.iter().any(|n| n.load(Relaxed) < 1000) {
                                done[k].fetch_add(1, Relaxed);
                                if locked || k == 0 {
                                    *it.state.lock(&it.head, t) += 1;
                                } else {
                                    unsafe { *it.state.as_ptr() += 1 };
                                }
                                t.safepoint_full();
                            }
                        })
                    });
                }
            })
        });
        drop(value);
    });
}

#[test]
#[ignore = "run by the other test, in a process of its own"]
fn child() {
    match std::env::var(HOW).as_deref() {
        Ok("locked") => change(true),
        Ok("unlocked") => change(false),
        other => panic!("{HOW}={other:?}"),
    }
}

#[test]
fn a_planted_race_is_reported() {
    let run = |how: &str| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(HOW, how)
            .output()
            .unwrap()
    };
    let sound = run("locked");
    let told = String::from_utf8_lossy(&sound.stderr);
    assert!(sound.status.success(), "the sound twin: {told}");
    let race = run("unlocked");
    let told = String::from_utf8_lossy(&race.stderr);
    assert!(
        told.contains("ThreadSanitizer: data race") && race.status.code() == Some(REPORTED),
        "not reported ({}): {told}",
        race.status
    );
}
