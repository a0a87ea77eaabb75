//! The cycle collector: non-generational, stop-the-world, in the manner of PEP 703.
//!
//! ```text
//! stop    serve merge queues; mark from the roots: registers, the interpreter's tables,
//!         immortals (`mark`); give what is left side words with their counts (`words`),
//!         subtract the references among themselves, mark from what still counts; the rest
//!         is garbage; hold it, clear its weak references (of classes: those with callbacks)
//! start   call callbacks and finalizers
//! stop    only if such ran: whatever is reachable again survives, with what it reaches
//!         clear the other weak references; undo deferral; merge, so that death is prompt
//! start   clear each object, drop the holds
//! ```
//! Who is alive because a root leads to it costs one visit of its header; only the doubtful rest costs
//! more. The marks are bytes beside the cells (`marks`), numbered by collection, so that looking for the doubtful touches
//! no header of what is marked, and nothing has to be wiped.
//! Uncounted references are registers and type words (R11): the first are roots, the second are
//! followed from instances to types and not subtracted. A cell that is not traversed (a leaf)
//! keeps its type alive; a type dies a round after its last instance (R12).
//!
//! When: the heap has grown by half since the last collection, or by more if the last ones found next to nothing (`pace`), so the
//! cost stays linear. Nothing in a side word or of this module's state outlives a collection, but for the flag FROZEN.

mod collect;
mod inspect;
mod mark;
mod marks;
mod pace;
mod parallel;
mod verify;
mod visitor;
mod words;

pub(crate) use collect::{before_fork, may_fork, wait_to_fork};
pub use collect::{collect, collect_grown};
pub use inspect::{objects, referents, referrers, stats_of_heap};
pub use verify::verify;
pub use visitor::Visitor;

use crate::arena;
use crate::header::flag;
use crate::info::type_flag;
use crate::sync::{AtomicBool, AtomicI64, AtomicIsize, AtomicUsize, Mutex, Ordering};
use crate::thread::{Thread, breaker};
use crate::value::Value;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// `gc.collect()`.
    Asked,
    /// The heap grew.
    Growth,
    /// The interpreter ends.
    Shutdown,
}

#[derive(Debug, Default)]
pub struct Collected {
    /// Unreachable objects found.
    pub found: usize,
    /// Of these, objects that finalizers or weakref callbacks made reachable again.
    pub resurrected: usize,
    /// Objects traversed and alive.
    pub alive: usize,
    /// With DEBUG_SAVEALL: the garbage, kept instead of freed.
    pub saved: Vec<Value>,
    /// The time the world stood still.
    pub pause_ns: u64,
}

/// `gc.get_stats()`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    pub collections: usize,
    pub found: usize,
}

static ENABLED: AtomicBool = AtomicBool::new(true);
static SAVE_ALL: AtomicBool = AtomicBool::new(false);
static THRESHOLD: [AtomicI64; 3] = [
    AtomicI64::new(DEFAULT_THRESHOLD),
    AtomicI64::new(10),
    AtomicI64::new(0),
];
/// Pages in use at which a collection is due.
static TRIGGER: AtomicUsize = AtomicUsize::new(QUIET);
/// Pages' worth of large objects.
/// Less than nothing at times: one thread tells what it freed before another tells what it made.
static LARGE_BYTES: AtomicIsize = AtomicIsize::new(0);
const TOLD_AT_ONCE: usize = 256 << 10;
static COLLECTIONS: AtomicUsize = AtomicUsize::new(0);
static FOUND: AtomicUsize = AtomicUsize::new(0);

/// The first collection waits for this unless the program asks for one or sets the threshold: what imports make stays alive.
const QUIET: usize = (4 << 20) / arena::PAGE as usize;
/// After the first, the heap grows by so much at least. Twice as much makes a program that makes nothing but small cycles a
/// hundredth faster, and one like deltablue three megabytes larger.
const LEAST_GROWTH: usize = QUIET / 2;
const DEFAULT_THRESHOLD: i64 = 2000;
const OBJECTS_PER_PAGE: i64 = (arena::PAGE / 128) as i64;

pub fn enable() {
    ENABLED.store(true, Ordering::Relaxed);
}
pub fn disable() {
    ENABLED.store(false, Ordering::Relaxed);
}
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Is shown garbage before anything is done about it. May run Python code.
pub type Teller = fn(&mut crate::Thread, &[crate::Value]);

static TELLER: Mutex<Option<Teller>> = Mutex::new(None);

/// DEBUG_COLLECTABLE: who is to be shown all garbage.
pub fn set_teller(teller: Option<Teller>) {
    *TELLER.lock() = teller;
}

fn teller() -> Option<Teller> {
    *TELLER.lock()
}

/// DEBUG_SAVEALL.
pub fn set_save_all(on: bool) {
    SAVE_ALL.store(on, Ordering::Relaxed);
}

