//! The backing array of a list (R9): its capacity in front, words behind it, NULL past the length. A buffer that other
//! threads may be reading is retired through QSBR when it is replaced; one that never was shared is freed or grown in place.

use crate::Value;
use std::alloc::Layout;
use typhon_runtime::header::Header;
use typhon_runtime::refcount;
use typhon_runtime::slot::Slot;
use typhon_runtime::thread::Thread;

#[repr(C)]
pub struct ListBuf {
    cap: usize,
    items: [Slot; 0],
}

pub(super) const ITEMS: usize = 8;
const _: () = assert!(std::mem::offset_of!(ListBuf, items) == ITEMS);

/// What an empty list points at: no capacity, never freed.
pub static NO_BUF: ListBuf = ListBuf { cap: 0, items: [] };
/// What a list points at while it is being sorted; any growth replaces it, so the sort can tell.
pub static SORTING: ListBuf = ListBuf { cap: 0, items: [] };

fn layout(cap: usize) -> Option<Layout> {
    Layout::from_size_align(cap.checked_mul(8)?.checked_add(ITEMS)?, 8).ok()
}

impl ListBuf {
    #[inline(always)]
    pub fn cap(&self) -> usize {
        self.cap
    }
    /// The first `n` words; `n <= cap`.
    #[inline(always)]
    pub fn slots(&self, n: usize) -> &[Slot] {
        debug_assert!(n <= self.cap);
        // SAFETY: R9: `cap` words follow the struct.
        unsafe {
            let first = (&raw const *self).cast::<u8>().add(ITEMS).cast::<Slot>();
            std::slice::from_raw_parts(first, n)
        }
    }
    /// Word `i`; `i < cap`.
    #[inline(always)]
    pub fn word(&self, i: usize) -> &Slot {
        debug_assert!(i < self.cap);
        // SAFETY: R9: `cap` words follow the struct; callers compare with `cap` first.
        unsafe {
            &*(&raw const *self)
                .cast::<u8>()
                .add(ITEMS)
                .cast::<Slot>()
                .add(i)
        }
    }
    pub(super) fn words(&self) -> *mut u64 {
        (&raw const *self)
            .cast::<u8>()
            .wrapping_add(ITEMS)
            .cast::<u64>()
            .cast_mut()
    }
    /// Move the first `n` words to `to`, leaving NULL.
    ///
    /// # Safety
    /// Nobody else knows this buffer, which has them; `to` has room; their counts are the receiver's from now on.
    pub(super) unsafe fn give_words(&self, to: *mut u64, n: usize) {
        // SAFETY: by contract.
        unsafe {
            std::ptr::copy_nonoverlapping(self.words(), to, n);
            std::ptr::write_bytes(self.words(), 0, n);
        }
    }
    /// Fill words `n..total` with the first `n` over and over.
    ///
    /// # Safety
    /// Nobody else knows the buffer, which has `total` words; the counts are the caller's business.
    pub unsafe fn fill_from_start(&self, n: usize, total: usize) {
        debug_assert!(n > 0 && total <= self.cap);
        let mut done = n;
        while done < total {
            let more = done.min(total - done);
            // SAFETY: by contract; the two ranges are disjoint.
            unsafe { std::ptr::copy_nonoverlapping(self.words(), self.words().add(done), more) };
            done += more;
        }
    }
    /// Move `n` words from `from` to `to`. Word by word where readers without the lock may look on.
    pub fn shift(&self, from: usize, to: usize, n: usize, shared: bool) {
        debug_assert!(from + n <= self.cap && to + n <= self.cap);
        if !shared {
            // SAFETY: in bounds; no reader without the lock exists (R9).
            unsafe { std::ptr::copy(self.words().add(from), self.words().add(to), n) };
        } else if from < to {
            for i in (0..n).rev() {
                // SAFETY: the count moves with the word; under the lock.
                unsafe { self.word(to + i).set_bits(self.word(from + i).peek_bits()) };
            }
        } else {
            for i in 0..n {
                // SAFETY: as above.
                unsafe { self.word(to + i).set_bits(self.word(from + i).peek_bits()) };
            }
        }
    }
}

/// A new buffer of NULL words, or None when memory is out.
pub fn alloc(cap: usize) -> Option<*mut ListBuf> {
    let layout = layout(cap)?;
    // SAFETY: the size is not 0; the rest of the buffer is zero words.
    unsafe {
        let p = std::alloc::alloc_zeroed(layout).cast::<ListBuf>();
        if p.is_null() {
            return None;
        }
        (*p).cap = cap;
        Some(p)
    }
}

/// A new buffer of `n` words, none written yet. None when memory is out.
///
/// # Safety
/// `n` is not 0, and the caller writes all words before anybody sees the buffer.
unsafe fn unwritten(n: usize) -> Option<*mut ListBuf> {
    // SAFETY: the size is not 0.
    unsafe {
        let p = std::alloc::alloc(layout(n)?).cast::<ListBuf>();
        if p.is_null() {
            return None;
        }
        (*p).cap = n;
        Some(p)
    }
}

/// A new buffer of exactly these words (no more than `n`; the rest is NULL). None when memory is out: then no word was taken.
#[inline]
pub fn filled(n: usize, words: impl Iterator<Item = u64>) -> Option<*mut ListBuf> {
    // SAFETY: all `n` words are written before the buffer is published.
    unsafe {
        let p = unwritten(n)?;
        let at = (*p).words();
        let mut i = 0;
        for w in words.take(n) {
            at.add(i).write(w);
            i += 1;
        }
        std::ptr::write_bytes(at.add(i), 0, n - i);
        Some(p)
    }
}

/// Places in the buffer of a list whose lock is held: `count` of them from `start`, `step` apart.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub buf: &'a ListBuf,
    pub start: usize,
    pub step: isize,
    pub count: usize,
}

