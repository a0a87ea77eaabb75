//! Attributes for the loop, with their inline caches.
//!
//! A cache word is `version << 16 | index << 4 | kind`; versions never repeat (R15), so a word that matches was filled for exactly this state of the class or table. What a
//! cache holds as a pointer is deferred or immortal: it is freed only with the world stopped, and no safepoint lies between
//! the validation and the use (R14).

use crate::objects::dict::quick;
use crate::objects::frame::Frame;
use crate::objects::function::Function;
use crate::objects::object::instance;
use crate::objects::typeobj::layout::MOVED;
use crate::objects::typeobj::{Type, flag};
use crate::objects::{Dict, Module, Str, object};
use crate::recall::{self, Access};
use crate::regcode::Cache;
use crate::slot_ext::SlotExt;
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt, computed, protocol, stats};
use std::sync::atomic::Ordering;
use typhon_runtime::info::type_flag;
use typhon_runtime::slot::Slot;
use typhon_runtime::{Header, Thread};

/// An inline value at word `index` of the instance, or a `__slots__` member. Zero, so that one test of the word against the
/// class's version tells the kind too (`inline_place`).
const INLINE: u64 = crate::regcode::INLINE;
/// The pointer is the attribute; instances keep no attribute of that name while the word at `index` (0 = none) is 0: their dict
/// word, or their inline place of that name, which holds MOVED once there is a dict.
const METHOD: u64 = crate::regcode::METHOD;
/// The same for an attribute that is not bound: as it stands in the class.
const PLAIN: u64 = 10;
/// The object is a module whose dict's keys have this version.
const MODULE: u64 = 3;
/// The object is a class of this version; the pointer is the attribute.
const CLASS: u64 = 4;
/// For stores: a `__slots__` member at word `index`.
const SLOT: u64 = 5;
/// For method loads: the pointer is the function of a class method; the class is the receiver.
const CLASS_METHOD: u64 = 6;
/// For method loads from a class object: the pointer is the function of one of its class methods.
const OWN_CLASS_METHOD: u64 = 7;
/// The pointer is the function that a property gets its value by.
const GETTER: u64 = 9;
/// No data descriptor of the class has the name, and instances keep it in their dict: they have no inline place for it.
const DICT: u64 = 11;
// 12 to 15: see computed.rs.
/// For `super()`: the pointer is the method found behind the class that stands in the next cache.
const SUPER: u64 = 8;

#[inline(always)]
pub(crate) fn pack(version: u64, index: usize, kind: u64) -> u64 {
    version << 16 | (index as u64) << 4 | kind
}

#[inline(always)]
unsafe fn type_of_bits<'a>(bits: u64) -> &'a Type {
    // SAFETY: callers pass a pointer word of a live object.
    unsafe {
        Type::from_word((*((bits & !7) as *const typhon_runtime::header::Header)).type_word())
    }
}

/// The name of a cache's site.
pub(crate) fn name_of(frame: *mut Frame, cache: &Cache) -> Value {
    // SAFETY: the running frame; name indices were checked by the translator.
    unsafe { (&(*(*frame).rc).names)[cache.name as usize].clone() }
}

pub(crate) fn name_ref<'a>(frame: *mut Frame, cache: &Cache) -> &'a Value {
    // SAFETY: as above; names live as long as the code, which the running frame keeps alive.
    unsafe {
        let names = &(*(*frame).rc).names;
        &names[cache.name as usize]
    }
}

/// What is left of a cache word when the class's version is taken out, its kind on top: below 0x1000 it is the word index of
/// an inline value of an instance of this class.
#[inline(always)]
fn matched(w: u64, t: &Type) -> u64 {
    (w ^ t.version() << 16).rotate_right(4)
}

/// The word index of a cached inline value; 0x1000 or more: there is none.
#[inline(always)]
fn inline_index(o: u64, cache: &Cache) -> u64 {
    let w = cache.word.load(Ordering::Acquire);
    // SAFETY: `o` is a pointer word of a live object.
    let t = unsafe { type_of_bits(o) };
    let x = matched(w, t);
    if x >= 0x1000 && w & 15 == INLINE {
        return cache.other_place(t.version());
    }
    x
}

/// The place of a cached inline value.
#[inline(always)]
pub fn inline_place<'a>(o: u64, cache: &Cache) -> Option<&'a Slot> {
    let x = inline_index(o, cache);
    if x >= 0x1000 {
        return None;
    }
    // SAFETY: the index was computed for the class of this live object.
    Some(unsafe { &*(((o & !7) as *const Slot).add(x as usize)) })
}

