//! Thread records, ids, attaching and detaching, safepoints, stop-the-world, merging.
//!
//! A [`Thread`] is what one running thread owns; the interpreter puts it first in its own bigger
//! record. An `IdRecord` belongs to an id, lives forever at one place, and is inherited: when a thread
//! ends, its id with the objects and pages that name it waits for the next new thread (R5).
//!
//! | what | who |
//! | ---- | --- |
//! | `Thread`'s cells | the thread itself; the stopper; a helper while the state is HELPED |
//! | `Thread::breaker` | anybody, while the record is registered (registry or record lock) |
//! | `IdRecord::inner` | under its lock; holds the merge queue |
//! | state transitions | see [`crate::protocol::thread_state`] |
//!
//! Files: `ids` (records, registry), `world` (stopping), `queue` (giving a reference to its owner), `merge` (taking what was
//! given, also for those who sleep), `forking`.
//!
//! Lock order: the world's bell, then REGISTRY, then a record's `inner`, then the native locks of other modules.

use crate::counters::{Counter, Counters};
use crate::general;
use crate::gil;
use crate::header::Header;
use crate::heap::Heap;
use crate::hooks::Pending;
#[cfg(not(feature = "gil"))]
use crate::promote::Samples;
use crate::protocol::owner_queue::may_leave;
#[cfg(not(feature = "gil"))]
use crate::protocol::tally::Tallies;
use crate::protocol::thread_state::{ATTACHED, DETACHED, SUSPENDED};
use crate::qsbr;
use crate::refcount;
use crate::region;
use crate::sync::{AtomicU32, AtomicUsize, Ordering};
use crate::value::Value;
use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::marker::PhantomPinned;

mod forking;
mod ids;
mod merge;
#[cfg(not(feature = "gil"))]
mod queue;
mod world;

pub(crate) use forking::before_fork;
use ids::REGISTRY;
pub(crate) use ids::{IdRecord, id_bound, record};
pub use ids::{
    ReservedId, addresses, for_each_registered, reserve_id, running_threads,
    set_breaker_everywhere, set_breaker_of,
};
pub(crate) use merge::{serve_all_sleepers, serve_sleepers};
#[cfg(not(feature = "gil"))]
pub(crate) use queue::{hand_over_all, queue_to_owner};
pub use world::World;
pub(crate) use world::tell_stopper;
pub(crate) use world::with_world_claimed;

/// Bits of [`Thread::breaker`].
pub mod breaker {
    /// The world is to stop.
    pub const STOP: u32 = 1;
    /// Objects wait in the merge queue, or drops were put off.
    pub const MERGE: u32 = 2;
    /// A signal handler has to run (main thread).
    pub const SIGNAL: u32 = 4;
    /// `PyThreadState_SetAsyncExc`.
    pub const ASYNC_EXC: u32 = 8;
    /// Somebody waits for the global lock.
    pub const GIL_DROP: u32 = 16;
    /// A collection is due.
    pub const GC_DUE: u32 = 32;
    /// The queue of finalizers and weakref callbacks is not empty.
    pub const FINALIZERS: u32 = 64;
    /// Somebody waits for a quiescent state.
    pub const QUIESCE: u32 = 128;
    /// Deferred objects wait to be freed.
    pub const ZERO_COUNT: u32 = 256;
    /// The pool of foreign finalizers is not empty ([`crate::foreign`]).
    pub const FOREIGN: u32 = 512;
    /// From here up the bits are the interpreter's.
    pub const FIRST_USER: u32 = 1 << 16;

    /// What a stop safepoint handles.
    pub const STOP_BITS: u32 = STOP | GIL_DROP | QUIESCE;
}

/// The id that no thread has: what [`current_tid`] gives where none is attached. Differs from 0, the
/// owner of merged objects.
pub const NO_THREAD: u16 = u16::MAX;

thread_local! {
    static TID: Cell<u16> = const { Cell::new(NO_THREAD) };
    static CURRENT: Cell<*const Thread> = const { Cell::new(std::ptr::null()) };
}

