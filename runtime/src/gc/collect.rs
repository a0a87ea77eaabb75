//! One collection, from the first stop to the last drop. See the module's head.

use super::mark::{Marker, find_garbage};
use super::marks::{self, Marks};
use super::pace;
use super::verify;
use super::visitor::Visitor;
use super::words::is_candidate;
use super::{
    COLLECTIONS, Collected, FOUND, Reason, SAVE_ALL, far_beyond_trigger, is_due, pages_in_use,
    reset_count, set_trigger, teller,
};
use crate::address::{AddressMap, AddressSet};
use crate::checking;
use crate::counters::Counter;
use crate::dealloc::dealloc;
use crate::header::{Header, flag};
use crate::hooks;
use crate::info::type_flag;
use crate::protocol::clearing::Clearing;
use crate::refcount;
use crate::region;
use crate::sync::{AtomicBool, AtomicUsize, MutexGuard, Ordering};
use crate::thread::{Thread, World};
use crate::value::Value;
use crate::weak;
use crate::zerocount;
use std::time::Instant;

static COLLECTING: AtomicBool = AtomicBool::new(false);
/// The thread that does.
static COLLECTOR: AtomicUsize = AtomicUsize::new(0);

/// Types that die with their instances need a round more (R12), metatypes another.
const ROUNDS: usize = 4;

/// True while a collection frees its garbage, which runs no Python code: then, and only then, threads
/// whose heap has grown too much wait for it. Otherwise they could make garbage faster than one thread
/// frees it.
static CLEARING: Clearing = Clearing::new();

/// From condemning to the last drop.
struct Condemned {
    /// Types that wait for a round without instances (R12).
    kept_types: AddressSet<*const Header>,
}

impl Drop for Condemned {
    fn drop(&mut self) {
        CLEARING.end();
    }
}

/// World stopped: whether nothing is condemned, so that the child of a fork finds no garbage that is half freed.
pub(crate) fn may_fork() -> bool {
    CLEARING.is_over()
}

/// Until then. The world runs, and this thread is detached.
pub(crate) fn wait_to_fork() {
    CLEARING.wait();
}

/// Before a fork: nobody is between two states of [`CLEARING`].
pub(crate) fn before_fork() -> AcrossFork {
    let lock = CLEARING.lock();
    debug_assert!(!*lock, "the world has not run since this was seen");
    AcrossFork { _clearing: lock }
}

pub(crate) struct AcrossFork {
    _clearing: MutexGuard<'static, bool>,
}

impl AcrossFork {
    /// The thread that collected, if another than `me`, is no more; the garbage that it held to run its finalizers stays.
    pub(crate) fn reset_in_child(&mut self, me: &Thread) {
        if COLLECTOR.load(Ordering::Relaxed) != usize::from(me.tid) {
            COLLECTING.store(false, Ordering::Relaxed);
        }
    }
}

/// The collection that is due since the heap has grown. Finalizers might want the locks this thread
/// holds ([`crate::foreign`]): then the next page taken, here or by another thread, asks again, unless
/// the heap has grown by as much once more.
pub fn collect_grown(t: &mut Thread) {
    // A collection that was under way when it became due has made it needless.
    if !is_due() && !COLLECTING.load(Ordering::Relaxed) && !checking::collects_often() {
        return;
    }
    if t.holds_python_locks() && !far_beyond_trigger() {
        return;
    }
    collect(t, Reason::Growth);
}