/// Store a value through the cache among the inline ones of `o`, a pointer. `Err` gives it back: take another way.
#[inline(always)]
pub fn store_inline(cx: &mut Cx, o: &Value, v: Value, cache: &Cache) -> Result<(), Value> {
    let x = inline_index(o.bits(), cache);
    if x >= 0x1000 {
        return Err(v);
    }
    if let Some(old) = instance::store_placed(cx, o, o.ty(), x as usize * 8, v)? {
        old.drop_in(&cx.thread);
    }
    Ok(())
}

/// Store the first value of an inline place of `o`, a pointer, in the order of the layout: whether that was done. With `take`
/// the count of an owned word goes over and its register is dead.
///
/// # Safety
/// `o` is a register's pointer word, `p` a register of the running frame.
#[inline(always)]
pub unsafe fn store_first(cx: &mut Cx, o: u64, p: *mut u64, take: bool, cache: &Cache) -> bool {
    let x = inline_index(o, cache);
    // SAFETY: by contract; the index was computed for the class of this live object (R10).
    unsafe {
        let bits = *p;
        if x >= 0x1000 || bits == 0 {
            return false;
        }
        let t = type_of_bits(o);
        let head = &*((o & !7) as *const Header);
        let object = std::mem::ManuallyDrop::new(Value::from_bits(o));
        let place = instance::word_at(&object, x as usize * 8);
        if place.load(Ordering::Relaxed) != 0 || !instance::in_order(&object, t, x as usize * 8) {
            return false;
        }
        let own = take && bits & 7 == 0;
        let new = match own {
            true => bits,
            false => crate::call::counted(cx, bits).into_bits(),
        };
        if Slot::compare_exchange_word(place, head, &mut cx.thread, 0, new).is_err() {
            if !own {
                crate::call::drop_word(cx, new);
            }
            return false;
        }
        if take {
            *p = 0;
        }
    }
    true
}

/// A cached attribute of an instance: a register word.
#[inline(always)]
pub fn attr_hit(cx: &mut Cx, o: u64, cache: &Cache) -> Option<u64> {
    let Some(slot) = inline_place(o, cache) else {
        return plain_hit(o, cache);
    };
    let bits = slot.peek_bits_acquire();
    if bits & 3 != 0 {
        return Some(bits);
    }
    if bits == 0 || bits == MOVED {
        return None;
    }
    let bits = slot.pointer_for_register(bits, cx.thread.tid, || true);
    (bits != 0).then_some(bits)
}

/// [`attr_hit`]; and where the object is another thread's and the value counted by nobody else so far, under the lock (R2)
/// instead of looking everything up again. Taking it is a safepoint.
#[inline(never)]
pub fn attr_hit_locking(cx: &mut Cx, o: &Value, cache: &Cache) -> Option<u64> {
    if let Some(bits) = attr_hit(cx, o.bits(), cache) {
        return Some(bits);
    }
    let slot = inline_place(o.bits(), cache)?;
    if matches!(slot.peek_bits_acquire(), 0 | MOVED) {
        return None;
    }
    // A name's place is fixed for the cell's life (R10), so it is this name's still when the lock is there.
    let read = instance::read_locked(slot, o.header()?)?;
    read.ok().map(Value::into_bits)
}

/// A cached attribute of the class, no method: a register word.
#[inline(always)]
fn plain_hit(o: u64, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    // SAFETY: `o` is a pointer word of a live object.
    unsafe {
        if w & 15 != PLAIN || w >> 16 != type_of_bits(o).version() {
            return None;
        }
        method_pointer(o, (w >> 4 & 0xFFF) as usize, cache, w)
    }
}

/// Store a register word through the cache where an inline value stands already: the word displaced. The count of `new`
/// goes over with it.
#[inline(always)]
pub fn replace_hit(t: &mut Thread, o: u64, new: u64, cache: &Cache) -> Option<u64> {
    let slot = inline_place(o, cache)?;
    let old = slot.peek_bits_acquire();
    if old == 0 || old == MOVED {
        return None;
    }
    // SAFETY: an instance that the cache's class has, so a pointer (R10).
    let head = unsafe { &*((o & !7) as *const Header) };
    Slot::compare_exchange_word(slot.word(), head, t, old, new)
        .ok()
        .map(|()| old)
}

/// Drop what `replace_hit` displaced.
#[inline(never)]
pub fn drop_displaced(cx: &mut Cx, o: &Value, old: u64) {
    if let Some(head) = o.header() {
        head.wait_for_locked_readers(&mut cx.thread);
    }
    crate::call::drop_word(cx, old);
}

