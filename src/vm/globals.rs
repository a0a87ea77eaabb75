//! Globals and builtins for the loop, with their inline caches; names of modules and class bodies.
//!
//! A cache word is `version << 16 | ...`, see [`global`]. A global that is a definition or a number is cached itself: the dict
//! watches the entry (`Dict::watch`) and ends the version of its keys when another value is bound to the name.

use crate::attr::{name_of, name_ref};
use crate::objects::frame::Frame;
use crate::objects::function::Function;
use crate::objects::{Dict, Str};
use crate::regcode::Cache;
use crate::statics::word;
use crate::{Cx, ExcKind, Res, Value, ValueExt, protocol};
use std::sync::atomic::Ordering;

/// How a cache of a global knows it; in the low bits of its word, the version of the globals' keys stands above.
mod global {
    /// The value itself, a definition or a number: `ptr`. The version ends when another value is bound to the name.
    pub const VALUE: u64 = 1;
    /// One among the builtins: `ptr`, while the builtins have the version `also` too (`VALUE` and 2).
    pub const BUILTIN: u64 = 3;
    /// The number of the entry, in the bits from 2 on.
    pub const ENTRY: u64 = 0;
    /// The number of the builtins' entry: `ptr`, under the version `also`.
    pub const BUILTIN_ENTRY: u64 = 2;
    /// Numbers are below this.
    pub const ENTRIES: u32 = 1 << 14;
}

/// A cached global or builtin: a register word.
#[inline(always)]
pub(crate) fn global_hit(tid: u16, frame: *mut Frame, cache: &Cache) -> Option<u64> {
    let w = cache.word.load(Ordering::Acquire);
    if w & global::VALUE != 0 {
        let p = cache.ptr.load(Ordering::Acquire);
        let also = cache.also.load(Ordering::Acquire);
        // SAFETY: the running frame's globals, which were marked as shared when a function was made of them (R9). The value
        // was bound to the name after the last safepoint, and is deferred or immortal from birth: it stays for now (R11).
        unsafe {
            let version = (*(*frame).globals).table_version();
            if cache.word.load(Ordering::Relaxed) != w || version != w >> 16 {
                return None;
            }
            let hit = w & 2 == 0 || (*(*frame).builtins()).keys_version() == also;
            return hit.then_some(p);
        }
    }
    // SAFETY: the running frame.
    unsafe { global_hit_other(tid, frame, cache, w) }
}

#[inline(never)]
unsafe fn global_hit_other(tid: u16, frame: *mut Frame, cache: &Cache, w: u64) -> Option<u64> {
    // SAFETY: as in `global_hit`.
    unsafe {
        let g = &*(*frame).globals;
        if w & 3 == global::ENTRY {
            return g.value_for_register(tid, w >> 16, (w >> 2) as u32 & (global::ENTRIES - 1));
        }
        let (p, also) = (
            cache.ptr.load(Ordering::Acquire),
            cache.also.load(Ordering::Acquire),
        );
        if g.table_version() != w >> 16 || cache.word.load(Ordering::Relaxed) != w {
            return None;
        }
        let b = &*(*frame).builtins();
        b.value_for_register(tid, also, p as u32)
    }
}

/// LOAD_GLOBAL of a value that has to be counted, or filling the cache.
#[inline(never)]
pub(crate) fn load_global(cx: &mut Cx, frame: *mut Frame, cache: &Cache) -> Res<u64> {
    // SAFETY: the running frame's namespaces.
    let (g, b) = unsafe { (&*(*frame).globals, &*(*frame).builtins()) };
    let w = cache.word.load(Ordering::Acquire);
    if w & 3 == global::ENTRY
        && let Some(v) = g.value_at_checked(cx, w >> 16, (w >> 2) as u32 & (global::ENTRIES - 1))
    {
        return Ok(v.into_bits());
    }
    find_global(cx, frame, g, b, cache)
}