/// A full collection. Runs finalizers and weakref callbacks. If a collection is under way, does
/// nothing.
pub fn collect(t: &mut Thread, reason: Reason) -> Collected {
    if COLLECTING.swap(true, Ordering::AcqRel) {
        if reason == Reason::Growth {
            t.detach(|| CLEARING.wait());
        }
        return Collected::default();
    }
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            COLLECTING.store(false, Ordering::Release);
        }
    }
    let done = Done;
    COLLECTOR.store(usize::from(t.tid), Ordering::Relaxed);
    (hooks::get().collecting)(t, reason);
    let mut sum = Collected::default();
    let pages = pages_in_use();
    let rounds = if reason == Reason::Growth { 1 } else { ROUNDS };
    for _ in 0..rounds {
        let types_left = one_round(t, reason, &mut sum);
        if !types_left {
            break;
        }
    }
    t.counters.add(Counter::collections, 1);
    COLLECTIONS.fetch_add(1, Ordering::Relaxed);
    FOUND.fetch_add(sum.found.saturating_sub(sum.resurrected), Ordering::Relaxed);
    let all = (sum.alive + sum.found).max(1);
    if reason == Reason::Growth {
        pace::note(sum.found, sum.alive);
    }
    set_trigger((pages as u128 * sum.alive as u128 / all as u128) as usize);
    reset_count(t);
    drop(done);
    if reason != Reason::Growth {
        t.run_foreign();
    }
    (hooks::get().collected)(t, reason, &sum);
    sum
}

/// True if types wait for another round.
fn one_round(t: &mut Thread, reason: Reason, sum: &mut Collected) -> bool {
    t.flush_drops();
    let teller = teller();
    let first = t.stop_the_world(|world| find(world, reason, teller.is_some()));
    sum.pause_ns += first.pause_ns;
    sum.found += first.garbage.len();
    sum.alive = first.alive;
    let Found {
        mut garbage,
        callbacks,
        finalizers,
        condemned,
        ..
    } = first;
    if garbage.is_empty() {
        t.run_pending();
        return false;
    }
    let condemned = match condemned {
        Some(condemned) => condemned,
        None => {
            if let Some(tell) = teller {
                tell(t, &garbage);
            }
            if !callbacks.is_empty() {
                (hooks::get().weakrefs_cleared)(t, callbacks);
            }
            run_finalizers(t, &garbage, finalizers);
            if SAVE_ALL.load(Ordering::Relaxed) {
                sum.saved.append(&mut garbage);
                return false;
            }
            let started = Instant::now();
            let (survivors, condemned) = t.stop_the_world(|world| {
                world.stopped_for("collection");
                let survivors = recheck(world, &mut garbage);
                (survivors, condemn(&garbage, world.thread().tid))
            });
            sum.pause_ns += started.elapsed().as_nanos() as u64;
            sum.resurrected += survivors.len();
            for value in survivors {
                value.drop_in(t);
            }
            condemned
        }
    };
    for value in &garbage {
        // Kept types too: they may hold the last reference to an instance. Their cells stay.
        let head = value.header().expect("a cell");
        // SAFETY: unreachable but through the hold; the type's own function.
        unsafe { (head.info().clear)(head as *const Header as *mut Header, t) };
    }
    if verify::wanted() {
        t.stop_the_world(|world| verify::check(world, "after garbage was cleared"));
    }
    // Types last: what they name dies first.
    garbage.sort_by_key(is_type);
    for value in garbage {
        value.drop_in(t);
    }
    let types_left = !condemned.kept_types.is_empty();
    drop(condemned);
    t.run_pending();
    types_left
}

fn run_finalizers(t: &mut Thread, garbage: &[Value], which: Vec<usize>) {
    for i in which {
        let value = garbage[i].clone();
        let head = value.header().expect("a cell");
        if head.set_flags(flag::FINALIZED) & flag::FINALIZED == 0 {
            (hooks::get().run_finalizer)(t, &value);
        }
        value.drop_in(t);
    }
    t.run_pending();
}

fn is_type(value: &Value) -> bool {
    region::contains(value.as_ptr() as *const u8)
}

struct Found {
    /// With one reference held on each.
    garbage: Vec<Value>,
    callbacks: Vec<Value>,
    /// Which of the garbage have finalizers to run.
    finalizers: Vec<usize>,
    /// Present if there is nothing to run, and the garbage was condemned at once.
    condemned: Option<Condemned>,
    alive: usize,
    pause_ns: u64,
}

