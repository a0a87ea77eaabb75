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
//! Lock order: WORLD, then REGISTRY, then a record's `inner`, then the native locks of other modules.

use crate::counters::{Counter, Counters};
use crate::dealloc::dealloc;
use crate::gil;
use crate::header::Header;
use crate::heap::Heap;
use crate::hooks::Pending;
use crate::protocol::qsbr_seq;
use crate::protocol::thread_state::{ATTACHED, DETACHED, HELPED, SUSPENDED, ThreadState};
use crate::protocol::xfree::FreeStack;
use crate::qsbr;
use crate::refcount;
use crate::region;
use crate::sync::{
    AtomicBool, AtomicPtr, AtomicU16, AtomicU32, AtomicUsize, Condvar, Mutex, Ordering, fence,
};
use crate::value::Value;
use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::marker::PhantomPinned;

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
    pub(crate) pending: UnsafeCell<VecDeque<Pending>>,
    pub(crate) undo: UnsafeCell<Vec<Value>>,
    /// See [`crate::gc::count`].
    pub(crate) cells_at_collection: Cell<i64>,
    /// The address an interruptible wait sleeps at.
    pub(crate) waiting_at: AtomicUsize,
    locks_held: Cell<i32>,
    is_stopper: Cell<bool>,
    // A `&mut Thread` is not the only way to the record: drops find it through CURRENT.
    _pin: PhantomPinned,
}

// SAFETY: a fresh record is made by one thread and attached by another.
unsafe impl Send for Thread {}

/// What belongs to an id. Never freed, never moved.
pub(crate) struct IdRecord {
    tid: u16,
    state: ThreadState,
    pub(crate) seq: qsbr_seq::Local,
    /// Pages of this id into which other threads freed.
    pub(crate) foreign_frees: FreeStack,
    inner: Mutex<Inner>,
    /// With `inner`: the state left SUSPENDED.
    resumed: Condvar,
}

struct Inner {
    /// Null: an orphan, or an id reserved for a thread that has not started.
    thread: *const Thread,
    queue: Vec<*mut Header>,
    /// While no thread has the id: its pages.
    heap: Option<Heap>,
}

// SAFETY: used under the lock; the thread pointer is null before its record goes.
unsafe impl Send for Inner {}

const CHUNK: usize = 256;
static RECORDS: [AtomicPtr<IdRecord>; 256] = [const { AtomicPtr::new(std::ptr::null_mut()) }; 256];
const MAX_TID: u32 = NO_THREAD as u32 - 1;

struct Registry {
    next: u32,
    orphans: Vec<u16>,
    live: Vec<*const Thread>,
    /// Threads that register now begin SUSPENDED.
    stopped: bool,
}

// SAFETY: used under the lock; a record leaves `live` before it goes.
unsafe impl Send for Registry {}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    next: 1,
    orphans: Vec::new(),
    live: Vec::new(),
    stopped: false,
});

/// One more than the highest id handed out.
static ID_BOUND: AtomicU16 = AtomicU16::new(1);

/// A stop was requested: whoever changes its state tells the stopper.
static STOPPING: AtomicBool = AtomicBool::new(false);
/// True: some thread stops or has stopped the world.
static WORLD: Mutex<bool> = Mutex::new(false);
/// With WORLD: a state changed while STOPPING.
static STATE_CHANGED: Condvar = Condvar::new();
/// With WORLD: the world runs again, the next requester may stop it (R18).
static WORLD_FREE: Condvar = Condvar::new();

pub(crate) fn record(tid: u16) -> &'static IdRecord {
    let chunk = RECORDS[tid as usize / CHUNK].load(Ordering::Acquire);
    debug_assert!(!chunk.is_null());
    // SAFETY: chunks are filled before an id of theirs is handed out, and never freed.
    unsafe { &*chunk.add(tid as usize % CHUNK) }
}

fn new_chunk(index: usize) {
    let records: Vec<IdRecord> = (0..CHUNK)
        .map(|i| IdRecord {
            tid: (index * CHUNK + i) as u16,
            state: ThreadState::new(DETACHED),
            seq: qsbr_seq::Local::new(),
            foreign_frees: FreeStack::new(),
            inner: Mutex::new(Inner {
                thread: std::ptr::null(),
                queue: Vec::new(),
                heap: Some(Heap::new()),
            }),
            resumed: Condvar::new(),
        })
        .collect();
    let chunk = Box::leak(records.into_boxed_slice()).as_mut_ptr();
    RECORDS[index].store(chunk, Ordering::Release);
}

