//! The general allocator, for everything that is no object: buffers of lists, tables, text, what Rust allocates.
//!
//! It asks for huge pages for all of its memory, so that a program that needs four megabytes takes fourteen. Hence
//! its first range is reserved here, before the first allocation, and the beginnings of its parts do without. With many
//! threads the rest of it does, too: each of them fills pages of its own, 64 KiB for every size, and of most it needs four. And it keeps
//! what is empty for a second: where threads come and go, each run of the same work touched other memory, and what was
//! resident crept up. Here it is a hundredth of that. Either way it gives up nothing unless it is used, so a program that
//! sleeps depends on `scavenge.rs`.

use std::time::Duration;

#[cfg(not(feature = "sanitized"))]
#[global_allocator]
static GLOBAL: Plain = Plain;

/// The allocator as Rust wants it. The crate's own answer asks for every block by its alignment, and the allocator then looks
/// whether the block that it would give happens to be aligned, and takes one too large and cuts it where it cannot tell beforehand:
/// for tables of dicts and buffers of lists that was most of the time. What needs no more than every block has is asked for without.
#[cfg(not(feature = "sanitized"))]
struct Plain;

#[cfg(not(feature = "sanitized"))]
mod plain {
    use super::Plain;
    use crate::blocks::{self, Size};
    use crate::scavenge;
    use mimalloc::MiMalloc;
    use std::alloc::{GlobalAlloc, Layout};
    use std::ffi::c_void;

    unsafe extern "C" {
        fn mi_malloc(size: usize) -> *mut c_void;
        fn mi_zalloc(size: usize) -> *mut c_void;
        fn mi_realloc(p: *mut c_void, size: usize) -> *mut c_void;
        pub(super) fn mi_free(p: *mut c_void);
        fn mi_usable_size(p: *const c_void) -> usize;
        pub(super) fn mi_collect(force: bool);
    }

    /// Every block is aligned to 8 bytes, and to 16 if it is as large.
    #[inline(always)]
    fn common(layout: Layout, size: usize) -> bool {
        layout.align() <= 8 || layout.align() == 16 && size >= 16
    }

    // SAFETY: the allocator's own functions, which keep the contract; blocks of both ways are freed and grown alike. What has a
    // `Size` was made as large as that by all of these, so it may be kept for another of the same.
    unsafe impl GlobalAlloc for Plain {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: by contract.
            unsafe {
                match common(layout, layout.size()) {
                    true => match Size::of(layout.size()) {
                        None => mi_malloc(layout.size()).cast(),
                        Some(size) => block(size),
                    },
                    false => MiMalloc.alloc(layout),
                }
            }
        }
        #[inline]
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: by contract.
            unsafe {
                match common(layout, layout.size()) {
                    true => match Size::of(layout.size()) {
                        None => mi_zalloc(layout.size()).cast(),
                        Some(size) => zeroed_block(size, layout.size()),
                    },
                    false => MiMalloc.alloc_zeroed(layout),
                }
            }
        }
        #[inline]
        unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
            // SAFETY: by contract.
            unsafe {
                if common(layout, layout.size())
                    && let Some(size) = Size::of(layout.size())
                {
                    free_block(p, size);
                } else {
                    mi_free(p.cast());
                    scavenge::note_freed(layout.size());
                }
            }
        }
        #[inline]
        unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: by contract.
            unsafe {
                match common(layout, layout.size().min(size)) {
                    true => match (Size::of(layout.size()), Size::of(size)) {
                        (_, None) => mi_realloc(p.cast(), size).cast(),
                        (old, Some(new)) => resized_block(p, old, new, layout.size()),
                    },
                    false => MiMalloc.realloc(p, layout, size),
                }
            }
        }
    }

    #[inline(never)]
    unsafe fn block(size: Size) -> *mut u8 {
        match blocks::take(size) {
            Some(p) => p,
            // SAFETY: by contract.
            None => unsafe { mi_malloc(size.bytes()).cast() },
        }
    }

    #[inline(never)]
    unsafe fn zeroed_block(size: Size, bytes: usize) -> *mut u8 {
        match blocks::take(size) {
            Some(p) => {
                // SAFETY: the block has as many bytes.
                unsafe { p.write_bytes(0, bytes) };
                p
            }
            // SAFETY: by contract.
            None => unsafe { mi_zalloc(size.bytes()).cast() },
        }
    }

    #[inline(never)]
    unsafe fn free_block(p: *mut u8, size: Size) {
        // SAFETY: by contract.
        unsafe {
            debug_assert!(mi_usable_size(p.cast()) >= size.bytes());
            if !blocks::keep(p, size) {
                mi_free(p.cast());
                scavenge::note_freed(size.bytes());
            }
        }
    }

    /// The block `p`, of which `bytes` are in use, becomes one of the size `new`.
    #[inline(never)]
    unsafe fn resized_block(p: *mut u8, old: Option<Size>, new: Size, bytes: usize) -> *mut u8 {
        if old == Some(new) {
            return p;
        }
        // SAFETY: by contract; both blocks have as many bytes as are copied.
        unsafe {
            let Some(other) = blocks::take(new) else {
                return mi_realloc(p.cast(), new.bytes()).cast();
            };
            other.copy_from_nonoverlapping(p, bytes.min(new.bytes()));
            match old {
                Some(old) => free_block(p, old),
                None => mi_free(p.cast()),
            }
            other
        }
    }
}

