//! `list`: a buffer of words and a length. Reads take no lock (R2); every change holds the object's lock. Displaced values
//! leave the lock before they are dropped (R1).
//! - `buf.rs`: the buffer (R9)
//! - `moving.rs`: operands that end with the operation
//! - `methods.rs`, `slice.rs`, `sort.rs`, `iter.rs`: what Python sees

pub mod buf;
pub mod heap;
pub mod iter;
pub mod methods;
pub mod moving;
pub mod repr;
pub mod slice;
pub mod sort;

use crate::native::*;
use crate::objects::dict::keys;
use crate::objects::slice::Steps;
use crate::statics::word;
use crate::{Cx, Res, Value};
use buf::{ListBuf, NO_BUF, OldBuf, Run, SORTING, may_read};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use typhon_runtime::header::Header;
use typhon_runtime::info::Shape;
use typhon_runtime::lock::{HeadGuard, lock2};
use typhon_runtime::protocol::list_read::{self, Place};
use typhon_runtime::slot::MARKED_AHEAD;

/// Built-in mutable sequence.
///
/// If no argument is given, the constructor creates a new empty list.
/// The argument must be an iterable if specified.
#[pytype(name = "list", gc, basetype, unhashable, sequence, static_index = LIST)]
#[repr(C)]
pub struct List {
    pub head: Header,
    /// Never null. Written under the lock.
    #[skip]
    buf: AtomicPtr<ListBuf>,
    /// Written under the lock; readers without it may see an old one and then meet a NULL word.
    #[skip]
    len: AtomicUsize,
}

/// From so many items on.
const SHARED_GROWS_FASTER: usize = 512;

impl List {
    /// What [`Traverse`] shows.
    pub const SHAPE: Shape = Shape::Buffer {
        pointer: std::mem::offset_of!(List, buf) as u32,
        len: std::mem::offset_of!(List, len) as u32,
        skip: buf::ITEMS as u32,
    };
}

/// What looking for a value found.
pub(super) enum Sought {
    At(usize),
    /// The item there has to be asked.
    Ask(usize),
    Nowhere,
}

/// What a change displaced; dropped by the caller after the lock.
#[must_use = "settle it after the lock"]
pub(super) struct Displaced {
    pub values: Vec<Value>,
    pub buf: OldBuf,
}

