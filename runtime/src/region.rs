//! The reserved range of 4 GiB at a constant address that holds static objects and types.
//!
//! Because the address is a constant, the bits of `None` are a constant of the compiled code, and a
//! type is named by a u32 offset in the header of its instances.
//!
//! ```text
//! REGION + 0        static objects (None, True, ...), 64 KiB; offset 0 itself stays unused
//! REGION + 64 KiB   type cells of TYPE_STRIDE bytes: first STATIC_TYPES numbered by the interpreter,
//!                   then those handed out by alloc_type_cell
//! ```
//! Pages are reserved without access and opened on demand. A type cell's type word (bytes 12..16 of
//! its header) is 0 while it is free, as in every cell (R4, R12).

use crate::header::Header;
use crate::info::TypeInfo;
use crate::protocol::ranks::Rank;
use crate::sync::{AtomicBool, Mutex, Ordering};
use crate::thread::Thread;

pub const REGION: u64 = if cfg!(feature = "sanitized") {
    0x10_0000_0000
} else {
    0x2000_0000_0000
};
pub const REGION_BYTES: u64 = 1 << 32;
pub const STATIC_BYTES: u32 = 64 << 10;
pub const TYPE_STRIDE: u32 = 1024;
/// How many type words the interpreter may hand out as constants. Not many more than it does: the collector looks at the cells of all,
/// and each page of empty ones is a page fault in every process.
pub const STATIC_TYPES: u32 = 256;
/// Static objects with constant bits can be a multiple of this apart.
pub const STATIC_ALIGN: u32 = 16;

const COMMIT_STEP: u32 = 1 << 20;
const MAX_TYPES: u32 = ((REGION_BYTES - STATIC_BYTES as u64) / TYPE_STRIDE as u64 - 1) as u32;

struct State {
    committed: u64,
    next_type: u32,
    free: Vec<u32>,
}

static STATE: Mutex<State> = Mutex::ranked(
    Rank::Region,
    State {
        committed: 0,
        next_type: STATIC_TYPES,
        free: Vec::new(),
    },
);
static READY: AtomicBool = AtomicBool::new(false);

/// The bits of the static object at `offset` (a multiple of 16, not 0, below STATIC_BYTES).
pub const fn static_value_bits(offset: u32) -> u64 {
    assert!(offset != 0 && offset < STATIC_BYTES && offset.is_multiple_of(STATIC_ALIGN));
    REGION + offset as u64
}

/// The type word of the `index`-th static type.
pub const fn static_type_word(index: u32) -> u32 {
    assert!(index < STATIC_TYPES);
    STATIC_BYTES + index * TYPE_STRIDE
}

#[inline(always)]
pub(crate) fn is_static_type(word: u32) -> bool {
    word < STATIC_BYTES + STATIC_TYPES * TYPE_STRIDE
}

/// Where a type cell is.
#[inline(always)]
pub const fn type_ptr(word: u32) -> *const u8 {
    (REGION + word as u64) as *const u8
}

/// The word of a type cell's address.
#[inline(always)]
pub fn word_of(cell: *const u8) -> u32 {
    debug_assert!(contains(cell));
    (cell as u64 - REGION) as u32
}

/// Whether the address is one of a static object that is not a type: None, small strings.
#[inline(always)]
pub(crate) fn is_static_object(head: *const Header) -> bool {
    (head as u64).wrapping_sub(REGION) < STATIC_BYTES as u64
}

#[inline(always)]
pub fn contains(p: *const u8) -> bool {
    (p as u64).wrapping_sub(REGION) < REGION_BYTES
}

/// # Safety
/// `word` names an initialized type cell.
#[inline(always)]
pub unsafe fn info(word: u32) -> &'static TypeInfo {
    debug_assert!(word >= STATIC_BYTES, "type word {word:#x}");
    // SAFETY: behind the header of a type cell lies its TypeInfo; types outlive their instances (R12).
    unsafe { &*(type_ptr(word).add(size_of::<Header>()) as *const TypeInfo) }
}

