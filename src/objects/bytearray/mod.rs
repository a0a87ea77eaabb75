//! `bytearray`: resizable bytes in a `buffer::Store`, every operation under the object's lock. While views are out it can
//! be written but not resized. `methods.rs` has what Python sees beyond `bytes/shared.rs`.

pub mod methods;

use crate::native::*;
use crate::objects::buffer::Store;
use typhon_runtime::lock::Guard;

/// bytearray(iterable_of_ints) -> bytearray
/// bytearray(string, encoding[, errors]) -> bytearray
/// bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer
/// bytearray(int) -> bytes array of size given by the parameter initialized with null bytes
/// bytearray() -> empty bytes array
///
/// Construct a mutable bytearray object from:
///   - an iterable yielding integers in range(256)
///   - a text string encoded using the specified encoding
///   - a bytes or a buffer object
///   - any object implementing the buffer API.
///   - an integer
#[pytype(name = "bytearray", basetype, unhashable, static_index = BYTEARRAY)]
pub struct Bytearray {
    pub head: Header,
    pub store: Store,
}

impl Bytearray {
    /// The bytes under the lock; their length changes only while `store.is_movable()`.
    #[inline]
    pub fn lock<'a>(&'a self, cx: &'a mut Cx) -> Guard<'a, Vec<u8>> {
        self.store.lock(&self.head, cx)
    }
    /// A copy of the bytes.
    pub fn to_vec(&self, cx: &mut Cx) -> Vec<u8> {
        self.lock(cx).clone()
    }
    /// `self[i] = b` of immediate ints in range; false: nothing has happened.
    #[inline]
    pub fn set_byte(&self, cx: &mut Cx, i: &Value, b: &Value) -> bool {
        let (Some(i), Some(b @ 0..256)) = (i.as_small_int(), b.as_small_int()) else {
            return false;
        };
        let mut guard = self.lock(cx);
        let i = if i < 0 { i + guard.len() as i64 } else { i };
        match guard.get_mut(i as usize) {
            Some(place) if i >= 0 => *place = b as u8,
            _ => return false,
        }
        true
    }
    /// Change the bytes by `f`, which may change their number: `BufferError` while views are out.
    pub fn resize<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Vec<u8>) -> R) -> Res<R> {
        let mut guard = self.lock(cx);
        if self.store.is_movable() {
            return Ok(f(&mut guard));
        }
        drop(guard);
        Err(crate::objects::buffer::resize_error(cx))
    }
    /// Append bytes; `MemoryError` when there is no room.
    pub fn extend(&self, cx: &mut Cx, more: &[u8]) -> Res<()> {
        let done = self.resize(cx, |v| {
            v.try_reserve(more.len())
                .map(|()| v.extend_from_slice(more))
        })?;
        done.map_err(|_| cx.memory_error())
    }
}

/// Make a bytearray.
pub fn new_bytearray(cx: &mut Cx, data: Vec<u8>) -> Res<Value> {
    of_class(cx, Type::of::<Bytearray>(), data)
}

/// Make an instance of `cls` (bytearray or a subclass).
pub fn of_class(cx: &mut Cx, cls: &Type, data: Vec<u8>) -> Res<Value> {
    crate::objects::object::alloc(
        cx,
        cls,
        Bytearray {
            head: Header::placeholder(),
            store: Store::new(data),
        },
    )
}
