//! The object heap: cells up to 512 bytes, in pages of one size class owned by a thread.
//!
//! A page of a thread is in one of these places:
//!
//! ```text
//! pool --take--> current --no free cell--> full --1/16 free--> queued --needed--> current
//! queued --empty--> retired --needed--> current
//!                   retired --every thread quiescent (R3)--> pool, for any class and thread
//! ```
//! The owner frees into the page's list, other threads push to the page's stack and, the first time,
//! the page to the owner's list of pages to look at. Type word 0 means free, so the collector
//! enumerates cells by a scan of headers. A thread that ends leaves all this to its id (R5).

use crate::arena;
use crate::checking::{self, shrunk};
use crate::counters::Counter;
use crate::gc;
use crate::header::Header;
use crate::large;
use crate::page::{FreeCell, Page};
use crate::qsbr;
use crate::region;
use crate::scavenge;
use crate::sync::Ordering;
use crate::thread::{self, Thread, World};
use crate::value::Value;
use std::ptr::null_mut;

pub use crate::large::alloc_large;

/// Cells up to this many bytes, header included, come from pages.
pub const MAX_SMALL: usize = 512;
const CLASSES: usize = MAX_SMALL / 16 + 1;
/// The free list's link lies behind the header.
const MIN_CLASS: usize = 2;
pub(crate) const MIN_CELL: u64 = MIN_CLASS as u64 * 16;
/// Retired pages a thread gathers before it asks for a grace period.
const POLL_EVERY: usize = 16;

#[derive(Debug, Clone, Copy)]
pub struct OutOfMemory;

/// The pages of one thread id.
pub(crate) struct Heap {
    current: [*mut Page; CLASSES],
    queue: [*mut Page; CLASSES],
    queue_end: [*mut Page; CLASSES],
    retired: [*mut Page; CLASSES],
    retired_count: usize,
    /// No retired page waits for less: a heap that dies retires thousands while nobody passes anything.
    least_goal: u64,
    /// Enough is retired that a grace period is worth asking for.
    wants_grace: bool,
}

/// Stands for "no current page", so that allocation tests one pointer only.
static NO_PAGE: Page = Page::fresh(null_mut(), 0);

impl Heap {
    pub(crate) const fn new() -> Heap {
        Heap {
            current: [&raw const NO_PAGE as *mut Page; CLASSES],
            queue: [null_mut(); CLASSES],
            queue_end: [null_mut(); CLASSES],
            retired: [null_mut(); CLASSES],
            retired_count: 0,
            least_goal: 0,
            wants_grace: false,
        }
    }

    /// A free cell of the class, its header zero; null when memory is out.
    #[inline(always)]
    unsafe fn take(&mut self, t: &Thread, class: usize) -> *mut Header {
        // SAFETY: the current page is this thread's, or NO_PAGE whose list is empty.
        unsafe {
            let page = *self.current.get_unchecked(class);
            let cell = (*page).free.get();
            if !cell.is_null() {
                (*page).free.set((*cell).link.get());
                (*page).used.set((*page).used.get() + 1);
                return cell as *mut Header;
            }
            self.take_slow(t, class)
        }
    }

    #[cold]
    #[inline(never)]
    unsafe fn take_slow(&mut self, t: &Thread, class: usize) -> *mut Header {
        // SAFETY: all pages reached are this thread's.
        unsafe {
            self.collect_foreign(t.tid);
            self.ask_grace();
            let mut page = self.current[class];
            while (*page).is_exhausted() {
                (*page).set_full();
                page = if !self.queue[class].is_null() {
                    let page = self.queue[class];
                    self.unlink(class, page);
                    page
                } else if !self.retired[class].is_null() {
                    let page = self.retired[class];
                    self.retired[class] = (*page).next.get();
                    (*page).next.set(null_mut());
                    self.retired_count -= 1;
                    gc::note_page(t);
                    page
                } else {
                    self.poll();
                    let page = arena::take(t);
                    if page.is_null() {
                        self.current[class] = &raw const NO_PAGE as *mut Page;
                        return null_mut();
                    }
                    (*page).assign(t.tid, class);
                    gc::note_page(t);
                    page
                };
                self.current[class] = page;
            }
            if (*page).free.get().is_null() {
                (*page).carve();
            }
            let cell = (*page).free.get();
            (*page).free.set((*cell).link.get());
            (*page).used.set((*page).used.get() + 1);
            cell as *mut Header
        }
    }

    #[cold]
    #[inline(never)]
    unsafe fn tripped_own(&mut self, page: *mut Page) {
        // SAFETY: the page is this thread's.
        unsafe { self.tripped(page) };
        self.ask_grace();
    }