#[inline(always)]
pub fn current_tid() -> u16 {
    TID.get()
}

/// All ids are in use: "can't start new thread".
#[derive(Debug, Clone, Copy)]
pub struct ThreadsExhausted;

/// The record of a running thread. Does not move once attached.
#[repr(C)]
pub struct Thread {
    pub tid: u16,
    pub breaker: AtomicU32,
    pub(crate) heap: UnsafeCell<Heap>,
    pub(crate) garbage: UnsafeCell<qsbr::Garbage>,
    pub counters: Counters,
    record: Cell<Option<&'static IdRecord>>,
    pub(crate) dealloc_depth: Cell<u32>,
    pub(crate) dealloc_list: UnsafeCell<Vec<*mut Header>>,
    /// Of other owners, with the reference that a container of this thread's gave up (R5).
    #[cfg(not(feature = "gil"))]
    pub(crate) to_hand_over: UnsafeCell<Vec<*mut Header>>,
    /// One of these two lists may have something.
    pub(crate) left_over: Cell<bool>,
    pub(crate) pending: UnsafeCell<VecDeque<Pending>>,
    /// It is at work on the pool of foreign finalizers.
    pub(crate) runs_foreign: Cell<bool>,
    pub(crate) undo: UnsafeCell<Vec<Value>>,
    #[cfg(not(feature = "gil"))]
    pub(crate) samples: Samples,
    /// What it has locked without locked instructions.
    #[cfg(not(feature = "gil"))]
    pub(crate) bias: crate::bias::Bias,
    /// Counts of deferred objects.
    #[cfg(not(feature = "gil"))]
    pub(crate) tallies: Tallies,
    /// References that go to owners' merge queues at the next safepoint: their words are QUEUED.
    to_queue: UnsafeCell<Vec<*mut Header>>,
    /// What dies now was not dropped by the running code: its finalizers go to the pool.
    pub(crate) foreign: Cell<bool>,
    pub(crate) foreign_visits: Cell<u32>,
    /// Bytes of large cells that it made and has not told of ([`crate::gc`]).
    pub(crate) large_bytes: Cell<isize>,
    /// See [`crate::gc::count`].
    pub(crate) cells_at_collection: Cell<i64>,
    /// The address an interruptible wait sleeps at.
    pub(crate) waiting_at: AtomicUsize,
    /// Whether it wakes up soon where dead objects wait ([`Thread::nap`]).
    pub naps: Cell<bool>,
    /// The key in the parking table that it sleeps under, 0 if it does not.
    pub(crate) parked_at: AtomicUsize,
    locks_held: Cell<i32>,
    is_stopper: Cell<bool>,
    // A `&mut Thread` is not the only way to the record: drops find it through CURRENT.
    _pin: PhantomPinned,
}

// SAFETY: a fresh record is made by one thread and attached by another.
unsafe impl Send for Thread {}

impl Default for Thread {
    fn default() -> Self {
        Thread::new()
    }
}

impl Thread {
    /// A record that is not attached yet.
    pub fn new() -> Thread {
        Thread {
            tid: NO_THREAD,
            breaker: AtomicU32::new(0),
            heap: UnsafeCell::new(Heap::new()),
            garbage: UnsafeCell::new(qsbr::Garbage::new()),
            counters: Counters::new(),
            record: Cell::new(None),
            dealloc_depth: Cell::new(0),
            dealloc_list: UnsafeCell::new(Vec::new()),
            #[cfg(not(feature = "gil"))]
            to_hand_over: UnsafeCell::new(Vec::new()),
            left_over: Cell::new(false),
            pending: UnsafeCell::new(VecDeque::new()),
            runs_foreign: Cell::new(false),
            undo: UnsafeCell::new(Vec::new()),
            #[cfg(not(feature = "gil"))]
            samples: Samples::new(),
            #[cfg(not(feature = "gil"))]
            bias: crate::bias::Bias::new(),
            #[cfg(not(feature = "gil"))]
            tallies: Tallies::new(),
            to_queue: UnsafeCell::new(Vec::new()),
            foreign: Cell::new(false),
            foreign_visits: Cell::new(0),
            large_bytes: Cell::new(0),
            cells_at_collection: Cell::new(0),
            waiting_at: AtomicUsize::new(0),
            naps: Cell::new(false),
            parked_at: AtomicUsize::new(0),
            locks_held: Cell::new(0),
            is_stopper: Cell::new(false),
            _pin: PhantomPinned,
        }
    }

