//! The buffer protocol: `Buffer`, a counted view of another object's memory, and `Store`, resizable bytes that can be viewed.
//!
//! Who may touch what: the memory of a `Store` moves only while its export count is zero, checked under the object's lock,
//! where exports are counted too. Through a `Buffer` bytes are read and written without the lock, by other threads as well,
//! so only by the word-wise atomic copies of `copy.rs`; a slice is given out for memory that never changes.

pub mod code;
mod copy;
pub mod hold;
pub mod numbers;
pub mod region;

use crate::native::*;
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use typhon_runtime::lock::Guard;

/// What a view of anything but plain bytes needs.
#[derive(Clone, Debug)]
pub struct Layout {
    /// As the `struct` module writes it.
    pub format: Cow<'static, str>,
    pub itemsize: usize,
    pub shape: Vec<isize>,
    /// In bytes, may be negative.
    pub strides: Vec<isize>,
}

impl Layout {
    /// Strides of a C-contiguous array.
    pub fn c_strides(shape: &[isize], itemsize: usize) -> Vec<isize> {
        let mut strides = vec![0; shape.len()];
        let mut step = itemsize as isize;
        for (s, &n) in strides.iter_mut().zip(shape).rev() {
            *s = step;
            step *= n;
        }
        strides
    }
    pub fn items(&self) -> usize {
        self.shape.iter().product::<isize>() as usize
    }
    pub fn is_contiguous(&self, fortran: bool) -> bool {
        let mut step = self.itemsize as isize;
        let dims = self.shape.iter().zip(&self.strides);
        let mut check = |(&n, &stride): (&isize, &isize)| {
            let fits = n == 1 || stride == step;
            step *= n;
            fits
        };
        if self.shape.contains(&0) {
            return true;
        }
        if fortran {
            dims.into_iter().all(check)
        } else {
            dims.rev().all(&mut check)
        }
    }
}

/// A counted view of an object's memory.
pub struct Buffer {
    /// Keeps the memory alive.
    owner: Value,
    /// The export count to lower at the end, inside `owner`; null for memory that never moves.
    counter: *const AtomicUsize,
    /// The first item.
    ptr: *mut u8,
    /// Bytes of the items together.
    len: usize,
    readonly: bool,
    /// Nobody ever writes here, so slices may be given out.
    frozen: bool,
    /// None: plain bytes in one row.
    layout: Option<Box<Layout>>,
}