/// A thread that runs Python begins to keep blocks at hand ([`crate::blocks`]).
pub(crate) fn begin_thread() {
    #[cfg(not(feature = "sanitized"))]
    crate::blocks::begin();
}

/// A thread that runs Python is about to sleep for so long whatever others do: what it keeps at hand goes back, so do blocks of its
/// own that others freed, which the allocator finds when it needs one of their size, and the scavenger hears of it. Nothing is done
/// for a sleep shorter than a hundred times what that takes. (One that others may end at once gives up what it wants again at
/// once: queues took 1.09 of their time so.)
pub fn before_sleep(planned: Duration) {
    #[cfg(not(feature = "sanitized"))]
    {
        use crate::{blocks, scavenge};
        use std::cell::Cell;
        use std::time::Instant;

        /// From here on empty pages go back to the system at once, the last one of each size too.
        const LONG: Duration = Duration::from_millis(100);
        /// What it takes at least.
        const LEAST: Duration = Duration::from_micros(100);
        thread_local! {
            /// What it took the last time: the allocator may have many pages to look at, and some to give to the system.
            static COST: Cell<Duration> = const { Cell::new(LEAST) };
        }
        if planned < 100 * COST.get() {
            // A long look once must not keep off all later ones.
            COST.set(LEAST.max(COST.get() / 2));
            return;
        }
        let begun = Instant::now();
        // SAFETY: blocks of the allocator, which nobody uses, and its own function.
        unsafe {
            blocks::give_up(|block| plain::mi_free(block.cast()));
            plain::mi_collect(planned >= LONG);
        }
        scavenge::tell_of_freed();
        COST.set(LEAST.max(begun.elapsed()));
    }
    #[cfg(feature = "sanitized")]
    let _ = planned;
}

/// It ends.
pub(crate) fn end_thread() {
    #[cfg(not(feature = "sanitized"))]
    // SAFETY: blocks of the allocator, which nobody uses.
    crate::blocks::end(|block| unsafe { plain::mi_free(block.cast()) });
}

#[cfg(all(target_os = "linux", not(feature = "sanitized")))]
mod settings {
    use crate::sync::{AtomicUsize, Ordering};

    unsafe extern "C" {
        fn mi_reserve_os_memory_ex(
            size: usize,
            commit: bool,
            allow_large: bool,
            exclusive: bool,
            arena: *mut *mut libc::c_void,
        ) -> libc::c_int;
        fn mi_arena_area(arena: *mut libc::c_void, size: *mut usize) -> *mut libc::c_void;
        fn mi_option_set(option: libc::c_int, value: libc::c_long);
    }

    /// `mi_option_purge_delay`: after how many milliseconds empty memory goes back to the system, unless MIMALLOC_PURGE_DELAY
    /// says otherwise.
    const PURGE_DELAY: (libc::c_int, libc::c_long) = (15, 10);

    /// It would reserve twice as much at first. For each size of blocks it keeps a map of the whole, and writes to each page of these maps:
    /// of a gigabyte, 42 pages.
    const FIRST: usize = 1 << 29;
    /// The allocator deals it out in parts of this size, each for blocks of about one size (below 10 KiB, below 84, ...), and
    /// fills each part from its beginning.
    const PART: usize = 32 << 20;
    /// Of the first parts, what has small pages: all of that of small blocks, of the next and of the blocks from 84 KiB on, of
    /// which each thread has four megabytes for each of ten sizes and often uses a block of each, and the beginning of others. A
    /// list that grows to twenty thousand items would else take two megabytes at every second step: the second thread of
    /// the word statistics zeroed eight such pages in its 0.4 seconds, one per cent of them or more.
    const SMALL_PAGES: [usize; 4] = [PART, PART, PART, 8 << 20];