    fn ask_grace(&mut self) {
        if self.wants_grace {
            self.wants_grace = false;
            qsbr::ask_for_quiescence();
            // SAFETY: this thread's heap.
            unsafe { self.poll() };
        }
    }

    /// A page of this heap has come down to its trip count.
    unsafe fn tripped(&mut self, page: *mut Page) {
        // SAFETY: the page is this heap's.
        unsafe {
            let class = (*page).class.get() as usize;
            if (*page).trips_from_full() {
                (*page).trip.set(0);
                if self.current[class] != page {
                    self.enqueue(class, page);
                }
            }
            if (*page).used.get() != 0 || self.current[class] == page {
                return;
            }
            // Keep one page queued, so that a thread that fills and empties does not thrash.
            if self.queue[class] == page && self.queue_end[class] == page {
                return;
            }
            self.unlink(class, page);
            self.retire(class, page);
        }
    }

    /// An empty page, in no queue, waits for a grace period.
    unsafe fn retire(&mut self, class: usize, page: *mut Page) {
        // SAFETY: the page is this heap's.
        unsafe {
            let goal = (*page).retired.retire(&qsbr::GLOBAL);
            self.least_goal = self.least_goal.min(goal);
            (*page).next.set(self.retired[class]);
        }
        self.retired[class] = page;
        self.retired_count += 1;
        arena::IN_USE.fetch_sub(1, Ordering::Relaxed);
        self.wants_grace |= self.retired_count.is_multiple_of(shrunk(POLL_EVERY));
        scavenge::note_retired(1);
    }

    /// Retires the empty pages that a thread keeps at hand, one or two for each size: what ended does not need them, and with
    /// many ids they are most of what a program at rest holds.
    ///
    /// # Safety
    /// Under the id-record lock, the id being an orphan (R5).
    pub(crate) unsafe fn shed(&mut self) {
        let none = &raw const NO_PAGE as *mut Page;
        for class in MIN_CLASS..CLASSES {
            let (current, queued) = (self.current[class], self.queue[class]);
            // SAFETY: by contract this heap's pages are ours for the moment.
            unsafe {
                if current != none && (*current).used.get() == 0 {
                    self.current[class] = none;
                    self.retire(class, current);
                }
                if !queued.is_null() && (*queued).used.get() == 0 {
                    self.unlink(class, queued);
                    self.retire(class, queued);
                }
            }
        }
    }

    unsafe fn enqueue(&mut self, class: usize, page: *mut Page) {
        // SAFETY: pages in the queue are this thread's.
        unsafe {
            (*page).next.set(null_mut());
            (*page).prev.set(self.queue_end[class]);
            match (*page).prev.get() {
                p if p.is_null() => self.queue[class] = page,
                p => (*p).next.set(page),
            }
            self.queue_end[class] = page;
        }
    }

    unsafe fn unlink(&mut self, class: usize, page: *mut Page) {
        // SAFETY: as above.
        unsafe {
            let (next, prev) = ((*page).next.get(), (*page).prev.get());
            match prev.is_null() {
                true => self.queue[class] = next,
                false => (*prev).next.set(next),
            }
            match next.is_null() {
                true => self.queue_end[class] = prev,
                false => (*next).prev.set(prev),
            }
            (*page).next.set(null_mut());
            (*page).prev.set(null_mut());
        }
    }

    /// Takes over what other threads freed: by the owner `tid`, or for it while it sleeps (R5). True if
    /// there was something.
    unsafe fn collect_foreign(&mut self, tid: u16) -> bool {
        let pages = &thread::record(tid).foreign_frees;
        if pages.is_empty() {
            return false;
        }
        let mut page = pages.take_all() as *mut Page;
        while !page.is_null() {
            // SAFETY: pages pushed here are this id's, and stay so while they hold unfreed cells.
            unsafe {
                // Read before the stack is emptied: afterwards a pusher may use the link again.
                let next = (*page).link.load(Ordering::Relaxed) as *mut Page;
                let head = (*page).others.take_all() as *mut FreeCell;
                let (mut n, mut last) = (1, head);
                while !(*last).link.get().is_null() {
                    last = (*last).link.get();
                    n += 1;
                }
                (*last).link.set((*page).free.get());
                (*page).free.set(head);
                (*page).used.set((*page).used.get() - n);
                if (*page).used.get() <= (*page).trip.get() {
                    self.tripped(page);
                }
                page = next;
            }
        }
        true
    }

