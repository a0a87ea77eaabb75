//! Deferred objects whose heap count has fallen to zero (R16): only registers may still name them.
//!
//! They are put in a table; some milliseconds later one thread stops the world, scans all registers,
//! and frees those that none names. So what promoted or module-level objects hold (files, locks,
//! weakref targets) is released promptly, with the collector disabled too. An entry holds no
//! reference: a deferred object dies here or in the collector only, which strikes it from the table.
//! Types stay to the collector, since their instances do not count them (R11).
//!
//! The delay is kept by a short-lived native thread, which touches nothing but breakers.

use crate::address::AddressSet;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::gc::Visitor;
use crate::header::Header;
use crate::hooks;
use crate::info::type_flag;
use crate::protocol::ranks::Rank;
use crate::refcount;
use crate::sync::{AtomicBool, Mutex, Ordering};
use crate::thread::{self, Thread, World, breaker};
use std::time::Duration;

/// How long the dead may wait, and how far scans are apart.
const DELAY: Duration = Duration::from_millis(10);

struct Table(Vec<*mut Header>);
// SAFETY: addresses; followed with the world stopped.
unsafe impl Send for Table {}

static TABLE: Mutex<Table> = Mutex::ranked(Rank::ZeroCount, Table(Vec::new()));
static CLOCK_RUNS: AtomicBool = AtomicBool::new(false);

/// The heap count of a deferred object is zero.
#[cold]
#[inline(never)]
pub(crate) fn note(head: *mut Header) {
    // SAFETY: deferred: it is not freed before the world stops.
    if unsafe { (*head).info().has(type_flag::IS_TYPE) } {
        return;
    }
    TABLE.lock().0.push(head);
    start_clock();
}

/// A thread's own count of a deferred object fell below zero, so that only all threads' counts together tell whether
/// anybody holds it: they shall write them.
#[inline]
#[cfg(not(feature = "gil"))]
pub(crate) fn look_soon() {
    if !CLOCK_RUNS.load(Ordering::Relaxed) {
        start_clock();
    }
}

#[cold]
fn start_clock() {
    if CLOCK_RUNS.swap(true, Ordering::AcqRel) {
        return;
    }
    let clock = std::thread::Builder::new()
        .name("typhon-clock".into())
        .stack_size(64 << 10);
    let tick = || {
        std::thread::sleep(DELAY);
        CLOCK_RUNS.store(false, Ordering::Release);
        thread::set_breaker_everywhere(breaker::ZERO_COUNT);
    };
    let started = crate::signals::blocked(|| clock.spawn(tick));
    if started.is_err() {
        CLOCK_RUNS.store(false, Ordering::Release);
        thread::set_breaker_everywhere(breaker::ZERO_COUNT);
    }
}

/// At a full safepoint with ZERO_COUNT.
pub(crate) fn drain(t: &mut Thread) {
    refcount::write_tallies(t);
    if TABLE.lock().0.is_empty() {
        return;
    }
    let dead = t.stop_the_world(find_dead);
    t.counters.add(Counter::zero_count_freed, dead.len() as u64);
    t.as_foreign(|| {
        for head in dead {
            // SAFETY: no reference in the heap, none in a register.
            unsafe { dealloc(t, head) };
        }
    });
}

fn find_dead(world: &mut World) -> Vec<*mut Header> {
    world.stopped_for("deferred objects");
    let mut waiting = std::mem::take(&mut TABLE.lock().0);
    waiting.sort_unstable();
    waiting.dedup();
    // SAFETY: entries are live cells (see the head of the file), the world is stopped.
    waiting.retain(|&head| unsafe { (*head).is_over(false) });
    let mut wanted: AddressSet<*const Header> = AddressSet::default();
    wanted.extend(waiting.iter().map(|&head| head as *const Header));
    let mut named: AddressSet<*const Header> = AddressSet::default();
    let mut see = |head: *const Header| {
        if wanted.contains(&head) {
            named.insert(head);
        }
    };
    (hooks::get().visit_global_roots)(&mut Visitor::new(&mut see));
    world.for_each_thread(|t| {
        (hooks::get().visit_thread_roots)(t, &mut Visitor::new(&mut see));
    });
    let (again, dead): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        // SAFETY: as above.
        .partition(|&head| unsafe { !(*head).is_over(named.contains(&(head as *const Header))) });
    for &head in &dead {
        // SAFETY: as above; undone with the world stopped (R16).
        unsafe { (*head).end_deferral() };
    }
    if !again.is_empty() {
        // A register held it: it has to be looked at once more.
        TABLE.lock().0.extend(again);
        start_clock();
    }
    dead
}

/// World stopped: the collector takes these over, they are not deferred any more.
pub(crate) fn strike(condemned: impl Fn(*const Header) -> bool) {
    TABLE.lock().0.retain(|&head| !condemned(head));
}

/// In the child of a fork the clock's thread is gone.
pub(crate) fn reset_in_child() {
    CLOCK_RUNS.store(false, Ordering::Relaxed);
    thread::set_breaker_everywhere(breaker::ZERO_COUNT);
}
