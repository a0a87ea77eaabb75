//! Ids and what belongs to them: records that live forever at one place, the registry of threads.

use super::{NO_THREAD, Thread, ThreadsExhausted};
use crate::header::Header;
use crate::heap::Heap;
use crate::protocol::owner_queue::Home;
use crate::protocol::qsbr_seq;
use crate::protocol::ranks::Rank;
use crate::protocol::thread_state::{DETACHED, ThreadState};
use crate::protocol::xfree::FreeStack;
use crate::refcount;
use crate::sync::{AtomicI32, AtomicPtr, AtomicU16, AtomicU32, Condvar, Mutex, Ordering};

/// What belongs to an id. Never freed, never moved. Two threads write no cache line in common.
#[repr(align(128))]
pub(crate) struct IdRecord {
    pub(super) tid: u16,
    pub(crate) state: ThreadState,
    pub(crate) seq: qsbr_seq::Local,
    /// Pages of this id into which other threads freed.
    pub(crate) foreign_frees: FreeStack,
    /// How many locks of Python code the id's thread holds ([`crate::foreign::Holder`]).
    pub(crate) python_locks: AtomicI32,
    /// The thread that has the id, or null, for who can take no lock: it may be gone by the time one looks.
    pub(super) visible: AtomicPtr<Thread>,
    pub(super) inner: Mutex<Inner>,
    /// With `inner`: the state left SUSPENDED.
    pub(super) resumed: Condvar,
}

pub(crate) struct Inner {
    /// Null: an orphan, or an id reserved for a thread that has not started.
    pub(super) thread: *const Thread,
    pub(super) queue: Vec<*mut Header>,
    /// While no thread has the id: its pages.
    pub(super) heap: Option<Heap>,
}

// SAFETY: used under the lock; the thread pointer is null before its record goes.
unsafe impl Send for Inner {}

#[cfg(not(feature = "gil"))]
impl IdRecord {
    pub(crate) fn lock(&self) -> crate::sync::MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

#[cfg(not(feature = "gil"))]
impl Inner {
    /// The thread that has the id.
    pub(crate) fn thread(&self) -> Option<&Thread> {
        // SAFETY: not null under the lock: registered.
        unsafe { self.thread.as_ref() }
    }
}

impl Home for Inner {
    type Item = *mut Header;
    fn merge(head: *mut Header) -> bool {
        // SAFETY: the owner is asleep, suspended or gone, and its record locked by this thread (R5).
        unsafe { refcount::merge(head, 1) }
    }
    fn queue(&mut self) -> &mut Vec<*mut Header> {
        &mut self.queue
    }
    fn breaker(&self) -> Option<&AtomicU32> {
        // SAFETY: not null under the lock: registered.
        unsafe { self.thread.as_ref().map(|t| &t.breaker) }
    }
}

/// Records made at a time. One is more than a kilobyte, and most programs have few threads.
const CHUNK: usize = 8;
const CHUNKS: usize = (NO_THREAD as usize + 1) / CHUNK;
static RECORDS: [AtomicPtr<IdRecord>; CHUNKS] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNKS];
const MAX_TID: u32 = NO_THREAD as u32 - 1;

pub(super) struct Registry {
    pub(super) next: u32,
    pub(super) orphans: Vec<u16>,
    pub(super) live: Vec<*const Thread>,
    /// Threads that register now begin SUSPENDED.
    pub(super) stopped: bool,
}

// SAFETY: used under the lock; a record leaves `live` before it goes.
unsafe impl Send for Registry {}

pub(super) static REGISTRY: Mutex<Registry> = Mutex::ranked(
    Rank::Registry,
    Registry {
        next: 1,
        orphans: Vec::new(),
        live: Vec::new(),
        stopped: false,
    },
);

/// One more than the highest id handed out.
static ID_BOUND: AtomicU16 = AtomicU16::new(1);

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
            python_locks: AtomicI32::new(0),
            visible: AtomicPtr::new(std::ptr::null_mut()),
            inner: Mutex::ranked(
                Rank::IdRecord,
                Inner {
                    thread: std::ptr::null(),
                    queue: Vec::new(),
                    heap: Some(Heap::new()),
                },
            ),
            resumed: Condvar::new(),
        })
        .collect();
    let chunk = Box::leak(records.into_boxed_slice()).as_mut_ptr();
    RECORDS[index].store(chunk, Ordering::Release);
}

/// Threads that are never too many for huge pages.
const FEW: u32 = 16;

/// How many threads are too many: twice as many as can run.
fn many() -> u32 {
    static MANY: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *MANY.get_or_init(|| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        FEW.max(2 * processors as u32)
    })
}

/// An id set aside for a thread about to start, so that the starter learns of exhaustion. Dropped
/// unused, it goes back.
pub struct ReservedId(pub(super) u16);

pub fn reserve_id() -> Result<ReservedId, ThreadsExhausted> {
    crate::alone::end();
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
    drop(reg);
    // Nobody else gets this id, which says how many threads there are at once.
    if tid >= FEW && tid == many() {
        crate::general::threads_are_many();
    }
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

/// The addresses of the threads' records, the newest id first, without a lock: for signal handlers. Where a thread ends
/// meanwhile its record goes, so they are not to be followed, only copied from by means that notice.
pub fn addresses() -> impl Iterator<Item = *const Thread> {
    (1..id_bound())
        .rev()
        .map(|tid| record(tid).visible.load(Ordering::Acquire).cast_const())
        .filter(|t| !t.is_null())
}

/// How many ids are in use or set aside.
pub(super) fn ids_in_use() -> usize {
    let reg = REGISTRY.lock();
    reg.next as usize - 1 - reg.orphans.len()
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