    /// Cells in use in the pages of this id.
    pub(crate) fn used_cells(&self, tid: u16) -> i64 {
        let mut n = 0;
        arena::for_each_page(|page| {
            // A page's `used` is its owner's to read.
            if page.owner.load(Ordering::Relaxed) == tid {
                n += page.used.get() as i64;
            }
        });
        n
    }

    /// For an id without a running thread: what others freed comes back, and empty pages go to the pool.
    ///
    /// # Safety
    /// Under the id-record lock, the id being an orphan or HELPED (R5).
    pub(crate) unsafe fn serve(&mut self, tid: u16) {
        // SAFETY: by contract this heap is ours for the moment.
        unsafe {
            if self.collect_foreign(tid) || self.retired_count != 0 {
                self.poll();
            }
        }
    }

    /// Gives retired pages that nobody reads any more to the pool.
    pub(crate) unsafe fn poll(&mut self) {
        if self.retired_count == 0 {
            return;
        }
        let passed = qsbr::passed_by_all();
        if passed < self.least_goal {
            return;
        }
        self.least_goal = u64::MAX;
        let mut out = Vec::new();
        for class in MIN_CLASS..CLASSES {
            let mut page = self.retired[class];
            let mut keep = null_mut();
            while !page.is_null() {
                // SAFETY: retired pages are this thread's.
                unsafe {
                    let next = (*page).next.get();
                    if (*page).retired.may_change_hands(passed) {
                        (*page).release();
                        out.push(page);
                    } else {
                        self.least_goal = self.least_goal.min((*page).retired.goal());
                        (*page).next.set(keep);
                        keep = page;
                    }
                    page = next;
                }
            }
            self.retired[class] = keep;
        }
        if !out.is_empty() {
            self.retired_count -= out.len();
            arena::give_back(&out);
        }
    }
}

#[inline(always)]
const fn class_of(bytes: usize) -> usize {
    let class = bytes.div_ceil(16);
    if class < MIN_CLASS { MIN_CLASS } else { class }
}

/// Makes an object whose cell is the header followed by `payload` (alignment at most 16).
///
/// # Safety
/// `ty` names an initialized type whose functions expect this payload.
#[inline(always)]
pub unsafe fn alloc<P>(t: &Thread, ty: u32, payload: P) -> Result<Value, OutOfMemory> {
    const { assert!(align_of::<P>() <= 16) };
    // SAFETY: the payload is written in full; the type by contract.
    unsafe {
        alloc_sized(t, size_of::<Header>() + size_of::<P>(), ty, |cell| {
            (cell.add(size_of::<Header>()) as *mut P).write(payload)
        })
    }
}

/// Makes an object of a `#[repr(C)]` struct whose first field is its [`Header`]; `init` writes every
/// other field.
///
/// # Safety
/// As said, and as for [`alloc`].
#[inline(always)]
pub unsafe fn alloc_with<T>(
    t: &Thread,
    ty: u32,
    init: impl FnOnce(*mut T),
) -> Result<Value, OutOfMemory> {
    const { assert!(align_of::<T>() <= 16 && size_of::<T>() >= 16) };
    // SAFETY: by contract.
    unsafe { alloc_sized(t, size_of::<T>(), ty, |cell| init(cell as *mut T)) }
}

/// Makes an object of `bytes` bytes, header included. `init` gets the cell's address and writes
/// everything behind the header; it must not panic, allocate objects or reach a safepoint (R12).
///
/// # Safety
/// As for [`alloc`].
#[inline(always)]
pub unsafe fn alloc_sized(
    t: &Thread,
    bytes: usize,
    ty: u32,
    init: impl FnOnce(*mut u8),
) -> Result<Value, OutOfMemory> {
    checking::allocated(t);
    if bytes > MAX_SMALL {
        // SAFETY: by contract.
        return unsafe { alloc_large(t, bytes, ty, init) };
    }
    // SAFETY: the heap is this thread's; the cell is free and becomes visible with its type (R12).
    unsafe {
        let head = (*t.heap.get()).take(t, class_of(bytes));
        if head.is_null() {
            return Err(OutOfMemory);
        }
        (*head).begin(t.tid);
        init(head as *mut u8);
        (*head).publish(ty);
        Ok(Value::from_header(head))
    }
}

/// # Safety
/// The object is dead and its payload dropped.
#[inline]
pub(crate) unsafe fn free_cell(t: &Thread, head: *mut Header) {
    if !arena::contains(head as *const u8) {
        // SAFETY: by contract.
        unsafe { free_unusual(t, head) };
        return;
    }
    // SAFETY: a dead small cell; its page belongs to this thread or to another id (R5).
    unsafe {
        (*head).retire_cell();
        let page = arena::page_of(head as *const u8);
        let cell = head as *mut FreeCell;
        if (*page).owner.load(Ordering::Relaxed) == t.tid {
            (*cell).link.set((*page).free.get());
            (*page).free.set(cell);
            let used = (*page).used.get() - 1;
            (*page).used.set(used);
            if used <= (*page).trip.get() {
                (*t.heap.get()).tripped_own(page);
            }
        } else {
            free_foreign(t, page, cell);
        }
    }
}