    /// The first range, once it is reserved.
    static RANGE: (AtomicUsize, AtomicUsize) = (AtomicUsize::new(0), AtomicUsize::new(0));

    /// From now on no more huge pages in the first range. A thousand threads at once took 918 MiB (183 since), and most of
    /// the time of starting them was the zeroing of huge pages.
    pub fn threads_are_many() {
        let start = RANGE.0.load(Ordering::Relaxed) as *mut libc::c_void;
        if !start.is_null() {
            // SAFETY: advice about the allocator's own range, which stays.
            unsafe {
                libc::madvise(
                    start,
                    RANGE.1.load(Ordering::Relaxed),
                    libc::MADV_NOHUGEPAGE,
                );
            }
        }
    }

    /// Runs before `main` and what Rust does before, after the allocator's own constructor (which has a priority).
    #[used]
    #[unsafe(link_section = ".init_array")]
    static BEFORE_MAIN: extern "C" fn() = reserve;

    extern "C" fn reserve() {
        let mut arena = std::ptr::null_mut();
        let mut size = 0;
        // SAFETY: the allocator's own functions, which want nothing but to come after its constructor; then advice about a
        // range of its own. When it cannot reserve, it does so later in its own way.
        unsafe {
            if libc::getenv(c"MIMALLOC_PURGE_DELAY".as_ptr()).is_null() {
                mi_option_set(PURGE_DELAY.0, PURGE_DELAY.1);
            }
            // The C library's allocator, of which only the C library itself takes a block now and then, would reserve 128
            // megabytes for every new thread: three system calls.
            #[cfg(target_env = "gnu")]
            libc::mallopt(libc::M_ARENA_MAX, 1);
            if mi_reserve_os_memory_ex(FIRST, true, false, false, &mut arena) != 0 {
                return;
            }
            let start = mi_arena_area(arena, &mut size);
            if start.is_null() || size <= SMALL_PAGES.len() * PART {
                return;
            }
            RANGE.0.store(start as usize, Ordering::Relaxed);
            RANGE.1.store(size, Ordering::Relaxed);
            libc::madvise(start, size, libc::MADV_HUGEPAGE);
            for (i, small) in SMALL_PAGES.into_iter().enumerate() {
                libc::madvise(start.byte_add(i * PART), small, libc::MADV_NOHUGEPAGE);
            }
        }
    }
}

/// So many threads are there at once that they would rather have little memory each than huge pages.
pub(crate) fn threads_are_many() {
    #[cfg(all(target_os = "linux", not(feature = "sanitized")))]
    settings::threads_are_many();
}

/// The memory of a vector of 16 bytes or more, without what it had to spare. It may be freed as a block of its size that is aligned
/// to 16 bytes: [`GLOBAL`] and the system's allocator treat blocks so large alike, whatever their alignment is up to that.
pub fn into_block<T: Copy>(items: Vec<T>) -> *mut u8 {
    const { assert!(align_of::<T>() <= 16) };
    debug_assert!(size_of_val(&items[..]) >= 16);
    Box::into_raw(items.into_boxed_slice()).cast()
}

/// Frees what is empty, of the calling thread and of the process.
pub(crate) fn collect() {
    #[cfg(not(feature = "sanitized"))]
    // SAFETY: the allocator's own function.
    unsafe {
        plain::mi_collect(true)
    };
}

#[cfg(all(test, not(feature = "sanitized")))]
mod tests {
    use super::*;
    use crate::blocks::{self, Size};

    #[test]
    fn who_sleeps_long_keeps_nothing() {
        let size = Size::of(3000).expect("of a kept size");
        let keep = || drop(std::hint::black_box(Vec::<u8>::with_capacity(3000)));
        begin_thread();
        keep();
        before_sleep(Duration::from_micros(1));
        let block = blocks::take(size).expect("kept for a short sleep");
        // SAFETY: just taken.
        unsafe { plain::mi_free(block.cast()) };
        keep();
        before_sleep(Duration::from_secs(1000));
        assert!(blocks::take(size).is_none());
        keep();
        let block = blocks::take(size).expect("it keeps blocks again");
        // SAFETY: as above.
        unsafe { plain::mi_free(block.cast()) };
        end_thread();
    }
}