/// A cached attribute of a module: a register word.
#[inline(always)]
pub fn module_hit(cx: &Cx, o: u64, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    // SAFETY: `o` is a pointer word of a live object; then exactly a module.
    unsafe {
        if w & 15 != MODULE || o & 3 != 0 || o == 0 || type_of_bits(o).word() != word::MODULE {
            return None;
        }
        let d = (*((o & !7) as *const Module)).dict();
        d.word_at_checked(cx.tid, w >> 16, (w >> 4 & 0xFFF) as u32)
    }
}

/// A cached attribute of a module or a class itself: a register word, or 0.
#[inline(never)]
pub fn namespace_hit(cx: &Cx, o: &Value, cache: &Cache) -> u64 {
    let hit = match cache.word.load(Ordering::Relaxed) & 15 {
        MODULE => module_hit(cx, o.bits(), cache),
        CLASS => class_hit(o, cache),
        _ => None,
    };
    hit.unwrap_or(0)
}

/// A cached attribute of a module or class, or of an instance that keeps it in a dict: a register word.
#[inline(never)]
pub fn attr_hit_rare(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    if !o.is_ptr() {
        return None;
    }
    match w & 15 {
        INLINE | DICT if is_in_dict(o, w) => {
            let d = own_dict(o)?;
            quick::get(cx.thread.tid, &d, name)
        }
        PLAIN if w >> 16 == o.ty().version() => {
            let d = own_dict(o)?;
            match quick::contains(cx.thread.tid, &d, name)? {
                false => class_pointer(cache, w),
                true => quick::get(cx.thread.tid, &d, name),
            }
        }
        MODULE if o.class_word() == word::MODULE => {
            // SAFETY: exactly a module.
            let d = unsafe { &*((o.bits() & !7) as *const Module) }.dict();
            d.value_at_checked(cx, w >> 16, (w >> 4 & 0xFFF) as u32)
                .map(Value::into_bits)
        }
        CLASS => class_hit(o, cache),
        _ => None,
    }
}

/// A cached attribute of a class itself: a register word.
#[inline(always)]
pub fn class_hit(o: &Value, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    if w & 15 != CLASS || !o.is_ptr() {
        return None;
    }
    let also = cache.also.load(Ordering::Acquire);
    if o.class_word() != word::TYPE
        && !(o.ty().has(flag::TYPE_SUBCLASS) && o.ty().version() == also)
    {
        return None;
    }
    // SAFETY: an instance of `type` or a subclass of it.
    let cls = unsafe { &*((o.bits() & !7) as *const Type) };
    if w >> 16 != cls.version() || w >> 16 == 0 {
        return None;
    }
    let (w2, p) = cache.load();
    (w2 == w).then_some(p)
}

/// Whether an instance of the class of this word has the attribute in its dict, if at all. (A member of `__slots__` never
/// moves.)
#[inline(always)]
fn is_in_dict(o: &Value, w: u64) -> bool {
    w >> 16 == o.ty().version()
        && match w & 15 {
            INLINE => {
                let place = instance::word_at(o, (w >> 4 & 0xFFF) as usize * 8);
                place.load(Ordering::Acquire) == MOVED
            }
            kind => kind == DICT,
        }
}

/// The dict that an instance's attributes are in, if they are.
#[inline(always)]
fn own_dict(o: &Value) -> Option<Value> {
    let word = instance::dict_word(o)?;
    // SAFETY: an object with a dict word has a header.
    word.get(unsafe { o.header_unchecked() })
}

/// Whether an instance has no attribute of this name, nor may get one unseen: its word `index` is empty (0: it keeps none),
/// or its dict has not the name.
pub(crate) fn is_free(cx: &mut Cx, o: &Value, name: &Value, index: usize) -> bool {
    if index == 0 || instance::word_at(o, index * 8).load(Ordering::Acquire) == 0 {
        return true;
    }
    own_dict(o).is_some_and(|d| quick::contains(cx.thread.tid, &d, name) == Some(false))
}

/// The cached pointer of an entry with this word, which the caller has just loaded with Acquire: the rest of
/// `cache_pair::load`.
#[inline(always)]
pub(crate) fn class_pointer(cache: &Cache, w: u64) -> Option<u64> {
    let p = cache.ptr.load(Ordering::Acquire);
    (cache.word.load(Ordering::Relaxed) == w).then_some(p)
}

/// A cached method of an instance that has a dict without that name: the function's register word.
pub fn method_hit_rare(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    if w & 15 != METHOD || !o.is_ptr() || w >> 16 != o.ty().version() {
        return None;
    }
    let d = own_dict(o)?;
    match quick::contains(cx.thread.tid, &d, name)? {
        false => class_pointer(cache, w),
        true => None,
    }
}

