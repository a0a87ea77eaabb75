//! Forking: with the world stopped, the native locks in hand and nobody inside the parking table; and
//! what the child, which has one thread only, makes of the others' records.
//!
//! The parking table holds sleepers that exist only in the parent, each in the memory of its own thread, which the C library gives
//! to the next threads of the child: the child takes them out before it does anything else ([`crate::park::take_out`]). Keys carry
//! the number of forks besides. The table's buckets are locked only while somebody is inside [`enter_table`]; a fork waits until
//! nobody is. (A sleeper whose time runs out takes a bucket's lock unannounced; that instant is the one gap.)

use crate::gc;
use crate::gil;
use crate::qsbr;
use crate::sync::{AtomicBool, AtomicUsize, Ordering, fence};
use crate::thread::{self, Thread, World};
use std::io;

static FORKS: AtomicUsize = AtomicUsize::new(0);
static FORKING: AtomicBool = AtomicBool::new(false);
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// The parking key of an address in this process.
#[inline]
pub(crate) fn park_key(address: usize) -> usize {
    address ^ (FORKS.load(Ordering::Relaxed) << 48)
}

/// Before a bucket of the parking table is locked.
pub(crate) fn enter_table() {
    loop {
        INSIDE.fetch_add(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        if !FORKING.load(Ordering::Relaxed) {
            return;
        }
        INSIDE.fetch_sub(1, Ordering::AcqRel);
        while FORKING.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
    }
}

/// After it was unlocked: for a sleeper, before it sleeps.
pub(crate) fn leave_table() {
    INSIDE.fetch_sub(1, Ordering::AcqRel);
}

/// Puts forks off: for what a thread without a record, which stopping the world does not stop, does under a native lock. Brief, and
/// nobody is woken meanwhile ([`enter_table`] is no lock to take twice).
pub fn put_off() -> impl Drop {
    struct PutOff;
    impl Drop for PutOff {
        fn drop(&mut self) {
            leave_table();
        }
    }
    enter_table();
    PutOff
}

fn close_table() {
    FORKING.store(true, Ordering::Relaxed);
    fence(Ordering::SeqCst);
    while INSIDE.load(Ordering::Acquire) != 0 {
        std::thread::yield_now();
    }
}

/// `fork(2)`. In the child (Ok(0)) the caller's is the only thread; the ids of the others are orphans,
/// and what they had put off is the caller's to do. The interpreter clears their frames.
pub fn fork(t: &mut Thread) -> io::Result<i32> {
    loop {
        if let Some(result) = t.stop_the_world(fork_stopped) {
            return result;
        }
        t.detach(gc::wait_to_fork);
    }
}

/// None: another thread frees garbage, which the child would inherit half done.
fn fork_stopped(world: &mut World) -> Option<io::Result<i32>> {
    world.stopped_for("fork");
    if !gc::may_fork() {
        return None;
    }
    let mut threads = thread::before_fork();
    let mut gil = gil::before_fork();
    let garbage = (qsbr::before_fork(), crate::foreign::before_fork());
    let mut collection = gc::before_fork();
    close_table();
    // SAFETY: every lock of this crate is held by this thread or free.
    let pid = unsafe { libc::fork() };
    let error = io::Error::last_os_error();
    if pid == 0 {
        FORKS.fetch_add(1, Ordering::Relaxed);
        INSIDE.store(0, Ordering::Relaxed);
        threads.reset_in_child(world.thread());
        gil.reset_in_child();
        collection.reset_in_child(world.thread());
    }
    FORKING.store(false, Ordering::Release);
    drop((collection, garbage, gil, threads));
    if pid == 0 {
        crate::zerocount::reset_in_child();
        crate::scavenge::reset_in_child();
    }
    Some(if pid < 0 { Err(error) } else { Ok(pid) })
}