/// An id set aside for a thread about to start, so that the starter learns of exhaustion. Dropped
/// unused, it goes back.
pub struct ReservedId(u16);

pub fn reserve_id() -> Result<ReservedId, ThreadsExhausted> {
    let mut reg = REGISTRY.lock();
    if let Some(tid) = reg.orphans.pop() {
        return Ok(ReservedId(tid));
    }
    if reg.next > MAX_TID {
        return Err(ThreadsExhausted);
    }
    let tid = reg.next;
    let chunk = tid as usize / CHUNK;
    if RECORDS[chunk].load(Ordering::Relaxed).is_null() {
        new_chunk(chunk);
    }
    reg.next += 1;
    ID_BOUND.store(reg.next as u16, Ordering::Release);
    Ok(ReservedId(tid as u16))
}

impl Drop for ReservedId {
    fn drop(&mut self) {
        REGISTRY.lock().orphans.push(self.0);
    }
}

/// The highest id ever handed out, for scans over records.
pub(crate) fn id_bound() -> u16 {
    ID_BOUND.load(Ordering::Acquire)
}

/// Calls `f` for every registered thread, with the registry locked: atomics of the record only.
pub fn for_each_registered(mut f: impl FnMut(*const Thread)) {
    for &t in &REGISTRY.lock().live {
        f(t);
    }
}

/// How many threads are registered.
pub fn running_threads() -> usize {
    REGISTRY.lock().live.len()
}

/// Sets breaker bits of all threads.
pub fn set_breaker_everywhere(bits: u32) {
    for_each_registered(|t| {
        // SAFETY: registered; an atomic.
        unsafe { (*t).breaker.fetch_or(bits, Ordering::Relaxed) };
    });
}

/// Sets breaker bits of one thread; false if there is none of that id.
pub fn set_breaker_of(tid: u16, bits: u32) -> bool {
    let mut found = false;
    for_each_registered(|t| {
        // SAFETY: as above.
        unsafe {
            if (*t).tid == tid {
                (*t).breaker.fetch_or(bits, Ordering::AcqRel);
                found = true;
            }
        }
    });
    found
}

