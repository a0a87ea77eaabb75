//! Instances of Python classes: `[header][native part][dict word][inline values]` (R10).
//!
//! The dict word is 0 until `__dict__` is materialized. Inline values are set by compare-and-swap: a slot holding MOVED is
//! never overwritten, so a materialization, which swaps MOVED into every slot under the object's lock, loses no update.

use crate::objects::typeobj::layout::{Layout, MOVED};
use crate::objects::typeobj::{TYPE_MUTEX, flag};
use crate::objects::{Dict, Str, Tuple};
use crate::slot_ext::SlotExt;
use crate::{Cx, Res, Type, Value, ValueExt};
use std::sync::atomic::{AtomicU64, Ordering};
use typhon_runtime::gc::Visitor;
use typhon_runtime::header::Header;
use typhon_runtime::info::{Shape, type_flag};
use typhon_runtime::slot::Slot;
use typhon_runtime::thread::Thread;

/// `dict_offset` of subclasses of variable-sized natives (tuple): the word behind the items.
pub const TAIL_DICT: u32 = u32::MAX;

/// The dict word of an instance, when its class has one.
#[inline]
pub fn dict_word(o: &Value) -> Option<&Slot> {
    if !o.is_ptr() {
        return None;
    }
    let t = o.ty();
    let offset = match t.dict_offset.load(Ordering::Relaxed) {
        0 => return None,
        TAIL_DICT => Tuple::size_of(o.downcast::<Tuple>()?.len()),
        n => n as usize,
    };
    // SAFETY: the class says that a slot stands there in every instance.
    Some(unsafe { &*(((o.bits() & !7) as usize + offset) as *const Slot) })
}

/// The inline value at byte `offset` of an instance.
#[inline(always)]
pub fn word_at(o: &Value, offset: usize) -> &AtomicU64 {
    // SAFETY: callers take offsets from the class of `o`.
    unsafe { &*(((o.bits() & !7) as usize + offset) as *const AtomicU64) }
}

/// The layout of a class's inline values.
#[inline]
pub fn layout(t: &Type) -> Option<&Layout> {
    let p = t.layout.load(Ordering::Acquire);
    // SAFETY: freed only with the class.
    if p.is_null() {
        None
    } else {
        Some(unsafe { &*p })
    }
}

/// Byte offset of the inline value of `name`, when the class has placed it.
pub fn inline_offset_of(t: &Type, name: &Str) -> Option<usize> {
    if !t.has(flag::INLINE) {
        return None;
    }
    let i = layout(t)?.find(name)?;
    Some(t.inline_offset.load(Ordering::Relaxed) as usize + 8 * i)
}

/// The word index of the inline value of `name` for caches: None when it has no place, `UNCACHEABLE` when not every instance is
/// sure to have it.
pub fn place_for_cache(t: &Type, name: &Str) -> Option<usize> {
    let offset = inline_offset_of(t, name)?;
    let place = offset / 8;
    Some(if is_beyond_limit(t, offset) || place >= UNCACHEABLE {
        UNCACHEABLE
    } else {
        place
    })
}

/// Caches have twelve bits for a place.
pub const UNCACHEABLE: usize = 4096;

#[inline(always)]
fn is_beyond_limit(t: &Type, offset: usize) -> bool {
    offset
        >= t.inline_offset.load(Ordering::Relaxed) as usize
            + 8 * t.inline_limit.load(Ordering::Acquire) as usize
}

/// Whether the place at `offset` may lie outside of the cell: behind `inline_limit`, in an instance made by a smaller class and
/// given this one later. Such an instance has its values in its dict.
#[inline(always)]
fn is_outside(o: &Value, t: &Type, offset: usize) -> bool {
    is_beyond_limit(t, offset) && has_moved(o, t)
}

/// Whether the values are in the dict: then the first place says so.
fn has_moved(o: &Value, t: &Type) -> bool {
    let first = t.inline_offset.load(Ordering::Relaxed) as usize;
    word_at(o, first).load(Ordering::Acquire) == MOVED
}

/// Read the slot at `word` as R2 says: the path is the object itself, which the caller holds.
#[inline(always)]
fn read(word: &AtomicU64, head: &Header) -> Option<Result<Value, ()>> {
    let bits = word.load(Ordering::Acquire);
    if bits == 0 {
        return None;
    }
    if bits == MOVED {
        return Some(Err(()));
    }
    // SAFETY: AtomicU64 and Slot have the same layout.
    let slot = unsafe { &*(&raw const *word).cast::<Slot>() };
    match slot.try_get(|| true) {
        Ok(Some(v)) if v.bits() == MOVED => {
            std::mem::forget(v);
            Some(Err(()))
        }
        Ok(v) => v.map(Ok),
        Err(_) => read_locked(slot, head),
    }
}