/// Whether the instance may have an attribute of its own by the name of a METHOD or PLAIN entry.
///
/// # Safety
/// `o` is a pointer word of a live object; the index was computed for its class.
#[inline(always)]
unsafe fn is_hidden(o: u64, index: usize) -> bool {
    // SAFETY: by contract.
    unsafe { index != 0 && *(((o & !7) as usize + index * 8) as *const u64) != 0 }
}

/// The cached pointer of a METHOD entry as a register word.
#[inline(always)]
unsafe fn method_pointer(o: u64, index: usize, cache: &Cache, w: u64) -> Option<u64> {
    // SAFETY: by contract.
    if unsafe { is_hidden(o, index) } {
        return None;
    }
    class_pointer(cache, w)
}

/// A cached class method: the registers of function and receiver.
#[inline(always)]
pub fn class_method_hit(o: u64, cache: &Cache) -> Option<(u64, u64)> {
    let w = cache.word.load(Ordering::Acquire);
    // SAFETY: `o` is a pointer word of a live object.
    unsafe {
        let t = type_of_bits(o);
        match w & 15 {
            CLASS_METHOD if w >> 16 == t.version() => {
                let f = method_pointer(o, (w >> 4 & 0xFFF) as usize, cache, w)?;
                Some((f, &raw const *t as u64 | 4))
            }
            OWN_CLASS_METHOD if t.has(flag::TYPE_SUBCLASS) => {
                let cls = &*((o & !7) as *const Type);
                let also = cache.also.load(Ordering::Acquire);
                if w >> 16 != cls.version() || t.word() != word::TYPE && t.version() != also {
                    return None;
                }
                let f = method_pointer(o, 0, cache, w)?;
                Some((f, o | 4))
            }
            _ => None,
        }
    }
}

/// A cached property: the getter's register word.
#[inline(always)]
pub fn getter_hit(o: &Value, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    if w & 15 != GETTER || !o.is_ptr() || w >> 16 != o.ty().version() {
        return None;
    }
    class_pointer(cache, w)
}

/// A cached method: the function's register word.
#[inline(always)]
pub fn method_hit(o: u64, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    // SAFETY: `o` is a pointer word of a live object.
    unsafe {
        let version = type_of_bits(o).version();
        if w & 15 != METHOD {
            return None;
        }
        if w >> 16 == version {
            return method_pointer(o, (w >> 4 & 0xFFF) as usize, cache, w);
        }
        let (word, ptr) = cache.other_pair(version)?;
        let (w, p) = typhon_runtime::protocol::cache_pair::load(word, ptr);
        let index = (w >> 4 & 0xFFF) as usize;
        let hit = w >> 16 == version && w & 15 == METHOD && !is_hidden(o, index);
        hit.then_some(p)
    }
}

/// Store by the cache into the dict that an instance keeps its attributes in. False: take the slow way.
#[inline(never)]
pub fn store_hit_rare(cx: &mut Cx, o: &Value, name: &Value, v: &Value, cache: &Cache) -> Res<bool> {
    let w = cache.word.load(Ordering::Acquire);
    if !o.is_ptr() || !is_in_dict(o, w) {
        return Ok(false);
    }
    let Some(d) = own_dict(o) else {
        return Ok(false);
    };
    match d.downcast_exact::<Dict>() {
        Some(d) if !d.has_other_keys() => d.set(cx, name, v.clone()).map(|()| true),
        _ => Ok(false),
    }
}

/// Store through the cache. False: take the slow way.
#[inline(always)]
pub fn store_hit(cx: &mut Cx, o: &Value, v: &Value, cache: &Cache) -> bool {
    if !o.is_ptr() {
        return false;
    }
    let w = cache.word.load(Ordering::Acquire);
    let t = o.ty();
    if w >> 16 != t.version() {
        return false;
    }
    let offset = (w >> 4 & 0xFFF) as usize * 8;
    if w & 15 == SLOT {
        let v = v.clone_in(cx.thread.tid);
        // SAFETY: `o` is a pointer, and its class has a member at this place (R10).
        let (head, slot) = unsafe {
            let slot = &*(((o.bits() & !7) as usize + offset) as *const Slot);
            (o.header_unchecked(), slot)
        };
        if let Some(old) = slot.exchange(head, &mut cx.thread, Some(v)) {
            old.drop_in(&cx.thread);
        }
        return true;
    }
    if w & 15 != INLINE {
        return false;
    }
    let v = v.clone_in(cx.thread.tid);
    match instance::try_store(cx, o, t, offset, v) {
        Ok(None) => true,
        Ok(Some(old)) => {
            old.drop_in(&cx.thread);
            true
        }
        Err(back) => {
            back.drop_in(&cx.thread);
            false
        }
    }
}

