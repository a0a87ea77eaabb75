//! Deferred objects whose heap count has fallen to zero (R16): only registers may still name them.
//!
//! They are put in a table; some milliseconds later one thread stops the world, scans all registers,
//! and frees those that none names. So what promoted or module-level objects hold (files, locks,
//! weakref targets) is released promptly, with the collector disabled too. An entry holds no
//! reference: a deferred object dies here or in the collector only, which strikes it from the table.
//! Types stay to the collector, since their instances do not count them (R11).
//!
//! The delay is kept by a native thread, which touches nothing but breakers. It stays for a few ticks that nobody wants: threads
//! that use deferred objects want one tick after the other, and to make a thread takes the system longer than the tick does.
//!
//! Where every thread sleeps nobody would answer the tick, and what the dead hold stays for as long: the main thread sleeps the
//! first milliseconds by itself and looks again ([`nap`]).

use crate::address::AddressSet;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::gc::Visitor;
use crate::header::Header;
use crate::hooks;
use crate::info::type_flag;
use crate::program_pages;
use crate::protocol::ranks::Rank;
use crate::refcount;
use crate::sync::{AtomicU32, AtomicUsize, Mutex, Ordering};
use crate::thread::{self, Thread, World, breaker};
use std::time::Duration;

/// How long the dead may wait, and how far scans are apart at least.
const DELAY: Duration = Duration::from_millis(10);
/// Ticks that nobody wants until the clock's thread ends.
const IDLE: u32 = 5;

// What the clock does.
const NO_CLOCK: u32 = 0;
/// It runs, and nobody wants the next tick yet.
const TICKS: u32 = 1;
const WANTED: u32 = 2;

struct Table(Vec<*mut Header>);
// SAFETY: addresses; followed with the world stopped.
unsafe impl Send for Table {}

static TABLE: Mutex<Table> = Mutex::ranked(Rank::ZeroCount, Table(Vec::new()));
static CLOCK: AtomicU32 = AtomicU32::new(NO_CLOCK);

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
    if CLOCK.load(Ordering::Relaxed) != WANTED {
        start_clock();
    }
}

/// How long a thread may sleep before it looks at its breaker, if there are dead to look after and it is the thread that does.
pub(crate) fn nap(t: &Thread) -> Option<Duration> {
    let wanted = || {
        CLOCK.load(Ordering::Relaxed) == WANTED
            || t.breaker.load(Ordering::Relaxed) & breaker::ZERO_COUNT != 0
    };
    (t.naps.get() && wanted()).then_some(DELAY + DELAY / 2)
}

#[cold]
fn start_clock() {
    if CLOCK.swap(WANTED, Ordering::AcqRel) != NO_CLOCK {
        return;
    }
    let clock = std::thread::Builder::new()
        .name("typhon-clock".into())
        .stack_size(64 << 10);
    if crate::signals::blocked(|| clock.spawn(run_clock)).is_err() {
        CLOCK.store(NO_CLOCK, Ordering::Release);
        thread::set_breaker_everywhere(breaker::ZERO_COUNT);
    }
}

fn run_clock() {
    static TICKED: AtomicUsize = AtomicUsize::new(0);
    let mut idle = 0;
    loop {
        std::thread::sleep(DELAY);
        program_pages::note_tick(TICKED.fetch_add(1, Ordering::Relaxed) + 1);
        if CLOCK.swap(TICKS, Ordering::AcqRel) == WANTED {
            idle = 0;
            thread::set_breaker_everywhere(breaker::ZERO_COUNT);
            continue;
        }
        idle += 1;
        let ends = || CLOCK.compare_exchange(TICKS, NO_CLOCK, Ordering::AcqRel, Ordering::Relaxed);
        if idle == IDLE && ends().is_ok() {
            return;
        }
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
    CLOCK.store(NO_CLOCK, Ordering::Relaxed);
    thread::set_breaker_everywhere(breaker::ZERO_COUNT);
}