#[cold]
#[inline(never)]
fn find_global(cx: &mut Cx, frame: *mut Frame, g: &Dict, b: &Dict, cache: &Cache) -> Res<u64> {
    crate::stats::missed(cx);
    let name = name_ref(frame, cache);
    let key = name.downcast::<Str>().expect("names are strings");
    if g.is_exact() {
        if let Some(v) = g.get_str(cx, key) {
            let version = g.assign_keys_version(cx);
            if version != 0
                && let Some(i) = g.index_of_str(cx, key)
                && i < global::ENTRIES
                && g.keys_version() == version
            {
                if is_lasting(&v) && g.watch(cx, version, i, &v) {
                    cache.fill(version << 16 | global::VALUE, cached_word(&v));
                } else {
                    cache.fill(version << 16 | (i as u64) << 2 | global::ENTRY, 0);
                }
            }
            return Ok(v.into_bits());
        }
    } else if let Some(v) = {
        // A subclass of dict answers itself (`__missing__`).
        // SAFETY: the running frame's globals start with their header.
        let gv = unsafe { Value::borrow_header((*frame).globals.cast()) };
        namespace_get(cx, &gv, name)?
    } {
        return Ok(v.into_counted().into_bits());
    }
    if let Some(v) = b.get_str(cx, key) {
        if g.is_exact() {
            let (gv, bv) = (g.assign_keys_version(cx), b.assign_keys_version(cx));
            if gv != 0
                && bv != 0
                && let Some(i) = b.index_of_str(cx, key)
                && g.index_of_str(cx, key).is_none()
                && g.keys_version() == gv
                && b.keys_version() == bv
            {
                if is_lasting(&v) && b.watch(cx, bv, i, &v) {
                    cache.fill_also(gv << 16 | global::BUILTIN, cached_word(&v), bv);
                } else {
                    cache.fill_also(gv << 16 | global::BUILTIN_ENTRY, i as u64, bv);
                }
            }
        }
        return Ok(v.into_bits());
    }
    if let Some(v) = crate::objects::function::view::beyond(cx, b, name)? {
        return Ok(v.into_counted().into_bits());
    }
    Err(undefined(cx, name))
}

/// A function, class or module that registers hold uncounted from birth on, or for good: names of such are rarely bound again.
/// So are those of numbers, which need no count either; of those that are (counters) only the first caches suffer.
fn is_lasting(v: &Value) -> bool {
    let Some(h) = v.header() else { return true };
    let kind = v.class_word();
    h.is_immortal() && matches!(kind, word::BUILTIN | word::TYPE)
        || h.is_deferred()
            && matches!(
                kind,
                word::FUNCTION | word::BUILTIN | word::TYPE | word::MODULE
            )
}

/// The register word of what [`is_lasting`].
fn cached_word(v: &Value) -> u64 {
    match v.is_ptr() {
        true => v.bits() | 4,
        false => v.bits(),
    }
}

/// NameError for a missing global.
#[cold]
pub fn undefined(cx: &mut Cx, name: &Value) -> crate::Raised {
    let n = name
        .downcast::<Str>()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default();
    name_error(
        cx,
        ExcKind::NameError,
        &format!("name '{n}' is not defined"),
        name,
    )
}

/// A NameError with its `name`.
#[cold]
pub fn name_error(cx: &mut Cx, kind: ExcKind, msg: &str, name: &Value) -> crate::Raised {
    let text = match crate::objects::str::new_str(cx, msg) {
        Ok(t) => t,
        Err(r) => return r,
    };
    match crate::objects::exception::new_exception(cx, kind, vec![text]) {
        Ok(exc) => {
            if let Some(e) = exc.downcast::<crate::objects::BaseException>() {
                drop(e.extra[0].swap(Some(name.clone())));
            }
            cx.raise_value(exc)
        }
        Err(r) => r,
    }
}

/// The frame's local namespace, for class bodies, modules and `exec`.
fn locals_of(frame: *mut Frame) -> Option<Value> {
    // SAFETY: the running frame; its word is counted for us.
    unsafe {
        let w = (*frame).locals;
        if w == 0 {
            return None;
        }
        let v = std::mem::ManuallyDrop::new(Value::from_bits(w));
        Some((*v).clone())
    }
}