/// The first stop. If the garbage is `told` of, it is not condemned at once.
fn find(world: &mut World, reason: Reason, told: bool) -> Found {
    let started = Instant::now();
    world.stopped_for("collection");
    // The dead in merge queues would look like garbage, and their children alive.
    merge_and_free(world);
    verify::check(world, "before a collection");
    let _marks = Marks::new(reason);
    let mut marker = Marker::default();
    marker.mark_roots(world);
    let heads = find_garbage(&mut marker);

    let t = world.thread();
    let mut callbacks = Vec::new();
    let mut finalizers = Vec::new();
    let mut garbage = Vec::with_capacity(heads.len());
    // SAFETY: only asked of live cells.
    let is_garbage = |head| !marks::is_marked(head) && is_candidate(unsafe { &*head });
    for &head in &heads {
        // SAFETY: garbage is counted by other garbage: alive. Held from here on, by this thread if it can be its own.
        let (h, value) = unsafe {
            refcount::adopt(&*head, t.tid);
            refcount::hold(&*head, t.tid);
            (&*head, Value::from_header(head))
        };
        if has_weakrefs(head) {
            // Before any finalizer runs; a weak reference that is garbage too is not called. What finalizers do with
            // instances needs their classes whole, which know their subclasses by such references.
            let keep = is_type(&value);
            weak::clear_for_collector(t, head, keep, &is_garbage, &mut callbacks);
        }
        if h.info().has(type_flag::HAS_DEL) && h.flags() & flag::FINALIZED == 0 {
            finalizers.push(garbage.len());
        }
        garbage.push(value);
    }
    let at_once =
        callbacks.is_empty() && finalizers.is_empty() && !told && !SAVE_ALL.load(Ordering::Relaxed);
    Found {
        condemned: at_once.then(|| condemn(&garbage, t.tid)),
        garbage,
        callbacks,
        finalizers,
        alive: marker.marked,
        pause_ns: started.elapsed().as_nanos() as u64,
    }
}

/// Afterwards nothing is alive by the reference of a queue, but for what has been queued by what was freed here.
fn merge_and_free(world: &mut World) {
    let dead = world.merge_queues();
    world.thread().as_foreign(|| {
        for head in dead {
            // SAFETY: merged with zero. Drops run no Python; what they queue to others is merged
            // when the world starts.
            unsafe { dealloc(world.thread(), head) };
        }
    });
    refcount::write_tallies(world.thread());
}

fn has_weakrefs(head: *const Header) -> bool {
    // SAFETY: a live cell.
    unsafe { (*head).flags() & flag::HAS_WEAKREFS != 0 }
}

/// The second stop, after code ran: takes what is reachable again out of the garbage.
fn recheck(world: &mut World, garbage: &mut Vec<Value>) -> Vec<Value> {
    // Finalizers make traffic.
    merge_and_free(world);
    let mut counts: AddressMap<*const Header, i64> = AddressMap::default();
    for value in garbage.iter() {
        let head = value.header().expect("a cell");
        // Less the collector's own hold.
        counts.insert(head, refcount::total(head) - 1);
    }
    for value in garbage.iter() {
        let head = value.as_ptr();
        let mut take = |child: *const Header| {
            if let Some(count) = counts.get_mut(&child) {
                *count -= 1;
            }
        };
        // SAFETY: held, with the world stopped.
        unsafe { ((*head).info().traverse)(head, &mut Visitor::new(&mut take)) };
    }
    // Alive: counted from outside, named by a register, or the type of a cell that is not garbage.
    let mut alive: AddressSet<*const Header> = AddressSet::default();
    alive.extend(
        counts
            .iter()
            .filter(|&(_, &count)| count > 0)
            .map(|(&head, _)| head),
    );
    let mut root = |head: *const Header| {
        if counts.contains_key(&head) {
            alive.insert(head);
        }
    };
    (hooks::get().visit_global_roots)(&mut Visitor::new(&mut root));
    world.for_each_thread(|t| {
        (hooks::get().visit_thread_roots)(t, &mut Visitor::new(&mut root));
    });
    if garbage.iter().any(is_type) {
        crate::heap::for_each_object(world, |head, _| {
            if !counts.contains_key(&(head as *const Header)) {
                // SAFETY: a live cell.
                root(region::type_ptr(unsafe { (*head).type_word() }) as *const Header);
            }
        });
    }
    let mut stack: Vec<*const Header> = alive.iter().copied().collect();
    while let Some(head) = stack.pop() {
        let mut reach = |child: *const Header| {
            if counts.contains_key(&child) && alive.insert(child) {
                stack.push(child);
            }
        };
        // SAFETY: held, with the world stopped.
        unsafe {
            reach(region::type_ptr((*head).type_word()) as *const Header);
            ((*head).info().traverse)(head, &mut Visitor::new(&mut reach));
        }
    }
    let (survivors, rest) = std::mem::take(garbage)
        .into_iter()
        .partition(|v| alive.contains(&v.as_ptr()));
    *garbage = rest;
    survivors
}