/// What LOAD_ATTR for a method found.
pub enum Loaded {
    /// An unbound function (register word): the receiver goes behind it.
    Method(u64),
    /// The attribute itself (register word).
    Value(u64),
    /// The function of a class method and the class.
    ClassMethod(u64, u64),
}

/// `o.name`, filling the cache: a register word.
#[cold]
#[inline(never)]
pub fn load_attr(cx: &mut Cx, frame: *mut Frame, o: &Value, cache: &Cache) -> Res<u64> {
    stats::missed(cx);
    let name = name_ref(frame, cache);
    let bits = load_and_fill(cx, o, name, cache)?;
    recall::note(cx, o, name, Access::Load, cache);
    Ok(bits)
}

fn load_and_fill(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) -> Res<u64> {
    let t = o.ty();
    if t.has(flag::GENERIC_GETATTR)
        && let Some(bits) = fill_instance(cx, o, t, name, cache, false)?
    {
        return Ok(bits);
    }
    if t.word() == word::MODULE {
        let m = o.downcast::<Module>().expect("checked");
        let key = name.downcast::<Str>().expect("names are strings");
        let d = m.dict();
        if let Some(i) = d.index_of_str(cx, key)
            && i < 4096
        {
            let v = d.assign_keys_version(cx);
            if v != 0 && d.index_of_str(cx, key) == Some(i) {
                cache.fill(pack(v, i as usize, MODULE), 0);
            }
        }
    } else if is_plain_class(t) {
        // What the metaclass has and sets wins over the class's own.
        let version = t.assign_version(cx);
        match t.lookup(cx, name) {
            Some(d) => computed::fill_native(t, version, &d, cache),
            None => fill_class(cx, o, name, cache, false),
        }
    }
    Ok(protocol::getattr(cx, o, name)?.into_counted().into_bits())
}

/// Fill the cache for an instance of a class with generic access. Some(word) when the attribute was found on the way.
fn fill_instance(
    cx: &mut Cx,
    o: &Value,
    t: &Type,
    name: &Value,
    cache: &Cache,
    method: bool,
) -> Res<Option<u64>> {
    if !o.is_ptr() {
        return Ok(None);
    }
    let key = name.downcast::<Str>().expect("names are strings");
    let version = t.assign_version(cx);
    let found = t.lookup(cx, name);
    let place = instance::place_for_cache(t, key);
    let Some(d) = found else {
        return own_attribute(cx, o, key, place, version, cache);
    };
    let dt = d.ty();
    if dt.word() == word::MEMBER_DESCR {
        let m = d
            .downcast::<crate::objects::builtin::MemberDescr>()
            .expect("checked");
        if m.def.is_some() {
            // Read by a function of its type: nothing to remember but the descriptor.
            if !method {
                computed::fill_native(t, version, &d, cache);
            }
            return Ok(None);
        }
        if version != 0
            && t.is_subtype_of(Type::from_word(m.owner))
            && m.offset % 8 == 0
            && m.offset / 8 < 4096
        {
            cache.fill(pack(version, m.offset as usize / 8, INLINE), 0);
        }
        return Ok(None);
    }
    if dt.word() == word::PROPERTY
        && !method
        && version != 0
        && let Some(p) = d.downcast_exact::<crate::objects::function::descr::Property>()
        && let Some(f) = p.get.get(&p.head)
        && f.class_word() == word::FUNCTION
        && f.header().is_some_and(|h| h.is_uncounted_in_registers())
        && t.may_cache(version)
    {
        cache.fill(pack(version, 0, GETTER), f.bits() & !7 | 4);
        return Ok(None);
    }
    if dt.slots.descr_set.get().is_some() {
        if !method {
            computed::fill_native(t, version, &d, cache);
        }
        return Ok(None);
    }
    if let Some(bits) = own_attribute(cx, o, key, place, version, cache)? {
        // It hides the class's.
        return Ok(Some(bits));
    }
    let is_method = dt.has(flag::METHOD_DESCRIPTOR);
    let (kind, d) = match dt.word() {
        word::STATICMETHOD => match function_of(&d) {
            Some(f) => (PLAIN, f),
            None => return Ok(None),
        },
        word::CLASSMETHOD if method => match function_of(&d) {
            Some(f) => (CLASS_METHOD, f),
            None => return Ok(None),
        },
        _ if dt.slots.descr_get.get().is_none() => (PLAIN, d),
        _ if is_method => (METHOD, d),
        _ => return Ok(None),
    };
    let index = match (place, t.dict_offset.load(Ordering::Relaxed)) {
        (Some(place), _) => place,
        (None, 0) => 0,
        (None, instance::TAIL_DICT) => return Ok(None),
        (None, n) => n as usize / 8,
    };
    if index >= instance::UNCACHEABLE || !t.may_cache(version) {
        return Ok(None);
    }
    if kind == METHOD && !method {
        computed::fill_bound(t, version, index, &d, cache);
        return Ok(None);
    }
    if d.header().is_some_and(|h| !h.is_uncounted_in_registers()) {
        if kind == PLAIN {
            computed::fill_counted(cx, t, version, Some(index), name, &d, cache);
        }
        return Ok(None);
    }
    let bits = if d.is_ptr() {
        d.bits() & !7 | 4
    } else {
        d.bits()
    };
    cache.fill(pack(version, index, kind), bits);
    Ok(None)
}