impl Run<'_> {
    /// Counted copies of the items, to `to` and the words after it.
    ///
    /// # Safety
    /// The list's lock is held; all places are below its length; `to` has room.
    #[inline(always)]
    pub(super) unsafe fn copy_to(self, to: *mut u64, tid: u16) {
        // SAFETY: by contract.
        unsafe {
            let mut from = self.buf.words().cast_const().add(self.start);
            for i in 0..self.count {
                let bits = from.read();
                if bits & 3 == 0 {
                    refcount::incref(&*(bits as *const Header), tid);
                }
                to.add(i).write(bits);
                from = from.wrapping_offset(self.step);
            }
        }
    }
}

/// A new buffer of counted copies of these items, one run after the other. None when memory is out.
///
/// # Safety
/// The lists' locks are held; all places are below their lengths; there is one at least.
#[inline]
pub unsafe fn copied<const N: usize>(runs: [Run<'_>; N], tid: u16) -> Option<*mut ListBuf> {
    // SAFETY: by contract; all words are written.
    unsafe {
        let p = unwritten(runs.iter().map(|run| run.count).sum())?;
        let mut to = (*p).words();
        for run in runs {
            run.copy_to(to, tid);
            to = to.add(run.count);
        }
        Some(p)
    }
}

/// Counted copies of these items in a vector.
///
/// # Safety
/// As for [`copied`], but for the last condition.
pub unsafe fn copied_to_vec(run: Run<'_>, tid: u16) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::with_capacity(run.count);
    // SAFETY: by contract; a `Value` is one word; all `count` are written.
    unsafe {
        run.copy_to(out.as_mut_ptr().cast(), tid);
        out.set_len(run.count);
    }
    out
}

/// Counted copies of the first `n` items handed out one by one, for few of them. `put` only stores.
///
/// # Safety
/// The list's lock is held and `n` is not above its length.
#[inline(always)]
pub unsafe fn hand_out(buf: &ListBuf, n: usize, tid: u16, mut put: impl FnMut(usize, u64)) {
    for i in 0..n {
        let bits = buf.word(i).peek_bits();
        if bits & 3 == 0 {
            // SAFETY: an item below the length is a value; the lock keeps it.
            unsafe { refcount::incref(&*(bits as *const Header), tid) };
        }
        put(i, bits);
    }
}

#[inline(always)]
pub fn is_static(buf: *const ListBuf) -> bool {
    std::ptr::eq(buf, &raw const NO_BUF) || std::ptr::eq(buf, &raw const SORTING)
}

/// Grow a buffer nobody reads without the lock; None leaves it as it was.
///
/// # Safety
/// The caller holds the lock, the list is not shared, and it stores the result at once.
pub unsafe fn grow_unshared(buf: *mut ListBuf, cap: usize) -> Option<*mut ListBuf> {
    if is_static(buf) {
        return alloc(cap);
    }
    // SAFETY: by contract the only pointer to the buffer; the tail is zeroed before publication.
    unsafe {
        let old = (*buf).cap;
        let new_layout = layout(cap)?;
        let p = std::alloc::realloc(buf.cast(), layout(old)?, new_layout.size()).cast::<ListBuf>();
        if p.is_null() {
            return None;
        }
        (*p).cap = cap;
        std::ptr::write_bytes((*p).words().add(old), 0, cap - old);
        Some(p)
    }
}

/// A copy of the first `n` words in a new buffer; the counts move with them.
pub fn copy_words(from: &ListBuf, n: usize, cap: usize) -> Option<*mut ListBuf> {
    let p = alloc(cap)?;
    for i in 0..n {
        // SAFETY: `p` is new with `cap >= n` words.
        unsafe { (*p).word(i).set_bits(from.word(i).peek_bits()) };
    }
    Some(p)
}

/// Free a buffer whose words carry no counts any more.
///
/// # Safety
/// No reader: it never was shared, or a grace period has passed, or its list is dead.
pub unsafe fn free(buf: *mut ListBuf) {
    if !is_static(buf) {
        // SAFETY: made by `alloc` with this capacity, so that has a layout.
        unsafe { std::alloc::dealloc(buf.cast(), layout((*buf).cap).unwrap_unchecked()) }
    }
}

/// A buffer taken out of its list: freed at once, or after a grace period when readers may hold it (R9).
#[must_use = "the buffer has to be disposed of after the lock"]
pub struct OldBuf {
    buf: *mut ListBuf,
    shared: bool,
}

impl OldBuf {
    pub fn new(buf: *mut ListBuf, shared: bool) -> OldBuf {
        OldBuf { buf, shared }
    }
    pub fn is_none(&self) -> bool {
        is_static(self.buf)
    }
    pub fn none() -> OldBuf {
        OldBuf {
            buf: (&raw const NO_BUF).cast_mut(),
            shared: false,
        }
    }
    pub fn dispose(self, t: &Thread) {
        if is_static(self.buf) {
        } else if self.shared {
            // SAFETY: R8/R9: unlinked under the lock; freed after a grace period with the layout it was made with.
            unsafe {
                typhon_runtime::qsbr::retire_buffer(
                    t,
                    self.buf.cast(),
                    layout((*self.buf).cap).expect("was allocated"),
                )
            }
        } else {
            // SAFETY: R9: never shared.
            unsafe { free(self.buf) }
        }
    }
}

const _: () = assert!(size_of::<Slot>() == size_of::<Value>());

/// Whether this thread may follow the object's buffer without its lock (R9); in the build with a global lock always.
#[inline(always)]
pub fn may_read(head: &Header, tid: u16) -> bool {
    typhon_runtime::GIL_BUILD || head.may_read_unlocked(tid)
}
