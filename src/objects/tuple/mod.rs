//! `tuple`: a length and the items inline. Immutable once made, so readers need no protocol.

pub mod iter;
pub mod methods;
pub mod subclass;

use crate::native::Traverse;
use crate::native::pytype;
use crate::statics;
use crate::{Cx, Res, Value, ValueExt};
use std::sync::atomic::{AtomicI64, Ordering};
use typhon_runtime::gc::Visitor;
use typhon_runtime::header::Header;
use typhon_runtime::info::Shape;

#[pytype(name = "tuple", gc, basetype, sequence, itemsize = 8, static_index = TUPLE, drop = drop_payload, manual_traverse)]
pub struct Tuple {
    pub head: Header,
    len: usize,
    /// The hash once it was asked for; 0: not yet (or it is 0).
    hash: AtomicI64,
    items: [Value; 0],
}

const ITEMS: usize = 32;
const _: () = assert!(std::mem::offset_of!(Tuple, items) == ITEMS);

impl Tuple {
    /// What [`Traverse`] shows.
    pub const SHAPE: Shape = Shape::Items {
        len: std::mem::offset_of!(Tuple, len) as u32,
        first: ITEMS as u32,
    };
}

/// Items of the tuple behind a pointer word.
#[inline(always)]
pub fn items_of_bits<'a>(bits: u64) -> &'a [Value] {
    if bits == 0 {
        return &[];
    }
    // SAFETY: callers pass the word of a live (deferred or counted) tuple; items never change after publication.
    unsafe { (*((bits & !7) as *const Tuple)).items() }
}

impl Tuple {
    #[inline(always)]
    pub fn items(&self) -> &[Value] {
        // SAFETY: `len` items follow the struct, written before the type word was stored (R12).
        unsafe {
            std::slice::from_raw_parts(
                (&raw const *self).cast::<u8>().add(ITEMS).cast::<Value>(),
                self.len,
            )
        }
    }
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The first fields of a tuple being made.
    fn begin(&mut self, len: usize) {
        self.len = len;
        self.hash = AtomicI64::new(0);
    }
    /// The hash, if it was asked for before.
    #[inline(always)]
    pub fn known_hash(&self) -> Option<i64> {
        match self.hash.load(Ordering::Relaxed) {
            0 => None,
            h => Some(h),
        }
    }
    /// Bytes of a tuple of `n` items.
    pub fn size_of(n: usize) -> usize {
        ITEMS + 8 * n
    }
    /// Write length and items into a cell not yet published (R12).
    ///
    /// # Safety
    /// `cell` has room for `size_of(items.len())` bytes.
    pub(in crate::objects) unsafe fn write_items(cell: *mut u8, items: Vec<Value>) {
        // SAFETY: by contract.
        unsafe {
            (*cell.cast::<Tuple>()).begin(items.len());
            let base = cell.add(ITEMS).cast::<Value>();
            for (i, v) in items.into_iter().enumerate() {
                base.add(i).write(v.into_counted());
            }
        }
    }
    /// Fill the static empty tuple.
    ///
    /// # Safety
    /// `at` is the static place of the empty tuple, not yet published.
    pub unsafe fn init_empty(at: *mut Tuple) {
        // SAFETY: by contract.
        unsafe { (*at).begin(0) }
    }
}

/// Make a tuple from an exact number of items, moving them in.
pub fn new_tuple_from(cx: &mut Cx, n: usize, mut items: impl Iterator<Item = Value>) -> Res<Value> {
    if n == 0 {
        return Ok(statics::immortal(statics::EMPTY_TUPLE));
    }
    // SAFETY: R12: no safepoint between cell and type store; every item is written before the type word.
    let made = unsafe {
        typhon_runtime::alloc_sized(
            &cx.thread,
            Tuple::size_of(n),
            statics::word::TUPLE,
            |cell| {
                let t = cell.cast::<Tuple>();
                (*t).begin(n);
                let base = cell.add(ITEMS).cast::<Value>();
                for i in 0..n {
                    base.add(i).write(items.next().unwrap_or_else(Value::none));
                }
            },
        )
    };
    made.map_err(|_| cx.memory_error())
}

pub fn new_tuple(cx: &mut Cx, items: Vec<Value>) -> Res<Value> {
    new_tuple_from(cx, items.len(), items.into_iter())
}

/// A tuple of two: what iterators over pairs make all the time.
#[inline]
pub fn new_pair(cx: &mut Cx, a: Value, b: Value) -> Res<Value> {
    // SAFETY: R12: no safepoint between cell and type store; both items are written before the type word.
    let made = unsafe {
        typhon_runtime::alloc_sized(
            &cx.thread,
            Tuple::size_of(2),
            statics::word::TUPLE,
            |cell| {
                let t = cell.cast::<Tuple>();
                (*t).begin(2);
                let base = cell.add(ITEMS).cast::<Value>();
                base.write(a.into_counted());
                base.add(1).write(b.into_counted());
            },
        )
    };
    made.map_err(|_| cx.memory_error())
}

/// Take a tuple apart: its items, counted, go to `put` in order. A tuple that nobody else holds gives its own counts away.
#[inline]
pub fn take_apart(cx: &mut Cx, tuple: Value, mut put: impl FnMut(usize, u64)) {
    let Some(t) = tuple.downcast_exact::<Tuple>() else {
        return;
    };
    let tid = cx.tid;
    if !tuple.is_borrowed() && t.len != 0 && t.head.is_uniquely_held(tid) {
        for (i, item) in t.items().iter().enumerate() {
            put(i, item.bits());
        }
        let head = tuple.as_ptr().cast_mut();
        std::mem::forget(tuple);
        // SAFETY: the only reference, whose items' counts were moved out; tuples have no finalizer.
        unsafe { typhon_runtime::dealloc::free_emptied(&cx.thread, head) };
        return;
    }
    for (i, item) in t.items().iter().enumerate() {
        put(i, item.clone_in(tid).into_bits());
    }
}

/// A tuple of copies of these items.
pub fn new_tuple_copy(cx: &mut Cx, items: &[Value]) -> Res<Value> {
    let tid = cx.tid;
    new_tuple_from(cx, items.len(), items.iter().map(|v| v.clone_in(tid)))
}

/// Drops the items: the tuple's `drop_payload`.
///
/// # Safety
/// Called once by the runtime when the count reached zero.
pub unsafe fn drop_payload(h: *mut Header, thread: &typhon_runtime::thread::Thread) {
    let t = h.cast::<Tuple>();
    // SAFETY: the runtime calls this once, with exclusive access to a dead cell.
    unsafe {
        let items = t.cast::<u8>().add(ITEMS).cast::<Value>();
        // Last item first, the order in which CPython's finalizers run.
        for i in (0..(*t).len).rev() {
            items.add(i).read().drop_in(thread);
        }
    }
}

impl Traverse for Tuple {
    fn traverse(&self, v: &mut Visitor) {
        v.visit_values(self.items());
    }
}
