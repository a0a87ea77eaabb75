//! Where pages come from: one reserved address range, opened arena by arena, and a pool of pages that
//! belong to nobody.
//!
//! ```text
//! arena (1 MiB, aligned) = 64 pages of 16 KiB; the first 8 KiB hold the 64 page records
//! marks, behind the range: a byte for every 32 bytes of it
//! ```
//! Because all small cells lie in one range, an address tells whether it is one; and the collector
//! finds every page by walking the arenas.

use crate::counters::{self, Counter};
use crate::heap::MIN_CELL;
use crate::page::Page;
use crate::program_pages;
use crate::protocol::ranks::Rank;
use crate::sync::{AtomicU8, AtomicU64, AtomicUsize, Mutex, Ordering};
use crate::thread::{self, Thread};

pub(crate) const ARENA: u64 = 1 << 20;
pub(crate) const PAGE_SHIFT: u32 = 14;
pub(crate) const PAGE: u64 = 1 << PAGE_SHIFT;
pub(crate) const PAGES_PER_ARENA: u64 = ARENA / PAGE;
pub(crate) const RECORD: u64 = 128;
const RECORDS_BYTES: u64 = PAGES_PER_ARENA * RECORD;
/// What the first page of an arena lacks.
const HEAD_BYTES: u64 = RECORDS_BYTES;

const BASE: u64 = if cfg!(feature = "sanitized") {
    0x20_0000_0000
} else {
    0x2100_0000_0000
};
/// What is asked for first; a quarter of it when the system refuses, and so on.
const WANTED: u64 = if cfg!(feature = "sanitized") {
    LEAST
} else {
    1 << 40
};
const LEAST: u64 = 1 << 32;
/// The collector's marks: no two cells begin within so many bytes.
const MARKS: u64 = BASE + WANTED;
const MARKED: u64 = MIN_CELL;
/// Marks of a page.
pub(crate) const PAGE_MARKS: usize = (PAGE / MARKED) as usize;
/// Marks beyond so many bytes do not stay.
const MARKS_KEPT: u64 = 1 << 20;
/// Arenas opened at a time, to spare system calls.
const OPEN_STEP: u64 = 4 * ARENA;

/// Heaps beyond this size ask for huge pages: marking would miss the TLB at every step.
const HUGE_FROM: u64 = 32 * ARENA;

/// 0 until reserved.
static RESERVED: AtomicU64 = AtomicU64::new(0);

struct Pool {
    /// Bytes of the range whose arenas were handed out, and bytes that are accessible.
    used: u64,
    open: u64,
    free: Vec<*mut Page>,
    /// The fewest there were in `free` since the last look ([`spare`]).
    least_free: usize,
    /// Free too, but their memory was given to the system.
    cold: Vec<*mut Page>,
}

// SAFETY: page records in the pool belong to whoever holds the lock.
unsafe impl Send for Pool {}

static POOL: Mutex<Pool> = Mutex::ranked(
    Rank::Pages,
    Pool {
        used: 0,
        open: 0,
        free: Vec::new(),
        least_free: 0,
        cold: Vec::new(),
    },
);

/// Free pages whose memory is kept while pages come and go: 16 MiB.
pub(crate) const RESERVE: usize = 1024;
/// And after that: 256 KiB, else a program would keep what the busiest moment of its life took.
pub(crate) const RESERVE_AT_REST: usize = 16;

/// Pages that hold cells, for the collector's threshold.
pub(crate) static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// Whether an address is one of a small cell.
#[inline(always)]
pub(crate) fn contains(p: *const u8) -> bool {
    (p as u64).wrapping_sub(BASE) < WANTED
}

/// The record of the page a small cell lies in.
#[inline(always)]
pub(crate) fn page_of(cell: *const u8) -> *mut Page {
    let a = cell as u64;
    ((a & !(ARENA - 1)) + ((a >> PAGE_SHIFT) & (PAGES_PER_ARENA - 1)) * RECORD) as *mut Page
}

/// The mark of a small cell.
#[inline(always)]
pub(crate) fn mark_of(cell: *const u8) -> *const AtomicU8 {
    (MARKS + (cell as u64 - BASE) / MARKED) as *const AtomicU8
}

/// All marks become 0, those of empty pages too. With the world stopped, and not while somebody marks.
pub(crate) fn wipe_marks() {
    let bytes = POOL.lock().used / MARKED;
    // SAFETY: the marks of what was handed out are accessible, and nobody looks at them now.
    unsafe { (MARKS as *mut u8).write_bytes(0, bytes as usize) };
}

/// The memory of marks goes back to the system, unless it is little. Not while somebody marks.
pub(crate) fn release_marks() {
    let bytes = POOL.lock().used / MARKED;
    if bytes > MARKS_KEPT {
        discard(MARKS..MARKS + bytes);
    }
}

fn reserve(pool: &mut Pool) -> bool {
    debug_assert_eq!(pool.used, 0);
    let mut size = WANTED;
    while size >= LEAST {
        if map_at(BASE, size) {
            if map_at(MARKS, size / MARKED) {
                RESERVED.store(size, Ordering::Release);
                return true;
            }
            // SAFETY: the mapping just made; nobody knows it.
            unsafe { libc::munmap(BASE as *mut libc::c_void, size as usize) };
        }
        size /= 4;
    }
    false
}