impl List {
    pub(super) fn empty() -> List {
        List {
            head: Header::placeholder(),
            buf: AtomicPtr::new((&raw const NO_BUF).cast_mut()),
            len: AtomicUsize::new(0),
        }
    }
    /// A list around a buffer holding these values; None when memory is out.
    fn from_values(values: Vec<Value>) -> Option<List> {
        let n = values.len();
        if n == 0 {
            return Some(List::empty());
        }
        let p = buf::filled(n, values.into_iter().map(|v| v.into_counted().into_bits()))?;
        Some(List::around(p, n))
    }
    /// A list around a buffer of `n` items nobody else knows.
    fn around(p: *mut ListBuf, n: usize) -> List {
        List {
            head: Header::placeholder(),
            buf: AtomicPtr::new(p),
            len: AtomicUsize::new(n),
        }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The buffer; valid until this thread's next safepoint when `may_read`, or while locked.
    #[inline(always)]
    fn buffer(&self) -> &ListBuf {
        // SAFETY: R8/R9: a replaced buffer is retired while readers may hold it.
        unsafe { &*self.buf.load(Ordering::Acquire) }
    }
    #[inline(always)]
    fn is_buffer(&self, b: &ListBuf) -> bool {
        list_read::is_current(&self.buf, b)
    }
    /// Where item `i` is, for a reader without the lock.
    #[inline(always)]
    fn place(&self, i: usize) -> Place<ListBuf> {
        // SAFETY: never null, and retired only after this guard (R8).
        list_read::place(&self.len, &self.buf, i, |b| unsafe { (*b).cap() })
    }

    /// The lock; a safepoint (R6).
    #[inline(always)]
    fn lock<'a>(&'a self, cx: &'a mut Cx) -> HeadGuard<'a> {
        self.head.lock(cx)
    }

    /// Item `i`, counted. None when out of range.
    #[inline(always)]
    pub fn get(&self, cx: &mut Cx, i: usize) -> Option<Value> {
        if may_read(&self.head, cx.tid) {
            match self.place(i) {
                Place::Outside => return None,
                Place::Unsure => {}
                Place::In(b) => {
                    // SAFETY: R8/R9: a replaced buffer is retired while readers may hold it; `i` is below its capacity.
                    let b = unsafe { &*b };
                    if let Ok(Some(v)) = b.word(i).try_get_in(cx.tid, || self.is_buffer(b)) {
                        return Some(v);
                    }
                }
            }
        }
        self.get_locked(cx, i)
    }

    /// Item `i` for a register: deferred and immortal objects come BORROWED. None: out of range or contended; ask `get`.
    #[inline(always)]
    pub fn get_for_register(&self, cx: &Cx, i: usize) -> Option<Value> {
        let bits = self.word_for_register(cx, i);
        // SAFETY: a register word, which is the caller's.
        (bits != 0).then(|| unsafe { Value::from_bits(bits) })
    }
    /// The same as a register word; 0 for None.
    #[inline(always)]
    pub fn word_for_register(&self, cx: &Cx, i: usize) -> u64 {
        if !may_read(&self.head, cx.tid) {
            return 0;
        }
        let Place::In(b) = self.place(i) else {
            return 0;
        };
        // SAFETY: as in `get`.
        let b = unsafe { &*b };
        b.word(i).word_for_register(cx.tid, || self.is_buffer(b))
    }

    #[cold]
    #[inline(never)]
    fn get_locked(&self, cx: &mut Cx, i: usize) -> Option<Value> {
        let tid = cx.tid;
        let _g = self.lock(cx);
        let n = self.len();
        if i >= n {
            return None;
        }
        let b = self.buffer();
        // Whoever walks over another thread's list needs the lock once for all of these.
        for ahead in i + 1..n.min(i + 1 + MARKED_AHEAD) {
            b.word(ahead).mark_ahead(tid);
        }
        b.word(i).get_locked_marking()
    }

    /// Replace item `i`. `Err` gives the value back when out of range; the old value is dropped by the caller.
    #[inline(always)]
    pub fn set(&self, cx: &mut Cx, i: usize, v: Value) -> Result<Value, Value> {
        let v = v.into_counted();
        let _g = self.lock(cx);
        if i >= self.len.load(Ordering::Relaxed) {
            return Err(v);
        }
        Ok(self
            .buffer()
            .word(i)
            .swap(Some(v))
            .expect("items below the length are set"))
    }

    /// Append.
    #[inline(always)]
    pub fn push(&self, cx: &mut Cx, v: Value) -> Res<()> {
        let v = v.into_counted();
        {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            let b = self.buffer();
            if n < b.cap() {
                b.word(n).init(v);
                list_read::publish_length(&self.len, n + 1);
                return Ok(());
            }
        }
        self.push_growing(cx, v)
    }

    /// Append to a list that the caller's own register holds. Held by nothing else, it needs no lock: another thread has
    /// no way to reach it. Not for lists reached through a field of another object, which counts once for all threads.
    #[inline(always)]
    pub fn push_register(&self, cx: &mut Cx, v: Value) -> Res<()> {
        if self.head.is_uniquely_held(cx.tid) {
            let n = self.len.load(Ordering::Relaxed);
            let b = self.buffer();
            if n < b.cap() {
                b.word(n).init(v);
                list_read::publish_length(&self.len, n + 1);
                return Ok(());
            }
            return self.push_growing_alone(cx, v);
        }
        self.push(cx, v)
    }

    /// Append to a full list that nothing but the caller's register holds, which needs no lock.
    #[inline(never)]
    fn push_growing_alone(&self, cx: &mut Cx, v: Value) -> Res<()> {
        let n = self.len.load(Ordering::Relaxed);
        let Some(old) = self.reserve_locked(n + 1) else {
            return Err(cx.memory_error());
        };
        self.buffer().word(n).init(v);
        list_read::publish_length(&self.len, n + 1);
        old.dispose(cx);
        Ok(())
    }

    /// Whether a small int is among the items, without the lock (R2); None if that has to be asked of one of them. A word of
    /// the buffer that holds no small int now, or none at all, is asked about.
    #[inline]
    pub fn contains_int(&self, tid: u16, key: u64) -> Option<bool> {
        if !buf::may_read(&self.head, tid) {
            return None;
        }
        let n = self.len.load(Ordering::Acquire);
        let b = self.buffer();
        if n > b.cap() {
            return None;
        }
        let words = b.slots(n).iter().map(Slot::peek_bits);
        crate::objects::dict::quick::contains_int(words, key)
    }

    /// Append a copy of `v`, if there is room.
    #[inline(always)]
    pub fn push_within(&self, cx: &mut Cx, v: &Value) -> bool {
        let tid = cx.tid;
        let _g = self.lock(cx);
        let n = self.len.load(Ordering::Relaxed);
        let b = self.buffer();
        if n >= b.cap() {
            return false;
        }
        b.word(n).init(v.clone_in(tid));
        list_read::publish_length(&self.len, n + 1);
        true
    }

    #[inline(never)]
    fn push_growing(&self, cx: &mut Cx, v: Value) -> Res<()> {
        let pushed = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            match self.reserve_locked(n + 1) {
                Some(old) => {
                    self.buffer().word(n).init(v);
                    list_read::publish_length(&self.len, n + 1);
                    Ok(old)
                }
                None => Err(v),
            }
        };
        match pushed {
            Ok(old) => {
                old.dispose(cx);
                Ok(())
            }
            Err(_) => Err(cx.memory_error()),
        }
    }