/// The first threshold is a number of objects, 0 for never. A second one of 0 asks for a collection after that many
/// objects however large the heap is. The third is kept for Python's eyes.
pub fn set_threshold(values: [i64; 3]) {
    for (place, value) in THRESHOLD.iter().zip(values) {
        place.store(value, Ordering::Relaxed);
    }
    set_trigger(pages_in_use());
}
pub fn threshold() -> [i64; 3] {
    [0, 1, 2].map(|i| THRESHOLD[i].load(Ordering::Relaxed))
}

pub fn totals() -> Totals {
    Totals {
        collections: COLLECTIONS.load(Ordering::Relaxed),
        found: FOUND.load(Ordering::Relaxed),
    }
}

fn pages_in_use() -> usize {
    arena::IN_USE.load(Ordering::Relaxed)
        + LARGE_BYTES.load(Ordering::Relaxed).max(0) as usize / arena::PAGE as usize
}

/// Pages that `objects` of the threshold are worth. What a program that has said nothing grows by at least makes a collection worth
/// while: looking at what is alive in a small heap takes as long as making a thousand objects.
fn least_growth(objects: i64) -> usize {
    if objects == DEFAULT_THRESHOLD {
        return LEAST_GROWTH;
    }
    (objects / OBJECTS_PER_PAGE).max(1) as usize
}

/// When the next collection is due: when the heap has grown by so much over what was alive ([`pace`]). The pages of
/// garbage come back bit by bit (their owners have to look), so what is in use now counts only
/// for the least step, else garbage made during a collection would raise the next threshold.
fn set_trigger(alive_pages: usize) {
    let [objects, scaled, _] = threshold();
    let least = least_growth(objects);
    let trigger = if objects <= 0 {
        usize::MAX
    } else if scaled == 0 {
        pages_in_use() + least
    } else {
        (alive_pages + least.max(pace::growth(alive_pages))).max(pages_in_use() + least)
    };
    TRIGGER.store(trigger, Ordering::Relaxed);
}

/// The heap has grown by half beyond the point where a collection was due.
fn far_beyond_trigger() -> bool {
    let trigger = TRIGGER.load(Ordering::Relaxed);
    pages_in_use() >= trigger.saturating_add(trigger / 2)
}

fn is_due() -> bool {
    pages_in_use() >= TRIGGER.load(Ordering::Relaxed) && is_enabled()
}

fn check_trigger(t: &Thread) {
    if is_due() {
        t.breaker.fetch_or(breaker::GC_DUE, Ordering::Relaxed);
    }
}

/// The heap took a page.
pub(crate) fn note_page(t: &Thread) {
    arena::IN_USE.fetch_add(1, Ordering::Relaxed);
    check_trigger(t);
}
/// Large cells were made, or freed. A thread tells of many at once: the sum is a word that all threads write.
#[inline]
pub(crate) fn note_large(t: &Thread, bytes: isize) {
    let sum = t.large_bytes.get() + bytes;
    t.large_bytes.set(sum);
    if sum.unsigned_abs() >= TOLD_AT_ONCE {
        tell_large(t);
        check_trigger(t);
    }
}

/// What the thread has not told yet: also when it ends.
#[cold]
pub(crate) fn tell_large(t: &Thread) {
    LARGE_BYTES.fetch_add(t.large_bytes.take(), Ordering::Relaxed);
}

/// `gc.get_count()[0]`: cells this thread has made and not freed since the last collection.
pub fn count(t: &Thread) -> i64 {
    // SAFETY: the heap of the running thread.
    let now = unsafe { (*t.heap.get()).used_cells(t.tid) };
    (now - t.cells_at_collection.get()).max(0)
}

pub(crate) fn reset_count(t: &Thread) {
    // SAFETY: the heap of the running thread.
    t.cells_at_collection
        .set(unsafe { (*t.heap.get()).used_cells(t.tid) });
}

/// `gc.is_tracked()`.
pub fn is_tracked(value: &Value) -> bool {
    value
        .header()
        .is_some_and(|head| head.info().has(type_flag::GC))
}

/// `gc.is_finalized()`.
pub fn is_finalized(value: &Value) -> bool {
    value
        .header()
        .is_some_and(|head| head.flags() & flag::FINALIZED != 0)
}

/// `gc.freeze()`: what exists now is taken for alive until [`unfreeze`].
pub fn freeze(t: &mut Thread) {
    t.stop_the_world(|world| {
        inspect::for_each_traversed(world, |head| {
            head.set_flags(flag::FROZEN);
        });
    });
}

pub fn unfreeze(t: &mut Thread) {
    t.stop_the_world(|world| {
        inspect::for_each_traversed(world, |head| {
            head.clear_flags(flag::FROZEN);
        });
    });
}

pub fn frozen_count(t: &mut Thread) -> usize {
    let mut n = 0;
    t.stop_the_world(|world| {
        inspect::for_each_traversed(world, |head| {
            n += (head.flags() & flag::FROZEN != 0) as usize;
        });
    });
    n
}