// SAFETY: the memory is kept alive and in place by `owner` and the export count (see the page); access is atomic.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// A view of plain bytes.
    ///
    /// # Safety
    /// `ptr..ptr + len` is readable (writable unless `readonly`) while `owner` lives and, where `counter` is not null, the
    /// count it points at (inside `owner`) includes this view; nobody writes there when `frozen`.
    pub unsafe fn from_raw(
        owner: Value,
        ptr: *mut u8,
        len: usize,
        readonly: bool,
        frozen: bool,
        counter: *const AtomicUsize,
    ) -> Buffer {
        Buffer {
            owner,
            counter,
            ptr,
            len,
            readonly,
            frozen,
            layout: None,
        }
    }

    /// The same memory as items of another form. The layout must stay within the bytes viewed now.
    pub fn with_layout(mut self, layout: Layout) -> Option<Buffer> {
        let (mut low, mut high) = (0isize, layout.itemsize as isize);
        if layout.shape.len() != layout.strides.len() {
            return None;
        }
        for (&n, &stride) in layout.shape.iter().zip(&layout.strides) {
            let reach = n.checked_sub(1)?.checked_mul(stride)?;
            if n > 0 {
                if reach < 0 {
                    low = low.checked_add(reach)?
                } else {
                    high = high.checked_add(reach)?
                }
            }
        }
        let empty = layout.shape.contains(&0);
        if !empty && (low < 0 || high as usize > self.span()) {
            return None;
        }
        self.len = layout.items() * layout.itemsize;
        self.layout = Some(Box::new(layout));
        Some(self)
    }

    /// Bytes in one row from the first item on. Only plain views are re-shaped.
    fn span(&self) -> usize {
        self.len
    }

    /// A part of this view: the first item moved by `offset` bytes, the layout replaced.
    pub(in crate::objects) fn sub_view(&self, offset: isize, layout: Layout) -> Buffer {
        let mut b = self.clone();
        // The caller derives offset and layout from indices it has checked against this view's shape.
        b.ptr = b.ptr.wrapping_offset(offset);
        b.len = layout.items() * layout.itemsize;
        b.layout = Some(Box::new(layout));
        b
    }

    pub fn owner(&self) -> &Value {
        &self.owner
    }
    /// Bytes of all items together.
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    pub fn readonly(&self) -> bool {
        self.readonly
    }
    /// Refuse writing through this view.
    pub fn make_readonly(&mut self) {
        self.readonly = true;
    }
    pub fn format(&self) -> &str {
        self.layout.as_ref().map_or("B", |l| &l.format)
    }
    pub fn itemsize(&self) -> usize {
        self.layout.as_ref().map_or(1, |l| l.itemsize)
    }
    pub fn ndim(&self) -> usize {
        self.layout.as_ref().map_or(1, |l| l.shape.len())
    }
    /// Format, shape and strides.
    pub fn layout(&self) -> Cow<'_, Layout> {
        match &self.layout {
            Some(l) => Cow::Borrowed(l),
            None => Cow::Owned(Layout {
                format: "B".into(),
                itemsize: 1,
                shape: vec![self.len as isize],
                strides: vec![1],
            }),
        }
    }
    pub fn is_c_contiguous(&self) -> bool {
        self.layout.as_ref().is_none_or(|l| l.is_contiguous(false))
    }

    /// The bytes, when they never change and stand in one row.
    pub fn frozen_bytes(&self) -> Option<&[u8]> {
        if !self.frozen || !self.is_c_contiguous() {
            return None;
        }
        // SAFETY: `from_raw`'s contract: readable as long as `owner`, and never written.
        Some(unsafe { std::slice::from_raw_parts(self.ptr, self.len) })
    }
    /// The bytes of the items in C order: borrowed where they never change, else copied now.
    pub fn contents(&self) -> Cow<'_, [u8]> {
        match self.frozen_bytes() {
            Some(b) => Cow::Borrowed(b),
            None => Cow::Owned(self.to_vec()),
        }
    }
    /// A copy of the items in C order.
    pub fn to_vec(&self) -> Vec<u8> {
        if self.is_c_contiguous() {
            let mut out = vec![0; self.len];
            self.read(0, &mut out);
            return out;
        }
        self.collect(false)
    }
    /// A copy of the items, in Fortran order if so asked.
    pub fn collect(&self, fortran: bool) -> Vec<u8> {
        let l = self.layout();
        let mut out = vec![0; self.len];
        for (i, chunk) in out.chunks_exact_mut(l.itemsize.max(1)).enumerate() {
            self.read_at(item_offset(&l, i, fortran), chunk);
        }
        out
    }
    /// Copy bytes of a contiguous view from `offset` on; panics past the end.
    pub fn read(&self, offset: usize, to: &mut [u8]) {
        assert!(
            offset <= self.len && to.len() <= self.len - offset,
            "read past a buffer's end"
        );
        self.read_at(offset as isize, to);
    }
    /// Overwrite bytes of a contiguous writable view from `offset` on; panics past the end or when read-only.
    pub fn write(&self, offset: usize, from: &[u8]) {
        assert!(
            !self.readonly && offset <= self.len && from.len() <= self.len - offset,
            "write past a buffer's end"
        );
        self.write_at(offset as isize, from);
    }
    /// Overwrite the items in C order from bytes of the same length.
    pub fn fill_from(&self, from: &[u8]) {
        assert!(
            from.len() == self.len && !self.readonly,
            "another size than the buffer's"
        );
        if self.is_c_contiguous() {
            return self.write_at(0, from);
        }
        let l = self.layout();
        for (i, chunk) in from.chunks_exact(l.itemsize.max(1)).enumerate() {
            self.write_at(item_offset(&l, i, false), chunk);
        }
    }
    /// Copy one item's bytes; `offset` comes from checked indices.
    pub(in crate::objects) fn read_at(&self, offset: isize, to: &mut [u8]) {
        // SAFETY: within the memory that `owner` keeps, by the checks of `with_layout`, `sub_view` and the callers.
        unsafe { copy::read(self.ptr.wrapping_offset(offset), to) }
    }
    pub(in crate::objects) fn write_at(&self, offset: isize, from: &[u8]) {
        debug_assert!(!self.readonly);
        // SAFETY: as above, and writable.
        unsafe { copy::write(self.ptr.wrapping_offset(offset), from) }
    }
    /// Whether two views begin at the same byte.
    pub fn same_place(&self, other: &Buffer) -> bool {
        self.ptr == other.ptr
    }
    /// Address of the first byte, for system calls that read or write the memory while this view is held.
    pub fn address(&self) -> *mut u8 {
        self.ptr
    }
    /// The view counted on another counter inside `owner` (a memoryview that hands its buffer on).
    ///
    /// # Safety
    /// `counter` lies inside `owner` and has been raised for the view returned.
    pub(in crate::objects) unsafe fn forwarded(
        &self,
        owner: Value,
        counter: *const AtomicUsize,
    ) -> Buffer {
        Buffer {
            owner,
            counter,
            ptr: self.ptr,
            len: self.len,
            readonly: self.readonly,
            frozen: self.frozen,
            layout: self.layout.clone(),
        }
    }
}

