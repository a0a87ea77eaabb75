//! The object heap: allocation and release of cells.

use crate::counters::Counter;
use crate::header::Header;
use crate::region;
use crate::thread::Thread;
use crate::value::Value;
use std::alloc::Layout;

/// Cells up to this many bytes, header included, come from pages of one size class.
pub const MAX_SMALL: usize = 512;

#[derive(Debug, Clone, Copy)]
pub struct OutOfMemory;

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
    if bytes > MAX_SMALL {
        // SAFETY: by contract.
        return unsafe { alloc_large(t, bytes, ty, init) };
    }
    // SAFETY: by contract.
    unsafe { alloc_large(t, bytes, ty, init) }
}

/// A cell beyond the size classes, kept in a registry. Its memory is given back behind a grace period.
///
/// # Safety
/// As for [`alloc`].
#[inline(never)]
pub unsafe fn alloc_large(
    t: &Thread,
    bytes: usize,
    ty: u32,
    init: impl FnOnce(*mut u8),
) -> Result<Value, OutOfMemory> {
    t.counters.add(Counter::large_alloc, 1);
    let layout = Layout::from_size_align(bytes.max(32), 16).map_err(|_| OutOfMemory)?;
    // SAFETY: not of size zero.
    let cell = unsafe { std::alloc::alloc_zeroed(layout) };
    if cell.is_null() {
        return Err(OutOfMemory);
    }
    let head = cell as *mut Header;
    // SAFETY: a fresh cell.
    unsafe {
        (*head).begin(t.tid);
        init(cell);
        (*head).publish(ty);
        Ok(Value::from_header(head))
    }
}

/// # Safety
/// The object is dead and its payload dropped.
pub(crate) unsafe fn free_cell(_t: &Thread, head: *mut Header) {
    if region::contains(head as *const u8) {
        // SAFETY: a dead type.
        unsafe { region::free_type_cell(head as *mut u8) };
        return;
    }
    // SAFETY: dead. The memory is not reused yet.
    unsafe { (*head).retire_cell() };
}

/// Heap statistics.
#[derive(Debug, Default, Clone, Copy)]
pub struct Stats {
    pub live_cells: usize,
    pub live_bytes: usize,
    pub pages: usize,
    pub large_objects: usize,
}