    /// Under the lock: room for `n` items in all, growing by an eighth and a bit, or by a half: a buffer that others may be
    /// reading is copied into fresh memory and waits for them (R9), while everybody who wants to append waits for the copy. None
    /// when memory is out.
    fn reserve_locked(&self, n: usize) -> Option<OldBuf> {
        let b = self.buf.load(Ordering::Relaxed);
        // SAFETY: never null; under the lock.
        let cap = unsafe { (*b).cap() };
        if n <= cap && !std::ptr::eq(b, &raw const SORTING) {
            return Some(OldBuf::none());
        }
        let step = if self.head.is_shared() && n >= SHARED_GROWS_FASTER {
            n >> 1
        } else {
            n >> 3
        };
        let mut want = n.checked_add(step + 6)? & !3;
        let len = self.len.load(Ordering::Relaxed);
        if n - len > want - n {
            // A big step: `extend` of known size gets just what it needs.
            want = (n + 3) & !3;
        }
        self.resize_locked(want.max(n))
    }

    /// Under the lock: a buffer of `cap` words holding the present items.
    fn resize_locked(&self, cap: usize) -> Option<OldBuf> {
        let b = self.buf.load(Ordering::Relaxed);
        if self.head.is_shared() {
            // SAFETY: never null; under the lock.
            let p = buf::copy_words(unsafe { &*b }, self.len.load(Ordering::Relaxed), cap)?;
            list_read::publish_buffer(&self.buf, p);
            Some(OldBuf::new(b, true))
        } else {
            // SAFETY: under the lock and not shared; stored at once.
            let p = unsafe { buf::grow_unshared(b, cap) }?;
            list_read::publish_buffer(&self.buf, p);
            Some(OldBuf::none())
        }
    }

    /// Under the lock: after a removal, give memory back when less than half is used.
    fn shrink_locked(&self) -> OldBuf {
        let b = self.buf.load(Ordering::Relaxed);
        let n = self.len.load(Ordering::Relaxed);
        // SAFETY: never null.
        let cap = unsafe { (*b).cap() };
        if cap < 32 || n >= cap / 2 {
            return OldBuf::none();
        }
        let want = (n + (n >> 3) + 6) & !3;
        // SAFETY: as above.
        match buf::copy_words(unsafe { &*b }, n, want) {
            Some(p) => {
                list_read::publish_buffer(&self.buf, p);
                OldBuf::new(b, self.head.is_shared())
            }
            None => OldBuf::none(),
        }
    }

    /// The items, counted, as they were at one moment.
    pub fn to_vec(&self, cx: &mut Cx) -> Vec<Value> {
        self.range_to_vec(cx, 0, usize::MAX)
    }

    /// Items `lo..hi` as they were at one moment.
    pub fn range_to_vec(&self, cx: &mut Cx, lo: usize, hi: usize) -> Vec<Value> {
        let tid = cx.tid;
        let _g = self.lock(cx);
        // SAFETY: locked, and inside the length.
        unsafe { buf::copied_to_vec(self.run_locked(lo, hi), tid) }
    }

