//! Blocks of half a kilobyte to 32 that a thread has freed and keeps for its next ones: buffers of lists and tables, of text and
//! bytes.
//!
//! The general allocator searches a page for each block beyond a kilobyte, and a page that becomes empty goes back to what all
//! threads share and is made anew a moment later. The thread that ran the program's start has long-lived blocks of
//! all sizes, which keep its pages; another one that makes and drops a buffer at a time has none, and spent a twentieth of its
//! time on that.
//!
//! A block of such a size is always as large as the allocator would make it, so that any block of a size stands for any other. Only
//! threads that run Python keep some, from the time they attach until they end, and they give them up when they go to sleep for a
//! while: such a block may be the last one of a page of 64 KiB that another thread left behind.

use std::cell::Cell;
use std::ptr::null_mut;

/// A free block.
struct Free {
    next: *mut Free,
}

/// Four sizes for every power of two, which are the allocator's own: nothing is lost by rounding up to them.
const STEPS: usize = 4;
/// Smaller blocks come from the allocator without a search.
const BELOW: usize = 512;
const GREATEST: usize = 32 << 10;
const SIZES: usize = STEPS * (GREATEST / BELOW).ilog2() as usize;
/// How many bytes a thread keeps at most: one block of each size.
const MOST: usize = 128 << 10;

struct Kept {
    lists: [Cell<*mut Free>; SIZES],
    /// How much more may be kept: nothing before [`begin`] and after [`end`].
    room: Cell<usize>,
}

thread_local! {
    // Without a destructor, so that it may be used at any time.
    static KEPT: Kept = const {
        Kept { lists: [const { Cell::new(null_mut()) }; SIZES], room: Cell::new(0) }
    };
}

/// The size of block that so many bytes want.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(usize);

impl Size {
    #[inline(always)]
    pub(crate) fn of(bytes: usize) -> Option<Size> {
        if bytes <= BELOW || bytes > GREATEST {
            return None;
        }
        let power = (bytes - 1).ilog2();
        let step = (bytes - 1 - (1 << power)) / ((1 << power) / STEPS);
        Some(Size((power - BELOW.ilog2()) as usize * STEPS + step))
    }

    /// How many bytes its blocks have.
    #[inline(always)]
    pub(crate) fn bytes(self) -> usize {
        let power = BELOW << (self.0 / STEPS);
        power + (self.0 % STEPS + 1) * (power / STEPS)
    }
}

/// A block that was kept.
#[inline]
pub(crate) fn take(size: Size) -> Option<*mut u8> {
    KEPT.with(|kept| {
        let list = &kept.lists[size.0];
        let block = list.get();
        if block.is_null() {
            return None;
        }
        // SAFETY: blocks in the lists are free and this thread's.
        list.set(unsafe { (*block).next });
        kept.room.set(kept.room.get() + size.bytes());
        Some(block.cast())
    })
}

/// False: enough is kept, free it.
///
/// # Safety
/// The caller gives up a block of the general allocator, of at least `size.bytes()` bytes.
#[inline]
pub(crate) unsafe fn keep(block: *mut u8, size: Size) -> bool {
    KEPT.with(|kept| {
        let Some(room) = kept.room.get().checked_sub(size.bytes()) else {
            return false;
        };
        kept.room.set(room);
        let (block, list) = (block.cast::<Free>(), &kept.lists[size.0]);
        // SAFETY: nobody else uses the block.
        unsafe { block.write(Free { next: list.get() }) };
        list.set(block);
        true
    })
}

/// The thread keeps blocks from now on.
pub(crate) fn begin() {
    KEPT.with(|kept| kept.room.set(MOST));
}

/// The thread gives up what it kept.
pub(crate) fn give_up(free: impl Fn(*mut u8)) {
    for size in (0..SIZES).map(Size) {
        while let Some(block) = take(size) {
            free(block);
        }
    }
}

/// The thread gives up what it kept, and keeps no more.
pub(crate) fn end(free: impl Fn(*mut u8)) {
    give_up(free);
    KEPT.with(|kept| kept.room.set(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_cover_what_they_stand_for() {
        for bytes in BELOW + 1..=GREATEST {
            let size = Size::of(bytes).expect("in range");
            assert!(size.bytes() >= bytes && Size::of(size.bytes()) == Some(size));
            assert!(size.0 == 0 || Size(size.0 - 1).bytes() < bytes);
        }
        assert!(Size::of(BELOW).is_none() && Size::of(GREATEST + 1).is_none());
        assert_eq!(Size(SIZES - 1).bytes(), GREATEST);
    }

    #[test]
    fn a_thread_keeps_so_much_and_no_more() {
        let size = Size::of(GREATEST).expect("in range");
        let mut blocks = vec![vec![0u64; GREATEST / 8]; MOST / GREATEST + 1];
        let starts: Vec<*mut u8> = blocks.iter_mut().map(|b| b.as_mut_ptr().cast()).collect();
        // SAFETY: the blocks live until the end of the test, and are not looked at.
        let keep = |at: usize| unsafe { keep(starts[at], size) };
        assert!(!keep(0) && take(size).is_none(), "not before it begins");
        begin();
        let (last, fit) = (starts.len() - 1, 0..starts.len() - 1);
        assert!(fit.clone().all(keep) && !keep(last));
        assert_eq!(take(size), Some(starts[last - 1]));
        assert!(keep(last));
        let given = Cell::new(0);
        give_up(|_| given.set(given.get() + 1));
        assert_eq!(given.get(), fit.len());
        assert!(fit.clone().all(keep) && !keep(last), "it keeps on");
        let freed = Cell::new(0);
        end(|_| freed.set(freed.get() + 1));
        assert_eq!(freed.get(), fit.len());
        assert!(!keep(0));
    }
}