/// Read the slot of an inline value under the lock. `Err`: the values have moved to a dict.
#[cold]
pub(crate) fn read_locked(slot: &Slot, head: &Header) -> Option<Result<Value, ()>> {
    // SAFETY: R6: ordinary native code; the running thread's own record.
    let t = unsafe { &mut *Thread::current().cast_mut() };
    let guard = head.lock(t);
    let bits = slot.peek_bits();
    let v = if bits == MOVED {
        Some(Err(()))
    } else {
        slot.get_locked_marking().map(Ok)
    };
    drop(guard);
    v
}

/// The instance's own attribute, counted.
pub fn get_own(cx: &mut Cx, o: &Value, name: &Str) -> Res<Option<Value>> {
    if !o.is_ptr() {
        return Ok(None);
    }
    let t = o.ty();
    // SAFETY: a pointer.
    let head = unsafe { o.header_unchecked() };
    let dict = dict_word(o);
    let mut moved = false;
    // Where there is a dict, it has all values.
    if t.has(flag::INLINE)
        && dict.is_none_or(Slot::is_empty)
        && let Some(offset) = inline_offset_of(t, name)
    {
        let found = match is_outside(o, t, offset) {
            true => Some(Err(())),
            false => read(word_at(o, offset), head),
        };
        match found {
            Some(Ok(v)) => return Ok(Some(v)),
            None => {
                if dict.is_none_or(Slot::is_empty) {
                    return Ok(None);
                }
            }
            Some(Err(())) => moved = true,
        }
    }
    let Some(word) = dict else {
        return Ok(None);
    };
    if word.is_empty() && !moved {
        return Ok(None);
    }
    let d = match word.get(head) {
        Some(d) => d,
        // Between the moving of the values and the publication of the dict: its maker holds the lock.
        None if moved => materialize(cx, o)?,
        None => return Ok(None),
    };
    match d.downcast::<Dict>() {
        Some(d) => d.get_name(cx, name),
        None => Ok(None),
    }
}

/// Set the instance's own attribute. False when the class has no instance attributes.
pub fn set_own(cx: &mut Cx, o: &Value, name_v: &Value, name: &Str, value: Value) -> Res<bool> {
    let Some(dict) = dict_word(o) else {
        return Ok(false);
    };
    let t = o.ty();
    // SAFETY: instances with a dict word are pointers.
    let head = unsafe { o.header_unchecked() };
    if t.has(flag::INLINE) && dict.is_empty() {
        let mut offset = inline_offset_of(t, name);
        let cap = t.inline_cap.load(Ordering::Relaxed) as usize;
        if offset.is_none()
            && let Some(l) = layout(t)
            && l.len() < cap
        {
            let guard = TYPE_MUTEX.lock(&mut cx.thread);
            // Caches took the class's own attribute of this name for one that no instance hides, and hold that the name has
            // no place (R15).
            t.invalidate_locked();
            let added = l.add_locked(name, cap);
            drop(guard);
            offset = added.map(|i| t.inline_offset.load(Ordering::Relaxed) as usize + 8 * i);
        }
        if let Some(offset) = offset {
            match try_store(cx, o, t, offset, value) {
                Ok(old) => {
                    drop(old);
                    return Ok(true);
                }
                Err(v) => {
                    let d = materialize(cx, o)?;
                    let d = d.downcast::<Dict>().expect("materialize gives a dict");
                    d.set_interned(cx, name_v, v)?;
                    return Ok(true);
                }
            }
        }
    }
    let d = match dict.get(head) {
        Some(d) => d,
        None => materialize(cx, o)?,
    };
    let d = d.downcast::<Dict>().expect("a dict word names a dict");
    d.set_interned(cx, name_v, value)?;
    Ok(true)
}

/// Store an inline value unless that would break the insertion order or the values have moved: the old value, or `value` back.
///
/// The place changes by one read-modify-write without the lock, as `Slot::exchange` does and for its reasons.
#[inline]
pub fn try_store(
    cx: &mut Cx,
    o: &Value,
    t: &Type,
    offset: usize,
    value: Value,
) -> Result<Option<Value>, Value> {
    if is_outside(o, t, offset) {
        return Err(value);
    }
    store_placed(cx, o, t, offset, value)
}