    /// Under the lock: items `lo..hi`, clamped.
    #[inline(always)]
    fn run_locked(&self, lo: usize, hi: usize) -> Run<'_> {
        let hi = self.len.load(Ordering::Relaxed).min(hi);
        Run {
            buf: self.buffer(),
            start: lo.min(hi),
            step: 1,
            count: hi.saturating_sub(lo),
        }
    }

    /// Hand out the items, counted, if there are `n` of them; says how many there were. `put` only stores.
    #[inline(always)]
    pub fn spread(&self, cx: &mut Cx, n: usize, put: impl FnMut(usize, u64)) -> usize {
        let tid = cx.tid;
        let _g = self.lock(cx);
        let len = self.len.load(Ordering::Relaxed);
        if len == n {
            // SAFETY: locked, and inside the length.
            unsafe { buf::hand_out(self.buffer(), n, tid, put) };
        }
        len
    }

    /// Look at the words of the items if there are `n` of them: `f` neither counts nor calls anything.
    #[inline(always)]
    pub fn with_words<R>(&self, cx: &mut Cx, n: usize, f: impl FnOnce(&ListBuf) -> R) -> Option<R> {
        let _g = self.lock(cx);
        if self.len.load(Ordering::Relaxed) != n {
            return None;
        }
        Some(f(self.buffer()))
    }

    /// A new list of items `lo..hi` as they were at one moment.
    pub fn copy_range(&self, cx: &mut Cx, lo: usize, hi: usize) -> Res<Value> {
        let tid = cx.tid;
        let made = {
            let _g = self.lock(cx);
            // SAFETY: locked, and inside the length.
            unsafe { List::copied([self.run_locked(lo, hi)], tid) }
        };
        published(cx, made)
    }

    /// A new list of the items at a stride, as they were at one moment; places that are past the end by now are left out.
    pub(super) fn copy_stride(&self, cx: &mut Cx, s: Steps) -> Res<Value> {
        let tid = cx.tid;
        let made = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            // A list that grew shorter since its length was asked has no more than these.
            let inside = |i: isize| (0..n as isize).contains(&i);
            let at = |k: usize| s.start.wrapping_add(s.step.wrapping_mul(k as isize));
            let first = (0..s.count).find(|&k| inside(at(k))).unwrap_or(s.count);
            let mut end = s.count;
            while end > first && !inside(at(end - 1)) {
                end -= 1;
            }
            let run = Run {
                buf: self.buffer(),
                start: if first < end { at(first) as usize } else { 0 },
                step: s.step,
                count: end - first,
            };
            // SAFETY: locked; the ends of the run are inside the length, and so is what is between.
            unsafe { List::copied([run], tid) }
        };
        published(cx, made)
    }

    /// `self + other`, both as they were at one moment.
    pub(super) fn joined(&self, cx: &mut Cx, other: &List) -> Res<Value> {
        static NO_DATA: Guarded<()> = Guarded::new(());
        let tid = cx.tid;
        let made = {
            let _g = lock2(&NO_DATA, &self.head, &NO_DATA, &other.head, cx);
            let runs = [self, other].map(|list| list.run_locked(0, usize::MAX));
            // SAFETY: locked, and inside the lengths.
            unsafe { List::copied(runs, tid) }
        };
        published(cx, made)
    }

    /// A list of counted copies of these items; None when memory is out.
    ///
    /// # Safety
    /// The runs' lists are locked and the runs inside their lengths.
    unsafe fn copied<const N: usize>(runs: [Run<'_>; N], tid: u16) -> Option<List> {
        match runs.iter().map(|run| run.count).sum() {
            0 => Some(List::empty()),
            // SAFETY: by contract.
            n => unsafe { buf::copied(runs, tid) }.map(|p| List::around(p, n)),
        }
    }

    /// A new list of the items `times` times over, as they were at one moment.
    pub fn repeated(&self, cx: &mut Cx, times: usize) -> Res<Value> {
        let tid = cx.tid;
        let made = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            let b = self.buffer();
            if n == 0 || times == 0 {
                Some(List::empty())
            } else {
                n.checked_mul(times)
                    .filter(|&total| total <= isize::MAX as usize / 16)
                    .and_then(|total| {
                        // All counts of an item at once, then its word as often.
                        let p = buf::alloc(total)?;
                        for i in 0..n {
                            let bits = b.word(i).peek_bits();
                            // SAFETY: under the lock the item is alive; the new buffer takes the counts.
                            unsafe {
                                if let Some(h) = b.word(i).as_value().and_then(Value::header) {
                                    if let Ok(times) = u32::try_from(times) {
                                        typhon_runtime::refcount::incref_by(h, times, tid);
                                    } else {
                                        h.set_immortal();
                                    }
                                }
                                (*p).word(i).set_bits(bits);
                            }
                        }
                        // SAFETY: a new buffer of `n * times` words.
                        unsafe { (*p).fill_from_start(n, total) };
                        Some(List::around(p, total))
                    })
            }
        };
        published(cx, made)
    }

    /// Make room for `more` items; MemoryError where that cannot be.
    pub fn reserve(&self, cx: &mut Cx, more: usize) -> Res<()> {
        let done = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            n.checked_add(more).and_then(|m| self.reserve_locked(m))
        };
        match done {
            Some(old) => {
                old.dispose(cx);
                Ok(())
            }
            None => Err(cx.memory_error()),
        }
    }

    /// Append all, at one moment.
    pub fn extend_from_vec(&self, cx: &mut Cx, items: Vec<Value>) -> Res<()> {
        let done = {
            let _g = self.lock(cx);
            match self.extend_locked(items.len()) {
                Some((n, old)) => {
                    let b = self.buffer();
                    let more = items.len();
                    for (i, v) in items.into_iter().enumerate() {
                        b.word(n + i).init(v);
                    }
                    list_read::publish_length(&self.len, n + more);
                    Ok(old)
                }
                None => Err(items),
            }
        };
        match done {
            Ok(old) => {
                old.dispose(cx);
                Ok(())
            }
            Err(_) => Err(cx.memory_error()),
        }
    }

    /// Append copies of items that stand still (a tuple's), at one moment.
    pub fn extend_from_slice(&self, cx: &mut Cx, items: &[Value]) -> Res<()> {
        let tid = cx.tid;
        self.extend_with(cx, items.len(), |i| items[i].clone_in(tid))
    }

    /// Append items to a list that the caller's own register holds. Empty and held by nothing else, it needs no lock: another
    /// thread has no way to reach it. Not for lists reached through a field of another object.
    pub fn extend_register(&self, cx: &mut Cx, items: &[Value]) -> Res<()> {
        let tid = cx.tid;
        let n = items.len();
        if n == 0
            || !self.head.is_uniquely_held(tid)
            || !std::ptr::eq(self.buf.load(Ordering::Relaxed), &raw const NO_BUF)
        {
            return self.extend_from_slice(cx, items);
        }
        match buf::filled(n, items.iter().map(|v| v.clone_in(tid).into_bits())) {
            Some(p) => {
                list_read::publish_buffer(&self.buf, p);
                list_read::publish_length(&self.len, n);
                Ok(())
            }
            None => Err(cx.memory_error()),
        }
    }

    /// A tuple of the items, which leave the list; None, with nothing changed, unless the caller's register alone holds it. Such
    /// a list needs no lock, and its counts become the tuple's.
    pub fn give_as_tuple(&self, cx: &mut Cx) -> Option<Res<Value>> {
        let (n, b) = (self.len.load(Ordering::Relaxed), self.buffer());
        if !self.head.is_uniquely_held(cx.tid) || n > b.cap() {
            return None;
        }
        let words = (0..n).map(|i| {
            let bits = b.word(i).peek_bits();
            // SAFETY: nobody else knows the list; the count goes with the word.
            unsafe {
                b.word(i).set_bits(0);
                Value::from_bits(bits)
            }
        });
        let made = crate::objects::tuple::new_tuple_from(cx, n, words);
        if made.is_ok() {
            list_read::publish_length(&self.len, 0);
        }
        Some(made)
    }

    /// Append `more` items as `item` makes them, which runs nothing and takes no lock.
    pub fn extend_with(
        &self,
        cx: &mut Cx,
        more: usize,
        mut item: impl FnMut(usize) -> Value,
    ) -> Res<()> {
        let done = {
            let _g = self.lock(cx);
            self.extend_locked(more).map(|(n, old)| {
                let b = self.buffer();
                for i in 0..more {
                    b.word(n + i).init(item(i));
                }
                list_read::publish_length(&self.len, n + more);
                old
            })
        };
        match done {
            Some(old) => {
                old.dispose(cx);
                Ok(())
            }
            None => Err(cx.memory_error()),
        }
    }

    /// Append the items of another list, both at one moment.
    pub fn extend_from_list(&self, cx: &mut Cx, other: &List) -> Res<()> {
        if std::ptr::eq(self, other) {
            let items = other.to_vec(cx);
            return self.extend_from_vec(cx, items);
        }
        static NO_DATA: Guarded<()> = Guarded::new(());
        let tid = cx.tid;
        let done = {
            let _g = lock2(&NO_DATA, &self.head, &NO_DATA, &other.head, cx);
            let more = other.len.load(Ordering::Relaxed);
            self.extend_locked(more).map(|(n, old)| {
                let (from, to) = (other.buffer(), self.buffer());
                let put = |i: usize, bits: u64| {
                    // SAFETY: an empty word past the length takes the count.
                    unsafe { to.word(n + i).set_bits(bits) }
                };
                // SAFETY: both are locked; `more` is the other's length.
                unsafe { buf::hand_out(from, more, tid, put) };
                list_read::publish_length(&self.len, n + more);
                old
            })
        };
        match done {
            Some(old) => {
                old.dispose(cx);
                Ok(())
            }
            None => Err(cx.memory_error()),
        }
    }

    /// How many items both lists begin with that are identical words: equal without asking them.
    pub fn same_prefix(&self, cx: &mut Cx, other: &List) -> usize {
        if std::ptr::eq(self, other) {
            return self.len();
        }
        static NO_DATA: Guarded<()> = Guarded::new(());
        let _g = lock2(&NO_DATA, &self.head, &NO_DATA, &other.head, cx);
        let (a, b) = (self.buffer(), other.buffer());
        let n = self
            .len
            .load(Ordering::Relaxed)
            .min(other.len.load(Ordering::Relaxed));
        (0..n)
            .find(|&i| a.word(i).peek_bits() != b.word(i).peek_bits())
            .unwrap_or(n)
    }

    /// The first item from `from` on, below `to`, that equals `value`, as far as that can be told without running Python (R7).
    pub(super) fn seek(&self, cx: &mut Cx, value: &Value, from: usize, to: usize) -> Sought {
        let bits = value.bits() & !(if value.is_ptr() { 4 } else { 0 });
        let small = value.is_small_int();
        let _g = self.lock(cx);
        let b = self.buffer();
        for i in from..self.len.load(Ordering::Relaxed).min(to) {
            let word = b.word(i);
            let there = word.peek_bits();
            if there == bits {
                return Sought::At(i);
            }
            // Another small int.
            if small && there & 3 == 1 {
                continue;
            }
            // SAFETY: the lock is held while the reference lives.
            match unsafe { word.as_value() }.and_then(|item| keys::pure_eq(item, value)) {
                Some(true) => return Sought::At(i),
                Some(false) => {}
                None => return Sought::Ask(i),
            }
        }
        Sought::Nowhere
    }

    /// Under the lock: room for `more` items behind the present ones, whose number comes back with the buffer displaced.
    fn extend_locked(&self, more: usize) -> Option<(usize, OldBuf)> {
        let n = self.len.load(Ordering::Relaxed);
        Some((n, self.reserve_locked(n.checked_add(more)?)?))
    }

    /// Insert before item `i` (the end when out of range).
    pub fn insert_at(&self, cx: &mut Cx, i: impl FnOnce(usize) -> usize, v: Value) -> Res<()> {
        let v = v.into_counted();
        let done = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            match self.reserve_locked(n + 1) {
                Some(old) => {
                    let i = i(n).min(n);
                    let b = self.buffer();
                    b.shift(i, i + 1, n - i, self.head.is_shared());
                    // SAFETY: the word's old count moved up with it.
                    unsafe { b.word(i).set_bits(v.into_bits()) };
                    list_read::publish_length(&self.len, n + 1);
                    Ok(old)
                }
                None => Err(v),
            }
        };
        match done {
            Ok(old) => {
                old.dispose(cx);
                Ok(())
            }
            Err(_) => Err(cx.memory_error()),
        }
    }

    /// Take out the item that `choose` names for the present length, if it names one.
    pub fn remove_at(
        &self,
        cx: &mut Cx,
        choose: impl FnOnce(usize) -> Option<usize>,
    ) -> Option<Value> {
        let (v, old) = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            let i = choose(n).filter(|&i| i < n)?;
            self.remove_locked(i, n)
        };
        old.dispose(cx);
        Some(v)
    }

    /// Take out item `i` if it still is `v`, the object (R7's re-check).
    pub(super) fn remove_if_identical(&self, cx: &mut Cx, i: usize, v: &Value) -> Option<Value> {
        let (v, old) = {
            let _g = self.lock(cx);
            let n = self.len.load(Ordering::Relaxed);
            if i >= n || self.buffer().word(i).peek_bits() != v.bits() {
                return None;
            }
            self.remove_locked(i, n)
        };
        old.dispose(cx);
        Some(v)
    }

    fn remove_locked(&self, i: usize, n: usize) -> (Value, OldBuf) {
        let b = self.buffer();
        // The length goes down first: a reader that still sees the old one meets NULL at the end.
        let v = b.word(i).take().expect("items below the length are set");
        if i + 1 < n {
            b.shift(i + 1, i, n - i - 1, self.head.is_shared());
        }
        list_read::publish_length(&self.len, n - 1);
        // SAFETY: its count moved down with the word (or was taken).
        unsafe { b.word(n - 1).set_bits(0) };
        (v, self.shrink_locked())
    }

    /// Replace items `lo..hi` (clamped) by `items`.
    pub fn splice(&self, cx: &mut Cx, lo: usize, hi: usize, items: Vec<Value>) -> Res<()> {
        let mut items = items.into_iter();
        let done = {
            let _g = self.lock(cx);
            self.splice_locked(lo, hi, &mut items)
        };
        settled(cx, done)
    }

    /// The same by the items of another list, both at one moment.
    pub(super) fn splice_list(&self, cx: &mut Cx, lo: usize, hi: usize, from: &List) -> Res<()> {
        if std::ptr::eq(self, from) {
            let items = self.to_vec(cx);
            return self.splice(cx, lo, hi, items);
        }
        static NO_DATA: Guarded<()> = Guarded::new(());
        let tid = cx.tid;
        let done = {
            let _g = lock2(&NO_DATA, &self.head, &NO_DATA, &from.head, cx);
            let items = from.buffer().slots(from.len.load(Ordering::Relaxed));
            let mut items = items.iter().map(|slot| {
                // SAFETY: locked; an item below the length is set.
                let value = unsafe { slot.as_value() };
                value.map_or_else(Value::none, |v| v.clone_in(tid))
            });
            self.splice_locked(lo, hi, &mut items)
        };
        settled(cx, done)
    }

    /// Under the lock. None when memory is out: then no item was taken.
    fn splice_locked(
        &self,
        lo: usize,
        hi: usize,
        items: &mut impl ExactSizeIterator<Item = Value>,
    ) -> Option<Displaced> {
        let n = self.len.load(Ordering::Relaxed);
        let lo = lo.min(n);
        let hi = hi.clamp(lo, n);
        let more = items.len();
        // Only what somebody has to drop.
        let mut values = Vec::new();
        let mut displace = |old: Option<Value>| match old {
            Some(v) if v.is_ptr() => values.push(v),
            Some(v) => std::mem::forget(v),
            None => {}
        };
        if hi - lo == more {
            // Nothing moves: each value changes places with its successor.
            for (slot, new) in self.buffer().slots(hi)[lo..].iter().zip(items) {
                displace(slot.swap(Some(new)));
            }
            let buf = OldBuf::none();
            return Some(Displaced { values, buf });
        }
        let new_len = n - (hi - lo) + more;
        let old = self.reserve_locked(new_len)?;
        let b = self.buffer();
        let shared = self.head.is_shared();
        for i in lo..hi {
            displace(b.word(i).take());
        }
        b.shift(hi, lo + more, n - hi, shared);
        for (i, v) in items.enumerate() {
            // SAFETY: the word's count was taken or moved.
            unsafe { b.word(lo + i).set_bits(v.into_counted().into_bits()) };
        }
        list_read::publish_length(&self.len, new_len);
        for i in new_len..n {
            // SAFETY: the counts above the new length moved down.
            unsafe { b.word(i).set_bits(0) };
        }
        let buf = if new_len < n {
            pick(old, self.shrink_locked())
        } else {
            old
        };
        Some(Displaced { values, buf })
    }

    /// Take everything out.
    pub fn clear(&self, cx: &mut Cx) {
        let (b, n, shared) = {
            let _g = self.lock(cx);
            let b = self.buf.load(Ordering::Relaxed);
            let n = self.len.load(Ordering::Relaxed);
            self.buf
                .store((&raw const NO_BUF).cast_mut(), Ordering::Release);
            list_read::publish_length(&self.len, 0);
            (b, n, self.head.is_shared())
        };
        // SAFETY: unlinked; the counts are ours. Readers that still see the words find the path changed (R2).
        let words = unsafe { &*b };
        for i in (0..n).rev() {
            // SAFETY: as above: each word's count is dropped once.
            drop(unsafe { owned(words.word(i).peek_bits()) });
        }
        OldBuf::new(b, shared).dispose(cx);
    }

    /// Replace the whole content, giving back what was there.
    pub fn replace_all(&self, cx: &mut Cx, items: Vec<Value>) -> Res<()> {
        self.splice(cx, 0, usize::MAX, items)
    }

    /// Reverse in place.
    pub fn reverse_items(&self, cx: &mut Cx) {
        let _g = self.lock(cx);
        let n = self.len.load(Ordering::Relaxed);
        let b = self.buffer();
        for i in 0..n / 2 {
            let (x, y) = (b.word(i).peek_bits(), b.word(n - 1 - i).peek_bits());
            // SAFETY: the counts change places with the words.
            unsafe {
                b.word(i).set_bits(y);
                b.word(n - 1 - i).set_bits(x);
            }
        }
    }

    /// Take the content for sorting: values in order; the list is empty and marked meanwhile.
    pub(super) fn take_for_sort(&self, cx: &mut Cx) -> Vec<Value> {
        let (b, n, shared) = {
            let _g = self.lock(cx);
            let b = self.buf.load(Ordering::Relaxed);
            let n = self.len.load(Ordering::Relaxed);
            self.buf
                .store((&raw const SORTING).cast_mut(), Ordering::Release);
            list_read::publish_length(&self.len, 0);
            (b, n, self.head.is_shared())
        };
        // SAFETY: unlinked: the words' counts move into the vector.
        let mut values = Vec::with_capacity(n);
        values.extend((0..n).filter_map(|i| unsafe { owned((*b).word(i).peek_bits()) }));
        OldBuf::new(b, shared).dispose(cx);
        values
    }

    /// Put the sorted content back; false when somebody touched the list meanwhile.
    pub(super) fn put_back_sorted(&self, cx: &mut Cx, values: Vec<Value>) -> Res<bool> {
        let Some(fresh) = List::from_values(values) else {
            return Err(cx.memory_error());
        };
        let (new, n) = (
            fresh.buf.load(Ordering::Relaxed),
            fresh.len.load(Ordering::Relaxed),
        );
        std::mem::forget(fresh);
        let (b, m, shared) = {
            let _g = self.lock(cx);
            let b = self.buf.load(Ordering::Relaxed);
            let m = self.len.load(Ordering::Relaxed);
            list_read::publish_buffer(&self.buf, new);
            list_read::publish_length(&self.len, n);
            (b, m, self.head.is_shared())
        };
        let untouched = std::ptr::eq(b, &raw const SORTING);
        for i in 0..m {
            // SAFETY: unlinked; each count is dropped once.
            drop(unsafe { owned((*b).word(i).peek_bits()) });
        }
        OldBuf::new(b, shared).dispose(cx);
        Ok(untouched)
    }
}