/// A kept type keeps the types it names, directly or in a tuple: clearing leaves it its bases, and a type
/// that anything names stays deferred (R11).
fn keep_bases(types: &AddressSet<*const Header>, kept: &mut AddressSet<*const Header>) {
    fn show(head: *const Header, see: &mut dyn FnMut(*const Header)) {
        // SAFETY: held, or counted by what is held, with the world stopped.
        unsafe { ((*head).info().traverse)(head, &mut Visitor::new(see)) };
    }
    let mut new: Vec<_> = kept.iter().copied().collect();
    while let Some(ty) = new.pop() {
        let mut named = Vec::new();
        show(ty, &mut |child| named.push(child));
        for child in std::mem::take(&mut named) {
            named.push(child);
            if !region::contains(child as *const u8) {
                show(child, &mut |inner| named.push(inner));
            }
        }
        new.extend(
            named
                .into_iter()
                .filter(|&t| types.contains(&t) && kept.insert(t)),
        );
    }
}

/// World stopped: makes the garbage ready to die.
fn condemn(garbage: &[Value], tid: u16) -> Condemned {
    CLEARING.begin();
    let types: AddressSet<*const Header> = garbage
        .iter()
        .filter(|v| is_type(v))
        .map(Value::as_ptr)
        .collect();
    let mut kept = AddressSet::default();
    if !types.is_empty() {
        for value in garbage {
            let ty = region::type_ptr(value.type_word()) as *const Header;
            if types.contains(&ty) {
                kept.insert(ty);
            }
        }
    }
    keep_bases(&types, &mut kept);
    for &ty in &types {
        // The kept ones too: what is cleared is no class any more.
        (hooks::get().class_condemned)(ty);
    }
    let deferred: AddressSet<*const Header> = garbage
        .iter()
        .filter(|v| v.header().is_some_and(Header::is_deferred))
        .map(Value::as_ptr)
        .collect();
    if !deferred.is_empty() {
        // What this thread has counted since the world stopped is in its tallies.
        // SAFETY: the running thread's record.
        refcount::write_tallies(unsafe { &*Thread::current() });
        zerocount::strike(|head| deferred.contains(&head));
    }
    for value in garbage {
        let head = value.header().expect("a cell");
        if has_weakrefs(head) {
            weak::clear_silently(head);
        }
        if kept.contains(&(head as *const Header)) {
            continue;
        }
        if head.is_deferred() {
            head.end_deferral();
        }
        // Whoever owned it: from now on death is prompt, on this thread (R5, by the stopper).
        // SAFETY: the world is stopped; no reference is given up, and nobody reaches it.
        let dead = unsafe {
            !refcount::adopt(head, tid) && refcount::merge(head as *const Header as *mut Header, 0)
        };
        debug_assert!(!dead, "held by the collector");
    }
    Condemned { kept_types: kept }
}
