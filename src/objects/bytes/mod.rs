//! `bytes`: immutable bytes behind a cached hash. Short ones lie in the cell, long ones in a buffer (R3).
//! - `make.rs`: from any object; `ops.rs`: what bytes and bytearray have in common; `shared.rs`: their common methods
//! - `methods.rs`: the type; `percent.rs`: `%`; `iter.rs`: the iterators of both

pub mod iter;
pub mod make;
pub mod methods;
pub mod ops;
pub mod percent;
pub mod shared;

pub use make::{
    bytes_or_bytearray, contents, contents_opt, from_object, is_bytes_or_bytearray, object_bytes,
};

use crate::native::*;
use crate::statics::{self, word};
use std::sync::atomic::{AtomicI64, Ordering};

/// bytes(iterable_of_ints) -> bytes
/// bytes(string, encoding[, errors]) -> bytes
/// bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer
/// bytes(int) -> bytes object of size given by the parameter initialized with null bytes
/// bytes() -> empty bytes object
///
/// Construct an immutable array of bytes from:
///   - an iterable yielding integers in range(256)
///   - a text string encoded using the specified encoding
///   - any object implementing the buffer API.
///   - an integer
#[pytype(name = "bytes", basetype, static_index = BYTES)]
pub struct Bytes {
    pub head: Header,
    /// Cached hash; 0 = not computed.
    hash: AtomicI64,
    len: usize,
    /// The bytes: behind this field, or in a buffer of their own.
    data: *mut u8,
}

const INLINE_AT: usize = size_of::<Bytes>();
const INLINE_MAX: usize = 512 - INLINE_AT;

// SAFETY: the bytes never change once the object is published.
unsafe impl Send for Bytes {}
// SAFETY: as above.
unsafe impl Sync for Bytes {}

impl Bytes {
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes written before publication (R12), freed with the object.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    #[inline]
    pub fn hash(&self) -> i64 {
        match self.hash.load(Ordering::Relaxed) {
            0 => {
                let h = crate::objects::object::hash::hash_bytes(self.as_slice());
                self.hash.store(h, Ordering::Relaxed);
                h
            }
            h => h,
        }
    }
    pub fn value(&self) -> Value {
        // SAFETY: the struct starts with the header of a live object.
        unsafe { Value::borrow_header(&raw const self.head) }
    }
    /// A view of the bytes.
    pub fn view(this: &Value) -> Option<Buffer> {
        let b = this.downcast::<Bytes>()?;
        // SAFETY: immutable, and alive with `this`.
        Some(unsafe { Buffer::from_raw(this.clone(), b.data, b.len, true, true, std::ptr::null()) })
    }
    /// # Safety
    /// `cell` has room for the struct and the bytes behind it.
    unsafe fn fill(cell: *mut u8, bytes: &[u8]) {
        // SAFETY: by contract.
        unsafe {
            let b = cell.cast::<Bytes>();
            let data = cell.add(INLINE_AT);
            (&raw mut (*b).hash).write(AtomicI64::new(0));
            (&raw mut (*b).len).write(bytes.len());
            (&raw mut (*b).data).write(data);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
        }
    }
    /// The fields of an object whose bytes lie in a buffer of their own. None without memory.
    fn payload(bytes: &[u8]) -> Option<Bytes> {
        let mut v: Vec<u8> = Vec::new();
        v.try_reserve_exact(bytes.len().max(1)).ok()?;
        v.extend_from_slice(bytes);
        Some(Bytes::payload_vec(v))
    }
    fn payload_vec(mut v: Vec<u8>) -> Bytes {
        // The capacity must be known when it is freed: it is the length, at least one.
        let len = v.len();
        if len == 0 {
            v.push(0);
        }
        let boxed = Box::into_raw(v.into_boxed_slice());
        Bytes {
            head: Header::placeholder(),
            hash: AtomicI64::new(0),
            len,
            data: boxed.cast(),
        }
    }
}

impl Drop for Bytes {
    /// Frees the buffer, if there is one: the bytes in the cell go with it.
    fn drop(&mut self) {
        let inline = (&raw const *self).cast::<u8>().wrapping_add(INLINE_AT);
        if self.data.cast_const() != inline {
            let n = self.len.max(1);
            // SAFETY: made by `payload_vec` with this length; nobody reads a dead object.
            drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.data, n)) });
        }
    }
}

/// Write a static (immortal) bytes object of at most one byte at `cell`; the caller publishes the header.
///
/// # Safety
/// `cell` is the static place of the object.
pub unsafe fn init_static(cell: *mut u8, bytes: &[u8]) {
    // SAFETY: by contract; one byte fits the static stride.
    unsafe { Bytes::fill(cell, bytes) }
}

/// The empty bytes object.
pub fn empty() -> Value {
    statics::immortal(statics::EMPTY_BYTES)
}

/// The one-byte bytes object.
#[inline]
pub fn single(b: u8) -> Value {
    statics::immortal(typhon_runtime::region::static_value_bits(
        statics::offset::BYTE1 + u32::from(b) * statics::offset::LATIN1_STRIDE,
    ))
}

/// Make a bytes object.
pub fn new_bytes(cx: &mut Cx, bytes: &[u8]) -> Res<Value> {
    match bytes {
        [] => return Ok(empty()),
        &[b] => return Ok(single(b)),
        _ => {}
    }
    if bytes.len() > INLINE_MAX {
        return match Bytes::payload(bytes) {
            Some(p) => crate::objects::object::alloc::<Bytes>(cx, Type::of::<Bytes>(), p),
            None => Err(cx.memory_error()),
        };
    }
    // SAFETY: R12: `fill` writes every field before the type word is stored.
    let made = unsafe {
        typhon_runtime::alloc_sized(&cx.thread, INLINE_AT + bytes.len(), word::BYTES, |cell| {
            Bytes::fill(cell, bytes)
        })
    };
    made.map_err(|_| cx.memory_error())
}

/// Make a bytes object of a vector, which is taken over when it is long.
pub fn new_bytes_vec(cx: &mut Cx, bytes: Vec<u8>) -> Res<Value> {
    if bytes.len() <= INLINE_MAX {
        return new_bytes(cx, &bytes);
    }
    crate::objects::object::alloc::<Bytes>(cx, Type::of::<Bytes>(), Bytes::payload_vec(bytes))
}

/// Make an instance of `cls` (bytes or a subclass).
pub fn of_class(cx: &mut Cx, cls: &Type, bytes: &[u8]) -> Res<Value> {
    if cls.word() == word::BYTES {
        return new_bytes(cx, bytes);
    }
    match Bytes::payload(bytes) {
        Some(p) => crate::objects::object::alloc::<Bytes>(cx, cls, p),
        None => Err(cx.memory_error()),
    }
}

/// Bytes zeros, or `MemoryError`.
pub fn zeros(cx: &mut Cx, n: usize) -> Res<Vec<u8>> {
    let mut v = Vec::new();
    if n > isize::MAX as usize / 2 || v.try_reserve_exact(n).is_err() {
        return Err(cx.memory_error());
    }
    v.resize(n, 0);
    Ok(v)
}
