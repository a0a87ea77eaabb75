//! Cells beyond the size classes: memory of the global allocator, known to a registry so that the
//! collector finds them, and given back only after a grace period (R3).
//!
//! ```text
//! [ bytes u64 | shard u32 | gc u32 | index u64 | - ] [ header, payload ... ]
//! ```

use crate::counters::Counter;
use crate::gc;
use crate::header::Header;
use crate::heap::OutOfMemory;
use crate::protocol::ranks::Rank;
use crate::qsbr;
use crate::sync::{AtomicU32, Mutex};
use crate::thread::Thread;
use crate::value::Value;
use std::alloc::Layout;
use std::cell::Cell;

#[repr(C, align(16))]
pub(crate) struct Prefix {
    /// Of the cell, header included.
    bytes: usize,
    shard: u32,
    /// The collector's word.
    pub(crate) gc: AtomicU32,
    /// Place in the shard's list; under the shard's lock.
    index: Cell<usize>,
}

const PREFIX: usize = size_of::<Prefix>();
const _: () = assert!(PREFIX == 32);

const SHARDS: usize = 16;

struct List(Vec<*mut Header>);
/// A cache line of its own: threads take their own shards.
#[repr(align(128))]
struct Shard(Mutex<List>);
// SAFETY: addresses of cells, used under the lock or with the world stopped.
unsafe impl Send for List {}

static LISTS: [Shard; SHARDS] =
    [const { Shard(Mutex::ranked(Rank::Large, List(Vec::new()))) }; SHARDS];

#[inline]
pub(crate) fn prefix(head: *const Header) -> *const Prefix {
    (head as u64 - PREFIX as u64) as *const Prefix
}

fn layout(bytes: usize) -> Result<Layout, OutOfMemory> {
    let all = bytes.checked_add(PREFIX).ok_or(OutOfMemory)?;
    Layout::from_size_align(all, 16).map_err(|_| OutOfMemory)
}

/// Makes an object of any size outside the pages.
///
/// # Safety
/// As for [`crate::heap::alloc_sized`].
#[inline(never)]
pub unsafe fn alloc_large(
    t: &Thread,
    bytes: usize,
    ty: u32,
    init: impl FnOnce(*mut u8),
) -> Result<Value, OutOfMemory> {
    t.counters.add(Counter::large_alloc, 1);
    let layout = layout(bytes)?;
    // SAFETY: not of size zero.
    let base = unsafe { std::alloc::alloc(layout) };
    if base.is_null() {
        return Err(OutOfMemory);
    }
    let shard = t.tid as usize % SHARDS;
    // SAFETY: fresh memory: no stale reader knows it, so the header may be written whole (R4).
    unsafe {
        let head = base.add(PREFIX) as *mut Header;
        head.write(Header::placeholder());
        (*head).begin(t.tid);
        init(head as *mut u8);
        let mut list = LISTS[shard].0.lock();
        (base as *mut Prefix).write(Prefix {
            bytes,
            shard: shard as u32,
            gc: AtomicU32::new(0),
            index: Cell::new(list.0.len()),
        });
        list.0.push(head);
        drop(list);
        (*head).publish(ty);
        gc::note_large(t, bytes as isize);
        Ok(Value::from_header(head))
    }
}

/// # Safety
/// A dead large cell.
pub(crate) unsafe fn free(t: &Thread, head: *mut Header) {
    // SAFETY: it came from `alloc_large`; its memory stays readable for a grace period.
    unsafe {
        (*head).retire_cell();
        let p = &*prefix(head);
        let mut list = LISTS[p.shard as usize].0.lock();
        let index = p.index.get();
        list.0.swap_remove(index);
        if let Some(&moved) = list.0.get(index) {
            (*prefix(moved)).index.set(index);
        }
        drop(list);
        gc::note_large(t, -(p.bytes as isize));
        qsbr::defer(t, head as *mut u8, p.bytes, release);
    }
}

unsafe fn release(cell: *mut u8, bytes: usize) {
    // SAFETY: after the grace period; same layout as at allocation.
    unsafe {
        if let Ok(layout) = layout(bytes) {
            std::alloc::dealloc(cell.sub(PREFIX), layout);
        }
    }
}

/// World stopped, or the caller accepts that objects come and go: the lists are locked one by one.
pub(crate) fn for_each(mut f: impl FnMut(*mut Header, usize)) {
    for list in &LISTS {
        for &head in &list.0.lock().0 {
            // SAFETY: in the list, so not freed.
            f(head, unsafe { (*prefix(head)).bytes });
        }
    }
}