/// The same for a place that a cache of the class knows: every instance has it (`limit_places`).
#[inline(always)]
pub fn store_placed(
    cx: &mut Cx,
    o: &Value,
    t: &Type,
    offset: usize,
    value: Value,
) -> Result<Option<Value>, Value> {
    let word = word_at(o, offset);
    let mut old = word.load(Ordering::Relaxed);
    if old == MOVED {
        return Err(value);
    }
    if old == 0 && !in_order(o, t, offset) {
        return Err(value);
    }
    let new = value.into_counted().into_bits();
    // SAFETY: instances are pointers.
    let head = unsafe { o.header_unchecked() };
    loop {
        match Slot::compare_exchange_word(word, head, &mut cx.thread, old, new) {
            Ok(()) => break,
            Err(seen) if seen == MOVED => {
                // SAFETY: the count taken above comes back.
                return Err(unsafe { Value::from_bits(new) });
            }
            Err(seen) => old = seen,
        }
    }
    if old == 0 {
        return Ok(None);
    }
    // SAFETY: the slot's reference is now ours.
    let old = unsafe { Value::from_bits(old) };
    if old.is_ptr() {
        head.wait_for_locked_readers(&mut cx.thread);
    }
    Ok(Some(old))
}

/// Whether setting the empty value at `offset` keeps the order of insertion: the value before is set, the one behind is not.
#[inline(always)]
pub(crate) fn in_order(o: &Value, t: &Type, offset: usize) -> bool {
    let first = t.inline_offset.load(Ordering::Relaxed) as usize;
    let end = first + 8 * t.inline_cap.load(Ordering::Relaxed) as usize;
    // Before the first place stands the dict's word, empty as long as the values have not moved.
    (word_at(o, offset - 8).load(Ordering::Relaxed) != 0 || offset == first)
        && (offset + 8 >= end || word_at(o, offset + 8).load(Ordering::Relaxed) == 0)
}

/// Delete the instance's own attribute: Some(found), or None when the class has no instance attributes.
pub fn delete_own(cx: &mut Cx, o: &Value, name_v: &Value, name: &Str) -> Res<Option<bool>> {
    let Some(dict) = dict_word(o) else {
        return Ok(None);
    };
    // SAFETY: instances with a dict word are pointers.
    let head = unsafe { o.header_unchecked() };
    if dict.is_empty() {
        if !o.ty().has(flag::INLINE) {
            return Ok(Some(false));
        }
        if get_own(cx, o, name)?.is_none() {
            return Ok(Some(false));
        }
        materialize(cx, o)?;
    }
    let Some(d) = dict.get(head) else {
        return Ok(Some(false));
    };
    let d = d.downcast::<Dict>().expect("a dict word names a dict");
    Ok(Some(d.remove(cx, name_v)?.is_some()))
}

/// Make `__dict__`, moving the inline values into it once.
#[cold]
pub fn materialize(cx: &mut Cx, o: &Value) -> Res<Value> {
    let Some(word) = dict_word(o) else {
        return Err(cx.system_error("no dict word"));
    };
    // SAFETY: a pointer.
    let head = unsafe { o.header_unchecked() };
    loop {
        if let Some(d) = word.get(head) {
            return Ok(d);
        }
        let t = o.ty();
        let n = if t.has(flag::INLINE) {
            t.inline_cap.load(Ordering::Relaxed) as usize
        } else {
            0
        };
        let fresh = crate::objects::dict::new_dict_with_capacity(cx, n.max(1))?;
        let dict = fresh.downcast::<Dict>().expect("new_dict makes a dict");
        // Under the lock: take the values, leave MOVED, publish the dict last. The dict is filled before it is published;
        // nobody else has it, so filling it takes no other lock that could be contended.
        let first = t.inline_offset.load(Ordering::Relaxed) as usize;
        let names = layout(t);
        {
            let _guard = head.lock(&mut cx.thread);
            if !word.is_empty() {
                continue;
            }
            let alone = typhon_runtime::alone::is_alone();
            dict.fill_unshared((0..n).filter_map(
                #[inline(always)]
                |i| {
                    let place = word_at(o, first + 8 * i);
                    let bits = match alone {
                        // Nobody comes between the two.
                        true => {
                            let bits = place.load(Ordering::Relaxed);
                            place.store(MOVED, Ordering::Release);
                            bits
                        }
                        false => place.swap(MOVED, Ordering::AcqRel),
                    };
                    if bits == 0 || bits == MOVED {
                        return None;
                    }
                    let (hash, name) = names.expect("inline classes have a layout").key(i);
                    // SAFETY: the slot's reference is ours now.
                    Some((hash, name, unsafe { Value::from_bits(bits) }))
                },
            ));
            let none = word.swap(Some(fresh.clone()));
            debug_assert!(none.is_none());
            std::mem::forget(none);
        }
        return Ok(fresh);
    }
}

/// An instance of `old`, whose values have moved, becomes one of `new`: caches use only the places that it has. Caches that
/// know more are void before the instance is seen with its new class (R15).
pub fn limit_places(cx: &mut Cx, new: &Type, old: &Type) {
    let room = old.inline_limit.load(Ordering::Acquire);
    if new.inline_limit.load(Ordering::Acquire) > room {
        let guard = TYPE_MUTEX.lock(&mut cx.thread);
        new.inline_limit.fetch_min(room, Ordering::AcqRel);
        new.info.flags.fetch_or(type_flag::UNEVEN, Ordering::AcqRel);
        new.invalidate_locked();
        drop(guard);
    }
}

