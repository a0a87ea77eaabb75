//! Cached attributes that are made or counted anew at each load: what the getter of a native type's descriptor gives, bound
//! methods that are not called at once, and values in classes that registers do not hold uncounted (lists, dicts, instances).

use crate::attr::{class_pointer, is_free, pack};
use crate::native::GetSetDef;
use crate::objects::builtin::{GetSetDescr, MemberDescr};
use crate::objects::typeobj::{Type, flag};
use crate::objects::{Dict, Str};
use crate::regcode::Cache;
use crate::statics::word;
use crate::{Cx, Res, Value, ValueExt, protocol};
use std::sync::atomic::Ordering;

/// The pointer is a data descriptor of a native type, found in the class: its getter is called. `also` is its definition, if
/// all objects of the class are instances of the descriptor's owner.
const NATIVE: u64 = 12;
/// The pointer is a function or method descriptor of the class, which is bound to the instance. The word at `index` is as for
/// methods.
const BOUND: u64 = 13;
/// The pointer is the namespace that has the attribute; `also` says where. The word at `index` is as for methods.
const COUNTED: u64 = 14;
/// The same for an attribute of a class object.
const OWN_COUNTED: u64 = 15;

/// Entries of namespaces that `also` can name.
const ENTRIES: u32 = 1 << 16;

/// Whether the cache has such an attribute for objects of this one's class.
#[inline(always)]
pub fn is_hit(o: &Value, cache: &Cache) -> bool {
    let w = cache.word.load(Ordering::Acquire);
    match w & 15 {
        NATIVE | BOUND | COUNTED => o.is_ptr() && w >> 16 == o.ty().version(),
        OWN_COUNTED => is_class(o) && w >> 16 == class_of(o).version(),
        _ => false,
    }
}

#[inline(always)]
fn is_class(o: &Value) -> bool {
    o.is_ptr() && o.class_word() == word::TYPE
}

#[inline(always)]
fn class_of(o: &Value) -> &Type {
    // SAFETY: exactly a `type`, as the callers have asked.
    unsafe { &*((o.bits() & !7) as *const Type) }
}

/// What the cache tells of the object: a register word. None: take the slow way.
#[inline(never)]
pub fn load(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) -> Res<Option<u64>> {
    let w = cache.word.load(Ordering::Acquire);
    let also = cache.also.load(Ordering::Acquire);
    let Some(p) = class_pointer(cache, w) else {
        return Ok(None);
    };
    let index = (w >> 4 & 0xFFF) as usize;
    match w & 15 {
        NATIVE if w >> 16 == o.ty().version() => get(cx, o, name, p),
        BOUND if w >> 16 == o.ty().version() && is_free(cx, o, name, index) => get(cx, o, name, p),
        COUNTED if w >> 16 == o.ty().version() && is_free(cx, o, name, index) => {
            Ok(entry(cx, p, also))
        }
        OWN_COUNTED if is_class(o) && w >> 16 == class_of(o).version() => Ok(entry(cx, p, also)),
        _ => Ok(None),
    }
}

/// What the getter of a native type's definition gives, where the cache knows it: a register word.
#[inline(always)]
pub fn native(cx: &mut Cx, o: &Value, name: &Value, cache: &Cache) -> Option<Res<u64>> {
    let w = cache.word.load(Ordering::Acquire);
    let def = cache.also.load(Ordering::Acquire);
    if w & 15 != NATIVE || def == 0 || w >> 16 != o.ty().version() {
        return None;
    }
    class_pointer(cache, w)?;
    // SAFETY: `fill_native` put it there, and the word did not change between: a definition is static.
    let def = unsafe { &*(def as *const GetSetDef) };
    Some(match (def.get)(cx, o) {
        Ok(v) => Ok(v.into_counted().into_bits()),
        Err(r) => Err(protocol::with_attribute(cx, r, o, name)),
    })
}