/// LOAD_NAME.
#[inline(never)]
pub fn load_name(cx: &mut Cx, frame: *mut Frame, cache: &Cache) -> Res<u64> {
    let name = name_ref(frame, cache);
    if let Some(l) = locals_of(frame)
        && let Some(v) = namespace_get(cx, &l, name)?
    {
        return Ok(v.into_counted().into_bits());
    }
    load_global(cx, frame, cache)
}

/// `ns[name]`, None when missing.
pub fn namespace_get(cx: &mut Cx, ns: &Value, name: &Value) -> Res<Option<Value>> {
    if let Some(d) = ns.downcast_exact::<Dict>() {
        return d.get(cx, name);
    }
    match protocol::getitem(cx, ns, name) {
        Ok(v) => Ok(Some(v)),
        Err(r) => {
            cx.catch(r, ExcKind::KeyError)?;
            Ok(None)
        }
    }
}

/// STORE_NAME and STORE_GLOBAL.
#[inline(never)]
pub(crate) fn store_name(
    cx: &mut Cx,
    frame: *mut Frame,
    cache: &Cache,
    v: Value,
    global: bool,
) -> Res<()> {
    let name = name_of(frame, cache);
    // SAFETY: the running frame's globals.
    let g = unsafe { &*(*frame).globals };
    // A module's code called as a function: its globals are its locals.
    if !global && let Some(l) = locals_of(frame) {
        // SAFETY: a word of the frame.
        let is_globals = l.bits() & !7 == &raw const *g as u64;
        if is_globals {
            defer_global(cx, &v);
        }
        return match l.downcast_exact::<Dict>() {
            Some(d) => d.set_interned(cx, &name, v),
            None => protocol::setitem(cx, &l, &name, Some(&v)),
        };
    }
    defer_global(cx, &v);
    let w = cache.word.load(Ordering::Acquire);
    if w != Cache::EMPTY {
        match g.replace_at_checked(cx, w >> 16, (w >> 1 & 0x7FFF) as u32, v) {
            Ok(old) => {
                drop(old);
                return Ok(());
            }
            Err(v) => return g.set_interned(cx, &name, v),
        }
    }
    g.set_interned(cx, &name, v)?;
    let version = g.assign_keys_version(cx);
    let key = name.downcast::<Str>().expect("names are strings");
    if version != 0
        && let Some(i) = g.index_of_str(cx, key)
        && i < 0x8000
        && g.keys_version() == version
    {
        cache.fill(version << 16 | (i as u64) << 1, 0);
    }
    Ok(())
}

/// Functions and classes bound to module-level names are read from every thread: counted in the heap only.
fn defer_global(cx: &mut Cx, v: &Value) {
    if let Some(f) = v.downcast::<Function>()
        && !f.may_die_late(cx)
    {
        return;
    }
    if matches!(
        v.class_word(),
        word::FUNCTION | word::BUILTIN | word::MODULE
    ) && let Some(h) = v.header()
        && !h.is_uncounted_in_registers()
        && h.is_owned_by(typhon_runtime::thread::current_tid())
    {
        h.set_deferred();
    }
}

/// DELETE_NAME and DELETE_GLOBAL.
#[inline(never)]
pub(crate) fn delete_name(cx: &mut Cx, frame: *mut Frame, cache: &Cache, global: bool) -> Res<()> {
    let name = name_of(frame, cache);
    if !global && let Some(l) = locals_of(frame) {
        return match protocol::setitem(cx, &l, &name, None) {
            Ok(()) => Ok(()),
            Err(r) => {
                cx.catch(r, ExcKind::KeyError)?;
                Err(undefined(cx, &name))
            }
        };
    }
    // SAFETY: the running frame's globals.
    let g = unsafe { &*(*frame).globals };
    match g.remove(cx, &name)? {
        Some(_) => Ok(()),
        None => Err(undefined(cx, &name)),
    }
}