/// Byte offset of the i-th item in C or Fortran order.
pub fn item_offset(l: &Layout, mut i: usize, fortran: bool) -> isize {
    let mut at = 0;
    let mut step = |(&n, &stride): (&isize, &isize)| {
        let n = n as usize;
        at += (i % n) as isize * stride;
        i /= n;
    };
    let dims = l.shape.iter().zip(&l.strides);
    if fortran {
        dims.for_each(&mut step)
    } else {
        dims.rev().for_each(&mut step)
    }
    at
}

impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        if !self.counter.is_null() {
            // SAFETY: inside `owner`, which `self` holds; the count is not zero, so the memory stays in place.
            unsafe { &*self.counter }.fetch_add(1, Ordering::Relaxed);
        }
        Buffer {
            owner: self.owner.clone(),
            layout: self.layout.clone(),
            ..*self
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.counter.is_null() {
            // SAFETY: inside `owner`, which is dropped after this. Release: what was read and written comes before a resize.
            unsafe { &*self.counter }.fetch_sub(1, Ordering::Release);
        }
    }
}

impl Traverse for Buffer {
    fn traverse(&self, v: &mut Visitor) {
        self.owner.traverse(v);
    }
}

/// Resizable bytes of an object, viewable through `Buffer`s.
pub struct Store {
    data: Guarded<Vec<u8>>,
    exports: AtomicUsize,
}

impl Store {
    pub fn new(data: Vec<u8>) -> Store {
        Store {
            data: Guarded::new(data),
            exports: AtomicUsize::new(0),
        }
    }
    /// The bytes under the object's lock. Do not change their length unless `is_movable`.
    #[inline]
    pub fn lock<'a>(&'a self, head: &'a Header, cx: &'a mut Cx) -> Guard<'a, Vec<u8>> {
        self.data.lock(head, &mut cx.thread)
    }
    /// The bytes for the owner's own brief look, None for others (`Guarded::as_own`).
    #[inline(always)]
    pub fn as_own<R>(
        &self,
        head: &Header,
        cx: &Cx,
        f: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> Option<R> {
        self.data.as_own(head, &cx.thread, f)
    }
    /// Whether no view is out. Under the lock.
    #[inline]
    pub fn is_movable(&self) -> bool {
        self.exports.load(Ordering::Acquire) == 0
    }
    pub fn exports(&self) -> usize {
        self.exports.load(Ordering::Relaxed)
    }
    /// A view of all the bytes. `self` is part of the object `owner`.
    pub fn export(&self, owner: &Value, cx: &mut Cx) -> Res<Buffer> {
        let Some(head) = owner.header() else {
            return Err(cx.system_error("a buffer of an immediate value"));
        };
        let mut guard = self.data.lock(head, &mut cx.thread);
        self.exports.fetch_add(1, Ordering::Relaxed);
        let (ptr, len) = (guard.as_mut_ptr(), guard.len());
        drop(guard);
        // SAFETY: counted above under the lock, so the vector does not move; `self` lies inside `owner`.
        Ok(unsafe {
            Buffer::from_raw(
                owner.clone(),
                ptr,
                len,
                false,
                false,
                &raw const self.exports,
            )
        })
    }
    /// The bytes of an object nobody else can reach.
    pub fn into_inner(self) -> Vec<u8> {
        self.data.into_inner()
    }
}

/// The error when views hinder a resize.
#[cold]
pub fn resize_error(cx: &mut Cx) -> Raised {
    cx.buffer_error("Existing exports of data: object cannot be re-sized")
}

/// The buffer of `v`, None when its class has none.
pub fn get_opt(cx: &mut Cx, v: &Value, writable: bool) -> Res<Option<Buffer>> {
    match v.ty().slots.buffer.get() {
        Some(f) => f(cx, v, writable).map(Some),
        None => Ok(None),
    }
}

/// The buffer of `v`; `TypeError` when its class has none.
pub fn get(cx: &mut Cx, v: &Value, writable: bool) -> Res<Buffer> {
    match get_opt(cx, v, writable)? {
        Some(b) => Ok(b),
        None => {
            let n = v.type_name();
            Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")))
        }
    }
}

/// A writable contiguous buffer, as `readinto` wants it.
pub fn get_writable(cx: &mut Cx, v: &Value, method: &str) -> Res<Buffer> {
    let b = match get_opt(cx, v, true) {
        Ok(b) => b,
        Err(r) => {
            cx.catch(r, ExcKind::BufferError)?;
            None
        }
    };
    match b {
        Some(b) if !b.readonly() => {
            if !b.is_c_contiguous() {
                return Err(cx.buffer_error("memoryview: underlying buffer is not C-contiguous"));
            }
            Ok(b)
        }
        _ => {
            let n = v.type_name();
            Err(cx.type_error(format!(
                "{method}() argument must be read-write bytes-like object, not {n}"
            )))
        }
    }
}