/// At most one of two consecutive resizes yields a buffer; when both do, the first is an unshared static.
fn pick(a: OldBuf, b: OldBuf) -> OldBuf {
    if a.is_none() { b } else { a }
}

/// The owner of a word's count.
///
/// # Safety
/// The word was unlinked and its count belongs to the caller.
pub(crate) unsafe fn owned(bits: u64) -> Option<Value> {
    // SAFETY: by contract.
    if bits == 0 {
        None
    } else {
        Some(unsafe { Value::from_bits(bits) })
    }
}

impl Drop for List {
    /// The list is dead: nobody reads it (R2 starts from a counted root).
    fn drop(&mut self) {
        let b = *self.buf.get_mut();
        let n = *self.len.get_mut();
        let tid = typhon_runtime::thread::current_tid();
        // SAFETY: the buffer has the items.
        for slot in unsafe { &*b }.slots(n).iter().rev() {
            let bits = slot.peek_bits();
            debug_assert_ne!(bits, 0, "items below the length are set");
            if bits & 3 == 0 {
                // SAFETY: as above; a pointer in the heap carries one count.
                unsafe { typhon_runtime::refcount::decref(bits as *mut Header, tid) };
            }
        }
        // SAFETY: no readers.
        unsafe { buf::free(b) };
    }
}