/// `o.__dict__ = d`.
pub fn replace_dict(cx: &mut Cx, o: &Value, d: Value) -> Res<()> {
    let Some(word) = dict_word(o) else {
        return Err(cx.attribute_error("__dict__"));
    };
    // Inline values move first, so that every later access goes to the dict word.
    let old = materialize(cx, o)?;
    drop(old);
    // SAFETY: a pointer.
    let head = unsafe { o.header_unchecked() };
    drop(word.put(head, cx, Some(d)));
    Ok(())
}

/// Iterate over the counted words of an instance behind its native part.
///
/// # Safety
/// `h` is an instance of a heap type that is stopped or dying.
unsafe fn for_each_word(h: *const Header, mut f: impl FnMut(&Slot)) {
    // SAFETY: by contract; the class describes the places.
    unsafe {
        let t = Type::from_word((*h).type_word());
        // Every heap class on the way to the native base adds places: walk its words from the native size to basic_size.
        let start = native_base(t).basic_size();
        let end = t.basic_size();
        let base = h.cast::<u8>();
        let mut at = (start + 7) & !7;
        let (first, cap) = match t.has(flag::INLINE) {
            true => (
                t.inline_offset.load(Ordering::Relaxed) as usize,
                t.inline_cap.load(Ordering::Relaxed) as usize,
            ),
            false => (0, 0),
        };
        while at + 8 <= end {
            let slot = &*base.add(at).cast::<Slot>();
            if slot.peek_bits() != MOVED {
                f(slot);
            } else if at == first {
                // So are the others, as far as the cell goes.
                at += 8 * cap;
                continue;
            }
            at += 8;
        }
        if t.dict_offset.load(Ordering::Relaxed) == TAIL_DICT {
            let tuple = &*h.cast::<Tuple>();
            f(&*base.add(Tuple::size_of(tuple.len())).cast::<Slot>());
        }
    }
}

/// The native type that an instance's layout begins with.
#[inline]
pub fn native_base(t: &Type) -> &Type {
    match t.native.load(Ordering::Relaxed) {
        0 => find_native_base(t),
        word => Type::from_word(word),
    }
}

/// It stays the same for the life of a class: `__bases__` and `__class__` change only between equal layouts.
#[cold]
fn find_native_base(class: &Type) -> &Type {
    let mut t = class;
    while t.has(flag::HEAP) {
        match t.base() {
            Some(b) => t = b,
            None => return t,
        }
    }
    class.native.store(t.word(), Ordering::Relaxed);
    t
}

/// `drop_payload` of instances of Python classes.
///
/// # Safety
/// Called once by the runtime on a dying cell.
pub unsafe fn drop_payload(h: *mut Header, t: &Thread) {
    // SAFETY: by contract.
    unsafe {
        for_each_word(h, |slot| slot.drop_unshared(t));
        let native = native_base(Type::from_word((*h).type_word()));
        (native.info.drop_payload)(h, t);
    }
}

/// Where the counted words are of instances of a class with this base; see [`traverse`].
pub fn shape(base: &Type, size: usize, dict_offset: usize) -> Shape {
    let native = native_base(base);
    if native.info.has(type_flag::GC) || dict_offset == TAIL_DICT as usize {
        return Shape::Unknown;
    }
    // A word that holds MOVED names a static object, which the collector passes over.
    let first = (native.basic_size() + 7) & !7;
    Shape::Words(first as u32, (size & !7).max(first) as u32)
}

/// `traverse` of instances of Python classes.
///
/// # Safety
/// The world is stopped.
pub unsafe fn traverse(h: *const Header, v: &mut Visitor) {
    // SAFETY: by contract.
    unsafe {
        for_each_word(h, |slot| v.visit_slot(slot));
        let native = native_base(Type::from_word((*h).type_word()));
        (native.info.traverse)(h, v);
    }
}

/// `clear` of instances of Python classes: drops the attributes, the object stays valid.
///
/// # Safety
/// Called by the collector on garbage it holds.
pub unsafe fn clear(h: *mut Header, t: &mut Thread) {
    // SAFETY: by contract; the displaced values are dropped outside the lock.
    unsafe {
        let mut out: Vec<Value> = Vec::new();
        {
            let _guard = (*h).lock(t);
            for_each_word(h, |slot| out.extend(slot.take()));
        }
        drop(out);
        let native = native_base(Type::from_word((*h).type_word()));
        (native.info.clear)(h, t);
    }
}