/// The instance's own attribute `key`, with the cache filled for where it is: inline at word `place`, or in its dict.
fn own_attribute(
    cx: &mut Cx,
    o: &Value,
    key: &Str,
    place: Option<usize>,
    version: u64,
    cache: &Cache,
) -> Res<Option<u64>> {
    if own_dict(o).is_some_and(|d| {
        d.downcast::<Dict>()
            .is_some_and(|d| d.has_other_keys() && d.has_foreign(cx, key.hash()))
    }) {
        // Comparing would run code, which may change what the class has: the ordinary way looks at that first.
        return Ok(None);
    }
    let Some(v) = instance::get_own(cx, o, key)? else {
        return Ok(None);
    };
    let t = o.ty();
    if place != Some(instance::UNCACHEABLE) && t.may_cache(version) {
        let word = match place {
            Some(place) => pack(version, place, INLINE),
            None => pack(version, 0, DICT),
        };
        cache.fill(word, 0);
    }
    Ok(Some(v.into_bits()))
}

/// The Python function in a `staticmethod` or `classmethod`, if registers may hold it uncounted.
fn function_of(d: &Value) -> Option<Value> {
    use crate::objects::function::descr::{ClassMethod, StaticMethod};
    let f = match d.downcast_exact::<StaticMethod>() {
        Some(s) => s.func.get(&s.head)?,
        None => {
            let c = d.downcast_exact::<ClassMethod>()?;
            c.func.get(&c.head)?
        }
    };
    (f.class_word() == word::FUNCTION && f.header().is_some_and(|h| h.is_uncounted_in_registers()))
        .then_some(f)
}

/// Whether instances of `t` are classes whose attributes are found as those of `type` are.
fn is_plain_class(t: &Type) -> bool {
    let of_type = Type::from_word(word::TYPE).slots.getattro.bits();
    t.word() == word::TYPE || t.has(flag::TYPE_SUBCLASS) && t.slots.getattro.bits() == of_type
}

/// Fill the cache for an attribute of a class object.
fn fill_class(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache, method: bool) {
    let Some(cls) = o.downcast::<Type>() else {
        return;
    };
    let version = cls.assign_version(cx);
    // What a metaclass has may win (`__name__`, ...). That of other metaclasses than `type` may change: its version is kept.
    let meta = o.ty();
    let also = match meta.word() {
        word::TYPE => 0,
        _ => meta.assign_version(cx),
    };
    if version == 0 || meta.word() != word::TYPE && also == 0 || meta.lookup(cx, name).is_some() {
        return;
    }
    let Some(v) = cls.lookup(cx, name) else {
        return;
    };
    let (kind, v) = match v.class_word() {
        word::STATICMETHOD => match function_of(&v) {
            Some(f) => (CLASS, f),
            None => return,
        },
        word::CLASSMETHOD if method => match function_of(&v) {
            Some(f) => (OWN_CLASS_METHOD, f),
            None => return,
        },
        // Called with the class in front, as the bound method would be.
        word::CLASSMETHOD_DESCR if method => (OWN_CLASS_METHOD, v),
        _ => (CLASS, v),
    };
    let word = if !v.is_ptr() {
        v.bits()
    } else {
        // SAFETY: a pointer.
        let head = unsafe { v.header_unchecked() };
        // Constants of a class that are its own instances (members of enumerations) are read from every thread.
        if v.ty().is_subtype_of(cls) && !head.info().has(type_flag::HAS_DEL) {
            head.set_deferred();
        }
        if !head.is_uncounted_in_registers() {
            if meta.word() == word::TYPE && v.ty().slots.descr_get.get().is_none() {
                computed::fill_counted(cx, cls, version, None, name, &v, cache);
            }
            return;
        }
        if v.class_word() != word::FUNCTION
            && kind != OWN_CLASS_METHOD
            && v.ty().slots.descr_get.get().is_some()
        {
            return;
        }
        v.bits() & !7 | 4
    };
    if cls.may_cache(version) {
        cache.fill_also(pack(version, 0, kind), word, also);
    }
}