/// A new list of these items.
#[inline]
pub fn new_list(cx: &mut Cx, items: Vec<Value>) -> Res<Value> {
    let made = List::from_values(items);
    published(cx, made)
}

/// A new list of `n` items, which are taken when there is room for them.
pub fn new_list_from(cx: &mut Cx, n: usize, items: impl Iterator<Item = Value>) -> Res<Value> {
    if n == 0 {
        return new_empty(cx);
    }
    let words = items.map(|v| v.into_counted().into_bits());
    let made = buf::filled(n, words).map(|p| List::around(p, n));
    published(cx, made)
}

/// A new empty list.
#[inline]
pub fn new_empty(cx: &mut Cx) -> Res<Value> {
    publish(cx, List::empty())
}

/// A list made under a lock, or MemoryError.
fn published(cx: &mut Cx, made: Option<List>) -> Res<Value> {
    match made {
        Some(list) => publish(cx, list),
        None => Err(cx.memory_error()),
    }
}

/// The end of a change that displaced something, or for which memory was out.
fn settled(cx: &mut Cx, done: Option<Displaced>) -> Res<()> {
    match done {
        Some(displaced) => {
            displaced.buf.dispose(cx);
            // The last first, as the list itself drops them.
            displaced.values.into_iter().rev().for_each(drop);
            Ok(())
        }
        None => Err(cx.memory_error()),
    }
}

fn publish(cx: &mut Cx, list: List) -> Res<Value> {
    let list = std::mem::ManuallyDrop::new(list);
    // SAFETY: R12: the payload is written before the type word; `list` is not dropped, its buffer moves into the cell.
    let made = unsafe {
        typhon_runtime::alloc_with::<List>(&cx.thread, word::LIST, |to| {
            (&raw mut (*to).buf).write(AtomicPtr::new(list.buf.load(Ordering::Relaxed)));
            (&raw mut (*to).len).write(AtomicUsize::new(list.len.load(Ordering::Relaxed)));
        })
    };
    match made {
        Ok(v) => Ok(v),
        Err(_) => {
            drop(std::mem::ManuallyDrop::into_inner(list));
            Err(cx.memory_error())
        }
    }
}
