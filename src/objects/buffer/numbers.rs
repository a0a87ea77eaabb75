//! Items of machine numbers, which the loop reads and writes without a call of the class's slots: what an array is made for.
//!
//! The class lives with its module. It tells here which functions subscribe its objects (`announce`), and whatever class has such a
//! function in its slot has objects of this layout: a slot passes to subclasses, never to a stranger, and one that is written in Python
//! is another function.

use super::Store;
use super::code::Code;
use crate::native::*;
use crate::statics;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How an object with machine numbers begins.
#[repr(C)]
pub struct Numbers {
    pub head: Header,
    pub store: Store,
    pub code: &'static Code,
}

static GETITEM: AtomicUsize = AtomicUsize::new(0);
static SETITEM: AtomicUsize = AtomicUsize::new(0);

/// [`announce`] for the class `$class` with fields named as in [`Numbers`]; checks its layout.
#[macro_export]
macro_rules! announce_numbers {
    ($class:ty, $type:expr) => {{
        use $crate::objects::buffer::numbers;
        const _: () = assert!(
            std::mem::offset_of!($class, store) == std::mem::offset_of!(numbers::Numbers, store)
                && std::mem::offset_of!($class, code)
                    == std::mem::offset_of!(numbers::Numbers, code)
        );
        let _: fn(
            &$class,
        ) -> (
            &$crate::objects::buffer::Store,
            &'static $crate::objects::buffer::code::Code,
        ) = |it| (&it.store, it.code);
        // SAFETY: places and types of the fields are those of `Numbers`.
        unsafe { numbers::announce($type) };
    }};
}

/// From now on objects whose class is subscribed by this one's slots are read and written here.
///
/// # Safety
/// The class's objects begin with [`Numbers`].
pub unsafe fn announce(class: &Type) {
    GETITEM.store(class.slots.getitem.bits(), Ordering::Relaxed);
    SETITEM.store(class.slots.setitem.bits(), Ordering::Relaxed);
}

/// `o[i]` as a register word, of the commonest codes and for the object's owner; None leaves it to the slot, also to complain.
#[inline(never)]
pub fn get(cx: &Cx, o: &Value, i: i64) -> Option<NonZeroU64> {
    let f = o.ty().slots.getitem.bits();
    if f == 0 || f != GETITEM.load(Ordering::Relaxed) {
        return None;
    }
    // SAFETY: the class is one of those, see above.
    let a = unsafe { &*((o.bits() & !7) as *const Numbers) };
    let n = match a.code.letter {
        b'd' => {
            let f = f64::from_ne_bytes(item(a, cx, i)?);
            return match Value::from_float_imm(f) {
                Some(v) => NonZeroU64::new(v.into_bits()),
                None if f.to_bits() == 0 => NonZeroU64::new(statics::FLOAT_ZERO | 4),
                None => None,
            };
        }
        b'i' => i64::from(i32::from_ne_bytes(item(a, cx, i)?)),
        b'B' => i64::from(u8::from_ne_bytes(item(a, cx, i)?)),
        b'l' | b'q' => i64::from_ne_bytes(item(a, cx, i)?),
        _ => return None,
    };
    NonZeroU64::new(Value::from_small_int(n)?.into_bits())
}

/// Item `i` of items of `N` bytes.
#[inline(always)]
fn item<const N: usize>(a: &Numbers, cx: &Cx, i: i64) -> Option<[u8; N]> {
    a.store.as_own(&a.head, cx, |data| {
        let (items, _) = data.as_chunks::<N>();
        // What is outside on the left is a number beyond all lengths.
        let i = if i < 0 { i + items.len() as i64 } else { i };
        items.get(i as usize).copied()
    })?
}

/// `o[i] = v` of the commonest codes by the object's owner; false leaves it to the slot.
#[inline(always)]
pub fn set(cx: &Cx, o: &Value, i: i64, v: &Value) -> bool {
    let f = o.ty().slots.setitem.bits();
    if f == 0 || f != SETITEM.load(Ordering::Relaxed) {
        return false;
    }
    // SAFETY: as above.
    let a = unsafe { &*((o.bits() & !7) as *const Numbers) };
    match (a.code.letter, v.as_float_imm(), v.as_small_int()) {
        (b'd', Some(f), _) => put(a, cx, i, f.to_ne_bytes()),
        (b'l' | b'q', _, Some(n)) => put(a, cx, i, n.to_ne_bytes()),
        (b'i', _, Some(n)) => i32::try_from(n).is_ok_and(|n| put(a, cx, i, n.to_ne_bytes())),
        (b'B', _, Some(n)) => u8::try_from(n).is_ok_and(|n| put(a, cx, i, [n])),
        _ => false,
    }
}

/// Whether there is an item `i` for `item` to replace.
#[inline(always)]
fn put<const N: usize>(a: &Numbers, cx: &Cx, i: i64, item: [u8; N]) -> bool {
    let done = a.store.as_own(&a.head, cx, |data| {
        let (items, _) = data.as_chunks_mut::<N>();
        let i = if i < 0 { i + items.len() as i64 } else { i };
        items.get_mut(i as usize).map(|place| *place = item)
    });
    done.flatten().is_some()
}