#[inline(never)]
unsafe fn free_foreign(t: &Thread, page: *mut Page, cell: *mut FreeCell) {
    t.counters.add(Counter::cross_thread_free, 1);
    // SAFETY: the page cannot change hands before this cell is back (it counts in `used`).
    unsafe {
        let owner = (*page).owner.load(Ordering::Relaxed);
        let first = (*page)
            .others
            .push(cell as u64, |next| (*cell).link.set(next as *mut FreeCell));
        if first {
            scavenge::note_retired(1);
            thread::record(owner)
                .foreign_frees
                .push(page as u64, |next| {
                    (*page).link.store(next, Ordering::Relaxed)
                });
        }
    }
}

#[cold]
unsafe fn free_unusual(t: &Thread, head: *mut Header) {
    if region::contains(head as *const u8) {
        unsafe fn give_back(cell: *mut u8, _: usize) {
            // SAFETY: deferred past a grace period (R12).
            unsafe { region::free_type_cell(cell) };
        }
        // SAFETY: a dead type: the collector made sure that no cell names it.
        unsafe {
            (*head).retire_cell();
            qsbr::defer(t, head as *mut u8, region::TYPE_STRIDE as usize, give_back);
        }
    } else {
        // SAFETY: everything else is a large cell.
        unsafe { large::free(t, head) };
    }
}

/// Whether an object may begin at this address, which was one's once. World stopped.
pub(crate) fn may_be_object(head: *const Header) -> bool {
    if head.is_null() {
        return false;
    }
    if arena::contains(head as *const u8) {
        // SAFETY: records of opened arenas live forever; what is asked of the cell's memory lies in its page.
        return unsafe {
            let page = &*arena::page_of(head as *const u8);
            page.begins_cell(head) && (*head).type_word() != 0
        };
    }
    // Large cells are hardly ever deferred, and type cells stay readable.
    true
}

/// Heap statistics.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Cells that hold an object, types and static objects not counted.
    pub live_cells: usize,
    pub live_bytes: usize,
    /// Pages that belong to a thread id.
    pub pages: usize,
    pub large_objects: usize,
    pub large_bytes: usize,
}

/// Every object but the types and static objects. World stopped.
pub fn for_each_object(_world: &World, mut f: impl FnMut(*mut Header, usize)) {
    for_each_small(|head, bytes, _, _| f(head, bytes));
    large::for_each(f);
}

/// Live small cells with their page and index. World stopped.
pub(crate) fn for_each_small(mut f: impl FnMut(*mut Header, usize, &'static Page, usize)) {
    arena::for_each_page(|page| {
        if !page.is_live() {
            return;
        }
        let bytes = page.cell_bytes();
        for i in 0..page.carved() {
            let head = page.cell(i);
            // SAFETY: carved cells start with a header; 0 means free (R12).
            if unsafe { (*head).type_word() } != 0 {
                f(head, bytes, page, i as usize);
            }
        }
    });
}

pub fn stats(world: &World) -> Stats {
    let mut s = Stats::default();
    for_each_small(|_, bytes, _, _| {
        s.live_cells += 1;
        s.live_bytes += bytes;
    });
    large::for_each(|_, bytes| {
        s.large_objects += 1;
        s.large_bytes += bytes;
    });
    arena::for_each_page(|page| s.pages += page.is_live() as usize);
    let _ = world;
    s
}

/// One size class of the small cells.
#[derive(Debug, Default, Clone, Copy)]
pub struct ClassStats {
    pub cell_bytes: usize,
    pub pages: usize,
    pub live_cells: usize,
    /// Cells the pages have room for.
    pub room: usize,
}

/// The size classes that have pages.
pub fn stats_by_class(_world: &World) -> Vec<ClassStats> {
    let mut classes = [ClassStats::default(); CLASSES];
    arena::for_each_page(|page| {
        if page.is_live() {
            let class = &mut classes[page.class.get() as usize];
            class.cell_bytes = page.cell_bytes();
            class.pages += 1;
            class.room += page.capacity() as usize;
        }
    });
    for_each_small(|_, _, page, _| classes[page.class.get() as usize].live_cells += 1);
    classes.into_iter().filter(|c| c.pages != 0).collect()
}