/// Addresses without access.
fn map_at(base: u64, size: u64) -> bool {
    // SAFETY: a fresh mapping that replaces nothing.
    let got = unsafe {
        libc::mmap(
            base as *mut libc::c_void,
            size as usize,
            libc::PROT_NONE,
            libc::MAP_PRIVATE
                | libc::MAP_ANONYMOUS
                | libc::MAP_NORESERVE
                | libc::MAP_FIXED_NOREPLACE,
            -1,
            0,
        )
    };
    got as u64 == base
}

/// Opens a part of a reserved range.
fn open(base: u64, size: u64) -> bool {
    // SAFETY: by the callers, inside a reserved range.
    unsafe {
        libc::mprotect(
            base as *mut libc::c_void,
            size as usize,
            libc::PROT_READ | libc::PROT_WRITE,
        ) == 0
    }
}

fn open_arena(pool: &mut Pool) -> bool {
    if RESERVED.load(Ordering::Relaxed) == 0 && !reserve(pool) {
        return false;
    }
    let size = RESERVED.load(Ordering::Relaxed);
    if pool.used == pool.open {
        let step = OPEN_STEP.min(size - pool.open);
        if step == 0 {
            return false;
        }
        if !open(BASE + pool.open, step) || !open(MARKS + pool.open / MARKED, step / MARKED) {
            return false;
        }
        #[cfg(target_os = "linux")]
        if pool.open >= HUGE_FROM {
            let advise = |base: u64, size: u64| {
                // SAFETY: as above; advice only.
                unsafe {
                    libc::madvise(
                        base as *mut libc::c_void,
                        size as usize,
                        libc::MADV_HUGEPAGE,
                    )
                };
            };
            advise(BASE + pool.open, step);
            advise(MARKS + pool.open / MARKED, step / MARKED);
        }
        pool.open += step;
    }
    let arena = BASE + pool.used;
    for i in (0..PAGES_PER_ARENA).rev() {
        let page = (arena + i * RECORD) as *mut Page;
        let skip = if i == 0 { HEAD_BYTES } else { 0 };
        // SAFETY: fresh zeroed memory of this arena.
        unsafe {
            page.write(Page::fresh(
                (arena + i * PAGE + skip) as *mut u8,
                (PAGE - skip) as u32,
            ));
        }
        pool.free.push(page);
    }
    pool.used += ARENA;
    true
}

/// A page for nobody yet; null when memory is out.
pub(crate) fn take(t: &Thread) -> *mut Page {
    let mut pool = POOL.lock();
    let before = pool.used;
    if pool.free.is_empty() {
        drop(pool);
        thread::serve_sleepers(t);
        pool = POOL.lock();
        if pool.free.is_empty() {
            if let Some(page) = pool.cold.pop() {
                pool.free.push(page);
            } else if !open_arena(&mut pool) {
                return std::ptr::null_mut();
            }
        }
    }
    t.counters.add(Counter::page_taken, 1);
    let page = pool.free.pop().expect("just filled");
    pool.least_free = pool.least_free.min(pool.free.len());
    let used = pool.used;
    drop(pool);
    if used != before {
        program_pages::note_growth(used / ARENA);
    }
    page
}

/// How many pages nobody has wanted since the last call, beyond the reserve.
pub(crate) fn spare(reserve: usize) -> usize {
    let mut pool = POOL.lock();
    let now = pool.free.len();
    std::mem::replace(&mut pool.least_free, now).saturating_sub(reserve)
}

/// Gives the memory of at most `n` free pages to the system, of those that came back longest ago.
pub(crate) fn give_to_system(n: usize) {
    let mut pages: Vec<*mut Page> = {
        let mut pool = POOL.lock();
        let n = n.min(pool.free.len());
        pool.least_free = pool.least_free.saturating_sub(n);
        pool.free.drain(..n).collect()
    };
    // Neighbours together: records lie in the order of their pages.
    pages.sort_unstable();
    let mut run = 0..0;
    for &page in &pages {
        // SAFETY: a page out of the pool is this thread's.
        let memory = unsafe { (*page).memory() };
        if memory.start != run.end {
            discard(run);
            run = memory.clone();
        }
        run.end = memory.end;
    }
    discard(run);
    POOL.lock().cold.append(&mut pages);
}

/// The addresses read as zero from now on, and cost nothing until they are written.
fn discard(run: std::ops::Range<u64>) {
    if !run.is_empty() {
        // SAFETY: memory of free pages, which nobody reads (R3): whole pages of the system in the reserved range.
        unsafe {
            libc::madvise(
                run.start as *mut libc::c_void,
                (run.end - run.start) as usize,
                libc::MADV_DONTNEED,
            )
        };
    }
}

/// Pages whose grace period is over (R3).
pub(crate) fn give_back(pages: &[*mut Page]) {
    counters::add_process(Counter::page_recycled, pages.len() as u64);
    POOL.lock().free.extend_from_slice(pages);
}

/// Every page record, free ones included. World stopped.
pub(crate) fn for_each_page(mut f: impl FnMut(&'static Page)) {
    let used = POOL.lock().used;
    let mut arena = BASE;
    while arena < BASE + used {
        for i in 0..PAGES_PER_ARENA {
            // SAFETY: records of opened arenas live forever.
            f(unsafe { &*((arena + i * RECORD) as *const Page) });
        }
        arena += ARENA;
    }
}