/// Tells a waiting stopper that a state changed. After the change.
#[inline]
fn tell_stopper() {
    fence(Ordering::SeqCst);
    if STOPPING.load(Ordering::Relaxed) {
        drop(WORLD.lock());
        STATE_CHANGED.notify_all();
    }
}

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
            pending: UnsafeCell::new(VecDeque::new()),
            undo: UnsafeCell::new(Vec::new()),
            cells_at_collection: Cell::new(0),
            waiting_at: AtomicUsize::new(0),
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
            *self.heap.get_mut() = inner.heap.take().expect("an unused id keeps its pages");
            debug_assert_eq!(rec.state.get(), DETACHED);
            if reg.stopped {
                let suspended = rec.state.try_suspend();
                debug_assert!(suspended);
            }
            reg.live.push(self);
        }
        CURRENT.set(self);
        self.attach_again();
    }

    /// Ends the calling thread's record: drains, then orphans the id (R5).
    pub fn exit(&mut self) {
        assert!(std::ptr::eq(CURRENT.get(), self));
        self.assert_no_lock();
        loop {
            self.flush_drops();
            self.merge_queue();
            // Whatever finalizer nobody ran stays uncalled; taking it marks the object FINALIZED.
            while let Some(rest) = self.take_pending() {
                drop(rest);
            }
            let rec = self.record();
            let mut reg = REGISTRY.lock();
            let mut inner = rec.inner.lock();
            // SAFETY: only this thread uses its lists.
            let idle = unsafe { (*self.undo.get()).is_empty() && (*self.pending.get()).is_empty() };
            if !inner.queue.is_empty() || !idle {
                continue;
            }
            reg.live.retain(|&t| !std::ptr::eq(t, self));
            inner.thread = std::ptr::null();
            // SAFETY: only this thread uses its heap; from now on nobody does.
            let heap = unsafe { &mut *self.heap.get() };
            inner.heap = Some(std::mem::replace(heap, Heap::new()));
            self.counters.bequeath();
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
        tell_stopper();
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

    /// ATTACHED to DETACHED. Does not leave a merge queue unserved behind (R5): a thread that queues
    /// either sees DETACHED and helps, or its MERGE bit is seen here.
    fn detach_state(&self) {
        self.assert_no_lock();
        let rec = self.record();
        loop {
            self.flush_drops();
            self.merge_queue();
            TID.set(NO_THREAD);
            rec.seq.offline();
            qsbr::leave_behind(self);
            let asked = rec.state.detach_looking(&self.breaker, breaker::MERGE);
            tell_stopper();
            if !asked {
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
            unsafe { (*self.heap.get()).poll(self) };
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
            self.merge_queue();
        }
        if bits & breaker::GC_DUE != 0 {
            self.breaker.fetch_and(!breaker::GC_DUE, Ordering::Relaxed);
            crate::gc::collect(self, crate::gc::Reason::Growth);
        }
        if self.breaker.load(Ordering::Relaxed) & breaker::FINALIZERS != 0 {
            self.run_pending();
        }
    }

    /// Merges what others queued to this thread.
    pub(crate) fn merge_queue(&self) {
        if self.breaker.load(Ordering::Relaxed) & breaker::MERGE == 0 {
            return;
        }
        self.breaker.fetch_and(!breaker::MERGE, Ordering::AcqRel);
        let queue = std::mem::take(&mut self.record().inner.lock().queue);
        self.counters.add(Counter::merged, queue.len() as u64);
        for head in queue {
            // SAFETY: this thread owns them (or they are merged already); the queue's reference goes.
            unsafe {
                if refcount::merge(head, 1) {
                    dealloc(self, head);
                }
            }
        }
    }

    /// Runs `f` with every other thread at a safepoint or detached. Requests queue up; a waiting
    /// requester counts as stopped (R18). A safepoint itself.
    pub fn stop_the_world<R>(&mut self, f: impl FnOnce(&mut World) -> R) -> R {
        self.assert_no_lock();
        if self.is_stopper.get() {
            return f(&mut World { t: self });
        }
        self.counters.add(Counter::stops_requested, 1);
        loop {
            let mut taken = WORLD.lock();
            if !*taken {
                *taken = true;
                break;
            }
            drop(taken);
            self.detach(|| {
                let mut taken = WORLD.lock();
                while *taken {
                    WORLD_FREE.wait(&mut taken);
                }
            });
        }
        self.is_stopper.set(true);
        let me: *const Thread = self;
        {
            let mut reg = REGISTRY.lock();
            reg.stopped = true;
            STOPPING.store(true, Ordering::Relaxed);
            for &t in &reg.live {
                // SAFETY: registered.
                unsafe { (*t).breaker.fetch_or(breaker::STOP, Ordering::AcqRel) };
            }
        }
        fence(Ordering::SeqCst);
        let mut world = WORLD.lock();
        while !all_stopped(me) {
            STATE_CHANGED.wait(&mut world);
        }
        STOPPING.store(false, Ordering::Relaxed);
        drop(world);

        /// Starts the world again even if `f` panics.
        struct Restart<'a>(&'a Thread);
        impl Drop for Restart<'_> {
            fn drop(&mut self) {
                self.0.start_the_world();
            }
        }
        let restart = Restart(self);
        f(&mut World { t: restart.0 })
    }

    fn start_the_world(&self) {
        let mut dead = Vec::new();
        {
            let mut reg = REGISTRY.lock();
            reg.stopped = false;
            for &t in &reg.live {
                // SAFETY: registered, and suspended unless it is this thread.
                let t = unsafe { &*t };
                t.breaker.fetch_and(!breaker::STOP, Ordering::AcqRel);
                if std::ptr::eq(t, self) {
                    continue;
                }
                let rec = t.record();
                let mut inner = rec.inner.lock();
                // A sleeper would not look at its queue (R5).
                merge_all(&mut inner, &mut dead);
                if rec.state.resume() {
                    rec.resumed.notify_all();
                }
            }
        }
        self.is_stopper.set(false);
        *WORLD.lock() = false;
        WORLD_FREE.notify_all();
        for head in dead {
            // SAFETY: merged with zero.
            unsafe { dealloc(self, head) };
        }
    }

    #[inline(always)]
    pub(crate) fn note_lock(&self, by: i32) {
        if cfg!(debug_assertions) {
            self.locks_held.set(self.locks_held.get() + by);
        }
    }

    /// R1: nothing is dropped, and nobody detaches, under an object's lock.
    #[inline(always)]
    pub(crate) fn assert_no_lock(&self) {
        debug_assert_eq!(self.locks_held.get(), 0, "an object lock is held (R1)");
    }
}