/// LOAD_ATTR in its method form.
#[cold]
#[inline(never)]
pub fn load_method(cx: &mut Cx, frame: *mut Frame, o: &Value, cache: &Cache) -> Res<Loaded> {
    stats::missed(cx);
    let name = name_ref(frame, cache);
    let loaded = load_method_and_fill(cx, o, name, cache)?;
    recall::note(cx, o, name, Access::Method, cache);
    Ok(loaded)
}

fn load_method_and_fill(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) -> Res<Loaded> {
    let t = o.ty();
    if t.has(flag::GENERIC_GETATTR) {
        let key = name.downcast::<Str>().expect("names are strings");
        if let Some(d) = t.lookup(cx, name)
            && d.ty().has(flag::METHOD_DESCRIPTOR)
        {
            if let Some(own) = instance::get_own(cx, o, key)? {
                return Ok(Loaded::Value(own.into_bits()));
            }
            let _ = fill_instance(cx, o, t, name, cache, true)?;
            return Ok(Loaded::Method(d.into_bits()));
        }
        fill_instance(cx, o, t, name, cache, true)?;
        if o.is_ptr()
            && let Some((f, class)) = class_method_hit(o.bits(), cache)
        {
            return Ok(Loaded::ClassMethod(f, class));
        }
    } else if is_plain_class(t) {
        fill_class(cx, o, name, cache, true);
        if let Some((f, class)) = class_method_hit(o.bits(), cache) {
            return Ok(Loaded::ClassMethod(f, class));
        }
    }
    Ok(Loaded::Value(load_and_fill(cx, o, name, cache)?))
}

/// STORE_ATTR, filling the cache.
#[cold]
#[inline(never)]
pub(crate) fn store_attr(
    cx: &mut Cx,
    frame: *mut Frame,
    o: &Value,
    v: &Value,
    cache: &Cache,
) -> Res<()> {
    stats::missed(cx);
    let name = name_ref(frame, cache);
    protocol::setattr(cx, o, name, Some(v))?;
    fill_store(cx, o, name, cache);
    recall::note(cx, o, name, Access::Store, cache);
    Ok(())
}

fn fill_store(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) {
    let t = o.ty();
    if t.has(flag::GENERIC_SETATTR) && o.is_ptr() {
        let version = t.assign_version(cx);
        let key = name.downcast::<Str>().expect("names are strings");
        let descr = t.lookup(cx, name);
        let blocked = descr
            .as_ref()
            .is_some_and(|d| d.ty().slots.descr_set.get().is_some());
        if !blocked && t.dict_offset.load(Ordering::Relaxed) != 0 && t.may_cache(version) {
            match instance::place_for_cache(t, key) {
                Some(instance::UNCACHEABLE) => {}
                Some(place) => cache.fill(pack(version, place, INLINE), 0),
                None => cache.fill(pack(version, 0, DICT), 0),
            }
        }
        if let Some(m) = descr
            .as_ref()
            .and_then(|d| d.downcast::<crate::objects::builtin::MemberDescr>())
            && version != 0
            && !m.readonly
            && m.def.is_none()
            && m.offset % 8 == 0
            && m.offset / 8 < 4096
            && t.is_subtype_of(Type::from_word(m.owner))
            && t.may_cache(version)
        {
            cache.fill(pack(version, m.offset as usize / 8, SLOT), 0);
        }
    }
}

/// A cached method of `super()`: the function's register word. The arguments are the words of the global `super`, the class
/// and the object.
#[inline(always)]
pub fn super_hit(global: u64, class: u64, o: u64, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    if w & 15 != SUPER || o & 3 != 0 || o == 0 {
        return None;
    }
    // SAFETY: `o` is a pointer word of a live object; a site of `super()` has two caches.
    unsafe {
        let second = &*(&raw const *cache).add(1);
        if global & !7 != Type::from_word(word::SUPER) as *const Type as u64
            || w >> 16 != type_of_bits(o).version()
            || second.word.load(Ordering::Acquire) != class & !7
        {
            return None;
        }
        let (w2, p) = cache.load();
        if w2 == w { Some(p) } else { None }
    }
}