/// What the descriptor `p` gives for the object.
fn get(cx: &mut Cx, o: &Value, name: &Value, p: u64) -> Res<Option<u64>> {
    // SAFETY: deferred or immortal, and in the class at this version; counted for the call (R11).
    let d = unsafe { crate::call::counted(cx, p) };
    let Some(get) = d.ty().slots.descr_get.get() else {
        return Ok(None);
    };
    let class = o.ty().as_value();
    match get(cx, &d, Some(o), Some(&class)) {
        Ok(v) => Ok(Some(v.into_counted().into_bits())),
        Err(r) => Err(protocol::with_attribute(cx, r, o, name)),
    }
}

/// The value at an entry of a namespace, if its keys still are as `also` says.
fn entry(cx: &Cx, p: u64, also: u64) -> Option<u64> {
    // SAFETY: the namespace of a class in the order of resolution that belongs to the version just seen; classes are freed
    // only with the world stopped, and no safepoint came since (R12, R14).
    let d = unsafe { &*((p & !7) as *const Dict) };
    d.value_at_checked(cx, also >> 16, (also % ENTRIES as u64) as u32)
        .map(Value::into_bits)
}

/// Fill the cache with a data descriptor of the object's class, if it is one of a native type.
pub fn fill_native(t: &Type, version: u64, d: &Value, cache: &Cache) {
    let dt = d.ty();
    if version != 0
        && dt.has(flag::IMMUTABLE)
        && dt.slots.descr_get.get().is_some()
        && dt.slots.descr_set.get().is_some()
        && d.header().is_some_and(|h| h.is_uncounted_in_registers())
        && t.may_cache(version)
    {
        let def = definition(t, d).map_or(0, |def| &raw const *def as u64);
        cache.fill_also(pack(version, 0, NATIVE), d.bits() & !7 | 4, def);
    }
}

/// The definition that a descriptor gets the attribute of every instance of `t` by.
fn definition(t: &Type, d: &Value) -> Option<&'static GetSetDef> {
    let (def, owner) = match d.downcast_exact::<GetSetDescr>() {
        Some(d) => (d.def, d.owner),
        None => {
            let d = d.downcast_exact::<MemberDescr>()?;
            (d.def?, d.owner)
        }
    };
    t.is_subtype_of(Type::from_word(owner)).then_some(def)
}

/// Fill the cache with what is bound to instances of `t`.
pub fn fill_bound(t: &Type, version: u64, index: usize, d: &Value, cache: &Cache) {
    if d.header().is_some_and(|h| h.is_uncounted_in_registers()) && t.may_cache(version) {
        cache.fill(pack(version, index, BOUND), d.bits() & !7 | 4);
    }
}

/// Fill the cache with the place of the value `v` of `name`, found in the namespace of `t` or a base. `index` is that of the
/// word which instances have to have empty; None: the attribute is loaded from the class itself.
pub fn fill_counted(
    cx: &mut Cx,
    t: &Type,
    version: u64,
    index: Option<usize>,
    name: &Value,
    v: &Value,
    cache: &Cache,
) {
    let Some((found, owner)) = t.walk(cx, name) else {
        return;
    };
    let (Some(key), true) = (name.downcast_exact::<Str>(), found.is(v)) else {
        return;
    };
    // What follows may wait, and the class change its order meanwhile.
    let owner = owner.value();
    let Some(d) = owner.downcast::<Type>().map(Type::dict) else {
        return;
    };
    let keys = d.assign_keys_version(cx);
    if let Some(n) = d.index_of_str(cx, key)
        && keys != 0
        && n < ENTRIES
        && d.keys_version() == keys
        && version != 0
        && t.may_cache(version)
    {
        let word = match index {
            Some(index) => pack(version, index, COUNTED),
            None => pack(version, 0, OWN_COUNTED),
        };
        cache.fill_also(word, &raw const *d as u64, keys << 16 | n as u64);
    }
}