/// Suspends who is detached; true if nobody runs.
fn all_stopped(me: *const Thread) -> bool {
    let reg = REGISTRY.lock();
    let mut all = true;
    for &t in &reg.live {
        if std::ptr::eq(t, me) {
            continue;
        }
        // SAFETY: registered.
        let state = unsafe { &(*t).record().state };
        match state.get() {
            SUSPENDED => {}
            DETACHED => all &= state.try_suspend(),
            ATTACHED | HELPED => all = false,
            other => unreachable!("thread state {other}"),
        }
    }
    all
}

fn merge_all(inner: &mut Inner, dead: &mut Vec<*mut Header>) -> usize {
    let n = inner.queue.len();
    for head in inner.queue.drain(..) {
        // SAFETY: the owner is suspended or helped by this thread, under its record's lock (R5).
        if unsafe { refcount::merge(head, 1) } {
            dead.push(head);
        }
    }
    n
}

/// The reference the caller gives up belongs to the merge queue of the object's owner now. An owner
/// that is gone or asleep is merged for (R5).
///
/// # Safety
/// The object's word is QUEUED by the caller's decrement.
#[cold]
pub(crate) unsafe fn queue_to_owner(head: *mut Header) {
    // SAFETY: the queue's reference keeps it alive; called by an attached thread.
    let (h, me) = unsafe { (&*head, Thread::current().as_ref()) };
    let mut dead = Vec::new();
    loop {
        let owner = h.owner.load(Ordering::Relaxed);
        if owner == 0 {
            // SAFETY: merged in the meantime.
            if unsafe { refcount::merge(head, 1) } {
                dead.push(head);
            }
            break;
        }
        let rec = record(owner);
        let mut inner = rec.inner.lock();
        if h.owner.load(Ordering::Relaxed) != owner {
            continue;
        }
        inner.queue.push(head);
        if inner.thread.is_null() {
            merge_all(&mut inner, &mut dead);
            break;
        }
        // SAFETY: not null under the lock: registered.
        let owner_thread = unsafe { &*inner.thread };
        owner_thread
            .breaker
            .fetch_or(breaker::MERGE, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        if rec.state.try_help() {
            let n = merge_all(&mut inner, &mut dead);
            owner_thread
                .breaker
                .fetch_and(!breaker::MERGE, Ordering::AcqRel);
            rec.state.end_help();
            drop(inner);
            tell_stopper();
            if let Some(t) = me {
                t.counters.add(Counter::merged_for_other, n as u64);
            }
        }
        break;
    }
    if let Some(t) = me {
        t.counters.add(Counter::merge_queued, 1);
        for head in dead {
            // SAFETY: merged with zero.
            unsafe { dealloc(t, head) };
        }
    }
}

/// Before the heap grows: ids without a running thread give back what they do not use (R5).
pub(crate) fn serve_sleepers(t: &Thread) {
    for tid in 1..id_bound() {
        let rec = record(tid);
        if tid == t.tid || rec.foreign_frees.is_empty() {
            continue;
        }
        let mut inner = rec.inner.lock();
        if let Some(heap) = &mut inner.heap {
            // SAFETY: an orphan, under its record's lock.
            unsafe { heap.serve(t, tid) };
        } else if rec.state.try_help() {
            // SAFETY: registered, and HELPED by this thread.
            unsafe { (*(*inner.thread).heap.get()).serve(t, tid) };
            rec.state.end_help();
            drop(inner);
            tell_stopper();
        }
    }
}

/// The stopped world.
pub struct World<'a> {
    t: &'a Thread,
}

impl World<'_> {
    /// The stopper's record.
    pub fn thread(&self) -> &Thread {
        self.t
    }

    /// Every thread, the stopper included.
    pub fn for_each_thread(&mut self, mut f: impl FnMut(*const Thread)) {
        let live = REGISTRY.lock().live.clone();
        for t in live {
            f(t);
        }
    }

    /// Merges all queues; what reached zero is for the caller to free.
    pub(crate) fn merge_queues(&mut self) -> Vec<*mut Header> {
        let mut dead = Vec::new();
        for &t in &REGISTRY.lock().live {
            // SAFETY: registered and stopped.
            let t = unsafe { &*t };
            merge_all(&mut t.record().inner.lock(), &mut dead);
        }
        dead
    }
}