/// Reserves the range and opens the static part. Idempotent; everything else calls it.
pub fn init() {
    if READY.load(Ordering::Acquire) {
        return;
    }
    let mut state = STATE.lock();
    if READY.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: a fresh anonymous mapping that replaces nothing.
    let got = unsafe {
        libc::mmap(
            REGION as *mut libc::c_void,
            REGION_BYTES as usize,
            libc::PROT_NONE,
            libc::MAP_PRIVATE
                | libc::MAP_ANONYMOUS
                | libc::MAP_NORESERVE
                | libc::MAP_FIXED_NOREPLACE,
            -1,
            0,
        )
    };
    assert!(
        got as u64 == REGION,
        "cannot reserve the address range of types: {}",
        std::io::Error::last_os_error()
    );
    let end = STATIC_BYTES as u64 + STATIC_TYPES as u64 * TYPE_STRIDE as u64;
    assert!(
        commit(&mut state, end),
        "cannot open the address range of types"
    );
    READY.store(true, Ordering::Release);
}

fn commit(state: &mut State, end: u64) -> bool {
    if end <= state.committed {
        return true;
    }
    let end = end.next_multiple_of(COMMIT_STEP as u64).min(REGION_BYTES);
    // SAFETY: inside the reserved range.
    let done = unsafe {
        libc::mprotect(
            (REGION + state.committed) as *mut libc::c_void,
            (end - state.committed) as usize,
            libc::PROT_READ | libc::PROT_WRITE,
        )
    };
    if done == 0 {
        state.committed = end;
    }
    done == 0
}

/// A zeroed type cell, or null when 4 million types live. Its type word must be stored last (R12).
pub fn alloc_type_cell(_t: &Thread) -> *mut u8 {
    init();
    let mut state = STATE.lock();
    let word = match state.free.pop() {
        Some(word) => word,
        None => {
            let index = state.next_type;
            let word = STATIC_BYTES as u64 + index as u64 * TYPE_STRIDE as u64;
            if index >= MAX_TYPES || !commit(&mut state, word + TYPE_STRIDE as u64) {
                return std::ptr::null_mut();
            }
            state.next_type += 1;
            word as u32
        }
    };
    drop(state);
    let cell = type_ptr(word) as *mut u8;
    // SAFETY: the cell is ours; its header's atomics are left as the free cell has them (R4).
    unsafe {
        let header = size_of::<Header>();
        std::ptr::write_bytes(cell.add(header), 0, TYPE_STRIDE as usize - header);
    }
    cell
}

/// Gives a dead type's cell back. The caller waited for a grace period: the collector does.
///
/// # Safety
/// No cell names the type and no reader can (R12).
pub unsafe fn free_type_cell(cell: *mut u8) {
    // SAFETY: a type cell starts with its header.
    unsafe { (*(cell as *mut Header)).retire_cell() };
    STATE.lock().free.push(word_of(cell));
}

/// Visits the initialized type cells. World stopped.
pub fn for_each_type(mut f: impl FnMut(*mut Header)) {
    if !READY.load(Ordering::Acquire) {
        return;
    }
    let end = STATE.lock().next_type;
    for index in 0..end {
        let head = type_ptr(STATIC_BYTES + index * TYPE_STRIDE) as *mut Header;
        // SAFETY: committed memory; zero type word means free.
        if unsafe { (*head).type_word() } != 0 {
            f(head);
        }
    }
}

/// The index of a type cell, for side arrays.
pub(crate) fn type_index(head: *const Header) -> Option<usize> {
    let off = (head as u64).wrapping_sub(REGION);
    (off < REGION_BYTES && off >= STATIC_BYTES as u64)
        .then(|| ((off - STATIC_BYTES as u64) / TYPE_STRIDE as u64) as usize)
}

pub(crate) fn type_count() -> usize {
    STATE.lock().next_type as usize
}