    /// The record of the running thread, attached or not; null if it has none.
    #[inline(always)]
    pub fn current() -> *const Thread {
        CURRENT.get()
    }

    pub(crate) fn record(&self) -> &'static IdRecord {
        self.record.get().expect("the thread record is attached")
    }

    pub fn is_attached(&self) -> bool {
        self.record.get().is_some_and(|r| r.state.get() == ATTACHED)
    }

    /// Makes `self` the record of the calling thread and attaches it. The record stays where it is
    /// until [`Thread::exit`].
    ///
    /// # Safety
    /// The calling thread has no record; `self` does not move until `exit`.
    pub unsafe fn attach_current(&mut self) -> Result<(), ThreadsExhausted> {
        let id = reserve_id()?;
        // SAFETY: by contract.
        unsafe { self.attach_with(id) };
        Ok(())
    }

    /// The same with an id reserved beforehand.
    ///
    /// # Safety
    /// As for [`Thread::attach_current`].
    pub unsafe fn attach_with(&mut self, id: ReservedId) {
        assert!(CURRENT.get().is_null() && self.record.get().is_none());
        region::init();
        let tid = id.0;
        std::mem::forget(id);
        let rec = record(tid);
        debug_assert_eq!(rec.tid, tid);
        self.tid = tid;
        self.record.set(Some(rec));
        {
            let mut reg = REGISTRY.lock();
            let mut inner = rec.inner.lock();
            inner.thread = self;
            rec.visible.store(self, Ordering::Release);
            #[cfg(not(feature = "gil"))]
            crate::bias::begin(self);
            *self.heap.get_mut() = inner.heap.take().expect("an unused id keeps its pages");
            debug_assert_eq!(rec.state.get(), DETACHED);
            if reg.stopped {
                let suspended = rec.state.try_suspend();
                debug_assert!(suspended);
            }
            reg.live.push(self);
        }
        CURRENT.set(self);
        general::begin_thread();
        self.attach_again();
        crate::alone::attached(self);
    }

    /// Says that no thread but this one will touch an object before an id is reserved for it ([`crate::alone`]).
    pub fn run_alone(&mut self) {
        self.assert_no_lock();
        crate::alone::begin(self, ids::ids_in_use());
    }

    /// Ends the calling thread's record: drains, then orphans the id (R5).
    pub fn exit(&mut self) {
        assert!(std::ptr::eq(CURRENT.get(), self));
        self.assert_no_lock();
        crate::scavenge::tell_of_freed();
        loop {
            self.settle();
            self.leave_pending();
            let rec = self.record();
            let mut reg = REGISTRY.lock();
            let mut inner = rec.inner.lock();
            // SAFETY: only this thread uses its lists.
            let idle = unsafe { (*self.undo.get()).is_empty() && (*self.pending.get()).is_empty() };
            if !may_leave(&mut *inner) || !idle {
                continue;
            }
            reg.live.retain(|&t| !std::ptr::eq(t, self));
            inner.thread = std::ptr::null();
            rec.visible.store(std::ptr::null_mut(), Ordering::Release);
            #[cfg(not(feature = "gil"))]
            crate::bias::end(self);
            // SAFETY: only this thread uses its heap; from now on nobody does.
            let heap = unsafe { &mut *self.heap.get() };
            inner.heap = Some(std::mem::replace(heap, Heap::new()));
            self.counters.bequeath();
            crate::gc::tell_large(self);
            rec.seq.offline();
            drop(inner);
            drop(reg);
            qsbr::leave_behind(self);
            reg = REGISTRY.lock();
            rec.state.detach();
            reg.orphans.push(self.tid);
            break;
        }
        self.record.set(None);
        CURRENT.set(std::ptr::null());
        TID.set(NO_THREAD);
        if gil::is_enabled() {
            gil::release(self);
        }
        self.tid = NO_THREAD;
        general::end_thread();
        tell_stopper();
        crate::foreign::announce();
    }

    /// How long this thread, about to sleep, may do so before it comes to a full safepoint: deferred objects have died lately, and if all
    /// threads slept nobody would free them. None: as long as it likes. Interruptible waits see to it by themselves.
    pub fn nap(&self) -> Option<std::time::Duration> {
        crate::zerocount::nap(self)
    }

    /// The running thread holds locks of Python code ([`crate::foreign::Holder`]).
    pub fn holds_python_locks(&self) -> bool {
        self.record().python_locks.load(Ordering::Relaxed) > 0
    }
    #[inline]
    pub(crate) fn count_python_lock(&self) {
        self.record().python_locks.fetch_add(1, Ordering::Relaxed);
    }

    fn attach_again(&self) {
        if gil::is_enabled() {
            gil::acquire(self);
        }
        self.attach_state();
    }

    fn attach_state(&self) {
        let rec = self.record();
        while !rec.state.try_attach() {
            // A helper holds this lock while it is at work.
            let mut inner = rec.inner.lock();
            while rec.state.get() == SUSPENDED {
                rec.resumed.wait(&mut inner);
            }
        }
        rec.seq.online(&qsbr::GLOBAL);
        TID.set(self.tid);
    }

    /// Gives away what it keeps for later: a thread that leaves or sleeps holds nothing back.
    fn settle(&self) {
        loop {
            self.flush_drops();
            self.merge_queue();
            self.flush_queued();
            // After the drops, which count.
            refcount::write_tallies(self);
            // SAFETY: only this thread uses its list.
            if unsafe { (*self.to_queue.get()).is_empty() } {
                return;
            }
        }
    }

    /// The word became QUEUED and the reference is the queue's, where this thread cannot take the owner's lock.
    #[cfg(not(feature = "gil"))]
    #[cold]
    pub(crate) fn queue_later(&self, head: &Header) {
        // SAFETY: only this thread, or the stopper for it, uses its list.
        unsafe { (*self.to_queue.get()).push(&raw const *head as *mut Header) };
        self.breaker.fetch_or(breaker::MERGE, Ordering::Relaxed);
    }

    #[cfg(not(feature = "gil"))]
    fn flush_queued(&self) {
        // What dies now was dropped earlier, and by readers of others' objects too: not here, maybe under a lock of the
        // program's that its finalizer wants.
        self.as_foreign(|| {
            // SAFETY: as above; the borrow ends with the pop.
            while let Some(head) = unsafe { (*self.to_queue.get()).pop() } {
                // SAFETY: QUEUED, with a reference for the queue.
                unsafe { queue_to_owner(head) };
            }
            hand_over_all(self);
        });
    }
    #[cfg(feature = "gil")]
    fn flush_queued(&self) {}

    /// World stopped: merges what this thread has yet to queue, whoever the owners are. What reached zero is the caller's to free.
    fn merge_unqueued(&self, dead: &mut Vec<*mut Header>) {
        // SAFETY: by the stopper, who uses the list of a stopped thread and merges for every owner (R5).
        unsafe {
            let items = std::mem::take(&mut *self.to_queue.get());
            dead.extend(items.into_iter().filter(|&head| refcount::merge(head, 1)));
        }
    }

    /// ATTACHED to DETACHED. Does not leave a merge queue unserved behind (R5): a thread that queues
    /// either sees DETACHED and helps, or its MERGE bit is seen here.
    fn detach_state(&self) {
        self.assert_no_lock();
        let rec = self.record();
        loop {
            self.settle();
            TID.set(NO_THREAD);
            rec.seq.offline();
            qsbr::leave_behind(self);
            let asked = rec.state.detach_looking(&self.breaker, breaker::MERGE);
            tell_stopper();
            if !asked {
                if self.breaker.load(Ordering::Relaxed) & breaker::FOREIGN != 0 {
                    crate::foreign::announce();
                }
                return;
            }
            self.attach_state();
        }
    }

    /// A region that blocks or computes for long without touching objects. Releases the global lock.
    pub fn detach<R>(&mut self, f: impl FnOnce() -> R) -> R {
        /// Attaches again even if `f` panics.
        struct Back<'a>(&'a Thread);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.attach_again();
            }
        }
        self.detach_state();
        if gil::is_enabled() {
            gil::release(self);
        }
        let _back = Back(self);
        f()
    }

    /// Stops here if somebody wants the world to stop; runs no code (R17). Long native loops poll it.
    #[inline(always)]
    pub fn safepoint_stop(&mut self) {
        if self.breaker.load(Ordering::Relaxed) & breaker::STOP_BITS != 0 {
            self.stop_slow();
        }
    }

    /// The same for a native loop that is one step for other threads where the global lock is on.
    #[inline(always)]
    pub fn safepoint_stop_within(&mut self) {
        if self.breaker.load(Ordering::Relaxed) & (breaker::STOP | breaker::QUIESCE) != 0
            && !gil::is_enabled()
        {
            self.stop_slow();
        }
    }

    #[cold]
    #[inline(never)]
    fn stop_slow(&mut self) {
        self.assert_no_lock();
        let bits = self.breaker.load(Ordering::Acquire);
        if bits & breaker::QUIESCE != 0 {
            self.breaker.fetch_and(!breaker::QUIESCE, Ordering::Relaxed);
            self.record().seq.quiescent(&qsbr::GLOBAL);
            qsbr::poll(self);
            // SAFETY: only this thread uses its heap.
            unsafe { (*self.heap.get()).poll() };
        }
        if bits & breaker::STOP != 0 && !self.is_stopper.get() {
            self.counters.add(Counter::stops_obeyed, 1);
            let rec = self.record();
            rec.seq.offline();
            rec.state.suspend_self();
            tell_stopper();
            self.attach_state();
        }
        if bits & breaker::GIL_DROP != 0 {
            self.breaker
                .fetch_and(!breaker::GIL_DROP, Ordering::Relaxed);
            if gil::is_enabled() {
                self.detach_state();
                gil::hand_over(self);
                self.attach_state();
            }
        }
    }

    /// The interpreter's safepoint (R17): stops, merges, drops, finalizers, collections. Runs Python
    /// code. SIGNAL and ASYNC_EXC are left to the caller.
    #[inline(always)]
    pub fn safepoint_full(&mut self) {
        if self.breaker.load(Ordering::Relaxed) != 0 {
            self.full_slow();
        }
    }

    #[cold]
    #[inline(never)]
    fn full_slow(&mut self) {
        self.safepoint_stop();
        let bits = self.breaker.load(Ordering::Acquire);
        if bits & breaker::MERGE != 0 {
            self.flush_drops();
            self.flush_queued();
            self.merge_queue();
        }
        if bits & breaker::ZERO_COUNT != 0 {
            self.breaker
                .fetch_and(!breaker::ZERO_COUNT, Ordering::Relaxed);
            crate::zerocount::drain(self);
        }
        if bits & breaker::GC_DUE != 0 {
            self.breaker.fetch_and(!breaker::GC_DUE, Ordering::Relaxed);
            crate::gc::collect_grown(self);
        }
        if self.breaker.load(Ordering::Relaxed) & (breaker::FINALIZERS | breaker::FOREIGN) != 0 {
            self.run_pending();
            self.run_foreign();
        }
    }

    #[inline(always)]
    pub(crate) fn note_lock(&self, by: i32) {
        if cfg!(debug_assertions) {
            if by > 0 {
                crate::sync::assert_none_held();
            }
            self.locks_held.set(self.locks_held.get() + by);
        }
    }

    /// R1: nothing is dropped, and nobody detaches, under an object's lock.
    #[inline(always)]
    pub(crate) fn assert_no_lock(&self) {
        debug_assert_eq!(self.locks_held.get(), 0, "an object lock is held (R1)");
    }
}