/// Fill the caches of a `super()` site, if what it finds is a method that registers may hold uncounted.
fn fill_super(
    cx: &mut Cx,
    class: &Value,
    obj: &Value,
    name: &Value,
    cache: &Cache,
) -> Option<Value> {
    let key = name.downcast::<Str>()?;
    let t = obj.ty();
    let version = t.assign_version(cx);
    let f = object::superobj::find_unbound(cx, class, obj, key)?;
    if !f.ty().has(flag::METHOD_DESCRIPTOR) {
        return None;
    }
    if version != 0
        && t.may_cache(version)
        && f.header().is_some_and(|h| h.is_uncounted_in_registers())
    {
        // SAFETY: a site of `super()` has two caches.
        let second = unsafe { &*(&raw const *cache).add(1) };
        cache.fill_pair(
            pack(version, 0, SUPER),
            f.bits() & !7 | 4,
            second,
            class.bits() & !7,
        );
    }
    Some(f)
}

/// `super().name`: the result (and for methods the receiver) go to `at`, where class and object stood.
///
/// # Safety
/// `at` is the register of the global `super`, followed by the class and the object.
pub unsafe fn load_super(
    cx: &mut Cx,
    frame: *mut Frame,
    at: *mut u64,
    mode: u8,
    cache: &Cache,
) -> Res<()> {
    let name = name_of(frame, cache);
    // SAFETY: by contract.
    unsafe {
        let (global, class, obj) = (
            &*(at as *const Value),
            &*(at.add(1) as *const Value),
            &*(at.add(2) as *const Value),
        );
        let is_super = global.bits() & !7 == Type::from_word(word::SUPER) as *const Type as u64;
        let mut method = None;
        let value;
        if is_super {
            if mode & 1 != 0
                && let Some(f) = fill_super(cx, class, obj, &name, cache)
            {
                method = Some(f);
                value = None;
            } else {
                value = match object::superobj::lookup(cx, class, obj, &name)? {
                    None => {
                        let s = object::superobj::new_super(cx, class, obj)?;
                        Some(protocol::getattr(cx, &s, &name)?)
                    }
                    found => found,
                };
            }
        } else {
            let s = if mode & 2 != 0 {
                protocol::call(cx, global, &[class.clone(), obj.clone()])?
            } else {
                protocol::call(cx, global, &[])?
            };
            value = Some(protocol::getattr(cx, &s, &name)?);
        }
        let (first, second) = match (method, value) {
            (Some(f), _) => (f.into_bits(), Some(obj.clone().into_bits())),
            (None, Some(v)) => (v.into_counted().into_bits(), None),
            (None, None) => unreachable!("one of the two was set"),
        };
        for i in 0..3 {
            let w = std::mem::take(&mut *at.add(i));
            crate::call::drop_word(cx, w);
        }
        *at = first;
        if mode & 1 != 0 {
            *at.add(1) = second.unwrap_or(0);
        }
    }
    Ok(())
}

/// The `__init__` of a class whose call is: plain instance, then a Python `__init__`. A register word of the function.
#[inline(always)]
pub(crate) fn python_init(cx: &mut Cx, cls: &Type) -> Option<u64> {
    let v = cls.call_cache.load(Ordering::Acquire);
    if v != 0 && v == cls.version() {
        let p = cls.call_cache_ptr.load(Ordering::Acquire);
        return if p == 0 || cls.call_cache.load(Ordering::Relaxed) != v {
            None
        } else {
            Some(p)
        };
    }
    python_init_slow(cx, cls)
}

#[inline(never)]
fn python_init_slow(cx: &mut Cx, cls: &Type) -> Option<u64> {
    // Only plain classes: metaclass `type`, `object.__new__`, an instance without native part.
    let object_t = Type::from_word(word::OBJECT);
    let version = cls.assign_version(cx);
    let mut found = 0;
    if cls.has(flag::HEAP)
        && !cls.has(flag::ABSTRACT)
        && cls.head.type_word() == word::TYPE
        && cls.slots.new.bits() == object_t.slots.new.bits()
        && cls.slots.init.bits() != object_t.slots.init.bits()
        && instance::native_base(cls).word() == word::OBJECT
        && let Some(f) = cls.lookup_str(cx, "__init__")
        && f.class_word() == word::FUNCTION
        && f.header().is_some_and(|h| h.is_uncounted_in_registers())
        && f.downcast::<Function>()
            .is_none_or(|f| f.code().flags & (32 | 128 | 512) == 0)
    {
        found = f.bits() & !7 | 4;
    }
    if cls.may_cache(version) {
        let _guard = crate::objects::typeobj::TYPE_MUTEX.lock(&mut cx.thread);
        if !cls.may_cache(version) {
            // To lock is a safepoint: a change that came in between may have freed what was found.
            return None;
        }
        cls.call_cache.store(0, Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Release);
        cls.call_cache_ptr.store(found, Ordering::Release);
        cls.call_cache.store(version, Ordering::Release);
    }
    // Uncounted: the class keeps it, and the caller uses it before any safepoint.
    if found != 0 { Some(found) } else { None }
}
